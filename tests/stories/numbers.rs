//! The three numbers, the cards and the lists say what is so, before and after anything arrives.

use domain::api;
use tests::world::{Fate, WELLS, World, meter};

fn numbers(counts: api::Counts) -> (u64, u64, u64) {
    (counts.saved, counts.received, counts.photos_waiting)
}

#[test]
fn the_three_numbers_follow_the_servers_answers_only() {
    let world = World::new();
    let nok = world.phone("นก");
    nok.syncs();
    assert_eq!(numbers(nok.counts()), (0, 0, 0));
    nok.reads("meter 1", 1);
    nok.reads("meter 2", 2);
    nok.ask(api::KeepPhoto { base64: "aGVsbG8gc25hcHNob3Q=".to_owned(), mime: "image/jpeg".to_owned() })
        .unwrap();
    assert_eq!(numbers(nok.counts()), (2, 0, 1));
    // The server has it, but the phone was not told: it says nothing it does not know.
    world.network_will(&[Fate::LostAfter]);
    nok.tries_to_sync().unwrap_err();
    assert_eq!(numbers(nok.counts()), (2, 0, 1));
    let done = nok.syncs();
    assert_eq!((done.pushed, done.photos), (2, 1));
    assert_eq!(numbers(nok.counts()), (2, 2, 0));
    world.assert_at_rest(&[&nok]);
}

#[test]
fn the_home_screen_counts_before_and_after_sending() {
    let world = World::new();
    let nok = world.phone("นก");
    nok.syncs();
    let home = |phone: &tests::world::Phone| {
        let today = phone.now().day().to_string();
        phone.ask(api::Home { today }).unwrap().remove(0)
    };
    assert_eq!((home(&nok).subjects, home(&nok).done), (5, 0));
    nok.reads("meter 1", 1);
    assert_eq!((home(&nok).done, home(&nok).left + home(&nok).overdue), (1, 4));
    world.comes_to_rest(&[&nok]);
    assert_eq!((home(&nok).done, home(&nok).left + home(&nok).overdue), (1, 4));
}

#[test]
fn a_visit_that_could_not_be_done_is_an_outcome_and_leaves_the_meter_due() {
    let world = World::new();
    let (nok, lek) = (world.phone("นก"), world.phone("เล็ก"));
    nok.syncs();
    let saved = nok
        .ask(api::SaveVisit {
            programme: WELLS.to_owned(),
            form: "reading".to_owned(),
            subject: Some(meter("meter 1")),
            zone: None,
            code: None,
            outcome: "locked".to_owned(),
            answers: [("note".to_owned(), "ประตูล็อก".into())].into(),
            photos: Vec::new(),
            place: None,
            registry: Vec::new(),
            supersedes: None,
            offset_minutes: 420,
        })
        .unwrap();
    world.comes_to_rest(&[&nok, &lek]);
    let card = lek.card("meter 1");
    assert_eq!(card.visits[0].id, saved.record);
    assert_eq!(card.visits[0].outcome, "locked");
    assert_eq!(card.row.last_failed.as_deref(), Some("locked"));
    assert_eq!(card.row.last_done, None);
    nok.reads("meter 1", 4);
    world.comes_to_rest(&[&nok, &lek]);
    assert!(world.questions().is_empty(), "a failed attempt and a reading are not two readings");
    world.assert_at_rest(&[&nok, &lek]);
}

#[test]
fn a_correction_takes_the_place_of_a_visit_without_a_question() {
    let world = World::new();
    let (nok, lek) = (world.phone("นก"), world.phone("เล็ก"));
    nok.syncs();
    let wrong = nok.reads("meter 1", 999);
    nok.syncs();
    let ask = api::SaveVisit {
        programme: WELLS.to_owned(),
        form: "reading".to_owned(),
        subject: Some(meter("meter 1")),
        zone: None,
        code: None,
        outcome: "done".to_owned(),
        answers: [("reading".to_owned(), 99.into())].into(),
        photos: Vec::new(),
        place: None,
        registry: Vec::new(),
        supersedes: Some(wrong),
        offset_minutes: 420,
    };
    nok.ask(ask).unwrap();
    world.comes_to_rest(&[&nok, &lek]);
    assert!(world.questions().is_empty());
    assert_eq!(lek.card("meter 1").visits.len(), 2, "both stay readable");
    world.assert_at_rest(&[&nok, &lek]);
}

#[test]
fn a_photo_crosses_in_pieces_and_an_interrupted_one_goes_on_where_it_was() {
    let world = World::new();
    let nok = world.phone("นก");
    nok.syncs();
    let mut dice = tests::world::Dice::new(9);
    let bytes: Vec<u8> = (0..700_000).map(|_| dice.throw() as u8).collect();
    let hash = nok.store().keep_photo(&bytes, "image/jpeg", 1).unwrap();
    nok.reads("meter 1", 1);
    // push, pull, question, first piece; the second piece is lost.
    world.network_will(&[Fate::Fine, Fate::Fine, Fate::Fine, Fate::Fine, Fate::LostAfter]);
    nok.tries_to_sync().unwrap_err();
    assert_eq!(numbers(nok.counts()), (1, 1, 1), "records never wait for photos");
    let done = nok.syncs();
    assert_eq!(done.photos, 1);
    let there = world.with_server(|server, _| server.photo(&hash).unwrap().unwrap());
    assert_eq!(there.1, bytes);
    assert_eq!(numbers(nok.counts()), (1, 1, 0));
}
