//! What the server does about a bill when the visit behind it changes: approved, set aside, corrected, or too late.
//!
//! A device issues the bill of what it saves in the same commit. What only the office can decide is carried out here, by
//! the server itself, so that whoever decides needs no other right.

use crate::commit::{NewCommit, write_as_server};
use crate::error::Result;
use crate::ledger::{self, Issued, Visited};
use crate::row::{self, Row};
use crate::transact::Tx;
use crate::{project, round};
use domain::change::{Change, Value, field, kind};
use domain::cycle::{self, CycleState};
use domain::ids::{RecordId, Shelf};
use domain::ledger::{Entry, Fact, Statement};
use domain::programme::{DONE, Programme};
use domain::question::{Choice, Question, Topic};
use domain::thai_date;
use rusqlite::Connection;
use std::sync::Arc;

/// Stands in the place of marks in the question about a visit that came after its cycle was closed.
pub(crate) const LATE: &str = "late";

/// Who decided, why, and when.
#[derive(Clone, Copy)]
pub(crate) struct Decided<'a> {
    pub by: &'a str,
    pub reason: &'a str,
    pub now_ms: u64,
}

/// How far the cycle of a zone is, as far as it is known here.
pub(crate) fn state_of(db: &Connection, shelf: &Shelf, cycle: &str) -> Result<CycleState> {
    let row = row::load(db, cycle::id(&shelf.programme, &shelf.zone, cycle))?;
    Ok(row.map_or(CycleState::Open, |row| cycle::state(&row.view.values())))
}

/// A subject of a programme whose round is billed.
struct Billed {
    subject: Row,
    shelf: Arc<Shelf>,
    programme: Arc<Programme>,
}

fn billed(tx: &Tx<'_>, subject: RecordId) -> Result<Option<Billed>> {
    let Some(subject) = row::load(tx.db, subject)? else { return Ok(None) };
    let shelf = tx.shelf_of(subject.shelf)?;
    let Some(programme) = tx.programme(&shelf.programme) else { return Ok(None) };
    let same_form = match (&programme.round, &programme.billing) {
        (Some(round), Some(billing)) => round.form == billing.form,
        _ => false,
    };
    Ok(same_form.then_some(Billed { subject, shelf, programme }))
}

/// The visit of a subject that counts in a cycle, and whether it waits for the office.
fn counting(tx: &Tx<'_>, subject: &Row, cycle: &str) -> Result<Option<(Row, i64)>> {
    let mut statement = tx.db.prepare_cached(
        "SELECT no, state FROM round_visit WHERE cycle = ?1 AND shelf = ?2 AND subject = ?3 AND outcome NOT IN (?4, ?5) \
         ORDER BY outcome = 'done' DESC, at_ms DESC, no DESC LIMIT 1",
    )?;
    let mut found =
        statement.query((cycle, subject.shelf, subject.id.bytes(), project::CORRECTED, field::SET_ASIDE))?;
    let Some(found) = found.next()? else { return Ok(None) };
    Ok(row::load_no(tx.db, found.get(0)?)?.zip(Some(found.get(1)?)))
}

/// Brings the bill of a subject's cycle in line with the visit that counts: issues one, puts one in the place of another,
/// or cancels what nothing stands behind. Does nothing once the cycle is closed.
pub(crate) fn rebill(tx: &mut Tx<'_>, subject: RecordId, cycle: &str, decided: Decided<'_>) -> Result<()> {
    let Some(Billed { subject, shelf, programme }) = billed(tx, subject)? else { return Ok(()) };
    if cycle.is_empty() || !state_of(tx.db, &shelf, cycle)?.issues() {
        return Ok(());
    }
    let standing = standing(tx, subject.id, cycle)?;
    let change = match counting(tx, &subject, cycle)? {
        Some((_, round::WAITS)) => None,
        Some((visit, _)) if standing.as_ref().is_some_and(|(_, behind)| *behind == Some(visit.id)) => None,
        Some((visit, state)) => {
            let billed = Billed { subject, shelf, programme };
            issue(tx, &billed, &visit, cycle, state == round::APPROVED, decided)?
        }
        None => standing.map(|(bill, _)| cancel(&bill, &programme, &shelf.zone, decided)),
    };
    write(tx, change, decided)
}

