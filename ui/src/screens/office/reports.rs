//! Monthly reports: a month, an area, the tables, and both files.

use super::page::Framed;
use super::state::office;
use crate::app::{Loaded, app, drawn, load};
use crate::backend::download;
use crate::browser::today;
use crate::components::button::Button;
use crate::components::field::Select;
use crate::components::icon::Icon;
use crate::strings::care::care as words;
use chrono::{Datelike, Months};
use domain::api::{FileFormat, MonthReport, ReportFile};
use domain::report::{Cell, Report, Table};
use domain::thai_date;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::{ev, html};

/// Months to choose from.
const MONTHS: u32 = 24;

/// The page.
#[component]
pub fn Reports() -> impl IntoView {
    let app = app();
    let t = words(app);
    view! {
        <Framed title=t.reports lead=t.reports_lead>
            {move || {
                let rules: Vec<(String, String, String)> = app
                    .programmes
                    .get()
                    .iter()
                    .flat_map(|programme| {
                        let title = |rule: &domain::programme::reports::ReportRule| {
                            rule.title.in_language(app.lang().code()).to_owned()
                        };
                        programme
                            .reports
                            .iter()
                            .map(|rule| (programme.id.clone(), rule.id.clone(), title(rule)))
                            .collect::<Vec<_>>()
                    })
                    .collect();
                match rules.is_empty() {
                    true => crate::components::notice::empty(t.no_reports).into_any(),
                    false => view! { <Month rules=rules/> }.into_any(),
                }
            }}
        </Framed>
    }
}

/// The choice and what it gives.
#[component]
fn Month(
    /// Programme, report, title.
    rules: Vec<(String, String, String)>,
) -> impl IntoView {
    let app = app();
    let office = office();
    let t = words(app);
    let months: Vec<(String, String)> = (0..MONTHS)
        .filter_map(|back| today().checked_sub_months(Months::new(back)))
        .map(|day| format!("{:04}-{:02}", day.year(), day.month()))
        .map(|month| (month.clone(), thai_date::cycle(&month)))
        .collect();
    let key = |programme: &str, report: &str| format!("{programme}/{report}");
    let which =
        RwSignal::new(rules.first().map(|(programme, report, _)| key(programme, report)).unwrap_or_default());
    let month = RwSignal::new(months.first().map(|(month, _)| month.clone()).unwrap_or_default());
    let zone = RwSignal::new(String::new());
    let choices: Vec<(String, String)> =
        rules.iter().map(|(programme, report, title)| (key(programme, report), title.clone())).collect();
    let asked = move || {
        let which = which.get();
        let (programme, report) = which.split_once('/').unwrap_or_default();
        MonthReport {
            programme: programme.to_owned(),
            report: report.to_owned(),
            month: month.get(),
            zone: Some(zone.get()).filter(|zone| !zone.is_empty()),
            language: app.lang().code().to_owned(),
        }
    };
    let state = load(app, asked);
    let busy = RwSignal::new(false);
    let fetch = move |format: FileFormat| {
        let of = untrack(asked);
        busy.set(true);
        spawn_local(async move {
            if let Err(problem) = download("/api/report", &ReportFile { of, format }).await {
                office.say_problem(&problem);
            }
            busy.try_set(false);
        });
    };
    let several = choices.len() > 1;
    view! {
        <div class="report-choice">
            {several.then(|| view! { <Select label=t.report_which options=choices.clone() value=which/> })}
            <Select label=t.report_month options=months value=month/>
            {move || {
                let which = which.get();
                let programme = which.split('/').next().unwrap_or_default().to_owned();
                let mut zones = vec![(String::new(), t.report_all_zones.to_owned())];
                office
                    .zones
                    .with(|all| {
                        zones.extend(
                            all.get(&programme).into_iter().flatten().map(|zone| (zone.zone.clone(), zone.title.clone())),
                        );
                    });
                view! { <Select label=t.report_zone options=zones value=zone/> }
            }}
            <Button label=t.report_pdf drawing=Icon::Download disabled=busy press=move || fetch(FileFormat::Pdf)/>
            <Button label=t.report_xlsx drawing=Icon::Download disabled=busy press=move || fetch(FileFormat::Xlsx)/>
        </div>
        {drawn(app, state, report)}
        {move || state.with(|state| matches!(state, Loaded::Ready(_))).then(|| view! { <p class="small">{t.report_note}</p> })}
    }
}

fn report(report: &Report) -> impl IntoView + use<> {
    let tables = report.tables.iter().map(|table| view! { <Wide table=table.clone()/> }).collect_view();
    view! {
        <h2>{report.title.clone()}</h2>
        <p class="office-lead">{report.about.clone()}</p>
        {tables}
    }
}

/// A table. One that is wider than the screen says so, is edged where it goes on, and keeps its first column in sight.
#[component]
fn Wide(
    /// What it says.
    table: Table,
) -> impl IntoView {
    let t = words(app());
    let frame = NodeRef::<html::Div>::new();
    let (is_wide, goes_on) = (RwSignal::new(false), RwSignal::new(false));
    let measure = move || {
        if let Some(frame) = frame.get_untracked() {
            let hidden = frame.scroll_width() - frame.client_width();
            is_wide.set(hidden > 1);
            goes_on.set(hidden - frame.scroll_left() > 1);
        }
    };
    Effect::new(move |_| {
        if frame.get().is_some() {
            measure();
        }
    });
    let resized = window_event_listener(ev::resize, move |_| measure());
    on_cleanup(move || resized.remove());
    let heads = table.heads.iter().map(|head| view! { <th scope="col">{head.clone()}</th> }).collect_view();
    let rows = table
        .rows
        .iter()
        .map(|row| {
            let cells = row
                .iter()
                .enumerate()
                .map(|(column, cell)| match cell {
                    Cell::Number(_) | Cell::Money { .. } => view! { <td>{cell.text()}</td> }.into_any(),
                    Cell::Text(text) if column == 0 => {
                        view! { <th scope="row">{text.clone()}</th> }.into_any()
                    }
                    Cell::Text(text) => view! { <td class="in-words">{text.clone()}</td> }.into_any(),
                })
                .collect_view();
            view! { <tr>{cells}</tr> }
        })
        .collect_view();
    let title = table.title.clone();
    view! {
        <h3>{table.title.clone()}</h3>
        {move || is_wide.get().then(|| view! { <p class="small report-scrolls">{t.report_scrolls}</p> })}
        <div class="report-frame" class:goes-on=move || goes_on.get()>
            <div
                class="report-table"
                tabindex="0"
                role="region"
                aria-label=title
                node_ref=frame
                on:scroll=move |_| measure()
            >
                <table class="office-numbers">
                    <thead><tr>{heads}</tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </div>
    }
}
