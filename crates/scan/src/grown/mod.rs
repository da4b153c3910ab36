//! QR codes of which one corner is left: a grid is grown from it, module by module, over what the dirt spared.
//!
//! A code is found by three patterns in its corners, and read only if all three are seen. Error correction mends
//! a quarter of the rest, but nothing protects the corners: on a label with a few blots that is what fails. Yet
//! one clean corner says where the grid begins, how large its modules are and which way it runs. From there on
//! the data itself shows where the modules lie, because a wrong grid cuts through their edges. So the grid is
//! fitted to the nearest modules, extended by four, fitted again, and bent where the label is. At each size that
//! a code can have, whatever is left of the other patterns says whether this is the size and which corner it was.
//! What the format bits say is a matter of likelihood; the error correction has the last word, so that a wrong
//! grid gives no text rather than a wrong one.

mod field;
mod pattern;
mod warp;

use rxing::common::BitMatrix;

use crate::budget::{Budget, Work, per_pixel};
use crate::finders::Searched;
use crate::luma::Luma;
use crate::qr::text_of;
use crate::symbol::{Format, Found, Point};
use field::Field;
use pattern::{MOST_VERSION, ROLES, Role, cells, is_dark_in_finder, likely_formats, set_format, side_of};
use warp::{Cell, Moves, Warp};

/// The most places that may be a corner; the largest are looked at.
const MOST_PATTERNS: usize = 32;
/// The most corners that are grown from, the clearest first.
const MOST_CORNERS: usize = 8;
/// The least agreement of a finder pattern with the picture.
const CORNER_SCORE: f32 = 0.6;
/// The least sureness of a grid that is worth growing on.
const GRID_SCORE: f32 = 0.5;
/// How much surer the picture must be in the middle of modules than at their corners.
const BEAT: f32 = 0.1;
/// How well the known patterns agree in a code that is tried at once, and in one that is tried at all.
const GOOD_CODE: f32 = 0.55;
const POSSIBLE_CODE: f32 = 0.3;
/// The smallest codes are protected least, so that more of their patterns must be there.
const POSSIBLE_SMALL_CODE: f32 = 0.5;
/// How many sizes and roles are tried for one grid.
const MOST_GUESSES: usize = 4;
/// How many of the 32 formats are tried for one guess.
const MOST_FORMATS: usize = 3;

/// What it costs to work out the shade of a pixel, and to ask for the shade of a module.
const FIELD: Work = 8;
const CELL: Work = 25;

/// Finds codes from single corners. `searched` is the same picture in black and white.
pub(crate) fn read(picture: &Luma<'_>, searched: &Searched, budget: &mut Budget<'_>) -> Vec<Found> {
    let patterns = searched.largest(MOST_PATTERNS);
    let mut fields: Vec<(f32, Field)> = Vec::new();
    let mut corners: Vec<(f32, Warp, usize)> = Vec::new();
    for pattern in &patterns {
        let module = pattern.size as f32 / 7.0;
        let known = fields.iter().position(|(size, _)| (0.6..1.7).contains(&(module / size)));
        let index = known.unwrap_or(fields.len());
        if known.is_none() {
            let cost = per_pixel(picture.width(), picture.height(), FIELD);
            if fields.len() >= 4 || !budget.affords(cost) || !budget.spend(cost) {
                continue;
            }
            fields.push((module, Field::new(picture, module)));
        }
        let Some((_, field)) = fields.get(index) else { continue };
        let (score, warp) = corner_at(field, Point { x: pattern.p.x, y: pattern.p.y }, module);
        if score > CORNER_SCORE {
            corners.push((score, warp, index));
        }
        if !budget.spend(CELL * field.take_asked()) {
            break;
        }
    }
    corners.sort_by(|a, b| b.0.total_cmp(&a.0));
    corners.truncate(MOST_CORNERS);
    let mut found: Vec<Found> = Vec::new();
    for (_, corner, index) in corners {
        let Some((_, field)) = fields.get(index) else { continue };
        for quarters in 0..4 {
            if let Some(code) = grown(field, &corner.turned(quarters), budget) {
                found.push(code);
                return found;
            }
            if !budget.spend(CELL * field.take_asked()) {
                return found;
            }
        }
    }
    found
}

fn cell(across: i32, down: i32, shade: f32) -> Cell {
    Cell { across: across as f32 + 0.5, down: down as f32 + 0.5, shade }
}

fn shade_of_finder(column: i32, row: i32) -> f32 {
    if is_dark_in_finder(column, row) { 1.0 } else { -1.0 }
}

/// Lays a finder pattern over a place where one was seen, as well as it fits.
fn corner_at(field: &Field, middle: Point, module: f32) -> (f32, Warp) {
    let cells: Vec<Cell> = (-1..8)
        .flat_map(|row| (-1..8).map(move |column| cell(column, row, shade_of_finder(column, row))))
        .collect();
    let square = |turn: f32, size: f32| {
        let (sine, cosine) =
            (turn.to_radians().sin_cos().0 * size * 3.5, turn.to_radians().cos() * size * 3.5);
        let corner = |x: f32, y: f32| Point {
            x: middle.x + x * cosine - y * sine,
            y: middle.y + x * sine + y * cosine,
        };
        Warp::new([corner(-1.0, -1.0), corner(1.0, -1.0), corner(1.0, 1.0), corner(-1.0, 1.0)], 7.0)
    };
    let mut best = (f32::NEG_INFINITY, square(0.0, module));
    for turn in 0u8..6 {
        for size in [0.7, 0.85, 1.0] {
            let warp = square(f32::from(turn) * 15.0, module * size);
            let score = warp.score(field, &cells);
            if score > best.0 {
                best = (score, warp);
            }
        }
    }
    let (_, mut warp) = best;
    let score = warp.fit(field, &cells, &Moves::Slanted, &[0.4, 0.2, 0.1, 0.05]);
    (score, warp)
}

