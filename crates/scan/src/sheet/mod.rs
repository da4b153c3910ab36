//! Sheets of labels for the printer (PDF), the browser (SVG) and the engraver (SVG of outlines).
//!
//! Making the PDF here, with the font in it, is the only way to a sticker that lies where the paper is cut: pages
//! printed from a browser are shifted and scaled by its print dialogue. Each module is a whole number of printer
//! dots wide, so that no row of a code comes out thinner than the next.
//!
//! ```
//! use scan::sheet::{Label, Sheet, Stock, pdf};
//! let stock = Stock::named("63.5x38.1").ok_or("no such sheet")?;
//! let sheet = Sheet { municipality: "เทศบาลตำบลบ้านสนาม".into(), ..Sheet::new(stock) };
//! let label = Label {
//!     link: "HTTPS://SANAM.EXAMPLE.GO.TH/Q/7K3D9QX2M4".into(),
//!     code: "7K3D9QX2M4".into(),
//!     title: "มิเตอร์น้ำ".into(),
//!     name: "สาย 3 เลขที่ 42".into(),
//! };
//! let file = pdf(&[label], &sheet)?;
//! assert!(file.starts_with(b"%PDF"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod layout;
mod stock;
mod vector;

use documents::pdf as paper;
use documents::shape::Shape;
use documents::text::Fonts;
pub use stock::{PAGE_UM, STOCKS, Stock};

/// One label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// What the QR code holds. Give it in capitals: the code is smaller and each module larger.
    pub link: String,
    /// The code in clear text, for when no camera reads it. Ten characters are printed as two groups of five.
    pub code: String,
    /// What it is stuck on: `มิเตอร์น้ำ`, `เสาไฟ`. May be empty.
    pub title: String,
    /// Which one: a number, a place. May be empty. No names of people: labels hang in the street.
    pub name: String,
}

/// How labels are printed.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// The paper.
    pub stock: &'static Stock,
    /// The programme's colour, red, green, blue: a stripe and the title.
    pub colour: [u8; 3],
    /// Who owns the thing. May be empty.
    pub municipality: String,
    /// A line for citizens, such as `สแกนเพื่อแจ้งปัญหา`; `None` where the label is not for them.
    pub public_line: Option<String>,
    /// The first label of the first sheet that is still there, counted along the rows from 1.
    pub start_at: usize,
    /// The printer's dots per inch: 203 or 300 on rolls, 300, 600 or 1200 on sheets.
    pub dots_per_inch: u32,
    /// How far all is moved right and down, in micrometres, for a printer that pulls its paper askew.
    pub offset_um: (i32, i32),
    /// Two codes on a label, where both can have modules of at least half a millimetre: dirt or a scratch seldom
    /// takes both.
    pub two_copies: bool,
}

impl Sheet {
    /// Black, for the usual printer of its paper, from the first label on, with nothing but the code.
    pub fn new(stock: &'static Stock) -> Self {
        Self {
            stock,
            colour: [0, 0, 0],
            municipality: String::new(),
            public_line: None,
            start_at: 1,
            dots_per_inch: stock.usual_dots_per_inch(),
            offset_um: (0, 0),
            two_copies: false,
        }
    }
}

/// Why there is no sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadSheet {
    /// A link does not fit the largest QR code.
    LinkTooLong,
    /// The modules would be under a third of a millimetre or four of the printer's dots: take a larger label, a finer
    /// printer or a shorter link.
    LabelTooSmall,
    /// The fonts of this program cannot be read.
    NoFont,
}

impl std::fmt::Display for BadSheet {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::LinkTooLong => "the link is too long for a QR code",
            Self::LabelTooSmall => "the label is too small for a code that a camera can read",
            Self::NoFont => "the fonts cannot be read",
        })
    }
}

impl std::error::Error for BadSheet {}

/// Draws labels, page after page, as one PDF file.
pub fn pdf(labels: &[Label], sheet: &Sheet) -> Result<Vec<u8>, BadSheet> {
    let pages: Vec<Page<'_>> = pages(labels, sheet).collect();
    // Drawing is slow enough (half a millisecond a label) to be shared out among the processor's cores.
    let workers = std::thread::available_parallelism().map_or(1, |count| count.get().min(8));
    let share = pages.len().div_ceil(workers).max(1);
    let draw = |pages: &[Page<'_>]| {
        let mut fonts = Fonts::load().ok_or(BadSheet::NoFont)?;
        let height = sheet.stock.page_mm().1;
        let streams = pages.iter().map(|page| Ok(paper::stream(height, &page.shapes(sheet, &mut fonts)?)));
        Ok((streams.collect::<Result<Vec<_>, BadSheet>>()?, fonts))
    };
    let drawn: Vec<Result<_, BadSheet>> = std::thread::scope(|scope| {
        let hands: Vec<_> = pages.chunks(share).map(|pages| scope.spawn(|| draw(pages))).collect();
        hands.into_iter().map(|hand| hand.join().unwrap_or(Err(BadSheet::NoFont))).collect()
    });
    let mut fonts = Fonts::load().ok_or(BadSheet::NoFont)?;
    let mut file = paper::File::new();
    for part in drawn {
        let (streams, used) = part?;
        streams.iter().for_each(|stream| file.page(sheet.stock.page_mm(), stream));
        fonts.used.extend(used.used);
    }
    Ok(file.finished(&fonts))
}

