//! The municipality: its server, its time, its network, and the people who work there.

pub mod dice;
pub mod ledger;
pub mod network;
pub mod office;
pub mod phone;
pub mod programme;

pub use dice::Dice;
pub use network::Fate;
pub use phone::Phone;

use domain::access::Role;
use domain::api;
use domain::change::{Change, kind};
use domain::ids::{RecordId, Seq, Shelf};
use network::Network;
use std::cell::{RefCell, RefMut};
use std::path::PathBuf;
use std::rc::Rc;
use store::{Kind, Now, Store};

/// Noon of a working day in November 2026, in milliseconds.
pub const NOON: u64 = 1_795_000_000_000;
/// Zones of the simulated water works.
pub const ZONES: &[&str] = &["R01", "R02", "R03"];
/// The municipality's programme.
pub const WELLS: &str = programme::ID;

/// Meters in each zone.
const METERS_PER_ZONE: u32 = 5;

/// One simulated municipality. Clones are the same one.
#[derive(Clone)]
pub struct World(Rc<RefCell<Inner>>);

pub(crate) struct Inner {
    pub server: Store,
    pub now: u64,
    pub dice: Dice,
    pub network: Network,
    pub folder: tempfile::TempDir,
    files: u32,
    /// The server was put back to an earlier state at least once.
    pub restored: bool,
}

impl Default for World {
    fn default() -> World {
        World::new()
    }
}

impl World {
    /// A municipality with a programme, three zones and five meters in each.
    pub fn new() -> World {
        World::from_seed(1)
    }

    /// The same, with other dice.
    pub fn from_seed(seed: u64) -> World {
        let mut dice = Dice::new(seed);
        let mut server = Store::in_memory(Kind::Server, dice.entropy()).unwrap();
        server.set_municipality("ตำบลตัวอย่าง").unwrap();
        server.define_programme(&programme::wells(1), NOON).unwrap();
        server.import("ทะเบียน", registry(), NOON).unwrap();
        World(Rc::new(RefCell::new(Inner {
            server,
            now: NOON,
            network: Network::new(dice.split()),
            dice,
            folder: tempfile::tempdir().unwrap(),
            files: 0,
            restored: false,
        })))
    }

    pub(crate) fn inner(&self) -> RefMut<'_, Inner> {
        self.0.borrow_mut()
    }

    /// What time it really is, in milliseconds.
    pub fn now(&self) -> u64 {
        self.inner().now
    }

    /// Time passes.
    pub fn passes(&self, ms: u64) {
        self.inner().now += ms;
    }

    /// Throws the world's own dice.
    pub fn below(&self, most: u64) -> u64 {
        self.inner().dice.below(most)
    }

    /// A fresh path in the world's temporary folder.
    pub fn path(&self, name: &str) -> PathBuf {
        let mut inner = self.inner();
        inner.files += 1;
        let file = format!("{}-{name}", inner.files);
        inner.folder.path().join(file)
    }

    /// A person with an enrolled phone, on the first zone.
    pub fn phone(&self, person: &str) -> Phone {
        self.phone_on(person, &["R01"])
    }

    /// A person with an enrolled phone, on some zones.
    pub fn phone_on(&self, person: &str, zones: &[&str]) -> Phone {
        self.phone_of(person, Role::Worker, zones)
    }

    /// A person of some role with an enrolled phone.
    pub fn phone_of(&self, person: &str, role: Role, zones: &[&str]) -> Phone {
        let store = Store::in_memory(Kind::Device, self.inner().dice.entropy()).unwrap();
        let phone = Phone::new(self.clone(), person, store);
        phone.enrols(role, zones);
        phone
    }

    /// What the next requests will meet, in order; after them the network is fine again.
    pub fn network_will(&self, fates: &[Fate]) {
        self.inner().network.plan.extend(fates.iter().copied());
    }

    /// The share of requests that meet a mishap from now on.
    pub fn network_is_bad(&self, share: f64) {
        self.inner().network.badness = share;
    }

    /// How often any phone was told so far that a record left one of its shelves.
    pub fn told_gone(&self) -> u64 {
        self.inner().network.told_gone
    }

    /// Requests that were held up somewhere arrive now, one by one.
    pub fn late_requests_arrive(&self) {
        let late = std::mem::take(&mut self.inner().network.late);
        for call in late {
            self.inner().deliver(&call);
        }
    }

    /// Everyone syncs until nobody has anything new: three rounds over a good network.
    pub fn comes_to_rest(&self, phones: &[&Phone]) {
        self.network_is_bad(0.0);
        self.inner().network.plan.clear();
        self.late_requests_arrive();
        for _ in 0..3 {
            for phone in phones {
                phone.syncs_or_enrols_again();
            }
        }
    }
}

impl Inner {
    pub(crate) fn clock(&self) -> Now {
        Now::thai(self.now)
    }
}

/// The id of a meter of the registry: `meter 3` of the first zone, `R02 meter 3` of another.
pub fn meter(name: &str) -> RecordId {
    let name = if name.starts_with('R') { name.to_owned() } else { format!("R01 {name}") };
    RecordId::derived("meter", &[name.as_bytes()])
}

/// The id of a record that somebody makes: the same name gives the same one.
pub fn fresh(name: &str) -> RecordId {
    let mut random = [0u8; 10];
    random.copy_from_slice(&blake3::hash(name.as_bytes()).as_bytes()[..10]);
    RecordId::new(NOON, random)
}

/// All shelves of the municipality.
pub fn all_shelves() -> Vec<Shelf> {
    ZONES.iter().map(|zone| Shelf::new(WELLS, *zone)).chain([Shelf::common(WELLS)]).collect()
}

fn registry() -> Vec<Change> {
    let mut changes = Vec::new();
    for (at, zone) in (0u32..).zip(ZONES) {
        changes.push(Change {
            id: RecordId::derived("zone", &[zone.as_bytes()]),
            kind: kind::ZONE.to_owned(),
            base_seq: Seq(0),
            cells: [
                ("programme".to_owned(), WELLS.into()),
                ("zone".to_owned(), (*zone).into()),
                ("title".to_owned(), format!("สายที่ {}", at + 1).into()),
            ]
            .into(),
        });
        for no in 1..=METERS_PER_ZONE {
            let place = (13.0 + f64::from(at) * 0.01 + f64::from(no) * 0.0001, 100.6);
            changes.push(new_meter(&format!("{zone} meter {no}"), zone, no, place));
        }
    }
    changes
}

/// A meter as the registry writes it.
pub fn new_meter(name: &str, zone: &str, order: u32, (lat, lon): (f64, f64)) -> Change {
    Change {
        id: RecordId::derived("meter", &[name.as_bytes()]),
        kind: kind::SUBJECT.to_owned(),
        base_seq: Seq(0),
        cells: [
            ("programme".to_owned(), WELLS.into()),
            ("zone".to_owned(), zone.into()),
            ("order".to_owned(), order.into()),
            ("name".to_owned(), format!("นายสมชาย ทองตัวอย่างดี {name}").into()),
            ("house".to_owned(), format!("{order}/8").into()),
            (format!("codes.{}", name.replace(' ', "-").to_uppercase()), true.into()),
            ("lat".to_owned(), lat.into()),
            ("lon".to_owned(), lon.into()),
        ]
        .into(),
    }
}

/// A request for an enrolment of a person on zones.
pub fn enrolment(person: &str, role: Role, zones: &[&str]) -> api::NewEnrolment {
    let shelves = zones.iter().map(|zone| Shelf::new(WELLS, *zone)).collect();
    api::NewEnrolment { person: person.to_owned(), role, shelves }
}
