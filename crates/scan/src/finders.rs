//! The finder patterns of QR codes in a black-and-white picture.
//!
//! What is found is what `FindFinderPatterns` of rxing's port of ZXing-C++ finds, bit for bit (a test holds both side by
//! side), in a fifth of the time: that one takes rows apart pixel by pixel, divides twice a pixel to walk down a
//! column, and compares every candidate with every pattern already found, which on a tiled wall grows with the square.

use rxing::common::cpp_essentials::{ConcentricPattern, FinetuneConcentricPatternCenter};
use rxing::common::{BIT_FIELD_BASE_BITS, BitMatrix};

/// After so many the rest of the picture is not searched: no sheet of labels holds a tenth of it, and a floor of
/// patterns must not take longer than a street.
pub(crate) const MOST_KEPT: usize = 1_000;

/// A black-and-white picture and the finder patterns in it, the largest first.
pub(crate) struct Searched {
    pub(crate) matrix: BitMatrix,
    pub(crate) patterns: Vec<ConcentricPattern>,
}

impl Searched {
    pub(crate) fn of(matrix: BitMatrix) -> Self {
        let mut patterns = finder_patterns(&matrix);
        patterns.sort_by_key(|pattern| std::cmp::Reverse(pattern.size));
        Self { matrix, patterns }
    }

    /// The `most` largest patterns.
    pub(crate) fn largest(&self, most: usize) -> Vec<ConcentricPattern> {
        self.patterns.iter().take(most).copied().collect()
    }
}

/// Light and dark stretches of a line whose middle is a finder's: the shares are 1:1:3:1:1.
const SHARES: [f64; 5] = [1.0, 1.0, 3.0, 1.0, 1.0];

fn finder_patterns(matrix: &BitMatrix) -> Vec<ConcentricPattern> {
    let mut found: Vec<ConcentricPattern> = Vec::new();
    // Those of them that a row may still pass through.
    let mut open: Vec<ConcentricPattern> = Vec::new();
    let mut runs = Vec::new();
    for y in (2..matrix.height()).step_by(3) {
        runs_of_row(matrix, y, &mut runs);
        let middle_y = y as f32 + 0.5;
        open.retain(|known| known.p.y + known.size as f32 / 2.0 > middle_y);
        let mut left = runs.first().copied().unwrap_or(0);
        // Dark stretches have odd numbers. After a candidate the search goes on behind its middle.
        let mut at = 1;
        while let Some([before, five @ ..]) =
            runs.get(at - 1..at + 5).and_then(|runs| runs.first_chunk::<6>())
        {
            let before = if at == 1 { i32::MAX } else { *before };
            // Behind the last dark stretch there is a light one, be it of no width.
            let is_candidate = at + 5 < runs.len() && may_be_finder(five, before);
            let [first, second, third, fourth, _] = *five;
            if is_candidate {
                let x = (left + first + second) as f32 + third as f32 / 2.0;
                let is_known = open.iter().any(|known| {
                    let (dx, dy) = (x - known.p.x, middle_y - known.p.y);
                    let reach = known.size as f32 / 2.0;
                    dx * dx + dy * dy < reach * reach
                });
                if !is_known && let Some(pattern) = located(matrix, x as i32, y, 3 * five.iter().sum::<i32>())
                {
                    found.push(pattern);
                    open.push(pattern);
                    if found.len() >= MOST_KEPT {
                        return found;
                    }
                }
                (left, at) = (left + first + second + third + fourth, at + 4);
            } else {
                (left, at) = (left + first + second, at + 2);
            }
        }
    }
    found
}

