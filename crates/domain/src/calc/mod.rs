//! Arithmetic that forms cannot express, one file per subject matter.
//!
//! Forms reach it by name: `th:usage(${prev}, ${reading}, 4, 0, 0)` in a spreadsheet is
//! `call("th:usage", ...)` here. [`FUNCTIONS`] is the whole list; nothing else is callable, so a form that
//! names an unknown function is found when it is published and not in the field.
//!
//! An argument without an answer is an empty text, and gives an empty text: a half-filled form stays quiet.

pub mod care;
pub mod days;
pub mod national_id;
pub mod water;

mod functions;

pub use functions::{FUNCTIONS, Function};

/// A plain value, as forms pass it and take it back.
#[derive(Clone, Debug, PartialEq)]
pub enum CalcValue {
    /// A text. Dates are ISO 8601 text; the empty text is "no answer".
    Text(String),
    /// A number.
    Number(f64),
    /// True or false.
    Bool(bool),
}

impl CalcValue {
    /// The value that means "no answer".
    pub const EMPTY: CalcValue = CalcValue::Text(String::new());

    /// Returns the value as a number. Thai digits count; a text that is no finite number gives `None`.
    pub fn number(&self) -> Option<f64> {
        let number = match self {
            CalcValue::Number(number) => *number,
            CalcValue::Text(text) => crate::text::ascii_digits(text).trim().parse().ok()?,
            CalcValue::Bool(truth) => f64::from(u8::from(*truth)),
        };
        number.is_finite().then_some(number)
    }

    /// Returns the value as a whole number; `None` for a fraction and beyond 2^53, where doubles skip numbers.
    pub fn whole(&self) -> Option<i64> {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        let number = self.number()?;
        // The cast is exact: the number is whole and within the range in which doubles hold every integer.
        (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
    }

    /// Returns the value as text: `17`, `0.5`, `true`.
    pub fn text(&self) -> String {
        match self {
            CalcValue::Text(text) => text.trim().to_owned(),
            CalcValue::Number(number) => number.to_string(),
            CalcValue::Bool(truth) => truth.to_string(),
        }
    }

    /// Says whether there is an answer.
    pub fn is_empty(&self) -> bool {
        matches!(self, CalcValue::Text(text) if text.trim().is_empty())
    }
}

/// Calls a function of [`FUNCTIONS`] by its full name. `None`: no such function, or another number of arguments.
pub fn call(name: &str, args: &[CalcValue]) -> Option<CalcValue> {
    let function = FUNCTIONS.iter().find(|function| function.name == name)?;
    function.arity.contains(&args.len()).then(|| (function.run)(args))
}
