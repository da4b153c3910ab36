//! What a visit that is saved brings about beside itself: what it writes to its subject, the orders it opens, its bill.

use super::Caller;
use crate::error::Result;
use crate::ledger::{Issued, Visited};
use crate::row;
use crate::{Store, orders, project, rebill};
use domain::change::{Change, Value, Values, field};
use domain::ids::RecordId;
use domain::programme::{DONE, FieldType, Programme};
use domain::thai_date;
use std::collections::BTreeMap;

/// What a visit's answers open, by the rules of the programme: changes of the same commit. Of a correction, what the visit
/// before did not open already.
pub(super) fn opened_orders(
    store: &mut Store,
    caller: &Caller<'_>,
    (programme, form): (&Programme, &str),
    subject: RecordId,
    (visit, answers, before): (RecordId, &Values, Option<&Values>),
    photos: &[String],
) -> Result<Vec<Change>> {
    let mut changes = Vec::new();
    for kind in &programme.orders {
        let opens = |answers: &Values| kind.opening(form, |question| orders::chosen(answers.get(question)));
        let Some(mut opening) = opens(answers) else { continue };
        if let Some(before) = before.and_then(opens) {
            let is_worse = kind.rank(&opening.severity) < kind.rank(&before.severity);
            opening.topics.retain(|topic| is_worse || !before.topics.contains(topic));
            if opening.topics.is_empty() && !is_worse {
                continue;
            }
        }
        let Some(row) = row::load(&store.db, subject)? else { continue };
        let joins = match before {
            Some(_) => orders::same_as_before(&store.db, subject, kind, &opening.topics)?,
            None => orders::same_as(&store.db, subject, kind, &opening.topics)?,
        };
        let said = orders::Said {
            topics: opening.topics,
            severity: opening.severity,
            note: answers.get("note").map(project::plain).unwrap_or_default(),
            photos: photos.to_vec(),
            by: caller.grant.person.clone(),
            visit: Some(visit),
        };
        changes.extend(orders::report(store, programme, &row, kind, &said, joins, caller.now)?.2);
    }
    Ok(changes)
}

/// The bill of a visit that is about to be saved, for the same commit: the customer gets it at once, without signal. None
/// where the office has to look first, once the cycle is closed, for a subject that is only made now, and for an attempt in
/// vain after the visit was done: what was truly read is never replaced by an estimate.
pub(super) fn bill_of(
    store: &mut Store,
    caller: &Caller<'_>,
    programme: &Programme,
    visit: &Change,
    subject: RecordId,
    reason: &str,
) -> Result<Option<Change>> {
    let text = |name: &str| visit.cells.get(name).and_then(Value::as_str).unwrap_or_default();
    let (Some(round), Some(billing)) = (&programme.round, &programme.billing) else { return Ok(None) };
    let Some(row) = row::load(&store.db, subject)? else { return Ok(None) };
    let marks = round.marks_of(|name| visit.cells.get(name).cloned());
    let done = text(field::OUTCOME) == DONE;
    let waits = done && marks & round.blocking() != 0;
    let (form, cycle) = (text(field::FORM), text(field::CYCLE));
    let shelf = row::shelf_of(&store.db, row.shelf)?;
    if waits
        || form != billing.form
        || cycle.is_empty()
        || !rebill::state_of(&store.db, &shelf, cycle)?.issues()
        || (!done && rebill::was_done(&store.db, subject, form, cycle)?)
    {
        return Ok(None);
    }
    let corrects = visit.cells.contains_key(field::SUPERSEDES);
    let visited = Visited {
        programme,
        zone: &shelf.zone,
        subject: &row,
        form,
        visit: visit.id,
        answers: &visit.cells,
        at: text(field::AT),
        issued_at: &thai_date::iso(caller.now.ms, thai_date::THAI_OFFSET_MINUTES),
        by: &caller.grant.person,
        cycle,
        approved: false,
        reason: if corrects && reason.is_empty() {
            "แก้ไขการบันทึก"
        } else {
            reason
        },
        place: 0,
    };
    Ok(match store.issue(&visited, caller.now.ms)? {
        Issued::Bill(change) => Some(*change),
        Issued::NotBilled | Issued::None => None,
    })
}

/// What a form's answers write to the subject. A geopoint saved to `lat` or `lon` gives its part.
pub(super) fn saved_to_subject(
    programme: &Programme,
    save_to: &BTreeMap<String, String>,
    answers: &Values,
) -> Values {
    let mut values = Values::new();
    for (question, target) in save_to {
        let Some(value) = answers.get(question).filter(|value| !value.is_null()) else { continue };
        let part = |at: usize, name: &str| match value {
            Value::String(text) => {
                text.split_whitespace().nth(at).and_then(|part| part.parse::<f64>().ok()).map(Value::from)
            }
            Value::Object(point) => point.get(name).cloned(),
            other => Some(other.clone()),
        };
        let value = match target.as_str() {
            field::LAT => part(0, "lat"),
            field::LON => part(1, "lon"),
            _ => Some(match (programme.field(target).map(|field| field.kind), value.as_str()) {
                // A calculation answers in words.
                (Some(FieldType::Bool), Some(word @ ("true" | "false"))) => (word == "true").into(),
                _ => value.clone(),
            }),
        };
        if let Some(value) = value {
            values.insert(target.clone(), value);
        }
    }
    values
}
