//! Reading what can be read from a database that does not open whole. It never writes to the damaged file.
//!
//! What it writes are JSON lines: `{"commit": ..., "waiting": true}`, `{"photo": {"mime", "base64"}}` and `{"record": ...}`.
//! `sanam device record` takes them and saves again what waited.

use crate::error::Result;
use crate::{Store, sync};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rusqlite::{Connection, OpenFlags};
use serde_json::json;
use std::io::Write;
use std::path::Path;

/// What a rescue found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rescued {
    /// Commits made on the device, sent or not.
    pub commits: u64,
    /// Of these, commits the office has not acknowledged.
    pub unsent: u64,
    /// Photos that wait.
    pub photos: u64,
    /// Records.
    pub records: u64,
}

/// Writes every readable commit of the outbox (unsent first, in the order in which they were saved), every readable photo
/// that waits, and every readable record as JSON lines.
///
/// Rows are asked for one by one, so that one damaged page costs its own rows only.
pub fn rescue(path: &Path, out: &mut dyn Write) -> Result<Rescued> {
    let db = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    let mut found = Rescued::default();
    // Unreadable: then all of them may be unsent.
    let received: i64 =
        db.query_row("SELECT coalesce(max(upto), 0) FROM receipt", [], |row| row.get(0)).unwrap_or_default();
    // Prepared once: where the schema cannot be read no row can, and to find that out anew for each number takes hours.
    if let Ok(mut body_of) = db.prepare("SELECT body FROM outbox WHERE n = ?1") {
        let mut all = numbers(&db, "SELECT n FROM outbox ORDER BY n DESC", "SELECT max(n) FROM outbox");
        all.sort_unstable_by_key(|n| (*n <= received, *n));
        for n in all {
            // Of a text that the disk has damaged, what is left of it.
            let text = |row: &rusqlite::Row<'_>| {
                Ok(String::from_utf8_lossy(row.get_ref(0)?.as_bytes()?).into_owned())
            };
            let Ok(body) = body_of.query_row([n], text) else { continue };
            write_commit(&body, n > received, out, &mut found)?;
        }
    }
    if let Ok(mut photo) = db.prepare("SELECT mime, bytes FROM photo WHERE rowid = ?1 AND state = 1") {
        for no in numbers(&db, "SELECT rowid FROM photo WHERE state = 1", "SELECT max(rowid) FROM photo") {
            let row = photo.query_row([no], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?)));
            let Ok((mime, bytes)) = row else { continue };
            write_photo(&mime, &bytes, out, &mut found)?;
        }
    }
    if let Ok(mut record) = db.prepare("SELECT id, kind, cells FROM record WHERE no = ?1") {
        for no in numbers(&db, "SELECT no FROM record ORDER BY no", "SELECT max(no) FROM record") {
            let row = record.query_row([no], |row| {
                Ok((row.get::<_, [u8; 16]>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
            });
            let Ok((id, kind, cells)) = row else { continue };
            found.records += 1;
            let cells: serde_json::Value = serde_json::from_str(&cells).unwrap_or_else(|_| json!(cells));
            writeln!(out, "{}", json!({"record": crate::row::id_of(id), "kind": kind, "cells": cells}))?;
        }
    }
    Ok(found)
}

/// Writes what waits on a device that works, in the lines of a rescue: for the day on which it does not any more.
pub(crate) fn copy_waiting(store: &Store, out: &mut dyn Write) -> Result<Rescued> {
    let mut found = Rescued::default();
    let mut statement = store.db.prepare_cached("SELECT body FROM outbox WHERE n > ?1 ORDER BY n")?;
    let mut rows = statement.query([sync::push::received_n(&store.db)?])?;
    while let Some(row) = rows.next()? {
        write_commit(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?, true, out, &mut found)?;
    }
    let mut statement =
        store.db.prepare_cached("SELECT mime, bytes FROM photo WHERE state = 1 ORDER BY kept")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        write_photo(&row.get::<_, String>(0)?, &row.get::<_, Vec<u8>>(1)?, out, &mut found)?;
    }
    Ok(found)
}

fn write_commit(body: &str, waiting: bool, out: &mut dyn Write, found: &mut Rescued) -> Result<()> {
    found.commits += 1;
    found.unsent += u64::from(waiting);
    let commit: serde_json::Value = serde_json::from_str(body).unwrap_or_else(|_| json!(body));
    Ok(writeln!(out, "{}", json!({"commit": commit, "waiting": waiting}))?)
}

fn write_photo(mime: &str, bytes: &[u8], out: &mut dyn Write, found: &mut Rescued) -> Result<()> {
    found.photos += 1;
    Ok(writeln!(out, "{}", json!({"photo": {"mime": mime, "base64": STANDARD.encode(bytes)}}))?)
}

/// The keys of a table: as listed, as far as the list can be read, and then every number up to the greatest.
fn numbers(db: &Connection, list: &str, greatest: &str) -> Vec<i64> {
    let mut numbers = Vec::new();
    let mut whole = false;
    if let Ok(mut statement) = db.prepare(list)
        && let Ok(mut rows) = statement.query([])
    {
        loop {
            match rows.next() {
                Ok(Some(row)) => numbers.extend(row.get::<_, i64>(0)),
                Ok(None) => {
                    whole = true;
                    break;
                }
                Err(_) => break,
            }
        }
    }
    if !whole {
        let top: i64 = db.query_row(greatest, [], |row| row.get(0)).unwrap_or(1_000_000);
        let seen: std::collections::BTreeSet<i64> = numbers.iter().copied().collect();
        numbers.extend((1..=top.min(10_000_000)).filter(|no| !seen.contains(no)));
    }
    numbers
}
