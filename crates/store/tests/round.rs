//! The water round as it is lived: read, estimated, doubted, approved, billed, closed, corrected too late.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use domain::access::{Grant, Role};
use domain::api::{self, Ask, Tally};
use domain::change::{Change, Values, kind};
use domain::cycle::CycleState;
use domain::ids::{RecordId, Seq, Shelf};
use domain::ledger::ChargeState;
use domain::problem::{Code, Problem};
use domain::question::Topic;
use domain::schedule::Standing;
use serde_json::json;
use store::{Kind, Now, Store};

const DAY: u64 = 86_400_000;
/// 5 September 2026, 10:00 in Thailand.
const SEPTEMBER: u64 = 1_788_577_200_000;

fn meter(at: u8) -> RecordId {
    RecordId::new(SEPTEMBER - 40 * DAY, [at; 10])
}

fn grant(role: Role) -> Grant {
    Grant {
        person: "สมหญิง สำนักงาน".into(), role, shelves: vec![Shelf::common("water")]
    }
}

/// An office with one route of four meters, and a reader's phone.
struct Town {
    server: Store,
    phone: Store,
    now: u64,
}

impl Town {
    fn new() -> Town {
        let mut server = Store::in_memory(Kind::Server, common::entropy(1)).unwrap();
        server.set_municipality("ตำบลตัวอย่าง").unwrap();
        let water = programmes::all().unwrap().into_iter().find(|programme| programme.id == "water").unwrap();
        assert!(water.billing.is_some() && water.round.is_some());
        server.define_programme(&water, SEPTEMBER - 40 * DAY).unwrap();
        let subject = |at: u8| Change {
            id: meter(at),
            kind: kind::SUBJECT.into(),
            base_seq: Seq(0),
            cells: Values::from_iter(
                [
                    ("programme", json!("water")),
                    ("zone", json!("R01")),
                    ("order", json!(at)),
                    ("name", json!(format!("นายสมชาย ทองตัวอย่างดี {at}"))),
                    ("customer_no", json!(format!("9900{at:04}"))),
                    ("digits", json!(4)),
                    ("class", json!("1")),
                    ("meter_size", json!("01")),
                    ("initial_reading", json!(100)),
                    ("initial_on", json!("2026-08-06")),
                    ("average", json!(16)),
                ]
                .map(|(name, value)| (name.to_owned(), value)),
            ),
        };
        server.import("demo", (1..=4).map(subject).collect(), SEPTEMBER - 40 * DAY).unwrap();
        let ask = api::NewEnrolment {
            person: "นก จดมาตร".into(),
            role: Role::Worker,
            shelves: vec![Shelf::new("water", "R01")],
        };
        let phone = common::enrolled(&mut server, &ask, "มือถือ", 2, SEPTEMBER);
        let mut town = Town { server, phone, now: SEPTEMBER };
        town.sync();
        town
    }

    fn sync(&mut self) {
        self.now += 1_000;
        common::sync(&mut self.server, &mut self.phone, self.now);
    }

    fn today(&self) -> String {
        Now::thai(self.now).day().to_string()
    }

    fn phone<A: Ask>(&mut self, ask: A) -> A::Reply {
        self.now += 1_000;
        A::unwrap(store::service::serve(&mut self.phone, None, Now::thai(self.now), ask.wrap()).unwrap())
            .unwrap()
    }

    fn ask<A: Ask>(&mut self, role: Role, ask: A) -> Result<A::Reply, Problem> {
        self.now += 1_000;
        A::unwrap(store::service::serve(
            &mut self.server,
            Some(&grant(role)),
            Now::thai(self.now),
            ask.wrap(),
        )?)
    }

    fn office<A: Ask>(&mut self, ask: A) -> A::Reply {
        self.ask(Role::Clerk, ask).unwrap()
    }

    /// Fills the form on the phone as a person would, and saves what it finished.
    fn read(&mut self, at: u8, set: &[(&str, &str)], corrects: Option<RecordId>) -> RecordId {
        let today = self.today();
        let opened = self.phone(api::OpenForm {
            programme: "water".into(),
            form: "reading".into(),
            subject: Some(meter(at)),
            corrects,
            today,
        });
        let form = forms::Form::from_json(&opened.definition).unwrap();
        let mut filling =
            forms::Filling::new(&std::sync::Arc::new(form), &opened.known, Box::new(Host(self.now)));
        for (question, text) in set {
            filling.set(question, text).unwrap();
        }
        let answers = filling.finish();
        self.save(at, "done", answers.into_iter().collect(), corrects)
    }

    fn not_read(&mut self, at: u8, code: &str) -> RecordId {
        self.save(at, code, Values::new(), None)
    }

    fn save(&mut self, at: u8, outcome: &str, answers: Values, supersedes: Option<RecordId>) -> RecordId {
        self.phone(api::SaveVisit {
            registry: Vec::new(),
            programme: "water".into(),
            form: "reading".into(),
            subject: Some(meter(at)),
            zone: None,
            code: None,
            outcome: outcome.into(),
            answers,
            photos: Vec::new(),
            place: None,
            supersedes,
            offset_minutes: 420,
        })
        .record
    }

    fn tally(&mut self) -> Tally {
        let today = self.today();
        self.office(api::Dashboard { programme: "water".into(), cycle: String::new(), today }).all
    }

    fn set(&mut self, state: CycleState) -> api::CycleSet {
        let cycle = self.today().chars().take(7).collect::<String>();
        let reason = "ทดสอบ".to_owned();
        self.office(api::SetCycle {
            programme: "water".into(),
            zone: Some("R01".into()),
            cycle,
            state,
            reason,
        })
    }

    fn next_month(&mut self) {
        self.now += 30 * DAY;
    }

    /// Every record of a replica, a line each.
    fn lines(store: &Store) -> Vec<String> {
        let mut dump = Vec::new();
        store.dump(None, &mut dump).unwrap();
        String::from_utf8(dump).unwrap().lines().map(str::to_owned).collect()
    }

    /// Units and state of every bill of a meter at the office, in order.
    fn bills(&self, at: u8) -> Vec<(String, i64, ChargeState)> {
        let account = self.server.statement(meter(at)).unwrap();
        account
            .charges
            .iter()
            .filter_map(|charge| Some((charge.cycle.clone(), charge.units?, charge.state)))
            .collect()
    }
}

struct Host(u64);

impl forms::Host for Host {
    fn now_ms(&self) -> i64 {
        self.0 as i64
    }

    fn call(&self, name: &str, arguments: &[forms::Value]) -> Option<forms::Value> {
        forms::calculate(name, arguments)
    }
}

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
    assert_eq!((held.done, held.held), (0, vec![("R01".to_owned(), 1)]), "a doubt is in the way");

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
        today,
    });
    assert!(!opened.known.contains_key("last_reading"));
    let save = api::SaveVisit {
        registry: Vec::new(),
        programme: "water".into(),
        form: "reading".into(),
        subject: subject.subject,
        zone: None,
        code: None,
        outcome: "done".into(),
        answers: [("reading".to_owned(), json!(350)), ("direction".to_owned(), json!("first"))].into(),
        photos: Vec::new(),
        place: None,
        supersedes: None,
        offset_minutes: 420,
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
