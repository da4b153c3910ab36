//! Thai text as glyphs with places. Vowels and tone marks stand above and below their consonants and push each
//! other out of the way, which only a shaping engine knows; a PDF or SVG viewer does not.

use std::collections::BTreeMap;

use rustybuzz::ttf_parser::GlyphId;
use rustybuzz::{Face, UnicodeBuffer};

/// Sarabun, regular: the whole font file.
pub const REGULAR: &[u8] = include_bytes!("../fonts/Sarabun-Regular.ttf");
/// Sarabun, bold.
pub const BOLD: &[u8] = include_bytes!("../fonts/Sarabun-Bold.ttf");

/// The weight of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// For running text.
    Regular,
    /// For what should be seen first.
    Bold,
}

/// A glyph and where its origin stands, in ems from the start of the line, upwards positive.
#[derive(Debug, Clone, Copy)]
pub struct Placed {
    /// The glyph's number in the font.
    pub glyph: u16,
    /// To the right.
    pub x: f32,
    /// Upwards.
    pub y: f32,
}

/// A shaped line.
#[derive(Debug, Clone, Default)]
pub struct Line {
    /// What is drawn.
    pub glyphs: Vec<Placed>,
    /// In ems.
    pub width: f32,
}

/// Both fonts, and which character each glyph used so far stood for.
pub struct Fonts {
    regular: Face<'static>,
    bold: Face<'static>,
    /// Which character each glyph used so far stood for.
    pub used: BTreeMap<(Weight, u16), char>,
    /// The characters that have a glyph of their own: the vowel am is drawn as two others, one of which is aa.
    nominal: BTreeMap<(Weight, u16), char>,
}

impl Fonts {
    /// `None` if the fonts in this crate are broken, which a test excludes.
    pub fn load() -> Option<Self> {
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

    /// The font of a weight.
    pub fn face(&self, weight: Weight) -> &Face<'static> {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        }
    }

    /// Shapes one line. Control characters become spaces.
    pub fn shape(&mut self, text: &str, weight: Weight) -> Line {
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
    pub fn advance(&self, weight: Weight, glyph: u16) -> f32 {
        let face = self.face(weight);
        f32::from(face.glyph_hor_advance(GlyphId(glyph)).unwrap_or(0)) / face.units_per_em() as f32
    }
}

/// Where a Thai line may be broken or cut short: before a consonant or a leading vowel, never between a letter and its marks nor
/// between a leading vowel and its consonant.
fn is_cut(before: Option<char>, at: char) -> bool {
    let is_mark = matches!(at, '\u{e30}'..='\u{e3a}' | '\u{e45}'..='\u{e4e}');
    let leads = before.is_some_and(|c| matches!(c, '\u{e40}'..='\u{e44}'));
    !is_mark && !leads
}

fn cuts(text: &str) -> Vec<usize> {
    let mut before = None;
    let mut cuts = Vec::new();
    for (at, c) in text.char_indices() {
        if is_cut(before, c) {
            cuts.push(at);
        }
        before = Some(c);
    }
    cuts
}

impl Fonts {
    /// As much of a text as fits into `ems`, with an ellipsis where something is left out. No mark loses its letter.
    pub fn fitted(&mut self, text: &str, weight: Weight, ems: f32) -> Line {
        let whole = self.shape(text, weight);
        if whole.width <= ems {
            return whole;
        }
        for cut in cuts(text).into_iter().rev() {
            let short = format!("{}…", text.get(..cut).unwrap_or_default().trim_end());
            let line = self.shape(&short, weight);
            if line.width <= ems {
                return line;
            }
        }
        Line::default()
    }

    /// A text as lines of at most `ems`, broken at blanks where there are any, else between letters.
    pub fn wrapped(&mut self, text: &str, weight: Weight, ems: f32) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut rest = text.trim();
        while !rest.is_empty() {
            let line = self.shape(rest, weight);
            if line.width <= ems {
                lines.push(line);
                break;
            }
            let places = cuts(rest);
            let blanks: Vec<usize> = places
                .iter()
                .copied()
                .filter(|at| rest.get(..*at).is_some_and(|head| head.ends_with(' ')))
                .collect();
            let mut fits = |places: &[usize]| {
                let last = places.partition_point(|at| {
                    *at == 0
                        || self.shape(rest.get(..*at).unwrap_or_default().trim_end(), weight).width <= ems
                });
                places.get(last.checked_sub(1)?).copied().filter(|at| *at > 0)
            };
            // Not even one letter fits: it stands alone, too wide, rather than be lost.
            let cut =
                fits(&blanks).or_else(|| fits(&places)).or_else(|| places.iter().copied().find(|at| *at > 0));
            let Some(cut) = cut else {
                lines.push(line);
                break;
            };
            let (head, tail) = rest.split_at_checked(cut).unwrap_or((rest, ""));
            lines.push(self.shape(head.trim_end(), weight));
            rest = tail.trim_start();
        }
        lines
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

    #[test]
    fn lines_are_cut_where_no_mark_loses_its_letter() {
        let mut fonts = Fonts::load().unwrap();
        let text = "เลขที่ 99/123 หมู่บ้านพฤกษานิเวศน์รุ่งเรืองเจริญทรัพย์สมบูรณ์ ตำบลบ้านสนาม";
        for ems in [2.0f32, 4.0, 8.0, 20.0] {
            let lines = fonts.wrapped(text, Weight::Regular, ems);
            assert!(lines.iter().all(|line| line.width <= ems + 0.01), "{ems}");
            let glyphs: usize = lines.iter().map(|line| line.glyphs.len()).sum();
            let whole = fonts.shape(text, Weight::Regular).glyphs.len();
            assert!(glyphs + text.matches(' ').count() >= whole, "{ems}: nothing is lost");
        }
        assert!(fonts.fitted(text, Weight::Bold, 6.0).width <= 6.0);
        assert_eq!(fonts.wrapped("", Weight::Bold, 6.0).len(), 0);
        for (at, c) in ["เก้า", "น้ำ", "ผู้ใหญ่", "โต๊ะ", "แพะ"].iter().flat_map(|word| {
            cuts(word).into_iter().map(move |at| (at, word.get(at..).unwrap().chars().next().unwrap()))
        }) {
            assert!(at == 0 || ('ก'..='ฮ').contains(&c) || ('เ'..='ไ').contains(&c), "{c}");
        }
        assert_eq!(cuts("เก้า"), [0]);
    }
}
