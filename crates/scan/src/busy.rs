//! Where in a large picture a code may be, so that the few places are looked at closely and the rest is not.
//!
//! A code is the busiest thing there is: brightness changes within a few pixels, and for a square code both ways.

use crate::luma::{Luma, LumaBuf};
use crate::symbol::Point;

/// The side of a square in pixels.
const BLOCK: usize = 16;
/// How many squares round one count towards it, and how far apart two places are at least.
const NEAR: usize = 2;
const APART: usize = 7;

/// The places where brightness changes most both across and down, at most `most`, the busiest first.
pub(crate) fn busiest(picture: &Luma<'_>, most: usize) -> Vec<Point> {
    let across = picture.width().div_ceil(BLOCK);
    let down = picture.height().div_ceil(BLOCK);
    let mut changes = vec![(0u32, 0u32); across * down];
    // Every second row is enough to see how busy a place is.
    for y in (1..picture.height()).step_by(2) {
        let (above, here) = (picture.row(y - 1), picture.row(y));
        for (block, (above, here)) in above.chunks(BLOCK).zip(here.chunks(BLOCK)).enumerate() {
            let sideways: u32 =
                here.iter().zip(here.iter().skip(1)).map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
            let downwards: u32 = here.iter().zip(above).map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
            if let Some((x_sum, y_sum)) = changes.get_mut(y / BLOCK * across + block) {
                *x_sum += sideways;
                *y_sum += downwards;
            }
        }
    }
    peaks(across, &changes.iter().map(|(x, y)| (*x).min(*y)).collect::<Vec<_>>(), most)
}

/// The places with the greatest sums of squares round them. `values` holds a square each, row after row.
pub(crate) fn peaks(across: usize, values: &[u32], most: usize) -> Vec<Point> {
    let down = values.len() / across.max(1);
    let near = |at: usize, count: usize| at.saturating_sub(NEAR)..(at + NEAR + 1).min(count);
    let mut sums: Vec<(u32, usize, usize)> = (0..down)
        .flat_map(|y| (0..across).map(move |x| (x, y)))
        .map(|(x, y)| {
            let rows = near(y, down).filter_map(|y| values.get(y * across..(y + 1) * across));
            let sum = rows.flat_map(|row| row.get(near(x, across)).unwrap_or_default()).sum();
            (sum, x, y)
        })
        .filter(|(sum, ..)| *sum > 0)
        .collect();
    sums.sort_by_key(|(sum, ..)| std::cmp::Reverse(*sum));
    let mut found: Vec<(usize, usize)> = Vec::new();
    for (_, x, y) in sums {
        if found.len() >= most {
            break;
        }
        if found.iter().all(|(known_x, known_y)| known_x.abs_diff(x).max(known_y.abs_diff(y)) >= APART) {
            found.push((x, y));
        }
    }
    let middle = |block: usize| (block * BLOCK + BLOCK / 2) as f32;
    found.into_iter().map(|(x, y)| Point { x: middle(x), y: middle(y) }).collect()
}

/// A part of a picture, and where its upper left corner lies.
pub(crate) struct Part {
    pub(crate) picture: LumaBuf,
    pub(crate) left: usize,
    pub(crate) top: usize,
}

/// The part round a place, at most `side` pixels wide and high, as much of it as lies within the picture.
pub(crate) fn part_at(picture: &Luma<'_>, place: Point, side: usize) -> Option<Part> {
    let (width, height) = (picture.width().min(side), picture.height().min(side));
    let start = |at: f32, part: usize, whole: usize| {
        // A place within the picture is no negative number.
        (at.max(0.0) as usize).saturating_sub(part / 2).min(whole - part)
    };
    let (left, top) = (start(place.x, width, picture.width()), start(place.y, height, picture.height()));
    let rows = (top..top + height).flat_map(|y| picture.row(y).get(left..left + width).unwrap_or_default());
    let picture = LumaBuf::new(width, height, rows.copied().collect()).ok()?;
    Some(Part { picture, left, top })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_busy_place_is_found_and_cut_out() {
        let (width, height) = (640, 480);
        let is_code = |x: usize, y: usize| (400..460).contains(&x) && (100..160).contains(&y);
        let shade = |x: usize, y: usize| match (
            is_code(x, y),
            (x / 3).is_multiple_of(2),
            (y / 3).is_multiple_of(2),
        ) {
            (true, a, b) => {
                if a == b {
                    20
                } else {
                    230
                }
            }
            // Stripes are busy one way only.
            (false, a, _) => {
                if y > 300 && a {
                    20
                } else {
                    200
                }
            }
        };
        let pixels = (0..width * height).map(|i| shade(i % width, i / width)).collect();
        let buf = LumaBuf::new(width, height, pixels).unwrap();
        let picture = buf.as_luma();
        let found = busiest(&picture, 2);
        assert!((found[0].x - 430.0).abs() < 20.0 && (found[0].y - 130.0).abs() < 20.0, "{found:?}");
        let part = part_at(&picture, found[0], 100).unwrap();
        assert_eq!((part.picture.as_luma().width(), part.picture.as_luma().height()), (100, 100));
        assert_eq!(part.picture.as_luma().at(3, 4), picture.at(part.left + 3, part.top + 4));
        // At the edge of the picture the part moves inwards.
        let corner = part_at(&picture, Point { x: 639.0, y: 479.0 }, 100).unwrap();
        assert_eq!((corner.left, corner.top), (540, 380));
        assert!(busiest(&LumaBuf::new(3, 1, vec![9; 3]).unwrap().as_luma(), 3).is_empty());
    }
}
