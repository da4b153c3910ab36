//! What a form may ask of the world: the clock, chance, who fills it, the registry, and the arithmetic of `domain::calc`.

use crate::backend::ask;
use crate::browser::{OFFSET_MINUTES, now_ms};
use domain::api::Registry;
use forms::{Host, Row, Value};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// The world around a form on this device.
pub struct World {
    /// Who fills it.
    pub person: String,
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
        (name == "username").then(|| self.person.clone())
    }

    fn lookup(&self, instance: &str, equals: Option<(&str, &str)>) -> Option<Vec<Row>> {
        self.tables.rows(instance, equals)
    }

    fn call(&self, name: &str, arguments: &[Value]) -> Option<Value> {
        forms::calculate(name, arguments)
    }
}

/// Rows of the registry. A form asks in the middle of a calculation and cannot wait; the store is in another thread and has
/// to be waited for. So the form is told of no rows at first, the question is noted, and once it is answered the form works
/// everything out again.
#[derive(Clone)]
pub struct Tables {
    /// The form's own programme, which it calls `registry`.
    programme: String,
    held: Rc<RefCell<Held>>,
}

#[derive(Default)]
struct Held {
    known: HashMap<Registry, Vec<Row>>,
    wanted: Vec<Registry>,
}

impl Tables {
    /// The registry as a form of a programme sees it; nothing is known yet.
    pub fn of(programme: &str) -> Tables {
        Tables { programme: programme.to_owned(), held: Rc::default() }
    }

    fn rows(&self, instance: &str, equals: Option<(&str, &str)>) -> Option<Vec<Row>> {
        let programme = if instance == "registry" { &self.programme } else { instance };
        let question = Registry {
            programme: programme.to_owned(),
            equals: equals.map(|(column, value)| (column.to_owned(), value.to_owned())),
        };
        let mut held = self.held.borrow_mut();
        let known = held.known.get(&question).cloned();
        if known.is_none() && !held.wanted.contains(&question) {
            held.wanted.push(question);
        }
        Some(known.unwrap_or_default())
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
            self.held.borrow_mut().known.insert(question, rows);
        }
    }
}
