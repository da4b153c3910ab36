//! From what is read in frames to the one text a person meant.
//!
//! A wrong text is worse than none: it bills the wrong house. So where our reader and the browser's differ about one spot
//! neither is believed, and the spot stays in doubt for a while; weak codes want two frames; and what lies outside of the
//! aim box waits for a second frame as well, because its neighbour may be the one that is meant. What remains is decided
//! by the aim box, and if that decides nothing, by the person.

use scan::{Agreement, Aimed, Area, Format, Step, Symbol, aimed};

/// Frames for which a code that was read counts as still in the picture, and a spot as in doubt.
const BESIDE: u32 = 6;
/// Fewest frames in which a code is seen that lies outside of the aim box or on a spot in doubt, or that only the browser
/// read in bars.
const TWICE: u32 = 2;

/// What is to be done after a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing yet.
    Nothing,
    /// This is the text.
    One(String),
    /// The person chooses, or confirms the only one.
    Choose(Vec<String>),
}

/// A code that was read lately.
#[derive(Debug)]
struct Sighting {
    symbol: Symbol,
    frames: u32,
    last: u32,
}

/// A spot about which the two readers differed lately.
#[derive(Debug)]
struct Doubt {
    spot: Symbol,
    last: u32,
}

/// One opening of the camera.
#[derive(Debug, Default)]
pub struct Session {
    agreement: Agreement,
    frame: u32,
    sightings: Vec<Sighting>,
    doubts: Vec<Doubt>,
}

impl Session {
    /// Takes what our reader and the browser's found in one frame. Call it for frames without a symbol too.
    pub fn look(&mut self, ours: Vec<Symbol>, theirs: Vec<Symbol>, aim: &Area) -> Verdict {
        self.frame = self.frame.wrapping_add(1);
        let frame = self.frame;
        self.sightings.retain(|seen| frame.wrapping_sub(seen.last) <= BESIDE);
        self.doubts.retain(|doubt| frame.wrapping_sub(doubt.last) <= BESIDE);
        let (found, at_odds) = joined(ours, theirs);
        for spot in at_odds {
            // What was seen there before counts for nothing.
            self.sightings.retain(|seen| !overlap(&seen.symbol, &spot));
            self.doubts.retain(|doubt| !overlap(&doubt.spot, &spot));
            self.doubts.push(Doubt { spot, last: frame });
        }
        for symbol in self.agreement.see(found) {
            match self.sightings.iter_mut().find(|seen| seen.symbol.text == symbol.text) {
                // Two copies of a code in one frame are one; the one in the aim box speaks for both.
                Some(seen) if seen.last == frame && aim_holds(aim, &seen.symbol) => {}
                Some(seen) => {
                    seen.frames += u32::from(seen.last != frame);
                    (seen.symbol, seen.last) = (symbol, frame);
                }
                None => self.sightings.push(Sighting { symbol, frames: 1, last: frame }),
            }
        }
        let there: Vec<Symbol> = self.sightings.iter().map(|seen| seen.symbol.clone()).collect();
        let is_sure = |symbol: &Symbol| {
            let frames = self.sightings.iter().find(|seen| seen.symbol.text == symbol.text);
            frames.is_some_and(|seen| seen.frames >= TWICE)
                || aim_holds(aim, symbol)
                    && !is_of_browser_only(symbol)
                    && !self.doubts.iter().any(|doubt| overlap(&doubt.spot, symbol))
        };
        let verdict = match aimed(&there, aim) {
            Aimed::One(one) if is_sure(one) => Verdict::One(one.text.clone()),
            Aimed::Several(all) if all.iter().any(|one| is_sure(one)) => {
                Verdict::Choose(all.iter().map(|one| one.text.clone()).collect())
            }
            _ => Verdict::Nothing,
        };
        if verdict != Verdict::Nothing {
            *self = Session::default();
        }
        verdict
    }
}

/// What is done with the codes of a picture that somebody chose. There is no second frame and nothing was aimed at, so
/// several are shown, and a weak one is shown to be confirmed.
pub fn of_picture(ours: Vec<Symbol>, theirs: Vec<Symbol>) -> Verdict {
    let (mut found, _) = joined(ours, theirs);
    found.sort_by(|a, b| a.text.cmp(&b.text));
    found.dedup_by(|a, b| a.text == b.text);
    match found.as_slice() {
        [] => Verdict::Nothing,
        [only] if !only.format.is_weak() => Verdict::One(only.text.clone()),
        _ => Verdict::Choose(found.into_iter().map(|symbol| symbol.text).collect()),
    }
}

