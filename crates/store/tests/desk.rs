//! What a clerk types at the desk: a form in the place of whoever was out, and a correction of what was saved.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use common::town::{SEPTEMBER, Town, meter};
use domain::access::{Grant, Role};
use domain::api::{self, Ask};
use domain::change::{Change, Values, field, kind};
use domain::cycle::CycleState;
use domain::ids::{RecordId, Seq, Shelf};
use domain::ledger::ChargeState;
use domain::money::Satang;
use domain::problem::{Code, Problem};
use serde_json::json;
use store::{Kind, Now, Store};

fn opening(town: &Town, at: u8, corrects: Option<RecordId>) -> api::OpenForm {
    api::OpenForm {
        programme: "water".into(),
        form: "reading".into(),
        subject: Some(meter(at)),
        corrects,
        code: String::new(),
        today: town.today(),
    }
}

/// A reading as the desk's screen sends it.
fn typed(
    town: &mut Town,
    at: u8,
    reading: &str,
    corrects: Option<RecordId>,
    reason: &str,
) -> api::EnterVisit {
    let ask = opening(town, at, corrects);
    let opened = town.office(ask);
    let answers = town.filled(&opened, &[("reading", reading)]);
    api::EnterVisit {
        id: None,
        visit: api::SaveVisit { supersedes: corrects, ..common::reading(meter(at), answers) },
        version: opened.definition["version"].as_str().unwrap().to_owned(),
        seen: opened.seen,
        reason: reason.to_owned(),
    }
}

fn asks<A: Ask>(server: &mut Store, who: &Grant, now: u64, ask: A) -> Result<A::Reply, Problem> {
    A::unwrap(store::service::serve(server, Some(who), Now::thai(now), ask.wrap())?)
}

/// What the audit says of visits that were written at the desk: who, what, about which.
fn written(server: &Store) -> Vec<(String, String, String)> {
    let mut rows = Vec::new();
    server
        .each_audit_row(0, |row| {
            if row.what.starts_with("visit ") {
                rows.push((row.who, row.what, row.about));
            }
        })
        .unwrap();
    rows
}

fn row(what: &str, visit: RecordId) -> (String, String, String) {
    ("สมหญิง สำนักงาน".to_owned(), what.to_owned(), visit.to_string())
}

fn visits(town: &mut Town, at: u8) -> Vec<api::VisitRow> {
    let today = town.today();
    town.office(api::Card { subject: meter(at), today }).visits
}

#[test]
fn a_reading_is_typed_at_the_desk_with_its_bill_its_version_and_a_row_in_the_audit() {
    let mut town = Town::new();
    let ask = typed(&mut town, 1, "116", None, "");
    let version = ask.version.clone();
    let visit = town.office(ask).record;
    let shown = visits(&mut town, 1);
    assert_eq!((shown.len(), shown[0].id, shown[0].by.as_str()), (1, visit, "สมหญิง สำนักงาน"));
    assert_eq!(shown[0].values.get("usage"), Some(&json!(16)), "worked out as on a phone");
    let history = town.office(api::History { record: visit });
    let told = history.iter().find(|row| row.field == field::FORM_VERSION).unwrap();
    assert_eq!(told.value, json!(version));
    assert_eq!(town.bills(1), [("2026-09".to_owned(), 16, ChargeState::Open)]);
    assert_eq!(written(&town.server), [row("visit written", visit)]);
    assert_eq!(town.server.first_broken_audit_row().unwrap(), None);

    // The reader hears of it, and what she saves herself is no row of the desk's.
    town.sync();
    let today = town.today();
    assert_eq!(town.phone(api::Card { subject: meter(1), today }).visits[0].id, visit);
    town.read(2, &[("reading", "118")], None);
    town.sync();
    assert_eq!(written(&town.server).len(), 1);
    assert_eq!(town.server.verify_all().unwrap(), Vec::<store::Fault>::new());
}

