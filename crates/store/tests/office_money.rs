//! Money and rounds as the office goes on with them: whose hands cash is in, bills that go by post, the file of a day, and the
//! order in which a route is walked.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use domain::access::{Grant, Role};
use domain::api::{self, Ask, BillOf};
use domain::change::{Change, Values, kind};
use domain::cycle::CycleState;
use domain::ids::{RecordId, Seq, Shelf};
use domain::ledger::{Hands, PaymentState};
use domain::money::Satang;
use domain::problem::{Code, Problem};
use domain::programme::Programme;
use serde_json::json;
use store::{Kind, Now, Store};

const DAY: u64 = 86_400_000;
/// 5 September 2026, 10:00 in Thailand.
const SEPTEMBER: u64 = 1_788_577_200_000;

fn meter(at: u16) -> RecordId {
    RecordId::derived("meter", &[&at.to_be_bytes()])
}

fn water() -> Programme {
    programmes::all().unwrap().into_iter().find(|programme| programme.id == "water").unwrap()
}

/// An office with meters on two routes, the odd ones on R01 and the even ones on R02, and a reader's phone for both.
struct Town {
    server: Store,
    phone: Store,
    now: u64,
}

impl Town {
    fn new(meters: u16, order: impl Fn(u16) -> &'static str) -> Town {
        let mut server = Store::in_memory(Kind::Server, common::entropy(1)).unwrap();
        server.set_municipality("ตำบลตัวอย่าง").unwrap();
        server.define_programme(&water(), SEPTEMBER - 40 * DAY).unwrap();
        let subject = |at: u16| Change {
            id: meter(at),
            kind: kind::SUBJECT.into(),
            base_seq: Seq(0),
            cells: Values::from_iter(
                [
                    ("programme", json!("water")),
                    ("zone", json!(if at % 2 == 1 { "R01" } else { "R02" })),
                    ("order", json!(order(at))),
                    ("name", json!(format!("นายสมชาย ทองตัวอย่างดี {at}"))),
                    ("customer_no", json!(format!("9900{at:04}"))),
                    ("class", json!(if at == 9 { "" } else { "1" })),
                    ("meter_size", json!("01")),
                ]
                .map(|(name, value)| (name.to_owned(), value)),
            ),
        };
        server.import("demo", (1..=meters).map(subject).collect(), SEPTEMBER - 40 * DAY).unwrap();
        let shelves = vec![Shelf::new("water", "R01"), Shelf::new("water", "R02")];
        let ask =
            api::NewEnrolment { person: "นก จดมาตร".into(), role: Role::Worker, shelves };
        let phone = common::enrolled(&mut server, &ask, "มือถือ", 2, SEPTEMBER);
        let mut town = Town { server, phone, now: SEPTEMBER };
        town.sync();
        town
    }

    fn sync(&mut self) {
        self.now += 1_000;
        common::sync(&mut self.server, &mut self.phone, self.now);
    }

    fn phone<A: Ask>(&mut self, ask: A) -> Result<A::Reply, Problem> {
        self.now += 1_000;
        A::unwrap(store::service::serve(&mut self.phone, None, Now::thai(self.now), ask.wrap())?)
    }

    fn grant() -> Grant {
        Grant {
            person: "หัวหน้า".into(), role: Role::Clerk, shelves: vec![Shelf::common("water")]
        }
    }

    fn office<A: Ask>(&mut self, ask: A) -> Result<A::Reply, Problem> {
        self.now += 1_000;
        let grant = Town::grant();
        A::unwrap(store::service::serve(&mut self.server, Some(&grant), Now::thai(self.now), ask.wrap())?)
    }

    fn today(&self) -> String {
        Now::thai(self.now).day().to_string()
    }

    fn read(&mut self, at: u16, answers: serde_json::Value) -> RecordId {
        self.phone(visit(at, answers, None)).unwrap().record
    }

    fn pay(&mut self, at: u16, satang: i64) -> RecordId {
        let cash = api::ReceiveCash {
            subject: meter(at),
            amount: Satang(satang),
            bill: None,
            place: None,
            offset_minutes: 420,
        };
        self.phone(cash).unwrap().saved.record
    }

    fn claim(&mut self, at: u16, text: &str) -> RecordId {
        let claim = api::ClaimSlip {
            subject: meter(at),
            amount: Satang(700),
            bill: None,
            text: text.into(),
            place: None,
            offset_minutes: 420,
        };
        self.phone(claim).unwrap().saved.record
    }

