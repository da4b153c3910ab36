//! Keeps a record consistent: after a change, works out again what depends on it, and nothing else.
//!
//! Work waits in a set ordered by rank, so that everything is worked out after what it reads; within one rank, in
//! document order, which is what makes a running total over repeat instances come out right.

use std::collections::{BTreeSet, HashMap, VecDeque};

use super::{Filling, build, input, places};
use crate::definition::{Element, Event, Kind};
use crate::form::Target;
use crate::tree::{NOBODY, NodeId};
use crate::xpath::analysis::Outline;
use crate::xpath::{Context, EvalError, Object};

/// Most instances a repeat count may ask for.
const MOST_INSTANCES: usize = 1000;

/// Most computations of one change. A form of 1,800 expressions with 100 instances stays well below.
const MOST_WORK: usize = 500_000;

/// Most node visits of one change, all its computations together: about a second of work.
const MOST_VISITS: u64 = 5_000_000;

/// Longest value a calculation may give, in bytes: a circle that doubles a text must not fill the memory.
const LONGEST: usize = 200_000;

/// Computations that wait: rank, place in the document, computation, node.
#[derive(Default)]
pub(super) struct Work {
    waiting: BTreeSet<(u32, u32, u32, u32)>,
    done: HashMap<(u32, u32), u8>,
}

impl Filling {
    /// Puts all computations of a node and everything below it on the list.
    pub(super) fn want_all(&self, work: &mut Work, top: u32) {
        let mut below = vec![top];
        while let Some(node) = below.pop() {
            let Some(found) = self.tree.get(node) else { continue };
            for number in self.form.own.get(found.definition as usize).into_iter().flatten() {
                let counts = self
                    .form
                    .computations
                    .get(*number as usize)
                    .is_some_and(|computation| computation.target == Target::Count);
                if !counts {
                    self.want(work, *number, node);
                }
            }
            // The number of instances is worked out at the parent, because there may be no instance yet.
            for child in Outline::children(self.form.as_ref(), found.definition) {
                for number in self.form.own.get(*child as usize).into_iter().flatten() {
                    if self
                        .form
                        .computations
                        .get(*number as usize)
                        .is_some_and(|computation| computation.target == Target::Count)
                    {
                        self.want(work, *number, node);
                    }
                }
            }
            below.extend(self.tree.children(node));
            below.extend(self.tree.attributes(node));
        }
    }

    fn want(&self, work: &mut Work, number: u32, node: u32) {
        let Some(computation) = self.form.computations.get(number as usize) else { return };
        work.waiting.insert((computation.rank, self.tree.order(node), number, node));
    }

    /// Takes a computation of a node off the list.
    fn unwant(&self, work: &mut Work, number: u32, node: u32) {
        let Some(computation) = self.form.computations.get(number as usize) else { return };
        work.waiting.remove(&(computation.rank, self.tree.order(node), number, node));
    }

    /// Puts everything that reads a node on the list.
    pub(super) fn changed(&self, work: &mut Work, node: u32) {
        let Some(definition) =
            self.tree.get(node).map(|found| found.definition).filter(|definition| *definition != NOBODY)
        else {
            return;
        };
        for (number, wide) in self.form.readers.get(definition as usize).into_iter().flatten() {
            let Some(computation) = self.form.computations.get(*number as usize) else { continue };
            let target = match computation.target {
                Target::Count => Outline::parent(self.form.as_ref(), computation.node).unwrap_or(0),
                _ => computation.node,
            };
            let scope = if *wide { 0 } else { self.scope(node, target) };
            for reader in places::all_below(&self.form, &self.tree, scope, target) {
                self.want(work, *number, reader);
            }
        }
    }

    /// The nearest ancestor of a node (or itself) that also holds the reader's definition.
    fn scope(&self, node: u32, target: u32) -> u32 {
        let mut above = Vec::new();
        let mut place = Some(target);
        while let Some(at) = place {
            above.push(at);
            place = Outline::parent(self.form.as_ref(), at);
        }
        let mut place = node;
        while place != 0 {
            let Some(found) = self.tree.get(place) else { return 0 };
            if above.contains(&found.definition) {
                return place;
            }
            place = found.parent;
            if place == NOBODY {
                return 0;
            }
        }
        0
    }

