//! What one save writes: a commit of changes to records, field by field.

use crate::clock::Stamp;
use crate::ids::{RecordId, Seq};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A field's value. Any JSON value, so that a field of a newer form survives an older device untouched.
/// Objects keep their keys sorted, so equal values have equal text.
pub type Value = serde_json::Value;

/// Field id to value, in field order.
pub type Values = BTreeMap<String, Value>;

/// The engine's own kinds of record. Any other kind is stored and passed on untouched.
pub mod kind {
    /// Who or what is visited.
    pub const SUBJECT: &str = "subject";
    /// A fact recorded at a subject. Written once; a correction is a new visit that `supersedes` it.
    pub const VISIT: &str = "visit";
    /// What only a person can settle.
    pub const QUESTION: &str = "question";
    /// A programme's definition, on its common shelf.
    pub const PROGRAMME: &str = "programme";
    /// A zone's title and order, on its programme's common shelf.
    pub const ZONE: &str = "zone";
    /// A case that goes through states until it is dealt with ([`crate::order`]).
    pub const ORDER: &str = "order";
    /// An entry of an account: a bill, a payment, a cancellation ([`crate::ledger`]). Written once, never changed.
    pub const ENTRY: &str = "entry";
    /// How far a cycle of a zone is ([`crate::cycle`]), on the zone's shelf. The server's alone to write.
    pub const CYCLE: &str = "cycle";
    /// What a rescuer may read of a subject: the server derives it, on the programme's emergency shelf; teams mark it.
    pub const BEACON: &str = "beacon";
    /// That somebody opened the emergency view, why and until when. Written once.
    pub const ACCESS: &str = "access";
}

/// Field names the engine itself reads. Programmes give every other name its meaning.
pub mod field {
    /// `true` on a removed record. Removal is a cell like any other.
    pub const DELETED: &str = "deleted";
    /// Programme id of a subject, zone or definition.
    pub const PROGRAMME: &str = "programme";
    /// Zone id of a subject: where it belongs.
    pub const ZONE: &str = "zone";
    /// Place in the walking order of its zone: a number or a text that sorts.
    pub const ORDER: &str = "order";
    /// Latitude in degrees, WGS 84.
    pub const LAT: &str = "lat";
    /// Longitude in degrees, WGS 84.
    pub const LON: &str = "lon";
    /// Prefix of the set of codes bound to a subject: one cell per code, `codes.<text>` = `true`.
    pub const CODES: &str = "codes.";
    /// Prefix of the set of photos of a visit or subject: `photos.<blake3 hex>` = `true`.
    pub const PHOTOS: &str = "photos.";
    /// The subject a visit or question is about.
    pub const SUBJECT: &str = "subject";
    /// Which form a visit answers.
    pub const FORM: &str = "form";
    /// Version of that form.
    pub const FORM_VERSION: &str = "form_version";
    /// When a visit happened: local time, ISO 8601 with offset.
    pub const AT: &str = "at";
    /// Who recorded a visit, as the office knows them.
    pub const BY: &str = "by";
    /// `done`, or the outcome code of why not.
    pub const OUTCOME: &str = "outcome";
    /// The period a visit counts for, such as `2026-11`; empty where a form has no cycle.
    pub const CYCLE: &str = "cycle";
    /// The visit this one corrects.
    pub const SUPERSEDES: &str = "supersedes";
    /// `true` on a visit that a person said does not count, because another of the same cycle does.
    pub const SET_ASIDE: &str = "set_aside";
    /// What the office said of a visit that had to be looked at: it counts, or not.
    pub const APPROVED: &str = "approved";
    /// A zone's title.
    pub const TITLE: &str = "title";
    /// A programme's whole definition ([`crate::programme::Programme`]).
    pub const DEFINITION: &str = "definition";
    /// How a question was settled.
    pub const SETTLED: &str = "settled";
    /// `demo` on every simulated row.
    pub const ORIGIN: &str = "origin";
    /// Which kind of order of its programme an order is; written once.
    pub const ORDER_KIND: &str = "order_kind";
    /// The visit that opened an order.
    pub const VISIT: &str = "visit";
    /// How urgent an order is; empty: as its topics are.
    pub const SEVERITY: &str = "severity";
    /// Who is to do what an order asks.
    pub const ASSIGNED: &str = "assigned";
    /// The order that this one is the same as.
    pub const DUPLICATE_OF: &str = "duplicate_of";
    /// Prefix of an order's steps: `moves.<name>` = [`crate::order::Move`]. The one with the latest stamp is its state.
    pub const MOVES: &str = "moves.";
    /// Prefix of what an order's steps wrote over: `was.<field of the subject>` = its value before.
    pub const WAS: &str = "was.";
    /// Prefix of what was reported: `reports.<name>` = [`crate::order::Report`].
    pub const REPORTS: &str = "reports.";
    /// Prefix of the reports whose words the office hid: `hidden.<name>` = `true`.
    pub const HIDDEN: &str = "hidden.";
    /// Prefix of what was used up: `materials.<name>` = [`crate::order::Material`], or `null` if taken back.
    pub const MATERIALS: &str = "materials.";
    /// Prefix of what was looked to: `checks.<id>` = `true`.
    pub const CHECKS: &str = "checks.";
    /// Prefix of what an order's photos show: `photo_roles.<blake3 hex>` = [`crate::order::PhotoRole`].
    pub const PHOTO_ROLES: &str = "photo_roles.";

