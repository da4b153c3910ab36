//! The store behind the browser door: one SQLite file on OPFS, in a dedicated worker.
//!
//! SQLite needs synchronous file access, and a browser gives it only to a dedicated worker of a secure context
//! (`FileSystemSyncAccessHandle`). So the database lives here, and the page asks for things by `postMessage`:
//! `{id, request}` in, `{id, reply}` out, and `{event, detail}` unasked; texts are JSON (see the `door` crate, which
//! the installed app shares). Outside a browser this crate is empty.
#![cfg(target_arch = "wasm32")]

mod desk;
mod files;
mod network;
pub mod opfs;
mod tab;

pub use files::entropy;

use domain::problem::Problem;
use js_sys::global;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::DedicatedWorkerGlobalScope;

/// Opens the store and begins to answer messages. Called once by `worker.js`.
///
/// # Errors
/// The JSON text of a [`Problem`]: `store_locked` when another tab has the store, `store_unavailable` where the browser
/// keeps no files (a private window, an old browser), `store_newer` when a newer app wrote them, `disk_full`.
#[wasm_bindgen]
pub async fn start() -> Result<(), String> {
    std::panic::set_hook(Box::new(|panic| {
        console_error_panic_hook::hook(panic);
        desk::give_up(&panic.location().map(ToString::to_string).unwrap_or_default());
    }));
    open_desk().await.map_err(|problem| serde_json::to_string(&problem).unwrap_or_default())
}

async fn open_desk() -> Result<(), Problem> {
    tab::hold().await?;
    let pool = opfs::install().await.map_err(|error| opfs::problem(&error))?;
    let (store, set_aside) = files::open_store(&pool).await?;
    desk::begin(store, set_aside, pool);
    Ok(())
}

/// The worker this runs in.
fn worker() -> DedicatedWorkerGlobalScope {
    global().unchecked_into()
}
