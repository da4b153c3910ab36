//! Orders on screens: the list, one order, and what is done with it.

use super::{Caller, counts, list};
use crate::cause::{self, Cause};
use crate::citizen::Sent;
use crate::commit::NewCommit;
use crate::error::{Error, Result};
use crate::orders::{self, Said, Step};
use crate::row::{self, Row};
use crate::{Kind, Store, project};
use domain::access::{self, Action};
use domain::api::{
    AssignOrder, CitizenReport, CitizenReports, HideReport, MoveOrder, NoteOrder, OpenOrder, Order,
    OrderPeople, OrderReply, OrderRow, Orders, OrdersBy, OrdersReply, Saved, StateCount,
};
use domain::change::{Change, Place, Values, field, kind};
use domain::ids::{RecordId, Shelf};
use domain::order::{self, Case, Material, OrderKind, PhotoRole, Report, StateClass};
use domain::place;
use domain::problem::Code;
use domain::programme::Programme;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Loads an order the caller may see, with its programme.
fn load(store: &Store, caller: &Caller<'_>, id: RecordId) -> Result<(Row, Arc<Programme>)> {
    let row = row::load(&store.db, id)?
        .filter(|row| row.kind == kind::ORDER && row.view.is_alive())
        .ok_or(Error::NotFound)?;
    let shelf = row::shelf_of(&store.db, row.shelf)?;
    // What is not yours to see does not exist for you.
    access::may(caller.grant, Action::Read(&shelf)).map_err(|_| Error::NotFound)?;
    let programme = store.programmes.get(&shelf.programme).cloned().ok_or(Code::FormMissing)?;
    Ok((row, programme))
}

pub(super) fn orders(store: &Store, caller: &Caller<'_>, ask: &Orders) -> Result<OrdersReply> {
    let mut shelves = Vec::new();
    for programme in list::visible(store, caller, ask.programme.as_deref()) {
        if !programme.orders.is_empty() {
            shelves.extend(list::shelves(store, caller, &programme.id, ask.zone.as_deref())?);
        }
    }
    let list = list::sql_list(shelves.iter().map(|(no, _)| *no));
    // What a correction took back is neither late nor urgent, and comes last among what is open.
    let withdrawn = cause::withdrawn(store, &list)?;
    let gone = list::sql_list(withdrawn.iter().copied());
    let kind_id = ask.kind.as_deref().unwrap_or_default();
    let mut reply = OrdersReply { states: states(store, &list, kind_id)?, ..OrdersReply::default() };
    // Everything that narrows the list, and the places to measure from; absent values narrow nothing.
    let from = format!(
        "FROM order_case LEFT JOIN record ON record.id = order_case.subject \
         LEFT JOIN subject_place ON subject_place.no = record.no \
         WHERE order_case.shelf IN ({list}) AND (?1 = '' OR order_case.kind = ?1) AND (?2 = '' OR state = ?2) \
         AND (?2 <> '' OR ?3 OR class = 0) AND (?4 IS NULL OR assigned = ?4) AND (?5 IS NULL OR subject = ?5) \
         AND (NOT ?6 OR (due < ?7 AND order_case.no NOT IN ({gone})))"
    );
    let subject = ask.subject.map(|id| id.bytes().to_vec());
    let state = ask.state.as_deref().unwrap_or_default();
    let narrow =
        (kind_id, state, ask.closed, ask.assigned.as_deref(), subject.as_deref(), ask.late, caller.now.ms);
    reply.total =
        store.db.prepare_cached(&format!("SELECT count(*) {from}"))?.query_row(narrow, |row| row.get(0))?;
    reply.late = store
        .db
        .prepare_cached(&format!(
            "SELECT count(*) FROM order_case WHERE shelf IN ({list}) AND class = 0 AND due < ?1 \
             AND (?2 = '' OR kind = ?2) AND no NOT IN ({gone})"
        ))?
        .query_row((caller.now.ms, kind_id), |row| row.get(0))?;
    let order = match ask.by {
        OrdersBy::Newest => "opened DESC, order_case.no DESC".to_owned(),
        OrdersBy::Due | OrdersBy::Near => {
            format!("class, order_case.no IN ({gone}), urgency, due IS NULL, due, opened, order_case.no")
        }
    };
    let mut statement = store.db.prepare_cached(&format!(
        "SELECT order_case.no, (south + north) / 2, (west + east) / 2, urgency, order_case.shelf, order_case.kind \
         {from} ORDER BY {order}"
    ))?;
    let mut found = statement.query(narrow)?;
    let mut numbers: Vec<(i64, Option<f64>)> = Vec::new();
    while let Some(row) = found.next()? {
        if ask.urgent {
            let shelf = row::shelf_of(&store.db, row.get(4)?)?;
            let (rank, id): (usize, String) = (row.get(3)?, row.get(5)?);
            let kind = store.programmes.get(&shelf.programme).and_then(|programme| programme.order(&id));
            if kind.is_none_or(|kind| rank >= kind.severities.len()) || withdrawn.contains(&row.get(0)?) {
                continue;
            }
        }
        let at: Option<(f64, f64)> = row.get::<_, Option<f64>>(1)?.zip(row.get::<_, Option<f64>>(2)?);
        numbers.push((row.get(0)?, ask.near.zip(at).map(|(here, there)| place::metres(here, there))));
    }
    if ask.urgent {
        reply.total = numbers.len() as u64;
    }
    if ask.by == OrdersBy::Near {
        // What has no place comes last; among equals the more urgent stays before.
        numbers.sort_by(|(_, a), (_, b)| a.unwrap_or(f64::MAX).total_cmp(&b.unwrap_or(f64::MAX)));
    }
    let page = numbers.into_iter().skip(ask.offset as usize).take(ask.limit.min(list::PAGE) as usize);
    for (no, distance) in page {
        if let Some(row) = row::load_no(&store.db, no)? {
            let shown = order_row(store, caller, &row)?;
            reply.rows.extend(shown.map(|mut shown| {
                shown.subject.distance_m = distance;
                shown
            }));
        }
    }
    Ok(reply)
}

