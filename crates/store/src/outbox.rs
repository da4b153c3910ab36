//! The outbox of notifications: who is told of what, and the messages that wait to be handed over. Server only.
//!
//! A message is written in the transaction of what it tells of, and leaves the outbox only when the other side has taken
//! it or after days. It may be handed over twice, after a crash in the wrong moment, and says so by its number; it is never
//! lost. Who hands it over is the server's business: here are no sockets.

use crate::error::{Error, Optional, Result};
use crate::transact::Tx;
use crate::{Store, audit, hex, meta};
use domain::api::{
    ChannelPut, ChannelRow, KeyRow, MailRow, MailSafety, NoticeRow, NotificationsReply, PutChannel, PutMail,
    Rule, Secret,
};
use domain::notify::{Event, Message, Trouble, Way, next_try};
use domain::problem::{Code, Problem};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How long a message that was taken out to be sent is left alone, milliseconds: longer than any sending takes.
const LEASE_MS: u64 = 2 * 60 * 1_000;
/// How long the office sees what was given up, and how long it is remembered what was told, milliseconds.
pub(crate) const KEPT_MS: u64 = 30 * 24 * 60 * 60 * 1_000;
/// Most ways out, and most rules of one: a screen must hold them.
const MOST_CHANNELS: u64 = 50;
const MOST_RULES: usize = 500;
/// Longest text of a setting, bytes.
const TEXT_MAX_BYTES: usize = 2_000;

const HOUR_MS: u64 = 60 * 60 * 1_000;

/// What a key of a system outside opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyUse {
    /// It is nobody's, or was ended.
    Unknown,
    /// It was used too often in this hour.
    TooOften,
    /// It is this one's.
    By(String),
}

/// The mail server's settings as they are kept.
#[derive(Clone, Serialize, Deserialize)]
pub struct MailServer {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is kept secret.
    pub safety: MailSafety,
    /// Name to sign in with; empty for none.
    pub user: String,
    /// Password. Never in a reply, never printed.
    pub password: String,
    /// The sender's address.
    pub from: String,
}

/// Where a message goes, with what is needed to hand it over. Holds secrets: it cannot be printed.
#[derive(Clone)]
pub enum Target {
    /// A signed request.
    Webhook {
        /// Where to.
        url: String,
        /// Key of the signature.
        key: String,
    },
    /// A letter.
    Email {
        /// To whom.
        to: String,
        /// Over which mail server; `None`: none is set up.
        server: Option<MailServer>,
    },
    /// A push.
    Line {
        /// Id of a user or group.
        to: String,
        /// Channel access token.
        token: String,
    },
}

/// A message taken out of the outbox to be sent.
#[derive(Clone)]
pub struct Delivery {
    /// Its number.
    pub no: u64,
    /// The channel, zero for a citizen's letter.
    pub channel: u64,
    /// When it was made, milliseconds.
    pub made_ms: u64,
    /// Where it goes.
    pub target: Target,
    /// What it says.
    pub message: Message,
}

/// Puts a message into the outbox of every channel that tells of such an event. `about` names what it tells of: the same
/// is told once.
pub(crate) fn tell(tx: &Tx<'_>, message: &Message, about: &str, now_ms: u64) -> Result<()> {
    if tx.kind != crate::Kind::Server {
        return Ok(());
    }
    let mut statement = tx.db.prepare_cached(
        "INSERT OR IGNORE INTO notice (channel, recipient, about, body, made, tries, next, state, trouble) \
         SELECT channel, '', ?3, ?4, ?5, 0, ?5, 0, '' FROM notify_rule WHERE programme = ?1 AND event = ?2",
    )?;
    statement.execute((
        &message.programme,
        message.event.as_str(),
        about,
        serde_json::to_string(message)?,
        now_ms,
    ))?;
    Ok(())
}

/// Says whether any channel tells of such an event: what nobody wants to hear need not be worded.
pub(crate) fn is_wanted(db: &Connection, programme: &str, event: Event) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM notify_rule WHERE programme = ?1 AND event = ?2)";
    Ok(db.prepare_cached(sql)?.query_row((programme, event.as_str()), |row| row.get(0))?)
}

