//! Push, the device's half: it offers its commits in order and takes in what became of them. The server's is `judge`.

use super::pull::LEFT;
use super::{become_device, come_down, note_incarnation, note_server_time};
use crate::commit::lay_over;
use crate::error::{Optional, Result};
use crate::row::{self, Row};
use crate::transact::Tx;
use crate::{Store, meta, project};
use domain::change::{Change, Commit, hash_of};
use domain::clock::Stamp;
use domain::ids::{RecordId, Seq};
use domain::merge::{Cell, Outcome, Record, checksum_of};
use domain::planted;
use domain::problem::Code;
use domain::wire::{self, Fate, PushHead, PushReply, Verdict};
use rusqlite::types::ValueRef;
use std::borrow::Cow;

/// A push ready to be sent.
pub(crate) struct Push {
    /// JSON lines.
    pub body: Vec<u8>,
    /// How many commits it carries.
    pub commits: u64,
}

/// What became of a push.
pub(crate) struct Pushed {
    /// Commits that the server has judged and that wait no more.
    pub judged: u64,
    /// The server has forgotten commits it once had: they wait again.
    pub forgotten: bool,
}

impl Store {
    /// Writes the next commits that wait, at most `most`; `None` if none wait. What the disk has damaged goes as a line that says
    /// so: it is never sent as truth, and holds up nothing.
    pub(crate) fn next_push(&self, most: usize) -> Result<Option<Push>> {
        let mut statement =
            self.db.prepare_cached("SELECT n, body, hash FROM outbox WHERE n > ?1 ORDER BY n LIMIT ?2")?;
        let mut rows = statement.query((self.received_n()?, most.min(wire::PUSH_MAX_COMMITS)))?;
        let mut commits = 0;
        let mut body = serde_json::to_vec(&self.push_head()?)?;
        while let Some(row) = rows.next()? {
            let line = match intact(row.get_ref(1)?, row.get_ref(2)?) {
                Some(text) => Cow::Borrowed(text),
                None => Cow::Owned(wire::rotten_line(row.get(0)?)),
            };
            if commits > 0 && body.len() + line.len() > wire::BODY_MAX_BYTES / 2 {
                break;
            }
            body.push(b'\n');
            body.extend_from_slice(line.as_bytes());
            commits += 1;
        }
        Ok((commits > 0).then_some(Push { body, commits }))
    }

    /// What was noted of the network as it was last.
    pub(crate) fn noted<T: std::str::FromStr>(&self, key: &str) -> Result<Option<T>> {
        meta::get_parsed(&self.db, key)
    }

    /// Notes it, or that it is as usual; writes only if that is new.
    pub(crate) fn note(&mut self, key: &str, value: Option<impl ToString>) -> Result<()> {
        let value = value.map(|value| value.to_string());
        if meta::get(&self.db, key)? == value {
            return Ok(());
        }
        self.transact(|tx| match value {
            Some(value) => meta::set(tx.db, key, value),
            None => meta::clear(tx.db, key),
        })
    }

    /// How many commits went well at once at the last push, or should at the next.
    pub(crate) fn noted_batch(&self) -> Result<Option<usize>> {
        meta::get_parsed(&self.db, meta::BATCH)
    }

    /// Notes it; writes only if it is another number than before.
    pub(crate) fn note_batch(&mut self, commits: usize) -> Result<()> {
        if self.noted_batch()? == Some(commits) {
            return Ok(());
        }
        self.transact(|tx| meta::set(tx.db, meta::BATCH, commits))
    }

    fn push_head(&self) -> Result<PushHead> {
        let lowest_n = meta::get_parsed(&self.db, meta::KEPT_FROM)?.unwrap_or(1);
        Ok(PushHead { install: self.install()?, top_n: self.last_n()?, lowest_n })
    }

    /// Number of the last commit made here.
    pub fn last_n(&self) -> Result<u64> {
        Ok(meta::get_parsed(&self.db, meta::LAST_N)?.unwrap_or(0))
    }

    /// The number up to which the server has answered for everything; what is above it waits.
    pub(crate) fn received_n(&self) -> Result<u64> {
        received_n(&self.db)
    }

