//! Answers of a kept visit in the words of its form: the question's label, and the label of the chosen option.

use crate::app::App;
use crate::format;
use crate::screens::form::world::World;
use domain::change::Value;
use domain::programme::Programme;
use forms::{Filling, Kind, Question};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;

/// A form that is only read: its questions, and a blank record to look options up in.
struct Reader {
    questions: HashMap<String, Question>,
    blank: Filling,
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
                let form = Arc::new(forms::Form::from_json(definition).ok()?);
                let questions = form.questions().into_iter().map(|q| (q.key.clone(), q)).collect();
                let mut blank =
                    Filling::new(&form, &BTreeMap::new(), Box::new(World { person: String::new() }));
                blank.set_language(app.lang().code());
                Some(Rc::new(RefCell::new(Reader { questions, blank })))
            })
            .clone()
    })
}

/// The label of a question and the words of its answer. An unknown question has no label.
pub fn answer(app: App, programme: &Programme, form: &str, key: &str, value: &Value) -> (String, String) {
    let plain = || format::plain(value, app.t());
    let Some(reader) = reader(app, programme, form) else { return (String::new(), plain()) };
    let mut reader = reader.borrow_mut();
    let Some(question) = reader.questions.get(key).cloned() else { return (String::new(), plain()) };
    let label = match reader.blank.item(&question.path) {
        Some(item) if !item.label.is_empty() => item.label,
        _ => question.label.clone(),
    };
    let shown = match question.kind {
        Kind::SelectOne | Kind::SelectMultiple | Kind::Rank => {
            chosen(&mut reader.blank, &question.path, value)
        }
        Kind::Date => value.as_str().map(|iso| format::iso_day(iso, app.lang())),
        Kind::DateTime => value.as_str().map(|iso| format::iso_moment(iso, app.lang())),
        Kind::Image => Some(app.t().photo.to_owned()),
        _ => None,
    };
    (plain_label(&label), shown.unwrap_or_else(plain))
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

/// A label without its light markdown, on one line.
fn plain_label(label: &str) -> String {
    label
        .replace("**", "")
        .split_whitespace()
        .filter(|word| !word.chars().all(|c| c == '#'))
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_in_a_list_has_no_marks() {
        assert_eq!(plain_label("## เลข**มาตร**\nวันนี้"), "เลขมาตร วันนี้");
    }
}
