//! Looking for somebody by name, house number or code. The list follows the typing.

use crate::app::{App, Loaded, app, drawn};
use crate::backend::ask;
use crate::browser::{today_iso, wait};
use crate::components::field::Line;
use crate::components::notice;
use crate::components::row::subject_row;
use crate::components::shell::Shell;
use crate::route::{Route, go};
use crate::strings::fill;
use domain::api;
use domain::api::SubjectRow;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// Rows that are shown; whoever needs more types another letter.
const ROWS: u32 = 60;

/// A search box with its list; `chosen` gets the row.
#[component]
pub fn SearchList(
    /// What is typed.
    text: RwSignal<String>,
    /// One programme, or all.
    #[prop(into, optional)]
    programme: Option<String>,
    /// Gets the chosen subject.
    chosen: Callback<SubjectRow>,
) -> impl IntoView {
    let app = app();
    let t = app.t();
    let found = RwSignal::new(Loaded::Ready(None::<Vec<SubjectRow>>));
    let typing = StoredValue::new(0u32);
    Effect::new(move |_| {
        let wanted = text.get().trim().to_owned();
        let programme = programme.clone();
        let mine = typing.with_value(|n| n + 1);
        typing.set_value(mine);
        if wanted.is_empty() {
            found.set(Loaded::Ready(None));
            return;
        }
        spawn_local(async move {
            wait(180).await;
            // Another letter came meanwhile; its own question follows.
            if typing.try_get_value() != Some(mine) {
                return;
            }
            let answer = ask(api::Search { text: wanted, programme, today: today_iso(), limit: ROWS }).await;
            if typing.try_get_value() == Some(mine) {
                found.try_set(match answer {
                    Ok(rows) => Loaded::Ready(Some(rows)),
                    Err(problem) => Loaded::Failed(problem),
                });
            }
        });
    });
    view! {
        <Line label=t.search_prompt value=text focus=true/>
        <div aria-live="polite">
            {drawn(app, found, move |rows| match rows {
                None => ().into_any(),
                Some(rows) if rows.is_empty() => notice::empty(t.nothing_found).into_any(),
                Some(rows) => list(app, rows, chosen).into_any(),
            })}
        </div>
    }
}

fn list(app: App, rows: &[SubjectRow], chosen: Callback<SubjectRow>) -> impl IntoView + use<> {
    let full = rows.len() >= ROWS as usize;
    let rows =
        rows.iter().map(|row| subject_row(app, row, move |row| chosen.run(row.clone()))).collect_view();
    view! {
        <ul class="rows">{rows}</ul>
        {full.then(|| view! { <p class="small">{fill(app.t().more_letters, &[&ROWS.to_string()])}</p> })}
    }
}

/// The search screen.
#[component]
pub fn Search() -> impl IntoView {
    let app = app();
    let t = app.t();
    view! {
        <Shell title=t.search>
            <SearchList
                text=app.search
                chosen=Callback::new(move |row: SubjectRow| {
                    app.in_round.set(false);
                    go(&Route::Card(row.id));
                })
            />
        </Shell>
    }
}
