//! Two people change the same thing: who wins, what is kept, what is asked.

use domain::access::Role;
use domain::api;
use domain::change::{Change, Value, Values, kind};
use domain::ids::{RecordId, Seq};
use domain::problem::Code;
use domain::question::Topic;
use serde_json::json;
use tests::world::phone::Phone;
use tests::world::{World, fresh, meter};

fn nok_and_lek(world: &World) -> (Phone, Phone) {
    let (nok, lek) = (world.phone("นก"), world.phone("เล็ก"));
    nok.syncs();
    lek.syncs();
    (nok, lek)
}

fn monday_and_friday(friday_syncs_first: bool) {
    let world = World::new();
    let (nok, lek) = nok_and_lek(&world);
    for name in ["จันทร์ 1", "จันทร์ 2", "จันทร์ 3"] {
        nok.edits("meter 1", "name", name);
        world.passes(60_000);
    }
    world.passes(4 * 86_400_000);
    lek.edits("meter 1", "name", "ศุกร์");
    if friday_syncs_first {
        lek.syncs();
    }
    nok.syncs();
    world.comes_to_rest(&[&lek, &nok]);
    for phone in [&nok, &lek] {
        assert_eq!(phone.sees("meter 1", "name"), "ศุกร์");
    }
    let rows = world.history(meter("meter 1"));
    for name in ["จันทร์ 1", "จันทร์ 2", "จันทร์ 3"] {
        assert!(rows.iter().any(|row| row.value == name), "{name} is not in the history");
    }
    world.assert_at_rest(&[&nok, &lek]);
}

#[test]
fn c1_fridays_edit_beats_mondays_three_when_friday_syncs_first() {
    monday_and_friday(true);
}

#[test]
fn c1_fridays_edit_beats_mondays_three_when_monday_syncs_first() {
    monday_and_friday(false);
}

#[test]
fn c5_an_unseen_overwrite_of_a_review_field_raises_one_question_and_keeps_the_loser() {
    let world = World::new();
    let (nok, lek) = nok_and_lek(&world);
    nok.edits("meter 2", "name", "นางสาวมาลี ก");
    lek.edits("meter 2", "name", "นางสาวมาลี ข");
    nok.syncs();
    lek.syncs();
    world.comes_to_rest(&[&nok, &lek]);
    for phone in [&nok, &lek] {
        let questions = phone.questions();
        assert_eq!(questions.len(), 1, "{questions:?}");
        assert_eq!(questions[0].question.topic, Topic::Field);
        let choices: Vec<(&Value, &str, bool)> =
            questions[0].question.choices.iter().map(|c| (&c.value, c.by.as_str(), c.winning)).collect();
        assert_eq!(choices, [(&json!("นางสาวมาลี ข"), "เล็ก", true), (&json!("นางสาวมาลี ก"), "นก", false)]);
    }
    let lost = world.history(meter("meter 2")).into_iter().find(|row| row.value == "นางสาวมาลี ก").unwrap();
    assert!(lost.lost_unseen && !lost.current);
    assert_eq!(lost.by, "นก");

    // One tap settles it, and everybody sees the answer.
    nok.settles(nok.questions()[0].id, json!("นางสาวมาลี ก"));
    world.comes_to_rest(&[&nok, &lek]);
    assert_eq!(lek.sees("meter 2", "name"), "นางสาวมาลี ก");
    assert!(lek.questions().is_empty());
    world.assert_at_rest(&[&nok, &lek]);
}

#[test]
fn an_overwrite_that_was_seen_asks_nothing() {
    let world = World::new();
    let (nok, lek) = nok_and_lek(&world);
    nok.edits("meter 2", "name", "หนึ่ง");
    nok.syncs();
    lek.syncs();
    lek.edits("meter 2", "name", "สอง");
    lek.syncs();
    world.comes_to_rest(&[&nok, &lek]);
    assert!(world.questions().is_empty());
    assert_eq!(nok.sees("meter 2", "name"), "สอง");
    assert!(world.history(meter("meter 2")).iter().any(|row| row.value == "หนึ่ง"));
    world.assert_at_rest(&[&nok, &lek]);
}

