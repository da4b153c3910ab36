//! Who owes past the day on which the service is cut off, as a list for whoever goes there.

use super::{Caller, list, round};
use crate::error::Result;
use crate::{Now, Store, ledger, project, row};
use domain::access::Grant;
use domain::billing::Billing;
use domain::change::{Value, field};
use domain::cycle;
use domain::ids::Shelf;
use domain::ledger::Statement;
use domain::money::Satang;
use domain::problem::{Code, Problem};
use domain::programme::{FieldKind, Programme, RoundKind, Words};
use std::collections::BTreeMap;

/// Cycles looked through for the last one whose day is past.
const LOOKS_BACK: i32 = 24;

/// Who owes past the day on which the service is cut off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CutOffList {
    /// What the registry calls the fields of a line.
    pub titles: Vec<Words>,
    /// The accounts in walking order.
    pub lines: Vec<CutOffLine>,
}

/// An account of that list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CutOffLine {
    /// Zone id.
    pub zone: String,
    /// Place in the round.
    pub order: String,
    /// What the registry says, as [`CutOffList::titles`] has it; empty what is not known.
    pub fields: Vec<String>,
    /// How many cycles are open of those whose day is past.
    pub months: u64,
    /// The oldest of them, `2026-09`.
    pub since: String,
    /// The day that is past, of the newest of them, ISO.
    pub cutoff_on: String,
    /// What is open of them.
    pub amount: Satang,
}

/// The day on which the service is cut off for a cycle that is not paid: as the office planned it, or else the usual one.
fn cutoff_on(store: &Store, kind: &RoundKind, shelf: &Shelf, cycle: &str) -> Result<Option<String>> {
    let values = round::cycle_values(&store.db, shelf, cycle)?;
    let planned = values.get(cycle::field::CUTOFF_ON).and_then(Value::as_str);
    Ok(match planned.filter(|day| !day.is_empty()) {
        Some(day) => Some(day.to_owned()),
        None => cycle::usual_days(cycle, kind.days).map(|[_, _, cutoff]| cutoff.to_string()),
    })
}

/// The days of cutting off that have come, each looked up once.
struct Days<'a> {
    store: &'a Store,
    kind: &'a RoundKind,
    /// The day of the list, ISO.
    by: String,
    known: BTreeMap<(i64, String), Option<String>>,
}

impl Days<'_> {
    /// The day of a cycle of a zone; `None` while it has not come.
    fn past(&mut self, no: i64, shelf: &Shelf, cycle: &str) -> Result<Option<String>> {
        let key = (no, cycle.to_owned());
        if let Some(known) = self.known.get(&key) {
            return Ok(known.clone());
        }
        let found = cutoff_on(self.store, self.kind, shelf, cycle)?.filter(|day| *day <= self.by);
        self.known.insert(key, found.clone());
        Ok(found)
    }

    /// The latest cycle of a zone whose day has come. An older one may have been given more time.
    fn latest(&mut self, no: i64, shelf: &Shelf) -> Result<Option<String>> {
        let Some(present) = self.by.get(..7).map(str::to_owned) else { return Ok(None) };
        for back in 0..LOOKS_BACK {
            let Some(cycle) = cycle::later(&present, -back) else { break };
            if self.past(no, shelf, &cycle)?.is_some() {
                return Ok(Some(cycle));
            }
        }
        Ok(None)
    }
}

/// What a line says of its subject: who, and where to find the meter.
fn columns<'a>(programme: &'a Programme, billing: &Billing) -> Vec<&'a FieldKind> {
    let fields = &billing.fields;
    let mut names: Vec<&str> = Vec::new();
    let all = [&fields.customer_no, &fields.name]
        .into_iter()
        .chain(&programme.subject.second_line)
        .chain(&fields.address)
        .chain([&fields.meter_no]);
    for name in all {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names.into_iter().filter_map(|name| programme.field(name)).collect()
}

