//! Accounts: a subject's bills and payments, papers, and the entries that people write.

use super::papers::last_visited;
use super::{Caller, counts, list};
use crate::commit::NewCommit;
use crate::error::{Error, Result};
use crate::ledger::{self, change};
use crate::row::{self, Row};
use crate::{Store, meta, project, rebill, round};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use documents::paper::{BillPaper, Drawing, From, ReceiptPaper, Roll, Said};
use documents::text::Fonts;
use documents::{BadPaper, escpos};
use domain::access::{self, Action};
use domain::api::{
    AdjustAccount, BillOf, BillReply, BillsPdf, CancelEntry, ClaimSlip, CountPaper, Done, JudgeSlip, Ledger,
    LedgerRemark, LedgerReply, MoveCash, PaperKind, PaperReply, PaymentSaved, PrintPaper, ReceiveCash, Saved,
    ShowBill,
};
use domain::billing::{Bill, BillNumber, Billing, Series};
use domain::change::{Place, Value, field};
use domain::ids::{RecordId, Shelf};
use domain::ledger::{ChargeState, Entry, Fact, Means, PAYMENT_MOST, Payment, Statement};
use domain::money::Satang;
use domain::problem::{Code, Problem};
use domain::programme::Programme;
use domain::promptpay::{self, Slip};
use domain::thai_date;
use std::sync::Arc;

/// Most payments of one [`MoveCash`].
const MOVED_MOST: usize = 500;

/// A subject with what its account needs.
pub(super) struct Holder {
    pub row: Row,
    pub shelf: Shelf,
    pub programme: Arc<Programme>,
}

impl Holder {
    fn of(store: &Store, caller: &Caller<'_>, subject: RecordId) -> Result<Holder> {
        let (row, shelf) = list::subject(store, caller, subject)?;
        let programme = store.programmes.get(&shelf.programme).cloned().ok_or(Code::FormMissing)?;
        if programme.billing.is_none() {
            return Err(Code::NoBill.into());
        }
        Ok(Holder { row, shelf, programme })
    }

    pub(super) fn billing(&self) -> Result<&Billing> {
        self.programme.billing.as_ref().ok_or_else(|| Code::NoBill.into())
    }

    fn customer_no(&self) -> Result<String> {
        let name = &self.billing()?.fields.customer_no;
        Ok(self.row.view.get(name).map(project::plain).unwrap_or_default())
    }
}

fn may_settle(caller: &Caller<'_>) -> bool {
    access::may(caller.grant, Action::Office).is_ok()
}

pub(super) fn account(store: &Store, caller: &Caller<'_>, ask: &Ledger) -> Result<LedgerReply> {
    let holder = Holder::of(store, caller, ask.subject)?;
    let entries = ledger::entries_of(&store.db, holder.row.id)?;
    let remarks = entries.iter().filter(|entry| !entry.reason.is_empty()).map(|entry| LedgerRemark {
        about: match entry.fact {
            Fact::Cancel { about } | Fact::Verdict { about, .. } => about,
            _ => entry.id,
        },
        reason: entry.reason.clone(),
        approver: entry.approver.clone(),
        at: entry.at.clone(),
    });
    Ok(LedgerReply {
        heading: list::heading(store, &holder.shelf.programme, &holder.row),
        programme: holder.programme.id.clone(),
        statement: Statement::of(&entries),
        remarks: remarks.collect(),
        may_settle: may_settle(caller),
    })
}

/// The subject of an entry, if the caller may see it.
pub(super) fn holder_of_entry(
    store: &Store,
    caller: &Caller<'_>,
    entry: RecordId,
) -> Result<(Holder, Entry)> {
    let (_, entry) = ledger::entry(&store.db, entry)?.ok_or(Code::NoBill)?;
    Ok((Holder::of(store, caller, entry.subject)?, entry))
}

