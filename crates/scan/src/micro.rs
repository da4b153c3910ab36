//! Micro QR codes: the small squares with one finder pattern that makers print on parts too small for a label.
//!
//! Their error correction is so short that it accepts noise now and then (the smallest corrects nothing at all).
//! What protects a reading is the frame: the finder pattern with its rim, two lines of timing from the pattern to
//! the far edges, and light all round. A code of which these are not whole is not believed, and the format is a
//! weak one ([`crate::Format::is_weak`]).

use rxing::common::cpp_essentials::ConcentricPattern;
use rxing::common::{BitMatrix, DetectorRXingResult};
use rxing::qrcode::cpp_port::detector::SampleMQR;

use crate::qr::{corners_of, text_of};
use crate::symbol::{Format, Found, Point};

/// The modules along a side of M1 and M4.
const SIDES: std::ops::RangeInclusive<u32> = 11..=17;
/// How many modules of finder, rim and timing may be wrong.
const MOST_WRONG: usize = 2;
/// The greatest share of dark pixels along the line of light one module outside the code.
const MOST_DARK: f32 = 0.08;

/// Reads the Micro QR code whose finder pattern this is.
pub(crate) fn read(matrix: &BitMatrix, pattern: &ConcentricPattern) -> Option<Found> {
    let sampled = SampleMQR(matrix, *pattern).ok()?;
    let bits = sampled.getBits();
    let side = bits.width();
    if !SIDES.contains(&side) || wrong_modules(bits) > MOST_WRONG {
        return None;
    }
    // The library gives the lower left corner before the lower right one.
    let [upper_left, upper_right, lower_left, lower_right] =
        corners_of(sampled.getPoints().iter().map(|p| Point { x: p.x, y: p.y }))?;
    let corners = [upper_left, upper_right, lower_right, lower_left];
    if dark_around(matrix, &corners, side) > MOST_DARK {
        return None;
    }
    Some(Found { text: text_of(bits)?, format: Format::MicroQr, corners })
}

/// How many modules of the finder pattern, its rim and the timing are not what they have to be.
fn wrong_modules(bits: &BitMatrix) -> usize {
    let side = bits.width();
    let corner = (0..8).flat_map(|row| (0..8).map(move |column| (column, row)));
    let timing = (8..side).flat_map(|at| [(at, 0), (0, at)]);
    corner
        .chain(timing)
        .filter(|(column, row)| {
            let wanted = match (*column, *row) {
                (..8, ..8) => {
                    let ring = column.abs_diff(3).max(row.abs_diff(3));
                    ring <= 1 || ring == 3
                }
                (along, 0) | (0, along) => along % 2 == 0,
                _ => return false,
            };
            bits.get(*column, *row) != wanted
        })
        .count()
}

/// The share of dark pixels on a line one module outside of the four edges; what lies outside the picture is light.
fn dark_around(matrix: &BitMatrix, corners: &[Point; 4], side: u32) -> f32 {
    const SAMPLES: u8 = 40;
    let [a, b, c, d] = *corners;
    let middle = crate::symbol::middle_of(corners);
    // One module beyond an edge is so much farther from the middle than the edge itself.
    let out = 1.0 + 2.0 / side as f32;
    let (mut dark, mut seen) = (0u16, 0u16);
    for (from, to) in [(a, b), (b, c), (c, d), (d, a)] {
        for sample in 0..=SAMPLES {
            let part = f32::from(sample) / f32::from(SAMPLES);
            let (x, y) = (from.x + (to.x - from.x) * part, from.y + (to.y - from.y) * part);
            let (x, y) = (middle.x + (x - middle.x) * out, middle.y + (y - middle.y) * out);
            if x >= 0.0 && y >= 0.0 && (x as u32) < matrix.width() && (y as u32) < matrix.height() {
                dark += u16::from(matrix.get(x as u32, y as u32));
            }
            seen += 1;
        }
    }
    f32::from(dark) / f32::from(seen.max(1))
}
