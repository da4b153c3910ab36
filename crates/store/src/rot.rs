//! Bits that a disk forgot. SQLite notices damage to the form of a file, hardly ever to what the file says. Here each
//! thing that cannot be worked out again from others is compared with its checksum (records, what waits, what was
//! replaced), and each thing that can be is worked out again and compared (what people see, the indexes of screens).

use crate::commit::lay_over;
use crate::error::Result;
use crate::project::Before;
use crate::row::{self, Row};
use crate::verify::{Damage, Fault};
use crate::{Kind, Store, hex, limits, meta, project};
use domain::change::{Commit, hash_of};
use domain::clock::Stamp;
use domain::merge::{Cell, Record};
use rusqlite::Connection;
use rusqlite::types::ValueRef;

/// Tables that are worked out from records, and the rows that must come out the same. Whatever index a device keeps has its
/// place here: by this list it is compared, and by this list it is emptied.
const DERIVED: &[(&str, &str)] = &[
    ("sqlite_schema", "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name"),
    ("subject", "SELECT * FROM subject ORDER BY no"),
    ("subject_place", "SELECT * FROM subject_place ORDER BY no"),
    ("subject_search", "SELECT term, doc, \"offset\" FROM temp.words ORDER BY term, doc, \"offset\""),
    ("code", "SELECT * FROM code ORDER BY code, subject"),
    ("visit", "SELECT * FROM visit ORDER BY no"),
    ("due", "SELECT * FROM due ORDER BY subject, form"),
    ("question", "SELECT * FROM question ORDER BY no"),
    ("entry", "SELECT * FROM entry ORDER BY no"),
    ("round_visit", "SELECT * FROM round_visit ORDER BY no"),
    // The step that made the table took those of removed subjects along; they are found by nothing.
    (
        "former_code",
        "SELECT * FROM former_code WHERE subject IN (SELECT no FROM subject) ORDER BY code, subject",
    ),
    ("order_case", "SELECT * FROM order_case ORDER BY no"),
    ("beacon", "SELECT * FROM beacon ORDER BY no"),
    ("beacon_place", "SELECT * FROM beacon_place ORDER BY no"),
    ("access", "SELECT * FROM access ORDER BY no"),
];

/// Empties every index of screens, for a device that lets all its records go at once.
pub(crate) fn empty_indexes(db: &Connection) -> Result<()> {
    for (table, _) in DERIVED {
        match *table {
            // Compared with the others, and no index.
            "sqlite_schema" => {}
            "subject_search" => {
                db.execute_batch("INSERT INTO subject_search (subject_search) VALUES ('delete-all')")?;
            }
            table => db.execute_batch(&format!("DELETE FROM {table}"))?,
        }
    }
    Ok(())
}

/// Tables of a few rows that every transaction may touch: they are sealed together.
const SEALED: &[&str] = &[
    "SELECT key, value FROM meta WHERE key <> 'seal' ORDER BY key",
    "SELECT * FROM shelf ORDER BY no",
    "SELECT * FROM draft ORDER BY programme, form, subject",
    "SELECT * FROM printed ORDER BY entry",
    "SELECT max(upto) FROM receipt",
];

/// One number for the small tables. On a server, which may have hundreds of shelves, for its settings only: its shelves'
/// sums are worked out again by [`Store::verify`], and it has no drafts.
fn seal_of(db: &Connection, kind: Kind) -> Result<String> {
    let tables = if kind == Kind::Device { SEALED } else { SEALED.get(..1).unwrap_or_default() };
    let hashes: Result<Vec<[u8; 32]>> = tables.iter().map(|sql| rows_of(db, sql)).collect();
    Ok(hex(blake3::hash(&hashes?.concat()).as_bytes().get(..16).unwrap_or_default()))
}

/// Seals the small tables at the end of a transaction, if it changed one.
pub(crate) fn seal(db: &Connection, kind: Kind) -> Result<()> {
    let seal = seal_of(db, kind)?;
    if meta::get(db, meta::SEAL)?.as_ref() != Some(&seal) {
        meta::set(db, meta::SEAL, seal)?;
    }
    Ok(())
}

