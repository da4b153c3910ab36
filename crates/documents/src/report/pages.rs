//! Reports as pages: A4, upright or across by how wide the table is, its head again on every page.

use super::album::Album;
use super::{Cell, Report, widths};
use crate::BadPaper;
use crate::flow::{ASCENT, LEADING};
use crate::pdf::{File, Placed, stream_showing};
use crate::shape::{BLACK, Shape};
use crate::text::{Fonts, Line, Weight};

pub(super) const MARGIN: f32 = 14.0;
pub(super) const SIZE: f32 = 3.7;
/// Between two columns.
const GAP: f32 = 2.5;
/// Above this many characters across, the page is turned.
const UPRIGHT_CHARACTERS: f64 = 95.0;
const GREY: [u8; 3] = [225; 3];
/// From line to line.
const STEP: f32 = SIZE * LEADING;
/// Of a column's title; more is cut.
const HEAD_LINES: usize = 6;

/// Reports as one file, each on pages of its own, and the photos that belong to them on the last. `printed` stands at the
/// foot of every page: when, and by whom.
///
/// # Errors
/// [`BadPaper::NoFont`].
pub fn pdf(reports: &[Report], album: Option<&Album>, printed: &str) -> Result<Vec<u8>, BadPaper> {
    let mut fonts = Fonts::load().ok_or(BadPaper::NoFont)?;
    let mut file = File::new();
    let mut pages: Vec<(Page, Vec<Placed>)> = Vec::new();
    for report in reports {
        let mut table = Table::new(report, &mut fonts);
        table.draw(report);
        pages.extend(table.finish().into_iter().map(|page| (page, Vec::new())));
    }
    if let Some(album) = album.filter(|album| !album.pictures.is_empty()) {
        pages.push(album.page(&mut fonts, &mut file));
    }
    let count = pages.len();
    for (at, (((width, height), mut shapes), pictures)) in pages.into_iter().enumerate() {
        let y = height - MARGIN + 6.0;
        let mut say = |text: &str, right: bool| {
            let line = fonts.fitted(text, Weight::Regular, (width - 2.0 * MARGIN) * 0.8 / (SIZE * 0.8));
            let x = if right { width - MARGIN - line.width * SIZE * 0.8 } else { MARGIN };
            shapes.push(Shape::Text { x, y, size: SIZE * 0.8, weight: Weight::Regular, colour: BLACK, line });
        };
        say(printed, false);
        say(&format!("หน้า {}/{count}", at + 1), true);
        file.page_showing((width, height), &stream_showing(height, &shapes, &pictures), &pictures);
    }
    Ok(file.finished(&fonts))
}

/// Width and height, and what is drawn.
pub(super) type Page = ((f32, f32), Vec<Shape>);

struct Table<'f> {
    fonts: &'f mut Fonts,
    size: (f32, f32),
    /// Left edge and width of each column.
    columns: Vec<(f32, f32, bool)>,
    done: Vec<Page>,
    shapes: Vec<Shape>,
    y: f32,
}

impl<'f> Table<'f> {
    fn new(report: &Report, fonts: &'f mut Fonts) -> Self {
        let wished = widths(report);
        let across = wished.iter().sum::<f64>() > UPRIGHT_CHARACTERS;
        let size = if across { (297.0, 210.0) } else { (210.0, 297.0) };
        let count = wished.len().max(1) as f32;
        let room = size.0 - 2.0 * MARGIN - GAP * (count - 1.0);
        let all: f64 = wished.iter().sum::<f64>().max(1.0);
        let mut left = MARGIN;
        let columns = wished
            .iter()
            .zip(&report.columns)
            .map(|(wish, column)| {
                let width = room * (*wish / all) as f32;
                let at = (left, width, column.right);
                left += width + GAP;
                at
            })
            .collect();
        Table { fonts, size, columns, done: Vec::new(), shapes: Vec::new(), y: MARGIN }
    }

