//! A programme's monthly report: what is counted, and against what.

use super::{Programme, Words};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
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
    /// Tables with a line for each area or each person at work, in this order; of none see [`ReportRule::tables`].
    pub per: Vec<PerRule>,
    /// The plan of one person, whose number of visits comes before `quota`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanRule>,
    /// Fields that stand beside each name.
    pub beside: Vec<String>,
    /// Field of the day of birth, of which the age is told beside each name.
    pub born: String,
}

/// A table with one line for each area or each person at work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PerRule {
    /// By what is counted.
    pub by: By,
    /// Its heading.
    pub title: Words,
    /// Its columns, after the name.
    pub columns: Vec<Figure>,
}

/// What a line of a table stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// An area.
    Zone,
    /// Whoever made the visits. What is counted of people and not of visits is hers whose people they are.
    Author,
}

/// A column: one figure of everybody that a line stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// People who are to be visited, or were.
    People,
    /// People who were visited or at whose door somebody was.
    Seen,
    /// Visits that are planned: by the plan of each, else by the quota, else by the schedule.
    Due,
    /// Visits that were done.
    Done,
    /// Planned visits that were not done.
    Missing,
    /// Visits that were done beyond what was planned.
    Beyond,
    /// Visits that could not be done.
    NotDone,
    /// How much of the planned was done, in per cent.
    Share,
    /// How many visits came no later than the schedule asks, in per cent of those that followed another.
    OnTime,
    /// People who were past their day when the month ended, or are today.
    Overdue,
    /// Visits that found something urgent.
    Urgent,
    /// Items of plans: done of planned.
    Items,
    /// Cases that were opened.
    Raised,
    /// Those of them that were dealt with.
    Answered,
    /// Mean of the hours until then.
    Hours,
    /// People whose score rose.
    Better,
    /// People whose score stayed.
    Same,
    /// People whose score fell.
    Worse,
    /// Lesions that were not there before the month.
    LesionsNew,
    /// Lesions of before the month that are gone.
    LesionsHealed,
    /// What the plans in force cost.
    Budget,
}

/// The plan of one person.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PlanRule {
    /// The form that plans.
    pub form: String,
    /// Its question of how many visits a month somebody is to have.
    pub visits: String,
    /// Its question of what it costs, baht.
    pub budget: String,
    /// Its question whose answer `yes` puts it in force; empty: each is.
    pub approved: String,
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
    /// The choice of where on the body, by which one is known again at the next visit.
    pub site: String,
    /// What they are called.
    pub title: Words,
}

impl Figure {
    /// The section of a [`ReportRule`] without which there is nothing to count, where `rule` has none.
    fn lacks(self, rule: &ReportRule, programme: &Programme) -> Option<&'static str> {
        let is_scheduled = programme.form(&rule.form).is_some_and(|form| form.schedule.is_some());
        let (section, is_there) = match self {
            Figure::OnTime | Figure::Overdue => ("schedule of its form", is_scheduled),
            Figure::Urgent => ("urgent", !rule.urgent.is_empty()),
            Figure::Items => ("items", rule.items.is_some()),
            Figure::Raised | Figure::Answered | Figure::Hours => ("cases", !rule.cases.is_empty()),
            Figure::Better | Figure::Same | Figure::Worse => ("score", rule.score.is_some()),
            Figure::LesionsNew | Figure::LesionsHealed => ("lesions", rule.lesions.is_some()),
            Figure::Budget => ("plan", rule.plan.is_some()),
            Figure::People
            | Figure::Seen
            | Figure::Due
            | Figure::Done
            | Figure::Missing
            | Figure::Beyond
            | Figure::NotDone
            | Figure::Share => return None,
        };
        (!is_there).then_some(section)
    }
}

impl ReportRule {
    /// The tables with a line for each area or each person at work. A rule that names none was written before they could be
    /// named: it keeps those that every report had then.
    pub fn tables(&self) -> Cow<'_, [PerRule]> {
        use Figure::{Beyond, Done, Due, Missing, NotDone, People, Seen, Share, Urgent};
        if !self.per.is_empty() {
            return Cow::Borrowed(&self.per);
        }
        let table = |by, th: &str, en: &str, columns: &[Figure]| {
            let urgent = (!self.urgent.is_empty()).then_some(Urgent);
            let title = Words { th: th.to_owned(), en: en.to_owned() };
            PerRule { by, title, columns: columns.iter().copied().chain(urgent).collect() }
        };
        let visits = [People, Due, Done, Missing, Beyond, NotDone, Share];
        Cow::Owned(vec![
            table(By::Zone, "เยี่ยมเทียบกับเกณฑ์ รายเขต", "Visits against the quota, by area", &visits),
            table(By::Author, "รายผู้ปฏิบัติงาน", "By person at work", &[Seen, Done, NotDone]),
        ])
    }

    /// Names what is inconsistent, one sentence each.
    pub(super) fn faults(&self, programme: &Programme) -> Vec<String> {
        let fields = [&self.quota_by, &self.group, &self.ended_on, &self.ended_why, &self.born].into_iter();
        let fields = fields.chain(&self.has).chain(&self.beside).filter(|id| !id.is_empty());
        let lost = fields.filter(|id| programme.field(id).is_none());
        let mut faults: Vec<String> =
            lost.map(|id| format!("report {} names field {id:?}, which is not defined", self.id)).collect();
        let mut forms = vec![&self.form];
        forms.extend(self.score.iter().map(|score| &score.form));
        forms.extend(self.items.iter().flat_map(|items| [&items.form, &items.done_form]));
        forms.extend(self.lesions.iter().map(|lesions| &lesions.form));
        forms.extend(self.plan.iter().map(|plan| &plan.form));
        forms.extend(self.urgent.keys());
        for table in &self.per {
            let columns = table.columns.iter();
            faults.extend(columns.filter_map(|figure| {
                let section = figure.lacks(self, programme)?;
                Some(format!("report {} has a column {figure:?} and no {section} to count", self.id))
            }));
        }
        if !self.cases.is_empty() && programme.order(&self.cases).is_none() {
            faults.push(format!("report {} names order {:?}, which is not defined", self.id, self.cases));
        }
        for form in forms.into_iter().filter(|id| programme.form(id).is_none()) {
            faults.push(format!("report {} names form {form:?}, which is not defined", self.id));
        }
        faults
    }
}
