//! What a form asks of the device and the registry around it.

use std::collections::{BTreeMap, BTreeSet};

use crate::definition::{Definition, Kind, Node};
use crate::form::Form;
use crate::import::PathPlace;
use crate::import::path_to;
use crate::xpath::ast::Expr;

impl Form {
    /// Tables that the form asks of its [`crate::Host`], by name, each with a node that asks it; the top where none does by
    /// itself.
    pub fn tables(&self) -> BTreeMap<String, u32> {
        let mut tables = BTreeMap::new();
        self.each_expression(&mut |expression| {
            expression.walk(&mut |part| {
                if let Expr::Call(name, arguments) = part
                    && matches!(name.as_str(), "instance" | "pulldata")
                    && let Some(Expr::Text(table)) = arguments.first()
                    && !self.definition().instances.contains_key(table)
                    && !table.starts_with("__")
                {
                    tables.insert(table.clone(), 0);
                }
            });
        });
        for (table, node) in &mut tables {
            let asks = |source: &str| {
                source.contains(&format!("'{table}'")) || source.contains(&format!("\"{table}\""))
            };
            let nodes = self.definition().nodes.iter().zip(0..);
            *node =
                nodes.into_iter().find(|(found, _)| sources(found).any(asks)).map_or(0, |(_, place)| place);
        }
        tables
    }

    /// The list that the form itself keeps up to date: the only one that its sheet `entities` names. A form that was
    /// written for another system calls the registry of its own programme so.
    pub fn own_list(&self) -> Option<&str> {
        let lists: BTreeSet<&str> =
            self.definition().entities.iter().map(|entity| entity.list.as_str()).collect();
        lists.first().copied().filter(|_| lists.len() == 1)
    }

    /// Paths of the questions that hold where the form was begun, for whoever knows it.
    pub fn start_places(&self) -> Vec<&str> {
        let definition = self.definition();
        let nodes = (0..).zip(&definition.nodes);
        nodes
            .filter(|(place, node)| is_unseen_place(node) && !is_triggered(definition, *place))
            .map(|(place, _)| self.path(place))
            .collect()
    }

    /// Nodes that hold where somebody was when another question was answered.
    pub fn background_places(&self) -> Vec<u32> {
        let definition = self.definition();
        let nodes = (0..).zip(&definition.nodes);
        nodes
            .filter(|(place, node)| is_unseen_place(node) && is_triggered(definition, *place))
            .map(|(place, _)| place)
            .collect()
    }
}

fn is_unseen_place(node: &Node) -> bool {
    node.kind == Kind::Geopoint && node.unseen && node.logic.calculate.is_empty() && node.preload.is_empty()
}

fn is_triggered(definition: &Definition, place: u32) -> bool {
    (0..).zip(&definition.nodes).any(|(asked, node)| {
        !node.actions.is_empty() && {
            let target = path_to(place, asked, definition, PathPlace::Plain);
            node.actions.iter().any(|action| action.target == target)
        }
    })
}

fn sources(node: &Node) -> impl Iterator<Item = &str> {
    let logic = &node.logic;
    let choices = node.choices.as_ref().map_or("", |choices| choices.nodeset.as_str());
    [
        choices,
        &logic.calculate,
        &logic.constraint,
        &logic.relevant,
        &logic.required,
        &logic.readonly,
        &logic.warning,
        &logic.repeat_count,
    ]
    .into_iter()
    .chain(node.actions.iter().map(|action| action.value.as_str()))
}
