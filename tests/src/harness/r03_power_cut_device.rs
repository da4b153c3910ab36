//! R3: the power of a device is cut at any instant of a morning: saves, a sync, more saves. Whatever the disk had finished,
//! the file opens, and what was acknowledged before is in it. `kill -9` never shows this: the system keeps the writes.

use super::Outcome;
use super::images::{self, Disk, Event, SURVIVALS};
use super::stage::{self, Device, Held, Office, device, done, some_meter, tool, visit};
use crate::world::Dice;
use std::path::Path;
use std::process::{Command, Stdio};
use store::Kind;

const METERS: u32 = 20;
/// Visits before the sync, and after it.
const VISITS: u64 = 40;

/// Puts so many crash images together.
pub fn run(pictures: u64, seed: u64) -> Outcome {
    let mut outcome = Outcome::default();
    let mut dice = Dice::new(seed);
    let place = tempfile::tempdir().unwrap();
    let mut office = Office::new(&place.path().join("office"), METERS, 2);
    office.starts();
    let folder = place.path().join("device");
    done(device(&folder).args(["enrol", &office.address(), &office.code(), "--name", "นก"]));
    done(device(&folder).arg("sync"));
    // Somebody else's visits, so that the sync brings something.
    let mut other =
        Device::enrolled(&place.path().join("other.db"), &office.address(), &office.code(), METERS, seed + 1);
    for _ in 0..VISITS {
        other.saves().unwrap();
    }
    other.syncs().unwrap();
    let before = Disk::of(&folder);
    let mut noon = 0..0;
    let mut events = Vec::new();
    for (at, part) in ["morning", "noon", "evening"].iter().enumerate() {
        let trace = place.path().join(part);
        if at == 1 {
            recorded(&folder, &trace, &["sync"]);
        } else {
            let lines: String = (1..=VISITS)
                .map(|no| format!("{}\n", visit(some_meter(&mut dice, METERS), at as u64 * VISITS + no)))
                .collect();
            let file = place.path().join("visits.json");
            std::fs::write(&file, lines).unwrap();
            recorded(&folder, &trace, &["record", &file.display().to_string()]);
        }
        let from = events.len();
        events.extend(images::read(&trace, &folder));
        if at == 1 {
            noon = from..events.len();
        }
    }
    let syncs = events.iter().filter(|event| matches!(event, Event::Sync { .. })).count();
    // A third of the cuts hit the sync, which is short.
    let mut cuts: Vec<usize> = (0..pictures)
        .map(|no| match no % 3 {
            0 => noon.start + dice.below(noon.len() as u64 + 1) as usize,
            _ => dice.below(events.len() as u64 + 1) as usize,
        })
        .collect();
    cuts.sort_unstable();
    let (mut disk, mut acknowledged, mut at, mut unsynced, mut synced) = (before, Vec::new(), 0, 0, 0);
    for (no, cut) in cuts.into_iter().enumerate() {
        for event in &events[at..cut] {
            disk.happens(event);
            acknowledged.extend(ids(event));
        }
        at = cut;
        unsynced += u64::from(disk.unsynced() > 0);
        let survival = SURVIVALS[no % SURVIVALS.len()];
        let image = tempfile::tempdir_in(stage::scratch()).unwrap();
        let file = disk.is_cut(survival, &mut dice, image.path());
        let held = Held::read(&file, Kind::Device);
        let when = format!("cut at {cut} of {}, {survival:?}", events.len());
        held.check_device(&mut outcome, &acknowledged, &when);
        if noon.contains(&cut) && held.refused.is_none() {
            goes_on(&file, &mut outcome, &when);
            synced += 1;
        }
        outcome.runs += 1;
    }
    events[at..].iter().for_each(|event| disk.happens(event));
    if let Some(what) = disk.differs_from(&folder) {
        outcome.fault(format!("the recording was not read right: {what}"));
    }
    outcome.expect(syncs as u64 >= 2 * VISITS, || format!("the recording has only {syncs} syncs of files"));
    outcome.note(format!(
        "{unsynced} images had writes that nobody had synced; {synced} were cut in a sync and synced again"
    ));
    outcome
}

/// A device that was cut off in a sync does it again, and lacks nothing that it believes to have.
fn goes_on(file: &Path, outcome: &mut Outcome, when: &str) {
    let mut device = Device::of_file(file, METERS);
    let done = device.syncs();
    outcome.expect(done.is_ok(), || format!("{when}: it does not sync again: {done:?}"));
    let held = device.held();
    outcome.expect(held.healed == 0, || format!("{when}: a shelf had to be read again"));
    held.faults.iter().for_each(|fault| outcome.fault(format!("{when}, synced again: {fault}")));
}

fn recorded(folder: &Path, trace: &Path, arguments: &[&str]) {
    let mut command = Command::new("strace");
    command
        .args(images::recording(trace))
        .arg(tool())
        .args(["device", "--store"])
        .arg(folder)
        .args(arguments);
    stage::carry_bug(&mut command);
    let output = command.stdin(Stdio::null()).output().expect("strace is installed (.ci/setup.sh faults)");
    assert!(output.status.success(), "{}", stage::said(&output));
}

/// The ids in what the tool printed.
fn ids(event: &Event) -> Vec<String> {
    let Event::Said(said) = event else { return Vec::new() };
    let text = String::from_utf8_lossy(said);
    text.lines().filter(|line| line.len() == 36 && line.split('-').count() == 5).map(str::to_owned).collect()
}
