//! Codes on labels: ours are ten characters of Crockford base32, opaque, the last one a check character.
//!
//! The check is a sum over GF(32) with distinct weights, so it finds every single wrong character and every
//! swap of two neighbours, and stays within the same 32 characters (which keeps the QR code in its small
//! alphanumeric mode and the code typeable on any phone).

use crate::problem::Code as ProblemCode;
use crate::text;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters of a code, check character included.
pub const LENGTH: usize = 10;
/// Longest text of a foreign code that can be bound.
pub const FOREIGN_MAX_CHARS: usize = 120;

/// Makes a code from 45 of the given random bits.
pub fn make(random: u64) -> String {
    let mut digits = [0u8; LENGTH];
    let mut rest = random;
    for digit in digits.iter_mut().take(LENGTH - 1) {
        *digit = (rest & 31) as u8;
        rest >>= 5;
    }
    if let Some(last) = digits.last_mut() {
        *last = 0;
    }
    let check = weighted_sum(&digits);
    digits.iter().take(LENGTH - 1).chain(std::iter::once(&check)).map(|d| letter(*d)).collect()
}

/// What a scanned or typed text is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scanned {
    /// A code of ours, in capitals; the host if it came as a link.
    Ours {
        /// The ten characters.
        code: String,
        /// Host of the link, in lower case.
        host: Option<String>,
    },
    /// An enrolment link: the server's address and the one-time code.
    Enrol {
        /// Scheme and host, without a trailing slash.
        server: String,
        /// The one-time code.
        code: String,
    },
    /// Anything else that can be bound to a subject: a maker's serial, an asset number.
    Foreign(String),
}

/// Reads a scanned or typed text. Confusable letters (O, I, L), spaces, hyphens, lower case and Thai digits are
/// forgiven in a code of ours.
///
/// Errors: `code_mistyped` when it looks like ours but the check fails, `code_hostile` for control characters,
/// script links or texts longer than [`FOREIGN_MAX_CHARS`].
pub fn read(scanned: &str) -> Result<Scanned, ProblemCode> {
    let text = scanned.trim();
    if text.is_empty() {
        return Err(ProblemCode::CodeMistyped);
    }
    if let Some(link) = Link::read(text) {
        return match link.path.split('/').collect::<Vec<_>>().as_slice() {
            [q, code] if q.eq_ignore_ascii_case("q") => {
                let code = normalise(code).ok_or(ProblemCode::CodeMistyped)?;
                check(&code)?;
                Ok(Scanned::Ours { code, host: Some(link.host.to_ascii_lowercase()) })
            }
            [e, code] if e.eq_ignore_ascii_case("enrol") && !code.is_empty() => {
                Ok(Scanned::Enrol { server: link.server(), code: (*code).to_owned() })
            }
            _ => Err(ProblemCode::CodeHostile),
        };
    }
    let scripted = ["javascript:", "data:", "intent:", "vbscript:", "file:", "http:", "https:"];
    let lower = text.to_ascii_lowercase();
    if text.chars().any(char::is_control)
        || text.chars().count() > FOREIGN_MAX_CHARS
        || scripted.iter().any(|scheme| lower.starts_with(scheme))
    {
        return Err(ProblemCode::CodeHostile);
    }
    match normalise(text) {
        Some(code) if check(&code).is_ok() => Ok(Scanned::Ours { code, host: None }),
        _ => Ok(Scanned::Foreign(text::collapse_spaces(text))),
    }
}

/// The link printed on a label: capitals keep the QR code small. `server` is scheme and host.
pub fn link(server: &str, code: &str) -> String {
    format!("{}/Q/{code}", server.trim_end_matches('/').to_ascii_uppercase())
}

/// The enrolment link of the office's QR. The code is case-sensitive, so nothing is raised to capitals.
pub fn enrol_link(server: &str, code: &str) -> String {
    format!("{}/enrol/{code}", server.trim_end_matches('/'))
}

struct Link<'a> {
    scheme: &'a str,
    host: &'a str,
    path: &'a str,
}