fn bill_entry(store: &Store, caller: &Caller<'_>, of: BillOf) -> Result<(Holder, Entry, Bill)> {
    let (holder, entry) = match of {
        BillOf::Entry(id) => holder_of_entry(store, caller, id)?,
        BillOf::Visit(visit) => {
            let visit = row::load(&store.db, visit)?.ok_or(Code::NoBill)?;
            let subject = project::subject_of(&visit.view).ok_or(Code::NoBill)?;
            let holder = Holder::of(store, caller, subject)?;
            let entry = ledger::bill_of_visit(&store.db, subject, visit.id)?.ok_or(Code::NoBill)?;
            (holder, entry)
        }
        BillOf::Subject(subject) => {
            let holder = Holder::of(store, caller, subject)?;
            let statement = store.statement(subject)?;
            let last = match last_visited(store, &holder)? {
                // A bill of the cycle before would be taken for that of this visit.
                Some((_, round::WAITS)) => return Err(Code::BillWaits.into()),
                Some((cycle, _)) => statement.bill_of(&cycle),
                None => statement
                    .charges
                    .iter()
                    .rev()
                    .find(|charge| charge.is_standing() && charge.units.is_some()),
            };
            let (_, entry) = last
                .map(|charge| ledger::entry(&store.db, charge.id))
                .transpose()?
                .flatten()
                .ok_or(Code::NoBill)?;
            (holder, entry)
        }
    };
    match entry.fact.clone() {
        Fact::Bill(bill) => Ok((holder, entry, *bill)),
        _ => Err(Code::NoBill.into()),
    }
}

pub(super) fn show_bill(store: &Store, caller: &Caller<'_>, ask: &ShowBill) -> Result<BillReply> {
    let (holder, entry, bill) = bill_entry(store, caller, ask.of)?;
    let statement = store.statement(holder.row.id)?;
    let open = open_for(&statement, entry.id);
    let waits = rebill::waits(&store.db, &holder.row, &entry.cycle)?;
    let code = code_for(&holder, &bill, if waits { Satang::ZERO } else { open })?
        .map(|code| code.text())
        .unwrap_or_default();
    Ok(BillReply {
        entry: entry.id,
        subject: holder.row.id,
        heading: list::heading(store, &holder.shelf.programme, &holder.row),
        programme: holder.programme.id.clone(),
        cycle: entry.cycle,
        bill,
        open,
        code_svg: if code.is_empty() { String::new() } else { documents::qr::svg(&code).unwrap_or_default() },
        code,
        printed: ledger::times_printed(&store.db, entry.id)?,
        statement,
    })
}

/// What is open of all that a bill asks for: itself and what is older. Nothing for a bill that does not stand.
fn open_for(statement: &Statement, bill: RecordId) -> Satang {
    let Some(at) = statement.charges.iter().position(|charge| charge.id == bill && charge.is_standing())
    else {
        return Satang::ZERO;
    };
    statement.charges.iter().take(at + 1).map(|charge| charge.open).sum()
}

/// How what is open of a bill is paid by telephone. What the code asks for is what is open now: who scans it a second time
/// does not pay a second time.
fn code_for(holder: &Holder, bill: &Bill, open: Satang) -> Result<Option<promptpay::Payment>> {
    if open <= Satang::ZERO {
        return Ok(None);
    }
    let mut left = bill.clone();
    (left.total, left.before) = (open, domain::billing::Account::default());
    Ok(holder.billing()?.payment(&left, &holder.customer_no()?))
}

/// Why nothing is asked by a bill any more: it was cancelled, or another stands in its place.
fn void_words(entries: &[Entry], statement: &Statement, bill: &Entry) -> Option<String> {
    match statement.charge(bill.id)?.state {
        ChargeState::Cancelled => {
            let why = entries.iter().rev().find_map(|other| match other.fact {
                Fact::Cancel { about } if about == bill.id => Some(other.reason.as_str()),
                _ => None,
            });
            Some(format!("ยกเลิกแล้ว: {}", why.unwrap_or_default()))
        }
        ChargeState::Replaced => {
            let no = statement.bill_of(&bill.cycle).map(|other| BillNumber::of(&other.no).grouped());
            Some(format!("ยกเลิกแล้ว ใช้ใบแจ้งเลขที่ {} แทน", no.unwrap_or_default()))
        }
        _ => None,
    }
}

fn bad_paper(error: BadPaper) -> Error {
    Problem::new(Code::Internal).about(error).into()
}

