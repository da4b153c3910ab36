//! Days between two dates, as forms carry them: ISO text of a day or of a moment.

use chrono::NaiveDate;

/// Returns the day at the start of an ISO text: `2026-11-21` and `2026-11-21T08:30:00+07:00` alike.
pub fn day(text: &str) -> Option<NaiveDate> {
    text.get(..10)?.parse().ok()
}

/// Returns the number of days from one day to another; negative if the second is earlier.
pub fn between(from: &str, to: &str) -> Option<i64> {
    Some(day(to)?.signed_duration_since(day(from)?).num_days())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_dates_and_moments() {
        for (from, to, expected) in [
            ("2026-10-22", "2026-11-21", Some(30)),
            ("2026-10-22T23:59:00+07:00", "2026-11-21T00:01:00+07:00", Some(30)),
            ("2028-02-28", "2028-03-01", Some(2)),
            ("2026-11-21", "2026-11-20", Some(-1)),
            ("2026-11", "2026-11-20", None),
            ("", "2026-11-20", None),
            ("วันที่ ๒๑ พฤศจิกายน", "2026-11-20", None),
        ] {
            assert_eq!(between(from, to), expected, "{from} {to}");
        }
    }
}
