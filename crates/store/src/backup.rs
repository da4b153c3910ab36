//! A copy of a whole replica, photos included, in one file, while others go on reading and writing.

use crate::error::Result;
use crate::{Store, meta};
use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use std::ffi::c_int;
use std::fs::File;
use std::path::Path;

/// Pages copied between two looks at the disk: two megabytes. What lies unwritten in the system's cache is what the
/// server's next flush may have to wait for on the same disk; so little is written down in some milliseconds.
const PAGES: c_int = 512;

impl Store {
    /// Writes a copy of one moment of the replica to a file that is empty or does not exist. It is on disk when this
    /// returns, and needs no other file beside it.
    ///
    /// Writers go on meanwhile: the copy reads from a moment that SQLite keeps for it in the journal, so it neither
    /// locks them out nor begins again when they write.
    pub fn backup(&self, to: &Path) -> Result<()> {
        if let (true, Some(path)) = (domain::planted::is("backup_by_copying"), self.db.path()) {
            std::fs::copy(path, to)?;
            return Ok(());
        }
        // The copy is ours alone until it is whole, so it needs no journal; it is flushed bit by bit below.
        let mut copy = Connection::open(to)?;
        copy.pragma_update(None, "journal_mode", "OFF")?;
        copy.pragma_update(None, "synchronous", "OFF")?;
        copy.pragma_update(None, "cache_size", PAGES)?;
        let file = File::options().write(true).open(to)?;
        let moment = self.db.unchecked_transaction()?;
        // A transaction begins with its first reading.
        meta::get(&moment, meta::INSTALL)?;
        {
            let backup = Backup::new(&moment, &mut copy)?;
            while backup.step(PAGES)? == StepResult::More {
                file.sync_data()?;
            }
        }
        moment.rollback()?;
        // Of the old file: it says that a journal may lie beside it.
        copy.pragma_update(None, "journal_mode", "DELETE")?;
        drop(copy);
        file.sync_all()?;
        if let Some(folder) = to.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }
}
