//! The emergency view over a real socket: what reaches a rescuer's phone and what never does, the reason, the two hours, two
//! teams without signal, and who sees whom.

use crate::office::signed_in;
use crate::world::{NOW, World};
use domain::access::Role;
use domain::api::{
    Ask, Card, EmergencyPlaces, EmergencyState, Home, Login, MarkRescue, NewEnrolment, OpenEmergency, Photo,
    PutAccount, Reply, Request, Rescue, RescueReply, Round, SaveVisit, Search,
};
use domain::change::{Change, Values, kind};
use domain::ids::{RecordId, Seq, Shelf};
use domain::problem::Code;
use domain::programme::emergency::Fate;
use serde_json::{Value, json};
use std::cell::RefCell;
use store::Store;

const HERE: (f64, f64) = (13.0, 100.6);
const TODAY: &str = "2026-11-21";

fn person(name: &str) -> RecordId {
    RecordId::derived("test", &[name.as_bytes()])
}

fn subject(name: &str, zone: &str, north_m: f64, mut cells: Value) -> Change {
    let fields = json!({
        "programme": "care", "zone": zone, "prename": "นาง", "name": name, "cid": "1234545678781", "hn": "HN-77",
        "disease": "เบาหวาน-ลับ", "lat": HERE.0 + north_m / 111_195.0, "lon": HERE.1, "house_no": "12/3",
    });
    for (field, value) in fields.as_object().unwrap() {
        cells.as_object_mut().unwrap().entry(field).or_insert(value.clone());
    }
    let cells: Values = serde_json::from_value(cells).unwrap();
    Change { id: person(name), kind: kind::SUBJECT.to_owned(), base_seq: Seq(0), cells }
}

fn people() -> Vec<Change> {
    vec![
        subject("ใกล้ เดินได้", "M01", 10.0, json!({})),
        subject(
            "ไกล ติดเตียง",
            "M02",
            250.0,
            json!({"ltc_group": "4", "adl": 1, "carer_phone": "0000000001", "place_note": "รั้วสีเขียว"}),
        ),
        subject("กลาง ออกซิเจน", "M02", 120.0, json!({"ltc_group": "3", "oxygen": true})),
        subject("กลาง ติดเตียง", "M01", 90.0, json!({"ltc_group": "3"})),
        subject("นอกวง", "M01", 900.0, json!({"ltc_group": "4"})),
        subject("ย้ายไป", "M01", 20.0, json!({"ltc_group": "4", "status": "moved"})),
        subject("ไม่มีพิกัด", "M02", 0.0, json!({"ltc_group": "4", "lat": null, "lon": null})),
    ]
}

/// A server with people, and codes for devices: a caregiver of one area with the right, two rescuers with nothing else, and
/// a caregiver without the right.
fn start() -> (World, Vec<String>) {
    let codes = RefCell::new(Vec::new());
    let world = World::start_with(
        |store| {
            store.import("test", people(), NOW).unwrap();
            for (name, shelves) in [
                ("นก", vec![Shelf::new("care", "M01"), Shelf::emergency("care")]),
                ("ทีม ก", vec![Shelf::emergency("care")]),
                ("ทีม ข", vec![Shelf::new("water", "R01"), Shelf::emergency("care")]),
                ("หน่อย", vec![Shelf::new("care", "M02")]),
            ] {
                let request = NewEnrolment { person: name.to_owned(), role: Role::Worker, shelves };
                codes.borrow_mut().push(store.new_enrolment("test", &request, NOW, 600_000).unwrap().0);
            }
        },
        None,
    );
    (world, codes.into_inner())
}

fn near(radius_m: f64) -> Rescue {
    Rescue { lat: HERE.0, lon: HERE.1, radius_m, unplaced: false }
}

fn try_ask<A: Ask>(world: &World, device: &mut Store, ask: A) -> Result<A::Reply, Code> {
    store::service::serve(device, None, world.now(), ask.wrap())
        .and_then(A::unwrap)
        .map_err(|problem| problem.code)
}

fn open(world: &World, device: &mut Store) {
    let opened = world.ask(device, OpenEmergency { reason: "ไฟไหม้ ซอย 3".into(), place: None });
    assert!(opened.until_ms.is_some());
}

fn names(found: &RescueReply) -> Vec<&str> {
    found.rows.iter().map(|row| row.heading.trim_start_matches("นาง ")).collect()
}

