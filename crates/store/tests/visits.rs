//! Visits and orders as no app of ours writes them, but a phone's token allows: what they say of themselves, and what counts.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use common::town::{SEPTEMBER, Town, meter};
use domain::access::{Grant, Role};
use domain::api;
use domain::change::{Change, Values, kind};
use domain::ids::{RecordId, Seq, Shelf};
use domain::ledger::ChargeState;
use serde_json::{Value, json};
use store::{NewCommit, Now};

const NOK: &str = "นก จดมาตร";

/// A reading of the first meter, with other words in the place of some.
fn reading(id: RecordId, other: Value) -> Change {
    let mut cells: Values = serde_json::from_value(json!({
        "programme": "water", "zone": "R01", "subject": meter(1), "form": "reading", "by": NOK, "outcome": "done",
        "at": "2026-09-05T10:00:00+07:00", "cycle": "2026-09", "reading": 118, "previous": 100, "usage": 18,
        "method": "actual",
    }))
    .unwrap();
    cells.extend(serde_json::from_value::<Values>(other).unwrap());
    Change { id, kind: kind::VISIT.to_owned(), base_seq: Seq(0), cells }
}

fn named(at: u8) -> RecordId {
    RecordId::new(SEPTEMBER, [at; 10])
}

/// Saves it on the phone past every screen, and sends it.
fn sends(town: &mut Town, change: Change) {
    saves(town, change);
    town.sync();
}

fn saves(town: &mut Town, change: Change) {
    town.now += 1_000;
    let shelves = vec![Shelf::new("water", "R01"), Shelf::new("lights", "F01")];
    let who = Grant { person: NOK.into(), role: Role::Worker, shelves };
    let new = NewCommit { changes: vec![change], ..NewCommit::default() };
    town.phone.save(&who, Now::thai(town.now), new).unwrap();
}

fn at_the_office(town: &mut Town) -> Vec<api::VisitRow> {
    let today = town.today();
    town.office(api::Card { subject: meter(1), today }).visits
}

#[test]
fn a_correction_of_another_moment_or_cycle_is_a_visit_of_its_own_in_whatever_order_they_came() {
    for other in [json!({"at": "2026-09-05T10:00:01+07:00"}), json!({"cycle": "2026-08"})] {
        for wrong_first in [false, true] {
            let mut town = Town::new();
            let (first, second) = (named(21), named(22));
            let mut wrong = reading(second, other.clone());
            wrong.cells.insert("supersedes".to_owned(), json!(first));
            let mut both = vec![reading(first, json!({})), wrong];
            if wrong_first {
                both.reverse();
            }
            both.into_iter().for_each(|change| sends(&mut town, change));
            let visits = at_the_office(&mut town);
            let seen: Vec<RecordId> = visits.iter().map(|visit| visit.id).collect();
            assert!(seen.contains(&first) && seen.contains(&second), "{seen:?}");
            assert!(visits.iter().all(|visit| !visit.corrected), "{other} {wrong_first}");
            // Whoever pulls both at once comes to the same.
            let mut fresh = town.other("เล็ก", 5);
            let today = town.today();
            let hers = town.on(&mut fresh, |town| town.phone(api::Card { subject: meter(1), today })).visits;
            assert!(hers.len() == 2 && hers.iter().all(|visit| !visit.corrected));
            for store in [&town.server, &town.phone, &fresh] {
                assert_eq!(store.verify_all().unwrap(), []);
            }
        }
    }
}

fn has(town: &Town, record: RecordId) -> bool {
    Town::lines(&town.server).iter().any(|line| line.contains(&record.to_string()))
}

