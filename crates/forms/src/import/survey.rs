//! The survey sheet: rows to nodes, then names to paths.
//!
//! Two passes, because a row may name a question that comes later.

use super::choices::Lists;
use super::columns::{Languages, Table, TableRow};
use super::expressions::{self, Place};
use super::types::{self, RowType, Select};
use super::{At, Code, Report, parameters, refs};
use crate::definition::{Action, Choices, Definition, Event, Kind, Node, Phrase, Store};

/// Name of the top of every record, as the reference converter names it.
const TOP: &str = "data";

/// A row that became a node.
struct Made<'a> {
    node: u32,
    row: &'a TableRow,
    select: Option<Select>,
}

/// Reads the survey into the definition.
pub fn read(
    table: &Table,
    languages: &Languages,
    lists: &mut Lists,
    definition: &mut Definition,
    report: &mut Report,
) {
    let name = Node { name: TOP.to_owned(), kind: Kind::Group, ..Node::default() };
    definition.nodes.push(name);
    for column in &table.unknown {
        if !column.contains("::") {
            report.warn(
                Code::ColumnUnknown,
                &At::row(&table.name, 1).column(column),
                "ไม่รู้จักช่องนี้ จะไม่ถูกใช้",
                "This column is not known and is not used",
            );
        }
    }
    let made = first_pass(table, languages, lists, definition, report);
    if definition.nodes.len() == 1 {
        report.warn(
            Code::FormEmpty,
            &At::sheet(&table.name),
            "แบบฟอร์มไม่มีคำถาม เพิ่มอย่างน้อยหนึ่งแถวที่มี type และ name",
            "The form has no questions; add at least one row with a type and a name",
        );
    }
    for entry in &made {
        second_pass(table, entry, lists, definition, report);
    }
    for (list, place, row) in lists.take_rows() {
        let at = row.at("choices");
        let label = refs::text(row.all("label"), 0, definition, &at.column(&row.head("label")), report);
        let image = refs::text(row.all("image"), 0, definition, &at.column(&row.head("image")), report);
        lists.set_texts(&list, place, label, image);
    }
}

