//! Heads of columns: old and new names for the same thing, and languages after `::`.

use std::collections::BTreeMap;

use super::sheets::Sheet;
use super::{At, Code, Report};

/// Languages in the order they first appear. A text without a language belongs to the default one.
#[derive(Debug, Default)]
pub struct Languages {
    names: Vec<String>,
}

impl Languages {
    /// Names as written.
    pub fn names(&self) -> Vec<String> {
        self.names.clone()
    }

    /// Place of a language, by its whole name, or the code in brackets, or the name before them.
    pub fn find(&self, wanted: &str) -> Option<usize> {
        let short = format!("({wanted})");
        self.names.iter().position(|name| {
            name == wanted || name.ends_with(&short) || name.split(" (").next() == Some(wanted)
        })
    }

    fn add(&mut self, name: &str) {
        if !self.names.iter().any(|known| known == name) {
            self.names.push(name.to_owned());
        }
    }
}

/// What a column holds: its name in our words, and a language.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Column {
    /// Name after aliases are resolved.
    pub name: String,
    /// Language, as written.
    pub language: Option<String>,
}

/// A row with its cells by column.
#[derive(Clone, Debug, Default)]
pub struct TableRow {
    /// Number in the spreadsheet.
    pub number: u32,
    cells: BTreeMap<String, Vec<(Option<String>, String)>>,
    heads: BTreeMap<String, String>,
}

/// A sheet with its columns understood.
#[derive(Debug, Default)]
pub struct Table {
    /// Name of the sheet.
    pub name: String,
    /// Rows that are not blank.
    pub rows: Vec<TableRow>,
    /// Columns that are not known, as written.
    pub unknown: Vec<String>,
    columns: Vec<String>,
}

impl TableRow {
    /// The cell of a column without a language, trimmed; empty when there is none.
    pub fn get(&self, column: &str) -> &str {
        self.cells
            .get(column)
            .and_then(|cells| cells.iter().find(|(language, _)| language.is_none()).or(cells.first()))
            .map_or("", |(_, text)| text.as_str())
    }

    /// All cells of a column with their languages.
    pub fn all(&self, column: &str) -> &[(Option<String>, String)] {
        self.cells.get(column).map_or(&[], Vec::as_slice)
    }

    /// The cell of a translated column in a language, or whatever there is.
    pub fn in_language(&self, column: &str, language: Option<&str>) -> &str {
        let cells = self.all(column);
        let same = cells.iter().find(|(known, _)| known.as_deref() == language);
        same.or(cells.first()).map_or("", |(_, text)| text.as_str())
    }

    /// The row with another text in a column.
    pub fn with(&self, column: &str, text: &str) -> TableRow {
        let mut row = self.clone();
        row.cells.insert(column.to_owned(), vec![(None, text.to_owned())]);
        row
    }

    /// A row that nobody wrote.
    pub fn made(number: u32, kind: &str, name: &str, label: &[(Option<String>, String)]) -> TableRow {
        let mut row = TableRow { number, ..TableRow::default() };
        row.cells.insert("type".to_owned(), vec![(None, kind.to_owned())]);
        for (column, cells) in [("name", vec![(None, name.to_owned())]), ("label", label.to_vec())] {
            if cells.iter().any(|(_, text)| !text.is_empty()) {
                row.cells.insert(column.to_owned(), cells);
            }
        }
        row
    }

    /// The row with every cell changed.
    pub fn replaced(&self, change: impl Fn(&str, Option<&str>) -> String) -> TableRow {
        let mut row = self.clone();
        for (language, text) in row.cells.values_mut().flatten() {
            *text = change(text, language.as_deref());
        }
        row
    }

    /// The head of a column as written, for messages.
    pub fn head(&self, column: &str) -> String {
        self.heads.get(column).cloned().unwrap_or_else(|| column.to_owned())
    }

    /// Where this row is.
    pub fn at(&self, sheet: &str) -> At {
        At::row(sheet, self.number)
    }

    /// Every cell of the row that is not blank, with its column.
    pub fn cells(&self) -> impl Iterator<Item = (&str, &str)> {
        self.cells
            .iter()
            .flat_map(|(name, cells)| cells.iter().map(move |(_, text)| (name.as_str(), text.as_str())))
    }

    /// Every column of the row that is not blank.
    pub fn columns(&self) -> impl Iterator<Item = (&str, &str)> {
        self.cells
            .iter()
            .filter_map(|(name, cells)| cells.first().map(|(_, text)| (name.as_str(), text.as_str())))
    }
}

/// Names of the survey's columns: ours first, then what else people write. Capital letters do not matter, and a blank
/// is as good as a `_`.
pub const SURVEY: &[(&str, &[&str])] = &[
    ("type", &["command"]),
    ("name", &["tag", "value"]),
    ("label", &["caption", "text"]),
    ("hint", &[]),
    ("guidance_hint", &[]),
    ("required", &["bind::required"]),
    ("required_message", &["requiredmsg", "bind::jr:requiredmsg"]),
    ("relevant", &["relevance", "bind::relevant", "skip"]),
    ("constraint", &["bind::constraint"]),
    ("constraint_message", &["constraining_message", "constraintmsg", "bind::jr:constraintmsg"]),
    ("warning", &[]),
    ("warning_message", &[]),
    ("calculation", &["calculate", "calculate_", "bind::calculate"]),
    ("appearance", &["control::appearance", "body::appearance"]),
    ("default", &[]),
    ("read_only", &["readonly", "bind::readonly"]),
    ("repeat_count", &["count", "jr:count", "control::jr:count", "body::jr:count"]),
    ("choice_filter", &[]),
    ("parameters", &["parameter"]),
    ("trigger", &[]),
    ("save_to", &["bind::entities:saveto"]),
    ("image", &["media::image"]),
    ("big-image", &["media::big-image"]),
    ("audio", &["media::audio"]),
    ("video", &["media::video"]),
    ("rows", &["body::rows", "control::rows"]),
    ("autoplay", &["body::autoplay", "control::autoplay"]),
    ("disabled", &[]),
    ("note", &["notes", "comment", "comments", "description"]),
];

