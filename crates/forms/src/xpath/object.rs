//! What an expression gives, and how one kind turns into another.

use super::dates;
use super::eval::World;
use super::number::{number_text, text_number};
use crate::tree::NodeId;

/// The four kinds of XPath and ODK's fifth, a moment.
#[derive(Clone, Debug, PartialEq)]
pub enum Object {
    /// Nodes in document order without doubles.
    Nodes(Vec<NodeId>),
    /// A text.
    Text(String),
    /// A number.
    Number(f64),
    /// True or false.
    Boolean(bool),
    /// A moment: milliseconds since 1970 UTC, NaN when it is no date. Counts as days, reads as ISO text.
    Moment(f64),
}

impl Object {
    /// An empty text.
    pub fn blank() -> Object {
        Object::Text(String::new())
    }

    /// As a text. Of nodes, the first one's.
    pub fn text(&self, world: &World<'_>) -> String {
        match self {
            Object::Nodes(nodes) => nodes.first().map_or_else(String::new, |node| world.text(*node)),
            Object::Text(text) => text.clone(),
            Object::Number(number) => number_text(*number),
            Object::Boolean(truth) => (if *truth { "true" } else { "false" }).to_owned(),
            Object::Moment(ms) => dates::moment_text(*ms, world.offset()),
        }
    }

    /// As a number; NaN when it is none. Dates count as days since 1970 UTC, also when they come as texts.
    pub fn number(&self, world: &World<'_>) -> f64 {
        match self {
            Object::Number(number) => *number,
            Object::Boolean(truth) => f64::from(u8::from(*truth)),
            Object::Moment(ms) => ms / dates::DAY,
            Object::Text(text) => number_of(text, world.offset()),
            Object::Nodes(_) => number_of(&self.text(world), world.offset()),
        }
    }

    /// As true or false: any node, any text but the empty one, any number but 0 and NaN.
    pub fn boolean(&self) -> bool {
        match self {
            Object::Nodes(nodes) => !nodes.is_empty(),
            Object::Text(text) => !text.is_empty(),
            Object::Number(number) => *number != 0.0 && !number.is_nan(),
            Object::Boolean(truth) => *truth,
            Object::Moment(ms) => !ms.is_nan(),
        }
    }

    /// As a moment: milliseconds since 1970 UTC, NaN when it is none. Numbers are days.
    pub fn moment(&self, world: &World<'_>) -> f64 {
        match self {
            Object::Moment(ms) => *ms,
            Object::Number(days) => (days * dates::DAY).round(),
            Object::Boolean(_) => f64::NAN,
            Object::Text(_) | Object::Nodes(_) => {
                let text = self.text(world);
                dates::parse_moment(&text, world.offset())
                    .unwrap_or_else(|| (text_number(&text) * dates::DAY).round())
            }
        }
    }
}

/// The number of a text in ODK's sense.
pub fn number_of(text: &str, offset: i32) -> f64 {
    let number = text_number(text);
    if number.is_nan() && dates::looks_like_date(text) {
        return dates::parse_moment(text, offset).map_or(f64::NAN, |ms| ms / dates::DAY);
    }
    number
}
