//! Dates as people in Thailand read them: the Buddhist era on screens, ISO 8601 in storage.

use crate::text::ascii_digits;
use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Deserializer, de};

const SHORT: [&str; 12] =
    ["ม.ค.", "ก.พ.", "มี.ค.", "เม.ย.", "พ.ค.", "มิ.ย.", "ก.ค.", "ส.ค.", "ก.ย.", "ต.ค.", "พ.ย.", "ธ.ค."];
const LONG: [&str; 12] = [
    "มกราคม",
    "กุมภาพันธ์",
    "มีนาคม",
    "เมษายน",
    "พฤษภาคม",
    "มิถุนายน",
    "กรกฎาคม",
    "สิงหาคม",
    "กันยายน",
    "ตุลาคม",
    "พฤศจิกายน",
    "ธันวาคม",
];

/// Minutes by which Thai time is ahead of UTC. There is no summer time.
pub const THAI_OFFSET_MINUTES: i32 = 7 * 60;

/// Minutes by which local time can lie off UTC at most, either way: no clock on earth is further from it.
pub const OFFSET_MAX_MINUTES: i32 = 14 * 60;

/// Reads the minutes by which local time is ahead of UTC, for serde. More than [`OFFSET_MAX_MINUTES`] either way is refused:
/// it would write today's work into another month.
///
/// # Errors
///
/// What is no whole number, or no clock's.
pub fn read_offset<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i32, D::Error> {
    let minutes = i32::deserialize(deserializer)?;
    if (-OFFSET_MAX_MINUTES..=OFFSET_MAX_MINUTES).contains(&minutes) {
        return Ok(minutes);
    }
    Err(de::Error::custom("offset_minutes lies more than 14 hours off UTC"))
}

/// Returns the Buddhist year of a Gregorian month. Until 1940 the Thai year began on 1 April, so January to
/// March of those years belong to the Buddhist year before.
pub fn buddhist_year(year: i32, month: u32) -> i32 {
    if year < 1941 && month < 4 { year + 542 } else { year + 543 }
}

/// Returns the Gregorian year of a Buddhist one, for a date whose month is known (4 if it is not).
pub fn gregorian_year(buddhist: i32, month: u32) -> i32 {
    let year = buddhist - 543;
    if year < 1940 && month < 4 { year + 1 } else { year }
}

/// Writes a day as `21 พ.ย. 2569`.
pub fn short(day: NaiveDate) -> String {
    let month = SHORT.get(day.month0() as usize).copied().unwrap_or_default();
    format!("{} {month} {}", day.day(), buddhist_year(day.year(), day.month()))
}

/// Writes a day as people type it, `21/11/2569`; [`read`] reads it.
pub fn numbers(day: NaiveDate) -> String {
    format!("{}/{}/{}", day.day(), day.month(), buddhist_year(day.year(), day.month()))
}

/// Writes a day as `21 พฤศจิกายน 2569`.
pub fn long(day: NaiveDate) -> String {
    let month = LONG.get(day.month0() as usize).copied().unwrap_or_default();
    format!("{} {month} {}", day.day(), buddhist_year(day.year(), day.month()))
}

/// Writes an ISO date of any precision (`1938`, `1938-02`, `1938-02-11`) in the Buddhist era; what is no date
/// comes back unchanged.
pub fn of_any_precision(iso: &str) -> String {
    if let Ok(day) = iso.parse::<NaiveDate>() {
        return short(day);
    }
    let parts: Vec<&str> = iso.split('-').collect();
    match parts.as_slice() {
        [year, month] => match (year.parse::<i32>(), month.parse::<u32>()) {
            (Ok(year), Ok(month @ 1..=12)) => {
                let name = SHORT.get(month as usize - 1).copied().unwrap_or_default();
                format!("{name} {}", buddhist_year(year, month))
            }
            _ => iso.to_owned(),
        },
        [year] if year.len() == 4 => {
            year.parse().map_or(iso.to_owned(), |y: i32| buddhist_year(y, 4).to_string())
        }
        _ => iso.to_owned(),
    }
}

