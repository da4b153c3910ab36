//! Which version of a visit counts. A correction is a visit of its own that bears the time of the one it corrects; two who have
//! not heard of each other may correct the same one. One of them counts, the same on every replica and in every list.

use crate::error::Result;
use crate::project;
use crate::row::{self, Row};
use domain::change::{Value, field};
use domain::ids::RecordId;
use rusqlite::Connection;

/// The other visits of the index that are of the same subject and form and bear the same time: nearly always none.
pub(crate) fn beside(
    db: &Connection,
    visit: &Row,
    subject: RecordId,
    form: &str,
    at_ms: i64,
) -> Result<Vec<Row>> {
    let mut statement = db.prepare_cached(
        "SELECT no FROM visit WHERE subject = ?1 AND form = ?2 AND at_ms = ?3 AND no <> ?4",
    )?;
    let mut found = statement.query((subject.bytes(), form, at_ms, visit.no))?;
    let mut others = Vec::new();
    while let Some(other) = found.next()? {
        others.extend(row::load_no(db, other.get(0)?)?);
    }
    Ok(others)
}

/// What the index holds as the outcome of one of the visits of a moment, itself among `all`.
pub(crate) fn outcome<'r>(one: &'r Row, all: &[&Row]) -> &'r str {
    if is_corrected(one, all) { project::CORRECTED } else { project::outcome_of(&one.view) }
}

/// Brings the indexes in line with what is here of a moment.
pub(crate) fn settle(db: &Connection, all: &[&Row]) -> Result<()> {
    for one in all {
        let outcome = outcome(one, all);
        for sql in [
            "UPDATE visit SET outcome = ?2 WHERE no = ?1 AND outcome <> ?2",
            "UPDATE round_visit SET outcome = ?2 WHERE no = ?1 AND outcome <> ?2",
        ] {
            db.prepare_cached(sql)?.execute((one.no, outcome))?;
        }
    }
    Ok(())
}

/// Says whether another visit counts in the place of one: its correction, or another correction where several stand.
fn is_corrected(one: &Row, all: &[&Row]) -> bool {
    let displaces = |other: &&Row| stands(other, all) && same_cycle(one, other) && rank(other) > rank(one);
    is_superseded(one, all) || (stands(one, all) && all.iter().any(displaces))
}

fn is_superseded(one: &Row, all: &[&Row]) -> bool {
    all.iter().any(|other| corrects(other, one))
}

/// Says whether a visit is a correction of another. One that names another moment or cycle, as no app of ours does, is a visit of
/// its own: whoever has the one would not find the other, and what counts would depend on which of them came first.
pub(crate) fn corrects(visit: &Row, other: &Row) -> bool {
    visit.id != other.id
        && visit.view.text(field::SUPERSEDES) == Some(other.id.to_string().as_str())
        && project::subject_of(&visit.view) == project::subject_of(&other.view)
        && visit.view.text(field::FORM) == other.view.text(field::FORM)
        && project::at_ms(&visit.view) == project::at_ms(&other.view)
        && same_cycle(visit, other)
}

fn same_cycle(one: &Row, other: &Row) -> bool {
    one.view.text(field::CYCLE).unwrap_or_default() == other.view.text(field::CYCLE).unwrap_or_default()
}

/// A correction that nobody has corrected in turn, and nobody has set aside.
fn stands(one: &Row, all: &[&Row]) -> bool {
    one.view.text(field::SUPERSEDES).is_some()
        && one.view.get(field::SET_ASIDE) != Some(&Value::Bool(true))
        && !is_superseded(one, all)
}

/// What was done before what was not, then the later one by its id: rows are numbered otherwise on every replica.
fn rank(one: &Row) -> (bool, RecordId) {
    (project::is_done(&one.view), one.id)
}
