//! The day's visits as they arrive. The page looks again every few seconds while somebody looks at it, and marks what
//! is new without moving what is being read.

use super::answers;
use super::page::{Framed, Page};
use super::polling::every;
use super::state::office;
use crate::app::{App, app};
use crate::backend::ask;
use crate::browser::{OFFSET_MINUTES, now_ms, today};
use crate::components::icon::{Icon, icon};
use crate::components::notice;
use crate::components::row::outcome_word;
use crate::components::visit::{form_title, summary};
use crate::format;
use crate::strings::office::office as words;
use crate::strings::{Language, fill};
use chrono::{Days, NaiveDate};
use domain::api;
use domain::api::VisitRow;
use domain::ids::RecordId;
use domain::problem::Problem;
use domain::programme::DONE;
use domain::thai_date;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::collections::{BTreeMap, BTreeSet};

/// How long between two looks, milliseconds.
const LOOK_MS: i32 = 4_000;
/// Most visits one answer holds.
const MOST: u32 = 500;
/// Rows drawn at first, and more with each press.
const DRAWN: usize = 60;

/// The page's state. A handle.
#[derive(Clone, Copy)]
struct Day {
    app: App,
    day: RwSignal<NaiveDate>,
    only: RwSignal<Option<String>>,
    rows: RwSignal<Vec<VisitRow>>,
    /// The day's first answer is here.
    known: RwSignal<bool>,
    /// Those that came after the first answer.
    fresh: RwSignal<BTreeSet<RecordId>>,
    /// More than one answer holds.
    capped: RwSignal<bool>,
    updated_ms: RwSignal<u64>,
    problem: RwSignal<Option<Problem>>,
    drawn: RwSignal<usize>,
    said: RwSignal<String>,
}

impl Day {
    fn show(self, day: NaiveDate) {
        self.day.set(day);
        self.known.set(false);
        self.rows.set(Vec::new());
        self.fresh.set(BTreeSet::new());
        self.drawn.set(DRAWN);
        spawn_local(self.look());
    }

    /// Asks for the day; what was asked for another day is dropped.
    async fn look(self) {
        let Some(day) = self.day.try_get_untracked() else { return };
        let answer = self.ask_for(day).await;
        if self.day.try_get_untracked() != Some(day) {
            return;
        }
        match answer {
            Ok((rows, capped)) => {
                self.problem.set(None);
                self.updated_ms.set(now_ms());
                self.capped.set(capped);
                self.take(rows);
            }
            Err(problem) => self.problem.set(Some(problem)),
        }
    }

    async fn ask_for(self, day: NaiveDate) -> Result<(Vec<VisitRow>, bool), Problem> {
        let one =
            |programme: Option<String>| ask(api::Today { day: day.to_string(), programme, limit: MOST });
        let rows = one(None).await?;
        if rows.len() < MOST as usize {
            return Ok((rows, false));
        }
        // A full answer would hide the quieter programmes.
        let ids: Vec<String> = self
            .app
            .programmes
            .with_untracked(|all| all.iter().map(|programme| programme.id.clone()).collect());
        let (mut all, mut capped) = (Vec::new(), false);
        for id in ids {
            let rows = one(Some(id)).await?;
            capped |= rows.len() >= MOST as usize;
            all.extend(rows);
        }
        all.sort_by(|a, b| b.at.cmp(&a.at).then(b.id.cmp(&a.id)));
        Ok((all, capped))
    }

    fn take(self, mut rows: Vec<VisitRow>) {
        // A correction has the time of what it corrects and stands in its place: one visit. The subject's page keeps both.
        rows.retain(|row| !row.corrected);
        if self.known.get_untracked() {
            let new: Vec<RecordId> = self.rows.with_untracked(|before| {
                let before: BTreeSet<RecordId> = before.iter().map(|row| row.id).collect();
                rows.iter().map(|row| row.id).filter(|id| !before.contains(id)).collect()
            });
            if !new.is_empty() {
                self.said.set(fill(words(self.app).new_arrived, &[&format::count(new.len() as u64)]));
                // The mark must be known before the row is drawn.
                self.fresh.update(|fresh| fresh.extend(new));
            }
        }
        if self.rows.with_untracked(|before| *before != rows) {
            self.rows.set(rows);
        }
        self.known.set(true);
    }
}