#[test]
fn a_rescuer_without_signal_sees_who_comes_first_after_a_reason() {
    let (world, codes) = start();
    let mut team = world.device_by(&codes[1], 31);
    // From here on nothing is carried to the server.
    assert_eq!(try_ask(&world, &mut team, near(300.0)).unwrap_err(), Code::EmergencyShut);
    assert_eq!(
        try_ask(&world, &mut team, OpenEmergency { reason: "ไฟ".into(), place: None }).unwrap_err(),
        Code::EmergencyShut,
        "two letters are no reason"
    );
    open(&world, &mut team);
    let found = world.ask(&mut team, near(300.0));
    assert_eq!(names(&found), ["ไกล ติดเตียง", "กลาง ออกซิเจน", "กลาง ติดเตียง", "ใกล้ เดินได้"]);
    let first = &found.rows[0];
    assert!((first.distance_m.unwrap() - 250.0).abs() < 1.0);
    assert_eq!(first.values["carer_phone"], "0000000001");
    assert_eq!(first.values["place_note"], "รั้วสีเขียว");
    let unplaced = world.ask(&mut team, Rescue { unplaced: true, ..near(300.0) });
    assert_eq!(names(&unplaced), ["ไม่มีพิกัด", "มาลี ทองตัวอย่างดี"], "the world's own person has no place");
    let state = world.ask(&mut team, EmergencyState {});
    assert_eq!(
        (state.people, state.unplaced),
        (7, 2),
        "whoever moved away is not looked for; the world's own person is"
    );
    let places = world.ask(&mut team, EmergencyPlaces { text: "12/3".into() });
    assert_eq!(places.len(), 5, "{places:?}");
    // Two hours later it is closed, and opens again with another reason.
    world.pass(2 * 3_600_000 + 1);
    assert_eq!(try_ask(&world, &mut team, near(300.0)).unwrap_err(), Code::EmergencyShut);
    let id = first.id;
    let mark = MarkRescue { id, fate: Fate::Reached, note: String::new(), place: None };
    assert_eq!(try_ask(&world, &mut team, mark).unwrap_err(), Code::EmergencyShut);
    open(&world, &mut team);
    assert_eq!(world.ask(&mut team, near(300.0)).rows.len(), 4);
}

#[test]
fn nothing_but_the_named_fields_leaves_its_shelf() {
    let (world, codes) = start();
    let mut team = world.device_by(&codes[1], 32);
    let mut dump = Vec::new();
    team.dump(None, &mut dump).unwrap();
    let dump = String::from_utf8(dump).unwrap();
    assert!(dump.contains("ไกล ติดเตียง"));
    for secret in ["1234545678781", "HN-77", "เบาหวาน-ลับ", "ย้ายไป"] {
        assert!(!dump.contains(secret), "{secret}");
    }
    // She has no card, no round and no search of them, and the programme is not on her home screen.
    let card = Card { subject: person("ไกล ติดเตียง"), today: TODAY.into() };
    assert_eq!(try_ask(&world, &mut team, card).unwrap_err(), Code::NotFound);
    assert_eq!(world.ask(&mut team, Home { today: TODAY.into() }), []);
    let search =
        Search { text: "ติดเตียง".into(), programme: None, today: TODAY.into(), limit: 10 };
    assert_eq!(world.ask(&mut team, search), []);
}

#[test]
fn a_caregiver_sees_her_own_people_and_nobody_elses() {
    let (world, codes) = start();
    let mut nok = world.device_by(&codes[0], 33);
    let mut noy = world.device_by(&codes[3], 34);
    let round = |zone| Round {
        programme: "care".into(),
        zone,
        standing: vec![],
        failed: None,
        today: TODAY.into(),
        offset: 0,
        limit: 50,
    };
    assert_eq!(world.ask(&mut nok, round(None)).total, 4 + 1, "the world's own person is in the same area");
    assert_eq!(world.ask(&mut noy, round(None)).total, 3);
    let other = Card { subject: person("ไกล ติดเตียง"), today: TODAY.into() };
    assert_eq!(try_ask(&world, &mut nok, other).unwrap_err(), Code::NotFound);
    // Who has no right to the emergency view cannot open it with any reason.
    let reason = OpenEmergency { reason: "ไฟไหม้ ซอย 3".into(), place: None };
    assert_eq!(try_ask(&world, &mut noy, reason).unwrap_err(), Code::Forbidden);
    assert!(!world.ask(&mut noy, EmergencyState {}).may);
    // Nor may she pick a class: that is the care manager's judgement.
    let tai = SaveVisit {
        registry: Vec::new(),
        programme: "care".into(),
        form: "tai".into(),
        subject: Some(person("กลาง ติดเตียง")),
        zone: None,
        code: None,
        outcome: "done".into(),
        answers: serde_json::from_value(json!({"tai_class": "I3", "ltc_group": "3"})).unwrap(),
        photos: vec![],
        place: None,
        supersedes: None,
        offset_minutes: 420,
    };
    assert_eq!(try_ask(&world, &mut nok, tai).unwrap_err(), Code::NotYourField);
}

