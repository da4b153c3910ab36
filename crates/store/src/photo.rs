//! Photos: named by the hash of the bytes that a device kept, sent in pieces, apart from records.
//!
//! A server draws every photo anew before anybody sees it, without whatever else was in the file. The name stays that of
//! what the device sent, because records say it; what the server keeps has a hash of its own (`photo.drawn`).

use crate::error::{Error, Optional, Result};
use crate::sync::BLACK_BOX_DAYS;
use crate::{Authenticated, Kind, Store, grants, meta, row};
use domain::access::{self, Action, Grant, Role};
use domain::ids::{DeviceNo, RecordId, Shelf};
use domain::problem::Code;
use domain::wire::{BlobReply, PHOTO_MAX_BYTES};
use rusqlite::Connection;

/// Pieces of a photo that did not go on for so long are given up, milliseconds: a phone keeps the photo and begins anew.
const GIVEN_UP_MS: u64 = 30 * 24 * 60 * 60 * 1_000;

/// `photo.state` of a photo that a device keeps and the office cannot take, beside 1 (waiting) and 2 (received).
const REFUSED: u8 = 3;

/// Days after its receipt when a device fetches the small picture of its own photo, some days before the whole makes room:
/// that the office gives it proves that the office has it.
const SHRINKS_AFTER_DAYS: u64 = BLACK_BOX_DAYS - 7;

const DAY_MS: u64 = 86_400_000;

/// Device: drops the bytes of photos that the office has had for as long as a server is ever put back by, and whose small
/// picture stays here. Without this a year of photos fills a phone until no visit can be saved any more; whoever wants to
/// see one whole asks the office.
pub(crate) fn make_room(db: &Connection, now_ms: u64) -> Result<()> {
    db.prepare_cached(
        "DELETE FROM photo WHERE state = 2 AND kept < ?1 AND hash IN (SELECT hash FROM thumbnail)",
    )?
    .execute([now_ms.saturating_sub(BLACK_BOX_DAYS * DAY_MS)])?;
    Ok(())
}

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