/// The bill of a cycle that stands, and the visit behind it.
fn standing(tx: &Tx<'_>, subject: RecordId, cycle: &str) -> Result<Option<(Entry, Option<RecordId>)>> {
    let entries = ledger::entries_of(tx.db, subject)?;
    let Some(id) = Statement::of(&entries).bill_of(cycle).map(|charge| charge.id) else { return Ok(None) };
    let entry = entries.into_iter().find(|entry| entry.id == id);
    Ok(entry.map(|entry| {
        let visit = match &entry.fact {
            Fact::Bill(bill) => bill.visit,
            _ => None,
        };
        (entry, visit)
    }))
}

fn issue(
    tx: &Tx<'_>,
    billed: &Billed,
    visit: &Row,
    cycle: &str,
    approved: bool,
    decided: Decided<'_>,
) -> Result<Option<Change>> {
    let now = thai_date::iso(decided.now_ms, thai_date::THAI_OFFSET_MINUTES);
    let answers = visit.view.values();
    let visited = Visited {
        programme: &billed.programme,
        zone: &billed.shelf.zone,
        subject: &billed.subject,
        form: visit.view.text(field::FORM).unwrap_or_default(),
        visit: visit.id,
        answers: &answers,
        at: visit.view.text(field::AT).unwrap_or_default(),
        issued_at: &now,
        by: decided.by,
        cycle,
        approved,
        reason: decided.reason,
        place: 0,
    };
    // Said twice at one moment it is one bill; said anew later it is another.
    let id = RecordId::derived("bill", &[visit.id.bytes(), &decided.now_ms.to_le_bytes()]);
    Ok(match ledger::issue(tx.db, domain::ids::DeviceNo::SERVER, id, &visited)? {
        Issued::Bill(change) => Some(*change),
        Issued::NotBilled | Issued::None => None,
    })
}

fn cancel(bill: &Entry, programme: &Programme, zone: &str, decided: Decided<'_>) -> Change {
    let entry = Entry {
        id: RecordId::derived("cancel", &[bill.id.bytes(), &decided.now_ms.to_le_bytes()]),
        subject: bill.subject,
        at: thai_date::iso(decided.now_ms, thai_date::THAI_OFFSET_MINUTES),
        by: decided.by.to_owned(),
        cycle: bill.cycle.clone(),
        reason: decided.reason.to_owned(),
        approver: decided.by.to_owned(),
        fact: Fact::Cancel { about: bill.id },
    };
    ledger::change(&entry, programme, zone)
}

fn write(tx: &mut Tx<'_>, change: Option<Change>, decided: Decided<'_>) -> Result<()> {
    let Some(change) = change else { return Ok(()) };
    let new = NewCommit {
        changes: vec![change],
        reason: Some(decided.reason.to_owned()).filter(|reason| !reason.is_empty()),
        ..NewCommit::default()
    };
    write_as_server(tx, decided.by, decided.now_ms, decided.now_ms, new)
}

