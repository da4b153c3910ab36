//! Grey pictures: what the decoder takes, and the copies of it (smaller, larger, sharper) that it tries.
//!
//! Light and dark is all a code consists of, so colour is dropped at the door. A [`Luma`] can only be made
//! with as many bytes as it claims to have, and [`MAX_PIXELS`] bounds time and memory for every later step.

use std::borrow::Cow;

use crate::windows::{box_blur, narrow_quotient};

/// The most pixels a picture may have: 64 million, the largest photograph that phones of today take unasked.
pub const MAX_PIXELS: usize = 64_000_000;

/// Why a picture was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadPicture {
    /// Width or height is 0.
    Empty,
    /// More than [`MAX_PIXELS`].
    TooLarge,
    /// Fewer bytes than width and height promise.
    TooShort,
}

impl std::fmt::Display for BadPicture {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Empty => "the picture has no pixels",
            Self::TooLarge => "the picture has more pixels than can be searched",
            Self::TooShort => "the picture has fewer bytes than its width and height say",
        })
    }
}

impl std::error::Error for BadPicture {}

/// A grey picture, one byte a pixel (0 black, 255 white), row after row from the upper left corner.
#[derive(Debug, Clone, Copy)]
pub struct Luma<'a> {
    width: usize,
    height: usize,
    pixels: &'a [u8],
}

impl<'a> Luma<'a> {
    /// Takes width and height in pixels and at least `width * height` bytes; what follows them is ignored.
    pub fn new(width: usize, height: usize, pixels: &'a [u8]) -> Result<Self, BadPicture> {
        let count = checked_count(width, height)?;
        let pixels = pixels.get(..count).ok_or(BadPicture::TooShort)?;
        Ok(Self { width, height, pixels })
    }

    /// Width in pixels, at least 1.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Height in pixels, at least 1.
    pub fn height(&self) -> usize {
        self.height
    }

    /// All pixels, exactly `width * height` of them.
    pub fn pixels(&self) -> &'a [u8] {
        self.pixels
    }

    /// One row; empty below the picture.
    pub(crate) fn row(&self, y: usize) -> &'a [u8] {
        let start = y.saturating_mul(self.width);
        self.pixels.get(start..start.saturating_add(self.width)).unwrap_or_default()
    }

    /// One pixel; white outside the picture, as a quiet zone is.
    pub(crate) fn at(&self, x: usize, y: usize) -> u8 {
        self.row(y).get(x).copied().unwrap_or(u8::MAX)
    }

    pub(crate) fn longest_side(&self) -> usize {
        self.width.max(self.height)
    }
}

/// A grey picture that owns its bytes.
#[derive(Debug, Clone)]
pub struct LumaBuf {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl LumaBuf {
    /// Takes width and height in pixels and at least `width * height` bytes.
    pub fn new(width: usize, height: usize, mut pixels: Vec<u8>) -> Result<Self, BadPicture> {
        let count = checked_count(width, height)?;
        if pixels.len() < count {
            return Err(BadPicture::TooShort);
        }
        pixels.truncate(count);
        Ok(Self { width, height, pixels })
    }

    /// Another picture of the same size, for the given pixels, of which there are as many.
    pub(crate) fn like(picture: &Luma<'_>, pixels: Vec<u8>) -> Self {
        Self { width: picture.width, height: picture.height, pixels }
    }

    /// The same picture, borrowed.
    pub fn as_luma(&self) -> Luma<'_> {
        Luma { width: self.width, height: self.height, pixels: &self.pixels }
    }

    /// Gives the bytes back, to be used again for the next frame.
    pub fn into_pixels(self) -> Vec<u8> {
        self.pixels
    }
}

fn checked_count(width: usize, height: usize) -> Result<usize, BadPicture> {
    match width.checked_mul(height) {
        Some(0) => Err(BadPicture::Empty),
        Some(count) if count <= MAX_PIXELS => Ok(count),
        _ => Err(BadPicture::TooLarge),
    }
}

/// Turns the bytes of a canvas (red, green, blue, opacity) into a grey picture.
///
/// What is see-through counts as white, because the label that an application draws has nothing behind it.
pub fn luma_from_rgba(width: usize, height: usize, rgba: &[u8]) -> Result<LumaBuf, BadPicture> {
    let count = checked_count(width, height)?;
    let (quads, _) = rgba.as_chunks::<4>();
    let quads = quads.get(..count).ok_or(BadPicture::TooShort)?;
    let pixels = quads
        .iter()
        .map(|&[red, green, blue, opacity]| {
            // Weights of ITU-R BT.601 in 256ths.
            let grey = (77 * u32::from(red) + 150 * u32::from(green) + 29 * u32::from(blue)) >> 8;
            let opacity = u32::from(opacity);
            narrow((grey * opacity + 255 * (255 - opacity)) / 255)
        })
        .collect();
    Ok(LumaBuf { width, height, pixels })
}

/// A value that is known to be at most 255, as a byte.
fn narrow(value: u32) -> u8 {
    u8::try_from(value).unwrap_or(u8::MAX)
}

