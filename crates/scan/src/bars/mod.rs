//! Bar codes: many lines across the picture, each read by itself, and a count of what they agree on.
//!
//! One line that reads is a rumour. Dirt, text and the modules of a QR code draw bars too, and half of the
//! symbologies have no check worth the name. A text counts when as many lines as its symbology needs read the
//! same, and clearly more than read something else in the same place. A first reading is therefore followed
//! up with lines close beside it, which a real code always survives.

mod code128;
mod code39;
mod direction;
mod ean;
mod itf;
mod runs;

pub(crate) use direction::Directions;
pub(crate) use ean::thirteen;
use runs::{First, Line, Look, Runs, runs_along};

use crate::budget::{Budget, Work};
use crate::luma::Luma;
use crate::symbol::{Format, Found, Point};

/// One reading on one line; `end` is the number of the stretch after its last bar.
struct Hit {
    format: Format,
    text: String,
    votes_needed: usize,
    end: usize,
}

/// How many neighbours on either side a line is averaged with: few, or, against noise, many.
const THIN: u8 = 1;
const THICK: u8 = 4;

/// What a camera frame has time for.
pub(crate) const QUICK: [Look; 1] = [Look { share: 0.15, first: First::Nothing }];
/// What a photograph gets: plain and blurred bars, and behind the averaging of thick lines, pale ones.
pub(crate) const THOROUGH: [Look; 2] =
    [Look { share: 0.15, first: First::Nothing }, Look { share: 0.1, first: First::Sharpen(2.0) }];
const FAINT: [Look; 2] =
    [Look { share: 0.08, first: First::Nothing }, Look { share: 0.1, first: First::Sharpen(2.0) }];
/// For bars out of focus, one and two pixels wide; only thick lines are calm enough for it.
const DEEP: [Look; 2] =
    [Look { share: 0.1, first: First::Unblur(1.4) }, Look { share: 0.1, first: First::Unblur(2.2) }];

/// Lines along the rows and the columns, `count` each way.
pub(crate) fn along_axes(
    picture: &Luma<'_>,
    count: usize,
    looks: &[Look],
    budget: &mut Budget<'_>,
) -> Option<Vec<Found>> {
    let mut poll = Poll::new(picture, THIN, looks);
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    for i in middle_first(count) {
        let part = (i as f32 + 0.5) / count as f32;
        let row = Line { x: 0.0, y: (height * part).floor(), dx: 1.0, dy: 0.0, count: picture.width() };
        let column = Line { x: (width * part).floor(), y: 0.0, dx: 0.0, dy: 1.0, count: picture.height() };
        poll.ask(row);
        poll.ask(column);
        if !budget.spend(poll.take_work()) {
            break;
        }
    }
    Some(poll.elected())
}

/// Lines slanting across whatever bars there are, as many as a camera's frame has time for. `small` is a copy of the
/// picture, `scale` pixels of the picture wide a pixel, from which the directions are taken. Bars within ten degrees of
/// upright or level are left to [`along_axes`].
pub(crate) fn across_slanting(
    picture: &Luma<'_>,
    small: &Luma<'_>,
    scale: f32,
    budget: &mut Budget<'_>,
) -> Option<Vec<Found>> {
    const AXIS: f32 = 0.985;
    let directions = Directions::of(small);
    let mut poll = Poll::new(picture, THIN, &QUICK);
    for (dx, dy) in directions.dominant(2) {
        if dx.abs() > AXIS || dy.abs() > AXIS {
            continue;
        }
        let lines = parallels(small, dx, dy, (small.longest_side() as f32 / 80.0).max(3.0));
        for line in lines.into_iter().filter(|line| directions.cross(line)).take(40) {
            let count = (line.count as f32 * scale) as usize;
            poll.ask(Line { x: line.x * scale, y: line.y * scale, count, ..line });
            if !budget.spend(poll.take_work()) {
                return Some(poll.elected());
            }
        }
        if poll.is_settled() {
            break;
        }
    }
    Some(poll.elected())
}

