//! From records to what screens ask for: search, places, codes, visits, due lists, questions. All of it can be worked
//! out again from the records at any time.

use crate::Kind;
use crate::emergency;
use crate::error::{Optional, Result};
use crate::orders;
use crate::round;
use crate::row::{self, Row};
use crate::transact::Tx;
use crate::versions;
use domain::change::{Value, Values, field, kind};
use domain::ids::RecordId;
use domain::merge::Record;
use domain::programme::{DONE, FormKind, Programme, Schedule};
use domain::{schedule, text, thai_date};
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Reads every definition that is here. One that a newer server wrote in a way unknown to us is left out.
pub(crate) fn load_programmes(db: &Connection) -> Result<Arc<BTreeMap<String, Arc<Programme>>>> {
    let mut programmes = BTreeMap::new();
    row::each_definition(db, |row| {
        let definition = row.view.get(field::DEFINITION).cloned().unwrap_or_default();
        if let Ok(programme) = serde_json::from_value::<Programme>(definition) {
            programmes.insert(programme.id.clone(), Arc::new(programme));
        }
        Ok(())
    })?;
    Ok(Arc::new(programmes))
}

/// What the indexes are in line with, before a record is written.
#[derive(Clone, Copy)]
pub(crate) enum Before<'a> {
    /// They have never heard of it.
    New,
    /// They may say anything.
    Unknown,
    /// They are in line with this.
    Stored { shelf: i64, view: &'a Record },
}

