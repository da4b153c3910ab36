//! The long runs of `make deep`.
//!
//!   deep run [R1 R7 ...]   runs these harnesses, or all, with their deep counts, and keeps what they found
//!   deep small [R1 ...]    runs them as small as `make test` does, and keeps nothing
//!   deep report            writes RELIABILITY.md from what was kept
//!   deep fixtures          adds the fixtures of the present schema and protocol to `tests/fixtures`
//!
//! `SANAM_RUNS_R7=500` changes the count of one harness, `SANAM_FAULT_SEED=5` the seed of all.

use std::process::ExitCode;
use std::time::Instant;
use tests::harness::report::{self, Run};
use tests::harness::{HARNESSES, Harness, Outcome, r10_versions};

fn number(key: &str) -> Option<u64> {
    std::env::var(key).ok().and_then(|text| text.parse().ok())
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("run") => run(&arguments[1..], false),
        Some("small") => run(&arguments[1..], true),
        Some("report") => {
            report::write();
            ExitCode::SUCCESS
        }
        Some("fixtures") => {
            r10_versions::write_fixtures();
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("deep run [IDS] | small [IDS] | report | fixtures");
            ExitCode::from(2)
        }
    }
}

fn run(ids: &[String], small: bool) -> ExitCode {
    let wanted = |harness: &&Harness| ids.is_empty() || ids.iter().any(|id| id == harness.id);
    let mut faults = 0;
    for harness in HARNESSES.iter().filter(wanted) {
        let usual = if small { harness.small } else { harness.deep };
        let runs = number(&format!("SANAM_RUNS_{}", harness.id)).unwrap_or(usual);
        if runs == 0 && harness.deep > 0 {
            println!("{}: not run", harness.id);
            continue;
        }
        let seed = number("SANAM_FAULT_SEED").unwrap_or(1);
        let began = Instant::now();
        println!("{}: {} ({runs} {})", harness.id, harness.breaks, harness.unit);
        let mut outcome = Outcome::default();
        let mut inside = Outcome::default();
        // A harness that cannot go on is a fault of its own; the others still run.
        outcome.survive(harness.id, || inside = (harness.run)(runs, seed));
        let outcome = if outcome.faults > 0 { outcome } else { inside };
        let seconds = began.elapsed().as_secs();
        println!(
            "    {} {}, looked for {}, {} faults, {seconds} s",
            outcome.runs, harness.unit, outcome.looked_for, outcome.faults
        );
        for text in outcome.notes.iter().chain(&outcome.told) {
            println!("    {text}");
        }
        faults += outcome.faults;
        let (day, commit) = (report::today(), report::commit());
        if small {
            continue;
        }
        report::keep(harness.id, &Run { id: harness.id.to_owned(), outcome, seed, seconds, day, commit });
    }
    if faults == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
