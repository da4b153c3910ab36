//! Functions on texts that are longer than a line.

use super::super::eval::EvalError;
use super::super::number::round;
use super::super::object::Object;
use super::Given;

/// ODK's `substr`: from and to, counted from 0, negative ones from the end.
pub(super) fn substr(value: &str, from: f64, to: Option<f64>) -> Object {
    let letters: Vec<char> = value.chars().collect();
    let length = letters.len() as f64;
    let place = |at: f64| {
        if at.is_nan() {
            0.0
        } else if at < 0.0 {
            (length + at.trunc()).max(0.0)
        } else {
            at.trunc().min(length)
        }
    };
    let (from, to) = (place(from), to.map_or(length, place));
    let count = (to - from).max(0.0) as usize;
    Object::Text(letters.into_iter().skip(from as usize).take(count).collect())
}

/// XPath's `substring`: position from 1 and a length, both rounded, by the book's odd rules for NaN and infinity.
pub(super) fn substring(value: &str, from: f64, length: Option<f64>) -> Object {
    let from = round(from);
    let end = length.map_or(f64::INFINITY, |length| from + round(length));
    let kept = value.chars().enumerate().filter(|(at, _)| {
        let position = (*at + 1) as f64;
        position >= from && position < end
    });
    Object::Text(kept.map(|(_, letter)| letter).collect())
}

pub(super) fn uuid(given: &Given<'_, '_>) -> Result<Object, EvalError> {
    if given.arguments.is_empty() {
        let (high, low) = (given.world.host.random(), given.world.host.random());
        let high = (high & !0xf000) | 0x4000;
        let low = (low & 0x3fff_ffff_ffff_ffff) | 0x8000_0000_0000_0000;
        return Ok(Object::Text(format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xffff,
            low >> 48,
            low & 0xffff_ffff_ffff
        )));
    }
    const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let length = given.number(0)?;
    if !(0.0..=1000.0).contains(&length) {
        return Err(EvalError::Arguments("`uuid()` takes a length up to 1000".to_owned()));
    }
    let letters = (0..length as usize)
        .filter_map(|_| LETTERS.get((given.world.host.random() >> 16) as usize % LETTERS.len()).copied());
    Ok(Object::Text(letters.map(char::from).collect()))
}
