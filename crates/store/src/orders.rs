//! Orders: the index for lists, who may write what, and what opening and moving one writes.

use crate::cause::Cause;
use crate::error::{Error, Result};
use crate::row::{self, Row};
use crate::transact::Tx;
use crate::{Store, project};
use domain::access::{self, Action, Grant, Role};
use domain::change::{Change, Commit, Value, Values, field, kind};
use domain::ids::{RecordId, Seq};
use domain::merge::Record;
use domain::order::{self, Case, Move, OrderKind, PhotoRole, Report, Setter, StateClass, name_part};
use domain::problem::Code;
use domain::programme::Programme;
use rusqlite::Connection;

/// Brings the index in line with an order.
pub(crate) fn project(tx: &Tx<'_>, row: &Row) -> Result<()> {
    let programme = tx.programme(&tx.shelf_of(row.shelf)?.programme);
    let found = programme.as_deref().and_then(|programme| read(programme, &row.view));
    let Some((case, kind)) = found.filter(|_| row.view.is_alive()) else {
        return forget(tx, row.no);
    };
    let steps = case.steps(kind);
    let severity = case.urgency(kind);
    let state = case.state(kind);
    let runs = order::run(kind, &severity, case.opened_ms, &steps);
    let class = class_no(class_of(kind, &state));
    tx.db
        .prepare_cached(
            "INSERT OR REPLACE INTO order_case \
             (no, subject, shelf, kind, state, class, urgency, assigned, opened, due, ended) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute((
            row.no,
            case.subject.bytes(),
            row.shelf,
            &kind.id,
            &state,
            class,
            i64::try_from(kind.rank(&severity)).unwrap_or(i64::MAX),
            &case.assigned,
            case.opened_ms,
            if class == 0 { order::due_ms(&runs) } else { None },
            case.ended_ms(kind),
        ))?;
    Ok(())
}

/// Takes an order out of the index.
pub(crate) fn forget(tx: &Tx<'_>, no: i64) -> Result<()> {
    tx.db.prepare_cached("DELETE FROM order_case WHERE no = ?1")?.execute([no])?;
    Ok(())
}

/// Reads an order together with its kind.
pub(crate) fn read<'a>(programme: &'a Programme, view: &Record) -> Option<(Case, &'a OrderKind)> {
    let case = Case::read(view)?;
    let kind = programme.order(&case.kind)?;
    Some((case, kind))
}

/// Whether an order in a state still has to be dealt with.
pub(crate) fn class_of(kind: &OrderKind, state: &str) -> StateClass {
    kind.state(state).map(|state| state.class).unwrap_or_default()
}

/// A class as the index keeps it.
pub(crate) fn class_no(class: StateClass) -> i64 {
    match class {
        StateClass::Open => 0,
        StateClass::Done => 1,
        StateClass::Closed => 2,
    }
}

/// What somebody is to an order.
pub(crate) fn setter(grant: &Grant) -> Setter {
    if grant.role == Role::Worker { Setter::Worker } else { Setter::Office }
}

impl Store {
    /// Says whether an order should have a row in the index.
    pub(crate) fn is_indexed_order(&self, row: &Row) -> Result<bool> {
        let shelf = row::shelf_of(&self.db, row.shelf)?;
        Ok(self.programmes.get(&shelf.programme).is_some_and(|p| read(p, &row.view).is_some()))
    }
}

