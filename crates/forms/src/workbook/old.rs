//! Workbooks of the old kind (`.xls`, Excel 97 to 2003): a small file system that holds a stream of records.

use super::Limits;
use crate::import::{Message, Sheets};

/// True for a workbook of either kind that is locked: its file system has a file named `EncryptedPackage`.
pub fn is_encrypted(bytes: &[u8]) -> bool {
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    bytes.windows(name.len()).any(|window| window == name)
}

pub fn read(_bytes: &[u8], _limits: &Limits) -> Result<Sheets, Message> {
    Err(super::not_a_workbook())
}
