//! R14: the mistakes that this design invites, planted one at a time in a build of their own (feature `planted`), each with
//! the harness that has to catch it. A harness that cannot fail proves nothing. They are hunted by `make deep`: a build of their own and
//! an hour are too much for every change; `make test` only checks that each still names its harness.
//!
//! In the product each is one line, `domain::planted::is("name")`, which is `false` at compile time without the feature.

#[cfg(feature = "planted")]
use super::Outcome;
use super::harness;

/// A mistake, and who has to notice it.
pub struct Bug {
    /// Its name in the code.
    pub name: &'static str,
    /// What somebody got wrong.
    pub mistake: &'static str,
    /// The harness that catches it.
    pub caught_by: &'static str,
    /// Runs that the harness needs for it.
    pub runs: u64,
}

const fn bug(name: &'static str, mistake: &'static str, caught_by: &'static str, runs: u64) -> Bug {
    Bug { name, mistake, caught_by, runs }
}

/// All of them.
pub const BUGS: &[Bug] = &[
    bug("tie_not_broken", "two cells of one stamp: whoever comes first stays", "F2", 5_000),
    bug("newer_or_equal_wins", "the merge compares with >= where it must with >", "F2", 5_000),
    bug("device_not_compared", "stamps of one millisecond are equal whoever wrote them", "F2", 5_000),
    bug("base_seq_ignored", "nobody asks whether a writer had seen what he overwrote", "R9", 16),
    bug("clock_not_bounded", "the server believes what a phone says of the time", "R9", 16),
    bug("loser_not_kept", "what loses against a newer value leaves no trace", "R7", 40),
    bug("unknown_values_dropped", "a server drops what its version has no form for", "R7", 40),
    bug("refusal_stops_queue", "a refused commit waits on, and all others behind it", "R7", 40),
    bug("unsent_overwritten", "a pull shows the office's value over words that wait", "R7", 40),
    bug("pull_skips_rows", "pages leave rows out, and the second reading that mends it hides that", "R7", 40),
    bug("queue_apart_from_rows", "a visit and its place in the queue are two transactions", "R1", 60),
    bug("cursor_apart_from_rows", "the cursor of a pull is written before its rows", "R3", 200),
    bug("acknowledged_before_commit", "the server answers, and commits a little later", "R2", 10),
    bug("retired_before_answer", "commits leave the queue when they are sent", "R2", 10),
    bug("device_not_synced", "a device saves with synchronous=NORMAL", "R3", 60),
    bug("server_not_synced", "the server commits with synchronous=NORMAL", "R4", 60),
    bug("failed_write_ignored", "a device goes on when the queue could not be written", "R5", 25),
    bug("values_not_checked", "a record's checksum covers its stamps only", "R6", 200),
    bug("rot_is_sent", "a commit that the disk has damaged is sent as it is", "R6", 1_000),
    bug("portal_is_success", "200 OK counts as received, whoever answered", "R8", 60),
    bug("replay_not_recognised", "a commit that comes twice is judged twice", "R8", 60),
    bug("newer_file_opened", "an older app opens a newer file", "R10", 1),
    bug("backup_by_copying", "a backup copies the file and forgets its journal", "R11", 400),
    bug("incarnation_ignored", "a device does not notice that its server was restored", "R11", 400),
    bug("digest_trusted", "a digest without its colon ends the program", "F1", 20_000),
];

/// The bug that is planted now.
pub fn now() -> Option<&'static str> {
    #[cfg(feature = "planted")]
    {
        domain::planted::now()
    }
    #[cfg(not(feature = "planted"))]
    {
        None
    }
}

/// Plants a bug and lets its harness look for it. Returns what the harness found.
#[cfg(feature = "planted")]
pub fn try_to_catch(bug: &Bug, seed: u64) -> Outcome {
    domain::planted::plant(Some(bug.name));
    let mut found = Outcome::default();
    let mut inside = Outcome::default();
    // A harness that cannot even go on has noticed as well.
    found.survive(bug.name, || inside = (harness(bug.caught_by).run)(bug.runs, seed));
    domain::planted::plant(None);
    if found.faults > 0 { found } else { inside }
}

/// Says that every bug names a harness there is.
pub fn every_bug_has_its_harness() -> bool {
    BUGS.iter().all(|bug| !harness(bug.caught_by).id.is_empty())
}
