//! The ground of ตำบลตัวอย่าง: twelve villages in the Bight of Bangkok, where no point is anybody's roof.

use super::random::Random;
use domain::change::{Change, Value, Values, field, kind};
use domain::code;
use domain::ids::{RecordId, Seq};
use std::collections::BTreeSet;

/// The town's name.
pub const NAME: &str = "เทศบาลตำบลตัวอย่าง (ข้อมูลจำลอง)";
/// Number of villages.
pub const VILLAGES: usize = 12;
/// What marks every simulated row.
pub const ORIGIN: &str = "demo";

const WEST: f64 = 100.57;
const SOUTH: f64 = 12.97;
/// Four villages from west to east, three from south to north.
const VILLAGE_COLUMNS: usize = 4;
const VILLAGE_WIDTH: f64 = 0.015;
const VILLAGE_HEIGHT: f64 = 0.02;

/// A place in degrees.
pub type Place = (f64, f64);

/// A point of a village, as shares of its width and height. Rounded to a metre.
pub fn point(village: usize, east: f64, north: f64) -> Place {
    let (column, row) = (village % VILLAGE_COLUMNS, village / VILLAGE_COLUMNS);
    let lat = SOUTH + (row as f64 + 0.05 + 0.9 * north.clamp(0.0, 1.0)) * VILLAGE_HEIGHT;
    let lon = WEST + (column as f64 + 0.05 + 0.9 * east.clamp(0.0, 1.0)) * VILLAGE_WIDTH;
    ((lat * 1e5).round() / 1e5, (lon * 1e5).round() / 1e5)
}

/// One house on a round: its number and place.
pub struct House {
    /// Such as `128/3`.
    pub number: String,
    /// Where it stands.
    pub place: Place,
}

/// The houses of a quarter (0 to 2) of a village in walking order: street by street, up one side and down the other.
/// Some streets are cul-de-sacs, so the rows are of unequal length.
pub fn quarter(random: &mut Random, village: usize, quarter: usize, houses: usize) -> Vec<House> {
    let mut all = Vec::with_capacity(houses);
    let streets = houses.div_ceil(48).max(1);
    let mut street = 0usize;
    while all.len() < houses {
        let lane = street % streets;
        let north = (quarter as f64 + (lane as f64 + 0.5) / streets as f64) / 3.0;
        let is_short = random.chance(0.25);
        let length = if is_short { 0.55 } else { 1.0 };
        let count = if is_short { 26 } else { 50 }.min(houses - all.len());
        for step in 0..count {
            let back = step >= count / 2;
            let along = if back { count - 1 - step } else { step } as f64 / (count / 2).max(1) as f64;
            let side = if back { 0.006 } else { -0.006 };
            let place = point(
                village,
                along * length + random.normal(0.0, 0.004),
                north + side + random.normal(0.0, 0.0015),
            );
            let plot = quarter * 400 + street * 10 + step / 2 + 1;
            let number = if random.chance(0.3) {
                format!("{plot}/{}", random.between(1, 30))
            } else {
                plot.to_string()
            };
            all.push(House { number, place });
        }
        street += 1;
    }
    all
}

/// A whole address.
pub fn address(house: &str, village: usize) -> String {
    let moo = village + 1;
    format!("{house} หมู่ {moo} บ้านตัวอย่าง {moo} ต.ตัวอย่าง อ.สมมุติ จ.จำลอง 00000")
}

/// Codes of ours, each once.
pub struct Codes {
    random: Random,
    used: BTreeSet<String>,
}

impl Codes {
    /// Begins.
    pub fn new(seed: u64) -> Codes {
        Codes { random: Random::new(seed, "codes"), used: BTreeSet::new() }
    }

    /// The next one.
    pub fn next(&mut self) -> String {
        loop {
            let code = code::make(self.random.bits());
            if self.used.insert(code.clone()) {
                return code;
            }
        }
    }
}

/// A simulated record under construction.
pub struct Cells(Values);

impl Cells {
    /// A subject.
    pub fn subject(programme: &str, zone: &str, order: usize, (lat, lon): Place) -> Cells {
        let mut cells = Cells(Values::new());
        cells.set(field::PROGRAMME, programme).set(field::ZONE, zone).set(field::ORDER, order as u64);
        cells.set(field::LAT, lat).set(field::LON, lon).set(field::ORIGIN, ORIGIN);
        cells
    }

    /// A visit that was done, or could not be.
    pub fn visit(
        programme: &str,
        form: &str,
        subject: RecordId,
        at: &str,
        by: &str,
        outcome: &str,
        cycle: &str,
    ) -> Cells {
        let mut cells = Cells(Values::new());
        cells
            .set(field::PROGRAMME, programme)
            .set(field::FORM, form)
            .set(field::SUBJECT, subject.to_string());
        cells.set(field::AT, at).set(field::BY, by).set(field::OUTCOME, outcome).set(field::CYCLE, cycle);
        cells.set(field::ORIGIN, ORIGIN);
        cells
    }

    /// Something else about a zone.
    pub fn of(programme: &str, zone: &str) -> Cells {
        let mut cells = Cells(Values::new());
        cells.set(field::PROGRAMME, programme).set(field::ZONE, zone).set(field::ORIGIN, ORIGIN);
        cells
    }

    /// Ends something else.
    pub fn into_values(self) -> Values {
        self.0
    }

    /// Sets a field.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) -> &mut Cells {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// Binds a code.
    pub fn bind(&mut self, code: &str) -> &mut Cells {
        self.set(&format!("{}{code}", field::CODES), true)
    }

    /// Ends a subject.
    pub fn into_subject(self, id: RecordId) -> Change {
        Change { id, kind: kind::SUBJECT.to_owned(), base_seq: Seq(0), cells: self.0 }
    }

    /// Ends a visit.
    pub fn into_visit(self, id: RecordId) -> Change {
        Change { id, kind: kind::VISIT.to_owned(), base_seq: Seq(0), cells: self.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_house_stands_in_the_sea() {
        let mut random = Random::new(1, "houses");
        for village in 0..VILLAGES {
            for part in 0..3 {
                let houses = quarter(&mut random, village, part, 500);
                assert_eq!(houses.len(), 500);
                for House { place: (lat, lon), .. } in houses {
                    assert!(
                        (12.97..=13.03).contains(&lat) && (100.57..=100.63).contains(&lon),
                        "{lat} {lon}"
                    );
                }
            }
        }
    }
}
