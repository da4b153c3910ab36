//! The ledger: what was charged, paid and cancelled, as entries that are written once and only ever added to.
//!
//! An account is worked out from its entries and never stored. [`Statement::of`] takes them in any order, with any of
//! them twice, and comes to the same result: order of arrival, repetition and who was offline change nothing.
//!
//! The rules: one bill a cycle stands, the latest version of it. Payments are applied in the order they were made, each to the
//! oldest charge that is still open; what is over is credit. A payment that was claimed by a slip counts until the bank's
//! file disputes it, and is shown apart until the file confirms it. One slip pays once. A cancellation names what it
//! cancels, and why, and who approved it; what it names may arrive later.

use crate::billing::{Account, Bill, Month};
use crate::change::{Value, Values, field};
use crate::ids::RecordId;
use crate::money::Satang;
use crate::promptpay::Slip;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Field names of an entry beside the engine's own and those of its [`Fact`].
pub mod name {
    /// Which [`super::Fact`] it is.
    pub const ENTRY: &str = "entry";
    /// Why, where somebody had to say it.
    pub const REASON: &str = "reason";
    /// Who approved it.
    pub const APPROVER: &str = "approver";
}

/// The largest payment that is believed.
pub const PAYMENT_MOST: Satang = Satang::baht(1_000_000);
/// The largest bill, line of one, or adjustment that is believed: a meter of seven digits that went all the way round.
pub const BILL_MOST: Satang = Satang::baht(1_000_000_000);
/// The most units of one bill.
const UNITS_MOST: i64 = 1_000_000_000;

fn within(amount: Satang, most: Satang) -> bool {
    (-most..=most).contains(&amount)
}

/// One entry: a record of kind `entry`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The record.
    pub id: RecordId,
    /// Whose account.
    pub subject: RecordId,
    /// When, ISO 8601 with offset.
    pub at: String,
    /// Who wrote it.
    pub by: String,
    /// The cycle it belongs to, `2026-11`; may be empty for what belongs to none.
    pub cycle: String,
    /// Why, for what needs a reason; else empty.
    pub reason: String,
    /// Who approved it, for what needs approval; else empty.
    pub approver: String,
    /// What happened.
    pub fact: Fact,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
pub enum Fact {
    /// A bill was issued.
    Bill(Box<Bill>),
    /// Money came, or somebody says so.
    Payment(Payment),
    /// The bank's file, or whoever looked into it, says whether a claimed payment came.
    Verdict {
        /// The payment.
        about: RecordId,
        /// It came.
        confirmed: bool,
    },
    /// Cash went on.
    Moved {
        /// The payment.
        about: RecordId,
        /// To whom.
        to: Hands,
    },
    /// An entry counts no more. Needs a reason and an approver.
    Cancel {
        /// The bill, payment or adjustment.
        about: RecordId,
    },
    /// Something to charge (above zero) or to give back (below). Needs a reason and an approver.
    Adjustment {
        /// How much.
        amount: Satang,
    },
}

/// A payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// How much, above zero.
    pub amount: Satang,
    /// How it came.
    pub means: Means,
    /// The bill that was on the screen; money goes to the oldest charge all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill: Option<RecordId>,
    /// The receipt's number, for cash.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub receipt_no: String,
}

/// How a payment came.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Means {
    /// In cash.
    Cash,
    /// The payer showed a bank's slip: claimed until the bank's file says more.
    Slip(Slip),
    /// The bank's file says it.
    Bank {
        /// The bank's number of the transfer or of the line.
        reference: String,
    },
}

/// Where cash went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hands {
    /// From the collector to the office.
    HandedOver,
    /// From the office to the bank.
    Deposited,
}

impl Fact {
    /// Says whether only the office may write this: cancelling, adjusting, and what the bank says.
    pub fn is_for_the_office(&self) -> bool {
        match self {
            Fact::Bill(_) => false,
            Fact::Payment(payment) => matches!(payment.means, Means::Bank { .. }),
            Fact::Verdict { .. } | Fact::Cancel { .. } | Fact::Adjustment { .. } | Fact::Moved { .. } => true,
        }
    }

