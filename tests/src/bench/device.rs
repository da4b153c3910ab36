//! A worker's device: the first load of a route, a day's visits, opening, finding a code, saving.

use super::engine::ask;
use super::figures::{Figures, each, percentile};
use super::town::{METERS, NOON, ROUTE, Town, WELLS, code, meter, reading, zones};
use domain::api;
use domain::change::{Change, kind};
use domain::ids::{RecordId, Seq};
use store::{Kind, Now, Store};

fn visit(no: u32, at: u64) -> api::SaveVisit {
    api::SaveVisit {
        programme: WELLS.to_owned(),
        form: "reading".to_owned(),
        subject: Some(meter(no)),
        zone: None,
        code: None,
        outcome: "done".to_owned(),
        answers: [
            ("reading".to_owned(), (u64::from(no % 900 * 10) + at % 90).into()),
            ("abnormal".to_owned(), false.into()),
            ("note".to_owned(), "".into()),
        ]
        .into(),
        photos: Vec::new(),
        place: Some(domain::change::Place { lat: 7.85, lon: 98.35, accuracy_m: 8.0 }),
        registry: Vec::new(),
        supersedes: None,
        offset_minutes: 420,
    }
}

/// Runs the device's figures, on the server that the engine filled.
pub fn run(town: &mut Town, figures: &mut Figures) {
    let mut dice = town.dice();
    for month in [8, 9] {
        let readings = (0..METERS).map(|no| reading(no, month, &mut dice)).collect();
        town.server.import("bench", readings, town.now()).unwrap();
    }
    let mut reader = town.device("reader", &[zones()[0].clone()]);
    let (reply, wire) = figures.time("first_load_900_ms", || town.sync(&mut reader));
    assert!(reply.pulled >= u64::from(ROUTE) * 4, "900 meters and three readings each: {}", reply.pulled);
    figures.note("first_load_900_bytes", wire.all());

    let begun = town.now();
    for no in 0..50 {
        ask(&mut reader, begun + u64::from(no) * 41_000, visit(no, u64::from(no)));
    }
    town.pass(50 * 41_000);
    let (reply, wire) = town.sync(&mut reader);
    assert_eq!(reply.pushed, 50);
    figures.note("day_50_visits_bytes", wire.all());

    let second = town.folder.join("second.db");
    let entropy = town.dice().entropy();
    let today = Now::thai(town.now()).day().to_string();
    let mut full = figures.time("cold_start_ms", || {
        let mut store = Store::open(&second, Kind::Device, entropy, town.now()).unwrap();
        let home = ask(&mut store, NOON, api::Home { today: today.clone() });
        assert_eq!(home[0].subjects, u64::from(METERS));
        let page = api::Round {
            programme: WELLS.to_owned(),
            zone: None,
            standing: Vec::new(),
            failed: None,
            today: today.clone(),
            offset: 0,
            limit: 50,
        };
        assert_eq!(ask(&mut store, NOON, page).rows.len(), 50);
        store
    });

    let saves = each(500, |at| {
        ask(&mut full, town.now() + at as u64 * 1_000, visit(at as u32 * 31 % METERS, at as u64));
    });
    figures.note("save_visit_full_p50_ms", percentile(saves.clone(), 0.5) / 1000.0);
    figures.note("save_visit_full_p99_ms", percentile(saves, 0.99) / 1000.0);

    lookup_among_50000(town, figures);
}

/// A registry of 50,000 stickers on one device.
fn lookup_among_50000(town: &mut Town, figures: &mut Figures) {
    const CODES: u32 = 50_000;
    let label = |no: u32| domain::code::make(u64::from(no).wrapping_mul(0xbf58_476d_1ce4_e5b9) ^ 0x5a5a);
    let subjects = (0..CODES)
        .map(|no| Change {
            id: RecordId::derived("sticker", &[&no.to_le_bytes()]),
            kind: kind::SUBJECT.to_owned(),
            base_seq: Seq(0),
            cells: [
                ("programme".to_owned(), WELLS.into()),
                ("zone".to_owned(), "S50".into()),
                ("order".to_owned(), no.into()),
                ("name".to_owned(), format!("ป้าย {no}").into()),
                (format!("codes.{}", label(no)), true.into()),
            ]
            .into(),
        })
        .collect();
    town.server.import("bench", subjects, town.now()).unwrap();
    let mut store = town.device("stickers", &["S50".to_owned()]);
    town.sync(&mut store);
    let lookups = each(5_000, |at| {
        let no = (at as u32).wrapping_mul(7_919) % CODES;
        let found = ask(&mut store, NOON, api::Find { text: label(no) });
        assert!(matches!(found, api::Found::Subject(_)), "{found:?}");
    });
    figures.note("lookup_code_50000_p99_us", percentile(lookups, 0.99));
    assert_ne!(code(1), label(1));
}