/// Writes a cycle such as `2026-11` as `พ.ย. 2569`.
pub fn cycle(cycle: &str) -> String {
    of_any_precision(cycle)
}

/// Writes a cycle such as `2026-11` as `พฤศจิกายน 2569`; what is no month stays as it is.
pub fn long_cycle(cycle: &str) -> String {
    match format!("{cycle}-01").parse::<NaiveDate>() {
        Ok(day) => long(day).split_once(' ').map_or_else(|| cycle.to_owned(), |(_, rest)| rest.to_owned()),
        Err(_) => cycle.to_owned(),
    }
}

/// Returns the local day of a moment in milliseconds since 1970, `offset_minutes` ahead of UTC.
pub fn day_of(ms: u64, offset_minutes: i32) -> NaiveDate {
    local(ms, offset_minutes).date()
}

/// Writes a moment as `21 พ.ย. 2569 14:05 น.`.
pub fn moment(ms: u64, offset_minutes: i32) -> String {
    let local = local(ms, offset_minutes);
    format!("{} {}", short(local.date()), local.format("%H:%M น."))
}

/// Writes a moment in ISO 8601 with its offset: `2026-11-21T14:05:09+07:00`.
pub fn iso(ms: u64, offset_minutes: i32) -> String {
    let sign = if offset_minutes < 0 { '-' } else { '+' };
    let ahead = offset_minutes.unsigned_abs();
    let (hours, minutes) = (ahead / 60, ahead % 60);
    format!("{}{sign}{hours:02}:{minutes:02}", local(ms, offset_minutes).format("%Y-%m-%dT%H:%M:%S"))
}

fn local(ms: u64, offset_minutes: i32) -> chrono::NaiveDateTime {
    let ms = i64::try_from(ms).unwrap_or(0).saturating_add(i64::from(offset_minutes) * 60_000);
    chrono::DateTime::from_timestamp_millis(ms).unwrap_or_default().naive_utc()
}

/// Reads a date a person typed: `21/11/2569`, `21-11-2026`, `๒๑ ๑๑ ๒๕๖๙` or ISO. A year above 2400 is Buddhist.
pub fn read(typed: &str) -> Option<NaiveDate> {
    let ascii = ascii_digits(typed);
    let parts: Vec<&str> = ascii.split(['/', '-', '.', ' ']).filter(|part| !part.is_empty()).collect();
    let [first, month, last] = parts.as_slice() else { return None };
    let (day, year) = if first.len() == 4 { (last, first) } else { (first, last) };
    let (day, month, year): (u32, u32, i32) = (day.parse().ok()?, month.parse().ok()?, year.parse().ok()?);
    let year = if year > 2400 { gregorian_year(year, month) } else { year };
    NaiveDate::from_ymd_opt(year, month, day)
}

/// Reads a date as precisely as somebody knows it, and returns it as ISO: a day as [`read`] takes it, a month (`2/2481`,
/// `1938-02`, `ก.พ. 2481`) or a year alone. Buddhist years are those above 2400; those of before 1941 began in April.
pub fn read_any_precision(typed: &str) -> Option<String> {
    if let Some(day) = read(typed) {
        return Some(day.to_string());
    }
    let year_of = |year: &str, month: u32| match year.parse::<i32>().ok()? {
        year @ 2400..=2700 => Some(gregorian_year(year, month)),
        year @ 1850..=2200 => Some(year),
        _ => None,
    };
    let ascii = ascii_digits(typed.trim());
    let parts: Vec<&str> = ascii.split(['/', '-', ' ']).filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        // April: for most of the year this is the one.
        [year] => Some(year_of(year, 4)?.to_string()),
        [year, month] if year.len() == 4 => {
            let month = month_of(month)?;
            Some(format!("{}-{month:02}", year_of(year, month)?))
        }
        [month, year] => {
            let month = month_of(month)?;
            Some(format!("{}-{month:02}", year_of(year, month)?))
        }
        [day, month, year] => {
            let month = month_of(month)?;
            let day = NaiveDate::from_ymd_opt(year_of(year, month)?, month, day.parse().ok()?)?;
            Some(day.to_string())
        }
        _ => None,
    }
}

