//! Which file of the pool is the database. A damaged one is not touched: the next is begun beside it.
//!
//! The pool cannot rename a file, and copying a damaged one over itself is how data gets lost. So files are numbered,
//! `sanam.db`, `sanam-2.db` and so on, and the newest is the one in use.

use crate::opfs;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::api::{CopiedFile, UnsentCopyReply};
use domain::problem::Problem;
use rusqlite::Connection;
use sqlite_wasm_rs::vfs::VfsFilesManager;
use sqlite_wasm_rs::vfs::transfer::{DbTransfer, ExportSource};
use sqlite_wasm_vfs::sahpool::OpfsSAHPoolUtil;
use store::{Entropy, Error, Kind, Store};

/// Slots to keep free: a new database with its journal, and the same again.
const SPARE_SLOTS: usize = 4;

/// Opens this device's store. Also gives the name of a file that was damaged and is left as it is.
///
/// # Errors
/// `store_newer` when a newer app wrote the file, `disk_full`, or what the pool says.
pub async fn open_store(pool: &OpfsSAHPoolUtil) -> Result<(Store, Option<String>), Problem> {
    let names = pool.names().map_err(|error| opfs::problem(&error))?;
    pool.ensure_capacity(names.len() + SPARE_SLOTS).await.map_err(|error| opfs::problem(&error))?;
    let newest = names.iter().filter_map(|name| number(name)).max().unwrap_or(1);
    match open(newest) {
        Ok(store) => Ok((store, None)),
        Err(Error::Corrupt(_)) => Ok((open(newest + 1)?, Some(name(newest)))),
        Err(error) => Err(error.into()),
    }
}

/// Every file that did not open and was left as it is. One that cannot be read even as bytes is left out.
pub fn damaged(pool: &OpfsSAHPoolUtil) -> UnsentCopyReply {
    let names = pool.names().unwrap_or_default();
    let newest = names.iter().filter_map(|name| number(name)).max();
    let mut reply = UnsentCopyReply::default();
    for name in names.into_iter().filter(|name| number(name).is_some_and(|number| Some(number) < newest)) {
        match pool.open_export(&name).map(|file| file.size()) {
            Ok(size) if size > UnsentCopyReply::MOST_BYTES => reply.too_large.push(name),
            Ok(_) => {
                if let Ok(bytes) = pool.export_db(&name) {
                    let mime = "application/vnd.sqlite3".to_owned();
                    reply.files.push(CopiedFile { name, mime, base64: STANDARD.encode(bytes) });
                }
            }
            Err(_) => {}
        }
    }
    reply
}

fn open(number: u32) -> store::Result<Store> {
    let connection: Connection = opfs::open(&name(number))?;
    Store::open_connection(connection, Kind::Device, entropy())
}

/// The browser's source of randomness.
pub fn entropy() -> Entropy {
    Box::new(|bytes| {
        if let Err(error) = getrandom::fill(bytes) {
            // Ids made without randomness would meet other people's: better no app than that.
            wasm_bindgen::throw_str(&format!("no randomness: {error}"));
        }
    })
}

fn name(number: u32) -> String {
    if number == 1 { "sanam.db".to_owned() } else { format!("sanam-{number}.db") }
}

fn number(name: &str) -> Option<u32> {
    match name.strip_suffix(".db")? {
        "sanam" => Some(1),
        numbered => numbered.strip_prefix("sanam-")?.parse().ok(),
    }
}
