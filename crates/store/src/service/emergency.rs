//! The emergency view: opened with a reason, for two hours; who is near, whoever must be fetched first on top; what the
//! teams found. A phone answers all of it without signal.

use super::{Caller, counts, found, list, watch};
use crate::emergency::{LEAST_REASON, moment_of, open_until};
use crate::error::{Error, Optional, Result};
use crate::row::{self, Row};
use crate::{Kind, NewCommit, Store, meta, project};
use domain::access::{self, Action};
use domain::api::{
    AccessRow, EmergencyPlaces, EmergencyReply, EmergencyState, MarkRescue, OpenEmergency, PlaceRow, Rescue,
    RescueReply, RescueRow, Saved, Search,
};
use domain::change::{Change, Values, field, kind};
use domain::ids::{Seq, Shelf};
use domain::place;
use domain::problem::{Code, Problem};
use domain::programme::emergency::{Fate, Mark, access as access_cells, beacon};
use domain::programme::{Emergency, Programme};
use domain::text;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Most people of one answer.
const ROWS: usize = 300;
/// Most other places of one answer.
const AROUND: usize = 400;
/// Places offered for an address.
const PLACES: u32 = 20;
/// For how long an access that is over is still told of.
const TOLD_MS: u64 = 24 * 3_600_000;

/// The time that reasons and marks are measured by: the device's, corrected by what the server last said.
fn clock(store: &Store, caller: &Caller<'_>) -> Result<u64> {
    let skew: i64 = meta::get_parsed(&store.db, meta::SKEW)?.unwrap_or(0);
    Ok(caller.now.ms.saturating_add_signed(skew))
}

/// The programmes whose emergency shelf the caller reaches, with the number of that shelf, if anything was ever on it.
fn open_to(store: &Store, caller: &Caller<'_>) -> Result<Vec<(Arc<Programme>, Option<i64>)>> {
    let mut all = Vec::new();
    for programme in store.programmes.values().filter(|programme| programme.emergency.is_some()) {
        let shelf = Shelf::emergency(&*programme.id);
        // A device knows what it was given: one that holds nobody does not say that nobody is there.
        let is_here = store.kind == Kind::Server || caller.grant.shelves.contains(&shelf);
        if is_here && access::may(caller.grant, Action::Read(&shelf)).is_ok() {
            all.push((Arc::clone(programme), row::find_shelf(&store.db, &shelf)?));
        }
    }
    Ok(all)
}

fn sql_list(programmes: &[(Arc<Programme>, Option<i64>)]) -> String {
    list::sql_list(programmes.iter().filter_map(|(_, shelf)| *shelf))
}