    fn draw(&mut self, report: &Report) {
        self.heading(&report.title, SIZE * 1.5, Weight::Bold);
        self.heading(&report.subtitle, SIZE, Weight::Regular);
        self.y += 2.0;
        let titles: Vec<Cell> =
            report.columns.iter().map(|column| Cell::Text(column.title.clone())).collect();
        let mut heads = self.lines(&titles, Weight::Bold);
        for lines in &mut heads {
            lines.truncate(HEAD_LINES);
        }
        self.set(heads.clone(), Weight::Bold, true);
        for row in &report.rows {
            self.row(&heads, row, Weight::Regular, false);
        }
        if report.rows.is_empty() {
            self.heading("ไม่มีรายการ", SIZE, Weight::Regular);
        }
        if !report.totals.is_empty() {
            self.row(&heads, &report.totals, Weight::Bold, true);
        }
        self.y += 2.0;
        for note in &report.notes {
            if self.y + SIZE * LEADING * 2.0 > self.bottom() {
                self.next_page();
            }
            self.heading(note, SIZE, Weight::Regular);
        }
    }

    fn bottom(&self) -> f32 {
        self.size.1 - MARGIN - 2.0
    }

    fn next_page(&mut self) {
        self.done.push((self.size, std::mem::take(&mut self.shapes)));
        self.y = MARGIN;
    }

    fn finish(mut self) -> Vec<Page> {
        self.next_page();
        self.done
    }

    fn heading(&mut self, text: &str, size: f32, weight: Weight) {
        for line in self.fonts.wrapped(text, weight, (self.size.0 - 2.0 * MARGIN) / size) {
            self.shapes.push(Shape::Text {
                x: MARGIN,
                y: self.y + size * ASCENT,
                size,
                weight,
                colour: BLACK,
                line,
            });
            self.y += size * LEADING;
        }
    }

    fn lines(&mut self, cells: &[Cell], weight: Weight) -> Vec<Vec<Line>> {
        let columns = self.columns.clone();
        let each = columns.iter().zip(cells);
        each.map(|((_, width, _), cell)| self.fonts.wrapped(&cell.shown(), weight, width / SIZE)).collect()
    }

    /// How many lines there are between a height and the foot of the page.
    fn room_below(&self, y: f32) -> usize {
        ((self.bottom() - y) / STEP).max(0.0) as usize
    }

    /// Sets a row, on the next page if this one has no room. One that no page holds goes on over as many as it needs: a
    /// person's record is whole or it is no record.
    fn row(&mut self, heads: &[Vec<Line>], cells: &[Cell], weight: Weight, filled: bool) {
        let mut lines = self.lines(cells, weight);
        let whole = self.room_below(MARGIN + STEP * tallest(heads) as f32);
        while tallest(&lines) > self.room_below(self.y) {
            if tallest(&lines) > whole {
                let room = self.room_below(self.y);
                let rest = lines.iter_mut().map(|column| column.split_off(column.len().min(room))).collect();
                let first = std::mem::replace(&mut lines, rest);
                if room > 0 {
                    self.set(first, weight, filled);
                }
            }
            self.next_page();
            self.set(heads.to_vec(), Weight::Bold, true);
        }
        self.set(lines, weight, filled);
    }

    /// Draws lines of columns side by side, and a rule below them.
    fn set(&mut self, columns: Vec<Vec<Line>>, weight: Weight, filled: bool) {
        let height = tallest(&columns) as f32 * STEP;
        let (x, width) = (MARGIN - 1.0, self.size.0 - 2.0 * MARGIN + 2.0);
        if filled {
            self.shapes.push(Shape::Box { x, y: self.y, width, height, colour: GREY });
        }
        for ((left, width, right), lines) in self.columns.iter().zip(columns) {
            for (at, line) in lines.into_iter().enumerate() {
                let x = if *right { left + width - line.width * SIZE } else { *left };
                let y = self.y + SIZE * ASCENT + STEP * at as f32;
                self.shapes.push(Shape::Text { x, y, size: SIZE, weight, colour: BLACK, line });
            }
        }
        self.y += height;
        self.shapes.push(Shape::Box { x, y: self.y, width, height: 0.1, colour: [150; 3] });
    }
}

