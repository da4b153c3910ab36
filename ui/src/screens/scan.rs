//! Scanning: what was scanned leads to its card, to a choice, or to what one may do with an unknown code.

use crate::app::{App, app};
use crate::backend::ask;
use crate::components::button::{Button, Weight};
use crate::components::field::Line;
use crate::components::icon::Icon;
use crate::components::notice;
use crate::components::row::subject_row;
use crate::components::scanner::{Scanner, inert, readable};
use crate::components::shell::Shell;
use crate::format;
use crate::position;
use crate::route::{Route, go, replace};
use crate::strings::fill;
use domain::api::{Find, Found, SubjectRow};
use domain::problem::Problem;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The scan screen.
#[component]
pub fn Scan() -> impl IntoView {
    let app = app();
    let t = app.t();
    let paused = RwSignal::new(false);
    let answer = RwSignal::new(None::<(String, Result<Found, Problem>)>);

    let find = move |text: String| {
        // The one stamp of this visit. The person stands here now, wherever the form is saved.
        position::stamp(app);
        spawn_local(async move {
            let found = ask(Find { text: text.clone() }).await;
            // Whoever went back meanwhile is somewhere else, and stays there.
            if answer.is_disposed() {
                return;
            }
            match found {
                Ok(Found::Subject(id)) => {
                    app.in_round.set(false);
                    position::stamp_is_for(app, id);
                    // Back from the card leads home, not into the camera.
                    replace(&Route::Card(id));
                }
                found => answer.set(Some((text, found))),
            }
        });
    };
    let again = move || {
        answer.set(None);
        paused.set(false);
    };

    view! {
        <Shell title=t.scan>
            {move || match answer.get() {
                None => view! { <Scanner label=t.type_code paused=paused found=Callback::new(find)/> }.into_any(),
                Some((text, found)) => {
                    view! {
                        {result(app, text, found, Callback::new(find))}
                        <Button label=t.scan_again drawing=Icon::Scan press=again/>
                    }
                        .into_any()
                }
            }}
        </Shell>
    }
}

fn result(app: App, text: String, found: Result<Found, Problem>, retry: Callback<String>) -> impl IntoView {
    let t = app.t();
    match found {
        Err(problem) => view! {
            {notice::problem(app, &problem)}
            <p class="inert">{inert(&text)}</p>
        }
        .into_any(),
        Ok(Found::Several(rows)) => view! {
            <h2>{t.several_subjects}</h2>
            <ul class="rows">
                {rows
                    .iter()
                    .map(|row| {
                        subject_row(app, row, |row| replace(&Route::Card(row.id)))
                    })
                    .collect_view()}
            </ul>
        }
        .into_any(),
        Ok(Found::Replaced { row, now, by, at_ms, may_bind, .. }) => {
            replaced(app, &row, &now, &by, at_ms, may_bind).into_any()
        }
        Ok(Found::Unknown { code, ours, mistyped, may_bind, may_create }) => {
            // A slip of the finger is put right where it is: what was typed stays.
            let correction = mistyped.then(|| correct(app, text, retry));
            view! { {unknown(app, code, ours, correction, may_bind, may_create)} }.into_any()
        }
        Ok(Found::Enrolment { .. }) => view! {
            {notice::remark(t.enrolment_scanned)}
            <Button
                label=t.enrol_again
                weight=Weight::Quiet
                press=move || {
                    if let Ok(domain::code::Scanned::Enrol { code, .. }) = domain::code::read(&text) {
                        go(&Route::Enrol(code));
                    }
                }
            />
        }
        .into_any(),
        // Handled before: it leads straight to the card.
        Ok(Found::Subject(id)) => {
            replace(&Route::Card(id));
            ().into_any()
        }
    }
}

/// An old label: whose it was, since when it no longer counts, and the way to put up another one.
fn replaced(
    app: App,
    row: &SubjectRow,
    now: &[String],
    by: &str,
    at_ms: u64,
    may_bind: bool,
) -> impl IntoView + use<> {
    let t = app.t();
    let when = fill(t.replaced_when, &[&format::moment(at_ms, app.lang())]);
    let when = if by.is_empty() { when } else { format!("{when} {}", fill(t.replaced_by, &[by])) };
    let codes = now.iter().map(|code| view! { <p class="inert code">{readable(code)}</p> }).collect_view();
    let id = row.id;
    view! {
        {notice::remark(t.label_replaced)}
        <p>{when}</p>
        <ul class="rows">{subject_row(app, row, |row| replace(&Route::Card(row.id)))}</ul>
        <p>{if now.is_empty() { t.no_label_now } else { t.label_now }}</p>
        {codes}
        {may_bind
            .then(|| {
                view! { <Button label=t.bind_label drawing=Icon::Label press=move || go(&Route::BindTo(id))/> }
            })}
    }
}

/// The mistyped code, to be corrected.
fn correct(app: App, text: String, retry: Callback<String>) -> AnyView {
    let t = app.t();
    let typed = RwSignal::new(text);
    let submit = move || {
        let text = typed.get_untracked().trim().to_owned();
        if !text.is_empty() {
            retry.run(text);
        }
    };
    view! {
        <div class="typed">
            <Line label=t.correct_code value=typed enter=Callback::new(move |()| submit())/>
            <Button label=t.use_code weight=Weight::Main drawing=Icon::Next press=submit/>
        </div>
    }
    .into_any()
}

fn unknown(
    app: App,
    code: String,
    ours: bool,
    correction: Option<AnyView>,
    may_bind: Vec<String>,
    may_create: Vec<String>,
) -> impl IntoView {
    let t = app.t();
    let title = |id: &str| {
        app.programme(id).map_or_else(
            || id.to_owned(),
            |programme| programme.subject.title.in_language(app.lang().code()).to_owned(),
        )
    };
    let mistyped = correction.is_some();
    let weight = if mistyped { Weight::Quiet } else { Weight::Plain };
    let sentence = match (mistyped, ours) {
        (true, _) => t.code_mistyped,
        (false, true) => t.code_blank,
        (false, false) => t.code_unknown,
    };
    let nothing = may_bind.is_empty() && may_create.is_empty();
    let bind = may_bind
        .into_iter()
        .map(|programme| {
            let label = fill(t.bind_to, &[&title(&programme)]);
            let code = code.clone();
            view! {
                <Button
                    label=label
                    drawing=Icon::Label
                    weight=weight
                    press=move || go(&Route::Bind(programme.clone(), code.clone()))
                />
            }
        })
        .collect_view();
    let create = may_create
        .into_iter()
        .map(|programme| {
            let label = fill(t.create_new, &[&title(&programme)]);
            let code = code.clone();
            view! {
                <Button
                    label=label
                    drawing=Icon::Plus
                    weight=weight
                    press=move || go(&Route::New(programme.clone(), code.clone()))
                />
            }
        })
        .collect_view();
    view! {
        {notice::remark(sentence)}
        {(!mistyped).then(|| view! { <p class="inert code">{inert(&code)}</p> })}
        {correction}
        {nothing.then(|| view! { <p>{t.unknown_ask_office}</p> })}
        {(mistyped && !nothing).then(|| view! { <p>{t.if_makers}</p> })}
        {bind}
        {create}
    }
}
