//! Fills of real forms: the same answers must give the same record as in both official engines.
//!
//! The forms are workbooks. A workbook is a ZIP of XML; the few lines that read one here are enough for these files.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;
use std::sync::Arc;

use forms::{Filling, FixedHost, Form, Sheet, SheetRow, Sheets};
use roxmltree::Document;
use serde_json::Value;

use super::scenarios::{difference, record};

/// Floor of what passes, in percent; raise it when more does.
const FLOOR: f64 = 100.0;

/// Files of a ZIP by name.
fn unzip(bytes: &[u8]) -> Option<HashMap<String, String>> {
    let number = |at: usize, length: usize| {
        bytes
            .get(at..at + length)
            .map(|bytes| bytes.iter().rev().fold(0_usize, |sum, byte| (sum << 8) | usize::from(*byte)))
    };
    let end = (0..bytes.len().saturating_sub(21)).rev().find(|at| bytes[*at..].starts_with(b"PK\x05\x06"))?;
    let (count, mut at) = (number(end + 10, 2)?, number(end + 16, 4)?);
    let mut files = HashMap::new();
    for _ in 0..count {
        let (method, size) = (number(at + 10, 2)?, number(at + 20, 4)?);
        let (name_length, extra, comment) = (number(at + 28, 2)?, number(at + 30, 2)?, number(at + 32, 2)?);
        let start = number(at + 42, 4)?;
        let name = String::from_utf8_lossy(bytes.get(at + 46..at + 46 + name_length)?).into_owned();
        let data = start + 30 + number(start + 26, 2)? + number(start + 28, 2)?;
        let data = bytes.get(data..data + size)?;
        if name.ends_with(".xml") || name.ends_with(".rels") {
            let mut text = Vec::new();
            match method {
                0 => text.extend_from_slice(data),
                _ => drop(flate2::read::DeflateDecoder::new(data).read_to_end(&mut text).ok()?),
            }
            files.insert(name, String::from_utf8_lossy(&text).into_owned());
        }
        at += 46 + name_length + extra + comment;
    }
    Some(files)
}

fn text_inside(node: roxmltree::Node<'_, '_>) -> String {
    // Phonetic hints stand beside the text and are not part of it.
    let hint =
        |node: &roxmltree::Node<'_, '_>| node.ancestors().any(|above| above.tag_name().name() == "rPh");
    node.descendants()
        .filter(|node| {
            node.is_text()
                && node.parent().is_some_and(|parent| parent.tag_name().name() == "t")
                && !hint(node)
        })
        .filter_map(|node| node.text())
        .collect()
}

/// Reads a workbook; `None` when it is not one of the newer kind.
pub fn workbook(bytes: &[u8]) -> Option<Sheets> {
    let files = unzip(bytes)?;
    let shared: Vec<String> = match files.get("xl/sharedStrings.xml") {
        Some(text) => Document::parse(text)
            .ok()?
            .descendants()
            .filter(|node| node.tag_name().name() == "si")
            .map(text_inside)
            .collect(),
        None => Vec::new(),
    };
    let links = Document::parse(files.get("xl/_rels/workbook.xml.rels")?).ok()?;
    let targets: HashMap<&str, &str> = links
        .descendants()
        .filter_map(|node| Some((node.attribute("Id")?, node.attribute("Target")?)))
        .collect();
    let book = Document::parse(files.get("xl/workbook.xml")?).ok()?;
    let mut sheets = Sheets::default();
    for entry in book.descendants().filter(|node| node.tag_name().name() == "sheet") {
        let name = entry.attribute("name")?;
        let link = entry.attributes().find(|attribute| attribute.name() == "id")?.value();
        let path = targets.get(link)?.trim_start_matches("/xl/").trim_start_matches('/');
        let Some(text) = files.get(&format!("xl/{path}")) else { continue };
        let document = Document::parse(text).ok()?;
        let mut sheet = Sheet { name: name.to_owned(), ..Sheet::default() };
        for (place, row) in document.descendants().filter(|node| node.tag_name().name() == "row").enumerate()
        {
            let number =
                row.attribute("r").and_then(|number| number.parse().ok()).unwrap_or(place as u32 + 1);
            let mut cells: Vec<String> = Vec::new();
            for cell in row.children().filter(|node| node.tag_name().name() == "c") {
                let column = cell.attribute("r").map_or(cells.len(), |reference| {
                    reference
                        .bytes()
                        .take_while(u8::is_ascii_uppercase)
                        .fold(0, |sum, byte| sum * 26 + usize::from(byte - b'A') + 1)
                        - 1
                });
                if column > 300 {
                    continue;
                }
                let value = cell
                    .children()
                    .find(|node| node.tag_name().name() == "v")
                    .and_then(|node| node.text())
                    .unwrap_or_default();
                let text = match cell.attribute("t").unwrap_or("n") {
                    "s" => {
                        shared.get(value.parse::<usize>().unwrap_or(usize::MAX)).cloned().unwrap_or_default()
                    }
                    "inlineStr" => text_inside(cell),
                    "b" => (if value == "1" { "TRUE" } else { "FALSE" }).to_owned(),
                    "n" => {
                        value.parse::<f64>().map_or_else(|_| value.to_owned(), |number| format!("{number}"))
                    }
                    _ => value.to_owned(),
                };
                cells.resize(cells.len().max(column + 1), String::new());
                cells[column] = text.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
            }
            if sheet.header.is_empty() {
                sheet.header = cells;
            } else {
                sheet.rows.push(SheetRow { number, cells });
            }
        }
        sheets.add(sheet);
    }
    Some(sheets)
}

