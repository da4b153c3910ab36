//! A place: the accuracy is shown while the phone looks, since a pole set wrong by forty metres is another pole. It is
//! taken by itself some seconds after it became good enough, or by hand as good as it gets; what is kept is the mean of what the
//! phone said meanwhile.

use crate::browser::wait;
use crate::components::button::{Button, Weight};
use crate::components::icon::Icon;
use crate::position::{self, Fix, Watch};
use crate::screens::form::question::At;
use crate::strings::fill;
use domain::change::Place;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::cell::Cell;
use std::rc::Rc;

/// A place this exact is taken by itself, metres; a form may say another number in `capture-accuracy`.
const GOOD_M: f64 = 5.0;
/// For so long the phone goes on looking once it is exact enough, milliseconds.
const STEADY_MS: i32 = 3_000;
/// A place less exact than this is remarked on, metres; a form may say another number in `warning-accuracy`.
const POOR_M: f64 = 100.0;

/// A place.
pub fn point(at: &At) -> AnyView {
    let t = at.app.t();
    let good_m = at.parameter("capture-accuracy").unwrap_or(GOOD_M);
    let poor_m = at.parameter("warning-accuracy").unwrap_or(POOR_M);
    let running = StoredValue::new_local(None::<Watch>);
    let looking = RwSignal::new(false);
    let failed = RwSignal::new(false);
    let best = RwSignal::new(None::<Fix>);
    let fixes = StoredValue::new_local(Vec::<Place>::new());
    let turn = StoredValue::new(0u32);
    on_cleanup(move || running.set_value(None));

    let set = at.clone();
    let take = move |fix: Fix| {
        running.set_value(None);
        looking.set(false);
        let place = fixes.with_value(|fixes| domain::place::mean(fixes)).unwrap_or(fix.place);
        let altitude = fix.altitude_m.unwrap_or(0.0);
        set.choose(&format!("{:.7} {:.7} {altitude:.1} {:.1}", place.lat, place.lon, place.accuracy_m));
    };
    let taken = take.clone();
    let begin = move || {
        failed.set(false);
        best.set(None);
        fixes.set_value(Vec::new());
        looking.set(true);
        turn.update_value(|turn| *turn += 1);
        let mine = turn.get_value();
        // Of this attempt alone, and of nobody who could take it away while the phone still speaks.
        let steady = Rc::new(Cell::new(false));
        let take = take.clone();
        let watch = position::watch(move |fix| {
            // The phone may still speak after the person has gone on.
            if looking.try_get_untracked() != Some(true) {
                return;
            }
            match fix {
                Some(fix) => {
                    fixes.update_value(|fixes| fixes.push(fix.place));
                    best.update(|best| {
                        if best.is_none_or(|best| fix.place.accuracy_m <= best.place.accuracy_m) {
                            *best = Some(fix);
                        }
                    });
                    if fix.place.accuracy_m <= good_m && !steady.get() {
                        steady.set(true);
                        let take = take.clone();
                        spawn_local(async move {
                            wait(STEADY_MS).await;
                            // Neither taken by hand nor begun anew meanwhile.
                            let same = turn.try_get_value() == Some(mine)
                                && looking.try_get_untracked() == Some(true);
                            if let (true, Some(fix)) = (same, best.try_get_untracked().flatten()) {
                                take(fix);
                            }
                        });
                    }
                }
                None if best.with_untracked(Option::is_some) => {}
                None => {
                    running.set_value(None);
                    looking.set(false);
                    failed.set(true);
                }
            }
        });
        failed.set(watch.is_none());
        looking.update(|looking| *looking &= watch.is_some());
        // A fix may have come already, and then nobody looks any more.
        if looking.get_untracked() {
            running.set_value(watch);
        }
    };
    let shown = at.clone();
    let stored = Memo::new(move |_| {
        let value = shown.value();
        let numbers: Vec<f64> = value.split_whitespace().filter_map(|number| number.parse().ok()).collect();
        match numbers.as_slice() {
            [lat, lon, rest @ ..] => Some((*lat, *lon, rest.get(1).copied())),
            _ => None,
        }
    });
    let metres = move |metres: f64| fill(t.place_accuracy, &[&format!("{:.0}", metres.max(1.0))]);
    view! {
        <div role="status" aria-live="polite">
            {move || match (looking.get(), best.get(), stored.get()) {
                (true, None, _) => view! { <p class="place-state">{t.place_looking}</p> }.into_any(),
                (true, Some(fix), _) => {
                    view! {
                        <p class="place-state">
                            <b class="large-text">{metres(fix.place.accuracy_m)}</b>
                            <span>{t.place_improving}</span>
                        </p>
                    }
                        .into_any()
                }
                (false, _, Some((lat, lon, accuracy))) => {
                    let poor = accuracy.is_some_and(|accuracy| accuracy > poor_m);
                    view! {
                        <p class="place-state" class:odd=poor>
                            {accuracy.map(|accuracy| view! { <b class="large-text">{metres(accuracy)}</b> })}
                            <span>{format!("{lat:.5}, {lon:.5}")}</span>
                            {poor.then(|| view! { <span>{t.place_poor}</span> })}
                        </p>
                    }
                        .into_any()
                }
                (false, _, None) => {
                    let word = if failed.get() { t.place_failed } else { t.place_none };
                    view! { <p class="place-state">{word}</p> }.into_any()
                }
            }}
        </div>
        {move || {
            let (begin, taken) = (begin.clone(), taken.clone());
            match (looking.get(), best.get()) {
                (true, Some(fix)) => {
                    view! { <Button label=t.place_use weight=Weight::Main drawing=Icon::Check press=move || taken(fix)/> }
                        .into_any()
                }
                (true, None) => {
                    view! {
                        <Button
                            label=t.cancel
                            press=move || {
                                running.set_value(None);
                                looking.set(false);
                            }
                        />
                    }
                        .into_any()
                }
                (false, _) => {
                    let label = if stored.get().is_some() { t.place_again } else { t.place_take };
                    view! { <Button label=label drawing=Icon::Map press=begin/> }.into_any()
                }
            }
        }}
    }
    .into_any()
}
