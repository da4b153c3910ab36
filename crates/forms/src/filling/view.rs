//! What a screen draws: pages of items, with everything said in the chosen language.

use std::collections::BTreeMap;

use super::{Filling, Lens, build, places, plain};
use crate::definition::{Instance, Kind, Part, Phrase, phrase};
use crate::form::Form;
use crate::tree::{NOBODY, NodeId};
use crate::xpath::analysis::Outline;
use crate::xpath::{Context, Object, World};

/// One screenful: a question, or the questions of a group that stand together.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Path of the group, repeat or question the page is made of.
    pub path: String,
    /// Label of the group or repeat around it, with the number of the instance; empty when there is none.
    pub title: String,
    /// True for a group whose questions stand on one page.
    pub field_list: bool,
    /// What is on it, in order.
    pub items: Vec<Item>,
}

/// One thing on a page.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Path, for [`Filling::set`].
    pub path: String,
    /// Key in the answers.
    pub key: String,
    /// Bare name.
    pub name: String,
    /// What it is. A group is a heading here; a repeat is the place to add instances.
    pub kind: Kind,
    /// The question, values filled in. May hold light markdown.
    pub label: String,
    /// A word of help.
    pub hint: String,
    /// Longer help.
    pub guidance: String,
    /// Appearance words; unknown ones may be ignored.
    pub appearance: Vec<String>,
    /// Parameters, such as `start end step`.
    pub parameters: BTreeMap<String, String>,
    /// File name of a picture beside the label; empty when none.
    pub image: String,
    /// What stands in the field: the stored text, or typing that was not understood (then `error` is set).
    pub value: String,
    /// Options now, in order.
    pub options: Vec<Choice>,
    /// Must it be answered?
    pub required: bool,
    /// Is it only shown?
    pub readonly: bool,
    /// What is wrong with the answer that is there.
    pub error: Option<String>,
    /// What is odd about the answer that is there.
    pub warning: Option<String>,
    /// For a repeat: its instances.
    pub repeat: Option<RepeatInfo>,
}

/// An option of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What is stored.
    pub value: String,
    /// What is shown.
    pub label: String,
    /// File name of a picture; empty when none.
    pub image: String,
    /// Is it chosen now?
    pub selected: bool,
}

/// The instances of a repeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepeatInfo {
    /// Paths of the instances.
    pub instances: Vec<String>,
    /// May the person add one?
    pub can_add: bool,
    /// May the person take one away?
    pub can_remove: bool,
}

/// What a page is made of, before anything is put into words.
pub(super) struct Layout {
    /// Group or repeat around it; the top when none.
    pub holder: u32,
    pub field_list: bool,
    pub entries: Vec<Entry>,
}

/// A thing on a page: a node, or a repeat as a whole.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Entry {
    Node(u32),
    Repeat(u32, u32),
}

impl Filling {
    /// What to draw now, in order. Only what is relevant is there.
    pub fn pages(&self) -> Vec<Page> {
        self.layout().iter().map(|layout| self.page(layout)).collect()
    }

    /// One item, when it is relevant and has a widget.
    pub fn item(&self, path: &str) -> Option<Item> {
        let entry = match self.find(path).ok()? {
            places::Spot::Node(node) => Entry::Node(node),
            places::Spot::Repeat(parent, definition) => Entry::Repeat(parent, definition),
        };
        if let Entry::Node(node) = entry {
            let found = self.tree.get(node)?;
            if found.hidden || self.form.node(found.definition).is_none_or(|node| node.unseen) {
                return None;
            }
        }
        Some(self.describe(entry))
    }

    fn page(&self, layout: &Layout) -> Page {
        let items: Vec<Item> = layout.entries.iter().map(|entry| self.describe(*entry)).collect();
        let path = match items.first() {
            Some(first) if !layout.field_list => first.path.clone(),
            _ => places::path_of(&self.form, &self.tree, layout.holder),
        };
        Page { path, title: self.title_of(layout.holder), field_list: layout.field_list, items }
    }

