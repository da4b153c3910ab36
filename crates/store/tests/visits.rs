//! Visits as no app of ours writes them, but a phone's token allows: what they say of themselves, and what counts.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use common::town::{SEPTEMBER, Town, meter};
use domain::access::{Grant, Role};
use domain::api;
use domain::change::{Change, Values, kind};
use domain::ids::{RecordId, Seq, Shelf};
use serde_json::{Value, json};
use store::{NewCommit, Now};

const NOK: &str = "นก จดมาตร";

/// A reading of the first meter, with other words in the place of some.
fn reading(id: RecordId, other: Value) -> Change {
    let mut cells: Values = serde_json::from_value(json!({
        "programme": "water", "zone": "R01", "subject": meter(1), "form": "reading", "by": NOK, "outcome": "done",
        "at": "2026-09-05T10:00:00+07:00", "cycle": "2026-09", "reading": 118, "previous": 100, "usage": 18,
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
    town.now += 1_000;
    let who = Grant { person: NOK.into(), role: Role::Worker, shelves: vec![Shelf::new("water", "R01")] };
    let new = NewCommit { changes: vec![change], ..NewCommit::default() };
    town.phone.save(&who, Now::thai(town.now), new).unwrap();
    town.sync();
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
