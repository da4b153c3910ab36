//! Dates as ODK forms see them: a moment in milliseconds since 1970 UTC that reads as text and counts as days.
//!
//! There is no time-zone database here: a form is filled at one place, and the host says how many minutes that place is
//! ahead of UTC. Thailand has had one offset since 1920.

/// Milliseconds of one day.
pub const DAY: f64 = 86_400_000.0;

/// Calendar parts of a moment at the place of filling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// Gregorian year.
    pub year: i64,
    /// 1 to 12.
    pub month: u32,
    /// 1 to 31.
    pub day: u32,
    /// 0 to 23.
    pub hour: u32,
    /// 0 to 59.
    pub minute: u32,
    /// 0 to 59.
    pub second: u32,
    /// 0 to 999.
    pub milli: u32,
    /// 0 is Sunday.
    pub weekday: u32,
}

/// Days from 1970-01-01 to a Gregorian date.
pub fn days_of(year: i64, month: u32, day: u32) -> i64 {
    // Years are counted from March, so that the leap day is the last day of its year.
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let month_from_march = i64::from((month + 9) % 12);
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The Gregorian date that many days after 1970-01-01.
pub fn date_of(days: i64) -> (i64, u32, u32) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month as u32, day as u32)
}

/// How many days a month has.
pub fn month_length(year: i64, month: u32) -> u32 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The parts of a moment at `offset` minutes ahead of UTC.
pub fn parts(ms: f64, offset: i32) -> Option<Parts> {
    if !ms.is_finite() || ms.abs() > 8.64e15 {
        return None;
    }
    let local = ms.floor() as i64 + i64::from(offset) * 60_000;
    let days = local.div_euclid(86_400_000);
    let rest = local.rem_euclid(86_400_000);
    let (year, month, day) = date_of(days);
    Some(Parts {
        year,
        month,
        day,
        hour: (rest / 3_600_000) as u32,
        minute: (rest / 60_000 % 60) as u32,
        second: (rest / 1000 % 60) as u32,
        milli: (rest % 1000) as u32,
        weekday: (days + 4).rem_euclid(7) as u32,
    })
}

/// `2026-11-21`.
pub fn date_text(ms: f64, offset: i32) -> String {
    parts(ms, offset).map_or_else(String::new, |at| format!("{:04}-{:02}-{:02}", at.year, at.month, at.day))
}

/// `2026-11-21T09:30:00.000+07:00`.
pub fn date_time_text(ms: f64, offset: i32) -> String {
    let Some(at) = parts(ms, offset) else { return String::new() };
    format!(
        "{}T{:02}:{:02}:{:02}.{:03}{}",
        date_text(ms, offset),
        at.hour,
        at.minute,
        at.second,
        at.milli,
        offset_text(offset)
    )
}

/// `+07:00`, or `Z` for no offset.
pub fn offset_text(offset: i32) -> String {
    if offset == 0 {
        return "Z".to_owned();
    }
    let sign = if offset < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", offset.abs() / 60, offset.abs() % 60)
}

/// The text of a date object: only the date when it is midnight at the place of filling.
pub fn moment_text(ms: f64, offset: i32) -> String {
    match parts(ms, offset) {
        None => "Invalid Date".to_owned(),
        Some(at) if (at.hour, at.minute, at.second, at.milli) == (0, 0, 0, 0) => date_text(ms, offset),
        Some(_) => date_time_text(ms, offset),
    }
}

/// Reads `2026-11-21`, `2026-1-2`, `2026-11-21T09:30`, with seconds, fraction and zone if present.
/// Without a zone it is local time. Dates that do not exist are none.
pub fn parse_moment(text: &str, offset: i32) -> Option<f64> {
    let text = text.trim();
    let (date, time) = match text.split_once(['T', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let midnight = parse_date(date)? as f64 * DAY;
    let Some(time) = time else { return Some(midnight - f64::from(offset) * 60_000.0) };
    if date.len() != 10 {
        return None;
    }
    let (clock, zone) = split_zone(time)?;
    let clock = parse_clock(clock)?;
    Some(midnight + clock - f64::from(zone.unwrap_or(offset)) * 60_000.0)
}

/// Days since 1970 of a plain date.
pub fn parse_date(text: &str) -> Option<i64> {
    let negative = text.starts_with('-');
    let mut fields = text.trim_start_matches('-').split('-');
    let (year, month, day) = (fields.next()?, fields.next()?, fields.next()?);
    if fields.next().is_some()
        || negative
        || year.len() < 4
        || year.len() > 6
        || month.len() > 2
        || day.len() > 2
    {
        return None;
    }
    let (year, month, day) = (digits(year)?, digits(month)?, digits(day)?);
    let (month, day) = (u32::try_from(month).ok()?, u32::try_from(day).ok()?);
    ((1..=12).contains(&month) && (1..=month_length(year, month)).contains(&day))
        .then(|| days_of(year, month, day))
}

/// Milliseconds since midnight of `09:30`, `09:30:15` or `09:30:15.250`.
pub fn parse_clock(text: &str) -> Option<f64> {
    let mut fields = text.split(':');
    let hour = two_digits(fields.next()?)?;
    let minute = two_digits(fields.next()?)?;
    let seconds = match fields.next() {
        None => 0.0,
        Some(text) => {
            let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
            let whole = two_digits(whole)?;
            if whole > 59 || fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            // Only milliseconds are kept; further digits are cut off.
            let milli: String = fraction.chars().chain("000".chars()).take(3).collect();
            whole as f64 * 1000.0 + digits(&milli)? as f64
        }
    };
    if fields.next().is_some() || hour > 23 || minute > 59 {
        return None;
    }
    Some((hour * 3_600_000 + minute * 60_000) as f64 + seconds)
}

/// Cuts `09:30+07:00` into the clock and minutes ahead of UTC.
pub fn split_zone(text: &str) -> Option<(&str, Option<i32>)> {
    if let Some(clock) = text.strip_suffix(['Z', 'z']) {
        return Some((clock, Some(0)));
    }
    let Some(at) = text.rfind(['+', '-']) else { return Some((text, None)) };
    let (clock, zone) = text.split_at_checked(at)?;
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let zone = zone.get(1..)?;
    let (hours, minutes) = match zone.split_once(':') {
        Some(both) => both,
        None if zone.len() == 4 => zone.split_at_checked(2)?,
        None => (zone, "00"),
    };
    let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
    if hours > 14 || minutes > 59 {
        return None;
    }
    Some((clock, Some(sign * (hours * 60 + minutes) as i32)))
}

fn digits(text: &str) -> Option<i64> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

fn two_digits(text: &str) -> Option<i64> {
    if text.len() == 2 { digits(text) } else { None }
}

/// True for a text that ODK counts as a date when a number is wanted: `2026-11-21` alone or with a time.
pub fn looks_like_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 10
        && bytes
            .iter()
            .take(10)
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { *byte == b'-' } else { byte.is_ascii_digit() })
        && bytes.get(10).is_none_or(|byte| *byte == b'T')
}

