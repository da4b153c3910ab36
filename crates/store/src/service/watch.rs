//! Who looked at what a sensitive programme holds. Every view at the office leaves a row in the audit: of one record by its
//! id, of a list by its programme, and never what was on the screen or searched for.
//!
//! A screen that asks again every few seconds is one view: the same person, view and thing is noted once in a while. What
//! cannot be noted is not shown.

use super::Caller;
use crate::error::Result;
use crate::{Kind, Store, row};
use domain::api::{Found, Reply, Request};
use domain::ids::RecordId;
use std::collections::{BTreeSet, HashMap};

/// For how long a view that goes on counts as one, milliseconds.
const ONE_VIEW_MS: u64 = 15 * 60 * 1_000;
/// Views remembered at once. Beyond that all is forgotten, and noted once more.
const MOST_VIEWS: usize = 20_000;

/// What was noted lately, by a hash of it. In memory: after a restart it is noted once more.
#[derive(Default)]
pub(crate) struct Noted(HashMap<[u8; 32], u64>);

impl Noted {
    /// Says whether something is to be noted now.
    pub(crate) fn is_due(&self, who: &str, what: &str, about: &str, now_ms: u64) -> bool {
        let last = self.0.get(&key(who, what, about));
        last.is_none_or(|last| now_ms >= last.saturating_add(ONE_VIEW_MS))
    }

    /// Remembers that it was noted, once that is on disk.
    pub(crate) fn remember(&mut self, who: &str, what: &str, about: &str, now_ms: u64) {
        if self.0.len() >= MOST_VIEWS {
            self.0.clear();
        }
        self.0.insert(key(who, what, about), now_ms);
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
            let empty = match reply {
                Reply::Registry(rows) => rows.is_empty(),
                Reply::Overview(all) => all.points.is_empty() && all.groups.is_empty(),
                Reply::Anomalies(page) => page.rows.is_empty(),
                _ => true,
            };
            if !empty && is_sensitive(store, &programme) {
                note_once(store, caller, what, &programme)?;
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
    for programme in programmes_of(store, reply) {
        if is_sensitive(store, &programme) {
            note_once(store, caller, what, &format!("{programme}{when}"))?;
        }
    }
    Ok(())
}

/// The programmes of what is shown.
fn programmes_of(store: &Store, reply: &Reply) -> BTreeSet<String> {
    match reply {
        Reply::Search(rows) | Reply::Nearby(rows) => rows.iter().map(|row| row.programme.clone()).collect(),
        Reply::Orders(page) => page.rows.iter().map(|row| row.subject.programme.clone()).collect(),
        Reply::CitizenReports(rows) => {
            rows.iter().map(|report| report.row.subject.programme.clone()).collect()
        }
        Reply::Round(page) => page.rows.iter().map(|row| row.programme.clone()).collect(),
        Reply::Home(all) => all.iter().flat_map(|home| &home.next).map(|row| row.programme.clone()).collect(),
        Reply::Find(Found::Several(rows)) => rows.iter().map(|row| row.programme.clone()).collect(),
        Reply::Find(Found::Replaced { row, .. }) => [row.programme.clone()].into(),
        Reply::Today(visits) => visits.iter().map(|visit| visit.programme.clone()).collect(),
        Reply::Questions(rows) => rows.iter().map(|row| row.programme.clone()).collect(),
        Reply::Drafts(rows) => rows.iter().map(|row| row.key.programme.clone()).collect(),
        // A refused commit names its programme in its own words only: any of them may be of a sensitive one.
        Reply::Refused(rows) if !rows.is_empty() => store.programmes.keys().cloned().collect(),
        _ => BTreeSet::new(),
    }
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
        assert!(noted.0.len() <= MOST_VIEWS);
    }
}
