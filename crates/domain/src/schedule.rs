//! When a subject is due, from its last visit. Derived, never stored as a cell: two devices cannot disagree on it.

use crate::programme::Schedule;
use chrono::{Datelike, Days, NaiveDate};

/// A subject's place in time for one form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// First day on which it is worth doing.
    pub opens_on: NaiveDate,
    /// Last day on which it is on time.
    pub due_on: NaiveDate,
}

/// Where a subject stands today.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// Past its day.
    Overdue,
    /// To be done now.
    Left,
    /// Done in this period.
    Done,
    /// Not yet to be done.
    Later,
}

/// Returns when a subject is due. `last_done` is the day of its last visit that counts, `first_seen` the day
/// it came into the registry, `value` gives the subject's values. `None`: never.
pub fn due(
    schedule: &Schedule,
    last_done: Option<NaiveDate>,
    first_seen: NaiveDate,
    value: impl Fn(&str) -> Option<String>,
) -> Option<Due> {
    match schedule {
        Schedule::Month { due_day } => {
            let month = match last_done {
                Some(day) => first_of_next_month(day)?,
                None => first_seen.with_day(1)?,
            };
            Some(Due { opens_on: month, due_on: month.with_day((*due_day).clamp(1, 28))? })
        }
        Schedule::Days { days, by_field, days_by, agreed } => {
            let group = value(by_field);
            let days = group.and_then(|group| days_by.get(&group)).copied().unwrap_or(*days);
            if days == 0 {
                return None;
            }
            let agreed: Option<NaiveDate> = value(agreed).and_then(|day| day.parse().ok());
            if let Some(day) = agreed.filter(|day| last_done.is_none_or(|last| *day > last)) {
                // The day before it is told of.
                return Some(Due { opens_on: day.pred_opt()?, due_on: day });
            }
            let due_on = match last_done {
                Some(day) => day.checked_add_days(Days::new(days.into()))?,
                None => first_seen,
            };
            // A visit a day or two early is on the round; a weekly one opens the day before.
            let lead = u64::from(days / 7).min(7);
            Some(Due { opens_on: due_on.checked_sub_days(Days::new(lead))?, due_on })
        }
    }
}

/// Says where a subject stands on `today`.
pub fn standing(schedule: &Schedule, due: Due, last_done: Option<NaiveDate>, today: NaiveDate) -> Standing {
    if due.due_on < today {
        return Standing::Overdue;
    }
    if due.opens_on <= today {
        return Standing::Left;
    }
    let done_now = match schedule {
        Schedule::Month { .. } => {
            last_done.is_some_and(|day| day.year() == today.year() && day.month() == today.month())
        }
        Schedule::Days { .. } => last_done == Some(today),
    };
    if done_now { Standing::Done } else { Standing::Later }
}

/// Returns the cycle a day belongs to: `2026-11` for a monthly form, empty where visits have no cycle.
pub fn cycle(schedule: Option<&Schedule>, day: NaiveDate) -> String {
    match schedule {
        Some(Schedule::Month { .. }) => format!("{:04}-{:02}", day.year(), day.month()),
        _ => String::new(),
    }
}

fn first_of_next_month(day: NaiveDate) -> Option<NaiveDate> {
    let (year, month) = if day.month() == 12 { (day.year() + 1, 1) } else { (day.year(), day.month() + 1) };
    NaiveDate::from_ymd_opt(year, month, 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_monthly_round() {
        let monthly = Schedule::Month { due_day: 25 };
        for (last, today, expected) in [
            (None, "2026-11-21", Standing::Left),
            (None, "2026-11-26", Standing::Overdue),
            (Some("2026-11-03"), "2026-11-21", Standing::Done),
            (Some("2026-10-30"), "2026-11-21", Standing::Left),
            (Some("2026-09-30"), "2026-11-21", Standing::Overdue),
            (Some("2026-12-31"), "2027-01-01", Standing::Left),
        ] {
            let last = last.map(day);
            let due = due(&monthly, last, day("2026-11-01"), |_| None).unwrap();
            assert_eq!(standing(&monthly, due, last, day(today)), expected, "{last:?} {today}");
        }
        assert_eq!(cycle(Some(&monthly), day("2026-11-03")), "2026-11");
    }

    #[test]
    fn an_interval_by_group() {
        let weekly = Schedule::Days {
            days: 15,
            by_field: "ltc_group".into(),
            days_by: [("4".to_owned(), 4), ("0".to_owned(), 0)].into(),
            agreed: "next_on".into(),
        };
        let last = Some(day("2026-11-17"));
        let at = |group: &str| {
            due(&weekly, last, day("2026-01-01"), |id| (id == "ltc_group").then(|| group.to_owned()))
        };
        assert_eq!(at("4").unwrap().due_on, day("2026-11-21"));
        assert_eq!(at("1").unwrap().due_on, day("2026-12-02"));
        assert_eq!(at("0"), None);
        let due = at("1").unwrap();
        assert_eq!(standing(&weekly, due, last, day("2026-11-17")), Standing::Done);
        assert_eq!(standing(&weekly, due, last, day("2026-11-18")), Standing::Later);
        assert_eq!(standing(&weekly, due, last, day("2026-12-03")), Standing::Overdue);
    }

    #[test]
    fn a_day_that_was_agreed_on_comes_before_the_interval() {
        let rule = Schedule::Days {
            days: 7,
            by_field: String::new(),
            days_by: BTreeMap::new(),
            agreed: "next_on".into(),
        };
        let on = |last: &str, agreed: &str| {
            let value = |id: &str| (id == "next_on").then(|| agreed.to_owned());
            due(&rule, Some(day(last)), day("2026-01-01"), value).unwrap().due_on
        };
        assert_eq!(on("2026-11-17", "2026-11-20"), day("2026-11-20"), "sooner than the interval");
        assert_eq!(on("2026-11-17", "2026-11-26"), day("2026-11-26"), "later, because they are away");
        assert_eq!(on("2026-11-20", "2026-11-20"), day("2026-11-27"), "that visit was made");
        assert_eq!(on("2026-11-17", ""), day("2026-11-24"));
    }
}