/// 64 bits that stand for a row of the history.
pub(crate) fn history_sum(record: &[u8], field: &str, value: &str, numbers: [u64; 5]) -> i64 {
    let mut hasher = blake3::Hasher::new();
    for part in [record, field.as_bytes(), value.as_bytes()] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    for number in numbers {
        hasher.update(&number.to_le_bytes());
    }
    let mut eight = [0u8; 8];
    hasher.finalize_xof().fill(&mut eight);
    i64::from_le_bytes(eight)
}

impl Store {
    /// Everything [`Store::verify`] checks, and the indexes of screens worked out again and compared. It takes seconds on a
    /// large database and as much memory as its records; nothing is written. Returns what is wrong, a sentence each.
    pub fn verify_all(&self) -> Result<Vec<Fault>> {
        let mut faults = self.verify()?;
        // What cannot be read cannot be compared.
        if faults.is_empty() {
            let stale = self.stale_indexes()?.into_iter();
            faults.extend(stale.map(|about| Fault { damage: Damage::Index, about }));
        }
        Ok(faults)
    }

    /// Says what of the queue and of the history differs from its checksum.
    pub(crate) fn rotten_rows(&self) -> Result<Vec<String>> {
        let mut faults = Vec::new();
        if meta::get(&self.db, meta::SEAL)?
            .is_some_and(|seal| Some(seal) != seal_of(&self.db, self.kind).ok())
        {
            faults.push("settings, shelves or drafts differ from their seal".to_owned());
        }
        // Of one that was found damaged at a sync its writer has been told.
        let mut statement =
            self.db.prepare("SELECT n, body, hash FROM outbox WHERE refused <> 'commit_damaged'")?;
        let mut rows = statement.query([])?;
        while let Some(found) = rows.next()? {
            let (n, body, hash): (i64, String, Option<Vec<u8>>) =
                (found.get(0)?, found.get(1)?, found.get(2)?);
            if hash.is_some_and(|hash| hash != hash_of(&body)) {
                faults.push(format!("commit {n} differs from its checksum"));
            }
            if serde_json::from_str::<Commit>(&body).ok().and_then(|commit| i64::try_from(commit.n).ok())
                != Some(n)
            {
                faults.push(format!("commit {n} says another number"));
            }
        }
        let mut statement = self
            .db
            .prepare("SELECT record, outbox_record.n, body FROM outbox_record LEFT JOIN outbox USING (n)")?;
        let mut rows = statement.query([])?;
        while let Some(found) = rows.next()? {
            let (id, n, body): ([u8; 16], i64, Option<String>) =
                (found.get(0)?, found.get(1)?, found.get(2)?);
            let commit = body.and_then(|body| serde_json::from_str::<Commit>(&body).ok());
            if !commit.is_some_and(|commit| commit.changes.iter().any(|change| *change.id.bytes() == id)) {
                faults.push(format!("commit {n} is said to wait over a record that it does not touch"));
            }
        }
        let mut statement = self
            .db
            .prepare("SELECT no, record, field, value, ms, counter, device, seq, unseen, sum FROM history")?;
        let mut rows = statement.query([])?;
        while let Some(found) = rows.next()? {
            let record: Vec<u8> = found.get(1)?;
            let (field, value): (String, String) = (found.get(2)?, found.get(3)?);
            let numbers = [found.get(4)?, found.get(5)?, found.get(6)?, found.get(7)?, found.get(8)?];
            let sum: Option<i64> = found.get(9)?;
            if sum.is_some_and(|sum| sum != history_sum(&record, &field, &value, numbers)) {
                faults.push(format!("history row {} differs from its checksum", found.get::<_, i64>(0)?));
            }
        }
        let mut statement = self.db.prepare("SELECT device, n, hash, body, refused FROM commit_log")?;
        let mut rows = statement.query([])?;
        while let Some(found) = rows.next()? {
            let (hash, body): (Vec<u8>, String) = (found.get(2)?, found.get(3)?);
            let refused: String = found.get(4)?;
            if hash != hash_of(&body) && (refused.is_empty() || !limits::may_be_cut(&body)) {
                let (device, n): (i64, i64) = (found.get(0)?, found.get(1)?);
                faults.push(format!("commit {n} of device {device} differs from its checksum"));
            }
        }
        Ok(faults)
    }

