//! The form definition that devices download: plain data, versioned, and nothing in it that a reader must compute.
//!
//! Expressions travel as XPath text. Parsing 1,800 of them takes a few milliseconds, and a text can be read by people
//! and by any later version of the evaluator; a serialised syntax tree could not.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Version of this layout. A reader refuses a greater one.
pub const FORMAT: u32 = 1;

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// A form as data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    /// Layout version, see [`FORMAT`].
    pub format: u32,
    /// Identifier, the same in all versions.
    pub id: String,
    /// Version text, free in form.
    #[serde(default, skip_serializing_if = "is_default")]
    pub version: String,
    /// Title in the default language.
    #[serde(default, skip_serializing_if = "is_default")]
    pub title: String,
    /// Languages as written in the column heads: `ไทย (th)`. Texts have one phrase for each, in this order.
    #[serde(default, skip_serializing_if = "is_default")]
    pub languages: Vec<String>,
    /// Place of the default language in `languages`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub default_language: usize,
    /// Name of a record as an expression; empty when none.
    #[serde(default, skip_serializing_if = "is_default")]
    pub instance_name: String,
    /// All nodes, a parent always before its children; the first one is the top.
    pub nodes: Vec<Node>,
    /// Choice lists and other documents that expressions may ask.
    #[serde(default, skip_serializing_if = "is_default")]
    pub instances: BTreeMap<String, Instance>,
    /// Translated texts by id, for `jr:itext()`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub texts: BTreeMap<String, Text>,
    /// Files that expressions may ask by `instance('name')`: name to file name. The host answers for them.
    #[serde(default, skip_serializing_if = "is_default")]
    pub files: BTreeMap<String, String>,
    /// Pictures that labels and options name: file name to a `data:` address. They travel with the form, so that they show
    /// without signal; a workbook names them and does not hold them.
    #[serde(default, skip_serializing_if = "is_default")]
    pub pictures: BTreeMap<String, String>,
    /// Records of the registry that the form makes or changes.
    #[serde(default, skip_serializing_if = "is_default")]
    pub entities: Vec<Entity>,
    /// Settings that mean nothing here and are given back when the form is written as a workbook.
    #[serde(default, skip_serializing_if = "is_default")]
    pub settings: BTreeMap<String, String>,
    /// The record a new filling starts from, when it is not simply one of every node.
    #[serde(default, skip_serializing_if = "is_default")]
    pub initial: Option<Element>,
}

/// What a node is for the person who fills the form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Free text.
    #[default]
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Decimal,
    /// One of several.
    SelectOne,
    /// Any of several.
    SelectMultiple,
    /// Several, put in order.
    Rank,
    /// Something to read.
    Note,
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// A day and time.
    DateTime,
    /// A place.
    Geopoint,
    /// A line.
    Geotrace,
    /// An outline.
    Geoshape,
    /// A photo.
    Image,
    /// A sound.
    Audio,
    /// A film.
    Video,
    /// Any file.
    File,
    /// A scanned code.
    Barcode,
    /// A tick: "I have read this".
    Acknowledge,
    /// A value the form works out.
    Calculate,
    /// A value that comes from outside and is not shown.
    Hidden,
    /// A number on a scale.
    Range,
    /// Questions that belong together.
    Group,
    /// Questions that are asked again and again.
    Repeat,
    /// Start, end, today, device, user.
    Metadata,
}

/// How an answer is stored and checked, apart from how it is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Store {
    /// As it is.
    #[default]
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Decimal,
    /// `true` or `false`.
    Boolean,
    /// `2026-11-21`.
    Date,
    /// `08:30:00.000+07:00`.
    Time,
    /// `2026-11-21T08:30:00.000+07:00`.
    DateTime,
    /// `latitude longitude altitude accuracy`.
    Geopoint,
    /// Several of those with `;` between.
    Geotrace,
    /// The same, closed.
    Geoshape,
    /// Name of a file or hash of its content.
    Binary,
}