    /// Says whether this needs a reason and an approver.
    pub fn needs_a_reason(&self) -> bool {
        matches!(self, Fact::Cancel { .. } | Fact::Adjustment { .. })
    }

    /// The stable word of the kind of fact.
    pub fn word(&self) -> &'static str {
        match self {
            Fact::Bill(_) => "bill",
            Fact::Payment(_) => "payment",
            Fact::Verdict { .. } => "verdict",
            Fact::Moved { .. } => "moved",
            Fact::Cancel { .. } => "cancel",
            Fact::Adjustment { .. } => "adjustment",
        }
    }

    /// The slip that a claim names.
    pub fn slip(&self) -> Option<&Slip> {
        match self {
            Fact::Payment(Payment { means: Means::Slip(slip), .. }) => Some(slip),
            _ => None,
        }
    }

    /// What it adds to what is owed, before anything is cancelled: bills and charges above zero, payments below.
    pub fn amount(&self) -> Satang {
        match self {
            Fact::Bill(bill) => bill.total,
            Fact::Payment(payment) => -payment.amount,
            Fact::Adjustment { amount } => *amount,
            Fact::Verdict { .. } | Fact::Moved { .. } | Fact::Cancel { .. } => Satang::ZERO,
        }
    }
}

impl Entry {
    /// The cells of the record. `programme` and `zone` say on which shelf it lies until its subject is known.
    pub fn cells(&self, programme: &str, zone: &str) -> Values {
        let mut cells = match serde_json::to_value(&self.fact) {
            Ok(Value::Object(fact)) => fact.into_iter().collect(),
            _ => Values::new(),
        };
        for (name, value) in [
            (field::PROGRAMME, programme),
            (field::ZONE, zone),
            (field::SUBJECT, &self.subject.to_string()),
            (field::AT, &self.at),
            (field::BY, &self.by),
            (field::CYCLE, &self.cycle),
            (name::REASON, &self.reason),
            (name::APPROVER, &self.approver),
        ] {
            if !value.is_empty() {
                cells.insert(name.to_owned(), value.into());
            }
        }
        cells
    }

    /// Reads an entry; `None` for a kind of fact that this app does not know, and for one without a subject.
    pub fn of(id: RecordId, cells: &Values) -> Option<Entry> {
        let text = |name: &str| cells.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let object: serde_json::Map<String, Value> =
            cells.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        Some(Entry {
            id,
            subject: text(field::SUBJECT).parse().ok()?,
            at: text(field::AT),
            by: text(field::BY),
            cycle: text(field::CYCLE),
            reason: text(name::REASON),
            approver: text(name::APPROVER),
            fact: serde_json::from_value(Value::Object(object)).ok()?,
        })
    }

    /// The time of [`Entry::at`] in milliseconds since 1970; zero if it cannot be read.
    pub fn at_ms(&self) -> i64 {
        chrono::DateTime::parse_from_rfc3339(&self.at).map_or(0, |at| at.timestamp_millis())
    }

    /// Says whether the entry is complete: amounts in range, a reason and an approver where they are needed.
    pub fn is_sound(&self) -> bool {
        let said = |text: &str| !text.trim().is_empty();
        let reasoned = !self.fact.needs_a_reason() || (said(&self.reason) && said(&self.approver));
        reasoned
            && match &self.fact {
                Fact::Bill(bill) => {
                    (Satang::ZERO..=BILL_MOST).contains(&bill.total)
                        && (0..=UNITS_MOST).contains(&bill.units)
                        && bill.lines.iter().all(|line| within(line.amount, BILL_MOST))
                        && bill.lines.iter().map(|line| line.amount).sum::<Satang>() == bill.total
                        && said(&self.cycle)
                }
                Fact::Payment(payment) => payment.amount > Satang::ZERO && payment.amount <= PAYMENT_MOST,
                Fact::Adjustment { amount } => !amount.is_zero() && within(*amount, BILL_MOST),
                Fact::Verdict { about, .. } | Fact::Moved { about, .. } | Fact::Cancel { about } => {
                    *about != self.id
                }
            }
    }

