//! Recording: forms with what is known, drafts, visits, corrections, codes, photos.

use super::brings::{bill_of, opened_orders, saved_to_subject};
use super::draft::Begun;
use super::known::{estimated, known_of};
use super::{Caller, counts, draft, found, list, registry};
use crate::commit::NewCommit;
use crate::error::{Error, Result};
use crate::row::{self, Row};
use crate::{Kind, Store, project, rebill};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::access::{self, Action};
use domain::api::{
    BindCode, CorrectVisit, CreateSubject, DraftKey, EditSubject, EnterVisit, KeepPhoto, OpenForm,
    OpenedForm, Photo, PhotoKept, PhotoReply, SaveVisit, Saved,
};
use domain::change::{Change, Place, Value, Values, field, kind};
use domain::ids::{DeviceNo, RecordId, Seq, Shelf};
use domain::problem::{Code, Problem};
use domain::programme::{DONE, FormKind, Programme};
use domain::{schedule, thai_date};
use std::collections::BTreeMap;
use std::sync::Arc;

fn programme(store: &Store, id: &str) -> Result<Arc<Programme>> {
    Ok(store.programmes.get(id).cloned().ok_or(Code::FormMissing)?)
}

fn form<'a>(programme: &'a Programme, id: &str) -> Result<&'a FormKind> {
    Ok(programme.form(id).ok_or(Code::FormMissing)?)
}

pub(super) fn open_form(store: &Store, caller: &Caller<'_>, ask: &OpenForm) -> Result<OpenedForm> {
    let programme = programme(store, &ask.programme)?;
    let form = form(&programme, &ask.form)?;
    let mut known = BTreeMap::from([("today".to_owned(), ask.today.clone())]);
    let mut heading = programme.subject.title.th.clone();
    let corrected =
        ask.corrects.map(|id| corrected(store, &programme, id, ask.subject, &form.id)).transpose()?;
    let mut answers = Values::new();
    if let Some(subject) = ask.subject {
        let (row, shelf) = list::subject(store, caller, subject)?;
        access::may(caller.grant, Action::Visit(&shelf, &programme, &form.id))?;
        heading = list::heading(store, &programme.id, &row);
        let cycle = match &corrected {
            Some(visit) => visit.view.text(field::CYCLE).unwrap_or_default().to_owned(),
            None => {
                ask.today.parse().map_or(String::new(), |day| schedule::cycle(form.schedule.as_ref(), day))
            }
        };
        // Said before anybody has typed in vain.
        still_open(store, &programme, &form.id, &shelf, &cycle)?;
        if let Some(visit) = &corrected {
            answers = project::answers(&visit.view);
        }
        known.extend(known_of(store, &programme, form, &row, corrected.as_ref(), &ask.today)?);
    } else if list::visible(store, caller, Some(&ask.programme)).is_empty() {
        return Err(Code::FormMissing.into());
    }
    let key = DraftKey {
        programme: ask.programme.clone(),
        form: ask.form.clone(),
        subject: ask.subject,
        corrects: ask.corrects,
        code: ask.code.clone(),
    };
    let row = ask.subject.map(|id| row::load(&store.db, id)).transpose()?.flatten();
    let seen = draft::seen(form, row.as_ref());
    // A draft stays on the version it was begun with.
    let (definition, draft) = match draft::load(store, &key)? {
        Some(begun) => (begun.definition, Some(begun.state)),
        None => (form.definition.clone(), None),
    };
    Ok(OpenedForm { definition, known, draft, answers, heading, seen })
}

