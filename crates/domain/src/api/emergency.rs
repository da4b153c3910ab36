//! The emergency view: who is near a fire or a flood, who of them cannot help themselves, and who has been reached.

use crate::change::{Place, Values};
use crate::ids::RecordId;
use crate::programme::emergency::{Fate, Mark};
use serde::{Deserialize, Serialize};

/// Asks whether the emergency view is open, and for whom else it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EmergencyState {}

/// Whether the emergency view is open.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EmergencyReply {
    /// This person may open it.
    pub may: bool,
    /// Until when it is open here, milliseconds of the corrected clock.
    pub until_ms: Option<u64>,
    /// For how long it is still open, milliseconds: what a screen goes by, whose own clock may be wrong.
    #[serde(default)]
    pub left_ms: u64,
    /// People on this replica that could be found.
    pub people: u64,
    /// Of these, whose place is not known.
    pub unplaced: u64,
    /// The middle of all of them: where a map begins that knows of no better place. Degrees.
    #[serde(default)]
    pub middle: Option<(f64, f64)>,
    /// Who has it open now or had it within the last day, newest first.
    pub accesses: Vec<AccessRow>,
}

/// Somebody opened the emergency view.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccessRow {
    /// Which record.
    pub id: RecordId,
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
    /// Since when, milliseconds.
    pub from_ms: u64,
    /// Until when, milliseconds.
    pub until_ms: u64,
}

/// Opens the emergency view for the hours that the programmes say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenEmergency {
    /// Why, at least four characters.
    pub reason: String,
    /// Where the person stands, if known.
    pub place: Option<Place>,
}

/// Asks who is near a place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rescue {
    /// Latitude, degrees.
    pub lat: f64,
    /// Longitude, degrees.
    pub lon: f64,
    /// Metres, 20 to 5,000.
    pub radius_m: f64,
    /// Those whose place is not known instead.
    #[serde(default)]
    pub unplaced: bool,
}

/// Who is near.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RescueReply {
    /// Until when the view is open, milliseconds.
    pub until_ms: u64,
    /// Who is there, whoever must be fetched first on top; at most 300.
    pub rows: Vec<RescueRow>,
    /// Other places known here within one and a half times the radius, for finding one's way: latitude and longitude in
    /// degrees, at most 400.
    pub around: Vec<(f64, f64)>,
}

/// Somebody to be looked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RescueRow {
    /// The record that is marked.
    pub id: RecordId,
    /// Programme id: labels of the values are there.
    pub programme: String,
    /// The person, as the registry names them.
    pub heading: String,
    /// Places in `emergency.rank` of the reasons that hold.
    pub reasons: Vec<usize>,
    /// Metres from the place asked about; `None` where theirs is not known.
    pub distance_m: Option<f64>,
    /// Latitude and longitude in degrees.
    pub place: Option<(f64, f64)>,
    /// The fields that may be shown, by id.
    pub values: Values,
    /// Hash of the photo of the way in.
    pub photo: Option<String>,
    /// What a team found, while it counts.
    pub mark: Option<Mark>,
    /// The mark has not reached the office yet.
    pub waits: bool,
}

/// Asks for places by house number, address or name. Only while the emergency view is open.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EmergencyPlaces {
    /// As typed.
    pub text: String,
}

/// A place that can be pointed at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlaceRow {
    /// What it is called.
    pub title: String,
    /// Which programme knows it.
    pub programme: String,
    /// Latitude, degrees.
    pub lat: f64,
    /// Longitude, degrees.
    pub lon: f64,
}

/// Marks what a team found. The last word of any team counts; earlier ones stay in the history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MarkRescue {
    /// [`RescueRow::id`].
    pub id: RecordId,
    /// What became of them.
    pub fate: Fate,
    /// Where to, or another word.
    #[serde(default)]
    pub note: String,
    /// Where the team stands, if known.
    pub place: Option<Place>,
}
