//! Everybody who is to be visited, each on a line.

use super::{Cell, Sheet, Someone, Table, number, plain, word};
use crate::programme::FieldType;
use crate::thai_date;
use chrono::{Datelike, NaiveDate};

impl Sheet<'_> {
    /// One line for everybody who is to be visited, whoever lacks most on top.
    pub(super) fn each(&self, people: &[Someone]) -> Table {
        let words = self.words;
        let mut rows: Vec<(usize, Vec<Cell>)> = Vec::new();
        for one in people.iter().filter(|one| self.is_here(one)) {
            let tally = self.tally(one);
            if tally.due + tally.done + tally.not_done == 0 {
                continue;
            }
            let mut row = vec![word(one.heading.clone()), word(one.zone.clone()), word(self.keeper(one))];
            if !self.rule.born.is_empty() {
                row.push(self.age(one));
            }
            row.extend(self.rule.beside.iter().map(|field| self.told(one, field)));
            let (planned, performed) = self.items(one);
            let last = self.latest(one, &self.rule.form).filter(|visit| !visit.day.is_empty());
            row.extend([
                word(self.label(&self.rule.group, &plain(&one.values, &self.rule.group))),
                number(tally.done),
                number(tally.due),
                number(tally.missing()),
                self.days_overdue(one).map_or_else(|| word(""), |days| Cell::Number(days as f64)),
                if planned == 0 { word("-") } else { word(format!("{performed}/{planned}")) },
                word(last.map(|visit| thai_date::of_any_precision(&visit.day)).unwrap_or_default()),
            ]);
            rows.push((tally.missing(), row));
        }
        rows.sort_by_key(|(lacks, _)| std::cmp::Reverse(*lacks));
        let mut heads = words.heads(&[("ชื่อ", "Name"), ("เขต", "Area"), ("ผู้ดูแล", "Visited by")]);
        if !self.rule.born.is_empty() {
            heads.push(words.pick("อายุ", "Age"));
        }
        heads.extend(self.rule.beside.iter().map(|id| {
            let field = self.programme.field(id);
            field.map_or(id.as_str(), |field| field.title.in_language(self.language)).to_owned()
        }));
        heads.extend(words.heads(&[
            ("กลุ่ม", "Group"),
            ("เยี่ยมแล้ว", "Done"),
            ("ต้องเยี่ยม", "Due"),
            ("ขาด", "Missing"),
            ("เลยกำหนด (วัน)", "Days overdue"),
            ("กิจกรรมตามแผน", "Items of the plan"),
            ("เยี่ยมล่าสุด", "Last visit"),
        ]));
        Table {
            title: words.pick("รายคน ขาดมากอยู่บน", "Each person, whoever lacks most on top"),
            heads,
            rows: rows.into_iter().map(|(_, row)| row).collect(),
        }
    }

    /// A field of somebody as people read it; nothing where nothing is written.
    fn told(&self, one: &Someone, field: &str) -> Cell {
        let value = plain(&one.values, field);
        let is_day = self.programme.field(field).is_some_and(|field| field.kind == FieldType::Date);
        match value.as_str() {
            "" => word(""),
            day if is_day => word(thai_date::of_any_precision(day)),
            other => word(self.label(field, other)),
        }
    }

    /// Full years of somebody at the end of the month, as far as the day of birth is known; nothing where it is not.
    fn age(&self, one: &Someone) -> Cell {
        let born = plain(&one.values, &self.rule.born);
        let mut parts = born.split('-').map(|part| part.parse::<i32>().ok());
        let Some(Some(year)) = parts.next() else { return word("") };
        // Of whom only the year is known the birthday counts as past, as offices here reckon it.
        let month = parts.next().flatten().and_then(|month| u32::try_from(month).ok()).unwrap_or(1);
        let day = parts.next().flatten().and_then(|day| u32::try_from(day).ok()).unwrap_or(1);
        let end: NaiveDate = self.last.min(self.today);
        let to_come = (end.month(), end.day()) < (month, day);
        Cell::Number(f64::from((end.year() - year - i32::from(to_come)).max(0)))
    }
}
