//! The ladder: which copies of the picture are tried, in which order, and when to stop.
//!
//! The order is that of what each rung read more than all before it, per millisecond, over 2,000 labelled
//! pictures. A rung gets its own copy of the picture, so a panic in one (see `lib.rs`) leaves the others whole.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::bits::threshold;
use crate::busy::{Part, busiest, part_at};
use crate::finders::Searched;
use crate::luma::{Luma, LumaBuf, at_most, doubled, sharpened, unblurred};
use crate::qr::{FEWER_PATTERNS, MOST_PATTERNS};
use crate::symbol::{Format, Found, Point, Step, Symbol, middle_of};
use crate::windows::box_blur;
use crate::{Effort, bars, grown, matrix, qr};

/// A camera frame is shrunk to this: enough for 2.5 pixels a module at arm's length, and no phone is too slow.
const CAMERA_PIXELS: usize = 1_280;
/// A photograph is shrunk to this before it is searched in full, so that memory stays bounded.
const PHOTO_PIXELS: usize = 2_560;
/// What Data Matrix is searched for in.
const SQUARES_PIXELS: usize = 960;
/// What is blown up to twice its size, and what is cut out of a large picture as it is: the busiest places.
const DOUBLED_PIXELS: usize = 480;
const CLOSE_PIXELS: usize = 960;
/// How often growing a grid may ask whether to go on. What was read of 700 hard pictures asked 48 times at most.
const MOST_GROWTH: u32 = 64;
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

    let camera = guarded(|| black_and_white(&capped, WINDOW));
    ladder.rung(Step::Camera, scale, |go_on| Some(qr::read(camera.as_ref()?, MOST_PATTERNS, go_on)));
    ladder.rung(Step::Lines, scale, |go_on| bars::along_axes(&capped, 24, &bars::QUICK, go_on));
    let second = |picture: &Luma<'_>| threshold(picture, SMALL_WINDOW).to_matrix();
    ladder.if_needed(Step::Squares, scale, |_| {
        Some(matrix::read(&camera.as_ref()?.matrix, false, || second(&capped)))
    });
    let (pixels, width, height, _) = at_most(&capped, SMALL_PIXELS);
    let Ok(small) = Luma::new(width, height, &pixels) else { return ladder.found };
    let small_scale = scale * shrinking(&capped, SMALL_PIXELS);
    let small_bits = ladder.wants_more().then(|| guarded(|| Some(threshold(&small, SMALL_WINDOW)))).flatten();
    let small_searched =
        small_bits.as_ref().and_then(|bits| guarded(|| Some(Searched::of(bits.to_matrix()?))));
    ladder.if_more(Step::HalfSize, small_scale, |go_on| {
        Some(qr::read(small_searched.as_ref()?, FEWER_PATTERNS, go_on))
    });
    ladder.if_needed(Step::Inverted, small_scale, |go_on| read_inverted(small_searched.as_ref()?, go_on));
    if effort == Effort::Frame {
        ladder.if_needed(Step::LinesAtAngles, scale, |go_on| {
            bars::across_slanting(&capped, &small, shrinking(&capped, SMALL_PIXELS), go_on)
        });
        return ladder.found;
    }

    let photo = (frame.longest_side() > CAMERA_PIXELS).then(|| at_most(frame, PHOTO_PIXELS));
    if let Some((pixels, width, height, scale)) = &photo {
        // A large picture may hold many small codes beside the one that was read.
        ladder.rung(Step::FullSize, *scale, |go_on| {
            let full = black_and_white(&Luma::new(*width, *height, pixels).ok()?, WINDOW)?;
            Some(qr::read(&full, MOST_PATTERNS, go_on))
        });
    }
    ladder.if_more(Step::HalfSize, small_scale, |_| {
        Some(qr::read_second(small_bits.as_ref()?, small_searched.as_ref()?))
    });
    ladder.if_needed(Step::Inverted, scale, |go_on| read_inverted(camera.as_ref()?, go_on));
    let sharp = ladder.wants_more().then(|| guarded(|| Some(sharpened(&capped, 3)))).flatten();
    let sharp_searched =
        sharp.as_ref().and_then(|sharp| guarded(|| black_and_white(&sharp.as_luma(), WINDOW)));
    ladder.if_more(Step::Sharpened, scale, |go_on| {
        Some(qr::read(sharp_searched.as_ref()?, FEWER_PATTERNS, go_on))
    });
    ladder.if_needed(Step::OneCorner, scale, |go_on| {
        Some(grown::read(&capped, camera.as_ref()?, &mut at_most_times(MOST_GROWTH, go_on)))
    });
    // A picture full of finder patterns of which none makes a code takes long at every rung, and is none.
    let is_crowded =
        ladder.found.is_empty() && guarded(|| Some(qr::is_crowded(camera.as_ref()?))).unwrap_or(false);
    if is_crowded {
        return ladder.found;
    }
    ladder.if_needed(Step::OneCorner, scale, |go_on| {
        let sharp = sharp.as_ref()?.as_luma();
        Some(grown::read(&sharp, sharp_searched.as_ref()?, &mut at_most_times(MOST_GROWTH, go_on)))
    });
    ladder.if_needed(Step::Squares, scale * shrinking(&capped, SQUARES_PIXELS), |_| {
        let (pixels, width, height, _) = at_most(&capped, SQUARES_PIXELS);
        let small = Luma::new(width, height, &pixels).ok()?;
        let matrix = threshold(&small, WINDOW).to_matrix()?;
        Some(matrix::read(&matrix, true, || second(&small)))
    });
    let third = (capped.longest_side() / 3).max(1);
    ladder.if_needed(Step::ThirdSize, scale * shrinking(&capped, third), |go_on| {
        let (pixels, width, height, _) = at_most(&capped, third);
        read_qr(&Luma::new(width, height, &pixels).ok()?, go_on)
    });
    if frame.longest_side() > PHOTO_PIXELS {
        for place in ladder.places(|| busiest(&capped, 2)) {
            ladder.if_needed(Step::FullSize, 1.0, |go_on| {
                let part = part_at(frame, Point { x: place.x * scale, y: place.y * scale }, CLOSE_PIXELS)?;
                Some(moved(read_qr(&part.picture.as_luma(), go_on)?, &part, 1.0))
            });
        }
    }
    // A large picture has been calmed by shrinking it.
    for radius in if photo.is_some() { 2..=2 } else { 1..=2 } {
        ladder.if_needed(Step::Calmed, scale, |go_on| {
            let calm = black_and_white(&box_blur(&capped, radius).as_luma(), WINDOW)?;
            let found = qr::read(&calm, FEWER_PATTERNS, go_on);
            if found.is_empty() { read_inverted(&calm, go_on) } else { Some(found) }
        });
    }
    for place in ladder.places(|| busiest(&capped, 1)) {
        for radius in [2, 3] {
            ladder.if_needed(Step::Unblurred, scale, |go_on| {
                let part = part_at(&capped, place, DOUBLED_PIXELS)?;
                let sharp = unblurred(&part.picture.as_luma(), radius);
                let searched = black_and_white(&sharp.as_luma(), WINDOW)?;
                let mut found = qr::read(&searched, FEWER_PATTERNS, go_on);
                if found.is_empty() {
                    let go_on = &mut at_most_times(MOST_GROWTH / 2, go_on);
                    found = grown::read(&sharp.as_luma(), &searched, go_on);
                }
                Some(moved(found, &part, 1.0))
            });
        }
    }
    ladder.if_needed(Step::LinesAtAngles, scale, |go_on| bars::at_angles(&capped, true, go_on));
    if photo.is_some() {
        ladder.if_needed(Step::LinesAtAngles, 1.0, |go_on| {
            let place = bars::likely_place(&capped)?;
            let part = part_at(frame, Point { x: place.x * scale, y: place.y * scale }, CLOSE_PIXELS)?;
            Some(moved(bars::at_angles(&part.picture.as_luma(), false, go_on)?, &part, 1.0))
        });
    }
    ladder.if_needed(Step::Inverted, scale, |go_on| read_inverted(sharp_searched.as_ref()?, go_on));
    if photo.is_none() {
        for place in ladder.places(|| busiest(&capped, 2)) {
            ladder.if_needed(Step::DoubleSize, 0.5, |go_on| {
                let part = part_at(&capped, place, DOUBLED_PIXELS)?;
                let large: LumaBuf = sharpened(&doubled(&part.picture.as_luma()).as_luma(), 3);
                Some(moved(read_qr(&large.as_luma(), go_on)?, &part, 2.0))
            });
        }
    }
    ladder.found
}

