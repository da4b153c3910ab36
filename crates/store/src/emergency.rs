//! What rescuers may read of a programme's people. The server keeps a small record of each person, a beacon, on a shelf of
//! its own: so a rescuer's phone has them without signal and without a right to any card, and nothing that `[emergency]`
//! does not name ever leaves its shelf. Teams mark beacons like any other record.

use crate::commit::{NewCommit, write_as_server};
use crate::error::{Optional, Result};
use crate::project::{self, plain};
use crate::row::{self, Row};
use crate::transact::Tx;
use domain::access::Grant;
use domain::change::{Change, Value, Values, field, kind};
use domain::ids::{DeviceNo, RecordId, Seq, Shelf};
use domain::merge::Record;
use domain::problem::Code;
use domain::programme::emergency::{Mark, access, beacon};
use domain::programme::{Emergency, Programme};
use domain::text;

/// The beacon of a subject. Derived, so that only the server makes one.
pub(crate) fn beacon_of(subject: RecordId) -> RecordId {
    RecordId::derived("beacon", &[subject.bytes()])
}

/// Brings the beacons of what a commit has changed in line; on the server, in the commit's own transaction.
pub(crate) fn follow(tx: &mut Tx<'_>, changes: &[Change], now_ms: u64) -> Result<()> {
    let any = tx.programmes.values().any(|programme| programme.emergency.is_some());
    for change in changes {
        match change.kind.as_str() {
            kind::SUBJECT if any => {
                if let Some(row) = row::load(tx.db, change.id)? {
                    derive(tx, &row, now_ms)?;
                }
            }
            kind::PROGRAMME => {
                let Some(row) = row::load(tx.db, change.id)? else { continue };
                let Some(programme) = row.view.text(field::PROGRAMME).and_then(|id| tx.programme(id)) else {
                    continue;
                };
                for no in subjects_of(tx, &programme)? {
                    if let Some(row) = row::load_no(tx.db, no)? {
                        derive(tx, &row, now_ms)?;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn subjects_of(tx: &Tx<'_>, programme: &Programme) -> Result<Vec<i64>> {
    let had_beacons = tx.find_shelf(&Shelf::emergency(&*programme.id))?.is_some();
    if programme.emergency.is_none() && !had_beacons {
        return Ok(Vec::new());
    }
    let mut statement = tx.db.prepare_cached(
        "SELECT subject.no FROM subject JOIN shelf ON shelf.no = subject.shelf WHERE shelf.programme = ?1 ORDER BY subject.no",
    )?;
    let found = statement.query_map([&programme.id], |row| row.get(0))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

fn derive(tx: &mut Tx<'_>, subject: &Row, now_ms: u64) -> Result<()> {
    let shelf = tx.shelf_of(subject.shelf)?;
    let programme = tx.programme(&shelf.programme);
    let rules = programme.as_deref().and_then(|programme| Some((programme, programme.emergency.as_ref()?)));
    let id = beacon_of(subject.id);
    let known = match &rules {
        // Most subjects are meters and poles: of programmes that never had beacons nothing is looked up.
        None if tx.find_shelf(&Shelf::emergency(&*shelf.programme))?.is_none() => return Ok(()),
        _ => row::load(tx.db, id)?,
    };
    let wanted = rules.and_then(|(programme, rules)| cells(programme, rules, subject));
    let held = known.as_ref().map(|row| row.view.values()).unwrap_or_default();
    let mut cells = match wanted {
        Some(wanted) => wanted,
        // Not to be found any more. It is emptied, not removed: a team that marks it meanwhile must not call it back.
        None if held.get(field::SUBJECT).is_none_or(Value::is_null) => return Ok(()),
        None => Values::from([(field::PROGRAMME.to_owned(), shelf.programme.clone().into())]),
    };
    for name in held.keys().filter(|name| *name != beacon::MARK) {
        // What is no longer to be read is taken away; what teams found stays.
        let empty = if name.starts_with(field::PHOTOS) { Value::Bool(false) } else { Value::Null };
        cells.entry(name.clone()).or_insert(empty);
    }
    cells.retain(|name, value| held.get(name).unwrap_or(&Value::Null) != value);
    if cells.is_empty() {
        return Ok(());
    }
    let change = Change { id, kind: kind::BEACON.to_owned(), base_seq: Seq(0), cells };
    write_as_server(tx, "", now_ms, now_ms, NewCommit { changes: vec![change], ..NewCommit::default() })
}

/// What goes to rescuers of a subject; `None` if it is not looked for.
fn cells(programme: &Programme, rules: &Emergency, subject: &Row) -> Option<Values> {
    let view = &subject.view;
    if !view.is_alive() || !rules.looks_for(&view.values()) {
        return None;
    }
    let mut cells = Values::from([
        (field::PROGRAMME.to_owned(), programme.id.clone().into()),
        (field::SUBJECT.to_owned(), subject.id.to_string().into()),
    ]);
    let mut copy = |name: &str, to: &str| {
        if let Some(value) = view.get(name).filter(|value| !value.is_null()) {
            cells.insert(to.to_owned(), value.clone());
        }
    };
    for name in rules.fields(programme) {
        copy(name, name);
    }
    for name in [field::LAT, field::LON, field::ORIGIN] {
        copy(name, name);
    }
    if !rules.photo.is_empty() {
        copy(&rules.photo, beacon::ENTRANCE);
    }
    if let Some(hash) = cells.get(beacon::ENTRANCE).and_then(Value::as_str).filter(|hash| !hash.is_empty()) {
        // Whoever may read a record that names a photo may see the photo.
        cells.insert(format!("{}{hash}", field::PHOTOS), true.into());
    }
    Some(cells)
}

/// Which device named the photo that a beacon shows: whoever wrote it into the subject, and not the server, which only carries
/// it over. Else a name that was overheard would show its photo by this way.
pub(crate) fn namer_of_entrance(tx: &Tx<'_>, beacon: &Row, hash: &str) -> Result<Option<DeviceNo>> {
    let subject = project::subject_of(&beacon.view).map(|id| row::load(tx.db, id)).transpose()?.flatten();
    let programme = tx.programme(&tx.shelf_of(beacon.shelf)?.programme);
    let (Some(subject), Some(rules)) = (subject, programme.as_deref().and_then(|it| it.emergency.as_ref()))
    else {
        return Ok(None);
    };
    let cell = subject.view.cells.get(&rules.photo).filter(|cell| cell.value == hash);
    Ok(cell.map(|cell| cell.stamp.device))
}

/// Brings the index of beacons in line with one.
pub(crate) fn project_beacon(tx: &Tx<'_>, row: &Row) -> Result<()> {
    forget_beacon(tx, row.no)?;
    if project::subject_of(&row.view).is_none() {
        return Ok(());
    }
    let at = project::number(row.view.get(field::LAT)).zip(project::number(row.view.get(field::LON)));
    let shelf = tx.shelf_of(row.shelf)?;
    let key = match tx.programme(&shelf.programme) {
        Some(programme) => beacon_key(&programme, &row.view),
        None => String::new(),
    };
    tx.db
        .prepare_cached(
            "INSERT INTO beacon (no, shelf, search_key, photo, placed) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute((
            row.no,
            row.shelf,
            key,
            row.view.text(beacon::ENTRANCE).unwrap_or_default(),
            at.is_some(),
        ))?;
    if let Some((lat, lon)) = at {
        tx.db
            .prepare_cached("INSERT OR REPLACE INTO beacon_place VALUES (?1, ?2, ?2, ?3, ?3)")?
            .execute((row.no, lat, lon))?;
    }
    Ok(())
}

/// What an address or a name is found by: of the fields that are searched in, those that a rescuer may read.
fn beacon_key(programme: &Programme, view: &Record) -> String {
    let shown = programme.emergency.as_ref().map(|rules| rules.fields(programme)).unwrap_or_default();
    let searched = programme.subject.search.iter().filter(|id| shown.contains(id.as_str()));
    let keys = searched.filter_map(|id| view.get(id)).map(|value| text::search_key(&plain(value)));
    keys.filter(|key| !key.is_empty()).collect::<Vec<_>>().join(" ")
}

pub(crate) fn forget_beacon(tx: &Tx<'_>, no: i64) -> Result<()> {
    tx.db.prepare_cached("DELETE FROM beacon WHERE no = ?1")?.execute([no])?;
    tx.db.prepare_cached("DELETE FROM beacon_place WHERE no = ?1")?.execute([no])?;
    Ok(())
}

/// Fewer letters are no reason.
pub(crate) const LEAST_REASON: usize = 4;
/// No programme opens the view for longer, hours.
const LONGEST_HOURS: u64 = 24;
/// Accesses of a person that are looked through for the one under which she marked.
const LOOKED_THROUGH: u32 = 50;

/// Says whether a team may write this mark, or somebody this access. A mark says who made it, and only whoever opened the view
/// makes one. No clock is a reason to refuse: a mark is compared with the access by the clock of the device that made both, and
/// counts from the stamp that the server fixed.
///
/// Errors: `bad_record` for what is neither, `forbidden` for a mark in somebody else's name, `emergency_shut` for one without
/// an access.
pub(crate) fn check(tx: &Tx<'_>, grant: &Grant, change: &Change) -> Result<()> {
    let ms = |name: &str| change.cells.get(name).and_then(Value::as_u64).ok_or(Code::BadRecord);
    if change.kind == kind::ACCESS {
        let reason = change.cells.get(access::REASON).and_then(Value::as_str).unwrap_or_default();
        let lasts = ms(access::UNTIL_MS)?.checked_sub(ms(access::FROM_MS)?);
        let fits = lasts.is_some_and(|lasts| lasts <= LONGEST_HOURS * HOUR_MS);
        let fine = fits && reason.trim().chars().count() >= LEAST_REASON;
        return if fine { Ok(()) } else { Err(Code::BadRecord.into()) };
    }
    let mark = change.cells.get(beacon::MARK).cloned().unwrap_or_default();
    let mark: Mark = serde_json::from_value(mark).map_err(|_| Code::BadRecord)?;
    if mark.by != grant.person {
        return Err(Code::Forbidden.into());
    }
    let mut statement =
        tx.db.prepare_cached("SELECT no FROM access WHERE person = ?1 ORDER BY no DESC LIMIT ?2")?;
    let mut rows = statement.query((&grant.person, LOOKED_THROUGH))?;
    while let Some(found) = rows.next()? {
        let Some(row) = row::load_no(tx.db, found.get(0)?)? else { continue };
        let said = |name: &str| row.view.get(name).and_then(Value::as_u64).unwrap_or(0);
        let begun = said(access::FROM_MS) <= mark.at_ms.saturating_add(CLOCK_SLIP_MS);
        if begun && mark.at_ms < said(access::UNTIL_MS) {
            return Ok(());
        }
    }
    Err(Code::EmergencyShut.into())
}

const HOUR_MS: u64 = 3_600_000;

/// When a record says that something was: by its cell's stamp, once the server has fixed that; until then by its own words.
pub(crate) fn moment_of(row: &Row, cell: &str, own_words: u64) -> u64 {
    let fixed = row.view.cells.get(cell).filter(|_| row.synced.is_none());
    fixed.map_or(own_words, |cell| cell.stamp.ms)
}

/// Brings the index of accesses in line with one. It opens the view from when it was given, for as long as it says and no
/// longer than the programme does.
pub(crate) fn project_access(tx: &Tx<'_>, row: &Row) -> Result<()> {
    let said = |name: &str| row.view.get(name).and_then(Value::as_u64).unwrap_or(0);
    let programme = tx.programme(&tx.shelf_of(row.shelf)?.programme);
    let rules = programme.as_deref().and_then(|programme| programme.emergency.as_ref());
    let most = rules.map_or(LONGEST_HOURS, |rules| u64::from(rules.open_hours)) * HOUR_MS;
    let from_ms = moment_of(row, access::FROM_MS, said(access::FROM_MS));
    let lasts = said(access::UNTIL_MS).saturating_sub(said(access::FROM_MS)).min(most);
    tx.db
        .prepare_cached("INSERT OR REPLACE INTO access (no, shelf, person, from_ms, until_ms) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute((
            row.no,
            row.shelf,
            row.view.text(field::BY).unwrap_or_default(),
            from_ms,
            from_ms.saturating_add(lasts),
        ))?;
    Ok(())
}

pub(crate) fn forget_access(tx: &Tx<'_>, no: i64) -> Result<()> {
    tx.db.prepare_cached("DELETE FROM access WHERE no = ?1")?.execute([no])?;
    Ok(())
}

/// A photo of a way in whose small picture is not here yet, but for those in `tried`.
pub(crate) fn missing_photo(db: &rusqlite::Connection, tried: &[String]) -> Result<Option<String>> {
    let mut statement = db.prepare_cached(
        "SELECT DISTINCT photo FROM beacon WHERE photo <> '' AND photo NOT IN (SELECT hash FROM thumbnail) \
         AND photo NOT IN (SELECT hash FROM photo) ORDER BY photo",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let hash: String = row.get(0)?;
        if crate::photo::is_hash(&hash) && !tried.contains(&hash) {
            return Ok(Some(hash));
        }
    }
    Ok(None)
}

/// The moment until which a person has the view open; `None` if it is not.
pub(crate) fn open_until(db: &rusqlite::Connection, person: &str, now_ms: u64) -> Result<Option<u64>> {
    // Begun in the future: the clock was set forward, and no word of it is believed.
    let until: Option<Option<u64>> = db
        .prepare_cached(
            "SELECT max(until_ms) FROM access WHERE person = ?1 AND until_ms > ?2 AND from_ms <= ?2 + ?3",
        )?
        .query_row((person, now_ms, CLOCK_SLIP_MS), |row| row.get(0))
        .optional()?;
    Ok(until.flatten())
}

/// How far a corrected clock may fall behind what it said before.
const CLOCK_SLIP_MS: u64 = 10 * 60 * 1_000;
