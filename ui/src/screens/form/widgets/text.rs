//! Words: one line or several. Also the line that numbers and codes are typed into.

use crate::browser::after_press;
use crate::components::field::{OnInput, OnLeave, OnText};
use crate::screens::form::focus::go_on;
use crate::screens::form::question::At;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// A text.
pub fn text(at: &At) -> AnyView {
    if !at.has_appearance(&["multiline"]) {
        let keys = match () {
            () if at.has_appearance(&["numbers"]) => "numeric",
            () if at.has_appearance(&["tel", "telephone"]) => "tel",
            () if at.has_appearance(&["url"]) => "url",
            () => "text",
        };
        return line(at, keys, "");
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
            on:blur=move |_| leave(&left)
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
    let next = go_on();
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
            // The word on the phone's key says the same: on to the next line, or on to the next page.
            enterkeyhint="next"
            on:keydown=move |event| {
                if event.key() == "Enter"
                    && let Some(next) = next
                {
                    event.prevent_default();
                    if !to_the_next_line(input) {
                        next.run(());
                    }
                }
            }
            on:blur:target=move |event: OnLeave| {
                typing.set_value(false);
                leave(&left);
                if let Some(item) = left.now() {
                    event.target().set_value(&item.value);
                }
            }
        />
    }
    .into_any()
}

/// Shows what is wrong with a line that was left, once the press that left it has done what it was for: an error that comes
/// in above an answer moves the answer from under the mouse.
fn leave(at: &At) {
    let (session, path) = (at.session, at.path.clone());
    after_press(move || session.touch(&path));
}

/// Puts the keyboard into the next empty line of the same screen; false if there is none.
fn to_the_next_line(input: NodeRef<html::Input>) -> bool {
    let Some(own) = input.get_untracked() else { return false };
    let Some(lines) = own
        .closest(".questions")
        .ok()
        .flatten()
        .and_then(|all| all.query_selector_all("input[type=text], textarea").ok())
    else {
        return false;
    };
    let all = (0..lines.length()).filter_map(|at| lines.get(at)?.dyn_into::<web_sys::HtmlElement>().ok());
    let mut behind = all.skip_while(|line| !own.is_same_node(Some(line))).skip(1);
    let empty = |line: &web_sys::HtmlElement| {
        line.dyn_ref::<web_sys::HtmlInputElement>().is_some_and(|line| line.value().is_empty())
            || line.dyn_ref::<web_sys::HtmlTextAreaElement>().is_some_and(|line| line.value().is_empty())
    };
    behind.find(empty).is_some_and(|line| line.focus().is_ok())
}
