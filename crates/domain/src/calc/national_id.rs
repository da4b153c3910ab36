//! The thirteen-digit number of persons and of juristic bodies: its check digit, its writing, its mask.

use crate::text::ascii_digits;

/// Whose number it is, by its first digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A person: the number begins with 1 to 8.
    Person,
    /// A company, a state body: a tax number, which begins with 0 and has the same check digit.
    Juristic,
    /// Nobody: `0-0000-…`, an office that does not exist. Simulated towns use these numbers.
    Nobody,
}

/// Returns the check digit of the first twelve digits; `None` if they are not twelve digits.
pub fn check_digit(twelve: &str) -> Option<u32> {
    let digits: Vec<u32> = twelve.chars().map(|c| c.to_digit(10)).collect::<Option<_>>()?;
    if digits.len() != 12 {
        return None;
    }
    let sum: u32 = digits.iter().zip((2..=13).rev()).map(|(digit, weight)| digit * weight).sum();
    Some((11 - sum % 11) % 10)
}

/// Reads a number as people write it (hyphens, spaces, Thai digits) into its thirteen digits, if the check
/// digit agrees and somebody can have it. No number begins with 9.
pub fn read(typed: &str) -> Option<(String, Holder)> {
    let digits = thirteen(typed)?;
    let (twelve, last) = digits.split_at_checked(12)?;
    if check_digit(twelve) != last.parse().ok() {
        return None;
    }
    let holder = match digits.chars().next()? {
        '9' => return None,
        '0' if digits.starts_with("00000") => Holder::Nobody,
        '0' => Holder::Juristic,
        _ => Holder::Person,
    };
    Some((digits, holder))
}

/// Says whether it is a person's number. `simulated` also lets numbers pass that belong to nobody.
pub fn is_persons(typed: &str, simulated: bool) -> bool {
    match read(typed) {
        Some((_, Holder::Person)) => true,
        Some((_, Holder::Nobody)) => simulated,
        _ => false,
    }
}

/// Writes a number for a list: `1-2345-xxxxx-xx-1`. A text of another shape is hidden whole, because what was
/// typed into the wrong box may be just as private.
pub fn masked(typed: &str) -> String {
    match thirteen(typed).and_then(|digits| groups(&digits)) {
        Some([first, office, _, _, last]) => format!("{first}-{office}-xxxxx-xx-{last}"),
        None => "x".repeat(typed.trim().chars().count()),
    }
}

/// Writes a number in the usual groups: `1-2345-45678-78-1`. A text of another shape comes back unchanged.
pub fn grouped(typed: &str) -> String {
    match thirteen(typed).and_then(|digits| groups(&digits)) {
        Some(groups) => groups.join("-"),
        None => typed.to_owned(),
    }
}

fn thirteen(typed: &str) -> Option<String> {
    let digits: String = ascii_digits(typed).chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    (digits.len() == 13 && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}

fn groups(digits: &str) -> Option<[String; 5]> {
    let part = |from: usize, to: usize| digits.get(from..to).map(str::to_owned);
    Some([part(0, 1)?, part(1, 5)?, part(5, 10)?, part(10, 12)?, part(12, 13)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_their_holders() {
        for (typed, expected) in [
            ("3100600445635", Some(Holder::Person)),
            ("1234545678781", Some(Holder::Person)),
            ("1-2345-45678-78-1", Some(Holder::Person)),
            ("๑ ๒๓๔๕ ๔๕๖๗๘ ๗๘ ๑", Some(Holder::Person)),
            ("1-2345-45678-78-9", None),
            ("0994000617721", Some(Holder::Juristic)),
            ("0-99-4-000-61772-1", Some(Holder::Juristic)),
            ("0994000617722", None),
            ("310060044563", None),
            ("31006004456350", None),
            ("310060044563X", None),
            ("", None),
        ] {
            assert_eq!(read(typed).map(|(_, holder)| holder), expected, "{typed}");
        }
    }

    #[test]
    fn no_number_begins_with_nine() {
        let twelve = "912345678901";
        let number = format!("{twelve}{}", check_digit(twelve).unwrap());
        assert_eq!(read(&number), None);
    }

    #[test]
    fn a_biller_number_that_is_wrong_on_purpose() {
        assert_eq!(check_digit("099999999999"), Some(1));
        assert_eq!(read("0999999999999"), None);
        assert_eq!(check_digit("09999999999"), None);
    }

    #[test]
    fn simulated_people_pass_only_where_they_are_wanted() {
        let twelve = "000000012300";
        let number = format!("{twelve}{}", check_digit(twelve).unwrap());
        assert_eq!(read(&number).unwrap().1, Holder::Nobody);
        assert!(is_persons(&number, true));
        assert!(!is_persons(&number, false));
        assert!(is_persons("3100600445635", false));
        assert!(!is_persons("0994000617721", true));
    }

    /// The state's formula weighs the third digit by eleven, which is nothing modulo eleven.
    #[test]
    fn one_wrong_digit_is_noticed_except_the_third() {
        let good = "3100600445635";
        for place in 0..13 {
            for digit in '0'..='9' {
                let typed: String =
                    good.chars().enumerate().map(|(at, old)| if at == place { digit } else { old }).collect();
                let passes = typed == good || place == 2;
                assert_eq!(read(&typed).is_some(), passes, "{typed}");
            }
        }
    }

    #[test]
    fn masks() {
        assert_eq!(masked("1234545678781"), "1-2345-xxxxx-xx-1");
        assert_eq!(masked("๑-๒๓๔๕-๔๕๖๗๘-๗๘-๑"), "1-2345-xxxxx-xx-1");
        assert_eq!(masked("08 1234"), "xxxxxxx");
        assert_eq!(masked(""), "");
        assert_eq!(grouped("1234545678781"), "1-2345-45678-78-1");
        assert_eq!(grouped("ไม่ทราบ"), "ไม่ทราบ");
    }
}
