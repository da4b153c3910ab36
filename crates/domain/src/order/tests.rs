//! What is said of orders, case by case.

use super::*;
use crate::change::{Value, field};
use crate::clock::Stamp;
use crate::ids::{DeviceNo, RecordId, Seq};
use crate::merge::{Cell, Record};
use crate::programme::{FieldKind, FormKind};
use proptest::prelude::*;
use serde_json::json;

const HOUR: u64 = 3_600_000;

fn kind() -> OrderKind {
    serde_json::from_value(json!({
        "id": "repair", "title": {"th": "ใบงาน"},
        "severity": [{"id": "danger", "title": {"th": "อันตราย"}}],
        "topic": [
            {"id": "off", "title": {"th": "ไฟดับ"}},
            {"id": "wire", "title": {"th": "สายขาด"}, "severity": "danger"},
        ],
        "state": [
            {"id": "new", "title": {"th": "ใหม่"}},
            {"id": "accepted", "title": {"th": "รับแล้ว"}, "set_by": ["office"]},
            {"id": "in_progress", "title": {"th": "กำลังซ่อม"}, "set_by": ["worker"]},
            {"id": "waiting", "title": {"th": "รออะไหล่"}, "set_by": ["worker"], "paused": true},
            {"id": "done", "title": {"th": "เสร็จ"}, "class": "done", "set_by": ["worker"], "after": ["in_progress"]},
            {"id": "reopened", "title": {"th": "เปิดใหม่"}, "set_by": ["office", "citizen"], "after": ["done"], "restarts": true},
        ],
        "clock": [
            {"id": "accept", "title": {"th": "รับ"}, "hours": 24, "hours_by": {"danger": 4}, "stops": ["accepted"]},
            {"id": "repair", "title": {"th": "ซ่อม"}, "hours": 72, "stops": ["done"]},
        ],
        "opened_by": [
            {"form": "fault", "question": "faults"},
            {"form": "fault", "question": "danger", "values": ["yes"], "severity": "danger"},
            {"form": "visit", "question": "temp", "values": ["urgent"], "topic": "wire"},
        ],
    }))
    .unwrap()
}

fn step(state: &str, hours: u64) -> Move {
    Move {
        state: state.into(), by: "ช่าง".into(), note: String::new(), at_ms: hours * HOUR, idle: false
    }
}

#[test]
fn who_may_move_what_where() {
    let kind = kind();
    for (from, to, setter, expected) in [
        ("new", "accepted", Setter::Office, true),
        ("new", "accepted", Setter::Worker, false),
        ("new", "in_progress", Setter::Office, true),
        ("new", "done", Setter::Worker, false),
        ("in_progress", "done", Setter::Worker, true),
        ("done", "in_progress", Setter::Worker, false),
        ("done", "reopened", Setter::Citizen, true),
        ("done", "reopened", Setter::Worker, false),
        ("new", "nowhere", Setter::Office, false),
        ("new", "new", Setter::Office, false),
    ] {
        assert_eq!(kind.may_move(from, to, setter), expected, "{from} {to} {setter:?}");
    }
}

#[test]
fn answers_open_an_order_or_do_not() {
    let kind = kind();
    let open = |form: &str, answers: &[(&str, &str)]| {
        kind.opening(form, |name| {
            let given = answers.iter().filter(|(question, _)| *question == name);
            given.flat_map(|(_, value)| value.split(' ')).map(str::to_owned).collect()
        })
    };
    let opening = |topics: &[&str], severity: &str| {
        Some(Opening {
            topics: topics.iter().map(|t| (*t).to_owned()).collect(),
            severity: severity.to_owned(),
        })
    };
    assert_eq!(open("fault", &[("faults", "wire off")]), opening(&["off", "wire"], "danger"));
    assert_eq!(open("fault", &[("faults", "off"), ("danger", "no")]), opening(&["off"], ""));
    assert_eq!(open("fault", &[("faults", "off"), ("danger", "yes")]), opening(&["off"], "danger"));
    assert_eq!(
        open("fault", &[("faults", "other")]),
        opening(&[], ""),
        "a fault without a topic is one, too"
    );
    assert_eq!(open("fault", &[("danger", "yes")]), None, "a severity alone opens nothing");
    assert_eq!(open("fault", &[]), None);
    assert_eq!(open("visit", &[("temp", "urgent")]), opening(&["wire"], "danger"));
    assert_eq!(open("visit", &[("temp", "normal")]), None);
}

