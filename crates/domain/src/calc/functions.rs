//! The names under which forms reach the arithmetic, in one table. This is the only place where a form's texts
//! and numbers become whole units, litres and satang.

use super::{CalcValue, care, days, national_id, water};
use crate::billing::Tariff;
use crate::money::Satang;
use std::ops::RangeInclusive;

/// A function that forms can call.
pub struct Function {
    /// Its name with its prefix, `th:usage`.
    pub name: &'static str,
    /// Its arguments, in order, as documents and messages name them.
    pub arguments: &'static str,
    /// How many arguments it takes.
    pub arity: RangeInclusive<usize>,
    pub(super) run: fn(&[CalcValue]) -> CalcValue,
}

/// Every function. Numbers are cubic metres, satang, days, kilograms and centimetres.
pub const FUNCTIONS: &[Function] = &[
    function("th:days-between", "from, to", 2, days_between),
    function("th:national-id-valid", "number [, simulated]", 1, national_id_valid).or_one_more(),
    function("th:national-id-masked", "number", 1, national_id_masked),
    // Water.
    function("th:meter-changed", "last_at, initial_on", 2, meter_changed),
    function(
        "th:previous-reading",
        "last_reading, last_at, initial_reading, initial_on",
        4,
        previous_reading,
    ),
    function("th:units", "previous, reading, digits", 3, units),
    function("th:usage", "previous, reading, digits, old_meter_units, submeter_units", 5, usage),
    function(
        "th:direction",
        "previous, reading, digits, average, class, size, unit_satang [, tariff]",
        7,
        direction,
    )
    .or_one_more(),
    function("th:average", "months, days, monthly_average", 3, average),
    function("th:months-with", "months, units, days", 3, months_with),
    function("th:estimated-units", "average", 1, estimated_units),
    function("th:estimated-reading", "previous, average, digits", 3, estimated_reading),
    function("th:settled", "units, already", 2, settled),
    function("th:carried", "units, already", 2, carried),
    function("th:reading-flag", "units, average, submeter_units", 3, reading_flag),
    function("th:reading-severe", "units, average, class, size, bill_satang", 5, reading_severe),
    // Money.
    function("th:water-bill", "units, size, discount, tariff", 4, water_bill),
    function("th:baht", "satang", 1, baht),
    // Care.
    function("th:adl-total", "the ten items, in order", 10, adl_total),
    function("th:adl-group", "total", 1, adl_group),
    function("th:adl-code", "total", 1, adl_code),
    function("th:ltc-group", "tai", 1, ltc_group),
    function("th:bmi", "weight_kg, height_cm", 2, bmi),
    function("th:level", "value, warn_limits, urgent_limits", 3, level),
];

const fn function(
    name: &'static str,
    arguments: &'static str,
    count: usize,
    run: fn(&[CalcValue]) -> CalcValue,
) -> Function {
    Function { name, arguments, arity: count..=count, run }
}

impl Function {
    const fn or_one_more(self) -> Function {
        let count = *self.arity.start();
        Function { name: self.name, arguments: self.arguments, arity: count..=count + 1, run: self.run }
    }
}

fn whole(args: &[CalcValue], at: usize) -> Option<i64> {
    args.get(at)?.whole()
}

/// A count that is zero when nobody has written one.
fn count(args: &[CalcValue], at: usize) -> Option<i64> {
    let value = args.get(at)?;
    if value.is_empty() { Some(0) } else { value.whole() }
}

/// Cubic metres, perhaps with a fraction, in litres.
fn litres(args: &[CalcValue], at: usize) -> Option<i64> {
    let cubic_metres = args.get(at)?.number().filter(|number| (0.0..1e9).contains(number))?;
    CalcValue::Number((cubic_metres * 1000.0).round()).whole()
}

fn text(args: &[CalcValue], at: usize) -> String {
    args.get(at).map(CalcValue::text).unwrap_or_default()
}

fn number_or_empty(number: Option<i64>) -> CalcValue {
    // Units, days and points: far below 2^53, so the cast is exact.
    number.map_or(CalcValue::EMPTY, |number| CalcValue::Number(number as f64))
}

fn word_or_empty(word: Option<&str>) -> CalcValue {
    word.map_or(CalcValue::EMPTY, |word| CalcValue::Text(word.to_owned()))
}

fn cubic_metres(litres: Option<i64>) -> CalcValue {
    litres.map_or(CalcValue::EMPTY, |litres| CalcValue::Number(litres as f64 / 1000.0))
}

fn connection(args: &[CalcValue], class: usize, size: usize) -> water::Connection {
    water::Connection { class: whole(args, class).unwrap_or(0), size: whole(args, size).unwrap_or(0) }
}

