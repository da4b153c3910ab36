//! The care register: older people of twelve villages, some of them cases of long-term care with visits of the last
//! weeks and assessments.

use super::Calendar;
use super::names;
use super::random::Random;
use super::town::{self, Cells, Codes};
use chrono::{Days, NaiveDate};
use domain::calc::care;
use domain::change::Change;
use domain::ids::RecordId;
use serde_json::json;
use std::collections::BTreeMap;

const PROGRAMME: &str = "care";
/// Weeks of visits before today.
const WEEKS: u64 = 8;

/// A village's register.
pub struct Village {
    /// Zone id.
    pub zone: String,
    /// Its title.
    pub title: String,
    /// The people.
    pub subjects: Vec<Change>,
    /// By day: home visits and assessments.
    pub visits: BTreeMap<NaiveDate, Vec<Change>>,
}

/// Long-term care groups of the cases of one village: about half of them in group 1, few in group 4.
pub fn groups_of(village: usize, cases: usize) -> Vec<u8> {
    let shares = [(1u8, 35usize), (2, 15), (3, 12), (4, 8)];
    let all: Vec<u8> = shares.iter().flat_map(|(group, count)| std::iter::repeat_n(*group, *count)).collect();
    // Dealt round, so that every village has some of each.
    all.into_iter()
        .take(cases)
        .enumerate()
        .filter(|(index, _)| index % town::VILLAGES == village)
        .map(|(_, g)| g)
        .collect()
}

/// Makes a village's register.
pub fn village(
    seed: u64,
    number: usize,
    people: usize,
    cases: usize,
    calendar: &Calendar,
    codes: &mut Codes,
) -> Village {
    let zone = format!("M{:02}", number + 1);
    let random = &mut Random::new(seed, &format!("care {zone}"));
    let carer = names::person(&mut Random::new(seed, &format!("caregiver {}", number / 2))).name;
    let manager = names::person(&mut Random::new(seed, "care manager")).name;
    let first = calendar.day(-10, 1);
    let mut groups = groups_of(number, cases);
    groups.resize(people.max(groups.len()), 0);
    let houses = town::quarter(random, number, 1, groups.len());
    let mut made = Village {
        zone: zone.clone(),
        // An area is one caregiver's: nobody else sees these people.
        title: format!("หมู่ {} · ดูแลโดย {carer}", number + 1),
        subjects: Vec::new(),
        visits: BTreeMap::new(),
    };
    for (index, (group, house)) in groups.into_iter().zip(houses).enumerate() {
        let id = RecordId::new(calendar.ms(first, 0), random.id_bytes());
        let person = names::person(random);
        let adl = match group {
            0 => random.between(12, 20),
            1 | 2 => random.between(5, 11),
            3 => random.between(0, 4),
            _ => random.between(0, 3),
        };
        let tai = ["B3", "B4", "B5", "C2", "C3", "C4", "I1", "I2", "I3"]
            .into_iter()
            .filter(|class| care::ltc_group(class) == Some(group))
            .collect::<Vec<_>>();
        let mut cells = Cells::subject(PROGRAMME, &zone, index + 1, house.place);
        cells
            .set("prename", person.prename)
            .set("name", person.name.as_str())
            .set("cid", names::national_id(u32::try_from(number * 1_000 + index).unwrap_or(0)))
            .set("hn", format!("DEMO{:05}", number * 100 + index))
            .set("sex", person.sex)
            .set("birth", birth(random, calendar))
            .set("house_no", house.number.as_str())
            .set("address", town::address(&house.number, number))
            .set("village_no", i64::try_from(number + 1).unwrap_or(1))
            .set("village_name", format!("บ้านตัวอย่าง {}", number + 1))
            .set("manager", manager.as_str())
            .set("right", random.pick(&["uc", "uc", "uc", "uc", "csmbs", "sss", "lgo"]))
            .set("adl", adl)
            .set("adl_group", group_word(adl))
            .set("tai", random.pick(&tai))
            .set("ltc_group", group.to_string())
            .set("status", "active")
            .bind(&codes.next());
        if random.chance(0.5) {
            cells.set("nickname", names::nickname(random));
        }
        if random.chance(0.6) {
            cells.set("phone", names::phone(random));
        }
        let diseases =
            ["ความดันสูง", "เบาหวาน", "ไขมันสูง", "หลอดเลือดสมอง", "ไตเรื้อรัง", "ข้อเข่าเสื่อม", "สมองเสื่อม", "พาร์กินสัน"];
        if random.chance(0.8) {
            let a = random.pick(&diseases);
            let b = random.pick(&diseases);
            cells.set("disease", if a == b { a.to_owned() } else { format!("{a}, {b}") });
        }
        if random.chance(0.08) {
            cells.set("allergy", random.pick(&["เพนิซิลลิน", "ซัลฟา", "กุ้ง", "แอสไพริน"]));
        }
        if group > 0 {
            let relative = names::person(random);
            cells
                .set("carer_name", relative.name)
                .set("carer_relation", random.pick(&["บุตร", "บุตร", "คู่สมรส", "หลาน", "พี่น้อง"]))
                .set("carer_phone", names::phone(random))
                .set("lives_alone", random.chance(0.1))
                .set("oxygen", group >= 3 && random.chance(0.2))
                .set(
                    "urgency",
                    match group {
                        4 => "red",
                        3 => "yellow",
                        _ => "green",
                    },
                );
            cells
                .set("access", random.pick(&["car", "car", "bike", "foot"]))
                .set("floor", random.pick(&["ground", "ground", "ground", "upper"]))
                .set(
                    "move_by",
                    match group {
                        1 => "walk",
                        2 => "wheelchair",
                        _ => "stretcher",
                    },
                );
            if random.chance(0.4) {
                cells.set(
                    "place_note",
                    random.pick(&["บ้านไม้สองชั้นหลังวัด", "ตรงข้ามร้านค้าชุมชน", "รั้วสีเขียว", "ซอยเดียวกับศาลากลางบ้าน"]),
                );
            }
        }
        made.subjects.push(cells.into_subject(id));
        assessments(random, &mut made.visits, id, adl, group, &carer, calendar);
        home_visits(random, &mut made.visits, id, group, &carer, calendar);
    }
    made
}

