//! Requests about what is written down at the office's desk in the place of whoever was out.

use super::{SaveVisit, Seen};
use crate::ids::RecordId;
use serde::{Deserialize, Serialize};

/// Saves a visit that is typed at the desk, or one that corrects another. For the office only, with the rights of whoever is
/// signed in. No draft is kept there, so what a draft would remember comes along.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EnterVisit {
    /// What the visit is to be called, chosen when the form was opened: whoever got no answer sends it again under the same
    /// name, and it is saved once. A page of an older version says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<RecordId>,
    /// The visit.
    pub visit: SaveVisit,
    /// The version of the form that was filled.
    pub version: String,
    /// [`super::OpenedForm::seen`], as it came when the form was opened.
    pub seen: Seen,
    /// Why; needed where the visit corrects another. It goes with the commit and stands on the account beside the new bill.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}
