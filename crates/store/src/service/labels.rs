//! The subjects whose labels the office prints.

use super::{Caller, list};
use crate::error::Result;
use crate::labels::Labelled;
use crate::row::{self, Row};
use crate::{Now, Store, project};
use domain::access::Grant;
use domain::api::LabelChoice;
use domain::change::field;
use domain::code::{self, Scanned};
use std::collections::BTreeMap;

/// Most subjects of a hand-made selection.
const SELECTION: usize = 2_000;

pub(crate) fn labelled(
    store: &Store,
    grant: &Grant,
    now: Now,
    choice: &LabelChoice,
) -> Result<Vec<Labelled>> {
    let caller = &Caller { grant, now };
    let mut rows = Vec::new();
    match choice {
        LabelChoice::Zone { programme, zone } => {
            for programme in list::visible(store, caller, Some(programme)) {
                let shelves = list::shelves(store, caller, &programme.id, zone.as_deref())?;
                rows.extend(subjects_on(store, &list::sql_list(shelves.iter().map(|(no, _)| *no)))?);
            }
        }
        LabelChoice::Subjects(ids) => {
            for id in ids.iter().take(SELECTION) {
                rows.push(list::subject(store, caller, *id)?.0);
            }
        }
        LabelChoice::Blank { .. } => {}
    }
    let mut titles: BTreeMap<i64, (String, String)> = BTreeMap::new();
    rows.into_iter().map(|row| one(store, caller, row, &mut titles)).collect()
}

fn subjects_on(store: &Store, shelves: &str) -> Result<Vec<Row>> {
    let sql = format!("SELECT no FROM subject WHERE shelf IN ({shelves}) ORDER BY shelf, sort_key, no");
    let mut statement = store.db.prepare(&sql)?;
    let mut found = statement.query(())?;
    let mut rows = Vec::new();
    while let Some(no) = found.next()? {
        rows.extend(row::load_no(&store.db, no.get(0)?)?);
    }
    Ok(rows)
}

fn one(
    store: &Store,
    caller: &Caller<'_>,
    row: Row,
    titles: &mut BTreeMap<i64, (String, String)>,
) -> Result<Labelled> {
    let (programme, zone_title) = match titles.get(&row.shelf) {
        Some(known) => known.clone(),
        None => {
            let shelf = row::shelf_of(&store.db, row.shelf)?;
            let zones = list::zones(store, caller, &shelf.programme)?;
            let title = zones.into_iter().find(|zone| zone.zone == shelf.zone);
            let named = (shelf.programme, title.map_or(shelf.zone, |zone| zone.title));
            titles.insert(row.shelf, named.clone());
            named
        }
    };
    let ours = |code: &str| matches!(code::read(code), Ok(Scanned::Ours { .. }));
    let bound_at = |code: &str| row.view.cells.get(&format!("{}{code}", field::CODES)).map(|cell| cell.stamp);
    let code = row.view.elements(field::CODES).filter(|code| ours(code)).max_by_key(|code| bound_at(code));
    Ok(Labelled {
        subject: row.id,
        programme,
        zone_title,
        order: row.view.get(field::ORDER).map(project::plain).unwrap_or_default(),
        code: code.map(str::to_owned),
        values: row.view.values(),
    })
}
