//! What the person who looks after a server wants to know and do: can it write, how large is it, what waits.

use crate::error::Result;
use crate::{Store, meta};

/// Sizes and queues of a server, for its metrics. Numbers only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Bytes of the database's file.
    pub database_bytes: u64,
    /// Bytes of the journal beside it that are not taken over yet.
    pub journal_bytes: u64,
    /// The last number given.
    pub seq: u64,
    /// Records.
    pub records: u64,
    /// Devices that may exchange.
    pub devices: u64,
    /// Commits that devices said they hold and the server has not received.
    pub waiting_on_devices: u64,
    /// Commits that were refused and kept for the office.
    pub refused: u64,
    /// Open questions.
    pub questions: u64,
    /// Photos that are whole here.
    pub photos: u64,
    /// Photos of which a part arrived.
    pub photos_arriving: u64,
}

impl Store {
    /// Writes something to the disk and takes it away again: the only honest answer to "can it be written?".
    ///
    /// Errors: as a save would report them, such as `disk_full`.
    pub fn probe(&mut self) -> Result<()> {
        // More than a save needs: a disk that is about to be full shows it before saves fail.
        let filler = "0".repeat(65_536);
        self.transact(|tx| meta::set(tx.db, meta::PROBE, &filler))?;
        self.transact(|tx| meta::clear(tx.db, meta::PROBE))
    }

    /// Takes the journal over into the database's file, so that the file alone is the whole replica.
    pub fn checkpoint(&self) -> Result<()> {
        // It answers with a row: busy, frames, frames taken over.
        Ok(self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
    }

    /// Sizes and queues, quick enough to be asked every few seconds.
    pub fn figures(&self) -> Result<Figures> {
        let number =
            |sql: &str| -> Result<u64> { Ok(self.db.prepare_cached(sql)?.query_row([], |row| row.get(0))?) };
        let size = |tail: &str| {
            let path = self.db.path().filter(|path| !path.is_empty())?;
            Some(std::fs::metadata(format!("{path}{tail}")).ok()?.len())
        };
        Ok(Figures {
            database_bytes: size("").unwrap_or_default(),
            journal_bytes: size("-wal").unwrap_or_default(),
            seq: meta::get_parsed(&self.db, meta::SEQ)?.unwrap_or_default(),
            records: number("SELECT coalesce(sum(count), 0) FROM shelf")?,
            devices: number("SELECT count(*) FROM device WHERE revoked = 0")?,
            waiting_on_devices: number(
                "SELECT coalesce(sum(max(top_n - last_n, 0)), 0) FROM device WHERE revoked = 0",
            )?,
            refused: number("SELECT count(*) FROM commit_log WHERE refused <> ''")?,
            questions: number("SELECT count(*) FROM question WHERE settled = 0")?,
            photos: number("SELECT count(*) FROM photo WHERE state = 2")?,
            photos_arriving: number("SELECT count(*) FROM arriving")?,
        })
    }
}
