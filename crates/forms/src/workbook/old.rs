//! Workbooks of the old kind (`.xls`, Excel 97 to 2003): a small file system, and in it a stream of records
//! ([MS-CFB], [MS-XLS]). Every number in the file is checked against what is there before it is used.

use super::cells::{Collector, Left, is_moment, moment, number};
use super::{Limits, SHEETS, damaged, encrypted, not_a_workbook};
use crate::import::{Message, Sheets};

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn f64_at(bytes: &[u8], at: usize) -> Option<f64> {
    Some(f64::from_le_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

/// The file system inside the file: sectors in chains.
struct Files<'a> {
    bytes: &'a [u8],
    sector: usize,
    /// For each sector the one after it.
    next: Vec<u32>,
    entries: Vec<Entry>,
}

/// Files below this size stand in small sectors inside one common file.
const SMALL: usize = 4096;
const SMALL_SECTOR: usize = 64;

struct Entry {
    name: String,
    /// The entry of the file system itself, which is the common file of the small ones.
    top: bool,
    start: u32,
    size: usize,
}

impl<'a> Files<'a> {
    fn open(bytes: &'a [u8]) -> Option<Files<'a>> {
        let shift = u16_at(bytes, 30)?;
        if !(7..=12).contains(&shift) {
            return None;
        }
        let sector = 1_usize << shift;
        let mut files = Files { bytes, sector, next: Vec::new(), entries: Vec::new() };
        // The first 109 sectors of the table stand in the head, the others in a chain of their own.
        let mut table: Vec<u32> = (0..109).map_while(|place| u32_at(bytes, 76 + 4 * place)).collect();
        let mut more = u32_at(bytes, 68)?;
        let most = bytes.len() / sector + 1;
        for _ in 0..most {
            let Some(found) = files.sector(more) else { break };
            let each = sector / 4;
            table.extend((0..each - 1).map_while(|place| u32_at(found, 4 * place)));
            more = u32_at(found, 4 * (each - 1))?;
        }
        for number in table.into_iter().take(most) {
            let Some(found) = files.sector(number) else { continue };
            let entries: Vec<u32> = found.chunks_exact(4).filter_map(|entry| u32_at(entry, 0)).collect();
            files.next.extend(entries);
        }
        let directory = files.chain(u32_at(bytes, 48)?, bytes.len());
        for entry in directory.chunks_exact(128) {
            let length = usize::from(u16_at(entry, 64)?).min(64);
            let letters: Vec<u16> = (0..length / 2).filter_map(|place| u16_at(entry, 2 * place)).collect();
            let name = String::from_utf16_lossy(&letters).trim_end_matches('\0').to_owned();
            let (start, size) = (u32_at(entry, 116)?, u32_at(entry, 120)? as usize);
            files.entries.push(Entry { name, top: entry.get(66) == Some(&5), start, size });
        }
        Some(files)
    }

    fn sector(&self, number: u32) -> Option<&'a [u8]> {
        let start = (number as usize).checked_add(1)?.checked_mul(self.sector)?;
        let end = start.checked_add(self.sector)?.min(self.bytes.len());
        self.bytes.get(start..end).filter(|found| !found.is_empty())
    }

    /// The bytes of a chain, at most `size`. A chain that runs in a circle ends after as many sectors as there are.
    fn chain(&self, start: u32, size: usize) -> Vec<u8> {
        let mut out = Vec::new();
        let mut at = start;
        for _ in 0..self.next.len().max(1) {
            let Some(found) = self.sector(at) else { break };
            out.extend_from_slice(found);
            if out.len() >= size {
                break;
            }
            let Some(next) = self.next.get(at as usize) else { break };
            at = *next;
        }
        out.truncate(size);
        out
    }

    fn file(&self, name: &str) -> Option<Vec<u8>> {
        let entry = self.entries.iter().find(|entry| entry.name.eq_ignore_ascii_case(name))?;
        if entry.size >= SMALL {
            return Some(self.chain(entry.start, entry.size));
        }
        let top = self.entries.iter().find(|entry| entry.top)?;
        let common = self.chain(top.start, self.bytes.len());
        let table = self.chain(u32_at(self.bytes, 60)?, self.bytes.len());
        let mut out = Vec::new();
        let mut at = entry.start as usize;
        for _ in 0..SMALL / SMALL_SECTOR {
            let start = at.checked_mul(SMALL_SECTOR)?;
            let Some(found) = common.get(start..(start + SMALL_SECTOR).min(common.len())) else { break };
            out.extend_from_slice(found);
            let Some(next) = at.checked_mul(4).and_then(|place| u32_at(&table, place)) else { break };
            at = next as usize;
        }
        out.truncate(entry.size);
        Some(out)
    }
}

/// True for a workbook that is locked: its file system has a file named `EncryptedPackage`.
pub fn is_encrypted(bytes: &[u8]) -> bool {
    Files::open(bytes).is_some_and(|files| files.entries.iter().any(|entry| entry.name == "EncryptedPackage"))
}

mod record {
    pub const FORMULA: u16 = 0x06;
    pub const END: u16 = 0x0a;
    pub const SINCE_1904: u16 = 0x22;
    pub const PASSWORD: u16 = 0x2f;
    pub const CONTINUE: u16 = 0x3c;
    pub const SHEET: u16 = 0x85;
    pub const NUMBERS: u16 = 0xbd;
    pub const RICH_TEXT: u16 = 0xd6;
    pub const STYLE: u16 = 0xe0;
    pub const SHARED_TEXTS: u16 = 0xfc;
    pub const SHARED_TEXT: u16 = 0xfd;
    pub const NUMBER: u16 = 0x203;
    pub const TEXT: u16 = 0x204;
    pub const TRUTH: u16 = 0x205;
    pub const FORMULA_TEXT: u16 = 0x207;
    pub const SHORT_NUMBER: u16 = 0x27e;
    pub const FORMAT: u16 = 0x41e;
    pub const BEGIN: u16 = 0x809;
}

/// Records of a stream from a place on.
struct Records<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Records<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<(u16, &'a [u8])> {
        let kind = u16_at(self.bytes, self.at)?;
        let length = usize::from(u16_at(self.bytes, self.at.checked_add(2)?)?);
        let start = self.at.checked_add(4)?;
        let end = start.checked_add(length)?.min(self.bytes.len());
        self.at = end;
        Some((kind, self.bytes.get(start..end)?))
    }
}

