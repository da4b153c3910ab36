//! Values as people read them: Buddhist dates, grouped numbers, choices by their label.

use crate::browser::OFFSET_MINUTES;
use crate::strings::{Language, Strings, fill};
use chrono::{Datelike, NaiveDate, NaiveTime};
use domain::change::Value;
use domain::programme::{FieldKind, FieldType};
use domain::{text, thai_date};

const ENGLISH_MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Writes a count with its thousands apart.
pub fn count(number: u64) -> String {
    text::grouped(i64::try_from(number).unwrap_or(i64::MAX))
}

/// Writes a day: `21 พ.ย. 2569`, `21 Nov 2569`. The Buddhist era is the era of both, as on every paper around.
pub fn day(day: NaiveDate, language: Language) -> String {
    match language {
        Language::Thai => thai_date::short(day),
        Language::English => {
            let month = ENGLISH_MONTHS.get(day.month0() as usize).copied().unwrap_or_default();
            format!("{} {month} {}", day.day(), thai_date::buddhist_year(day.year(), day.month()))
        }
    }
}

/// Writes an ISO date of any precision.
pub fn iso_day(iso: &str, language: Language) -> String {
    match iso.get(..10).unwrap_or(iso).parse::<NaiveDate>() {
        Ok(found) => day(found, language),
        Err(_) => thai_date::of_any_precision(iso),
    }
}

/// Writes a moment in ISO 8601 with offset as day and time: `21 พ.ย. 2569 14:05 น.`
pub fn iso_moment(iso: &str, language: Language) -> String {
    let time = iso.get(11..16).and_then(|time| time.parse::<NaiveTime>().ok());
    match time {
        Some(time) => {
            let suffix = if language == Language::Thai { " น." } else { "" };
            format!("{} {}{suffix}", iso_day(iso, language), time.format("%H:%M"))
        }
        None => iso_day(iso, language),
    }
}

/// Writes a moment in milliseconds.
pub fn moment(ms: u64, language: Language) -> String {
    iso_moment(&thai_date::iso(ms, OFFSET_MINUTES), language)
}

/// Writes how long ago a moment was, in words: `เมื่อสักครู่`, `5 นาทีก่อน`; a whole date beyond a day.
pub fn ago(ms: u64, now_ms: u64, strings: &Strings, language: Language) -> String {
    let minutes = now_ms.saturating_sub(ms) / 60_000;
    match minutes {
        0 => strings.just_now.to_owned(),
        1..60 => fill(strings.minutes_ago, &[&minutes.to_string()]),
        60..1440 => fill(strings.hours_ago, &[&(minutes / 60).to_string()]),
        _ => moment(ms, language),
    }
}

/// Writes a day in relation to today: `วันนี้`, `เมื่อวาน`, `3 วันก่อน`, `อีก 5 วัน`; a whole date beyond two weeks.
pub fn near_day(iso: &str, today: NaiveDate, strings: &Strings, language: Language) -> String {
    let Ok(found) = iso.get(..10).unwrap_or(iso).parse::<NaiveDate>() else {
        return thai_date::of_any_precision(iso);
    };
    match (found - today).num_days() {
        0 => strings.today.to_owned(),
        -1 => strings.yesterday.to_owned(),
        1 => strings.tomorrow.to_owned(),
        n @ -14..=-2 => fill(strings.days_ago, &[&n.abs().to_string()]),
        n @ 2..=14 => fill(strings.in_days, &[&n.to_string()]),
        _ => day(found, language),
    }
}

/// Writes any stored value without knowing its field.
pub fn plain(value: &Value, strings: &Strings) -> String {
    match value {
        Value::Null => strings.no_value.to_owned(),
        Value::Bool(true) => strings.yes.to_owned(),
        Value::Bool(false) => strings.no.to_owned(),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => text::grouped(whole),
            None => number.to_string(),
        },
        Value::String(text) if text.is_empty() => strings.no_value.to_owned(),
        Value::String(text) => {
            if text.len() == 10 && text.parse::<NaiveDate>().is_ok() {
                thai_date::of_any_precision(text)
            } else {
                text.clone()
            }
        }
        Value::Array(items) => items.iter().map(|item| plain(item, strings)).collect::<Vec<_>>().join(", "),
        Value::Object(map) => {
            match (map.get("lat").and_then(Value::as_f64), map.get("lon").and_then(Value::as_f64)) {
                (Some(lat), Some(lon)) => format!("{lat:.5}, {lon:.5}"),
                _ => map
                    .iter()
                    .map(|(name, item)| format!("{name}: {}", plain(item, strings)))
                    .collect::<Vec<_>>()
                    .join(", "),
            }
        }
    }
}

/// Writes the value of a subject's field.
pub fn field_value(field: &FieldKind, value: &Value, strings: &Strings, language: Language) -> String {
    let shown = match (field.kind, value) {
        (FieldType::Choice, Value::String(text)) => field
            .choices
            .get(text)
            .map_or_else(|| text.clone(), |words| words.in_language(language.code()).to_owned()),
        (FieldType::Date, Value::String(text)) => iso_day(text, language),
        // A house number or a meter's serial is a text even where it looks like a number.
        (FieldType::Text, Value::Number(number)) => number.to_string(),
        (FieldType::Phone, Value::String(text)) => phone(text),
        _ => plain(value, strings),
    };
    if field.masked { masked(&shown) } else { shown }
}

/// Writes a telephone number in groups: `081-234-5678`.
pub fn phone(digits: &str) -> String {
    let (head, tail) = match digits.len() {
        10 => (3, 6),
        9 => (2, 5),
        _ => return digits.to_owned(),
    };
    match (digits.get(..head), digits.get(head..tail), digits.get(tail..)) {
        (Some(a), Some(b), Some(c)) => format!("{a}-{b}-{c}"),
        _ => digits.to_owned(),
    }
}

/// Hides all but the last four characters.
fn masked(text: &str) -> String {
    let hidden = text.chars().count().saturating_sub(4);
    text.chars().enumerate().map(|(at, c)| if at < hidden { '•' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strings::TH;

    fn on(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn days_are_buddhist_in_both_languages() {
        assert_eq!(day(on("2026-11-21"), Language::Thai), "21 พ.ย. 2569");
        assert_eq!(day(on("2026-11-21"), Language::English), "21 Nov 2569");
        assert_eq!(iso_moment("2026-11-21T14:05:09+07:00", Language::Thai), "21 พ.ย. 2569 14:05 น.");
        assert_eq!(iso_moment("1938", Language::Thai), "2481");
    }

    #[test]
    fn near_days_are_words() {
        for (iso, words) in [
            ("2026-11-21", "วันนี้"),
            ("2026-11-20", "เมื่อวาน"),
            ("2026-11-18", "3 วันก่อน"),
            ("2026-11-26", "อีก 5 วัน"),
            ("2026-01-01", "1 ม.ค. 2569"),
        ] {
            assert_eq!(near_day(iso, on("2026-11-21"), &TH, Language::Thai), words);
        }
    }

    #[test]
    fn numbers_are_grouped_and_ids_masked() {
        assert_eq!(plain(&serde_json::json!(18000), &TH), "18,000");
        assert_eq!(masked("1103700123456"), "•••••••••3456");
        assert_eq!(phone("0812345678"), "081-234-5678");
    }
}