#[test]
fn what_is_sent_again_after_a_lost_answer_is_saved_once() {
    let mut town = Town::new();
    let id = RecordId::new(town.now, [7; 10]);
    let ask = api::EnterVisit { id: Some(id), ..typed(&mut town, 1, "116", None, "") };
    let changed = api::EnterVisit { id: Some(id), ..typed(&mut town, 1, "118", None, "") };
    for _ in 0..2 {
        assert_eq!(town.office(ask.clone()).record, id);
    }
    assert_eq!(visits(&mut town, 1).len(), 1);
    assert_eq!(town.bills(1), [("2026-09".to_owned(), 16, ChargeState::Open)]);
    assert_eq!(written(&town.server), [row("visit written", id)]);

    // She saw that it was wrong before she pressed again: that corrects the first, which she was never told of.
    let second = town.office(changed.clone()).record;
    assert_ne!(second, id);
    assert_eq!(town.office(changed).record, second);
    assert_eq!(visits(&mut town, 1).iter().filter(|visit| !visit.corrected).count(), 1);
    assert_eq!(town.standing(1), [("2026-09".to_owned(), 18)]);
    assert_eq!(written(&town.server), [row("visit written", id), row("visit corrected", second)]);

    // A name that stands for something else is not written over, and tells nothing.
    let other = api::EnterVisit { id: Some(id), ..typed(&mut town, 2, "116", None, "") };
    assert_eq!(town.ask(Role::Clerk, other).unwrap_err().code, Code::NotFound);
    let subject = api::EnterVisit { id: Some(meter(1)), ..typed(&mut town, 1, "116", None, "") };
    assert_eq!(town.ask(Role::Clerk, subject).unwrap_err().code, Code::NotFound);
    assert_eq!(town.server.verify_all().unwrap(), Vec::<store::Fault>::new());
}

#[test]
fn a_correction_at_the_desk_says_why_and_takes_the_place_of_what_was_saved() {
    let mut town = Town::new();
    let first = town.read(1, &[("reading", "118")], None);
    town.sync();
    let ask = opening(&town, 1, Some(first));
    let opened = town.office(ask);
    assert_eq!(opened.answers.get("reading"), Some(&json!(118)), "it begins with what was answered");
    let silent = typed(&mut town, 1, "116", Some(first), "  ");
    assert_eq!(town.ask(Role::Clerk, silent).unwrap_err().code, Code::ReasonNeeded);
    let ask = typed(&mut town, 1, "116", Some(first), " ผู้ใช้น้ำ  ส่งรูปมาตรมา ");
    let second = town.office(ask).record;

    let shown = visits(&mut town, 1);
    let seen: Vec<_> = shown.iter().map(|visit| (visit.id, visit.corrected, visit.by.as_str())).collect();
    assert!(seen.contains(&(first, true, "นก จดมาตร")), "{seen:?}");
    assert!(seen.contains(&(second, false, "สมหญิง สำนักงาน")), "{seen:?}");
    assert!(shown.iter().all(|visit| visit.at == shown[0].at), "a correction is about the same moment");
    assert_eq!(
        town.bills(1),
        [("2026-09".to_owned(), 18, ChargeState::Replaced), ("2026-09".to_owned(), 16, ChargeState::Open)]
    );
    let account = town.office(api::Ledger { subject: meter(1) });
    assert!(account.remarks.iter().any(|remark| remark.reason == "ผู้ใช้น้ำ ส่งรูปมาตรมา"));
    assert_eq!(written(&town.server), [row("visit corrected", second)]);
    town.sync();
    assert_eq!(town.phone.statement(meter(1)).unwrap(), town.server.statement(meter(1)).unwrap());
}

#[test]
fn a_closed_cycle_is_corrected_by_an_adjustment_only() {
    let mut town = Town::new();
    let first = town.read(1, &[("reading", "118")], None);
    town.sync();
    let ask = typed(&mut town, 1, "116", Some(first), "พิมพ์ผิด");
    for state in [CycleState::Reviewed, CycleState::Approved, CycleState::Closed] {
        assert_eq!(town.set(state).done, 1);
    }
    let before = town.bills(1);
    let refused = town.ask(Role::Clerk, ask.clone()).unwrap_err();
    assert_eq!(refused.code, Code::CycleClosed);
    assert!(refused.hint.contains("ปรับปรุง"), "{}", refused.hint);
    // It is said when the form is opened: nobody types in vain. And there is no way around it.
    let again = opening(&town, 1, Some(first));
    assert_eq!(town.ask(Role::Clerk, again).unwrap_err().code, Code::CycleClosed);
    let around = api::CorrectVisit { visit: ask.visit, reason: ask.reason };
    assert_eq!(town.ask(Role::Clerk, around).unwrap_err().code, Code::CycleClosed);
    assert_eq!((town.bills(1), visits(&mut town, 1).len()), (before, 1));
    assert!(written(&town.server).is_empty());

    let adjust = api::AdjustAccount {
        subject: meter(1),
        cycle: "2026-10".into(),
        amount: Satang(-1_000),
        reason: "อ่านเกินสองหน่วย".into(),
    };
    town.office(adjust);
    let account = town.office(api::Ledger { subject: meter(1) });
    assert!(account.remarks.iter().any(|remark| remark.reason == "อ่านเกินสองหน่วย"));
}

