//! Which questions an expression reads, found without evaluating it.
//!
//! A path is followed over the definition instead of a record. What cannot be known (a wildcard, an odd axis) is
//! answered generously: an extra dependency costs a recalculation, a missing one costs a wrong number.

use std::collections::BTreeSet;

use super::ast::{Axis, Expr, Path, Start, Test};

/// What the analysis needs to know about the form: the definition nodes as a tree.
pub trait Outline {
    /// Parent of a node; `None` for the top.
    fn parent(&self, node: u32) -> Option<u32>;
    /// Children of a node.
    fn children(&self, node: u32) -> &[u32];
    /// Name of a node; attributes begin with `@`.
    fn name(&self, node: u32) -> &str;
    /// Child elements of a node by local name, from an index; `None` when there is none for this node.
    fn named(&self, _node: u32, _name: &str) -> Option<&[u32]> {
        None
    }
}

/// One thing an expression reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reading {
    /// The definition node.
    pub node: u32,
    /// True when instances of repeats other than the reader's own may be read.
    pub wide: bool,
}

/// A set of places a path may be at.
#[derive(Clone, Debug)]
struct Places {
    /// Definition nodes; `u32::MAX` is the root above the top.
    nodes: Vec<u32>,
    wide: bool,
    /// Highest node climbed to, for paths that start at the reader.
    highest: Option<u32>,
}

const ROOT: u32 = u32::MAX;

/// Lists what an expression of the definition node `owner` reads. `repeat_of` gives the innermost repeat around a node
/// (the node itself if it is one). Also tells how many nodes were looked at, so that the caller can put an end to it.
pub fn readings(
    expression: &Expr,
    owner: u32,
    outline: &dyn Outline,
    repeat_of: &dyn Fn(u32) -> Option<u32>,
) -> (Vec<Reading>, usize) {
    let mut analysis = Analysis { owner, outline, repeat_of, found: Vec::new(), seen: 0 };
    let here = Places { nodes: vec![owner], wide: false, highest: Some(owner) };
    analysis.expression(expression, &here, true);
    let mut found = analysis.found;
    let seen = analysis.seen + found.len();
    found.sort_unstable();
    found.dedup();
    (found, seen)
}

struct Analysis<'a> {
    owner: u32,
    outline: &'a dyn Outline,
    repeat_of: &'a dyn Fn(u32) -> Option<u32>,
    found: Vec<Reading>,
    seen: usize,
}

