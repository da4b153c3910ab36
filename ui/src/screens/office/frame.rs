//! The frame around the pages: the menu on the left (on top on a phone), and the page the address names.

use super::gate::Languages;
use super::page::Page;
use super::polling::every;
use super::state::{Attention, office};
use super::{
    account, devices, emergency, enrolment, forms, labels, money, notify, orders, overview, questions,
    refused, registry, reports, rounds, today,
};
use crate::app::app;
use crate::components::icon::{Icon, icon};
use crate::components::urgent::Urgent;
use crate::strings::office::office as words;
use crate::strings::office::outside::outside;
use crate::strings::office::rounds::rounds as rounds_words;
use leptos::prelude::*;

/// How often the menu's numbers are counted anew, milliseconds.
const LOOK_AROUND_MS: i32 = 45_000;
/// How often it is asked what cannot wait, milliseconds.
const URGENT_MS: i32 = 6_000;

/// Menu and page.
#[component]
pub fn Frame() -> impl IntoView {
    let app = app();
    let office = office();
    let t = words(app);
    let orders_words = crate::strings::orders::orders(app);
    let page = Memo::new(move |_| Page::of(&app.route.get()));
    // A click through the registry is the same page with another subject: the search and its list stay.
    let section = Memo::new(move |before: Option<&Page>| {
        let now = page.get();
        before.copied().filter(|before| before.same_section(now)).unwrap_or(now)
    });
    let open = Signal::derive(move || match page.get() {
        Page::Registry(id) => id,
        _ => None,
    });
    let order = Signal::derive(move || match page.get() {
        Page::Orders(id) => id,
        _ => None,
    });
    let label_of = Signal::derive(move || match page.get() {
        Page::Labels(id) => id,
        _ => None,
    });
    let of_ticked = Signal::derive(move || page.get() == Page::LabelsOfTicked);
    // A red flag comes from a caregiver's phone: whoever sits here has touched nothing, on whatever page.
    let look = RwSignal::new(0u32);
    every(URGENT_MS, move || async move { look.update(|n| *n = n.wrapping_add(1)) });
    every(LOOK_AROUND_MS, move || async move { office.look_around() });
    Effect::new(move |first: Option<()>| {
        app.changed.track();
        if first.is_some() {
            office.look_around();
        }
    });
    view! {
        <div class="office" class:covered=move || office.ended.get()>
            <a
                class="office-skip"
                href="#office-content"
                on:click=move |event| {
                    event.prevent_default();
                    if let Some(heading) = document().query_selector("#office-content h1").ok().flatten() {
                        let _ = wasm_bindgen::JsCast::dyn_into::<web_sys::HtmlElement>(heading).map(|h| h.focus());
                    }
                }
            >
                {t.skip}
            </a>
            <header class="office-side">
                <p class="office-brand">
                    <img src="/icons/sanam.svg" alt="" width="36" height="36"/>
                    <span>
                        <b>{app.t().app_name}</b>
                        <small>{move || office.session.with(|session| session.municipality.clone())}</small>
                    </span>
                </p>
                <nav aria-label=t.navigation>
                    <ul>
                        {entry(section, Page::Today, t.today, Icon::Clock, |now| now.urgent)}
                        {entry(section, Page::Rounds, rounds_words(app).title, Icon::Check, |_| 0)}
                        {move || {
                            let any = app.programmes.with(|all| all.iter().any(|one| one.billing.is_some()));
                            any.then(|| {
                                let title = crate::strings::money::money(app.lang()).takings;
                                entry(section, Page::Money, title, Icon::Download, |_| 0)
                            })
                        }}
                        {entry(section, Page::Registry(None), t.registry, Icon::Search, |_| 0)}
                        {entry(section, Page::Orders(None), orders_words.orders, Icon::Edit, |now| now.orders)}
                        {entry(section, Page::Citizens, orders_words.of_citizens, Icon::Picture, |_| 0)}
                        {entry(section, Page::Overview, outside(app).map, Icon::Map, |_| 0)}
                        {entry(section, Page::Questions, t.questions, Icon::Question, |now| now.questions)}
                        {move || {
                            let any = app.programmes.with(|all| all.iter().any(|one| one.emergency.is_some()));
                            any.then(|| {
                                let title = crate::strings::care::care(app).emergency;
                                entry(section, Page::Emergency, title, Icon::Warning, |_| 0)
                            })
                        }}
                        {move || {
                            let any = app.programmes.with(|all| all.iter().any(|one| !one.reports.is_empty()));
                            any.then(|| {
                                let title = crate::strings::care::care(app).reports;
                                entry(section, Page::Reports, title, Icon::Sheet, |_| 0)
                            })
                        }}
                        {entry(section, Page::Labels(None), t.labels, Icon::Label, |_| 0)}
                        {entry(section, Page::Devices, t.devices, Icon::Phone, |now| now.copies)}
                        {move || {
                            office
                                .keeps_devices()
                                .then(|| entry(section, Page::Enrolment, t.enrolment, Icon::Plus, |_| 0))
                        }}
                        {entry(section, Page::Refused, t.refused, Icon::Blocked, |now| now.refused)}
                        {entry(section, Page::Forms, t.forms, Icon::Sheet, |_| 0)}
                        {move || {
                            office
                                .keeps_forms()
                                .then(|| entry(section, Page::Notify, outside(app).notify, Icon::Phone, |_| 0))
                        }}
                        {entry(section, Page::Account, t.account, Icon::Settings, |_| 0)}
                    </ul>
                </nav>
                <Languages/>
            </header>
            <main id="office-content" class="office-main">
                <Urgent
                    answers=true
                    open=Callback::new(|id| Page::Registry(Some(id)).open())
                    again=look
                />
                {move || match section.get() {
                    Page::Today => view! { <today::Today/> }.into_any(),
                    Page::Rounds => view! { <rounds::Rounds/> }.into_any(),
                    Page::Money => view! { <money::Money/> }.into_any(),
                    Page::Registry(_) => view! { <registry::Registry open=open/> }.into_any(),
                    Page::Orders(_) => view! { <orders::Orders open=order/> }.into_any(),
                    Page::Citizens => view! { <orders::Citizens/> }.into_any(),
                    Page::Questions => view! { <questions::Questions/> }.into_any(),
                    Page::Labels(_) | Page::LabelsOfTicked => {
                        view! { <labels::Labels open=label_of ticked=of_ticked/> }.into_any()
                    }
                    Page::Emergency => view! { <emergency::Emergency/> }.into_any(),
                    Page::Reports => view! { <reports::Reports/> }.into_any(),
                    Page::Devices => view! { <devices::Devices/> }.into_any(),
                    Page::Enrolment => view! { <enrolment::Enrolment/> }.into_any(),
                    Page::Refused => view! { <refused::Refused/> }.into_any(),
                    Page::Forms => view! { <forms::Forms/> }.into_any(),
                    Page::Overview => view! { <overview::Overview/> }.into_any(),
                    Page::Notify => view! { <notify::Notify/> }.into_any(),
                    Page::Account => view! { <account::Account/> }.into_any(),
                }}
            </main>
        </div>
    }
}

/// An entry of the menu, with how much waits behind it.
fn entry(
    section: Memo<Page>,
    own: Page,
    label: &'static str,
    drawing: Icon,
    waits: fn(&Attention) -> usize,
) -> impl IntoView {
    let office = office();
    let t = words(app());
    let count = Memo::new(move |_| office.attention.with(waits));
    view! {
        <li>
            <a href=own.hash() aria-current=move || section.get().same_section(own).then_some("page")>
                {icon(drawing)}
                <span>{label}</span>
                {move || {
                    let count = count.get();
                    (count > 0)
                        .then(|| {
                            view! {
                                <b class="office-waits">
                                    {crate::format::count(count as u64)}
                                    <span class="visually-hidden">" "{t.waits}</span>
                                </b>
                            }
                        })
                }}
            </a>
        </li>
    }
}