    fn set(&mut self, zone: &str, state: CycleState) {
        let cycle = "2026-09".into();
        let reason = String::new();
        let zone = Some(zone.to_owned());
        let set =
            self.office(api::SetCycle { programme: "water".into(), zone, cycle, state, reason }).unwrap();
        assert_eq!(set.done, 1);
    }

    fn takings(&mut self) -> api::TakingsReply {
        self.office(api::Takings { programme: "water".into(), since: "2026-08-01".into() }).unwrap()
    }

    /// What each row of cash says: who, where it is, how many, how much.
    fn cash(&mut self) -> Vec<(String, PaymentState, u64, Satang)> {
        let rows = self.takings().cash.into_iter();
        rows.map(|row| (row.by, row.state, row.count, row.amount)).collect()
    }
}

fn visit(at: u16, answers: serde_json::Value, supersedes: Option<RecordId>) -> api::SaveVisit {
    api::SaveVisit { supersedes, ..common::reading(meter(at), serde_json::from_value(answers).unwrap()) }
}

fn used(units: i64) -> serde_json::Value {
    json!({"reading": 100 + units, "usage": units})
}

fn by_number(at: u16) -> &'static str {
    ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"][usize::from(at % 10)]
}

/// What the code of a bank's slip says.
const SLIP: &str = "004000060000010103002021900021231231212000115102TH91049C30";

fn post(zone: Option<&str>) -> api::BillsPdf {
    api::BillsPdf {
        programme: "water".into(),
        cycle: "2026-09".into(),
        zone: zone.map(str::to_owned),
        unpaid: true,
        two_a_page: true,
    }
}

#[test]
fn bills_go_by_post_from_approved_routes_only_and_count_once_they_are_drawn() {
    let mut town = Town::new(4, by_number);
    for at in 1..=4 {
        town.read(at, used(10));
    }
    town.sync();
    let (grant, now) = (Town::grant(), Now::thai(town.now));
    assert_eq!(
        Problem::from(town.server.bill_papers(&grant, now, &post(None)).unwrap_err()).code,
        Code::NoBill
    );
    town.set("R01", CycleState::Reviewed);
    assert!(town.server.bill_papers(&grant, now, &post(None)).is_err(), "reviewed is not approved");
    town.set("R01", CycleState::Approved);
    let papers = town.server.bill_papers(&grant, now, &post(None)).unwrap();
    assert_eq!(papers.len(), 2, "of the approved route alone");
    assert!(papers.iter().all(|paper| paper.customer.iter().any(|said| said.value.starts_with("R01."))));
    assert!(town.server.bill_papers(&grant, now, &post(Some("R02"))).is_err());
    assert_eq!(town.server.zones_to_bill(&grant, now, &post(None)).unwrap(), ["R01"]);
    // The file could not be made: what comes the next time are still originals.
    let again = town.server.bill_papers(&grant, now, &post(Some("R01"))).unwrap();
    assert!(again.iter().all(|paper| paper.copy == 0));
    let numbers: Vec<_> = again.iter().map(|paper| paper.bill.no.clone()).collect();
    town.server.papers_printed(&numbers).unwrap();
    let again = town.server.bill_papers(&grant, now, &post(None)).unwrap();
    assert!(again.iter().all(|paper| paper.copy == 1));
}

#[test]
fn a_reading_that_waits_shows_no_bill_of_the_month_before() {
    let mut town = Town::new(1, by_number);
    town.read(1, used(10));
    let shown = |town: &mut Town| town.phone(api::ShowBill { of: BillOf::Subject(meter(1)) });
    assert_eq!(shown(&mut town).unwrap().cycle, "2026-09");
    town.now += 30 * DAY;
    assert_eq!(shown(&mut town).unwrap().cycle, "2026-09", "nothing was read since");
    town.read(1, json!({"reading": 1_300, "usage": 1_200, "severe": "yes"}));
    assert_eq!(shown(&mut town).unwrap_err().code, Code::BillWaits);
    town.sync();
    let question = town.office(api::Questions::default()).unwrap()[0].id;
    town.office(api::Settle { question, value: true.into() }).unwrap();
    town.sync();
    let bill = shown(&mut town).unwrap();
    assert_eq!((bill.cycle.as_str(), bill.bill.units), ("2026-10", 1_200));
}

#[test]
fn a_reading_that_brings_no_bill_is_counted_and_listed() {
    let mut town = Town::new(9, by_number);
    town.read(1, used(10));
    // Its class is not known, so there is no price.
    town.read(9, used(10));
    town.sync();
    let today = town.today();
    let dashboard = api::Dashboard { programme: "water".into(), cycle: String::new(), today };
    let all = town.office(dashboard).unwrap().all;
    assert_eq!((all.read, all.unbilled), (2, 1));
    let listed = api::Anomalies {
        programme: "water".into(),
        cycle: "2026-09".into(),
        zone: None,
        mark: api::Anomalies::UNBILLED.into(),
        offset: 0,
        limit: 9,
    };
    let listed = town.office(listed).unwrap();
    assert_eq!((listed.total, listed.rows[0].visit.subject), (1, meter(9)));
}

