//! The home screen: one large button to scan, today's round, and the three numbers. What most visits need is one tap away.

use crate::app::{App, app, drawn, load};
use crate::browser::today_iso;
use crate::components::button::{Button, Weight};
use crate::components::icon::{Icon, icon};
use crate::components::notice;
use crate::components::row::subject_row;
use crate::components::strip::{Line, Strip};
use crate::components::urgent::Urgent;
use crate::format;
use crate::route::{Route, go};
use crate::strings::fill;
use domain::access::Role;
use domain::api;
use domain::ids::Shelf;
use domain::schedule::Standing;
use leptos::prelude::*;

/// The home screen.
#[component]
pub fn Home() -> impl IntoView {
    let app = app();
    let t = app.t();
    let ended = Memo::new(move |_| is_ended(app));
    view! {
        <header class="bar home">
            <div>
                <h1>{t.app_name}</h1>
                <p>
                    {move || {
                        app.status.get().and_then(|status| status.enrolled).map(|enrolled| enrolled.municipality)
                    }}
                </p>
            </div>
            <button type="button" class="icon-button" on:click=move |_| go(&Route::Settings)>
                {icon(Icon::Settings)}
                <span>{t.settings}</span>
            </button>
        </header>
        <main class="screen">
            <Line/>
            <Warnings/>
            {move || if ended.get() { view! { <Ended/> }.into_any() } else { view! { <Work/> }.into_any() }}
            <Strip/>
        </main>
    }
}

/// Says whether the office ended this device's right.
fn is_ended(app: App) -> bool {
    app.status.with(|status| {
        status.as_ref().and_then(|status| status.enrolled.as_ref()).is_some_and(|enrolled| enrolled.revoked)
    })
}

/// All that is left to do on a device whose right was ended.
#[component]
fn Ended() -> impl IntoView {
    let t = app().t();
    view! {
        <Button
            label=t.enrol_again
            weight=Weight::Main
            drawing=Icon::Scan
            press=|| go(&Route::Enrol(String::new()))
        />
    }
}

/// The day's work.
#[component]
fn Work() -> impl IntoView {
    let app = app();
    let t = app.t();
    let state = load(app, || api::Home { today: today_iso() });
    view! {
        <Urgent
            answers=Signal::derive(move || supervises(app))
            open=Callback::new(|id| go(&Route::Card(id)))
            most=3
        />
        <button type="button" class="scan-button" on:click=move |_| go(&Route::Scan)>
            {icon(Icon::Scan)}
            <span>{t.scan}</span>
        </button>
        <button type="button" class="search-button" on:click=move |_| go(&Route::Search)>
            {icon(Icon::Search)}
            <span>{t.search_prompt}</span>
        </button>
        {move || emergency_button(app)}
        <crate::screens::orders::OrdersButton/>
        <Todo/>
        {drawn(app, state, move |programmes| {
            if programmes.is_empty() {
                return notice::empty(t.no_work).into_any();
            }
            programmes.iter().map(|programme| programme_card(app, programme)).collect_view().into_any()
        })}
    }
}

fn supervises(app: App) -> bool {
    app.status.with(|status| {
        let enrolled = status.as_ref().and_then(|status| status.enrolled.as_ref());
        enrolled.is_some_and(|enrolled| enrolled.grant.role != Role::Worker)
    })
}

/// The way to the emergency view, for whoever has the right.
fn emergency_button(app: App) -> Option<impl IntoView + use<>> {
    let may = app.status.with(|status| {
        let grant =
            status.as_ref().and_then(|status| status.enrolled.as_ref()).map(|enrolled| &enrolled.grant);
        grant.is_some_and(|grant| grant.shelves.iter().any(|shelf| shelf.zone == Shelf::EMERGENCY))
    });
    let any = app.programmes.with(|all| all.iter().any(|programme| programme.emergency.is_some()));
    (may && any).then(|| {
        view! {
            <button type="button" class="emergency-button" on:click=move |_| go(&Route::Emergency)>
                {icon(Icon::Warning)}
                <span>{crate::strings::care::care(app).emergency_button}</span>
            </button>
        }
    })
}