/// A visit, or the bill of one, that came after its cycle was closed: the closed cycle stays as it is, and the office is
/// asked whether the difference is to be adjusted.
pub(crate) fn came_late(tx: &mut Tx<'_>, change: &Change, now_ms: u64) -> Result<()> {
    let cycle = change.cells.get(field::CYCLE).and_then(Value::as_str).unwrap_or_default();
    let subject = change.cells.get(field::SUBJECT).and_then(Value::as_str).and_then(|id| id.parse().ok());
    let Some(subject) = subject.filter(|_| !cycle.is_empty()) else { return Ok(()) };
    // Nearly always there is no record of the cycle, or it is open: that costs one look.
    let Some(shelf) = tx.shelf_of_record(subject)? else { return Ok(()) };
    let shelf = tx.shelf_of(shelf)?;
    if state_of(tx.db, &shelf, cycle)?.issues() {
        return Ok(());
    }
    let Some(billed) = billed(tx, subject)? else { return Ok(()) };
    if change.kind == kind::ENTRY {
        let Some((_, bill)) = ledger::entry(tx.db, change.id)? else { return Ok(()) };
        if !matches!(bill.fact, Fact::Bill(_)) {
            return Ok(());
        }
        let decided = Decided { by: LATE_BY, reason: LATE_REASON, now_ms };
        let change = cancel(&bill, &billed.programme, &billed.shelf.zone, decided);
        return write(tx, Some(change), decided);
    }
    let Some(visit) = row::load(tx.db, change.id)? else { return Ok(()) };
    let of_round =
        billed.programme.round.as_ref().map(|round| round.form.as_str()) == visit.view.text(field::FORM);
    if !of_round || visit.view.text(field::OUTCOME) != Some(DONE) {
        return Ok(());
    }
    let stamp = visit.view.cells.get(field::FORM).map(|cell| cell.stamp).unwrap_or_default();
    let by = visit.view.text(field::BY).unwrap_or_default();
    let choice = |counts: bool| Choice { value: counts.into(), by: by.to_owned(), stamp, winning: false };
    let question = Question {
        topic: Topic::Approval,
        about: visit.id,
        subject,
        field: LATE.to_owned(),
        choices: vec![choice(true), choice(false)],
        settled: None,
    };
    crate::ask::raise(tx, question.id(), question, now_ms)
}

/// Who cancels a bill that came after its cycle was closed.
const LATE_BY: &str = "ระบบ";
const LATE_REASON: &str = "ใบแจ้งมาถึงหลังปิดงวด";

/// Charges or gives back, in the first cycle that is open, by how much a late visit differs from what was billed.
pub(crate) fn adjust(tx: &mut Tx<'_>, visit: RecordId, decided: Decided<'_>) -> Result<()> {
    let Some(visit) = row::load(tx.db, visit)? else { return Ok(()) };
    let Some(subject) = project::subject_of(&visit.view) else { return Ok(()) };
    let Some(billed) = billed(tx, subject)? else { return Ok(()) };
    let cycle = visit.view.text(field::CYCLE).unwrap_or_default().to_owned();
    let billed_before =
        standing(tx, subject, &cycle)?.map(|(entry, _)| entry.fact.amount()).unwrap_or_default();
    let Some(right) = issue(tx, &billed, &visit, &cycle, true, decided)? else { return Ok(()) };
    let right = Entry::of(right.id, &right.cells).map(|entry| entry.fact.amount()).unwrap_or_default();
    let amount = right - billed_before;
    if amount.is_zero() {
        return Ok(());
    }
    let mut next = cycle.clone();
    for _ in 0..24 {
        if state_of(tx.db, &billed.shelf, &next)?.issues() {
            break;
        }
        next = cycle::later(&next, 1).unwrap_or(next);
    }
    let entry = Entry {
        // Decided twice, it is adjusted once.
        id: RecordId::derived("adjustment", &[visit.id.bytes()]),
        subject,
        at: thai_date::iso(decided.now_ms, thai_date::THAI_OFFSET_MINUTES),
        by: decided.by.to_owned(),
        cycle: next,
        reason: decided.reason.to_owned(),
        approver: decided.by.to_owned(),
        fact: Fact::Adjustment { amount },
    };
    if row::load(tx.db, entry.id)?.is_some() {
        return Ok(());
    }
    let change = ledger::change(&entry, &billed.programme, &billed.shelf.zone);
    write(tx, Some(change), decided)
}