    fn place(&self) -> (i64, RecordId) {
        (self.at_ms(), self.id)
    }
}

/// Where a charge stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChargeState {
    /// Nothing was paid.
    Open,
    /// A part was paid or claimed.
    Partly,
    /// All is covered, some of it by slips that the bank has not confirmed.
    Claimed,
    /// All is paid.
    Paid,
    /// A newer version of the cycle's bill stands in its place.
    Replaced,
    /// It was cancelled.
    Cancelled,
}

/// Where a payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentState {
    /// A slip says it.
    Claimed,
    /// The bank says it.
    Confirmed,
    /// Cash, in the collector's hands.
    Received,
    /// Cash, at the office.
    HandedOver,
    /// Cash, at the bank.
    Deposited,
    /// The same slip was used before.
    Duplicate,
    /// The bank's file says that it never came, or it was cancelled.
    Reversed,
}

impl PaymentState {
    /// Says whether the payment counts.
    pub fn counts(self) -> bool {
        !matches!(self, PaymentState::Duplicate | PaymentState::Reversed)
    }
}

/// A bill or a charge in a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charged {
    /// The entry.
    pub id: RecordId,
    /// Its cycle.
    pub cycle: String,
    /// The bill's number; empty for an adjustment.
    pub no: String,
    /// Units, of a bill.
    pub units: Option<i64>,
    /// Until when a bill is to be paid, ISO; empty where the bank collects it, and for an adjustment.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub due_on: String,
    /// How much.
    pub amount: Satang,
    /// Paid for certain.
    pub paid: Satang,
    /// Paid, as slips say.
    pub claimed: Satang,
    /// Not covered yet. Zero for what does not stand.
    pub open: Satang,
    /// Where it stands.
    pub state: ChargeState,
}

/// A payment, or something given back, in a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paid {
    /// The entry.
    pub id: RecordId,
    /// When, ISO.
    pub at: String,
    /// How much.
    pub amount: Satang,
    /// How it came; `None` for something given back.
    pub means: Option<Means>,
    /// Its receipt's number, or empty.
    pub receipt_no: String,
    /// What of it went to charges; the rest is credit.
    pub used: Satang,
    /// Where it stands.
    pub state: PaymentState,
}

/// An account, worked out from its entries.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Statement {
    /// Bills and charges, oldest first.
    pub charges: Vec<Charged>,
    /// Payments and what was given back, in the order they were made.
    pub payments: Vec<Paid>,
    /// What is not covered by anything.
    pub owed: Satang,
    /// What was paid too much.
    pub credit: Satang,
    /// What is covered only by slips that the bank has not confirmed.
    pub claimed: Satang,
}

impl Statement {
    /// Works out an account from its entries, in any order, each as often as it came.
    pub fn of<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Statement {
        let entries: BTreeMap<RecordId, &Entry> =
            entries.into_iter().map(|entry| (entry.id, entry)).collect();
        let mut sorted: Vec<&Entry> = entries.values().copied().collect();
        sorted.sort_by_key(|entry| entry.place());
        let cancelled: BTreeSet<RecordId> = sorted
            .iter()
            .filter_map(|entry| match entry.fact {
                Fact::Cancel { about } => Some(about),
                _ => None,
            })
            .collect();
        let mut statement = Statement {
            charges: charges(&sorted, &cancelled),
            payments: payments(&sorted, &cancelled),
            ..Statement::default()
        };
        statement.apply();
        statement
    }

