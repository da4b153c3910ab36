//! Texts of an XForm: one translation for each language, texts found by their id.

use super::xml::{Xml, escape};
use crate::definition::{Definition, Instance, Item, Part, Phrase, Text, phrase};

/// All texts by id, each with its forms: the words, and media beside them.
#[derive(Default)]
pub struct Texts<'a> {
    all: Vec<(String, Vec<(&'static str, &'a Text)>)>,
}

/// Folders of media as ODK names them.
const MEDIA: [(&str, &str); 4] =
    [("image", "images"), ("big-image", "images"), ("audio", "audio"), ("video", "video")];

impl<'a> Texts<'a> {
    /// Adds a text; gives how to refer to it, or nothing when there is none.
    pub fn add(&mut self, id: String, forms: Vec<(&'static str, &'a Text)>) -> Option<String> {
        let forms: Vec<_> =
            forms.into_iter().filter(|(_, text)| text.iter().any(|p| !p.is_empty())).collect();
        if forms.is_empty() {
            return None;
        }
        let reference = format!("jr:itext('{id}')");
        self.all.push((id, forms));
        Some(reference)
    }

    /// Writes the translations. Every language has every text, so that nothing is ever blank.
    pub fn write(&self, definition: &Definition, portable: &dyn Fn(&str) -> bool, xml: &mut Xml) {
        if self.all.is_empty() {
            return;
        }
        let default = definition.default_language;
        let unnamed = ["default".to_owned()];
        let languages =
            if definition.languages.is_empty() { &unnamed[..] } else { definition.languages.as_slice() };
        xml.open("itext", &[]);
        for (place, language) in languages.iter().enumerate() {
            let mut attributes = vec![("lang", language.as_str())];
            if place == default {
                attributes.push(("default", "true()"));
            }
            xml.open("translation", &attributes);
            for (id, forms) in &self.all {
                xml.open("text", &[("id", id)]);
                if forms.iter().all(|(form, _)| !form.is_empty()) {
                    // A text must have words of its own.
                    xml.leaf("value", &[], "-");
                }
                for (form, text) in forms {
                    let Some(phrase) = phrase(text, place, default) else { continue };
                    if form.is_empty() {
                        xml.raw("value", &[], &written(phrase, portable));
                        continue;
                    }
                    let content = written(phrase, portable);
                    match MEDIA.iter().find(|(name, _)| name == form) {
                        Some((_, folder)) => {
                            xml.raw("value", &[("form", form)], &format!("jr://{folder}/{content}"));
                        }
                        None => xml.raw("value", &[("form", form)], &content),
                    }
                }
                xml.close("text");
            }
            xml.close("translation");
        }
        xml.close("itext");
    }
}

/// The words and media of an option or question, as [`Texts::add`] takes them.
pub fn forms<'a>(
    label: &'a Text,
    image: &'a Text,
    media: &'a std::collections::BTreeMap<String, Text>,
) -> Vec<(&'static str, &'a Text)> {
    let mut all = vec![("", label), ("image", image)];
    for (name, _) in MEDIA {
        all.extend(media.get(name).map(|text| (name, text)));
    }
    all
}

/// A phrase as markup, values in between as `<output>`.
fn written(phrase: &Phrase, portable: &dyn Fn(&str) -> bool) -> String {
    match phrase {
        Phrase::Plain(text) => escape(text),
        Phrase::Parts(parts) => parts
            .iter()
            .map(|part| match part {
                Part::Plain(text) => escape(text),
                Part::Value { value } if portable(value) => format!("<output value=\"{}\"/>", escape(value)),
                Part::Value { .. } => String::new(),
            })
            .collect(),
    }
}

/// True when the options of a list must be found by text id: several languages, media, or values in their words.
pub fn needs_ids(definition: &Definition, list: &str) -> bool {
    let Some(Instance::List(items)) = definition.instances.get(list) else { return false };
    let rich = |item: &Item| {
        !item.image.is_empty()
            || !item.media.is_empty()
            || item.label.iter().any(|phrase| matches!(phrase, Phrase::Parts(_)))
    };
    definition.languages.len() > 1 || items.iter().any(rich)
}
