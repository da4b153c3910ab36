//! How much one phone makes a server do at once, and how much of one thing it may pile up.

use super::{DAY, HOUR, Hand, NOON, accepted, cells, change, server};
use domain::access::Role;
use domain::change::{Change, kind};
use domain::ids::{RecordId, Seq, Shelf};
use domain::problem::Code;
use domain::thai_date;
use domain::wire::Fate;
use serde_json::{Value, json};

#[test]
fn a_push_that_is_too_much_work_at_once_is_judged_in_parts() {
    let mut server = server();
    let mut nok = Hand::worker(&mut server, "นก");
    let large = "0".repeat(250_000);
    let parts = json!({"programme": "water", "zone": "R01", "a": large, "b": large, "c": large});
    assert_eq!(nok.fate(&mut server, change(1, "note", parts), NOON), None);
    let touch: Vec<Value> = (0..150).map(|at| change(1, "note", json!({"d": at}))).collect();
    let reply = nok.push(&mut server, &touch, NOON).unwrap();
    let judged = reply.verdicts.len();
    assert!(judged < 100 && judged > 10, "{judged}");
    assert_eq!(reply.acked, 1 + judged as u64, "the phone goes on from there");
    nok.n = reply.acked;
    assert!(!nok.push(&mut server, &touch[judged..], NOON).unwrap().verdicts.is_empty());
}

#[test]
fn what_is_refused_is_work_as_well_and_is_judged_in_parts() {
    let mut server = server();
    let mut nok = Hand::worker(&mut server, "นก");
    let large = "0".repeat(250_000);
    let parts = json!({"programme": "water", "zone": "R01", "a": large, "b": large, "c": large});
    assert_eq!(nok.fate(&mut server, change(1, "note", parts), NOON), None);
    // A record does not become another kind of thing: it is read for each, and nothing is written.
    let touch: Vec<Value> = (0..300).map(|at| change(1, "remark", json!({"d": at}))).collect();
    let reply = nok.push(&mut server, &touch, NOON).unwrap();
    let judged = reply.verdicts.len();
    assert!(judged < 250 && judged > 10, "{judged}");
    let refused = |fate: &Fate| matches!(fate, Fate::Refused { code: Code::BadRecord });
    assert!(reply.verdicts.iter().all(|verdict| refused(&verdict.fate)), "{:?}", reply.verdicts);
    assert_eq!(reply.acked, 1 + judged as u64, "the phone goes on from there");
}

#[test]
fn one_pole_is_given_so_many_orders_in_a_day_and_others_still_report_it() {
    let mut server = server();
    let lights = programmes::all().unwrap().into_iter().find(|programme| programme.id == "lights").unwrap();
    server.define_programme(&lights, NOON).unwrap();
    let pole = |at: u8| RecordId::derived("pole", &[&[at]]);
    let subject = |at: u8| Change {
        id: pole(at),
        kind: kind::SUBJECT.into(),
        base_seq: Seq(0),
        cells: cells(json!({"programme": "lights", "zone": "F1", "pole_no": at.to_string()})),
    };
    server.import("demo", vec![subject(1), subject(2)], NOON).unwrap();
    let f1 = || vec![Shelf::new("lights", "F1")];
    let mut technician = Hand::new(&mut server, "ช่าง", Role::Worker, f1());
    let mut lek = Hand::new(&mut server, "เล็ก", Role::Worker, f1());
    let order = |at: u64, of: u8, by: &str| {
        change(
            at,
            kind::ORDER,
            json!({"programme": "lights", "zone": "F1", "subject": pole(of), "order_kind": "repair",
                "at": thai_date::iso(NOON, 420), "by": by}),
        )
    };
    let now = NOON + HOUR;
    let often: Vec<Value> = (0..60).map(|at| order(at, 1, "ช่าง")).collect();
    assert_eq!(accepted(&technician.fates(&mut server, &often, now)), 50);
    assert_eq!(lek.fate(&mut server, order(100, 1, "เล็ก"), now), None, "hers are counted apart");
    assert_eq!(technician.fate(&mut server, order(101, 1, "ช่าง"), now + HOUR), Some(Code::TooMuch));
    assert_eq!(technician.fate(&mut server, order(102, 2, "ช่าง"), now + HOUR), None, "another pole");
    // Those of one commit count together with what is there.
    technician.n += 1;
    let fifty: Vec<Value> = (200..250).map(|at| order(at, 2, "ช่าง")).collect();
    let head = json!({"install": technician.install, "top_n": technician.n, "lowest_n": 1});
    let at_once = json!({"n": technician.n, "at": [now, 0], "wall": now, "by": "ช่าง", "changes": fifty});
    let body = format!("{head}\n{at_once}");
    let reply = server.answer_push(&technician.from, body.as_bytes(), now + HOUR).unwrap();
    assert_eq!(reply.verdicts[0].fate, Fate::Refused { code: Code::TooMuch });
    assert_eq!(technician.fate(&mut server, order(103, 1, "ช่าง"), now + DAY), None, "another day");
    // What no list would show is kept out: it could not be counted.
    let mut of_nothing = order(104, 2, "ช่าง");
    of_nothing["cells"]["subject"] = json!("a pole");
    assert_eq!(technician.fate(&mut server, of_nothing, now + DAY), Some(Code::BadRecord));
    assert_eq!(server.verify_all().unwrap(), []);
}
