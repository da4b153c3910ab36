//! The public suites of the two official engines, where their cases are at hand: expressions and form behaviour.
//!
//! The cases are kept outside this repository. `SANAM_CONFORMANCE` names their folder; otherwise it is looked for beside
//! the working copy. Without them the test says so and passes. `SANAM_CONFORMANCE_SHOW=1` prints what fails.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::string_slice
)]

mod exports;
mod expressions;
mod fills;
mod report;
mod scenarios;
mod sheets;
mod xform;

use std::io::Read;
use std::path::PathBuf;

/// The folder of the cases.
fn folder() -> Option<PathBuf> {
    let named = std::env::var_os("SANAM_CONFORMANCE").map(PathBuf::from);
    let folder = named
        .unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance"));
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no conformance cases at {}", folder.display());
    None
}

fn read(name: &str) -> Option<String> {
    let path = folder()?.join(name);
    let file = std::fs::File::open(&path).ok()?;
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    Some(text)
}

/// True when failures are to be printed.
fn show() -> bool {
    std::env::var_os("SANAM_CONFORMANCE_SHOW").is_some()
}

/// A share in percent, to one decimal.
fn percent(passed: usize, all: usize) -> f64 {
    (passed as f64 * 1000.0 / all.max(1) as f64).round() / 10.0
}

/// Minutes ahead of UTC of the zones the cases use.
fn offset(zone: &str) -> i32 {
    match zone {
        "America/Phoenix" => -420,
        "Asia/Bangkok" => 420,
        "GMT" | "UTC" => 0,
        other => panic!("unknown zone {other}"),
    }
}
