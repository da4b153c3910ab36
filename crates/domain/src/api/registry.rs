//! The registry as forms see it: rows that a form looks up, and what a filled form writes there.

use crate::ids::RecordId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Asks for rows of the registry that a form looks up, as `instance('registry')` and `select_one_from_file` do. At most
/// [`Registry::MOST`] are for use, those of this replica that the person may see, in route order; one more comes where there
/// are more.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Registry {
    /// Programme id.
    pub programme: String,
    /// Only rows whose column has this text, whichever column it is: the store finds them without looking at each row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equals: Option<(String, String)>,
}

impl Registry {
    /// Most rows that a form is offered.
    pub const MOST: usize = 2_000;
}

/// A row: column to text. `name` is the record's id, `label` its heading, `zone`, `code` (the first), `geometry` as forms
/// write places, and every field by id.
pub type RegistryRow = BTreeMap<String, String>;

/// What a filled form writes to the registry beside its own subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistryChange {
    /// The list, as the form calls it: `registry` for the form's own programme, or the id of another one.
    pub list: String,
    /// Which subject; `None` makes a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<RecordId>,
    /// What the registry shows for it; empty if the form does not say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// Fields as the form writes them. An empty text clears one. `zone` says where a new one belongs, else it is where the
    /// form's own subject is.
    pub properties: BTreeMap<String, String>,
}
