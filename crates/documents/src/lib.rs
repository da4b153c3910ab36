//! What Sanam prints: bills and receipts as pages, as dots for thermal printers and as pictures to send on; tables
//! as pages, workbooks and text. Facts in, bytes out: nothing here reads or writes a file, and nothing knows what
//! time it is.
//!
//! Thai is shaped here, by one engine and one font, whatever it is drawn on: a printer's own Thai letters and a viewer's
//! guesses put tone marks in the wrong place. Layouts make [`shape::Shape`]s in millimetres; [`raster`] makes dots of
//! them and `pdf` pages. The dots also come out of the phone's worker, so that path is small and has no features.

pub mod code128;
pub mod escpos;
mod flow;
pub mod outline;
pub mod paper;
#[cfg(feature = "pdf")]
pub mod pdf;
pub mod qr;
pub mod raster;
pub mod report;
pub mod shape;
pub mod text;

/// Why there is no paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPaper {
    /// The fonts of this program cannot be read, which a test excludes.
    #[error("the fonts cannot be read")]
    NoFont,
    /// A picture could not be encoded.
    #[error("the picture could not be encoded")]
    NotEncoded,
}