fn states(store: &Store, list: &str, kind_id: &str) -> Result<Vec<StateCount>> {
    let sql = format!(
        "SELECT shelf.programme, order_case.kind, state, count(*) FROM order_case \
         JOIN shelf ON shelf.no = order_case.shelf \
         WHERE order_case.shelf IN ({list}) AND (?1 = '' OR order_case.kind = ?1) GROUP BY 1, 2, 3"
    );
    let mut statement = store.db.prepare_cached(&sql)?;
    let mut rows = statement.query([kind_id])?;
    let mut states = Vec::new();
    while let Some(row) = rows.next()? {
        states.push(StateCount {
            programme: row.get(0)?,
            kind: row.get(1)?,
            state: row.get(2)?,
            count: row.get(3)?,
        });
    }
    Ok(states)
}

/// An order as a list shows it; `None` while its kind or its subject is not here.
pub(super) fn order_row(store: &Store, caller: &Caller<'_>, row: &Row) -> Result<Option<OrderRow>> {
    let shelf = row::shelf_of(&store.db, row.shelf)?;
    let Some(programme) = store.programmes.get(&shelf.programme) else { return Ok(None) };
    let Some((case, kind)) = orders::read(programme, &row.view) else { return Ok(None) };
    let Some(subject) = row::load(&store.db, case.subject)? else { return Ok(None) };
    let steps = case.steps(kind);
    let state = case.state(kind);
    let cause = Cause::of(&store.db, &case, kind)?;
    let severity = cause.urgency(&case, kind);
    let class = orders::class_of(kind, &state);
    let due = order::due_ms(&order::run(kind, &severity, case.opened_ms, &steps));
    let due_ms = due.filter(|_| class == StateClass::Open && !cause.withdrawn);
    // After the work its picture tells most, before it what was reported.
    let before = || {
        let of = |role| case.photos.iter().find(|(_, is)| *is == role).map(|(hash, _)| hash.clone());
        of(PhotoRole::Report).or_else(|| of(PhotoRole::Before))
    };
    let photo = case.after(kind).into_iter().next().or_else(before);
    Ok(Some(OrderRow {
        id: row.id,
        subject: list::subject_row(store, &subject, &caller.now.day().to_string())?,
        kind: kind.id.clone(),
        class,
        severity,
        assigned: case.assigned.clone(),
        opened_ms: case.opened_ms,
        since_ms: steps.iter().rev().find(|step| !step.idle).map_or(case.opened_ms, |step| step.at_ms),
        late: due_ms.is_some_and(|due| due < caller.now.ms),
        due_ms,
        reports: u32::try_from(case.reports.len()).unwrap_or(u32::MAX),
        photo,
        received: row.synced.is_none(),
        state,
        topics: cause.topics,
        values: cause.values,
        withdrawn: cause.withdrawn,
    }))
}

