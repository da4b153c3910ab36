//! Money that came in, as the office sees it: in whose hands cash is, slips that the bank has yet to confirm, and the file of
//! a day for the treasury.

use super::{Caller, list};
use crate::error::{Optional, Result};
use crate::row::{self, Row, id_of};
use crate::{Now, Store, project};
use chrono::{Days, NaiveDate};
use domain::access::{self, Action, Grant};
use domain::api::{CashRow, SlipRow, Takings, TakingsReply};
use domain::change::{Commit, kind};
use domain::ids::{RecordId, Seq, Shelf};
use domain::ledger::{Entry, Fact, Means, PaymentState};
use domain::money::Satang;
use domain::problem::{Code, Problem};
use domain::thai_date;
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};

/// Most slips of one list.
const SLIPS: usize = 200;

/// What was said of payments afterwards, as [`domain::ledger::Statement`] takes it.
#[derive(Default)]
struct Said {
    /// Cancelled, or the bank says that it never came.
    gone: BTreeSet<RecordId>,
    /// The bank says that it came.
    confirmed: BTreeSet<RecordId>,
    handed_over: BTreeSet<RecordId>,
    deposited: BTreeSet<RecordId>,
}

impl Said {
    /// What was said of the payments since a day. A payment's day is its device's word: one whose date was ahead bears a
    /// later day than what is said of it. But nobody speaks of a payment before it is here, so its row comes first.
    fn of_payments_since(store: &Store, day: &str, shelves: &str) -> Result<Said> {
        // In the order in which they were said: of two verdicts the later counts.
        let sql = format!(
            "SELECT record.cells ->> '$.v.about', entry.fact, record.cells ->> '$.v.to', record.cells ->> '$.v.confirmed' \
             FROM entry JOIN record ON record.no = entry.no WHERE entry.fact IN ('moved', 'cancel', 'verdict') \
             AND entry.shelf IN ({shelves}) AND (entry.day >= ?1 OR entry.no > (SELECT min(no) FROM entry \
             WHERE day >= ?1 AND fact = 'payment' AND shelf IN ({shelves}))) ORDER BY entry.at_ms, record.id"
        );
        let mut statement = store.db.prepare_cached(&sql)?;
        let mut rows = statement.query([day])?;
        let mut said = Said::default();
        let mut verdicts: BTreeMap<RecordId, bool> = BTreeMap::new();
        while let Some(found) = rows.next()? {
            let about: Option<String> = found.get(0)?;
            let Some(about) = about.and_then(|id| id.parse::<RecordId>().ok()) else { continue };
            let (fact, to): (String, Option<String>) = (found.get(1)?, found.get(2)?);
            match (fact.as_str(), to.as_deref()) {
                ("cancel", _) => _ = said.gone.insert(about),
                ("verdict", _) => _ = verdicts.insert(about, found.get::<_, Option<bool>>(3)? == Some(true)),
                (_, Some("deposited")) => _ = said.deposited.insert(about),
                _ => _ = said.handed_over.insert(about),
            }
        }
        for (about, confirmed) in verdicts {
            if confirmed {
                said.confirmed.insert(about)
            } else {
                said.gone.insert(about)
            };
        }
        Ok(said)
    }

    fn hands(&self, payment: RecordId) -> PaymentState {
        match (self.deposited.contains(&payment), self.handed_over.contains(&payment)) {
            (true, _) => PaymentState::Deposited,
            (false, true) => PaymentState::HandedOver,
            (false, false) => PaymentState::Received,
        }
    }
}

