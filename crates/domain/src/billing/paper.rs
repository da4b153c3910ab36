//! What a bill says, and how it comes out of a visit.

use super::{BillNumber, Billing, Charge, Line, LineKind};
use crate::change::{Value, Values};
use crate::ids::RecordId;
use crate::money::Satang;
use crate::promptpay::{Payment, Proxy};
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

/// A bill as the ledger keeps it. It repeats what it was worked out from, so that it can be read and checked when
/// the tariff, the meter or the programme are others.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Bill {
    /// Its number.
    pub no: BillNumber,
    /// The visit it charges for; absent for one that the office made without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visit: Option<RecordId>,
    /// The bill of the same cycle in whose place it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<RecordId>,
    /// The tariff used ([`super::Tariff::version`]).
    pub tariff: String,
    /// The customer's class then.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub class: String,
    /// Units charged.
    pub units: i64,
    /// They were estimated.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub estimated: bool,
    /// What the dial showed last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<i64>,
    /// What it shows now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<i64>,
    /// Day of the last reading, ISO; empty if unknown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub previous_on: String,
    /// Day of this reading, ISO.
    pub read_on: String,
    /// The reader's remark, as the form's choice says it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
    /// What is charged, line by line; together [`Bill::total`].
    pub lines: Vec<Line>,
    /// What this cycle costs.
    pub total: Satang,
    /// What was owed from before when it was issued.
    #[serde(default, skip_serializing_if = "Account::is_even")]
    pub before: Account,
    /// The last day of payment, ISO; empty where a bank pays by standing order.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub due_on: String,
    /// The cycles before, newest first, at most five.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub months: Vec<Month>,
}

impl Default for BillNumber {
    fn default() -> Self {
        BillNumber::of("")
    }
}

/// What stood in the account when a bill was issued.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Account {
    /// Owed for earlier cycles.
    #[serde(default, skip_serializing_if = "Satang::is_zero")]
    pub arrears: Satang,
    /// How many cycles that are.
    #[serde(default, skip_serializing_if = "is_none")]
    pub cycles: u32,
    /// Paid too much before.
    #[serde(default, skip_serializing_if = "Satang::is_zero")]
    pub credit: Satang,
}

fn is_none(count: &u32) -> bool {
    *count == 0
}

impl Account {
    /// Nothing is owed and nothing was paid too much.
    pub fn is_even(&self) -> bool {
        *self == Account::default()
    }
}

/// A cycle in the picture of the last months.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Month {
    /// The cycle, `2026-10`.
    pub cycle: String,
    /// Units charged.
    pub units: i64,
    /// It is not paid.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub owed: bool,
}

/// Whom a bill or a receipt is for, as the registry says today.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Person {
    /// Customer's number.
    pub customer_no: String,
    /// Name.
    pub name: String,
    /// Address.
    pub address: String,
    /// Meter's number.
    pub meter_no: String,
    /// What the class is called.
    pub class: String,
    /// Route and place in it: `R03.0042`.
    pub route: String,
}

impl Bill {
    /// What is to be paid: this cycle and what is owed from before, less what was paid too much; never below zero.
    pub fn payable(&self) -> Satang {
        (self.total + self.before.arrears - self.before.credit).or_zero()
    }

    /// The sum of the lines of a kind.
    pub fn of(&self, kind: LineKind) -> Satang {
        self.lines.iter().filter(|line| line.kind == kind).map(|line| line.amount).sum()
    }

    /// The value added tax within what is to be paid for this cycle, once a credit has been taken off:
    /// `rest * 7 / 107`. Without a credit it is the tax of the lines.
    pub fn vat_payable(&self, vat_bp: u32) -> Satang {
        if self.before.credit.is_zero() {
            return self.of(LineKind::Vat);
        }
        (self.total - self.before.credit).or_zero().share_within(vat_bp)
    }
}

/// Why a visit gives no bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoBill {
    /// The form gave no units: a first reading, or no average yet.
    NoUnits,
    /// It is so unusual that the office looks first.
    Held,
    /// There is no tariff for the class and day.
    NoTariff,
}

/// What a bill is issued from.
#[derive(Clone, Debug)]
pub struct Issue<'a> {
    /// Its number.
    pub no: BillNumber,
    /// The visit.
    pub visit: RecordId,
    /// The subject's fields.
    pub subject: &'a Values,
    /// The form's answers.
    pub answers: &'a Values,
    /// When the reading was, ISO.
    pub at: &'a str,
    /// The day on which the bill is issued, ISO; later than the reading where the office had to look first. The days of
    /// payment are counted from it.
    pub issued_on: &'a str,
    /// What stands in the account.
    pub before: Account,
    /// The cycles before, newest first.
    pub months: Vec<Month>,
    /// The office has looked: what was held is issued.
    pub approved: bool,
    /// The bill in whose place this one stands.
    pub replaces: Option<RecordId>,
}

impl Billing {
    /// Says whether the answers of a visit mean that its bill waits for the office.
    pub fn is_held(&self, answers: &Values) -> bool {
        says(&self.answers.held, answers)
    }

