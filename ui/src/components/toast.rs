//! The message that passes, in a live region so that it is also heard.

use crate::app::{Tone, app};
use crate::browser::wait;
use crate::components::icon::{Icon, icon};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// How long a message stays, milliseconds.
const STAYS_MS: i32 = 4_000;
/// How long one stays that tells what to do.
const PROBLEM_STAYS_MS: i32 = 9_000;

/// The place where messages appear.
#[component]
pub fn Toasts() -> impl IntoView {
    let app = app();
    Effect::new(move |_| {
        let Some(toast) = app.toast.get() else { return };
        spawn_local(async move {
            wait(if toast.tone == Tone::Done { STAYS_MS } else { PROBLEM_STAYS_MS }).await;
            app.toast.update(|shown| {
                if shown.as_ref().is_some_and(|shown| shown.number == toast.number) {
                    *shown = None;
                }
            });
        });
    });
    view! {
        <div class="toasts" role="status" aria-live="polite">
            {move || {
                app.toast
                    .get()
                    .map(|toast| {
                        let (class, drawing) = if toast.tone == Tone::Done {
                            ("toast", Icon::Check)
                        } else {
                            ("toast bad", Icon::Warning)
                        };
                        view! {
                            <div class=class>
                                {icon(drawing)}
                                <p>{toast.text}</p>
                                <button
                                    type="button"
                                    class="close"
                                    aria-label=app.t().close
                                    on:click=move |_| app.toast.set(None)
                                >
                                    {icon(Icon::Remove)}
                                </button>
                            </div>
                        }
                    })
            }}
        </div>
    }
}
