//! Requests about forms at the office: a clerk changes one in a spreadsheet, looks at it, and publishes it.

use crate::change::Value;
use crate::programme::Words;
use serde::{Deserialize, Serialize};

/// Asks for a form as a workbook (`.xlsx`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FormSheet {
    /// Programme id.
    pub programme: String,
    /// Form id.
    pub form: String,
    /// Which version, by when it was published ([`FormVersionRow::since_ms`]); absent: the one in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since_ms: Option<u64>,
}

/// Asks which versions a form had here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FormVersions {
    /// Programme id.
    pub programme: String,
    /// Form id.
    pub form: String,
}

/// A version of a form, the one in use first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FormVersionRow {
    /// As the form names it; may be empty.
    pub version: String,
    /// Who published it; empty if it came with the app.
    pub by: String,
    /// Since when, milliseconds.
    pub since_ms: u64,
}

/// A file of a form that somebody made in a spreadsheet, or is about to change in one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FormFile {
    /// Its name; of a CSV file it says which sheet it is.
    pub name: String,
    /// Its bytes, base64.
    pub base64: String,
}

/// Asks what is wrong with an uploaded form. Nothing is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckForm {
    /// Programme id.
    pub programme: String,
    /// Id of the form it is a new version of.
    pub form: String,
    /// The upload: one workbook, or a CSV file a sheet.
    pub files: Vec<FormFile>,
}

/// An uploaded form, as the server understands it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FormChecked {
    /// What its author should change, mistakes first.
    pub messages: Vec<FormMessage>,
    /// The compiled form; none while there are mistakes.
    pub definition: Option<Value>,
    /// Version of the programme it was compared with, to be given back with [`PublishForm`].
    pub stands_on: u32,
}

/// One thing about an uploaded form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormMessage {
    /// The form cannot be published before it is mended.
    pub mistake: bool,
    /// The sheet; empty for the whole file.
    pub sheet: String,
    /// The row, as a spreadsheet counts.
    pub row: Option<u32>,
    /// Head of the column.
    pub column: Option<String>,
    /// What is wrong and what to write instead.
    pub words: Words,
}

/// Publishes an uploaded form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PublishForm {
    /// Programme id.
    pub programme: String,
    /// Form id.
    pub form: String,
    /// The upload that was checked.
    pub files: Vec<FormFile>,
    /// [`FormChecked::stands_on`]: nobody else may have published meanwhile.
    pub stands_on: u32,
}

/// What was published.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FormPublished {
    /// Version of the form now.
    pub version: String,
}
