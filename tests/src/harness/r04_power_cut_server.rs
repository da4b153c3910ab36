//! R4: the power of the server is cut at any instant while devices push. What an answer on the wire had acknowledged
//! before that instant is in the file, whatever the disk had finished.

use super::Outcome;
use super::images::{self, Disk, Event, SURVIVALS};
use super::stage::{self, Device, Held, Office};
use crate::world::Dice;
use domain::wire::{Fate, PushReply};
use std::collections::BTreeMap;
use store::Kind;

const METERS: u32 = 20;
const DEVICES: u64 = 3;
/// Rounds of saving and syncing of each device while the server is recorded.
const ROUNDS: u64 = 12;

/// Puts so many crash images together.
pub fn run(pictures: u64, seed: u64) -> Outcome {
    let mut outcome = Outcome::default();
    let mut dice = Dice::new(seed);
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("office");
    let mut office = Office::new(&folder, METERS, DEVICES as usize);
    office.starts();
    let mut devices: Vec<Device> = (0..DEVICES)
        .map(|no| {
            let path = place.path().join(format!("device-{no}.db"));
            Device::enrolled(&path, &office.address(), &office.code(), METERS, seed * 100 + no + 1)
        })
        .collect();
    office.is_killed();
    let before = Disk::of(&folder);
    let trace = place.path().join("trace");
    let recording = images::recording(&trace);
    let wrapper: Vec<&str> = std::iter::once("strace").chain(recording.iter().map(String::as_str)).collect();
    office.starts_under(&wrapper);
    std::thread::scope(|scope| {
        for device in &mut devices {
            scope.spawn(move || {
                for _ in 0..ROUNDS {
                    for _ in 0..3 {
                        device.saves().unwrap();
                    }
                    device.syncs().unwrap();
                }
            });
        }
    });
    office.stops();
    // Which records a device's commit wrote.
    let mut written: BTreeMap<(u32, u64), Vec<String>> = BTreeMap::new();
    for device in &devices {
        let mut out = Vec::new();
        store::rescue::rescue(&device.path, &mut out).unwrap();
        for line in String::from_utf8_lossy(&out).lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            let Some(changes) = line["commit"]["changes"].as_array() else { continue };
            let ids = changes.iter().map(|change| change["id"].as_str().unwrap().to_owned()).collect();
            written.insert((device.store.device().0, line["commit"]["n"].as_u64().unwrap()), ids);
        }
    }
    let events = images::read(&trace, &folder);
    let mut cuts: Vec<usize> = (0..pictures).map(|_| dice.below(events.len() as u64 + 1) as usize).collect();
    cuts.sort_unstable();
    let (mut disk, mut at, mut unsynced) = (before, 0, 0);
    let mut acknowledged: Vec<String> = Vec::new();
    for (no, cut) in cuts.into_iter().enumerate() {
        for event in &events[at..cut] {
            disk.happens(event);
            for key in accepted(event) {
                acknowledged.extend(written.get(&key).into_iter().flatten().cloned());
            }
        }
        at = cut;
        unsynced += u64::from(disk.unsynced() > 0);
        let survival = SURVIVALS[no % SURVIVALS.len()];
        let image = tempfile::tempdir_in(stage::scratch()).unwrap();
        let file = disk.is_cut(survival, &mut dice, image.path());
        let held = Held::read(&file, Kind::Server);
        let when = format!("cut at {cut} of {}, {survival:?}", events.len());
        outcome.expect(held.refused.is_none(), || format!("{when}: {:?}", held.refused));
        for fault in &held.faults {
            outcome.fault(format!("{when}: {fault}"));
        }
        for id in &acknowledged {
            outcome.looked_for += 1;
            outcome.expect(held.records.contains_key(id), || {
                format!("{when}: {id} was acknowledged and is lost")
            });
        }
        outcome.runs += 1;
    }
    let all = DEVICES * ROUNDS * 3;
    for event in &events[at..] {
        disk.happens(event);
        for key in accepted(event) {
            acknowledged.extend(written.get(&key).into_iter().flatten().cloned());
        }
    }
    if let Some(what) = disk.differs_from(&folder) {
        let kept = stage::root().join("target/r04-trace");
        std::fs::copy(&trace, &kept).unwrap();
        outcome.fault(format!("the recording was not read right: {what}; see {}", kept.display()));
    }
    acknowledged.sort();
    acknowledged.dedup();
    outcome.expect(acknowledged.len() as u64 == all, || {
        format!(
            "the recording shows answers for {} of {all} visits: it was not read right",
            acknowledged.len()
        )
    });
    outcome.note(format!("{unsynced} images had writes that nobody had synced"));
    outcome
}

/// The commits that an answer says are accepted: (device, number).
fn accepted(event: &Event) -> Vec<(u32, u64)> {
    let Event::Said(said) = event else { return Vec::new() };
    let text = String::from_utf8_lossy(said);
    let Some(start) = text.find("{\"acked\":") else { return Vec::new() };
    let mut replies = serde_json::Deserializer::from_str(&text[start..]).into_iter::<PushReply>();
    let Some(Ok(reply)) = replies.next() else { return Vec::new() };
    let accepted = |verdict: &domain::wire::Verdict| match verdict.fate {
        Fate::Ok { stamp, .. } | Fate::Known { stamp, .. } => Some((stamp.device.0, verdict.n)),
        Fate::Refused { .. } => None,
    };
    reply.verdicts.iter().filter_map(accepted).collect()
}
