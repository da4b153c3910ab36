//! The little code on the slip that a payer's bank shows after a transfer. It names the transfer, not its amount: whether the
//! money came is for the bank's file to say.

use super::{BadCode, read_tags, tlv};
use serde::{Deserialize, Serialize};

/// A transfer, as its slip names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Slip {
    /// The sending bank, three digits.
    pub bank: String,
    /// The bank's number of the transfer.
    pub trans_ref: String,
}

impl Slip {
    /// Reads the code of a slip.
    ///
    /// # Errors
    /// [`BadCode`]: what it is not. A payment code, which asks for money, is [`BadCode::OtherKind`].
    pub fn read(text: &str) -> Result<Slip, BadCode> {
        let text = text.trim();
        if read_tags(text).is_some_and(|tags| tags.last().is_some_and(|tag| tag.id == 63)) {
            return Err(BadCode::OtherKind);
        }
        let tags = tlv::unsealed(text, 91)?;
        let inner = tags.iter().find(|tag| tag.id == 0).and_then(|tag| read_tags(&tag.value));
        let inner = inner.ok_or(BadCode::OtherKind)?;
        let part = |id| inner.iter().find(|tag| tag.id == id).map(|tag| tag.value.clone());
        match (part(0).as_deref(), part(1), part(2)) {
            (Some("000001"), Some(bank), Some(trans_ref)) if bank.len() == 3 && !trans_ref.is_empty() => {
                Ok(Slip { bank, trans_ref })
            }
            _ => Err(BadCode::OtherKind),
        }
    }

    /// The name under which a slip is looked for: the same for the same transfer, however it was typed.
    pub fn key(&self) -> String {
        format!("{}:{}", self.bank, self.trans_ref.to_ascii_uppercase())
    }
}
