//! Opening a replica: settings, schema, identity. A file that does not open is set aside, never replaced.

use crate::error::{Error, Result};
use crate::{Entropy, Kind, Store, meta, project, schema};
use domain::clock::{HybridClock, Stamp};
use domain::ids::DeviceNo;
use rusqlite::Connection;
use std::path::{Path, PathBuf};

impl Store {
    /// Opens or makes the replica in a file, with `journal_mode=WAL, synchronous=FULL`: what is reported saved
    /// survives a pulled battery.
    ///
    /// A damaged file is renamed beside itself (`.set-aside-<ms>`) with its journal, and a new one is begun; see
    /// [`Store::set_aside`]. Errors: [`Error::TooNew`] and [`Error::Locked`] leave the file untouched.
    pub fn open(path: &Path, kind: Kind, mut entropy: Entropy, now_ms: u64) -> Result<Store> {
        match Store::try_open(path, kind, &mut entropy) {
            Ok((db, clock)) => Store::assemble(db, kind, entropy, clock, None),
            Err(Error::Corrupt(_)) => {
                let kept = set_aside(path, now_ms)?;
                let (db, clock) = Store::try_open(path, kind, &mut entropy)?;
                // Kept in the new file, so that every later start tells it, too.
                meta::set(&db, meta::SET_ASIDE, kept.display())?;
                Store::assemble(db, kind, entropy, clock, Some(kept.display().to_string()))
            }
            Err(error) => Err(error),
        }
    }

    /// Opens a replica that may be in use by another program, for reading only. A damaged file is left where it is.
    pub fn open_read_only(path: &Path, kind: Kind, entropy: Entropy) -> Result<Store> {
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY | rusqlite::OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(path, flags)?;
        db.busy_timeout(std::time::Duration::from_secs(5))?;
        schema::check_not_newer(&db)?;
        let clock = clock_of(&db)?;
        Store::assemble(db, kind, entropy, clock, None)
    }

    /// Opens a replica on a connection the caller made and set up (a browser's OPFS, a test's memory).
    pub fn open_connection(mut db: Connection, kind: Kind, mut entropy: Entropy) -> Result<Store> {
        let clock = prepare(&mut db, kind, &mut entropy)?;
        Store::assemble(db, kind, entropy, clock, None)
    }

    /// Makes a replica in memory.
    pub fn in_memory(kind: Kind, entropy: Entropy) -> Result<Store> {
        Store::open_connection(Connection::open_in_memory()?, kind, entropy)
    }

    fn try_open(path: &Path, kind: Kind, entropy: &mut Entropy) -> Result<(Connection, HybridClock)> {
        let mut db = Connection::open(path)?;
        db.busy_timeout(std::time::Duration::from_secs(5))?;
        // Asked first: of a newer file not even the journal mode may change.
        schema::check_not_newer(&db)?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        db.pragma_update(None, "synchronous", "FULL")?;
        // A large page of records is written into the file once, not once while it is committed and once after.
        db.pragma_update(None, "wal_autocheckpoint", 4_000)?;
        let unsynced = if kind == Kind::Device { "device_not_synced" } else { "server_not_synced" };
        if domain::planted::is(unsynced) {
            db.pragma_update(None, "synchronous", 1)?;
        }
        let clock = prepare(&mut db, kind, entropy)?;
        Ok((db, clock))
    }

    fn assemble(
        db: Connection,
        kind: Kind,
        entropy: Entropy,
        clock: HybridClock,
        set_aside: Option<String>,
    ) -> Result<Store> {
        let programmes = project::load_programmes(&db)?;
        let set_aside = set_aside.or(meta::get(&db, meta::SET_ASIDE)?);
        Ok(Store {
            db,
            kind,
            entropy,
            clock,
            programmes,
            set_aside,
            together: false,
            noted: Default::default(),
            columns: Default::default(),
        })
    }
}

fn prepare(db: &mut Connection, kind: Kind, entropy: &mut Entropy) -> Result<HybridClock> {
    db.pragma_update(None, "foreign_keys", "OFF")?;
    db.pragma_update(None, "trusted_schema", "OFF")?;
    // A phone has little memory; a server holds everybody's registry.
    let kilobytes = if kind == Kind::Server { 64_000 } else { 24_000 };
    db.pragma_update(None, "cache_size", -kilobytes)?;
    // Plans do not depend on what is bound: without this SQLite parses a kept statement again for nearly every new value.
    db.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    db.set_prepared_statement_cache_capacity(128);
    schema::migrate(db)?;
    if meta::get(db, meta::INSTALL)?.is_none() {
        let tx = db.transaction()?;
        meta::set(&tx, meta::INSTALL, random_u64(entropy))?;
        if kind == Kind::Server {
            meta::set(&tx, meta::INCARNATION, random_u64(entropy))?;
        }
        tx.commit()?;
    }
    clock_of(db)
}

fn clock_of(db: &Connection) -> Result<HybridClock> {
    let device = DeviceNo(meta::get_parsed(db, meta::DEVICE)?.unwrap_or(0));
    let last = meta::get(db, meta::CLOCK)?
        .and_then(|text| {
            let (ms, counter) = text.split_once(' ')?;
            Some(Stamp { ms: ms.parse().ok()?, counter: counter.parse().ok()?, device })
        })
        .unwrap_or_default();
    Ok(HybridClock::new(device, last))
}

fn random_u64(entropy: &mut Entropy) -> u64 {
    let mut bytes = [0u8; 8];
    entropy(&mut bytes);
    u64::from_le_bytes(bytes)
}

/// Renames a database and its journals out of the way and returns the new name. Nothing is deleted.
pub fn set_aside(path: &Path, now_ms: u64) -> Result<PathBuf> {
    let with = |suffix: &str, tail: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        name.push(tail);
        PathBuf::from(name)
    };
    let suffix = format!(".set-aside-{now_ms}");
    for tail in ["-wal", "-shm"] {
        let journal = with("", tail);
        if journal.exists() {
            std::fs::rename(&journal, with(&suffix, tail))?;
        }
    }
    let kept = with(&suffix, "");
    std::fs::rename(path, &kept)?;
    Ok(kept)
}
