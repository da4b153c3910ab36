//! People who do not exist. Given names are common ones; surnames are put together so that no family can have them,
//! since a Thai surname belongs to one family by law.

use super::random::Random;

const MEN: [&str; 40] = [
    "สมชาย",
    "สมศักดิ์",
    "ประเสริฐ",
    "วิชัย",
    "บุญมี",
    "สุรชัย",
    "ประยูร",
    "ทองดี",
    "สมบัติ",
    "อำนวย",
    "วิรัตน์",
    "สุชาติ",
    "มานพ",
    "ชัยวัฒน์",
    "ณรงค์",
    "ประสิทธิ์",
    "สำราญ",
    "บุญช่วย",
    "ไพโรจน์",
    "สมพงษ์",
    "เสน่ห์",
    "ถาวร",
    "วันชัย",
    "อุดม",
    "สนั่น",
    "จำรัส",
    "พิชัย",
    "เฉลิม",
    "มนตรี",
    "สุวิทย์",
    "ธงชัย",
    "กิตติ",
    "ปรีชา",
    "นิพนธ์",
    "สมหมาย",
    "คำปัน",
    "ชาญ",
    "อนันต์",
    "ประดิษฐ์",
    "สายัณห์",
];
const WOMEN: [&str; 40] = [
    "สมหญิง",
    "มาลี",
    "สมศรี",
    "บุญเรือน",
    "ทองใบ",
    "สุภาพ",
    "ประไพ",
    "วันเพ็ญ",
    "ลำดวน",
    "จันทร์เพ็ญ",
    "สำเนียง",
    "บัวลอย",
    "อารีย์",
    "นงลักษณ์",
    "สุดา",
    "กัลยา",
    "พรทิพย์",
    "ละเอียด",
    "ประนอม",
    "สายใจ",
    "เพ็ญศรี",
    "วิไล",
    "รัตนา",
    "ดวงใจ",
    "ชูศรี",
    "อุไร",
    "นวลจันทร์",
    "แก้วตา",
    "สมจิตร",
    "พิมพ์ใจ",
    "บุญเลี้ยง",
    "ศิริพร",
    "กาญจนา",
    "ผ่องศรี",
    "ทองคำ",
    "เรณู",
    "จำเนียร",
    "ยุพา",
    "มะลิวัลย์",
    "ประคอง",
];
const NICKNAMES: [&str; 16] =
    ["แดง", "เล็ก", "น้อย", "ดำ", "หมู", "อ้วน", "ติ๋ม", "นก", "ไก่", "แจ๋ว", "หนู", "ต้อย", "แมว", "เปี๊ยก", "จุก", "นิด"];
const BEGIN: [&str; 9] = ["ทอง", "ศรี", "แสง", "บุญ", "ใจ", "สุข", "คำ", "มั่น", "เพชร"];
const MIDDLE: [&str; 4] = ["ตัวอย่าง", "สมมุติ", "ทดสอบ", "จำลอง"];
const END: [&str; 4] = ["ดี", "วงศ์", "กุล", "ชัย"];

/// A simulated person.
pub struct Person {
    /// `m` or `f`.
    pub sex: &'static str,
    /// Title.
    pub prename: &'static str,
    /// Given name and surname.
    pub name: String,
}

/// Makes a person.
pub fn person(random: &mut Random) -> Person {
    let woman = random.chance(0.55);
    let given = if woman { random.pick(&WOMEN) } else { random.pick(&MEN) };
    let prename = match (woman, random.chance(0.12)) {
        (true, true) => "น.ส.",
        (true, false) => "นาง",
        (false, _) => "นาย",
    };
    Person { sex: if woman { "f" } else { "m" }, prename, name: format!("{given} {}", surname(random)) }
}

/// A surname that no family has.
pub fn surname(random: &mut Random) -> String {
    format!("{}{}{}", random.pick(&BEGIN), random.pick(&MIDDLE), random.pick(&END))
}

/// What neighbours call somebody.
pub fn nickname(random: &mut Random) -> &'static str {
    random.pick(&NICKNAMES)
}

/// A telephone number that rings nowhere.
pub fn phone(random: &mut Random) -> String {
    format!("000000{:04}", random.between(0, 9_999))
}

/// A national id with a right check digit that no living person has: office 0000 of no province.
pub fn national_id(number: u32) -> String {
    let twelve = format!("00000{:07}", number % 10_000_000);
    let check = domain::calc::national_id::check_digit(&twelve).unwrap_or(0);
    format!("{twelve}{check}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_pass_the_check_and_belong_to_nobody() {
        for number in [0, 1, 599, 9_999_999] {
            let id = national_id(number);
            assert!(domain::calc::national_id::is_persons(&id, true), "{id}");
            assert!(!domain::calc::national_id::is_persons(&id, false), "{id}");
        }
    }

    #[test]
    fn every_surname_says_that_it_is_made_up() {
        let mut random = Random::new(1, "surnames");
        for _ in 0..500 {
            let surname = surname(&mut random);
            assert!(MIDDLE.iter().any(|middle| surname.contains(middle)), "{surname}");
        }
    }
}
