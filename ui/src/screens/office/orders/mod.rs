//! Orders at the office: a list or a board by state on the left, the chosen order on the right; one after the other on a
//! phone. And what citizens sent, to be looked at.

mod citizens;
mod new;

pub use citizens::Citizens;

use super::page::{Framed, Page};
use crate::app::{App, app, drawn, load};
use crate::components::button::{Button, Weight};
use crate::components::field::Select;
use crate::components::icon::{Icon, icon};
use crate::components::notice;
use crate::components::order::{kind_of, order_row, state_title};
use crate::format;
use crate::screens::order::OrderView;
use crate::strings::orders::orders as words;
use domain::api;
use domain::api::{OrdersBy, OrdersReply};
use domain::ids::RecordId;
use domain::order::StateClass;
use leptos::prelude::*;

/// Rows of a page.
const PAGE: u32 = 50;

/// The page.
#[component]
pub fn Orders(
    /// The open order.
    open: Signal<Option<RecordId>>,
) -> impl IntoView {
    let app = app();
    let t = words(app);
    let board = RwSignal::new(false);
    let programme = RwSignal::new(String::new());
    let state = RwSignal::new(String::new());
    let assigned = RwSignal::new(String::new());
    let late = RwSignal::new(false);
    let newest = RwSignal::new(false);
    let page = RwSignal::new(0u32);
    // A new order is being opened, in the place of the chosen one; choosing one gives it up.
    let starting = RwSignal::new(false);
    Effect::new(move |before: Option<Option<RecordId>>| {
        let now = open.get();
        if before.is_some_and(|before| before != now) {
            starting.set(false);
        }
        now
    });
    let begin = move || {
        new::any_by_hand(app).then(|| {
            let press = move || starting.set(true);
            view! { <Button label=t.new_order drawing=Icon::Plus weight=Weight::Main disabled=starting press=press/> }
        })
    };
    // Another question begins with its first page.
    Effect::new(move |_| {
        [programme, state, assigned].iter().for_each(Track::track);
        [late, newest, board].iter().for_each(Track::track);
        page.set(0);
    });
    let found = load(app, move || api::Orders {
        programme: Some(programme.get()).filter(|id| !id.is_empty()),
        state: Some(state.get()).filter(|id| !id.is_empty()),
        assigned: (assigned.get() == "nobody").then(String::new),
        late: late.get(),
        by: if newest.get() { OrdersBy::Newest } else { OrdersBy::Due },
        offset: if board.get() { 0 } else { page.get().saturating_mul(PAGE) },
        limit: if board.get() { 200 } else { PAGE },
        ..api::Orders::default()
    });
    let tick = move |label: &'static str, value: RwSignal<bool>| {
        view! {
            <button type="button" aria-pressed=move || value.get().to_string() on:click=move |_| value.update(|on| *on = !*on)>
                {label}
            </button>
        }
    };
    let states = move || {
        let mut options = vec![(String::new(), t.all_states.to_owned())];
        app.programmes.with(|all| {
            for kind in all.iter().flat_map(|programme| &programme.orders) {
                for state in &kind.states {
                    if !options.iter().any(|(id, _)| *id == state.id) {
                        options
                            .push((state.id.clone(), state.title.in_language(app.lang().code()).to_owned()));
                    }
                }
            }
        });
        view! { <Select label=t.all_states options=options value=state/> }
    };
    let programmes = move || {
        let office = crate::strings::office::office(app);
        let mut options = vec![(String::new(), office.all_programmes.to_owned())];
        app.programmes.with(|all| {
            let any = all.iter().filter(|programme| !programme.orders.is_empty());
            let title = |programme: &std::sync::Arc<domain::programme::Programme>| {
                programme.title.in_language(app.lang().code()).to_owned()
            };
            options.extend(any.map(|programme| (programme.id.clone(), title(programme))));
        });
        view! { <Select label=office.programme options=options value=programme/> }
    };
    view! {
        <Framed title=t.orders lead=t.office_lead>
            <div class="office-registry office-orders" class:opened=move || starting.get() || open.get().is_some() class:board=move || board.get()>
                <section class="office-find" aria-label=t.orders>
                    {begin}
                    <div class="order-tabs" role="group" aria-label=t.orders>
                        {tick(t.as_board, board)}
                        {tick(t.only_late, late)}
                        {tick(t.by_newest, newest)}
                        <button
                            type="button"
                            aria-pressed=move || (assigned.get() == "nobody").to_string()
                            on:click=move |_| {
                                assigned.update(|who| *who = if who.is_empty() { "nobody".to_owned() } else { String::new() });
                            }
                        >
                            {t.nobodys}
                        </button>
                    </div>
                    {programmes}
                    {states}
                    {drawn(app, found, move |reply| {
                        if reply.rows.is_empty() && page.get_untracked() == 0 {
                            return notice::empty(t.none).into_any();
                        }
                        if board.get() { columns(app, reply).into_any() } else { list(app, reply, page).into_any() }
                    })}
                </section>
                <section class="office-found" aria-label=t.orders>
                    {move || match open.get() {
                        _ if starting.get() => view! { <new::NewOrder starting=starting/> }.into_any(),
                        Some(id) => {
                            view! {
                                <a class="office-back" href=Page::Orders(None).hash()>
                                    {icon(Icon::Back)}
                                    {t.back_to_list}
                                </a>
                                <OrderView id=id/>
                            }
                                .into_any()
                        }
                        None => view! { <div class="office-nothing">{notice::empty(t.nothing_chosen)}</div> }.into_any(),
                    }}
                </section>
            </div>
        </Framed>
    }
}

