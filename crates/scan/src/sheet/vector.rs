//! Shapes to SVG in millimetres. Text becomes outlines, so that a page looks the same without the font and an
//! engraver can follow it.

use std::fmt::Write as _;

use rustybuzz::ttf_parser::{GlyphId, OutlineBuilder};

use documents::outline::outlines;
use documents::shape::Shape;
use documents::text::Fonts;

/// A whole document of this size, on white paper: without it a dark viewer shows black codes on black. An engraver's
/// document (`is_cut_out`) has no paper, which a laser would take for a field to burn.
pub(super) fn document(
    (width, height): (f32, f32),
    is_cut_out: bool,
    shapes: &[Shape],
    fonts: &Fonts,
) -> String {
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm" viewBox="0 0 {width} {height}">"#
    );
    if !is_cut_out {
        svg.push_str(r##"<rect width="100%" height="100%" fill="#fff"/>"##);
    }
    for shape in shapes {
        // Writing to a string cannot fail.
        let _ = write_shape(&mut svg, shape, fonts);
    }
    svg.push_str("</svg>\n");
    svg
}

fn write_shape(svg: &mut String, shape: &Shape, fonts: &Fonts) -> std::fmt::Result {
    let hex = |[red, green, blue]: [u8; 3]| format!("#{red:02x}{green:02x}{blue:02x}");
    match shape {
        Shape::Box { x, y, width, height, colour } => write!(
            svg,
            r#"<rect x="{x:.3}" y="{y:.3}" width="{width:.3}" height="{height:.3}" fill="{}"/>"#,
            hex(*colour)
        ),
        Shape::Frame { x, y, width, height } => write!(
            svg,
            r##"<rect x="{x:.3}" y="{y:.3}" width="{width:.3}" height="{height:.3}" fill="none" stroke="#b3b3b3" stroke-width="0.1"/>"##
        ),
        Shape::Code { x, y, module, modules } => {
            write!(
                svg,
                r##"<path transform="translate({x:.4} {y:.4}) scale({module:.5})" fill="#000" fill-rule="evenodd" d=""##
            )?;
            for line in outlines(modules) {
                let mut last = None;
                for (x, y) in &line {
                    match last {
                        None => write!(svg, "M{x} {y}")?,
                        Some((_, last_y)) if last_y == *y => write!(svg, "H{x}")?,
                        Some(_) => write!(svg, "V{y}")?,
                    }
                    last = Some((*x, *y));
                }
                svg.push('z');
            }
            svg.push_str(r#""/>"#);
            Ok(())
        }
        Shape::Text { x, y, size, weight, colour, line } => {
            let face = fonts.face(*weight);
            let scale = size / face.units_per_em() as f32;
            let mut path = Path { out: String::new(), x: 0.0, y: 0.0, scale };
            for placed in &line.glyphs {
                (path.x, path.y) = (x + placed.x * size, y - placed.y * size);
                let _ = face.outline_glyph(GlyphId(placed.glyph), &mut path);
            }
            write!(svg, r#"<path fill="{}" d="{}"/>"#, hex(*colour), path.out)
        }
    }
}

/// Writes glyphs' outlines, which point upwards, where they belong on the page.
struct Path {
    out: String,
    x: f32,
    y: f32,
    scale: f32,
}

impl Path {
    fn add(&mut self, command: char, points: &[(f32, f32)]) {
        self.out.push(command);
        for (index, (x, y)) in points.iter().enumerate() {
            let gap = if index == 0 { "" } else { " " };
            let _ = write!(self.out, "{gap}{:.3} {:.3}", self.x + x * self.scale, self.y - y * self.scale);
        }
    }
}

impl OutlineBuilder for Path {
    fn move_to(&mut self, x: f32, y: f32) {
        self.add('M', &[(x, y)]);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.add('L', &[(x, y)]);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.add('Q', &[(x1, y1), (x, y)]);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.add('C', &[(x1, y1), (x2, y2), (x, y)]);
    }

    fn close(&mut self) {
        self.out.push('z');
    }
}
