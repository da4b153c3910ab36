//! 36 reading routes, three months of readings and a month under way, by the usage model of small towns: lognormal, a few
//! leaks, dead meters and dials that pass zero, some houses that could not be read and are charged their average.

use super::Calendar;
use super::names;
use super::random::Random;
use super::town::{self, Cells, Codes};
use chrono::NaiveDate;
use domain::calc::water::{self, Connection};
use domain::change::{Change, field, kind};
use domain::cycle::{self, CycleState};
use domain::ids::{RecordId, Seq};
use domain::programme::DONE;

const PROGRAMME: &str = "water";
/// Rough price of a cubic metre in satang, as the form has it.
const UNIT_SATANG: i64 = 2_000;

/// One meter, as it is carried from month to month.
struct Meter {
    id: RecordId,
    digits: i64,
    connection: Connection,
    /// What the household uses in a month, in cubic metres.
    usual: f64,
    dead: bool,
    /// Where the dial truly stands.
    dial: i64,
    /// What was last read, and when.
    last: i64,
    last_on: NaiveDate,
    months: String,
    /// Units charged by estimate since the last true reading, and what was charged too much before.
    already: i64,
}

/// The present month, which readers are in the midst of.
const NOW: i32 = 0;

/// A route and its readings, month by month.
pub struct Route {
    /// Zone id.
    pub zone: String,
    /// Its title.
    pub title: String,
    /// The meters.
    pub subjects: Vec<Change>,
    /// Day, and that day's readings.
    pub rounds: Vec<(NaiveDate, Vec<Change>)>,
    /// How far each month is.
    pub cycles: Vec<Change>,
}

/// Makes a route.
pub fn route(seed: u64, number: usize, meters: usize, calendar: &Calendar, codes: &mut Codes) -> Route {
    let zone = format!("R{:02}", number + 1);
    let random = &mut Random::new(seed, &format!("water {zone}"));
    let (village, part) = (number % town::VILLAGES, number / town::VILLAGES % 3);
    // Routes are read one after the other through the month, each always around the same day.
    let read_day = 4 + u32::try_from(number % 18).unwrap_or(0);
    let start = calendar.day(-4, read_day);
    let reader = names::person(&mut Random::new(seed, &format!("reader {}", number % 8))).name;
    let mut subjects = Vec::with_capacity(meters);
    let mut all = Vec::with_capacity(meters);
    for (index, house) in town::quarter(random, village, part, meters).into_iter().enumerate() {
        let id = RecordId::new(calendar.ms(start, 0), random.id_bytes());
        let digits = if random.chance(0.75) { 4 } else { 5 };
        let span = 10i64.pow(digits as u32);
        let class = match random.unit() {
            share if share < 0.88 => 1,
            share if share < 0.97 => 2,
            _ => 3,
        };
        let size = match class {
            1 if random.chance(0.95) => 1,
            1 | 2 => 2,
            _ => 3,
        };
        let usual = random.lognormal(16.0, 0.55) * if class == 3 { 5.0 } else { 1.0 };
        let dial = if random.chance(0.003) {
            span - random.between(8, 40)
        } else {
            random.between(120, span * 7 / 10)
        };
        let owner = names::person(random);
        let serial = format!("DEMO{:08}", 26_000_000 + number * 1_000 + index);
        let mut cells = Cells::subject(PROGRAMME, &zone, index + 1, house.place);
        cells
            .set("customer_no", format!("99{:02}{:04}", number + 1, index + 1))
            .set("name", format!("{}{}", owner.prename, owner.name))
            .set("house_no", house.number.as_str())
            .set("address", town::address(&house.number, village))
            .set("meter_no", serial.as_str())
            .set("meter_brand", random.pick(&["ตราตัวอย่าง", "ตราจำลอง"]))
            .set("digits", digits)
            .set("meter_size", format!("{size:02}"))
            .set("class", class.to_string())
            .set("initial_reading", dial)
            .set("initial_on", start.to_string())
            .set("status", "active")
            .bind(&codes.next())
            .bind(&serial);
        if random.chance(0.5) {
            cells.set("phone", names::phone(random));
        }
        if random.chance(0.15) {
            let places = ["ข้างประตูรั้ว", "หลังโอ่งน้ำ", "ใต้ต้นมะม่วง", "หน้าร้านค้า", "มีสุนัข เรียกเจ้าของก่อน"];
            cells.set("place_note", random.pick(&places));
        }
        subjects.push(cells.into_subject(id));
        let connection = Connection { class, size };
        let dead = random.chance(0.01);
        all.push(Meter {
            id,
            digits,
            connection,
            usual,
            dead,
            dial,
            last: dial,
            last_on: start,
            months: String::new(),
            already: 0,
        });
    }
    let mut cycles = Vec::new();
    let mut rounds = Vec::new();
    for month in -3..=NOW {
        let day = calendar.day(month, read_day);
        let read = if month < NOW { meters } else { read_by_now(number, day, meters, calendar) };
        let readings: Vec<Change> = all
            .iter_mut()
            .take(read)
            .enumerate()
            .map(|(index, meter)| reading(random, meter, (day, month), index, &reader, calendar))
            .collect();
        let used: i64 = readings.iter().filter_map(|visit| visit.cells.get("usage")?.as_i64()).sum();
        cycles.push(state(random, &zone, (day, month), &reader, used));
        rounds.push((day, readings));
    }
    let title = format!("สาย {} หมู่ {} บ้านตัวอย่าง {}", number + 1, village + 1, village + 1);
    Route { zone, title, subjects, rounds, cycles }
}

