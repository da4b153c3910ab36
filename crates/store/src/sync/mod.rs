//! The exchange with the server, both halves side by side and without a socket, so that a test can run twenty
//! devices and a server in one process over any network it likes.

pub(crate) mod judge;
mod page;
pub mod photos;
pub(crate) mod pull;
pub(crate) mod push;
pub mod session;

use crate::error::Result;
use crate::{Store, meta, rot};
use domain::clock::HybridClock;
use domain::clock::Stamp;
use domain::ids::{DeviceNo, Install};
use domain::problem::Code;
use domain::wire::EnrolReply;

/// Days for which acknowledged commits stay on a device, so that it can refill a restored server.
pub const BLACK_BOX_DAYS: u64 = 90;

impl Store {
    /// Becomes the device that a server just enrolled.
    pub fn adopt_enrolment(&mut self, server: &str, reply: &EnrolReply, now_ms: u64) -> Result<()> {
        self.transact(|tx| {
            if meta::get_parsed::<u64>(tx.db, meta::TENANT)?.is_some_and(|known| known != reply.tenant.0) {
                leave_municipality(tx)?;
            }
            meta::set(tx.db, meta::TENANT, reply.tenant.0)?;
            meta::set(tx.db, meta::SERVER, server.trim_end_matches('/'))?;
            meta::set(tx.db, meta::MUNICIPALITY, &reply.municipality)?;
            pull::hold(tx, &reply.grant)?;
            meta::clear(tx.db, meta::REVOKED)?;
            note_server_time(tx.db, reply.now, now_ms)?;
            become_device(tx, reply.device, &reply.token)?;
            note_incarnation(tx, reply.incarnation)
        })
    }
}

/// Takes a device number and token, and goes on with the clock.
fn become_device(tx: &mut crate::transact::Tx<'_>, device: DeviceNo, token: &str) -> Result<()> {
    meta::set(tx.db, meta::DEVICE, device.0)?;
    meta::set(tx.db, meta::TOKEN, token)?;
    let last = tx.clock.last();
    if last.device != device {
        // What it wrote under its old number counts as another's now: read it back with its numbers.
        tx.db.execute("UPDATE shelf SET cursor = 0, begun = 0", [])?;
    }
    tx.clock = HybridClock::new(device, Stamp { device, ..last });
    Ok(())
}

/// Empties the device for another municipality: nothing crosses. Only a device whose work was all received comes here,
/// the new server sees to that ([`domain::wire::EnrolRequest::unsent_mark`]).
fn leave_municipality(tx: &crate::transact::Tx<'_>) -> Result<()> {
    let waiting: u64 = tx.db.query_row(
        "SELECT (SELECT count(*) FROM outbox WHERE n > ?1) + (SELECT count(*) FROM photo WHERE state = 1)",
        [push::received_n(tx.db)?],
        |row| row.get(0),
    )?;
    if waiting > 0 {
        return Err(Code::OtherMunicipality.into());
    }
    tx.db.execute_batch(
        "DELETE FROM record; DELETE FROM shelf; DELETE FROM history; DELETE FROM outbox; DELETE FROM outbox_record; \
         DELETE FROM receipt; DELETE FROM printed; DELETE FROM draft; DELETE FROM photo; DELETE FROM thumbnail;",
    )?;
    // Row numbers begin again: what an index kept would speak of strangers.
    rot::empty_indexes(tx.db)?;
    let last_n: u64 = meta::get_parsed(tx.db, meta::LAST_N)?.unwrap_or(0);
    meta::set(tx.db, meta::KEPT_FROM, last_n + 1)?;
    meta::clear(tx.db, meta::INCARNATION)?;
    meta::clear(tx.db, meta::LAST_SYNC)
}

/// Remembers how far the server's clock is from ours.
fn note_server_time(db: &rusqlite::Connection, server_ms: u64, now_ms: u64) -> Result<()> {
    let skew = i64::try_from(server_ms).unwrap_or(i64::MAX) - i64::try_from(now_ms).unwrap_or(0);
    meta::set(db, meta::SKEW, skew)
}

/// Brings the clock down to the server's time if nothing waits: then it has fixed all that this device stamped.
fn come_down(tx: &mut crate::transact::Tx<'_>, server_ms: u64) -> Result<()> {
    let last_n: u64 = meta::get_parsed(tx.db, meta::LAST_N)?.unwrap_or(0);
    if push::received_n(tx.db)? >= last_n {
        tx.clock.come_down(server_ms);
    }
    Ok(())
}

/// A server in a new life was restored from a backup: offer everything again, and read every shelf from its start.
/// Rows that are here already merge into themselves.
fn note_incarnation(tx: &crate::transact::Tx<'_>, incarnation: Install) -> Result<()> {
    let known: Option<u64> = meta::get_parsed(tx.db, meta::INCARNATION)?;
    if known == Some(incarnation.0) || (known.is_some() && domain::planted::is("incarnation_ignored")) {
        return Ok(());
    }
    meta::set(tx.db, meta::INCARNATION, incarnation.0)?;
    if known.is_some() {
        tx.db.execute("UPDATE shelf SET cursor = 0, begun = 0", [])?;
        pull::forget_bare(tx.db)?;
        // Refused ones, too: a queue with a hole would look like a phone that lost something.
        tx.db.execute("DELETE FROM receipt", [])?;
        offer_photos_again(tx.db)?;
    }
    Ok(())
}

/// The server's file was put back to an earlier day, and nobody told it: what lies above `acked` waits again, and each photo
/// asks whether it is there.
fn offer_again(db: &rusqlite::Connection, acked: u64, now_ms: u64) -> Result<()> {
    push::receive_up_to(db, acked, now_ms)?;
    offer_photos_again(db)
}

fn offer_photos_again(db: &rusqlite::Connection) -> Result<()> {
    db.execute("UPDATE photo SET state = 1 WHERE state = 2", [])?;
    Ok(())
}
