//! The sync strip: three plain numbers that come from the office's own acknowledgements, and when it last answered.

use crate::app::{App, app};
use crate::browser::now_ms;
use crate::components::button::{Button, Weight};
use crate::components::icon::Icon;
use crate::format;
use crate::strings::fill;
use crate::synchronise;
use domain::api::{Counts, StatusReply};
use leptos::prelude::*;

/// One sentence at the foot of a screen: whether everything is at the office, or how much waits.
#[component]
pub fn Short() -> impl IntoView {
    let app = app();
    let t = app.t();
    move || {
        app.status.get().filter(|status| status.enrolled.is_some()).map(|status| {
            let waiting = unsent(&status.counts);
            let (class, said) = match waiting {
                0 => ("sent-line", t.line_all_sent.to_owned()),
                n => ("sent-line waits", fill(t.line_waiting, &[&format::count(n)])),
            };
            let Counts { saved, received, photos_waiting } = status.counts;
            // The numbers themselves are there for who listens.
            view! {
                <p class=class>
                    {said}
                    <span class="visually-hidden counts-line">
                        {t.count_saved}" "<b>{format::count(saved)}</b>" "{t.count_received}" "
                        <b>{format::count(received)}</b>" "{t.count_photos}" "<b>{format::count(photos_waiting)}</b>
                    </span>
                </p>
            }
        })
    }
}

/// How many saves and photos the office has not acknowledged.
pub fn unsent(counts: &Counts) -> u64 {
    counts.saved.saturating_sub(counts.received) + counts.photos_waiting
}

/// The three numbers in one line, at the head of the home screen.
#[component]
pub fn Line() -> impl IntoView {
    let app = app();
    let t = app.t();
    move || {
        app.status.get().filter(|status| status.enrolled.is_some()).map(|status| {
            let Counts { saved, received, photos_waiting } = status.counts;
            view! {
                <p class="counts-line">
                    <span>{t.count_saved}" "<b>{format::count(saved)}</b></span>
                    <span>{t.count_received}" "<b>{format::count(received)}</b></span>
                    <span>{t.count_photos}" "<b>{format::count(photos_waiting)}</b></span>
                </p>
            }
        })
    }
}

/// The whole strip, with the button.
#[component]
pub fn Strip() -> impl IntoView {
    let app = app();
    let t = app.t();
    let syncing = Signal::derive(move || app.syncing.get());
    view! {
        <section class="strip" aria-label=t.sync_title>
            <div class="numbers">
                {move || {
                    let counts = app.status.get().map(|status| status.counts).unwrap_or_default();
                    let waits = counts.saved > counts.received;
                    view! {
                        {number(counts.saved, t.count_saved, false)}
                        {number(counts.received, t.count_received, waits)}
                        {number(counts.photos_waiting, t.count_photos, counts.photos_waiting > 0)}
                    }
                }}
            </div>
            <p class="said" role="status" aria-live="polite">
                {move || app.status.get().map(|status| sentence(app, &status))}
            </p>
            <Button
                label=t.sync_now
                drawing=Icon::Sync
                weight=Weight::Plain
                disabled=syncing
                press=move || synchronise::by_hand(app)
            />
        </section>
    }
}

fn number(count: u64, label: &'static str, waits: bool) -> impl IntoView {
    view! {
        <div class="number" class:waits=waits>
            <b>{format::count(count)}</b>
            <span>{label}</span>
        </div>
    }
}

/// What the strip says below its numbers, the most important first.
fn sentence(app: App, status: &StatusReply) -> String {
    let t = app.t();
    if app.syncing.get() {
        return match app.progress.get() {
            Some(progress) if progress.total > 0 => {
                fill(t.syncing_n_of, &[&format::count(progress.done), &format::count(progress.total)])
            }
            _ => t.syncing.to_owned(),
        };
    }
    if let Some(problem) = app.sync_problem.get() {
        return app.explain(&problem);
    }
    let waiting = status.counts.saved.saturating_sub(status.counts.received);
    let last = status.last_sync_ms.map_or_else(
        || t.never_synced.to_owned(),
        |at| fill(t.last_sync, &[&format::ago(at, now_ms(), t, app.lang())]),
    );
    match waiting {
        0 => format!("{} · {last}", t.all_sent),
        n => format!("{} · {last}", fill(t.unsent, &[&format::count(n)])),
    }
}
