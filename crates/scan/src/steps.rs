//! The ladder: which copies of the picture are tried, in which order, and when to stop.
//!
//! The order is that of what each rung read more than all before it, per millisecond, over 1,100 labelled pictures
//! (`tests/scan`); what a rung costs is counted (`budget.rs`), and one that costs more than is left is not begun. A rung
//! gets its own copy of the picture, so a panic in one (see `lib.rs`) leaves the others whole.

use crate::bars::{Directions, Passes};
use crate::bits::{Bits, threshold};
use crate::budget::{Budget, MILLISECOND, Work, per_pixel};
use crate::busy::{Part, busiest, part_at};
use crate::finders::Searched;
use crate::ladder::{Ladder, Rung, guarded};
use crate::luma::{Luma, LumaBuf, at_most, doubled, sharpened, unblurred};
use crate::qr::{FEWER_PATTERNS, MOST_PATTERNS};
use crate::symbol::{Found, Point, Step, Symbol};
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
/// What the second finder gets, and what a third of the size is a third of at most.
const SMALL_PIXELS: usize = 640;
/// The half width in pixels of the threshold's window for the main finder and for the second one.
const WINDOW: usize = 40;
const SMALL_WINDOW: usize = 16;

/// What a frame and a still may cost: the next frame comes anyway, and a photograph is waited for. One that is larger
/// than a frame is searched in parts of its full size early, and what then is left of the ladder reads little of it.
const FRAME_WORK: Work = 25 * MILLISECOND;
const STILL_WORK: Work = 360 * MILLISECOND;
const LARGE_WORK: Work = 175 * MILLISECOND;
/// What growing grids may cost of it, each time: what all but a few of 184 codes that were read so took, several times.
const GROWTH_WORK: Work = 100 * MILLISECOND;
const UNBLURRED_GROWTH_WORK: Work = 60 * MILLISECOND;

/// What is done to pixels, in nanoseconds each, measured: shrinking counts those of the large picture.
const SHRINK: Work = 2;
const SEARCH: Work = 5;
const SHARPEN: Work = 3;
const SECOND: Work = 14;
const SQUARES_IN_MIDDLE: Work = 1;
const SQUARES: Work = 25;
const FLIP: Work = 2;
const DIRECTIONS: Work = 2;
const BUSIEST: Work = 1;
const UNBLUR: Work = 40;
const DOUBLE: Work = 40;

/// The picture as a camera sees it and smaller, each in black and white, too.
struct Views<'a> {
    capped: Luma<'a>,
    /// How many pixels of the caller's picture one of these is wide.
    scale: f32,
    camera: Option<Searched>,
    small: Luma<'a>,
    small_scale: f32,
    small_bits: Option<Bits>,
    small_searched: Option<Searched>,
}

/// Climbs as far as the effort, the time and the need demand.
pub(crate) fn climb(frame: &Luma<'_>, effort: Effort, go_on: &mut dyn FnMut() -> bool) -> Vec<Symbol> {
    climb_with(most_work(frame, effort), frame, effort, go_on)
}

fn most_work(frame: &Luma<'_>, effort: Effort) -> Work {
    match effort {
        Effort::Frame => FRAME_WORK,
        Effort::Still if frame.longest_side() > CAMERA_PIXELS => LARGE_WORK,
        Effort::Still => STILL_WORK,
    }
}

fn climb_with(most: Work, frame: &Luma<'_>, effort: Effort, go_on: &mut dyn FnMut() -> bool) -> Vec<Symbol> {
    let mut ladder = Ladder { found: Vec::new(), budget: Budget::new(most, go_on) };
    // Shrinking is not counted here: without it there would be nothing to look at.
    let (pixels, width, height, scale) = at_most(frame, CAMERA_PIXELS);
    let Ok(capped) = Luma::new(width, height, &pixels) else { return ladder.found };
    let (pixels, width, height, shrunk) = at_most(&capped, SMALL_PIXELS);
    let Ok(small) = Luma::new(width, height, &pixels) else { return ladder.found };
    let small_scale = scale * shrunk;
    let camera = ladder.prepared(of(&capped, SEARCH), true, || black_and_white(&capped, WINDOW));
    let mut views =
        Views { capped, scale, camera, small, small_scale, small_bits: None, small_searched: None };
    quickly(&mut ladder, &mut views);
    match effort {
        Effort::Frame => {
            let rung =
                Rung { step: Step::LinesAtAngles, scale: views.scale, cost: of(&views.small, DIRECTIONS) };
            ladder.if_needed(rung, |budget| {
                bars::across_slanting(&views.capped, &views.small, small_scale / scale, budget)
            });
        }
        Effort::Still => thoroughly(&mut ladder, frame, &views),
    }
    ladder.found
}