#[test]
fn the_same_value_twice_asks_nothing_and_an_auto_field_asks_nothing() {
    let world = World::new();
    let (nok, lek) = nok_and_lek(&world);
    nok.edits("meter 2", "name", "ชื่อเดียวกัน");
    lek.edits("meter 2", "name", "ชื่อเดียวกัน");
    nok.edits("meter 2", "phone", "0810000001");
    lek.edits("meter 2", "phone", "0810000002");
    world.comes_to_rest(&[&nok, &lek]);
    assert!(world.questions().is_empty());
    assert!(world.history(meter("meter 2")).iter().any(|row| row.value == "0810000001"));
    world.assert_at_rest(&[&nok, &lek]);
}

#[test]
fn different_fields_of_one_record_both_stay() {
    let world = World::new();
    let (nok, lek) = nok_and_lek(&world);
    nok.edits("meter 2", "house", "๑/๑");
    lek.edits("meter 2", "phone", "0810000002");
    world.comes_to_rest(&[&nok, &lek]);
    for phone in [&nok, &lek] {
        assert_eq!(phone.sees("meter 2", "house"), "๑/๑");
        assert_eq!(phone.sees("meter 2", "phone"), "0810000002");
    }
    world.assert_at_rest(&[&nok, &lek]);
}

#[test]
fn c6_an_edit_that_had_not_seen_a_removal_revives_and_asks() {
    let world = World::new();
    let (nok, lek) = nok_and_lek(&world);
    world.office_removes("meter 3");
    nok.edits("meter 3", "house", "แก้หลังลบ");
    nok.syncs();
    world.comes_to_rest(&[&nok, &lek]);
    for phone in [&nok, &lek] {
        let card = phone.card("meter 3");
        assert!(!card.removed);
        assert_eq!(card.questions.len(), 1);
        assert_eq!(card.questions[0].question.topic, Topic::Removed);
    }
    // The person at the office says: it stays removed.
    let question = world.questions().remove(0);
    world.ask(api::Settle { question: question.id, value: json!(true) }).unwrap();
    world.comes_to_rest(&[&nok, &lek]);
    assert!(nok.card("meter 3").removed);
    world.assert_at_rest(&[&nok, &lek]);
}

#[test]
fn c6_a_removal_that_had_not_seen_an_edit_asks_as_well_and_blocks_nothing() {
    let world = World::new();
    let (nok, lek) = nok_and_lek(&world);
    let chief = world.phone_of("หัวหน้า", Role::Supervisor, &["R01"]);
    chief.syncs();
    nok.edits("meter 3", "house", "แก้ก่อนลบ");
    chief.edits("meter 3", "deleted", true);
    nok.syncs();
    chief.syncs();
    world.comes_to_rest(&[&nok, &lek, &chief]);
    assert!(nok.card("meter 3").removed);
    let questions = world.questions();
    assert_eq!(questions.len(), 1, "{questions:?}");
    assert_eq!(questions[0].question.topic, Topic::Removed);
    nok.reads("meter 3", 5);
    world.comes_to_rest(&[&nok, &lek, &chief]);
    world.assert_at_rest(&[&nok, &lek, &chief]);
}

#[test]
fn two_readings_of_one_month_both_stay_and_are_asked_about_once() {
    let world = World::new();
    let (nok, lek) = nok_and_lek(&world);
    let first = nok.reads("meter 4", 100);
    let second = lek.reads("meter 4", 101);
    world.comes_to_rest(&[&nok, &lek]);
    let third = lek.reads("meter 4", 102);
    world.comes_to_rest(&[&nok, &lek]);
    for phone in [&nok, &lek] {
        assert_eq!(phone.card("meter 4").visits.len(), 3);
        let questions = phone.questions();
        assert_eq!(questions.len(), 1, "three readings are one question: {questions:?}");
        assert_eq!(questions[0].question.choices.len(), 3);
    }
    world.assert_at_rest(&[&nok, &lek]);
    let question = nok.questions().remove(0);
    // One of them is her own: the office says which counts.
    assert!(!question.may_settle);
    let own = api::Settle { question: question.id, value: json!(first.to_string()) };
    assert_eq!(nok.ask(own.clone()).unwrap_err().code, Code::Forbidden);
    world.ask(own).unwrap();
    world.comes_to_rest(&[&nok, &lek]);
    let card = lek.card("meter 4");
    let counted: Vec<RecordId> = card
        .visits
        .iter()
        .filter(|visit| visit.values.get("set_aside") != Some(&json!(true)))
        .map(|v| v.id)
        .collect();
    assert_eq!(counted, [first]);
    assert_ne!(second, third);
    assert!(lek.questions().is_empty());
    world.assert_at_rest(&[&nok, &lek]);
}

