//! The server judges a commit: rights, the fixed stamp, the merge, and what was overwritten unseen. One commit is
//! accepted whole, or refused whole and kept for the office.

use crate::ask::{self, Clash, Moment};
use crate::beside::Beside;
use crate::error::{Optional, Result};
use crate::row::{self, Row};
use crate::tell::DeviceTrouble;
use crate::transact::Tx;
use crate::{Kind, audit, emergency, limits, orders, own_name, project, rebill, tell, untimely};
use domain::access::{self, Action, Grant};
use domain::change::{Change, Commit, Value, field, hash_of, kind};
use domain::clock::{self, Bounds, Stamp};
use domain::ids::{DeviceNo, Install, RecordId, Seq, Shelf};
use domain::merge::{Cell, Outcome};
use domain::planted;
use domain::problem::Code;
use domain::programme::Programme;
use domain::programme::emergency::beacon;
use domain::question::{Question, Settled};
use domain::wire::{
    CELL_MAX_BYTES, CELL_MAX_DEPTH, COMMIT_MAX_BYTES, COMMIT_MAX_CHANGES, Fate, RECORD_MAX_BYTES, TAKEN_DAYS,
};
use std::collections::BTreeSet;

/// Where a commit comes from, and what the server can prove about its time.
pub(crate) struct Arrival<'a> {
    pub device: DeviceNo,
    pub install: Install,
    /// Whose rights are asked; `None` for the server itself.
    pub grant: Option<&'a Grant>,
    /// Last contact of the device at which the commit did not exist yet.
    pub not_before_ms: u64,
    /// Server time of receipt.
    pub now_ms: u64,
    /// Fixed stamp of the device's previous commit.
    pub after: Stamp,
    /// The highest number the device was ever sent: it cannot have seen more, whatever it says.
    pub sent: Seq,
    /// The numbers under which this very database was enrolled before: what it wrote then its writer knows.
    pub formerly: &'a [DeviceNo],
}

impl Arrival<'_> {
    /// Says whether the writer of a change had not seen a cell of somebody else.
    pub(crate) fn had_not_seen(&self, change: &Change, cell: &Cell) -> bool {
        !planted::is("base_seq_ignored")
            && cell.seq > change.base_seq.min(self.sent)
            && cell.stamp.device != self.device
            && !self.formerly.contains(&cell.stamp.device)
    }
}

/// A commit with the text it came in, which is what its identity and the log are about.
#[derive(Clone, Copy)]
pub(crate) struct Written<'a> {
    pub commit: &'a Commit,
    /// One line of JSON.
    pub text: &'a str,
}

/// Accepts or refuses a commit that was not seen before, and writes it to the log either way.
pub(crate) fn accept(tx: &mut Tx<'_>, arrival: &Arrival<'_>, written: Written<'_>) -> Result<Fate> {
    let commit = written.commit;
    let rows = rows_of(tx, &commit.changes)?;
    let verdict = match arrival.grant {
        Some(grant) => check(tx, grant, written, &rows)
            .and_then(|()| limits::check(tx, arrival, commit, &rows))
            .and_then(|()| own_name::check(tx, arrival, grant, commit, &rows)),
        None => Ok(()),
    };
    if let Err(crate::Error::Refused(problem)) = verdict {
        log(tx, arrival, written, Seq(0), commit.raw_stamp(arrival.device), Some(problem.code))?;
        tell::tell_of_device(tx, DeviceTrouble::Refused, arrival.device, arrival.now_ms, arrival.now_ms)?;
        return Ok(Fate::Refused { code: problem.code });
    }
    verdict?;
    let stamp = clock::fix(
        commit.raw_stamp(arrival.device),
        Bounds {
            not_before_ms: arrival.not_before_ms,
            not_after_ms: arrival.now_ms,
            after: arrival.after.max(newest_seen(arrival, commit, &rows)),
        },
    );
    let seq = tx.next_seq()?;
    let mut questions = Vec::new();
    for (at, (change, row)) in commit.changes.iter().zip(rows).enumerate() {
        let row = match at {
            0 => row,
            // Loaded anew: an earlier change of this commit may have moved it along with its subject.
            _ => row::load(tx.db, change.id)?.unwrap_or(row),
        };
        write_change(tx, arrival, commit, change, row, (stamp, seq), &mut questions)?;
    }
    log(tx, arrival, written, seq, stamp, None)?;
    for change in commit.changes.iter().filter(|change| change.kind == kind::ENTRY) {
        crate::ledger::catch_used_slip(tx, change.id, arrival.now_ms)?;
    }
    for (id, question) in questions {
        ask::raise(tx, id, question, arrival.now_ms)?;
    }
    for change in commit.changes.iter().filter(|change| change.kind == kind::VISIT) {
        ask::close_approval(tx, change, arrival.now_ms)?;
    }
    if let Some(grant) = arrival.grant {
        untimely::follow(tx, commit, arrival.now_ms)?;
        rebill::follow(tx, &commit.changes, grant, arrival.now_ms)?;
    }
    if arrival.grant.is_some() {
        orders::follow(tx, commit, stamp.ms, arrival.now_ms)?;
    }
    emergency::follow(tx, &commit.changes, arrival.now_ms)?;
    audit::note_commit(tx.db, arrival, commit)?;
    for change in &commit.changes {
        if change.kind == kind::QUESTION && change.cells.get(field::SETTLED).is_some_and(|s| !s.is_null()) {
            let by = arrival.grant.map_or(commit.by.as_str(), |grant| grant.person.as_str());
            ask::carry_out(tx, by, change.id, arrival.now_ms)?;
        }
    }
    Ok(Fate::Ok { stamp, seq })
}

