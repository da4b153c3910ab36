//! Shapes to PDF: vectors, photos, both fonts whole, and the wish not to be scaled by whoever prints it.

mod jpeg;

pub use jpeg::Jpeg;
#[cfg(test)]
pub(crate) use jpeg::tests;

use std::collections::BTreeSet;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

use crate::outline::outlines;
use crate::shape::Shape;
use crate::text::{BOLD, Fonts, REGULAR, Weight};

/// Points in a millimetre.
const POINTS: f32 = 72.0 / 25.4;
const CATALOG: i32 = 1;
const PAGES: i32 = 2;
/// Five objects each: font, descendant, descriptor, file, map to text.
const FONTS: [(Weight, i32, &str, &str, &[u8]); 2] =
    [(Weight::Regular, 3, "R", "Sarabun-Regular", REGULAR), (Weight::Bold, 8, "B", "Sarabun-Bold", BOLD)];
const FIRST_PAGE: i32 = 13;

/// A file that grows page by page, so that memory holds pages compressed and only those being drawn as shapes.
pub struct File {
    pdf: Pdf,
    next: i32,
    pages: Vec<Ref>,
}

impl Default for File {
    fn default() -> Self {
        Self::new()
    }
}

impl File {
    /// A file without pages.
    pub fn new() -> Self {
        Self { pdf: Pdf::new(), next: FIRST_PAGE, pages: Vec::new() }
    }

    /// Adds a picture, for pages to show.
    pub fn picture(&mut self, jpeg: &Jpeg) -> PictureNo {
        let no = PictureNo(self.next);
        self.next += 1;
        let mut image = self.pdf.image_xobject(Ref::new(no.0), &jpeg.bytes);
        image.width(i32::from(jpeg.width)).height(i32::from(jpeg.height)).bits_per_component(8);
        if jpeg.is_grey {
            image.color_space().device_gray();
        } else {
            image.color_space().device_rgb();
        }
        image.filter(Filter::DctDecode);
        no
    }

    /// Adds a page of this width and height in millimetres, drawn by [`stream`].
    pub fn page(&mut self, size: (f32, f32), stream: &[u8]) {
        self.page_showing(size, stream, &[]);
    }

    /// Adds a page with pictures, drawn by [`stream_showing`] with the same ones.
    pub fn page_showing(&mut self, (width, height): (f32, f32), stream: &[u8], pictures: &[Placed]) {
        let (page_ref, content_ref) = (Ref::new(self.next), Ref::new(self.next + 1));
        self.next += 2;
        self.pages.push(page_ref);
        let mut page = self.pdf.page(page_ref);
        let media = Rect::new(0.0, 0.0, width * POINTS, height * POINTS);
        page.media_box(media).parent(Ref::new(PAGES)).contents(content_ref);
        let mut resources = page.resources();
        let mut fonts = resources.fonts();
        for (_, id, name, ..) in FONTS {
            fonts.pair(Name(name.as_bytes()), Ref::new(id));
        }
        fonts.finish();
        if !pictures.is_empty() {
            let mut shown = resources.x_objects();
            for Placed { picture, .. } in pictures {
                shown.pair(Name(picture.name().as_bytes()), Ref::new(picture.0));
            }
            shown.finish();
        }
        resources.finish();
        page.finish();
        self.pdf.stream(content_ref, stream).filter(Filter::FlateDecode);
    }

    /// The bytes of the file. `fonts` are those that every page was shaped with.
    pub fn finished(mut self, fonts: &Fonts) -> Vec<u8> {
        let mut catalog = self.pdf.catalog(Ref::new(CATALOG));
        catalog.pages(Ref::new(PAGES)).lang(TextStr("th"));
        catalog.viewer_preferences().pair(Name(b"PrintScaling"), Name(b"None"));
        catalog.finish();
        let count = i32::try_from(self.pages.len()).unwrap_or(i32::MAX);
        self.pdf.pages(Ref::new(PAGES)).kids(self.pages.iter().copied()).count(count);
        for (weight, id, _, name, file) in FONTS {
            write_font(&mut self.pdf, weight, id, name, file, fonts);
        }
        self.pdf.finish()
    }
}

/// A picture of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureNo(i32);

impl PictureNo {
    /// What pages call it.
    fn name(self) -> String {
        format!("P{}", self.0)
    }
}

/// A picture on a page, in millimetres from the upper left corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placed {
    /// Which.
    pub picture: PictureNo,
    /// Left edge.
    pub x: f32,
    /// Upper edge.
    pub y: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

/// What draws these shapes on a page of this height in millimetres, compressed.
pub fn stream(height: f32, shapes: &[Shape]) -> Vec<u8> {
    stream_showing(height, shapes, &[])
}

