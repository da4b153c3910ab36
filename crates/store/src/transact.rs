//! The one function that writes. What it is given happens whole or not at all.

use crate::error::{Optional, Result};
use crate::{Kind, Store, meta, project, rot, row};
use domain::clock::HybridClock;
use domain::ids::{RecordId, Seq, Shelf};
use domain::planted;
use domain::programme::Programme;
use rusqlite::Connection;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// A transaction with what it must settle before it ends, and what it has read so often that it remembers it. What it
/// remembers ends with it: another process may write to the same file in between.
pub(crate) struct Tx<'a> {
    /// The connection, inside its transaction.
    pub db: &'a Connection,
    /// Which end this is.
    pub kind: Kind,
    /// Definitions, as they were when it began.
    pub programmes: Arc<BTreeMap<String, Arc<Programme>>>,
    /// The clock; the store takes it over only after the commit.
    pub clock: HybridClock,
    /// Subjects whose due list must be worked out again.
    pub due: BTreeSet<RecordId>,
    /// Subjects (by row number) whose place in the lists changed.
    pub moved: BTreeSet<i64>,
    /// Subjects (by row number) that were written.
    pub touched: BTreeSet<i64>,
    /// Shelves that a device shall read again from their start: something that lay here is lost.
    pub reread: BTreeSet<i64>,
    /// Whether any question is open; `None` until somebody asks.
    pub open_questions: Cell<Option<bool>>,
    /// What a push costs, however short its lines are: bytes that were judged, read for it and written so far.
    work: Cell<usize>,
    digests: BTreeMap<i64, (i64, u64)>,
    seq: Cell<Option<u64>>,
    shelves: RefCell<HashMap<i64, Arc<Shelf>>>,
    shelf_numbers: RefCell<HashMap<Shelf, i64>>,
    /// The record whose shelf was asked for last.
    last_asked: Cell<Option<(RecordId, i64)>>,
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

    /// Counts bytes that were gone through as work.
    pub fn count_work(&self, bytes: usize) {
        self.work.set(self.work.get().saturating_add(bytes));
    }

    /// Bytes gone through so far.
    pub fn work(&self) -> usize {
        self.work.get()
    }

    /// Returns a shelf by number.
    pub fn shelf_of(&self, no: i64) -> Result<Arc<Shelf>> {
        if let Some(shelf) = self.shelves.borrow().get(&no) {
            return Ok(Arc::clone(shelf));
        }
        let shelf = Arc::new(row::shelf_of(self.db, no)?);
        self.shelves.borrow_mut().insert(no, Arc::clone(&shelf));
        Ok(shelf)
    }

    /// Returns a shelf's number, if it is known here.
    pub fn find_shelf(&self, shelf: &Shelf) -> Result<Option<i64>> {
        if let Some(no) = self.shelf_numbers.borrow().get(shelf) {
            return Ok(Some(*no));
        }
        let found = row::find_shelf(self.db, shelf)?;
        if let Some(no) = found {
            self.shelf_numbers.borrow_mut().insert(shelf.clone(), no);
        }
        Ok(found)
    }

    /// Returns a shelf's number, making it if it is new.
    pub fn shelf_no(&self, shelf: &Shelf) -> Result<i64> {
        match self.find_shelf(shelf)? {
            Some(no) => Ok(no),
            None => row::insert_shelf(self.db, shelf),
        }
    }

    /// Returns the shelf a record is on, if it is here. A visit asks several times for its subject's.
    pub fn shelf_of_record(&self, id: RecordId) -> Result<Option<i64>> {
        if let Some((_, shelf)) = self.last_asked.get().filter(|(asked, _)| *asked == id) {
            return Ok(Some(shelf));
        }
        let found = self
            .db
            .prepare_cached("SELECT shelf FROM record WHERE id = ?1")?
            .query_row([id.bytes()], |row| row.get(0))
            .optional()?;
        self.last_asked.set(found.map(|shelf| (id, shelf)));
        Ok(found)
    }

    /// Forgets what [`Tx::shelf_of_record`] remembers: a record was written.
    pub fn forget_shelf_of(&self, id: RecordId) {
        if self.last_asked.get().is_some_and(|(asked, _)| asked == id) {
            self.last_asked.set(None);
        }
    }

    /// Returns the server's next number. It is given inside the writing transaction, so numbers have no gap and no
    /// reader can pass one that is committed later.
    pub fn next_seq(&self) -> Result<Seq> {
        let last = match self.seq.get() {
            Some(last) => last,
            None => meta::get_parsed(self.db, meta::SEQ)?.unwrap_or(0),
        };
        self.seq.set(Some(last + 1));
        Ok(Seq(last + 1))
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
    /// to the file and to the clock in memory alike. Inside [`Store::together`] it is a part of the larger transaction,
    /// and happens whole or not at all by itself.
    pub(crate) fn transact<T>(&mut self, write: impl FnOnce(&mut Tx<'_>) -> Result<T>) -> Result<T> {
        if self.together {
            if self.db.is_autocommit() {
                // A full disk has rolled all of it back; what came now would be a transaction of its own.
                return Err(crate::Error::DiskFull);
            }
            let savepoint = self.db.savepoint()?;
            let (value, after) = settled(self.kind, self.clock, &self.programmes, &savepoint, write)?;
            savepoint.commit()?;
            self.take_over(after);
            return Ok(value);
        }
        if planted::is("acknowledged_before_commit") && !self.db.is_autocommit() {
            self.db.execute_batch("COMMIT")?;
        }
        let transaction = self.db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let (value, after) = settled(self.kind, self.clock, &self.programmes, &transaction, write)?;
        let done = transaction.commit();
        if !planted::is("failed_write_ignored") {
            done?;
        }
        self.take_over(after);
        Ok(value)
    }

    /// Brings what is in memory in line with what was written.
    fn take_over(&mut self, after: Settled) {
        (self.clock, self.programmes) = (after.clock, after.programmes);
        self.columns.touch(&after.touched);
    }

    /// Runs several pieces of work that each end by themselves in one transaction, so that they wait for the disk
    /// once. What `work` returns may be told to others only after this returned: before, nothing is durable.
    ///
    /// Errors: the last flush failed, and nothing of it happened.
    pub fn together<T>(&mut self, work: impl FnOnce(&mut Store) -> T) -> Result<T> {
        let (clock, programmes) = (self.clock, Arc::clone(&self.programmes));
        if planted::is("acknowledged_before_commit") && !self.db.is_autocommit() {
            self.db.execute_batch("COMMIT")?;
        }
        self.db.execute_batch("BEGIN IMMEDIATE")?;
        self.together = true;
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(self)));
        self.together = false;
        let ended = match &done {
            Ok(_) if planted::is("acknowledged_before_commit") => Ok(()),
            // A full disk may have rolled everything back already: then there is nothing to commit.
            Ok(_) if !self.db.is_autocommit() => self.db.execute_batch("COMMIT").map_err(crate::Error::from),
            Ok(_) => Err(crate::Error::DiskFull),
            Err(_) => Ok(()),
        };
        if done.is_err() || ended.is_err() {
            if !self.db.is_autocommit() {
                self.db.execute_batch("ROLLBACK")?;
            }
            (self.clock, self.programmes) = (clock, programmes);
            // What was read of it meanwhile never was.
            self.columns.forget();
        }
        match done {
            Ok(value) => ended.map(|()| value),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

/// What a store remembers of a transaction that was committed.
struct Settled {
    clock: HybridClock,
    programmes: Arc<BTreeMap<String, Arc<Programme>>>,
    touched: BTreeSet<i64>,
}

/// Runs `write` and everything that must be settled before its transaction ends.
fn settled<T>(
    kind: Kind,
    before: HybridClock,
    programmes: &Arc<BTreeMap<String, Arc<Programme>>>,
    db: &Connection,
    write: impl FnOnce(&mut Tx<'_>) -> Result<T>,
) -> Result<(T, Settled)> {
    let mut tx = Tx {
        db,
        kind,
        programmes: Arc::clone(programmes),
        clock: before,
        due: BTreeSet::new(),
        moved: BTreeSet::new(),
        touched: BTreeSet::new(),
        reread: BTreeSet::new(),
        open_questions: Cell::new(None),
        work: Cell::new(0),
        digests: BTreeMap::new(),
        seq: Cell::new(None),
        shelves: RefCell::default(),
        shelf_numbers: RefCell::default(),
        last_asked: Cell::new(None),
    };
    let value = write(&mut tx)?;
    for subject in std::mem::take(&mut tx.due) {
        project::refresh_due(&mut tx, subject)?;
    }
    tx.flush_digests()?;
    for shelf in std::mem::take(&mut tx.reread) {
        db.prepare_cached("UPDATE shelf SET cursor = 0, begun = 0 WHERE no = ?1")?.execute([shelf])?;
    }
    if let Some(seq) = tx.seq.get() {
        meta::set(db, meta::SEQ, seq)?;
    }
    let Tx { clock, programmes, touched, .. } = tx;
    if clock != before {
        meta::set(db, meta::CLOCK, format!("{} {}", clock.last().ms, clock.last().counter))?;
    }
    rot::seal(db, kind)?;
    Ok((value, Settled { clock, programmes, touched }))
}
