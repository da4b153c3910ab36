//! The registry as forms see it: rows looked up by an index, and what a filled form writes to other subjects.

use super::Caller;
use super::columns;
use super::found;
use super::list;
use crate::error::Result;
use crate::row::{self, Row};
use crate::{Store, project};
use domain::access::Role;
use domain::api::{Registry, RegistryChange, RegistryRow};
use domain::change::{Change, Value, Values, field, kind};
use domain::code;
use domain::ids::{RecordId, Seq};
use domain::problem::{Code, Problem};
use domain::programme::{FieldType, Programme};
use domain::text;
use std::collections::BTreeSet;
use std::sync::Arc;

/// How forms call the registry of their own programme.
const OWN: &str = "registry";
/// A row's id, its heading, its codes, its place and its zone, as forms call them.
pub(super) const NAME: &str = "name";
const LABEL: &str = "label";
const CODE: &str = "code";
const GEOMETRY: &str = "geometry";
const ZONE: &str = "zone";

/// The rows that a form asks for.
pub(super) fn rows(store: &mut Store, caller: &Caller<'_>, ask: &Registry) -> Result<Vec<RegistryRow>> {
    let Some(programme) = list::visible(store, caller, Some(&ask.programme)).pop() else {
        return Ok(Vec::new());
    };
    let equals = ask.equals.as_ref().map(as_kept);
    let zone = equals.as_ref().filter(|(column, _)| column == ZONE).map(|(_, zone)| zone.as_str());
    let shelves: BTreeSet<i64> =
        list::shelves(store, caller, &programme.id, zone)?.into_iter().map(|(no, _)| no).collect();
    let mut found = Vec::new();
    for no in candidates(store, &programme, &shelves, equals.as_ref())? {
        let Some(row) = row::load_no(&store.db, no)? else { continue };
        if row.kind != kind::SUBJECT || !row.view.is_alive() || !shelves.contains(&row.shelf) {
            continue;
        }
        let columns = all_columns(store, caller, &programme, &row)?;
        let wanted = |(column, value): &(String, String)| match column.as_str() {
            // Any of them, not only the first.
            CODE => row.view.elements(field::CODES).any(|code| code == value),
            column => columns.get(column).is_some_and(|found| found == value),
        };
        if equals.as_ref().is_none_or(wanted) {
            found.push(columns);
        }
        // One more than is offered says that there are more.
        if found.len() > Registry::MOST {
            break;
        }
    }
    Ok(found)
}

/// A condition as the registry holds its value: a code is the bare code, also where somebody scanned the whole label or
/// typed it in groups and small letters.
fn as_kept((column, value): &(String, String)) -> (String, String) {
    let value = if column == CODE { code::bare(value) } else { value.clone() };
    (column.clone(), value)
}

/// Numbers of the records among which the wanted rows are.
fn candidates(
    store: &mut Store,
    programme: &Programme,
    shelves: &BTreeSet<i64>,
    equals: Option<&(String, String)>,
) -> Result<Vec<i64>> {
    let shelves = list::sql_list(shelves.iter().copied());
    let mut numbers = Vec::new();
    match equals {
        Some((column, value)) if column == NAME => {
            let id: Option<RecordId> = value.parse().ok();
            numbers.extend(id.map(|id| row::load(&store.db, id)).transpose()?.flatten().map(|row| row.no));
        }
        Some((column, value)) if column == CODE => {
            found::collect(store, "SELECT subject FROM code WHERE code = ?1", [value], &mut numbers)?;
        }
        Some((column, value)) if column != ZONE => {
            let threes = match programme.subject.search.contains(column) {
                true => found::trigrams(&text::search_key(value)),
                false => String::new(),
            };
            if threes.is_empty() {
                return columns::among(store, programme, column, value);
            }
            let sql = format!(
                "SELECT subject.no FROM subject_search JOIN subject ON subject.no = subject_search.rowid \
                 WHERE subject_search MATCH ?1 AND instr(subject.search_key, ?2) > 0 AND shelf IN ({shelves}) \
                 ORDER BY shelf, sort_key, no"
            );
            found::collect(store, &sql, (threes, text::search_key(value)), &mut numbers)?;
        }
        // All there are, or all of the zone, which is what the shelves are of.
        _ => {
            let sql =
                format!("SELECT no FROM subject WHERE shelf IN ({shelves}) ORDER BY shelf, sort_key, no");
            found::collect(store, &sql, [], &mut numbers)?;
        }
    }
    Ok(numbers)
}