/// Puts a letter to a citizen into the outbox, if there is a mail server.
pub(crate) fn write_to(tx: &Tx<'_>, to: &str, message: &Message, about: &str, now_ms: u64) -> Result<()> {
    if meta::get(tx.db, meta::MAIL)?.is_none() || !is_email(to) {
        return Ok(());
    }
    tx.db
        .prepare_cached(
            "INSERT OR IGNORE INTO notice (channel, recipient, about, body, made, tries, next, state, trouble) \
             VALUES (0, ?1, ?2, ?3, ?4, 0, ?4, 0, '')",
        )?
        .execute((to, about, serde_json::to_string(message)?, now_ms))?;
    Ok(())
}

/// Says whether a text has the shape of one e-mail address. Whether it exists only its mail server knows.
pub fn is_email(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_graphic() && !"<>()[],;:\\\"".contains(c);
    let Some((name, host)) = text.split_once('@') else { return false };
    text.len() <= 254
        && !name.is_empty()
        && name.chars().all(plain)
        && host.contains('.')
        && host.split('.').all(|part| !part.is_empty())
        && host.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c))
}

fn mail_server(db: &Connection) -> Result<Option<MailServer>> {
    Ok(match meta::get(db, meta::MAIL)? {
        Some(text) => Some(serde_json::from_str(&text)?),
        None => None,
    })
}

fn bad(about: &str) -> Error {
    Problem::new(Code::BadRecord).about(about).into()
}

impl Store {
    /// All that the office has set about notifications, and what failed. No secret is in it.
    pub fn notifications(&self) -> Result<NotificationsReply> {
        let mut channels = Vec::new();
        let mut statement = self.db.prepare_cached(
            "SELECT id, way, title, target, secret <> '', last_ok, trouble FROM notify_channel ORDER BY id",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let Some(way) = Way::read(&row.get::<_, String>(1)?) else { continue };
            let id = row.get(0)?;
            channels.push(ChannelRow {
                id,
                way,
                title: row.get(2)?,
                target: row.get(3)?,
                has_secret: row.get(4)?,
                rules: self.rules_of(id)?,
                last_ok_ms: row.get(5)?,
                trouble: Trouble::read(&row.get::<_, String>(6)?),
            });
        }
        let mail = mail_server(&self.db)?.map(|mail| MailRow {
            has_password: !mail.password.is_empty(),
            host: mail.host,
            port: mail.port,
            safety: mail.safety,
            user: mail.user,
            from: mail.from,
        });
        let waiting =
            self.db.query_row("SELECT count(*) FROM notice WHERE state = 0", [], |row| row.get(0))?;
        Ok(NotificationsReply { channels, mail, waiting, failed: self.failed_notices()?, keys: self.keys()? })
    }

    fn rules_of(&self, channel: u64) -> Result<Vec<Rule>> {
        let mut statement = self.db.prepare_cached(
            "SELECT programme, event FROM notify_rule WHERE channel = ?1 ORDER BY programme, event",
        )?;
        let mut rows = statement.query([channel])?;
        let mut rules = Vec::new();
        while let Some(row) = rows.next()? {
            let Some(event) = Event::read(&row.get::<_, String>(1)?) else { continue };
            rules.push(Rule { programme: row.get(0)?, event });
        }
        Ok(rules)
    }

    fn failed_notices(&self) -> Result<Vec<NoticeRow>> {
        let mut statement = self.db.prepare_cached(
            "SELECT no, coalesce(title, ''), body, made, tries, next, state, notice.trouble FROM notice \
             LEFT JOIN notify_channel ON notify_channel.id = notice.channel \
             WHERE notice.trouble <> '' AND state <> 1 ORDER BY no DESC LIMIT 100",
        )?;
        let mut rows = statement.query([])?;
        let mut failed = Vec::new();
        while let Some(row) = rows.next()? {
            let message: serde_json::Value = serde_json::from_slice(body_of(row, 2)?).unwrap_or_default();
            failed.push(NoticeRow {
                no: row.get(0)?,
                channel: row.get(1)?,
                title: message.get("title").and_then(|title| title.as_str()).unwrap_or_default().to_owned(),
                made_ms: row.get(3)?,
                tries: row.get(4)?,
                next_ms: (row.get::<_, i64>(6)? == 0).then(|| row.get(5)).transpose()?,
                trouble: Trouble::read(&row.get::<_, String>(7)?),
            });
        }
        Ok(failed)
    }

