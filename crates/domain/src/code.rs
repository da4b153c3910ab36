//! Codes on labels: ours are ten characters of Crockford base32, opaque, the last one a check character.
//!
//! The check is a sum over GF(32) with distinct weights, so it finds every single wrong character and every
//! swap of two neighbours, and stays within the same 32 characters (which keeps the QR code in its small
//! alphanumeric mode and the code typeable on any phone).
//!
//! In the link of a label six more characters follow: an authenticator, made with a key that only the municipality's
//! server has ([`LabelKey`]). The code in clear text under the picture lacks it, so a report from a passer-by needs the
//! label itself and not a photograph of its number, and a sticker that somebody else printed is known for what it is.
//! Phones never get the key and so never judge an authenticator: a key on twenty phones is a key that leaves with the
//! first one stolen, and then anybody prints our labels. What a phone can know without it (the check character, the
//! host, whether the registry it holds knows the code) is enough to open a record, and the person sees which before
//! anything is entered. A link without an authenticator, from a label printed before there were any, opens the record
//! like any other; it only reports nothing.

use crate::problem::Code as ProblemCode;
use crate::text;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters of a code, check character included.
pub const LENGTH: usize = 10;
/// Characters of the authenticator in a label's link: 30 bits, which still fits the code of a 20-character host into
/// version 3 at level Q. A guess costs a request to the server and is right once in a thousand million.
pub const AUTHENTICATOR_LENGTH: usize = 6;
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
        /// What the link says proves the label, in capitals. Only the server can judge it.
        authenticator: Option<String>,
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
            [q, tail] if q.eq_ignore_ascii_case("q") => {
                let (code, authenticator) = read_tail(tail)?;
                Ok(Scanned::Ours { code, host: Some(link.host.to_ascii_lowercase()), authenticator })
            }
            [e, code] if e.eq_ignore_ascii_case("enrol") && !code.is_empty() => {
                Ok(Scanned::Enrol { server: link.server(), code: (*code).to_owned() })
            }
            _ => Err(ProblemCode::CodeHostile),
        };
    }
    if is_hostile(text) {
        return Err(ProblemCode::CodeHostile);
    }
    match normalise(text) {
        Some(code) if check(&code).is_ok() => Ok(Scanned::Ours { code, host: None, authenticator: None }),
        _ => Ok(Scanned::Foreign(text::collapse_spaces(text))),
    }
}

/// What of a scanned or typed text is kept in a record: of a label of ours the ten characters, neither its host nor what
/// proves that somebody stands in front of it; anything else as it is.
pub fn bare(scanned: &str) -> String {
    match read(scanned) {
        Ok(Scanned::Ours { code, .. }) => code,
        _ => scanned.trim().to_owned(),
    }
}

/// What is no maker's serial: a link or an order to a phone, markup, a payment (a PromptPay code begins with
/// `000201`), or too much text.
fn is_hostile(text: &str) -> bool {
    const ORDERS: [&str; 20] = [
        "javascript:",
        "data:",
        "intent:",
        "vbscript:",
        "file:",
        "http:",
        "https:",
        "tel:",
        "sms:",
        "smsto:",
        "mailto:",
        "wifi:",
        "geo:",
        "market:",
        "begin:",
        "mecard:",
        "otpauth:",
        "upi:",
        "bitcoin:",
        "ftp:",
    ];
    let lower = text.to_ascii_lowercase();
    text.chars().any(|c| c.is_control() || matches!(c, '<' | '>' | '{' | '}' | '"' | '`'))
        || text.chars().count() > FOREIGN_MAX_CHARS
        || text.contains("://")
        || ORDERS.iter().any(|order| lower.starts_with(order))
        || (text.starts_with("000201") && text.len() > 30)
}

/// Reads what follows `/q/` in a label's link: a code, and its authenticator if there is one. Spaces, hyphens,
/// confusable letters and lower case are forgiven as in a typed code.
///
/// Errors: `code_mistyped` for another length or a wrong check character.
pub fn read_tail(tail: &str) -> Result<(String, Option<String>), ProblemCode> {
    let letters = letters_of(tail).ok_or(ProblemCode::CodeMistyped)?;
    let (code, rest) = letters.split_at_checked(LENGTH).ok_or(ProblemCode::CodeMistyped)?;
    check(code)?;
    match rest.len() {
        0 => Ok((code.to_owned(), None)),
        AUTHENTICATOR_LENGTH => Ok((code.to_owned(), Some(rest.to_owned()))),
        _ => Err(ProblemCode::CodeMistyped),
    }
}

/// A link without an authenticator: it opens a record and reports nothing. `server` is scheme and host.
pub fn link(server: &str, code: &str) -> String {
    format!("{}/Q/{code}", server.trim_end_matches('/').to_ascii_uppercase())
}

/// The link printed on a label: capitals keep the QR code small. `server` is scheme and host.
pub fn label_link(server: &str, key: &LabelKey, code: &str) -> String {
    format!("{}{}", link(server, code), key.authenticator(code))
}

/// The key of a municipality's labels. It is made once, stays with the server and its backups, and is never printed.
#[derive(Clone)]
pub struct LabelKey([u8; 32]);

