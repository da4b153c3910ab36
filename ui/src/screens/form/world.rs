//! What a form may ask of the world: the clock, chance, who fills it, and the arithmetic of `domain::calc`.

use crate::browser::{OFFSET_MINUTES, now_ms};
use domain::calc::{self, CalcValue};
use forms::{Host, Value};

/// The world around a form on this device.
pub struct World {
    /// Who fills it.
    pub person: String,
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

    fn call(&self, name: &str, arguments: &[Value]) -> Option<Value> {
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
}
