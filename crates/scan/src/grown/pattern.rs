//! What is known of a QR code before it is read: its function patterns, and the 32 forms of its format bits.

use rxing::common::BitMatrix;

use super::warp::Cell;

/// Which of its three finder patterns lies in the corner that the grid was grown from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    UpperLeft,
    UpperRight,
    LowerLeft,
}

pub(super) const ROLES: [Role; 3] = [Role::UpperLeft, Role::UpperRight, Role::LowerLeft];

impl Role {
    /// Where the module (column, row) of the code lies on the sheet, whose first corner is the grown-from one.
    pub(super) fn on_sheet(self, column: i32, row: i32, side: i32) -> (i32, i32) {
        match self {
            Self::UpperLeft => (column, row),
            Self::UpperRight => (row, side - 1 - column),
            Self::LowerLeft => (side - 1 - row, column),
        }
    }

    /// The corner of the sheet (0 to 3, clockwise) that is the code's upper left one.
    pub(super) fn upper_left_corner(self) -> usize {
        match self {
            Self::UpperLeft => 0,
            Self::UpperRight => 3,
            Self::LowerLeft => 1,
        }
    }
}

/// The middles of the alignment patterns along one axis, for versions 1 to [`MOST_VERSION`].
const ALIGNMENT: [&[i32]; MOST_VERSION as usize] = [
    &[],
    &[6, 18],
    &[6, 22],
    &[6, 26],
    &[6, 30],
    &[6, 34],
    &[6, 22, 38],
    &[6, 24, 42],
    &[6, 26, 46],
    &[6, 28, 50],
];

/// Larger codes are not grown: a label has version 3 to 6, and the error of the fit grows with the side.
pub(super) const MOST_VERSION: i32 = 10;

pub(super) fn side_of(version: i32) -> i32 {
    4 * version + 17
}

/// Known modules of a code as (column, row, is dark): finders with their rims, timing, alignment, and the
/// first line of the quiet zone.
fn known_modules(version: i32) -> Vec<(i32, i32, bool)> {
    let side = side_of(version);
    let mut known = Vec::new();
    for (left, top) in [(0, 0), (side - 7, 0), (0, side - 7)] {
        for row in -1..8 {
            for column in -1..8 {
                known.push((left + column, top + row, is_dark_in_finder(column, row)));
            }
        }
    }
    for i in 8..side - 8 {
        known.push((i, 6, i % 2 == 0));
        known.push((6, i, i % 2 == 0));
        known.push((i, -1, false));
        known.push((-1, i, false));
    }
    for i in 0..side - 7 {
        known.push((side, i + 8, false));
        known.push((i + 8, side, false));
    }
    let middles =
        usize::try_from(version - 1).ok().and_then(|index| ALIGNMENT.get(index)).copied().unwrap_or_default();
    for x in middles {
        for y in middles {
            let near_finder = |a: i32, b: i32| a == 6 && (b == 6 || b == side - 7);
            if near_finder(*x, *y) || near_finder(*y, *x) {
                continue;
            }
            for dy in -2i32..=2 {
                for dx in -2i32..=2 {
                    known.push((x + dx, y + dy, dx.abs().max(dy.abs()) != 1));
                }
            }
        }
    }
    known
}

/// A module of a finder pattern or of the light line round it, counted from the pattern's corner.
pub(super) fn is_dark_in_finder(column: i32, row: i32) -> bool {
    let ring = (column - 3).abs().max((row - 3).abs());
    ring <= 1 || ring == 3
}

/// All cells of a sheet whose code has this version and lies this way.
///
/// With `with_data` the unknown modules are there too, with shade 0.
pub(super) fn cells(version: i32, role: Role, with_data: bool) -> Vec<Cell> {
    let side = side_of(version);
    let mut is_known = vec![false; usize::try_from(side * side).unwrap_or(0)];
    let index = |across: i32, down: i32| {
        let inside = (0..side).contains(&across) && (0..side).contains(&down);
        usize::try_from(down * side + across).ok().filter(|_| inside)
    };
    let middle = |at: i32| at as f32 + 0.5;
    let mut cells = Vec::new();
    for (column, row, is_dark) in known_modules(version) {
        let (across, down) = role.on_sheet(column, row, side);
        if let Some(known) = index(across, down).and_then(|index| is_known.get_mut(index)) {
            // The timing pattern runs through some alignment patterns, alike.
            if std::mem::replace(known, true) {
                continue;
            }
        }
        let shade = if is_dark { 1.0 } else { -1.0 };
        cells.push(Cell { across: middle(across), down: middle(down), shade });
    }
    if with_data {
        for down in 0..side {
            for across in 0..side {
                let known = index(across, down).and_then(|index| is_known.get(index));
                if known == Some(&false) {
                    cells.push(Cell { across: middle(across), down: middle(down), shade: 0.0 });
                }
            }
        }
    }
    cells
}

/// The 15 format bits that stand for 5: the remainder of a division by the standard's polynomial, and a mask.
fn format_bits(format: u32) -> u32 {
    let mut rest = format << 10;
    for bit in (10..15).rev() {
        if rest >> bit & 1 == 1 {
            rest ^= 0x537 << (bit - 10);
        }
    }
    (format << 10 | rest) ^ 0x5412
}

/// Where the bits of the format stand: both copies, the highest bit first, as (column, row).
fn format_places(side: i32) -> [[(i32, i32); 2]; 15] {
    std::array::from_fn(|i| {
        let i = i32::try_from(i).unwrap_or(0);
        let first = match i {
            0..=5 => (i, 8),
            6 => (7, 8),
            7 => (8, 8),
            8 => (8, 7),
            _ => (8, 14 - i),
        };
        let second = if i < 7 { (8, side - 1 - i) } else { (side - 15 + i, 8) };
        [first, second]
    })
}

/// The formats by how well the shades agree with them, the best first, as their 15 bits.
pub(super) fn likely_formats(side: i32, shade: impl Fn(i32, i32) -> f32) -> Vec<u32> {
    let places = format_places(side);
    let sums = places.map(|copies| copies.iter().map(|(column, row)| shade(*column, *row)).sum::<f32>());
    let mut formats: Vec<(f32, u32)> = (0..32)
        .map(|format| {
            let bits = format_bits(format);
            let agreement =
                (0..15u32).zip(sums).map(|(i, sum)| if bits >> (14 - i) & 1 == 1 { sum } else { -sum });
            (agreement.sum(), bits)
        })
        .collect();
    formats.sort_by(|a, b| b.0.total_cmp(&a.0));
    formats.into_iter().map(|(_, bits)| bits).collect()
}

/// Writes a format into both its places.
pub(super) fn set_format(modules: &mut BitMatrix, side: i32, bits: u32) {
    for (i, copies) in (0u32..).zip(format_places(side)) {
        for (column, row) in copies {
            let (Ok(column), Ok(row)) = (u32::try_from(column), u32::try_from(row)) else { continue };
            if bits >> (14 - i) & 1 == 1 {
                modules.set(column, row);
            } else {
                modules.unset(column, row);
            }
        }
    }
}