    /// Makes a way out, or changes one. A new webhook without a key gets one made, which is returned this once.
    ///
    /// Errors: `bad_record` names what is wrong with the settings; `not_found`.
    pub fn put_channel(&mut self, by: &str, put: &PutChannel, now_ms: u64) -> Result<ChannelPut> {
        check_channel(put)?;
        let made = (put.id.is_none() && put.way == Way::Webhook && put.secret.is_none())
            .then(|| Secret(hex(&self.random::<32>())));
        let secret = put.secret.as_ref().or(made.as_ref()).map(|secret| secret.0.trim().to_owned());
        if put.id.is_none() && put.way == Way::Line && secret.as_deref().unwrap_or_default().is_empty() {
            return Err(bad("secret"));
        }
        let (title, target) = (put.title.trim(), put.target.trim());
        let id = self.transact(|tx| {
            let id = match put.id {
                Some(id) => {
                    let changed = tx.db.execute(
                        "UPDATE notify_channel SET title = ?2, target = ?3, trouble = '', \
                         secret = coalesce(?4, secret) WHERE id = ?1 AND way = ?5",
                        (id, title, target, &secret, put.way.as_str()),
                    )?;
                    if changed == 0 {
                        return Err(Error::NotFound);
                    }
                    id
                }
                None => {
                    let (count, last): (u64, u64) = tx.db.query_row(
                        "SELECT count(*), coalesce(max(id), 0) FROM notify_channel",
                        [],
                        |row| Ok((row.get(0)?, row.get(1)?)),
                    )?;
                    if count >= MOST_CHANNELS {
                        return Err(bad("too many channels"));
                    }
                    tx.db.execute(
                        "INSERT INTO notify_channel (id, way, title, target, secret, last_ok, trouble) \
                         VALUES (?1, ?2, ?3, ?4, ?5, 0, '')",
                        (last + 1, put.way.as_str(), title, target, secret.unwrap_or_default()),
                    )?;
                    last + 1
                }
            };
            tx.db.execute("DELETE FROM notify_rule WHERE channel = ?1", [id])?;
            for rule in &put.rules {
                tx.db.execute(
                    "INSERT OR IGNORE INTO notify_rule (channel, programme, event) VALUES (?1, ?2, ?3)",
                    (id, &rule.programme, rule.event.as_str()),
                )?;
            }
            audit::append(tx.db, by, "notification channel set", &id.to_string(), now_ms)?;
            Ok(id)
        })?;
        Ok(ChannelPut { id, secret: made })
    }

    /// Takes a way out away, with what waits for it.
    pub fn remove_channel(&mut self, by: &str, id: u64, now_ms: u64) -> Result<()> {
        self.transact(|tx| {
            if tx.db.execute("DELETE FROM notify_channel WHERE id = ?1", [id])? == 0 {
                return Err(Error::NotFound);
            }
            tx.db.execute("DELETE FROM notify_rule WHERE channel = ?1", [id])?;
            tx.db.execute("DELETE FROM notice WHERE channel = ?1", [id])?;
            audit::append(tx.db, by, "notification channel removed", &id.to_string(), now_ms)
        })
    }

    /// Sets the mail server up, or takes it away. A password that is kept is forgotten when host or user change.
    ///
    /// Errors: `bad_record` names what is wrong.
    pub fn put_mail(&mut self, by: &str, put: &PutMail, now_ms: u64) -> Result<()> {
        let text = |text: &str| text.trim().to_owned();
        let (host, user, from) = (text(&put.host), text(&put.user), text(&put.from));
        if [&host, &user, &from].iter().any(|text| text.len() > 254 || text.chars().any(char::is_control)) {
            return Err(bad("text"));
        }
        if !host.is_empty() && (put.port == 0 || !is_email(&from)) {
            return Err(bad(if put.port == 0 { "port" } else { "from" }));
        }
        // A password is neither told to another server nor sent in the open when it was not before.
        let is_same = |known: &MailServer| {
            (&known.host, known.port, &known.user) == (&host, put.port, &user)
                && (put.safety != MailSafety::Open || known.safety == MailSafety::Open)
        };
        let known = mail_server(&self.db)?.filter(is_same);
        let password = match &put.password {
            Some(Secret(password)) => password.clone(),
            None => known.map(|known| known.password).unwrap_or_default(),
        };
        let kept = MailServer { host, port: put.port, safety: put.safety, user, password, from };
        let json = serde_json::to_string(&kept)?;
        self.transact(|tx| {
            if kept.host.is_empty() {
                meta::clear(tx.db, meta::MAIL)?;
            } else {
                meta::set(tx.db, meta::MAIL, json)?;
            }
            audit::append(tx.db, by, "mail server set", &kept.host, now_ms)
        })
    }