/// Draws labels as one SVG document a page. Text is drawn as outlines, so no font is needed to see it.
pub fn svg(labels: &[Label], sheet: &Sheet) -> Result<Vec<String>, BadSheet> {
    let mut fonts = Fonts::load().ok_or(BadSheet::NoFont)?;
    pages(labels, sheet)
        .map(|page| {
            let shapes = page.shapes(sheet, &mut fonts)?;
            Ok(vector::document(sheet.stock.page_mm(), false, &shapes, &fonts))
        })
        .collect()
}

/// Draws one label by itself on a page as large as the label, for a reprint on a label printer. (A reprint on a used
/// sheet is [`pdf`] with one label and the sheet's `start_at`.)
pub fn single_pdf(label: &Label, sheet: &Sheet) -> Result<Vec<u8>, BadSheet> {
    let mut fonts = Fonts::load().ok_or(BadSheet::NoFont)?;
    let mut file = paper::File::new();
    let mut shapes = layout::label(label, sheet, &mut fonts)?;
    shapes.retain(|shape| !matches!(shape, Shape::Frame { .. }));
    let size = sheet.stock.label_mm();
    file.page(size, &paper::stream(size.1, &shapes));
    Ok(file.finished(&fonts))
}

/// What a label will be once printed, to be told to whoever chooses the paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fit {
    /// The width of a module in micrometres.
    pub module_um: u32,
    /// The width of the code with its quiet zone in micrometres.
    pub code_um: u32,
    /// From how far a phone reads it with ease, in millimetres: 0.4 m for each millimetre of a module, which is 2.5
    /// pixels a module in a frame of 1,280 pixels and 65 degrees.
    pub reads_to_mm: u32,
    /// The least diameter in millimetres of a pole that it may be wrapped on: a code wider than a third of the
    /// diameter is too bent at its sides.
    pub pole_mm: u32,
    /// How many codes there are on the label.
    pub copies: u8,
}

/// Says what a label will be on this sheet.
pub fn fit(label: &Label, sheet: &Sheet) -> Result<Fit, BadSheet> {
    let mut fonts = Fonts::load().ok_or(BadSheet::NoFont)?;
    let shapes = layout::label(label, sheet, &mut fonts)?;
    let codes = shapes.iter().filter_map(|shape| match shape {
        Shape::Code { module, modules, .. } => Some((*module, modules.len())),
        _ => None,
    });
    let (module, modules) = codes.clone().next().ok_or(BadSheet::LabelTooSmall)?;
    let side = module * modules as f32;
    let whole = |value: f32| value.round() as u32;
    Ok(Fit {
        module_um: whole(module * 1000.0),
        code_um: whole(side * 1000.0),
        reads_to_mm: whole(module * 400.0),
        pole_mm: (side / 0.33).ceil() as u32,
        copies: u8::try_from(codes.count()).unwrap_or(u8::MAX),
    })
}

/// Draws one label by itself, the size of a label of the stock, for an engraver: black outlines only and no frame.
pub fn engraving_svg(label: &Label, sheet: &Sheet) -> Result<String, BadSheet> {
    let mut fonts = Fonts::load().ok_or(BadSheet::NoFont)?;
    let plain = Sheet { colour: [0, 0, 0], ..sheet.clone() };
    let shapes: Vec<Shape> = layout::label(label, &plain, &mut fonts)?
        .into_iter()
        .filter(|shape| !matches!(shape, Shape::Frame { .. } | Shape::Box { .. }))
        .collect();
    Ok(vector::document(sheet.stock.label_mm(), true, &shapes, &fonts))
}

/// Draws the page that shows whether a printer keeps sizes and places: rulers and the outlines of all labels,
/// without the offset of the sheet.
pub fn calibration_pdf(sheet: &Sheet) -> Result<Vec<u8>, BadSheet> {
    let mut fonts = Fonts::load().ok_or(BadSheet::NoFont)?;
    let mut file = paper::File::new();
    let size = sheet.stock.page_mm();
    file.page(size, &paper::stream(size.1, &layout::calibration(sheet, &mut fonts)));
    Ok(file.finished(&fonts))
}

/// The labels of one page, and the place of the first one on it.
struct Page<'a> {
    labels: &'a [Label],
    first: usize,
}

fn pages<'a>(labels: &'a [Label], sheet: &Sheet) -> impl Iterator<Item = Page<'a>> {
    let count = sheet.stock.count().max(1);
    // A sheet that is used up is no sheet to start on.
    let used = sheet.start_at.saturating_sub(1) % count;
    let (head, rest) = labels.split_at_checked(count - used).unwrap_or((labels, &[]));
    let first = (!head.is_empty()).then_some(Page { labels: head, first: used });
    first.into_iter().chain(rest.chunks(count).map(|labels| Page { labels, first: 0 }))
}

impl Page<'_> {
    fn shapes(&self, sheet: &Sheet, fonts: &mut Fonts) -> Result<Vec<Shape>, BadSheet> {
        let mut shapes = Vec::new();
        for (index, label) in (self.first..).zip(self.labels) {
            let corner = layout::corner(sheet.stock, index, sheet.offset_um);
            shapes.extend(layout::label(label, sheet, fonts)?.into_iter().map(|shape| shape.moved(corner)));
        }
        Ok(shapes)
    }
}