/// How many meters of a route are read by now: all of those whose day is past, half of the second route, whose reader is
/// under way, and none of the first, which is there to be tried out.
fn read_by_now(number: usize, day: NaiveDate, meters: usize, calendar: &Calendar) -> usize {
    match number {
        0 => 0,
        _ if day >= calendar.today => 0,
        1 => meters / 2,
        _ => meters,
    }
}

/// How far a route's month is: those long past are closed, the last is approved, this one is open.
fn state(random: &mut Random, zone: &str, (day, month): (NaiveDate, i32), reader: &str, used: i64) -> Change {
    let cycle = day.format("%Y-%m").to_string();
    let state = match month {
        NOW => CycleState::Open,
        -1 => CycleState::Approved,
        _ => CycleState::Closed,
    };
    let mut cells = Cells::of(PROGRAMME, zone);
    cells
        .set(field::CYCLE, cycle.as_str())
        .set(cycle::field::STATE, state.word())
        .set(cycle::field::READER, reader);
    if month < NOW {
        // A tenth to a third of what goes into the pipes comes out nowhere.
        let produced = used * random.between(110, 145) / 100;
        let at = format!(
            "{}T16:30:00+07:00",
            cycle::later(&cycle, 1).map_or(day.to_string(), |next| format!("{next}-01"))
        );
        cells
            .set(cycle::field::PRODUCED, produced)
            .set(&format!("{}_by", state.word()), super::ADMINISTRATOR)
            .set(&format!("{}_at", state.word()), at);
    }
    let id = cycle::id(PROGRAMME, zone, &cycle);
    Change { id, kind: kind::CYCLE.to_owned(), base_seq: Seq(0), cells: cells.into_values() }
}

fn reading(
    random: &mut Random,
    meter: &mut Meter,
    (day, month): (NaiveDate, i32),
    index: usize,
    by: &str,
    calendar: &Calendar,
) -> Change {
    let at_ms = calendar.ms(day, 8 * 60 + u32::try_from(index).unwrap_or(0));
    let id = RecordId::new(at_ms, random.id_bytes());
    let span = 10i64.pow(meter.digits as u32);
    let days = (day - meter.last_on).num_days();
    let used = match random.unit() {
        // One that nobody can miss, so that there is something to look at.
        _ if month == NOW && index == 2 => meter.usual * 12.0 + 200.0,
        _ if meter.dead => 0.0,
        share if share < 0.03 => 0.0,
        share if share < 0.05 => meter.usual * (3.0 + 7.0 * random.unit()),
        _ => meter.usual * random.lognormal(1.0, 0.18),
    };
    meter.dial = (meter.dial + used.round() as i64).rem_euclid(span);
    let iso = |ms: u64| domain::thai_date::iso(ms, domain::thai_date::THAI_OFFSET_MINUTES);
    let visit = |outcome: &str| {
        let cycle = day.format("%Y-%m").to_string();
        Cells::visit(PROGRAMME, "reading", meter.id, &iso(at_ms), by, outcome, &cycle)
    };
    let average = water::average(&meter.months, days, None);
    if random.chance(0.015) {
        let mut cells = visit(random.pick(&["01", "01", "02", "03", "23"]));
        if let Some(average) = average {
            let gross = water::estimated_units(average);
            let (usage, carry) = water::settle(gross, meter.already);
            cells
                .set("previous", meter.last)
                .set("days", days)
                .set("already", meter.already)
                .set("method", "estimate")
                .set("units", gross)
                .set("gross", gross)
                .set("usage", usage)
                .set("carry", carry);
            meter.already += usage;
        }
        return cells.into_visit(id);
    }
    let mut read = meter.dial;
    if random.chance(0.002) {
        // Two digits swapped in the typing; the next month shows it.
        read = meter.dial / 100 * 100 + meter.dial % 10 * 10 + meter.dial / 10 % 10;
    }
    let direction = water::direction(meter.last, read, meter.digits, average, meter.connection, |units| {
        units * UNIT_SATANG
    });
    let below = direction == Some(water::Direction::Below);
    let units = match (below, average) {
        (false, _) => water::units_between(meter.last, read, meter.digits).unwrap_or(0),
        (true, average) => water::estimated_units(average.unwrap_or(0)),
    };
    let flag = average.filter(|_| !below).map(|average| water::flag(units, average, 0));
    let finding = if meter.dead { "15" } else { "00" };
    let comment = match (direction, flag) {
        (Some(water::Direction::Rollover), _) => "18",
        (Some(water::Direction::Below), _) => "19",
        _ if meter.dead => "15",
        (_, Some(water::Flag::High)) => "27",
        (_, Some(water::Flag::Low)) => "26",
        _ => "00",
    };
    if !below {
        meter.months = water::months_with(&meter.months, units, days);
    }
    let (usage, carry) = water::settle(units, meter.already);
    let mut cells = visit(DONE);
    cells
        .set("reading", read)
        .set("previous", meter.last)
        .set("days", days)
        .set("direction", direction.map_or("", water::Direction::word))
        .set("method", if below { "average" } else { "actual" })
        .set("units", units)
        .set("gross", units)
        .set("already", meter.already)
        .set("usage", usage)
        .set("carry", carry)
        .set("finding", finding)
        .set("comment", comment)
        .set("months", meter.months.as_str());
    if below {
        cells.set("below_reason", "19");
    }
    if let Some(flag) = flag {
        cells.set("flag", flag.word());
    }
    if month == NOW {
        let took = u64::try_from(random.between(18, 75)).unwrap_or(0) * 1_000;
        cells.set("start", iso(at_ms.saturating_sub(took))).set("end", iso(at_ms));
        let severe = !below && water::is_severe(units, average, meter.connection, Some(units * UNIT_SATANG));
        cells.set("severe", if severe { "yes" } else { "no" });
    }
    (meter.last, meter.last_on, meter.already) = (read, day, carry);
    cells.into_visit(id)
}
