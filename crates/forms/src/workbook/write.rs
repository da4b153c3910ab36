//! Sheets as a workbook, with heads that stay in sight and columns wide enough to read.

use rust_xlsxwriter::{Format, FormatAlign, Workbook, XlsxError};

use crate::import::Sheets;

/// Widest column, in letters.
const WIDEST: usize = 50;

/// Writes sheets as a workbook (`.xlsx`). Everything is text, so that no program takes `1/2` for a day.
///
/// # Errors
/// A sheet's name that a workbook cannot have, or a text longer than 32,767 letters.
pub fn write(sheets: &Sheets) -> Result<Vec<u8>, XlsxError> {
    let head = Format::new().set_bold().set_text_wrap().set_align(FormatAlign::Top);
    let cell = Format::new().set_num_format("@").set_text_wrap().set_align(FormatAlign::Top);
    let mut book = Workbook::new();
    for sheet in sheets.all() {
        let out = book.add_worksheet();
        out.set_name(&sheet.name)?;
        out.set_freeze_panes(1, 0)?;
        for (column, text) in (0_u16..).zip(&sheet.header) {
            out.write_string_with_format(0, column, text, &head)?;
            let longest = sheet
                .rows
                .iter()
                .filter_map(|row| row.cells.get(usize::from(column)))
                .map(|text| text.chars().count())
                .chain([text.chars().count()])
                .max();
            out.set_column_width(column, longest.unwrap_or(0).clamp(8, WIDEST) as f64 + 2.0)?;
        }
        for (row, cells) in (1_u32..).zip(&sheet.rows) {
            for (column, text) in (0_u16..).zip(&cells.cells).filter(|(_, text)| !text.is_empty()) {
                out.write_string_with_format(row, column, text, &cell)?;
            }
        }
    }
    book.save_to_buffer()
}
