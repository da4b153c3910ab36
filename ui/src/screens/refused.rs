//! What the office could not accept, and why. It is kept, readable, and it held nothing else up.

use crate::app::{App, app, drawn, load};
use crate::components::notice;
use crate::components::shell::Shell;
use crate::format;
use domain::api;
use domain::api::RefusedRow;
use leptos::prelude::*;

/// The screen of refused work.
#[component]
pub fn Refused() -> impl IntoView {
    let app = app();
    let t = app.t();
    let state = load(app, || api::Refused {});
    view! {
        <Shell title=t.refused>
            <p class="lead">{t.refused_lead}</p>
            {drawn(app, state, move |rows| {
                if rows.is_empty() {
                    return notice::empty(t.no_refused).into_any();
                }
                rows.iter().map(|row| refused_row(app, row)).collect_view().into_any()
            })}
        </Shell>
    }
}

/// One refused save, with its content for whoever looks closer. Used on the phone and at the office.
pub fn refused_row(app: App, row: &RefusedRow) -> impl IntoView + use<> {
    let t = app.t();
    view! {
        <section class="question">
            <p>
                <b>{(row.at_ms > 0).then(|| format::moment(row.at_ms, app.lang()))}</b>
                " · "
                {row.by.clone()}
            </p>
            {notice::problem(app, &row.problem)}
            <details>
                <summary>{t.content}</summary>
                <pre class="inert">{row.content.clone()}</pre>
            </details>
        </section>
    }
}
