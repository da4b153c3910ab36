//! Keys of systems outside that may send cases in.

use super::Desk;
use crate::components::button::Button;
use crate::components::field::Line;
use crate::components::icon::Icon;
use crate::components::notice;
use crate::format;
use crate::strings::fill;
use domain::api::{EndKey, KeyRow, NewKey};
use leptos::prelude::*;

/// The section.
#[component]
pub fn Keys(desk: Desk) -> impl IntoView {
    let t = desk.t();
    let title = RwSignal::new(String::new());
    let wrong = RwSignal::new(String::new());
    let fresh = RwSignal::new(None::<String>);
    let make = move || {
        wrong.set(String::new());
        desk.change(NewKey { title: title.get_untracked() }, move |made| match made {
            Ok(made) => {
                title.try_set(String::new());
                fresh.try_set(Some(made.key.0));
            }
            Err(problem) => {
                wrong.try_set(desk.explain(&problem, |about| (about == "title").then_some(t.wrong_title)));
            }
        });
    };
    view! {
        <section class="office-panel">
            <h2>{t.keys}</h2>
            <p>{t.keys_lead}</p>
            {move || {
                fresh
                    .get()
                    .map(|key| {
                        view! {
                            <div class="office-used" role="status">
                                <p>{t.key_once}</p>
                                <p class="outside-key" translate="no" id="new-outside-key">{key}</p>
                                <Button label=t.key_copied press=move || fresh.set(None)/>
                            </div>
                        }
                    })
            }}
            {move || {
                desk.now
                    .with(|now| {
                        now.as_ref()
                            .map(|now| {
                                if now.keys.is_empty() {
                                    return notice::empty(t.no_keys);
                                }
                                let rows = now.keys.iter().map(|row| one(desk, row)).collect_view();
                                view! { <ul class="outside-list">{rows}</ul> }.into_any()
                            })
                    })
            }}
            <Line label=t.key_title value=title/>
            <p class="wrong" role="alert">{move || wrong.get()}</p>
            <Button label=t.key_make drawing=Icon::Plus disabled=desk.busy press=make/>
        </section>
    }
}

fn one(desk: Desk, row: &KeyRow) -> impl IntoView + use<> {
    let t = desk.t();
    let id = row.id;
    let sure = RwSignal::new(false);
    let used = match row.used_ms {
        0 => t.key_unused.to_owned(),
        at => fill(t.key_used, &[&format::moment(at, desk.app.lang())]),
    };
    view! {
        <li>
            <div class="outside-channel">
                <p><b>{row.title.clone()}</b></p>
                <p class="small">{used}</p>
            </div>
            <div class="outside-buttons">
                <button
                    type="button"
                    class="office-small"
                    on:click=move |_| {
                        if sure.get_untracked() { desk.change(EndKey { id }, |_| {}) } else { sure.set(true) }
                    }
                >
                    {move || if sure.get() { t.key_end_sure } else { t.key_end }}
                </button>
            </div>
        </li>
    }
}
