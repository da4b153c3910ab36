//! R1: the tool is killed while it saves and while it syncs. What it printed is on disk, with its place in the queue;
//! what it did not print is there whole or not at all; and it goes on working.

use super::Outcome;
use super::stage::{self, Device, Held, Office, device, done, some_meter, visit};
use crate::world::Dice;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use store::Kind;

const METERS: u32 = 20;
/// The file is read whole after so many kills; reading it takes longer the more it holds.
const LOOK_EVERY: u64 = 10;

/// Kills a device so many times.
pub fn run(kills: u64, seed: u64) -> Outcome {
    let mut outcome = Outcome::default();
    let mut dice = Dice::new(seed);
    let place = tempfile::tempdir().unwrap();
    let mut office = Office::new(&place.path().join("office"), METERS, 2);
    office.starts();
    let folder = place.path().join("device");
    done(device(&folder).args(["enrol", &office.address(), &office.code(), "--name", "นก"]));
    done(device(&folder).arg("sync"));
    // Somebody else writes, too, so that a sync has something to bring.
    let path = place.path().join("other.db");
    let mut other = Device::enrolled(&path, &office.address(), &office.code(), METERS, seed + 1);
    let mut acknowledged: Vec<String> = Vec::new();
    let mut in_syncs = 0;
    let mut number = 0;
    for kill in 1..=kills {
        if kill % 3 == 0 {
            in_syncs += 1;
            for _ in 0..4 {
                other.saves().unwrap();
            }
            other.syncs().unwrap();
            killed_in_a_sync(&folder, &mut dice);
        } else {
            killed_while_saving(&folder, &mut dice, &mut number, &mut acknowledged);
        }
        outcome.runs += 1;
        if kill % LOOK_EVERY == 0 || kill == kills {
            let held = Held::copied(&folder.join("sanam.db"), Kind::Device);
            held.check_device(&mut outcome, &acknowledged, &format!("after {kill} kills"));
        }
    }
    // The office is well and so is the line: one sync takes everything there.
    let began = std::time::Instant::now();
    let sync = stage::patiently(device(&folder).arg("sync"));
    outcome.expect(sync.status.success(), || format!("the device no longer syncs: {}", stage::said(&sync)));
    outcome.expect(began.elapsed() < Duration::from_secs(30), || "the queue does not drain".to_owned());
    outcome.note(format!(
        "{in_syncs} of the kills hit a sync; the queue drained in {:.2} s",
        began.elapsed().as_secs_f64()
    ));
    other.syncs().unwrap();
    let held = Held::copied(&folder.join("sanam.db"), Kind::Device);
    outcome.expect(held.healed == 0, || format!("{} shelves had to be read again", held.healed));
    let saved = other.saved.iter().map(ToString::to_string).collect();
    let all = [("the device".to_owned(), held, acknowledged), ("the other".to_owned(), other.held(), saved)];
    stage::check_at_rest(&mut outcome, &office.held(), &all);
    outcome
}

fn killed_while_saving(folder: &Path, dice: &mut Dice, number: &mut u64, acknowledged: &mut Vec<String>) {
    let mut command = device(folder);
    command.args(["record", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut into = child.stdin.take().unwrap();
    let mut lines = String::new();
    for _ in 0..40 {
        *number += 1;
        lines.push_str(&format!("{}\n", visit(some_meter(dice, METERS), *number)));
    }
    let feeder = std::thread::spawn(move || drop(into.write_all(lines.as_bytes())));
    let enough = 1 + dice.below(6) as usize;
    let moment = Duration::from_micros(dice.below(4_000));
    let mut printed = 0;
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while out.read_line(&mut line).unwrap_or(0) > 0 {
        if line.ends_with('\n') {
            acknowledged.push(line.trim().to_owned());
        }
        line.clear();
        printed += 1;
        if printed == enough {
            // Somewhere between this save and one of the next; wherever it hits must do.
            std::thread::park_timeout(moment);
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    feeder.join().unwrap();
}

fn killed_in_a_sync(folder: &Path, dice: &mut Dice) {
    let mut sync = device(folder).arg("sync").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::park_timeout(Duration::from_micros(dice.below(90_000)));
    sync.kill().unwrap();
    sync.wait().unwrap();
}