/// Who is paid; without a name of its own, the municipality.
fn from(store: &Store, billing: &Billing) -> Result<From> {
    let payee = &billing.payee;
    let own = payee.name.th.clone();
    let name =
        if own.is_empty() { meta::get(&store.db, meta::MUNICIPALITY)?.unwrap_or_default() } else { own };
    Ok(From { name, address: payee.address.clone(), tel: payee.tel.clone(), tax_id: payee.tax_id.clone() })
}

/// What is said of the customer: the labels are those of the registry's fields.
fn customer(holder: &Holder, billing: &Billing) -> Vec<Said> {
    let fields = &billing.fields;
    let programme = &holder.programme;
    let label = |id: &str| programme.field(id).map(|field| field.title.th.clone()).unwrap_or_default();
    let class = holder.row.view.get(&fields.class).map(project::plain).unwrap_or_default();
    let class_title = programme
        .field(&fields.class)
        .and_then(|field| field.choices.get(&class))
        .map(|words| words.th.clone())
        .unwrap_or(class);
    let order = holder.row.view.get(field::ORDER).map(project::plain).unwrap_or_default();
    let route =
        if order.is_empty() { holder.shelf.zone.clone() } else { format!("{}.{order}", holder.shelf.zone) };
    let person = billing.person(&holder.row.view.values(), &class_title, &route);
    let address = fields.address.first().map(|id| label(id)).unwrap_or_default();
    [
        (label(&fields.name), person.name),
        (label(&fields.customer_no), person.customer_no),
        (address, person.address),
        (programme.zone_title.th.clone(), person.route),
        (label(&fields.meter_no), person.meter_no),
        (label(&fields.class), person.class),
    ]
    .into_iter()
    .filter(|(label, value)| !label.is_empty() && !value.is_empty())
    .map(|(label, value)| Said { label, value })
    .collect()
}

/// The remark of a bill in words: what the form's choice says.
fn comment(programme: &Programme, billing: &Billing, code: &str) -> String {
    // 00 is "nothing to remark", which needs no line.
    if code.is_empty() || code == "00" {
        return String::new();
    }
    let form = programme.form(&billing.form);
    let choice = form.and_then(|form| choice_title(&form.definition, &billing.answers.comment, code));
    choice.unwrap_or_else(|| code.to_owned())
}

/// The text of a choice in a compiled form, in the form's first language.
fn choice_title(definition: &Value, question: &str, code: &str) -> Option<String> {
    let named = |items: &Value, name: &str| {
        items.as_array()?.iter().find(|item| item.get("name").and_then(Value::as_str) == Some(name)).cloned()
    };
    let node = named(definition.get("nodes")?, question)?;
    let list = node.get("choices")?.get("list")?.as_str()?;
    let choice = named(definition.get("instances")?.get(list)?.get("list")?, code)?;
    first_text(choice.get("label")?)
}

/// The first text within a value.
fn first_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(items) => items.iter().find_map(first_text),
        Value::Object(map) => map.values().find_map(first_text),
        _ => None,
    }
}

pub(super) fn bill_paper(
    store: &Store,
    holder: &Holder,
    (entries, entry): (&[Entry], &Entry),
    bill: Bill,
    printed: String,
) -> Result<BillPaper> {
    let billing = holder.billing()?;
    let statement = Statement::of(entries);
    let mut void = void_words(entries, &statement, entry);
    if void.is_none() && rebill::waits(&store.db, &holder.row, &entry.cycle)? {
        void = Some("มีการแก้เลขที่รอสำนักงานตรวจ".to_owned());
    }
    let open = if void.is_some() { Satang::ZERO } else { open_for(&statement, entry.id) };
    let tariff = billing.tariff_named(&bill.tariff, &bill.class);
    Ok(BillPaper {
        from: from(store, billing)?,
        title: billing.title.th.clone(),
        customer: customer(holder, billing),
        cycle: thai_date::long_cycle(&entry.cycle),
        unit: billing.unit.th.clone(),
        use_title: billing.use_title.th.clone(),
        fee_title: billing.fee_title.th.clone(),
        vat_bp: tariff.map_or(0, |tariff| tariff.vat_bp),
        comment: comment(&holder.programme, billing, &bill.comment),
        code: code_for(holder, &bill, open)?,
        open,
        void,
        copy: 0,
        footer: billing.payee.footer.th.clone(),
        printed,
        bill,
    })
}

