//! A form ready to be filled: the definition with its expressions parsed, its lists as documents, and the order in
//! which things are worked out.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use crate::definition::{Definition, Element, FORMAT, Instance, Kind, Node, Part, Phrase, phrase};
use crate::tree::{NodeKind, Tree};
use crate::xpath::analysis::{Outline, Reading, readings};
use crate::xpath::ast::Expr;
use crate::xpath::{ParseError, parse};

/// Most nodes that all expressions together may read. The largest form known needs 30,000.
const MOST_LOOKED_AT: usize = 3_000_000;

/// Functions that give words of the language in use.
const SPOKEN: [&str; 4] = ["jr:itext", "jr:choice-name", "format-date", "format-date-time"];

/// From how many children on an index of their names is worth its memory.
const MANY: usize = 16;

/// Why a definition cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FormError {
    /// Not the JSON of a form.
    #[error("this is not a form definition: {0}")]
    Json(#[from] serde_json::Error),
    /// Made by a newer program.
    #[error("the form definition has layout {0}, this program reads up to {FORMAT}; please update the app")]
    Newer(u32),
    /// The nodes do not make a tree.
    #[error("node {0} of the form definition is out of place")]
    Shape(usize),
    /// The expressions read more questions than can be followed.
    #[error("its expressions read too many questions; name the questions instead of using // or *")]
    TooMuch,
    /// An expression that cannot be read.
    #[error("{node}: `{source_text}`: {error}")]
    Expression {
        /// Path of the node.
        node: String,
        /// The expression.
        source_text: String,
        /// What is wrong with it.
        error: ParseError,
    },
}

/// What the evaluator works out by itself when something changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// Is a node relevant?
    Relevant,
    /// The value of a node.
    Value,
    /// The number of instances of a repeat; evaluated at its parent.
    Count,
    /// Which options a question has; chosen ones that are gone are taken out of its value.
    Options,
}

/// One thing to work out.
#[derive(Clone, Debug)]
pub(crate) struct Computation {
    pub node: u32,
    pub target: Target,
    pub expression: Arc<Expr>,
    pub readings: Vec<Reading>,
    /// Place in the order of work; equal for those that depend on each other in a circle.
    pub rank: u32,
    /// True when it depends on itself, directly or around a circle.
    pub circular: bool,
    /// True when it gives something else in another language.
    pub spoken: bool,
}

/// What a question is, for lists of fields.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// Key in the answers.
    pub key: String,
    /// Path without instance numbers: `/data/group/question`.
    pub path: String,
    /// Bare name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Label in the form's default language; values in between show as `…`.
    pub label: String,
    /// Key of the innermost repeat around it.
    pub repeat: Option<String>,
    /// True when it has no widget.
    pub hidden: bool,
}

/// A form ready to be filled. Make it once and share it in an `Arc`.
#[derive(Debug)]
pub struct Form {
    definition: Definition,
    children: Vec<Vec<u32>>,
    names: Vec<Arc<str>>,
    /// Children by local name, for nodes with many.
    named: HashMap<u32, HashMap<String, Vec<u32>>>,
    paths: Vec<String>,
    keys: Vec<String>,
    expressions: HashMap<String, Arc<Expr>>,
    pub(crate) documents: Vec<Arc<Tree>>,
    document_of: HashMap<String, u32>,
    pub(crate) computations: Vec<Computation>,
    /// For each definition node, the computations that read it.
    pub(crate) readers: Vec<Vec<(u32, bool)>>,
    /// For each definition node, its own computations.
    pub(crate) own: Vec<Vec<u32>>,
    circles: Vec<String>,
}

impl Outline for Form {
    fn parent(&self, node: u32) -> Option<u32> {
        if node == 0 { None } else { self.node(node).map(|found| found.parent) }
    }

    fn children(&self, node: u32) -> &[u32] {
        self.children.get(node as usize).map_or(&[], Vec::as_slice)
    }

