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
use domain::access::{self, Action, Grant};
use domain::billing::Line;
use domain::change::{Change, Value, field, kind};
use domain::cycle::{self, CycleState};
use domain::ids::{RecordId, Shelf};
use domain::ledger::{Entry, Fact, Statement};
use domain::programme::{DONE, Programme};
use domain::question::{Choice, Question, Topic};
use domain::thai_date;
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Stands in the place of marks in the question about a visit that came after its cycle was closed.
pub(crate) const LATE: &str = "late";

/// Stands in the place of marks in the question about a bill that is not what its visit comes to.
pub(crate) const BILL: &str = "bill";

/// Stands in the place of marks in the question about a visit whose time cannot be.
const TIME: &str = "time";

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

/// Says whether the visit of a subject that counts in a cycle waits for the office: no bill of before may be asked for then.
pub(crate) fn waits(db: &Connection, subject: &Row, cycle: &str) -> Result<bool> {
    Ok(counting(db, subject, cycle)?.is_some_and(|(_, state)| state == round::WAITS))
}

/// The visit of a subject that counts in a cycle, and whether it waits for the office.
fn counting(db: &Connection, subject: &Row, cycle: &str) -> Result<Option<(Row, i64)>> {
    let Some(visit) = round::counting_of(db, cycle, subject)? else { return Ok(None) };
    Ok(row::load_no(db, visit.no)?.map(|row| (row, visit.state)))
}

/// Brings the bill of a subject's cycle in line with the visit that counts: issues one, puts one in the place of another,
/// or cancels what nothing stands behind, or only something that waits for the office. Does nothing once the cycle is closed.
pub(crate) fn rebill(tx: &mut Tx<'_>, subject: RecordId, cycle: &str, decided: Decided<'_>) -> Result<()> {
    let Some(billed) = billed(tx, subject)? else { return Ok(()) };
    if cycle.is_empty() || !state_of(tx.db, &billed.shelf, cycle)?.issues() {
        return Ok(());
    }
    let entries = ledger::entries_of(tx.db, subject)?;
    let changes = match counting(tx.db, &billed.subject, cycle)? {
        None => billed.cancel_until(entries, cycle, None, decided),
        Some((_, round::WAITS)) => {
            billed.cancel_until(entries, cycle, None, Decided { reason: WAITS_REASON, ..decided })
        }
        Some((visit, _)) => {
            let (behind, reason) = match gone_on_from(tx, &billed, &visit)? {
                Some(original) => (original, NEXT_REASON),
                None => (visit, decided.reason),
            };
            let decided = Decided { reason, ..decided };
            match bill_of(&entries, cycle, behind.id) {
                // It was on paper before: what was put in its place goes, and the customer's paper is right again.
                Some(bill) => billed.cancel_until(entries, cycle, Some(bill), decided),
                None => issue(tx, &billed, &behind, cycle, is_approved(&billed, &behind), decided)?
                    .into_iter()
                    .collect(),
            }
        }
    };
    write(tx, changes, decided)
}

/// A visit counts no more until the office has looked, though nobody has decided anything yet: what is asked for by it goes.
pub(crate) fn withdrawn(tx: &mut Tx<'_>, subject: RecordId, cycle: &str, now_ms: u64) -> Result<()> {
    if standing(tx, subject, cycle)?.is_some() {
        rebill(tx, subject, cycle, Decided { by: LATE_BY, reason: WAITS_REASON, now_ms })?;
    }
    Ok(())
}

/// Issues the bill of a visit anew, as the server works it out, if it is the one that counts and comes to another sum.
pub(crate) fn rebill_anew(tx: &mut Tx<'_>, visit: RecordId, decided: Decided<'_>) -> Result<()> {
    let Some(visit) = row::load(tx.db, visit)? else { return Ok(()) };
    let Some(subject) = project::subject_of(&visit.view) else { return Ok(()) };
    let Some(billed) = billed(tx, subject)? else { return Ok(()) };
    let cycle = visit.view.text(field::CYCLE).unwrap_or_default().to_owned();
    if cycle.is_empty() || !state_of(tx.db, &billed.shelf, &cycle)?.issues() {
        return Ok(());
    }
    let Some((counts, state)) = counting(tx.db, &billed.subject, &cycle)? else { return Ok(()) };
    if counts.id != visit.id || state == round::WAITS {
        return Ok(());
    }
    let stands = standing(tx, subject, &cycle)?.map(|entry| charged(&entry));
    let mut fresh = issue(tx, &billed, &visit, &cycle, is_approved(&billed, &visit), decided)?;
    fresh.take_if(|fresh| {
        stands.is_some() && Entry::of(fresh.id, &fresh.cells).map(|entry| charged(&entry)) == stands
    });
    write(tx, fresh.into_iter().collect(), decided)
}

