//! Interleaved 2 of 5: pairs of digits, one in the bars and one in the spaces between them. It has no check of
//! its own and a part of it looks like a whole one, so the rules here are the strictest and callers must still
//! compare the number with their registry.

use super::{Hit, without_ink_spread};

/// Which of a digit's five stretches are wide, first stretch highest, for the digits 0 to 9.
const DIGITS: [u8; 10] =
    [0b00110, 0b10001, 0b01001, 0b11000, 0b00101, 0b10100, 0b01100, 0b00011, 0b10010, 0b01010];

/// Light narrow widths wanted on both sides.
const QUIET: f32 = 8.0;
/// Fewer digits are never believed.
const SHORTEST: usize = 6;
/// More digits than this on one line are not believed.
const LONGEST: usize = 60;

/// Reads a code whose first bar is stretch `at`.
pub(super) fn read(widths: &[f32], at: usize) -> Option<Hit> {
    let quiet = *widths.get(at.checked_sub(1)?)?;
    let [bar, space, bar_2, space_2] = widths.get(at..at + 4)? else { return None };
    let mut narrow = (bar + space + bar_2 + space_2) / 4.0;
    let spread = (bar + bar_2 - space - space_2) / 4.0;
    let is_even = [bar, bar_2].iter().all(|w| ((*w - spread) / narrow - 1.0).abs() < 0.4)
        && [space, space_2].iter().all(|w| ((*w + spread) / narrow - 1.0).abs() < 0.4);
    if quiet < QUIET * narrow || spread.abs() > 0.6 * narrow || !is_even {
        return None;
    }
    let mut digits = Vec::new();
    let mut position = at + 4;
    let mut full = super::width_of(widths, position, 10)?;
    loop {
        if let Some(end) = end_at(widths, position, narrow, spread) {
            return finish(digits, end);
        }
        let width = super::width_of(widths, position, 10)?;
        if !(0.8..1.25).contains(&(width / full)) || digits.len() > LONGEST {
            return None;
        }
        // All pairs are equally wide but for perspective, which changes slowly along the code.
        narrow *= width / full;
        full = width;
        let stretches = without_ink_spread(widths.get(position..position + 10)?, spread);
        digits.push(digit(stretches.iter().step_by(2), narrow)?);
        digits.push(digit(stretches.iter().skip(1).step_by(2), narrow)?);
        position += 10;
    }
}

/// Stretch number after the end pattern (wide bar, narrow space, narrow bar, light), if it begins here.
fn end_at(widths: &[f32], position: usize, narrow: f32, spread: f32) -> Option<usize> {
    let [bar, space, bar_2, quiet] = widths.get(position..position + 4)? else { return None };
    let is_end = (bar - spread) / narrow > 1.6
        && (0.5..1.5).contains(&((space + spread) / narrow))
        && (0.5..1.5).contains(&((bar_2 - spread) / narrow))
        && *quiet >= QUIET * narrow;
    is_end.then_some(position + 3)
}

fn finish(digits: Vec<usize>, end: usize) -> Option<Hit> {
    // Fourteen digits are a trade number with a check digit; other lengths have none.
    if digits.len() < SHORTEST || (digits.len() == 14 && !super::has_check_digit(&digits)) {
        return None;
    }
    let text = digits.iter().filter_map(|d| char::from_digit(u32::try_from(*d).ok()?, 10)).collect();
    Some(Hit { format: crate::Format::Itf, text, votes_needed: 4, end })
}

/// The digit of five stretches: the two widest are wide, if clearly so.
fn digit<'a>(stretches: impl Iterator<Item = &'a f32>, narrow: f32) -> Option<usize> {
    let stretches: Vec<f32> = stretches.copied().collect();
    let mut sorted = stretches.clone();
    sorted.sort_by(f32::total_cmp);
    let [least, _, widest_narrow, narrowest_wide, widest] = sorted.as_slice() else { return None };
    let is_clear = *narrowest_wide > 1.3 * widest_narrow
        && *least > 0.4 * narrow
        && *widest_narrow < 1.7 * narrow
        && *widest < 4.5 * narrow;
    let limit = (widest_narrow + narrowest_wide) / 2.0;
    let bits = stretches.iter().fold(0u8, |bits, width| bits << 1 | u8::from(*width > limit));
    is_clear.then(|| DIGITS.iter().position(|pattern| *pattern == bits)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit_has_two_wide_stretches_of_its_own() {
        let distinct: std::collections::BTreeSet<u8> = DIGITS.into_iter().collect();
        assert_eq!(distinct.len(), 10);
        assert!(DIGITS.iter().all(|bits| bits.count_ones() == 2));
    }
}
