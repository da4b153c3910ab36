//! One person to be looked for: why they come first, how far and which way, how to get in, whom to call, and three large
//! buttons for what was found.

use super::Scene;
use crate::backend::ask;
use crate::components::button::{Button, Weight};
use crate::components::field::Line;
use crate::components::icon::{Icon, icon};
use crate::components::photo::photo;
use crate::format;
use crate::position;
use crate::strings::care::{CareStrings, care as words};
use crate::strings::fill;
use domain::api::{MarkRescue, RescueRow};
use domain::ids::RecordId;
use domain::programme::FieldType;
use domain::programme::emergency::Fate;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The id of a person's element.
pub fn element_id(id: RecordId) -> String {
    format!("rescue-{id}")
}

/// The word for what a team found.
fn fate_word(fate: Fate, t: &'static CareStrings) -> &'static str {
    match fate {
        Fate::Reached => t.reached,
        Fate::Moved => t.moved_to,
        Fate::Absent => t.not_there,
        Fate::Open => "",
    }
}

/// The direction from the point, as people say it.
fn direction(t: &'static CareStrings, from: (f64, f64), to: (f64, f64)) -> &'static str {
    let east = (to.1 - from.1) * from.0.to_radians().cos();
    let turn = east.atan2(to.0 - from.0).to_degrees().rem_euclid(360.0);
    let at = ((turn / 45.0).round() as usize) % 8;
    t.directions.split(',').nth(at).unwrap_or_default()
}

/// A person.
#[component]
pub fn Person(
    /// The view.
    scene: Scene,
    /// The person.
    row: RescueRow,
    /// The number on the map.
    number: usize,
) -> impl IntoView {
    let app = scene.app;
    let t = words(app);
    let language = app.lang();
    let programme = app.programme(&row.programme);
    let rules = programme.as_ref().and_then(|programme| programme.emergency.clone()).unwrap_or_default();
    let chips = row
        .reasons
        .iter()
        .filter_map(|at| {
            rules.rank.get(*at).map(|rule| (*at, rule.title.in_language(language.code()).to_owned()))
        })
        .map(
            |(at, word)| view! { <span class=if at < 2 { "chip failed" } else { "chip left" }>{word}</span> },
        )
        .collect_view();
    let far = row.distance_m.map(|metres| {
        let distance = fill(t.metres_n, &[&format::count(metres.round() as u64)]);
        match scene.point.get_untracked().zip(row.place) {
            Some((from, to)) if metres >= 5.0 => format!("{distance} · {}", direction(t, from, to)),
            _ => distance,
        }
    });
    let mark = row.mark.clone().map(|mark| {
        let when = format::ago(mark.at_ms, crate::browser::now_ms(), app.t(), language);
        let note = Some(mark.note.clone()).filter(|note| !note.is_empty()).map(|note| format!(" {note}"));
        let waits = row.waits.then(|| view! { <small>{t.mark_waits}</small> });
        view! {
            <span class="rescue-mark">
                {icon(Icon::Check)}
                <b>{fate_word(mark.fate, t)}{note}</b>
                <small>{fill(t.marked_by, &[&mark.by, &when])}</small>
                {waits}
            </span>
        }
    });
    let id = row.id;
    let marked = row.mark.is_some();
    let row = StoredValue::new(row);
    let open = move || scene.chosen.get() == Some(id);
    view! {
        <li id=element_id(id) class="rescue-person" class:marked=marked>
            <button
                type="button"
                class="rescue-head"
                aria-expanded=move || open().to_string()
                on:click=move |_| scene.chosen.update(|chosen| *chosen = (*chosen != Some(id)).then_some(id))
            >
                <span class="rescue-number" aria-hidden="true">{number}</span>
                <span class="text">
                    <b>{row.with_value(|row| row.heading.clone())}</b>
                    <span class="facts">{chips} {far.map(|far| view! { <span>{far}</span> })}</span>
                    {mark}
                </span>
            </button>
            {move || open().then(|| row.with_value(|row| details(scene, row)))}
        </li>
    }
}

/// How to get in, whom to call, and the marks.
fn details(scene: Scene, row: &RescueRow) -> impl IntoView + use<> {
    let app = scene.app;
    let t = words(app);
    let language = app.lang();
    let programme = app.programme(&row.programme);
    let heading = programme.as_ref().map(|one| one.subject.heading.clone()).unwrap_or_default();
    let shown = programme.as_ref().and_then(|one| one.emergency.clone()).unwrap_or_default().show;
    let mut calls = Vec::new();
    let mut facts = Vec::new();
    for field in shown.iter().filter(|id| !heading.contains(id)) {
        let Some(field) = programme.as_ref().and_then(|programme| programme.field(field)) else { continue };
        let Some(value) = row.values.get(&field.id).filter(|value| !value.is_null() && **value != "") else {
            continue;
        };
        let title = field.title.in_language(language.code()).to_owned();
        let text = format::field_value(field, value, app.t(), language);
        if field.kind == FieldType::Phone {
            let number = value.as_str().unwrap_or_default().to_owned();
            calls.push(view! {
                <a class="button" href=format!("tel:{number}")>
                    {icon(Icon::Phone)}
                    <span class="words">{fill(t.call_n, &[&title, &text])}</span>
                </a>
            });
        } else {
            facts.push(view! { <div><dt>{title}</dt><dd>{text}</dd></div> });
        }
    }
    let picture = row.photo.clone().map(|hash| photo(app, hash, fill(t.way_in_photo, &[&row.heading])));
    view! {
        <div class="rescue-details">
            {picture}
            <dl class="facts-list">{facts}</dl>
            {calls}
            <Marks scene=scene id=row.id marked=row.mark.is_some()/>
        </div>
    }
}

/// What was found.
#[component]
fn Marks(scene: Scene, id: RecordId, marked: bool) -> impl IntoView {
    let app = scene.app;
    let t = words(app);
    let (moving, to) = (scene.moving, scene.moved_to);
    let unfold = move || {
        to.set(String::new());
        moving.update(|whose| *whose = (*whose != Some(id)).then_some(id));
    };
    let save = move |fate: Fate, note: String| {
        spawn_local(async move {
            // The place of the point is known already; nobody in smoke waits for a satellite.
            let place = position::stamped(app);
            match ask(MarkRescue { id, fate, note, place }).await {
                Ok(saved) => {
                    scene.chosen.try_set(None);
                    scene.moving.try_set(None);
                    app.say(t.mark_saved);
                    app.saved(saved.counts);
                }
                Err(problem) => app.say_problem(&problem),
            }
        });
    };
    view! {
        <div class="rescue-marks">
            <Button
                label=t.reached
                drawing=Icon::Check
                weight=Weight::Main
                press=move || save(Fate::Reached, String::new())
            />
            <Button label=t.moved_to drawing=Icon::Next press=unfold/>
            {move || {
                (moving.get() == Some(id))
                    .then(|| {
                        view! {
                            <Line
                                label=t.moved_where
                                value=to
                                focus=true
                                enter=Callback::new(move |()| save(Fate::Moved, to.get_untracked()))
                            />
                            <Button label=t.moved_save press=move || save(Fate::Moved, to.get_untracked())/>
                        }
                    })
            }}
            <Button label=t.not_there drawing=Icon::Blocked press=move || save(Fate::Absent, String::new())/>
            {marked
                .then(|| {
                    view! {
                        <Button label=t.unmark weight=Weight::Quiet press=move || save(Fate::Open, String::new())/>
                    }
                })}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strings::care::TH;

    #[test]
    fn directions_are_as_people_say_them() {
        let from = (13.0, 100.6);
        for (to, word) in [
            ((13.001, 100.6), "เหนือ"),
            ((13.0, 100.601), "ตะวันออก"),
            ((12.999, 100.599), "ตะวันตกเฉียงใต้"),
            ((12.999, 100.6), "ใต้"),
        ] {
            assert_eq!(direction(&TH, from, to), word);
        }
    }
}
