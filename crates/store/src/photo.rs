//! Photos: named by the hash of the bytes that a device kept, sent in pieces, apart from records.
//!
//! A server draws every photo anew before anybody sees it, without whatever else was in the file. The name stays that of
//! what the device sent, because records say it; what the server keeps has a hash of its own (`photo.drawn`).

use crate::error::{Error, Optional, Result};
use crate::{Kind, Store, row};
use domain::access::{self, Action, Grant, Role};
use domain::ids::DeviceNo;
use domain::problem::Code;
use domain::wire::{BlobReply, PHOTO_MAX_BYTES};

/// Says whether a text is the name of a photo.
pub(crate) fn is_hash(hash: &str) -> bool {
    hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// What became of a piece of a photo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// How much is here.
    Kept(BlobReply),
    /// With this piece it is whole and its hash is right. It is not shown or reported as received before
    /// [`Store::keep_drawn`]; until then, and after a crash in between, an empty last piece brings it again.
    Whole(Vec<u8>),
}

/// A photo drawn anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// The picture, JPEG.
    pub bytes: Vec<u8>,
    /// A small one, JPEG.
    pub thumbnail: Vec<u8>,
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

    /// Returns the small picture of a photo, JPEG.
    pub fn thumbnail(&self, hash: &str) -> Result<Option<Vec<u8>>> {
        self.db
            .prepare_cached("SELECT bytes FROM thumbnail WHERE hash = ?1")?
            .query_row([hash], |row| row.get(0))
            .optional()
    }

    /// Says whether a person may see a photo: the device that sent it may, and whoever may read a record that names it.
    /// `device` is zero at the office, which may see what it took itself and has not put into a record yet.
    pub fn may_see_photo(&self, grant: &Grant, device: DeviceNo, hash: &str) -> Result<bool> {
        let sender: Option<u32> = self
            .db
            .prepare_cached("SELECT sender FROM photo WHERE hash = ?1")?
            .query_row([hash], |row| row.get(0))
            .optional()?;
        let Some(sender) = sender else { return Ok(false) };
        if sender != 0 && sender == device.0 {
            return Ok(true);
        }
        let mut statement = self.db.prepare_cached(
            "SELECT DISTINCT record.shelf FROM photo_use JOIN record ON record.no = photo_use.record WHERE hash = ?1",
        )?;
        let mut rows = statement.query([hash])?;
        let mut named = false;
        while let Some(found) = rows.next()? {
            named = true;
            let shelf = row::shelf_of(&self.db, found.get(0)?)?;
            if access::may(grant, Action::Read(&shelf)).is_ok() {
                return Ok(true);
            }
        }
        Ok(!named && sender == 0 && device.0 == 0 && grant.role != Role::Worker)
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
        sender: DeviceNo,
        hash: &str,
        offset: u64,
        bytes: &[u8],
        last: bool,
        now_ms: u64,
    ) -> Result<Piece> {
        if !is_hash(hash) {
            return Err(Code::BadRecord.into());
        }
        let state = self.blob_state(hash)?;
        if state.done || offset != state.have {
            return Ok(Piece::Kept(state));
        }
        if usize::try_from(offset).map_or(true, |offset| offset.saturating_add(bytes.len()) > PHOTO_MAX_BYTES)
        {
            return Err(Code::TooLarge.into());
        }
        let whole = self.transact(|tx| {
            tx.db.execute(
                "INSERT INTO photo (hash, mime, bytes, state, kept, sender) VALUES (?1, 'image/jpeg', ?2, 0, ?3, ?4) \
                 ON CONFLICT DO UPDATE SET bytes = CAST(bytes || excluded.bytes AS BLOB)",
                (hash, bytes, now_ms, sender.0),
            )?;
            if !last {
                return Ok(None);
            }
            let all: Vec<u8> =
                tx.db.query_row("SELECT bytes FROM photo WHERE hash = ?1", [hash], |row| row.get(0))?;
            let right = blake3::hash(&all).to_hex().as_str() == hash;
            if !right {
                tx.db.execute("DELETE FROM photo WHERE hash = ?1", [hash])?;
            }
            Ok(Some(right.then_some(all)))
        })?;
        match whole {
            None => Ok(Piece::Kept(self.blob_state(hash)?)),
            Some(Some(all)) => Ok(Piece::Whole(all)),
            Some(None) => Err(Error::from(Code::PhotoHash)),
        }
    }

    /// Keeps what was drawn from a whole photo in its place: it is received now. One that the office took itself, of
    /// which nothing is here yet, is kept under the name given.
    pub fn keep_drawn(&mut self, hash: &str, drawn: &Drawn, now_ms: u64) -> Result<BlobReply> {
        let own = blake3::hash(&drawn.bytes);
        self.transact(|tx| {
            tx.db.execute(
                "INSERT INTO photo (hash, mime, bytes, state, kept, drawn) VALUES (?1, 'image/jpeg', ?2, 2, ?3, ?4) \
                 ON CONFLICT DO UPDATE SET mime = excluded.mime, bytes = excluded.bytes, state = 2, \
                 drawn = excluded.drawn",
                (hash, &drawn.bytes, now_ms, own.as_bytes()),
            )?;
            tx.db.execute(
                "INSERT OR REPLACE INTO thumbnail (hash, bytes) VALUES (?1, ?2)",
                (hash, &drawn.thumbnail),
            )?;
            Ok(())
        })?;
        self.blob_state(hash)
    }

    /// Drops a photo that arrived whole and cannot be opened: it is no picture. One that is received stays.
    pub fn drop_unreadable(&mut self, hash: &str) -> Result<()> {
        self.transact(|tx| {
            tx.db.execute("DELETE FROM photo WHERE hash = ?1 AND state = 0", [hash])?;
            Ok(())
        })
    }

    /// Keeps the small picture of a photo that is at the office.
    pub(crate) fn keep_thumbnail(&mut self, hash: &str, bytes: &[u8]) -> Result<()> {
        self.transact(|tx| {
            tx.db.execute("INSERT OR REPLACE INTO thumbnail (hash, bytes) VALUES (?1, ?2)", (hash, bytes))?;
            Ok(())
        })
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

    /// Calls `each` with the name of every whole photo whose bytes are not what they were.
    pub(crate) fn each_broken_photo(&self, mut each: impl FnMut(String)) -> Result<()> {
        let mut statement = self.db.prepare("SELECT hash, bytes, drawn FROM photo WHERE state > 0")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (hash, bytes, drawn): (String, Vec<u8>, Option<[u8; 32]>) =
                (row.get(0)?, row.get(1)?, row.get(2)?);
            let found = blake3::hash(&bytes);
            let whole = match drawn {
                Some(drawn) => found.as_bytes() == &drawn,
                None => found.to_hex().as_str() == hash,
            };
            if !whole {
                each(hash);
            }
        }
        Ok(())
    }
}
