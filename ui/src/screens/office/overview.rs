//! A programme from above: its subjects on a map in the colour of their condition, which groups are in most need, and how long
//! cases take. What the map shows stands below it as a list as well.

use super::answers::{field_label, field_text, programme_title};
use super::page::{Framed, Page};
use super::state::office;
use crate::app::{App, app, drawn, load};
use crate::browser::today_iso;
use crate::components::field::Select;
use crate::components::notice;
use crate::format;
use crate::strings::fill;
use crate::strings::office::outside::{OutsideStrings, outside};
use domain::api::{Group, GroupRow, MapPoint, Overview as Ask, OverviewReply};
use domain::ids::{RecordId, Shelf};
use domain::programme::{Condition, ZONE};
use leptos::ev;
use leptos::prelude::*;
use std::collections::BTreeMap;

/// How many points the list below the map shows.
const LISTED: usize = 100;
/// How many groups are shown before the rest is unfolded.
const SHOWN: usize = 12;

/// The page.
#[component]
pub fn Overview() -> impl IntoView {
    let app = app();
    let t = outside(app);
    let chosen = RwSignal::new(String::new());
    // The programme whose subjects hang in the streets comes first: the one with a public page, else the first.
    Effect::new(move |_| {
        app.programmes.with(|all| {
            if chosen.with_untracked(String::is_empty)
                && let Some(first) =
                    all.iter().find(|one| one.overview.is_some() && one.public.is_some()).or(all.first())
            {
                chosen.set(first.id.clone());
            }
        });
    });
    view! {
        <Framed title=t.map lead=t.map_lead>
            {move || {
                let options =
                    app.programmes.with(|all| {
                        all.iter().map(|one| (one.id.clone(), programme_title(app, &one.id))).collect::<Vec<_>>()
                    });
                view! { <div class="outside-choice"><Select label=t.map_programme options=options value=chosen/></div> }
            }}
            {move || {
                let programme = chosen.get();
                (!programme.is_empty()).then(|| view! { <One programme=programme/> })
            }}
        </Framed>
    }
}

#[component]
fn One(programme: String) -> impl IntoView {
    let app = app();
    let id = programme.clone();
    let state = load(app, move || Ask { programme: id.clone(), today: today_iso() });
    view! { <div>{drawn(app, state, move |reply| whole(app, &programme, reply))}</div> }
}

fn whole(app: App, programme: &str, reply: &OverviewReply) -> impl IntoView + use<> {
    let t = outside(app);
    let title = programme_title(app, programme);
    let figures = figures(app, programme, reply);
    let map = match reply.points.is_empty() {
        true => notice::empty(t.map_nothing),
        false => map(app, programme, &title, reply),
    };
    let without = (reply.without_place > 0).then(
        || view! { <p class="small">{fill(t.without_place, &[&format::count(reply.without_place)])}</p> },
    );
    let groups = reply
        .groups
        .iter()
        .map(|group| view! { <Table programme=programme.to_owned() group=group.clone()/> });
    view! {
        {figures}
        {map}
        {without}
        <div class="outside-groups">{groups.collect_view()}</div>
        {listed(app, &reply.points)}
    }
}

/// The legend, which says how many of each there are, and the figures of the cases.
fn figures(app: App, programme: &str, reply: &OverviewReply) -> impl IntoView + use<> {
    let t = outside(app);
    let [good, watch, bad] = reply.counts;
    let one = |condition: Condition, count: u64| {
        view! {
            <li class=class_of(condition)>
                <span class="outside-dot" aria-hidden="true"></span>
                {condition_word(app, programme, condition)}
                " "
                <b>{format::count(count)}</b>
            </li>
        }
    };
    let mean = match reply.mean_days {
        Some(days) => fill(t.mean_days, &[&format!("{days:.1}"), &format::count(reply.finished)]),
        None => t.no_mean.to_owned(),
    };
    let has_cases = app.programme(programme).is_some_and(|one| !one.orders.is_empty());
    view! {
        <ul class="outside-legend">
            {one(Condition::Bad, bad)}
            {one(Condition::Watch, watch)}
            {one(Condition::Good, good)}
        </ul>
        {has_cases
            .then(|| {
                view! {
                    <p class="outside-figures">
                        <span>{fill(t.open_cases, &[&format::count(reply.open_cases)])}</span>
                        " · "
                        <span>{mean}</span>
                    </p>
                }
            })}
    }
}

