//! An order as its cells say it.

use super::{OrderKind, StateClass};
use crate::change::{Value, field};
use crate::clock::Stamp;
use crate::ids::RecordId;
use crate::merge::Record;
use serde::{Deserialize, Serialize};

/// A step of an order through a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// State id.
    pub state: String,
    /// Who brought it there.
    pub by: String,
    /// What was said about it; empty: nothing. Whoever reported the order reads it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// When, milliseconds, as the server fixed it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub at_ms: u64,
    /// It came too late to count: the order was in a state that this one cannot come after, and its author did not know.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub idle: bool,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// What somebody reported, beside the first report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Its name within the order.
    #[serde(default)]
    pub key: String,
    /// What it is about.
    #[serde(default)]
    pub topics: Vec<String>,
    /// In their words; empty if they said nothing, or if the office hid it.
    #[serde(default)]
    pub note: String,
    /// Who: a person of ours; empty for a citizen, who is nobody here.
    #[serde(default)]
    pub by: String,
    /// The visit that found it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visit: Option<RecordId>,
    /// The office hid its words.
    #[serde(default)]
    pub hidden: bool,
    /// When, milliseconds.
    #[serde(default)]
    pub at_ms: u64,
}

/// Something that was used up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Material {
    /// Its name within the order.
    #[serde(default)]
    pub key: String,
    /// A material's id, or a name that was typed.
    pub item: String,
    /// How many, of `unit`.
    pub quantity: f64,
    /// What it is counted in.
    #[serde(default)]
    pub unit: String,
}

/// What a photo of an order shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PhotoRole {
    /// What was reported.
    Report,
    /// The place before the work.
    Before,
    /// The place after it.
    After,
}

/// An order, read.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Id of its kind.
    pub kind: String,
    /// The subject.
    pub subject: RecordId,
    /// What it is about, over all reports that are not hidden from the start on.
    pub topics: Vec<String>,
    /// How urgent; empty: ordinary. The office may have said otherwise than its topics do.
    pub severity: String,
    /// When it was opened, milliseconds.
    pub opened_ms: u64,
    /// Steps, oldest first; the first is the opening.
    pub moves: Vec<Move>,
    /// Their stamps: what was ticked or photographed before a step is told from what was after it.
    pub(super) stamps: Vec<Stamp>,
    /// Who is to do it; empty: nobody yet.
    pub assigned: String,
    /// The order that this one is the same as.
    pub duplicate_of: Option<RecordId>,
    /// Everything that was reported, oldest first.
    pub reports: Vec<Report>,
    /// What was used.
    pub materials: Vec<Material>,
    /// Checks that are ticked, and since when.
    pub(super) ticked: Vec<(String, Stamp)>,
    /// Photos and what they show.
    pub photos: Vec<(String, PhotoRole)>,
    /// Photos of afterwards, the newest first.
    pub(super) after: Vec<(String, Stamp)>,
}

/// The part of a cell's name after the prefix, where the name is one of a set.
pub fn name_part<'a>(name: &'a str, prefix: &str) -> Option<&'a str> {
    name.strip_prefix(prefix).filter(|part| !part.is_empty())
}

impl Case {
    /// Reads an order from its record; `None` while what makes it one is not here.
    pub fn read(record: &Record) -> Option<Case> {
        let subject = record.text(field::SUBJECT)?.parse().ok()?;
        let kind = record.text(field::ORDER_KIND)?.to_owned();
        let opened = record.cells.get(field::ORDER_KIND)?.stamp;
        let mut moves: Vec<(Stamp, Move)> = Vec::new();
        let mut reports = Vec::new();
        let mut materials = Vec::new();
        let mut checks = Vec::new();
        for (name, cell) in &record.cells {
            if name_part(name, field::MOVES).is_some() {
                if let Ok(step) = serde_json::from_value::<Move>(cell.value.clone()) {
                    moves.push((cell.stamp, Move { at_ms: cell.stamp.ms, ..step }));
                }
            } else if let Some(key) = name_part(name, field::REPORTS) {
                let Ok(report) = serde_json::from_value::<Report>(cell.value.clone()) else { continue };
                let hidden = record.get(&format!("{}{key}", field::HIDDEN)) == Some(&Value::Bool(true));
                let note = if hidden { String::new() } else { report.note };
                reports.push(Report { key: key.to_owned(), note, hidden, at_ms: cell.stamp.ms, ..report });
            } else if let Some(key) = name_part(name, field::MATERIALS) {
                if let Ok(used) = serde_json::from_value::<Material>(cell.value.clone()) {
                    materials.push(Material { key: key.to_owned(), ..used });
                }
            } else if let Some(check) = name_part(name, field::CHECKS)
                && cell.value == Value::Bool(true)
            {
                checks.push((check.to_owned(), cell.stamp));
            }
        }
        // A step is later by its stamp, whatever its name.
        moves.sort_by(|(a, x), (b, y)| a.cmp(b).then_with(|| x.state.cmp(&y.state)));
        reports.sort_by(|a, b| a.at_ms.cmp(&b.at_ms).then_with(|| a.key.cmp(&b.key)));
        // An app of before wrote the visit into the order only.
        let opened_by = record.text(field::VISIT).and_then(|id| id.parse().ok());
        if let Some(first) = reports.first_mut().filter(|first| first.at_ms == opened.ms) {
            first.visit = first.visit.or(opened_by);
        }
        let mut topics: Vec<String> = Vec::new();
        for topic in reports.iter().flat_map(|report| &report.topics) {
            if !topics.contains(topic) {
                topics.push(topic.clone());
            }
        }
        let mut photos = Vec::new();
        let mut after = Vec::new();
        for hash in record.elements(field::PHOTOS) {
            let cell = record.cells.get(&format!("{}{hash}", field::PHOTO_ROLES));
            let role = cell.and_then(|cell| serde_json::from_value(cell.value.clone()).ok());
            let role = role.unwrap_or(PhotoRole::Report);
            if let Some(cell) = cell.filter(|_| role == PhotoRole::After) {
                after.push((hash.to_owned(), cell.stamp));
            }
            photos.push((hash.to_owned(), role));
        }
        after.sort_by(|(a, x), (b, y)| y.cmp(x).then_with(|| a.cmp(b)));
        Some(Case {
            kind,
            subject,
            topics,
            severity: record.text(field::SEVERITY).unwrap_or_default().to_owned(),
            opened_ms: opened.ms,
            stamps: moves.iter().map(|(stamp, _)| *stamp).collect(),
            moves: moves.into_iter().map(|(_, step)| step).collect(),
            assigned: record.text(field::ASSIGNED).unwrap_or_default().to_owned(),
            duplicate_of: record.text(field::DUPLICATE_OF).and_then(|id| id.parse().ok()),
            reports,
            materials,
            ticked: checks,
            photos,
            after,
        })
    }

