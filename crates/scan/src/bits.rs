//! Grey to black and white, by comparing each pixel with its surroundings.
//!
//! One threshold for a whole picture fails as soon as a shadow lies across the label, so each pixel is
//! compared with the mean of a window round it. A window alone tears holes into dark fields that are larger
//! than itself and turns plain walls into speckle: there the pixel hardly differs from its surroundings, and
//! the mean of a four times wider window decides.

use rxing::common::{BIT_FIELD_BASE_BITS, BitArray, BitMatrix};

use crate::luma::{Luma, quartered};
use crate::windows::{box_blur, window_sums};

/// A black-and-white picture; `true` is dark.
pub(crate) struct Bits {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) dark: Vec<bool>,
}

impl Bits {
    pub(crate) fn is_dark(&self, x: usize, y: usize) -> bool {
        x < self.width && self.dark.get(y * self.width + x).copied().unwrap_or(false)
    }

    /// The form that the QR reader takes.
    pub(crate) fn to_matrix(&self) -> Option<BitMatrix> {
        let mut matrix =
            BitMatrix::new(u32::try_from(self.width).ok()?, u32::try_from(self.height).ok()?).ok()?;
        let bits_in_word = BIT_FIELD_BASE_BITS;
        let mut packed = BitArray::with_size(self.width.next_multiple_of(bits_in_word));
        for (y, row) in (0u32..).zip(self.dark.chunks_exact(self.width)) {
            for (word, part) in row.chunks(bits_in_word).enumerate() {
                // The leftmost pixel is the lowest bit.
                let bits = part.chunks(8).rev().fold(0, |bits, eight| bits << 8 | usize::from(octet(eight)));
                packed.setBulk(word * bits_in_word, bits);
            }
            matrix.setRow(y, &packed);
        }
        Some(matrix)
    }
}

/// Eight pixels as a byte, the first one lowest: a multiplication moves the eight low bits next to each other in the
/// uppermost byte, which is several times quicker than one after the other.
fn octet(eight: &[bool]) -> u8 {
    let mut bytes = [0u8; 8];
    bytes.iter_mut().zip(eight).for_each(|(byte, dark)| *byte = u8::from(*dark));
    let [.., uppermost] = u64::from_le_bytes(bytes).wrapping_mul(0x0102_0408_1020_4080).to_le_bytes();
    uppermost
}

/// Thresholds with a window of `2 * radius + 1` pixels. 40 suits modules of 2 to 20 pixels.
pub(crate) fn threshold(picture: &Luma<'_>, radius: usize) -> Bits {
    let (width, height) = (picture.width(), picture.height());
    // The wide mean changes slowly, so a quarter of the picture's size is enough for it.
    let small = quartered(picture);
    let wide_means = box_blur(&small.as_luma(), radius.min(small.as_luma().longest_side()));
    // What counts as hardly different grows with the contrast of the picture, and so does the margin by which
    // a flat field must be darker than the wide mean.
    let flat = (contrast(picture) / 24).clamp(2, 8);
    let flat = u8::try_from(flat).unwrap_or(u8::MAX);
    let means = Means::of(2 * radius + 1);
    let (mut floors, mut ceilings) = (vec![0u8; width], vec![0u8; width]);
    let mut dark = Vec::with_capacity(width * height);
    let mut wide = vec![0u8; wide_means.as_luma().width() * 4];
    window_sums(picture, radius, |y, sums| {
        if y % 4 == 0 {
            let (fours, _) = wide.as_chunks_mut::<4>();
            fours.iter_mut().zip(wide_means.as_luma().row(y / 4)).for_each(|(four, mean)| *four = [*mean; 4]);
        }
        floors.iter_mut().zip(sums).for_each(|(floor, sum)| *floor = means.floor(*sum));
        ceilings.iter_mut().zip(sums).for_each(|(ceiling, sum)| *ceiling = means.ceiling(*sum));
        // A whole number is less than a mean if it is less than the mean rounded up, and more if it is more than the
        // mean rounded down. So bytes are enough, and without a branch the processor compares sixteen at once.
        let rounded = floors.iter().zip(&ceilings);
        dark.extend(picture.row(y).iter().zip(rounded).zip(&wide).map(
            |((pixel, (floor, ceiling)), wide)| {
                let (less, more) = (pixel.saturating_sub(flat), pixel.saturating_add(flat));
                let is_darker = more < *ceiling;
                let is_lighter = less > *floor;
                let is_darker_than_wide = more < *wide;
                is_darker | (!is_lighter & is_darker_than_wide)
            },
        ));
    });
    Bits { width, height, dark }
}

/// The mean of a window of at most 81 pixels a side from its sum, rounded down or up.
struct Means {
    count: f32,
    inverse: f32,
}

