//! From what a person types or an expression gives to the text that is stored.
//!
//! What cannot be understood is never stored: expressions must not meet it. The filling keeps it beside the record and
//! reports it, because throwing a person's typing away is worse than a red line.

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

/// Stored text of what a person entered for a node; `None` when it is not what the question wants.
pub fn entered(node: &Node, typed: &str, offset: i32) -> Option<String> {
    if typed.trim().is_empty() && (node.store != Store::Text || node.kind == Kind::Acknowledge) {
        return Some(String::new());
    }
    match node.kind {
        Kind::Acknowledge => {
            return Some(if matches!(typed.trim(), "false" | "0") { String::new() } else { "OK".to_owned() });
        }
        Kind::SelectOne => return Some(typed.trim().to_owned()),
        Kind::SelectMultiple | Kind::Rank => {
            let mut chosen: Vec<&str> = Vec::new();
            for word in typed.split_whitespace() {
                if !chosen.contains(&word) {
                    chosen.push(word);
                }
            }
            return Some(chosen.join(" "));
        }
        Kind::Barcode => return Some(fold_digits(typed.trim())),
        _ => {}
    }
    let numeric_text = node.appearance.split_whitespace().any(|word| word == "numbers");
    match node.store {
        Store::Text if numeric_text => Some(fold_digits(typed)),
        Store::Text | Store::Binary | Store::Boolean => Some(typed.to_owned()),
        _ => written(node.store, &fold_digits(typed.trim()), offset),
    }
}

/// Canonical text of a value for a kind of store; `None` when it is not one.
pub fn written(store: Store, text: &str, offset: i32) -> Option<String> {
    if text.is_empty() {
        return Some(String::new());
    }
    match store {
        Store::Integer => whole(text),
        Store::Decimal => number(text).map(pointed),
        Store::Date => day(text),
        Store::Time => time(text, offset),
        Store::DateTime => date_time(text, offset),
        Store::Geopoint => place(text, true),
        Store::Geotrace | Store::Geoshape => {
            let parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
            parts.map(|part| place(part, false)).collect::<Option<Vec<_>>>().map(|all| all.join(";"))
        }
        Store::Text | Store::Boolean | Store::Binary => Some(text.to_owned()),
    }
}

/// Thousands separators and spaces are how people write numbers, not part of them.
fn number(text: &str) -> Option<f64> {
    let plain: String = text.chars().filter(|letter| !matches!(letter, ',' | ' ' | '\u{a0}')).collect();
    let number = text_number(&plain);
    number.is_finite().then_some(number)
}

/// Whole numbers have 32 bits, as every ODK engine has it; longer rows of digits are codes and belong in a text.
fn whole(text: &str) -> Option<String> {
    let number = number(text)?;
    (number.fract() == 0.0 && (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&number))
        .then(|| number_text(number))
}

fn day(text: &str) -> Option<String> {
    let date = match text.split_once(['T', ' ']) {
        Some((date, _)) => {
            dates::parse_moment(text, 0)?;
            date
        }
        None => text,
    };
    let (year, month, day) = dates::date_of(dates::parse_date(date)?);
    Some(format!("{year:04}-{month:02}-{day:02}"))
}

/// A time with seconds stays as it is written; hours and minutes alone get the rest and the zone.
fn time(text: &str, offset: i32) -> Option<String> {
    let written = text.split_once('T').map_or(text, |(_, clock)| clock);
    let (clock, zone) = dates::split_zone(written)?;
    let ms = dates::parse_clock(clock)? as u32;
    if clock.len() > "08:30".len() {
        return Some(written.to_owned());
    }
    let zone = dates::offset_text(zone.unwrap_or(offset));
    Some(format!(
        "{:02}:{:02}:{:02}.{:03}{zone}",
        ms / 3_600_000,
        ms / 60_000 % 60,
        ms / 1000 % 60,
        ms % 1000
    ))
}

/// A moment that names its zone stays as it is written; another one gets the zone of the place of filling.
fn date_time(text: &str, offset: i32) -> Option<String> {
    let moment = dates::parse_moment(text, offset)?;
    let zoned = text
        .split_once('T')
        .and_then(|(_, clock)| dates::split_zone(clock))
        .is_some_and(|(_, zone)| zone.is_some());
    Some(if zoned { text.to_owned() } else { dates::date_time_text(moment, offset) })
}

/// Latitude, longitude and perhaps altitude and accuracy, each with a decimal point, as other ODK tools write them.
fn place(text: &str, on_the_globe: bool) -> Option<String> {
    let numbers: Vec<f64> = text.split_whitespace().map(text_number).collect();
    let (latitude, longitude) = (numbers.first()?, numbers.get(1)?);
    let outside = latitude.abs() > 90.0 || longitude.abs() > 180.0;
    if numbers.len() > 4 || numbers.iter().any(|number| !number.is_finite()) || (on_the_globe && outside) {
        return None;
    }
    Some(numbers.into_iter().map(pointed).collect::<Vec<_>>().join(" "))
}