/// The buttons to the page before and the next, where there are any.
fn pager(app: App, page: RwSignal<u32>, has_more: bool) -> impl IntoView + use<> {
    let t = words(app);
    let to = |label: &'static str, step: i32| {
        view! {
            <button
                type="button"
                class="button"
                on:click=move |_| page.update(|page| *page = page.saturating_add_signed(step))
            >
                <span class="words">{label}</span>
            </button>
        }
    };
    let before = (page.get_untracked() > 0).then(|| to(t.page_before, -1));
    let after = has_more.then(|| to(t.page_after, 1));
    view! { <div class="office-actions">{before}{after}</div> }
}

fn list(app: App, reply: &OrdersReply, page: RwSignal<u32>) -> impl IntoView + use<> {
    let shown = u64::from(page.get_untracked().saturating_mul(PAGE)) + reply.rows.len() as u64;
    let more = pager(app, page, reply.total > shown);
    let rows = reply
        .rows
        .iter()
        .map(|row| {
            let id = row.id;
            order_row(app, row, move || Page::Orders(Some(id)).open())
        })
        .collect_view();
    view! { <ul class="rows">{rows}</ul> {more} }
}

/// A column for each open state that has orders, in the order of the definition.
fn columns(app: App, reply: &OrdersReply) -> impl IntoView + use<> {
    let kinds: Vec<(String, String)> = app.programmes.with(|all| {
        let each = all.iter().flat_map(|programme| {
            programme.orders.iter().map(|kind| (programme.id.clone(), kind.id.clone()))
        });
        each.collect()
    });
    let columns = kinds
        .into_iter()
        .flat_map(|(programme, kind_id)| {
            let kind = kind_of(app, &programme, &kind_id);
            let states = kind.iter().flat_map(|kind| &kind.states).filter(|state| state.class == StateClass::Open);
            states
                .filter_map(|state| {
                    let count = reply.states.iter().find(|count| {
                        count.programme == programme && count.kind == kind_id && count.state == state.id
                    });
                    let count = count.map_or(0, |count| count.count);
                    let mine = |row: &&api::OrderRow| {
                        row.subject.programme == programme && row.kind == kind_id && row.state == state.id
                    };
                    let rows = reply
                        .rows
                        .iter()
                        .filter(mine)
                        .map(|row| {
                            let id = row.id;
                            order_row(app, row, move || Page::Orders(Some(id)).open())
                        })
                        .collect_view();
                    (count > 0).then(|| {
                        view! {
                            <section class="order-column">
                                <h3>{state_title(app, kind.as_ref(), &state.id)}" "<b>{format::count(count)}</b></h3>
                                <ul class="rows">{rows}</ul>
                            </section>
                        }
                        .into_any()
                    })
                })
                .collect::<Vec<AnyView>>()
        })
        .collect_view();
    view! { <div class="order-board">{columns}</div> }
}