/// The twelve angles in steps of fifteen degrees; upright and level codes are the most common by far.
const ANGLES: [u8; 12] = [0, 6, 1, 11, 5, 7, 2, 10, 4, 8, 3, 9];

/// One way of going over a picture: the directions, how far apart the lines are, how thick, and what is done to them.
struct Pass<'a> {
    ways: &'a [(f32, f32)],
    spacing: f32,
    reach: u8,
    looks: &'a [Look],
    caution: usize,
}

/// Which of the ways of going over a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passes {
    /// Lines straight across whatever bars there are, close together.
    First,
    /// What is pale, what is out of focus, and lines at twelve angles, which takes five times as long.
    Rest,
}

/// Lines across whatever bars there are. `directions` are those of the same picture.
pub(crate) fn at_angles(
    picture: &Luma<'_>,
    directions: &Directions,
    which: Passes,
    budget: &mut Budget<'_>,
) -> Option<Vec<Found>> {
    let across = directions.dominant(3);
    let anyhow: Vec<(f32, f32)> = ANGLES
        .iter()
        .map(|step| {
            let (dy, dx) = (f32::from(*step) * std::f32::consts::PI / 12.0).sin_cos();
            if *step == 6 { (0.0, 1.0) } else { (dx, dy) }
        })
        .collect();
    let side = picture.longest_side() as f32;
    let (close, apart) = ((side / 180.0).max(3.0), (side / 64.0).max(4.0));
    let pass = |ways, spacing, reach, looks| Pass { ways, spacing, reach, looks, caution: 0 };
    let passes = [
        pass(&across, close, THIN, &THOROUGH),
        pass(&across, close, THICK, &FAINT),
        Pass { caution: 1, ..pass(&across, 2.0 * close, THICK, &DEEP) },
        pass(&anyhow, apart, THIN, &THOROUGH),
    ];
    let (first, count) = if which == Passes::First { (0, 1) } else { (1, passes.len()) };
    for Pass { ways, spacing, reach, looks, caution } in passes.into_iter().take(count).skip(first) {
        let mut poll = Poll { caution, ..Poll::new(picture, reach, looks) };
        for (dx, dy) in ways {
            for line in
                parallels(picture, *dx, *dy, spacing).into_iter().filter(|line| directions.cross(line))
            {
                poll.ask(line);
                if !budget.spend(poll.take_work()) {
                    return Some(poll.elected());
                }
            }
            if poll.is_settled() {
                return Some(poll.elected());
            }
        }
    }
    Some(Vec::new())
}

/// 0 to `count - 1`, the middle of the picture first: that is where people aim.
fn middle_first(count: usize) -> impl Iterator<Item = usize> {
    let middle = count / 2;
    (0..count)
        .map(move |i| if i % 2 == 0 { middle + i / 2 } else { middle - i.div_ceil(2) })
        .filter(move |i| *i < count)
}

/// Lines in one direction across the whole picture, so many pixels apart, cut to what lies within.
fn parallels(picture: &Luma<'_>, dx: f32, dy: f32, spacing: f32) -> Vec<Line> {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let reach = width.hypot(height) / 2.0;
    let lines = (reach / spacing) as i32;
    (-lines..=lines)
        .filter_map(|i| {
            let aside = i as f32 * spacing;
            let (x, y) = (width / 2.0 - dy * aside, height / 2.0 + dx * aside);
            // How far one may go from (x, y) before leaving the picture: the tighter of both axes.
            let axis = |at: f32, step: f32, size: f32| match step.abs() < 1e-6 {
                true if (0.0..size - 1.0).contains(&at) => (f32::NEG_INFINITY, f32::INFINITY),
                true => (0.0, 0.0),
                false => {
                    let (a, b) = (-at / step, (size - 1.0 - at) / step);
                    (a.min(b), a.max(b))
                }
            };
            let (from_x, to_x) = axis(x, dx, width);
            let (from_y, to_y) = axis(y, dy, height);
            let (from, to) = (from_x.max(from_y), to_x.min(to_y));
            // Shorter than the shortest code at two pixels a module.
            (to - from > 80.0).then_some(Line {
                x: x + dx * from,
                y: y + dy * from,
                dx,
                dy,
                count: (to - from) as usize,
            })
        })
        .collect()
}