    /// Where a channel leads, for a test message.
    pub fn target(&self, channel: u64) -> Result<Target> {
        let sql = "SELECT way, target, secret FROM notify_channel WHERE id = ?1";
        let (way, target, secret): (String, String, String) = self
            .db
            .prepare_cached(sql)?
            .query_row([channel], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?
            .ok_or(Error::NotFound)?;
        target_of(&self.db, &way, target, secret)
    }

    /// Takes messages that are due out of the outbox, what cannot wait before the rest and the oldest first, at most `most` of
    /// each channel, and none of those that are `busy`: however much waits for one whose other side is down, the others get
    /// theirs. Each is left alone for two minutes: who takes them says in time how it went, or they are taken again. What cannot
    /// be read counts as tried in vain, and holds up nothing.
    pub fn take_due_notices(&mut self, now_ms: u64, most: usize, busy: &[u64]) -> Result<Vec<Delivery>> {
        let any: bool = self
            .db
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM notice WHERE state = 0 AND next <= ?1)")?
            .query_row([now_ms], |row| row.get(0))?;
        if !any {
            return Ok(Vec::new());
        }
        let random = u64::from_le_bytes(self.random());
        self.transact(|tx| {
            let (mut taken, mut unreadable) = (Vec::<Delivery>::new(), Vec::<u64>::new());
            {
                let mut statement = tx.db.prepare_cached(
                    "SELECT no, channel, recipient, body, made, coalesce(way, 'email'), coalesce(target, recipient), \
                     coalesce(secret, '') FROM notice LEFT JOIN notify_channel ON notify_channel.id = notice.channel \
                     WHERE state = 0 AND next <= ?1 \
                     ORDER BY CASE WHEN json_valid(body) THEN json_extract(body, '$.event') END IS NOT ?2, next, no",
                )?;
                let mut rows = statement.query((now_ms, Event::RedFlag.as_str()))?;
                let mut shares: BTreeMap<u64, usize> = BTreeMap::new();
                while let Some(row) = rows.next()? {
                    let channel: u64 = row.get(1)?;
                    let share = shares.entry(channel).or_default();
                    if busy.contains(&channel) || *share >= most {
                        continue;
                    }
                    match delivery_of(tx.db, row)? {
                        Some(delivery) => {
                            *share += 1;
                            taken.push(delivery);
                        }
                        None => unreadable.push(row.get(0)?),
                    }
                }
            }
            // Who takes one has not tried it yet: it may stand behind others that are not taken.
            for delivery in &taken {
                tx.db
                    .prepare_cached("UPDATE notice SET next = ?2 WHERE no = ?1")?
                    .execute((delivery.no, now_ms.saturating_add(LEASE_MS)))?;
            }
            for no in unreadable {
                note(tx, no, Err(Trouble::Unreadable), (now_ms, random))?;
            }
            Ok(taken)
        })
    }

    /// Says how sending a message went: taken by the other side, or why not. What failed is tried again later, or given up.
    pub fn note_notice(
        &mut self,
        no: u64,
        went: std::result::Result<(), Trouble>,
        now_ms: u64,
    ) -> Result<()> {
        let random = u64::from_le_bytes(self.random());
        self.transact(|tx| note(tx, no, went, (now_ms, random)))
    }

