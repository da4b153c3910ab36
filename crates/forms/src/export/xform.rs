//! A form as an ODK XForm: what ODK Collect, Enketo and the other programs of that family read.

use std::collections::BTreeMap;

use super::texts::{Texts, forms, needs_ids};
use super::xml::Xml;
use super::{body, paths};
use crate::definition::{Element, Entity, Event, Instance, Kind, Node, Phrase, Store, phrase};
use crate::form::Form;
use crate::import::{At, Code, Message, message};
use crate::xpath::analysis::Outline;
use crate::xpath::ast::Expr;
use crate::xpath::parse;

/// A form written for another program.
#[derive(Clone, Debug, PartialEq)]
pub struct Exported {
    /// The XForm, an XML document.
    pub xml: String,
    /// What the other program cannot do and was left out: functions of ours, warnings.
    pub left_out: Vec<Message>,
}

/// Writes a form as an ODK XForm. What only Sanam can work out is left out and told.
pub fn xform(form: &Form) -> Exported {
    let mut writer = Writer { form, left_out: Vec::new() };
    let xml = writer.write();
    Exported { xml, left_out: writer.left_out }
}

pub struct Writer<'a> {
    pub form: &'a Form,
    left_out: Vec<Message>,
}

/// True for an expression that uses nothing but what ODK's programs know.
pub fn is_portable(expression: &str) -> bool {
    let Ok(parsed) = parse(expression) else { return true };
    let mut foreign = false;
    parsed.walk(&mut |part| {
        if let Expr::Call(name, _) = part {
            foreign |= name.contains(':') && !name.starts_with("jr:");
        }
    });
    !foreign
}

impl<'a> Writer<'a> {
    /// An expression as the other program reads it; empty when it cannot.
    pub fn expression(&mut self, node: u32, column: &str, source: &str) -> String {
        if is_portable(source) {
            return self.last_saved(source);
        }
        let name = self.form.node(node).map_or("", |node| node.name.as_str()).to_owned();
        self.left_out.push(message(
            Code::NotPortable,
            &At::sheet("survey").column(column),
            format!("ข้อ {name}: สูตรใช้ฟังก์ชันที่มีเฉพาะระบบนี้ ไฟล์ที่ส่งออกจึงไม่มีสูตรนี้: {source}"),
            format!("{name}: the expression uses a function that only Sanam has, so it is not in the export: {source}"),
        ));
        String::new()
    }

    /// Here the last record is a table of one row; in an XForm it is a record.
    fn last_saved(&self, source: &str) -> String {
        const OURS: &str = "instance('__last-saved')/root/item/";
        let mut out = String::new();
        let mut rest = source;
        while let Some((before, after)) = rest.split_once(OURS) {
            let end = after.find(|letter: char| !(letter.is_alphanumeric() || "_-.".contains(letter)));
            let (name, after) = after.split_at_checked(end.unwrap_or(after.len())).unwrap_or((after, ""));
            let path = self.form.find(name).map_or(name, |node| self.form.path(node));
            out.push_str(&format!("{before}instance('__last-saved'){path}"));
            rest = after;
        }
        out.push_str(rest);
        out
    }