/// Names of the choices' columns. Everything else is a column of the list's own.
pub const CHOICES: &[(&str, &[&str])] = &[
    ("list_name", &["list", "listname"]),
    ("name", &["value"]),
    ("label", &["caption"]),
    ("image", &["media::image"]),
    ("big-image", &["media::big-image"]),
    ("audio", &["media::audio"]),
    ("video", &["media::video"]),
];

/// Names of the entities' columns.
pub const ENTITIES: &[(&str, &[&str])] = &[
    ("list_name", &["dataset"]),
    ("entity_id", &[]),
    ("create_if", &[]),
    ("update_if", &[]),
    ("label", &["caption"]),
];

const TRANSLATED: &[&str] = &[
    "label",
    "hint",
    "guidance_hint",
    "required_message",
    "constraint_message",
    "warning_message",
    "image",
    "big-image",
    "audio",
    "video",
];

/// Understands the heads of a sheet and cuts its rows by them. With `tidy`, several blanks in a cell become one.
pub fn read(
    sheet: &Sheet,
    known: &[(&str, &[&str])],
    tidy: bool,
    languages: &mut Languages,
    report: &mut Report,
) -> Table {
    // One colon between a name and its language was the custom once. It is one no more where two are used anywhere.
    let double = sheet.header.iter().any(|head| head.contains("::"));
    let columns: Vec<Option<Column>> =
        sheet.header.iter().map(|head| understand(head, known, double)).collect();
    for column in columns.iter().flatten() {
        if let Some(language) = &column.language {
            languages.add(language);
        }
    }
    let mut table = Table { name: sheet.name.clone(), ..Table::default() };
    let mut seen: Vec<&Column> = Vec::new();
    for (head, column) in sheet.header.iter().zip(&columns) {
        match column {
            Some(column) if seen.contains(&column) => report.warn(
                Code::ColumnTwice,
                &At::row(&sheet.name, 1).column(head),
                "มีช่องนี้มากกว่าหนึ่งช่อง ใช้ช่องแรก ลบช่องที่ซ้ำ",
                "This column is there more than once; the first one is used, please remove the other",
            ),
            Some(column) => {
                if !known.iter().any(|(name, _)| *name == column.name) {
                    table.unknown.push(head.clone());
                }
                table.columns.push(column.name.clone());
                seen.push(column);
            }
            None => {}
        }
    }
    for row in &sheet.rows {
        let mut cut = TableRow { number: row.number, ..TableRow::default() };
        for ((cell, column), head) in row.cells.iter().zip(&columns).zip(&sheet.header) {
            let (Some(column), text) = (column, cell.trim()) else { continue };
            if text.is_empty() {
                continue;
            }
            let text = if tidy && text.contains("  ") {
                text.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
            } else {
                text.to_owned()
            };
            let cells = cut.cells.entry(column.name.clone()).or_default();
            if !cells.iter().any(|(language, _)| *language == column.language) {
                cells.push((column.language.clone(), text));
                cut.heads.entry(column.name.clone()).or_insert_with(|| head.trim().to_owned());
            }
        }
        if !cut.cells.is_empty() {
            table.rows.push(cut);
        }
    }
    table
}

/// What a head means; `None` for a blank one.
fn understand(head: &str, known: &[(&str, &[&str])], double: bool) -> Option<Column> {
    let head = head.trim();
    if head.is_empty() {
        return None;
    }
    let lookup = |text: &str| {
        let text = text.split_whitespace().collect::<Vec<_>>().join("_").to_lowercase();
        known
            .iter()
            .find(|(name, others)| *name == text || others.contains(&text.as_str()))
            .map(|(name, _)| (*name).to_owned())
    };
    if let Some(name) = lookup(head) {
        return Some(Column { name, language: None });
    }
    let mut parts: Vec<String> = if double {
        head.split("::").map(|part| part.trim().to_owned()).collect()
    } else {
        head.split(':').map(|part| part.trim().to_owned()).collect()
    };
    // `bind:jr:constraintMsg` has a colon of its own.
    if !double
        && let Some(place) = parts.iter().position(|part| part == "jr")
        && place + 1 < parts.len()
    {
        let rest = parts.remove(place + 1);
        if let Some(part) = parts.get_mut(place) {
            *part = format!("jr:{rest}");
        }
    }
    // `label::ไทย (th)`, and `media::image::ไทย (th)` with a name in two parts.
    for length in [2, 1] {
        let Some(base) = parts.get(..length).map(|base| base.join("::")) else { continue };
        let Some(name) = lookup(&base) else { continue };
        match parts.get(length..) {
            Some([]) => return Some(Column { name, language: None }),
            Some([language]) if TRANSLATED.contains(&name.as_str()) => {
                return Some(Column { name, language: Some(language.clone()) });
            }
            _ => {}
        }
    }
    // A list's own columns keep their letters: filters name them exactly.
    Some(Column { name: head.to_owned(), language: None })
}

impl Table {
    /// True when the sheet has a column, filled or not.
    pub fn has(&self, name: &str) -> bool {
        self.columns.iter().any(|known| known == name)
    }
}