/// The page.
#[component]
pub fn Today() -> impl IntoView {
    let app = app();
    let t = words(app);
    let day = Day {
        app,
        day: RwSignal::new(today()),
        only: RwSignal::new(None),
        rows: RwSignal::new(Vec::new()),
        known: RwSignal::new(false),
        fresh: RwSignal::new(BTreeSet::new()),
        capped: RwSignal::new(false),
        updated_ms: RwSignal::new(0),
        problem: RwSignal::new(None),
        drawn: RwSignal::new(DRAWN),
        said: RwSignal::new(String::new()),
    };
    every(LOOK_MS, move || day.look());
    // Only one's own screen refreshes by itself; work done elsewhere on these pages shows at once.
    Effect::new(move |first: Option<()>| {
        app.changed.track();
        if first.is_some() {
            spawn_local(day.look());
        }
    });
    view! {
        <Framed title=t.today lead=t.today_lead beside=choose_day(day).into_any()>
            <p class="visually-hidden" role="status" aria-live="polite">{move || day.said.get()}</p>
            {move || freshness(day)}
            <div class="office-tiles" role="group" aria-label=t.programme>{move || tiles(day)}</div>
            {move || {
                day.capped.get().then(|| notice::remark(fill(t.capped, &[&format::count(u64::from(MOST))])))
            }}
            <div class="office-columns">
                <section aria-label=t.visits>{list(day)}</section>
                <aside aria-label=t.by_person>{move || by_person(day)}</aside>
            </div>
        </Framed>
    }
}

fn choose_day(day: Day) -> impl IntoView {
    let t = words(day.app);
    let is_today = move || day.day.get() >= today();
    let move_by = move |forward: bool| {
        let shown = day.day.get_untracked();
        let next =
            if forward { shown.checked_add_days(Days::new(1)) } else { shown.checked_sub_days(Days::new(1)) };
        if let Some(next) = next.filter(|next| *next <= today()) {
            day.show(next);
        }
    };
    view! {
        <div class="office-day" role="group">
            <button type="button" class="icon-button" aria-label=t.previous_day title=t.previous_day on:click=move |_| move_by(false)>
                {icon(Icon::Back)}
            </button>
            <b aria-live="polite">
                {move || {
                    let shown = day.day.get();
                    let long = match day.app.lang() {
                        Language::Thai => thai_date::long(shown),
                        language => format::day(shown, language),
                    };
                    let near = format::near_day(&shown.to_string(), today(), day.app.t(), day.app.lang());
                    let words = near != format::day(shown, day.app.lang());
                    view! { {words.then(|| format!("{near} "))} <span>{long}</span> }
                }}
            </b>
            <button
                type="button"
                class="icon-button"
                aria-label=t.next_day
                title=t.next_day
                disabled=is_today
                on:click=move |_| move_by(true)
            >
                {icon(Icon::Next)}
            </button>
            {move || {
                (day.day.get() != today())
                    .then(|| {
                        view! {
                            <button type="button" class="button quiet" on:click=move |_| day.show(today())>
                                {t.back_to_today}
                            </button>
                        }
                    })
            }}
        </div>
    }
}

/// How fresh the page is; a problem is said here, and the list stays.
fn freshness(day: Day) -> impl IntoView {
    let t = words(day.app);
    let updated = day.updated_ms.get();
    let clock = clock_of(day.app, updated);
    match day.problem.get() {
        Some(problem) if updated == 0 => {
            let problem = Problem { hint: office().explain(&problem), ..problem };
            notice::problem(day.app, &problem).into_any()
        }
        Some(_) => notice::remark(fill(t.not_updated, &[&clock])).into_any(),
        None if updated == 0 => ().into_any(),
        None => view! { <p class="office-updated"><span aria-hidden="true">"●"</span>{fill(t.updated, &[&clock])}</p> }.into_any(),
    }
}