    /// Works the list off.
    pub(super) fn work_off(&mut self, work: &mut Work) {
        let mut spent = 0;
        self.memory.spent.set(0);
        while let Some((_, _, number, node)) = work.waiting.pop_first() {
            spent += 1;
            if spent > MOST_WORK || self.memory.spent.get() > MOST_VISITS {
                self.note_trouble("the calculations of this form do not come to an end");
                return;
            }
            let form = self.form.clone();
            let Some(computation) = form.computations.get(number as usize) else { continue };
            let expected = if computation.target == Target::Count {
                Outline::parent(form.as_ref(), computation.node).unwrap_or(0)
            } else {
                computation.node
            };
            // The node may have gone with its repeat instance since this was put on the list.
            if self.tree.get(node).is_none_or(|found| found.definition != expected) {
                continue;
            }
            let times = work.done.entry((number, node)).or_default();
            if (*times >= 1 && computation.circular) || *times >= 4 {
                continue;
            }
            *times += 1;
            self.lacks_rows.set(false);
            match computation.target {
                Target::Options => self.choose_among_offered(work, node, number),
                target => {
                    let value = self.evaluate(&computation.expression, node);
                    match target {
                        // What rows on their way will decide stays as it is until they are here.
                        _ if self.lacks_rows.get() => {}
                        Target::Relevant => {
                            self.set_relevant(work, node, value.is_none_or(|value| value.boolean()))
                        }
                        Target::Count => self.set_count(work, node, computation.node, value),
                        _ => self.set_calculated(work, node, number, value),
                    }
                }
            }
            if self.lacks_rows.take() {
                self.pending.insert((number, node));
            } else {
                self.pending.remove(&(number, node));
            }
        }
    }

    /// Puts what waited for rows of the host on the list.
    pub(super) fn want_pending(&mut self, work: &mut Work) {
        for (number, node) in std::mem::take(&mut self.pending) {
            self.want(work, number, node);
        }
    }

    /// Puts what says something else in another language on the list.
    pub(super) fn want_spoken(&self, work: &mut Work) {
        for (number, computation) in (0..).zip(&self.form.computations).filter(|(_, found)| found.spoken) {
            let target = match computation.target {
                Target::Count => Outline::parent(self.form.as_ref(), computation.node).unwrap_or(0),
                _ => computation.node,
            };
            for node in places::all_below(&self.form, &self.tree, 0, target) {
                self.want(work, number, node);
            }
        }
    }

    fn set_relevant(&mut self, work: &mut Work, node: u32, relevant: bool) {
        let Some(found) = self.tree.get_mut(node) else { return };
        if found.irrelevant != relevant {
            return;
        }
        found.irrelevant = !relevant;
        self.refresh_hidden(work, node);
    }

    /// Passes relevance down and tells the readers of everything that appeared or went.
    pub(super) fn refresh_hidden(&mut self, work: &mut Work, top: u32) {
        let mut below = vec![top];
        while let Some(node) = below.pop() {
            let above = self
                .tree
                .parent(node)
                .and_then(|parent| self.tree.get(parent))
                .is_some_and(|parent| parent.hidden);
            let Some(found) = self.tree.get_mut(node) else { continue };
            let hidden = above || found.irrelevant;
            if found.hidden == hidden && node != top {
                continue;
            }
            let turned = found.hidden != hidden;
            found.hidden = hidden;
            if turned {
                self.changed(work, node);
                below.extend(self.tree.children(node));
                below.extend(self.tree.attributes(node));
            }
        }
    }

    fn set_calculated(&mut self, work: &mut Work, node: u32, number: u32, value: Option<Object>) {
        let store = build::store_of(&self.form, &self.tree, node);
        let text = match &value {
            Some(value) => self.with_world(|world| input::calculated(store, value, world)),
            None => String::new(),
        };
        if text.len() > LONGEST {
            self.note_trouble("a calculation gives an endless text");
            return;
        }
        if self.put(node, text) {
            self.drop_unknown_choices(node);
            self.changed(work, node);
            // A value that reads itself is worked out once per change, not until it stands still.
            self.unwant(work, number, node);
        }
    }

    /// Writes a value; false when it was there already.
    pub(super) fn put(&mut self, node: u32, text: String) -> bool {
        match self.tree.get_mut(node) {
            Some(found) if found.value != text => {
                found.value = text;
                true
            }
            _ => false,
        }
    }