/// Where lines beside a first reading are looked at, in thicknesses of a line, so that no two share pixels.
const BESIDE: [f32; 12] = [1.0, -1.0, 2.0, -2.0, 3.0, -3.0, 4.0, -4.0, 6.0, -6.0, 9.0, -9.0];

/// The readings of all lines asked so far.
struct Poll<'a> {
    picture: &'a Luma<'a>,
    reach: u8,
    looks: &'a [Look],
    candidates: Vec<Candidate>,
    /// More votes that are needed, where the looks themselves may make things up.
    caution: usize,
    /// What has been done and not been taken off a budget.
    work: Work,
}

struct Candidate {
    format: Format,
    text: String,
    votes_needed: usize,
    is_followed_up: bool,
    /// Where each line that read it saw its first and last bar.
    votes: Vec<(Point, Point)>,
}

impl<'a> Poll<'a> {
    fn new(picture: &'a Luma<'a>, reach: u8, looks: &'a [Look]) -> Self {
        Self { picture, reach, looks, candidates: Vec::new(), caution: 0, work: 0 }
    }

    fn take_work(&mut self) -> Work {
        std::mem::take(&mut self.work)
    }

    fn thickness(&self) -> f32 {
        2.0 * f32::from(self.reach) + 1.0
    }

    /// Reads a line, and lines beside it if it says something new.
    fn ask(&mut self, line: Line) {
        self.count(line);
        while let Some(candidate) = self.candidates.iter_mut().find(|candidate| !candidate.is_followed_up) {
            candidate.is_followed_up = true;
            // It may have come from a line beside; then that one's neighbours are these all the same.
            for distance in BESIDE {
                let beside = line.beside(distance * self.thickness());
                // Its ends may stick out of the picture, where all is white; its middle may not, or an edge
                // would be read over and over.
                let (x, y) = beside.at(beside.count as f32 / 2.0);
                if (0.0..self.picture.width() as f32).contains(&x)
                    && (0.0..self.picture.height() as f32).contains(&y)
                {
                    self.count(beside);
                }
            }
        }
    }

    /// Adds what one line says. A line has one vote for a text, however many looks read it.
    fn count(&mut self, line: Line) {
        let mut heard: Vec<(Format, String)> = Vec::new();
        self.work += line.cost(self.reach, self.looks);
        for runs in runs_along(self.picture, &line, self.reach, self.looks) {
            let length = line.count as f32;
            let forward = readings(&runs).into_iter();
            let backward = readings(&runs.reversed())
                .into_iter()
                .map(|(hit, from, to)| (hit, length - from, length - to));
            for (hit, from, to) in forward.chain(backward) {
                if heard.iter().any(|(format, text)| *format == hit.format && *text == hit.text) {
                    continue;
                }
                heard.push((hit.format, hit.text.clone()));
                let place = |along: f32| {
                    let (x, y) = line.at(along);
                    Point { x, y }
                };
                self.vote(hit, (place(from), place(to)));
            }
        }
    }

    fn vote(&mut self, hit: Hit, ends: (Point, Point)) {
        let thickness = self.thickness() - 0.5;
        let known = self.candidates.iter_mut().find(|c| c.format == hit.format && c.text == hit.text);
        match known {
            // A line can be asked twice, as a neighbour and by itself, and one vote is all its pixels have.
            Some(candidate) if candidate.votes.iter().any(|known| distance(known.0, ends.0) < thickness) => {}
            Some(candidate) => candidate.votes.push(ends),
            None => self.candidates.push(Candidate {
                format: hit.format,
                text: hit.text,
                votes_needed: hit.votes_needed,
                is_followed_up: false,
                votes: vec![ends],
            }),
        }
    }

    /// Says whether something has enough votes already.
    fn is_settled(&self) -> bool {
        self.candidates.iter().any(|candidate| self.wins(candidate))
    }

