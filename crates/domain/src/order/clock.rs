//! How long an order may take, and how long it took. Pure: worked out from its steps, so that every replica agrees.

use super::{ClockKind, Move, OrderKind};
use serde::{Deserialize, Serialize};

const HOUR_MS: u64 = 3_600_000;

/// One clock of one order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockRun {
    /// The clock's id.
    pub clock: String,
    /// When it started, milliseconds: the opening, or the last step that restarts.
    pub started_ms: u64,
    /// Hours it may take.
    pub hours: u32,
    /// When it stopped, milliseconds.
    pub stopped_ms: Option<u64>,
    /// Milliseconds for which it stood still, in pauses that are over.
    pub paused_ms: u64,
    /// It stands still since then, milliseconds.
    pub pauses_since_ms: Option<u64>,
}

impl ClockRun {
    /// The last moment that is on time, milliseconds; while the clock stands still nobody can say.
    pub fn due_ms(&self) -> Option<u64> {
        let allowed = u64::from(self.hours).saturating_mul(HOUR_MS);
        let due = self.started_ms.saturating_add(allowed).saturating_add(self.paused_ms);
        self.pauses_since_ms.is_none().then_some(due)
    }

    /// Milliseconds that count, until it stopped or until now.
    pub fn taken_ms(&self, now_ms: u64) -> u64 {
        let until = self.stopped_ms.or(self.pauses_since_ms).unwrap_or(now_ms);
        until.saturating_sub(self.started_ms).saturating_sub(self.paused_ms)
    }

    /// Says whether it took longer than it may, or does by now.
    pub fn is_late(&self, now_ms: u64) -> bool {
        self.taken_ms(now_ms) > u64::from(self.hours).saturating_mul(HOUR_MS)
    }
}

/// Runs the clocks of an order over its steps, oldest first. Those that do not count change nothing.
pub fn run(kind: &OrderKind, severity: &str, opened_ms: u64, moves: &[Move]) -> Vec<ClockRun> {
    kind.clocks.iter().map(|clock| run_one(kind, clock, severity, opened_ms, moves)).collect()
}

fn run_one(kind: &OrderKind, clock: &ClockKind, severity: &str, opened_ms: u64, moves: &[Move]) -> ClockRun {
    let hours = clock.hours_by.get(severity).copied().unwrap_or(clock.hours);
    let started = |started_ms| ClockRun {
        clock: clock.id.clone(),
        started_ms,
        hours,
        stopped_ms: None,
        paused_ms: 0,
        pauses_since_ms: None,
    };
    let mut run = started(opened_ms);
    for step in moves.iter().filter(|step| !step.idle) {
        let state = kind.state(&step.state);
        if state.is_some_and(|state| state.restarts) {
            run = started(step.at_ms);
            continue;
        }
        if run.stopped_ms.is_some() {
            continue;
        }
        if let Some(since) = run.pauses_since_ms.take() {
            run.paused_ms = run.paused_ms.saturating_add(step.at_ms.saturating_sub(since));
        }
        if clock.stops.contains(&step.state) || !kind.is_open(&step.state) {
            run.stopped_ms = Some(step.at_ms);
        } else if state.is_some_and(|state| state.paused) {
            run.pauses_since_ms = Some(step.at_ms);
        }
    }
    run
}

/// The last moment that is on time for what comes next, milliseconds; `None` when nothing is to be done, or while it waits
/// for somebody outside.
pub fn due_ms(runs: &[ClockRun]) -> Option<u64> {
    runs.iter().find(|run| run.stopped_ms.is_none()).and_then(ClockRun::due_ms)
}