    /// Notes how a test of a channel went.
    pub fn note_tested(
        &mut self,
        by: &str,
        channel: u64,
        trouble: Option<Trouble>,
        now_ms: u64,
    ) -> Result<()> {
        let word = trouble.map_or("", Trouble::as_str);
        self.transact(|tx| {
            tx.db.execute(
                "UPDATE notify_channel SET trouble = ?2, last_ok = CASE WHEN ?2 = '' THEN ?3 ELSE last_ok END WHERE id = ?1",
                (channel, word, now_ms),
            )?;
            audit::append(tx.db, by, "notification tested", &format!("{channel} {word}"), now_ms)
        })
    }

    /// Tries everything again that failed or was given up, from now on. Letters to citizens that were given up are gone.
    pub fn retry_notices(&mut self, now_ms: u64) -> Result<()> {
        self.transact(|tx| {
            tx.db.execute(
                "UPDATE notice SET state = 0, next = ?1, tries = 0, made = ?1 \
                 WHERE trouble <> '' AND (state = 0 OR (state = 2 AND channel <> 0))",
                [now_ms],
            )?;
            Ok(())
        })
    }

    /// Forgets what was handed over or given up a month ago.
    pub fn trim_notices(&mut self, now_ms: u64) -> Result<()> {
        let before = now_ms.saturating_sub(KEPT_MS);
        let any: bool = self.db.query_row(
            "SELECT EXISTS (SELECT 1 FROM notice WHERE state <> 0 AND next < ?1)",
            [before],
            |row| row.get(0),
        )?;
        if !any {
            return Ok(());
        }
        self.transact(|tx| {
            tx.db.execute("DELETE FROM notice WHERE state <> 0 AND next < ?1", [before])?;
            Ok(())
        })
    }

    /// Makes a key for a system outside: 256 random bits, kept as their hash, returned this once.
    ///
    /// Errors: `bad_record` without a title.
    pub fn new_outside_key(&mut self, by: &str, title: &str, now_ms: u64) -> Result<Secret> {
        let title = title.trim();
        if title.is_empty() || title.len() > 200 || title.chars().any(char::is_control) {
            return Err(bad("title"));
        }
        let key = hex(&self.random::<32>());
        self.transact(|tx| {
            tx.db.execute(
                "INSERT INTO outside_key (hash, title, made, used, hour, uses, ended) VALUES (?1, ?2, ?3, 0, 0, 0, 0)",
                (crate::admin::hash(&key), title, now_ms),
            )?;
            audit::append(tx.db, by, "outside key made", title, now_ms)
        })?;
        Ok(Secret(key))
    }

    /// Ends a key.
    pub fn end_outside_key(&mut self, by: &str, id: u64, now_ms: u64) -> Result<()> {
        self.transact(|tx| {
            if tx.db.execute("UPDATE outside_key SET ended = 1 WHERE id = ?1 AND ended = 0", [id])? == 0 {
                return Err(Error::NotFound);
            }
            audit::append(tx.db, by, "outside key ended", &id.to_string(), now_ms)
        })
    }

