//! Figures of areas and of people at work: what each line of a table counts, and to whom it belongs.

use super::{Cell, Sheet, Someone, Table, Visited, number, plain, rounded, share, word};
use crate::money::Satang;
use crate::programme::DONE;
use crate::programme::reports::{By, Figure, PerRule};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// What is counted of one line.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Tally {
    people: usize,
    seen: usize,
    pub(super) due: usize,
    pub(super) done: usize,
    /// Done visits that were planned.
    counted: usize,
    beyond: usize,
    pub(super) not_done: usize,
    /// Done visits that followed another, and those of them that came in time.
    followed: usize,
    in_time: usize,
    overdue: usize,
    urgent: usize,
    planned_items: usize,
    done_items: usize,
    raised: usize,
    answered: usize,
    hours: f64,
    better: usize,
    same: usize,
    worse: usize,
    lesions_new: usize,
    lesions_healed: usize,
    budget: Satang,
}

impl Tally {
    fn add(&mut self, other: &Tally) {
        self.people += other.people;
        self.seen += other.seen;
        self.due += other.due;
        self.done += other.done;
        self.counted += other.counted;
        self.beyond += other.beyond;
        self.not_done += other.not_done;
        self.followed += other.followed;
        self.in_time += other.in_time;
        self.overdue += other.overdue;
        self.urgent += other.urgent;
        self.planned_items += other.planned_items;
        self.done_items += other.done_items;
        self.raised += other.raised;
        self.answered += other.answered;
        self.hours += other.hours;
        self.better += other.better;
        self.same += other.same;
        self.worse += other.worse;
        self.lesions_new += other.lesions_new;
        self.lesions_healed += other.lesions_healed;
        self.budget += other.budget;
    }

    /// Planned visits that nobody made.
    pub(super) fn missing(&self) -> usize {
        self.due - self.counted
    }

    fn cell(&self, figure: Figure) -> Cell {
        match figure {
            Figure::People => number(self.people),
            Figure::Seen => number(self.seen),
            Figure::Due => number(self.due),
            Figure::Done => number(self.done),
            Figure::Missing => number(self.missing()),
            Figure::Beyond => number(self.beyond),
            Figure::NotDone => number(self.not_done),
            Figure::Share => share(self.counted, self.due),
            Figure::OnTime => share(self.in_time, self.followed),
            Figure::Overdue => number(self.overdue),
            Figure::Urgent => number(self.urgent),
            Figure::Items if self.planned_items == 0 => word("-"),
            Figure::Items => word(format!("{}/{}", self.done_items, self.planned_items)),
            Figure::Raised => number(self.raised),
            Figure::Answered => number(self.answered),
            Figure::Hours if self.answered == 0 => word("-"),
            Figure::Hours => rounded(self.hours / self.answered as f64),
            Figure::Better => number(self.better),
            Figure::Same => number(self.same),
            Figure::Worse => number(self.worse),
            Figure::LesionsNew => number(self.lesions_new),
            Figure::LesionsHealed => number(self.lesions_healed),
            Figure::Budget => Cell::Money { satang: self.budget },
        }
    }
}

/// The head of a column.
fn head(figure: Figure, by: By) -> (&'static str, &'static str) {
    match (figure, by) {
        (Figure::People, By::Zone) => ("คน", "People"),
        (Figure::People, By::Author) => ("คนในความดูแล", "In their care"),
        (Figure::Seen, _) => ("เยี่ยมกี่คน", "People seen"),
        (Figure::Due, _) => ("ต้องเยี่ยม", "Due"),
        (Figure::Done, _) => ("เยี่ยมแล้ว", "Done"),
        (Figure::Missing, _) => ("ขาด", "Missing"),
        (Figure::Beyond, _) => ("นอกแผน", "Unplanned"),
        (Figure::NotDone, _) => ("ไปแล้วไม่พบ", "Not done"),
        (Figure::Share, _) => ("ร้อยละ", "Per cent"),
        (Figure::OnTime, _) => ("ตรงเวลา (ร้อยละ)", "On time, per cent"),
        (Figure::Overdue, _) => ("เลยกำหนด (คน)", "Overdue, people"),
        (Figure::Urgent, _) => ("เรื่องเร่งด่วน", "Urgent"),
        (Figure::Items, _) => ("กิจกรรมตามแผน", "Items of the plan"),
        (Figure::Raised, _) => ("เรื่องที่ต้องตอบ", "To be answered"),
        (Figure::Answered, _) => ("ตอบแล้ว", "Answered"),
        (Figure::Hours, _) => ("ชั่วโมงเฉลี่ย", "Mean hours"),
        (Figure::Better, _) => ("คะแนนดีขึ้น", "Score rose"),
        (Figure::Same, _) => ("คะแนนเท่าเดิม", "Score stayed"),
        (Figure::Worse, _) => ("คะแนนแย่ลง", "Score fell"),
        (Figure::LesionsNew, _) => ("แผลใหม่", "New sores"),
        (Figure::LesionsHealed, _) => ("แผลหาย", "Healed sores"),
        (Figure::Budget, _) => ("งบตามแผน (บาท)", "Planned budget, baht"),
    }
}

