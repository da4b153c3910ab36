//! The entities sheet and the `save_to` column: which records of the registry a filled form makes or changes.
//!
//! A declaration belongs to one container (the form, a group or a repeat), and a container holds one declaration at
//! most. Which one is found from where its questions are, by ODK's rules for entities (specification 2025.1).

use std::collections::{BTreeMap, BTreeSet};

use super::columns::{self, Languages, TableRow};
use super::expressions::{self, Place};
use super::refs::{self, Piece};
use super::sheets::Sheets;
use super::survey::is_name;
use super::{At, Code, Report};
use crate::definition::{Definition, Entity, Kind};

/// A row of the entities sheet.
pub struct Declaration {
    row: TableRow,
    list: String,
}

impl Declaration {
    /// Name of its list.
    pub fn list(&self) -> &str {
        &self.list
    }
}

/// Reads the entities sheet; declarations that are wrong in themselves are told and left out.
pub fn read(sheets: &Sheets, report: &mut Report) -> Vec<Declaration> {
    let Some(sheet) = sheets.get("entities") else { return Vec::new() };
    let table = columns::read(sheet, columns::ENTITIES, false, &mut Languages::default(), report);
    for column in &table.unknown {
        report.error(
            Code::ColumnUnknown,
            &At::row("entities", 1).column(column),
            "แผ่นงาน entities ไม่มีช่องชื่อนี้ ใช้ได้เฉพาะ list_name, entity_id, create_if, update_if, label",
            "The entities sheet has no such column; it knows list_name, entity_id, create_if, update_if, label",
        );
    }
    let mut found: Vec<Declaration> = Vec::new();
    for row in table.rows {
        let at = row.at("entities");
        let list = row.get("list_name").to_owned();
        let list_at = at.column(&row.head("list_name"));
        let filled = |column: &str| !row.get(column).is_empty();
        let (id, create, update) = (filled("entity_id"), filled("create_if"), filled("update_if"));
        let mut wrong = |at: &At, th: &str, en: &str| report.error(Code::EntityInvalid, at, th, en);
        if list.is_empty() {
            wrong(
                &list_at,
                "แถวนี้ไม่มี list_name ใส่ชื่อรายการทะเบียน",
                "This row has no list_name; name the list of records",
            );
        } else if list.starts_with("__") || list.contains('.') || !is_name(&list) {
            wrong(
                &list_at,
                "list_name ใช้ไม่ได้ ต้องขึ้นต้นด้วยตัวอักษร ไม่ขึ้นต้นด้วย __ ไม่มีจุดและไม่มีช่องว่าง",
                "This list_name cannot be used; it must begin with a letter, not with __, and hold no dot and no blank",
            );
        } else if found.iter().any(|other| other.list == list) {
            wrong(
                &list_at,
                "รายการนี้มีแล้วในแถวก่อน ใช้รายการละหนึ่งแถว",
                "There is already a row for this list; write one row for each list",
            );
        } else if !id && update {
            wrong(
                &at.column("entity_id"),
                "จะแก้ข้อมูลเดิมต้องบอกว่าเป็นรายการใด ใส่ entity_id หรือย้ายเงื่อนไขไปช่อง create_if",
                "To change a record, say which one: fill in entity_id, or move the condition to create_if",
            );
        } else if id && create && !update {
            wrong(
                &at.column("update_if"),
                "มีทั้ง entity_id และ create_if ต้องใส่ update_if ด้วย ว่าเมื่อใดจะแก้ข้อมูลเดิม",
                "With entity_id and create_if, also fill in update_if: when is a record changed?",
            );
        } else if !id && !filled("label") {
            wrong(
                &at.column("label"),
                "จะเพิ่มรายการใหม่ต้องมี label ใส่ชื่อที่จะแสดงในทะเบียน",
                "A new record needs a label: what the registry shows",
            );
        } else {
            found.push(Declaration { row, list });
        }
    }
    found
}

