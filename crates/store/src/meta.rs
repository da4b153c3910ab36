//! What a replica knows of itself: one text per key.

use crate::error::{Optional, Result};
use rusqlite::Connection;
use std::str::FromStr;

/// Random number made with the database, decimal.
pub(crate) const INSTALL: &str = "install";
/// Which life of the server this is (server), or was last seen (device), decimal.
pub(crate) const INCARNATION: &str = "incarnation";
/// Server: what was refused up to this time, ms, was refused in an earlier life, and is judged again when it is offered again.
pub(crate) const REFUSED_BEFORE: &str = "refused_before";
/// The server's last number.
pub(crate) const SEQ: &str = "seq";
/// Number of the last commit made here.
pub(crate) const LAST_N: &str = "last_n";
/// Device: the lowest commit number from which none is missing in the outbox; 1 if absent.
pub(crate) const KEPT_FROM: &str = "kept_from";
/// Device: commits that a push may carry on the network as it was last.
pub(crate) const BATCH: &str = "batch";
/// Last stamp given here: `ms counter`.
pub(crate) const CLOCK: &str = "clock";
/// Device number.
pub(crate) const DEVICE: &str = "device";
/// Token of this device.
pub(crate) const TOKEN: &str = "token";
/// Address of the server.
pub(crate) const SERVER: &str = "server";
/// Name of the municipality.
pub(crate) const MUNICIPALITY: &str = "municipality";
/// Which municipality the data of this device belongs to, decimal.
pub(crate) const TENANT: &str = "tenant";
/// Public address of this server.
pub(crate) const ADDRESS: &str = "address";
/// The device's grant, JSON.
pub(crate) const GRANT: &str = "grant";
/// Set when the office ended the device's right.
pub(crate) const REVOKED: &str = "revoked";
/// Server time minus device time at the last answer, ms.
pub(crate) const SKEW: &str = "skew";
/// Server time of the last complete sync, ms.
pub(crate) const LAST_SYNC: &str = "last_sync";
/// The lowest number a new device may get: a restore leaves a stretch out. Server only.
pub(crate) const NEXT_DEVICE: &str = "next_device";
/// Key of the authenticators on labels, 64 hexadecimal digits. Server only; no reply ever holds it.
pub(crate) const LABEL_KEY: &str = "label_key";
/// One-time code of the first administrator.
pub(crate) const SETUP: &str = "setup";
/// Where a database that did not open was put.
pub(crate) const SET_ASIDE: &str = "set_aside";
/// Checksum of the small tables.
pub(crate) const SEAL: &str = "seal";
/// Times a shelf's digest differed and was pulled again.
pub(crate) const HEALED: &str = "healed";
/// Followed by a shelf's number: the difference for which it was last pulled again.
pub(crate) const HEALED_SHELF: &str = "healed_shelf_";
/// Device: the record (by row number) up to which the present walk through all has come.
pub(crate) const LOOKED: &str = "looked";
/// Device, followed by a shelf's number: its reading began when nothing of it was here and the server was at this number.
/// What left the shelf up to there cannot be here. Gone once the shelf is read whole.
pub(crate) const BARE: &str = "bare_";
/// Device: records that a page may hold on the network as it was last; absent: as many as usual.
pub(crate) const PAGE: &str = "page";
/// Device: bytes that a piece of a photo may have on the network as it was last; absent: as many as usual.
pub(crate) const PIECE: &str = "piece";
/// Device: 1 if photos wait for Wi-Fi.
pub(crate) const PHOTOS_WIFI_ONLY: &str = "photos_wifi_only";
/// The mail server's settings, JSON, with its password. Server only; no reply ever holds the password.
pub(crate) const MAIL: &str = "mail";
/// Written and taken away to see whether the disk takes it.
pub(crate) const PROBE: &str = "probe";

pub(crate) fn get(db: &Connection, key: &str) -> Result<Option<String>> {
    db.prepare_cached("SELECT value FROM meta WHERE key = ?1")?.query_row([key], |row| row.get(0)).optional()
}

pub(crate) fn get_parsed<T: FromStr>(db: &Connection, key: &str) -> Result<Option<T>> {
    Ok(get(db, key)?.and_then(|text| text.parse().ok()))
}

pub(crate) fn set(db: &Connection, key: &str, value: impl ToString) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value",
    )?
    .execute((key, value.to_string()))?;
    Ok(())
}

pub(crate) fn clear(db: &Connection, key: &str) -> Result<()> {
    db.prepare_cached("DELETE FROM meta WHERE key = ?1")?.execute([key])?;
    Ok(())
}
