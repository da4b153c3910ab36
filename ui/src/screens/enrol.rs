//! Making this device known: scan or type the code from the office, give the device a name, and wait while its
//! shelves arrive.

use crate::app::app;
use crate::backend::ask;
use crate::browser::{origin, setting};
use crate::components::button::{Button, Weight};
use crate::components::field::{Keys, Line};
use crate::components::icon::{Icon, icon};
use crate::components::notice;
use crate::components::scanner::Scanner;
use crate::format;
use crate::route::{Route, go, replace};
use crate::strings::fill;
use crate::synchronise;
use domain::api;
use domain::code::{self, Scanned};
use domain::problem::{Code, Problem};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// What goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// A code is looked for.
    Code,
    /// The code is there; the device gets a name.
    Name,
    /// The office is asked, then the shelves arrive.
    Working,
}

/// The enrolment screen.
#[component]
pub fn Enrol(
    /// The code, if a link brought it.
    code: String,
) -> impl IntoView {
    let app = app();
    let t = app.t();
    let step = RwSignal::new(if code.is_empty() { Step::Code } else { Step::Name });
    let code = RwSignal::new(code);
    let server = RwSignal::new(origin().unwrap_or_default());
    let name = RwSignal::new(setting("device-name").unwrap_or_default());
    let problem = RwSignal::new(None::<Problem>);
    let paused = RwSignal::new(false);

    let take = move |text: String| {
        problem.set(None);
        match code::read(&text) {
            Ok(Scanned::Enrol { server: from, code: found }) => {
                // A page may only speak with the server it came from; the same one may have another name here.
                server.set(origin().unwrap_or(from));
                code.set(found);
                step.set(Step::Name);
            }
            // A typed code of the office is no label code; it is taken as it was typed, for the office to judge.
            Ok(Scanned::Foreign(_) | Scanned::Ours { host: None, .. }) => {
                code.set(text.trim().to_owned());
                step.set(Step::Name);
            }
            Ok(Scanned::Ours { .. }) | Err(_) => {
                problem.set(Some(Code::EnrolUnknown.into()));
                paused.set(false);
            }
        }
    };
    let begin = move || {
        step.set(Step::Working);
        problem.set(None);
        app.arriving.set(true);
        let request = api::Enrol {
            text: code.get_untracked().trim().to_owned(),
            server: Some(server.get_untracked().trim().trim_end_matches('/').to_owned())
                .filter(|s| !s.is_empty()),
            name: name.get_untracked().trim().to_owned(),
        };
        crate::browser::keep_setting("device-name", &request.name);
        spawn_local(async move {
            match ask(request).await {
                Ok(status) => {
                    let fetched = synchronise::run(app, false).await;
                    app.changed.update(|n| *n += 1);
                    if fetched {
                        app.say(t.enrolled);
                    }
                    app.status.update(|held| {
                        if held.as_ref().is_none_or(|held| held.enrolled.is_none()) {
                            *held = Some(status);
                        }
                    });
                    replace(&Route::Home);
                    app.arriving.set(false);
                }
                Err(why) => {
                    problem.set(Some(why));
                    paused.set(false);
                    step.set(Step::Name);
                    app.arriving.set(false);
                }
            }
        });
    };
    // An installed app goes wherever a code says: a stranger's code must not take the device away unseen.
    let moves = move || {
        let to = server.get();
        let known = app.status.get().and_then(|status| status.enrolled).filter(|_| origin().is_none())?;
        (known.server != to.trim().trim_end_matches('/'))
            .then(|| fill(t.enrol_moves, &[&known.municipality, &to]))
    };
    let again = move || {
        problem.set(None);
        paused.set(false);
        code.set(String::new());
        step.set(Step::Code);
    };

    let nameless = move || name.with(|name| name.trim().is_empty());
    view! {
        <header class="bar home">
            <h1>{t.enrol_title}</h1>
            <button type="button" class="icon-button" on:click=move |_| go(&Route::Settings)>
                {icon(Icon::Settings)}
                <span>{t.settings}</span>
            </button>
        </header>
        <main class="screen">
            {move || problem.get().map(|problem| notice::problem(app, &problem))}
            {move || match step.get() {
                Step::Code => {
                    view! {
                        <p class="lead">{t.enrol_lead}</p>
                        <Scanner label=t.enrol_typed paused=paused found=Callback::new(take)/>
                    }
                        .into_any()
                }
                Step::Name => {
                    view! {
                        <p class="lead">
                            {icon(Icon::Check)}
                            {t.enrol_code_found}
                        </p>
                        {move || moves().map(|text| view! { <p class="lead" role="alert">{icon(Icon::Warning)}{text}</p> })}
                        <Line label=t.device_name hint=t.device_name_hint value=name focus=true/>
                        <details open=move || server.with_untracked(String::is_empty)>
                            <summary>{t.server_and_code}</summary>
                            <Line label=t.enrol_code value=code/>
                            <Line label=t.server_address hint=t.server_hint value=server keys=Keys::Address/>
                        </details>
                        {move || nameless().then(|| view! { <p class="hint">{t.device_name_first}</p> })}
                        <Button
                            label=t.enrol_now
                            weight=Weight::Main
                            drawing=Icon::Check
                            disabled=Signal::derive(nameless)
                            press=begin
                        />
                        <Button label=t.other_code weight=Weight::Quiet press=again/>
                    }
                        .into_any()
                }
                Step::Working => view! { <Arriving/> }.into_any(),
            }}
        </main>
    }
}

/// The bar that shows how much has arrived.
#[component]
fn Arriving() -> impl IntoView {
    let app = app();
    let t = app.t();
    view! {
        <section class="arriving" role="status" aria-live="polite">
            <h2>{t.arriving}</h2>
            {move || {
                let progress = app.progress.get().unwrap_or_default();
                if progress.total > 0 {
                    view! {
                        <progress
                            aria-label=t.arriving
                            max=progress.total.to_string()
                            value=progress.done.min(progress.total).to_string()
                        ></progress>
                        <p>{fill(t.n_of, &[&format::count(progress.done), &format::count(progress.total)])}</p>
                    }
                        .into_any()
                } else {
                    view! {
                        <progress aria-label=t.arriving></progress>
                        {(progress.done > 0).then(|| view! { <p>{fill(t.n_arrived, &[&format::count(progress.done)])}</p> })}
                    }
                        .into_any()
                }
            }}
            <p>{t.arriving_note}</p>
        </section>
    }
}