/// The visit that is to be corrected. Only one of the same subject and form can be, and only by another visit. Where it is
/// billed, only until the next reading: that one has charged what this one left out, or the other way round.
fn corrected(
    store: &Store,
    programme: &Programme,
    id: RecordId,
    subject: Option<RecordId>,
    form: &str,
) -> Result<Row> {
    let visit = row::load(&store.db, id)?
        .filter(|visit| {
            visit.kind == kind::VISIT
                && visit.view.is_alive()
                && subject.is_some()
                && project::subject_of(&visit.view) == subject
                && visit.view.text(field::FORM) == Some(form)
        })
        .ok_or(Error::NotFound)?;
    let is_billed = programme.billing.as_ref().is_some_and(|billing| billing.form == form);
    if is_billed && rebill::next_done(&store.db, &visit)?.is_some() {
        return Err(Code::NextRead.into());
    }
    Ok(visit)
}

/// At the office the form of a round is filled, and what was filled corrected, only while the cycle is open: nothing would be
/// billed for it, so afterwards the account is adjusted. A phone cannot be sure of that; what it saves in good faith is kept
/// and asked about.
fn still_open(store: &Store, programme: &Programme, form: &str, shelf: &Shelf, cycle: &str) -> Result<()> {
    let of_round = programme.round.as_ref().is_some_and(|round| round.form == form);
    if store.kind == Kind::Server && of_round && !rebill::state_of(&store.db, shelf, cycle)?.issues() {
        return Err(Code::CycleClosed.into());
    }
    Ok(())
}

pub(super) fn correct_visit(store: &mut Store, caller: &Caller<'_>, ask: CorrectVisit) -> Result<Saved> {
    if ask.visit.supersedes.is_none() {
        return Err(Problem::new(Code::Malformed).about("supersedes").into());
    }
    let reason = reason_of(&ask.visit, &ask.reason)?;
    save_visit(store, caller, ask.visit, &reason)
}

/// Saves what is typed at the office's desk, once, however often it is sent. What was changed before it is sent again
/// corrects what had arrived the first time.
pub(super) fn enter_visit(store: &mut Store, caller: &Caller<'_>, ask: EnterVisit) -> Result<Saved> {
    if store.kind == Kind::Device {
        return Err(Code::Forbidden.into());
    }
    access::may(caller.grant, Action::Office)?;
    let EnterVisit { mut id, mut visit, version, seen, reason } = ask;
    let mut reason = reason_of(&visit, &reason)?;
    if let Some(first) = sent_before(store, caller, id, &visit)? {
        let kept = |row: &Row| -> Result<Saved> {
            Ok(Saved { record: row.id, subject: project::subject_of(&row.view), counts: counts(store)? })
        };
        if says_the_same(&first, &visit) {
            return kept(&first);
        }
        id = Some(name_of_change(&first, &visit)?);
        if let Some(second) = sent_before(store, caller, id, &visit)? {
            return kept(&second);
        }
        (visit.subject, visit.supersedes) = (project::subject_of(&first.view), Some(first.id));
        if reason.is_empty() {
            SENT_AGAIN.clone_into(&mut reason);
        }
    }
    let begun = Begun::at_desk(&version, seen);
    write_visit(store, caller, visit, (id, reason.as_str()), Some(begun))
}

/// Why a visit corrects one that its writer got no answer about.
const SENT_AGAIN: &str = "แก้ไขก่อนส่งใหม่ เพราะครั้งแรกไม่ได้รับคำตอบ";

/// The visit of this name that the caller sent before. One that is something else, or of somebody else, tells nothing and is
/// not written over.
fn sent_before(
    store: &Store,
    caller: &Caller<'_>,
    id: Option<RecordId>,
    visit: &SaveVisit,
) -> Result<Option<Row>> {
    let Some(row) = id.map(|id| row::load(&store.db, id)).transpose()?.flatten() else { return Ok(None) };
    let is = |name: &str, value: &str| row.view.text(name) == Some(value);
    let subject = project::subject_of(&row.view).filter(|_| row.kind == kind::VISIT && row.view.is_alive());
    let subject = subject.filter(|own| {
        visit.subject.is_none_or(|asked| asked == *own)
            && is(field::BY, &caller.grant.person)
            && is(field::PROGRAMME, &visit.programme)
            && is(field::FORM, &visit.form)
    });
    let (_, shelf) = list::subject(store, caller, subject.ok_or(Error::NotFound)?)?;
    let programme = programme(store, &visit.programme)?;
    access::may(caller.grant, Action::Visit(&shelf, &programme, &visit.form))?;
    Ok(Some(row))
}

