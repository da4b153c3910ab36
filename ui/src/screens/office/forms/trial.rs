//! Trying a form at the size of a phone: the screen that workers get, on which nothing is kept.

use crate::app::app;
use crate::backend::ask;
use crate::browser::today_iso;
use crate::components::button::Button;
use crate::components::icon::Icon;
use crate::components::notice;
use crate::route::FormRoute;
use crate::screens::form::{Filling, Occasion, Session};
use crate::strings::fill;
use crate::strings::office::forms::forms as words;
use domain::api::{OpenForm, OpenedForm, Round, Seen};
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::Value;
use std::collections::BTreeMap;

/// The phone, and what may be changed about it.
#[component]
pub fn Trial(
    /// Programme id.
    programme: String,
    /// Form id.
    form: String,
    /// The form that is tried, which need not be the one in use.
    definition: Value,
) -> impl IntoView {
    let app = app();
    let t = words(app);
    let sample = RwSignal::new(None::<OpenedForm>);
    let begun = RwSignal::new(0u32);
    let at = FormRoute { programme, form, subject: None, code: String::new(), corrects: None };
    let asked = at.clone();
    spawn_local(async move {
        let mut opened = example(app, &asked).await;
        opened.definition = definition;
        sample.try_set(Some(opened));
    });
    // How a worker's phone is set is not how the office's pages are.
    let before = app.one_by_one.get_untracked();
    on_cleanup(move || app.one_by_one.set(before));
    let again = move || begun.update(|n| *n += 1);
    let steps = move |one_by_one: bool, label: &'static str| {
        view! {
            <button
                type="button"
                class="filter"
                aria-pressed=move || (app.one_by_one.get() == one_by_one).to_string()
                on:click=move |_| {
                    app.one_by_one.set(one_by_one);
                    again();
                }
            >
                {label}
            </button>
        }
    };
    view! {
        <section class="office-trial" aria-labelledby="trial-title">
            <h2 id="trial-title">{t.trial}</h2>
            <p class="small">{t.trial_lead}</p>
            <div class="filters">{steps(false, t.trial_pages)} {steps(true, t.trial_one)}</div>
            {move || {
                let heading = sample.with(|sample| sample.as_ref().map(|sample| sample.heading.clone()));
                let heading = heading.filter(|heading| !heading.is_empty())?;
                Some(view! { <p class="small">{fill(t.trial_sample, &[&heading])}</p> })
            }}
            <div class="office-phone" tabindex="0" role="group" aria-labelledby="trial-title">
                {move || {
                    begun.track();
                    let opened = sample.get()?;
                    Some(
                        match Session::open(app, at.clone(), &opened, Occasion::Trial) {
                            Ok(session) => view! { <Filling session=session at=at.clone()/> }.into_any(),
                            Err(problem) => notice::problem(app, &problem).into_any(),
                        },
                    )
                }}
            </div>
            <Button label=t.trial_again drawing=Icon::Sync press=again/>
        </section>
    }
}

/// What a form begins with: the data of the first subject of the programme, unless these are nobody's business.
async fn example(app: crate::app::App, at: &FormRoute) -> OpenedForm {
    let today = today_iso();
    let blank = OpenedForm {
        definition: Value::Null,
        known: BTreeMap::from([("today".to_owned(), today.clone())]),
        draft: None,
        answers: BTreeMap::new(),
        heading: String::new(),
        seen: Seen::default(),
    };
    let open = app.programme(&at.programme).is_some_and(|programme| {
        !programme.sensitive && programme.form(&at.form).is_some_and(|form| !form.creates_subject)
    });
    if !open {
        return blank;
    }
    let round = Round {
        programme: at.programme.clone(),
        zone: None,
        standing: Vec::new(),
        failed: None,
        today: today.clone(),
        offset: 0,
        limit: 1,
    };
    let Some(first) = ask(round).await.ok().and_then(|reply| reply.rows.into_iter().next()) else {
        return blank;
    };
    let wanted = OpenForm {
        programme: at.programme.clone(),
        form: at.form.clone(),
        subject: Some(first.id),
        corrects: None,
        code: String::new(),
        today,
    };
    ask(wanted).await.map_or(blank, |opened| OpenedForm { draft: None, ..opened })
}