    /// Says whether what people see of a record is what its numbered cells and the waiting commits make of it.
    pub(crate) fn shows_what_it_holds(&self, row: &Row) -> Result<bool> {
        let Some(numbered) = &row.synced else { return Ok(true) };
        let mut laid = Record::default();
        for commit in crate::sync::push::waiting_over(&self.db, row.id)? {
            for change in commit.changes.iter().filter(|change| change.id == row.id) {
                lay_over(&mut laid, change, Stamp::default());
            }
        }
        let shown = |field: &str, cell: &Cell| row.view.get(field) == Some(&cell.value);
        let over = laid.cells.iter().all(|(field, cell)| shown(field, cell));
        let under = numbered
            .cells
            .iter()
            .filter(|(field, _)| !laid.cells.contains_key(*field))
            .all(|(field, cell)| row.view.cells.get(field) == Some(cell));
        let none_else = numbered.cells.is_empty()
            || row
                .view
                .cells
                .keys()
                .all(|field| laid.cells.contains_key(field) || numbered.cells.contains_key(field));
        Ok(over && under && none_else)
    }

    fn stale_indexes(&self) -> Result<Vec<String>> {
        let mut fresh = Store::in_memory(self.kind, Box::new(|bytes| bytes.fill(7)))?;
        fresh.programmes = project::load_programmes(&self.db)?;
        self.copy_records(&fresh.db)?;
        fresh.transact(|tx| {
            let mut rows = Vec::new();
            row::each_by_id(tx.db, |row| {
                rows.push(row);
                Ok(())
            })?;
            rows.iter().try_for_each(|row| project::project(tx, row, Before::New))
        })?;
        let mut faults = Vec::new();
        for db in [&self.db, &fresh.db] {
            db.execute_batch(
                "CREATE VIRTUAL TABLE IF NOT EXISTS temp.words USING fts5vocab (main, subject_search, instance)",
            )?;
        }
        for (table, sql) in DERIVED {
            if rows_of(&self.db, sql)? != rows_of(&fresh.db, sql)? {
                faults.push(format!("index {table} differs from what its records make of it"));
            }
        }
        Ok(faults)
    }

    /// Copies records and shelves, under their numbers.
    fn copy_records(&self, to: &Connection) -> Result<()> {
        for (read, write) in [
            (
                "SELECT no, programme, zone FROM shelf",
                "INSERT INTO shelf (no, programme, zone) VALUES (?1, ?2, ?3)",
            ),
            (
                "SELECT no, id, kind, shelf, seq, moved, sum, cells, synced FROM record",
                "INSERT INTO record (no, id, kind, shelf, seq, moved, sum, cells, synced) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            ),
        ] {
            let mut into = to.prepare(write)?;
            let mut from = self.db.prepare(read)?;
            let columns = from.column_count();
            let mut rows = from.query([])?;
            while let Some(found) = rows.next()? {
                for column in 0..columns {
                    into.raw_bind_parameter(column + 1, found.get::<_, rusqlite::types::Value>(column)?)?;
                }
                into.raw_execute()?;
            }
        }
        Ok(())
    }
}

/// One number for all rows of a question, in their order.
fn rows_of(db: &Connection, sql: &str) -> Result<[u8; 32]> {
    let mut statement = db.prepare_cached(sql)?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    let mut hasher = blake3::Hasher::new();
    while let Some(found) = rows.next()? {
        for column in 0..columns {
            let text = match found.get_ref(column)? {
                ValueRef::Null => "null".to_owned(),
                ValueRef::Integer(number) => number.to_string(),
                ValueRef::Real(number) => number.to_bits().to_string(),
                ValueRef::Text(bytes) | ValueRef::Blob(bytes) => hex(bytes),
            };
            hasher.update(text.as_bytes());
            hasher.update(b"|");
        }
    }
    Ok(*hasher.finalize().as_bytes())
}
