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
    is_superseded(one, all)
        || (stands(one, all) && all.iter().any(|other| stands(other, all) && rank(other) > rank(one)))
}

fn is_superseded(one: &Row, all: &[&Row]) -> bool {
    let own = one.id.to_string();
    all.iter().any(|other| other.id != one.id && other.view.text(field::SUPERSEDES) == Some(own.as_str()))
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
