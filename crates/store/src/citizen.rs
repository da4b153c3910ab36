//! What a citizen may do without an account: report something at a subject whose label she has, and follow what becomes
//! of it. Server only. The contact stays in a table of its own and reaches no device.

use crate::commit::{NewCommit, write_as_server};
use crate::error::{Error, Optional, Result};
use crate::orders::{self, Said, Step};
use crate::photo::{Drawn, write_drawn};
use crate::row::{self, Row};
use crate::{Now, Store};
use domain::access::{Grant, Role};
use domain::change::{Value, Values, field, kind};
use domain::ids::{DeviceNo, RecordId};
use domain::order::{Case, Move, OrderKind, PhotoRole, Setter, StateClass};
use domain::problem::Code;
use domain::programme::Programme;
use std::sync::Arc;

/// Who writes what a citizen said.
const AUTHOR: &str = "ประชาชน";
/// Longest note and contact, characters.
const NOTE_MAX: usize = 500;
const CONTACT_MAX: usize = 100;
/// Most photos of one report.
const PHOTOS_MAX: usize = 4;

/// What became of a report.
#[derive(Clone, Debug, PartialEq)]
pub struct Tracked {
    /// The order as it stands; of one that is the same as another, the other.
    pub order: RecordId,
    /// Its programme.
    pub programme: String,
    /// Kind of order.
    pub kind: String,
    /// The subject.
    pub subject: RecordId,
    /// State id.
    pub state: String,
    /// What this report is about.
    pub topics: Vec<String>,
    /// Steps that count, oldest first; who took them is nobody's business outside, nor what another citizen said.
    pub moves: Vec<Move>,
    /// It was joined with an order that was there already.
    pub joined: bool,
    /// When it was reported, milliseconds.
    pub reported_ms: u64,
    /// The photo of afterwards, if there is one.
    pub after: Option<String>,
    /// Somebody still has to deal with it.
    pub open: bool,
    /// She may say that it is not right yet.
    pub may_reopen: bool,
}

/// A row of what citizens sent.
pub(crate) struct Sent {
    pub order: RecordId,
    pub key: String,
    pub contact: String,
    pub photos: Vec<String>,
    pub at_ms: u64,
}

fn cut(text: &str, most: usize) -> String {
    let plain = |c: char| if c == '\n' || !c.is_control() { c } else { ' ' };
    text.trim().chars().take(most).map(plain).collect()
}

impl Store {
    /// The kind of order that a passer-by may open at a subject, with its programme; `None` if there is none.
    pub fn open_to_citizens(&self, subject: RecordId) -> Result<Option<(Arc<Programme>, String)>> {
        let Some(row) = row::load(&self.db, subject)? else { return Ok(None) };
        let shelf = row::shelf_of(&self.db, row.shelf)?;
        let Some(programme) = self.programmes.get(&shelf.programme).cloned() else { return Ok(None) };
        let is_subject = row.kind == kind::SUBJECT && row.view.is_alive() && !programme.sensitive;
        let kind = programme.public.as_ref().map(|page| page.order.clone()).filter(|id| !id.is_empty());
        Ok(kind.filter(|_| is_subject).map(|kind| (programme, kind)))
    }