fn first_pass<'a>(
    table: &'a Table,
    languages: &Languages,
    lists: &mut Lists,
    definition: &mut Definition,
    report: &mut Report,
) -> Vec<Made<'a>> {
    let mut made = Vec::new();
    let mut open: Vec<(u32, Kind, u32)> = vec![(0, Kind::Group, 0)];
    for row in &table.rows {
        let at = row.at(&table.name);
        let type_at = at.column(&row.head("type"));
        let type_text = row.get("type");
        if matches!(row.get("disabled").to_lowercase().as_str(), "yes" | "true" | "1")
            || (type_text.is_empty() && row.get("name").is_empty())
        {
            continue;
        }
        let parent = open.last().map_or(0, |(node, _, _)| *node);
        match types::understand(type_text) {
            RowType::Skipped => report.warn(
                Code::TypeIgnored,
                &type_at,
                format!("ชนิด {type_text} ไม่มีในระบบนี้ แถวนี้ถูกข้าม"),
                format!("The type {type_text} is not used here; the row is left out"),
            ),
            RowType::Unknown => {
                let (th, en) = if type_text.is_empty() {
                    ("แถวนี้ไม่มี type", "This row has no type")
                } else {
                    ("ไม่รู้จัก type นี้", "This type is not known")
                };
                report.error(
                    Code::TypeUnknown,
                    &type_at,
                    format!("{th}: “{type_text}” ใช้ชนิดเช่น text, integer, select_one รายการ, date, image"),
                    format!(
                        "{en}: “{type_text}”; use one such as text, integer, select_one list, date, image"
                    ),
                );
            }
            RowType::Begin(kind) => {
                let count = row.get("repeat_count");
                if kind == Kind::Repeat && !count.is_empty() && !is_plain_count(count) {
                    // The reference converter keeps a count that is worked out in a value of its own; so do we, and
                    // the records are the same.
                    let name = format!("{}_count", row.get("name"));
                    let node = Node { name, parent, kind: Kind::Calculate, unseen: true, ..Node::default() };
                    add(definition, node, row, &at, report);
                }
                let mut node = Node { name: row.get("name").to_owned(), parent, kind, ..Node::default() };
                if node.name.is_empty() && kind == Kind::Group {
                    node.name = format!("generated_group_name_{}", row.number);
                }
                if let Some(place) = add(definition, node, row, &at, report) {
                    made.push(Made { node: place, row, select: None });
                    open.push((place, kind, row.number));
                } else {
                    // Keep the brackets balanced, so that one mistake is told once.
                    open.push((parent, kind, row.number));
                }
            }
            RowType::End(kind) => match open.last() {
                Some((_, opened, _)) if open.len() > 1 && *opened == kind => {
                    open.pop();
                }
                Some((_, _, begun)) if open.len() > 1 => {
                    let begun = *begun;
                    report.error(
                        Code::EndMismatch,
                        &type_at,
                        format!("{type_text} ไม่ตรงกับแถว {begun} ที่เปิดไว้ เปลี่ยนให้เป็นชนิดเดียวกัน"),
                        format!("{type_text} does not fit what row {begun} began; make them the same kind"),
                    );
                    open.pop();
                }
                _ => report.error(
                    Code::EndWithoutBegin,
                    &type_at,
                    format!("{type_text} ไม่มีแถว begin คู่กัน ลบแถวนี้หรือเพิ่ม begin"),
                    format!("{type_text} has no begin; delete the row or add one"),
                ),
            },
            RowType::Plain(plain) => {
                let mut node = Node {
                    name: row.get("name").to_owned(),
                    parent,
                    kind: plain.kind,
                    store: plain.store,
                    unseen: plain.unseen,
                    preload: plain.preload.to_owned(),
                    ..Node::default()
                };
                // What has no answer needs no name of its own.
                if node.name.is_empty() {
                    node.name = match plain.kind {
                        Kind::Metadata => plain.preload.to_owned(),
                        Kind::Note => format!("generated_note_name_{}", row.number),
                        _ => String::new(),
                    };
                }
                if node.kind == Kind::Text
                    && row.get("appearance").split_whitespace().any(|word| word == "hidden")
                {
                    node.unseen = true;
                }
                if let Some(place) = add(definition, node, row, &at, report) {
                    made.push(Made { node: place, row, select: None });
                }
            }
            RowType::Select(select) => {
                let node =
                    Node { name: row.get("name").to_owned(), parent, kind: select.kind, ..Node::default() };
                let Some(place) = add(definition, node, row, &at, report) else { continue };
                if select.or_other {
                    lists.add_other(&select.list, languages);
                    add_other_text(definition, place, languages);
                }
                made.push(Made { node: place, row, select: Some(select) });
            }
        }
    }
    for (_, kind, begun) in open.iter().skip(1) {
        let what = if *kind == Kind::Repeat { "repeat" } else { "group" };
        report.error(
            Code::BeginWithoutEnd,
            &At::row(&table.name, *begun).column("type"),
            format!("begin {what} ในแถวนี้ไม่มี end {what} เพิ่มแถว end {what} ท้ายกลุ่ม"),
            format!("The begin {what} of this row has no end {what}; add one after its last question"),
        );
    }
    made
}

/// Adds a node after checking its name; `None` when it cannot be added.
fn add(definition: &mut Definition, node: Node, row: &TableRow, at: &At, report: &mut Report) -> Option<u32> {
    let at = at.column(&row.head("name"));
    let name = node.name.clone();
    if name.is_empty() {
        report.error(
            Code::NameMissing,
            &at,
            "แถวนี้ไม่มี name ตั้งชื่อด้วยตัวอักษร ตัวเลข และ _ โดยไม่เว้นวรรค",
            "This row has no name; give it one of letters, digits and _, without blanks",
        );
        return None;
    }
    if !is_name(&name) {
        report.error(
            Code::NameInvalid,
            &at,
            format!("ชื่อ “{name}” ใช้ไม่ได้ ต้องขึ้นต้นด้วยตัวอักษรหรือ _ และไม่มีช่องว่าง"),
            format!("The name “{name}” cannot be used; it must begin with a letter or _ and hold no blanks"),
        );
        return None;
    }
    if name == "meta" && node.parent == 0 {
        report.error(
            Code::NameReserved,
            &at,
            "ชื่อ meta สงวนไว้สำหรับข้อมูลกำกับ ตั้งชื่ออื่น",
            "The name meta is kept for data about the record; choose another name",
        );
        return None;
    }
    let same_name = |other: &Node| other.parent == node.parent && other.name == name;
    let same_repeat =
        |other: &Node| other.kind == Kind::Repeat && node.kind == Kind::Repeat && other.name == name;
    if definition.nodes.iter().skip(1).any(|other| same_name(other) || same_repeat(other)) {
        report.error(
            Code::NameTwice,
            &at,
            format!("มีชื่อ {name} อยู่แล้วในกลุ่มเดียวกัน ตั้งชื่ออื่น"),
            format!("There is already a question named {name} in this group; choose another name"),
        );
        return None;
    }
    definition.nodes.push(node);
    u32::try_from(definition.nodes.len() - 1).ok()
}

