//! What cannot wait, on top of everything until somebody has answered it: open orders of more than ordinary urgency, such
//! as red flags. A manager answers right here; who may not sees that nobody has.

use crate::app::{App, Loaded, app, load};
use crate::backend::ask;
use crate::browser::now_ms;
use crate::components::button::{Button, Weight};
use crate::components::call::with_calls;
use crate::components::field::Line;
use crate::components::icon::{Icon, icon};
use crate::components::order::{about_text, kind_of};
use crate::strings::care::care as words;
use crate::strings::fill;
use domain::api::{MoveOrder, OrderRow, Orders};
use domain::ids::RecordId;
use domain::order::{Setter, StateClass, StateKind};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// What cannot wait.
#[component]
pub fn Urgent(
    /// The person may answer.
    #[prop(into)]
    answers: Signal<bool>,
    /// What a press on a heading does.
    open: Callback<RecordId>,
    /// How many are shown at first; the others with a press.
    #[prop(default = 12)]
    most: usize,
    /// Asked again whenever this changes: at the office, where nothing syncs.
    #[prop(optional, into)]
    again: Option<Signal<u32>>,
) -> impl IntoView {
    let app = app();
    let t = words(app);
    let state = load(app, move || {
        let _ = again.map(|again| again.get());
        Orders { urgent: true, limit: 200, ..Orders::default() }
    });
    let found = Memo::new(move |_| {
        state.with(|state| match state {
            Loaded::Ready(found) => (found.rows.clone(), found.total),
            _ => (Vec::new(), 0),
        })
    });
    let all = RwSignal::new(false);
    // Each by its id: a sentence that is being typed stays where it is when another comes.
    let shown = move || {
        let most = if all.get() { usize::MAX } else { most };
        found.with(|(rows, _)| rows.iter().take(most).cloned().collect::<Vec<_>>())
    };
    let late = move |id: RecordId| {
        Signal::derive(move || found.with(|(rows, _)| rows.iter().any(|row| row.id == id && row.late)))
    };
    // A correction may have changed what raised it.
    let about = move |id: RecordId| {
        let text = move |row: &OrderRow| {
            about_text(app, kind_of(app, &row.subject.programme, &row.kind).as_ref(), row)
        };
        Signal::derive(move || {
            found.with(|(rows, _)| rows.iter().find(|row| row.id == id).map(text).unwrap_or_default())
        })
    };
    let count = move || fill(t.urgent_n, &[&crate::format::count(found.with(|(_, total)| *total))]);
    let more = move || {
        let left = found.with(|(rows, _)| rows.len().saturating_sub(most));
        (left > 0 && !all.get()).then(|| {
            let label = fill(t.urgent_more, &[&crate::format::count(left as u64)]);
            view! { <Button label=label weight=Weight::Quiet press=move || all.set(true)/> }
        })
    };
    // What to do is said once for all of them, however many there are.
    let advice = move || {
        let mut all: Vec<String> = Vec::new();
        for row in found.with(|(rows, _)| rows.clone()) {
            if let Some(one) = advice_of(app, &row).filter(|one| !all.contains(one)) {
                all.push(one);
            }
        }
        all.into_iter().map(|one| view! { <p class="small">{with_calls(&one)}</p> }).collect_view()
    };
    let any = Memo::new(move |_| {
        found.with(|(rows, _)| !rows.is_empty()) && app.programmes.with(|all| !all.is_empty())
    });
    view! {
        <Show when=move || any.get()>
            <section class="urgent" aria-label=t.urgent>
                <h2>{icon(Icon::Warning)} <span>{count}</span></h2>
                <ul>
                    <For
                        each=shown
                        key=|row| row.id
                        children=move |row| {
                            let (late, about) = (late(row.id), about(row.id));
                            view! { <Case row=row late=late about=about answers=answers open=open/> }
                        }
                    />
                </ul>
                {more}
                {move || (!answers.get()).then(|| view! { <p class="small">{t.urgent_waits}</p> })}
                {advice}
            </section>
        </Show>
    }
}

/// What people do first about an order as urgent as this one.
fn advice_of(app: App, row: &OrderRow) -> Option<String> {
    let kind = kind_of(app, &row.subject.programme, &row.kind)?;
    let severity = kind.severities.iter().find(|severity| severity.id == row.severity)?;
    Some(severity.advice.in_language(app.lang().code()).to_owned()).filter(|advice| !advice.is_empty())
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
fn Case(
    row: OrderRow,
    late: Signal<bool>,
    about: Signal<String>,
    answers: Signal<bool>,
    open: Callback<RecordId>,
) -> impl IntoView {
    let app = app();
    let t = words(app);
    let language = app.lang().code();
    let since = crate::format::ago(row.opened_ms, now_ms(), app.t(), app.lang());
    let subject = row.subject.id;
    let states = ends(app, &row);
    let order = row.id;
    let note = RwSignal::new(String::new());
    let asking = RwSignal::new(None::<String>);
    let wrong = RwSignal::new(false);
    let save = Callback::new(move |state: StateKind| {
        let typed = note.get_untracked().trim().to_owned();
        if state.needs_note && typed.is_empty() {
            if asking.get_untracked().as_ref() == Some(&state.id) {
                wrong.set(true);
            }
            asking.set(Some(state.id.clone()));
            return;
        }
        let state = state.id;
        spawn_local(async move {
            match ask(MoveOrder { order, state, note: typed, duplicate_of: None, place: None }).await {
                Ok(_) => {
                    app.say(t.urgent_answered);
                    app.changed.update(|n| *n += 1);
                }
                Err(problem) => app.say_problem(&problem),
            }
        });
    });
    let button = move |state: StateKind| {
        let label = match state.button.th.is_empty() {
            true => state.title.in_language(language).to_owned(),
            false => state.button.in_language(language).to_owned(),
        };
        let press = move || save.run(state.clone());
        view! { <Button label=label drawing=Icon::Check weight=Weight::Main press=press/> }
    };
    let buttons = move || {
        let may = answers.get();
        may.then(|| states.clone().into_iter().map(button).collect_view())
    };
    view! {
        <li class="urgent-case" class:late=late>
            <button type="button" class="urgent-head" on:click=move |_| open.run(subject)>
                <b>{row.subject.heading.clone()}</b>
                <span>{about}</span>
                <small>{move || fill(if late.get() { t.urgent_late } else { t.urgent_since }, &[&since])}</small>
            </button>
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
