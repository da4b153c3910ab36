//! Where a picture holds parallel edges, and which way they run.
//!
//! Looking along many lines at twelve angles costs more than all else, and most pictures hold no bar code at all.
//! Bars leave a mark that is cheap to see: within a small square nearly all changes of brightness point the same
//! way. The modules of a QR code change both ways alike, and noise changes every way.

use super::runs::Line;
use crate::busy::peaks;
use crate::luma::Luma;
use crate::symbol::Point;

/// The side of a square in pixels.
const BLOCK: usize = 16;
/// The least share of the changes that point one way: 0 all ways alike, 1 one way only.
const COHERENCE: f32 = 0.25;
/// The least mean square of a change between neighbours two pixels apart; paler bars drown in any sensor's noise.
const ENERGY: f32 = 12.0;
/// A line may cross the bars this slantingly, as the cosine of twice the angle: 30 degrees.
const SLANT: f32 = 0.5;
/// How much of a line must lie across bars, in squares: less is shorter than any code.
const LEAST_BLOCKS: usize = 4;

/// For each square the direction of its changes as cosine and sine of twice the angle; zeros where there is none.
pub(crate) struct Directions {
    across: usize,
    doubled: Vec<(f32, f32)>,
}

impl Directions {
    pub(crate) fn of(picture: &Luma<'_>) -> Self {
        let across = picture.width().div_ceil(BLOCK);
        // Per square: sums of dx² - dy², of 2 dx dy and of dx² + dy².
        let mut sums = vec![(0.0f32, 0.0f32, 0.0f32); across * picture.height().div_ceil(BLOCK)];
        // Every second row is enough to see a direction.
        for y in (1..picture.height().saturating_sub(1)).step_by(2) {
            let rows = [picture.row(y - 1), picture.row(y), picture.row(y + 1)];
            let start = y / BLOCK * across;
            let [above, here, below] = rows;
            let changes = here.windows(3).zip(above.iter().zip(below).skip(1));
            for (x, (three, (up, down))) in (1..).zip(changes) {
                let [left, _, right] = three else { continue };
                let (dx, dy) = (f32::from(*right) - f32::from(*left), f32::from(*down) - f32::from(*up));
                if let Some((cosine, sine, total)) = sums.get_mut(start + x / BLOCK) {
                    *cosine += dx * dx - dy * dy;
                    *sine += 2.0 * dx * dy;
                    *total += dx * dx + dy * dy;
                }
            }
        }
        let doubled = sums
            .into_iter()
            .map(|(cosine, sine, total)| {
                let length = cosine.hypot(sine);
                let is_clear = length > COHERENCE * total && total > ENERGY * (BLOCK * BLOCK / 2) as f32;
                if is_clear { (cosine / length, sine / length) } else { (0.0, 0.0) }
            })
            .collect();
        Self { across, doubled }
    }

    /// Whether enough of a line runs across bars for a code to be there.
    pub(super) fn cross(&self, line: &Line) -> bool {
        let (cosine, sine) = (line.dx * line.dx - line.dy * line.dy, 2.0 * line.dx * line.dy);
        let crossed = (0..line.count)
            .step_by(BLOCK)
            .filter(|along| {
                let (x, y) = line.at(*along as f32);
                let (column, row) = (x.max(0.0) as usize / BLOCK, y.max(0.0) as usize / BLOCK);
                let block = self.doubled.get(row * self.across + column.min(self.across - 1));
                block.is_some_and(|(c, s)| c * cosine + s * sine > SLANT)
            })
            .count();
        crossed >= LEAST_BLOCKS
    }
}

/// The width of a bin of directions in degrees, and how far from the fullest one a square counts towards it.
const BIN: f32 = 5.0;
const BINS: usize = 36;