pub(super) fn receipt_paper(
    store: &Store,
    holder: &Holder,
    (entry, payment): (&Entry, &Payment),
    printed: String,
    offset_minutes: i32,
) -> Result<ReceiptPaper> {
    let billing = holder.billing()?;
    let entries = ledger::entries_of(&store.db, holder.row.id)?;
    let cancelled = entries.iter().find_map(|other| match other.fact {
        Fact::Cancel { about } if about == entry.id => Some(other.reason.clone()),
        _ => None,
    });
    // What this payment went to, as the account stood when it was made.
    let until: Vec<&Entry> = entries.iter().filter(|other| other.at_ms() <= entry.at_ms()).collect();
    let after = Statement::of(until.iter().copied());
    let before = Statement::of(until.iter().copied().filter(|other| other.id != entry.id));
    let mut items = Vec::new();
    for charge in &after.charges {
        let was = before.charge(charge.id).map_or(charge.amount, |charge| charge.open);
        if was > charge.open {
            let title = if charge.units.is_some() { &billing.use_title.th } else { &billing.title.th };
            items.push((format!("{title} {}", thai_date::cycle(&charge.cycle)), was - charge.open));
        }
    }
    let rest = payment.amount - items.iter().map(|(_, amount)| *amount).sum::<Satang>();
    if rest > Satang::ZERO {
        items.push(("รับไว้ล่วงหน้า".to_owned(), rest));
    }
    let means = match &payment.means {
        Means::Cash => "เงินสด".to_owned(),
        Means::Slip(slip) => format!("โอน (สลิปธนาคาร {})", slip.bank),
        Means::Bank { .. } => "โอนผ่านธนาคาร".to_owned(),
    };
    let at_ms = u64::try_from(entry.at_ms()).unwrap_or(0);
    Ok(ReceiptPaper {
        from: from(store, billing)?,
        no: BillNumber::of(&payment.receipt_no).grouped(),
        at: thai_date::moment(at_ms, offset_minutes),
        customer: customer(holder, billing),
        items,
        means,
        by: entry.by.clone(),
        copy: 0,
        cancelled,
        printed,
    })
}

pub(super) fn print_paper(store: &mut Store, caller: &Caller<'_>, ask: &PrintPaper) -> Result<PaperReply> {
    let (holder, entry) = holder_of_entry(store, caller, ask.entry)?;
    let mut fonts = Fonts::load().ok_or(BadPaper::NoFont).map_err(bad_paper)?;
    let roll = if ask.kind == PaperKind::Roll58 { Roll::Mm58 } else { Roll::Mm80 };
    let printed = format!(
        "พิมพ์ {} โดย {} · Sanam {}",
        thai_date::moment(caller.now.ms, ask.offset_minutes),
        caller.grant.person,
        env!("CARGO_PKG_VERSION")
    );
    let copy = ledger::times_printed(&store.db, entry.id)?;
    let (drawing, number): (Drawing, String) = match &entry.fact {
        Fact::Bill(bill) => {
            let entries = ledger::entries_of(&store.db, entry.subject)?;
            let mut paper = bill_paper(store, &holder, (&entries, &entry), (**bill).clone(), printed)?;
            paper.copy = copy;
            (paper.roll(roll, &mut fonts), bill.no.to_string())
        }
        Fact::Payment(payment) if !payment.receipt_no.is_empty() => {
            let mut paper = receipt_paper(store, &holder, (&entry, payment), printed, ask.offset_minutes)?;
            paper.copy = copy;
            (paper.roll(roll, &mut fonts), payment.receipt_no.clone())
        }
        _ => return Err(Code::NoBill.into()),
    };
    let (mime, extension, bytes) = match ask.kind {
        PaperKind::Picture => ("image/png", "png", drawing.picture(&fonts).map_err(bad_paper)?),
        PaperKind::Roll58 | PaperKind::Roll80 => {
            ("application/octet-stream", "bin", escpos::print(&drawing.for_roll(&fonts)))
        }
    };
    Ok(PaperReply {
        name: format!("{number}.{extension}"),
        mime: mime.to_owned(),
        base64: STANDARD.encode(bytes),
        copy,
    })
}

