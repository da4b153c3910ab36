//! Correcting what is known of a subject. Only the fields this person may write are shown, and only what changed is saved.

use crate::app::{App, app, drawn_once, load};
use crate::backend::ask;
use crate::browser::today_iso;
use crate::components::button::{Button, Weight};
use crate::components::field::{Line, subject_field};
use crate::components::icon::Icon;
use crate::components::shell::Shell;
use crate::route;
use domain::api;
use domain::api::CardReply;
use domain::change::{Value, Values};
use domain::ids::RecordId;
use domain::programme::{FieldKind, FieldType};
use domain::text::ascii_digits;
use domain::thai_date;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::collections::BTreeMap;

/// The screen that corrects fields.
#[component]
pub fn Edit(
    /// Whose.
    id: RecordId,
) -> impl IntoView {
    let app = app();
    let t = app.t();
    let state = load(app, move || api::Card { subject: id, today: today_iso() });
    view! {
        <Shell title=t.correct_data>
            {drawn_once(app, state, move |card| view! { <div class="stack">{editor(app, card)}</div> })}
        </Shell>
    }
}

fn editor(app: App, card: &CardReply) -> impl IntoView + use<> {
    let t = app.t();
    let programme = app.programme(&card.row.programme);
    let fields: Vec<FieldKind> = programme
        .map(|programme| {
            programme
                .subject
                .fields
                .iter()
                .filter(|field| card.may_edit.contains(&field.id))
                .cloned()
                .collect()
        })
        .unwrap_or_default();
    let before: BTreeMap<String, String> = fields
        .iter()
        .map(|field| {
            (field.id.clone(), card.values.get(&field.id).map_or(String::new(), |v| as_typed(field, v)))
        })
        .collect();
    let typed: Vec<(FieldKind, RwSignal<String>)> = fields
        .into_iter()
        .map(|field| {
            let value = before.get(&field.id).cloned().unwrap_or_default();
            (field, RwSignal::new(value))
        })
        .collect();
    let reason = RwSignal::new(String::new());
    let wrong = RwSignal::new(String::new());
    let saving = RwSignal::new(false);
    let inputs = typed
        .iter()
        .map(|(field, value)| subject_field(field, *value, app.lang().code(), t.not_known))
        .collect_view();
    let subject = card.row.id;
    let base_seq = Some(card.seq);
    let save = move || {
        let mut values = Values::new();
        for (field, text) in &typed {
            let text = text.get_untracked();
            if before.get(&field.id) == Some(&text) {
                continue;
            }
            match as_value(field, &text) {
                Some(value) => {
                    values.insert(field.id.clone(), value);
                }
                None => {
                    wrong.set(format!("{}: {}", field.title.in_language(app.lang().code()), t.cannot_read));
                    return;
                }
            }
        }
        if values.is_empty() {
            route::back();
            return;
        }
        wrong.set(String::new());
        saving.set(true);
        let reason = Some(reason.get_untracked().trim().to_owned()).filter(|reason| !reason.is_empty());
        spawn_local(async move {
            match ask(api::EditSubject { subject, values, base_seq, reason }).await {
                Ok(saved) => {
                    app.saved(saved.counts);
                    app.say(t.saved);
                    route::back();
                }
                Err(problem) => app.say_problem(&problem),
            }
            saving.try_set(false);
        });
    };
    view! {
        <h2>{card.row.heading.clone()}</h2>
        {inputs}
        <Line label=t.reason_optional value=reason/>
        <p class="wrong" role="alert">{move || wrong.get()}</p>
        <Button label=t.save weight=Weight::Main drawing=Icon::Check disabled=saving press=save/>
    }
}

/// A field's value as it stands in a line to type into.
pub fn as_typed(field: &FieldKind, value: &Value) -> String {
    match (field.kind, value) {
        (_, Value::Null) => String::new(),
        (FieldType::Date, Value::String(iso)) => match iso.parse::<chrono::NaiveDate>() {
            Ok(day) => {
                use chrono::Datelike;
                format!("{}/{}/{}", day.day(), day.month(), thai_date::buddhist_year(day.year(), day.month()))
            }
            Err(_) => thai_date::of_any_precision(iso),
        },
        (_, Value::String(text)) => text.clone(),
        (_, other) => other.to_string(),
    }
}

/// What was typed as a field's value; `None` if it is none. Empty clears the field.
pub fn as_value(field: &FieldKind, typed: &str) -> Option<Value> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Some(Value::Null);
    }
    let digits = ascii_digits(typed).replace(',', "");
    Some(match field.kind {
        FieldType::Text | FieldType::Choice | FieldType::Photo => typed.into(),
        FieldType::Integer => digits.parse::<i64>().ok()?.into(),
        FieldType::Decimal => serde_json::Number::from_f64(digits.parse().ok()?)?.into(),
        FieldType::Bool => digits.parse::<bool>().ok()?.into(),
        FieldType::Phone => {
            let number: String = digits.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
            (number.len() >= 9).then_some(number)?.into()
        }
        // Of many who were born long ago only the month or the year is known.
        FieldType::Date => thai_date::read_any_precision(typed)?.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn field(kind: FieldType) -> FieldKind {
        FieldKind { kind, ..FieldKind::default() }
    }

    #[test]
    fn typed_in_thai_stored_plainly() {
        for (kind, typed, value) in [
            (FieldType::Integer, "๑,๒๐๐", Some(json!(1200))),
            (FieldType::Date, "๒๑/๑๑/๒๕๖๙", Some(json!("2026-11-21"))),
            (FieldType::Date, "2481", Some(json!("1938"))),
            (FieldType::Date, "2/2482", Some(json!("1940-02"))),
            (FieldType::Date, "เมื่อวาน", None),
            (FieldType::Phone, "081-234 5678", Some(json!("0812345678"))),
            (FieldType::Phone, "1669", None),
            (FieldType::Text, " ก ข ", Some(json!("ก ข"))),
            (FieldType::Text, " ", Some(Value::Null)),
        ] {
            assert_eq!(as_value(&field(kind), typed), value, "{typed}");
        }
    }

    #[test]
    fn what_is_shown_is_read_back_the_same() {
        for iso in ["2026-11-21", "1938", "1940-02-11"] {
            let date = field(FieldType::Date);
            let shown = as_typed(&date, &json!(iso));
            assert_eq!(as_value(&date, &shown), Some(json!(iso)), "{shown}");
        }
    }
}
