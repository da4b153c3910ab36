//! Filling one record of a form: the record as a tree, what a person may do to it, and what the screen draws of it.
//!
//! A [`Filling`] owns all it needs (the form is shared), so a screen can keep it as long as it likes. Every change goes
//! through [`Filling::set`], [`Filling::add_repeat`] or [`Filling::remove_repeat`]; afterwards the record is consistent.

mod again;
mod answers;
mod build;
mod check;
mod entities;
mod input;
mod outline;
mod places;
mod view;
mod work;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::definition::{Element, Event, Instance, Kind, Node, Store, phrase};
use crate::form::Form;
use crate::host::Host;
use crate::tree::{NodeId, Tree};
use crate::xpath::analysis::Outline;
use crate::xpath::{Context, Memory, Surroundings, World, dates};
use places::Spot;
use work::Work;

pub use check::{Problem, ProblemCode};
pub use entities::EntityChange;
pub use outline::{Heading, PageOutline, Place};
pub use view::{Choice, Item, Page, RepeatInfo};

/// Why a change was not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    /// The path leads nowhere.
    #[error("there is no place `{0}` in this record")]
    NoSuchPlace(String),
    /// The path leads to a group or repeat where a question is wanted, or the other way round.
    #[error("`{0}` is not the kind of place this can be done to")]
    WrongPlace(String),
    /// A choice that is not offered now.
    #[error("`{0}` does not offer that choice")]
    NotOffered(String),
    /// The form works this value out or only shows it.
    #[error("`{0}` cannot be changed")]
    ReadOnly(String),
}

/// Why a draft cannot be taken up.
#[derive(Debug, thiserror::Error)]
pub enum ResumeError {
    /// Not a draft.
    #[error("this is not a draft: {0}")]
    Json(#[from] serde_json::Error),
    /// A draft of another form or version; it keeps its version, so ask for that one.
    #[error("the draft belongs to form `{form}` version `{version}`")]
    OtherForm {
        /// Form the draft belongs to.
        form: String,
        /// Version the draft belongs to.
        version: String,
    },
}

/// A record on the way.
#[derive(Serialize, Deserialize)]
struct Draft {
    form: String,
    version: String,
    language: usize,
    record: Element,
    /// Typing that was not understood, by path.
    #[serde(default)]
    typed: BTreeMap<String, String>,
    /// Answered instances beyond the present number, by path of their repeat.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    put_away: BTreeMap<String, Vec<Element>>,
    /// Choices that are not offered now, by path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    let_go: BTreeMap<String, String>,
}

/// One record being filled.
pub struct Filling {
    form: Arc<Form>,
    tree: Tree,
    host: Box<dyn Host>,
    memory: Memory,
    /// Typing that is not what its question wants, by node. The record holds nothing there.
    typed: BTreeMap<u32, String>,
    /// Answered instances of a counted repeat beyond the present number, by the node they were in and their repeat, in
    /// order. They are back as soon as the number is: it may have been mistyped, or not yet typed to its end.
    put_away: BTreeMap<(u32, u32), Vec<Element>>,
    /// What was chosen, where some of it is not offered now; back as soon as it is offered again.
    let_go: BTreeMap<u32, String>,
    /// Computations at nodes that wait for rows of the host.
    pending: BTreeSet<(u32, u32)>,
    /// The last evaluation met rows that are not here yet.
    lacks_rows: Cell<bool>,
    language: usize,
    troubles: RefCell<Vec<String>>,
    chain: u8,
}

/// The form as the evaluator sees it, in one language.
struct Lens<'a> {
    form: &'a Form,
    language: usize,
}

impl Filling {
    /// Begins a record. `known` gives values that are there before anyone asks, by question name or key: what the
    /// registry knows of the subject, or answers to start from. Names the form does not have are ignored.
    pub fn new(form: &Arc<Form>, known: &BTreeMap<String, String>, host: Box<dyn Host>) -> Filling {
        let mut tree = Tree::new();
        match &form.definition().initial {
            Some(initial) => build::from_element(form, &mut tree, 0, 0, initial),
            None => build::node(form, &mut tree, 0, 0, true),
        };
        tree.renumber();
        let mut filling = Filling::around(form, tree, host, form.definition().default_language);
        filling.normalise();
        for (name, value) in known {
            filling.set_known(name, value);
        }
        filling.preload_below(filling.top());
        filling.begin(&[Event::FirstLoad, Event::Load]);
        // What is known beats a default that is worked out; other defaults may have read it, so it was there before too.
        let mut work = Work::default();
        for (name, value) in known {
            for node in filling.set_known(name, value) {
                filling.changed(&mut work, node);
            }
        }
        filling.work_off(&mut work);
        filling
    }

