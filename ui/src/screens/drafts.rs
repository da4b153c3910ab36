//! The unfinished forms on this device. Opening one goes on where it was left.

use crate::app::{App, app, drawn, load};
use crate::backend::ask;
use crate::components::button::{Button, Weight};
use crate::components::dialog::Dialog;
use crate::components::icon::Icon;
use crate::components::notice;
use crate::components::shell::Shell;
use crate::components::visit::form_title;
use crate::format;
use crate::route::{FormRoute, Route, go};
use crate::strings::fill;
use domain::api;
use domain::api::{DraftKey, DraftRow};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The screen of drafts.
#[component]
pub fn Drafts() -> impl IntoView {
    let app = app();
    let t = app.t();
    let state = load(app, || api::Drafts {});
    let asking = RwSignal::new(false);
    let doomed = RwSignal::new(None::<DraftKey>);
    let drop = move || {
        asking.set(false);
        let Some(key) = doomed.get_untracked() else { return };
        spawn_local(async move {
            match ask(api::KeepDraft { key, draft: None, begun: None }).await {
                Ok(_) => app.changed.update(|n| *n += 1),
                Err(problem) => app.say_problem(&problem),
            }
        });
    };
    let discard = move |key: DraftKey| {
        doomed.set(Some(key));
        asking.set(true);
    };
    view! {
        <Shell title=t.drafts>
            {drawn(app, state, move |drafts| {
                if drafts.is_empty() {
                    return notice::empty(t.no_drafts).into_any();
                }
                drafts.iter().map(|draft| draft_row(app, draft, discard)).collect_view().into_any()
            })}
            <Dialog open=asking title=t.draft_drop_sure>
                <Button label=t.cancel weight=Weight::Main press=move || asking.set(false)/>
                <Button label=t.draft_drop weight=Weight::Danger drawing=Icon::Remove press=drop/>
            </Dialog>
        </Shell>
    }
}

fn draft_row(app: App, draft: &DraftRow, discard: impl Fn(DraftKey) + 'static) -> AnyView {
    let key = draft.key.clone();
    let gone = draft.key.clone();
    let title = form_title(app, &key.programme, &key.form);
    let title = if key.corrects.is_some() { fill(app.t().correcting, &[&title]) } else { title };
    let code = crate::components::scanner::inert(&key.code);
    let title = if code.is_empty() { title } else { format!("{title} · {code}") };
    let heading =
        if draft.heading.is_empty() { app.t().new_subject.to_owned() } else { draft.heading.clone() };
    view! {
        <div class="draft">
            <Button
                label=heading
                note=format!("{title} · {}", format::moment(draft.kept_ms, app.lang()))
                drawing=Icon::Edit
                press=move || {
                    go(
                        &Route::Form(FormRoute {
                            programme: key.programme.clone(),
                            form: key.form.clone(),
                            subject: key.subject,
                            code: key.code.clone(),
                            corrects: key.corrects,
                        }),
                    )
                }
            />
            <Button label=app.t().draft_drop weight=Weight::Quiet press=move || discard(gone.clone())/>
        </div>
    }
    .into_any()
}
