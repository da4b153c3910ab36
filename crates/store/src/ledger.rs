//! Accounts: the entries of a subject as rows, and the bill that a visit brings.

use crate::commit::{NewCommit, write_as_server};
use crate::error::{Optional, Result};
use crate::row::{self, Row};
use crate::transact::Tx;
use crate::{Store, meta, project};
use domain::access::Grant;
use domain::billing::{BillNumber, Issue, Series};
use domain::change::{Change, Value, Values, field, kind};
use domain::cycle;
use domain::ids::{DeviceNo, RecordId, Seq};
use domain::ledger::{Entry, Fact, Statement, name};
use domain::problem::Code;
use domain::programme::Programme;
use rusqlite::Connection;
use std::collections::btree_map::Entry as Slot;
use std::collections::{BTreeMap, BTreeSet};

/// Brings the index of entries in line with one. An entry of a kind that this app does not know has its row, so that it
/// moves with its subject, and counts for nothing.
pub(crate) fn project_entry(tx: &Tx<'_>, row: &Row) -> Result<()> {
    let subject = project::subject_of(&row.view).filter(|_| row.view.is_alive());
    let Some(subject) = subject else { return forget_entry(tx, row) };
    let text = |name: &str| row.view.text(name).unwrap_or_default();
    let fact = Entry::of(row.id, &row.view.values()).map(|entry| entry.fact);
    let (day, at_ms) = project::day_and_ms(text(field::AT));
    let number = match &fact {
        Some(Fact::Bill(bill)) => bill.no.as_str(),
        Some(Fact::Payment(payment)) => &payment.receipt_no,
        _ => "",
    };
    tx.db
        .prepare_cached(
            "INSERT OR REPLACE INTO entry (no, subject, shelf, fact, at_ms, day, cycle, person, amount, slip, number) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute((
            row.no,
            subject.bytes(),
            row.shelf,
            text(name::ENTRY),
            at_ms,
            day,
            text(field::CYCLE),
            text(field::BY),
            fact.as_ref().map_or(0, |fact| fact.amount().0),
            fact.as_ref().and_then(Fact::slip).map(|slip| slip.key()).unwrap_or_default(),
            number,
        ))?;
    Ok(())
}

/// Takes an entry out of the index.
pub(crate) fn forget_entry(tx: &Tx<'_>, row: &Row) -> Result<()> {
    tx.db.prepare_cached("DELETE FROM entry WHERE no = ?1")?.execute([row.no])?;
    Ok(())
}

/// The entries of a subject's account, oldest first.
pub(crate) fn entries_of(db: &Connection, subject: RecordId) -> Result<Vec<Entry>> {
    let mut statement = db.prepare_cached("SELECT no FROM entry WHERE subject = ?1 ORDER BY at_ms, no")?;
    let mut rows = statement.query([subject.bytes()])?;
    let mut entries = Vec::new();
    while let Some(found) = rows.next()? {
        if let Some(row) = row::load_no(db, found.get(0)?)? {
            entries.extend(Entry::of(row.id, &row.view.values()));
        }
    }
    Ok(entries)
}

/// An entry with its row.
pub(crate) fn entry(db: &Connection, id: RecordId) -> Result<Option<(Row, Entry)>> {
    let row = row::load(db, id)?.filter(|row| row.kind == kind::ENTRY && row.view.is_alive());
    Ok(row.and_then(|row| Entry::of(row.id, &row.view.values()).map(|entry| (row, entry))))
}

/// The payment that a slip was used for before, if it is here and still counts.
pub(crate) fn used_slip(db: &Connection, key: &str) -> Result<Option<RecordId>> {
    let mut statement =
        db.prepare_cached("SELECT no FROM entry WHERE slip = ?1 AND slip <> '' ORDER BY at_ms, no")?;
    let mut rows = statement.query([key])?;
    while let Some(found) = rows.next()? {
        let Some(row) = row::load_no(db, found.get(0)?)? else { continue };
        let Some(subject) = project::subject_of(&row.view) else { continue };
        let account = Statement::of(&entries_of(db, subject)?);
        if account.payment(row.id).is_some_and(|payment| payment.state.counts()) {
            return Ok(Some(row.id));
        }
    }
    Ok(None)
}

