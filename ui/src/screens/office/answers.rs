//! What a visit says: its answers in the words of its form, and its photos. And names of fields and programmes.

use crate::app::App;
use crate::components::photo::photo;
use crate::components::visit::readable;
use crate::format;
use crate::screens::form::labels;
use crate::strings::office::office as words;
use domain::api::VisitRow;
use domain::change::{Value, field};
use leptos::prelude::*;

/// The question and the words of one answer of a form; as it is stored where the form does not say, because a record
/// that was not accepted must be seen whole.
pub fn answer_of(app: App, programme: &str, form: &str, name: &str, value: &Value) -> (String, String) {
    app.programme(programme)
        .and_then(|programme| labels::answer(app, &programme, form, name, value))
        .unwrap_or_else(|| {
            let label = if name == "note" { app.t().note } else { name };
            (label.to_owned(), format::plain(value, app.t()))
        })
}

/// Says whether a cell of a visit is somebody's answer, and not the engine's own note.
pub fn is_answer(name: &str) -> bool {
    ![field::SET_ASIDE, field::SUPERSEDES, field::DELETED].contains(&name)
}

/// The mark of a visit that does not count, because a later one corrects it or somebody settled that another one does.
pub fn not_counted(app: App, visit: &VisitRow) -> Option<impl IntoView + use<>> {
    let aside = visit.values.get(field::SET_ASIDE).is_some_and(|value| *value == Value::Bool(true));
    let word = if visit.corrected { app.t().corrected } else { words(app).not_counted };
    (aside || visit.corrected).then(|| view! { <span class="chip">{word}</span> })
}

/// All answers and photos of a visit.
pub fn everything(app: App, visit: &VisitRow) -> impl IntoView + use<> {
    let t = words(app);
    let lines = readable(app, visit)
        .into_iter()
        .map(|answer| view! { <div><dt>{answer.label}</dt><dd>{answer.shown}</dd></div> })
        .collect_view();
    let none = lines.is_empty().then(|| view! { <p class="small">{t.no_answers}</p> });
    view! {
        <dl class="facts-list">{lines}</dl>
        {none}
        {photos(app, &visit.photos)}
    }
}

/// Photos side by side.
pub fn photos(app: App, hashes: &[String]) -> impl IntoView + use<> {
    (!hashes.is_empty()).then(|| {
        let all = hashes
            .iter()
            .map(|hash| view! { <li>{photo(app, hash.clone(), app.t().photo.to_owned())}</li> })
            .collect_view();
        view! { <ul class="office-photos">{all}</ul> }
    })
}

/// A programme's title, by its id.
pub fn programme_title(app: App, id: &str) -> String {
    app.programme(id)
        .map_or_else(|| id.to_owned(), |programme| programme.title.in_language(app.lang().code()).to_owned())
}

/// The label of a subject's field in its own programme.
pub use crate::screens::history::field_label;

/// A value of a subject's field as its own programme shows it; `open` shows what lists hide.
pub fn field_text(app: App, programme: &str, name: &str, value: &Value, open: bool) -> String {
    let programme = app.programme(programme);
    if name == field::ZONE
        && let (Some(programme), Some(zone)) = (&programme, value.as_str())
    {
        let shelf = domain::ids::Shelf::new(programme.id.clone(), zone);
        return super::state::office().zone_title(&shelf);
    }
    if name.starts_with(field::CODES) {
        return crate::screens::history::field_text(app, "", name, value);
    }
    match programme.as_ref().and_then(|programme| programme.field(name)) {
        Some(kind) => {
            let mut kind = kind.clone();
            kind.masked &= !open;
            format::field_value(&kind, value, app.t(), app.lang())
        }
        None => format::plain(value, app.t()),
    }
}
