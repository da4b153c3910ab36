//! R6: single bits flip in a device's file while the app is closed. Each flip is noticed (the file is refused, or
//! `verify` says what is wrong) or changes nothing that anybody can read. What is silent is a fault.
//!
//! Then it goes on: a device whose file still opens syncs, and ends as the office has it or says that it does not; out of a
//! file that does not open what waits is rescued, as far as it can be read. Nothing that only a disk has written becomes true.
//!
//! SQLite alone does not notice most of them; the store keeps a checksum of every row that cannot be worked out again
//! from others, and compares the rest with what it works out.

use super::Outcome;
use super::aftermath::{End, Town};
use super::bits::{differing, meaning};
use super::stage::scratch;
use crate::world::{Dice, WELLS, World, meter};
use domain::api;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use store::{Kind, Store};

/// Flips so many bits, one at a time.
pub fn run(flips: u64, seed: u64) -> Outcome {
    let mut outcome = Outcome::default();
    let mut dice = Dice::new(seed);
    let folder = tempfile::tempdir_in(scratch()).unwrap();
    let path = folder.path().join("device.db");
    let world = used_device(&path, seed);
    let file = std::fs::read(&path).unwrap();
    let before = meaning(&path).unwrap();
    let whole = folder.path().join("whole.db");
    std::fs::write(&whole, &file).unwrap();
    let town = Town::of(world, &whole);
    let (mut refused, mut rescued, mut verified, mut harmless) = (0, 0, 0, 0);
    let (mut equal, mut told) = (0, 0);
    let mut silent: BTreeMap<String, u64> = BTreeMap::new();
    for _ in 0..flips {
        let bit = dice.below(file.len() as u64 * 8);
        let mut damaged = file.clone();
        damaged[(bit / 8) as usize] ^= 1 << (bit % 8);
        let flipped = folder.path().join("flipped.db");
        std::fs::write(&flipped, &damaged).unwrap();
        outcome.runs += 1;
        outcome.looked_for += 1;
        match opened(&flipped) {
            Noticed::AtOpening(kept) => {
                refused += 1;
                rescued += u64::from(town.is_rescued_from(&kept));
            }
            Noticed::ByVerify => {
                verified += 1;
                outcome.looked_for += town.waiting();
                match catch_unwind(AssertUnwindSafe(|| town.goes_on(&flipped))) {
                    Ok(Ok(End::Equal)) => equal += 1,
                    Ok(Ok(End::Told)) => told += 1,
                    Ok(Err(what)) => outcome.fault(format!("bit {bit}: {what}")),
                    Err(_) => outcome.fault(format!("bit {bit}: a panic, or a sync that never ends")),
                }
            }
            Noticed::No => match meaning(&flipped) {
                Err(_) => verified += 1,
                Ok(after) if after == before => harmless += 1,
                Ok(after) => {
                    let tables = differing(&before, &after).join(", ");
                    *silent.entry(tables.clone()).or_default() += 1;
                    outcome.fault(format!("bit {bit} changed {tables}, and nobody noticed"));
                }
            },
        }
        for left in std::fs::read_dir(folder.path()).unwrap().flatten() {
            if left.path() != path {
                std::fs::remove_file(left.path()).unwrap();
            }
        }
    }
    outcome.note(format!(
        "{refused} refused at opening, {verified} found by verify, {harmless} in bytes that mean nothing, {} silent",
        silent.values().sum::<u64>()
    ));
    outcome.note(format!(
        "after a sync {equal} of those found by verify were as the office, {told} went on telling; \
         out of {rescued} of those refused everything unsent could be read"
    ));
    for (tables, count) in silent {
        outcome.note(format!("silent in {tables}: {count}"));
    }
    outcome
}

enum Noticed {
    /// The file is kept there.
    AtOpening(PathBuf),
    ByVerify,
    No,
}

fn opened(path: &Path) -> Noticed {
    match Store::open(path, Kind::Device, Dice::new(5).entropy(), 1) {
        Err(_) => Noticed::AtOpening(path.to_owned()),
        Ok(store) => match store.set_aside() {
            Some(kept) => Noticed::AtOpening(PathBuf::from(kept)),
            None if store.verify_all().is_ok_and(|faults| faults.is_empty()) => Noticed::No,
            None => Noticed::ByVerify,
        },
    }
}

/// A device's file after some days: received and unsent work, history, questions, unfinished forms. Returns the world of its
/// office, where something is new since.
fn used_device(path: &Path, seed: u64) -> World {
    let world = World::from_seed(seed);
    let (nok, lek) = (world.phone("นก"), world.phone("เล็ก"));
    nok.syncs();
    lek.syncs();
    for day in 0..12_i64 {
        for no in 1..=5 {
            nok.reads(&format!("meter {no}"), day * 10 + no);
            lek.edits(&format!("meter {no}"), "house", format!("{day}/{no}"));
        }
        nok.edits(&format!("meter {}", 1 + day % 5), "name", format!("นางสาวตัวอย่าง {day}"));
        lek.edits(&format!("meter {}", 1 + day % 5), "name", format!("นายตัวอย่าง {day}"));
        if day < 9 {
            lek.syncs();
            nok.syncs();
        }
        world.passes(86_400_000);
    }
    let key = api::DraftKey {
        programme: WELLS.to_owned(),
        form: "check".to_owned(),
        subject: Some(meter("meter 1")),
        corrects: None,
        code: String::new(),
    };
    let draft = Some(serde_json::json!({"note": "เขียนค้างไว้ตั้งแต่เช้า ยังไม่เสร็จ"}));
    nok.ask(api::KeepDraft { key, draft, begun: None }).unwrap();
    nok.store().backup(path).unwrap();
    // As the app leaves it behind.
    drop(Store::open(path, Kind::Device, Dice::new(5).entropy(), 1).unwrap());
    lek.syncs();
    world
}
