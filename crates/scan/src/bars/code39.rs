//! Code 39: nine stretches a character, three of them wide; no check of its own.

use super::{Hit, without_ink_spread};

/// Every character and which of its nine stretches are wide, first stretch highest.
const CHARACTERS: [(char, u16); 44] = [
    ('0', 0x034),
    ('1', 0x121),
    ('2', 0x061),
    ('3', 0x160),
    ('4', 0x031),
    ('5', 0x130),
    ('6', 0x070),
    ('7', 0x025),
    ('8', 0x124),
    ('9', 0x064),
    ('A', 0x109),
    ('B', 0x049),
    ('C', 0x148),
    ('D', 0x019),
    ('E', 0x118),
    ('F', 0x058),
    ('G', 0x00d),
    ('H', 0x10c),
    ('I', 0x04c),
    ('J', 0x01c),
    ('K', 0x103),
    ('L', 0x043),
    ('M', 0x142),
    ('N', 0x013),
    ('O', 0x112),
    ('P', 0x052),
    ('Q', 0x007),
    ('R', 0x106),
    ('S', 0x046),
    ('T', 0x016),
    ('U', 0x181),
    ('V', 0x0c1),
    ('W', 0x1c0),
    ('X', 0x091),
    ('Y', 0x190),
    ('Z', 0x0d0),
    ('-', 0x085),
    ('.', 0x184),
    (' ', 0x0c4),
    ('$', 0x0a8),
    ('/', 0x0a2),
    ('+', 0x08a),
    ('%', 0x02a),
    ('*', 0x094),
];

/// Light narrow widths wanted on both sides; the standard asks for ten.
const QUIET: f32 = 5.0;
/// Shorter texts are never believed, and those below the second length need more lines.
const SHORTEST: usize = 4;
const SHORT: usize = 6;
/// More characters than this on one line are not believed.
const LONGEST: usize = 60;

/// Reads a code whose first bar is stretch `at`.
pub(super) fn read(widths: &[f32], at: usize) -> Option<Hit> {
    let quiet = *widths.get(at.checked_sub(1)?)?;
    // The start character has narrow bars and narrow spaces at known places, which shows the spread of the ink.
    let [bar, space, bar_2, space_2, _, space_3, _, space_4, bar_3] = widths.get(at..at + 9)? else {
        return None;
    };
    let narrow_bar = (bar + bar_2 + bar_3) / 3.0;
    let narrow_space = (space_2 + space_3 + space_4) / 3.0;
    let narrow = (narrow_bar + narrow_space) / 2.0;
    let spread = (narrow_bar - narrow_space) / 2.0;
    if quiet < QUIET * narrow || spread.abs() > 0.6 * narrow || *space < 1.3 * narrow {
        return None;
    }
    if character(widths, at, spread)? != '*' {
        return None;
    }
    let mut full = super::width_of(widths, at, 9)?;
    let mut text = String::new();
    let mut position = at + 10;
    loop {
        let gap = *widths.get(position - 1)?;
        let width = super::width_of(widths, position, 9)?;
        if gap > full / 2.0 || !(0.75..1.33).contains(&(width / full)) {
            return None;
        }
        // Perspective changes the width slowly along the code.
        full = width;
        match character(widths, position, spread)? {
            '*' => break,
            other => text.push(other),
        }
        position += 10;
        if text.len() > LONGEST {
            return None;
        }
    }
    let end = position + 9;
    let quiet = *widths.get(end)?;
    (quiet >= QUIET * narrow && text.len() >= SHORTEST).then_some(Hit {
        format: crate::Format::Code39,
        votes_needed: if text.len() < SHORT { 4 } else { 2 },
        text,
        end,
    })
}

/// The character that begins at stretch `at`: the three widest stretches are the wide ones, if they are clearly
/// wider than the rest.
fn character(widths: &[f32], at: usize, spread: f32) -> Option<char> {
    let stretches = without_ink_spread(widths.get(at..at + 9)?, spread);
    let mut sorted = stretches.clone();
    sorted.sort_by(f32::total_cmp);
    let (widest_narrow, narrowest_wide) = (*sorted.get(5)?, *sorted.get(6)?);
    let (narrowest, widest) = (*sorted.first()?, *sorted.last()?);
    if narrowest_wide < 1.25 * widest_narrow || narrowest <= 0.0 || widest > 6.0 * narrowest.max(widest / 8.0)
    {
        return None;
    }
    let limit = (widest_narrow + narrowest_wide) / 2.0;
    let bits = stretches.iter().fold(0u16, |bits, width| bits << 1 | u16::from(*width > limit));
    CHARACTERS.iter().find(|(_, pattern)| *pattern == bits).map(|(character, _)| *character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_has_three_wide_stretches_of_its_own() {
        let mut seen = std::collections::BTreeSet::new();
        for (character, bits) in CHARACTERS {
            assert_eq!(bits.count_ones(), 3, "{character}");
            assert!(seen.insert(bits), "{character}");
        }
    }
}
