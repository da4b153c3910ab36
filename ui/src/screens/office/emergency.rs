//! The emergency view at the office: the same, beside each other on a wide screen.

use super::page::Framed;
use super::polling::every;
use crate::app::app;
use crate::components::rescue::EmergencyView;
use crate::strings::care::care as words;
use leptos::prelude::*;

/// How often the teams' marks are asked for, milliseconds.
const LOOK_MS: i32 = 8_000;

/// The page.
#[component]
pub fn Emergency() -> impl IntoView {
    let app = app();
    let t = words(app);
    every(LOOK_MS, move || async move { app.changed.update(|n| *n += 1) });
    view! {
        <Framed title=t.emergency>
            <EmergencyView/>
        </Framed>
    }
}