/// The subjects that may owe something of a cycle or an older one, by the index alone. Money goes to the oldest charge, so
/// whoever owes has been charged more up to that cycle than was paid at all. What was said of payments afterwards the
/// index does not know: then the account itself is asked.
fn who_may_owe(store: &Store, cycle: &str, shelves: &str) -> Result<Vec<[u8; 16]>> {
    let sql = format!(
        "SELECT subject FROM entry WHERE shelf IN ({shelves}) GROUP BY subject \
         HAVING sum(CASE WHEN amount > 0 AND cycle > ?1 THEN 0 ELSE amount END) > 0 \
         OR sum(fact IN ('cancel', 'verdict')) > 0 \
         OR count(nullif(slip, '')) > count(DISTINCT nullif(slip, ''))"
    );
    let mut statement = store.db.prepare_cached(&sql)?;
    let mut rows = statement.query([cycle])?;
    let mut all = Vec::new();
    while let Some(found) = rows.next()? {
        all.push(found.get(0)?);
    }
    Ok(all)
}

impl Store {
    /// The accounts that on a day (ISO) owe something of a cycle whose day of cutting off has come, in walking order. Whose
    /// service is cut off already is not among them, and what slips claim is not owed.
    ///
    /// Errors: what the grant does not allow; [`Code::FormMissing`] for a programme without rounds, [`Code::NoBill`] for one
    /// that charges nothing, [`Code::Malformed`] for what is no day.
    pub fn cut_off_list(&self, grant: &Grant, now: Now, programme: &str, day: &str) -> Result<CutOffList> {
        let caller = &Caller { grant, now };
        let programme = round::programme(self, caller, programme)?;
        let kind = programme.round.as_ref().ok_or(Code::FormMissing)?;
        let billing = programme.billing.as_ref().ok_or(Code::NoBill)?;
        let day: chrono::NaiveDate = day.parse().map_err(|_| Problem::new(Code::Malformed).about("day"))?;
        let mut days = Days { store: self, kind, by: day.to_string(), known: BTreeMap::new() };
        // Most zones are at the same cycle: those are looked through together.
        let mut zones: BTreeMap<i64, Shelf> = BTreeMap::new();
        let mut of_cycle: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        for (no, shelf) in round::zones(self, caller, &programme.id, None)? {
            if let Some(cycle) = days.latest(no, &shelf)? {
                zones.insert(no, shelf);
                of_cycle.entry(cycle).or_default().push(no);
            }
        }
        let mut subjects = Vec::new();
        for (cycle, shelves) in of_cycle {
            let found = who_may_owe(self, &cycle, &list::sql_list(shelves.into_iter()))?;
            subjects.extend(found.into_iter().map(|subject| (String::new(), subject)));
        }
        let columns = columns(&programme, billing);
        let mut lines = Vec::new();
        for (_, subject) in round::in_walking_order(self, subjects)? {
            let row = row::load(&self.db, row::id_of(subject))?.filter(|row| row.view.is_alive());
            let Some(row) = row else { continue };
            let Some(shelf) = zones.get(&row.shelf) else { continue };
            let value = |name: &str| row.view.get(name).map(project::plain);
            if programme.subject.has_ended(value) {
                continue;
            }
            let statement = Statement::of(&ledger::entries_of(&self.db, row.id)?);
            // What is open of each cycle, and the day that has come.
            let mut past: BTreeMap<&str, (Satang, String)> = BTreeMap::new();
            for charge in statement.charges.iter().filter(|charge| charge.open > Satang::ZERO) {
                if let Some(day) = days.past(row.shelf, shelf, &charge.cycle)? {
                    past.entry(&charge.cycle).or_insert((Satang::ZERO, day)).0 += charge.open;
                }
            }
            let (Some((since, _)), Some((_, (_, cutoff_on)))) =
                (past.first_key_value(), past.last_key_value())
            else {
                continue;
            };
            lines.push(CutOffLine {
                zone: shelf.zone.clone(),
                order: value(field::ORDER).unwrap_or_default(),
                fields: columns.iter().map(|field| value(&field.id).unwrap_or_default()).collect(),
                months: past.len() as u64,
                since: (*since).to_owned(),
                cutoff_on: cutoff_on.clone(),
                amount: past.values().map(|(open, _)| *open).sum(),
            });
        }
        let titles = columns.into_iter().map(|field| field.title.clone()).collect();
        Ok(CutOffList { titles, lines })
    }
}
