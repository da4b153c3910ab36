//! One order: what it is about, what to do next, what was used, and what happened. The same view on the phone and at the
//! office; the store says what the caller may do.

mod manage;
mod moving;
mod work;

use crate::app::{App, Loaded, app, drawn, load};
use crate::components::button::{Button, Weight};
use crate::components::icon::{Icon, icon};
use crate::components::notice;
use crate::components::order::{
    about_text, due_chip, kind_of, order_row, severity_chip, span, state_chip, time_line, topics_text,
};
use crate::components::photo::photo;
use crate::components::shell::Shell;
use crate::format;
use crate::position;
use crate::route::{Route, go};
use crate::strings::fill;
use crate::strings::orders::orders as words;
use domain::api;
use domain::api::OrderReply;
use domain::ids::RecordId;
use domain::order::{OrderKind, PhotoRole};
use leptos::prelude::*;

/// The order screen of the phone.
#[component]
pub fn Order(
    /// Which.
    id: RecordId,
) -> impl IntoView {
    let app = app();
    position::stamp_if_missing(app, Some(id));
    view! { <Shell title=words(app).orders><OrderView id=id/></Shell> }
}

/// Everything about an order.
#[component]
pub fn OrderView(
    /// Which.
    id: RecordId,
) -> impl IntoView {
    let app = app();
    let state = load(app, move || api::Order { order: id });
    let moving = RwSignal::new(None::<moving::Moving>);
    let usable = Memo::new(move |_| {
        state.with(|state| match state {
            Loaded::Ready(order) => work::usable(app, order),
            _ => None,
        })
    });
    let rest = move || {
        state.with(|state| match state {
            Loaded::Ready(order) => Some(below(app, order)),
            _ => None,
        })
    };
    // What is typed into stands outside of what is drawn anew, so that a new answer takes away nothing of it.
    view! {
        <article class="order">
            {drawn(app, state, move |order| above(app, order, moving))}
            {move || usable.with(|usable| usable.as_ref().map(|usable| work::adding(app, usable)))}
            {rest}
        </article>
        <moving::MoveDialog moving=moving/>
    }
}

/// What it is about, what comes next, and what was done.
fn above(app: App, order: &OrderReply, moving: RwSignal<Option<moving::Moving>>) -> impl IntoView + use<> {
    let t = words(app);
    let row = &order.row;
    let kind = kind_of(app, &row.subject.programme, &row.kind);
    let kind = kind.as_ref();
    let colour =
        app.programme(&row.subject.programme).map(|programme| programme.colour.clone()).unwrap_or_default();
    let subject = row.subject.id;
    let advice = kind
        .and_then(|kind| kind.severities.iter().find(|known| known.id == row.severity))
        .map(|known| known.advice.in_language(app.lang().code()).to_owned())
        .filter(|advice| !advice.is_empty());
    let duplicate = order.duplicate_of.map(|other| {
        view! { <Button label=t.same_as drawing=Icon::Next press=move || go(&Route::Order(other))/> }
    });
    let assigned = if row.assigned.is_empty() { t.nobody.to_owned() } else { row.assigned.clone() };
    view! {
        <header class="order-head" style=("--accent", colour)>
            <h2>{about_text(app, kind, row)}</h2>
            <button type="button" class="about" on:click=move |_| go(&Route::Card(subject))>
                <span><b>{row.subject.heading.clone()}</b>" "{row.subject.second_line.clone()}</span>
                {icon(Icon::Next)}
            </button>
            <p class="facts">
                {severity_chip(app, kind, &row.severity)}
                {state_chip(app, kind, row)}
                {due_chip(app, row)}
            </p>
            <p class="small">{t.assigned_to}": "{assigned}</p>
        </header>
        {advice.map(|advice| notice::advice(&advice))}
        {duplicate}
        {moving::buttons(app, order, kind, moving)}
        {photos(app, order, PhotoRole::Report, t.reported)}
        {reports(app, order, kind)}
        {work::work(app, order, kind)}
    }
}

