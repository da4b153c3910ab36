//! Shapes as dots: for thermal printers, which know no Thai of their own, and for pictures that people send on.

use crate::shape::Shape;
use crate::text::Fonts;
use ab_glyph_rasterizer::{Point, Rasterizer, point};
use rustybuzz::ttf_parser::{GlyphId, OutlineBuilder};

/// A picture of grey dots: 0 is paper, 255 is ink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raster {
    width: usize,
    height: usize,
    ink: Vec<u8>,
}

/// Ink from which on a printer's dot is black: a little more than half the darkness, so that thin strokes survive.
const BLACK_FROM: u8 = 105;

impl Raster {
    /// Draws shapes on a field of `width` and `height` millimetres with this many dots a millimetre. What stands out
    /// is cut off.
    pub fn draw(size: (f32, f32), dots_per_mm: f32, shapes: &[Shape], fonts: &Fonts) -> Raster {
        let dots = |mm: f32| (mm * dots_per_mm).round().max(1.0) as usize;
        let (width, height) = (dots(size.0), dots(size.1));
        let mut raster = Raster { width, height, ink: vec![0; width * height] };
        for shape in shapes {
            raster.shape(shape, dots_per_mm, fonts);
        }
        raster
    }

    /// Width in dots.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Height in dots.
    pub fn height(&self) -> usize {
        self.height
    }

    fn shape(&mut self, shape: &Shape, scale: f32, fonts: &Fonts) {
        match shape {
            Shape::Box { x, y, width, height, colour } => {
                // Both edges are rounded, so that boxes that touch go on touching, and none vanishes.
                let edge = |mm: f32| (mm * scale).round() as i64;
                let (left, top) = (edge(*x), edge(*y));
                let (right, bottom) = (edge(x + width).max(left + 1), edge(y + height).max(top + 1));
                self.fill((left, top), (right, bottom), darkness(*colour));
            }
            Shape::Frame { x, y, width, height } => {
                let edge = |mm: f32| (mm * scale).round() as i64;
                let (left, top, right, bottom) = (edge(*x), edge(*y), edge(x + width), edge(y + height));
                self.fill((left, top), (right, top + 1), 255);
                self.fill((left, bottom - 1), (right, bottom), 255);
                self.fill((left, top), (left + 1, bottom), 255);
                self.fill((right - 1, top), (right, bottom), 255);
            }
            Shape::Code { x, y, module, modules } => {
                // Every module is as wide as every other: whole dots.
                let dots = (module * scale).round().max(1.0) as i64;
                let (left, top) = ((x * scale).round() as i64, (y * scale).round() as i64);
                for (row, line) in (0i64..).zip(modules) {
                    for (column, _) in (0i64..).zip(line).filter(|(_, dark)| **dark) {
                        let at = (left + column * dots, top + row * dots);
                        self.fill(at, (at.0 + dots, at.1 + dots), 255);
                    }
                }
            }
            Shape::Text { x, y, size, weight, colour, line } => {
                let face = fonts.face(*weight);
                let em = size * scale;
                let left = (x * scale - em / 2.0).floor();
                let top = (y * scale - em * 1.3).floor();
                let (width, height) = ((line.width + 1.0) * em, em * 1.9);
                let mut pen = Pen {
                    ink: Rasterizer::new(width.ceil().max(1.0) as usize, height.ceil().max(1.0) as usize),
                    scale: em / face.units_per_em() as f32,
                    origin: point(0.0, 0.0),
                    start: point(0.0, 0.0),
                    last: point(0.0, 0.0),
                };
                for placed in &line.glyphs {
                    pen.origin = point(x * scale - left + placed.x * em, y * scale - top - placed.y * em);
                    face.outline_glyph(GlyphId(placed.glyph), &mut pen);
                }
                let (left, top, most) = (left as i64, top as i64, f32::from(darkness(*colour)));
                let (width, _) = pen.ink.dimensions();
                let width = i64::try_from(width).unwrap_or(1);
                pen.ink.for_each_pixel(|at, coverage| {
                    let at = i64::try_from(at).unwrap_or(0);
                    let ink = (coverage.clamp(0.0, 1.0) * most).round() as u8;
                    if ink > 0 {
                        self.darken(left + at % width, top + at / width, ink);
                    }
                });
            }
        }
    }

