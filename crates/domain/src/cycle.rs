//! The state of one cycle of one zone: what was read in a month, from the first reading until nothing changes any more.
//!
//! | state | readings and corrections | what is owed |
//! |---|---|---|
//! | open | come in | is issued on the spot; a correction cancels and issues anew |
//! | reviewed | come in; a new doubt has to be settled before approval | the same |
//! | approved | come in, with a reason | may be sent by post and to the bank; a correction cancels and issues anew |
//! | closed | are kept | nothing is issued or cancelled; a difference is an adjustment of the next cycle |
//!
//! The record is the server's alone to write. Devices hold that of their zones and read the state from it.

use crate::change::Values;
use crate::ids::RecordId;
use crate::programme::RoundDays;
use chrono::{Datelike, Days, NaiveDate};
use serde::{Deserialize, Serialize};

/// Field names of a record of kind `cycle`, beside `programme`, `zone` and `cycle`.
pub mod field {
    /// [`super::CycleState`].
    pub const STATE: &str = "state";
    /// Who is to walk the zone, as the office writes it.
    pub const READER: &str = "reader";
    /// Day on which the round begins, ISO.
    pub const READ_ON: &str = "read_on";
    /// Day until which is to be paid, ISO.
    pub const DUE_ON: &str = "due_on";
    /// Day on which the service is cut off, ISO.
    pub const CUTOFF_ON: &str = "cutoff_on";
    /// Units that were given out to the zone.
    pub const PRODUCED: &str = "produced";
    /// Why a state was taken back, or why the cycle was closed though some have no bill.
    pub const REASON: &str = "reason";
}

/// How far a cycle is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CycleState {
    /// Work goes on.
    #[default]
    Open,
    /// Everything odd was looked at.
    Reviewed,
    /// What is owed stands.
    Approved,
    /// Nothing changes any more.
    Closed,
}

impl CycleState {
    /// The stable word.
    pub fn word(self) -> &'static str {
        match self {
            CycleState::Open => "open",
            CycleState::Reviewed => "reviewed",
            CycleState::Approved => "approved",
            CycleState::Closed => "closed",
        }
    }

    /// Reads the stable word; what a newer server wrote is taken as closed, so that nothing is changed by mistake.
    pub fn read(word: &str) -> CycleState {
        match word {
            "" | "open" => CycleState::Open,
            "reviewed" => CycleState::Reviewed,
            "approved" => CycleState::Approved,
            _ => CycleState::Closed,
        }
    }

    /// Says whether one may go from this state to another: a step ahead, or back as far as one likes, but never out of
    /// `closed`.
    pub fn may_become(self, next: CycleState) -> bool {
        match self {
            CycleState::Closed => false,
            _ => next < self || next as u8 == self as u8 + 1,
        }
    }

    /// Says whether what is owed may still be cancelled and issued anew.
    pub fn issues(self) -> bool {
        self < CycleState::Closed
    }

    /// Says whether bills may go out by post and to the bank.
    pub fn sends(self) -> bool {
        self >= CycleState::Approved
    }
}

/// The id that every replica gives the cycle of a zone.
pub fn id(programme: &str, zone: &str, cycle: &str) -> RecordId {
    RecordId::derived("cycle", &[programme.as_bytes(), zone.as_bytes(), cycle.as_bytes()])
}

/// The state that a cycle's values say.
pub fn state(values: &Values) -> CycleState {
    CycleState::read(values.get(field::STATE).and_then(|state| state.as_str()).unwrap_or_default())
}

/// The first day of a monthly cycle, `2026-11`.
pub fn first_day(cycle: &str) -> Option<NaiveDate> {
    format!("{cycle}-01").parse().ok()
}

/// The cycle so many months after one (or before).
pub fn later(cycle: &str, months: i32) -> Option<String> {
    let first = first_day(cycle)?;
    let count = chrono::Months::new(months.unsigned_abs());
    let other =
        if months < 0 { first.checked_sub_months(count)? } else { first.checked_add_months(count)? };
    Some(format!("{:04}-{:02}", other.year(), other.month()))
}

/// The days of a cycle as [`RoundDays`] has them: read, due, cut off.
pub fn usual_days(cycle: &str, days: RoundDays) -> Option<[NaiveDate; 3]> {
    let first = first_day(cycle)?;
    let on = |day: u32| first.checked_add_days(Days::new(u64::from(day.saturating_sub(1))));
    Some([on(days.read)?, on(days.due)?, on(days.cutoff)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_goes_one_step_ahead_and_never_out_of_closed() {
        use CycleState::{Approved, Closed, Open, Reviewed};
        for (from, to, may) in [
            (Open, Reviewed, true),
            (Open, Approved, false),
            (Open, Open, false),
            (Reviewed, Approved, true),
            (Reviewed, Open, true),
            (Approved, Closed, true),
            (Approved, Open, true),
            (Closed, Approved, false),
            (Closed, Open, false),
        ] {
            assert_eq!(from.may_become(to), may, "{from:?} {to:?}");
        }
        for state in [Open, Reviewed, Approved, Closed] {
            assert_eq!(CycleState::read(state.word()), state);
        }
        assert_eq!(CycleState::read("a word of a newer server"), Closed);
        assert!(Approved.sends() && Approved.issues() && !Closed.issues() && !Reviewed.sends());
    }

    #[test]
    fn cycles_follow_the_calendar() {
        assert_eq!(later("2026-12", 1).as_deref(), Some("2027-01"));
        assert_eq!(later("2026-01", -3).as_deref(), Some("2025-10"));
        assert_eq!(later("spring", 1), None);
        let days = usual_days("2026-11", RoundDays { read: 4, due: 30, cutoff: 45 }).unwrap();
        assert_eq!(days.map(|day| day.to_string()), ["2026-11-04", "2026-11-30", "2026-12-15"]);
    }
}