/// Counted only once it is in somebody's hand: what the printer did not bring out is no copy.
pub(super) fn count_paper(store: &mut Store, caller: &Caller<'_>, ask: &CountPaper) -> Result<Done> {
    let (_, entry) = holder_of_entry(store, caller, ask.entry)?;
    store.transact(|tx| ledger::printed(tx, entry.id))?;
    Ok(Done {})
}

/// Writes one entry in a commit of its own.
fn write(
    store: &mut Store,
    caller: &Caller<'_>,
    holder: &Holder,
    entry: Entry,
    place: Option<Place>,
) -> Result<Saved> {
    let reason = Some(entry.reason.clone()).filter(|reason| !reason.is_empty());
    let changes = vec![change(&entry, &holder.programme, &holder.shelf.zone)];
    store.save(caller.grant, caller.now, NewCommit { place, reason, changes, finishes: None })?;
    Ok(Saved { record: entry.id, subject: Some(holder.row.id), counts: counts(store)? })
}

fn new_entry(
    store: &mut Store,
    caller: &Caller<'_>,
    holder: &Holder,
    offset_minutes: i32,
    fact: Fact,
) -> Entry {
    Entry {
        id: store.new_record_id(caller.now.ms),
        subject: holder.row.id,
        at: thai_date::iso(caller.now.ms, offset_minutes),
        by: caller.grant.person.clone(),
        cycle: String::new(),
        reason: String::new(),
        approver: String::new(),
        fact,
    }
}

/// A payment as its request says it.
struct Paying {
    subject: RecordId,
    amount: Satang,
    bill: Option<RecordId>,
    means: Means,
    place: Option<Place>,
    offset_minutes: i32,
}

fn pay(store: &mut Store, caller: &Caller<'_>, paying: Paying) -> Result<PaymentSaved> {
    if paying.amount <= Satang::ZERO || paying.amount > PAYMENT_MOST {
        return Err(Code::AmountWrong.into());
    }
    let holder = Holder::of(store, caller, paying.subject)?;
    let day = thai_date::day_of(caller.now.ms, paying.offset_minutes).to_string();
    let receipt_no = match paying.means {
        Means::Cash => {
            let n = meta::get_parsed::<u64>(&store.db, meta::LAST_N)?.unwrap_or(0) + 1;
            let no = BillNumber::new(Series::Receipt, &day, store.device(), n, 0).ok_or(Code::Internal)?;
            no.to_string()
        }
        _ => String::new(),
    };
    let payment = Payment {
        amount: paying.amount,
        means: paying.means,
        bill: paying.bill,
        receipt_no: receipt_no.clone(),
    };
    let entry = new_entry(store, caller, &holder, paying.offset_minutes, Fact::Payment(payment));
    let saved = write(store, caller, &holder, entry, paying.place)?;
    let statement = store.statement(holder.row.id)?;
    Ok(PaymentSaved { saved, receipt_no, device: store.device(), statement })
}

pub(super) fn receive_cash(store: &mut Store, caller: &Caller<'_>, ask: ReceiveCash) -> Result<PaymentSaved> {
    let ReceiveCash { subject, amount, bill, place, offset_minutes } = ask;
    pay(store, caller, Paying { subject, amount, bill, means: Means::Cash, place, offset_minutes })
}

pub(super) fn claim_slip(store: &mut Store, caller: &Caller<'_>, ask: ClaimSlip) -> Result<PaymentSaved> {
    let slip = Slip::read(&ask.text).map_err(|_| Code::SlipUnreadable)?;
    // Whoever used it before, here or anywhere this replica knows of. What two phones do unaware of each other the account
    // counts once, or the server disputes (`ledger::catch_used_slip`).
    if ledger::used_slip(&store.db, &slip.key())?.is_some() {
        return Err(Code::SlipUsed.into());
    }
    let ClaimSlip { subject, amount, bill, text: _, place, offset_minutes } = ask;
    pay(store, caller, Paying { subject, amount, bill, means: Means::Slip(slip), place, offset_minutes })
}