/// Bytes in pieces: a record and those that continue it.
struct Pieces<'a> {
    pieces: Vec<&'a [u8]>,
    piece: usize,
    at: usize,
}

impl Pieces<'_> {
    fn settle(&mut self) {
        while self.pieces.get(self.piece).is_some_and(|piece| self.at >= piece.len()) {
            self.piece += 1;
            self.at = 0;
        }
    }

    fn byte(&mut self) -> Option<u8> {
        self.settle();
        let byte = *self.pieces.get(self.piece)?.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes([self.byte()?, self.byte()?]))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from(self.u16()?) | u32::from(self.u16()?) << 16)
    }

    fn skip(&mut self, mut count: usize) {
        while count > 0 {
            self.settle();
            let Some(piece) = self.pieces.get(self.piece) else { return };
            let step = count.min(piece.len() - self.at);
            self.at += step;
            count -= step;
        }
    }

    /// A text with its head. Where a record ends inside it, the next one says anew how wide letters are.
    fn text(&mut self) -> Option<String> {
        let count = self.u16()?;
        let flags = self.byte()?;
        let runs = if flags & 8 != 0 { usize::from(self.u16()?) } else { 0 };
        let extra = if flags & 4 != 0 { self.u32()? as usize } else { 0 };
        let mut wide = flags & 1 != 0;
        let mut letters = Vec::new();
        for _ in 0..count {
            if self.pieces.get(self.piece).is_some_and(|piece| self.at >= piece.len()) {
                wide = self.byte()? & 1 != 0;
            }
            letters.push(if wide { self.u16()? } else { u16::from(self.byte()?) });
        }
        self.skip(runs * 4);
        self.skip(extra);
        Some(String::from_utf16_lossy(&letters))
    }
}