/// What draws these shapes and pictures on a page of this height in millimetres, compressed.
pub fn stream_showing(height: f32, shapes: &[Shape], pictures: &[Placed]) -> Vec<u8> {
    let mut content = Content::new();
    // Millimetres from the upper left corner, downwards.
    content.transform([POINTS, 0.0, 0.0, -POINTS, 0.0, height * POINTS]);
    for shape in shapes {
        draw(&mut content, shape);
    }
    for Placed { picture, x, y, width, height } in pictures {
        // A picture stands upright in a square of one by one, and the page counts downwards.
        content
            .save_state()
            .transform([*width, 0.0, 0.0, -height, *x, y + height])
            .x_object(Name(picture.name().as_bytes()))
            .restore_state();
    }
    compressed(&content.finish())
}

fn set_colour(content: &mut Content, [red, green, blue]: [u8; 3]) {
    if red == green && green == blue {
        // Pure black ink, not a mixture of all.
        content.set_fill_gray(f32::from(red) / 255.0);
    } else {
        content.set_fill_rgb(f32::from(red) / 255.0, f32::from(green) / 255.0, f32::from(blue) / 255.0);
    }
}

fn draw(content: &mut Content, shape: &Shape) {
    match shape {
        Shape::Box { x, y, width, height, colour } => {
            set_colour(content, *colour);
            content.rect(*x, *y, *width, *height).fill_nonzero();
        }
        Shape::Frame { x, y, width, height } => {
            content.set_stroke_gray(0.7).set_line_width(0.1).rect(*x, *y, *width, *height).stroke();
        }
        Shape::Code { x, y, module, modules } => {
            content.save_state().set_fill_gray(0.0).transform([*module, 0.0, 0.0, *module, *x, *y]);
            for line in outlines(modules) {
                let mut corners = line.iter().map(|(x, y)| (*x as f32, *y as f32));
                if let Some((x, y)) = corners.next() {
                    content.move_to(x, y);
                }
                for (x, y) in corners {
                    content.line_to(x, y);
                }
                content.close_path();
            }
            content.fill_even_odd().restore_state();
        }
        Shape::Text { x, y, size, weight, colour, line } => {
            set_colour(content, *colour);
            let name = FONTS.iter().find(|font| font.0 == *weight).map_or("R", |font| font.2);
            content.begin_text().set_font(Name(name.as_bytes()), 1.0);
            for placed in &line.glyphs {
                content
                    .set_text_matrix([*size, 0.0, 0.0, -size, x + placed.x * size, y - placed.y * size])
                    .show(Str(&placed.glyph.to_be_bytes()));
            }
            content.end_text();
        }
    }
}

fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(4));
    // Writing to memory cannot fail; if it did, an empty stream would show.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

fn write_font(pdf: &mut Pdf, weight: Weight, id: i32, name: &str, file: &[u8], fonts: &Fonts) {
    let [font, descendant, descriptor, file_ref, map] = [0, 1, 2, 3, 4].map(|i| Ref::new(id + i));
    let system = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };
    let used: Vec<(u16, char)> = fonts
        .used
        .iter()
        .filter(|((used_weight, _), _)| *used_weight == weight)
        .map(|((_, glyph), character)| (*glyph, *character))
        .collect();
    pdf.type0_font(font)
        .base_font(Name(name.as_bytes()))
        .encoding_predefined(Name(b"Identity-H"))
        .descendant_font(descendant)
        .to_unicode(map);
    let mut cid = pdf.cid_font(descendant);
    cid.subtype(CidFontType::Type2)
        .base_font(Name(name.as_bytes()))
        .system_info(system)
        .font_descriptor(descriptor)
        .default_width(500.0)
        .cid_to_gid_map_predefined(Name(b"Identity"));
    let mut widths = cid.widths();
    let glyphs: BTreeSet<u16> = used.iter().map(|(glyph, _)| *glyph).collect();
    for glyph in glyphs {
        widths.consecutive(glyph, [fonts.advance(weight, glyph) * 1000.0]);
    }
    widths.finish();
    cid.finish();
    let face = fonts.face(weight);
    let scale = 1000.0 / face.units_per_em() as f32;
    let bounds = face.global_bounding_box();
    pdf.font_descriptor(descriptor)
        .name(Name(name.as_bytes()))
        .flags(FontFlags::SYMBOLIC)
        .bbox(Rect::new(
            f32::from(bounds.x_min) * scale,
            f32::from(bounds.y_min) * scale,
            f32::from(bounds.x_max) * scale,
            f32::from(bounds.y_max) * scale,
        ))
        .italic_angle(0.0)
        .ascent(f32::from(face.ascender()) * scale)
        .descent(f32::from(face.descender()) * scale)
        .cap_height(f32::from(face.capital_height().unwrap_or(700)) * scale)
        .stem_v(if weight == Weight::Bold { 140.0 } else { 80.0 })
        .font_file2(file_ref);
    let packed = compressed(file);
    let mut stream = pdf.stream(file_ref, &packed);
    stream.filter(Filter::FlateDecode);
    stream.pair(Name(b"Length1"), i32::try_from(file.len()).unwrap_or(0));
    stream.finish();
    let mut text = UnicodeCmap::new(Name(b"Text"), system);
    for (glyph, character) in used {
        text.pair(glyph, character);
    }
    pdf.cmap(map, &text.finish());
}