/// Loads the record of each change, or makes an empty one for a new record.
pub(crate) fn rows_of(tx: &Tx<'_>, changes: &[Change]) -> Result<Vec<Row>> {
    changes
        .iter()
        .map(|change| {
            Ok(match row::load_as_work(tx, change.id)? {
                Some(row) => row,
                None => Row::new(change.id, &change.kind, 0),
            })
        })
        .collect()
}

/// The newest stamp among the cells the writer had seen.
fn newest_seen(arrival: &Arrival<'_>, commit: &Commit, rows: &[Row]) -> Stamp {
    let seen = |(change, row): (&Change, &Row)| {
        let base = change.base_seq.min(arrival.sent);
        row.view.cells.values().filter(|cell| cell.seq <= base).map(|cell| cell.stamp).max()
    };
    commit.changes.iter().zip(rows).filter_map(seen).max().unwrap_or_default()
}

/// Says whether a grant allows a whole commit, and whether its shape can be kept.
pub(crate) fn check(tx: &Tx<'_>, grant: &Grant, written: Written<'_>, rows: &[Row]) -> Result<()> {
    let commit = written.commit;
    let records: BTreeSet<RecordId> = commit.changes.iter().map(|change| change.id).collect();
    if records.is_empty() || records.len() < commit.changes.len() || records.len() > COMMIT_MAX_CHANGES {
        return Err(Code::BadRecord.into());
    }
    if written.text.len() > COMMIT_MAX_BYTES {
        return Err(Code::TooLarge.into());
    }
    let beside = Beside::of(&commit.changes);
    for (change, row) in commit.changes.iter().zip(rows) {
        check_shape(change, row, written.text.len() > CELL_MAX_BYTES)?;
        // A new record is no larger than its commit.
        if (row.no != 0 || written.text.len() > RECORD_MAX_BYTES) && !limits::fits(change, row) {
            return Err(Code::TooMuch.into());
        }
        if row.no == 0 && change.id.is_derived() && tx.kind == Kind::Server {
            // Derived names are the server's to give: a squatter could hush up a question before it is asked.
            return Err(Code::BadRecord.into());
        }
        let after = After { row, change };
        let shelf = shelf_name(tx, &row.kind, |name| after.text(name), &commit.changes)?;
        let programme = tx.programme(&shelf.programme);
        let shelf = match stood_on(tx, grant, &after, &shelf)? {
            Some(own) if is_work(&change.kind) && row.no == 0 => own,
            _ => shelf,
        };
        check_rights(tx, grant, (change, &beside), row, &shelf, programme.as_deref())?;
        if row.no != 0 {
            access::may(grant, Action::Read(&*tx.shelf_of(row.shelf)?))?;
        }
    }
    Ok(())
}

/// A record as it would be after a change.
struct After<'a> {
    row: &'a Row,
    change: &'a Change,
}

impl After<'_> {
    fn text(&self, field: &str) -> Option<&str> {
        match self.change.cells.get(field) {
            Some(new) => new.as_str(),
            None => self.row.view.text(field),
        }
    }
}