    fn write(&mut self) -> String {
        let form = self.form;
        let definition = form.definition();
        let mut texts = Texts::default();
        let mut body_xml = Xml::new();
        body::write(self, &mut texts, &mut body_xml);
        let mut binds = Xml::new();
        for node in 1..definition.nodes.len() {
            self.bind(node as u32, &mut texts, &mut binds);
        }
        for entity in &definition.entities {
            self.entity_binds(entity, &mut binds);
        }
        self.meta_binds(&mut binds);
        for (name, instance) in &definition.instances {
            if let Instance::List(items) = instance
                && needs_ids(definition, name)
            {
                for (place, item) in items.iter().enumerate() {
                    texts.add(format!("{name}-{place}"), forms(&item.label, &item.image, &item.media));
                }
            }
        }
        self.note_warnings();
        let mut xml = Xml::new();
        let mut spaces = vec![
            ("xmlns", "http://www.w3.org/2002/xforms"),
            ("xmlns:h", "http://www.w3.org/1999/xhtml"),
            ("xmlns:ev", "http://www.w3.org/2001/xml-events"),
            ("xmlns:xsd", "http://www.w3.org/2001/XMLSchema"),
            ("xmlns:jr", "http://openrosa.org/javarosa"),
            ("xmlns:orx", "http://openrosa.org/xforms"),
            ("xmlns:odk", "http://www.opendatakit.org/xforms"),
        ];
        let mut version = vec![("odk:xforms-version", "1.0.0")];
        if !definition.entities.is_empty() {
            spaces.push(("xmlns:entities", "http://www.opendatakit.org/xforms/entities"));
            let single =
                definition.entities.len() == 1 && definition.entities.iter().all(|e| e.container == 0);
            version.push(("entities:entities-version", if single { "2024.1.0" } else { "2025.1.0" }));
        }
        xml.open("h:html", &spaces);
        xml.open("h:head", &[]);
        xml.leaf("h:title", &[], &definition.title);
        for message in &self.left_out {
            xml.comment(&message.en);
        }
        xml.open("model", &version);
        self.submission(&mut xml);
        texts.write(definition, &is_portable, &mut xml);
        xml.open("instance", &[]);
        self.record(0, Inside::Nothing, &mut xml);
        xml.close("instance");
        self.instances(&mut xml);
        let mut out = xml.finish();
        out.push_str(binds.finish().split_once('\n').map_or("", |(_, rest)| rest));
        out.push_str("</model>\n</h:head>\n");
        out.push_str(body_xml.finish().split_once('\n').map_or("", |(_, rest)| rest));
        out.push_str("</h:html>\n");
        out
    }

    fn submission(&self, xml: &mut Xml) {
        let settings = &self.form.definition().settings;
        let mut attributes = Vec::new();
        for (setting, attribute) in [
            ("submission_url", "action"),
            ("public_key", "base64RsaPublicKey"),
            ("auto_send", "orx:auto-send"),
        ] {
            attributes.extend(settings.get(setting).map(|value| (attribute, value.as_str())));
        }
        if !attributes.is_empty() {
            attributes.push(("method", "post"));
            xml.empty("submission", &attributes);
        }
    }

    /// The empty record.
    fn record(&self, node: u32, inside: Inside, xml: &mut Xml) {
        let Some(found) = self.form.node(node) else { return };
        if found.kind != Kind::Repeat {
            return self.element(node, found, &[], inside, xml);
        }
        if inside != Inside::Instance {
            self.element(node, found, &[("jr:template", "")], Inside::Template, xml);
        }
        if inside != Inside::Template && !found.starts_empty {
            self.element(node, found, &[], Inside::Instance, xml);
        }
    }

    fn element(&self, node: u32, found: &Node, attributes: &[(&str, &str)], inside: Inside, xml: &mut Xml) {
        let definition = self.form.definition();
        let mut attributes = attributes.to_vec();
        if node == 0 {
            attributes.push(("id", &definition.id));
            if !definition.version.is_empty() {
                attributes.push(("version", &definition.version));
            }
        }
        let (own, children): (Vec<u32>, Vec<u32>) = Outline::children(self.form, node)
            .iter()
            .partition(|child| self.form.node(**child).is_some_and(|found| found.name.starts_with('@')));
        let own: Vec<&Node> = own.iter().filter_map(|child| self.form.node(*child)).collect();
        attributes
            .extend(own.iter().map(|found| (found.name.trim_start_matches('@'), found.default.as_str())));
        let entities: Vec<&Entity> =
            definition.entities.iter().filter(|entity| entity.container == node).collect();
        if children.is_empty() && entities.is_empty() && node != 0 {
            return xml.leaf(&found.name, &attributes, &found.default);
        }
        xml.open(&found.name, &attributes);
        for child in children {
            self.record(child, inside, xml);
        }
        if node == 0 || !entities.is_empty() {
            xml.open("meta", &[]);
            for entity in entities {
                let mut attributes = vec![("dataset", entity.list.as_str())];
                if makes(entity) {
                    attributes.push(("create", "1"));
                }
                if !entity.id.is_empty() {
                    attributes.extend([
                        ("update", "1"),
                        ("baseVersion", ""),
                        ("trunkVersion", ""),
                        ("branchId", ""),
                    ]);
                }
                attributes.push(("id", ""));
                xml.open("entity", &attributes);
                if !entity.label.is_empty() {
                    xml.empty("label", &[]);
                }
                xml.close("entity");
            }
            if node == 0 {
                if self.has_instance_id() {
                    xml.empty("instanceID", &[]);
                }
                if !definition.instance_name.is_empty() {
                    xml.empty("instanceName", &[]);
                }
            }
            xml.close("meta");
        }
        xml.close(&found.name);
    }

