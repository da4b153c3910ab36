//! A programme from above: in which condition each subject is, which groups are in most need, and how long cases take.

use super::{Caller, list};
use crate::error::{Error, Result};
use crate::row::{self, Row};
use crate::{Store, orders, project};
use domain::access::{self, Action};
use domain::api::{Group, GroupRow, MapPoint, Overview, OverviewReply};
use domain::change::field;
use domain::ids::RecordId;
use domain::order::StateClass;
use domain::programme::{Condition, Overview as Rules, Programme, ZONE};
use std::collections::{BTreeMap, HashMap};

/// Most points of a map, and most rows of a group.
const MOST_POINTS: usize = 20_000;
const MOST_ROWS: usize = 200;
/// Cases that ended in so many milliseconds make the mean: 90 days.
const RECENT_MS: u64 = 90 * 24 * 60 * 60 * 1_000;
const DAY_MS: f64 = 86_400_000.0;

pub(super) fn overview(store: &mut Store, caller: &Caller<'_>, ask: &Overview) -> Result<OverviewReply> {
    access::may(caller.grant, Action::Office)?;
    let programme = list::visible(store, caller, Some(&ask.programme)).pop().ok_or(Error::NotFound)?;
    let shelves = list::shelves(store, caller, &programme.id, None)?;
    let list = list::sql_list(shelves.iter().map(|(no, _)| *no));
    let zones: HashMap<i64, &str> = shelves.iter().map(|(no, shelf)| (*no, shelf.zone.as_str())).collect();
    let rules = programme.overview.clone().unwrap_or_default();
    let cases = open_cases(store, &list)?;
    let due = if rules.by_schedule { due_of(store, &programme, &list)? } else { HashMap::new() };
    let group_by: Vec<String> =
        if rules.group_by.is_empty() { vec![ZONE.to_owned()] } else { rules.group_by.clone() };
    let mut groups: Vec<BTreeMap<String, GroupRow>> = vec![BTreeMap::new(); group_by.len()];
    let mut reply = OverviewReply { open_cases: cases.len() as u64, ..OverviewReply::default() };
    let mut cases_of: HashMap<RecordId, RecordId> = HashMap::new();
    for (subject, case) in cases {
        cases_of.entry(subject).or_insert(case);
    }
    for no in subjects(store, &list)? {
        let Some(row) = row::load_no(&store.db, no)? else { continue };
        let case = cases_of.get(&row.id).copied();
        let standing = due.get(&no).map(|(opens_on, due_on)| {
            if due_on.as_str() < ask.today.as_str() {
                Condition::Bad
            } else if opens_on.as_str() <= ask.today.as_str() {
                Condition::Watch
            } else {
                Condition::Good
            }
        });
        if rules.by_schedule && standing.is_none() {
            continue; // it is never due any more: gone
        }
        let condition = condition(&rules, &row, standing, case.is_some());
        let zone = zones.get(&row.shelf).copied().unwrap_or_default();
        if let Some(count) = reply.counts.get_mut(condition as usize) {
            *count += 1;
        }
        for (by, group) in group_by.iter().zip(&mut groups) {
            let value = if by == ZONE {
                zone.to_owned()
            } else {
                row.view.get(by).map(project::plain).unwrap_or_default()
            };
            let counted = group.entry(value).or_insert_with_key(|value| GroupRow {
                value: value.clone(),
                all: 0,
                watch: 0,
                bad: 0,
            });
            counted.all += 1;
            counted.watch += u64::from(condition == Condition::Watch);
            counted.bad += u64::from(condition == Condition::Bad);
        }
        let place = project::number(row.view.get(field::LAT)).zip(project::number(row.view.get(field::LON)));
        match place {
            Some((lat, lon)) if reply.points.len() < MOST_POINTS => {
                reply.points.push(MapPoint {
                    id: row.id,
                    lat,
                    lon,
                    heading: list::heading(store, &programme.id, &row),
                    zone: zone.to_owned(),
                    condition,
                    case,
                });
            }
            Some(_) => {}
            None => reply.without_place += 1,
        }
    }
    reply.groups = group_by
        .into_iter()
        .zip(groups)
        .map(|(by, rows)| Group { by, rows: in_most_need(rows.into_values().collect()) })
        .collect();
    (reply.finished, reply.mean_days) = finished(store, caller, &list)?;
    Ok(reply)
}

