//! Thai text: digits, and the key under which a name is found however it was typed.

/// Replaces Thai digits by ASCII ones.
pub fn ascii_digits(text: &str) -> String {
    text.chars().map(ascii_digit).collect()
}

fn ascii_digit(c: char) -> char {
    match c {
        '๐'..='๙' => char::from_u32(u32::from(c) - u32::from('๐') + u32::from('0')).unwrap_or(c),
        other => other,
    }
}

/// Replaces runs of white space by one space and trims.
pub fn collapse_spaces(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The key under which a house number or a place in a round sorts as people count: runs of digits padded to ten.
pub fn sort_key(text: &str) -> String {
    let mut key = String::new();
    let mut digits = String::new();
    for c in ascii_digits(text).chars().chain(std::iter::once('\0')) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        if !digits.is_empty() {
            key.push_str(&format!("{digits:0>10}"));
            digits.clear();
        }
        if c != '\0' {
            key.push(c);
        }
    }
    key
}

/// A text that no spreadsheet takes for a formula: behind an apostrophe if it begins like one, also after blanks, quotes or a
/// byte order mark, and with the wide signs that a Thai keyboard knows as well.
pub fn defused(text: &str) -> String {
    let first = text.chars().find(|c| !matches!(c, ' ' | '"' | '\u{feff}'));
    let starts = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    if first.is_some_and(|first| starts.contains(&first)) { format!("'{text}") } else { text.to_owned() }
}

/// Titles that people leave out or write differently. Longest first, so that นางสาว is not taken for นาง.
const TITLES: &[&str] =
    &["เด็กหญิง", "เด็กชาย", "นางสาว", "น.ส.", "ด.ญ.", "ด.ช.", "นาย", "นาง", "mrs.", "mr.", "ms."];

/// Returns the key under which a text is stored for search, and by which it is looked up: without title,
/// spaces, dots, hyphens, tone marks and other marks that people drop, in lower case, with ASCII digits.
/// Two ways of typing น้ำ (with ำ, or with ํ and า in either order) give one key.
pub fn search_key(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let only_word = text.split_whitespace().nth(1).is_none();
    for word in text.split_whitespace() {
        // Thai has no capital letters; only foreign titles need the detour.
        let titled = match word.chars().next() {
            Some('เ' | 'น' | 'ด' | 'm' | 'M') => {
                TITLES.iter().find(|title| starts_with_title(word, title))
            }
            _ => None,
        };
        match titled {
            Some(title) if word.len() == title.len() && !only_word => continue,
            Some(title) => push_key(strip_title(word, title).unwrap_or(word), &mut out),
            None => push_key(word, &mut out),
        }
    }
    out
}

/// What people call each other by before the name, and no registry writes. Longest first.
const CALLED: &[&str] = &[
    "ผู้ใหญ่",
    "นางสาว",
    "กำนัน",
    "น.ส.",
    "น้อง",
    "เฮีย",
    "นส.",
    "คุณ",
    "นาย",
    "นาง",
    "ยาย",
    "ย่า",
    "ปู่",
    "ป้า",
    "ลุง",
    "น้า",
    "พี่",
    "หมอ",
    "ครู",
    "เจ๊",
    "ตา",
    "อา",
];

/// What to look for, one after the other until somebody is found: a name as it was typed, then without what people call each
/// other by. The whole comes first, for names do begin so.
pub fn names_to_try(text: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(text), |text| without_calling(text)).take(3)
}

/// What is left of a name once it is not called aunt or teacher any more; `None` if it is not, or if nobody could be called
/// what is left: ตาล is a name.
fn without_calling(text: &str) -> Option<&str> {
    let text = text.trim();
    let rest = CALLED.iter().find_map(|word| text.strip_prefix(word))?.trim_start();
    // No name begins with a vowel or a mark that hangs on the letter before it.
    let hangs = |c: char| matches!(c, '\u{0e30}'..='\u{0e3a}' | '\u{0e45}'..='\u{0e4e}');
    let first = rest.chars().next().filter(|c| !hangs(*c));
    first.filter(|_| rest.chars().nth(1).is_some()).map(|_| rest)
}

fn starts_with_title(word: &str, title: &str) -> bool {
    word.get(..title.len()).is_some_and(|head| head.eq_ignore_ascii_case(title))
}

