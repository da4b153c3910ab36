//! What could not be accepted, from whichever device: the reason, and the content in words.

use super::answers;
use super::page::{Framed, Page};
use super::state::office;
use crate::app::{App, app, drawn, load};
use crate::components::notice;
use crate::components::row::outcome_word;
use crate::components::visit::form_title;
use crate::format;
use crate::strings::fill;
use crate::strings::office::office as words;
use domain::api;
use domain::api::RefusedRow;
use domain::change::{Change, Commit, field, kind};
use domain::ids::RecordId;
use domain::problem::Problem;
use leptos::prelude::*;

/// The page.
#[component]
pub fn Refused() -> impl IntoView {
    let app = app();
    let t = words(app);
    let state = load(app, || api::Refused {});
    view! {
        <Framed title=t.refused lead=t.refused_lead>
            {drawn(app, state, move |rows| {
                if rows.is_empty() {
                    return notice::empty(t.no_refused).into_any();
                }
                let all = rows.iter().map(|row| one(app, row)).collect_view();
                view! { <ul class="office-stack">{all}</ul> }.into_any()
            })}
        </Framed>
    }
}

fn one(app: App, row: &RefusedRow) -> impl IntoView + use<> {
    let t = words(app);
    let commit = serde_json::from_str::<Commit>(&row.content).ok();
    let problem = Problem { hint: office().explain(&row.problem), ..row.problem.clone() };
    let changes = commit
        .as_ref()
        .map(|commit| commit.changes.iter().map(|change| in_words(app, change)).collect_view());
    let reason = commit.and_then(|commit| commit.reason);
    view! {
        <li class="office-panel">
            <p class="office-refused-head">
                <b>{row.by.clone()}</b>
                <span>{fill(t.device_n, &[&row.device.0.to_string()])}</span>
                <span>{format::moment(row.at_ms, app.lang())}</span>
                <span class="small">{fill(t.save_n, &[&format::count(row.n)])}</span>
            </p>
            {notice::problem(app, &problem)}
            {reason.map(|reason| view! { <p>{t.reason}": "{reason}</p> })}
            <h2>{t.what_it_says}</h2>
            {changes}
            <details>
                <summary>{t.raw_content}</summary>
                <pre class="inert">{row.content.clone()}</pre>
            </details>
        </li>
    }
}

/// A change with the labels of its programme, where the registry knows them.
fn in_words(app: App, change: &Change) -> impl IntoView + use<> {
    let t = words(app);
    let title = match change.kind.as_str() {
        kind::SUBJECT => t.kind_subject,
        kind::VISIT => t.kind_visit,
        kind::QUESTION => t.kind_question,
        _ => t.kind_other,
    };
    let text = |name: &str| change.cells.get(name).and_then(|value| value.as_str()).unwrap_or_default();
    let programme = text(field::PROGRAMME).to_owned();
    let subject: Option<RecordId> = match change.kind.as_str() {
        kind::SUBJECT => Some(change.id),
        _ => text(field::SUBJECT).parse().ok(),
    };
    let form = text(field::FORM).to_owned();
    let engine =
        [field::PROGRAMME, field::SUBJECT, field::FORM, field::FORM_VERSION, field::ORIGIN, field::BY];
    let lines = change
        .cells
        .iter()
        .filter(|(name, _)| !engine.contains(&name.as_str()))
        .map(|(name, value)| {
            let (label, shown) = match (change.kind.as_str(), name.as_str()) {
                (kind::VISIT, field::AT) => {
                    (t.when.to_owned(), format::iso_moment(value.as_str().unwrap_or_default(), app.lang()))
                }
                (kind::VISIT, field::OUTCOME) => {
                    (t.outcome.to_owned(), outcome_word(app, &programme, value.as_str().unwrap_or_default()))
                }
                (kind::VISIT, _) => answers::answer_of(app, &programme, &form, name, value),
                _ => (
                    answers::field_label(app, &programme, name),
                    answers::field_text(app, &programme, name, value, false),
                ),
            };
            view! { <div><dt>{label}</dt><dd class="inert">{shown}</dd></div> }
        })
        .collect_view();
    let form = (!form.is_empty()).then(|| format!(": {}", form_title(app, &programme, &form)));
    view! {
        <h3>
            {title}
            {form}
            {subject.map(|id| view! { " " <a href=Page::Registry(Some(id)).hash()>{t.open_subject}</a> })}
        </h3>
        <dl class="facts-list">{lines}</dl>
    }
}
