//! Money that came in, as the office sees it: in whose hands cash is, slips that the bank has yet to confirm, and the file of
//! a day for the treasury.

use super::{Caller, list};
use crate::error::{Optional, Result};
use crate::row::{self, id_of};
use crate::{Now, Store, project};
use domain::access::{self, Action, Grant};
use domain::api::{CashRow, SlipRow, Takings, TakingsReply};
use domain::ids::RecordId;
use domain::ledger::{Entry, Means, PaymentState};
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
    fn since(store: &Store, day: &str, shelves: &str) -> Result<Said> {
        // In the order in which they were said: of two verdicts the later counts.
        let sql = format!(
            "SELECT record.cells ->> '$.v.about', entry.fact, record.cells ->> '$.v.to', record.cells ->> '$.v.confirmed' \
             FROM entry JOIN record ON record.no = entry.no WHERE entry.day >= ?1 \
             AND entry.fact IN ('moved', 'cancel', 'verdict') AND entry.shelf IN ({shelves}) ORDER BY entry.at_ms, record.id"
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
    ask.since.parse::<chrono::NaiveDate>().map_err(|_| Problem::new(Code::Malformed).about("since"))?;
    let shelves = list::shelves(store, caller, &ask.programme, None)?;
    let zones: BTreeMap<i64, &str> = shelves.iter().map(|(no, shelf)| (*no, shelf.zone.as_str())).collect();
    let list = list::sql_list(shelves.iter().map(|(no, _)| *no));
    let said = Said::since(store, &ask.since, &list)?;
    let sql = format!(
        "SELECT record.id, entry.subject, entry.shelf, entry.day, entry.person, entry.amount, entry.slip, entry.number, entry.no \
         FROM entry JOIN record ON record.no = entry.no WHERE entry.day >= ?1 AND entry.fact = 'payment' \
         AND entry.shelf IN ({list}) ORDER BY entry.at_ms, record.id"
    );
    let mut statement = store.db.prepare_cached(&sql)?;
    let mut rows = statement.query([&ask.since])?;
    let mut cash: BTreeMap<(String, PaymentState, String), CashRow> = BTreeMap::new();
    let mut used: BTreeSet<([u8; 16], String)> = BTreeSet::new();
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

/// The first number of the log that came at a time or later. Numbers are given in the order of arrival.
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
        let Some((from, to)) = midnights(day) else {
            return Err(Problem::new(Code::Malformed).about("day").into());
        };
        let sql = format!(
            "SELECT record.no FROM record JOIN entry ON entry.no = record.no \
             JOIN commit_log ON commit_log.seq = record.seq AND commit_log.seq > 0 \
             WHERE record.shelf IN ({}) AND record.seq >= ?1 AND record.seq < ?2 AND entry.fact = 'payment' \
             AND received >= ?3 AND received < ?4 ORDER BY entry.at_ms, record.no",
            list::sql_list(shelves.iter().map(|(no, _)| *no))
        );
        let bounds = (first_seq(&self.db, from - SLACK_MS)?, first_seq(&self.db, to + SLACK_MS)?);
        let mut statement = self.db.prepare_cached(&sql)?;
        let mut rows = statement.query((bounds.0, bounds.1, from, to))?;
        let mut lines = Vec::new();
        while let Some(found) = rows.next()? {
            let Some(row) = row::load_no(&self.db, found.get(0)?)? else { continue };
            let Some(entry) = Entry::of(row.id, &row.view.values()) else { continue };
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
fn midnights(day: &str) -> Option<(i64, i64)> {
    let day: chrono::NaiveDate = day.parse().ok()?;
    let begins = |day: chrono::NaiveDate| {
        let midnight = day.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis();
        Some(midnight - i64::from(thai_date::THAI_OFFSET_MINUTES) * 60_000)
    };
    Some((begins(day)?, begins(day.succ_opt()?)?))
}
