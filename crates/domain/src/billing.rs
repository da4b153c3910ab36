//! From units to money: the tariff as data, and what a bill says.
//!
//! `[billing]` in `programme.toml` says which form is billed, which of its answers give the units, and what they cost.
//! A tariff is never changed: a new one with a later day is put beside it, and a bill keeps the name of the one it used.
//!
//! The formula, in whole satang: `use = max(minimum, sum of blocks)`; `net = use - discount + service fee + extras`;
//! `vat = net * vat_bp / 10,000`, half up; `total = round(net + vat)`. What is owed from before, and what was paid
//! too much, stand beside the total and never in it.

use crate::money::Satang;
use crate::programme::Words;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

mod number;
mod paper;

pub use number::{BillNumber, Series};
pub use paper::{Account, Bill, Issue, Month, NoBill, Person};

/// How a programme charges for what its form finds.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Billing {
    /// The form whose visits are billed.
    pub form: String,
    /// What the paper is called: ใบแจ้งค่าน้ำประปา.
    pub title: Words,
    /// What a unit is called: หน่วย, ลบ.ม.
    pub unit: Words,
    /// What the charge for use is called: ค่าน้ำ.
    #[serde(default)]
    pub use_title: Words,
    /// What the monthly fee is called.
    #[serde(default)]
    pub fee_title: Words,
    /// Which answers of the form mean what.
    pub answers: BillingAnswers,
    /// Which fields of the subject mean what.
    pub fields: BillingFields,
    /// Who is paid.
    pub payee: Payee,
    /// The tariffs, of every class and day.
    #[serde(rename = "tariff", default)]
    pub tariffs: Vec<Tariff>,
    /// The municipality wrote its own: an update of the app leaves all of this as it is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own: bool,
}

/// Question names. Empty: the form has no such question.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BillingAnswers {
    /// The units to charge. Without an answer there is no bill.
    pub units: String,
    /// What the dial showed last time.
    pub previous: String,
    /// What it shows now.
    pub reading: String,
    /// When it was read last time, ISO.
    pub previous_at: String,
    /// The reader's remark, a choice.
    pub comment: String,
    /// The units were estimated: question and the answers that say so.
    pub estimated: BTreeMap<String, Vec<String>>,
    /// The bill waits until the office has looked: question and the answers that say so.
    pub held: BTreeMap<String, Vec<String>>,
}

/// Field ids of the subject. Empty: there is no such field.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BillingFields {
    /// The customer's number, the first reference of a payment.
    pub customer_no: String,
    /// The customer's name.
    pub name: String,
    /// The parts of the address, in order.
    pub address: Vec<String>,
    /// The meter's number.
    pub meter_no: String,
    /// The class a tariff is for.
    pub class: String,
    /// The size of the connection, for the service fee.
    pub size: String,
    /// The discount's code.
    pub discount: String,
    /// Answers `yes`: the bank pays by standing order, so there is no due date.
    pub direct_debit: String,
}

/// Who is paid, and how.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Payee {
    /// Name, as it stands on the bill.
    pub name: Words,
    /// Its address, on receipts.
    pub address: String,
    /// Telephone, as it is written.
    pub tel: String,
    /// Taxpayer's number, thirteen digits.
    pub tax_id: String,
    /// Biller id of a contract with a bank: tax id and a suffix, fifteen digits. Empty: no bill payment.
    pub biller_id: String,
    /// PromptPay id where there is no contract: tax id or telephone. Payments then carry no reference.
    pub promptpay_id: String,
    /// Days from the reading to the last day of payment.
    pub due_days: u32,
    /// The same where something is owed from before.
    pub due_days_in_arrears: u32,
    /// A line at the foot of the bill: what happens after the due date, where to pay.
    pub footer: Words,
}

/// One class's prices from one day on.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tariff {
    /// Its name, kept by bills: `2569-1`. One name for all classes of one decision.
    pub version: String,
    /// The class it is for; empty for every class that has no tariff of its own.
    #[serde(default)]
    pub class: String,
    /// The first day it counts, ISO.
    pub effective_from: String,
    /// Prices by units, in order; the last has no end.
    pub blocks: Vec<Block>,
    /// The least that is charged for use.
    #[serde(default)]
    pub minimum: Satang,
    /// What is charged instead of everything for use where no unit was used; absent: the blocks and the minimum say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zero_use: Option<Satang>,
    /// A monthly fee by size of the connection.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub service_fee: BTreeMap<String, Satang>,
    /// Other things on the same bill: waste water, garbage.
    #[serde(rename = "extra", default, skip_serializing_if = "Vec::is_empty")]
    pub extras: Vec<Extra>,
    /// Value added tax in basis points: 700, or 0.
    #[serde(default)]
    pub vat_bp: u32,
    /// To what the total is rounded.
    #[serde(default)]
    pub rounding: Rounding,
    /// Discounts by code.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub discounts: BTreeMap<String, Discount>,
}