pub(super) fn order(store: &mut Store, caller: &Caller<'_>, ask: &Order) -> Result<OrderReply> {
    let (row, programme) = load(store, caller, ask.order)?;
    let (case, kind) = orders::read(&programme, &row.view).ok_or(Error::NotFound)?;
    let shown = order_row(store, caller, &row)?.ok_or(Error::NotFound)?;
    let moves = case.steps(kind);
    let setter = orders::setter(caller.grant);
    let next = kind.states.iter().filter(|to| kind.may_move(&shown.state, &to.id, setter));
    let mut others = Vec::new();
    for other in orders::open_at(&store.db, case.subject, &kind.id)? {
        if other.id != row.id {
            others.extend(order_row(store, caller, &other)?);
        }
    }
    let (checks, after) = (case.checks(kind), case.after(kind));
    Ok(OrderReply {
        seq: row.seq,
        clocks: match shown.withdrawn {
            true => Vec::new(),
            false => order::run(kind, &shown.severity, case.opened_ms, &moves),
        },
        next: next.map(|state| state.id.clone()).collect(),
        may_manage: access::may(caller.grant, Action::Office).is_ok(),
        row: shown,
        moves,
        reports: case.reports,
        materials: case.materials,
        checks,
        after,
        photos: case.photos,
        duplicate_of: case.duplicate_of,
        others,
    })
}

fn save(store: &mut Store, caller: &Caller<'_>, changes: Vec<Change>, place: Option<Place>) -> Result<()> {
    if !changes.is_empty() {
        store.save(caller.grant, caller.now, NewCommit { place, changes, ..NewCommit::default() })?;
    }
    Ok(())
}

fn saved(store: &Store, record: RecordId, subject: RecordId) -> Result<Saved> {
    Ok(Saved { record, subject: Some(subject), counts: counts(store)? })
}

fn kind_of<'a>(programme: &'a Programme, id: &str) -> Result<&'a OrderKind> {
    Ok(programme.order(id).ok_or(Code::BadRecord)?)
}

pub(super) fn open_order(store: &mut Store, caller: &Caller<'_>, ask: OpenOrder) -> Result<Saved> {
    let (subject, shelf) = list::subject(store, caller, ask.subject)?;
    let programme = store.programmes.get(&shelf.programme).cloned().ok_or(Code::FormMissing)?;
    let kind = kind_of(&programme, &ask.kind)?;
    let office = access::may(caller.grant, Action::Office).is_ok();
    if !office && !kind.worker_opens {
        return Err(Code::Forbidden.into());
    }
    if ask.topics.iter().any(|topic| kind.topic(topic).is_none()) {
        return Err(Code::BadRecord.into());
    }
    let joins = orders::same_as(&store.db, ask.subject, kind, &ask.topics)?;
    let said = Said {
        topics: ask.topics,
        note: ask.note.trim().to_owned(),
        photos: ask.photos,
        by: caller.grant.person.clone(),
        ..Said::default()
    };
    let (order, _, changes) = orders::report(store, &programme, &subject, kind, &said, joins, caller.now)?;
    save(store, caller, changes, ask.place)?;
    saved(store, order, subject.id)
}

