//! Photos: named by the hash of their bytes, sent in pieces, apart from records.

use crate::error::{Error, Optional, Result};
use crate::{Kind, Store};
use domain::problem::Code;
use domain::wire::{BlobReply, PHOTO_MAX_BYTES};

fn is_hash(hash: &str) -> bool {
    hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

impl Store {
    /// Keeps a photo and returns the hash it is called by. On a device it waits to be sent.
    pub fn keep_photo(&mut self, bytes: &[u8], mime: &str, now_ms: u64) -> Result<String> {
        if bytes.is_empty() || !mime.starts_with("image/") {
            return Err(Code::PhotoUnreadable.into());
        }
        if bytes.len() > PHOTO_MAX_BYTES {
            return Err(Code::TooLarge.into());
        }
        let hash = blake3::hash(bytes).to_hex().to_string();
        let state = if self.kind == Kind::Device { 1 } else { 2 };
        self.transact(|tx| {
            tx.db.execute(
                "INSERT OR IGNORE INTO photo (hash, mime, bytes, state, kept) VALUES (?1, ?2, ?3, ?4, ?5)",
                (&hash, mime, bytes, state, now_ms),
            )?;
            Ok(())
        })?;
        Ok(hash)
    }

    /// Returns a whole photo: its type and bytes.
    pub fn photo(&self, hash: &str) -> Result<Option<(String, Vec<u8>)>> {
        self.db
            .prepare_cached("SELECT mime, bytes FROM photo WHERE hash = ?1 AND state > 0")?
            .query_row([hash], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()
    }

    /// Returns how much of a photo the server has.
    pub fn blob_state(&self, hash: &str) -> Result<BlobReply> {
        let found: Option<(u64, u8)> = self
            .db
            .prepare_cached("SELECT length(bytes), state FROM photo WHERE hash = ?1")?
            .query_row([hash], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        Ok(match found {
            Some((have, state)) => BlobReply { have, done: state > 0 },
            None => BlobReply { have: 0, done: false },
        })
    }

    /// Adds a piece of a photo. A piece that does not begin where the last one ended changes nothing; the answer
    /// says where to go on. With `last` the whole is checked against its name.
    ///
    /// Errors: `bad_record` for a name that is no hash, `too_large`, `photo_hash` (what had arrived is dropped).
    pub fn put_blob_chunk(
        &mut self,
        hash: &str,
        offset: u64,
        bytes: &[u8],
        last: bool,
        now_ms: u64,
    ) -> Result<BlobReply> {
        if !is_hash(hash) {
            return Err(Code::BadRecord.into());
        }
        let state = self.blob_state(hash)?;
        if state.done || offset != state.have {
            return Ok(state);
        }
        if usize::try_from(offset).map_or(true, |offset| offset.saturating_add(bytes.len()) > PHOTO_MAX_BYTES)
        {
            return Err(Code::TooLarge.into());
        }
        let whole = self.transact(|tx| {
            tx.db.execute(
                "INSERT INTO photo (hash, mime, bytes, state, kept) VALUES (?1, 'image/jpeg', ?2, 0, ?3) \
                 ON CONFLICT DO UPDATE SET bytes = CAST(bytes || excluded.bytes AS BLOB)",
                (hash, bytes, now_ms),
            )?;
            if !last {
                return Ok(None);
            }
            let all: Vec<u8> =
                tx.db.query_row("SELECT bytes FROM photo WHERE hash = ?1", [hash], |row| row.get(0))?;
            let right = blake3::hash(&all).to_hex().as_str() == hash;
            if right {
                tx.db.execute("UPDATE photo SET state = 2 WHERE hash = ?1", [hash])?;
            } else {
                tx.db.execute("DELETE FROM photo WHERE hash = ?1", [hash])?;
            }
            Ok(Some(right))
        })?;
        if whole == Some(false) {
            return Err(Error::from(Code::PhotoHash));
        }
        self.blob_state(hash)
    }

    /// Hash of the photo that has waited longest.
    pub(crate) fn next_waiting_photo(&self) -> Result<Option<String>> {
        self.db
            .prepare_cached("SELECT hash FROM photo WHERE state = 1 ORDER BY kept, hash LIMIT 1")?
            .query_row([], |row| row.get(0))
            .optional()
    }

    /// Puts a waiting photo at the end of the queue, so that one that cannot be sent holds up no other.
    pub(crate) fn postpone_photo(&mut self, hash: &str, now_ms: u64) -> Result<()> {
        self.transact(|tx| {
            tx.db.execute("UPDATE photo SET kept = ?2 WHERE hash = ?1", (hash, now_ms))?;
            Ok(())
        })
    }

    /// Notes that the server has a photo whole.
    pub(crate) fn photo_received(&mut self, hash: &str) -> Result<()> {
        self.transact(|tx| {
            tx.db.execute("UPDATE photo SET state = 2 WHERE hash = ?1", [hash])?;
            Ok(())
        })
    }
}