/// Says whether a visit holds what is sent again, and no more.
fn says_the_same(row: &Row, visit: &SaveVisit) -> bool {
    let sent = visit.answers.iter().filter(|(_, value)| !value.is_null());
    let sent: Values = sent.map(|(name, value)| (name.clone(), value.clone())).collect();
    row.view.text(field::OUTCOME) == Some(visit.outcome.as_str()) && project::answers(&row.view) == sent
}

/// What a visit is called that changes one which was sent before: the same each time that it is sent.
fn name_of_change(first: &Row, visit: &SaveVisit) -> Result<RecordId> {
    let said = serde_json::to_string(&(&visit.outcome, &visit.answers))?;
    let name = RecordId::derived("sent again", &[first.id.bytes(), said.as_bytes()]);
    // Not the derived name itself: those are the server's own.
    let part = std::array::from_fn(|at| name.bytes().get(at).copied().unwrap_or_default());
    Ok(RecordId::new(u64::try_from(project::at_ms(&first.view)).unwrap_or_default(), part))
}

/// Why a visit is saved, in one line: of a correction it has to be said.
fn reason_of(visit: &SaveVisit, said: &str) -> Result<String> {
    let reason = domain::text::collapse_spaces(said);
    if visit.supersedes.is_some() && reason.is_empty() {
        return Err(Code::ReasonNeeded.into());
    }
    Ok(reason)
}

pub(super) fn save_visit(
    store: &mut Store,
    caller: &Caller<'_>,
    ask: SaveVisit,
    reason: &str,
) -> Result<Saved> {
    let begun = draft::load(store, &key_of(&ask))?;
    write_visit(store, caller, ask, (None, reason), begun)
}

/// Where the draft of a visit is kept, if there is one.
fn key_of(visit: &SaveVisit) -> DraftKey {
    DraftKey {
        programme: visit.programme.clone(),
        form: visit.form.clone(),
        subject: visit.subject,
        corrects: visit.supersedes,
        code: visit.code.clone().filter(|_| visit.subject.is_none()).unwrap_or_default(),
    }
}

