//! A subject's card, and the history of a record.

use super::Caller;
use super::{list, questions};
use crate::accept::author_of;
use crate::error::{Error, Optional, Result};
use crate::row::{self, Row};
use crate::{Kind, Store, project, round};
use domain::access::{self, Action};
use domain::api::{Card, CardReply, FormButton, History, HistoryRow, VisitRow};
use domain::change::{Place, Value, field};
use domain::clock::Stamp;
use domain::ids::{DeviceNo, RecordId, Seq};
use domain::programme::FieldType;

/// Visits shown on a card.
const VISITS: u32 = 12;

pub(super) fn card(store: &mut Store, caller: &Caller<'_>, ask: &Card) -> Result<CardReply> {
    let (row, shelf) = list::subject(store, caller, ask.subject)?;
    if store.kind == Kind::Device && row::is_rotten(&row) {
        // A disk has changed it; the next sync brings what the office has.
        store.transact(|tx| row::read_shelf_again(tx.db, row.shelf))?;
    }
    let store = &*store;
    let programme =
        store.programmes.get(&shelf.programme).cloned().ok_or(domain::problem::Code::FormMissing)?;
    let zone_title = list::zone_title(store, &shelf)?;
    let worker = caller.grant.role == access::Role::Worker;
    let hidden = |name: &str| worker && programme.field(name).is_some_and(|field| field.office_only);
    let plain = |name: &str| !name.starts_with(field::CODES) && !name.starts_with(field::PHOTOS);
    let values = row.view.values().into_iter().filter(|(name, _)| plain(name) && !hidden(name)).collect();
    let mut forms = Vec::new();
    for form in &programme.forms {
        if form.creates_subject
            || access::may(caller.grant, Action::Visit(&shelf, &programme, &form.id)).is_err()
        {
            continue;
        }
        let standing = list::due(store, row.no, &programme, &form.id, &ask.today)?.map(|due| due.standing);
        let draft = store
            .db
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM draft WHERE programme = ?1 AND form = ?2 AND subject = ?3)",
            )?
            .query_row((&programme.id, &form.id, row.id.bytes().as_slice()), |row| row.get(0))?;
        forms.push(FormButton { form: form.id.clone(), standing, draft });
    }
    // A photo is taken by a form, not typed.
    let typed = programme.subject.fields.iter().filter(|field| field.kind != FieldType::Photo);
    let may_edit = typed.map(|field| field.id.clone());
    let may_edit = may_edit
        .filter(|id| access::may(caller.grant, Action::EditSubject(&shelf, &programme, id)).is_ok())
        .collect();
    let mut photos: Vec<String> = row.view.elements(field::PHOTOS).map(str::to_owned).collect();
    let visits = visits_of(store, row.id)?;
    photos.extend(visits.iter().flat_map(|visit| visit.photos.clone()));
    Ok(CardReply {
        row: list::subject_row(store, &row, &ask.today)?,
        seq: row.seq,
        zone_title,
        values,
        codes: row.view.elements(field::CODES).map(str::to_owned).collect(),
        photos,
        visits,
        questions: questions::about_subject(store, caller, row.id)?,
        forms,
        may_edit,
        may_bind: access::may(caller.grant, Action::Bind(&shelf, &programme)).is_ok(),
        removed: !row.view.is_alive(),
    })
}

fn visits_of(store: &Store, subject: RecordId) -> Result<Vec<VisitRow>> {
    let mut statement = store
        .db
        .prepare_cached("SELECT no FROM visit WHERE subject = ?1 ORDER BY at_ms DESC, no DESC LIMIT ?2")?;
    let mut rows = statement.query((subject.bytes(), VISITS))?;
    let mut visits = Vec::new();
    while let Some(found) = rows.next()? {
        if let Some(row) = row::load_no(&store.db, found.get(0)?)? {
            visits.push(visit_row(store, &row)?);
        }
    }
    Ok(visits)
}