/// True for a name that can be part of a path.
pub fn is_name(name: &str) -> bool {
    let mut letters = name.chars();
    let thai_mark = |letter: char| ('\u{0e30}'..='\u{0e4e}').contains(&letter);
    letters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && letters
            .all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.') || thai_mark(letter))
}

/// The text question that asks what "other" is.
fn add_other_text(definition: &mut Definition, select: u32, languages: &Languages) {
    let Some(asked) = definition.nodes.get(select as usize) else { return };
    let (name, parent) = (asked.name.clone(), asked.parent);
    let names = languages.names();
    let says = |name: &str| {
        Phrase::Plain(
            (if name.contains("ไทย") || name.ends_with("(th)") {
                "ระบุอื่น ๆ"
            } else {
                "Specify other."
            })
            .to_owned(),
        )
    };
    let label = if names.is_empty() {
        vec![Phrase::Plain("Specify other.".to_owned())]
    } else {
        names.iter().map(|name| says(name)).collect()
    };
    let mut node = Node { name: format!("{name}_other"), parent, label, ..Node::default() };
    node.logic.relevant = format!("selected(../{name}, 'other')");
    definition.nodes.push(node);
}

fn second_pass(
    table: &Table,
    made: &Made<'_>,
    lists: &mut Lists,
    definition: &mut Definition,
    report: &mut Report,
) {
    let (row, owner) = (made.row, made.node);
    let at = row.at(&table.name);
    let Some(mut node) = definition.nodes.get(owner as usize).cloned() else { return };
    node.actions.clear();
    let text = |column: &str, report: &mut Report| {
        refs::text(row.all(column), owner, definition, &at.column(&row.head(column)), report)
    };
    node.label = text("label", report);
    node.hint = text("hint", report);
    node.guidance = text("guidance_hint", report);
    node.image = text("image", report);
    node.required_message = text("required_message", report);
    node.constraint_message = text("constraint_message", report);
    node.warning_message = text("warning_message", report);
    node.appearance = row.get("appearance").to_owned();
    node.save_to = row.get("save_to").to_owned();
    let parameters_at = at.column(&row.head("parameters"));
    node.parameters = parameters::read(row.get("parameters"), &parameters_at, report);
    parameters::check(
        &node,
        made.select.as_ref().is_some_and(|select| select.from_file),
        lists,
        &parameters_at,
        report,
    );
    let expression = |column: &str, report: &mut Report| {
        let cell = row.get(column);
        if cell.is_empty() {
            String::new()
        } else {
            expressions::resolve(cell, owner, definition, &at.column(&row.head(column)), Place::Plain, report)
        }
    };
    let condition = |column: &str, report: &mut Report| {
        expressions::yes_or_no(row.get(column)).map_or_else(|| expression(column, report), str::to_owned)
    };
    node.logic.relevant = match row.get("relevant").to_lowercase().as_str() {
        "yes" | "true" => String::new(),
        "no" | "false" => "false()".to_owned(),
        _ => expression("relevant", report),
    };
    node.logic.required = condition("required", report);
    node.logic.readonly = condition("read_only", report);
    node.logic.constraint = expression("constraint", report);
    node.logic.warning = expression("warning", report);
    let calculation = expression("calculation", report);
    if node.kind == Kind::Repeat && !row.get("repeat_count").is_empty() {
        let cell = row.get("repeat_count");
        let at = at.column(&row.head("repeat_count"));
        if is_plain_count(cell) {
            // The count is worked out where the repeat stands, before it has any instance.
            node.logic.repeat_count =
                expressions::resolve(cell, node.parent, definition, &at, Place::Plain, report);
        } else {
            let helper = format!("{}_count", node.name);
            let place =
                definition.nodes.iter().position(|other| other.parent == node.parent && other.name == helper);
            let resolved = place
                .map(|place| expressions::resolve(cell, place as u32, definition, &at, Place::Plain, report));
            if let (Some(slot), Some(calculate)) =
                (place.and_then(|place| definition.nodes.get_mut(place)), resolved)
            {
                slot.logic.calculate = calculate;
            }
            node.logic.repeat_count = helper;
        }
    }
    let triggers = triggers(row, owner, definition, &at, report);
    if triggers.is_empty() {
        node.logic.calculate = calculation;
    } else {
        for trigger in triggers {
            let target = refs::path_to(owner, trigger, definition, Place::Plain);
            let action = Action { event: Event::ValueChanged, target, value: calculation.clone() };
            if let Some(asked) = definition.nodes.get_mut(trigger as usize) {
                asked.actions.push(action);
            }
        }
    }
    default(&mut node, row, owner, definition, &at, report);
    if let Some(select) = &made.select {
        let asked = Asked { row, owner, at: &at, given: &node.parameters };
        node.choices = choices(select, &asked, lists, definition, report);
    }
    if node.kind == Kind::Range {
        let whole = ["start", "end", "step"]
            .iter()
            .all(|name| node.parameters.get(*name).is_none_or(|value| value.parse::<i64>().is_ok()));
        node.store = if whole { Store::Integer } else { Store::Decimal };
    }
    if node.kind == Kind::Note {
        node.logic.readonly = "true()".to_owned();
    }
    // A value that is worked out and asks nothing has no widget, whatever its type.
    let asks = !(node.label.is_empty() && node.hint.is_empty() && node.image.is_empty());
    let worked_out = !row.get("calculation").is_empty() || !row.get("trigger").is_empty();
    if !asks && worked_out && !matches!(node.kind, Kind::Group | Kind::Repeat) {
        node.unseen = true;
    }
    let seen = !node.unseen && !matches!(node.kind, Kind::Group | Kind::Repeat);
    if seen
        && node.label.is_empty()
        && node.hint.is_empty()
        && node.image.is_empty()
        && node.logic.calculate.is_empty()
    {
        report.warn(
            Code::LabelMissing,
            &at.column("label"),
            format!("ข้อ {} ไม่มี label ผู้กรอกจะไม่เห็นคำถาม", node.name),
            format!("Question {} has no label; people will not see what is asked", node.name),
        );
    }
    // Triggers of rows above hang on this node already, and one may point at itself.
    if let Some(slot) = definition.nodes.get_mut(owner as usize) {
        node.actions.extend(std::mem::take(&mut slot.actions));
        *slot = node;
    }
}

