//! A new subject: by the programme's own form where it has one, otherwise field by field.

use crate::app::{App, Loaded, app, load};
use crate::backend::ask;
use crate::components::button::{Button, Weight};
use crate::components::field::{Select, subject_field};
use crate::components::icon::Icon;
use crate::components::notice;
use crate::components::scanner::inert;
use crate::components::shell::Shell;
use crate::position;
use crate::route::{FormRoute, Route, go, replace};
use crate::screens::edit::as_value;
use domain::api;
use domain::change::{Values, field};
use domain::programme::{FieldKind, Programme};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::sync::Arc;

/// The screen for a new subject.
#[component]
pub fn NewSubject(
    /// Programme id.
    programme: String,
    /// The code it gets; empty for none.
    code: String,
) -> impl IntoView {
    let app = app();
    let t = app.t();
    position::stamp_if_missing(app, None);
    let id = programme.clone();
    let shown = inert(&code);
    view! {
        <Shell title=t.new_subject>
            {(!shown.is_empty()).then(|| view! { <p class="inert code">{shown}</p> })}
            {move || match app.programme(&id) {
                None => notice::empty(t.loading).into_any(),
                Some(programme) => {
                    let forms: Vec<_> = programme.forms.iter().filter(|form| form.creates_subject).cloned().collect();
                    if forms.is_empty() {
                        return by_fields(app, programme, code.clone()).into_any();
                    }
                    forms
                        .into_iter()
                        .map(|form| {
                            let to = FormRoute {
                                programme: programme.id.clone(),
                                form: form.id.clone(),
                                subject: None,
                                code: code.clone(),
                                corrects: None,
                            };
                            view! {
                                <Button
                                    label=form.title.in_language(app.lang().code())
                                    weight=Weight::Main
                                    drawing=Icon::Plus
                                    press=move || go(&Route::Form(to.clone()))
                                />
                            }
                        })
                        .collect_view()
                        .into_any()
                }
            }}
        </Shell>
    }
}

/// The choice of the zone a new subject belongs to; the only one where there is only one.
#[component]
pub fn ZoneChoice(
    /// Programme id.
    programme: String,
    /// The chosen zone's id.
    zone: RwSignal<String>,
) -> impl IntoView {
    let app = app();
    let label = app.programme(&programme).map(|p| p.zone_title.in_language(app.lang().code()).to_owned());
    let zones = load(app, move || api::Zones { programme: programme.clone() });
    move || {
        let Loaded::Ready(found) = zones.get() else { return ().into_any() };
        if zone.with_untracked(String::is_empty)
            && let Some(first) = found.first()
        {
            zone.set(first.zone.clone());
        }
        let options = found.into_iter().map(|row| (row.zone, row.title)).collect();
        view! { <Select label=label.clone().unwrap_or_default() options=options value=zone/> }.into_any()
    }
}

fn by_fields(app: App, programme: Arc<Programme>, code: String) -> impl IntoView {
    let t = app.t();
    let zone = RwSignal::new(String::new());
    let wrong = RwSignal::new(String::new());
    let saving = RwSignal::new(false);
    let typed: Vec<(FieldKind, RwSignal<String>)> = programme
        .subject
        .fields
        .iter()
        .filter(|field| !field.office_only)
        .map(|field| (field.clone(), RwSignal::new(String::new())))
        .collect();
    let inputs = typed
        .iter()
        .map(|(field, value)| subject_field(field, *value, app.lang().code(), t.not_known))
        .collect_view();
    let id = programme.id.clone();
    let save = move || {
        let mut values = Values::new();
        for (field, text) in &typed {
            match as_value(field, &text.get_untracked()) {
                Some(value) if value.is_null() => {}
                Some(value) => {
                    values.insert(field.id.clone(), value);
                }
                None => {
                    wrong.set(format!("{}: {}", field.title.in_language(app.lang().code()), t.cannot_read));
                    return;
                }
            }
        }
        let place = position::stamped(app);
        if let Some(place) = place {
            values.insert(field::LAT.to_owned(), place.lat.into());
            values.insert(field::LON.to_owned(), place.lon.into());
        }
        let request = api::CreateSubject {
            programme: id.clone(),
            zone: zone.get_untracked(),
            values,
            code: Some(code.clone()).filter(|code| !code.is_empty()),
            place,
        };
        saving.set(true);
        spawn_local(async move {
            match ask(request).await {
                Ok(saved) => {
                    app.saved(saved.counts);
                    app.say(t.saved);
                    replace(&Route::Card(saved.subject.unwrap_or(saved.record)));
                }
                Err(problem) => app.say_problem(&problem),
            }
            saving.try_set(false);
        });
    };
    view! {
        <ZoneChoice programme=programme.id.clone() zone=zone/>
        {inputs}
        <p class="wrong" role="alert">{move || wrong.get()}</p>
        <Button label=t.save weight=Weight::Main drawing=Icon::Check disabled=saving press=save/>
    }
}
