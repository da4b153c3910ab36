//! One SQLite file is one replica: a device's, or a municipality's on the server. The only crate with SQL.
//!
//! Data comes in by three ways: a person saves ([`Store::save`]), a device pushes to a server (`sync::push`), a
//! server's page is pulled (`sync::pull`). All three end in the same rows and go through `Store::transact`, the
//! only function that writes: commit log, cells, history, outbox, search, due list and the shelf's digest change
//! together or not at all.
//!
//! A device keeps what the server numbered apart from its own unsent commits (`record.synced`, `outbox`). People see
//! the unsent ones laid over; the law of `domain::merge` only ever compares stamps that the server fixed. So a
//! phone whose clock is ten years ahead shows its own edit until the server has judged it, and harms nobody.
//!
//! Everything is synchronous and uses one connection, natively and in a browser's worker alike.

mod accept;
mod admin;
mod ask;
mod audit;
#[cfg(not(target_family = "wasm"))]
mod backup;
mod beside;
mod cause;
mod citizen;
mod commit;
mod dump;
mod emergency;
mod error;
mod forms;
mod grants;
mod labels;
mod ledger;
mod limits;
mod meta;
mod open;
mod orders;
mod outbox;
mod own_name;
mod photo;
mod project;
mod public_cases;
mod rebill;
pub mod rescue;
mod rot;
mod round;
mod row;
mod schema;
pub mod service;
pub mod sync;
mod tell;
mod transact;
mod untimely;
mod upkeep;
mod verify;
mod versions;

pub use admin::{Account, Authenticated, Tenant};
pub use audit::AuditRow;
pub use citizen::Tracked;
pub use commit::NewCommit;
pub use error::{Error, Result};
pub use forms::FormVersion;
pub use labels::{Chosen, Labelled};
pub use open::set_aside;
pub use outbox::{Delivery, KeyUse, MailServer, Target, is_email};
pub use photo::{Drawn, Piece};
pub use public_cases::{CasesWanted, PublicCase, public_kind};
pub use service::{CutOffLine, CutOffList, PagePaper, PaymentLine};
pub use sync::judge::Offer;
pub use sync::photos::{absorb_photo, photo_call};
pub use sync::session::{HttpAnswer, HttpCall, Step, SyncSession, absorb_enrol, enrol_call};
pub use tell::{PublicLine, public_fields, public_lines};
pub use upkeep::Figures;
pub use verify::{Damage, Fault};

use domain::clock::HybridClock;
use domain::ids::{DeviceNo, Install};
use domain::programme::Programme;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Fills a slice with random bytes: the system's source in the shells, a seeded one in tests.
pub type Entropy = Box<dyn FnMut(&mut [u8]) + Send>;

/// Which end of the protocol a store is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A worker's device: holds some shelves, keeps an outbox.
    Device,
    /// The municipality's server: holds all, judges stamps and rights.
    Server,
}

/// What time it is, as a door knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Milliseconds since 1970, from a clock that people cannot set back while the app runs.
    pub ms: u64,
    /// What the wall clock shows, for the record.
    pub wall_ms: u64,
    /// Minutes by which local time is ahead of UTC.
    pub offset_minutes: i32,
}

impl Now {
    /// A moment in Thai local time, where wall and corrected clock agree.
    pub fn thai(ms: u64) -> Now {
        Now { ms, wall_ms: ms, offset_minutes: domain::thai_date::THAI_OFFSET_MINUTES }
    }

    /// The local day.
    pub fn day(&self) -> chrono::NaiveDate {
        domain::thai_date::day_of(self.ms, self.offset_minutes)
    }
}

/// One replica.
pub struct Store {
    db: rusqlite::Connection,
    kind: Kind,
    entropy: Entropy,
    clock: HybridClock,
    programmes: Arc<BTreeMap<String, Arc<Programme>>>,
    set_aside: Option<String>,
    /// Inside [`Store::together`].
    together: bool,
    /// What was written to the audit lately and need not be again.
    noted: service::watch::Noted,
    /// What forms looked up lately, by columns of the registry.
    columns: service::columns::Columns,
}

impl Store {
    /// Which end of the protocol this is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The programmes this replica has definitions of.
    pub fn programmes(&self) -> Arc<BTreeMap<String, Arc<Programme>>> {
        Arc::clone(&self.programmes)
    }

    /// This replica's device number; zero on the server and before enrolment.
    pub fn device(&self) -> DeviceNo {
        self.clock.last().device
    }

    /// The random number made with this database.
    pub fn install(&self) -> Result<Install> {
        meta::get_parsed(&self.db, meta::INSTALL)?.map(Install).ok_or(Error::NotFound)
    }

    /// Where a database that did not open was put, if that happened at opening.
    pub fn set_aside(&self) -> Option<&str> {
        self.set_aside.as_deref()
    }

    fn random<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0u8; N];
        (self.entropy)(&mut bytes);
        bytes
    }

    fn new_record_id(&mut self, ms: u64) -> domain::ids::RecordId {
        let random = self.random();
        domain::ids::RecordId::new(ms, random)
    }
}

/// Writes bytes as lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}
