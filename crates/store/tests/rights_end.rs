//! What ends with a right, and what is noted when somebody looks: views of sensitive programmes, codes of an account that is
//! gone, shelves that were taken, questions that cross a border.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test fails by panicking"
)]

mod common;

use domain::access::{Grant, Role};
use domain::api::{self, Ask};
use domain::change::{Change, kind};
use domain::ids::{DeviceNo, Install, RecordId, Seq, Shelf};
use domain::problem::{Code, Problem};
use domain::programme::{FieldKind, FormKind, Programme, Schedule, SubjectKind, WorkerMay};
use domain::wire::{EnrolReply, EnrolRequest, PullRequest, TAKEN_DAYS};
use std::path::Path;
use store::{Authenticated, Drawn, HttpAnswer, Kind, NewCommit, Now, Piece, Step, Store, SyncSession};

const NOON: u64 = 1_795_000_000_000;
const MINUTE: u64 = 60_000;
const DAY: u64 = 24 * 60 * MINUTE;

fn programme(id: &str, sensitive: bool) -> Programme {
    let name = FieldKind { id: "name".into(), ..Default::default() };
    Programme {
        id: id.into(),
        version: 1,
        sensitive,
        subject: SubjectKind {
            fields: vec![name],
            heading: vec!["name".into()],
            search: vec!["name".into()],
            ..Default::default()
        },
        forms: vec![FormKind {
            id: "visit".into(),
            primary: true,
            schedule: Some(Schedule::Month { due_day: 25 }),
            ..Default::default()
        }],
        worker_may: WorkerMay { bind: true, create: true },
        ..Default::default()
    }
}

fn subject(programme: &str, zone: &str) -> RecordId {
    RecordId::derived("test", &[programme.as_bytes(), zone.as_bytes()])
}

fn fill(server: &mut Store) {
    server.set_municipality("ตำบลตัวอย่าง").unwrap();
    let mut changes = Vec::new();
    for (id, sensitive) in [("care", true), ("water", false)] {
        server.define_programme(&programme(id, sensitive), NOON).unwrap();
        changes.extend(["R01", "R02"].map(|zone| {
            Change {
                id: subject(id, zone),
                kind: kind::SUBJECT.into(),
                base_seq: Seq(0),
                cells: [
                    ("programme".to_owned(), id.into()),
                    ("zone".to_owned(), zone.into()),
                    ("name".to_owned(), format!("สมศรี {id} {zone}").into()),
                    (format!("codes.{id}-{zone}"), true.into()),
                ]
                .into(),
            }
        }));
    }
    server.import("import", changes, NOON).unwrap();
}

fn server() -> Store {
    let mut server = Store::in_memory(Kind::Server, common::entropy(1)).unwrap();
    fill(&mut server);
    server
}

fn grant(person: &str, role: Role, shelves: &[(&str, &str)]) -> Grant {
    let shelves = shelves.iter().map(|(programme, zone)| Shelf::new(*programme, *zone)).collect();
    Grant { person: person.into(), role, shelves }
}

fn clerk() -> Grant {
    grant("ปราณี", Role::Clerk, &[("care", "_"), ("water", "_")])
}

fn call<A: Ask>(server: &mut Store, who: &Grant, now: u64, ask: A) -> Result<A::Reply, Problem> {
    A::unwrap(store::service::serve(server, Some(who), Now::thai(now), ask.wrap())?)
}

fn code_of(server: &mut Store, by: &str, who: &Grant, now: u64) -> String {
    let ask = api::NewEnrolment { person: who.person.clone(), role: who.role, shelves: who.shelves.clone() };
    server.new_enrolment(by, &ask, now, 10 * MINUTE).unwrap().0
}

fn enrol(server: &mut Store, code: &str, install: u64, now: u64) -> store::Result<EnrolReply> {
    let request = EnrolRequest {
        code: code.into(),
        install: Install(install),
        name: "เครื่อง".into(),
        top_n: 0,
        acked_n: 0,
        incarnation: None,
        unsent_of: None,
        unsent_mark: None,
    };
    server.enrol(&request, now)
}

