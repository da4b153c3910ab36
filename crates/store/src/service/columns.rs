//! Subjects by the text of a column that no index of the file knows: forms name any field of the registry, and a look-up
//! answers while somebody types.
//!
//! A column is read once, when a form first asks, and remembered in memory as long as the store is open. Subjects that are
//! written meanwhile are looked at beside what it says. It only says where to look: whoever asks compares the record itself.

use super::{found, registry};
use crate::error::{Optional, Result};
use crate::{Store, row};
use domain::programme::Programme;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Most columns that are remembered: more than a form looks into.
const MOST_COLUMNS: usize = 12;
/// Most subjects written since that are looked at with each question; with more, columns are read anew.
const MOST_TOUCHED: usize = 64;

/// What was read of columns.
#[derive(Default)]
pub(crate) struct Columns {
    /// What `PRAGMA data_version` said: another number means that another process wrote to the file.
    version: i64,
    /// By programme and column: hashes of texts with the row numbers of their subjects, in the order of the hashes and,
    /// within each, of the route.
    known: BTreeMap<(String, String), Vec<(u64, i64)>>,
    /// Subjects that were written since.
    touched: BTreeSet<i64>,
}

impl Columns {
    /// Notes subjects that were written.
    pub(crate) fn touch(&mut self, subjects: &BTreeSet<i64>) {
        if self.known.is_empty() {
            return;
        }
        self.touched.extend(subjects);
        if self.touched.len() > MOST_TOUCHED {
            self.forget();
        }
    }

    /// Forgets everything that was read.
    pub(crate) fn forget(&mut self) {
        *self = Columns { version: self.version, ..Columns::default() };
    }
}

/// Row numbers of subjects in route order, among which are all of a programme that have `text` in `column`.
pub(super) fn among(store: &mut Store, programme: &Programme, column: &str, text: &str) -> Result<Vec<i64>> {
    let version: i64 = store.db.query_row("PRAGMA data_version", [], |found| found.get(0))?;
    if store.columns.version != version {
        store.columns = Columns { version, ..Columns::default() };
    }
    let key = (programme.id.clone(), column.to_owned());
    if !store.columns.known.contains_key(&key) {
        let texts = read(store, programme, column)?;
        if store.columns.known.len() >= MOST_COLUMNS {
            store.columns.forget();
        }
        store.columns.known.insert(key.clone(), texts);
    }
    let texts: &[(u64, i64)] = store.columns.known.get(&key).map_or(&[], Vec::as_slice);
    let wanted = hash(text);
    let first = texts.partition_point(|(hash, _)| *hash < wanted);
    let same = texts.iter().skip(first).take_while(|(hash, _)| *hash == wanted).map(|(_, no)| *no);
    if store.columns.touched.is_empty() {
        return Ok(same.collect());
    }
    in_route_order(store, &same.chain(store.columns.touched.iter().copied()).collect())
}

/// Reads a column of all subjects of a programme.
fn read(store: &Store, programme: &Programme, column: &str) -> Result<Vec<(u64, i64)>> {
    let mut numbers = Vec::new();
    let sql = "SELECT subject.no FROM subject JOIN shelf ON shelf.no = subject.shelf WHERE shelf.programme = ?1 \
               ORDER BY subject.shelf, sort_key, subject.no";
    found::collect(store, sql, [&programme.id], &mut numbers)?;
    let mut texts = Vec::with_capacity(numbers.len());
    for no in numbers {
        let Some(row) = row::load_no(&store.db, no)? else { continue };
        let text = registry::column(store, programme, &row, column)?;
        texts.extend(text.map(|text| (hash(&text), no)));
    }
    // The sort keeps the order of the route within each hash.
    texts.sort_by_key(|(hash, _)| *hash);
    Ok(texts)
}

/// Subjects as the route has them; those that are gone are left out.
fn in_route_order(store: &Store, numbers: &BTreeSet<i64>) -> Result<Vec<i64>> {
    let mut statement = store.db.prepare_cached("SELECT shelf, sort_key FROM subject WHERE no = ?1")?;
    let mut places: Vec<(i64, String, i64)> = Vec::new();
    for no in numbers {
        let place: Option<(i64, String)> =
            statement.query_row([no], |found| Ok((found.get(0)?, found.get(1)?))).optional()?;
        places.extend(place.map(|(shelf, key)| (shelf, key, *no)));
    }
    places.sort();
    Ok(places.into_iter().map(|(.., no)| no).collect())
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
