//! Opens SQLite files on OPFS, the browser's private file system, with the durability the store promises.
//!
//! The pool VFS keeps a set of already opened sync handles, because SQLite cannot wait for a promise in the middle of a
//! transaction. It has no shared memory, hence no WAL, one connection, and one tab at a time (see `tab`).

use domain::problem::{Code, Problem};
use js_sys::Reflect;
use rusqlite::{Connection, OpenFlags};
use sqlite_wasm_rs::WasmOsCallback;
use sqlite_wasm_vfs::sahpool::{
    OpfsSAHError, OpfsSAHPoolCfgBuilder, OpfsSAHPoolUtil, install as install_pool,
};
use std::time::Duration;

/// The name SQLite knows this file system by.
const VFS: &str = "sanam-opfs";
/// Where the pool keeps its files inside the origin's private directory. Changing it loses sight of everyone's data.
const DIRECTORY: &str = ".sanam";
/// Handles to hold open: the database and its journal, and a new pair should that database be damaged.
const CAPACITY: usize = 8;

/// Registers the OPFS pool with SQLite. Asking again is harmless.
///
/// # Errors
/// When the browser has no OPFS, or another worker of this origin already holds the files.
pub async fn install() -> Result<OpfsSAHPoolUtil, OpfsSAHError> {
    let config =
        OpfsSAHPoolCfgBuilder::new().vfs_name(VFS).directory(DIRECTORY).initial_capacity(CAPACITY).build();
    install_pool::<WasmOsCallback>(&config, false).await
}

/// Opens the database `file` (a plain name such as `sanam.db`), and makes it when there is none.
///
/// A commit returns only after the rollback journal and the file were flushed, as the native build's `FULL` does.
///
/// # Errors
/// When [`install`] has not run, or the file is not a database.
pub fn open(file: &str) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let connection = Connection::open_with_flags_and_vfs(file, flags, VFS)?;
    connection.busy_timeout(Duration::ZERO)?;
    connection.pragma_update(None, "journal_mode", "truncate")?;
    connection.pragma_update(None, "synchronous", "full")?;
    Ok(connection)
}

/// Says what an error of the pool means for a person.
pub fn problem(error: &OpfsSAHError) -> Problem {
    let code = match error {
        OpfsSAHError::InvalidHeader { .. } | OpfsSAHError::DuplicateFilename(_) => Code::StoreDamaged,
        OpfsSAHError::Opfs { value, .. } => match name_of(value).as_str() {
            "NoModificationAllowedError" | "InvalidStateError" => Code::StoreLocked,
            "QuotaExceededError" => Code::DiskFull,
            _ => Code::StoreUnavailable,
        },
        _ => Code::StoreUnavailable,
    };
    Problem::new(code).about(error)
}

/// The `name` of a thrown thing, such as `QuotaExceededError`.
fn name_of(thrown: &wasm_bindgen::JsValue) -> String {
    Reflect::get(thrown, &"name".into()).ok().and_then(|name| name.as_string()).unwrap_or_default()
}
