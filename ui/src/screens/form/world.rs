//! What a form may ask of the world: the clock, chance, who fills it, the registry, and the arithmetic of `domain::calc`.

use crate::backend::ask;
use crate::browser::{OFFSET_MINUTES, now_ms};
use domain::api::Registry;
use forms::{Host, Row, Value};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// How forms call the registry of their own programme.
pub const OWN: &str = "registry";

/// The world around a form on this device.
pub struct World {
    /// Who fills it.
    pub person: String,
    /// The device's number; empty at the office.
    pub device: String,
    /// What is known of the registry.
    pub tables: Tables,
}

impl Host for World {
    fn now_ms(&self) -> i64 {
        i64::try_from(now_ms()).unwrap_or(i64::MAX)
    }

    fn offset_minutes(&self) -> i32 {
        OFFSET_MINUTES
    }

    fn random(&self) -> u64 {
        // For shuffled options and sample numbers only; ids are made by the store.
        let half = || (js_sys::Math::random() * 4_294_967_296.0) as u64;
        (half() << 32) | half()
    }

    fn property(&self, name: &str) -> Option<String> {
        match name {
            "username" => Some(self.person.clone()),
            "deviceid" => Some(self.device.clone()).filter(|device| !device.is_empty()),
            _ => None,
        }
    }

    fn lookup(&self, instance: &str, equals: Option<(&str, &str)>) -> Option<Vec<Row>> {
        self.tables.rows(instance, equals)
    }

    fn is_coming(&self, _instance: &str) -> bool {
        // The store says which tables there are, and has none of one that is not.
        true
    }

    fn call(&self, name: &str, arguments: &[Value]) -> Option<Value> {
        forms::calculate(name, arguments)
    }
}

/// Rows of the registry. A form asks in the middle of a calculation and cannot wait; the store is in another thread and has
/// to be waited for. So the form is told that the rows are on their way, the question is noted, and once it is answered the
/// form works out what waited for it.
#[derive(Clone)]
pub struct Tables {
    /// The form's own programme, which it calls `registry`.
    programme: String,
    /// What else it calls the registry of its own programme.
    alias: Option<String>,
    held: Rc<RefCell<Held>>,
}

#[derive(Default)]
struct Held {
    known: HashMap<Registry, Vec<Row>>,
    wanted: Vec<Registry>,
    /// There were more rows than some answer may have.
    cut: bool,
}

impl Tables {
    /// The registry as a form of a programme sees it; nothing is known yet.
    pub fn of(programme: &str, alias: Option<&str>) -> Tables {
        Tables { programme: programme.to_owned(), alias: alias.map(str::to_owned), held: Rc::default() }
    }

    /// Says whether a list of the form is the registry of its own programme.
    pub fn is_own(&self, list: &str) -> bool {
        list == OWN || self.alias.as_deref() == Some(list)
    }

    fn rows(&self, instance: &str, equals: Option<(&str, &str)>) -> Option<Vec<Row>> {
        let programme = if self.is_own(instance) { &self.programme } else { instance };
        let question = Registry {
            programme: programme.to_owned(),
            equals: equals.map(|(column, value)| (column.to_owned(), value.to_owned())),
        };
        let mut held = self.held.borrow_mut();
        let known = held.known.get(&question).cloned();
        if known.is_none() && !held.wanted.contains(&question) {
            held.wanted.push(question);
        }
        known
    }

    /// Says whether a form was told of some rows only, because there are too many.
    pub fn is_cut(&self) -> bool {
        self.held.borrow().cut
    }

    /// Says whether a form asked for rows that are not here.
    pub fn lacks_rows(&self) -> bool {
        !self.held.borrow().wanted.is_empty()
    }

    /// Gets the rows that were asked for. What cannot be had has none.
    pub async fn fetch(&self) {
        let wanted = std::mem::take(&mut self.held.borrow_mut().wanted);
        for question in wanted {
            // Nobody is in the way of anything: a form without its rows can still be filled and saved.
            let rows = ask(question.clone()).await.unwrap_or_default();
            self.held.borrow_mut().take(question, rows);
        }
    }
}

impl Held {
    /// Takes in what the store answered: one row too many says that there are more.
    fn take(&mut self, question: Registry, mut rows: Vec<Row>) {
        self.cut |= rows.len() > Registry::MOST;
        rows.truncate(Registry::MOST);
        self.known.insert(question, rows);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_was_cut_short_is_marked_and_stays_so() {
        let tables = Tables::of("water", Some("meters"));
        let answered = |equals: Option<(&str, &str)>, count: usize| {
            assert_eq!(tables.rows("meters", equals), None);
            let question = tables.held.borrow_mut().wanted.pop();
            let rows = vec![Row::new(); count];
            tables.held.borrow_mut().take(question.unwrap(), rows);
            let offered = tables.rows("registry", equals).map(|rows| rows.len());
            assert_eq!(offered, Some(count.min(Registry::MOST)));
            tables.is_cut()
        };
        assert!(!answered(Some(("zone", "R01")), Registry::MOST));
        assert!(answered(None, Registry::MOST + 1));
        assert!(answered(Some(("zone", "R02")), 1), "what was offered before is still only a part");
        assert!(!tables.lacks_rows());
    }
}
