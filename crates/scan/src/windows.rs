//! Sums and means of the square window round each pixel, for thresholds and blurs: where most of the time goes.

use crate::luma::{Luma, LumaBuf};

/// The rounded mean of the window of `radius` round each pixel; beyond the edges the edge pixels repeat.
pub(crate) fn box_blur(picture: &Luma<'_>, radius: usize) -> LumaBuf {
    let mut pixels = Vec::with_capacity(picture.pixels().len());
    if (1..=SMALL_RADIUS).contains(&radius) {
        let quotient = SmallQuotient::by(2 * radius + 1);
        let mut sums = vec![0u16; picture.width()];
        column_sums(picture, radius, |_, padded| {
            // Without a sum that slides, the processor adds eight pixels at once.
            sums.fill(quotient.half);
            for start in 0..=2 * radius {
                let shifted = padded.get(start..).unwrap_or_default();
                sums.iter_mut().zip(shifted).for_each(|(sum, column)| *sum += column);
            }
            pixels.extend(sums.iter().map(|sum| quotient.of(*sum)));
        });
        return LumaBuf::like(picture, pixels);
    }
    let count = u64::try_from((2 * radius + 1).pow(2)).unwrap_or(1);
    // Dividing by multiplying with the reciprocal is several times quicker and right for all sums here.
    let reciprocal = (1u64 << 40).div_ceil(count);
    window_sums(picture, radius, |_, sums| {
        pixels.extend(sums.iter().map(|sum| narrow_quotient((u64::from(*sum) + count / 2) * reciprocal)));
    });
    LumaBuf::like(picture, pixels)
}

/// The largest radius for which the sum of a window, and what it is multiplied with, fit in 16 bits.
const SMALL_RADIUS: usize = 5;

/// Division of a small window's sum by its pixels, in 16 bits: exact for every sum there can be.
struct SmallQuotient {
    /// Half of the pixels, which the sum must begin with so that the quotient is rounded.
    half: u16,
    factor: u16,
    shift: u32,
}

impl SmallQuotient {
    fn by(side: usize) -> Self {
        let count = u32::try_from(side * side).unwrap_or(1);
        // The largest factor that fits in 16 bits loses least.
        let shift = count.ilog2();
        let factor = (1u32 << (16 + shift)).div_ceil(count);
        let narrow = |value: u32| u16::try_from(value).unwrap_or(u16::MAX);
        Self { half: narrow(count / 2), factor: narrow(factor), shift }
    }

    fn of(&self, sum: u16) -> u8 {
        let upper = ((u32::from(sum) * u32::from(self.factor)) >> 16) as u16;
        (upper >> self.shift) as u8
    }
}

/// The upper part of a product with a 2^40th reciprocal, which is known to be at most 255.
pub(crate) fn narrow_quotient(product: u64) -> u8 {
    u8::try_from(product >> 40).unwrap_or(u8::MAX)
}

/// Gives, row after row, the sums of `2 * radius + 1` rows for each column, with the first and the last one repeated
/// `radius` times on either side, and once more at the end: beyond the edges the edge pixels repeat. At most 257 rows
/// fit in 16 bits.
fn column_sums(picture: &Luma<'_>, radius: usize, mut each_row: impl FnMut(usize, &[u16])) {
    let (width, last) = (picture.width(), picture.height().saturating_sub(1));
    let mut padded = vec![0u16; width + 2 * radius + 1];
    let add = |padded: &mut [u16], row: &[u8]| {
        let columns = padded.iter_mut().skip(radius);
        columns.zip(row).for_each(|(sum, pixel)| *sum += u16::from(*pixel));
    };
    // The window of row 0: the edge row repeated above it, then the rows below.
    for offset in 0..=2 * radius {
        add(&mut padded, picture.row(offset.saturating_sub(radius).min(last)));
    }
    for y in 0..picture.height() {
        let far = radius + width;
        for (edge, margin) in [(radius, 0..radius), (far - 1, far..far + radius + 1)] {
            let edge = padded.get(edge).copied().unwrap_or_default();
            padded.get_mut(margin).unwrap_or_default().fill(edge);
        }
        each_row(y, &padded);
        let enters = picture.row((y + radius + 1).min(last));
        let leaves = picture.row(y.saturating_sub(radius));
        let columns = padded.get_mut(radius..radius + width).unwrap_or_default();
        for ((sum, enters), leaves) in columns.iter_mut().zip(enters).zip(leaves) {
            *sum = *sum + u16::from(*enters) - u16::from(*leaves);
        }
    }
}

