//! Poles on feeders, with a past inspection each.

use super::Calendar;
use super::names;
use super::random::Random;
use super::town::{self, Cells, Codes};
use chrono::{Days, NaiveDate};
use domain::change::Change;
use domain::ids::RecordId;

const PROGRAMME: &str = "lights";

/// A feeder with its poles.
pub struct Feeder {
    /// Zone id.
    pub zone: String,
    /// Its title.
    pub title: String,
    /// The poles.
    pub subjects: Vec<Change>,
    /// The day they were inspected, and the inspections.
    pub inspected: (NaiveDate, Vec<Change>),
    /// Whose it is to look after.
    pub technician: String,
}

/// Makes a feeder.
pub fn feeder(seed: u64, number: usize, poles: usize, calendar: &Calendar, codes: &mut Codes) -> Feeder {
    let zone = format!("F{:02}", number + 1);
    let random = &mut Random::new(seed, &format!("lights {zone}"));
    let village = number % town::VILLAGES;
    let road = number / town::VILLAGES;
    let technician = names::person(&mut Random::new(seed, &format!("technician {}", number % 3))).name;
    let first = calendar.day(-8, 10);
    // Two feeders a week or so; the oldest are due again.
    let ago = u64::try_from(20 + (number * 37) % 190).unwrap_or(20);
    let day = calendar.today.checked_sub_days(Days::new(ago)).unwrap_or(first);
    let (mut subjects, mut visits) = (Vec::new(), Vec::new());
    for index in 0..poles {
        let id = RecordId::new(calendar.ms(first, 0), random.id_bytes());
        // Poles stand some 35 m apart along a road that crosses the village.
        let along = (index as f64 + 0.5) / poles as f64;
        let place = town::point(
            village,
            along + random.normal(0.0, 0.003),
            (road as f64 + 0.5) / 4.0 + random.normal(0.0, 0.002),
        );
        let lit = match random.unit() {
            share if share < 0.90 => "on",
            share if share < 0.95 => "off",
            share if share < 0.97 => "flicker",
            share if share < 0.985 => "dim",
            _ => "day",
        };
        let status = if lit == "on" { "ok" } else { "broken" };
        let led = random.chance(0.45);
        let mut cells = Cells::subject(PROGRAMME, &zone, index + 1, place);
        cells
            .set("pole_no", format!("ตย-{:02}-{:03}-{:04}", village + 1, road + 1, index + 1))
            .set("road", format!("ถนนตัวอย่าง {} หมู่ {}", road + 1, village + 1))
            .set("status", status)
            .set(
                "lamp_type",
                if led { "led" } else { random.pick(&["hps", "hps", "fluorescent", "fluorescent", "solar"]) },
            )
            .set(
                "watts",
                if led {
                    *random.pick(&[&30i64, &50, &80])
                } else {
                    *random.pick(&[&36i64, &70, &150, &250])
                },
            )
            .set("lamp_count", if random.chance(0.9) { 1 } else { 2 })
            .set("feeder", format!("ตู้ {}", number + 1))
            .set("control", random.pick(&["photocell", "photocell", "timer", "switch"]))
            .set("pole_material", random.pick(&["concrete", "concrete", "concrete", "steel"]))
            .set("height_m", *random.pick(&[&6.0f64, &8.0, &9.0]))
            .set("pole_owner", random.pick(&["pea", "pea", "municipal"]))
            .bind(&codes.next());
        if random.chance(0.4) {
            cells.set("utility_no", format!("PEA-DEMO-{:05}", number * 100 + index));
        }
        if led {
            let years = random.between(0, 5);
            cells.set("installed_on", format!("{}", calendar.year() - years));
            cells.set("warranty_until", format!("{}", calendar.year() - years + 3));
        }
        subjects.push(cells.into_subject(id));
        let at_ms = calendar.ms(day, 18 * 60 + u32::try_from(index * 4).unwrap_or(0));
        let at = domain::thai_date::iso(at_ms, domain::thai_date::THAI_OFFSET_MINUTES);
        let mut visit = Cells::visit(PROGRAMME, "inspect", id, &at, &technician, domain::programme::DONE, "");
        visit
            .set("lit", lit)
            .set("faulty", if lit == "on" { "no" } else { "yes" })
            .set("danger", "no")
            .set("new_status", status);
        if lit != "on" {
            visit.set("faults", serde_json::json!([lit])).set("danger_seen", "no");
        }
        visits.push(visit.into_visit(RecordId::new(at_ms, random.id_bytes())));
    }
    let title = format!("วงจร {} ถนนตัวอย่าง {} หมู่ {}", number + 1, road + 1, village + 1);
    Feeder { zone, title, subjects, inspected: (day, visits), technician }
}
