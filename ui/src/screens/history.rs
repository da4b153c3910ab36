//! Every value a subject ever had: who wrote it, when, and which ones lost against a change they had not seen.

use crate::app::{App, app, drawn, load};
use crate::components::notice;
use crate::components::shell::Shell;
use crate::format;
use domain::api;
use domain::api::HistoryRow;
use domain::ids::RecordId;
use leptos::prelude::*;

/// The history screen.
#[component]
pub fn History(
    /// Whose.
    id: RecordId,
) -> impl IntoView {
    let app = app();
    let t = app.t();
    let state = load(app, move || api::History { record: id });
    view! {
        <Shell title=t.history>
            {drawn(app, state, move |rows| {
                if rows.is_empty() {
                    return notice::empty(t.no_history).into_any();
                }
                let rows = rows.iter().map(|row| history_row(app, row)).collect_view();
                view! { <ul class="visits">{rows}</ul> }.into_any()
            })}
        </Shell>
    }
}

/// The label of a subject's field, in whichever programme defines it; the id itself where none does.
pub fn field_label(app: App, field: &str) -> String {
    let t = app.t();
    let of_engine = match field {
        "lat" | "lon" => Some(t.place),
        "zone" => Some(t.zone),
        "deleted" => Some(t.removed_field),
        _ if field.starts_with("codes.") => Some(t.codes),
        _ if field.starts_with("photos.") => Some(t.photo),
        _ => None,
    };
    if let Some(label) = of_engine {
        return label.to_owned();
    }
    app.programmes.with(|all| {
        all.iter()
            .find_map(|programme| programme.field(field))
            .map_or_else(|| field.to_owned(), |field| field.title.in_language(app.lang().code()).to_owned())
    })
}

/// A value of a subject's field, as its programme shows it.
pub fn field_text(app: App, field: &str, value: &domain::change::Value) -> String {
    app.programmes.with(|all| match all.iter().find_map(|programme| programme.field(field)) {
        Some(kind) => format::field_value(kind, value, app.t(), app.lang()),
        None => format::plain(value, app.t()),
    })
}

fn history_row(app: App, row: &HistoryRow) -> impl IntoView + use<> {
    let t = app.t();
    let mark = match (row.current, row.lost_unseen) {
        (true, _) => Some(t.shows_now),
        (false, true) => Some(t.lost_unseen),
        (false, false) => None,
    };
    view! {
        <li class="visit">
            <b>{field_label(app, &row.field)}</b>
            <span class="inert">{field_text(app, &row.field, &row.value)}</span>
            <span class="facts">
                <span>{format::moment(row.at_ms, app.lang())}" · "{row.by.clone()}</span>
                {mark.map(|mark| view! { <span class="chip">{mark}</span> })}
            </span>
        </li>
    }
}