/// A question whose answer goes to a record, and where its cell is.
pub struct Saved {
    /// The node.
    pub node: u32,
    /// What the cell says: a property, or `list#property`.
    pub cell: String,
    /// The cell.
    pub at: At,
}

/// Something in the survey that a declaration refers to.
struct Reference {
    node: u32,
    /// Node that holds the question.
    container: u32,
    /// True for `save_to`, false for `${...}` in the declaration.
    saved: bool,
    at: At,
    name: String,
}

/// What a declaration asks of the containers.
struct Wish {
    place: usize,
    scope: Vec<u32>,
    wanted: Vec<u32>,
    saved: BTreeSet<Vec<u32>>,
}

/// Puts the declarations into the definition and the properties on their questions.
pub fn bind(declarations: &[Declaration], saved: &[Saved], definition: &mut Definition, report: &mut Report) {
    let mut references: BTreeMap<usize, Vec<Reference>> = BTreeMap::new();
    for cell in saved {
        let Some((place, reference)) = save_to(cell, declarations, definition, report) else { continue };
        let all = references.entry(place).or_default();
        match all.iter().find(|other| other.name == reference.name) {
            Some(_) => report.error(
                Code::EntityInvalid,
                &reference.at,
                format!("มีข้ออื่นบันทึกลง {} แล้ว ใช้ชื่ออื่นหรือลบออก", reference.name),
                format!(
                    "Another question already saves to {}; use another name or remove it",
                    reference.name
                ),
            ),
            None => all.push(reference),
        }
    }
    for (place, declaration) in declarations.iter().enumerate() {
        variables(place, declaration, definition, &mut references);
    }
    let errors = report.errors.len();
    let mut wishes = Vec::new();
    for (place, declaration) in declarations.iter().enumerate() {
        let mut of_it = references.remove(&place).unwrap_or_default();
        of_it.sort_by_key(|reference| reference.node);
        wishes.extend(wish(place, declaration, of_it, definition, report));
    }
    if report.errors.len() > errors {
        return;
    }
    let Some(containers) = allocate(&wishes, declarations, report) else { return };
    for (place, declaration) in declarations.iter().enumerate() {
        let container = containers.get(&place).copied().unwrap_or(0);
        let at = declaration.row.at("entities");
        let expression = |column: &str, report: &mut Report| {
            let cell = declaration.row.get(column);
            if cell.is_empty() {
                return String::new();
            }
            let at = at.column(&declaration.row.head(column));
            expressions::resolve(cell, container, definition, &at, Place::Plain, report)
        };
        let entity = Entity {
            list: declaration.list.clone(),
            container,
            id: expression("entity_id", report),
            create_if: expression("create_if", report),
            update_if: expression("update_if", report),
            label: expression("label", report),
        };
        definition.entities.push(entity);
    }
}

