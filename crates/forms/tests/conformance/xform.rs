//! Reads an XForm into a definition. Only tests need this: programmes are written as XLSForms.

use std::collections::{BTreeMap, HashMap};

use forms::Form;
use forms::definition::{
    Action, Choices, Definition, Element, Event, FORMAT, Instance, Item, Kind, Node, Part, Phrase, Store,
    Text,
};
use roxmltree::{Document, Node as Xml};

fn local<'a>(node: &Xml<'a, '_>) -> &'a str {
    node.tag_name().name()
}

fn child<'a, 'b>(node: Xml<'a, 'b>, name: &str) -> Option<Xml<'a, 'b>> {
    node.children().find(|child| child.is_element() && child.tag_name().name() == name)
}

fn attribute<'a>(node: &Xml<'a, '_>, name: &str) -> Option<&'a str> {
    node.attributes().find(|attribute| attribute.name() == name).map(|attribute| attribute.value())
}

/// Name with the prefix as written.
fn written(node: &Xml<'_, '_>) -> String {
    let source = &node.document().input_text()[node.range()];
    source[1..].split([' ', '>', '/', '\n', '\t', '\r']).next().unwrap().to_owned()
}

pub fn element(node: Xml<'_, '_>) -> Element {
    let children: Vec<Element> = node.children().filter(Xml::is_element).map(element).collect();
    let text = if children.is_empty() { node.text().unwrap_or_default().to_owned() } else { String::new() };
    let attributes = node
        .attributes()
        .map(|attribute| (attribute.name().to_owned(), attribute.value().to_owned()))
        .collect();
    Element { name: written(&node), attributes, text, children }
}

fn is_template(node: &Xml<'_, '_>) -> bool {
    attribute(node, "template").is_some()
}

/// Text of a label with its outputs.
fn phrase(node: Xml<'_, '_>) -> Phrase {
    let mut parts = Vec::new();
    for piece in node.children() {
        if piece.is_text() {
            parts.push(Part::Plain(piece.text().unwrap_or_default().to_owned()));
        } else if piece.is_element() && local(&piece) == "output" {
            let value = attribute(&piece, "value").or(attribute(&piece, "ref")).unwrap_or_default();
            parts.push(Part::Value { value: value.trim().to_owned() });
        } else if piece.is_element() {
            parts.push(Part::Plain(piece.text().unwrap_or_default().to_owned()));
        }
    }
    match parts.as_slice() {
        [] => Phrase::default(),
        [Part::Plain(text)] => Phrase::Plain(text.clone()),
        _ => Phrase::Parts(parts),
    }
}

struct Loader<'a> {
    definition: Definition,
    places: HashMap<String, u32>,
    texts: BTreeMap<String, Text>,
    source: &'a str,
}