#[test]
fn a_month_in_which_meters_have_no_bill_is_closed_with_a_reason_only() {
    let mut town = Town::new(6, by_number);
    for at in [1, 2, 4, 6] {
        town.read(at, used(10));
    }
    town.sync();
    // Of those without a bill one is gone, and nobody misses its bill.
    let removed = Change {
        id: meter(5),
        kind: kind::SUBJECT.into(),
        base_seq: Seq(0),
        cells: [("status".to_owned(), json!("removed"))].into(),
    };
    town.server.import("demo", vec![removed], town.now).unwrap();
    for zone in ["R01", "R02"] {
        town.set(zone, CycleState::Reviewed);
        town.set(zone, CycleState::Approved);
    }
    let without = |town: &mut Town| {
        let today = town.today();
        let found = town.office(api::Dashboard { programme: "water".into(), cycle: String::new(), today });
        let zones = found.unwrap().zones.into_iter();
        zones.map(|zone| (zone.zone, zone.state, zone.tally.without_bill)).collect::<Vec<_>>()
    };
    let zone = |id: &str, state, count| (id.to_owned(), state, count);
    let approved = [zone("R01", CycleState::Approved, 1), zone("R02", CycleState::Approved, 0)];
    assert_eq!(without(&mut town), approved);
    let close = |zone: Option<&str>, reason: &str| api::SetCycle {
        programme: "water".into(),
        zone: zone.map(str::to_owned),
        cycle: "2026-09".into(),
        state: CycleState::Closed,
        reason: reason.into(),
    };
    for reason in ["", "  "] {
        assert_eq!(town.office(close(None, reason)).unwrap_err().code, Code::ReasonNeeded);
    }
    assert_eq!(without(&mut town), approved, "no route is closed without the other");
    assert_eq!(town.office(close(Some("R02"), "")).unwrap().done, 1, "there every meter has its bill");
    assert_eq!(town.office(close(Some("R01"), "บ้านปิดทั้งเดือน")).unwrap().done, 1);
    assert_eq!(without(&mut town), [zone("R01", CycleState::Closed, 1), zone("R02", CycleState::Closed, 0)]);
    let mut dump = Vec::new();
    town.server.dump(None, &mut dump).unwrap();
    assert!(String::from_utf8(dump).unwrap().contains("บ้านปิดทั้งเดือน"), "the reason is kept");
}

#[test]
fn closing_that_is_refused_has_billed_nothing_and_is_no_row_of_the_audit() {
    let mut town = Town::new(9, by_number);
    for at in [3, 5, 7] {
        town.read(at, used(10));
    }
    town.sync();
    town.set("R01", CycleState::Reviewed);
    town.set("R01", CycleState::Approved);
    // Read after the approval, without a price; the office finds out its class later.
    town.read(9, used(10));
    town.sync();
    let class = Change {
        id: meter(9),
        kind: kind::SUBJECT.into(),
        base_seq: Seq(0),
        cells: [("class".to_owned(), json!("1"))].into(),
    };
    town.server.import("demo", vec![class], town.now).unwrap();
    let said = |town: &Town| {
        let mut rows = 0;
        let count = |row: store::AuditRow| rows += u32::from(row.what == "cycle state");
        town.server.each_audit_row(0, count).unwrap();
        (town.server.statement(meter(9)).unwrap().charges.len(), rows)
    };
    let before = said(&town);
    assert_eq!(before.0, 0, "nothing has billed it so far");
    let close = |reason: &str| api::SetCycle {
        programme: "water".into(),
        zone: Some("R01".into()),
        cycle: "2026-09".into(),
        state: CycleState::Closed,
        reason: reason.into(),
    };
    // Meter 1 was not read at all.
    assert_eq!(town.office(close("")).unwrap_err().code, Code::ReasonNeeded);
    assert_eq!(said(&town), before);
    assert_eq!(town.office(close("บ้านปิดทั้งเดือน")).unwrap().done, 1);
    assert_eq!(said(&town), (1, before.1 + 1));
}

