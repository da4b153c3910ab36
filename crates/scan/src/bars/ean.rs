//! EAN-13 (with UPC-A as its case that starts with 0) and EAN-8.

use super::{Hit, matching, width_of};
use crate::Format;

/// The digits 0 to 9 in the odd set, then in the even set, which is the odd one mirrored. The right half of a
/// code has the widths of the odd set with light and dark exchanged.
const DIGITS: [[f32; 4]; 20] = [
    [3.0, 2.0, 1.0, 1.0],
    [2.0, 2.0, 2.0, 1.0],
    [2.0, 1.0, 2.0, 2.0],
    [1.0, 4.0, 1.0, 1.0],
    [1.0, 1.0, 3.0, 2.0],
    [1.0, 2.0, 3.0, 1.0],
    [1.0, 1.0, 1.0, 4.0],
    [1.0, 3.0, 1.0, 2.0],
    [1.0, 2.0, 1.0, 3.0],
    [3.0, 1.0, 1.0, 2.0],
    [1.0, 1.0, 2.0, 3.0],
    [1.0, 2.0, 2.0, 2.0],
    [2.0, 2.0, 1.0, 2.0],
    [1.0, 1.0, 4.0, 1.0],
    [2.0, 3.0, 1.0, 1.0],
    [1.0, 3.0, 2.0, 1.0],
    [4.0, 1.0, 1.0, 1.0],
    [2.0, 1.0, 3.0, 1.0],
    [3.0, 1.0, 2.0, 1.0],
    [2.0, 1.0, 1.0, 3.0],
];

/// Which of the six left digits are even, for the first digits 0 to 9, which have no bars of their own.
const FIRST_DIGITS: [u8; 10] =
    [0b000000, 0b001011, 0b001101, 0b001110, 0b010011, 0b011001, 0b011100, 0b010101, 0b010110, 0b011010];

/// Light modules wanted on both sides; the standard asks for seven to eleven.
const QUIET: f32 = 4.5;

/// Spread of the ink, in modules, below which it is left alone, because it cannot be told from noise.
const LEAST_SPREAD: f32 = 0.12;

/// Reads an EAN-13 whose first bar is stretch `at`.
pub(super) fn read_13(widths: &[f32], at: usize) -> Option<Hit> {
    let halves = halves(widths, at, 6)?;
    let parity = halves.left.iter().fold(0u8, |bits, digit| bits << 1 | u8::from(*digit >= 10));
    let first = FIRST_DIGITS.iter().position(|bits| *bits == parity)?;
    let digits = std::iter::once(first).chain(halves.left.iter().map(|d| d % 10)).chain(halves.right);
    Some(Hit { format: Format::Ean13, text: checked(digits)?, votes_needed: 3, end: halves.end })
}

/// Reads an EAN-8 whose first bar is stretch `at`.
pub(super) fn read_8(widths: &[f32], at: usize) -> Option<Hit> {
    let halves = halves(widths, at, 4)?;
    if halves.left.iter().any(|digit| *digit >= 10) {
        return None;
    }
    let digits = halves.left.iter().copied().chain(halves.right);
    Some(Hit { format: Format::Ean8, text: checked(digits)?, votes_needed: 4, end: halves.end })
}

struct Halves {
    left: Vec<usize>,
    right: Vec<usize>,
    end: usize,
}

/// Reads guard, `count` digits, middle guard, `count` digits, guard, with light on both sides.
fn halves(widths: &[f32], at: usize, count: usize) -> Option<Halves> {
    // The left guard alone rules out nearly every place, before anything is added up.
    let [quiet, bar, space, bar_2] = widths.get(at.checked_sub(1)?..at + 3)? else { return None };
    if *quiet < bar.max(*bar_2).max(*space) * 2.0 || bar.max(*bar_2) > 4.0 * bar.min(*bar_2) {
        return None;
    }
    let (middle, end) = (at + 3 + 4 * count, at + 11 + 8 * count);
    let module = width_of(widths, at, end - at)? / (14 * count + 11) as f32;
    let quiet_right = *widths.get(end)?;
    if *quiet < QUIET * module || quiet_right < QUIET * module {
        return None;
    }
    let all = widths.get(at..end)?;
    let guards = [0..3, middle - at..middle - at + 5, end - at - 3..end - at];
    let are_single = |guard: &std::ops::Range<usize>| {
        all.get(guard.clone()).unwrap_or_default().iter().all(|width| (0.3..2.1).contains(&(width / module)))
    };
    if !guards.iter().all(are_single) {
        return None;
    }
    let spread = ink_spread(all, middle - at)?;
    let spread = if spread.abs() < LEAST_SPREAD * module { 0.0 } else { spread };
    let all = super::without_ink_spread(all, spread);
    let digits = |from: usize, sets: &[[f32; 4]]| {
        // Digits are equally wide but for perspective and pipes, which change the width slowly.
        let mut last = width_of(&all, from - at, 4)?;
        (0..count)
            .map(|i| {
                let stretches = all.get(from - at + 4 * i..from - at + 4 * i + 4)?;
                let width: f32 = stretches.iter().sum();
                let (steps, total) = (width / last, width / (7.0 * module));
                last = width;
                ((0.8..1.25).contains(&steps) && (0.55..1.6).contains(&total))
                    .then(|| matching(stretches, sets))
                    .flatten()
            })
            .collect::<Option<Vec<usize>>>()
    };
    let (odd, _) = DIGITS.split_at(10);
    Some(Halves { left: digits(at + 3, &DIGITS)?, right: digits(middle + 5, odd)?, end })
}

/// How far the ink has spread at each edge twice over, from the bars and spaces of the guards, all one module
/// wide. Bars beside the quiet zone do not count, because blur widens them.
fn ink_spread(all: &[f32], middle: usize) -> Option<f32> {
    let [_, left_space, left_bar] = all.get(..3)? else { return None };
    let [space, bar, space_2, bar_2, space_3] = all.get(middle..middle + 5)? else { return None };
    let [right_bar, right_space, _] = all.get(all.len().checked_sub(3)?..)? else { return None };
    let bars = (left_bar + bar + bar_2 + right_bar) / 4.0;
    let spaces = (left_space + space + space_2 + space_3 + right_space) / 5.0;
    Some((bars - spaces) / 2.0)
}

/// The digits as text if the last one is right for the others.
fn checked(digits: impl Iterator<Item = usize>) -> Option<String> {
    let digits: Vec<usize> = digits.collect();
    super::has_check_digit(&digits)
        .then(|| digits.iter().filter_map(|d| char::from_digit(u32::try_from(*d).ok()?, 10)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_digits_are_odd_digits_mirrored() {
        let (odd, even) = DIGITS.split_at(10);
        for (odd, even) in odd.iter().zip(even) {
            let mut mirrored = *odd;
            mirrored.reverse();
            assert_eq!(&mirrored, even);
            assert_eq!(odd.iter().sum::<f32>(), 7.0);
        }
    }
}
