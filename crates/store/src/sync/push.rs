//! Push: the device offers its commits in order, the server judges each once. Asking twice is asking once.

use super::pull::LEFT;
use super::{become_device, note_incarnation, note_server_time};
use crate::accept::{self, Arrival, Written};
use crate::admin::{self, Authenticated};
use crate::commit::lay_over;
use crate::error::{Optional, Result};
use crate::row::{self, Row};
use crate::transact::Tx;
use crate::{Store, audit, hex, meta, project};
use domain::change::{Change, Commit, hash_of};
use domain::clock::Stamp;
use domain::ids::{DeviceNo, Install, RecordId, Seq};
use domain::merge::{Cell, Outcome, Record, checksum_of};
use domain::planted;
use domain::problem::{Code, Problem};
use domain::wire::{self, Fate, PushHead, PushReply, Renamed, Verdict};
use std::collections::BTreeSet;
use std::ops::Range;

// ---------------------------------------------------------------------------------------------------- the device's half

/// A push ready to be sent.
pub(crate) struct Push {
    /// JSON lines.
    pub body: Vec<u8>,
    /// How many commits it carries.
    pub commits: u64,
}

impl Store {
    /// Writes the next commits that wait, at most `most`; `None` if none wait.
    pub(crate) fn next_push(&self, most: usize) -> Result<Option<Push>> {
        let mut statement =
            self.db.prepare_cached("SELECT body FROM outbox WHERE n > ?1 ORDER BY n LIMIT ?2")?;
        let mut rows = statement.query((self.received_n()?, most.min(wire::PUSH_MAX_COMMITS)))?;
        let mut commits = 0;
        let mut body = serde_json::to_vec(&self.push_head()?)?;
        while let Some(row) = rows.next()? {
            let line: String = row.get(0)?;
            if commits > 0 && body.len() + line.len() > wire::BODY_MAX_BYTES / 2 {
                break;
            }
            body.push(b'\n');
            body.extend_from_slice(line.as_bytes());
            commits += 1;
        }
        Ok((commits > 0).then_some(Push { body, commits }))
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
    pub(crate) fn last_n(&self) -> Result<u64> {
        Ok(meta::get_parsed(&self.db, meta::LAST_N)?.unwrap_or(0))
    }

    /// The number up to which the server has answered for everything; what is above it waits.
    pub(crate) fn received_n(&self) -> Result<u64> {
        received_n(&self.db)
    }

    /// Takes in the server's verdicts, in one transaction. Says whether the server has forgotten commits it once had.
    pub(crate) fn absorb_push(&mut self, reply: &PushReply, now_ms: u64) -> Result<bool> {
        self.transact(|tx| {
            note_server_time(tx.db, reply.now, now_ms)?;
            let before = received_n(tx.db)?;
            let mut upto = before;
            let mut any_refused: bool = tx
                .db
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM outbox WHERE refused <> '')")?
                .query_row([], |row| row.get(0))?;
            let mut waiting = tx.db.prepare_cached("SELECT n, body FROM outbox WHERE n > ?1 ORDER BY n")?;
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
                let body = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
                absorb_verdict(tx, verdict, body, any_refused)?;
                upto = verdict.n;
            }
            drop(waiting);
            // An old copy of the server's file, put back by hand, has forgotten commits without a new incarnation.
            let forgotten = reply.acked < before;
            receive_up_to(tx.db, if forgotten { reply.acked } else { upto }, reply.now)?;
            note_incarnation(tx, reply.incarnation)?;
            if let Some(renamed) = &reply.renamed {
                become_device(tx, renamed.device, &renamed.token)?;
            }
            trim_black_box(tx.db, reply.now)?;
            Ok(forgotten)
        })
    }
}

/// See [`Store::received_n`].
pub(crate) fn received_n(db: &rusqlite::Connection) -> Result<u64> {
    Ok(db.prepare_cached("SELECT coalesce(max(upto), 0) FROM receipt")?.query_row([], |row| row.get(0))?)
}

/// Notes up to where the server has answered; lower than before if it has forgotten.
pub(super) fn receive_up_to(db: &rusqlite::Connection, upto: u64, now_ms: u64) -> Result<()> {
    db.prepare_cached("DELETE FROM receipt WHERE upto > ?1")?.execute([upto])?;
    db.prepare_cached("INSERT OR IGNORE INTO receipt (upto, at_ms) VALUES (?1, ?2)")?
        .execute((upto, now_ms))?;
    Ok(())
}

