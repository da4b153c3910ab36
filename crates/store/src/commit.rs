//! Saving: what a person on this device, or at the office, writes.

use crate::accept::{self, Arrival, Written};
use crate::error::{Error, Result};
use crate::row::{self, Row};
use crate::transact::Tx;
use crate::{Kind, Now, Store, meta, project};
use domain::access::Grant;
use domain::api::DraftKey;
use domain::change::{Change, Commit, Place, field};
use domain::clock::Stamp;
use domain::ids::{DeviceNo, Seq};
use domain::merge::{Cell, Record};
use domain::planted;
use domain::problem::Code;
use domain::wire::Fate;

/// A commit before it has a number.
#[derive(Clone, Debug, Default)]
pub struct NewCommit {
    /// Where it is made.
    pub place: Option<Place>,
    /// Why, where the form asked.
    pub reason: Option<String>,
    /// What changes. `base_seq` is the number of the record that was on the writer's screen; zero means the one that
    /// the store shows now.
    pub changes: Vec<Change>,
    /// The unfinished form that this save finishes; it goes in the same transaction.
    pub finishes: Option<DraftKey>,
}

impl Store {
    /// Saves a commit durably, in one transaction, and returns its number.
    ///
    /// On a device it waits in the outbox and shows at once. At the office it is judged like any other.
    /// Errors: what the grant does not allow is refused before anything is written; [`Error::DiskFull`].
    pub fn save(&mut self, grant: &Grant, now: Now, new: NewCommit) -> Result<u64> {
        self.check_photos(grant, &new.changes)?;
        self.transact(|tx| save(tx, grant, now, new))
    }

    /// Saves several commits in one transaction, all of them or none: what is one thing to whoever asked for it, and too
    /// much for one commit.
    ///
    /// Errors: those of [`Store::save`], of whichever commit it is; then nothing of the others is written either.
    pub fn save_all(&mut self, grant: &Grant, now: Now, all: Vec<NewCommit>) -> Result<()> {
        for new in &all {
            self.check_photos(grant, &new.changes)?;
        }
        self.transact(|tx| {
            for new in all {
                save(tx, grant, now, new)?;
            }
            Ok(())
        })
    }

