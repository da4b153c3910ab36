//! Each zone: how far it was walked and how far its cycle is, with the next step as a button.

use super::{State, baht, month};
use crate::backend::ask;
use crate::components::button::{Button, Weight};
use crate::components::dialog::Dialog;
use crate::components::field::Line;
use crate::components::icon::Icon;
use crate::format;
use crate::strings::fill;
use crate::strings::office::rounds::{RoundStrings, rounds as words};
use domain::api;
use domain::api::{CycleSet, Held, Tally, ZoneTally};
use domain::cycle::CycleState;
use domain::programme::Programme;
use domain::thai_date;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// What is to be asked before a state is set.
#[derive(Clone, Debug, PartialEq, Default)]
struct Asked {
    /// The zone, with its title; `None`: every zone that is ready.
    zone: Option<(String, String)>,
    state: CycleState,
    /// Neither done nor tried, and tried in vain.
    undone: (u64, u64),
    /// Never billed for the cycle.
    without_bill: u64,
}

/// The word of a state.
fn word(state: CycleState, t: &'static RoundStrings) -> &'static str {
    match state {
        CycleState::Open => t.open,
        CycleState::Reviewed => t.reviewed,
        CycleState::Approved => t.approved,
        CycleState::Closed => t.closed,
    }
}

/// The state after this one and what its button says.
fn next(state: CycleState, t: &'static RoundStrings) -> Option<(CycleState, &'static str)> {
    match state {
        CycleState::Open => Some((CycleState::Reviewed, t.do_reviewed)),
        CycleState::Reviewed => Some((CycleState::Approved, t.do_approved)),
        CycleState::Approved => Some((CycleState::Closed, t.do_closed)),
        CycleState::Closed => None,
    }
}

/// The zones as a table; a list of cards on a phone.
#[component]
pub fn Zones(page: State) -> impl IntoView {
    let app = page.app;
    let t = words(app);
    let asking = RwSignal::new(false);
    let asked = RwSignal::new(Asked::default());
    let reason = RwSignal::new(String::new());
    let zones = Memo::new(move |_| {
        page.reply.with(|reply| reply.as_ref().map(|reply| reply.zones.clone()).unwrap_or_default())
    });
    let keys =
        Memo::new(move |_| zones.with(|all| all.iter().map(|zone| zone.zone.clone()).collect::<Vec<_>>()));
    let begin = move |question: Asked| {
        // Closing and going back are asked about; the steps between can be taken back.
        if matches!(question.state, CycleState::Closed | CycleState::Open) {
            reason.set(String::new());
            asked.set(question);
            asking.set(true);
        } else {
            set(page, question, String::new());
        }
    };
    let every_zone = move || {
        let all = page.reply.with(|reply| reply.as_ref().map(|reply| reply.all.clone()).unwrap_or_default());
        let steps = [CycleState::Open, CycleState::Reviewed, CycleState::Approved];
        let buttons = steps
            .into_iter()
            .filter(|state| zones.with(|zones| zones.iter().any(|zone| zone.state == *state)))
            .filter_map(|state| next(state, t))
            .map(|(state, label)| {
                let before = |zone: &&ZoneTally| next(zone.state, t).is_some_and(|(after, _)| after == state);
                let without_bill: u64 =
                    zones.with(|zones| zones.iter().filter(before).map(|zone| zone.tally.without_bill).sum());
                let undone = (all.left(), all.not_read());
                let question = Asked { zone: None, state, undone, without_bill };
                view! { <Button label=label drawing=Icon::Check press=move || begin(question.clone())/> }
            })
            .collect_view();
        (keys.with(Vec::len) > 1).then(|| {
            view! { <div class="round-every"><span>{t.all_areas}</span><div class="round-buttons">{buttons}</div></div> }
        })
    };
    view! {
        <p class="small">{t.steps}</p>
        {every_zone}
        <ul class="round-zones">
            <For each=move || keys.get() key=|zone| zone.clone() let:key>
                {
                    let own = key.clone();
                    let zone = Memo::new(move |_| {
                        zones.with(|all| all.iter().find(|zone| zone.zone == own).cloned().unwrap_or_default())
                    });
                    view! { <Zone page=page zone=zone begin=Callback::new(begin)/> }
                }
            </For>
        </ul>
        <Dialog open=asking title=t.title>
            {move || {
                let question = asked.get();
                let whose = question.zone.as_ref().map_or(t.every_area.to_owned(), |(_, title)| title.clone());
                let cycle = month(&page.shown_cycle(), app.lang().code());
                let back = question.state == CycleState::Open;
                let (left, not) = question.undone;
                let missing = if back { 0 } else { question.without_bill };
                let asks = back || missing > 0;
                let yes = question.clone();
                view! {
                    <p class="large-text">
                        {if back { fill(t.take_back_title, &[&whose]) } else { fill(t.close_title, &[&cycle, &whose]) }}
                    </p>
                    {(!back && left + not > 0)
                        .then(|| view! { <p><b>{fill(t.close_left, &[&format::count(left), &format::count(not)])}</b></p> })}
                    {(missing > 0)
                        .then(|| view! { <p><b>{fill(t.close_without_bill, &[&format::count(missing)])}</b></p> })}
                    {(!back).then(|| view! { <p>{t.close_lead}</p> })}
                    {asks.then(|| view! { <Line label=t.reason value=reason focus=true/> })}
                    <Button
                        label=if back { t.take_back } else { t.do_closed }
                        weight=Weight::Main
                        drawing=Icon::Check
                        disabled=Signal::derive(move || asks && reason.with(|reason| reason.trim().is_empty()))
                        press=move || {
                            asking.set(false);
                            set(page, yes.clone(), reason.get_untracked());
                        }
                    />
                    <Button label=t.cancel press=move || asking.set(false)/>
                }
            }}
        </Dialog>
    }
}

/// Most zones that a message names.
const NAMED: usize = 3;

/// Why a zone could not follow, with the numbers.
fn why(held: &Held, state: CycleState, t: &'static RoundStrings) -> String {
    let reasons = [
        (t.held_waiting, held.waiting),
        (t.held_questions, held.questions),
        (t.held_unbilled, held.unbilled),
    ];
    let said = reasons.iter().filter(|(_, count)| *count > 0);
    let said: Vec<String> = said.map(|(reason, count)| fill(reason, &[&format::count(*count)])).collect();
    if said.is_empty() { fill(t.held_state, &[word(state, t)]) } else { said.join(", ") }
}

/// Sets a state and says what became of it.
fn set(page: State, question: Asked, reason: String) {
    let (office, t) = (page.office, words(page.app));
    let zones = page
        .reply
        .with_untracked(|reply| reply.as_ref().map(|reply| reply.zones.clone()).unwrap_or_default());
    let request = api::SetCycle {
        programme: page.programme.get_untracked(),
        zone: question.zone.map(|(zone, _)| zone),
        cycle: page.shown_cycle(),
        state: question.state,
        reason,
    };
    spawn_local(async move {
        match ask(request).await {
            Ok(CycleSet { done, held }) => {
                let mut said = Vec::new();
                if done > 0 {
                    said.push(fill(t.set_done, &[&format::count(done)]));
                }
                said.extend(held.iter().take(NAMED).map(|held| {
                    let zone = zones.iter().find(|zone| zone.zone == held.zone).cloned().unwrap_or_default();
                    let title = if zone.title.is_empty() { &held.zone } else { &zone.title };
                    fill(t.set_held, &[title, &why(held, zone.state, t)])
                }));
                if held.len() > NAMED {
                    said.push(fill(t.held_more, &[&format::count((held.len() - NAMED) as u64)]));
                }
                match (said.is_empty(), held.is_empty()) {
                    (true, _) => page.app.warn(t.none_ready),
                    (false, true) => page.app.say(said.join(" · ")),
                    (false, false) => page.app.warn(said.join(" · ")),
                }
            }
            Err(problem) => office.say_problem(&problem),
        }
        // After a refusal, too: what it rests on may be newer than what the page shows, such as a meter without a bill.
        page.look_now();
    });
}

/// One zone.
#[component]
fn Zone(page: State, zone: Memo<ZoneTally>, begin: Callback<Asked>) -> impl IntoView {
    let app = page.app;
    let t = words(app);
    let language = app.lang().code();
    let tally = Memo::new(move |_| zone.with(|zone| zone.tally.clone()));
    let share = move || tally.with(|tally| (tally.subjects.max(1), tally.read));
    let numbers = move || {
        let kind = page.kind();
        zone.with(|zone| line(kind.as_deref(), &zone.tally, t, language))
    };
    let chips = move || {
        let kind = page.kind();
        let marks = kind.as_ref().and_then(|kind| kind.round.as_ref()).map(|round| round.marks.clone());
        tally.with(|tally| {
            let mark = marks.unwrap_or_default().into_iter().filter_map(|mark| {
                let count = tally.marks.get(&mark.id).copied().filter(|count| *count > 0)?;
                let class = if mark.blocks { "chip failed" } else { "chip" };
                let title = mark.title.in_language(language).to_owned();
                Some(view! { <span class=class>{title}" "{format::count(count)}</span> })
            });
            let skipped = tally.skipped.iter().map(|(code, count)| {
                let title = crate::components::row::outcome_word(app, &page.programme.get_untracked(), code);
                view! { <span class="chip">{title}" "{format::count(*count)}</span> }
            });
            (mark.collect_view(), skipped.collect_view())
        })
    };
    let buttons = move || {
        let now = zone.get();
        let ahead = next(now.state, t).map(|(state, label)| {
            let question = Asked {
                zone: Some((now.zone.clone(), now.title.clone())),
                state,
                undone: (now.tally.left(), now.tally.not_read()),
                without_bill: now.tally.without_bill,
            };
            let waits = now.tally.waiting > 0;
            let first = waits.then(|| fill(t.held_waiting, &[&format::count(now.tally.waiting)]));
            view! {
                <Button label=label drawing=Icon::Check disabled=waits press=move || begin.run(question.clone())/>
                {first.map(|first| view! { <p class="small round-why">{first}</p> })}
            }
        });
        let back = (now.state > CycleState::Open && now.state < CycleState::Closed).then(|| {
            let zone = Some((now.zone.clone(), now.title.clone()));
            let question = Asked { zone, state: CycleState::Open, ..Asked::default() };
            view! { <Button label=t.take_back weight=Weight::Quiet press=move || begin.run(question.clone())/> }
        });
        view! { {ahead} {back} }
    };
    view! {
        <li class="round-zone">
            <div class="round-zone-head">
                <h3>{move || zone.with(|zone| zone.title.clone())}</h3>
                <span class=move || format!("chip state-{}", zone.with(|zone| zone.state.word()))>
                    {move || word(zone.with(|zone| zone.state), t)}
                </span>
            </div>
            <p class="small">
                {move || zone.with(|zone| if zone.reader.is_empty() { t.no_reader.to_owned() } else { zone.reader.clone() })}
                {move || {
                    zone.with(|zone| {
                        let (by, at) = &zone.by;
                        (!by.is_empty()).then(|| format!(" · {} {}", by, format::iso_moment(at, app.lang())))
                    })
                }}
            </p>
            <div class="round-share">
                <progress
                    max=move || share().0.to_string()
                    value=move || share().1.to_string()
                    aria-label=move || zone.with(|zone| format!("{} {}", t.done, zone.title))
                ></progress>
                <b>{move || format!("{} / {}", format::count(share().1), format::count(tally.with(|tally| tally.subjects)))}</b>
            </div>
            <p class="round-line">{numbers}</p>
            <p class="facts">{chips}</p>
            <div class="round-buttons">{buttons}</div>
            <Plan page=page zone=zone/>
        </li>
    }
}

/// A zone's numbers in a line.
fn line(kind: Option<&Programme>, tally: &Tally, t: &'static RoundStrings, language: &str) -> String {
    let mut parts = vec![
        format!("{} {}", t.left, format::count(tally.left())),
        format!("{} {}", t.skipped, format::count(tally.not_read())),
    ];
    if tally.waiting > 0 {
        parts.push(format!("{} {}", t.waiting, format::count(tally.waiting)));
    }
    if let Some(round) = kind.and_then(|kind| kind.round.as_ref()) {
        let title = round.unit_title.in_language(language);
        if !title.is_empty() {
            parts.push(format!("{title} {}", domain::text::grouped(tally.units)));
        }
    }
    if kind.is_some_and(|kind| kind.billing.is_some()) {
        parts.push(format!("{} {}", t.billed, baht(tally.billed)));
        parts.push(format!("{} {}", t.collected, baht(tally.collected)));
    }
    parts.join(" · ")
}

/// Who walks a zone and on which days, folded away.
#[component]
fn Plan(page: State, zone: Memo<ZoneTally>) -> impl IntoView {
    let t = words(page.app);
    let unfolded = RwSignal::new(false);
    let thai = page.app.lang().code() == "th";
    let shown = move |iso: &str| {
        iso.parse().map_or(iso.to_owned(), |day| if thai { thai_date::numbers(day) } else { iso.to_owned() })
    };
    let now = zone.get_untracked();
    let days = move || {
        zone.with(|zone| {
            [(t.read_on, &zone.read_on), (t.due_on, &zone.due_on), (t.cutoff_on, &zone.cutoff_on)]
                .map(|(label, day)| format!("{label} {}", format::iso_day(day, page.app.lang())))
                .join(" · ")
        })
    };
    let reader = RwSignal::new(now.reader.clone());
    let typed = [&now.read_on, &now.due_on, &now.cutoff_on].map(|day| RwSignal::new(shown(day)));
    let office = page.office;
    let save = move || {
        let read = typed.map(|day| thai_date::read(&day.get_untracked()).map(|day| day.to_string()));
        let [Some(read_on), Some(due_on), Some(cutoff_on)] = read else {
            page.app.say(t.day_wrong);
            return;
        };
        let request = api::PlanCycle {
            programme: page.programme.get_untracked(),
            zone: zone.with_untracked(|zone| zone.zone.clone()),
            cycle: page.shown_cycle(),
            reader: Some(reader.get_untracked()),
            read_on: Some(read_on),
            due_on: Some(due_on),
            cutoff_on: Some(cutoff_on),
            produced: None,
        };
        spawn_local(async move {
            match ask(request).await {
                Ok(_) => {
                    page.app.say(t.saved);
                    page.look_now();
                }
                Err(problem) => office.say_problem(&problem),
            }
        });
    };
    view! {
        <details class="round-plan" on:toggle=move |_| unfolded.set(true)>
            <summary>{t.plan}<span class="small">{days}</span></summary>
            {move || {
                unfolded.get().then(|| {
                    let [read, due, cutoff] = typed;
                    view! {
                        <div class="round-plan-lines">
                            <Line label=t.reader value=reader/>
                            <Line label=t.read_on hint=t.day_hint value=read/>
                            <Line label=t.due_on value=due/>
                            <Line label=t.cutoff_on value=cutoff/>
                            <Button label=t.save drawing=Icon::Check press=save/>
                        </div>
                    }
                })
            }}
        </details>
    }
}
