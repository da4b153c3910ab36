//! Pixels to text, and text to QR pictures. Nothing here touches a file, a camera, a clock or a thread.
//!
//! The caller hands over one grey picture and gets every code in it that could be read with certainty:
//! QR codes, Data Matrix, and the bar codes that meters and parcels carry. A wrong text is worse than no text, because a
//! wrong meter number bills the wrong house: every symbol passes its own check sum or error correction, and
//! bar codes must besides be read alike on several lines of the picture.
//!
//! Reading is a ladder of [`Step`]s, cheapest first (`steps.rs` holds the whole list). [`Effort::Frame`] climbs
//! the rungs that a live camera can afford on every frame. [`Effort::Still`] goes on, for a photograph that
//! somebody waits for, and stops at the first rung that finds something. [`decode_within`] asks the caller
//! before each rung whether there is still time, so that this crate needs no clock.
//!
//! **Panics.** The third-party detectors fail on some real photographs. Each rung runs behind
//! `catch_unwind`: a panic costs the rung, not the app, and the text of the panic is the panic hook's affair.
//! Where panics abort (wasm32 always; any profile with `panic = "abort"`) nothing can be caught: call this
//! crate in a worker of its own and start that worker anew when it dies. No picture can harm more than its rung.
//!
//! **Text is data.** It comes back exactly as encoded, control characters and all. Never run it, never follow
//! it, escape it where it is shown.

mod bars;
mod bits;
mod grown;
pub mod label;
mod luma;
mod matrix;
mod qr;
#[cfg(feature = "sheets")]
pub mod sheet;
mod steps;

pub use luma::{BadPicture, Luma, LumaBuf, MAX_PIXELS, luma_from_rgba};
use serde::{Deserialize, Serialize};

/// Says how long a picture may be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Effort {
    /// One frame of a running camera: some ten milliseconds, the next frame comes anyway.
    Frame,
    /// A photograph: all steps, as long as nothing is found.
    Still,
}

/// The kinds of code that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Format {
    /// QR code, model 2, versions 1 to 40.
    Qr,
    /// Code 128, all three code sets.
    Code128,
    /// Code 39 without its optional check character.
    Code39,
    /// EAN-13. A UPC-A code is the EAN-13 that starts with 0 and comes back as its 13 digits.
    Ean13,
    /// EAN-8.
    Ean8,
    /// Interleaved 2 of 5. It has no check of its own: believe it only if the registry knows the number.
    Itf,
    /// Data Matrix with the error correction of today (ECC 200), square or oblong.
    DataMatrix,
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
    /// A grid grown from one finder pattern, for codes whose other corners are dirty, torn or bent.
    OneCorner,
    /// QR reader on a third of the size, for codes seen from very close and for patterned noise.
    ThirdSize,
    /// Many scan lines at twelve angles.
    LinesAtAngles,
    /// QR reader on light modules over a dark ground.
    Inverted,
    /// QR reader on a picture blown up to twice its size, for codes of less than two pixels a module.
    DoubleSize,
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

/// Reads all codes in a picture, without a limit of time. A picture without a readable code gives an empty list.
pub fn decode(frame: &Luma<'_>, effort: Effort) -> Vec<Symbol> {
    decode_within(frame, effort, &mut || true)
}

/// Reads all codes in a picture as long as `go_on` says so.
///
/// `go_on` is asked before each step and several times within the long ones; once it answers `false` the work
/// ends with what has been found. A shell passes a look at its clock, a test a counter.
pub fn decode_within(frame: &Luma<'_>, effort: Effort, go_on: &mut dyn FnMut() -> bool) -> Vec<Symbol> {
    steps::climb(frame, effort, go_on)
}
