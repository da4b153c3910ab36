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

    /// The head of a column as written, for messages.
    pub fn head(&self, column: &str) -> String {
        self.heads.get(column).cloned().unwrap_or_else(|| column.to_owned())
    }

    /// Where this row is.
    pub fn at(&self, sheet: &str) -> At {
        At::row(sheet, self.number)
    }

    /// Every column of the row that is not blank.
    pub fn columns(&self) -> impl Iterator<Item = (&str, &str)> {
        self.cells
            .iter()
            .filter_map(|(name, cells)| cells.first().map(|(_, text)| (name.as_str(), text.as_str())))
    }
}

/// Names of the survey's columns: ours first, then what else people write.
pub const SURVEY: &[(&str, &[&str])] = &[
    ("type", &["command"]),
    ("name", &["tag", "value"]),
    ("label", &["caption", "text"]),
    ("hint", &[]),
    ("guidance_hint", &["guidance hint"]),
    ("required", &["bind::required"]),
    ("required_message", &["required message", "requiredmsg", "bind::jr:requiredmsg"]),
    ("relevant", &["relevance", "bind::relevant", "skip"]),
    ("constraint", &["bind::constraint"]),
    (
        "constraint_message",
        &["constraint message", "constraining message", "constraintmsg", "bind::jr:constraintmsg"],
    ),
    ("warning", &[]),
    ("warning_message", &["warning message"]),
    ("calculation", &["calculate", "calculate_", "bind::calculate"]),
    ("appearance", &["control::appearance", "body::appearance"]),
    ("default", &[]),
    ("read_only", &["readonly", "read only", "bind::readonly"]),
    ("repeat_count", &["count", "jr:count", "repeat count", "control::jr:count", "body::jr:count"]),
    ("choice_filter", &["choice filter"]),
    ("parameters", &["parameter"]),
    ("trigger", &[]),
    ("save_to", &["bind::entities:saveto"]),
    ("image", &["media::image", "media:image"]),
    ("big-image", &["media::big-image"]),
    ("audio", &["media::audio", "media:audio"]),
    ("video", &["media::video", "media:video"]),
    ("rows", &["body::rows"]),
    ("autoplay", &[]),
    ("disabled", &[]),
    ("note", &["notes", "comment", "comments", "description"]),
];

/// Names of the choices' columns. Everything else is a column of the list's own.
pub const CHOICES: &[(&str, &[&str])] = &[
    ("list_name", &["list name", "listname"]),
    ("name", &["value"]),
    ("label", &["caption"]),
    ("image", &["media::image", "media:image"]),
    ("audio", &["media::audio", "media:audio"]),
    ("video", &["media::video", "media:video"]),
];

const TRANSLATED: &[&str] = &[
    "label",
    "hint",
    "guidance_hint",
    "required_message",
    "constraint_message",
    "warning_message",
    "image",
    "audio",
    "video",
];

/// Understands the heads of a sheet and cuts its rows by them.
pub fn read(
    sheet: &Sheet,
    known: &[(&str, &[&str])],
    languages: &mut Languages,
    report: &mut Report,
) -> Table {
    let columns: Vec<Option<Column>> = sheet.header.iter().map(|head| understand(head, known)).collect();
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
            let cells = cut.cells.entry(column.name.clone()).or_default();
            if !cells.iter().any(|(language, _)| *language == column.language) {
                cells.push((column.language.clone(), text.to_owned()));
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
fn understand(head: &str, known: &[(&str, &[&str])]) -> Option<Column> {
    let head = head.trim();
    if head.is_empty() {
        return None;
    }
    let plain = |text: &str| text.trim().to_lowercase();
    let lookup = |text: &str| {
        let text = plain(text);
        known
            .iter()
            .find(|(name, others)| *name == text || others.contains(&text.as_str()))
            .map(|(name, _)| (*name).to_owned())
    };
    if let Some(name) = lookup(head) {
        return Some(Column { name, language: None });
    }
    // `label::ไทย (th)`, `media::image::ไทย (th)`, and the older `label:Thai`.
    for separator in ["::", ":"] {
        if let Some((base, language)) = head.rsplit_once(separator)
            && let Some(name) = lookup(base)
            && TRANSLATED.contains(&name.as_str())
        {
            return Some(Column { name, language: Some(language.trim().to_owned()) });
        }
    }
    // A list's own columns keep their letters: filters name them exactly.
    Some(Column { name: head.to_owned(), language: None })
}
