//! From what a person types or an expression gives to the text that is stored, and the check that a stored text is
//! what its question wants.
//!
//! What cannot be understood is kept as typed and reported: throwing a person's typing away is worse than a red line.

use crate::definition::{Kind, Node, Store};
use crate::xpath::{Object, World, dates, number_text, text_number};

/// Writes Thai digits as ASCII digits.
pub fn fold_digits(text: &str) -> String {
    let fold = |letter: char| match letter {
        '๐'..='๙' => char::from(b'0' + (u32::from(letter) - u32::from('๐')) as u8),
        other => other,
    };
    text.chars().map(fold).collect()
}

/// Stored text of what a person entered for a node.
pub fn entered(node: &Node, typed: &str, offset: i32) -> String {
    if typed.is_empty() {
        return String::new();
    }
    match node.kind {
        Kind::Acknowledge => {
            return if matches!(typed.trim(), "" | "false" | "0") { String::new() } else { "OK".to_owned() };
        }
        Kind::SelectOne => return typed.trim().to_owned(),
        Kind::SelectMultiple | Kind::Rank => {
            let mut chosen: Vec<&str> = Vec::new();
            for word in typed.split_whitespace() {
                if !chosen.contains(&word) {
                    chosen.push(word);
                }
            }
            return chosen.join(" ");
        }
        Kind::Barcode => return fold_digits(typed.trim()),
        _ => {}
    }
    let numeric_text = node.appearance.split_whitespace().any(|word| word == "numbers");
    match node.store {
        Store::Text if numeric_text => fold_digits(typed),
        Store::Text | Store::Binary | Store::Boolean => typed.to_owned(),
        _ => written(node.store, &fold_digits(typed.trim()), offset),
    }
}

/// Canonical text of a value for a kind of store; the text itself when it is not understood.
fn written(store: Store, text: &str, offset: i32) -> String {
    let understood = match store {
        Store::Integer => whole(text),
        Store::Decimal => number(text).map(number_text),
        Store::Date => day(text),
        Store::Time => time(text, offset),
        Store::DateTime => dates::parse_moment(text, offset).map(|ms| dates::date_time_text(ms, offset)),
        Store::Geopoint => place(text),
        Store::Geotrace | Store::Geoshape => text
            .split(';')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(place)
            .collect::<Option<Vec<_>>>()
            .map(|all| all.join(";")),
        Store::Text | Store::Boolean | Store::Binary => None,
    };
    understood.unwrap_or_else(|| text.to_owned())
}

/// Thousands separators and spaces are how people write numbers, not part of them.
fn number(text: &str) -> Option<f64> {
    let plain: String = text.chars().filter(|letter| !matches!(letter, ',' | ' ' | '\u{a0}')).collect();
    let number = text_number(&plain);
    number.is_finite().then_some(number)
}

fn whole(text: &str) -> Option<String> {
    let number = number(text)?;
    (number.fract() == 0.0 && number.abs() < 9.0e15).then(|| number_text(number))
}

fn day(text: &str) -> Option<String> {
    let date = text.split(['T', ' ']).next()?;
    let (year, month, day) = dates::date_of(dates::parse_date(date)?);
    Some(format!("{year:04}-{month:02}-{day:02}"))
}

fn time(text: &str, offset: i32) -> Option<String> {
    let clock = text.split_once('T').map_or(text, |(_, clock)| clock);
    let (clock, zone) = dates::split_zone(clock)?;
    let ms = dates::parse_clock(clock)? as u32;
    let zone = dates::offset_text(zone.unwrap_or(offset));
    Some(format!(
        "{:02}:{:02}:{:02}.{:03}{zone}",
        ms / 3_600_000,
        ms / 60_000 % 60,
        ms / 1000 % 60,
        ms % 1000
    ))
}

