//! Cells as text, and the caps on how many there are.

use super::Limits;
use crate::import::{At, Code, Message, Sheet, SheetRow, message};

/// After so many blank rows or heads the sheet is over, as the reference converter has it: spreadsheet programs leave
/// formatted but empty cells behind.
const BLANK_ROWS: u32 = 60;

/// Collects the cells of one sheet.
pub struct Collector<'a> {
    sheet: Sheet,
    row: Vec<String>,
    number: u32,
    last_filled: u32,
    over: bool,
    limits: &'a Limits,
    left: &'a mut Left,
}

/// What may still come, in all sheets together.
pub struct Left {
    cells: usize,
    /// Bytes of text. One long text can be used in a million cells of a small file.
    text: u64,
}

impl Left {
    pub fn new(limits: &Limits) -> Left {
        Left { cells: limits.cells, text: limits.unpacked }
    }
}

impl<'a> Collector<'a> {
    pub fn new(name: &str, limits: &'a Limits, left: &'a mut Left) -> Collector<'a> {
        let sheet = Sheet { name: name.to_owned(), ..Sheet::default() };
        Collector { sheet, row: Vec::new(), number: 0, last_filled: 0, over: false, limits, left }
    }

    /// Begins a row, counted from 1. False when nothing that follows belongs to the form.
    pub fn begin_row(&mut self, number: u32) -> bool {
        self.end_row();
        self.number = number;
        let blank = self.last_filled.saturating_add(BLANK_ROWS);
        self.over |= !self.sheet.header.is_empty() && number > blank.saturating_add(1);
        !self.over
    }

    /// Takes a cell, its column counted from 0. A blank text takes no place.
    pub fn cell(&mut self, column: u32, text: &str) -> Result<(), Message> {
        if text.trim().is_empty() || self.over {
            return Ok(());
        }
        let at = At::row(&self.sheet.name, self.number);
        let Limits { rows, columns, .. } = self.limits;
        if self.number > *rows || column >= *columns {
            let place = place(column, self.number);
            return Err(message(
                Code::TooLarge,
                &at.column(&letters(column)),
                format!(
                    "มีข้อความในช่อง {place} ซึ่งไกลเกินไป ใช้ได้ไม่เกิน {rows} แถว {columns} ช่อง ลบช่องที่ไม่ใช้แล้วบันทึกใหม่"
                ),
                format!(
                    "Cell {place} is too far out; at most {rows} rows and {columns} columns can be used; clear the cells that are not needed"
                ),
            ));
        }
        let column = column as usize;
        let more = (column + 1).saturating_sub(self.row.len());
        if more > self.left.cells || text.len() as u64 > self.left.text {
            let most = self.limits.cells;
            return Err(message(
                Code::TooLarge,
                &at,
                format!("ไฟล์มีข้อมูลมากเกินไป ใช้ได้ไม่เกิน {most} ช่องรวมทุกแผ่นงาน ลบส่วนที่ไม่ใช้"),
                format!("There is too much in the file; at most {most} cells in all sheets can be used"),
            ));
        }
        self.left.cells -= more;
        self.left.text -= text.len() as u64;
        if self.row.len() <= column {
            self.row.resize(column + 1, String::new());
        }
        if let Some(slot) = self.row.get_mut(column) {
            *slot = text.replace('\u{a0}', " ");
        }
        Ok(())
    }

    fn end_row(&mut self) {
        if self.row.is_empty() {
            return;
        }
        let cells = std::mem::take(&mut self.row);
        self.last_filled = self.number;
        if self.sheet.header.is_empty() {
            self.sheet.header = cells;
        } else {
            self.sheet.rows.push(SheetRow { number: self.number, cells });
        }
    }

    pub fn finish(mut self) -> Sheet {
        self.end_row();
        self.sheet
    }
}

/// `A`, `B`, ... `XFD` for a column counted from 0.
fn letters(column: u32) -> String {
    let mut rest = u64::from(column) + 1;
    let mut letters = Vec::new();
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(b'A' + (rest % 26) as u8));
        rest /= 26;
    }
    letters.iter().rev().collect()
}

fn place(column: u32, row: u32) -> String {
    format!("{}{row}", letters(column))
}

/// A number as a spreadsheet shows it: whole ones without a point.
pub fn number(value: f64) -> String {
    format!("{value}")
}

/// A day, a time or both from a spreadsheet's number: days since 1899-12-30, or since 1904-01-01.
pub fn moment(value: f64, since_1904: bool) -> String {
    let value = if since_1904 { value + 1462.0 } else { value };
    if !(0.0..2_958_466.0).contains(&value) {
        return number(value);
    }
    let seconds = (value * 86_400.0).round();
    let (days, second) = ((seconds / 86_400.0).floor(), seconds.rem_euclid(86_400.0) as u32);
    let time = format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
    if days < 1.0 {
        return time;
    }
    // Day 60 is the 29th of February 1900, which never was; before it the count is one less.
    let days = days as i64 - if days < 60.0 { 25_568 } else { 25_569 };
    let (year, month, day) = crate::xpath::dates::date_of(days);
    let date = format!("{year:04}-{month:02}-{day:02}");
    if second == 0 { date } else { format!("{date}T{time}") }
}

/// True when a number format shows a day or a time.
pub fn is_moment(id: u32, format: Option<&str>) -> bool {
    let Some(format) = format else {
        return matches!(id, 14..=22 | 27..=36 | 45..=47 | 50..=58);
    };
    let mut letters = format.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => while letters.next().is_some_and(|letter| letter != '"') {},
            // `[Red]`, `[$-41E]`; but `[h]` is hours.
            '[' => {
                let inside: String = letters.by_ref().take_while(|letter| *letter != ']').collect();
                if matches!(inside.to_lowercase().as_str(), "h" | "hh" | "m" | "mm" | "s" | "ss") {
                    return true;
                }
            }
            '\\' | '_' | '*' => drop(letters.next()),
            // A second part is for negative numbers.
            ';' => return false,
            'd' | 'D' | 'm' | 'M' | 'y' | 'Y' | 'h' | 'H' | 's' | 'S' => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_letters() {
        assert_eq!(place(0, 1), "A1");
        assert_eq!(place(16_383, 1_048_576), "XFD1048576");
    }

    #[test]
    fn numbers_become_days_and_times() {
        assert_eq!(moment(45_000.0, false), "2023-03-15");
        assert_eq!(moment(0.5, false), "12:00:00");
        assert_eq!(moment(45_000.25, false), "2023-03-15T06:00:00");
        assert_eq!(moment(1.0, false), "1900-01-01");
        assert_eq!(moment(0.0, true), "1904-01-01");
        assert_eq!(moment(1e300, false), number(1e300));
    }

    #[test]
    fn formats_of_days_are_known() {
        assert!(
            is_moment(14, None) && is_moment(164, Some("yyyy\\-mm\\-dd")) && is_moment(164, Some("[h]:mm"))
        );
        assert!(!is_moment(0, None) && !is_moment(164, Some("#,##0.00\" days\"")));
        assert!(!is_moment(164, Some("[Red]0.00")));
    }
}
