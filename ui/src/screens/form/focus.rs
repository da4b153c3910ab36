//! Where the keyboard goes, and what going on means to a question.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{ScrollIntoViewOptions, ScrollLogicalPosition};

/// The small screen on which a form is only tried out.
const TRIAL: &str = ".office-phone";

/// What a line belongs to: its label and its word of help.
const QUESTION: &str = ".question-box";

/// Going on from inside a question: by Enter on the keyboard, or a choice that ends its screen.
#[derive(Clone, Copy)]
struct GoOn(Callback<()>);

/// Says what going on means, to the questions below this view.
pub fn provide_go_on(go_on: Callback<()>) {
    provide_context(GoOn(go_on));
}

/// What going on means here.
pub fn go_on() -> Option<Callback<()>> {
    use_context::<GoOn>().map(|go_on| go_on.0)
}

/// Focuses the first match once it is drawn, and brings the whole of its question into view: a line by itself would lie under
/// the bar, without the words that say what it is for. What is in view already stays where it is.
pub fn focus_soon(selector: &'static str) {
    request_animation_frame(move || {
        request_animation_frame(move || {
            let found = document().query_selector(selector).ok().flatten();
            if let Some(found) = found.and_then(|found| found.dyn_into::<web_sys::HtmlElement>().ok()) {
                let _ = found.focus();
                let whole = found.closest(QUESTION).ok().flatten().unwrap_or_else(|| found.clone().into());
                match found.closest(TRIAL).ok().flatten() {
                    // The page around a trial stays where it is.
                    Some(small) => {
                        let by =
                            whole.get_bounding_client_rect().top() - small.get_bounding_client_rect().top();
                        small.set_scroll_top(small.scroll_top() + by as i32 - 16);
                    }
                    None => {
                        let nearest = ScrollIntoViewOptions::new();
                        nearest.set_block(ScrollLogicalPosition::Nearest);
                        whole.scroll_into_view_with_scroll_into_view_options(&nearest);
                    }
                }
            }
        });
    });
}
