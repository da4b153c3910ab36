//! Makes the nodes of a record from the definition, or from a saved or prepared record.

use std::sync::Arc;

use crate::definition::{Element, Kind, Store};
use crate::form::Form;
use crate::tree::{NOBODY, NodeKind, Tree};
use crate::xpath::analysis::Outline;

/// Makes a node of a definition node with everything that belongs below it. At the start of a record each repeat has
/// one instance; in an instance that is added later, the repeats inside begin with none, as in every ODK engine.
pub fn node(form: &Form, tree: &mut Tree, parent: u32, definition: u32, at_start: bool) -> u32 {
    let made = bare(form, tree, parent, definition);
    for child in Outline::children(form, definition) {
        let Some(described) = form.node(*child) else { continue };
        let begins_empty = !at_start || described.starts_empty || !described.logic.repeat_count.is_empty();
        if described.kind != Kind::Repeat || !begins_empty {
            node(form, tree, made, *child, at_start);
        }
    }
    made
}

/// Makes a node alone, at its place among its siblings.
fn bare(form: &Form, tree: &mut Tree, parent: u32, definition: u32) -> u32 {
    let Some(described) = form.node(definition) else { return 0 };
    let kind = if described.name.starts_with('@') { NodeKind::Attribute } else { NodeKind::Element };
    let after = |place: &u32| {
        tree.get(*place).is_some_and(|node| node.definition != NOBODY && node.definition > definition)
    };
    let position = tree.children(parent).iter().position(after).unwrap_or(usize::MAX);
    let made = tree.insert(parent, position, kind, &form.name_of(definition), described.default.clone());
    if let Some(node) = tree.get_mut(made) {
        node.definition = definition;
        if let Some((prefix, _)) = described.name.trim_start_matches('@').split_once(':') {
            node.prefix = Arc::from(prefix);
        }
    }
    made
}

/// Makes the nodes of a saved record. What the form does not know is left out; what the record lacks is made anew.
pub fn from_element(form: &Form, tree: &mut Tree, parent: u32, definition: u32, element: &Element) -> u32 {
    let made = bare(form, tree, parent, definition);
    let is_leaf = !matches!(form.kind(definition), Kind::Group | Kind::Repeat);
    if let Some(node) = tree.get_mut(made) {
        node.value =
            if is_leaf || element.children.is_empty() { element.text.clone() } else { String::new() };
    }
    for child in Outline::children(form, definition) {
        let Some(described) = form.node(*child) else { continue };
        if let Some(attribute) = described.name.strip_prefix('@') {
            let place = bare(form, tree, made, *child);
            if let (Some((_, value)), Some(node)) =
                (element.attributes.iter().find(|(name, _)| name == attribute), tree.get_mut(place))
            {
                node.value = value.clone();
            }
            continue;
        }
        let mut found = element.children.iter().filter(|inside| inside.name == described.name).peekable();
        if found.peek().is_none() && described.kind != Kind::Repeat {
            node(form, tree, made, *child, true);
        }
        for inside in found {
            from_element(form, tree, made, *child, inside);
        }
    }
    // Attributes the definition does not know can still be read by expressions.
    for (name, value) in &element.attributes {
        if !tree.attributes(made).iter().any(|place| tree.name(*place) == name) {
            tree.add(made, NodeKind::Attribute, &Arc::from(name.as_str()), value.clone());
        }
    }
    made
}

/// The whole record as an element, for a draft. Everything is in it, also what is not relevant now.
pub fn to_element(form: &Form, tree: &Tree, node: u32) -> Element {
    let Some(found) = tree.get(node) else { return Element::default() };
    let name = form
        .node(found.definition)
        .map(|described| described.name.trim_start_matches('@').to_owned())
        .unwrap_or_default();
    Element {
        name,
        attributes: tree
            .attributes(node)
            .iter()
            .map(|place| {
                (
                    tree.name(*place).to_owned(),
                    tree.get(*place).map(|node| node.value.clone()).unwrap_or_default(),
                )
            })
            .collect(),
        text: found.value.clone(),
        children: tree.children(node).iter().map(|child| to_element(form, tree, *child)).collect(),
    }
}

/// Says whether somebody answered something in a saved part of a record.
pub fn is_answered(form: &Form, definition: u32, element: &Element) -> bool {
    element.children.iter().any(|inside| {
        let mut children = Outline::children(form, definition).iter();
        let Some(child) =
            children.find(|child| form.node(**child).is_some_and(|node| node.name == inside.name))
        else {
            return false;
        };
        form.node(*child).is_some_and(|described| match described.kind {
            Kind::Group | Kind::Repeat => is_answered(form, *child, inside),
            _ => !described.unseen && !inside.text.is_empty() && inside.text != described.default,
        })
    })
}

/// Where a node's value is kept as what.
pub fn store_of(form: &Form, tree: &Tree, node: u32) -> Store {
    tree.get(node)
        .and_then(|found| form.node(found.definition))
        .map(|described| described.store)
        .unwrap_or_default()
}

/// The part of the record that is relevant now.
pub fn relevant_element(form: &Form, tree: &Tree, node: u32) -> Element {
    let Some(found) = tree.get(node) else { return Element::default() };
    let described = form.node(found.definition);
    let name =
        described.map(|described| described.name.trim_start_matches('@').to_owned()).unwrap_or_default();
    let seen = |place: &&u32| tree.get(**place).is_some_and(|found| !found.hidden);
    let attribute = |place: &u32| {
        let value = tree.get(*place).map(|found| found.value.clone()).unwrap_or_default();
        (tree.name(*place).to_owned(), value)
    };
    Element {
        name,
        attributes: tree.attributes(node).iter().filter(seen).map(attribute).collect(),
        text: found.value.clone(),
        children: tree
            .children(node)
            .iter()
            .filter(seen)
            .map(|child| relevant_element(form, tree, *child))
            .collect(),
    }
}