/// What somebody wrote, with a grant, came: bills that cannot be right are asked about, what came too late changes nothing,
/// and what is asked for follows the visit that counts.
pub(crate) fn follow(tx: &mut Tx<'_>, changes: &[Change], grant: &Grant, now_ms: u64) -> Result<()> {
    let of = |kind: &'static str| changes.iter().filter(move |change| change.kind == kind);
    // Bills before visits: whether a late visit is to be asked about depends on what stands.
    for change in of(kind::ENTRY) {
        if access::may(grant, Action::Office).is_err() {
            doubt(tx, change, now_ms)?;
        }
        came_late(tx, change, now_ms)?;
    }
    for change in of(kind::VISIT).filter(|change| change.cells.contains_key(field::FORM)) {
        came_late(tx, change, now_ms)?;
        arrived(tx, change, now_ms)?;
    }
    Ok(())
}

/// A visit came, of a cycle with others of the same subject, or after one that was corrected: what is asked for follows the
/// visit that counts. Where nothing is asked for, nothing is issued: whoever cancelled it knew why.
fn arrived(tx: &mut Tx<'_>, change: &Change, now_ms: u64) -> Result<()> {
    let text = |name: &str| change.cells.get(name).and_then(Value::as_str).unwrap_or_default();
    let (form, cycle) = (text(field::FORM), text(field::CYCLE));
    let Some(subject) = text(field::SUBJECT).parse::<RecordId>().ok().filter(|_| !cycle.is_empty()) else {
        return Ok(());
    };
    let mut cycles: BTreeSet<String> = BTreeSet::new();
    {
        // Nearly always there is none: that costs one look.
        let mut statement = tx.db.prepare_cached(
            "SELECT visit.cycle FROM visit JOIN record ON record.no = visit.no \
             WHERE visit.subject = ?1 AND visit.form = ?2 AND record.id <> ?3 AND (visit.cycle = ?4 OR visit.outcome = ?5) \
             ORDER BY visit.at_ms DESC LIMIT 3",
        )?;
        let mut rows =
            statement.query((subject.bytes(), form, change.id.bytes(), cycle, project::CORRECTED))?;
        while let Some(found) = rows.next()? {
            cycles.insert(found.get(0)?);
        }
    }
    for cycle in cycles {
        let stands = standing(tx, subject, &cycle)?.is_some();
        if stands {
            rebill(tx, subject, &cycle, Decided { by: LATE_BY, reason: COUNTS_REASON, now_ms })?;
        }
    }
    Ok(())
}

/// The first visit of the same subject and form that was done after one, in another cycle.
pub(crate) fn next_done(db: &Connection, visit: &Row) -> Result<Option<Row>> {
    let Some(subject) = project::subject_of(&visit.view) else { return Ok(None) };
    let text = |name: &str| visit.view.text(name).unwrap_or_default();
    let mut statement = db.prepare_cached(
        "SELECT no FROM visit WHERE subject = ?1 AND form = ?2 AND outcome = 'done' AND at_ms > ?3 AND cycle <> ?4 \
         ORDER BY at_ms, no LIMIT 1",
    )?;
    let at_ms = project::at_ms(&visit.view);
    let mut rows = statement.query((subject.bytes(), text(field::FORM), at_ms, text(field::CYCLE)))?;
    let no: Option<i64> = rows.next()?.map(|found| found.get(0)).transpose()?;
    no.map(|no| row::load_no(db, no)).transpose().map(Option::flatten)
}

/// Says whether a form was filled in a cycle: a visit is here that was done and counts.
pub(crate) fn was_done(db: &Connection, subject: RecordId, form: &str, cycle: &str) -> Result<bool> {
    let done = "SELECT EXISTS (SELECT 1 FROM visit WHERE subject = ?1 AND form = ?2 AND cycle = ?3 AND outcome = 'done')";
    Ok(db.prepare_cached(done)?.query_row((subject.bytes(), form, cycle), |row| row.get(0))?)
}

/// Of a corrected reading, the version from whose number the next reading went on, if that is not this one: the next has
/// charged the difference already, so the bill of then stays.
fn gone_on_from(tx: &Tx<'_>, billed: &Billed, visit: &Row) -> Result<Option<Row>> {
    if visit.view.text(field::SUPERSEDES).is_none() {
        return Ok(None);
    }
    let (Some(billing), Some(next)) = (&billed.programme.billing, next_done(tx.db, visit)?) else {
        return Ok(None);
    };
    let Some(from) = billing.dial_of(&next.view.values()).0 else { return Ok(None) };
    let mut one = visit.clone();
    for _ in 0..VERSIONS {
        if billing.dial_of(&one.view.values()).1 == Some(from) {
            return Ok(Some(one).filter(|one| one.id != visit.id));
        }
        let before = one.view.text(field::SUPERSEDES).and_then(|id| id.parse::<RecordId>().ok());
        match before.map(|id| row::load(tx.db, id)).transpose()?.flatten() {
            Some(before) => one = before,
            None => break,
        }
    }
    Ok(None)
}