pub(super) fn takings(store: &Store, caller: &Caller<'_>, ask: &Takings) -> Result<TakingsReply> {
    access::may(caller.grant, Action::Office)?;
    ask.since.parse::<NaiveDate>().map_err(|_| Problem::new(Code::Malformed).about("since"))?;
    let shelves = list::shelves(store, caller, &ask.programme, None)?;
    let zones: BTreeMap<i64, &str> = shelves.iter().map(|(no, shelf)| (*no, shelf.zone.as_str())).collect();
    let list = list::sql_list(shelves.iter().map(|(no, _)| *no));
    let said = Said::of_payments_since(store, &ask.since, &list)?;
    let sql = format!(
        "SELECT record.id, entry.subject, entry.shelf, entry.day, entry.person, entry.amount, entry.slip, entry.number, entry.no \
         FROM entry JOIN record ON record.no = entry.no WHERE entry.day >= ?1 AND entry.fact = 'payment' \
         AND entry.shelf IN ({list}) ORDER BY entry.at_ms, record.id"
    );
    let mut statement = store.db.prepare_cached(&sql)?;
    let mut rows = statement.query([&ask.since])?;
    let mut cash: BTreeMap<(String, PaymentState, String), CashRow> = BTreeMap::new();
    let mut used: BTreeSet<([u8; 16], String)> = BTreeSet::new();
    let mut earlier = store
        .db
        .prepare_cached("SELECT 1 FROM entry WHERE slip = ?1 AND slip <> '' AND subject = ?2 AND day < ?3")?;
    let mut reply = TakingsReply::default();
    while let Some(found) = rows.next()? {
        let id = id_of(found.get(0)?);
        if said.gone.contains(&id) {
            continue;
        }
        let (subject, shelf, day, by): ([u8; 16], i64, String, String) =
            (found.get(1)?, found.get(2)?, found.get(3)?, found.get(4)?);
        // A payment takes from what is owed.
        let amount = Satang(-found.get::<_, i64>(5)?);
        let (slip, number): (String, String) = (found.get(6)?, found.get(7)?);
        if !slip.is_empty() {
            // One slip pays an account once, whoever claimed it again.
            let first = used.insert((subject, slip.clone()));
            if !first || said.confirmed.contains(&id) {
                continue;
            }
            if earlier.exists((&slip, subject, &ask.since))? && !is_claimed(store, id_of(subject), id)? {
                continue;
            }
            reply.slips_total += 1;
            reply.slips_amount += amount;
            if reply.slips.len() < SLIPS {
                let customer = row::load(&store.db, id_of(subject))?;
                let claim = row::load_no(&store.db, found.get(8)?)?;
                reply.slips.push(SlipRow {
                    payment: id,
                    subject: id_of(subject),
                    heading: customer
                        .map_or(String::new(), |customer| list::heading(store, &ask.programme, &customer)),
                    zone: zones.get(&shelf).copied().unwrap_or_default().to_owned(),
                    at: claim
                        .and_then(|claim| claim.view.text(domain::change::field::AT).map(str::to_owned))
                        .unwrap_or_default(),
                    slip,
                    amount,
                    by,
                });
            }
        } else if !number.is_empty() {
            let state = said.hands(id);
            let row = cash.entry((by.clone(), state, day.clone())).or_insert_with(|| CashRow {
                by,
                state,
                day,
                count: 0,
                amount: Satang::ZERO,
                payments: Vec::new(),
            });
            row.count += 1;
            row.amount += amount;
            // What lies at the bank goes nowhere any more.
            if state != PaymentState::Deposited {
                row.payments.push(id);
            }
        }
    }
    reply.cash = cash.into_values().collect();
    Ok(reply)
}

/// Says whether a payment waits for the bank, as its account has it.
fn is_claimed(store: &Store, subject: RecordId, payment: RecordId) -> Result<bool> {
    let account = store.statement(subject)?;
    Ok(account.payment(payment).is_some_and(|paid| paid.state == PaymentState::Claimed))
}

