//! Everything about one subject: its fields with a way to correct each, its visits, photos and history.

use super::answers;
use super::desk::{self, AtDesk, DeskPanel};
use super::editing::{EditDialog, Editing};
use super::history::History;
use super::page::Page;
use super::state::office;
use crate::app::{App, Loaded, app, drawn};
use crate::backend::{ask, download};
use crate::browser::{today, today_iso};
use crate::components::button::Button;
use crate::components::chip::standing_chip;
use crate::components::icon::{Icon, icon};
use crate::components::notice;
use crate::components::row::outcome_word;
use crate::components::visit::{form_title, summary};
use crate::format;
use crate::strings::fill;
use crate::strings::office::office as words;
use domain::api;
use domain::api::{CardReply, FileFormat, PersonFile};
use domain::ids::RecordId;
use domain::programme::{DONE, FieldKind};
use domain::schedule::Standing;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// One subject.
#[component]
pub fn Subject(
    /// Which.
    id: RecordId,
) -> impl IntoView {
    let app = app();
    let state = RwSignal::new(Loaded::Waiting);
    // Asked for only when something changed here: at the office each look at health data is written down.
    Effect::new(move |_| {
        app.changed.track();
        spawn_local(async move {
            let answer = ask(api::Card { subject: id, today: today_iso() }).await;
            state.try_update(|held| match (answer, &held) {
                (Ok(card), _) => *held = Loaded::Ready(card),
                (Err(_), Loaded::Ready(_)) => {}
                (Err(problem), _) => *held = Loaded::Failed(problem),
            });
        });
    });
    // Outside of what is drawn anew, so that a new answer never takes away what is being typed.
    let editing = RwSignal::new(None::<Editing>);
    let writing: AtDesk = RwSignal::new(None);
    let card = move |card: &CardReply| {
        view! { <article class="office-card">{card_view(app, card, editing, writing)}</article> }
    };
    view! {
        <div hidden=move || writing.with(Option::is_some)>{drawn(app, state, card)}</div>
        <DeskPanel writing=writing/>
        <EditDialog editing=editing/>
    }
}

fn card_view(
    app: App,
    card: &CardReply,
    editing: RwSignal<Option<Editing>>,
    writing: AtDesk,
) -> impl IntoView + use<> {
    let t = words(app);
    let programme = app.programme(&card.row.programme);
    let colour = programme.as_ref().map(|programme| programme.colour.clone()).unwrap_or_default();
    let zone_word = programme
        .as_ref()
        .map(|programme| programme.zone_title.in_language(app.lang().code()).to_owned())
        .unwrap_or_default();
    // A zone called "สาย 1" needs no second "สาย" before it.
    let zone = if card.zone_title.starts_with(&zone_word) {
        card.zone_title.clone()
    } else {
        format!("{zone_word} {}", card.zone_title)
    };
    let sensitive = programme.as_ref().is_some_and(|programme| programme.sensitive);
    let due = card
        .row
        .due_on
        .as_ref()
        .filter(|_| card.row.standing != Some(Standing::Done))
        .map(|due| format!("{} {}", app.t().due, format::near_day(due, today(), app.t(), app.lang())));
    let failed = card.row.last_failed.as_ref().map(|code| {
        notice::remark(format!("{} {}", app.t().last_attempt, outcome_word(app, &card.row.programme, code)))
    });
    let questions = (!card.questions.is_empty()).then(|| {
        view! {
            <a class="button" href=Page::Questions.hash()>
                {icon(Icon::Question)}
                <span class="words">{fill(t.has_questions, &[&card.questions.len().to_string()])}</span>
            </a>
        }
    });
    let id = card.row.id;
    let programme_id = card.row.programme.clone();
    let looking_back = RwSignal::new(false);
    view! {
        <header class="office-who" style=("--accent", colour)>
            <p class="small">{answers::programme_title(app, &card.row.programme)}" · "{zone}</p>
            <h2>{card.row.heading.clone()}</h2>
            <p class="second">{card.row.second_line.clone()}</p>
            <p class="facts">
                {card.row.standing.map(|standing| standing_chip(standing, app.t()))}
                {due.map(|due| view! { <span>{due}</span> })}
            </p>
            {sensitive.then(|| view! { <p class="office-logged">{t.view_logged}</p> })}
        </header>
        {card.removed.then(|| notice::remark(app.t().removed))}
        {failed}
        {questions}
        // What a caller's word is written down with, before the twenty fields that it rarely needs.
        {desk::offers(app, card, writing)}
        <section>
            <h3>{t.fields}</h3>
            {fields(app, card, editing)}
        </section>
        {(!card.photos.is_empty())
            .then(|| view! { <section><h3>{t.photos}</h3>{answers::photos(app, &card.photos)}</section> })}
        // Nobody is asked for an account where nothing is charged.
        {programme
            .as_ref()
            .is_some_and(|programme| programme.billing.is_some())
            .then(|| view! { <crate::screens::bill::Account subject=id/> })}
        <section>
            <h3>{t.last_visits}</h3>
            {visits(app, card, writing)}
        </section>
        {export(app, id, programme.as_ref().is_some_and(|programme| programme.fhir.is_some()))}
        <section>
            <details class="office-past" on:toggle=move |_| looking_back.set(true)>
                <summary>
                    <h3>{t.history}</h3>
                    <span class="small">{t.history_lead}</span>
                </summary>
                {move || {
                    looking_back.get().then(|| view! { <History id=id programme=programme_id.clone()/> })
                }}
            </details>
        </section>
    }
}