    fn has_instance_id(&self) -> bool {
        let omitted = self.form.definition().settings.get("omit_instanceid");
        !omitted.is_some_and(|set| crate::import::is_yes(set))
    }

    fn meta_binds(&mut self, binds: &mut Xml) {
        let top = self.form.path(0).to_owned();
        if self.has_instance_id() {
            let nodeset = format!("{top}/meta/instanceID");
            let attributes = [
                ("nodeset", nodeset.as_str()),
                ("type", "string"),
                ("readonly", "true()"),
                ("jr:preload", "uid"),
            ];
            binds.empty("bind", &attributes);
        }
        let name = self.form.definition().instance_name.clone();
        if !name.is_empty() {
            let calculate = self.expression(0, "instance_name", &name);
            let nodeset = format!("{top}/meta/instanceName");
            let mut attributes = vec![("nodeset", nodeset.as_str()), ("type", "string")];
            if !calculate.is_empty() {
                attributes.push(("calculate", &calculate));
            }
            binds.empty("bind", &attributes);
        }
    }

    fn bind(&mut self, node: u32, texts: &mut Texts<'a>, binds: &mut Xml) {
        let form = self.form;
        let Some(found) = form.node(node) else { return };
        let logic = &found.logic;
        let path = form.path(node);
        let mut attributes: Vec<(&str, String)> = vec![("nodeset", path.to_owned())];
        let is_group = matches!(found.kind, Kind::Group | Kind::Repeat);
        if !is_group {
            attributes.push(("type", type_name(found).to_owned()));
        }
        for (name, column, source) in [
            ("readonly", "read_only", &logic.readonly),
            ("required", "required", &logic.required),
            ("relevant", "relevant", &logic.relevant),
            ("constraint", "constraint", &logic.constraint),
            ("calculate", "calculation", &logic.calculate),
        ] {
            if !source.is_empty() {
                let written = self.expression(node, column, source);
                if !written.is_empty() {
                    attributes.push((name, written));
                }
            }
        }
        for (name, id, text) in [
            ("jr:constraintMsg", "jr:constraintMsg", &found.constraint_message),
            ("jr:requiredMsg", "jr:requiredMsg", &found.required_message),
        ] {
            if let Some(reference) = texts.add(format!("{path}:{id}"), vec![("", text)]) {
                attributes.push((name, reference));
            }
        }
        let preload: &[(&str, &str)] = match found.preload.as_str() {
            "" => &[],
            "start" => &[("jr:preload", "timestamp"), ("jr:preloadParams", "start")],
            "end" => &[("jr:preload", "timestamp"), ("jr:preloadParams", "end")],
            "today" => &[("jr:preload", "date"), ("jr:preloadParams", "today")],
            "uuid" | "uid" => &[("jr:preload", "uid")],
            _ => &[("jr:preload", "property")],
        };
        attributes.extend(preload.iter().map(|(name, value)| (*name, (*value).to_owned())));
        if preload == [("jr:preload", "property")] {
            attributes.push(("jr:preloadParams", found.preload.clone()));
        }
        for (parameter, attribute) in [
            ("max-pixels", "orx:max-pixels"),
            ("quality", "odk:quality"),
            ("allow-mock-accuracy", "odk:allow-mock-accuracy"),
        ] {
            attributes.extend(found.parameters.get(parameter).map(|value| (attribute, value.clone())));
        }
        if !found.save_to.is_empty() {
            attributes.push(("entities:saveto", found.save_to.clone()));
        }
        if !is_group || attributes.len() > 1 {
            let attributes: Vec<_> = attributes.iter().map(|(name, value)| (*name, value.as_str())).collect();
            binds.empty("bind", &attributes);
        }
        for action in found.actions.iter().filter(|action| action.target.is_empty()) {
            let event = match action.event {
                Event::FirstLoad => "odk-instance-first-load",
                Event::Load => "odk-instance-load",
                Event::NewRepeat | Event::ValueChanged => continue,
            };
            let value = self.expression(node, "default", &action.value);
            binds.empty("setvalue", &[("ref", path), ("event", event), ("value", &value)]);
        }
        if found.kind == Kind::Geopoint && found.unseen && !self.is_triggered(node) {
            binds.empty("odk:setgeopoint", &[("ref", path), ("event", "odk-instance-first-load")]);
        }
    }

