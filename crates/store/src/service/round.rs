//! Rounds and their cycles, as the office sees them: the dashboard, what somebody should look at, the states of a cycle,
//! losses.

use super::{Caller, card, list, questions, sums};
use crate::commit::{NewCommit, write_as_server};
use crate::error::{Error, Optional, Result};
use crate::round::{self, Visit};
use crate::row::{self, Row};
use crate::transact::Tx;
use crate::{Kind, Store, audit, project, rebill};
use domain::access::{self, Action};
use domain::api::{
    Anomalies, AnomaliesReply, Anomaly, ApproveMarked, Approved, CycleSet, Dashboard, DashboardReply, Done,
    Held, Loss, LossReply, LossRow, PlanCycle, ReaderTally, SetCycle, Settle, SubjectRow, Tally, ZoneTally,
};
use domain::change::{Change, Value, Values, field, kind};
use domain::cycle::{self, CycleState};
use domain::ids::{RecordId, Seq, Shelf};
use domain::problem::{Code, Problem};
use domain::programme::{DONE, Programme, RoundKind, SubjectKind};
use domain::thai_date;
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Cycles offered to choose from.
const CYCLES: usize = 24;
/// Most subjects of one list of losses.
const LISTED: usize = 500;
/// Cycles before this one that a doubtful visit is shown with.
const BEFORE: usize = 6;

/// A programme with a round that the caller may look after.
pub(super) fn programme(store: &Store, caller: &Caller<'_>, id: &str) -> Result<Arc<Programme>> {
    access::may(caller.grant, Action::Office)?;
    list::visible(store, caller, Some(id))
        .pop()
        .filter(|programme| programme.round.is_some())
        .ok_or_else(|| Code::FormMissing.into())
}

/// Says whether a visit has units that nobody was ever asked to pay: there was no price for its subject, for instance.
fn is_unbilled(visit: &Visit, billed: &HashMap<[u8; 16], i64>) -> bool {
    visit.units.is_some() && visit.state != round::WAITS && !billed.contains_key(&visit.subject)
}

/// The subjects whose visit of a cycle has units and no bill, with their shelves.
fn unbilled(
    db: &Connection,
    programme: &Programme,
    cycle: &str,
    shelves: &[(i64, Shelf)],
) -> Result<Vec<(i64, RecordId)>> {
    let mut all = Vec::new();
    if programme.billing.is_none() {
        return Ok(all);
    }
    let list = list::sql_list(shelves.iter().map(|(no, _)| *no));
    let billed = sums::billed(db, cycle, &list)?;
    round::counting(db, cycle, &list, |visit| {
        if is_unbilled(&visit, &billed) {
            all.push((visit.shelf, row::id_of(visit.subject)));
        }
    })?;
    Ok(all)
}

/// Adds a visit to a tally; what was read stands apart from what was tried in vain.
fn count(tally: &mut Tally, kind: &RoundKind, visit: &Visit, today: &str) {
    let done = visit.outcome == DONE;
    if done {
        tally.read += 1;
        tally.read_today += u64::from(visit.day == today);
        tally.timed = (
            tally.timed.0 + u64::from(visit.seconds.is_some()),
            tally.timed.1.saturating_add(visit.seconds.unwrap_or_default()),
        );
    } else {
        *tally.skipped.entry(visit.outcome.clone()).or_default() += 1;
    }
    for (at, mark) in kind.marks.iter().enumerate() {
        if visit.marks & (1 << at) != 0 {
            *tally.marks.entry(mark.id.clone()).or_default() += 1;
        }
    }
    tally.waiting += u64::from(visit.state == round::WAITS);
    if visit.state != round::WAITS {
        tally.units = tally.units.saturating_add(visit.units.unwrap_or_default());
    }
}

/// The zones of a programme that a caller sees, without the common shelf, with their titles.
pub(super) fn zones(
    store: &Store,
    caller: &Caller<'_>,
    programme: &str,
    zone: Option<&str>,
) -> Result<Vec<(i64, Shelf)>> {
    let mut all = list::shelves(store, caller, programme, zone)?;
    all.retain(|(_, shelf)| shelf.zone != Shelf::COMMON);
    Ok(all)
}