/// Who is to do it, where it is, and what happened.
fn below(app: App, order: &OrderReply) -> impl IntoView + use<> {
    let t = words(app);
    let row = &order.row;
    let kind = kind_of(app, &row.subject.programme, &row.kind);
    let kind = kind.as_ref();
    let map = row.subject.place.map(|(lat, lon)| {
        view! {
            <a class="button" href=format!("geo:{lat:.6},{lon:.6}?q={lat:.6},{lon:.6}")>
                {icon(Icon::Map)}
                <span class="words">{app.t().open_map}</span>
            </a>
        }
    });
    let others = (!order.others.is_empty()).then(|| {
        let rows = order
            .others
            .iter()
            .map(|other| {
                let id = other.id;
                order_row(app, other, move || go(&Route::Order(id)))
            })
            .collect_view();
        view! { <section><h3>{t.others_here}</h3><ul class="rows">{rows}</ul></section> }
    });
    view! {
        {order.may_manage.then(|| manage::manage(app, order, kind))}
        {map}
        {others}
        <section>
            <h3>{t.time_line}</h3>
            {time_line(app, kind, &order.moves)}
            {clocks(app, order, kind)}
        </section>
    }
}

/// Photos of one role, side by side.
fn photos(
    app: App,
    order: &OrderReply,
    role: PhotoRole,
    title: &'static str,
) -> Option<impl IntoView + use<>> {
    let found: Vec<String> =
        order.photos.iter().filter(|(_, is)| *is == role).map(|(hash, _)| hash.clone()).collect();
    (!found.is_empty()).then(|| {
        let all = found
            .into_iter()
            .map(|hash| view! { <li>{photo(app, hash, title.to_owned())}</li> })
            .collect_view();
        view! { <section><h3>{title}</h3><ul class="order-photos">{all}</ul></section> }
    })
}

fn reports(app: App, order: &OrderReply, kind: Option<&OrderKind>) -> impl IntoView + use<> {
    let t = words(app);
    let all = order
        .reports
        .iter()
        .map(|report| {
            let by = if report.by.is_empty() { t.citizen.to_owned() } else { report.by.clone() };
            let about = (!report.topics.is_empty()).then(|| topics_text(app, kind, &report.topics));
            let said = match (report.hidden, report.note.is_empty()) {
                (true, _) => Some(view! { <small>{t.hidden}</small> }.into_any()),
                (false, true) => None,
                (false, false) => Some(view! { <q>{report.note.clone()}</q> }.into_any()),
            };
            view! {
                <li>
                    {about.map(|about| view! { <b>{about}</b> })}
                    {said}
                    <span>{by}" · "{format::moment(report.at_ms, app.lang())}</span>
                </li>
            }
        })
        .collect_view();
    view! { <section><h3>{t.reports}</h3><ul class="order-reports">{all}</ul></section> }
}

/// How long each part took, or until when it may.
fn clocks(app: App, order: &OrderReply, kind: Option<&OrderKind>) -> impl IntoView + use<> {
    let t = words(app);
    let now = crate::browser::now_ms();
    let lines = order
        .clocks
        .iter()
        .filter_map(|run| {
            let clock = kind?.clocks.iter().find(|clock| clock.id == run.clock)?;
            let title = clock.title.in_language(app.lang().code());
            let text = match (run.stopped_ms, run.due_ms()) {
                (Some(_), _) => fill(t.clock_done, &[title, &span(app, run.taken_ms(now))]),
                (None, Some(due)) => fill(t.clock_runs, &[title, &format::moment(due, app.lang())]),
                (None, None) => return None,
            };
            Some(view! { <li class:late=run.is_late(now)>{text}</li> })
        })
        .collect_view();
    view! { <ul class="order-clocks">{lines}</ul> }
}

/// A button that works while nothing else is being saved.
fn press(
    label: String,
    drawing: Icon,
    weight: Weight,
    busy: RwSignal<bool>,
    then: impl Fn() + 'static,
) -> impl IntoView {
    view! { <Button label=label drawing=drawing weight=weight disabled=busy press=then/> }
}
