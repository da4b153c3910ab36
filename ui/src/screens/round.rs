//! The round of a programme, in route order: what is done, left and overdue, and which one comes next.

mod order;

use crate::app::{App, Loaded, RoundView, app};
use crate::backend::ask;
use crate::browser::today_iso;
use crate::components::field::OnSelect;
use crate::components::infinite::EndOfList;
use crate::components::notice;
use crate::components::row::{outcome_word, row_id, subject_row};
use crate::components::shell::Shell;
use crate::format;
use crate::route::{Route, go};
use crate::strings::fill;
use domain::api;
use domain::api::{RoundPlan, RoundReply, SubjectRow};
use domain::schedule::Standing;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;

/// Rows asked for at once.
const PAGE: u32 = 100;
/// The most rows a request may ask for.
const MOST: u32 = 200;

/// The round screen.
#[component]
pub fn Round(
    /// Programme id.
    programme: String,
) -> impl IntoView {
    let app = app();
    let t = app.t();
    let id = StoredValue::new(programme.clone());
    if app.round.with_untracked(|view| view.programme != programme) {
        app.round.set(RoundView { programme: programme.clone(), ..RoundView::default() });
    }
    let zone = RwSignal::new(app.round.with_untracked(|view| view.zone.clone()));
    let standing = RwSignal::new(app.round.with_untracked(|view| view.standing.clone()));
    let failed = RwSignal::new(app.round.with_untracked(|view| view.failed.clone()));
    let counts = RwSignal::new(RoundReply::default());
    let sorting = RwSignal::new(false);
    let rows = RwSignal::new(Vec::<SubjectRow>::new());
    let total = RwSignal::new(Loaded::<u64>::Waiting);
    let asked = StoredValue::new(0u32);

    let fetch = move |from: u32, wanted: u32| {
        let mine = asked.with_value(|n| n + 1);
        asked.set_value(mine);
        let request = move |offset: u32, limit: u32| api::Round {
            programme: id.get_value(),
            zone: zone.get_untracked(),
            standing: standing.get_untracked(),
            failed: failed.get_untracked(),
            today: today_iso(),
            offset,
            limit,
        };
        spawn_local(async move {
            let mut have = Vec::new();
            let answer = loop {
                let offset = from + have.len() as u32;
                match ask(request(offset, (wanted - have.len() as u32).min(MOST))).await {
                    Ok(mut reply) => {
                        let page = std::mem::take(&mut reply.rows);
                        let end = page.is_empty();
                        have.extend(page);
                        if end || have.len() as u32 >= wanted {
                            break Ok(reply);
                        }
                    }
                    Err(problem) => break Err(problem),
                }
            };
            if asked.try_get_value() != Some(mine) {
                return;
            }
            match answer {
                Ok(reply) => {
                    let all = reply.total;
                    counts.set(reply);
                    rows.update(|rows| {
                        rows.truncate(from as usize);
                        rows.extend(have);
                    });
                    total.set(Loaded::Ready(all));
                    app.round.update(|view| {
                        view.zone = zone.get_untracked();
                        view.standing = standing.get_untracked();
                        view.failed = failed.get_untracked();
                        view.loaded = rows.with_untracked(Vec::len) as u32;
                    });
                    come_back_to(app);
                }
                Err(problem) => total.set(Loaded::Failed(problem)),
            }
        });
    };
    Effect::new(move |earlier: Option<()>| {
        app.changed.track();
        zone.track();
        standing.track();
        failed.track();
        // On the way back from a card the list is as long as it was, so that its place is found again.
        let wanted = match earlier {
            None => app.round.with_untracked(|view| view.loaded),
            Some(()) => rows.with_untracked(Vec::len) as u32,
        };
        fetch(0, wanted.max(PAGE));
    });
    let more = move |()| {
        let have = rows.with_untracked(Vec::len) as u32;
        let all = total.with_untracked(|total| if let Loaded::Ready(all) = total { *all } else { 0 });
        if have > 0 && u64::from(have) < all {
            fetch(have, PAGE);
        }
    };

    let title =
        app.programme(&programme).map_or(programme, |p| p.title.in_language(app.lang().code()).to_owned());
    let colour = app.programme(&id.get_value()).map(|p| p.colour.clone()).unwrap_or_default();
    view! {
        <Shell title=title>
            <div class="card" style=("--accent", colour)>
                <Filters programme=id.get_value() standing=standing failed=failed counts=counts/>
                <Zones programme=id.get_value() zone=zone/>
                {move || counts.with(|counts| counts.plan.as_ref().map(|plan| planned(app, plan)))}
                <order::Choice programme=id.get_value() zone=zone sorting=sorting standing=standing failed=failed/>
                <p class="small" role="status">
                    {move || match total.get() {
                        Loaded::Ready(all) => fill(t.n_rows, &[&format::count(all)]),
                        _ => String::new(),
                    }}
                </p>
                {move || match total.get() {
                    Loaded::Waiting => view! { <p class="waiting">{t.loading}</p> }.into_any(),
                    Loaded::Failed(problem) => notice::problem(app, &problem).into_any(),
                    Loaded::Ready(0) => notice::empty(t.nothing_in_round).into_any(),
                    Loaded::Ready(_) => ().into_any(),
                }}
                {move || sorting.get().then(|| view! { <order::Rows rows=rows/> })}
                <ul class="rows long" hidden=move || sorting.get()>
                    <For
                        each=move || rows.get()
                        key=|row| (row.id, row.standing.map(|standing| standing as u8), row.last_failed.clone(), row.heading.clone())
                        children=move |row| {
                            subject_row(
                                app,
                                &row,
                                move |row| {
                                    app.in_round.set(true);
                                    app.round.update(|view| view.opened = Some(row.id));
                                    go(&Route::Card(row.id));
                                },
                            )
                        }
                    />
                </ul>
                <EndOfList reached=Callback::new(more)/>
            </div>
        </Shell>
    }
}

