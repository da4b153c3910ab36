//! The card: who or what this is, what is due, and the forms as large buttons. It is what a scan leads to.

use crate::app::{App, app, drawn, load};
use crate::browser::{today, today_iso};
use crate::components::bars;
use crate::components::button::{Button, Weight};
use crate::components::chip::standing_chip;
use crate::components::icon::{Icon, icon};
use crate::components::notice;
use crate::components::photo::photo;
use crate::components::row::outcome_word;
use crate::components::shell::Shell;
use crate::components::visit::{form_title, may_correct, visit_row};
use crate::format;
use crate::position;
use crate::route::{FormRoute, Route, go};
use domain::api;
use domain::api::{CardReply, FormButton};
use domain::ids::RecordId;
use domain::programme::{FieldType, Programme};
use domain::schedule::Standing;
use leptos::prelude::*;
use std::sync::Arc;

/// The card screen.
#[component]
pub fn Card(
    /// Whose.
    id: RecordId,
) -> impl IntoView {
    let app = app();
    position::stamp_if_missing(app, Some(id));
    let state = load(app, move || api::Card { subject: id, today: today_iso() });
    let title = Signal::derive(move || {
        state.with(|state| match state {
            crate::app::Loaded::Ready(card) => app
                .programme(&card.row.programme)
                .map_or(String::new(), |programme| programme.title.in_language(app.lang().code()).to_owned()),
            _ => String::new(),
        })
    });
    view! {
        <Shell title=title>
            {drawn(app, state, move |card| view! { <article>{card_view(app, card)}</article> })}
        </Shell>
    }
}

fn card_view(app: App, card: &CardReply) -> impl IntoView + use<> {
    let t = app.t();
    let programme = app.programme(&card.row.programme);
    let colour = programme.as_ref().map(|programme| programme.colour.clone()).unwrap_or_default();
    let due = card.row.due_on.as_ref().map(|due| format::near_day(due, today(), t, app.lang()));
    let first_photo = card.photos.first().map(|hash| photo(app, hash.clone(), t.photo_of_subject.to_owned()));
    let visits = card.visits.iter().map(|visit| visit_row(app, visit)).collect_view();
    let has_visits = !card.visits.is_empty();
    let failed = card.row.last_failed.as_ref().map(|code| {
        notice::remark(format!("{} {}", t.last_attempt, outcome_word(app, &card.row.programme, code)))
    });
    let questions = (!card.questions.is_empty()).then(|| {
        view! {
            <Button
                label=crate::strings::fill(t.n_questions, &[&card.questions.len().to_string()])
                drawing=Icon::Question
                press=|| go(&Route::Questions)
            />
        }
    });
    view! {
        <div class="card" style=("--accent", colour)>
            <section class="who">
                <h2>{card.row.heading.clone()}</h2>
                <p class="second">{card.row.second_line.clone()}</p>
                <p class="facts">
                    <span>{card.zone_title.clone()}</span>
                    {card.row.standing.map(|standing| standing_chip(standing, t))}
                    {due
                        .filter(|_| card.row.standing != Some(Standing::Done))
                        .map(|due| view! { <span>{t.due}" "{due}</span> })}
                </p>
            </section>
            {card.removed.then(|| notice::remark(t.removed))}
            {failed}
            {questions}
            {crate::screens::orders::of_subject(app, card.row.id)}
            {first_photo}
            {forms(app, card, programme.as_ref())}
            {crate::screens::bill::button(app, &card.row.programme, card.row.id, false)}
            {bars::of_visits(app, programme.as_deref(), &card.visits)}
            {fields(app, card, programme.as_ref())}
            {has_visits.then(|| view! { <h3>{t.last_visits}</h3> <ul class="visits">{visits}</ul> })}
            {more(app, card)}
        </div>
    }
}

