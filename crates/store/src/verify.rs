//! Whether a replica is whole: the file, each record against its checksum, shelves against their digests, what screens
//! search in against the records, the audit chain, photos against their hashes.

use crate::error::{Error, Result};
use crate::{Store, project, row};
use domain::change::kind;
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::fmt;

/// What kind of thing is broken. The order is that in which they are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Damage {
    /// The file itself, as SQLite sees it.
    File,
    /// A record does not add up to its checksum.
    Record,
    /// A shelf's records do not add up to its digest.
    Shelf,
    /// An index of a screen lacks a row, or has one too many.
    Index,
    /// What people search in is not what the records say.
    Search,
    /// A row of the audit does not follow from the one before.
    Audit,
    /// A photo is not the one that was kept.
    Photo,
}

impl Damage {
    /// The stable code, for scripts.
    pub fn code(self) -> &'static str {
        match self {
            Damage::File => "damaged_file",
            Damage::Record => "damaged_record",
            Damage::Shelf => "damaged_shelf",
            Damage::Index => "damaged_index",
            Damage::Search => "damaged_search",
            Damage::Audit => "damaged_audit",
            Damage::Photo => "damaged_photo",
        }
    }

    /// The same in a few English words.
    pub fn in_english(self) -> &'static str {
        match self {
            Damage::File => "the database file is damaged; keep it, and restore the last backup",
            Damage::Record => {
                "a record was changed from outside or is damaged; keep the file, and restore the last backup"
            }
            Damage::Shelf => "a shelf does not add up; keep the file, and restore the last backup",
            Damage::Index => {
                "an index of the screens differs from the records, which are whole; report this line"
            }
            Damage::Search => "the search index differs from the records, which are whole; report this line",
            Damage::Audit => "the audit was changed afterwards; keep the file as evidence",
            Damage::Photo => {
                "a photo is damaged, all else is whole; take it from a backup or the device that took it"
            }
        }
    }

    /// What it means and what to do, in Thai, for the person who looks after the server.
    pub fn hint(self) -> &'static str {
        match self {
            Damage::File => "ไฟล์ฐานข้อมูลเสียหาย เก็บไฟล์นี้ไว้ แล้วกู้คืนจากไฟล์สำรองล่าสุดด้วย sanam server restore",
            Damage::Record => "ข้อมูลรายการหนึ่งถูกเปลี่ยนนอกระบบหรือเสียหาย เก็บไฟล์นี้ไว้ แล้วกู้คืนจากไฟล์สำรองล่าสุด",
            Damage::Shelf => "ยอดรวมของพื้นที่หนึ่งไม่ตรงกับข้อมูลในพื้นที่นั้น เก็บไฟล์นี้ไว้ แล้วกู้คืนจากไฟล์สำรองล่าสุด",
            Damage::Index => "ดัชนีของหน้าจอไม่ตรงกับข้อมูล ตัวข้อมูลเองยังครบ แจ้งผู้ดูแลระบบพร้อมบรรทัดนี้",
            Damage::Search => "ดัชนีค้นหาไม่ตรงกับข้อมูล ตัวข้อมูลเองยังครบ แจ้งผู้ดูแลระบบพร้อมบรรทัดนี้",
            Damage::Audit => "บันทึกการตรวจสอบถูกแก้ไขย้อนหลัง เก็บไฟล์นี้ไว้เป็นหลักฐาน และแจ้งผู้บังคับบัญชา",
            Damage::Photo => "รูปหนึ่งเสียหาย ข้อมูลอื่นยังครบ กู้รูปจากไฟล์สำรอง หรือจากเครื่องที่ถ่ายรูปนั้น",
        }
    }
}

/// One broken thing. Its text names numbers, ids and places, never what people wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What kind.
    pub damage: Damage,
    /// Which one, in English.
    pub about: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.damage.code(), self.about)
    }
}

/// What was found so far.
#[derive(Default)]
struct Found(Vec<Fault>);

impl Found {
    fn note(&mut self, damage: Damage, about: impl fmt::Display) {
        self.0.push(Fault { damage, about: about.to_string() });
    }
}

impl Store {
    /// Looks at everything and returns what is wrong; empty if all is well. Reads only, beside a running server too.
    ///
    /// A file so damaged that it cannot be read through is itself a fault, not an error.
    pub fn verify(&self) -> Result<Vec<Fault>> {
        let mut found = Found::default();
        // One moment of the file, whatever a server writes meanwhile.
        let moment = self.db.unchecked_transaction()?;
        match self.look_at_all(&mut found) {
            Ok(()) => {}
            Err(Error::Corrupt(what)) => found.note(Damage::File, what),
            Err(other) => return Err(other),
        }
        moment.rollback()?;
        found.0.sort_by_key(|fault| fault.damage);
        Ok(found.0)
    }

