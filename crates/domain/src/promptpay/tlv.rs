//! Tag, length, value: two digits, two digits, and so many characters. And the check at the end.

use super::BadCode;

/// A tag and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// 0 to 99.
    pub id: u8,
    /// At most 99 characters.
    pub value: String,
}

impl Tag {
    /// A tag.
    pub fn new(id: u8, value: impl Into<String>) -> Tag {
        Tag { id, value: value.into() }
    }
}

/// CRC-16/CCITT-FALSE: polynomial 0x1021, begun with 0xFFFF, nothing reflected.
pub fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 }
        })
    })
}

/// Writes tags in the order given. What is longer than 99 characters is cut: no tag of a payment is.
pub fn write(tags: &[Tag]) -> String {
    tags.iter()
        .map(|tag| {
            let value: String = tag.value.chars().take(99).collect();
            format!("{:02}{:02}{value}", tag.id, value.chars().count())
        })
        .collect()
}

/// Reads a text that is made of tags and nothing else.
pub fn read(text: &str) -> Option<Vec<Tag>> {
    let mut rest = text;
    let mut tags = Vec::new();
    while !rest.is_empty() {
        let number = |from: usize| {
            rest.get(from..from + 2).filter(|two| two.bytes().all(|b| b.is_ascii_digit()))?.parse::<u8>().ok()
        };
        let (id, length) = (number(0)?, number(2)?);
        let body = rest.get(4..)?;
        let end = body.char_indices().map(|(at, _)| at).chain([body.len()]).nth(usize::from(length))?;
        tags.push(Tag::new(id, body.get(..end)?));
        rest = body.get(end..)?;
    }
    Some(tags)
}

/// Tags with their check under `check_id` at the end.
pub(super) fn sealed(tags: &[Tag], check_id: u8) -> String {
    let text = format!("{}{check_id:02}04", write(tags));
    format!("{text}{:04X}", crc16(text.as_bytes()))
}

/// Reads what [`sealed`] writes, without the check. Small letters in the check are believed.
pub(super) fn unsealed(text: &str, check_id: u8) -> Result<Vec<Tag>, BadCode> {
    let mut tags = read(text).ok_or(BadCode::NotTags)?;
    let check = tags.pop().filter(|tag| tag.id == check_id).ok_or(BadCode::NotTags)?;
    let covered = text.len().checked_sub(4).and_then(|end| text.get(..end)).ok_or(BadCode::NotTags)?;
    if check.value.eq_ignore_ascii_case(&format!("{:04X}", crc16(covered.as_bytes()))) {
        Ok(tags)
    } else {
        Err(BadCode::Check)
    }
}
