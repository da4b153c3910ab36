//! What is owed follows the reading that counts: estimates after readings, corrections after the next one, made-up bills,
//! cancelled versions, and the sums of the dashboard.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use common::town::{DAY, Town, meter};
use domain::access::{Grant, Role};
use domain::api::{self, BillOf};
use domain::billing::{Bill, BillNumber, Line, LineKind, Series};
use domain::change::{Change, kind};
use domain::cycle::CycleState;
use domain::ids::{DeviceNo, RecordId, Seq, Shelf};
use domain::ledger::{ChargeState, Entry, Fact, Means, Payment, PaymentState, Statement};
use domain::money::Satang;
use domain::problem::Code;
use domain::promptpay::Slip;
use domain::question::Topic;
use proptest::prelude::*;
use serde_json::json;
use store::{NewCommit, Now, Store};

const NOK: &str = "นก จดมาตร";

fn one(cycle: &str, units: i64) -> Vec<(String, i64)> {
    vec![(cycle.to_owned(), units)]
}

#[test]
fn an_attempt_in_vain_never_takes_the_place_of_a_reading() {
    let mut town = Town::new();
    town.read(1, &[("reading", "114")], None);
    // She taps "could not" by mistake, before and after there was signal.
    town.not_read(1, "01");
    town.sync();
    town.not_read(1, "01");
    town.sync();
    assert_eq!(town.bills(1), [("2026-09".to_owned(), 14, ChargeState::Open)]);
    assert_eq!((town.tally().units, town.tally().read), (14, 1));
    town.next_month();
    town.read(1, &[("reading", "130")], None);
    assert_eq!(town.phone.statement(meter(1)).unwrap().bill_of("2026-10").unwrap().units, Some(16));
}

#[test]
fn an_estimate_of_somebody_who_did_not_know_of_the_reading_gives_way_to_it() {
    for lek_first in [true, false] {
        let mut town = Town::new();
        let mut lek = town.other("เล็ก จดมาตร", 3);
        town.read(1, &[("reading", "114")], None);
        let paper = town.phone.statement(meter(1)).unwrap().charges[0].no.clone();
        town.now += 3_600_000;
        town.on(&mut lek, |town| town.not_read(1, "01"));
        assert_eq!(lek.statement(meter(1)).unwrap().charges[0].units, Some(16), "she cannot know");
        if lek_first {
            town.on(&mut lek, Town::sync);
            town.sync();
        } else {
            town.sync();
            town.on(&mut lek, Town::sync);
        }
        assert_eq!(town.standing(1), one("2026-09", 14));
        let statement = town.server.statement(meter(1)).unwrap();
        assert_eq!(
            statement.bill_of("2026-09").unwrap().no,
            paper,
            "what the customer has on paper is right"
        );
        let tally = town.tally();
        assert_eq!((tally.units, tally.billed), (14, statement.owed.0));
        // The next reading charges what was used since the last number that was seen.
        town.sync();
        town.next_month();
        town.read(1, &[("reading", "130")], None);
        town.sync();
        assert_eq!(town.standing(1)[1], ("2026-10".to_owned(), 16));
        assert_eq!(town.server.verify_all().unwrap(), []);
    }
}

#[test]
fn last_months_reading_is_left_alone_once_the_next_was_read() {
    let mut town = Town::new();
    let september = town.read(1, &[("reading", "128")], None);
    town.sync();
    // The same person has another phone, and that one has not heard of October.
    let mut other = town.other(NOK, 3);
    town.next_month();
    let october = town.read(1, &[("reading", "140")], None);
    town.sync();
    let today = town.today();
    let open = api::OpenForm {
        code: String::new(),
        programme: "water".into(),
        form: "reading".into(),
        subject: Some(meter(1)),
        corrects: Some(september),
        today,
    };
    assert_eq!(town.try_phone(open.clone()).unwrap_err().code, Code::NextRead);
    assert!(town.try_phone(api::OpenForm { corrects: Some(october), ..open }).is_ok());

    town.on(&mut other, |town| town.read(1, &[("reading", "118")], Some(september)));
    assert_eq!(other.statement(meter(1)).unwrap().bill_of("2026-09").unwrap().units, Some(18));
    town.on(&mut other, Town::sync);
    let charged: i64 = town.standing(1).iter().map(|(_, units)| units).sum();
    assert_eq!(charged, 40, "all that was used, once: {:?}", town.bills(1));
    assert_eq!(town.standing(1)[0].1, 28);
}

