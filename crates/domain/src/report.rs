//! The monthly report of a programme's people: pure, so that every number in it can be checked by hand.

mod course;
mod figures;
mod people;
mod plan;

use crate::change::{Value, Values};
use crate::money::Satang;
use crate::programme::reports::ReportRule;
use crate::programme::{DONE, Programme};
use crate::thai_date;
use chrono::{Months, NaiveDate};
use serde::{Deserialize, Serialize};

/// Somebody, with the visits that count.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Someone {
    /// As the registry names them.
    pub heading: String,
    /// What people call their zone.
    pub zone: String,
    /// Their fields.
    pub values: Values,
    /// Who at work has that zone now, where that is exactly one person.
    pub holder: Option<String>,
    /// Day on which they came into the registry, ISO.
    pub first_day: String,
    /// Their visits, oldest first.
    pub visits: Vec<Visited>,
    /// Orders of the counted kind about them that were opened in the month.
    pub cases: Vec<CaseTold>,
}

/// An order, as a report counts it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CaseTold {
    /// Hours until it was dealt with; `None` while it is open.
    pub hours: Option<f64>,
}

/// A visit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Visited {
    /// The form.
    pub form: String,
    /// The local day, ISO.
    pub day: String,
    /// Who.
    pub by: String,
    /// `done`, or why not.
    pub outcome: String,
    /// The answers.
    pub values: Values,
}

/// A report as tables.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Its heading.
    pub title: String,
    /// Of which time and area.
    pub about: String,
    /// The tables.
    pub tables: Vec<Table>,
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Its heading.
    pub title: String,
    /// The heads of its columns.
    pub heads: Vec<String>,
    /// Its rows.
    pub rows: Vec<Vec<Cell>>,
}

/// A cell of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cell {
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// An amount.
    Money {
        /// In satang.
        satang: Satang,
    },
}

impl Cell {
    /// As it is read.
    pub fn text(&self) -> String {
        match self {
            Cell::Number(number) => number.to_string(),
            Cell::Text(text) => text.clone(),
            Cell::Money { satang } => satang.to_string(),
        }
    }
}

/// Which report is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The month, `2026-11`.
    pub month: &'a str,
    /// The local day on which it is made: nobody is overdue on a day that has not come.
    pub today: NaiveDate,
    /// What people call the area.
    pub about: &'a str,
    /// `th` or `en`.
    pub language: &'a str,
}

fn number(of: usize) -> Cell {
    Cell::Number(of as f64)
}

fn word(text: impl Into<String>) -> Cell {
    Cell::Text(text.into())
}

/// The words of the report, in one language.
struct Words {
    english: bool,
}

impl Words {
    fn pick(&self, thai: &'static str, english: &'static str) -> String {
        if self.english { english } else { thai }.to_owned()
    }

    fn heads(&self, pairs: &[(&'static str, &'static str)]) -> Vec<String> {
        pairs.iter().map(|(thai, english)| self.pick(thai, english)).collect()
    }
}

/// Returns the report of a month.
pub fn monthly(programme: &Programme, rule: &ReportRule, people: &[Someone], wanted: &Wanted<'_>) -> Report {
    let Wanted { month, today, about, language } = *wanted;
    let words = Words { english: language == "en" };
    let first = first_day(month).unwrap_or(today);
    let last = first.checked_add_months(Months::new(1)).and_then(|next| next.pred_opt()).unwrap_or(first);
    let sheet = Sheet { programme, rule, month, first, last, today, language, words: &words };
    let mut tables: Vec<Table> = rule.tables().iter().map(|per| sheet.per(people, per)).collect();
    tables.push(sheet.each(people));
    tables.extend(sheet.groups(people));
    tables.extend(sheet.scores(people));
    tables.extend(sheet.lesions(people));
    tables.extend(sheet.cases(people));
    tables.extend(sheet.others(people));
    let when = format!("{} {}", thai_date::cycle(month), fiscal_year(month, &words));
    Report { title: rule.title.in_language(language).to_owned(), about: format!("{when} · {about}"), tables }
}

fn first_day(month: &str) -> Option<NaiveDate> {
    format!("{month}-01").parse().ok()
}

/// The budget year of a month: it begins in October and is named by the Buddhist year in which it ends.
fn fiscal_year(month: &str, words: &Words) -> String {
    let parts: Vec<i32> = month.split('-').filter_map(|part| part.parse().ok()).collect();
    let [year, month] = parts.as_slice() else { return String::new() };
    let ends = year + 543 + i32::from(*month >= 10);
    format!("({} {ends})", words.pick("ปีงบประมาณ", "budget year"))
}

fn plain(values: &Values, name: &str) -> String {
    match values.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
        Some(other) => other.to_string(),
    }
}

struct Sheet<'a> {
    programme: &'a Programme,
    rule: &'a ReportRule,
    month: &'a str,
    /// The first day of the month.
    first: NaiveDate,
    /// Its last day.
    last: NaiveDate,
    today: NaiveDate,
    language: &'a str,
    words: &'a Words,
}

impl Sheet<'_> {
    fn in_month(&self, day: &str) -> bool {
        day.get(..7) == Some(self.month)
    }

    fn before(&self, day: &str) -> bool {
        day.get(..7).is_some_and(|month| month < self.month)
    }

    /// They did not leave before the month, and came no later.
    fn is_here(&self, one: &Someone) -> bool {
        let came = one.first_day.get(..7).is_none_or(|month| month <= self.month);
        came && !self.left_before(one)
    }

    fn has_ended(&self, one: &Someone) -> bool {
        self.programme.subject.has_ended(|field| Some(plain(&one.values, field)))
    }

    /// Of one that ended without a day it is not known when: they are taken as gone before.
    fn left_before(&self, one: &Someone) -> bool {
        let day = plain(&one.values, &self.rule.ended_on);
        self.has_ended(one) && (day.is_empty() || self.before(&day))
    }

    fn left_now(&self, one: &Someone) -> bool {
        self.has_ended(one) && self.in_month(&plain(&one.values, &self.rule.ended_on))
    }

    /// The last visit with a form that was done by the end of the month.
    fn latest<'p>(&self, one: &'p Someone, form: &str) -> Option<&'p Visited> {
        one.visits.iter().rev().find(|visit| {
            let until = self.in_month(&visit.day) || self.before(&visit.day);
            visit.form == form && visit.outcome == DONE && until
        })
    }

    /// A choice field's label.
    fn label(&self, field: &str, value: &str) -> String {
        let choice = self.programme.field(field).and_then(|field| field.choices.get(value));
        match choice {
            Some(words) => words.in_language(self.language).to_owned(),
            None if value.is_empty() => self.words.pick("ไม่ระบุ", "not known"),
            None => value.to_owned(),
        }
    }
}

/// One decimal is as much as anybody reads.
fn rounded(value: f64) -> Cell {
    Cell::Number((value * 10.0).round() / 10.0)
}

/// So many of so many in per cent; a dash of none.
fn share(part: usize, of: usize) -> Cell {
    if of == 0 { word("-") } else { rounded(part as f64 * 100.0 / of as f64) }
}

#[cfg(test)]
mod tests;
