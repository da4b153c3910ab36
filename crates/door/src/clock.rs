//! The time a door tells its store: the wall clock, except that setting it back has no effect while the app runs.

use store::Now;

/// Remembers when the app started, by both clocks.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    wall_ms: u64,
    ticks_ms: u64,
}

impl Clock {
    /// Starts. `ticks_ms` comes from a clock that nobody can set, with any zero.
    pub fn start(wall_ms: u64, ticks_ms: u64) -> Clock {
        Clock { wall_ms, ticks_ms }
    }

    /// What time it is.
    ///
    /// The ticks stand still while a phone sleeps, so a wall clock that is ahead of them is believed: it has slept far
    /// more often than it was set forward. One that is behind was set back, and the ticks go on.
    pub fn read(&self, wall_ms: u64, ticks_ms: u64, offset_minutes: i32) -> Now {
        let counted = self.wall_ms + ticks_ms.saturating_sub(self.ticks_ms);
        Now { ms: counted.max(wall_ms), wall_ms, offset_minutes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn setting_the_clock_back_does_not_turn_time_back() {
        let clock = Clock::start(1_000_000, 50);
        assert_eq!(clock.read(400_000, 10_050, 420).ms, 1_010_000);
        assert_eq!(clock.read(400_000, 10_050, 420).wall_ms, 400_000);
    }

    #[test]
    fn a_night_asleep_is_not_lost() {
        let clock = Clock::start(1_000_000, 50);
        assert_eq!(clock.read(30_000_000, 60, 420).ms, 30_000_000);
    }

    #[test]
    fn a_clock_that_was_ahead_for_a_while_leaves_nothing_behind() {
        let clock = Clock::start(1_000_000, 0);
        assert_eq!(clock.read(900_000_000, 1_000, 420).ms, 900_000_000);
        assert_eq!(clock.read(1_002_000, 2_000, 420).ms, 1_002_000);
    }
}