/// Writes a visit with all it brings about, under the name that its writer gave it, if any. `begun` is what its form showed when it was opened: not what came in meanwhile,
/// but that is what its writer saw.
fn write_visit(
    store: &mut Store,
    caller: &Caller<'_>,
    ask: SaveVisit,
    (named, reason): (Option<RecordId>, &str),
    begun: Option<Begun>,
) -> Result<Saved> {
    let programme = programme(store, &ask.programme)?;
    let form = form(&programme, &ask.form)?;
    hold_no_notes(&ask.answers)?;
    let done = ask.outcome == DONE;
    if !done {
        let outcome = programme.outcome(&ask.outcome).ok_or(Code::BadRecord)?;
        let note = ask.answers.get("note").map(project::plain).unwrap_or_default();
        if outcome.needs_note && note.trim().is_empty() {
            return Err(Problem::new(Code::FormIncomplete).about("note").into());
        }
    }
    let mut changes = Vec::new();
    let key = key_of(&ask);
    let corrected =
        ask.supersedes.map(|id| corrected(store, &programme, id, ask.subject, &form.id)).transpose()?;
    let definition = begun.as_ref().map_or(&form.definition, |begun| &begun.definition).clone();
    let save_to = begun.as_ref().and_then(|begun| begun.save_to.as_ref()).unwrap_or(&form.save_to);
    let from_form = saved_to_subject(&programme, save_to, &ask.answers);
    let mut zone = ask.zone.clone();
    // A correction is about the same moment as what it corrects; when it was written, its stamp says.
    let kept = |name: &str| corrected.as_ref().and_then(|visit| visit.view.text(name)).map(str::to_owned);
    let at = kept(field::AT).unwrap_or_else(|| thai_date::iso(caller.now.ms, ask.offset_minutes));
    let subject = match ask.subject {
        Some(subject) => {
            let (row, shelf) = list::subject(store, caller, subject)?;
            zone = Some(shelf.zone);
            let seq = begun.as_ref().map_or(row.seq, |begun| begun.seq);
            let seen = begun.map_or_else(|| row.view.values(), |begun| begun.seen);
            let changed: Values =
                from_form.into_iter().filter(|(name, value)| seen.get(name) != Some(value)).collect();
            let changed = match programme.outcome(&ask.outcome).filter(|_| !done) {
                None => changed,
                // Somebody died, moved away: whoever stood at the door is the first to know.
                Some(outcome) => {
                    let written = outcome.written(at.get(..10).unwrap_or_default()).into_iter();
                    written.filter(|(name, value)| row.view.get(name) != Some(value)).collect()
                }
            };
            if !changed.is_empty() {
                changes.push(Change { base_seq: seq, ..change(subject, kind::SUBJECT, changed) });
            }
            subject
        }
        None if form.creates_subject && done => {
            let id = store.new_record_id(caller.now.ms);
            let zone = ask.zone.clone().ok_or_else(|| Problem::new(Code::FormIncomplete).about("zone"))?;
            let code =
                ask.code.as_deref().map(|code| found::bindable(store, caller, code, true)).transpose()?;
            changes.push(new_subject(id, &programme.id, &zone, from_form, code));
            id
        }
        None => return Err(Problem::new(Code::FormIncomplete).about("subject").into()),
    };
    if done {
        registry::add_changes(store, caller, &programme, zone.as_deref(), ask.registry, &mut changes)?;
    }
    let mut cells: Values = ask.answers.into_iter().filter(|(_, value)| !value.is_null()).collect();
    let day = thai_date::day_of(caller.now.ms, ask.offset_minutes);
    let estimates = programme.outcome(&ask.outcome).is_some_and(|outcome| outcome.estimates);
    if let Some(round) = programme.round.as_ref().filter(|round| estimates && round.form == form.id) {
        let (row, _) = list::subject(store, caller, subject)?;
        let today = day.to_string();
        let known = known_of(store, &programme, form, &row, corrected.as_ref(), &today)?;
        cells.extend(estimated(form, round, known, &ask.outcome, caller, today));
    }
    let cycle = kept(field::CYCLE).unwrap_or_else(|| schedule::cycle(form.schedule.as_ref(), day));
    if let Some(zone) = &zone {
        still_open(store, &programme, &form.id, &Shelf::new(&programme.id, zone), &cycle)?;
    }
    for (name, value) in [
        (field::PROGRAMME, programme.id.clone()),
        (field::SUBJECT, subject.to_string()),
        (field::FORM, form.id.clone()),
        (field::AT, at),
        (field::BY, caller.grant.person.clone()),
        (field::OUTCOME, ask.outcome.clone()),
        (field::CYCLE, cycle),
    ] {
        cells.insert(name.to_owned(), value.into());
    }
    if let Some(zone) = zone {
        // Where the writer stood: the office may move the subject before this arrives.
        cells.insert(field::ZONE.to_owned(), zone.into());
    }
    if let Some(version) = definition.get("version") {
        cells.insert(field::FORM_VERSION.to_owned(), version.clone());
    }
    if let Some(corrected) = ask.supersedes {
        cells.insert(field::SUPERSEDES.to_owned(), corrected.to_string().into());
    }
    for photo in &ask.photos {
        cells.insert(format!("{}{photo}", field::PHOTOS), true.into());
    }
    let visit = named.unwrap_or_else(|| store.new_record_id(caller.now.ms));
    let opened = match ask.subject {
        Some(id) if done => {
            let before = corrected.as_ref().map(|visit| visit.view.values());
            let said = (visit, &cells, before.as_ref());
            opened_orders(store, caller, (&programme, &form.id), id, said, &ask.photos)?
        }
        _ => Vec::new(),
    };
    let made = change(visit, kind::VISIT, cells);
    let bill = bill_of(store, caller, &programme, &made, subject, reason)?;
    changes.push(made);
    for one in opened {
        // A form may write the subject's state as well as the order that it opens: the form has looked.
        if !changes.iter().any(|known| known.id == one.id) {
            changes.push(one);
        }
    }
    changes.extend(bill);
    let said = Some(reason.to_owned()).filter(|reason| !reason.is_empty());
    let new = NewCommit { place: ask.place, reason: said, changes, finishes: Some(key) };
    store.save(caller.grant, caller.now, new)?;
    Ok(Saved { record: visit, subject: Some(subject), counts: counts(store)? })
}