impl Means {
    fn of(side: usize) -> Self {
        let count = (side * side) as f32;
        Self { count, inverse: 1.0 / count }
    }

    fn floor(&self, sum: u32) -> u8 {
        self.whole(sum, 0.5)
    }

    fn ceiling(&self, sum: u32) -> u8 {
        self.whole(sum, self.count - 0.5)
    }

    /// The whole part of `(sum + more) / count`. `more` keeps the quotient half a pixel's share off every whole number,
    /// which is more than the error of these numbers. Behind a number of this size there is no room for a fraction:
    /// adding it rounds, and leaves the result in the lowest bits. A conversion would cost more than all the rest.
    fn whole(&self, sum: u32, more: f32) -> u8 {
        const NO_FRACTION: f32 = 12_582_912.0;
        // A sum is at most 255 * 81 * 81; signed numbers convert faster.
        let sum = sum as i32 as f32;
        ((sum + more) * self.inverse - 0.5 + NO_FRACTION).to_bits() as u8
    }
}

/// The distance between the darkest and the lightest fiftieth of the pixels, of which it looks at every 13th.
fn contrast(picture: &Luma<'_>) -> u32 {
    let mut histogram = [0usize; 256];
    let mut total = 0;
    for pixel in picture.pixels().iter().step_by(13) {
        if let Some(bin) = histogram.get_mut(usize::from(*pixel)) {
            *bin += 1;
            total += 1;
        }
    }
    let darkest = level_past(histogram.iter().enumerate(), total / 50);
    let lightest = level_past(histogram.iter().enumerate().rev(), total / 50);
    u32::try_from(lightest.saturating_sub(darkest)).unwrap_or(0)
}

/// The first level by which more than `share` pixels have been counted.
fn level_past<'a>(bins: impl Iterator<Item = (usize, &'a usize)>, share: usize) -> usize {
    let mut seen = 0;
    for (level, count) in bins {
        seen += count;
        if seen > share {
            return level;
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::luma::LumaBuf;

    fn picture(width: usize, height: usize, shade: impl Fn(usize, usize) -> u8) -> LumaBuf {
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| shade(x, y));
        LumaBuf::new(width, height, pixels.collect()).unwrap()
    }

    #[test]
    fn pixels_keep_their_order_when_packed() {
        let width = 147;
        let dark: Vec<bool> = (0..width * 5).map(|i| i * i % 7 < 3).collect();
        let bits = Bits { width, height: 5, dark };
        let matrix = bits.to_matrix().unwrap();
        for (x, y) in (0..width).flat_map(|x| (0..5).map(move |y| (x, y))) {
            assert_eq!(matrix.get(x as u32, y as u32), bits.is_dark(x, y), "{x},{y}");
        }
    }

    #[test]
    fn a_mean_is_rounded_down_and_up_exactly() {
        for side in [1, 3, 33, 81] {
            let (count, means) = ((side * side) as u32, Means::of(side));
            for sum in 0..=255 * count {
                let wanted = (sum / count, sum.div_ceil(count));
                let got = (u32::from(means.floor(sum)), u32::from(means.ceiling(sum)));
                assert_eq!(got, wanted, "{sum} of {count}");
            }
        }
    }

    #[test]
    fn a_shadow_across_the_label_does_not_hide_its_bars() {
        // Bars 6 wide; the right half lies in a shadow in which white is darker than black in the sun.
        let is_bar = |x: usize| (x / 6).is_multiple_of(2);
        let buf = picture(400, 60, |x, _| match (x < 200, is_bar(x)) {
            (true, true) => 110,
            (true, false) => 240,
            (false, true) => 20,
            (false, false) => 70,
        });
        let bits = threshold(&buf.as_luma(), 20);
        for x in (0..170).chain(230..400) {
            assert_eq!(bits.is_dark(x, 30), is_bar(x), "column {x}");
        }
    }

    #[test]
    fn a_field_larger_than_the_window_stays_filled_and_a_plain_wall_stays_empty() {
        let buf = picture(400, 300, |x, y| {
            let grain = ((x * 7 + y * 13) % 5) as u8;
            if (100..220).contains(&x) && (100..220).contains(&y) { 30 + grain } else { 200 + grain }
        });
        let bits = threshold(&buf.as_luma(), 20);
        let inside = (105..215).flat_map(|y| (105..215).map(move |x| (x, y)));
        assert!(inside.clone().all(|(x, y)| bits.is_dark(x, y)));
        let wall = (0..90).flat_map(|y| (0..400).map(move |x| (x, y)));
        assert!(!wall.clone().any(|(x, y)| bits.is_dark(x, y)));
    }
}
