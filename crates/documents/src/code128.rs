//! Text to the bars of a Code 128, as short as its three code sets allow. Bill payment needs all three: small
//! letters and the upright bar are in B, the carriage return in A, pairs of digits in C.

/// The stretches of the characters 0 to 105 in modules, bar first. The reader's own table: what is printed here is read by it,
/// and this crate must not depend on a reader.
const PATTERNS: &str = include_str!("../../scan/src/bars/code128.txt");
const STOP: &str = "2331112";

/// Light modules on either side, as the standard asks.
pub const QUIET_ZONE: usize = 10;

/// A code set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    A,
    B,
    C,
}

const SETS: [Set; 3] = [Set::A, Set::B, Set::C];

impl Set {
    fn start(self) -> u8 {
        match self {
            Set::A => 103,
            Set::B => 104,
            Set::C => 105,
        }
    }

    /// The character that changes to this set; the same from both others.
    fn change(self) -> u8 {
        match self {
            Set::A => 101,
            Set::B => 100,
            Set::C => 99,
        }
    }

    /// The character for what stands at the start of a text, and how many bytes it stands for.
    fn encode(self, text: &[u8]) -> Option<(u8, usize)> {
        match (self, text) {
            (Set::A, [c @ 0..=31, ..]) => Some((c + 64, 1)),
            (Set::A, [c @ 32..=95, ..]) | (Set::B, [c @ 32..=127, ..]) => Some((c - 32, 1)),
            (Set::C, [a @ b'0'..=b'9', b @ b'0'..=b'9', ..]) => Some(((a - b'0') * 10 + (b - b'0'), 2)),
            _ => None,
        }
    }
}

/// The shortest way to write what is left of a text in a set: the length, and where it goes on.
#[derive(Clone, Copy)]
struct Way {
    length: usize,
    /// The set to change to, or `None` to write a character.
    change: Option<Set>,
}

/// The characters of a code, without start and check; with the set it starts in.
fn characters(text: &[u8]) -> Option<(Set, Vec<u8>)> {
    // From the end: what is the shortest from each place on, in each set.
    let mut ways: Vec<[Option<Way>; 3]> = vec![[None; 3]; text.len() + 1];
    if let Some(end) = ways.last_mut() {
        *end = [Some(Way { length: 0, change: None }); 3];
    }
    for at in (0..text.len()).rev() {
        let mut here = [None; 3];
        for (set, way) in SETS.iter().zip(&mut here) {
            let written = set.encode(text.get(at..)?).and_then(|(_, bytes)| {
                let next = ways.get(at + bytes)?.get(*set as usize).copied()??;
                Some(Way { length: next.length + 1, change: None })
            });
            *way = written;
        }
        let direct = here;
        for (set, way) in SETS.iter().zip(&mut here) {
            for (other, reached) in SETS.iter().zip(&direct) {
                let Some(reached) = reached.filter(|_| other != set) else { continue };
                if way.is_none_or(|way| reached.length + 1 < way.length) {
                    *way = Some(Way { length: reached.length + 1, change: Some(*other) });
                }
            }
        }
        *ways.get_mut(at)? = here;
    }
    let first = ways.first()?;
    let start = SETS.into_iter().filter_map(|set| Some((first.get(set as usize).copied()??.length, set)));
    let (_, start) = start.min_by_key(|(length, _)| *length)?;
    let (mut set, mut at, mut out) = (start, 0, Vec::new());
    while at < text.len() {
        match ways.get(at)?.get(set as usize).copied()??.change {
            Some(other) => {
                out.push(other.change());
                set = other;
            }
            None => {
                let (character, bytes) = set.encode(text.get(at..)?)?;
                out.push(character);
                at += bytes;
            }
        }
    }
    Some((start, out))
}

/// The bars of a text with its quiet zones, one module each, `true` is dark; `None` for an empty text and for
/// characters beyond ASCII.
pub fn modules(text: &str) -> Option<Vec<bool>> {
    let (start, characters) = characters(text.as_bytes()).filter(|_| !text.is_empty())?;
    let weighted = (1usize..).zip(&characters).map(|(place, value)| place * usize::from(*value));
    let check = (usize::from(start.start()) + weighted.sum::<usize>()) % 103;
    let values =
        [usize::from(start.start())].into_iter().chain(characters.iter().map(|value| usize::from(*value)));
    let patterns: Vec<&str> = PATTERNS.split_whitespace().collect();
    let mut bars = vec![false; QUIET_ZONE];
    for value in values.chain([check]) {
        draw(&mut bars, patterns.get(value)?);
    }
    draw(&mut bars, STOP);
    bars.extend([false; QUIET_ZONE]);
    Some(bars)
}

fn draw(bars: &mut Vec<bool>, pattern: &str) {
    for (stretch, width) in pattern.bytes().enumerate() {
        bars.extend(std::iter::repeat_n(stretch % 2 == 0, usize::from(width.saturating_sub(b'0'))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Reads bars with this workspace's own reader, drawn three dots a module.
    fn read(bars: &[bool]) -> Vec<String> {
        let row: Vec<u8> =
            bars.iter().flat_map(|dark| std::iter::repeat_n(if *dark { 0 } else { 255 }, 3)).collect();
        let pixels = row.repeat(60);
        let picture = scan::Luma::new(row.len(), 60, &pixels).unwrap();
        scan::decode(&picture, scan::Effort::Still).into_iter().map(|symbol| symbol.text).collect()
    }

    #[test]
    fn a_bill_payment_is_read_back() {
        let text = "|099400016550100\r123456789012\r670429\r364922";
        let bars = modules(text).unwrap();
        assert_eq!(read(&bars), [text]);
        // Pairs of digits where there are any: a third shorter than set A alone.
        assert!(bars.len() < 450, "{}", bars.len());
    }

    #[test]
    fn what_cannot_be_written() {
        assert_eq!(modules(""), None);
        assert_eq!(modules("น้ำ"), None);
        assert!(modules("a").is_some());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn every_text_of_ascii_is_read_back(text in "[0-9A-Za-z|\r]{1,12}[0-9]{0,12}") {
            prop_assert_eq!(read(&modules(&text).unwrap()), [text]);
        }
    }
}
