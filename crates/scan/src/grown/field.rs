//! How dark each pixel is among its neighbours: 1 black, -1 white, 0 for "cannot be told".
//!
//! A grid is fitted by asking thousands of times how sure the picture is at a point. Black and white alone would
//! hide that, so the answer is a shade: measured between the darkest and the lightest pixel within some four
//! modules, which takes shadows out, and close to 0 where there is hardly any contrast.

use std::cell::Cell;

use crate::luma::Luma;
use crate::windows::box_blur;

/// The shades of one picture.
pub(super) struct Field {
    width: usize,
    /// Where the last pixel but one ends, in each direction.
    most_x: f32,
    most_y: f32,
    /// The shades, [`BLACK`] times as large.
    shades: Vec<i8>,
    /// How many modules have been asked about and not been paid for: what a fit costs.
    asked: Cell<u64>,
}

/// The least difference in grey that counts as contrast; sensors in the dark have noise of that size.
const LEAST_CONTRAST: f32 = 12.0;

impl Field {
    /// `module` is the width of a module in pixels; a guess half as large again does no harm.
    pub(super) fn new(picture: &Luma<'_>, module: f32) -> Self {
        let (width, height) = (picture.width(), picture.height());
        let calmed = (module >= 2.5).then(|| box_blur(picture, 1));
        let calm = calmed.as_ref().map_or(*picture, |buf| buf.as_luma());
        // Sharp edges leave a grid free to lie anywhere within half a module; soft ones draw it to the middle. Small
        // modules are soft enough by the lens.
        let radius = (module / 6.0) as usize;
        let softened = (radius > 1).then(|| box_blur(picture, radius.min(8)));
        let soft = match radius {
            0 => *picture,
            1 => calm,
            _ => softened.as_ref().map_or(*picture, |buf| buf.as_luma()),
        };
        let block = (module * 1.5).clamp(4.0, 64.0) as usize;
        let (across, down) = (width.div_ceil(block), height.div_ceil(block));
        let (mut lows, mut highs) = (vec![255u8; across * down], vec![0u8; across * down]);
        // Down the columns of a row of blocks first, which the processor does for sixteen at once.
        let (mut column_lows, mut column_highs) = (vec![255u8; width], vec![0u8; width]);
        let rows_of_blocks = lows.chunks_mut(across).zip(highs.chunks_mut(across));
        for ((lows, highs), rows) in rows_of_blocks.zip(calm.pixels().chunks(block * width)) {
            column_lows.fill(255);
            column_highs.fill(0);
            for row in rows.chunks(width) {
                column_lows.iter_mut().zip(row).for_each(|(low, pixel)| *low = *pixel.min(low));
                column_highs.iter_mut().zip(row).for_each(|(high, pixel)| *high = *pixel.max(high));
            }
            let least = |columns: &[u8]| columns.iter().copied().min().unwrap_or(255);
            let most = |columns: &[u8]| columns.iter().copied().max().unwrap_or(0);
            lows.iter_mut().zip(column_lows.chunks(block)).for_each(|(low, columns)| *low = least(columns));
            highs
                .iter_mut()
                .zip(column_highs.chunks(block))
                .for_each(|(high, columns)| *high = most(columns));
        }
        let lows = smoothed(&around(&lows, across, u8::min), across);
        let highs = smoothed(&around(&highs, across, u8::max), across);
        // Between the middles of blocks both ends of the scale are interpolated: along a row of blocks once for all pixels
        // of it, and from one such row to the next for each row of pixels.
        let size = block as f32;
        let place = |at: usize, count: usize| {
            let at = ((at as f32 + 0.5) / size - 0.5).clamp(0.0, (count - 1) as f32);
            (at as usize, at.fract())
        };
        let columns: Vec<(usize, f32)> = (0..width).map(|x| place(x, across)).collect();
        let along = |blocks: &[f32], row: usize| -> Vec<f32> {
            let start = row.min(down - 1) * across;
            let row = blocks.get(start..start + across).unwrap_or_default();
            let at = |x: usize| row.get(x.min(across - 1)).copied().unwrap_or(0.0);
            columns.iter().map(|(column, part)| at(*column) * (1.0 - part) + at(column + 1) * part).collect()
        };
        let mut shades = Vec::with_capacity(width * height);
        let mut known = None;
        let [mut upper_low, mut lower_low, mut upper_high, mut lower_high] = [const { Vec::new() }; 4];
        for y in 0..height {
            let (row, part) = place(y, down);
            if known != Some(row) {
                (upper_low, lower_low) = (along(&lows, row), along(&lows, row + 1));
                (upper_high, lower_high) = (along(&highs, row), along(&highs, row + 1));
                known = Some(row);
            }
            let low = upper_low.iter().zip(&lower_low).map(|(a, b)| a * (1.0 - part) + b * part);
            let high = upper_high.iter().zip(&lower_high).map(|(a, b)| a * (1.0 - part) + b * part);
            shades.extend(soft.row(y).iter().zip(low.zip(high)).map(|(pixel, (low, high))| {
                let half = ((high - low) / 2.0).max(LEAST_CONTRAST);
                let shade = (((low + high) / 2.0 - f32::from(*pixel)) / half).clamp(-1.0, 1.0);
                (shade * BLACK) as i32 as i8
            }));
        }
        Self { width, most_x: (width - 1) as f32, most_y: (height - 1) as f32, shades, asked: Cell::new(0) }
    }