fn text_at(record: &[u8], at: usize) -> Option<String> {
    Pieces { pieces: vec![record.get(at..)?], piece: 0, at: 0 }.text()
}

#[derive(Default)]
struct Book {
    sheets: Vec<(String, usize)>,
    strings: Vec<String>,
    formats: Vec<(u16, String)>,
    styles: Vec<u16>,
    since_1904: bool,
}

impl Book {
    fn read(stream: &[u8]) -> Result<Book, Message> {
        let mut book = Book::default();
        let mut records = Records { bytes: stream, at: 0 }.peekable();
        match records.peek() {
            // 0x600 is Excel 97 and later.
            Some((record::BEGIN, head)) if u16_at(head, 0) == Some(0x600) => {}
            _ => return Err(damaged("Excel 95")),
        }
        while let Some((kind, data)) = records.next() {
            match kind {
                record::END => break,
                record::PASSWORD => return Err(encrypted()),
                record::SINCE_1904 => book.since_1904 = u16_at(data, 0) == Some(1),
                record::STYLE => book.styles.extend(u16_at(data, 2)),
                record::FORMAT => {
                    if let (Some(id), Some(format)) = (u16_at(data, 0), text_at(data, 2)) {
                        book.formats.push((id, format));
                    }
                }
                record::SHEET => {
                    // The name's length is one byte here, where other texts have two.
                    let name = data.get(6..).and_then(|rest| {
                        let (count, rest) = rest.split_first()?;
                        let head = [*count, 0];
                        Pieces { pieces: vec![&head, rest], piece: 0, at: 0 }.text()
                    });
                    if let (Some(name), Some(place)) = (name, u32_at(data, 0)) {
                        book.sheets.push((name, place as usize));
                    }
                }
                record::SHARED_TEXTS => {
                    let mut pieces = vec![data.get(8..).unwrap_or_default()];
                    while let Some((_, more)) = records.next_if(|(kind, _)| *kind == record::CONTINUE) {
                        pieces.push(more);
                    }
                    let mut pieces = Pieces { pieces, piece: 0, at: 0 };
                    book.strings.extend(std::iter::from_fn(|| pieces.text()));
                }
                _ => {}
            }
        }
        Ok(book)
    }

    fn number(&self, style: u16, value: f64) -> String {
        let format = self.styles.get(usize::from(style)).copied().unwrap_or(0);
        let own = self.formats.iter().find(|(id, _)| *id == format).map(|(_, text)| text.as_str());
        if is_moment(u32::from(format), own) { moment(value, self.since_1904) } else { number(value) }
    }