#[test]
fn one_code_on_two_meters_is_asked_about_once_and_the_answer_unbinds_the_other() {
    let world = World::new();
    let (nok, lek) = nok_and_lek(&world);
    nok.binds("meter 1", "SN-0042");
    lek.binds("meter 2", "SN-0042");
    world.comes_to_rest(&[&nok, &lek]);
    let found = lek.ask(api::Find { text: "SN-0042".to_owned() }).unwrap();
    assert!(matches!(&found, api::Found::Several(rows) if rows.len() == 2), "{found:?}");
    let questions = nok.questions();
    assert_eq!(questions.len(), 1, "{questions:?}");
    assert_eq!(questions[0].question.topic, Topic::CodeTwice);
    nok.settles(questions[0].id, json!(meter("meter 2").to_string()));
    world.comes_to_rest(&[&nok, &lek]);
    let found = lek.ask(api::Find { text: "SN-0042".to_owned() }).unwrap();
    assert_eq!(found, api::Found::Subject(meter("meter 2")));
    world.assert_at_rest(&[&nok, &lek]);
}

#[test]
fn c8_unknown_kinds_and_fields_travel_byte_for_byte() {
    let world = World::new();
    let (nok, lek) = nok_and_lek(&world);
    let odd: Value = serde_json::from_str(
        r#"{"ซ้อน":[1,2.5,-0.1,1e300,9007199254740993,null,true,{"":"\u0001 \" \\ น้ำ"}],"z":1,"a":2}"#,
    )
    .unwrap();
    let flight = fresh("flight");
    let cells: Values = [("ของปี 2031".to_owned(), odd.clone())].into();
    nok.writes(vec![nok.record("drone_flight", flight, "R01", cells)]).unwrap();
    // A newer app's question beside the ones we know, in a visit of a form we know.
    let newer: Values = [("reading".to_owned(), json!(7)), ("of_2031".to_owned(), odd.clone())].into();
    let visit = nok.visits(meter("meter 1"), "reading", newer).unwrap();
    world.comes_to_rest(&[&nok, &lek]);
    world.assert_at_rest(&[&nok, &lek]);
    for (id, field) in [(flight, "ของปี 2031"), (visit, "of_2031")] {
        let line = lek.dump().lines().find(|line| line.contains(&id.to_string())).unwrap().to_owned();
        let line: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(line["cells"][field]["value"].to_string(), odd.to_string());
    }
    // And the other phone may add to it without understanding it.
    let change = Change {
        id: flight,
        kind: "drone_flight".to_owned(),
        base_seq: Seq(0),
        cells: [("note".to_owned(), json!("เห็นแล้ว"))].into(),
    };
    lek.writes(vec![change]).unwrap();
    world.comes_to_rest(&[&nok, &lek]);
    assert!(nok.dump().lines().any(|line| line.contains("drone_flight") && line.contains("เห็นแล้ว")));
    world.assert_at_rest(&[&nok, &lek]);
}

