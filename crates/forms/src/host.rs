//! What a form may ask of the world around it: time, chance, who is filling, the registry, and calculations that are
//! not written in XPath. The caller answers; this crate has no clock and no programme of its own.

use std::collections::BTreeMap;

use domain::calc::{self, CalcValue};

use crate::xpath::{number_text, text_number};

/// One row of a registry or table: column to text.
pub type Row = BTreeMap<String, String>;

/// A plain value, as extension functions take and give it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A text. Dates come as ISO text.
    Text(String),
    /// A number.
    Number(f64),
    /// True or false.
    Boolean(bool),
}

impl Value {
    /// As a text.
    pub fn to_text(&self) -> String {
        match self {
            Value::Text(text) => text.clone(),
            Value::Number(number) => number_text(*number),
            Value::Boolean(truth) => truth.to_string(),
        }
    }

    /// As a number; NaN when it is none.
    pub fn to_number(&self) -> f64 {
        match self {
            Value::Text(text) => text_number(text),
            Value::Number(number) => *number,
            Value::Boolean(truth) => f64::from(u8::from(*truth)),
        }
    }

    /// As true or false, by XPath's rule: any text but the empty one is true.
    pub fn to_boolean(&self) -> bool {
        match self {
            Value::Text(text) => !text.is_empty(),
            Value::Number(number) => *number != 0.0 && !number.is_nan(),
            Value::Boolean(truth) => *truth,
        }
    }
}

/// Calls a function of `domain::calc`, for a [`Host`] that offers them. `None` when there is no such function.
pub fn calculate(name: &str, arguments: &[Value]) -> Option<Value> {
    let arguments: Vec<CalcValue> = arguments
        .iter()
        .map(|argument| match argument {
            Value::Text(text) => CalcValue::Text(text.clone()),
            Value::Number(number) => CalcValue::Number(*number),
            Value::Boolean(truth) => CalcValue::Bool(*truth),
        })
        .collect();
    calc::call(name, &arguments).map(|value| match value {
        CalcValue::Text(text) => Value::Text(text),
        CalcValue::Number(number) => Value::Number(number),
        CalcValue::Bool(truth) => Value::Boolean(truth),
    })
}

/// The world around a form.
pub trait Host {
    /// The wall clock: milliseconds since 1970 UTC.
    fn now_ms(&self) -> i64;

    /// How many minutes the place of filling is ahead of UTC. Thailand by default.
    fn offset_minutes(&self) -> i32 {
        420
    }

    /// 64 random bits, new ones at each call. `uuid()`, `random()` and `randomize()` are made of them.
    fn random(&self) -> u64 {
        0
    }

    /// Metadata of the device and its user: `deviceid`, `username`, `phonenumber`, `email`.
    fn property(&self, _name: &str) -> Option<String> {
        None
    }

    /// Rows of a table that is not part of the form. `equals` is a (column, value) every wanted row has; an answer may
    /// hold more rows than that, the form checks again. `None` when there is no such table.
    fn lookup(&self, _instance: &str, _equals: Option<(&str, &str)>) -> Option<Vec<Row>> {
        None
    }

    /// Says whether the rows of a table are on their way: [`Host::lookup`] has none for now. What depends on them stays as
    /// it is until [`crate::Filling::tables_changed`] is called.
    fn is_coming(&self, _instance: &str) -> bool {
        false
    }

    /// Calls a function the form's language does not have, such as `th:usage`. `None` when there is no such function.
    fn call(&self, _name: &str, _arguments: &[Value]) -> Option<Value> {
        None
    }
}

/// A host that always says the same: for tests, previews and headless work.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FixedHost {
    /// What [`Host::now_ms`] says.
    pub now_ms: i64,
    /// What [`Host::offset_minutes`] says.
    pub offset_minutes: i32,
    /// What [`Host::property`] says.
    pub properties: BTreeMap<String, String>,
    /// Tables by name.
    pub tables: BTreeMap<String, Vec<Row>>,
}

impl FixedHost {
    /// A host in Thailand at a moment, with nothing else known.
    pub fn at(now_ms: i64) -> FixedHost {
        FixedHost { now_ms, offset_minutes: 420, ..FixedHost::default() }
    }
}

impl Host for FixedHost {
    fn now_ms(&self) -> i64 {
        self.now_ms
    }

    fn offset_minutes(&self) -> i32 {
        self.offset_minutes
    }

    fn property(&self, name: &str) -> Option<String> {
        self.properties.get(name).cloned()
    }

    fn lookup(&self, instance: &str, equals: Option<(&str, &str)>) -> Option<Vec<Row>> {
        let rows = self.tables.get(instance)?;
        let wanted = |row: &&Row| {
            equals.is_none_or(|(column, value)| row.get(column).is_some_and(|found| found == value))
        };
        Some(rows.iter().filter(wanted).cloned().collect())
    }
}