const MONTHS_EN: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const MONTHS_TH: [&str; 12] =
    ["ม.ค.", "ก.พ.", "มี.ค.", "เม.ย.", "พ.ค.", "มิ.ย.", "ก.ค.", "ส.ค.", "ก.ย.", "ต.ค.", "พ.ย.", "ธ.ค."];
const DAYS_EN: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const DAYS_TH: [&str; 7] = ["อา.", "จ.", "อ.", "พ.", "พฤ.", "ศ.", "ส."];

/// `format-date` and `format-date-time`: `%Y %y %m %n %b %d %e %H %h %M %S %3 %a %%`. Names of months and days are Thai
/// when `thai`.
pub fn format(ms: f64, offset: i32, pattern: &str, thai: bool) -> String {
    let Some(at) = parts(ms, offset) else { return String::new() };
    let name = |list: &[&str], place: u32| list.get(place as usize).copied().unwrap_or_default().to_owned();
    let mut out = String::new();
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            out.push(letter);
            continue;
        }
        let Some(code) = letters.next() else { break };
        match code {
            'Y' => out.push_str(&format!("{:04}", at.year)),
            'y' => out.push_str(&format!("{:02}", at.year.rem_euclid(100))),
            'm' => out.push_str(&format!("{:02}", at.month)),
            'n' => out.push_str(&at.month.to_string()),
            'b' => out.push_str(&name(if thai { &MONTHS_TH } else { &MONTHS_EN }, at.month - 1)),
            'd' => out.push_str(&format!("{:02}", at.day)),
            'e' => out.push_str(&at.day.to_string()),
            'H' => out.push_str(&format!("{:02}", at.hour)),
            'h' => out.push_str(&at.hour.to_string()),
            'M' => out.push_str(&format!("{:02}", at.minute)),
            'S' => out.push_str(&format!("{:02}", at.second)),
            '3' => out.push_str(&format!("{:03}", at.milli)),
            'a' => out.push_str(&name(if thai { &DAYS_TH } else { &DAYS_EN }, at.weekday)),
            '%' => out.push('%'),
            other => {
                out.push('%');
                out.push(other);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_go_there_and_back() {
        for days in [-719_468, -1, 0, 1, 59, 60, 11_016, 20_778, 500_000] {
            let (year, month, day) = date_of(days);
            assert_eq!(days_of(year, month, day), days);
        }
        assert_eq!(date_of(20_778), (2026, 11, 21));
    }

    #[test]
    fn zones_and_fractions_are_read() {
        assert_eq!(parse_moment("1970-01-01T07:00:00+07:00", 0), Some(0.0));
        assert_eq!(parse_moment("1970-01-01T07:00", 420), Some(0.0));
        assert_eq!(parse_moment("1970-01-01", 420), Some(-25_200_000.0));
        assert_eq!(parse_moment("2023-02-29", 0), None);
        assert_eq!(parse_moment("1970-01-01T00:00:00.0425Z", 0), Some(42.0));
        assert_eq!(moment_text(0.0, 420), "1970-01-01T07:00:00.000+07:00");
    }

    #[test]
    fn patterns_are_filled_in() {
        let at = parse_moment("2026-01-05T08:07:06.005", 420).unwrap();
        assert_eq!(
            format(at, 420, "%Y %y %m %n %b %d %e %H %h %M %S %3 %a %%", false),
            "2026 26 01 1 Jan 05 5 08 8 07 06 005 Mon %"
        );
        assert_eq!(format(at, 420, "%e %b", true), "5 ม.ค.");
    }
}
