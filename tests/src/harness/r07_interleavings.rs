//! R7: any order of what five people, the office and bad luck do. Phones work, sync over a network that loses, doubles, cuts and
//! delays; clocks jump; the office moves, removes and redefines; servers are restored, phones are copied; one app is of
//! last year and one of next year. Then everybody comes to rest, and nothing may be missing. Real SQLite on every side.
//! The same seed is the same story: `SANAM_SEED=17 cargo test -p tests r7` tells it again.

use super::Outcome;
use crate::world::office::Backup;
use crate::world::phone::{DAY, HOUR, Phone, Version, YEAR};
use crate::world::programme::{wells, wells_without};
use crate::world::{Dice, World, ZONES, fresh, meter};
use domain::api;
use domain::ids::RecordId;

/// What a story is made of.
#[derive(Clone, Copy, Debug)]
pub struct Life {
    /// Phones at its beginning.
    pub phones: usize,
    /// Things that happen.
    pub steps: usize,
    /// In every other story the server is restored from backups.
    pub restores: bool,
    /// Apps of last year and of next year are among the phones.
    pub mixed: bool,
}

/// Five devices and 120 operations.
pub const SHORT: Life = Life { phones: 5, steps: 120, restores: true, mixed: true };

/// Lives so many stories, from `seed * 1,000,000` on.
pub fn run(stories: u64, seed: u64) -> Outcome {
    let first = seed * 1_000_000;
    let only = std::env::var("SANAM_SEED").ok().and_then(|text| text.parse().ok());
    let seeds = only.map_or(first..first + stories, |one: u64| one..one + 1);
    let tellers = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    let mut outcome = Outcome::default();
    std::thread::scope(|scope| {
        let (seeds, tellers) = (&seeds, &tellers);
        let tell = move |teller: u64| {
            let mut told = Outcome::default();
            for seed in seeds.clone().filter(|seed| *seed % *tellers == teller) {
                told.survive(&format!("story {seed}"), || live(SHORT, seed));
            }
            told
        };
        let threads: Vec<_> = (0..*tellers).map(|teller| scope.spawn(move || tell(teller))).collect();
        threads.into_iter().for_each(|thread| outcome.add(thread.join().unwrap()));
    });
    outcome.looked_for = outcome.runs * (SHORT.steps as u64);
    outcome
}

struct Town {
    world: World,
    dice: Dice,
    phones: Vec<Phone>,
    made: Vec<RecordId>,
    backup: Option<Backup>,
    version: u32,
    restores: bool,
    most: usize,
}

/// Lives one story. Panics where something is wrong at its end.
pub fn live(life: Life, seed: u64) {
    let world = World::from_seed(seed);
    let mut dice = Dice::new(seed ^ 0xf1e1d);
    let mut phones = Vec::new();
    for at in 0..life.phones {
        let zones = zones(&mut dice);
        phones.push(world.phone_on(&format!("คนที่ {at}"), &zones));
        if life.mixed {
            // One app of last year, one of next year, the others as they are now.
            phones[at].is_of(match at {
                0 => Version::Older,
                1 => Version::Newer,
                _ => Version::Present,
            });
        }
        phones[at].syncs();
    }
    let mut town = Town {
        world,
        dice,
        phones,
        made: Vec::new(),
        backup: None,
        version: 1,
        restores: life.restores && seed.is_multiple_of(2),
        most: life.phones + 4,
    };
    town.world.network_is_bad(0.35);
    for _ in 0..life.steps {
        town.step();
    }
    for phone in &town.phones {
        phone.clock_is_wrong_by(0);
    }
    let everyone: Vec<&Phone> = town.phones.iter().collect();
    town.world.comes_to_rest(&everyone);
    town.world.assert_at_rest(&everyone);
}

fn zones(dice: &mut Dice) -> Vec<&'static str> {
    let first = *dice.pick(ZONES);
    let mut zones = vec![first];
    if dice.chance(40) {
        let other = *dice.pick(ZONES);
        if other != first {
            zones.push(other);
        }
    }
    zones
}

impl Town {
    fn subject(&mut self) -> RecordId {
        if !self.made.is_empty() && self.dice.chance(15) {
            return *self.dice.pick(&self.made);
        }
        meter(&self.meter())
    }

    fn meter(&mut self) -> String {
        format!("{} meter {}", self.dice.pick(ZONES), 1 + self.dice.below(5))
    }

    fn step(&mut self) {
        self.world.passes(self.dice.below(40 * 60_000));
        let at = self.dice.below(self.phones.len() as u64) as usize;
        match self.dice.below(100) {
            0..=54 => {
                let subject = self.subject();
                self.work(at, subject);
            }
            55..=84 => self.sync(at),
            85..=88 => self.clock(at),
            89..=96 => self.office(at),
            _ => self.accident(at),
        }
    }

    /// What the office itself wrote after a backup is lost with the server, and no phone sends it again: its backups
    /// are as good as its last word.
    fn office_saved(&mut self) {
        if self.backup.is_some() {
            self.backup = Some(self.world.backs_up());
        }
    }

