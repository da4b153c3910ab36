//! A square sheet as the camera sees it, and how it is moved until it fits.
//!
//! Four corners give the tilt of a flat label; two bows bend it as a pole does. A fit is judged by asking the
//! picture at the middle of each module: where the grid lies right, every answer is sure, and modules whose shade
//! is known have that shade. Finding the best place is plain climbing, one number at a time, in shrinking steps.
//! It needs no derivatives, it cannot diverge, and dirt merely flattens the hill.

use super::field::Field;
use crate::Point;

/// A module to ask about, by its middle in modules from the corner of the sheet.
#[derive(Clone, Copy)]
pub(super) struct Cell {
    pub(super) across: f32,
    pub(super) down: f32,
    /// 1 must be dark, -1 must be light, 0 may be either.
    pub(super) shade: f32,
}

/// Where a square sheet lies in the picture.
#[derive(Clone, Copy)]
pub(super) struct Warp {
    /// Upper left, upper right, lower right and lower left corner: x and y of each in turn. Then how far the
    /// middle of the sheet bulges when one goes across it, and when one goes down it.
    numbers: [f32; 12],
    /// The modules along a side.
    pub(super) side: f32,
}

/// What may be moved together.
pub(super) enum Moves {
    /// Place, size, turn and slant; what a small piece of a sheet can tell.
    Slanted,
    /// Each corner by itself.
    Corners,
    /// Corners and bows.
    Bent,
}