    /// Takes in the server's verdicts, in one transaction.
    pub(crate) fn absorb_push(&mut self, reply: &PushReply, now_ms: u64) -> Result<Pushed> {
        self.transact(|tx| {
            note_server_time(tx.db, reply.now, now_ms)?;
            let before = received_n(tx.db)?;
            let (mut upto, mut judged) = (before, 0);
            let mut any_refused: bool = tx
                .db
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM outbox WHERE refused <> '')")?
                .query_row([], |row| row.get(0))?;
            let mut waiting =
                tx.db.prepare_cached("SELECT n, body, hash FROM outbox WHERE n > ?1 ORDER BY n")?;
            let mut waiting = waiting.query([before])?;
            for verdict in reply.verdicts.iter().filter(|verdict| verdict.n > before) {
                let Some(row) = waiting.next()? else { break };
                if row.get::<_, u64>(0)? != verdict.n {
                    break; // the one before it was not judged: all from there on are offered again
                }
                if matches!(verdict.fate, Fate::Refused { .. }) && planted::is("refusal_stops_queue") {
                    break;
                }
                any_refused |= matches!(verdict.fate, Fate::Refused { .. });
                let body = intact(row.get_ref(1)?, row.get_ref(2)?);
                absorb_verdict(tx, verdict, body, any_refused)?;
                (upto, judged) = (verdict.n, judged + 1);
            }
            drop(waiting);
            // An old copy of the server's file, put back by hand, has forgotten commits without a new incarnation.
            let forgotten = reply.acked < before;
            receive_up_to(tx.db, if forgotten { reply.acked } else { upto }, reply.now)?;
            if forgotten {
                super::offer_photos_again(tx.db)?;
            }
            note_incarnation(tx, reply.incarnation)?;
            if let Some(renamed) = &reply.renamed {
                become_device(tx, renamed.device, &renamed.token)?;
            }
            come_down(tx, reply.now)?;
            trim_black_box(tx.db, reply.now)?;
            Ok(Pushed { judged, forgotten })
        })
    }
}

/// The text of a commit in the outbox, if it is what was saved. `None`: the disk has forgotten a bit of it.
pub(crate) fn intact<'r>(body: ValueRef<'r>, hash: ValueRef<'_>) -> Option<&'r str> {
    let ValueRef::Text(bytes) = body else { return None };
    let text = std::str::from_utf8(bytes).ok()?;
    let whole = match hash {
        // Saved before commits had a checksum.
        ValueRef::Null => serde_json::from_str::<Commit>(text).is_ok(),
        hash => hash.as_blob().is_ok_and(|hash| hash == hash_of(text)),
    };
    (whole || planted::is("rot_is_sent")).then_some(text)
}

/// See [`Store::received_n`].
pub(crate) fn received_n(db: &rusqlite::Connection) -> Result<u64> {
    Ok(db.prepare_cached("SELECT coalesce(max(upto), 0) FROM receipt")?.query_row([], |row| row.get(0))?)
}

/// Notes up to where the server has answered, at which time of the server; lower than before if it has forgotten.
pub(super) fn receive_up_to(db: &rusqlite::Connection, upto: u64, server_ms: u64) -> Result<()> {
    db.prepare_cached("DELETE FROM receipt WHERE upto > ?1")?.execute([upto])?;
    // Never before an earlier one: who once booted without a clock must not empty the black box.
    db.prepare_cached(
        "INSERT OR IGNORE INTO receipt (upto, at_ms) VALUES (?1, max(?2, (SELECT coalesce(max(at_ms), 0) FROM receipt)))",
    )?
    .execute((upto, server_ms))?;
    Ok(())
}

/// No clock that begins in 1970 is that far behind, so what lies further ahead was dated by one that was wrong.
const CENTURY_MS: u64 = 100 * 365 * 86_400_000;