/// The widths of the light and dark stretches of a row, a light one first and last, of no width if need be.
fn runs_of_row(matrix: &BitMatrix, y: u32, runs: &mut Vec<i32>) {
    runs.clear();
    let width = matrix.width() as usize;
    let row = matrix.getRow(y);
    let mut begun = 0;
    let mut last_bit = 0;
    for (index, word) in row.getBitArray().iter().take(width.div_ceil(BIT_FIELD_BASE_BITS)).enumerate() {
        // A bit is left where a pixel is not like the one before it.
        let mut changes = word ^ (word << 1 | last_bit);
        last_bit = word >> (BIT_FIELD_BASE_BITS - 1);
        while changes != 0 {
            let x = index * BIT_FIELD_BASE_BITS + changes.trailing_zeros() as usize;
            changes &= changes - 1;
            // Behind the picture's width there may be anything.
            if x >= width {
                break;
            }
            runs.push((x - begun) as i32);
            begun = x;
        }
    }
    runs.push((width - begun) as i32);
    if runs.len().is_multiple_of(2) {
        runs.push(0);
    }
}

/// Whether five stretches of a row may run through the middle of a finder, `before` which there is a light one.
fn may_be_finder(five: &[i32; 5], before: i32) -> bool {
    let [first, second, third, fourth, fifth] = *five;
    let is_plausible = third >= 3 && third >= 2 * first.max(fifth) && third >= second.max(fourth);
    is_plausible && is_finder(five) && f64::from(before) >= 0.1 * f64::from(second + fourth) / 2.0
}

/// Whether five stretches have a finder's shares, dark and light measured by themselves because ink spreads.
fn is_finder(five: &[i32; 5]) -> bool {
    let [first, second, third, fourth, fifth] = five.map(f64::from);
    let (dark, light) = ((first + third + fifth) / 5.0, (second + fourth) / 2.0);
    let (least, most) = (dark.min(light), dark.max(light));
    let (dark_slack, light_slack) = (dark * 0.75 + 0.5, light / 3.0 + 0.5);
    let is_near = |index: usize, width: f64, share: f64| {
        let (module, slack) = if index.is_multiple_of(2) { (dark, dark_slack) } else { (light, light_slack) };
        (width - share * module).abs() <= slack
    };
    let widths = [first, second, third, fourth, fifth];
    most <= 4.0 * least
        && widths.iter().zip(SHARES).enumerate().all(|(i, (width, share))| is_near(i, *width, share))
}

/// The pattern round a pixel, if lines down, across and along both diagonals see one, too.
fn located(matrix: &BitMatrix, x: i32, y: u32, range: i32) -> Option<ConcentricPattern> {
    let (mut x, mut y) = (x, i32::try_from(y).ok()?);
    let (mut least, mut most) = (i32::try_from(matrix.width()).ok()?, 0);
    for (dx, dy) in [(0, 1), (1, 0), (1, 1), (1, -1)] {
        let is_straight = dx == 0 || dy == 0;
        let range = if is_straight { range } else { 2 * range };
        let (spread, to_middle) = seen_along(matrix, (x, y), (dx, dy), range)?;
        (least, most) = (least.min(spread), most.max(spread));
        if is_straight {
            (x, y) = (x + dx * to_middle, y + dy * to_middle);
        }
    }
    if most > 5 * least {
        return None;
    }
    let middle = rxing::point(x as f32, y as f32);
    let p = FinetuneConcentricPatternCenter(matrix, middle, range, 5)?;
    Some(ConcentricPattern { p, size: (most + least) / 2 })
}

/// Five stretches round a pixel along one direction, if they are a finder's: their width, and how far ahead the middle is.
fn seen_along(matrix: &BitMatrix, from: (i32, i32), way: (i32, i32), range: i32) -> Option<(i32, i32)> {
    let mut ahead = Walk::new(matrix, from, way);
    let mut back = Walk::new(matrix, from, (-way.0, -way.1));
    let step = |walk: &mut Walk<'_>, range: i32| Some(walk.step_to_edge(range)).filter(|steps| *steps != 0);
    let (centre_ahead, centre_back) = (step(&mut ahead, range)?, step(&mut back, range)?);
    // The pixel itself has been counted twice.
    let third = centre_ahead + centre_back - 1;
    let mut range = range - third;
    let mut next = |walk: &mut Walk<'_>| {
        let steps = step(walk, range)?;
        range -= steps;
        Some(steps)
    };
    let (fourth, second) = (next(&mut ahead)?, next(&mut back)?);
    let (fifth, first) = (next(&mut ahead)?, next(&mut back)?);
    let five = [first, second, third, fourth, fifth];
    is_finder(&five).then(|| (five.iter().sum(), third / 2 - (centre_back - 1)))
}

