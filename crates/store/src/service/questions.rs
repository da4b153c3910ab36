//! Questions: listing and settling.

use super::Caller;
use super::{card, list};
use crate::accept::author_of;
use crate::commit::NewCommit;
use crate::error::{Error, Result};
use crate::row::{self, Row};
use crate::{Store, project};
use domain::access::{self, Action, Grant};
use domain::api::{QuestionRow, Questions, Saved, Settle};
use domain::change::{Change, field, kind};
use domain::ids::{RecordId, Seq};
use domain::problem::Code;
use domain::programme::Programme;
use domain::question::{Question, Settled, Topic};

/// Which questions somebody is shown, as a condition on the record of one. Whether a visit counts is the office's to say: on a
/// reader's phone it would be a button that does nothing.
fn shown_to(grant: &Grant) -> &'static str {
    match access::may(grant, Action::Office) {
        Ok(()) => "true",
        // A record that a disk has damaged is no reason to show nothing at all.
        Err(_) => "iif(json_valid(record.cells), record.cells ->> '$.v.topic' <> 'approval', false)",
    }
}

/// How many questions are open, of those that this person is shown; of all, where nobody has a grant.
pub(super) fn open(store: &Store, grant: Option<&Grant>) -> Result<u64> {
    let sql = format!(
        "SELECT count(*) FROM question JOIN record ON record.no = question.no WHERE settled = 0 AND {}",
        grant.map_or("true", shown_to)
    );
    Ok(store.db.prepare_cached(&sql)?.query_row([], |row| row.get(0))?)
}

pub(super) fn questions(store: &Store, caller: &Caller<'_>, ask: &Questions) -> Result<Vec<QuestionRow>> {
    let mut shelves = Vec::new();
    for programme in list::visible(store, caller, None) {
        shelves.extend(list::shelves(store, caller, &programme.id, None)?);
    }
    let shelves = list::sql_list(shelves.iter().map(|(no, _)| *no));
    let condition = if ask.settled { "true" } else { "settled = 0" };
    // What is not shown is left out before it is counted, so that it pushes nothing off the page.
    let sql = format!(
        "SELECT question.no FROM question JOIN record ON record.no = question.no \
         WHERE question.shelf IN ({shelves}) AND {condition} AND {} ORDER BY raised DESC LIMIT 500",
        shown_to(caller.grant)
    );
    let numbers = numbers(store, &sql, ())?;
    let mut all = Vec::new();
    for no in numbers {
        let Some(row) = row::load_no(&store.db, no)? else { continue };
        let shelf = row::shelf_of(&store.db, row.shelf)?;
        if access::may(caller.grant, Action::Settle(&shelf)).is_ok() {
            all.extend(question_row(store, caller, &row)?);
        }
    }
    Ok(all)
}

/// The open questions about a subject.
pub(super) fn about_subject(
    store: &Store,
    caller: &Caller<'_>,
    subject: RecordId,
) -> Result<Vec<QuestionRow>> {
    let sql = "SELECT no FROM question WHERE subject = ?1 AND settled = 0 ORDER BY raised DESC";
    let mut all = Vec::new();
    for no in numbers(store, sql, [subject.bytes()])? {
        if let Some(row) = row::load_no(&store.db, no)? {
            all.extend(question_row(store, caller, &row)?);
        }
    }
    Ok(all)
}

fn numbers(store: &Store, sql: &str, values: impl rusqlite::Params) -> Result<Vec<i64>> {
    let mut statement = store.db.prepare_cached(sql)?;
    let mut rows = statement.query(values)?;
    let mut numbers = Vec::new();
    while let Some(row) = rows.next()? {
        numbers.push(row.get(0)?);
    }
    Ok(numbers)
}

fn question_row(store: &Store, caller: &Caller<'_>, row: &Row) -> Result<Option<QuestionRow>> {
    let Some(mut question) = Question::from_cells(&row.view.values()) else { return Ok(None) };
    let shelf = row::shelf_of(&store.db, row.shelf)?;
    // As `shown_to` has it.
    if question.topic == Topic::Approval && access::may(caller.grant, Action::Office).is_err() {
        return Ok(None);
    }
    let heading = match row::load(&store.db, question.subject)? {
        Some(subject) => list::heading(store, &shelf.programme, &subject),
        None => String::new(),
    };
    let mut visits = Vec::new();
    if question.topic == Topic::Approval
        && let Some(visit) = row::load(&store.db, question.about)?
    {
        visits.push(card::visit_row(store, &visit)?);
    }
    if question.topic == Topic::TwoVisits {
        for choice in &question.choices {
            let id = choice.value.as_str().and_then(|id| id.parse().ok());
            if let Some(visit) = id.map(|id| row::load(&store.db, id)).transpose()?.flatten() {
                visits.push(card::visit_row(store, &visit)?);
            }
        }
    }
    let mut subjects = Vec::new();
    if question.topic == Topic::CodeTwice {
        let today = caller.now.day().to_string();
        let name = format!("{}{}", field::CODES, question.field);
        for choice in &mut question.choices {
            let id = choice.value.as_str().and_then(|id| id.parse().ok());
            // One of them may lie outside of what this person sees.
            let seen = id.and_then(|id| list::subject(store, caller, id).ok());
            if let Some((subject, _)) = seen {
                if choice.by.is_empty() {
                    // Left out of the question for those who may not see this subject.
                    let seq = subject.view.cells.get(&name).map(|cell| cell.seq).unwrap_or_default();
                    choice.by = author_of(&store.db, seq)?;
                }
                subjects.push(list::subject_row(store, &subject, &today)?);
            }
        }
    }
    let none = Programme::default();
    let programme = store.programmes.get(&shelf.programme).map_or(&none, |programme| &**programme);
    let may_settle = access::may(caller.grant, Action::Answer(&shelf, programme, &question)).is_ok();
    let raised_ms = row.view.cells.values().map(|cell| cell.stamp.ms).min().unwrap_or(0);
    Ok(Some(QuestionRow {
        id: row.id,
        question,
        heading,
        programme: shelf.programme,
        visits,
        subjects,
        raised_ms,
        may_settle,
    }))
}

pub(super) fn settle(store: &mut Store, caller: &Caller<'_>, ask: Settle) -> Result<Saved> {
    let (row, new) = settling(store, caller, ask)?;
    store.save(caller.grant, caller.now, new)?;
    let subject = project::subject_of(&row.view);
    Ok(Saved { record: row.id, subject, counts: super::counts(store)? })
}

/// A question, and the commit that answers it.
pub(super) fn settling(store: &Store, caller: &Caller<'_>, ask: Settle) -> Result<(Row, NewCommit)> {
    let row = row::load(&store.db, ask.question)?
        .filter(|row| row.kind == kind::QUESTION)
        .ok_or(Error::NotFound)?;
    let question = Question::from_cells(&row.view.values()).ok_or(Code::BadRecord)?;
    if !question.choices.iter().any(|choice| choice.value == ask.value) {
        return Err(Code::BadRecord.into());
    }
    let settled = Settled { value: ask.value, by: caller.grant.person.clone() };
    let change = Change {
        id: row.id,
        kind: kind::QUESTION.to_owned(),
        base_seq: Seq(0),
        cells: [(field::SETTLED.to_owned(), serde_json::to_value(settled)?)].into(),
    };
    Ok((row, NewCommit { changes: vec![change], ..NewCommit::default() }))
}
