//! A red flag that a visit raised by a slip of the finger: once the visit is corrected nobody is to run for it, and whatever
//! is found later is told anew.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use common::town::{DAY, SEPTEMBER};
use domain::access::{Grant, Role};
use domain::api::{self, Ask};
use domain::change::{Change, Values, kind};
use domain::ids::{RecordId, Seq, Shelf};
use serde_json::json;
use store::{Kind, Now, Store};

fn her() -> RecordId {
    RecordId::new(SEPTEMBER - DAY, [7; 10])
}

fn ask<A: Ask>(store: &mut Store, grant: Option<&Grant>, now: u64, ask: A) -> A::Reply {
    A::unwrap(store::service::serve(store, grant, Now::thai(now), ask.wrap()).unwrap()).unwrap()
}

/// An office and the phone of a caregiver.
struct Care {
    server: Store,
    phone: Store,
    now: u64,
}

impl Care {
    fn new() -> Care {
        let mut server = Store::in_memory(Kind::Server, common::entropy(1)).unwrap();
        server.set_municipality("ตำบลตัวอย่าง").unwrap();
        let care = programmes::all().unwrap().into_iter().find(|programme| programme.id == "care").unwrap();
        server.define_programme(&care, SEPTEMBER - DAY).unwrap();
        let cells = json!({"programme": "care", "zone": "M09", "name": "ก มาลี", "status": "active", "ltc_group": "4"});
        let cells: Values = serde_json::from_value(cells).unwrap();
        let person = Change { id: her(), kind: kind::SUBJECT.to_owned(), base_seq: Seq(0), cells };
        server.import("demo", vec![person], SEPTEMBER - DAY).unwrap();
        let shelves = vec![Shelf::new("care", "M09")];
        let invite = api::NewEnrolment { person: "ป้าแดง".into(), role: Role::Worker, shelves };
        let phone = common::enrolled(&mut server, &invite, "มือถือ", 2, SEPTEMBER);
        let mut care = Care { server, phone, now: SEPTEMBER };
        care.sync();
        care
    }

    fn sync(&mut self) {
        self.now += 1_000;
        common::sync(&mut self.server, &mut self.phone, self.now);
    }

    /// Saves a visit with a temperature, or a correction of one.
    fn visit(&mut self, temp: f64, flags: &str, supersedes: Option<RecordId>) -> RecordId {
        self.now += 1_000;
        let answers = json!({"temp": temp, "red_flags": flags});
        let visit = api::SaveVisit {
            programme: "care".into(),
            form: "visit".into(),
            supersedes,
            ..common::reading(her(), serde_json::from_value(answers).unwrap())
        };
        match supersedes {
            None => ask(&mut self.phone, None, self.now, visit).record,
            Some(_) => {
                let correct = api::CorrectVisit { visit, reason: "พิมพ์ผิด".into() };
                ask(&mut self.phone, None, self.now, correct).record
            }
        }
    }

    /// What the phone and the office show, once both have everything.
    fn both(&mut self, orders: &api::Orders) -> [api::OrdersReply; 2] {
        self.sync();
        let office = Grant {
            person: "คุณส้ม".into(), role: Role::Clerk, shelves: vec![Shelf::common("care")]
        };
        let shown = [
            ask(&mut self.phone, None, self.now, orders.clone()),
            ask(&mut self.server, Some(&office), self.now, orders.clone()),
        ];
        for store in [&self.server, &self.phone] {
            assert_eq!(store.verify_all().unwrap(), []);
        }
        shown
    }
}

fn urgent() -> api::Orders {
    api::Orders { urgent: true, limit: 20, ..api::Orders::default() }
}

fn all() -> api::Orders {
    api::Orders { limit: 20, ..api::Orders::default() }
}

#[test]
fn a_flag_shows_its_value_and_a_correction_takes_it_back() {
    let mut care = Care::new();
    let first = care.visit(39.5, "temp", None);
    for shown in care.both(&urgent()) {
        assert_eq!(shown.total, 1);
        assert_eq!((shown.rows[0].values.get("temp"), shown.rows[0].withdrawn), (Some(&json!(39.5)), false));
    }
    let second = care.visit(36.5, "", Some(first));
    for shown in care.both(&urgent()) {
        assert_eq!((shown.total, shown.rows), (0, vec![]));
    }
    // Long past its two hours nobody is late with it, and it says why it is still there.
    care.now += DAY;
    for shown in care.both(&all()) {
        let [row] = shown.rows.as_slice() else { panic!("{:?}", shown.rows) };
        assert!(row.withdrawn && !row.late && row.severity.is_empty() && row.due_ms.is_none(), "{row:?}");
        assert_eq!((row.values.get("temp"), shown.late), (Some(&json!(39.5)), 0));
    }
    // The correction was the slip: it stands again, and there is still one of it.
    care.visit(39.5, "temp", Some(second));
    for shown in care.both(&urgent()) {
        assert_eq!(shown.total, 1, "{:?}", shown.rows);
    }
}

#[test]
fn what_is_found_after_a_withdrawn_flag_is_a_flag_of_its_own() {
    let mut care = Care::new();
    let first = care.visit(39.5, "temp", None);
    care.visit(36.5, "", Some(first));
    care.now += 2 * DAY;
    care.visit(40.0, "temp", None);
    for shown in care.both(&urgent()) {
        let [row] = shown.rows.as_slice() else { panic!("{:?}", shown.rows) };
        assert_eq!((row.values.get("temp"), row.late), (Some(&json!(40.0)), false));
    }
    for shown in care.both(&all()) {
        assert_eq!(shown.rows.iter().map(|row| row.withdrawn).collect::<Vec<_>>(), [false, true]);
    }
}

#[test]
fn a_correction_that_is_urgent_still_shows_what_it_says() {
    let mut care = Care::new();
    let first = care.visit(39.5, "temp spo2", None);
    care.visit(39.9, "temp", Some(first));
    for shown in care.both(&urgent()) {
        let [row] = shown.rows.as_slice() else { panic!("{:?}", shown.rows) };
        assert_eq!(
            (row.topics.as_slice(), row.values.get("temp")),
            (&["temp".to_owned()][..], Some(&json!(39.9)))
        );
    }
}