    /// Takes up a draft made by [`Filling::draft`] with the same version of the same form.
    pub fn resume(
        form: &Arc<Form>,
        draft: &serde_json::Value,
        host: Box<dyn Host>,
    ) -> Result<Filling, ResumeError> {
        let draft = Draft::deserialize(draft)?;
        if draft.form != form.id() || draft.version != form.version() {
            return Err(ResumeError::OtherForm { form: draft.form, version: draft.version });
        }
        Ok(Filling::of_draft(form, draft, host))
    }

    /// Takes up a draft of another version, as far as this one asks the same: where the draft's own version is gone.
    pub fn carry_over(
        form: &Arc<Form>,
        draft: &serde_json::Value,
        host: Box<dyn Host>,
    ) -> Result<Filling, ResumeError> {
        Ok(Filling::of_draft(form, Draft::deserialize(draft)?, host))
    }

    fn of_draft(form: &Arc<Form>, draft: Draft, host: Box<dyn Host>) -> Filling {
        let mut tree = Tree::new();
        build::from_element(form, &mut tree, 0, 0, &draft.record);
        tree.renumber();
        let mut filling = Filling::around(form, tree, host, draft.language);
        filling.normalise();
        for (path, text) in draft.typed {
            if let Ok(Spot::Node(node)) = filling.find(&path) {
                filling.typed.insert(node, text);
            }
        }
        for (path, away) in draft.put_away {
            if let Ok(Spot::Repeat(parent, definition)) = filling.find(&path) {
                filling.put_away.insert((parent, definition), away);
            }
        }
        for (path, chosen) in draft.let_go {
            if let Ok(Spot::Node(node)) = filling.find(&path) {
                filling.let_go.insert(node, chosen);
            }
        }
        filling.begin(&[Event::Load]);
        filling
    }

    fn around(form: &Arc<Form>, tree: Tree, host: Box<dyn Host>, language: usize) -> Filling {
        Filling {
            form: form.clone(),
            tree,
            host,
            memory: Memory::default(),
            typed: BTreeMap::new(),
            put_away: BTreeMap::new(),
            let_go: BTreeMap::new(),
            pending: BTreeSet::new(),
            lacks_rows: Cell::new(false),
            language,
            troubles: RefCell::new(Vec::new()),
            chain: 0,
        }
    }

    fn begin(&mut self, events: &[Event]) {
        let mut work = Work::default();
        self.want_all(&mut work, self.top());
        self.work_off(&mut work);
        for event in events {
            let mut work = Work::default();
            self.run_actions_below(&mut work, self.top(), *event);
            self.work_off(&mut work);
        }
    }

    /// Asks the host once more for the rows that were on their way ([`Host::is_coming`]), and works out what waited for them;
    /// nothing else, because an answer may stand where a calculation had written.
    pub fn tables_changed(&mut self) {
        let mut work = Work::default();
        self.want_pending(&mut work);
        self.work_off(&mut work);
    }

    /// Says whether something waits for rows of the host.
    pub fn lacks_rows(&self) -> bool {
        !self.pending.is_empty()
    }

    /// The record on the way, to be kept and taken up later. Holds every value, also of what is not relevant now.
    pub fn draft(&self) -> serde_json::Value {
        let draft = Draft {
            form: self.form.id().to_owned(),
            version: self.form.version().to_owned(),
            language: self.language,
            record: build::to_element(&self.form, &self.tree, self.top()),
            typed: self
                .typed
                .iter()
                .map(|(node, text)| (places::path_of(&self.form, &self.tree, *node), text.clone()))
                .collect(),
            put_away: self
                .put_away
                .iter()
                .map(|((parent, repeat), away)| {
                    let above = places::path_of(&self.form, &self.tree, *parent);
                    (format!("{above}/{}", Outline::name(self.form.as_ref(), *repeat)), away.clone())
                })
                .collect(),
            let_go: self
                .let_go
                .iter()
                .map(|(node, chosen)| (places::path_of(&self.form, &self.tree, *node), chosen.clone()))
                .collect(),
        };
        serde_json::to_value(draft).unwrap_or_default()
    }

