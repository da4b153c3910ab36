//! Monthly reports and a person's whole record: what is gathered from the rows for the pure functions of `domain`.

use super::{Caller, list};
use crate::error::{Error, Result};
use crate::row::{self, Row};
use crate::{Kind, Now, Store, grants, orders, project};
use domain::access::{self, Action, Grant};
use domain::api::MonthReport;
use domain::change::{Values, field};
use domain::fhir::Told;
use domain::ids::{RecordId, Shelf};
use domain::order::{Case, OrderKind};
use domain::problem::{Code, Problem};
use domain::programme::reports::ReportRule;
use domain::programme::{DONE, Programme};
use domain::report::{self, CaseTold, Report, Someone, Visited, Wanted};
use domain::thai_date;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A month's report.
pub(super) fn month(store: &mut Store, caller: &Caller<'_>, ask: &MonthReport) -> Result<Report> {
    access::may(caller.grant, Action::Office)?;
    let shape = ask.month.len() == 7 && format!("{}-01", ask.month).parse::<chrono::NaiveDate>().is_ok();
    if !shape {
        return Err(Problem::new(Code::Malformed).about("month").into());
    }
    let programme = list::visible(store, caller, Some(&ask.programme)).pop().ok_or(Error::NotFound)?;
    let rule = programme.reports.iter().find(|rule| rule.id == ask.report).ok_or(Error::NotFound)?;
    let shelves = list::shelves(store, caller, &programme.id, ask.zone.as_deref())?;
    let holders = grants::only_holders(&store.db)?;
    let mut people = Vec::new();
    for (no, shelf) in shelves.iter().filter(|(_, shelf)| shelf.is_zone()) {
        let title = list::zone_title(store, shelf)?;
        let holder = holders.get(shelf).map(String::as_str);
        let zone = Zone { no: *no, title: &title, holder };
        people.extend(of_shelf(store, &programme, zone, rule, &ask.month)?);
    }
    let about = match &ask.zone {
        Some(zone) => list::zone_title(store, &Shelf::new(&*programme.id, &**zone))?,
        None if ask.language == "en" => "all areas".to_owned(),
        None => "ทุกเขต".to_owned(),
    };
    if programme.sensitive && store.kind == Kind::Server {
        let what = format!("{}/{} {}", programme.id, ask.report, ask.month);
        store.note_audit(&caller.grant.person, "report made", &what, caller.now.ms)?;
    }
    let today = thai_date::day_of(caller.now.ms, thai_date::THAI_OFFSET_MINUTES);
    let wanted = Wanted { month: &ask.month, today, about: &about, language: &ask.language };
    Ok(report::monthly(&programme, rule, &people, &wanted))
}

/// A zone, as a report names it.
struct Zone<'a> {
    /// Its shelf.
    no: i64,
    /// What people call it.
    title: &'a str,
    /// Whose it is.
    holder: Option<&'a str>,
}

/// Everybody of a shelf with their visits up to the end of a month: of the last twelve months, which is what a report looks at.
fn of_shelf(
    store: &Store,
    programme: &Programme,
    zone: Zone<'_>,
    rule: &ReportRule,
    month: &str,
) -> Result<Vec<Someone>> {
    let mut people: Vec<(RecordId, Someone)> = Vec::new();
    {
        let mut statement = store
            .db
            .prepare_cached("SELECT no, first_day FROM subject WHERE shelf = ?1 ORDER BY sort_key, no")?;
        let mut rows = statement.query([zone.no])?;
        while let Some(found) = rows.next()? {
            let Some(row) = row::load_no(&store.db, found.get(0)?)? else { continue };
            let someone = Someone {
                heading: list::heading(store, &programme.id, &row),
                zone: zone.title.to_owned(),
                holder: zone.holder.map(str::to_owned),
                first_day: found.get(1)?,
                values: with_its_end(programme, rule, &row),
                visits: Vec::new(),
                cases: cases(store, row.id, &rule.cases, month)?,
            };
            people.push((row.id, someone));
        }
    }
    let places: BTreeMap<RecordId, usize> =
        people.iter().enumerate().map(|(at, (id, _))| (*id, at)).collect();
    let from = year_before(month);
    let until = format!("{month}-31");
    let mut statement = store.db.prepare_cached(
        "SELECT no, subject, form, day, outcome FROM visit WHERE shelf = ?1 AND day BETWEEN ?2 AND ?3 ORDER BY at_ms, no",
    )?;
    let mut rows = statement.query((zone.no, from, until))?;
    while let Some(found) = rows.next()? {
        let outcome: String = found.get(4)?;
        if [field::SET_ASIDE, project::CORRECTED].contains(&&*outcome) {
            continue; // another one counts in its place
        }
        let subject = row::id_of(found.get(1)?);
        let Some((_, someone)) = places.get(&subject).and_then(|at| people.get_mut(*at)) else { continue };
        let Some(row) = row::load_no(&store.db, found.get(0)?)? else { continue };
        someone.visits.push(Visited {
            form: found.get(2)?,
            day: found.get(3)?,
            by: row.view.text(field::BY).unwrap_or_default().to_owned(),
            outcome,
            values: project::answers(&row.view),
        });
    }
    Ok(people.into_iter().map(|(_, someone)| someone).collect())
}