fn clock_of(app: App, ms: u64) -> String {
    let iso = thai_date::iso(ms, OFFSET_MINUTES);
    let clock = iso.get(11..19).unwrap_or_default();
    match app.lang() {
        Language::Thai => format!("{clock} น."),
        Language::English => clock.to_owned(),
    }
}

#[derive(Clone, Copy, Default)]
struct Tally {
    done: u64,
    not_done: u64,
}

impl Tally {
    fn count(&mut self, visit: &VisitRow) {
        if visit.outcome == DONE {
            self.done += 1;
        } else {
            self.not_done += 1;
        }
    }
}

/// The totals by programme, which are also the filter.
fn tiles(day: Day) -> impl IntoView {
    let t = words(day.app);
    let (mut all, mut by) = (Tally::default(), BTreeMap::<String, Tally>::new());
    day.rows.with(|rows| {
        for row in rows {
            all.count(row);
            by.entry(row.programme.clone()).or_default().count(row);
        }
    });
    let tile = move |id: Option<String>, mark: String, title: String, colour: String, tally: Tally| {
        let own = id.clone();
        view! {
            <button
                type="button"
                class="office-tile"
                style=("--accent", colour)
                aria-pressed=move || (day.only.get() == own).to_string()
                on:click=move |_| {
                    day.only.set(id.clone());
                    day.drawn.set(DRAWN);
                }
            >
                <span class="office-tile-title"><span aria-hidden="true">{mark}</span>{title}</span>
                <span class="office-tile-numbers">
                    <span><b>{format::count(tally.done)}</b>" "{t.done_n}</span>
                    <span class:none=tally.not_done == 0><b>{format::count(tally.not_done)}</b>" "{t.not_done_n}</span>
                </span>
            </button>
        }
    };
    let programmes = day.app.programmes.get();
    let each = programmes
        .into_iter()
        .map(|programme| {
            let tally = by.get(&programme.id).copied().unwrap_or_default();
            let title = programme.title.in_language(day.app.lang().code()).to_owned();
            tile(Some(programme.id.clone()), programme.icon.clone(), title, programme.colour.clone(), tally)
        })
        .collect_view();
    view! {
        {tile(None, String::new(), t.all_programmes.to_owned(), String::new(), all)}
        {each}
    }
}

fn shown(day: Day) -> Vec<VisitRow> {
    let only = day.only.get();
    day.rows.with(|rows| {
        rows.iter().filter(|row| only.as_ref().is_none_or(|only| row.programme == *only)).cloned().collect()
    })
}

/// The list, newest on top. Rows are kept as they are when others come, so that what is unfolded stays so.
fn list(day: Day) -> impl IntoView {
    let t = words(day.app);
    let matching = Memo::new(move |_| shown(day));
    // A row is drawn once; before the programmes are here it would speak in codes for ever.
    let rows = move || {
        if day.app.programmes.with(Vec::is_empty) {
            return Vec::new();
        }
        matching.with(|rows| rows.iter().take(day.drawn.get()).cloned().collect::<Vec<_>>())
    };
    view! {
        {move || {
            if !day.known.get() {
                let failed = day.problem.with(Option::is_some);
                return (!failed).then(|| view! { <p class="waiting" role="status">{day.app.t().loading}</p> }).into_any();
            }
            let sentence = if day.day.get() == today() { t.no_visits } else { t.no_visits_day };
            matching.with(Vec::is_empty).then(|| notice::empty(sentence)).into_any()
        }}
        <ul class="office-visits">
            <For each=rows key=|row| row.id let:row>
                {visit(day, &row)}
            </For>
        </ul>
        {move || {
            (matching.with(Vec::len) > day.drawn.get())
                .then(|| {
                    view! {
                        <button type="button" class="button" on:click=move |_| day.drawn.update(|n| *n += DRAWN)>
                            <span class="words">{t.show_more}</span>
                        </button>
                    }
                })
        }}
    }
}

