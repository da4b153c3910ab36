//! What a server's keeper relies on: every kind of damage is found and named, a copy is one moment of the whole, and a
//! probe tells the truth.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs, reason = "a test fails by panicking")]

use domain::change::{Change, kind};
use domain::ids::{RecordId, Seq};
use domain::problem::{Code, Problem};
use domain::programme::{FieldKind, Programme, SubjectKind};
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use store::{Damage, Kind, Store};

const NOON: u64 = 1_795_000_000_000;
const JPEG: &[u8] = &[0xff, 0xd8, 0xff, 0xe0, 1, 2, 3];

fn entropy(seed: u64) -> store::Entropy {
    let mut state = seed;
    Box::new(move |bytes| {
        for byte in bytes {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = (state >> 56) as u8;
        }
    })
}

fn subject(at: u32) -> Change {
    Change {
        id: RecordId::derived("test", &[&at.to_le_bytes()]),
        kind: kind::SUBJECT.into(),
        base_seq: Seq(0),
        cells: [
            ("programme".to_owned(), "wells".into()),
            ("zone".to_owned(), "R01".into()),
            ("name".to_owned(), format!("นายสมชาย ทองตัวอย่างดี {at}").into()),
        ]
        .into(),
    }
}

/// A server's file with some records, an audit and a photo.
fn filled(folder: &Path) -> PathBuf {
    let path = folder.join("server.db");
    let mut store = Store::open(&path, Kind::Server, entropy(1), NOON).unwrap();
    let programme = Programme {
        id: "wells".into(),
        version: 1,
        subject: SubjectKind {
            fields: vec![FieldKind { id: "name".into(), ..Default::default() }],
            heading: vec!["name".into()],
            search: vec!["name".into()],
            ..Default::default()
        },
        ..Default::default()
    };
    store.define_programme(&programme, NOON).unwrap();
    store.import("test", (0..50).map(subject).collect(), NOON).unwrap();
    for at in 0..5 {
        store.note_audit("clerk", "looked", &at.to_string(), NOON + at).unwrap();
    }
    store.keep_photo(JPEG, "image/jpeg", NOON).unwrap();
    store.checkpoint().unwrap();
    path
}

fn verify(path: &Path) -> Vec<store::Fault> {
    Store::open_read_only(path, Kind::Server, entropy(2)).unwrap().verify().unwrap()
}

#[test]
fn every_kind_of_damage_is_found_and_named_first() {
    let cases = [
        (Damage::Record, "UPDATE record SET sum = sum + 1 WHERE no = 7"),
        (Damage::Shelf, "UPDATE shelf SET sum = sum + 1 WHERE zone = 'R01'"),
        (Damage::Index, "DELETE FROM subject WHERE no = (SELECT max(no) FROM subject)"),
        (
            Damage::Search,
            "UPDATE subject SET search_key = 'somebody else' WHERE no = (SELECT max(no) FROM subject)",
        ),
        (Damage::Search, "DELETE FROM subject_search WHERE rowid = (SELECT max(no) FROM subject)"),
        (Damage::Search, "INSERT INTO subject_search (rowid, search_key) VALUES (99999, 'a word too many')"),
        (
            Damage::Audit,
            "DROP TRIGGER audit_is_append_only_1; UPDATE audit SET about = 'nobody' WHERE about = '2'",
        ),
        (Damage::Audit, "DROP TRIGGER audit_is_append_only_2; DELETE FROM audit WHERE about = '2'"),
        (Damage::Photo, "UPDATE photo SET bytes = x'ffd8ffe0010204'"),
    ];
    for (damage, sql) in cases {
        let folder = tempfile::tempdir().unwrap();
        let path = filled(folder.path());
        assert_eq!(verify(&path), []);
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        let faults = verify(&path);
        assert_eq!(faults.first().map(|fault| fault.damage), Some(damage), "{sql}: {faults:?}");
        let words = format!("{faults:?}");
        assert!(!words.contains("สมชาย") && !words.contains("somebody"), "{words}");
    }
}