/// The forms as large buttons, the one that is due first and strongest, and the way to say that it could not be done.
fn forms(app: App, card: &CardReply, programme: Option<&Arc<Programme>>) -> impl IntoView + use<> {
    let t = app.t();
    let at = |form: &str| FormRoute {
        programme: card.row.programme.clone(),
        form: form.to_owned(),
        subject: Some(card.row.id),
        code: String::new(),
        corrects: None,
    };
    let buttons = card
        .forms
        .iter()
        .enumerate()
        .map(|(place, FormButton { form, standing, draft })| {
            let due = matches!(standing, Some(Standing::Overdue | Standing::Left));
            let note = match (draft, standing) {
                (true, _) => Some(t.draft_kept.to_owned()),
                (false, Some(standing)) => Some(crate::components::chip::standing_word(*standing, t).to_owned()),
                (false, None) => None,
            };
            let mut to = at(form);
            // What the office has to look at first may be done once more at once: both are kept.
            let waits = card.visits.iter().find(|visit| visit.form == *form && visit.waits);
            let note = if waits.is_some() { Some(t.waits_for_office.to_owned()) } else { note };
            to.corrects = waits.filter(|visit| may_correct(app, visit)).map(|visit| visit.id);
            let weight = if due || (place == 0 && standing.is_none()) { Weight::Main } else { Weight::Plain };
            let label = match to.corrects {
                Some(_) => format!("{} · {}", form_title(app, &card.row.programme, form), t.once_more),
                None => form_title(app, &card.row.programme, form),
            };
            match note {
                Some(note) => view! {
                    <Button label=label note=note drawing=Icon::Edit weight=weight press=move || go(&Route::Form(to.clone()))/>
                }
                .into_any(),
                None => view! {
                    <Button label=label drawing=Icon::Edit weight=weight press=move || go(&Route::Form(to.clone()))/>
                }
                .into_any(),
            }
        })
        .collect_view();
    // An outcome is about the visit that is due: the primary form, or the first one offered.
    let due_form = programme
        .and_then(|programme| programme.primary_form())
        .map(|form| form.id.clone())
        .filter(|id| card.forms.iter().any(|form| form.form == *id))
        .or_else(|| card.forms.first().map(|form| form.form.clone()));
    let outcomes = programme.is_some_and(|programme| !programme.outcomes.is_empty());
    let could_not = due_form.filter(|_| outcomes).map(|form| {
        let to = at(&form);
        view! { <Button label=t.could_not drawing=Icon::Blocked press=move || go(&Route::Outcome(to.clone()))/> }
    });
    view! { <div class="forms">{buttons}{could_not}</div> }
}

/// What is known of the subject, with a telephone number one can call.
fn fields(app: App, card: &CardReply, programme: Option<&Arc<Programme>>) -> impl IntoView + use<> {
    let t = app.t();
    let language = app.lang();
    let shown = programme.map(|programme| {
        programme
            .subject
            .fields
            .iter()
            .filter(|field| !field.office_only)
            .filter_map(|field| {
                let value = card.values.get(&field.id).filter(|value| !value.is_null() && *value != "")?;
                let text = format::field_value(field, value, t, language);
                let number =
                    (field.kind == FieldType::Phone).then(|| value.as_str().unwrap_or_default().to_owned());
                Some(view! {
                    <div>
                        <dt>{field.title.in_language(language.code()).to_owned()}</dt>
                        <dd>
                            {match number {
                                None if field.kind == FieldType::Photo => {
                                    let hash = value.as_str().unwrap_or_default().to_owned();
                                    let title = field.title.in_language(language.code()).to_owned();
                                    photo(app, hash, title).into_any()
                                }
                                Some(number) => {
                                    view! {
                                        <a class="call" href=format!("tel:{number}")>
                                            {icon(Icon::Phone)}
                                            {text}
                                        </a>
                                    }
                                        .into_any()
                                }
                                None => text.into_any(),
                            }}
                        </dd>
                    </div>
                })
            })
            .collect_view()
    });
    let codes = (!card.codes.is_empty()).then(|| {
        let codes = card
            .codes
            .iter()
            .map(|code| crate::components::scanner::inert(code))
            .collect::<Vec<_>>()
            .join(", ");
        view! { <div><dt>{t.codes}</dt><dd class="inert">{codes}</dd></div> }
    });
    view! { <dl class="facts-list">{shown}{codes}</dl> }
}

/// What one seldom needs: the map, corrections, the label, the history.
fn more(app: App, card: &CardReply) -> impl IntoView + use<> {
    let t = app.t();
    let id = card.row.id;
    let map = card.row.place.map(|(lat, lon)| {
        let label: String =
            card.row.heading.chars().filter(|c| !matches!(c, '(' | ')' | '&' | '#' | '?' | '%')).collect();
        view! {
            <a class="button" href=format!("geo:{lat:.6},{lon:.6}?q={lat:.6},{lon:.6}({label})")>
                {icon(Icon::Map)}
                <span class="words">{t.open_map}</span>
            </a>
        }
    });
    let edit = (!card.may_edit.is_empty()).then(
        || view! { <Button label=t.correct_data drawing=Icon::Edit press=move || go(&Route::Edit(id))/> },
    );
    let bind = card.may_bind.then(
        || view! { <Button label=t.bind_label drawing=Icon::Label press=move || go(&Route::BindTo(id))/> },
    );
    view! {
        <section class="more">
            <h3>{t.more}</h3>
            {map}
            {edit}
            {bind}
            <Button label=t.history drawing=Icon::Clock press=move || go(&Route::History(id))/>
        </section>
    }
}