    /// Counts modules that have been asked about.
    pub(super) fn count(&self, modules: usize) {
        self.asked.set(self.asked.get().saturating_add(modules as u64));
    }

    /// How many modules have been asked about since this was called last.
    pub(super) fn take_asked(&self) -> u64 {
        self.asked.take()
    }

    /// The shade at a place, blended from the four nearest pixels; 0 outside the picture.
    pub(super) fn at(&self, x: f32, y: f32) -> f32 {
        let (x, y) = (x - 0.5, y - 0.5);
        // This also refuses what is no number.
        if !(x >= 0.0 && y >= 0.0 && x < self.most_x && y < self.most_y) {
            return 0.0;
        }
        let ((column, right), (row, lower)) = (split(x), split(y));
        let start = row * self.width + column;
        let (Some([a, b]), Some([c, d])) =
            (self.shades.get(start..start + 2), self.shades.get(start + self.width..start + self.width + 2))
        else {
            return 0.0;
        };
        let between = |from: i8, to: i8, part: i32| i32::from(from) * (PARTS - part) + i32::from(to) * part;
        let blended = between(*a, *b, right) * (PARTS - lower) + between(*c, *d, right) * lower;
        blended as f32 * (1.0 / (BLACK * (PARTS * PARTS) as f32))
    }
}

/// How a black pixel's shade is kept. A byte each lets the place of a whole label stay in the processor's nearest memory
/// while a grid is fitted to it some hundred times.
const BLACK: f32 = 127.0;
/// Into how many parts the way from one pixel to the next is cut.
const PARTS: i32 = 256;

/// The whole part of a number from 0 to 16,000, and its fraction in parts. Behind a number of this size there is no room
/// for a fraction, so adding it rounds, and the result is left in the low bits: a quarter of what a conversion takes,
/// which is made a million times for a label.
fn split(value: f32) -> (usize, i32) {
    const NO_FRACTION: f32 = 12_582_912.0;
    const WHOLE: u32 = 0x3f_ffff;
    let parts = (value * PARTS as f32 + NO_FRACTION).to_bits() & WHOLE;
    ((parts >> 8) as usize, (parts & 255) as i32)
}

/// The least or greatest of each block and the two round it on all sides.
fn around(blocks: &[u8], across: usize, pick: fn(u8, u8) -> u8) -> Vec<u8> {
    let down = blocks.len() / across.max(1);
    let near = |at: usize, count: usize| at.saturating_sub(2)..(at + 3).min(count);
    let rows: Vec<u8> = blocks
        .chunks(across.max(1))
        .flat_map(|row| {
            (0..across).map(move |x| {
                row.get(near(x, across)).unwrap_or_default().iter().copied().reduce(pick).unwrap_or(0)
            })
        })
        .collect();
    (0..down)
        .flat_map(|y| (0..across).map(move |x| (x, y)))
        .map(|(x, y)| {
            near(y, down).filter_map(|y| rows.get(y * across + x).copied()).reduce(pick).unwrap_or(0)
        })
        .collect()
}

/// The mean of each block and its eight neighbours, so that the scale has no jumps.
fn smoothed(blocks: &[u8], across: usize) -> Vec<f32> {
    let down = blocks.len() / across.max(1);
    let near = |at: usize, count: usize| at.saturating_sub(1)..(at + 2).min(count);
    (0..down)
        .flat_map(|y| (0..across).map(move |x| (x, y)))
        .map(|(x, y)| {
            let (mut sum, mut count) = (0.0, 0.0f32);
            for y in near(y, down) {
                for x in near(x, across) {
                    sum += blocks.get(y * across + x).map_or(0.0, |block| f32::from(*block));
                    count += 1.0;
                }
            }
            sum / count.max(1.0)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shade_is_blended_from_the_pixels_round_a_place() {
        // Dark to the left and light to the right of an edge between pixels 19 and 20.
        let pixels = (0..40 * 30).map(|i| if i % 40 < 20 { 30 } else { 200 }).collect();
        let buf = crate::LumaBuf::new(40, 30, pixels).unwrap();
        let field = Field::new(&buf.as_luma(), 2.0);
        assert!((field.at(19.5, 15.5) - 1.0).abs() < 0.01 && (field.at(20.5, 15.5) + 1.0).abs() < 0.01);
        assert!(field.at(20.0, 15.5).abs() < 0.01);
        // A quarter of the way from one pixel's middle to the next.
        assert!((field.at(19.75, 15.25) - 0.5).abs() < 0.01);
        for (x, y) in
            [(0.4, 5.0), (5.0, 0.4), (39.6, 5.0), (5.0, 29.6), (f32::NAN, 5.0), (f32::INFINITY, 5.0)]
        {
            assert_eq!(field.at(x, y), 0.0, "{x},{y}");
        }
    }

    #[test]
    fn a_number_is_split_into_pixels_and_parts() {
        for value in [0.0, 0.25, 0.996, 0.999, 1.0, 1.5, 2.0, 639.75, 2_559.5, 16_000.25] {
            let (whole, part) = split(value);
            assert!((0..PARTS).contains(&part), "{value}");
            let back = whole as f32 + part as f32 / PARTS as f32;
            assert!((value - back).abs() <= 0.5 / PARTS as f32, "{value}: {back}");
        }
    }
}