    fn sheet(&self, records: Records<'_>, out: &mut Collector<'_>) -> Result<(), Message> {
        let mut row = None;
        let mut depth = 0;
        // Where the text of a formula goes, which comes in a record of its own.
        let mut waiting = None;
        for (kind, data) in records {
            match kind {
                record::BEGIN => depth += 1,
                record::END if depth > 1 => depth -= 1,
                record::END => break,
                // Charts inside a sheet have cells of their own.
                _ if depth > 1 => {}
                record::FORMULA_TEXT => {
                    if let (Some(column), Some(text)) = (waiting.take(), text_at(data, 0)) {
                        out.cell(column, &text)?;
                    }
                }
                record::FORMULA
                | record::NUMBERS
                | record::RICH_TEXT
                | record::SHARED_TEXT
                | record::NUMBER
                | record::TEXT
                | record::TRUTH
                | record::SHORT_NUMBER => {
                    let (Some(at), Some(column)) = (u16_at(data, 0), u16_at(data, 2)) else { continue };
                    if row != Some(at) {
                        row = Some(at);
                        if !out.begin_row(u32::from(at) + 1) {
                            break;
                        }
                    }
                    waiting = self.cells(kind, data, u32::from(column), out)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Takes the cells of a record; gives the column of a formula whose text is still to come.
    fn cells(
        &self,
        kind: u16,
        data: &[u8],
        column: u32,
        out: &mut Collector<'_>,
    ) -> Result<Option<u32>, Message> {
        let style = u16_at(data, 4).unwrap_or(0);
        let text = match kind {
            record::SHARED_TEXT => u32_at(data, 6)
                .and_then(|place| self.strings.get(place as usize))
                .cloned()
                .unwrap_or_default(),
            record::TEXT | record::RICH_TEXT => text_at(data, 6).unwrap_or_default(),
            record::NUMBER => f64_at(data, 6).map(|value| self.number(style, value)).unwrap_or_default(),
            record::SHORT_NUMBER => {
                u32_at(data, 6).map(|short| self.number(style, long(short))).unwrap_or_default()
            }
            record::TRUTH => truth(data.get(6).copied(), data.get(7).copied()),
            record::NUMBERS => {
                let cells = data.get(4..data.len().saturating_sub(2)).unwrap_or_default().chunks_exact(6);
                for (place, cell) in cells.enumerate() {
                    if let (Some(style), Some(short)) = (u16_at(cell, 0), u32_at(cell, 2)) {
                        out.cell(column.saturating_add(place as u32), &self.number(style, long(short)))?;
                    }
                }
                return Ok(None);
            }
            // A formula's result: a number, or a mark in its last two bytes.
            _ => match (u16_at(data, 12), data.get(6)) {
                (Some(0xffff), Some(0)) => return Ok(Some(column)),
                (Some(0xffff), Some(1)) => truth(data.get(8).copied(), Some(0)),
                (Some(0xffff), _) => String::new(),
                _ => f64_at(data, 6).map(|value| self.number(style, value)).unwrap_or_default(),
            },
        };
        out.cell(column, &text)?;
        Ok(None)
    }
}

fn truth(value: Option<u8>, is_error: Option<u8>) -> String {
    match (value, is_error) {
        (Some(value), Some(0)) => (if value == 0 { "FALSE" } else { "TRUE" }).to_owned(),
        _ => String::new(),
    }
}

/// A number in four bytes: a whole one or the upper half of a fraction, perhaps in hundredths.
fn long(short: u32) -> f64 {
    let value = if short & 2 != 0 {
        f64::from(short as i32 >> 2)
    } else {
        f64::from_bits(u64::from(short & !3) << 32)
    };
    if short & 1 != 0 { value / 100.0 } else { value }
}

pub fn read(bytes: &[u8], limits: &Limits) -> Result<Sheets, Message> {
    let files = Files::open(bytes).ok_or_else(|| damaged("CFB"))?;
    let stream = files.file("Workbook").or_else(|| files.file("Book")).ok_or_else(not_a_workbook)?;
    let book = Book::read(&stream)?;
    let alone = book.sheets.len() == 1;
    let mut left = Left::new(limits);
    let mut sheets = Sheets::default();
    for (name, place) in &book.sheets {
        let name = name.trim();
        let wanted = SHEETS.contains(&name.to_lowercase().as_str());
        if wanted || alone {
            let mut collector = Collector::new(if wanted { name } else { "survey" }, limits, &mut left);
            book.sheet(Records { bytes: &stream, at: *place }, &mut collector)?;
            sheets.add(collector.finish());
        }
    }
    sheets.set_found(book.sheets.into_iter().map(|(name, _)| name));
    Ok(sheets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_numbers_are_read() {
        assert_eq!(long(0x3ff0_0000), 1.0);
        assert_eq!(long(0x0000_0006), 1.0);
        assert_eq!(long((12_345 << 2) | 3), 123.45);
        assert_eq!(long(0xffff_fffe), -1.0);
    }

    #[test]
    fn texts_go_on_in_the_next_record() {
        // Two narrow letters, then the record ends and the rest is wide.
        let pieces = vec![&[4, 0, 0, b'a', b'b'][..], &[1, 0x01, 0x0e, 0x02, 0x0e][..]];
        assert_eq!(Pieces { pieces, piece: 0, at: 0 }.text().as_deref(), Some("abกข"));
    }

    #[test]
    fn noise_is_refused_without_harm() {
        let mut bytes = vec![0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
        bytes.extend((0..6000_u32).map(|place| (place.wrapping_mul(2_654_435_761) >> 13) as u8));
        assert!(read(&bytes, &Limits::default()).is_err());
        assert!(!is_encrypted(&bytes));
    }
}