impl std::fmt::Debug for LabelKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LabelKey")
    }
}

impl LabelKey {
    /// Takes 32 random bytes.
    pub fn new(random: [u8; 32]) -> LabelKey {
        LabelKey(random)
    }

    /// The authenticator of a code of ours: the first 30 bits of BLAKE3 with this key, as six letters.
    pub fn authenticator(&self, code: &str) -> String {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(b"label ").update(code.as_bytes());
        let mut eight = [0u8; 8];
        hasher.finalize_xof().fill(&mut eight);
        let mut rest = u64::from_le_bytes(eight);
        let mut letters = String::with_capacity(AUTHENTICATOR_LENGTH);
        for _ in 0..AUTHENTICATOR_LENGTH {
            letters.push(letter((rest & 31) as u8));
            rest >>= 5;
        }
        letters
    }

    /// Says whether an authenticator is the one of a code. The time it takes tells nothing about how much of a guess
    /// was right.
    pub fn fits(&self, code: &str, authenticator: &str) -> bool {
        let right = self.authenticator(code);
        let differing = right.bytes().zip(authenticator.bytes()).fold(0, |sum, (a, b)| sum | (a ^ b));
        std::hint::black_box(differing) == 0 && right.len() == authenticator.len()
    }
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
    letters_of(text).filter(|letters| letters.len() == LENGTH)
}

/// Brings typed letters to those of the alphabet; `None` if there are others.
fn letters_of(text: &str) -> Option<String> {
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
    letters.bytes().all(|b| value(b).is_some()).then_some(letters)
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
    fn a_record_keeps_the_bare_code() {
        let code = make(42);
        let proven = format!("{}AB12CD", link("https://nongsao.example", &code));
        let (before, after) = code.split_at(5);
        let typed = format!(" {before} {after}").to_lowercase();
        for scanned in [&code, &proven, &typed] {
            assert_eq!(bare(scanned), code, "{scanned}");
        }
        assert_eq!(bare(" SN 12/34 "), "SN 12/34");
        assert_eq!(bare("https://elsewhere.example/x"), "https://elsewhere.example/x");
        assert_eq!(bare(""), "");
    }

    #[test]
    fn a_link_in_capitals_is_ours() {
        let code = make(0x1234_5678_9abc);
        assert_eq!(
            read(&link("https://q.example.go.th", &code)).unwrap(),
            Scanned::Ours { code, host: Some("q.example.go.th".into()), authenticator: None }
        );
    }

    #[test]
    fn a_labels_link_proves_its_code_and_no_other() {
        let key = LabelKey::new([7; 32]);
        let (code, other) = (make(1), make(2));
        let link = label_link("https://sanam.example.go.th", &key, &code);
        assert!(link.len() <= 47, "{link} is a size larger at level Q");
        let Ok(Scanned::Ours { code: read_code, authenticator: Some(proof), .. }) =
            read(&link.to_lowercase())
        else {
            panic!("{link}")
        };
        assert_eq!(read_code, code);
        assert!(key.fits(&code, &proof));
        assert!(!key.fits(&other, &proof) && !LabelKey::new([8; 32]).fits(&code, &proof));
        let short: String = proof.chars().skip(1).collect();
        for part in ["", &short, "000000", &format!("{proof}0")] {
            assert!(!key.fits(&code, part), "{part}");
        }
        assert_eq!(format!("{key:?}"), "LabelKey");
    }

    #[test]
    fn a_link_of_another_length_is_mistyped() {
        let code = make(3);
        for tail in ["", "0", "00000", "0000000", "00000/"] {
            let link = format!("https://q.example.go.th/q/{code}{tail}");
            assert_eq!(read(&link).is_ok(), tail.is_empty(), "{link}");
        }
        let (head, tail) = code.split_at(5);
        assert_eq!(read_tail(&format!("{head}-{tail}")), Ok((code.clone(), None)));
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
        for text in [
            "javascript:alert(1)",
            "https://evil.example/pay",
            "a\u{0}b",
            &"x".repeat(7_000),
            "intent://x",
            "<img src=x onerror=alert(1)>",
            "WIFI:S:free;P:x;;",
            "00020101021229370016A000000677010111",
            "line://ti/p/x",
        ] {
            assert_eq!(read(text), Err(ProblemCode::CodeHostile), "{text:.40}");
        }
    }

    #[test]
    fn a_makers_serial_is_foreign() {
        for serial in ["8850 1234", "SN:A-77/2", "Sanwa+SV15 #0042", "มาตร 17"] {
            assert_eq!(read(&format!(" {serial} ")), Ok(Scanned::Foreign(serial.into())));
        }
    }

    proptest! {
        #[test]
        fn typed_with_confusions_it_is_still_read(random in any::<u64>()) {
            let code = make(random);
            let typed: String = code.to_lowercase().replace('0', "o").replace('1', "l");
            let (head, tail) = typed.split_at(5);
            let spaced = format!("{head} {tail}");
            prop_assert_eq!(read(&spaced).unwrap(), Scanned::Ours { code, host: None, authenticator: None });
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
