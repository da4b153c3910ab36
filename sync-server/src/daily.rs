//! How much one device sends in a day. A phone in a thief's hands, or one that by a mistake of ours sends the same for ever,
//! must not fill the office's disk. What is refused stays on the device, which offers it again later.
//!
//! In memory, like all counts here: a restart forgets it, which nobody outside can cause.

use domain::ids::DeviceNo;
use domain::problem::Code;
use std::collections::HashMap;

/// After this time a count begins anew.
const DAY_MS: u64 = 24 * 60 * 60_000;

/// What is counted by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Sent {
    /// Commits, and the questions of pulls.
    Records,
    /// Pieces of photos.
    Photos,
}

/// The bytes of each device, and since when they are counted. Only devices that are known are counted, so it stays short.
#[derive(Default)]
pub(crate) struct Daily {
    counts: HashMap<(DeviceNo, Sent), (u64, u64)>,
}

impl Daily {
    /// Whether one more body is let in. Bodies that come at the same moment all are, so that a day may hold a few more than
    /// `most` says; the next one finds them counted.
    ///
    /// Errors: `day_full` once a device has sent `most` bytes of it within a day.
    pub(crate) fn check(&self, device: DeviceNo, what: Sent, most: u64, now_ms: u64) -> Result<(), Code> {
        match self.counts.get(&(device, what)) {
            Some((began, bytes)) if *bytes >= most && is_same_day(*began, now_ms) => Err(Code::DayFull),
            _ => Ok(()),
        }
    }

    /// Counts what arrived, whether or not it was good for anything.
    pub(crate) fn note(&mut self, device: DeviceNo, what: Sent, bytes: usize, now_ms: u64) {
        let (began, sum) = self.counts.entry((device, what)).or_insert((now_ms, 0));
        if !is_same_day(*began, now_ms) {
            (*began, *sum) = (now_ms, 0);
        }
        *sum = sum.saturating_add(bytes as u64);
    }
}

/// Either way: a clock that was ahead and is set right must not keep anybody out for a year.
fn is_same_day(began: u64, now_ms: u64) -> bool {
    began.abs_diff(now_ms) < DAY_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOK: DeviceNo = DeviceNo(7);

    #[test]
    fn a_device_has_a_day_and_another_device_its_own() {
        let mut daily = Daily::default();
        let full = |daily: &Daily, device, what, now_ms| daily.check(device, what, 100, now_ms).is_err();
        daily.note(NOK, Sent::Records, 99, DAY_MS);
        assert!(!full(&daily, NOK, Sent::Records, DAY_MS));
        daily.note(NOK, Sent::Records, 1, DAY_MS + 5);
        assert_eq!(daily.check(NOK, Sent::Records, 100, DAY_MS + 5), Err(Code::DayFull));
        assert!(!full(&daily, NOK, Sent::Photos, DAY_MS + 5), "photos are counted by themselves");
        assert!(!full(&daily, DeviceNo(8), Sent::Records, DAY_MS + 5));
        assert!(full(&daily, NOK, Sent::Records, 2 * DAY_MS - 1));
        assert!(!full(&daily, NOK, Sent::Records, 2 * DAY_MS), "a day later");
        daily.note(NOK, Sent::Records, 1, 2 * DAY_MS);
        assert!(!full(&daily, NOK, Sent::Records, 2 * DAY_MS), "the count began anew");
    }

    #[test]
    fn a_clock_that_was_ahead_keeps_nobody_out() {
        let mut daily = Daily::default();
        daily.note(NOK, Sent::Photos, 100, 1_000 * DAY_MS);
        assert_eq!(daily.check(NOK, Sent::Photos, 100, DAY_MS), Ok(()));
    }
}
