//! Orders: cases that go through states until somebody has dealt with them. A work order, a citizen's report, a red flag.
//!
//! A programme names its kinds of order in `[[order]]`. An order is a record on its subject's shelf. Nothing in it is ever
//! written over: each step through a state, each report, each thing used is a cell under a name of its own, so that two
//! people who work on one order unaware of each other lose nothing. Its present state is the step with the latest stamp,
//! and the steps are its time line, on every replica and without signal.

mod case;
mod clock;

pub use case::{Case, Material, Move, PhotoRole, Report, name_part};
pub use clock::{ClockRun, due_ms, run};

use crate::change::Values;
use crate::programme::{Programme, Words};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A kind of order of a programme.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct OrderKind {
    /// Stable id, such as `repair`.
    pub id: String,
    /// Title, such as ใบงานซ่อม.
    pub title: Words,
    /// Its states. An order starts in the first.
    #[serde(rename = "state")]
    pub states: Vec<StateKind>,
    /// What an order can be about: faults, signs of danger.
    #[serde(rename = "topic", default)]
    pub topics: Vec<TopicKind>,
    /// How urgent an order can be beyond the ordinary, most urgent first.
    #[serde(rename = "severity", default)]
    pub severities: Vec<SeverityKind>,
    /// How long each part may take. One after the other: the first that has not stopped is the one that counts.
    #[serde(rename = "clock", default)]
    pub clocks: Vec<ClockKind>,
    /// Which answers of which forms open an order.
    #[serde(rename = "opened_by", default)]
    pub openers: Vec<Opener>,
    /// What may be used up, for a choice of one tap.
    #[serde(rename = "material", default)]
    pub materials: Vec<MaterialKind>,
    /// What must be ticked before a state that `needs_checks`: power off, belt on.
    #[serde(rename = "check", default)]
    pub checks: Vec<CheckKind>,
    /// Workers may open one by hand, without a form.
    #[serde(default)]
    pub worker_opens: bool,
}

/// A state of an order.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct StateKind {
    /// Stable id, such as `accepted`.
    pub id: String,
    /// Title, such as รับเรื่องแล้ว.
    pub title: Words,
    /// What a button to this state says, such as รับเรื่อง; empty: the title.
    #[serde(default)]
    pub button: Words,
    /// What a citizen reads about it; empty: the title.
    #[serde(default)]
    pub citizen: Words,
    /// Whether somebody still has to do something.
    #[serde(default)]
    pub class: StateClass,
    /// Who may bring an order there.
    #[serde(default)]
    pub set_by: BTreeSet<Setter>,
    /// From which states; empty: from every open one.
    #[serde(default)]
    pub after: Vec<String>,
    /// Clocks stand still here: it waits for somebody outside.
    #[serde(default)]
    pub paused: bool,
    /// Clocks start anew here: reopened.
    #[serde(default)]
    pub restarts: bool,
    /// A sentence is required; whoever reported it reads it.
    #[serde(default)]
    pub needs_note: bool,
    /// A photo of afterwards is required.
    #[serde(default)]
    pub needs_photo: bool,
    /// Every check must be ticked.
    #[serde(default)]
    pub needs_checks: bool,
    /// Names another order that this one is the same as. At most one state.
    #[serde(default)]
    pub duplicate: bool,
    /// An order comes here when it is given to somebody. At most one state.
    #[serde(default)]
    pub on_assign: bool,
    /// Fields of the subject and what they become.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub writes: Values,
    /// There was nothing to do: what the states before wrote to the subject becomes what it was.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub puts_back: bool,
}

/// Whether an order in a state still has to be dealt with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StateClass {
    /// Somebody has to do something.
    #[default]
    Open,
    /// Dealt with, from the outside view; the office may still look at it.
    Done,
    /// Over.
    Closed,
}

/// Who may bring an order to a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Setter {
    /// Who works on the subject's shelf.
    Worker,
    /// Supervisors and clerks. They may set what a worker may set, too.
    Office,
    /// Who reported it, on the page of the report.
    Citizen,
}

/// What an order can be about.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct TopicKind {
    /// Stable id, such as `off`.
    pub id: String,
    /// Title, such as ไฟดับ.
    pub title: Words,
    /// A severity's id; empty: ordinary.
    #[serde(default)]
    pub severity: String,
    /// Offered on the citizen's page.
    #[serde(default)]
    pub citizen: bool,
}

/// A severity beyond the ordinary.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct SeverityKind {
    /// Stable id, such as `danger`.
    pub id: String,
    /// Title, such as อันตราย.
    pub title: Words,
    /// What people do first; shown to whoever reports such a thing.
    #[serde(default)]
    pub advice: Words,
}

