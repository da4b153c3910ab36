//! The orders on this device: the urgent or the nearest first.

use crate::app::{App, Loaded, app, drawn, load};
use crate::components::button::Button;
use crate::components::icon::Icon;
use crate::components::notice;
use crate::components::order::order_row;
use crate::components::shell::Shell;
use crate::position;
use crate::route::{Route, go};
use crate::strings::fill;
use crate::strings::orders::orders as words;
use domain::api;
use domain::api::{OrderRow, OrdersBy};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// Rows of the list: more than anybody does in a day.
const ROWS: u32 = 100;

/// The list.
#[component]
pub fn Orders() -> impl IntoView {
    let app = app();
    let t = words(app);
    let by = RwSignal::new(OrdersBy::Due);
    let mine = RwSignal::new(false);
    let here = RwSignal::new(None::<(f64, f64)>);
    spawn_local(async move {
        let found = position::fix().await;
        here.try_set(found.map(|fix| (fix.place.lat, fix.place.lon)));
    });
    let state = load(app, move || {
        let person = app.status.with_untracked(|status| {
            status.as_ref().and_then(|status| status.enrolled.as_ref()).map(|it| it.grant.person.clone())
        });
        api::Orders {
            assigned: if mine.get() { person } else { None },
            near: here.get(),
            by: by.get(),
            limit: ROWS,
            ..api::Orders::default()
        }
    });
    let tab = move |label: &'static str, own: OrdersBy| {
        view! {
            <button type="button" aria-pressed=move || (by.get() == own).to_string() on:click=move |_| by.set(own)>
                {label}
            </button>
        }
    };
    view! {
        <Shell title=t.orders>
            <div class="order-tabs" role="group" aria-label=t.orders>
                {tab(t.by_due, OrdersBy::Due)}
                {tab(t.by_near, OrdersBy::Near)}
                <button type="button" aria-pressed=move || mine.get().to_string() on:click=move |_| mine.update(|on| *on = !*on)>
                    {t.mine}
                </button>
            </div>
            {move || (by.get() == OrdersBy::Near && here.get().is_none()).then(|| notice::remark(t.no_place))}
            {drawn(app, state, move |reply| {
                if reply.rows.is_empty() {
                    return notice::empty(t.none).into_any();
                }
                order_list(app, &reply.rows).into_any()
            })}
        </Shell>
    }
}

/// Orders one below the other, each the way to itself.
fn order_list(app: App, rows: &[OrderRow]) -> impl IntoView + use<> {
    let rows = rows.iter().map(|row| {
        let id = row.id;
        order_row(app, row, move || go(&Route::Order(id)))
    });
    view! { <ul class="rows">{rows.collect_view()}</ul> }
}

/// The way to the list, with how many wait; nothing where no programme here has orders.
#[component]
pub fn OrdersButton() -> impl IntoView {
    let app = app();
    let t = words(app);
    let state = load(app, api::Orders::default);
    move || {
        let any = app.programmes.with(|all| all.iter().any(|programme| !programme.orders.is_empty()));
        let Loaded::Ready(reply) = state.get() else { return None };
        (any && reply.total > 0).then(|| {
            let label = fill(t.orders_open, &[&crate::format::count(reply.total)]);
            let late = (reply.late > 0).then(|| format!("{} {}", t.late, crate::format::count(reply.late)));
            match late {
                Some(late) => {
                    view! { <Button label=label note=late drawing=Icon::Sheet press=|| go(&Route::Orders)/> }
                        .into_any()
                }
                None => {
                    view! { <Button label=label drawing=Icon::Sheet press=|| go(&Route::Orders)/> }.into_any()
                }
            }
        })
    }
}

/// The open orders of a subject, on its card.
pub fn of_subject(app: App, subject: domain::ids::RecordId) -> impl IntoView {
    let t = words(app);
    let state =
        load(app, move || api::Orders { subject: Some(subject), limit: 20, ..api::Orders::default() });
    move || match state.get() {
        Loaded::Ready(reply) if !reply.rows.is_empty() => {
            let rows = order_list(app, &reply.rows);
            Some(view! { <section class="order-here"><h3>{t.orders}</h3>{rows}</section> })
        }
        _ => None,
    }
}
