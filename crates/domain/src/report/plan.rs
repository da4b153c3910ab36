//! What was to be done in the month: by the plan of each, by the quota of their group, by the schedule of the form.

use super::{Sheet, Someone, Visited, plain};
use crate::change::Value;
use crate::programme::reports::PlanRule;
use crate::programme::{DONE, Schedule};
use crate::schedule;
use chrono::NaiveDate;
use std::collections::BTreeSet;

impl Sheet<'_> {
    /// How many visits somebody is to have in the month.
    pub(super) fn quota(&self, one: &Someone) -> usize {
        if !self.is_here(one) {
            return 0;
        }
        let of_plan = self.planned(one, |plan| &plan.visits).and_then(|times| times.parse().ok());
        of_plan.unwrap_or_else(|| match self.rule.quota.is_empty() {
            true => self.scheduled(one),
            false => {
                let group = plain(&one.values, &self.rule.quota_by);
                self.rule.quota.get(&group).map_or(0, |times| *times as usize)
            }
        })
    }

    /// What the plan that was in force at the end of the month says to one of its questions.
    pub(super) fn planned(&self, one: &Someone, question: impl Fn(&PlanRule) -> &String) -> Option<String> {
        let rule = self.rule.plan.as_ref()?;
        let plan = self.in_force(one, rule)?;
        Some(plain(&plan.values, question(rule))).filter(|text| !text.is_empty())
    }

    /// The plan that was in force at the end of the month: the last one that was approved.
    fn in_force<'p>(&self, one: &'p Someone, rule: &PlanRule) -> Option<&'p Visited> {
        let is_it = |visit: &&Visited| {
            let until = self.in_month(&visit.day) || self.before(&visit.day);
            let approved = rule.approved.is_empty() || plain(&visit.values, &rule.approved) == "yes";
            visit.form == rule.form && visit.outcome == DONE && until && approved
        };
        one.visits.iter().rev().find(is_it)
    }

    /// How many kinds of care the plan asks for, and how many of them were done in the month.
    pub(super) fn items(&self, one: &Someone) -> (usize, usize) {
        let Some(rule) = &self.rule.items else { return (0, 0) };
        // They stand beside its visits and its budget.
        let plan = match self.rule.plan.as_ref().filter(|plan| plan.form == rule.form) {
            Some(plan) => self.in_force(one, plan),
            None => self.latest(one, &rule.form),
        };
        let Some(Value::Array(rows)) = plan.and_then(|plan| plan.values.get(&rule.repeat)) else {
            return (0, 0);
        };
        let planned: BTreeSet<&str> =
            rows.iter().filter_map(|row| row.get(&rule.activity)).filter_map(Value::as_str).collect();
        let done: String = one
            .visits
            .iter()
            .filter(|visit| visit.form == rule.done_form && self.in_month(&visit.day))
            .map(|visit| plain(&visit.values, &rule.done) + " ")
            .collect();
        let done: BTreeSet<&str> = done.split_whitespace().collect();
        (planned.len(), planned.intersection(&done).count())
    }

    /// How often the schedule makes somebody due in the month, if each visit is made on its day.
    fn scheduled(&self, one: &Someone) -> usize {
        let is_it = |visit: &&Visited| {
            visit.form == self.rule.form && visit.outcome == DONE && self.before(&visit.day)
        };
        let before = one.visits.iter().rev().find(is_it);
        let mut next = self.due_after(one, before, false).map(|day| day.max(self.first));
        let mut times = 0;
        while let Some(day) = next.filter(|day| *day <= self.last) {
            times += 1;
            let made = Visited { day: day.to_string(), ..Visited::default() };
            next = self.due_after(one, Some(&made), false).filter(|next| *next > day);
        }
        times
    }

    /// The visits of the month that followed another, and whether each came no later than the schedule asked then. The first
    /// of all followed none: how soon it came is not measured.
    pub(super) fn followed<'p>(&self, one: &'p Someone) -> Vec<(&'p Visited, bool)> {
        let mut last: Option<&Visited> = None;
        let mut all = Vec::new();
        for visit in one.visits.iter().filter(|visit| visit.form == self.rule.form && visit.outcome == DONE) {
            if self.in_month(&visit.day)
                && let Some(due) = last.and_then(|last| self.due_after(one, Some(last), false))
            {
                let in_time = visit.day.parse::<NaiveDate>().is_ok_and(|day| day <= due);
                all.push((visit, in_time));
            }
            last = Some(visit);
        }
        all
    }

    /// By how many days somebody was past their day when the month ended, or is today. `None`: they were not.
    pub(super) fn days_overdue(&self, one: &Someone) -> Option<i64> {
        if !self.is_here(one) || self.left_now(one) {
            return None;
        }
        let is_now = self.today <= self.last;
        let due = self.due_after(one, self.latest(one, &self.rule.form), is_now)?;
        let days = (self.last.min(self.today) - due).num_days();
        (days > 0).then_some(days)
    }

    /// The day by which somebody was due after a visit. What was agreed on then is what that visit says: the registry knows
    /// only the day that was agreed on last, which holds where `is_now` is set.
    fn due_after(&self, one: &Someone, last: Option<&Visited>, is_now: bool) -> Option<NaiveDate> {
        let form = self.programme.form(&self.rule.form)?;
        let rule = form.schedule.as_ref()?;
        let agreed = match rule {
            Schedule::Days { agreed, .. } => agreed.as_str(),
            Schedule::Month { .. } => "",
        };
        let question = form.save_to.iter().find(|(_, field)| field.as_str() == agreed).map(|(name, _)| name);
        let value = |field: &str| match last {
            Some(visit) if field == agreed && !is_now => Some(plain(&visit.values, question?)),
            _ => Some(plain(&one.values, field)),
        };
        let last_day = last.and_then(|visit| visit.day.parse().ok());
        let first_day = one.first_day.parse().unwrap_or(self.first);
        schedule::due(rule, last_day, first_day, value).map(|due| due.due_on)
    }
}
