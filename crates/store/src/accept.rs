//! The server judges a commit: rights, the fixed stamp, the merge, what was overwritten unseen, and the questions
//! that follow. One commit is accepted whole, or refused whole and kept for the office.

use crate::commit::{NewCommit, write_as_server};
use crate::error::{Optional, Result};
use crate::row::{self, Row};
use crate::transact::Tx;
use crate::{meta, project};
use domain::access::{self, Action, Grant};
use domain::change::{Change, Commit, Value, Values, field, kind};
use domain::clock::{self, Bounds, Stamp};
use domain::ids::{DeviceNo, Install, RecordId, Seq, Shelf};
use domain::merge::{Cell, Outcome};
use domain::problem::Code;
use domain::programme::{ConflictRule, Programme};
use domain::question::{Choice, Question, Topic};
use domain::wire::{CELL_MAX_BYTES, COMMIT_MAX_CHANGES, Fate};
use std::sync::Arc;

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
}

/// Accepts or refuses a commit that was not seen before, and writes it to the log either way.
pub(crate) fn accept(tx: &mut Tx<'_>, arrival: &Arrival<'_>, commit: &Commit) -> Result<Fate> {
    let rows = rows_of(tx, &commit.changes)?;
    let verdict = match arrival.grant {
        Some(grant) => check(tx, grant, commit, &rows),
        None => Ok(()),
    };
    if let Err(crate::Error::Refused(problem)) = verdict {
        log(tx, arrival, commit, Seq(0), commit.raw_stamp(arrival.device), Some(problem.code))?;
        return Ok(Fate::Refused { code: problem.code });
    }
    verdict?;
    let stamp = clock::fix(
        commit.raw_stamp(arrival.device),
        Bounds {
            not_before_ms: arrival.not_before_ms,
            not_after_ms: arrival.now_ms,
            after: arrival.after.max(newest_seen(commit, &rows)),
        },
    );
    let seq = Seq(meta::next_seq(tx.db)?);
    let mut questions = Vec::new();
    for (change, mut row) in commit.changes.iter().zip(rows) {
        if row.no == 0
            && let Some(earlier) = row::load(tx.db, row.id)?
        {
            row = earlier; // two changes of one commit make the same record
        }
        write_change(tx, arrival, commit, change, row, (stamp, seq), &mut questions)?;
    }
    log(tx, arrival, commit, seq, stamp, None)?;
    for (id, question) in questions {
        raise(tx, id, question, arrival.now_ms)?;
    }
    for change in &commit.changes {
        if change.kind == kind::QUESTION && change.cells.get(field::SETTLED).is_some_and(|s| !s.is_null()) {
            carry_out(tx, change.id, arrival.now_ms)?;
        }
    }
    Ok(Fate::Ok { stamp, seq })
}

/// Loads the record of each change, or makes an empty one for a new record.
pub(crate) fn rows_of(tx: &Tx<'_>, changes: &[Change]) -> Result<Vec<Row>> {
    changes
        .iter()
        .map(|change| {
            Ok(match row::load(tx.db, change.id)? {
                Some(row) => row,
                None => Row::new(change.id, &change.kind, 0),
            })
        })
        .collect()
}

/// The newest stamp among the cells the writer had seen.
fn newest_seen(commit: &Commit, rows: &[Row]) -> Stamp {
    let seen = |(change, row): (&Change, &Row)| {
        let base = change.base_seq;
        row.view.cells.values().filter(|cell| cell.seq <= base).map(|cell| cell.stamp).max()
    };
    commit.changes.iter().zip(rows).filter_map(seen).max().unwrap_or_default()
}

/// Says whether a grant allows a whole commit, and whether its shape can be kept.
pub(crate) fn check(tx: &Tx<'_>, grant: &Grant, commit: &Commit, rows: &[Row]) -> Result<()> {
    if commit.changes.is_empty() || commit.changes.len() > COMMIT_MAX_CHANGES {
        return Err(Code::BadRecord.into());
    }
    for (change, row) in commit.changes.iter().zip(rows) {
        check_shape(change, row)?;
        let mut after = row.clone();
        crate::commit::lay_over(&mut after.view, change, Stamp::default());
        let shelf = shelf_name(tx, &after, &commit.changes)?;
        let programme = tx.programme(&shelf.programme);
        check_rights(grant, change, row, &shelf, programme.as_deref())?;
        if row.no != 0 {
            let now_on = row::shelf_of(tx.db, row.shelf)?;
            access::may(grant, Action::Read(&now_on))?;
        }
    }
    Ok(())
}

