//! When to exchange with the office: after a save, when the signal or the person comes back, and by the button.
//!
//! Nobody waits for it: a failure is a sentence on the sync strip, and the next attempt comes by itself, later each time.

use crate::app::App;
use crate::backend::{ask, is_office};
use crate::browser::{now_ms, online, wait};
use domain::api::{Status, Sync};
use domain::problem::Code;
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// How often it is considered, milliseconds.
const TICK_MS: i32 = 30_000;
/// How old the last sync may be while nothing waits, milliseconds.
const FRESH_MS: u64 = 5 * 60_000;
/// Longest pause after failures, milliseconds.
const LONGEST_PAUSE_MS: u64 = 10 * 60_000;

/// Starts syncing by itself for as long as the page is open.
pub fn start(app: App) {
    if is_office() {
        return;
    }
    window_event_listener(ev::online, move |_| {
        app.sync_failures.set(0);
        soon(app);
    });
    window_event_listener(ev::visibilitychange, move |_| consider(app));
    spawn_local(async move {
        loop {
            wait(TICK_MS).await;
            consider(app);
        }
    });
    consider(app);
}

/// Syncs shortly: after a save, so that a second save soon after goes along.
pub fn soon(app: App) {
    spawn_local(async move {
        wait(1_500).await;
        if online() {
            run(app, false).await;
        }
    });
}

/// Syncs now, because a person asked.
pub fn by_hand(app: App) {
    spawn_local(async move {
        run(app, true).await;
    });
}

/// Syncs if something waits, or nothing was heard for a while.
fn consider(app: App) {
    let Some(status) = app.status.get_untracked() else { return };
    let Some(enrolled) = &status.enrolled else { return };
    let now = now_ms();
    let pause = (30_000u64 << app.sync_failures.get_untracked().min(6)).min(LONGEST_PAUSE_MS);
    let since_attempt = now.saturating_sub(app.sync_attempt_ms.get_untracked());
    let waits = status.counts.saved > status.counts.received || status.counts.photos_waiting > 0;
    let stale = status.last_sync_ms.is_none_or(|at| now.saturating_sub(at) > FRESH_MS);
    if !enrolled.revoked && online() && (waits || stale) && since_attempt >= pause {
        spawn_local(async move {
            run(app, false).await;
        });
    }
}

/// Asks until nothing is left. Returns whether it went well.
pub async fn run(app: App, by_hand: bool) -> bool {
    if app.syncing.get_untracked() {
        return true;
    }
    app.syncing.set(true);
    app.sync_attempt_ms.set(now_ms());
    let result = loop {
        match ask(Sync {}).await {
            Ok(reply) => {
                let more = reply.more;
                if reply.pulled > 0 {
                    app.changed.update(|n| *n += 1);
                }
                app.status.set(Some(reply.status));
                if !more {
                    break Ok(());
                }
            }
            Err(problem) => break Err(problem),
        }
    };
    app.syncing.set(false);
    app.progress.set(None);
    let t = app.t();
    match result {
        Ok(()) => {
            app.sync_failures.set(0);
            app.sync_problem.set(None);
            if by_hand {
                app.say(t.sync_done);
            }
            true
        }
        Err(problem) => {
            app.sync_failures.update(|n| *n += 1);
            if by_hand {
                app.say_problem(&problem);
            }
            // A revoked device learns it here; what it holds it keeps.
            if matches!(problem.code, Code::TokenRevoked | Code::TokenUnknown)
                && let Ok(status) = ask(Status {}).await
            {
                app.status.set(Some(status));
            }
            app.sync_problem.set(Some(problem));
            false
        }
    }
}