    /// Writes that a citizen reports something at a subject: ids of topics that are offered to citizens. Returns the secret
    /// text of her tracking link. `joins` is the open order that says the same; without it, or if it is not open any more, a
    /// new one is opened unless one says the same.
    ///
    /// Errors: `not_found` where nothing can be reported; `bad_record` for a topic that is not offered.
    pub fn report_as_citizen(
        &mut self,
        subject: RecordId,
        joins: Option<RecordId>,
        topics: &[String],
        now: Now,
    ) -> Result<String> {
        let (programme, kind) = self.open_to_citizens(subject)?.ok_or(Error::NotFound)?;
        let kind = programme.order(&kind).ok_or(Error::NotFound)?;
        let offered = |topic: &String| kind.topic(topic).is_some_and(|topic| topic.citizen);
        let row = row::load(&self.db, subject)?.ok_or(Error::NotFound)?;
        let open = orders::open_at(&self.db, subject, &kind.id)?;
        let named = open.into_iter().find(|order| Some(order.id) == joins);
        let topics = match &named {
            Some(order) if topics.is_empty() => {
                Case::read(&order.view).map(|case| case.topics).unwrap_or_default()
            }
            _ if topics.is_empty() || !topics.iter().all(offered) => {
                return Err(Code::BadRecord.into());
            }
            _ => topics.to_vec(),
        };
        let joins = match named {
            Some(order) => Some(order),
            None => orders::same_as(&self.db, subject, kind, &topics)?,
        };
        let said = Said { topics, ..Said::default() };
        let (order, key, changes) = orders::report(self, &programme, &row, kind, &said, joins, now)?;
        let token = crate::hex(&self.random::<16>());
        self.transact(|tx| {
            let new = NewCommit { changes, ..NewCommit::default() };
            write_as_server(tx, AUTHOR, now.ms, now.ms, new)?;
            note_report(tx.db, &token, order, &key, now.ms)
        })?;
        Ok(token)
    }

