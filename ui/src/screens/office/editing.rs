//! Correcting one field of a subject, with the reason. What was there before stays in the history.

use super::state::office;
use crate::app::app;
use crate::backend::ask;
use crate::components::button::{Button, Weight};
use crate::components::field::{Line, subject_field};
use crate::components::icon::Icon;
use crate::screens::edit::{as_typed, as_value};
use crate::strings::fill;
use crate::strings::office::office as words;
use domain::api;
use domain::change::{Value, Values};
use domain::ids::{RecordId, Seq};
use domain::programme::FieldKind;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// What is being corrected.
#[derive(Clone, Debug, PartialEq)]
pub struct Editing {
    /// Whose.
    pub subject: RecordId,
    /// The number of the card it was read from.
    pub base_seq: Seq,
    /// Its heading.
    pub heading: String,
    /// The field.
    pub kind: FieldKind,
    /// Its value now.
    pub value: Option<Value>,
}

/// The dialog; it shows while something is being corrected.
#[component]
pub fn EditDialog(
    /// What is being corrected.
    editing: RwSignal<Option<Editing>>,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let open = editing.with(Option::is_some);
        if let Some(dialog) = dialog.get() {
            if open && !dialog.open() {
                let _ = dialog.show_modal();
            } else if !open && dialog.open() {
                dialog.close();
            }
        }
    });
    let app = app();
    let t = words(app);
    view! {
        <dialog node_ref=dialog on:close=move |_| editing.set(None) aria-label=app.t().correct_data>
            {move || {
                editing
                    .get()
                    .map(|now| {
                        let title = fill(t.edit_field, &[now.kind.title.in_language(app.lang().code())]);
                        view! {
                            <form
                                class="sheet"
                                novalidate
                                on:submit=|event| event.prevent_default()
                            >
                                <h2>{title}</h2>
                                <p class="small">{now.heading.clone()}</p>
                                {sheet(now, editing)}
                            </form>
                        }
                    })
            }}
        </dialog>
    }
}

fn sheet(now: Editing, editing: RwSignal<Option<Editing>>) -> impl IntoView {
    let app = app();
    let office = office();
    let t = words(app);
    let Editing { subject, base_seq, kind, value, .. } = now;
    let before = value.as_ref().map_or(String::new(), |value| as_typed(&kind, value));
    let typed = RwSignal::new(before.clone());
    let reason = RwSignal::new(String::new());
    let wrong = RwSignal::new(String::new());
    let saving = RwSignal::new(false);
    let field = subject_field(&kind, typed, app.lang().code(), app.t().not_known);
    let save = Callback::new(move |()| {
        let text = typed.get_untracked();
        if saving.get_untracked() {
            return;
        }
        if text == before {
            editing.set(None);
            return;
        }
        let Some(new) = as_value(&kind, &text) else {
            wrong.set(app.t().cannot_read.to_owned());
            return;
        };
        wrong.set(String::new());
        saving.set(true);
        let values: Values = [(kind.id.clone(), new)].into();
        let reason = Some(reason.get_untracked().trim().to_owned()).filter(|reason| !reason.is_empty());
        spawn_local(async move {
            match ask(api::EditSubject { subject, values, base_seq: Some(base_seq), reason }).await {
                Ok(_) => {
                    editing.set(None);
                    app.changed.update(|n| *n += 1);
                    app.say(app.t().saved);
                }
                Err(problem) => {
                    wrong.try_set(office.explain(&problem));
                }
            }
            saving.try_set(false);
        });
    });
    view! {
        {field}
        <Line label=t.reason value=reason enter=save/>
        <p class="wrong" role="alert">{move || wrong.get()}</p>
        <div class="office-actions">
            <Button label=app.t().save weight=Weight::Main drawing=Icon::Check disabled=saving press=move || save.run(())/>
            <Button label=app.t().cancel press=move || editing.set(None)/>
        </div>
    }
}