fn group_word(adl: i64) -> &'static str {
    u8::try_from(adl).ok().and_then(care::adl_group).map_or("", care::AdlGroup::word)
}

/// A day of birth 60 to 98 years ago; of one in twenty only the year is known.
fn birth(random: &mut Random, calendar: &Calendar) -> String {
    let year = calendar.year() - random.between(60, 98);
    if random.chance(0.05) {
        return year.to_string();
    }
    format!("{year:04}-{:02}-{:02}", random.between(1, 12), random.between(1, 28))
}

/// An assessment in the last months, and for cases one before it.
fn assessments(
    random: &mut Random,
    visits: &mut BTreeMap<NaiveDate, Vec<Change>>,
    subject: RecordId,
    adl: i64,
    group: u8,
    by: &str,
    calendar: &Calendar,
) {
    let recent = random.between(5, if group > 0 { 85 } else { 260 });
    let before = (group > 0).then(|| recent + random.between(80, 100));
    for (ago, score) in before.map(|ago| (ago, drifted(random, adl))).into_iter().chain([(recent, adl)]) {
        let Some(day) = calendar.today.checked_sub_days(Days::new(ago.cast_unsigned())) else { continue };
        let items = items(random, score);
        let total: i64 = items.iter().map(|(_, points)| points).sum();
        let mut cells = visit(calendar, subject, "adl", day, random, by);
        for (item, points) in items {
            cells.1.set(item, points.to_string());
        }
        cells.1.set("adl", total).set("adl_group", group_word(total));
        visits.entry(day).or_default().push(cells.1.into_visit(cells.0));
    }
}

/// Last time it was a little better, as it goes.
fn drifted(random: &mut Random, adl: i64) -> i64 {
    (adl as f64 + random.normal(0.9, 1.0)).round().clamp(0.0, 20.0) as i64
}

