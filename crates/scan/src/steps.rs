//! The ladder: which copies of the picture are tried, in which order, and when to stop.
//!
//! The order is that of what each rung read more than all before it, per millisecond, over 2,000 labelled
//! pictures. A rung gets its own copy of the picture, so a panic in one (see `lib.rs`) leaves the others whole.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rxing::common::BitMatrix;

use crate::bits::{Bits, threshold};
use crate::luma::{Luma, LumaBuf, at_most, doubled, middle, sharpened};
use crate::{Effort, Format, Point, Step, Symbol, bars, grown, matrix, qr};

/// A camera frame is shrunk to this: enough for 2.5 pixels a module at arm's length, and no phone is too slow.
const CAMERA_PIXELS: usize = 1_280;
/// A photograph is shrunk to this before it is searched in full, so that memory stays bounded.
const PHOTO_PIXELS: usize = 2_560;
/// What Data Matrix is searched for in.
const SQUARES_PIXELS: usize = 960;
/// What is blown up to twice its size: the middle of the picture, where people aim.
const DOUBLED_PIXELS: usize = 640;
/// What the second finder gets, and what a third of the size is a third of at most.
const SMALL_PIXELS: usize = 640;
/// The half width in pixels of the threshold's window for the main finder and for the second one.
const WINDOW: usize = 40;
const SMALL_WINDOW: usize = 16;

/// Climbs as far as the effort, the time and the need demand.
pub(crate) fn climb(frame: &Luma<'_>, effort: Effort, go_on: &mut dyn FnMut() -> bool) -> Vec<Symbol> {
    let (pixels, width, height, scale) = at_most(frame, CAMERA_PIXELS);
    let Ok(capped) = Luma::new(width, height, &pixels) else { return Vec::new() };
    let mut ladder = Ladder { found: Vec::new(), go_on };

    let matrix = guarded(|| threshold(&capped, WINDOW).to_matrix());
    ladder.qr(Step::Camera, scale, |go_on| Some(qr::read(matrix.as_ref()?, go_on)));
    ladder.bars(Step::Lines, scale, |go_on| bars::along_axes(&capped, 24, &bars::QUICK, go_on));
    let second = |picture: &Luma<'_>| threshold(picture, SMALL_WINDOW).to_matrix();
    ladder.matrix_if_needed(Step::Squares, scale, |_| {
        Some(matrix::read(matrix.as_ref()?, false, || second(&capped)))
    });
    if effort == Effort::Frame {
        return ladder.found;
    }

    let is_large = frame.longest_side() > CAMERA_PIXELS;
    let photo = (is_large && ladder.found.is_empty()).then(|| at_most(frame, PHOTO_PIXELS));
    if let Some((pixels, width, height, scale)) = &photo {
        ladder.qr_if_needed(Step::FullSize, *scale, |go_on| {
            read_qr(&threshold(&Luma::new(*width, *height, pixels).ok()?, WINDOW), go_on)
        });
    }
    ladder.qr_if_needed(Step::HalfSize, scale * shrinking(&capped, SMALL_PIXELS), |_| {
        let (pixels, width, height, _) = at_most(&capped, SMALL_PIXELS);
        let bits = threshold(&Luma::new(width, height, &pixels).ok()?, SMALL_WINDOW);
        Some(qr::read_second(&bits, &bits.to_matrix()?))
    });
    ladder.qr_if_needed(Step::Sharpened, scale, |go_on| {
        read_qr(&threshold(&sharpened(&capped, 3).as_luma(), WINDOW), go_on)
    });
    ladder.qr_if_needed(Step::OneCorner, scale, |go_on| Some(grown::read(&capped, matrix.as_ref()?, go_on)));
    ladder.matrix_if_needed(Step::Squares, scale * shrinking(&capped, SQUARES_PIXELS), |_| {
        let (pixels, width, height, _) = at_most(&capped, SQUARES_PIXELS);
        let small = Luma::new(width, height, &pixels).ok()?;
        let matrix = threshold(&small, WINDOW).to_matrix()?;
        Some(matrix::read(&matrix, true, || second(&small)))
    });
    let third = (capped.longest_side() / 3).max(1);
    ladder.qr_if_needed(Step::ThirdSize, scale * shrinking(&capped, third), |go_on| {
        let (pixels, width, height, _) = at_most(&capped, third);
        read_qr(&threshold(&Luma::new(width, height, &pixels).ok()?, WINDOW), go_on)
    });
    ladder.bars_if_needed(Step::LinesAtAngles, scale, |go_on| bars::at_angles(&capped, go_on));
    if let Some((pixels, width, height, scale)) = &photo {
        ladder.bars_if_needed(Step::LinesAtAngles, *scale, |go_on| {
            let full = Luma::new(*width, *height, pixels).ok()?;
            bars::along_axes(&full, 64, &bars::THOROUGH, go_on)
        });
    }
    ladder.qr_if_needed(Step::Inverted, scale, |go_on| {
        let mut inverted = matrix.clone()?;
        inverted.flip_self();
        Some(qr::read(&inverted, go_on))
    });
    if frame.longest_side() <= CAMERA_PIXELS {
        ladder.qr_if_needed(Step::DoubleSize, scale / 2.0, |go_on| {
            let (part, left, top) = middle(&capped, DOUBLED_PIXELS)?;
            let large: LumaBuf = sharpened(&doubled(&part.as_luma()).as_luma(), 3);
            let mut found = read_qr(&threshold(&large.as_luma(), WINDOW), go_on)?;
            for corner in found.iter_mut().flat_map(|found| &mut found.corners) {
                *corner = Point { x: corner.x + 2.0 * left as f32, y: corner.y + 2.0 * top as f32 };
            }
            Some(found)
        });
    }
    ladder.found
}