/// A visit as a list shows it.
pub(super) fn visit_row(store: &Store, row: &Row) -> Result<VisitRow> {
    let shelf = row::shelf_of(&store.db, row.shelf)?;
    let subject = project::subject_of(&row.view).unwrap_or(row.id);
    let heading = match row::load(&store.db, subject)? {
        Some(subject) => list::heading(store, &shelf.programme, &subject),
        None => String::new(),
    };
    let text = |name: &str| row.view.text(name).unwrap_or_default().to_owned();
    let corrected = store
        .db
        .prepare_cached("SELECT outcome FROM visit WHERE no = ?1")?
        .query_row([row.no], |found| found.get::<_, String>(0))
        .optional()?
        .is_some_and(|outcome| outcome == project::CORRECTED);
    let waits = store
        .db
        .prepare_cached("SELECT state FROM round_visit WHERE no = ?1 AND outcome = 'done'")?
        .query_row([row.no], |found| found.get::<_, i64>(0))
        .optional()?
        == Some(round::WAITS);
    Ok(VisitRow {
        id: row.id,
        subject,
        heading,
        programme: shelf.programme,
        form: text(field::FORM),
        at: text(field::AT),
        by: text(field::BY),
        outcome: text(field::OUTCOME),
        cycle: text(field::CYCLE),
        values: project::answers(&row.view),
        photos: row.view.elements(field::PHOTOS).map(str::to_owned).collect(),
        received: row.synced.is_none(),
        corrected,
        waits,
    })
}

pub(super) fn history(store: &Store, caller: &Caller<'_>, ask: &History) -> Result<Vec<HistoryRow>> {
    let row = row::load(&store.db, ask.record)?.ok_or(Error::NotFound)?;
    let shelf = row::shelf_of(&store.db, row.shelf)?;
    access::may(caller.grant, Action::Read(&shelf)).map_err(|_| Error::NotFound)?;
    let programme = store.programmes.get(&shelf.programme).cloned();
    let worker = caller.grant.role == access::Role::Worker;
    let hidden = |name: &str| {
        worker && programme.as_ref().is_some_and(|p| p.field(name).is_some_and(|field| field.office_only))
    };
    let own = super::own_grant(store)?.map(|grant| grant.person).unwrap_or_default();
    let mut all = Vec::new();
    for (name, cell) in row.view.cells.iter().filter(|(name, _)| !hidden(name)) {
        let mut entry = entry(store, &own, name, cell.value.clone(), (cell.stamp, cell.seq))?;
        entry.current = true;
        all.push(entry);
    }
    let mut statement = store.db.prepare_cached(
        "SELECT field, value, ms, seq, unseen, counter, device FROM history WHERE record = ?1",
    )?;
    let mut rows = statement.query([row.id.bytes()])?;
    while let Some(found) = rows.next()? {
        let name: String = found.get(0)?;
        if hidden(&name) {
            continue;
        }
        let value: String = found.get(1)?;
        let stamp = Stamp { ms: found.get(2)?, counter: found.get(5)?, device: DeviceNo(found.get(6)?) };
        let seq = Seq(found.get(3)?);
        let mut entry = entry(store, &own, &name, serde_json::from_str(&value)?, (stamp, seq))?;
        entry.lost_unseen = found.get(4)?;
        all.push(entry);
    }
    all.sort_by(|a, b| a.field.cmp(&b.field).then(b.at_ms.cmp(&a.at_ms)).then(b.current.cmp(&a.current)));
    Ok(all)
}

/// Who wrote a cell; empty if that is not known here. `own` is the person of this device, who wrote what it stamped itself.
pub(super) fn writer(store: &Store, own: &str, (stamp, seq): (Stamp, Seq)) -> Result<String> {
    let by = author_of(&store.db, seq)?;
    Ok(if by.is_empty() && stamp.device == store.device() { own.to_owned() } else { by })
}

/// One line of a history. `own` is the person of this device, who wrote what it stamped itself.
fn entry(
    store: &Store,
    own: &str,
    name: &str,
    value: Value,
    (stamp, seq): (Stamp, Seq),
) -> Result<HistoryRow> {
    let by = writer(store, own, (stamp, seq))?;
    let mut place: Option<Place> = None;
    let body: Option<String> = store
        .db
        .prepare_cached("SELECT body ->> 'place' FROM commit_log WHERE seq = ?1 AND seq > 0")?
        .query_row([seq.0], |row| row.get::<_, Option<String>>(0))
        .optional()?
        .flatten();
    if let Some(body) = body {
        place = serde_json::from_str(&body).ok();
    }
    Ok(HistoryRow {
        field: name.to_owned(),
        value,
        by,
        at_ms: stamp.ms,
        place,
        current: false,
        lost_unseen: false,
    })
}
