//! Ten times the registry may take ten times as long, not more.

use super::engine::ask;
use super::figures::{Figures, each, percentile};
use super::town::{NOON, ROUTE, Town, code, reading, saved, subject};
use domain::api;
use domain::change::Change;
use std::time::Instant;
use store::{Kind, Now, Store};

struct Times {
    import_ms: f64,
    pull_ms: f64,
    push_ms: f64,
    find_p99_us: f64,
    nearby_p99_us: f64,
    cold_start_ms: f64,
}

/// Readings that share one flush, so that nobody waits for the disk 180,000 times. Each is a commit of its own.
const BATCH: u32 = 1_000;

fn measure(meters: u32) -> Times {
    let folder = tempfile::tempdir().unwrap();
    let mut town = Town::new(folder.path());
    let mut dice = town.dice();
    let subjects: Vec<Change> = (0..meters).map(|no| subject(no, &mut dice)).collect();
    let (begun, now) = (Instant::now(), town.now());
    // In one transaction, as an office brings its registry in.
    town.server.import("bench", subjects, now).unwrap();
    let import_ms = begun.elapsed().as_secs_f64() * 1000.0;
    let zones: Vec<String> = (0..meters / ROUTE).map(|no| format!("R{:02}", no + 1)).collect();
    let mut device = town.device("scale", &zones);
    let begun = Instant::now();
    let (reply, _) = town.sync(&mut device);
    let pull_ms = begun.elapsed().as_secs_f64() * 1000.0;
    assert!(reply.pulled >= u64::from(meters));
    let finds = each(2_000, |at| {
        let no = (at as u32).wrapping_mul(7_919) % meters;
        let found = ask(&mut device, NOON, api::Find { text: code(no) });
        assert!(matches!(found, api::Found::Subject(_)));
    });
    let today = Now::thai(town.now()).day().to_string();
    let nearby = each(500, |at| {
        let (lat, lon) = (7.84 + (at % 40) as f64 * 0.002, 98.34 + (at / 40) as f64 * 0.003);
        let ask_for =
            api::Nearby { lat, lon, radius_m: 200.0, programme: None, today: today.clone(), limit: 50 };
        ask(&mut device, NOON, ask_for);
    });
    drop(device);
    let (entropy, begun) = (town.dice().entropy(), Instant::now());
    let mut device = Store::open(&town.folder.join("scale.db"), Kind::Device, entropy, town.now()).unwrap();
    ask(&mut device, NOON, api::Home { today });
    let cold_start_ms = begun.elapsed().as_secs_f64() * 1000.0;
    let (grant, now) = (town.grant_on("scale", &zones), town.now());
    for first in (0..meters).step_by(BATCH as usize) {
        let done = device.together(|device| {
            for no in first..(first + BATCH).min(meters) {
                let new = saved(reading(no, 10, &mut dice), &grant.person);
                device.save(&grant, Now::thai(now + u64::from(no)), new).unwrap();
            }
        });
        done.unwrap();
    }
    town.pass(u64::from(meters));
    let begun = Instant::now();
    let (reply, _) = town.sync(&mut device);
    let push_ms = begun.elapsed().as_secs_f64() * 1000.0;
    assert_eq!(reply.pushed, u64::from(meters));
    let (find_p99_us, nearby_p99_us) = (percentile(finds, 0.99), percentile(nearby, 0.99));
    Times { import_ms, pull_ms, push_ms, find_p99_us, nearby_p99_us, cold_start_ms }
}

/// What a machine that is left alone takes: of several measurements the quickest of each.
fn quickest(meters: u32, times: usize) -> Times {
    let best = |one: Times, other: Times| Times {
        import_ms: one.import_ms.min(other.import_ms),
        pull_ms: one.pull_ms.min(other.pull_ms),
        push_ms: one.push_ms.min(other.push_ms),
        find_p99_us: one.find_p99_us.min(other.find_p99_us),
        nearby_p99_us: one.nearby_p99_us.min(other.nearby_p99_us),
        cold_start_ms: one.cold_start_ms.min(other.cold_start_ms),
    };
    (1..times).fold(measure(meters), |fastest, _| best(fastest, measure(meters)))
}

/// Compares 18,000 subjects with 180,000. One run of either says little: what else the machine did in that second is as much
/// as what is looked for.
pub fn run(figures: &mut Figures) {
    let (small, large) = (quickest(18_000, 5), quickest(180_000, 2));
    let import = large.import_ms / small.import_ms / 10.0;
    let pull = large.pull_ms / small.pull_ms / 10.0;
    let push = large.push_ms / small.push_ms / 10.0;
    figures.note("scale_import180k_ms", large.import_ms);
    figures.note("scale_pull180k_ms", large.pull_ms);
    figures.note("scale_push180k_ms", large.push_ms);
    figures.note("scale_find180k_p99_us", large.find_p99_us);
    // Ten times as many meters in the same town: ten times as many are near.
    figures.note("scale_nearby180k_p99_us", large.nearby_p99_us);
    figures.note("scale_cold_start180k_ms", large.cold_start_ms);
    let starts = large.cold_start_ms / small.cold_start_ms / 10.0;
    figures.note("scale_import_ratio", import);
    figures.note("scale_pull_ratio", pull);
    figures.note("scale_push_ratio", push);
    figures.note("scale_cold_start_ratio", starts);
    figures.note("scale_ratio", import.max(pull).max(push).max(starts));
}
