//! The versions that a form had before, folded away: who published each, since when, and its file.

use super::super::state::office;
use super::download;
use crate::app::app;
use crate::backend::ask;
use crate::components::button::Button;
use crate::components::icon::Icon;
use crate::format;
use crate::strings::fill;
use crate::strings::office::forms::forms as words;
use domain::api::{FormSheet, FormVersionRow, FormVersions};
use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The earlier versions of a form; they are asked for when somebody unfolds them.
#[component]
pub fn Versions(
    /// The form in use.
    form: FormSheet,
) -> impl IntoView {
    let app = app();
    let office = office();
    let t = words(app);
    let rows = RwSignal::new(None::<Vec<FormVersionRow>>);
    let fold = NodeRef::<html::Details>::new();
    let ask_for = FormVersions { programme: form.programme.clone(), form: form.form.clone() };
    let unfold = move |_: ev::Event| {
        if !fold.get_untracked().is_some_and(|fold| fold.open()) || rows.with_untracked(Option::is_some) {
            return;
        }
        let ask_for = ask_for.clone();
        spawn_local(async move {
            match ask(ask_for).await {
                // The first is in use, and has its button above.
                Ok(all) => drop(rows.try_set(Some(all.into_iter().skip(1).collect()))),
                Err(problem) => office.say_problem(&problem),
            }
        });
    };
    let line = move |row: FormVersionRow| {
        let wanted = FormSheet { since_ms: Some(row.since_ms), ..form.clone() };
        let since = fill(t.form_since, &[&format::moment(row.since_ms, app.lang())]);
        let by = if row.by.is_empty() { t.form_shipped.to_owned() } else { row.by };
        let version = Some(fill(t.form_version, &[&row.version])).filter(|_| !row.version.is_empty());
        view! {
            <li>
                <span class="inert">{version.into_iter().chain([since, by]).collect::<Vec<_>>().join(" · ")}</span>
                <Button label=t.form_download drawing=Icon::Download press=move || download(app, &wanted)/>
            </li>
        }
    };
    view! {
        <details class="office-versions" node_ref=fold on:toggle=unfold>
            <summary>{t.form_earlier}</summary>
            {move || match rows.get() {
                None => view! { <p role="status">{app.t().loading}</p> }.into_any(),
                Some(rows) if rows.is_empty() => view! { <p>{t.form_no_earlier}</p> }.into_any(),
                Some(rows) => {
                    view! { <ul class="plain">{rows.into_iter().map(line.clone()).collect_view()}</ul> }.into_any()
                }
            }}
        </details>
    }
}
