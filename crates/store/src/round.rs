//! The index that dashboards read: what a programme's `[round]` counts of each visit.

use crate::error::{Optional, Result};
use crate::project;
use crate::row::{self, Row};
use crate::transact::Tx;
use domain::change::{Value, field};
use domain::ids::RecordId;
use domain::programme::{DONE, RoundKind};
use rusqlite::{Connection, Rows};

/// Nothing stands in the way of the visit.
pub(crate) const FREE: i64 = 0;
/// The office has to look at it.
pub(crate) const WAITS: i64 = 1;
/// The office looked at it and lets it count.
pub(crate) const APPROVED: i64 = 2;

/// What is known of a visit already when it is projected.
pub(crate) struct Seen<'a> {
    pub form: &'a str,
    pub at_ms: i64,
    pub day: &'a str,
    /// As the index of visits has it.
    pub outcome: &'a str,
}

/// Whether a visit waits for the office, from its marks and what the office said of it.
pub(crate) fn state_of(round: &RoundKind, visit: &Row) -> (u32, i64) {
    let marks = round.marks_of(|name| visit.view.get(name).cloned());
    let approved = visit.view.get(field::APPROVED) == Some(&Value::Bool(true));
    let is_done = visit.view.text(field::OUTCOME) == Some(DONE);
    let state = match (marks & round.blocking(), approved) {
        (0, _) => FREE,
        _ if !is_done => FREE,
        (_, true) => APPROVED,
        (_, false) => WAITS,
    };
    (marks, state)
}

/// Brings the index in line with a visit that was just written.
pub(crate) fn project(tx: &Tx<'_>, visit: &Row, subject: RecordId, seen: Seen<'_>) -> Result<()> {
    forget(tx, visit.no)?;
    let programme = tx.programme(&tx.shelf_of(visit.shelf)?.programme);
    let Some(round) = programme.as_ref().and_then(|programme| programme.round.as_ref()) else {
        return Ok(());
    };
    let cycle = visit.view.text(field::CYCLE).unwrap_or_default();
    if round.form != seen.form || cycle.is_empty() {
        return Ok(());
    }
    let (marks, state) = state_of(round, visit);
    let answer = |name: &str| visit.view.get(name);
    let seconds = round.taken.as_ref().and_then(|taken| {
        seconds_between(
            answer(&taken.from).and_then(Value::as_str)?,
            answer(&taken.to).and_then(Value::as_str)?,
        )
    });
    tx.db
        .prepare_cached(
            "INSERT INTO round_visit (cycle, shelf, subject, no, at_ms, day, person, outcome, marks, state, units, seconds) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute((
            cycle,
            visit.shelf,
            subject.bytes(),
            visit.no,
            seen.at_ms,
            seen.day,
            visit.view.text(field::BY).unwrap_or_default(),
            seen.outcome,
            marks,
            state,
            answer(&round.units).and_then(domain::programme::whole),
            seconds,
        ))?;
    Ok(())
}

/// Takes a visit out of the index.
pub(crate) fn forget(tx: &Tx<'_>, no: i64) -> Result<()> {
    tx.db.prepare_cached("DELETE FROM round_visit WHERE no = ?1")?.execute([no])?;
    Ok(())
}

/// Works the index of a programme out again, because its definition came or changed.
pub(crate) fn rebuild(tx: &Tx<'_>, programme: &str) -> Result<()> {
    tx.db.execute(
        "DELETE FROM round_visit WHERE shelf IN (SELECT no FROM shelf WHERE programme = ?1)",
        [programme],
    )?;
    let definition = tx.programme(programme);
    let Some(round) = definition.as_ref().and_then(|programme| programme.round.as_ref()) else {
        return Ok(());
    };
    let mut statement = tx.db.prepare(
        "SELECT visit.no, visit.subject, visit.at_ms, visit.day, visit.outcome FROM visit \
         JOIN shelf ON shelf.no = visit.shelf WHERE shelf.programme = ?1 AND visit.form = ?2 AND visit.cycle <> ''",
    )?;
    let mut rows = statement.query((programme, &round.form))?;
    while let Some(found) = rows.next()? {
        let (day, outcome): (String, String) = (found.get(3)?, found.get(4)?);
        if let Some(visit) = row::load_no(tx.db, found.get(0)?)? {
            let seen = Seen { form: &round.form, at_ms: found.get(2)?, day: &day, outcome: &outcome };
            project(tx, &visit, row::id_of(found.get(1)?), seen)?;
        }
    }
    Ok(())
}

