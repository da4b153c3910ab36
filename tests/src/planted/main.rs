//! R14: plants one bug after the other and lets its harness look for it. `planted` tries all, `planted NAME...` some.
//! Prints caught / planted; a bug that is not caught is a failure.

use std::process::ExitCode;
use tests::harness::planted::{BUGS, Bug, try_to_catch};
use tests::harness::report::{self, Hunt, Hunts};

fn main() -> ExitCode {
    let names: Vec<String> = std::env::args().skip(1).collect();
    let wanted = |bug: &&Bug| names.is_empty() || names.iter().any(|name| name == bug.name);
    // What a harness that notices a bug by a panic would print is told in one line instead.
    std::panic::set_hook(Box::new(|_| {}));
    let mut hunts = Vec::new();
    for bug in BUGS.iter().filter(wanted) {
        let found = try_to_catch(bug, 1);
        let caught = found.faults > 0;
        let told: String = found.told.first().cloned().unwrap_or_default().chars().take(160).collect();
        println!(
            "{}: {} {}: {}",
            if caught { "caught" } else { "MISSED" },
            bug.caught_by,
            bug.name,
            told.replace('\n', " ")
        );
        hunts.push(Hunt { name: bug.name.to_owned(), caught, told, runs: bug.runs });
        if names.is_empty() {
            // Kept as they come: a long hunt may be ended before its end.
            let all = Hunts { hunts: hunts.clone(), day: report::today(), commit: report::commit() };
            report::keep("R14", &all);
        }
    }
    let caught = hunts.iter().filter(|hunt| hunt.caught).count();
    println!("caught {caught} / planted {}", hunts.len());
    let missed = hunts.len() - caught;
    if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