#[test]
fn cash_goes_on_from_the_collector_to_the_office_to_the_bank() {
    let mut town = Town::new(10, by_number);
    for at in (1..=10).cycle().take(250) {
        town.pay(at, 100);
    }
    let wrong = town.pay(2, 900);
    town.sync();
    let nok = "นก จดมาตร".to_owned();
    town.office(api::CancelEntry { entry: wrong, reason: "ผิดราย".into() }).unwrap();
    let row = |state, count, satang| (nok.clone(), state, count, Satang(satang));
    assert_eq!(town.cash(), [row(PaymentState::Received, 250, 25_000)]);
    // More than one commit may hold.
    let payments = town.takings().cash[0].payments.clone();
    town.office(api::MoveCash { payments: payments.clone(), to: Hands::HandedOver }).unwrap();
    assert_eq!(town.cash(), [row(PaymentState::HandedOver, 250, 25_000)]);
    town.office(api::MoveCash { payments: payments[..50].to_vec(), to: Hands::Deposited }).unwrap();
    assert_eq!(
        town.cash(),
        [row(PaymentState::HandedOver, 200, 20_000), row(PaymentState::Deposited, 50, 5_000)]
    );
    let accounts: Vec<_> = (1..=10).map(|at| town.server.statement(meter(at)).unwrap()).collect();
    let payments = || accounts.iter().flat_map(|account| &account.payments);
    let lies = |state| payments().filter(|payment| payment.state == state).count();
    assert_eq!(
        (lies(PaymentState::HandedOver), lies(PaymentState::Deposited)),
        (200, 50),
        "as accounts say it"
    );
    // At the counter, where there is no phone.
    let counter = api::ReceiveCash {
        subject: meter(3),
        amount: Satang(500),
        bill: None,
        place: None,
        offset_minutes: 420,
    };
    town.office(counter).unwrap();
    assert!(town.cash().contains(&("หัวหน้า".to_owned(), PaymentState::Received, 1, Satang(500))));
    let refused = api::Takings { programme: "water".into(), since: "2026-08-01".into() };
    assert_eq!(town.phone(refused).unwrap_err().code, Code::Forbidden);
}

#[test]
fn claims_wait_in_one_list_until_the_bank_was_asked() {
    let mut town = Town::new(3, by_number);
    let claimed = town.claim(1, SLIP);
    town.sync();
    let list = town.takings();
    assert_eq!((list.slips_total, list.slips_amount), (1, Satang(700)));
    assert_eq!((list.slips[0].payment, list.slips[0].subject), (claimed, meter(1)));
    assert!(list.slips[0].heading.contains("สมชาย"));
    town.office(api::JudgeSlip { payment: claimed, confirmed: false }).unwrap();
    assert_eq!(town.takings().slips_total, 0, "it never came");
    town.office(api::JudgeSlip { payment: claimed, confirmed: true }).unwrap();
    let list = town.takings();
    assert_eq!((list.slips_total, list.cash.len()), (0, 0), "it came after all, and is no cash");
    assert_eq!(town.server.statement(meter(1)).unwrap().payments[0].state, PaymentState::Confirmed);
}

#[test]
fn what_was_said_of_a_payment_holds_though_its_phone_was_ahead() {
    let mut town = Town::new(3, by_number);
    const AHEAD: u64 = 400 * DAY;
    town.now += AHEAD;
    let (went, wrong) = (town.pay(1, 12_000), town.pay(2, 500));
    let never = town.claim(3, SLIP);
    town.now -= AHEAD;
    town.sync();
    town.office(api::MoveCash { payments: vec![went], to: Hands::Deposited }).unwrap();
    town.office(api::CancelEntry { entry: wrong, reason: "ผิดราย".into() }).unwrap();
    town.office(api::JudgeSlip { payment: never, confirmed: false }).unwrap();
    // A list that begins after all of it was said, and before the day that the phone wrote.
    let since = "2026-12-01".to_owned();
    let list = town.office(api::Takings { programme: "water".into(), since }).unwrap();
    let rows = list.cash.iter().map(|row| (row.state, row.count, row.amount)).collect::<Vec<_>>();
    assert_eq!(rows, [(PaymentState::Deposited, 1, Satang(12_000))]);
    assert_eq!(list.slips_total, 0, "the bank said that it never came");
}