    /// Says whether the records here show already what these changes write: they were saved before.
    pub fn shows(&self, changes: &[Change]) -> Result<bool> {
        for change in changes {
            let there = row::load(&self.db, change.id)?.is_some_and(|row| {
                change.cells.iter().all(|(name, value)| row.view.get(name) == Some(value))
            });
            if !there {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Nobody at the office shows others a photo that they may not see themselves.
    fn check_photos(&self, grant: &Grant, changes: &[Change]) -> Result<()> {
        if self.kind == Kind::Device {
            return Ok(());
        }
        let cells = changes.iter().flat_map(|change| &change.cells);
        // Named as one of several, or as the value of a field, such as the photo of the way in.
        let named = cells.filter_map(|(name, value)| name.strip_prefix(field::PHOTOS).or(value.as_str()));
        for hash in named.filter(|hash| crate::photo::is_hash(hash)) {
            if self.has_photo(hash)? && !self.may_see_photo(grant, DeviceNo::SERVER, hash)? {
                return Err(Code::NotFound.into());
            }
        }
        Ok(())
    }
}

impl NewCommit {
    /// Parts of a size that a device may send at once; of nothing, none.
    pub(crate) fn parts(changes: &[Change]) -> Vec<NewCommit> {
        let parts = changes.chunks(domain::wire::COMMIT_MAX_CHANGES);
        parts.map(|part| NewCommit { changes: part.to_vec(), ..NewCommit::default() }).collect()
    }
}

fn save(tx: &mut Tx<'_>, grant: &Grant, now: Now, new: NewCommit) -> Result<u64> {
    match tx.kind {
        Kind::Device => save_on_device(tx, grant, now, new),
        Kind::Server => save_on_server(tx, grant, now, new),
    }
}

fn save_on_device(tx: &mut Tx<'_>, grant: &Grant, now: Now, new: NewCommit) -> Result<u64> {
    let skew: i64 = meta::get_parsed(tx.db, meta::SKEW)?.unwrap_or(0);
    let stamp = tx.clock.tick(now.ms.saturating_add_signed(skew));
    let n = meta::get_parsed::<u64>(tx.db, meta::LAST_N)?.unwrap_or(0) + 1;
    let mut commit = Commit {
        n,
        at: (stamp.ms, stamp.counter),
        wall: now.wall_ms,
        by: grant.person.clone(),
        place: new.place,
        reason: new.reason,
        changes: new.changes,
    };
    let rows = accept::rows_of(tx, &commit.changes)?;
    fill_base(&mut commit.changes, &rows);
    let text = serde_json::to_string(&commit)?;
    accept::check(tx, grant, Written { commit: &commit, text: &text }, &rows)?;
    for (change, row) in commit.changes.iter().zip(rows) {
        let was = row.clone();
        let row = &mut { row };
        let before = (row.no != 0).then_some((row.shelf, row.sum));
        if row.synced.is_none() {
            row.synced = Some(if row.no == 0 { Record::default() } else { row.view.clone() });
        }
        lay_over(&mut row.view, change, stamp);
        row.shelf = accept::shelf_for(tx, row, &commit.changes, Some(grant))?;
        row::write(tx, row, before)?;
        tx.db
            .prepare_cached("INSERT OR IGNORE INTO outbox_record (record, n) VALUES (?1, ?2)")?
            .execute((row.id.bytes(), n))?;
        project::project(tx, row, was.before())?;
    }
    if planted::is("queue_apart_from_rows") {
        tx.db.execute_batch("COMMIT; BEGIN IMMEDIATE")?;
    }
    let hash = domain::change::hash_of(&text);
    tx.db
        .prepare_cached("INSERT INTO outbox (n, body, refused, hash) VALUES (?1, ?2, '', ?3)")?
        .execute((n, text, hash))?;
    meta::set(tx.db, meta::LAST_N, n)?;
    forget_draft(tx, new.finishes.as_ref())?;
    Ok(n)
}

/// What the writer saw: the number the screen gave, or what the store shows now.
fn fill_base(changes: &mut [Change], rows: &[Row]) {
    for (change, row) in changes.iter_mut().zip(rows) {
        change.base_seq = if change.base_seq.is_zero() { row.seq } else { change.base_seq.min(row.seq) };
    }
}

/// Drops an unfinished form.
pub(crate) fn forget_draft(tx: &Tx<'_>, key: Option<&DraftKey>) -> Result<()> {
    if let Some(key) = key {
        tx.db
            .prepare_cached("DELETE FROM draft WHERE programme = ?1 AND form = ?2 AND subject = ?3")?
            .execute((&key.programme, &key.form, draft_subject(key)))?;
    }
    Ok(())
}

/// What a draft is kept under beside its form: nothing, the subject, the subject and the visit that is corrected, or the
/// code of a subject that is being made. Ids are sixteen bytes each; a code is made to be no such number of bytes.
pub(crate) fn draft_subject(key: &DraftKey) -> Vec<u8> {
    if key.subject.is_none() && !key.code.is_empty() {
        let mut code = key.code.as_bytes().to_vec();
        if code.len().is_multiple_of(16) {
            code.push(0);
        }
        return code;
    }
    key.subject.iter().chain(&key.corrects).flat_map(|id| *id.bytes()).collect()
}

/// The key of a draft, from what [`draft_subject`] wrote.
pub(crate) fn draft_kept_under(programme: String, form: String, kept_under: &[u8]) -> DraftKey {
    let ids = kept_under.chunks_exact(16);
    let code = if ids.remainder().is_empty() {
        String::new()
    } else {
        String::from_utf8_lossy(kept_under).trim_end_matches('\0').to_owned()
    };
    let mut ids = ids.filter(|_| code.is_empty()).filter_map(|id| id.try_into().ok()).map(row::id_of);
    let (subject, corrects) = (ids.next(), ids.next());
    DraftKey { programme, form, subject, corrects, code }
}

/// Lays an unsent change over what people see: on its own device a person's last word shows until it is judged.
pub(crate) fn lay_over(view: &mut Record, change: &Change, stamp: Stamp) {
    for (field, value) in &change.cells {
        view.cells.insert(field.clone(), Cell { value: value.clone(), stamp, seq: Seq(0) });
    }
}

fn save_on_server(tx: &mut Tx<'_>, grant: &Grant, now: Now, new: NewCommit) -> Result<u64> {
    forget_draft(tx, new.finishes.as_ref())?;
    let mut commit = server_commit(tx, &grant.person, now.ms, new)?;
    let rows: Vec<Row> = accept::rows_of(tx, &commit.changes)?;
    fill_base(&mut commit.changes, &rows);
    let arrival = Arrival::of_server(tx, Some(grant), now.ms)?;
    let text = serde_json::to_string(&commit)?;
    match accept::accept(tx, &arrival, Written { commit: &commit, text: &text })? {
        Fate::Ok { .. } | Fate::Known { .. } => Ok(commit.n),
        Fate::Refused { code } => Err(Error::from(code)),
    }
}

/// Gives a commit of the server itself its number and stamp.
pub(crate) fn server_commit(tx: &mut Tx<'_>, by: &str, at_ms: u64, new: NewCommit) -> Result<Commit> {
    let n = meta::get_parsed::<u64>(tx.db, meta::LAST_N)?.unwrap_or(0) + 1;
    meta::set(tx.db, meta::LAST_N, n)?;
    Ok(Commit {
        n,
        at: (at_ms, 0),
        wall: at_ms,
        by: by.to_owned(),
        place: new.place,
        reason: new.reason,
        changes: new.changes,
    })
}

impl Store {
    /// Writes many records as the server itself, in commits of a size that a pull page can end between.
    /// No rights are asked. `at_ms` is the time they are stamped with, never after `now_ms`.
    pub fn import_at(&mut self, by: &str, changes: Vec<Change>, at_ms: u64, now_ms: u64) -> Result<()> {
        self.transact(|tx| {
            let mut changes = changes.into_iter().peekable();
            while changes.peek().is_some() {
                let part: Vec<Change> = changes.by_ref().take(domain::wire::COMMIT_MAX_CHANGES).collect();
                let new = NewCommit { changes: part, ..NewCommit::default() };
                write_as_server(tx, by, at_ms.min(now_ms), now_ms, new)?;
            }
            Ok(())
        })
    }

    /// [`Store::import_at`] with the present time.
    pub fn import(&mut self, by: &str, changes: Vec<Change>, now_ms: u64) -> Result<()> {
        self.import_at(by, changes, now_ms, now_ms)
    }
}

/// Writes one commit of the server itself: it has seen everything, and may everything.
pub(crate) fn write_as_server(
    tx: &mut Tx<'_>,
    by: &str,
    at_ms: u64,
    now_ms: u64,
    new: NewCommit,
) -> Result<()> {
    let mut commit = server_commit(tx, by, at_ms, new)?;
    for change in &mut commit.changes {
        change.base_seq = Seq::EVERYTHING;
    }
    let mut arrival = Arrival::of_server(tx, None, now_ms)?;
    arrival.not_before_ms = at_ms;
    let text = serde_json::to_string(&commit)?;
    match accept::accept(tx, &arrival, Written { commit: &commit, text: &text })? {
        Fate::Ok { .. } | Fate::Known { .. } => Ok(()),
        Fate::Refused { code } => Err(Error::from(code)),
    }
}

impl Arrival<'_> {
    /// An arrival of the server's own commits. Without a grant no rights are asked.
    pub(crate) fn of_server<'g>(tx: &Tx<'_>, grant: Option<&'g Grant>, now_ms: u64) -> Result<Arrival<'g>> {
        let install = meta::get_parsed(tx.db, meta::INSTALL)?.unwrap_or(0);
        Ok(Arrival {
            device: DeviceNo::SERVER,
            install: domain::ids::Install(install),
            grant,
            not_before_ms: now_ms,
            now_ms,
            after: Stamp::default(),
            sent: Seq::EVERYTHING,
            formerly: &[],
        })
    }
}
