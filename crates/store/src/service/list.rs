//! Lists: the home screen, the round, zones.

use super::Caller;
use crate::error::{Optional, Result};
use crate::row::{self, Row};
use crate::{Kind, Store, project};
use domain::access::{self, Action};
use domain::api::{Home, HomeProgramme, Round, RoundPlan, RoundReply, SubjectRow, ZoneRow};
use domain::change::{field, kind};
use domain::cycle;
use domain::ids::Shelf;
use domain::merge::Record;
use domain::programme::{Programme, Schedule};
use domain::schedule::Standing;
use domain::text;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most rows of one page.
pub(super) const PAGE: u32 = 200;

/// The standing of a due row, as `domain::schedule::standing` has it. `?1` today, `?2` first day of the period.
const STANDING: &str =
    "CASE WHEN due_on < ?1 THEN 0 WHEN opens_on <= ?1 THEN 1 WHEN done_on >= ?2 THEN 2 ELSE 3 END";

/// Whether a due row was tried in vain in this period, with the same parameters.
const SKIPPED: &str = "(due_on < ?1 OR opens_on <= ?1) AND failed <> '' AND failed_on >= ?2";

pub(super) fn programmes(store: &Store, caller: &Caller<'_>) -> Vec<Programme> {
    visible(store, caller, None).iter().map(|programme| (**programme).clone()).collect()
}

/// The programmes that a caller sees, by id.
pub(super) fn visible(store: &Store, caller: &Caller<'_>, only: Option<&str>) -> Vec<Arc<Programme>> {
    let own = caller.grant.programmes();
    let everything = matches!(caller.grant.role, access::Role::Clerk | access::Role::Administrator);
    let wanted = |programme: &&Arc<Programme>| {
        (everything || own.contains(&programme.id.as_str())) && only.is_none_or(|only| only == programme.id)
    };
    store.programmes.values().filter(wanted).cloned().collect()
}

/// The numbers and names of the shelves of a programme that a caller sees, as SQL list and as rows.
pub(super) fn shelves(
    store: &Store,
    caller: &Caller<'_>,
    programme: &str,
    zone: Option<&str>,
) -> Result<Vec<(i64, Shelf)>> {
    let mut statement =
        store.db.prepare_cached("SELECT no, zone FROM shelf WHERE programme = ?1 ORDER BY zone")?;
    let mut rows = statement.query([programme])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let shelf = Shelf::new(programme, row.get::<_, String>(1)?);
        if caller.grant.reaches(&shelf) && zone.is_none_or(|zone| zone == shelf.zone) {
            found.push((row.get(0)?, shelf));
        }
    }
    Ok(found)
}

/// Numbers as an SQL list. They are integers of ours, never text from outside.
pub(super) fn sql_list(numbers: impl Iterator<Item = i64>) -> String {
    numbers.map(|no| no.to_string()).collect::<Vec<_>>().join(",")
}

/// First day of the period in which a visit counts as "done now".
fn period_start(schedule: Option<&Schedule>, today: &str) -> String {
    match schedule {
        Some(Schedule::Month { .. }) => format!("{}-01", today.get(..7).unwrap_or(today)),
        _ => today.to_owned(),
    }
}

