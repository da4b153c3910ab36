//! C3: a random municipality. Twenty phones and a server live through weeks over a network that loses, doubles, cuts
//! and delays; clocks jump, servers are restored, phones are copied, zones move. Then everybody comes to rest, and
//! nothing may be missing. The same seed is the same story: `SANAM_SEED=17 cargo test -p tests random`.

use domain::api;
use domain::ids::RecordId;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tests::world::office::Backup;
use tests::world::phone::{DAY, HOUR, Phone, YEAR};
use tests::world::programme::{wells, wells_without};
use tests::world::{Dice, World, ZONES, meter};

/// Seeds of an ordinary run; `SANAM_SEEDS=2000` asks for more.
const SEEDS: u64 = 12;
const PHONES: usize = 20;
const STEPS: usize = 500;

#[test]
fn c3_nothing_is_lost_in_random_worlds() {
    let number = |key: &str| std::env::var(key).ok().and_then(|text| text.parse::<u64>().ok());
    let seeds = match number("SANAM_SEED") {
        Some(one) => one..one + 1,
        None => 1..number("SANAM_SEEDS").unwrap_or(SEEDS) + 1,
    };
    for seed in seeds {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| live(seed))) {
            let what = panic.downcast_ref::<String>().cloned().unwrap_or_default();
            panic!("seed {seed} (SANAM_SEED={seed} runs it alone): {what}");
        }
    }
}

struct Town {
    world: World,
    dice: Dice,
    phones: Vec<Phone>,
    made: Vec<RecordId>,
    backup: Option<Backup>,
    version: u32,
    restores: bool,
}

fn live(seed: u64) {
    let world = World::from_seed(seed);
    let mut dice = Dice::new(seed ^ 0xf1e1d);
    let mut phones = Vec::new();
    for at in 0..PHONES {
        let zones = zones(&mut dice);
        phones.push(world.phone_on(&format!("คนที่ {at}"), &zones));
        phones[at].syncs();
    }
    let mut town = Town {
        world,
        dice,
        phones,
        made: Vec::new(),
        backup: None,
        version: 1,
        restores: seed.is_multiple_of(2),
    };
    town.world.network_is_bad(0.35);
    for _ in 0..STEPS {
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
        let kind = self.dice.below(10);
        let phone = &self.phones[at];
        match kind {
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

    fn sync(&mut self, at: usize) {
        // Sometimes she goes on working while the phone talks to the server.
        let busy = self.dice.chance(25).then(|| self.subject());
        let value = self.dice.below(1_000);
        let phone = &self.phones[at];
        let _ = phone.syncs_while(|step| {
            if let (Some(subject), 0 | 2) = (busy, step) {
                let _ = phone.tries_to_edit(subject, "house", format!("ระหว่าง {value}").into());
            }
        });
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
            3 if self.phones.len() < PHONES + 4 => {
                let copy = self.phones[at].is_copied_to(&format!("สำเนา {}", self.phones.len()));
                self.phones.push(copy);
            }
            _ => self.world.late_requests_arrive(),
        }
    }
}