fn days_between(args: &[CalcValue]) -> CalcValue {
    number_or_empty(days::between(&text(args, 0), &text(args, 1)))
}

fn national_id_valid(args: &[CalcValue]) -> CalcValue {
    let simulated = args.get(1).is_some_and(|value| matches!(value.text().as_str(), "true" | "1"));
    CalcValue::Bool(national_id::is_persons(&text(args, 0), simulated))
}

fn national_id_masked(args: &[CalcValue]) -> CalcValue {
    CalcValue::Text(national_id::masked(&text(args, 0)))
}

/// A meter is another one if its starting number was taken after the last reading.
fn meter_is_changed(last_at: &str, initial_on: &str) -> bool {
    days::between(last_at, initial_on).is_some_and(|days| days > 0)
}

fn meter_changed(args: &[CalcValue]) -> CalcValue {
    CalcValue::Bool(meter_is_changed(&text(args, 0), &text(args, 1)))
}

fn previous_reading(args: &[CalcValue]) -> CalcValue {
    let changed = meter_is_changed(&text(args, 1), &text(args, 3));
    let last = if changed { None } else { whole(args, 0) };
    number_or_empty(last.or_else(|| whole(args, 2)))
}

fn units(args: &[CalcValue]) -> CalcValue {
    let units = || water::units_between(whole(args, 0)?, whole(args, 1)?, whole(args, 2)?);
    number_or_empty(units())
}

fn usage(args: &[CalcValue]) -> CalcValue {
    let usage =
        || water::usage(whole(args, 0)?, whole(args, 1)?, whole(args, 2)?, count(args, 3)?, count(args, 4)?);
    number_or_empty(usage())
}

fn direction(args: &[CalcValue]) -> CalcValue {
    let direction = || {
        let (previous, reading, digits) = (whole(args, 0)?, whole(args, 1)?, whole(args, 2)?);
        let unit = count(args, 6)?;
        let tariff = args.get(7).and_then(tariff);
        let size = text(args, 5);
        let bill = |units: i64| match &tariff {
            Some(tariff) => tariff.charge(units, &size, "").total.0,
            None => units.saturating_mul(unit),
        };
        water::direction(previous, reading, digits, litres(args, 3), connection(args, 4, 5), bill)
    };
    word_or_empty(direction().map(water::Direction::word))
}

fn average(args: &[CalcValue]) -> CalcValue {
    cubic_metres(whole(args, 1).and_then(|days| water::average(&text(args, 0), days, litres(args, 2))))
}

fn months_with(args: &[CalcValue]) -> CalcValue {
    let months = text(args, 0);
    match (whole(args, 1), whole(args, 2)) {
        (Some(units), Some(days)) => CalcValue::Text(water::months_with(&months, units, days)),
        _ => CalcValue::Text(months),
    }
}

fn estimated_units(args: &[CalcValue]) -> CalcValue {
    number_or_empty(litres(args, 0).map(water::estimated_units))
}

fn estimated_reading(args: &[CalcValue]) -> CalcValue {
    let reading = || water::estimated_reading(whole(args, 0)?, litres(args, 1)?, whole(args, 2)?);
    number_or_empty(reading())
}

/// Of the units since the last true reading, what is left to charge, and what was charged too much.
fn settle(args: &[CalcValue]) -> Option<(i64, i64)> {
    Some(water::settle(whole(args, 0)?, count(args, 1)?))
}

fn settled(args: &[CalcValue]) -> CalcValue {
    number_or_empty(settle(args).map(|(left, _)| left))
}

fn carried(args: &[CalcValue]) -> CalcValue {
    number_or_empty(settle(args).map(|(_, over)| over))
}

fn reading_flag(args: &[CalcValue]) -> CalcValue {
    let flag = || Some(water::flag(whole(args, 0)?, litres(args, 1)?, count(args, 2)?));
    word_or_empty(flag().map(water::Flag::word))
}

fn reading_severe(args: &[CalcValue]) -> CalcValue {
    let severe = whole(args, 0).is_some_and(|units| {
        water::is_severe(units, litres(args, 1), connection(args, 2, 3), whole(args, 4))
    });
    CalcValue::Bool(severe)
}

/// A tariff as the host hands it to a form: JSON text. Empty where the programme has none.
fn tariff(value: &CalcValue) -> Option<Tariff> {
    match value {
        CalcValue::Text(text) if !text.is_empty() => serde_json::from_str(text).ok(),
        _ => None,
    }
}

/// What so many units cost, in satang; empty without a tariff.
fn water_bill(args: &[CalcValue]) -> CalcValue {
    let total =
        || Some(tariff(args.get(3)?)?.charge(whole(args, 0)?, &text(args, 1), &text(args, 2)).total.0);
    number_or_empty(total())
}

