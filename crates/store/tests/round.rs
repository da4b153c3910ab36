//! The water round as it is lived: read, estimated, doubted, approved, billed, closed, corrected too late.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use common::town::{DAY, Town, grant, meter};
use domain::access::Role;
use domain::api::{self, Ask};
use domain::change::{Change, Values, kind};
use domain::cycle::CycleState;
use domain::ids::{RecordId, Seq};
use domain::ledger::ChargeState;
use domain::problem::{Code, Problem};
use domain::question::Topic;
use domain::schedule::Standing;
use serde_json::json;
use store::Now;

#[test]
fn a_reading_brings_its_bill_in_the_same_commit_without_signal() {
    let mut town = Town::new();
    town.read(1, &[("reading", "116")], None);
    let account = town.phone.statement(meter(1)).unwrap();
    assert_eq!(account.charges.len(), 1, "the phone has it at once");
    assert_eq!(account.charges[0].units, Some(16));
    assert_eq!(Town::lines(&town.phone).iter().filter(|line| line.contains(r#""kind":"entry""#)).count(), 1);
    town.sync();
    assert_eq!(town.server.statement(meter(1)).unwrap(), account, "and the office the same");
    let tally = town.tally();
    assert_eq!((tally.subjects, tally.read, tally.left(), tally.units), (4, 1, 3, 16));
    assert_eq!(tally.billed, account.charges[0].amount.0);
}

#[test]
fn what_could_not_be_read_is_charged_its_average_and_the_next_reading_settles_it() {
    let mut town = Town::new();
    town.read(1, &[("reading", "116")], None);
    town.next_month();
    town.not_read(1, "01");
    town.sync();
    assert_eq!(town.bills(1)[1].1, 16, "the average of the system before");
    let tally = town.tally();
    assert_eq!((tally.read, tally.not_read(), tally.units, tally.marks["estimated"]), (0, 1, 16, 1));
    // She comes back in the same month: one bill stands, and it is the real one.
    town.now += DAY;
    town.read(1, &[("reading", "130")], None);
    town.sync();
    assert_eq!(
        town.bills(1)[1..],
        [("2026-10".to_owned(), 16, ChargeState::Replaced), ("2026-10".to_owned(), 14, ChargeState::Open)]
    );
    // Two months of nobody at home, then the truth: 32 were charged, 40 were used.
    town.next_month();
    town.not_read(1, "01");
    town.next_month();
    town.not_read(1, "03");
    town.next_month();
    town.read(1, &[("reading", "178")], None);
    town.sync();
    let bills = town.bills(1);
    let charged: i64 =
        bills.iter().filter(|(_, _, state)| *state != ChargeState::Replaced).map(|bill| bill.1).sum();
    assert_eq!(charged, 178 - 100, "all units once, whatever was guessed in between: {bills:?}");
}

#[test]
fn severe_waits_for_the_office_and_is_billed_when_it_says_so() {
    let mut town = Town::new();
    let visit = town.read(1, &[("reading", "1300"), ("reading_again", "1300")], None);
    assert!(town.phone.statement(meter(1)).unwrap().charges.is_empty(), "no bill before somebody looked");
    let today = town.today();
    let card = town.phone(api::Card { subject: meter(1), today });
    assert!(card.visits[0].waits);
    town.sync();
    let tally = town.tally();
    assert_eq!((tally.waiting, tally.units, tally.marks["severe"]), (1, 0, 1));
    let held = town.set(CycleState::Reviewed);
    let waits = api::Held { zone: "R01".into(), waiting: 1, ..api::Held::default() };
    assert_eq!((held.done, held.held), (0, vec![waits]), "a doubt is in the way");

    let cycle = town.today().chars().take(7).collect::<String>();
    let found = town.office(api::Anomalies {
        programme: "water".into(),
        cycle,
        zone: None,
        mark: String::new(),
        offset: 0,
        limit: 10,
    });
    assert_eq!((found.total, found.rows[0].visit.id), (1, visit));
    let question = found.rows[0].questions[0];
    let asked = town.office(api::Questions::default());
    assert_eq!((asked.len(), asked[0].id, asked[0].question.topic), (1, question, Topic::Approval));
    // The reader sees that it waits, and cannot wave it through.
    town.sync();
    assert!(town.phone(api::Questions::default()).is_empty());
    let settle = api::Settle { question, value: true.into() }.wrap();
    let refused = store::service::serve(&mut town.phone, None, Now::thai(town.now), settle).unwrap_err();
    assert_eq!(refused.code, Code::Forbidden);

    town.office(api::Settle { question, value: true.into() });
    assert_eq!(town.bills(1), [("2026-09".to_owned(), 1200, ChargeState::Open)]);
    assert_eq!(town.tally().waiting, 0);
    // A second answer changes the first.
    town.office(api::Settle { question, value: false.into() });
    assert_eq!(town.bills(1), [("2026-09".to_owned(), 1200, ChargeState::Cancelled)]);
    assert_eq!(town.tally().left(), 4, "it is to be read again");
    town.sync();
    let today = town.today();
    let round = town.phone(api::Round {
        programme: "water".into(),
        zone: None,
        standing: vec![Standing::Overdue, Standing::Left],
        failed: None,
        today,
        offset: 0,
        limit: 9,
    });
    assert!(round.rows.iter().any(|row| row.id == meter(1)));
    assert_eq!(town.server.verify_all().unwrap(), Vec::<store::Fault>::new());
}

#[test]
fn reading_again_keeps_both_and_takes_the_doubt_away() {
    let mut town = Town::new();
    let first = town.read(1, &[("reading", "1300"), ("reading_again", "1300")], None);
    town.sync();
    assert_eq!(town.tally().waiting, 1);
    let again = town.read(1, &[("reading", "130")], Some(first));
    town.sync();
    let tally = town.tally();
    assert_eq!((tally.waiting, tally.read, tally.units), (0, 1, 30));
    assert!(town.office(api::Questions::default()).is_empty(), "nobody has to be asked any more");
    assert_eq!(town.bills(1), [("2026-09".to_owned(), 30, ChargeState::Open)]);
    let today = town.today();
    let card = town.office(api::Card { subject: meter(1), today });
    let seen: Vec<(RecordId, bool)> = card.visits.iter().map(|visit| (visit.id, visit.corrected)).collect();
    assert!(seen.contains(&(first, true)) && seen.contains(&(again, false)), "{seen:?}");
}

#[test]
fn a_corrected_reading_is_a_new_bill_in_the_place_of_the_old_one_with_its_reason() {
    let mut town = Town::new();
    let first = town.read(1, &[("reading", "118")], None);
    town.read(1, &[("reading", "116")], Some(first));
    town.sync();
    assert_eq!(
        town.bills(1),
        [("2026-09".to_owned(), 18, ChargeState::Replaced), ("2026-09".to_owned(), 16, ChargeState::Open)]
    );
    assert!(Town::lines(&town.server).iter().any(|line| line.contains("แก้ไขการบันทึก")));
}

#[test]
fn a_new_meters_first_number_is_for_the_office_to_approve() {
    let mut town = Town::new();
    let subject = town.office(api::CreateSubject {
        programme: "water".into(),
        zone: "R01".into(),
        values: [("name".to_owned(), json!("นางใหม่ ทดสอบกุล")), ("digits".to_owned(), json!(4))].into(),
        code: None,
        place: None,
    });
    town.sync();
    let today = town.today();
    let opened = town.phone(api::OpenForm {
        programme: "water".into(),
        form: "reading".into(),
        subject: subject.subject,
        corrects: None,
        code: String::new(),
        today,
    });
    assert!(!opened.known.contains_key("last_reading"));
    let save = {
        let answers = [("reading".to_owned(), json!(350)), ("direction".to_owned(), json!("first"))].into();
        api::SaveVisit { subject: subject.subject, ..common::reading(meter(1), answers) }
    };
    town.phone(save);
    town.sync();
    let asked = town.office(api::Questions::default());
    assert_eq!((asked[0].question.topic, asked[0].question.field.as_str()), (Topic::Approval, "first"));
    town.office(api::Settle { question: asked[0].id, value: true.into() });
    assert_eq!(town.tally().waiting, 0);
}

#[test]
fn a_cycle_goes_step_by_step_and_nothing_changes_once_it_is_closed() {
    let mut town = Town::new();
    let visit = town.read(1, &[("reading", "118")], None);
    town.sync();
    assert_eq!(town.set(CycleState::Approved).done, 0, "not before it was reviewed");
    assert_eq!(town.set(CycleState::Reviewed).done, 1);
    assert_eq!(town.set(CycleState::Approved).done, 1);
    let before = town.bills(1);
    assert_eq!(town.set(CycleState::Closed).done, 1);
    assert_eq!(town.set(CycleState::Open).done, 0, "never out of closed");
    let today = town.today();
    let zone = town
        .office(api::Dashboard { programme: "water".into(), cycle: String::new(), today })
        .zones
        .remove(0);
    assert_eq!((zone.state, zone.by.0.as_str()), (CycleState::Closed, "สมหญิง สำนักงาน"));
    let plan = api::PlanCycle {
        programme: "water".into(),
        zone: "R01".into(),
        cycle: "2026-09".into(),
        due_on: Some("2026-10-10".into()),
        ..Default::default()
    };
    assert_eq!(town.ask(Role::Clerk, plan).unwrap_err().code, Code::CycleClosed);

    // The phone does not know yet: it corrects and bills in good faith.
    town.read(1, &[("reading", "128")], Some(visit));
    town.sync();
    let standing: Vec<_> = town.bills(1).into_iter().filter(|bill| bill.2 == ChargeState::Open).collect();
    assert_eq!(standing, before, "the closed month stays as it was");
    let asked = town.office(api::Questions::default());
    assert_eq!((asked.len(), asked[0].question.field.as_str()), (1, "late"));
    town.office(api::Settle { question: asked[0].id, value: true.into() });
    let account = town.server.statement(meter(1)).unwrap();
    let adjusted: Vec<_> = account.charges.iter().filter(|charge| charge.units.is_none()).collect();
    assert_eq!((adjusted.len(), adjusted[0].cycle.as_str()), (1, "2026-10"));
    let late = account.charges.iter().find(|charge| charge.units == Some(28)).unwrap();
    assert_eq!(adjusted[0].amount, late.amount - account.charges[0].amount, "by what it differs");

    // Now it knows, and does not even try.
    town.sync();
    let bills = town.bills(2).len();
    town.read(2, &[("reading", "116")], None);
    town.sync();
    assert_eq!(town.bills(2).len(), bills);
    assert_eq!(town.server.verify_all().unwrap(), Vec::<store::Fault>::new());
}

#[test]
fn only_the_office_sets_a_cycle_and_only_through_the_server() {
    let mut town = Town::new();
    let ask = || api::SetCycle {
        programme: "water".into(),
        zone: None,
        cycle: "2026-09".into(),
        state: CycleState::Reviewed,
        reason: String::new(),
    };
    let refused =
        store::service::serve(&mut town.phone, None, Now::thai(town.now), ask().wrap()).unwrap_err();
    assert_eq!(refused.code, Code::Forbidden);
    assert_eq!(town.ask(Role::Worker, ask()).unwrap_err().code, Code::Forbidden);
    assert_eq!(town.office(ask()).done, 1);
    // A forged record of that kind is refused like any other that one may not write.
    let forged = Change {
        id: RecordId::new(town.now, [9; 10]),
        kind: kind::CYCLE.into(),
        base_seq: Seq(0),
        cells: [("programme", "water"), ("zone", "R01"), ("cycle", "2026-09"), ("state", "open")]
            .map(|(name, value)| (name.to_owned(), value.into()))
            .into(),
    };
    let new = store::NewCommit { changes: vec![forged], ..Default::default() };
    assert!(town.server.save(&grant(Role::Administrator), Now::thai(town.now), new).is_err());
}

#[test]
fn the_walking_order_is_the_readers_to_change() {
    let mut town = Town::new();
    let order = |town: &mut Town| -> Vec<String> {
        let today = town.today();
        let ask = api::Round {
            programme: "water".into(),
            zone: Some("R01".into()),
            standing: Vec::new(),
            failed: None,
            today,
            offset: 0,
            limit: 9,
        };
        town.phone(ask)
            .rows
            .into_iter()
            .map(|row| row.heading.split(' ').nth(2).unwrap_or("").to_owned())
            .collect()
    };
    assert_eq!(order(&mut town), ["1", "2", "3", "4"]);
    town.phone(api::MoveInRound { subject: meter(4), after: Some(meter(1)) });
    assert_eq!(order(&mut town), ["1", "4", "2", "3"]);
    town.phone(api::MoveInRound { subject: meter(3), after: None });
    assert_eq!(order(&mut town), ["3", "1", "4", "2"]);
    town.phone(api::MoveInRound { subject: meter(1), after: Some(meter(2)) });
    assert_eq!(order(&mut town), ["3", "4", "2", "1"]);
    town.sync();
    assert!(town.office(api::Refused {}).is_empty());
}

#[test]
fn the_round_tells_what_was_skipped_and_why_until_the_month_is_over() {
    let mut town = Town::new();
    town.read(1, &[("reading", "116")], None);
    town.not_read(2, "03");
    town.not_read(3, "01");
    let ask = |town: &mut Town, failed: Option<&str>| {
        let today = town.today();
        town.phone(api::Round {
            programme: "water".into(),
            zone: None,
            standing: Vec::new(),
            failed: failed.map(str::to_owned),
            today,
            offset: 0,
            limit: 9,
        })
    };
    let reply = ask(&mut town, Some(""));
    assert_eq!((reply.done, reply.left, reply.total), (1, 1, 2));
    assert_eq!(reply.skipped, [("01".to_owned(), 1), ("03".to_owned(), 1)].into());
    assert_eq!(ask(&mut town, Some("03")).rows[0].id, meter(2));
    town.next_month();
    let reply = ask(&mut town, Some(""));
    assert_eq!((reply.left, reply.total), (4, 0), "last month's dog is no reason for this month");
}

#[test]
fn what_goes_lost_and_which_meters_are_dead() {
    let mut town = Town::new();
    for month in 0..3 {
        town.read(1, &[("reading", "100")], None);
        town.read(2, &[("reading", &format!("{}", 116 + month * 16))], None);
        town.not_read(3, "01");
        town.sync();
        if month < 2 {
            town.next_month();
        }
    }
    let (cycle, today) = (town.today().chars().take(7).collect::<String>(), town.today());
    let plan = api::PlanCycle {
        programme: "water".into(),
        zone: "R01".into(),
        cycle: cycle.clone(),
        produced: Some(64),
        ..Default::default()
    };
    town.office(plan);
    let reply = town.office(api::Loss { programme: "water".into(), cycle, today });
    let zone = &reply.zones[0];
    assert_eq!((zone.produced, zone.counted, zone.unread), (Some(64), 32, 2));
    assert_eq!((zone.lost_bp, zone.too_much), (Some(5_000), true));
    assert_eq!(reply.dead.iter().map(|row| row.id).collect::<Vec<_>>(), [meter(1)]);
    assert_eq!(
        reply.again.iter().map(|(mark, row)| (mark.as_str(), row.id)).collect::<Vec<_>>(),
        [("estimated", meter(3))]
    );
}

#[test]
fn of_two_corrections_of_one_reading_the_later_counts_in_whatever_order_they_came() {
    let mut town = Town::new();
    let first = town.read(1, &[("reading", "118")], None);
    town.sync();
    // The reader corrects without signal, and after her the office. Hers comes last, to a higher row; both have the time of the
    // reading that they correct.
    town.read(1, &[("reading", "116")], Some(first));
    let answers = [("reading".to_owned(), json!(114)), ("usage".to_owned(), json!(14))].into();
    let visit = api::SaveVisit { supersedes: Some(first), ..common::reading(meter(1), answers) };
    town.office(api::CorrectVisit { visit, reason: "อ่านเลขผิด".into() });
    town.sync();
    let tally = town.tally();
    assert_eq!((tally.read, tally.units), (1, 14));
    assert_eq!(town.standing(1), [("2026-09".to_owned(), 14)], "and money follows it");
}

#[test]
fn of_two_corrections_of_one_visit_one_counts_in_every_list_and_on_every_replica() {
    let mut town = Town::new();
    let first = town.read(1, &[("reading", "118")], None);
    town.sync();
    // The reader corrects twice without signal, and after her the office.
    let hers = town.read(1, &[("reading", "117")], Some(first));
    let again = town.read(1, &[("reading", "116")], Some(hers));
    let answers = [("reading".to_owned(), json!(114)), ("usage".to_owned(), json!(14))].into();
    let visit = api::SaveVisit { supersedes: Some(first), ..common::reading(meter(1), answers) };
    let correct = api::CorrectVisit { visit, reason: "อ่านเลขผิด".into() };
    let theirs = town.office(correct).record;
    town.sync();
    let card = api::Card { subject: meter(1), today: town.today() };
    for visits in [town.office(card.clone()).visits, town.phone(card).visits] {
        assert!([first, hers, again, theirs].iter().all(|id| visits.iter().any(|visit| visit.id == *id)));
        let counts: Vec<_> = visits.iter().filter(|visit| !visit.corrected).map(|visit| visit.id).collect();
        assert_eq!(counts, [theirs]);
    }
    let tally = town.tally();
    assert_eq!((tally.read, tally.units), (1, 14));
    // Worked out anew, and in another order, it comes to the same.
    assert_eq!(town.server.verify_all().unwrap(), []);
    assert_eq!(town.phone.verify_all().unwrap(), []);
}

/// A visit as it lies at the office, whoever wrote it.
fn visit_of(subject: RecordId, values: serde_json::Value) -> Change {
    let mut cells = serde_json::from_value::<Values>(values).unwrap();
    for (name, value) in [
        ("programme", "water"),
        ("zone", "R01"),
        ("form", "reading"),
        ("outcome", "done"),
        ("cycle", "2026-09"),
        ("at", "2026-09-05T10:00:00+07:00"),
        ("by", "นก"),
    ] {
        cells.entry(name.to_owned()).or_insert_with(|| value.into());
    }
    cells.insert("subject".to_owned(), subject.to_string().into());
    let id = RecordId::derived("visit", &[subject.bytes()]);
    Change { id, kind: kind::VISIT.to_owned(), base_seq: Seq(0), cells }
}

#[test]
fn a_report_lists_every_doubt_however_many_there_are() {
    let mut town = Town::new();
    let mut changes = Vec::new();
    for at in 0..205_u16 {
        let id = RecordId::derived("meter", &[&at.to_be_bytes()]);
        let cells = [("programme", json!("water")), ("zone", json!("R01")), ("order", json!(at))]
            .map(|(name, value)| (name.to_owned(), value));
        changes.push(Change { id, kind: kind::SUBJECT.to_owned(), base_seq: Seq(0), cells: cells.into() });
        changes.push(visit_of(id, json!({"usage": 9_000, "severe": "yes"})));
    }
    town.server.import("demo", changes, town.now).unwrap();
    let (clerk, now) = (grant(Role::Clerk), Now::thai(town.now));
    let doubts = town.server.doubts_of(&clerk, now, "water", "2026-09").unwrap();
    assert_eq!((doubts.len(), town.tally().waiting), (205, 205));
    assert!(town.server.doubts_of(&grant(Role::Worker), now, "water", "2026-09").is_err());
}

#[test]
fn a_code_is_found_as_people_type_it() {
    let mut town = Town::new();
    let ours = domain::code::make(0x12_3456);
    let bound = |at: u8, code: &str| Change {
        id: meter(at),
        kind: kind::SUBJECT.into(),
        base_seq: Seq(0),
        cells: [(format!("codes.{code}"), json!(true))].into(),
    };
    // A maker's number is kept with the letters it has.
    let changes = vec![bound(1, "sn-12ab"), bound(2, "SN-98XY"), bound(3, &ours)];
    town.server.import("demo", changes, town.now).unwrap();
    town.sync();
    let mut found = |text: &str| -> Vec<RecordId> {
        let today = town.today();
        let ask = api::Search { text: text.into(), programme: None, today, limit: 9 };
        town.phone(ask).into_iter().map(|row| row.id).collect()
    };
    let (begun, (before, after)) = (ours.get(..6).unwrap(), ours.split_at(5));
    assert!(ours.contains('0'), "a letter that people mistake: {ours}");
    let typed = format!("{before} {after}").replace('0', "o").to_lowercase();
    for (text, at) in [("sn-12ab", 1), ("sn-12", 1), ("sn-98xy", 2), (begun, 3), (typed.as_str(), 3)] {
        assert_eq!(found(text), [meter(at)], "{text}");
    }
    // Nobody is written down as uncle; whoever really is called so is found first.
    assert_eq!(found("ลุงสมชาย").len(), 4);
    assert!(found("ลุงสมศรี").is_empty());
}

#[test]
fn a_number_that_no_meter_shows_makes_no_sum_turn_round() {
    let mut town = Town::new();
    let much = |at: u8| visit_of(meter(at), json!({"usage": 9_000_000_000_000_000_000_i64}));
    town.server.import("demo", vec![much(1), much(2)], town.now).unwrap();
    assert_eq!(town.tally().units, i64::MAX);
    let (cycle, today) = ("2026-09".to_owned(), town.today());
    let plan = api::PlanCycle {
        programme: "water".into(),
        zone: "R01".into(),
        cycle: cycle.clone(),
        produced: Some(64),
        ..Default::default()
    };
    town.office(plan);
    let zone = town.office(api::Loss { programme: "water".into(), cycle, today }).zones.remove(0);
    assert_eq!((zone.counted, zone.too_much), (i64::MAX, false), "more was counted than given out");
    assert!(zone.lost_bp.is_some_and(|lost| lost < 0));
}

#[test]
fn a_round_offers_its_own_cycles() {
    let mut town = Town::new();
    let mut other = (*town.server.programmes()["water"]).clone();
    other.id = "wells".into();
    town.server.define_programme(&other, town.now).unwrap();
    let well = RecordId::derived("well", &[]);
    let of_wells = [("programme".to_owned(), json!("wells")), ("zone".to_owned(), json!("W01"))];
    let subject = Change { id: well, kind: kind::SUBJECT.into(), base_seq: Seq(0), cells: of_wells.into() };
    let visit = visit_of(well, json!({"programme": "wells", "zone": "W01", "cycle": "2020-01", "usage": 1}));
    town.server.import("demo", vec![subject, visit], town.now).unwrap();
    let mut cycles = |programme: &str| {
        let today = town.today();
        town.office(api::Dashboard { programme: programme.into(), cycle: String::new(), today }).cycles
    };
    assert_eq!(cycles("wells"), ["2026-09", "2020-01"]);
    assert_eq!(cycles("water"), ["2026-09"]);
}

#[test]
fn a_programme_that_an_older_version_let_through_can_still_be_published() {
    let mut town = Town::new();
    let mut own = (*town.server.programmes()["water"]).clone();
    own.loss.as_mut().unwrap().dead_after = 0;
    let refused = town.server.define_programme(&own, town.now).unwrap_err();
    assert_eq!(Problem::from(refused).code, Code::BadRecord, "nobody writes it today");
    // As it was stored when 0 meant "never".
    let id = RecordId::derived("programme", &[b"water"]);
    let cells = [
        ("programme".to_owned(), json!("water")),
        ("version".to_owned(), json!(own.version)),
        ("definition".to_owned(), serde_json::to_value(&own).unwrap()),
    ];
    let stored = Change { id, kind: kind::PROGRAMME.into(), base_seq: Seq(0), cells: cells.into() };
    town.server.import("", vec![stored], town.now).unwrap();
    own.version += 1;
    town.server.publish_form("office", &own, "reading", town.now).unwrap();
    assert_eq!(town.server.programmes()["water"].version, own.version);
    own.version += 1;
    own.loss.as_mut().unwrap().dead_after = 13;
    let refused = town.server.publish_form("office", &own, "reading", town.now).unwrap_err();
    assert_eq!(Problem::from(refused).code, Code::BadRecord, "that is a fault of this change");
}
