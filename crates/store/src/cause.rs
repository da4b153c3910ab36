//! What raised an order, as it stands now. An order says what a visit found; if that was a slip of the finger and the visit
//! has been corrected since, nothing raises it any more. Nothing of this is stored: it follows from the visits that are here.

use crate::error::Result;
use crate::row::{self, Row};
use crate::{orders, project, versions};
use domain::change::{Values, field, kind};
use domain::order::{Case, OrderKind, Report};
use rusqlite::Connection;

/// Why an order is there.
#[derive(Debug, Default)]
pub(crate) struct Cause {
    /// What it is still about.
    pub topics: Vec<String>,
    /// The numbers that raised it, under the topics that bear their question's name.
    pub values: Values,
    /// Corrections took back all that it was about, before anybody took it up.
    pub withdrawn: bool,
}

impl Cause {
    /// Reads it from the visits that an order's reports name.
    pub(crate) fn of(db: &Connection, case: &Case, kind: &OrderKind) -> Result<Cause> {
        let mut standing: Vec<String> = Vec::new();
        let mut taken_back = Values::new();
        let mut values = Values::new();
        let (mut stands, mut fell) = (false, false);
        for (at, report) in case.reports.iter().enumerate() {
            match found(db, case, report, kind)? {
                Some(Found::Stands(topics, numbers)) => {
                    standing.extend(topics);
                    values.extend(numbers);
                    stands = true;
                }
                Some(Found::TakenBack(numbers)) => {
                    taken_back.extend(numbers);
                    fell = true;
                }
                // Said by hand, or by a visit that is not here: it stands. A remark beside the work raises nothing.
                None if at == 0 || !report.topics.is_empty() => {
                    standing.extend(report.topics.iter().cloned());
                    stands = true;
                }
                None => {}
            }
        }
        // Once somebody has taken it up it is theirs to end.
        let is_new = case.state(kind) == kind.first_state();
        let withdrawn = is_new && fell && !stands;
        let mut topics = case.topics.clone();
        if is_new && !standing.is_empty() {
            topics.retain(|topic| standing.contains(topic));
        }
        for (topic, value) in taken_back {
            values.entry(topic).or_insert(value);
        }
        Ok(Cause { topics, values, withdrawn })
    }

    /// How urgent the order is.
    pub(crate) fn urgency(&self, case: &Case, kind: &OrderKind) -> String {
        match (self.withdrawn, case.severity.is_empty()) {
            (true, _) => String::new(),
            (false, true) => kind.severity_of(&self.topics),
            (false, false) => case.severity.clone(),
        }
    }
}

/// What is left of what a visit reported.
enum Found {
    /// What it is about, and the numbers that say so.
    Stands(Vec<String>, Values),
    /// Nothing; the numbers that said so at first.
    TakenBack(Values),
}

fn found(db: &Connection, case: &Case, report: &Report, kind: &OrderKind) -> Result<Option<Found>> {
    let visit = report.visit.map(|id| row::load(db, id)).transpose()?.flatten();
    // Nobody reads by an order what was found at somebody else.
    let own = |row: &Row| {
        row.kind == kind::VISIT && row.view.is_alive() && project::subject_of(&row.view) == Some(case.subject)
    };
    let Some(visit) = visit.filter(own) else { return Ok(None) };
    let Some(now) = counting(db, &visit)? else {
        return Ok(Some(Found::Stands(report.topics.clone(), numbers(&visit, &report.topics))));
    };
    let form = now.view.text(field::FORM).unwrap_or_default();
    let Some(opening) = kind.opening(form, |question| orders::chosen(now.view.get(question))) else {
        return Ok(Some(Found::TakenBack(numbers(&visit, &report.topics))));
    };
    let left: Vec<String> =
        report.topics.iter().filter(|topic| opening.topics.contains(topic)).cloned().collect();
    Ok(Some(if left.is_empty() && !report.topics.is_empty() {
        Found::TakenBack(numbers(&visit, &report.topics))
    } else {
        let numbers = numbers(&now, &left);
        Found::Stands(left, numbers)
    }))
}

/// The answers that are numbers and bear the name of a topic.
fn numbers(visit: &Row, topics: &[String]) -> Values {
    let number = |topic: &String| {
        let value = visit.view.get(topic).filter(|value| value.is_number())?;
        Some((topic.clone(), value.clone()))
    };
    topics.iter().filter_map(number).collect()
}

/// The visit that counts in the place of one that was corrected; `None` where it counts itself, or nothing does.
fn counting(db: &Connection, visit: &Row) -> Result<Option<Row>> {
    let view = &visit.view;
    let (Some(subject), Some(form)) = (project::subject_of(view), view.text(field::FORM)) else {
        return Ok(None);
    };
    let mut others = versions::beside(db, visit, subject, form, project::at_ms(view))?;
    let at = {
        let all: Vec<&Row> = others.iter().chain([visit]).collect();
        if versions::outcome(visit, &all) != project::CORRECTED {
            return Ok(None);
        }
        let counts = |one: &Row| {
            let outcome = versions::outcome(one, &all);
            outcome != project::CORRECTED && outcome != field::SET_ASIDE
        };
        others.iter().position(counts)
    };
    Ok(at.map(|at| others.swap_remove(at)))
}

/// The numbers of the open orders of some shelves that nothing raises any more. Only where a visit was corrected is anything
/// read. `list` holds the shelves' numbers.
pub(crate) fn withdrawn(store: &crate::Store, list: &str) -> Result<Vec<i64>> {
    let mut statement = store.db.prepare_cached(&format!(
        "SELECT no FROM order_case WHERE shelf IN ({list}) AND class = 0 AND EXISTS \
         (SELECT 1 FROM visit WHERE visit.subject = order_case.subject AND visit.outcome = ?1)"
    ))?;
    let mut rows = statement.query([project::CORRECTED])?;
    let mut numbers = Vec::new();
    while let Some(row) = rows.next()? {
        let no = row.get(0)?;
        let Some(order) = row::load_no(&store.db, no)? else { continue };
        let shelf = row::shelf_of(&store.db, order.shelf)?;
        let programme = store.programmes.get(&shelf.programme);
        let Some((case, kind)) = programme.and_then(|programme| orders::read(programme, &order.view)) else {
            continue;
        };
        if Cause::of(&store.db, &case, kind)?.withdrawn {
            numbers.push(no);
        }
    }
    Ok(numbers)
}