impl Loader<'_> {
    fn node(&mut self, path: &str) -> Option<&mut Node> {
        let place = *self.places.get(path)?;
        self.definition.nodes.get_mut(place as usize)
    }

    /// Adds definition nodes for an element of the primary instance; instances of one repeat fall together.
    fn outline(&mut self, xml: Xml<'_, '_>, above: &str, parent: u32, bound: &[String]) {
        let name = written(&xml);
        let path = format!("{above}/{name}");
        let place = match self.places.get(&path) {
            Some(place) => *place,
            None => {
                let group = xml.children().any(|child| child.is_element());
                let kind = if group { Kind::Group } else { Kind::Hidden };
                let default = if group { String::new() } else { xml.text().unwrap_or_default().to_owned() };
                self.definition.nodes.push(Node {
                    name,
                    parent,
                    kind,
                    unseen: true,
                    default,
                    starts_empty: starts_empty(xml),
                    ..Node::default()
                });
                let place = (self.definition.nodes.len() - 1) as u32;
                self.places.insert(path.clone(), place);
                place
            }
        };
        for attribute in xml.attributes() {
            let path = format!("{path}/@{}", attribute.name());
            if bound.contains(&path) && !self.places.contains_key(&path) {
                self.definition.nodes.push(Node {
                    name: format!("@{}", attribute.name()),
                    parent: place,
                    kind: Kind::Hidden,
                    unseen: true,
                    default: attribute.value().to_owned(),
                    ..Node::default()
                });
                self.places.insert(path, (self.definition.nodes.len() - 1) as u32);
            }
        }
        for child in xml.children().filter(Xml::is_element) {
            self.outline(child, &path, place, bound);
        }
    }

    fn text_of(&self, label: Option<Xml<'_, '_>>) -> Text {
        let Some(label) = label else { return Text::new() };
        if let Some(reference) = attribute(&label, "ref") {
            let id = reference
                .trim()
                .strip_prefix("jr:itext(")
                .and_then(|rest| rest.strip_suffix(')'))
                .map(|id| id.trim().trim_matches(['\'', '"']));
            return match id.and_then(|id| self.texts.get(id)) {
                Some(text) => text.clone(),
                None => vec![Phrase::Parts(vec![Part::Value { value: reference.to_owned() }])],
            };
        }
        vec![phrase(label); self.definition.languages.len().max(1)]
    }

    fn message(&self, source: &str) -> Text {
        let source = source.trim();
        if source.starts_with("jr:itext(") {
            return vec![Phrase::Parts(vec![Part::Value { value: source.to_owned() }])];
        }
        vec![Phrase::Plain(source.to_owned())]
    }

    fn body(&mut self, xml: Xml<'_, '_>, base: &str) {
        for control in xml.children().filter(Xml::is_element) {
            let reference = attribute(&control, "ref").or(attribute(&control, "nodeset"));
            let path = reference.map(|reference| resolve(reference, base));
            let kind = match local(&control) {
                "group" => {
                    if let Some(path) = &path {
                        let label = self.text_of(child(control, "label"));
                        let appearance = attribute(&control, "appearance").unwrap_or_default().to_owned();
                        if let Some(node) = self.node(path) {
                            node.unseen = false;
                            if !label.is_empty() {
                                node.label = label;
                            }
                            node.appearance = appearance;
                        }
                    }
                    let base = path.unwrap_or_else(|| base.to_owned());
                    self.body(control, &base);
                    continue;
                }
                "repeat" => {
                    let Some(path) = path else { continue };
                    let count = attribute(&control, "count").map(|count| relative_to_parent(count.trim()));
                    if let Some(node) = self.node(&path) {
                        node.kind = Kind::Repeat;
                        node.unseen = false;
                        node.logic.repeat_count = count.unwrap_or_default();
                    }
                    self.actions(control, &path);
                    self.body(control, &path);
                    continue;
                }
                "input" | "secret" => None,
                "select" => Some(Kind::SelectMultiple),
                "select1" => Some(Kind::SelectOne),
                "rank" => Some(Kind::Rank),
                "upload" => Some(Kind::File),
                "trigger" => Some(Kind::Acknowledge),
                "range" => Some(Kind::Range),
                _ => continue,
            };
            let Some(path) = path else { continue };
            let label = self.text_of(child(control, "label"));
            let hint = self.text_of(child(control, "hint"));
            let choices = matches!(kind, Some(Kind::SelectOne | Kind::SelectMultiple | Kind::Rank))
                .then(|| self.choices(control, &path));
            let appearance = attribute(&control, "appearance").unwrap_or_default().to_owned();
            if let Some(node) = self.node(&path) {
                node.unseen = false;
                node.label = label;
                node.hint = hint;
                node.choices = choices;
                node.appearance = appearance;
                node.kind = kind.unwrap_or(match node.store {
                    Store::Integer => Kind::Integer,
                    Store::Decimal => Kind::Decimal,
                    Store::Date => Kind::Date,
                    Store::Time => Kind::Time,
                    Store::DateTime => Kind::DateTime,
                    Store::Geopoint => Kind::Geopoint,
                    _ => Kind::Text,
                });
            }
            self.actions(control, &path);
        }
    }

    fn choices(&mut self, control: Xml<'_, '_>, path: &str) -> Choices {
        if let Some(itemset) = child(control, "itemset") {
            let part = |name: &str| {
                child(itemset, name).and_then(|part| attribute(&part, "ref")).unwrap_or_default().to_owned()
            };
            return Choices {
                list: String::new(),
                open: false,
                nodeset: attribute(&itemset, "nodeset").unwrap_or_default().to_owned(),
                value: part("value"),
                label: part("label"),
            };
        }
        let items = control.children().filter(|item| item.is_element() && local(item) == "item");
        let items = items.map(|item| Item {
            name: child(item, "value").and_then(|value| value.text()).unwrap_or_default().trim().to_owned(),
            label: self.text_of(child(item, "label")),
            ..Item::default()
        });
        let items: Vec<Item> = items.collect();
        let list = format!("choices of {path}");
        self.definition.instances.insert(list.clone(), Instance::List(items));
        Choices { list, ..Choices::default() }
    }

    /// `setvalue` elements inside a control or repeat.
    fn actions(&mut self, control: Xml<'_, '_>, owner: &str) {
        for action in
            control.children().filter(|action| action.is_element() && matches!(local(action), "setvalue"))
        {
            self.action(action, owner);
        }
    }

    fn action(&mut self, xml: Xml<'_, '_>, owner: &str) {
        let target = attribute(&xml, "ref").unwrap_or_default().to_owned();
        let value = match attribute(&xml, "value") {
            Some(value) => value.to_owned(),
            None => xml.text().map(|text| format!("'{text}'")).unwrap_or_default(),
        };
        for event in attribute(&xml, "event").unwrap_or_default().split_whitespace() {
            let event = match event {
                "odk-instance-first-load" => Event::FirstLoad,
                "odk-instance-load" => Event::Load,
                "odk-new-repeat" => Event::NewRepeat,
                "xforms-value-changed" => Event::ValueChanged,
                _ => continue,
            };
            let action = Action { event, target: target.clone(), value: value.clone() };
            if let Some(node) = self.node(owner) {
                node.actions.push(action);
            }
        }
    }
}