/// Checks one cell of `save_to`; gives the declaration it belongs to.
fn save_to(
    saved: &Saved,
    declarations: &[Declaration],
    definition: &mut Definition,
    report: &mut Report,
) -> Option<(usize, Reference)> {
    let mut wrong = |th: &str, en: &str| {
        report.error(Code::EntityInvalid, &saved.at, th, en);
        None
    };
    let (list, property) = match saved.cell.split('#').collect::<Vec<_>>().as_slice() {
        [property] => (None, (*property).to_owned()),
        [list, property] => (Some((*list).to_owned()), (*property).to_owned()),
        _ => {
            return wrong(
                "ช่อง save_to มี # ได้ตัวเดียว เช่น meters#serial",
                "save_to may hold one #, as in meters#serial",
            );
        }
    };
    let place = match (list, declarations) {
        (_, []) => {
            return wrong(
                "ใช้ save_to ต้องมีแผ่นงาน entities บอกว่าจะบันทึกลงทะเบียนใด",
                "save_to needs an entities sheet that says which list of records is meant",
            );
        }
        (None, [_]) => 0,
        (None, _) => {
            return wrong(
                "มีหลายรายการในแผ่นงาน entities เขียนชื่อรายการนำหน้า เช่น meters#serial",
                "There are several lists in the entities sheet; write the list first, as in meters#serial",
            );
        }
        (Some(list), _) => match declarations.iter().position(|declaration| declaration.list == list) {
            Some(place) => place,
            None => {
                return wrong(
                    "ไม่มีรายการนี้ในแผ่นงาน entities แก้ชื่อหรือเพิ่มรายการ",
                    "There is no such list in the entities sheet; correct the name or add the list",
                );
            }
        },
    };
    let node = definition.nodes.get_mut(saved.node as usize)?;
    if matches!(node.kind, Kind::Group | Kind::Repeat) {
        return wrong(
            "กลุ่มบันทึกลงทะเบียนไม่ได้ ย้าย save_to ไปที่คำถาม",
            "A group or repeat cannot be saved to a record; move save_to to a question",
        );
    }
    let lower = property.to_lowercase();
    if lower == "name" || lower == "label" || property.starts_with("__") || !is_name(&property) {
        return wrong(
            "ชื่อใน save_to ใช้ไม่ได้ ต้องขึ้นต้นด้วยตัวอักษร ไม่ใช่ name หรือ label และไม่ขึ้นต้นด้วย __",
            "This save_to cannot be used; it must begin with a letter, not with __, and not be name or label",
        );
    }
    node.save_to.clone_from(&property);
    if let Some(declaration) = declarations.get(place).filter(|_| declarations.len() > 1) {
        node.save_list.clone_from(&declaration.list);
    }
    let reference = Reference {
        node: saved.node,
        container: node.parent,
        saved: true,
        at: saved.at.clone(),
        name: property,
    };
    Some((place, reference))
}

/// Notes the questions a declaration names.
fn variables(
    place: usize,
    declaration: &Declaration,
    definition: &Definition,
    references: &mut BTreeMap<usize, Vec<Reference>>,
) {
    let mut names = BTreeSet::new();
    for column in ["entity_id", "create_if", "update_if", "label"] {
        for piece in refs::cut(declaration.row.get(column)) {
            if let Piece::Name(name) = piece {
                names.insert(name.to_owned());
            }
        }
    }
    for name in names {
        let found = definition.nodes.iter().enumerate().skip(1).find(|(_, node)| node.name == name);
        if let Some((number, node)) = found {
            let number = number as u32;
            let at = declaration.row.at("entities");
            let all = references.entry(place).or_default();
            all.push(Reference { node: number, container: node.parent, saved: false, at, name });
        }
    }
}

/// Containers from the form down to a node.
fn line(node: u32, definition: &Definition) -> Vec<u32> {
    refs::line(node, definition)
}

fn is_scope(node: u32, definition: &Definition) -> bool {
    node == 0 || definition.nodes.get(node as usize).is_some_and(|found| found.kind == Kind::Repeat)
}

/// The part of a line down to its innermost repeat.
fn scope(line: &[u32], definition: &Definition) -> Vec<u32> {
    let end = line.iter().rposition(|node| is_scope(*node, definition)).unwrap_or(0);
    line.iter().take(end + 1).copied().collect()
}

/// Repeats of a line, then containers below the innermost one: what "deeper" means.
fn depth(line: &[u32], definition: &Definition) -> (usize, usize) {
    let repeats = line.iter().skip(1).filter(|node| is_scope(**node, definition)).count();
    (repeats, line.len() - scope(line, definition).len())
}