    /// The account before a cycle's bill: what the next bill shows as owed from before, and as credit.
    pub fn before<'a>(entries: impl IntoIterator<Item = &'a Entry>, cycle: &str) -> Statement {
        let is_before = |entry: &&Entry| !matches!(entry.fact, Fact::Bill(_)) || entry.cycle.as_str() < cycle;
        Statement::of(entries.into_iter().filter(is_before))
    }

    /// What a new bill says about the account.
    pub fn account(&self) -> Account {
        let open = self.charges.iter().filter(|charge| !charge.open.is_zero());
        let cycles: BTreeSet<&str> = open.map(|charge| charge.cycle.as_str()).collect();
        Account {
            arrears: self.owed,
            cycles: u32::try_from(cycles.len()).unwrap_or(u32::MAX),
            credit: self.credit,
        }
    }

    /// The last cycles that were billed, newest first.
    pub fn months(&self, most: usize) -> Vec<Month> {
        let bills = self.charges.iter().rev().filter(|charge| charge.is_standing());
        bills
            .filter_map(|charge| {
                Some(Month {
                    cycle: charge.cycle.clone(),
                    units: charge.units?,
                    owed: !charge.open.is_zero(),
                })
            })
            .take(most)
            .collect()
    }

    /// A bill or charge by its entry.
    pub fn charge(&self, id: RecordId) -> Option<&Charged> {
        self.charges.iter().find(|charge| charge.id == id)
    }

    /// A payment by its entry.
    pub fn payment(&self, id: RecordId) -> Option<&Paid> {
        self.payments.iter().find(|payment| payment.id == id)
    }

    /// The bill of a cycle that stands.
    pub fn bill_of(&self, cycle: &str) -> Option<&Charged> {
        let bills = self.charges.iter().filter(|charge| charge.is_standing() && charge.units.is_some());
        bills.into_iter().find(|charge| charge.cycle == cycle)
    }

    /// Applies payments in order, each to the oldest charge that is open.
    fn apply(&mut self) {
        let mut open: Vec<&mut Charged> =
            self.charges.iter_mut().filter(|charge| charge.is_standing()).collect();
        let mut at = 0;
        for payment in self.payments.iter_mut().filter(|payment| payment.state.counts()) {
            let mut left = payment.amount;
            while left > Satang::ZERO
                && let Some(charge) = open.get_mut(at)
            {
                let part = left.min(charge.open);
                charge.open -= part;
                left -= part;
                if payment.state == PaymentState::Claimed {
                    charge.claimed += part;
                } else {
                    charge.paid += part;
                }
                if charge.open.is_zero() {
                    at += 1;
                }
            }
            payment.used = payment.amount - left;
            self.credit += left;
        }
        for charge in open {
            charge.state = match (charge.open.is_zero(), charge.claimed.is_zero(), charge.paid.is_zero()) {
                (true, true, _) => ChargeState::Paid,
                (true, false, _) => ChargeState::Claimed,
                (false, true, true) => ChargeState::Open,
                (false, ..) => ChargeState::Partly,
            };
            self.owed += charge.open;
            self.claimed += charge.claimed;
        }
    }
}

impl Charged {
    /// Says whether it counts: neither cancelled nor replaced.
    pub fn is_standing(&self) -> bool {
        !matches!(self.state, ChargeState::Replaced | ChargeState::Cancelled)
    }
}

