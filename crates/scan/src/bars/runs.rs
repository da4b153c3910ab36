//! One line across the picture, as the widths of its light and dark stretches.
//!
//! There is no threshold. The line is followed from one clear turning point to the next (clear: by at least a
//! given share of the line's range), and an edge lies where the brightness passes half way between the two.
//! A narrow bar that blur has left pale is thus measured against its own neighbours, and edges fall between
//! pixels, which is what makes bars of two pixels readable.

use std::borrow::Cow;

use crate::budget::Work;
use crate::luma::Luma;

/// A straight line through a picture: `count` samples, one pixel apart, from `(x, y)` in direction `(dx, dy)`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) dx: f32,
    pub(crate) dy: f32,
    pub(crate) count: usize,
}

impl Line {
    /// The same line, moved sideways.
    pub(crate) fn beside(self, distance: f32) -> Self {
        Self { x: self.x - self.dy * distance, y: self.y + self.dx * distance, ..self }
    }

    /// The place `along` pixels from the line's start.
    pub(crate) fn at(&self, along: f32) -> (f32, f32) {
        (self.x + self.dx * along, self.y + self.dy * along)
    }

    /// What it costs to look at this line, in nanoseconds: each of its samples is the mean of several, and each look
    /// takes it apart and reads it both ways.
    pub(super) fn cost(&self, reach: u8, looks: &[Look]) -> Work {
        let looks: Work = looks.iter().map(|look| look.cost()).sum();
        let each = BESIDE * (2 * Work::from(reach) + 1) + looks;
        each * Work::try_from(self.count).unwrap_or(Work::MAX / 1_000_000)
    }

    /// Mean brightness along the line and `reach` neighbours on either side of it.
    fn brightness(&self, picture: &Luma<'_>, reach: u8) -> Vec<f32> {
        let mut sums = vec![0.0f32; self.count];
        for beside in -i16::from(reach)..=i16::from(reach) {
            let line = self.beside(f32::from(beside));
            if self.dx == 1.0 && self.dy == 0.0 {
                let start = whole(line.x);
                let row = picture.row(whole(line.y)).iter().skip(start);
                sums.iter_mut().zip(row).for_each(|(sum, pixel)| *sum += f32::from(*pixel));
            } else if self.dx == 0.0 && self.dy == 1.0 {
                let (x, start) = (whole(line.x), whole(line.y));
                for (y, sum) in (start..).zip(&mut sums) {
                    *sum += f32::from(picture.at(x, y));
                }
            } else {
                add_slanting(picture, &line, &mut sums);
            }
        }
        let lines = 2.0 * f32::from(reach) + 1.0;
        sums.iter_mut().for_each(|sum| *sum /= lines);
        sums
    }
}

/// A coordinate that is known not to be negative, rounded.
fn whole(coordinate: f32) -> usize {
    (coordinate + 0.5).max(0.0) as usize
}

/// Adds the brightness along a slanting line. Places are whole numbers of 1/256 pixels, which is several times
/// quicker than fractions and exact to a hundredth of a pixel over any line there is.
fn add_slanting(picture: &Luma<'_>, line: &Line, sums: &mut [f32]) {
    // 2^24ths for the steps, so that their rounding does not add up.
    const FINE: f32 = 16_777_216.0;
    let fixed = |value: f32| (f64::from(value) * f64::from(FINE)) as i64;
    let (mut x, mut y) = (fixed(line.x), fixed(line.y));
    let (step_x, step_y) = (fixed(line.dx), fixed(line.dy));
    let (width, pixels) = (picture.width(), picture.pixels());
    let split = |place: i64| {
        let place = place.max(0) >> 16;
        (usize::try_from(place >> 8).unwrap_or(0), u32::try_from(place & 255).unwrap_or(0))
    };
    let pair = |start: usize, left: usize, right_share: u32| match pixels.get(start..start + 2) {
        Some([here, next]) if left + 1 < width => {
            u32::from(*here) * (256 - right_share) + u32::from(*next) * right_share
        }
        Some([here, _]) if left < width => 256 * u32::from(*here),
        _ => 256 * 255,
    };
    for sum in sums {
        let ((left, right_share), (up, low_share)) = (split(x), split(y));
        let start = up * width + left;
        let high = pair(start, left, right_share);
        let low = if up + 1 < picture.height() { pair(start + width, left, right_share) } else { high };
        *sum += (high * (256 - low_share) + low * low_share) as f32 / 65_536.0;
        x += step_x;
        y += step_y;
    }
}

