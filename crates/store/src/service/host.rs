//! The world around a form that is filled without a person: the time and our own calculations, nothing else.

use forms::{Host, Value};

/// A host that knows a moment.
pub(super) struct Quiet {
    now_ms: i64,
}

impl Quiet {
    /// A host at a moment, milliseconds since 1970 UTC.
    pub fn at(now_ms: u64) -> Quiet {
        Quiet { now_ms: i64::try_from(now_ms).unwrap_or(i64::MAX) }
    }
}

impl Host for Quiet {
    fn now_ms(&self) -> i64 {
        self.now_ms
    }

    fn call(&self, name: &str, arguments: &[Value]) -> Option<Value> {
        forms::calculate(name, arguments)
    }
}
