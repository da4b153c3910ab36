//! Photos and scanned codes as answers.

use crate::components::button::{Button, Weight};
use crate::components::dialog::Dialog;
use crate::components::icon::Icon;
use crate::components::photo::{From, TakePhoto, photo};
use crate::components::scanner::Scanner;
use crate::screens::form::question::At;
use crate::screens::form::widgets::text;
use leptos::prelude::*;
use std::sync::Arc;

/// A photo.
pub fn image(at: &At) -> AnyView {
    let t = at.app.t();
    let (set, shown, cleared) = (at.clone(), at.clone(), at.clone());
    let session = at.session;
    let longest_px = at.parameter("max-pixels");
    let only_new = at.has_appearance(&["new", "new-front", "selfie"]);
    let kept = Callback::new(move |hash: String| {
        set.choose(&hash);
        session.keep_draft();
    });
    let take = move |label: &'static str, from: From| {
        view! {
            <TakePhoto
                label=label
                from=from
                longest_px=longest_px
                trial=session.is_trial()
                before=Callback::new(move |()| session.keep_draft())
                kept=Arc::new(move |hash| {
                    kept.try_run(hash);
                })
            />
        }
    };
    view! {
        {self::shown(&shown)}
        {take(t.take_photo, From::Camera)}
        {(!only_new).then(|| take(t.from_picture, From::Gallery))}
        {move || {
            let cleared = cleared.clone();
            (!cleared.value().is_empty())
                .then(|| {
                    view! {
                        <Button
                            label=t.remove_photo
                            weight=Weight::Quiet
                            drawing=Icon::Remove
                            press=move || cleared.choose("")
                        />
                    }
                })
        }}
    }
    .into_any()
}

/// The photo that is there.
pub fn shown(at: &At) -> AnyView {
    let (app, at) = (at.app, at.clone());
    let drawn = move || {
        let hash = at.value();
        (!hash.is_empty()).then(|| photo(app, hash, app.t().photo.to_owned()))
    };
    view! { {drawn} }.into_any()
}

/// A code: scanned or typed.
pub fn barcode(at: &At) -> AnyView {
    let t = at.app.t();
    let open = RwSignal::new(false);
    let paused = RwSignal::new(false);
    let set = at.clone();
    view! {
        {text::line(at, "text", "")}
        <Button
            label=t.scan
            drawing=Icon::Scan
            press=move || {
                paused.set(false);
                open.set(true);
            }
        />
        <Dialog open=open title=t.scan>
            {
                let set = set.clone();
                view! {
                    <Scanner
                        label=t.type_code
                        paused=paused
                        found=Callback::new(move |text: String| {
                            set.choose(&text);
                            open.set(false);
                        })
                    />
                    <Button label=t.cancel weight=Weight::Quiet press=move || open.set(false)/>
                }
            }
        </Dialog>
    }
    .into_any()
}