/// Drops what was received longer ago than a server is ever restored to. Refused commits stay: nobody else shows them.
fn trim_black_box(db: &rusqlite::Connection, now_ms: u64) -> Result<()> {
    // Receipts were once dated by the phone: one in the year 2569 would keep all that came after it for ever.
    db.prepare_cached("UPDATE receipt SET at_ms = ?1 WHERE at_ms > ?2")?
        .execute((now_ms, now_ms.saturating_add(CENTURY_MS)))?;
    let oldest = now_ms.saturating_sub(super::BLACK_BOX_DAYS * 86_400_000);
    let old: Option<u64> = db
        .prepare_cached("SELECT max(upto) FROM receipt WHERE at_ms < ?1")?
        .query_row([oldest], |row| row.get(0))?;
    let Some(upto) = old else { return Ok(()) };
    let kept_from: u64 = meta::get_parsed(db, meta::KEPT_FROM)?.unwrap_or(1);
    if upto >= kept_from {
        db.execute("DELETE FROM outbox WHERE n <= ?1 AND refused = ''", [upto])?;
        db.execute("DELETE FROM receipt WHERE upto < ?1", [upto])?;
        meta::set(db, meta::KEPT_FROM, upto + 1)?;
    }
    Ok(())
}

/// `body` is `None` if the disk has damaged it. `any_refused`: some commit of this device was refused, now or earlier.
fn absorb_verdict(tx: &mut Tx<'_>, verdict: &Verdict, body: Option<&str>, any_refused: bool) -> Result<()> {
    let commit: Option<Commit> = body.and_then(|body| serde_json::from_str(body).ok());
    let (accepted, refused) = match &verdict.fate {
        Fate::Ok { stamp, .. } | Fate::Known { stamp, .. } => (Some(*stamp), ""),
        Fate::Refused { .. } if commit.is_none() => (None, Code::CommitDamaged.as_str()),
        Fate::Refused { code } => (None, code.as_str()),
    };
    if let Some(stamp) = accepted {
        tx.clock.observe(stamp);
    }
    if any_refused {
        tx.db
            .prepare_cached("UPDATE outbox SET refused = ?2 WHERE n = ?1 AND refused <> ?2")?
            .execute((verdict.n, refused))?;
    }
    let raw = commit.as_ref().map(|commit| commit.raw_stamp(tx.clock.last().device));
    let as_written = !any_refused && accepted.is_some() && accepted == raw;
    let touched: Vec<(RecordId, Option<&Change>)> = match &commit {
        Some(commit) => commit.changes.iter().map(|change| (change.id, Some(change))).collect(),
        None => touched_by(tx.db, verdict.n)?.into_iter().map(|id| (id, None)).collect(),
    };
    for (id, change) in touched {
        tx.db
            .prepare_cached("DELETE FROM outbox_record WHERE record = ?1 AND n = ?2")?
            .execute((id.bytes(), verdict.n))?;
        if let (true, Some(stamp), Some(change)) = (as_written, accepted, change)
            && stands_as_written(tx, change, stamp)?
        {
            continue;
        }
        let Some(mut row) = row::load_or_empty(tx, id)? else { continue };
        let was = row.clone();
        let before = Some((row.shelf, row.sum));
        let mut numbered = row.synced.take().unwrap_or_else(|| row.view.clone());
        if let (Some(_), None) = (accepted, change) {
            // The office has it whole from an earlier try.
            tx.reread.insert(row.shelf);
        }
        if let (Some(stamp), Some(change)) = (accepted, change) {
            for (field, value) in &change.cells {
                // Cells' own numbers stay on the server; zero here, so that both ends of a pull compare alike.
                offer(tx, row.id, &mut numbered, field, Cell { value: value.clone(), stamp, seq: Seq(0) })?;
            }
        }
        settle_view(tx, &mut row, numbered)?;
        let ours = row.moved != LEFT && row::is_held(tx.db, row.shelf)?;
        if !ours && (accepted.is_some() || row.moved == LEFT) && waiting_over(tx.db, row.id)?.is_empty() {
            // It stayed only for these words. Where it is now, it comes with the next page.
            project::forget(tx, &row)?;
            row::drop_row(tx, &row)?;
            continue;
        }
        row::write(tx, &mut row, before)?;
        project::project(tx, &row, was.before())?;
    }
    Ok(())
}

