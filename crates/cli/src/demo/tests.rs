//! The town comes out the same for everybody, says of itself that it is simulated, and fits its programmes.

use super::*;
use domain::api::Orders;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const NOW: u64 = 1_795_233_600_000; // 2026-11-21, 11:00 in Thailand

fn small(seed: u64) -> (Store, String) {
    let mut store = Store::in_memory(Kind::Server, ids(seed)).unwrap();
    fill(&mut store, seed, &Size::Small.numbers(), &Calendar::new(NOW)).unwrap();
    let mut dump = Vec::new();
    store.dump(None, &mut dump).unwrap();
    (store, String::from_utf8(dump).unwrap())
}

fn read(line: &str) -> Value {
    serde_json::from_str(line).unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// What does not depend on the moment of making: programmes are stamped with the clock of the machine.
fn rows(dump: &str) -> Vec<&str> {
    // What the server itself asks about simulated rows is no row of ours.
    let own = |line: &&str| {
        !["programme", "question"].iter().any(|kind| line.contains(&format!(r#""kind":"{kind}""#)))
    };
    dump.lines().filter(own).collect()
}

#[test]
fn the_same_seed_makes_the_same_town() {
    let ((_, one), (_, two), (_, other)) = (small(1), small(1), small(2));
    assert_eq!(rows(&one), rows(&two));
    assert_ne!(rows(&one), rows(&other));
}

#[test]
fn every_row_says_that_it_is_simulated_and_every_index_fits() {
    let (store, dump) = small(1);
    let says_so = |line: &str| line.contains(r#""origin":{"stamp""#) && line.contains(r#""value":"demo""#);
    let simulated: BTreeSet<String> =
        rows(&dump).into_iter().filter(|line| says_so(line)).map(|line| text(&read(line)["id"])).collect();
    let mut requested = 0;
    for line in rows(&dump).into_iter().filter(|line| !says_so(line)) {
        // What was done by a request says so by what it was done with.
        let record = read(line);
        assert!(["visit", "entry", "order"].contains(&text(&record["kind"]).as_str()), "{line}");
        assert!(simulated.contains(&text(&record["cells"]["subject"]["value"])), "{line}");
        requested += 1;
    }
    assert!(requested > 200, "{requested}");
    assert_eq!(store.verify().unwrap(), Vec::<store::Fault>::new());
}

#[test]
fn every_cell_is_a_field_of_its_programme_and_every_code_is_bound_once() {
    let (store, dump) = small(1);
    let programmes = store.programmes();
    let engine = ["programme", "zone", "order", "lat", "lon", "origin"];
    let mut codes = BTreeSet::new();
    let mut subjects = 0;
    for line in rows(&dump) {
        let record = read(line);
        if record["kind"] != "subject" {
            continue;
        }
        subjects += 1;
        let cells = record["cells"].as_object().unwrap();
        let programme = &programmes[cells["programme"]["value"].as_str().unwrap()];
        let mut ours = 0;
        for (name, cell) in cells {
            if let Some(code) = name.strip_prefix("codes.") {
                assert!(codes.insert(code.to_owned()), "{code} twice");
                match code::read(code).unwrap() {
                    code::Scanned::Ours { .. } => ours += 1,
                    code::Scanned::Foreign(read) => assert_eq!(read, code),
                    other => panic!("{other:?}"),
                }
                continue;
            }
            if engine.contains(&name.as_str()) {
                continue;
            }
            let field =
                programme.field(name).unwrap_or_else(|| panic!("{name} is no field of {}", programme.id));
            if !field.choices.is_empty() {
                let value = cell["value"].as_str().unwrap();
                assert!(field.choices.contains_key(value), "{name} = {value}");
            }
        }
        assert_eq!(ours, 1);
    }
    assert_eq!(subjects, 80 + 24 + 36 + 40 + 20);
}

#[test]
fn every_visit_answers_questions_of_its_form() {
    let (store, dump) = small(1);
    let programmes = store.programmes();
    let engine =
        ["programme", "form", "subject", "at", "by", "outcome", "cycle", "origin", "zone", "form_version"];
    let mut visits = 0;
    for line in rows(&dump) {
        let record = read(line);
        if record["kind"] != "visit" {
            continue;
        }
        visits += 1;
        let cells = record["cells"].as_object().unwrap();
        let value = |name: &str| cells[name]["value"].as_str().unwrap();
        let programme = &programmes[value("programme")];
        let form = programme.form(value("form")).unwrap();
        let outcome = value("outcome");
        assert!(outcome == "done" || programme.outcome(outcome).is_some(), "{outcome}");
        let definition = form.definition.to_string();
        for name in cells.keys().filter(|name| !engine.contains(&name.as_str())) {
            assert!(definition.contains(&format!("\"{name}\"")), "{}/{}: {name}", programme.id, form.id);
        }
    }
    assert!(visits > 80 * 3, "{visits}");
}

#[test]
fn one_route_has_bills_that_most_have_paid_and_no_other_has_any() {
    let (store, dump) = small(1);
    let records: Vec<Value> = rows(&dump).into_iter().map(read).collect();
    let of = |record: &Value, cell: &str| text(&record["cells"][cell]["value"]);
    let meters: BTreeMap<String, String> = records
        .iter()
        .filter(|record| record["kind"] == "subject" && of(record, "programme") == "water")
        .map(|record| (text(&record["id"]), of(record, "zone")))
        .collect();
    let (mut bills, mut payments, mut owed) = (0, 0, 0);
    for (id, zone) in &meters {
        let account = store.statement(id.parse().unwrap()).unwrap();
        if zone == "R02" {
            bills += account.charges.len();
            payments += account.payments.len();
            owed += usize::from(!account.owed.is_zero());
        } else {
            assert!(account.charges.is_empty() && account.payments.is_empty(), "{id}");
        }
    }
    let read = records.iter().filter(|record| {
        record["kind"] == "visit"
            && meters.get(&of(record, "subject")).is_some_and(|zone| zone == "R02")
            && record["cells"]["usage"]["value"].is_i64()
            && of(record, "severe") != "yes"
    });
    let read = read.count();
    assert!(read >= 3 * 36, "{read}");
    assert!(bills <= read && bills * 10 >= read * 9, "{bills} bills of {read} readings");
    assert!(payments > 40 && owed > 0, "{payments} payments, {owed} owe");
}

#[test]
fn one_feeder_has_orders_in_many_states() {
    let (mut store, _) = small(1);
    let office = Grant { person: ADMINISTRATOR.to_owned(), role: Role::Administrator, shelves: Vec::new() };
    let asked = Orders { programme: Some("lights".to_owned()), ..Orders::default() };
    let reply = store::service::serve(&mut store, Some(&office), Now::thai(NOW), asked.wrap()).unwrap();
    let reply = Orders::unwrap(reply).unwrap();
    let states: BTreeSet<&str> = reply.states.iter().map(|count| count.state.as_str()).collect();
    let all = ["accepted", "forwarded", "in_progress", "new", "rejected", "waiting_parts"];
    assert_eq!(states, BTreeSet::from(all));
    assert_eq!((reply.total, reply.late), (5, 1), "the rejected one is over, one is late");
}

#[test]
fn the_whole_town_has_the_cases_by_group_that_it_should() {
    let all: Vec<u8> = (0..town::VILLAGES).flat_map(|village| care::groups_of(village, 70)).collect();
    let count = |group: u8| all.iter().filter(|one| **one == group).count();
    assert_eq!((count(1), count(2), count(3), count(4)), (35, 15, 12, 8));
}
