//! Answers of a kept visit in the words of its form: the question's label, and the label of the chosen option.

use crate::app::App;
use crate::components::markdown::plain;
use crate::format;
use crate::screens::form::world::{Tables, World};
use domain::change::{Value, Values};
use domain::ids::RecordId;
use domain::programme::{FieldKind, Programme};
use domain::thai_date;
use forms::definition::{Instance, Node, Phrase, phrase};
use forms::{Definition, Filling, Form, Kind, Question};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;

/// A form that is only read: its questions in order, the labels of its options, and a blank record for texts.
struct Reader {
    questions: Vec<Question>,
    options: HashMap<String, Vec<(String, String)>>,
    /// Days that are known to the year or the month only: how many letters of the ISO day say something.
    precision: HashMap<String, usize>,
    blank: Filling,
}

impl Reader {
    fn new(app: App, form: &Arc<Form>) -> Reader {
        let language = app.lang().code();
        // Nothing is looked up for it: an answer out of the registry reads as it is stored.
        let world = World { person: String::new(), device: String::new(), tables: Tables::of("", None) };
        let mut blank = Filling::new(form, &BTreeMap::new(), Box::new(world));
        blank.set_language(language);
        let questions = form.questions();
        let precision = |(question, node): (&Question, &Node)| {
            let mut words = node.appearance.split_whitespace();
            let letters = words.find_map(|word| match word {
                "year" => Some("2026".len()),
                "month-year" => Some("2026-11".len()),
                _ => None,
            });
            Some((question.key.clone(), letters?))
        };
        // The top is no question.
        let nodes = form.definition().nodes.iter().skip(1);
        Reader {
            options: options(form.definition(), &questions, language),
            precision: questions.iter().zip(nodes).filter_map(precision).collect(),
            questions,
            blank,
        }
    }
}