    fn tracked_order(&self, token: &str) -> Result<Option<(Row, String, u64)>> {
        let found: Option<([u8; 16], String, u64)> = self
            .db
            .prepare_cached("SELECT record, key, at_ms FROM citizen_report WHERE token = ?1")?
            .query_row([hash(token)], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let Some((id, key, at_ms)) = found else { return Ok(None) };
        let row = row::load(&self.db, row::id_of(id))?.filter(|row| row.view.is_alive());
        Ok(row.map(|row| (row, key, at_ms)))
    }

    /// What became of a report, by the text of its tracking link; `None` if there is no such link.
    pub fn track(&self, token: &str) -> Result<Option<Tracked>> {
        let Some((own, key, reported_ms)) = self.tracked_order(token)? else { return Ok(None) };
        let Some(first) = Case::read(&own.view) else { return Ok(None) };
        let report = first.reports.iter().find(|report| report.key == key);
        let topics = report.map(|report| report.topics.clone()).unwrap_or_default();
        // One that is the same as another goes on there.
        let row = orders::goes_on_in(&self.db, own)?;
        let shelf = row::shelf_of(&self.db, row.shelf)?;
        let Some(programme) = self.programmes.get(&shelf.programme) else { return Ok(None) };
        let Some((case, kind)) = orders::read(programme, &row.view) else { return Ok(None) };
        let state = case.state(kind);
        let reopens = |to: &domain::order::StateKind| kind.may_move(&state, &to.id, Setter::Citizen);
        // Whoever wrote it must have had the photo, or could see it: its name alone shows nobody another house.
        let reader = Grant { person: String::new(), role: Role::Worker, shelves: vec![shelf.clone()] };
        let mut after = None;
        for hash in case.after(kind) {
            if after.is_none() && self.may_see_photo(&reader, DeviceNo::SERVER, &hash)? {
                after = Some(hash);
            }
        }
        Ok(Some(Tracked {
            order: row.id,
            programme: programme.id.clone(),
            kind: kind.id.clone(),
            subject: case.subject,
            open: orders::class_of(kind, &state) == StateClass::Open,
            may_reopen: kind.states.iter().any(reopens),
            moves: shown_steps(&case, kind),
            joined: case.opened_ms < reported_ms || first.duplicate_of.is_some(),
            reported_ms,
            after,
            topics,
            state,
        }))
    }

    /// Says whether something may be added to a report, before its photo is drawn at a great cost.
    ///
    /// Errors: those of [`Store::add_as_citizen`].
    pub fn may_add_as_citizen(&self, token: &str, with_photo: bool) -> Result<()> {
        let (_, photos) = self.sent_so_far(token)?;
        if with_photo && photos.split_whitespace().count() >= PHOTOS_MAX {
            return Err(Code::TooLarge.into());
        }
        if !self.track(token)?.is_some_and(|tracked| tracked.open) {
            return Err(Code::Forbidden.into());
        }
        Ok(())
    }

    /// The contact and the hashes of the photos that came with a report.
    fn sent_so_far(&self, token: &str) -> Result<(String, String)> {
        self.db
            .prepare_cached("SELECT contact, photos FROM citizen_report WHERE token = ?1")?
            .query_row([hash(token)], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?
            .ok_or(Error::NotFound)
    }

    /// Adds to a report what its author says later: words, how she can be reached, a photo with the hash it is called by. A
    /// photo that is refused is not kept.
    ///
    /// Errors: `not_found` for no such link; `too_large` if there are four photos of hers already; `forbidden` once the order
    /// is dealt with.
    pub fn add_as_citizen(
        &mut self,
        token: &str,
        note: &str,
        contact: &str,
        photo: Option<(&str, &Drawn)>,
        now: Now,
    ) -> Result<()> {
        let (row, key, _) = self.tracked_order(token)?.ok_or(Error::NotFound)?;
        self.may_add_as_citizen(token, photo.is_some())?;
        let sent = self.sent_so_far(token)?;
        let mut photos: Vec<&str> = sent.1.split_whitespace().collect();
        let name = format!("{}{key}", field::REPORTS);
        let mut report = row.view.get(&name).cloned().unwrap_or_default();
        let mut cells = Values::new();
        let (note, contact) = (cut(note, NOTE_MAX), cut(contact, CONTACT_MAX));
        if let (false, Value::Object(said)) = (note.is_empty(), &mut report) {
            said.insert("note".to_owned(), note.into());
            cells.insert(name, report);
        }
        if let Some((hash, _)) = photo {
            cells.insert(format!("{}{hash}", field::PHOTOS), true.into());
            cells.insert(format!("{}{hash}", field::PHOTO_ROLES), serde_json::to_value(PhotoRole::Report)?);
            if !photos.contains(&hash) {
                photos.push(hash);
            }
        }
        let contact = if contact.is_empty() { sent.0.clone() } else { contact };
        let photos = photos.join(" ");
        self.transact(|tx| {
            if let Some((hash, drawn)) = photo {
                write_drawn(tx.db, DeviceNo::SERVER, hash, drawn, now.ms)?;
            }
            if !cells.is_empty() {
                let changes = vec![orders::change(row.id, kind::ORDER, cells)];
                write_as_server(tx, AUTHOR, now.ms, now.ms, NewCommit { changes, ..NewCommit::default() })?;
            }
            tx.db.execute(
                "UPDATE citizen_report SET contact = ?2, photos = ?3 WHERE token = ?1",
                (hash(token), &contact, &photos),
            )?;
            Ok(())
        })
    }

    /// Says for a citizen that something which was told to be done is not: to the state that citizens may set.
    ///
    /// Errors: `not_found` for no such link; `forbidden` if it cannot be said now.
    pub fn reopen_as_citizen(&mut self, token: &str, note: &str, now: Now) -> Result<()> {
        let tracked = self.track(token)?.ok_or(Error::NotFound)?;
        let row = row::load(&self.db, tracked.order)?.ok_or(Error::NotFound)?;
        let programme = self.programmes.get(&tracked.programme).cloned().ok_or(Error::NotFound)?;
        let kind = programme.order(&tracked.kind).ok_or(Error::NotFound)?;
        let to = kind.states.iter().find(|to| kind.may_move(&tracked.state, &to.id, Setter::Citizen));
        let to = to.ok_or(Code::Forbidden)?.id.clone();
        let note = cut(note, NOTE_MAX);
        let step = Step { to: &to, by: "", setter: Setter::Citizen, note: &note, duplicate_of: None };
        let mut changes = orders::move_to(self, &row, &programme, step, now.ms)?;
        let said = Said { note, ..Said::default() };
        let key = orders::new_key(self.new_record_id(now.ms));
        let says = !said.note.is_empty();
        if let Some(order) = changes.iter_mut().find(|change| change.id == row.id).filter(|_| says) {
            order.cells.extend(orders::report_cells(&said, &key)?);
        }
        // Nobody has this link: it is there so that the office sees what was written among all that citizens wrote.
        let link = crate::hex(&self.random::<16>());
        self.transact(|tx| {
            write_as_server(tx, AUTHOR, now.ms, now.ms, NewCommit { changes, ..NewCommit::default() })?;
            if says {
                note_report(tx.db, &link, row.id, &key, now.ms)?;
            }
            Ok(())
        })
    }

    /// The values of a subject's fields; empty if it is not here. Its caller says what of them anybody may see.
    pub fn values_of(&self, subject: RecordId) -> Result<Values> {
        Ok(row::load(&self.db, subject)?.map(|row| row.view.values()).unwrap_or_default())
    }

    /// What citizens sent, newest first.
    pub(crate) fn citizen_reports(&self, offset: u32, limit: u32) -> Result<Vec<Sent>> {
        let mut statement = self.db.prepare_cached(
            "SELECT record, key, contact, photos, at_ms FROM citizen_report ORDER BY at_ms DESC LIMIT ?1 OFFSET ?2",
        )?;
        let mut rows = statement.query((limit, offset))?;
        let mut all = Vec::new();
        while let Some(found) = rows.next()? {
            let photos: String = found.get(3)?;
            all.push(Sent {
                order: row::id_of(found.get(0)?),
                key: found.get(1)?,
                contact: found.get(2)?,
                photos: photos.split_whitespace().map(str::to_owned).collect(),
                at_ms: found.get(4)?,
            });
        }
        Ok(all)
    }

    /// The orders at a subject that a passer-by is told of: those to be dealt with, and those done in the last days.
    pub fn known_to_citizens(&self, subject: RecordId, kind: &str, since_ms: u64) -> Result<Vec<Tracked>> {
        let Some((programme, own)) = self.open_to_citizens(subject)? else { return Ok(Vec::new()) };
        let Some(kind) = programme.order(kind).filter(|kind| kind.id == own) else { return Ok(Vec::new()) };
        let mut statement = self.db.prepare_cached(
            "SELECT no FROM order_case WHERE subject = ?1 AND kind = ?2 AND (class = 0 OR (class = 1 AND ended >= ?3)) \
             ORDER BY class, opened DESC LIMIT 5",
        )?;
        let mut rows = statement.query((subject.bytes(), &kind.id, since_ms))?;
        let mut all = Vec::new();
        while let Some(found) = rows.next()? {
            let Some(row) = row::load_no(&self.db, found.get(0)?)? else { continue };
            let Some(case) = Case::read(&row.view) else { continue };
            let state = case.state(kind);
            all.push(Tracked {
                order: row.id,
                programme: programme.id.clone(),
                kind: kind.id.clone(),
                subject,
                open: orders::class_of(kind, &state) == StateClass::Open,
                may_reopen: false,
                moves: shown_steps(&case, kind),
                joined: false,
                reported_ms: case.opened_ms,
                after: None,
                topics: case.topics,
                state,
            });
        }
        Ok(all)
    }
}

/// The steps that a citizen sees. What another citizen said in one is for the office: older apps wrote it there.
fn shown_steps(case: &Case, kind: &OrderKind) -> Vec<Move> {
    let mut steps = case.steps(kind);
    steps.retain(|step| !step.idle);
    for step in steps.iter_mut().filter(|step| step.by.is_empty()) {
        step.note.clear();
    }
    steps
}

fn note_report(
    db: &rusqlite::Connection,
    token: &str,
    order: RecordId,
    key: &str,
    now_ms: u64,
) -> Result<()> {
    db.execute(
        "INSERT INTO citizen_report (token, record, key, contact, photos, at_ms) VALUES (?1, ?2, ?3, '', '', ?4)",
        (hash(token), order.bytes(), key, now_ms),
    )?;
    Ok(())
}

fn hash(token: &str) -> [u8; 32] {
    *blake3::hash(token.as_bytes()).as_bytes()
}
