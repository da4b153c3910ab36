//! It could not be done: why, with a word and a photo if need be. That is a result too, and saved like one.

use crate::app::{App, JustSaved, app, drawn, load};
use crate::backend::ask;
use crate::browser::{OFFSET_MINUTES, today_iso};
use crate::components::button::{Button, Weight};
use crate::components::dialog::Dialog;
use crate::components::field::OnText;
use crate::components::icon::Icon;
use crate::components::photo::{TakePhoto, photo};
use crate::components::shell::Shell;
use crate::position;
use crate::route::{FormRoute, Route, replace};
use crate::strings::fill;
use domain::api;
use domain::change::Values;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::sync::Arc;

/// The screen that says why not.
#[component]
pub fn Outcome(
    /// Which form, of which programme, about whom.
    at: FormRoute,
) -> impl IntoView {
    let app = app();
    let t = app.t();
    let Some(subject) = at.subject else {
        replace(&Route::Home);
        return ().into_any();
    };
    position::stamp_if_missing(app, Some(subject));
    let state = load(app, move || api::Card { subject, today: today_iso() });
    let chosen = RwSignal::new(String::new());
    let note = RwSignal::new(String::new());
    let photos = RwSignal::new(Vec::<String>::new());
    let heading = RwSignal::new(String::new());
    view! {
        <Shell title=t.could_not bare=true>
            {drawn(app, state, move |card| {
                heading.set(card.row.heading.clone());
                view! { <h2>{card.row.heading.clone()}</h2> }
            })}
            {choices(app, at.programme.clone(), chosen)}
            {details(app, at.programme.clone(), chosen, note, photos)}
            {save_button(app, at, chosen, note, photos, heading)}
        </Shell>
    }
    .into_any()
}

fn choices(app: App, programme: String, chosen: RwSignal<String>) -> impl IntoView {
    let t = app.t();
    move || {
        let buttons = app.programme(&programme).map(|programme| {
            programme
                .outcomes
                .iter()
                .map(|outcome| {
                    let (own, mine) = (outcome.code.clone(), outcome.code.clone());
                    let label = outcome.title.in_language(app.lang().code()).to_owned();
                    view! {
                        <label class="option">
                            <input
                                type="radio"
                                name="outcome"
                                prop:checked=move || chosen.with(|chosen| *chosen == own)
                                on:change=move |_| chosen.set(mine.clone())
                            />
                            <span>{label}</span>
                        </label>
                    }
                })
                .collect_view()
        });
        view! {
            <fieldset class="options">
                <legend>{t.why_not}</legend>
                {buttons}
            </fieldset>
        }
    }
}

fn needs_note(app: App, programme: &str, chosen: &str) -> bool {
    app.programme(programme)
        .is_some_and(|programme| programme.outcome(chosen).is_some_and(|outcome| outcome.needs_note))
}

/// Says whether an outcome ends what is due here: somebody died, moved away, a meter is gone.
fn closes(app: App, programme: &str, chosen: &str) -> bool {
    app.programme(programme)
        .is_some_and(|programme| programme.outcome(chosen).is_some_and(|outcome| outcome.closes))
}

fn details(
    app: App,
    programme: String,
    chosen: RwSignal<String>,
    note: RwSignal<String>,
    photos: RwSignal<Vec<String>>,
) -> impl IntoView {
    let t = app.t();
    let label = move || if needs_note(app, &programme, &chosen.get()) { t.note_needed } else { t.note };
    view! {
        <label class="field">
            <span class="label">{label}</span>
            <textarea
                rows="3"
                prop:value=move || note.get()
                on:input:target=move |event: OnText| note.set(event.target().value())
            ></textarea>
        </label>
        <TakePhoto
            label=t.take_photo
            kept=Arc::new(move |hash: String| {
                photos.try_update(|photos| photos.push(hash));
            })
        />
        <div class="photos">
            <For each=move || photos.get() key=|hash| hash.clone() children=move |hash| photo(app, hash, t.photo.to_owned())/>
        </div>
    }
}

fn save_button(
    app: App,
    at: FormRoute,
    chosen: RwSignal<String>,
    note: RwSignal<String>,
    photos: RwSignal<Vec<String>>,
    heading: RwSignal<String>,
) -> impl IntoView {
    let t = app.t();
    let saving = RwSignal::new(false);
    let programme = at.programme.clone();
    let unready = Signal::derive(move || {
        let chosen = chosen.get();
        let missing_note = needs_note(app, &programme, &chosen) && note.with(|note| note.trim().is_empty());
        saving.get() || chosen.is_empty() || missing_note
    });
    let asking = RwSignal::new(false);
    let closing = at.programme.clone();
    let titled = at.programme.clone();
    let save = move || {
        asking.set(false);
        saving.set(true);
        let code = chosen.get_untracked();
        let mut answers = Values::new();
        let text = note.get_untracked().trim().to_owned();
        if !text.is_empty() {
            answers.insert("note".to_owned(), text.into());
        }
        let request = api::SaveVisit {
            programme: at.programme.clone(),
            form: at.form.clone(),
            subject: at.subject,
            zone: None,
            code: None,
            outcome: code.clone(),
            answers,
            photos: photos.get_untracked(),
            place: position::stamped(app),
            registry: Vec::new(),
            supersedes: None,
            offset_minutes: OFFSET_MINUTES,
        };
        let what = crate::components::row::outcome_word(app, &at.programme, &code);
        let programme = at.programme.clone();
        spawn_local(async move {
            match ask(request).await {
                Ok(saved) => {
                    app.saved(saved.counts);
                    app.just_saved.set(Some(JustSaved {
                        programme,
                        subject: saved.subject,
                        heading: heading.try_get_untracked().unwrap_or_default(),
                        what,
                        in_round: app.in_round.get_untracked(),
                        correction: None,
                    }));
                    replace(&Route::Saved);
                }
                Err(problem) => {
                    app.say_problem(&problem);
                    saving.try_set(false);
                }
            }
        });
    };
    let save = StoredValue::new_local(save);
    let press = move || {
        // It takes the subject off the round, so a slip of the finger is asked about once.
        if closes(app, &closing, &chosen.get_untracked()) {
            asking.set(true);
        } else {
            save.with_value(|save| save());
        }
    };
    let question = move || {
        let word = crate::components::row::outcome_word(app, &titled, &chosen.get());
        fill(t.outcome_sure, &[&heading.get(), &word])
    };
    let question = StoredValue::new(question);
    view! {
        <div class="actions">
            <Button label=t.save weight=Weight::Main drawing=Icon::Check disabled=unready press=press/>
        </div>
        <Dialog open=asking title=t.could_not>
            <p class="large-text">{move || question.with_value(|question| question())}</p>
            <Button label=t.outcome_yes weight=Weight::Main drawing=Icon::Check press=move || save.with_value(|save| save())/>
            <Button label=t.cancel press=move || asking.set(false)/>
        </Dialog>
    }
}