#[test]
fn a_reading_that_did_not_know_of_a_correction_leaves_the_bill_it_went_on_from() {
    let mut town = Town::new();
    let september = town.read(1, &[("reading", "128")], None);
    town.sync();
    let mut other = town.other(NOK, 3);
    town.on(&mut other, |town| {
        town.read(1, &[("reading", "118")], Some(september));
        town.sync();
    });
    assert_eq!(town.standing(1), one("2026-09", 18));
    town.next_month();
    town.read(1, &[("reading", "140")], None);
    town.sync();
    assert_eq!(town.standing(1), [("2026-09".to_owned(), 28), ("2026-10".to_owned(), 12)]);
    // Who knew of it charges the rest.
    let second = town.read(2, &[("reading", "128")], None);
    town.read(2, &[("reading", "118")], Some(second));
    town.sync();
    town.next_month();
    town.read(2, &[("reading", "140")], None);
    town.sync();
    assert_eq!(town.standing(2), [("2026-10".to_owned(), 18), ("2026-11".to_owned(), 22)]);
}

#[test]
fn an_estimate_that_nobody_is_charged_for_is_not_taken_off_the_next_reading() {
    let mut town = Town::new();
    for at in [1, 2, 3] {
        town.read(at, &[("reading", "110")], None);
    }
    town.sync();
    town.next_month();
    for at in [1, 2] {
        town.not_read(at, "01");
    }
    town.sync();
    // The clerk cancels one of the two.
    let bill = town.server.statement(meter(1)).unwrap().bill_of("2026-10").unwrap().id;
    town.office(api::CancelEntry { entry: bill, reason: "บ้านว่าง".into() });
    for state in [CycleState::Reviewed, CycleState::Approved, CycleState::Closed] {
        assert_eq!(town.set(state).done, 1);
    }
    // A third comes after the month was closed, and the office is asked.
    town.not_read(3, "01");
    town.sync();
    assert_eq!(town.standing(3), one("2026-09", 10));
    let asked = town.office(api::Questions::default());
    assert_eq!((asked.len(), asked[0].question.field.as_str()), (1, "late"));
    town.sync();
    town.next_month();
    for (at, units) in [(1, 40), (2, 24), (3, 40)] {
        town.read(at, &[("reading", "150")], None);
        let statement = town.phone.statement(meter(at)).unwrap();
        assert_eq!(statement.bill_of("2026-11").unwrap().units, Some(units), "meter {at}");
    }
    town.sync();
    // Charged as an adjustment it is taken off. A reading that is corrected looks back from where it stands.
    town.office(api::Settle { question: asked[0].id, value: true.into() });
    assert!(town.server.statement(meter(3)).unwrap().charges.iter().any(|charge| charge.units.is_none()));
    town.sync();
    town.now += DAY;
    town.read(3, &[("reading", "150")], None);
    let statement = town.phone.statement(meter(3)).unwrap();
    assert_eq!(statement.bill_of("2026-11").unwrap().units, Some(24));
}

