//! Who looked at or changed what: append-only, each row hashing the one before, so that a later edit shows.

use crate::accept::Arrival;
use crate::error::{Optional, Result};
use crate::project::plain;
use crate::{Store, hex};
use domain::change::{Commit, field, hash_of, kind};
use domain::ids::DeviceNo;
use rusqlite::Connection;

/// One row: who did or looked at what, when. It names records and devices, never what they hold.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct AuditRow {
    /// Its number.
    pub no: i64,
    /// When, milliseconds of the server's clock.
    pub at_ms: u64,
    /// Who; empty for a stranger and the server itself.
    pub who: String,
    /// What was done or looked at.
    pub what: String,
    /// The record, device, account or programme.
    pub about: String,
}

impl Store {
    /// Calls `each` with every row after number `after`, the oldest first.
    pub fn each_audit_row(&self, after: i64, mut each: impl FnMut(AuditRow)) -> Result<()> {
        let mut statement =
            self.db.prepare("SELECT no, at_ms, who, what, about FROM audit WHERE no > ?1 ORDER BY no")?;
        let mut rows = statement.query([after])?;
        while let Some(row) = rows.next()? {
            each(AuditRow {
                no: row.get(0)?,
                at_ms: row.get(1)?,
                who: row.get(2)?,
                what: row.get(3)?,
                about: row.get(4)?,
            });
        }
        Ok(())
    }

    /// Notes that `who` did `what` to `about`. Names of records and devices only, never their content.
    pub fn note_audit(&mut self, who: &str, what: &str, about: &str, now_ms: u64) -> Result<()> {
        self.transact(|tx| append(tx.db, who, what, about, now_ms))
    }

    /// Returns the number of the first audit row whose hash is wrong, if any.
    pub fn first_broken_audit_row(&self) -> Result<Option<i64>> {
        let mut statement =
            self.db.prepare("SELECT no, at_ms, who, what, about, hash FROM audit ORDER BY no")?;
        let mut rows = statement.query([])?;
        let mut last = [0u8; 32];
        while let Some(row) = rows.next()? {
            let (who, what, about): (String, String, String) = (row.get(2)?, row.get(3)?, row.get(4)?);
            let stored: [u8; 32] = row.get(5)?;
            last = chain(&last, row.get(1)?, &who, &what, &about);
            if stored != last {
                return Ok(Some(row.get(0)?));
            }
        }
        Ok(None)
    }
}

/// Notes what a commit does that must leave a trace: somebody opened the emergency view; a visit was written or an order opened
/// at the desk, where nobody stood at the door; a programme is another one from here on, told by its version and the hash of its
/// definition.
pub(crate) fn note_commit(db: &Connection, arrival: &Arrival<'_>, commit: &Commit) -> Result<()> {
    let by = arrival.grant.map_or(&commit.by, |grant| &grant.person);
    let now_ms = arrival.now_ms;
    let at_desk = arrival.device == DeviceNo::SERVER && arrival.grant.is_some();
    for change in &commit.changes {
        let told = |name: &str| change.cells.get(name).map(plain).unwrap_or_default();
        match change.kind.as_str() {
            kind::ACCESS => append(db, by, "emergency opened", &change.id.to_string(), now_ms)?,
            kind::VISIT if at_desk && change.cells.contains_key(field::FORM) => {
                let corrects = change.cells.contains_key(field::SUPERSEDES);
                let what = if corrects { "visit corrected" } else { "visit written" };
                append(db, by, what, &change.id.to_string(), now_ms)?;
            }
            // Only what opens an order says of which kind it is; a step or a report of one does not.
            kind::ORDER if at_desk && change.cells.contains_key(field::ORDER_KIND) => {
                append(db, by, "order opened", &change.id.to_string(), now_ms)?;
            }
            kind::PROGRAMME => {
                let definition = change.cells.get(field::DEFINITION).map(ToString::to_string);
                let hash = definition.map(|text| hex(&hash_of(&text))).unwrap_or_default();
                let about = format!("{} {} {hash}", told(field::PROGRAMME), told("version"));
                append(db, by, "programme defined", &about, now_ms)?;
            }
            _ => {}
        }
    }
    Ok(())
}

pub(crate) fn append(db: &Connection, who: &str, what: &str, about: &str, now_ms: u64) -> Result<()> {
    let last: Option<[u8; 32]> = db
        .prepare_cached("SELECT hash FROM audit ORDER BY no DESC LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    let hash = chain(&last.unwrap_or([0; 32]), now_ms, who, what, about);
    db.prepare_cached("INSERT INTO audit (at_ms, who, what, about, hash) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute((now_ms, who, what, about, hash))?;
    Ok(())
}

fn chain(last: &[u8; 32], at_ms: u64, who: &str, what: &str, about: &str) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(last);
    hasher.update(&at_ms.to_le_bytes());
    for text in [who, what, about] {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    *hasher.finalize().as_bytes()
}