    /// Uses a key once: who has it, or why it opens nothing now. A key opens at most `most` times in an hour.
    pub fn use_outside_key(&mut self, key: &str, most: u64, now_ms: u64) -> Result<KeyUse> {
        let hash = crate::admin::hash(key);
        self.transact(|tx| {
            let found: Option<(u64, String, u64, u64)> = tx
                .db
                .prepare_cached(
                    "SELECT id, title, hour, uses FROM outside_key WHERE hash = ?1 AND ended = 0",
                )?
                .query_row([hash], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
                .optional()?;
            let Some((id, title, hour, uses)) = found else { return Ok(KeyUse::Unknown) };
            let (hour, uses) = if now_ms.abs_diff(hour) < HOUR_MS { (hour, uses) } else { (now_ms, 0) };
            if uses >= most {
                return Ok(KeyUse::TooOften);
            }
            tx.db.execute(
                "UPDATE outside_key SET used = ?2, hour = ?3, uses = ?4 WHERE id = ?1",
                (id, now_ms, hour, uses + 1),
            )?;
            Ok(KeyUse::By(title))
        })
    }

    fn keys(&self) -> Result<Vec<KeyRow>> {
        let mut statement = self
            .db
            .prepare_cached("SELECT id, title, made, used FROM outside_key WHERE ended = 0 ORDER BY id")?;
        let rows = statement.query_map([], |row| {
            Ok(KeyRow { id: row.get(0)?, title: row.get(1)?, made_ms: row.get(2)?, used_ms: row.get(3)? })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

/// A message as a row of the outbox has it, in the order of [`Store::take_due_notices`]; `None` if this version cannot read it.
fn delivery_of(db: &Connection, row: &rusqlite::Row<'_>) -> Result<Option<Delivery>> {
    let Ok(message) = serde_json::from_slice::<Message>(body_of(row, 3)?) else { return Ok(None) };
    let way: String = row.get(5)?;
    if Way::read(&way).is_none() {
        return Ok(None);
    }
    Ok(Some(Delivery {
        no: row.get(0)?,
        channel: row.get(1)?,
        made_ms: row.get(4)?,
        target: target_of(db, &way, row.get(6)?, row.get(7)?)?,
        message,
    }))
}

/// A message's bytes: what the disk has damaged need not be text any more.
fn body_of<'r>(row: &'r rusqlite::Row<'_>, column: usize) -> Result<&'r [u8]> {
    Ok(row.get_ref(column)?.as_bytes().map_err(rusqlite::Error::from)?)
}

/// See [`Store::note_notice`].
fn note(
    tx: &Tx<'_>,
    no: u64,
    went: std::result::Result<(), Trouble>,
    (now_ms, random): (u64, u64),
) -> Result<()> {
    let found: Option<(u64, u64, u32)> = tx
        .db
        .prepare_cached("SELECT channel, made, tries FROM notice WHERE no = ?1 AND state = 0")?
        .query_row([no], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    // Its channel was taken away meanwhile.
    let Some((channel, made, before)) = found else { return Ok(()) };
    let tries = before.saturating_add(1);
    let next = went.err().map(|trouble| (trouble, next_try(made, now_ms, tries, random)));
    let (state, next_ms, trouble) = match next {
        None => (1, now_ms, ""),
        Some((trouble, Some(next))) => (0, next, trouble.as_str()),
        Some((trouble, None)) => (2, now_ms, trouble.as_str()),
    };
    // A citizen's address is kept no longer than it is needed; the number keeps the row apart from others.
    tx.db.execute(
        "UPDATE notice SET state = ?2, next = ?3, trouble = ?4, tries = ?5, \
         recipient = CASE WHEN ?2 = 0 THEN recipient WHEN channel = 0 THEN '#' || no ELSE '' END WHERE no = ?1",
        (no, state, next_ms, trouble, tries),
    )?;
    tx.db.execute(
        "UPDATE notify_channel SET trouble = ?2, last_ok = CASE WHEN ?2 = '' THEN ?3 ELSE last_ok END WHERE id = ?1",
        (channel, trouble, now_ms),
    )?;
    Ok(())
}

fn target_of(db: &Connection, way: &str, target: String, secret: String) -> Result<Target> {
    Ok(match Way::read(way) {
        Some(Way::Webhook) => Target::Webhook { url: target, key: secret },
        Some(Way::Line) => Target::Line { to: target, token: secret },
        Some(Way::Email) => Target::Email { to: target, server: mail_server(db)? },
        None => return Err(bad("way")),
    })
}

fn check_channel(put: &PutChannel) -> Result<()> {
    let (title, target) = (put.title.trim(), put.target.trim());
    let fine =
        |text: &str| !text.is_empty() && text.len() <= TEXT_MAX_BYTES && !text.chars().any(char::is_control);
    if !fine(title) {
        return Err(bad("title"));
    }
    let target_fits = fine(target)
        && match put.way {
            Way::Webhook => target.starts_with("https://") || target.starts_with("http://"),
            Way::Email => is_email(target),
            // A user, group or room: one letter and 32 hexadecimal digits.
            Way::Line => target.len() <= 64 && target.chars().all(|c| c.is_ascii_alphanumeric()),
        };
    if !target_fits {
        return Err(bad("target"));
    }
    if put.secret.as_ref().is_some_and(|secret| !fine(&secret.0)) {
        return Err(bad("secret"));
    }
    let rules_fit = put.rules.len() <= MOST_RULES
        && put.rules.iter().all(|rule| rule.programme.is_empty() == (rule.event == Event::Trouble));
    if rules_fit { Ok(()) } else { Err(bad("rules")) }
}