/// Two phones may claim by one slip unaware of each other, for two customers. The server sees both: all but the first are
/// disputed, in the server's own name, until the office says otherwise. (For one customer the account itself counts once.)
pub(crate) fn catch_used_slip(tx: &mut Tx<'_>, entry: RecordId, now_ms: u64) -> Result<()> {
    let Some(slip) = self::entry(tx.db, entry)?.and_then(|(_, entry)| entry.fact.slip().cloned()) else {
        return Ok(());
    };
    let mut claims: Vec<(Row, Entry)> = Vec::new();
    {
        let mut statement = tx.db.prepare_cached("SELECT no FROM entry WHERE slip = ?1 AND slip <> ''")?;
        let mut rows = statement.query([slip.key()])?;
        while let Some(found) = rows.next()? {
            let Some(row) = row::load_no(tx.db, found.get(0)?)? else { continue };
            let claim = Entry::of(row.id, &row.view.values());
            claims.extend(claim.map(|claim| (row, claim)));
        }
    }
    claims.sort_by_key(|(_, claim)| (claim.at_ms(), claim.id));
    if claims.windows(2).all(|pair| matches!(pair, [(_, a), (_, b)] if a.subject == b.subject)) {
        return Ok(()); // of one customer: there the account itself counts once
    }
    let mut first: Option<RecordId> = None;
    // Each account is worked out once, and again only after a verdict on it.
    let mut accounts: BTreeMap<RecordId, Statement> = BTreeMap::new();
    for (row, claim) in claims {
        let statement = match accounts.entry(claim.subject) {
            Slot::Occupied(known) => known.into_mut(),
            Slot::Vacant(slot) => slot.insert(Statement::of(&entries_of(tx.db, claim.subject)?)),
        };
        if !statement.payment(claim.id).is_some_and(|payment| payment.state.counts()) {
            continue;
        }
        let Some(subject) = first else {
            first = Some(claim.subject);
            continue;
        };
        let id = RecordId::derived("slip twice", &[claim.id.bytes()]);
        if subject == claim.subject || row::load(tx.db, id)?.is_some() {
            continue;
        }
        let shelf = tx.shelf_of(row.shelf)?;
        let Some(programme) = tx.programme(&shelf.programme) else { continue };
        let verdict = Entry {
            id,
            subject: claim.subject,
            at: domain::thai_date::iso(now_ms, domain::thai_date::THAI_OFFSET_MINUTES),
            by: String::new(),
            cycle: String::new(),
            reason: SLIP_TWICE.to_owned(),
            approver: String::new(),
            fact: Fact::Verdict { about: claim.id, confirmed: false },
        };
        let changes = vec![change(&verdict, &programme, &shelf.zone)];
        write_as_server(tx, "", now_ms, now_ms, NewCommit { changes, ..NewCommit::default() })?;
        accounts.remove(&claim.subject);
    }
    Ok(())
}

/// Why the server disputes a claim.
const SLIP_TWICE: &str = "สลิปนี้ใช้แจ้งชำระของรายการอื่นไปแล้ว";

/// The number of the last bill of a visit, if one was issued.
pub(crate) fn bill_of_visit(db: &Connection, subject: RecordId, visit: RecordId) -> Result<Option<Entry>> {
    let entries = entries_of(db, subject)?;
    let of_visit = |entry: &Entry| matches!(&entry.fact, Fact::Bill(bill) if bill.visit == Some(visit));
    Ok(entries.into_iter().rev().find(of_visit))
}

/// The visits of a subject that money is asked for.
pub(crate) struct ChargedFor {
    visits: BTreeSet<RecordId>,
    standing: BTreeSet<RecordId>,
}

impl ChargedFor {
    /// By a bill that stands, or by the adjustment of one that came after its cycle was closed.
    pub fn has(&self, visit: RecordId) -> bool {
        self.visits.contains(&visit) || self.standing.contains(&adjustment_id(visit))
    }
}