/// Strips a title, unless nothing is left: somebody may be called นาย.
fn strip_title<'a>(word: &'a str, title: &str) -> Option<&'a str> {
    word.get(title.len()..).filter(|rest| rest.chars().count() > 1)
}

fn push_key(word: &str, out: &mut String) {
    let mut chars = word.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            // Tone marks, the silencer, the short mark and the yamakkan: what hurried typing leaves out.
            '\u{0e47}'..='\u{0e4c}' | '\u{0e4e}' => {}
            // Nikhahit and sara aa are sara am, whatever tone mark stood between them.
            '\u{0e4d}' => {
                while chars.peek().is_some_and(|next| ('\u{0e47}'..='\u{0e4c}').contains(next)) {
                    chars.next();
                }
                if chars.peek() == Some(&'\u{0e32}') {
                    chars.next();
                    out.push('\u{0e33}');
                }
            }
            // Two sara e are one sara ae.
            'เ' if chars.peek() == Some(&'เ') => {
                chars.next();
                out.push('แ');
            }
            '.' | '-' | '_' | ',' | '(' | ')' | '"' | '\'' | '\u{200b}' | '\u{200c}' | '\u{200d}'
            | '\u{feff}' => {}
            control if control.is_control() => {}
            plain if plain.is_ascii() => out.push(plain.to_ascii_lowercase()),
            thai @ '\u{0e00}'..='\u{0e7f}' => out.push(ascii_digit(thai)),
            other => out.extend(other.to_lowercase()),
        }
    }
}

/// Groups the last digits of a whole number by threes: `18,000`.
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if number < 0 { format!("-{out}") } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn house_numbers_sort_as_people_count() {
        let mut orders = ["10/2", "10", "9/10", "9.5", "9/2", "๑๐/๑", "9"];
        orders.sort_by_key(|order| sort_key(order));
        assert_eq!(orders, ["9", "9.5", "9/2", "9/10", "10", "๑๐/๑", "10/2"]);
    }

    #[test]
    fn one_key_for_all_ways_of_typing() {
        for (a, b) in [
            ("น\u{0e49}\u{0e33}", "น\u{0e49}\u{0e4d}\u{0e32}"),
            ("น\u{0e49}\u{0e33}", "น\u{0e4d}\u{0e49}\u{0e32}"),
            ("น้ำ", "นำ"),
            ("นายสมชาย ทองตัวอย่างดี", "สมชายทองตัวอยางดี"),
            ("นาย สมชาย", "นายสมชาย"),
            ("นางสาวมาลี", "มาลี"),
            ("๑๐/๘", "10/8"),
            ("เเดง", "แดง"),
            ("W-0001 23", "w000123"),
        ] {
            assert_eq!(search_key(a), search_key(b), "{a} {b}");
        }
        assert_eq!(search_key("นาย"), "นาย");
    }

    #[test]
    fn whoever_is_called_aunt_is_looked_for_by_her_name() {
        for (asked, name) in [
            ("ยายชูศรี", "ชูศรี"),
            ("ยาย ชูศรี ใจดี", "ชูศรี ใจดี"),
            (" ตาสมหมาย", "สมหมาย"),
            ("ป้าแดง", "แดง"),
            ("ลุงดำ", "ดำ"),
            ("นส.มาลี", "มาลี"),
            ("คุณยายชูศรี", "ยายชูศรี"),
        ] {
            assert_eq!(without_calling(asked), Some(name), "{asked}");
        }
        for name in ["ตาล", "ยายา", "ป้าย", "ตาาล", "ชูศรี", "ยาย", "นาย ก", "10/8"]
        {
            assert_eq!(without_calling(name), None, "{name}");
        }
        // Titles are no part of the key at all.
        for asked in ["นายชูศรี", "นางชูศรี", "น.ส.ชูศรี"] {
            assert_eq!(search_key(asked), search_key("ชูศรี"), "{asked}");
        }
    }

    #[test]
    fn thousands() {
        assert_eq!(grouped(18_000), "18,000");
        assert_eq!(grouped(-1_234_567), "-1,234,567");
        assert_eq!(grouped(999), "999");
    }

    proptest! {
        #[test]
        fn a_key_is_its_own_key(text in "[ก-๙a-z0-9 .]{0,30}") {
            // Titles are stripped once; a second pass could meet a name that looks like one.
            let key = search_key(&text);
            prop_assume!(TITLES.iter().all(|title| !key.starts_with(title)));
            prop_assert_eq!(search_key(&key), key);
        }
    }
}
