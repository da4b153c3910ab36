//! What people are asked because of a change, and what happens when they answer.

use crate::accept::{Arrival, author};
use crate::commit::{NewCommit, write_as_server};
use crate::error::Result;
use crate::project;
use crate::rebill::{self, Decided};
use crate::row::{self, Row};
use crate::transact::Tx;
use crate::versions;
use domain::change::{Change, Commit, Value, Values, field, kind};
use domain::clock::Stamp;
use domain::ids::{DeviceNo, RecordId, Seq};
use domain::merge::Cell;
use domain::programme::{ConflictRule, DONE, RoundKind};
use domain::question::{Choice, Question, Settled, Topic};

/// A field that two people changed unaware of each other.
pub(crate) struct Clash {
    pub field: String,
    /// The cell the writer had not seen.
    pub other: Cell,
    /// The arriving change has the greater stamp.
    pub new_wins: bool,
}

/// One change at the moment it was merged.
#[derive(Clone, Copy)]
pub(crate) struct Moment<'a> {
    pub arrival: &'a Arrival<'a>,
    pub commit: &'a Commit,
    pub change: &'a Change,
    /// The record before.
    pub was: &'a Row,
    /// The record after.
    pub row: &'a Row,
    pub stamp: Stamp,
}

impl Moment<'_> {
    /// Who wrote the change, as the credential says.
    fn author(&self) -> String {
        self.arrival.grant.map_or_else(|| self.commit.by.clone(), |grant| grant.person.clone())
    }

    /// The subject a person would look up.
    fn subject(&self) -> RecordId {
        match self.row.kind.as_str() {
            kind::SUBJECT => self.row.id,
            _ => project::subject_of(&self.row.view).unwrap_or(self.row.id),
        }
    }

    /// Collects the questions that this change raises.
    pub fn ask(
        &self,
        tx: &Tx<'_>,
        clashes: Vec<Clash>,
        questions: &mut Vec<(RecordId, Question)>,
    ) -> Result<()> {
        let Moment { arrival, change, was, row, stamp, .. } = *self;
        let programme = tx.programme(&tx.shelf_of(row.shelf)?.programme);
        let programme = programme.as_deref();
        let subject = self.subject();
        let rule = |name: &str| programme.map(|p| p.conflict_rule(name)).unwrap_or_default();
        let mut open = if change.kind == kind::QUESTION || !any_open(tx)? {
            Vec::new()
        } else {
            open_field_questions(tx, row.id, subject)?
        };
        let offered = open.clone();
        for (_, question) in &mut open {
            // Who goes on editing while a question is open changes what the question offers; it does not ask anew.
            let Some(value) = change.cells.get(&question.field) else { continue };
            let later = Choice { value: value.clone(), by: self.author(), stamp, winning: false };
            for device in [arrival.device].iter().chain(arrival.formerly) {
                if question.replace_own(*device, later.clone()) {
                    break;
                }
            }
        }
        for Clash { field: name, other, new_wins } in clashes {
            if name == field::DELETED || rule(&name) != ConflictRule::Review || row.kind == kind::QUESTION {
                continue;
            }
            let value = change.cells.get(&name).cloned().unwrap_or_default();
            let mine = Choice { value, by: self.author(), stamp, winning: new_wins };
            let theirs = Choice {
                value: other.value,
                by: author(tx, other.seq)?,
                stamp: other.stamp,
                winning: !new_wins,
            };
            let choices = if new_wins { vec![mine, theirs] } else { vec![theirs, mine] };
            if let Some((_, question)) = open.iter_mut().find(|(_, question)| question.field == name) {
                // Who comes third joins what is asked already: one answer settles the field.
                choices.into_iter().for_each(|choice| question.join(choice));
                continue;
            }
            let question =
                Question { topic: Topic::Field, about: row.id, subject, field: name, choices, settled: None };
            questions.push((question.id(), question));
        }
        for ((id, mut question), (_, before)) in open.into_iter().zip(offered) {
            if question.choices != before.choices {
                let shown = row.view.cells.get(&question.field).map(|cell| cell.stamp);
                question.choices.iter_mut().for_each(|choice| choice.winning = Some(choice.stamp) == shown);
                questions.push((id, question));
            }
        }
        let mut ask = |question: Question| questions.push((question.id(), question));
        if let Some(question) = self.removal_question(tx)? {
            ask(question);
        }
        if row.kind == kind::VISIT && was.no == 0 {
            twin_question(tx, row)?.into_iter().for_each(&mut ask);
            let round = programme.and_then(|programme| programme.round.as_ref());
            round.and_then(|round| approval_question(round, row)).into_iter().for_each(&mut ask);
        }
        if row.kind == kind::SUBJECT {
            self.code_questions(tx)?.into_iter().for_each(&mut ask);
        }
        Ok(())
    }

    /// Edited and removed by two people unaware of each other: the record shows if the edit was later, and a person
    /// says whether it stays.
    fn removal_question(&self, tx: &Tx<'_>) -> Result<Option<Question>> {
        let Moment { arrival, change, was, row, stamp, .. } = *self;
        let unseen = |cell: &Cell| arrival.had_not_seen(change, cell);
        let removes = change.cells.get(field::DELETED) == Some(&Value::Bool(true));
        let other = match was.view.cells.get(field::DELETED) {
            Some(removal) if !removes && removal.value == Value::Bool(true) && unseen(removal) => {
                removal.clone()
            }
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
            choice(removes, self.author(), stamp),
            choice(!removes, author(tx, other.seq)?, other.stamp),
        ];
        Ok(Some(Question {
            topic: Topic::Removed,
            about: row.id,
            subject: self.subject(),
            field: field::DELETED.to_owned(),
            choices,
            settled: None,
        }))
    }

    /// One code on two subjects.
    fn code_questions(&self, tx: &Tx<'_>) -> Result<Vec<Question>> {
        let Moment { change, row, .. } = *self;
        let mut questions = Vec::new();
        let bound = change.cells.iter().filter(|(_, value)| **value == Value::Bool(true));
        for code in bound.filter_map(|(name, _)| name.strip_prefix(field::CODES)) {
            let mut statement =
                tx.db.prepare_cached("SELECT subject FROM code WHERE code = ?1 ORDER BY subject")?;
            let holders: Vec<i64> =
                statement.query_map([code], |found| found.get(0))?.collect::<rusqlite::Result<_>>()?;
            if holders.len() < 2 {
                continue;
            }
            let mut choices = Vec::new();
            for no in holders {
                let Some(holder) = row::load_no(tx.db, no)? else { continue };
                let cell = holder.view.cells.get(&format!("{}{code}", field::CODES));
                let (stamp, seq) = cell.map(|cell| (cell.stamp, cell.seq)).unwrap_or_default();
                // The question goes where its subject is. Of a holder elsewhere it tells no more than that there is one:
                // whoever binds a code must not learn by it who works with whom.
                let elsewhere = holder.shelf != row.shelf;
                // The commit that is being judged is not in the log yet.
                let by = match holder.id == row.id {
                    true => self.author(),
                    false if elsewhere => String::new(),
                    false => author(tx, seq)?,
                };
                let stamp = if elsewhere { Stamp { device: DeviceNo::SERVER, ..stamp } } else { stamp };
                choices.push(Choice {
                    value: holder.id.to_string().into(),
                    by,
                    stamp,
                    winning: holder.id == row.id,
                });
            }
            if let (true, Some(first)) = (choices.len() > 1, choices.iter().min_by_key(|choice| choice.stamp))
            {
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
}

/// Two visits that should be one.
fn twin_question(tx: &Tx<'_>, visit: &Row) -> Result<Option<Question>> {
    let (row, subject) = (visit, project::subject_of(&visit.view).unwrap_or(visit.id));
    let programme = tx.programme(&tx.shelf_of(row.shelf)?.programme);
    let form = row.view.text(field::FORM).unwrap_or_default();
    let cycle = row.view.text(field::CYCLE).unwrap_or_default();
    let once = programme.as_ref().and_then(|p| p.form(form)).is_some_and(|form| form.once_per_cycle);
    if !once || cycle.is_empty() || !project::is_done(&row.view) {
        return Ok(None);
    }
    if let Some(original) = corrects(tx, row)? {
        return corrected_choice(tx, row, twins(subject, form, cycle), original);
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
        let stamp = written_at(&visit);
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
    Ok(Some(Question { choices, ..twins(subject, form, cycle) }))
}

/// Which of two visits counts is asked, and one of them was corrected: its correction is offered in its place. What was
/// settled is asked anew, unless it was settled in favour of the one that is corrected.
fn corrected_choice(
    tx: &Tx<'_>,
    correction: &Row,
    asked: Question,
    original: RecordId,
) -> Result<Option<Question>> {
    let known = row::load(tx.db, asked.id())?;
    let Some(mut question) = known.and_then(|row| Question::from_cells(&row.view.values())) else {
        return Ok(None);
    };
    let original = Value::from(original.to_string());
    if question.settled.take().is_some_and(|settled| settled.value == original) {
        return Ok(None);
    }
    let Some(choice) = question.choices.iter_mut().find(|choice| choice.value == original) else {
        return Ok(None);
    };
    choice.value = correction.id.to_string().into();
    choice.by = correction.view.text(field::BY).unwrap_or_default().to_owned();
    choice.stamp = written_at(correction);
    let last = question.choices.iter().map(|choice| choice.stamp).max();
    question.choices.iter_mut().for_each(|choice| choice.winning = Some(choice.stamp) == last);
    Ok(Some(question))
}

/// When a visit was written: its form's name is never written again.
fn written_at(visit: &Row) -> Stamp {
    visit.view.cells.get(field::FORM).map(|cell| cell.stamp).unwrap_or_default()
}

/// The question which of several visits of one cycle counts, without its choices.
fn twins(subject: RecordId, form: &str, cycle: &str) -> Question {
    Question {
        topic: Topic::TwoVisits,
        about: subject,
        subject,
        field: format!("{form} {cycle}"),
        choices: Vec::new(),
        settled: None,
    }
}

/// A visit that the office has to look at before it counts for what is owed.
pub(crate) fn approval_question(round: &RoundKind, visit: &Row) -> Option<Question> {
    let (marks, _) = crate::round::state_of(round, visit);
    let why = marks & round.blocking();
    let of_round = visit.view.text(field::FORM) == Some(round.form.as_str());
    if why == 0 || !of_round || visit.view.text(field::OUTCOME) != Some(DONE) {
        return None;
    }
    let stamp = written_at(visit);
    let by = visit.view.text(field::BY).unwrap_or_default();
    let choice = |counts: bool, by: &str| Choice {
        value: Value::Bool(counts),
        by: by.to_owned(),
        stamp,
        winning: false,
    };
    Some(Question {
        topic: Topic::Approval,
        about: visit.id,
        subject: project::subject_of(&visit.view)?,
        field: round.ids(why).join(" "),
        choices: vec![choice(true, by), choice(false, by)],
        settled: None,
    })
}

/// A visit that was corrected or set aside is nothing to approve any more: its question goes from the list, and says
/// neither yes nor no.
pub(crate) fn close_approval(tx: &mut Tx<'_>, change: &Change, now_ms: u64) -> Result<()> {
    let corrected =
        change.cells.get(field::SUPERSEDES).and_then(Value::as_str).and_then(|id| id.parse().ok());
    let set_aside = change.cells.get(field::SET_ASIDE) == Some(&Value::Bool(true));
    let Some(visit) = corrected.or(set_aside.then_some(change.id)) else { return Ok(()) };
    let Some(visit) = row::load(tx.db, visit)? else { return Ok(()) };
    if visit.id != change.id {
        let correction = row::load(tx.db, change.id)?;
        if !correction.is_some_and(|correction| versions::corrects(&correction, &visit)) {
            return Ok(());
        }
    }
    let programme = tx.programme(&tx.shelf_of(visit.shelf)?.programme);
    let marked = programme
        .as_ref()
        .and_then(|programme| programme.round.as_ref())
        .and_then(|round| approval_question(round, &visit));
    let others = [rebill::bill_question(&visit), rebill::time_question(&visit)];
    for id in marked.into_iter().chain(others.into_iter().flatten()).map(|question| question.id()) {
        let Some(row) = row::load(tx.db, id)? else { continue };
        if row.view.get(field::SETTLED).is_some_and(|settled| !settled.is_null()) {
            continue;
        }
        let settled = serde_json::to_value(Settled { value: Value::Null, by: String::new() })?;
        let change = Change {
            id: row.id,
            kind: kind::QUESTION.to_owned(),
            base_seq: Seq(0),
            cells: [(field::SETTLED.to_owned(), settled)].into(),
        };
        let new = NewCommit { changes: vec![change], ..NewCommit::default() };
        write_as_server(tx, "", now_ms, now_ms, new)?;
    }
    Ok(())
}

/// Says whether anything is asked at all: on most days nothing is, and no change needs to look for its own.
fn any_open(tx: &Tx<'_>) -> Result<bool> {
    if let Some(known) = tx.open_questions.get() {
        return Ok(known);
    }
    let any = tx
        .db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM question WHERE settled = 0)")?
        .query_row([], |row| row.get(0))?;
    tx.open_questions.set(Some(any));
    Ok(any)
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

/// Writes a question, once. More visits of the same cycle join the question that is there.
pub(crate) fn raise(tx: &mut Tx<'_>, id: RecordId, question: Question, now_ms: u64) -> Result<()> {
    let cells = question.to_cells();
    let new: Values = match row::load(tx.db, id)? {
        None => cells,
        Some(known) => {
            let is_settled = known.view.get(field::SETTLED).is_some_and(|settled| !settled.is_null());
            let mut new: Values = cells
                .into_iter()
                .filter(|(name, value)| name == "choices" && known.view.get(name) != Some(value))
                .collect();
            // A third visit reopens what was settled between two; and of two that both count nothing is settled.
            if is_settled && (!new.is_empty() || question.topic == Topic::TwoVisits) {
                new.insert(field::SETTLED.to_owned(), Value::Null);
            }
            new
        }
    };
    if new.is_empty() {
        return Ok(());
    }
    let change = Change { id, kind: kind::QUESTION.to_owned(), base_seq: Seq(0), cells: new };
    write_as_server(tx, "", now_ms, now_ms, NewCommit { changes: vec![change], ..NewCommit::default() })
}

/// Does what a settled question says. The server does it, so that whoever settles needs no other right, and a
/// second answer simply changes what the first one did.
pub(crate) fn carry_out(tx: &mut Tx<'_>, by: &str, question: RecordId, now_ms: u64) -> Result<()> {
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
    let records: Vec<(RecordId, bool)> = question
        .choices
        .iter()
        .filter_map(|choice| Some((choice.value.as_str()?.parse().ok()?, chosen(choice))))
        .collect();
    let changes = match question.topic {
        Topic::Field | Topic::Removed => {
            let Some(about) = row::load(tx.db, question.about)? else { return Ok(()) };
            let shown = about.view.cells.get(&question.field);
            let offered = |cell: &Cell| {
                question.choices.iter().any(|choice| choice.stamp == cell.stamp || choice.value == cell.value)
            };
            if question.topic == Topic::Field
                && shown.is_some_and(|cell| cell.value == settled.value || !offered(cell))
            {
                // It says so already; or somebody who knew both wrote a third value since, which stands.
                return Ok(());
            }
            vec![change(about.id, &about.kind, question.field.clone(), settled.value.clone())]
        }
        Topic::TwoVisits => {
            let mut changes = Vec::new();
            for (id, chosen) in records {
                // With a visit goes what corrected it since, wherever that was written.
                for id in std::iter::once(id).chain(corrections_of(tx, id)?) {
                    let aside = field::SET_ASIDE.to_owned();
                    changes.push(change(id, kind::VISIT, aside, Value::Bool(!chosen)));
                }
            }
            changes
        }
        Topic::CodeTwice => {
            let code = format!("{}{}", field::CODES, question.field);
            let each = records.into_iter();
            each.map(|(id, chosen)| change(id, kind::SUBJECT, code.clone(), Value::Bool(chosen))).collect()
        }
        Topic::Approval => {
            let counts = settled.value == Value::Bool(true);
            let mut said =
                change(question.about, kind::VISIT, field::APPROVED.to_owned(), Value::Bool(counts));
            said.cells.insert(field::SET_ASIDE.to_owned(), Value::Bool(!counts));
            vec![said]
        }
        Topic::Other => Vec::new(),
    };
    if changes.is_empty() {
        return Ok(());
    }
    let visits: Vec<RecordId> =
        changes.iter().filter(|change| change.kind == kind::VISIT).map(|change| change.id).collect();
    write_as_server(tx, by, now_ms, now_ms, NewCommit { changes, ..NewCommit::default() })?;
    // What is owed follows from which visit counts.
    let late = question.topic == Topic::Approval && question.field == rebill::LATE;
    let reason = if late {
        "แก้ไขหลังปิดงวด"
    } else {
        "สำนักงานตรวจแล้ว"
    };
    let decided = Decided { by, reason, now_ms };
    let counts = question.topic == Topic::Approval && settled.value == Value::Bool(true);
    for id in visits {
        let Some(visit) = row::load(tx.db, id)? else { continue };
        if counts && let Some(twins) = twin_question(tx, &visit)? {
            // It did not count when the others of its cycle came, so nobody was asked about them and it.
            raise(tx, twins.id(), twins, now_ms)?;
        }
        match visit.view.text(field::CYCLE) {
            _ if late && counts => rebill::adjust(tx, id, decided)?,
            _ if counts && question.field == rebill::BILL => rebill::rebill_anew(tx, id, decided)?,
            Some(cycle) if !late => rebill::rebill(tx, question.subject, cycle, decided)?,
            _ => {}
        }
    }
    Ok(())
}

/// The visit that a visit corrects, if it is here.
fn corrects(tx: &Tx<'_>, visit: &Row) -> Result<Option<RecordId>> {
    let Some(corrected) = visit.view.text(field::SUPERSEDES).and_then(|id| id.parse::<RecordId>().ok())
    else {
        return Ok(None);
    };
    let corrected = row::load(tx.db, corrected)?.filter(|other| versions::corrects(visit, other));
    Ok(corrected.map(|other| other.id))
}

/// What corrected a visit, and what corrected that: all of it is about the same moment.
fn corrections_of(tx: &Tx<'_>, visit: RecordId) -> Result<Vec<RecordId>> {
    let Some(visit) = row::load(tx.db, visit)? else { return Ok(Vec::new()) };
    let Some(subject) = project::subject_of(&visit.view) else { return Ok(Vec::new()) };
    let form = visit.view.text(field::FORM).unwrap_or_default();
    let mut statement =
        tx.db.prepare_cached("SELECT no FROM visit WHERE subject = ?1 AND form = ?2 AND at_ms = ?3")?;
    let mut rows = statement.query((subject.bytes(), form, project::at_ms(&visit.view)))?;
    let mut versions: Vec<(RecordId, RecordId)> = Vec::new();
    while let Some(found) = rows.next()? {
        let Some(row) = row::load_no(tx.db, found.get(0)?)? else { continue };
        let before = row.view.text(field::SUPERSEDES).and_then(|id| id.parse::<RecordId>().ok());
        versions.extend(before.map(|before| (before, row.id)));
    }
    let mut found = vec![visit.id];
    while let Some(next) = versions
        .iter()
        .find(|(before, after)| found.contains(before) && !found.contains(after))
        .map(|(_, after)| *after)
    {
        found.push(next);
    }
    found.retain(|id| *id != visit.id);
    Ok(found)
}
