//! Where the person stands: asked once, at the scan, and never waited for.
//!
//! One stamp proves a visit without following anybody through the day. If the phone gives no position in time, or
//! the person refuses, the visit is saved without one.

use crate::app::App;
use crate::browser::{has, now_ms};
use domain::change::Place;
use domain::ids::RecordId;
use js_sys::{Array, Promise};
use leptos::prelude::*;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Position, PositionOptions};

/// How long the phone may look for a position.
const TIMEOUT_MS: u32 = 15_000;
/// How old a position the phone may give.
const MAXIMUM_AGE_MS: u32 = 20_000;
/// How long after the scan a stamp still belongs to the visit.
const STAMP_LIFE_MS: u64 = 60 * 60 * 1000;

/// The stamp of a visit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stamp {
    /// Whom it is for; `None` until a scan has found somebody, and for a new subject.
    pub subject: Option<RecordId>,
    /// When it was asked for, milliseconds; 0 for never.
    pub asked_ms: u64,
    /// The place, once the phone has said it.
    pub place: Option<Place>,
}

/// A position with its height, as a form's question wants it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fix {
    /// The place.
    pub place: Place,
    /// Metres above the ellipsoid, where known.
    pub altitude_m: Option<f64>,
}

/// Asks the phone where it is. `None` if it does not say, may not say, or takes too long.
pub async fn fix() -> Option<Fix> {
    let navigator = window().navigator();
    if !has(&navigator, "geolocation") {
        return None;
    }
    let geolocation = navigator.geolocation().ok()?;
    let options = PositionOptions::new();
    options.set_enable_high_accuracy(true);
    options.set_timeout(TIMEOUT_MS);
    options.set_maximum_age(MAXIMUM_AGE_MS);
    let promise = Promise::new(&mut |resolve, _| {
        let resolve_found = resolve.clone();
        let found = Closure::once_into_js(move |position: JsValue| {
            let _ = resolve_found.call1(&JsValue::UNDEFINED, &position);
        });
        let failed = Closure::once_into_js(move |_: JsValue| {
            let _ = resolve.call1(&JsValue::UNDEFINED, &JsValue::NULL);
        });
        let _ = geolocation.get_current_position_with_error_callback_and_options(
            found.unchecked_ref(),
            Some(failed.unchecked_ref()),
            &options,
        );
    });
    // Some browsers never answer while their question is left open; the visit does not wait for them.
    let limit = Promise::new(&mut |resolve, _| {
        let _ = window()
            .set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, TIMEOUT_MS as i32 + 2_000);
    });
    let first = JsFuture::from(Promise::race(&Array::of2(&promise, &limit))).await.ok()?;
    if !first.is_object() {
        return None;
    }
    Some(fix_of(&first.unchecked_into()))
}

/// A running look at the phone's position; it ends when this is dropped.
pub struct Watch {
    geolocation: web_sys::Geolocation,
    id: i32,
    _found: Closure<dyn FnMut(JsValue)>,
    _failed: Closure<dyn FnMut(JsValue)>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.geolocation.clear_watch(self.id);
    }
}

/// Follows the phone's position while somebody takes it: each new fix goes to `found`, and `None` when the phone gives
/// none. Nothing is kept of the way there. `None` where there is no such thing.
pub fn watch(found: impl Fn(Option<Fix>) + 'static) -> Option<Watch> {
    let navigator = window().navigator();
    if !has(&navigator, "geolocation") {
        return None;
    }
    let geolocation = navigator.geolocation().ok()?;
    let options = PositionOptions::new();
    options.set_enable_high_accuracy(true);
    options.set_timeout(2 * TIMEOUT_MS);
    options.set_maximum_age(0);
    let found = std::rc::Rc::new(found);
    let tell = found.clone();
    let on_found = Closure::<dyn FnMut(JsValue)>::new(move |position: JsValue| {
        tell(Some(fix_of(&position.unchecked_into())));
    });
    let on_failed = Closure::<dyn FnMut(JsValue)>::new(move |_: JsValue| found(None));
    let id = geolocation
        .watch_position_with_error_callback_and_options(
            on_found.as_ref().unchecked_ref(),
            Some(on_failed.as_ref().unchecked_ref()),
            &options,
        )
        .ok()?;
    Some(Watch { geolocation, id, _found: on_found, _failed: on_failed })
}

fn fix_of(position: &Position) -> Fix {
    let coordinates = position.coords();
    Fix {
        place: Place {
            lat: coordinates.latitude(),
            lon: coordinates.longitude(),
            accuracy_m: coordinates.accuracy(),
        },
        altitude_m: coordinates.altitude(),
    }
}

/// Takes a stamp in the background, anew: somebody scans here, now.
pub fn stamp(app: App) {
    take(app, None);
}

/// Says whom the scan has found.
pub fn stamp_is_for(app: App, subject: RecordId) {
    app.stamp.update(|stamp| stamp.subject = Some(subject));
}

/// Takes a stamp where the way here led past no scan of this subject: from a list, a search, a draft.
pub fn stamp_if_missing(app: App, subject: Option<RecordId>) {
    let held = app.stamp.get_untracked();
    if held.subject != subject || now_ms().saturating_sub(held.asked_ms) > STAMP_LIFE_MS {
        take(app, subject);
    }
}

fn take(app: App, subject: Option<RecordId>) {
    let asked_ms = now_ms();
    app.stamp.set(Stamp { subject, asked_ms, place: None });
    leptos::task::spawn_local(async move {
        let found = fix().await;
        app.stamp.update(|stamp| {
            // Otherwise another visit has begun meanwhile.
            if stamp.asked_ms == asked_ms {
                stamp.place = found.map(|fix| fix.place);
            }
        });
    });
}

/// Returns the place of this visit, if there is one. It is for whoever is visited: another subject's stamp was
/// replaced when their card or form opened.
pub fn stamped(app: App) -> Option<Place> {
    let stamp = app.stamp.get_untracked();
    (now_ms().saturating_sub(stamp.asked_ms) < STAMP_LIFE_MS).then_some(stamp.place).flatten()
}
