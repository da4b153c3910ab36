//! The survey sheet: rows to nodes, then names to paths.
//!
//! Two passes, because a row may name a question that comes later.

use std::collections::BTreeMap;

use super::choices::Lists;
use super::columns::{Languages, Table, TableRow};
use super::entities::{self, Declaration, Saved};
use super::types::{self, RowType, Select};
use super::{At, Code, Report, parameters, question, refs};
use crate::definition::{Definition, Kind, Node, Phrase, Text};

/// Name of the top of every record, as the reference converter names it.
const TOP: &str = "data";

/// Most groups and repeats inside each other. Whatever fills a form goes down them one by one.
const MOST_DEPTH: usize = 30;

/// Longest name, in letters.
const LONGEST_NAME: usize = 200;

/// The survey sheet and what goes with it.
pub struct Survey<'a> {
    /// The sheet, its loops written out.
    pub table: &'a Table,
    /// Languages of all sheets.
    pub languages: &'a Languages,
    /// The entities sheet.
    pub declarations: &'a [Declaration],
}

/// A row that became a node.
pub struct Made<'a> {
    /// The node.
    pub node: u32,
    /// Its row.
    pub row: &'a TableRow,
    /// Its options.
    pub select: Option<Select>,
}

/// Reads the survey into the definition. Gives the row of each node that somebody wrote.
pub fn read(
    survey: &Survey<'_>,
    lists: &mut Lists,
    definition: &mut Definition,
    report: &mut Report,
) -> BTreeMap<u32, u32> {
    let Survey { table, languages, declarations } = survey;
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
    for row in &table.rows {
        for (column, text) in row.cells().filter(|(column, _)| *column != "note") {
            if text.rsplit_once("${").is_some_and(|(_, rest)| !rest.contains('}')) {
                report.error(
                    Code::ReferenceUnreadable,
                    &row.at(&table.name).column(&row.head(column)),
                    "มี ${ แต่ไม่มี } ปิดท้ายชื่อ เขียนเป็น ${ชื่อข้อ}",
                    "There is a ${ without a }; write ${question}",
                );
            }
        }
    }
    let mut saved = Vec::new();
    let made = first_pass(table, languages, lists, definition, &mut saved, report);
    if definition.nodes.len() == 1 {
        report.warn(
            Code::FormEmpty,
            &At::sheet(&table.name),
            "แบบฟอร์มไม่มีคำถาม เพิ่มอย่างน้อยหนึ่งแถวที่มี type และ name",
            "The form has no questions; add at least one row with a type and a name",
        );
    }
    table_lists(&made, definition, report, table);
    for entry in &made {
        question::read(table, entry, lists, definition, report);
    }
    question::searched_lists(table, &made, report);
    question::reference_geometries(table, &made, lists, declarations, definition, report);
    entities::bind(declarations, &saved, definition, report);
    for (list, place, row) in lists.take_rows() {
        let at = row.at("choices");
        let mut text = |column: &str| -> Text {
            refs::text(row.all(column), 0, definition, &at.column(&row.head(column)), report)
        };
        let (label, image) = (text("label"), text("image"));
        let media = media(&mut text);
        if let Some(item) = lists.item(&list, place) {
            item.label = label;
            item.image = image;
            item.media = media;
        }
    }
    made.iter().map(|entry| (entry.node, entry.row.number)).collect()
}

/// Pictures, sounds and films besides the ordinary picture.
pub fn media(text: &mut dyn FnMut(&str) -> Text) -> BTreeMap<String, Text> {
    let kinds = ["big-image", "audio", "video"].into_iter();
    kinds.map(|kind| (kind.to_owned(), text(kind))).filter(|(_, text)| !text.is_empty()).collect()
}