/// A decimal always shows that it is one: `5.0`. Every ODK tool stores it so, and records are compared as texts.
fn pointed(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e15 { format!("{number:.1}") } else { number_text(number) }
}

/// Stored text of what an expression gave for a node. What does not fit the store is no value.
pub fn calculated(store: Store, value: &Object, world: &World<'_>) -> String {
    let offset = world.offset();
    let text = || match value {
        Object::Number(number) if number.is_nan() => String::new(),
        Object::Moment(ms) if ms.is_nan() => String::new(),
        other => other.text(world),
    };
    match store {
        Store::Integer | Store::Decimal => {
            let number = match value {
                Object::Text(_) | Object::Nodes(_) => text_number(&value.text(world)),
                other => other.number(world),
            };
            match store {
                _ if number.is_nan() => String::new(),
                Store::Integer => number_text(number.trunc()),
                _ => pointed(number),
            }
        }
        Store::Date | Store::Time | Store::DateTime => match value {
            Object::Text(_) | Object::Nodes(_) => written(store, &text(), offset).unwrap_or_default(),
            other => {
                let ms = other.moment(world);
                match store {
                    _ if ms.is_nan() => String::new(),
                    Store::Date => dates::date_text(ms, offset),
                    Store::Time => time(&dates::date_time_text(ms, offset), offset).unwrap_or_default(),
                    _ => dates::date_time_text(ms, offset),
                }
            }
        },
        Store::Geopoint | Store::Geotrace | Store::Geoshape => {
            written(store, &text(), offset).unwrap_or_default()
        }
        Store::Text | Store::Boolean | Store::Binary => text(),
    }
}

/// What to say of typing that was not understood, as (Thai, English).
pub fn type_message(store: Store) -> (&'static str, &'static str) {
    match store {
        Store::Integer => ("ต้องเป็นจำนวนเต็ม เช่น 12", "This must be a whole number, such as 12"),
        Store::Decimal => ("ต้องเป็นตัวเลข เช่น 12.5", "This must be a number, such as 12.5"),
        Store::Date => ("ไม่มีวันที่นี้ในปฏิทิน", "There is no such date"),
        Store::Time => ("ต้องเป็นเวลา เช่น 08:30", "This must be a time, such as 08:30"),
        Store::DateTime => ("ต้องเป็นวันที่และเวลา", "This must be a date and a time"),
        _ => ("ต้องเป็นพิกัด ละติจูด ลองจิจูด", "This must be a latitude and a longitude"),
    }
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
            (Kind::Integer, Store::Integer, "๑,๒๓๔", Some("1234")),
            (Kind::Integer, Store::Integer, "007", Some("7")),
            (Kind::Integer, Store::Integer, "12x", None),
            (Kind::Integer, Store::Integer, "1.5", None),
            (Kind::Integer, Store::Integer, "2147483648", None),
            (Kind::Integer, Store::Integer, " ", Some("")),
            (Kind::Decimal, Store::Decimal, "๓.๕๐", Some("3.5")),
            (Kind::Decimal, Store::Decimal, "5", Some("5.0")),
            (Kind::Date, Store::Date, "๒๕๖๙-๑-๒", Some("2569-01-02")),
            (Kind::Date, Store::Date, "2026-02-30", None),
            (Kind::Date, Store::Date, "2025-03-07T14:30:00+x", None),
            (Kind::Time, Store::Time, "08:05", Some("08:05:00.000+07:00")),
            (Kind::Time, Store::Time, "22:02:00.Z", None),
            (Kind::DateTime, Store::DateTime, "2026-11-21T08:30", Some("2026-11-21T08:30:00.000+07:00")),
            (Kind::DateTime, Store::DateTime, "2026-11-21T08:30:00Z", Some("2026-11-21T08:30:00Z")),
            (Kind::Geopoint, Store::Geopoint, "13.75 100.5 0 4.8", Some("13.75 100.5 0.0 4.8")),
            (Kind::Geopoint, Store::Geopoint, "91 0", None),
            (Kind::SelectMultiple, Store::Text, " a  b a", Some("a b")),
            (Kind::Acknowledge, Store::Text, "true", Some("OK")),
            (Kind::Text, Store::Text, "บ้านเลขที่ ๑๒", Some("บ้านเลขที่ ๑๒")),
            (Kind::Barcode, Store::Text, " ๙๙A ", Some("99A")),
        ];
        for (kind, store, typed, stored) in cases {
            assert_eq!(entered(&node(kind, store), typed, 420).as_deref(), stored, "{typed}");
        }
    }
}