/// One visit as the index has it.
pub(crate) struct Visit {
    pub shelf: i64,
    pub subject: [u8; 16],
    pub no: i64,
    pub at_ms: i64,
    pub day: String,
    pub person: String,
    pub outcome: String,
    pub marks: u32,
    pub state: i64,
    pub units: Option<i64>,
    pub seconds: Option<u64>,
}

/// The visits of a cycle of which one may count.
const COUNTED: &str = "SELECT shelf, subject, no, at_ms, day, person, outcome, marks, state, units, seconds FROM round_visit \
    WHERE cycle = ?1 AND outcome NOT IN (?2, ?3)";

/// The visit of each subject that counts in a cycle: the last that was done, or else the last attempt. Of the shelves of an SQL
/// list, in the order of shelves and subjects.
///
/// Of several corrections of one visit [`crate::versions`] leaves one. Of two others that bear one time the one with the greater
/// id counts: rows are numbered otherwise on every replica, and all shall count the same one.
pub(crate) fn counting(db: &Connection, cycle: &str, shelves: &str, each: impl FnMut(Visit)) -> Result<()> {
    let sql = format!("{COUNTED} AND shelf IN ({shelves}) ORDER BY shelf, subject");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query((cycle, project::CORRECTED, field::SET_ASIDE))?;
    best_of_each(db, rows, each)
}

/// The visit of one subject that counts in a cycle, as [`counting`] decides it.
pub(crate) fn counting_of(db: &Connection, cycle: &str, subject: &Row) -> Result<Option<Visit>> {
    let sql = format!("{COUNTED} AND shelf = ?4 AND subject = ?5");
    let mut statement = db.prepare_cached(&sql)?;
    let rows =
        statement.query((cycle, project::CORRECTED, field::SET_ASIDE, subject.shelf, subject.id.bytes()))?;
    let mut counts = None;
    best_of_each(db, rows, |visit| counts = Some(visit))?;
    Ok(counts)
}

fn best_of_each(db: &Connection, mut rows: Rows<'_>, mut each: impl FnMut(Visit)) -> Result<()> {
    let mut best: Option<Visit> = None;
    while let Some(row) = rows.next()? {
        let visit = Visit {
            shelf: row.get(0)?,
            subject: row.get(1)?,
            no: row.get(2)?,
            at_ms: row.get(3)?,
            day: row.get(4)?,
            person: row.get(5)?,
            outcome: row.get(6)?,
            marks: row.get(7)?,
            state: row.get(8)?,
            units: row.get(9)?,
            seconds: row.get(10)?,
        };
        best = match best {
            Some(other) if other.subject == visit.subject && other.shelf == visit.shelf => {
                Some(if outranks(db, &visit, &other)? { visit } else { other })
            }
            Some(other) => {
                each(other);
                Some(visit)
            }
            None => Some(visit),
        };
    }
    best.into_iter().for_each(each);
    Ok(())
}

fn outranks(db: &Connection, one: &Visit, other: &Visit) -> Result<bool> {
    let rank = |visit: &Visit| (visit.outcome == DONE, visit.at_ms);
    if rank(one) != rank(other) {
        return Ok(rank(one) > rank(other));
    }
    let id = |visit: &Visit| -> Result<Option<[u8; 16]>> {
        let mut statement = db.prepare_cached("SELECT id FROM record WHERE no = ?1")?;
        statement.query_row([visit.no], |row| row.get(0)).optional()
    };
    Ok(id(one)? > id(other)?)
}

/// Longest that filling one form can have taken; what is longer was a form left open.
const LONGEST_S: i64 = 3_600;

fn seconds_between(from: &str, to: &str) -> Option<i64> {
    let moment = |text: &str| chrono::DateTime::parse_from_rfc3339(text).ok();
    let seconds = (moment(to)? - moment(from)?).num_seconds();
    (0..=LONGEST_S).contains(&seconds).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_left_open_over_lunch_says_nothing_about_speed() {
        let from = "2026-11-21T09:30:00.000+07:00";
        assert_eq!(seconds_between(from, "2026-11-21T09:30:41.900+07:00"), Some(41));
        assert_eq!(seconds_between(from, "2026-11-21T11:30:41+07:00"), None);
        assert_eq!(seconds_between(from, "2026-11-21T09:29:59+07:00"), None);
        assert_eq!(seconds_between("", from), None);
    }
}
