//! Papers and files of money that leave the office: of approved routes, counted once they are there.

use crate::office::signed_in;
use crate::world::{Answer, NOW, World, meter};
use domain::api::{self, Ask, Reply, Request};
use domain::change::Values;
use domain::cycle::CycleState;
use domain::ids::RecordId;
use domain::money::Satang;
use serde_json::{Value, json};

fn office(world: &World, cookie: &str, request: Request) -> Reply {
    world.call(cookie, request).1.unwrap()
}

fn file(world: &World, cookie: &str, path: &str, body: &Value) -> Answer {
    let headers = [("content-type", "application/json"), ("x-sanam", "1"), ("cookie", cookie)];
    world.post(path, &headers, body.to_string().as_bytes())
}

/// A reading with its bill, written at the office.
fn read(world: &World, cookie: &str) -> RecordId {
    let class = api::EditSubject {
        subject: meter(1),
        values: [("class".to_owned(), "1".into())].into(),
        base_seq: None,
        reason: None,
    };
    office(world, cookie, class.wrap());
    let answers: Values = serde_json::from_value(json!({"reading": 20, "usage": 10})).unwrap();
    let visit = api::SaveVisit {
        registry: Vec::new(),
        programme: "water".into(),
        form: "reading".into(),
        subject: Some(meter(1)),
        zone: None,
        code: None,
        outcome: "done".into(),
        answers,
        photos: Vec::new(),
        place: None,
        supersedes: None,
        offset_minutes: 420,
    };
    office(world, cookie, visit.wrap());
    let Reply::Ledger(account) = office(world, cookie, api::Ledger { subject: meter(1) }.wrap()) else {
        panic!()
    };
    account.statement.charges[0].id
}

fn printed(world: &World, cookie: &str, bill: RecordId) -> u32 {
    let show = api::ShowBill { of: api::BillOf::Entry(bill) };
    let Reply::ShowBill(shown) = office(world, cookie, show.wrap()) else { panic!() };
    shown.printed
}

/// Takes 50 baht for the first meter at the counter.
fn paid_in_cash(world: &World, cookie: &str) -> api::PaymentSaved {
    let cash = api::ReceiveCash {
        subject: meter(1),
        amount: Satang(5_000),
        bill: None,
        place: None,
        offset_minutes: 420,
    };
    let Reply::ReceiveCash(paid) = office(world, cookie, cash.wrap()) else { panic!() };
    paid
}

#[test]
fn bills_leave_by_post_once_their_route_is_approved_and_one_by_one_at_any_time() {
    let world = World::start();
    let cookie = signed_in(&world);
    let bill = read(&world, &cookie);
    let cycle = domain::thai_date::day_of(NOW, 420).format("%Y-%m").to_string();
    let all = json!({"programme": "water", "cycle": cycle, "zone": null, "unpaid": true, "two_a_page": true});
    let refused = file(&world, &cookie, "/api/bills", &all);
    assert_eq!((refused.status, refused.code().as_str()), (404, "no_bill"));
    assert_eq!(printed(&world, &cookie, bill), 0);

    let one = file(&world, &cookie, "/api/paper", &json!({"entry": bill}));
    assert_eq!(one.status, 200);
    assert!(one.body.starts_with(b"%PDF"));
    assert_eq!(printed(&world, &cookie, bill), 1);

    for state in [CycleState::Reviewed, CycleState::Approved] {
        let set = api::SetCycle {
            programme: "water".into(),
            zone: None,
            cycle: cycle.clone(),
            state,
            reason: String::new(),
        };
        office(&world, &cookie, set.wrap());
    }
    let sent = file(&world, &cookie, "/api/bills", &all);
    assert_eq!(sent.status, 200);
    assert!(sent.body.starts_with(b"%PDF"));
    assert_eq!(printed(&world, &cookie, bill), 2);

    let paid = paid_in_cash(&world, &cookie);
    let receipt = file(&world, &cookie, "/api/paper", &json!({"entry": paid.saved.record}));
    assert!(receipt.body.starts_with(b"%PDF"));
    assert!(receipt.header("content-disposition").contains(&format!("{}.pdf", paid.receipt_no)));

    let day = domain::thai_date::day_of(NOW, 420).to_string();
    let ask = |day: &str| json!({"programme": "water", "cycle": cycle, "day": day, "what": "payments_csv"});
    let csv = file(&world, &cookie, "/api/round-file", &ask(&day)).text();
    assert!(csv.contains(&paid.receipt_no) && csv.contains("50.00"), "{csv}");
    let other = file(&world, &cookie, "/api/round-file", &ask("2026-11-01")).text();
    assert!(!other.contains(&paid.receipt_no));
    let cut_off = json!({"programme": "water", "cycle": cycle, "day": day, "what": "cut_off_xlsx"});
    let cut_off = file(&world, &cookie, "/api/round-file", &cut_off);
    assert_eq!(cut_off.status, 200);
    assert!(cut_off.body.starts_with(b"PK"));
    assert!(cut_off.header("content-disposition").contains(&format!("cut-off-water-{day}.xlsx")));
}

#[test]
fn the_payments_of_a_day_are_a_file_also_where_nobody_walks_a_round() {
    let world = World::start_with(
        |store| {
            let shipped = programmes::all().unwrap().into_iter().find(|programme| programme.id == "water");
            let mut water = shipped.unwrap();
            (water.version, water.round, water.loss) = (water.version + 1, None, None);
            store.define_programme(&water, NOW).unwrap();
        },
        None,
    );
    let cookie = signed_in(&world);
    let paid = paid_in_cash(&world, &cookie);
    let day = domain::thai_date::day_of(NOW, 420).to_string();
    let ask = json!({"programme": "water", "cycle": "", "day": day, "what": "payments_csv"});
    let csv = file(&world, &cookie, "/api/round-file", &ask).text();
    assert!(csv.contains(&paid.receipt_no), "{csv}");
}

#[test]
fn a_supervisor_hands_rounds_of_her_programme_over_and_of_no_other() {
    let world = World::start();
    let cookie = signed_in(&world);
    let account = api::PutAccount {
        name: "หัวหน้าประปา".into(),
        role: domain::access::Role::Supervisor,
        programmes: vec!["water".into()],
        zones: Vec::new(),
        new_password: true,
    };
    let Reply::PutAccount(made) = office(&world, &cookie, account.wrap()) else { panic!() };
    let login =
        api::Login { name: "หัวหน้าประปา".into(), password: made.password.unwrap() };
    let (answer, _) = world.call("", login.wrap());
    let supervisor = answer.header("set-cookie").split(';').next().unwrap().to_owned();
    let (ill, well) = (world.device(0).device(), world.device(1).device());
    let hand = |programme: &str, zone: &str| {
        let shelves = vec![domain::ids::Shelf::new(programme, zone)];
        api::HandOver { from: ill, to: well, shelves }.wrap()
    };
    assert!(world.call(&supervisor, hand("water", "R01")).1.is_ok());
    for (programme, zone) in [("care", "M01"), ("water", "_")] {
        assert!(world.call(&supervisor, hand(programme, zone)).1.is_err(), "{programme} {zone}");
    }
}
