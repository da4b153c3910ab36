//! What a row says of its question: texts, expressions, options, parameters.

use super::choices::Lists;
use super::columns::{Table, TableRow};
use super::entities::Declaration;
use super::expressions::{self, Place};
use super::survey::{self, Made};
use super::types::Select;
use super::{At, Code, Report, parameters, refs};
use crate::definition::{Action, Choices, Definition, Event, Kind, Node, Store};

/// Reads everything a row says of its question, once all names are known.
pub fn read(
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
    node.media = survey::media(&mut |column| text(column, report));
    node.appearance = appearance(&node, row, made.select.is_some(), definition);
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
    let asks =
        !(node.label.is_empty() && node.hint.is_empty() && node.image.is_empty() && node.media.is_empty());
    let worked_out = !row.get("calculation").is_empty() || !row.get("trigger").is_empty();
    if !asks && worked_out && !matches!(node.kind, Kind::Group | Kind::Repeat) {
        node.unseen = true;
    }
    let seen = !node.unseen && !matches!(node.kind, Kind::Group | Kind::Repeat);
    if seen && !asks {
        report.error(
            Code::LabelMissing,
            &at.column("label"),
            format!("ข้อ {} ไม่มี label ผู้กรอกจะไม่เห็นคำถาม ใส่คำถามในช่อง label", node.name),
            format!("Question {} has no label, so people would not see what is asked; write one", node.name),
        );
    }
    odd_calculation(&node, row, &at, report);
    if node.media.contains_key("big-image") && node.image.is_empty() {
        report.error(
            Code::NotKept,
            &at.column("big-image"),
            "big-image ใช้คู่กับ image ใส่ชื่อรูปในช่อง image ด้วย",
            "big-image goes with image; fill in image too",
        );
    }
    if node.kind == Kind::Group && row.get("appearance").contains("table-list") {
        let name = format!("generated_table_list_label_{}", row.number);
        let mut notes = definition.nodes.iter_mut();
        if let Some(note) = notes.find(|note| note.parent == owner && note.name == name) {
            note.label = std::mem::take(&mut node.label);
            note.hint = std::mem::take(&mut node.hint);
            note.logic.readonly = "true()".to_owned();
        }
    }
    // Triggers of rows above hang on this node already, and one may point at itself.
    if let Some(slot) = definition.nodes.get_mut(owner as usize) {
        node.actions.extend(std::mem::take(&mut slot.actions));
        *slot = node;
    }
}