    /// The step that made it begin anew last, if one did: what was looked to before is to be looked to again.
    fn began_anew(&self, kind: &OrderKind) -> Option<Stamp> {
        let restarts =
            |step: &Move| !step.idle && kind.state(&step.state).is_some_and(|state| state.restarts);
        let steps = self.steps(kind).into_iter().zip(&self.stamps);
        steps.filter(|(step, _)| restarts(step)).map(|(_, stamp)| *stamp).next_back()
    }

    /// The checks that hold for the work as it stands: those ticked since it began anew.
    pub fn checks(&self, kind: &OrderKind) -> Vec<String> {
        let since = self.began_anew(kind);
        let holds = |(_, stamp): &&(String, Stamp)| since.is_none_or(|since| *stamp > since);
        self.ticked.iter().filter(holds).map(|(check, _)| check.clone()).collect()
    }

    /// The photos of afterwards that show the work as it stands, the newest first.
    pub fn after(&self, kind: &OrderKind) -> Vec<String> {
        let since = self.began_anew(kind);
        let holds = |(_, stamp): &&(String, Stamp)| since.is_none_or(|since| *stamp > since);
        self.after.iter().filter(holds).map(|(hash, _)| hash.clone()).collect()
    }

    /// Says whether it was dealt with, not only ended: turned down, or the same as another.
    pub fn was_done(&self, kind: &OrderKind) -> bool {
        let steps = self.steps(kind);
        let is_done =
            |step: &Move| kind.state(&step.state).is_some_and(|state| state.class == StateClass::Done);
        steps.iter().any(|step| !step.idle && is_done(step))
    }

    /// The steps with those marked that do not count, because the order was in a state that they cannot come after: a
    /// technician was done before the office, which did not know, gave the order to somebody else.
    pub fn steps(&self, kind: &OrderKind) -> Vec<Move> {
        let mut state: Option<String> = None;
        let judged = self.moves.iter().map(|step| {
            let idle = state.as_ref().is_some_and(|state| !kind.may_follow(state, &step.state));
            if !idle {
                state = Some(step.state.clone());
            }
            Move { idle, ..step.clone() }
        });
        judged.collect()
    }

    /// The present state's id; of an order whose steps are not here, the first of its kind.
    pub fn state(&self, kind: &OrderKind) -> String {
        let last = self.steps(kind).into_iter().rev().find(|step| !step.idle);
        last.map_or_else(|| kind.first_state().to_owned(), |step| step.state)
    }

    /// How urgent it is: as its topics are, unless somebody who looked at it said otherwise.
    pub fn urgency(&self, kind: &OrderKind) -> String {
        if self.severity.is_empty() { kind.severity_of(&self.topics) } else { self.severity.clone() }
    }

    /// When it stopped being open, milliseconds; `None` while it is.
    pub fn ended_ms(&self, kind: &OrderKind) -> Option<u64> {
        let mut ended = None;
        for step in self.steps(kind).iter().filter(|step| !step.idle) {
            ended = match (kind.is_open(&step.state), ended) {
                (true, _) => None,
                (false, Some(at)) => Some(at),
                (false, None) => Some(step.at_ms),
            };
        }
        ended
    }
}