#[test]
fn two_teams_mark_without_signal_and_the_last_word_counts_for_both() {
    let (world, codes) = start();
    let mut a = world.device_by(&codes[1], 35);
    let mut b = world.device_by(&codes[2], 36);
    open(&world, &mut a);
    open(&world, &mut b);
    let id = world.ask(&mut a, near(300.0)).rows[0].id;
    let other = world.ask(&mut a, near(300.0)).rows[1].id;
    let mark = |fate, note: &str| MarkRescue { id, fate, note: note.into(), place: None };
    world.ask(&mut a, mark(Fate::Absent, ""));
    world.pass(60_000);
    world.ask(&mut b, mark(Fate::Moved, "ศาลาวัด"));
    world.ask(&mut b, MarkRescue { id: other, fate: Fate::Reached, note: String::new(), place: None });
    let own = world.ask(&mut b, near(300.0));
    assert!(own.rows[0].waits, "it has not reached the office");
    // Signal comes back in the other order than they marked.
    world.sync(&mut b).unwrap();
    world.sync(&mut a).unwrap();
    world.sync(&mut b).unwrap();
    for team in [&mut a, &mut b] {
        let found = world.ask(team, near(300.0));
        let first = found.rows.iter().find(|row| row.id == id).unwrap();
        let said = first.mark.as_ref().unwrap();
        assert_eq!((said.fate, said.note.as_str(), said.by.as_str()), (Fate::Moved, "ศาลาวัด", "ทีม ข"));
        assert!(!first.waits);
        assert!(found.rows.iter().find(|row| row.id == other).unwrap().mark.is_some());
        assert_eq!(world.ask(team, EmergencyState {}).accesses.len(), 2, "each sees that the other looked");
        assert!(team.verify().unwrap().is_empty());
    }
    // A day later another fire is another board.
    world.pass(25 * 3_600_000);
    open(&world, &mut a);
    assert!(world.ask(&mut a, near(300.0)).rows.iter().all(|row| row.mark.is_none()));
}

#[test]
fn the_registry_changes_what_rescuers_read_and_a_team_never_does() {
    let (world, codes) = start();
    let cookie = signed_in(&world);
    let mut a = world.device_by(&codes[1], 37);
    open(&world, &mut a);
    let edit = |name: &str, values: Value| {
        let edit = domain::api::EditSubject {
            subject: person(name),
            values: serde_json::from_value(values).unwrap(),
            base_seq: None,
            reason: None,
        };
        world.call(&cookie, Request::EditSubject(edit)).1.unwrap();
    };
    let id = world.ask(&mut a, near(300.0)).rows[0].id;
    edit("ไกล ติดเตียง", json!({"status": "deceased"}));
    edit("ใกล้ เดินได้", json!({"oxygen": true, "disease": "หอบหืด-ลับ"}));
    // A team that does not know yet marks somebody who is no longer looked for: nobody is called back.
    world.ask(&mut a, MarkRescue { id, fate: Fate::Reached, note: String::new(), place: None });
    world.sync(&mut a).unwrap();
    world.sync(&mut a).unwrap();
    let found = world.ask(&mut a, near(300.0));
    assert_eq!(names(&found), ["กลาง ออกซิเจน", "กลาง ติดเตียง", "ใกล้ เดินได้"]);
    let mut dump = Vec::new();
    a.dump(None, &mut dump).unwrap();
    let dump = String::from_utf8(dump).unwrap();
    assert!(!dump.contains("หอบหืด-ลับ") && !dump.contains("ไกล ติดเตียง"), "what is over is emptied");
    assert!(a.verify().unwrap().is_empty());
    // Whoever writes another cell of it than the mark is refused.
    let change = Change {
        id: found.rows[0].id,
        kind: kind::BEACON.to_owned(),
        base_seq: Seq(0),
        cells: [("name".to_owned(), "เปลี่ยน".into())].into(),
    };
    let grant = world.ask(&mut a, domain::api::Status {}).enrolled.unwrap().grant;
    let new = store::NewCommit { changes: vec![change], ..Default::default() };
    assert!(a.save(&grant, world.now(), new).is_err());
}