/// What only the office writes, with whoever asks as the approver: one commit, whose first entry is what was asked for.
fn settle(
    store: &mut Store,
    caller: &Caller<'_>,
    holder: &Holder,
    facts: Vec<Fact>,
    (cycle, reason): (&str, &str),
) -> Result<Saved> {
    access::may(caller.grant, Action::Office)?;
    let reason = domain::text::collapse_spaces(reason);
    if facts.iter().any(Fact::needs_a_reason) && reason.is_empty() {
        return Err(Code::ReasonNeeded.into());
    }
    let mut changes = Vec::new();
    for fact in facts {
        let mut entry = new_entry(store, caller, holder, caller.now.offset_minutes, fact);
        (entry.cycle, entry.reason) = (cycle.to_owned(), reason.clone());
        entry.approver.clone_from(&caller.grant.person);
        changes.push(change(&entry, &holder.programme, &holder.shelf.zone));
    }
    let record = changes.first().map(|change| change.id).ok_or(Code::NotFound)?;
    let reason = Some(reason).filter(|reason| !reason.is_empty());
    store.save(caller.grant, caller.now, NewCommit { reason, changes, ..NewCommit::default() })?;
    Ok(Saved { record, subject: Some(holder.row.id), counts: counts(store)? })
}

/// Nothing of a closed cycle is cancelled or added.
fn still_open(store: &Store, holder: &Holder, cycle: &str) -> Result<()> {
    match rebill::state_of(&store.db, &holder.shelf, cycle)?.issues() {
        true => Ok(()),
        false => Err(Code::CycleClosed.into()),
    }
}

/// A bill and those in whose place it stands, the newest first: with a corrected bill goes the one of the wrong reading.
fn versions_of(entries: &[Entry], bill: RecordId) -> Vec<RecordId> {
    let before = |id: RecordId| {
        entries.iter().find(|entry| entry.id == id).and_then(|entry| match &entry.fact {
            Fact::Bill(bill) => bill.replaces,
            _ => None,
        })
    };
    let is_cancelled =
        |id: &RecordId| entries.iter().any(|e| matches!(&e.fact, Fact::Cancel { about } if about == id));
    let mut versions = vec![bill];
    while let Some(one) = versions.last().and_then(|id| before(*id)).filter(|id| !versions.contains(id)) {
        versions.push(one);
    }
    versions.retain(|id| *id == bill || !is_cancelled(id));
    versions
}

pub(super) fn cancel(store: &mut Store, caller: &Caller<'_>, ask: &CancelEntry) -> Result<Saved> {
    let (holder, entry) = holder_of_entry(store, caller, ask.entry)?;
    let about = match entry.fact {
        Fact::Bill(_) => versions_of(&ledger::entries_of(&store.db, entry.subject)?, entry.id),
        Fact::Payment(_) | Fact::Adjustment { .. } => vec![entry.id],
        _ => return Err(Code::NotFound.into()),
    };
    access::may(caller.grant, Action::Office)?;
    if !matches!(entry.fact, Fact::Payment(_)) {
        still_open(store, &holder, &entry.cycle)?;
    }
    let facts = about.into_iter().map(|about| Fact::Cancel { about }).collect();
    settle(store, caller, &holder, facts, (&entry.cycle, &ask.reason))
}

pub(super) fn adjust(store: &mut Store, caller: &Caller<'_>, ask: &AdjustAccount) -> Result<Saved> {
    let within = (-PAYMENT_MOST..=PAYMENT_MOST).contains(&ask.amount);
    if ask.amount.is_zero() || !within {
        return Err(Code::AmountWrong.into());
    }
    let holder = Holder::of(store, caller, ask.subject)?;
    access::may(caller.grant, Action::Office)?;
    still_open(store, &holder, &ask.cycle)?;
    let facts = vec![Fact::Adjustment { amount: ask.amount }];
    settle(store, caller, &holder, facts, (&ask.cycle, &ask.reason))
}

