//! The reader and the label maker, tested against each other and against pictures drawn here.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test that panics has failed"
)]

mod draw;
mod label;
mod read;
#[cfg(feature = "sheets")]
mod sheet;