/// The same codes in the pixels of the picture that the part was cut from, `larger` times as large as it is.
fn moved(mut found: Vec<Found>, part: &Part, larger: f32) -> Vec<Found> {
    for corner in found.iter_mut().flat_map(|found| &mut found.corners) {
        corner.x += larger * part.left as f32;
        corner.y += larger * part.top as f32;
    }
    found
}

/// Asks `go_on`, but says no after so many times: a bound on work for pictures made to look like many codes.
fn at_most_times(most: u32, go_on: &mut dyn FnMut() -> bool) -> impl FnMut() -> bool {
    let mut left = most;
    move || {
        left = left.saturating_sub(1);
        left > 0 && go_on()
    }
}

fn black_and_white(picture: &Luma<'_>, window: usize) -> Option<Searched> {
    Some(Searched::of(threshold(picture, window).to_matrix()?))
}

fn read_inverted(searched: &Searched, go_on: &mut dyn FnMut() -> bool) -> Option<Vec<Found>> {
    let mut inverted = searched.matrix.clone();
    inverted.flip_self();
    Some(qr::read(&Searched::of(inverted), FEWER_PATTERNS, go_on))
}

fn shrinking(picture: &Luma<'_>, longest: usize) -> f32 {
    (picture.longest_side() as f32 / longest as f32).max(1.0)
}