pub(super) fn move_order(store: &mut Store, caller: &Caller<'_>, ask: &MoveOrder) -> Result<Saved> {
    let (row, programme) = load(store, caller, ask.order)?;
    let step = Step {
        to: &ask.state,
        by: &caller.grant.person,
        setter: orders::setter(caller.grant),
        note: &ask.note,
        duplicate_of: ask.duplicate_of,
    };
    let changes = orders::move_to(store, &row, &programme, step, caller.now.ms)?;
    save(store, caller, changes, ask.place)?;
    saved(store, row.id, project::subject_of(&row.view).unwrap_or(row.id))
}

pub(super) fn note_order(store: &mut Store, caller: &Caller<'_>, ask: NoteOrder) -> Result<Saved> {
    let (row, programme) = load(store, caller, ask.order)?;
    let (case, kind) = orders::read(&programme, &row.view).ok_or(Error::NotFound)?;
    let mut cells = Values::new();
    for used in ask.materials {
        if used.item.trim().is_empty() || !used.quantity.is_finite() || used.quantity <= 0.0 {
            return Err(domain::problem::Problem::new(Code::FormIncomplete).about("materials").into());
        }
        let key = orders::new_key(store.new_record_id(caller.now.ms));
        let known = kind.materials.iter().find(|material| material.id == used.item);
        let unit = known.map_or(used.unit, |material| material.unit.th.clone());
        let value = Material { key: String::new(), item: used.item.trim().to_owned(), unit, ..used };
        cells.insert(format!("{}{key}", field::MATERIALS), serde_json::to_value(value)?);
    }
    for key in ask.unused.iter().filter(|key| case.materials.iter().any(|used| used.key == **key)) {
        cells.insert(format!("{}{key}", field::MATERIALS), serde_json::Value::Null);
    }
    let held = case.checks(kind);
    for (check, ticked) in &ask.checks {
        if kind.checks.iter().any(|known| known.id == *check) && held.contains(check) != *ticked {
            cells.insert(format!("{}{check}", field::CHECKS), (*ticked).into());
        }
    }
    for (hash, role) in &ask.photos {
        cells.insert(format!("{}{hash}", field::PHOTOS), true.into());
        cells.insert(format!("{}{hash}", field::PHOTO_ROLES), serde_json::to_value(role)?);
    }
    if !ask.note.trim().is_empty() {
        let said =
            Said { note: ask.note.trim().to_owned(), by: caller.grant.person.clone(), ..Said::default() };
        let key = orders::new_key(store.new_record_id(caller.now.ms));
        cells.extend(orders::report_cells(&said, &key)?);
    }
    if !cells.is_empty() {
        save(store, caller, vec![orders::change(row.id, kind::ORDER, cells)], ask.place)?;
    }
    saved(store, row.id, case.subject)
}

pub(super) fn assign_order(store: &mut Store, caller: &Caller<'_>, ask: AssignOrder) -> Result<Saved> {
    let (row, programme) = load(store, caller, ask.order)?;
    let (case, kind) = orders::read(&programme, &row.view).ok_or(Error::NotFound)?;
    let mut cells = Values::new();
    if let Some(person) = ask.person.map(|person| person.trim().to_owned()).filter(|p| *p != case.assigned) {
        let setter = orders::setter(caller.grant);
        let state = kind.assigned_state().filter(|_| !person.is_empty());
        if let Some(state) = state.filter(|state| kind.may_move(&case.state(kind), &state.id, setter)) {
            let id = store.new_record_id(caller.now.ms);
            cells.extend(orders::move_cell(id, &state.id, &caller.grant.person, "")?);
        }
        cells.insert(field::ASSIGNED.to_owned(), person.into());
    }
    if let Some(severity) = ask.severity {
        if !severity.is_empty() && !kind.severities.iter().any(|known| known.id == severity) {
            return Err(Code::BadRecord.into());
        }
        cells.insert(field::SEVERITY.to_owned(), severity.into());
    }
    if !cells.is_empty() {
        save(store, caller, vec![orders::change(row.id, kind::ORDER, cells)], None)?;
    }
    saved(store, row.id, case.subject)
}