/// The widths of the stretches in pixels. It begins and ends with a light one (0 wide if need be), so dark
/// stretches have odd numbers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Runs {
    pub(crate) widths: Vec<f32>,
}

impl Runs {
    /// Where stretch `index` begins, in pixels along the line.
    pub(crate) fn start_of(&self, index: usize) -> f32 {
        self.widths.iter().take(index).sum()
    }

    /// The same stretches from the other end.
    pub(crate) fn reversed(&self) -> Self {
        Self { widths: self.widths.iter().rev().copied().collect() }
    }
}

/// One way of looking at a line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    /// The part of the line's range that a turn must exceed. Less sees paler bars and more noise.
    pub(crate) share: f32,
    /// What is done to the line before.
    pub(crate) first: First,
}

/// What a sample costs in each line that is averaged, and in taking apart and reading what came of it.
const BESIDE: Work = 4;
const READ: Work = 40;

impl Look {
    fn cost(self) -> Work {
        match self.first {
            First::Nothing => READ,
            First::Sharpen(_) => READ + 3,
            First::Unblur(deviation) => READ + ROUNDS as Work * (3.0 * deviation) as Work,
        }
    }
}

/// What is done to a line before its stretches are measured.
#[derive(Debug, Clone, Copy)]
pub(crate) enum First {
    /// Nothing.
    Nothing,
    /// What a small blur takes away is added, so many times.
    Sharpen(f32),
    /// A blur of this standard deviation in pixels is taken off.
    Unblur(f32),
}

/// Reads the stretches along a line and `reach` neighbours on either side, once for each look.
pub(crate) fn runs_along(picture: &Luma<'_>, line: &Line, reach: u8, looks: &[Look]) -> Vec<Runs> {
    let plain = line.brightness(picture, reach);
    looks
        .iter()
        .map(|look| {
            let values = match look.first {
                First::Nothing => Cow::Borrowed(plain.as_slice()),
                First::Sharpen(strength) => Cow::Owned(sharpened(&plain, strength)),
                First::Unblur(deviation) => Cow::Owned(unblurred(&plain, deviation)),
            };
            runs_of(&values, look.share)
        })
        .collect()
}

/// Unsharp mask along the line, with a triangle five samples wide.
fn sharpened(values: &[f32], strength: f32) -> Vec<f32> {
    let at = |index: usize| values.get(index).or(values.last()).copied().unwrap_or_default();
    values
        .iter()
        .enumerate()
        .map(|(i, value)| {
            let near = at(i.saturating_sub(1)) + at(i + 1);
            let far = at(i.saturating_sub(2)) + at(i + 2);
            let soft = (3.0 * value + 2.0 * near + far) / 9.0;
            value + (value - soft) * strength
        })
        .collect()
}

/// How often the blur that is left is taken off. Each time brings back finer detail, and more of the noise.
const ROUNDS: usize = 14;