    /// Says whether a field of a visit is the engine's own note, and no answer of a form. No question may be called so.
    pub fn is_note_of_visit(name: &str) -> bool {
        const NOTES: &[&str] = &[
            PROGRAMME,
            ZONE,
            SUBJECT,
            FORM,
            FORM_VERSION,
            AT,
            BY,
            OUTCOME,
            CYCLE,
            SUPERSEDES,
            SET_ASIDE,
            APPROVED,
            ORIGIN,
            DELETED,
        ];
        NOTES.contains(&name) || name.starts_with(PHOTOS) || name.starts_with(CODES)
    }
}

/// Where a commit was made: once, at the scan or the save. No trail is kept.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// Degrees, WGS 84.
    pub lat: f64,
    /// Degrees, WGS 84.
    pub lon: f64,
    /// Accuracy radius in metres, as the device reported it.
    pub accuracy_m: f64,
}

/// New values for some fields of one record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Which record.
    pub id: RecordId,
    /// Its kind; the first writer decides.
    pub kind: String,
    /// The server's number of the record its writer was looking at; zero if it was new or not yet sent.
    #[serde(default, skip_serializing_if = "Seq::is_zero")]
    pub base_seq: Seq,
    /// The fields that change, and to what.
    pub cells: Values,
}

/// All that one save writes, atomically. The unit of sending, acknowledging and audit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Commit {
    /// 1, 2, 3 ... in this database, without a gap.
    pub n: u64,
    /// The device's own stamp, before the server fixed it: milliseconds and counter.
    pub at: (u64, u16),
    /// What the wall clock showed, uncorrected, in milliseconds: a witness for review.
    pub wall: u64,
    /// Who saved it, as the office knows them.
    pub by: String,
    /// Where, if the device knew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Why, where the form asked for a reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What changes.
    pub changes: Vec<Change>,
}

impl Commit {
    /// Returns the device's own stamp as a full stamp.
    pub fn raw_stamp(&self, device: crate::ids::DeviceNo) -> Stamp {
        Stamp { ms: self.at.0, counter: self.at.1, device }
    }
}

/// Returns a hash of a commit's text as it was sent. The same identity with another hash is a copied phone; a device keeps
/// the text of what it made, so that it offers the same one again.
pub fn hash_of(text: &str) -> [u8; 32] {
    *blake3::hash(text.as_bytes()).as_bytes()
}
