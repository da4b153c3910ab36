//! XPath 1.0 with ODK's functions: text to [`ast::Expr`], and [`ast::Expr`] to an [`Object`].
//!
//! An own evaluator, because forms need four things a general one does not give: dates that turn into days, the list
//! of questions an expression depends on, rows that are looked up instead of loaded, and a firm bound on work.

pub mod analysis;
pub mod ast;
pub mod dates;
mod digest;
mod eval;
mod functions;
mod geo;
mod lexer;
mod number;
mod object;
mod parser;
mod paths;

pub use eval::{Context, EvalError, Memory, Surroundings, World, eval_nodes};
pub use functions::check_arguments;
pub use number::{number_text, text_number};
pub use object::Object;
pub use parser::parse;

/// Why a text is not an expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} (at character {at})")]
pub struct ParseError {
    /// Where, counted in bytes from 0.
    pub at: usize,
    /// What is wrong.
    pub what: String,
}

impl ParseError {
    pub(crate) fn at(at: usize, what: impl Into<String>) -> ParseError {
        ParseError { at, what: what.into() }
    }
}