/// What is written of a zone's cycle; empty while nothing is.
pub(super) fn cycle_values(db: &Connection, shelf: &Shelf, cycle: &str) -> Result<Values> {
    let row = row::load(db, cycle::id(&shelf.programme, &shelf.zone, cycle))?;
    Ok(row.map(|row| row.view.values()).unwrap_or_default())
}

/// The present cycle of a programme's round.
fn present(programme: &Programme, round: &RoundKind, today: &str) -> String {
    let schedule = programme.form(&round.form).and_then(|form| form.schedule.as_ref());
    today.parse().map_or(String::new(), |day| domain::schedule::cycle(schedule, day))
}

/// The cycles in which anything that counts was done on some shelves (an SQL list), newest first, with `present` among them.
fn cycles(store: &Store, present: &str, shelves: &str) -> Result<Vec<String>> {
    let mut all = vec![present.to_owned()];
    let sql = format!(
        "SELECT max(cycle) FROM round_visit WHERE cycle < ?1 AND outcome <> ?2 AND shelf IN ({shelves})"
    );
    let mut statement = store.db.prepare_cached(&sql)?;
    let mut next = "~".to_owned();
    while all.len() < CYCLES {
        let found = statement.query_row((&next, field::SET_ASIDE), |row| row.get::<_, Option<String>>(0))?;
        let Some(found) = found else { break };
        if !all.contains(&found) {
            all.push(found.clone());
        }
        next = found;
    }
    all.sort_by(|a, b| b.cmp(a));
    Ok(all)
}

pub(super) fn dashboard(store: &Store, caller: &Caller<'_>, ask: &Dashboard) -> Result<DashboardReply> {
    let programme = programme(store, caller, &ask.programme)?;
    let Some(kind) = &programme.round else { return Ok(DashboardReply::default()) };
    let now = present(&programme, kind, &ask.today);
    let cycle = if ask.cycle.is_empty() { now.clone() } else { ask.cycle.clone() };
    let shelves = zones(store, caller, &ask.programme, None)?;
    let list = list::sql_list(shelves.iter().map(|(no, _)| *no));
    let mut readers: BTreeMap<String, (ReaderTally, BTreeSet<i64>)> = BTreeMap::new();
    let billed = match programme.billing.is_some() {
        true => Some(sums::billed(&store.db, &cycle, &list)?),
        false => None,
    };
    let mut tallies = subjects(&store.db, &programme, kind, &list, billed.as_ref())?;
    round::counting(&store.db, &cycle, &list, |visit| {
        let tally = tallies.entry(visit.shelf).or_default();
        count(tally, kind, &visit, &ask.today);
        tally.unbilled += u64::from(billed.as_ref().is_some_and(|billed| is_unbilled(&visit, billed)));
        let (reader, zones) = readers.entry(visit.person.clone()).or_default();
        reader.tally.subjects += 1;
        reader.last_ms = reader.last_ms.max(visit.at_ms);
        zones.insert(visit.shelf);
        count(&mut reader.tally, kind, &visit, &ask.today);
    })?;
    if programme.billing.is_some() {
        sums::money(store, &cycle, &list, &mut tallies)?;
    }
    let mut reply =
        DashboardReply { cycles: cycles(store, &now, &list)?, cycle, ..DashboardReply::default() };
    let mut titles = list::zone_titles(store, &ask.programme)?;
    for (no, shelf) in shelves {
        let tally = tallies.remove(&no).unwrap_or_default();
        reply.all.add(&tally);
        let title = titles.remove(&shelf.zone).unwrap_or_else(|| shelf.zone.clone());
        reply.zones.push(zone_tally(store, kind, shelf, &reply.cycle, title, tally)?);
    }
    reply.readers = readers
        .into_iter()
        .map(|(person, (reader, zones))| ReaderTally { person, zones: zones.len() as u64, ..reader })
        .collect();
    Ok(reply)
}