impl Directions {
    /// The directions that most squares have, as unit vectors across the bars: at most `most`, the commonest first.
    ///
    /// A bar code that is ten times as wide as high is crossed whole only within five degrees, so the direction is
    /// taken from the squares and not from a list.
    pub(super) fn dominant(&self, most: usize) -> Vec<(f32, f32)> {
        let mut bins = [0u32; BINS];
        let angle = |(cosine, sine): (f32, f32)| sine.atan2(cosine).to_degrees().rem_euclid(360.0) / 2.0;
        let clear = || self.doubled.iter().copied().filter(|(cosine, sine)| *cosine != 0.0 || *sine != 0.0);
        for direction in clear() {
            if let Some(bin) = bins.get_mut((angle(direction) / BIN) as usize % BINS) {
                *bin += 1;
            }
        }
        let mut found = Vec::new();
        while found.len() < most {
            let fullest = (0..BINS).max_by_key(|bin| {
                // Each bin with its neighbours, so that a direction between two of them is not halved.
                [BINS - 1, 0, 1].iter().filter_map(|by| bins.get((bin + by) % BINS)).sum::<u32>()
            });
            let Some(fullest) = fullest else { break };
            let middle = (fullest as f32 + 0.5) * BIN;
            let is_near = |direction: &(f32, f32)| {
                let off = (angle(*direction) - middle).rem_euclid(180.0);
                off.min(180.0 - off) <= 1.5 * BIN
            };
            let near: Vec<(f32, f32)> = clear().filter(is_near).collect();
            if near.len() < LEAST_BLOCKS {
                break;
            }
            let (cosine, sine) = near.iter().fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
            let (dy, dx) = (sine.atan2(cosine) / 2.0).sin_cos();
            found.push((dx, dy));
            for by in [BINS - 1, 0, 1] {
                if let Some(bin) = bins.get_mut((fullest + by) % BINS) {
                    *bin = 0;
                }
            }
            if bins.iter().all(|bin| *bin == 0) {
                break;
            }
        }
        found
    }
}

impl Directions {
    /// The place with the most squares that have a direction round it.
    pub(crate) fn densest(&self) -> Option<Point> {
        let clear: Vec<u32> =
            self.doubled.iter().map(|(cosine, sine)| u32::from(*cosine != 0.0 || *sine != 0.0)).collect();
        peaks(self.across, &clear, 1).first().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_across_the_bars_are_worth_a_look() {
        let pixels = (0..320 * 320).map(|i| if i % 320 / 3 % 2 == 0 { 40 } else { 200 }).collect();
        let bars = crate::LumaBuf::new(320, 320, pixels).unwrap();
        let directions = Directions::of(&bars.as_luma());
        let line = |dx: f32, dy: f32| Line { x: 10.0, y: 10.0, dx, dy, count: 200 };
        assert!(directions.cross(&line(1.0, 0.0)));
        assert!(directions.cross(&line(0.94, 0.34)));
        assert!(!directions.cross(&line(0.0, 1.0)));
        assert!(!directions.cross(&line(0.5, 0.87)));
        let [(dx, dy)] = directions.dominant(3)[..] else { panic!("one direction") };
        assert!(dx.abs() > 0.999 && dy.abs() < 0.02, "{dx} {dy}");
        // Stripes at 30 degrees.
        let (dy, dx) = 30f32.to_radians().sin_cos();
        let slanted = (0..320 * 320)
            .map(|i| ((i % 320) as f32 * dx + (i / 320) as f32 * dy) * std::f32::consts::TAU / 8.0)
            .map(|phase| (120.0 + 80.0 * phase.sin()) as u8)
            .collect();
        let slanted = crate::LumaBuf::new(320, 320, slanted).unwrap();
        let found = Directions::of(&slanted.as_luma()).dominant(3);
        assert!((found[0].0 * dx + found[0].1 * dy).abs() > 0.999, "{found:?}");
        let checks =
            (0..320 * 320).map(|i| if (i % 320 / 4 + i / 1280) % 2 == 0 { 40 } else { 200 }).collect();
        let checks = crate::LumaBuf::new(320, 320, checks).unwrap();
        assert!(!Directions::of(&checks.as_luma()).cross(&line(1.0, 0.0)));
    }
}