    /// True when the answer to a question sets this node.
    fn is_triggered(&self, node: u32) -> bool {
        self.form.definition().nodes.iter().enumerate().any(|(place, other)| {
            other.actions.iter().any(|action| {
                action.event == Event::ValueChanged
                    && body::target(self.form, place as u32, &action.target) == Some(node)
            })
        })
    }

    fn entity_binds(&mut self, entity: &Entity, binds: &mut Xml) {
        let container = self.form.path(entity.container).to_owned();
        let base = format!("{container}/meta/entity");
        // Expressions were written as seen from the container; the entity stands two levels below, its parts three.
        let mut bind = |writer: &mut Writer<'a>, part: &str, source: String| {
            let written = writer.expression(entity.container, "entities", &source);
            let nodeset = format!("{base}/{part}");
            let mut attributes =
                vec![("nodeset", nodeset.as_str()), ("type", "string"), ("readonly", "true()")];
            if !written.is_empty() {
                attributes.push(("calculate", &written));
            }
            binds.empty("bind", &attributes);
        };
        let below = |source: &str| paths::moved(source, "../../..");
        if !entity.create_if.is_empty() {
            bind(self, "@create", below(&entity.create_if));
        }
        if !entity.update_if.is_empty() {
            bind(self, "@update", below(&entity.update_if));
        }
        if !entity.id.is_empty() {
            let id = below(&entity.id);
            bind(self, "@id", id.clone());
            // Inside the brackets a path starts at the row.
            let row =
                format!("instance('{}')/root/item[name = {}]", entity.list, paths::moved(&id, "current()"));
            bind(self, "@baseVersion", format!("{row}/__version"));
            bind(self, "@trunkVersion", format!("{row}/__trunkVersion"));
            bind(self, "@branchId", format!("{row}/__branchId"));
        }
        if !entity.label.is_empty() {
            bind(self, "label", below(&entity.label));
        }
        if entity.id.is_empty() {
            let nodeset = format!("{base}/@id");
            binds.empty("bind", &[("nodeset", &nodeset), ("type", "string"), ("readonly", "true()")]);
            let attributes =
                [("ref", nodeset.as_str()), ("event", "odk-instance-first-load"), ("value", "uuid()")];
            binds.empty("setvalue", &attributes);
        }
    }

    /// Lists and files.
    fn instances(&self, xml: &mut Xml) {
        let definition = self.form.definition();
        for (name, instance) in &definition.instances {
            xml.open("instance", &[("id", name)]);
            match instance {
                Instance::Document(element) => written(element, xml),
                Instance::List(items) => {
                    let ids = needs_ids(definition, name);
                    xml.open("root", &[]);
                    for (place, item) in items.iter().enumerate() {
                        xml.open("item", &[]);
                        if ids {
                            xml.leaf("itextId", &[], &format!("{name}-{place}"));
                        }
                        xml.leaf("name", &[], &item.name);
                        let default = definition.default_language;
                        match phrase(&item.label, default, default) {
                            Some(Phrase::Plain(label)) => xml.leaf("label", &[], label),
                            // Every option must have one.
                            _ => xml.leaf("label", &[], &item.name),
                        }
                        for (column, value) in &item.more {
                            if crate::import::is_name(column) {
                                xml.leaf(column, &[], value);
                            }
                        }
                        xml.close("item");
                    }
                    xml.close("root");
                }
            }
            xml.close("instance");
        }
        for (name, source) in self.files() {
            xml.empty("instance", &[("id", &name), ("src", &source)]);
        }
    }

    /// Documents that are not part of the form, by name: files it names, and whatever else its expressions ask.
    fn files(&self) -> BTreeMap<String, String> {
        let definition = self.form.definition();
        let mut files = BTreeMap::new();
        let csv = |name: &str| format!("jr://file-csv/{name}.csv");
        self.form.each_expression(&mut |expression| {
            expression.walk(&mut |part| {
                let Expr::Call(function, arguments) = part else { return };
                let Some(Expr::Text(name)) = arguments.first() else { return };
                if function == "instance" && name == "__last-saved" {
                    files.insert(name.clone(), "jr://instance/last-saved".to_owned());
                } else if function == "instance" {
                    files.insert(name.clone(), csv(name));
                } else if function == "pulldata" {
                    files
                        .insert(name.trim_end_matches(".csv").to_owned(), csv(name.trim_end_matches(".csv")));
                }
            });
        });
        for entity in definition.entities.iter().filter(|entity| !entity.id.is_empty()) {
            files.insert(entity.list.clone(), csv(&entity.list));
        }
        for (name, file) in &definition.files {
            let source = if file.ends_with(".csv") {
                format!("jr://file-csv/{file}")
            } else {
                format!("jr://file/{file}")
            };
            files.insert(name.clone(), source);
        }
        files.retain(|name, _| !definition.instances.contains_key(name));
        files
    }

    /// Soft limits have no place in an XForm.
    fn note_warnings(&mut self) {
        let definition = self.form.definition();
        for node in definition.nodes.iter().filter(|node| !node.logic.warning.is_empty()) {
            let name = &node.name;
            self.left_out.push(message(
                Code::NotPortable,
                &At::sheet("survey").column("warning"),
                format!("ข้อ {name}: คำเตือน (warning) มีเฉพาะระบบนี้ ไฟล์ที่ส่งออกจึงไม่มี"),
                format!("{name}: warnings exist only in Sanam, so this one is not in the export"),
            ));
        }
    }
}

