//! Words: one line or several. Also the line that numbers and codes are typed into.

use crate::components::field::{OnInput, OnLeave, OnText};
use crate::screens::form::question::At;
use leptos::html;
use leptos::prelude::*;

/// A text.
pub fn text(at: &At) -> AnyView {
    let several = at.now().is_some_and(|item| item.appearance.iter().any(|word| word == "multiline"));
    if !several {
        let numbers = at.now().is_some_and(|item| item.appearance.iter().any(|word| word == "numbers"));
        return line(at, if numbers { "numeric" } else { "text" }, "");
    }
    let id = at.id();
    let (set, left) = (at.clone(), at.clone());
    let first = at.now().map(|item| item.value).unwrap_or_default();
    view! {
        <textarea
            id=id
            rows="4"
            prop:value=first
            on:input:target=move |event: OnText| set.set(&event.target().value())
            on:blur=move |_| left.session.touch(&left.path)
        ></textarea>
    }
    .into_any()
}

/// One line. What is typed stays as typed until the line is left; then the stored form of it shows.
pub fn line(at: &At, inputmode: &'static str, class: &'static str) -> AnyView {
    let id = at.id();
    let input = NodeRef::<html::Input>::new();
    let typing = StoredValue::new(false);
    let (set, left, shown) = (at.clone(), at.clone(), at.clone());
    // The answer may change without being typed: a calculation, a scan, folded Thai digits.
    Effect::new(move |_| {
        let value = shown.value();
        if let Some(input) = input.get()
            && !typing.get_value()
            && input.value() != value
        {
            input.set_value(&value);
        }
    });
    view! {
        <input
            node_ref=input
            id=id
            class=class
            type="text"
            inputmode=inputmode
            autocomplete="off"
            spellcheck="false"
            on:input:target=move |event: OnInput| {
                typing.set_value(true);
                set.set(&event.target().value());
            }
            on:blur:target=move |event: OnLeave| {
                typing.set_value(false);
                left.session.touch(&left.path);
                if let Some(item) = left.now() {
                    event.target().set_value(&item.value);
                }
            }
        />
    }
    .into_any()
}
