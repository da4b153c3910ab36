//! What the importer tells the author of a form: a stable code, the place, and words in Thai and English.

use std::collections::HashMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::definition::Definition;

/// What a [`Message`] is about. Codes stay the same from version to version; words may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The file is no workbook at all.
    NotAWorkbook,
    /// The file is a workbook of the old kind (`.xls`).
    OldWorkbook,
    /// The file is locked with a password.
    Encrypted,
    /// The workbook is damaged.
    Damaged,
    /// More bytes, rows, columns or cells than a form has.
    TooLarge,
    /// A CSV file cannot be read.
    CsvUnreadable,
    /// A row has more cells than the header.
    RowTooWide,
    /// There is no survey sheet.
    SurveyMissing,
    /// The survey has no questions.
    FormEmpty,
    /// The form cannot be used for a reason the other codes do not cover.
    FormUnreadable,
    /// A setting cannot be used.
    SettingInvalid,
    /// A column that must be there is missing.
    ColumnMissing,
    /// A column is there more than once.
    ColumnTwice,
    /// A column is not known.
    ColumnUnknown,
    /// A type is not known.
    TypeUnknown,
    /// A type is known but not used here.
    TypeIgnored,
    /// An `end` that closes something else than was begun.
    EndMismatch,
    /// An `end` without a `begin`.
    EndWithoutBegin,
    /// A `begin` without an `end`.
    BeginWithoutEnd,
    /// A row without a name.
    NameMissing,
    /// A name with letters that cannot be used.
    NameInvalid,
    /// A name that is kept for something else.
    NameReserved,
    /// Two things of one name in one place.
    NameTwice,
    /// A question nobody can read.
    LabelMissing,
    /// A `${name}` that names no question.
    QuestionUnknown,
    /// A `${name}` that several questions have.
    QuestionAmbiguous,
    /// A `${name` that does not end, or holds more than a name.
    ReferenceUnreadable,
    /// A trigger that is not a question people answer.
    TriggerInvalid,
    /// An expression that cannot be read.
    ExpressionUnreadable,
    /// A function that does not exist.
    FunctionUnknown,
    /// A function with too few or too many arguments.
    FunctionArguments,
    /// A function that only Sanam knows: the form does not run in other programs.
    NotPortable,
    /// A pattern for `regex()` that cannot be read.
    PatternUnreadable,
    /// Questions that depend on each other in a circle.
    Circle,
    /// A select without a list.
    ListMissing,
    /// A select with a list that does not exist.
    ListUnknown,
    /// A file name that cannot be used.
    FileInvalid,
    /// An option that belongs to no list.
    OptionWithoutList,
    /// An option without a value.
    OptionWithoutName,
    /// An option whose value holds a blank.
    OptionNameHasBlank,
    /// Two options of one value.
    OptionTwice,
    /// A parameter that cannot be read.
    ParameterUnreadable,
    /// A parameter this kind of question does not have.
    ParameterUnknown,
    /// A parameter with a value that cannot be used.
    ParameterInvalid,
    /// A value in the columns `entities` or `save_to` that cannot be used.
    EntityInvalid,
    /// Something that is read but not kept in the form.
    NotKept,
    /// There are more messages than anybody reads at once.
    ThereIsMore,
}

impl fmt::Display for Code {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(out)
    }
}

/// Something about a sheet that its author should change, in Thai and English: what is wrong and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// What it is about; stable.
    pub code: Code,
    /// Name of the sheet; empty when the file as a whole is meant.
    pub sheet: String,
    /// Row as a spreadsheet counts: the header is row 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<u32>,
    /// Head of the column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// In Thai.
    pub th: String,
    /// In English.
    pub en: String,
}

impl fmt::Display for Message {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut place = String::new();
        if !self.sheet.is_empty() {
            place.push_str(&self.sheet);
        }
        if let Some(row) = self.row {
            place.push_str(&format!(" แถว {row}"));
        }
        if let Some(column) = &self.column {
            place.push_str(&format!(" ช่อง {column}"));
        }
        if !place.is_empty() {
            write!(out, "{}: ", place.trim_start())?;
        }
        write!(out, "{} / {}", self.th, self.en)
    }
}