/// One question, group or repeat.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Name; with a leading `@` it is an attribute of its parent.
    pub name: String,
    /// Place of the parent in the arena; the top points at itself.
    #[serde(default, skip_serializing_if = "is_default")]
    pub parent: u32,
    /// What it is.
    #[serde(default, skip_serializing_if = "is_default")]
    pub kind: Kind,
    /// How it is stored.
    #[serde(default, skip_serializing_if = "is_default")]
    pub store: Store,
    /// True for a node that has no widget: calculations, metadata, values from outside.
    #[serde(default, skip_serializing_if = "is_default")]
    pub unseen: bool,
    /// The question.
    #[serde(default, skip_serializing_if = "is_default")]
    pub label: Text,
    /// A word of help.
    #[serde(default, skip_serializing_if = "is_default")]
    pub hint: Text,
    /// Longer help, shown on demand.
    #[serde(default, skip_serializing_if = "is_default")]
    pub guidance: Text,
    /// Picture beside the label.
    #[serde(default, skip_serializing_if = "is_default")]
    pub image: Text,
    /// Said when a required answer is missing.
    #[serde(default, skip_serializing_if = "is_default")]
    pub required_message: Text,
    /// Said when the constraint does not hold.
    #[serde(default, skip_serializing_if = "is_default")]
    pub constraint_message: Text,
    /// Said when the warning condition does not hold.
    #[serde(default, skip_serializing_if = "is_default")]
    pub warning_message: Text,
    /// Expressions.
    #[serde(flatten)]
    pub logic: Logic,
    /// Appearance words.
    #[serde(default, skip_serializing_if = "is_default")]
    pub appearance: String,
    /// Parameters such as `start end step` of a range or `max-pixels` of a photo.
    #[serde(default, skip_serializing_if = "is_default")]
    pub parameters: BTreeMap<String, String>,
    /// Where options come from.
    #[serde(default, skip_serializing_if = "is_default")]
    pub choices: Option<Choices>,
    /// Value at the start, as it is.
    #[serde(default, skip_serializing_if = "is_default")]
    pub default: String,
    /// Where metadata comes from: `start end today uuid deviceid username phonenumber email`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub preload: String,
    /// Values set when something happens.
    #[serde(default, skip_serializing_if = "is_default")]
    pub actions: Vec<Action>,
    /// Property of an [`Entity`] that this answer becomes.
    #[serde(default, skip_serializing_if = "is_default")]
    pub save_to: String,
    /// Which entity, by its list; empty when the form has only one.
    #[serde(default, skip_serializing_if = "is_default")]
    pub save_list: String,
    /// Other media beside the label, by kind: `big-image`, `audio`, `video`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub media: BTreeMap<String, Text>,
    /// True for a repeat without an instance at the start.
    #[serde(default, skip_serializing_if = "is_default")]
    pub starts_empty: bool,
}

/// The expressions of a node; an empty text is none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Logic {
    /// Is it asked at all?
    #[serde(default, skip_serializing_if = "is_default")]
    pub relevant: String,
    /// Must it be answered?
    #[serde(default, skip_serializing_if = "is_default")]
    pub required: String,
    /// Is it only shown?
    #[serde(default, skip_serializing_if = "is_default")]
    pub readonly: String,
    /// Must hold for an answer.
    #[serde(default, skip_serializing_if = "is_default")]
    pub constraint: String,
    /// Should hold for an answer; saving is possible all the same. Ours, not ODK's.
    #[serde(default, skip_serializing_if = "is_default")]
    pub warning: String,
    /// Its value, always.
    #[serde(default, skip_serializing_if = "is_default")]
    pub calculate: String,
    /// How many instances a repeat has.
    #[serde(default, skip_serializing_if = "is_default")]
    pub repeat_count: String,
}

/// Sets a value when something happens.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Action {
    /// When.
    pub event: Event,
    /// Which node, as a path from the node the action belongs to; empty for that node itself.
    #[serde(default, skip_serializing_if = "is_default")]
    pub target: String,
    /// The value as an expression, seen from the target; empty clears.
    #[serde(default, skip_serializing_if = "is_default")]
    pub value: String,
}