/// An answer is never what the engine itself notes of a visit: what it corrects, whether it counts, which photos it has. That
/// is said beside the answers, where it is looked at.
fn hold_no_notes(answers: &Values) -> Result<()> {
    match answers.keys().find(|name| field::is_note_of_visit(name)) {
        Some(name) => Err(Problem::new(Code::Malformed).about(name).into()),
        None => Ok(()),
    }
}

fn change(id: RecordId, kind: &str, cells: Values) -> Change {
    Change { id, kind: kind.to_owned(), base_seq: Seq(0), cells }
}

fn new_subject(id: RecordId, programme: &str, zone: &str, mut cells: Values, code: Option<String>) -> Change {
    cells.insert(field::PROGRAMME.to_owned(), programme.into());
    cells.insert(field::ZONE.to_owned(), zone.into());
    if let Some(code) = code {
        cells.insert(format!("{}{code}", field::CODES), true.into());
    }
    change(id, kind::SUBJECT, cells)
}

pub(super) fn edit_subject(store: &mut Store, caller: &Caller<'_>, ask: EditSubject) -> Result<Saved> {
    let (row, _) = list::subject(store, caller, ask.subject)?;
    let mut changed: Values =
        ask.values.into_iter().filter(|(name, value)| row.view.get(name) != Some(value)).collect();
    let shelf = row::shelf_of(&store.db, row.shelf)?;
    if let Some(programme) = store.programmes.get(&shelf.programme) {
        decide(programme, &row, &mut changed, |target| {
            access::may(caller.grant, Action::EditSubject(&shelf, programme, target))
        })?;
    }
    if !changed.is_empty() {
        let base_seq = ask.base_seq.unwrap_or(row.seq);
        let changes = vec![Change { base_seq, ..change(row.id, kind::SUBJECT, changed) }];
        let new = NewCommit { reason: ask.reason, changes, ..NewCommit::default() };
        store.save(caller.grant, caller.now, new)?;
    }
    Ok(Saved { record: row.id, subject: Some(row.id), counts: counts(store)? })
}

/// Brings what a field decides in line with it: a class and its group never contradict each other. Whoever writes only the
/// second, against the first, is told to change the first.
fn decide(
    programme: &Programme,
    row: &Row,
    changed: &mut Values,
    may: impl Fn(&str) -> std::result::Result<(), Code>,
) -> Result<()> {
    for deciding in programme.subject.fields.iter().filter(|field| !field.decides.is_empty()) {
        let value = changed.get(&deciding.id).or_else(|| row.view.get(&deciding.id)).map(project::plain);
        let by_hand = changed.contains_key(&deciding.id);
        for (target, values) in &deciding.decides {
            let Some(decided) = value.as_ref().and_then(|value| values.get(value)) else { continue };
            let differs = |value: &Value| project::plain(value) != *decided;
            if by_hand && row.view.get(target).is_none_or(differs) {
                changed.insert(target.clone(), decided.clone().into());
            } else if by_hand {
                changed.remove(target);
            } else if changed.get(target).is_some_and(differs) {
                may(target)?;
                return Err(Problem::new(Code::FormIncomplete).about(deciding.id.clone()).into());
            }
        }
    }
    Ok(())
}