/// The usual fate of a new record: accepted with the stamp it was written with, and nothing lies over it. Its cells stay
/// as they are, they only count from now on. Says whether it was so. What opens the emergency view is not among them: from
/// now on it counts from its stamp, and the index has to hear of it.
fn stands_as_written(tx: &mut Tx<'_>, change: &Change, stamp: Stamp) -> Result<bool> {
    let cells = change.cells.iter().map(|(field, value)| (field.as_str(), stamp, value));
    let sum = checksum_of(change.id, cells);
    let begin = format!("{{\"s\":{},", serde_json::to_string(&stamp)?);
    let found: Option<(i64, i64)> = tx
        .db
        .prepare_cached(
            "SELECT record.no, shelf FROM record JOIN shelf ON shelf.no = shelf AND held = 1 \
             WHERE id = ?1 AND synced = '' AND kind <> 'access' AND moved <> ?2 \
             AND substr(cells, 1, length(?3)) = ?3 \
             AND NOT EXISTS (SELECT 1 FROM outbox_record WHERE record = ?1)",
        )?
        // Written under this very stamp: a device that got another number since has to rewrite it.
        .query_row((change.id.bytes(), LEFT.0, begin), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((no, shelf)) = found else { return Ok(false) };
    tx.db
        .prepare_cached("UPDATE record SET synced = NULL, sum = ?2 WHERE no = ?1")?
        .execute((no, sum.cast_signed()))?;
    tx.add_to_digest(shelf, sum, 1);
    Ok(true)
}

/// Offers a numbered cell to a device's record and keeps what it replaces.
pub(super) fn offer(tx: &Tx<'_>, id: RecordId, numbered: &mut Record, field: &str, cell: Cell) -> Result<()> {
    if let Outcome::Won(old) = numbered.offer(field, cell) {
        row::keep_history(tx.db, id, field, &old, false)?;
    }
    Ok(())
}

/// Works out what people see: the numbered cells, with the commits that still wait laid over in order. A new
/// record that was refused stays readable on the device that wrote it.
pub(crate) fn settle_view(tx: &Tx<'_>, row: &mut Row, numbered: Record) -> Result<()> {
    let mut waiting = waiting_over(tx.db, row.id)?;
    if planted::is("unsent_overwritten") {
        waiting.clear();
    }
    if waiting.is_empty() && !numbered.cells.is_empty() {
        (row.view, row.synced) = (numbered, None);
        return Ok(());
    }
    if !waiting.is_empty() && !numbered.cells.is_empty() {
        row.view = numbered.clone();
    }
    for commit in waiting {
        let stamp = commit.raw_stamp(tx.clock.last().device);
        for change in commit.changes.iter().filter(|change| change.id == row.id) {
            lay_over(&mut row.view, change, stamp);
        }
    }
    row.synced = Some(numbered);
    Ok(())
}

/// The records that a commit waits over.
fn touched_by(db: &rusqlite::Connection, n: u64) -> Result<Vec<RecordId>> {
    let mut statement = db.prepare_cached("SELECT record FROM outbox_record WHERE n = ?1 ORDER BY record")?;
    let found = statement.query_map([n], |row| Ok(row::id_of(row.get(0)?)))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// The commits that wait and touch a record, in order. One that the disk has damaged says nothing any more.
pub(crate) fn waiting_over(db: &rusqlite::Connection, record: RecordId) -> Result<Vec<Commit>> {
    let mut statement = db.prepare_cached(
        "SELECT body, hash FROM outbox JOIN outbox_record ON outbox_record.n = outbox.n WHERE record = ?1 ORDER BY outbox.n",
    )?;
    let mut rows = statement.query([record.bytes()])?;
    let mut commits = Vec::new();
    while let Some(row) = rows.next()? {
        let body = intact(row.get_ref(0)?, row.get_ref(1)?);
        commits.extend(body.and_then(|body| serde_json::from_str::<Commit>(body).ok()));
    }
    Ok(commits)
}
