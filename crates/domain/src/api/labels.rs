//! Sheets of labels that the office prints.

use crate::ids::RecordId;
use serde::{Deserialize, Serialize};

/// Most subjects of a hand-made selection, and most labels of one file of drawings.
pub const LABELS_MAX: usize = 2_000;

/// Asks for a sheet of labels. The same request, sent to `POST /api/labels`, is answered with the file; only then are
/// codes given to subjects that have none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Labels {
    /// Whose labels.
    pub choice: LabelChoice,
    /// Name of the paper, one of [`LabelsReply::stocks`].
    pub stock: String,
    /// The first label of the first sheet that is still there, counted along the rows from 1.
    pub start_at: u32,
    /// How far all is moved right and down, micrometres, at most 5,000 either way.
    pub offset_um: (i32, i32),
    /// Two codes on each label, where both stay large enough.
    pub two_copies: bool,
    /// Instead of labels the page that shows whether the printer keeps sizes.
    #[serde(default)]
    pub calibration: bool,
    /// The printer's dots per inch; without them those of the paper's usual printer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dots_per_inch: Option<u32>,
    /// What the file is for.
    #[serde(default, rename = "as")]
    pub file: LabelFile,
}

/// What a file of labels is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelFile {
    /// The printer: one PDF.
    #[default]
    Pdf,
    /// A drawing program: an SVG document a page, in a zip file; at most [`LABELS_MAX`] labels.
    Svg,
    /// A laser or a mill: an SVG document of outlines a label, in a zip file; at most [`LABELS_MAX`] labels.
    Engraving,
}

/// Whose labels are printed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelChoice {
    /// All subjects of a zone, or of a whole programme.
    Zone {
        /// Programme id.
        programme: String,
        /// Zone id, or all.
        zone: Option<String>,
        /// Only those that have no code of ours yet.
        #[serde(default)]
        without_code: bool,
    },
    /// These subjects, in this order; at most [`LABELS_MAX`].
    Subjects(Vec<RecordId>),
    /// Stickers that are stuck first and bound in the field.
    Blank {
        /// Programme id for colour and title; empty for any programme.
        programme: String,
        /// How many, 1 to 5,000.
        count: u32,
    },
}

/// What a sheet of labels would hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelsReply {
    /// Labels.
    pub labels: u64,
    /// Sheets of paper.
    pub sheets: u64,
    /// Subjects that have no code of ours yet and get one when the file is made.
    pub without_code: u64,
    /// The first sheet, as SVG text; empty if there is nothing to print. Codes that are not given yet are left blank.
    pub svg: String,
    /// The papers there are.
    pub stocks: Vec<StockRow>,
    /// Dots per inch of the printer that it is drawn for.
    #[serde(default)]
    pub dots_per_inch: u32,
    /// From how far a phone reads them with ease, millimetres.
    pub reads_to_mm: u32,
    /// The least diameter of a pole that they may be wrapped on, millimetres.
    pub pole_mm: u32,
    /// The address that the codes lead to.
    pub address: String,
    /// The address is one that was set for good, not the one this computer happens to have.
    pub lasting: bool,
}

/// A paper that labels are printed on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockRow {
    /// Its name.
    pub name: String,
    /// Width of a label, micrometres.
    pub width_um: u32,
    /// Height of a label, micrometres.
    pub height_um: u32,
    /// Labels on a sheet.
    pub count: u32,
    /// It comes ready cut; if not, the outlines are printed for the knife.
    pub is_cut: bool,
}
