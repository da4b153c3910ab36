//! A programme as data: what is visited, which forms are filled, how often, and who may do it.
//!
//! A municipality changes it in a spreadsheet; it travels as a record like any other. One engine runs them
//! all, and no code names a programme outside [`crate::calc`].

pub mod emergency;
pub mod exchange;
mod overview;
pub mod reports;
mod round;

pub use emergency::Emergency;
pub use overview::{Condition, Overview, ZONE};
pub use round::{
    COULD_NOT, DEAD_AFTER_MAX, LossKind, MARKS_MAX, MarkKind, RoundDays, RoundKind, Taken, whole,
};

use crate::change::Values;
use crate::order::{OrderKind, PublicPage};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A text in Thai and, if someone wrote it, in English.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Words {
    /// Thai.
    pub th: String,
    /// English; empty falls back to Thai.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub en: String,
}

impl Words {
    /// Returns the text in a language: `en`, anything else is Thai.
    pub fn in_language(&self, language: &str) -> &str {
        if language == "en" && !self.en.is_empty() { &self.en } else { &self.th }
    }
}

/// A whole programme, as `programme.toml` says it plus its compiled forms.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Programme {
    /// Stable id, such as `water`.
    pub id: String,
    /// Grows with every published change.
    pub version: u32,
    /// The version that came with the app and that this one stands on; zero where it is that version itself.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub shipped: u32,
    /// Title, such as ประปา.
    pub title: Words,
    /// Accent colour, `#rrggbb`, dark enough for white text in the sun.
    pub colour: String,
    /// One emoji or short mark that stands for it on buttons.
    pub icon: String,
    /// What a zone is called here: สาย, หมู่, วงจร.
    pub zone_title: Words,
    /// What is visited.
    pub subject: SubjectKind,
    /// The forms, in the order shown on a card. The first whose `primary` is set is what "due" is about.
    #[serde(rename = "form")]
    pub forms: Vec<FormKind>,
    /// Why a visit could not be done, for every form.
    #[serde(rename = "outcome", default)]
    pub outcomes: Vec<OutcomeKind>,
    /// What a worker may do beyond visiting.
    #[serde(default)]
    pub worker_may: WorkerMay,
    /// How it charges for what its form finds; absent where nothing is charged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing: Option<crate::billing::Billing>,
    /// Health data: seen by this programme's own people only, every office view is logged.
    #[serde(default)]
    pub sensitive: bool,
    /// How it looks from above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overview: Option<Overview>,
    /// Cases that go through states: work orders, citizens' reports, red flags.
    #[serde(rename = "order", default, skip_serializing_if = "Vec::is_empty")]
    pub orders: Vec<OrderKind>,
    /// What anybody sees who scans a label; absent: the office's name and telephone only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public: Option<PublicPage>,
    /// How its rounds are counted and closed; absent where nobody needs a dashboard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<RoundKind>,
    /// What goes lost between giving out and counting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<LossKind>,
    /// Who must be fetched first when something burns or floods, and what a rescuer may read of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emergency: Option<Emergency>,
    /// How its people are told to other health systems.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fhir: Option<exchange::Fhir>,
    /// Its monthly reports.
    #[serde(rename = "report", default, skip_serializing_if = "Vec::is_empty")]
    pub reports: Vec<reports::ReportRule>,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// The kind of subject a programme keeps.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct SubjectKind {
    /// Title, such as มาตรน้ำ.
    pub title: Words,
    /// Its fields.
    #[serde(rename = "field")]
    pub fields: Vec<FieldKind>,
    /// Field ids whose texts, joined by a space, make the heading of a card and of a list row.
    pub heading: Vec<String>,
    /// Field ids of the second line.
    #[serde(default)]
    pub second_line: Vec<String>,
    /// Field ids that search looks into, beside bound codes.
    pub search: Vec<String>,
    /// Whoever has one of these values is over and done with, and not due for anything: field id to values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ended: BTreeMap<String, Vec<String>>,
}

impl SubjectKind {
    /// Says whether a subject with these values is over: it is not due for anything any more.
    pub fn has_ended(&self, value: impl Fn(&str) -> Option<String>) -> bool {
        self.ended.iter().any(|(id, values)| value(id).is_some_and(|value| values.contains(&value)))
    }
}