/// Most versions of one reading that are looked through.
const VERSIONS: usize = 20;

fn is_approved(billed: &Billed, visit: &Row) -> bool {
    let round = billed.programme.round.as_ref();
    round.is_some_and(|round| round::state_of(round, visit).1 == round::APPROVED)
}

/// The last bill of a cycle for a visit that was not cancelled.
fn bill_of(entries: &[Entry], cycle: &str, visit: RecordId) -> Option<RecordId> {
    let cancelled = |id: RecordId| {
        entries.iter().any(|entry| matches!(entry.fact, Fact::Cancel { about } if about == id))
    };
    let of_visit = |entry: &&Entry| {
        matches!(&entry.fact, Fact::Bill(bill) if bill.visit == Some(visit))
            && entry.cycle == cycle
            && !cancelled(entry.id)
    };
    entries.iter().rev().find(of_visit).map(|entry| entry.id)
}

impl Billed {
    /// Cancels the bills of a cycle that stand, one after the other, until one does that is to stay, or none does.
    fn cancel_until(
        &self,
        mut entries: Vec<Entry>,
        cycle: &str,
        stays: Option<RecordId>,
        decided: Decided<'_>,
    ) -> Vec<Change> {
        let mut changes = Vec::new();
        while let Some(stands) = Statement::of(&entries).bill_of(cycle).map(|charge| charge.id)
            && Some(stands) != stays
        {
            let Some(bill) = entries.iter().find(|entry| entry.id == stands) else { break };
            let cancel = cancel(bill, decided);
            changes.push(ledger::change(&cancel, &self.programme, &self.shelf.zone));
            entries.push(cancel);
        }
        changes
    }
}

/// What a bill charges, and for which visit.
fn charged(entry: &Entry) -> Option<(Option<RecordId>, i64, Vec<Line>)> {
    match &entry.fact {
        Fact::Bill(bill) => Some((bill.visit, bill.units, bill.lines.clone())),
        _ => None,
    }
}

/// The bill of a cycle that stands.
fn standing(tx: &Tx<'_>, subject: RecordId, cycle: &str) -> Result<Option<Entry>> {
    let entries = ledger::entries_of(tx.db, subject)?;
    let Some(id) = Statement::of(&entries).bill_of(cycle).map(|charge| charge.id) else { return Ok(None) };
    Ok(entries.into_iter().find(|entry| entry.id == id))
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

fn cancel(bill: &Entry, decided: Decided<'_>) -> Entry {
    Entry {
        id: RecordId::derived("cancel", &[bill.id.bytes(), &decided.now_ms.to_le_bytes()]),
        subject: bill.subject,
        at: thai_date::iso(decided.now_ms, thai_date::THAI_OFFSET_MINUTES),
        by: decided.by.to_owned(),
        cycle: bill.cycle.clone(),
        reason: decided.reason.to_owned(),
        approver: decided.by.to_owned(),
        fact: Fact::Cancel { about: bill.id },
    }
}

fn write(tx: &mut Tx<'_>, changes: Vec<Change>, decided: Decided<'_>) -> Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let new = NewCommit {
        changes,
        reason: Some(decided.reason.to_owned()).filter(|reason| !reason.is_empty()),
        ..NewCommit::default()
    };
    write_as_server(tx, decided.by, decided.now_ms, decided.now_ms, new)
}

/// A visit, or the bill of one, that came after its cycle was closed: the closed cycle stays as it is, and the office is
/// asked whether the difference is to be adjusted.
fn came_late(tx: &mut Tx<'_>, change: &Change, now_ms: u64) -> Result<()> {
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
        let cancel = cancel(&bill, decided);
        return write(tx, vec![ledger::change(&cancel, &billed.programme, &billed.shelf.zone)], decided);
    }
    let Some(visit) = row::load(tx.db, change.id)? else { return Ok(()) };
    let of_round =
        billed.programme.round.as_ref().map(|round| round.form.as_str()) == visit.view.text(field::FORM);
    let done = visit.view.text(field::OUTCOME) == Some(DONE);
    // An estimate is asked about only where nothing else stands: its bill was given out, and the next reading has to know
    // whether it was charged.
    let is_charge = match done {
        true => gone_on_from(tx, &billed, &visit)?.is_none(),
        false => {
            let units = billed.programme.billing.as_ref().map(|b| b.units_of(&visit.view.values()));
            units.flatten().is_some()
                && !was_done(tx.db, subject, visit.view.text(field::FORM).unwrap_or_default(), cycle)?
                && standing(tx, subject, cycle)?.is_none()
        }
    };
    if !of_round || !is_charge {
        return Ok(());
    }
    raise(tx, question(&visit, LATE), now_ms)
}

