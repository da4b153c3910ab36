//! A visit in a list: when, who, the few answers that tell most, and whether the office has it.

use crate::app::App;
use crate::components::button::Button;
use crate::components::icon::Icon;
use crate::components::photo::photo;
use crate::components::row::outcome_word;
use crate::format;
use crate::route::{FormRoute, Route, go};
use crate::screens::form::labels::{self, Answer};
use domain::access::Role;
use domain::api::VisitRow;
use domain::programme::DONE;
use leptos::prelude::*;

/// One line that says what a visit found: the form's own summary, or the outcome.
pub fn summary(app: App, visit: &VisitRow) -> String {
    let t = app.t();
    if visit.outcome != DONE {
        let note = visit.values.get("note").and_then(|note| note.as_str()).unwrap_or_default();
        let word = outcome_word(app, &visit.programme, &visit.outcome);
        return if note.is_empty() { word } else { format!("{word}: {note}") };
    }
    let Some(programme) = app.programme(&visit.programme) else { return String::new() };
    let Some(form) = programme.form(&visit.form) else { return String::new() };
    let lines: Vec<String> = form
        .summary
        .iter()
        .filter_map(|name| {
            let value = visit.values.get(name)?;
            labels::answer(app, &programme, &visit.form, name, value).or_else(|| {
                // A value the form worked out has no question, but a name where it is kept with the subject.
                let field = programme.field(form.save_to.get(name)?).filter(|field| !field.office_only)?;
                let known = !value.is_null() && *value != "";
                let title = field.title.in_language(app.lang().code()).to_owned();
                known.then(|| (title, format::field_value(field, value, t, app.lang())))
            })
        })
        .take(3)
        .map(|(label, shown)| format!("{label} {shown}"))
        .collect();
    if lines.is_empty() { t.standing_done.to_owned() } else { lines.join(" · ") }
}

/// The title of a form of a programme.
pub fn form_title(app: App, programme: &str, form: &str) -> String {
    app.programme(programme)
        .and_then(|programme| {
            programme.form(form).map(|form| form.title.in_language(app.lang().code()).to_owned())
        })
        .unwrap_or_else(|| form.to_owned())
}

/// A visit that unfolds to all its answers.
pub fn visit_row(app: App, visit: &VisitRow) -> impl IntoView + use<> {
    let t = app.t();
    let title = form_title(app, &visit.programme, &visit.form);
    let when = format::iso_moment(&visit.at, app.lang());
    let done = visit.outcome == DONE;
    let received = if visit.received { t.office_has_it } else { t.on_this_device_only };
    let summary_line = summary(app, visit);
    let opened = RwSignal::new(false);
    let corrected = visit.corrected;
    let waits = visit.waits;
    let correct = may_correct(app, visit).then(|| {
        let to = FormRoute::correcting(visit);
        view! {
            <Button label=t.correct_visit drawing=Icon::Edit press=move || go(&Route::Form(to.clone()))/>
        }
    });
    let visit = visit.clone();
    let by = visit.by.clone();
    view! {
        <li class="visit" class:failed=!done class:corrected=corrected>
            <details on:toggle=move |_| opened.set(true)>
                <summary>
                    <b>{title}</b>
                    <span class="second">{summary_line}</span>
                    <span class="facts">
                        {when}" · "{by}
                        {corrected.then(|| view! { <span class="chip">{t.corrected}</span> })}
                        {waits.then(|| view! { <span class="chip failed">{t.waits_for_office}</span> })}
                    </span>
                </summary>
                {move || opened.get().then(|| answers(app, &visit))}
                {correct}
                <p class="small">{received}</p>
            </details>
        </li>
    }
}

/// Who saved a visit may correct it, and whoever looks after the work of others. What is corrected already, or was no
/// visit, is left alone.
pub fn may_correct(app: App, visit: &VisitRow) -> bool {
    let asked = visit.outcome == DONE && !visit.corrected;
    asked
        && app.status.with(|status| {
            let enrolled = status.as_ref().and_then(|status| status.enrolled.as_ref());
            enrolled.is_some_and(|device| device.grant.role > Role::Worker || device.grant.person == visit.by)
        })
}

/// The answers of a visit that a person reads, in the order of its form; then the word that was left with an outcome.
pub fn readable(app: App, visit: &VisitRow) -> Vec<Answer> {
    let programme = app.programme(&visit.programme);
    let mut answers = programme
        .map(|programme| labels::answers(app, &programme, &visit.form, &visit.values))
        .unwrap_or_default();
    let note = visit.values.get("note").and_then(|note| note.as_str()).filter(|note| !note.is_empty());
    if let Some(note) = note
        && !answers.iter().any(|answer| answer.key == "note")
    {
        answers.push(Answer {
            key: "note".to_owned(),
            label: app.t().note.to_owned(),
            shown: note.to_owned(),
        });
    }
    answers
}

/// All answers of a visit with their questions.
fn answers(app: App, visit: &VisitRow) -> impl IntoView + use<> {
    let pairs = readable(app, visit)
        .into_iter()
        .map(|answer| view! { <div><dt>{answer.label}</dt><dd>{answer.shown}</dd></div> })
        .collect_view();
    let photos =
        visit.photos.iter().map(|hash| photo(app, hash.clone(), app.t().photo.to_owned())).collect_view();
    view! {
        <dl class="facts-list">{pairs}</dl>
        <div class="photos">{photos}</div>
    }
}
