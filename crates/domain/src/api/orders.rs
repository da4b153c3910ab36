//! Orders: the list, one order, and what is done with it.

use super::SubjectRow;
use crate::change::{Place, Values};
use crate::ids::{RecordId, Seq};
use crate::order::{ClockRun, Material, Move, PhotoRole, Report, StateClass};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// In which order a list of orders comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrdersBy {
    /// The most urgent first, then by the moment it is due, then by what waits for somebody outside.
    #[default]
    Due,
    /// The nearest first.
    Near,
    /// The newest first.
    Newest,
}

/// Asks for a page of orders.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Orders {
    /// One programme, or all that the caller sees.
    pub programme: Option<String>,
    /// One zone of it.
    #[serde(default)]
    pub zone: Option<String>,
    /// One kind.
    #[serde(default)]
    pub kind: Option<String>,
    /// One state; `None`: see `closed`.
    #[serde(default)]
    pub state: Option<String>,
    /// Also those that are dealt with.
    #[serde(default)]
    pub closed: bool,
    /// Only what this person is to do; an empty text: only what nobody is to do.
    #[serde(default)]
    pub assigned: Option<String>,
    /// Only of this subject.
    #[serde(default)]
    pub subject: Option<RecordId>,
    /// Only those past their time.
    #[serde(default)]
    pub late: bool,
    /// Only those that are more urgent than the ordinary.
    #[serde(default)]
    pub urgent: bool,
    /// Where the caller stands: latitude and longitude in degrees.
    #[serde(default)]
    pub near: Option<(f64, f64)>,
    /// In which order.
    #[serde(default)]
    pub by: OrdersBy,
    /// Rows to skip.
    #[serde(default)]
    pub offset: u32,
    /// Rows to give, at most 200.
    pub limit: u32,
}

/// A page of orders.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OrdersReply {
    /// The rows.
    pub rows: Vec<OrderRow>,
    /// How many there are in all.
    pub total: u64,
    /// How many orders are in each state, whatever `state`, `closed` and `late` ask: programme, kind and state to a number.
    pub states: Vec<StateCount>,
    /// How many open ones are past their time.
    pub late: u64,
}

/// How many orders are in a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateCount {
    /// Programme id.
    pub programme: String,
    /// Kind of order.
    pub kind: String,
    /// State id.
    pub state: String,
    /// How many.
    pub count: u64,
}

/// An order in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderRow {
    /// Which.
    pub id: RecordId,
    /// The subject, with its place and the distance if one was asked about.
    pub subject: SubjectRow,
    /// Kind of order.
    pub kind: String,
    /// State id.
    pub state: String,
    /// Whether it still has to be dealt with.
    pub class: StateClass,
    /// What it is about: topic ids.
    pub topics: Vec<String>,
    /// The numbers that raised it, by the topics that they are about.
    #[serde(default)]
    pub values: Values,
    /// The visits that raised it were corrected, and say it no more: it is not urgent and never late.
    #[serde(default)]
    pub withdrawn: bool,
    /// How urgent; empty: ordinary.
    pub severity: String,
    /// Who is to do it; empty: nobody yet.
    pub assigned: String,
    /// When it was opened, milliseconds.
    pub opened_ms: u64,
    /// When it came to its state, milliseconds.
    pub since_ms: u64,
    /// The last moment that is on time for what comes next, milliseconds; `None`: nothing is to be done, or it waits.
    pub due_ms: Option<u64>,
    /// It is past that moment.
    pub late: bool,
    /// How many people reported it.
    pub reports: u32,
    /// A photo of it, the one that tells most.
    pub photo: Option<String>,
    /// The office has received everything about it.
    pub received: bool,
}

/// Asks for one order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Which.
    pub order: RecordId,
}

