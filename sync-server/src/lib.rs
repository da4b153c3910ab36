//! The municipality's server: one [`store::Store`] behind HTTP.
//!
//! It holds no session with a device: every request is complete and can be repeated, so a phone that loses its
//! signal in the middle of an answer simply asks again. The store is synchronous and writes with a full flush, so
//! each request borrows it on a blocking thread, one at a time; nothing else waits while it does.
//!
//! Doors: `device` speaks the sync protocol, `office` answers screens after a login, `pages` is what a
//! citizen sees, `app` gives the browser app's files.

mod allowance;
mod answer;
mod app;
mod base_map;
mod bills;
mod body;
mod bounds;
pub mod clock;
mod connections;
mod daily;
mod device;
mod download;
mod drawing;
pub mod entropy;
mod forms;
mod guesses;
mod health;
mod labels;
mod log;
mod metrics;
mod notify;
mod office;
mod open311;
mod pages;
mod passwords;
mod photos;
mod places;
mod reports;
mod rounds;
mod shared;
mod write_deadline;

pub use bounds::Bounds;
pub use notify::Outside;
pub use passwords::{hash_password, random_hex};
pub use shared::{Config, Server};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use std::io;
use std::time::Duration;
use tokio::net::TcpListener;

/// Every route of the server.
fn router(server: Server) -> Router {
    Router::new()
        .route("/v1/enrol", post(device::enrol))
        .route("/v1/push", post(device::push))
        .route("/v1/pull", post(device::pull))
        .route("/v1/blob/{hash}", get(photos::give).head(photos::state).post(photos::put))
        .route("/api/call", post(office::call))
        .route("/api/labels", post(labels::file))
        .route("/api/round-file", post(rounds::file))
        .route("/api/bills", post(bills::file))
        .route("/api/paper", post(bills::paper))
        .route("/api/report", post(reports::month))
        .route("/api/person", post(reports::person))
        .route("/health", get(health::health))
        .route("/q/{code}", get(pages::code).post(pages::report))
        .route("/Q/{code}", get(pages::code).post(pages::report))
        .route("/t/{token}", get(pages::track).post(pages::add))
        .route("/t/{token}/photo", get(pages::photo))
        .route("/open311/{*path}", get(open311::get).post(open311::post))
        .route("/map/base.pmtiles", get(base_map::piece))
        .route("/page.css", get(pages::style))
        .route("/enrol/{code}", get(app::shell))
        .route("/office", get(app::shell))
        .route("/", get(app::shell))
        .fallback(app::file)
        // `body` has its own limit, which counts decompressed bytes.
        .layer(DefaultBodyLimit::disable())
        .layer(axum::middleware::from_fn_with_state(server.clone(), log::guard))
        .with_state(server)
}

/// What only the people who look after the server may ask.
fn inner_router(server: Server) -> Router {
    Router::new()
        .route("/metrics", get(metrics::metrics))
        .route("/health", get(health::health))
        .with_state(server)
}

/// How long requests under way may go on after the server was told to stop. A phone whose answer is cut off asks
/// again; a clerk who waits for the server to end does not.
const GRACE: Duration = Duration::from_secs(10);

/// Serves until `shutdown` ends, then finishes the requests under way, for ten seconds at most, and takes the journal
/// over into the database's file.
pub async fn serve(
    listener: TcpListener,
    server: Server,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (told, stopping) = tokio::sync::oneshot::channel::<()>();
    let shutdown = async move {
        shutdown.await;
        drop(told);
    };
    let patience = async {
        let _ = stopping.await;
        tokio::time::sleep(GRACE).await;
    };
    let sending = tokio::spawn(notify::keep_sending(server.clone()));
    tokio::select! {
        () = connections::serve(listener, router(server.clone()), &server, shutdown) => {}
        () = patience => {}
    }
    sending.abort();
    server.settle().await;
    tracing::info!("stopped");
    Ok(())
}

/// Serves the server's metrics and health, and nothing else, until it is dropped. `listener` decides who can ask:
/// without a password, so it is best bound to this machine alone.
pub async fn serve_metrics(listener: TcpListener, server: Server) -> io::Result<()> {
    connections::serve(listener, inner_router(server.clone()), &server, std::future::pending()).await;
    Ok(())
}

/// Returns what ends when the process is told to stop: by SIGINT, or SIGTERM where there is one. The signals are
/// caught from this call on, so call it before telling anybody that the server is up. Needs a runtime.
#[cfg(unix)]
pub fn stop_signal() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Returns what ends when the process is told to stop.
#[cfg(not(unix))]
pub fn stop_signal() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
