//! Pixels to text, and text to QR pictures. Nothing here touches a file, a camera or a clock, and only sheets of labels
//! are drawn by more than one thread.
//!
//! The caller hands over one grey picture and gets every code in it that could be read with certainty: QR and Micro
//! QR codes, Data Matrix, and the bar codes that meters and parcels carry. A wrong text is worse than no text,
//! because a wrong meter number bills the wrong house: every symbol passes its own check sum or error correction,
//! and bar codes must besides be read alike on several lines of the picture.
//!
//! Reading is a ladder of [`Step`]s, cheapest first (`steps.rs` holds the whole list). [`Effort::Frame`] climbs
//! the rungs that a live camera can afford on every frame. [`Effort::Still`] goes on, for a photograph that
//! somebody waits for, and stops at the first rung that finds something. What a picture may cost is counted in
//! work and not in time (`budget.rs`), so a picture gives the same answer anywhere; [`decode_within`] asks the
//! caller besides, before each rung and within it, so that this crate needs no clock.
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
mod budget;
mod busy;
mod choice;
mod finders;
mod grown;
pub mod label;
mod ladder;
mod luma;
mod matrix;
mod micro;
mod qr;
#[cfg(feature = "sheets")]
pub mod sheet;
mod steps;
mod symbol;
mod windows;

pub use choice::{Agreement, Aimed, Area, aimed};
pub use luma::{BadPicture, Luma, LumaBuf, MAX_PIXELS, luma_from_rgba};
pub use symbol::{Format, Point, Step, Symbol};

use serde::{Deserialize, Serialize};

/// Says how long a picture may be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Effort {
    /// One frame of a running camera: some ten milliseconds, the next frame comes anyway.
    Frame,
    /// A photograph that somebody waits for: all steps, as long as nothing is found and a fifth of a second's work is
    /// not used up.
    Still,
}

/// Reads all codes in a picture, with no other limit than that of the effort. A picture without a readable code gives an empty list.
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