/// One field of a subject.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct FieldKind {
    /// Stable id; never reused or retyped.
    pub id: String,
    /// Label.
    pub title: Words,
    /// What its values are.
    #[serde(rename = "type", default)]
    pub kind: FieldType,
    /// Choices of a `choice` field: value to label.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub choices: BTreeMap<String, Words>,
    /// What happens when two devices change it unaware of each other.
    #[serde(default)]
    pub conflict: ConflictRule,
    /// Workers may correct it, not only the office.
    #[serde(default)]
    pub worker_edits: bool,
    /// Shown masked in lists (national ids).
    #[serde(default)]
    pub masked: bool,
    /// Not shown on a worker's card.
    #[serde(default)]
    pub office_only: bool,
    /// What its values make of other fields, for whoever changes it by hand: field id, and value to value. The two never
    /// contradict each other.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub decides: BTreeMap<String, BTreeMap<String, String>>,
}

/// The types of a subject's fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldType {
    /// Any text.
    #[default]
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Decimal,
    /// ISO date: `1938`, `1938-02` or `1938-02-11`, as precisely as it is known.
    Date,
    /// One of `choices`.
    Choice,
    /// Digits of a telephone number.
    Phone,
    /// Yes or no.
    Bool,
    /// Hash of a photo that a form's question took.
    Photo,
}

/// What to do when one field was changed by two people unaware of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConflictRule {
    /// Keep the loser in the history.
    #[default]
    Auto,
    /// Keep the loser in the history and ask a person.
    Review,
}

/// A form of a programme.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct FormKind {
    /// Stable id; the folder of its sheets.
    pub id: String,
    /// Title, such as จดมาตร.
    pub title: Words,
    /// This form's schedule makes a subject due.
    #[serde(default)]
    pub primary: bool,
    /// When a subject is due for it.
    #[serde(default)]
    pub schedule: Option<Schedule>,
    /// Only those who supervise fill it: what it says is a judgement (a class, a plan), not an observation.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub needs_supervisor: bool,
    /// A second visit with this form in one cycle raises a question.
    #[serde(default)]
    pub once_per_cycle: bool,
    /// The form may start without a subject and makes one.
    #[serde(default)]
    pub creates_subject: bool,
    /// Answers that are also written to the subject: question name to field id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub save_to: BTreeMap<String, String>,
    /// Questions that have the name of a field and ask for something else than it holds: the next day, another borrower, or
    /// in other words. What the registry says is not put into them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asks_anew: Vec<String>,
    /// Question names, most telling first, that make the one-line summary of a visit.
    #[serde(default)]
    pub summary: Vec<String>,
    /// The municipality published its own: an update of the app leaves this form as it is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own: bool,
    /// What earlier versions asked and this one does not, so that visits of then stay readable: questions that are
    /// gone, and choices that are gone from a question.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former: Vec<FieldKind>,
    /// The compiled form, as crate `forms` reads it. Absent in `programme.toml`.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub definition: serde_json::Value,
}

/// When a subject is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "every", rename_all = "lowercase")]
pub enum Schedule {
    /// Once in each calendar month, by `due_day`.
    Month {
        /// Last day of the month it should be done by, 1 to 28.
        due_day: u32,
    },
    /// Some days after the last visit.
    Days {
        /// Interval in days.
        days: u32,
        /// A subject field whose value picks another interval.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        by_field: String,
        /// That field's values and their intervals in days; zero means never due.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        days_by: BTreeMap<String, u32>,
        /// A subject field that holds the day that was agreed on: a day after the last visit comes before the interval.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        agreed: String,
    },
}

impl Schedule {
    /// Says whether subjects are due each at a day of its own, which only their fields tell: people, not a street of poles.
    /// Whoever waits longest is then visited first; otherwise the round goes as it is walked.
    pub fn is_of_each(&self) -> bool {
        match self {
            Schedule::Month { .. } => false,
            Schedule::Days { by_field, agreed, .. } => !by_field.is_empty() || !agreed.is_empty(),
        }
    }
}