/// A count that names a question and nothing else.
pub fn is_plain_count(cell: &str) -> bool {
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
                if definition.nodes.get(trigger as usize).is_some_and(|node| node.unseen) {
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
    definition: &mut Definition,
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
    let seed = given.get("seed").map(|seed| {
        if refs::only_name(seed).is_none() && seed.parse::<f64>().is_err() {
            report.error(
                Code::ParameterInvalid,
                &at.column(&row.head("parameters")),
                "ค่า seed ต้องเป็นตัวเลขหรือ ${ชื่อข้อ}",
                "The parameter seed must be a number or ${question}",
            );
        }
        expressions::resolve(seed, owner, definition, at, Place::Plain, report)
    });
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
        add_file(name, &select.list, &type_at, lists, definition, report);
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
    if select.open && lists.is_external(&select.list) != Some(true) {
        let missing = lists.is_external(&select.list).is_none();
        let (th, en) = if missing {
            ("ไม่มีแผ่นงาน external_choices", "There is no sheet external_choices")
        } else {
            ("ไม่มีรายการนี้ในแผ่นงาน external_choices", "There is no such list in the sheet external_choices")
        };
        report.error(
            Code::ListUnknown,
            &type_at,
            format!("{th} เพิ่มรายการ {} หรือใช้ select_one", select.list),
            format!("{en}; add list {} or use select_one", select.list),
        );
        return None;
    }
    if select.kind == Kind::SelectMultiple
        && let Some(odd) = lists.values(&select.list).iter().find(|value| value.contains(' '))
    {
        report.error(
            Code::OptionNameHasBlank,
            &type_at,
            format!("ค่า “{odd}” ของรายการ {} มีช่องว่าง ใช้กับข้อที่เลือกได้หลายข้อไม่ได้ ใช้ _ แทน", select.list),
            format!("The value “{odd}” of list {} holds a blank, which cannot be where several can be chosen; use _", select.list),
        );
    }
    if !lists.wanted(&select.list) {
        let (th, en) = match lists.names() {
            names if names.is_empty() => Default::default(),
            names => (format!(" (มี: {names})"), format!(" (there are: {names})")),
        };
        report.error(
            Code::ListUnknown,
            &type_at,
            format!("ไม่มีรายการ {} ในแผ่นงาน choices เพิ่มรายการหรือแก้ชื่อ{th}", select.list),
            format!("There is no list {} in the choices sheet; add it or correct the name{en}", select.list),
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

/// Appearance of a node. The selects of a `table-list` group show no labels of their own, as its head does.
fn appearance(node: &Node, row: &TableRow, is_select: bool, definition: &Definition) -> String {
    let words = row.get("appearance");
    if node.kind == Kind::Group && words.contains("table-list") {
        return words.replace("table-list", "field-list");
    }
    let mut siblings = definition.nodes.iter().filter(|other| other.parent == node.parent);
    let in_table = siblings.any(|other| other.name.starts_with("reserved_name_for_field_list_labels_"));
    if is_select && in_table { "list-nolabel".to_owned() } else { words.to_owned() }
}

/// Values that are worked out and cannot be.
fn odd_calculation(node: &Node, row: &TableRow, at: &At, report: &mut Report) {
    let empty = |column: &str| row.get(column).is_empty();
    let dynamic = expressions::is_dynamic(row.get("default"));
    if node.kind == Kind::Calculate && empty("calculation") && !dynamic {
        report.error(
            Code::ExpressionUnreadable,
            &at.column("calculation"),
            format!("ข้อ {} เป็น calculate แต่ไม่มีสูตร ใส่สูตรในช่อง calculation หรือใช้ type hidden", node.name),
            format!("{} is a calculate without a calculation; write one or use the type hidden", node.name),
        );
    }
    if row.get("type").trim() == "background-geopoint" {
        if empty("trigger") {
            report.error(
                Code::TriggerInvalid,
                &at.column("trigger"),
                "background-geopoint ต้องมี trigger ว่าจับพิกัดเมื่อตอบข้อใด เช่น ${ชื่อข้อ}",
                "A background-geopoint needs a trigger: the question whose answer takes the position",
            );
        }
        if !empty("calculation") {
            report.error(
                Code::ExpressionUnreadable,
                &at.column("calculation"),
                "background-geopoint มี calculation ไม่ได้ ลบออก",
                "A background-geopoint cannot have a calculation; remove it",
            );
        }
    }
}

/// Notes a file that `instance('name')` means. One name cannot mean two things.
pub fn add_file(
    name: &str,
    file: &str,
    at: &At,
    lists: &Lists,
    definition: &mut Definition,
    report: &mut Report,
) {
    let other = definition.files.get(name).filter(|known| *known != file).cloned();
    let other = other.or_else(|| lists.has(name).then(|| format!("choices: {name}")));
    if let Some(other) = other {
        report.error(
            Code::FileInvalid,
            at,
            format!("ไฟล์ {file} ใช้ชื่อเดียวกับ {other} เปลี่ยนชื่ออย่างใดอย่างหนึ่ง"),
            format!("The file {file} has the same name as {other}; rename one of them"),
        );
    }
    definition.files.insert(name.to_owned(), file.to_owned());
}

fn searches(row: &TableRow) -> bool {
    let appearance = row.get("appearance");
    appearance.contains("search(") || appearance.contains("search (")
}

/// A list that `search()` fills cannot be used by a question that does not search.
pub fn searched_lists(table: &Table, made: &[Made<'_>], report: &mut Report) {
    for entry in made.iter().filter(|entry| searches(entry.row)) {
        let Some(select) = &entry.select else { continue };
        // Each other row is read for it.
        if !report.pay(made.len().saturating_mul(20)) {
            return;
        }
        let at = entry.row.at(&table.name).column(&entry.row.head("appearance"));
        if select.from_file {
            report.error(
                Code::FileInvalid,
                &at,
                "ใช้ search() กับ select_..._from_file พร้อมกันไม่ได้ ลบอย่างใดอย่างหนึ่ง",
                "search() cannot be used with a select from file; remove one of them",
            );
        }
        let shared = made.iter().find(|other| {
            !searches(other.row) && other.select.as_ref().is_some_and(|found| found.list == select.list)
        });
        if let Some(other) = shared {
            let (list, name) = (&select.list, other.row.get("name"));
            report.error(
                Code::ListUnknown,
                &at,
                format!("รายการ {list} ใช้กับ search() แล้ว ข้อ {name} ใช้รายการนี้โดยไม่ค้นไม่ได้ แยกเป็นสองรายการ"),
                format!("List {list} is filled by search(), so question {name} cannot use it without; make two lists"),
            );
        }
    }
}

/// `reference-geometry` names a list, a file, a list of records or a repeat.
pub fn reference_geometries(
    table: &Table,
    made: &[Made<'_>],
    lists: &Lists,
    declarations: &[Declaration],
    definition: &Definition,
    report: &mut Report,
) {
    for entry in made {
        let Some(node) = definition.nodes.get(entry.node as usize) else { continue };
        let Some(target) = node.parameters.get("reference-geometry") else { continue };
        let repeat = |name: &str| {
            definition
                .nodes
                .iter()
                .any(|node| node.kind == Kind::Repeat && node.name.eq_ignore_ascii_case(name))
        };
        let is = |name: &str| name.eq_ignore_ascii_case(target);
        let known = (lists.has(target) && lists.is_external(target) != Some(true))
            || definition.files.keys().any(|name| is(name))
            || declarations.iter().any(|declaration| is(declaration.list()))
            || refs::only_name(target).is_some_and(repeat);
        if !known {
            report.error(
                Code::ParameterInvalid,
                &entry.row.at(&table.name).column(&entry.row.head("parameters")),
                format!("reference-geometry ไม่รู้จัก “{target}” ใส่ชื่อรายการ ชื่อไฟล์ หรือ ${{ชื่อ repeat}}"),
                format!("reference-geometry does not know “{target}”; name a list, a file or ${{repeat}}"),
            );
        }
    }
}