impl<'a> Link<'a> {
    fn read(text: &'a str) -> Option<Link<'a>> {
        let (scheme, rest) = text.split_once("://")?;
        if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
            return None;
        }
        let (host, path) = rest.split_once('/')?;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
        if host.is_empty() || !host.chars().all(plain) || text.chars().any(char::is_control) {
            return None;
        }
        Some(Link { scheme, host, path })
    }

    fn server(&self) -> String {
        format!("{}://{}", self.scheme.to_ascii_lowercase(), self.host.to_ascii_lowercase())
    }
}

/// Brings a typed code to its ten capitals; `None` if it has another length or other characters.
fn normalise(text: &str) -> Option<String> {
    let ascii = text::ascii_digits(text);
    let letters: String = ascii
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect();
    (letters.len() == LENGTH && letters.bytes().all(|b| value(b).is_some())).then_some(letters)
}

fn check(code: &str) -> Result<(), ProblemCode> {
    let digits: Vec<u8> = code.bytes().filter_map(value).collect();
    if digits.len() == LENGTH && weighted_sum(&digits) == 0 { Ok(()) } else { Err(ProblemCode::CodeMistyped) }
}

fn value(letter: u8) -> Option<u8> {
    ALPHABET.iter().position(|known| *known == letter).and_then(|at| u8::try_from(at).ok())
}

fn letter(digit: u8) -> char {
    ALPHABET.get(usize::from(digit)).map_or('0', |b| char::from(*b))
}

/// Sums the digits over GF(32), weighted by powers of two from the right; the check digit has weight one.
fn weighted_sum(digits: &[u8]) -> u8 {
    digits.iter().fold(0, |sum, digit| double(sum) ^ digit)
}

/// Multiplies by x in GF(32) with the primitive polynomial x^5 + x^2 + 1.
fn double(a: u8) -> u8 {
    let shifted = a << 1;
    if shifted & 32 == 0 { shifted } else { (shifted ^ 0b10_0101) & 31 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_link_in_capitals_is_ours() {
        let code = make(0x1234_5678_9abc);
        assert_eq!(
            read(&link("https://q.example.go.th", &code)).unwrap(),
            Scanned::Ours { code, host: Some("q.example.go.th".into()) }
        );
    }

    #[test]
    fn an_enrolment_link_names_its_server() {
        assert_eq!(
            read("http://192.168.1.5:8080/enrol/Ab3").unwrap(),
            Scanned::Enrol { server: "http://192.168.1.5:8080".into(), code: "Ab3".into() }
        );
    }

    #[test]
    fn hostile_texts_are_named_so() {
        for text in
            ["javascript:alert(1)", "https://evil.example/pay", "a\u{0}b", &"x".repeat(7_000), "intent://x"]
        {
            assert_eq!(read(text), Err(ProblemCode::CodeHostile), "{text:.40}");
        }
    }

    #[test]
    fn a_makers_serial_is_foreign() {
        assert_eq!(read(" 8850 1234 ").unwrap(), Scanned::Foreign("8850 1234".into()));
    }

    proptest! {
        #[test]
        fn typed_with_confusions_it_is_still_read(random in any::<u64>()) {
            let code = make(random);
            let typed: String = code.to_lowercase().replace('0', "o").replace('1', "l");
            let (head, tail) = typed.split_at(5);
            let spaced = format!("{head} {tail}");
            prop_assert_eq!(read(&spaced).unwrap(), Scanned::Ours { code, host: None });
        }

        #[test]
        fn one_wrong_character_is_found(random in any::<u64>(), at in 0usize..10, by in 1u8..32) {
            let code = make(random);
            let mut digits: Vec<u8> = code.bytes().filter_map(value).collect();
            digits[at] ^= by;
            let wrong: String = digits.iter().map(|d| letter(*d)).collect();
            prop_assert_eq!(check(&wrong), Err(ProblemCode::CodeMistyped));
        }

        #[test]
        fn two_swapped_neighbours_are_found(random in any::<u64>(), at in 0usize..9) {
            let mut letters: Vec<u8> = make(random).into_bytes();
            prop_assume!(letters[at] != letters[at + 1]);
            letters.swap(at, at + 1);
            prop_assert!(check(std::str::from_utf8(&letters).unwrap()).is_err());
        }

        #[test]
        fn reading_never_panics(text in ".{0,200}") {
            let _ = read(&text);
        }
    }
}
