//! Reading a water meter: what the dial says since last time, and whether to believe it.
//!
//! Units are whole cubic metres, averages whole litres, money whole satang, so that every comparison is exact
//! and a phone and a server always agree. The bands are those of the provincial utility. They flag many
//! readings (more than half in one town), so there is a second test, "severe", for the few that must be read
//! again before the reader walks on.

/// Litres in a cubic metre.
pub const LITRES: i64 = 1000;

/// How many past months make an average.
const MONTHS: usize = 6;

/// Days in the month that an average from another system speaks of.
const MONTH_DAYS: i64 = 30;

/// Returns how many numbers a dial of so many digits can show; `None` unless it has 3 to 9.
pub fn span(digits: i64) -> Option<i64> {
    let digits = u32::try_from(digits).ok().filter(|digits| (3..=9).contains(digits))?;
    Some(10_i64.pow(digits))
}

/// Returns the units that passed between two positions of a dial, counting a pass through zero.
pub fn units_between(previous: i64, reading: i64, digits: i64) -> Option<i64> {
    let span = span(digits)?;
    let on_dial = |number: i64| (0..span).contains(&number);
    (on_dial(previous) && on_dial(reading)).then(|| (reading - previous).rem_euclid(span))
}

/// Returns a household's usage: units on its dial, with what the meter that was taken away had left over, less
/// what its sub-meters are charged for. Below zero is not a usage; the form refuses to save it.
pub fn usage(
    previous: i64,
    reading: i64,
    digits: i64,
    old_meter_units: i64,
    submeter_units: i64,
) -> Option<i64> {
    Some(units_between(previous, reading, digits)? + old_meter_units - submeter_units)
}

/// What a meter and its customer are, as far as the severe test asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Connection {
    /// 1 homes, 2 offices and small shops, 3 industry and large shops.
    pub class: i64,
    /// Size code: 1 is ½ inch, 2 is ¾, 3 is 1 inch.
    pub size: i64,
}

/// From how many times the average and from which bill on a reading is severe, by class.
const SEVERE_BILL: [(i64, i64, i64); 3] = [(1, 3, 300_000), (2, 3, 5_000_000), (3, 2, 10_000_000)];
/// From how many units on a reading is severe, by size code.
const SEVERE_UNITS: [(i64, i64); 3] = [(1, 1_500), (2, 3_000), (3, 4_000)];

fn severe_units(size: i64) -> Option<i64> {
    SEVERE_UNITS.iter().find(|(code, _)| *code == size).map(|(_, units)| *units)
}

/// Says whether a reading is severe: it is not worth printing a bill before somebody has looked again.
/// `average` is in litres; without it, or without a bill, only the size of the meter speaks.
pub fn is_severe(units: i64, average: Option<i64>, connection: Connection, bill_satang: Option<i64>) -> bool {
    let by_size = severe_units(connection.size).is_some_and(|most| units >= most);
    let by_bill = || {
        let (_, times, least) = SEVERE_BILL.iter().find(|(class, ..)| *class == connection.class)?;
        Some(units * LITRES > times * average? && bill_satang? >= *least)
    };
    by_size || by_bill().unwrap_or(false)
}

/// Which way the dial went since last time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Up, or it stands still.
    Forward,
    /// Through its last number and on from zero.
    Rollover,
    /// Below the last reading for a reason that the reader has to give.
    Below,
}

impl Direction {
    /// Returns the stable word that forms keep.
    pub fn word(self) -> &'static str {
        match self {
            Direction::Forward => "forward",
            Direction::Rollover => "rollover",
            Direction::Below => "below",
        }
    }
}

/// Says which way a dial went. A pass through zero is believed only from the last tenth of the dial, and only if
/// the usage it gives is not severe; with neither an average nor a limit for the size there is nothing to believe
/// it by. `average` is in litres; `bill` says what so many cubic metres cost, in satang.
pub fn direction(
    previous: i64,
    reading: i64,
    digits: i64,
    average: Option<i64>,
    connection: Connection,
    bill: impl FnOnce(i64) -> i64,
) -> Option<Direction> {
    let units = units_between(previous, reading, digits)?;
    if reading >= previous {
        return Some(Direction::Forward);
    }
    let largest = span(digits)? - 1;
    let near_the_end = previous * 10 >= largest * 9;
    let has_a_measure = average.is_some() || severe_units(connection.size).is_some();
    let severe = is_severe(units, average, connection, Some(bill(units)));
    Some(if near_the_end && has_a_measure && !severe { Direction::Rollover } else { Direction::Below })
}