/// How long a part of the work may take.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct ClockKind {
    /// Stable id, such as `accept`.
    pub id: String,
    /// Title, such as รับเรื่องภายใน.
    pub title: Words,
    /// Hours, by the calendar and not by office hours; 1 to 8,784.
    pub hours: u32,
    /// Hours by severity, where they differ.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hours_by: BTreeMap<String, u32>,
    /// The states that stop it. A state of another class than open stops every clock.
    pub stops: Vec<String>,
}

/// Answers that open an order when a visit is saved.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Opener {
    /// Form id.
    pub form: String,
    /// Question name.
    pub question: String,
    /// Which answers; empty: any but none.
    #[serde(default)]
    pub values: Vec<String>,
    /// What the order is then about; empty: the answers that are ids of topics.
    #[serde(default)]
    pub topic: String,
    /// How urgent it is then; empty: as its topics are. A rule with a severity and no topic opens nothing by itself.
    #[serde(default)]
    pub severity: String,
}

/// Something that is used up.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct MaterialKind {
    /// Stable id, such as `led60`.
    pub id: String,
    /// Title, such as โคม LED 60 วัตต์.
    pub title: Words,
    /// What it is counted in, such as ดวง.
    pub unit: Words,
}

/// Something that must be looked to first.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct CheckKind {
    /// Stable id, such as `power_off`.
    pub id: String,
    /// Title, such as ตัดไฟแล้ว.
    pub title: Words,
}

/// The page that anybody sees who scans a label of a programme (`[public]`). Without it, and for every sensitive
/// programme, the page shows the office's name and telephone only.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct PublicPage {
    /// Fields of the subject that a passer-by may see.
    #[serde(default)]
    pub fields: Vec<String>,
    /// The kind of order that a passer-by may open; empty: none.
    #[serde(default)]
    pub order: String,
    /// What the page asks, such as ไฟต้นนี้เป็นอะไร.
    #[serde(default)]
    pub asks: Words,
    /// A citizen may send a photo.
    #[serde(default)]
    pub photo: bool,
}

/// What the answers of a visit say about an order.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Opening {
    /// What it is about, in the order of the definition.
    pub topics: Vec<String>,
    /// How urgent.
    pub severity: String,
}

impl OrderKind {
    /// Returns a state by id.
    pub fn state(&self, id: &str) -> Option<&StateKind> {
        self.states.iter().find(|state| state.id == id)
    }

    /// Returns a topic by id.
    pub fn topic(&self, id: &str) -> Option<&TopicKind> {
        self.topics.iter().find(|topic| topic.id == id)
    }

    /// Where an order starts.
    pub fn first_state(&self) -> &str {
        self.states.first().map_or("", |state| state.id.as_str())
    }

    /// The state of an order that is the same as another one.
    pub fn duplicate_state(&self) -> Option<&StateKind> {
        self.states.iter().find(|state| state.duplicate)
    }

    /// Says whether an order in a state still has to be dealt with. A state of a newer definition is taken for open.
    pub fn is_open(&self, state: &str) -> bool {
        self.state(state).is_none_or(|state| state.class == StateClass::Open)
    }

    /// The state of an order that was given to somebody.
    pub fn assigned_state(&self) -> Option<&StateKind> {
        self.states.iter().find(|state| state.on_assign)
    }

    /// Says whether a state can come after another, whoever sets it. One of a newer definition can.
    pub fn may_follow(&self, from: &str, to: &str) -> bool {
        let Some(state) = self.state(to) else { return true };
        match state.after.is_empty() {
            true => self.is_open(from) && from != to,
            false => state.after.iter().any(|after| after == from),
        }
    }

    /// Says whether somebody may bring an order from one state to another.
    pub fn may_move(&self, from: &str, to: &str, setter: Setter) -> bool {
        self.may_follow(from, to) && self.may_set(to, setter)
    }

    /// Says whether somebody may bring an order to a state at all. The office may what a worker may.
    pub fn may_set(&self, to: &str, setter: Setter) -> bool {
        let Some(state) = self.state(to) else { return false };
        state.set_by.contains(&setter) || (setter == Setter::Office && state.set_by.contains(&Setter::Worker))
    }

    /// How urgent a severity is: 0 is the most urgent; the ordinary comes last. Where nothing is urgent nothing is 0, or
    /// loans would come before what cannot wait.
    pub fn rank(&self, severity: &str) -> usize {
        let ordinary = self.severities.len().max(1);
        self.severities.iter().position(|known| known.id == severity).unwrap_or(ordinary)
    }

    /// The more urgent of two severities.
    pub fn worse<'a>(&self, a: &'a str, b: &'a str) -> &'a str {
        if self.rank(b) < self.rank(a) { b } else { a }
    }