pub(super) fn hide_report(store: &mut Store, caller: &Caller<'_>, ask: &HideReport) -> Result<Saved> {
    access::may(caller.grant, Action::Office)?;
    let (row, programme) = load(store, caller, ask.order)?;
    let (case, _) = orders::read(&programme, &row.view).ok_or(Error::NotFound)?;
    let mut cells = Values::new();
    if let Some(key) = ask.report.as_ref().filter(|key| case.reports.iter().any(|r| r.key == **key)) {
        cells.insert(format!("{}{key}", field::HIDDEN), ask.hidden.into());
    }
    if let Some(hash) = &ask.photo
        && row.view.get(&format!("{}{hash}", field::PHOTOS)).is_some()
    {
        cells.insert(format!("{}{hash}", field::PHOTOS), (!ask.hidden).into());
    }
    if cells.is_empty() {
        return Err(Error::NotFound);
    }
    save(store, caller, vec![orders::change(row.id, kind::ORDER, cells)], None)?;
    saved(store, row.id, case.subject)
}

/// Who has a device that reaches some of a programme.
pub(super) fn people(store: &Store, caller: &Caller<'_>, ask: &OrderPeople) -> Result<Vec<String>> {
    access::may(caller.grant, Action::Office)?;
    if store.kind != Kind::Server || !caller.grant.reaches(&Shelf::common(ask.programme.clone())) {
        return Ok(Vec::new());
    }
    let devices = store.devices()?.into_iter().filter(|device| !device.revoked);
    let reach = devices.filter(|device| device.grant.programmes().contains(&ask.programme.as_str()));
    let people: BTreeSet<String> = reach.map(|device| device.grant.person).collect();
    Ok(people.into_iter().collect())
}

pub(super) fn citizen_reports(
    store: &Store,
    caller: &Caller<'_>,
    ask: &CitizenReports,
) -> Result<Vec<CitizenReport>> {
    access::may(caller.grant, Action::Office)?;
    let mut all = Vec::new();
    let mut before = ask.offset;
    let mut from = 0;
    // Those of others' programmes are passed over before they are counted, so that a page is a page for everybody.
    'pages: loop {
        let page = store.citizen_reports(from, list::PAGE)?;
        let is_last = page.len() < list::PAGE as usize;
        from += list::PAGE;
        for sent in page {
            if all.len() >= ask.limit.min(list::PAGE) as usize {
                break 'pages;
            }
            let Some(shown) = shown_report(store, caller, sent)? else { continue };
            match before.checked_sub(1) {
                Some(left) => before = left,
                None => all.push(shown),
            }
        }
        if is_last {
            break;
        }
    }
    Ok(all)
}

/// What a citizen sent, if the caller may see it.
fn shown_report(store: &Store, caller: &Caller<'_>, sent: Sent) -> Result<Option<CitizenReport>> {
    let Ok((row, _)) = load(store, caller, sent.order) else { return Ok(None) };
    let Some(case) = Case::read(&row.view) else { return Ok(None) };
    let Some(shown) = order_row(store, caller, &row)? else { return Ok(None) };
    let report = case.reports.into_iter().find(|report| report.key == sent.key);
    let Some(report) = report else { return Ok(None) };
    let written = row.view.get(&format!("{}{}", field::REPORTS, sent.key)).cloned().unwrap_or_default();
    let written: Option<Report> = serde_json::from_value(written).ok();
    let is_hidden = |hash: &String| {
        row.view.get(&format!("{}{hash}", field::PHOTOS)) == Some(&serde_json::Value::Bool(false))
    };
    Ok(Some(CitizenReport {
        row: shown,
        report,
        words: written.map(|written| written.note).unwrap_or_default(),
        photos: sent.photos.iter().map(|hash| (hash.clone(), is_hidden(hash))).collect(),
        contact: sent.contact,
        at_ms: sent.at_ms,
    }))
}
