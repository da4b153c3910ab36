//! Text to QR pictures: vectors for print, dots for the screen, characters for a terminal.
//!
//! All are level Q, which mends a quarter of the code: the least that survives weather, and still small enough
//! for a sticker. (Sheets of labels take level H where there is room for it.) The quiet zone is the four modules of the standard. Give the text in capitals where that is
//! possible (`HTTPS://SERVER/Q/CODE`): capitals, digits and `/:.-` are packed tighter than small letters, which
//! makes the code one or two sizes smaller, and so each module larger. Scheme and host do not mind.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};

/// Light modules round the code.
pub const QUIET_ZONE: usize = 4;
/// The most pixels a module may have in a PNG; the largest code then has 5,920 pixels a side.
pub const MOST_MODULE_PIXELS: u32 = 32;

/// Why no picture could be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadLabel {
    /// The text does not fit the largest code at level Q: 1,663 bytes, or 2,420 capitals and digits.
    TooLong,
    /// The picture could not be encoded. This does not happen with memory to spare.
    NotEncoded,
}

impl std::fmt::Display for BadLabel {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::TooLong => "the text is too long for a QR code that survives dirt",
            Self::NotEncoded => "the picture could not be encoded",
        })
    }
}

impl std::error::Error for BadLabel {}

/// How an SVG is drawn.
#[derive(Debug, Clone, Default)]
pub struct SvgOptions {
    /// The width of a module in thousandths of a millimetre; `None` leaves the size to the page.
    pub module_um: Option<u32>,
    /// What a screen reader says, for instance `รหัส QR ของมิเตอร์`; empty for a mere decoration.
    pub title: String,
}

/// The modules of a code with its quiet zone: a square of rows, `true` is dark.
///
/// For whoever draws the squares by other means, such as a label sheet.
pub fn qr_modules(text: &str) -> Result<Vec<Vec<bool>>, BadLabel> {
    qr_modules_at(text, EcLevel::Q)
}

/// [`qr_modules`] with another level of error correction.
pub(crate) fn qr_modules_at(text: &str, level: EcLevel) -> Result<Vec<Vec<bool>>, BadLabel> {
    let code = QrCode::with_error_correction_level(text, level).map_err(|_| BadLabel::TooLong)?;
    let side = code.width() + 2 * QUIET_ZONE;
    let light_rows = || std::iter::repeat_n(vec![false; side], QUIET_ZONE);
    let colors = code.to_colors();
    let code_rows = colors.chunks_exact(code.width()).map(|row| {
        let quiet = [false; QUIET_ZONE];
        quiet.into_iter().chain(row.iter().map(|color| *color == Color::Dark)).chain(quiet).collect()
    });
    Ok(light_rows().chain(code_rows).chain(light_rows()).collect())
}

/// How many modules wide [`qr_modules_at`] would make it, quiet zone included, without drawing it, which takes a
/// hundred times as long.
#[cfg(feature = "sheets")]
pub(crate) fn side_at(text: &str, level: EcLevel) -> Result<usize, BadLabel> {
    let bits = qrcode::bits::encode_auto(text.as_bytes(), level).map_err(|_| BadLabel::TooLong)?;
    let side = usize::try_from(bits.version().width()).map_err(|_| BadLabel::TooLong)?;
    Ok(side + 2 * QUIET_ZONE)
}

/// Draws a code as a whole SVG document: one white square, one path of black bars a row.
pub fn qr_svg(text: &str, options: &SvgOptions) -> Result<String, BadLabel> {
    let modules = qr_modules(text)?;
    let side = modules.len();
    let mut svg = format!(r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}""#);
    // Writing to a string cannot fail.
    if let Some(um) = options.module_um {
        let size = side as u64 * u64::from(um);
        let _ = write!(svg, r#" width="{0}.{1:03}mm" height="{0}.{1:03}mm""#, size / 1000, size % 1000);
    }
    if options.title.is_empty() {
        svg.push_str(r#" aria-hidden="true">"#);
    } else {
        let _ = write!(svg, r#" role="img"><title>{}</title>"#, escaped(&options.title));
    }
    let _ = write!(svg, r##"<path fill="#fff" d="M0 0h{side}v{side}H0z"/>"##);
    svg.push_str(r##"<path fill="#000" shape-rendering="crispEdges" d=""##);
    for (y, row) in modules.iter().enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if run.first() == Some(&true) {
                let _ = write!(svg, "M{x} {y}h{0}v1h-{0}z", run.len());
            }
            x += run.len();
        }
    }
    svg.push_str(r#""/></svg>"#);
    Ok(svg)
}

/// Text that may stand between XML tags. Characters that XML forbids become the replacement character.
fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, character| {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\t' | '\n' | '\r' => out.push(' '),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(character),
        }
        out
    })
}

/// Draws a code as a PNG file of one bit a pixel. `module_px` is taken as 1 to [`MOST_MODULE_PIXELS`].
pub fn qr_png(text: &str, module_px: u32) -> Result<Vec<u8>, BadLabel> {
    let modules = qr_modules(text)?;
    let module_px = module_px.clamp(1, MOST_MODULE_PIXELS);
    let per_module = usize::try_from(module_px).map_err(|_| BadLabel::NotEncoded)?;
    let side = u32::try_from(modules.len() * per_module).map_err(|_| BadLabel::NotEncoded)?;
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let bits: Vec<u8> = modules
        .iter()
        .flat_map(|row| {
            let pixels: Vec<bool> =
                row.iter().flat_map(|dark| std::iter::repeat_n(*dark, per_module)).collect();
            // Eight pixels a byte, the leftmost highest, each row filled up to whole bytes; 1 is white.
            let packed: Vec<u8> = pixels
                .chunks(8)
                .map(|eight| {
                    eight.iter().zip((0..8).rev()).fold(0, |byte, (dark, bit)| byte | u8::from(!dark) << bit)
                })
                .collect();
            std::iter::repeat_n(packed, per_module).flatten()
        })
        .collect();
    let mut writer = encoder.write_header().map_err(|_| BadLabel::NotEncoded)?;
    writer.write_image_data(&bits).map_err(|_| BadLabel::NotEncoded)?;
    writer.finish().map_err(|_| BadLabel::NotEncoded)?;
    Ok(file)
}

/// Draws a code for a terminal: two modules a character, lines ended by a line feed.
///
/// Black on white is set with escape sequences on every line, so that it can be scanned from a dark terminal
/// as from a light one. The sequences need 256 colours, which every terminal of today has.
pub fn qr_terminal(text: &str) -> Result<String, BadLabel> {
    let modules = qr_modules(text)?;
    let mut out = String::new();
    for pair in modules.chunks(2) {
        let blank = vec![false; modules.len()];
        let (upper, lower) = match pair {
            [upper, lower] => (upper, lower),
            [upper] => (upper, &blank),
            _ => continue,
        };
        out.push_str("\u{1b}[38;5;16;48;5;231m");
        out.extend(upper.iter().zip(lower).map(|halves| match halves {
            (true, true) => '█',
            (true, false) => '▀',
            (false, true) => '▄',
            (false, false) => ' ',
        }));
        out.push_str("\u{1b}[0m\n");
    }
    Ok(out)
}