fn device(server: &mut Store, who: &Grant, install: u64) -> Authenticated {
    let code = code_of(server, "clerk", who, NOON);
    let token = enrol(server, &code, install, NOON).unwrap().token;
    server.authenticate(&token, NOON).unwrap()
}

/// What the audit says after `no`, as "who: what about".
fn audit(server: &Store, after: i64) -> Vec<String> {
    let mut rows = Vec::new();
    server
        .each_audit_row(after, |row| rows.push(format!("{}: {} {}", row.who, row.what, row.about)))
        .unwrap();
    rows
}

fn problem<T: std::fmt::Debug>(result: store::Result<T>) -> Code {
    Problem::from(result.unwrap_err()).code
}

#[test]
fn every_view_of_a_sensitive_programme_is_noted_once_while_it_goes_on() {
    let mut server = server();
    let mut nok = Phone::enrolled(&mut server, &grant("นก", Role::Worker, &[("care", "R01")]), 7);
    let visit = nok.visits(subject("care", "R01"), &[]);
    nok.syncs(&mut server);
    let before = audit(&server, 0).len();
    let clerk = clerk();
    let (id, today) = (subject("care", "R01"), "2026-11-18".to_owned());
    let day = Now::thai(NOON).day().to_string();
    for round in 0..3 {
        let now = NOON + round * MINUTE;
        let server = &mut server;
        call(server, &clerk, now, api::Today { day: day.clone(), programme: None, limit: 50 }).unwrap();
        call(server, &clerk, now, api::History { record: visit }).unwrap();
        call(server, &clerk, now, api::Card { subject: id, today: today.clone() }).unwrap();
        let text = "สมศรี".to_owned();
        call(server, &clerk, now, api::Search { text, programme: None, today: today.clone(), limit: 20 })
            .unwrap();
        let form = "visit".to_owned();
        let open = api::OpenForm {
            programme: "care".into(),
            form,
            subject: Some(id),
            corrects: None,
            code: String::new(),
            today: today.clone(),
        };
        call(server, &grant("หัวหน้า", Role::Supervisor, &[("care", "R01")]), now, open).unwrap();
        // Nothing sensitive: no row.
        call(server, &clerk, now, api::Card { subject: subject("water", "R01"), today: today.clone() })
            .unwrap();
    }
    let expected = [
        format!("ปราณี: day viewed care {day}: 1"),
        format!("ปราณี: history viewed {visit}"),
        format!("ปราณี: card viewed {id}"),
        "ปราณี: search viewed care: 2".to_owned(),
        format!("หัวหน้า: form opened {id}"),
    ];
    assert_eq!(audit(&server, 0)[before..], expected);
    call(&mut server, &clerk, NOON + 20 * MINUTE, api::Card { subject: id, today: today.clone() }).unwrap();
    assert_eq!(audit(&server, 0).len(), before + expected.len() + 1, "later it is another view");
    let stranger = grant("สมชาย", Role::Supervisor, &[("water", Shelf::COMMON)]);
    call(&mut server, &stranger, NOON, api::History { record: visit }).unwrap_err();
    let search = api::Search { text: "สมศรี".into(), programme: None, today, limit: 20 };
    assert_eq!(call(&mut server, &stranger, NOON, search).unwrap().len(), 2);
    assert_eq!(audit(&server, 0).len(), before + expected.len() + 1, "who saw nothing is not noted");
}

#[test]
fn a_photo_of_a_sensitive_record_is_a_view_of_that_record() {
    let mut server = server();
    let mut nok = Phone::enrolled(&mut server, &grant("นก", Role::Worker, &[("care", "R01")]), 7);
    let hash = nok.store.keep_photo(PHOTO, "image/jpeg", NOON).unwrap();
    let visit = nok.visits(subject("care", "R01"), &[&hash]);
    nok.syncs(&mut server);
    let before = audit(&server, 0).len();
    for _ in 0..3 {
        let seen = call(&mut server, &clerk(), NOON, api::Photo { hash: hash.clone(), whole: true }).unwrap();
        assert!(seen.base64.is_some());
    }
    assert_eq!(audit(&server, 0)[before..], [format!("ปราณี: photo viewed {visit}")]);
}

