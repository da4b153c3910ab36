//! What stands in the way of saving, and what is only odd.

use std::collections::HashMap;

use super::view::Entry;
use super::{Filling, input, places};
use crate::definition::{Kind, Node, Phrase};
use crate::tree::NOBODY;

/// Something about an answer that a person should look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Path of the question.
    pub path: String,
    /// Its key in the answers.
    pub key: String,
    /// Its label.
    pub label: String,
    /// What to say.
    pub message: String,
    /// What it is.
    pub code: ProblemCode,
    /// Place in [`Filling::pages`] of the page it is on.
    pub page: usize,
}

/// Kinds of problems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemCode {
    /// A required answer is missing.
    Required,
    /// The form's condition for the answer does not hold.
    Constraint,
    /// The answer is not what the question wants: letters for a number, a day that does not exist.
    Type,
    /// The answer is odd; it can be saved all the same.
    Warning,
}

impl Filling {
    /// What blocks saving, in order.
    pub fn problems(&self) -> Vec<Problem> {
        self.look_through(|node| {
            if self.tree.text(node).is_empty() && !self.typed.contains_key(&node) {
                return self.is_required(node).then(|| (ProblemCode::Required, self.required_message(node)));
            }
            self.error_of(node)
        })
    }

    /// What is odd but does not block saving, in order: the `warning` column of the form.
    pub fn warnings(&self) -> Vec<Problem> {
        self.look_through(|node| self.warning_of(node).map(|message| (ProblemCode::Warning, message)))
    }

    fn look_through(&self, look: impl Fn(u32) -> Option<(ProblemCode, String)>) -> Vec<Problem> {
        let mut found = Vec::new();
        for (page, layout) in self.layout().iter().enumerate() {
            for entry in &layout.entries {
                let Entry::Node(node) = entry else { continue };
                let Some(described) = self
                    .described(*node)
                    .filter(|described| !matches!(described.kind, Kind::Group | Kind::Repeat))
                else {
                    continue;
                };
                if let Some((code, message)) = look(*node) {
                    let definition = self.tree.get(*node).map_or(NOBODY, |found| found.definition);
                    found.push(Problem {
                        path: places::path_of(&self.form, &self.tree, *node),
                        key: self.form.key(definition).to_owned(),
                        label: self.say(&described.label, *node),
                        message,
                        code,
                        page,
                    });
                }
            }
        }
        found
    }

    fn described(&self, node: u32) -> Option<&Node> {
        self.tree.get(node).and_then(|found| self.form.node(found.definition))
    }

    /// Whether a condition holds at a node; `otherwise` when there is none or it cannot be evaluated.
    fn holds(&self, condition: &str, node: u32, otherwise: bool) -> bool {
        let Some(expression) = self.form.expression(condition) else { return otherwise };
        self.evaluate(expression, node).map_or(otherwise, |value| value.boolean())
    }

    pub(super) fn is_required(&self, node: u32) -> bool {
        self.described(node).is_some_and(|described| {
            described.kind != Kind::Note && self.holds(&described.logic.required, node, false)
        })
    }

    /// A node is only shown when it says so itself or when a group around it does.
    pub(super) fn is_readonly(&self, node: u32) -> bool {
        let mut remembered: HashMap<&str, bool> = HashMap::new();
        let mut place = Some(node);
        while let Some(at) = place.filter(|at| *at != 0) {
            if let Some(described) = self.described(at)
                && !described.logic.readonly.is_empty()
                && *remembered
                    .entry(&described.logic.readonly)
                    .or_insert_with(|| self.holds(&described.logic.readonly, at, false))
            {
                return true;
            }
            place = self.tree.parent(at);
        }
        false
    }

    fn required_message(&self, node: u32) -> String {
        self.message(node, |described| &described.required_message, "ต้องตอบข้อนี้", "This needs an answer")
    }

    /// What is wrong with the answer that is there.
    pub(super) fn error_of(&self, node: u32) -> Option<(ProblemCode, String)> {
        let described = self.described(node)?;
        if self.typed.contains_key(&node) {
            let (thai, english) = input::type_message(described.store);
            return Some((ProblemCode::Type, (if self.speaks_thai() { thai } else { english }).to_owned()));
        }
        if self.tree.text(node).is_empty() {
            return None;
        }
        if self.holds(&described.logic.constraint, node, true) {
            return None;
        }
        Some((
            ProblemCode::Constraint,
            self.message(
                node,
                |described| &described.constraint_message,
                "คำตอบนี้ใช้ไม่ได้ ลองตรวจดูอีกครั้ง",
                "This answer cannot be used, please check it",
            ),
        ))
    }

    /// What is odd about the answer that is there.
    pub(super) fn warning_of(&self, node: u32) -> Option<String> {
        let described = self.described(node)?;
        if self.tree.text(node).is_empty() || self.holds(&described.logic.warning, node, true) {
            return None;
        }
        Some(self.message(
            node,
            |described| &described.warning_message,
            "คำตอบนี้ผิดปกติ ตรวจดูอีกครั้ง",
            "This answer is unusual, please check it",
        ))
    }

    fn message(&self, node: u32, text: fn(&Node) -> &Vec<Phrase>, thai: &str, english: &str) -> String {
        let said = self.described(node).map_or_else(String::new, |described| self.say(text(described), node));
        if !said.is_empty() {
            return said;
        }
        (if self.speaks_thai() { thai } else { english }).to_owned()
    }
}
