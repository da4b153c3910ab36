//! The store cannot be used: another tab has it, or the browser cannot keep data. Nothing is lost, and it says so.

use crate::app::app;
use crate::browser;
use crate::components::button::{Button, Weight};
use crate::components::icon::{Icon, icon};
use domain::problem::{Code, Problem};
use leptos::prelude::*;

/// A whole screen that says why, and what to do next.
#[component]
pub fn Unusable(
    /// Why.
    problem: Problem,
) -> impl IntoView {
    let app = app();
    let t = app.t();
    let elsewhere = problem.code == Code::StoreLocked;
    view! {
        <main class="screen alone">
            {icon(if elsewhere { Icon::Blocked } else { Icon::Warning })}
            <h1>{if elsewhere { t.open_elsewhere } else { t.cannot_open }}</h1>
            <p role="alert">{app.explain(&problem)}</p>
            <Button label=t.try_again weight=Weight::Main drawing=Icon::Sync press=browser::reload/>
            <details class="small">
                <summary>{t.details}</summary>
                <p class="inert">{problem.code.as_str()}{problem.detail.map(|detail| format!(": {detail}"))}</p>
            </details>
        </main>
    }
}
