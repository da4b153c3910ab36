//! Home care over a real socket: findings that must reach somebody, people who left, and what a caregiver may say of whom.

use crate::office::signed_in;
use crate::world::{NOW, World};
use domain::access::Role;
use domain::api::{
    Ask, Card, EditSubject, EmergencyState, MoveOrder, NewEnrolment, OpenEmergency, OpenForm, Orders,
    OrdersReply, Reply, Request, Rescue, Round, SaveVisit,
};
use domain::change::{Change, Values, kind};
use domain::ids::{RecordId, Seq, Shelf};
use domain::problem::Problem;
use domain::schedule::Standing;
use serde_json::{Value, json};
use std::cell::RefCell;
use store::Store;

const HOUR: u64 = 3_600_000;
const TODAY: &str = "2026-11-21";

fn person(name: &str) -> RecordId {
    RecordId::derived("test", &[name.as_bytes()])
}

fn record(id: RecordId, kind: &str, cells: Value) -> Change {
    let cells: Values = serde_json::from_value(cells).unwrap();
    Change { id, kind: kind.to_owned(), base_seq: Seq(0), cells }
}

fn somebody(name: &str, mut cells: Value) -> Change {
    let fields = json!({"programme": "care", "zone": "M09", "name": name, "status": "active", "lat": 13.0, "lon": 100.6});
    for (field, value) in fields.as_object().unwrap() {
        cells.as_object_mut().unwrap().entry(field).or_insert(value.clone());
    }
    record(person(name), kind::SUBJECT, cells)
}

fn visited(name: &str, day: &str) -> Change {
    let cells = json!({
        "programme": "care", "zone": "M09", "subject": person(name), "form": "visit", "outcome": "done", "cycle": "",
        "at": format!("{day}T09:00:00+07:00"), "by": "นก",
    });
    record(RecordId::derived("test", &[b"visit", name.as_bytes(), day.as_bytes()]), kind::VISIT, cells)
}

/// A server with people of one area, and the codes of a caregiver and of a manager of that area.
fn start() -> (World, Vec<String>) {
    let codes = RefCell::new(Vec::new());
    let people = vec![
        somebody(
            "ก มาลี",
            json!({"ltc_group": "3", "tai": "I3", "devices": "ท่อเจาะคอ", "next_visit_on": "2026-11-21"}),
        ),
        somebody("ข สมใจ", json!({"ltc_group": "3"})),
        somebody("ค นัดไว้", json!({"ltc_group": "1", "next_visit_on": "2026-11-22"})),
        visited("ก มาลี", "2026-11-15"),
        visited("ข สมใจ", "2026-11-01"),
        visited("ค นัดไว้", "2026-11-20"),
    ];
    let world = World::start_with(
        |store| {
            store.import("test", people, NOW).unwrap();
            for (name, role) in [("นก", Role::Worker), ("ผู้จัดการ", Role::Supervisor)]
            {
                let shelves = vec![Shelf::new("care", "M09")];
                let request = NewEnrolment { person: name.to_owned(), role, shelves };
                codes.borrow_mut().push(store.new_enrolment("test", &request, NOW, 600_000).unwrap().0);
            }
        },
        None,
    );
    (world, codes.into_inner())
}

fn visit(name: &str, answers: Value) -> SaveVisit {
    SaveVisit {
        registry: Vec::new(),
        programme: "care".into(),
        form: "visit".into(),
        subject: Some(person(name)),
        zone: None,
        code: None,
        outcome: "done".into(),
        answers: serde_json::from_value(answers).unwrap(),
        photos: vec![],
        place: None,
        supersedes: None,
        offset_minutes: 420,
    }
}

fn try_ask<A: Ask>(world: &World, device: &mut Store, ask: A) -> Result<A::Reply, Problem> {
    store::service::serve(device, None, world.now(), ask.wrap()).and_then(A::unwrap)
}

fn flags(world: &World, cookie: &str) -> OrdersReply {
    let ask = Orders { urgent: true, limit: 50, ..Orders::default() };
    match world.call(cookie, Request::Orders(ask)).1.unwrap() {
        Reply::Orders(is) => is,
        other => panic!("{other:?}"),
    }
}

fn card(world: &World, device: &mut Store, name: &str) -> Values {
    world.ask(device, Card { subject: person(name), today: TODAY.to_owned() }).values
}

