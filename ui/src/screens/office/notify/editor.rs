//! Making or changing a way out: what it is called, where it leads, its secret, and of what it tells.

use super::super::answers::programme_title;
use super::channels::Editing;
use super::{Desk, event_word, way_word};
use crate::components::button::{Button, Weight};
use crate::components::field::{Keys, Line, OnInput};
use domain::api::{ChannelRow, PutChannel, Rule, Secret};
use domain::notify::{Event, Way};
use leptos::prelude::*;
use std::collections::BTreeSet;

/// Events of a programme; the last of [`Event::ALL`] belongs to none.
const OF_PROGRAMMES: [Event; 4] = [Event::Opened, Event::RedFlag, Event::Changed, Event::Overdue];

/// The editor.
#[component]
pub fn Editor(desk: Desk, chosen: Editing, editing: RwSignal<Editing>) -> impl IntoView {
    let t = desk.t();
    let app = desk.app;
    let (way, known): (Way, Option<ChannelRow>) = match chosen {
        Editing::New(way) => (way, None),
        Editing::Known(row) => (row.way, Some(*row)),
        Editing::Nothing => (Way::Email, None),
    };
    let text =
        |of: fn(&ChannelRow) -> &String| RwSignal::new(known.as_ref().map(of).cloned().unwrap_or_default());
    let (title, target) = (text(|row| &row.title), text(|row| &row.target));
    let secret = RwSignal::new(String::new());
    let rules: RwSignal<BTreeSet<Rule>> =
        RwSignal::new(known.as_ref().map(|row| row.rules.iter().cloned().collect()).unwrap_or_default());
    let wrong = RwSignal::new(String::new());
    let fresh = RwSignal::new(None::<String>);
    let id = known.as_ref().map(|row| row.id);
    let has_secret = known.as_ref().is_some_and(|row| row.has_secret);

    let save = move || {
        let typed = secret.get_untracked().trim().to_owned();
        let put = PutChannel {
            id,
            way,
            title: title.get_untracked(),
            target: target.get_untracked(),
            secret: (!typed.is_empty()).then_some(Secret(typed)),
            rules: rules.get_untracked().into_iter().collect(),
        };
        wrong.set(String::new());
        desk.change(put, move |put| match put {
            Ok(put) => {
                app.say(t.saved);
                match put.secret {
                    Some(made) => {
                        fresh.try_set(Some(made.0));
                    }
                    None => {
                        editing.try_set(Editing::Nothing);
                    }
                }
            }
            Err(problem) => {
                let sentence = desk.explain(&problem, |about| match about {
                    "title" => Some(t.wrong_title),
                    "target" => Some(t.wrong_target),
                    "secret" => Some(t.wrong_secret),
                    _ => None,
                });
                wrong.try_set(sentence);
            }
        });
    };
    let where_to = match way {
        Way::Line => view! { <Line label=t.line_target hint=t.line_target_hint value=target/> }.into_any(),
        Way::Email => view! { <Line label=t.email_target value=target/> }.into_any(),
        Way::Webhook => {
            view! { <Line label=t.webhook_target hint=t.webhook_target_hint value=target keys=Keys::Address/> }
                .into_any()
        }
    };
    let secret_hint = |fresh: &'static str| if has_secret { t.secret_kept } else { fresh };
    let what_secret = match way {
        Way::Line => {
            let hint = secret_hint(t.line_token_hint);
            view! { <Line label=t.line_token hint=hint value=secret secret=true/> }.into_any()
        }
        Way::Webhook => {
            let hint = secret_hint(t.webhook_key_hint);
            view! { <Line label=t.webhook_key hint=hint value=secret secret=true/> }.into_any()
        }
        Way::Email => ().into_any(),
    };
    view! {
        <div class="outside-editor">
            <h3>{if id.is_some() { t.channel_change } else { t.channel_new }}": "{way_word(way, t)}</h3>
            {move || match fresh.get() {
                Some(key) => {
                    view! {
                        <div class="office-used" role="status">
                            <p>{t.key_once}</p>
                            <p class="outside-key" translate="no" id="new-key">{key}</p>
                            <Button label=t.key_copied press=move || editing.set(Editing::Nothing)/>
                        </div>
                    }
                    .into_any()
                }
                None => ().into_any(),
            }}
            <div hidden=move || fresh.with(Option::is_some)>
                <Line label=t.channel_title hint=t.channel_title_hint value=title focus=true/>
                {where_to}
                {what_secret}
                <fieldset class="outside-rules">
                    <legend>{t.tell_of}</legend>
                    {app.programmes
                        .get_untracked()
                        .iter()
                        .map(|programme| row_of(desk, &programme.id, &OF_PROGRAMMES, rules))
                        .collect_view()}
                    {row_of(desk, "", &[Event::Trouble], rules)}
                </fieldset>
                <p class="wrong" role="alert">{move || wrong.get()}</p>
                <div class="outside-buttons">
                    <Button label=t.save weight=Weight::Main disabled=desk.busy press=save/>
                    <Button label=t.cancel weight=Weight::Quiet press=move || editing.set(Editing::Nothing)/>
                </div>
            </div>
        </div>
    }
}

/// The events of a programme, to be ticked.
fn row_of(
    desk: Desk,
    programme: &str,
    events: &[Event],
    rules: RwSignal<BTreeSet<Rule>>,
) -> impl IntoView + use<> {
    let t = desk.t();
    let title =
        if programme.is_empty() { t.the_system.to_owned() } else { programme_title(desk.app, programme) };
    let ticks = events
        .iter()
        .map(|event| {
            let rule = Rule { programme: programme.to_owned(), event: *event };
            let own = rule.clone();
            let change = move |input: OnInput| {
                let ticked = input.target().checked();
                rules.update(|rules| {
                    if ticked {
                        rules.insert(rule.clone());
                    } else {
                        rules.remove(&rule);
                    }
                });
            };
            view! {
                <label class="tick">
                    <input
                        type="checkbox"
                        prop:checked=move || rules.with(|rules| rules.contains(&own))
                        on:change:target=change
                    />
                    <span>{event_word(*event, t)}</span>
                </label>
            }
        })
        .collect_view();
    view! {
        <div class="outside-rule" role="group" aria-label=title.clone()>
            <b>{title.clone()}</b>
            <div>{ticks}</div>
        </div>
    }
}
