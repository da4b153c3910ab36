//! The arena in which a record being filled, a choice list or a found registry row lives as a tree of nodes.
//!
//! XPath needs parents, siblings and document order; Rust wants one owner. So nodes sit in one vector and point at
//! each other by number. A leaf keeps its text in itself: a form with a thousand questions is a thousand nodes, not two.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// The value that means "no node".
pub const NOBODY: u32 = u32::MAX;

/// A node anywhere: which document, and which place in it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct NodeId {
    /// Number of the document: 0 is the record itself.
    pub doc: u32,
    /// Place in the document's arena.
    pub node: u32,
}

/// What a node is, in XPath's words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NodeKind {
    /// The invisible parent of the top element.
    Root,
    /// An element: a question, group, repeat instance, list row or column.
    Element,
    /// An attribute of an element.
    Attribute,
    /// Text between elements. Only documents that were read from XML have these.
    Text,
    /// A comment.
    Comment,
    /// A processing instruction.
    Instruction,
}

/// One node of a [`Tree`].
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// Its parent, or [`NOBODY`].
    pub parent: u32,
    /// Local name; empty for text, comments and the root.
    pub name: Arc<str>,
    /// Prefix as written, empty when none.
    pub prefix: Arc<str>,
    /// Namespace, empty when none.
    pub namespace: Arc<str>,
    /// Own text: the value of a leaf, attribute, text or comment.
    pub value: String,
    /// Child elements, texts and comments in document order.
    pub children: Vec<u32>,
    /// Attributes.
    pub attributes: Vec<u32>,
    /// Number of the definition node it was made from, or [`NOBODY`].
    pub definition: u32,
    /// True when its own condition says it is not relevant now.
    pub irrelevant: bool,
    /// True when it or an ancestor is not relevant now.
    pub hidden: bool,
    order: u32,
}

type ColumnIndex = HashMap<String, Vec<u32>>;

/// One document: an arena of nodes whose place 0 is the root.
#[derive(Clone, Debug)]
pub struct Tree {
    nodes: Vec<Node>,
    free: Vec<u32>,
    empty: Arc<str>,
    index: OnceLock<HashMap<String, ColumnIndex>>,
}

impl Default for Tree {
    fn default() -> Self {
        Tree::new()
    }
}

impl Tree {
    /// Makes a document with nothing but its root.
    pub fn new() -> Tree {
        let empty: Arc<str> = Arc::from("");
        let root = Node {
            kind: NodeKind::Root,
            parent: NOBODY,
            name: empty.clone(),
            prefix: empty.clone(),
            namespace: empty.clone(),
            value: String::new(),
            children: Vec::new(),
            attributes: Vec::new(),
            definition: NOBODY,
            irrelevant: false,
            hidden: false,
            order: 0,
        };
        Tree { nodes: vec![root], free: Vec::new(), empty, index: OnceLock::new() }
    }

    /// The node at a place, if there is one.
    pub fn get(&self, node: u32) -> Option<&Node> {
        self.nodes.get(node as usize)
    }

    /// The node at a place, to change it.
    pub fn get_mut(&mut self, node: u32) -> Option<&mut Node> {
        self.nodes.get_mut(node as usize)
    }

    /// How many places the arena has (freed ones included).
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// True when only the root is there.
    pub fn is_empty(&self) -> bool {
        self.nodes.len() <= 1
    }

    /// The parent of a node.
    pub fn parent(&self, node: u32) -> Option<u32> {
        self.get(node).map(|found| found.parent).filter(|parent| *parent != NOBODY)
    }

    /// The children of a node; empty for a leaf.
    pub fn children(&self, node: u32) -> &[u32] {
        self.get(node).map_or(&[], |found| &found.children)
    }

    /// The attributes of a node.
    pub fn attributes(&self, node: u32) -> &[u32] {
        self.get(node).map_or(&[], |found| &found.attributes)
    }

    /// Local name of a node.
    pub fn name(&self, node: u32) -> &str {
        self.get(node).map_or("", |found| &found.name)
    }

    /// Place of a node in document order; comparable only within one document.
    pub fn order(&self, node: u32) -> u32 {
        self.get(node).map_or(NOBODY, |found| found.order)
    }

    /// Adds a node as the last child (or attribute) of `parent` and gives its place. Call [`Tree::renumber`] when done.
    pub fn add(&mut self, parent: u32, kind: NodeKind, name: &Arc<str>, value: String) -> u32 {
        self.insert(parent, usize::MAX, kind, name, value)
    }

    /// Adds a node at a position among the parent's children. Call [`Tree::renumber`] when done.
    pub fn insert(
        &mut self,
        parent: u32,
        position: usize,
        kind: NodeKind,
        name: &Arc<str>,
        value: String,
    ) -> u32 {
        let made = Node {
            kind,
            parent,
            name: name.clone(),
            prefix: self.empty.clone(),
            namespace: self.empty.clone(),
            value,
            children: Vec::new(),
            attributes: Vec::new(),
            definition: NOBODY,
            irrelevant: false,
            hidden: false,
            order: 0,
        };
        let place = match self.free.pop() {
            Some(place) => {
                if let Some(slot) = self.get_mut(place) {
                    *slot = made;
                }
                place
            }
            None => {
                self.nodes.push(made);
                u32::try_from(self.nodes.len() - 1).unwrap_or(NOBODY)
            }
        };
        if let Some(above) = self.get_mut(parent) {
            if kind == NodeKind::Attribute {
                above.attributes.push(place);
            } else {
                let at = position.min(above.children.len());
                above.children.insert(at, place);
            }
        }
        place
    }