/// Joins what both read in one frame; apart from that the spots about which they differ.
fn joined(mut ours: Vec<Symbol>, theirs: Vec<Symbol>) -> (Vec<Symbol>, Vec<Symbol>) {
    let mut at_odds = Vec::new();
    for other in theirs {
        match ours.iter().position(|own| overlap(own, &other)) {
            Some(at) if ours.get(at).is_some_and(|own| own.text != other.text) => {
                at_odds.push(ours.remove(at));
            }
            Some(_) => {}
            None if at_odds.iter().any(|spot| overlap(spot, &other)) => {}
            None => ours.push(other),
        }
    }
    (ours, at_odds)
}

/// Bars that only the browser's reader saw. How hard it checked them nobody knows.
fn is_of_browser_only(symbol: &Symbol) -> bool {
    let is_square = matches!(symbol.format, Format::Qr | Format::MicroQr | Format::DataMatrix);
    symbol.found_by == Step::Browser && !is_square
}

/// Says whether both lie on the same spot: the middle of one within the other's bounds. Ours gives of bars a band of
/// their height, so its bounds are taken wider by as much as it is long, at most.
fn overlap(a: &Symbol, b: &Symbol) -> bool {
    within(a, b) || within(b, a)
}

fn within(of: &Symbol, bounds: &Symbol) -> bool {
    let middle = of.middle();
    let range = |coordinates: [f32; 4]| {
        let least = coordinates.into_iter().fold(f32::INFINITY, f32::min);
        (least, coordinates.into_iter().fold(f32::NEG_INFINITY, f32::max))
    };
    let (left, right) = range(bounds.corners.map(|corner| corner.x));
    let (top, bottom) = range(bounds.corners.map(|corner| corner.y));
    // A band is thin one way: there it is widened to a fifth of its length.
    let wider = |length: f32, other: f32| ((other / 5.0 - length) / 2.0).max(0.0);
    let (dx, dy) = (wider(right - left, bottom - top), wider(bottom - top, right - left));
    (left - dx..=right + dx).contains(&middle.x) && (top - dy..=bottom + dy).contains(&middle.y)
}

fn aim_holds(aim: &Area, symbol: &Symbol) -> bool {
    let middle = symbol.middle();
    (aim.left..=aim.right).contains(&middle.x) && (aim.top..=aim.bottom).contains(&middle.y)
}

#[cfg(test)]
mod tests {
    use super::*;
    use scan::{Format, Point, Step};

    const AIM: Area = Area { left: 30.0, top: 20.0, right: 70.0, bottom: 80.0 };

    fn at(text: &str, format: Format, (x, y): (f32, f32)) -> Symbol {
        let corner = |dx: f32, dy: f32| Point { x: x + dx, y: y + dy };
        let corners = [corner(-9.0, -9.0), corner(9.0, -9.0), corner(9.0, 9.0), corner(-9.0, 9.0)];
        Symbol { text: text.into(), format, corners, found_by: Step::Camera }
    }

    fn qr(text: &str, place: (f32, f32)) -> Symbol {
        at(text, Format::Qr, place)
    }

    fn look(session: &mut Session, found: Vec<Symbol>) -> Verdict {
        session.look(found, Vec::new(), &AIM)
    }

    #[test]
    fn a_qr_code_in_the_aim_box_is_taken_at_once_and_one_outside_the_second_time() {
        let mut session = Session::default();
        assert_eq!(look(&mut session, vec![qr("A", (50.0, 50.0))]), Verdict::One("A".into()));
        assert_eq!(look(&mut session, vec![qr("A", (10.0, 50.0))]), Verdict::Nothing);
        assert_eq!(look(&mut session, vec![]), Verdict::Nothing);
        assert_eq!(look(&mut session, vec![qr("A", (10.0, 50.0))]), Verdict::One("A".into()));
    }

    #[test]
    fn weak_bars_want_two_frames_even_in_the_aim_box() {
        let mut session = Session::default();
        let itf = |text| vec![at(text, Format::Itf, (50.0, 50.0))];
        assert_eq!(look(&mut session, itf("1234")), Verdict::Nothing);
        assert_eq!(look(&mut session, itf("1284")), Verdict::Nothing);
        assert_eq!(look(&mut session, itf("1234")), Verdict::One("1234".into()));
    }

    #[test]
    fn two_codes_side_by_side_are_both_shown_although_each_frame_shows_one() {
        let both = || vec![qr("A", (10.0, 50.0)), qr("B", (90.0, 50.0))];
        let mut session = Session::default();
        assert_eq!(look(&mut session, both()), Verdict::Nothing);
        assert_eq!(look(&mut session, both()), Verdict::Choose(vec!["A".into(), "B".into()]));
        assert_eq!(look(&mut session, vec![qr("A", (10.0, 50.0))]), Verdict::Nothing);
        assert_eq!(look(&mut session, vec![qr("B", (90.0, 50.0))]), Verdict::Nothing);
        assert!(
            matches!(look(&mut session, vec![qr("A", (10.0, 50.0))]), Verdict::Choose(two) if two.len() == 2)
        );
    }

