//! R12: twenty devices save and sync without a pause. The server's memory, open files and journal stay as they are, and it
//! answers as quickly at the end as at the beginning.

use super::Outcome;
use super::stage::{Device, Office, check_at_rest};
use std::sync::Mutex;
use std::time::{Duration, Instant};

const DEVICES: u64 = 20;
const METERS: u32 = 100;
/// What a phone does between two syncs takes a while.
const PAUSE: Duration = Duration::from_millis(400);

/// Goes on for so many minutes.
pub fn run(minutes: u64, seed: u64) -> Outcome {
    let mut outcome = Outcome { runs: minutes, ..Outcome::default() };
    let place = tempfile::tempdir().unwrap();
    let mut office = Office::new(&place.path().join("office"), METERS, DEVICES as usize);
    office.starts();
    let mut devices: Vec<Device> = (0..DEVICES)
        .map(|no| {
            let path = place.path().join(format!("device-{no}.db"));
            Device::enrolled(&path, &office.address(), &office.code(), METERS, seed * 100 + no + 1)
        })
        .collect();
    let end = Instant::now() + Duration::from_secs(minutes * 60);
    let syncs: Mutex<Vec<(Instant, Duration)>> = Mutex::default();
    let began = Instant::now();
    let mut readings: Vec<(u64, u64, u64)> = Vec::new();
    std::thread::scope(|scope| {
        for device in &mut devices {
            let syncs = &syncs;
            scope.spawn(move || {
                while Instant::now() < end {
                    for _ in 0..3 {
                        device.saves().unwrap();
                    }
                    let start = Instant::now();
                    device.syncs().unwrap();
                    syncs.lock().unwrap().push((start, start.elapsed()));
                    std::thread::park_timeout(PAUSE);
                }
            });
        }
        while Instant::now() < end {
            std::thread::park_timeout(Duration::from_secs(10).min(end - Instant::now().min(end)));
            readings.push((memory_kb(office.pid()), open_files(office.pid()), wal_bytes(&office)));
        }
    });
    let syncs = syncs.into_inner().unwrap();
    let sixth = began.elapsed() / 6;
    let p99 = |from: Instant, to: Instant| -> Duration {
        let mut times: Vec<Duration> =
            syncs.iter().filter(|(at, _)| *at >= from && *at < to).map(|(_, took)| *took).collect();
        times.sort_unstable();
        times.get(times.len() * 99 / 100).copied().unwrap_or_default()
    };
    let (first, last) = (p99(began, began + sixth), p99(end - sixth, end));
    outcome.expect(last <= first.mul_f64(1.5).max(Duration::from_millis(50)), || {
        format!("a sync took {first:?} at the beginning and {last:?} at the end (99 of 100)")
    });
    // The first readings belong to the start; caches fill.
    let settled = readings.get(readings.len() / 6).copied().unwrap_or_default();
    let ended = readings.last().copied().unwrap_or_default();
    outcome.expect(ended.0 * 10 <= settled.0 * 11, || {
        format!("memory grew from {} to {} kB", settled.0, ended.0)
    });
    outcome.expect(ended.1 <= settled.1 + DEVICES, || {
        format!("open files grew from {} to {}", settled.1, ended.1)
    });
    let largest = readings.iter().map(|reading| reading.2).max().unwrap_or(0);
    outcome.expect(largest < 64 << 20, || format!("the journal grew to {largest} bytes"));
    outcome.note(format!(
        "{} syncs, 99 of 100 within {} ms at first and {} ms at last; memory {} to {} kB; open files {} to {}; journal at most {} kB",
        syncs.len(), first.as_millis(), last.as_millis(), settled.0, ended.0, settled.1, ended.1, largest / 1024
    ));
    for device in &mut devices {
        device.syncs().unwrap();
    }
    for device in &mut devices {
        device.syncs().unwrap();
    }
    office.stops();
    let all: Vec<_> = devices
        .iter()
        .enumerate()
        .map(|(no, device)| {
            (format!("device {no}"), device.held(), device.saved.iter().map(ToString::to_string).collect())
        })
        .collect();
    check_at_rest(&mut outcome, &office.held(), &all);
    outcome
}

fn memory_kb(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|text| text.parse().ok()).unwrap_or(0)
}

fn open_files(pid: u32) -> u64 {
    std::fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, |list| list.count() as u64)
}

fn wal_bytes(office: &Office) -> u64 {
    let path = format!("{}-wal", office.database().display());
    std::fs::metadata(path).map_or(0, |metadata| metadata.len())
}