fn round(world: &World, device: &mut Store, standing: Vec<Standing>) -> Vec<String> {
    let ask = Round {
        programme: "care".into(),
        zone: None,
        standing,
        failed: None,
        today: TODAY.into(),
        offset: 0,
        limit: 50,
    };
    world.ask(device, ask).rows.into_iter().map(|row| row.heading).collect()
}

#[test]
fn what_is_found_after_the_office_answered_is_not_answered() {
    let (world, codes) = start();
    let cookie = signed_in(&world);
    let mut nok = world.device_by(&codes[0], 50);
    world.ask(&mut nok, visit("ก มาลี", json!({"spo2": 88, "red_flags": "spo2"})));
    world.sync(&mut nok).unwrap();
    let first = flags(&world, &cookie).rows[0].id;
    // The manager answers at nine; the caregiver has no signal and measures again at ten.
    let answer = MoveOrder {
        order: first,
        state: "answered".into(),
        note: "โทรหาลูกสาวแล้ว".into(),
        duplicate_of: None,
        place: None,
    };
    world.call(&cookie, Request::MoveOrder(answer)).1.unwrap();
    assert_eq!(flags(&world, &cookie).total, 0);
    world.pass(HOUR);
    let again = visit("ก มาลี", json!({"spo2": 85, "red_flags": "spo2 pulse", "note": "หอบ"}));
    let found_in = world.ask(&mut nok, again).record;
    world.pass(HOUR);
    world.sync(&mut nok).unwrap();
    let now = flags(&world, &cookie);
    assert_eq!((now.total, now.rows[0].state.as_str(), now.rows[0].severity.as_str()), (1, "open", "urgent"));
    assert_ne!(now.rows[0].id, first);
    assert_eq!(now.rows[0].topics, ["pulse", "spo2"]);
    assert_eq!(now.rows[0].opened_ms, NOW + HOUR, "it is as old as the finding");
    // Once, however often it is sent, and her own phone shows it too.
    world.sync(&mut nok).unwrap();
    let seen = world.ask(&mut nok, Orders { urgent: true, limit: 10, ..Orders::default() });
    assert_eq!((seen.total, seen.rows[0].id, seen.rows[0].reports), (1, now.rows[0].id, 1));
    let whole = world.ask(&mut nok, domain::api::Order { order: seen.rows[0].id });
    assert_eq!((whole.reports[0].note.as_str(), whole.reports[0].by.as_str()), ("หอบ", "นก"));
    assert_ne!(found_in, first);
    assert!(nok.verify_all().unwrap().is_empty());
}

#[test]
fn a_correction_raises_what_the_visit_did_not() {
    let (world, codes) = start();
    let cookie = signed_in(&world);
    let mut nok = world.device_by(&codes[0], 51);
    let typed = world.ask(&mut nok, visit("ก มาลี", json!({"spo2": 98}))).record;
    let right = SaveVisit {
        supersedes: Some(typed),
        ..visit("ก มาลี", json!({"spo2": 88, "red_flags": "spo2"}))
    };
    let right = world.ask(&mut nok, right).record;
    world.sync(&mut nok).unwrap();
    assert_eq!(flags(&world, &cookie).rows[0].topics, ["spo2"]);
    // Another word mended in the same visit is no second finding.
    let mended = SaveVisit {
        supersedes: Some(right),
        ..visit("ก มาลี", json!({"spo2": 88, "red_flags": "spo2", "problem": "ไอ"}))
    };
    world.ask(&mut nok, mended);
    world.sync(&mut nok).unwrap();
    let now = flags(&world, &cookie);
    assert_eq!((now.total, now.rows[0].reports), (1, 1));
}

#[test]
fn a_visit_does_not_begin_with_words_of_the_registry_that_mean_something_else() {
    let (world, codes) = start();
    let mut nok = world.device_by(&codes[0], 52);
    let ask = OpenForm {
        code: String::new(),
        programme: "care".into(),
        form: "visit".into(),
        subject: Some(person("ก มาลี")),
        corrects: None,
        today: TODAY.into(),
    };
    let opened = world.ask(&mut nok, ask);
    assert_eq!(opened.known.get("name").map(String::as_str), Some("ก มาลี"));
    assert_eq!((opened.known.get("devices"), opened.known.get("next_visit_on")), (None, None));
    let borrow = world.programme("equipment");
    let borrow = borrow.form("borrow").unwrap();
    assert_eq!(borrow.asks_anew, ["borrower", "due_back"], "who had it last does not borrow it now");
}

