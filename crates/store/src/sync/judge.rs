//! Push, the server's half: each commit is judged once. Asking twice is asking once.

use crate::accept::{self, Arrival, Written};
use crate::admin::{self, Authenticated};
use crate::error::{Optional, Result};
use crate::tell::DeviceTrouble;
use crate::transact::Tx;
use crate::{Store, audit, grants, hex, limits, meta, tell};
use domain::change::{Commit, hash_of};
use domain::clock::Stamp;
use domain::ids::{DeviceNo, Install, Seq};
use domain::planted;
use domain::problem::{Code, Problem};
use domain::wire::{self, Fate, PushHead, PushReply, Renamed, Verdict};
use std::collections::BTreeSet;
use std::ops::Range;

/// What the audit says of numbers that a device does not keep any more.
const GAP: &str = "gap accepted";
/// Copies that one database becomes before the office must enrol the next: a phone is copied once, seldom twice.
const MOST_COPIES: u32 = 5;
/// Bytes judged, read and written after which a push is answered as far as it was judged, whether they were refused or not.
/// An honest one, of [`wire::BODY_MAX_BYTES`] at most, comes to less than half of it.
const WORK_OF_A_PUSH: usize = 128 * 1024 * 1024;

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
        let device = from.device.0.to_string();
        // The audit keeps everything for ever, and one phone must not fill it.
        let worth_noting = self.noted.is_due("", GAP, &device, now_ms);
        let mut gaps: Option<(String, u64)> = None;
        let judged = self.transact(|tx| {
            let mut sender = Sender::load(tx, from, head.install)?;
            grants::note_contact(tx.db, sender.device, head.top_n, now_ms)?;
            sender.contacts = grants::contacts(tx.db, sender.device)?;
            let mut seen = numbers_known(tx, &sender, &lines)?;
            let mut verdicts = Vec::with_capacity(lines.len());
            let mut renamed = None;
            for line in lines {
                let n = line.n;
                if tx.work() > WORK_OF_A_PUSH && !verdicts.is_empty() {
                    break; // others wait as well: the device offers the rest with its next push
                }
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
                        if copies_of(tx, &sender)? >= MOST_COPIES {
                            tell::tell_of_device(tx, DeviceTrouble::Copied, sender.device, now_ms, now_ms)?;
                            sender.store(tx)?;
                            // What was judged before it holds, so this is no error inside the transaction.
                            return Ok(Err(Code::TokenUnknown));
                        }
                        sender = sender.split(tx, &token, n, head.top_n, now_ms)?;
                        renamed = Some(Renamed { device: sender.device, token: token.clone() });
                    }
                    // A refusal may end otherwise now.
                    Known::Refused { code, holder } => {
                        if holder.is_copy_of(sender.device) && renamed.is_none() {
                            sender = sender.step_into(tx, holder.device, &token)?;
                            renamed = Some(Renamed { device: sender.device, token: token.clone() });
                        }
                        if holder.device != sender.device && has_another(tx, &sender, n)? {
                            // A copy of a copy wrote it, and what it sent before it was renamed comes late: the number is
                            // taken here. It stays refused, under the name that its writer has by now.
                            sender.last_n = sender.last_n.max(n);
                            verdicts.push(Verdict { n, fate: Fate::Refused { code } });
                            continue;
                        }
                        forget_refusal(tx, holder.device, &sender, n)?;
                    }
                    // No trace of it is left here: it is judged.
                    Known::Another | Known::Not => {}
                }
                if n > sender.last_n + 1 {
                    if sender.last_n + 1 >= head.lowest_n {
                        break; // `acked` tells the device where to begin again
                    }
                    // The device no longer keeps what lies between: this server is older than its black box.
                    let first = || (format!("{} {}..{n}", sender.device.0, sender.last_n), 0);
                    gaps.get_or_insert_with(first).1 += 1;
                    sender.last_n = n - 1;
                }
                let fate = sender.judge(tx, &line, now_ms)?;
                sender.last_n = sender.last_n.max(n);
                verdicts.push(Verdict { n, fate });
            }
            if let (Some((about, count)), true) = (&gaps, worth_noting) {
                let more = if *count > 1 { format!(" and {} more", count - 1) } else { String::new() };
                audit::append(tx.db, "", GAP, &format!("{about}{more}"), now_ms)?;
            }
            sender.store(tx)?;
            grants::trim_contacts(tx.db, sender.device, sender.last_n)?;
            Ok(Ok(PushReply { acked: sender.last_n, verdicts, incarnation, now: now_ms, renamed }))
        })?;
        if gaps.is_some() && worth_noting {
            self.noted.remember("", GAP, &device, now_ms);
        }
        Ok(judged?)
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

