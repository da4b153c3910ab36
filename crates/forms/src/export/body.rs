//! The body of an XForm: what is asked, in order.

use super::texts::{Texts, forms, needs_ids};
use super::xform::Writer;
use super::xml::Xml;
use crate::definition::{Choices, Definition, Event, Instance, Kind, Node};
use crate::form::Form;
use crate::xpath::analysis::Outline;

/// Writes `<h:body>`.
pub fn write<'a>(writer: &mut Writer<'a>, texts: &mut Texts<'a>, xml: &mut Xml) {
    let form = writer.form;
    let style = form.definition().settings.get("style").cloned();
    let attributes: Vec<(&str, &str)> = style.iter().map(|style| ("class", style.as_str())).collect();
    xml.open("h:body", &attributes);
    for child in Outline::children(form, 0) {
        control(writer, *child, texts, xml);
    }
    xml.close("h:body");
}

/// The node an action's target means: the node itself when it is empty, a path otherwise.
pub fn target(form: &Form, owner: u32, path: &str) -> Option<u32> {
    let path = path.trim();
    if let Some(absolute) = path.strip_prefix('/') {
        return form.find(&format!("/{absolute}"));
    }
    let mut node = owner;
    for step in path.split('/').map(str::trim).filter(|step| !step.is_empty() && *step != ".") {
        node = match step {
            ".." => Outline::parent(form, node)?,
            name => {
                let mut children = Outline::children(form, node).iter();
                *children.find(|child| Outline::name(form, **child) == name)?
            }
        };
    }
    Some(node)
}

fn control<'a>(writer: &mut Writer<'a>, node: u32, texts: &mut Texts<'a>, xml: &mut Xml) {
    let form = writer.form;
    let Some(found) = form.node(node) else { return };
    if found.unseen || found.name.starts_with('@') {
        return;
    }
    let path = form.path(node).to_owned();
    let mut attributes: Vec<(&str, String)> = vec![("ref", path.clone())];
    if !found.appearance.is_empty() && found.kind != Kind::Repeat {
        attributes.push(("appearance", found.appearance.clone()));
    }
    let name = match found.kind {
        Kind::Group | Kind::Repeat => return group(writer, node, found, &attributes, texts, xml),
        Kind::SelectOne => "select1",
        Kind::SelectMultiple => "select",
        Kind::Rank => "odk:rank",
        Kind::Acknowledge => "trigger",
        Kind::Range => "range",
        Kind::Image | Kind::Audio | Kind::Video | Kind::File => "upload",
        _ => "input",
    };
    let mediatype = match found.kind {
        Kind::Image => "image/*",
        Kind::Audio => "audio/*",
        Kind::Video => "video/*",
        Kind::File => "application/*",
        _ => "",
    };
    if !mediatype.is_empty() {
        attributes.push(("mediatype", mediatype.to_owned()));
    }
    let known: &[(&str, &str)] = match found.kind {
        Kind::Range => &[("start", "start"), ("end", "end"), ("step", "step")],
        Kind::Text => &[("rows", "rows")],
        Kind::Image => &[("app", "intent")],
        Kind::Geopoint => &[
            ("capture-accuracy", "accuracyThreshold"),
            ("warning-accuracy", "unacceptableAccuracyThreshold"),
        ],
        Kind::Geotrace | Kind::Geoshape => &[("incremental", "incremental")],
        _ => &[],
    };
    for (parameter, attribute) in known {
        let usual = match *parameter {
            "start" | "step" => Some("1"),
            "end" => Some("10"),
            _ => None,
        };
        let value = found.parameters.get(*parameter).map(String::as_str).or(usual);
        attributes.extend(value.map(|value| (*attribute, value.to_owned())));
    }
    let attributes: Vec<_> = attributes.iter().map(|(name, value)| (*name, value.as_str())).collect();
    xml.open(name, &attributes);
    words(found, &path, texts, xml);
    if let Some(choices) = &found.choices {
        options(writer, node, found, choices, texts, xml);
    }
    for action in found.actions.iter().filter(|action| action.event == Event::ValueChanged) {
        let Some(changed) = target(form, node, &action.target) else { continue };
        let target_path = form.path(changed).to_owned();
        let place = form.node(changed).is_some_and(|found| found.kind == Kind::Geopoint && found.unseen);
        if place {
            let attributes = [("ref", target_path.as_str()), ("event", "xforms-value-changed")];
            xml.empty("odk:setgeopoint", &attributes);
        } else {
            let value = writer.expression(changed, "calculation", &action.value);
            let attributes =
                [("ref", target_path.as_str()), ("event", "xforms-value-changed"), ("value", value.as_str())];
            xml.empty("setvalue", &attributes);
        }
    }
    xml.close(name);
}

/// Label and hint.
fn words<'a>(found: &'a Node, path: &str, texts: &mut Texts<'a>, xml: &mut Xml) {
    match texts.add(format!("{path}:label"), forms(&found.label, &found.image, &found.media)) {
        Some(reference) => xml.empty("label", &[("ref", &reference)]),
        None => xml.empty("label", &[]),
    }
    let hint = vec![("", &found.hint), ("guidance", &found.guidance)];
    if let Some(reference) = texts.add(format!("{path}:hint"), hint) {
        xml.empty("hint", &[("ref", &reference)]);
    }
}