/// Where a visit's writer stood when the subject was moved away meanwhile: the visit's own zone, if the subject was
/// there in the last [`TAKEN_DAYS`]. Honest work is not refused because the office was quicker; whoever read there years ago
/// has no say in it for ever. Measured by the last thing that this server took in.
fn stood_on(tx: &Tx<'_>, grant: &Grant, visit: &After<'_>, shelf: &Shelf) -> Result<Option<Shelf>> {
    if grant.reaches(shelf) {
        return Ok(None);
    }
    let subject = visit.text(field::SUBJECT).and_then(|text| text.parse::<RecordId>().ok());
    let (Some(zone), Some(subject)) = (visit.text(field::ZONE), subject) else {
        return Ok(None);
    };
    let own = Shelf::new(shelf.programme.clone(), zone);
    let Some(no) = tx.find_shelf(&own)? else { return Ok(None) };
    let was_there: bool = tx
        .db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM gone JOIN commit_log ON commit_log.seq = gone.seq AND commit_log.seq > 0 \
             WHERE shelf = ?1 AND record = ?2 AND received + ?3 >= \
             (SELECT received FROM commit_log WHERE seq > 0 ORDER BY seq DESC LIMIT 1))",
        )?
        .query_row((no, subject.bytes(), TAKEN_DAYS * 24 * 60 * 60 * 1_000), |row| row.get(0))?;
    Ok(was_there.then_some(own))
}

/// `may_be_large`: the whole commit is larger than a cell may be, so that each has to be looked at.
fn check_shape(change: &Change, row: &Row, may_be_large: bool) -> Result<()> {
    let name_is_fine = |name: &str, most: usize| {
        !name.is_empty() && name.chars().count() <= most && !name.chars().any(char::is_control)
    };
    let fine = name_is_fine(&change.kind, 64)
        && change.base_seq <= Seq::EVERYTHING
        && (row.no == 0 || row.kind == change.kind)
        && !change.cells.is_empty()
        && change.cells.len() <= 1_000
        && change.cells.iter().all(|(field, value)| {
            name_is_fine(field, 200)
                && is_no_deeper(value, CELL_MAX_DEPTH)
                && !(may_be_large && value.to_string().len() > CELL_MAX_BYTES)
                && (!(field.starts_with(field::CODES) || field.starts_with(field::PHOTOS))
                    || value.is_boolean())
        });
    if fine { Ok(()) } else { Err(Code::BadRecord.into()) }
}

fn is_no_deeper(value: &Value, levels: usize) -> bool {
    match (value, levels.checked_sub(1)) {
        (Value::Array(items), Some(left)) => items.iter().all(|item| is_no_deeper(item, left)),
        (Value::Object(map), Some(left)) => map.values().all(|item| is_no_deeper(item, left)),
        (Value::Array(_) | Value::Object(_), None) => false,
        _ => true,
    }
}