/// A count that names a question and nothing else.
fn is_plain_count(cell: &str) -> bool {
    refs::only_name(cell).is_some_and(|name| !name.starts_with("last-saved#"))
}

/// Questions named in the trigger column.
fn triggers(row: &TableRow, owner: u32, definition: &Definition, at: &At, report: &mut Report) -> Vec<u32> {
    let at = at.column(&row.head("trigger"));
    let mut found = Vec::new();
    for part in row.get("trigger").split(',').map(str::trim).filter(|part| !part.is_empty()) {
        match refs::only_name(part) {
            Some(name) => {
                let Some(trigger) = refs::node_named(name, owner, definition, &at, report) else { continue };
                if definition.nodes.get(trigger as usize).is_some_and(|node| node.kind == Kind::Calculate) {
                    report.error(
                        Code::TriggerInvalid,
                        &at,
                        format!("{name} เป็นค่าที่คำนวณ ไม่มีใครตอบ จึงใช้ใน trigger ไม่ได้"),
                        format!("{name} is worked out, nobody answers it, so it cannot be a trigger"),
                    );
                }
                found.push(trigger);
            }
            None => report.error(
                Code::TriggerInvalid,
                &at,
                format!("ช่อง trigger ต้องเป็น ${{ชื่อข้อ}} ไม่ใช่ “{part}”"),
                format!("The trigger must be ${{question}}, not “{part}”"),
            ),
        }
    }
    found
}

