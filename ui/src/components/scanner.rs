//! The three ways to a code, side by side: the camera, a picture file, and typing. Typing is as easy as scanning,
//! because stickers tear and cameras break.

use crate::app::app;
use crate::browser::signal_success;
use crate::components::button::{Button, Weight};
use crate::components::camera::Camera;
use crate::components::decoder::{Decoder, Verdict, read_picture};
use crate::components::field::Line;
use crate::components::icon::{Icon, icon};
use domain::code::{self, Scanned};
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
    let choices = RwSignal::new(Vec::<String>::new());
    let said = RwSignal::new(None::<&'static str>);
    let trouble = RwSignal::new(None);
    // A picture takes a while to be read; meanwhile a code may have been typed, or another picture chosen.
    let latest = StoredValue::new(0u32);

    let take = move |text: String| {
        latest.update_value(|n| *n += 1);
        paused.set(true);
        choices.set(Vec::new());
        said.set(None);
        found.run(text);
    };
    let seen = move |verdict: Verdict| match verdict {
        Verdict::Nothing => {}
        Verdict::One(text) => {
            signal_success();
            take(text);
        }
        Verdict::Choose(texts) => {
            signal_success();
            paused.set(true);
            choices.set(texts);
        }
    };
    let picture = move |file: NodeRef<html::Input>| {
        let Some(input) = file.get_untracked() else { return };
        let Some(chosen) = input.files().and_then(|files| files.get(0)) else { return };
        said.set(Some(t.reading_picture));
        // The camera goes on filming what is not meant any more.
        paused.set(true);
        choices.set(Vec::new());
        latest.update_value(|n| *n += 1);
        let mine = latest.get_value();
        spawn_local(async move {
            let result = read_picture(&Decoder::default(), &chosen).await;
            input.set_value("");
            if latest.try_get_value() != Some(mine) {
                return;
            }
            let is_picture = result.is_some();
            match result.unwrap_or(Verdict::Nothing) {
                Verdict::Nothing => {
                    said.set(Some(if is_picture { t.no_code_in_picture } else { t.no_picture }));
                    paused.set(false);
                }
                verdict => {
                    said.set(None);
                    seen(verdict);
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

    let chosen_file = NodeRef::<html::Input>::new();
    view! {
        <div class="scanner">
            <Camera found=Callback::new(seen) paused=paused trouble=trouble/>
            <p class="said" role="status" aria-live="polite">{move || said.get()}</p>
            {move || {
                let choices_now = choices.get();
                (!choices_now.is_empty())
                    .then(|| {
                        view! {
                            <section class="choices">
                                <h2>{if choices_now.len() == 1 { t.is_this_code } else { t.several_codes }}</h2>
                                {choices_now
                                    .into_iter()
                                    .map(|text| {
                                        view! {
                                            <Button
                                                label=readable(&text)
                                                drawing=Icon::Label
                                                press=move || take(text.clone())
                                            />
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
            // Where the page gets no camera, the phone's own camera app still takes a photo for it.
            {move || {
                trouble
                    .get()
                    .is_some()
                    .then(|| {
                        let file = NodeRef::<html::Input>::new();
                        view! {
                            <label class="button file">
                                {icon(Icon::Camera)}
                                <span class="words">{t.photograph_label}</span>
                                <input
                                    type="file"
                                    accept="image/*"
                                    capture="environment"
                                    node_ref=file
                                    on:change=move |_| picture(file)
                                />
                            </label>
                        }
                    })
            }}
            <label class="button file">
                {icon(Icon::Picture)}
                <span class="words">{t.from_picture}</span>
                <input type="file" accept="image/*" node_ref=chosen_file on:change=move |_| picture(chosen_file)/>
            </label>
        </div>
    }
}

/// A text as a person compares it with the label: of one of our links the code as it is printed, in two halves.
pub fn readable(text: &str) -> String {
    match code::read(text) {
        Ok(Scanned::Ours { code, .. }) => match code.split_at_checked(code::LENGTH / 2) {
            Some((head, tail)) => format!("{head} {tail}"),
            None => code,
        },
        _ => inert(text),
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
    fn a_choice_shows_what_the_label_shows() {
        let code = code::make(5);
        let link = code::link("https://sanam.example.go.th", &code);
        let (head, tail) = code.split_at(5);
        assert_eq!(readable(&link), format!("{head} {tail}"));
        assert_eq!(readable("javascript:alert(1)"), "javascript:alert(1)");
    }

    #[test]
    fn a_hostile_text_is_short_and_without_tricks() {
        assert_eq!(inert("a\u{0}b\u{202e}c\n"), "a\u{fffd}b\u{fffd}c\u{fffd}");
        assert_eq!(inert(&"ก".repeat(7_000)).chars().count(), SHOWN_CHARS + 1);
        assert_eq!(inert("7K3D9QX2M4"), "7K3D9QX2M4");
    }
}
