//! Opening a work order at the desk, for somebody who called: about what, and in words.

use super::desk::AtDesk;
use super::page::Page;
use super::state::office;
use crate::app::app;
use crate::backend::ask;
use crate::components::button::{Button, Weight};
use crate::components::field::{Line, tick};
use crate::components::icon::Icon;
use crate::strings::fill;
use crate::strings::office::desk::desk as words;
use domain::api;
use domain::ids::RecordId;
use domain::order::OrderKind;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::collections::BTreeSet;

/// An order of one kind for a subject.
#[component]
pub fn OpenOrder(
    /// The subject.
    subject: RecordId,
    /// The kind of order.
    kind: OrderKind,
    /// What is being written down; nothing afterwards.
    writing: AtDesk,
) -> impl IntoView {
    let app = app();
    let office = office();
    let t = words(app);
    let language = app.lang().code();
    let topics = RwSignal::new(BTreeSet::<String>::new());
    let note = RwSignal::new(String::new());
    let wrong = RwSignal::new(String::new());
    let saving = RwSignal::new(false);
    let title = fill(t.open_order, &[kind.title.in_language(language)]);
    let boxes = kind
        .topics
        .iter()
        .map(|topic| tick(topic.id.clone(), topics, topic.title.in_language(language).to_owned()))
        .collect_view();
    let open = move || {
        let request = api::OpenOrder {
            subject,
            kind: kind.id.clone(),
            topics: topics.with_untracked(|topics| topics.iter().cloned().collect()),
            note: note.get_untracked().trim().to_owned(),
            photos: Vec::new(),
            place: None,
        };
        if request.topics.is_empty() && request.note.is_empty() {
            wrong.set(t.say_what.to_owned());
            return;
        }
        wrong.set(String::new());
        saving.set(true);
        spawn_local(async move {
            match ask(request).await {
                Ok(saved) => {
                    app.saved(saved.counts);
                    writing.try_set(None);
                    Page::Orders(Some(saved.record)).open();
                }
                Err(problem) => {
                    wrong.try_set(office.explain(&problem));
                }
            }
            saving.try_set(false);
        });
    };
    view! {
        <section class="office-desk" aria-label=title.clone()>
            <h2>{title.clone()}</h2>
            <fieldset>
                <legend>{t.about_what}</legend>
                {boxes}
            </fieldset>
            <Line label=t.in_words value=note/>
            <p class="wrong" role="alert">{move || wrong.get()}</p>
            <div class="office-actions">
                <Button label=title.clone() weight=Weight::Main drawing=Icon::Check disabled=saving press=open/>
                <Button label=app.t().cancel press=move || writing.set(None)/>
            </div>
        </section>
    }
}