    #[test]
    fn the_aim_box_decides_between_two() {
        let mut session = Session::default();
        let both = vec![qr("A", (10.0, 50.0)), qr("B", (50.0, 50.0))];
        assert_eq!(look(&mut session, both), Verdict::One("B".into()));
        let both = vec![qr("A", (40.0, 50.0)), qr("B", (60.0, 50.0))];
        assert!(matches!(look(&mut session, both), Verdict::Choose(_)));
        // Two copies of one label are one.
        let copies = vec![qr("A", (10.0, 50.0)), qr("A", (50.0, 50.0))];
        assert_eq!(look(&mut session, copies), Verdict::One("A".into()));
    }

    #[test]
    fn readers_that_differ_about_one_spot_are_not_believed() {
        let ours = at("1234", Format::Code128, (50.0, 50.0));
        let theirs = at("1284", Format::Code128, (54.0, 50.0));
        let both = |theirs: &Symbol| joined(vec![ours.clone()], vec![theirs.clone()]);
        assert_eq!(both(&theirs), (vec![], vec![ours.clone()]));
        assert_eq!(both(&ours), (vec![ours.clone()], vec![]));
        let elsewhere = qr("Q", (10.0, 10.0));
        assert_eq!(both(&elsewhere), (vec![ours.clone(), elsewhere.clone()], vec![]));
        let mut session = Session::default();
        for _ in 0..9 {
            assert_eq!(session.look(vec![ours.clone()], vec![theirs.clone()], &AIM), Verdict::Nothing);
        }
        // A frame in which ours saw nothing is no agreement; nor is what was seen before the quarrel.
        assert_eq!(session.look(vec![], vec![theirs.clone()], &AIM), Verdict::Nothing);
        assert_eq!(session.look(vec![ours.clone()], vec![theirs.clone()], &AIM), Verdict::Nothing);
        assert_eq!(session.look(vec![ours.clone()], vec![], &AIM), Verdict::Nothing);
        assert_eq!(session.look(vec![ours.clone()], vec![], &AIM), Verdict::One("1234".into()));
        // Elsewhere in the picture nothing is in doubt.
        assert_eq!(session.look(vec![ours.clone()], vec![theirs], &AIM), Verdict::Nothing);
        let beside = at("77", Format::Code128, (50.0, 75.0));
        assert_eq!(session.look(vec![beside], vec![], &AIM), Verdict::One("77".into()));
    }

    #[test]
    fn bars_that_only_the_browser_sees_are_seen_twice_even_in_the_aim_box() {
        let of_browser = |format| Symbol { found_by: Step::Browser, ..at("1284", format, (50.0, 50.0)) };
        let mut session = Session::default();
        let mut look = |symbol| session.look(vec![], vec![symbol], &AIM);
        assert_eq!(look(of_browser(Format::Code128)), Verdict::Nothing);
        assert_eq!(look(of_browser(Format::Code128)), Verdict::One("1284".into()));
        assert_eq!(look(of_browser(Format::Qr)), Verdict::One("1284".into()));
    }

    #[test]
    fn a_band_of_bars_lies_on_the_whole_code() {
        let mut band = at("1", Format::Code128, (50.0, 50.0));
        let point = |x, y| Point { x, y };
        band.corners = [point(20.0, 49.0), point(80.0, 49.0), point(80.0, 51.0), point(20.0, 51.0)];
        let whole = at("2", Format::Code128, (50.0, 54.0));
        assert!(overlap(&band, &whole) && overlap(&whole, &band));
        assert!(!overlap(&band, &qr("3", (50.0, 80.0))));
    }

    #[test]
    fn of_a_picture_a_weak_code_is_confirmed_and_several_are_shown() {
        let place = (50.0, 50.0);
        assert_eq!(of_picture(vec![], vec![]), Verdict::Nothing);
        assert_eq!(of_picture(vec![qr("A", place)], vec![]), Verdict::One("A".into()));
        assert_eq!(
            of_picture(vec![at("12", Format::Itf, place)], vec![]),
            Verdict::Choose(vec!["12".into()])
        );
        let two = vec![qr("B", (9.0, 9.0)), qr("A", (90.0, 9.0)), qr("A", (50.0, 9.0))];
        assert_eq!(of_picture(two, vec![]), Verdict::Choose(vec!["A".into(), "B".into()]));
    }
}