#[test]
fn a_slip_that_was_claimed_before_the_list_begins_does_not_wait_again() {
    let mut town = Town::new(1, by_number);
    let shelves = vec![Shelf::new("water", "R01")];
    let ask = api::NewEnrolment { person: "เล็ก".into(), role: Role::Worker, shelves };
    let mut other = common::enrolled(&mut town.server, &ask, "อีกเครื่อง", 3, town.now);
    common::sync(&mut town.server, &mut other, town.now);
    let first = town.claim(1, SLIP);
    town.sync();
    // The other phone has not heard of it.
    town.now += 20 * DAY;
    std::mem::swap(&mut town.phone, &mut other);
    town.claim(1, SLIP);
    town.sync();
    let since = "2026-09-20".to_owned();
    let list = api::Takings { programme: "water".into(), since };
    assert_eq!(town.office(list.clone()).unwrap().slips_total, 0);
    // Once the first does not count any more, the second does.
    town.office(api::CancelEntry { entry: first, reason: "ผิดราย".into() }).unwrap();
    assert_eq!(town.office(list).unwrap().slips_total, 1);
}

#[test]
fn each_payment_is_in_the_file_of_the_day_it_came_to_the_office() {
    let mut town = Town::new(2, by_number);
    let monday = town.today();
    town.pay(1, 100);
    town.sync();
    town.pay(1, 250);
    town.now += DAY;
    let tuesday = town.today();
    town.pay(2, 400);
    town.sync();
    let file = |town: &Town, day: &str| {
        let lines = town.server.payments_of(&Town::grant(), Now::thai(town.now), "water", day).unwrap();
        lines.into_iter().map(|line| (line.amount.0, line.made_on)).collect::<Vec<_>>()
    };
    assert_eq!(file(&town, &monday), [(100, None)]);
    assert_eq!(file(&town, &tuesday), [(250, Some(monday.clone())), (400, None)], "and says that it is late");
    assert!(file(&town, "2026-09-09").is_empty());
    // A customer who changes zone takes her payments along, and not into the file of that day.
    town.now += 2 * DAY;
    let thursday = town.today();
    let moved = Change {
        id: meter(1),
        kind: kind::SUBJECT.into(),
        base_seq: Seq(0),
        cells: Values::from([("zone".to_owned(), json!("R02"))]),
    };
    town.server.import("clerk", vec![moved], town.now).unwrap();
    assert!(file(&town, &thursday).is_empty());
    assert_eq!(file(&town, &monday), [(100, None)]);
    assert_eq!(file(&town, &tuesday), [(250, Some(monday.clone())), (400, None)]);
    assert!(town.server.payments_of(&Town::grant(), Now::thai(town.now), "water", "today").is_err());
}

/// Somebody's name, written at the office.
fn renamed(at: u16, name: &str) -> Vec<Change> {
    let cells = Values::from([("name".to_owned(), json!(name))]);
    vec![Change { id: meter(at), kind: kind::SUBJECT.into(), base_seq: Seq(0), cells }]
}

#[test]
fn the_file_of_a_day_has_its_payments_also_where_the_clock_of_the_office_was_set() {
    let mut town = Town::new(2, by_number);
    let monday = town.today();
    town.pay(1, 100);
    town.sync();
    // The office's clock has lost the month, and somebody sets it right.
    for at in 0..40 {
        town.server.import("clerk", renamed(2, &format!("ชื่อ {at}")), SEPTEMBER - 60 * DAY).unwrap();
    }
    town.pay(2, 250);
    town.sync();
    let lines = town.server.payments_of(&Town::grant(), Now::thai(town.now), "water", &monday).unwrap();
    assert_eq!(lines.iter().map(|line| line.amount.0).collect::<Vec<_>>(), [100, 250]);
}

#[test]
fn a_damaged_commit_takes_no_payment_out_of_the_file_of_its_day() {
    let mut town = Town::new(2, by_number);
    let monday = town.today();
    town.pay(1, 100);
    town.now += 40 * DAY;
    let late = town.today();
    town.sync();
    town.pay(2, 250);
    town.sync();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("office.db");
    town.server.backup(&path).unwrap();
    let file = rusqlite::Connection::open(&path).unwrap();
    // No text any more, and no JSON: of all that came on the late day.
    let damage = "UPDATE commit_log SET body = CAST(CASE seq % 2 WHEN 0 THEN x'7bc3' ELSE x'7b' END AS TEXT) \
                  WHERE seq > 0 AND received > ?1";
    assert!(file.execute(damage, [SEPTEMBER + 39 * DAY]).unwrap() >= 2);
    drop(file);
    let server = Store::open(&path, Kind::Server, common::entropy(5), town.now).unwrap();
    let lines = server.payments_of(&Town::grant(), Now::thai(town.now), "water", &late).unwrap();
    let told: Vec<_> = lines.into_iter().map(|line| (line.amount.0, line.made_on)).collect();
    assert_eq!(told, [(100, Some(monday)), (250, None)]);
}