/// Ten items whose points add up to a score.
fn items(random: &mut Random, score: i64) -> Vec<(&'static str, i64)> {
    let most = [
        ("feeding", 2),
        ("grooming", 1),
        ("transfer", 3),
        ("toilet", 2),
        ("mobility", 3),
        ("dressing", 2),
        ("stairs", 2),
        ("bathing", 1),
        ("bowels", 2),
        ("bladder", 2),
    ];
    let mut points: Vec<(&'static str, i64)> = most.iter().map(|(item, _)| (*item, 0)).collect();
    let mut left = score.clamp(0, 20);
    while left > 0 {
        let at = usize::try_from(random.between(0, 9)).unwrap_or(0);
        if let (Some((_, now)), Some((_, top))) = (points.get_mut(at), most.get(at))
            && *now < *top
        {
            *now += 1;
            left -= 1;
        }
    }
    points
}

/// Home visits of the last weeks, about as often as the group's schedule asks, some late.
fn home_visits(
    random: &mut Random,
    visits: &mut BTreeMap<NaiveDate, Vec<Change>>,
    subject: RecordId,
    group: u8,
    by: &str,
    calendar: &Calendar,
) {
    let every = match group {
        0 => return,
        1 => 15,
        2 | 3 => 7,
        _ => 4,
    };
    let mut ago = (WEEKS * 7).cast_signed();
    while ago >= 0 {
        if let Some(day) = calendar.today.checked_sub_days(Days::new(ago.cast_unsigned())) {
            let (id, mut cells) = visit(calendar, subject, "visit", day, random, by);
            if random.chance(0.05) {
                cells
                    .set(domain::change::field::OUTCOME, random.pick(&["not_home", "hospital", "postponed"]));
            } else {
                home_visit(random, &mut cells, group);
            }
            visits.entry(day).or_default().push(cells.into_visit(id));
        }
        ago -= (every + random.between(-1, if every > 7 { 4 } else { 2 })).max(1);
    }
}

fn home_visit(random: &mut Random, cells: &mut Cells, group: u8) {
    let urgent = random.chance(0.06);
    let temp = if urgent { 39.4 } else { (random.normal(36.8, 0.4).clamp(35.5, 38.6) * 10.0).round() / 10.0 };
    let sbp = random.normal(138.0, 18.0).clamp(92.0, 178.0).round() as i64;
    let activities = ["a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "a10"];
    let done: Vec<&str> = activities.into_iter().filter(|_| random.chance(0.4)).collect();
    let done = if done.is_empty() { vec!["a1"] } else { done };
    cells
        .set("carer_present", if random.chance(0.8) { "yes" } else { "no" })
        .set("temp", temp)
        .set("sbp", sbp)
        .set("dbp", (sbp * 6 / 10 - random.between(0, 8)).clamp(55, 110))
        .set("pulse", random.normal(80.0, 10.0).clamp(55.0, 118.0).round() as i64)
        .set("rr", random.between(14, 22))
        .set("spo2", random.normal(96.0, 2.0).clamp(92.0, 100.0).round() as i64)
        .set("dtx_kind", "none")
        .set("has_wound", if group >= 3 && random.chance(0.1) { "yes" } else { "no" })
        .set("medication", random.pick(&["full", "full", "full", "some"]))
        .set("nutrition", random.pick(&["well", "well", "less"]))
        .set("sleep", random.pick(&["well", "well", "broken"]))
        .set("activities", json!(done))
        .set(
            "trend",
            if urgent { "worse" } else { random.pick(&["same", "same", "same", "better", "worse"]) },
        );
    if urgent {
        cells.set("red_flags", "temp").set("told", "manager");
    }
}

fn visit(
    calendar: &Calendar,
    subject: RecordId,
    form: &str,
    day: NaiveDate,
    random: &mut Random,
    by: &str,
) -> (RecordId, Cells) {
    let minute = u32::try_from(random.between(8 * 60, 16 * 60)).unwrap_or(0);
    let at_ms = calendar.ms(day, minute).min(calendar.now_ms);
    let at = domain::thai_date::iso(at_ms, domain::thai_date::THAI_OFFSET_MINUTES);
    let id = RecordId::new(at_ms, random.id_bytes());
    (id, Cells::visit(PROGRAMME, form, subject, &at, by, domain::programme::DONE, ""))
}