/// Which part of a repeat is being written. Templates stand where no instance is yet, and are written once.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Nothing,
    Template,
    Instance,
}

fn makes(entity: &Entity) -> bool {
    entity.id.is_empty() || !entity.create_if.is_empty()
}

fn written(element: &Element, xml: &mut Xml) {
    let attributes: Vec<_> =
        element.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    if element.children.is_empty() {
        return xml.leaf(&element.name, &attributes, &element.text);
    }
    xml.open(&element.name, &attributes);
    for child in &element.children {
        written(child, xml);
    }
    xml.close(&element.name);
}

fn type_name(node: &Node) -> &'static str {
    match (node.kind, node.store) {
        (Kind::Barcode, _) => "barcode",
        (Kind::Rank, _) => "odk:rank",
        (_, Store::Text) => "string",
        (_, Store::Integer) => "int",
        (_, Store::Decimal) => "decimal",
        (_, Store::Boolean) => "boolean",
        (_, Store::Date) => "date",
        (_, Store::Time) => "time",
        (_, Store::DateTime) => "dateTime",
        (_, Store::Geopoint) => "geopoint",
        (_, Store::Geotrace) => "geotrace",
        (_, Store::Geoshape) => "geoshape",
        (_, Store::Binary) => "binary",
    }
}