/// A reading of a meter as a phone sends it, with a bill of so much.
fn made_up(town: &Town, at: u8, units: i64, satang: i64) -> (Change, Entry) {
    let visit = RecordId::new(town.now, [40 + at; 10]);
    let day = domain::thai_date::iso(town.now, 420);
    let cells = [
        ("programme", json!("water")),
        ("zone", json!("R01")),
        ("subject", json!(meter(at).to_string())),
        ("form", json!("reading")),
        ("at", json!(day)),
        ("by", json!(NOK)),
        ("outcome", json!("done")),
        ("cycle", json!("2026-09")),
        ("reading", json!(100 + units)),
        ("previous", json!(100)),
        ("usage", json!(units)),
        ("method", json!("actual")),
    ];
    let cells = cells.map(|(name, value)| (name.to_owned(), value)).into();
    let visit = Change { id: visit, kind: kind::VISIT.into(), base_seq: Seq(0), cells };
    let total = Satang(satang);
    let bill = Bill {
        no: BillNumber::new(Series::Bill, "2026-09", DeviceNo(1), u64::from(at) + 70, 0).unwrap(),
        visit: Some(visit.id),
        tariff: "2569-1".into(),
        class: "1".into(),
        units,
        lines: vec![Line { kind: LineKind::Use, title: None, amount: total }],
        total,
        ..Bill::default()
    };
    let entry = Entry {
        id: RecordId::new(town.now, [80 + at; 10]),
        subject: meter(at),
        at: day,
        by: NOK.into(),
        cycle: "2026-09".into(),
        reason: String::new(),
        approver: String::new(),
        fact: Fact::Bill(Box::new(bill)),
    };
    (visit, entry)
}

fn change_of(entry: &Entry) -> Change {
    Change { id: entry.id, kind: kind::ENTRY.into(), base_seq: Seq(0), cells: entry.cells("water", "R01") }
}

fn worker() -> Grant {
    Grant { person: NOK.into(), role: Role::Worker, shelves: vec![Shelf::new("water", "R01")] }
}

fn write(store: &mut Store, now: u64, changes: Vec<Change>) -> Result<u64, Code> {
    let refused = |error| match error {
        store::Error::Refused(problem) => problem.code,
        other => panic!("{other:?}"),
    };
    store.save(&worker(), Now::thai(now), NewCommit { changes, ..NewCommit::default() }).map_err(refused)
}

#[test]
fn nobody_writes_in_the_name_of_another_or_charges_for_nothing() {
    let mut town = Town::new();
    let now = town.now;
    let (visit, entry) = made_up(&town, 1, 20, 0);
    let alone = vec![change_of(&entry)];
    assert_eq!(write(&mut town.server, now, alone), Err(Code::BadRecord), "no reading, no bill");
    let mut other_cycle = visit.clone();
    other_cycle.cells.insert("cycle".into(), "2026-08".into());
    let apart = vec![other_cycle, change_of(&entry)];
    assert_eq!(write(&mut town.server, now, apart), Err(Code::BadRecord));
    for forge in [
        (|entry: &mut Entry| entry.by = "เล็ก จดมาตร".into()) as fn(&mut Entry),
        |entry| entry.approver = "หัวหน้า".into(),
    ] {
        let mut forged = entry.clone();
        forge(&mut forged);
        let both = vec![visit.clone(), change_of(&forged)];
        assert_eq!(write(&mut town.server, now, both), Err(Code::Forbidden));
    }
    for said in ["approved", "set_aside"] {
        let mut approved = visit.clone();
        approved.cells.insert(said.into(), true.into());
        assert_eq!(write(&mut town.server, now, vec![approved]), Err(Code::Forbidden), "{said}");
    }
    let cash = |amount| Payment { amount, means: Means::Cash, bill: None, receipt_no: String::new() };
    let too_much = Entry { fact: Fact::Payment(cash(Satang::baht(1_000_001))), ..entry.clone() };
    assert_eq!(write(&mut town.server, now, vec![change_of(&too_much)]), Err(Code::BadRecord));
    assert!(write(&mut town.server, now, vec![visit, change_of(&entry)]).is_ok());
}

