//! Two phones and a server in one process: the shortest story of the product.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use domain::access::{Grant, Role};
use domain::api::{self, Ask, Request};
use domain::change::{Change, Values, kind};
use domain::ids::{RecordId, Seq, Shelf};
use domain::programme::{ConflictRule, FieldKind, FormKind, Programme, Schedule, SubjectKind, Words};
use store::{Kind, Now, Step, Store, SyncSession};

const NOON: u64 = 1_795_000_000_000;

fn words(th: &str) -> Words {
    Words { th: th.into(), en: String::new() }
}

fn programme() -> Programme {
    Programme {
        id: "water".into(),
        version: 1,
        title: words("ประปา"),
        zone_title: words("สาย"),
        subject: SubjectKind {
            title: words("มาตรน้ำ"),
            fields: vec![
                FieldKind {
                    id: "name".into(),
                    title: words("ชื่อ"),
                    conflict: ConflictRule::Review,
                    worker_edits: true,
                    ..Default::default()
                },
                FieldKind {
                    id: "house".into(),
                    title: words("บ้านเลขที่"),
                    worker_edits: true,
                    ..Default::default()
                },
            ],
            heading: vec!["name".into()],
            second_line: vec!["house".into()],
            search: vec!["name".into(), "house".into()],
            ..SubjectKind::default()
        },
        forms: vec![FormKind {
            id: "reading".into(),
            title: words("จดมาตร"),
            primary: true,
            once_per_cycle: true,
            schedule: Some(Schedule::Month { due_day: 25 }),
            ..Default::default()
        }],
        worker_may: domain::programme::WorkerMay { bind: true, create: true },
        ..Default::default()
    }
}

struct World {
    server: Store,
    now: u64,
}

impl World {
    fn new() -> World {
        let mut server = Store::in_memory(Kind::Server, common::entropy(1)).unwrap();
        server.set_municipality("ตำบลตัวอย่าง").unwrap();
        server.define_programme(&programme(), NOON).unwrap();
        let subjects = (0..5)
            .map(|at| Change {
                id: meter(at),
                kind: kind::SUBJECT.into(),
                base_seq: Seq(0),
                cells: [
                    ("programme".to_owned(), "water".into()),
                    ("zone".to_owned(), "R01".into()),
                    ("order".to_owned(), at.into()),
                    ("name".to_owned(), format!("นายสมชาย ทองตัวอย่างดี {at}").into()),
                    ("house".to_owned(), format!("{at}/8").into()),
                    (format!("codes.SERIAL{at}"), true.into()),
                    ("lat".to_owned(), (13.0 + f64::from(at) * 0.0001).into()),
                    ("lon".to_owned(), 100.6.into()),
                ]
                .into(),
            })
            .collect();
        server.import("demo", subjects, NOON).unwrap();
        World { server, now: NOON }
    }

    fn phone(&mut self, seed: u64, person: &str) -> Store {
        let ask = api::NewEnrolment {
            person: person.into(),
            role: Role::Worker,
            shelves: vec![Shelf::new("water", "R01")],
        };
        common::enrolled(&mut self.server, &ask, person, seed, self.now)
    }

    fn sync(&mut self, phone: &mut Store) -> api::SyncReply {
        self.now += 1_000;
        common::sync(&mut self.server, phone, self.now)
    }
}

fn meter(at: u8) -> RecordId {
    RecordId::derived("meter", &[&[at]])
}

fn ask<A: Ask>(store: &mut Store, now: u64, ask: A) -> A::Reply {
    let request: Request = ask.wrap();
    A::unwrap(store::service::serve(store, None, Now::thai(now), request).unwrap()).unwrap()
}

fn reading(at: u8, value: i64) -> api::SaveVisit {
    common::reading(meter(at), [("reading".to_owned(), value.into())].into())
}

fn rename(at: u8, name: &str) -> api::EditSubject {
    let values: Values = [("name".to_owned(), name.into())].into();
    api::EditSubject { subject: meter(at), values, base_seq: None, reason: None }
}

