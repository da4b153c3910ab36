//! Monthly reports, and the whole record of one person, as the office asks for them.

use crate::ids::RecordId;
use serde::{Deserialize, Serialize};

/// Asks for a month's report. The same request, sent to `POST /api/report` with a `format`, is answered with the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MonthReport {
    /// Programme id.
    pub programme: String,
    /// Report id, of the programme's `[[report]]`.
    pub report: String,
    /// The month, `2026-11`.
    pub month: String,
    /// One zone, or all that the caller sees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// `th` or `en`.
    #[serde(default)]
    pub language: String,
}

/// Asks for a file of a month's report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportFile {
    /// Which report.
    pub of: MonthReport,
    /// As what.
    pub format: FileFormat,
}

/// Asks for the whole record of a person as a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PersonFile {
    /// Who.
    pub subject: RecordId,
    /// As what.
    pub format: FileFormat,
    /// `th` or `en`.
    #[serde(default)]
    pub language: String,
}

/// The formats of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileFormat {
    /// For the printer.
    Pdf,
    /// A workbook.
    Xlsx,
    /// FHIR R4, a bundle as JSON.
    Fhir,
}