/// The first number of the log that came at a time or later. Numbers are given in the order of arrival, which is that of
/// `received` for as long as nobody sets the server's clock.
fn first_seq(db: &Connection, from_ms: i64) -> Result<i64> {
    let mut statement = db.prepare_cached(
        "SELECT seq, received FROM commit_log WHERE seq >= ?1 AND seq > 0 ORDER BY seq LIMIT 1",
    )?;
    let top: i64 =
        db.query_row("SELECT coalesce(max(seq), 0) FROM commit_log WHERE seq > 0", [], |row| row.get(0))?;
    let (mut low, mut high) = (0, top + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        let found = statement.query_row([middle], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        match found {
            Some((seq, received)) if i64::lt(&received, &from_ms) => low = i64::saturating_add(seq, 1),
            _ => high = middle,
        }
    }
    Ok(low)
}

/// How far the order of numbers and that of arrival may differ: whoever waits for the disk is numbered together.
const SLACK_MS: i64 = 3_600_000;

/// How late after the day it was made, and how long before it, a payment is found by that day.
const LATE_DAYS: u64 = 31;
const AHEAD_DAYS: u64 = 2;

/// The records that may be payments which came between two times, by the commits that the log has of then. Of a commit that
/// the disk has damaged nobody can say what it brought: there it may be any payment that was written since.
fn by_log(db: &Connection, list: &str, (from_ms, to_ms): (i64, i64)) -> Result<BTreeSet<RecordId>> {
    let mut statement = db.prepare_cached(
        "SELECT seq, body FROM commit_log WHERE seq >= ?1 AND seq < ?2 AND seq > 0 \
         AND received >= ?3 AND received < ?4 ORDER BY seq",
    )?;
    let bounds = (first_seq(db, from_ms - SLACK_MS)?, first_seq(db, to_ms + SLACK_MS)?);
    let mut rows = statement.query((bounds.0, bounds.1, from_ms, to_ms))?;
    let mut ids = BTreeSet::new();
    let mut damaged: Option<u64> = None;
    while let Some(found) = rows.next()? {
        let body = found.get_ref(1)?.as_bytes().map_err(rusqlite::Error::from)?;
        match serde_json::from_slice::<Commit>(body) {
            Ok(commit) => {
                let entries = commit.changes.iter().filter(|change| change.kind == kind::ENTRY);
                ids.extend(entries.map(|change| change.id));
            }
            Err(_) => damaged = damaged.or(Some(found.get(0)?)),
        }
    }
    if let Some(seq) = damaged {
        let sql = format!(
            "SELECT record.id FROM record JOIN entry ON entry.no = record.no \
             WHERE record.shelf IN ({list}) AND record.seq >= ?1 AND entry.fact = 'payment'"
        );
        let mut statement = db.prepare(&sql)?;
        let mut rows = statement.query([seq])?;
        while let Some(found) = rows.next()? {
            ids.insert(id_of(found.get(0)?));
        }
    }
    Ok(ids)
}

/// The payments that were made about a day. The log is not in the order of arrival where the server's clock was wrong for a
/// while and was set right: what is looked up in it is missing then, and nearly every payment comes soon after it was made.
fn by_day(db: &Connection, list: &str, date: NaiveDate) -> Result<BTreeSet<RecordId>> {
    let first = date.checked_sub_days(Days::new(LATE_DAYS)).unwrap_or(date);
    let last = date.checked_add_days(Days::new(AHEAD_DAYS)).unwrap_or(date);
    let sql = format!(
        "SELECT record.id FROM entry JOIN record ON record.no = entry.no \
         WHERE entry.day BETWEEN ?1 AND ?2 AND entry.fact = 'payment' AND entry.shelf IN ({list})"
    );
    let mut statement = db.prepare(&sql)?;
    let mut rows = statement.query((first.to_string(), last.to_string()))?;
    let mut ids = BTreeSet::new();
    while let Some(found) = rows.next()? {
        ids.insert(id_of(found.get(0)?));
    }
    Ok(ids)
}

/// The payments on some shelves that came between the midnights of a day, in the order they were made. Each by the commit that
/// brought its words: the number of a record is that of its last move, and would bring a payment again once its customer
/// moves.
fn arrived(
    db: &Connection,
    shelves: &[(i64, Shelf)],
    date: NaiveDate,
    midnights: (i64, i64),
) -> Result<Vec<(Row, Entry)>> {
    let list = list::sql_list(shelves.iter().map(|(no, _)| *no));
    let mut ids = by_log(db, &list, midnights)?;
    ids.extend(by_day(db, &list, date)?);
    let mut received = db.prepare_cached("SELECT received FROM commit_log WHERE seq = ?1 AND seq > 0")?;
    let mut payments = Vec::new();
    for id in ids {
        let Some(row) = row::load(db, id)?.filter(|row| row.view.is_alive()) else { continue };
        let Some(Seq(brought)) = row.view.cells.values().map(|cell| cell.seq).min() else { continue };
        let came: Option<i64> = received.query_row([brought], |found| found.get(0)).optional()?;
        let is_of_day = came.is_some_and(|came| (midnights.0..midnights.1).contains(&came));
        if !is_of_day || shelves.iter().all(|(no, _)| *no != row.shelf) {
            continue;
        }
        let entry = Entry::of(row.id, &row.view.values());
        let payment = entry.filter(|entry| matches!(entry.fact, Fact::Payment(_)));
        payments.extend(payment.map(|payment| (row, payment)));
    }
    payments.sort_by_key(|(row, _)| (project::at_ms(&row.view), row.no));
    Ok(payments)
}

/// A payment of a day, for the treasury's program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentLine {
    /// When, ISO with offset.
    pub at: String,
    /// The customer's number.
    pub customer_no: String,
    /// The subject's heading.
    pub heading: String,
    /// Its zone.
    pub zone: String,
    /// How it came: `cash`, `slip`, `bank`.
    pub means: &'static str,
    /// The bank's number of the transfer, or empty.
    pub reference: String,
    /// The receipt's number, or empty.
    pub receipt_no: String,
    /// Where it stands, such as `claimed`.
    pub state: String,
    /// Who wrote it.
    pub by: String,
    /// How much.
    pub amount: Satang,
    /// The day it was made, where that is not the day of the file: it came later, or its device has a wrong date.
    pub made_on: Option<String>,
}

