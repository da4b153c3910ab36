//! Thai QR payment (EMVCo merchant-presented codes, the Bank of Thailand's profile), the bar code of bill payment, and
//! the little code on a payer's slip. Text in, text out.
//!
//! Only the first and the last tag have a fixed place; codes are written in ascending order and read in any.

use crate::money::Satang;
use serde::{Deserialize, Serialize};

mod slip;
mod tlv;

pub use slip::Slip;
pub use tlv::{Tag, crc16, read as read_tags, write as write_tags};

/// Application id of a credit transfer to a person or an office.
const TRANSFER: &str = "A000000677010111";
/// Application id of a bill payment.
const BILL: &str = "A000000677010112";
/// Application id of a bill payment from another country.
const BILL_ABROAD: &str = "A000000677012006";

/// Who receives a credit transfer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proxy {
    /// A telephone: ten digits with the leading zero.
    Phone(String),
    /// A national id or taxpayer's number: thirteen digits.
    Id(String),
    /// An e-wallet: fifteen digits.
    Wallet(String),
}

impl Proxy {
    /// Reads what a person types: a telephone, a national or tax id, an e-wallet; dashes and spaces do not matter.
    pub fn read(typed: &str) -> Option<Proxy> {
        let digits: String =
            crate::text::ascii_digits(typed).chars().filter(|c| !matches!(c, '-' | ' ')).collect();
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        match digits.len() {
            10 => Some(Proxy::Phone(digits)),
            13 => Some(Proxy::Id(digits)),
            15 => Some(Proxy::Wallet(digits)),
            _ => None,
        }
    }

    fn tag(&self) -> Tag {
        match self {
            Proxy::Phone(digits) => {
                Tag::new(1, format!("0066{:0>9}", digits.strip_prefix('0').unwrap_or(digits)))
            }
            Proxy::Id(digits) => Tag::new(2, digits.clone()),
            Proxy::Wallet(digits) => Tag::new(3, digits.clone()),
        }
    }
}

/// What a payment code asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// Who receives it.
    pub to: Receiver,
    /// How much; `None` lets the payer type it.
    pub amount: Option<Satang>,
    /// To be paid once. Banks take a code with an amount as such.
    pub once: bool,
}

/// The two ways of receiving.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Receiver {
    /// To a PromptPay id (tag 29). Nothing tells what it was for.
    Transfer(Proxy),
    /// A bill payment (tag 30): the bank hands the references on.
    Bill {
        /// Tax id and the bank's suffix, fifteen digits (thirteen are read).
        biller: String,
        /// The customer.
        ref1: String,
        /// The bill; may be empty.
        ref2: String,
        /// The terminal (tag 62-07); may be empty.
        ref3: String,
    },
}

/// The most characters of a reference.
pub const REFERENCE_MAX: usize = 20;

/// Why a text is no payment code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCode {
    /// It is not made of tags.
    #[error("the text is not made of tags")]
    NotTags,
    /// Its check does not fit: misread, or made up.
    #[error("the check does not fit")]
    Check,
    /// It is a code of another kind.
    #[error("a code of another kind")]
    OtherKind,
}

/// A reference as banks take it: capitals and digits, at most twenty. Everything else is left out.
pub fn reference(text: &str) -> String {
    let capitals = crate::text::ascii_digits(text);
    capitals
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_uppercase())
        .take(REFERENCE_MAX)
        .collect()
}

impl Payment {
    /// A bill payment for an amount, to be paid once.
    pub fn bill(biller: &str, ref1: &str, ref2: &str, amount: Satang) -> Payment {
        let (ref1, ref2) = (reference(ref1), reference(ref2));
        let to = Receiver::Bill { biller: biller.to_owned(), ref1, ref2, ref3: String::new() };
        Payment { to, amount: Some(amount), once: true }
    }

    /// A transfer of an amount, to be paid once.
    pub fn transfer(to: Proxy, amount: Satang) -> Payment {
        Payment { to: Receiver::Transfer(to), amount: Some(amount), once: true }
    }