impl Analysis<'_> {
    /// Records what is read and gives the places an expression may give as nodes. `content` is false where only the
    /// number or position of nodes matters.
    fn expression(&mut self, expression: &Expr, here: &Places, content: bool) -> Places {
        let nothing = Places { nodes: Vec::new(), wide: true, highest: None };
        match expression {
            Expr::Number(_) | Expr::Text(_) | Expr::Variable(_) => nothing,
            Expr::Any(parts) | Expr::All(parts) => {
                for part in parts {
                    self.expression(part, here, true);
                }
                nothing
            }
            Expr::Union(parts) => {
                let mut all = nothing;
                for part in parts {
                    all.nodes.extend(self.expression(part, here, content).nodes);
                }
                all
            }
            Expr::Chain(first, rest) => {
                self.expression(first, here, true);
                for (_, part) in rest {
                    self.expression(part, here, true);
                }
                nothing
            }
            Expr::Negate(inner) => {
                self.expression(inner, here, true);
                nothing
            }
            Expr::Path(path) => {
                let places = self.path(path, here);
                self.record(&places, content);
                places
            }
            Expr::Call(name, arguments) => self.call(name, arguments, here),
        }
    }

    fn call(&mut self, name: &str, arguments: &[Expr], here: &Places) -> Places {
        if name == "current" {
            return Places { nodes: vec![self.owner], wide: false, highest: Some(self.owner) };
        }
        let before = self.found.len();
        let mut places = Places { nodes: Vec::new(), wide: true, highest: None };
        for argument in arguments {
            let counted = matches!(name, "count" | "position");
            let given = self.expression(argument, here, !counted);
            if matches!(name, "randomize" | "if" | "once" | "coalesce") {
                places.nodes.extend(given.nodes);
            }
        }
        // These read the context node itself when nothing is given.
        if arguments.is_empty() && matches!(name, "string" | "number" | "string-length" | "normalize-space")
            || name == "once"
        {
            self.record(here, true);
        }
        if name == "indexed-repeat" {
            for reading in self.found.iter_mut().skip(before) {
                reading.wide = true;
            }
        }
        places
    }

    fn path(&mut self, path: &Path, here: &Places) -> Places {
        let mut places = match &path.start {
            Start::Here => here.clone(),
            Start::Root => Places { nodes: vec![ROOT], wide: false, highest: None },
            Start::From(inner, predicates) => {
                // What an inner path leads to is a stop on the way, not what is read.
                let inner = match inner.as_ref() {
                    Expr::Path(inner) => self.path(inner, here),
                    other => self.expression(other, here, false),
                };
                self.predicates(predicates, &inner);
                inner
            }
        };
        let absolute = path.start == Start::Root;
        for step in &path.steps {
            places = self.step(places, step.axis, &step.test);
            self.seen += places.nodes.len();
            if absolute
                && (step.axis != Axis::Child
                    || !step.predicates.is_empty()
                    || !matches!(step.test, Test::Name(_, _)))
            {
                places.wide = true;
            }
            self.predicates(&step.predicates, &places);
        }
        places
    }

    fn predicates(&mut self, predicates: &[Expr], places: &Places) {
        for predicate in predicates {
            let inside = Places { nodes: places.nodes.clone(), wide: true, highest: None };
            self.expression(predicate, &inside, true);
        }
    }

    fn step(&self, from: Places, axis: Axis, test: &Test) -> Places {
        let outline = self.outline;
        let mut nodes = Vec::new();
        let mut highest = from.highest;
        let mut wide = from.wide;
        let mut parents = BTreeSet::new();
        for node in &from.nodes {
            match axis {
                Axis::Itself => nodes.push(*node),
                Axis::Child if self.indexed(*node, test).is_some() => {
                    nodes.extend(self.indexed(*node, test).unwrap_or_default());
                }
                Axis::Child => {
                    nodes.extend(self.below(*node).iter().filter(|child| self.fits(**child, test, false)))
                }
                Axis::Attribute => {
                    nodes.extend(self.below(*node).iter().filter(|child| self.fits(**child, test, true)))
                }
                Axis::Parent => {
                    let parent = outline.parent(*node).unwrap_or(ROOT);
                    if highest == Some(*node) {
                        highest = Some(parent);
                    }
                    nodes.push(parent);
                }
                Axis::Descendant | Axis::DescendantOrSelf => {
                    let mut waiting = vec![*node];
                    while let Some(next) = waiting.pop() {
                        if (next != *node || axis == Axis::DescendantOrSelf) && self.fits(next, test, false) {
                            nodes.push(next);
                        }
                        waiting.extend(self.below(next));
                    }
                    wide = true;
                }
                Axis::Ancestor | Axis::AncestorOrSelf => {
                    let mut place = Some(*node);
                    while let Some(next) = place {
                        if self.fits(next, test, false) {
                            nodes.push(next);
                        }
                        place = if next == ROOT { None } else { outline.parent(next) };
                    }
                    wide = true;
                }
                Axis::Following | Axis::FollowingSibling | Axis::Preceding | Axis::PrecedingSibling => {
                    wide = true;
                    let parent = if *node == ROOT { ROOT } else { outline.parent(*node).unwrap_or(ROOT) };
                    // Brothers and sisters have the same.
                    if !parents.insert(parent) {
                        continue;
                    }
                    nodes.extend(self.below(parent).iter().filter(|child| self.fits(**child, test, false)));
                }
                Axis::Namespace => {}
            }
        }
        nodes.sort_unstable();
        nodes.dedup();
        Places { nodes, wide, highest }
    }

    fn indexed(&self, node: u32, test: &Test) -> Option<&[u32]> {
        match test {
            Test::Name(prefix, name) if prefix.is_empty() && node != ROOT => self.outline.named(node, name),
            _ => None,
        }
    }

    fn below(&self, node: u32) -> &[u32] {
        if node == ROOT { &[0] } else { self.outline.children(node) }
    }

    fn fits(&self, node: u32, test: &Test, attribute: bool) -> bool {
        if node == ROOT {
            return matches!(test, Test::Node);
        }
        let name = self.outline.name(node);
        let (name, is_attribute) = name.strip_prefix('@').map_or((name, false), |name| (name, true));
        is_attribute == attribute
            && match test {
                Test::Name(prefix, wanted) => {
                    name == wanted
                        || name
                            .split_once(':')
                            .is_some_and(|(found, local)| found == prefix && local == wanted)
                }
                Test::Any | Test::AnyOf(_) | Test::Node => true,
                Test::Text | Test::Comment | Test::Instruction(_) => false,
            }
    }

    fn record(&mut self, places: &Places, content: bool) {
        for node in places.nodes.iter().copied().filter(|node| *node != ROOT) {
            let wide = places.wide || self.leaves_its_repeat(places, node);
            self.found.push(Reading { node, wide });
            if content {
                let mut waiting: Vec<u32> = self.outline.children(node).to_vec();
                while let Some(next) = waiting.pop() {
                    self.found.push(Reading { node: next, wide });
                    waiting.extend(self.outline.children(next));
                }
            }
        }
    }

    /// True when a relative path climbed out of the innermost repeat that reader and node share, so that it comes down
    /// into any of its instances.
    fn leaves_its_repeat(&self, places: &Places, node: u32) -> bool {
        let Some(highest) = places.highest else { return false };
        let Some(shared) = self.shared_repeat(node) else { return false };
        // Still inside (or at) the shared repeat's instance?
        let mut place = Some(highest);
        while let Some(at) = place.filter(|at| *at != ROOT) {
            if at == shared {
                return false;
            }
            place = self.outline.parent(at);
        }
        true
    }

    fn shared_repeat(&self, node: u32) -> Option<u32> {
        let mut own = (self.repeat_of)(self.owner);
        while let Some(repeat) = own {
            let mut place = Some(node);
            while let Some(at) = place {
                if at == repeat {
                    return Some(repeat);
                }
                place = self.outline.parent(at);
            }
            own = self.outline.parent(repeat).and_then(|parent| (self.repeat_of)(parent));
        }
        None
    }
}
