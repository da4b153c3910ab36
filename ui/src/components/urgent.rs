//! What cannot wait, on top of everything until somebody has answered it: open orders of more than ordinary urgency, such
//! as red flags. A manager answers right here; who may not sees that nobody has.

use crate::app::{App, Loaded, app, load};
use crate::backend::ask;
use crate::browser::now_ms;
use crate::components::button::{Button, Weight};
use crate::components::field::Line;
use crate::components::icon::{Icon, icon};
use crate::strings::care::care as words;
use crate::strings::fill;
use domain::api::{MoveOrder, OrderRow, Orders};
use domain::order::{Setter, StateClass, StateKind};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// Most that are shown; who has more has them in the list of orders.
const SHOWN: usize = 12;

/// What cannot wait.
#[component]
pub fn Urgent(
    /// The person may answer.
    #[prop(into)]
    answers: Signal<bool>,
    /// What a press on a heading does.
    open: Callback<domain::ids::RecordId>,
) -> impl IntoView {
    let app = app();
    let t = words(app);
    let state = load(app, || Orders { limit: 50, ..Orders::default() });
    // Drawn anew only when other orders are open, so that a sentence that is being typed stays.
    let rows = Memo::new(move |_| {
        state.with(|state| match state {
            Loaded::Ready(found) => {
                let urgent =
                    found.rows.iter().filter(|row| !row.severity.is_empty() && row.class == StateClass::Open);
                urgent.take(SHOWN).cloned().collect::<Vec<_>>()
            }
            _ => Vec::new(),
        })
    });
    move || {
        let rows = rows.get();
        if rows.is_empty() || app.programmes.with(Vec::is_empty) {
            return None;
        }
        let count = fill(t.urgent_n, &[&crate::format::count(rows.len() as u64)]);
        let list = rows
            .into_iter()
            .map(|row| view! { <Case row=row answers=answers.get() open=open/> })
            .collect_view();
        Some(view! {
            <section class="urgent" aria-label=t.urgent>
                <h2>{icon(Icon::Warning)} <span>{count}</span></h2>
                <ul>{list}</ul>
            </section>
        })
    }
}

/// The states that an order can be brought to from where it is and that end it.
fn ends(app: App, row: &OrderRow) -> Vec<StateKind> {
    let Some(programme) = app.programme(&row.subject.programme) else { return Vec::new() };
    let Some(kind) = programme.orders.iter().find(|kind| kind.id == row.kind) else { return Vec::new() };
    let fits = |state: &&StateKind| {
        state.class == StateClass::Done
            && state.set_by.contains(&Setter::Office)
            && (state.after.is_empty() || state.after.contains(&row.state))
            && !state.needs_photo
            && !state.needs_checks
    };
    kind.states.iter().filter(fits).cloned().collect()
}

#[component]
fn Case(row: OrderRow, answers: bool, open: Callback<domain::ids::RecordId>) -> impl IntoView {
    let app = app();
    let t = words(app);
    let language = app.lang().code();
    let programme = app.programme(&row.subject.programme);
    let kind =
        programme.as_ref().and_then(|programme| programme.orders.iter().find(|kind| kind.id == row.kind));
    let title = |id: &String| {
        let topic = kind.and_then(|kind| kind.topics.iter().find(|topic| topic.id == *id));
        topic.map_or_else(|| id.clone(), |topic| topic.title.in_language(language).to_owned())
    };
    let topics = row.topics.iter().map(title).collect::<Vec<_>>().join(" · ");
    let advice = kind
        .and_then(|kind| kind.severities.iter().find(|severity| severity.id == row.severity))
        .map(|severity| severity.advice.in_language(language).to_owned())
        .filter(|advice| !advice.is_empty());
    let since = crate::format::ago(row.opened_ms, now_ms(), app.t(), app.lang());
    let subject = row.subject.id;
    let states = if answers { ends(app, &row) } else { Vec::new() };
    let order = row.id;
    let note = RwSignal::new(String::new());
    let asking = RwSignal::new(None::<String>);
    let wrong = RwSignal::new(false);
    let save = move |state: &StateKind| {
        let typed = note.get_untracked().trim().to_owned();
        if state.needs_note && typed.is_empty() {
            if asking.get_untracked().as_ref() == Some(&state.id) {
                wrong.set(true);
            }
            asking.set(Some(state.id.clone()));
            return;
        }
        let state = state.id.clone();
        spawn_local(async move {
            match ask(MoveOrder { order, state, note: typed, duplicate_of: None, place: None }).await {
                Ok(_) => {
                    app.say(t.urgent_answered);
                    app.changed.update(|n| *n += 1);
                }
                Err(problem) => app.say_problem(&problem),
            }
        });
    };
    let buttons = states
        .into_iter()
        .map(|state| {
            let label = match state.button.th.is_empty() {
                true => state.title.in_language(language).to_owned(),
                false => state.button.in_language(language).to_owned(),
            };
            view! { <Button label=label drawing=Icon::Check weight=Weight::Main press=move || save(&state)/> }
        })
        .collect_view();
    view! {
        <li class="urgent-case" class:late=row.late>
            <button type="button" class="urgent-head" on:click=move |_| open.run(subject)>
                <b>{row.subject.heading.clone()}</b>
                <span>{topics}</span>
                <small>{fill(if row.late { t.urgent_late } else { t.urgent_since }, &[&since])}</small>
            </button>
            {advice.map(|advice| view! { <p class="small">{advice}</p> })}
            {(!answers).then(|| view! { <p class="small">{t.urgent_waits}</p> })}
            {move || {
                asking
                    .get()
                    .is_some()
                    .then(|| {
                        view! {
                            <Line label=t.urgent_note value=note focus=true/>
                            {move || wrong.get().then(|| view! { <p class="wrong" role="alert">{t.urgent_note_needed}</p> })}
                        }
                    })
            }}
            {buttons}
        </li>
    }
}