fn read_qr(picture: &Luma<'_>, go_on: &mut dyn FnMut() -> bool) -> Option<Vec<Found>> {
    Some(qr::read(&black_and_white(picture, WINDOW)?, FEWER_PATTERNS, go_on))
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
    fn rung(
        &mut self,
        step: Step,
        scale: f32,
        rung: impl FnOnce(&mut dyn FnMut() -> bool) -> Option<Vec<Found>>,
    ) {
        if !(self.go_on)() {
            return;
        }
        for found in guarded(|| rung(self.go_on)).unwrap_or_default() {
            self.add(found, step, scale);
        }
    }

    /// Runs a rung if nothing has been found so far.
    fn if_needed(
        &mut self,
        step: Step,
        scale: f32,
        rung: impl FnOnce(&mut dyn FnMut() -> bool) -> Option<Vec<Found>>,
    ) {
        if self.found.is_empty() {
            self.rung(step, scale, rung);
        }
    }

    /// Runs a rung if nothing has been found so far, or so much that there may be more: three codes are a sheet or a
    /// shelf, of which one rung seldom reads all.
    fn if_more(
        &mut self,
        step: Step,
        scale: f32,
        rung: impl FnOnce(&mut dyn FnMut() -> bool) -> Option<Vec<Found>>,
    ) {
        if self.wants_more() {
            self.rung(step, scale, rung);
        }
    }

    /// Looks for places, if nothing has been found so far.
    fn places(&self, look: impl FnOnce() -> Vec<Point>) -> Vec<Point> {
        let look = self.found.is_empty().then_some(look);
        look.and_then(|look| guarded(|| Some(look()))).unwrap_or_default()
    }

    fn wants_more(&self) -> bool {
        self.found.is_empty() || self.found.len() >= 3
    }

    /// Keeps a symbol unless it is one already found. Bars seen within a QR code are its modules, not a bar code.
    fn add(&mut self, found: Found, step: Step, scale: f32) {
        let Found { text, format, corners } = found;
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

    fn found(text: &str, format: Format, corners: [Point; 4]) -> Found {
        Found { text: text.into(), format, corners }
    }

    #[test]
    fn a_panic_costs_the_rung_and_not_the_rest() {
        let mut go_on = || true;
        let mut ladder = Ladder { found: Vec::new(), go_on: &mut go_on };
        ladder.rung(Step::Camera, 1.0, |_| panic!("a detector fails"));
        let corners = [Point::default(); 4];
        ladder.rung(Step::HalfSize, 1.0, |_| Some(vec![found("M1", Format::Qr, corners)]));
        assert_eq!(ladder.found.len(), 1);
    }

    #[test]
    fn without_time_no_rung_is_run() {
        let mut go_on = || false;
        let mut ladder = Ladder { found: Vec::new(), go_on: &mut go_on };
        ladder.rung(Step::Camera, 1.0, |_| unreachable!("there is no time"));
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
        ladder.add(found("Q", Format::Qr, square(10.0, 10.0, 50.0)), Step::Camera, 2.0);
        ladder.add(found("12345670", Format::Ean8, square(30.0, 30.0, 10.0)), Step::Lines, 2.0);
        ladder.add(found("M-77", Format::Code128, square(80.0, 30.0, 10.0)), Step::Lines, 2.0);
        ladder.add(found("Q", Format::Qr, square(80.0, 80.0, 50.0)), Step::Camera, 2.0);
        let texts: Vec<_> = ladder.found.iter().map(|symbol| symbol.text.as_str()).collect();
        assert_eq!(texts, ["Q", "M-77", "Q"]);
        assert_eq!(ladder.found[0].corners[2], Point { x: 120.0, y: 120.0 });
    }
}
