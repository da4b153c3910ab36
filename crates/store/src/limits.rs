//! What one device may pile up on a server. Each bound is far above what honest work comes to; without them whoever holds a
//! phone's token could make every further commit dearer than the last, in the one transaction that everybody waits for, or
//! make a record larger than phones can take in.

use crate::accept::Arrival;
use crate::error::Result;
use crate::project;
use crate::row::{self, Row};
use crate::transact::Tx;
use domain::change::{Change, Commit, Value, field, kind};
use domain::ids::{DeviceNo, Install, RecordId};
use domain::ledger::Entry;
use domain::problem::Code;
use domain::wire::{RECORD_MAX_BYTES, RECORD_MAX_CELLS};
use rusqlite::Connection;
use std::collections::BTreeMap;

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// Claims by one slip, wherever they are.
const CLAIMS_OF_A_SLIP: u32 = 50;
/// Entries of one account that come in within a day.
const ENTRIES_A_DAY: u32 = 40;
/// Reasons by which one person opens the emergency view within a day.
const REASONS_A_DAY: u32 = 40;
/// Visits of one device that stand side by side: of one subject in one cycle, or at one moment.
const VISITS_ALIKE: usize = 20;
/// Orders that one device opens at one subject within a day.
const ORDERS_A_DAY: usize = 50;
/// Subjects on which one code hangs.
const HOLDERS_OF_A_CODE: u32 = 20;

/// Bytes that the log keeps of a commit that is refused.
const REFUSED_KEPT: usize = 64 * 1024;
/// Refused commits of a device within a day of which the log keeps the words. Of more it keeps that they came.
const REFUSED_A_DAY: u32 = 200;

/// Says whether a device's commit stays within what one device may write. What it may write at all was asked before.
///
/// Errors: `forbidden` for a definition: those are published at the office, where they are looked through first and leave a
/// row in the audit; `too_much`.
pub(crate) fn check(tx: &Tx<'_>, arrival: &Arrival<'_>, commit: &Commit, rows: &[Row]) -> Result<()> {
    if arrival.device == DeviceNo::SERVER {
        return Ok(());
    }
    for (change, row) in commit.changes.iter().zip(rows) {
        let within = match change.kind.as_str() {
            kind::PROGRAMME | kind::ZONE => return Err(Code::Forbidden.into()),
            kind::SUBJECT => codes_hang_apart(tx.db, change)?,
            kind::VISIT if row.no == 0 => visits_differ(tx, arrival.device, change)?,
            kind::ENTRY if row.no == 0 => entries_are_few(tx.db, change, arrival.now_ms)?,
            kind::ACCESS if row.no == 0 => reasons_are_few(tx.db, change, arrival.now_ms)?,
            _ => true,
        };
        if !within {
            return Err(Code::TooMuch.into());
        }
    }
    if orders_are_few(tx, arrival, commit, rows)? { Ok(()) } else { Err(Code::TooMuch.into()) }
}

/// Says whether a record with a change laid over it is one that phones can take in and a server can go on rewriting.
pub(crate) fn fits(change: &Change, row: &Row) -> bool {
    let kept = row.view.cells.iter().filter(|(name, _)| !change.cells.contains_key(*name));
    let all = kept.map(|(name, cell)| (name, &cell.value)).chain(&change.cells);
    let (mut cells, mut bytes) = (0, 0);
    for (name, value) in all {
        cells += 1;
        bytes += name.len() + value.to_string().len();
    }
    cells <= RECORD_MAX_CELLS && bytes <= RECORD_MAX_BYTES
}

fn count(db: &Connection, sql: &str, of: &str) -> Result<u32> {
    Ok(db.prepare_cached(sql)?.query_row([of], |row| row.get(0))?)
}