fn condition_word(app: App, programme: &str, condition: Condition) -> String {
    let t = outside(app);
    let own =
        app.programme(programme).and_then(|one| one.overview.clone()).map(|overview| overview.bad_title);
    match condition {
        Condition::Good => t.state_good.to_owned(),
        Condition::Watch => t.state_watch.to_owned(),
        Condition::Bad => own
            .filter(|words| !words.th.is_empty())
            .map_or_else(|| t.state_bad.to_owned(), |words| words.in_language(app.lang().code()).to_owned()),
    }
}

fn class_of(condition: Condition) -> &'static str {
    match condition {
        Condition::Good => "good",
        Condition::Watch => "watch",
        Condition::Bad => "bad",
    }
}

/// Where a point leads: to its case if one is open, else to the subject.
fn target(point: &MapPoint) -> Page {
    point.case.map_or(Page::Registry(Some(point.id)), |case| Page::Orders(Some(case)))
}

fn map(app: App, programme: &str, title: &str, reply: &OverviewReply) -> AnyView {
    let t = outside(app);
    add_script();
    let points: Vec<_> = reply
        .points
        .iter()
        .map(|point| (point.id, point.lat, point.lon, class_of(point.condition), &point.heading))
        .collect();
    let points = serde_json::to_string(&points).unwrap_or_default();
    let zones = serde_json::to_string(&zones(programme, &reply.points)).unwrap_or_default();
    let failed = RwSignal::new(false);
    let all = reply.points.clone();
    let opened = window_event_listener(ev::Custom::<web_sys::CustomEvent>::new("sanam:open"), move |event| {
        let id: Option<RecordId> = event.detail().as_string().and_then(|id| id.parse().ok());
        if let Some(point) = all.iter().find(|point| Some(point.id) == id) {
            target(point).open();
        }
    });
    let broken =
        window_event_listener(ev::Custom::<web_sys::CustomEvent>::new("sanam:map-failed"), move |_| {
            failed.try_set(true);
        });
    on_cleanup(move || {
        opened.remove();
        broken.remove();
    });
    view! {
        <div class="outside-map" role="region" aria-label=fill(t.map_alone, &[title])>
            {move || {
                failed.get().then(|| notice::remark(t.map_failed))
            }}
            <sanam-map
                hidden=move || failed.get()
                points=points
                zones=zones
                language=app.lang().code()
            ></sanam-map>
        </div>
    }
    .into_any()
}

/// The middle of each zone's points, with its title.
fn zones(programme: &str, points: &[MapPoint]) -> Vec<(String, f64, f64)> {
    let office = office();
    let mut sums: BTreeMap<&str, (f64, f64, f64)> = BTreeMap::new();
    for point in points {
        let sum = sums.entry(&point.zone).or_default();
        *sum = (sum.0 + point.lat, sum.1 + point.lon, sum.2 + 1.0);
    }
    sums.into_iter()
        .map(|(zone, (lat, lon, count))| {
            (office.zone_title(&Shelf::new(programme, zone)), lat / count, lon / count)
        })
        .collect()
}

/// Fetches the map's script, once: no other screen needs it.
fn add_script() {
    let page = document();
    let known = page.query_selector("script[data-map]").ok().flatten().is_some();
    let address = page
        .query_selector("meta[name=sanam-map]")
        .ok()
        .flatten()
        .and_then(|meta| meta.get_attribute("content"));
    if let (false, Some(address)) = (known, address)
        && let Ok(script) = page.create_element("script")
    {
        for (name, value) in [("type", "module"), ("src", address.as_str()), ("data-map", "")] {
            let _ = script.set_attribute(name, value);
        }
        if let Some(head) = page.head() {
            let _ = head.append_child(&script);
        }
    }
}