impl Store {
    /// The payments that came to the office on a day, in the order they were made. What does not count any more is among
    /// them: its state says so. By arrival, so that each is in the file of one day and no other: cash that was taken without
    /// signal on Monday is in Tuesday's, and says so.
    ///
    /// Errors: what the grant does not allow.
    pub fn payments_of(
        &self,
        grant: &Grant,
        now: Now,
        programme: &str,
        day: &str,
    ) -> Result<Vec<PaymentLine>> {
        let caller = &Caller { grant, now };
        access::may(grant, Action::Office)?;
        let shelves = list::shelves(self, caller, programme, None)?;
        let known = self.programmes.get(programme).cloned();
        let field = known
            .as_ref()
            .and_then(|known| known.billing.as_ref())
            .map(|billing| billing.fields.customer_no.clone());
        let date: Option<NaiveDate> = day.parse().ok();
        let Some((date, midnights)) = date.and_then(|date| Some((date, midnights(date)?))) else {
            return Err(Problem::new(Code::Malformed).about("day").into());
        };
        let mut lines = Vec::new();
        for (row, entry) in arrived(&self.db, &shelves, date, midnights)? {
            let Some(paid) = self.statement(entry.subject)?.payment(entry.id).cloned() else { continue };
            let (means, reference) = match &paid.means {
                Some(Means::Slip(slip)) => ("slip", slip.key()),
                Some(Means::Bank { reference }) => ("bank", reference.clone()),
                Some(Means::Cash) | None => ("cash", String::new()),
            };
            let subject = row::load(&self.db, entry.subject)?;
            let value = |name: &String| subject.as_ref()?.view.get(name).map(project::plain);
            let state = serde_json::to_value(paid.state)?.as_str().unwrap_or_default().to_owned();
            lines.push(PaymentLine {
                at: entry.at.clone(),
                customer_no: field.as_ref().and_then(value).unwrap_or_default(),
                heading: subject
                    .as_ref()
                    .map_or(String::new(), |subject| list::heading(self, programme, subject)),
                zone: row::shelf_of(&self.db, row.shelf)?.zone,
                means,
                reference,
                receipt_no: paid.receipt_no.clone(),
                state,
                by: entry.by.clone(),
                amount: paid.amount,
                made_on: entry.at.get(..10).filter(|made| *made != day).map(str::to_owned),
            });
        }
        Ok(lines)
    }
}

/// The beginning and the end of a Thai day, milliseconds.
fn midnights(day: NaiveDate) -> Option<(i64, i64)> {
    let begins = |day: NaiveDate| {
        let midnight = day.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis();
        Some(midnight - i64::from(thai_date::THAI_OFFSET_MINUTES) * 60_000)
    };
    Some((begins(day)?, begins(day.succ_opt()?)?))
}