    fn elected(self) -> Vec<Found> {
        self.candidates
            .iter()
            .filter(|candidate| self.wins(candidate))
            .map(|candidate| Found {
                text: candidate.text.clone(),
                format: candidate.format,
                corners: candidate.corners(),
            })
            .collect()
    }

    /// Says whether there are enough votes, and more than twice as many as anything else read in the same place.
    fn wins(&self, candidate: &Candidate) -> bool {
        candidate.votes.len() >= candidate.votes_needed + self.caution
            && self.candidates.iter().all(|other| {
                std::ptr::eq(other, candidate)
                    || !other.overlaps(candidate)
                    || candidate.votes.len() > 2 * other.votes.len()
            })
    }
}

impl Candidate {
    fn overlaps(&self, other: &Self) -> bool {
        let (middle, length) = self.extent();
        let (other_middle, other_length) = other.extent();
        distance(middle, other_middle) < length.max(other_length) / 2.0
    }

    /// Mean middle and mean length of what the lines saw.
    fn extent(&self) -> (Point, f32) {
        let count = self.votes.len().max(1) as f32;
        let (x, y, length) = self.votes.iter().fold((0.0, 0.0, 0.0), |(x, y, length), (from, to)| {
            (x + (from.x + to.x) / 2.0, y + (from.y + to.y) / 2.0, length + distance(*from, *to))
        });
        (Point { x: x / count, y: y / count }, length / count)
    }

    /// The ends of the highest and the lowest line, seen with the text running from left to right.
    fn corners(&self) -> [Point; 4] {
        let (from, to) = self.votes.first().copied().unwrap_or_default();
        let (across_x, across_y) = (from.y - to.y, to.x - from.x);
        let height = |vote: &&(Point, Point)| vote.0.x * across_x + vote.0.y * across_y;
        let by_height = |a: &&(Point, Point), b: &&(Point, Point)| height(a).total_cmp(&height(b));
        let highest = self.votes.iter().min_by(by_height).copied().unwrap_or((from, to));
        let lowest = self.votes.iter().max_by(by_height).copied().unwrap_or((from, to));
        [highest.0, highest.1, lowest.1, lowest.0]
    }
}

fn distance(a: Point, b: Point) -> f32 {
    (a.x - b.x).hypot(a.y - b.y)
}

/// All codes on one line in one direction, with where each begins and ends in pixels along it.
fn readings(runs: &Runs) -> Vec<(Hit, f32, f32)> {
    let widths = runs.widths.as_slice();
    let mut found = Vec::new();
    let mut at = 1;
    while at + 8 < widths.len() {
        let hit = code128::read(widths, at)
            .or_else(|| ean::read_13(widths, at))
            .or_else(|| code39::read(widths, at))
            .or_else(|| ean::read_8(widths, at))
            .or_else(|| ean::read_upc_e(widths, at))
            .or_else(|| itf::read(widths, at));
        match hit {
            Some(hit) => {
                let end = hit.end;
                found.push((hit, runs.start_of(at), runs.start_of(end)));
                at = end + 1;
            }
            None => at += 2,
        }
    }
    found
}

/// The sum of `count` stretches from `at` on, if there are so many and none is lost.
fn width_of(widths: &[f32], at: usize, count: usize) -> Option<f32> {
    let width: f32 = widths.get(at..at + count)?.iter().sum();
    (width > 0.0).then_some(width)
}

/// The pattern that the stretches resemble, if one fits well and clearly better than all others.
///
/// Ink that spreads widens bars and narrows spaces, but leaves the distance from one edge to the next edge of
/// the same kind alone. So pairs of neighbours count in full and single stretches for a quarter.
fn matching<const N: usize>(widths: &[f32], patterns: &[[f32; N]]) -> Option<usize> {
    const WORST: f32 = 0.9;
    const MARGIN: f32 = 0.12;
    let widths: &[f32; N] = widths.try_into().ok()?;
    let modules: f32 = patterns.first()?.iter().sum();
    let module = widths.iter().sum::<f32>() / modules;
    let measured = widths.map(|width| width / module);
    let (mut best, mut second) = ((f32::INFINITY, 0), f32::INFINITY);
    for (index, pattern) in patterns.iter().enumerate() {
        let mut cost = 0.0;
        let mut last = 0.0;
        for (i, (measured, ideal)) in measured.iter().zip(pattern).enumerate() {
            let off = measured - ideal;
            if i > 0 {
                cost += (last + off) * (last + off);
            }
            cost += off * off / 4.0;
            last = off;
        }
        if cost < best.0 {
            second = best.0;
            best = (cost, index);
        } else {
            second = second.min(cost);
        }
    }
    (best.0 < WORST && second - best.0 > MARGIN).then_some(best.1)
}

