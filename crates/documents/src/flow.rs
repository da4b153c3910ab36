//! Lines one below the other in a column: what bills, receipts and tables are laid out with.

use crate::shape::{BLACK, Shape};
use crate::text::{Fonts, Line, Weight};

/// The height of a line in ems: Thai has marks on two levels above and one below.
pub(crate) const LEADING: f32 = 1.32;
/// How far below its top a line's base line lies, in ems.
pub(crate) const ASCENT: f32 = 1.0;

/// Where a line stands in its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Middle,
    Right,
}

/// A column that grows downwards. Millimetres.
pub(crate) struct Flow<'f> {
    pub fonts: &'f mut Fonts,
    pub shapes: Vec<Shape>,
    pub left: f32,
    pub width: f32,
    pub y: f32,
    /// The em of running text.
    pub size: f32,
}

impl<'f> Flow<'f> {
    pub fn new(fonts: &'f mut Fonts, (left, top): (f32, f32), width: f32, size: f32) -> Self {
        Flow { fonts, shapes: Vec::new(), left, width, y: top, size }
    }

    /// A line that was shaped, in the line that begins at the present height. Does not go on.
    pub fn place(&mut self, line: Line, (left, width): (f32, f32), size: f32, weight: Weight, align: Align) {
        let free = width - line.width * size;
        let x = match align {
            Align::Left => left,
            Align::Middle => left + free / 2.0,
            Align::Right => left + free,
        };
        self.shapes.push(Shape::Text { x, y: self.y + size * ASCENT, size, weight, colour: BLACK, line });
    }

    /// Text as wide as the column, in as many lines as it needs.
    pub fn text(&mut self, text: &str, size: f32, weight: Weight, align: Align) {
        for line in self.fonts.wrapped(text, weight, self.width / size) {
            self.place(line, (self.left, self.width), size, weight, align);
            self.y += size * LEADING;
        }
    }

    /// A label, and its value at the right edge. A value that is too long goes on below, never over the label.
    pub fn pair(&mut self, label: &str, value: &str, weight: Weight) {
        self.pair_sized(label, value, self.size, weight);
    }

    pub fn pair_sized(&mut self, label: &str, value: &str, size: f32, weight: Weight) {
        if value.is_empty() {
            return;
        }
        let shaped = self.fonts.fitted(label, Weight::Regular.max(weight), self.width / size);
        let label_width = shaped.width * size;
        self.place(shaped, (self.left, self.width), size, Weight::Regular.max(weight), Align::Left);
        let room = self.width - label_width - size * 0.6;
        let lines = self.fonts.wrapped(value, weight, (room / size).max(1.0));
        let fits = room > self.width * 0.35 || lines.len() == 1;
        let lines = if fits {
            lines
        } else {
            self.y += size * LEADING;
            self.fonts.wrapped(value, weight, self.width / size)
        };
        for line in lines {
            self.place(line, (self.left, self.width), size, weight, Align::Right);
            self.y += size * LEADING;
        }
    }

    pub fn gap(&mut self, mm: f32) {
        self.y += mm;
    }

    /// A thin line across the column.
    pub fn rule(&mut self) {
        self.y += self.size * 0.25;
        self.fill((self.left, self.y), self.width, 0.25);
        self.y += 0.25 + self.size * 0.3;
    }

    pub fn fill(&mut self, (x, y): (f32, f32), width: f32, height: f32) {
        self.shapes.push(Shape::Box { x, y, width, height, colour: BLACK });
    }

    /// A hollow box.
    pub fn outline(&mut self, (x, y): (f32, f32), width: f32, height: f32) {
        const THICK: f32 = 0.4;
        self.fill((x, y), width, THICK);
        self.fill((x, y + height - THICK), width, THICK);
        self.fill((x, y), THICK, height);
        self.fill((x + width - THICK, y), THICK, height);
    }
}