/// Says whether a grant allows a change of an order. That the order's shelf is within reach was asked already. Whether a
/// step can come after the present one is not asked: who had no signal could not know, and [`Case::steps`] judges it.
pub(crate) fn check(grant: &Grant, change: &Change, known: &Record, programme: &Programme) -> Result<()> {
    let is_new = known.cells.is_empty();
    let office = access::may(grant, Action::Office).is_ok();
    let kind_id = match change.cells.get(field::ORDER_KIND) {
        Some(id) if is_new => id.as_str(),
        Some(_) => return Err(Code::Forbidden.into()),
        None => known.text(field::ORDER_KIND),
    };
    let kind = kind_id.and_then(|id| programme.order(id)).ok_or(Code::BadRecord)?;
    let subject = change.cells.get(field::SUBJECT).and_then(Value::as_str);
    if is_new && subject.is_none_or(|subject| subject.parse::<RecordId>().is_err()) {
        // No list would show it, and nothing would count it.
        return Err(Code::BadRecord.into());
    }
    let own = Value::from(grant.person.clone());
    for (name, value) in &change.cells {
        let allowed = match name.as_str() {
            field::SUBJECT
            | field::PROGRAMME
            | field::ZONE
            | field::ORDER_KIND
            | field::AT
            | field::BY
            | field::VISIT
            | field::ORIGIN => is_new,
            field::DELETED => access::may(grant, Action::Office).is_ok(),
            field::SEVERITY => {
                // Who sees a danger says so at once; that it is none, the office says.
                let was = known.text(field::SEVERITY).unwrap_or_default();
                let said = value.as_str().ok_or(Code::BadRecord)?;
                office || is_new || kind.rank(said) < kind.rank(was)
            }
            field::DUPLICATE_OF => office,
            // A worker takes an order, and gives back what is hers.
            field::ASSIGNED => {
                let hers = known.get(field::ASSIGNED).is_none_or(|was| *was == own || was == "");
                office || (hers && (*value == own || value == ""))
            }
            name if name_part(name, field::MOVES).is_some() => {
                let step: Move = serde_json::from_value(value.clone()).map_err(|_| Code::BadRecord)?;
                let is_own = step.by == grant.person && known.get(name).is_none();
                let opens = is_new && step.state == kind.first_state();
                is_own && (opens || kind.may_set(&step.state, setter(grant)))
            }
            name if name_part(name, field::REPORTS).is_some() => {
                let report: Report = serde_json::from_value(value.clone()).map_err(|_| Code::BadRecord)?;
                report.by == grant.person && known.get(name).is_none()
            }
            name if name_part(name, field::HIDDEN).is_some() => office && value.is_boolean(),
            name if name_part(name, field::CHECKS).is_some() => value.is_boolean(),
            name if name_part(name, field::PHOTOS).is_some() => *value == Value::Bool(true) || office,
            name if name_part(name, field::PHOTO_ROLES).is_some() => value.is_string(),
            name if name_part(name, field::MATERIALS).is_some() => value.is_object() || value.is_null(),
            // What a newer app writes beside it.
            _ => true,
        };
        if !allowed {
            return Err(Code::NotYourField.into());
        }
    }
    Ok(())
}

/// What somebody says about a subject: what it is about, in words and photos.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    pub topics: Vec<String>,
    /// Beyond what the topics say; empty: nothing.
    pub severity: String,
    pub note: String,
    pub photos: Vec<String>,
    /// Who says so; empty: a citizen.
    pub by: String,
    /// The visit in which it was noticed.
    pub visit: Option<RecordId>,
}

/// Names that are given to what is new within an order: a part of a new record's id, which never meets another.
pub(crate) fn new_key(id: RecordId) -> String {
    id.0.simple().to_string()
}

/// The open orders of a kind at a subject, oldest first.
pub(crate) fn open_at(db: &Connection, subject: RecordId, kind: &str) -> Result<Vec<Row>> {
    let mut statement = db.prepare_cached(
        "SELECT no FROM order_case WHERE subject = ?1 AND class = 0 AND kind = ?2 ORDER BY opened, no",
    )?;
    let mut rows = statement.query((subject.bytes(), kind))?;
    let mut all = Vec::new();
    while let Some(found) = rows.next()? {
        all.extend(row::load_no(db, found.get(0)?)?);
    }
    Ok(all)
}