#[test]
fn a_bill_that_is_not_what_its_reading_comes_to_is_asked_about() {
    let mut town = Town::new();
    // 20 units for nothing.
    let (visit, entry) = made_up(&town, 1, 20, 0);
    let now = town.now;
    write(&mut town.server, now, vec![visit, change_of(&entry)]).unwrap();
    // An honest phone is not asked about.
    town.read(2, &[("reading", "120")], None);
    town.sync();
    let asked = town.office(api::Questions::default());
    assert_eq!(
        (asked.len(), asked[0].question.topic, asked[0].question.field.as_str()),
        (1, Topic::Approval, "bill")
    );
    let asked_about = api::Held { zone: "R01".into(), questions: 1, ..api::Held::default() };
    assert_eq!(town.set(CycleState::Reviewed).held, [asked_about]);
    town.office(api::Settle { question: asked[0].id, value: true.into() });
    let honest = town.server.statement(meter(2)).unwrap();
    let statement = town.server.statement(meter(1)).unwrap();
    assert_eq!(
        (statement.owed, town.standing(1)),
        (honest.owed, one("2026-09", 20)),
        "the reading counts, its price is ours"
    );
    town.office(api::Settle { question: asked[0].id, value: false.into() });
    assert_eq!(town.standing(1), []);
    assert_eq!(town.tally().left(), 3, "it is to be read again");
    assert_eq!(town.server.verify_all().unwrap(), []);
}

#[test]
fn cancelling_a_corrected_bill_does_not_bring_the_wrong_one_back() {
    let mut town = Town::new();
    let first = town.read(1, &[("reading", "118")], None);
    town.read(1, &[("reading", "116")], Some(first));
    town.sync();
    let bill = town.server.statement(meter(1)).unwrap().bill_of("2026-09").unwrap().id;
    town.office(api::CancelEntry { entry: bill, reason: "จดผิดบ้าน".into() });
    assert_eq!(town.server.statement(meter(1)).unwrap().owed, Satang::ZERO);
    assert!(town.bills(1).iter().all(|bill| bill.2 == ChargeState::Cancelled), "{:?}", town.bills(1));

    town.read(2, &[("reading", "116")], None);
    town.sync();
    for state in [CycleState::Reviewed, CycleState::Approved, CycleState::Closed] {
        assert_eq!(town.set(state).done, 1);
    }
    let bill = town.server.statement(meter(2)).unwrap().bill_of("2026-09").unwrap().id;
    let cancel = api::CancelEntry { entry: bill, reason: "จดผิดบ้าน".into() };
    assert_eq!(town.ask(Role::Clerk, cancel).unwrap_err().code, Code::CycleClosed);
    let adjust = |cycle: &str| api::AdjustAccount {
        subject: meter(2),
        cycle: cycle.into(),
        amount: Satang(-100),
        reason: "ลดให้".into(),
    };
    assert_eq!(town.ask(Role::Clerk, adjust("2026-09")).unwrap_err().code, Code::CycleClosed);
    assert!(town.ask(Role::Clerk, adjust("2026-10")).is_ok());
}

#[test]
fn while_a_correction_waits_nothing_is_asked_for_and_there_are_days_to_pay_once_it_is_approved() {
    let mut town = Town::new();
    let first = town.read(1, &[("reading", "118")], None);
    town.sync();
    town.read(1, &[("reading", "1300"), ("reading_again", "1300")], Some(first));
    // Without signal the phone cannot cancel, but what it prints asks for nothing.
    let shown = town.phone(api::ShowBill { of: BillOf::Visit(first) });
    assert_eq!((shown.bill.units, shown.code.as_str()), (18, ""));
    town.sync();
    assert_eq!(town.standing(1), [], "the number is known to be wrong");
    let why = town.office(api::Ledger { subject: meter(1) }).remarks;
    assert!(why.iter().any(|remark| remark.reason == "รอสำนักงานตรวจ"), "{why:?}");
    town.now += 17 * DAY;
    let asked = town.office(api::Questions::default());
    town.office(api::Settle { question: asked[0].id, value: true.into() });
    assert_eq!(town.standing(1), one("2026-09", 1200));
    let bill = town.office(api::ShowBill { of: BillOf::Subject(meter(1)) }).bill;
    let due = Now::thai(town.now).day() + chrono::Days::new(7);
    assert_eq!((bill.read_on.as_str(), bill.due_on), ("2026-09-05", due.to_string()));
}