    fn fill(&mut self, (left, top): (i64, i64), (right, bottom): (i64, i64), ink: u8) {
        let within = |at: i64, most: usize| usize::try_from(at.max(0)).unwrap_or(0).min(most);
        let (left, right) = (within(left, self.width), within(right, self.width));
        for y in within(top, self.height)..within(bottom, self.height) {
            if let Some(row) = self.ink.get_mut(y * self.width + left..y * self.width + right) {
                row.fill(ink);
            }
        }
    }

    fn darken(&mut self, x: i64, y: i64, ink: u8) {
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { return };
        if x < self.width
            && let Some(dot) = self.ink.get_mut(y * self.width + x)
        {
            *dot = (*dot).max(ink);
        }
    }

    /// Rows of bits, eight dots a byte, the leftmost highest, 1 is ink: what a printer takes.
    pub fn bits(&self) -> Vec<u8> {
        self.ink
            .chunks(self.width.max(1))
            .flat_map(|row| {
                row.chunks(8).map(|eight| {
                    let bits = eight.iter().zip((0..8u8).rev());
                    bits.fold(0u8, |byte, (ink, bit)| byte | u8::from(*ink >= BLACK_FROM) << bit)
                })
            })
            .collect()
    }

    /// A PNG of sixteen greys, black on white.
    ///
    /// # Errors
    /// [`crate::BadPaper::NotEncoded`], which does not happen with memory to spare.
    pub fn png(&self) -> Result<Vec<u8>, crate::BadPaper> {
        let rows = self.ink.chunks(self.width.max(1)).flat_map(|row| {
            row.chunks(2).map(|two| {
                let grey = |at: usize| 15 - two.get(at).copied().unwrap_or(0) / 17;
                grey(0) << 4 | grey(1)
            })
        });
        self.encoded(png::BitDepth::Four, rows.collect())
    }

    /// A PNG of what a printer would print: black or white.
    ///
    /// # Errors
    /// As [`Raster::png`].
    pub fn png_of_bits(&self) -> Result<Vec<u8>, crate::BadPaper> {
        self.encoded(png::BitDepth::One, self.bits().into_iter().map(|byte| !byte).collect())
    }

    fn encoded(&self, depth: png::BitDepth, bytes: Vec<u8>) -> Result<Vec<u8>, crate::BadPaper> {
        let side = |dots: usize| u32::try_from(dots).map_err(|_| crate::BadPaper::NotEncoded);
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, side(self.width)?, side(self.height)?);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(depth);
        let failed = |_| crate::BadPaper::NotEncoded;
        let mut writer = encoder.write_header().map_err(failed)?;
        writer.write_image_data(&bytes).map_err(failed)?;
        writer.finish().map_err(failed)?;
        Ok(file)
    }

    /// The grey of a dot, 0 for white paper; `None` outside.
    pub fn ink(&self, x: usize, y: usize) -> Option<u8> {
        if x < self.width { self.ink.get(y * self.width + x).copied() } else { None }
    }
}

fn darkness([red, green, blue]: [u8; 3]) -> u8 {
    let light = (u32::from(red) * 299 + u32::from(green) * 587 + u32::from(blue) * 114) / 1000;
    255 - u8::try_from(light).unwrap_or(255)
}

/// Draws glyphs' outlines, which point upwards, where they belong.
struct Pen {
    ink: Rasterizer,
    scale: f32,
    origin: Point,
    start: Point,
    last: Point,
}

impl Pen {
    fn at(&self, x: f32, y: f32) -> Point {
        point(self.origin.x + x * self.scale, self.origin.y - y * self.scale)
    }
}

impl OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.start = self.at(x, y);
        self.last = self.start;
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let to = self.at(x, y);
        self.ink.draw_line(self.last, to);
        self.last = to;
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let (bend, to) = (self.at(x1, y1), self.at(x, y));
        self.ink.draw_quad(self.last, bend, to);
        self.last = to;
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let (first, second, to) = (self.at(x1, y1), self.at(x2, y2), self.at(x, y));
        self.ink.draw_cubic(self.last, first, second, to);
        self.last = to;
    }

    fn close(&mut self) {
        self.ink.draw_line(self.last, self.start);
        self.last = self.start;
    }
}
