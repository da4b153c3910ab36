//! From what was read to what is meant: agreement of frames, and the box that people aim with.

use std::collections::VecDeque;

use crate::Luma;
use crate::symbol::{Format, Point, Symbol};

/// How many frames a reading of a weak format is remembered for.
const FRAMES: usize = 4;

/// What a running camera has read lately. One for each time the camera is opened.
///
/// A code that checks itself counts at once. One that hardly does ([`Format::is_weak`]) counts when two frames of
/// the last four read the same: noise and the hand's shaking do not make the same mistake twice.
#[derive(Debug, Clone, Default)]
pub struct Agreement {
    frames: VecDeque<Vec<(Format, String)>>,
}

impl Agreement {
    /// Nothing seen yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes what one frame gave, and gives back what is sure by now. Call it for frames without a symbol too.
    pub fn see(&mut self, found: Vec<Symbol>) -> Vec<Symbol> {
        let weak = found.iter().filter(|symbol| symbol.format.is_weak());
        let seen = weak.map(|symbol| (symbol.format, symbol.text.clone())).collect();
        let is_sure = |symbol: &Symbol| {
            let read = |frame: &Vec<(Format, String)>| {
                frame.iter().any(|(format, text)| *format == symbol.format && *text == symbol.text)
            };
            !symbol.format.is_weak() || self.frames.iter().any(read)
        };
        let sure = found.into_iter().filter(is_sure).collect();
        self.frames.push_back(seen);
        if self.frames.len() >= FRAMES {
            self.frames.pop_front();
        }
        sure
    }
}

/// A part of the picture, in pixels from its upper left corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    /// Left edge.
    pub left: f32,
    /// Upper edge.
    pub top: f32,
    /// Right edge.
    pub right: f32,
    /// Lower edge.
    pub bottom: f32,
}

impl Area {
    /// A square in the middle of a picture; `share` (0 to 1) of the picture's shorter side is its side.
    pub fn middle_of(frame: &Luma<'_>, share: f32) -> Self {
        let (width, height) = (frame.width() as f32, frame.height() as f32);
        let half = width.min(height) * share / 2.0;
        Self {
            left: width / 2.0 - half,
            top: height / 2.0 - half,
            right: width / 2.0 + half,
            bottom: height / 2.0 + half,
        }
    }

    fn holds(&self, point: Point) -> bool {
        (self.left..=self.right).contains(&point.x) && (self.top..=self.bottom).contains(&point.y)
    }

    fn distance_to(&self, point: Point) -> f32 {
        (point.x - (self.left + self.right) / 2.0).hypot(point.y - (self.top + self.bottom) / 2.0)
    }
}

/// Which of the codes in a picture is meant.
#[derive(Debug, Clone, PartialEq)]
pub enum Aimed<'a> {
    /// There is no code.
    Nothing,
    /// This one: it is alone, or alone in the box.
    One(&'a Symbol),
    /// Cannot be told: show all, a person chooses. Those in the box come first, then by distance from its middle.
    Several(Vec<&'a Symbol>),
}

/// Decides which code is meant. Two copies of one text, as on a pole's label, are one code.
pub fn aimed<'a>(found: &'a [Symbol], aim: &Area) -> Aimed<'a> {
    let mut by_place: Vec<&Symbol> = found.iter().collect();
    let rank = |symbol: &Symbol| (!aim.holds(symbol.middle()), aim.distance_to(symbol.middle()));
    by_place.sort_by(|a, b| {
        let ((a_out, a_far), (b_out, b_far)) = (rank(a), rank(b));
        a_out.cmp(&b_out).then(a_far.total_cmp(&b_far))
    });
    let mut distinct: Vec<&Symbol> = Vec::new();
    for symbol in by_place {
        if distinct.iter().all(|known| known.text != symbol.text) {
            distinct.push(symbol);
        }
    }
    match distinct.as_slice() {
        [] => Aimed::Nothing,
        [one] => Aimed::One(one),
        [first, second, ..] if aim.holds(first.middle()) && !aim.holds(second.middle()) => Aimed::One(first),
        _ => Aimed::Several(distinct),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Step;

    fn symbol(text: &str, format: Format, (x, y): (f32, f32)) -> Symbol {
        Symbol { text: text.into(), format, corners: [Point { x, y }; 4], found_by: Step::Camera }
    }

    #[test]
    fn a_weak_code_needs_a_second_frame_and_not_too_late() {
        let mut agreement = Agreement::new();
        let qr = || symbol("Q", Format::Qr, (0.0, 0.0));
        let itf = |text| symbol(text, Format::Itf, (0.0, 0.0));
        assert_eq!(agreement.see(vec![qr(), itf("123456")]), [qr()]);
        assert_eq!(agreement.see(vec![itf("123457")]), []);
        assert_eq!(agreement.see(vec![]), []);
        assert_eq!(agreement.see(vec![itf("123456")]), [itf("123456")]);
        for _ in 0..3 {
            assert_eq!(agreement.see(vec![]), []);
        }
        assert_eq!(agreement.see(vec![itf("123456")]), [], "forgotten by now");
        // The same digits as another kind of code are another code.
        assert_eq!(agreement.see(vec![symbol("123456", Format::Code39, (0.0, 0.0))]), []);
    }

    #[test]
    fn the_box_decides_ties_and_two_copies_are_one() {
        let aim = Area { left: 40.0, top: 40.0, right: 60.0, bottom: 60.0 };
        let at = |text, place| symbol(text, Format::Qr, place);
        assert_eq!(aimed(&[], &aim), Aimed::Nothing);
        let alone = [at("A", (5.0, 5.0))];
        assert_eq!(aimed(&alone, &aim), Aimed::One(&alone[0]));
        let copies = [at("A", (5.0, 5.0)), at("A", (50.0, 50.0))];
        assert_eq!(aimed(&copies, &aim), Aimed::One(&copies[1]));
        let in_and_out = [at("A", (5.0, 5.0)), at("B", (45.0, 58.0))];
        assert_eq!(aimed(&in_and_out, &aim), Aimed::One(&in_and_out[1]));
        let both_in = [at("A", (42.0, 50.0)), at("B", (51.0, 50.0)), at("C", (0.0, 0.0))];
        assert_eq!(aimed(&both_in, &aim), Aimed::Several(vec![&both_in[1], &both_in[0], &both_in[2]]));
        let both_out = [at("A", (5.0, 50.0)), at("B", (70.0, 50.0))];
        assert_eq!(aimed(&both_out, &aim), Aimed::Several(vec![&both_out[1], &both_out[0]]));
    }
}