#[test]
fn a_visit_and_an_order_are_in_the_name_of_whoever_has_the_phone() {
    let mut town = Town::new();
    let lights = programmes::all().unwrap().into_iter().find(|programme| programme.id == "lights").unwrap();
    town.server.define_programme(&lights, town.now).unwrap();
    let cells = |value: Value| serde_json::from_value::<Values>(value).unwrap();
    let pole = Change {
        id: named(30),
        kind: kind::SUBJECT.to_owned(),
        base_seq: Seq(0),
        cells: cells(json!({"programme": "lights", "zone": "F01", "pole_no": "7", "status": "ok"})),
    };
    town.server.import("demo", vec![pole], town.now).unwrap();
    let shelves = vec![Shelf::new("lights", "F01")];
    let ask = api::NewEnrolment { person: NOK.into(), role: Role::Worker, shelves };
    let mut technician = common::enrolled(&mut town.server, &ask, "ช่าง", 6, town.now);
    town.on(&mut technician, Town::sync);
    let order = |at: u8, other: Value| {
        let mut order = Change {
            id: named(at),
            kind: kind::ORDER.to_owned(),
            base_seq: Seq(0),
            cells: cells(
                json!({"programme": "lights", "zone": "F01", "subject": named(30), "order_kind": "repair",
                "at": "2026-09-05T10:00:00+07:00", "by": NOK}),
            ),
        };
        order.cells.extend(cells(other));
        order
    };
    for (at, other, fits) in [
        (40, json!({}), true),
        (42, json!({"by": "นายกเทศมนตรี"}), false),
        // Nobody: that would be a citizen.
        (44, json!({"by": ""}), false),
        (46, json!({"origin": "citizen"}), false),
    ] {
        sends(&mut town, reading(named(at), other.clone()));
        assert_eq!(has(&town, named(at)), fits, "a visit with {other}");
        town.on(&mut technician, |town| sends(town, order(at + 1, other.clone())));
        assert_eq!(has(&town, named(at + 1)), fits, "an order with {other}");
    }
    assert_eq!(town.phone(api::Refused {}).len(), 3, "what was refused stays readable");
}

#[test]
fn what_was_saved_before_the_phone_went_to_somebody_else_is_in_the_name_of_then() {
    let mut town = Town::new();
    saves(&mut town, reading(named(50), json!({})));
    let shelves = vec![Shelf::new("water", "R01")];
    let ask = api::NewEnrolment { person: "เล็ก".into(), role: Role::Worker, shelves };
    let (code, _) = town.server.new_enrolment("clerk", &ask, town.now, 600_000).unwrap();
    let enrol =
        api::Enrol { text: code, server: Some("http://office".into()), name: "มือถือ".into() };
    let (address, call) = store::enrol_call(&town.phone, &enrol).unwrap();
    let reply = town.server.enrol(&serde_json::from_slice(&call.body).unwrap(), town.now).unwrap();
    store::absorb_enrol(&mut town.phone, &address, common::json(&reply), Now::thai(town.now)).unwrap();
    town.sync();
    assert!(has(&town, named(50)));
}

#[test]
fn a_visit_whose_time_cannot_be_counts_once_the_office_says_so() {
    let mut town = Town::new();
    let first = town.read(1, &[("reading", "118")], None);
    town.sync();
    let days_ahead = named(66);
    for (id, other) in [
        (named(60), json!({"at": "9999-12-31T00:00:00+07:00", "cycle": "9999-12"})),
        (named(62), json!({"cycle": "zzz<b>"})),
        (named(64), json!({"at": "1999-01-05T10:00:00+07:00", "cycle": "1999-01"})),
        (days_ahead, json!({"at": "2026-09-08T10:00:00+07:00", "reading": 121, "usage": 21})),
    ] {
        sends(&mut town, reading(id, other));
    }
    assert!(town.phone(api::Refused {}).is_empty(), "nothing is refused for its clock");
    assert_eq!(at_the_office(&mut town).len(), 5);
    assert_eq!(town.bills(1), [("2026-09".to_owned(), 18, ChargeState::Open)]);
    let opening = |town: &Town, corrects| api::OpenForm {
        programme: "water".into(),
        form: "reading".into(),
        subject: Some(meter(1)),
        corrects,
        code: String::new(),
        today: town.today(),
    };
    let ask = opening(&town, Some(first));
    assert!(town.ask(Role::Clerk, ask).is_ok(), "no reading came after it");
    let today = town.today();
    let dashboard = api::Dashboard { programme: "water".into(), cycle: String::new(), today };
    assert_eq!(town.office(dashboard).cycles, ["2026-09"]);

    let asked = |town: &mut Town| -> Vec<(RecordId, RecordId)> {
        let rows = town.office(api::Questions::default()).into_iter();
        rows.filter(|row| row.question.field == "time").map(|row| (row.id, row.question.about)).collect()
    };
    let open = asked(&mut town);
    assert_eq!(open.len(), 4);
    let (question, _) = *open.iter().find(|(_, about)| *about == days_ahead).unwrap();
    town.office(api::Settle { question, value: true.into() });
    assert_eq!(asked(&mut town).len(), 3);
    assert_eq!(town.standing(1), [("2026-09".to_owned(), 21)]);

    town.sync();
    town.next_month();
    let ask = opening(&town, None);
    let known = town.phone(ask).known;
    assert_eq!(
        known.get("last_reading").map(String::as_str),
        Some("121"),
        "what the next reading goes on from"
    );
    for store in [&town.server, &town.phone] {
        assert_eq!(store.verify_all().unwrap(), []);
    }
}
