//! Bringing an order to its next state: one large button each, and a question where a sentence or another order is needed.

use super::press;
use crate::app::{App, app};
use crate::backend::ask;
use crate::components::button::{Button, Weight};
use crate::components::dialog::{Dialog, open_about};
use crate::components::field::{OnText, Select};
use crate::components::icon::Icon;
use crate::components::order::{kind_of, state_button, state_title, topics_text};
use crate::position;
use crate::strings::fill;
use crate::strings::orders::orders as words;
use domain::api;
use domain::api::OrderReply;
use domain::ids::RecordId;
use domain::order::{OrderKind, StateKind};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// A step that still needs a word.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Moving {
    order: RecordId,
    programme: String,
    kind: String,
    state: String,
    needs_note: bool,
    /// Orders that this one may be the same as, and what they are about; empty where that is not asked.
    others: Vec<(String, String)>,
}

/// The buttons to the states that can come next.
pub(super) fn buttons(
    app: App,
    order: &OrderReply,
    kind: Option<&OrderKind>,
    moving: RwSignal<Option<Moving>>,
) -> Option<impl IntoView + use<>> {
    let t = words(app);
    let kind = kind?;
    let busy = RwSignal::new(false);
    let next: Vec<&StateKind> = order
        .next
        .iter()
        .filter_map(|id| kind.state(id))
        // A duplicate of what, if there is nothing else here?
        .filter(|state| !state.duplicate || !order.others.is_empty())
        // The office says to whom, in the list below.
        .filter(|state| !state.on_assign || !order.may_manage)
        .collect();
    // The strongest is the one that leads on without a word: not the one that waits.
    let main = next.iter().position(|state| !state.needs_note && !state.duplicate).unwrap_or(0);
    let all = next
        .iter()
        .enumerate()
        .map(|(place, state)| {
            let weight = if place == main { Weight::Main } else { Weight::Plain };
            let drawing = if state.needs_note { Icon::Edit } else { Icon::Check };
            let missing = missing(app, order, kind, state);
            let step = Moving {
                order: order.row.id,
                programme: order.row.subject.programme.clone(),
                kind: kind.id.clone(),
                state: state.id.clone(),
                needs_note: state.needs_note,
                others: if state.duplicate {
                    let about = |row: &api::OrderRow| topics_text(app, Some(kind), &row.topics);
                    order.others.iter().map(|row| (row.id.to_string(), about(row))).collect()
                } else {
                    Vec::new()
                },
            };
            press(state_button(app, state), drawing, weight, busy, move || {
                if let Some(missing) = missing {
                    app.say(missing);
                } else if step.needs_note || !step.others.is_empty() {
                    moving.set(Some(step.clone()));
                } else {
                    move_to(app, step.clone(), String::new(), None, busy);
                }
            })
        })
        .collect_view();
    (!next.is_empty()).then(|| view! { <section class="order-next"><h3>{t.next_step}</h3>{all}</section> })
}

/// What must be done on this screen before.
fn missing(app: App, order: &OrderReply, kind: &OrderKind, state: &StateKind) -> Option<&'static str> {
    let t = words(app);
    if state.needs_checks && !kind.checks.iter().all(|check| order.checks.contains(&check.id)) {
        return Some(t.needs_checks);
    }
    let has_after = !order.after.is_empty();
    (state.needs_photo && !has_after).then_some(t.needs_photo)
}

fn move_to(app: App, step: Moving, note: String, duplicate_of: Option<RecordId>, busy: RwSignal<bool>) {
    busy.set(true);
    spawn_local(async move {
        let kind = kind_of(app, &step.programme, &step.kind);
        let title = state_title(app, kind.as_ref(), &step.state);
        let place = position::stamped(app);
        match ask(api::MoveOrder { order: step.order, state: step.state, note, duplicate_of, place }).await {
            Ok(saved) => {
                app.say(fill(words(app).moved, &[&title]));
                app.saved(saved.counts);
            }
            Err(problem) => app.say_problem(&problem),
        }
        busy.try_set(false);
    });
}

/// Asks for the sentence, or for the other order.
#[component]
pub(super) fn MoveDialog(
    /// The step that waits for it.
    moving: RwSignal<Option<Moving>>,
) -> impl IntoView {
    let app = app();
    let t = words(app);
    let note = RwSignal::new(String::new());
    let other = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let open = open_about(moving, move |step: Moving| {
        note.set(String::new());
        other.set(step.others.first().map(|(id, _)| id.clone()).unwrap_or_default());
    });
    let confirm = move || {
        let Some(step) = moving.get_untracked() else { return };
        let said = note.get_untracked().trim().to_owned();
        if step.needs_note && said.is_empty() {
            app.say(t.note_needed);
            return;
        }
        open.set(false);
        move_to(app, step, said, other.get_untracked().parse().ok(), busy);
    };
    view! {
        <Dialog open=open title=t.next_step>
            {move || {
                moving
                    .get()
                    .map(|step| {
                        let kind = kind_of(app, &step.programme, &step.kind);
                        let title = state_title(app, kind.as_ref(), &step.state);
                        // Only where citizens report is there somebody who follows.
                        let is_followed =
                            kind.as_ref().is_some_and(|kind| kind.topics.iter().any(|topic| topic.citizen));
                        let lead = if is_followed { fill(t.note_for, &[&title]) } else { title };
                        view! {
                            <p>{lead}</p>
                            {(!step.others.is_empty())
                                .then(|| view! { <Select label=t.choose_other options=step.others.clone() value=other/> })}
                            <label class="field">
                                <span class="label">{t.note}</span>
                                <textarea
                                    rows="3"
                                    maxlength="500"
                                    prop:value=move || note.get()
                                    on:input:target=move |event: OnText| note.set(event.target().value())
                                ></textarea>
                            </label>
                        }
                    })
            }}
            <Button label=t.confirm weight=Weight::Main drawing=Icon::Check press=confirm/>
            <Button label=t.cancel weight=Weight::Quiet press=move || open.set(false)/>
        </Dialog>
    }
}