/// Goes over pixels in one direction, from one change of colour to the next.
struct Walk<'a> {
    matrix: &'a BitMatrix,
    x: i32,
    y: i32,
    dx: i32,
    dy: i32,
    to_border: i32,
}

impl<'a> Walk<'a> {
    fn new(matrix: &'a BitMatrix, (x, y): (i32, i32), (dx, dy): (i32, i32)) -> Self {
        let room = |at: i32, step: i32, size: u32| match step {
            0 => i32::MAX,
            1.. => i32::try_from(size).unwrap_or(0) - 1 - at,
            _ => at,
        };
        let to_border = room(x, dx, matrix.width()).min(room(y, dy, matrix.height()));
        Self { matrix, x, y, dx, dy, to_border }
    }

    fn is_dark(&self, steps: i32) -> bool {
        self.matrix.get((self.x + self.dx * steps) as u32, (self.y + self.dy * steps) as u32)
    }

    /// The pixels to the next change of colour; 0 if that lies farther off than `range`. The border counts as one.
    fn step_to_edge(&mut self, range: i32) -> i32 {
        let most = self.to_border.min(range);
        let is_dark = most > 0 && self.is_dark(0);
        let steps = match (1..=most).find(|steps| self.is_dark(*steps) != is_dark) {
            Some(steps) => steps,
            None if most == self.to_border => most.max(0) + 1,
            None => return 0,
        };
        (self.x, self.y) = (self.x + self.dx * steps, self.y + self.dy * steps);
        self.to_border -= steps;
        steps
    }
}

#[cfg(test)]
mod tests {
    use rxing::qrcode::cpp_port::detector::FindFinderPatterns;

    use super::*;

    /// A picture of labels in several sizes under noise: `share` of 256 pixels are turned over.
    fn noisy(width: u32, height: u32, share: u64, seed: u64) -> BitMatrix {
        let modules = crate::label::qr_modules("HTTPS://Q.EXAMPLE.GO.TH/Q/7K3D9QX2M4").unwrap();
        let mut matrix = BitMatrix::new(width, height).unwrap();
        let mut state = seed;
        for y in 0..height {
            for x in 0..width {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let size = 2 + (x / 150 % 4);
                let (column, row) = ((x % 150 / size) as usize, (y % 150 / size) as usize);
                let is_dark = modules.get(row).and_then(|row| row.get(column)).copied().unwrap_or(false);
                if is_dark != (state >> 40 & 255 < share) {
                    matrix.set(x, y);
                }
            }
        }
        matrix
    }

    #[test]
    fn it_finds_what_the_library_finds() {
        let mut total = 0;
        for (seed, share) in [0, 2, 8, 20, 60, 128].into_iter().enumerate() {
            for (width, height) in [(600, 300), (333, 451), (64, 64), (129, 40)] {
                let mut matrix = noisy(width, height, share, seed as u64);
                for _ in 0..2 {
                    let found = finder_patterns(&matrix);
                    assert_eq!(found, FindFinderPatterns(&matrix, true, 0), "{width}x{height} noise {share}");
                    total += found.len();
                    // Once more with light and dark exchanged, which also sets the bits behind each row.
                    matrix.flip_self();
                }
            }
        }
        assert!(total > 100, "{total}");
    }

    #[test]
    fn a_floor_of_patterns_is_not_searched_to_its_end() {
        let ring = |x: u32, y: u32| (x / 2 % 11).abs_diff(3).max((y / 2 % 11).abs_diff(3));
        let mut matrix = BitMatrix::new(1_000, 1_000).unwrap();
        for (x, y) in (0..1_000).flat_map(|x| (0..1_000).map(move |y| (x, y))) {
            if matches!(ring(x, y), 0 | 1 | 3) {
                matrix.set(x, y);
            }
        }
        assert!(FindFinderPatterns(&matrix, true, 0).len() > MOST_KEPT);
        assert_eq!(finder_patterns(&matrix).len(), MOST_KEPT);
    }
}