const SLANTED: [[f32; 12]; 6] = [
    [1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0],
    [0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0],
    [0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
    [0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
    [0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0],
    [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0],
];

/// The formula of a warp, worked out once for many cells.
struct Formula {
    x: [f32; 3],
    y: [f32; 3],
    depth: [f32; 2],
    bows: [f32; 4],
    per_module: f32,
}

impl Formula {
    fn at(&self, across: f32, down: f32) -> (f32, f32) {
        let (s, t) = (across * self.per_module, down * self.per_module);
        let ([a, b, c], [d, e, f], [g, h]) = (self.x, self.y, self.depth);
        let depth = 1.0 / (g * s + h * t + 1.0);
        let (bow_s, bow_t) = (4.0 * s * (1.0 - s), 4.0 * t * (1.0 - t));
        let [sx, sy, tx, ty] = self.bows;
        (
            (a * s + b * t + c) * depth + sx * bow_s + tx * bow_t,
            (d * s + e * t + f) * depth + sy * bow_s + ty * bow_t,
        )
    }
}

impl Warp {
    pub(super) fn new(corners: [Point; 4], side: f32) -> Self {
        let [a, b, c, d] = corners;
        Self { numbers: [a.x, a.y, b.x, b.y, c.x, c.y, d.x, d.y, 0.0, 0.0, 0.0, 0.0], side }
    }

    fn formula(&self) -> Formula {
        let [x0, y0, x1, y1, x2, y2, x3, y3, sx, sy, tx, ty] = self.numbers;
        let (dx1, dx2, dx3) = (x1 - x2, x3 - x2, x0 - x1 + x2 - x3);
        let (dy1, dy2, dy3) = (y1 - y2, y3 - y2, y0 - y1 + y2 - y3);
        let area = dx1 * dy2 - dx2 * dy1;
        let area = if area.abs() < 1e-6 { 1e-6 } else { area };
        let (g, h) = ((dx3 * dy2 - dx2 * dy3) / area, (dx1 * dy3 - dx3 * dy1) / area);
        Formula {
            x: [x1 - x0 + g * x1, x3 - x0 + h * x3, x0],
            y: [y1 - y0 + g * y1, y3 - y0 + h * y3, y0],
            depth: [g, h],
            bows: [sx, sy, tx, ty],
            per_module: 1.0 / self.side,
        }
    }

    /// Where a point of the sheet, in modules from its upper left corner, lies in the picture.
    pub(super) fn at(&self, across: f32, down: f32) -> Point {
        let (x, y) = self.formula().at(across, down);
        Point { x, y }
    }

    /// The same sheet, seen as one of another size whose upper left corner is the same.
    pub(super) fn extended(&self, side: f32) -> Self {
        let formula = self.formula();
        let corner = |across, down| {
            let (x, y) = formula.at(across, down);
            Point { x, y }
        };
        let mut larger =
            Self::new([corner(0.0, 0.0), corner(side, 0.0), corner(side, side), corner(0.0, side)], side);
        // The bow of a circle's arc grows with the square of its length.
        let growth = (side / self.side).powi(2);
        for (new, old) in larger.numbers.iter_mut().zip(self.numbers).skip(8) {
            *new = old * growth;
        }
        larger
    }

    /// The same sheet turned so that the next corner comes first.
    pub(super) fn turned(&self, quarters: usize) -> Self {
        let mut turned = *self;
        if let (Some(new), Some(old)) = (turned.numbers.get_mut(..8), self.numbers.get(..8)) {
            new.copy_from_slice(old);
            new.rotate_left(2 * (quarters % 4));
        }
        if quarters % 2 == 1
            && let Some(bows) = turned.numbers.get_mut(8..)
        {
            bows.rotate_left(2);
        }
        turned
    }

    /// The width of a module in pixels: the mean over the sheet.
    pub(super) fn module(&self) -> f32 {
        let [x0, y0, x1, y1, x2, y2, x3, y3, ..] = self.numbers;
        let (dx1, dy1, dx2, dy2) = (x2 - x0, y2 - y0, x3 - x1, y3 - y1);
        ((dx1 * dy2 - dx2 * dy1).abs() / 2.0).sqrt() / self.side
    }

    /// How sure the picture is of these cells, from -1 to 1.
    pub(super) fn score(&self, field: &Field, cells: &[Cell]) -> f32 {
        self.better(field, cells, f32::NEG_INFINITY).unwrap_or(f32::NEG_INFINITY)
    }

    /// The same, if it is more than `best`. It ends as soon as that cannot be any more, were all other answers sure.
    fn better(&self, field: &Field, cells: &[Cell], best: f32) -> Option<f32> {
        let formula = self.formula();
        let count = cells.len().max(1) as f32;
        let (mut sum, mut left) = (0.0f32, cells.len());
        for part in cells.chunks(AT_ONCE) {
            for cell in part {
                let (x, y) = formula.at(cell.across, cell.down);
                let shade = field.at(x, y);
                sum += if cell.shade == 0.0 { shade.abs() } else { shade * cell.shade };
            }
            left -= part.len();
            if sum + left as f32 <= best * count {
                break;
            }
        }
        field.count(cells.len() - left);
        Some(sum / count).filter(|score| left == 0 && *score > best)
    }

    /// Moves until no step of these lengths (in modules) makes it better, and says how good it is.
    pub(super) fn fit(&mut self, field: &Field, cells: &[Cell], moves: &Moves, steps: &[f32]) -> f32 {
        let mut best = self.score(field, cells);
        let singles: Vec<[f32; 12]> = match moves {
            Moves::Slanted => SLANTED.to_vec(),
            Moves::Corners => (0..8).map(single).collect(),
            Moves::Bent => (0..12).map(single).collect(),
        };
        for step in steps {
            let step = step * self.module();
            // A sheet that has shrunk to nothing, or fled, is left where it is.
            if step < 0.01 || !step.is_finite() {
                return best;
            }
            for _ in 0..MOST_SWEEPS {
                let mut is_better = false;
                for direction in &singles {
                    for signed in [step, -step] {
                        let mut moved = *self;
                        for (number, part) in moved.numbers.iter_mut().zip(direction) {
                            *number += signed * part;
                        }
                        if let Some(score) = moved.better(field, cells, best) {
                            (best, *self, is_better) = (score, moved, true);
                            break;
                        }
                    }
                }
                if !is_better {
                    break;
                }
            }
        }
        best
    }
}

/// After how many modules a sum is looked at again.
const AT_ONCE: usize = 32;

/// How often all directions are tried with one length of step.
const MOST_SWEEPS: usize = 4;

fn single(index: usize) -> [f32; 12] {
    let mut direction = [0.0; 12];
    if let Some(number) = direction.get_mut(index) {
        *number = 1.0;
    }
    direction
}
