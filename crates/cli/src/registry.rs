//! `sanam import` and `sanam export`: a registry from a spreadsheet's CSV, and records back out.

use crate::{device, folder, machine, server};
use clap::{Args, ValueEnum};
use domain::change::{Change, Value, Values, field, kind};
use domain::clock::Stamp;
use domain::code::{self, Scanned};
use domain::ids::{RecordId, Seq};
use domain::problem::{Code, Problem};
use domain::programme::{FieldType, Programme};
use domain::text::{ascii_digits, defused};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::PathBuf;
use sync_server::clock;

/// Brings a registry into a server's database from a CSV file.
///
/// The first line names fields of the programme, or `zone`, `order`, `lat`, `lon`, `code`. A row whose key is known
/// from an earlier import changes that record, so the same file can be brought in again.
#[derive(Args)]
pub struct ImportArguments {
    #[command(flatten)]
    database: server::Database,
    /// The programme, such as `water`.
    #[arg(long)]
    programme: String,
    /// The column that says which subject a row is.
    #[arg(long, value_name = "COLUMN")]
    key: String,
    /// The CSV file in UTF-8, `-` for standard input.
    file: PathBuf,
}

/// Writes the records of a server's database as CSV or JSON lines.
#[derive(Args)]
pub struct ExportArguments {
    #[command(flatten)]
    database: server::Database,
    /// The programme, such as `water`.
    #[arg(long)]
    programme: String,
    /// What to write.
    #[arg(long, value_enum, default_value = "subjects")]
    what: What,
    /// As what.
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum What {
    Subjects,
    Visits,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Csv,
    Json,
}

/// Imports. Nothing is written unless every row can be.
pub fn import(arguments: &ImportArguments) -> Result<(), Problem> {
    let now_ms = clock::wall_ms();
    let mut opened = folder::open_server(&arguments.database.db, now_ms)?;
    server::define_programmes(&mut opened.store)?;
    let programmes = opened.store.programmes();
    let programme = programmes
        .get(&arguments.programme)
        .ok_or_else(|| Problem::new(Code::NotFound).about(&arguments.programme))?;
    let bytes = device::read_all(&arguments.file)?;
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
    let mut reader = csv::Reader::from_reader(bytes);
    let columns: Vec<String> =
        reader.headers().map_err(bad_csv)?.iter().map(|column| column.trim().to_owned()).collect();
    let engine = [field::ZONE, field::ORDER, field::LAT, field::LON, "code"];
    for column in &columns {
        if programme.field(column).is_none() && !engine.contains(&column.as_str()) {
            return Err(Problem::new(Code::BadRecord)
                .about(format!("column {column:?} is no field of {}", programme.id)));
        }
    }
    let key_at = columns.iter().position(|column| *column == arguments.key);
    let key_at = key_at
        .ok_or_else(|| Problem::new(Code::BadRecord).about(format!("no column {:?}", arguments.key)))?;
    if !columns.iter().any(|column| column == field::ZONE) {
        return Err(Problem::new(Code::BadRecord).about("no column \"zone\""));
    }
    let mut changes = Vec::new();
    let mut zones = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for (index, row) in reader.records().enumerate() {
        let row = row.map_err(bad_csv)?;
        let line = format!("row {}", index + 2);
        let key = row.get(key_at).unwrap_or_default().trim().to_owned();
        if key.is_empty() || !seen.insert(key.clone()) {
            return Err(Problem::new(Code::BadRecord)
                .about(format!("{line}: the key {key:?} is empty or was there before")));
        }
        let mut cells: Values = [(field::PROGRAMME.to_owned(), programme.id.clone().into())].into();
        for (column, text) in columns.iter().zip(row.iter()) {
            let text = text.trim();
            if text.is_empty() {
                continue;
            }
            let (name, value) = cell(programme, column, text).ok_or_else(|| {
                Problem::new(Code::BadRecord).about(format!("{line}, column {column:?}: {text:?}"))
            })?;
            cells.insert(name, value);
        }
        match cells.get(field::ZONE).and_then(Value::as_str) {
            Some(zone) => zones.insert(zone.to_owned()),
            None => return Err(Problem::new(Code::BadRecord).about(format!("{line}: no zone"))),
        };
        let id =
            RecordId::derived("import", &[programme.id.as_bytes(), arguments.key.as_bytes(), key.as_bytes()]);
        changes.push(Change { id, kind: kind::SUBJECT.to_owned(), base_seq: Seq(0), cells });
    }
    let count = changes.len();
    // Known values are not written again: an import that changes nothing gives the devices nothing to fetch.
    let known = known_cells(&opened.store)?;
    for change in &mut changes {
        if let Some(known) = known.get(&change.id) {
            change.cells.retain(|name, value| known.get(name) != Some(value));
        }
    }
    changes.retain(|change| !change.cells.is_empty());
    let written = changes.len();
    let new_zones = zones.into_iter().map(|zone| zone_change(&programme.id, &zone, &zone, false));
    let mut all: Vec<Change> = new_zones.filter(|change| !known.contains_key(&change.id)).collect();
    all.extend(changes);
    opened.store.import("import", all, now_ms)?;
    println!("{written} / {count}");
    Ok(())
}

/// The record of a zone. Its id follows from what it is about, so that a second import finds it.
pub fn zone_change(programme: &str, zone: &str, title: &str, demo: bool) -> Change {
    let mut cells: Values = [
        (field::PROGRAMME.to_owned(), programme.into()),
        (field::ZONE.to_owned(), zone.into()),
        (field::TITLE.to_owned(), title.into()),
    ]
    .into();
    if demo {
        cells.insert(field::ORIGIN.to_owned(), "demo".into());
    }
    let id = RecordId::derived("zone", &[programme.as_bytes(), zone.as_bytes()]);
    Change { id, kind: kind::ZONE.to_owned(), base_seq: Seq(0), cells }
}

fn bad_csv(error: csv::Error) -> Problem {
    Problem::new(Code::Malformed).about(error)
}

/// Turns a spreadsheet's text into a field and its value; `None` if the text is not of the field's type.
fn cell(programme: &Programme, column: &str, text: &str) -> Option<(String, Value)> {
    let digits = ascii_digits(text);
    let number = |low: f64, high: f64| {
        digits.parse::<f64>().ok().filter(|n| (low..=high).contains(n)).map(|n| (column.to_owned(), n.into()))
    };
    match column {
        field::LAT => return number(-90.0, 90.0),
        field::LON => return number(-180.0, 180.0),
        field::ZONE if domain::ids::Shelf::COMMON == text || text.contains('/') => return None,
        field::ZONE | field::ORDER => {
            let order = digits.parse::<u64>().ok().filter(|_| column == field::ORDER);
            return Some((column.to_owned(), order.map_or_else(|| text.into(), Value::from)));
        }
        "code" => {
            return match code::read(text).ok()? {
                Scanned::Ours { code, .. } | Scanned::Foreign(code) => {
                    Some((format!("{}{code}", field::CODES), true.into()))
                }
                Scanned::Enrol { .. } => None,
            };
        }
        _ => {}
    }
    let known = programme.field(column)?;
    let value = match known.kind {
        FieldType::Text | FieldType::Photo => text.into(),
        FieldType::Integer => digits.replace(',', "").parse::<i64>().ok()?.into(),
        FieldType::Decimal => digits.replace(',', "").parse::<f64>().ok().filter(|n| n.is_finite())?.into(),
        FieldType::Date => iso_date(&digits)?.into(),
        FieldType::Choice => {
            let by_label = known.choices.iter().find(|(_, words)| words.th == text || words.en == text);
            let value = known.choices.get_key_value(text).or(by_label)?.0;
            value.clone().into()
        }
        FieldType::Phone => digits.chars().filter(char::is_ascii_digit).collect::<String>().into(),
        FieldType::Bool => match text.to_lowercase().as_str() {
            "1" | "true" | "yes" | "ใช่" => true.into(),
            "0" | "false" | "no" | "ไม่" | "ไม่ใช่" => false.into(),
            _ => return None,
        },
    };
    Some((column.to_owned(), value))
}

/// Reads a day: ISO, as precisely as it is known, or as people type it, in the Buddhist era.
fn iso_date(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split('-').collect();
    let year = |text: &str| text.len() == 4 && text.parse::<u32>().is_ok_and(|year| year < 2_300);
    let two =
        |text: &str, most: u32| text.len() == 2 && text.parse::<u32>().is_ok_and(|n| (1..=most).contains(&n));
    match parts.as_slice() {
        [y] if year(y) => Some(text.to_owned()),
        [y, m] if year(y) && two(m, 12) => Some(text.to_owned()),
        [y, ..] if year(y) => text.parse::<chrono::NaiveDate>().ok().map(|day| day.to_string()),
        _ => domain::thai_date::read_any_precision(text),
    }
}

fn known_cells(store: &store::Store) -> Result<BTreeMap<RecordId, Values>, Problem> {
    let mut known = BTreeMap::new();
    each_record(store, |record| {
        known.insert(record.id, record.values);
        Ok(())
    })?;
    Ok(known)
}

/// A record with the present value of each field.
pub struct Dumped {
    /// Which.
    pub id: RecordId,
    /// Its kind.
    pub kind: String,
    /// Its shelf, as `programme/zone`.
    pub shelf: String,
    /// Its values.
    pub values: Values,
    /// When each was written.
    pub stamps: BTreeMap<String, Stamp>,
}

/// Goes through the dump, record by record.
pub fn each_record(
    store: &store::Store,
    mut with: impl FnMut(Dumped) -> Result<(), Problem>,
) -> Result<(), Problem> {
    #[derive(serde::Deserialize)]
    struct Line {
        id: RecordId,
        kind: String,
        shelf: String,
        cells: BTreeMap<String, LineCell>,
    }
    #[derive(serde::Deserialize)]
    struct LineCell {
        value: Value,
        stamp: Stamp,
    }
    let mut dump = Vec::new();
    store.dump(None, &mut dump)?;
    for line in dump.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let line: Line = serde_json::from_slice(line).map_err(|error| machine("dump", error))?;
        let stamps = line.cells.iter().map(|(name, cell)| (name.clone(), cell.stamp)).collect();
        let values = line.cells.into_iter().map(|(name, cell)| (name, cell.value)).collect();
        with(Dumped { id: line.id, kind: line.kind, shelf: line.shelf, values, stamps })?;
    }
    Ok(())
}

