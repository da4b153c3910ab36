//! The store behind the browser door: one SQLite file on OPFS, in a dedicated worker.
//!
//! SQLite needs synchronous file access, and a browser gives it only to a dedicated worker of a secure context
//! (`FileSystemSyncAccessHandle`). So the database lives here, and the page asks for things by `postMessage`.
//! Outside a browser this crate is empty.
#![cfg(target_arch = "wasm32")]

mod opfs;

pub use opfs::{install, open};

use wasm_bindgen::prelude::wasm_bindgen;

/// Makes the browser's private file system ready for SQLite.
///
/// Called once by `worker.js` after the module is loaded, before any message is answered.
///
/// # Errors
/// The text of what the browser refused: no OPFS (a private window, an old browser), or another tab holds the files.
#[wasm_bindgen]
pub async fn start() -> Result<(), String> {
    console_error_panic_hook::set_once();
    install().await.map_err(|error| error.to_string())
}
