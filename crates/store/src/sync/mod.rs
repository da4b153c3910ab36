//! The exchange with the server, both halves side by side and without a socket, so that a test can run twenty
//! devices and a server in one process over any network it likes.

pub(crate) mod pull;
pub(crate) mod push;
pub mod session;

use crate::error::Result;
use crate::{Store, meta};
use domain::clock::HybridClock;
use domain::clock::Stamp;
use domain::ids::{DeviceNo, Install};
use domain::wire::EnrolReply;

/// Days for which acknowledged commits stay on a device, so that it can refill a restored server.
pub const BLACK_BOX_DAYS: u64 = 90;

impl Store {
    /// Becomes the device that a server just enrolled.
    pub fn adopt_enrolment(&mut self, server: &str, reply: &EnrolReply, now_ms: u64) -> Result<()> {
        let grant = serde_json::to_string(&reply.grant)?;
        self.transact(|tx| {
            meta::set(tx.db, meta::SERVER, server.trim_end_matches('/'))?;
            meta::set(tx.db, meta::MUNICIPALITY, &reply.municipality)?;
            meta::set(tx.db, meta::GRANT, grant)?;
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
    tx.clock = HybridClock::new(device, Stamp { device, ..last });
    Ok(())
}

/// Remembers how far the server's clock is from ours.
fn note_server_time(db: &rusqlite::Connection, server_ms: u64, now_ms: u64) -> Result<()> {
    let skew = i64::try_from(server_ms).unwrap_or(i64::MAX) - i64::try_from(now_ms).unwrap_or(0);
    meta::set(db, meta::SKEW, skew)
}

/// A server in a new life was restored from a backup: offer everything again, and read every shelf from its start.
/// Rows that are here already merge into themselves.
fn note_incarnation(tx: &crate::transact::Tx<'_>, incarnation: Install) -> Result<()> {
    let known: Option<u64> = meta::get_parsed(tx.db, meta::INCARNATION)?;
    if known == Some(incarnation.0) {
        return Ok(());
    }
    meta::set(tx.db, meta::INCARNATION, incarnation.0)?;
    if known.is_some() {
        tx.db.execute("UPDATE shelf SET cursor = 0, begun = 0", [])?;
        tx.db.execute("UPDATE outbox SET state = 0 WHERE state = 1", [])?;
    }
    Ok(())
}