/// Exports to standard output.
pub fn export(arguments: &ExportArguments) -> Result<(), Problem> {
    let folder = &arguments.database.db;
    let store = folder::look_into_server(folder)?;
    folder::note_beside_server(folder, "exported", &arguments.programme, clock::wall_ms())?;
    let wanted = match arguments.what {
        What::Subjects => kind::SUBJECT,
        What::Visits => kind::VISIT,
    };
    let on_shelf = format!("{}/", arguments.programme);
    let mut rows = Vec::new();
    each_record(&store, |record| {
        let removed = record.values.get(field::DELETED) == Some(&Value::Bool(true));
        if record.kind == wanted && record.shelf.starts_with(&on_shelf) && !removed {
            rows.push(record);
        }
        Ok(())
    })?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let written = match arguments.format {
        Format::Json => rows.iter().try_for_each(|record| {
            let mut values = record.values.clone();
            values.insert("id".to_owned(), record.id.to_string().into());
            writeln!(out, "{}", serde_json::json!(values))
        }),
        Format::Csv => write_csv(&rows, &mut out),
    };
    written.and_then(|()| out.flush()).map_err(|error| machine("standard output", error))
}

/// UTF-8 with a mark at the start, because spreadsheets guess wrong without it.
fn write_csv(rows: &[Dumped], out: &mut impl Write) -> std::io::Result<()> {
    let columns: BTreeSet<&String> = rows.iter().flat_map(|record| record.values.keys()).collect();
    out.write_all("\u{feff}".as_bytes())?;
    let mut writer = csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(out);
    // Names of columns, too: a device chooses the names of its fields.
    writer
        .write_record(std::iter::once("id".to_owned()).chain(columns.iter().map(|column| defused(column))))?;
    for record in rows {
        let cells = columns.iter().map(|column| record.values.get(*column).map(harmless).unwrap_or_default());
        writer.write_record(std::iter::once(record.id.to_string()).chain(cells))?;
    }
    writer.flush()
}