fn check_rights(
    tx: &Tx<'_>,
    grant: &Grant,
    (change, beside): (&Change, &Beside<'_>),
    row: &Row,
    shelf: &Shelf,
    programme: Option<&Programme>,
) -> Result<()> {
    let unknown = Programme::default();
    let programme = programme.unwrap_or(&unknown);
    let is_new = row.no == 0;
    if grant.role == access::Role::Worker && shelf.zone == Shelf::COMMON {
        // Every phone of the programme holds it: what one writes there, all would have to carry.
        return Err(Code::NotYourShelf.into());
    }
    if shelf.zone == Shelf::EMERGENCY && !matches!(change.kind.as_str(), kind::BEACON | kind::ACCESS) {
        return Err(Code::BadRecord.into());
    }
    match change.kind.as_str() {
        kind::SUBJECT if is_new => access::may(grant, Action::CreateSubject(shelf, programme))?,
        kind::SUBJECT => {
            let found = beside.found_on_the_round(programme, change.id);
            for (name, value) in &change.cells {
                if found.writes(name, value) {
                    access::may(grant, Action::Read(shelf))?;
                    continue;
                }
                let action = if name == field::DELETED {
                    Action::Remove(shelf)
                } else if name.starts_with(field::CODES) {
                    Action::Bind(shelf, programme)
                } else {
                    Action::EditSubject(shelf, programme, name)
                };
                access::may(grant, action)?;
            }
        }
        // What the office says of a visit the server writes itself, once it was asked.
        kind::VISIT
            if [field::APPROVED, field::SET_ASIDE].iter().any(|said| change.cells.contains_key(*said)) =>
        {
            return Err(Code::Forbidden.into());
        }
        kind::VISIT if is_new => {
            let form = change.cells.get(field::FORM).and_then(Value::as_str).unwrap_or_default();
            access::may(grant, Action::Visit(shelf, programme, form))?;
            corrects_own(tx, grant, change)?;
        }
        // A visit is written once. Only the office may mark it removed; corrections are new visits.
        kind::VISIT if change.cells.keys().any(|name| name != field::DELETED) => {
            return Err(Code::Forbidden.into());
        }
        kind::VISIT => access::may(grant, Action::Remove(shelf))?,
        kind::ENTRY if is_new => {
            access::may(grant, Action::Read(shelf))?;
            let office = access::may(grant, Action::Office).is_ok();
            crate::ledger::check_new(change, beside.changes, grant, office)?;
        }
        // The ledger is only ever added to, by anyone.
        kind::ENTRY => return Err(Code::Forbidden.into()),
        kind::QUESTION => {
            if is_new || change.cells.keys().any(|name| name != field::SETTLED) {
                return Err(Code::Forbidden.into());
            }
            let settled = change.cells.get(field::SETTLED).cloned().unwrap_or_default();
            let settled: Settled = serde_json::from_value(settled).map_err(|_| Code::BadRecord)?;
            let question = Question::from_cells(&row.view.values()).ok_or(Code::BadRecord)?;
            if !question.choices.iter().any(|choice| choice.value == settled.value) {
                return Err(Code::BadRecord.into());
            }
            access::may(grant, Action::Answer(shelf, programme, &question))?;
            for id in question.records() {
                if let Some(row) = row::load(tx.db, id)? {
                    access::may(grant, Action::Settle(&*tx.shelf_of(row.shelf)?))?;
                }
            }
        }
        kind::PROGRAMME | kind::ZONE => access::may(grant, Action::Define)?,
        kind::ORDER => {
            access::may(grant, Action::Read(shelf))?;
            orders::check(grant, change, &row.view, programme)?;
        }
        // The server writes it itself, once it has looked whether the state may follow.
        kind::CYCLE => return Err(Code::Forbidden.into()),
        // The server says who can be found; people say what they found.
        kind::BEACON if is_new || change.cells.keys().any(|name| name != beacon::MARK) => {
            return Err(Code::Forbidden.into());
        }
        // Whoever opened the view cannot say afterwards that it was otherwise.
        kind::ACCESS
            if !is_new || change.cells.get(field::BY).and_then(Value::as_str) != Some(&grant.person) =>
        {
            return Err(Code::Forbidden.into());
        }
        kind::BEACON | kind::ACCESS => {
            access::may(grant, Action::Read(shelf))?;
            emergency::check(tx, grant, change)?;
        }
        // Kinds of a newer app: anyone who may see the shelf may keep them there.
        _ => access::may(grant, Action::Read(shelf))?,
    }
    Ok(())
}

/// What is made on a round, where its writer stood: it is accepted there though the subject was moved away meanwhile.
pub(crate) fn is_work(kind: &str) -> bool {
    [kind::VISIT, kind::ORDER, kind::ENTRY].contains(&kind)
}

/// A worker corrects what was saved under her own name; of others' visits the office decides.
fn corrects_own(tx: &Tx<'_>, grant: &Grant, visit: &Change) -> Result<()> {
    let corrected = visit.cells.get(field::SUPERSEDES).and_then(Value::as_str).and_then(|id| id.parse().ok());
    let (Some(corrected), access::Role::Worker, Kind::Server) = (corrected, grant.role, tx.kind) else {
        return Ok(());
    };
    let Some(row) = row::load(tx.db, corrected)? else { return Ok(()) };
    let seq = row.view.cells.get(field::FORM).map(|cell| cell.seq).unwrap_or_default();
    if author(tx, seq)? == grant.person { Ok(()) } else { Err(Code::Forbidden.into()) }
}

/// The shelf a record belongs on, from its cells; a visit or question follows its subject.
fn shelf_name<'a>(
    tx: &Tx<'_>,
    kind: &str,
    text: impl Fn(&str) -> Option<&'a str>,
    beside: &[Change],
) -> Result<Shelf> {
    let own = |programme: Option<&str>, zone: Option<&str>| match (programme, zone) {
        (Some(programme), Some(zone)) if !programme.is_empty() && !zone.is_empty() => {
            Some(Shelf::new(programme, zone))
        }
        _ => None,
    };
    match kind {
        kind::PROGRAMME | kind::ZONE => Ok(Shelf::common(text(field::PROGRAMME).unwrap_or_default())),
        kind::BEACON | kind::ACCESS => match text(field::PROGRAMME) {
            Some(programme) if !programme.is_empty() => Ok(Shelf::emergency(programme)),
            _ => Err(Code::BadRecord.into()),
        },
        kind::SUBJECT => own(text(field::PROGRAMME), text(field::ZONE)).ok_or_else(|| Code::BadRecord.into()),
        _ => {
            if let Some(subject) = text(field::SUBJECT).and_then(|text| text.parse::<RecordId>().ok()) {
                if let Some(shelf) = tx.shelf_of_record(subject)? {
                    return Ok(tx.shelf_of(shelf)?.as_ref().clone());
                }
                if let Some(change) = beside.iter().find(|change| change.id == subject) {
                    let cell = |name: &str| change.cells.get(name).and_then(Value::as_str);
                    if let Some(shelf) = own(cell(field::PROGRAMME), cell(field::ZONE)) {
                        return Ok(shelf);
                    }
                }
            }
            // The subject may arrive later: until then the record waits on its own words.
            own(text(field::PROGRAMME), text(field::ZONE)).ok_or_else(|| Code::BadRecord.into())
        }
    }
}

