//! A table with a title, totals and notes: every daily and monthly report. As pages, as a workbook, as text for other
//! programs; all three say the same.
//!
//! ```
//! use documents::report::{Cell, Column, Report};
//! use domain::money::Satang;
//! let report = Report {
//!     title: "รายงานประจำวัน".into(),
//!     subtitle: "26 พ.ย. 2569".into(),
//!     columns: vec![Column::text("สาย"), Column::number("อ่านแล้ว"), Column::number("บาท")],
//!     rows: vec![vec!["R01".into(), 120.into(), Cell::Money(Satang::baht(4_500))]],
//!     totals: vec!["รวม".into(), 120.into(), Cell::Money(Satang::baht(4_500))],
//!     notes: vec![],
//! };
//! assert_eq!(report.csv(), "\u{feff}สาย,อ่านแล้ว,บาท\r\nR01,120,4500.00\r\nรวม,120,4500.00\r\n");
//! ```

#[cfg(feature = "pdf")]
mod album;
#[cfg(feature = "pdf")]
mod pages;
#[cfg(feature = "xlsx")]
mod sheets;

#[cfg(feature = "pdf")]
pub use album::{Album, MOST_PICTURES, Picture};
#[cfg(feature = "pdf")]
pub use pages::pdf;
#[cfg(feature = "xlsx")]
pub use sheets::xlsx;

use domain::money::Satang;
use domain::thai_date;

/// A table.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Report {
    /// What it is; the name of its sheet.
    pub title: String,
    /// Of when, of where, by whom.
    pub subtitle: String,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, a cell for each column.
    pub rows: Vec<Vec<Cell>>,
    /// The last line, set off from the others; empty where there is nothing to add up.
    pub totals: Vec<Cell>,
    /// Sentences below the table.
    pub notes: Vec<String>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Column {
    /// Its head.
    pub title: String,
    /// Numbers: everything stands at the right edge.
    pub right: bool,
}

impl Column {
    /// A column of texts.
    pub fn text(title: impl Into<String>) -> Column {
        Column { title: title.into(), right: false }
    }

    /// A column of numbers.
    pub fn number(title: impl Into<String>) -> Column {
        Column { title: title.into(), right: true }
    }
}

/// One value.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Cell {
    /// Nothing.
    #[default]
    Empty,
    /// A text.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// A measured number, and how many decimals are shown.
    Decimal(f64, u8),
    /// Baht and satang.
    Money(Satang),
    /// A share in basis points: 9,876 is 98.8 %.
    Share(u32),
    /// A day, ISO; shown as people here write it.
    Day(String),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell::Text(text)
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Cell {
        Cell::Whole(number)
    }
}

impl From<u64> for Cell {
    fn from(number: u64) -> Cell {
        Cell::Whole(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<i32> for Cell {
    fn from(number: i32) -> Cell {
        Cell::Whole(number.into())
    }
}

impl From<Satang> for Cell {
    fn from(amount: Satang) -> Cell {
        Cell::Money(amount)
    }
}

impl Cell {
    /// The value as people read it on paper.
    pub fn shown(&self) -> String {
        match self {
            Cell::Empty => String::new(),
            Cell::Text(text) => text.clone(),
            // Satang(n * 100) writes the commas; its decimals are left out.
            Cell::Whole(number) => {
                Satang(number.saturating_mul(100)).to_string().trim_end_matches(".00").to_owned()
            }
            Cell::Decimal(number, places) => format!("{number:.*}", usize::from(*places)),
            Cell::Money(amount) => amount.to_string(),
            Cell::Share(points) => format!("{}.{}%", (points + 5) / 100, (points + 5) % 100 / 10),
            Cell::Day(iso) => thai_date::of_any_precision(iso),
        }
    }

    /// The value as programs read it: numbers without commas, days in ISO.
    fn plain(&self) -> String {
        match self {
            Cell::Whole(number) => number.to_string(),
            Cell::Money(amount) => amount.plain(),
            Cell::Share(points) => format!("{}.{:02}", points / 100, points % 100),
            Cell::Day(iso) => iso.clone(),
            other => other.shown(),
        }
    }
}

impl Report {
    /// The rows and the totals as CSV with a byte order mark, so that spreadsheets see that it is UTF-8. A text that a
    /// spreadsheet would take for a formula is set behind an apostrophe.
    pub fn csv(&self) -> String {
        let mut out = String::from("\u{feff}");
        let heads: Vec<Cell> = self.columns.iter().map(|column| Cell::Text(column.title.clone())).collect();
        let totals = Some(&self.totals).filter(|totals| !totals.is_empty());
        for row in [&heads].into_iter().chain(&self.rows).chain(totals) {
            let cells: Vec<String> = row.iter().map(quoted).collect();
            out.push_str(&cells.join(","));
            out.push_str("\r\n");
        }
        out
    }
}

/// How many characters wide each column should be: as its longest value, within reason.
#[cfg(any(feature = "pdf", feature = "xlsx"))]
fn widths(report: &Report) -> Vec<f64> {
    // Marks above and below take no room.
    let wide = |text: &str| {
        let is_mark = |c: char| matches!(c, '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}');
        text.chars().filter(|c| !is_mark(*c)).count()
    };
    let columns = report.columns.iter().enumerate();
    columns
        .map(|(at, column)| {
            let rows = report.rows.iter().chain([&report.totals]);
            let longest = rows.filter_map(|row| row.get(at)).map(|cell| wide(&cell.shown())).max();
            // A head may take two lines.
            let head = wide(&column.title).div_ceil(2).max(6);
            f64::from(u32::try_from(longest.unwrap_or(0).clamp(head, 42)).unwrap_or(42))
        })
        .collect()
}

fn quoted(cell: &Cell) -> String {
    let mut text = cell.plain();
    if matches!(cell, Cell::Text(_)) {
        text = domain::text::defused(&text);
    }
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_as_people_and_programs_read_them() {
        for (cell, shown, plain) in [
            (Cell::Whole(18_000), "18,000", "18000"),
            (Cell::Whole(-5), "-5", "-5"),
            (Cell::Whole(100), "100", "100"),
            (Cell::Money(Satang(123_450)), "1,234.50", "1234.50"),
            (Cell::Share(9_876), "98.8%", "98.76"),
            (Cell::Share(10_000), "100.0%", "100.00"),
            (Cell::Decimal(12.345, 1), "12.3", "12.3"),
            (Cell::Day("2026-11-26".into()), "26 พ.ย. 2569", "2026-11-26"),
            (Cell::Empty, "", ""),
        ] {
            assert_eq!((cell.shown().as_str(), cell.plain().as_str()), (shown, plain));
        }
    }

    #[test]
    fn hostile_texts_stay_texts() {
        let report = Report {
            columns: vec![Column::text("ชื่อ")],
            rows: vec![
                vec!["=1+1".into()],
                vec!["ก, \"ข\"\nค".into()],
                vec![Cell::Whole(-3)],
                vec![" ＝1+1".into()],
            ],
            ..Report::default()
        };
        assert_eq!(report.csv(), "\u{feff}ชื่อ\r\n'=1+1\r\n\"ก, \"\"ข\"\"\nค\"\r\n-3\r\n' ＝1+1\r\n");
    }
}