    /// Label of the nearest labelled group or repeat instance.
    fn title_of(&self, holder: u32) -> String {
        let mut place = Some(holder);
        while let Some(node) = place.filter(|node| *node != 0 && *node != self.top()) {
            let definition = self.tree.get(node).map_or(NOBODY, |found| found.definition);
            let label = self
                .form
                .node(definition)
                .map_or_else(String::new, |described| self.say(&described.label, node));
            let repeat = self.form.kind(definition) == Kind::Repeat;
            if !label.is_empty() {
                return if repeat {
                    format!("{label} ({})", places::number_of(&self.tree, node))
                } else {
                    label
                };
            }
            place = self.tree.parent(node);
        }
        String::new()
    }

    pub(super) fn layout(&self) -> Vec<Layout> {
        let mut pages = Vec::new();
        self.lay_out(self.top(), &mut pages);
        pages
    }

    fn lay_out(&self, holder: u32, pages: &mut Vec<Layout>) {
        let Some(found) = self.tree.get(holder) else { return };
        let field_list = self
            .form
            .node(found.definition)
            .is_some_and(|node| node.appearance.split_whitespace().any(|word| word == "field-list"));
        if field_list {
            let mut entries = Vec::new();
            self.list_fields(holder, &mut entries);
            if !entries.is_empty() {
                pages.push(Layout { holder, field_list: true, entries });
            }
            return;
        }
        for child in Outline::children(self.form.as_ref(), found.definition) {
            let Some(described) = self.form.node(*child) else { continue };
            if described.kind == Kind::Repeat {
                for instance in self.seen(holder, *child) {
                    self.lay_out(instance, pages);
                }
                // Whether there is one more is asked after the last one, as everybody asks it.
                if self.offers_repeat(holder, *child) {
                    pages.push(Layout {
                        holder,
                        field_list: false,
                        entries: vec![Entry::Repeat(holder, *child)],
                    });
                }
                continue;
            }
            for node in self.seen(holder, *child) {
                if described.kind == Kind::Group {
                    self.lay_out(node, pages);
                } else if !described.unseen {
                    pages.push(Layout { holder, field_list: false, entries: vec![Entry::Node(node)] });
                }
            }
        }
    }

    fn list_fields(&self, holder: u32, entries: &mut Vec<Entry>) {
        let definition = self.tree.get(holder).map_or(NOBODY, |found| found.definition);
        for child in Outline::children(self.form.as_ref(), definition) {
            let Some(described) = self.form.node(*child) else { continue };
            for node in self.seen(holder, *child) {
                match described.kind {
                    Kind::Group | Kind::Repeat => {
                        let begun = entries.len();
                        self.list_fields(node, entries);
                        // A heading, where it says something and something follows.
                        if entries.len() > begun
                            && (described.kind == Kind::Repeat || !described.label.is_empty())
                        {
                            entries.insert(begun, Entry::Node(node));
                        }
                    }
                    _ if !described.unseen => entries.push(Entry::Node(node)),
                    _ => {}
                }
            }
            if described.kind == Kind::Repeat && self.offers_repeat(holder, *child) {
                entries.push(Entry::Repeat(holder, *child));
            }
        }
    }

    /// A repeat has a place of its own on the screen when it has a widget and is not known to be irrelevant. Where the
    /// form says how many there are, there is nothing to do there.
    fn offers_repeat(&self, holder: u32, definition: u32) -> bool {
        if !self.can_add(definition) {
            return false;
        }
        let all = places::instances(&self.tree, holder, definition);
        let unseen = self.form.node(definition).is_none_or(|node| node.unseen);
        let seen = |node: &u32| self.tree.get(*node).is_some_and(|found| !found.hidden);
        !unseen
            && if all.is_empty() { self.would_be_relevant(holder, definition) } else { all.iter().any(seen) }
    }

