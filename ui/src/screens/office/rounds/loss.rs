//! What goes lost: what was given out to a zone, which the office types in, against what was counted at its subjects;
//! subjects that count nothing for months; subjects that are estimated again and again.

use super::State;
use crate::app::{App, Loaded};
use crate::backend::ask;
use crate::browser::today_iso;
use crate::components::button::Button;
use crate::components::icon::Icon;
use crate::components::notice;
use crate::format;
use crate::screens::office::page::Page;
use crate::strings::fill;
use crate::strings::office::rounds::rounds as words;
use domain::api;
use domain::api::{LossReply, LossRow, SubjectRow};
use domain::text;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The part of the page.
#[component]
pub fn Losses(page: State) -> impl IntoView {
    let app = page.app;
    let t = words(app);
    let reply = RwSignal::new(Loaded::<LossReply>::Waiting);
    let look = move || {
        let request = api::Loss {
            programme: page.programme.get_untracked(),
            cycle: page.shown_cycle(),
            today: today_iso(),
        };
        spawn_local(async move {
            match ask(request).await {
                Ok(found) => _ = reply.try_set(Loaded::Ready(found)),
                Err(problem) => _ = reply.try_set(Loaded::Failed(problem)),
            }
        });
    };
    // It reads several cycles: once when it is opened and when something was typed, not with every look.
    Effect::new(move |_| {
        page.cycle.track();
        page.programme.track();
        if page.reply.with(Option::is_some) {
            look();
        }
    });
    let rows = Memo::new(move |_| match reply.get() {
        Loaded::Ready(found) => found.zones,
        _ => Vec::new(),
    });
    let rule = page.kind().and_then(|kind| kind.loss.clone()).unwrap_or_default();
    let produced_title = rule.produced.in_language(app.lang().code()).to_owned();
    let dead_title = rule.dead.in_language(app.lang().code()).to_owned();
    let column = produced_title.clone();
    view! {
        {move || match reply.get() {
            Loaded::Waiting => view! { <p class="waiting" role="status">{app.t().loading}</p> }.into_any(),
            Loaded::Failed(problem) => notice::problem(app, &problem).into_any(),
            Loaded::Ready(_) => ().into_any(),
        }}
        <table class="office-table round-loss">
            <thead>
                <tr>
                    <th scope="col">
                        {move || page.kind().map(|kind| kind.zone_title.in_language(app.lang().code()).to_owned())}
                    </th>
                    <th scope="col">{column}</th>
                    <th scope="col">{t.counted_units}</th>
                    <th scope="col">{t.lost}</th>
                </tr>
            </thead>
            <tbody>
                <For
                    each=move || rows.get()
                    key=|row| (row.zone.clone(), row.produced, row.counted, row.unread)
                    children=move |row| zone(page, &row, produced_title.clone(), look)
                />
            </tbody>
        </table>
        {move || match reply.get() {
            Loaded::Ready(found) => {
                let again = marks_again(page, app, &found);
                view! {
                    <section class="office-panel">
                        <h2>{dead_title.clone()}" ("{format::count(found.dead_total)}")"</h2>
                        {subjects(app, found.dead.iter(), found.dead_total)}
                    </section>
                    {again}
                }
                    .into_any()
            }
            _ => ().into_any(),
        }}
    }
}

fn marks_again(page: State, app: App, found: &LossReply) -> impl IntoView + use<> {
    let t = words(app);
    let kind = page.kind();
    let marks = kind.iter().filter_map(|kind| kind.round.as_ref()).flat_map(|round| &round.marks);
    marks
        .filter(|mark| mark.again)
        .map(|mark| {
            let title = fill(t.again_title, &[mark.title.in_language(app.lang().code())]);
            let rows: Vec<&SubjectRow> =
                found.again.iter().filter(|(id, _)| *id == mark.id).map(|(_, row)| row).collect();
            let total = found.again_total.get(&mark.id).copied().unwrap_or_default();
            view! {
                <section class="office-panel">
                    <h2>{title}" ("{format::count(total)}")"</h2>
                    {subjects(app, rows.into_iter(), total)}
                </section>
            }
        })
        .collect_view()
}

/// Subjects as links to the registry, and how many there are in all where not all are here.
fn subjects<'a>(app: App, rows: impl Iterator<Item = &'a SubjectRow>, total: u64) -> AnyView {
    let rows: Vec<_> = rows
        .map(|row| {
            view! {
                <li>
                    <a href=Page::Registry(Some(row.id)).hash()>{row.heading.clone()}</a>
                    <span class="small">{row.zone.clone()}"."{row.order.clone()}" · "{row.second_line.clone()}</span>
                </li>
            }
        })
        .collect();
    if rows.is_empty() {
        return view! { <p class="small">{words(app).dead_none}</p> }.into_any();
    }
    let shown = rows.len() as u64;
    let cut = (shown < total).then(|| {
        let sentence = fill(words(app).shown_of, &[&format::count(shown), &format::count(total)]);
        view! { <p class="small">{sentence}</p> }
    });
    view! { {cut} <ul class="round-subjects">{rows}</ul> }.into_any()
}

/// One zone, with the line to type what it was given.
fn zone<F>(page: State, row: &LossRow, produced_title: String, look: F) -> impl IntoView + use<F>
where
    F: Fn() + Copy + 'static,
{
    let app = page.app;
    let t = words(app);
    let office = page.office;
    let typed = RwSignal::new(row.produced.map_or(String::new(), |units| units.to_string()));
    let zone = row.zone.clone();
    let save = move || {
        let number = text::ascii_digits(&typed.get_untracked()).replace(',', "").trim().parse::<i64>();
        let Ok(produced) = number else { return };
        let request = api::PlanCycle {
            programme: page.programme.get_untracked(),
            zone: zone.clone(),
            cycle: page.shown_cycle(),
            produced: Some(produced),
            ..api::PlanCycle::default()
        };
        spawn_local(async move {
            match ask(request).await {
                Ok(_) => {
                    app.say(t.saved);
                    look();
                }
                Err(problem) => office.say_problem(&problem),
            }
        });
    };
    let label = format!("{produced_title} {}", row.title);
    let lost = match row.lost_bp {
        Some(bp) => {
            let percent =
                format!("{}{}.{}%", if bp < 0 { "-" } else { "" }, bp.abs() / 100, bp.abs() % 100 / 10);
            let class = if row.too_much { "chip failed" } else { "chip" };
            view! { <span class=class>{percent}</span> }.into_any()
        }
        None => view! { <span class="small">{t.produced_none}</span> }.into_any(),
    };
    let unread = (row.unread > 0).then(|| {
        view! { <span class="small">" "{fill(t.unread_n, &[&format::count(row.unread)])}</span> }
    });
    view! {
        <tr>
            <th scope="row">{row.title.clone()}</th>
            <td data-label=produced_title.clone()>
                <span class="round-produced">
                    <input
                        inputmode="numeric"
                        aria-label=label
                        prop:value=move || typed.get()
                        on:input:target=move |event: crate::components::field::OnInput| typed.set(event.target().value())
                    />
                    <Button label=t.save drawing=Icon::Check press=save/>
                </span>
            </td>
            <td class="amount" data-label=t.counted_units>{text::grouped(row.counted)}</td>
            <td data-label=t.lost>{lost}{unread}</td>
        </tr>
    }
}