#[test]
fn a_bill_is_to_be_paid_until_the_day_that_the_office_planned() {
    let mut town = Town::new(4, by_number);
    let plan = |zone: &str, due: &str| api::PlanCycle {
        programme: "water".into(),
        zone: zone.into(),
        cycle: "2026-09".into(),
        due_on: Some(due.into()),
        reader: Some("นก จดมาตร".into()),
        ..Default::default()
    };
    town.office(plan("R01", "2026-09-30")).unwrap();
    // A day that is over when the bill comes helps nobody.
    town.office(plan("R02", "2026-09-01")).unwrap();
    town.sync();
    town.read(1, used(10));
    town.read(2, used(10));
    let due = |town: &mut Town, at| {
        town.phone(api::ShowBill { of: BillOf::Subject(meter(at)) }).unwrap().bill.due_on
    };
    assert_eq!(due(&mut town, 1), "2026-09-30");
    assert_eq!(due(&mut town, 2), "2026-09-12");
    let round = |zone: Option<&str>, today| api::Round {
        programme: "water".into(),
        zone: zone.map(str::to_owned),
        standing: Vec::new(),
        failed: None,
        today,
        offset: 0,
        limit: 9,
    };
    let today = town.today();
    let plan = town.phone(round(Some("R01"), today.clone())).unwrap().plan.unwrap();
    assert_eq!((plan.reader.as_str(), plan.due_on.as_str()), ("นก จดมาตร", "2026-09-30"));
    assert!(town.phone(round(None, today)).unwrap().plan.is_none(), "two routes have no one plan");
}

/// Whose water is to be cut off by a day: the customer's number, months and amount.
fn to_cut_off(town: &Town, zone: Option<&str>, day: &str) -> Vec<(String, u64, Satang)> {
    let list = town.server.cut_off_list(&Town::grant(), Now::thai(town.now), "water", day).unwrap();
    let lines = list.lines.into_iter().filter(|line| zone.is_none_or(|zone| line.zone == zone));
    lines.map(|line| (line.fields[0].clone(), line.months, line.amount)).collect()
}

#[test]
fn whoever_owes_past_the_day_of_cutting_off_is_listed_with_months_and_amount() {
    let mut town = Town::new(4, by_number);
    for at in 1..=4 {
        town.read(at, used(10));
    }
    let bill = town.phone.statement(meter(1)).unwrap().owed;
    let customer = |at: u16| format!("9900{at:04}");
    let paid = town.pay(1, bill.0);
    town.pay(2, 5_000);
    town.sync();
    // The route of the odd ones is given more time; the other has the programme's 45 days.
    let plan = api::PlanCycle {
        programme: "water".into(),
        zone: "R01".into(),
        cycle: "2026-09".into(),
        cutoff_on: Some("2026-11-30".into()),
        ..Default::default()
    };
    town.office(plan).unwrap();
    assert_eq!(to_cut_off(&town, None, "2026-10-14"), []);
    let (second, fourth) = ((customer(2), 1, bill - Satang(5_000)), (customer(4), 1, bill));
    assert_eq!(to_cut_off(&town, None, "2026-10-15"), [second.clone(), fourth.clone()], "who paid is not");
    assert_eq!(to_cut_off(&town, Some("R01"), "2026-11-29"), []);
    assert_eq!(to_cut_off(&town, Some("R01"), "2026-11-30"), [(customer(3), 1, bill)]);

    // A month that is not so far yet is not asked for; once it is, the customer stands there with both.
    town.now += 30 * DAY;
    town.read(4, json!({"reading": 120, "usage": 10}));
    town.sync();
    assert_eq!(to_cut_off(&town, Some("R02"), "2026-11-13"), [second.clone(), fourth]);
    let both = town.server.statement(meter(4)).unwrap().owed;
    assert!(both > bill);
    assert_eq!(to_cut_off(&town, Some("R02"), "2026-11-14"), [second, (customer(4), 2, both)]);

    // A payment that was none makes a debtor again, and who is cut off already is not looked for.
    town.office(api::CancelEntry { entry: paid, reason: "ธนบัตรปลอม".into() }).unwrap();
    let odd = [(customer(1), 1, bill), (customer(3), 1, bill)];
    assert_eq!(to_cut_off(&town, Some("R01"), "2026-11-30"), odd);
    let ends = api::EditSubject {
        subject: meter(3),
        values: [("status".to_owned(), "suspended".into())].into(),
        base_seq: None,
        reason: None,
    };
    town.office(ends).unwrap();
    assert_eq!(to_cut_off(&town, Some("R01"), "2026-11-30"), odd[..1]);
    let list = town.server.cut_off_list(&Town::grant(), Now::thai(town.now), "water", "2026-11-30").unwrap();
    assert_eq!(list.titles[0].th, "เลขที่ผู้ใช้น้ำ");
    let line = list.lines.iter().find(|line| line.zone == "R01").unwrap();
    assert_eq!((line.since.as_str(), line.cutoff_on.as_str()), ("2026-09", "2026-11-30"));

    // For the office alone, and of a day.
    let worker = Grant { role: Role::Worker, ..Town::grant() };
    let refused = town.server.cut_off_list(&worker, Now::thai(town.now), "water", "2026-11-30");
    assert_eq!(Problem::from(refused.unwrap_err()).code, Code::Forbidden);
    let refused = town.server.cut_off_list(&Town::grant(), Now::thai(town.now), "water", "spring");
    assert_eq!(Problem::from(refused.unwrap_err()).code, Code::Malformed);
}