/// How a usage compares with the average.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flag {
    /// Within the band.
    Normal,
    /// Above it.
    High,
    /// Below it.
    Low,
}

impl Flag {
    /// Returns the letter that reports use: N, H, L.
    pub fn word(self) -> &'static str {
        match self {
            Flag::Normal => "N",
            Flag::High => "H",
            Flag::Low => "L",
        }
    }
}

/// Compares a usage with the average for as many days, in litres. The width of the band goes by what the dial
/// counted (`units`); what is compared is what is left without the sub-meters.
pub fn flag(units: i64, average: i64, submeter_units: i64) -> Flag {
    let own = (units - submeter_units) * LITRES;
    let within = match units {
        _ if average == 0 => units == 0,
        ..=20 => own * 100 >= average * 50 && own * 100 <= average * 150,
        21..=50 => own * 100 >= average * 65 && own * 100 <= average * 135,
        51..=100 => (own - average).abs() <= 10 * LITRES,
        // A share of the usage itself; nothing is within a share of nothing.
        _ => own > 0 && (own - average).abs() * 100 < own * 20,
    };
    match within {
        true => Flag::Normal,
        false if own > average || average == 0 => Flag::High,
        false => Flag::Low,
    }
}

/// Returns the average for `days` days in litres: from the months that a form carries along (`18/30 21/31`: units
/// and days, see [`months_with`]), or from `monthly`, another system's average in litres. `None`: nothing to
/// compare with.
pub fn average(months: &str, days: i64, monthly: Option<i64>) -> Option<i64> {
    let months: Vec<(i64, i64)> = months.split_whitespace().filter_map(month).collect();
    let days = days.max(0);
    if months.len() >= 2 {
        let units: i64 = months.iter().map(|(units, _)| units).sum();
        let over: i64 = months.iter().map(|(_, days)| days).sum();
        return Some(rounded(units * LITRES * days, over));
    }
    Some(rounded(monthly? * days, MONTH_DAYS))
}

/// Adds a month that was really read to those carried along and keeps the latest six. The caller leaves out
/// months that were estimated and months in which the meter was replaced; what is no month is left out here.
pub fn months_with(months: &str, units: i64, days: i64) -> String {
    let mut kept: Vec<String> =
        months.split_whitespace().filter(|entry| month(entry).is_some()).map(str::to_owned).collect();
    if units >= 0 && days > 0 {
        kept.push(format!("{units}/{days}"));
    }
    let extra = kept.len().saturating_sub(MONTHS);
    kept.split_off(extra).join(" ")
}

fn month(entry: &str) -> Option<(i64, i64)> {
    let (units, days) = entry.split_once('/')?;
    let (units, days) = (units.parse().ok()?, days.parse().ok()?);
    // A dial of nine digits and a reading after ten years are the most there is; more is not ours to add up.
    ((0..1_000_000_000).contains(&units) && (1..4_000).contains(&days)).then_some((units, days))
}

/// Returns the whole units to charge when a dial cannot be read or believed: the average, in litres, rounded.
pub fn estimated_units(average: i64) -> i64 {
    rounded(average.max(0), LITRES)
}

/// Returns where the dial would stand after an estimate.
pub fn estimated_reading(previous: i64, average: i64, digits: i64) -> Option<i64> {
    let span = span(digits)?;
    (0..span).contains(&previous).then(|| (previous + estimated_units(average)).rem_euclid(span))
}

/// Settles estimates at the next true reading: of the units since the last *true* reading, `already` were charged.
/// Returns what is left to charge, never below zero, and what was charged too much and stays to the customer's good.
pub fn settle(units_since_true: i64, already: i64) -> (i64, i64) {
    let left = units_since_true - already;
    (left.max(0), (-left).max(0))
}