/// The rungs that every frame gets.
fn quickly(ladder: &mut Ladder<'_>, views: &mut Views<'_>) {
    let Views { capped, scale, camera, small, small_scale, .. } = views;
    let rung = |step, scale: &f32, cost| Rung { step, scale: *scale, cost };
    ladder
        .rung(rung(Step::Camera, scale, 0), |budget| Some(qr::read(camera.as_ref()?, MOST_PATTERNS, budget)));
    ladder.rung(rung(Step::Lines, scale, 0), |budget| bars::along_axes(capped, 24, &bars::QUICK, budget));
    ladder.if_needed(rung(Step::Squares, scale, of(capped, SQUARES_IN_MIDDLE)), |_| {
        let second = || threshold(capped, SMALL_WINDOW).to_matrix();
        Some(matrix::read(&camera.as_ref()?.matrix, false, second))
    });
    let is_wanted = ladder.wants_more();
    let bits = ladder.prepared(of(small, SEARCH), is_wanted, || Some(threshold(small, SMALL_WINDOW)));
    let searched = bits.as_ref().and_then(|bits| guarded(|| Some(Searched::of(bits.to_matrix()?))));
    ladder.if_more(rung(Step::HalfSize, small_scale, 0), |budget| {
        Some(qr::read(searched.as_ref()?, FEWER_PATTERNS, budget))
    });
    ladder.if_needed(rung(Step::Inverted, small_scale, of(small, FLIP)), |budget| {
        read_inverted(searched.as_ref()?, budget)
    });
    (views.small_bits, views.small_searched) = (bits, searched);
}

/// The rungs for a photograph.
fn thoroughly(ladder: &mut Ladder<'_>, frame: &Luma<'_>, views: &Views<'_>) {
    let Views { capped, camera, .. } = views;
    let scale = views.scale;
    let rung = |step, cost| Rung { step, scale, cost };
    let is_large = frame.longest_side() > CAMERA_PIXELS;
    if is_large {
        // A large picture may hold many small codes beside the one that was read.
        let scale = (frame.longest_side() as f32 / PHOTO_PIXELS as f32).max(1.0);
        let side = frame.longest_side().min(PHOTO_PIXELS);
        let shorter = frame.width().min(frame.height()).min(PHOTO_PIXELS);
        let cost = of(frame, SHRINK) + per_pixel(side, shorter, SEARCH);
        ladder.rung(Rung { step: Step::FullSize, scale, cost }, |budget| {
            let (pixels, width, height, _) = at_most(frame, PHOTO_PIXELS);
            let full = black_and_white(&Luma::new(width, height, &pixels).ok()?, WINDOW)?;
            Some(qr::read(&full, MOST_PATTERNS, budget))
        });
    }
    ladder
        .if_needed(rung(Step::Inverted, of(capped, FLIP)), |budget| read_inverted(camera.as_ref()?, budget));
    let is_wanted = ladder.wants_more();
    let sharp = ladder.prepared(of(capped, SHARPEN + SEARCH), is_wanted, || {
        let sharp = sharpened(capped, 3);
        let searched = black_and_white(&sharp.as_luma(), WINDOW)?;
        Some((sharp, searched))
    });
    ladder.if_more(rung(Step::Sharpened, 0), |budget| {
        Some(qr::read(&sharp.as_ref()?.1, FEWER_PATTERNS, budget))
    });
    let is_wanted = ladder.needs_any();
    let directions = ladder.prepared(of(capped, DIRECTIONS), is_wanted, || Some(Directions::of(capped)));
    ladder.if_needed(rung(Step::LinesAtAngles, 0), |budget| {
        bars::at_angles(capped, directions.as_ref()?, Passes::First, budget)
    });
    ladder.if_needed(rung(Step::OneCorner, 0), |budget| {
        budget.within(GROWTH_WORK, |budget| Some(grown::read(capped, camera.as_ref()?, budget)))
    });
    // A picture full of finder patterns of which none makes a code takes long at every rung, and is none.
    if ladder.needs_any() && camera.as_ref().is_some_and(qr::is_crowded) {
        return;
    }
    let third = (capped.longest_side() / 3).max(1);
    let third_scale = scale * (capped.longest_side() as f32 / third as f32).max(1.0);
    ladder.if_needed(Rung { step: Step::ThirdSize, scale: third_scale, cost: of(capped, 1) }, |budget| {
        let (pixels, width, height, _) = at_most(capped, third);
        read_qr(&Luma::new(width, height, &pixels).ok()?, budget)
    });
    // A large picture has been calmed by shrinking it.
    for radius in if is_large { 2..=2 } else { 1..=2 } {
        ladder.if_needed(rung(Step::Calmed, of(capped, SEARCH + 1)), |budget| {
            let calm = black_and_white(&box_blur(capped, radius).as_luma(), WINDOW)?;
            let found = qr::read(&calm, FEWER_PATTERNS, budget);
            if found.is_empty() { read_inverted(&calm, budget) } else { Some(found) }
        });
    }
    closely(ladder, frame, views, directions.as_ref());
    ladder.if_needed(rung(Step::OneCorner, 0), |budget| {
        let (sharp, searched) = sharp.as_ref()?;
        budget.within(GROWTH_WORK, |budget| Some(grown::read(&sharp.as_luma(), searched, budget)))
    });
    let half = Rung { step: Step::HalfSize, scale: views.small_scale, cost: of(&views.small, SECOND) };
    ladder
        .if_more(half, |_| Some(qr::read_second(views.small_bits.as_ref()?, views.small_searched.as_ref()?)));
    ladder.if_needed(rung(Step::Inverted, of(capped, FLIP)), |budget| {
        read_inverted(&sharp.as_ref()?.1, budget)
    });
    let (pixels, width, height, shrunk) = at_most(capped, SQUARES_PIXELS);
    let squares =
        Rung { step: Step::Squares, scale: scale * shrunk, cost: per_pixel(width, height, SQUARES) };
    ladder.if_needed(squares, |_| {
        let small = Luma::new(width, height, &pixels).ok()?;
        let matrix = threshold(&small, WINDOW).to_matrix()?;
        Some(matrix::read(&matrix, true, || threshold(&small, SMALL_WINDOW).to_matrix()))
    });
    let places = unblurred_places(ladder, views);
    ladder.if_needed(rung(Step::LinesAtAngles, 0), |budget| {
        bars::at_angles(capped, directions.as_ref()?, Passes::Rest, budget)
    });
    doubled_places(ladder, views, &places, is_large);
}

