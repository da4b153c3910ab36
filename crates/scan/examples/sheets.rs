//! Draws sheets of made-up labels, to look at, to time, and to read back with another decoder.
//!
//! `cargo run --release -p scan --features sheets --example sheets -- FOLDER [STOCK] [COUNT] [two]` writes
//! `labels.pdf`, `calibration.pdf`, `page-1.svg`, `engraving.svg` and `labels.txt`, the links one a line.
#![allow(clippy::print_stdout, reason = "a tool for the terminal")]

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use scan::sheet::{Label, Sheet, Stock, calibration_pdf, engraving_svg, pdf, svg};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = Path::new(arguments.first().ok_or("which folder?")?);
    let stock = arguments.get(1).map_or("63.5x38.1", String::as_str);
    let count: u32 = arguments.get(2).map_or(Ok(42), |count| count.parse())?;
    let sheet = Sheet {
        colour: [0x0b, 0x5c, 0xad],
        municipality: "เทศบาลตำบลบ้านน้ำใสใต้ปู่".into(),
        public_line: Some("สแกนเพื่อแจ้งปัญหา".into()),
        two_copies: arguments.get(3).is_some_and(|word| word == "two"),
        ..Sheet::new(Stock::named(stock).ok_or("no such sheet")?)
    };
    let labels: Vec<Label> = (0..count)
        .map(|number| {
            // Any ten characters will do; these differ in all places.
            let code: String = (0..10u32)
                .map(|place| {
                    let digit =
                        number.wrapping_mul(2_654_435_761).rotate_left(place * 5).wrapping_add(place) % 32;
                    b"0123456789ABCDEFGHJKMNPQRSTVWXYZ"
                        .get(digit as usize)
                        .map_or('0', |byte| char::from(*byte))
                })
                .collect();
            Label {
                link: format!("HTTPS://SANAM.EXAMPLE.GO.TH/Q/{code}"),
                code,
                title: "มิเตอร์น้ำประปา".into(),
                name: format!("สาย {} เลขที่ {number}", number % 20),
            }
        })
        .collect();
    let start = Instant::now();
    let file = pdf(&labels, &sheet)?;
    println!("{count} labels: {:.2} s, {} bytes", start.elapsed().as_secs_f64(), file.len());
    std::fs::write(folder.join("labels.pdf"), file)?;
    std::fs::write(folder.join("calibration.pdf"), calibration_pdf(&sheet)?)?;
    let first = labels.get(..labels.len().min(sheet.stock.count())).unwrap_or_default();
    for (page, name) in svg(first, &sheet)?.iter().zip(["page-1.svg"]) {
        std::fs::write(folder.join(name), page)?;
    }
    if let Some(label) = labels.first() {
        std::fs::write(folder.join("engraving.svg"), engraving_svg(label, &sheet)?)?;
    }
    let links: Vec<String> = labels.into_iter().map(|label| label.link).collect();
    std::fs::write(folder.join("labels.txt"), links.join("\n"))?;
    Ok(())
}