/// The meters of R01 as the phone lists them.
fn walked(town: &mut Town) -> Vec<u16> {
    let today = town.today();
    let ask = api::Round {
        programme: "water".into(),
        zone: Some("R01".into()),
        standing: Vec::new(),
        failed: None,
        today,
        offset: 0,
        limit: 99,
    };
    let rows = town.phone(ask).unwrap().rows;
    rows.into_iter().map(|row| row.heading.rsplit(' ').next().unwrap().parse().unwrap()).collect()
}

#[test]
fn a_route_without_places_or_with_equal_ones_can_be_sorted() {
    for order in ["", "7"] {
        let mut town = Town::new(9, |_| order);
        assert_eq!(walked(&mut town), [1, 3, 5, 7, 9]);
        let put = |town: &mut Town, at, after: Option<u16>| {
            town.phone(api::MoveInRound { subject: meter(at), after: after.map(meter) }).unwrap();
        };
        put(&mut town, 7, Some(1));
        assert_eq!(walked(&mut town), [1, 7, 3, 5, 9], "{order:?}");
        put(&mut town, 9, None);
        put(&mut town, 1, Some(5));
        assert_eq!(walked(&mut town), [9, 7, 3, 5, 1], "{order:?}");
        town.sync();
        assert!(town.office(api::Refused {}).unwrap().is_empty());
        assert_eq!(town.server.verify_all().unwrap(), Vec::<store::Fault>::new());
    }
}

#[test]
fn the_next_one_is_the_next_of_the_list_and_after_the_last_the_first() {
    let mut town = Town::new(9, |at| match at {
        1 => "12.9",
        3 => "12.10",
        5 => "12.11",
        7 => "13",
        _ => "2",
    });
    assert_eq!(walked(&mut town), [9, 1, 3, 5, 7]);
    let next = |town: &mut Town, at| {
        let today = town.today();
        let row = town.phone(api::NextInRound { after: meter(at), today }).unwrap();
        row.map(|row| row.id)
    };
    assert_eq!(next(&mut town, 1), Some(meter(3)));
    town.read(3, used(1));
    assert_eq!(next(&mut town, 1), Some(meter(5)), "one that is done is passed by");
    assert_eq!(next(&mut town, 7), Some(meter(9)));
    for at in [1, 5, 7, 9] {
        town.read(at, used(1));
    }
    assert_eq!(next(&mut town, 9), None);
}

#[test]
fn first_numbers_of_a_route_are_approved_together_and_severe_ones_never() {
    let mut town = Town::new(7, by_number);
    for at in [1, 2, 3] {
        town.read(at, json!({"reading": 350, "direction": "first"}));
    }
    town.read(5, json!({"reading": 9_350, "usage": 9_000, "direction": "first", "severe": "yes"}));
    town.sync();
    let approve = |mark: &str| api::ApproveMarked {
        programme: "water".into(),
        zone: "R01".into(),
        cycle: "2026-09".into(),
        mark: mark.into(),
    };
    assert_eq!(town.office(approve("severe")).unwrap_err().code, Code::Malformed);
    assert_eq!(town.phone(approve("first")).unwrap_err().code, Code::Forbidden);
    assert_eq!(town.office(approve("first")).unwrap().count, 2);
    let today = town.today();
    let waiting =
        town.office(api::Dashboard { programme: "water".into(), cycle: String::new(), today }).unwrap();
    assert_eq!(waiting.all.waiting, 2, "the other route, and what is odd in another way too");
    assert_eq!(town.office(approve("first")).unwrap().count, 0);
}