/// A question to the office about a visit, for another reason than its marks.
fn question(visit: &Row, why: &str) -> Option<Question> {
    let stamp = visit.view.cells.get(field::FORM).map(|cell| cell.stamp).unwrap_or_default();
    let by = visit.view.text(field::BY).unwrap_or_default();
    let choice = |counts: bool| Choice { value: counts.into(), by: by.to_owned(), stamp, winning: false };
    Some(Question {
        topic: Topic::Approval,
        about: visit.id,
        subject: project::subject_of(&visit.view)?,
        field: why.to_owned(),
        choices: vec![choice(true), choice(false)],
        settled: None,
    })
}

/// The question about the bill of a visit ([`BILL`]).
pub(crate) fn bill_question(visit: &Row) -> Option<Question> {
    question(visit, BILL)
}

/// The question about a visit whose time cannot be ([`TIME`]).
pub(crate) fn time_question(visit: &Row) -> Option<Question> {
    question(visit, TIME)
}

pub(crate) fn raise(tx: &mut Tx<'_>, question: Option<Question>, now_ms: u64) -> Result<()> {
    question.map_or(Ok(()), |question| crate::ask::raise(tx, question.id(), question, now_ms))
}

/// A bill that a worker's device wrote, and that is not what its visit comes to by the tariff and the registry of here: it
/// stands until the office has looked, and the office is asked. Prices may have changed while a phone had no signal; a
/// number may have been made up, too.
fn doubt(tx: &mut Tx<'_>, change: &Change, now_ms: u64) -> Result<()> {
    let Some((row, entry)) = ledger::entry(tx.db, change.id)? else { return Ok(()) };
    let Fact::Bill(bill) = &entry.fact else { return Ok(()) };
    let Some(billed) = billed(tx, entry.subject)? else { return Ok(()) };
    let Some(billing) = &billed.programme.billing else { return Ok(()) };
    let Some(visit) = bill.visit.map(|id| row::load(tx.db, id)).transpose()?.flatten() else {
        return Ok(());
    };
    let day = visit.view.text(field::AT).unwrap_or_default();
    let right = billing.charge(&billed.subject.view.values(), bill.units, day);
    let twice: bool = tx
        .db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM entry WHERE number = ?1 AND number <> '' AND no <> ?2)",
        )?
        .query_row((bill.no.as_str(), row.no), |found| found.get(0))?;
    let is_right = visit.view.text(field::FORM) == Some(billing.form.as_str())
        && billing.units_of(&visit.view.values()) == Some(bill.units)
        && right.is_some_and(|right| right.total == bill.total && right.lines == bill.lines)
        && !twice;
    if is_right || !state_of(tx.db, &billed.shelf, &entry.cycle)?.issues() {
        return Ok(());
    }
    raise(tx, bill_question(&visit), now_ms)
}

/// Who cancels a bill that came after its cycle was closed, or that nothing stands behind any more.
const LATE_BY: &str = "ระบบ";
const LATE_REASON: &str = "ใบแจ้งมาถึงหลังปิดงวด";
/// Why a bill is cancelled while a later version of its reading waits for the office.
const WAITS_REASON: &str = "รอสำนักงานตรวจ";
/// Why a corrected reading changes no bill once the next was read.
const NEXT_REASON: &str = "การจดงวดถัดไปคิดส่วนต่างไปแล้ว";
/// Why a bill follows another visit than the one it was issued for.
const COUNTS_REASON: &str = "ตามการจดที่นับของงวด";

/// Charges or gives back, in the first cycle that is open, by how much a late visit differs from what was billed.
pub(crate) fn adjust(tx: &mut Tx<'_>, visit: RecordId, decided: Decided<'_>) -> Result<()> {
    let Some(visit) = row::load(tx.db, visit)? else { return Ok(()) };
    let Some(subject) = project::subject_of(&visit.view) else { return Ok(()) };
    let Some(billed) = billed(tx, subject)? else { return Ok(()) };
    let cycle = visit.view.text(field::CYCLE).unwrap_or_default().to_owned();
    let billed_before = standing(tx, subject, &cycle)?.map(|entry| entry.fact.amount()).unwrap_or_default();
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
        id: ledger::adjustment_id(visit.id),
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
    write(tx, vec![change], decided)
}
