//! The server over a real socket: devices that enrol and exchange, bodies that are wrong, the office's session, the
//! public pages and the app's files.

mod devices;
mod office;
mod pages;
mod world;
