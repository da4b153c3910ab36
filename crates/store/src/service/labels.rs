//! The subjects whose labels the office prints.

use super::{Caller, list};
use crate::error::{Error, Result};
use crate::labels::{Chosen, Labelled};
use crate::row::{self, Row};
use crate::{Now, Store, project};
use domain::access::Grant;
use domain::api::{LABELS_MAX, LabelChoice};
use domain::change::field;
use domain::code::{self, Scanned};
use domain::ids::RecordId;
use domain::problem::Code;
use std::collections::BTreeMap;

pub(crate) fn choose_labels(
    store: &Store,
    grant: &Grant,
    now: Now,
    choice: &LabelChoice,
) -> Result<Vec<Chosen>> {
    let caller = &Caller { grant, now };
    let mut chosen = Vec::new();
    match choice {
        LabelChoice::Zone { programme, zone, without_code } => {
            for programme in list::visible(store, caller, Some(programme)) {
                let shelves = list::shelves(store, caller, &programme.id, zone.as_deref())?;
                chosen.extend(subjects_on(store, &list::sql_list(shelves.iter().map(|(no, _)| *no)))?);
            }
            chosen.retain(|one| !(*without_code && one.has_code));
        }
        LabelChoice::Subjects(ids) if ids.len() > LABELS_MAX => return Err(Code::TooManyLabels.into()),
        LabelChoice::Subjects(ids) => {
            for id in ids {
                let (row, _) = list::subject(store, caller, *id)?;
                let has_code = row.view.elements(field::CODES).any(is_ours);
                chosen.push(Chosen { subject: *id, has_code });
            }
        }
        LabelChoice::Blank { .. } => {}
    }
    Ok(chosen)
}

pub(crate) fn labelled(
    store: &Store,
    grant: &Grant,
    now: Now,
    subjects: &[RecordId],
) -> Result<Vec<Labelled>> {
    let caller = &Caller { grant, now };
    let mut titles: BTreeMap<i64, (String, String)> = BTreeMap::new();
    let mut labelled = Vec::new();
    for id in subjects {
        match list::subject(store, caller, *id) {
            Ok((row, _)) => labelled.push(one(store, caller, row, &mut titles)?),
            Err(Error::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(labelled)
}

fn is_ours(code: &str) -> bool {
    matches!(code::read(code), Ok(Scanned::Ours { .. }))
}

fn subjects_on(store: &Store, shelves: &str) -> Result<Vec<Chosen>> {
    // No code holds the end of a line.
    let sql = format!(
        "SELECT record.id, (SELECT group_concat(code, char(10)) FROM code WHERE code.subject = subject.no) \
         FROM subject JOIN record ON record.no = subject.no WHERE subject.shelf IN ({shelves}) \
         ORDER BY subject.shelf, sort_key, subject.no"
    );
    let mut statement = store.db.prepare(&sql)?;
    let mut found = statement.query(())?;
    let mut chosen = Vec::new();
    while let Some(row) = found.next()? {
        let codes: Option<String> = row.get(1)?;
        let has_code = codes.is_some_and(|codes| codes.split('\n').any(is_ours));
        chosen.push(Chosen { subject: row::id_of(row.get(0)?), has_code });
    }
    Ok(chosen)
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
    let bound_at = |code: &str| row.view.cells.get(&format!("{}{code}", field::CODES)).map(|cell| cell.stamp);
    let code = row.view.elements(field::CODES).filter(|code| is_ours(code)).max_by_key(|code| bound_at(code));
    Ok(Labelled {
        subject: row.id,
        programme,
        zone_title,
        order: row.view.get(field::ORDER).map(project::plain).unwrap_or_default(),
        code: code.map(str::to_owned),
        values: row.view.values(),
    })
}