/// A value as text that no spreadsheet takes for a formula. Numbers stay numbers, minus sign and all.
fn harmless(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => defused(text),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_is_defused_and_a_number_is_not() {
        for text in ["=1+1", "+66", "-1", "@SUM(A1)", "\t=1", " =1", "＝1", "\"=1"] {
            assert!(harmless(&text.into()).starts_with('\''), "{text:?}");
        }
        assert_eq!(harmless(&(-13.5).into()), "-13.5");
        assert_eq!(harmless(&"ก-ข".into()), "ก-ข");
    }

    #[test]
    fn the_name_of_a_column_is_defused_too() {
        let values = [("=1+1".to_owned(), Value::from("x")), ("zone".to_owned(), Value::from("R01"))].into();
        let row = Dumped {
            id: RecordId::derived("test", &[]),
            kind: "subject".to_owned(),
            shelf: "water/R01".to_owned(),
            values,
            stamps: BTreeMap::new(),
        };
        let mut out = Vec::new();
        write_csv(&[row], &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with("\u{feff}\"id\",\"'=1+1\",\"zone\"\n"), "{text}");
    }

    #[test]
    fn a_spreadsheets_text_becomes_a_typed_cell() {
        let programmes = programmes::all().unwrap();
        let water = programmes.iter().find(|programme| programme.id == "water").unwrap();
        let read = |column: &str, text: &str| {
            cell(water, column, text).map(|(name, value)| format!("{name}={value}"))
        };
        assert_eq!(read("digits", "๔"), Some("digits=4".into()));
        assert_eq!(read("class", "ที่อยู่อาศัย"), Some("class=\"1\"".into()));
        assert_eq!(read("initial_on", "2026-08"), Some("initial_on=\"2026-08\"".into()));
        assert_eq!(read("initial_on", "21/11/2569"), Some("initial_on=\"2026-11-21\"".into()));
        assert_eq!(read("phone", "000-000-0001"), Some("phone=\"0000000001\"".into()));
        assert_eq!(read("order", "12"), Some("order=12".into()));
        assert_eq!(read("code", "DEMO00012345"), Some("codes.DEMO00012345=true".into()));
        for (column, text) in [
            ("digits", "four"),
            ("class", "9"),
            ("lat", "95"),
            ("zone", "_"),
            ("zone", "a/b"),
            ("code", "javascript:1"),
        ] {
            assert_eq!(read(column, text), None, "{column} {text}");
        }
    }
}