/// The number of the shelf a record belongs on. On a device that cannot tell, its grant's first shelf.
pub(crate) fn shelf_for(tx: &Tx<'_>, row: &Row, beside: &[Change], grant: Option<&Grant>) -> Result<i64> {
    match shelf_name(tx, &row.kind, |name| row.view.text(name), beside) {
        Ok(shelf) => tx.shelf_no(&shelf),
        Err(error) => match grant.and_then(|grant| grant.shelves.first()) {
            Some(shelf) => tx.shelf_no(shelf),
            None => Err(error),
        },
    }
}

fn write_change(
    tx: &mut Tx<'_>,
    arrival: &Arrival<'_>,
    commit: &Commit,
    change: &Change,
    mut row: Row,
    (stamp, seq): (Stamp, Seq),
    questions: &mut Vec<(RecordId, Question)>,
) -> Result<()> {
    let before = (row.no != 0).then_some((row.shelf, row.sum));
    let was = row.clone();
    let unseen_by_writer = |cell: &Cell| arrival.had_not_seen(change, cell);
    let mut clashes = Vec::new();
    let mut changed = row.no == 0;
    for (name, value) in &change.cells {
        if row.kind == kind::VISIT && value.is_object() && planted::is("unknown_values_dropped") {
            continue;
        }
        let offered = Cell { value: value.clone(), stamp, seq };
        match row.view.offer(name, offered.clone()) {
            Outcome::New => changed = true,
            Outcome::Known => {}
            Outcome::Won(old) => {
                changed = true;
                let clash = unseen_by_writer(&old) && old.value != *value;
                row::keep_history(tx.db, row.id, name, &old, clash)?;
                if clash {
                    clashes.push(Clash { field: name.clone(), other: old, new_wins: true });
                }
            }
            Outcome::Lost if planted::is("loser_not_kept") => {}
            Outcome::Lost => {
                let winner = row.view.cells.get(name).cloned();
                let clash =
                    winner.as_ref().is_some_and(|cell| unseen_by_writer(cell) && cell.value != *value);
                row::keep_history(tx.db, row.id, name, &offered, clash)?;
                if let (true, Some(winner)) = (clash, winner) {
                    clashes.push(Clash { field: name.clone(), other: winner, new_wins: false });
                }
            }
        }
    }
    if changed {
        row.seq = seq;
    }
    row.shelf = shelf_for(tx, &row, &commit.changes, None)?;
    if before.is_none() || before.is_some_and(|(shelf, _)| shelf != row.shelf) {
        row.moved = seq;
    }
    row::write(tx, &mut row, before)?;
    let came_from = match before {
        Some((shelf, _)) => Some(shelf),
        // Made where its subject was before it moved: that is where its writer holds it.
        None => own_zone(&row).map(|shelf| tx.find_shelf(&shelf)).transpose()?.flatten(),
    };
    if let Some(old_shelf) = came_from.filter(|shelf| *shelf != row.shelf) {
        note_gone(tx, old_shelf, row.id, seq)?;
    }
    if row.kind == kind::SUBJECT && before.is_none_or(|(shelf, _)| shelf != row.shelf) {
        bring_along(tx, &row, seq)?;
    }
    project::project(tx, &row, was.before())?;
    if row.kind == kind::ORDER && tx.kind == Kind::Server {
        tell::tell_of_order(tx, &was.view, &row, arrival.now_ms)?;
    }
    Moment { arrival, commit, change, was: &was, row: &row, stamp }.ask(tx, clashes, questions)
}