/// A place in a sheet, to hang messages on.
#[derive(Clone, Debug, Default)]
pub(crate) struct At {
    sheet: String,
    row: Option<u32>,
    column: Option<String>,
}

impl At {
    /// The file as a whole.
    #[cfg(feature = "workbook")]
    pub fn file() -> At {
        At::default()
    }

    pub fn sheet(name: &str) -> At {
        At { sheet: name.to_owned(), row: None, column: None }
    }

    pub fn row(name: &str, row: u32) -> At {
        At { sheet: name.to_owned(), row: Some(row), column: None }
    }

    pub fn column(&self, column: &str) -> At {
        At { column: Some(column.to_owned()), ..self.clone() }
    }
}

/// Most mistakes and most oddities that are told: more are not read, and finding the same one again costs time.
const MOST_MESSAGES: usize = 200;

/// Most names that are guessed for unknown ones.
const MOST_GUESSES: u32 = 20;

/// Most steps of one import: letters of paths, nodes and rows looked at. The largest form known, of 1,806 rows, needs less
/// than a hundredth; what needs more was made to keep us busy.
const MOST_STEPS: usize = 50_000_000;

/// Mistakes and oddities found so far, and what finding them has cost.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub errors: Vec<Message>,
    pub warnings: Vec<Message>,
    /// Questions by name.
    pub names: Names,
    cut: bool,
    guesses: u32,
    steps: usize,
}

impl Report {
    /// The same mistake at the same place is told once.
    pub fn error(&mut self, code: Code, at: &At, th: impl Into<String>, en: impl Into<String>) {
        self.cut |= note(&mut self.errors, message(code, at, th, en));
    }

    /// The same warning at the same place is told once.
    pub fn warn(&mut self, code: Code, at: &At, th: impl Into<String>, en: impl Into<String>) {
        note(&mut self.warnings, message(code, at, th, en));
    }

    /// Pays for work. False once the file has cost more than any honest one, which is a mistake of its own.
    pub fn pay(&mut self, steps: usize) -> bool {
        let before = self.steps;
        self.steps = self.steps.saturating_add(steps);
        if before <= MOST_STEPS && self.steps > MOST_STEPS {
            self.errors.push(message(
                Code::TooLarge,
                &At::sheet("survey"),
                "แบบฟอร์มซับซ้อนเกินไป ลดกลุ่มที่ซ้อนกัน ชื่อที่ยาวหรือซ้ำกัน และสูตร แล้วอัปโหลดอีกครั้ง",
                "The form is too complex; use fewer groups inside groups, long or repeated names, and expressions",
            ));
        }
        self.steps <= MOST_STEPS
    }

    /// Says whether one more name may be guessed.
    pub fn may_guess(&mut self) -> bool {
        self.guesses += 1;
        self.guesses <= MOST_GUESSES
    }

    /// The mistakes, with a word about those that are not told.
    pub fn into_errors(mut self) -> Vec<Message> {
        if self.cut {
            self.errors.push(message(
                Code::ThereIsMore,
                &At::default(),
                "ยังมีที่ต้องแก้อีก แก้ตามนี้ก่อน แล้วอัปโหลดอีกครั้ง",
                "There are more mistakes; mend these first and upload the file again",
            ));
        }
        self.errors
    }
}

/// Adds a message that is not there yet; true when there is no room for it.
fn note(messages: &mut Vec<Message>, message: Message) -> bool {
    if messages.contains(&message) {
        return false;
    }
    if messages.len() >= MOST_MESSAGES {
        return true;
    }
    messages.push(message);
    false
}

/// Questions by name, read on as the definition grows.
#[derive(Debug, Default)]
pub(crate) struct Names {
    read: usize,
    by_name: HashMap<String, Vec<u32>>,
}

impl Names {
    /// All nodes of a name but the top.
    pub fn all(&mut self, name: &str, definition: &Definition) -> &[u32] {
        for (place, node) in definition.nodes.iter().enumerate().skip(self.read.max(1)) {
            self.by_name.entry(node.name.clone()).or_default().push(place as u32);
        }
        self.read = definition.nodes.len();
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }
}

pub(crate) fn message(code: Code, at: &At, th: impl Into<String>, en: impl Into<String>) -> Message {
    let At { sheet, row, column } = at.clone();
    Message { code, sheet, row, column, th: th.into(), en: en.into() }
}