fn shrinking(picture: &Luma<'_>, longest: usize) -> f32 {
    (picture.longest_side() as f32 / longest as f32).max(1.0)
}

fn read_qr(bits: &Bits, go_on: &mut dyn FnMut() -> bool) -> Option<Vec<qr::Found>> {
    let matrix: BitMatrix = bits.to_matrix()?;
    Some(qr::read(&matrix, go_on))
}

/// Runs one rung; a panic in it counts as nothing found.
fn guarded<T>(rung: impl FnOnce() -> Option<T>) -> Option<T> {
    // Asserting is right: a rung that panicked leaves only its own copies behind, and they are dropped.
    catch_unwind(AssertUnwindSafe(rung)).ok().flatten()
}

/// What has been found, and the caller's word on whether there is time.
struct Ladder<'a> {
    found: Vec<Symbol>,
    go_on: &'a mut dyn FnMut() -> bool,
}

impl Ladder<'_> {
    /// Runs a rung whose pixels are `scale` pixels of the caller's picture wide.
    fn qr(
        &mut self,
        step: Step,
        scale: f32,
        rung: impl FnOnce(&mut dyn FnMut() -> bool) -> Option<Vec<qr::Found>>,
    ) {
        if !(self.go_on)() {
            return;
        }
        for found in guarded(|| rung(self.go_on)).unwrap_or_default() {
            self.add(found.text, Format::Qr, found.corners, step, scale);
        }
    }

    fn matrix_if_needed(
        &mut self,
        step: Step,
        scale: f32,
        rung: impl FnOnce(&mut dyn FnMut() -> bool) -> Option<Vec<qr::Found>>,
    ) {
        if !self.found.is_empty() || !(self.go_on)() {
            return;
        }
        for found in guarded(|| rung(self.go_on)).unwrap_or_default() {
            self.add(found.text, Format::DataMatrix, found.corners, step, scale);
        }
    }

    fn bars(
        &mut self,
        step: Step,
        scale: f32,
        rung: impl FnOnce(&mut dyn FnMut() -> bool) -> Option<Vec<bars::Found>>,
    ) {
        if !(self.go_on)() {
            return;
        }
        for found in guarded(|| rung(self.go_on)).unwrap_or_default() {
            self.add(found.text, found.format, found.corners, step, scale);
        }
    }

    fn qr_if_needed(
        &mut self,
        step: Step,
        scale: f32,
        rung: impl FnOnce(&mut dyn FnMut() -> bool) -> Option<Vec<qr::Found>>,
    ) {
        if self.found.is_empty() {
            self.qr(step, scale, rung);
        }
    }

    fn bars_if_needed(
        &mut self,
        step: Step,
        scale: f32,
        rung: impl FnOnce(&mut dyn FnMut() -> bool) -> Option<Vec<bars::Found>>,
    ) {
        if self.found.is_empty() {
            self.bars(step, scale, rung);
        }
    }

    /// Keeps a symbol unless it is one already found. Bars seen within a QR code are its modules, not a bar code.
    fn add(&mut self, text: String, format: Format, corners: [Point; 4], step: Step, scale: f32) {
        let corners = corners.map(|corner| Point { x: corner.x * scale, y: corner.y * scale });
        let middle = middle_of(&corners);
        let is_known = self.found.iter().any(|known| {
            let is_part = known.format == Format::Qr && format != Format::Qr;
            let is_same = known.format == format && known.text == text;
            (is_part || is_same) && box_holds(&known.corners, middle)
        });
        if !is_known {
            self.found.push(Symbol { text, format, corners, found_by: step });
        }
    }
}