    /// Whether a first instance of a repeat would be relevant: tried on a copy, because its condition is written as seen
    /// from an instance.
    fn would_be_relevant(&self, holder: u32, definition: u32) -> bool {
        let source = self.form.node(definition).map_or("", |node| node.logic.relevant.as_str());
        let Some(expression) = self.form.expression(source) else { return true };
        let mut tree = self.tree.clone();
        let made = build::node(&self.form, &mut tree, holder, definition, false);
        tree.renumber();
        let lens = Lens { form: &self.form, language: self.language };
        let world = World::new(&tree, &self.form.documents, &self.memory, self.host.as_ref(), &lens);
        world
            .evaluate(expression, Context::of(NodeId { doc: 0, node: made }))
            .is_ok_and(|value| value.boolean())
    }

    fn seen(&self, holder: u32, definition: u32) -> Vec<u32> {
        let mut all = places::instances(&self.tree, holder, definition);
        all.retain(|node| self.tree.get(*node).is_some_and(|found| !found.hidden));
        all
    }

    fn describe(&self, entry: Entry) -> Item {
        let (node, definition) = match entry {
            Entry::Node(node) => (node, self.tree.get(node).map_or(NOBODY, |found| found.definition)),
            Entry::Repeat(parent, definition) => (parent, definition),
        };
        let whole_repeat = matches!(entry, Entry::Repeat(_, _));
        let path = if whole_repeat {
            let above = places::path_of(&self.form, &self.tree, node);
            format!("{above}/{}", Outline::name(self.form.as_ref(), definition))
        } else {
            places::path_of(&self.form, &self.tree, node)
        };
        let Some(described) = self.form.node(definition) else { return empty_item(path) };
        let question = !matches!(described.kind, Kind::Group | Kind::Repeat);
        let repeat = (described.kind == Kind::Repeat && whole_repeat).then(|| RepeatInfo {
            instances: self
                .seen(node, definition)
                .into_iter()
                .map(|instance| places::path_of(&self.form, &self.tree, instance))
                .collect(),
            can_add: self.can_add(definition),
            can_remove: self.can_add(definition),
        });
        let mut label = self.say(&described.label, node);
        if described.kind == Kind::Repeat && !whole_repeat {
            label = format!("{label} ({})", places::number_of(&self.tree, node)).trim_start().to_owned();
        }
        Item {
            key: self.form.key(definition).to_owned(),
            name: described.name.clone(),
            // An instance of a repeat inside a page is a heading.
            kind: if described.kind == Kind::Repeat && !whole_repeat { Kind::Group } else { described.kind },
            label,
            hint: self.say(&described.hint, node),
            guidance: self.say(&described.guidance, node),
            appearance: described.appearance.split_whitespace().map(str::to_owned).collect(),
            parameters: described.parameters.clone(),
            image: plain(&self.form, &described.image, self.language),
            value: if question { self.shown_value(node) } else { String::new() },
            options: if question {
                self.with_world(|world| options(&self.form, world, node, self.language, true))
            } else {
                Vec::new()
            },
            required: question && self.is_required(node),
            readonly: question && self.is_readonly(node),
            error: if question { self.error_of(node).map(|(_, message)| message) } else { None },
            warning: if question { self.warning_of(node) } else { None },
            repeat,
            path,
        }
    }

    /// What stands in the field: the stored text, or typing that was not understood.
    fn shown_value(&self, node: u32) -> String {
        self.typed.get(&node).cloned().unwrap_or_else(|| self.tree.text(node))
    }

    /// A text in the language in use, seen from a node.
    pub(super) fn say(&self, text: &[Phrase], node: u32) -> String {
        if text.is_empty() {
            return String::new();
        }
        self.with_world(|world| spoken(&self.form, world, text, self.language, NodeId { doc: 0, node }))
    }

    /// Values offered to a question now; `None` when it offers none or they cannot be worked out.
    pub(super) fn option_values(&self, node: u32) -> Option<Vec<String>> {
        let definition = self.tree.get(node)?.definition;
        let choices = self.form.node(definition)?.choices.as_ref().filter(|choices| !choices.open)?;
        if let Some(nodeset) = self.form.expression(&choices.nodeset) {
            // A list that cannot be reached just now must not take answers away.
            self.evaluate(nodeset, node)?;
        }
        let options = self.with_world(|world| options(&self.form, world, node, self.language, false));
        Some(options.into_iter().map(|choice| choice.value).collect())
    }
}

