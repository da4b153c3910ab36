//! Cuts an expression into tokens, by the rules of XPath 1.0 section 3.7.
//!
//! The one hard rule: after something that can end an operand, `*` multiplies and `and or div mod` are operators;
//! anywhere else they are a wildcard and names. So a question may be called `div`.

use super::ParseError;

/// A token; texts are owned because quotes are cut off and names may be long-lived.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    /// A number.
    Number(f64),
    /// A text in quotes.
    Text(String),
    /// A name, `prefix:name`, or `prefix:*` (then the second part is `*`).
    Name(String),
    /// `and`, `or`, `div`, `mod` where an operator is expected.
    Word(&'static str),
    /// Any sign: `/ // ( ) [ ] . .. @ , :: | + - = != < <= > >= *` and `$`.
    Sign(&'static str),
    /// `*` where an operator is expected.
    Times,
}

/// A token and where it begins, counted in bytes.
pub type Placed = (Token, usize);

const SIGNS: [&str; 22] = [
    "//", "..", "::", "!=", "<=", ">=", "/", "(", ")", "[", "]", ".", "@", ",", "|", "+", "-", "=", "<", ">",
    "*", "$",
];

fn starts_name(letter: char) -> bool {
    letter.is_alphabetic() || letter == '_'
}

fn continues_name(letter: char) -> bool {
    // Thai vowel signs and tone marks are not alphabetic, and question names may hold them.
    letter.is_alphanumeric()
        || matches!(letter, '_' | '-' | '.' | '\u{b7}')
        || ('\u{0e30}'..='\u{0e4e}').contains(&letter)
        || ('\u{300}'..='\u{36f}').contains(&letter)
}

fn ends_operand(token: &Token) -> bool {
    match token {
        Token::Number(_) | Token::Text(_) | Token::Name(_) => true,
        Token::Sign(sign) => matches!(*sign, ")" | "]" | "." | ".." | "*"),
        Token::Word(_) | Token::Times => false,
    }
}

/// Gives the tokens of an expression.
pub fn cut(source: &str) -> Result<Vec<Placed>, ParseError> {
    let mut tokens: Vec<Placed> = Vec::new();
    let mut rest = source;
    loop {
        let trimmed = rest.trim_start();
        let at = source.len() - trimmed.len();
        let Some(letter) = trimmed.chars().next() else { return Ok(tokens) };
        let operand_before = tokens.last().is_some_and(|(token, _)| ends_operand(token));
        let (token, length) = if let Some(length) = number_length(trimmed) {
            let text = trimmed.get(..length).unwrap_or_default();
            // `1.` is a number in XPath and not for Rust's parser on every platform; both halves are optional.
            let number = text.trim_end_matches('.').parse().unwrap_or(f64::NAN);
            (Token::Number(number), length)
        } else if letter == '"' || letter == '\'' {
            let inner = trimmed.get(1..).unwrap_or_default();
            let Some(end) = inner.find(letter) else {
                return Err(ParseError::at(at, "a text has no closing quote"));
            };
            (Token::Text(inner.get(..end).unwrap_or_default().to_owned()), end + 2)
        } else if starts_name(letter) {
            let length = name_length(trimmed);
            let name = trimmed.get(..length).unwrap_or_default();
            // `1 mod2` is no name after an operand, although it reads like one.
            let glued = |word: &&str| {
                let rest = name.strip_prefix(*word);
                rest.is_some_and(|rest| {
                    rest.is_empty() || (operand_before && rest.bytes().all(|byte| byte.is_ascii_digit()))
                })
            };
            let word = ["and", "or", "div", "mod"].into_iter().find(glued);
            match word {
                Some(word) if operand_before => (Token::Word(word), word.len()),
                _ => (Token::Name(name.to_owned()), length),
            }
        } else if letter == '*' && operand_before {
            (Token::Times, 1)
        } else if let Some(sign) = SIGNS.into_iter().find(|sign| trimmed.starts_with(sign)) {
            (Token::Sign(sign), sign.len())
        } else {
            return Err(ParseError::at(at, format!("`{letter}` does not belong here")));
        };
        tokens.push((token, at));
        rest = trimmed.get(length..).unwrap_or_default();
    }
}

fn number_length(text: &str) -> Option<usize> {
    let whole = text.bytes().take_while(u8::is_ascii_digit).count();
    let after = text.get(whole..).unwrap_or_default();
    let Some(fraction) = after.strip_prefix('.') else { return (whole > 0).then_some(whole) };
    let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
    (whole + digits > 0).then_some(whole + 1 + digits)
}

/// Length of a name with an optional prefix. `a:b` and `a:*` are one token; `child::a` is three.
fn name_length(text: &str) -> usize {
    let first = plain_name_length(text);
    let after = text.get(first..).unwrap_or_default();
    if let Some(local) = after.strip_prefix(':') {
        if local.starts_with(':') {
            return first;
        }
        if local.starts_with('*') {
            return first + 2;
        }
        if local.chars().next().is_some_and(starts_name) {
            return first + 1 + plain_name_length(local);
        }
    }
    first
}

fn plain_name_length(text: &str) -> usize {
    text.char_indices().find(|(_, letter)| !continues_name(*letter)).map_or(text.len(), |(at, _)| at)
}
