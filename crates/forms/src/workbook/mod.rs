//! Forms as workbooks. Reading is done in one pass over the parts that matter, with a cap on everything an attacker can
//! choose: bytes, unpacked bytes, rows, columns, cells. Nothing is ever allocated by a number that stands in the file.
//!
//! For the office and its tools only (feature `workbook`): phones download the finished definition.

mod cells;
mod old;
mod write;
mod xlsx;

pub use write::write;

use crate::import::{At, Code, Imported, Message, Sheets, import, message};

/// What a workbook may hold. The defaults fit the largest forms known ten times over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub bytes: usize,
    /// Bytes of all parts that are read, unpacked; also of the text of all cells.
    pub unpacked: u64,
    /// Rows of a sheet; the largest form known has 4,805.
    pub rows: u32,
    /// Columns of a sheet.
    pub columns: u32,
    /// Cells of all sheets together, blank ones between others included.
    pub cells: usize,
    /// Whether workbooks of the old kind (`.xls`, before 2007) are read. Off by default: a server has no reason to
    /// take a format that nothing has had to write for twenty years.
    pub old_format: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            bytes: 16 << 20,
            unpacked: 32 << 20,
            rows: 60_000,
            columns: 400,
            cells: 1_000_000,
            old_format: false,
        }
    }
}

/// Names of the sheets a form is written in. All others belong to the author and are not even unpacked.
const SHEETS: &[&str] = &["survey", "choices", "settings", "external_choices", "entities", "osm"];

/// Reads a form from a workbook (`.xlsx`). All mistakes are told at once.
pub fn import_workbook(bytes: &[u8], limits: &Limits) -> Result<Imported, Vec<Message>> {
    import(&read(bytes, limits).map_err(|message| vec![message])?)
}

/// Reads the sheets of a workbook. What kind of file it is is told by its content, not its name.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Sheets, Message> {
    if bytes.len() > limits.bytes {
        let most = limits.bytes >> 20;
        return Err(message(
            Code::TooLarge,
            &At::file(),
            format!("ไฟล์ใหญ่เกิน {most} MB แบบฟอร์มไม่ต้องมีรูปในไฟล์ ลบรูปและแผ่นงานที่ไม่ใช้ แล้วส่งใหม่"),
            format!("The file is larger than {most} MB; remove pictures and sheets that are not used"),
        ));
    }
    match bytes {
        [b'P', b'K', 3, 4, ..] => xlsx::read(bytes, limits),
        [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, ..] if old::is_encrypted(bytes) => Err(encrypted()),
        [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, ..] if limits.old_format => old::read(bytes, limits),
        [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, ..] | [9, 0 | 2 | 4 | 8, ..] => Err(message(
            Code::OldWorkbook,
            &At::file(),
            "ไฟล์นี้เป็น Excel แบบเก่า (.xls) เปิดด้วย Excel หรือ LibreOffice แล้วเลือก “บันทึกเป็น” ชนิด .xlsx จากนั้นส่งใหม่ (เปลี่ยนแค่ชื่อไฟล์ไม่พอ)",
            "This is a workbook of the old kind (.xls); open it and save it as .xlsx, then send that (renaming the file is not enough)",
        )),
        _ => Err(not_a_workbook()),
    }
}

fn encrypted() -> Message {
    message(
        Code::Encrypted,
        &At::file(),
        "ไฟล์นี้ล็อกด้วยรหัสผ่าน เปิดไฟล์ เอารหัสผ่านออก บันทึก แล้วส่งใหม่",
        "The file is locked with a password; open it, remove the password, save it and send it again",
    )
}

fn not_a_workbook() -> Message {
    message(
        Code::NotAWorkbook,
        &At::file(),
        "ไฟล์นี้ไม่ใช่ไฟล์ Excel (.xlsx) เปิดด้วยโปรแกรมตาราง เลือก “บันทึกเป็น” ชนิด .xlsx แล้วส่งใหม่",
        "This is not an Excel workbook (.xlsx); open it in a spreadsheet program, save it as .xlsx and send that",
    )
}

fn damaged(detail: impl std::fmt::Display) -> Message {
    message(
        Code::Damaged,
        &At::file(),
        format!("ไฟล์เสีย อ่านไม่ได้ เปิดด้วย Excel หรือ LibreOffice บันทึกใหม่ แล้วส่งอีกครั้ง ({detail})"),
        format!(
            "The file is damaged; open it in a spreadsheet program, save it again and send that ({detail})"
        ),
    )
}
