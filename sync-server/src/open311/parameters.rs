//! What a caller asks with: names and values as forms send them.

use chrono::{DateTime, NaiveDate};

/// Most parameters that are looked at.
const MOST: usize = 100;

/// Names and values.
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads `a=1&b=2` as forms send it.
    pub(super) fn read(sent: &[u8]) -> Parameters {
        Parameters(
            form_urlencoded::parse(sent).take(MOST).map(|(key, value)| (key.into(), value.into())).collect(),
        )
    }

    /// The first value of a name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Milliseconds of an ISO 8601 time with its zone, or of a day, which begins at midnight in Thailand.
pub(super) fn moment(text: &str) -> Option<u64> {
    let text = text.trim();
    let ms = match DateTime::parse_from_rfc3339(text) {
        Ok(moment) => moment.timestamp_millis(),
        Err(_) => {
            let midnight = text.parse::<NaiveDate>().ok()?.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis();
            midnight - i64::from(domain::thai_date::THAI_OFFSET_MINUTES) * 60_000
        }
    };
    u64::try_from(ms).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_its_zone_and_a_day_is_thai() {
        assert_eq!(moment("1970-01-02T00:00:00Z"), Some(86_400_000));
        assert_eq!(moment("1970-01-02T07:00:00+07:00"), Some(86_400_000));
        assert_eq!(moment("1970-01-02"), Some(86_400_000 - 7 * 3_600_000));
        for odd in ["", "yesterday", "2026-13-01", "1969-01-01", "2026-11-26T00:00"] {
            assert_eq!(moment(odd), None, "{odd}");
        }
    }

    #[test]
    fn what_a_form_sends_is_read() {
        let asked = Parameters::read("lat=13.5&description=%E0%B9%84%E0%B8%9F+a%26b&lat=0".as_bytes());
        assert_eq!(
            (asked.get("lat"), asked.get("description"), asked.get("x")),
            (Some("13.5"), Some("ไฟ a&b"), None)
        );
    }
}
