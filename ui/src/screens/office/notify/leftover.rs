//! What could not be handed over yet, or was given up.

use super::{Desk, why};
use crate::components::button::Button;
use crate::components::icon::Icon;
use crate::components::notice;
use crate::format;
use crate::strings::fill;
use domain::api::{NoticeRow, RetryNotices};
use leptos::prelude::*;

/// The section.
#[component]
pub fn Leftover(desk: Desk) -> impl IntoView {
    let t = desk.t();
    let app = desk.app;
    let retry = move || {
        desk.change(RetryNotices {}, move |went| {
            if went.is_ok() {
                app.say(t.retried)
            }
        })
    };
    view! {
        <section class="office-panel">
            <h2>{t.failed}</h2>
            {move || {
                desk.now
                    .with(|now| {
                        now.as_ref()
                            .map(|now| {
                                if now.failed.is_empty() && now.waiting == 0 {
                                    return notice::empty(t.none_failed);
                                }
                                let waiting = (now.waiting > 0)
                                    .then(|| view! { <p>{fill(t.waiting, &[&format::count(now.waiting)])}</p> });
                                let rows = now.failed.iter().map(|row| one(desk, row)).collect_view();
                                let again = (!now.failed.is_empty())
                                    .then(|| view! { <Button label=t.retry_all drawing=Icon::Sync press=retry/> });
                                view! {
                                    {waiting}
                                    <ul class="outside-list">{rows}</ul>
                                    {again}
                                }
                                    .into_any()
                            })
                    })
            }}
        </section>
    }
}

fn one(desk: Desk, row: &NoticeRow) -> impl IntoView + use<> {
    let t = desk.t();
    let lang = desk.app.lang();
    let tries = row.tries.to_string();
    let state = match row.next_ms {
        Some(next) => fill(t.next_try, &[&tries, &format::moment(next, lang)]),
        None => fill(t.given_up, &[&tries]),
    };
    let channel = if row.channel.is_empty() { t.to_citizen.to_owned() } else { row.channel.clone() };
    let reason = row.trouble.map(|trouble| why(trouble, t));
    view! {
        <li>
            <div class="outside-channel">
                <p><b>{row.title.clone()}</b></p>
                <p class="small">{channel}" · "{format::moment(row.made_ms, lang)}" · "{state}</p>
                {reason.map(|reason| view! { <p class="small outside-bad">{reason}</p> })}
            </div>
        </li>
    }
}
