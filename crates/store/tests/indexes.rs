//! The indexes of screens: each of them is compared with the records it is made of, and none of them stays behind on a phone
//! that goes to another municipality.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use domain::access::Role;
use domain::api::{self, Ask};
use domain::change::{Change, Values, kind};
use domain::ids::{RecordId, Seq, Shelf};
use serde_json::{Value, json};
use store::{Kind, Now, Store};

/// 5 September 2026, 10:00 in Thailand.
const SEPTEMBER: u64 = 1_788_577_200_000;

fn subject(name: &str) -> RecordId {
    RecordId::derived("indexes", &[name.as_bytes()])
}

fn record(name: &str, cells: Value) -> Change {
    let cells: Values = serde_json::from_value(cells).unwrap();
    Change { id: subject(name), kind: kind::SUBJECT.to_owned(), base_seq: Seq(0), cells }
}

fn ask<A: Ask>(phone: &mut Store, now: u64, ask: A) -> A::Reply {
    A::unwrap(store::service::serve(phone, None, Now::thai(now), ask.wrap()).unwrap()).unwrap()
}

fn invite(shelves: Vec<Shelf>) -> api::NewEnrolment {
    api::NewEnrolment { person: "นก".into(), role: Role::Worker, shelves }
}

/// An office, and a phone that has something in every index: somebody who may be looked for, a pole whose old sticker was taken
/// off, an order, and an opened emergency view.
fn held() -> (Store, Store, u64) {
    let mut now = SEPTEMBER;
    let mut server = Store::in_memory(Kind::Server, common::entropy(1)).unwrap();
    server.set_municipality("ตำบลตัวอย่าง").unwrap();
    for programme in programmes::all().unwrap() {
        if ["care", "lights"].contains(&programme.id.as_str()) {
            server.define_programme(&programme, now).unwrap();
        }
    }
    let somebody = json!({
        "programme": "care", "zone": "M09", "name": "ก มาลี", "status": "active", "ltc_group": "4", "lat": 13.0, "lon": 100.6,
    });
    let pole = json!({
        "programme": "lights", "zone": "F01", "pole_no": "LP-1", "codes.OLD-STICKER": false, "codes.NEW-STICKER": true,
    });
    server.import("demo", vec![record("somebody", somebody), record("pole", pole)], now).unwrap();
    let shelves = vec![Shelf::new("care", "M09"), Shelf::emergency("care"), Shelf::new("lights", "F01")];
    let mut phone = common::enrolled(&mut server, &invite(shelves), "มือถือ", 2, now);
    common::sync(&mut server, &mut phone, now);
    let order = api::OpenOrder {
        subject: subject("pole"),
        kind: "repair".into(),
        topics: vec!["leaning".into()],
        note: String::new(),
        photos: Vec::new(),
        place: None,
    };
    ask(&mut phone, now + 10_000, order);
    // Its clock was set back meanwhile: the access has a later stamp than its own words say.
    let opened = ask(&mut phone, now + 5_000, api::OpenEmergency { reason: "ไฟไหม้".into(), place: None });
    assert_eq!((opened.people, opened.accesses.len()), (1, 1));
    assert_eq!(phone.verify_all().unwrap(), []);
    now += 60_000;
    common::sync(&mut server, &mut phone, now);
    (server, phone, now)
}

#[test]
fn every_index_is_compared_with_its_records() {
    let (server, phone, now) = held();
    for store in [&server, &phone] {
        assert_eq!(store.verify_all().unwrap(), []);
    }
    let folder = tempfile::tempdir().unwrap();
    for (table, sql) in [
        ("former_code", "UPDATE former_code SET code = 'OTHER'"),
        ("order_case", "UPDATE order_case SET opened = opened + 1"),
        ("beacon", "UPDATE beacon SET search_key = 'x'"),
        ("beacon_place", "UPDATE beacon_place SET south = south - 1"),
        ("access", "UPDATE access SET until_ms = until_ms + 1"),
    ] {
        let path = folder.path().join(format!("{table}.db"));
        phone.backup(&path).unwrap();
        assert!(rusqlite::Connection::open(&path).unwrap().execute(sql, []).unwrap() > 0, "{sql}");
        let spoilt = Store::open(&path, Kind::Device, common::entropy(3), now).unwrap();
        let faults: Vec<String> =
            spoilt.verify_all().unwrap().iter().map(|fault| fault.about.clone()).collect();
        assert_eq!(faults, [format!("index {table} differs from what its records make of it")]);
    }
}

#[test]
fn no_index_of_another_municipality_stays_on_a_phone() {
    let (_, mut phone, now) = held();
    let mut there = Store::in_memory(Kind::Server, common::entropy(99)).unwrap();
    let shelves = vec![Shelf::new("care", "M01"), Shelf::emergency("care")];
    let (code, _) = there.new_enrolment("clerk", &invite(shelves), now, 600_000).unwrap();
    let enrol = api::Enrol { text: code, server: Some("http://elsewhere".into()), name: "นก".into() };
    let (server, call) = store::enrol_call(&phone, &enrol).unwrap();
    let reply = there.enrol(&serde_json::from_slice(&call.body).unwrap(), now).unwrap();
    store::absorb_enrol(&mut phone, &server, common::json(&reply), Now::thai(now)).unwrap();
    assert_eq!(phone.verify_all().unwrap(), []);
}
