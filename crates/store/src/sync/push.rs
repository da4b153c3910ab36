//! Push: the device offers its commits in order, the server judges each once. Asking twice is asking once.

use super::pull::LEFT;
use super::{become_device, note_incarnation, note_server_time};
use crate::accept::{self, Arrival};
use crate::admin::{self, Authenticated};
use crate::commit::lay_over;
use crate::error::{Optional, Result};
use crate::row::{self, Row};
use crate::transact::Tx;
use crate::{Store, audit, hex, meta, project};
use domain::change::Commit;
use domain::clock::Stamp;
use domain::ids::{DeviceNo, Install, RecordId, Seq};
use domain::merge::{Cell, Outcome, Record};
use domain::problem::{Code, Problem};
use domain::wire::{self, Fate, PushHead, PushReply, Renamed, Verdict};

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
            self.db.prepare_cached("SELECT body FROM outbox WHERE state = 0 ORDER BY n LIMIT ?1")?;
        let mut rows = statement.query([most.min(wire::PUSH_MAX_COMMITS)])?;
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

    fn push_head(&self) -> Result<PushHead> {
        // The lowest number from which nothing is missing up to the first that waits.
        let lowest_n: Option<u64> = self.db.query_row(
            "SELECT max(n) FROM outbox AS a WHERE n <= (SELECT min(n) FROM outbox WHERE state = 0) \
             AND NOT EXISTS (SELECT 1 FROM outbox AS b WHERE b.n = a.n - 1)",
            [],
            |row| row.get(0),
        )?;
        Ok(PushHead { install: self.install()?, top_n: self.last_n()?, lowest_n: lowest_n.unwrap_or(0) })
    }

    /// Number of the last commit made here.
    pub(crate) fn last_n(&self) -> Result<u64> {
        Ok(meta::get_parsed(&self.db, meta::LAST_N)?.unwrap_or(0))
    }

    /// Highest number at and below which nothing waits.
    pub(crate) fn acked_n(&self) -> Result<u64> {
        let first: Option<u64> =
            self.db.query_row("SELECT min(n) FROM outbox WHERE state = 0", [], |row| row.get(0))?;
        Ok(match first {
            Some(n) => n.saturating_sub(1),
            None => self.last_n()?,
        })
    }

    /// Takes in the server's verdicts, in one transaction. Says whether the server has forgotten commits it once had.
    pub(crate) fn absorb_push(&mut self, reply: &PushReply, now_ms: u64) -> Result<bool> {
        self.transact(|tx| {
            note_server_time(tx.db, reply.now, now_ms)?;
            for verdict in &reply.verdicts {
                absorb_verdict(tx, verdict, reply.now)?;
            }
            // An old copy of the server's file, put back by hand, has forgotten commits without a new incarnation.
            let forgotten = tx
                .db
                .execute("UPDATE outbox SET state = 0 WHERE state IN (1, 2) AND n > ?1", [reply.acked])?;
            note_incarnation(tx, reply.incarnation)?;
            if let Some(renamed) = &reply.renamed {
                become_device(tx, renamed.device, &renamed.token)?;
            }
            let oldest = reply.now.saturating_sub(super::BLACK_BOX_DAYS * 86_400_000);
            tx.db.execute("DELETE FROM outbox WHERE state = 1 AND settled < ?1", [oldest])?;
            Ok(forgotten > 0)
        })
    }
}

