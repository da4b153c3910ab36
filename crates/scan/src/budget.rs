//! How much work a picture may cost, counted and not timed.
//!
//! There is no clock here (none in a browser's worker that is worth asking for every line, and none in a test), so the
//! work itself is counted: pixels, places, lines, each with what it was measured to take. The same picture therefore
//! always gets the same work and gives the same answer, on a slow phone and on a busy server. The caller's own word,
//! `go_on`, which usually is a look at a clock, comes on top.

/// Work, in nanoseconds of one core of the machine on which it was measured (a server of 2024).
pub(crate) type Work = u64;

/// A millisecond of it.
pub(crate) const MILLISECOND: Work = 1_000_000;

/// What is left to do for one picture.
pub(crate) struct Budget<'a> {
    left: Work,
    go_on: &'a mut dyn FnMut() -> bool,
}

impl<'a> Budget<'a> {
    pub(crate) fn new(most: Work, go_on: &'a mut dyn FnMut() -> bool) -> Self {
        Self { left: most, go_on }
    }

    /// Whether there is enough left for work of this size. What is not even begun costs nothing.
    pub(crate) fn affords(&self, work: Work) -> bool {
        self.left > work
    }

    /// Takes off what has been done or is about to be, and says whether to go on. Once the caller has said no, that is
    /// the answer for the rest of the picture.
    pub(crate) fn spend(&mut self, work: Work) -> bool {
        self.left = self.left.saturating_sub(work);
        if self.left > 0 && !(self.go_on)() {
            self.left = 0;
        }
        self.left > 0
    }

    /// Does something with a part of the budget, so that one step cannot use up all the others' share.
    pub(crate) fn within<T>(&mut self, most: Work, part: impl FnOnce(&mut Budget<'_>) -> T) -> T {
        let share = self.left.min(most);
        let mut stopped = false;
        let mut go_on = || {
            stopped = !(self.go_on)();
            !stopped
        };
        let mut budget = Budget { left: share, go_on: &mut go_on };
        let done = part(&mut budget);
        let rest = budget.left;
        self.left = if stopped { 0 } else { self.left - share + rest };
        done
    }
}

/// What so many pixels cost at so much each.
pub(crate) fn per_pixel(width: usize, height: usize, each: Work) -> Work {
    Work::try_from(width.saturating_mul(height)).unwrap_or(Work::MAX).saturating_mul(each)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spent_is_gone_and_a_part_takes_no_more_than_its_share() {
        let mut go_on = || true;
        let mut budget = Budget::new(100, &mut go_on);
        assert!(budget.affords(99) && !budget.affords(100));
        assert!(budget.spend(30));
        let spent = budget.within(20, |part| {
            assert!(part.affords(19) && !part.affords(20));
            (0..).take_while(|_| part.spend(5)).count()
        });
        assert_eq!(spent, 3);
        assert!(budget.affords(49) && !budget.affords(50));
        // What a part leaves over is there for the next.
        budget.within(20, |part| part.spend(5));
        assert!(budget.affords(44) && !budget.affords(45));
        assert!(!budget.spend(45) && !budget.affords(0));
    }

    #[test]
    fn once_the_caller_says_no_nothing_more_is_done() {
        let mut answers = [true, false, true, true].into_iter();
        let mut go_on = || answers.next().unwrap();
        let mut budget = Budget::new(100, &mut go_on);
        assert!(budget.spend(1));
        assert!(!budget.within(50, |part| part.spend(1)));
        assert!(!budget.spend(1) && !budget.affords(0));
    }
}
