//! Every value a subject ever had: who wrote it, when, and which ones lost against a change they had not seen.

use crate::app::{App, app, drawn, load};
use crate::components::notice;
use crate::components::scanner::inert;
use crate::components::shell::Shell;
use crate::format;
use domain::api;
use domain::api::HistoryRow;
use domain::change::{Value, field};
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
                let programme = rows
                    .iter()
                    .find(|row| row.field == field::PROGRAMME && row.current)
                    .and_then(|row| row.value.as_str())
                    .unwrap_or_default();
                let rows = rows
                    .iter()
                    .filter(|row| is_told(&row.field))
                    .map(|row| history_row(app, programme, row))
                    .collect_view();
                view! { <ul class="visits">{rows}</ul> }.into_any()
            })}
        </Shell>
    }
}

/// Says whether a field's history tells a person anything: where a record came from and what it is do not.
pub fn is_told(field_id: &str) -> bool {
    ![field::PROGRAMME, field::ORIGIN, field::ORDER].contains(&field_id)
}

/// The label of a subject's field in its own programme; the id itself where that does not define it. Two programmes may
/// have fields of one name.
pub fn field_label(app: App, programme: &str, field_id: &str) -> String {
    let t = app.t();
    let of_engine = match field_id {
        field::LAT | field::LON => Some(t.place),
        field::ZONE => Some(t.zone),
        field::DELETED => Some(t.removed_field),
        _ if field_id.starts_with(field::CODES) => Some(t.codes),
        _ if field_id.starts_with(field::PHOTOS) => Some(t.photo),
        _ => None,
    };
    if let Some(label) = of_engine {
        return label.to_owned();
    }
    app.programme(programme)
        .and_then(|programme| {
            programme.field(field_id).map(|field| field.title.in_language(app.lang().code()).to_owned())
        })
        .unwrap_or_else(|| field_id.to_owned())
}

/// A value of a subject's field, as its own programme shows it. A label's code stands for itself.
pub fn field_text(app: App, programme: &str, field_id: &str, value: &Value) -> String {
    let t = app.t();
    if let Some(code) = field_id.strip_prefix(field::CODES) {
        let code = inert(code);
        return if *value == Value::Bool(true) { code } else { format!("{code} · {}", t.removed_code) };
    }
    match app.programme(programme).as_ref().and_then(|programme| programme.field(field_id)) {
        Some(kind) => format::field_value(kind, value, t, app.lang()),
        None => format::plain(value, t),
    }
}

fn history_row(app: App, programme: &str, row: &HistoryRow) -> impl IntoView + use<> {
    let t = app.t();
    let mark = match (row.current, row.lost_unseen) {
        (true, _) => Some(t.shows_now),
        (false, true) => Some(t.lost_unseen),
        (false, false) => None,
    };
    view! {
        <li class="visit">
            <b>{field_label(app, programme, &row.field)}</b>
            <span class="inert">{field_text(app, programme, &row.field, &row.value)}</span>
            <span class="facts">
                <span>{format::moment(row.at_ms, app.lang())}{(!row.by.is_empty()).then(|| format!(" · {}", row.by))}</span>
                {mark.map(|mark| view! { <span class="chip">{mark}</span> })}
            </span>
        </li>
    }
}