/// A repeat of which the model has only the template.
fn starts_empty(xml: Xml<'_, '_>) -> bool {
    let siblings = xml
        .parent()
        .into_iter()
        .flat_map(|parent| parent.children())
        .filter(|other| other.is_element() && written(other) == written(&xml));
    is_template(&xml) && siblings.filter(|other| !is_template(other)).count() == 0
}

/// The count of a repeat is evaluated at its parent here.
fn relative_to_parent(count: &str) -> String {
    count.strip_prefix("../").unwrap_or(count).to_owned()
}

/// A reference of the body as an absolute path.
fn resolve(reference: &str, base: &str) -> String {
    let reference = reference.trim();
    if reference.starts_with('/') {
        return reference.to_owned();
    }
    let mut parts: Vec<&str> = base.split('/').collect();
    for step in reference.trim_start_matches("current()/").split('/') {
        match step {
            "." | "" => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    parts.join("/")
}

fn without_templates(mut element: Element, xml: Xml<'_, '_>, fixed: &[String]) -> Element {
    let inner: Vec<Xml<'_, '_>> = xml.children().filter(Xml::is_element).collect();
    // A repeat of a fixed number of instances that has only a template has one.
    let only = |node: &Xml<'_, '_>| {
        fixed.contains(&written(node))
            && inner.iter().filter(|other| written(other) == written(node)).count() == 1
    };
    let only: Vec<bool> = inner.iter().map(only).collect();
    let together = element.children.into_iter().zip(inner).zip(only);
    let kept = together.filter(|((_, xml), only)| *only || !is_template(xml));
    element.children = kept.map(|((child, xml), _)| without_templates(child, xml, fixed)).collect();
    element
}

/// Reads an XForm.
pub fn load(source: &str) -> Result<Form, String> {
    let document = Document::parse(source.trim()).map_err(|error| error.to_string())?;
    let model =
        document.descendants().find(|node| node.is_element() && local(node) == "model").ok_or("no model")?;
    let body =
        document.descendants().find(|node| node.is_element() && local(node) == "body").ok_or("no body")?;
    let primary = child(model, "instance")
        .and_then(|instance| instance.children().find(Xml::is_element))
        .ok_or("no primary instance")?;
    let mut loader = Loader {
        definition: Definition {
            format: FORMAT,
            id: attribute(&primary, "id").unwrap_or("form").to_owned(),
            ..Definition::default()
        },
        places: HashMap::new(),
        texts: BTreeMap::new(),
        source,
    };
    let _ = loader.source;

    if let Some(itext) = child(model, "itext") {
        let translations: Vec<Xml<'_, '_>> =
            itext.children().filter(|node| node.is_element() && local(node) == "translation").collect();
        for (place, translation) in translations.iter().enumerate() {
            loader.definition.languages.push(attribute(translation, "lang").unwrap_or_default().to_owned());
            if attribute(translation, "default").is_some_and(|default| !default.starts_with("false")) {
                loader.definition.default_language = place;
            }
        }
        for (place, translation) in translations.iter().enumerate() {
            for text in translation.children().filter(|node| node.is_element() && local(node) == "text") {
                let value =
                    text.children().find(|value| value.is_element() && attribute(value, "form").is_none());
                let entry = loader
                    .texts
                    .entry(attribute(&text, "id").unwrap_or_default().to_owned())
                    .or_insert_with(|| vec![Phrase::default(); translations.len()]);
                if let (Some(value), Some(slot)) = (value, entry.get_mut(place)) {
                    *slot = phrase(value);
                }
            }
        }
        loader.definition.texts = loader.texts.clone();
    }

    let binds: Vec<Xml<'_, '_>> =
        model.children().filter(|node| node.is_element() && local(node) == "bind").collect();
    let top = format!("/{}", written(&primary));
    let mut bound: Vec<String> = binds
        .iter()
        .filter_map(|bind| attribute(bind, "nodeset"))
        .map(|nodeset| resolve(nodeset, &top))
        .collect();
    bound.extend(
        model
            .children()
            .filter(|node| node.is_element() && local(node) == "setvalue")
            .filter_map(|action| attribute(&action, "ref"))
            .map(str::to_owned),
    );
    loader.outline(primary, "", 0, &bound);
    let fixed: Vec<String> = body
        .descendants()
        .filter(|node| {
            node.is_element() && local(node) == "repeat" && attribute(node, "noAddRemove").is_some()
        })
        .filter_map(|node| {
            attribute(&node, "nodeset").map(|path| path.rsplit('/').next().unwrap().to_owned())
        })
        .collect();
    loader.definition.initial = Some(without_templates(element(primary), primary, &fixed));

    for bind in &binds {
        let Some(nodeset) = attribute(bind, "nodeset") else { continue };
        let required_message =
            attribute(bind, "requiredMsg").map(|source| loader.message(source)).unwrap_or_default();
        let constraint_message =
            attribute(bind, "constraintMsg").map(|source| loader.message(source)).unwrap_or_default();
        let Some(node) = loader.node(&resolve(nodeset, &top)) else { continue };
        let get = |name: &str| attribute(bind, name).unwrap_or_default().to_owned();
        let set = |slot: &mut String, name: &str| {
            if attribute(bind, name).is_some() {
                *slot = get(name);
            }
        };
        set(&mut node.logic.relevant, "relevant");
        set(&mut node.logic.required, "required");
        set(&mut node.logic.readonly, "readonly");
        set(&mut node.logic.constraint, "constraint");
        set(&mut node.logic.calculate, "calculate");
        node.required_message = required_message;
        node.constraint_message = constraint_message;
        if let Some(kind) = attribute(bind, "type") {
            node.store = match kind.split_once(':').map_or(kind, |(_, kind)| kind) {
                "int" | "integer" => Store::Integer,
                "decimal" => Store::Decimal,
                "boolean" => Store::Boolean,
                "date" => Store::Date,
                "time" => Store::Time,
                "dateTime" => Store::DateTime,
                "geopoint" => Store::Geopoint,
                "geotrace" => Store::Geotrace,
                "geoshape" => Store::Geoshape,
                "binary" => Store::Binary,
                _ => Store::Text,
            };
        }
        node.preload = match (
            attribute(bind, "preload").unwrap_or_default(),
            attribute(bind, "preloadParams").unwrap_or_default(),
        ) {
            ("uid", _) => "uid".to_owned(),
            ("timestamp", which) => which.to_owned(),
            ("date", "today") => "today".to_owned(),
            ("property", name) => name.to_owned(),
            _ => String::new(),
        };
    }
    for action in model.children().filter(|node| node.is_element() && local(node) == "setvalue") {
        loader.action(action, &top);
    }
    for instance in model.children().filter(|node| node.is_element() && local(node) == "instance").skip(1) {
        let Some(id) = attribute(&instance, "id") else { continue };
        if let Some(content) = instance.children().find(Xml::is_element) {
            loader.definition.instances.insert(id.to_owned(), Instance::Document(element(content)));
        }
    }
    loader.body(body, &top);
    Form::new(loader.definition).map_err(|error| error.to_string())
}