/// Why a visit could not be done.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct OutcomeKind {
    /// Stable code, such as `locked`. `done` is reserved.
    pub code: String,
    /// Label, such as บ้านปิด.
    pub title: Words,
    /// The subject is not due any more in this cycle (moved away, died).
    #[serde(default)]
    pub closes: bool,
    /// A word of explanation is required.
    #[serde(default)]
    pub needs_note: bool,
    /// The answers that [`RoundKind::estimate`] names are worked out and kept with it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub estimates: bool,
    /// Fields of the subject and what they become: who died is not in care any more.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub writes: Values,
    /// The field of the subject that becomes the day of the visit; empty: none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub writes_day: String,
}

impl OutcomeKind {
    /// What a visit on a day, local ISO, that ended so writes to its subject.
    pub fn written(&self, day: &str) -> Values {
        let mut written = self.writes.clone();
        if !self.writes_day.is_empty() {
            written.insert(self.writes_day.clone(), day.into());
        }
        written
    }
}

/// What a worker may do beyond visiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WorkerMay {
    /// Tie a code to a subject.
    #[serde(default)]
    pub bind: bool,
    /// Make a new subject.
    #[serde(default)]
    pub create: bool,
}

/// A visit's outcome when it was done.
pub const DONE: &str = "done";

impl Programme {
    /// Returns a form by id.
    pub fn form(&self, id: &str) -> Option<&FormKind> {
        self.forms.iter().find(|form| form.id == id)
    }

    /// Returns the form that makes a subject due.
    pub fn primary_form(&self) -> Option<&FormKind> {
        self.forms.iter().find(|form| form.primary)
    }

    /// Returns a subject's field by id.
    pub fn field(&self, id: &str) -> Option<&FieldKind> {
        self.subject.fields.iter().find(|field| field.id == id)
    }

    /// Returns an outcome by code.
    pub fn outcome(&self, code: &str) -> Option<&OutcomeKind> {
        self.outcomes.iter().find(|outcome| outcome.code == code)
    }

    /// Returns a kind of order by id.
    pub fn order(&self, id: &str) -> Option<&OrderKind> {
        self.orders.iter().find(|kind| kind.id == id)
    }

    /// The version that came with the app: this one, or the one it stands on.
    pub fn shipped_version(&self) -> u32 {
        if self.shipped == 0 { self.version } else { self.shipped }
    }

    /// This programme, as an update of the app brings it, with the forms that the municipality has published itself.
    #[must_use]
    pub fn with_own_forms_of(mut self, known: &Programme) -> Programme {
        if known.version >= self.version {
            self.shipped = self.version;
            self.version = known.version.saturating_add(1);
        }
        for own in known.forms.iter().filter(|form| form.own) {
            if let Some(form) = self.forms.iter_mut().find(|form| form.id == own.id) {
                form.clone_from(own);
            }
        }
        if known.billing.as_ref().is_some_and(|billing| billing.own) {
            self.billing.clone_from(&known.billing);
        }
        self
    }

    /// Says whether a worker may write this field of a subject: marked so, written by the `save_to` of a form that she may
    /// fill, or by a state of an order that a worker may set. What only a supervisor's form writes is a judgement.
    pub fn worker_may_edit(&self, field: &str) -> bool {
        use crate::change::field as engine;
        if field.starts_with(engine::CODES) {
            return self.worker_may.bind;
        }
        if field.starts_with(engine::PHOTOS) {
            return true;
        }
        if [engine::LAT, engine::LON].contains(&field) && self.worker_may.bind {
            return true;
        }
        if field == engine::ORDER && self.round.as_ref().is_some_and(|round| round.worker_sorts) {
            return true;
        }
        self.field(field).is_some_and(|field| field.worker_edits)
            || self
                .forms
                .iter()
                .filter(|form| !form.needs_supervisor)
                .any(|form| form.save_to.values().any(|target| target == field))
            || self.orders.iter().flat_map(|kind| &kind.states).any(|state| {
                state.set_by.contains(&crate::order::Setter::Worker) && state.writes.contains_key(field)
            })
    }

    /// What happens when `field` is changed by two people unaware of each other. A place moved by more than a
    /// few metres is worth a question; everything the programme does not name stays in the history.
    pub fn conflict_rule(&self, field: &str) -> ConflictRule {
        self.field(field).map(|field| field.conflict).unwrap_or_default()
    }