/// When an action runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A new record begins.
    #[default]
    FirstLoad,
    /// A record is opened, new or not.
    Load,
    /// An instance of the repeat that holds the node is added.
    NewRepeat,
    /// The node's value was changed by the person.
    ValueChanged,
}

/// Where the options of a question come from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Choices {
    /// A list of the form, whose labels are translated; empty when the options are found by `nodeset` alone.
    #[serde(default, skip_serializing_if = "is_default")]
    pub list: String,
    /// Expression that gives one node per option; empty for all rows of `list`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub nodeset: String,
    /// Values that are not offered are answers too: the list is a help, as in `select_one_external`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub open: bool,
    /// Expression for the value, seen from an option's node; empty for `name`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub value: String,
    /// Expression for the label, seen from an option's node; empty for `label`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub label: String,
}

/// A document that expressions reach by `instance('name')`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Instance {
    /// A choice list.
    List(Vec<Item>),
    /// Anything else.
    Document(Element),
}

/// A row of a choice list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// Value that is stored.
    pub name: String,
    /// What the person sees.
    #[serde(default, skip_serializing_if = "is_default")]
    pub label: Text,
    /// Picture beside it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub image: Text,
    /// Other media beside it, by kind.
    #[serde(default, skip_serializing_if = "is_default")]
    pub media: BTreeMap<String, Text>,
    /// Extra columns, for filters.
    #[serde(default, skip_serializing_if = "is_default")]
    pub more: BTreeMap<String, String>,
}

/// A record of the registry that a filled form makes or changes, as ODK's entities do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Entity {
    /// List of records: `meters`.
    pub list: String,
    /// Node whose instances make one record each: the top, a group or a repeat.
    #[serde(default, skip_serializing_if = "is_default")]
    pub container: u32,
    /// Which record is changed, as an expression seen from the container; empty when one is made.
    #[serde(default, skip_serializing_if = "is_default")]
    pub id: String,
    /// When a record is made; empty is always (unless `id` is there).
    #[serde(default, skip_serializing_if = "is_default")]
    pub create_if: String,
    /// When a record is changed; empty is always (if `id` is there).
    #[serde(default, skip_serializing_if = "is_default")]
    pub update_if: String,
    /// What the registry shows for it, as an expression.
    #[serde(default, skip_serializing_if = "is_default")]
    pub label: String,
}

/// An XML-like element.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Element {
    /// Name.
    pub name: String,
    /// Attributes in order.
    #[serde(default, skip_serializing_if = "is_default")]
    pub attributes: Vec<(String, String)>,
    /// Text of a leaf.
    #[serde(default, skip_serializing_if = "is_default")]
    pub text: String,
    /// Elements inside.
    #[serde(default, skip_serializing_if = "is_default")]
    pub children: Vec<Element>,
}

/// A text in each language of the form. A missing phrase falls back to the default language, then to any.
pub type Text = Vec<Phrase>;

/// A text in one language.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Phrase {
    /// Nothing but letters; empty when there is no translation.
    Plain(String),
    /// Letters with values in between.
    Parts(Vec<Part>),
}

/// A piece of a phrase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Part {
    /// Letters.
    Plain(String),
    /// The value of an expression.
    Value {
        /// The expression, seen from the node that is labelled.
        value: String,
    },
}

impl Default for Phrase {
    fn default() -> Self {
        Phrase::Plain(String::new())
    }
}

impl Phrase {
    /// True when there is nothing to show.
    pub fn is_empty(&self) -> bool {
        match self {
            Phrase::Plain(text) => text.is_empty(),
            Phrase::Parts(parts) => parts.is_empty(),
        }
    }
}

/// The phrase to use for a language.
pub fn phrase(text: &[Phrase], language: usize, default: usize) -> Option<&Phrase> {
    let filled = |place: usize| text.get(place).filter(|phrase| !phrase.is_empty());
    filled(language).or_else(|| filled(default)).or_else(|| text.iter().find(|phrase| !phrase.is_empty()))
}