/// A month by its number or its Thai name.
fn month_of(word: &str) -> Option<u32> {
    if let Ok(number) = word.parse::<u32>() {
        return (1..=12).contains(&number).then_some(number);
    }
    (1u32..)
        .zip(SHORT.iter().zip(LONG))
        .find(|(_, (short, long))| [**short, *long].contains(&word))
        .map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn as_it_is_written() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 30).unwrap();
        assert_eq!(short(day), "30 พ.ย. 2569");
        assert_eq!(long(day), "30 พฤศจิกายน 2569");
        assert_eq!(numbers(day), "30/11/2569");
        assert_eq!(read(&numbers(day)), Some(day));
        assert_eq!(of_any_precision("1938"), "2481");
        assert_eq!(cycle("2026-01"), "ม.ค. 2569");
        assert_eq!(long_cycle("2026-01"), "มกราคม 2569");
        assert_eq!(long_cycle("2026"), "2026");
        assert_eq!(moment(1_763_708_709_000, 420), "21 พ.ย. 2568 14:05 น.");
        assert_eq!(iso(1_763_708_709_000, 420), "2025-11-21T14:05:09+07:00");
        assert_eq!(iso(1_763_708_709_000, -210), "2025-11-21T03:35:09-03:30");
    }

    #[test]
    fn no_offset_stops_the_writing_of_a_moment() {
        for offset in [i32::MIN, i32::MAX] {
            assert!(iso(1_763_708_709_000, offset).contains('T'), "{offset}");
        }
    }

    #[test]
    fn before_1941_the_year_began_in_april() {
        assert_eq!(buddhist_year(1940, 2), 2482);
        assert_eq!(buddhist_year(1940, 5), 2483);
        assert_eq!(buddhist_year(1941, 1), 2484);
        assert_eq!(gregorian_year(2482, 2), 1940);
        assert_eq!(gregorian_year(2484, 1), 1941);
    }

    #[test]
    fn as_it_is_typed() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 21);
        for typed in ["21/11/2569", "๒๑/๑๑/๒๕๖๙", "21-11-2026", "2026-11-21", "2569-11-21"] {
            assert_eq!(read(typed), day, "{typed}");
        }
        assert_eq!(read("31/02/2569"), None);
        assert_eq!(read("พรุ่งนี้"), None);
    }

    #[test]
    fn as_precisely_as_it_is_known() {
        for (typed, iso) in [
            ("21/11/2569", "2026-11-21"),
            ("2481", "1938"),
            ("๒๔๘๑", "1938"),
            ("1938", "1938"),
            ("2/2482", "1940-02"),
            ("5/2483", "1940-05"),
            ("1940-02", "1940-02"),
            ("ก.พ. 2482", "1940-02"),
            ("มกราคม 2484", "1941-01"),
        ] {
            assert_eq!(read_any_precision(typed).as_deref(), Some(iso), "{typed}");
            assert_eq!(
                read_any_precision(&of_any_precision(iso)).as_deref(),
                Some(iso),
                "what is shown can be typed"
            );
        }
        for wrong in ["", "13/2481", "ปีหนู", "3000", "1/2/3/4"] {
            assert_eq!(read_any_precision(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn the_years_go_there_and_back(year in 1900i32..2200, month in 1u32..=12) {
            // January to March 2483 never were: the year had nine months.
            prop_assert_eq!(gregorian_year(buddhist_year(year, month), month), year);
        }
    }
}
