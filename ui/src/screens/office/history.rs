//! Every value every field of a subject ever had: who wrote it, when and where, and which ones lost unseen.

use super::answers;
use crate::app::{App, app, drawn, load};
use crate::components::notice;
use crate::format;
use crate::strings::fill;
use crate::strings::office::office as words;
use domain::api;
use domain::api::HistoryRow;
use domain::ids::RecordId;
use leptos::prelude::*;
use std::collections::BTreeMap;

/// The history of a subject.
#[component]
pub fn History(
    /// Whose.
    id: RecordId,
    /// Its programme.
    programme: String,
) -> impl IntoView {
    let app = app();
    let state = load(app, move || api::History { record: id });
    drawn(app, state, move |rows| {
        if rows.is_empty() {
            return notice::empty(app.t().no_history).into_any();
        }
        whole(app, &programme, rows).into_any()
    })
}

/// Fields that changed first, the others folded away: what a clerk looks for is what changed.
fn whole(app: App, programme: &str, rows: &[HistoryRow]) -> impl IntoView + use<> {
    let t = words(app);
    let mut by_field = BTreeMap::<&str, Vec<&HistoryRow>>::new();
    for row in rows.iter().filter(|row| crate::screens::history::is_told(&row.field)) {
        by_field.entry(&row.field).or_default().push(row);
    }
    let (changed, same): (Vec<_>, Vec<_>) = by_field.into_iter().partition(|(_, rows)| rows.len() > 1);
    let table = |fields: Vec<(&str, Vec<&HistoryRow>)>| {
        let bodies =
            fields.into_iter().map(|(field, rows)| body(app, programme, field, &rows)).collect_view();
        view! {
            <table class="office-table">
                <thead>
                    <tr>
                        <th scope="col">{t.field}</th>
                        <th scope="col">{t.value}</th>
                        <th scope="col">{t.who}</th>
                        <th scope="col">{t.when}</th>
                        <th scope="col">{t.where_written}</th>
                    </tr>
                </thead>
                {bodies}
            </table>
        }
    };
    let folded = (!same.is_empty()).then(|| {
        let title = fill(t.unchanged, &[&same.len().to_string()]);
        view! { <details class="office-same"><summary>{title}</summary>{table(same)}</details> }
    });
    let changed = (!changed.is_empty()).then(|| table(changed));
    view! { {changed} {folded} }
}

fn body(app: App, programme: &str, field: &str, rows: &[&HistoryRow]) -> impl IntoView + use<> {
    let t = words(app);
    let several = rows.len() > 1;
    let label = answers::field_label(app, programme, field);
    let lines = rows
        .iter()
        .enumerate()
        .map(|(place, row)| {
            let mark = match (row.current, row.lost_unseen) {
                (true, _) => ("chip done", t.shows_now),
                (false, true) => ("chip failed", t.lost),
                (false, false) => ("chip", t.replaced),
            };
            let by = if row.by.is_empty() { t.of_office.to_owned() } else { row.by.clone() };
            let at = row.place.map_or_else(
                || t.place_unknown.to_owned(),
                |place| {
                    let radius = fill(t.accuracy, &[&format::count(place.accuracy_m.round().max(0.0) as u64)]);
                    format!("{:.5}, {:.5} {radius}", place.lat, place.lon)
                },
            );
            view! {
                <tr class:past=!row.current>
                    {(place == 0).then(|| view! { <th scope="rowgroup" rowspan=rows.len().to_string()>{label.clone()}</th> })}
                    <td data-label=t.value>
                        <span class="inert">{answers::field_text(app, programme, field, &row.value, false)}</span>
                        {several.then(|| view! { <span class="office-mark"><span class=mark.0>{mark.1}</span></span> })}
                    </td>
                    <td data-label=t.who>{by}</td>
                    <td data-label=t.when>{format::moment(row.at_ms, app.lang())}</td>
                    <td data-label=t.where_written>{at}</td>
                </tr>
            }
        })
        .collect_view();
    view! { <tbody>{lines}</tbody> }
}
