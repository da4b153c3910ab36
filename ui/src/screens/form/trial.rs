//! The end of a form that is only tried out: what it would have recorded.

use crate::app::app;
use crate::components::button::{Button, Weight};
use crate::components::dialog::Dialog;
use crate::components::icon::Icon;
use crate::screens::form::finish::Finish;
use crate::screens::form::labels;
use leptos::prelude::*;

/// What would have been saved.
#[component]
pub fn Tried(finish: Finish) -> impl IntoView {
    let app = app();
    let t = app.t();
    view! {
        <Dialog open=finish.tried title=t.tried>
            <p>{t.tried_lead}</p>
            <dl class="facts-list">
                {move || {
                    let (answers, _) = finish.session.answers();
                    labels::answers_of(app, &finish.session.form(), &answers)
                        .into_iter()
                        .map(|answer| view! { <div><dt>{answer.label}</dt><dd>{answer.shown}</dd></div> })
                        .collect_view()
                }}
            </dl>
            <Button
                label=t.close
                weight=Weight::Main
                drawing=Icon::Check
                press=move || finish.tried.set(false)
            />
        </Dialog>
    }
}
