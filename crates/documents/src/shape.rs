//! What is drawn, in millimetres from the upper left corner. Layouts make shapes; [`crate::pdf`], SVG and
//! [`crate::raster`] draw them.

use crate::text::{Line, Weight};

/// Red, green, blue.
pub type Colour = [u8; 3];

/// The ink of everything that needs no colour.
pub const BLACK: Colour = [0, 0, 0];

/// Something drawn.
#[derive(Debug, Clone)]
pub enum Shape {
    /// A filled box.
    Box {
        /// Left edge.
        x: f32,
        /// Upper edge.
        y: f32,
        /// Width.
        width: f32,
        /// Height.
        height: f32,
        /// Ink.
        colour: Colour,
    },
    /// The outline of a box, thin and grey: for the knife.
    Frame {
        /// Left edge.
        x: f32,
        /// Upper edge.
        y: f32,
        /// Width.
        width: f32,
        /// Height.
        height: f32,
    },
    /// The modules of a square code with its quiet zone.
    Code {
        /// Left edge.
        x: f32,
        /// Upper edge.
        y: f32,
        /// The width of a module.
        module: f32,
        /// Rows of modules, `true` is dark.
        modules: Vec<Vec<bool>>,
    },
    /// A line of text.
    Text {
        /// Where it starts.
        x: f32,
        /// Its base line.
        y: f32,
        /// The height of an em.
        size: f32,
        /// Its weight.
        weight: Weight,
        /// Ink.
        colour: Colour,
        /// What was shaped.
        line: Line,
    },
}

impl Shape {
    /// The shape, moved right and down.
    #[must_use]
    pub fn moved(mut self, by: (f32, f32)) -> Shape {
        match &mut self {
            Shape::Box { x, y, .. }
            | Shape::Frame { x, y, .. }
            | Shape::Code { x, y, .. }
            | Shape::Text { x, y, .. } => {
                *x += by.0;
                *y += by.1;
            }
        }
        self
    }
}
