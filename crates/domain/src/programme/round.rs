//! How a programme's rounds are counted, looked through and closed: `[round]` and `[loss]` of `programme.toml`.
//!
//! A round is one form filled once a cycle at every subject of a zone. The section names the answers that a
//! dashboard adds up and those that somebody should look at; nothing here knows what they mean.

use super::{Programme, Words};
use crate::change::{Value, Values};
use serde::{Deserialize, Serialize};

/// Most marks of a round: each is a bit of a number that the store keeps.
pub const MARKS_MAX: usize = 30;

/// Under this name a form knows why a visit could not be done, where it only works out what that is worth.
pub const COULD_NOT: &str = "could_not";

/// How a programme's round is counted.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct RoundKind {
    /// The form that is filled on the round.
    pub form: String,
    /// The answer that is added up, such as the units used. A whole number.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub units: String,
    /// What these units are called.
    #[serde(default)]
    pub unit_title: Words,
    /// The answers that say when filling began and ended, ISO with offset: their difference is how long one takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<Taken>,
    /// What somebody should look at.
    #[serde(rename = "mark", default)]
    pub marks: Vec<MarkKind>,
    /// Answers whose numbers are added up over the visits since the last one that was done; the form knows the sum as
    /// `since_<question>`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub since: Vec<String>,
    /// Answers that are worked out and kept with a visit that could not be done, if its outcome `estimates`. The form
    /// knows the outcome's code as [`COULD_NOT`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub estimate: Vec<String>,
    /// Usual days of a zone's cycle; a zone and a cycle may say otherwise.
    #[serde(default)]
    pub days: RoundDays,
    /// Workers may put the subjects of their zones into another order.
    #[serde(default)]
    pub worker_sorts: bool,
}

/// The answers between which a visit took place.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Taken {
    /// When it began.
    pub from: String,
    /// When it ended.
    pub to: String,
}

/// The usual days of a cycle, as days of its month (1 to 28) and of the months after (29 is the first of the next).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoundDays {
    /// The round begins.
    pub read: u32,
    /// What is owed is to be paid.
    pub due: u32,
    /// The service is cut off.
    pub cutoff: u32,
}

impl Default for RoundDays {
    fn default() -> RoundDays {
        RoundDays { read: 1, due: 28, cutoff: 45 }
    }
}

/// A reason to look at a visit: one answer has one of some values.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct MarkKind {
    /// Stable id, such as `severe`.
    pub id: String,
    /// What the office calls it.
    pub title: Words,
    /// The answer that is looked at.
    pub answer: String,
    /// The values that set the mark.
    pub is: Vec<String>,
    /// The visit counts for nothing that is owed until it was done again or the office approved it.
    #[serde(default)]
    pub blocks: bool,
    /// The office may approve all visits of a zone that wait for this alone with one word, such as the first numbers of a
    /// route that was brought in.
    #[serde(default)]
    pub together: bool,
    /// Two cycles running are worth a word, see [`LossKind`].
    #[serde(default)]
    pub again: bool,
}

/// What goes lost between what is given out and what is counted at the subjects.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct LossKind {
    /// What the office enters for a zone and cycle, such as the units produced.
    pub produced: Words,
    /// From how many percent lost a zone is marked.
    pub too_much_percent: u32,
    /// A subject that counted nothing for so many cycles running is dead: 1 to [`DEAD_AFTER_MAX`].
    pub dead_after: u32,
    /// What a dead one is called.
    pub dead: Words,
}

/// Most cycles that are looked through for what counts nothing: a year of monthly ones.
pub const DEAD_AFTER_MAX: u32 = 12;

impl LossKind {
    /// Names what is inconsistent, one sentence each.
    pub(super) fn faults(&self) -> Vec<String> {
        let after = self.dead_after;
        if (1..=DEAD_AFTER_MAX).contains(&after) {
            return Vec::new();
        }
        vec![format!("loss.dead_after is 1 to {DEAD_AFTER_MAX}, not {after}")]
    }
}

impl RoundKind {
    /// The marks of a visit, one bit each in the order of [`RoundKind::marks`].
    pub fn marks_of(&self, answer: impl Fn(&str) -> Option<Value>) -> u32 {
        let set = |mark: &MarkKind| {
            answer(&mark.answer).is_some_and(|value| match value {
                Value::String(text) => mark.is.contains(&text),
                Value::Null => false,
                other => mark.is.contains(&other.to_string()),
            })
        };
        let bits = self.marks.iter().take(MARKS_MAX).enumerate();
        bits.filter(|(_, mark)| set(mark)).fold(0, |bits, (at, _)| bits | (1 << at))
    }

    /// The bits of the marks that block.
    pub fn blocking(&self) -> u32 {
        self.bits(|mark| mark.blocks)
    }

    /// The bits of some marks.
    pub fn bits(&self, which: impl Fn(&MarkKind) -> bool) -> u32 {
        let bits = self.marks.iter().take(MARKS_MAX).enumerate();
        bits.filter(|(_, mark)| which(mark)).fold(0, |bits, (at, _)| bits | (1 << at))
    }