#[test]
fn a_correction_does_not_outlive_the_answer_which_of_two_readings_counts() {
    for corrected_before in [true, false] {
        let mut town = Town::new();
        let mut lek = town.other("เล็ก จดมาตร", 3);
        let second = town.on(&mut lek, |town| town.read(1, &[("reading", "112")], None));
        town.now += 3_600_000;
        let first = town.read(1, &[("reading", "118")], None);
        town.on(&mut lek, Town::sync);
        town.sync();
        let asked = |town: &mut Town| {
            let mut asked = town.office(api::Questions::default());
            assert_eq!((asked.len(), asked[0].question.topic), (1, Topic::TwoVisits));
            asked.remove(0)
        };
        let question = asked(&mut town);
        let settle = |town: &mut Town| {
            town.office(api::Settle { question: question.id, value: second.to_string().into() });
        };
        if !corrected_before {
            settle(&mut town);
            assert_eq!(town.standing(1), one("2026-09", 12));
        }
        let third = town.read(1, &[("reading", "119")], Some(first));
        town.sync();
        let offered: Vec<_> =
            asked(&mut town).question.choices.into_iter().map(|choice| choice.value).collect();
        assert!(offered.contains(&json!(third.to_string())) && !offered.contains(&json!(first.to_string())));
        settle(&mut town);
        assert_eq!((town.tally().units, town.standing(1)), (12, one("2026-09", 12)));
        // A second answer changes the first.
        town.office(api::Settle { question: question.id, value: third.to_string().into() });
        assert_eq!((town.tally().units, town.standing(1)), (19, one("2026-09", 19)));
        assert_eq!(town.server.verify_all().unwrap(), []);
    }
}

#[test]
fn what_was_read_and_not_billed_is_seen_and_holds_the_month() {
    let mut town = Town::new();
    let without = |class: serde_json::Value| Change {
        id: meter(1),
        kind: kind::SUBJECT.into(),
        base_seq: Seq(0),
        cells: [("class".to_owned(), class)].into(),
    };
    town.server.import("demo", vec![without("".into())], town.now).unwrap();
    town.sync();
    town.read(1, &[("reading", "116")], None);
    town.read(2, &[("reading", "116")], None);
    town.sync();
    assert_eq!((town.standing(1), town.tally().unbilled, town.tally().units), (vec![], 1, 32));
    let ask = api::Anomalies {
        programme: "water".into(),
        cycle: "2026-09".into(),
        zone: None,
        mark: api::Anomalies::UNBILLED.into(),
        offset: 0,
        limit: 9,
    };
    let listed = town.office(ask.clone());
    assert_eq!((listed.total, listed.rows[0].visit.subject), (1, meter(1)));
    assert_eq!(town.set(CycleState::Reviewed).done, 1);
    let held = town.set(CycleState::Approved);
    let unbilled = api::Held { zone: "R01".into(), unbilled: 1, ..api::Held::default() };
    assert_eq!((held.done, held.held), (0, vec![unbilled]));
    // Once there is a price, approving bills it.
    town.server.import("demo", vec![without("1".into())], town.now).unwrap();
    assert_eq!(town.set(CycleState::Approved).done, 1);
    assert_eq!((town.standing(1), town.tally().unbilled), (one("2026-09", 16), 0));
    assert_eq!(town.office(ask).total, 0);
    // What the office cancelled itself is no oversight.
    let bill = town.server.statement(meter(1)).unwrap().bill_of("2026-09").unwrap().id;
    town.office(api::CancelEntry { entry: bill, reason: "ยกเว้นค่าน้ำ".into() });
    assert_eq!((town.tally().unbilled, town.set(CycleState::Closed).done), (0, 1));
}