    fn name(&self, node: u32) -> &str {
        self.node(node).map_or("", |found| &found.name)
    }

    fn named(&self, node: u32, name: &str) -> Option<&[u32]> {
        self.named.get(&node).map(|names| names.get(name).map_or(&[] as &[u32], Vec::as_slice))
    }
}

impl Form {
    /// Reads a downloaded definition.
    pub fn from_json(json: &serde_json::Value) -> Result<Form, FormError> {
        use serde::Deserialize;
        let format = json.get("format").and_then(serde_json::Value::as_u64).unwrap_or(0);
        if format > u64::from(FORMAT) {
            return Err(FormError::Newer(u32::try_from(format).unwrap_or(u32::MAX)));
        }
        Form::new(Definition::deserialize(json)?)
    }

    /// The definition as devices download it.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(&self.definition).unwrap_or_default()
    }

    /// Prepares a definition.
    pub fn new(definition: Definition) -> Result<Form, FormError> {
        let mut children: Vec<Vec<u32>> = vec![Vec::new(); definition.nodes.len()];
        let mut paths: Vec<String> = Vec::with_capacity(definition.nodes.len());
        if definition.nodes.is_empty() {
            return Err(FormError::Shape(0));
        }
        for (place, node) in definition.nodes.iter().enumerate() {
            let above = if place == 0 {
                ""
            } else {
                paths.get(node.parent as usize).map(String::as_str).ok_or(FormError::Shape(place))?
            };
            let path = format!("{above}/{}", node.name);
            paths.push(path);
            if place > 0
                && let Some(list) = children.get_mut(node.parent as usize)
            {
                list.push(u32::try_from(place).map_err(|_| FormError::Shape(place))?);
            }
        }
        let mut form = Form {
            names: definition.nodes.iter().map(|node| Arc::from(local_name(&node.name))).collect(),
            named: HashMap::new(),
            keys: Vec::new(),
            expressions: HashMap::new(),
            documents: Vec::new(),
            document_of: HashMap::new(),
            computations: Vec::new(),
            readers: vec![Vec::new(); definition.nodes.len()],
            own: vec![Vec::new(); definition.nodes.len()],
            circles: Vec::new(),
            definition,
            children,
            paths,
        };
        form.index_names();
        form.keys = form.make_keys();
        form.parse_all()?;
        form.make_documents();
        form.make_computations()?;
        form.rank();
        Ok(form)
    }

    pub(crate) fn add_circle(&mut self, names: String) {
        self.circles.push(names);
    }

    /// Identifier of the form.
    pub fn id(&self) -> &str {
        &self.definition.id
    }

    /// Version text of the form.
    pub fn version(&self) -> &str {
        &self.definition.version
    }

    /// Title in the default language.
    pub fn title(&self) -> &str {
        &self.definition.title
    }

    /// Languages as written in the column heads; empty for a form with one unnamed language.
    pub fn languages(&self) -> &[String] {
        &self.definition.languages
    }

    /// The definition itself.
    pub fn definition(&self) -> &Definition {
        &self.definition
    }

    /// Groups of questions that depend on each other in a circle; they are worked out once, in document order.
    pub fn circles(&self) -> &[String] {
        &self.circles
    }

    /// Every node but the top, in order.
    pub fn questions(&self) -> Vec<Question> {
        let default = self.definition.default_language;
        let describe = |(place, node): (usize, &Node)| {
            let repeat = self.repeat_around(place as u32).map(|repeat| self.key(repeat).to_owned());
            let label = match phrase(&node.label, default, default) {
                None => String::new(),
                Some(Phrase::Plain(text)) => text.clone(),
                Some(Phrase::Parts(parts)) => parts
                    .iter()
                    .map(|part| if let Part::Plain(text) = part { text.as_str() } else { "…" })
                    .collect(),
            };
            Question {
                key: self.key(place as u32).to_owned(),
                path: self.path(place as u32).to_owned(),
                name: node.name.clone(),
                kind: node.kind,
                label,
                repeat,
                hidden: node.unseen,
            }
        };
        self.definition.nodes.iter().enumerate().skip(1).map(describe).collect()
    }

    pub(crate) fn node(&self, node: u32) -> Option<&Node> {
        self.definition.nodes.get(node as usize)
    }

    pub(crate) fn name_of(&self, node: u32) -> Arc<str> {
        self.names.get(node as usize).cloned().unwrap_or_else(|| Arc::from(""))
    }

    pub(crate) fn path(&self, node: u32) -> &str {
        self.paths.get(node as usize).map_or("", String::as_str)
    }

    pub(crate) fn key(&self, node: u32) -> &str {
        self.keys.get(node as usize).map_or("", String::as_str)
    }

    pub(crate) fn kind(&self, node: u32) -> Kind {
        self.node(node).map(|found| found.kind).unwrap_or_default()
    }

    /// Number of the document of a list, counted as [`crate::tree::NodeId`] does.
    pub(crate) fn document(&self, name: &str) -> Option<u32> {
        self.document_of.get(name).copied()
    }

    /// Functions the form asks of the [`crate::Host`], by name, with how many arguments each use has.
    pub fn functions(&self) -> Vec<(String, usize)> {
        let mut found = Vec::new();
        self.each_expression(&mut |expression| {
            expression.walk(&mut |part| {
                if let Expr::Call(name, arguments) = part
                    && name.contains(':')
                    && !name.starts_with("jr:")
                {
                    found.push((name.clone(), arguments.len()));
                }
            });
        });
        found.sort();
        found.dedup();
        found
    }

    /// Every expression of the form, parsed, in no order.
    pub(crate) fn each_expression(&self, visit: &mut dyn FnMut(&Expr)) {
        for expression in self.expressions.values() {
            visit(expression);
        }
    }

    /// The parsed form of an expression of this form.
    pub(crate) fn expression(&self, source: &str) -> Option<&Arc<Expr>> {
        self.expressions.get(source)
    }

    /// The innermost repeat around a node, not counting the node itself.
    pub(crate) fn repeat_around(&self, node: u32) -> Option<u32> {
        let mut place = Outline::parent(self, node);
        while let Some(at) = place {
            if self.kind(at) == Kind::Repeat {
                return Some(at);
            }
            place = Outline::parent(self, at);
        }
        None
    }

    /// The definition node with a path such as `/data/group/question`, or with a bare name or key that is unique.
    pub(crate) fn find(&self, text: &str) -> Option<u32> {
        if text.starts_with('/') {
            return self
                .paths
                .iter()
                .position(|path| path == text)
                .and_then(|place| u32::try_from(place).ok());
        }
        let mut found = (1..self.definition.nodes.len()).filter(|place| {
            self.keys.get(*place).is_some_and(|key| key == text)
                || self.definition.nodes.get(*place).is_some_and(|node| node.name == text)
        });
        let first = found.next()?;
        if found.next().is_some() { None } else { u32::try_from(first).ok() }
    }

    /// Keys in the answers: the bare name where it is unique among the nodes of its repeat (or of the whole form outside
    /// repeats), else the path below the top or the repeat.
    fn make_keys(&self) -> Vec<String> {
        let mut seen: HashMap<(Option<u32>, &str), usize> = HashMap::new();
        for (place, node) in self.definition.nodes.iter().enumerate() {
            if node.kind != Kind::Group {
                *seen.entry((self.repeat_around(place as u32), &node.name)).or_default() += 1;
            }
        }
        let key = |(place, node): (usize, &Node)| {
            let around = self.repeat_around(place as u32);
            if seen.get(&(around, node.name.as_str())).is_none_or(|times| *times < 2)
                && node.kind != Kind::Group
            {
                return node.name.clone();
            }
            let base = self.path(around.unwrap_or(0));
            self.path(place as u32).strip_prefix(base).unwrap_or_default().trim_start_matches('/').to_owned()
        };
        self.definition.nodes.iter().enumerate().map(key).collect()
    }

    /// A form of 1,800 questions in one group would otherwise be searched from end to end for every name.
    fn index_names(&mut self) {
        for (place, children) in
            self.children.iter().enumerate().filter(|(_, children)| children.len() > MANY)
        {
            let mut names: HashMap<String, Vec<u32>> = HashMap::new();
            for child in children {
                let name = self.definition.nodes.get(*child as usize).map_or("", |node| node.name.as_str());
                if !name.starts_with('@') {
                    names.entry(local_name(name).to_owned()).or_default().push(*child);
                }
            }
            self.named.insert(place as u32, names);
        }
    }

    fn parse_all(&mut self) -> Result<(), FormError> {
        let mut sources: Vec<(String, String)> = Vec::new();
        for (place, node) in self.definition.nodes.iter().enumerate() {
            let path = self.path(place as u32);
            let mut add = |source: &str| {
                if !source.is_empty() {
                    sources.push((path.to_owned(), source.to_owned()));
                }
            };
            let logic = &node.logic;
            for source in [
                &logic.relevant,
                &logic.required,
                &logic.readonly,
                &logic.constraint,
                &logic.warning,
                &logic.calculate,
                &logic.repeat_count,
            ] {
                add(source);
            }
            for action in &node.actions {
                add(&action.target);
                add(&action.value);
            }
            if let Some(choices) = &node.choices {
                for source in [&choices.nodeset, &choices.value, &choices.label] {
                    add(source);
                }
            }
            let texts = [
                &node.label,
                &node.hint,
                &node.guidance,
                &node.image,
                &node.required_message,
                &node.constraint_message,
                &node.warning_message,
            ];
            for text in texts {
                values_in(text, &mut add);
            }
        }
        let top = self.path(0).to_owned();
        if !self.definition.instance_name.is_empty() {
            sources.push((top.clone(), self.definition.instance_name.clone()));
        }
        for entity in &self.definition.entities {
            for source in [&entity.id, &entity.create_if, &entity.update_if, &entity.label] {
                if !source.is_empty() {
                    sources.push((self.path(entity.container).to_owned(), source.clone()));
                }
            }
        }
        let mut loose = |source: &str| sources.push((top.clone(), source.to_owned()));
        for text in self.definition.texts.values() {
            values_in(text, &mut loose);
        }
        for instance in self.definition.instances.values() {
            if let Instance::List(items) = instance {
                for item in items {
                    values_in(&item.label, &mut loose);
                }
            }
        }
        for (node, source) in sources {
            if let Entry::Vacant(slot) = self.expressions.entry(source) {
                let parsed = parse(slot.key()).map_err(|error| FormError::Expression {
                    node,
                    source_text: slot.key().clone(),
                    error,
                })?;
                slot.insert(Arc::new(parsed));
            }
        }
        Ok(())
    }

    /// Makes documents of the lists that expressions ask for; the others are only read as options.
    fn make_documents(&mut self) {
        let mut asked = false;
        for expression in self.expressions.values() {
            expression.walk(&mut |part| {
                if let Expr::Call(name, _) = part {
                    asked |= name == "instance" || name == "pulldata";
                }
            });
        }
        if !asked {
            return;
        }
        let default = self.definition.default_language;
        for (name, instance) in &self.definition.instances {
            let mut tree = Tree::new();
            match instance {
                Instance::Document(element) => add_element(&mut tree, 0, element),
                Instance::List(items) => {
                    let top = tree.element(0, &Arc::from("root"));
                    let names: [Arc<str>; 3] = [Arc::from("item"), Arc::from("name"), Arc::from("label")];
                    let [item_name, value_name, label_name] = &names;
                    let mut columns: HashMap<&str, Arc<str>> = HashMap::new();
                    for item in items {
                        let row = tree.element(top, item_name);
                        tree.add(row, NodeKind::Element, value_name, item.name.clone());
                        if let Some(Phrase::Plain(label)) = phrase(&item.label, default, default) {
                            tree.add(row, NodeKind::Element, label_name, label.clone());
                        }
                        for (column, value) in &item.more {
                            let column =
                                columns.entry(column).or_insert_with(|| Arc::from(column.as_str())).clone();
                            tree.add(row, NodeKind::Element, &column, value.clone());
                        }
                    }
                }
            }
            tree.renumber();
            self.documents.push(Arc::new(tree));
            self.document_of.insert(name.clone(), self.documents.len() as u32);
        }
    }

    fn make_computations(&mut self) -> Result<(), FormError> {
        let mut made = Vec::new();
        let mut looked_at = 0;
        for (place, node) in self.definition.nodes.iter().enumerate() {
            let place = place as u32;
            let options = node.choices.as_ref().map_or("", |choices| choices.nodeset.as_str());
            let logic = &node.logic;
            let all = [
                (Target::Relevant, logic.relevant.as_str()),
                (Target::Count, &logic.repeat_count),
                (Target::Value, &logic.calculate),
                (Target::Options, options),
            ];
            for (target, source) in all {
                let Some(expression) = self.expressions.get(source) else { continue };
                let repeat_of = |node: u32| {
                    if self.kind(node) == Kind::Repeat { Some(node) } else { self.repeat_around(node) }
                };
                // The number of instances is worked out at the parent, because there may be no instance yet.
                let owner = if target == Target::Count { node.parent } else { place };
                let (mut readings, seen) = readings(expression, owner, self, &repeat_of);
                looked_at += seen;
                if looked_at > MOST_LOOKED_AT {
                    return Err(FormError::TooMuch);
                }
                if target == Target::Options {
                    // A choice that is no longer offered is dropped; that rewrites the node, it does not read it.
                    readings.retain(|reading| reading.node != place);
                }
                let mut spoken = false;
                expression.walk(&mut |part| {
                    spoken |= matches!(part, Expr::Call(name, _) if SPOKEN.contains(&name.as_str()));
                });
                made.push(Computation {
                    spoken,
                    node: place,
                    target,
                    expression: expression.clone(),
                    readings,
                    rank: 0,
                    circular: false,
                });
            }
        }
        for (number, computation) in made.iter().enumerate() {
            if let Some(list) = self.own.get_mut(computation.node as usize) {
                list.push(number as u32);
            }
            for reading in &computation.readings {
                if let Some(list) = self.readers.get_mut(reading.node as usize) {
                    list.push((number as u32, reading.wide));
                }
            }
        }
        self.computations = made;
        Ok(())
    }
}

/// The name without the mark of an attribute and without a prefix.
fn local_name(name: &str) -> &str {
    let name = name.trim_start_matches('@');
    name.split_once(':').map_or(name, |(_, local)| local)
}

fn values_in(text: &[Phrase], add: &mut dyn FnMut(&str)) {
    for phrase in text {
        if let Phrase::Parts(parts) = phrase {
            for part in parts {
                if let Part::Value { value } = part {
                    add(value);
                }
            }
        }
    }
}

/// Adds an element and all inside it to a document.
pub(crate) fn add_element(tree: &mut Tree, parent: u32, element: &Element) {
    let (prefix, name) = element.name.split_once(':').unwrap_or(("", &element.name));
    let place = tree.add(parent, NodeKind::Element, &Arc::from(name), element.text.clone());
    if let Some(node) = tree.get_mut(place) {
        node.prefix = Arc::from(prefix);
    }
    for (name, value) in &element.attributes {
        tree.add(place, NodeKind::Attribute, &Arc::from(name.as_str()), value.clone());
    }
    for child in &element.children {
        add_element(tree, place, child);
    }
}
