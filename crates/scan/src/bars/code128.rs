//! Code 128: eleven modules a character, three code sets, one check character.

use super::{Hit, matching, width_of};

/// The stretches of the characters 0 to 105 in modules, bar first.
const PATTERNS: &str = include_str!("code128.txt");

const START_A: usize = 103;
const START_B: usize = 104;
const START_C: usize = 105;
/// The stop character ends with a bar of its own.
const STOP: [f32; 7] = [2.0, 3.0, 3.0, 1.0, 1.0, 1.0, 2.0];
/// More characters than this on one line are not believed.
const LONGEST: usize = 80;
/// Light modules wanted on both sides; the standard asks for ten, labels are cut closer.
const QUIET: f32 = 5.0;

fn patterns() -> &'static [[f32; 6]] {
    static PARSED: std::sync::OnceLock<Vec<[f32; 6]>> = std::sync::OnceLock::new();
    PARSED.get_or_init(|| {
        PATTERNS
            .split_whitespace()
            .filter_map(|digits| {
                let widths: Vec<f32> = digits.bytes().map(|digit| f32::from(digit - b'0')).collect();
                widths.try_into().ok()
            })
            .collect()
    })
}

/// Reads a code whose first bar is stretch `at`.
pub(super) fn read(widths: &[f32], at: usize) -> Option<Hit> {
    let quiet = *widths.get(at.checked_sub(1)?)?;
    let mut module = width_of(widths, at, 6)? / 11.0;
    if quiet < QUIET * module {
        return None;
    }
    let start = matching(widths.get(at..at + 6)?, patterns()).filter(|value| *value >= START_A)?;
    let mut values = vec![start];
    let mut position = at + 6;
    loop {
        let width = width_of(widths, position, 6)?;
        // Characters are equally wide but for perspective, which is slow.
        if (width / 11.0 / module - 1.0).abs() > 0.25 {
            return None;
        }
        module = width / 11.0;
        if let Some(stop) = widths.get(position..position + 7)
            && matching(stop, &[STOP]).is_some()
        {
            let quiet = *widths.get(position + 7)?;
            return (quiet >= QUIET * module).then(|| text_of(&values)).flatten().map(|text| Hit {
                format: crate::Format::Code128,
                // A code of one or two characters has so little to it that dirt can draw one.
                votes_needed: if values.len() < 5 { 4 } else { 2 },
                text,
                end: position + 7,
            });
        }
        let value = matching(widths.get(position..position + 6)?, patterns()).filter(|v| *v < START_A)?;
        values.push(value);
        position += 6;
        if values.len() > LONGEST {
            return None;
        }
    }
}

/// Checks the sum and turns start, data and check characters into text.
///
/// FNC1 first says that the content follows GS1 and is left out; elsewhere it separates fields and becomes the
/// separator character 29. FNC4 moves one character, or twice in a row all, to Latin-1's upper half.
fn text_of(values: &[usize]) -> Option<String> {
    let (check, body) = values.split_last()?;
    let sum: usize = body.iter().enumerate().map(|(i, value)| i.max(1) * value).sum();
    if sum % 103 != *check {
        return None;
    }
    let (start, data) = body.split_first()?;
    let mut set = *start;
    let mut shifted = false;
    let (mut high_once, mut high) = (false, false);
    let mut text = String::new();
    for (i, value) in data.iter().copied().enumerate() {
        let now = match (shifted, set) {
            (true, START_A) => START_B,
            (true, START_B) => START_A,
            _ => set,
        };
        shifted = false;
        let character = match (now, value) {
            (START_C, 0..=99) => {
                text.push_str(&format!("{value:02}"));
                continue;
            }
            (START_A, 0..=63) | (START_B, 0..=95) => value + 32,
            (START_A, 64..=95) => value - 64,
            (_, 102) => {
                if i > 0 {
                    text.push('\u{1d}');
                }
                continue;
            }
            (START_A | START_B, 98) => {
                shifted = true;
                continue;
            }
            (START_A, 101) | (START_B, 100) => {
                (high_once, high) = if high_once { (false, !high) } else { (true, high) };
                continue;
            }
            (_, 99) => {
                set = START_C;
                continue;
            }
            (_, 100) => {
                set = START_B;
                continue;
            }
            (_, 101) => {
                set = START_A;
                continue;
            }
            // FNC2 and FNC3 speak to the scanner, not to us.
            _ => continue,
        };
        let is_high = high_once != high;
        high_once = false;
        text.push(char::from(u8::try_from(character + if is_high { 128 } else { 0 }).ok()?));
    }
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_that_of_the_standard() {
        assert_eq!(patterns().len(), 106);
        let mut seen = std::collections::BTreeSet::new();
        for pattern in patterns() {
            assert_eq!(pattern.iter().sum::<f32>(), 11.0);
            // Bars add up to an even number of modules: a flipped edge always breaks a character.
            assert_eq!((pattern[0] + pattern[2] + pattern[4]) % 2.0, 0.0);
            assert!(seen.insert(pattern.map(|w| w as u8)));
        }
    }

    #[test]
    fn code_sets_shifts_and_separators() {
        let with_check = |values: &[usize]| {
            let sum: usize = values.iter().enumerate().map(|(i, v)| i.max(1) * v).sum();
            let mut all = values.to_vec();
            all.push(sum % 103);
            all
        };
        let text = |values: &[usize]| text_of(&with_check(values));
        assert_eq!(text(&[START_C, 12, 34, 100, 33, 99, 5]).as_deref(), Some("1234A05"));
        assert_eq!(text(&[START_B, 33, 98, 64, 65]).as_deref(), Some("A\0a"));
        assert_eq!(text(&[START_A, 65, 98, 65, 33]).as_deref(), Some("\u{1}aA"));
        assert_eq!(text(&[START_C, 102, 1, 95, 102, 7]).as_deref(), Some("0195\u{1d}07"));
        assert_eq!(text(&[START_B, 100, 73, 33]).as_deref(), Some("éA"));
        assert_eq!(text(&[START_B, 100, 100, 73, 73, 100, 33]).as_deref(), Some("ééA"));
        let mut wrong = with_check(&[START_C, 12, 34]);
        wrong[1] = 13;
        assert_eq!(text_of(&wrong), None);
    }
}