#[test]
fn the_office_gives_a_reason_too_and_sees_who_looked() {
    let (world, codes) = start();
    let cookie = signed_in(&world);
    let ask = |request: Request| world.call(&cookie, request).1;
    assert_eq!(ask(Request::Rescue(near(300.0))).unwrap_err().code, Code::EmergencyShut);
    let reason = OpenEmergency { reason: "น้ำท่วม หมู่ 2".into(), place: None };
    ask(Request::OpenEmergency(reason)).unwrap();
    let Reply::Rescue(found) = ask(Request::Rescue(near(300.0))).unwrap() else { panic!() };
    assert_eq!(found.rows.len(), 4);
    let mut team = world.device_by(&codes[1], 38);
    open(&world, &mut team);
    world.sync(&mut team).unwrap();
    let Reply::EmergencyState(state) = ask(Request::EmergencyState(EmergencyState {})).unwrap() else {
        panic!()
    };
    let by: Vec<&str> = state.accesses.iter().map(|access| access.by.as_str()).collect();
    assert_eq!(by, ["ทีม ก", "admin"], "newest first");
}

#[test]
fn a_care_manager_sees_her_area_only() {
    let (world, _) = start();
    let admin = signed_in(&world);
    let account = PutAccount {
        name: "ผจก".into(),
        role: Role::Supervisor,
        programmes: vec!["care".into()],
        zones: vec![Shelf::new("care", "M02"), Shelf::new("water", "R01")],
        new_password: false,
    };
    let Reply::PutAccount(made) = world.call(&admin, Request::PutAccount(account)).1.unwrap() else {
        panic!()
    };
    let login = Login { name: "ผจก".into(), password: made.password.unwrap() };
    let (answer, reply) = world.call("", Request::Login(login));
    reply.unwrap();
    let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
    let card = |name: &str| {
        let card = Card { subject: person(name), today: TODAY.into() };
        world.call(&cookie, Request::Card(card)).1.map(drop).map_err(|problem| problem.code)
    };
    assert_eq!(card("ไกล ติดเตียง"), Ok(()));
    assert_eq!(card("กลาง ติดเตียง"), Err(Code::NotFound), "another area");
    let search =
        Search { text: "ติดเตียง".into(), programme: None, today: TODAY.into(), limit: 10 };
    let Reply::Search(rows) = world.call(&cookie, Request::Search(search)).1.unwrap() else { panic!() };
    assert_eq!(rows.len(), 1);
}

#[test]
fn the_photo_of_the_way_in_reaches_a_rescuer_before_the_signal_goes() {
    let (world, codes) = start();
    let mut nok = world.device_by(&codes[0], 39);
    let photo = crate::photos::jpeg(&crate::photos::picture());
    let hash = nok.keep_photo(&photo, "image/jpeg", world.now().ms).unwrap();
    let house = SaveVisit {
        registry: Vec::new(),
        programme: "care".into(),
        form: "house".into(),
        subject: Some(person("กลาง ติดเตียง")),
        zone: None,
        code: None,
        outcome: "done".into(),
        answers: serde_json::from_value(json!({"entrance_photo": hash, "way_note": "เข้าทางหลังวัด"})).unwrap(),
        photos: vec![hash.clone()],
        place: None,
        supersedes: None,
        offset_minutes: 420,
    };
    world.ask(&mut nok, house);
    world.sync(&mut nok).unwrap();
    let mut team = world.device_by(&codes[1], 40);
    open(&world, &mut team);
    let found = world.ask(&mut team, near(300.0));
    let row = found.rows.iter().find(|row| row.heading.contains("กลาง ติดเตียง")).unwrap();
    assert_eq!(row.photo.as_deref(), Some(&*hash));
    assert_eq!(row.values["place_note"], "เข้าทางหลังวัด");
    let shown = world.ask(&mut team, Photo { hash: hash.clone(), whole: false });
    assert!(shown.base64.is_some() && shown.small, "the small picture is here without asking the office");
    // A caregiver of another area, without the right, never had it.
    let mut noy = world.device_by(&codes[3], 41);
    assert!(world.ask(&mut noy, Photo { hash, whole: false }).base64.is_none());
}
