//! Rounds and their cycles: how far each zone is, who walked it, what somebody should look at, what goes lost. The page
//! looks again every few seconds while somebody looks at it; what is being typed or unfolded stays.

mod doubts;
mod files;
mod loss;
mod zones;

use super::page::Framed;
use super::polling::every;
use super::state::{Office, office};
use crate::app::{App, app};
use crate::backend::ask;
use crate::browser::{OFFSET_MINUTES, now_ms, today_iso};
use crate::components::field::Select;
use crate::components::notice;
use crate::format;
use crate::strings::fill;
use crate::strings::office::rounds::rounds as words;
use domain::api;
use domain::api::{DashboardReply, Tally};
use domain::money::Satang;
use domain::problem::Problem;
use domain::programme::Programme;
use domain::thai_date;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::sync::Arc;

/// How long between two looks, milliseconds.
const LOOK_MS: i32 = 4_000;

/// A part of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Zones,
    People,
    Doubts,
    Loss,
}

/// The page's state. A handle.
#[derive(Clone, Copy)]
pub struct State {
    app: App,
    office: Office,
    programme: RwSignal<String>,
    /// The cycle that is looked at; empty until the first answer says which there are.
    cycle: RwSignal<String>,
    reply: RwSignal<Option<DashboardReply>>,
    problem: RwSignal<Option<Problem>>,
    updated_ms: RwSignal<u64>,
    part: RwSignal<Part>,
    /// Grows with every answer that says something new, so that the parts look again.
    fresh: RwSignal<u32>,
}

impl State {
    /// The programme that is looked at, once it is known.
    fn kind(self) -> Option<Arc<Programme>> {
        self.app.programme(&self.programme.get())
    }

    /// The cycle that is shown.
    fn shown_cycle(self) -> String {
        self.reply.with_untracked(|reply| reply.as_ref().map(|reply| reply.cycle.clone()).unwrap_or_default())
    }

    async fn look(self) {
        let Some(programme) = self.programme.try_get_untracked().filter(|id| !id.is_empty()) else { return };
        let Some(cycle) = self.cycle.try_get_untracked() else { return };
        let today = today_iso();
        let request =
            api::Dashboard { programme: programme.clone(), cycle: cycle.clone(), today: today.clone() };
        let answer = ask(request).await;
        // Somebody chose another one meanwhile.
        if self.programme.try_get_untracked() != Some(programme)
            || self.cycle.try_get_untracked().as_ref() != Some(&cycle)
        {
            return;
        }
        match answer {
            Ok(reply) => {
                self.problem.set(None);
                let opens = opens_on(&reply, &today);
                if cycle.is_empty() && opens != reply.cycle {
                    // Looked at anew, under its own name.
                    self.cycle.set(opens);
                    return;
                }
                self.updated_ms.set(now_ms());
                if self.reply.with_untracked(|before| before.as_ref() != Some(&reply)) {
                    self.reply.set(Some(reply));
                    self.fresh.update(|n| *n += 1);
                }
                if cycle.is_empty() {
                    self.cycle.set(opens);
                }
            }
            Err(problem) => self.problem.set(Some(problem)),
        }
    }

    fn look_now(self) {
        spawn_local(self.look());
    }
}

/// The cycle that the page opens on: the present one once its round has begun, and until then the last in which anything was
/// done. On the first of a month nobody looks for a page of noughts.
fn opens_on(present: &DashboardReply, today: &str) -> String {
    let begun = |zone: &api::ZoneTally| !zone.read_on.is_empty() && zone.read_on.as_str() <= today;
    let runs = present.zones.iter().any(begun) || present.all.read + present.all.not_read() > 0;
    let before = present.cycles.iter().filter(|cycle| **cycle < present.cycle).max();
    before.filter(|_| !runs).unwrap_or(&present.cycle).clone()
}