pub(super) fn home(store: &Store, caller: &Caller<'_>, ask: &Home) -> Result<Vec<HomeProgramme>> {
    let mut all = Vec::new();
    for programme in visible(store, caller, None) {
        let shelves = shelves(store, caller, &programme.id, None)?;
        if store.kind == Kind::Device
            && !caller.grant.shelves.iter().any(|shelf| works_on(shelf, &programme.id))
        {
            continue; // held for emergencies only
        }
        let list = sql_list(shelves.iter().map(|(no, _)| *no));
        let subjects: u64 = store.db.query_row(
            &format!("SELECT count(*) FROM subject WHERE shelf IN ({list})"),
            [],
            |row| row.get(0),
        )?;
        let mut numbers = [0u64; 4];
        if let Some(form) = programme.primary_form() {
            let sql = format!(
                "SELECT {STANDING} AS standing, count(*) FROM due WHERE shelf IN ({list}) AND form = ?3 GROUP BY standing"
            );
            let mut statement = store.db.prepare_cached(&sql)?;
            let start = period_start(form.schedule.as_ref(), &ask.today);
            let mut rows = statement.query((&ask.today, start, &form.id))?;
            while let Some(row) = rows.next()? {
                if let Some(number) = numbers.get_mut(row.get::<_, usize>(0)?) {
                    *number = row.get(1)?;
                }
            }
        }
        let next = round(
            store,
            caller,
            &Round {
                programme: programme.id.clone(),
                zone: None,
                standing: vec![Standing::Overdue, Standing::Left],
                failed: None,
                today: ask.today.clone(),
                offset: 0,
                limit: 5,
            },
        )?;
        let [overdue, left, done, _] = numbers;
        all.push(HomeProgramme {
            programme: programme.id.clone(),
            subjects,
            done,
            left,
            overdue,
            next: next.rows,
            zones: zones(store, caller, &programme.id)?,
        });
    }
    Ok(all)
}

fn works_on(shelf: &Shelf, programme: &str) -> bool {
    shelf.programme == programme && shelf.zone != Shelf::EMERGENCY
}

pub(super) fn round(store: &Store, caller: &Caller<'_>, ask: &Round) -> Result<RoundReply> {
    let Some(programme) = visible(store, caller, Some(&ask.programme)).pop() else {
        return Ok(RoundReply::default());
    };
    let shelves = shelves(store, caller, &ask.programme, ask.zone.as_deref())?;
    let list = sql_list(shelves.iter().map(|(no, _)| *no));
    let schedule = programme.primary_form().and_then(|form| form.schedule.as_ref());
    let start = period_start(schedule, &ask.today);
    let form = programme.primary_form().map(|form| form.id.clone()).unwrap_or_default();
    let standings = sql_list(ask.standing.iter().map(|standing| match standing {
        Standing::Overdue => 0,
        Standing::Left => 1,
        Standing::Done => 2,
        Standing::Later => 3,
    }));
    let every = ask.standing.is_empty() && ask.failed.is_none();
    let from = match &ask.failed {
        // Every subject, also those without a due day.
        None if every => {
            format!(
                "FROM subject AS s WHERE s.shelf IN ({list}) AND ?1 = ?1 AND ?2 = ?2 AND ?3 = ?3 AND ?4 = ?4"
            )
        }
        None => format!(
            "FROM due AS s WHERE s.shelf IN ({list}) AND form = ?3 AND {STANDING} IN ({standings}) AND ?4 = ?4"
        ),
        Some(_) => format!(
            "FROM due AS s WHERE s.shelf IN ({list}) AND form = ?3 AND {SKIPPED} AND ?4 IN ('', failed)"
        ),
    };
    let key = if every { "s.no" } else { "s.subject" };
    let failed = ask.failed.as_deref().unwrap_or_default();
    let total: u64 = store
        .db
        .prepare_cached(&format!("SELECT count(*) {from}"))?
        .query_row((&ask.today, &start, &form, failed), |row| row.get(0))?;
    // Of people who are due each at their own day, whoever waits longest comes first.
    let longest = match schedule.is_some_and(Schedule::is_of_each) && !every {
        true => "CASE WHEN s.due_on < ?1 THEN s.due_on ELSE '9999' END, ",
        false => "",
    };
    let sql = format!(
        "SELECT {key} {from} ORDER BY {longest}(SELECT zone FROM shelf WHERE shelf.no = s.shelf), s.sort_key, {key} LIMIT ?5 OFFSET ?6"
    );
    let mut statement = store.db.prepare_cached(&sql)?;
    let mut found = statement.query((&ask.today, &start, &form, failed, ask.limit.min(PAGE), ask.offset))?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        if let Some(subject) = row::load_no(&store.db, row.get(0)?)? {
            rows.push(subject_row(store, &subject, &ask.today)?);
        }
    }
    let (mut done, mut left, mut overdue, mut skipped) = (0, 0, 0, BTreeMap::new());
    let mut statement = store.db.prepare_cached(&format!(
        "SELECT {STANDING} AS standing, CASE WHEN {SKIPPED} THEN failed ELSE '' END AS why, count(*) FROM due \
         WHERE shelf IN ({list}) AND form = ?3 GROUP BY standing, why"
    ))?;
    let mut found = statement.query((&ask.today, &start, &form))?;
    while let Some(row) = found.next()? {
        let (standing, why, count): (u8, String, u64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if standing == 0 {
            overdue += count;
        }
        match standing {
            0 | 1 if why.is_empty() => left += count,
            0 | 1 => *skipped.entry(why).or_default() += count,
            2 => done += count,
            _ => {}
        }
    }
    let plan = match shelves.iter().filter(|(_, shelf)| shelf.is_zone()).collect::<Vec<_>>().as_slice() {
        [(_, shelf)] => plan_of(store, &programme, shelf, &ask.today)?,
        _ => None,
    };
    Ok(RoundReply { rows, total, done, left, skipped, overdue, plan })
}