#[test]
fn clocks_run_pause_stop_and_start_anew() {
    let kind = kind();
    let due = |severity: &str, moves: &[Move]| due_ms(&run(&kind, severity, 0, moves)).map(|ms| ms / HOUR);
    assert_eq!(due("", &[step("new", 0)]), Some(24));
    assert_eq!(due("danger", &[step("new", 0)]), Some(4));
    assert_eq!(due("", &[step("accepted", 2)]), Some(72), "the next clock counts from the opening, too");
    let waits = [step("accepted", 2), step("in_progress", 10), step("waiting", 20)];
    assert_eq!(due("", &waits), None, "it waits for somebody outside");
    let goes_on = [&waits[..], &[step("in_progress", 50)]].concat();
    assert_eq!(due("", &goes_on), Some(102), "thirty hours did not count");
    let done = [&goes_on[..], &[step("done", 60)]].concat();
    assert_eq!(due("", &done), None);
    let runs = run(&kind, "", 0, &done);
    assert_eq!((runs[1].taken_ms(999 * HOUR) / HOUR, runs[1].is_late(0)), (30, false));
    let again = [&done[..], &[step("reopened", 100)]].concat();
    assert_eq!(due("", &again), Some(124));
    assert!(run(&kind, "", 0, &[step("done", 73)])[1].is_late(0));
    assert!(run(&kind, "", 0, &[])[0].is_late(25 * HOUR));
}

fn record(cells: &[(&str, u64, Value)]) -> Record {
    let mut record = Record::default();
    for (name, ms, value) in cells {
        let stamp = Stamp { ms: *ms, counter: 0, device: DeviceNo(1) };
        record.offer(name, Cell { value: value.clone(), stamp, seq: Seq(1) });
    }
    record
}

#[test]
fn an_order_is_read_from_its_cells() {
    let subject = RecordId::new(1, [1; 10]);
    let record = record(&[
        (field::SUBJECT, 5, subject.to_string().into()),
        (field::ORDER_KIND, 5, "repair".into()),
        ("moves.z", 5, json!({"state": "new", "by": "ก"})),
        ("moves.a", 9, json!({"state": "done", "by": "ข", "note": "เปลี่ยนหลอด"})),
        ("moves.b", 7, json!({"state": "in_progress", "by": "ข"})),
        ("moves.odd", 99, json!(17)),
        ("reports.1", 5, json!({"topics": ["off"], "note": "ดับ"})),
        ("reports.2", 6, json!({"topics": ["wire", "off"], "note": "เบอร์ 08"})),
        ("hidden.2", 7, true.into()),
        ("materials.x", 9, json!({"item": "led60", "quantity": 1, "unit": "ดวง"})),
        ("materials.y", 9, Value::Null),
        ("checks.power_off", 9, true.into()),
        ("photos.abc", 9, true.into()),
        ("photos.def", 9, false.into()),
        ("photo_roles.abc", 9, "after".into()),
    ]);
    let case = Case::read(&record).unwrap();
    let kind = kind();
    assert_eq!(case.state(&kind), "done");
    let states: Vec<&str> = case.moves.iter().map(|step| step.state.as_str()).collect();
    assert_eq!(states, ["new", "in_progress", "done"]);
    assert_eq!((case.opened_ms, case.ended_ms(&kind)), (5, Some(9)));
    assert_eq!(case.topics, ["off", "wire"]);
    assert_eq!(case.urgency(&kind), "danger");
    assert_eq!((case.reports[1].note.as_str(), case.reports[1].hidden), ("", true));
    assert_eq!(case.materials.len(), 1);
    assert_eq!(case.photos, [("abc".to_owned(), PhotoRole::After)]);
    assert_eq!(
        (case.checks(&kind), case.after(&kind)),
        (vec!["power_off".to_owned()], vec!["abc".to_owned()])
    );
    assert_eq!(Case::read(&Record::default()), None);
}

#[test]
fn what_was_looked_to_before_it_began_anew_is_to_be_looked_to_again() {
    let mut kind = kind();
    kind.states.push(StateKind {
        id: "reopened".into(),
        after: vec!["done".into()],
        restarts: true,
        ..StateKind::default()
    });
    let subject = RecordId::new(1, [1; 10]);
    let record = record(&[
        (field::SUBJECT, 1, subject.to_string().into()),
        (field::ORDER_KIND, 1, "repair".into()),
        ("moves.1", 1, json!({"state": "new", "by": "ก"})),
        ("moves.2", 2, json!({"state": "in_progress", "by": "ข"})),
        ("checks.power_off", 3, true.into()),
        ("checks.height", 3, true.into()),
        ("photos.old", 3, true.into()),
        ("photo_roles.old", 3, "after".into()),
        ("moves.3", 4, json!({"state": "done", "by": "ข"})),
        ("moves.4", 6, json!({"state": "reopened", "by": ""})),
        ("checks.height", 7, true.into()),
        ("photos.new", 8, true.into()),
        ("photo_roles.new", 8, "after".into()),
    ]);
    let case = Case::read(&record).unwrap();
    assert_eq!(case.state(&kind), "reopened");
    assert_eq!((case.checks(&kind), case.after(&kind)), (vec!["height".to_owned()], vec!["new".to_owned()]));
    assert_eq!(case.photos.len(), 2, "the old picture stays in the order");
    assert!(case.was_done(&kind), "it was, once");
}