    /// Names what is inconsistent in the definition, one sentence each; empty if it can be published.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let known = |id: &String| self.field(id).is_some();
        for id in self.subject.heading.iter().chain(&self.subject.second_line).chain(&self.subject.search) {
            if !known(id) {
                faults.push(format!("subject names field {id:?}, which is not defined"));
            }
        }
        if self.subject.heading.is_empty() {
            faults.push("subject.heading is empty: a list row would be blank".to_owned());
        }
        for form in &self.forms {
            for target in form.save_to.values().filter(|target| !known(target)) {
                if ![crate::change::field::LAT, crate::change::field::LON].contains(&target.as_str()) {
                    faults.push(format!("form {} saves to field {target:?}, which is not defined", form.id));
                }
            }
            if let Some(Schedule::Month { due_day }) = form.schedule
                && !(1..=28).contains(&due_day)
            {
                faults.push(format!("form {}: due_day is 1 to 28, not {due_day}", form.id));
            }
        }
        let written = self.outcomes.iter().flat_map(|outcome| {
            outcome.writes.keys().chain((!outcome.writes_day.is_empty()).then_some(&outcome.writes_day))
        });
        let decided = self.subject.fields.iter().flat_map(|field| field.decides.keys());
        for target in written.chain(decided).chain(self.subject.ended.keys()).filter(|target| !known(target))
        {
            faults.push(format!("an outcome or a field names field {target:?}, which is not defined"));
        }
        if self.forms.iter().filter(|form| form.primary).count() > 1 {
            faults.push("more than one primary form".to_owned());
        }
        if self.outcomes.iter().any(|outcome| outcome.code == DONE) {
            faults.push("outcome code \"done\" is reserved".to_owned());
        }
        faults.extend(overview::faults(self));
        faults.extend(crate::order::faults(self));
        if let Some(billing) = &self.billing {
            let fields = |id: &str| self.field(id).is_some();
            faults.extend(billing.faults(|id| self.form(id).is_some(), fields));
        }
        faults.extend(self.round.iter().flat_map(|round| round.faults(self)));
        faults.extend(self.loss.iter().flat_map(LossKind::faults));
        faults.extend(self.emergency.iter().flat_map(|emergency| emergency.faults(self)));
        faults.extend(self.fhir.iter().flat_map(|fhir| fhir.faults(self)));
        faults.extend(self.reports.iter().flat_map(|report| report.faults(self)));
        faults
    }

    /// The faults that a change brings: those that were not in the definition `before` it. What an older version let through
    /// must not keep a municipality from publishing anything at all.
    pub fn faults_since(&self, before: Option<&Programme>) -> Vec<String> {
        let known = before.map(Programme::faults).unwrap_or_default();
        self.faults().into_iter().filter(|fault| !known.contains(fault)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_name_what_is_missing() {
        let programme = Programme {
            subject: SubjectKind { heading: vec!["name".into()], ..Default::default() },
            forms: vec![FormKind {
                id: "f".into(),
                save_to: [("q".to_owned(), "nowhere".to_owned())].into(),
                schedule: Some(Schedule::Month { due_day: 31 }),
                ..Default::default()
            }],
            outcomes: vec![OutcomeKind { code: DONE.into(), ..Default::default() }],
            ..Default::default()
        };
        let faults = programme.faults();
        assert_eq!(faults.len(), 4, "{faults:?}");
    }

    #[test]
    fn an_update_keeps_the_forms_that_the_municipality_made() {
        let form = |id: &str, own: bool, definition: &str| FormKind {
            id: id.into(),
            own,
            definition: definition.into(),
            ..Default::default()
        };
        // Shipped as version 1, published four times since.
        let known = Programme {
            version: 5,
            shipped: 1,
            forms: vec![form("a", true, "ours"), form("b", false, "old"), form("gone", true, "ours")],
            ..Default::default()
        };
        let update = Programme {
            version: 2,
            forms: vec![form("a", false, "new"), form("b", false, "new")],
            ..Default::default()
        };
        assert!(known.shipped_version() < update.shipped_version());
        let after = update.with_own_forms_of(&known);
        assert_eq!(after.forms, [form("a", true, "ours"), form("b", false, "new")]);
        assert_eq!((after.version, after.shipped_version()), (6, 2));
    }

    #[test]
    fn words_fall_back_to_thai() {
        let words = Words { th: "ประปา".into(), en: String::new() };
        assert_eq!(words.in_language("en"), "ประปา");
    }
}
