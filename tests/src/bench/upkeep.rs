//! Looking after the server while it works: how long its writers wait for a backup.

use super::figures::{Figures, each, percentile};
use super::town::{NOON, Town};
use domain::change::{Change, kind};
use domain::ids::{RecordId, Seq};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use store::{Kind, Store};

/// Photos in the database, and the bytes of each.
const PHOTOS: (usize, usize) = (300, 150_000);

/// One commit of one record, as a phone's save becomes one on the server.
fn write(server: &mut Store, no: usize) {
    let change = Change {
        id: RecordId::derived("kept", &[&no.to_le_bytes()]),
        kind: kind::SUBJECT.to_owned(),
        base_seq: Seq(0),
        cells: [
            ("programme".to_owned(), super::town::WELLS.into()),
            ("zone".to_owned(), "B01".into()),
            ("name".to_owned(), format!("นายบันทึก ระหว่างสำรอง {no}").into()),
        ]
        .into(),
    };
    server.import("bench", vec![change], NOON).unwrap();
}

/// Runs the figures, on the server that the others filled.
pub fn run(town: &mut Town, figures: &mut Figures) {
    let mut dice = town.dice();
    for _ in 0..PHOTOS.0 {
        let mut bytes = vec![0; PHOTOS.1];
        dice.entropy()(&mut bytes);
        town.server.keep_photo(&bytes, "image/jpeg", NOON).unwrap();
        dice.throw();
    }
    let longest = |micros: Vec<f64>| percentile(micros, 1.0) / 1000.0;
    let calm = each(1_000, |no| write(&mut town.server, no));
    figures.note("commit_longest_ms", longest(calm));

    let (path, copy) = (town.folder.join("server.db"), town.folder.join("backup.db"));
    let entropy = town.dice().entropy();
    let done = AtomicBool::new(false);
    let (mut during, took) = std::thread::scope(|scope| {
        let backup = scope.spawn(|| {
            let store = Store::open_read_only(&path, Kind::Server, entropy).unwrap();
            let begun = Instant::now();
            store.backup(&copy).unwrap();
            done.store(true, Ordering::SeqCst);
            begun.elapsed()
        });
        let mut during = Vec::new();
        while !done.load(Ordering::SeqCst) {
            during.extend(each(1, |_| write(&mut town.server, 10_000 + during.len())));
        }
        (during, backup.join().unwrap())
    });
    figures.note("backup_ms", took.as_secs_f64() * 1000.0);
    figures.note("backup_bytes", std::fs::metadata(&copy).map_or(0, |file| file.len()) as f64);
    figures.note("backup_commits_meanwhile", during.len() as f64);
    // What the backup held back in the journal is taken over soon after, by some commit: that one counts, too.
    during.extend(each(1_000, |no| write(&mut town.server, 1_000_000 + no)));
    figures.note("backup_pause_ms", longest(during));
    let store = Store::open_read_only(&copy, Kind::Server, town.dice().entropy()).unwrap();
    let faults = figures.time("verify_ms", || store.verify().unwrap());
    assert!(faults.is_empty(), "{faults:?}");
}
