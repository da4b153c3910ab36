//! The office in the browser, opened under `/office`: a clerk at a desk, and now and then a supervisor with a phone.
//!
//! Who is signed in decides what is shown. A session that ends in the midst of work covers the page with the sign-in
//! and leaves everything below it as it was, so that nothing typed is lost.

mod account;
mod accounts;
mod answers;
mod desk;
mod devices;
mod editing;
mod emergency;
mod enrolment;
mod forms;
mod frame;
mod gate;
mod hand_over;
mod history;
mod labels;
mod money;
mod notify;
mod open_order;
mod orders;
mod overview;
mod page;
mod polling;
mod questions;
mod refused;
mod registry;
mod reports;
mod rounds;
mod state;
mod subject;
mod ticks;
mod today;
mod zone_picker;

use crate::app::app;
use crate::strings::office::office as words;
use leptos::ev;
use leptos::prelude::*;
use state::{Entry, Office as State};

/// The office.
#[component]
pub fn Office() -> impl IntoView {
    let app = app();
    let office = State::new(app);
    provide_context(office);
    office.ask_session();
    // The door says so, whichever screen had asked.
    let heard =
        window_event_listener(ev::Custom::<web_sys::CustomEvent>::new("sanam:login-needed"), move |_| {
            office.ended.set(true)
        });
    on_cleanup(move || heard.remove());
    move || {
        let t = words(app);
        match office.entry.get() {
            Entry::Waiting => view! {
                <main class="office-gate">
                    <p class="waiting" role="status">{t.opening}</p>
                </main>
            }
            .into_any(),
            Entry::Silent(problem) => view! { <gate::Silent problem=problem/> }.into_any(),
            Entry::SetUp(code) => view! { <gate::SetUp code=code/> }.into_any(),
            Entry::Login => view! { <gate::Login/> }.into_any(),
            Entry::In => view! { <frame::Frame/> <gate::LoginAgain/> }.into_any(),
        }
    }
}
