//! Questions: what only a person can settle. The server raises them, once, under an id that every replica derives
//! alike; settling one is an ordinary commit, so it merges by the same law as everything else.

use crate::change::{Value, Values};
use crate::clock::Stamp;
use crate::ids::RecordId;
use serde::{Deserialize, Serialize};

/// What a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Two people changed one field unaware of each other.
    Field,
    /// Two visits that should be one: same subject, form and cycle.
    TwoVisits,
    /// Edited by someone who did not know that it was removed.
    Removed,
    /// One code on two subjects.
    CodeTwice,
    /// A visit that the office has to look at before it counts for what is owed.
    Approval,
    /// A kind of question of a newer server.
    #[serde(other)]
    Other,
}

impl Topic {
    fn name(self) -> &'static str {
        match self {
            Topic::Field => "field",
            Topic::TwoVisits => "two_visits",
            Topic::Removed => "removed",
            Topic::CodeTwice => "code_twice",
            Topic::Approval => "approval",
            Topic::Other => "other",
        }
    }
}

/// One of the answers a person may choose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// The value of the field, the id of the visit, or `true`/`false` for keeping a removed record.
    pub value: Value,
    /// Who wrote it.
    pub by: String,
    /// When, as the server fixed it.
    pub stamp: Stamp,
    /// It is the one that shows now.
    pub winning: bool,
}

/// A question as it stands in its record's cells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// What kind.
    pub topic: Topic,
    /// The record it is about.
    pub about: RecordId,
    /// The subject a person would look up.
    pub subject: RecordId,
    /// The field, the form and cycle, or the code.
    pub field: String,
    /// The answers.
    pub choices: Vec<Choice>,
    /// Set once somebody settled it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled: Option<Settled>,
}

/// How a question was settled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settled {
    /// The chosen value.
    pub value: Value,
    /// Who chose.
    pub by: String,
}

impl Question {
    /// The id that every replica gives this question: one for a pair of writes, whoever reports it. Two visits
    /// of one cycle share one question, however many there are.
    pub fn id(&self) -> RecordId {
        let mut parts: Vec<Vec<u8>> = vec![
            self.topic.name().as_bytes().to_vec(),
            self.about.bytes().to_vec(),
            self.field.as_bytes().to_vec(),
        ];
        if matches!(self.topic, Topic::Field | Topic::Removed) {
            let mut stamps: Vec<Stamp> = self.choices.iter().map(|choice| choice.stamp).collect();
            stamps.sort_unstable();
            parts
                .extend(stamps.iter().map(|s| format!("{}.{}.{}", s.ms, s.counter, s.device.0).into_bytes()));
        }
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        RecordId::derived("question", &parts)
    }

    /// The records that an answer may change.
    pub fn records(&self) -> Vec<RecordId> {
        let mut records = vec![self.about];
        if matches!(self.topic, Topic::TwoVisits | Topic::CodeTwice) {
            records.extend(
                self.choices.iter().filter_map(|choice| choice.value.as_str()?.parse::<RecordId>().ok()),
            );
        }
        records
    }

    /// Puts a later write of a device in the place of its earlier one; says whether there was one.
    pub fn replace_own(&mut self, device: crate::ids::DeviceNo, later: Choice) -> bool {
        match self
            .choices
            .iter_mut()
            .find(|choice| choice.stamp.device == device && choice.stamp < later.stamp)
        {
            Some(choice) => {
                *choice = later;
                true
            }
            None => false,
        }
    }

    /// Adds a write to what is offered, once.
    pub fn join(&mut self, choice: Choice) {
        if self.choices.iter().all(|known| known.stamp != choice.stamp) {
            self.choices.push(choice);
        }
    }

    /// Writes the question as cells.
    pub fn to_cells(&self) -> Values {
        match serde_json::to_value(self) {
            Ok(Value::Object(map)) => map.into_iter().collect(),
            _ => Values::new(),
        }
    }

    /// Reads a question from its record's values; `None` if a newer server wrote it in a way unknown to us.
    pub fn from_cells(values: &Values) -> Option<Question> {
        let map: serde_json::Map<String, Value> = values.clone().into_iter().collect();
        serde_json::from_value(Value::Object(map)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::DeviceNo;

    fn question(first: u64, second: u64) -> Question {
        let choice = |ms| Choice {
            value: "x".into(),
            by: "นก".into(),
            stamp: Stamp { ms, counter: 0, device: DeviceNo(1) },
            winning: false,
        };
        let id = RecordId::new(1, [7; 10]);
        Question {
            topic: Topic::Field,
            about: id,
            subject: id,
            field: "phone".into(),
            choices: vec![choice(first), choice(second)],
            settled: None,
        }
    }

    #[test]
    fn the_same_pair_is_one_question_in_either_order() {
        assert_eq!(question(1, 2).id(), question(2, 1).id());
        assert_ne!(question(1, 2).id(), question(1, 3).id());
    }

    #[test]
    fn cells_and_back() {
        let question = question(1, 2);
        assert_eq!(Question::from_cells(&question.to_cells()).unwrap(), question);
    }
}
