//! Lists that leave out what somebody may not see or answer: what is left out is not counted, and pushes nothing off the page.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use common::town::{DAY, Town, meter};
use domain::access::{Grant, Role};
use domain::api;
use domain::change::{Change, Values, field, kind};
use domain::ids::{RecordId, Seq, Shelf};
use domain::question::{Question, Topic};
use serde_json::json;
use store::{NewCommit, Now};

fn question(at: u32, topic: Topic) -> Change {
    let asked = Question {
        topic,
        about: meter(1),
        subject: meter(1),
        field: "name".into(),
        choices: Vec::new(),
        settled: None,
    };
    let id = RecordId::derived("test question", &[&at.to_be_bytes()]);
    Change { id, kind: kind::QUESTION.into(), base_seq: Seq(0), cells: asked.to_cells() }
}

#[test]
fn a_reader_is_told_of_the_questions_that_she_is_shown_and_of_no_other() {
    let mut town = Town::new();
    let now = town.now;
    town.server.import_at("test", vec![question(0, Topic::Field)], now - DAY, now).unwrap();
    let blocked = (1..=600).map(|at| question(at, Topic::Approval)).collect();
    town.server.import("test", blocked, now).unwrap();
    town.sync();
    let shown = town.phone(api::Questions::default());
    assert_eq!(shown.iter().map(|row| row.question.topic).collect::<Vec<_>>(), [Topic::Field]);
    assert_eq!(town.phone(api::Status {}).questions, 1);
    assert_eq!(town.office(api::Questions::default()).len(), 500, "the office sees a whole page of them");
}

#[test]
fn what_a_supervisor_may_not_see_pushes_nothing_off_her_list() {
    let mut town = Town::new();
    // A phone that believes it may do anything.
    let shelves = vec![Shelf::new("water", "R01")];
    let anything = Grant { person: "นก จดมาตร".into(), role: Role::Administrator, shelves };
    let save = |town: &mut Town, id: RecordId, cells: Values| {
        let change = Change { id, kind: kind::SUBJECT.into(), base_seq: Seq(0), cells };
        let new = NewCommit { changes: vec![change], ..NewCommit::default() };
        town.phone.save(&anything, Now::thai(town.now), new).unwrap();
    };
    save(&mut town, meter(1), Values::from([(field::DELETED.to_owned(), json!(true))]));
    town.sync();
    for at in 0..501u32 {
        let away = [(field::PROGRAMME, "care"), (field::ZONE, "M09"), ("name", "ก มาลี")];
        let cells = away.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        save(&mut town, RecordId::derived("away", &[&at.to_be_bytes()]), cells);
    }
    town.sync();
    let seen = town.ask(Role::Supervisor, api::Refused {}).unwrap();
    assert_eq!(seen.len(), 1);
    assert!(seen[0].content.contains(&meter(1).to_string()));
    assert_eq!(town.office(api::Refused {}).len(), 500, "who keeps the devices sees a whole list");
}