/// Which visits of a subject are charged for.
pub(crate) fn charged_for(db: &Connection, subject: RecordId) -> Result<ChargedFor> {
    let entries = entries_of(db, subject)?;
    let charges = Statement::of(&entries).charges.into_iter();
    let standing: BTreeSet<RecordId> =
        charges.filter(|charge| charge.is_standing()).map(|charge| charge.id).collect();
    let visit_of = |entry: &Entry| match &entry.fact {
        Fact::Bill(bill) => bill.visit,
        _ => None,
    };
    let visits = entries.iter().filter(|entry| standing.contains(&entry.id)).filter_map(visit_of).collect();
    Ok(ChargedFor { visits, standing })
}

/// The entry that adjusts by what a late visit differs: decided twice, it is adjusted once.
pub(crate) fn adjustment_id(visit: RecordId) -> RecordId {
    RecordId::derived("adjustment", &[visit.bytes()])
}

/// A visit that was, or is about to be, saved.
pub(crate) struct Visited<'a> {
    pub programme: &'a Programme,
    pub zone: &'a str,
    pub subject: &'a Row,
    /// The form that was filled.
    pub form: &'a str,
    pub visit: RecordId,
    pub answers: &'a Values,
    /// When it was, ISO.
    pub at: &'a str,
    /// When the bill is issued, ISO: later than `at` where the office had to look first.
    pub issued_at: &'a str,
    pub by: &'a str,
    pub cycle: &'a str,
    /// The office has looked at what was held.
    pub approved: bool,
    /// Why this bill stands in the place of another.
    pub reason: &'a str,
    /// Bills already written in the same commit.
    pub place: u64,
}

/// What a visit gives.
pub(crate) enum Issued {
    /// The entry of its bill.
    Bill(Box<Change>),
    /// Nothing is charged for this form.
    NotBilled,
    /// There is no bill: nothing was counted, or the office has to look first.
    None,
}

/// The bill of a visit, to be written under `id` in the commit that this replica writes next. A bill of the same cycle
/// that stands already is replaced by it.
pub(crate) fn issue(
    db: &Connection,
    device: DeviceNo,
    id: RecordId,
    visited: &Visited<'_>,
) -> Result<Issued> {
    let Some(billing) = visited.programme.billing.as_ref().filter(|billing| billing.form == visited.form)
    else {
        return Ok(Issued::NotBilled);
    };
    let subject = visited.subject.id;
    let entries = entries_of(db, subject)?;
    let before = Statement::before(&entries, visited.cycle);
    let replaces = Statement::of(&entries).bill_of(visited.cycle).map(|charge| charge.id);
    let n = meta::get_parsed::<u64>(db, meta::LAST_N)?.unwrap_or(0) + 1;
    let no = BillNumber::new(Series::Bill, visited.cycle, device, n, visited.place);
    let no = no.ok_or(Code::Internal)?;
    let bill = billing.issue(Issue {
        no,
        visit: visited.visit,
        subject: &visited.subject.view.values(),
        answers: visited.answers,
        at: visited.at,
        issued_on: visited.issued_at,
        before: before.account(),
        months: before.months(5),
        approved: visited.approved,
        replaces,
    });
    let Ok(mut bill) = bill else { return Ok(Issued::None) };
    if let Some(day) = planned_due(db, visited)?.filter(|_| !bill.due_on.is_empty()) {
        bill.due_on = day;
    }
    let entry = Entry {
        id,
        subject,
        at: visited.issued_at.to_owned(),
        by: visited.by.to_owned(),
        cycle: visited.cycle.to_owned(),
        reason: visited.reason.to_owned(),
        approver: if visited.approved { visited.by.to_owned() } else { String::new() },
        fact: Fact::Bill(Box::new(bill)),
    };
    Ok(Issued::Bill(Box::new(change(&entry, visited.programme, visited.zone))))
}

/// The day until which a zone's cycle is to be paid, where the office planned one that the bill does not come after.
fn planned_due(db: &Connection, visited: &Visited<'_>) -> Result<Option<String>> {
    let row = row::load(db, cycle::id(&visited.programme.id, visited.zone, visited.cycle))?;
    let planned = row.and_then(|row| row.view.text(cycle::field::DUE_ON).map(str::to_owned));
    Ok(planned.filter(|day| visited.issued_at.get(..10).is_some_and(|issued| issued <= day.as_str())))
}

