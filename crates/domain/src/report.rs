//! The monthly report of a programme's people: pure, so that every number in it can be checked by hand.

use crate::change::{Value, Values};
use crate::programme::reports::ReportRule;
use crate::programme::{DONE, Programme};
use crate::thai_date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Somebody, with the visits that count.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Someone {
    /// As the registry names them.
    pub heading: String,
    /// What people call their zone.
    pub zone: String,
    /// Their fields.
    pub values: Values,
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
}

impl Cell {
    /// As it is read.
    pub fn text(&self) -> String {
        match self {
            Cell::Number(number) => number.to_string(),
            Cell::Text(text) => text.clone(),
        }
    }
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

/// What is counted of one zone or one person at work.
#[derive(Default)]
struct Tally {
    people: usize,
    quota: usize,
    done: usize,
    counted: usize,
    beyond: usize,
    not_done: usize,
    urgent: usize,
}

/// Returns the report of a month (`2026-11`). `about` says of which area.
pub fn monthly(
    programme: &Programme,
    rule: &ReportRule,
    people: &[Someone],
    month: &str,
    about: &str,
    language: &str,
) -> Report {
    let words = Words { english: language == "en" };
    let sheet = Sheet { programme, rule, month, language, words: &words };
    let mut tables = vec![sheet.zones(people), sheet.workers(people), sheet.each(people)];
    tables.extend(sheet.groups(people));
    tables.extend(sheet.scores(people));
    tables.extend(sheet.lesions(people));
    tables.extend(sheet.cases(people));
    tables.extend(sheet.others(people));
    let when = format!("{} {}", thai_date::cycle(month), fiscal_year(month, &words));
    Report { title: rule.title.in_language(language).to_owned(), about: format!("{when} · {about}"), tables }
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

    /// Visits of the month with the counted form.
    fn visits<'p>(&'p self, one: &'p Someone) -> impl Iterator<Item = &'p Visited> {
        one.visits.iter().filter(|visit| visit.form == self.rule.form && self.in_month(&visit.day))
    }

    fn quota(&self, one: &Someone) -> usize {
        let value = plain(&one.values, &self.rule.quota_by);
        let quota = self.rule.quota.get(&value).copied().unwrap_or(0);
        if self.is_here(one) { quota as usize } else { 0 }
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

    fn urgent(&self, visit: &Visited) -> bool {
        let question = self.rule.urgent.get(&visit.form);
        question.is_some_and(|question| !plain(&visit.values, question).is_empty())
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

    fn tally(&self, one: &Someone) -> Tally {
        let done = self.visits(one).filter(|visit| visit.outcome == DONE).count();
        let quota = self.quota(one);
        Tally {
            people: 1,
            quota,
            done,
            counted: done.min(quota),
            beyond: done.saturating_sub(quota),
            not_done: self.visits(one).filter(|visit| visit.outcome != DONE).count(),
            urgent: one.visits.iter().filter(|v| self.in_month(&v.day) && self.urgent(v)).count(),
        }
    }

    /// Visits against the quota, by area.
    fn zones(&self, people: &[Someone]) -> Table {
        let mut by: BTreeMap<&str, Tally> = BTreeMap::new();
        let mut all = Tally::default();
        for one in people.iter().filter(|one| self.is_here(one)) {
            let tally = self.tally(one);
            if tally.quota + tally.done + tally.not_done == 0 {
                continue;
            }
            for sum in [by.entry(&one.zone).or_default(), &mut all] {
                sum.people += tally.people;
                sum.quota += tally.quota;
                sum.done += tally.done;
                sum.counted += tally.counted;
                sum.beyond += tally.beyond;
                sum.not_done += tally.not_done;
                sum.urgent += tally.urgent;
            }
        }
        let row = |name: &str, tally: &Tally| {
            let share = match tally.quota {
                0 => word("-"),
                quota => Cell::Number((tally.counted as f64 * 1000.0 / quota as f64).round() / 10.0),
            };
            vec![
                word(name),
                number(tally.people),
                number(tally.quota),
                number(tally.done),
                number(tally.quota - tally.counted),
                number(tally.beyond),
                number(tally.not_done),
                share,
                number(tally.urgent),
            ]
        };
        let mut rows: Vec<Vec<Cell>> = by.iter().map(|(name, tally)| row(name, tally)).collect();
        rows.push(row(&self.words.pick("รวม", "All"), &all));
        Table {
            title: self.words.pick("เยี่ยมเทียบกับเกณฑ์ รายเขต", "Visits against the quota, by area"),
            heads: self.words.heads(&[
                ("เขต", "Area"),
                ("คน", "People"),
                ("ต้องเยี่ยม", "Due"),
                ("เยี่ยมแล้ว", "Done"),
                ("ขาด", "Missing"),
                ("เกินเกณฑ์", "Beyond"),
                ("ไปแล้วไม่พบ", "Not done"),
                ("ร้อยละ", "Per cent"),
                ("เรื่องเร่งด่วน", "Urgent"),
            ]),
            rows,
        }
    }

    /// What each person at work did.
    fn workers(&self, people: &[Someone]) -> Table {
        let mut by: BTreeMap<&str, (Tally, BTreeSet<usize>)> = BTreeMap::new();
        for (at, one) in people.iter().enumerate() {
            for visit in self.visits(one) {
                let (tally, seen) = by.entry(&visit.by).or_default();
                seen.insert(at);
                tally.done += usize::from(visit.outcome == DONE);
                tally.not_done += usize::from(visit.outcome != DONE);
                tally.urgent += usize::from(self.urgent(visit));
            }
        }
        let rows = by
            .iter()
            .map(|(name, (tally, seen))| {
                vec![
                    word(*name),
                    number(seen.len()),
                    number(tally.done),
                    number(tally.not_done),
                    number(tally.urgent),
                ]
            })
            .collect();
        Table {
            title: self.words.pick("รายผู้ปฏิบัติงาน", "By person at work"),
            heads: self.words.heads(&[
                ("ชื่อ", "Name"),
                ("เยี่ยมกี่คน", "People seen"),
                ("เยี่ยมแล้ว", "Done"),
                ("ไปแล้วไม่พบ", "Not done"),
                ("เรื่องเร่งด่วน", "Urgent"),
            ]),
            rows,
        }
    }

    /// One line for everybody who is to be visited, whoever lacks most on top.
    fn each(&self, people: &[Someone]) -> Table {
        let mut rows: Vec<(usize, Vec<Cell>)> = Vec::new();
        for one in people.iter().filter(|one| self.is_here(one)) {
            let tally = self.tally(one);
            if tally.quota + tally.done + tally.not_done == 0 {
                continue;
            }
            let last =
                one.visits.iter().rev().find(|visit| {
                    visit.form == self.rule.form && visit.outcome == DONE && !visit.day.is_empty()
                });
            let (planned, performed) = self.items(one);
            let items = match planned {
                0 => word("-"),
                _ => word(format!("{performed}/{planned}")),
            };
            rows.push((
                tally.quota - tally.counted,
                vec![
                    word(one.heading.clone()),
                    word(one.zone.clone()),
                    word(self.label(&self.rule.group, &plain(&one.values, &self.rule.group))),
                    number(tally.done),
                    number(tally.quota),
                    number(tally.quota - tally.counted),
                    items,
                    word(last.map(|visit| thai_date::of_any_precision(&visit.day)).unwrap_or_default()),
                ],
            ));
        }
        rows.sort_by_key(|(lacks, _)| std::cmp::Reverse(*lacks));
        Table {
            title: self.words.pick("รายคน ขาดมากอยู่บน", "Each person, whoever lacks most on top"),
            heads: self.words.heads(&[
                ("ชื่อ", "Name"),
                ("เขต", "Area"),
                ("กลุ่ม", "Group"),
                ("เยี่ยมแล้ว", "Done"),
                ("ต้องเยี่ยม", "Due"),
                ("ขาด", "Missing"),
                ("กิจกรรมตามแผน", "Items of the plan"),
                ("เยี่ยมล่าสุด", "Last visit"),
            ]),
            rows: rows.into_iter().map(|(_, row)| row).collect(),
        }
    }

    /// How many kinds of care the plan asks for, and how many of them were done in the month.
    fn items(&self, one: &Someone) -> (usize, usize) {
        let Some(rule) = &self.rule.items else { return (0, 0) };
        let until = |day: &str| self.in_month(day) || self.before(day);
        let plan = one
            .visits
            .iter()
            .rev()
            .find(|visit| visit.form == rule.form && visit.outcome == DONE && until(&visit.day));
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

    /// Who was there at the beginning, who came, who left and why, who is there at the end.
    fn groups(&self, people: &[Someone]) -> Option<Table> {
        if self.rule.group.is_empty() {
            return None;
        }
        let mut reasons: BTreeSet<String> = BTreeSet::new();
        let mut by: BTreeMap<String, (usize, usize, BTreeMap<String, usize>)> = BTreeMap::new();
        for one in people {
            let came_now = self.in_month(&one.first_day);
            if self.left_before(one) || !(came_now || self.before(&one.first_day)) {
                continue;
            }
            let (start, new, left) = by.entry(plain(&one.values, &self.rule.group)).or_default();
            *start += usize::from(!came_now);
            *new += usize::from(came_now);
            if self.left_now(one) {
                let why = self.label(&self.rule.ended_why, &plain(&one.values, &self.rule.ended_why));
                reasons.insert(why.clone());
                *left.entry(why).or_default() += 1;
            }
        }
        let mut heads = self.words.heads(&[("กลุ่ม", "Group"), ("ต้นเดือน", "At the start"), ("ใหม่", "New")]);
        heads.extend(reasons.iter().map(|why| format!("{} {why}", self.words.pick("จำหน่าย", "Left:"))));
        heads.push(self.words.pick("สิ้นเดือน", "At the end"));
        let rows = by
            .into_iter()
            .map(|(group, (start, new, left))| {
                let gone: usize = left.values().sum();
                let mut row = vec![word(self.label(&self.rule.group, &group)), number(start), number(new)];
                row.extend(reasons.iter().map(|why| number(left.get(why).copied().unwrap_or(0))));
                row.push(number(start + new - gone));
                row
            })
            .collect();
        Some(Table {
            title: self.words.pick("จำนวนคนตามกลุ่ม", "People by group"), heads, rows
        })
    }

    /// The twelve months that end with this one, ISO.
    fn year(&self) -> Vec<String> {
        let parts: Vec<i32> = self.month.split('-').filter_map(|part| part.parse().ok()).collect();
        let [year, month] = parts.as_slice() else { return Vec::new() };
        let last = year * 12 + month - 1;
        (last - 11..=last)
            .map(|at| format!("{:04}-{:02}", at.div_euclid(12), at.rem_euclid(12) + 1))
            .collect()
    }

    /// The score month by month, and whether it rose or fell.
    fn scores(&self, people: &[Someone]) -> Vec<Table> {
        let Some(rule) = &self.rule.score else { return Vec::new() };
        let title = rule.title.in_language(self.language);
        let months = self.year();
        let (mut better, mut same, mut worse) = (0, 0, 0);
        let mut rows = Vec::new();
        for one in people.iter().filter(|one| self.is_here(one)) {
            let scores: Vec<(&str, f64)> = one
                .visits
                .iter()
                .filter(|visit| visit.form == rule.form && visit.outcome == DONE)
                .filter_map(|visit| {
                    Some((visit.day.get(..7)?, plain(&visit.values, &rule.question).parse().ok()?))
                })
                .collect();
            let last_in =
                |month: &str| scores.iter().rev().find(|(at, _)| *at == month).map(|(_, score)| *score);
            let earlier = scores.iter().rev().find(|(at, _)| *at < self.month).map(|(_, score)| *score);
            if let (Some(now), Some(then)) = (last_in(self.month), earlier) {
                match now.total_cmp(&then) {
                    std::cmp::Ordering::Greater => better += 1,
                    std::cmp::Ordering::Equal => same += 1,
                    std::cmp::Ordering::Less => worse += 1,
                }
            }
            let line: Vec<Option<f64>> = months.iter().map(|month| last_in(month)).collect();
            if line.iter().any(Option::is_some) && self.quota(one) > 0 {
                let mut row = vec![word(one.heading.clone())];
                row.extend(line.into_iter().map(|score| score.map_or_else(|| word(""), Cell::Number)));
                rows.push(row);
            }
        }
        let mut heads = vec![self.words.pick("ชื่อ", "Name")];
        heads.extend(months.iter().map(|month| thai_date::cycle(month)));
        vec![
            Table {
                title: format!("{title}: {}", self.words.pick("เทียบกับครั้งก่อน", "against the time before")),
                heads: self.words.heads(&[("ดีขึ้น", "Better"), ("เท่าเดิม", "The same"), ("แย่ลง", "Worse")]),
                rows: vec![vec![number(better), number(same), number(worse)]],
            },
            Table {
                title: format!("{title}: {}", self.words.pick("รายเดือน", "by month")), heads, rows
            },
        ]
    }

    /// Repeated answers by a choice: at the last visit of the month, and at the last one before it.
    fn lesions(&self, people: &[Someone]) -> Option<Table> {
        let rule = self.rule.lesions.as_ref()?;
        let mut by: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        for one in people.iter().filter(|one| self.is_here(one)) {
            let count = |visit: &Visited, into: &mut dyn FnMut(String)| {
                let Some(Value::Array(rows)) = visit.values.get(&rule.repeat) else { return };
                for row in rows.iter().filter_map(|row| row.get(&rule.by)).filter_map(Value::as_str) {
                    into(row.to_owned());
                }
            };
            let of_form = |visit: &&Visited| visit.form == rule.form && visit.outcome == DONE;
            let now = one.visits.iter().rev().filter(of_form).find(|visit| self.in_month(&visit.day));
            let then = one.visits.iter().rev().filter(of_form).find(|visit| self.before(&visit.day));
            if let Some(then) = then {
                count(then, &mut |by_what| by.entry(by_what).or_default().0 += 1);
            }
            // Whoever was not visited still has them, as far as anybody knows.
            if let Some(now) = now.or(then) {
                count(now, &mut |by_what| by.entry(by_what).or_default().1 += 1);
            }
        }
        let rows =
            by.into_iter().map(|(by, (then, now))| vec![word(by), number(then), number(now)]).collect();
        Some(Table {
            title: rule.title.in_language(self.language).to_owned(),
            heads: self.words.heads(&[
                ("ระดับ", "Stage"),
                ("ก่อนเดือนนี้", "Before the month"),
                ("ล่าสุด", "Latest"),
            ]),
            rows,
        })
    }

    /// Orders that were opened in the month, and how soon they were dealt with.
    fn cases(&self, people: &[Someone]) -> Option<Table> {
        let kind = self.programme.order(&self.rule.cases)?;
        let all = people.iter().flat_map(|one| &one.cases);
        let raised = all.clone().count();
        let hours: Vec<f64> = all.filter_map(|case| case.hours).collect();
        let round = |hours: f64| Cell::Number((hours * 10.0).round() / 10.0);
        let longest = hours.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let (mean, longest) = match hours.is_empty() {
            true => (word("-"), word("-")),
            false => (round(hours.iter().sum::<f64>() / hours.len() as f64), round(longest)),
        };
        Some(Table {
            title: kind.title.in_language(self.language).to_owned(),
            heads: self.words.heads(&[
                ("เกิดในเดือน", "Raised"),
                ("ตอบแล้ว", "Answered"),
                ("ยังไม่ตอบ", "Open"),
                ("ชั่วโมงเฉลี่ย", "Mean hours"),
                ("นานที่สุด (ชั่วโมง)", "Longest, hours"),
            ]),
            rows: vec![vec![
                number(raised),
                number(hours.len()),
                number(raised - hours.len()),
                mean,
                longest,
            ]],
        })
    }

    /// Of some fields, how many people have something written in them.
    fn others(&self, people: &[Someone]) -> Option<Table> {
        let none = ["", "ไม่มี", "false"];
        let rows: Vec<Vec<Cell>> = self
            .rule
            .has
            .iter()
            .filter_map(|id| {
                let here = people.iter().filter(|one| self.is_here(one));
                let count = here.filter(|one| !none.contains(&plain(&one.values, id).as_str())).count();
                Some(vec![word(self.programme.field(id)?.title.in_language(self.language)), number(count)])
            })
            .collect();
        (!rows.is_empty()).then(|| Table {
            title: self.words.pick("อื่น ๆ", "Others"),
            heads: self.words.heads(&[("เรื่อง", "What"), ("คน", "People")]),
            rows,
        })
    }
}

#[cfg(test)]
mod tests;