/// What the office planned for a zone in the present cycle, if anything.
fn plan_of(store: &Store, programme: &Programme, shelf: &Shelf, today: &str) -> Result<Option<RoundPlan>> {
    let schedule = programme.primary_form().and_then(|form| form.schedule.as_ref());
    let Ok(today) = today.parse() else { return Ok(None) };
    let cycle = domain::schedule::cycle(schedule, today);
    let Some(row) = row::load(&store.db, cycle::id(&shelf.programme, &shelf.zone, &cycle))? else {
        return Ok(None);
    };
    let text = |name: &str| row.view.text(name).unwrap_or_default().to_owned();
    let plan = RoundPlan {
        reader: text(cycle::field::READER),
        read_on: text(cycle::field::READ_ON),
        due_on: text(cycle::field::DUE_ON),
        cutoff_on: text(cycle::field::CUTOFF_ON),
    };
    Ok(Some(plan).filter(|plan| *plan != RoundPlan::default()))
}

/// The titles of a programme's zones, by zone.
pub(super) fn zone_titles(store: &Store, programme: &str) -> Result<BTreeMap<String, String>> {
    let mut titles = BTreeMap::new();
    if let Some(common) = row::find_shelf(&store.db, &Shelf::common(programme))? {
        row::each_zone(&store.db, common, |row| {
            if let (Some(zone), Some(title)) = (row.view.text(field::ZONE), row.view.text(field::TITLE)) {
                titles.insert(zone.to_owned(), title.to_owned());
            }
            Ok(())
        })?;
    }
    Ok(titles)
}

/// What people call the zone of a shelf.
pub(super) fn zone_title(store: &Store, shelf: &Shelf) -> Result<String> {
    let title = zone_titles(store, &shelf.programme)?.remove(&shelf.zone);
    Ok(title.unwrap_or_else(|| shelf.zone.clone()))
}

pub(super) fn zones(store: &Store, caller: &Caller<'_>, programme: &str) -> Result<Vec<ZoneRow>> {
    let mut titles = zone_titles(store, programme)?;
    let mut zones = Vec::new();
    for (no, shelf) in shelves(store, caller, programme, None)? {
        if !shelf.is_zone() {
            continue;
        }
        let subjects: u64 = store
            .db
            .prepare_cached("SELECT count(*) FROM subject WHERE shelf = ?1")?
            .query_row([no], |row| row.get(0))?;
        let title = titles.remove(&shelf.zone).unwrap_or_else(|| shelf.zone.clone());
        zones.push(ZoneRow { zone: shelf.zone, title, subjects });
    }
    // Zones that are defined but hold nothing yet, where the caller may see them.
    for (zone, title) in titles {
        if caller.grant.reaches(&Shelf::new(programme, zone.clone())) {
            zones.push(ZoneRow { zone, title, subjects: 0 });
        }
    }
    Ok(zones)
}