    /// Something a person does. What is not on her phone, or not hers to do, the phone refuses at once.
    fn work(&mut self, at: usize, subject: RecordId) {
        let value = self.dice.below(1_000) as i64;
        let kind = self.dice.below(11);
        let phone = &self.phones[at];
        match kind {
            10 => self.of_next_year(at, subject, value),
            0..=3 => drop(phone.visits(subject, "reading", [("reading".to_owned(), value.into())].into())),
            4 => drop(phone.visits(subject, "check", [("seen".to_owned(), value.into())].into())),
            5 | 6 => drop(phone.tries_to_edit(subject, "name", format!("ชื่อ {value}").into())),
            7 => {
                let field = if value % 2 == 0 { "house" } else { "phone" };
                drop(phone.tries_to_edit(subject, field, format!("{value}/1").into()));
            }
            8 => drop(phone.tries_to_bind(subject, &format!("SN-{:03}", value % 20))),
            _ => {
                let zone = phone.shelves().iter().find(|shelf| shelf.zone != "_").map(|s| s.zone.clone());
                if let Some(made) = zone.and_then(|zone| phone.makes(&format!("ใหม่ {value}"), &zone).ok())
                {
                    self.made.push(made);
                }
            }
        }
    }

    /// What only a newer app writes: a field of a form and a kind of record that nobody here has heard of.
    fn of_next_year(&self, at: usize, subject: RecordId, value: i64) {
        let phone = &self.phones[at];
        let strange = serde_json::json!({"z": [value, 2.5, null], "a": {"ก": true}});
        let _ = phone.visits(subject, "check", [("of_next_year".to_owned(), strange.clone())].into());
        let zone = phone.shelves().iter().find(|shelf| shelf.zone != "_").map(|shelf| shelf.zone.clone());
        if let Some(zone) = zone {
            let id = fresh(&format!("order {at} {value} {}", self.world.now()));
            let cells = [("of_next_year".to_owned(), strange)].into();
            let _ = phone.writes(vec![phone.record("work_order", id, &zone, cells)]);
        }
    }

    fn sync(&mut self, at: usize) {
        // Sometimes she goes on working while the phone talks to the server.
        let busy = self.dice.chance(25).then(|| self.subject());
        let value = self.dice.below(1_000);
        let phone = &self.phones[at];
        let mut last = None;
        let _ = phone.syncs_while(|step| {
            if let (Some(subject), 0 | 2) = (busy, step) {
                let words = format!("ระหว่าง {value} {step}");
                if phone.tries_to_edit(subject, "house", words.clone().into()).is_ok() {
                    last = Some((subject, words));
                }
            }
        });
        // Commits are judged in their order: if any waits, her last word does, and it is what she sees.
        if let (Some((subject, words)), true) = (last, phone.counts().received < phone.counts().saved)
            && let Ok(card) = phone.card_of(subject)
        {
            assert_eq!(
                card.values.get("house"),
                Some(&words.into()),
                "{}: unsent words are hidden",
                phone.person()
            );
        }
    }

    fn clock(&mut self, at: usize) {
        let wrong = *self.dice.pick(&[
            0,
            0,
            HOUR,
            -HOUR,
            3 * DAY,
            -3 * DAY,
            10 * YEAR,
            -10 * YEAR,
            543 * YEAR,
            300_000,
        ]);
        self.phones[at].clock_is_wrong_by(wrong);
    }

    fn office(&mut self, at: usize) {
        let name = self.meter();
        match self.dice.below(8) {
            0 | 1 => {
                let zone = *self.dice.pick(ZONES);
                self.world.office_moves(&name, zone);
            }
            2 => self.world.office_removes(&name),
            3 => self.world.office_edits(&name, "owner", format!("เจ้าของ {}", self.dice.below(99))),
            4 => {
                let zones = zones(&mut self.dice);
                self.world.grants(&self.phones[at], &zones);
            }
            5 => {
                self.version += 1;
                let definition = match self.dice.below(3) {
                    0 => wells_without(self.version, "phone"),
                    _ => wells(self.version),
                };
                self.world.office_defines(&definition);
            }
            _ => {
                if let Some(question) = self.world.questions().pop() {
                    let value = self.dice.pick(&question.question.choices).value.clone();
                    self.world.ask(api::Settle { question: question.id, value }).unwrap();
                }
            }
        }
        self.office_saved();
    }

    fn accident(&mut self, at: usize) {
        match self.dice.below(6) {
            0 | 1 => self.backup = Some(self.world.backs_up()),
            2 => {
                // In every other world the server is never restored: there the replicas must agree to the byte.
                if let (Some(backup), true) = (&self.backup, self.restores) {
                    self.world.is_restored_from(backup);
                }
            }
            3 if self.phones.len() < self.most => {
                let copy = self.phones[at].is_copied_to(&format!("สำเนา {}", self.phones.len()));
                self.phones.push(copy);
            }
            _ => self.world.late_requests_arrive(),
        }
    }
}
