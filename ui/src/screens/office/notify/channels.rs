//! The ways out: each with its state, a test, and what it tells of.

use super::super::answers::programme_title;
use super::editor::Editor;
use super::{Desk, event_word, way_word, why};
use crate::backend::ask;
use crate::components::button::Button;
use crate::components::icon::Icon;
use crate::components::notice;
use crate::format;
use crate::strings::fill;
use domain::api::{ChannelRow, RemoveChannel, Rule, TestChannel};
use domain::notify::{Trouble, Way};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::collections::BTreeMap;

/// Which way is being made or changed.
#[derive(Clone, Debug, PartialEq)]
pub enum Editing {
    /// None.
    Nothing,
    /// A new one.
    New(Way),
    /// One that is there.
    Known(Box<ChannelRow>),
}

/// The section.
#[component]
pub fn Channels(desk: Desk) -> impl IntoView {
    let t = desk.t();
    let editing = RwSignal::new(Editing::Nothing);
    let add = move |way: Way| editing.set(Editing::New(way));
    view! {
        <section class="office-panel">
            <h2>{t.channels}</h2>
            {move || {
                desk.now
                    .with(|now| now.as_ref().map(|now| now.channels.is_empty()))
                    .unwrap_or(false)
                    .then(|| notice::empty(t.no_channels))
            }}
            <ul class="outside-list">
                <For
                    each=move || desk.now.with(|now| now.as_ref().map(|now| now.channels.clone()).unwrap_or_default())
                    key=|row| serde_json::to_string(row).unwrap_or_default()
                    children=move |row| view! { <Channel desk=desk row=row editing=editing/> }
                />
            </ul>
            {move || match editing.get() {
                Editing::Nothing => {
                    view! {
                        <div class="outside-buttons">
                            <Button label=t.add_line drawing=Icon::Plus press=move || add(Way::Line)/>
                            <Button label=t.add_email drawing=Icon::Plus press=move || add(Way::Email)/>
                            <Button label=t.add_webhook drawing=Icon::Plus press=move || add(Way::Webhook)/>
                        </div>
                    }
                    .into_any()
                }
                chosen => view! { <Editor desk=desk chosen=chosen editing=editing/> }.into_any(),
            }}
        </section>
    }
}

#[component]
fn Channel(desk: Desk, row: ChannelRow, editing: RwSignal<Editing>) -> impl IntoView {
    let t = desk.t();
    let (app, id) = (desk.app, row.id);
    let sure = RwSignal::new(false);
    let testing = RwSignal::new(false);
    let tested = RwSignal::new(None::<Result<(), Trouble>>);
    let test = move || {
        testing.set(true);
        tested.set(None);
        let office = desk.office;
        spawn_local(async move {
            match ask(TestChannel { id }).await {
                Ok(reply) => {
                    tested.try_set(Some(reply.trouble.map_or(Ok(()), Err)));
                }
                Err(problem) => office.say_problem(&problem),
            }
            testing.try_set(false);
        });
    };
    let state = match (row.trouble, row.last_ok_ms) {
        (Some(trouble), _) => fill(t.last_failed, &[why(trouble, t)]),
        (None, 0) => t.never_sent.to_owned(),
        (None, at) => fill(t.last_sent, &[&format::moment(at, app.lang())]),
    };
    let rules = rules_in_words(desk, &row.rules);
    let known = row.clone();
    view! {
        <li>
            <div class="outside-channel">
                <p><b>{row.title.clone()}</b>" "<span class="small">{way_word(row.way, t)}</span></p>
                <p class="inert outside-target">{row.target.clone()}</p>
                {rules
                    .into_iter()
                    .map(|line| view! { <p class="small">{line}</p> })
                    .collect_view()}
                <p class="small" class:outside-bad=row.trouble.is_some() hidden=move || tested.with(Option::is_some)>
                    {state}
                </p>
                <div role="status">
                    {move || {
                        tested
                            .get()
                            .map(|went| match went {
                                Ok(()) => {
                                    view! { <p class="outside-tested good">"✓ "{t.test_ok}</p> }.into_any()
                                }
                                Err(trouble) => {
                                    let said = fill(t.test_failed, &[why(trouble, t)]);
                                    view! { <p class="outside-tested bad">"✕ "{said}</p> }.into_any()
                                }
                            })
                    }}
                </div>
            </div>
            <div class="outside-buttons">
                <button type="button" class="office-small" disabled=move || testing.get() on:click=move |_| test()>
                    {move || if testing.get() { t.testing } else { t.send_test }}
                </button>
                <button
                    type="button"
                    class="office-small"
                    on:click=move |_| editing.set(Editing::Known(Box::new(known.clone())))
                >
                    {t.edit}
                </button>
                <button
                    type="button"
                    class="office-small"
                    on:click=move |_| {
                        if sure.get_untracked() {
                            desk.change(RemoveChannel { id }, |_| {});
                        } else {
                            sure.set(true);
                        }
                    }
                >
                    {move || if sure.get() { t.remove_sure } else { t.remove }}
                </button>
            </div>
        </li>
    }
}

/// A line for each programme, with its events.
fn rules_in_words(desk: Desk, rules: &[Rule]) -> Vec<String> {
    let t = desk.t();
    let mut of: BTreeMap<&str, Vec<&'static str>> = BTreeMap::new();
    for rule in rules {
        of.entry(&rule.programme).or_default().push(event_word(rule.event, t));
    }
    if of.is_empty() {
        return vec![t.no_rules.to_owned()];
    }
    of.into_iter()
        .map(|(programme, events)| match programme {
            "" => format!("{}: {}", t.the_system, events.join(", ")),
            id => format!("{}: {}", programme_title(desk.app, id), events.join(", ")),
        })
        .collect()
}
