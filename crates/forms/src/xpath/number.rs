//! Numbers and their texts, as XPath and ODK want them.

/// The number a text stands for; NaN when it is none. Blank is NaN, exponents are accepted because both official
/// engines accept them in texts (not in expressions).
pub fn text_number(text: &str) -> f64 {
    let trimmed = text.trim();
    let plain =
        trimmed.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E'));
    if !plain || trimmed.starts_with('+') || !trimmed.bytes().any(|byte| byte.is_ascii_digit()) {
        return f64::NAN;
    }
    trimmed.parse().unwrap_or(f64::NAN)
}

/// The text of a number: no exponent, no trailing `.0`, `-0` is `0`.
pub fn number_text(number: f64) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 { "Infinity".to_owned() } else { "-Infinity".to_owned() }
    } else if number == 0.0 {
        "0".to_owned()
    } else {
        format!("{number}")
    }
}

/// Rounds half up (towards positive infinity), keeping the sign of zero.
pub fn round(number: f64) -> f64 {
    if !number.is_finite() || number == 0.0 {
        return number;
    }
    if (-0.5..0.0).contains(&number) {
        return -0.0;
    }
    let floor = number.floor();
    if number - floor >= 0.5 { floor + 1.0 } else { floor }
}

/// Rounds half up to a number of decimals, which may be negative. Works on the decimal text, so that 2.15 to one
/// decimal is 2.2 although its binary form lies below.
pub fn round_to(number: f64, decimals: f64) -> f64 {
    if !number.is_finite() || decimals.is_nan() {
        return if decimals.is_nan() { f64::NAN } else { number };
    }
    let places = decimals.trunc().clamp(-300.0, 300.0) as i32;
    let shift = |value: f64, by: i32| -> f64 { format!("{value}e{by}").parse().unwrap_or(value) };
    let shifted = shift(number, places);
    if !shifted.is_finite() {
        return number;
    }
    shift(round(shifted), -places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_numbers_agree() {
        for (text, number) in [("12", 12.0), (" -3.5 ", -3.5), (".5", 0.5), ("1e3", 1000.0)] {
            assert_eq!(text_number(text), number, "{text}");
        }
        for text in ["", "abc", "1 2", "inf", "NaN", "+5", "-", "."] {
            assert!(text_number(text).is_nan(), "{text}");
        }
        assert_eq!(number_text(1e21), "1000000000000000000000");
        assert_eq!(number_text(-0.0), "0");
        assert_eq!(number_text(0.1 + 0.2), "0.30000000000000004");
    }

    #[test]
    fn halves_go_up() {
        assert_eq!(round(2.5), 3.0);
        assert_eq!(round(-2.5), -2.0);
        assert!(round(-0.2).is_sign_negative());
        assert_eq!(round_to(2.15, 1.0), 2.2);
        assert_eq!(round_to(626.3, -3.0), 1000.0);
    }
}
