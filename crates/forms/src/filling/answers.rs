//! The record as typed answers: what is saved.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::work::Work;
use super::{Filling, places};
use crate::definition::{Kind, Node, Store};
use crate::tree::NOBODY;
use crate::xpath::analysis::Outline;
use crate::xpath::{dates, number_text, text_number};

impl Filling {
    /// Ends the filling and gives the answers by key: only what is relevant and answered. Notes have no answer.
    ///
    /// Whole numbers are JSON integers, decimals are numbers, several choices are an array, a place is
    /// `{"lat", "lon", "alt", "acc"}`, an acknowledgement is `true`, a repeat is an array of objects; all else is text.
    /// A calculation is a number when its text is one in plain form. Typing that was not understood is text. Ask
    /// [`Filling::problems`] first; this refuses nothing.
    pub fn finish(&mut self) -> BTreeMap<String, Value> {
        let now = dates::date_time_text(self.host.now_ms() as f64, self.host.offset_minutes());
        let form = self.form.clone();
        let mut work = Work::default();
        for (definition, _) in
            form.definition().nodes.iter().enumerate().filter(|(_, node)| node.preload == "end")
        {
            for node in places::all_below(&form, &self.tree, 0, definition as u32) {
                if self.put(node, now.clone()) {
                    self.changed(&mut work, node);
                }
            }
        }
        self.work_off(&mut work);
        let mut answers = Map::new();
        self.collect(self.top(), &mut answers);
        answers.into_iter().collect()
    }

    fn collect(&self, holder: u32, answers: &mut Map<String, Value>) {
        let definition = self.tree.get(holder).map_or(NOBODY, |found| found.definition);
        for child in Outline::children(self.form.as_ref(), definition) {
            let Some(described) = self.form.node(*child) else { continue };
            let mut nodes = places::instances(&self.tree, holder, *child);
            nodes.retain(|node| self.tree.get(*node).is_some_and(|found| !found.hidden));
            match described.kind {
                Kind::Group => nodes.into_iter().for_each(|node| self.collect(node, answers)),
                Kind::Repeat => {
                    let inside = |node: u32| {
                        let mut row = Map::new();
                        self.collect(node, &mut row);
                        Value::Object(row)
                    };
                    let rows: Vec<Value> = nodes.into_iter().map(inside).collect();
                    if !rows.is_empty() {
                        answers.insert(self.form.key(*child).to_owned(), Value::Array(rows));
                    }
                }
                _ => {
                    for node in nodes {
                        let typing = self.typed.get(&node).map(|text| json!(text));
                        if let Some(answer) = typing.or_else(|| typed(described, &self.tree.text(node))) {
                            answers.insert(self.form.key(*child).to_owned(), answer);
                        }
                    }
                }
            }
        }
    }
}

/// A stored text as a typed answer; `None` for no answer. What is not of its type stays text, so that nothing is lost.
fn typed(described: &Node, text: &str) -> Option<Value> {
    if text.is_empty() || (described.kind == Kind::Note && described.logic.calculate.is_empty()) {
        return None;
    }
    match described.kind {
        Kind::SelectMultiple | Kind::Rank => return Some(json!(text.split_whitespace().collect::<Vec<_>>())),
        Kind::Acknowledge => return Some(json!(true)),
        Kind::Calculate | Kind::Hidden if described.store == Store::Text => {
            return Some(number(text).unwrap_or_else(|| json!(text)));
        }
        _ => {}
    }
    Some(match described.store {
        Store::Decimal if text_number(text).is_finite() => json!(text_number(text)),
        Store::Integer | Store::Decimal => number(text).unwrap_or_else(|| json!(text)),
        Store::Boolean => json!(text == "true" || text == "1"),
        Store::Geopoint => place(text).unwrap_or_else(|| json!(text)),
        _ => json!(text),
    })
}

/// A number, when the text is exactly how that number is written. `007` and `0812345678` are no numbers but codes.
fn number(text: &str) -> Option<Value> {
    let number = text_number(text);
    if !number.is_finite() || number_text(number) != text {
        return None;
    }
    if number.fract() == 0.0 && number.abs() < 9.0e15 {
        Some(json!(number as i64))
    } else {
        Some(json!(number))
    }
}

fn place(text: &str) -> Option<Value> {
    let mut place = Map::new();
    for (name, word) in ["lat", "lon", "alt", "acc"].into_iter().zip(text.split_whitespace()) {
        let number = text_number(word);
        if !number.is_finite() {
            return None;
        }
        place.insert(name.to_owned(), json!(number));
    }
    (place.len() >= 2).then_some(Value::Object(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_numbers_are_numbers() {
        assert_eq!(number("12"), Some(json!(12)));
        assert_eq!(number("-0.5"), Some(json!(-0.5)));
        for code in ["007", "1e3", "0812345678", "1.50", " 1", "NaN"] {
            assert_eq!(number(code), None, "{code}");
        }
        assert_eq!(
            place("13.7 100.5 0 4.8"),
            Some(json!({"lat": 13.7, "lon": 100.5, "alt": 0.0, "acc": 4.8}))
        );
    }
}