#[test]
fn where_nothing_is_urgent_nothing_comes_before_what_is() {
    let loan = OrderKind::default();
    assert!(loan.rank("") > kind().rank("danger"));
    assert_eq!(kind().rank("danger"), 0);
}

#[test]
fn faults_name_what_is_missing() {
    let mut broken = kind();
    broken.states[1].after = vec!["nowhere".into()];
    broken.states[2].writes = [("colour".to_owned(), "red".into())].into();
    broken.clocks[0].stops = vec!["never".into()];
    broken.clocks[1].hours = 0;
    broken.topics[0].severity = "odd".into();
    let programme = Programme {
        orders: vec![broken],
        public: Some(PublicPage {
            fields: vec!["name".into()],
            order: "none".into(),
            ..PublicPage::default()
        }),
        sensitive: true,
        ..Programme::default()
    };
    let found = faults(&programme);
    // Five of the order, three of its openers' forms, three of the page.
    assert_eq!(found.len(), 11, "{found:?}");
    let form = |id: &str| FormKind { id: id.into(), ..FormKind::default() };
    let sound = Programme {
        orders: vec![kind()],
        forms: vec![form("fault"), form("visit")],
        public: Some(PublicPage {
            fields: vec!["name".into()],
            order: "repair".into(),
            ..PublicPage::default()
        }),
        subject: crate::programme::SubjectKind {
            fields: vec![FieldKind { id: "name".into(), ..FieldKind::default() }],
            ..Default::default()
        },
        ..Programme::default()
    };
    assert_eq!(faults(&sound), Vec::<String>::new());
}

#[test]
fn a_step_that_cannot_come_there_is_told_and_does_not_count() {
    let subject = RecordId::new(1, [1; 10]);
    let record = record(&[
        (field::SUBJECT, 1, subject.to_string().into()),
        (field::ORDER_KIND, 1, "repair".into()),
        ("moves.1", 1, json!({"state": "new", "by": "ก"})),
        ("moves.2", 2, json!({"state": "in_progress", "by": "ข"})),
        ("moves.3", 3, json!({"state": "done", "by": "ข"})),
        ("moves.4", 4, json!({"state": "accepted", "by": "สำนักงานที่ยังไม่รู้"})),
        ("moves.5", 5, json!({"state": "of_2031", "by": "ค"})),
    ]);
    let (case, kind) = (Case::read(&record).unwrap(), kind());
    let idle: Vec<bool> = case.steps(&kind).iter().map(|step| step.idle).collect();
    assert_eq!(idle, [false, false, false, true, false]);
    assert_eq!(case.state(&kind), "of_2031");
    let before = Case { moves: case.moves[..4].to_vec(), ..case };
    assert_eq!(before.state(&kind), "done");
    let runs = run(&kind, "", 0, &before.steps(&kind));
    assert_eq!(runs[1].stopped_ms, Some(3));
}

proptest! {
    /// Whatever the steps, no clock counts time that did not pass, and a clock that stopped is due no more.
    #[test]
    fn a_clock_never_counts_more_than_passed(
        states in proptest::collection::vec((0usize..6, 0u64..50), 0..12), hours in 0u64..400,
    ) {
        let kind = kind();
        let mut at = 0;
        let moves: Vec<Move> = states
            .iter()
            .map(|(state, more)| {
                at += more;
                step(&kind.states[*state].id, at)
            })
            .collect();
        let now = (at + hours) * HOUR;
        let runs = run(&kind, "", 0, &moves);
        for run in &runs {
            prop_assert!(run.taken_ms(now) <= now - run.started_ms);
            prop_assert!(run.stopped_ms.is_none() || run.pauses_since_ms.is_none());
        }
        if moves.last().is_some_and(|last| !kind.is_open(&last.state)) {
            prop_assert_eq!(due_ms(&runs), None);
        }
    }
}