/// What is too small in the shrunken copy of a large picture: the likely places, in full.
fn closely(ladder: &mut Ladder<'_>, frame: &Luma<'_>, views: &Views<'_>, directions: Option<&Directions>) {
    let Views { capped, scale, .. } = views;
    let close = |place: Point| part_at(frame, Point { x: place.x * scale, y: place.y * scale }, CLOSE_PIXELS);
    if frame.longest_side() > PHOTO_PIXELS {
        let is_wanted = ladder.needs_any();
        let places = ladder.prepared(of(capped, BUSIEST), is_wanted, || Some(busiest(capped, 2)));
        let cost = per_pixel(CLOSE_PIXELS, CLOSE_PIXELS, SEARCH);
        for place in places.unwrap_or_default() {
            ladder.if_needed(Rung { step: Step::FullSize, scale: 1.0, cost }, |budget| {
                let part = close(place)?;
                Some(moved(read_qr(&part.picture.as_luma(), budget)?, &part, 1.0))
            });
        }
    }
    if frame.longest_side() > CAMERA_PIXELS {
        let cost = per_pixel(CLOSE_PIXELS, CLOSE_PIXELS, DIRECTIONS);
        ladder.if_needed(Rung { step: Step::LinesAtAngles, scale: 1.0, cost }, |budget| {
            let part = close(directions?.densest()?)?;
            let picture = part.picture.as_luma();
            let found = bars::at_angles(&picture, &Directions::of(&picture), Passes::First, budget)?;
            Some(moved(found, &part, 1.0))
        });
    }
}

/// The busiest place after the blur of a lens out of focus has been taken off. Gives the two busiest.
fn unblurred_places(ladder: &mut Ladder<'_>, views: &Views<'_>) -> Vec<Point> {
    let Views { capped, scale, .. } = views;
    let is_wanted = ladder.needs_any();
    let places = ladder.prepared(of(capped, BUSIEST), is_wanted, || Some(busiest(capped, 2)));
    let places = places.unwrap_or_default();
    for place in places.iter().take(1) {
        for radius in [2, 3] {
            let cost = of_part(capped, UNBLUR + SEARCH);
            ladder.if_needed(Rung { step: Step::Unblurred, scale: *scale, cost }, |budget| {
                let part = part_at(capped, *place, DOUBLED_PIXELS)?;
                let sharp = unblurred(&part.picture.as_luma(), radius);
                let searched = black_and_white(&sharp.as_luma(), WINDOW)?;
                let mut found = qr::read(&searched, FEWER_PATTERNS, budget);
                if found.is_empty() {
                    found = budget.within(UNBLURRED_GROWTH_WORK, |budget| {
                        grown::read(&sharp.as_luma(), &searched, budget)
                    });
                }
                Some(moved(found, &part, 1.0))
            });
        }
    }
    places
}

