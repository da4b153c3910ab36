//! The three ways to a code, side by side: the camera, a picture file, and typing. Typing is as easy as scanning,
//! because stickers tear and cameras break.

use crate::app::app;
use crate::browser::vibrate;
use crate::components::button::{Button, Weight};
use crate::components::camera::Camera;
use crate::components::decoder::{Decoder, Symbol, read_picture};
use crate::components::field::Line;
use crate::components::icon::{Icon, icon};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// Longest text of a code that is shown.
const SHOWN_CHARS: usize = 80;

/// Gets one text from a code.
#[component]
pub fn Scanner(
    /// What the typed line asks.
    #[prop(into)]
    label: String,
    /// No frames are read while this holds: an answer is awaited, or something else is asked. Set when a text was
    /// found; the owner releases it.
    paused: RwSignal<bool>,
    /// Gets the text.
    found: Callback<String>,
) -> impl IntoView {
    let t = app().t();
    let typed = RwSignal::new(String::new());
    let choices = RwSignal::new(Vec::<Symbol>::new());
    let said = RwSignal::new(None::<&'static str>);
    let file = NodeRef::<html::Input>::new();

    let take = move |text: String| {
        paused.set(true);
        choices.set(Vec::new());
        said.set(None);
        vibrate();
        found.run(text);
    };
    let seen = move |mut symbols: Vec<Symbol>| {
        symbols.dedup_by(|a, b| a.text == b.text);
        match symbols.as_slice() {
            [] => {}
            [only] => take(only.text.clone()),
            _ => {
                paused.set(true);
                choices.set(symbols);
            }
        }
    };
    let picture = move || {
        let Some(input) = file.get_untracked() else { return };
        let Some(chosen) = input.files().and_then(|files| files.get(0)) else { return };
        said.set(Some(t.reading_picture));
        spawn_local(async move {
            let result = read_picture(&Decoder::default(), &chosen).await;
            input.set_value("");
            if paused.is_disposed() {
                return;
            }
            match result {
                None => said.set(Some(t.no_picture)),
                Some(symbols) if symbols.is_empty() => said.set(Some(t.no_code_in_picture)),
                Some(symbols) => {
                    said.set(None);
                    seen(symbols);
                }
            }
        });
    };
    let submit = move || {
        let text = typed.get_untracked().trim().to_owned();
        if !text.is_empty() {
            take(text);
        }
    };

    view! {
        <div class="scanner">
            <Camera found=Callback::new(seen) paused=paused/>
            <p class="said" role="status" aria-live="polite">{move || said.get()}</p>
            {move || {
                let choices_now = choices.get();
                (!choices_now.is_empty())
                    .then(|| {
                        view! {
                            <section class="choices">
                                <h2>{t.several_codes}</h2>
                                {choices_now
                                    .into_iter()
                                    .map(|symbol| {
                                        let text = symbol.text.clone();
                                        view! {
                                            <Button label=inert(&symbol.text) press=move || take(text.clone())/>
                                        }
                                    })
                                    .collect_view()}
                                <Button
                                    label=t.scan_again
                                    weight=Weight::Quiet
                                    press=move || {
                                        choices.set(Vec::new());
                                        paused.set(false);
                                    }
                                />
                            </section>
                        }
                    })
            }}
            <div class="typed">
                <Line label=label value=typed enter=Callback::new(move |()| submit())/>
                <Button label=t.use_code drawing=Icon::Next press=submit/>
            </div>
            <label class="button file">
                {icon(Icon::Picture)}
                <span class="words">{t.from_picture}</span>
                <input type="file" accept="image/*" node_ref=file on:change=move |_| picture()/>
            </label>
        </div>
    }
}

/// A scanned text made harmless to look at: control characters and direction tricks replaced, and not too long.
pub fn inert(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut out: String =
        text.chars().take(SHOWN_CHARS).map(|c| if hidden(c) { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(SHOWN_CHARS).is_some() {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_text_is_short_and_without_tricks() {
        assert_eq!(inert("a\u{0}b\u{202e}c\n"), "a\u{fffd}b\u{fffd}c\u{fffd}");
        assert_eq!(inert(&"ก".repeat(7_000)).chars().count(), SHOWN_CHARS + 1);
        assert_eq!(inert("7K3D9QX2M4"), "7K3D9QX2M4");
    }
}