/// Writes what [`Store::keep_drawn`] keeps, in the transaction of whatever names it.
pub(crate) fn write_drawn(
    db: &Connection,
    sender: DeviceNo,
    hash: &str,
    drawn: &Drawn,
    now_ms: u64,
) -> Result<()> {
    let own = blake3::hash(&drawn.bytes);
    db.execute(
        "INSERT INTO photo (hash, mime, bytes, state, kept, drawn, sender) VALUES (?1, 'image/jpeg', ?2, 2, ?3, ?4, ?5) \
         ON CONFLICT DO UPDATE SET mime = excluded.mime, bytes = excluded.bytes, state = 2, \
         drawn = excluded.drawn",
        (hash, &drawn.bytes, now_ms, own.as_bytes(), sender.0),
    )?;
    if sender != DeviceNo::SERVER {
        db.execute("INSERT OR IGNORE INTO photo_sender (hash, device) VALUES (?1, ?2)", (hash, sender.0))?;
        db.execute("DELETE FROM arriving WHERE hash = ?1 AND sender = ?2", (hash, sender.0))?;
    }
    db.execute("INSERT OR REPLACE INTO thumbnail (hash, bytes) VALUES (?1, ?2)", (hash, &drawn.thumbnail))?;
    Ok(())
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

    /// Says whether a person may see a photo: a device that sent it may, and whoever may read a record that names it.
    /// `device` is zero at the office, which may see what it took itself and has not put into a record yet.
    ///
    /// To name a photo is not enough: its name may have been overheard. A record counts if whoever named it there had sent
    /// the photo, or could see it by another record.
    pub fn may_see_photo(&self, grant: &Grant, device: DeviceNo, hash: &str) -> Result<bool> {
        if !self.has_photo(hash)? {
            return Ok(false);
        }
        if device.0 != 0 && self.has_sent(hash, device)? {
            return Ok(true);
        }
        let uses = self.uses_of_photo(hash)?;
        let mut open: Vec<Shelf> = Vec::new();
        let mut unproven = Vec::new();
        for (shelf, namer) in uses {
            let proven = match namer {
                None | Some(DeviceNo::SERVER) => true,
                Some(namer) => self.has_sent(hash, namer)?,
            };
            if proven { open.push(shelf) } else { unproven.extend(namer.map(|namer| (shelf, namer))) }
        }
        loop {
            let before = unproven.len();
            let mut left = Vec::new();
            for (shelf, namer) in unproven {
                let saw = grants::grant_of(&self.db, namer)
                    .is_ok_and(|grant| open.iter().any(|known| grant.reaches(known)));
                if saw { open.push(shelf) } else { left.push((shelf, namer)) }
            }
            unproven = left;
            if unproven.len() == before {
                break;
            }
        }
        if open.iter().any(|shelf| access::may(grant, Action::Read(shelf)).is_ok()) {
            return Ok(true);
        }
        let named = !open.is_empty() || !unproven.is_empty();
        let of_office: bool = self
            .db
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM photo WHERE hash = ?1 AND sender = 0)")?
            .query_row([hash], |row| row.get(0))?;
        Ok(!named && of_office && device.0 == 0 && grant.role != Role::Worker)
    }

    /// The shelves of the records that name a photo, and which device named it there.
    fn uses_of_photo(&self, hash: &str) -> Result<Vec<(Shelf, Option<DeviceNo>)>> {
        let mut statement = self.db.prepare_cached(
            "SELECT DISTINCT record.shelf, namer FROM photo_use JOIN record ON record.no = photo_use.record WHERE hash = ?1",
        )?;
        let mut rows = statement.query([hash])?;
        let mut uses = Vec::new();
        while let Some(found) = rows.next()? {
            let namer: Option<u32> = found.get(1)?;
            uses.push((row::shelf_of(&self.db, found.get(0)?)?, namer.map(DeviceNo)));
        }
        Ok(uses)
    }

    /// The records that name a photo.
    pub(crate) fn records_of_photo(&self, hash: &str) -> Result<Vec<RecordId>> {
        let mut statement = self.db.prepare_cached(
            "SELECT record.id FROM photo_use JOIN record ON record.no = photo_use.record WHERE hash = ?1 ORDER BY no",
        )?;
        let ids = statement.query_map([hash], |found| Ok(row::id_of(found.get(0)?)))?;
        Ok(ids.collect::<rusqlite::Result<_>>()?)
    }

    /// Says whether a device sent a photo whole, under this number or another one of the same database.
    fn has_sent(&self, hash: &str, device: DeviceNo) -> Result<bool> {
        Ok(self
            .db
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM photo_sender JOIN device AS sender ON sender.no = photo_sender.device \
                 WHERE hash = ?1 AND (sender.no = ?2 OR sender.install = (SELECT install FROM device WHERE no = ?2)))",
            )?
            .query_row((hash, device.0), |row| row.get(0))?)
    }

    /// Says whether a photo is here whole.
    pub(crate) fn has_photo(&self, hash: &str) -> Result<bool> {
        Ok(self
            .db
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM photo WHERE hash = ?1 AND state > 0)")?
            .query_row([hash], |row| row.get(0))?)
    }

    /// Returns how much of a photo the server has from a device. That it is here whole is said to those only who may see it.
    pub fn blob_state(&self, from: &Authenticated, hash: &str) -> Result<BlobReply> {
        if self.may_see_photo(&from.grant, from.device, hash)? {
            let have = self
                .db
                .prepare_cached("SELECT length(bytes) FROM photo WHERE hash = ?1")?
                .query_row([hash], |row| row.get(0))?;
            return Ok(BlobReply { have, done: true });
        }
        let have: Option<u64> = self
            .db
            .prepare_cached("SELECT length(bytes) FROM arriving WHERE hash = ?1 AND sender = ?2")?
            .query_row((hash, from.device.0), |row| row.get(0))
            .optional()?;
        Ok(BlobReply { have: have.unwrap_or(0), done: false })
    }

    /// Adds a piece of a photo. A piece that does not begin where the last one ended changes nothing; the answer
    /// says where to go on. With `last` the whole is checked against its name.
    ///
    /// Errors: `bad_record` for a name that is no hash, `too_large`, `photo_hash` (what had arrived is dropped).
    pub fn put_blob_chunk(
        &mut self,
        from: &Authenticated,
        hash: &str,
        offset: u64,
        bytes: &[u8],
        last: bool,
        now_ms: u64,
    ) -> Result<Piece> {
        if !is_hash(hash) {
            return Err(Code::BadRecord.into());
        }
        let state = self.blob_state(from, hash)?;
        if state.done || offset != state.have {
            return Ok(Piece::Kept(state));
        }
        if usize::try_from(offset).map_or(true, |offset| offset.saturating_add(bytes.len()) > PHOTO_MAX_BYTES)
        {
            return Err(Code::TooLarge.into());
        }
        let sender = from.device.0;
        let whole = self.transact(|tx| {
            if offset == 0 {
                // What was given up long ago makes room, also that of devices that will never come again.
                tx.db
                    .execute("DELETE FROM arriving WHERE kept < ?1", [now_ms.saturating_sub(GIVEN_UP_MS)])?;
            }
            tx.db.execute(
                "INSERT INTO arriving (hash, sender, bytes, kept) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT DO UPDATE SET bytes = CAST(bytes || excluded.bytes AS BLOB)",
                (hash, sender, bytes, now_ms),
            )?;
            if !last {
                return Ok(None);
            }
            let all: Vec<u8> = tx.db.query_row(
                "SELECT bytes FROM arriving WHERE hash = ?1 AND sender = ?2",
                (hash, sender),
                |row| row.get(0),
            )?;
            let right = blake3::hash(&all).to_hex().as_str() == hash;
            if !right {
                tx.db.execute("DELETE FROM arriving WHERE hash = ?1 AND sender = ?2", (hash, sender))?;
            }
            Ok(Some(right.then_some(all)))
        })?;
        match whole {
            None => Ok(Piece::Kept(self.blob_state(from, hash)?)),
            Some(Some(all)) => Ok(Piece::Whole(all)),
            Some(None) => Err(Error::from(Code::PhotoHash)),
        }
    }

    /// Keeps what was drawn from a whole photo: it is received now. `sender` had its bytes; zero is the office, or a photo
    /// that is here already and is drawn again.
    pub fn keep_drawn(
        &mut self,
        sender: DeviceNo,
        hash: &str,
        drawn: &Drawn,
        now_ms: u64,
    ) -> Result<BlobReply> {
        self.transact(|tx| write_drawn(tx.db, sender, hash, drawn, now_ms))?;
        Ok(BlobReply { have: drawn.bytes.len() as u64, done: true })
    }

    /// Drops what a device sent whole and cannot be opened: it is no picture. A photo that is received stays.
    pub fn drop_unreadable(&mut self, sender: DeviceNo, hash: &str) -> Result<()> {
        self.transact(|tx| {
            tx.db.execute("DELETE FROM arriving WHERE hash = ?1 AND sender = ?2", (hash, sender.0))?;
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

    /// Hash of the photo that has waited longest. One whose bytes the disk has damaged is not sent: its name would be refused
    /// after the last of them.
    pub(crate) fn next_whole_photo(&mut self) -> Result<Option<String>> {
        loop {
            let next: Option<(String, Vec<u8>)> = self
                .db
                .prepare_cached("SELECT hash, bytes FROM photo WHERE state = 1 ORDER BY kept, hash LIMIT 1")?
                .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            match next {
                Some((hash, bytes)) if blake3::hash(&bytes).to_hex().as_str() != hash => {
                    self.refuse_photo(&hash)?;
                }
                next => return Ok(next.map(|(hash, _)| hash)),
            }
        }
    }

    /// Notes that the office cannot take a photo, however often it is sent. It stays here, and among what was refused.
    pub(crate) fn refuse_photo(&mut self, hash: &str) -> Result<()> {
        self.transact(|tx| {
            tx.db.execute("UPDATE photo SET state = ?2 WHERE hash = ?1", (hash, REFUSED))?;
            Ok(())
        })
    }

    /// The photos of this device that the office cannot take, `(hash, time)`, the latest first.
    pub(crate) fn refused_photos(&self) -> Result<Vec<(String, u64)>> {
        let mut statement = self
            .db
            .prepare_cached("SELECT hash, kept FROM photo WHERE state = ?1 ORDER BY kept DESC LIMIT 100")?;
        let found = statement.query_map([REFUSED], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }

    /// Puts a waiting photo at the end of the queue, so that one that cannot be sent holds up no other.
    pub(crate) fn postpone_photo(&mut self, hash: &str, now_ms: u64) -> Result<()> {
        self.transact(|tx| {
            tx.db.execute("UPDATE photo SET kept = ?2 WHERE hash = ?1", (hash, now_ms))?;
            Ok(())
        })
    }

    /// Notes that the server has a photo whole. From now on its days here are counted, by the server's clock.
    pub(crate) fn photo_received(&mut self, hash: &str) -> Result<()> {
        self.transact(|tx| {
            // Photos follow records, so that the last answer to a pull is of this exchange.
            let at_ms: u64 = meta::get_parsed(tx.db, meta::LAST_SYNC)?.unwrap_or(0);
            tx.db.execute("UPDATE photo SET state = 2, kept = ?2 WHERE hash = ?1", (hash, at_ms))?;
            Ok(())
        })
    }

    /// Notes that the office does not have a photo that it once received: it is sent again.
    pub(crate) fn photo_forgotten(&mut self, hash: &str) -> Result<()> {
        self.transact(|tx| {
            tx.db.execute("UPDATE photo SET state = 1 WHERE hash = ?1 AND state = 2", [hash])?;
            Ok(())
        })
    }

    /// A received photo whose bytes will soon make room and whose small picture is not here yet.
    pub(crate) fn next_to_shrink(&self, tried: &[String]) -> Result<Option<String>> {
        let now_ms: u64 = meta::get_parsed(&self.db, meta::LAST_SYNC)?.unwrap_or(0);
        let mut statement = self.db.prepare_cached(
            "SELECT hash FROM photo WHERE state = 2 AND kept < ?1 \
             AND hash NOT IN (SELECT hash FROM thumbnail) ORDER BY kept",
        )?;
        let mut rows = statement.query([now_ms.saturating_sub(SHRINKS_AFTER_DAYS * DAY_MS)])?;
        while let Some(found) = rows.next()? {
            let hash: String = found.get(0)?;
            if !tried.contains(&hash) {
                return Ok(Some(hash));
            }
        }
        Ok(None)
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
