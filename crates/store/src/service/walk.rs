//! The order in which a round is walked: changing it, and which one comes next.

use super::{Caller, counts, list};
use crate::commit::NewCommit;
use crate::error::{Optional, Result};
use crate::row::{self, Row};
use crate::{Store, project};
use domain::api::{MoveInRound, NextInRound, Saved, SubjectRow};
use domain::change::{Change, field, kind};
use domain::ids::RecordId;
use domain::problem::Code;

pub(super) fn move_in_round(store: &mut Store, caller: &Caller<'_>, ask: &MoveInRound) -> Result<Saved> {
    let (row, shelf) = list::subject(store, caller, ask.subject)?;
    let order = |id: RecordId| -> Result<(i64, String)> {
        let (other, place) = list::subject(store, caller, id)?;
        if place != shelf || other.id == row.id {
            return Err(Code::BadRecord.into());
        }
        Ok((other.no, other.view.get(field::ORDER).map(project::plain).unwrap_or_default()))
    };
    let before = ask.after.map(order).transpose()?;
    // The one that follows there now, and is not the one that moves.
    let next: Option<i64> = {
        let mut statement = store.db.prepare_cached(
            "SELECT no FROM subject WHERE shelf = ?1 AND no <> ?2 AND (sort_key, no) > (?3, ?4) ORDER BY sort_key, no LIMIT 1",
        )?;
        let (no, key) = before.as_ref().map_or((i64::MIN, String::new()), |(no, order)| {
            (*no, project::sort_key(&order.as_str().into()))
        });
        let mut found = statement.query((row.shelf, row.no, key, no))?;
        found.next()?.map(|found| found.get(0)).transpose()?
    };
    let next = next.map(|no| row::load_no(&store.db, no)).transpose()?.flatten();
    let next = next.map(|next| next.view.get(field::ORDER).map(project::plain).unwrap_or_default());
    let before_place = before.as_ref().map(|(_, order)| order.as_str());
    // Whoever has no place yet leaves none behind it either.
    let between = match before_place {
        Some("") => None,
        before => project::order_between(before, next.as_deref()),
    };
    let changes = match between {
        Some(place) => vec![placed(&row, place)],
        None => numbered_anew(store, &row, before.as_ref().map(|(no, _)| *no))?,
    };
    // What a device sends at once has a largest size; a zone of a thousand is sent in parts. It is saved whole: of a zone with
    // half its new places nobody could tell how it is walked.
    store.save_all(caller.grant, caller.now, NewCommit::parts(&changes))?;
    Ok(Saved { record: row.id, subject: Some(row.id), counts: counts(store)? })
}

/// How far apart places are where a zone is numbered anew: room for nine between two.
const APART: usize = 10;

fn placed(subject: &Row, place: String) -> Change {
    Change {
        id: subject.id,
        kind: kind::SUBJECT.to_owned(),
        base_seq: subject.seq,
        cells: [(field::ORDER.to_owned(), place.into())].into(),
    }
}

/// The places of a whole zone as it is to be walked, for one whose places are equal or empty: a register that came without
/// them, or two neighbours with the same number. `row` stands behind `after`; what has its place already is left alone.
fn numbered_anew(store: &Store, row: &Row, after: Option<i64>) -> Result<Vec<Change>> {
    let mut order: Vec<i64> = Vec::new();
    {
        let mut statement = store
            .db
            .prepare_cached("SELECT no FROM subject WHERE shelf = ?1 AND no <> ?2 ORDER BY sort_key, no")?;
        let mut rows = statement.query((row.shelf, row.no))?;
        while let Some(found) = rows.next()? {
            order.push(found.get(0)?);
        }
    }
    let at = after.and_then(|after| order.iter().position(|no| *no == after)).map_or(0, |at| at + 1);
    order.insert(at, row.no);
    let mut changes = Vec::new();
    for (at, no) in order.into_iter().enumerate() {
        let Some(subject) = row::load_no(&store.db, no)? else { continue };
        let place = ((at + 1) * APART).to_string();
        if subject.view.get(field::ORDER).map(project::plain).as_ref() != Some(&place) {
            changes.push(placed(&subject, place));
        }
    }
    Ok(changes)
}

/// The next one to do behind a subject, in the order of the list, and from the start of its zone behind the last.
pub(super) fn next_in_round(
    store: &Store,
    caller: &Caller<'_>,
    ask: &NextInRound,
) -> Result<Option<SubjectRow>> {
    let (row, shelf) = list::subject(store, caller, ask.after)?;
    let programme = list::visible(store, caller, Some(&shelf.programme)).pop();
    let Some(form) = programme.as_ref().and_then(|programme| programme.primary_form()) else {
        return Ok(None);
    };
    let key = row.view.get(field::ORDER).map(project::sort_key).unwrap_or_default();
    let next = store
        .db
        .prepare_cached(
            "SELECT subject FROM due WHERE shelf = ?1 AND form = ?2 AND subject <> ?3 AND (due_on < ?4 OR opens_on <= ?4) \
             ORDER BY (sort_key, subject) < (?5, ?3), sort_key, subject LIMIT 1",
        )?
        .query_row((row.shelf, &form.id, row.no, &ask.today, key), |found| found.get::<_, i64>(0))
        .optional()?;
    let next = next.map(|no| row::load_no(&store.db, no)).transpose()?.flatten();
    next.map(|next| list::subject_row(store, &next, &ask.today)).transpose()
}
