//! Who looked at what a sensitive programme holds. Every view at the office leaves a row in the audit: of one record by its
//! id, of a list by its programme, and never what was on the screen or searched for.
//!
//! A screen that asks again every few seconds is one view: the same person, view and thing is noted once in a while. Of a list
//! the row says how many people were shown, and another follows when they have become many more: who leafs through a registry
//! is told from who looked at one page. What a device is given is noted alike, by shelf. What cannot be noted is not shown.

use super::Caller;
use crate::error::Result;
use crate::{Authenticated, Kind, Store, row};
use domain::api::{Found, Reply, Request, SubjectRow};
use domain::ids::{RecordId, Shelf};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// For how long a view that goes on counts as one, milliseconds.
const ONE_VIEW_MS: u64 = 15 * 60 * 1_000;
/// For how long what a device is given counts as one, milliseconds.
const ONE_DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// Views, and records in them, remembered at once. Beyond that all is forgotten, and noted once more.
const MOST_VIEWS: usize = 20_000;
const MOST_SHOWN: usize = 400_000;
/// A view that goes on is noted again when it has come to so many times as many records as its last row says.
const GROWN: usize = 4;

/// What was noted lately, by a hash of it. In memory: after a restart it is noted once more.
#[derive(Default)]
pub(crate) struct Noted {
    views: HashMap<[u8; 32], Going>,
    /// Records in all of them.
    shown: usize,
}

/// A view that goes on.
#[derive(Default)]
struct Going {
    since_ms: u64,
    /// Whose records were shown, each once however often.
    shown: HashSet<RecordId>,
    /// How many the last row in the audit says.
    noted: usize,
}

impl Noted {
    /// Says whether something is to be noted now.
    pub(crate) fn is_due(&self, who: &str, what: &str, about: &str, now_ms: u64) -> bool {
        let last = self.views.get(&key(who, what, about));
        last.is_none_or(|last| now_ms >= last.since_ms.saturating_add(ONE_VIEW_MS))
    }

    /// Remembers that it was noted, once that is on disk.
    pub(crate) fn remember(&mut self, who: &str, what: &str, about: &str, now_ms: u64) {
        self.make_room();
        self.views.insert(key(who, what, about), Going { since_ms: now_ms, ..Going::default() });
    }

    fn make_room(&mut self) {
        if self.views.len() >= MOST_VIEWS || self.shown >= MOST_SHOWN {
            *self = Noted::default();
        }
    }

    /// Adds what is about to be shown to a view that began at most `lasts_ms` ago, or begins one. Returns of how many the
    /// audit is to say that they were shown: at first, and whenever it has become many more.
    fn add(&mut self, key: [u8; 32], shown: BTreeSet<RecordId>, now_ms: u64, lasts_ms: u64) -> Option<usize> {
        self.make_room();
        let view = self.views.entry(key).or_default();
        let before = view.shown.len();
        if now_ms >= view.since_ms.saturating_add(lasts_ms) {
            self.shown = self.shown.saturating_sub(before);
            *view = Going { since_ms: now_ms, ..Going::default() };
        }
        let before = view.shown.len();
        view.shown.extend(shown);
        let sum = view.shown.len();
        self.shown += sum - before;
        (view.noted == 0 || sum >= view.noted.saturating_mul(GROWN)).then(|| {
            // One that names nobody is noted once as well.
            view.noted = sum.max(1);
            sum
        })
    }

    /// Forgets a view whose row could not be written: the next one writes it.
    fn forget(&mut self, key: &[u8; 32]) {
        if let Some(view) = self.views.remove(key) {
            self.shown = self.shown.saturating_sub(view.shown.len());
        }
    }
}

fn key(who: &str, what: &str, about: &str) -> [u8; 32] {
    *blake3::hash(format!("{who}\n{what}\n{about}").as_bytes()).as_bytes()
}

