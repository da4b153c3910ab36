//! Sentences that stay: a problem and what to do next, a remark, an empty list.

use crate::app::App;
use crate::components::call::with_calls;
use crate::components::icon::{Icon, icon};
use domain::problem::Problem;
use leptos::prelude::*;

/// What a problem means and what to do next.
pub fn problem(app: App, problem: &Problem) -> impl IntoView + use<> {
    let detail = problem.detail.clone();
    let code = problem.code.as_str();
    view! {
        <div class="notice bad" role="alert">
            {icon(Icon::Warning)}
            <div>
                <p>{app.explain(problem)}</p>
                <details class="small">
                    <summary>{app.t().details}</summary>
                    <p class="inert">{code}{detail.map(|detail| format!(": {detail}"))}</p>
                </details>
            </div>
        </div>
    }
}

/// A remark that needs attention but stops nothing.
pub fn remark(text: impl Into<String>) -> AnyView {
    view! { <div class="notice warn" role="status">{icon(Icon::Warning)}<p>{text.into()}</p></div> }
        .into_any()
}

/// What to do, with the numbers to call.
pub fn advice(text: &str) -> AnyView {
    view! { <div class="notice warn" role="status">{icon(Icon::Warning)}<p>{with_calls(text)}</p></div> }
        .into_any()
}

/// What stands where a list would be.
pub fn empty(text: impl Into<String>) -> AnyView {
    view! { <p class="empty">{text.into()}</p> }.into_any()
}
