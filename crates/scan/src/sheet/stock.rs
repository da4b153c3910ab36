//! Sheets of stickers that shops sell, grids for paper that is cut by hand, and rolls for label printers. All in
//! micrometres. Sheets are A4, and their labels lie in the middle of the page.

/// A4 paper.
pub const PAGE_UM: (u32, u32) = (210_000, 297_000);

/// Where the labels lie on a sheet. All lengths in micrometres.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stock {
    /// What people ask for: `63.5x38.1`, `50`, `roll-50x30`.
    pub name: &'static str,
    /// Width and height of the page: A4, or one label of a roll.
    pub page: (u32, u32),
    /// Labels in a row.
    pub columns: u32,
    /// Rows on a sheet.
    pub rows: u32,
    /// Width and height of a label.
    pub label: (u32, u32),
    /// The first label's upper left corner.
    pub origin: (u32, u32),
    /// Between two labels, across and down.
    pub gap: (u32, u32),
    /// Whether the sheet comes ready cut. If not, the labels' outlines are printed as a guide for the knife.
    pub is_cut: bool,
}

/// All sheets there are.
pub const STOCKS: [Stock; 11] = [
    cut("63.5x38.1", (63_500, 38_100), (3, 7), (2_500, 0)),
    cut("63.5x33.9", (63_500, 33_900), (3, 8), (2_500, 0)),
    cut("63.5x72", (63_500, 72_000), (3, 4), (2_500, 0)),
    cut("99.1x38.1", (99_100, 38_100), (2, 7), (2_500, 0)),
    cut("38.1x21.2", (38_100, 21_200), (5, 13), (2_500, 0)),
    square("25", 25_000, (7, 10), 2_000),
    square("35", 35_000, (5, 7), 3_000),
    square("50", 50_000, (3, 5), 5_000),
    square("70", 70_000, (2, 3), 10_000),
    roll("roll-50x30", (50_000, 30_000)),
    roll("roll-100x50", (100_000, 50_000)),
];

/// A sheet that comes ready cut: size of a label, columns and rows, and the gaps between them.
const fn cut(name: &'static str, label: (u32, u32), (columns, rows): (u32, u32), gap: (u32, u32)) -> Stock {
    let (width, height) = (columns * (label.0 + gap.0) - gap.0, rows * (label.1 + gap.1) - gap.1);
    let origin = ((PAGE_UM.0 - width) / 2, (PAGE_UM.1 - height) / 2);
    Stock { name, page: PAGE_UM, columns, rows, label, origin, gap, is_cut: true }
}

/// Squares to be cut by hand.
const fn square(name: &'static str, side: u32, count: (u32, u32), gap: u32) -> Stock {
    Stock { is_cut: false, ..cut(name, (side, side), count, (gap, gap)) }
}

/// Labels one after the other, each a page.
const fn roll(name: &'static str, label: (u32, u32)) -> Stock {
    Stock { name, page: label, columns: 1, rows: 1, label, origin: (0, 0), gap: (0, 0), is_cut: true }
}

impl Stock {
    /// The sheet of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        STOCKS.iter().find(|stock| stock.name == name)
    }

    /// Labels on a sheet.
    pub fn count(&self) -> usize {
        usize::try_from(self.columns * self.rows).unwrap_or(0)
    }

    /// The dots per inch of the printers that it is made for: rolls go through thermal ones, sheets through lasers.
    pub fn usual_dots_per_inch(&self) -> u32 {
        if self.page == self.label { 203 } else { 600 }
    }

    /// Width and height of the page in millimetres.
    pub(super) fn page_mm(&self) -> (f32, f32) {
        (self.page.0 as f32 / 1000.0, self.page.1 as f32 / 1000.0)
    }

    /// Width and height of a label in millimetres.
    pub(super) fn label_mm(&self) -> (f32, f32) {
        (self.label.0 as f32 / 1000.0, self.label.1 as f32 / 1000.0)
    }

    /// The upper left corner of label `index` of a sheet, counted along the rows from 0, in millimetres.
    pub(super) fn corner(&self, index: usize) -> (f32, f32) {
        let index = u32::try_from(index).unwrap_or(0);
        let (column, row) = (index % self.columns, index / self.columns);
        let at =
            |origin: u32, count: u32, size: u32, gap: u32| (origin + count * (size + gap)) as f32 / 1000.0;
        (
            at(self.origin.0, column, self.label.0, self.gap.0),
            at(self.origin.1, row, self.label.1, self.gap.1),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_labels_lie_on_the_page() {
        for stock in STOCKS {
            let (x, y) = stock.corner(stock.count() - 1);
            let (right, bottom) = (x + stock.label.0 as f32 / 1000.0, y + stock.label.1 as f32 / 1000.0);
            let page = (stock.page.0 as f32 / 1000.0, stock.page.1 as f32 / 1000.0);
            assert!(x >= 0.0 && y >= 0.0 && right <= page.0 && bottom <= page.1, "{}", stock.name);
            assert_eq!(Stock::named(stock.name), Some(&stock));
        }
        // As shops print it on the box: 15.15 mm from the top, 7.2 mm from the left.
        assert_eq!(STOCKS[0].origin, (7_250, 15_150));
        let (x, y) = STOCKS[0].corner(20);
        assert!((x - 139.25).abs() < 0.01 && (y - 243.75).abs() < 0.01, "{x} {y}");
    }
}
