//! How people fare: who came and left, the score from month to month, lesions, cases, and what else is counted of them.

use super::{Cell, Sheet, Someone, Table, Visited, number, plain, rounded, word};
use crate::change::Value;
use crate::programme::DONE;
use crate::programme::reports::{LesionRule, ScoreRule};
use crate::thai_date;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// What became of the lesions of one person, each told by its stage.
#[derive(Default)]
pub(super) struct Lesions {
    /// As they were at the last visit before the month.
    before: Vec<String>,
    /// As they are.
    now: Vec<String>,
    /// Those of a place where there was none.
    pub(super) new: Vec<String>,
    /// Those whose place is whole again.
    pub(super) healed: Vec<String>,
}

impl Sheet<'_> {
    /// Who was there at the beginning, who came, who left and why, who is there at the end.
    pub(super) fn groups(&self, people: &[Someone]) -> Option<Table> {
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

    /// The scores of somebody, oldest first: the month, and the score.
    fn scores_of<'p>(&self, rule: &ScoreRule, one: &'p Someone) -> Vec<(&'p str, f64)> {
        one.visits
            .iter()
            .filter(|visit| visit.form == rule.form && visit.outcome == DONE)
            .filter_map(|visit| {
                Some((visit.day.get(..7)?, plain(&visit.values, &rule.question).parse().ok()?))
            })
            .collect()
    }

    /// Whether somebody's score rose or fell in the month against the time before. `None`: it was not taken twice.
    pub(super) fn score_change(&self, one: &Someone) -> Option<Ordering> {
        let scores = self.scores_of(self.rule.score.as_ref()?, one);
        let now = scores.iter().rev().find(|(month, _)| *month == self.month)?;
        let then = scores.iter().rev().find(|(month, _)| *month < self.month)?;
        Some(now.1.total_cmp(&then.1))
    }

    /// The score month by month, and whether it rose or fell.
    pub(super) fn scores(&self, people: &[Someone]) -> Vec<Table> {
        let Some(rule) = &self.rule.score else { return Vec::new() };
        let title = rule.title.in_language(self.language);
        let months = self.year();
        let (mut better, mut same, mut worse) = (0, 0, 0);
        let mut rows = Vec::new();
        for one in people.iter().filter(|one| self.is_here(one)) {
            match self.score_change(one) {
                Some(Ordering::Greater) => better += 1,
                Some(Ordering::Equal) => same += 1,
                Some(Ordering::Less) => worse += 1,
                None => {}
            }
            let scores = self.scores_of(rule, one);
            let last_in =
                |month: &str| scores.iter().rev().find(|(at, _)| *at == month).map(|(_, score)| *score);
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

    /// The lesions of somebody at the last visit of the month against the last one before it. Whoever was not visited still
    /// has them, as far as anybody knows.
    pub(super) fn lesions_of(&self, rule: &LesionRule, one: &Someone) -> Lesions {
        let of_form = |visit: &&Visited| visit.form == rule.form && visit.outcome == DONE;
        let now = one.visits.iter().rev().filter(of_form).find(|visit| self.in_month(&visit.day));
        let then = one.visits.iter().rev().filter(of_form).find(|visit| self.before(&visit.day));
        let (before, after) = (by_site(rule, then), by_site(rule, now.or(then)));
        let flat = |sites: &BTreeMap<&str, Vec<&str>>| -> Vec<String> {
            sites.values().flatten().map(|stage| (*stage).to_owned()).collect()
        };
        let mut told = Lesions { before: flat(&before), now: flat(&after), ..Lesions::default() };
        let sites: BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
        for site in sites {
            let mut gone = before.get(site).cloned().unwrap_or_default();
            let mut new = after.get(site).cloned().unwrap_or_default();
            // One of the same stage is the same one; of the others as many as there were before have changed their stage.
            new.retain(|stage| match gone.iter().position(|was| was == stage) {
                Some(at) => {
                    gone.remove(at);
                    false
                }
                None => true,
            });
            let changed = gone.len().min(new.len());
            told.new.extend(new.into_iter().skip(changed).map(str::to_owned));
            told.healed.extend(gone.into_iter().skip(changed).map(str::to_owned));
        }
        told
    }

    /// Lesions by a choice: before the month and now, and those that came and went.
    pub(super) fn lesions(&self, people: &[Someone]) -> Option<Table> {
        let rule = self.rule.lesions.as_ref()?;
        let mut by: BTreeMap<String, [usize; 4]> = BTreeMap::new();
        for one in people.iter().filter(|one| self.is_here(one)) {
            let Lesions { before, now, new, healed } = self.lesions_of(rule, one);
            for (column, stages) in [before, now, new, healed].into_iter().enumerate() {
                for stage in stages {
                    if let Some(count) = by.entry(stage).or_default().get_mut(column) {
                        *count += 1;
                    }
                }
            }
        }
        let row = |(stage, counts): (String, [usize; 4])| {
            [word(stage)].into_iter().chain(counts.map(number)).collect::<Vec<Cell>>()
        };
        Some(Table {
            title: rule.title.in_language(self.language).to_owned(),
            heads: self.words.heads(&[
                ("ระดับ", "Stage"),
                ("ก่อนเดือนนี้", "Before the month"),
                ("ล่าสุด", "Latest"),
                ("แผลใหม่", "New"),
                ("แผลหาย", "Healed"),
            ]),
            rows: by.into_iter().map(row).collect(),
        })
    }

    /// Orders that were opened in the month, and how soon they were dealt with.
    pub(super) fn cases(&self, people: &[Someone]) -> Option<Table> {
        let kind = self.programme.order(&self.rule.cases)?;
        let all = people.iter().flat_map(|one| &one.cases);
        let raised = all.clone().count();
        let hours: Vec<f64> = all.filter_map(|case| case.hours).collect();
        let longest = hours.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let (mean, longest) = match hours.is_empty() {
            true => (word("-"), word("-")),
            false => (rounded(hours.iter().sum::<f64>() / hours.len() as f64), rounded(longest)),
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
    pub(super) fn others(&self, people: &[Someone]) -> Option<Table> {
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

/// The stages of a visit's lesions by where they are; of no visit none.
fn by_site<'v>(rule: &LesionRule, visit: Option<&'v Visited>) -> BTreeMap<&'v str, Vec<&'v str>> {
    let mut sites: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let rows = visit.and_then(|visit| visit.values.get(&rule.repeat)).and_then(Value::as_array);
    for row in rows.into_iter().flatten() {
        let text = |name: &str| row.get(name).and_then(Value::as_str);
        if let Some(stage) = text(&rule.by) {
            sites.entry(text(&rule.site).unwrap_or_default()).or_default().push(stage);
        }
    }
    sites
}