/// A picture that fits in `longest` pixels, and the factor from its pixels to those of the original.
pub(crate) fn at_most<'a>(picture: &Luma<'a>, longest: usize) -> (Cow<'a, [u8]>, usize, usize, f32) {
    let side = picture.longest_side();
    if side <= longest {
        return (Cow::Borrowed(picture.pixels), picture.width, picture.height, 1.0);
    }
    let (width, height) = ((picture.width * longest / side).max(1), (picture.height * longest / side).max(1));
    let pixels = shrink(picture, width, height);
    (Cow::Owned(pixels), width, height, side as f32 / longest as f32)
}

/// Shrinks by averaging the area that each new pixel covers, so that fine patterns grey out instead of turning
/// into false bars.
fn shrink(picture: &Luma<'_>, width: usize, height: usize) -> Vec<u8> {
    let across = spans(picture.width, width);
    let down = spans(picture.height, height);
    let longest = across.iter().map(std::ops::Range::len).max().unwrap_or(1);
    let mut totals = Vec::with_capacity(picture.width + 1);
    let mut out = Vec::with_capacity(width * height);
    // Down the columns first, which the processor does for many at once.
    let mut columns = vec![0u32; picture.width];
    for span in &down {
        columns.fill(0);
        for y in span.clone() {
            columns.iter_mut().zip(picture.row(y)).for_each(|(sum, pixel)| *sum += u32::from(*pixel));
        }
        let rows = u32::try_from(span.len()).unwrap_or(1);
        if picture.width == 2 * width && rows == 2 {
            // A frame of 1,280 pixels to one of 640, many times a second.
            out.extend(
                columns.as_chunks::<2>().0.iter().map(|[left, right]| narrow((left + right + 2) >> 2)),
            );
            continue;
        }
        // By length of a stretch: half of the pixels, to round by, and what to multiply with instead of dividing.
        let shares: Vec<(u64, u64)> = (0..=longest)
            .map(|length| {
                let count = u64::from(rows) * u64::try_from(length).unwrap_or(1).max(1);
                (count / 2, (1u64 << 40).div_ceil(count))
            })
            .collect();
        // A stretch's sum is the difference of two sums from the row's start, which may run over and back.
        totals.clear();
        totals.push(0);
        totals.extend(columns.iter().scan(0u32, |total, column| {
            *total = total.wrapping_add(*column);
            Some(*total)
        }));
        let total = |at: usize| totals.get(at).copied().unwrap_or_default();
        out.extend(across.iter().map(|part| {
            let sum = total(part.end).wrapping_sub(total(part.start));
            let (half, reciprocal) = shares.get(part.len()).copied().unwrap_or_default();
            narrow_quotient((u64::from(sum) + half) * reciprocal)
        }));
    }
    out
}

/// A quarter of the size, by averaging squares of four by four pixels. Those at the far edges may be smaller.
pub(crate) fn quartered(picture: &Luma<'_>) -> LumaBuf {
    let mut pixels = Vec::with_capacity(picture.pixels.len() / 16 + picture.width + picture.height);
    let mut columns = vec![0u32; picture.width];
    for band in picture.pixels.chunks(4 * picture.width) {
        columns.fill(0);
        for row in band.chunks(picture.width) {
            columns.iter_mut().zip(row).for_each(|(sum, pixel)| *sum += u32::from(*pixel));
        }
        let rows = u32::try_from(band.len() / picture.width).unwrap_or(1);
        pixels.extend(columns.chunks(4).map(|four| {
            let count = rows * u32::try_from(four.len()).unwrap_or(1);
            narrow((four.iter().sum::<u32>() + count / 2) / count.max(1))
        }));
    }
    LumaBuf { width: picture.width.div_ceil(4), height: picture.height.div_ceil(4), pixels }
}

/// Cuts `from` pixels into `to` neighbouring stretches that together cover all, each at least one long. Where
/// the ratio is no whole number, stretches overlap by a pixel rather than leave one out.
fn spans(from: usize, to: usize) -> Vec<std::ops::Range<usize>> {
    (0..to)
        .map(|i| {
            let start = i * from / to;
            let end = ((i + 1) * from).div_ceil(to).clamp(start + 1, from.max(start + 1));
            start..end
        })
        .collect()
}

/// Twice the size, by weighing the four nearest pixels 9:3:3:1, which keeps edges straight.
pub(crate) fn doubled(picture: &Luma<'_>) -> LumaBuf {
    let (width, height) = (picture.width * 2, picture.height * 2);
    let mut pixels = Vec::with_capacity(width * height);
    let last = picture.height.saturating_sub(1);
    for y in 0..height {
        let near = picture.row(y / 2);
        let far_y = if y % 2 == 0 { (y / 2).saturating_sub(1) } else { (y / 2 + 1).min(last) };
        let blended: Vec<u32> = near
            .iter()
            .zip(picture.row(far_y))
            .map(|(near, far)| 3 * u32::from(*near) + u32::from(*far))
            .collect();
        for (x, here) in blended.iter().enumerate() {
            let left = blended.get(x.wrapping_sub(1)).unwrap_or(here);
            let right = blended.get(x + 1).unwrap_or(here);
            pixels.push(narrow((3 * here + left + 8) >> 4));
            pixels.push(narrow((3 * here + right + 8) >> 4));
        }
    }
    LumaBuf { width, height, pixels }
}