fn place(text: &str) -> Option<String> {
    let numbers: Vec<f64> = text.split_whitespace().map(text_number).collect();
    let (latitude, longitude) = (numbers.first()?, numbers.get(1)?);
    if numbers.len() > 4
        || numbers.iter().any(|number| !number.is_finite())
        || latitude.abs() > 90.0
        || longitude.abs() > 180.0
    {
        return None;
    }
    Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Stored text of what an expression gave for a node.
pub fn calculated(store: Store, value: &Object, world: &World<'_>) -> String {
    let offset = world.offset();
    let number = || match value {
        Object::Text(_) | Object::Nodes(_) => text_number(&value.text(world)),
        other => other.number(world),
    };
    let text = || match value {
        Object::Number(number) if number.is_nan() => String::new(),
        Object::Moment(ms) if ms.is_nan() => String::new(),
        other => other.text(world),
    };
    match store {
        Store::Integer => {
            let number = number();
            if number.is_finite() { number_text(number.trunc()) } else { text() }
        }
        Store::Decimal => {
            let number = number();
            if number.is_nan() { text() } else { number_text(number) }
        }
        Store::Date | Store::Time | Store::DateTime => match value {
            Object::Text(_) | Object::Nodes(_) => {
                let text = text();
                if text.is_empty() { text } else { written(store, &text, offset) }
            }
            other => {
                let ms = other.moment(world);
                if ms.is_nan() {
                    return String::new();
                }
                match store {
                    Store::Date => dates::date_text(ms, offset),
                    Store::Time => written(store, &dates::date_time_text(ms, offset), offset),
                    _ => dates::date_time_text(ms, offset),
                }
            }
        },
        _ => text(),
    }
}

/// What is wrong with a stored text, as (Thai, English); `None` when it is what the question wants.
pub fn type_problem(store: Store, text: &str) -> Option<(&'static str, &'static str)> {
    if text.is_empty() {
        return None;
    }
    let (good, message) = match store {
        Store::Integer => {
            (whole(text).is_some(), ("ต้องเป็นจำนวนเต็ม เช่น 12", "This must be a whole number, such as 12"))
        }
        Store::Decimal => {
            (number(text).is_some(), ("ต้องเป็นตัวเลข เช่น 12.5", "This must be a number, such as 12.5"))
        }
        Store::Date => (day(text).is_some(), ("ไม่มีวันที่นี้ในปฏิทิน", "There is no such date")),
        Store::Time => {
            (time(text, 0).is_some(), ("ต้องเป็นเวลา เช่น 08:30", "This must be a time, such as 08:30"))
        }
        Store::DateTime => {
            (dates::parse_moment(text, 0).is_some(), ("ต้องเป็นวันที่และเวลา", "This must be a date and a time"))
        }
        Store::Geopoint => {
            (place(text).is_some(), ("ต้องเป็นพิกัด ละติจูด ลองจิจูด", "This must be a latitude and a longitude"))
        }
        Store::Text | Store::Boolean | Store::Geotrace | Store::Geoshape | Store::Binary => return None,
    };
    if good { None } else { Some(message) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(kind: Kind, store: Store) -> Node {
        Node { kind, store, ..Node::default() }
    }

    #[test]
    fn typing_is_understood() {
        let cases = [
            (Kind::Integer, Store::Integer, "๑,๒๓๔", "1234"),
            (Kind::Integer, Store::Integer, "007", "7"),
            (Kind::Integer, Store::Integer, "12x", "12x"),
            (Kind::Decimal, Store::Decimal, "๓.๕๐", "3.5"),
            (Kind::Date, Store::Date, "๒๕๖๙-๑-๒", "2569-01-02"),
            (Kind::Date, Store::Date, "2026-02-30", "2026-02-30"),
            (Kind::Time, Store::Time, "8:05", "08:05:00.000+07:00"),
            (Kind::DateTime, Store::DateTime, "2026-11-21T08:30", "2026-11-21T08:30:00.000+07:00"),
            (Kind::SelectMultiple, Store::Text, " a  b a", "a b"),
            (Kind::Acknowledge, Store::Text, "true", "OK"),
            (Kind::Text, Store::Text, "บ้านเลขที่ ๑๒", "บ้านเลขที่ ๑๒"),
            (Kind::Barcode, Store::Text, " ๙๙A ", "99A"),
        ];
        for (kind, store, typed, stored) in cases {
            assert_eq!(entered(&node(kind, store), typed, 420), stored, "{typed}");
        }
    }

    #[test]
    fn wrong_types_are_named() {
        assert!(type_problem(Store::Integer, "1.5").is_some());
        assert!(type_problem(Store::Date, "2026-02-30").is_some());
        assert!(type_problem(Store::Geopoint, "91 0").is_some());
        assert!(type_problem(Store::Geopoint, "13.7 100.5 0 5").is_none());
        assert!(type_problem(Store::Integer, "").is_none());
    }
}