fn default(
    node: &mut Node,
    row: &TableRow,
    owner: u32,
    definition: &Definition,
    at: &At,
    report: &mut Report,
) {
    let cell = row.get("default");
    if cell.is_empty() {
        return;
    }
    if !expressions::is_dynamic(cell) {
        node.default = cell.to_owned();
        return;
    }
    let value =
        expressions::resolve(cell, owner, definition, &at.column(&row.head("default")), Place::Plain, report);
    let mut place = node.parent;
    let mut in_repeat = false;
    while place != 0 {
        let Some(above) = definition.nodes.get(place as usize) else { break };
        in_repeat |= above.kind == Kind::Repeat;
        place = above.parent;
    }
    node.actions.push(Action { event: Event::FirstLoad, target: String::new(), value: value.clone() });
    if in_repeat {
        node.actions.push(Action { event: Event::NewRepeat, target: String::new(), value });
    }
}

/// A question with options and what its row says of them.
struct Asked<'a> {
    row: &'a TableRow,
    owner: u32,
    at: &'a At,
    given: &'a parameters::Parameters,
}

fn choices(
    select: &Select,
    asked: &Asked<'_>,
    lists: &mut Lists,
    definition: &Definition,
    report: &mut Report,
) -> Option<Choices> {
    let Asked { row, owner, at, given } = *asked;
    let type_at = at.column(&row.head("type"));
    let filter = row.get("choice_filter");
    let filter = if filter.is_empty() {
        String::new()
    } else {
        expressions::resolve(
            filter,
            owner,
            definition,
            &at.column(&row.head("choice_filter")),
            Place::Brackets,
            report,
        )
    };
    // The seed may be a question.
    let seed =
        given.get("seed").map(|seed| expressions::resolve(seed, owner, definition, at, Place::Plain, report));
    let shuffled = |nodeset: String| match (given.get("randomize").map(String::as_str), &seed) {
        (Some("true"), Some(seed)) => format!("randomize({nodeset}, {seed})"),
        (Some("true"), None) => format!("randomize({nodeset})"),
        _ => nodeset,
    };
    if select.list.is_empty() {
        report.error(
            Code::ListMissing,
            &type_at,
            "ไม่ได้บอกชื่อรายการตัวเลือก เขียนเช่น select_one yes_no",
            "No list is named; write for example select_one yes_no",
        );
        return None;
    }
    if let Some(name) = refs::only_name(&select.list) {
        let target = refs::node_named(name, owner, definition, &type_at, report)?;
        let path = refs::path_to(target, owner, definition, Place::Outside);
        let (value, label) = (".".to_owned(), ".".to_owned());
        return Some(Choices {
            list: String::new(),
            nodeset: shuffled(format!("{path}[. != '']")),
            open: false,
            value,
            label,
        });
    }
    if select.from_file {
        let ending = select.list.rsplit_once('.').map(|(_, ending)| ending.to_lowercase());
        if !ending.as_deref().is_some_and(|ending| matches!(ending, "csv" | "geojson" | "xml")) {
            report.error(
                Code::FileInvalid,
                &type_at,
                format!("ไฟล์ {} ใช้ไม่ได้ ต้องลงท้ายด้วย .csv .geojson หรือ .xml", select.list),
                format!(
                    "The file {} cannot be used; its name must end in .csv, .geojson or .xml",
                    select.list
                ),
            );
        }
        let name = select.list.rsplit_once('.').map_or(select.list.as_str(), |(name, _)| name);
        let filter = if filter.is_empty() { String::new() } else { format!("[{filter}]") };
        let parameter = |name: &str| given.get(name).cloned().unwrap_or_default();
        return Some(Choices {
            list: String::new(),
            nodeset: shuffled(format!("instance('{name}')/root/item{filter}")),
            open: false,
            value: parameter("value"),
            label: parameter("label"),
        });
    }
    if !lists.wanted(&select.list) {
        let names = lists.names();
        report.error(
            Code::ListUnknown,
            &type_at,
            format!("ไม่มีรายการ {} ในแผ่นงาน choices เพิ่มรายการหรือแก้ชื่อ (มี: {names})", select.list),
            format!(
                "There is no list {} in the choices sheet; add it or correct the name (there are: {names})",
                select.list
            ),
        );
        return None;
    }
    let nodeset = match (filter.is_empty(), given.get("randomize").map(String::as_str)) {
        (true, Some("true")) => shuffled(format!("instance('{}')/root/item", select.list)),
        (true, _) => String::new(),
        (false, _) => shuffled(format!("instance('{}')/root/item[{filter}]", select.list)),
    };
    Some(Choices {
        list: select.list.clone(),
        nodeset,
        open: select.open,
        value: String::new(),
        label: String::new(),
    })
}
