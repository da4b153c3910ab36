//! Our few components, on native HTML elements. Screens are made of these and of plain elements, never of another
//! screen's parts.

pub mod bars;
pub mod button;
pub mod call;
pub mod camera;
pub mod chip;
pub mod copies;
pub mod decoder;
pub mod dialog;
pub mod field;
pub mod icon;
pub mod infinite;
pub mod lens;
pub mod lost;
pub mod markdown;
pub mod notice;
pub mod order;
pub mod photo;
pub mod rescue;
pub mod row;
pub mod scanner;
pub mod shell;
pub mod strip;
pub mod toast;
pub mod urgent;
pub mod visit;