/// A group with the appearance `table-list` shows its selects as one table. The reference converter writes the head of
/// the table as questions of their own, which are part of the record; so do we.
fn table_lists(made: &[Made<'_>], definition: &mut Definition, report: &mut Report, table: &Table) {
    let has = |row: &TableRow| row.get("appearance").split_whitespace().any(|word| word == "table-list");
    for group in made.iter().filter(|entry| has(entry.row) && entry.select.is_none()) {
        let mut listed: Option<&str> = None;
        if !report.pay(made.len()) {
            return;
        }
        for entry in made {
            let inside = definition.nodes.get(entry.node as usize).is_some_and(|n| n.parent == group.node);
            let (Some(select), true) = (&entry.select, inside) else { continue };
            let at = entry.row.at(&table.name).column(&entry.row.head("type"));
            if listed.is_none() && !entry.row.get("choice_filter").is_empty() {
                report.error(
                    Code::ListUnknown,
                    &at.column("choice_filter"),
                    "ในกลุ่มที่ใช้ table-list ใช้ choice_filter ไม่ได้ ลบออก",
                    "choice_filter cannot be used in a group with table-list; remove it",
                );
            }
            let first = *listed.get_or_insert(&select.list);
            if first != select.list {
                report.error(
                    Code::ListUnknown,
                    &at,
                    format!("กลุ่ม table-list ต้องใช้รายการเดียวกันทุกข้อ (ข้อแรกใช้ {first})"),
                    format!("All selects of a table-list must use one list (the first one uses {first})"),
                );
            }
        }
    }
}

fn first_pass<'a>(
    table: &'a Table,
    languages: &Languages,
    lists: &mut Lists,
    definition: &mut Definition,
    saved: &mut Vec<Saved>,
    report: &mut Report,
) -> Vec<Made<'a>> {
    let mut made = Vec::new();
    let mut open: Vec<(u32, Kind, u32)> = vec![(0, Kind::Group, 0)];
    for row in &table.rows {
        let at = row.at(&table.name);
        let type_at = at.column(&row.head("type"));
        let type_text = row.get("type");
        if matches!(row.get("disabled").to_lowercase().as_str(), "yes" | "true" | "1") {
            continue;
        }
        if type_text.is_empty() && row.get("name").is_empty() && row.get("label").is_empty() {
            report.warn(
                Code::TypeIgnored,
                &type_at,
                "แถวนี้ไม่มี type, name และ label จึงถูกข้าม",
                "This row has no type, name or label and is left out",
            );
            continue;
        }
        let save_to = |node: u32, saved: &mut Vec<Saved>| {
            if !row.get("save_to").is_empty() {
                let at = at.column(&row.head("save_to"));
                saved.push(Saved { node, cell: row.get("save_to").to_owned(), at });
            }
        };
        let parent = open.last().map_or(0, |(node, _, _)| *node);
        match types::understand(type_text) {
            RowType::Skipped => report.warn(
                Code::TypeIgnored,
                &type_at,
                format!("ชนิด {type_text} ไม่มีในระบบนี้ แถวนี้ถูกข้าม"),
                format!("The type {type_text} is not used here; the row is left out"),
            ),
            RowType::Audit => parameters::check_audit(row, &at, report),
            RowType::Setting(setting) => {
                let value = row.get("name").to_owned();
                match setting {
                    "form_title" => definition.title = value,
                    _ => definition.id = value,
                }
            }
            RowType::External(ending) => {
                let name = row.get("name").to_owned();
                let name_at = at.column(&row.head("name"));
                if !is_name(&name) {
                    report.error(
                        Code::NameInvalid,
                        &name_at,
                        format!("ชื่อ “{name}” ใช้ไม่ได้ ต้องขึ้นต้นด้วยตัวอักษรหรือ _ และไม่มีช่องว่าง"),
                        format!("The name “{name}” cannot be used; it must begin with a letter or _ and hold no blanks"),
                    );
                } else {
                    if definition.files.contains_key(&name) {
                        report.error(
                            Code::NameTwice,
                            &name_at,
                            format!("มีไฟล์ชื่อ {name} แล้ว ใช้ชื่ออื่นหรือลบแถวนี้"),
                            format!(
                                "There is already a file named {name}; use another name or delete the row"
                            ),
                        );
                    }
                    question::add_file(
                        &name,
                        &format!("{name}.{ending}"),
                        &name_at,
                        lists,
                        definition,
                        report,
                    );
                }
            }
            RowType::BeginLoop(_) | RowType::EndLoop => report.error(
                Code::EndWithoutBegin,
                &type_at,
                format!("{type_text} ไม่มีแถวคู่กัน ลบแถวนี้หรือเพิ่มแถวที่ขาด"),
                format!("{type_text} has no counterpart; delete the row or add the missing one"),
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
            RowType::Begin(_) if open.len() > MOST_DEPTH => {
                report.error(
                    Code::TooLarge,
                    &type_at,
                    format!("มีกลุ่มซ้อนกันเกิน {MOST_DEPTH} ชั้น ตรวจว่ามี end group ครบ หรือลดกลุ่มที่ซ้อนกัน"),
                    format!(
                        "There are more than {MOST_DEPTH} groups inside each other; check that each has its end"
                    ),
                );
                return made;
            }
            RowType::Begin(kind) => {
                let count = row.get("repeat_count");
                if kind == Kind::Repeat && !count.is_empty() && !question::is_plain_count(count) {
                    // The reference converter keeps a count that is worked out in a value of its own; so do we, and
                    // the records are the same.
                    let name = format!("{}_count", row.get("name"));
                    let node = Node { name, parent, kind: Kind::Calculate, unseen: true, ..Node::default() };
                    add(definition, node, row, &at, report);
                }
                let mut node = Node { name: row.get("name").to_owned(), parent, kind, ..Node::default() };
                row.get("appearance").clone_into(&mut node.appearance);
                if node.name.is_empty() && kind == Kind::Group {
                    node.name = format!("generated_group_name_{}", row.number);
                }
                if let Some(place) = add(definition, node, row, &at, report) {
                    made.push(Made { node: place, row, select: None });
                    save_to(place, saved);
                    open.push((place, kind, row.number));
                    if kind == Kind::Group {
                        add_table_label(definition, place, row);
                    }
                } else {
                    // Keep the brackets balanced, so that one mistake is told once.
                    open.push((parent, kind, row.number));
                }
            }
            RowType::End(_) if !row.get("save_to").is_empty() => {
                report.error(
                    Code::EntityInvalid,
                    &at.column(&row.head("save_to")),
                    "กลุ่มบันทึกลงทะเบียนไม่ได้ ย้าย save_to ไปที่คำถาม",
                    "A group or repeat cannot be saved to a record; move save_to to a question",
                );
                open.truncate(open.len().saturating_sub(1).max(1));
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
                    save_to(place, saved);
                }
            }
            RowType::Select(select) => {
                let node =
                    Node { name: row.get("name").to_owned(), parent, kind: select.kind, ..Node::default() };
                add_table_head(definition, parent, row, &select);
                let Some(place) = add(definition, node, row, &at, report) else { continue };
                save_to(place, saved);
                if select.or_other && !row.get("choice_filter").is_empty() {
                    report.error(
                        Code::ListUnknown,
                        &at.column(&row.head("choice_filter")),
                        "ใช้ or_other กับ choice_filter พร้อมกันไม่ได้ ลบอย่างใดอย่างหนึ่ง",
                        "or_other and choice_filter cannot be used together; remove one of them",
                    );
                }
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
    if name.chars().count() > LONGEST_NAME {
        report.error(
            Code::NameInvalid,
            &at,
            format!("ชื่อนี้ยาวเกินไป ใช้ไม่เกิน {LONGEST_NAME} ตัวอักษร"),
            format!("This name is too long; use at most {LONGEST_NAME} letters"),
        );
        return None;
    }
    // Its path is kept, and written wherever an expression names it.
    let path: usize = refs::line(node.parent, definition)
        .into_iter()
        .filter_map(|above| definition.nodes.get(above as usize))
        .map(|above| above.name.len() + 1)
        .sum();
    if !report.pay((path + name.len()).saturating_mul(10)) {
        return None;
    }
    // Community-health forms have groups of this name inside groups; anywhere else it would be taken for the record's own.
    let above = definition.nodes.get(node.parent as usize).map(|above| above.kind);
    let harmless = node.kind == Kind::Group && node.parent != 0 && above == Some(Kind::Group);
    if name == "meta" && !harmless {
        report.error(
            Code::NameReserved,
            &at,
            "ชื่อ meta สงวนไว้สำหรับข้อมูลกำกับ ตั้งชื่ออื่น",
            "The name meta is kept for data about the record; choose another name",
        );
        return None;
    }
    let namesakes = report.names.all(&name, definition).to_vec();
    let in_the_way = |other: &Node| {
        other.parent == node.parent || (other.kind == Kind::Repeat && node.kind == Kind::Repeat)
    };
    let taken = namesakes.iter().filter_map(|place| definition.nodes.get(*place as usize)).any(in_the_way);
    if !report.pay(namesakes.len()) {
        return None;
    }
    if taken {
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

/// The note above a `table-list` group, which takes over the group's label.
fn add_table_label(definition: &mut Definition, group: u32, row: &TableRow) {
    let table_list = row.get("appearance").split_whitespace().any(|word| word == "table-list");
    if table_list && !(row.get("label").is_empty() && row.get("hint").is_empty()) {
        let name = format!("generated_table_list_label_{}", row.number);
        definition.nodes.push(Node { name, parent: group, kind: Kind::Note, ..Node::default() });
    }
}

/// The head of a `table-list` group, before its first select.
fn add_table_head(definition: &mut Definition, group: u32, row: &TableRow, select: &Select) {
    const NAME: &str = "reserved_name_for_field_list_labels_";
    let table_list = definition
        .nodes
        .get(group as usize)
        .is_some_and(|node| node.kind == Kind::Group && node.appearance.contains("table-list"));
    let mut inside = definition.nodes.iter().filter(|node| node.parent == group);
    if table_list && !inside.any(|node| node.name.starts_with(NAME)) {
        let choices = Some(crate::definition::Choices { list: select.list.clone(), ..Default::default() });
        definition.nodes.push(Node {
            name: format!("{NAME}{}", row.number),
            parent: group,
            kind: select.kind,
            appearance: "label".to_owned(),
            choices,
            ..Node::default()
        });
    }
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
