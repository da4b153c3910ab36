//! How much one phone makes a server do at once, and how much of one thing it may pile up.

use super::{Hand, NOON, change, server};
use domain::problem::Code;
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