/// Who is to walk the zone, and the days that the office planned for it.
fn planned(app: App, plan: &RoundPlan) -> impl IntoView + use<> {
    let t = app.t();
    let days = [(t.plan_due, &plan.due_on), (t.plan_cutoff, &plan.cutoff_on)];
    let days = days.into_iter().filter(|(_, day)| !day.is_empty());
    let parts = days.map(|(label, day)| fill(label, &[&format::iso_day(day, app.lang())]));
    let reader = Some(plan.reader.clone()).filter(|reader| !reader.is_empty());
    let parts: Vec<String> = reader.into_iter().chain(parts).collect();
    view! { <p class="small round-planned">{parts.join(" · ")}</p> }
}

/// Puts the row whose card was opened back in sight, once.
fn come_back_to(app: App) {
    let Some(id) = app.round.with_untracked(|view| view.opened) else { return };
    app.round.update(|view| view.opened = None);
    request_animation_frame(move || {
        let button = document()
            .get_element_by_id(&row_id(id))
            .and_then(|row| row.query_selector("button").ok().flatten())
            .and_then(|button| button.dyn_into::<web_sys::HtmlElement>().ok());
        if let Some(button) = button {
            let _ = button.focus();
        }
    });
}

/// The buttons that choose by standing, each with how many there are; below those that were tried in vain, why.
#[component]
fn Filters(
    programme: String,
    standing: RwSignal<Vec<Standing>>,
    failed: RwSignal<Option<String>>,
    counts: RwSignal<RoundReply>,
) -> impl IntoView {
    let app = app();
    let t = app.t();
    let filter = move |label: &'static str, wanted: Vec<Standing>, count: fn(&RoundReply) -> Option<u64>| {
        let own = wanted.clone();
        let chosen = move || (failed.with(Option::is_none) && standing.with(|now| *now == own)).to_string();
        view! {
            <button
                type="button"
                class="filter"
                aria-pressed=chosen
                on:click=move |_| {
                    failed.set(None);
                    standing.set(wanted.clone());
                }
            >
                {label}
                {move || counts.with(count).map(|count| format!(" {}", format::count(count)))}
            </button>
        }
    };
    let skipped = move || counts.with(|counts| counts.skipped.values().sum::<u64>());
    let why = move |code: String, label: String, count: u64| {
        let own = code.clone();
        view! {
            <button
                type="button"
                class="filter"
                aria-pressed=move || failed.with(|now| now.as_ref() == Some(&own)).to_string()
                on:click=move |_| failed.set(Some(code.clone()))
            >
                {label}" "{format::count(count)}
            </button>
        }
    };
    view! {
        <div class="filters" role="group" aria-label=t.show_which>
            {filter(t.all, Vec::new(), |_| None)}
            {filter(t.overdue, vec![Standing::Overdue], |counts| Some(counts.overdue))}
            {filter(t.left, vec![Standing::Overdue, Standing::Left], |counts| Some(counts.left + counts.skipped.values().sum::<u64>()))}
            {filter(t.done, vec![Standing::Done], |counts| Some(counts.done))}
            {move || {
                (skipped() > 0 || failed.with(Option::is_some))
                    .then(|| {
                        view! {
                            <button
                                type="button"
                                class="filter"
                                aria-pressed=move || failed.with(Option::is_some).to_string()
                                on:click=move |_| failed.set(Some(String::new()))
                            >
                                {t.skipped}" "{format::count(skipped())}
                            </button>
                        }
                    })
            }}
        </div>
        {move || {
            let reasons = counts.with(|counts| counts.skipped.clone());
            (failed.with(Option::is_some) && reasons.len() > 1)
                .then(|| {
                    let each = reasons
                        .into_iter()
                        .map(|(code, count)| {
                            let label = outcome_word(app, &programme, &code);
                            why(code, label, count)
                        })
                        .collect_view();
                    view! {
                        <div class="filters" role="group" aria-label=t.skipped>
                            {why(String::new(), t.any_reason.to_owned(), skipped())} {each}
                        </div>
                    }
                })
        }}
    }
}

/// The choice of a zone, where there is more than one.
#[component]
fn Zones(programme: String, zone: RwSignal<Option<String>>) -> impl IntoView {
    let app = app();
    let t = app.t();
    let title = app.programme(&programme).map(|p| p.zone_title.in_language(app.lang().code()).to_owned());
    let zones = crate::app::load(app, move || api::Zones { programme: programme.clone() });
    move || {
        let Loaded::Ready(found) = zones.get() else { return ().into_any() };
        if found.len() < 2 {
            return ().into_any();
        }
        view! {
            <label class="field">
                <span class="label">{title.clone()}</span>
                <select on:change:target=move |event: OnSelect| {
                    zone.set(Some(event.target().value()).filter(|zone| !zone.is_empty()));
                }>
                    <option value="" selected=move || zone.get().is_none()>{t.all}</option>
                    {found
                        .into_iter()
                        .map(|row| {
                            let own = row.zone.clone();
                            view! {
                                <option value=row.zone selected=move || zone.get().as_ref() == Some(&own)>
                                    {format!("{} ({})", row.title, format::count(row.subjects))}
                                </option>
                            }
                        })
                        .collect_view()}
                </select>
            </label>
        }
        .into_any()
    }
}