fn empty_item(path: String) -> Item {
    Item {
        path,
        key: String::new(),
        name: String::new(),
        kind: Kind::Note,
        label: String::new(),
        hint: String::new(),
        guidance: String::new(),
        appearance: Vec::new(),
        parameters: BTreeMap::new(),
        image: String::new(),
        value: String::new(),
        options: Vec::new(),
        required: false,
        readonly: true,
        error: None,
        warning: None,
        repeat: None,
    }
}

/// A text in a language, with the values in it worked out at a node.
pub(super) fn spoken(
    form: &Form,
    world: &World<'_>,
    text: &[Phrase],
    language: usize,
    node: NodeId,
) -> String {
    match phrase(text, language, form.definition().default_language) {
        None => String::new(),
        Some(Phrase::Plain(text)) => text.clone(),
        Some(Phrase::Parts(parts)) => {
            let mut out = String::new();
            for part in parts {
                match part {
                    Part::Plain(text) => out.push_str(text),
                    Part::Value { value } => {
                        let value = form
                            .expression(value)
                            .and_then(|value| world.evaluate(value, Context::of(node)).ok());
                        out.push_str(&value.map_or_else(String::new, |value| value.text(world)));
                    }
                }
            }
            out
        }
    }
}

/// Options of the question at a node.
pub(super) fn options(form: &Form, world: &World<'_>, node: u32, language: usize, mark: bool) -> Vec<Choice> {
    let here = NodeId { doc: 0, node };
    let Some(described) = world.main.get(node).and_then(|found| form.node(found.definition)) else {
        return Vec::new();
    };
    let Some(choices) = &described.choices else { return Vec::new() };
    let value = if mark { world.main.text(node) } else { String::new() };
    let chosen: Vec<&str> = if described.kind == Kind::SelectOne {
        vec![value.as_str()]
    } else {
        value.split_whitespace().collect()
    };
    let selected = |name: &str| !name.is_empty() && chosen.contains(&name);
    let items = match form.definition().instances.get(&choices.list) {
        Some(Instance::List(items)) => items.as_slice(),
        _ => &[],
    };
    let from_item = |item: &crate::definition::Item| Choice {
        value: item.name.clone(),
        label: {
            let label = spoken(form, world, &item.label, language, here);
            if label.is_empty() { item.name.clone() } else { label }
        },
        image: plain(form, &item.image, language),
        selected: selected(&item.name),
    };
    if choices.nodeset.is_empty() {
        return items.iter().map(from_item).collect();
    }
    let Some(nodeset) = form.expression(&choices.nodeset) else { return Vec::new() };
    let Ok(Object::Nodes(nodes)) = world.evaluate(nodeset, Context::of(here)) else { return Vec::new() };
    let list_document = form.document(&choices.list);
    let places: BTreeMap<u32, usize> =
        match list_document.filter(|_| !items.is_empty()).and_then(|doc| world.tree(doc)) {
            Some(tree) => tree
                .children(0)
                .first()
                .map(|top| tree.children(*top).iter().copied().zip(0..).collect())
                .unwrap_or_default(),
            None => BTreeMap::new(),
        };
    let read = |source: &str, usual: &str, option: NodeId| -> String {
        let context = Context { node: option, position: 1, size: 1, origin: here };
        match form.expression(source) {
            Some(expression) => {
                world.evaluate(expression, context).map_or_else(|_| String::new(), |value| value.text(world))
            }
            None => world
                .tree(option.doc)
                .and_then(|tree| tree.child(option.node, usual).map(|place| tree.text(place)))
                .unwrap_or_default(),
        }
    };
    let mut all = Vec::new();
    for option in nodes {
        if Some(option.doc) == list_document
            && let Some(item) = places.get(&option.node).and_then(|place| items.get(*place))
        {
            all.push(from_item(item));
            continue;
        }
        let value = read(&choices.value, "name", option);
        let label = read(&choices.label, "label", option);
        let selected = selected(&value);
        all.push(Choice {
            label: if label.is_empty() { value.clone() } else { label },
            value,
            image: String::new(),
            selected,
        });
    }
    all
}
