//! Functions of community-health forms on dates. They are not ODK's, but most deployed forms outside ODK use them.

use super::super::dates;
use super::super::eval::EvalError;
use super::super::object::Object;
use super::Given;

/// Whole units between two dates, as community-health forms count them: only full months and years.
pub(super) fn difference(given: &Given<'_, '_>, name: &str) -> Result<Object, EvalError> {
    let offset = given.world.offset();
    let (from, to) = (given.object(0)?.moment(given.world), given.object(1)?.moment(given.world));
    let (Some(a), Some(b)) = (dates::parts(from, offset), dates::parts(to, offset)) else {
        return Ok(Object::blank());
    };
    let days = dates::days_of(b.year, b.month, b.day) - dates::days_of(a.year, a.month, a.day);
    let mut months = (b.year - a.year) * 12 + i64::from(b.month) - i64::from(a.month);
    if months > 0 && b.day < a.day {
        months -= 1;
    } else if months < 0 && b.day > a.day {
        months += 1;
    }
    Ok(Object::Number(match name {
        "difference-in-days" => days,
        "difference-in-weeks" => days / 7,
        "difference-in-months" => months,
        _ => months / 12,
    } as f64))
}

/// `add-date(date, years, months, days, hours, minutes)`.
pub(super) fn add_date(given: &Given<'_, '_>) -> Result<Object, EvalError> {
    let offset = given.world.offset();
    let moment = given.object(0)?.moment(given.world);
    let Some(at) = dates::parts(moment, offset) else { return Ok(Object::blank()) };
    let mut add = [0.0; 5];
    for (place, amount) in add.iter_mut().enumerate() {
        if given.arguments.len() > place + 1 {
            let number = given.number(place + 1)?;
            *amount = if number.is_finite() { number.clamp(-1e6, 1e6) } else { 0.0 };
        }
    }
    let [years, months, days, hours, minutes] = add;
    let month = (at.year + years as i64) * 12 + i64::from(at.month) - 1 + months as i64;
    let (year, month) = (month.div_euclid(12), month.rem_euclid(12) as u32 + 1);
    // Day 31 runs over into the next month, as the JavaScript behind these forms does.
    let start = dates::days_of(year, month, 1) + i64::from(at.day) - 1;
    let clock = f64::from(at.hour * 3_600_000 + at.minute * 60_000 + at.second * 1000 + at.milli);
    let local =
        start as f64 * dates::DAY + clock + days * dates::DAY + hours * 3_600_000.0 + minutes * 60_000.0;
    Ok(Object::Moment(local - f64::from(offset) * 60_000.0))
}
