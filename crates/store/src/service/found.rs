//! Finding: by name, house number, code, place, or whatever the camera read.

use super::Caller;
use super::list::{self, PAGE};
use crate::Store;
use crate::error::Result;
use crate::row;
use domain::access::{self, Action};
use domain::api::{Find, Found, Nearby, Search, SubjectRow};
use domain::change::field;
use domain::code::{self, Scanned};
use domain::ids::{RecordId, Shelf};
use domain::problem::Code;
use domain::{place, text};
use std::collections::{BTreeSet, HashSet};

/// Finds subjects. Where nothing is found, without what people call each other by before the name: ยายชูศรี is ชูศรี.
pub(super) fn search(store: &Store, caller: &Caller<'_>, ask: &Search) -> Result<Vec<SubjectRow>> {
    for name in text::names_to_try(&ask.text) {
        let found = search_whole(store, caller, &Search { text: name.to_owned(), ..ask.clone() })?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

fn search_whole(store: &Store, caller: &Caller<'_>, ask: &Search) -> Result<Vec<SubjectRow>> {
    let key = text::search_key(&ask.text);
    if key.is_empty() {
        return Ok(Vec::new());
    }
    let mut numbers: Vec<i64> = Vec::new();
    let limit = ask.limit.min(PAGE);
    // A code, as far as it was typed: a maker's as it is, or in capitals; one of ours in whatever groups and letters.
    let capitals = text::ascii_digits(ask.text.trim()).to_uppercase();
    let codes = BTreeSet::from([text::collapse_spaces(&ask.text), capitals, code::bare(&ask.text)]);
    for programme in list::visible(store, caller, ask.programme.as_deref()) {
        let shelves =
            list::sql_list(list::shelves(store, caller, &programme.id, None)?.iter().map(|(no, _)| *no));
        let by_code = format!(
            "SELECT code.subject FROM code CROSS JOIN subject ON subject.no = code.subject \
             WHERE code >= ?1 AND code < ?1 || char(1114111) AND shelf IN ({shelves}) ORDER BY code LIMIT ?2"
        );
        for code in &codes {
            collect(store, &by_code, (code, limit), &mut numbers)?;
        }
        // The trigram index needs three characters; below that the plain column is quick enough.
        if key.chars().count() >= 3 {
            let by_text = format!(
                "SELECT subject.no FROM subject_search JOIN subject ON subject.no = subject_search.rowid \
                 WHERE subject_search MATCH ?1 AND instr(subject.search_key, ?2) > 0 AND shelf IN ({shelves}) \
                 ORDER BY shelf, sort_key LIMIT ?3"
            );
            collect(store, &by_text, (trigrams(&key), &key, limit), &mut numbers)?;
        } else {
            let by_text = format!(
                "SELECT no FROM subject WHERE instr(search_key, ?1) > 0 AND shelf IN ({shelves}) \
                 ORDER BY shelf, sort_key LIMIT ?2"
            );
            collect(store, &by_text, (&key, limit), &mut numbers)?;
        }
    }
    rows(store, numbers, &ask.today, limit)
}

impl Store {
    /// The subject of a programme that is called exactly this: the first in walking order if there are several. However many
    /// others have it in their names. No rights are asked.
    pub fn subject_called(&self, programme: &str, heading: &str) -> Result<Option<RecordId>> {
        let key = text::search_key(heading);
        if key.is_empty() {
            return Ok(None);
        }
        // As in a search: two letters are in no index.
        let (from, threes) = match key.chars().count() {
            ..3 => ("subject WHERE ?1 = ''", String::new()),
            _ => (
                "subject_search JOIN subject ON subject.no = subject_search.rowid WHERE subject_search MATCH ?1",
                trigrams(&key),
            ),
        };
        let sql = format!(
            "SELECT subject.no FROM {from} AND instr(subject.search_key, ?2) > 0 \
             AND shelf IN (SELECT no FROM shelf WHERE programme = ?3) ORDER BY shelf, sort_key, subject.no"
        );
        let mut statement = self.db.prepare_cached(&sql)?;
        let mut rows = statement.query((&threes, &key, programme))?;
        while let Some(found) = rows.next()? {
            let Some(row) = row::load_no(&self.db, found.get(0)?)? else { continue };
            if list::heading(self, programme, &row) == heading {
                return Ok(Some(row.id));
            }
        }
        Ok(None)
    }

    /// The subject that a code was bound to first, of all that hold it still, with its shelf. The server's numbers say which: a
    /// phone may say that it bound something long ago, and is believed within bounds. No rights are asked.
    pub fn first_holder(&self, code: &str) -> Result<Option<(RecordId, Shelf)>> {
        let name = format!("{}{code}", field::CODES);
        let bound = |holder: &row::Row| holder.view.cells.get(&name).map(|cell| (cell.seq, cell.stamp));
        let Some(first) = holders(self, code)?.into_iter().min_by_key(bound) else { return Ok(None) };
        Ok(Some((first.id, row::shelf_of(&self.db, first.shelf)?)))
    }
}

/// All threes of neighbouring characters, as a question to the index. It knows which threes a key holds, not in what
/// order; leaving the order out makes it two fifths as large, and the few it names too many are compared in full.
pub(super) fn trigrams(key: &str) -> String {
    let chars: Vec<char> = key.chars().collect();
    let quoted = |three: &[char]| format!("\"{}\"", three.iter().collect::<String>().replace('"', "\"\""));
    chars.windows(3).take(TRIGRAMS_ASKED).map(quoted).collect::<Vec<_>>().join(" AND ")
}

/// More threes than this narrow no search down any further.
const TRIGRAMS_ASKED: usize = 24;

pub(super) fn collect(
    store: &Store,
    sql: &str,
    values: impl rusqlite::Params,
    into: &mut Vec<i64>,
) -> Result<()> {
    let mut statement = store.db.prepare_cached(sql)?;
    let mut rows = statement.query(values)?;
    let mut known: HashSet<i64> = into.iter().copied().collect();
    while let Some(row) = rows.next()? {
        let no = row.get(0)?;
        if known.insert(no) {
            into.push(no);
        }
    }
    Ok(())
}

fn rows(store: &Store, numbers: Vec<i64>, today: &str, limit: u32) -> Result<Vec<SubjectRow>> {
    let mut found = Vec::new();
    for no in numbers.into_iter().take(limit as usize) {
        if let Some(row) = row::load_no(&store.db, no)? {
            found.push(list::subject_row(store, &row, today)?);
        }
    }
    Ok(found)
}

/// Says what a scanned or typed text is. A link of another municipality is refused; one that names this server, or
/// a code that is known here, is ours wherever its sticker was printed.
pub(super) fn find(store: &Store, caller: &Caller<'_>, ask: &Find) -> Result<Found> {
    let scanned = match code::read(&ask.text) {
        Ok(scanned) => scanned,
        Err(problem) => {
            // A maker's bar code may look like nothing of ours and yet be bound.
            let bare = text::collapse_spaces(&ask.text);
            return match subjects_of(store, caller, &bare)?.pop() {
                Some(subject) => Ok(Found::Subject(subject)),
                None => Err(problem.into()),
            };
        }
    };
    if let Some(found) = Found::enrolment(&scanned) {
        return Ok(found);
    }
    let (code, ours, host) = match scanned {
        Scanned::Ours { code, host, authenticator } => {
            if authenticator.is_some_and(|said| store.is_forged(&code, &said)) {
                return Err(Code::CodeForged.into());
            }
            (code, true, host)
        }
        Scanned::Foreign(code) => (code, false, None),
        Scanned::Enrol { .. } => return Err(Code::CodeHostile.into()),
    };
    let holders = holders(store, &code)?;
    let is_held_once = holders.len() == 1;
    let mut subjects = visible(store, caller, holders)?;
    if is_held_once && let Some(subject) = subjects.pop() {
        return Ok(Found::Subject(subject));
    }
    // The only one of them that may be seen here is told as one of several: the label may be another's.
    if !subjects.is_empty() {
        let today = caller.now.day().to_string();
        let mut several = Vec::new();
        for id in subjects {
            let (row, _) = list::subject(store, caller, id)?;
            several.push(list::subject_row(store, &row, &today)?);
        }
        return Ok(Found::Several(several));
    }
    if let Some(replaced) = replaced(store, caller, &code)? {
        return Ok(replaced);
    }
    if host.is_some_and(|host| !is_own_host(store, &host)) {
        return Err(Code::CodeElsewhere.into());
    }
    let mistyped = !ours && is_mistyped(&code);
    let programmes = list::visible(store, caller, None);
    let may = |action: &dyn Fn(&Shelf, &domain::programme::Programme) -> bool| -> Vec<String> {
        let allowed = programmes.iter().filter(|programme| {
            caller
                .grant
                .shelves
                .iter()
                .filter(|shelf| shelf.programme == programme.id)
                .any(|shelf| action(shelf, programme))
                || (caller.grant.role >= access::Role::Clerk
                    && action(&Shelf::common(programme.id.clone()), programme))
        });
        allowed.map(|programme| programme.id.clone()).collect()
    };
    Ok(Found::Unknown {
        ours,
        mistyped,
        may_bind: may(&|shelf, programme| access::may(caller.grant, Action::Bind(shelf, programme)).is_ok()),
        may_create: may(&|shelf, programme| {
            access::may(caller.grant, Action::CreateSubject(shelf, programme)).is_ok()
        }),
        code,
    })
}

/// The text under which a code is bound. Errors: `code_hostile`; `code_elsewhere` and `code_forged` for labels of others;
/// `code_taken` unless `although_taken`. Whoever gives a code to something new has seen what [`find`] says of it.
pub(super) fn bindable(
    store: &Store,
    caller: &Caller<'_>,
    text: &str,
    although_taken: bool,
) -> Result<String> {
    let code = match code::read(text)? {
        Scanned::Ours { host: Some(host), .. } if !is_own_host(store, &host) => {
            return Err(Code::CodeElsewhere.into());
        }
        Scanned::Ours { code, authenticator: Some(said), .. } if store.is_forged(&code, &said) => {
            return Err(Code::CodeForged.into());
        }
        Scanned::Ours { code, .. } | Scanned::Foreign(code) => code,
        Scanned::Enrol { .. } => return Err(Code::CodeHostile.into()),
    };
    if !although_taken && !subjects_of(store, caller, &code)?.is_empty() {
        return Err(Code::CodeTaken.into());
    }
    Ok(code)
}

/// Ten letters and digits, and no valid check character: somebody slipped while typing, unless a maker numbers so.
pub(super) fn is_mistyped(code: &str) -> bool {
    if matches!(code::read(code), Ok(Scanned::Ours { .. })) {
        return false;
    }
    let digits = text::ascii_digits(code);
    let plain: Vec<char> = digits.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    plain.len() == code::LENGTH
        && plain.iter().all(char::is_ascii_alphanumeric)
        && plain.iter().any(char::is_ascii_alphabetic)
}

/// Whose label this was, if it was taken off. Of several subjects the one that lost it last.
fn replaced(store: &Store, caller: &Caller<'_>, code: &str) -> Result<Option<Found>> {
    let name = format!("{}{code}", field::CODES);
    let mut statement =
        store.db.prepare_cached("SELECT subject FROM former_code WHERE code = ?1 ORDER BY subject")?;
    let mut rows = statement.query([code])?;
    let mut last: Option<(domain::clock::Stamp, row::Row)> = None;
    while let Some(found) = rows.next()? {
        let Some(subject) = row::load_no(&store.db, found.get(0)?)? else { continue };
        let Some(stamp) = subject.view.cells.get(&name).map(|cell| cell.stamp) else { continue };
        let shelf = row::shelf_of(&store.db, subject.shelf)?;
        if access::may(caller.grant, Action::Read(&shelf)).is_ok()
            && last.as_ref().is_none_or(|(newest, _)| *newest < stamp)
        {
            last = Some((stamp, subject));
        }
    }
    let Some((stamp, subject)) = last else { return Ok(None) };
    let seq = subject.view.cells.get(&name).map(|cell| cell.seq).unwrap_or_default();
    let shelf = row::shelf_of(&store.db, subject.shelf)?;
    let programme = store.programmes.get(&shelf.programme);
    let own = super::own_grant(store)?.map(|grant| grant.person).unwrap_or_default();
    let may_bind =
        programme.is_some_and(|programme| access::may(caller.grant, Action::Bind(&shelf, programme)).is_ok());
    Ok(Some(Found::Replaced {
        code: code.to_owned(),
        now: subject.view.elements(field::CODES).map(str::to_owned).collect(),
        by: super::card::writer(store, &own, (stamp, seq))?,
        at_ms: stamp.ms,
        may_bind,
        row: Box::new(list::subject_row(store, &subject, &caller.now.day().to_string())?),
    }))
}

pub(super) fn is_own_host(store: &Store, host: &str) -> bool {
    let own = |key: &str| {
        crate::meta::get(&store.db, key).ok().flatten().and_then(|address| {
            address.split_once("://").map(|(_, rest)| rest.trim_end_matches('/').to_lowercase())
        })
    };
    let known: Vec<String> =
        [crate::meta::SERVER, crate::meta::ADDRESS].into_iter().filter_map(own).collect();
    known.is_empty() || known.iter().any(|known| known == host)
}

/// The subjects a code is bound to, among those the caller may see.
pub(super) fn subjects_of(store: &Store, caller: &Caller<'_>, code: &str) -> Result<Vec<RecordId>> {
    visible(store, caller, holders(store, code)?)
}

/// All subjects a code is bound to. No rights are asked.
fn holders(store: &Store, code: &str) -> Result<Vec<row::Row>> {
    let mut statement =
        store.db.prepare_cached("SELECT subject FROM code WHERE code = ?1 ORDER BY subject")?;
    let mut rows = statement.query([code])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.extend(row::load_no(&store.db, row.get(0)?)?);
    }
    Ok(found)
}

/// Those of some subjects that the caller may see.
fn visible(store: &Store, caller: &Caller<'_>, subjects: Vec<row::Row>) -> Result<Vec<RecordId>> {
    let mut seen = Vec::new();
    for subject in subjects {
        if access::may(caller.grant, Action::Read(&row::shelf_of(&store.db, subject.shelf)?)).is_ok() {
            seen.push(subject.id);
        }
    }
    Ok(seen)
}

/// A place in the index is a 32-bit number, rounded outwards: this far it may be off, in metres, anywhere on Earth.
const INDEX_ERROR_M: f64 = 4.0;

pub(super) fn nearby(store: &Store, caller: &Caller<'_>, ask: &Nearby) -> Result<Vec<SubjectRow>> {
    let centre = (ask.lat, ask.lon);
    let radius = ask.radius_m.clamp(0.0, 5_000.0);
    let limit = ask.limit.min(PAGE) as usize;
    let mut near = Vec::new();
    for programme in list::visible(store, caller, ask.programme.as_deref()) {
        let shelves = list::shelves(store, caller, &programme.id, None)?;
        near.extend(around(store, &list::sql_list(shelves.iter().map(|(no, _)| *no)), centre, radius)?);
    }
    near.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    // The record knows better than the index, but only those are read that may be among the nearest.
    let mut found: Vec<(f64, row::Row)> = Vec::new();
    for (about, no) in near {
        let worst = found.get(limit.wrapping_sub(1)).map(|(distance, _)| *distance);
        if worst.is_some_and(|worst| about - INDEX_ERROR_M > worst) {
            break;
        }
        let Some(row) = row::load_no(&store.db, no)? else { continue };
        let at = crate::project::number(row.view.get(field::LAT))
            .zip(crate::project::number(row.view.get(field::LON)));
        if let Some(distance) = at.map(|at| place::metres(centre, at)).filter(|distance| *distance <= radius)
        {
            let before = found.partition_point(|(nearer, _)| *nearer <= distance);
            found.insert(before, (distance, row));
        }
    }
    let row = |(distance, row): &(f64, row::Row)| -> Result<SubjectRow> {
        Ok(SubjectRow { distance_m: Some(*distance), ..list::subject_row(store, row, &ask.today)? })
    };
    found.iter().take(limit).map(row).collect()
}

/// The subjects of some shelves (an SQL list) within a radius of `centre`, by the index alone: how far, in metres and
/// about, and their row numbers.
fn around(store: &Store, shelves: &str, centre: (f64, f64), radius: f64) -> Result<Vec<(f64, i64)>> {
    let (south, west, north, east) = place::around(centre, radius);
    let mut statement = store.db.prepare_cached(&format!(
        "SELECT place.no, place.south, place.west FROM subject_place AS place CROSS JOIN subject ON subject.no = place.no
         WHERE north >= ?1 AND south <= ?3 AND east >= ?2 AND west <= ?4 AND subject.shelf IN ({shelves})"
    ))?;
    let mut rows = statement.query((south, west, north, east))?;
    let mut near = Vec::new();
    while let Some(row) = rows.next()? {
        let about = place::metres(centre, (row.get(1)?, row.get(2)?));
        if about <= radius + INDEX_ERROR_M {
            near.push((about, row.get(0)?));
        }
    }
    Ok(near)
}
