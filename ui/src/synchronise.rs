//! Exchanging with the office because a person asked, or came back to the screen. After a save, after a pause and when
//! the signal returns the door does it by itself, and tells of it by events.
//!
//! Nobody waits for it: a failure is a sentence on the sync strip.

use crate::app::App;
use crate::backend::ask;
use crate::browser::{free_network, now_ms, on_network_change, online};
use domain::api::{Network, Status, Sync};
use domain::problem::Code;
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// How old the last sync may be when somebody comes back to the screen, milliseconds.
const FRESH_MS: u64 = 60_000;

/// Syncs whenever the network comes back, and whenever somebody comes back to the screen after a while.
pub fn start(app: App) {
    tell_network();
    on_network_change(tell_network);
    // The page hears of it in every browser; a worker does not.
    window_event_listener(ev::online, move |_| by_itself(app));
    window_event_listener(ev::visibilitychange, move |_| {
        let last = app.status.with_untracked(|status| status.as_ref().and_then(|status| status.last_sync_ms));
        let stale = last.is_none_or(|at| now_ms().saturating_sub(at) > FRESH_MS);
        if stale && online() && !document().hidden() {
            by_itself(app);
        }
    });
}

/// Syncs, if there is somebody to sync with.
fn by_itself(app: App) {
    let enrolled =
        app.status.with_untracked(|status| status.as_ref().is_some_and(|status| status.enrolled.is_some()));
    if enrolled {
        spawn_local(async move {
            run(app, false).await;
        });
    }
}

/// Tells the store what kind of network there is: photos may have to wait for Wi-Fi.
fn tell_network() {
    spawn_local(async {
        let _ = ask(Network { free: free_network() }).await;
    });
}

/// Syncs now, because a person asked.
pub fn by_hand(app: App) {
    spawn_local(async move {
        run(app, true).await;
    });
}

/// Sends the photos now, whatever the network, because a person asked.
pub fn photos_now(app: App) {
    spawn_local(async move {
        // The exchange tells of itself.
        match ask(Sync { photos_now: true }).await {
            Ok(reply) => app.status.set(Some(reply.status)),
            Err(problem) => app.say_problem(&problem),
        }
    });
}

/// Asks until nothing is left. Returns whether it went well.
///
/// Who asks while an exchange runs by itself joins it, and is told of its end like of one of her own.
pub async fn run(app: App, by_hand: bool) -> bool {
    if app.syncing.get_untracked() && !by_hand {
        return true;
    }
    app.syncing.set(true);
    let result = loop {
        match ask(Sync::default()).await {
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
    match result {
        Ok(()) => {
            app.got_through();
            if by_hand {
                app.say(app.t().sync_done);
            }
            true
        }
        Err(problem) => {
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
