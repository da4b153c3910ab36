//! Some pets of each village and some equipment of each department, for the programmes that are folders only.

use super::Calendar;
use super::names;
use super::random::Random;
use super::town::{self, Cells, Codes};
use chrono::Days;
use domain::change::Change;
use domain::ids::RecordId;
use domain::thai_date::{THAI_OFFSET_MINUTES, iso};

/// A zone of one of these programmes.
pub struct Zone {
    /// Programme id.
    pub programme: &'static str,
    /// Zone id.
    pub zone: String,
    /// Its title.
    pub title: String,
    /// What is visited, and its visits.
    pub records: Vec<Change>,
}

/// The pets of a village. Most were vaccinated, some a while ago.
pub fn pets(seed: u64, village: usize, count: usize, calendar: &Calendar, codes: &mut Codes) -> Zone {
    let zone = format!("M{:02}", village + 1);
    let random = &mut Random::new(seed, &format!("pets {zone}"));
    let helper = names::person(&mut Random::new(seed, &format!("vaccinator {}", village % 3))).name;
    let mut records = Vec::new();
    for number in 0..count {
        let id = RecordId::new(calendar.ms(calendar.day(-10, 1), 0), random.id_bytes());
        let place = town::point(village, random.unit(), random.unit());
        let tag = format!("{:02}-{:04}", village + 1, number + 1);
        let dog = random.chance(0.7);
        let mut cells = Cells::subject("pets", &zone, number + 1, place);
        cells
            .set("tag_no", tag.clone())
            .set("species", if dog { "dog" } else { "cat" })
            .set("name", *random.pick(&[&"ดำ", &"แดง", &"ขาว", &"ด่าง", &"มอมแมม", &"สี่ตา", &"หมูปิ้ง"]))
            .set("sex", if random.chance(0.5) { "m" } else { "f" })
            .set("marks", *random.pick(&[&"ดำล้วน", &"น้ำตาลขาว", &"ขาวแต้มดำ", &"ลายเสือ"]))
            .set("house_no", format!("{}", random.between(1, 240)))
            .set("sterilised", if random.chance(0.4) { "yes" } else { "no" })
            .bind(&codes.next());
        if random.chance(0.85) {
            cells.set("owned", "owned").set("owner_name", names::person(random).name);
            cells.set("owner_phone", names::phone(random));
        } else {
            cells.set("owned", if random.chance(0.5) { "community" } else { "stray" });
        }
        // The further a village lies, the fewer have had their shot.
        if random.chance(0.95 - 0.05 * village as f64) {
            let ago = u64::try_from(random.between(20, 430)).unwrap_or(20);
            let day = calendar.today.checked_sub_days(Days::new(ago)).unwrap_or(calendar.today);
            let at_ms = calendar.ms(day, 9 * 60 + u32::try_from(number).unwrap_or(0));
            cells.set("vaccinated_on", day.to_string());
            let at = iso(at_ms, THAI_OFFSET_MINUTES);
            let mut visit = Cells::visit("pets", "vaccinate", id, &at, &helper, domain::programme::DONE, "");
            visit.set("brand", "วัคซีนตัวอย่าง").set("lot", "DEMO-1").set("reaction", "none");
            visit.set("vaccinated_on", day.to_string());
            records.push(visit.into_visit(RecordId::new(at_ms, random.id_bytes())));
        }
        records.push(cells.into_subject(id));
    }
    let title = format!("หมู่ {} บ้านตัวอย่าง {}", village + 1, village + 1);
    Zone { programme: "pets", zone, title, records }
}

/// The departments that keep equipment.
pub const DEPARTMENTS: [&str; 3] = ["สำนักปลัด", "กองคลัง", "กองช่าง"];

/// The equipment of a department.
pub fn equipment(seed: u64, department: usize, count: usize, calendar: &Calendar, codes: &mut Codes) -> Zone {
    let zone = format!("D{}", department + 1);
    let title = (*DEPARTMENTS.get(department).unwrap_or(&"กองตัวอย่าง")).to_owned();
    let random = &mut Random::new(seed, &format!("equipment {zone}"));
    let kinds = [
        ("computer", "416", "คอมพิวเตอร์ตั้งโต๊ะ", 22_000),
        ("computer", "416", "เครื่องพิมพ์", 8_500),
        ("office", "400", "ตู้เหล็กเก็บเอกสาร", 5_900),
        ("office", "400", "เครื่องปรับอากาศ", 28_600),
        ("electric", "442", "เครื่องกำเนิดไฟฟ้า", 48_000),
        ("media", "452", "เครื่องเสียงเคลื่อนที่", 18_500),
        ("farm", "431", "เครื่องตัดหญ้า", 9_500),
        ("survey", "465", "เทปวัดระยะ", 6_200),
    ];
    let mut records = Vec::new();
    for number in 0..count {
        let id = RecordId::new(calendar.ms(calendar.day(-10, 1), 0), random.id_bytes());
        let place = town::point(department, 0.5 + random.normal(0.0, 0.02), 0.5 + random.normal(0.0, 0.02));
        let Some((class, code, name, price)) = kinds.get(number % kinds.len()) else { continue };
        let years = random.between(0, 8);
        let status = match random.unit() {
            share if share < 0.86 => "in_use",
            share if share < 0.94 => "broken",
            _ => "missing",
        };
        let budget = (calendar.year() - years + 543) % 100;
        let mut cells = Cells::subject("equipment", &zone, number + 1, place);
        cells
            .set("asset_no", format!("{code}-{budget:02}-{:04}", department * 1_000 + number + 1))
            .set("name", *name)
            .set("class", *class)
            .set("status", status)
            .set("place", format!("ห้อง {}", random.between(1, 6)))
            .set("keeper", names::person(random).name)
            .set("acquired", format!("{}", calendar.year() - years))
            .set("how", "bought")
            .set("price_baht", *price)
            .set("life_years", 5)
            .bind(&codes.next());
        records.push(cells.into_subject(id));
    }
    Zone { programme: "equipment", zone, title, records }
}