    /// How urgent topics are: as the most urgent of them.
    pub fn severity_of(&self, topics: &[String]) -> String {
        let severities = topics.iter().filter_map(|id| self.topic(id)).map(|topic| topic.severity.as_str());
        severities.fold("", |worst, next| self.worse(worst, next)).to_owned()
    }

    /// What the answers of a visit open; `None`: nothing. `answers` gives an answer's chosen values.
    pub fn opening(&self, form: &str, answers: impl Fn(&str) -> Vec<String>) -> Option<Opening> {
        let mut topics: BTreeSet<String> = BTreeSet::new();
        let mut severity = String::new();
        let mut opens = false;
        for rule in self.openers.iter().filter(|rule| rule.form == form) {
            let given: Vec<String> = answers(&rule.question).into_iter().filter(|v| !v.is_empty()).collect();
            let meant: Vec<String> = match rule.values.is_empty() {
                true => given,
                false => given.into_iter().filter(|value| rule.values.contains(value)).collect(),
            };
            if meant.is_empty() {
                continue;
            }
            severity = self.worse(&severity, &rule.severity).to_owned();
            if !rule.topic.is_empty() {
                opens |= topics.insert(rule.topic.clone());
            } else if rule.severity.is_empty() {
                opens = true;
                topics.extend(meant.into_iter().filter(|value| self.topic(value).is_some()));
            }
        }
        let topics: Vec<String> =
            self.topics.iter().filter(|topic| topics.contains(&topic.id)).map(|t| t.id.clone()).collect();
        let severity = self.worse(&severity, &self.severity_of(&topics)).to_owned();
        opens.then_some(Opening { topics, severity })
    }

    /// Names what is inconsistent, one sentence each.
    fn faults(&self, programme: &Programme) -> Vec<String> {
        let mut faults = Vec::new();
        let mut fault = |text: String| faults.push(format!("order {}: {text}", self.id));
        if self.states.is_empty() {
            fault("it has no state".to_owned());
        }
        let severity_is_known = |id: &String| id.is_empty() || self.severities.iter().any(|s| s.id == *id);
        for state in &self.states {
            for after in state.after.iter().filter(|after| self.state(after).is_none()) {
                fault(format!("state {} comes after {after:?}, which is not defined", state.id));
            }
            for field in state.writes.keys().filter(|field| programme.field(field).is_none()) {
                fault(format!("state {} writes field {field:?}, which is not defined", state.id));
            }
        }
        if self.states.iter().filter(|state| state.duplicate).count() > 1 {
            fault("more than one state of duplicates".to_owned());
        }
        if self.states.iter().filter(|state| state.on_assign).count() > 1 {
            fault("more than one state of assigned orders".to_owned());
        }
        for clock in &self.clocks {
            for state in clock.stops.iter().filter(|state| self.state(state).is_none()) {
                fault(format!("clock {} stops in {state:?}, which is not defined", clock.id));
            }
            let hours = std::iter::once(&clock.hours).chain(clock.hours_by.values());
            if hours.into_iter().any(|hours| !(1..=8_784).contains(hours)) {
                fault(format!("clock {}: hours are 1 to 8784", clock.id));
            }
            if !clock.hours_by.keys().all(severity_is_known) {
                fault(format!("clock {} names a severity that is not defined", clock.id));
            }
        }
        for topic in self.topics.iter().filter(|topic| !severity_is_known(&topic.severity)) {
            fault(format!("topic {} has severity {:?}, which is not defined", topic.id, topic.severity));
        }
        for rule in &self.openers {
            if programme.form(&rule.form).is_none() {
                fault(format!("it is opened by form {:?}, which is not defined", rule.form));
            }
            if !rule.topic.is_empty() && self.topic(&rule.topic).is_none() {
                fault(format!("topic {:?} is not defined", rule.topic));
            }
            if !severity_is_known(&rule.severity) {
                fault(format!("severity {:?} is not defined", rule.severity));
            }
        }
        faults
    }
}

/// Names what is inconsistent in the orders and the public page of a programme.
pub(crate) fn faults(programme: &Programme) -> Vec<String> {
    let mut faults: Vec<String> = programme.orders.iter().flat_map(|kind| kind.faults(programme)).collect();
    if let Some(page) = &programme.public {
        for field in page.fields.iter().filter(|field| programme.field(field).is_none()) {
            faults.push(format!("public names field {field:?}, which is not defined"));
        }
        if !page.order.is_empty() && programme.order(&page.order).is_none() {
            faults.push(format!("public names order {:?}, which is not defined", page.order));
        }
        if programme.sensitive {
            faults.push("a sensitive programme has no public page".to_owned());
        }
    }
    faults
}

#[cfg(test)]
mod tests;