    /// The units that a visit's answers say.
    pub fn units_of(&self, answers: &Values) -> Option<i64> {
        number(answers, &self.answers.units)
    }

    /// What the dial showed by a visit's answers: the number it was compared with, and its own.
    pub fn dial_of(&self, answers: &Values) -> (Option<i64>, Option<i64>) {
        (number(answers, &self.answers.previous), number(answers, &self.answers.reading))
    }

    /// What a visit costs, without issuing a bill: the form's own page shows it before saving.
    pub fn charge(&self, subject: &Values, units: i64, day: &str) -> Option<Charge> {
        let tariff = self.tariff(&text(subject, &self.fields.class), day)?;
        Some(tariff.charge(units, &text(subject, &self.fields.size), &text(subject, &self.fields.discount)))
    }

    /// Makes the bill of a visit.
    ///
    /// # Errors
    /// Why there is none.
    pub fn issue(&self, issue: Issue<'_>) -> Result<Bill, NoBill> {
        let Issue { subject, answers, .. } = issue;
        let units = self.units_of(answers).ok_or(NoBill::NoUnits)?;
        if self.is_held(answers) && !issue.approved {
            return Err(NoBill::Held);
        }
        let day = issue.at.get(..10).unwrap_or_default();
        let class = text(subject, &self.fields.class);
        let tariff = self.tariff(&class, day).ok_or(NoBill::NoTariff)?;
        let size = text(subject, &self.fields.size);
        let charge = tariff.charge(units, &size, &text(subject, &self.fields.discount));
        let due_on = if matches!(text(subject, &self.fields.direct_debit).as_str(), "yes" | "true") {
            String::new()
        } else {
            self.due_on(&day_part(issue.issued_on), !issue.before.arrears.is_zero())
        };
        let comment = text(answers, &self.answers.comment);
        let (previous, reading) = self.dial_of(answers);
        Ok(Bill {
            no: issue.no,
            visit: Some(issue.visit),
            replaces: issue.replaces,
            tariff: tariff.version.clone(),
            class,
            units,
            estimated: says(&self.answers.estimated, answers),
            previous,
            reading,
            previous_on: day_part(&text(answers, &self.answers.previous_at)),
            read_on: day.to_owned(),
            comment,
            lines: charge.lines,
            total: charge.total,
            before: issue.before,
            due_on,
            months: issue.months.into_iter().take(MONTHS).collect(),
        })
    }

    /// The last day of payment for a bill of a day, ISO; empty if the day cannot be read.
    pub fn due_on(&self, day: &str, in_arrears: bool) -> String {
        let days = if in_arrears { self.payee.due_days_in_arrears } else { self.payee.due_days };
        let due = || day.parse::<NaiveDate>().ok()?.checked_add_days(Days::new(days.into()));
        due().map_or(String::new(), |due| due.to_string())
    }

    /// How a bill is paid by telephone: as a bill payment where there is a contract with a bank, as a transfer where there is
    /// only a PromptPay id. `None` where nothing is to be paid, or nobody said how.
    pub fn payment(&self, bill: &Bill, customer_no: &str) -> Option<Payment> {
        let amount = bill.payable();
        if amount <= Satang::ZERO {
            return None;
        }
        if !self.payee.biller_id.is_empty() {
            return Some(Payment::bill(&self.payee.biller_id, customer_no, bill.no.as_str(), amount));
        }
        Proxy::read(&self.payee.promptpay_id).map(|proxy| Payment::transfer(proxy, amount))
    }

    /// Whom a paper is for. `class_title` and `route` come from whoever knows the programme and the zone.
    pub fn person(&self, subject: &Values, class_title: &str, route: &str) -> Person {
        let fields = &self.fields;
        let parts: Vec<String> =
            fields.address.iter().map(|field| text(subject, field)).filter(|part| !part.is_empty()).collect();
        Person {
            customer_no: text(subject, &fields.customer_no),
            name: text(subject, &fields.name),
            address: parts.join(" "),
            meter_no: text(subject, &fields.meter_no),
            class: class_title.to_owned(),
            route: route.to_owned(),
        }
    }
}

/// Cycles in the picture of the last months.
const MONTHS: usize = 5;

fn says(rules: &std::collections::BTreeMap<String, Vec<String>>, answers: &Values) -> bool {
    rules.iter().any(|(question, values)| values.contains(&text(answers, question)))
}

/// A value as text; empty for none.
fn text(values: &Values, name: &str) -> String {
    match values.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Bool(truth)) => truth.to_string(),
        _ => String::new(),
    }
}

/// A whole number, as JSON or as text. Forms write 16 and 16.0.
fn number(values: &Values, name: &str) -> Option<i64> {
    match values.get(name)? {
        Value::Number(number) => crate::calc::CalcValue::Number(number.as_f64()?).whole(),
        Value::String(text) if !text.trim().is_empty() => text.trim().parse().ok(),
        _ => None,
    }
}

fn day_part(at: &str) -> String {
    at.get(..10).unwrap_or_default().to_owned()
}
