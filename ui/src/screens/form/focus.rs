//! Where the keyboard goes, and what going on means to a question.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// The small screen on which a form is only tried out.
const TRIAL: &str = ".office-phone";

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

/// Focuses the first match once it is drawn.
pub fn focus_soon(selector: &'static str) {
    request_animation_frame(move || {
        request_animation_frame(move || {
            let found = document().query_selector(selector).ok().flatten();
            if let Some(found) = found.and_then(|found| found.dyn_into::<web_sys::HtmlElement>().ok()) {
                let _ = found.focus();
                match found.closest(TRIAL).ok().flatten() {
                    // The page around a trial stays where it is.
                    Some(small) => {
                        let by =
                            found.get_bounding_client_rect().top() - small.get_bounding_client_rect().top();
                        small.set_scroll_top(small.scroll_top() + by as i32 - 16);
                    }
                    None => found.scroll_into_view(),
                }
            }
        });
    });
}