#[test]
fn codes_that_nobody_used_end_with_the_account_that_issued_them() {
    let mut server = server();
    let shelves = |role| grant("", role, &[("water", "_")]);
    let put = |server: &mut Store, name: &str, password: &str, role| {
        server
            .put_account("admin", name, password, &Grant { person: name.into(), ..shelves(role) }, NOON)
            .unwrap();
    };
    put(&mut server, "admin", "hash", Role::Administrator);
    put(&mut server, "clerk", "hash", Role::Clerk);
    let worker = grant("นก", Role::Worker, &[("water", "R01")]);
    let used = code_of(&mut server, "clerk", &worker, NOON);
    let reply = enrol(&mut server, &used, 1, NOON).unwrap();
    let ends = |server: &mut Store, end: &dyn Fn(&mut Store)| {
        let (mine, other) =
            (code_of(server, "clerk", &worker, NOON), code_of(server, "admin", &worker, NOON));
        end(server);
        assert_eq!(problem(enrol(server, &mine, 2, NOON)), Code::EnrolUnknown);
        enrol(server, &other, 3, NOON).unwrap();
    };
    ends(&mut server, &|server| put(server, "clerk", "another", Role::Clerk));
    ends(&mut server, &|server| put(server, "clerk", "another", Role::Supervisor));
    let mine = code_of(&mut server, "clerk", &worker, NOON);
    put(&mut server, "clerk", "another", Role::Supervisor);
    enrol(&mut server, &mine, 4, NOON).unwrap();
    ends(&mut server, &|server| server.remove_account("admin", "clerk", NOON).unwrap());
    server.authenticate(&reply.token, NOON).unwrap();
}

#[test]
fn a_new_life_ends_sessions_and_codes_of_the_old_one() {
    let mut server = server();
    let who = grant("admin", Role::Administrator, &[("water", "_")]);
    server.put_account("", "admin", "hash", &who, NOON).unwrap();
    server.open_session("secret", "admin", NOON, NOON + DAY).unwrap();
    let worker = grant("นก", Role::Worker, &[("water", "R01")]);
    let code = code_of(&mut server, "admin", &worker, NOON);
    let phone = device(&mut server, &worker, 5);
    server.new_incarnation().unwrap();
    assert_eq!(server.session("secret", NOON).unwrap(), None);
    assert_eq!(problem(enrol(&mut server, &code, 6, NOON)), Code::EnrolUnknown);
    assert_eq!(server.devices().unwrap().len(), 1, "devices stay: {phone:?}");
}

#[test]
fn a_supervisor_sees_the_devices_of_her_area_and_what_they_hold_of_it() {
    let mut server = server();
    let holders: [(&str, &[(&str, &str)]); 4] = [
        ("นก", &[("water", "R01"), ("care", "R01")]),
        ("เล็ก", &[("water", "R02")]),
        ("อสม.", &[("care", "R02")]),
        ("ทีม ก", &[("water", "_emergency")]),
    ];
    for (install, (person, shelves)) in (1..).zip(holders) {
        device(&mut server, &grant(person, Role::Worker, shelves), install);
    }
    let mut seen = |who: &Grant| {
        let rows = call(&mut server, who, NOON, api::Devices {}).unwrap();
        let mut seen: Vec<(String, String)> = rows
            .into_iter()
            .map(|row| {
                let shelves: Vec<String> = row.grant.shelves.iter().map(ToString::to_string).collect();
                (row.grant.person, shelves.join(" "))
            })
            .collect();
        seen.sort();
        seen
    };
    let pairs = |rows: &[(&str, &str)]| -> Vec<(String, String)> {
        let mut rows: Vec<_> = rows.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        rows.sort();
        rows
    };
    let shelf = |programme: &str, zone: &str| Shelf::new(programme, zone).to_string();
    let (r01, r02) = (shelf("water", "R01"), shelf("water", "R02"));
    let area = grant("หัวหน้า", Role::Supervisor, &[("water", "R01")]);
    assert_eq!(seen(&area), pairs(&[("นก", r01.as_str())]));
    let whole = grant("หัวหน้า", Role::Supervisor, &[("water", "_")]);
    let team = Shelf::emergency("water").to_string();
    assert_eq!(seen(&whole), pairs(&[("นก", r01.as_str()), ("เล็ก", r02.as_str()), ("ทีม ก", team.as_str())]));
    assert_eq!(seen(&clerk()).len(), 4, "whoever keeps the devices sees all");
}

