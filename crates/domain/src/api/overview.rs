//! A programme from above: its subjects on the map, and how many of which group are in order.

use crate::ids::RecordId;
use crate::programme::Condition;
use serde::{Deserialize, Serialize};

/// Asks for a programme from above (at the office).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    /// Programme id.
    pub programme: String,
    /// Today, local, ISO.
    pub today: String,
}

/// A programme from above.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OverviewReply {
    /// Subjects whose position is known, at most 20,000.
    pub points: Vec<MapPoint>,
    /// Subjects whose position is not known.
    pub without_place: u64,
    /// How many are in order, being dealt with, in need of attention: over all subjects.
    pub counts: [u64; 3],
    /// Subjects counted together: by each field that the programme names, those in most need first, at most 200 each.
    pub groups: Vec<Group>,
    /// Cases that still have to be dealt with.
    pub open_cases: u64,
    /// Cases that were finished in the last 90 days.
    pub finished: u64,
    /// Days on average from the opening of these to their end.
    pub mean_days: Option<f64>,
}

/// A subject on the map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MapPoint {
    /// Which.
    pub id: RecordId,
    /// Degrees, WGS 84.
    pub lat: f64,
    /// Degrees, WGS 84.
    pub lon: f64,
    /// What it is called.
    pub heading: String,
    /// Its zone.
    pub zone: String,
    /// How it is.
    pub condition: Condition,
    /// An open case about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<RecordId>,
}

/// Subjects counted together by a field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Field id, or `zone`.
    pub by: String,
    /// One for each value.
    pub rows: Vec<GroupRow>,
}

/// The subjects of one value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupRow {
    /// The value as it is stored.
    pub value: String,
    /// How many.
    pub all: u64,
    /// Of these, being dealt with.
    pub watch: u64,
    /// Of these, in need of attention.
    pub bad: u64,
}
