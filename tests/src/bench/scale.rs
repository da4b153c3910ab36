//! Ten times the registry may take ten times as long, not more.

use super::engine::ask;
use super::figures::{Figures, each, percentile};
use super::town::{NOON, ROUTE, Town, code, subject};
use domain::api;
use domain::change::Change;
use std::time::Instant;

struct Times {
    import_ms: f64,
    pull_ms: f64,
    find_p99_us: f64,
}

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
    Times { import_ms, pull_ms, find_p99_us: percentile(finds, 0.99) }
}

/// Compares 18,000 subjects with 180,000.
pub fn run(figures: &mut Figures) {
    let (small, large) = (measure(18_000), measure(180_000));
    let import = large.import_ms / small.import_ms / 10.0;
    let pull = large.pull_ms / small.pull_ms / 10.0;
    figures.note("scale_import180k_ms", large.import_ms);
    figures.note("scale_pull180k_ms", large.pull_ms);
    figures.note("scale_find180k_p99_us", large.find_p99_us);
    figures.note("scale_import_ratio", import);
    figures.note("scale_pull_ratio", pull);
    figures.note("scale_ratio", import.max(pull));
}