/// The page.
#[component]
pub fn Rounds() -> impl IntoView {
    let app = app();
    let t = words(app);
    let page = State {
        app,
        office: office(),
        programme: RwSignal::new(String::new()),
        cycle: RwSignal::new(String::new()),
        reply: RwSignal::new(None),
        problem: RwSignal::new(None),
        updated_ms: RwSignal::new(0),
        part: RwSignal::new(Part::Zones),
        fresh: RwSignal::new(0),
    };
    let walked = Memo::new(move |_| {
        app.programmes.with(|all| {
            let walked = all.iter().filter(|programme| programme.round.is_some());
            walked
                .map(|p| (p.id.clone(), p.title.in_language(app.lang().code()).to_owned()))
                .collect::<Vec<_>>()
        })
    });
    Effect::new(move |_| {
        let first = walked.with(|all| all.first().map(|(id, _)| id.clone()));
        if let Some(first) = first.filter(|_| page.programme.with_untracked(String::is_empty)) {
            page.programme.set(first);
        }
    });
    // Another programme or cycle is another page; work done elsewhere on these pages shows at once.
    Effect::new(move |before: Option<(String, String)>| {
        let chosen = (page.programme.get(), page.cycle.get());
        app.changed.track();
        let other_programme = before.as_ref().is_some_and(|before| before.0 != chosen.0);
        if other_programme
            || (before.is_some_and(|before| before != chosen) && page.shown_cycle() != chosen.1)
        {
            page.reply.set(None);
        }
        if other_programme && !chosen.1.is_empty() {
            // Each programme opens on its own cycle.
            page.cycle.set(String::new());
        } else {
            page.look_now();
        }
        chosen
    });
    every(LOOK_MS, move || page.look());
    view! {
        <Framed title=t.title lead=t.lead beside=choose(page, walked).into_any()>
            {move || freshness(page)}
            {move || walked.with(Vec::is_empty).then(|| notice::empty(t.nothing))}
            <div class="round-tiles">{move || page.reply.with(|reply| reply.as_ref().map(|reply| tiles(page, &reply.all)))}</div>
            {move || parts(page)}
            {move || match page.part.get() {
                Part::Zones => view! { <zones::Zones page=page/> }.into_any(),
                Part::People => people(page).into_any(),
                Part::Doubts => view! { <doubts::Doubts page=page/> }.into_any(),
                Part::Loss => view! { <loss::Losses page=page/> }.into_any(),
            }}
            <files::Files page=page/>
        </Framed>
    }
}

/// The choice of programme, where there are several, and of the cycle.
fn choose(page: State, walked: Memo<Vec<(String, String)>>) -> impl IntoView {
    let t = words(page.app);
    let lang = page.app.lang();
    let cycles = Memo::new(move |_| {
        page.reply.with(|reply| reply.as_ref().map(|reply| reply.cycles.clone()).unwrap_or_default())
    });
    view! {
        <div class="round-choose">
            {move || {
                let all = walked.get();
                (all.len() > 1).then(|| {
                    view! { <Select label=words_of_programme(page.app) options=all value=page.programme/> }
                })
            }}
            {move || {
                let all = cycles.get();
                (!all.is_empty()).then(|| {
                    let options: Vec<(String, String)> =
                        all.into_iter().map(|cycle| (cycle.clone(), month(&cycle, lang.code()))).collect();
                    view! { <Select label=t.cycle options=options value=page.cycle/> }
                })
            }}
        </div>
    }
}

fn words_of_programme(app: App) -> &'static str {
    crate::strings::office::office(app).programme
}

/// What people call a cycle.
fn month(cycle: &str, language: &str) -> String {
    if language == "th" { thai_date::cycle(cycle) } else { cycle.to_owned() }
}

fn freshness(page: State) -> impl IntoView {
    let t = words(page.app);
    let updated = page.updated_ms.get();
    let clock = thai_date::iso(updated, OFFSET_MINUTES).get(11..19).unwrap_or_default().to_owned();
    match page.problem.get() {
        Some(problem) if updated == 0 => {
            let problem = Problem { hint: page.office.explain(&problem), ..problem };
            notice::problem(page.app, &problem).into_any()
        }
        Some(_) => notice::remark(fill(t.not_updated, &[&clock])).into_any(),
        None if updated == 0 => ().into_any(),
        None => view! {
            <p class="office-updated"><span aria-hidden="true">"●"</span>{fill(t.updated, &[&clock])}</p>
        }
        .into_any(),
    }
}

/// Money as people read it.
fn baht(satang: i64) -> String {
    Satang(satang).to_string()
}

/// The numbers that matter, large.
fn tiles(page: State, all: &Tally) -> impl IntoView + use<> {
    let t = words(page.app);
    let kind = page.kind();
    let units = kind
        .as_ref()
        .and_then(|kind| kind.round.as_ref())
        .map(|round| round.unit_title.in_language(page.app.lang().code()).to_owned())
        .filter(|title| !title.is_empty());
    let is_billed = kind.is_some_and(|kind| kind.billing.is_some());
    let tile = |id: &'static str, label: String, number: String, note: Option<String>| {
        view! {
            <div class="round-tile" id=id>
                <span>{label}</span>
                <b>{number}</b>
                {note.map(|note| view! { <small>{note}</small> })}
            </div>
        }
    };
    let today = (all.read_today > 0).then(|| fill(t.today_n, &[&format::count(all.read_today)]));
    let of_all = fill(t.of_all, &[&format::count(all.subjects)]);
    let done_note = today.map_or(of_all.clone(), |today| format!("{of_all} · {today}"));
    let claimed = (all.claimed != 0).then(|| fill(t.claimed_n, &[&baht(all.claimed)]));
    view! {
        {tile("tile-done", t.done.to_owned(), format::count(all.read), Some(done_note))}
        {tile("tile-left", t.left.to_owned(), format::count(all.left()), None)}
        {tile("tile-skipped", t.skipped.to_owned(), format::count(all.not_read()), None)}
        {tile("tile-waiting", t.waiting.to_owned(), format::count(all.waiting), None)}
        {units.map(|units| tile("tile-units", units, domain::text::grouped(all.units), None))}
        {is_billed.then(|| tile("tile-billed", t.billed.to_owned(), baht(all.billed), None))}
        {is_billed.then(|| tile("tile-collected", t.collected.to_owned(), baht(all.collected), claimed))}
        {all.seconds_each().map(|each| tile("tile-seconds", t.seconds_each.to_owned(), format::count(each), None))}
    }
}