/// Half up, for numbers that are not negative.
fn rounded(numerator: i64, denominator: i64) -> i64 {
    if denominator == 0 { 0 } else { (numerator * 2 + denominator).div_euclid(denominator * 2) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOME: Connection = Connection { class: 1, size: 1 };

    #[test]
    fn usage_goes_through_zero_by_the_meters_own_digits() {
        for (previous, reading, digits, expected) in [
            (9995, 12, 4, Some(17)),
            (99990, 7, 5, Some(17)),
            // Digits guessed from the number before would say four here, and 10 002 units less.
            (9998, 10003, 5, Some(5)),
            (1234, 1234, 4, Some(0)),
            (0, 9999, 4, Some(9999)),
            (9995, 10012, 4, None),
            (-1, 5, 4, None),
            (1, 5, 2, None),
            (1, 5, 10, None),
        ] {
            assert_eq!(units_between(previous, reading, digits), expected, "{previous} {reading} {digits}");
        }
        assert_eq!(usage(100, 130, 4, 7, 2), Some(35));
        assert_eq!(usage(100, 110, 4, 0, 12), Some(-2));
    }

    #[test]
    fn which_way_the_dial_went() {
        use Direction::{Below, Forward, Rollover};
        let by = |average: Option<i64>, size| {
            move |previous, reading, digits| {
                direction(previous, reading, digits, average, Connection { class: 1, size }, |units| {
                    units * 2_000
                })
                .unwrap()
            }
        };
        let known = by(Some(16 * LITRES), 1);
        assert_eq!(known(100, 100, 4), Forward);
        assert_eq!(known(100, 9_000, 4), Forward);
        assert_eq!(known(9_995, 12, 4), Rollover);
        assert_eq!(known(99_990, 7, 5), Rollover);
        // Nine tenths of the largest number, 9999, is 8999.1.
        assert_eq!(known(9_000, 2, 4), Below, "998 m³ is severe");
        assert_eq!(by(Some(400 * LITRES), 1)(9_000, 2, 4), Rollover, "1002 m³ is not three times 400");
        assert_eq!(by(Some(400 * LITRES), 1)(8_999, 2, 4), Below, "not yet the last tenth");
        assert_eq!(known(9_995, 9_994, 4), Below, "one back is not 9999 on");
        assert_eq!(known(500, 480, 4), Below);
        // A new customer: only the meter's size can say that it is believable.
        assert_eq!(by(None, 1)(9_995, 12, 4), Rollover);
        assert_eq!(by(None, 7)(9_995, 12, 4), Below);
        assert_eq!(direction(9_995, 10_012, 4, None, HOME, |units| units), None);
    }

    #[test]
    fn the_bands_at_their_edges() {
        use Flag::{High, Low, Normal};
        for (units, average, submeter, expected) in [
            (0, 0, 0, Normal),
            (1, 0, 0, High),
            // To 20: half to one and a half.
            (5, 10_000, 0, Normal),
            (4, 10_000, 0, Low),
            (15, 10_000, 0, Normal),
            (16, 10_000, 0, High),
            (0, 15_000, 0, Low),
            (20, 40_000, 0, Normal),
            (20, 40_001, 0, Low),
            // To 50: 65 to 135 hundredths.
            (26, 40_000, 0, Normal),
            (25, 40_000, 0, Low),
            (27, 20_000, 0, Normal),
            (28, 20_000, 0, High),
            (21, 33_000, 0, Low),
            (50, 37_037, 0, High),
            (50, 37_038, 0, Normal),
            // To 100: ten either way.
            (60, 50_000, 0, Normal),
            (61, 50_000, 0, High),
            (90, 100_000, 0, Normal),
            (89, 100_000, 0, Low),
            // Above: less than a fifth of the usage.
            (125, 100_001, 0, Normal),
            (125, 100_000, 0, High),
            (200, 239_999, 0, Normal),
            (200, 240_000, 0, Low),
            // The band goes by the dial, the comparison by what is left.
            (30, 20_000, 10, Normal),
            (30, 20_000, 18, Low),
            (120, 1_000, 120, Low),
        ] {
            assert_eq!(flag(units, average, submeter), expected, "{units} {average} {submeter}");
        }
    }

    #[test]
    fn severe_by_bill_and_by_size() {
        let at = |class, size| Connection { class, size };
        for (units, average, connection, bill, expected) in [
            // Homes: over three times the average and 3,000 baht.
            (151, Some(50_000), at(1, 0), Some(300_000), true),
            (150, Some(50_000), at(1, 0), Some(300_000), false),
            (151, Some(50_000), at(1, 0), Some(299_999), false),
            (151, None, at(1, 0), Some(300_000), false),
            (151, Some(50_000), at(1, 0), None, false),
            // Offices: three times and 50,000 baht.
            (3_001, Some(1_000_000), at(2, 8), Some(5_000_000), true),
            (3_001, Some(1_000_000), at(2, 8), Some(4_999_999), false),
            // Industry: two times and 100,000 baht.
            (2_001, Some(1_000_000), at(3, 8), Some(10_000_000), true),
            (2_000, Some(1_000_000), at(3, 8), Some(10_000_000), false),
            // By size, whatever the average.
            (1_500, None, at(1, 1), None, true),
            (1_499, None, at(1, 1), None, false),
            (3_000, None, at(1, 2), None, true),
            (2_999, None, at(1, 2), None, false),
            (4_000, None, at(1, 3), None, true),
            (3_999, None, at(1, 3), None, false),
            (90_000, None, at(3, 10), None, false),
        ] {
            assert_eq!(
                is_severe(units, average, connection, bill),
                expected,
                "{units} {average:?} {connection:?} {bill:?}"
            );
        }
    }

    #[test]
    fn averages_go_by_days() {
        assert_eq!(average("18/30 21/30", 30, None), Some(19_500));
        assert_eq!(average("18/30 21/30", 60, None), Some(39_000));
        assert_eq!(
            average("31/31 30/30", 31, Some(5)),
            Some(31_000),
            "what was read here is better than what was told"
        );
        assert_eq!(average("18/30", 30, None), None, "one month is no baseline");
        assert_eq!(average("18/30", 30, Some(20_000)), Some(20_000));
        assert_eq!(average("", 15, Some(20_000)), Some(10_000));
        assert_eq!(average("x 18/30 -4/30 7/0", 30, None), None);
        assert_eq!(average("0/30 0/31", 30, None), Some(0));
    }

    #[test]
    fn six_months_are_carried_along() {
        assert_eq!(months_with("", 18, 30), "18/30");
        assert_eq!(months_with("1/30 2/30 3/30 4/30 5/30 6/30", 7, 31), "2/30 3/30 4/30 5/30 6/30 7/31");
        assert_eq!(months_with("1/30", 9, 0), "1/30", "twice on one day is no month");
        assert_eq!(months_with("1/30", -9, 30), "1/30");
        assert_eq!(months_with("", 9, -3), "");
    }

    #[test]
    fn estimates_and_their_settling() {
        assert_eq!(estimated_units(16_499), 16);
        assert_eq!(estimated_units(16_500), 17);
        assert_eq!(estimated_reading(9_995, 17_000, 4), Some(12));
        assert_eq!(estimated_reading(100, 17_000, 5), Some(117));
        assert_eq!(estimated_reading(10_000, 17_000, 4), None);
        // Two months were charged at 16 each; then the dial says 50, 32, or only 20.
        assert_eq!(settle(50, 32), (18, 0));
        assert_eq!(settle(32, 32), (0, 0));
        assert_eq!(settle(20, 32), (0, 12));
    }

    proptest! {
        #[test]
        fn the_dial_ends_where_the_units_lead(previous in 0i64..10_000, units in 0i64..10_000) {
            let reading = (previous + units) % 10_000;
            prop_assert_eq!(units_between(previous, reading, 4), Some(units));
        }

        #[test]
        fn more_than_the_average_is_never_low(units in 0i64..3_000, average in 0i64..3_000_000, submeter in 0i64..50) {
            let own = (units - submeter) * LITRES;
            match flag(units, average, submeter) {
                Flag::High => prop_assert!(own > average || average == 0),
                Flag::Low => prop_assert!(own < average),
                Flag::Normal => {}
            }
        }
    }
}
