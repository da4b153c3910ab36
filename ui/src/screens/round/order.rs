//! Changing the walking order on the round itself: whoever walks it knows that the dog's house comes after the shop.

use crate::app::app;
use crate::backend::ask;
use crate::components::button::{Button, Weight};
use crate::components::icon::Icon;
use crate::strings::fill;
use domain::api;
use domain::api::SubjectRow;
use domain::schedule::Standing;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The way in and out, where the programme lets workers sort and the whole of a zone shows.
#[component]
pub fn Choice(
    programme: String,
    zone: RwSignal<Option<String>>,
    sorting: RwSignal<bool>,
    standing: RwSignal<Vec<Standing>>,
    failed: RwSignal<Option<String>>,
) -> impl IntoView {
    let app = app();
    let t = app.t();
    let may = app
        .programme(&programme)
        .is_some_and(|programme| programme.round.as_ref().is_some_and(|round| round.worker_sorts));
    let zones = crate::app::load(app, move || api::Zones { programme: programme.clone() });
    let one_zone = move || {
        zone.with(Option::is_some)
            || zones.with(|zones| matches!(zones, crate::app::Loaded::Ready(all) if all.len() == 1))
    };
    let whole = move || one_zone() && standing.with(Vec::is_empty) && failed.with(Option::is_none);
    // Another filter, and the order is out of sight.
    Effect::new(move |_| {
        if !whole() {
            sorting.set(false);
        }
    });
    move || {
        (may && whole()).then(|| match sorting.get() {
            true => view! {
                <p class="small">{t.sort_lead}</p>
                <Button label=t.sort_done weight=Weight::Main drawing=Icon::Check press=move || sorting.set(false)/>
            }
            .into_any(),
            false => view! {
                <Button label=t.sort_round weight=Weight::Quiet drawing=Icon::Edit press=move || sorting.set(true)/>
            }
            .into_any(),
        })
    }
}

/// The rows with an arrow up and one down.
#[component]
pub fn Rows(rows: RwSignal<Vec<SubjectRow>>) -> impl IntoView {
    let app = app();
    let busy = RwSignal::new(false);
    let put = move |subject: domain::ids::RecordId, after: Option<domain::ids::RecordId>| {
        busy.set(true);
        spawn_local(async move {
            match ask(api::MoveInRound { subject, after }).await {
                Ok(saved) => {
                    app.saved(saved.counts);
                    app.changed.update(|n| *n += 1);
                }
                Err(problem) => app.say_problem(&problem),
            }
            busy.try_set(false);
        });
    };
    let arrow = move |row: &SubjectRow, up: bool| {
        let t = app.t();
        let id = row.id;
        let label = fill(if up { t.move_up_of } else { t.move_down_of }, &[&row.heading]);
        let place = move || rows.with(|rows| rows.iter().position(|row| row.id == id));
        let at_the_end = move || {
            place()
                .is_none_or(|place| if up { place == 0 } else { rows.with(|rows| place + 1 >= rows.len()) })
        };
        let press = move |_| {
            let Some(place) = untrack(place) else { return };
            let other = if up { place.checked_sub(2) } else { Some(place + 1) };
            let after = rows.with_untracked(|rows| other.and_then(|other| rows.get(other)).map(|row| row.id));
            put(id, after);
        };
        view! {
            <button
                type="button"
                class="icon-button"
                aria-label=label
                disabled=move || busy.get() || at_the_end()
                on:click=press
            >
                {if up { "▲" } else { "▼" }}
            </button>
        }
    };
    view! {
        <ul class="round-order">
            <For
                each=move || rows.get()
                key=|row| (row.id, row.order.clone())
                children=move |row| {
                    view! {
                        <li>
                            <span class="round-order-place">{row.order.clone()}</span>
                            <span class="text"><b>{row.heading.clone()}</b><span class="second">{row.second_line.clone()}</span></span>
                            {arrow(&row, true)}
                            {arrow(&row, false)}
                        </li>
                    }
                }
            />
        </ul>
    }
}
