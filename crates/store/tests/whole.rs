//! What is one thing to whoever asks for it is written whole or not at all, however many commits it takes.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use common::town::{SEPTEMBER, Town, grant, meter};
use domain::access::{Grant, Role};
use domain::api;
use domain::change::{Change, Values, kind};
use domain::ids::{RecordId, Seq, Shelf};
use domain::ledger::{Hands, PaymentState};
use domain::money::Satang;
use domain::problem::{Code, Problem};
use serde_json::json;
use std::path::Path;
use store::{Kind, NewCommit, Now, Store};

/// A replica again, from a file that stops a certain write, as a disk that fills up in the middle does.
fn stopped(store: &Store, kind: Kind, folder: &Path, when: &str) -> Store {
    let path = folder.join("replica.db");
    store.backup(&path).unwrap();
    let trigger =
        format!("CREATE TRIGGER full BEFORE INSERT ON {when} BEGIN SELECT raise(ABORT, 'full'); END");
    rusqlite::Connection::open(&path).unwrap().execute_batch(&trigger).unwrap();
    let store = Store::open(&path, kind, common::entropy(7), SEPTEMBER).unwrap();
    assert_eq!(store.set_aside(), None);
    store
}

#[test]
fn of_several_commits_one_that_is_refused_takes_the_others_along() {
    let mut town = Town::new();
    let edit = |at: u8, name: &str| NewCommit {
        changes: vec![Change {
            id: meter(at),
            kind: kind::SUBJECT.into(),
            base_seq: Seq(0),
            cells: [(name.to_owned(), json!("ใหม่"))].into(),
        }],
        ..NewCommit::default()
    };
    let before = Town::lines(&town.server);
    let who = Grant { shelves: vec![Shelf::new("water", "R01")], ..grant(Role::Worker) };
    let (all, now) = (vec![edit(1, "place_note"), edit(2, "class")], Now::thai(town.now));
    // Where the meter hangs a reader may say; what its customer pays she may not.
    let problem = town.server.save_all(&who, now, all.clone()).unwrap_err();
    assert_eq!(Problem::from(problem).code, Code::NotYourField);
    assert_eq!(Town::lines(&town.server), before);
    town.server.save_all(&grant(Role::Clerk), now, all).unwrap();
    assert_ne!(Town::lines(&town.server), before);
}

#[test]
fn a_zone_that_is_numbered_anew_has_all_its_places_or_those_of_before() {
    let other = |at: u16| RecordId::derived("meter", &[&at.to_be_bytes()]);
    let mut town = Town::new();
    // Two hundred more with the same place: more than one commit may hold.
    let more = (0..200).map(|at| Change {
        id: other(at),
        kind: kind::SUBJECT.into(),
        base_seq: Seq(0),
        cells: Values::from_iter(
            [("programme", "water"), ("zone", "R01"), ("order", "7"), ("name", "ก")]
                .map(|(name, value)| (name.to_owned(), json!(value))),
        ),
    });
    town.server.import("demo", more.collect(), town.now).unwrap();
    town.sync();
    let folder = tempfile::tempdir().unwrap();
    town.phone = stopped(&town.phone, Kind::Device, folder.path(), "outbox WHEN new.n > 1");
    let before = Town::lines(&town.phone);
    let between = api::MoveInRound { subject: meter(1), after: Some(other(100)) };
    assert!(town.try_phone(between).is_err());
    assert_eq!(Town::lines(&town.phone), before, "nobody could tell how half a zone is walked");
    assert_eq!(town.phone(api::Status {}).counts.saved, 0);
}

#[test]
fn doubts_that_are_approved_together_all_count_or_none_does() {
    let mut town = Town::new();
    for at in [1, 2] {
        let answers = [("reading".to_owned(), json!(350)), ("direction".to_owned(), json!("first"))].into();
        town.save(at, "done", answers, None);
    }
    town.sync();
    assert_eq!(town.tally().waiting, 2);
    let folder = tempfile::tempdir().unwrap();
    let second = r#"commit_log WHEN new.body LIKE '%"settled":%'
        AND EXISTS (SELECT 1 FROM commit_log WHERE body LIKE '%"settled":%')"#;
    town.server = stopped(&town.server, Kind::Server, folder.path(), second);
    let approve = api::ApproveMarked {
        programme: "water".into(),
        zone: "R01".into(),
        cycle: "2026-09".into(),
        mark: "first".into(),
    };
    assert!(town.ask(Role::Clerk, approve).is_err());
    assert_eq!(town.tally().waiting, 2, "what is said to have failed has not happened");
}

#[test]
fn cash_that_is_handed_over_goes_on_whole_or_stays() {
    let mut town = Town::new();
    let payments: Vec<RecordId> = (0..201)
        .map(|_| {
            let cash = api::ReceiveCash {
                subject: meter(1),
                amount: Satang(100),
                bill: None,
                place: None,
                offset_minutes: 420,
            };
            town.office(cash).saved.record
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let written: u64 = {
        let path = folder.path().join("count.db");
        town.server.backup(&path).unwrap();
        let counted = rusqlite::Connection::open(&path).unwrap();
        counted.query_row("SELECT count(*) FROM commit_log", [], |row| row.get(0)).unwrap()
    };
    let second = format!("commit_log WHEN (SELECT count(*) FROM commit_log) > {written}");
    town.server = stopped(&town.server, Kind::Server, folder.path(), &second);
    assert!(town.ask(Role::Clerk, api::MoveCash { payments, to: Hands::HandedOver }).is_err());
    let account = town.server.statement(meter(1)).unwrap();
    let moved = account.payments.iter().filter(|payment| payment.state != PaymentState::Received).count();
    assert_eq!((account.payments.len(), moved), (201, 0));
}
