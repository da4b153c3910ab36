//! What the harnesses found, kept between programs in `target/reliability`, and RELIABILITY.md made of it.

use super::planted::BUGS;
use super::stage::{now_ms, root};
use super::{HARNESSES, Outcome};
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use std::path::PathBuf;
use std::process::Command;

/// One harness, as it was run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Run {
    /// Which.
    pub id: String,
    /// What it found.
    pub outcome: Outcome,
    /// The seed it began with.
    pub seed: u64,
    /// How long it took.
    pub seconds: u64,
    /// The day, ISO.
    pub day: String,
    /// The commit, with `+` where files had changes.
    pub commit: String,
}

/// One planted bug, as it was looked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Hunt {
    /// Its name.
    pub name: String,
    /// The harness noticed it.
    pub caught: bool,
    /// What the harness said first.
    pub told: String,
    /// Runs the harness did.
    pub runs: u64,
}

/// All planted bugs, as they were looked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Hunts {
    /// One each.
    pub hunts: Vec<Hunt>,
    /// The day, ISO.
    pub day: String,
    /// The commit.
    pub commit: String,
}

fn folder() -> PathBuf {
    root().join("target/reliability")
}

/// Today, in Thailand.
pub fn today() -> String {
    domain::thai_date::day_of(now_ms(), domain::thai_date::THAI_OFFSET_MINUTES).to_string()
}

/// The commit this was built from.
pub fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").current_dir(root()).args(arguments).output();
        output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
    };
    // The report itself does not count as a change.
    let changed = !git(&["status", "--porcelain", "--", ".", ":!RELIABILITY.md"]).is_empty();
    git(&["rev-parse", "--short=12", "HEAD"]) + if changed { "+" } else { "" }
}

/// Keeps a value for the report.
pub fn keep(name: &str, value: &impl Serialize) {
    std::fs::create_dir_all(folder()).unwrap();
    std::fs::write(folder().join(format!("{name}.json")), serde_json::to_vec_pretty(value).unwrap()).unwrap();
}

fn kept<T: serde::de::DeserializeOwned>(name: &str) -> Option<T> {
    let bytes = std::fs::read(folder().join(format!("{name}.json"))).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// Writes RELIABILITY.md from what was kept.
pub fn write() {
    std::fs::write(root().join("RELIABILITY.md"), text()).unwrap();
}

fn text() -> String {
    let runs: Vec<(usize, Run)> = HARNESSES
        .iter()
        .enumerate()
        .filter_map(|(at, harness)| Some((at, kept::<Run>(harness.id)?)))
        .collect();
    let hunts: Option<Hunts> = kept("R14");
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let mut page = String::from("# Reliability\n\n");
    let line = |page: &mut String, text: String| {
        page.push_str(&text);
        page.push('\n');
    };
    line(
        &mut page,
        format!(
            "`make deep` wrote this page on {} on a machine with {cores} cores ({} build); nobody typed a figure. What each harness does is \
         said at the top of its file in `tests/src/harness/`; `make test` runs the same ones small.\n",
            today(),
            if cfg!(debug_assertions) { "debug" } else { "release" }
        ),
    );
    line(&mut page, "A fault is an acknowledged record that is missing, a record that is there twice, replicas that differ, a file that does \
         not verify, or a queue that does not drain within 30 s once all is well. \"Looked for\" counts what was acknowledged and then \
         searched for.\n".to_owned());
    line(
        &mut page,
        "| | what is broken | runs | goal | looked for | faults | seed | time | commit |".to_owned(),
    );
    line(&mut page, "|---|---|---:|---:|---:|---:|---:|---:|---|".to_owned());
    for (at, harness) in HARNESSES.iter().enumerate() {
        let goal = if harness.deep == 0 { "all".to_owned() } else { harness.deep.to_string() };
        match runs.iter().find(|(of, _)| *of == at) {
            Some((_, run)) => line(
                &mut page,
                format!(
                    "| {} | {} | {} {} | {goal} | {} | {} | {} | {} s | {} |",
                    harness.id,
                    harness.breaks,
                    run.outcome.runs,
                    harness.unit,
                    run.outcome.looked_for,
                    run.outcome.faults,
                    run.seed,
                    run.seconds,
                    run.commit
                ),
            ),
            None => line(
                &mut page,
                format!("| {} | {} | not run | {goal} | | | | | |", harness.id, harness.breaks),
            ),
        }
    }
    line(&mut page, "\n## What they noted\n".to_owned());
    for (at, run) in &runs {
        for note in run.outcome.notes.iter().chain(&run.outcome.told) {
            line(&mut page, format!("- {}: {note}", HARNESSES[*at].id));
        }
    }
    line(&mut page, "\n## R14: planted bugs\n".to_owned());
    let (caught, of, when) = match &hunts {
        Some(all) => {
            let caught = all.hunts.iter().filter(|hunt| hunt.caught).count();
            (caught, all.hunts.len(), format!("on {} at commit {}", all.day, all.commit))
        }
        None => (0, 0, "because it was not run".to_owned()),
    };
    let what = "Each bug is one line in a build of its own (feature `planted`).";
    line(&mut page, format!("Caught {caught} of {of} {when}. {what}\n"));
    line(
        &mut page,
        "| bug | the mistake | looked for by | runs | caught |\n|---|---|---|---:|---|".to_owned(),
    );
    for bug in BUGS {
        let hunt = hunts.iter().flat_map(|all| &all.hunts).find(|hunt| hunt.name == bug.name);
        let (runs, caught) = match hunt {
            Some(hunt) => (hunt.runs.to_string(), if hunt.caught { "yes" } else { "NO" }),
            None => (String::new(), "not run"),
        };
        let _ =
            writeln!(page, "| `{}` | {} | {} | {runs} | {caught} |", bug.name, bug.mistake, bug.caught_by);
    }
    page
}