pub(super) fn judge_slip(store: &mut Store, caller: &Caller<'_>, ask: &JudgeSlip) -> Result<Saved> {
    let (holder, entry) = holder_of_entry(store, caller, ask.payment)?;
    if entry.fact.slip().is_none() {
        return Err(Code::NotFound.into());
    }
    let fact = Fact::Verdict { about: entry.id, confirmed: ask.confirmed };
    settle(store, caller, &holder, vec![fact], ("", ""))
}

pub(super) fn move_cash(store: &mut Store, caller: &Caller<'_>, ask: &MoveCash) -> Result<Saved> {
    access::may(caller.grant, Action::Office)?;
    if ask.payments.is_empty() || ask.payments.len() > MOVED_MOST {
        return Err(Problem::new(Code::Malformed).about("payments").into());
    }
    let mut changes = Vec::new();
    let mut last = None;
    for payment in &ask.payments {
        let (holder, entry) = holder_of_entry(store, caller, *payment)?;
        if !matches!(&entry.fact, Fact::Payment(payment) if payment.means == Means::Cash) {
            return Err(Code::NotFound.into());
        }
        let fact = Fact::Moved { about: entry.id, to: ask.to };
        let moved = new_entry(store, caller, &holder, caller.now.offset_minutes, fact);
        changes.push(change(&moved, &holder.programme, &holder.shelf.zone));
        last = Some((moved.id, holder.row.id));
    }
    store.save_all(caller.grant, caller.now, NewCommit::parts(&changes))?;
    let (record, subject) = last.ok_or(Code::NotFound)?;
    Ok(Saved { record, subject: Some(subject), counts: counts(store)? })
}

impl Store {
    /// The bills of a cycle in walking order, ready to be drawn, for those who pay by post: of the zones that the office
    /// approved. Whoever has drawn them says so by [`Store::papers_printed`].
    ///
    /// Errors: what the grant does not allow; [`Code::NoBill`] if there is none.
    pub fn bill_papers(
        &self,
        grant: &access::Grant,
        now: crate::Now,
        ask: &BillsPdf,
    ) -> Result<Vec<BillPaper>> {
        let caller = &Caller { grant, now };
        let shelves = self.shelves_to_bill(grant, now, ask)?;
        let list = list::sql_list(shelves.iter().map(|(no, _)| *no));
        let mut numbers: Vec<i64> = Vec::new();
        {
            let sql = format!(
                "SELECT entry.no FROM entry JOIN record ON record.id = entry.subject JOIN subject ON subject.no = record.no \
                 WHERE entry.cycle = ?1 AND entry.shelf IN ({list}) AND entry.fact = 'bill' \
                 ORDER BY entry.shelf, subject.sort_key, entry.no"
            );
            let mut statement = self.db.prepare_cached(&sql)?;
            let mut rows = statement.query([&ask.cycle])?;
            while let Some(found) = rows.next()? {
                numbers.push(found.get(0)?);
            }
        }
        let printed = format!("พิมพ์ {}", thai_date::moment(now.ms, now.offset_minutes));
        let mut papers = Vec::new();
        for no in numbers {
            let Some(row) = row::load_no(&self.db, no)? else { continue };
            let Some(entry) = Entry::of(row.id, &row.view.values()) else { continue };
            let Fact::Bill(bill) = entry.fact.clone() else { continue };
            let entries = ledger::entries_of(&self.db, entry.subject)?;
            let statement = Statement::of(&entries);
            let standing = statement.charge(entry.id).is_some_and(|charge| charge.is_standing());
            if !standing || (ask.unpaid && open_for(&statement, entry.id) <= Satang::ZERO) {
                continue;
            }
            let holder = Holder::of(self, caller, entry.subject)?;
            let mut paper = bill_paper(self, &holder, (&entries, &entry), *bill, printed.clone())?;
            paper.copy = ledger::times_printed(&self.db, entry.id)?;
            papers.push(paper);
        }
        if papers.is_empty() {
            return Err(Code::NoBill.into());
        }
        Ok(papers)
    }
}