/// Bills and charges, oldest first, all of them open.
fn charges(sorted: &[&Entry], cancelled: &BTreeSet<RecordId>) -> Vec<Charged> {
    // A bill that another alive one replaces does not stand; of several left of one cycle the latest does.
    let alive = || {
        sorted.iter().filter_map(|entry| match &entry.fact {
            Fact::Bill(bill) if !cancelled.contains(&entry.id) => Some((*entry, bill)),
            _ => None,
        })
    };
    let replaced: BTreeSet<RecordId> = alive().filter_map(|(_, bill)| bill.replaces).collect();
    let mut standing: BTreeMap<&str, (bool, &Entry)> = BTreeMap::new();
    for (entry, _) in alive() {
        let rank = (!replaced.contains(&entry.id), entry);
        let best = standing.entry(entry.cycle.as_str()).or_insert(rank);
        if (rank.0, rank.1.place()) > (best.0, best.1.place()) {
            *best = rank;
        }
    }
    let mut charges: Vec<(&Entry, Charged)> = sorted
        .iter()
        .filter_map(|entry| {
            let (amount, bill) = match &entry.fact {
                Fact::Bill(bill) => (bill.total.or_zero(), Some(bill)),
                Fact::Adjustment { amount } if *amount > Satang::ZERO => (*amount, None),
                _ => return None,
            };
            let units = bill.map(|bill| bill.units);
            let is_replaced = || {
                units.is_some()
                    && standing.get(entry.cycle.as_str()).is_some_and(|(_, best)| best.id != entry.id)
            };
            let state = if cancelled.contains(&entry.id) {
                ChargeState::Cancelled
            } else if is_replaced() {
                ChargeState::Replaced
            } else {
                ChargeState::Open
            };
            let open = if state == ChargeState::Open { amount } else { Satang::ZERO };
            let charged = Charged {
                id: entry.id,
                cycle: entry.cycle.clone(),
                no: bill.map(|bill| bill.no.to_string()).unwrap_or_default(),
                units,
                due_on: bill.map(|bill| bill.due_on.clone()).unwrap_or_default(),
                amount,
                paid: Satang::ZERO,
                claimed: Satang::ZERO,
                open,
                state,
            };
            Some((*entry, charged))
        })
        .collect();
    charges.sort_by(|(a, _), (b, _)| (&a.cycle, a.place()).cmp(&(&b.cycle, b.place())));
    charges.into_iter().map(|(_, charged)| charged).collect()
}

/// Payments and what was given back, in the order they were made.
fn payments(sorted: &[&Entry], cancelled: &BTreeSet<RecordId>) -> Vec<Paid> {
    let mut verdicts: BTreeMap<RecordId, bool> = BTreeMap::new();
    let mut moved: BTreeMap<RecordId, Hands> = BTreeMap::new();
    for entry in sorted {
        match &entry.fact {
            // The latest counts.
            Fact::Verdict { about, confirmed } => _ = verdicts.insert(*about, *confirmed),
            // The farthest counts.
            Fact::Moved { about, to } => {
                let hands = moved.entry(*about).or_insert(*to);
                *hands = (*hands).max(*to);
            }
            _ => {}
        }
    }
    let mut slips: BTreeSet<String> = BTreeSet::new();
    let mut all = Vec::new();
    for entry in sorted {
        let (amount, means, receipt_no) = match &entry.fact {
            Fact::Payment(payment) => {
                (payment.amount.or_zero(), Some(payment.means.clone()), payment.receipt_no.clone())
            }
            Fact::Adjustment { amount } if *amount < Satang::ZERO => (-*amount, None, String::new()),
            _ => continue,
        };
        let state = match (&means, verdicts.get(&entry.id)) {
            _ if cancelled.contains(&entry.id) => PaymentState::Reversed,
            (_, Some(false)) => PaymentState::Reversed,
            (Some(Means::Slip(slip)), verdict) if slips.insert(slip.key()) => match verdict {
                Some(_) => PaymentState::Confirmed,
                None => PaymentState::Claimed,
            },
            (Some(Means::Slip(_)), _) => PaymentState::Duplicate,
            (Some(Means::Cash), _) => match moved.get(&entry.id) {
                None => PaymentState::Received,
                Some(Hands::HandedOver) => PaymentState::HandedOver,
                Some(Hands::Deposited) => PaymentState::Deposited,
            },
            (Some(Means::Bank { .. }) | None, _) => PaymentState::Confirmed,
        };
        all.push(Paid {
            id: entry.id,
            at: entry.at.clone(),
            amount,
            means,
            receipt_no,
            used: Satang::ZERO,
            state,
        });
    }
    all
}

#[cfg(test)]
mod tests;