fn middle_of(corners: &[Point; 4]) -> Point {
    let sum = corners.iter().fold(Point::default(), |sum, p| Point { x: sum.x + p.x, y: sum.y + p.y });
    Point { x: sum.x / 4.0, y: sum.y / 4.0 }
}

fn box_holds(corners: &[Point; 4], point: Point) -> bool {
    let spans = |along: fn(&Point) -> f32| {
        let least = corners.iter().map(along).fold(f32::INFINITY, f32::min);
        let most = corners.iter().map(along).fold(f32::NEG_INFINITY, f32::max);
        (least..=most).contains(&along(&point))
    };
    spans(|p| p.x) && spans(|p| p.y)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_costs_the_rung_and_not_the_rest() {
        let mut go_on = || true;
        let mut ladder = Ladder { found: Vec::new(), go_on: &mut go_on };
        ladder.qr(Step::Camera, 1.0, |_| panic!("a detector fails"));
        let corners = [Point::default(); 4];
        ladder.qr(Step::HalfSize, 1.0, |_| Some(vec![qr::Found { text: "M1".into(), corners }]));
        assert_eq!(ladder.found.len(), 1);
    }

    #[test]
    fn without_time_no_rung_is_run() {
        let mut go_on = || false;
        let mut ladder = Ladder { found: Vec::new(), go_on: &mut go_on };
        ladder.qr(Step::Camera, 1.0, |_| unreachable!("there is no time"));
        assert!(ladder.found.is_empty());
    }

    #[test]
    fn a_bar_code_within_a_qr_code_is_its_modules() {
        let square = |x: f32, y: f32, side: f32| {
            let at = |dx, dy| Point { x: x + dx * side, y: y + dy * side };
            [at(0.0, 0.0), at(1.0, 0.0), at(1.0, 1.0), at(0.0, 1.0)]
        };
        let mut go_on = || true;
        let mut ladder = Ladder { found: Vec::new(), go_on: &mut go_on };
        ladder.add("Q".into(), Format::Qr, square(10.0, 10.0, 50.0), Step::Camera, 2.0);
        ladder.add("12345670".into(), Format::Ean8, square(30.0, 30.0, 10.0), Step::Lines, 2.0);
        ladder.add("M-77".into(), Format::Code128, square(80.0, 30.0, 10.0), Step::Lines, 2.0);
        ladder.add("Q".into(), Format::Qr, square(80.0, 80.0, 50.0), Step::Camera, 2.0);
        let texts: Vec<_> = ladder.found.iter().map(|symbol| symbol.text.as_str()).collect();
        assert_eq!(texts, ["Q", "M-77", "Q"]);
        assert_eq!(ladder.found[0].corners[2], Point { x: 120.0, y: 120.0 });
    }
}