/// What a request is about, kept while it is answered: the answer alone does not say.
pub(super) enum View {
    /// Of one record.
    Record(&'static str, RecordId),
    /// Of a photo.
    Photo(String),
    /// Of a list, which says itself of whom.
    List(&'static str),
    /// Of a list of one day.
    Day(String),
    /// Of what a programme holds, of which the reply does not say whose it is.
    Programme(&'static str, String),
    /// Nothing that is kept about anybody.
    Nothing,
}

/// Says what a request will show.
pub(super) fn view_of(request: &Request) -> View {
    match request {
        Request::Card(ask) => View::Record("card viewed", ask.subject),
        Request::History(ask) => View::Record("history viewed", ask.record),
        Request::OpenForm(ask) => {
            ask.subject.map_or(View::Nothing, |subject| View::Record("form opened", subject))
        }
        Request::Photo(ask) => View::Photo(ask.hash.clone()),
        Request::Today(ask) => View::Day(ask.day.clone()),
        Request::Search(_) => View::List("search viewed"),
        Request::Find(_) => View::List("code looked up"),
        Request::Nearby(_) => View::List("nearby viewed"),
        Request::Home(_) => View::List("home viewed"),
        Request::Round(_) => View::List("round viewed"),
        Request::Orders(_) => View::List("orders viewed"),
        Request::CitizenReports(_) => View::List("reports viewed"),
        Request::Order(ask) => View::Record("order viewed", ask.order),
        Request::Ledger(ask) => View::Record("account viewed", ask.subject),
        Request::Registry(ask) => View::Programme("registry looked up", ask.programme.clone()),
        Request::Overview(ask) => View::Programme("overview viewed", ask.programme.clone()),
        Request::Anomalies(ask) => View::Programme("doubts viewed", ask.programme.clone()),
        Request::Questions(_) => View::List("questions viewed"),
        Request::Drafts(_) => View::List("drafts viewed"),
        Request::Refused(_) => View::List("refused viewed"),
        _ => View::Nothing,
    }
}

/// Notes a view of what is sensitive, before it is shown. A device keeps no audit: what is on it was given to it.
pub(super) fn note(store: &mut Store, caller: &Caller<'_>, view: View, reply: &Reply) -> Result<()> {
    if store.kind == Kind::Device {
        return Ok(());
    }
    match view {
        View::Nothing => Ok(()),
        View::Record(what, id) => note_record(store, caller, what, id),
        View::Photo(hash) => {
            let shown = matches!(reply, Reply::Photo(photo) if photo.base64.is_some());
            // By the record that names it, so that a visit with five photos is one view.
            for record in if shown { store.records_of_photo(&hash)? } else { Vec::new() } {
                note_record(store, caller, "photo viewed", record)?;
            }
            Ok(())
        }
        View::Day(day) => note_list(store, caller, "day viewed", &format!(" {day}"), reply),
        View::Programme(what, programme) => {
            let (empty, shown) = match reply {
                Reply::Registry(rows) => {
                    let ids = rows.iter().filter_map(|row| row.get(super::registry::NAME)?.parse().ok());
                    (rows.is_empty(), ids.collect())
                }
                Reply::Overview(all) => {
                    let ids = all.points.iter().map(|point| point.id);
                    (all.points.is_empty() && all.groups.is_empty(), ids.collect())
                }
                Reply::Anomalies(page) => {
                    (page.rows.is_empty(), page.rows.iter().map(|row| row.visit.subject).collect())
                }
                _ => (true, BTreeSet::new()),
            };
            if !empty && is_sensitive(store, &programme) {
                note_shown(store, caller, what, &programme, shown)?;
            }
            Ok(())
        }
        View::List(what) => note_list(store, caller, what, "", reply),
    }
}

fn note_record(store: &mut Store, caller: &Caller<'_>, what: &str, id: RecordId) -> Result<()> {
    let Some(row) = row::load(&store.db, id)? else { return Ok(()) };
    let shelf = row::shelf_of(&store.db, row.shelf)?;
    if is_sensitive(store, &shelf.programme) {
        note_once(store, caller, what, &id.to_string())?;
    }
    Ok(())
}

fn note_list(store: &mut Store, caller: &Caller<'_>, what: &str, when: &str, reply: &Reply) -> Result<()> {
    // What citizens wrote comes with how they can be reached, in every programme.
    let always = matches!(reply, Reply::CitizenReports(_));
    for (programme, shown) in shown_by(store, reply) {
        if always || is_sensitive(store, &programme) {
            note_shown(store, caller, what, &format!("{programme}{when}"), shown)?;
        }
    }
    Ok(())
}

/// Whose records are shown, by programme.
fn shown_by(store: &Store, reply: &Reply) -> BTreeMap<String, BTreeSet<RecordId>> {
    let all: Vec<(&String, RecordId)> = match reply {
        Reply::Search(rows) | Reply::Nearby(rows) => of_rows(rows),
        Reply::Orders(page) => page.rows.iter().map(|row| (&row.subject.programme, row.subject.id)).collect(),
        Reply::CitizenReports(rows) => {
            let subjects = rows.iter().map(|report| &report.row.subject);
            subjects.map(|subject| (&subject.programme, subject.id)).collect()
        }
        Reply::Round(page) => of_rows(&page.rows),
        Reply::Home(all) => all.iter().flat_map(|home| of_rows(&home.next)).collect(),
        Reply::Find(Found::Several(rows)) => of_rows(rows),
        Reply::Find(Found::Replaced { row, .. }) => vec![(&row.programme, row.id)],
        Reply::Today(visits) => visits.iter().map(|visit| (&visit.programme, visit.subject)).collect(),
        Reply::Questions(rows) => rows.iter().map(|row| (&row.programme, row.question.subject)).collect(),
        Reply::Drafts(rows) => {
            let rows = rows.iter().filter_map(|row| Some((&row.key.programme, row.key.subject?)));
            rows.collect()
        }
        // A refused commit names its programme in its own words only: any of them may be of a sensitive one.
        Reply::Refused(rows) if !rows.is_empty() => {
            return store.programmes.keys().map(|id| (id.clone(), BTreeSet::new())).collect();
        }
        _ => Vec::new(),
    };
    let mut by_programme: BTreeMap<String, BTreeSet<RecordId>> = BTreeMap::new();
    for (programme, id) in all {
        by_programme.entry(programme.clone()).or_default().insert(id);
    }
    by_programme
}

fn of_rows(rows: &[SubjectRow]) -> Vec<(&String, RecordId)> {
    rows.iter().map(|row| (&row.programme, row.id)).collect()
}

fn is_sensitive(store: &Store, programme: &str) -> bool {
    store.programmes.get(programme).is_some_and(|programme| programme.sensitive)
}

fn note_once(store: &mut Store, caller: &Caller<'_>, what: &str, about: &str) -> Result<()> {
    let (who, now_ms) = (&caller.grant.person, caller.now.ms);
    if store.noted.is_due(who, what, about, now_ms) {
        store.note_audit(who, what, about, now_ms)?;
        store.noted.remember(who, what, about, now_ms);
    }
    Ok(())
}

/// Notes how many records of something a person was shown, each counted once while she goes on looking.
pub(super) fn note_shown(
    store: &mut Store,
    caller: &Caller<'_>,
    what: &str,
    about: &str,
    shown: BTreeSet<RecordId>,
) -> Result<()> {
    if store.kind == Kind::Device {
        return Ok(());
    }
    note_count(store, &caller.grant.person, (what, about), shown, caller.now.ms, ONE_VIEW_MS)
}

/// Notes what of sensitive programmes a device is about to be given: what is on a phone was read, as far as anybody can say.
pub(crate) fn note_pulled(
    store: &mut Store,
    from: &Authenticated,
    pulled: Vec<(Shelf, BTreeSet<RecordId>)>,
    now_ms: u64,
) -> Result<()> {
    for (shelf, records) in pulled {
        let about = format!("{shelf} to {}", from.device.0);
        note_count(store, &from.grant.person, ("pulled", &about), records, now_ms, ONE_DAY_MS)?;
    }
    Ok(())
}

fn note_count(
    store: &mut Store,
    who: &str,
    (what, about): (&str, &str),
    shown: BTreeSet<RecordId>,
    now_ms: u64,
    lasts_ms: u64,
) -> Result<()> {
    let key = key(who, what, about);
    let Some(sum) = store.noted.add(key, shown, now_ms, lasts_ms) else { return Ok(()) };
    let told = [about, &sum.to_string()].map(str::to_owned);
    let told = told.into_iter().filter(|part| !part.is_empty() && part != "0").collect::<Vec<_>>().join(": ");
    let written = store.note_audit(who, what, &told, now_ms);
    if written.is_err() {
        store.noted.forget(&key);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_that_goes_on_is_noted_once_in_a_while() {
        let mut noted = Noted::default();
        let mut rows = 0;
        for now in (0..100u64).map(|minute| minute * 60_000) {
            if noted.is_due("a", "day viewed", "care", now) {
                noted.remember("a", "day viewed", "care", now);
                rows += 1;
            }
        }
        assert_eq!(rows, 7);
        assert!(noted.is_due("b", "day viewed", "care", 0) && noted.is_due("a", "card viewed", "care", 0));
        for number in 0..=MOST_VIEWS {
            noted.remember("a", "card viewed", &number.to_string(), 0);
        }
        assert!(noted.views.len() <= MOST_VIEWS);
    }

    #[test]
    fn a_view_that_shows_many_more_says_so_and_the_same_again_does_not() {
        let mut noted = Noted::default();
        let key = key("a", "search viewed", "care");
        let id = |at: u64| RecordId::derived("test", &[&at.to_le_bytes()]);
        let mut rows = Vec::new();
        for at in 0..1_000 {
            // Letter by letter; and the page asks again.
            for _ in 0..3 {
                rows.extend(noted.add(key, [id(at)].into(), at, ONE_VIEW_MS));
            }
        }
        assert_eq!(rows, [1, 4, 16, 64, 256]);
        assert_eq!(noted.shown, 1_000);
        assert_eq!(noted.add(key, [id(1), id(2)].into(), 2 * ONE_VIEW_MS, ONE_VIEW_MS), Some(2));
        assert_eq!(noted.shown, 2);
        noted.forget(&key);
        assert_eq!(noted.add(key, [id(1)].into(), 2 * ONE_VIEW_MS, ONE_VIEW_MS), Some(1));
    }
}