#[test]
fn a_reading_of_a_closed_cycle_is_refused_at_the_desk_and_taken_again_in_the_next() {
    let mut town = Town::new();
    town.read(2, &[("reading", "118")], None);
    town.sync();
    let ask = typed(&mut town, 1, "116", None, "");
    for state in [CycleState::Reviewed, CycleState::Approved, CycleState::Closed] {
        assert_eq!(town.set(state).done, 1);
    }
    // It is said when the form is opened: nobody types in vain. And who had it open before is told, too.
    let again = opening(&town, 1, None);
    assert_eq!(town.ask(Role::Clerk, again).unwrap_err().code, Code::CycleClosed);
    assert_eq!(town.ask(Role::Clerk, ask.clone()).unwrap_err().code, Code::CycleClosed);
    let in_vain = api::SaveVisit { outcome: "01".into(), answers: Values::new(), ..ask.visit };
    assert_eq!(town.ask(Role::Clerk, in_vain).unwrap_err().code, Code::CycleClosed);
    assert!(visits(&mut town, 1).is_empty() && town.bills(1).is_empty());

    town.next_month();
    let ask = typed(&mut town, 1, "116", None, "");
    town.office(ask);
    assert_eq!(town.bills(1), [("2026-10".to_owned(), 16, ChargeState::Open)]);
}

#[test]
fn an_answer_is_never_what_the_engine_notes_of_a_visit() {
    let mut town = Town::new();
    let first = town.read(1, &[("reading", "118")], None);
    town.sync();
    for state in [CycleState::Reviewed, CycleState::Approved, CycleState::Closed] {
        assert_eq!(town.set(state).done, 1);
    }
    town.next_month();
    let ask = typed(&mut town, 1, "136", None, "");
    let photo = format!("{}{}", field::PHOTOS, "0".repeat(64));
    for (name, value) in [
        // A closed month would be corrected by it, without a reason.
        (field::SUPERSEDES, json!(first)),
        (field::DELETED, json!(true)),
        (field::APPROVED, json!(true)),
        (field::SET_ASIDE, json!(true)),
        (field::CYCLE, json!("2026-09")),
        (field::BY, json!("คนอื่น")),
        (photo.as_str(), json!(true)),
        ("codes.7AW3Z6JQCA", json!(true)),
    ] {
        let mut forged = ask.clone();
        forged.visit.answers.insert(name.to_owned(), value);
        let around = api::CorrectVisit {
            visit: api::SaveVisit { supersedes: Some(first), ..forged.visit.clone() },
            reason: "พิมพ์ผิด".into(),
        };
        let phones = forged.visit.clone();
        for refused in [
            town.ask(Role::Clerk, forged).unwrap_err(),
            town.ask(Role::Clerk, around).unwrap_err(),
            town.try_phone(phones).unwrap_err(),
        ] {
            assert_eq!(refused.code, Code::Malformed, "{name}");
            assert_eq!(refused.detail.as_deref(), Some(name));
        }
    }
    let shown = visits(&mut town, 1);
    assert_eq!((shown.len(), shown[0].corrected), (1, false));
    town.office(ask);
    assert_eq!(town.standing(1), [("2026-09".to_owned(), 18), ("2026-10".to_owned(), 18)]);
}

#[test]
fn nobody_types_for_a_zone_or_programme_that_is_not_theirs() {
    let mut town = Town::new();
    let first = town.read(1, &[("reading", "118")], None);
    town.sync();
    let new = typed(&mut town, 2, "116", None, "");
    let correction = typed(&mut town, 1, "116", Some(first), "พิมพ์ผิด");
    let grant = |role, programme: &str, zone: &str| Grant {
        person: "คนอื่น".into(),
        role,
        shelves: vec![Shelf::new(programme, zone)],
    };
    for (who, code) in [
        (grant(Role::Supervisor, "water", "R02"), Code::NotFound),
        (grant(Role::Supervisor, "lights", Shelf::COMMON), Code::NotFound),
        (grant(Role::Worker, "water", "R01"), Code::Forbidden),
    ] {
        for ask in [new.clone(), correction.clone()] {
            let refused = asks(&mut town.server, &who, town.now, ask).unwrap_err();
            assert_eq!(refused.code, code, "{who:?}");
        }
    }
    // On a phone there is another way, which keeps what it was opened with.
    assert_eq!(town.try_phone(new.clone()).unwrap_err().code, Code::Forbidden);
    assert_eq!((visits(&mut town, 1).len(), visits(&mut town, 2).len()), (1, 0));
    assert!(written(&town.server).is_empty());

    let area = grant(Role::Supervisor, "water", "R01");
    asks(&mut town.server, &area, town.now, new).unwrap();
    asks(&mut town.server, &area, town.now, correction).unwrap();
    assert_eq!((visits(&mut town, 1).len(), visits(&mut town, 2).len()), (2, 1));
}