/// The zone that a visit or an order itself names: where its writer stood.
pub(crate) fn own_zone(row: &Row) -> Option<Shelf> {
    let text = |name: &str| row.view.text(name).filter(|text| !text.is_empty());
    match (row.kind.as_str(), text(field::PROGRAMME), text(field::ZONE)) {
        (kind::VISIT | kind::ORDER | kind::ENTRY, Some(programme), Some(zone)) => {
            Some(Shelf::new(programme, zone))
        }
        _ => None,
    }
}

fn note_gone(tx: &Tx<'_>, shelf: i64, id: RecordId, seq: Seq) -> Result<()> {
    tx.db
        .prepare_cached("INSERT OR IGNORE INTO gone (shelf, seq, record) VALUES (?1, ?2, ?3)")?
        .execute((shelf, seq.0, id.bytes()))?;
    // Whoever has not been told of an earlier time is told of this one.
    tx.db.prepare_cached("DELETE FROM gone WHERE record = ?3 AND shelf = ?1 AND seq < ?2")?.execute((
        shelf,
        seq.0,
        id.bytes(),
    ))?;
    Ok(())
}

/// The numbers of a subject's visits, questions, orders and entries.
pub(crate) fn of_subject(tx: &Tx<'_>, subject: RecordId) -> Result<Vec<i64>> {
    let mut numbers: Vec<i64> = Vec::new();
    for sql in [
        "SELECT no FROM visit WHERE subject = ?1",
        "SELECT no FROM question WHERE subject = ?1",
        "SELECT no FROM order_case WHERE subject = ?1",
        "SELECT no FROM entry WHERE subject = ?1",
    ] {
        let mut statement = tx.db.prepare_cached(sql)?;
        let mut rows = statement.query([subject.bytes()])?;
        while let Some(found) = rows.next()? {
            numbers.push(found.get(0)?);
        }
    }
    Ok(numbers)
}

/// Moves a subject's visits, questions, orders and entries to its shelf.
fn bring_along(tx: &mut Tx<'_>, subject: &Row, seq: Seq) -> Result<()> {
    for no in of_subject(tx, subject.id)? {
        let Some(mut row) = row::load_no(tx.db, no)? else { continue };
        if row.shelf == subject.shelf {
            continue;
        }
        let before = Some((row.shelf, row.sum));
        note_gone(tx, row.shelf, row.id, seq)?;
        (row.shelf, row.moved, row.seq) = (subject.shelf, seq, seq);
        row::write(tx, &mut row, before)?;
        project::project(tx, &row, project::Before::Unknown)?;
    }
    Ok(())
}

/// Who wrote the commit with this number.
pub(crate) fn author(tx: &Tx<'_>, seq: Seq) -> Result<String> {
    author_of(tx.db, seq)
}

/// Who wrote the commit with this number; empty if it is not known here.
pub(crate) fn author_of(db: &rusqlite::Connection, seq: Seq) -> Result<String> {
    if seq.is_zero() {
        return Ok(String::new());
    }
    let by: Option<String> = db
        .prepare_cached("SELECT author FROM commit_log WHERE seq = ?1 AND seq > 0")?
        .query_row([seq.0], |row| row.get(0))
        .optional()?;
    Ok(by.unwrap_or_default())
}

fn log(
    tx: &Tx<'_>,
    arrival: &Arrival<'_>,
    Written { commit, text }: Written<'_>,
    seq: Seq,
    stamp: Stamp,
    refused: Option<Code>,
) -> Result<()> {
    tx.db
        .prepare_cached(
            "INSERT INTO commit_log (device, install, n, seq, author, ms, counter, received, hash, refused, body) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute((
            arrival.device.0,
            format!("{:016x}", arrival.install.0),
            commit.n,
            seq.0,
            arrival.grant.map_or(commit.by.as_str(), |grant| grant.person.as_str()),
            stamp.ms.min(i64::MAX.cast_unsigned()),
            stamp.counter,
            arrival.now_ms,
            hash_of(text),
            refused.map(Code::as_str).unwrap_or_default(),
            match refused {
                Some(_) => limits::kept_of_refused(tx, arrival.device, arrival.install, text, arrival.now_ms)?,
                None => text,
            },
        ))?;
    Ok(())
}
