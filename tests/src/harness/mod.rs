//! The harnesses R1 to R12: each breaks one thing on purpose, as often as it is asked to, and looks for everything that
//! was acknowledged before. `tests/faults/harnesses.rs` runs them small in `make test`, the binary `deep` runs them long
//! in `make deep` and writes RELIABILITY.md; R14 (`planted`) shows that each of them can fail.
//!
//! What they drive is the `sanam` tool in processes of its own and the public protocol over a socket, except where
//! thousands of lives have to fit in minutes (R7, R9): there the simulated [`crate::world`] carries the same bytes.

pub mod aftermath;
pub mod bits;
pub mod chaos;
pub mod images;
pub mod planted;
pub mod report;
pub mod stage;
pub mod wire_fuzz;

pub mod r01_kill_device;
pub mod r02_kill_server;
pub mod r03_power_cut_device;
pub mod r04_power_cut_server;
pub mod r05_disk_faults;
pub mod r06_bit_rot;
pub mod r07_interleavings;
pub mod r08_lossy_network;
pub mod r09_clocks;
pub mod r10_versions;
pub mod r11_restore;
pub mod r12_soak;

use serde::{Deserialize, Serialize};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a harness did and found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// How many times it broke something.
    pub runs: u64,
    /// Acknowledged things it looked for afterwards.
    pub looked_for: u64,
    /// What was lost, doubled, different or stuck: a sentence each, at most [`Outcome::MOST_TOLD`].
    pub told: Vec<String>,
    /// How many of these there were.
    pub faults: u64,
    /// Figures worth a line, such as the longest time a queue took to drain.
    pub notes: Vec<String>,
}

impl Outcome {
    /// More sentences than this say nothing new.
    pub const MOST_TOLD: usize = 12;

    /// Notes a fault, and says it at once: a run of hours may be ended before its end.
    pub fn fault(&mut self, what: impl Into<String>) {
        let what = what.into();
        println!("    fault: {what}");
        self.faults += 1;
        if self.told.len() < Outcome::MOST_TOLD {
            self.told.push(what);
        }
    }

    /// Notes a fault unless `holds`.
    pub fn expect(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.fault(what());
        }
    }

    /// Runs one life that panics where something is wrong, and notes that.
    pub fn survive(&mut self, name: &str, life: impl FnOnce()) {
        self.runs += 1;
        if let Err(panic) = catch_unwind(AssertUnwindSafe(life)) {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            self.fault(format!("{name}: {}", text.unwrap_or_default()));
        }
    }

    /// Adds what another one found.
    pub fn add(&mut self, other: Outcome) {
        self.runs += other.runs;
        self.looked_for += other.looked_for;
        self.faults += other.faults;
        let room = Outcome::MOST_TOLD.saturating_sub(self.told.len());
        self.told.extend(other.told.into_iter().take(room));
        self.notes.extend(other.notes);
    }

    /// A note.
    pub fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }
}

/// One harness.
pub struct Harness {
    /// `R1` and so on, as in the goals of the project.
    pub id: &'static str,
    /// What it breaks.
    pub breaks: &'static str,
    /// What one run is.
    pub unit: &'static str,
    /// Runs in `make test`; zero where it is too long for that.
    pub small: u64,
    /// Runs in `make deep`.
    pub deep: u64,
    /// Does so many runs from a seed.
    pub run: fn(runs: u64, seed: u64) -> Outcome,
}

/// All of them, in order.
pub const HARNESSES: &[Harness] = &[
    Harness {
        id: "R1",
        breaks: "a device is killed (kill -9) while it saves and syncs",
        unit: "kills",
        small: 100,
        deep: 1_000,
        run: r01_kill_device::run,
    },
    Harness {
        id: "R2",
        breaks: "the server is killed (kill -9) while six devices push",
        unit: "kills",
        small: 30,
        deep: 300,
        run: r02_kill_server::run,
    },
    Harness {
        id: "R3",
        breaks: "the power of a device is cut",
        unit: "crash images",
        small: 200,
        deep: 1_000,
        run: r03_power_cut_device::run,
    },
    Harness {
        id: "R4",
        breaks: "the power of the server is cut",
        unit: "crash images",
        small: 200,
        deep: 1_000,
        run: r04_power_cut_server::run,
    },
    Harness {
        id: "R5",
        breaks: "disks are full, fail, or write less than they were told",
        unit: "failing operations",
        small: 20,
        deep: 250,
        run: r05_disk_faults::run,
    },
    Harness {
        id: "R6",
        breaks: "bits flip in a device's file",
        unit: "flips",
        small: 500,
        deep: 2_000,
        run: r06_bit_rot::run,
    },
    Harness {
        id: "R7",
        breaks: "five devices live 120 operations in any order, clocks wrong, versions mixed",
        unit: "interleavings",
        // Ten thousand take a debug build twenty minutes of both cores: `make deep` lives ten times as many instead.
        small: 1_000,
        deep: 100_000,
        run: r07_interleavings::run,
    },
    Harness {
        id: "R8",
        breaks: "a proxy process loses, doubles, delays, cuts and answers for the server",
        unit: "sessions",
        small: 50,
        deep: 500,
        run: r08_lossy_network::run,
    },
    Harness {
        id: "R9",
        breaks: "clocks are wrong",
        unit: "clock cases",
        small: 16,
        deep: 16,
        run: r09_clocks::run,
    },
    Harness {
        id: "R10",
        breaks: "apps and files are older or newer",
        unit: "cases",
        small: 0,
        deep: 0,
        run: r10_versions::run,
    },
    Harness {
        id: "R11",
        breaks: "the server burns down and is restored from a backup made half-way",
        unit: "records of 20 devices",
        small: 1_000,
        deep: 10_000,
        run: r11_restore::run,
    },
    Harness {
        id: "R12",
        breaks: "twenty devices go on without a pause",
        unit: "minutes",
        small: 0,
        deep: 30,
        run: r12_soak::run,
    },
    Harness {
        id: "F1",
        breaks: "bodies of the protocol are mutated",
        unit: "bodies",
        small: 20_000,
        deep: 10_000_000,
        run: wire_fuzz::bodies,
    },
    Harness {
        id: "F2",
        breaks: "any records are merged in any order",
        unit: "triples of records",
        small: 20_000,
        deep: 2_000_000,
        run: wire_fuzz::merges,
    },
];

/// The harness with this id.
pub fn harness(id: &str) -> &'static Harness {
    HARNESSES.iter().find(|harness| harness.id == id).unwrap_or_else(|| panic!("no harness is called {id}"))
}