/// The fields of somebody. Who left without a day left on the day on which that was written: nobody is gone from the months
/// before, which were reported already.
fn with_its_end(programme: &Programme, rule: &ReportRule, row: &Row) -> Values {
    let mut values = row.view.values();
    let has_day = values.get(&rule.ended_on).is_some_and(|day| !day.is_null() && *day != "");
    let ended = programme.subject.ended.iter().filter_map(|(field, ends)| {
        let cell = row.view.cells.get(field)?;
        ends.contains(&project::plain(&cell.value)).then_some(cell.stamp.ms)
    });
    if let Some(ms) = ended.min().filter(|_| !has_day && !rule.ended_on.is_empty()) {
        let day = thai_date::day_of(ms, thai_date::THAI_OFFSET_MINUTES).to_string();
        values.insert(rule.ended_on.clone(), day.into());
    }
    values
}

/// The orders of a kind about somebody that were opened in a month, local time.
fn cases(store: &Store, subject: RecordId, kind: &str, month: &str) -> Result<Vec<CaseTold>> {
    let mut statement =
        store.db.prepare_cached("SELECT opened, ended FROM order_case WHERE subject = ?1 AND kind = ?2")?;
    let mut rows = statement.query((subject.bytes(), kind))?;
    let mut cases = Vec::new();
    while let Some(found) = rows.next()? {
        let (opened, ended): (u64, Option<u64>) = (found.get(0)?, found.get(1)?);
        let day = thai_date::day_of(opened, thai_date::THAI_OFFSET_MINUTES).to_string();
        if day.get(..7) == Some(month) {
            cases.push(CaseTold {
                hours: ended.map(|ended| ended.saturating_sub(opened) as f64 / 3_600_000.0),
            });
        }
    }
    Ok(cases)
}

/// The first day of the month a year before, ISO: nothing older is looked at.
fn year_before(month: &str) -> String {
    let year: i32 = month.get(..4).and_then(|year| year.parse().ok()).unwrap_or(0);
    format!("{:04}{}-01", year - 1, month.get(4..).unwrap_or("-01"))
}

/// All that is recorded about a person.
#[derive(Clone, Debug)]
pub struct Whole {
    /// The record.
    pub id: RecordId,
    /// As the registry names them.
    pub heading: String,
    /// What people call their zone.
    pub zone: String,
    /// The definition by which it is read.
    pub programme: Arc<Programme>,
    /// The fields.
    pub values: Values,
    /// The visits that count, oldest first; those that could not be done left out.
    pub visits: Vec<Told>,
    /// The visits that could not be done, oldest first: when, who, the outcome's code, and why.
    pub failed: Vec<Failed>,
    /// Orders about them, oldest first.
    pub orders: Vec<(OrderKind, Case)>,
}

/// A visit that could not be done.
#[derive(Clone, Debug)]
pub struct Failed {
    /// When, ISO 8601 with offset.
    pub at: String,
    /// Who.
    pub by: String,
    /// The outcome's code.
    pub outcome: String,
    /// In words.
    pub note: String,
}