fn fill(form: &Arc<Form>, trace: &Value) -> Result<(), String> {
    let properties = [
        ("deviceid", "dev:1"),
        ("phonenumber", "0812345678"),
        ("username", "cg01"),
        ("email", "cg@example.org"),
    ];
    let properties =
        properties.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    // 2026-03-15T02:30:00Z is the moment of every trace.
    let host = FixedHost {
        now_ms: 1_773_541_800_000,
        offset_minutes: super::offset(trace["tz"].as_str().unwrap()),
        properties,
        ..FixedHost::default()
    };
    let mut filling = Filling::new(form, &BTreeMap::new(), Box::new(host));
    if let Some(language) = trace["lang"].as_str() {
        filling.set_language(language);
    }
    if let Some(difference) = difference(&filling.record(), &record(trace["initial"].as_str().unwrap())) {
        return Err(format!("at the start: {difference}"));
    }
    for (place, step) in trace["ops"].as_array().unwrap().iter().enumerate() {
        let path = step["ref"].as_str().unwrap();
        let value = match &step["value"] {
            Value::String(text) => text.clone(),
            Value::Array(all) => all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        let done = if step["op"] == "set" {
            filling.set(path, &value)
        } else {
            filling.add_repeat(path).map(|_| ())
        };
        done.map_err(|error| format!("step {place}: {error}"))?;
    }
    match difference(&filling.record(), &record(trace["final"].as_str().unwrap())) {
        Some(difference) => Err(difference),
        None => Ok(()),
    }
}

#[test]
fn real_forms_give_the_same_records() {
    let Some(text) = super::read("fills.jsonl.gz") else { return };
    let folder = super::folder().unwrap().join("forms");
    let mut known: HashMap<String, Result<Arc<Form>, String>> = HashMap::new();
    let (mut passed, mut counted, mut old) = (0, 0, 0);
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let trace: Value = serde_json::from_str(line).unwrap();
        let name = trace["form"].as_str().unwrap();
        let form = known.entry(name.to_owned()).or_insert_with(|| {
            let bytes = std::fs::read(folder.join(name)).map_err(|error| error.to_string())?;
            let sheets = workbook(&bytes).ok_or("old")?;
            let imported = forms::import(&sheets)
                .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n   "))?;
            Ok(Arc::new(imported.form))
        });
        let outcome = match form {
            Ok(form) => fill(&form.clone(), &trace),
            Err(why) if why == "old" => {
                old += 1;
                continue;
            }
            Err(why) => Err(why.clone()),
        };
        counted += 1;
        match outcome {
            Ok(()) => passed += 1,
            Err(why) if super::show() => println!("fill {name} {}: {why}", trace["seed"]),
            Err(_) => {}
        }
    }
    let share = super::percent(passed, counted);
    println!("fill_pass_pct {share} ({passed} of {counted}; {old} in the old binary format are not read)");
    assert!(share >= FLOOR, "{share} % pass, {FLOOR} % did before");
}