/// The texts of some fields, as people read them, joined by a blank.
fn texts(programme: &Programme, view: &Record, fields: &[String]) -> String {
    let each = fields.iter().filter_map(|id| {
        let value = view.get(id)?;
        let plain = project::plain(value);
        let chosen =
            programme.field(id).and_then(|field| field.choices.get(&plain)).map(|words| words.th.clone());
        Some(chosen.unwrap_or(plain))
    });
    text::collapse_spaces(&each.collect::<Vec<_>>().join(" "))
}

/// A subject's heading; its id's first digits if the programme is not here yet.
pub(super) fn heading(store: &Store, programme: &str, row: &Row) -> String {
    let heading = store
        .programmes
        .get(programme)
        .map(|programme| texts(programme, &row.view, &programme.subject.heading))
        .unwrap_or_default();
    if heading.is_empty() { row.id.to_string().chars().take(8).collect() } else { heading }
}

/// A subject as a list shows it.
pub(super) fn subject_row(store: &Store, row: &Row, today: &str) -> Result<SubjectRow> {
    let shelf = row::shelf_of(&store.db, row.shelf)?;
    let programme = store.programmes.get(&shelf.programme);
    let second_line = programme
        .map(|programme| texts(programme, &row.view, &programme.subject.second_line))
        .unwrap_or_default();
    let mut subject = SubjectRow {
        id: row.id,
        heading: heading(store, &shelf.programme, row),
        second_line,
        order: row.view.get(field::ORDER).map(project::plain).unwrap_or_default(),
        standing: None,
        due_on: None,
        last_done: None,
        last_failed: None,
        distance_m: None,
        place: project::number(row.view.get(field::LAT)).zip(project::number(row.view.get(field::LON))),
        programme: shelf.programme,
        zone: shelf.zone,
    };
    if let Some((programme, form)) =
        programme.and_then(|programme| Some((programme, programme.primary_form()?)))
        && let Some(due) = due(store, row.no, programme, &form.id, today)?
    {
        subject.standing = Some(due.standing);
        subject.due_on = Some(due.due_on);
        subject.last_done = Some(due.done_on).filter(|day| !day.is_empty());
        subject.last_failed = Some(due.failed).filter(|code| !code.is_empty());
    }
    Ok(subject)
}

/// Where a subject stands for one form.
pub(super) struct DueRow {
    pub standing: Standing,
    pub due_on: String,
    pub done_on: String,
    pub failed: String,
}

pub(super) fn due(
    store: &Store,
    no: i64,
    programme: &Programme,
    form: &str,
    today: &str,
) -> Result<Option<DueRow>> {
    let start = period_start(programme.form(form).and_then(|form| form.schedule.as_ref()), today);
    let sql = format!("SELECT {STANDING}, due_on, done_on, failed FROM due WHERE subject = ?3 AND form = ?4");
    store
        .db
        .prepare_cached(&sql)?
        .query_row((today, start, no, form), |row| {
            let standing = match row.get::<_, u8>(0)? {
                0 => Standing::Overdue,
                1 => Standing::Left,
                2 => Standing::Done,
                _ => Standing::Later,
            };
            Ok(DueRow { standing, due_on: row.get(1)?, done_on: row.get(2)?, failed: row.get(3)? })
        })
        .optional()
}

/// Loads a subject the caller may see.
pub(super) fn subject(store: &Store, caller: &Caller<'_>, id: domain::ids::RecordId) -> Result<(Row, Shelf)> {
    let row =
        row::load(&store.db, id)?.filter(|row| row.kind == kind::SUBJECT).ok_or(crate::Error::NotFound)?;
    let shelf = row::shelf_of(&store.db, row.shelf)?;
    // What is not yours to see does not exist for you.
    access::may(caller.grant, Action::Read(&shelf)).map_err(|_| crate::Error::NotFound)?;
    Ok((row, shelf))
}