/// Drops what was received longer ago than a server is ever restored to. Refused commits stay: nobody else shows them.
fn trim_black_box(db: &rusqlite::Connection, now_ms: u64) -> Result<()> {
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

/// `any_refused`: some commit of this device was refused, now or earlier.
fn absorb_verdict(tx: &mut Tx<'_>, verdict: &Verdict, body: &str, any_refused: bool) -> Result<()> {
    let commit: Commit = serde_json::from_str(body)?;
    let (accepted, refused) = match &verdict.fate {
        Fate::Ok { stamp, .. } | Fate::Known { stamp, .. } => (Some(*stamp), ""),
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
    let as_written = !any_refused && accepted == Some(commit.raw_stamp(tx.clock.last().device));
    for change in &commit.changes {
        tx.db
            .prepare_cached("DELETE FROM outbox_record WHERE record = ?1 AND n = ?2")?
            .execute((change.id.bytes(), verdict.n))?;
        if let (true, Some(stamp)) = (as_written, accepted)
            && stands_as_written(tx, change, stamp)?
        {
            continue;
        }
        let Some(mut row) = row::load(tx.db, change.id)? else { continue };
        let was = row.clone();
        let before = Some((row.shelf, row.sum));
        let mut numbered = row.synced.take().unwrap_or_else(|| row.view.clone());
        if let Some(stamp) = accepted {
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
/// as they are, they only count from now on. Says whether it was so.
fn stands_as_written(tx: &mut Tx<'_>, change: &Change, stamp: Stamp) -> Result<bool> {
    let cells = change.cells.iter().map(|(field, value)| (field.as_str(), stamp, value));
    let sum = checksum_of(change.id, cells);
    let found: Option<(i64, i64)> = tx
        .db
        .prepare_cached(
            "SELECT record.no, shelf FROM record JOIN shelf ON shelf.no = shelf AND held = 1 \
             WHERE id = ?1 AND synced = '' AND moved <> ?2 \
             AND NOT EXISTS (SELECT 1 FROM outbox_record WHERE record = ?1)",
        )?
        .query_row((change.id.bytes(), LEFT.0), |row| Ok((row.get(0)?, row.get(1)?)))
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
pub(super) fn settle_view(tx: &Tx<'_>, row: &mut Row, numbered: Record) -> Result<()> {
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

/// The commits that wait and touch a record, in order.
pub(crate) fn waiting_over(db: &rusqlite::Connection, record: RecordId) -> Result<Vec<Commit>> {
    let mut statement = db.prepare_cached(
        "SELECT body FROM outbox JOIN outbox_record ON outbox_record.n = outbox.n WHERE record = ?1 ORDER BY outbox.n",
    )?;
    let mut rows = statement.query([record.bytes()])?;
    let mut commits = Vec::new();
    while let Some(row) = rows.next()? {
        commits.push(serde_json::from_str(&row.get::<_, String>(0)?)?);
    }
    Ok(commits)
}

// ---------------------------------------------------------------------------------------------------- the server's half

impl Store {
    /// Judges a push, in one transaction, and answers after it is durable.
    ///
    /// `body` is JSON lines: a [`PushHead`], then commits. Errors: `malformed` names the line that is no JSON;
    /// a line that is JSON but no commit is refused by itself and blocks nothing.
    pub fn answer_push(&mut self, from: &Authenticated, body: &[u8], now_ms: u64) -> Result<PushReply> {
        self.judge(from, Offer::read(body.to_vec())?, now_ms)
    }

    /// [`Store::answer_push`] of a body that was read before, outside the one thread that writes.
    pub fn judge(&mut self, from: &Authenticated, offer: Offer, now_ms: u64) -> Result<PushReply> {
        let Offer { head, body, lines } = offer;
        let lines: Vec<Line<'_>> = lines.iter().map(|read| read.line(&body)).collect();
        let token = hex(&self.random::<32>());
        let incarnation = self.tenant()?.incarnation;
        self.transact(|tx| {
            let mut sender = Sender::load(tx, from, head.install)?;
            admin::note_contact(tx.db, sender.device, head.top_n, now_ms)?;
            sender.contacts = admin::contacts(tx.db, sender.device)?;
            let mut seen = numbers_known(tx, &sender, &lines)?;
            let mut verdicts = Vec::with_capacity(lines.len());
            let mut renamed = None;
            for line in lines {
                let n = line.n;
                let known = if seen.insert(n) { Known::Not } else { known(tx, &sender, &line)? };
                match known {
                    Known::Same { fate, holder } => {
                        if holder.is_copy_of(sender.device) && renamed.is_none() {
                            // It was told its new name before and did not hear it.
                            sender = sender.step_into(tx, holder.device, &token)?;
                            renamed = Some(Renamed { device: sender.device, token: token.clone() });
                        }
                        sender.last_n = sender.last_n.max(n);
                        verdicts.push(Verdict { n, fate });
                        continue;
                    }
                    Known::Another if n <= sender.last_n => {
                        if renamed.is_some() {
                            continue;
                        }
                        sender = sender.split(tx, &token, n, head.top_n, now_ms)?;
                        renamed = Some(Renamed { device: sender.device, token: token.clone() });
                    }
                    // A refusal may end otherwise now. It is judged under the name it was refused under.
                    Known::Refused(holder) => {
                        if holder.is_copy_of(sender.device) && renamed.is_none() {
                            sender = sender.step_into(tx, holder.device, &token)?;
                            renamed = Some(Renamed { device: sender.device, token: token.clone() });
                        }
                        forget_refusal(tx, &sender, n)?;
                    }
                    // No trace of it is left here: it is judged.
                    Known::Another | Known::Not => {}
                }
                if n > sender.last_n + 1 {
                    if sender.last_n + 1 >= head.lowest_n {
                        break; // `acked` tells the device where to begin again
                    }
                    // The device no longer keeps what lies between: this server is older than its black box.
                    audit::append(
                        tx.db,
                        "",
                        "gap accepted",
                        &format!("{} {}..{n}", sender.device.0, sender.last_n),
                        now_ms,
                    )?;
                    sender.last_n = n - 1;
                }
                let fate = sender.judge(tx, &line, now_ms)?;
                sender.last_n = sender.last_n.max(n);
                verdicts.push(Verdict { n, fate });
            }
            sender.store(tx)?;
            admin::trim_contacts(tx.db, sender.device, sender.last_n)?;
            Ok(PushReply { acked: sender.last_n, verdicts, incarnation, now: now_ms, renamed })
        })
    }
}

/// What a device offers: the body of a push, read but not judged.
pub struct Offer {
    /// Who offers, and what there is.
    pub head: PushHead,
    body: String,
    lines: Vec<ReadLine>,
}

/// A line, and where in the body it stands.
struct ReadLine {
    n: u64,
    place: Range<usize>,
    commit: Option<Commit>,
}

impl ReadLine {
    fn line<'a>(&'a self, body: &'a str) -> Line<'a> {
        let text = body.get(self.place.clone()).unwrap_or_default();
        Line { n: self.n, text, commit: self.commit.as_ref() }
    }
}

struct Line<'a> {
    n: u64,
    text: &'a str,
    /// `None`: JSON with a number, but no commit.
    commit: Option<&'a Commit>,
}

fn malformed(line: usize) -> Problem {
    Problem::new(Code::Malformed).about(format!("line {line}"))
}

impl Offer {
    /// Reads a body. Errors: `malformed` and `too_large` name the line.
    pub fn read(body: Vec<u8>) -> Result<Offer> {
        let body = String::from_utf8(body).map_err(|_| malformed(1))?;
        let mut all = body.split_inclusive('\n');
        let first = all.next().unwrap_or_default();
        let head: PushHead = serde_json::from_str(first).map_err(|_| malformed(1))?;
        let mut lines = Vec::new();
        let mut end = first.len();
        for (at, line) in (2..).zip(all) {
            let begin = end;
            end += line.len();
            let text = line.trim_end_matches(['\n', '\r']);
            let place = begin..begin + text.len();
            if text.trim().is_empty() {
                continue;
            }
            if lines.len() >= wire::PUSH_MAX_COMMITS {
                return Err(Problem::new(Code::TooLarge).about(format!("line {at}")).into());
            }
            lines.push(match serde_json::from_str::<Commit>(text) {
                Ok(commit) if commit.n > 0 => ReadLine { n: commit.n, place, commit: Some(commit) },
                _ => {
                    let value: serde_json::Value = serde_json::from_str(text).map_err(|_| malformed(at))?;
                    let n = value.get("n").and_then(serde_json::Value::as_u64).filter(|n| *n > 0);
                    ReadLine { n: n.ok_or_else(|| malformed(at))?, place, commit: None }
                }
            });
        }
        Ok(Offer { head, body, lines })
    }
}

/// Which numbers of an offer the server has heard of. Most often none: then no commit has to be looked up.
fn numbers_known(tx: &Tx<'_>, sender: &Sender<'_>, lines: &[Line<'_>]) -> Result<BTreeSet<u64>> {
    let numbers = || lines.iter().map(|line| line.n);
    let (Some(first), Some(last)) = (numbers().min(), numbers().max()) else { return Ok(BTreeSet::new()) };
    let mut statement = tx.db.prepare_cached(
        "SELECT n FROM commit_log WHERE device IN (SELECT no FROM device WHERE install = ?2 OR no = ?1) \
         AND install = ?2 AND n BETWEEN ?3 AND ?4",
    )?;
    let found =
        statement.query_map((sender.device.0, &sender.install_text, first, last), |row| row.get(0))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

enum Known {
    /// It was accepted.
    Same { fate: Fate, holder: Holder },
    /// It was refused.
    Refused(Holder),
    /// The same identity with another content: a copied phone.
    Another,
    /// Nothing is known of it.
    Not,
}

/// Under which number a commit is known.
struct Holder {
    device: DeviceNo,
    copy_of: DeviceNo,
}

impl Holder {
    fn is_copy_of(&self, device: DeviceNo) -> bool {
        self.device != device && self.copy_of == device
    }
}

/// Looks a commit up by its content first, then by its number: a database that was enrolled anew, or split off from a
/// copied one, is known by its install under the number it had then.
fn known(tx: &Tx<'_>, sender: &Sender<'_>, line: &Line<'_>) -> Result<Known> {
    if planted::is("replay_not_recognised") {
        return Ok(Known::Not);
    }
    let hash = hash_of(line.text);
    let found = tx
        .db
        .prepare_cached(
            "SELECT seq, commit_log.ms, commit_log.counter, refused, hash, device, device.copy_of FROM commit_log \
             JOIN device ON device.no = commit_log.device \
             WHERE device IN (SELECT no FROM device WHERE install = ?2 OR no = ?1) \
             AND commit_log.install = ?2 AND n = ?3 ORDER BY hash <> ?4, device <> ?1 LIMIT 1",
        )?
        .query_row((sender.device.0, &sender.install_text, line.n, hash), |row| {
            Ok((
                row.get::<_, u64>(0)?,
                row.get::<_, u64>(1)?,
                row.get::<_, u16>(2)?,
                row.get::<_, String>(3)?,
                row.get::<_, [u8; 32]>(4)?,
                DeviceNo(row.get(5)?),
                DeviceNo(row.get(6)?),
            ))
        })
        .optional()?;
    let Some((seq, ms, counter, refused, stored, device, copy_of)) = found else { return Ok(Known::Not) };
    if stored != hash {
        return Ok(Known::Another);
    }
    let holder = Holder { device, copy_of };
    if !refused.is_empty() {
        return Ok(Known::Refused(holder));
    }
    let fate = Fate::Known { stamp: Stamp { ms, counter, device }, seq: Seq(seq) };
    Ok(Known::Same { fate, holder })
}

/// Forgets a refusal of a commit that is offered again, to judge it anew: rights change, subjects arrive.
fn forget_refusal(tx: &Tx<'_>, sender: &Sender<'_>, n: u64) -> Result<()> {
    tx.db
        .prepare_cached(
            "DELETE FROM commit_log WHERE device = ?1 AND install = ?2 AND n = ?3 AND refused <> ''",
        )?
        .execute((sender.device.0, &sender.install_text, n))?;
    Ok(())
}

/// The device that pushes, as its row says.
struct Sender<'a> {
    from: &'a Authenticated,
    device: DeviceNo,
    install: Install,
    install_text: String,
    last_n: u64,
    after: Stamp,
    sent: Seq,
    /// Its contacts, `(top_n, time)`: what is proven about commits that did not exist yet.
    contacts: Vec<(u64, u64)>,
}

impl<'a> Sender<'a> {
    fn load(tx: &Tx<'_>, from: &'a Authenticated, install: Install) -> Result<Sender<'a>> {
        let install_text = format!("{:016x}", install.0);
        let (last_n, ms, counter, stored, sent): (u64, u64, u16, String, u64) = tx
            .db
            .prepare_cached("SELECT last_n, ms, counter, install, sent FROM device WHERE no = ?1")?
            .query_row([from.device.0], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
            })?;
        let after = Stamp { ms, counter, device: from.device };
        let sender = Sender {
            from,
            device: from.device,
            install,
            install_text,
            last_n,
            after,
            sent: Seq(sent),
            contacts: Vec::new(),
        };
        let install_text = &sender.install_text;
        if stored != *install_text {
            // The phone began a new database under its old name: its numbers begin again.
            tx.db
                .prepare_cached("UPDATE device SET install = ?2, last_n = 0, top_n = 0 WHERE no = ?1")?
                .execute((from.device.0, install_text))?;
            tx.db.prepare_cached("DELETE FROM contact WHERE device = ?1")?.execute([from.device.0])?;
            let known: u64 = tx
                .db
                .prepare_cached(
                    "SELECT coalesce(max(n), 0) FROM commit_log WHERE device = ?1 AND install = ?2",
                )?
                .query_row((from.device.0, install_text), |row| row.get(0))?;
            return Ok(Sender { last_n: known, ..sender });
        }
        Ok(sender)
    }

    /// A copied phone becomes a device of its own from commit `n` on; both keep all they wrote.
    fn split(self, tx: &Tx<'_>, token: &str, n: u64, top_n: u64, now_ms: u64) -> Result<Sender<'a>> {
        let (name, grants): (String, String) =
            tx.db.query_row("SELECT name, grants FROM device WHERE no = ?1", [self.device.0], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        let device = admin::insert_device(tx.db, &name, self.install, token, &grants, now_ms, self.device)?;
        admin::note_contact(tx.db, device, top_n, now_ms)?;
        audit::append(
            tx.db,
            &name,
            "copied phone",
            &format!("{} is a copy of {}", device.0, self.device.0),
            now_ms,
        )?;
        let contacts = admin::contacts(tx.db, device)?;
        Ok(Sender { device, last_n: n - 1, after: Stamp { device, ..self.after }, contacts, ..self })
    }

    /// Goes on as the device this database was split off into, with a fresh token.
    fn step_into(self, tx: &Tx<'_>, device: DeviceNo, token: &str) -> Result<Sender<'a>> {
        let (last_n, ms, counter) = tx
            .db
            .prepare_cached("SELECT last_n, ms, counter FROM device WHERE no = ?1")?
            .query_row([device.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        tx.db
            .prepare_cached("UPDATE device SET token = ?2 WHERE no = ?1")?
            .execute((device.0, admin::hash(token)))?;
        let contacts = admin::contacts(tx.db, device)?;
        Ok(Sender { device, last_n, after: Stamp { ms, counter, device }, contacts, ..self })
    }

    /// The latest contact at which commit `n` did not exist yet; zero if there was none.
    fn proof_of_absence(&self, n: u64) -> u64 {
        self.contacts.iter().filter(|(top_n, _)| *top_n < n).map(|(_, at_ms)| *at_ms).max().unwrap_or(0)
    }

    fn judge(&mut self, tx: &mut Tx<'_>, line: &Line<'_>, now_ms: u64) -> Result<Fate> {
        match line.commit {
            Some(commit) => {
                let arrival = Arrival {
                    device: self.device,
                    install: self.install,
                    grant: Some(&self.from.writes),
                    not_before_ms: self.proof_of_absence(commit.n),
                    now_ms,
                    after: self.after,
                    sent: self.sent,
                };
                let fate = accept::accept(tx, &arrival, Written { commit, text: line.text })?;
                if let Fate::Ok { stamp, .. } = &fate {
                    self.after = *stamp;
                }
                Ok(fate)
            }
            None => {
                let code = Code::BadRecord;
                tx.db
                    .prepare_cached(
                        "INSERT INTO commit_log (device, install, n, seq, author, ms, counter, received, hash, refused, body) \
                         VALUES (?1, ?2, ?3, 0, ?8, 0, 0, ?4, ?5, ?6, ?7)",
                    )?
                    .execute((
                        self.device.0,
                        &self.install_text,
                        line.n,
                        now_ms,
                        hash_of(line.text),
                        code.as_str(),
                        line.text,
                        &self.from.grant.person,
                    ))?;
                Ok(Fate::Refused { code })
            }
        }
    }

    fn store(&self, tx: &Tx<'_>) -> Result<()> {
        tx.db
            .prepare_cached("UPDATE device SET last_n = ?2, ms = ?3, counter = ?4 WHERE no = ?1")?
            .execute((self.device.0, self.last_n, self.after.ms, self.after.counter))?;
        Ok(())
    }
}
