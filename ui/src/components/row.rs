//! A subject in a list: heading, second line, where it stands. The whole row is the button.

use crate::app::App;
use crate::browser::today;
use crate::components::chip::standing_chip;
use crate::format;
use domain::api::SubjectRow;
use domain::ids::RecordId;
use domain::schedule::Standing;
use leptos::prelude::*;

/// The subject that stands beside a list, where a page shows both: its row is marked.
#[derive(Clone, Copy)]
pub struct Shown(
    /// Which, if any.
    pub Signal<Option<RecordId>>,
);

/// Draws a row; `open` gets it when it is pressed.
pub fn subject_row<F>(app: App, row: &SubjectRow, open: F) -> impl IntoView + use<F>
where
    F: Fn(&SubjectRow) + 'static,
{
    row_beside(app, row, (), open)
}

/// Draws a row with something else before it that can be pressed, such as a box to tick.
pub fn row_beside<F, V>(app: App, row: &SubjectRow, beside: V, open: F) -> impl IntoView + use<F, V>
where
    F: Fn(&SubjectRow) + 'static,
    V: IntoView + 'static,
{
    let t = app.t();
    let programme = app.programme(&row.programme);
    let colour = programme.as_ref().map(|programme| programme.colour.clone()).unwrap_or_default();
    let icon = programme.map(|programme| programme.icon.clone()).unwrap_or_default();
    let when = when(app, row);
    let failed = row.last_failed.clone().map(|code| outcome_word(app, &row.programme, &code));
    let distance =
        row.distance_m.map(|metres| format!("{} {}", format::count(metres.round() as u64), t.metres));
    let chosen = row.clone();
    let (id, shown) = (row.id, use_context::<Shown>());
    let is_shown = move || shown.is_some_and(|shown| shown.0.get() == Some(id));
    view! {
        <li class="row" id=row_id(row.id) style=("--accent", colour)>
            {beside}
            <button
                type="button"
                aria-current=move || is_shown().then_some("true")
                on:click=move |_| open(&chosen)
            >
                <span class="mark" aria-hidden="true">{icon}</span>
                <span class="text">
                    <b>{row.heading.clone()}</b>
                    <span class="second">{row.second_line.clone()}</span>
                    <span class="facts">
                        {row.standing.map(|standing| standing_chip(standing, t))}
                        {failed.map(|failed| view! { <span class="chip failed">{failed}</span> })}
                        {when.map(|when| view! { <span>{when}</span> })}
                        {distance.map(|distance| view! { <span>{distance}</span> })}
                    </span>
                </span>
            </button>
        </li>
    }
}

/// The id of a row's element.
pub fn row_id(subject: RecordId) -> String {
    format!("row-{subject}")
}

/// The day that matters: when it was done, or until when it should be.
fn when(app: App, row: &SubjectRow) -> Option<String> {
    let t = app.t();
    let day = |iso: &String| format::near_day(iso, today(), t, app.lang());
    match row.standing? {
        Standing::Done => row.last_done.as_ref().map(day),
        _ => row.due_on.as_ref().map(|due| format!("{} {}", t.due, day(due))),
    }
}

/// The word for an outcome code of a programme; the code itself where it is not known.
pub fn outcome_word(app: App, programme: &str, code: &str) -> String {
    if code == domain::programme::DONE {
        return app.t().standing_done.to_owned();
    }
    app.programme(programme)
        .and_then(|programme| {
            programme.outcome(code).map(|outcome| outcome.title.in_language(app.lang().code()).to_owned())
        })
        .unwrap_or_else(|| code.to_owned())
}