#[test]
fn damage_of_the_file_itself_is_a_fault_and_not_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path());
    let mut bytes = std::fs::read(&path).unwrap();
    let pages = bytes.len() / 4096;
    let mut found = 0;
    // One page after the other, but for the first two, without which nothing opens.
    for page in 2..pages {
        let kept = bytes[page * 4096..(page + 1) * 4096].to_vec();
        bytes[page * 4096..(page + 1) * 4096].fill(0x5a);
        let broken = folder.path().join("broken.db");
        std::fs::write(&broken, &bytes).unwrap();
        match Store::open_read_only(&broken, Kind::Server, entropy(2)) {
            Ok(store) => {
                let faults = store.verify().unwrap();
                found += usize::from(!faults.is_empty());
            }
            Err(store::Error::Corrupt(_)) => found += 1,
            Err(other) => panic!("page {page}: {other}"),
        }
        bytes[page * 4096..(page + 1) * 4096].copy_from_slice(&kept);
    }
    assert!(found > pages / 2, "{found} of {pages} damaged pages were noticed");
}

#[test]
fn a_copy_is_one_moment_although_a_writer_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path());
    let mut writer = Store::open(&path, Kind::Server, entropy(3), NOON).unwrap();
    // Some megabytes, so that the copy takes several steps.
    writer.import("test", (10_000..13_000).map(subject).collect(), NOON).unwrap();
    for at in 0..30u8 {
        writer.keep_photo(&[&[at; 100_000][..], JPEG].concat(), "image/jpeg", NOON).unwrap();
    }
    let reader = Store::open_read_only(&path, Kind::Server, entropy(4)).unwrap();
    let copy = folder.path().join("copy.db");
    let stop = std::sync::atomic::AtomicBool::new(false);
    let begun = std::sync::Barrier::new(2);
    let written = std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let mut written = 0u32;
            while !stop.load(std::sync::atomic::Ordering::SeqCst) || written == 0 {
                writer.import("test", vec![subject(1_000 + written)], NOON).unwrap();
                written += 1;
                if written == 1 {
                    begun.wait();
                }
            }
            written
        });
        begun.wait();
        reader.backup(&copy).unwrap();
        stop.store(true, std::sync::atomic::Ordering::SeqCst);
        writing.join().unwrap()
    });
    assert!(written > 1);
    assert_eq!(verify(&copy), []);
    let records = Store::open_read_only(&copy, Kind::Server, entropy(5)).unwrap().figures().unwrap().records;
    assert!((3_052..=3_051 + u64::from(written)).contains(&records), "{records} of {written}");
    let photo = Store::open_read_only(&copy, Kind::Server, entropy(5)).unwrap();
    assert!(photo.photo(&blake3::hash(JPEG).to_hex()).unwrap().is_some(), "photos come along");
}

#[test]
fn a_probe_tells_whether_the_disk_takes_anything() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path());
    let db = Connection::open(&path).unwrap();
    db.pragma_update(None, "journal_mode", "WAL").unwrap();
    let pages: i64 = db.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    db.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(())).unwrap();
    let mut store = Store::open_connection(db, Kind::Server, entropy(6)).unwrap();
    assert_eq!(store.probe().map_err(|error| Problem::from(error).code), Err(Code::DiskFull));
    drop(store);
    let mut store = Store::open(&path, Kind::Server, entropy(7), NOON).unwrap();
    store.probe().unwrap();
    assert_eq!(verify(&path), [], "and leaves nothing behind");
}

#[test]
fn photos_that_arrive_are_counted_and_what_a_lost_device_began_makes_room() {
    let mut server = Store::in_memory(Kind::Server, entropy(1)).unwrap();
    server.set_municipality("ตำบลตัวอย่าง").unwrap();
    let month = 30 * 86_400_000;
    // Somebody's phone falls into a canal in the middle of its first photo; others go on.
    for (at, now, arriving) in [(1, NOON, 1), (2, NOON + month, 2), (3, NOON + month + 1, 2)] {
        let ask = domain::api::NewEnrolment {
            person: format!("คนที่ {at}"),
            role: domain::access::Role::Worker,
            shelves: vec![domain::ids::Shelf::new("wells", "R01")],
        };
        let (code, _) = server.new_enrolment("clerk", &ask, now, 600_000).unwrap();
        let enrol = domain::wire::EnrolRequest {
            code,
            install: domain::ids::Install(at),
            name: "โทรศัพท์".into(),
            top_n: 0,
            acked_n: 0,
            incarnation: None,
            unsent_of: None,
            unsent_mark: None,
        };
        let token = server.enrol(&enrol, now).unwrap().token;
        let from = server.authenticate(&token, now).unwrap();
        let hash = blake3::hash(&at.to_le_bytes()).to_hex().to_string();
        server.put_blob_chunk(&from, &hash, 0, b"half of it", false, now).unwrap();
        assert_eq!(server.figures().unwrap().photos_arriving, arriving, "photo {at}");
    }
}