impl Store {
    /// [`issue`] on this replica, under a new id.
    pub(crate) fn issue(&mut self, visited: &Visited<'_>, now_ms: u64) -> Result<Issued> {
        let id = self.new_record_id(now_ms);
        issue(&self.db, self.device(), id, visited)
    }

    /// A subject's account, worked out from its entries.
    pub fn statement(&self, subject: RecordId) -> Result<Statement> {
        Ok(Statement::of(&entries_of(&self.db, subject)?))
    }
}

/// The change that writes an entry.
pub(crate) fn change(entry: &Entry, programme: &Programme, zone: &str) -> Change {
    Change {
        id: entry.id,
        kind: kind::ENTRY.to_owned(),
        base_seq: Seq(0),
        cells: entry.cells(&programme.id, zone),
    }
}

/// What a form of a programme with billing is told beside the subject's fields: the tariff in force, and what is owed.
pub(crate) fn known_of(
    db: &Connection,
    programme: &Programme,
    form: &str,
    subject: &Row,
    (today, cycle): (&str, &str),
) -> Result<Vec<(String, String)>> {
    let Some(billing) = programme.billing.as_ref().filter(|billing| billing.form == form) else {
        return Ok(Vec::new());
    };
    let class = subject.view.get(&billing.fields.class).map(project::plain).unwrap_or_default();
    let mut known = Vec::new();
    if let Some(tariff) = billing.tariff(&class, today) {
        known.push(("tariff".to_owned(), serde_json::to_string(tariff)?));
    }
    let discount = subject.view.get(&billing.fields.discount).map(project::plain).unwrap_or_default();
    known.push(("discount".to_owned(), discount));
    let account = Statement::before(&entries_of(db, subject.id)?, cycle).account();
    for (name, amount) in [("arrears", account.arrears), ("credit", account.credit)] {
        known.push((name.to_owned(), if amount.is_zero() { String::new() } else { amount.0.to_string() }));
    }
    Ok(known)
}

/// How often a paper was printed or shared here, and one more if `again`.
pub(crate) fn printed(tx: &Tx<'_>, entry: RecordId) -> Result<u32> {
    tx.db
        .prepare_cached(
            "INSERT INTO printed (entry, times) VALUES (?1, 1) ON CONFLICT DO UPDATE SET times = times + 1",
        )?
        .execute([entry.bytes()])?;
    times_printed(tx.db, entry)
}

/// How often a paper was printed or shared here.
pub(crate) fn times_printed(db: &Connection, entry: RecordId) -> Result<u32> {
    let times = db
        .prepare_cached("SELECT times FROM printed WHERE entry = ?1")?
        .query_row([entry.bytes()], |row| row.get(0))
        .optional()?;
    Ok(times.unwrap_or(0))
}

/// Says whether a worker may write this entry, in this commit; the office may write every sound one. A worker writes in her
/// own name, approves nothing, and charges only for a visit of the same commit: every device writes the two together.
pub(crate) fn check_new(
    change: &Change,
    beside: &[Change],
    grant: &Grant,
    office: bool,
) -> std::result::Result<(), Code> {
    // The ledger takes in only what it can add up: what a newer app calls an entry waits on its phone until this one knows it.
    let entry = Entry::of(change.id, &change.cells).ok_or(Code::BadRecord)?;
    if !entry.is_sound() {
        return Err(Code::BadRecord);
    }
    if office {
        return Ok(());
    }
    if entry.fact.is_for_the_office() || entry.by != grant.person || !entry.approver.is_empty() {
        return Err(Code::Forbidden);
    }
    let Fact::Bill(bill) = &entry.fact else { return Ok(()) };
    let is_behind = |visit: &Change| {
        let text = |name: &str| visit.cells.get(name).and_then(Value::as_str).unwrap_or_default();
        visit.kind == kind::VISIT
            && Some(visit.id) == bill.visit
            && text(field::SUBJECT) == entry.subject.to_string()
            && text(field::CYCLE) == entry.cycle
    };
    if beside.iter().any(is_behind) { Ok(()) } else { Err(Code::BadRecord) }
}
