//! Data Matrix: the small squares that makers of meters and lamps print or engrave beside their serial numbers.
//!
//! rxing's port of the ZXing-C++ detector follows the solid edges of the square. The smallest sizes are protected
//! so little that noise passes for one now and then, so those must read the same in two black-and-white pictures
//! of different windows. From 14 modules on, error correction has the word.

use rxing::common::{BitMatrix, DetectorRXingResult};
use rxing::datamatrix::decoder::Decoder;
use rxing::datamatrix::detector::zxing_cpp_detector::detect;

use crate::symbol::{Format, Found, Point};

/// The least number of modules along the shorter side that is believed at once.
const LEAST_BELIEVED: u32 = 14;

/// Reads the squares in a picture. With `everywhere` it is searched in full, otherwise along the lines through its
/// middle, where people aim. `second` gives the same picture with another window, and is asked only if need be.
pub(crate) fn read(
    matrix: &BitMatrix,
    everywhere: bool,
    second: impl FnOnce() -> Option<BitMatrix>,
) -> Vec<Found> {
    let (sure, doubtful): (Vec<_>, Vec<_>) = readings(matrix, everywhere)
        .into_iter()
        .partition(|(_, shorter_side)| *shorter_side >= LEAST_BELIEVED);
    let mut found: Vec<Found> = sure.into_iter().map(|(found, _)| found).collect();
    if !doubtful.is_empty() {
        let agreeing = second().map(|matrix| readings(&matrix, everywhere)).unwrap_or_default();
        found.extend(
            doubtful
                .into_iter()
                .map(|(found, _)| found)
                .filter(|doubtful| agreeing.iter().any(|(other, _)| other.text == doubtful.text)),
        );
    }
    found
}

fn readings(matrix: &BitMatrix, everywhere: bool) -> Vec<(Found, u32)> {
    let decoder = Decoder::new();
    let mut found: Vec<(Found, u32)> = Vec::new();
    for symbol in detect(matrix, everywhere, true).unwrap_or_default() {
        let bits = symbol.getBits();
        let shorter_side = bits.width().min(bits.height());
        let Ok(decoded) = decoder.decode(bits) else { continue };
        let text = decoded.getText().to_owned();
        let points = symbol.getPoints().iter().map(|point| Point { x: point.x, y: point.y });
        let Ok(corners) = <[Point; 4]>::try_from(points.collect::<Vec<_>>()) else { continue };
        if !text.is_empty() && found.iter().all(|(known, _)| known.text != text) {
            found.push((Found { text, format: Format::DataMatrix, corners }, shorter_side));
        }
    }
    found
}