fn absorb_verdict(tx: &mut Tx<'_>, verdict: &Verdict, now_ms: u64) -> Result<()> {
    let found: Option<(String, i64)> = tx
        .db
        .prepare_cached("SELECT body, state FROM outbox WHERE n = ?1")?
        .query_row([verdict.n], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((body, 0)) = found else { return Ok(()) };
    let commit: Commit = serde_json::from_str(&body)?;
    let accepted = match &verdict.fate {
        Fate::Ok { stamp, seq } | Fate::Known { stamp, seq } => Some((*stamp, *seq)),
        Fate::Refused { .. } => None,
    };
    match (&verdict.fate, accepted) {
        (Fate::Refused { code }, _) => {
            tx.db
                .prepare_cached("UPDATE outbox SET state = 2, refused = ?2, settled = ?3 WHERE n = ?1")?
                .execute((verdict.n, code.as_str(), now_ms))?;
        }
        (_, Some((stamp, seq))) => {
            tx.db
                .prepare_cached(
                    "UPDATE outbox SET state = 1, refused = '', ms = ?2, counter = ?3, seq = ?4, settled = ?5 WHERE n = ?1",
                )?
                .execute((verdict.n, stamp.ms, stamp.counter, seq.0, now_ms))?;
            tx.clock.observe(stamp);
        }
        _ => {}
    }
    for change in &commit.changes {
        tx.db
            .prepare_cached("DELETE FROM outbox_record WHERE record = ?1 AND n = ?2")?
            .execute((change.id.bytes(), verdict.n))?;
        let Some(mut row) = row::load(tx.db, change.id)? else { continue };
        let before = Some((row.shelf, row.sum));
        let mut numbered = row.synced.take().unwrap_or_else(|| row.view.clone());
        if let Some((stamp, _)) = accepted {
            for (field, value) in &change.cells {
                // Cells' own numbers stay on the server; zero here, so that both ends of a pull compare alike.
                offer(tx, row.id, &mut numbered, field, Cell { value: value.clone(), stamp, seq: Seq(0) })?;
            }
        }
        settle_view(tx, &mut row, numbered)?;
        let ours = row.moved != LEFT && row::is_held(tx.db, row.shelf)?;
        if !ours && (accepted.is_some() || row.moved == LEFT) && waiting_over(tx, row.id)?.is_empty() {
            // It stayed only for these words. Where it is now, it comes with the next page.
            project::forget(tx, &row)?;
            row::drop_row(tx, &row)?;
            continue;
        }
        row::write(tx, &mut row, before)?;
        project::project(tx, &row)?;
    }
    Ok(())
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
    let waiting = waiting_over(tx, row.id)?;
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
fn waiting_over(tx: &Tx<'_>, record: RecordId) -> Result<Vec<Commit>> {
    let mut statement = tx.db.prepare_cached(
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
        let (head, lines) = read_push(body)?;
        let token = hex(&self.random::<32>());
        let incarnation = self.tenant()?.incarnation;
        self.transact(|tx| {
            let mut sender = Sender::load(tx, from, head.install)?;
            admin::note_contact(tx.db, sender.device, head.top_n, now_ms)?;
            let mut verdicts = Vec::with_capacity(lines.len());
            let mut renamed = None;
            for line in lines {
                let n = line.n();
                match known(tx, &sender, &line)? {
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

enum Line {
    Commit(Box<Commit>),
    /// JSON with a number, but no commit.
    Bad {
        n: u64,
        text: String,
    },
}

impl Line {
    fn n(&self) -> u64 {
        match self {
            Line::Commit(commit) => commit.n,
            Line::Bad { n, .. } => *n,
        }
    }

    fn hash(&self) -> [u8; 32] {
        match self {
            Line::Commit(commit) => commit.hash(),
            Line::Bad { text, .. } => *blake3::hash(text.as_bytes()).as_bytes(),
        }
    }
}

fn malformed(line: usize) -> Problem {
    Problem::new(Code::Malformed).about(format!("line {line}"))
}

fn read_push(body: &[u8]) -> Result<(PushHead, Vec<Line>)> {
    let text = std::str::from_utf8(body).map_err(|_| malformed(1))?;
    let mut lines = text.lines();
    let head: PushHead = serde_json::from_str(lines.next().unwrap_or_default()).map_err(|_| malformed(1))?;
    let mut commits = Vec::new();
    for (at, line) in (2..).zip(lines) {
        if line.trim().is_empty() {
            continue;
        }
        if commits.len() >= wire::PUSH_MAX_COMMITS {
            return Err(Problem::new(Code::TooLarge).about(format!("line {at}")).into());
        }
        commits.push(match serde_json::from_str::<Commit>(line) {
            Ok(commit) if commit.n > 0 => Line::Commit(Box::new(commit)),
            _ => {
                let value: serde_json::Value = serde_json::from_str(line).map_err(|_| malformed(at))?;
                let n = value.get("n").and_then(serde_json::Value::as_u64).filter(|n| *n > 0);
                Line::Bad { n: n.ok_or_else(|| malformed(at))?, text: line.to_owned() }
            }
        });
    }
    Ok((head, commits))
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
fn known(tx: &Tx<'_>, sender: &Sender<'_>, line: &Line) -> Result<Known> {
    let hash = line.hash();
    let found = tx
        .db
        .prepare_cached(
            "SELECT seq, commit_log.ms, commit_log.counter, refused, hash, device, device.copy_of FROM commit_log \
             JOIN device ON device.no = commit_log.device \
             WHERE device IN (SELECT no FROM device WHERE install = ?2 OR no = ?1) \
             AND commit_log.install = ?2 AND n = ?3 ORDER BY hash <> ?4, device <> ?1 LIMIT 1",
        )?
        .query_row((sender.device.0, &sender.install_text, line.n(), hash), |row| {
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
        let sender =
            Sender { from, device: from.device, install, install_text, last_n, after, sent: Seq(sent) };
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
        Ok(Sender { device, last_n: n - 1, after: Stamp { device, ..self.after }, ..self })
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
        Ok(Sender { device, last_n, after: Stamp { ms, counter, device }, ..self })
    }

    fn judge(&mut self, tx: &mut Tx<'_>, line: &Line, now_ms: u64) -> Result<Fate> {
        match line {
            Line::Commit(commit) => {
                let arrival = Arrival {
                    device: self.device,
                    install: self.install,
                    grant: Some(&self.from.grant),
                    not_before_ms: admin::proof_of_absence(tx.db, self.device, commit.n)?,
                    now_ms,
                    after: self.after,
                    sent: self.sent,
                };
                let fate = accept::accept(tx, &arrival, commit)?;
                if let Fate::Ok { stamp, .. } = &fate {
                    self.after = *stamp;
                }
                Ok(fate)
            }
            Line::Bad { n, text } => {
                let code = Code::BadRecord;
                tx.db
                    .prepare_cached(
                        "INSERT INTO commit_log (device, install, n, seq, author, ms, counter, received, hash, refused, body) \
                         VALUES (?1, ?2, ?3, 0, ?8, 0, 0, ?4, ?5, ?6, ?7)",
                    )?
                    .execute((
                        self.device.0,
                        &self.install_text,
                        n,
                        now_ms,
                        line.hash(),
                        code.as_str(),
                        text,
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
