//! An order as lists show it, and its words: used on the phone and at the office.

use crate::app::App;
use crate::browser::now_ms;
use crate::format;
use crate::strings::fill;
use crate::strings::orders::orders as words;
use domain::api::OrderRow;
use domain::order::{Move, OrderKind, StateClass, StateKind};
use leptos::prelude::*;

/// A kind of order of a programme of this device.
pub fn kind_of(app: App, programme: &str, kind: &str) -> Option<OrderKind> {
    app.programme(programme).and_then(|programme| programme.order(kind).cloned())
}

/// The title of a state; its id where it is not known.
pub fn state_title(app: App, kind: Option<&OrderKind>, state: &str) -> String {
    kind.and_then(|kind| kind.state(state))
        .map_or_else(|| state.to_owned(), |known| known.title.in_language(app.lang().code()).to_owned())
}

/// What the button to a state says.
pub fn state_button(app: App, state: &StateKind) -> String {
    let words = if state.button.th.is_empty() { &state.title } else { &state.button };
    words.in_language(app.lang().code()).to_owned()
}

/// What it is about.
pub fn topics_text(app: App, kind: Option<&OrderKind>, topics: &[String]) -> String {
    let title = |id: &String| {
        kind.and_then(|kind| kind.topic(id))
            .map_or_else(|| id.clone(), |topic| topic.title.in_language(app.lang().code()).to_owned())
    };
    match (topics.is_empty(), kind) {
        (true, Some(kind)) => kind.title.in_language(app.lang().code()).to_owned(),
        _ => topics.iter().map(title).collect::<Vec<_>>().join(" · "),
    }
}

/// What an order is about, each with the number that raised it: อุณหภูมิ 39.5.
pub fn about_text(app: App, kind: Option<&OrderKind>, row: &OrderRow) -> String {
    if row.topics.is_empty() {
        return topics_text(app, kind, &row.topics);
    }
    let one = |topic: &String| {
        let title = topics_text(app, kind, std::slice::from_ref(topic));
        match row.values.get(topic).and_then(|value| value.as_f64()) {
            Some(number) => format!("{title} {number}"),
            None => title,
        }
    };
    row.topics.iter().map(one).collect::<Vec<_>>().join(" · ")
}

/// How long something is, in the largest unit that tells it.
pub fn span(app: App, ms: u64) -> String {
    let t = words(app);
    let minutes = ms / 60_000;
    let (pattern, count) = match minutes {
        0..120 => (t.minutes, minutes),
        120..2_880 => (t.hours, minutes / 60),
        _ => (t.days, minutes / 1_440),
    };
    fill(pattern, &[&format::count(count)])
}

/// The mark that says how much time is left.
pub fn due_chip(app: App, row: &OrderRow) -> Option<AnyView> {
    let t = words(app);
    if row.class != StateClass::Open {
        return None;
    }
    if row.withdrawn {
        return Some(view! { <span class="chip later">{t.withdrawn}</span> }.into_any());
    }
    let now = now_ms();
    Some(match row.due_ms {
        None => view! { <span class="chip">{t.waits}</span> }.into_any(),
        Some(due) if due < now => {
            view! { <span class="chip overdue">{fill(t.late_by, &[&span(app, now - due)])}</span> }.into_any()
        }
        Some(due) => view! { <span>{fill(t.left, &[&span(app, due - now)])}</span> }.into_any(),
    })
}

/// The mark of a state.
pub fn state_chip(app: App, kind: Option<&OrderKind>, row: &OrderRow) -> impl IntoView + use<> {
    let class = match row.class {
        StateClass::Open => "chip left",
        StateClass::Done => "chip done",
        StateClass::Closed => "chip later",
    };
    view! { <span class=class>{state_title(app, kind, &row.state)}</span> }
}

/// The mark of an order that is more urgent than others.
pub fn severity_chip(app: App, kind: Option<&OrderKind>, severity: &str) -> Option<impl IntoView + use<>> {
    let title = kind?.severities.iter().find(|known| known.id == severity)?;
    let title = title.title.in_language(app.lang().code()).to_owned();
    Some(view! { <span class="chip failed">{title}</span> })
}

/// An order in a list; `open` is called when it is pressed.
pub fn order_row<F>(app: App, row: &OrderRow, open: F) -> impl IntoView + use<F>
where
    F: Fn() + 'static,
{
    let t = words(app);
    let kind = kind_of(app, &row.subject.programme, &row.kind);
    let colour =
        app.programme(&row.subject.programme).map(|programme| programme.colour.clone()).unwrap_or_default();
    let distance = row
        .subject
        .distance_m
        .map(|metres| format!("{} {}", format::count(metres.round() as u64), app.t().metres));
    let reports = (row.reports > 1).then(|| fill(t.reported_by_n, &[&row.reports.to_string()]));
    let assigned = (!row.assigned.is_empty()).then(|| row.assigned.clone());
    view! {
        <li class="row order-row" class:urgent=!row.severity.is_empty() style=("--accent", colour)>
            <button type="button" on:click=move |_| open()>
                <span class="text">
                    <b>{about_text(app, kind.as_ref(), row)}</b>
                    <span class="second">{row.subject.heading.clone()}" "{row.subject.second_line.clone()}</span>
                    <span class="facts">
                        {severity_chip(app, kind.as_ref(), &row.severity)}
                        {state_chip(app, kind.as_ref(), row)}
                        {due_chip(app, row)}
                        {distance.map(|distance| view! { <span>{distance}</span> })}
                        {reports.map(|reports| view! { <span>{reports}</span> })}
                        {assigned.map(|assigned| view! { <span>{assigned}</span> })}
                        {(!row.received).then(|| view! { <span class="chip">{t.waiting_received}</span> })}
                    </span>
                </span>
            </button>
        </li>
    }
}

/// The steps of an order, oldest first.
pub fn time_line(app: App, kind: Option<&OrderKind>, moves: &[Move]) -> impl IntoView + use<> {
    let t = words(app);
    let steps = moves
        .iter()
        .map(|step| {
            let by = if step.by.is_empty() { t.citizen.to_owned() } else { step.by.clone() };
            let note = (!step.note.is_empty()).then(|| view! { <q>{step.note.clone()}</q> });
            let idle = step.idle.then(|| view! { <small>{t.idle}</small> });
            view! {
                <li class:idle=step.idle>
                    <b>{state_title(app, kind, &step.state)}</b>
                    <span>{format::moment(step.at_ms, app.lang())}" · "{by}</span>
                    {note}
                    {idle}
                </li>
            }
        })
        .collect_view();
    view! { <ol class="order-steps">{steps}</ol> }
}