/// One way to count subjects together, those in most need first.
#[component]
fn Table(programme: String, group: Group) -> impl IntoView {
    let app = app();
    let t = outside(app);
    let lang = app.lang();
    let definition = app.programme(&programme);
    let heading = match group.by.as_str() {
        ZONE => definition
            .as_ref()
            .map(|one| one.zone_title.in_language(lang.code()).to_owned())
            .unwrap_or_default(),
        field => field_label(app, &programme, field),
    };
    let goal = definition.and_then(|one| one.overview.as_ref().map(|overview| overview.goal)).unwrap_or(0);
    let office = office();
    let name_of = {
        let by = group.by.clone();
        move |value: &str| match by.as_str() {
            ZONE => office.zone_title(&Shelf::new(programme.clone(), value)),
            field if !value.is_empty() => field_text(app, &programme, field, &value.into(), false),
            _ => "–".to_owned(),
        }
    };
    let open = RwSignal::new(false);
    let hidden = group.rows.len().saturating_sub(SHOWN);
    let rows = group.rows.clone();
    let body = move || {
        let most = if open.get() { usize::MAX } else { SHOWN };
        rows.iter().take(most).map(|row| line(t, &name_of(&row.value), row, goal)).collect_view()
    };
    view! {
        <section class="office-panel">
            <h2>{fill(t.by_group, &[&heading])}</h2>
            <ul class="outside-shares">{body}</ul>
            {(hidden > 0)
                .then(|| {
                    view! {
                        <button type="button" class="office-small" hidden=move || open.get() on:click=move |_| open.set(true)>
                            {fill(t.and_more_groups, &[&hidden.to_string()])}
                        </button>
                    }
                })}
        </section>
    }
}

fn line(t: &'static OutsideStrings, name: &str, row: &GroupRow, goal: u32) -> impl IntoView + use<> {
    let percent = |part: u64| (part * 100 + row.all / 2).checked_div(row.all).unwrap_or(0);
    let (bad, watch) = (percent(row.bad), percent(row.watch));
    let below = goal > 0 && percent(row.all - row.bad) < u64::from(goal);
    let said = fill(t.of_all, &[&format::count(row.bad), &format::count(row.all)]);
    let share = match goal {
        0 => format!("{bad}%"),
        _ => fill(t.share_good, &[&percent(row.all - row.bad).to_string(), &goal.to_string()]),
    };
    view! {
        <li class:below=below>
            <span class="name">{name.to_owned()}</span>
            <span class="figure">{said}" · "<b>{share}</b></span>
            <span class="share-bar" aria-hidden="true">
                <i class="bad" style:width=format!("{bad}%")></i>
                <i class="watch" style:width=format!("{watch}%")></i>
            </span>
        </li>
    }
}

/// What needs attention, as a list: the same as the map shows, for who cannot see it.
fn listed(app: App, points: &[MapPoint]) -> impl IntoView + use<> {
    let t = outside(app);
    let mut open: Vec<&MapPoint> = points.iter().filter(|point| point.condition != Condition::Good).collect();
    open.sort_by(|a, b| b.condition.cmp(&a.condition).then_with(|| a.heading.cmp(&b.heading)));
    let more = open.len().saturating_sub(LISTED);
    let rows = open
        .iter()
        .take(LISTED)
        .map(|point| {
            view! {
                <li class=class_of(point.condition)>
                    <span class="outside-dot" aria-hidden="true"></span>
                    <a href=target(point).hash()>{point.heading.clone()}</a>
                </li>
            }
        })
        .collect_view();
    let more = (more > 0).then(|| view! { <p class="small">{fill(t.and_more, &[&more.to_string()])}</p> });
    let list = match open.is_empty() {
        true => notice::empty(t.nothing_open),
        false => view! { <ul class="outside-open">{rows}</ul> }.into_any(),
    };
    view! {
        <section class="office-panel">
            <h2>{t.open_list}</h2>
            {list}
            {more}
        </section>
    }
}