#[test]
fn a_long_list_of_dead_meters_is_cut_at_the_end_of_the_walk_and_says_how_many_there_are() {
    const DEAD: u16 = 505;
    let mut server = Store::in_memory(Kind::Server, common::entropy(1)).unwrap();
    let mut programme = water();
    programme.loss.as_mut().unwrap().dead_after = 1;
    server.define_programme(&programme, SEPTEMBER).unwrap();
    let cells = |pairs: serde_json::Value| serde_json::from_value::<Values>(pairs).unwrap();
    let mut changes = Vec::new();
    for at in 1..=DEAD {
        // Walked the other way round than the order of the records.
        let order = DEAD + 1 - at;
        let subject = json!({"programme": "water", "zone": "R01", "order": order, "name": "ก"});
        let visit = json!({"programme": "water", "zone": "R01", "subject": RecordId::new(u64::from(at), [1; 10]), "form": "reading",
            "outcome": "done", "cycle": "2026-09", "at": "2026-09-05T10:00:00+07:00", "by": "นก", "usage": 0});
        for (n, kind, values) in [(1, kind::SUBJECT, subject), (2, kind::VISIT, visit)] {
            let id = RecordId::new(u64::from(at), [n; 10]);
            changes.push(Change { id, kind: kind.to_owned(), base_seq: Seq(0), cells: cells(values) });
        }
    }
    server.import("demo", changes, SEPTEMBER).unwrap();
    let ask = api::Loss { programme: "water".into(), cycle: "2026-09".into(), today: "2026-09-06".into() };
    let reply = store::service::serve(&mut server, Some(&Town::grant()), Now::thai(SEPTEMBER), ask.wrap());
    let reply = api::Loss::unwrap(reply.unwrap()).unwrap();
    assert_eq!((reply.dead_total, reply.dead.len()), (505, 500));
    let orders: Vec<&str> = reply.dead.iter().map(|row| row.order.as_str()).collect();
    assert_eq!((orders[0], orders[499]), ("1", "500"));
}

#[test]
fn a_correction_says_why_to_the_log_and_to_the_account() {
    let mut town = Town::new(1, by_number);
    let first = town.read(1, used(18));
    let correct = |supersedes, reason: &str| api::CorrectVisit {
        visit: visit(1, used(16), supersedes),
        reason: reason.into(),
    };
    assert_eq!(town.phone(correct(Some(first), "  ")).unwrap_err().code, Code::ReasonNeeded);
    assert_eq!(town.phone(correct(None, "พิมพ์ผิด")).unwrap_err().code, Code::Malformed);
    town.phone(correct(Some(first), " อ่านเลข  8 เป็น 6 ")).unwrap();
    town.sync();
    let account = town.office(api::Ledger { subject: meter(1) }).unwrap();
    let stands = account.statement.bill_of("2026-09").unwrap();
    assert_eq!(stands.units, Some(16));
    let remark = account.remarks.iter().find(|remark| remark.about == stands.id).unwrap();
    assert_eq!(remark.reason, "อ่านเลข 8 เป็น 6");
}

#[test]
fn a_meter_that_was_removed_is_on_no_round() {
    let mut town = Town::new(5, by_number);
    let ends = |at, status: &str| api::EditSubject {
        subject: meter(at),
        values: [("status".to_owned(), status.into())].into(),
        base_seq: None,
        reason: None,
    };
    let all = |town: &mut Town| {
        let today = town.today();
        let ask = api::Dashboard { programme: "water".into(), cycle: String::new(), today };
        town.office(ask).unwrap().all
    };
    town.office(ends(3, "removed")).unwrap();
    town.office(ends(5, "suspended")).unwrap();
    town.office(ends(1, "active")).unwrap();
    town.sync();
    assert_eq!(all(&mut town).subjects, 3);
    let today = town.today();
    assert_eq!(town.phone(api::NextInRound { after: meter(1), today }).unwrap(), None);
    town.office(ends(5, "active")).unwrap();
    town.sync();
    assert_eq!(all(&mut town).left(), 4);
    let today = town.today();
    let next = town.phone(api::NextInRound { after: meter(1), today }).unwrap();
    assert_eq!(next.map(|row| row.id), Some(meter(5)), "its water is on again");
    assert_eq!(town.server.verify_all().unwrap(), Vec::<store::Fault>::new());
}

#[test]
fn who_pays_by_standing_order_has_no_day_to_pay_until() {
    let mut town = Town::new(1, by_number);
    let edit = api::EditSubject {
        subject: meter(1),
        values: [("direct_debit".to_owned(), true.into())].into(),
        base_seq: None,
        reason: None,
    };
    town.office(edit).unwrap();
    town.sync();
    town.read(1, used(10));
    let bill = town.phone(api::ShowBill { of: BillOf::Subject(meter(1)) }).unwrap();
    assert_eq!(bill.bill.due_on, "");
}
