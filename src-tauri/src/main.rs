//! The desktop's way in; a phone enters through the library.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

fn main() {
    sanam_app::run();
}