    /// Adds an element with the given name: the usual case of [`Tree::add`].
    pub fn element(&mut self, parent: u32, name: &Arc<str>) -> u32 {
        self.add(parent, NodeKind::Element, name, String::new())
    }

    /// Takes a node and everything below it out. Call [`Tree::renumber`] when done.
    pub fn remove(&mut self, node: u32) {
        if let Some(parent) = self.parent(node)
            && let Some(above) = self.get_mut(parent)
        {
            above.children.retain(|child| *child != node);
            above.attributes.retain(|child| *child != node);
        }
        let mut waiting = vec![node];
        while let Some(next) = waiting.pop() {
            if let Some(gone) = self.get_mut(next) {
                waiting.append(&mut gone.children);
                waiting.append(&mut gone.attributes);
                gone.parent = NOBODY;
                gone.definition = NOBODY;
                gone.value = String::new();
                self.free.push(next);
            }
        }
    }

    /// Gives every node its number in document order. Needed after nodes came or went.
    pub fn renumber(&mut self) {
        let mut counter = 0;
        let mut waiting = vec![0_u32];
        while let Some(next) = waiting.pop() {
            let Some(node) = self.get_mut(next) else { continue };
            node.order = counter;
            counter += 1;
            waiting.extend(node.children.iter().rev());
            // Attributes come after their element and before its children.
            waiting.extend(node.attributes.iter().rev());
        }
    }

    /// XPath's string-value: own text of a leaf, else all text below, in order. A node that is not relevant is blank.
    pub fn text(&self, node: u32) -> String {
        let Some(found) = self.get(node) else { return String::new() };
        if found.hidden {
            return String::new();
        }
        if found.children.is_empty() {
            return found.value.clone();
        }
        let mut out = String::new();
        self.gather(node, &mut out);
        out
    }

    fn gather(&self, top: u32, out: &mut String) {
        let mut waiting = vec![top];
        while let Some(next) = waiting.pop() {
            let Some(node) = self.get(next) else { continue };
            if node.hidden || (next != top && matches!(node.kind, NodeKind::Comment | NodeKind::Instruction))
            {
                continue;
            }
            out.push_str(&node.value);
            waiting.extend(node.children.iter().rev());
        }
    }

    /// Children made from one definition node. The children of a record lie in the order of their definitions.
    pub fn made_from(&self, parent: u32, definition: u32) -> &[u32] {
        let children = self.children(parent);
        let of = |place: &u32| self.get(*place).map_or(NOBODY, |node| node.definition);
        let first = children.partition_point(|place| of(place) < definition);
        let rest = children.get(first..).unwrap_or_default();
        let count = rest.partition_point(|place| of(place) == definition);
        rest.get(..count).unwrap_or_default()
    }

    /// The first child element with this local name.
    pub fn child(&self, node: u32, name: &str) -> Option<u32> {
        self.children(node).iter().copied().find(|child| self.name(*child) == name)
    }

    /// Rows (`root/item`) of a list whose column equals a text, through an index made at first use.
    ///
    /// Only for documents that no longer change: the index is not kept up.
    pub fn rows_where(&self, column: &str, value: &str) -> Vec<u32> {
        let index = self.index.get_or_init(|| {
            let mut index: HashMap<String, ColumnIndex> = HashMap::new();
            for top in self.children(0) {
                for row in self.children(*top) {
                    for cell in self.children(*row) {
                        let rows = index
                            .entry(self.name(*cell).to_owned())
                            .or_default()
                            .entry(self.text(*cell))
                            .or_default();
                        // A row with two cells of one name is one row.
                        if rows.last() != Some(row) {
                            rows.push(*row);
                        }
                    }
                }
            }
            index
        });
        index.get(column).and_then(|values| values.get(value)).cloned().unwrap_or_default()
    }
}

/// A list of documents that only grows, so that evaluation can add what it looks up while others are being read.
#[derive(Default)]
pub struct Found {
    here: [OnceCell<Tree>; 32],
    next: OnceCell<Box<Found>>,
}

impl Found {
    /// Keeps a document and gives its number, counted from 0.
    pub fn push(&self, tree: Tree) -> u32 {
        let mut tree = tree;
        for (place, cell) in self.here.iter().enumerate() {
            match cell.set(tree) {
                Ok(()) => return u32::try_from(place).unwrap_or(0),
                Err(back) => tree = back,
            }
        }
        self.here.len() as u32 + self.next.get_or_init(Box::default).push(tree)
    }

    /// The document with this number.
    pub fn get(&self, number: u32) -> Option<&Tree> {
        let mut block = self;
        let mut place = number as usize;
        while place >= block.here.len() {
            place -= block.here.len();
            block = block.next.get()?;
        }
        block.here.get(place)?.get()
    }
}
