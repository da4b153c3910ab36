//! What somebody should look at: the visits of a mark, or those that wait for the office, with the picture of the cycles
//! before and the two answers as buttons.

use super::State;
use crate::backend::ask;
use crate::components::bars::{Bar, bars};
use crate::components::button::{Button, Weight};
use crate::components::dialog::Dialog;
use crate::components::field::Select;
use crate::components::icon::Icon;
use crate::components::notice;
use crate::components::visit::summary;
use crate::format;
use crate::screens::office::answers;
use crate::screens::office::page::Page;
use crate::strings::fill;
use crate::strings::office::rounds::rounds as words;
use domain::api;
use domain::api::{AnomaliesReply, Anomaly, Tally, ZoneTally};
use domain::ids::RecordId;
use domain::programme::whole;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// Rows asked for at first, and more with each press.
const PAGE: u32 = 30;
/// The most rows a request may ask for.
const MOST: u32 = 200;

/// The list.
#[component]
pub fn Doubts(page: State) -> impl IntoView {
    let app = page.app;
    let t = words(app);
    let mark = RwSignal::new(String::new());
    let limit = RwSignal::new(PAGE);
    let reply = RwSignal::new(None::<AnomaliesReply>);
    let zone = RwSignal::new(String::new());
    let look = move || {
        let (asked, whose) = (mark.get_untracked(), zone.get_untracked());
        let wanted = limit.get_untracked();
        let request = api::Anomalies {
            programme: page.programme.get_untracked(),
            cycle: page.shown_cycle(),
            zone: Some(whose.clone()).filter(|zone| !zone.is_empty()),
            mark: asked.clone(),
            offset: 0,
            limit: 0,
        };
        spawn_local(async move {
            let mut found = AnomaliesReply::default();
            loop {
                let offset = found.rows.len() as u32;
                let page = api::Anomalies { offset, limit: (wanted - offset).min(MOST), ..request.clone() };
                match ask(page).await {
                    Ok(mut reply) => {
                        found.total = reply.total;
                        let end = reply.rows.is_empty();
                        found.rows.append(&mut reply.rows);
                        if end || found.rows.len() as u32 >= wanted {
                            break;
                        }
                    }
                    Err(problem) => return app.say_problem(&problem),
                }
            }
            // Somebody chose something else meanwhile.
            if mark.try_get_untracked().as_ref() == Some(&asked)
                && zone.try_get_untracked().as_ref() == Some(&whose)
                && reply.with_untracked(|before| before.as_ref() != Some(&found))
            {
                reply.set(Some(found));
            }
        });
    };
    // Whenever the numbers changed, and when another mark is chosen.
    Effect::new(move |_| {
        page.fresh.track();
        mark.track();
        zone.track();
        limit.track();
        look();
    });
    let rows = Memo::new(move |_| {
        reply.with(|reply| reply.as_ref().map(|reply| reply.rows.clone()).unwrap_or_default())
    });
    let chips = move || {
        let marks = page.kind().and_then(|kind| kind.round.as_ref().map(|round| round.marks.clone()));
        let counts = page.reply.with(|reply| {
            let Some(reply) = reply else { return Tally::default() };
            let own = zone
                .with(|zone| reply.zones.iter().find(|one| one.zone == *zone).map(|one| one.tally.clone()));
            own.unwrap_or_else(|| reply.all.clone())
        });
        let chip = move |own: String, label: String, count: u64| {
            let mine = own.clone();
            view! {
                <button
                    type="button"
                    class="filter"
                    aria-pressed=move || (mark.get() == mine).to_string()
                    on:click=move |_| {
                        limit.set(PAGE);
                        reply.set(None);
                        mark.set(own.clone());
                    }
                >
                    {label}" "{format::count(count)}
                </button>
            }
        };
        let each = marks
            .unwrap_or_default()
            .into_iter()
            .map(|kind| {
                let count = counts.marks.get(&kind.id).copied().unwrap_or_default();
                chip(kind.id.clone(), kind.title.in_language(app.lang().code()).to_owned(), count)
            })
            .collect_view();
        let unbilled = (counts.unbilled > 0)
            .then(|| chip(api::Anomalies::UNBILLED.to_owned(), t.unbilled.to_owned(), counts.unbilled));
        view! { {chip(String::new(), t.waiting.to_owned(), counts.waiting)} {unbilled} {each} }
    };
    // A zone of one's own, where there are several.
    let zones = Memo::new(move |_| {
        let all = page.reply.with(|reply| {
            let zones = reply.iter().flat_map(|reply| &reply.zones);
            zones.map(|zone| (zone.zone.clone(), zone.title.clone())).collect::<Vec<_>>()
        });
        let every = (String::new(), t.every_area.to_owned());
        if all.len() > 1 { [every].into_iter().chain(all).collect() } else { Vec::new() }
    });
    Effect::new(move |before: Option<String>| {
        let now = zone.get();
        if before.is_some_and(|before| before != now) {
            limit.set(PAGE);
            reply.set(None);
        }
        now
    });
    let choice = move || {
        let options = zones.get();
        let label = page.kind().map(|kind| kind.zone_title.in_language(app.lang().code()).to_owned());
        (!options.is_empty())
            .then(|| view! { <Select label=label.unwrap_or_default() options=options value=zone/> })
    };
    let approving = RwSignal::new(false);
    view! {
        {choice}
        <div class="filters" role="group" aria-label=t.show_marked>{chips}</div>
        {move || together(page, mark, zone, approving)}
        <Together page=page mark=mark zone=zone open=approving look=Callback::new(move |()| look())/>
        {move || {
            let known = reply.with(Option::is_some);
            let empty = known && rows.with(Vec::is_empty);
            let sentence = if mark.with(String::is_empty) { t.no_waiting } else { t.none_marked };
            match (known, empty) {
                (false, _) => view! { <p class="waiting" role="status">{app.t().loading}</p> }.into_any(),
                (true, true) => notice::empty(sentence).into_any(),
                (true, false) => ().into_any(),
            }
        }}
        <ul class="round-doubts">
            <For
                each=move || rows.get()
                key=|row| (row.visit.id, row.questions.clone(), row.visit.corrected)
                children=move |row| one(page, &row, look)
            />
        </ul>
        {move || {
            let total = reply.with(|reply| reply.as_ref().map_or(0, |reply| reply.total));
            (total > u64::from(limit.get())).then(|| {
                view! { <Button label=t.more press=move || limit.update(|n| *n += PAGE)/> }
            })
        }}
    }
}

