//! What a form knows when it is opened, and what a visit that could not be done is worth by it.

use super::Caller;
use crate::error::{Optional, Result};
use crate::row::{self, Row};
use crate::{Store, ledger, project};
use domain::change::{Values, field};
use domain::ids::RecordId;
use domain::programme::{DONE, FormKind, Programme, RoundKind};
use domain::schedule;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a form knows of a subject when it is opened: the subject's fields, and what its last visits said.
pub(super) fn known_of(
    store: &Store,
    programme: &Programme,
    form: &FormKind,
    subject: &Row,
    corrected: Option<&Row>,
    today: &str,
) -> Result<BTreeMap<String, String>> {
    let mut known = BTreeMap::new();
    for (name, cell) in &subject.view.cells {
        let asked_anew = form.asks_anew.contains(name);
        if !name.starts_with(field::CODES) && !name.starts_with(field::PHOTOS) && !asked_anew {
            known.insert(name.clone(), project::plain(&cell.value));
        }
    }
    // A form that is filled once a cycle looks back to the cycle before, also when it is filled a second time: a
    // number that was mistyped this morning must not become the one to compare with.
    // A correction looks back from the visit that it corrects.
    let before = corrected.map_or(i64::MAX, |visit| project::at_ms(&visit.view));
    let cycle = match corrected {
        _ if !form.once_per_cycle => String::new(),
        Some(visit) => visit.view.text(field::CYCLE).unwrap_or_default().to_owned(),
        None => cycle_of(form, today),
    };
    let of_cycle = if cycle.is_empty() { cycle_of(form, today) } else { cycle.clone() };
    known.extend(ledger::known_of(&store.db, programme, &form.id, subject, (today, &of_cycle))?);
    let last = last_done(store, subject.id, &form.id, &cycle, before)?;
    if let Some(visit) = &last {
        for (name, cell) in &visit.view.cells {
            known.insert(format!("last_{name}"), project::plain(&cell.value));
        }
    }
    if let Some(round) = programme.round.as_ref().filter(|round| round.form == form.id) {
        known.extend(added_up(store, programme, round, subject.id, &cycle, last.as_ref(), before)?);
    }
    Ok(known)
}

/// The sums that [`RoundKind::since`] asks for: of the visits since the last one that was done, outside the cycle. Where
/// the form is billed, only of those that were charged for: what nobody is asked to pay must not be taken off again.
fn added_up(
    store: &Store,
    programme: &Programme,
    round: &RoundKind,
    subject: RecordId,
    outside: &str,
    last: Option<&Row>,
    before_ms: i64,
) -> Result<BTreeMap<String, String>> {
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    if round.since.is_empty() {
        return Ok(BTreeMap::new());
    }
    let after_ms = last.map_or(i64::MIN, |visit| project::at_ms(&visit.view));
    let done_in = last.and_then(|visit| visit.view.text(field::CYCLE)).unwrap_or_default();
    let is_billed = programme.billing.as_ref().is_some_and(|billing| billing.form == round.form);
    let mut charged: Option<ledger::ChargedFor> = None;
    let mut statement = store.db.prepare_cached(
        "SELECT no, cycle, outcome FROM visit WHERE subject = ?1 AND form = ?2 AND at_ms > ?3 AND at_ms < ?4 ORDER BY at_ms",
    )?;
    let mut rows = statement.query((subject.bytes(), &round.form, after_ms, before_ms))?;
    // Of several attempts in one cycle the last is what was charged; after a visit that was done, none of its cycle.
    let mut by_cycle: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
    while let Some(found) = rows.next()? {
        let (cycle, outcome): (String, String) = (found.get(1)?, found.get(2)?);
        let counts = ![DONE, field::SET_ASIDE, project::CORRECTED].contains(&outcome.as_str());
        if !counts || cycle == outside || cycle == done_in {
            continue;
        }
        let Some(visit) = row::load_no(&store.db, found.get(0)?)? else { continue };
        if is_billed {
            if charged.is_none() {
                charged = Some(ledger::charged_for(&store.db, subject)?);
            }
            if charged.as_ref().is_some_and(|charged| !charged.has(visit.id)) {
                continue;
            }
        }
        let number = |name: &String| Some((name.clone(), domain::programme::whole(visit.view.get(name)?)?));
        by_cycle.insert(cycle, round.since.iter().filter_map(number).collect());
    }
    for (name, number) in by_cycle.into_values().flatten() {
        *sums.entry(name).or_default() += number;
    }
    Ok(sums.into_iter().map(|(name, sum)| (format!("since_{name}"), sum.to_string())).collect())
}

/// What a visit that could not be done is worth: the answers that the form works out of what is known, without anything
/// typed. A form that cannot be read gives none; the visit itself is saved all the same.
pub(super) fn estimated(
    form: &FormKind,
    round: &RoundKind,
    mut known: BTreeMap<String, String>,
    outcome: &str,
    caller: &Caller<'_>,
    today: String,
) -> Values {
    known.insert(domain::programme::COULD_NOT.to_owned(), outcome.to_owned());
    known.insert("today".to_owned(), today);
    let Ok(form) = forms::Form::from_json(&form.definition) else { return Values::new() };
    let mut filling =
        forms::Filling::new(&Arc::new(form), &known, Box::new(super::host::Quiet::at(caller.now.ms)));
    let answers = filling.finish().into_iter();
    answers
        .filter(|(name, value)| round.estimate.contains(name) && !value.is_null() && *value != "")
        .collect()
}

/// The cycle that a local ISO day belongs to; empty for a form without cycles.
fn cycle_of(form: &FormKind, today: &str) -> String {
    today.parse().map_or(String::new(), |day| schedule::cycle(form.schedule.as_ref(), day))
}

/// The last visit that was done with a form, outside a cycle and before a moment.
fn last_done(
    store: &Store,
    subject: RecordId,
    form: &str,
    outside: &str,
    before_ms: i64,
) -> Result<Option<Row>> {
    let no: Option<i64> = store
        .db
        .prepare_cached(
            "SELECT no FROM visit WHERE subject = ?1 AND form = ?2 AND outcome = 'done' AND (?3 = '' OR cycle <> ?3) AND at_ms < ?4 \
             ORDER BY at_ms DESC, (SELECT id FROM record WHERE record.no = visit.no) DESC LIMIT 1",
        )?
        .query_row((subject.bytes(), form, outside, before_ms), |row| row.get(0))
        .optional()?;
    match no {
        Some(no) => row::load_no(&store.db, no),
        None => Ok(None),
    }
}
