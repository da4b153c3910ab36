//! What climbing the ladder of steps has found so far, and which rung is still worth it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::budget::{Budget, Work};
use crate::symbol::{Format, Found, Point, Step, Symbol, middle_of};

/// Runs one rung; a panic in it counts as nothing found.
pub(crate) fn guarded<T>(rung: impl FnOnce() -> Option<T>) -> Option<T> {
    // Asserting is right: a rung that panicked leaves only its own copies behind, and they are dropped.
    catch_unwind(AssertUnwindSafe(rung)).ok().flatten()
}

/// What has been found, and how much may still be done.
pub(crate) struct Ladder<'a> {
    pub(crate) found: Vec<Symbol>,
    pub(crate) budget: Budget<'a>,
}

/// Where a rung looks: its step, how many pixels of the caller's picture one of its own is wide, and what it costs at
/// least. A rung that costs more than is left is not begun, and cheaper ones behind it have their turn.
#[derive(Clone, Copy)]
pub(crate) struct Rung {
    pub(crate) step: Step,
    pub(crate) scale: f32,
    pub(crate) cost: Work,
}

impl Ladder<'_> {
    /// Runs a rung.
    pub(crate) fn rung(&mut self, rung: Rung, run: impl FnOnce(&mut Budget<'_>) -> Option<Vec<Found>>) {
        if !self.budget.affords(rung.cost) || !self.budget.spend(rung.cost) {
            return;
        }
        for found in guarded(|| run(&mut self.budget)).unwrap_or_default() {
            self.add(found, rung);
        }
    }

    /// Runs a rung if nothing has been found so far.
    pub(crate) fn if_needed(&mut self, rung: Rung, run: impl FnOnce(&mut Budget<'_>) -> Option<Vec<Found>>) {
        if self.found.is_empty() {
            self.rung(rung, run);
        }
    }

    /// Runs a rung if nothing has been found so far, or so much that there may be more: three codes are a sheet or a
    /// shelf, of which one rung seldom reads all.
    pub(crate) fn if_more(&mut self, rung: Rung, run: impl FnOnce(&mut Budget<'_>) -> Option<Vec<Found>>) {
        if self.wants_more() {
            self.rung(rung, run);
        }
    }

    /// Makes a copy of the picture for later rungs, if some will want it and there is time; it costs so much.
    pub(crate) fn prepared<T>(
        &mut self,
        cost: Work,
        is_wanted: bool,
        make: impl FnOnce() -> Option<T>,
    ) -> Option<T> {
        if !is_wanted || !self.budget.affords(cost) || !self.budget.spend(cost) {
            return None;
        }
        guarded(make)
    }

    pub(crate) fn needs_any(&self) -> bool {
        self.found.is_empty()
    }

    pub(crate) fn wants_more(&self) -> bool {
        self.found.is_empty() || self.found.len() >= 3
    }

    /// Keeps a symbol unless it is one already found. Bars seen within a QR code are its modules, not a bar code.
    fn add(&mut self, found: Found, rung: Rung) {
        let Found { text, format, corners } = found;
        let corners = corners.map(|corner| Point { x: corner.x * rung.scale, y: corner.y * rung.scale });
        let middle = middle_of(&corners);
        let is_known = self.found.iter().any(|known| {
            let is_part = known.format == Format::Qr && format != Format::Qr;
            let is_same = known.format == format && known.text == text;
            (is_part || is_same) && box_holds(&known.corners, middle)
        });
        if !is_known {
            self.found.push(Symbol { text, format, corners, found_by: rung.step });
        }
    }
}

fn box_holds(corners: &[Point; 4], point: Point) -> bool {
    let spans = |along: fn(&Point) -> f32| {
        let least = corners.iter().map(along).fold(f32::INFINITY, f32::min);
        let most = corners.iter().map(along).fold(f32::NEG_INFINITY, f32::max);
        (least..=most).contains(&along(&point))
    };
    spans(|p| p.x) && spans(|p| p.y)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, format: Format, corners: [Point; 4]) -> Found {
        Found { text: text.into(), format, corners }
    }

    fn at(step: Step, scale: f32, cost: Work) -> Rung {
        Rung { step, scale, cost }
    }

    #[test]
    fn a_panic_costs_the_rung_and_not_the_rest() {
        let mut go_on = || true;
        let mut ladder = Ladder { found: Vec::new(), budget: Budget::new(10, &mut go_on) };
        ladder.rung(at(Step::Camera, 1.0, 1), |_| panic!("a detector fails"));
        let corners = [Point::default(); 4];
        ladder.rung(at(Step::HalfSize, 1.0, 1), |_| Some(vec![found("M1", Format::Qr, corners)]));
        assert_eq!(ladder.found.len(), 1);
    }

    #[test]
    fn without_time_no_rung_is_run() {
        let mut go_on = || false;
        let mut ladder = Ladder { found: Vec::new(), budget: Budget::new(10, &mut go_on) };
        ladder.rung(at(Step::Camera, 1.0, 0), |_| unreachable!("there is no time"));
        assert!(ladder.found.is_empty());
    }

    #[test]
    fn what_costs_more_than_is_left_is_not_begun_and_what_costs_less_is() {
        let mut go_on = || true;
        let mut ladder = Ladder { found: Vec::new(), budget: Budget::new(10, &mut go_on) };
        ladder.rung(at(Step::Camera, 1.0, 4), |_| None);
        ladder.rung(at(Step::OneCorner, 1.0, 7), |_| unreachable!("it costs too much"));
        assert!(ladder.prepared(7, true, || Some(1)).is_none());
        let corners = [Point::default(); 4];
        ladder.rung(at(Step::Lines, 1.0, 2), |_| Some(vec![found("M1", Format::Qr, corners)]));
        assert_eq!(ladder.found.len(), 1);
        assert_eq!(ladder.prepared(2, true, || Some(1)), Some(1));
    }

    #[test]
    fn a_bar_code_within_a_qr_code_is_its_modules() {
        let square = |x: f32, y: f32, side: f32| {
            let at = |dx, dy| Point { x: x + dx * side, y: y + dy * side };
            [at(0.0, 0.0), at(1.0, 0.0), at(1.0, 1.0), at(0.0, 1.0)]
        };
        let mut go_on = || true;
        let mut ladder = Ladder { found: Vec::new(), budget: Budget::new(10, &mut go_on) };
        ladder.add(found("Q", Format::Qr, square(10.0, 10.0, 50.0)), at(Step::Camera, 2.0, 0));
        ladder.add(found("12345670", Format::Ean8, square(30.0, 30.0, 10.0)), at(Step::Lines, 2.0, 0));
        ladder.add(found("M-77", Format::Code128, square(80.0, 30.0, 10.0)), at(Step::Lines, 2.0, 0));
        ladder.add(found("Q", Format::Qr, square(80.0, 80.0, 50.0)), at(Step::Camera, 2.0, 0));
        let texts: Vec<_> = ladder.found.iter().map(|symbol| symbol.text.as_str()).collect();
        assert_eq!(texts, ["Q", "M-77", "Q"]);
        assert_eq!(ladder.found[0].corners[2], Point { x: 120.0, y: 120.0 });
    }
}