fn check_shape(change: &Change, row: &Row) -> Result<()> {
    let name_is_fine = |name: &str, most: usize| {
        !name.is_empty() && name.chars().count() <= most && !name.chars().any(char::is_control)
    };
    let fine = name_is_fine(&change.kind, 64)
        && (row.no == 0 || row.kind == change.kind)
        && !change.cells.is_empty()
        && change.cells.len() <= 1_000
        && change.cells.iter().all(|(field, value)| {
            name_is_fine(field, 200)
                && value.to_string().len() <= CELL_MAX_BYTES
                && (!field.starts_with(field::CODES) || value.is_boolean())
        });
    if fine { Ok(()) } else { Err(Code::BadRecord.into()) }
}

fn check_rights(
    grant: &Grant,
    change: &Change,
    row: &Row,
    shelf: &Shelf,
    programme: Option<&Programme>,
) -> Result<()> {
    let unknown = Programme::default();
    let programme = programme.unwrap_or(&unknown);
    let is_new = row.no == 0;
    match change.kind.as_str() {
        kind::SUBJECT if is_new => access::may(grant, Action::CreateSubject(shelf, programme))?,
        kind::SUBJECT => {
            for name in change.cells.keys() {
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
        kind::VISIT if is_new => {
            let form = change.cells.get(field::FORM).and_then(Value::as_str).unwrap_or_default();
            access::may(grant, Action::Visit(shelf, programme, form))?;
        }
        // A visit is written once. Only the office may mark it removed; corrections are new visits.
        kind::VISIT => access::may(grant, Action::Remove(shelf))?,
        kind::QUESTION => {
            if is_new || change.cells.keys().any(|name| name != field::SETTLED) {
                return Err(Code::Forbidden.into());
            }
            access::may(grant, Action::Settle(shelf))?;
        }
        kind::PROGRAMME | kind::ZONE => access::may(grant, Action::Define)?,
        // Kinds of a newer app: anyone who may see the shelf may keep them there.
        _ => access::may(grant, Action::Read(shelf))?,
    }
    Ok(())
}

/// The shelf a record belongs on, from its cells; a visit or question follows its subject.
fn shelf_name(tx: &Tx<'_>, row: &Row, beside: &[Change]) -> Result<Shelf> {
    let text = |name: &str| row.view.text(name).map(str::to_owned);
    let own = |programme: Option<String>, zone: Option<String>| match (programme, zone) {
        (Some(programme), Some(zone)) if !programme.is_empty() && !zone.is_empty() => {
            Some(Shelf::new(programme, zone))
        }
        _ => None,
    };
    match row.kind.as_str() {
        kind::PROGRAMME | kind::ZONE => Ok(Shelf::common(text(field::PROGRAMME).unwrap_or_default())),
        kind::SUBJECT => own(text(field::PROGRAMME), text(field::ZONE)).ok_or_else(|| Code::BadRecord.into()),
        _ => {
            if let Some(subject) = project::subject_of(&row.view) {
                let here: Option<i64> = tx
                    .db
                    .prepare_cached("SELECT shelf FROM record WHERE id = ?1")?
                    .query_row([subject.bytes()], |row| row.get(0))
                    .optional()?;
                if let Some(shelf) = here {
                    return row::shelf_of(tx.db, shelf);
                }
                if let Some(change) = beside.iter().find(|change| change.id == subject) {
                    let cell = |name: &str| change.cells.get(name).and_then(Value::as_str).map(str::to_owned);
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
pub(crate) fn shelf_for(tx: &Tx<'_>, row: &Row, grant: Option<&Grant>) -> Result<i64> {
    match shelf_name(tx, row, &[]) {
        Ok(shelf) => row::shelf_no(tx.db, &shelf),
        Err(error) => match grant.and_then(|grant| grant.shelves.first()) {
            Some(shelf) => row::shelf_no(tx.db, shelf),
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
    let unseen_by_writer = |cell: &Cell| cell.seq > change.base_seq && cell.stamp.device != arrival.device;
    let mut clashes: Vec<(String, Cell, bool)> = Vec::new();
    let mut changed = row.no == 0;
    for (name, value) in &change.cells {
        let offered = Cell { value: value.clone(), stamp, seq };
        match row.view.offer(name, offered.clone()) {
            Outcome::New => changed = true,
            Outcome::Known => {}
            Outcome::Won(old) => {
                changed = true;
                let clash = unseen_by_writer(&old) && old.value != *value;
                row::keep_history(tx.db, row.id, name, &old, clash)?;
                if clash {
                    clashes.push((name.clone(), old, true));
                }
            }
            Outcome::Lost => {
                let winner = row.view.cells.get(name).cloned();
                let clash =
                    winner.as_ref().is_some_and(|cell| unseen_by_writer(cell) && cell.value != *value);
                row::keep_history(tx.db, row.id, name, &offered, clash)?;
                if let (true, Some(winner)) = (clash, winner) {
                    clashes.push((name.clone(), winner, false));
                }
            }
        }
    }
    if changed {
        row.seq = seq;
    }
    row.shelf = shelf_for(tx, &row, None)?;
    if before.is_none() || before.is_some_and(|(shelf, _)| shelf != row.shelf) {
        row.moved = seq;
    }
    row::write(tx, &mut row, before)?;
    if let Some((old_shelf, _)) = before.filter(|(shelf, _)| *shelf != row.shelf) {
        note_gone(tx, old_shelf, row.id, seq)?;
    }
    if row.kind == kind::SUBJECT && before.is_none_or(|(shelf, _)| shelf != row.shelf) {
        bring_along(tx, &row, seq)?;
    }
    project::project(tx, &row)?;
    let programme = programme_of(tx, &row)?;
    ask_about(tx, arrival, commit, change, (&was, &row), stamp, programme.as_deref(), clashes, questions)
}

fn programme_of(tx: &Tx<'_>, row: &Row) -> Result<Option<Arc<Programme>>> {
    Ok(tx.programme(&row::shelf_of(tx.db, row.shelf)?.programme))
}

fn note_gone(tx: &Tx<'_>, shelf: i64, id: RecordId, seq: Seq) -> Result<()> {
    tx.db
        .prepare_cached("INSERT OR IGNORE INTO gone (shelf, seq, record) VALUES (?1, ?2, ?3)")?
        .execute((shelf, seq.0, id.bytes()))?;
    Ok(())
}

/// Moves a subject's visits and questions to its shelf.
fn bring_along(tx: &mut Tx<'_>, subject: &Row, seq: Seq) -> Result<()> {
    let mut numbers: Vec<i64> = Vec::new();
    for sql in ["SELECT no FROM visit WHERE subject = ?1", "SELECT no FROM question WHERE subject = ?1"] {
        let mut statement = tx.db.prepare_cached(sql)?;
        let mut rows = statement.query([subject.id.bytes()])?;
        while let Some(found) = rows.next()? {
            numbers.push(found.get(0)?);
        }
    }
    for no in numbers {
        let Some(mut row) = row::load_no(tx.db, no)? else { continue };
        if row.shelf == subject.shelf {
            continue;
        }
        let before = Some((row.shelf, row.sum));
        note_gone(tx, row.shelf, row.id, seq)?;
        (row.shelf, row.moved, row.seq) = (subject.shelf, seq, seq);
        row::write(tx, &mut row, before)?;
        project::project(tx, &row)?;
    }
    Ok(())
}

/// Collects the questions that a change raises.
#[expect(clippy::too_many_arguments, reason = "all of it is one moment in the life of one change")]
fn ask_about(
    tx: &Tx<'_>,
    arrival: &Arrival<'_>,
    commit: &Commit,
    change: &Change,
    (was, row): (&Row, &Row),
    stamp: Stamp,
    programme: Option<&Programme>,
    clashes: Vec<(String, Cell, bool)>,
    questions: &mut Vec<(RecordId, Question)>,
) -> Result<()> {
    let subject = match row.kind.as_str() {
        kind::SUBJECT => row.id,
        _ => project::subject_of(&row.view).unwrap_or(row.id),
    };
    let rule = |name: &str| programme.map(|p| p.conflict_rule(name)).unwrap_or_default();
    let mut open =
        if change.kind == kind::QUESTION { Vec::new() } else { open_field_questions(tx, row.id, subject)? };
    for (id, question) in &mut open {
        // Who goes on editing while a question is open changes what the question offers; it does not ask anew.
        if let Some(value) = change.cells.get(&question.field)
            && question.replace_own(
                arrival.device,
                Choice { value: value.clone(), by: commit.by.clone(), stamp, winning: false },
            )
        {
            let shown = row.view.cells.get(&question.field).map(|cell| cell.stamp);
            question.choices.iter_mut().for_each(|choice| choice.winning = Some(choice.stamp) == shown);
            questions.push((*id, question.clone()));
        }
    }
    for (name, other, new_wins) in clashes {
        if name == field::DELETED || rule(&name) != ConflictRule::Review || row.kind == kind::QUESTION {
            continue;
        }
        let asked = |question: &Question| {
            question.field == name
                && [stamp, other.stamp]
                    .iter()
                    .all(|s| question.choices.iter().any(|choice| choice.stamp == *s))
        };
        if open.iter().any(|(_, question)| asked(question)) {
            continue;
        }
        let value = change.cells.get(&name).cloned().unwrap_or_default();
        let mine = Choice { value, by: commit.by.clone(), stamp, winning: new_wins };
        let theirs =
            Choice { value: other.value, by: author(tx, other.seq)?, stamp: other.stamp, winning: !new_wins };
        let choices = if new_wins { vec![mine, theirs] } else { vec![theirs, mine] };
        let question =
            Question { topic: Topic::Field, about: row.id, subject, field: name, choices, settled: None };
        questions.push((question.id(), question));
    }
    let mut ask = |question: Question| questions.push((question.id(), question));
    if let Some(question) = removal_question(tx, arrival, commit, change, was, row, subject, stamp)? {
        ask(question);
    }
    if row.kind == kind::VISIT && was.no == 0 {
        twin_question(tx, row, subject, programme)?.into_iter().for_each(&mut ask);
    }
    if row.kind == kind::SUBJECT {
        code_questions(tx, change, row)?.into_iter().for_each(&mut ask);
    }
    Ok(())
}

/// The open questions about fields of a record.
fn open_field_questions(
    tx: &Tx<'_>,
    about: RecordId,
    subject: RecordId,
) -> Result<Vec<(RecordId, Question)>> {
    let mut statement = tx.db.prepare_cached("SELECT no FROM question WHERE subject = ?1 AND settled = 0")?;
    let mut rows = statement.query([subject.bytes()])?;
    let mut open = Vec::new();
    while let Some(found) = rows.next()? {
        let Some(row) = row::load_no(tx.db, found.get(0)?)? else { continue };
        if let Some(question) = Question::from_cells(&row.view.values())
            && question.topic == Topic::Field
            && question.about == about
        {
            open.push((row.id, question));
        }
    }
    Ok(open)
}

/// Edited and removed by two people unaware of each other: the record shows if the edit was later, and a person
/// says whether it stays.
#[expect(clippy::too_many_arguments, reason = "all of it is one moment in the life of one change")]
fn removal_question(
    tx: &Tx<'_>,
    arrival: &Arrival<'_>,
    commit: &Commit,
    change: &Change,
    was: &Row,
    row: &Row,
    subject: RecordId,
    stamp: Stamp,
) -> Result<Option<Question>> {
    let unseen = |cell: &Cell| cell.seq > change.base_seq && cell.stamp.device != arrival.device;
    let removes = change.cells.get(field::DELETED) == Some(&Value::Bool(true));
    let other = match was.view.cells.get(field::DELETED) {
        Some(removal) if !removes && removal.value == Value::Bool(true) && unseen(removal) => removal.clone(),
        _ if removes => {
            match was.view.cells.values().filter(|cell| unseen(cell)).max_by_key(|cell| cell.stamp) {
                Some(edit) => edit.clone(),
                None => return Ok(None),
            }
        }
        _ => return Ok(None),
    };
    let alive = row.view.is_alive();
    let choice = |removed: bool, by: String, stamp: Stamp| Choice {
        value: Value::Bool(removed),
        by,
        stamp,
        winning: removed != alive,
    };
    let choices = vec![
        choice(removes, commit.by.clone(), stamp),
        choice(!removes, author(tx, other.seq)?, other.stamp),
    ];
    Ok(Some(Question {
        topic: Topic::Removed,
        about: row.id,
        subject,
        field: field::DELETED.to_owned(),
        choices,
        settled: None,
    }))
}

/// Two visits that should be one.
fn twin_question(
    tx: &Tx<'_>,
    row: &Row,
    subject: RecordId,
    programme: Option<&Programme>,
) -> Result<Option<Question>> {
    let form = row.view.text(field::FORM).unwrap_or_default();
    let cycle = row.view.text(field::CYCLE).unwrap_or_default();
    let once = programme.and_then(|p| p.form(form)).is_some_and(|form| form.once_per_cycle);
    if !once || cycle.is_empty() || !project::is_done(&row.view) || row.view.text(field::SUPERSEDES).is_some()
    {
        return Ok(None);
    }
    let mut numbers: Vec<i64> = Vec::new();
    {
        let mut statement = tx.db.prepare_cached(
            "SELECT no FROM visit WHERE subject = ?1 AND form = ?2 AND cycle = ?3 AND outcome = 'done' ORDER BY at_ms, no",
        )?;
        let mut found = statement.query((subject.bytes(), form, cycle))?;
        while let Some(visit) = found.next()? {
            numbers.push(visit.get(0)?);
        }
    }
    if numbers.len() < 2 {
        return Ok(None);
    }
    let mut choices = Vec::new();
    for no in numbers {
        let Some(visit) = row::load_no(tx.db, no)? else { continue };
        let stamp = visit.view.cells.get(field::FORM).map(|cell| cell.stamp).unwrap_or_default();
        choices.push(Choice {
            value: visit.id.to_string().into(),
            by: visit.view.text(field::BY).unwrap_or_default().to_owned(),
            stamp,
            winning: false,
        });
    }
    if let Some(last) = choices.iter_mut().max_by_key(|choice| choice.stamp) {
        last.winning = true;
    }
    Ok(Some(Question {
        topic: Topic::TwoVisits,
        about: subject,
        subject,
        field: format!("{form} {cycle}"),
        choices,
        settled: None,
    }))
}

/// One code on two subjects.
fn code_questions(tx: &Tx<'_>, change: &Change, row: &Row) -> Result<Vec<Question>> {
    let mut questions = Vec::new();
    let bound = change.cells.iter().filter(|(_, value)| **value == Value::Bool(true));
    for code in bound.filter_map(|(name, _)| name.strip_prefix(field::CODES)) {
        let mut choices = Vec::new();
        let mut statement =
            tx.db.prepare_cached("SELECT subject FROM code WHERE code = ?1 ORDER BY subject")?;
        let mut found = statement.query([code])?;
        while let Some(subject) = found.next()? {
            let Some(holder) = row::load_no(tx.db, subject.get(0)?)? else { continue };
            let cell = holder.view.cells.get(&format!("{}{code}", field::CODES));
            let (stamp, seq) = cell.map(|cell| (cell.stamp, cell.seq)).unwrap_or_default();
            let by = author(tx, seq)?;
            choices.push(Choice {
                value: holder.id.to_string().into(),
                by,
                stamp,
                winning: holder.id == row.id,
            });
        }
        if let (true, Some(first)) = (choices.len() > 1, choices.iter().min_by_key(|choice| choice.stamp)) {
            let about = first.value.as_str().and_then(|id| id.parse().ok()).unwrap_or(row.id);
            questions.push(Question {
                topic: Topic::CodeTwice,
                about,
                subject: row.id,
                field: code.to_owned(),
                choices,
                settled: None,
            });
        }
    }
    Ok(questions)
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
        .prepare_cached("SELECT body ->> 'by' FROM commit_log WHERE seq = ?1 AND seq > 0")?
        .query_row([seq.0], |row| row.get(0))
        .optional()?;
    Ok(by.unwrap_or_default())
}

/// Writes a question, once. More visits of the same cycle join the question that is there.
fn raise(tx: &mut Tx<'_>, id: RecordId, question: Question, now_ms: u64) -> Result<()> {
    let cells = question.to_cells();
    let new: Values = match row::load(tx.db, id)? {
        None => cells,
        Some(known) => cells
            .into_iter()
            .filter(|(name, value)| name == "choices" && known.view.get(name) != Some(value))
            .chain(known.view.get(field::SETTLED).filter(|s| !s.is_null()).map(|_| {
                // A third visit reopens what was settled between two.
                (field::SETTLED.to_owned(), Value::Null)
            }))
            .collect(),
    };
    if !new.keys().any(|name| name == "choices") {
        return Ok(());
    }
    let change = Change { id, kind: kind::QUESTION.to_owned(), base_seq: Seq(0), cells: new };
    write_as_server(tx, "", now_ms, now_ms, NewCommit { changes: vec![change], ..NewCommit::default() })
}

/// Does what a settled question says. The server does it, so that whoever settles needs no other right, and a
/// second answer simply changes what the first one did.
fn carry_out(tx: &mut Tx<'_>, question: RecordId, now_ms: u64) -> Result<()> {
    let Some(row) = row::load(tx.db, question)? else { return Ok(()) };
    let Some(question) = Question::from_cells(&row.view.values()) else { return Ok(()) };
    let Some(settled) = question.settled.clone() else { return Ok(()) };
    let chosen = |choice: &Choice| choice.value == settled.value;
    if !question.choices.iter().any(chosen) {
        return Ok(());
    }
    let change = |id: RecordId, kind: &str, name: String, value: Value| Change {
        id,
        kind: kind.to_owned(),
        base_seq: Seq(0),
        cells: [(name, value)].into(),
    };
    let each_record = |kind: &str, name: String, value: fn(bool) -> bool| -> Vec<Change> {
        let ids = question.choices.iter().filter_map(|choice| {
            Some((choice.value.as_str()?.parse::<RecordId>().ok()?, value(chosen(choice))))
        });
        ids.map(|(id, value)| change(id, kind, name.clone(), Value::Bool(value))).collect()
    };
    let changes = match question.topic {
        Topic::Field | Topic::Removed => {
            let Some(about) = row::load(tx.db, question.about)? else { return Ok(()) };
            if about.view.get(&question.field) == Some(&settled.value) && question.topic == Topic::Field {
                return Ok(());
            }
            vec![change(about.id, &about.kind, question.field.clone(), settled.value.clone())]
        }
        Topic::TwoVisits => each_record(kind::VISIT, field::SET_ASIDE.to_owned(), |chosen| !chosen),
        Topic::CodeTwice => {
            each_record(kind::SUBJECT, format!("{}{}", field::CODES, question.field), |chosen| chosen)
        }
        Topic::Other => Vec::new(),
    };
    if changes.is_empty() {
        return Ok(());
    }
    write_as_server(tx, &settled.by, now_ms, now_ms, NewCommit { changes, ..NewCommit::default() })
}

fn log(
    tx: &Tx<'_>,
    arrival: &Arrival<'_>,
    commit: &Commit,
    seq: Seq,
    stamp: Stamp,
    refused: Option<Code>,
) -> Result<()> {
    tx.db
        .prepare_cached(
            "INSERT INTO commit_log (device, install, n, seq, ms, counter, received, hash, refused, body) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute((
            arrival.device.0,
            format!("{:016x}", arrival.install.0),
            commit.n,
            seq.0,
            stamp.ms,
            stamp.counter,
            arrival.now_ms,
            commit.hash(),
            refused.map(Code::as_str).unwrap_or_default(),
            serde_json::to_string(commit)?,
        ))?;
    Ok(())
}