pub(super) fn state(store: &Store, caller: &Caller<'_>, _: &EmergencyState) -> Result<EmergencyReply> {
    let now_ms = clock(store, caller)?;
    let programmes = open_to(store, caller)?;
    if programmes.is_empty() {
        return Ok(EmergencyReply::default());
    }
    let shelves = sql_list(&programmes);
    let (people, unplaced) = store.db.query_row(
        &format!("SELECT count(*), coalesce(sum(placed = 0), 0) FROM beacon WHERE shelf IN ({shelves})"),
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let middle: Option<(f64, f64)> = store.db.query_row(
        &format!(
            "SELECT avg((south + north) / 2), avg((west + east) / 2) FROM beacon_place \
             CROSS JOIN beacon ON beacon.no = beacon_place.no WHERE shelf IN ({shelves})"
        ),
        [],
        |row| Ok(row.get::<_, Option<f64>>(0)?.zip(row.get::<_, Option<f64>>(1)?)),
    )?;
    let mut statement = store.db.prepare(&format!(
        "SELECT no, from_ms, until_ms FROM access WHERE shelf IN ({shelves}) AND until_ms > ?1 ORDER BY from_ms DESC, no DESC LIMIT 50"
    ))?;
    let mut rows = statement.query([now_ms.saturating_sub(TOLD_MS)])?;
    let mut accesses: Vec<AccessRow> = Vec::new();
    while let Some(found) = rows.next()? {
        let Some(row) = row::load_no(&store.db, found.get(0)?)? else { continue };
        let told = |name: &str| row.view.text(name).unwrap_or_default().to_owned();
        let access = AccessRow {
            id: row.id,
            by: told(field::BY),
            reason: told(access_cells::REASON),
            from_ms: found.get(1)?,
            until_ms: found.get(2)?,
        };
        // One reason opens every programme that has such a view.
        if !accesses.iter().any(|other| (&other.by, other.from_ms) == (&access.by, access.from_ms)) {
            accesses.push(access);
        }
    }
    let until_ms = open_until(&store.db, &caller.grant.person, now_ms)?;
    let left_ms = until_ms.map_or(0, |until| until.saturating_sub(now_ms));
    Ok(EmergencyReply { may: true, until_ms, left_ms, people, unplaced, middle, accesses })
}

pub(super) fn open(store: &mut Store, caller: &Caller<'_>, ask: &OpenEmergency) -> Result<EmergencyReply> {
    let programmes = open_to(store, caller)?;
    if programmes.is_empty() {
        return Err(Code::Forbidden.into());
    }
    let reason = text::collapse_spaces(ask.reason.trim());
    if reason.chars().count() < LEAST_REASON {
        return Err(Problem::new(Code::EmergencyShut).about("reason").into());
    }
    let from_ms = clock(store, caller)?;
    let mut changes = Vec::new();
    for (programme, _) in &programmes {
        let hours = programme.emergency.as_ref().map_or(2, |rules| rules.open_hours);
        let cells = Values::from([
            (field::PROGRAMME.to_owned(), programme.id.clone().into()),
            (field::BY.to_owned(), caller.grant.person.clone().into()),
            (access_cells::REASON.to_owned(), reason.clone().into()),
            (access_cells::FROM_MS.to_owned(), from_ms.into()),
            (access_cells::UNTIL_MS.to_owned(), (from_ms + u64::from(hours) * 3_600_000).into()),
        ]);
        let id = store.new_record_id(caller.now.ms);
        changes.push(Change { id, kind: kind::ACCESS.to_owned(), base_seq: Seq(0), cells });
    }
    let new = NewCommit { place: ask.place, reason: Some(reason), changes, finishes: None };
    store.save(caller.grant, caller.now, new)?;
    state(store, caller, &EmergencyState {})
}

/// The moment until which the caller has the view open.
fn opened(store: &Store, caller: &Caller<'_>) -> Result<u64> {
    let now_ms = clock(store, caller)?;
    open_until(&store.db, &caller.grant.person, now_ms)?.ok_or_else(|| Code::EmergencyShut.into())
}

pub(super) fn rescue(store: &mut Store, caller: &Caller<'_>, ask: &Rescue) -> Result<RescueReply> {
    let until_ms = opened(store, caller)?;
    let now_ms = clock(store, caller)?;
    let centre = (ask.lat, ask.lon);
    let radius = ask.radius_m.clamp(20.0, 5_000.0);
    let programmes = open_to(store, caller)?;
    let shelves = sql_list(&programmes);
    let (south, west, north, east) = place::around(centre, radius);
    let (sql, bounds) = if ask.unplaced {
        let sql = "SELECT no FROM beacon WHERE placed = 0 AND ?1 = ?1 AND ?2 = ?2 AND ?3 = ?3 AND ?4 = ?4";
        (format!("{sql} AND shelf IN ({shelves})"), (0.0, 0.0, 0.0, 0.0))
    } else {
        let sql = "SELECT beacon.no FROM beacon_place CROSS JOIN beacon ON beacon.no = beacon_place.no \
                   WHERE north >= ?1 AND south <= ?3 AND east >= ?2 AND west <= ?4";
        (format!("{sql} AND shelf IN ({shelves})"), (south, west, north, east))
    };
    let mut rows = Vec::new();
    {
        let mut statement = store.db.prepare_cached(&sql)?;
        let mut found = statement.query(bounds)?;
        while let Some(no) = found.next()? {
            let Some(row) = row::load_no(&store.db, no.get(0)?)? else { continue };
            let named = row.view.text(field::PROGRAMME).unwrap_or_default();
            let Some((programme, _)) = programmes.iter().find(|(programme, _)| programme.id == named) else {
                continue;
            };
            let Some(rules) = programme.emergency.as_ref() else { continue };
            let row = rescue_row(store, programme, rules, &row, centre, now_ms);
            // The index keeps 32-bit numbers; the record knows better.
            if ask.unplaced || row.distance_m.is_some_and(|distance| distance <= radius) {
                rows.push(row);
            }
        }
    }
    rows.sort_by(|a, b| {
        let far = |row: &RescueRow| row.distance_m.unwrap_or(f64::MAX);
        Emergency::comes_before(&a.reasons, &b.reasons)
            .then(far(a).total_cmp(&far(b)))
            .then_with(|| a.heading.cmp(&b.heading))
    });
    rows.truncate(ROWS);
    if store.kind == Kind::Server {
        // Where was looked and how many were shown: who they were follows from it. No name, no address.
        let about = format!("{:.5},{:.5} {radius:.0} m: {}", ask.lat, ask.lon, rows.len());
        note_look(store, caller, &about)?;
    }
    let around = if ask.unplaced { Vec::new() } else { places_around(store, caller, centre, radius * 1.5)? };
    Ok(RescueReply { until_ms, rows, around })
}

/// Notes a look, once for as long as nobody looks elsewhere: an open page asks again every few seconds.
fn note_look(store: &mut Store, caller: &Caller<'_>, about: &str) -> Result<()> {
    const WHAT: &str = "emergency viewed";
    let last: Option<String> = store
        .db
        .prepare_cached(
            "SELECT about FROM (SELECT no, who, what, about FROM audit ORDER BY no DESC LIMIT 200) \
             WHERE who = ?1 AND what = ?2 ORDER BY no DESC LIMIT 1",
        )?
        .query_row((&caller.grant.person, WHAT), |row| row.get(0))
        .optional()?;
    if last.as_deref() == Some(about) {
        return Ok(());
    }
    store.note_audit(&caller.grant.person, WHAT, about, caller.now.ms)
}

fn rescue_row(
    store: &Store,
    programme: &Programme,
    rules: &Emergency,
    row: &Row,
    centre: (f64, f64),
    now_ms: u64,
) -> RescueRow {
    let view = &row.view;
    let values = view.values();
    let place = project::number(view.get(field::LAT)).zip(project::number(view.get(field::LON)));
    let mark: Option<Mark> =
        view.get(beacon::MARK).cloned().and_then(|mark| serde_json::from_value(mark).ok());
    // A team that writes the year 2100 must not leave somebody behind as fetched for ever.
    let mark = mark.map(|mark| Mark { at_ms: moment_of(row, beacon::MARK, mark.at_ms), ..mark });
    let counts_until = |at_ms: u64| at_ms.saturating_add(u64::from(rules.mark_hours) * 3_600_000);
    let shown = rules.fields(programme);
    RescueRow {
        id: row.id,
        programme: programme.id.clone(),
        heading: list::heading(store, &programme.id, row),
        reasons: rules.reasons(&values),
        distance_m: place.map(|place| place::metres(centre, place)),
        place,
        photo: view.text(beacon::ENTRANCE).filter(|hash| !hash.is_empty()).map(str::to_owned),
        mark: mark.filter(|mark| mark.fate != Fate::Open && counts_until(mark.at_ms) > now_ms),
        waits: row.synced.is_some(),
        values: values.into_iter().filter(|(name, _)| shown.contains(name.as_str())).collect(),
    }
}

/// Other places that the caller knows anyway: dots to find one's way by.
fn places_around(
    store: &Store,
    caller: &Caller<'_>,
    centre: (f64, f64),
    radius: f64,
) -> Result<Vec<(f64, f64)>> {
    let mut shelves = Vec::new();
    for programme in list::visible(store, caller, None) {
        shelves.extend(list::shelves(store, caller, &programme.id, None)?.into_iter().map(|(no, _)| no));
    }
    let (south, west, north, east) = place::around(centre, radius);
    let sql = format!(
        "SELECT (south + north) / 2, (west + east) / 2 FROM subject_place \
         CROSS JOIN subject ON subject.no = subject_place.no \
         WHERE north >= ?1 AND south <= ?3 AND east >= ?2 AND west <= ?4 AND shelf IN ({}) LIMIT ?5",
        list::sql_list(shelves.into_iter())
    );
    let mut statement = store.db.prepare_cached(&sql)?;
    let found = statement.query_map((south, west, north, east, AROUND), |row| {
        Ok((row.get::<_, f64>(0)?, row.get::<_, f64>(1)?))
    })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// Places by what is written on a gate: of the people that may be looked for, and of whatever else the caller sees.
pub(super) fn places(store: &mut Store, caller: &Caller<'_>, ask: &EmergencyPlaces) -> Result<Vec<PlaceRow>> {
    opened(store, caller)?;
    for name in text::names_to_try(&ask.text) {
        let found = places_of(store, caller, name)?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

fn places_of(store: &mut Store, caller: &Caller<'_>, asked: &str) -> Result<Vec<PlaceRow>> {
    let key = text::search_key(asked);
    if key.is_empty() {
        return Ok(Vec::new());
    }
    let programmes = open_to(store, caller)?;
    let (mut all, mut shown) = (Vec::new(), BTreeSet::new());
    {
        let mut statement = store.db.prepare(&format!(
            "SELECT no FROM beacon WHERE instr(search_key, ?1) > 0 AND placed = 1 AND shelf IN ({}) ORDER BY no LIMIT ?2",
            sql_list(&programmes)
        ))?;
        let mut rows = statement.query((&key, PLACES))?;
        while let Some(no) = rows.next()? {
            let Some(row) = row::load_no(&store.db, no.get(0)?)? else { continue };
            let programme = row.view.text(field::PROGRAMME).unwrap_or_default().to_owned();
            let place =
                project::number(row.view.get(field::LAT)).zip(project::number(row.view.get(field::LON)));
            let Some((lat, lon)) = place else { continue };
            let words = |name: &str| row.view.get(name).map(project::plain).unwrap_or_default();
            let title = format!("{} {}", list::heading(store, &programme, &row), words("address"));
            shown.insert(row.id);
            all.push(PlaceRow { title: text::collapse_spaces(&title), programme, lat, lon });
        }
    }
    let ask = Search {
        text: asked.to_owned(),
        programme: None,
        today: caller.now.day().to_string(),
        limit: PLACES,
    };
    for row in found::search(store, caller, &ask)? {
        let Some((lat, lon)) = row.place else { continue };
        let near = |other: &PlaceRow| place::metres((other.lat, other.lon), (lat, lon)) < 1.0;
        if !all.iter().any(near) {
            let title = text::collapse_spaces(&format!("{} {}", row.heading, row.second_line));
            shown.insert(row.id);
            all.push(PlaceRow { title, programme: row.programme, lat, lon });
        }
    }
    all.truncate(PLACES as usize);
    // How many were shown, and not what was searched for.
    watch::note_shown(store, caller, "emergency places viewed", "", shown)?;
    Ok(all)
}

pub(super) fn mark(store: &mut Store, caller: &Caller<'_>, ask: MarkRescue) -> Result<Saved> {
    opened(store, caller)?;
    let row = row::load(&store.db, ask.id)?
        .filter(|row| row.kind == kind::BEACON && project::subject_of(&row.view).is_some())
        .ok_or(Error::NotFound)?;
    let shelf = row::shelf_of(&store.db, row.shelf)?;
    access::may(caller.grant, Action::Read(&shelf)).map_err(|_| Error::NotFound)?;
    let mark = Mark {
        fate: ask.fate,
        note: text::collapse_spaces(ask.note.trim()).chars().take(200).collect(),
        by: caller.grant.person.clone(),
        at_ms: clock(store, caller)?,
    };
    let cells = Values::from([(beacon::MARK.to_owned(), serde_json::to_value(&mark)?)]);
    let changes = vec![Change { id: row.id, kind: kind::BEACON.to_owned(), base_seq: row.seq, cells }];
    store.save(caller.grant, caller.now, NewCommit { place: ask.place, changes, ..NewCommit::default() })?;
    Ok(Saved { record: row.id, subject: None, counts: counts(store)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Now;
    use domain::access::{Grant, Role};
    use domain::api::Ask;
    use domain::programme::emergency::RankRule;
    use domain::programme::{FieldKind, SubjectKind};

    const NOW: u64 = 1_795_233_600_000;

    fn server() -> (Store, Grant) {
        let mut seed = 0u8;
        let entropy = Box::new(move |bytes: &mut [u8]| {
            for byte in bytes {
                seed = seed.wrapping_add(1);
                *byte = seed;
            }
        });
        let mut store = Store::in_memory(Kind::Server, entropy).unwrap();
        let field = |id: &str| FieldKind { id: id.into(), ..Default::default() };
        let programme = Programme {
            id: "help".into(),
            version: 1,
            subject: SubjectKind {
                fields: ["name", "group", "secret"].map(field).into(),
                heading: vec!["name".into()],
                ..Default::default()
            },
            emergency: Some(Emergency {
                rank: vec![RankRule {
                    when: [("group".to_owned(), vec!["4".to_owned()])].into(),
                    ..Default::default()
                }],
                open_hours: 2,
                mark_hours: 24,
                ..Default::default()
            }),
            ..Default::default()
        };
        store.define_programme(&programme, NOW).unwrap();
        let cells = |values: serde_json::Value| serde_json::from_value(values).unwrap();
        let person = Change {
            id: domain::ids::RecordId::derived("test", &[]),
            kind: kind::SUBJECT.to_owned(),
            base_seq: Seq(0),
            cells: cells(
                serde_json::json!({"programme": "help", "zone": "Z", "name": "ก", "secret": "ลับ", "lat": 13.0, "lon": 100.0}),
            ),
        };
        store.import("test", vec![person], NOW).unwrap();
        let grant =
            Grant {
                person: "ผจก".into(), role: Role::Supervisor, shelves: vec![Shelf::new("help", "Z")]
            };
        (store, grant)
    }

    fn ask<A: Ask>(store: &mut Store, grant: &Grant, ask: A) -> std::result::Result<A::Reply, Problem> {
        crate::service::serve(store, Some(grant), Now::thai(NOW), ask.wrap()).and_then(A::unwrap)
    }

    fn audit(store: &Store) -> Vec<(String, String)> {
        let mut statement =
            store.db.prepare("SELECT who, what FROM audit WHERE what LIKE 'emergency%' ORDER BY no").unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(|row| row.unwrap()).collect()
    }

    #[test]
    fn every_opening_and_every_other_place_that_is_looked_at_is_in_the_audit() {
        let (mut store, grant) = server();
        let near = |lat| Rescue { lat, lon: 100.0, radius_m: 300.0, unplaced: false };
        assert_eq!(ask(&mut store, &grant, near(13.0)).unwrap_err().code, Code::EmergencyShut);
        assert!(audit(&store).is_empty());
        let reason = || OpenEmergency { reason: "ไฟไหม้".into(), place: None };
        ask(&mut store, &grant, reason()).unwrap();
        for lat in [13.0, 13.0, 13.0, 13.5] {
            ask(&mut store, &grant, near(lat)).unwrap();
        }
        let opened = ("ผจก".to_owned(), "emergency opened".to_owned());
        let viewed = ("ผจก".to_owned(), "emergency viewed".to_owned());
        assert_eq!(audit(&store), [opened, viewed.clone(), viewed]);
        assert_eq!(store.first_broken_audit_row().unwrap(), None);
    }

    #[test]
    fn a_programme_that_takes_the_view_away_empties_what_was_told() {
        let (mut store, grant) = server();
        let count = |store: &Store| -> u64 {
            store.db.query_row("SELECT count(*) FROM beacon", [], |row| row.get(0)).unwrap()
        };
        assert_eq!(count(&store), 1);
        let mut programme = (**store.programmes().get("help").unwrap()).clone();
        programme.version = 2;
        let rules = programme.emergency.take();
        store.define_programme(&programme, NOW).unwrap();
        assert_eq!(count(&store), 0);
        assert!(!ask(&mut store, &grant, EmergencyState {}).unwrap().may);
        programme.version = 3;
        programme.emergency = rules;
        store.define_programme(&programme, NOW).unwrap();
        assert_eq!(count(&store), 1);
        assert_eq!(store.verify().unwrap(), []);
    }
}
