//! What whoever holds one phone's token might push with a tool of their own, and what becomes of it: no one device can make the
//! server's work grow without end, write what only the office publishes, or speak for others. Each push is written by hand.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;
#[path = "hostile/heaps.rs"]
mod heaps;

use domain::access::{Grant, Role};
use domain::api::{self, Ask};
use domain::change::{Change, Values, kind};
use domain::ids::{Install, RecordId, Seq, Shelf};
use domain::problem::{Code, Problem};
use domain::programme::emergency::{Emergency, RankRule};
use domain::programme::{FieldKind, FormKind, Programme, Schedule, SubjectKind, WorkerMay};
use domain::question::Topic;
use domain::thai_date;
use domain::wire::{EnrolRequest, Fate, PushReply, TAKEN_DAYS};
use serde_json::{Value, json};
use store::{Authenticated, Drawn, Kind, Now, Piece, Store};

const NOON: u64 = 1_795_000_000_000;
const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

fn programme() -> Programme {
    let field = |id: &str| FieldKind { id: id.into(), worker_edits: true, ..Default::default() };
    Programme {
        id: "water".into(),
        version: 1,
        sensitive: true,
        subject: SubjectKind {
            fields: ["name", "group", "entrance_photo"].map(field).into(),
            heading: vec!["name".into()],
            search: vec!["name".into()],
            ..Default::default()
        },
        forms: vec![FormKind {
            id: "reading".into(),
            primary: true,
            once_per_cycle: true,
            schedule: Some(Schedule::Month { due_day: 25 }),
            ..Default::default()
        }],
        worker_may: WorkerMay { bind: true, create: true },
        emergency: Some(Emergency {
            rank: vec![RankRule {
                when: [("group".to_owned(), vec!["4".to_owned()])].into(),
                ..Default::default()
            }],
            photo: "entrance_photo".into(),
            open_hours: 2,
            mark_hours: 24,
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn house(at: u8) -> RecordId {
    RecordId::derived("house", &[&[at]])
}

/// A server with thirty houses of R01 and thirty of R02.
fn server() -> Store {
    let mut server = Store::in_memory(Kind::Server, common::entropy(1)).unwrap();
    server.set_municipality("ตำบลตัวอย่าง").unwrap();
    server.define_programme(&programme(), NOON).unwrap();
    let subject = |at: u8| Change {
        id: house(at),
        kind: kind::SUBJECT.into(),
        base_seq: Seq(0),
        cells: cells(json!({
            "programme": "water", "zone": if at < 30 { "R01" } else { "R02" },
            "name": format!("สมศรี {at}"), "lat": 13.0, "lon": 100.0 + f64::from(at) * 0.001,
        })),
    };
    server.import("demo", (0..60).map(subject).collect(), NOON).unwrap();
    server
}

fn cells(value: Value) -> Values {
    serde_json::from_value(value).unwrap()
}

/// Somebody with a token and a tool that writes pushes.
struct Hand {
    from: Authenticated,
    install: Install,
    person: String,
    n: u64,
}

impl Hand {
    fn new(server: &mut Store, person: &str, role: Role, shelves: Vec<Shelf>) -> Hand {
        let ask = api::NewEnrolment { person: person.into(), role, shelves };
        let (code, _) = server.new_enrolment("clerk", &ask, NOON, HOUR).unwrap();
        let install = Install(u64::from(blake3::hash(person.as_bytes()).as_bytes()[0]) + 1);
        let request = EnrolRequest {
            code,
            install,
            name: person.into(),
            top_n: 0,
            acked_n: 0,
            incarnation: None,
            unsent_of: None,
            unsent_mark: None,
        };
        let token = server.enrol(&request, NOON).unwrap().token;
        let from = server.authenticate(&token, NOON).unwrap();
        Hand { from, install, person: person.into(), n: 0 }
    }

    fn worker(server: &mut Store, person: &str) -> Hand {
        Hand::new(server, person, Role::Worker, vec![Shelf::new("water", "R01")])
    }

    /// Pushes each of these as a commit of its own.
    fn push(&mut self, server: &mut Store, changes: &[Value], now: u64) -> store::Result<PushReply> {
        let top = self.n + changes.len() as u64;
        let mut body = json!({"install": self.install, "top_n": top, "lowest_n": 1}).to_string();
        for change in changes {
            self.n += 1;
            let commit =
                json!({"n": self.n, "at": [now, 0], "wall": now, "by": self.person, "changes": [change]});
            body.push('\n');
            body.push_str(&commit.to_string());
        }
        server.answer_push(&self.from, body.as_bytes(), now)
    }

    /// What became of each; `None` was accepted.
    fn fates(&mut self, server: &mut Store, changes: &[Value], now: u64) -> Vec<Option<Code>> {
        let reply = self.push(server, changes, now).unwrap();
        assert_eq!(reply.verdicts.len(), changes.len());
        let fate = |fate: &Fate| match fate {
            Fate::Refused { code } => Some(*code),
            _ => None,
        };
        reply.verdicts.iter().map(|verdict| fate(&verdict.fate)).collect()
    }

    fn fate(&mut self, server: &mut Store, change: Value, now: u64) -> Option<Code> {
        self.fates(server, &[change], now).remove(0)
    }
}

fn id(at: u64) -> RecordId {
    let mut random = [9; 10];
    random[6..].copy_from_slice(&(at as u32).to_be_bytes());
    RecordId::new(NOON, random)
}

fn change(at: u64, kind: &str, cells: Value) -> Value {
    json!({"id": id(at), "kind": kind, "cells": cells})
}

fn reading(at: u64, of: u8, minute: u64, by: &str) -> Value {
    let moment = thai_date::iso(NOON + minute * MINUTE, 420);
    change(
        at,
        kind::VISIT,
        json!({"programme": "water", "zone": "R01", "subject": house(of), "form": "reading", "at": moment,
            "by": by, "outcome": "done", "cycle": "2026-11", "reading": minute}),
    )
}

fn claim(at: u64, of: u8, slip: &str) -> Value {
    change(
        at,
        kind::ENTRY,
        json!({"programme": "water", "zone": "R01", "subject": house(of), "at": thai_date::iso(NOON, 420),
            "by": "นก", "entry": "payment", "amount": 100, "means": {"slip": {"bank": "014", "trans_ref": slip}}}),
    )
}

fn clerk() -> Grant {
    Grant { person: "ปราณี".into(), role: Role::Clerk, shelves: vec![Shelf::common("water")] }
}

fn call<A: Ask>(server: &mut Store, who: &Grant, now: u64, ask: A) -> Result<A::Reply, Problem> {
    A::unwrap(store::service::serve(server, Some(who), Now::thai(now), ask.wrap())?)
}

fn audit(server: &Store, what: &str) -> Vec<String> {
    let mut rows = Vec::new();
    server
        .each_audit_row(0, |row| {
            if row.what == what {
                rows.push(format!("{}: {}", row.who, row.about));
            }
        })
        .unwrap();
    rows
}

fn accepted(fates: &[Option<Code>]) -> usize {
    assert!(fates.iter().flatten().all(|code| *code == Code::TooMuch), "{fates:?}");
    fates.iter().filter(|fate| fate.is_none()).count()
}

#[test]
fn one_slip_and_one_account_are_claimed_so_often_and_no_more() {
    let mut server = server();
    let mut nok = Hand::worker(&mut server, "นก");
    // Of one account so many a day, of whatever slip.
    let often: Vec<Value> = (0..60).map(|at| claim(at, 0, "A")).collect();
    assert_eq!(accepted(&nok.fates(&mut server, &often, NOON)), 40);
    // And of one slip so many in all.
    let apart: Vec<Value> = (100..130).map(|at| claim(at, 1 + (at % 20) as u8, "A")).collect();
    assert_eq!(accepted(&nok.fates(&mut server, &apart, NOON)), 10);
    assert_eq!(nok.fate(&mut server, claim(200, 1, "B"), NOON), None, "another slip is another payment");
    assert_eq!(nok.fate(&mut server, claim(201, 0, "C"), NOON + 2 * HOUR), Some(Code::TooMuch));
    assert_eq!(nok.fate(&mut server, claim(202, 0, "C"), NOON + DAY + 1), None, "tomorrow is another day");
    assert_eq!(server.verify_all().unwrap(), []);
}

#[test]
fn an_entry_says_what_happened_and_kinds_of_a_newer_app_are_kept() {
    let mut server = server();
    let mut nok = Hand::worker(&mut server, "นก");
    for (name, value) in [("entry", json!("gift")), ("entry", json!(null)), ("amount", json!("much"))] {
        let mut shapeless = claim(1, 0, "A");
        shapeless["cells"][name] = value;
        assert_eq!(nok.fate(&mut server, shapeless, NOON), Some(Code::BadRecord), "{name}");
    }
    assert_eq!(nok.fate(&mut server, claim(1, 0, "A"), NOON), None);
    let newer = change(2, "account", json!({"programme": "water", "zone": "R01", "subject": house(0)}));
    assert_eq!(nok.fate(&mut server, newer, NOON), None);
    assert_eq!(server.verify_all().unwrap(), []);
}

#[test]
fn one_meter_is_read_so_often_in_a_month_and_others_still_read_it() {
    let mut server = server();
    let (mut nok, mut lek) = (Hand::worker(&mut server, "นก"), Hand::worker(&mut server, "เล็ก"));
    let often: Vec<Value> = (0..60).map(|at| reading(at, 0, at, "นก")).collect();
    assert_eq!(accepted(&nok.fates(&mut server, &often, NOON + HOUR)), 20);
    assert_eq!(lek.fate(&mut server, reading(100, 0, 70, "เล็ก"), NOON + 2 * HOUR), None);
    // At one moment as well, whatever cycle they say.
    let mut same: Vec<Value> = (200..260).map(|at| reading(at, 1, 0, "นก")).collect();
    for (at, visit) in same.iter_mut().enumerate() {
        visit["cells"]["cycle"] = json!(format!("cycle {at}"));
    }
    assert_eq!(accepted(&nok.fates(&mut server, &same, NOON + HOUR)), 20);
    let mut asked = call(&mut server, &clerk(), NOON + 3 * HOUR, api::Questions::default()).unwrap();
    assert_eq!(asked.len(), 21, "and each of those is asked about: it is of no cycle");
    asked.retain(|row| row.question.topic != Topic::Approval);
    assert_eq!(asked[0].question.choices.len(), 21, "every one of them can be chosen");
    // Who read twice does not say herself which counts.
    assert_eq!(asked[0].question.topic, Topic::TwoVisits);
    let value = asked[0].question.choices[3].value.clone();
    let settle =
        json!({"id": asked[0].id, "kind": "question", "cells": {"settled": {"value": value, "by": "นก"}}});
    assert_eq!(nok.fate(&mut server, settle, NOON + 4 * HOUR), Some(Code::Forbidden));
    call(&mut server, &clerk(), NOON + 5 * HOUR, api::Settle { question: asked[0].id, value }).unwrap();
    assert_eq!(server.verify_all().unwrap(), []);
}

#[test]
fn one_code_hangs_on_so_many_and_no_more() {
    let mut server = server();
    let mut nok = Hand::worker(&mut server, "นก");
    let bind = |at: u8| json!({"id": house(at), "kind": "subject", "cells": {"codes.SN-1": true}});
    let all: Vec<Value> = (0..30).map(bind).collect();
    assert_eq!(accepted(&nok.fates(&mut server, &all, NOON)), 20);
}

#[test]
fn a_record_does_not_grow_without_end() {
    let mut server = server();
    let mut nok = Hand::worker(&mut server, "นก");
    let mut grow = |name: &str, parts: u32, bytes: usize| {
        let mut all = json!({"programme": "water", "zone": "R01"});
        for part in 0..parts {
            all[format!("{name} {part}")] = "0".repeat(bytes).into();
        }
        nok.fate(&mut server, change(1, "of a newer app", all), NOON)
    };
    assert_eq!(grow("a", 3, 250_000), None);
    assert_eq!(grow("b", 1, 100_000), None);
    assert_eq!(grow("c", 2, 150_000), Some(Code::TooMuch));
    assert_eq!(grow("a", 3, 240_000), None, "to change what is there is no growth");
    assert_eq!(grow("d", 900, 1), None);
    assert_eq!(grow("e", 900, 1), None);
    assert_eq!(grow("f", 900, 1), Some(Code::TooMuch));
    let photo = json!({"photos.x": "0".repeat(9)});
    let photo = json!({"id": house(1), "kind": "subject", "cells": photo});
    assert_eq!(nok.fate(&mut server, photo, NOON), Some(Code::BadRecord), "a photo is named or not");
}

#[test]
fn a_definition_comes_from_the_office_only_and_leaves_a_trace() {
    let mut server = server();
    let defined = audit(&server, "programme defined");
    assert_eq!(defined.len(), 1);
    assert!(defined[0].starts_with(": water 1 ") && defined[0].len() > 64, "{defined:?}");
    let mut clerk = Hand::new(&mut server, "ปราณี", Role::Clerk, vec![Shelf::common("water")]);
    let other = Programme { sensitive: false, version: 2, ..programme() };
    let own = RecordId::derived("programme", &[b"water"]);
    let define = |id: RecordId| {
        json!({"id": id, "kind": "programme",
            "cells": {"programme": "water", "version": 2, "definition": other}})
    };
    assert_eq!(clerk.fate(&mut server, define(own), NOON), Some(Code::Forbidden));
    assert_eq!(clerk.fate(&mut server, define(id(1)), NOON), Some(Code::Forbidden));
    assert!(server.programmes()["water"].sensitive);
    server.define_programme(&other, NOON).unwrap();
    let defined = audit(&server, "programme defined");
    assert!(defined.len() == 2 && defined[1].starts_with(": water 2 "), "{defined:?}");
}

#[test]
fn a_team_marks_in_its_own_name_after_it_gave_a_reason_and_not_for_ever() {
    let mut server = server();
    let shelf = vec![Shelf::emergency("water")];
    let mut team = Hand::new(&mut server, "ทีม ก", Role::Worker, shelf);
    let year_2100 = 4_102_444_800_000u64;
    let beacon = RecordId::derived("beacon", &[house(0).bytes()]);
    let mark = |by: &str, at_ms: u64| json!({"id": beacon, "kind": "beacon", "cells": {"mark": {"fate": "reached", "by": by, "at_ms": at_ms}}});
    let access = |at: u64, reason: &str, from: u64, until: u64| {
        change(
            at,
            kind::ACCESS,
            json!({"programme": "water", "by": "ทีม ก", "reason": reason, "from_ms": from, "until_ms": until}),
        )
    };
    assert_eq!(team.fate(&mut server, mark("ทีม ก", NOON), NOON), Some(Code::EmergencyShut));
    for bad in [
        access(1, "ไฟไหม้", NOON, year_2100),
        access(2, "ไฟ", NOON, NOON + HOUR),
        access(3, "ไฟไหม้", NOON, NOON - 1),
    ] {
        assert_eq!(team.fate(&mut server, bad, NOON), Some(Code::BadRecord));
    }
    // A clock in another year is no reason to refuse honest work; it only has no say in how long it counts.
    assert_eq!(team.fate(&mut server, access(4, "น้ำท่วม", year_2100, year_2100 + 20 * HOUR), NOON), None);
    assert_eq!(team.fate(&mut server, mark("ทีม ข", year_2100), NOON), Some(Code::Forbidden));
    assert_eq!(team.fate(&mut server, mark("ทีม ก", NOON), NOON), Some(Code::EmergencyShut));
    assert_eq!(team.fate(&mut server, mark("ทีม ก", year_2100), NOON), None);
    let not_a_mark = json!({"id": beacon, "kind": "beacon", "cells": {"mark": "reached"}});
    assert_eq!(team.fate(&mut server, not_a_mark, NOON), Some(Code::BadRecord));
    // Open from when it came in, for the programme's two hours; not for twenty, and not in the year 2100.
    let own = Grant {
        person: "ทีม ก".into(), role: Role::Supervisor, shelves: vec![Shelf::common("water")]
    };
    let until = |server: &mut Store, now| {
        call(server, &own, now, api::EmergencyState {}).unwrap().until_ms.map(|until| until - NOON)
    };
    assert_eq!(until(&mut server, NOON + HOUR), Some(2 * HOUR));
    assert_eq!(until(&mut server, NOON + 3 * HOUR), None);
    let marked = |server: &mut Store, now| {
        let reason = api::OpenEmergency { reason: "น้ำท่วม".into(), place: None };
        call(server, &own, now, reason).unwrap();
        let near = api::Rescue { lat: 13.0, lon: 100.0, radius_m: 50.0, unplaced: false };
        let found = call(server, &own, now, near).unwrap();
        found.rows.into_iter().find(|row| row.id == beacon).unwrap().mark.map(|mark| mark.at_ms)
    };
    assert_eq!(marked(&mut server, NOON + HOUR), Some(NOON));
    assert_eq!(marked(&mut server, NOON + DAY + HOUR), None, "tomorrow's flood is another one");
    // Nor does one person fill the list of reasons.
    let many: Vec<Value> = (100..160).map(|at| access(at, "น้ำท่วม", NOON, NOON + HOUR)).collect();
    assert!(accepted(&team.fates(&mut server, &many, NOON)) < 40);
}

#[test]
fn who_was_there_once_does_not_write_there_for_ever() {
    let mut server = server();
    let mut nok = Hand::worker(&mut server, "นก");
    let moves = |server: &mut Store, of: u8, now: u64| {
        let values = [("zone".to_owned(), "R02".into())].into();
        let edit = api::EditSubject { subject: house(of), values, base_seq: None, reason: None };
        call(server, &clerk(), now, edit).unwrap();
    };
    moves(&mut server, 0, NOON + HOUR);
    assert_eq!(nok.fate(&mut server, reading(1, 0, 1, "นก"), NOON + 20 * DAY), None, "she could not know");
    let late = NOON + (TAKEN_DAYS + 1) * DAY;
    moves(&mut server, 1, late);
    assert_eq!(nok.fate(&mut server, reading(2, 0, 2, "นก"), late + HOUR), Some(Code::NotYourShelf));
    assert_eq!(nok.fate(&mut server, reading(3, 1, 3, "นก"), late + HOUR), None);
    assert_eq!(server.verify_all().unwrap(), []);
}

#[test]
fn what_is_refused_does_not_fill_the_server() {
    let mut server = server();
    let mut nok = Hand::worker(&mut server, "นก");
    let bad = |at: u64| {
        change(at, "note", json!({"programme": "water", "zone": "R02", "text": "0".repeat(100_000)}))
    };
    let all: Vec<Value> = (0..120).map(bad).collect();
    for _ in 0..2 {
        nok.push(&mut server, &all, NOON).unwrap();
    }
    let kept = call(&mut server, &clerk(), NOON, api::Refused {}).unwrap();
    assert_eq!(kept.len(), 240, "that they came is known");
    assert!(kept.iter().all(|row| row.content.len() <= 64 * 1024));
    assert_eq!(kept.iter().filter(|row| !row.content.is_empty()).count(), 200);
    nok.push(&mut server, &[bad(1)], NOON + 2 * DAY).unwrap();
    let kept = call(&mut server, &clerk(), NOON, api::Refused {}).unwrap();
    assert_eq!(kept.iter().filter(|row| !row.content.is_empty()).count(), 201, "another day");
}

#[test]
fn a_phone_is_copied_so_often_and_then_the_office_enrols_it() {
    let mut server = server();
    let mut nok = Hand::worker(&mut server, "นก");
    nok.push(&mut server, &[change(1, "note", json!({"programme": "water", "zone": "R01"}))], NOON).unwrap();
    for at in 0..8 {
        nok.n = 0;
        let other = change(10 + at, "note", json!({"programme": "water", "zone": "R01", "at": at}));
        let reply = nok.push(&mut server, &[other], NOON);
        match at < 5 {
            true => assert!(reply.unwrap().renamed.is_some()),
            false => assert_eq!(Problem::from(reply.unwrap_err()).code, Code::TokenUnknown),
        }
    }
    assert_eq!(server.devices().unwrap().len(), 6);
}

#[test]
fn numbers_that_are_left_out_are_one_row_of_the_audit() {
    let mut server = server();
    let nok = Hand::worker(&mut server, "นก");
    for round in 0..3u64 {
        let mut body = json!({"install": nok.install, "top_n": 9_000, "lowest_n": 9_000}).to_string();
        for at in 0..50 {
            let n = round * 1_000 + 2 * at + 2;
            let note = change(n, "note", json!({"programme": "water", "zone": "R01"}));
            let commit = json!({"n": n, "at": [NOON, 0], "wall": NOON, "by": "นก", "changes": [note]});
            body.push_str(&format!("\n{commit}"));
        }
        let reply = server.answer_push(&nok.from, body.as_bytes(), NOON + round * MINUTE).unwrap();
        assert_eq!(reply.verdicts.len(), 50);
    }
    let gaps = audit(&server, "gap accepted");
    assert_eq!(gaps, [format!(": {} 0..2 and 49 more", nok.from.device.0)]);
}

#[test]
fn the_name_of_a_photo_that_is_written_as_a_way_in_shows_it_to_nobody() {
    let mut server = server();
    let mut thief = Hand::new(
        &mut server,
        "โจร",
        Role::Worker,
        vec![Shelf::new("water", "R01"), Shelf::emergency("water")],
    );
    let mut lek = Hand::new(&mut server, "เล็ก", Role::Worker, vec![Shelf::new("water", "R02")]);
    let photo = [0xff, 0xd8, 0xff, 0xe0, 1, 2, 3];
    let hash = blake3::hash(&photo).to_hex().to_string();
    let Piece::Whole(bytes) = server.put_blob_chunk(&lek.from, &hash, 0, &photo, true, NOON).unwrap() else {
        panic!("it is whole")
    };
    let drawn = Drawn { bytes, thumbnail: b"small".to_vec() };
    server.keep_drawn(lek.from.device, &hash, &drawn, NOON).unwrap();
    let way_in = |of: u8| json!({"id": house(of), "kind": "subject", "cells": {"entrance_photo": hash}});
    // She heard the name, and writes it as the way in of somebody of her own.
    assert_eq!(thief.fate(&mut server, way_in(1), NOON), None);
    assert!(!server.may_see_photo(&thief.from.grant, thief.from.device, &hash).unwrap());
    // Who took it writes it where it belongs: then every rescuer sees it, and she is one.
    assert_eq!(lek.fate(&mut server, way_in(40), NOON), None);
    assert!(server.may_see_photo(&thief.from.grant, thief.from.device, &hash).unwrap());
    // Nor at the office: of another programme's clerk it is not asked, of a supervisor of another area it is.
    let area =
        Grant { person: "ผจก".into(), role: Role::Supervisor, shelves: vec![Shelf::new("other", "X")] };
    assert!(!server.may_see_photo(&area, domain::ids::DeviceNo::SERVER, &hash).unwrap());
}

#[test]
fn a_photo_of_elsewhere_is_not_what_a_pole_looks_like_after_the_work() {
    let mut server = server();
    let lights = programmes::all().unwrap().into_iter().find(|programme| programme.id == "lights").unwrap();
    server.define_programme(&lights, NOON).unwrap();
    let pole = Change {
        id: RecordId::derived("pole", &[]),
        kind: kind::SUBJECT.into(),
        base_seq: Seq(0),
        cells: cells(json!({"programme": "lights", "zone": "F1", "pole_no": "7"})),
    };
    let pole_id = pole.id;
    server.import("demo", vec![pole], NOON).unwrap();
    let token = server.report_as_citizen(pole_id, None, &["off".to_owned()], Now::thai(NOON)).unwrap();
    let order = server.track(&token).unwrap().unwrap().order;
    let mut lek = Hand::worker(&mut server, "เล็ก");
    let mut technician = Hand::new(&mut server, "ช่าง", Role::Worker, vec![Shelf::new("lights", "F1")]);
    let sends = |server: &mut Store, who: &Hand, photo: &[u8]| {
        let hash = blake3::hash(photo).to_hex().to_string();
        let Piece::Whole(bytes) = server.put_blob_chunk(&who.from, &hash, 0, photo, true, NOON).unwrap()
        else {
            panic!("it is whole")
        };
        let drawn = Drawn { bytes, thumbnail: b"small".to_vec() };
        server.keep_drawn(who.from.device, &hash, &drawn, NOON).unwrap();
        hash
    };
    let of_a_patient = sends(&mut server, &lek, &[0xff, 0xd8, 0xff, 1]);
    let patient =
        json!({"id": house(1), "kind": "subject", "cells": {format!("photos.{of_a_patient}"): true}});
    assert_eq!(lek.fate(&mut server, patient, NOON), None);
    let after = |hash: &str| {
        json!({"id": order, "kind": "order",
            "cells": {format!("photos.{hash}"): true, format!("photo_roles.{hash}"): "after"}})
    };
    assert_eq!(technician.fate(&mut server, after(&of_a_patient), NOON), None);
    assert_eq!(server.track(&token).unwrap().unwrap().after, None, "she never had it, and may not see it");
    let own = sends(&mut server, &technician, &[0xff, 0xd8, 0xff, 2]);
    assert_eq!(technician.fate(&mut server, after(&own), NOON), None);
    assert_eq!(server.track(&token).unwrap().unwrap().after, Some(own));
}

#[test]
fn a_half_filled_form_stays_with_whoever_fills_it() {
    let mut server = server();
    let key = |subject, corrects| api::DraftKey {
        code: String::new(),
        programme: "water".into(),
        form: "reading".into(),
        subject,
        corrects,
    };
    let keep =
        api::KeepDraft { begun: None, key: key(Some(house(1)), None), draft: Some(json!({"half": 1})) };
    assert_eq!(call(&mut server, &clerk(), NOON, keep).unwrap_err().code, Code::Forbidden);
    let stranger =
        Grant { person: "ก".into(), role: Role::Supervisor, shelves: vec![Shelf::common("care")] };
    let open = api::OpenForm {
        code: String::new(),
        programme: "water".into(),
        form: "reading".into(),
        subject: None,
        corrects: None,
        today: "2026-11-18".into(),
    };
    assert_eq!(call(&mut server, &stranger, NOON, open).unwrap_err().code, Code::FormMissing);
    let ask = api::NewEnrolment {
        person: "นก".into(),
        role: Role::Worker,
        shelves: vec![Shelf::new("water", "R01")],
    };
    let mut phone = common::enrolled(&mut server, &ask, "นก", 7, NOON);
    common::sync(&mut server, &mut phone, NOON);
    let keep =
        api::KeepDraft { begun: None, key: key(None, Some(house(1))), draft: Some(json!({"half": 1})) };
    let kept = store::service::serve(&mut phone, None, Now::thai(NOON), keep.wrap());
    assert_eq!(kept.unwrap_err().code, Code::NotFound, "it would lie where that subject's own draft lies");
}

#[test]
fn a_half_filled_form_of_a_version_that_kept_it_at_the_office_is_shown_to_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("office.db");
    server().backup(&path).unwrap();
    let file = rusqlite::Connection::open(&path).unwrap();
    let kept =
        "INSERT INTO draft (programme, form, subject, body, kept) VALUES ('water', 'reading', ?1, '{}', 1)";
    assert_eq!(file.execute(kept, [house(1).bytes()]).unwrap(), 1);
    drop(file);
    let mut server = Store::open(&path, Kind::Server, common::entropy(9), NOON).unwrap();
    assert_eq!(call(&mut server, &clerk(), NOON, api::Drafts {}).unwrap(), []);
    assert_eq!(call(&mut server, &clerk(), NOON, api::Status {}).unwrap().drafts, 0);
}

#[test]
fn how_many_were_read_is_in_the_audit_also_of_what_a_phone_was_given() {
    let mut server = server();
    let ask = api::NewEnrolment {
        person: "นก".into(),
        role: Role::Worker,
        shelves: vec![Shelf::new("water", "R01")],
    };
    let mut phone = common::enrolled(&mut server, &ask, "นก", 7, NOON);
    common::sync(&mut server, &mut phone, NOON);
    common::sync(&mut server, &mut phone, NOON + HOUR);
    assert_eq!(audit(&server, "pulled"), [format!("นก: water/R01 to {}: 30", phone.device().0)]);
    let look =
        api::Registry { programme: "water".into(), equals: Some(("name".into(), house(1).to_string())) };
    call(&mut server, &clerk(), NOON, look).unwrap();
    call(&mut server, &clerk(), NOON, api::Registry { programme: "water".into(), equals: None }).unwrap();
    assert_eq!(audit(&server, "registry looked up"), ["ปราณี: water: 1", "ปราณี: water: 60"]);
    // The places of the emergency view, letter by letter.
    let reason = api::OpenEmergency { reason: "น้ำท่วม".into(), place: None };
    call(&mut server, &clerk(), NOON, reason).unwrap();
    for text in ["สมศรี 1", "สมศรี 2", "สมศรี 3", "สมศรี 4", "สมศรี"]
    {
        let places = api::EmergencyPlaces { text: text.into() };
        assert!(!call(&mut server, &clerk(), NOON, places).unwrap().is_empty());
    }
    let places = audit(&server, "emergency places viewed");
    assert!(places.len() >= 2 && places.iter().all(|row| row.starts_with("ปราณี: ")), "{places:?}");
}
