//! Cases as anybody may see them: of programmes with a public page, of the kind that citizens may open, without a word that
//! anybody wrote. What systems outside read (Open311).

use crate::error::Result;
use crate::row::{self, Row};
use crate::{Store, orders, tell};
use domain::change::field;
use domain::ids::RecordId;
use domain::order::{self, OrderKind, StateClass};
use domain::programme::Programme;
use std::sync::Arc;

/// A case as anybody may see it.
#[derive(Clone, Debug)]
pub struct PublicCase {
    /// Which.
    pub id: RecordId,
    /// Its programme.
    pub programme: Arc<Programme>,
    /// Kind of order.
    pub kind: String,
    /// What it is about: topic ids.
    pub topics: Vec<String>,
    /// Somebody still has to deal with it.
    pub open: bool,
    /// What a citizen reads about its state, in Thai.
    pub said: String,
    /// When it was opened, milliseconds.
    pub opened_ms: u64,
    /// When it came to its state, milliseconds.
    pub since_ms: u64,
    /// The last moment that is on time for what comes next, milliseconds.
    pub due_ms: Option<u64>,
    /// Latitude and longitude of its subject, degrees.
    pub place: Option<(f64, f64)>,
    /// What its subject is called, as far as anybody may know.
    pub subject: String,
    /// What else anybody may know of its subject.
    pub about: Vec<String>,
}

/// Which cases are wanted.
#[derive(Clone, Debug, Default)]
pub struct CasesWanted {
    /// Only of this programme.
    pub programme: Option<String>,
    /// Only about one of these: programme and topic. Empty: about anything.
    pub topics: Vec<(String, String)>,
    /// Opened at this moment or later, milliseconds.
    pub from_ms: u64,
    /// Opened before this moment, milliseconds.
    pub before_ms: u64,
    /// Only those that are to be dealt with, or only those that are not.
    pub open: Option<bool>,
    /// Cases to skip.
    pub skip: usize,
    /// Cases to give.
    pub most: usize,
}

/// Most cases that one question looks through.
const MOST_READ: usize = 20_000;

/// The kind of order that anybody may see of a programme.
pub fn public_kind(programme: &Programme) -> Option<&OrderKind> {
    let page = programme.public.as_ref().filter(|_| !programme.sensitive)?;
    programme.order(&page.order)
}

impl Store {
    /// Cases that anybody may see, the newest first.
    pub fn public_cases(&self, wanted: &CasesWanted) -> Result<Vec<PublicCase>> {
        let mut numbers: Vec<(u64, i64, Arc<Programme>)> = Vec::new();
        for programme in self.programmes.values() {
            let Some(kind) = public_kind(programme) else { continue };
            let named = wanted.topics.is_empty() || wanted.topics.iter().any(|(id, _)| *id == programme.id);
            if !named || wanted.programme.as_ref().is_some_and(|id| *id != programme.id) {
                continue;
            }
            let mut statement = self.db.prepare_cached(
                "SELECT opened, order_case.no FROM order_case JOIN shelf ON shelf.no = order_case.shelf \
                 WHERE shelf.programme = ?1 AND kind = ?2 AND opened >= ?3 AND opened < ?4 \
                 AND (?5 IS NULL OR (class = 0) = ?5) ORDER BY opened DESC LIMIT ?6",
            )?;
            let mut rows = statement.query((
                &programme.id,
                &kind.id,
                wanted.from_ms,
                wanted.before_ms.min(i64::MAX.cast_unsigned()),
                wanted.open,
                MOST_READ,
            ))?;
            while let Some(found) = rows.next()? {
                numbers.push((found.get(0)?, found.get(1)?, Arc::clone(programme)));
            }
        }
        numbers.sort_by_key(|(opened, no, _)| std::cmp::Reverse((*opened, *no)));
        let mut cases = Vec::new();
        let mut left = wanted.skip;
        for (_, no, programme) in numbers {
            if cases.len() >= wanted.most {
                break;
            }
            let Some(row) = row::load_no(&self.db, no)? else { continue };
            let Some(case) = self.public_case_of(&programme, &row)? else { continue };
            let about = |(id, topic): &(String, String)| *id == programme.id && case.topics.contains(topic);
            if !wanted.topics.is_empty() && !wanted.topics.iter().any(about) {
                continue;
            }
            if left > 0 {
                left -= 1;
                continue;
            }
            cases.push(case);
        }
        Ok(cases)
    }

    /// One case, if anybody may see it.
    pub fn public_case(&self, id: RecordId) -> Result<Option<PublicCase>> {
        let Some(row) = row::load(&self.db, id)? else { return Ok(None) };
        let shelf = row::shelf_of(&self.db, row.shelf)?;
        match self.programmes.get(&shelf.programme) {
            Some(programme) => self.public_case_of(programme, &row),
            None => Ok(None),
        }
    }

    fn public_case_of(&self, programme: &Arc<Programme>, row: &Row) -> Result<Option<PublicCase>> {
        let Some(public) = public_kind(programme).filter(|_| row.view.is_alive()) else { return Ok(None) };
        let Some((case, kind)) = orders::read(programme, &row.view) else { return Ok(None) };
        if kind.id != public.id {
            return Ok(None);
        }
        let Some(subject) = row::load(&self.db, case.subject)? else { return Ok(None) };
        let state = case.state(kind);
        let steps = case.steps(kind);
        let runs = order::run(kind, &case.urgency(kind), case.opened_ms, &steps);
        let open = orders::class_of(kind, &state) == StateClass::Open;
        let number = |name: &str| crate::project::number(subject.view.get(name));
        Ok(Some(PublicCase {
            id: row.id,
            kind: kind.id.clone(),
            open,
            said: kind.state(&state).map_or("", tell::citizen_title).to_owned(),
            opened_ms: case.opened_ms,
            since_ms: steps.iter().rev().find(|step| !step.idle).map_or(case.opened_ms, |step| step.at_ms),
            due_ms: order::due_ms(&runs).filter(|_| open),
            place: number(field::LAT).zip(number(field::LON)),
            subject: tell::public_name(programme, &subject.view),
            about: tell::further_lines(programme, &subject.view),
            programme: Arc::clone(programme),
            topics: case.topics,
        }))
    }
}
