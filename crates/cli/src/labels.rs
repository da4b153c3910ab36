//! `sanam labels`: A4 sheets of blank stickers, to be stuck first and bound in the field.

use crate::machine;
use clap::Args;
use domain::code;
use domain::problem::Problem;
use scan::label::qr_modules;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const COLUMNS: usize = 4;
const ROWS: usize = 6;
/// A4 and a sticker, in tenths of a millimetre.
const PAGE: (usize, usize) = (2_100, 2_970);
const STICKER: (usize, usize) = (500, 470);
const QR_SIDE: usize = 360;

/// Sheets of blank stickers with QR codes, as SVG.
#[derive(Args)]
pub struct Arguments {
    /// How many stickers, each with a code that was never used.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    blank: u32,
    /// The server's public address, which the codes lead to.
    #[arg(long, value_name = "URL")]
    server: String,
    /// The folder to write `labels-1.svg`, `labels-2.svg` ... into.
    #[arg(long, value_name = "DIR", default_value = ".")]
    to: PathBuf,
}

/// Writes the sheets and prints each file's name.
pub fn run(arguments: &Arguments) -> Result<(), Problem> {
    // Blank stickers say nothing about anybody: they go to a printer, in any folder.
    std::fs::create_dir_all(&arguments.to).map_err(|error| machine(arguments.to.display(), error))?;
    let mut random = sync_server::entropy::system();
    let codes: Vec<String> = (0..arguments.blank)
        .map(|_| {
            let mut bytes = [0u8; 8];
            random(&mut bytes);
            code::make(u64::from_le_bytes(bytes))
        })
        .collect();
    for (index, page) in codes.chunks(COLUMNS * ROWS).enumerate() {
        let path = arguments.to.join(format!("labels-{}.svg", index + 1));
        let stickers: Vec<Sticker> = page.iter().map(|code| Sticker::blank(code)).collect();
        write_page(&path, &arguments.server, &stickers)?;
        println!("{}", path.display());
    }
    Ok(())
}

/// One sticker of a sheet.
pub struct Sticker {
    /// Its code.
    pub code: String,
    /// A line under the code; empty on a blank one.
    pub caption: String,
}

impl Sticker {
    fn blank(code: &str) -> Sticker {
        Sticker { code: code.to_owned(), caption: String::new() }
    }
}

/// Writes one A4 sheet with up to 24 stickers.
pub fn write_page(path: &Path, server: &str, stickers: &[Sticker]) -> Result<(), Problem> {
    let (width, height) = PAGE;
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="210mm" height="297mm" viewBox="0 0 {width} {height}">"#
    );
    let (left, top) = ((width - COLUMNS * STICKER.0) / 2, (height - ROWS * STICKER.1) / 2);
    for (place, Sticker { code, caption }) in stickers.iter().take(COLUMNS * ROWS).enumerate() {
        let (x, y) = (left + place % COLUMNS * STICKER.0, top + place / COLUMNS * STICKER.1);
        let modules = qr_modules(&code::link(server, code)).map_err(|error| machine("label", error))?;
        let scale = QR_SIDE as f64 / modules.len() as f64;
        let shift = (STICKER.0 - QR_SIDE) / 2;
        // Writing to a string cannot fail.
        let _ = write!(
            svg,
            r##"<rect x="{x}" y="{y}" width="{}" height="{}" fill="none" stroke="#bbb"/><path transform="translate({} {}) scale({scale:.4})" d=""##,
            STICKER.0,
            STICKER.1,
            x + shift,
            y + 10,
        );
        for (row, dark) in modules.iter().enumerate() {
            let mut column = 0;
            for run in dark.chunk_by(|a, b| a == b) {
                if run.first() == Some(&true) {
                    let _ = write!(svg, "M{column} {row}h{0}v1h-{0}z", run.len());
                }
                column += run.len();
            }
        }
        let (head, tail) = code.split_at_checked(code::LENGTH / 2).unwrap_or((code, ""));
        let _ = write!(
            svg,
            r#"" shape-rendering="crispEdges"/><text x="{}" y="{}" font-family="monospace" font-size="44" text-anchor="middle">{head} {tail}</text>"#,
            x + STICKER.0 / 2,
            y + QR_SIDE + 55,
        );
        if !caption.is_empty() {
            let _ = write!(
                svg,
                r#"<text x="{}" y="{}" font-family="Sarabun, sans-serif" font-size="26" text-anchor="middle">{}</text>"#,
                x + STICKER.0 / 2,
                y + QR_SIDE + 92,
                caption.replace('&', "&amp;").replace('<', "&lt;"),
            );
        }
    }
    svg.push_str("</svg>\n");
    std::fs::write(path, svg).map_err(|error| machine(path.display(), error))
}
