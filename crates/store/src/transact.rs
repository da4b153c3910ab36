//! The one function that writes. What it is given happens whole or not at all.

use crate::error::Result;
use crate::{Kind, Store, meta, project};
use domain::clock::HybridClock;
use domain::ids::RecordId;
use domain::programme::Programme;
use rusqlite::Transaction;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A transaction with what it must settle before it ends.
pub(crate) struct Tx<'a> {
    /// The connection, inside its transaction.
    pub db: &'a Transaction<'a>,
    /// Which end this is.
    pub kind: Kind,
    /// Definitions, as they were when it began.
    pub programmes: Arc<BTreeMap<String, Arc<Programme>>>,
    /// The clock; the store takes it over only after the commit.
    pub clock: HybridClock,
    /// Subjects whose due list must be worked out again.
    pub due: BTreeSet<RecordId>,
    /// Programmes whose definition changed.
    pub redefined: BTreeSet<String>,
    digests: BTreeMap<i64, (i64, u64)>,
}

impl Tx<'_> {
    /// Adds a record's checksum to its shelf's digest, or takes it out (`sign` -1). Zero is no record.
    pub fn add_to_digest(&mut self, shelf: i64, sum: u64, sign: i64) {
        if sum != 0 {
            let entry = self.digests.entry(shelf).or_default();
            entry.0 += sign;
            entry.1 = entry.1.wrapping_add(if sign < 0 { sum.wrapping_neg() } else { sum });
        }
    }

    /// The definition of a programme, if it is here.
    pub fn programme(&self, id: &str) -> Option<Arc<Programme>> {
        self.programmes.get(id).cloned()
    }

    /// Writes the digests as far as they are known, so that they can be compared inside the transaction.
    pub fn flush_digests(&mut self) -> Result<()> {
        for (shelf, (count, sum)) in std::mem::take(&mut self.digests) {
            // SQLite turns an overflowing sum into a float, so it is added here.
            let old: i64 = self
                .db
                .prepare_cached("SELECT sum FROM shelf WHERE no = ?1")?
                .query_row([shelf], |row| row.get(0))?;
            self.db
                .prepare_cached("UPDATE shelf SET count = count + ?2, sum = ?3 WHERE no = ?1")?
                .execute((shelf, count, old.wrapping_add(sum.cast_signed())))?;
        }
        Ok(())
    }
}

impl Store {
    /// Runs `write` in one transaction, settles due lists and digests, and commits. On an error nothing happened,
    /// to the file and to the clock in memory alike.
    pub(crate) fn transact<T>(&mut self, write: impl FnOnce(&mut Tx<'_>) -> Result<T>) -> Result<T> {
        let transaction = self.db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let mut tx = Tx {
            db: &transaction,
            kind: self.kind,
            programmes: Arc::clone(&self.programmes),
            clock: self.clock,
            due: BTreeSet::new(),
            redefined: BTreeSet::new(),
            digests: BTreeMap::new(),
        };
        let value = write(&mut tx)?;
        if !tx.redefined.is_empty() {
            tx.programmes = project::load_programmes(tx.db)?;
            for programme in std::mem::take(&mut tx.redefined) {
                project::rebuild(&mut tx, &programme)?;
            }
        }
        for subject in std::mem::take(&mut tx.due) {
            project::refresh_due(&mut tx, subject)?;
        }
        tx.flush_digests()?;
        let (clock, programmes) = (tx.clock, tx.programmes);
        if clock != self.clock {
            meta::set(&transaction, meta::CLOCK, format!("{} {}", clock.last().ms, clock.last().counter))?;
        }
        transaction.commit()?;
        self.clock = clock;
        self.programmes = programmes;
        Ok(value)
    }
}