type Readers = HashMap<(String, u32, String, &'static str), Option<Rc<RefCell<Reader>>>>;

thread_local! {
    static READERS: RefCell<Readers> = RefCell::default();
}

fn reader(app: App, programme: &Programme, form: &str) -> Option<Rc<RefCell<Reader>>> {
    let key = (programme.id.clone(), programme.version, form.to_owned(), app.lang().code());
    READERS.with(|readers| {
        readers
            .borrow_mut()
            .entry(key)
            .or_insert_with(|| {
                let definition = &programme.form(form)?.definition;
                let form = Arc::new(Form::from_json(definition).ok()?);
                Some(Rc::new(RefCell::new(Reader::new(app, &form))))
            })
            .clone()
    })
}

/// The options of each list of a form: stored value and label. A blank record offers only those that no filter hides
/// and works out what it can by itself, so a kept answer is looked up in the whole list.
fn options(
    form: &Definition,
    questions: &[Question],
    language: &str,
) -> HashMap<String, Vec<(String, String)>> {
    let mark = format!("({language})");
    let place = form.languages.iter().position(|name| name.ends_with(&mark)).unwrap_or(form.default_language);
    let label = |text: &[Phrase]| match phrase(text, place, form.default_language) {
        Some(Phrase::Plain(text)) => text.clone(),
        _ => String::new(),
    };
    let of_node = |node: &Node| {
        let list = &node.choices.as_ref()?.list;
        let Some(Instance::List(items)) = form.instances.get(list) else { return None };
        let labels = items.iter().map(|item| (item.name.clone(), label(&item.label)));
        Some(labels.filter(|(_, label)| !label.is_empty()).collect())
    };
    let nodes = questions.iter().zip(form.nodes.iter().skip(1));
    nodes.filter_map(|(question, node)| Some((question.key.clone(), of_node(node)?))).collect()
}

/// An answer as a person reads it.
pub struct Answer {
    /// Key among the values of the visit.
    pub key: String,
    /// The question.
    pub label: String,
    /// What was answered.
    pub shown: String,
}

/// The answers a person gave, in the order of the form; then those to questions that it does not ask any more. What
/// has no question is left out: values the form worked out, what came from outside, and codes whose words are not known.
pub fn answers(app: App, programme: &Programme, form: &str, values: &Values) -> Vec<Answer> {
    let Some(reader) = reader(app, programme, form) else { return Vec::new() };
    let mut answers = read(app, &mut reader.borrow_mut(), values);
    let former = programme.form(form).map(|form| form.former.as_slice()).unwrap_or_default();
    for field in former {
        if answers.iter().any(|answer| answer.key == field.id) {
            continue;
        }
        if let Some((label, shown)) = values.get(&field.id).and_then(|value| formerly(app, field, value)) {
            answers.push(Answer { key: field.id.clone(), label, shown });
        }
    }
    answers
}

/// The answers of a form that is only tried out.
pub fn answers_of(app: App, form: &Arc<Form>, values: &Values) -> Vec<Answer> {
    read(app, &mut Reader::new(app, form), values)
}

fn read(app: App, reader: &mut Reader, values: &Values) -> Vec<Answer> {
    let questions = reader.questions.clone();
    let top = questions.iter().filter(|question| question.repeat.is_none());
    top.filter_map(|question| {
        let (label, shown) = told(app, reader, question, values.get(&question.key)?)?;
        Some(Answer { key: question.key.clone(), label, shown })
    })
    .collect()
}

/// The label of a question and the words of its answer; none where there is nothing a person can read.
pub fn answer(
    app: App,
    programme: &Programme,
    form: &str,
    key: &str,
    value: &Value,
) -> Option<(String, String)> {
    let reader = reader(app, programme, form)?;
    let mut reader = reader.borrow_mut();
    let question = reader.questions.iter().find(|question| question.key == key).cloned();
    question.and_then(|question| told(app, &mut reader, &question, value)).or_else(|| {
        let former = programme.form(form)?.former.iter().find(|field| field.id == key)?;
        formerly(app, former, value)
    })
}

/// An answer to a question of an earlier version.
fn formerly(app: App, field: &FieldKind, value: &Value) -> Option<(String, String)> {
    if value.is_null() || *value == "" {
        return None;
    }
    let shown = match value {
        Value::Array(all) => all
            .iter()
            .map(|one| format::field_value(field, one, app.t(), app.lang()))
            .collect::<Vec<_>>()
            .join(", "),
        one => format::field_value(field, one, app.t(), app.lang()),
    };
    Some((field.title.in_language(app.lang().code()).to_owned(), shown))
}

fn told(app: App, reader: &mut Reader, question: &Question, value: &Value) -> Option<(String, String)> {
    let unseen = question.hidden || matches!(question.kind, Kind::Hidden | Kind::Metadata | Kind::Group);
    // The name of a sound or a film says nothing, and a photo is shown below.
    let file = matches!(question.kind, Kind::Image | Kind::Audio | Kind::Video | Kind::File);
    if unseen || file || value.is_null() || *value == "" {
        return None;
    }
    let label = match reader.blank.item(&question.path) {
        Some(item) if !item.label.is_empty() => item.label,
        _ => question.label.clone(),
    };
    let label = plain(&label);
    if label.is_empty() {
        return None;
    }
    let shown = match question.kind {
        Kind::SelectOne | Kind::SelectMultiple | Kind::Rank => listed(reader, &question.key, value)
            .or_else(|| chosen(&mut reader.blank, &question.path, value))
            .or_else(|| looked_up(app, reader, question, value))?,
        Kind::Date if reader.precision.contains_key(&question.key) => {
            let letters = reader.precision.get(&question.key).copied().unwrap_or_default();
            thai_date::of_any_precision(value.as_str()?.get(..letters)?)
        }
        Kind::Date => value
            .as_str()
            .map_or_else(|| format::plain(value, app.t()), |iso| format::iso_day(iso, app.lang())),
        Kind::DateTime => value
            .as_str()
            .map_or_else(|| format::plain(value, app.t()), |iso| format::iso_moment(iso, app.lang())),
        Kind::Repeat => repeated(app, reader, question, value)?,
        _ => format::plain(value, app.t()),
    };
    Some((label, shown))
}

/// What was answered again and again: each time on its own, in the words of the questions inside.
fn repeated(app: App, reader: &mut Reader, repeat: &Question, value: &Value) -> Option<String> {
    let inside: Vec<Question> = reader
        .questions
        .iter()
        .filter(|question| question.repeat.as_ref() == Some(&repeat.key) && question.key != repeat.key)
        .cloned()
        .collect();
    let mut times = Vec::new();
    for one in value.as_array()? {
        let mut answers = Vec::new();
        for question in &inside {
            let value = one.get(&question.key).or_else(|| one.get(&question.name));
            if let Some((label, shown)) = value.and_then(|value| told(app, reader, question, value)) {
                answers.push(format!("{label} {shown}"));
            }
        }
        if !answers.is_empty() {
            times.push(answers.join(", "));
        }
    }
    (!times.is_empty()).then(|| times.join(" · "))
}

/// A choice out of the registry or of the record itself, which no list of the form has: as it is stored. An id says nothing
/// to anybody.
fn looked_up(app: App, reader: &Reader, question: &Question, value: &Value) -> Option<String> {
    if reader.options.contains_key(&question.key) {
        return None;
    }
    let told = |stored: &str| match stored.parse::<RecordId>() {
        Ok(_) => app.t().registry_entry.to_owned(),
        Err(_) => stored.to_owned(),
    };
    match value {
        Value::String(text) => Some(told(text)),
        Value::Array(all) => {
            Some(all.iter().filter_map(Value::as_str).map(told).collect::<Vec<_>>().join(", "))
        }
        _ => None,
    }
}

/// The labels of stored values in the whole list of a question; none if one is not in it.
fn listed(reader: &Reader, key: &str, value: &Value) -> Option<String> {
    let options = reader.options.get(key)?;
    let codes: Vec<&str> = match value {
        Value::String(text) => text.split_whitespace().collect(),
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        _ => return None,
    };
    let label = |code: &str| options.iter().find(|(name, _)| name == code).map(|(_, label)| label.clone());
    let labels: Option<Vec<String>> = codes.into_iter().map(label).collect();
    labels.filter(|labels| !labels.is_empty()).map(|labels| labels.join(", "))
}

fn chosen(blank: &mut Filling, path: &str, value: &Value) -> Option<String> {
    let stored = match value {
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
        _ => return None,
    };
    blank.set(path, &stored).ok()?;
    let options = blank.item(path)?.options;
    let labels: Vec<String> =
        options.into_iter().filter(|option| option.selected).map(|option| option.label).collect();
    (!labels.is_empty()).then(|| labels.join(", "))
}