/// Takes off a blur of this standard deviation in samples: what, if blurred so, would give the values (Van Cittert's
/// iteration). It stays within the range of the values, which for bars is what paper and ink are.
fn unblurred(values: &[f32], deviation: f32) -> Vec<f32> {
    let reach = (2.5 * deviation).ceil() as usize;
    let bell: Vec<f32> = (0..=reach).map(|i| (-0.5 * (i as f32 / deviation).powi(2)).exp()).collect();
    let total = 2.0 * bell.iter().sum::<f32>() - 1.0;
    let (least, most) =
        values.iter().fold((f32::MAX, f32::MIN), |(a, b), value| (a.min(*value), b.max(*value)));
    let mut sharp = values.to_vec();
    let mut padded = Vec::with_capacity(values.len() + 2 * reach);
    for _ in 0..ROUNDS {
        let (first, last) = (sharp.first().copied().unwrap_or(0.0), sharp.last().copied().unwrap_or(0.0));
        padded.clear();
        padded.extend(std::iter::repeat_n(first, reach));
        padded.extend_from_slice(&sharp);
        padded.extend(std::iter::repeat_n(last, reach));
        for ((sharp, value), window) in sharp.iter_mut().zip(values).zip(padded.windows(2 * reach + 1)) {
            let (left, right) = window.split_at(reach);
            let mut blurred = right.first().copied().unwrap_or(0.0);
            let pairs = left.iter().rev().zip(right.iter().skip(1));
            for (weight, (a, b)) in bell.iter().skip(1).zip(pairs) {
                blurred += weight * (a + b);
            }
            *sharp = (*sharp + value - blurred / total).clamp(least, most);
        }
    }
    sharp
}

/// The least turn that counts, whatever the range, in levels of 256.
const LEAST_TURN: f32 = 6.0;

fn runs_of(values: &[f32], share: f32) -> Runs {
    let least = values.iter().copied().fold(f32::INFINITY, f32::min);
    let most = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let turns = turning_points(values, ((most - least) * share).max(LEAST_TURN));
    let Some(first) = turns.first() else { return Runs::default() };
    let mut widths = Vec::with_capacity(turns.len() + 2);
    let mut last_edge = 0.0;
    if !first.is_light {
        widths.push(0.0);
    }
    for pair in turns.windows(2) {
        let [from, to] = pair else { continue };
        let edge = crossing(values, from, to);
        widths.push(edge - last_edge);
        last_edge = edge;
    }
    widths.push(values.len() as f32 - last_edge);
    if widths.len().is_multiple_of(2) {
        widths.push(0.0);
    }
    Runs { widths }
}

struct Turn {
    index: usize,
    value: f32,
    is_light: bool,
}

/// The places where the brightness turns by at least `least`, light and dark in alternation.
fn turning_points(values: &[f32], least: f32) -> Vec<Turn> {
    let Some(start) = values.first() else { return Vec::new() };
    let (mut darkest, mut lightest) = ((0, *start), (0, *start));
    // Which kind of turn comes next; unknown before the first.
    let mut awaits_light = None;
    let mut turns = Vec::new();
    for (index, value) in values.iter().copied().enumerate() {
        if value < darkest.1 {
            darkest = (index, value);
        }
        if value > lightest.1 {
            lightest = (index, value);
        }
        if awaits_light != Some(false) && lightest.1 - value >= least {
            turns.push(Turn { index: lightest.0, value: lightest.1, is_light: true });
            awaits_light = Some(false);
            darkest = (index, value);
            lightest = (index, value);
        } else if awaits_light != Some(true) && value - darkest.1 >= least {
            turns.push(Turn { index: darkest.0, value: darkest.1, is_light: false });
            awaits_light = Some(true);
            darkest = (index, value);
            lightest = (index, value);
        }
    }
    match awaits_light {
        Some(true) => turns.push(Turn { index: lightest.0, value: lightest.1, is_light: true }),
        Some(false) => turns.push(Turn { index: darkest.0, value: darkest.1, is_light: false }),
        None => {}
    }
    turns
}