fn dump(store: &Store) -> String {
    let mut out = Vec::new();
    store.dump(Some(&[Shelf::new("water", "R01"), Shelf::common("water")]), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn today(now: u64) -> String {
    Now::thai(now).day().to_string()
}

#[test]
fn a_visit_reaches_the_other_phone_and_all_replicas_dump_alike() {
    let mut world = World::new();
    let (mut nok, mut lek) = (world.phone(2, "นก"), world.phone(3, "เล็ก"));
    world.sync(&mut nok);
    world.sync(&mut lek);
    let home = ask(&mut nok, world.now, api::Home { today: today(world.now) });
    assert_eq!((home[0].subjects, home[0].left + home[0].overdue, home[0].done), (5, 5, 0));

    let saved = ask(&mut nok, world.now, reading(2, 117));
    assert_eq!((saved.counts.saved, saved.counts.received), (1, 0));
    let home = ask(&mut nok, world.now, api::Home { today: today(world.now) });
    assert_eq!(home[0].done, 1, "shows before it is sent");

    let reply = world.sync(&mut nok);
    assert_eq!((reply.pushed, reply.status.counts.received), (1, 1));
    world.sync(&mut lek);
    let card = ask(&mut lek, world.now, api::Card { subject: meter(2), today: today(world.now) });
    assert_eq!(card.visits[0].values["reading"], 117);
    assert_eq!(card.visits[0].by, "นก");
    assert_eq!(dump(&nok), dump(&world.server));
    assert_eq!(dump(&lek), dump(&world.server));
    for store in [&nok, &lek, &world.server] {
        assert_eq!(store.verify().unwrap(), Vec::<store::Fault>::new());
    }
}

#[test]
fn found_by_name_house_code_and_place() {
    let mut world = World::new();
    let mut nok = world.phone(2, "นก");
    world.sync(&mut nok);
    for (text, expected) in [("สมชาย ทองตัวอยางดี 3", 1), ("๓/๘", 1), ("SERIAL3", 1), ("สม", 5), ("ไม่มี", 0)]
    {
        let rows = ask(
            &mut nok,
            world.now,
            api::Search { text: text.into(), programme: None, today: today(world.now), limit: 20 },
        );
        assert_eq!(rows.len(), expected, "{text}");
    }
    let found = ask(&mut nok, world.now, api::Find { text: "SERIAL3".into() });
    assert_eq!(found, api::Found::Subject(meter(3)));
    let near = ask(
        &mut nok,
        world.now,
        api::Nearby {
            lat: 13.0,
            lon: 100.6,
            radius_m: 25.0,
            programme: None,
            today: today(world.now),
            limit: 9,
        },
    );
    assert_eq!(near.len(), 3);
    assert!(near[0].distance_m.unwrap() < near[1].distance_m.unwrap());
}

#[test]
fn the_nearest_are_those_that_measuring_every_one_would_name() {
    let mut world = World::new();
    // A hundred and fifty more, close together and on no grid, the last thirty on a shelf that the phone does not hold.
    let at =
        |n: u32| (13.0 + f64::from(n * 37 % 101) * 0.000_031, 100.6 + f64::from(n * 53 % 97) * 0.000_029);
    let id = |n: u32| RecordId::derived("near", &[&n.to_be_bytes()]);
    let place = |n: u32| Change {
        id: id(n),
        kind: kind::SUBJECT.into(),
        base_seq: Seq(0),
        cells: [
            ("programme".to_owned(), "water".into()),
            ("zone".to_owned(), if n < 120 { "R01" } else { "R02" }.into()),
            ("name".to_owned(), format!("บ้าน {n}").into()),
            ("lat".to_owned(), at(n).0.into()),
            ("lon".to_owned(), at(n).1.into()),
        ]
        .into(),
    };
    world.server.import("demo", (0..150).map(place).collect(), NOON).unwrap();
    let mut nok = world.phone(2, "นก");
    world.sync(&mut nok);
    for (centre, radius_m, limit) in
        [((13.0015, 100.6014), 60.0, 200), ((13.001, 100.601), 500.0, 7), ((13.0, 100.6), 25.0, 1)]
    {
        let ask_near = api::Nearby {
            lat: centre.0,
            lon: centre.1,
            radius_m,
            programme: None,
            today: today(world.now),
            limit,
        };
        let near: Vec<f64> =
            ask(&mut nok, world.now, ask_near).iter().map(|row| row.distance_m.unwrap()).collect();
        let meters = (0..5u8).map(|n| (13.0 + f64::from(n) * 0.0001, 100.6));
        let mut measured: Vec<f64> = (0..120)
            .map(at)
            .chain(meters)
            .map(|place| domain::place::metres(centre, place))
            .filter(|distance| *distance <= radius_m)
            .collect();
        measured.sort_by(f64::total_cmp);
        measured.truncate(limit as usize);
        assert!(!measured.is_empty());
        assert_eq!(near, measured, "within {radius_m} m of {centre:?}");
    }
}

#[test]
fn two_unaware_edits_the_last_wins_the_other_is_asked_about_and_one_tap_settles() {
    let mut world = World::new();
    let (mut nok, mut lek) = (world.phone(2, "นก"), world.phone(3, "เล็ก"));
    world.sync(&mut nok);
    world.sync(&mut lek);
    let monday = world.now;
    ask(&mut nok, monday, rename(1, "ก"));
    ask(&mut nok, monday, rename(1, "ข"));
    ask(&mut nok, monday + 1, rename(1, "ค"));
    ask(&mut lek, monday + 500, rename(1, "ศุกร์"));
    world.sync(&mut lek);
    world.sync(&mut nok);
    world.sync(&mut lek);
    for phone in [&mut nok, &mut lek] {
        let card = ask(phone, world.now, api::Card { subject: meter(1), today: today(world.now) });
        assert_eq!(card.values["name"], "ศุกร์", "Friday's one edit beats Monday's three");
    }
    let questions = ask(&mut nok, world.now, api::Questions { settled: false });
    assert_eq!(questions.len(), 1, "three edits of one person against one of another are one question");
    let question = &questions[0];
    let offered: Vec<_> =
        question.question.choices.iter().map(|choice| (choice.value.clone(), choice.winning)).collect();
    assert_eq!(offered, [("ศุกร์".into(), true), ("ค".into(), false)]);
    let other = question.question.choices[1].value.clone();
    ask(&mut nok, world.now, api::Settle { question: question.id, value: other.clone() });
    world.sync(&mut nok);
    world.sync(&mut lek);
    let card = ask(&mut lek, world.now, api::Card { subject: meter(1), today: today(world.now) });
    assert_eq!(card.values["name"], other);
    assert_eq!(dump(&lek), dump(&world.server));
}

#[test]
fn two_readings_of_one_month_both_stay_and_raise_one_question() {
    let mut world = World::new();
    let (mut nok, mut lek) = (world.phone(2, "นก"), world.phone(3, "เล็ก"));
    world.sync(&mut nok);
    world.sync(&mut lek);
    ask(&mut nok, world.now, reading(0, 100));
    ask(&mut lek, world.now, reading(0, 101));
    world.sync(&mut nok);
    world.sync(&mut lek);
    world.sync(&mut nok);
    for phone in [&mut nok, &mut lek] {
        let card = ask(phone, world.now, api::Card { subject: meter(0), today: today(world.now) });
        assert_eq!(card.visits.len(), 2);
        assert_eq!(card.questions.len(), 1);
    }
    let question = ask(&mut nok, world.now, api::Questions::default()).remove(0);
    let first = question.visits[0].id.to_string();
    let settle = api::Settle { question: question.id, value: first.into() };
    // One of them is her own: the office says which counts.
    let refused = store::service::serve(&mut nok, None, Now::thai(world.now), settle.clone().wrap());
    assert_eq!(refused.unwrap_err().code, domain::problem::Code::Forbidden);
    let office = Grant { person: "ธุรการ".into(), role: Role::Administrator, shelves: vec![] };
    store::service::serve(&mut world.server, Some(&office), Now::thai(world.now), settle.wrap()).unwrap();
    world.sync(&mut nok);
    world.sync(&mut lek);
    assert!(ask(&mut lek, world.now, api::Questions::default()).is_empty());
    assert_eq!(dump(&nok), dump(&world.server));
}

#[test]
fn a_phone_ten_years_ahead_saves_and_does_not_win_for_ever() {
    let mut world = World::new();
    let (mut nok, mut lek) = (world.phone(2, "นก"), world.phone(3, "เล็ก"));
    world.sync(&mut nok);
    world.sync(&mut lek);
    let ten_years = 10 * 365 * 86_400_000;
    ask(&mut nok, world.now + ten_years, rename(1, "อนาคต"));
    world.sync(&mut nok);
    world.sync(&mut lek);
    ask(&mut lek, world.now, rename(1, "วันนี้"));
    world.sync(&mut lek);
    world.sync(&mut nok);
    let card = ask(&mut nok, world.now, api::Card { subject: meter(1), today: today(world.now) });
    assert_eq!(card.values["name"], "วันนี้");
    assert_eq!(dump(&nok), dump(&world.server));
}

#[test]
fn a_phone_enrolled_again_goes_on_where_it_was_and_sends_nothing_twice() {
    let mut world = World::new();
    let mut nok = world.phone(2, "นก");
    world.sync(&mut nok);
    ask(&mut nok, world.now, reading(0, 100));
    ask(&mut nok, world.now, rename(0, "แก้แล้ว"));
    world.sync(&mut nok);
    ask(&mut nok, world.now, reading(1, 200));

    let again = api::NewEnrolment {
        person: "นก".into(),
        role: Role::Worker,
        shelves: vec![Shelf::new("water", "R01")],
    };
    let (code, _) = world.server.new_enrolment("clerk", &again, world.now, 600_000).unwrap();
    let enrol = api::Enrol { text: code, server: Some("http://office".into()), name: "นก".into() };
    let (server, call) = store::enrol_call(&nok, &enrol).unwrap();
    let reply = world.server.enrol(&serde_json::from_slice(&call.body).unwrap(), world.now).unwrap();
    store::absorb_enrol(&mut nok, &server, common::json(&reply), Now::thai(world.now)).unwrap();

    let done = world.sync(&mut nok);
    assert_eq!((done.pushed, done.status.counts.received), (1, 3));
    let card = ask(&mut nok, world.now, api::Card { subject: meter(0), today: today(world.now) });
    assert_eq!(card.visits.len(), 1);
    assert_eq!(dump(&nok), dump(&world.server));
}

#[test]
fn a_record_of_a_kind_nobody_knows_is_carried_untouched() {
    let mut world = World::new();
    let (mut nok, mut lek) = (world.phone(2, "นก"), world.phone(3, "เล็ก"));
    world.sync(&mut nok);
    world.sync(&mut lek);
    let strange: Values = [
        ("programme".to_owned(), "water".into()),
        ("zone".to_owned(), "R01".into()),
        ("of 2031".to_owned(), serde_json::json!({"nested": [1, 2.5, null, "น้ำ"]})),
    ]
    .into();
    let change = Change {
        id: RecordId::new(7, [9; 10]),
        kind: "drone_flight".into(),
        base_seq: Seq(0),
        cells: strange,
    };
    let grant =
        Grant { person: "นก".into(), role: Role::Worker, shelves: vec![Shelf::new("water", "R01")] };
    nok.save(&grant, Now::thai(world.now), store::NewCommit { changes: vec![change], ..Default::default() })
        .unwrap();
    world.sync(&mut nok);
    world.sync(&mut lek);
    assert!(dump(&lek).contains(r#""value":{"nested":[1,2.5,null,"น้ำ"]}"#));
    assert_eq!(dump(&lek), dump(&world.server));
}

#[test]
fn two_changes_of_one_record_in_a_commit_are_refused_not_half_kept() {
    let mut world = World::new();
    let mut nok = world.phone(2, "นก");
    world.sync(&mut nok);
    let grant =
        Grant { person: "นก".into(), role: Role::Worker, shelves: vec![Shelf::new("water", "R01")] };
    let photo = |name: &str| Change {
        id: meter(0),
        kind: kind::SUBJECT.into(),
        base_seq: Seq(0),
        cells: [(format!("photos.{name}"), true.into())].into(),
    };
    let new = store::NewCommit { changes: vec![photo("a"), photo("b")], ..Default::default() };
    assert!(nok.save(&grant, Now::thai(world.now), new).is_err());
    assert_eq!(world.server.verify().unwrap(), Vec::<store::Fault>::new());
}

#[test]
fn a_meter_that_moved_away_and_back_stays_on_the_phone() {
    let mut world = World::new();
    let mut nok = world.phone(2, "นก");
    world.sync(&mut nok);
    let to = |zone: &str| Change {
        id: meter(0),
        kind: kind::SUBJECT.into(),
        base_seq: Seq(0),
        cells: [("zone".to_owned(), zone.into())].into(),
    };
    world.server.import("clerk", vec![to("R02")], world.now).unwrap();
    world.server.import("clerk", vec![to("R01")], world.now + 1).unwrap();
    let reply = world.sync(&mut nok);
    assert_eq!(reply.pulled, 1, "one record came, no shelf was read again");
    assert_eq!(dump(&nok), dump(&world.server));
}

#[test]
fn a_reading_of_a_meter_that_was_moved_meanwhile_is_accepted() {
    let mut world = World::new();
    let mut nok = world.phone(2, "นก");
    world.sync(&mut nok);
    ask(&mut nok, world.now, reading(0, 100));
    let away = Change {
        id: meter(0),
        kind: kind::SUBJECT.into(),
        base_seq: Seq(0),
        cells: [("zone".to_owned(), "R02".into())].into(),
    };
    world.server.import("clerk", vec![away], world.now).unwrap();
    let reply = world.sync(&mut nok);
    assert_eq!((reply.pushed, reply.status.refused), (1, 0));
    let elsewhere = Shelf::new("water", "R02");
    let mut out = Vec::new();
    world.server.dump(Some(&[elsewhere]), &mut out).unwrap();
    assert!(
        String::from_utf8(out).unwrap().contains(r#""reading":{"stamp""#),
        "filed where the meter is now"
    );
}

#[test]
fn a_phone_of_another_municipality_is_not_enrolled_before_its_work_is_sent() {
    let mut here = World::new();
    let mut nok = here.phone(2, "นก");
    here.sync(&mut nok);
    ask(&mut nok, here.now, reading(0, 100));
    let mut there = Store::in_memory(Kind::Server, common::entropy(99)).unwrap();
    let invite = api::NewEnrolment {
        person: "นก".into(),
        role: Role::Worker,
        shelves: vec![Shelf::new("water", "R01")],
    };
    let (code, _) = there.new_enrolment("clerk", &invite, here.now, 600_000).unwrap();
    let enrol = api::Enrol { text: code, server: Some("http://elsewhere".into()), name: "นก".into() };
    let (_, call) = store::enrol_call(&nok, &enrol).unwrap();
    let number = format!("{:016x}", here.server.install().unwrap().0);
    assert!(!String::from_utf8_lossy(&call.body).contains(&number), "a stranger does not learn whose it is");
    let request = serde_json::from_slice(&call.body).unwrap();
    let refused = domain::problem::Problem::from(there.enrol(&request, here.now).unwrap_err());
    assert_eq!(refused.code, domain::problem::Code::OtherMunicipality);

    here.sync(&mut nok);
    let (server, call) = store::enrol_call(&nok, &enrol).unwrap();
    let reply = there.enrol(&serde_json::from_slice(&call.body).unwrap(), here.now).unwrap();
    store::absorb_enrol(&mut nok, &server, common::json(&reply), Now::thai(here.now)).unwrap();
    assert_eq!(dump(&nok), "", "nothing of the old municipality crosses");
}

#[test]
fn revoking_a_phone_ends_its_copies_too() {
    let mut world = World::new();
    let mut nok = world.phone(2, "นก");
    world.sync(&mut nok);
    ask(&mut nok, world.now, reading(0, 100));
    world.sync(&mut nok);
    let token = {
        let mut session = SyncSession::new(false);
        let Step::Call(call) = session.next(&mut nok, None, Now::thai(world.now)) else { panic!("a call") };
        call.bearer
    };
    let from = world.server.authenticate(&token, world.now).unwrap();
    let install = nok.install().unwrap();
    let head = serde_json::json!({"install": install, "top_n": 1});
    let other = serde_json::json!({"n": 1, "at": [1, 0], "wall": 1, "by": "x", "changes": [
        {"id": RecordId::new(5, [5; 10]), "kind": "visit", "cells": {"subject": meter(1), "form": "reading"}}]});
    let reply = world.server.answer_push(&from, format!("{head}\n{other}").as_bytes(), world.now).unwrap();
    let copy = reply.renamed.unwrap();
    world.server.revoke("clerk", from.device, world.now).unwrap();
    assert!(world.server.authenticate(&copy.token, world.now).is_err());
}

#[test]
fn a_readings_author_is_the_credentials() {
    let mut world = World::new();
    let (mut nok, mut lek) = (world.phone(2, "นก"), world.phone(3, "เล็ก"));
    world.sync(&mut nok);
    world.sync(&mut lek);
    let forged =
        Grant {
            person: "นายก".into(), role: Role::Worker, shelves: vec![Shelf::new("water", "R01")]
        };
    let name = Change {
        id: meter(0),
        kind: kind::SUBJECT.into(),
        base_seq: Seq(0),
        cells: [("house".to_owned(), "99".into())].into(),
    };
    nok.save(&forged, Now::thai(world.now), store::NewCommit { changes: vec![name], ..Default::default() })
        .unwrap();
    world.sync(&mut nok);
    let office = Grant { person: "ธุรการ".into(), role: Role::Administrator, shelves: vec![] };
    let request = api::History { record: meter(0) }.wrap();
    let reply =
        store::service::serve(&mut world.server, Some(&office), Now::thai(world.now), request).unwrap();
    let rows = api::History::unwrap(reply).unwrap();
    assert_eq!(rows.iter().find(|row| row.field == "house" && row.current).unwrap().by, "นก");
}

#[test]
fn a_second_reading_of_a_month_is_compared_with_the_month_before() {
    let mut world = World::new();
    let mut nok = world.phone(2, "นก");
    world.sync(&mut nok);
    ask(&mut nok, world.now - 40 * 86_400_000, reading(0, 100));
    ask(&mut nok, world.now, reading(0, 9_999));
    let open = api::OpenForm {
        programme: "water".into(),
        form: "reading".into(),
        subject: Some(meter(0)),
        corrects: None,
        code: String::new(),
        today: today(world.now),
    };
    assert_eq!(ask(&mut nok, world.now, open).known["last_reading"], "100");
}

#[test]
fn a_correction_takes_the_place_of_what_it_corrects_on_every_replica() {
    let mut world = World::new();
    let (mut nok, mut lek) = (world.phone(2, "นก"), world.phone(3, "เล็ก"));
    world.sync(&mut nok);
    ask(&mut nok, world.now - 40 * 86_400_000, reading(0, 100));
    let wrong = ask(&mut nok, world.now, reading(0, 9_999)).record;
    world.sync(&mut nok);

    // A week later, in another month: the form begins with what was answered, and looks back from then.
    let later = world.now + 20 * 86_400_000;
    let open = api::OpenForm {
        programme: "water".into(),
        form: "reading".into(),
        subject: Some(meter(0)),
        corrects: Some(wrong),
        code: String::new(),
        today: today(later),
    };
    let opened = ask(&mut nok, later, open.clone());
    assert_eq!(opened.answers["reading"], 9_999);
    assert_eq!(opened.known["last_reading"], "100");
    let key = api::DraftKey {
        programme: "water".into(),
        form: "reading".into(),
        subject: Some(meter(0)),
        corrects: Some(wrong),
        code: String::new(),
    };
    ask(&mut nok, later, api::KeepDraft { key: key.clone(), draft: Some("half".into()), begun: None });
    assert_eq!(ask(&mut nok, later, open).draft, Some("half".into()));
    assert_eq!(ask(&mut nok, later, api::Drafts {})[0].key, key);
    let card =
        |store: &mut Store, now: u64| ask(store, now, api::Card { subject: meter(0), today: today(now) });
    assert!(!card(&mut nok, later).forms[0].draft, "the draft of a correction is no draft of a new reading");
    let right = api::SaveVisit { supersedes: Some(wrong), ..reading(0, 999) };
    let right = ask(&mut nok, later, right).record;
    assert!(ask(&mut nok, later, api::Drafts {}).is_empty());

    world.sync(&mut nok);
    world.sync(&mut lek);
    for (phone, who) in [(&mut nok, "nok"), (&mut lek, "lek")] {
        let visits = card(phone, world.now).visits;
        let told: Vec<(RecordId, bool)> = visits.iter().map(|visit| (visit.id, visit.corrected)).collect();
        assert_eq!(told[..2], [(right, false), (wrong, true)], "{who}");
        assert_eq!((&visits[0].at, &visits[0].cycle), (&visits[1].at, &visits[1].cycle), "{who}");
        let open = api::OpenForm {
            programme: "water".into(),
            form: "reading".into(),
            subject: Some(meter(0)),
            corrects: None,
            code: String::new(),
            today: today(later),
        };
        assert_eq!(ask(phone, later, open).known["last_reading"], "999", "{who}");
    }
    assert_eq!(dump(&nok), dump(&lek));
    assert!(ask(&mut lek, world.now, api::Questions::default()).is_empty());

    // Nobody corrects another subject's visit.
    let stray = api::SaveVisit { supersedes: Some(wrong), ..reading(1, 5) };
    assert!(store::service::serve(&mut nok, None, Now::thai(later), stray.wrap()).is_err());
}

#[test]
fn what_was_begun_with_one_sticker_is_not_gone_on_with_another() {
    let mut world = World::new();
    let mut nok = world.phone(2, "นก");
    world.sync(&mut nok);
    let key = |code: &str| api::DraftKey {
        programme: "water".into(),
        form: "reading".into(),
        subject: None,
        corrects: None,
        code: code.into(),
    };
    let open = |code: &str| api::OpenForm {
        programme: "water".into(),
        form: "reading".into(),
        subject: None,
        corrects: None,
        code: code.into(),
        today: today(NOON),
    };
    // A code of ours, none, and a maker's of as many letters as an id, or two, has bytes.
    let codes = [domain::code::make(7), String::new(), "SN-0123456789ABC".into(), "มาตร-๑๒๓๔๕-XYZ".into()];
    assert_eq!(codes[2].len(), 16);
    assert_eq!(codes[3].len(), 32);
    for code in &codes {
        let draft = Some(serde_json::json!({ "of": code }));
        ask(&mut nok, world.now, api::KeepDraft { key: key(code), draft, begun: None });
    }
    for code in &codes {
        let kept = ask(&mut nok, world.now, open(code)).draft;
        assert_eq!(kept, Some(serde_json::json!({ "of": code })));
    }
    assert_eq!(ask(&mut nok, world.now, open("another")).draft, None);
    let mut kept: Vec<String> =
        ask(&mut nok, world.now, api::Drafts {}).into_iter().map(|row| row.key.code).collect();
    let mut all = codes.to_vec();
    kept.sort();
    all.sort();
    assert_eq!(kept, all, "the list leads back to the right sticker");
    ask(&mut nok, world.now, api::KeepDraft { key: key(&codes[0]), draft: None, begun: None });
    assert_eq!(ask(&mut nok, world.now, api::Drafts {}).len(), codes.len() - 1);
}

#[test]
fn a_draft_writes_to_the_registry_what_its_own_version_asked() {
    let mut world = World::new();
    let define = |world: &mut World, version: u32, question: &str| {
        let mut programme = programme();
        programme.version = version;
        programme.forms[0].save_to = [(question.to_owned(), "house".to_owned())].into();
        world.now += 1_000;
        world.server.define_programme(&programme, world.now).unwrap();
    };
    define(&mut world, 2, "moved_to");
    let mut nok = world.phone(2, "นก");
    world.sync(&mut nok);
    let key = api::DraftKey {
        programme: "water".into(),
        form: "reading".into(),
        subject: Some(meter(1)),
        corrects: None,
        code: String::new(),
    };
    let draft = Some(serde_json::json!({}));
    ask(&mut nok, world.now, api::KeepDraft { key, draft, begun: None });
    // The office calls the question otherwise, and the phone takes that in before the draft is saved.
    define(&mut world, 3, "new_house");
    world.sync(&mut nok);
    for at in [1, 2] {
        let answers: Values =
            [("moved_to".to_owned(), "99/9".into()), ("new_house".to_owned(), "11/1".into())].into();
        world.now += 1_000;
        ask(&mut nok, world.now, common::reading(meter(at), answers));
    }
    let mut house = |at: u8| {
        let card = api::Card { subject: meter(at), today: today(world.now) };
        ask(&mut nok, world.now, card).row.second_line
    };
    assert_eq!((house(1).as_str(), house(2).as_str()), ("99/9", "11/1"));
}

#[test]
fn a_form_finds_a_subject_by_its_label_however_it_was_read() {
    let mut world = World::new();
    let mut nok = world.phone(2, "นก");
    world.sync(&mut nok);
    let code = domain::code::make(11);
    let bind = api::BindCode {
        is_makers: false,
        subject: meter(0),
        text: code.clone(),
        although_taken: false,
        replaces: Vec::new(),
        place: None,
    };
    ask(&mut nok, world.now, bind);
    let link = format!("{}AB12CD", domain::code::link("https://nongsao.example", &code));
    let (before, after) = code.split_at(5);
    let typed = format!("{before} {after}").to_lowercase();
    for read in [code.clone(), link, typed] {
        let equals = Some(("code".to_owned(), read.clone()));
        let rows = ask(&mut nok, world.now, api::Registry { programme: "water".into(), equals });
        assert_eq!(rows.len(), 1, "{read}");
        assert_eq!(rows[0]["name"], meter(0).to_string());
    }
}