/// What must be known before anything else: the right was ended, a file was set aside, a new version waits.
#[component]
fn Warnings() -> impl IntoView {
    let app = app();
    let t = app.t();
    move || {
        let status = app.status.get();
        let revoked = is_ended(app);
        let set_aside = status.and_then(|status| status.set_aside);
        let revoked = revoked.then(|| notice::problem(app, &domain::problem::Code::TokenRevoked.into()));
        let set_aside = set_aside.map(|name| {
            notice::problem(
                app,
                &domain::problem::Problem::new(domain::problem::Code::StoreDamaged).about(name),
            )
        });
        let update = app.update_ready.get().then(|| {
            view! {
                <Button
                    label=t.update_ready
                    drawing=Icon::Sync
                    press=|| {
                        if let Ok(event) = web_sys::CustomEvent::new("sanam:update-now") {
                            let _ = window().dispatch_event(&event);
                        }
                    }
                />
            }
        });
        view! { {revoked}{set_aside}{update} }
    }
}

/// What waits for the person: questions, unfinished forms, what was not accepted. Nothing where nothing waits.
#[component]
fn Todo() -> impl IntoView {
    let app = app();
    let t = app.t();
    move || {
        let status = app.status.get()?;
        let entry = |count: u64, label: &'static str, drawing: Icon, route: Route| {
            (count > 0).then(|| {
                view! {
                    <Button
                        label=fill(label, &[&format::count(count)])
                        drawing=drawing
                        press=move || go(&route)
                    />
                }
            })
        };
        Some(view! {
            <div class="todo">
                {entry(status.questions, t.n_questions, Icon::Question, Route::Questions)}
                {entry(status.drafts, t.n_drafts, Icon::Edit, Route::Drafts)}
                {entry(status.refused, t.n_refused, Icon::Warning, Route::Refused)}
            </div>
        })
    }
}

fn programme_card(app: App, home: &api::HomeProgramme) -> impl IntoView + use<> {
    let t = app.t();
    let programme = app.programme(&home.programme);
    let (title, colour, mark) = match &programme {
        Some(programme) => (
            programme.title.in_language(app.lang().code()).to_owned(),
            programme.colour.clone(),
            programme.icon.clone(),
        ),
        None => (home.programme.clone(), String::new(), String::new()),
    };
    let show = {
        let id = home.programme.clone();
        move |standing: Vec<Standing>| {
            app.round.set(crate::app::RoundView { programme: id.clone(), standing, ..Default::default() });
            go(&Route::Round(id.clone()));
        }
    };
    let number = |count: u64, label: &'static str, class: &'static str, standing: Vec<Standing>| {
        let show = show.clone();
        view! {
            <button type="button" class=class on:click=move |_| show(standing.clone())>
                <b>{format::count(count)}</b>
                <span>{label}</span>
            </button>
        }
    };
    let next = home.next.iter().take(3).map(|row| {
        subject_row(app, row, move |row| {
            app.in_round.set(true);
            go(&Route::Card(row.id));
        })
    });
    let has_next = !home.next.is_empty();
    let next = next.collect_view();
    let all = show.clone();
    let nothing_due = !has_next && home.left + home.overdue == 0 && home.subjects > 0;
    let scheduled = home.done + home.left + home.overdue > 0;
    view! {
        <section class="programme" style=("--accent", colour)>
            <h2>
                <span class="mark" aria-hidden="true">{mark}</span>
                {title}
            </h2>
            {scheduled
                .then(|| {
                    view! {
                        <div class="round-numbers">
                            {number(home.done, t.done, "done", vec![Standing::Done])}
                            // As the round counts them: what is overdue is not done, either.
                            {number(home.left + home.overdue, t.left, "left", vec![Standing::Overdue, Standing::Left])}
                            {number(home.overdue, t.overdue_of_these, "overdue", vec![Standing::Overdue])}
                        </div>
                    }
                })}
            {has_next.then(|| view! { <h3>{t.next_ones}</h3> <ul class="rows">{next}</ul> })}
            {nothing_due.then(|| view! { <p>{t.nothing_due}</p> })}
            <Button
                label=fill(t.whole_round, &[&format::count(home.subjects)])
                drawing=Icon::Next
                press=move || all(Vec::new())
            />
        </section>
    }
}
