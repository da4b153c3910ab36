//! Stamps, and how a trusted server makes wrong phone clocks harmless.
//!
//! A device stamps what it saves from a hybrid clock and never refuses to save. The server is the only judge
//! of time: at first receipt it moves a stamp between two instants it can prove, and only such fixed stamps
//! take part in a merge. So a phone in the year 2569 neither wins for ever nor teaches its clock to others.
//! The alternative, refusing what drifts more than some minutes, stops the worker for a fault she cannot see.

use crate::ids::DeviceNo;
use serde::{Deserialize, Serialize};

/// When a cell was written: physical milliseconds, a counter within the millisecond, and the device.
/// Totally ordered. In JSON: `[ms, counter, device]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(from = "(u64, u16, u32)", into = "(u64, u16, u32)")]
pub struct Stamp {
    /// Milliseconds since 1970-01-01T00:00Z.
    pub ms: u64,
    /// Order within one millisecond of one device.
    pub counter: u16,
    /// Who wrote it; breaks every tie.
    pub device: DeviceNo,
}

impl From<(u64, u16, u32)> for Stamp {
    fn from((ms, counter, device): (u64, u16, u32)) -> Stamp {
        Stamp { ms, counter, device: DeviceNo(device) }
    }
}

impl From<Stamp> for (u64, u16, u32) {
    fn from(s: Stamp) -> (u64, u16, u32) {
        (s.ms, s.counter, s.device.0)
    }
}

impl Stamp {
    /// Returns the least stamp of `device` that is greater than `self`.
    pub fn next_for(self, device: DeviceNo) -> Stamp {
        match self.counter.checked_add(1) {
            Some(counter) => Stamp { ms: self.ms, counter, device },
            None => Stamp { ms: self.ms.saturating_add(1), counter: 0, device },
        }
    }
}

/// A hybrid logical clock: never goes back, whatever the wall clock does, while anything waits that it stamped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HybridClock {
    last: Stamp,
}

impl HybridClock {
    /// Starts a clock for `device` that will stay above `last`.
    pub fn new(device: DeviceNo, last: Stamp) -> HybridClock {
        HybridClock { last: Stamp { device, ..last } }
    }

    /// The last stamp given.
    pub fn last(&self) -> Stamp {
        self.last
    }

    /// Returns the next stamp for the corrected wall time `now_ms`.
    #[must_use]
    pub fn tick(&mut self, now_ms: u64) -> Stamp {
        let device = self.last.device;
        self.last = if now_ms > self.last.ms {
            Stamp { ms: now_ms, counter: 0, device }
        } else {
            self.last.next_for(device)
        };
        self.last
    }

    /// Moves the clock above a stamp that the server fixed. Raw stamps of others must never come here.
    pub fn observe(&mut self, fixed: Stamp) {
        if fixed > self.last {
            self.last = Stamp { device: self.last.device, ..fixed };
        }
    }

    /// Comes down to the server's time, once everything this clock stamped was fixed at that time or before. A phone that was
    /// ahead once would else stamp the future until it is replaced, and each of its stamps would be fixed at the time of
    /// receipt: its edit of Monday would win over somebody's of Wednesday.
    pub fn come_down(&mut self, server_ms: u64) {
        if self.last.ms > server_ms {
            self.last = Stamp { ms: server_ms, counter: 0, device: self.last.device };
        }
    }
}

/// What the server knows about the moment a commit was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The server's time at this device's last contact at which the commit did not yet exist.
    pub not_before_ms: u64,
    /// The server's time at first receipt.
    pub not_after_ms: u64,
    /// The greatest fixed stamp that must be older: the device's previous commit, and all its writer had seen.
    pub after: Stamp,
}

/// Fixes the effective stamp of a commit whose device said `raw`.
///
/// The result lies within the bounds (`after` wins over `not_after_ms`, which it can only reach when it was
/// fixed in the same millisecond), so it is never earlier than a proof and never later than the receipt.
pub fn fix(raw: Stamp, bounds: Bounds) -> Stamp {
    if crate::planted::is("clock_not_bounded") {
        return raw;
    }
    let upper = bounds.not_after_ms.max(bounds.not_before_ms);
    let ms = raw.ms.clamp(bounds.not_before_ms, upper);
    let counter = if ms == raw.ms { raw.counter } else { 0 };
    let clamped = Stamp { ms, counter, device: raw.device };
    if clamped > bounds.after { clamped } else { bounds.after.next_for(raw.device) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stamp(ms: u64, counter: u16, device: u32) -> Stamp {
        Stamp { ms, counter, device: DeviceNo(device) }
    }

    #[test]
    fn a_clock_set_back_still_goes_forward() {
        let mut clock = HybridClock::new(DeviceNo(3), Stamp::default());
        let first = clock.tick(1_000);
        let second = clock.tick(10);
        assert!(second > first);
        assert_eq!(second.ms, 1_000);
    }

    #[test]
    fn a_clock_that_was_ahead_comes_down_once_and_one_that_is_right_stays() {
        let mut clock = HybridClock::new(DeviceNo(3), stamp(18_000_000_000_000, 7, 3));
        clock.come_down(1_000);
        assert_eq!(clock.tick(1_500), stamp(1_500, 0, 3));
        clock.come_down(9_000);
        assert_eq!(clock.last(), stamp(1_500, 0, 3));
    }

    #[test]
    fn a_full_counter_moves_to_the_next_millisecond() {
        let mut clock = HybridClock::new(DeviceNo(1), stamp(5, u16::MAX, 1));
        assert_eq!(clock.tick(5), stamp(6, 0, 1));
    }

    #[test]
    fn phones_in_2569_and_1970_are_brought_between_the_proofs() {
        let bounds = Bounds { not_before_ms: 100, not_after_ms: 200, after: stamp(0, 0, 0) };
        assert_eq!(fix(stamp(18_000_000_000_000, 9, 2), bounds), stamp(200, 0, 2));
        assert_eq!(fix(stamp(0, 3, 2), bounds), stamp(100, 0, 2));
        assert_eq!(fix(stamp(150, 7, 2), bounds), stamp(150, 7, 2));
    }

    #[test]
    fn causality_wins_over_the_clock() {
        let bounds = Bounds { not_before_ms: 100, not_after_ms: 200, after: stamp(160, 4, 9) };
        assert_eq!(fix(stamp(150, 0, 2), bounds), stamp(160, 5, 2));
    }

    proptest! {
        #[test]
        fn a_fixed_stamp_obeys_every_bound(raw in any::<(u64, u16)>(), lo in 0u64..1 << 40, span in 0u64..1 << 30,
                                           seen in 0u64..1 << 30, counter in any::<u16>()) {
            let bounds = Bounds { not_before_ms: lo, not_after_ms: lo + span,
                                  after: stamp(lo.saturating_sub(seen), counter, 7) };
            let fixed = fix(stamp(raw.0, raw.1, 5), bounds);
            prop_assert!(fixed > bounds.after);
            prop_assert!(fixed.ms >= lo);
            prop_assert!(fixed.ms <= lo + span + 1);
        }
    }
}