/// Brings the indexes in line with a record that was just written.
pub(crate) fn project(tx: &mut Tx<'_>, row: &Row, before: Before<'_>) -> Result<()> {
    if let Before::Stored { shelf, view } = before
        && shelf == row.shelf
        // Of these the stamps tell as well: when an order came to its state, from when the emergency view is open.
        && ![kind::ORDER, kind::ACCESS].contains(&row.kind.as_str())
        && says_the_same(view, &row.view)
        && (row.kind != kind::SUBJECT || first_day(view) == first_day(&row.view))
    {
        return Ok(());
    }
    if tx.kind == Kind::Server {
        note_photos(tx, row)?;
    }
    match row.kind.as_str() {
        kind::SUBJECT => project_subject(tx, row, before),
        kind::VISIT => project_visit(tx, row),
        kind::QUESTION => project_question(tx, row),
        kind::ORDER => orders::project(tx, row),
        kind::ENTRY => crate::ledger::project_entry(tx, row),
        kind::BEACON => emergency::project_beacon(tx, row),
        kind::ACCESS => emergency::project_access(tx, row),
        kind::PROGRAMME => {
            // At once: what follows in this transaction is shown by the new definition.
            tx.programmes = load_programmes(tx.db)?;
            match row.view.text(field::PROGRAMME) {
                Some(programme) => rebuild(tx, programme),
                None => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

/// Notes which photos a record names, and which device named each there first.
fn note_photos(tx: &Tx<'_>, row: &Row) -> Result<()> {
    for hash in row.view.elements(field::PHOTOS) {
        let cell = row.view.cells.get(&format!("{}{hash}", field::PHOTOS));
        let carried = match row.kind.as_str() {
            kind::BEACON => emergency::namer_of_entrance(tx, row, hash)?,
            _ => None,
        };
        let namer = carried.or(cell.map(|cell| cell.stamp.device));
        tx.db
            .prepare_cached("INSERT OR IGNORE INTO photo_use (hash, record, namer) VALUES (?1, ?2, ?3)")?
            .execute((hash, row.no, namer.map(|namer| namer.0)))?;
    }
    Ok(())
}

/// The local day on which the first of a subject's words was written. A phone in another year says so until the server has
/// fixed the stamps.
fn first_day(view: &Record) -> chrono::NaiveDate {
    let first_ms = view.cells.values().map(|cell| cell.stamp.ms).min().unwrap_or(0);
    thai_date::day_of(first_ms, thai_date::THAI_OFFSET_MINUTES)
}

/// Says whether two states of a record look alike on every screen. Stamps alone move nothing.
fn says_the_same(a: &Record, b: &Record) -> bool {
    a.cells.len() == b.cells.len()
        && a.cells.iter().zip(&b.cells).all(|((f, x), (g, y))| f == g && x.value == y.value)
        && a.is_alive() == b.is_alive()
}

/// Takes a record out of the indexes.
pub(crate) fn forget(tx: &mut Tx<'_>, row: &Row) -> Result<()> {
    match row.kind.as_str() {
        kind::SUBJECT => forget_subject(tx, row.no),
        kind::VISIT => {
            tx.db.prepare_cached("DELETE FROM visit WHERE no = ?1")?.execute([row.no])?;
            round::forget(tx, row.no)?;
            let Some(subject) = subject_of(&row.view) else { return Ok(()) };
            tx.due.insert(subject);
            // What this one corrected counts again, or another correction of it.
            let form = row.view.text(field::FORM).unwrap_or_default();
            let others = versions::beside(tx.db, row, subject, form, at_ms(&row.view))?;
            versions::settle(tx.db, &others.iter().collect::<Vec<_>>())
        }
        kind::QUESTION => {
            tx.db.prepare_cached("DELETE FROM question WHERE no = ?1")?.execute([row.no])?;
            Ok(())
        }
        kind::ORDER => orders::forget(tx, row.no),
        kind::ENTRY => crate::ledger::forget_entry(tx, row),
        kind::BEACON => emergency::forget_beacon(tx, row.no),
        kind::ACCESS => emergency::forget_access(tx, row.no),
        _ => Ok(()),
    }
}

/// Works out the indexes of a whole programme again, because its definition came or changed.
fn rebuild(tx: &mut Tx<'_>, programme: &str) -> Result<()> {
    // Of forms and schedules that the new definition has no more, too.
    tx.db
        .execute("DELETE FROM due WHERE shelf IN (SELECT no FROM shelf WHERE programme = ?1)", [programme])?;
    let mut numbers: Vec<i64> = Vec::new();
    {
        let mut statement = tx.db.prepare_cached(
            "SELECT record.no FROM record JOIN shelf ON shelf.no = record.shelf \
             WHERE shelf.programme = ?1 AND record.kind IN ('subject', 'order', 'beacon', 'access')",
        )?;
        let mut rows = statement.query([programme])?;
        while let Some(found) = rows.next()? {
            numbers.push(found.get(0)?);
        }
    }
    for no in numbers {
        match row::load_no(tx.db, no)? {
            Some(row) if row.kind == kind::ORDER => orders::project(tx, &row)?,
            Some(row) if row.kind == kind::BEACON => emergency::project_beacon(tx, &row)?,
            Some(row) if row.kind == kind::ACCESS => emergency::project_access(tx, &row)?,
            Some(row) => project_subject(tx, &row, Before::Unknown)?,
            None => {}
        }
    }
    round::rebuild(tx, programme)
}

fn project_subject(tx: &mut Tx<'_>, row: &Row, before: Before<'_>) -> Result<()> {
    tx.touched.insert(row.no);
    if !row.view.is_alive() {
        return forget_subject(tx, row.no);
    }
    let programme = tx.programme(&tx.shelf_of(row.shelf)?.programme);
    let key = match &programme {
        Some(programme) => search_key(programme, &row.view),
        None => String::new(),
    };
    let sort = row.view.get(field::ORDER).map(sort_key).unwrap_or_default();
    let old: Option<(String, String, i64, String)> = match before {
        Before::New => None,
        _ => tx
            .db
            .prepare_cached("SELECT search_key, sort_key, shelf, first_day FROM subject WHERE no = ?1")?
            .query_row([row.no], |found| Ok((found.get(0)?, found.get(1)?, found.get(2)?, found.get(3)?)))
            .optional()?,
    };
    let before = match before {
        Before::Stored { view, .. } => Some(view),
        Before::New | Before::Unknown => None,
    };
    let is_new = old.is_none();
    let first_day = first_day(&row.view).to_string();
    if old.as_ref() != Some(&(key.clone(), sort.clone(), row.shelf, first_day.clone())) {
        if old
            .as_ref()
            .is_some_and(|(_, old_sort, old_shelf, _)| (old_sort, *old_shelf) != (&sort, row.shelf))
        {
            tx.moved.insert(row.no);
        }
        tx.db
            .prepare_cached(
                "INSERT INTO subject (no, shelf, sort_key, search_key, first_day) VALUES (?1, ?2, ?3, ?4, ?5) \
                 ON CONFLICT DO UPDATE SET shelf = excluded.shelf, sort_key = excluded.sort_key, \
                 search_key = excluded.search_key, first_day = excluded.first_day",
            )?
            .execute((row.no, row.shelf, &sort, &key, first_day))?;
        if old.is_none_or(|(old_key, ..)| old_key != key) {
            if !is_new {
                tx.db.prepare_cached("DELETE FROM subject_search WHERE rowid = ?1")?.execute([row.no])?;
            }
            tx.db
                .prepare_cached("INSERT INTO subject_search (rowid, search_key) VALUES (?1, ?2)")?
                .execute((row.no, &key))?;
        }
    }
    let differs = |name: &str| before.is_none_or(|before| before.get(name) != row.view.get(name));
    if !is_new && !differs(field::LAT) && !differs(field::LON) {
        // Where it was.
    } else if let (Some(lat), Some(lon)) =
        (number(row.view.get(field::LAT)), number(row.view.get(field::LON)))
    {
        tx.db
            .prepare_cached("INSERT OR REPLACE INTO subject_place VALUES (?1, ?2, ?2, ?3, ?3)")?
            .execute((row.no, lat, lon))?;
    } else if !is_new {
        tx.db.prepare_cached("DELETE FROM subject_place WHERE no = ?1")?.execute([row.no])?;
    }
    let same_codes = before.is_some_and(|before| {
        before.elements(field::CODES).eq(row.view.elements(field::CODES))
            && before.former_elements(field::CODES).eq(row.view.former_elements(field::CODES))
    });
    if is_new || !same_codes {
        if !is_new {
            tx.db.prepare_cached("DELETE FROM code WHERE subject = ?1")?.execute([row.no])?;
            tx.db.prepare_cached("DELETE FROM former_code WHERE subject = ?1")?.execute([row.no])?;
        }
        for code in row.view.elements(field::CODES) {
            tx.db
                .prepare_cached("INSERT OR IGNORE INTO code (code, subject) VALUES (?1, ?2)")?
                .execute((code, row.no))?;
        }
        for code in row.view.former_elements(field::CODES) {
            tx.db
                .prepare_cached("INSERT OR IGNORE INTO former_code (code, subject) VALUES (?1, ?2)")?
                .execute((code, row.no))?;
        }
    }
    tx.due.insert(row.id);
    Ok(())
}

fn forget_subject(tx: &mut Tx<'_>, no: i64) -> Result<()> {
    for sql in [
        "DELETE FROM subject_search WHERE rowid IN (SELECT no FROM subject WHERE no = ?1)",
        "DELETE FROM subject WHERE no = ?1",
        "DELETE FROM subject_place WHERE no = ?1",
        "DELETE FROM code WHERE subject = ?1",
        "DELETE FROM former_code WHERE subject = ?1",
        "DELETE FROM due WHERE subject = ?1",
    ] {
        tx.db.prepare_cached(sql)?.execute([no])?;
    }
    Ok(())
}

fn project_visit(tx: &mut Tx<'_>, row: &Row) -> Result<()> {
    let view = &row.view;
    let (Some(subject), Some(form)) = (subject_of(view), view.text(field::FORM)) else { return Ok(()) };
    if !view.is_alive() {
        return forget(tx, row);
    }
    let at = view.text(field::AT).unwrap_or_default();
    let (day, at_ms) = day_and_ms(at);
    let others = versions::beside(tx.db, row, subject, form, at_ms)?;
    let all: Vec<&Row> = others.iter().chain([row]).collect();
    let outcome = versions::outcome(row, &all);
    tx.db
        .prepare_cached(
            "INSERT INTO visit (no, subject, shelf, form, at_ms, day, outcome, cycle) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) \
             ON CONFLICT DO UPDATE SET subject = excluded.subject, shelf = excluded.shelf, form = excluded.form, \
             at_ms = excluded.at_ms, day = excluded.day, outcome = excluded.outcome, cycle = excluded.cycle",
        )?
        .execute((
            row.no,
            subject.bytes(),
            row.shelf,
            form,
            at_ms,
            &day,
            outcome,
            view.text(field::CYCLE).unwrap_or_default(),
        ))?;
    round::project(tx, row, subject, round::Seen { form, at_ms, day: &day, outcome })?;
    if !others.is_empty() {
        versions::settle(tx.db, &all)?;
    }
    tx.due.insert(subject);
    Ok(())
}

fn project_question(tx: &mut Tx<'_>, row: &Row) -> Result<()> {
    let Some(subject) = subject_of(&row.view) else { return Ok(()) };
    let settled = row.view.get(field::SETTLED).is_some_and(|settled| !settled.is_null());
    let raised = row.view.cells.values().map(|cell| cell.stamp.ms).min().unwrap_or(0);
    tx.open_questions.set(None);
    tx.db
        .prepare_cached(
            "INSERT INTO question (no, subject, shelf, raised, settled) VALUES (?1, ?2, ?3, ?4, ?5) \
             ON CONFLICT DO UPDATE SET shelf = excluded.shelf, settled = excluded.settled",
        )?
        .execute((row.no, subject.bytes(), row.shelf, raised, settled))?;
    Ok(())
}

/// Works out when a subject is due for each scheduled form. Does nothing while the subject is not here.
pub(crate) fn refresh_due(tx: &mut Tx<'_>, subject: RecordId) -> Result<()> {
    let Some((no, shelf, sort_key, first_day)) = tx
        .db
        .prepare_cached(
            "SELECT subject.no, subject.shelf, sort_key, first_day FROM record JOIN subject ON subject.no = record.no \
             WHERE record.id = ?1",
        )?
        .query_row([subject.bytes()], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, String>(2)?, row.get::<_, String>(3)?))
        })
        .optional()?
    else {
        return Ok(());
    };
    if !tx.moved.is_empty() && tx.moved.remove(&no) {
        tx.db.prepare_cached("DELETE FROM due WHERE subject = ?1")?.execute([no])?;
    }
    let Some(programme) = tx.programme(&tx.shelf_of(shelf)?.programme) else { return Ok(()) };
    // Where nobody's being due ends or depends on herself, visits say it all and nothing is loaded.
    let looks = |form: &FormKind| form.schedule.as_ref().is_some_and(Schedule::is_of_each);
    let looks = !programme.subject.ended.is_empty() || programme.forms.iter().any(looks);
    let row = if looks { row::load_no(tx.db, no)? } else { None };
    let value = |id: &str| row.as_ref()?.view.get(id).map(plain);
    if programme.subject.has_ended(value) {
        tx.db.prepare_cached("DELETE FROM due WHERE subject = ?1")?.execute([no])?;
        return Ok(());
    }
    for form in &programme.forms {
        let Some(rule) = &form.schedule else { continue };
        let LastVisits { done, failed } = last_visits(tx.db, subject, &form.id)?;
        let failed = failed.filter(|(day, _)| done.as_ref().is_none_or(|done| day > done));
        let closed = failed
            .as_ref()
            .is_some_and(|(_, code)| programme.outcome(code).is_some_and(|outcome| outcome.closes));
        let last_done = done.as_deref().and_then(|day| day.parse().ok());
        let due = match first_day.parse() {
            Ok(first) if !closed => schedule::due(rule, last_done, first, value),
            _ => None,
        };
        match due {
            Some(due) => {
                let (failed_on, failed) = failed.unwrap_or_default();
                tx.db
                    .prepare_cached(
                        "INSERT INTO due (shelf, form, sort_key, subject, opens_on, due_on, done_on, failed, failed_on) \
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO UPDATE SET \
                         opens_on = excluded.opens_on, due_on = excluded.due_on, done_on = excluded.done_on, \
                         failed = excluded.failed, failed_on = excluded.failed_on",
                    )?
                    .execute((
                        shelf,
                        &form.id,
                        &sort_key,
                        no,
                        due.opens_on.to_string(),
                        due.due_on.to_string(),
                        done.unwrap_or_default(),
                        failed,
                        failed_on,
                    ))?;
            }
            None => {
                tx.db
                    .prepare_cached("DELETE FROM due WHERE subject = ?1 AND form = ?2")?
                    .execute((no, &form.id))?;
            }
        }
    }
    Ok(())
}

/// What a subject's visits say of one form.
#[derive(Default)]
struct LastVisits {
    /// The day on which it was last done.
    done: Option<String>,
    /// Day and outcome of the last attempt after that.
    failed: Option<(String, String)>,
}

fn last_visits(db: &Connection, subject: RecordId, form: &str) -> Result<LastVisits> {
    let mut statement = db.prepare_cached(
        "SELECT day, outcome FROM visit WHERE subject = ?1 AND form = ?2 ORDER BY at_ms DESC",
    )?;
    let mut rows = statement.query((subject.bytes(), form))?;
    let mut last = LastVisits::default();
    while let Some(visit) = rows.next()? {
        let (day, outcome): (String, String) = (visit.get(0)?, visit.get(1)?);
        match outcome.as_str() {
            DONE => {
                last.done = Some(day);
                break;
            }
            field::SET_ASIDE | CORRECTED => {}
            _ => last.failed = last.failed.or(Some((day, outcome))),
        }
    }
    Ok(last)
}

/// The key under which a subject is found: its searchable fields, one blank between them.
fn search_key(programme: &Programme, view: &Record) -> String {
    let keys: Vec<String> = programme
        .subject
        .search
        .iter()
        .filter_map(|id| view.get(id))
        .map(|value| text::search_key(&plain(value)))
        .filter(|key| !key.is_empty())
        .collect();
    keys.join(" ")
}

/// The key under which a subject's row is found; empty while its programme is not here.
pub(crate) fn search_key_of(
    db: &Connection,
    programmes: &BTreeMap<String, Arc<Programme>>,
    row: &Row,
) -> Result<String> {
    let shelf = row::shelf_of(db, row.shelf)?;
    Ok(programmes.get(&shelf.programme).map(|programme| search_key(programme, &row.view)).unwrap_or_default())
}

/// The key of a place in the round, whether it was written as a number or as a text.
pub(crate) fn sort_key(order: &Value) -> String {
    text::sort_key(&plain(order))
}

/// An order whose sort key lies strictly between those of two others; `None` stands for an end of the list. Short, because
/// people read it: 12 and 13 give 12.5, 12.5 and 13 give 12.6.
pub(crate) fn order_between(before: Option<&str>, after: Option<&str>) -> Option<String> {
    let key = text::sort_key;
    let fits = |order: &String| {
        before.is_none_or(|before| key(before) < key(order))
            && after.is_none_or(|after| key(order) < key(after))
    };
    let stem = before.unwrap_or("0");
    let next = stem.rsplit_once('.').map_or((None, stem), |(stem, last)| (Some(stem), last));
    let next = next.1.parse::<u64>().ok().map(|last| match next.0 {
        Some(stem) => format!("{stem}.{}", last + 1),
        None => (last + 1).to_string(),
    });
    let below = (0..8).flat_map(|depth| {
        let zeros = ".0".repeat(depth);
        [5, 2, 1].map(|last| format!("{stem}{zeros}.{last}"))
    });
    next.into_iter().chain(below).find(fits)
}

/// A value as plain text: what a person would read out.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

/// A number, also where it was written as text.
pub(crate) fn number(value: Option<&Value>) -> Option<f64> {
    match value? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
    .filter(|number: &f64| number.is_finite())
}

/// The subject that a visit or question names.
pub(crate) fn subject_of(view: &Record) -> Option<RecordId> {
    view.text(field::SUBJECT).and_then(|text| text.parse().ok())
}

/// The local day and the instant of an ISO moment with offset; a moment without one is Thai time.
pub(crate) fn day_and_ms(at: &str) -> (String, i64) {
    let moment = chrono::DateTime::parse_from_rfc3339(at)
        .or_else(|_| chrono::DateTime::parse_from_rfc3339(&format!("{at}+07:00")));
    match moment {
        Ok(moment) => (moment.date_naive().to_string(), moment.timestamp_millis()),
        Err(_) => (at.chars().take(10).collect(), 0),
    }
}

/// What the index holds in the place of an outcome for a visit that a later one corrects.
pub(crate) const CORRECTED: &str = "corrected";

/// A visit's outcome; a visit that a person set aside counts for nothing.
pub(crate) fn outcome_of(view: &Record) -> &str {
    if view.get(field::SET_ASIDE) == Some(&Value::Bool(true)) {
        return field::SET_ASIDE;
    }
    view.text(field::OUTCOME).unwrap_or_default()
}

/// A visit's answers, without what the engine notes beside them.
pub(crate) fn answers(view: &Record) -> Values {
    let values = view.values().into_iter();
    // Screens show with the answers that a visit does not count.
    values.filter(|(name, _)| name == field::SET_ASIDE || !field::is_note_of_visit(name)).collect()
}

/// When a visit happened, milliseconds since 1970 UTC.
pub(crate) fn at_ms(view: &Record) -> i64 {
    day_and_ms(view.text(field::AT).unwrap_or_default()).1
}

/// Says whether a visit counts as done.
pub(crate) fn is_done(view: &Record) -> bool {
    outcome_of(view) == DONE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_between_two_is_found_again_and_again() {
        for (before, after, expected) in [
            (Some("12"), Some("13"), "12.5"),
            (Some("12"), Some("20"), "13"),
            (Some("12.5"), Some("13"), "12.6"),
            (Some("12"), Some("12.5"), "12.2"),
            (Some("12"), Some("12.1"), "12.0.5"),
            (None, Some("1"), "0.5"),
            (None, Some("0.1"), "0.0.5"),
            (Some("40"), None, "41"),
            (None, None, "1"),
            (Some("10/2"), Some("10/3"), "10/2.5"),
        ] {
            assert_eq!(order_between(before, after).as_deref(), Some(expected), "{before:?} {after:?}");
        }
        let (mut low, mut high) = ("12".to_owned(), "13".to_owned());
        for step in 0..20 {
            let between = order_between(Some(&low), Some(&high)).unwrap();
            if step % 3 == 0 { low = between } else { high = between }
        }
    }
}
