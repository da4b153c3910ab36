//! Reports as a workbook: a sheet each, with numbers that can be added up.

use super::{Cell, Report};
use crate::BadPaper;
use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError};

/// Reports as one workbook.
///
/// # Errors
/// [`BadPaper::NotEncoded`] for more rows or columns than a sheet has.
pub fn xlsx(reports: &[Report]) -> Result<Vec<u8>, BadPaper> {
    written(reports).map_err(|_| BadPaper::NotEncoded)
}

fn written(reports: &[Report]) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    for (at, report) in reports.iter().enumerate() {
        let sheet = workbook.add_worksheet();
        // Excel allows 31 characters, none of them one of these, and no name twice.
        let name: String = report.title.chars().filter(|c| !"[]:*?/\\'".contains(*c)).take(26).collect();
        let name = name.trim();
        let name = match reports.iter().take(at).any(|other| other.title == report.title) || name.is_empty() {
            true => format!("{name} {}", at + 1),
            false => name.to_owned(),
        };
        sheet.set_name(name.trim())?;
        write_sheet(sheet, report)?;
    }
    workbook.save_to_buffer()
}

fn write_sheet(sheet: &mut Worksheet, report: &Report) -> Result<(), XlsxError> {
    let font = || Format::new().set_font_name("Sarabun").set_font_size(11);
    let head = font()
        .set_bold()
        .set_text_wrap()
        .set_align(FormatAlign::VerticalCenter)
        .set_background_color(Color::RGB(0x00E8_EEF4))
        .set_border_bottom(FormatBorder::Thin);
    sheet.write_with_format(0, 0, report.title.as_str(), &font().set_bold().set_font_size(14))?;
    sheet.write_with_format(1, 0, report.subtitle.as_str(), &font())?;
    let first = 3;
    for (column, title) in (0u16..).zip(&report.columns) {
        let format = if title.right { head.clone().set_align(FormatAlign::Right) } else { head.clone() };
        sheet.write_with_format(first, column, title.title.as_str(), &format)?;
    }
    let mut row = first + 1;
    for cells in &report.rows {
        write_row(sheet, row, cells, &font())?;
        row += 1;
    }
    if !report.totals.is_empty() {
        write_row(sheet, row, &report.totals, &font().set_bold().set_border_top(FormatBorder::Thin))?;
        row += 1;
    }
    for note in &report.notes {
        row += 1;
        sheet.write_with_format(row, 0, note.as_str(), &font())?;
    }
    for (column, width) in (0u16..).zip(super::widths(report)) {
        sheet.set_column_width(column, (width + 2.0).min(60.0))?;
    }
    sheet.set_freeze_panes(first + 1, 0)?;
    sheet.set_repeat_rows(first, first)?;
    sheet.set_print_fit_to_pages(1, 0);
    if !report.rows.is_empty() && !report.columns.is_empty() {
        let last = u16::try_from(report.columns.len() - 1).unwrap_or(u16::MAX);
        let rows = u32::try_from(report.rows.len()).unwrap_or(u32::MAX);
        sheet.autofilter(first, 0, first.saturating_add(rows), last)?;
    }
    Ok(())
}

fn write_row(sheet: &mut Worksheet, row: u32, cells: &[Cell], format: &Format) -> Result<(), XlsxError> {
    for (column, cell) in (0u16..).zip(cells) {
        let numbered = |pattern: &str| format.clone().set_num_format(pattern);
        match cell {
            Cell::Empty => sheet.write_blank(row, column, format)?,
            Cell::Text(text) => sheet.write_string_with_format(row, column, text.as_str(), format)?,
            // Cells hold doubles; so far below 2^53 they are exact.
            Cell::Whole(number) => {
                sheet.write_number_with_format(row, column, *number as f64, &numbered("#,##0"))?
            }
            Cell::Decimal(number, places) => {
                let zeros = "0".repeat(usize::from(*places));
                let pattern = if *places == 0 { "#,##0".to_owned() } else { format!("#,##0.{zeros}") };
                sheet.write_number_with_format(row, column, *number, &numbered(&pattern))?
            }
            Cell::Money(amount) => {
                sheet.write_number_with_format(row, column, amount.0 as f64 / 100.0, &numbered("#,##0.00"))?
            }
            Cell::Share(points) => sheet.write_number_with_format(
                row,
                column,
                f64::from(*points) / 10_000.0,
                &numbered("0.0%"),
            )?,
            // As text: a spreadsheet would show the year 2026, which nobody here reads.
            Cell::Day(_) => sheet.write_string_with_format(row, column, cell.shown(), format)?,
        };
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Column;
    use super::*;
    use domain::money::Satang;

    #[test]
    fn two_reports_of_one_name_are_two_sheets() {
        let report = Report {
            title: "รายงาน [ประจำวัน]: สรุปยอดการจดมาตรของทุกสายในเขตเทศบาล".into(),
            columns: vec![Column::text("สาย"), Column::number("บาท")],
            rows: vec![vec!["=R01".into(), Satang(123_450).into()]],
            totals: vec!["รวม".into(), Satang(123_450).into()],
            ..Report::default()
        };
        let file = xlsx(&[report.clone(), report, Report::default()]).unwrap();
        assert!(file.starts_with(b"PK"));
    }
}