/// Lines of the longest of columns that stand side by side; one where all are empty.
fn tallest(columns: &[Vec<Line>]) -> usize {
    columns.iter().map(Vec::len).max().unwrap_or(0).max(1)
}

#[cfg(test)]
mod tests {
    use super::super::Column;
    use super::*;

    #[test]
    fn a_long_report_has_its_head_on_every_page() {
        let row = |n: i64| vec![Cell::from(format!("สาย {n}")), n.into()];
        let report = Report {
            title: "รายงานประจำวัน".into(),
            subtitle: "26 พ.ย. 2569".into(),
            columns: vec![Column::text("สาย"), Column::number("อ่านแล้ว")],
            rows: (0..200).map(row).collect(),
            totals: vec!["รวม".into(), 19_900.into()],
            notes: vec!["ข้อมูล ณ เวลาพิมพ์".into()],
        };
        let mut fonts = Fonts::load().unwrap();
        let mut table = Table::new(&report, &mut fonts);
        table.draw(&report);
        let pages = table.finish();
        assert!((4..=5).contains(&pages.len()), "{}", pages.len());
        for ((width, height), shapes) in &pages {
            assert!(
                matches!(shapes.iter().find(|shape| matches!(shape, Shape::Box { .. })), Some(Shape::Box { colour, .. }) if *colour == GREY)
            );
            for shape in shapes {
                if let Shape::Text { x, y, line, size, .. } = shape {
                    assert!(*x >= 0.0 && x + line.width * size <= *width && *y < *height);
                }
            }
        }
        let wide = Report { columns: vec![Column::text("ก".repeat(30)); 8], ..Report::default() };
        assert_eq!(Table::new(&wide, &mut fonts).size, (297.0, 210.0));
        let file = pdf(&[report, wide], None, "พิมพ์ 26 พ.ย. 2569").unwrap();
        assert!(file.starts_with(b"%PDF"));
    }

    #[test]
    fn a_row_longer_than_a_page_goes_on_and_loses_no_word() {
        let words: Vec<String> = (0..2_000).map(|n| format!("คำที่{n}")).collect();
        let report = Report {
            columns: vec![Column::text("วันที่"), Column::text("บันทึก")],
            rows: vec![
                vec!["1 ธ.ค.".into(), "สั้น".into()],
                vec!["2 ธ.ค.".into(), words.join(" · ").into()],
                vec!["3 ธ.ค.".into(), "หลังจากนั้น".into()],
            ],
            ..Report::default()
        };
        let mut fonts = Fonts::load().unwrap();
        let mut table = Table::new(&report, &mut fonts);
        table.draw(&report);
        let wanted: usize = report.rows.iter().map(|row| tallest(&table.lines(row, Weight::Regular))).sum();
        let pages = table.finish();
        assert!(pages.len() > 2);
        let lines = |shapes: &[Shape]| {
            let mut at: Vec<i32> = shapes
                .iter()
                .filter_map(|shape| match shape {
                    Shape::Text { y, weight: Weight::Regular, .. } => Some((*y * 10.0) as i32),
                    _ => None,
                })
                .collect();
            at.sort_unstable();
            at.dedup();
            at.len()
        };
        // A line with words in two columns counts once; an empty heading has no words.
        let set: usize = pages.iter().map(|(_, shapes)| lines(shapes)).sum();
        let headings = 2;
        assert!((wanted..=wanted + headings).contains(&set), "{set} lines of {wanted}");
        for ((_, height), shapes) in &pages {
            assert!(
                shapes.iter().all(|shape| !matches!(shape, Shape::Text { y, .. } if *y > *height - MARGIN))
            );
        }
    }
}
