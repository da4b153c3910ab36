//! Tells the store's stories on OPFS. Built and run by `tests/browser/store.test.mjs`; no part of the app.
#![cfg(target_arch = "wasm32")]

#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a story ends where it comes out wrong"
)]
#[path = "../tests/stories/mod.rs"]
mod stories;

use sqlite_wasm_rs::vfs::VfsFilesManager;
use store::{Kind, Store};
use ui_worker::opfs;
use wasm_bindgen::prelude::wasm_bindgen;

/// The names of the stories, one a line.
#[wasm_bindgen]
pub fn names() -> String {
    stories::STORIES.iter().map(|(name, _)| format!("{name}\n")).collect()
}

/// Tells the story of a number, in files of its own. A story that comes out wrong ends in a trap; the console says why.
///
/// # Errors
/// What the browser refused.
#[wasm_bindgen]
pub async fn tell(number: usize) -> Result<(), String> {
    console_error_panic_hook::set_once();
    let pool = opfs::install().await.map_err(|error| error.to_string())?;
    pool.clear().map_err(|error| error.to_string())?;
    let (_, story) = stories::STORIES.get(number).ok_or("no such story")?;
    story(&|file| {
        let seed = file.bytes().map(u64::from).sum::<u64>() + 100 * number as u64;
        Store::open_connection(opfs::open(file)?, Kind::Device, stories::entropy(seed))
    });
    Ok(())
}