/// A price for the units up to a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Block {
    /// The last unit of the block; absent: no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upto: Option<i64>,
    /// Satang a unit.
    pub rate: Satang,
}

/// Something else that is charged on the same bill.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Extra {
    /// What it is.
    pub title: Words,
    /// Satang a bill.
    #[serde(default)]
    pub each_bill: Satang,
    /// Satang a unit.
    #[serde(default)]
    pub each_unit: Satang,
}

/// What is taken off the charge for use; never more than the charge.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Discount {
    /// What it is.
    pub title: Words,
    /// A share of the charge, in basis points.
    #[serde(default)]
    pub share_bp: u32,
    /// A fixed amount.
    #[serde(default)]
    pub amount: Satang,
    /// Units from the first on that somebody else pays for.
    #[serde(default)]
    pub units: i64,
}

/// To what a total is rounded, halves up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Rounding {
    /// It stays as it is.
    #[default]
    #[serde(rename = "none")]
    None,
    /// To 25 satang, the smallest coin in use.
    #[serde(rename = "25 satang")]
    Quarter,
    /// To whole baht.
    #[serde(rename = "baht")]
    Baht,
}

impl Rounding {
    fn step(self) -> i64 {
        match self {
            Rounding::None => 1,
            Rounding::Quarter => 25,
            Rounding::Baht => 100,
        }
    }
}

/// What a line of a bill is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// What was used.
    Use,
    /// Taken off.
    Discount,
    /// The monthly fee.
    ServiceFee,
    /// Something else on the same bill.
    Extra,
    /// Value added tax.
    Vat,
    /// What rounding added or took.
    Rounding,
}

/// One line of a bill. All lines together are the total.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What for.
    pub kind: LineKind,
    /// What an extra or a discount is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Words>,
    /// How much; negative for what is taken off.
    pub amount: Satang,
}

/// What units cost.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Charge {
    /// The lines, in order. Empty lines are left out, the charge for use is always there.
    pub lines: Vec<Line>,
    /// Before tax and rounding.
    pub net: Satang,
    /// Value added tax.
    pub vat: Satang,
    /// All of it: the sum of the lines.
    pub total: Satang,
}

impl Tariff {
    /// What the blocks say for a number of units, without minimum, fee or tax. Units below zero count as none.
    pub fn blocks_for(&self, units: i64) -> Satang {
        let mut from = 0;
        let mut sum = Satang::ZERO;
        for block in &self.blocks {
            let upto = block.upto.unwrap_or(i64::MAX).min(units);
            sum += block.rate.times((upto - from).max(0));
            from = from.max(upto);
        }
        sum
    }

    /// What is charged for use alone.
    pub fn usage(&self, units: i64) -> Satang {
        match self.zero_use {
            Some(fee) if units <= 0 => fee,
            _ => self.blocks_for(units).max(self.minimum),
        }
    }

    /// Works a bill out. `size` and `discount` are the values of the subject's fields; unknown ones cost and take
    /// nothing.
    pub fn charge(&self, units: i64, size: &str, discount: &str) -> Charge {
        let mut lines = Vec::new();
        let mut add = |kind, title: Option<&Words>, amount: Satang| {
            if kind == LineKind::Use || !amount.is_zero() {
                lines.push(Line { kind, title: title.cloned(), amount });
            }
            amount
        };
        let usage = self.usage(units);
        let mut net = add(LineKind::Use, None, usage);
        if let Some(rule) = self.discounts.get(discount) {
            let units = rule.units.clamp(0, units.max(0));
            let off = self.blocks_for(units) + usage.share(rule.share_bp) + rule.amount;
            net += add(LineKind::Discount, Some(&rule.title), -off.or_zero().min(usage.or_zero()));
        }
        let fee = self.service_fee.get(size).copied().unwrap_or_default();
        net += add(LineKind::ServiceFee, None, fee);
        for extra in &self.extras {
            let amount = extra.each_bill + extra.each_unit.times(units.max(0));
            net += add(LineKind::Extra, Some(&extra.title), amount);
        }
        let vat = add(LineKind::Vat, None, net.share(self.vat_bp));
        let total = (net + vat).to_nearest(self.rounding.step());
        add(LineKind::Rounding, None, total - net - vat);
        Charge { lines, net, vat, total }
    }
}