/// The zone that is looked at: the chosen one, or the only one there is.
fn one_zone(page: State, zone: RwSignal<String>) -> Option<ZoneTally> {
    let chosen = zone.get();
    page.reply.with(|reply| match reply.as_ref()?.zones.as_slice() {
        [only] => Some(only.clone()),
        zones => zones.iter().find(|zone| zone.zone == chosen).cloned(),
    })
}

/// The title of a mark whose visits may be approved together, where something waits in the one zone that is looked at.
fn together_of(page: State, mark: &str, zone: RwSignal<String>) -> Option<String> {
    let kind = page.kind()?;
    let known = kind.round.as_ref()?.marks.iter().find(|known| known.id == mark && known.together)?;
    let waits = one_zone(page, zone)?.tally.waiting > 0;
    waits.then(|| known.title.in_language(page.app.lang().code()).to_owned())
}

/// The way to approve what waits in one zone for one harmless reason.
fn together(
    page: State,
    mark: RwSignal<String>,
    zone: RwSignal<String>,
    open: RwSignal<bool>,
) -> Option<impl IntoView + use<>> {
    let t = words(page.app);
    let title = mark.with(|mark| together_of(page, mark, zone))?;
    let label = fill(t.approve_together, &[&title]);
    Some(view! { <Button label=label drawing=Icon::Check press=move || open.set(true)/> })
}