#[test]
fn a_visit_that_arrives_before_its_subject_waits_for_it() {
    let world = World::new();
    let (nok, lek) = nok_and_lek(&world);
    let subject = Phone::strange_meter("late");
    let visit = fresh("early visit");
    let cells: Values = [
        ("subject".to_owned(), json!(subject.to_string())),
        ("form".to_owned(), json!("check")),
        ("at".to_owned(), json!("2026-11-21T09:00:00+07:00")),
        ("outcome".to_owned(), json!("done")),
        ("cycle".to_owned(), json!("")),
    ]
    .into();
    nok.writes(vec![nok.record(kind::VISIT, visit, "R01", cells)]).unwrap();
    world.comes_to_rest(&[&nok, &lek]);
    let name: Values = [("name".to_owned(), json!("มาทีหลัง"))].into();
    lek.writes(vec![lek.record(kind::SUBJECT, subject, "R01", name)]).unwrap();
    world.comes_to_rest(&[&nok, &lek]);
    for phone in [&nok, &lek] {
        assert_eq!(phone.card_of(subject).unwrap().visits.len(), 1);
    }
    world.assert_at_rest(&[&nok, &lek]);
}

#[test]
fn a_newer_definition_reaches_a_phone_that_already_works() {
    let world = World::new();
    let (nok, lek) = nok_and_lek(&world);
    let mut newer = tests::world::programme::wells(2);
    newer.title.th = "บ่อบาดาลรุ่นใหม่".to_owned();
    nok.reads("meter 1", 10);
    world.office_defines(&newer);
    world.comes_to_rest(&[&nok, &lek]);
    let programmes = nok.ask(api::Programmes {}).unwrap();
    assert_eq!(programmes[0].title.th, "บ่อบาดาลรุ่นใหม่");
    assert_eq!(nok.card("meter 1").visits.len(), 1);
    world.assert_at_rest(&[&nok, &lek]);
}

#[test]
fn three_people_who_change_one_field_unaware_are_one_question_and_one_answer_settles_it() {
    let world = World::new();
    let (nok, lek) = nok_and_lek(&world);
    let tu = world.phone("ตู่");
    tu.syncs();
    for (phone, name) in [(&nok, "ก"), (&lek, "ข"), (&tu, "ค")] {
        phone.edits("meter 2", "name", name);
        world.passes(60_000);
    }
    for phone in [&nok, &lek, &tu] {
        phone.syncs();
    }
    world.comes_to_rest(&[&nok, &lek, &tu]);
    let questions = world.questions();
    assert_eq!(questions.len(), 1, "{questions:?}");
    let mut offered: Vec<(&Value, bool)> =
        questions[0].question.choices.iter().map(|choice| (&choice.value, choice.winning)).collect();
    offered.sort_by_key(|(value, _)| value.to_string());
    assert_eq!(offered, [(&json!("ก"), false), (&json!("ข"), false), (&json!("ค"), true)]);
    lek.settles(questions[0].id, json!("ก"));
    world.comes_to_rest(&[&nok, &lek, &tu]);
    for phone in [&nok, &lek, &tu] {
        assert_eq!(phone.sees("meter 2", "name"), "ก");
        assert!(phone.questions().is_empty());
    }
    world.assert_at_rest(&[&nok, &lek, &tu]);
}

#[test]
fn what_waits_on_a_phone_that_is_enrolled_anew_is_judged_by_what_its_writer_had_seen() {
    let world = World::new();
    let (nok, lek) = nok_and_lek(&world);
    // What she sent under her old number, and what another wrote and she has seen.
    nok.edits("meter 1", "name", "ครั้งแรก");
    lek.edits("meter 3", "name", "ของเล็ก");
    world.comes_to_rest(&[&nok, &lek]);
    nok.edits("meter 1", "name", "ครั้งที่สอง");
    world.passes(60_000);
    nok.clock_is_wrong_by(-1_795_000_000_000);
    for no in 1..=5 {
        nok.edits(&format!("meter {no}"), "name", format!("แก้ {no}"));
    }
    nok.clock_is_wrong_by(0);
    let old = nok.device();
    nok.enrols(Role::Worker, &["R01"]);
    assert_ne!(nok.device(), old);
    world.comes_to_rest(&[&nok, &lek]);
    assert_eq!(world.questions(), [], "she knew all that she replaced");
    for no in 1..=5 {
        assert_eq!(lek.sees(&format!("meter {no}"), "name"), format!("แก้ {no}"), "and she was later");
        assert!(world.history(meter(&format!("meter {no}"))).iter().all(|row| !row.lost_unseen));
    }
    world.assert_at_rest(&[&nok, &lek]);
}
