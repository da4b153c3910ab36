//! What a reading gives: text, kind, place, and the step that found it.

use serde::{Deserialize, Serialize};

use crate::bars::thirteen;

/// The kinds of code that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Format {
    /// QR code, model 2, versions 1 to 40.
    Qr,
    /// Micro QR code, versions M1 to M4: one finder pattern, 11 to 17 modules a side.
    MicroQr,
    /// Code 128, all three code sets.
    Code128,
    /// Code 39 without its optional check character.
    Code39,
    /// EAN-13 whose first digit is not 0.
    Ean13,
    /// EAN-8.
    Ean8,
    /// UPC-A: the EAN-13 whose first digit is 0, as its 13 digits, so that a number is the same however it was read.
    UpcA,
    /// UPC-E: six digits that stand for a UPC-A, as the 13 digits of that.
    UpcE,
    /// Interleaved 2 of 5. It has no check of its own: believe it only if the registry knows the number.
    Itf,
    /// Data Matrix with the error correction of today (ECC 200), square or oblong.
    DataMatrix,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Qr,
        Self::MicroQr,
        Self::Code128,
        Self::Code39,
        Self::Ean13,
        Self::Ean8,
        Self::UpcA,
        Self::UpcE,
        Self::Itf,
        Self::DataMatrix,
    ];

    /// The name that browsers give it (`BarcodeDetector` of the Shape Detection API); Micro QR has none there.
    pub fn name(self) -> &'static str {
        match self {
            Self::Qr => "qr_code",
            Self::MicroQr => "micro_qr_code",
            Self::Code128 => "code_128",
            Self::Code39 => "code_39",
            Self::Ean13 => "ean_13",
            Self::Ean8 => "ean_8",
            Self::UpcA => "upc_a",
            Self::UpcE => "upc_e",
            Self::Itf => "itf",
            Self::DataMatrix => "data_matrix",
        }
    }

    /// The format of that [`Format::name`].
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// Whether the code protects itself so little that one picture is not enough: either two frames agree on it
    /// (see [`crate::Agreement`]), or a registry knows the text, or a person confirms it. These are the kinds
    /// without a check (ITF, Code 39) and those whose one check digit is all they have over few modules.
    pub fn is_weak(self) -> bool {
        matches!(self, Self::Itf | Self::Code39 | Self::Ean8 | Self::UpcE | Self::MicroQr)
    }
}

/// The rung of the ladder that read a symbol. Shown in diagnostics; it says which pictures are hard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Step {
    /// QR reader on the frame, capped at 1,280 pixels.
    Camera,
    /// Scan lines along the rows and columns of the capped frame.
    Lines,
    /// Data Matrix: in a frame through its middle, in a photograph everywhere.
    Squares,
    /// QR reader on the untouched picture, where that is larger than 1,280 pixels.
    FullSize,
    /// A second QR finder on a copy of at most 640 pixels.
    HalfSize,
    /// QR reader after an unsharp mask, for blur.
    Sharpened,
    /// QR reader on the busiest part, after the blur of a lens out of focus has been taken off.
    Unblurred,
    /// A grid grown from one finder pattern, for codes whose other corners are dirty, torn or bent.
    OneCorner,
    /// QR reader on a third of the size, for codes seen from very close and for patterned noise.
    ThirdSize,
    /// QR reader on a blurred picture, for modules printed or punched as dots, and for grain.
    Calmed,
    /// Scan lines close together across whatever bars there are, and at twelve angles.
    LinesAtAngles,
    /// QR reader on light modules over a dark ground.
    Inverted,
    /// QR reader on a picture blown up to twice its size, for codes of less than two pixels a module.
    DoubleSize,
    /// No step of this crate: the browser's own detector read it, and the caller says so.
    Browser,
}

/// A place in the picture, in pixels from its upper left corner; fractions are parts of a pixel.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Point {
    /// To the right.
    pub x: f32,
    /// Downwards.
    pub y: f32,
}

/// One code that was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Symbol {
    /// The content, exactly as encoded.
    pub text: String,
    /// What kind of code it was.
    pub format: Format,
    /// Upper left, upper right, lower right and lower left as seen by the code itself, in the pixels of the
    /// picture given. Bar codes give the ends of the highest and lowest line that agreed, a band within the code.
    pub corners: [Point; 4],
    /// The step that read it.
    pub found_by: Step,
}

impl Symbol {
    /// A symbol that the browser's own detector read: its name of the format, the text, and the corners as it gives
    /// them (clockwise from the upper left). `None` for a format that is not read here, or a number whose check digit
    /// is wrong. Browsers give a UPC's digits as printed; here they become what our own reader gives.
    pub fn from_browser(format: &str, text: &str, corners: [Point; 4]) -> Option<Self> {
        let format = Format::named(format)?;
        let (format, text) = match format {
            Format::UpcA | Format::UpcE => (format, thirteen(format, text)?),
            Format::Ean13 if text.starts_with('0') => (Format::UpcA, thirteen(format, text)?),
            Format::Ean13 | Format::Ean8 => (format, thirteen(format, text)?),
            _ => (format, text.to_owned()),
        };
        (!text.is_empty()).then_some(Self { text, format, corners, found_by: Step::Browser })
    }

    /// The mean of its corners.
    pub fn middle(&self) -> Point {
        middle_of(&self.corners)
    }
}

pub(crate) fn middle_of(corners: &[Point; 4]) -> Point {
    let sum = corners.iter().fold(Point::default(), |sum, p| Point { x: sum.x + p.x, y: sum.y + p.y });
    Point { x: sum.x / 4.0, y: sum.y / 4.0 }
}

/// What one step found: a symbol in the pixels of the copy that the step looked at.
pub(crate) struct Found {
    pub(crate) text: String,
    pub(crate) format: Format,
    pub(crate) corners: [Point; 4],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_found_by_its_name() {
        for format in Format::ALL {
            assert_eq!(Format::named(format.name()), Some(format));
        }
        assert_eq!(Format::named("aztec"), None);
    }

    #[test]
    fn a_number_is_the_same_whoever_read_it() {
        let read = |format: &str, text: &str| {
            let symbol = Symbol::from_browser(format, text, [Point::default(); 4])?;
            Some((symbol.format, symbol.text))
        };
        let number = |format, text: &str| Some((format, text.to_owned()));
        assert_eq!(read("upc_a", "036000291452"), number(Format::UpcA, "0036000291452"));
        assert_eq!(read("ean_13", "0036000291452"), number(Format::UpcA, "0036000291452"));
        assert_eq!(read("upc_a", "0036000291452"), number(Format::UpcA, "0036000291452"));
        assert_eq!(read("upc_e", "01234565"), number(Format::UpcE, "0012345000065"));
        assert_eq!(read("ean_8", "88512341"), number(Format::Ean8, "88512341"));
        assert_eq!(read("upc_a", "036000291453"), None);
        assert_eq!(read("qr_code", "ก <b>"), number(Format::Qr, "ก <b>"));
        assert_eq!(read("pdf417", "x"), None);
    }
}
