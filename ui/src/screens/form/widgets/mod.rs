//! The answers: one file for each family of question kinds.

pub mod choice;
pub mod date;
pub mod media;
pub mod number;
pub mod place;
pub mod repeat;
pub mod signature;
pub mod text;