    fn set_count(&mut self, work: &mut Work, parent: u32, definition: u32, value: Option<Object>) {
        let wanted = value.map_or(0.0, |value| self.with_world(|world| value.number(world)));
        let wanted = if wanted.is_nan() { 0 } else { (wanted.max(0.0) as usize).min(MOST_INSTANCES) };
        let present = places::instances(&self.tree, parent, definition);
        let surplus = present.get(wanted..).unwrap_or_default();
        if surplus.is_empty() && wanted == present.len() {
            return;
        }
        // Whoever makes 12 out of 2, or 3 out of 2 by way of an empty line, must not lose what was answered.
        let away = self.put_away.remove(&(parent, definition)).unwrap_or_default();
        let mut away: VecDeque<Element> =
            surplus.iter().map(|node| build::to_element(&self.form, &self.tree, *node)).chain(away).collect();
        for node in surplus.iter().rev() {
            self.remove(work, *node);
        }
        // Once for all: the last go first, so that those that stay keep their places meanwhile.
        self.tree.renumber();
        for _ in present.len()..wanted {
            self.make(work, parent, definition, away.pop_front());
        }
        while away.back().is_some_and(|last| !build::is_answered(&self.form, definition, last)) {
            away.pop_back();
        }
        if !away.is_empty() {
            self.put_away.insert((parent, definition), away.into());
        }
        self.tell_instances(work, parent, definition);
    }

    /// Adds an instance of a repeat with all that follows from it.
    pub(super) fn put_in(&mut self, work: &mut Work, parent: u32, definition: u32) -> u32 {
        let made = self.make(work, parent, definition, None);
        self.tell_instances(work, parent, definition);
        made
    }

    /// Makes an instance of a repeat: one that was put away, or a new one.
    fn make(&mut self, work: &mut Work, parent: u32, definition: u32, kept: Option<Element>) -> u32 {
        let form = self.form.clone();
        let is_new = kept.is_none();
        let made = match kept.or_else(|| self.prepared_instance(parent, definition)) {
            Some(prepared) => build::from_element(&form, &mut self.tree, parent, definition, &prepared),
            None => build::node(&form, &mut self.tree, parent, definition, false),
        };
        self.tree.renumber();
        if self.tree.get(parent).is_some_and(|above| above.hidden) {
            self.refresh_hidden(work, made);
        }
        if is_new {
            self.preload_below(made);
            self.run_actions_below(work, made, Event::NewRepeat);
        }
        self.want_all(work, made);
        self.tell_all(work, made);
        made
    }

    /// Positions of later instances and counts of all have changed.
    fn tell_instances(&self, work: &mut Work, parent: u32, definition: u32) {
        for instance in places::instances(&self.tree, parent, definition) {
            self.changed(work, instance);
        }
    }

    /// The instance of a counted repeat that the form prepared for the next place, with its own starting values.
    fn prepared_instance(&self, parent: u32, definition: u32) -> Option<Element> {
        let initial = self.form.definition().initial.as_ref()?;
        let described = self.form.node(definition).filter(|node| !node.logic.repeat_count.is_empty())?;
        let mut line = Vec::new();
        let mut place = parent;
        while place != self.top() && place != 0 {
            line.push((self.tree.get(place)?.definition, places::number_of(&self.tree, place)));
            place = self.tree.parent(place)?;
        }
        let mut element = initial;
        for (definition, number) in line.into_iter().rev() {
            let name = &self.form.node(definition)?.name;
            element = element.children.iter().filter(|child| child.name == *name).nth(number - 1)?;
        }
        let number = places::instances(&self.tree, parent, definition).len();
        element.children.iter().filter(|child| child.name == described.name).nth(number).cloned()
    }

    /// Takes an instance of a repeat out with all that follows from it.
    pub(super) fn take_out(&mut self, work: &mut Work, node: u32) {
        let Some((parent, definition)) = self.tree.get(node).map(|found| (found.parent, found.definition))
        else {
            return;
        };
        self.remove(work, node);
        self.tree.renumber();
        self.tell_instances(work, parent, definition);
    }

    /// Takes a node out with everything below it. Its number may be given to another one, and the tree wants to be numbered
    /// anew.
    fn remove(&mut self, work: &mut Work, node: u32) {
        self.tell_all(work, node);
        let mut gone = BTreeSet::new();
        let mut below = vec![node];
        while let Some(next) = below.pop() {
            gone.insert(next);
            below.extend(self.tree.children(next));
            below.extend(self.tree.attributes(next));
        }
        self.typed.retain(|node, _| !gone.contains(node));
        self.let_go.retain(|node, _| !gone.contains(node));
        self.put_away.retain(|(parent, _), _| !gone.contains(parent));
        self.pending.retain(|(_, node)| !gone.contains(node));
        self.tree.remove(node);
    }

