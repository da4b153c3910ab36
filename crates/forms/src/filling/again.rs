//! Taking up the answers of a saved record, so that a person can correct it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Filling, places};
use crate::definition::{Kind, Node};
use crate::tree::NOBODY;
use crate::xpath::analysis::Outline;

impl Filling {
    /// Answers the questions as [`Filling::finish`] gave the answers, in the order of the form. What the form works out
    /// by itself, only shows, does not offer or does not ask any more is left as it is. An asked question without an
    /// answer there has none here.
    pub fn take_up(&mut self, answers: &BTreeMap<String, Value>) {
        let answers: Map<String, Value> =
            answers.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
        self.take_up_below(self.top(), &answers);
    }

    fn take_up_below(&mut self, holder: u32, answers: &Map<String, Value>) {
        let form = self.form.clone();
        let definition = self.tree.get(holder).map_or(NOBODY, |found| found.definition);
        for child in Outline::children(form.as_ref(), definition) {
            let Some(described) = form.node(*child) else { continue };
            match described.kind {
                Kind::Group => {
                    for node in places::instances(&self.tree, holder, *child) {
                        self.take_up_below(node, answers);
                    }
                }
                Kind::Repeat => {
                    let rows: &[Value] =
                        answers.get(form.key(*child)).and_then(Value::as_array).map_or(&[], Vec::as_slice);
                    self.make_as_many(holder, *child, rows.len());
                    for (node, row) in places::instances(&self.tree, holder, *child).into_iter().zip(rows) {
                        if let Some(row) = row.as_object() {
                            self.take_up_below(node, row);
                        }
                    }
                }
                _ if described.unseen => {}
                _ => {
                    let text = answers.get(form.key(*child)).and_then(|value| written(described, value));
                    for node in places::instances(&self.tree, holder, *child) {
                        // An answer that was left out is not filled in behind the person's back. What was not
                        // asked keeps its default, in case it is asked now.
                        let asked = self.tree.get(node).is_some_and(|found| !found.hidden);
                        let Some(text) = text.clone().or_else(|| asked.then(String::new)) else { continue };
                        let path = places::path_of(&form, &self.tree, node);
                        // What cannot be set any more keeps what the form itself gives it.
                        let _ = self.set(&path, &text);
                    }
                }
            }
        }
    }

    /// Adds or takes away instances of a repeat, where the person could.
    fn make_as_many(&mut self, holder: u32, definition: u32, wanted: usize) {
        let form = self.form.clone();
        loop {
            let there = places::instances(&self.tree, holder, definition);
            let changed = if there.len() < wanted {
                let above = places::path_of(&form, &self.tree, holder);
                let path = format!("{above}/{}", Outline::name(form.as_ref(), definition));
                self.add_repeat(&path).is_ok()
            } else if let Some(last) = there.last().filter(|_| there.len() > wanted) {
                let path = places::path_of(&form, &self.tree, *last);
                self.remove_repeat(&path).is_ok()
            } else {
                false
            };
            if !changed {
                return;
            }
        }
    }
}

/// A typed answer as a person would enter it.
fn written(described: &Node, value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(true) if described.kind == Kind::Acknowledge => "OK".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(words) => words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
        Value::Object(place) => {
            let parts = ["lat", "lon", "alt", "acc"].into_iter().map_while(|name| place.get(name));
            parts.map(ToString::to_string).collect::<Vec<_>>().join(" ")
        }
        other => other.to_string(),
    })
}