    /// The text of the QR code. All of it fits the alphanumeric mode, which makes the code smaller.
    pub fn text(&self) -> String {
        let mut tags = vec![Tag::new(0, "01"), Tag::new(1, if self.once { "12" } else { "11" })];
        let mut additional = None;
        match &self.to {
            Receiver::Transfer(proxy) => {
                tags.push(Tag::new(29, write_tags(&[Tag::new(0, TRANSFER), proxy.tag()])));
            }
            Receiver::Bill { biller, ref1, ref2, ref3 } => {
                let mut parts =
                    vec![Tag::new(0, BILL), Tag::new(1, biller.clone()), Tag::new(2, ref1.clone())];
                if !ref2.is_empty() {
                    parts.push(Tag::new(3, ref2.clone()));
                }
                tags.push(Tag::new(30, write_tags(&parts)));
                if !ref3.is_empty() {
                    additional = Some(Tag::new(62, write_tags(&[Tag::new(7, ref3.clone())])));
                }
            }
        }
        tags.push(Tag::new(53, "764"));
        if let Some(amount) = self.amount {
            tags.push(Tag::new(54, amount.plain()));
        }
        tags.push(Tag::new(58, "TH"));
        tags.extend(additional);
        tlv::sealed(&tags, 63)
    }

    /// Reads a payment code whose tags stand in any order.
    ///
    /// # Errors
    /// [`BadCode`]: what it is not.
    pub fn read(text: &str) -> Result<Payment, BadCode> {
        let tags = tlv::unsealed(text.trim(), 63)?;
        let value = |id| tags.iter().find(|tag| tag.id == id).map(|tag| tag.value.as_str());
        let amount = match value(54) {
            Some(amount) => Some(Satang::read(amount).ok_or(BadCode::NotTags)?),
            None => None,
        };
        let once = value(1) == Some("12");
        let inner = |id| value(id).map(|text| read_tags(text).ok_or(BadCode::NotTags)).transpose();
        if let Some(parts) = inner(29)? {
            let part = |id| parts.iter().find(|tag| tag.id == id).map(|tag| tag.value.as_str());
            if part(0) != Some(TRANSFER) {
                return Err(BadCode::OtherKind);
            }
            let proxy = if let Some(phone) = part(1) {
                Proxy::Phone(format!("0{}", phone.strip_prefix("0066").ok_or(BadCode::NotTags)?))
            } else if let Some(id) = part(2) {
                Proxy::Id(id.to_owned())
            } else {
                Proxy::Wallet(part(3).ok_or(BadCode::OtherKind)?.to_owned())
            };
            return Ok(Payment { to: Receiver::Transfer(proxy), amount, once });
        }
        let parts = inner(30)?.ok_or(BadCode::OtherKind)?;
        let part = |id| parts.iter().find(|tag| tag.id == id).map(|tag| tag.value.clone());
        if !matches!(part(0).as_deref(), Some(BILL | BILL_ABROAD)) {
            return Err(BadCode::OtherKind);
        }
        let additional = inner(62)?.unwrap_or_default();
        let ref3 = additional.iter().find(|tag| tag.id == 7).map(|tag| tag.value.clone());
        let to = Receiver::Bill {
            biller: part(1).ok_or(BadCode::NotTags)?,
            ref1: part(2).ok_or(BadCode::NotTags)?,
            ref2: part(3).unwrap_or_default(),
            ref3: ref3.unwrap_or_default(),
        };
        Ok(Payment { to, amount, once })
    }

    /// The text of the bill-payment bar code that cashiers scan; `None` for a transfer. Lines are ended by CR alone, and
    /// nothing follows the amount, which is in satang; 0 lets the cashier type it.
    pub fn bar_code(&self) -> Option<String> {
        let Receiver::Bill { biller, ref1, ref2, .. } = &self.to else { return None };
        Some(format!("|{biller}\r{ref1}\r{ref2}\r{}", self.amount.unwrap_or_default().0))
    }

    /// Reads a bill-payment bar code. Some writers end lines with LF, or CR and LF.
    ///
    /// # Errors
    /// [`BadCode::OtherKind`].
    pub fn read_bar_code(text: &str) -> Result<Payment, BadCode> {
        let text =
            text.strip_prefix('|').ok_or(BadCode::OtherKind)?.replace("\r\n", "\r").replace('\n', "\r");
        let parts: Vec<&str> = text.split('\r').collect();
        let [biller, ref1, ref2, amount] = parts.as_slice() else { return Err(BadCode::OtherKind) };
        let amount: i64 = amount.parse().map_err(|_| BadCode::OtherKind)?;
        if amount < 0 || biller.len() != 15 || !biller.bytes().all(|b| b.is_ascii_digit()) {
            return Err(BadCode::OtherKind);
        }
        let to = Receiver::Bill {
            biller: (*biller).to_owned(),
            ref1: (*ref1).to_owned(),
            ref2: (*ref2).to_owned(),
            ref3: String::new(),
        };
        Ok(Payment { to, amount: (amount > 0).then_some(Satang(amount)), once: amount > 0 })
    }
}

#[cfg(test)]
mod tests;