/// An office with one pole, and the pole.
fn lights() -> (Store, RecordId) {
    let mut server = Store::in_memory(Kind::Server, common::entropy(1)).unwrap();
    let lights = programmes::all().unwrap().into_iter().find(|programme| programme.id == "lights").unwrap();
    server.define_programme(&lights, SEPTEMBER).unwrap();
    let pole = RecordId::new(SEPTEMBER, [1; 10]);
    let cells: Values = [
        ("programme".to_owned(), json!("lights")),
        ("zone".to_owned(), json!("F01")),
        ("pole_no".to_owned(), json!("ตย-01")),
        ("status".to_owned(), json!("ok")),
    ]
    .into();
    let subject = Change { id: pole, kind: kind::SUBJECT.into(), base_seq: Seq(0), cells };
    server.import("demo", vec![subject], SEPTEMBER).unwrap();
    (server, pole)
}

#[test]
fn what_came_in_while_the_form_was_open_is_not_written_over() {
    let (mut server, pole) = lights();
    let clerk = common::town::grant(Role::Clerk);
    let opening = api::OpenForm {
        programme: "lights".into(),
        form: "inspect".into(),
        subject: Some(pole),
        corrects: None,
        code: String::new(),
        today: "2026-09-05".into(),
    };
    let opened = asks(&mut server, &clerk, SEPTEMBER + 1_000, opening).unwrap();
    assert_eq!(opened.seen.values.get("status"), Some(&json!("ok")));
    let edit = api::EditSubject {
        subject: pole,
        values: [("status".to_owned(), json!("broken"))].into(),
        base_seq: None,
        reason: None,
    };
    asks(&mut server, &clerk, SEPTEMBER + 2_000, edit).unwrap();
    let answers: Values = serde_json::from_value(json!({"faulty": "no", "new_status": "ok"})).unwrap();
    let visit = api::SaveVisit {
        programme: "lights".into(),
        form: "inspect".into(),
        ..common::reading(pole, answers)
    };
    let (version, reason) = ("1".into(), String::new());
    let enter = api::EnterVisit { id: None, visit, version, seen: opened.seen, reason };
    asks(&mut server, &clerk, SEPTEMBER + 3_000, enter).unwrap();
    let card = api::Card { subject: pole, today: "2026-09-05".into() };
    let card = asks(&mut server, &clerk, SEPTEMBER + 4_000, card).unwrap();
    assert_eq!(card.visits.len(), 1);
    assert_eq!(card.values.get("status"), Some(&json!("broken")), "the form had changed nothing about it");
}

#[test]
fn an_order_opened_at_the_desk_is_a_row_in_the_audit_and_a_second_call_about_it_is_none() {
    let (mut server, pole) = lights();
    let clerk = common::town::grant(Role::Clerk);
    let opening = api::OpenOrder {
        subject: pole,
        kind: "repair".into(),
        topics: vec!["leaning".into()],
        note: "เจ้าของบ้านโทรแจ้ง".into(),
        photos: Vec::new(),
        place: None,
    };
    let order = asks(&mut server, &clerk, SEPTEMBER + 1_000, opening.clone()).unwrap().record;
    // Somebody else calls about the same: that joins it.
    let joined = asks(&mut server, &clerk, SEPTEMBER + 2_000, opening).unwrap().record;
    assert_eq!(joined, order);
    let mut rows = Vec::new();
    server
        .each_audit_row(0, |row| {
            if row.what.starts_with("order ") {
                rows.push((row.who, row.what, row.about));
            }
        })
        .unwrap();
    assert_eq!(rows, [row("order opened", order)]);
    assert_eq!(server.first_broken_audit_row().unwrap(), None);
}