impl Line<'_> {
    /// The device says that its own copy is damaged.
    fn is_rotten(&self) -> bool {
        self.commit.is_none() && self.text == wire::rotten_line(self.n)
    }
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
    /// It was judged, and stays so.
    Same { fate: Fate, holder: Holder },
    /// It was refused by a server of before, or under another name.
    Refused { code: Code, holder: Holder },
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
            "SELECT seq, commit_log.ms, commit_log.counter, refused, hash, device, device.copy_of, received FROM commit_log \
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
                row.get::<_, u64>(7)?,
            ))
        })
        .optional()?;
    let Some((seq, ms, counter, refused, stored, device, copy_of, received)) = found else {
        return Ok(Known::Not);
    };
    let holder = Holder { device, copy_of };
    if stored != hash && !line.is_rotten() {
        return Ok(Known::Another);
    }
    if !refused.is_empty() {
        let code = serde_json::from_value(refused.into()).unwrap_or(Code::Unknown);
        // In one life of the server its writer hears one answer: what comes once more is a late copy of a request, and if that
        // were accepted nobody would tell the writer. Of what came damaged the office keeps what it has whole.
        let of_before = meta::get_parsed(tx.db, meta::REFUSED_BEFORE)?.is_some_and(|ms: u64| received <= ms);
        let is_offered_anew = stored == hash && (of_before || device != sender.device);
        return Ok(match is_offered_anew {
            true => Known::Refused { code, holder },
            false => Known::Same { fate: Fate::Refused { code }, holder },
        });
    }
    let fate = Fate::Known { stamp: Stamp { ms, counter, device }, seq: Seq(seq) };
    Ok(Known::Same { fate, holder })
}

/// Says whether a number of this database stands for a commit of its sender already.
fn has_another(tx: &Tx<'_>, sender: &Sender<'_>, n: u64) -> Result<bool> {
    Ok(tx
        .db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM commit_log WHERE device = ?1 AND install = ?2 AND n = ?3)",
        )?
        .query_row((sender.device.0, &sender.install_text, n), |row| row.get(0))?)
}

/// Forgets a refusal of a commit that is offered again, to judge it anew: rights change, subjects arrive.
fn forget_refusal(tx: &Tx<'_>, holder: DeviceNo, sender: &Sender<'_>, n: u64) -> Result<()> {
    tx.db
        .prepare_cached(
            "DELETE FROM commit_log WHERE device = ?1 AND install = ?2 AND n = ?3 AND refused <> ''",
        )?
        .execute((holder.0, &sender.install_text, n))?;
    Ok(())
}

/// How many devices were split off from this database.
fn copies_of(tx: &Tx<'_>, sender: &Sender<'_>) -> Result<u32> {
    Ok(tx
        .db
        .prepare_cached("SELECT count(*) FROM device WHERE install = ?1 AND copy_of <> 0")?
        .query_row([&sender.install_text], |row| row.get(0))?)
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
    /// See [`Arrival::formerly`].
    formerly: Vec<DeviceNo>,
    /// Its contacts, `(top_n, time)`: what is proven about commits that did not exist yet.
    contacts: Vec<(u64, u64)>,
}

