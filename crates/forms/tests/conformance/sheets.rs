//! Small XLSForms: accepted with the same nodes as the reference converter makes, or rejected.

use std::collections::BTreeMap;

use forms::definition::{Definition, Kind};
use forms::{Sheet, SheetRow, Sheets};
use serde_json::Value;

use super::xform;

/// Floor of what passes, in percent; raise it when more does.
const FLOOR: f64 = 99.5;

fn from_structure(structure: &Value) -> Sheets {
    let mut sheets = Sheets::default();
    for (name, rows) in structure.as_object().unwrap() {
        let Some(rows) = rows.as_array() else { continue };
        let mut header: Vec<String> = Vec::new();
        for row in rows.iter().filter_map(Value::as_object) {
            for head in row.keys() {
                if !header.contains(head) {
                    header.push(head.clone());
                }
            }
        }
        let cell = |row: &Value, head: &String| match &row[head.as_str()] {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        let rows = rows.iter().enumerate().map(|(place, row)| SheetRow {
            number: place as u32 + 2,
            cells: header.iter().map(|head| cell(row, head)).collect(),
        });
        sheets.add(Sheet { name: name.clone(), rows: rows.collect(), header });
    }
    sheets
}

/// Cases that are left out, and why.
const SKIPPED: &[(&str, &str)] = &[
    ("px0708", "the reference holds an operator that does not exist, `<>`"),
    ("px0709", "the reference holds an operator that does not exist, `<>`"),
    ("px0714", "the reference holds an operator that does not exist, `<>`"),
    ("px1004", "the name of the file is at fault, and sheets have none"),
];

/// Paths of all nodes with what matters of each. A note is read-only by its nature, an XForm says so; an empty group is
/// a leaf in an XForm.
fn outline(definition: &Definition) -> BTreeMap<String, String> {
    let mut paths: Vec<String> = Vec::new();
    let mut all = BTreeMap::new();
    for (place, node) in definition.nodes.iter().enumerate() {
        let above = if place == 0 { String::new() } else { paths[node.parent as usize].clone() };
        let name = if place == 0 { "top" } else { node.name.as_str() };
        paths.push(format!("{above}/{name}"));
        let path = &paths[place];
        let meta = path.split('/').any(|part| part == "meta" || part.ends_with(":meta"));
        if place == 0 || meta || node.name.starts_with('@') {
            continue;
        }
        let has =
            |name: &str, source: &str| if source.is_empty() { String::new() } else { format!(" {name}") };
        let logic = &node.logic;
        let empty = !definition.nodes.iter().skip(1).any(|child| child.parent as usize == place);
        let kind = match node.kind {
            Kind::Group if empty => "leaf",
            Kind::Group => "group",
            Kind::Repeat => "repeat",
            _ => "leaf",
        };
        let seen = if node.unseen || kind != "leaf" { "" } else { " seen" };
        let said = format!(
            "{kind}{seen}{}{}{}{} {:?}",
            has("relevant", &logic.relevant),
            has("required", logic.required.trim_start_matches("false()")),
            has("constraint", &logic.constraint),
            has("calculate", &logic.calculate),
            node.store,
        );
        all.insert(path.clone(), said);
    }
    all
}

fn run(case: &Value) -> Result<(), String> {
    let sheets = match case["md"].as_str() {
        Some(table) => Sheets::from_markdown(table),
        None => from_structure(&case["ss_structure"]),
    };
    let imported = forms::import(&sheets);
    if case["expect"] != "ok" {
        let error = case["error"].as_str().unwrap_or_default();
        let row = error.split("[row : ").nth(1).and_then(|rest| rest.split(']').next()?.parse::<u32>().ok());
        return match imported {
            Err(messages) => {
                let there = row.is_none() || messages.iter().any(|message| message.row == row);
                let told: Vec<String> = messages.iter().map(|message| format!("{message}")).collect();
                there
                    .then_some(())
                    .ok_or_else(|| format!("row {row:?} expected ({error}): {}", told.join("; ")))
            }
            Ok(_) => Err(format!("accepted, although: {}", case["error"].as_str().unwrap_or_default())),
        };
    }
    let imported = imported.map_err(|errors| {
        format!("rejected: {}", errors.iter().map(|error| format!("{error}")).collect::<Vec<_>>().join("; "))
    })?;
    let Some(xml) = case["xform"].as_str() else { return Ok(()) };
    // The reference converter escapes an expression inside a label twice.
    let xml = &xml.replace("&amp;lt;", "&lt;").replace("&amp;gt;", "&gt;").replace("&amp;amp;", "&amp;");
    let wanted = xform::load(xml).map_err(|error| format!("the reference cannot be read: {error}"))?;
    let (found, wanted) = (outline(imported.form.definition()), outline(wanted.definition()));
    for (path, said) in &wanted {
        match found.get(path) {
            None => return Err(format!("{path} is missing")),
            Some(other) if other != said => return Err(format!("{path}: {other} instead of {said}")),
            Some(_) => {}
        }
    }
    if let Some(path) = found.keys().find(|path| !wanted.contains_key(*path)) {
        return Err(format!("{path} is too much"));
    }
    Ok(())
}

#[test]
fn small_sheets_are_read_like_the_reference_converter_does() {
    let Some(text) = super::read("xlsform.json.gz") else { return };
    let all: Value = serde_json::from_str(&text).unwrap();
    let mut groups: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut failed = Vec::new();
    for case in all["cases"].as_array().unwrap() {
        if SKIPPED.iter().any(|(id, _)| case["id"] == *id) {
            continue;
        }
        let group = groups.entry(if case["expect"] == "ok" { "accepted" } else { "rejected" }).or_default();
        group.1 += 1;
        match run(case) {
            Ok(()) => group.0 += 1,
            Err(why) => {
                let (id, test) = (case["id"].as_str().unwrap(), case["test"].as_str().unwrap());
                failed.push((format!("{id} {test}"), why));
            }
        }
    }
    super::report::failures("sheets", failed);
    let (passed, counted) = groups.values().fold((0, 0), |sum, group| (sum.0 + group.0, sum.1 + group.1));
    let detail = format!("{groups:?}, {} skipped with a reason", SKIPPED.len());
    let share = super::report::figure("importer_pass_pct", passed, counted, &detail);
    assert!(share >= FLOOR, "{share} % pass, {FLOOR} % did before");
}