/// `1,234.50` from satang.
fn baht(args: &[CalcValue]) -> CalcValue {
    whole(args, 0).map_or(CalcValue::EMPTY, |satang| CalcValue::Text(Satang(satang).to_string()))
}

fn adl(args: &[CalcValue]) -> Option<u8> {
    let items: Vec<Option<i64>> = args.iter().map(CalcValue::whole).collect();
    care::adl_total(&items.try_into().ok()?)
}

fn adl_total(args: &[CalcValue]) -> CalcValue {
    number_or_empty(adl(args).map(i64::from))
}

fn group(args: &[CalcValue]) -> Option<care::AdlGroup> {
    care::adl_group(u8::try_from(whole(args, 0)?).ok()?)
}

fn adl_group(args: &[CalcValue]) -> CalcValue {
    word_or_empty(group(args).map(care::AdlGroup::word))
}

/// The ministry has a code for "not scored" too.
fn adl_code(args: &[CalcValue]) -> CalcValue {
    word_or_empty(Some(group(args).map_or("1B128", care::AdlGroup::code)))
}

fn ltc_group(args: &[CalcValue]) -> CalcValue {
    number_or_empty(care::ltc_group(&text(args, 0)).map(i64::from))
}

fn bmi(args: &[CalcValue]) -> CalcValue {
    let index = || care::body_mass_index(args.first()?.number()?, args.get(1)?.number()?);
    index().map_or(CalcValue::EMPTY, CalcValue::Number)
}

fn level(args: &[CalcValue]) -> CalcValue {
    let level = || {
        let (warn, urgent) = (care::Limits::read(&text(args, 1))?, care::Limits::read(&text(args, 2))?);
        Some(care::level(args.first()?.number()?, &warn, &urgent))
    };
    word_or_empty(level().map(care::Level::word))
}

#[cfg(test)]
mod tests {
    use super::super::call;
    use super::*;

    /// Calls with arguments written as a form has them: everything is text.
    fn of(name: &str, args: &[&str]) -> String {
        let args: Vec<CalcValue> = args.iter().map(|arg| CalcValue::Text((*arg).to_owned())).collect();
        call(name, &args).unwrap_or_else(|| panic!("{name} with {} arguments", args.len())).text()
    }

