//! Paths as the screen uses them (`/data/group/repeat[2]/question`) to nodes of the record, and back.

use crate::definition::Kind;
use crate::form::Form;
use crate::tree::{NOBODY, Tree};
use crate::xpath::analysis::Outline;

/// Path of a node. Instances of repeats carry their number, counted from 1.
pub fn path_of(form: &Form, tree: &Tree, node: u32) -> String {
    let mut parts = Vec::new();
    let mut place = Some(node);
    while let Some(at) = place.filter(|at| *at != 0) {
        let Some(found) = tree.get(at) else { break };
        let name = form.node(found.definition).map_or("", |node| node.name.as_str());
        if form.kind(found.definition) == Kind::Repeat {
            parts.push(format!("{name}[{}]", number_of(tree, at)));
        } else {
            parts.push(name.to_owned());
        }
        place = tree.parent(at);
    }
    parts.push(String::new());
    parts.reverse();
    parts.join("/")
}

/// Number of a repeat instance among its siblings, from 1.
pub fn number_of(tree: &Tree, node: u32) -> usize {
    let Some(found) = tree.get(node) else { return 0 };
    let siblings = tree.children(found.parent);
    let same = |place: &&u32| tree.get(**place).is_some_and(|other| other.definition == found.definition);
    siblings.iter().take_while(|place| **place != node).filter(same).count() + 1
}

/// Children of a node that were made from one definition node, attributes included.
pub fn instances(tree: &Tree, parent: u32, definition: u32) -> Vec<u32> {
    let elements = tree.made_from(parent, definition);
    if !elements.is_empty() {
        return elements.to_vec();
    }
    let made = |place: &u32| tree.get(*place).is_some_and(|node| node.definition == definition);
    tree.attributes(parent).iter().copied().filter(made).collect()
}

/// What a path of the screen points at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    /// A node of the record.
    Node(u32),
    /// A repeat as a whole: its parent in the record and its definition.
    Repeat(u32, u32),
}

/// Finds what a path points at. A path without numbers means the first instance, except at its end, where a repeat
/// without a number is the repeat as a whole. A bare name means the only question with that name.
pub fn find(form: &Form, tree: &Tree, path: &str) -> Option<Spot> {
    if !path.starts_with('/') {
        let definition = form.find(path)?;
        return find(form, tree, form.path(definition));
    }
    let mut node = 0_u32;
    let mut definition = NOBODY;
    let mut parts = path.split('/').skip(1).peekable();
    while let Some(part) = parts.next() {
        let (name, number) = match part.strip_suffix(']').and_then(|part| part.split_once('[')) {
            Some((name, number)) => (name, Some(number.parse::<usize>().ok()?)),
            None => (part, None),
        };
        let candidates: &[u32] =
            if definition == NOBODY { &[0] } else { Outline::children(form, definition) };
        definition = candidates
            .iter()
            .copied()
            .find(|place| form.node(*place).is_some_and(|found| found.name == name))?;
        if form.kind(definition) == Kind::Repeat && number.is_none() && parts.peek().is_none() {
            return Some(Spot::Repeat(node, definition));
        }
        node = instances(tree, node, definition).get(number.unwrap_or(1).checked_sub(1)?).copied()?;
    }
    if node == 0 { None } else { Some(Spot::Node(node)) }
}

/// Nodes made from a definition node below (or at) a place of the record.
pub fn all_below(form: &Form, tree: &Tree, from: u32, definition: u32) -> Vec<u32> {
    let top = tree.get(from).map_or(NOBODY, |node| node.definition);
    let mut line = vec![definition];
    let mut place = definition;
    while place != top {
        match Outline::parent(form, place) {
            Some(parent) => {
                line.push(parent);
                place = parent;
            }
            // `from` is the document's root, above the top.
            None => break,
        }
    }
    if line.last() == Some(&top) {
        line.pop();
    }
    let mut found = vec![from];
    for step in line.into_iter().rev() {
        found = found.into_iter().flat_map(|node| instances(tree, node, step)).collect();
    }
    found
}