/// Where the brightness passes half way between two turning points, in pixels from the line's start.
fn crossing(values: &[f32], from: &Turn, to: &Turn) -> f32 {
    let half = (from.value + to.value) / 2.0;
    let mut before = from.value;
    for (index, value) in values.iter().enumerate().take(to.index + 1).skip(from.index + 1) {
        if (*value > half) != from.is_light {
            let step = before - value;
            let part = if step == 0.0 { 0.5 } else { (before - half) / step };
            // A sample stands for the middle of its pixel.
            return index as f32 - 0.5 + part;
        }
        before = *value;
    }
    to.index as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blurred(bars: &[usize], scale: usize) -> Vec<f32> {
        let sharp: Vec<f32> = bars
            .iter()
            .enumerate()
            .flat_map(|(i, width)| std::iter::repeat_n(if i % 2 == 0 { 200.0 } else { 50.0 }, width * scale))
            .collect();
        let at = |i: isize| sharp[i.clamp(0, sharp.len() as isize - 1) as usize];
        (0..sharp.len() as isize).map(|i| (at(i - 1) + 2.0 * at(i) + at(i + 1)) / 4.0).collect()
    }

    #[test]
    fn widths_survive_blur_to_a_fraction_of_a_pixel() {
        let bars = [10, 1, 1, 2, 3, 1, 4, 1, 10];
        let runs = runs_of(&blurred(&bars, 3), 0.15);
        assert_eq!(runs.widths.len(), bars.len());
        for (measured, drawn) in runs.widths.iter().zip(bars) {
            assert!((measured - 3.0 * drawn as f32).abs() < 0.3, "{measured} for {drawn} modules");
        }
    }

    #[test]
    fn a_known_blur_can_be_taken_off() {
        // Three pixels a module under a bell whose deviation is most of a module: single bars are all but gone.
        let bars = [12, 1, 1, 2, 1, 1, 3, 1, 2, 1, 12];
        let deviation = 2.2f32;
        let sharp = blurred(&bars, 3);
        let bell = |d: f32| (-0.5 * (d / deviation).powi(2)).exp();
        let soft: Vec<f32> = (0..sharp.len())
            .map(|i| {
                let near = i.saturating_sub(8)..(i + 9).min(sharp.len());
                let total: f32 = near.clone().map(|j| bell(j as f32 - i as f32)).sum();
                near.map(|j| sharp[j] * bell(j as f32 - i as f32)).sum::<f32>() / total
            })
            .collect();
        assert_ne!(runs_of(&soft, 0.1).widths.len(), bars.len());
        let runs = runs_of(&unblurred(&soft, deviation), 0.1);
        assert_eq!(runs.widths.len(), bars.len());
        for (measured, drawn) in runs.widths.iter().zip(bars).skip(1).take(bars.len() - 2) {
            assert!((measured - 3.0 * drawn as f32).abs() < 1.3, "{measured} for {drawn} modules");
        }
    }

    #[test]
    fn light_stretches_are_even_numbered_whatever_the_line_begins_with() {
        let mut values = vec![10.0; 5];
        values.extend([200.0; 5]);
        let runs = runs_of(&values, 0.15);
        assert_eq!(runs.widths, [0.0, 5.0, 5.0]);
        values.extend([10.0; 5]);
        assert_eq!(runs_of(&values, 0.15).widths, [0.0, 5.0, 5.0, 5.0, 0.0]);
        assert_eq!(runs_of(&[7.0; 40], 0.15).widths.len(), 0);
        assert_eq!(runs_of(&[], 0.15).widths.len(), 0);
    }

    #[test]
    fn a_slanting_line_reads_what_an_upright_one_reads() {
        // Diagonal stripes: along the diagonal direction they are 8 / sqrt(2) pixels wide.
        let pixels = (0..200 * 200).map(|i| if (i % 200 + i / 200) / 8 % 2 == 0 { 255 } else { 0 }).collect();
        let buf = crate::LumaBuf::new(200, 200, pixels).unwrap();
        let half = std::f32::consts::FRAC_1_SQRT_2;
        let line = Line { x: 20.0, y: 20.0, dx: half, dy: half, count: 200 };
        let runs =
            runs_along(&buf.as_luma(), &line, 1, &[Look { share: 0.15, first: First::Nothing }]).remove(0);
        assert!(runs.widths.len() > 30);
        for width in &runs.widths[2..runs.widths.len() - 2] {
            assert!((width - 5.657).abs() < 0.5, "{width}");
        }
    }
}