#[test]
fn whoever_handed_a_round_over_can_be_given_it_back() {
    let mut server = server();
    let nok = device(&mut server, &grant("นก", Role::Worker, &[("water", "R01")]), 1);
    let lek = device(&mut server, &grant("เล็ก", Role::Worker, &[("water", "R01")]), 2);
    let area = grant("หัวหน้า", Role::Supervisor, &[("water", "R01")]);
    let shelves = vec![Shelf::new("water", "R01")];
    let hand = api::HandOver { from: nok.device, to: lek.device, shelves: shelves.clone() };
    call(&mut server, &area, NOON, hand).unwrap();
    let rows = call(&mut server, &area, NOON, api::Devices {}).unwrap();
    assert!(rows.iter().any(|row| row.device == nok.device && row.grant.shelves.is_empty()));
    let back = api::HandOver { from: lek.device, to: nok.device, shelves };
    call(&mut server, &area, NOON, back).unwrap();
}

#[test]
fn a_used_code_is_noted_once_however_often_it_is_tried() {
    let mut server = server();
    let worker = grant("นก", Role::Worker, &[("water", "R01")]);
    let code = code_of(&mut server, "clerk", &worker, NOON);
    enrol(&mut server, &code, 1, NOON).unwrap();
    let before = audit(&server, 0).len();
    for second in 0..50 {
        assert_eq!(problem(enrol(&mut server, &code, 2, NOON + second * 1_000)), Code::EnrolUsed);
        assert_eq!(problem(enrol(&mut server, "ABCDEFGHJK", 2, NOON)), Code::EnrolUnknown);
    }
    assert_eq!(audit(&server, 0).len(), before + 1);
    enrol(&mut server, &code, 2, NOON + 16 * MINUTE).unwrap_err();
    assert_eq!(audit(&server, 0).len(), before + 2);
}

#[test]
fn what_was_taken_is_not_writable_for_ever() {
    let mut server = server();
    let both = grant("นก", Role::Worker, &[("water", "R01"), ("water", "R02")]);
    let code = code_of(&mut server, "clerk", &both, NOON);
    let reply = enrol(&mut server, &code, 1, NOON).unwrap();
    let one = Grant { shelves: vec![Shelf::new("water", "R01")], ..both };
    server.set_grant("clerk", reply.device, &one, NOON).unwrap();
    let mut writes = |now: u64| server.authenticate(&reply.token, now).unwrap().writes.shelves.len();
    assert_eq!(writes(NOON + TAKEN_DAYS * DAY), 2, "a month without signal is honest");
    assert_eq!(writes(NOON + TAKEN_DAYS * DAY + 1), 1);
}

#[test]
fn a_device_that_counts_on_without_sending_does_not_fill_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("server.db");
    let mut server = Store::open(&path, Kind::Server, common::entropy(1), NOON).unwrap();
    fill(&mut server);
    let phone = device(&mut server, &grant("นก", Role::Worker, &[("water", "R01")]), 1);
    for top_n in 1..300 {
        let request = PullRequest { top_n, ..pull(1) };
        server.answer_pull(&phone, &request, NOON + top_n).unwrap();
    }
    let rows: Vec<(u64, u64)> = contacts(&path);
    assert!(rows.len() <= 64, "{} rows", rows.len());
    assert_eq!(rows.first(), Some(&(0, NOON)), "the first says most");
    assert_eq!(rows.last(), Some(&(299, NOON + 299)), "and the last is known");
}