    const TARIFF: &str = r#"{"version":"1","effective_from":"2026-01-01","blocks":[{"rate":3000}],
        "service_fee":{"01":3500},"discounts":{"half":{"title":{"th":"ครึ่ง"},"share_bp":5000}}}"#;

    #[test]
    fn each_function_by_name() {
        for (name, args, expected) in [
            ("th:days-between", &["2026-10-22", "2026-11-21T09:00:00+07:00"][..], "30"),
            ("th:national-id-valid", &["3100600445635"], "true"),
            ("th:national-id-valid", &["3100600445634"], "false"),
            ("th:national-id-valid", &["0000000123000", "true"], "false"),
            ("th:national-id-masked", &["1234545678781"], "1-2345-xxxxx-xx-1"),
            ("th:meter-changed", &["2026-10-20T09:00:00+07:00", "2026-11-02"], "true"),
            ("th:meter-changed", &["2026-10-20", "2026-10-20"], "false"),
            ("th:meter-changed", &["", "2026-10-20"], "false"),
            ("th:previous-reading", &["812", "2026-10-20", "0", "2026-11-02"], "0"),
            ("th:previous-reading", &["812", "2026-10-20", "0", "2020-01-01"], "812"),
            ("th:previous-reading", &["", "", "350", ""], "350"),
            ("th:previous-reading", &["", "", "", ""], ""),
            ("th:units", &["9995", "12", "4"], "17"),
            ("th:units", &["๙๙๙๕", "๑๒", "๔"], "17"),
            ("th:usage", &["9995", "12", "4", "", ""], "17"),
            ("th:usage", &["100", "130", "4", "7", "2"], "35"),
            ("th:usage", &["100", "", "4", "7", "2"], ""),
            ("th:usage", &["100", "130", "4", "เจ็ด", "2"], ""),
            ("th:direction", &["9995", "12", "4", "16.5", "1", "01", "2000"], "rollover"),
            ("th:direction", &["500", "480", "4", "16.5", "1", "01", "2000"], "below"),
            ("th:direction", &["500", "", "4", "16.5", "1", "01", "2000"], ""),
            ("th:average", &["18/30 21/30", "30", ""], "19.5"),
            ("th:average", &["", "30", "12.345"], "12.345"),
            ("th:average", &["", "30", ""], ""),
            ("th:months-with", &["18/30", "21", "31"], "18/30 21/31"),
            ("th:months-with", &["18/30", "", "31"], "18/30"),
            ("th:estimated-units", &["19.5"], "20"),
            ("th:estimated-units", &[""], ""),
            ("th:estimated-reading", &["9995", "17.2", "4"], "12"),
            ("th:settled", &["50", "32"], "18"),
            ("th:settled", &["20", "32"], "0"),
            ("th:settled", &["20", ""], "20"),
            ("th:settled", &["", "32"], ""),
            ("th:carried", &["20", "32"], "12"),
            ("th:carried", &["50", "32"], "0"),
            ("th:reading-flag", &["16", "10", ""], "H"),
            ("th:reading-flag", &["4", "10", "0"], "L"),
            ("th:reading-flag", &["10", "10", "0"], "N"),
            ("th:reading-flag", &["10", "", "0"], ""),
            ("th:reading-severe", &["151", "50", "1", "", "300000"], "true"),
            ("th:reading-severe", &["1500", "", "1", "01", ""], "true"),
            ("th:reading-severe", &["", "", "1", "01", ""], "false"),
            ("th:direction", &["9995", "12", "4", "16.5", "1", "01", "2000", ""], "rollover"),
            // Three times the average, and a bill of more than 3,000 baht by the tariff: not believed.
            ("th:direction", &["9995", "130", "4", "16.5", "1", "01", "2000", ""], "rollover"),
            ("th:direction", &["9995", "130", "4", "16.5", "1", "01", "2000", TARIFF], "below"),
            ("th:water-bill", &["16", "01", "", TARIFF], "51500"),
            ("th:water-bill", &["๑๖", "", "half", TARIFF], "24000"),
            ("th:water-bill", &["", "01", "", TARIFF], ""),
            ("th:water-bill", &["16", "01", "", ""], ""),
            ("th:water-bill", &["16", "01", "", "{}"], ""),
            ("th:baht", &["51500"], "515.00"),
            ("th:baht", &[""], ""),
            ("th:adl-total", &["2", "1", "3", "2", "3", "2", "2", "1", "2", "2"], "20"),
            ("th:adl-total", &["2", "1", "3", "2", "3", "2", "2", "1", "2", ""], ""),
            ("th:adl-group", &["4"], "bed"),
            ("th:adl-group", &["5"], "home"),
            ("th:adl-group", &["12"], "social"),
            ("th:adl-group", &[""], ""),
            ("th:adl-code", &["11"], "1B1281"),
            ("th:adl-code", &[""], "1B128"),
            ("th:ltc-group", &["C3"], "2"),
            ("th:ltc-group", &["C1"], ""),
            ("th:bmi", &["60", "160"], "23.4"),
            ("th:bmi", &["60", ""], ""),
            ("th:level", &["37.5", "<36 >=37.5", "<=35 >=39.1"], "warn"),
            ("th:level", &["", "<36 >=37.5", "<=35 >=39.1"], ""),
            ("th:level", &["37.5", "ไม่เกิน 37", ""], ""),
        ] {
            assert_eq!(of(name, args), expected, "{name}({})", args.join(", "));
        }
    }

    #[test]
    fn every_function_is_reachable_once_and_quiet_without_answers() {
        for (at, function) in FUNCTIONS.iter().enumerate() {
            let name = function.name;
            assert!(name.starts_with("th:"), "{name}");
            assert!(FUNCTIONS[..at].iter().all(|other| other.name != name), "{name} twice");
            let empty = vec![CalcValue::EMPTY; *function.arity.start()];
            let answer = call(name, &empty).unwrap();
            let quiet = [CalcValue::EMPTY, CalcValue::Bool(false), CalcValue::Text("1B128".to_owned())];
            assert!(quiet.contains(&answer), "{name} of nothing is {answer:?}");
        }
    }

    #[test]
    fn no_such_function_and_wrong_number_of_arguments() {
        assert_eq!(call("th:nothing", &[]), None);
        assert_eq!(call("usage", &[CalcValue::EMPTY; 5]), None);
        assert_eq!(call("th:usage", &[CalcValue::EMPTY; 4]), None);
        assert_eq!(call("th:usage", &[CalcValue::EMPTY; 6]), None);
    }

    #[test]
    fn numbers_come_as_numbers_too() {
        let numbers = [9995.0, 12.0, 4.0].map(CalcValue::Number);
        assert_eq!(call("th:units", &numbers), Some(CalcValue::Number(17.0)));
        assert_eq!(call("th:units", &[9995.5, 12.0, 4.0].map(CalcValue::Number)), Some(CalcValue::EMPTY));
        assert_eq!(call("th:units", &[f64::NAN, 12.0, 4.0].map(CalcValue::Number)), Some(CalcValue::EMPTY));
    }
}