/// An entry of some account in September or around it: what phones and offices write, in any combination.
fn any_entry(at: usize) -> impl Strategy<Value = Entry> {
    let facts = (0u8..8, 1i64..50_000, 0usize..14, 0u8..3, any::<bool>());
    (facts, 1u8..4, 0u32..60).prop_map(move |((which, satang, target, slip, yes), meter_no, day)| {
        let id = |no: usize| RecordId::new(1_788_000_000_000, [no as u8; 10]);
        let cycle = if day < 30 { "2026-09" } else { "2026-10" };
        let pay = |means| Payment { amount: Satang(satang), means, bill: None, receipt_no: String::new() };
        let bill = |replaces| Bill {
            no: BillNumber::of(&format!("b{at}")),
            units: satang / 800,
            replaces,
            lines: vec![Line { kind: LineKind::Use, title: None, amount: Satang(satang) }],
            total: Satang(satang),
            ..Bill::default()
        };
        let slip = Slip { bank: "002".into(), trans_ref: format!("T{meter_no}{slip}") };
        // What is said of a bill carries its cycle, and of a payment none.
        let (fact, cycle) = match which {
            0 | 1 => (Fact::Bill(Box::new(bill(None))), cycle),
            2 => (Fact::Bill(Box::new(bill(Some(id(target))))), cycle),
            3 => (Fact::Payment(pay(Means::Cash)), ""),
            4 => (Fact::Payment(pay(Means::Slip(slip))), ""),
            5 => (Fact::Verdict { about: id(target), confirmed: yes }, ""),
            6 => (Fact::Cancel { about: id(target) }, if yes { "" } else { cycle }),
            _ => (Fact::Adjustment { amount: Satang(if yes { satang } else { -satang }) }, cycle),
        };
        Entry {
            id: id(at),
            subject: meter(meter_no),
            at: format!("2026-{:02}-{:02}T09:00:00+07:00", 9 + day / 30, day % 30 + 1),
            by: "demo".into(),
            cycle: cycle.into(),
            reason: "ทดสอบ".into(),
            approver: "หัวหน้า".into(),
            fact,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn the_dashboard_says_what_the_accounts_say(
        entries in (1usize..14).prop_flat_map(|count| (0..count).map(any_entry).collect::<Vec<_>>()),
    ) {
        let mut town = Town::new();
        // What is said of an entry is of its subject, and of a bill's cycle.
        let said: Vec<Entry> = entries.iter().map(|entry| {
            let mut entry = entry.clone();
            if let Fact::Cancel { about } | Fact::Verdict { about, .. } = entry.fact
                && let Some(about) = entries.iter().find(|other| other.id == about)
            {
                (entry.subject, entry.cycle) = (about.subject, about.cycle.clone());
            }
            entry
        }).collect();
        town.server.import("demo", said.iter().map(change_of).collect(), town.now).unwrap();
        let accounts: Vec<Statement> = (1..4).map(|at| town.server.statement(meter(at)).unwrap()).collect();
        let tally = town.tally();
        let billed: i64 =
            accounts.iter().filter_map(|account| account.bill_of("2026-09")).map(|bill| bill.amount.0).sum();
        let paid = |is_claim: bool| -> i64 {
            let all = accounts.iter().flat_map(|account| &account.payments);
            all.filter(|paid| paid.state.counts() && paid.means.is_some() && paid.at.starts_with("2026-09"))
                .filter(|paid| (paid.state == PaymentState::Claimed) == is_claim)
                .map(|paid| paid.amount.0)
                .sum()
        };
        prop_assert_eq!((tally.billed, tally.collected, tally.claimed), (billed, paid(false), paid(true)));
    }
}