/// Gives, row after row, the sum of the square window of `radius` round each pixel. Beyond the edges the edge
/// pixels repeat, so each window has `(2 * radius + 1)²` pixels. One addition and one subtraction a pixel and
/// direction, however large the window: sums over columns slide down, their sums slide along.
pub(crate) fn window_sums(picture: &Luma<'_>, radius: usize, mut each_row: impl FnMut(usize, &[u32])) {
    let mut sums = vec![0u32; picture.width()];
    column_sums(picture, radius, |y, padded| {
        let mut sum: u32 = padded.iter().take(2 * radius + 1).map(|column| u32::from(*column)).sum();
        let entering = padded.get(2 * radius + 1..).unwrap_or_default();
        for ((out, leaves), enters) in sums.iter_mut().zip(padded).zip(entering) {
            *out = sum;
            // The difference first, so that a step waits for one addition only.
            sum = sum.wrapping_add(u32::from(*enters).wrapping_sub(u32::from(*leaves)));
        }
        each_row(y, &sums);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(width: usize, height: usize) -> LumaBuf {
        let pixels = (0..width * height).map(|i| (i * 37 % 251) as u8).collect();
        LumaBuf::new(width, height, pixels).unwrap()
    }

    #[test]
    fn window_sums_agree_with_adding_up_by_hand() {
        for (width, height, radius) in [(7, 5, 1), (5, 7, 3), (1, 1, 2), (9, 3, 4), (3, 2, 9)] {
            let buf = ramp(width, height);
            let picture = buf.as_luma();
            let clamp = |v: isize, n: usize| v.clamp(0, n as isize - 1) as usize;
            window_sums(&picture, radius, |y, sums| {
                for (x, sum) in sums.iter().enumerate() {
                    let r = radius as isize;
                    let mut by_hand = 0;
                    for dy in -r..=r {
                        for dx in -r..=r {
                            let (x, y) = (clamp(x as isize + dx, width), clamp(y as isize + dy, height));
                            by_hand += u32::from(picture.at(x, y));
                        }
                    }
                    assert_eq!(*sum, by_hand, "{width}x{height} r{radius} at {x},{y}");
                }
            });
        }
    }

    #[test]
    fn a_small_window_is_divided_exactly() {
        for radius in 1..=SMALL_RADIUS {
            let side = 2 * radius + 1;
            let quotient = SmallQuotient::by(side);
            for sum in 0..=255 * side * side {
                let rounded = (sum + side * side / 2) / (side * side);
                let got = quotient.of(sum as u16 + quotient.half);
                assert_eq!(usize::from(got), rounded, "radius {radius}, sum {sum}");
            }
        }
    }

    #[test]
    fn a_blur_is_the_rounded_mean_of_its_window() {
        for radius in [0, 1, 3, SMALL_RADIUS, SMALL_RADIUS + 1, 12] {
            let buf = ramp(31, 17);
            let picture = buf.as_luma();
            let soft = box_blur(&picture, radius);
            let count = (2 * radius as u32 + 1).pow(2);
            window_sums(&picture, radius, |y, sums| {
                for (x, sum) in sums.iter().enumerate() {
                    assert_eq!(
                        u32::from(soft.as_luma().at(x, y)),
                        (sum + count / 2) / count,
                        "radius {radius}"
                    );
                }
            });
        }
    }
}
