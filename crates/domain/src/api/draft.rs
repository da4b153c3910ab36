//! Unfinished forms.

use crate::change::{Value, Values};
use crate::ids::{RecordId, Seq};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The place an unfinished form is kept under.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftKey {
    /// Programme id.
    pub programme: String,
    /// Form id.
    pub form: String,
    /// The subject, unless the form makes one.
    pub subject: Option<RecordId>,
    /// The visit it corrects, if it is a correction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<RecordId>,
    /// The code of the subject it makes: what was begun with one sticker is not gone on with another.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub code: String,
}

/// Keeps an unfinished form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeepDraft {
    /// Where.
    pub key: DraftKey,
    /// What `forms` wrote; `None` drops it.
    pub draft: Option<Value>,
    /// What the form was opened with, until a draft of it is kept; absent: what the store has now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun: Option<Box<Begun>>,
}

/// Asks for the unfinished forms.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Drafts {}

/// An unfinished form in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DraftRow {
    /// Where it is kept.
    pub key: DraftKey,
    /// Heading of the subject.
    pub heading: String,
    /// When it was last kept, milliseconds.
    pub kept_ms: u64,
}

/// What a form was opened with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Begun {
    /// [`super::OpenedForm::definition`].
    pub definition: Value,
    /// [`super::OpenedForm::seen`].
    pub seen: Seen,
}

/// What a person saw who opened a form. A sync may bring something newer before the first answer is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// The subject's number.
    pub seq: Seq,
    /// The subject's values, of the fields that the form writes to.
    pub values: Values,
    /// Which question is saved to which field, by this version of the form.
    pub save_to: BTreeMap<String, String>,
}
