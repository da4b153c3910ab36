//! What a filled form does to the registry: records it makes and changes.

use std::collections::BTreeMap;

use super::{Filling, places};
use crate::definition::{Entity, Kind};
use crate::tree::NOBODY;
use crate::xpath::Object;
use crate::xpath::analysis::Outline;

/// A record that a filled form makes or changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityChange {
    /// List of records: `meters`.
    pub list: String,
    /// Which record is changed; `None` for a new one, whose id the caller gives.
    pub id: Option<String>,
    /// What the registry shows for it; empty when the form does not say.
    pub label: String,
    /// It belongs to an instance of a repeat, of which there may be several; else to the record as a whole.
    pub repeated: bool,
    /// Its properties, as text. A property whose question is not relevant is left alone; one that was emptied is empty.
    pub properties: BTreeMap<String, String>,
}

impl Filling {
    /// What this record does to the registry, in order. A record is made or changed once for each instance of the
    /// group or repeat its declaration belongs to, where its condition holds and the place is relevant.
    pub fn entities(&self) -> Vec<EntityChange> {
        let mut found = Vec::new();
        for entity in &self.form.definition().entities {
            for place in places::all_below(&self.form, &self.tree, 0, entity.container) {
                if !self.tree.get(place).is_some_and(|node| node.hidden) {
                    found.extend(self.entity(entity, place));
                }
            }
        }
        found
    }

    fn entity(&self, entity: &Entity, place: u32) -> Option<EntityChange> {
        let text = |source: &str| {
            let value = self.form.expression(source).and_then(|parsed| self.evaluate(parsed, place));
            value.map_or_else(String::new, |value| self.with_world(|world| value.text(world)))
        };
        // ODK's rule for such a value: text is true when it says so, whatever else is false.
        let holds = |source: &str| {
            let value = self.form.expression(source).and_then(|parsed| self.evaluate(parsed, place));
            value.is_some_and(|value| match &value {
                Object::Boolean(truth) => *truth,
                other => matches!(self.with_world(|world| other.text(world)).as_str(), "1" | "true"),
            })
        };
        let id = text(&entity.id);
        let changes = !entity.id.is_empty()
            && !id.is_empty()
            && (entity.update_if.is_empty() || holds(&entity.update_if));
        let makes = match (entity.create_if.is_empty(), entity.id.is_empty()) {
            (true, no_id) => no_id,
            (false, _) => holds(&entity.create_if),
        };
        if !changes && !makes {
            return None;
        }
        let mut properties = BTreeMap::new();
        self.properties(entity, place, &mut properties);
        let id = changes.then_some(id);
        let repeated = self.is_in_repeat(place);
        Some(EntityChange { list: entity.list.clone(), id, label: text(&entity.label), repeated, properties })
    }

    fn is_in_repeat(&self, place: u32) -> bool {
        let mut at = place;
        // The top is its own end.
        while let Some(node) = self.tree.get(at).filter(|_| at != self.top()) {
            if self.form.node(node.definition).is_some_and(|found| found.kind == Kind::Repeat) {
                return true;
            }
            at = node.parent;
        }
        false
    }

    fn properties(&self, entity: &Entity, holder: u32, properties: &mut BTreeMap<String, String>) {
        let definition = self.tree.get(holder).map_or(NOBODY, |found| found.definition);
        for child in Outline::children(self.form.as_ref(), definition) {
            let Some(described) = self.form.node(*child) else { continue };
            for node in places::instances(&self.tree, holder, *child) {
                if self.tree.get(node).is_some_and(|found| found.hidden) {
                    continue;
                }
                let own = described.save_list.is_empty() || described.save_list == entity.list;
                if !described.save_to.is_empty() && own {
                    properties.insert(described.save_to.clone(), self.tree.text(node));
                } else if !Outline::children(self.form.as_ref(), *child).is_empty() {
                    self.properties(entity, node, properties);
                }
            }
        }
    }
}