    fn look_at_all(&self, found: &mut Found) -> Result<()> {
        let mut statement = self.db.prepare("PRAGMA integrity_check(5)")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let said: String = row.get(0)?;
            if said != "ok" {
                found.note(Damage::File, said);
            }
        }
        self.look_at_records(found)?;
        for about in self.rotten_rows()? {
            found.note(Damage::Record, about);
        }
        self.look_at_search(found)?;
        if let Some(no) = self.first_broken_audit_row()? {
            found.note(Damage::Audit, format!("row {no} does not follow from the row before"));
        }
        self.each_broken_photo(|hash| found.note(Damage::Photo, hash))
    }

    fn look_at_records(&self, found: &mut Found) -> Result<()> {
        let mut digests: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
        let (mut subjects, mut visits, mut orders) = (0u64, 0u64, 0u64);
        let (mut beacons, mut accesses) = (0u64, 0u64);
        row::each_of_kind(&self.db, "", |row| {
            let sum = row::sum_of(&row);
            if sum != row.sum {
                found.note(Damage::Record, format!("{}: its checksum differs from its cells", row.id));
            }
            if !self.shows_what_it_holds(&row)? {
                found.note(Damage::Record, format!("{}: what it shows is not what it holds", row.id));
            }
            if sum != 0 {
                let entry = digests.entry(row.shelf).or_default();
                entry.0 += 1;
                entry.1 = entry.1.wrapping_add(sum.cast_signed());
            }
            let alive = row.view.is_alive();
            subjects += u64::from(alive && row.kind == kind::SUBJECT);
            beacons += u64::from(row.kind == kind::BEACON && project::subject_of(&row.view).is_some());
            accesses += u64::from(row.kind == kind::ACCESS);
            let complete = project::subject_of(&row.view).is_some() && row.view.text("form").is_some();
            visits += u64::from(alive && complete && row.kind == kind::VISIT);
            orders += u64::from(alive && row.kind == kind::ORDER && self.is_indexed_order(&row)?);
            Ok(())
        })?;
        let mut statement = self.db.prepare("SELECT no, count, sum FROM shelf")?;
        let mut rows = statement.query([])?;
        while let Some(shelf) = rows.next()? {
            let no: i64 = shelf.get(0)?;
            if digests.get(&no).copied().unwrap_or_default() != (shelf.get(1)?, shelf.get(2)?) {
                let name = row::shelf_of(&self.db, no)?;
                found.note(Damage::Shelf, format!("{name}: its digest differs from its records"));
            }
        }
        let indexes = [
            ("subject", subjects),
            ("visit", visits),
            ("order_case", orders),
            ("beacon", beacons),
            ("access", accesses),
        ];
        for (table, expected) in indexes {
            let there: u64 =
                self.db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?;
            if there != expected {
                found.note(Damage::Index, format!("{table} has {there} rows for {expected} records"));
            }
        }
        Ok(())
    }

    /// Compares the keys that are searched in with the records, and the words of the search index with the keys.
    fn look_at_search(&self, found: &mut Found) -> Result<()> {
        let mut keys = self.db.prepare("SELECT search_key FROM subject WHERE no = ?1")?;
        let mut lacking = 0u64;
        row::each_of_kind(&self.db, kind::SUBJECT, |row| {
            if !row.view.is_alive() {
                return Ok(());
            }
            let key: Option<String> = keys.query_row([row.no], |found| found.get(0)).ok();
            let right = project::search_key_of(&self.db, &self.programmes, &row)?;
            if key.as_ref() != Some(&right) {
                lacking += 1;
                if lacking <= 5 {
                    found.note(Damage::Search, format!("{}: its search key is not what it says", row.id));
                }
            }
            Ok(())
        })?;
        if let Some(no) = first_difference(&self.db)? {
            found.note(Damage::Search, format!("the words of subject number {no} differ from its key"));
        }
        Ok(())
    }
}

/// Indexes the keys anew in memory and compares both indexes word by word: the one way to see into an index that
/// keeps no text. Returns the first subject whose words differ.
fn first_difference(db: &Connection) -> Result<Option<i64>> {
    db.execute_batch(
        "CREATE VIRTUAL TABLE temp.search_again USING fts5 (search_key, content = '', tokenize = 'trigram'); \
         INSERT INTO temp.search_again (rowid, search_key) SELECT no, search_key FROM subject; \
         CREATE VIRTUAL TABLE temp.words_kept USING fts5vocab (main, subject_search, instance); \
         CREATE VIRTUAL TABLE temp.words_again USING fts5vocab (temp, search_again, instance);",
    )?;
    let compared = compare_words(db);
    db.execute_batch(
        "DROP TABLE temp.words_again; DROP TABLE temp.words_kept; DROP TABLE temp.search_again;",
    )?;
    compared
}

/// The next word with its subject; one that occurs several times in a subject counts once.
fn next_word(
    rows: &mut rusqlite::Rows<'_>,
    last: &mut Option<(String, i64)>,
) -> Result<Option<(String, i64)>> {
    while let Some(row) = rows.next()? {
        let word = Some((row.get(0)?, row.get(1)?));
        if word != *last {
            last.clone_from(&word);
            return Ok(word);
        }
    }
    Ok(None)
}

fn compare_words(db: &Connection) -> Result<Option<i64>> {
    // Both come in the order of words, then subjects.
    let mut kept = db.prepare("SELECT term, doc FROM temp.words_kept")?;
    let mut again = db.prepare("SELECT term, doc FROM temp.words_again")?;
    let (mut kept, mut again) = (kept.query([])?, again.query([])?);
    let (mut last, mut last_again) = (None, None);
    loop {
        let (one, other) = (next_word(&mut kept, &mut last)?, next_word(&mut again, &mut last_again)?);
        match (one, other) {
            (None, None) => return Ok(None),
            (one, other) if one == other => {}
            // The lesser of the two is the one that the other index lacks.
            (Some(one), Some(other)) => return Ok(Some(one.min(other).1)),
            (one, other) => return Ok(one.or(other).map(|word| word.1)),
        }
    }
}