/// The parts of the page as buttons, with how much waits behind one.
fn parts(page: State) -> impl IntoView {
    let t = words(page.app);
    let kind = page.kind();
    let language = page.app.lang().code();
    let zones = kind.as_ref().map_or(String::new(), |kind| kind.zone_title.in_language(language).to_owned());
    let waiting = page.reply.with(|reply| reply.as_ref().map_or(0, |reply| reply.all.waiting));
    let part = move |own: Part, label: String, waits: u64| {
        view! {
            <button
                type="button"
                class="filter"
                aria-pressed=move || (page.part.get() == own).to_string()
                on:click=move |_| page.part.set(own)
            >
                {label}
                {(waits > 0).then(|| view! { " " <b class="office-waits">{format::count(waits)}</b> })}
            </button>
        }
    };
    view! {
        <div class="filters" role="group" aria-label=t.parts>
            {part(Part::Zones, zones, 0)}
            {part(Part::People, t.by_person.to_owned(), 0)}
            {part(Part::Doubts, t.to_check.to_owned(), waiting)}
            {kind.is_some_and(|kind| kind.loss.is_some()).then(|| part(Part::Loss, t.losses.to_owned(), 0))}
        </div>
    }
}

/// Who recorded how much.
fn people(page: State) -> impl IntoView {
    let t = words(page.app);
    move || {
        page.reply.with(|reply| {
            let rows = reply.iter().flat_map(|reply| &reply.readers).map(|reader| {
                let last = u64::try_from(reader.last_ms).unwrap_or(0);
                let tally = &reader.tally;
                let each = tally.seconds_each().map_or("–".to_owned(), format::count);
                view! {
                    <tr>
                        <th scope="row">{reader.person.clone()}</th>
                        <td class="amount" data-label=t.areas>{format::count(reader.zones)}</td>
                        <td class="amount" data-label=t.done>{format::count(tally.read)}</td>
                        <td class="amount" data-label=t.skipped>{format::count(tally.not_read())}</td>
                        <td class="amount" data-label=t.waiting>{format::count(tally.waiting)}</td>
                        <td class="amount" data-label=t.seconds_each>{each}</td>
                        <td data-label=t.last_at>{format::moment(last, page.app.lang())}</td>
                    </tr>
                }
            });
            view! {
                <table class="office-table">
                    <thead>
                        <tr>
                            <th scope="col">{t.person}</th>
                            <th scope="col">{t.areas}</th>
                            <th scope="col">{t.done}</th>
                            <th scope="col">{t.skipped}</th>
                            <th scope="col">{t.waiting}</th>
                            <th scope="col">{t.seconds_each}</th>
                            <th scope="col">{t.last_at}</th>
                        </tr>
                    </thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_opens_on_the_cycle_that_runs_or_else_on_the_last_in_which_anything_was_done() {
        let zone = api::ZoneTally { read_on: "2026-10-04".into(), ..api::ZoneTally::default() };
        // A phone in another year has written a cycle that nobody is in.
        let cycles = ["3112-10", "2026-10", "2026-09", "2026-08"].map(str::to_owned).to_vec();
        let reply = |read| DashboardReply {
            cycle: "2026-10".into(),
            cycles: cycles.clone(),
            all: Tally { read, ..Tally::default() },
            zones: vec![zone.clone()],
            ..DashboardReply::default()
        };
        assert_eq!(opens_on(&reply(0), "2026-10-02"), "2026-09");
        assert_eq!(opens_on(&reply(1), "2026-10-02"), "2026-10");
        assert_eq!(opens_on(&reply(0), "2026-10-04"), "2026-10");
        let first = DashboardReply { cycles: vec!["2026-10".to_owned()], ..reply(0) };
        assert_eq!(opens_on(&first, "2026-10-02"), "2026-10");
    }
}