/// A tally for each shelf with subjects that are on the round: how many there are, and how many of them were never billed.
fn subjects(
    db: &Connection,
    programme: &Programme,
    kind: &RoundKind,
    shelves: &str,
    billed: Option<&HashMap<[u8; 16], i64>>,
) -> Result<BTreeMap<i64, Tally>> {
    let mut tallies: BTreeMap<i64, Tally> = BTreeMap::new();
    {
        let sql = format!("SELECT shelf, count(*) FROM subject WHERE shelf IN ({shelves}) GROUP BY shelf");
        let mut statement = db.prepare_cached(&sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            tallies.entry(row.get(0)?).or_default().subjects = row.get(1)?;
        }
    }
    let ended = match programme.subject.ended.is_empty() {
        true => HashMap::new(),
        false => ended(db, &programme.subject, &kind.form, shelves)?,
    };
    for shelf in ended.values() {
        tallies.entry(*shelf).and_modify(|tally| tally.subjects = tally.subjects.saturating_sub(1));
    }
    let charged = programme.billing.as_ref().is_some_and(|billing| billing.form == kind.form);
    if let Some(billed) = billed.filter(|_| charged) {
        tallies.values_mut().for_each(|tally| tally.without_bill = tally.subjects);
        for (_, shelf) in billed.iter().filter(|(subject, _)| !ended.contains_key(*subject)) {
            tallies
                .entry(*shelf)
                .and_modify(|tally| tally.without_bill = tally.without_bill.saturating_sub(1));
        }
    }
    Ok(tallies)
}