    /// The form.
    pub fn form(&self) -> &Arc<Form> {
        &self.form
    }

    /// Chooses the language of labels and messages: `th`, `en`, or the whole name `ไทย (th)`. Unknown ones change nothing.
    pub fn set_language(&mut self, language: &str) {
        let short = format!("({language})");
        if let Some(place) =
            self.form.languages().iter().position(|name| name == language || name.ends_with(&short))
        {
            self.language = place;
            // Calculations may hold translated texts.
            let mut work = Work::default();
            self.want_spoken(&mut work);
            self.work_off(&mut work);
        }
    }

    /// The language in use, as written in the form; empty for a form with one unnamed language.
    pub fn language(&self) -> &str {
        self.form.languages().get(self.language).map_or("", String::as_str)
    }

    /// Answers a question. The text is brought into its stored form ([`Filling::value`] shows it); what cannot be
    /// understood is kept as typed and reported by [`Filling::problems`]. An empty text takes the answer away.
    pub fn set(&mut self, path: &str, value: &str) -> Result<(), SetError> {
        let node = match self.find(path)? {
            Spot::Node(node) => node,
            Spot::Repeat(_, _) => return Err(SetError::WrongPlace(path.to_owned())),
        };
        let form = self.form.clone();
        let Some(described) = self.tree.get(node).and_then(|found| form.node(found.definition)) else {
            return Err(SetError::NoSuchPlace(path.to_owned()));
        };
        if matches!(described.kind, Kind::Group | Kind::Repeat) {
            return Err(SetError::WrongPlace(path.to_owned()));
        }
        // A calculated value that has a widget may be overwritten, until what it depends on changes.
        let fixed =
            described.kind == Kind::Calculate && described.unseen && !described.logic.calculate.is_empty();
        if fixed || self.is_readonly(node) {
            return Err(SetError::ReadOnly(path.to_owned()));
        }
        let mut stored = self.keep_typing(node, described, value);
        if let Some(offered) = self.option_values(node) {
            let mut words: Vec<&str> = match described.kind {
                Kind::SelectOne => vec![stored.as_str()],
                _ => stored.split_whitespace().collect(),
            };
            words.retain(|word| !word.is_empty());
            let place = |word: &&str| offered.iter().position(|option| option == word);
            if words.iter().any(|word| place(word).is_none()) {
                return Err(SetError::NotOffered(path.to_owned()));
            }
            // Several choices are a set; one order makes equal answers equal texts. A ranking is its order.
            if described.kind == Kind::SelectMultiple {
                words.sort_by_key(place);
                stored = words.join(" ");
            }
        }
        self.let_go.remove(&node);
        let mut work = Work::default();
        if self.put(node, stored) {
            self.changed(&mut work, node);
            self.work_off(&mut work);
            let mut work = Work::default();
            self.run_actions(&mut work, node, Event::ValueChanged);
            self.work_off(&mut work);
        }
        Ok(())
    }

    /// The stored text of what was typed. What is not understood is kept beside the record, and nothing is stored.
    fn keep_typing(&mut self, node: u32, described: &Node, value: &str) -> String {
        match input::entered(described, value, self.host.offset_minutes()) {
            Some(stored) => {
                self.typed.remove(&node);
                stored
            }
            None => {
                self.typed.insert(node, value.to_owned());
                String::new()
            }
        }
    }

    /// Brings the values of a new or saved record into their stored form.
    fn normalise(&mut self) {
        let offset = self.host.offset_minutes();
        for node in 1..u32::try_from(self.tree.len()).unwrap_or(0) {
            let store = build::store_of(&self.form, &self.tree, node);
            if let Some(found) = self.tree.get_mut(node).filter(|_| store != Store::Text)
                && !found.value.is_empty()
            {
                found.value = input::written(store, &found.value, offset).unwrap_or_default();
            }
            self.drop_unknown_choices(node);
        }
    }

    /// The stored text at a path; empty when there is no answer (or it is not relevant now), `None` when there is no
    /// such place.
    pub fn value(&self, path: &str) -> Option<String> {
        match self.find(path) {
            Ok(Spot::Node(node)) => Some(self.tree.text(node)),
            _ => None,
        }
    }

