//! After saving: the one word everybody waits for, and the next one of the round, which opens by itself.

use crate::app::{JustSaved, app};
use crate::backend::ask;
use crate::browser::{today_iso, wait};
use crate::components::button::{Button, Weight};
use crate::components::icon::{Icon, icon};
use crate::components::row::subject_row;
use crate::components::strip::{Short, unsent};
use crate::route::{Route, replace};
use crate::strings::fill;
use domain::api;
use domain::api::SubjectRow;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// Seconds until the next one opens by itself, unless somebody says stop.
const OPENS_AFTER_S: u32 = 5;

/// The screen after saving.
#[component]
pub fn Saved() -> impl IntoView {
    let app = app();
    let t = app.t();
    let Some(saved) = app.just_saved.get_untracked() else {
        // The page was loaded anew here: what was saved is saved, and home says so in numbers.
        replace(&Route::Home);
        return ().into_any();
    };
    let heading = NodeRef::<html::H1>::new();
    let next = RwSignal::new(None::<SubjectRow>);
    let left = RwSignal::new(None::<u32>);
    Effect::new(move |_| {
        if let Some(heading) = heading.get() {
            let _ = heading.focus();
        }
    });
    let JustSaved { programme, subject, heading: name, what, in_round, correction } = saved;
    spawn_local(async move {
        let Some(subject) = subject else { return };
        let Ok(Some(row)) = ask(api::NextInRound { after: subject, today: today_iso() }).await else {
            return;
        };
        let id = row.id;
        next.try_set(Some(row));
        if !in_round {
            return;
        }
        for seconds in (1..=OPENS_AFTER_S).rev() {
            left.try_set(Some(seconds));
            wait(1_000).await;
            // Stopped, or the screen was left.
            if left.try_get_untracked().flatten() != Some(seconds) {
                return;
            }
        }
        app.in_round.set(true);
        replace(&Route::Card(id));
    });
    let open = move |row: &SubjectRow| {
        app.in_round.set(in_round);
        replace(&Route::Card(row.id));
    };
    view! {
        <main class="screen alone saved">
            <div class="tick">{icon(Icon::Check)}</div>
            <h1 tabindex="-1" node_ref=heading>{t.saved}</h1>
            <p class="large-text">{name}</p>
            {move || {
                let waits = app.status.get().is_some_and(|status| unsent(&status.counts) > 0);
                waits.then(|| view! { <p>{t.sends_itself}</p> })
            }}
            <p>{what}</p>
            {move || {
                next.get()
                    .map(|row| {
                        view! {
                            <section class="next">
                                <h2>{t.next_one}</h2>
                                <ul class="rows">{subject_row(app, &row, open)}</ul>
                                {move || {
                                    left.get()
                                        .map(|seconds| {
                                            view! {
                                                <p role="timer">{fill(t.opens_in, &[&seconds.to_string()])}</p>
                                                <Button label=t.stay_here press=move || left.set(None)/>
                                            }
                                        })
                                }}
                            </section>
                        }
                    })
            }}
            {subject.and_then(|id| crate::screens::bill::button(app, &programme, id, true))}
            <Button
                label=t.scan_next
                weight=Weight::Main
                drawing=Icon::Scan
                press=|| replace(&Route::Scan)
            />
            {subject
                .map(|id| {
                    view! { <Button label=t.back_to_card drawing=Icon::Back press=move || replace(&Route::Card(id))/> }
                })}
            {correction
                .map(|form| {
                    let to = Route::Form(form);
                    view! { <Button label=t.correct_visit drawing=Icon::Edit press=move || replace(&to)/> }
                })}
            <Button label=t.home weight=Weight::Quiet press=|| replace(&Route::Home)/>
            <Short/>
        </main>
    }
    .into_any()
}
