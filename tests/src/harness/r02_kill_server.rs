//! R2: the server is killed while six devices push without a pause. Nothing that it acknowledged is missing from its
//! file at that moment, and the devices go on by themselves when it is back.

use super::Outcome;
use super::stage::{Device, Office, check_at_rest};
use crate::world::Dice;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const DEVICES: usize = 6;
const METERS: u32 = 30;
/// The files are compared in full after so many kills; the last time at the end.
const LOOK_EVERY: u64 = 5;

/// Kills the server so many times.
pub fn run(kills: u64, seed: u64) -> Outcome {
    let mut outcome = Outcome::default();
    let mut dice = Dice::new(seed);
    let place = tempfile::tempdir().unwrap();
    let mut office = Office::new(&place.path().join("office"), METERS, DEVICES);
    office.starts();
    let devices: Vec<Arc<Mutex<Device>>> = (0..DEVICES as u64)
        .map(|no| {
            let path = place.path().join(format!("device-{no}.db"));
            let device = Device::enrolled(&path, &office.address(), &office.code(), METERS, seed * 100 + no);
            Arc::new(Mutex::new(device))
        })
        .collect();
    let stop = Arc::new(AtomicBool::new(false));
    let workers: Vec<_> = devices
        .iter()
        .map(|device| {
            let (device, stop) = (Arc::clone(device), Arc::clone(&stop));
            std::thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let mut device = device.lock().unwrap();
                    for _ in 0..3 {
                        device.saves().unwrap();
                    }
                    let reached = device.syncs().is_ok();
                    drop(device);
                    // Nobody answers: another device may have the processor.
                    std::thread::park_timeout(Duration::from_millis(if reached { 1 } else { 10 }));
                }
            })
        })
        .collect();
    for kill in 1..=kills {
        std::thread::park_timeout(Duration::from_millis(20 + dice.below(180)));
        office.is_killed();
        outcome.runs += 1;
        if kill % LOOK_EVERY == 0 {
            check_acknowledged(&mut outcome, &office, &devices, kill);
        }
        office.starts();
    }
    stop.store(true, Ordering::Relaxed);
    for worker in workers {
        worker.join().unwrap();
    }
    let mut slowest = Duration::ZERO;
    for device in &devices {
        match device.lock().unwrap().drains_within(Duration::from_secs(30)) {
            Some(time) => slowest = slowest.max(time),
            None => outcome.fault("a device's queue did not drain within 30 s"),
        }
    }
    for device in &devices {
        let _ = device.lock().unwrap().syncs();
    }
    outcome.note(format!("the slowest queue drained in {:.2} s", slowest.as_secs_f64()));
    office.is_killed();
    let all: Vec<_> = devices
        .iter()
        .enumerate()
        .map(|(no, device)| {
            let device = device.lock().unwrap();
            let saved = device.saved.iter().map(ToString::to_string).collect();
            (format!("device {no}"), device.held(), saved)
        })
        .collect();
    check_at_rest(&mut outcome, &office.held(), &all);
    outcome
}

/// While the server is dead: what devices were told has been received is in its file.
fn check_acknowledged(outcome: &mut Outcome, office: &Office, devices: &[Arc<Mutex<Device>>], kill: u64) {
    let held = office.held();
    for fault in &held.faults {
        outcome.fault(format!("kill {kill}: the office: {fault}"));
    }
    outcome.expect(held.refused.is_none(), || format!("kill {kill}: the office's file: {:?}", held.refused));
    for (no, device) in devices.iter().enumerate() {
        let theirs = device.lock().unwrap().held();
        for id in &theirs.received {
            outcome.looked_for += 1;
            outcome.expect(held.records.contains_key(id), || {
                format!("kill {kill}: device {no} was told that {id} was received, and the office lacks it")
            });
        }
    }
}