    /// Whether a place is relevant now; `None` when there is no such place. A repeat as a whole is relevant when any of
    /// its instances is, or when it has none.
    pub fn relevant(&self, path: &str) -> Option<bool> {
        let seen = |node: &u32| self.tree.get(*node).is_some_and(|found| !found.hidden);
        match self.find(path).ok()? {
            Spot::Node(node) => Some(seen(&node)),
            Spot::Repeat(parent, definition) => {
                let instances = places::instances(&self.tree, parent, definition);
                Some(seen(&parent) && (instances.is_empty() || instances.iter().any(seen)))
            }
        }
    }

    /// The record as an XForms instance: what is relevant now, every value as text.
    pub fn record(&self) -> Element {
        build::relevant_element(&self.form, &self.tree, self.top())
    }

    /// Adds an instance at the end of a repeat and gives its path.
    pub fn add_repeat(&mut self, path: &str) -> Result<String, SetError> {
        let Spot::Repeat(parent, definition) = self.find(path)? else {
            return Err(SetError::WrongPlace(path.to_owned()));
        };
        if !self.can_add(definition) {
            return Err(SetError::ReadOnly(path.to_owned()));
        }
        let mut work = Work::default();
        let made = self.put_in(&mut work, parent, definition);
        self.work_off(&mut work);
        Ok(places::path_of(&self.form, &self.tree, made))
    }

    /// Takes one instance of a repeat out, with its answers.
    pub fn remove_repeat(&mut self, path: &str) -> Result<(), SetError> {
        let Spot::Node(node) = self.find(path)? else { return Err(SetError::WrongPlace(path.to_owned())) };
        let definition = self.tree.get(node).map_or(0, |found| found.definition);
        if self.form.kind(definition) != Kind::Repeat {
            return Err(SetError::WrongPlace(path.to_owned()));
        }
        if !self.can_add(definition) {
            return Err(SetError::ReadOnly(path.to_owned()));
        }
        let mut work = Work::default();
        self.take_out(&mut work, node);
        self.work_off(&mut work);
        Ok(())
    }

    /// The name of this record by the form's own rule; empty when it has none.
    pub fn instance_name(&self) -> String {
        let Some(expression) = self.form.expression(&self.form.definition().instance_name) else {
            return String::new();
        };
        self.evaluate(expression, self.top())
            .map_or_else(String::new, |value| self.with_world(|world| value.text(world)))
    }

    /// Expressions that could not be evaluated so far: mistakes of the form's author, for a log.
    pub fn troubles(&self) -> Vec<String> {
        self.troubles.borrow().clone()
    }

    fn find(&self, path: &str) -> Result<Spot, SetError> {
        places::find(&self.form, &self.tree, path).ok_or_else(|| SetError::NoSuchPlace(path.to_owned()))
    }

    /// The top element of the record.
    fn top(&self) -> u32 {
        self.tree.children(0).first().copied().unwrap_or(0)
    }

    fn can_add(&self, repeat: u32) -> bool {
        self.form.node(repeat).is_some_and(|node| node.logic.repeat_count.is_empty())
    }

    /// Sets a value that is known beforehand and gives the nodes that changed.
    fn set_known(&mut self, name: &str, value: &str) -> Vec<u32> {
        let form = self.form.clone();
        let Some((definition, described)) =
            form.find(name).and_then(|found| Some((found, form.node(found)?)))
        else {
            return Vec::new();
        };
        if matches!(described.kind, Kind::Group | Kind::Repeat) || !described.logic.calculate.is_empty() {
            return Vec::new();
        }
        let mut changed = Vec::new();
        for node in places::all_below(&form, &self.tree, 0, definition) {
            let stored = self.keep_typing(node, described, value);
            let listed = self.listed(described, &stored).unwrap_or_else(|| stored.clone());
            // Words of another list say nothing: what a default worked out stays.
            let says_something = !listed.is_empty() || stored.is_empty();
            if says_something && self.put(node, listed) {
                changed.push(node);
            }
        }
        changed
    }

    /// Takes values out of a question that its fixed list does not have.
    fn drop_unknown_choices(&mut self, node: u32) {
        let form = self.form.clone();
        let Some(found) = self.tree.get(node).filter(|found| !found.value.is_empty()) else { return };
        let described = form.node(found.definition);
        let listed = described.and_then(|described| self.listed(described, &found.value));
        if let (Some(listed), Some(found)) = (listed, self.tree.get_mut(node)) {
            found.value = listed;
        }
    }