#[test]
fn oxygen_that_is_ticked_at_a_visit_ranks() {
    let (world, codes) = start();
    let mut nok = world.device_by(&codes[0], 53);
    world.ask(&mut nok, visit("ข สมใจ", json!({"devices": ["oxygen"], "oxygen_now": "true"})));
    assert_eq!(card(&world, &mut nok, "ข สมใจ")["oxygen"], json!(true));
}

#[test]
fn who_died_is_due_for_nothing_and_nobody_goes_in_for_her() {
    let (world, codes) = start();
    let cookie = signed_in(&world);
    let mut nok = world.device_by(&codes[0], 54);
    let mut manager = world.device_by(&codes[1], 55);
    let due = || vec![Standing::Overdue, Standing::Left];
    assert_eq!(
        round(&world, &mut nok, due()),
        ["ข สมใจ", "ก มาลี", "ค นัดไว้"],
        "who waits longest comes first, and tomorrow's appointment is on the list"
    );
    world.ask(&mut nok, SaveVisit { outcome: "died".into(), ..visit("ข สมใจ", json!({})) });
    let reply = world.sync(&mut nok).unwrap();
    assert_eq!(reply.status.refused, 0, "whoever stands at the door may say so");
    assert_eq!(round(&world, &mut nok, due()), ["ก มาลี", "ค นัดไว้"]);
    world.sync(&mut manager).unwrap();
    let told = card(&world, &mut manager, "ข สมใจ");
    assert_eq!((&told["status"], &told["discharge_on"]), (&json!("deceased"), &json!(TODAY)));
    let reason = OpenEmergency { reason: "ไฟไหม้ ซอย 3".into(), place: None };
    assert_eq!(world.ask(&mut manager, reason).people, 3, "two of the area and the world's own person");
    // The office moves somebody out: not due either.
    let edit = EditSubject {
        subject: person("ก มาลี"),
        values: [("status".to_owned(), "moved".into())].into(),
        base_seq: None,
        reason: None,
    };
    world.call(&cookie, Request::EditSubject(edit)).1.unwrap();
    world.sync(&mut nok).unwrap();
    assert_eq!(round(&world, &mut nok, due()), ["ค นัดไว้"]);
    assert!(nok.verify_all().unwrap().is_empty());
}

#[test]
fn a_judgement_is_no_caregivers_and_class_and_group_agree() {
    let (world, codes) = start();
    let cookie = signed_in(&world);
    let mut nok = world.device_by(&codes[0], 56);
    let edit = |field: &str, value: &str| EditSubject {
        subject: person("ก มาลี"),
        values: [(field.to_owned(), value.into())].into(),
        base_seq: None,
        reason: None,
    };
    for (field, value) in [
        ("tai", "B5"),
        ("ltc_group", "0"),
        ("urgency", "green"),
        ("status", "moved"),
        ("discharge_on", TODAY),
    ] {
        let refused = try_ask(&world, &mut nok, edit(field, value)).unwrap_err();
        assert_eq!(refused.code, domain::problem::Code::NotYourField, "{field}");
    }
    let office = |ask| world.call(&cookie, Request::EditSubject(ask)).1;
    let refused = office(edit("ltc_group", "1")).unwrap_err();
    assert_eq!(refused.detail.as_deref(), Some("tai"), "the class says otherwise");
    office(edit("tai", "I1")).unwrap();
    world.sync(&mut nok).unwrap();
    let now = card(&world, &mut nok, "ก มาลี");
    assert_eq!((&now["tai"], &now["ltc_group"]), (&json!("I1"), &json!("4")));
    // Where no class was picked yet the group is what the office says.
    let other = EditSubject { subject: person("ข สมใจ"), ..edit("ltc_group", "2") };
    office(other).unwrap();
}

#[test]
fn a_manager_of_one_area_finds_people_in_a_fire() {
    let (world, codes) = start();
    let mut manager = world.device_by(&codes[1], 57);
    assert!(world.ask(&mut manager, EmergencyState {}).may);
    world.ask(&mut manager, OpenEmergency { reason: "ไฟไหม้ ซอย 3".into(), place: None });
    let near = Rescue { lat: 13.0, lon: 100.6, radius_m: 300.0, unplaced: false };
    assert_eq!(world.ask(&mut manager, near).rows.len(), 3);
    let mut nok = world.device_by(&codes[0], 58);
    assert!(!world.ask(&mut nok, EmergencyState {}).may);
}