fn wish(
    place: usize,
    declaration: &Declaration,
    references: Vec<Reference>,
    definition: &Definition,
    report: &mut Report,
) -> Option<Wish> {
    let lines: Vec<(&Reference, Vec<u32>)> =
        references.iter().map(|reference| (reference, line(reference.container, definition))).collect();
    let Some(deepest) =
        lines.iter().map(|(_, line)| scope(line, definition)).fold(None, |best: Option<Vec<u32>>, next| {
            match best {
                Some(best) if depth(&best, definition).0 >= depth(&next, definition).0 => Some(best),
                _ => Some(next),
            }
        })
    else {
        return Some(Wish { place, scope: vec![0], wanted: vec![0], saved: BTreeSet::new() });
    };
    let saved: BTreeSet<Vec<u32>> =
        lines.iter().filter(|(reference, _)| reference.saved).map(|(_, line)| line.clone()).collect();
    let deepest_of = |saved_only: bool| {
        lines
            .iter()
            .filter(|(reference, line)| {
                (reference.saved || !saved_only) && scope(line, definition) == deepest
            })
            .map(|(_, line)| line.clone())
            .max_by_key(|line| line.len())
    };
    let first_saved = lines.iter().find(|(reference, _)| reference.saved).map(|(_, line)| line.clone());
    let wanted = match saved.len() {
        0 => deepest_of(false).unwrap_or_else(|| vec![0]),
        1 => saved.iter().next().cloned().unwrap_or_default(),
        _ => {
            let mut common: Vec<u32> = saved.iter().next().cloned().unwrap_or_default();
            for line in &saved {
                let shared = common.iter().zip(line).take_while(|(a, b)| a == b).count();
                common.truncate(shared);
            }
            let bound =
                deepest_of(true).or(first_saved).map(|line| scope(&line, definition)).unwrap_or_default();
            if depth(&bound, definition) >= depth(&common, definition) { bound } else { common }
        }
    };
    let wanted_scope = scope(&wanted, definition);
    for (reference, line) in &lines {
        let own = scope(line, definition);
        let outside = deepest.get(..own.len()) != Some(own.as_slice());
        if outside || (reference.saved && own != wanted_scope) {
            let list = &declaration.list;
            report.error(
                Code::EntityInvalid,
                &reference.at,
                format!("ข้อของรายการ {list} อยู่คนละชุดคำถามซ้ำกัน ({}) ย้ายมาอยู่ชุดเดียวกัน หรือคัดลอกค่าด้วย calculate", reference.name),
                format!("The questions of list {list} are in different repeats ({}); move them into one, or copy the value with a calculate", reference.name),
            );
            return None;
        }
    }
    Some(Wish { place, scope: deepest, wanted, saved })
}

/// Gives each declaration a container of its own.
fn allocate(
    wishes: &[Wish],
    declarations: &[Declaration],
    report: &mut Report,
) -> Option<BTreeMap<usize, u32>> {
    let mut given = BTreeMap::new();
    if let [only] = wishes
        && only.scope == [0]
    {
        given.insert(only.place, 0);
        return Some(given);
    }
    let mut taken: BTreeMap<Vec<u32>, usize> = BTreeMap::new();
    let mut order: Vec<&Wish> = wishes.iter().collect();
    order.sort_by_key(|wish| (wish.scope.clone(), wish.place));
    for wish in order {
        let mut found = None;
        for length in (wish.scope.len()..=wish.wanted.len()).rev() {
            let path: Vec<u32> = wish.wanted.iter().take(length).copied().collect();
            if !taken.contains_key(&path) {
                found = Some(path);
                break;
            }
            if wish.saved.iter().any(|line| taken.contains_key(line)) {
                break;
            }
        }
        let Some(path) = found else {
            let at = declarations.get(wish.place)?.row.at("entities");
            report.error(
                Code::EntityInvalid,
                &at,
                "กลุ่มหนึ่งมีได้รายการเดียว จัดคำถามของแต่ละรายการไว้คนละกลุ่ม",
                "A group can make one record only; put the questions of each list into a group of their own",
            );
            return None;
        };
        for line in &wish.saved {
            for length in path.len()..=line.len() {
                taken.insert(line.iter().take(length).copied().collect(), wish.place);
            }
        }
        given.insert(wish.place, *path.last()?);
        taken.insert(path, wish.place);
    }
    Some(given)
}
