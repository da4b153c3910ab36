//! A place: taken by a button, with the accuracy it was taken at, since a pole set wrong by forty metres is another pole.

use crate::components::button::{Button, Weight};
use crate::components::icon::Icon;
use crate::position;
use crate::screens::form::question::At;
use crate::strings::fill;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// A place.
pub fn point(at: &At) -> AnyView {
    let t = at.app.t();
    let looking = RwSignal::new(false);
    let failed = RwSignal::new(false);
    let (set, shown) = (at.clone(), at.clone());
    let take = move || {
        looking.set(true);
        failed.set(false);
        let set = set.clone();
        spawn_local(async move {
            let fix = position::fix().await;
            if looking.try_set(false).is_some() {
                // The screen was left meanwhile.
                return;
            }
            match fix {
                Some(fix) => {
                    let altitude = fix.altitude_m.unwrap_or(0.0);
                    let place = fix.place;
                    set.choose(&format!(
                        "{:.7} {:.7} {altitude:.1} {:.1}",
                        place.lat, place.lon, place.accuracy_m
                    ));
                }
                None => {
                    failed.set(true);
                }
            }
        });
    };
    let stored = Memo::new(move |_| {
        let value = shown.value();
        let numbers: Vec<f64> = value.split_whitespace().filter_map(|number| number.parse().ok()).collect();
        match numbers.as_slice() {
            [lat, lon, rest @ ..] => Some((*lat, *lon, rest.get(1).copied())),
            _ => None,
        }
    });
    view! {
        <p role="status" aria-live="polite">
            {move || match (looking.get(), stored.get()) {
                (true, _) => t.place_looking.to_owned(),
                (false, Some((lat, lon, accuracy))) => {
                    let accuracy = accuracy
                        .map(|metres| fill(t.place_accuracy, &[&format!("{metres:.0}")]))
                        .unwrap_or_default();
                    format!("{lat:.5}, {lon:.5} {accuracy}")
                }
                (false, None) if failed.get() => t.place_failed.to_owned(),
                (false, None) => t.place_none.to_owned(),
            }}
        </p>
        <Button
            label=if stored.get_untracked().is_some() { t.place_again } else { t.place_take }
            weight=Weight::Plain
            drawing=Icon::Map
            disabled=looking
            press=take
        />
    }
    .into_any()
}