impl Billing {
    /// The tariff of a class on a day (ISO): the latest that is in force, the class's own before the general one.
    pub fn tariff(&self, class: &str, day: &str) -> Option<&Tariff> {
        let day = day.get(..10).unwrap_or(day);
        let of = |class: &str| {
            let known = self.tariffs.iter();
            known
                .filter(|tariff| tariff.class == class && tariff.effective_from.as_str() <= day)
                .max_by(|a, b| (&a.effective_from, &a.version).cmp(&(&b.effective_from, &b.version)))
        };
        of(class).or_else(|| of(""))
    }

    /// A tariff by the name that a bill kept.
    pub fn tariff_named(&self, version: &str, class: &str) -> Option<&Tariff> {
        let of = |class: &str| {
            self.tariffs.iter().find(|tariff| tariff.version == version && tariff.class == class)
        };
        of(class).or_else(|| of(""))
    }

    /// Names what is inconsistent, one sentence each. `form_exists` and `field_exists` know the programme.
    pub fn faults(
        &self,
        form_exists: impl Fn(&str) -> bool,
        field_exists: impl Fn(&str) -> bool,
    ) -> Vec<String> {
        let mut faults = Vec::new();
        if !form_exists(&self.form) {
            faults.push(format!("billing.form names {:?}, which is not a form", self.form));
        }
        let fields = &self.fields;
        let named = [
            &fields.customer_no,
            &fields.name,
            &fields.meter_no,
            &fields.class,
            &fields.size,
            &fields.discount,
            &fields.direct_debit,
        ];
        for field in named.into_iter().chain(&fields.address).filter(|field| !field.is_empty()) {
            if !field_exists(field) {
                faults.push(format!("billing.fields names {field:?}, which is not a field of the subject"));
            }
        }
        let payee = &self.payee;
        let digits = |text: &str, count| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
        if !payee.tax_id.is_empty() && !digits(&payee.tax_id, 13) {
            faults.push("billing.payee.tax_id is thirteen digits".to_owned());
        }
        if !payee.biller_id.is_empty() && !digits(&payee.biller_id, 15) {
            faults.push(
                "billing.payee.biller_id is fifteen digits: the tax id and the bank's suffix".to_owned(),
            );
        }
        if !payee.promptpay_id.is_empty() && crate::promptpay::Proxy::read(&payee.promptpay_id).is_none() {
            faults.push("billing.payee.promptpay_id is a telephone, a tax id or an e-wallet".to_owned());
        }
        for tariff in &self.tariffs {
            faults.extend(tariff.faults());
            let same = |other: &&Tariff| {
                other.class == tariff.class
                    && (other.version == tariff.version || other.effective_from == tariff.effective_from)
            };
            if self.tariffs.iter().filter(same).count() > 1 {
                faults.push(format!(
                    "two tariffs of class {:?} have the name {:?} or the day {}",
                    tariff.class, tariff.version, tariff.effective_from
                ));
            }
        }
        faults
    }
}

impl Tariff {
    fn faults(&self) -> Vec<String> {
        let name = format!("tariff {:?} of class {:?}", self.version, self.class);
        let mut faults = Vec::new();
        if self.effective_from.parse::<chrono::NaiveDate>().is_err() {
            faults.push(format!("{name}: effective_from is a day, 2026-10-01"));
        }
        let ends: Vec<Option<i64>> = self.blocks.iter().map(|block| block.upto).collect();
        let rising = ends.windows(2).all(|pair| match pair {
            [Some(a), Some(b)] => a < b,
            [None, _] => false,
            _ => true,
        });
        if !rising
            || ends.last() != Some(&None)
            || ends.first().is_some_and(|end| end.is_some_and(|end| end < 1))
        {
            faults.push(format!("{name}: blocks rise, and the last has no upto"));
        }
        let negative = self.blocks.iter().any(|block| block.rate < Satang::ZERO)
            || self.service_fee.values().any(|fee| *fee < Satang::ZERO)
            || self.minimum < Satang::ZERO
            || self.zero_use.is_some_and(|fee| fee < Satang::ZERO)
            || self.extras.iter().any(|extra| extra.each_bill.min(extra.each_unit) < Satang::ZERO)
            || self
                .discounts
                .values()
                .any(|rule| rule.amount < Satang::ZERO || rule.units < 0 || rule.share_bp > 10_000);
        if negative || self.vat_bp > 10_000 {
            faults.push(format!("{name}: an amount is below zero, or a share above all"));
        }
        faults
    }
}

#[cfg(test)]
mod tests;
