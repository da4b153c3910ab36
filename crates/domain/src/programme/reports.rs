//! A programme's monthly report: what is counted, and against what.

use super::{Programme, Words};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A `[[report]]` section. What it does not name is left out of the report.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ReportRule {
    /// Stable id.
    pub id: String,
    /// Title.
    pub title: Words,
    /// The form whose visits are counted.
    pub form: String,
    /// Field whose value says how many visits a month somebody is to have.
    pub quota_by: String,
    /// Its values, and how many.
    pub quota: BTreeMap<String, u32>,
    /// Choice field by which people are grouped.
    pub group: String,
    /// Field of the day on which somebody ended to belong to the programme (`subject.ended`).
    pub ended_on: String,
    /// Choice field of the reason.
    pub ended_why: String,
    /// A score that is followed from month to month.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<ScoreRule>,
    /// Items of a plan, and whether they were done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<ItemsRule>,
    /// Repeated answers that are counted by a choice, such as wounds by stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lesions: Option<LesionRule>,
    /// Answers that say what is urgent: form to question.
    pub urgent: BTreeMap<String, String>,
    /// Kind of order that is counted, with the hours until it was dealt with: red flags.
    pub cases: String,
    /// Fields of which is counted how many people have something written in them.
    pub has: Vec<String>,
}

/// A score.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ScoreRule {
    /// The form.
    pub form: String,
    /// The question; more is better.
    pub question: String,
    /// What it is called.
    pub title: Words,
}

/// Items of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ItemsRule {
    /// The form that plans.
    pub form: String,
    /// Its repeated group.
    pub repeat: String,
    /// The question of what is to be done.
    pub activity: String,
    /// The form that says what was done.
    pub done_form: String,
    /// Its question.
    pub done: String,
}

/// Repeated answers that are counted.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LesionRule {
    /// The form.
    pub form: String,
    /// The repeated group.
    pub repeat: String,
    /// The choice by which is counted.
    pub by: String,
    /// What they are called.
    pub title: Words,
}

impl ReportRule {
    /// Names what is inconsistent, one sentence each.
    pub(super) fn faults(&self, programme: &Programme) -> Vec<String> {
        let fields = [&self.quota_by, &self.group, &self.ended_on, &self.ended_why].into_iter();
        let fields = fields.chain(&self.has).filter(|id| !id.is_empty());
        let lost = fields.filter(|id| programme.field(id).is_none());
        let mut faults: Vec<String> =
            lost.map(|id| format!("report {} names field {id:?}, which is not defined", self.id)).collect();
        let mut forms = vec![&self.form];
        forms.extend(self.score.iter().map(|score| &score.form));
        forms.extend(self.items.iter().flat_map(|items| [&items.form, &items.done_form]));
        forms.extend(self.lesions.iter().map(|lesions| &lesions.form));
        forms.extend(self.urgent.keys());
        if !self.cases.is_empty() && programme.order(&self.cases).is_none() {
            faults.push(format!("report {} names order {:?}, which is not defined", self.id, self.cases));
        }
        for form in forms.into_iter().filter(|id| programme.form(id).is_none()) {
            faults.push(format!("report {} names form {form:?}, which is not defined", self.id));
        }
        faults
    }
}
