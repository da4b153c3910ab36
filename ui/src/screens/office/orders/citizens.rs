//! What citizens sent: the office looks at each picture and each sentence, and hides what nobody should see.

use super::super::page::{Framed, Page};
use crate::app::{App, app, drawn, load};
use crate::backend::ask;
use crate::components::button::{Button, Weight};
use crate::components::icon::{Icon, icon};
use crate::components::notice;
use crate::components::order::{kind_of, state_chip, topics_text};
use crate::components::photo::photo;
use crate::format;
use crate::strings::orders::orders as words;
use domain::api;
use domain::api::{CitizenReport, HideReport};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// Reports of a page.
const PAGE: u32 = 100;

/// The page.
#[component]
pub fn Citizens() -> impl IntoView {
    let app = app();
    let t = words(app);
    let page = RwSignal::new(0u32);
    let state =
        load(app, move || api::CitizenReports { offset: page.get().saturating_mul(PAGE), limit: PAGE });
    view! {
        <Framed title=t.of_citizens lead=t.of_citizens_lead>
            {drawn(app, state, move |all| {
                if all.is_empty() && page.get_untracked() == 0 {
                    return notice::empty(t.no_citizens).into_any();
                }
                let rows = all.iter().map(|sent| one(app, sent)).collect_view();
                let more = super::pager(app, page, all.len() >= PAGE as usize);
                view! { <ul class="order-sent">{rows}</ul> {more} }.into_any()
            })}
        </Framed>
    }
}

fn one(app: App, sent: &CitizenReport) -> impl IntoView + use<> {
    let t = words(app);
    let kind = kind_of(app, &sent.row.subject.programme, &sent.row.kind);
    let order = sent.row.id;
    let hidden = sent.report.hidden;
    let hide = move |report: Option<String>, photo: Option<String>, hidden: bool| {
        spawn_local(async move {
            match ask(HideReport { order, report, photo, hidden }).await {
                Ok(saved) => app.saved(saved.counts),
                Err(problem) => app.say_problem(&problem),
            }
        });
    };
    let key = sent.report.key.clone();
    let words_line = if sent.words.is_empty() {
        view! { <p class="small">{t.no_words}</p> }.into_any()
    } else {
        let label = if hidden { t.show_words } else { t.hide_words };
        view! {
            <p class:order-hidden=hidden><q>{sent.words.clone()}</q></p>
            <Button label=label weight=Weight::Quiet drawing=Icon::Blocked press=move || hide(Some(key.clone()), None, !hidden)/>
        }
        .into_any()
    };
    let photos = sent
        .photos
        .iter()
        .map(|(hash, hidden)| {
            let (own, hidden) = (hash.clone(), *hidden);
            let label = if hidden { t.show_photo } else { t.hide_photo };
            view! {
                <li class:order-hidden=hidden>
                    {photo(app, hash.clone(), t.reported.to_owned())}
                    <Button label=label weight=Weight::Quiet drawing=Icon::Blocked press=move || hide(None, Some(own.clone()), !hidden)/>
                </li>
            }
        })
        .collect_view();
    let contact = (!sent.contact.is_empty()).then(
        || view! { <p>{icon(Icon::Phone)}" "{t.contact}": "<b class="inert">{sent.contact.clone()}</b></p> },
    );
    view! {
        <li>
            <h2>{topics_text(app, kind.as_ref(), &sent.report.topics)}</h2>
            <p class="second">{sent.row.subject.heading.clone()}" "{sent.row.subject.second_line.clone()}</p>
            <p class="facts">
                {state_chip(app, kind.as_ref(), &sent.row)}
                <span>{format::moment(sent.at_ms, app.lang())}</span>
            </p>
            {words_line}
            <ul class="order-photos">{photos}</ul>
            {contact}
            <a class="button" href=Page::Orders(Some(order)).hash()>
                {icon(Icon::Next)}
                <span class="words">{t.see_order}</span>
            </a>
        </li>
    }
}