/// A size and a role that the known patterns speak for.
struct Guess {
    score: f32,
    version: i32,
    role: Role,
    warp: Warp,
}

/// Grows a grid from its first corner, over which `corner` lies, and reads the code if it is one.
fn grown(field: &Field, corner: &Warp, budget: &mut Budget<'_>) -> Option<Found> {
    let mut warp = *corner;
    for side in [11, 15] {
        warp = warp.extended(side as f32);
        let score = warp.fit(field, &cells_of_stage(side), &Moves::Slanted, &[0.5, 0.25, 0.12]);
        if score < GRID_SCORE {
            return None;
        }
    }
    if !holds_data(field, &warp) {
        return None;
    }
    let mut guesses: Vec<Guess> = Vec::new();
    for version in 1..=MOST_VERSION {
        if !budget.spend(CELL * field.take_asked()) {
            return None;
        }
        let side = side_of(version);
        warp = warp.extended(side as f32);
        let moves = if version < 2 { Moves::Corners } else { Moves::Bent };
        let score = warp.fit(field, &cells_of_stage(side), &moves, &[0.35, 0.15]);
        if score < GRID_SCORE {
            break;
        }
        for role in ROLES {
            let score = warp.score(field, &cells(version, role, false));
            let guess = Guess { score, version, role, warp };
            if score > GOOD_CODE {
                if let Some(found) = read_guess(field, &guess) {
                    return Some(found);
                }
            } else {
                guesses.push(guess);
            }
        }
    }
    guesses.sort_by(|a, b| b.score.total_cmp(&a.score));
    guesses
        .iter()
        .take(MOST_GUESSES)
        .take_while(|guess| guess.score > POSSIBLE_CODE)
        .find_map(|guess| budget.spend(CELL * field.take_asked()).then(|| read_guess(field, guess)).flatten())
}

/// The modules of a sheet of this size: the finder pattern in its first corner, and data of which nothing is known.
fn cells_of_stage(side: i32) -> Vec<Cell> {
    (-1..side)
        .flat_map(|down| (-1..side).map(move |across| (across, down)))
        .filter_map(|(across, down)| match (across, down) {
            (..8, ..8) => Some(cell(across, down, shade_of_finder(across, down))),
            (-1, _) | (_, -1) => None,
            // Every second one is enough where there are many.
            _ if side > 17 && (across + down) % 2 == 1 => None,
            _ => Some(cell(across, down, 0.0)),
        })
        .collect()
}

/// Whether the modules beyond the corner are data: dark and light mixed, and the picture surer in the middle of
/// modules than where four of them meet. A wall or print has no such beat.
fn holds_data(field: &Field, warp: &Warp) -> bool {
    let beyond = || (8..15).flat_map(|down| (8..15).map(move |across| cell(across, down, 0.0)));
    let middles: Vec<Cell> = beyond().collect();
    let dark = middles
        .iter()
        .filter(|cell| {
            let at = warp.at(cell.across, cell.down);
            field.at(at.x, at.y) > 0.0
        })
        .count();
    let meetings: Vec<Cell> =
        beyond().map(|cell| Cell { across: cell.across - 0.5, down: cell.down - 0.5, ..cell }).collect();
    (8..42).contains(&dark) && warp.score(field, &middles) - warp.score(field, &meetings) > BEAT
}

/// Fits the whole code, patterns and data, and reads it.
fn read_guess(field: &Field, guess: &Guess) -> Option<Found> {
    let side = side_of(guess.version);
    let mut warp = guess.warp;
    warp.fit(field, &cells(guess.version, guess.role, true), &Moves::Bent, &[0.3, 0.15, 0.07]);
    let score = warp.score(field, &cells(guess.version, guess.role, false));
    if score < if guess.version <= 2 { POSSIBLE_SMALL_CODE } else { POSSIBLE_CODE } {
        return None;
    }
    let shade = |column: i32, row: i32| {
        let (across, down) = guess.role.on_sheet(column, row, side);
        // The middle and four points round it: a speck decides less.
        [(0.5, 0.5), (0.5, 0.5), (0.3, 0.5), (0.7, 0.5), (0.5, 0.3), (0.5, 0.7)]
            .iter()
            .map(|(x, y)| {
                let at = warp.at(across as f32 + x, down as f32 + y);
                field.at(at.x, at.y)
            })
            .sum::<f32>()
    };
    let size = u32::try_from(side).ok()?;
    let mut modules = BitMatrix::new(size, size).ok()?;
    for (y, row) in (0..size).zip(0..side) {
        for (x, column) in (0..size).zip(0..side) {
            if shade(column, row) > 0.0 {
                modules.set(x, y);
            }
        }
    }
    let text = likely_formats(side, shade).into_iter().take(MOST_FORMATS).find_map(|format| {
        set_format(&mut modules, side, format);
        text_of(&modules)
    })?;
    let turned = warp.turned(guess.role.upper_left_corner());
    let far = side as f32;
    let corners =
        [(0.0, 0.0), (far, 0.0), (far, far), (0.0, far)].map(|(across, down)| turned.at(across, down));
    Some(Found { text, format: Format::Qr, corners })
}