/// A label is stuck on one thing, by mistake on a second. Every holder is named in the question about it.
fn codes_hang_apart(db: &Connection, change: &Change) -> Result<bool> {
    let bound = change.cells.iter().filter(|(_, value)| **value == Value::Bool(true));
    for code in bound.filter_map(|(name, _)| name.strip_prefix(field::CODES)) {
        if count(db, "SELECT count(*) FROM code WHERE code = ?1", code)? >= HOLDERS_OF_A_CODE {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Nobody reads one meter twenty times in a month. All of them would stand in one question, which every phone of the zone
/// carries, and it would be written anew with each.
fn visits_differ(tx: &Tx<'_>, device: DeviceNo, change: &Change) -> Result<bool> {
    let text = |name: &str| change.cells.get(name).and_then(Value::as_str).unwrap_or_default();
    let Ok(subject) = text(field::SUBJECT).parse::<RecordId>() else { return Ok(true) };
    let form = text(field::FORM);
    let shelf = tx.shelf_of_record(subject)?.map(|shelf| tx.shelf_of(shelf)).transpose()?;
    let programme = shelf.and_then(|shelf| tx.programme(&shelf.programme));
    let once = programme.is_some_and(|it| it.form(form).is_some_and(|form| form.once_per_cycle));
    let cycle = if once { text(field::CYCLE) } else { "" };
    let (_, at_ms) = project::day_and_ms(text(field::AT));
    let mut statement = tx.db.prepare_cached(
        "SELECT no FROM visit WHERE subject = ?1 AND form = ?2 AND \
         (at_ms = ?3 OR (cycle = ?4 AND ?4 <> '' AND outcome IN ('done', 'set_aside')))",
    )?;
    let alike: Vec<i64> = statement
        .query_map((subject.bytes(), form, at_ms, cycle), |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    if alike.len() < VISITS_ALIKE {
        return Ok(true);
    }
    let mut own = 0;
    for no in alike {
        let visit = row::load_no_as_work(tx, no)?;
        let written = visit.as_ref().and_then(|visit| visit.view.cells.get(field::FORM));
        own += usize::from(written.is_some_and(|cell| cell.stamp.device == device));
    }
    Ok(own < VISITS_ALIKE)
}

/// Whoever opens an order goes through the others there, and so does whoever reports as a citizen. Those of this very commit
/// count as well: it may hold two hundred.
fn orders_are_few(tx: &Tx<'_>, arrival: &Arrival<'_>, commit: &Commit, rows: &[Row]) -> Result<bool> {
    let mut opened: BTreeMap<RecordId, usize> = BTreeMap::new();
    for (change, row) in commit.changes.iter().zip(rows) {
        let subject = change.cells.get(field::SUBJECT).and_then(Value::as_str);
        if change.kind == kind::ORDER
            && row.no == 0
            && let Some(subject) = subject.and_then(|subject| subject.parse().ok())
        {
            *opened.entry(subject).or_default() += 1;
        }
    }
    for (subject, new) in opened {
        if new > ORDERS_A_DAY || orders_of_today(tx, arrival, subject)? > ORDERS_A_DAY - new {
            return Ok(false);
        }
    }
    Ok(true)
}

/// How many orders at a subject a device has opened within the last day. Those come last, so no older one is looked at.
fn orders_of_today(tx: &Tx<'_>, arrival: &Arrival<'_>, subject: RecordId) -> Result<usize> {
    let mut statement =
        tx.db.prepare_cached("SELECT no FROM order_case WHERE subject = ?1 ORDER BY no DESC")?;
    let mut found = statement.query([subject.bytes()])?;
    let mut own = 0;
    while let Some(row) = found.next()? {
        let Some(order) = row::load_no_as_work(tx, row.get(0)?)? else { continue };
        if !is_of_today(tx.db, &order, arrival.now_ms)? {
            break;
        }
        let opened = order.view.cells.get(field::ORDER_KIND);
        own += usize::from(opened.is_some_and(|cell| cell.stamp.device == arrival.device));
    }
    Ok(own)
}

/// An account is worked out from all its entries, and of a slip all claims are looked at: both stay short.
fn entries_are_few(db: &Connection, change: &Change, now_ms: u64) -> Result<bool> {
    let Some(entry) = Entry::of(change.id, &change.cells) else { return Ok(true) };
    if let Some(slip) = entry.fact.slip()
        && count(db, "SELECT count(*) FROM entry WHERE slip = ?1 AND slip <> ''", &slip.key())?
            >= CLAIMS_OF_A_SLIP
    {
        return Ok(false);
    }
    let mut statement =
        db.prepare_cached("SELECT no FROM entry WHERE subject = ?1 ORDER BY no DESC LIMIT 1 OFFSET ?2")?;
    let mut found = statement.query((entry.subject.bytes(), ENTRIES_A_DAY - 1))?;
    let earlier = found.next()?.map(|row| row.get(0)).transpose()?;
    Ok(!came_within_a_day(db, earlier, now_ms)?)
}

fn reasons_are_few(db: &Connection, change: &Change, now_ms: u64) -> Result<bool> {
    let by = change.cells.get(field::BY).and_then(Value::as_str).unwrap_or_default();
    let mut statement =
        db.prepare_cached("SELECT no FROM access WHERE person = ?1 ORDER BY no DESC LIMIT 1 OFFSET ?2")?;
    let mut found = statement.query((by, REASONS_A_DAY - 1))?;
    let earlier = found.next()?.map(|row| row.get(0)).transpose()?;
    Ok(!came_within_a_day(db, earlier, now_ms)?)
}

/// Says whether a record that is written once came in within the last day.
fn came_within_a_day(db: &Connection, no: Option<i64>, now_ms: u64) -> Result<bool> {
    let Some(row) = no.map(|no| row::load_no(db, no)).transpose()?.flatten() else { return Ok(false) };
    is_of_today(db, &row, now_ms)
}

/// Says whether a record first came in within the last day. By the number of its cells: the record's own number changes when
/// its subject moves, and what it says of its time is its sender's word.
fn is_of_today(db: &Connection, row: &Row, now_ms: u64) -> Result<bool> {
    let seq = row.view.cells.values().map(|cell| cell.seq.0).min().unwrap_or_default();
    let mut statement = db.prepare_cached("SELECT received FROM commit_log WHERE seq = ?1 AND seq > 0")?;
    let mut found = statement.query([seq])?;
    let received: Option<u64> = found.next()?.map(|row| row.get(0)).transpose()?;
    Ok(received.is_some_and(|received| received.saturating_add(DAY_MS) > now_ms))
}

/// Says whether of a refused commit less may be kept than came, so that what is kept proves nothing about a disk.
pub(crate) fn may_be_cut(kept: &str) -> bool {
    kept.is_empty() || kept.len() + 4 > REFUSED_KEPT
}

/// What the log keeps of the text of a commit that is refused: the beginning of a long one, and nothing of the many that no
/// honest phone sends. Its writer has the whole, and a server must not be filled with what it refuses.
pub(crate) fn kept_of_refused<'a>(
    tx: &Tx<'_>,
    device: DeviceNo,
    install: Install,
    text: &'a str,
    now_ms: u64,
) -> Result<&'a str> {
    // Among its last commits only: whoever has sent a million of them must not make each further one dearer.
    let refused: u32 = tx
        .db
        .prepare_cached(
            "SELECT count(*) FROM (SELECT refused, received FROM commit_log WHERE device = ?1 AND install = ?2 \
             ORDER BY n DESC LIMIT ?3) WHERE refused <> '' AND received > ?4",
        )?
        .query_row((device.0, format!("{:016x}", install.0), 2 * REFUSED_A_DAY, now_ms.saturating_sub(DAY_MS)), |row| row.get(0))?;
    let most = if refused < REFUSED_A_DAY { REFUSED_KEPT } else { 0 };
    let end = (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    Ok(text.get(..end).unwrap_or_default())
}