fn group<'a>(
    writer: &mut Writer<'a>,
    node: u32,
    found: &'a Node,
    attributes: &[(&str, String)],
    texts: &mut Texts<'a>,
    xml: &mut Xml,
) {
    let form = writer.form;
    let path = form.path(node).to_owned();
    let attributes: Vec<_> = attributes.iter().map(|(name, value)| (*name, value.as_str())).collect();
    if found.kind == Kind::Group && !shows_something(form, node) {
        return;
    }
    xml.open("group", &attributes);
    let words = forms(&found.label, &found.image, &found.media);
    if let Some(reference) = texts.add(format!("{path}:label"), words) {
        xml.empty("label", &[("ref", &reference)]);
    } else if found.kind == Kind::Repeat {
        xml.empty("label", &[]);
    }
    let children = Outline::children(form, node);
    if found.kind == Kind::Group {
        for child in children {
            control(writer, *child, texts, xml);
        }
        return xml.close("group");
    }
    let mut attributes: Vec<(&str, String)> = vec![("nodeset", path)];
    if !found.appearance.is_empty() {
        attributes.push(("appearance", found.appearance.clone()));
    }
    if !found.logic.repeat_count.is_empty() {
        let counted = target(form, found.parent, &found.logic.repeat_count);
        let count = counted.map_or(found.logic.repeat_count.as_str(), |counted| form.path(counted));
        attributes.push(("jr:count", count.to_owned()));
    }
    let attributes: Vec<_> = attributes.iter().map(|(name, value)| (*name, value.as_str())).collect();
    xml.open("repeat", &attributes);
    for child in children {
        control(writer, *child, texts, xml);
    }
    let made = form.definition().entities.iter().any(|e| e.container == node && e.id.is_empty());
    if made {
        let id = format!("{}/meta/entity/@id", form.path(node));
        xml.empty("setvalue", &[("ref", &id), ("event", "odk-new-repeat"), ("value", "uuid()")]);
    }
    new_instances(writer, node, xml);
    xml.close("repeat");
    xml.close("group");
}

/// True when a group holds anything that is asked or said.
fn shows_something(form: &Form, node: u32) -> bool {
    Outline::children(form, node).iter().any(|child| match form.node(*child) {
        Some(found) if found.kind == Kind::Group => shows_something(form, *child),
        Some(found) => !found.unseen && !found.name.starts_with('@'),
        None => false,
    })
}

/// What is set when an instance of the repeat is added.
fn new_instances(writer: &mut Writer<'_>, node: u32, xml: &mut Xml) {
    let form = writer.form;
    for child in Outline::children(form, node) {
        let Some(found) = form.node(*child) else { continue };
        for action in found.actions.iter().filter(|action| action.event == Event::NewRepeat) {
            let value = writer.expression(*child, "default", &action.value);
            let attributes =
                [("ref", form.path(*child)), ("event", "odk-new-repeat"), ("value", value.as_str())];
            xml.empty("setvalue", &attributes);
        }
        if found.kind == Kind::Group {
            new_instances(writer, *child, xml);
        }
    }
}

fn options<'a>(
    writer: &mut Writer<'a>,
    node: u32,
    found: &Node,
    choices: &Choices,
    texts: &mut Texts<'a>,
    xml: &mut Xml,
) {
    let definition = writer.form.definition();
    if found.appearance.contains("search(") {
        return inline(definition, writer.form.path(node), choices, texts, xml);
    }
    let nodeset = if choices.nodeset.is_empty() {
        format!("instance('{}')/root/item", choices.list)
    } else {
        writer.expression(node, "choice_filter", &choices.nodeset)
    };
    let mut value = if choices.value.is_empty() { "name" } else { &choices.value }.to_owned();
    let mut label = if choices.label.is_empty() { "label" } else { &choices.label }.to_owned();
    let mut nodeset = nodeset;
    // Earlier answers as options: here the answers themselves, there the repeat around them.
    if value == "."
        && let Some((before, after)) = nodeset.split_once("[. != '']")
        && let Some((repeat, name)) = before.rsplit_once('/')
    {
        let name = name.to_owned();
        nodeset = format!("{repeat}[./{name} != '']{after}");
        (value, label) = (name.clone(), name);
    }
    if !choices.list.is_empty() && needs_ids(definition, &choices.list) {
        label = "jr:itext(itextId)".to_owned();
    }
    xml.open("itemset", &[("nodeset", &nodeset)]);
    xml.empty("value", &[("ref", &value)]);
    xml.empty("label", &[("ref", &label)]);
    xml.close("itemset");
}

/// Options one by one, as `search()` needs them.
fn inline<'a>(
    definition: &'a Definition,
    path: &str,
    choices: &Choices,
    texts: &mut Texts<'a>,
    xml: &mut Xml,
) {
    let Some(Instance::List(items)) = definition.instances.get(&choices.list) else { return };
    for (place, item) in items.iter().enumerate() {
        xml.open("item", &[]);
        match texts.add(format!("{path}/{place}:label"), forms(&item.label, &item.image, &item.media)) {
            Some(reference) => xml.empty("label", &[("ref", &reference)]),
            None => xml.leaf("label", &[], &item.name),
        }
        xml.leaf("value", &[], &item.name);
        xml.close("item");
    }
}