    /// What is left of a text in a question with a fixed list; `None` where it has no such list.
    fn listed(&self, described: &Node, text: &str) -> Option<String> {
        let choices = described.choices.as_ref().filter(|list| list.nodeset.is_empty() && !list.open)?;
        let Some(Instance::List(items)) = self.form.definition().instances.get(&choices.list) else {
            return None;
        };
        let known = |word: &&str| items.iter().any(|item| item.name == *word);
        match known(&text) {
            true => Some(text.to_owned()),
            false => Some(text.split_whitespace().filter(known).collect::<Vec<_>>().join(" ")),
        }
    }

    /// Fills in metadata below a node, where there is none yet.
    fn preload_below(&mut self, top: u32) {
        let mut below = vec![top];
        while let Some(node) = below.pop() {
            below.extend(self.tree.children(node));
            below.extend(self.tree.attributes(node));
            let Some(found) = self.tree.get(node) else { continue };
            let Some(described) = self.form.node(found.definition) else { continue };
            let (now, offset) = (self.host.now_ms() as f64, self.host.offset_minutes());
            let value = match described.preload.as_str() {
                "" | "end" => continue,
                "start" => dates::date_time_text(now, offset),
                "today" => dates::date_text(now, offset),
                "uid" => {
                    let id = self
                        .form
                        .expression(UUID)
                        .cloned()
                        .or_else(|| crate::xpath::parse(UUID).ok().map(Arc::new));
                    id.and_then(|id| self.evaluate(&id, node)).map_or_else(String::new, |id| {
                        self.with_world(|world| format!("uuid:{}", id.text(world)))
                    })
                }
                property => match self.host.property(property) {
                    Some(value) => value,
                    None => continue,
                },
            };
            self.put(node, value);
        }
    }

    fn with_world<R>(&self, use_it: impl FnOnce(&World<'_>) -> R) -> R {
        let lens = Lens { form: &self.form, language: self.language };
        use_it(&World::new(&self.tree, &self.form.documents, &self.memory, self.host.as_ref(), &lens))
    }

    fn note_trouble(&self, what: &str) {
        let mut troubles = self.troubles.borrow_mut();
        if troubles.len() < 100 && !troubles.iter().any(|known| known == what) {
            troubles.push(what.to_owned());
        }
    }

    /// True when the form's language in use is Thai, or the form names no language.
    fn speaks_thai(&self) -> bool {
        self.form.languages().is_empty() || is_thai(self.language())
    }
}

const UUID: &str = "uuid()";

fn is_thai(language: &str) -> bool {
    language.ends_with("(th)") || language == "th" || language.contains("ไทย")
}

impl Surroundings for Lens<'_> {
    fn instance(&self, name: &str) -> Option<NodeId> {
        self.form.document(name).map(|doc| NodeId { doc, node: 0 })
    }

    fn itext(&self, world: &World<'_>, id: &str) -> Option<String> {
        let text = self.form.definition().texts.get(id)?;
        let top = world.main.children(0).first().copied().unwrap_or(0);
        Some(view::spoken(self.form, world, text, self.language, NodeId { doc: 0, node: top }))
    }

    fn choice_name(&self, world: &World<'_>, from: NodeId, path: &str, value: &str) -> Option<String> {
        let expression = match self.form.expression(path) {
            Some(known) => known.clone(),
            None => Arc::new(crate::xpath::parse(path).ok()?),
        };
        world.keep_hidden.set(true);
        let found = crate::xpath::eval_nodes(world, &expression, &Context::of(from));
        world.keep_hidden.set(false);
        let node = found.ok()?.first().copied().filter(|node| node.doc == 0)?;
        view::options(self.form, world, node.node, self.language, false)
            .into_iter()
            .find(|choice| choice.value == value)
            .map(|choice| choice.label)
    }

    fn children_named(&self, definition: u32, name: &str) -> Option<&[u32]> {
        Outline::named(self.form, definition, name)
    }

    fn thai(&self) -> bool {
        self.form.languages().get(self.language).is_some_and(|language| is_thai(language))
    }
}

/// The default language's phrase of a text, or nothing.
fn plain(form: &Form, text: &[crate::definition::Phrase], language: usize) -> String {
    match phrase(text, language, form.definition().default_language) {
        Some(crate::definition::Phrase::Plain(text)) => text.clone(),
        _ => String::new(),
    }
}
