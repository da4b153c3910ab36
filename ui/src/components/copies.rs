//! A copy of what the office does not have yet, as files: the last resort when a device is about to die.

use crate::app::App;
use crate::backend::ask;
use crate::printer::{self, Left};
use crate::strings::fill;
use domain::api::UnsentCopy;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// Saves the copy, and says what became of it.
fn save(app: App) {
    spawn_local(async move {
        let t = app.t();
        let copy = match ask(UnsentCopy {}).await {
            Ok(copy) => copy,
            Err(problem) => return app.say_problem(&problem),
        };
        let mut made = 0usize;
        for file in &copy.files {
            if printer::share(&file.name, &file.mime, &file.base64).await != Left::Nowhere {
                made += 1;
            }
        }
        match copy.too_large.first() {
            Some(name) => app.say(fill(t.copy_too_large, &[name.as_str()])),
            None if copy.files.is_empty() => app.say(t.copy_nothing),
            None if made > 0 => app.say(fill(t.copy_made, &[&made.to_string()])),
            None => {}
        }
    });
}

/// The button.
pub fn button(app: App) -> impl IntoView {
    view! {
        <button type="button" class="button" id="save-copy" on:click=move |_| save(app)>
            {app.t().copy_make}
        </button>
    }
}

/// What it is for, and the button.
pub fn section(app: App) -> impl IntoView {
    let t = app.t();
    view! {
        <section class="setting">
            <h2>{t.copy_title}</h2>
            <p class="small">{t.copy_lead}</p>
            {button(app)}
        </section>
    }
}
