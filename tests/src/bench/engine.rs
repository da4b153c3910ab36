//! The engine: 36,000 records saved, pushed, pulled, merged again; changes; finding.

use super::figures::{Figures, each, percentile};
use super::town::{METERS, NOON, Town, code, meter, reading, saved, subject, sync, zones};
use cli::http::Network;
use domain::api::{self, Ask};
use domain::change::{Change, kind};
use domain::ids::Seq;
use std::path::Path;
use store::{NewCommit, Now, Store};

/// Saves of the first device that share one flush, only so that the benchmark has not to wait for the disk 36,000 times.
/// Each is a commit of its own.
const BATCH: usize = 1_000;

/// Asks a store as a screen does.
pub fn ask<A: Ask>(store: &mut Store, now: u64, ask: A) -> A::Reply {
    A::unwrap(store::service::serve(store, None, Now::thai(now), ask.wrap()).unwrap()).unwrap()
}

/// Inserts the same rows into a bare table: what SQLite itself needs for it.
fn raw_insert(path: &Path, records: &[Change]) {
    let mut db = rusqlite::Connection::open(path).unwrap();
    db.pragma_update(None, "journal_mode", "WAL").unwrap();
    db.pragma_update(None, "synchronous", "FULL").unwrap();
    db.execute_batch("CREATE TABLE r (id BLOB PRIMARY KEY, cells TEXT NOT NULL) STRICT").unwrap();
    let tx = db.transaction().unwrap();
    {
        let mut statement = tx.prepare("INSERT INTO r VALUES (?1, ?2)").unwrap();
        for record in records {
            statement.execute((record.id.bytes(), serde_json::to_string(&record.cells).unwrap())).unwrap();
        }
    }
    tx.commit().unwrap();
}

fn size(path: &Path) -> f64 {
    let beside = |tail: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(tail);
        std::fs::metadata(name).map_or(0, |file| file.len())
    };
    (beside("") + beside("-wal")) as f64
}

/// Runs the engine's figures. Afterwards the server holds 36,000 records.
pub fn run(town: &mut Town, figures: &mut Figures) {
    let mut dice = town.dice();
    let subjects: Vec<Change> = (0..METERS).map(|no| subject(no, &mut dice)).collect();
    let readings: Vec<Change> = (0..METERS).map(|no| reading(no, 10, &mut dice)).collect();
    let records: Vec<Change> = subjects.iter().chain(&readings).cloned().collect();
    let json: usize = records.iter().map(|record| serde_json::to_vec(&record.cells).unwrap().len()).sum();
    figures.note("workload_json_bytes", json as f64);
    let raw_path = town.folder.join("raw.db");
    figures.time("raw_insert36k_ms", || raw_insert(&raw_path, &records));

    let mut first = town.device("first", &zones());
    town.sync(&mut first); // the definition
    let grant = town.grant("first");
    figures.time("local_insert36k_ms", || {
        for (at, batch) in records.chunks(BATCH).enumerate() {
            let done = first.together(|store| {
                for (within, record) in batch.iter().enumerate() {
                    let new = saved(record.clone(), &grant.person);
                    let now = NOON + (at * BATCH + within) as u64;
                    store.save(&grant, Now::thai(now), new).unwrap();
                }
            });
            done.unwrap();
        }
    });
    town.pass(u64::from(METERS) * 2);
    let (reply, wire) = figures.time("push36k_ms", || town.sync(&mut first));
    assert_eq!(reply.pushed, records.len() as u64);
    assert_eq!(reply.status.counts.received, reply.status.counts.saved);
    assert_eq!(reply.status.refused, 0, "the benchmark's own records are accepted");
    figures.note("push36k_wire_bytes", wire.all());
    figures.note("push36k_calls", wire.calls as f64);
    figures.note("server_disk_bytes", size(&town.folder.join("server.db")));

    let mut second = town.device("second", &zones());
    let (reply, wire) = figures.time("pull36k_ms", || town.sync(&mut second));
    assert!(reply.pulled >= u64::from(METERS) * 2, "{}", reply.pulled);
    figures.note("pull36k_wire_bytes", wire.all());
    figures.note("pull36k_calls", wire.calls as f64);
    let raw = figures.get("raw_insert36k_ms");
    figures.note("pull36k_ratio", figures.get("pull36k_ms") / raw);
    figures.note("push36k_ratio", figures.get("push36k_ms") / raw);
    drop(second);
    figures.note("device_disk_bytes", size(&town.folder.join("second.db")));
    let (entropy, now) = (town.dice().entropy(), town.now());
    let mut second = Store::open(&town.folder.join("second.db"), store::Kind::Device, entropy, now).unwrap();

    let corrected = first.together(|first| {
        for no in (0..METERS).step_by(9) {
            let cells = [("name".to_owned(), format!("นางแก้ไข ชื่อใหม่ {no}").into())].into();
            let change = Change { id: meter(no), kind: kind::SUBJECT.to_owned(), base_seq: Seq(0), cells };
            let new = NewCommit { changes: vec![change], ..NewCommit::default() };
            first.save(&grant, Now::thai(now + u64::from(no)), new).unwrap();
        }
    });
    corrected.unwrap();
    town.pass(u64::from(METERS));
    let (reply, wire) = figures.time("push2000_ms", || town.sync(&mut first));
    assert_eq!(reply.pushed, 2_000);
    figures.note("push2000_wire_bytes", wire.all());
    let (reply, wire) = figures.time("pull2000_ms", || town.sync(&mut second));
    assert_eq!(reply.pulled, 2_000);
    figures.note("pull2000_wire_bytes", wire.all());
    let network = Network::new();
    let nothing = each(50, |_| {
        let (_, wire) = sync(&mut second, &network, || town.now());
        assert_eq!(wire.calls, 1, "one round trip");
    });
    figures.note("pull_nothing_ms", percentile(nothing, 0.5) / 1000.0);
    let (_, wire) = town.sync(&mut second);
    figures.note("pull_nothing_up_bytes", wire.up as f64);
    figures.note("pull_nothing_down_bytes", wire.down as f64);

    // A server in a new life makes the device read all 36,000 again: nothing may change.
    town.server.new_incarnation().unwrap();
    let before = dump(&second);
    figures.time("merge36k_again_ms", || town.sync(&mut second));
    assert_eq!(dump(&second), before, "the same again changes nothing");

    let today = Now::thai(town.now()).day().to_string();
    let lookups = each(5_000, |at| {
        let no = (at as u32).wrapping_mul(7_919) % METERS;
        let found = ask(&mut second, NOON, api::Find { text: code(no) });
        assert_eq!(found, api::Found::Subject(meter(no)));
        let card = ask(&mut second, NOON, api::Card { subject: meter(no), today: today.clone() });
        assert!(!card.visits.is_empty());
    });
    figures.note("lookup_p50_us", percentile(lookups.clone(), 0.5));
    figures.note("lookup_p99_us", percentile(lookups, 0.99));
    let mut hits = 0usize;
    let nearby = each(1_000, |at| {
        let near = api::Nearby {
            lat: 7.84 + (at % 40) as f64 * 0.002,
            lon: 98.34 + (at / 40) as f64 * 0.003,
            radius_m: 200.0,
            programme: None,
            today: today.clone(),
            limit: 50,
        };
        hits += ask(&mut second, NOON, near).len();
    });
    figures.note("nearby200_hits_mean", hits as f64 / 1_000.0);
    figures.note("nearby200_p99_us", percentile(nearby, 0.99));
}

fn dump(store: &Store) -> Vec<u8> {
    let mut out = Vec::new();
    store.dump(None, &mut out).unwrap();
    out
}
