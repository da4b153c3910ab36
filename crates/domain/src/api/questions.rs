//! Questions that a person settles.

use super::{SubjectRow, VisitRow};
use crate::change::Value;
use crate::ids::RecordId;
use crate::question::Question;
use serde::{Deserialize, Serialize};

/// Asks for questions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Questions {
    /// Settled ones as well.
    pub settled: bool,
}

/// A question in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuestionRow {
    /// Which.
    pub id: RecordId,
    /// The question.
    pub question: Question,
    /// Heading of the subject.
    pub heading: String,
    /// Programme id.
    pub programme: String,
    /// For two visits: the visits, in the order of the choices.
    pub visits: Vec<VisitRow>,
    /// For one code on several subjects: those of them that may be seen here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<SubjectRow>,
    /// When it was raised, milliseconds.
    pub raised_ms: u64,
    /// The person who asks may settle it.
    #[serde(default)]
    pub may_settle: bool,
}

/// Settles a question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settle {
    /// Which.
    pub question: RecordId,
    /// The chosen value: one of the choices.
    pub value: Value,
}