/// The busiest places blown up, for what is too small for the finder.
fn doubled_places(ladder: &mut Ladder<'_>, views: &Views<'_>, places: &[Point], is_large: bool) {
    let Views { capped, scale, .. } = views;
    for place in places.iter().filter(|_| !is_large) {
        let rung = Rung { step: Step::DoubleSize, scale: 0.5 * scale, cost: of_part(capped, DOUBLE) };
        ladder.if_needed(rung, |budget| {
            let part = part_at(capped, *place, DOUBLED_PIXELS)?;
            let large: LumaBuf = sharpened(&doubled(&part.picture.as_luma()).as_luma(), 3);
            Some(moved(read_qr(&large.as_luma(), budget)?, &part, 2.0))
        });
    }
}

/// What the pixels of a part of a picture cost that may be blown up.
fn of_part(picture: &Luma<'_>, each: Work) -> Work {
    per_pixel(picture.width().min(DOUBLED_PIXELS), picture.height().min(DOUBLED_PIXELS), each)
}

/// What all pixels of a picture cost at so much each.
fn of(picture: &Luma<'_>, each: Work) -> Work {
    per_pixel(picture.width(), picture.height(), each)
}

/// The same codes in the pixels of the picture that the part was cut from, `larger` times as large as it is.
fn moved(mut found: Vec<Found>, part: &Part, larger: f32) -> Vec<Found> {
    for corner in found.iter_mut().flat_map(|found| &mut found.corners) {
        corner.x += larger * part.left as f32;
        corner.y += larger * part.top as f32;
    }
    found
}

fn black_and_white(picture: &Luma<'_>, window: usize) -> Option<Searched> {
    Some(Searched::of(threshold(picture, window).to_matrix()?))
}

fn read_inverted(searched: &Searched, budget: &mut Budget<'_>) -> Option<Vec<Found>> {
    let mut inverted = searched.matrix.clone();
    inverted.flip_self();
    Some(qr::read(&Searched::of(inverted), FEWER_PATTERNS, budget))
}

fn read_qr(picture: &Luma<'_>, budget: &mut Budget<'_>) -> Option<Vec<Found>> {
    Some(qr::read(&black_and_white(picture, WINDOW)?, FEWER_PATTERNS, budget))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A label on a wall, with or without a blot on one of its corners.
    fn label(is_dirty: bool) -> LumaBuf {
        let modules = crate::label::qr_modules("HTTPS://Q.EXAMPLE.GO.TH/Q/7K3D9QX2M4").unwrap();
        let shade = |x: usize, y: usize| {
            let at = y.checked_sub(60).zip(x.checked_sub(80));
            let (row, column) = at.map_or((usize::MAX, usize::MAX), |(y, x)| (y / 4, x / 4));
            if is_dirty && row < 10 && column < 10 {
                return 90;
            }
            let module = modules.get(row).and_then(|row| row.get(column));
            module.map_or(150 + ((x * 7 + y * 13) % 60) as u8, |dark| if *dark { 40 } else { 220 })
        };
        let (width, height) = (640, 480);
        let pixels = (0..width * height).map(|i| shade(i % width, i / width)).collect();
        LumaBuf::new(width, height, pixels).unwrap()
    }

    #[test]
    fn what_is_hard_takes_work_and_without_it_only_the_easy_is_read() {
        let read = |is_dirty: bool, most: Work| {
            climb_with(most, &label(is_dirty).as_luma(), Effort::Still, &mut || true).len()
        };
        assert_eq!(read(false, 0), 0);
        assert_eq!((read(false, 5 * MILLISECOND), read(true, 5 * MILLISECOND)), (1, 0));
        assert_eq!(read(true, STILL_WORK), 1);
    }

    #[test]
    fn the_work_for_a_picture_that_is_none_ends_and_is_the_same_each_time() {
        // Squares in noise, which all rungs take for something.
        let shade = |i: usize| if (i % 640 / 4 * 97 + i / 2_560 * 61) * 31 % 101 < 50 { 40 } else { 210 };
        let noise = LumaBuf::new(640, 480, (0..640 * 480).map(shade).collect()).unwrap();
        let asked = |most: Work| {
            let mut asked = 0u32;
            climb_with(most, &noise.as_luma(), Effort::Still, &mut || {
                asked += 1;
                true
            });
            asked
        };
        let (all, half) = (asked(STILL_WORK), asked(STILL_WORK / 20));
        assert!(all > half && half > 0, "{all} and {half}");
        assert_eq!(asked(STILL_WORK), all);
    }
}
