//! QR codes in a black-and-white picture: two finders, one reader of what they find.
//!
//! rxing's port of the ZXing-C++ detector does nearly all the work; rqrr's finder reads others, so both are
//! asked. What either samples goes through one decoder, so that error correction, character sets and the rules
//! below hold for both. Micro QR codes (`micro.rs`) are looked for where a finder pattern stands alone; the
//! rectangular kind protects itself so little that it is found in plain noise, and nobody prints it.

use rqrr::BitGrid;
use rxing::common::cpp_essentials::ConcentricPattern;
use rxing::common::{BitMatrix, DetectorRXingResult};
use rxing::qrcode::cpp_port::decoder::Decode;
use rxing::qrcode::cpp_port::detector::{GenerateFinderPatternSets, SampleQR};

use crate::bits::Bits;
use crate::budget::{Budget, Work};
use crate::finders::Searched;
use crate::micro;
use crate::symbol::{Format, Found, Point};

/// More finder patterns than this are noise or a brick wall: a sheet of 42 labels has 126. The largest are kept.
pub(crate) const MOST_PATTERNS: usize = 130;
/// What is enough where the picture as it is has been searched already: the sets of three grow with the third power.
pub(crate) const FEWER_PATTERNS: usize = 60;

/// How many sets of three patterns may fail before a picture is given up.
const MOST_FAILURES: usize = 240;
/// What a set of three patterns costs that is no code at once, what reading costs of one that may be, and each of its
/// modules.
const SET: Work = 8_000;
const READING: Work = 35_000;
const MODULE: Work = 12;
/// What each pattern costs while sets of three are chosen, and a look for a Micro QR code round one.
const CHOICE: Work = 3_000;
const MICRO: Work = 10_000;

/// At how many of the largest patterns a Micro QR code is looked for, where there is no full one.
const MOST_MICRO: usize = 12;

/// The second finder takes time that grows with the square of the patterns; above this it is not asked.
const MOST_PATTERNS_FOR_SECOND: usize = 40;

/// Whether a picture holds more finder patterns than any sheet of labels: a floor of them, or noise.
pub(crate) fn is_crowded(searched: &Searched) -> bool {
    searched.patterns.len() > MOST_PATTERNS
}

/// Finds and reads all QR codes with the main finder, from the `most` largest finder patterns.
pub(crate) fn read(searched: &Searched, most: usize, budget: &mut Budget<'_>) -> Vec<Found> {
    let matrix = &searched.matrix;
    let mut patterns = searched.largest(most);
    let mut used: Vec<ConcentricPattern> = Vec::new();
    let mut failures = 0;
    let mut found = Vec::new();
    if !budget.spend(CHOICE * patterns.len() as Work) {
        return found;
    }
    for set in GenerateFinderPatternSets(&mut patterns) {
        if [&set.bl, &set.tl, &set.tr].iter().any(|pattern| used.contains(pattern)) {
            continue;
        }
        if failures >= MOST_FAILURES || !budget.spend(SET) {
            break;
        }
        let read = SampleQR(matrix, &set).ok().and_then(|sampled| {
            let side = Work::from(sampled.getBits().width());
            budget.spend(READING + MODULE * side * side);
            let text = text_of(sampled.getBits())?;
            // The library gives the lower left corner before the lower right one.
            let [upper_left, upper_right, lower_left, lower_right] =
                corners_of(sampled.getPoints().iter().map(|p| Point { x: p.x, y: p.y }))?;
            let corners = [upper_left, upper_right, lower_right, lower_left];
            Some(Found { text, format: Format::Qr, corners })
        });
        match read {
            Some(symbol) => {
                used.extend([set.bl, set.tl, set.tr]);
                found.push(symbol);
            }
            None => failures += 1,
        }
    }
    if found.is_empty() {
        let affordable = patterns.iter().take(MOST_MICRO).take_while(|_| budget.spend(MICRO));
        found.extend(affordable.filter_map(|pattern| micro::read(matrix, pattern)));
    }
    found
}

/// Finds QR codes with the second finder. Give it at most 640 pixels: on larger pictures it has been seen to
/// take many seconds. `searched` is the same picture as `bits`.
pub(crate) fn read_second(bits: &Bits, searched: &Searched) -> Vec<Found> {
    if searched.patterns.len() > MOST_PATTERNS_FOR_SECOND {
        return Vec::new();
    }
    let mut prepared =
        rqrr::PreparedImage::prepare_from_bitmap(bits.width, bits.height, |x, y| bits.is_dark(x, y));
    prepared
        .detect_grids()
        .iter()
        .filter_map(|grid| {
            let size = u32::try_from(grid.grid.size()).ok()?;
            let mut sampled = BitMatrix::new(size, size).ok()?;
            for y in 0..size {
                for x in 0..size {
                    if grid.grid.bit(usize::try_from(y).ok()?, usize::try_from(x).ok()?) {
                        sampled.set(x, y);
                    }
                }
            }
            let corners = grid.bounds.iter().map(|p| Point { x: p.x as f32, y: p.y as f32 });
            Some(Found { text: text_of(&sampled)?, format: Format::Qr, corners: corners_of(corners)? })
        })
        .collect()
}

pub(crate) fn corners_of(points: impl Iterator<Item = Point>) -> Option<[Point; 4]> {
    points.collect::<Vec<_>>().try_into().ok()
}

/// Reads the modules of one code.
///
/// A code that names no character set is UTF-8 if its bytes can be: that is what Thai labels are printed in,
/// and a guess by frequency, as the library makes it, takes short ones for Japanese. A part of a message that
/// is spread over several codes is no text of its own and is left out.
pub(crate) fn text_of(modules: &BitMatrix) -> Option<String> {
    let decoded = Decode(modules).ok()?;
    let complete = decoded.isValid() && decoded.structuredAppend().count <= 1;
    let content = decoded.content();
    let text = match std::str::from_utf8(content.bytes()) {
        Ok(text) if !content.has_eci => text.to_owned(),
        _ => content.to_string(),
    };
    (complete && !text.is_empty()).then_some(text)
}