/// The whole record as a file.
fn export(app: App, id: RecordId, fhir: bool) -> impl IntoView {
    let t = crate::strings::care::care(app);
    let desk = office();
    let fetch = move |format: FileFormat| {
        spawn_local(async move {
            let wanted = PersonFile { subject: id, format, language: app.lang().code().to_owned() };
            if let Err(problem) = download("/api/person", &wanted).await {
                desk.say_problem(&problem);
            }
        });
    };
    view! {
        <section>
            <h3>{t.person_export}</h3>
            <div class="report-choice">
                <Button label=t.person_pdf drawing=Icon::Download press=move || fetch(FileFormat::Pdf)/>
                {fhir
                    .then(|| {
                        view! {
                            <Button label=t.person_fhir drawing=Icon::Download press=move || fetch(FileFormat::Fhir)/>
                        }
                    })}
            </div>
        </section>
    }
}

/// All fields, those without a value as well: what is missing is what a clerk looks for.
fn fields(app: App, card: &CardReply, editing: RwSignal<Option<Editing>>) -> impl IntoView + use<> {
    let t = words(app);
    let kinds: Vec<FieldKind> = app
        .programme(&card.row.programme)
        .map(|programme| programme.subject.fields.clone())
        .unwrap_or_default();
    let lines = kinds.into_iter().map(|kind| field_line(app, card, kind, editing)).collect_view();
    let codes: Vec<String> = card.codes.iter().map(|code| crate::components::scanner::inert(code)).collect();
    let codes = if codes.is_empty() { t.no_codes.to_owned() } else { codes.join(", ") };
    let position = card
        .row
        .place
        .map(|(lat, lon)| view! { <div><dt>{t.position}</dt><dd>{format!("{lat:.5}, {lon:.5}")}</dd></div> });
    view! {
        <dl class="office-fields">
            {lines}
            <div>
                <dt>{t.codes}</dt>
                <dd>
                    <span class="inert">{codes}</span>
                    <a class="office-small" href=Page::Labels(Some(card.row.id)).hash()>
                        {icon(Icon::Label)}
                        {t.print_label}
                    </a>
                </dd>
            </div>
            {position}
        </dl>
    }
}

fn field_line(
    app: App,
    card: &CardReply,
    kind: FieldKind,
    editing: RwSignal<Option<Editing>>,
) -> impl IntoView + use<> {
    let t = words(app);
    let title = kind.title.in_language(app.lang().code()).to_owned();
    let value = card.values.get(&kind.id).cloned().filter(|value| !value.is_null() && *value != "");
    let uncovered = RwSignal::new(false);
    let masked = kind.masked && value.is_some();
    let (programme, name, kept) = (card.row.programme.clone(), kind.id.clone(), value.clone());
    let text = move || match &kept {
        Some(value) => answers::field_text(app, &programme, &name, value, uncovered.get()),
        None => app.t().no_value.to_owned(),
    };
    let may_edit = card.may_edit.contains(&kind.id);
    let edit_label = fill(t.edit_field, &[&title]);
    let start = Editing {
        subject: card.row.id,
        base_seq: card.seq,
        heading: card.row.heading.clone(),
        kind,
        value: value.clone(),
    };
    view! {
        <div class:missing=value.is_none()>
            <dt>{title}</dt>
            <dd>
                <span class="inert">{text}</span>
                {masked
                    .then(|| {
                        view! {
                            <button type="button" class="office-small" on:click=move |_| uncovered.update(|now| *now = !*now)>
                                {move || if uncovered.get() { t.hide } else { t.show }}
                            </button>
                        }
                    })}
                {may_edit
                    .then(|| {
                        view! {
                            <button
                                type="button"
                                class="office-small"
                                aria-label=edit_label
                                on:click=move |_| editing.set(Some(start.clone()))
                            >
                                {icon(Icon::Edit)}
                                {t.edit}
                            </button>
                        }
                    })}
            </dd>
        </div>
    }
}

fn visits(app: App, card: &CardReply, writing: AtDesk) -> impl IntoView + use<> {
    let t = words(app);
    let all = &card.visits;
    if all.is_empty() {
        return notice::empty(t.never_visited).into_any();
    }
    let lines = all
        .iter()
        .map(|row| {
            let done = row.outcome == DONE;
            let line = if done { summary(app, row) } else { String::new() };
            let unfolded = RwSignal::new(false);
            let correct = desk::correct(app, card, row, writing);
            let whole = row.clone();
            view! {
                <li class="office-visit" class:failed=!done>
                    <details on:toggle=move |_| unfolded.set(true)>
                        <summary>
                            <span class="office-visit-text">
                                <b>{form_title(app, &row.programme, &row.form)}</b>
                                <span class="second">{line}</span>
                                <span class="small">{format::iso_moment(&row.at, app.lang())}" · "{row.by.clone()}</span>
                            </span>
                            <span class="office-visit-marks">
                        {answers::not_counted(app, row)}
                                <span class=if done { "chip done" } else { "chip failed" }>
                                    {outcome_word(app, &row.programme, &row.outcome)}
                                </span>
                            </span>
                        </summary>
                        {move || {
                            unfolded
                                .get()
                                .then(|| view! { <div class="office-unfolded">{answers::everything(app, &whole)}</div> })
                        }}
                        {correct}
                    </details>
                </li>
            }
        })
        .collect_view();
    view! {
        <ul class="office-visits">{lines}</ul>
        <p class="small">{fill(t.visits_shown, &[&all.len().to_string()])}</p>
    }
    .into_any()
}
