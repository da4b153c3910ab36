//! R11: twenty devices send their records; half-way `sanam server backup` copies the running server; at the end it burns
//! down, and `sanam server restore` puts the backup in its place. Every record of every device is at the office again.

use super::Outcome;
use super::stage::{Device, Office, check_at_rest, done, sanam};
use std::time::{Duration, Instant};

const DEVICES: u64 = 20;
const METERS: u32 = 100;

/// Restores a server of which half of so many records are missing in the backup.
pub fn run(records: u64, seed: u64) -> Outcome {
    let mut outcome = Outcome { runs: records, ..Outcome::default() };
    let place = tempfile::tempdir().unwrap();
    let mut office = Office::new(&place.path().join("office"), METERS, DEVICES as usize);
    office.starts();
    let mut devices: Vec<Device> = (0..DEVICES)
        .map(|no| {
            let path = place.path().join(format!("device-{no}.db"));
            Device::enrolled(&path, &office.address(), &office.code(), METERS, seed * 100 + no + 1)
        })
        .collect();
    let half = records / DEVICES / 2;
    work(&mut devices, half);
    let backup = place.path().join("backup.db");
    done(sanam().args(["server", "backup", "--db"]).arg(&office.folder).arg("--to").arg(&backup));
    work(&mut devices, records / DEVICES - half);
    office.is_killed();
    for entry in std::fs::read_dir(&office.folder).unwrap().flatten() {
        std::fs::remove_file(entry.path()).unwrap();
    }
    done(sanam().args(["server", "restore", "--db"]).arg(&office.folder).arg("--from").arg(&backup));
    let kept = office.held();
    let visits = |held: &super::stage::Held| {
        held.records.values().filter(|line| line.contains("\"kind\":\"visit\"")).count() as u64
    };
    outcome.expect(visits(&kept) == half * DEVICES, || {
        format!("the backup holds {} visits of {}", visits(&kept), half * DEVICES)
    });
    office.starts();
    let began = Instant::now();
    std::thread::scope(|scope| {
        for device in &mut devices {
            scope.spawn(move || device.drains_within(Duration::from_secs(60)).unwrap());
        }
    });
    let took = began.elapsed();
    for device in &mut devices {
        device.syncs().unwrap();
    }
    outcome.expect(took < Duration::from_secs(60), || format!("it took {took:?}"));
    office.stops();
    let held = office.held();
    outcome.expect(visits(&held) == records, || format!("{} of {records} records are there", visits(&held)));
    outcome.note(format!(
        "{} of {records} records are at the office again after {:.1} s",
        visits(&held),
        took.as_secs_f64()
    ));
    let all: Vec<_> = devices
        .iter()
        .enumerate()
        .map(|(no, device)| {
            (format!("device {no}"), device.held(), device.saved.iter().map(ToString::to_string).collect())
        })
        .collect();
    check_at_rest(&mut outcome, &held, &all);
    outcome
}

fn work(devices: &mut [Device], visits: u64) {
    std::thread::scope(|scope| {
        for device in devices {
            scope.spawn(move || {
                for _ in 0..visits {
                    device.saves().unwrap();
                }
                device.syncs().unwrap();
            });
        }
    });
}