/// Asks once, and says how many count now.
#[component]
fn Together(
    page: State,
    mark: RwSignal<String>,
    zone: RwSignal<String>,
    open: RwSignal<bool>,
    look: Callback<()>,
) -> impl IntoView {
    let t = words(page.app);
    let busy = RwSignal::new(false);
    let yes = move || {
        let Some(whose) = untrack(|| one_zone(page, zone)).filter(|_| !busy.get_untracked()) else { return };
        busy.set(true);
        let request = api::ApproveMarked {
            programme: page.programme.get_untracked(),
            zone: whose.zone,
            cycle: page.shown_cycle(),
            mark: mark.get_untracked(),
        };
        spawn_local(async move {
            match ask(request).await {
                Ok(approved) => {
                    page.app.say(fill(t.approved_together, &[&format::count(approved.count)]));
                    open.try_set(false);
                    page.look().await;
                    look.run(());
                    page.app.changed.update(|n| *n += 1);
                }
                Err(problem) => page.office.say_problem(&problem),
            }
            busy.try_set(false);
        });
    };
    view! {
        <Dialog open=open title=t.counts>
            <p class="large-text">{t.approve_together_sure}</p>
            <Button label=t.counts weight=Weight::Main drawing=Icon::Check disabled=busy press=yes/>
            <Button label=t.cancel weight=Weight::Quiet press=move || open.set(false)/>
        </Dialog>
    }
}

fn one<F>(page: State, row: &Anomaly, look: F) -> impl IntoView + use<F>
where
    F: Fn() + Copy + 'static,
{
    let app = page.app;
    let t = words(app);
    let kind = app.programme(&row.visit.programme);
    let round = kind.as_ref().and_then(|kind| kind.round.as_ref());
    let language = app.lang().code();
    let now = round.and_then(|round| row.visit.values.get(&round.units)).and_then(whole);
    let mut all: Vec<Bar> =
        row.before.iter().map(|units| Bar { below: String::new(), units: *units, now: false }).collect();
    all.extend(now.map(|units| Bar { below: t.now.to_owned(), units, now: true }));
    let unit = round.map_or(String::new(), |round| round.unit_title.in_language(language).to_owned());
    let picture = bars(&fill(t.before, &[&unit]), &all);
    let marks = row.marks.iter().filter_map(|id| {
        let mark = round?.marks.iter().find(|mark| mark.id == *id)?;
        let class = if mark.blocks { "chip failed" } else { "chip" };
        Some(view! { <span class=class>{mark.title.in_language(language).to_owned()}</span> })
    });
    let busy = RwSignal::new(false);
    let office = page.office;
    let settle = move |question: RecordId, counts: bool| {
        busy.set(true);
        spawn_local(async move {
            match ask(api::Settle { question, value: counts.into() }).await {
                Ok(_) => {
                    app.say(if counts { t.counted } else { t.sent_back });
                    page.look().await;
                    look();
                    app.changed.update(|n| *n += 1);
                }
                Err(problem) => office.say_problem(&problem),
            }
            busy.try_set(false);
        });
    };
    let buttons = row.questions.first().copied().map(|question| {
        view! {
            <div class="round-buttons">
                <Button
                    label=t.counts
                    weight=Weight::Main
                    drawing=Icon::Check
                    disabled=busy
                    press=move || settle(question, true)
                />
                <Button label=t.again drawing=Icon::Sync disabled=busy press=move || settle(question, false)/>
            </div>
        }
    });
    let unfolded = RwSignal::new(false);
    let whole_visit = row.visit.clone();
    view! {
        <li class="office-panel round-doubt">
            <div class="round-doubt-words">
                <h3>
                    <a href=Page::Registry(Some(row.visit.subject)).hash()>{row.visit.heading.clone()}</a>
                </h3>
                <p class="small">
                    {row.zone.clone()}"."{row.order.clone()}" · "{row.visit.by.clone()}" · "
                    {format::iso_moment(&row.visit.at, app.lang())}
                </p>
                <p class="large-text">{summary(app, &row.visit)}</p>
                <p class="facts">{marks.collect_view()} {answers::not_counted(app, &row.visit)}</p>
                <details on:toggle=move |_| unfolded.set(true)>
                    <summary>{app.t().details}</summary>
                    {move || unfolded.get().then(|| answers::everything(app, &whole_visit))}
                </details>
            </div>
            {picture}
            {buttons}
        </li>
    }
}