impl<'a> Sender<'a> {
    fn load(tx: &Tx<'_>, from: &'a Authenticated, install: Install) -> Result<Sender<'a>> {
        let install_text = format!("{:016x}", install.0);
        let (last_n, ms, counter, stored, sent, revoked): (u64, u64, u16, String, u64, bool) = tx
            .db
            .prepare_cached("SELECT last_n, ms, counter, install, sent, revoked FROM device WHERE no = ?1")?
            .query_row([from.device.0], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
            })?;
        if revoked {
            // Its right was ended while its body came in: whoever trickles it must not go on writing meanwhile.
            return Err(Code::TokenRevoked.into());
        }
        let after = Stamp { ms, counter, device: from.device };
        let sender = Sender {
            from,
            device: from.device,
            install,
            install_text,
            last_n,
            after,
            sent: Seq(sent),
            formerly: Vec::new(),
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
        let formerly = grants::formerly(tx.db, from.device, install_text)?;
        Ok(Sender { formerly, ..sender })
    }

    /// A copied phone becomes a device of its own from commit `n` on; both keep all they wrote.
    fn split(self, tx: &Tx<'_>, token: &str, n: u64, top_n: u64, now_ms: u64) -> Result<Sender<'a>> {
        self.store(tx)?;
        let (name, grants): (String, String) =
            tx.db.query_row("SELECT name, grants FROM device WHERE no = ?1", [self.device.0], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        let device = admin::insert_device(tx.db, &name, self.install, token, &grants, now_ms, self.device)?;
        grants::note_contact(tx.db, device, top_n, now_ms)?;
        tx.db.execute(
            "INSERT OR IGNORE INTO taken (device, programme, zone, since) \
             SELECT ?2, programme, zone, since FROM taken WHERE device = ?1",
            (self.device.0, device.0),
        )?;
        audit::append(
            tx.db,
            &name,
            "copied phone",
            &format!("{} is a copy of {}", device.0, self.device.0),
            now_ms,
        )?;
        tell::tell_of_device(tx, DeviceTrouble::Copied, device, now_ms, now_ms)?;
        let contacts = grants::contacts(tx.db, device)?;
        let after = Stamp { device, ..self.after };
        Ok(Sender { device, last_n: n - 1, after, contacts, formerly: Vec::new(), ..self })
    }

    /// Goes on as the device this database was split off into, with a fresh token.
    fn step_into(self, tx: &Tx<'_>, device: DeviceNo, token: &str) -> Result<Sender<'a>> {
        // What was judged under the number it leaves is that number's to remember.
        self.store(tx)?;
        let (last_n, ms, counter) = tx
            .db
            .prepare_cached("SELECT last_n, ms, counter FROM device WHERE no = ?1")?
            .query_row([device.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        tx.db
            .prepare_cached("UPDATE device SET token = ?2 WHERE no = ?1")?
            .execute((device.0, admin::hash(token)))?;
        let contacts = grants::contacts(tx.db, device)?;
        let after = Stamp { ms, counter, device };
        Ok(Sender { device, last_n, after, contacts, formerly: Vec::new(), ..self })
    }

    /// The latest contact at which commit `n` did not exist yet; zero if there was none.
    fn proof_of_absence(&self, n: u64) -> u64 {
        self.contacts.iter().filter(|(top_n, _)| *top_n < n).map(|(_, at_ms)| *at_ms).max().unwrap_or(0)
    }

    fn judge(&mut self, tx: &mut Tx<'_>, line: &Line<'_>, now_ms: u64) -> Result<Fate> {
        tx.count_work(line.text.len());
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
                    formerly: &self.formerly,
                };
                let fate = accept::accept(tx, &arrival, Written { commit, text: line.text })?;
                if let Fate::Ok { stamp, .. } = &fate {
                    self.after = *stamp;
                }
                Ok(fate)
            }
            None => {
                let code = if line.is_rotten() { Code::CommitDamaged } else { Code::BadRecord };
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
                        limits::kept_of_refused(tx, self.device, self.install, line.text, now_ms)?,
                        &self.from.grant.person,
                    ))?;
                tell::tell_of_device(tx, DeviceTrouble::Refused, self.device, now_ms, now_ms)?;
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