fn visit(day: Day, row: &VisitRow) -> impl IntoView + use<> {
    let app = day.app;
    let t = words(app);
    let fresh = day.fresh.with_untracked(|fresh| fresh.contains(&row.id));
    let done = row.outcome == DONE;
    let programme = app.programme(&row.programme);
    let colour = programme.as_ref().map(|programme| programme.colour.clone()).unwrap_or_default();
    let mark = programme.map(|programme| programme.icon.clone()).unwrap_or_default();
    let time = row.at.get(11..16).unwrap_or_default().to_owned();
    let line = if done { summary(app, row) } else { note(row) };
    let unfolded = RwSignal::new(false);
    let whole = row.clone();
    view! {
        <li class="office-visit" class:fresh=fresh class:failed=!done style=("--accent", colour)>
            <details on:toggle=move |_| unfolded.set(true)>
                <summary>
                    <time datetime=row.at.clone()>{time}</time>
                    <span class="mark" aria-hidden="true">{mark}</span>
                    <span class="office-visit-text">
                        <b>{row.heading.clone()}</b>
                        <span class="second">
                            {form_title(app, &row.programme, &row.form)}
                            {(!line.is_empty()).then(|| format!(" · {line}"))}
                        </span>
                    </span>
                    <span class="office-visit-marks">
                        {answers::not_counted(app, row)}
                        {fresh.then(|| view! { <span class="chip new">{t.fresh}</span> })}
                        <span class=if done { "chip done" } else { "chip failed" }>
                            {outcome_word(app, &row.programme, &row.outcome)}
                        </span>
                        <span class="office-by">{row.by.clone()}</span>
                    </span>
                </summary>
                {move || {
                    unfolded
                        .get()
                        .then(|| {
                            view! {
                                <div class="office-unfolded">
                                    <a class="button" href=Page::Registry(Some(whole.subject)).hash()>
                                        {icon(Icon::Next)}
                                        <span class="words">{t.open_subject}</span>
                                    </a>
                                    {answers::everything(app, &whole)}
                                </div>
                            }
                        })
                }}
            </details>
        </li>
    }
}

fn note(row: &VisitRow) -> String {
    row.values.get("note").and_then(|note| note.as_str()).unwrap_or_default().to_owned()
}

/// Who did how much, the busiest first.
fn by_person(day: Day) -> impl IntoView {
    let t = words(day.app);
    let mut by = BTreeMap::<String, (Tally, String)>::new();
    for row in shown(day) {
        let entry = by.entry(row.by.clone()).or_default();
        entry.0.count(&row);
        if row.at > entry.1 {
            entry.1.clone_from(&row.at);
        }
    }
    let mut all: Vec<(String, (Tally, String))> = by.into_iter().collect();
    all.sort_by_key(|(_, (tally, _))| std::cmp::Reverse(tally.done + tally.not_done));
    (!all.is_empty()).then(|| {
        let lines = all
            .into_iter()
            .map(|(name, (tally, last))| {
                view! {
                    <tr>
                        <th scope="row">{name}</th>
                        <td>{format::count(tally.done)}</td>
                        <td>{format::count(tally.not_done)}</td>
                        <td>{last.get(11..16).unwrap_or_default().to_owned()}</td>
                    </tr>
                }
            })
            .collect_view();
        view! {
            <h2>{t.by_person}</h2>
            <table class="office-numbers">
                <thead>
                    <tr>
                        <th scope="col">{t.person}</th>
                        <th scope="col">{t.done_n}</th>
                        <th scope="col">{t.not_done_n}</th>
                        <th scope="col">{t.last_at}</th>
                    </tr>
                </thead>
                <tbody>{lines}</tbody>
            </table>
        }
    })
}