/// Unsharp mask: adds what two box blurs would take away, one and a half times. It brings back edges
/// that a lens out of focus or a shaking hand has washed out.
pub(crate) fn sharpened(picture: &Luma<'_>, radius: usize) -> LumaBuf {
    let blurred = box_blur(picture, radius);
    let blurred = box_blur(&blurred.as_luma(), radius.div_ceil(2));
    let pixels = picture
        .pixels
        .iter()
        .zip(&blurred.pixels)
        .map(|(sharp, soft)| {
            let (sharp, soft) = (i16::from(*sharp), i16::from(*soft));
            let value = sharp + (sharp - soft) * 3 / 2;
            u8::try_from(value.clamp(0, 255)).unwrap_or(u8::MAX)
        })
        .collect();
    LumaBuf { width: picture.width, height: picture.height, pixels }
}

/// How often the blur that is left is taken off. Each time brings back finer detail, and more of the noise.
const ROUNDS: usize = 10;

/// Takes off the blur of two boxes of this radius, which is nearly a bell of one radius' standard deviation: gives what,
/// blurred so, would be the picture (Van Cittert's iteration, kept within black and white). Where [`sharpened`] brings
/// back edges, this brings back single modules that a lens out of focus has spread over two.
pub(crate) fn unblurred(picture: &Luma<'_>, radius: usize) -> LumaBuf {
    let mut sharp = LumaBuf { width: picture.width, height: picture.height, pixels: picture.pixels.to_vec() };
    for _ in 0..ROUNDS {
        let soft = box_blur(&box_blur(&sharp.as_luma(), radius).as_luma(), radius);
        for ((sharp, seen), soft) in sharp.pixels.iter_mut().zip(picture.pixels).zip(&soft.pixels) {
            let value = i16::from(*sharp) + i16::from(*seen) - i16::from(*soft);
            *sharp = u8::try_from(value.clamp(0, 255)).unwrap_or(u8::MAX);
        }
    }
    sharp
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_needs_its_bytes() {
        assert_eq!(Luma::new(0, 5, &[]).unwrap_err(), BadPicture::Empty);
        assert_eq!(Luma::new(2, 2, &[0; 3]).unwrap_err(), BadPicture::TooShort);
        assert_eq!(Luma::new(usize::MAX, 2, &[0; 3]).unwrap_err(), BadPicture::TooLarge);
        assert_eq!(Luma::new(8_001, 8_000, &[0; 3]).unwrap_err(), BadPicture::TooLarge);
        assert_eq!(Luma::new(2, 2, &[0; 9]).unwrap().pixels().len(), 4);
        assert_eq!(luma_from_rgba(1, 2, &[0; 7]).unwrap_err(), BadPicture::TooShort);
    }

    #[test]
    fn canvas_colours_become_grey_and_see_through_becomes_white() {
        let rgba = [0, 0, 0, 255, 255, 255, 255, 255, 0, 0, 0, 0, 255, 0, 0, 255];
        assert_eq!(luma_from_rgba(4, 1, &rgba).unwrap().into_pixels(), [0, 255, 255, 76]);
    }

    #[test]
    fn a_blur_that_is_known_can_be_taken_off() {
        // Modules of four pixels, blurred until the single ones hardly differ from their neighbours.
        let is_dark = |x: usize, y: usize| (x / 4 * 7 + y / 4 * 3 + x / 4 * (y / 4)) % 5 < 2;
        let pixels = (0..160 * 160).map(|i| if is_dark(i % 160, i / 160) { 60 } else { 190 }).collect();
        let drawn = LumaBuf::new(160, 160, pixels).unwrap();
        let soft = box_blur(&box_blur(&drawn.as_luma(), 2).as_luma(), 2);
        let wrong = |picture: &LumaBuf| {
            let at = |x, y| picture.as_luma().at(4 * x + 2, 4 * y + 2) < 125;
            (5..35)
                .flat_map(|x| (5..35).map(move |y| (x, y)))
                .filter(|(x, y)| at(*x, *y) != is_dark(4 * x, 4 * y))
                .count()
        };
        let (before, after) = (wrong(&soft), wrong(&unblurred(&soft.as_luma(), 2)));
        assert!(before > 30 && after < before / 10, "{before} wrong modules, then {after}");
    }

    #[test]
    fn shrinking_keeps_the_mean_and_doubling_keeps_the_picture() {
        let flat = LumaBuf::new(50, 30, vec![77; 1500]).unwrap();
        let (pixels, width, height, scale) = at_most(&flat.as_luma(), 20);
        assert_eq!((width, height, scale), (20, 12, 2.5));
        assert!(pixels.iter().all(|p| *p == 77));
        let twice = doubled(&flat.as_luma());
        assert_eq!((twice.width, twice.height), (100, 60));
        assert!(twice.pixels.iter().all(|p| *p == 77));
        let sharp = sharpened(&flat.as_luma(), 3);
        assert!(sharp.pixels.iter().all(|p| *p == 77));
    }
}