fn contacts(path: &Path) -> Vec<(u64, u64)> {
    let db = rusqlite::Connection::open(path).unwrap();
    let mut statement = db.prepare("SELECT top_n, at_ms FROM contact ORDER BY top_n").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

fn pull(install: u64) -> PullRequest {
    serde_json::from_value(serde_json::json!({"install": Install(install), "top_n": 0})).unwrap()
}

#[test]
fn a_device_that_is_revoked_while_it_pulls_hears_that_it_is() {
    let mut server = server();
    let phone = device(&mut server, &grant("นก", Role::Worker, &[("water", "R01")]), 1);
    server.revoke("clerk", phone.device, NOON).unwrap();
    // Its token was looked at before.
    assert_eq!(problem(server.answer_pull(&phone, &pull(1), NOON)), Code::TokenRevoked);
}

#[test]
fn a_push_that_began_before_its_device_was_revoked_writes_nothing() {
    let mut server = server();
    let phone = device(&mut server, &grant("นก", Role::Worker, &[("water", "R01")]), 1);
    server.revoke("clerk", phone.device, NOON).unwrap();
    let head = serde_json::json!({"install": Install(1), "top_n": 1});
    let visit = serde_json::json!({"n": 1, "at": [NOON, 0], "wall": NOON, "by": "นก", "changes": [
        {"id": RecordId::new(NOON, [5; 10]), "kind": "visit", "cells": {"subject": subject("water", "R01"), "form": "visit"}}]});
    let before = server.figures().unwrap();
    let body = format!("{head}\n{visit}");
    assert_eq!(problem(server.answer_push(&phone, body.as_bytes(), NOON)), Code::TokenRevoked);
    assert_eq!(server.figures().unwrap(), before);
}

#[test]
fn a_code_that_hangs_elsewhere_tells_nobody_whose_it_is() {
    let mut server = server();
    let mut lek = Phone::enrolled(&mut server, &grant("เล็ก", Role::Worker, &[("care", "R01")]), 8);
    let mut nok = Phone::enrolled(&mut server, &grant("นก", Role::Worker, &[("water", "R01")]), 7);
    lek.binds(subject("care", "R01"), "SERIAL-9");
    lek.syncs(&mut server);
    nok.binds(subject("water", "R01"), "SERIAL-9");
    nok.syncs(&mut server);
    nok.syncs(&mut server);
    let card = nok.ask(api::Card { subject: subject("water", "R01"), today: "2026-11-18".into() });
    let said = serde_json::to_string(&card).unwrap();
    assert_eq!(card.questions.len(), 1);
    assert!(!said.contains("เล็ก") && !said.contains("care R01"), "{said}");
    let mut raw = Vec::new();
    nok.store.dump(None, &mut raw).unwrap();
    assert!(!String::from_utf8(raw).unwrap().contains("เล็ก"), "nor does it lie on the phone");
    // The office, which may see both, is told.
    let asked = call(&mut server, &clerk(), NOON, api::Questions { settled: false }).unwrap();
    let by: Vec<&str> = asked[0].question.choices.iter().map(|choice| choice.by.as_str()).collect();
    assert!(by.contains(&"เล็ก") && by.contains(&"นก"), "{by:?}");
}

#[test]
fn the_day_of_a_subject_made_under_a_wrong_clock_is_put_right_by_the_verdict() {
    let mut server = server();
    let mut nok = Phone::enrolled(&mut server, &grant("นก", Role::Worker, &[("water", "R01")]), 7);
    let wrong = NOON + 543 * 365 * DAY;
    let values = [("name".to_owned(), "ใหม่".into())].into();
    let new =
        api::CreateSubject { programme: "water".into(), zone: "R01".into(), values, code: None, place: None };
    let made = nok.ask_at(wrong, new).record;
    let due =
        |phone: &mut Phone| phone.ask(api::Card { subject: made, today: "2026-11-18".into() }).row.due_on;
    nok.syncs(&mut server);
    nok.syncs(&mut server);
    let right = call(&mut server, &clerk(), NOON, api::Card { subject: made, today: "2026-11-18".into() });
    assert_eq!(due(&mut nok), right.unwrap().row.due_on);
}

const PHOTO: &[u8] = &[0xff, 0xd8, 0xff, 0xe0, 1, 2, 3, 4, 5, 6];

fn keep(server: &mut Store, from: &Authenticated, bytes: &[u8]) {
    let hash = blake3::hash(bytes).to_hex().to_string();
    match server.put_blob_chunk(from, &hash, 0, bytes, true, NOON).unwrap() {
        Piece::Whole(bytes) => {
            let drawn = Drawn { bytes, thumbnail: b"low".to_vec() };
            server.keep_drawn(from.device, &hash, &drawn, NOON).unwrap();
        }
        Piece::Kept(reply) => assert!(reply.done),
    }
}

#[test]
fn nobody_goes_on_with_a_photo_that_somebody_else_sends_or_learns_that_it_is_here() {
    let mut server = server();
    let sender = device(&mut server, &grant("นก", Role::Worker, &[("water", "R01")]), 1);
    let thief = device(&mut server, &grant("โจร", Role::Worker, &[("water", "R02")]), 2);
    let hash = blake3::hash(PHOTO).to_hex().to_string();
    let put = |server: &mut Store, from: &Authenticated, offset, bytes: &[u8], last| {
        server.put_blob_chunk(from, &hash, offset, bytes, last, NOON)
    };
    put(&mut server, &sender, 0, &PHOTO[..4], false).unwrap();
    // What the thief adds is her own, and does not spoil what the sender began.
    assert_eq!(server.blob_state(&thief, &hash).unwrap().have, 0);
    assert_eq!(problem(put(&mut server, &thief, 0, b"\xff\xd8\xffnonsense", true)), Code::PhotoHash);
    assert_eq!(server.blob_state(&sender, &hash).unwrap().have, 4);
    let Piece::Whole(bytes) = put(&mut server, &sender, 4, &PHOTO[4..], true).unwrap() else { panic!() };
    let drawn = Drawn { bytes, thumbnail: b"low".to_vec() };
    server.keep_drawn(sender.device, &hash, &drawn, NOON).unwrap();
    assert!(server.blob_state(&sender, &hash).unwrap().done);
    let told = server.blob_state(&thief, &hash).unwrap();
    assert_eq!((told.have, told.done), (0, false), "it does not exist for her");
    // Who has the bytes may send them, too, and then sees them.
    keep(&mut server, &thief, PHOTO);
    assert!(server.may_see_photo(&thief.grant, thief.device, &hash).unwrap());
}

#[test]
fn a_name_that_was_overheard_shows_nobody_a_photo() {
    let mut server = server();
    let mut nok = Phone::enrolled(&mut server, &grant("นก", Role::Worker, &[("care", "R01")]), 7);
    let mut thief = Phone::enrolled(&mut server, &grant("โจร", Role::Worker, &[("water", "R01")]), 8);
    let mut colleague =
        Phone::enrolled(&mut server, &grant("เพื่อน", Role::Worker, &[("care", "R01"), ("care", "R02")]), 9);
    let hash = nok.store.keep_photo(PHOTO, "image/jpeg", NOON).unwrap();
    nok.visits(subject("care", "R01"), &[&hash]);
    nok.syncs(&mut server);
    let sees =
        |server: &mut Store, phone: &Phone| server.may_see_photo(&phone.grant, phone.device, &hash).unwrap();
    assert!(sees(&mut server, &nok) && sees(&mut server, &colleague) && !sees(&mut server, &thief));
    thief.visits(subject("water", "R01"), &[&hash]);
    thief.syncs(&mut server);
    assert!(!sees(&mut server, &thief), "naming it is not enough");
    let supervisor = grant("หัวหน้า", Role::Supervisor, &[("water", "_")]);
    assert!(!server.may_see_photo(&supervisor, DeviceNo(0), &hash).unwrap());
    let cells = [(format!("photos.{hash}"), true.into())].into();
    let change = Change { id: subject("water", "R01"), kind: kind::SUBJECT.into(), base_seq: Seq(0), cells };
    let new = NewCommit { changes: vec![change], ..NewCommit::default() };
    assert_eq!(problem(server.save(&supervisor, Now::thai(NOON), new)), Code::NotFound);
    // Who could see it may show it to those she works with elsewhere.
    colleague.syncs(&mut server);
    colleague.visits(subject("care", "R02"), &[&hash]);
    colleague.syncs(&mut server);
    assert!(server.may_see_photo(&grant("", Role::Worker, &[("care", "R02")]), DeviceNo(99), &hash).unwrap());
}

/// A phone and the little of a network that it needs.
struct Phone {
    store: Store,
    grant: Grant,
    device: DeviceNo,
}

impl Phone {
    fn enrolled(server: &mut Store, who: &Grant, seed: u64) -> Phone {
        let mut store = Store::in_memory(Kind::Device, common::entropy(seed)).unwrap();
        let text = code_of(server, "clerk", who, NOON);
        let ask = api::Enrol { text, server: Some("http://office".into()), name: who.person.clone() };
        let (address, call) = store::enrol_call(&store, &ask).unwrap();
        let reply = server.enrol(&serde_json::from_slice(&call.body).unwrap(), NOON).unwrap();
        store::absorb_enrol(&mut store, &address, common::json(&reply), Now::thai(NOON)).unwrap();
        let mut phone = Phone { store, grant: who.clone(), device: reply.device };
        phone.syncs(server);
        phone
    }

    fn ask<A: Ask>(&mut self, ask: A) -> A::Reply {
        self.ask_at(NOON, ask)
    }

    fn ask_at<A: Ask>(&mut self, now: u64, ask: A) -> A::Reply {
        A::unwrap(store::service::serve(&mut self.store, None, Now::thai(now), ask.wrap()).unwrap()).unwrap()
    }

    fn visits(&mut self, subject: RecordId, photos: &[&str]) -> RecordId {
        let saved = self.ask(api::SaveVisit {
            programme: self.grant.shelves[0].programme.clone(),
            form: "visit".into(),
            subject: Some(subject),
            zone: None,
            code: None,
            outcome: "done".into(),
            answers: Default::default(),
            photos: photos.iter().map(|hash| (*hash).to_owned()).collect(),
            place: None,
            registry: Vec::new(),
            supersedes: None,
            offset_minutes: 420,
        });
        saved.record
    }

    fn binds(&mut self, subject: RecordId, text: &str) {
        self.ask(api::BindCode {
            subject,
            text: text.into(),
            although_taken: true,
            is_makers: false,
            replaces: Vec::new(),
            place: None,
        });
    }

    fn syncs(&mut self, server: &mut Store) {
        let mut session = SyncSession::new(true);
        let mut answer = None;
        loop {
            match session.next(&mut self.store, answer.take(), Now::thai(NOON)) {
                Step::Call(call) => {
                    let from = server.authenticate(&call.bearer, NOON).unwrap();
                    answer = Some(match call.url.split_once("/v1/").unwrap().1 {
                        "push" => common::json(&server.answer_push(&from, &call.body, NOON).unwrap()),
                        "pull" => {
                            let request = serde_json::from_slice(&call.body).unwrap();
                            let body = server.answer_pull(&from, &request, NOON).unwrap();
                            HttpAnswer::Response {
                                status: 200,
                                content_type: "application/x-ndjson".into(),
                                body,
                            }
                        }
                        blob => {
                            let hash = blob.strip_prefix("blob/").unwrap().split('?').next().unwrap();
                            if !call.body.is_empty() {
                                keep(server, &from, &call.body);
                            }
                            common::json(&server.blob_state(&from, hash).unwrap())
                        }
                    });
                }
                Step::Done(_) => return,
                Step::Failed(problem) => panic!("{problem:?}"),
            }
        }
    }
}
