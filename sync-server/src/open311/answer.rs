//! The two forms of an answer, XML and JSON, from one description: a list of items, each of named fields.

use crate::answer::Failure;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use serde_json::{Map, Value, json};
use std::io::Cursor;

/// In which form an answer is wanted: what the path ends in. Without an ending it is XML, which the standard requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Xml,
    Json,
}

impl Format {
    /// A path without its ending, and the form.
    pub(super) fn split(path: &str) -> (&str, Format) {
        match path.strip_suffix(".json") {
            Some(rest) => (rest, Format::Json),
            None => (path.strip_suffix(".xml").unwrap_or(path), Format::Xml),
        }
    }
}

/// A field's content.
enum Content {
    Text(String),
    Truth(bool),
    /// Absent is empty in XML and null in JSON.
    Number(Option<f64>),
    List(List),
}

/// Named fields, in order.
#[derive(Default)]
pub(super) struct Item(Vec<(&'static str, Content)>);

impl Item {
    pub(super) fn text(&mut self, name: &'static str, text: impl Into<String>) {
        self.0.push((name, Content::Text(text.into())));
    }

    /// A text that is left out where there is none.
    pub(super) fn optional(&mut self, name: &'static str, text: Option<String>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    pub(super) fn truth(&mut self, name: &'static str, truth: bool) {
        self.0.push((name, Content::Truth(truth)));
    }

    pub(super) fn number(&mut self, name: &'static str, number: Option<f64>) {
        self.0.push((name, Content::Number(number)));
    }

    pub(super) fn list(&mut self, name: &'static str, each: &'static str, fill: impl FnOnce(&mut List)) {
        let mut list = List::many(name, each);
        fill(&mut list);
        self.0.push((name, Content::List(list)));
    }
}

enum Entry {
    Item(Item),
    Word(String),
}

/// An answer: items under a name.
pub(super) struct List {
    name: &'static str,
    each: &'static str,
    entries: Vec<Entry>,
    /// The only item is the answer itself.
    single: bool,
}

impl List {
    /// A list of items called `each`.
    pub(super) fn many(name: &'static str, each: &'static str) -> List {
        List { name, each, entries: Vec::new(), single: false }
    }

    /// One item that is the whole answer.
    pub(super) fn one(name: &'static str, each: &'static str) -> List {
        List { single: true, ..List::many(name, each) }
    }

    /// Adds an item.
    pub(super) fn push(&mut self, item: Item) {
        self.entries.push(Entry::Item(item));
    }

    /// Adds a word.
    pub(super) fn word(&mut self, word: &str) {
        self.entries.push(Entry::Word(word.to_owned()));
    }

    fn json(&self) -> Value {
        let all: Vec<Value> = self
            .entries
            .iter()
            .map(|entry| match entry {
                Entry::Word(word) => json!(word),
                Entry::Item(item) => item.json(),
            })
            .collect();
        match (self.single, all.into_iter()) {
            (true, mut all) => all.next().unwrap_or_default(),
            (false, all) => all.collect(),
        }
    }

    fn xml(&self, out: &mut Writer<Cursor<Vec<u8>>>) -> std::io::Result<()> {
        if self.single {
            for entry in &self.entries {
                entry.xml(self.each, out)?;
            }
            return Ok(());
        }
        out.write_event(Event::Start(BytesStart::new(self.name)))?;
        for entry in &self.entries {
            entry.xml(self.each, out)?;
        }
        out.write_event(Event::End(BytesEnd::new(self.name)))
    }
}

impl Item {
    fn json(&self) -> Value {
        let fields = self.0.iter().map(|(name, content)| {
            let value = match content {
                Content::Text(text) => json!(text),
                Content::Truth(truth) => json!(truth),
                Content::Number(number) => json!(number),
                Content::List(list) => list.json(),
            };
            ((*name).to_owned(), value)
        });
        Value::Object(fields.collect::<Map<_, _>>())
    }
}

impl Entry {
    fn xml(&self, name: &str, out: &mut Writer<Cursor<Vec<u8>>>) -> std::io::Result<()> {
        let item = match self {
            Entry::Word(word) => return element(name, word, out),
            Entry::Item(item) => item,
        };
        out.write_event(Event::Start(BytesStart::new(name)))?;
        for (name, content) in &item.0 {
            match content {
                Content::Text(text) => element(name, text, out)?,
                Content::Truth(truth) => element(name, &truth.to_string(), out)?,
                Content::Number(number) => {
                    element(name, &number.map_or_else(String::new, |number| number.to_string()), out)?;
                }
                Content::List(list) => list.xml(out)?,
            }
        }
        out.write_event(Event::End(BytesEnd::new(name)))
    }
}

fn element(name: &str, text: &str, out: &mut Writer<Cursor<Vec<u8>>>) -> std::io::Result<()> {
    out.write_event(Event::Start(BytesStart::new(name)))?;
    // A control character has no place in XML, not even escaped.
    let plain: String = text.chars().filter(|c| !c.is_control() || ['\n', '\t'].contains(c)).collect();
    out.write_event(Event::Text(BytesText::new(&plain)))?;
    out.write_event(Event::End(BytesEnd::new(name)))
}

/// Why something was not answered.
#[derive(Debug)]
pub(super) struct Said {
    status: StatusCode,
    words: String,
}

/// Makes a refusal.
pub(super) fn refuse(status: StatusCode, words: impl Into<String>) -> Said {
    Said { status, words: words.into() }
}

impl From<Failure> for Said {
    fn from(failure: Failure) -> Said {
        let status = StatusCode::from_u16(failure.0.code.http_status());
        refuse(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), failure.0.hint)
    }
}

/// Writes an answer, or why there is none.
pub(super) fn reply(format: Format, found: Result<List, Said>) -> Response {
    let (status, list) = match found {
        Ok(list) => (StatusCode::OK, list),
        Err(said) => {
            let mut errors = List::many("errors", "error");
            let mut item = Item::default();
            item.text("code", said.status.as_u16().to_string());
            item.text("description", said.words);
            errors.push(item);
            (said.status, errors)
        }
    };
    let (kind, body) = match format {
        Format::Json => ("application/json; charset=utf-8", list.json().to_string().into_bytes()),
        Format::Xml => ("text/xml; charset=utf-8", xml(&list)),
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        // Pages of others may read what anybody may see.
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    ];
    (status, headers, body).into_response()
}

fn xml(list: &List) -> Vec<u8> {
    let mut out = Writer::new(Cursor::new(Vec::new()));
    // Writing to memory does not fail.
    let _ = out.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)));
    let _ = list.xml(&mut out);
    out.into_inner().into_inner()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> List {
        let mut list = List::many("service_requests", "request");
        let mut item = Item::default();
        item.text("description", "<b>ไฟ & \u{1}ดับ</b>");
        item.number("lat", Some(13.5));
        item.number("long", None);
        item.truth("metadata", false);
        item.optional("expected_datetime", None);
        list.push(item);
        list
    }

    #[test]
    fn both_forms_say_the_same() {
        assert_eq!(
            String::from_utf8(xml(&sample())).unwrap(),
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><service_requests><request>\
             <description>&lt;b&gt;ไฟ &amp; ดับ&lt;/b&gt;</description><lat>13.5</lat><long></long>\
             <metadata>false</metadata></request></service_requests>"
        );
        assert_eq!(
            sample().json(),
            json!([{ "description": "<b>ไฟ & \u{1}ดับ</b>", "lat": 13.5, "long": null, "metadata": false }])
        );
    }

    #[test]
    fn the_ending_of_a_path_is_its_form() {
        assert_eq!(Format::split("v2/services.json"), ("v2/services", Format::Json));
        assert_eq!(Format::split("v2/services.xml"), ("v2/services", Format::Xml));
        assert_eq!(Format::split("v2/services"), ("v2/services", Format::Xml));
    }
}