/// Takes the spread of the ink off stretches that begin with a bar.
fn without_ink_spread(widths: &[f32], spread: f32) -> Vec<f32> {
    widths.iter().zip([spread, -spread].iter().cycle()).map(|(width, excess)| width - excess).collect()
}

/// Whether the last digit makes the sum of all, every second one taken three times, a multiple of ten.
fn has_check_digit(digits: &[usize]) -> bool {
    let sum: usize =
        digits.iter().rev().enumerate().map(|(i, digit)| if i % 2 == 1 { 3 * digit } else { *digit }).sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Draws modules as `1` and `0`, three pixels each, with a quiet zone of twelve modules, 40 pixels high.
    fn picture(modules: &str) -> crate::LumaBuf {
        let quiet = "0".repeat(12);
        let row: Vec<u8> = format!("{quiet}{modules}{quiet}")
            .bytes()
            .flat_map(|module| [if module == b'1' { 25 } else { 230 }; 3])
            .collect();
        crate::LumaBuf::new(row.len(), 40, row.repeat(40)).unwrap()
    }

    #[test]
    fn the_check_digit_of_trade_numbers() {
        assert!(has_check_digit(&[8, 8, 5, 1, 2, 3, 4, 5, 6, 7, 8, 9, 8]));
        assert!(!has_check_digit(&[8, 8, 5, 1, 2, 3, 4, 5, 6, 7, 8, 9, 7]));
    }

    #[test]
    fn the_middle_comes_first_and_nothing_is_left_out() {
        let order: Vec<_> = middle_first(6).collect();
        assert_eq!(order, [3, 2, 4, 1, 5, 0]);
        let mut odd: Vec<_> = middle_first(7).collect();
        odd.sort_unstable();
        assert_eq!(odd, [0, 1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn a_text_needs_its_votes_and_no_rival() {
        let blank = picture("0");
        let luma = blank.as_luma();
        let mut poll = Poll::new(&luma, THIN, &QUICK);
        let hit = |text: &str| Hit { format: Format::Itf, text: text.into(), votes_needed: 4, end: 0 };
        let ends = |y: f32| (Point { x: 0.0, y }, Point { x: 100.0, y });
        for y in 0..3 {
            poll.vote(hit("123456"), ends(y as f32 * 3.0));
            // The same line heard again is no new vote.
            poll.vote(hit("123456"), ends(y as f32 * 3.0));
        }
        assert!(!poll.is_settled());
        poll.vote(hit("123456"), ends(9.0));
        assert!(poll.is_settled());
        poll.vote(hit("123458"), ends(12.0));
        poll.vote(hit("123458"), ends(15.0));
        assert!(!poll.is_settled(), "two lines of six say otherwise");
    }

    #[test]
    fn parallels_stay_within_the_picture() {
        let blank = crate::LumaBuf::new(300, 200, vec![0; 60_000]).unwrap();
        for angle in 0..12 {
            let (dy, dx) = (angle as f32 * std::f32::consts::PI / 12.0).sin_cos();
            let lines = parallels(&blank.as_luma(), dx, dy, 5.0);
            assert!(lines.len() > 10, "{angle}");
            for line in lines {
                for along in [0.0, line.count as f32] {
                    let (x, y) = line.at(along);
                    assert!((-0.1..300.0).contains(&x) && (-0.1..200.0).contains(&y), "{angle}: {x},{y}");
                }
            }
        }
    }
}