/// The subjects that are on the round no more, with their shelves. They are never due, so only those are looked at.
fn ended(
    db: &Connection,
    subjects: &SubjectKind,
    form: &str,
    shelves: &str,
) -> Result<HashMap<[u8; 16], i64>> {
    let sql = format!(
        "SELECT no, shelf FROM subject WHERE shelf IN ({shelves}) \
         AND NOT EXISTS (SELECT 1 FROM due WHERE due.subject = subject.no AND due.form = ?1)"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query([form])?;
    let mut ended = HashMap::new();
    while let Some(found) = rows.next()? {
        let Some(row) = row::load_no(db, found.get(0)?)? else { continue };
        if subjects.has_ended(|field| row.view.get(field).map(project::plain)) {
            ended.insert(*row.id.bytes(), found.get(1)?);
        }
    }
    Ok(ended)
}

fn zone_tally(
    store: &Store,
    kind: &RoundKind,
    shelf: Shelf,
    cycle: &str,
    title: String,
    tally: Tally,
) -> Result<ZoneTally> {
    let values = cycle_values(&store.db, &shelf, cycle)?;
    let text = |name: &str| values.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let state = cycle::state(&values);
    let usual =
        cycle::usual_days(cycle, kind.days).map(|days| days.map(|day| day.to_string())).unwrap_or_default();
    let [read_on, due_on, cutoff_on] = usual;
    let planned = |name: &str, usual: String| Some(text(name)).filter(|day| !day.is_empty()).unwrap_or(usual);
    Ok(ZoneTally {
        zone: shelf.zone,
        title,
        reader: text(cycle::field::READER),
        state,
        by: (text(&format!("{}_by", state.word())), text(&format!("{}_at", state.word()))),
        read_on: planned(cycle::field::READ_ON, read_on),
        due_on: planned(cycle::field::DUE_ON, due_on),
        cutoff_on: planned(cycle::field::CUTOFF_ON, cutoff_on),
        produced: values.get(cycle::field::PRODUCED).and_then(domain::programme::whole),
        tally,
    })
}

pub(super) fn anomalies(store: &Store, caller: &Caller<'_>, ask: &Anomalies) -> Result<AnomaliesReply> {
    doubtful(store, caller, ask, ask.limit.min(list::PAGE) as usize)
}

impl Store {
    /// All visits of a cycle that wait for the office, in the order of [`Anomalies`]: for a file, which has no pages to turn.
    ///
    /// Errors: what the grant does not allow; [`Code::FormMissing`] for a programme without a round.
    pub fn doubts_of(
        &self,
        grant: &access::Grant,
        now: crate::Now,
        programme: &str,
        cycle: &str,
    ) -> Result<Vec<Anomaly>> {
        let all = Anomalies {
            programme: programme.to_owned(),
            cycle: cycle.to_owned(),
            zone: None,
            mark: String::new(),
            offset: 0,
            limit: 0,
        };
        Ok(doubtful(self, &Caller { grant, now }, &all, usize::MAX)?.rows)
    }
}

/// What [`Anomalies`] asks for, from its offset on, at most `most` rows.
fn doubtful(store: &Store, caller: &Caller<'_>, ask: &Anomalies, most: usize) -> Result<AnomaliesReply> {
    let programme = programme(store, caller, &ask.programme)?;
    let Some(kind) = &programme.round else { return Ok(AnomaliesReply::default()) };
    let shelves = zones(store, caller, &ask.programme, ask.zone.as_deref())?;
    let bits = kind.bits(|mark| mark.id == ask.mark);
    let list = list::sql_list(shelves.iter().map(|(no, _)| *no));
    let billed = match ask.mark == Anomalies::UNBILLED && programme.billing.is_some() {
        true => Some(sums::billed(&store.db, &ask.cycle, &list)?),
        false => None,
    };
    let mut found = Vec::new();
    round::counting(&store.db, &ask.cycle, &list, |visit| {
        let wanted = match &billed {
            Some(billed) => is_unbilled(&visit, billed),
            None if ask.mark.is_empty() => visit.state == round::WAITS,
            None => visit.marks & bits != 0,
        };
        if wanted {
            found.push(visit);
        }
    })?;
    let zone_of: BTreeMap<i64, &str> = shelves.iter().map(|(no, shelf)| (*no, shelf.zone.as_str())).collect();
    found.sort_by_key(|visit| (zone_of.get(&visit.shelf).copied(), std::cmp::Reverse(visit.at_ms)));
    let total = found.len() as u64;
    let page = found.into_iter().skip(ask.offset as usize).take(most);
    let mut rows = Vec::new();
    for visit in page {
        let Some(row) = row::load_no(&store.db, visit.no)? else { continue };
        let subject = row::load(&store.db, row::id_of(visit.subject))?;
        let order = subject.and_then(|subject| subject.view.get(field::ORDER).map(project::plain));
        let question = crate::ask::approval_question(kind, &row).map(|question| question.id());
        rows.push(Anomaly {
            visit: card::visit_row(store, &row)?,
            zone: zone_of.get(&visit.shelf).copied().unwrap_or_default().to_owned(),
            order: order.unwrap_or_default(),
            marks: kind.ids(visit.marks),
            questions: question.into_iter().filter(|_| visit.state == round::WAITS).collect(),
            before: units_before(store, kind, &row)?,
        });
    }
    Ok(AnomaliesReply { rows, total })
}

pub(super) fn approve_marked(
    store: &mut Store,
    caller: &Caller<'_>,
    ask: &ApproveMarked,
) -> Result<Approved> {
    let programme = programme(store, caller, &ask.programme)?;
    let Some(kind) = &programme.round else { return Ok(Approved::default()) };
    let bits = kind.bits(|mark| mark.id == ask.mark && mark.blocks && mark.together);
    if bits == 0 {
        return Err(Problem::new(Code::Malformed).about("mark").into());
    }
    let shelves = zones(store, caller, &ask.programme, Some(&ask.zone))?;
    let mut waiting = Vec::new();
    round::counting(&store.db, &ask.cycle, &list::sql_list(shelves.iter().map(|(no, _)| *no)), |visit| {
        // Whatever else is odd about one is looked at by itself.
        if visit.state == round::WAITS && visit.marks & kind.blocking() == bits {
            waiting.push(visit.no);
        }
    })?;
    let mut answers = Vec::new();
    for no in waiting {
        let Some(row) = row::load_no(&store.db, no)? else { continue };
        let Some(question) = crate::ask::approval_question(kind, &row) else { continue };
        let ask = Settle { question: question.id(), value: true.into() };
        answers.push(questions::settling(store, caller, ask)?.1);
    }
    // All or none: who reads that it failed has approved nothing.
    let approved = Approved { count: answers.len() as u64 };
    store.save_all(caller.grant, caller.now, answers)?;
    Ok(approved)
}

/// The units of the visits before one, oldest first.
fn units_before(store: &Store, kind: &RoundKind, visit: &Row) -> Result<Vec<i64>> {
    let Some(subject) = project::subject_of(&visit.view) else { return Ok(Vec::new()) };
    let mut statement = store.db.prepare_cached(
        "SELECT no FROM visit WHERE subject = ?1 AND form = ?2 AND outcome = 'done' AND at_ms < ?3 \
         ORDER BY at_ms DESC, no DESC LIMIT ?4",
    )?;
    let mut rows = statement.query((subject.bytes(), &kind.form, project::at_ms(&visit.view), BEFORE))?;
    let mut units = Vec::new();
    while let Some(found) = rows.next()? {
        if let Some(row) = row::load_no(&store.db, found.get(0)?)? {
            units.extend(row.view.get(&kind.units).and_then(domain::programme::whole));
        }
    }
    units.reverse();
    Ok(units)
}

/// Visits of a cycle that wait for the office, by shelf, and open questions which of two visits counts, or whether a bill is
/// right.
fn in_the_way(
    store: &Store,
    kind: &RoundKind,
    cycle: &str,
    shelves: &[(i64, Shelf)],
) -> Result<BTreeMap<i64, Held>> {
    let list = list::sql_list(shelves.iter().map(|(no, _)| *no));
    let mut all: BTreeMap<i64, Held> = BTreeMap::new();
    round::counting(&store.db, cycle, &list, |visit| {
        if visit.state == round::WAITS {
            all.entry(visit.shelf).or_default().waiting += 1;
        }
    })?;
    let asked = format!("{} {cycle}", kind.form);
    let sql = format!("SELECT no FROM question WHERE settled = 0 AND shelf IN ({list})");
    let mut statement = store.db.prepare_cached(&sql)?;
    let mut rows = statement.query([])?;
    while let Some(found) = rows.next()? {
        let Some(row) = row::load_no(&store.db, found.get(0)?)? else { continue };
        let of_cycle = match (row.view.text("topic"), row.view.text("field")) {
            (Some("two_visits"), field) => field == Some(&asked),
            (Some("approval"), Some(rebill::BILL)) => {
                let visit = row.view.text("about").and_then(|id| id.parse::<RecordId>().ok());
                let visit = visit.map(|id| row::load(&store.db, id)).transpose()?.flatten();
                visit.is_some_and(|visit| visit.view.text(field::CYCLE) == Some(cycle))
            }
            _ => false,
        };
        if of_cycle {
            all.entry(row.shelf).or_default().questions += 1;
        }
    }
    Ok(all)
}

/// Only the server writes cycles: a device would not know what other devices have not sent.
fn at_the_office(store: &Store) -> Result<()> {
    match store.kind {
        Kind::Server => Ok(()),
        Kind::Device => Err(Problem::new(Code::Forbidden).about("answered by the office").into()),
    }
}

pub(super) fn set_cycle(store: &mut Store, caller: &Caller<'_>, ask: &SetCycle) -> Result<CycleSet> {
    at_the_office(store)?;
    let programme = programme(store, caller, &ask.programme)?;
    let Some(kind) = &programme.round else { return Err(Code::FormMissing.into()) };
    if cycle::first_day(&ask.cycle).is_none() {
        return Err(Problem::new(Code::Malformed).about("cycle").into());
    }
    let shelves = zones(store, caller, &ask.programme, ask.zone.as_deref())?;
    let in_the_way = in_the_way(store, kind, &ask.cycle, &shelves)?;
    // Its bills, its states and what the audit says of them are one thing: who is refused has changed nothing.
    store.transact(|tx| {
        let set = set_states(tx, caller, ask, (&programme, kind), &shelves, in_the_way)?;
        let about = format!(
            "{}/{} {} {}",
            ask.programme,
            ask.zone.as_deref().unwrap_or("*"),
            ask.cycle,
            ask.state.word()
        );
        audit::append(tx.db, &caller.grant.person, "cycle state", &about, caller.now.ms)?;
        Ok(set)
    })
}

/// Bills what was read and sets the state of each zone that may have it, inside a transaction that ends with a refusal.
fn set_states(
    tx: &mut Tx<'_>,
    caller: &Caller<'_>,
    ask: &SetCycle,
    (programme, kind): (&Programme, &RoundKind),
    shelves: &[(i64, Shelf)],
    mut in_the_way: BTreeMap<i64, Held>,
) -> Result<CycleSet> {
    if ask.state >= CycleState::Approved {
        for (shelf, _) in bill_what_was_read(tx, caller, programme, &ask.cycle, shelves)? {
            in_the_way.entry(shelf).or_default().unbilled += 1;
        }
    }
    let without_bill = match ask.state {
        CycleState::Closed => without_bill(tx.db, programme, kind, &ask.cycle, shelves)?,
        _ => BTreeMap::new(),
    };
    let reason = ask.reason.trim();
    let mut set = CycleSet::default();
    let mut changes = Vec::new();
    for (no, shelf) in shelves {
        let state = cycle::state(&cycle_values(tx.db, shelf, &ask.cycle)?);
        let held = Held { zone: shelf.zone.clone(), ..in_the_way.remove(no).unwrap_or_default() };
        let back = ask.state < state;
        if !state.may_become(ask.state) || (!back && held.is_held()) || (back && reason.is_empty()) {
            // Asked of every zone, one that is there already is nothing to tell about.
            if state != ask.state && (ask.zone.is_some() || held.is_held()) {
                set.held.push(held);
            }
            continue;
        }
        // Nothing of a closed month is billed any more: whoever closes one in which some were not says why.
        if reason.is_empty() && without_bill.get(no).is_some_and(|tally| tally.without_bill > 0) {
            return Err(Problem::new(Code::ReasonNeeded).about(&shelf.zone).into());
        }
        let word = ask.state.word();
        let mut cells: Values = [
            (cycle::field::STATE.to_owned(), word.into()),
            (format!("{word}_by"), caller.grant.person.clone().into()),
            (format!("{word}_at"), thai_date::iso(caller.now.ms, thai_date::THAI_OFFSET_MINUTES).into()),
        ]
        .into();
        if back || (ask.state == CycleState::Closed && !reason.is_empty()) {
            cells.insert(cycle::field::REASON.to_owned(), reason.into());
        }
        changes.push(cycle_change(shelf, &ask.cycle, cells));
        set.done += 1;
    }
    write_in(tx, caller, &changes)?;
    Ok(set)
}

/// The tallies of shelves with the subjects that were never billed for a cycle.
fn without_bill(
    db: &Connection,
    programme: &Programme,
    kind: &RoundKind,
    cycle: &str,
    shelves: &[(i64, Shelf)],
) -> Result<BTreeMap<i64, Tally>> {
    let list = list::sql_list(shelves.iter().map(|(no, _)| *no));
    let billed = sums::billed(db, cycle, &list)?;
    subjects(db, programme, kind, &list, Some(&billed))
}

/// Before what is owed stands: bills what was read and could not be billed on the spot, and can be now, for instance because
/// the office has entered the class meanwhile. Gives what is left of the shelves that have come so far.
fn bill_what_was_read(
    tx: &mut Tx<'_>,
    caller: &Caller<'_>,
    programme: &Programme,
    cycle: &str,
    shelves: &[(i64, Shelf)],
) -> Result<Vec<(i64, RecordId)>> {
    let mut ready = Vec::new();
    for (no, shelf) in shelves {
        let state = cycle::state(&cycle_values(tx.db, shelf, cycle)?);
        if state.issues() && state >= CycleState::Reviewed {
            ready.push((*no, shelf.clone()));
        }
    }
    let missing = unbilled(tx.db, programme, cycle, &ready)?;
    if missing.is_empty() {
        return Ok(missing);
    }
    let decided = rebill::Decided { by: &caller.grant.person, reason: READ_BEFORE, now_ms: caller.now.ms };
    for (_, subject) in &missing {
        rebill::rebill(tx, *subject, cycle, decided)?;
    }
    unbilled(tx.db, programme, cycle, &ready)
}

/// Why a bill is issued when its cycle is approved.
const READ_BEFORE: &str = "จดไว้แล้ว คิดเงินเมื่ออนุมัติงวด";

fn cycle_change(shelf: &Shelf, cycle: &str, mut cells: Values) -> Change {
    for (name, value) in
        [(field::PROGRAMME, &shelf.programme), (field::ZONE, &shelf.zone), (field::CYCLE, &cycle.to_owned())]
    {
        cells.insert(name.to_owned(), value.clone().into());
    }
    let id = cycle::id(&shelf.programme, &shelf.zone, cycle);
    Change { id, kind: kind::CYCLE.to_owned(), base_seq: Seq(0), cells }
}

fn write_in(tx: &mut Tx<'_>, caller: &Caller<'_>, changes: &[Change]) -> Result<()> {
    let now = caller.now.ms;
    for new in NewCommit::parts(changes) {
        write_as_server(tx, &caller.grant.person, now, now, new)?;
    }
    Ok(())
}

pub(super) fn plan_cycle(store: &mut Store, caller: &Caller<'_>, ask: &PlanCycle) -> Result<Done> {
    at_the_office(store)?;
    programme(store, caller, &ask.programme)?;
    let shelf = zones(store, caller, &ask.programme, Some(&ask.zone))?.pop().ok_or(Error::NotFound)?.1;
    let known = cycle_values(&store.db, &shelf, &ask.cycle)?;
    let is_closed = cycle::state(&known) == CycleState::Closed;
    let mut cells = Values::new();
    let dates = [
        (cycle::field::READ_ON, &ask.read_on),
        (cycle::field::DUE_ON, &ask.due_on),
        (cycle::field::CUTOFF_ON, &ask.cutoff_on),
    ];
    for (name, day) in dates {
        if let Some(day) = day {
            day.parse::<chrono::NaiveDate>().map_err(|_| Problem::new(Code::Malformed).about(name))?;
            cells.insert(name.to_owned(), day.clone().into());
        }
    }
    if let Some(reader) = &ask.reader {
        cells.insert(cycle::field::READER.to_owned(), reader.trim().into());
    }
    if let Some(produced) = ask.produced {
        if !(0..1_000_000_000).contains(&produced) {
            return Err(Problem::new(Code::Malformed).about(cycle::field::PRODUCED).into());
        }
        cells.insert(cycle::field::PRODUCED.to_owned(), produced.into());
    }
    // What a zone was given is often known only after its cycle was closed; its days are history by then.
    if cycle::first_day(&ask.cycle).is_none()
        || (is_closed && cells.keys().any(|name| name != cycle::field::PRODUCED))
    {
        return Err(Code::CycleClosed.into());
    }
    if !cells.is_empty() {
        let changes = [cycle_change(&shelf, &ask.cycle, cells)];
        store.transact(|tx| write_in(tx, caller, &changes))?;
    }
    Ok(Done {})
}

pub(super) fn loss(store: &Store, caller: &Caller<'_>, ask: &Loss) -> Result<LossReply> {
    let programme = programme(store, caller, &ask.programme)?;
    let (Some(kind), Some(rule)) = (&programme.round, &programme.loss) else {
        return Ok(LossReply::default());
    };
    let dashboard = dashboard(
        store,
        caller,
        &Dashboard { programme: ask.programme.clone(), cycle: ask.cycle.clone(), today: ask.today.clone() },
    )?;
    let zone_row = |zone: ZoneTally| {
        let counted = zone.tally.units;
        let lost_bp = zone
            .produced
            .filter(|produced| *produced > 0)
            .map(|produced| produced.saturating_sub(counted).saturating_mul(10_000) / produced);
        LossRow {
            too_much: lost_bp.is_some_and(|lost| lost >= i64::from(rule.too_much_percent) * 100),
            unread: zone.tally.subjects.saturating_sub(zone.tally.read),
            zone: zone.zone,
            title: zone.title,
            produced: zone.produced,
            counted,
            lost_bp,
        }
    };
    let zones_now = dashboard.zones.into_iter().map(zone_row).collect();
    let shelves = zones(store, caller, &ask.programme, None)?;
    let list = list::sql_list(shelves.iter().map(|(no, _)| *no));
    // How many cycles running, up to this one, a subject counted nothing, and which marks it had twice.
    let mut nothing: BTreeMap<[u8; 16], u32> = BTreeMap::new();
    for back in 0..rule.dead_after {
        let Some(cycle) = cycle::later(&ask.cycle, -i32::try_from(back).unwrap_or(0)) else { break };
        round::counting(&store.db, &cycle, &list, |visit| {
            if visit.outcome == DONE && visit.units == Some(0) {
                let running = nothing.entry(visit.subject).or_default();
                *running += u32::from(*running == back);
            }
        })?;
    }
    let again_bits = kind.bits(|mark| mark.again);
    let mut marked: BTreeMap<[u8; 16], u32> = BTreeMap::new();
    if let Some(before) = cycle::later(&ask.cycle, -1) {
        round::counting(&store.db, &before, &list, |visit| {
            if visit.marks & again_bits != 0 {
                marked.insert(visit.subject, visit.marks & again_bits);
            }
        })?;
    }
    let mut again: Vec<(String, [u8; 16])> = Vec::new();
    round::counting(&store.db, &ask.cycle, &list, |visit| {
        let both = marked.get(&visit.subject).copied().unwrap_or_default() & visit.marks;
        if both != 0 {
            again.push((kind.ids(both).into_iter().next().unwrap_or_default(), visit.subject));
        }
    })?;
    let dead = nothing.into_iter().filter(|(_, running)| *running >= rule.dead_after);
    let dead: Vec<_> = dead.map(|(id, _)| (String::new(), id)).collect();
    let mut reply = LossReply { zones: zones_now, ..LossReply::default() };
    reply.dead_total = dead.len() as u64;
    reply.dead = in_walking_order(store, dead)?
        .into_iter()
        .take(LISTED)
        .filter_map(|(_, id)| lost_row(store, id, &ask.today).transpose())
        .collect::<Result<_>>()?;
    for (mark, _) in &again {
        *reply.again_total.entry(mark.clone()).or_default() += 1;
    }
    for (mark, id) in in_walking_order(store, again)?.into_iter().take(LISTED) {
        reply.again.extend(lost_row(store, id, &ask.today)?.map(|row| (mark, row)));
    }
    Ok(reply)
}

/// Subjects in the order of zones and places, before a list of them is cut: what is left off is the end of the walk.
pub(super) fn in_walking_order(
    store: &Store,
    all: Vec<(String, [u8; 16])>,
) -> Result<Vec<(String, [u8; 16])>> {
    let mut statement = store.db.prepare_cached(
        "SELECT shelf.zone, subject.sort_key FROM record JOIN subject ON subject.no = record.no \
         JOIN shelf ON shelf.no = subject.shelf WHERE record.id = ?1",
    )?;
    let mut placed = Vec::with_capacity(all.len());
    for (mark, id) in all {
        let place = statement.query_row([id], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)));
        placed.push((place.optional()?, mark, id));
    }
    placed.sort();
    Ok(placed.into_iter().map(|(_, mark, id)| (mark, id)).collect())
}

fn lost_row(store: &Store, id: [u8; 16], today: &str) -> Result<Option<SubjectRow>> {
    let row = row::load(&store.db, row::id_of(id))?;
    row.map(|row| list::subject_row(store, &row, today)).transpose()
}
