//! When to exchange with the server by oneself: soon after a save, every few minutes, ever more seldom while it fails.

/// A second save soon after the first goes along.
const AFTER_SAVE_MS: u64 = 2_000;
/// How old what is shown may grow while the network works.
const IDLE_MS: u64 = 5 * 60_000;
/// The first pause after a failure; it doubles.
const FIRST_PAUSE_MS: u64 = 15_000;
/// The longest pause.
const LONGEST_PAUSE_MS: u64 = 15 * 60_000;

/// The next moment to try.
#[derive(Debug)]
pub(crate) struct Pace {
    due: Option<u64>,
    failures: u32,
    random: u64,
}

impl Pace {
    pub(crate) fn new(seed: u64) -> Pace {
        Pace { due: None, failures: 0, random: seed | 1 }
    }

    /// Something waits to be sent. While the network fails, saves do not make it be tried more often.
    pub(crate) fn saved(&mut self, now: u64) {
        if self.failures == 0 && self.due.is_some() {
            self.due = self.due.map(|due| due.min(now + AFTER_SAVE_MS));
        }
    }

    pub(crate) fn online(&mut self, now: u64) {
        self.failures = 0;
        self.due = Some(now);
    }

    pub(crate) fn stop(&mut self) {
        self.due = None;
    }

    pub(crate) fn succeeded(&mut self, now: u64, waits: bool) {
        self.failures = 0;
        let pause = if waits { AFTER_SAVE_MS } else { IDLE_MS };
        self.due = Some(now + self.scattered(pause));
    }

    pub(crate) fn failed(&mut self, now: u64) {
        let pause =
            FIRST_PAUSE_MS.checked_shl(self.failures.min(16)).unwrap_or(u64::MAX).min(LONGEST_PAUSE_MS);
        self.failures += 1;
        self.due = Some(now + self.scattered(pause));
    }

    pub(crate) fn is_due(&self, now: u64) -> bool {
        // A moment further off than any pause was reckoned with a clock that has been set back since.
        self.due.is_some_and(|due| due <= now || due > now + LONGEST_PAUSE_MS)
    }

    /// Milliseconds until the next try; `None` if there is none before something happens.
    pub(crate) fn wait(&self, now: u64) -> Option<u64> {
        self.due.map(|due| due.saturating_sub(now).min(LONGEST_PAUSE_MS))
    }

    /// Between three quarters of a pause and all of it: twenty phones that lost one mast do not come back as one.
    fn scattered(&mut self, pause: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        pause - self.random % (pause / 4).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_quarter_of_an_hour_and_never_exceed_it() {
        let mut pace = Pace::new(7);
        pace.online(0);
        let pauses: Vec<u64> = (0..12)
            .map(|_| {
                pace.failed(1_000);
                pace.wait(1_000).unwrap()
            })
            .collect();
        for (at, pause) in pauses.iter().enumerate() {
            let whole = (FIRST_PAUSE_MS << at.min(16)).min(LONGEST_PAUSE_MS);
            assert!(*pause <= whole && *pause > whole * 3 / 4 - 1, "{at}: {pause} of {whole}");
        }
        assert!(pauses[11] > LONGEST_PAUSE_MS / 2);
    }

    #[test]
    fn a_save_hurries_a_working_network_only() {
        let mut pace = Pace::new(7);
        pace.online(0);
        pace.succeeded(0, false);
        pace.saved(1_000);
        assert_eq!(pace.wait(1_000), Some(AFTER_SAVE_MS));
        pace.failed(5_000);
        let before = pace.wait(6_000);
        pace.saved(6_000);
        assert_eq!(pace.wait(6_000), before);
        pace.online(6_000);
        assert!(pace.is_due(6_000));
    }

    #[test]
    fn before_enrolment_nothing_is_due_whatever_is_saved() {
        let mut pace = Pace::new(7);
        pace.saved(1_000);
        assert_eq!(pace.wait(1_000), None);
        assert!(!pace.is_due(u64::MAX));
    }

    #[test]
    fn a_clock_set_back_does_not_silence_it() {
        let mut pace = Pace::new(7);
        pace.online(0);
        pace.failed(9_000_000_000_000);
        assert!(pace.is_due(1_795_000_000_000));
    }
}