pub(super) fn create_subject(store: &mut Store, caller: &Caller<'_>, ask: CreateSubject) -> Result<Saved> {
    let programme = programme(store, &ask.programme)?;
    access::may(
        caller.grant,
        Action::CreateSubject(&Shelf::new(ask.programme.clone(), ask.zone.clone()), &programme),
    )?;
    let code = ask.code.as_deref().map(|code| found::bindable(store, caller, code, true)).transpose()?;
    let mut values = ask.values;
    if let Some(place) = ask.place {
        values.entry(field::LAT.to_owned()).or_insert_with(|| place.lat.into());
        values.entry(field::LON.to_owned()).or_insert_with(|| place.lon.into());
    }
    let id = store.new_record_id(caller.now.ms);
    let changes = vec![new_subject(id, &programme.id, &ask.zone, values, code)];
    store.save(caller.grant, caller.now, NewCommit { place: ask.place, changes, ..NewCommit::default() })?;
    Ok(Saved { record: id, subject: Some(id), counts: counts(store)? })
}

pub(super) fn bind_code(store: &mut Store, caller: &Caller<'_>, ask: BindCode) -> Result<Saved> {
    let (row, _) = list::subject(store, caller, ask.subject)?;
    let own = |code: &str| row.view.elements(field::CODES).any(|bound| bound == code);
    let code = match found::bindable(store, caller, &ask.text, true)? {
        // A slip would hide behind "bound", and the label on the pole would stay blank for whoever scans it.
        code if !ask.is_makers && !own(&code) && found::is_mistyped(&code) => {
            return Err(Code::CodeMistyped.into());
        }
        // Its own label once more: there is nothing to ask about.
        code if ask.although_taken || own(&code) => code,
        code => found::bindable(store, caller, &code, false)?,
    };
    let cell = |code: &str, is_on: bool| (format!("{}{code}", field::CODES), Value::Bool(is_on));
    // The old label comes off in the same commit: nobody sees the subject without one.
    let off = ask.replaces.iter().filter(|old| **old != code && own(old)).map(|old| cell(old, false));
    let cells: Values = off.chain([cell(&code, true)]).collect();
    let place: Option<Place> = ask.place;
    let changes = vec![change(row.id, kind::SUBJECT, cells)];
    store.save(caller.grant, caller.now, NewCommit { place, changes, ..NewCommit::default() })?;
    Ok(Saved { record: row.id, subject: Some(row.id), counts: counts(store)? })
}

pub(super) fn keep_photo(store: &mut Store, caller: &Caller<'_>, ask: &KeepPhoto) -> Result<PhotoKept> {
    let bytes = STANDARD.decode(&ask.base64).map_err(|_| Error::from(Code::PhotoUnreadable))?;
    let hash = store.keep_photo(&bytes, &ask.mime, caller.now.ms)?;
    Ok(PhotoKept { hash })
}

pub(super) fn photo(store: &Store, caller: &Caller<'_>, ask: &Photo) -> Result<PhotoReply> {
    if store.kind == Kind::Server && !store.may_see_photo(caller.grant, DeviceNo(0), &ask.hash)? {
        return Ok(PhotoReply::default());
    }
    let reply = |mime: String, bytes: Vec<u8>, small| PhotoReply {
        base64: Some(STANDARD.encode(bytes)),
        mime,
        small,
    };
    if let Some((mime, bytes)) = store.photo(&ask.hash)? {
        return Ok(reply(mime, bytes, false));
    }
    let small = store.thumbnail(&ask.hash)?.filter(|_| !ask.whole);
    Ok(small.map(|bytes| reply("image/jpeg".to_owned(), bytes, true)).unwrap_or_default())
}