/// The worst of what its field says, what its schedule says, and that a case about it is open.
fn condition(rules: &Rules, row: &Row, standing: Option<Condition>, has_case: bool) -> Condition {
    let own = match rules.field.as_str() {
        "" => Condition::Good,
        field => rules.of_value(&row.view.get(field).map(project::plain).unwrap_or_default()),
    };
    let case = if has_case { Condition::Watch } else { Condition::Good };
    own.max(case).max(standing.unwrap_or(Condition::Good))
}

/// By the share that needs attention, then by how many that are.
fn in_most_need(mut rows: Vec<GroupRow>) -> Vec<GroupRow> {
    let share = |row: &GroupRow| (row.bad * 10_000).checked_div(row.all).unwrap_or(0);
    rows.sort_by(|a, b| {
        (share(b), b.bad, b.watch).cmp(&(share(a), a.bad, a.watch)).then_with(|| a.value.cmp(&b.value))
    });
    rows.truncate(MOST_ROWS);
    rows
}

fn subjects(store: &Store, list: &str) -> Result<Vec<i64>> {
    let mut statement = store.db.prepare_cached(&format!(
        "SELECT no FROM subject WHERE shelf IN ({list}) ORDER BY shelf, sort_key, no"
    ))?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// First and last day of the main form, by subject.
fn due_of(store: &Store, programme: &Programme, list: &str) -> Result<HashMap<i64, (String, String)>> {
    let Some(form) = programme.primary_form() else { return Ok(HashMap::new()) };
    let mut statement = store.db.prepare_cached(&format!(
        "SELECT subject, opens_on, due_on FROM due WHERE shelf IN ({list}) AND form = ?1"
    ))?;
    let rows = statement.query_map([&form.id], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Cases that still have to be dealt with, the most urgent first: subject and case.
fn open_cases(store: &Store, list: &str) -> Result<Vec<(RecordId, RecordId)>> {
    let mut statement = store.db.prepare_cached(&format!(
        "SELECT subject, record.id FROM order_case JOIN record ON record.no = order_case.no \
         WHERE order_case.shelf IN ({list}) AND class = 0 ORDER BY urgency, opened"
    ))?;
    let rows = statement.query_map([], |row| Ok((row::id_of(row.get(0)?), row::id_of(row.get(1)?))))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// How many cases ended lately, and the days they took on average.
fn finished(store: &Store, caller: &Caller<'_>, list: &str) -> Result<(u64, Option<f64>)> {
    let since = caller.now.ms.saturating_sub(RECENT_MS);
    let mut statement = store.db.prepare_cached(&format!(
        "SELECT no, class, ended - opened FROM order_case WHERE shelf IN ({list}) AND ended >= ?1"
    ))?;
    let mut rows = statement.query([since])?;
    let (mut count, mut sum) = (0u64, 0.0);
    while let Some(found) = rows.next()? {
        // What was turned down or joined with another took nobody any work.
        let was_done =
            found.get::<_, i64>(1)? == orders::class_no(StateClass::Done) || was_done(store, found.get(0)?)?;
        if was_done {
            count += 1;
            sum += found.get::<_, f64>(2)?;
        }
    }
    Ok((count, (count > 0).then(|| sum / count as f64 / DAY_MS)))
}

fn was_done(store: &Store, no: i64) -> Result<bool> {
    let Some(row) = row::load_no(&store.db, no)? else { return Ok(false) };
    let shelf = row::shelf_of(&store.db, row.shelf)?;
    let found = store.programmes.get(&shelf.programme);
    let found = found.and_then(|programme| orders::read(programme, &row.view));
    Ok(found.is_some_and(|(case, kind)| case.was_done(kind)))
}