impl Sheet<'_> {
    /// A table with a line for each area or each person at work, and one for all.
    pub(super) fn per(&self, people: &[Someone], rule: &PerRule) -> Table {
        let mut by: BTreeMap<String, Tally> = BTreeMap::new();
        let mut all = Tally::default();
        for one in people {
            let mut whole = Tally::default();
            for (line, tally) in self.tallies(one, rule.by) {
                whole.add(&tally);
                by.entry(line).or_default().add(&tally);
            }
            // Whom two of them saw is one person.
            whole.seen = whole.seen.min(1);
            all.add(&whole);
        }
        by.retain(|_, tally| *tally != Tally::default());
        let row = |name: String, tally: &Tally| -> Vec<Cell> {
            [word(name)].into_iter().chain(rule.columns.iter().map(|figure| tally.cell(*figure))).collect()
        };
        let mut lines: Vec<(String, Tally)> = by.into_iter().collect();
        // As people count: area 2 before area 10.
        lines.sort_by_cached_key(|(name, _)| crate::text::sort_key(name));
        let mut rows: Vec<Vec<Cell>> = lines.into_iter().map(|(name, tally)| row(name, &tally)).collect();
        rows.push(row(self.words.pick("รวม", "All"), &all));
        let first = match rule.by {
            By::Zone => self.words.pick("เขต", "Area"),
            By::Author => self.words.pick("ชื่อ", "Name"),
        };
        let heads = rule.columns.iter().map(|figure| {
            let (thai, english) = head(*figure, rule.by);
            self.words.pick(thai, english)
        });
        Table {
            title: rule.title.in_language(self.language).to_owned(),
            heads: [first].into_iter().chain(heads).collect(),
            rows,
        }
    }

    /// What somebody adds to which line. What is planned for them, and how they fare, goes to whose person they are; a visit
    /// goes to whoever made it.
    fn tallies(&self, one: &Someone, by: By) -> BTreeMap<String, Tally> {
        let home = match by {
            By::Zone => one.zone.clone(),
            By::Author => self.keeper(one),
        };
        let line = |visit: &Visited| match by {
            By::Author if !visit.by.is_empty() => visit.by.clone(),
            _ => home.clone(),
        };
        let mut lines: BTreeMap<String, Tally> = BTreeMap::new();
        let planned = self.quota(one);
        let mut done = 0;
        for visit in self.visits(one) {
            let tally = lines.entry(line(visit)).or_default();
            tally.seen = 1;
            if visit.outcome == DONE {
                done += 1;
                tally.done += 1;
                tally.beyond += usize::from(done > planned);
            } else {
                tally.not_done += 1;
            }
        }
        for (visit, in_time) in self.followed(one) {
            let tally = lines.entry(line(visit)).or_default();
            tally.followed += 1;
            tally.in_time += usize::from(in_time);
        }
        for visit in one.visits.iter().filter(|visit| self.in_month(&visit.day) && self.urgent(visit)) {
            lines.entry(line(visit)).or_default().urgent += 1;
        }
        let tally = lines.entry(home).or_default();
        tally.due += planned;
        tally.counted += done.min(planned);
        tally.raised += one.cases.len();
        for hours in one.cases.iter().filter_map(|case| case.hours) {
            tally.answered += 1;
            tally.hours += hours;
        }
        if self.is_here(one) {
            tally.people += usize::from(planned > 0 || self.visits(one).next().is_some());
            self.fares(one, tally);
        }
        lines
    }

    /// How somebody who is here fares.
    fn fares(&self, one: &Someone, tally: &mut Tally) {
        tally.overdue += usize::from(self.days_overdue(one).is_some());
        let (planned, done) = self.items(one);
        tally.planned_items += planned;
        tally.done_items += done;
        match self.score_change(one) {
            Some(Ordering::Greater) => tally.better += 1,
            Some(Ordering::Equal) => tally.same += 1,
            Some(Ordering::Less) => tally.worse += 1,
            None => {}
        }
        if let Some(rule) = &self.rule.lesions {
            let lesions = self.lesions_of(rule, one);
            tally.lesions_new += lesions.new.len();
            tally.lesions_healed += lesions.healed.len();
        }
        let budget = self.planned(one, |plan| &plan.budget);
        tally.budget += budget.and_then(|baht| Satang::read(&baht)).unwrap_or_default();
    }

    /// One line of its own for somebody.
    pub(super) fn tally(&self, one: &Someone) -> Tally {
        let mut whole = Tally::default();
        self.tallies(one, By::Zone).values().for_each(|tally| whole.add(tally));
        whole
    }

    /// Whose person somebody is in the month: of those who visited them in it who has the area now, else who came most often;
    /// of a month without a visit who has the area now, else who came last.
    pub(super) fn keeper(&self, one: &Someone) -> String {
        let mut times: BTreeMap<&str, usize> = BTreeMap::new();
        for visit in self.visits(one).filter(|visit| !visit.by.is_empty()) {
            *times.entry(&visit.by).or_default() += 1;
        }
        let holder = one.holder.as_deref();
        let most = times.iter().max_by_key(|(_, times)| **times).map(|(name, _)| *name);
        let known = holder.filter(|name| times.is_empty() || times.contains_key(name)).or(most);
        let latest = || self.latest(one, &self.rule.form).map(|visit| visit.by.as_str());
        let name = known.or_else(latest).filter(|name| !name.is_empty());
        name.map_or_else(|| self.words.pick("ยังไม่มีผู้ดูแล", "nobody yet"), str::to_owned)
    }

    /// Visits of the month with the counted form.
    fn visits<'p>(&'p self, one: &'p Someone) -> impl Iterator<Item = &'p Visited> {
        one.visits.iter().filter(|visit| visit.form == self.rule.form && self.in_month(&visit.day))
    }

    fn urgent(&self, visit: &Visited) -> bool {
        let question = self.rule.urgent.get(&visit.form);
        question.is_some_and(|question| !plain(&visit.values, question).is_empty())
    }
}
