//! Thai text as glyphs with places. Vowels and tone marks stand above and below their consonants and push each
//! other out of the way, which only a shaping engine knows; a PDF or SVG viewer does not.

use std::collections::BTreeMap;

use rustybuzz::ttf_parser::GlyphId;
use rustybuzz::{Face, UnicodeBuffer};

pub(super) const REGULAR: &[u8] = include_bytes!("../../fonts/Sarabun-Regular.ttf");
pub(super) const BOLD: &[u8] = include_bytes!("../../fonts/Sarabun-Bold.ttf");

/// The weight of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    Regular,
    Bold,
}

/// A glyph and where its origin stands, in ems from the start of the line, upwards positive.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placed {
    pub(super) glyph: u16,
    pub(super) x: f32,
    pub(super) y: f32,
}

/// A shaped line.
#[derive(Debug, Clone, Default)]
pub(super) struct Line {
    pub(super) glyphs: Vec<Placed>,
    /// In ems.
    pub(super) width: f32,
}

/// Both fonts, and which character each glyph used so far stood for.
pub(super) struct Fonts {
    regular: Face<'static>,
    bold: Face<'static>,
    pub(super) used: BTreeMap<(Weight, u16), char>,
    /// The characters that have a glyph of their own: the vowel am is drawn as two others, one of which is aa.
    nominal: BTreeMap<(Weight, u16), char>,
}

impl Fonts {
    /// `None` if the fonts in this crate are broken, which a test excludes.
    pub(super) fn load() -> Option<Self> {
        let (regular, bold) = (Face::from_slice(REGULAR, 0)?, Face::from_slice(BOLD, 0)?);
        let mut nominal = BTreeMap::new();
        for (weight, face) in [(Weight::Regular, &regular), (Weight::Bold, &bold)] {
            for character in (' '..='~').chain('\u{e01}'..='\u{e5b}') {
                if let Some(glyph) = face.glyph_index(character) {
                    nominal.entry((weight, glyph.0)).or_insert(character);
                }
            }
        }
        Some(Self { regular, bold, used: BTreeMap::new(), nominal })
    }

    pub(super) fn face(&self, weight: Weight) -> &Face<'static> {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        }
    }

    /// Shapes one line. Control characters become spaces.
    pub(super) fn shape(&mut self, text: &str, weight: Weight) -> Line {
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(&text);
        buffer.guess_segment_properties();
        let face = self.face(weight);
        let em = face.units_per_em() as f32;
        let shaped = rustybuzz::shape(face, &[], buffer);
        let mut line = Line::default();
        let mut clusters: Vec<(u16, u32)> = Vec::new();
        for (info, position) in shaped.glyph_infos().iter().zip(shaped.glyph_positions()) {
            let glyph = u16::try_from(info.glyph_id).unwrap_or(0);
            line.glyphs.push(Placed {
                glyph,
                x: line.width + position.x_offset as f32 / em,
                y: position.y_offset as f32 / em,
            });
            line.width += position.x_advance as f32 / em;
            clusters.push((glyph, info.cluster));
        }
        // So that text can be searched and copied from the PDF: the glyphs of a cluster stand for its characters
        // in order, as far as they pair up.
        for same in clusters.chunk_by(|a, b| a.1 == b.1) {
            let start = same.first().map_or(0, |(_, cluster)| usize::try_from(*cluster).unwrap_or(0));
            let characters = text.get(start..).unwrap_or_default().chars();
            for ((glyph, _), character) in same.iter().zip(characters) {
                let character = self.nominal.get(&(weight, *glyph)).copied().unwrap_or(character);
                self.used.entry((weight, *glyph)).or_insert(character);
            }
        }
        line
    }

    /// A glyph's width in ems.
    pub(super) fn advance(&self, weight: Weight, glyph: u16) -> f32 {
        let face = self.face(weight);
        f32::from(face.glyph_hor_advance(GlyphId(glyph)).unwrap_or(0)) / face.units_per_em() as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thai_has_all_its_glyphs_and_marks_take_no_width() {
        let mut fonts = Fonts::load().unwrap();
        let line = fonts.shape("เทศบาลตำบลบ้านน้ำที่ปู่ญ่าปั้น ๒๕๖๙ 0123 ABC", Weight::Regular);
        assert!(line.glyphs.iter().all(|placed| placed.glyph != 0));
        let (with, without) = (fonts.shape("ที่", Weight::Bold), fonts.shape("ท", Weight::Bold));
        assert!((with.width - without.width).abs() < 0.01);
        // The tone mark stands higher when there is a vowel below it: another glyph or another place.
        let key = |line: &Line| line.glyphs.last().map(|p| (p.glyph, (p.y * 1000.0) as i32));
        assert_ne!(key(&fonts.shape("ที่", Weight::Regular)), key(&fonts.shape("ท่", Weight::Regular)));
    }
}