/// All there is to know about an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderReply {
    /// As in a list.
    pub row: OrderRow,
    /// The server's number of the record that is shown.
    pub seq: Seq,
    /// Steps, oldest first: the time line.
    pub moves: Vec<Move>,
    /// Its clocks, in the order of the definition.
    pub clocks: Vec<ClockRun>,
    /// Everything that was reported.
    pub reports: Vec<Report>,
    /// What was used.
    pub materials: Vec<Material>,
    /// Checks that are ticked.
    pub checks: Vec<String>,
    /// Photos of afterwards that show the work as it stands, the newest first: none from before it was opened again.
    #[serde(default)]
    pub after: Vec<String>,
    /// Photos and what they show, in the order they were named.
    pub photos: Vec<(String, PhotoRole)>,
    /// The order that this one is the same as.
    pub duplicate_of: Option<RecordId>,
    /// Other orders of the same kind at the same subject that still have to be dealt with.
    pub others: Vec<OrderRow>,
    /// States that the caller may bring it to, in the order of the definition.
    pub next: Vec<String>,
    /// The caller may give it to somebody, say how urgent it is and hide what citizens wrote.
    pub may_manage: bool,
}

/// Opens an order by hand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenOrder {
    /// The subject.
    pub subject: RecordId,
    /// Kind of order.
    pub kind: String,
    /// What it is about.
    pub topics: Vec<String>,
    /// In words; may be empty.
    pub note: String,
    /// Hashes of kept photos.
    pub photos: Vec<String>,
    /// Where.
    pub place: Option<Place>,
}

/// Brings an order to a state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MoveOrder {
    /// Which.
    pub order: RecordId,
    /// State id.
    pub state: String,
    /// What whoever reported it reads; may be empty where the state does not need it.
    #[serde(default)]
    pub note: String,
    /// The order that this one is the same as, for a state of duplicates.
    #[serde(default)]
    pub duplicate_of: Option<RecordId>,
    /// Where.
    #[serde(default)]
    pub place: Option<Place>,
}

/// Notes what was done on an order. Nothing is taken away but what is named.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NoteOrder {
    /// Which.
    pub order: RecordId,
    /// What was used, further; keys are given by the store.
    #[serde(default)]
    pub materials: Vec<Material>,
    /// Keys of materials that were not used after all.
    #[serde(default)]
    pub unused: Vec<String>,
    /// Checks and whether they are ticked.
    #[serde(default)]
    pub checks: BTreeMap<String, bool>,
    /// Hashes of kept photos, and what they show.
    #[serde(default)]
    pub photos: Vec<(String, PhotoRole)>,
    /// Something further that was noticed, as a report of the caller.
    #[serde(default)]
    pub note: String,
    /// Where.
    #[serde(default)]
    pub place: Option<Place>,
}

/// Says who is to do an order, or how urgent it is. A worker may take one, and give back what is hers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AssignOrder {
    /// Which.
    pub order: RecordId,
    /// Who is to do it; empty: nobody; `None`: as it is.
    #[serde(default)]
    pub person: Option<String>,
    /// How urgent; empty: as its topics are; `None`: as it is.
    #[serde(default)]
    pub severity: Option<String>,
}

/// Hides what a citizen sent, or shows it again. The office keeps it in the history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HideReport {
    /// Which order.
    pub order: RecordId,
    /// The report whose words are meant ([`Report::key`]).
    #[serde(default)]
    pub report: Option<String>,
    /// The photo that is meant.
    #[serde(default)]
    pub photo: Option<String>,
    /// Hidden, or shown again.
    pub hidden: bool,
}

/// Asks who can be given orders of a programme (at the office).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderPeople {
    /// Programme id.
    pub programme: String,
}

/// Asks for what citizens sent (at the office), newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CitizenReports {
    /// Rows to skip.
    #[serde(default)]
    pub offset: u32,
    /// Rows to give, at most 200.
    pub limit: u32,
}

/// What a citizen sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CitizenReport {
    /// The order it is part of.
    pub row: OrderRow,
    /// What was said.
    pub report: Report,
    /// What was written, also where it is hidden.
    pub words: String,
    /// The photos that came with it, and whether each is hidden.
    pub photos: Vec<(String, bool)>,
    /// How the citizen can be reached; the office only, and on no device.
    pub contact: String,
    /// When, milliseconds.
    pub at_ms: u64,
}