/// The open order that already says what somebody has to say, so that it needs no second one. One that nothing raises any
/// more says nothing: what joined it would be told to nobody, and would be late from the start.
pub(crate) fn same_as(
    db: &Connection,
    subject: RecordId,
    kind: &OrderKind,
    topics: &[String],
) -> Result<Option<Row>> {
    for row in open_at(db, subject, &kind.id)? {
        if let Some(case) = Case::read(&row.view).filter(|case| is_about(case, topics))
            && !Cause::of(db, &case, kind)?.withdrawn
        {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

/// [`same_as`] for a correction: it joins one that a correction before it took back, which then stands again.
pub(crate) fn same_as_before(
    db: &Connection,
    subject: RecordId,
    kind: &OrderKind,
    topics: &[String],
) -> Result<Option<Row>> {
    let fits = |row: &Row| Case::read(&row.view).is_some_and(|case| is_about(&case, topics));
    Ok(open_at(db, subject, &kind.id)?.into_iter().find(fits))
}

fn is_about(case: &Case, topics: &[String]) -> bool {
    (case.topics.is_empty() && topics.is_empty()) || case.topics.iter().any(|t| topics.contains(t))
}

/// The cells of a report with its photos. `key` is its name within the order.
pub(crate) fn report_cells(said: &Said, key: &str) -> Result<Values> {
    let report = Report {
        key: String::new(),
        topics: said.topics.clone(),
        note: said.note.clone(),
        by: said.by.clone(),
        visit: said.visit,
        hidden: false,
        at_ms: 0,
    };
    let mut value = serde_json::to_value(report)?;
    if let Value::Object(map) = &mut value {
        // Its name and its time are the cell's.
        map.retain(|name, _| !["key", "hidden", "at_ms"].contains(&name.as_str()));
    }
    let mut cells = Values::from([(format!("{}{key}", field::REPORTS), value)]);
    for hash in &said.photos {
        cells.insert(format!("{}{hash}", field::PHOTOS), true.into());
        cells.insert(format!("{}{hash}", field::PHOTO_ROLES), serde_json::to_value(PhotoRole::Report)?);
    }
    Ok(cells)
}

/// What a report writes: into the open order that says the same, or as a new one with what its first state writes to the
/// subject. Returns the order and the report's name in it.
pub(crate) fn report(
    store: &mut Store,
    programme: &Programme,
    subject: &Row,
    kind: &OrderKind,
    said: &Said,
    joins: Option<Row>,
    now: crate::Now,
) -> Result<(RecordId, String, Vec<Change>)> {
    let key = new_key(store.new_record_id(now.ms));
    let new = New {
        order: store.new_record_id(now.ms),
        step: store.new_record_id(now.ms),
        at: domain::thai_date::iso(now.ms, now.offset_minutes),
    };
    let (order, changes) = report_as(&store.db, programme, subject, kind, said, joins, (&key, new))?;
    Ok((order, key, changes))
}

/// What a new order is called, and when it is opened.
struct New {
    order: RecordId,
    step: RecordId,
    /// Local ISO time.
    at: String,
}

/// [`report`] under names that are given.
fn report_as(
    db: &Connection,
    programme: &Programme,
    subject: &Row,
    kind: &OrderKind,
    said: &Said,
    joins: Option<Row>,
    (key, new): (&str, New),
) -> Result<(RecordId, Vec<Change>)> {
    let mut cells = report_cells(said, key)?;
    if let Some(order) = joins {
        let known = order.view.text(field::SEVERITY).unwrap_or_default();
        if kind.worse(known, &said.severity) != known {
            cells.insert(field::SEVERITY.to_owned(), said.severity.clone().into());
        }
        return Ok((order.id, vec![change(order.id, kind::ORDER, cells)]));
    }
    let id = new.order;
    let zone = row::shelf_of(db, subject.shelf)?.zone;
    for (name, value) in [
        (field::PROGRAMME, programme.id.clone()),
        (field::ZONE, zone),
        (field::SUBJECT, subject.id.to_string()),
        (field::ORDER_KIND, kind.id.clone()),
        (field::AT, new.at),
        (field::BY, said.by.clone()),
    ] {
        cells.insert(name.to_owned(), value.into());
    }
    if !said.severity.is_empty() && said.severity != kind.severity_of(&said.topics) {
        cells.insert(field::SEVERITY.to_owned(), said.severity.clone().into());
    }
    if let Some(visit) = said.visit {
        cells.insert(field::VISIT.to_owned(), visit.to_string().into());
    }
    cells.extend(move_cell(new.step, kind.first_state(), &said.by, "")?);
    let mut changes = vec![change(id, kind::ORDER, cells)];
    changes.extend(writes_of(subject, kind, kind.first_state()));
    Ok((id, changes))
}

/// What was said of an order that is over by the time it arrives: a phone without signal joined it while the office dealt
/// with it. There nobody would see it any more, so it goes to the open order that says the same, or opens one and is told of.
/// `at_ms` is when it was said, as the server fixed it.
pub(crate) fn follow(tx: &mut Tx<'_>, commit: &Commit, at_ms: u64, now_ms: u64) -> Result<()> {
    for change in commit.changes.iter().filter(|change| change.kind == kind::ORDER) {
        for (name, value) in &change.cells {
            let Some(key) = name_part(name, field::REPORTS) else { continue };
            let Ok(report) = serde_json::from_value::<Report>(value.clone()) else { continue };
            // A remark beside the work says nothing of what is to be done.
            if !report.topics.is_empty() {
                say_again(tx, commit, change, (key, report), (at_ms, now_ms))?;
            }
        }
    }
    Ok(())
}

fn say_again(
    tx: &mut Tx<'_>,
    commit: &Commit,
    change: &Change,
    (key, report): (&str, Report),
    (at_ms, now_ms): (u64, u64),
) -> Result<()> {
    let Some(row) = row::load(tx.db, change.id)? else { return Ok(()) };
    let Some(programme) = tx.programme(&tx.shelf_of(row.shelf)?.programme) else { return Ok(()) };
    let Some((case, kind)) = read(&programme, &row.view) else { return Ok(()) };
    let Some(subject) = row::load(tx.db, case.subject)?.filter(|_| !kind.is_open(&case.state(kind))) else {
        return Ok(());
    };
    let photo = |(name, value): (&String, &Value)| {
        Some(name_part(name, field::PHOTOS)?.to_owned()).filter(|_| *value == Value::Bool(true))
    };
    let said = Said {
        severity: kind.worse(&kind.severity_of(&report.topics), &case.severity).to_owned(),
        topics: report.topics,
        note: report.note,
        photos: change.cells.iter().filter_map(photo).collect(),
        by: report.by,
        visit: commit.changes.iter().find(|change| change.kind == kind::VISIT).map(|visit| visit.id),
    };
    let joins = same_as(tx.db, case.subject, kind, &said.topics)?;
    let name = |what: &str| RecordId::derived(what, &[change.id.bytes(), key.as_bytes()]);
    let new = New {
        order: name("said again"),
        step: name("said again: step"),
        at: domain::thai_date::iso(at_ms, domain::thai_date::THAI_OFFSET_MINUTES),
    };
    let (_, changes) = report_as(tx.db, &programme, &subject, kind, &said, joins, (key, new))?;
    let new = crate::NewCommit { changes, ..crate::NewCommit::default() };
    crate::commit::write_as_server(tx, &said.by, at_ms.min(now_ms), now_ms, new)
}

/// The cell of a step.
pub(crate) fn move_cell(id: RecordId, state: &str, by: &str, note: &str) -> Result<Values> {
    let step =
        Move { state: state.to_owned(), by: by.to_owned(), note: note.to_owned(), at_ms: 0, idle: false };
    Ok([(format!("{}{}", field::MOVES, new_key(id)), serde_json::to_value(step)?)].into())
}

/// What a state writes to the subject, of which it says otherwise now.
pub(crate) fn writes_of(subject: &Row, kind: &OrderKind, state: &str) -> Option<Change> {
    let writes = &kind.state(state)?.writes;
    let cells: Values = writes
        .iter()
        .filter(|(name, value)| subject.view.get(name) != Some(value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    (!cells.is_empty()).then(|| change(subject.id, kind::SUBJECT, cells))
}

/// Where an order goes on that is the same as another, which may be the same as a third: the last of them that is there.
pub(crate) fn goes_on_in(db: &Connection, mut order: Row) -> Result<Row> {
    // A ring can come about offline; nobody is to wait for its end.
    for _ in 0..16 {
        let next = Case::read(&order.view).and_then(|case| case.duplicate_of);
        match next.map(|id| row::load(db, id)).transpose()?.flatten().filter(|row| row.view.is_alive()) {
            Some(next) => order = next,
            None => break,
        }
    }
    Ok(order)
}

/// A step that somebody wants an order to take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step<'a> {
    /// State id.
    pub to: &'a str,
    /// Who.
    pub by: &'a str,
    /// What they are.
    pub setter: Setter,
    /// What whoever reported it reads.
    pub note: &'a str,
    /// The order that it is the same as.
    pub duplicate_of: Option<RecordId>,
}

/// What bringing an order to a state writes. What "done" writes to the subject waits for the last of several open orders.
///
/// Errors: `forbidden` if the state cannot come now or not by this person; `form_incomplete` names what is missing.
pub(crate) fn move_to(
    store: &mut Store,
    order: &Row,
    programme: &Programme,
    step: Step<'_>,
    now_ms: u64,
) -> Result<Vec<Change>> {
    let Step { to, by, setter, note, duplicate_of } = step;
    let (case, kind) = read(programme, &order.view).ok_or(Error::NotFound)?;
    let from = case.state(kind);
    if !kind.may_move(&from, to, setter) {
        return Err(Code::Forbidden.into());
    }
    let state = kind.state(to).ok_or(Code::BadRecord)?;
    let missing = |what: &str| Err(domain::problem::Problem::new(Code::FormIncomplete).about(what).into());
    if state.needs_note && note.trim().is_empty() {
        return missing("note");
    }
    if state.needs_photo && case.after(kind).is_empty() {
        return missing("photo");
    }
    let ticked = case.checks(kind);
    if state.needs_checks && !kind.checks.iter().all(|check| ticked.contains(&check.id)) {
        return missing("checks");
    }
    // A step is shown to everybody who follows the order: what a citizen says is a report, which the office can hide.
    let shown = if setter == Setter::Citizen { "" } else { note.trim() };
    let mut cells = move_cell(store.new_record_id(now_ms), to, by, shown)?;
    if state.on_assign && setter == Setter::Worker && case.assigned.is_empty() {
        cells.insert(field::ASSIGNED.to_owned(), by.into());
    }
    if state.duplicate {
        let other = duplicate_of.filter(|other| *other != order.id);
        let Some(other) = other.map(|id| row::load(&store.db, id)).transpose()?.flatten() else {
            return missing("duplicate_of");
        };
        // Both are about one thing, and the other is not itself the same as a third.
        let fits = Case::read(&other.view).is_some_and(|it| {
            it.kind == case.kind && it.duplicate_of.is_none() && other.shelf == order.shelf
        });
        if !fits {
            return Err(Code::BadRecord.into());
        }
        cells.insert(field::DUPLICATE_OF.to_owned(), other.id.to_string().into());
    }
    let mut others = open_at(&store.db, case.subject, &kind.id)?;
    others.retain(|row| row.id != order.id);
    let mut written = None;
    if let Some(other) = others.first().filter(|_| state.puts_back) {
        // The last of several puts it back.
        let kept = order
            .view
            .cells
            .iter()
            .filter(|(name, _)| name_part(name, field::WAS).is_some() && other.view.get(name).is_none());
        let kept: Values = kept.map(|(name, cell)| (name.clone(), cell.value.clone())).collect();
        written = (!kept.is_empty()).then(|| change(other.id, kind::ORDER, kept));
    }
    if (state.class == StateClass::Open || others.is_empty())
        && let Some(subject) = row::load(&store.db, case.subject)?
    {
        written = match state.puts_back {
            true => put_back(&subject, order, kind),
            false => writes_of(&subject, kind, to),
        };
        if !state.puts_back {
            cells.extend(what_was(&subject, order, &others, state));
        }
    }
    let mut changes = vec![Change { base_seq: order.seq, ..change(order.id, kind::ORDER, cells) }];
    changes.extend(written);
    Ok(changes)
}

/// What a state writes over, kept in the order so that it can be put back: once, or as an order beside it keeps it.
fn what_was(subject: &Row, order: &Row, others: &[Row], state: &order::StateKind) -> Values {
    let mut kept = Values::new();
    for (name, value) in &state.writes {
        let cell = format!("{}{name}", field::WAS);
        let beside = others.iter().find_map(|other| other.view.get(&cell));
        let own = subject.view.get(name).cloned().unwrap_or_default();
        let was = beside.cloned().or((own != *value).then_some(own));
        if let Some(was) = was.filter(|_| order.view.get(&cell).is_none()) {
            kept.insert(cell, was);
        }
    }
    kept
}

/// What undoes the states before: of each field that still says what one of them wrote.
fn put_back(subject: &Row, order: &Row, kind: &OrderKind) -> Option<Change> {
    let wrote = |name: &str, value: Option<&Value>| {
        kind.states.iter().any(|state| state.writes.get(name).is_some_and(|wrote| Some(wrote) == value))
    };
    let mut cells = Values::new();
    for (name, was) in &order.view.cells {
        let Some(name) = name_part(name, field::WAS) else { continue };
        let now = subject.view.get(name);
        if wrote(name, now) && now != Some(&was.value) {
            cells.insert(name.to_owned(), was.value.clone());
        }
    }
    (!cells.is_empty()).then(|| change(subject.id, kind::SUBJECT, cells))
}

/// A change that knows what the store shows now.
pub(crate) fn change(id: RecordId, kind: &str, cells: Values) -> Change {
    Change { id, kind: kind.to_owned(), base_seq: Seq(0), cells }
}

/// The chosen values of an answer: of a choice its id, of several each, as `forms` writes them.
pub(crate) fn chosen(value: Option<&Value>) -> Vec<String> {
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(items)) => items.iter().map(project::plain).collect(),
        Some(other) => project::plain(other).split_whitespace().map(str::to_owned).collect(),
    }
}