    /// The ids of the marks whose bits are set.
    pub fn ids(&self, bits: u32) -> Vec<String> {
        let marks = self.marks.iter().take(MARKS_MAX).enumerate();
        marks.filter(|(at, _)| bits & (1 << at) != 0).map(|(_, mark)| mark.id.clone()).collect()
    }

    /// The whole units of a visit, if it says any.
    pub fn units_of(&self, values: &Values) -> Option<i64> {
        whole(values.get(&self.units)?)
    }

    /// Names what is inconsistent, one sentence each.
    pub(super) fn faults(&self, programme: &Programme) -> Vec<String> {
        let mut faults = Vec::new();
        if programme.form(&self.form).is_none() {
            faults.push(format!("round names form {:?}, which is not defined", self.form));
        }
        if self.marks.len() > MARKS_MAX {
            faults.push(format!("round has more than {MARKS_MAX} marks"));
        }
        for (at, mark) in self.marks.iter().enumerate() {
            if self.marks.iter().take(at).any(|other| other.id == mark.id) {
                faults.push(format!("round has mark {:?} twice", mark.id));
            }
        }
        let RoundDays { read, due, cutoff } = self.days;
        if !(1..=28).contains(&read) || due < read || cutoff < due || cutoff > 90 {
            faults.push("round.days: read is 1 to 28, then due, then cutoff, at most 90".to_owned());
        }
        faults
    }
}

/// A whole number, also where it was written as text.
pub fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => {
            number.as_i64().or_else(|| number.as_f64().filter(|n| n.abs() < 1e15).map(|n| n.round() as i64))
        }
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn round() -> RoundKind {
        let mark = |id: &str, answer: &str, is: &[&str], blocks| MarkKind {
            id: id.into(),
            answer: answer.into(),
            is: is.iter().map(|text| (*text).to_owned()).collect(),
            blocks,
            ..MarkKind::default()
        };
        RoundKind {
            form: "f".into(),
            units: "used".into(),
            marks: vec![
                mark("severe", "severe", &["yes"], true),
                mark("guess", "method", &["average", "estimate"], false),
                mark("seven", "count", &["7"], true),
            ],
            ..RoundKind::default()
        }
    }

    #[test]
    fn marks_are_answers_with_certain_values() {
        let round = round();
        let marks = |values: Value| round.marks_of(|name| values.get(name).cloned());
        assert_eq!(marks(json!({"severe": "no", "method": "actual"})), 0);
        assert_eq!(marks(json!({"severe": "yes", "method": "estimate"})), 0b011);
        assert_eq!(marks(json!({"count": 7, "severe": null})), 0b100);
        assert_eq!(round.blocking(), 0b101);
        assert_eq!(round.ids(0b110), ["guess", "seven"]);
    }

    #[test]
    fn units_are_whole() {
        let units = |value: Value| round().units_of(&[("used".to_owned(), value)].into());
        assert_eq!(units(json!(16)), Some(16));
        assert_eq!(units(json!(16.4)), Some(16));
        assert_eq!(units(json!("16")), Some(16));
        assert_eq!(units(json!("")), None);
        assert_eq!(round().units_of(&Values::new()), None);
    }

    #[test]
    fn faults_are_named() {
        let twice = RoundKind {
            marks: vec![MarkKind::default(), MarkKind::default()],
            days: RoundDays { read: 29, due: 1, cutoff: 1 },
            ..RoundKind::default()
        };
        assert_eq!(twice.faults(&Programme::default()).len(), 3);
    }

    #[test]
    fn a_loss_that_would_find_nobody_is_a_fault() {
        for (dead_after, faults) in [(0, 1), (1, 0), (12, 0), (13, 1)] {
            let loss = Some(LossKind { dead_after, ..LossKind::default() });
            let programme = Programme { loss, ..Programme::default() };
            let named = programme.faults().into_iter().filter(|fault| fault.contains("dead_after")).count();
            assert_eq!(named, faults, "{dead_after}");
        }
    }

    #[test]
    fn a_fault_that_was_there_before_is_none_of_a_change() {
        let of = |dead_after| {
            let loss = Some(LossKind { dead_after, ..LossKind::default() });
            Programme { loss, ..Programme::default() }
        };
        let of_loss = |faults: Vec<String>| faults.iter().filter(|one| one.contains("dead_after")).count();
        let (never, sound) = (of(0), of(3));
        assert_eq!(of_loss(never.faults_since(None)), 1);
        assert_eq!(of_loss(never.faults_since(Some(&sound))), 1);
        assert_eq!(of_loss(never.faults_since(Some(&never))), 0);
        assert_eq!(of_loss(of(13).faults_since(Some(&never))), 1, "another one");
        assert_eq!(of_loss(sound.faults_since(Some(&never))), 0);
    }
}