/// A subject as a row of a table, with what the caller may read of it.
fn all_columns(store: &Store, caller: &Caller<'_>, programme: &Programme, row: &Row) -> Result<RegistryRow> {
    let worker = caller.grant.role == Role::Worker;
    let mut columns = RegistryRow::new();
    for known in programme.subject.fields.iter().filter(|field| !(worker && field.office_only)) {
        columns.extend(of_field(programme, row, &known.id).map(|text| (known.id.clone(), text)));
    }
    for name in [GEOMETRY, CODE, ZONE, LABEL, NAME] {
        columns.extend(of_every_row(store, programme, row, name)?.map(|text| (name.to_owned(), text)));
    }
    Ok(columns)
}

/// The text that a subject has in a column, whoever may read it; `None` where there is none.
pub(super) fn column(store: &Store, programme: &Programme, row: &Row, name: &str) -> Result<Option<String>> {
    Ok(of_every_row(store, programme, row, name)?.or_else(|| of_field(programme, row, name)))
}

/// A column that every registry has. A field of ours may be called so, too, and forms mean these.
fn of_every_row(store: &Store, programme: &Programme, row: &Row, name: &str) -> Result<Option<String>> {
    Ok(match name {
        NAME => Some(row.id.to_string()),
        LABEL => Some(list::heading(store, &programme.id, row)),
        ZONE => Some(row::shelf_of(&store.db, row.shelf)?.zone),
        CODE => row.view.elements(field::CODES).next().map(str::to_owned),
        GEOMETRY => project::number(row.view.get(field::LAT))
            .zip(project::number(row.view.get(field::LON)))
            .map(|(lat, lon)| format!("{lat} {lon} 0 0")),
        _ => None,
    })
}

/// A column that is a field of the programme's subjects.
fn of_field(programme: &Programme, row: &Row, name: &str) -> Option<String> {
    programme.field(name).map(|_| row.view.get(name).map(project::plain).unwrap_or_default())
}

/// Adds to a visit's commit what its form writes to other subjects. `zone` is where the visit is.
///
/// Errors: `form_missing` for a list that is no programme here; `not_found` for a subject that is not there for this person.
pub(super) fn add_changes(
    store: &mut Store,
    caller: &Caller<'_>,
    own: &Arc<Programme>,
    zone: Option<&str>,
    asked: Vec<RegistryChange>,
    changes: &mut Vec<Change>,
) -> Result<()> {
    for change in asked {
        let programme = match change.list.as_str() {
            OWN => Arc::clone(own),
            id => store.programmes.get(id).cloned().ok_or(Code::FormMissing)?,
        };
        let mut properties = change.properties;
        let new_zone = properties.remove("zone").filter(|zone| !zone.is_empty());
        let mut values: Values =
            properties.iter().filter_map(|(name, text)| value(&programme, name, text)).collect();
        if let Some(place) = properties.get(GEOMETRY) {
            let numbers: Vec<f64> = place.split_whitespace().filter_map(|part| part.parse().ok()).collect();
            if let [lat, lon, ..] = numbers.as_slice() {
                values
                    .extend([(field::LAT.to_owned(), (*lat).into()), (field::LON.to_owned(), (*lon).into())]);
            }
        }
        match change.subject {
            Some(id) => {
                let (row, _) = list::subject(store, caller, id)?;
                values.retain(|name, value| row.view.get(name).unwrap_or(&Value::Null) != value);
                if values.is_empty() {
                    continue;
                }
                match changes.iter_mut().find(|known| known.id == id) {
                    Some(known) => known.cells.extend(values),
                    None => changes.push(Change {
                        id,
                        kind: kind::SUBJECT.to_owned(),
                        base_seq: row.seq,
                        cells: values,
                    }),
                }
            }
            None => {
                values.retain(|_, value| !value.is_null());
                if let [only] = programme.subject.heading.as_slice()
                    && !change.label.is_empty()
                    && !values.contains_key(only)
                {
                    values.insert(only.clone(), change.label.into());
                }
                let zone = new_zone.as_deref().or(zone);
                let zone = zone.ok_or_else(|| Problem::new(Code::FormIncomplete).about("zone"))?;
                values.insert(field::PROGRAMME.to_owned(), programme.id.clone().into());
                values.insert(field::ZONE.to_owned(), zone.into());
                let id = store.new_record_id(caller.now.ms);
                let kind = kind::SUBJECT.to_owned();
                changes.push(Change { id, kind, base_seq: Seq(0), cells: values });
            }
        }
    }
    Ok(())
}

/// A property as a field of the registry holds it; `None` for what is no field there.
fn value(programme: &Programme, name: &str, text: &str) -> Option<(String, Value)> {
    let field = programme.field(name)?;
    let value = match field.kind {
        _ if text.is_empty() => Value::Null,
        FieldType::Integer => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
        FieldType::Decimal => text.parse::<f64>().map_or_else(|_| text.into(), Value::from),
        FieldType::Bool => matches!(text, "true" | "1" | "yes").into(),
        _ => text.into(),
    };
    Some((name.to_owned(), value))
}
