//! EAN-13, UPC-A (the EAN-13 that starts with 0), EAN-8 and UPC-E.

use super::{Hit, matching, width_of};
use crate::symbol::Format;

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
    let text = checked(digits)?;
    let format = if text.starts_with('0') { Format::UpcA } else { Format::Ean13 };
    Some(Hit { format, text, votes_needed: 3, end: halves.end })
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

/// Which of the six digits of a UPC-E are even, for the check digits 0 to 9 and number system 1; in number system 0
/// odd and even change places.
const CHECK_DIGITS: [u8; 10] =
    [0b000111, 0b001011, 0b001101, 0b001110, 0b010011, 0b011001, 0b011100, 0b010101, 0b010110, 0b011010];

/// Reads a UPC-E whose first bar is stretch `at`: a guard, six digits, and a guard of six single modules.
pub(super) fn read_upc_e(widths: &[f32], at: usize) -> Option<Hit> {
    let end = at + 33;
    let (quiet, module) = framed(widths, at, end, 51)?;
    if *widths.get(end)? < QUIET * module || quiet < QUIET * module {
        return None;
    }
    let all = widths.get(at..end)?;
    let (left, right) = (all.get(..3)?, all.get(27..)?);
    if !are_single(left, module) || !are_single(right, module) {
        return None;
    }
    // The outermost bars are widened by blur and do not count.
    let [_, space, bar] = left else { return None };
    let [space_2, bar_2, space_3, bar_3, space_4, _] = right else { return None };
    let spread = ((bar + bar_2 + bar_3) / 3.0 - (space + space_2 + space_3 + space_4) / 4.0) / 2.0;
    let all = super::without_ink_spread(all, significant(spread, module));
    let digits = digits(&all, 3, 6, module, &DIGITS)?;
    let parity = digits.iter().fold(0u8, |bits, digit| bits << 1 | u8::from(*digit >= 10));
    let (system, check) =
        CHECK_DIGITS.iter().position(|bits| *bits == parity).map(|check| (1, check)).or_else(|| {
            CHECK_DIGITS.iter().position(|bits| bits ^ 0b11_1111 == parity).map(|check| (0, check))
        })?;
    let six: Vec<usize> = digits.iter().map(|digit| digit % 10).collect();
    let text = checked(std::iter::once(0).chain(expanded(system, &six)?).chain([check]))?;
    Some(Hit { format: Format::UpcE, text, votes_needed: 5, end })
}

/// The thirteen digits of a UPC-A's twelve, or of the eight printed under a UPC-E (number system, six, check).
pub(crate) fn thirteen(format: Format, text: &str) -> Option<String> {
    let digits: Vec<usize> =
        text.chars().map(|c| usize::try_from(c.to_digit(10)?).ok()).collect::<Option<_>>()?;
    match (format, digits.as_slice()) {
        (Format::UpcA, twelve @ [_, .., _]) if twelve.len() == 12 => {
            checked(std::iter::once(0).chain(twelve.iter().copied()))
        }
        (Format::UpcE, [system, six @ .., check]) if six.len() == 6 => {
            checked(std::iter::once(0).chain(expanded(*system, six)?).chain([*check]))
        }
        _ => checked(digits.iter().copied()),
    }
}

/// The eleven digits that six stand for: the last one says which zeros were left out.
fn expanded(system: usize, six: &[usize]) -> Option<[usize; 11]> {
    let &[a, b, c, d, e, last] = six else { return None };
    Some(match last {
        0..=2 => [system, a, b, last, 0, 0, 0, 0, c, d, e],
        3 => [system, a, b, c, 0, 0, 0, 0, 0, d, e],
        4 => [system, a, b, c, d, 0, 0, 0, 0, 0, e],
        _ => [system, a, b, c, d, e, 0, 0, 0, 0, last],
    })
}

struct Halves {
    left: Vec<usize>,
    right: Vec<usize>,
    end: usize,
}

/// Reads guard, `count` digits, middle guard, `count` digits, guard, with light on both sides.
fn halves(widths: &[f32], at: usize, count: usize) -> Option<Halves> {
    let (middle, end) = (at + 3 + 4 * count, at + 11 + 8 * count);
    let (quiet, module) = framed(widths, at, end, 14 * count + 11)?;
    if quiet < QUIET * module || *widths.get(end)? < QUIET * module {
        return None;
    }
    let all = widths.get(at..end)?;
    let guards = [0..3, middle - at..middle - at + 5, end - at - 3..end - at];
    if !guards.iter().all(|guard| are_single(all.get(guard.clone()).unwrap_or_default(), module)) {
        return None;
    }
    let spread = significant(ink_spread(all, middle - at)?, module);
    let all = super::without_ink_spread(all, spread);
    let (odd, _) = DIGITS.split_at(10);
    let left = digits(&all, 3, count, module, &DIGITS)?;
    let right = digits(&all, middle + 5 - at, count, module, odd)?;
    Some(Halves { left, right, end })
}

/// The light before a code from stretch `at` to `end`, and its module, if a left guard begins it.
fn framed(widths: &[f32], at: usize, end: usize, modules: usize) -> Option<(f32, f32)> {
    // The left guard alone rules out nearly every place, before anything is added up.
    let [quiet, bar, space, bar_2] = widths.get(at.checked_sub(1)?..at + 3)? else { return None };
    if *quiet < bar.max(*bar_2).max(*space) * 2.0 || bar.max(*bar_2) > 4.0 * bar.min(*bar_2) {
        return None;
    }
    Some((*quiet, width_of(widths, at, end - at)? / modules as f32))
}

fn are_single(guard: &[f32], module: f32) -> bool {
    guard.iter().all(|width| (0.3..2.1).contains(&(width / module)))
}

fn significant(spread: f32, module: f32) -> f32 {
    if spread.abs() < LEAST_SPREAD * module { 0.0 } else { spread }
}

/// `count` digits from stretch `from` on. They are equally wide but for perspective and pipes, which change the
/// width slowly.
fn digits(all: &[f32], from: usize, count: usize, module: f32, sets: &[[f32; 4]]) -> Option<Vec<usize>> {
    let mut last = width_of(all, from, 4)?;
    (0..count)
        .map(|i| {
            let stretches = all.get(from + 4 * i..from + 4 * i + 4)?;
            let width: f32 = stretches.iter().sum();
            let (steps, total) = (width / last, width / (7.0 * module));
            last = width;
            ((0.8..1.25).contains(&steps) && (0.55..1.6).contains(&total))
                .then(|| matching(stretches, sets))
                .flatten()
        })
        .collect()
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
    fn a_upc_e_stands_for_the_upc_a_that_the_standard_says() {
        // The examples of the standard's table: manufacturer and item number with their zeros left out.
        let text = |digits: [usize; 11]| digits.map(|digit| digit.to_string()).concat();
        for (six, eleven) in [
            ([1, 2, 3, 4, 5, 0], "01200000345"),
            ([1, 2, 3, 4, 5, 2], "01220000345"),
            ([1, 2, 3, 4, 5, 3], "01230000045"),
            ([1, 2, 3, 4, 5, 4], "01234000005"),
            ([1, 2, 3, 4, 5, 7], "01234500007"),
        ] {
            assert_eq!(text(expanded(0, &six).unwrap()), eleven);
        }
    }

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
