//! The server over a real socket: devices that enrol and exchange, bodies that are wrong, the office's session, the
//! public pages and the app's files.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking, and its helpers are not for others"
)]

mod base_map;
mod bounds;
mod care;
mod devices;
mod emergency;
mod labels;
mod matrix;
mod money;
mod notify;
mod office;
mod open311;
mod orders;
mod pages;
mod photos;
mod reports;
mod uploads;
mod world;
