//! How dark each pixel is among its neighbours: 1 black, -1 white, 0 for "cannot be told".
//!
//! A grid is fitted by asking thousands of times how sure the picture is at a point. Black and white alone would
//! hide that, so the answer is a shade: measured between the darkest and the lightest pixel within some four
//! modules, which takes shadows out, and close to 0 where there is hardly any contrast.

use crate::luma::{Luma, box_blur};

/// The shades of one picture.
pub(super) struct Field {
    width: usize,
    height: usize,
    shades: Vec<f32>,
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
        for y in 0..height {
            let start = y / block * across;
            for (x, part) in calm.row(y).chunks(block).enumerate() {
                let (low, high) = part.iter().fold((255, 0), |(low, high), p| (*p.min(&low), *p.max(&high)));
                if let (Some(lowest), Some(highest)) = (lows.get_mut(start + x), highs.get_mut(start + x)) {
                    *lowest = low.min(*lowest);
                    *highest = high.max(*highest);
                }
            }
        }
        let lows = smoothed(&around(&lows, across, u8::min), across);
        let highs = smoothed(&around(&highs, across, u8::max), across);
        // Between the middles of blocks both ends of the scale are interpolated, along the rows beforehand.
        let size = block as f32;
        let place = |at: usize, count: usize| {
            let at = ((at as f32 + 0.5) / size - 0.5).clamp(0.0, (count - 1) as f32);
            (at as usize, at.fract())
        };
        let columns: Vec<(usize, f32)> = (0..width).map(|x| place(x, across)).collect();
        let mut shades = Vec::with_capacity(width * height);
        let (mut low_row, mut high_row) = (vec![0.0f32; across + 1], vec![0.0f32; across + 1]);
        for y in 0..height {
            let (row, part) = place(y, down);
            for (out, blocks) in [(&mut low_row, &lows), (&mut high_row, &highs)] {
                for (x, value) in out.iter_mut().enumerate() {
                    let x = x.min(across - 1);
                    let at = |row: usize| blocks.get(row.min(down - 1) * across + x).copied().unwrap_or(0.0);
                    *value = at(row) * (1.0 - part) + at(row + 1) * part;
                }
            }
            shades.extend(soft.row(y).iter().zip(&columns).map(|(pixel, (column, part))| {
                let between = |row: &[f32]| match row.get(*column..=*column + 1) {
                    Some([a, b]) => a * (1.0 - part) + b * part,
                    _ => 0.0,
                };
                let (low, high) = (between(&low_row), between(&high_row));
                let half = ((high - low) / 2.0).max(LEAST_CONTRAST);
                (((low + high) / 2.0 - f32::from(*pixel)) / half).clamp(-1.0, 1.0)
            }));
        }
        Self { width, height, shades }
    }

    /// The shade at a place, blended from the four nearest pixels; 0 outside the picture.
    pub(super) fn at(&self, x: f32, y: f32) -> f32 {
        let (x, y) = (x - 0.5, y - 0.5);
        // This also refuses what is no number.
        if !(x >= 0.0 && y >= 0.0) {
            return 0.0;
        }
        let (column, row) = (x as usize, y as usize);
        if column + 1 >= self.width || row + 1 >= self.height {
            return 0.0;
        }
        let start = row * self.width + column;
        let (Some([a, b]), Some([c, d])) =
            (self.shades.get(start..start + 2), self.shades.get(start + self.width..start + self.width + 2))
        else {
            return 0.0;
        };
        let (right, lower) = (x - column as f32, y - row as f32);
        let above = a + (b - a) * right;
        let below = c + (d - c) * right;
        above + (below - above) * lower
    }
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
