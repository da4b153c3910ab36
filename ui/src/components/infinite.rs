//! The end of a long list: when it comes into view, the next page is asked for.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{IntersectionObserver, IntersectionObserverEntry};

/// Something invisible at the end of a list that calls `reached` whenever it comes into view.
#[component]
pub fn EndOfList(
    /// Asks for more.
    reached: Callback<()>,
) -> impl IntoView {
    let end = NodeRef::<html::Div>::new();
    Effect::new(move |_| {
        let Some(end) = end.get() else { return };
        let seen = Closure::<dyn Fn(js_sys::Array)>::new(move |entries: js_sys::Array| {
            let visible = entries
                .iter()
                .filter_map(|entry| entry.dyn_into::<IntersectionObserverEntry>().ok())
                .any(|entry| entry.is_intersecting());
            if visible {
                reached.run(());
            }
        });
        if let Ok(observer) = IntersectionObserver::new(seen.as_ref().unchecked_ref()) {
            observer.observe(&end);
            let watched = StoredValue::new_local((observer, seen));
            on_cleanup(move || watched.with_value(|(observer, _)| observer.disconnect()));
        }
    });
    view! { <div node_ref=end class="end" aria-hidden="true"></div> }
}
