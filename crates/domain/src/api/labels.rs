//! Sheets of labels that the office prints.

use crate::ids::RecordId;
use serde::{Deserialize, Serialize};

/// Asks for a sheet of labels. The same request, sent to `POST /api/labels`, is answered with the PDF; only then are
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
    },
    /// These subjects, in this order; at most 2,000.
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