/// Everything about one person, for a file that leaves the office. That it was made is noted in the audit.
///
/// # Errors
/// `not_found` for what is not the caller's to see; `forbidden` for a worker.
pub fn whole(
    store: &mut Store,
    grant: &Grant,
    now: Now,
    subject: RecordId,
) -> std::result::Result<Whole, Problem> {
    let caller = &Caller { grant, now };
    access::may(grant, Action::Office)?;
    let (row, shelf) = list::subject(store, caller, subject)?;
    let programme = store.programmes.get(&shelf.programme).cloned().ok_or(Code::FormMissing)?;
    store.note_audit(&grant.person, "record exported", &row.id.to_string(), now.ms)?;
    let orders = orders_of(store, &programme, &row)?;
    Ok(Whole {
        id: row.id,
        heading: list::heading(store, &programme.id, &row),
        zone: list::zone_title(store, &shelf)?,
        visits: visits(store, &row, &orders)?,
        failed: failed(store, &row)?,
        orders: orders.into_iter().map(|(_, kind, case)| (kind, case)).collect(),
        values: row.view.values(),
        programme,
    })
}

fn orders_of(store: &Store, programme: &Programme, subject: &Row) -> Result<Vec<(Row, OrderKind, Case)>> {
    let mut statement =
        store.db.prepare_cached("SELECT no FROM order_case WHERE subject = ?1 ORDER BY opened, no")?;
    let mut rows = statement.query([subject.id.bytes()])?;
    let mut all = Vec::new();
    while let Some(found) = rows.next()? {
        let Some(row) = row::load_no(&store.db, found.get(0)?)? else { continue };
        let Some((case, kind)) = orders::read(programme, &row.view) else { continue };
        let kind = kind.clone();
        all.push((row, kind, case));
    }
    Ok(all)
}

fn failed(store: &Store, subject: &Row) -> Result<Vec<Failed>> {
    let mut statement = store.db.prepare_cached(
        "SELECT no, outcome FROM visit WHERE subject = ?1 AND outcome <> ?2 ORDER BY at_ms, no",
    )?;
    let mut rows = statement.query((subject.id.bytes(), DONE))?;
    let mut all = Vec::new();
    while let Some(found) = rows.next()? {
        let outcome: String = found.get(1)?;
        if [field::SET_ASIDE, project::CORRECTED].contains(&&*outcome) {
            continue; // another one counts in its place
        }
        let Some(row) = row::load_no(&store.db, found.get(0)?)? else { continue };
        let text = |name: &str| row.view.text(name).unwrap_or_default().to_owned();
        all.push(Failed { at: text(field::AT), by: text(field::BY), outcome, note: text("note") });
    }
    Ok(all)
}

/// Says whether what a visit raised is dealt with: no open order says that it was noticed there. A report is written with
/// its visit, under one stamp.
fn is_answered(visit: &Row, orders: &[(Row, OrderKind, Case)]) -> bool {
    let stamp = |row: &Row, name: &str| row.view.cells.get(name).map(|cell| cell.stamp);
    let written = stamp(visit, field::FORM);
    let id = visit.id.to_string();
    let mut open = orders.iter().filter(|(_, kind, case)| kind.is_open(&case.state(kind)));
    !open.any(|(row, _, case)| {
        let report = |key: &str| stamp(row, &format!("{}{key}", field::REPORTS)) == written;
        row.view.text(field::VISIT) == Some(&id) || case.reports.iter().any(|one| report(&one.key))
    })
}

fn visits(store: &Store, subject: &Row, orders: &[(Row, OrderKind, Case)]) -> Result<Vec<Told>> {
    let mut statement = store
        .db
        .prepare_cached("SELECT no FROM visit WHERE subject = ?1 AND outcome = 'done' ORDER BY at_ms, no")?;
    let mut rows = statement.query([subject.id.bytes()])?;
    let mut visits = Vec::new();
    while let Some(found) = rows.next()? {
        let Some(row) = row::load_no(&store.db, found.get(0)?)? else { continue };
        let text = |name: &str| row.view.text(name).unwrap_or_default().to_owned();
        visits.push(Told {
            id: row.id,
            form: text(field::FORM),
            at: text(field::AT),
            by: text(field::BY),
            values: project::answers(&row.view),
            answered: is_answered(&row, orders),
        });
    }
    Ok(visits)
}