    /// Puts the readers of a node and of everything below it on the list.
    pub(super) fn tell_all(&self, work: &mut Work, top: u32) {
        let mut below = vec![top];
        while let Some(node) = below.pop() {
            self.changed(work, node);
            below.extend(self.tree.children(node));
            below.extend(self.tree.attributes(node));
        }
    }

    /// Takes out of an answer what is not offered now, and puts back what is offered again: a filter may read a line
    /// that is only half typed.
    fn choose_among_offered(&mut self, work: &mut Work, node: u32, number: u32) {
        let Some(found) = self.tree.get(node) else { return };
        let value = self.let_go.get(&node).unwrap_or(&found.value).clone();
        if value.is_empty() {
            return;
        }
        let kind = self.form.kind(found.definition);
        let Some(offered) = self.option_values(node) else { return };
        let chosen: Vec<&str> = match kind {
            Kind::SelectOne => vec![value.as_str()],
            _ => value.split_whitespace().collect(),
        };
        let kept: Vec<&str> =
            chosen.iter().copied().filter(|word| offered.iter().any(|option| option == word)).collect();
        if kept.len() == chosen.len() {
            self.let_go.remove(&node);
        } else {
            self.let_go.insert(node, value.clone());
        }
        if self.put(node, kept.join(" ")) {
            self.changed(work, node);
            self.unwant(work, number, node);
        }
    }

    /// Runs the actions of a node and everything below it that wait for an event.
    pub(super) fn run_actions_below(&mut self, work: &mut Work, top: u32, event: Event) {
        let mut below = vec![top];
        let mut line = Vec::new();
        while let Some(node) = below.pop() {
            line.push(node);
            below.extend(self.tree.children(node).iter().rev());
            below.extend(self.tree.attributes(node).iter().rev());
        }
        for node in line {
            self.run_actions(work, node, event);
        }
    }

    /// Runs the actions of one node that wait for an event.
    pub(super) fn run_actions(&mut self, work: &mut Work, node: u32, event: Event) {
        let form = self.form.clone();
        let Some(described) = self.tree.get(node).and_then(|found| form.node(found.definition)) else {
            return;
        };
        for action in described.actions.iter().filter(|action| action.event == event) {
            let targets = if action.target.is_empty() {
                vec![node]
            } else {
                match form
                    .expression(&action.target)
                    .and_then(|target| self.evaluate_with_hidden(target, node))
                {
                    Some(Object::Nodes(nodes)) => {
                        nodes.into_iter().filter(|found| found.doc == 0).map(|found| found.node).collect()
                    }
                    _ => Vec::new(),
                }
            };
            for target in targets {
                // What is not relevant is left alone, and does not get the value later either.
                if self.tree.get(target).is_none_or(|found| found.hidden) {
                    continue;
                }
                self.lacks_rows.set(false);
                let value = form.expression(&action.value).and_then(|value| self.evaluate(value, target));
                if self.lacks_rows.take() {
                    continue;
                }
                let store = build::store_of(&form, &self.tree, target);
                let text = value.map_or_else(String::new, |value| {
                    self.with_world(|world| input::calculated(store, &value, world))
                });
                self.let_go.remove(&target);
                if self.put(target, text) {
                    self.changed(work, target);
                    // One action may set off another, but not itself again.
                    if target != node && event == Event::ValueChanged && self.chain < 8 {
                        self.chain += 1;
                        self.run_actions(work, target, Event::ValueChanged);
                        self.chain -= 1;
                    }
                }
            }
        }
    }

    /// Evaluates an expression at a node; `None` and a note when it cannot be.
    pub(super) fn evaluate(&self, expression: &crate::xpath::ast::Expr, node: u32) -> Option<Object> {
        self.with_world(|world| match world.evaluate(expression, Context::of(NodeId { doc: 0, node })) {
            Ok(value) => Some(value),
            Err(EvalError::NotYet(_)) => {
                self.lacks_rows.set(true);
                None
            }
            Err(error) => {
                self.note_trouble(&error.to_string());
                None
            }
        })
    }

    /// The same for the target of an action, which may be a node that is not relevant now.
    fn evaluate_with_hidden(&self, expression: &crate::xpath::ast::Expr, node: u32) -> Option<Object> {
        self.with_world(|world| {
            world.keep_hidden.set(true);
            let value = world.evaluate(expression, Context::of(NodeId { doc: 0, node })).ok();
            world.keep_hidden.set(false);
            value
        })
    }
}
