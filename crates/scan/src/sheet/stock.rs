//! Sheets of stickers that shops sell, and grids for paper that is cut by hand. All on A4, in micrometres.

/// A4 paper.
pub const PAGE_UM: (u32, u32) = (210_000, 297_000);

/// Where the labels lie on a sheet. All lengths in micrometres.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stock {
    /// What people ask for: `63.5x38.1`, `50`.
    pub name: &'static str,
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
pub const STOCKS: [Stock; 5] = [
    Stock {
        name: "63.5x38.1",
        columns: 3,
        rows: 7,
        label: (63_500, 38_100),
        origin: (7_200, 15_150),
        gap: (2_500, 0),
        is_cut: true,
    },
    square("25", 25_000, 7, 10, 2_000),
    square("35", 35_000, 5, 7, 3_000),
    square("50", 50_000, 3, 5, 5_000),
    square("70", 70_000, 2, 3, 10_000),
];

/// Squares in the middle of the page.
const fn square(name: &'static str, side: u32, columns: u32, rows: u32, gap: u32) -> Stock {
    let (width, height) = (columns * (side + gap) - gap, rows * (side + gap) - gap);
    let origin = ((PAGE_UM.0 - width) / 2, (PAGE_UM.1 - height) / 2);
    Stock { name, columns, rows, label: (side, side), origin, gap: (gap, gap), is_cut: false }
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
            assert!(right <= 205.0 && bottom <= 292.0, "{}: {right} {bottom}", stock.name);
            assert_eq!(Stock::named(stock.name), Some(&stock));
        }
        let (x, y) = STOCKS[0].corner(20);
        assert!((x - 139.2).abs() < 0.01 && (y - 243.75).abs() < 0.01, "{x} {y}");
    }
}
