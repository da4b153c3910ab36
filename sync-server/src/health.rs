//! `GET /health`: whether the server can do its work, which is to write. Cheap enough to be asked every few seconds: the
//! disk is tried at most once in [`KEPT_MS`], however often anybody asks.

use crate::answer::JSON;
use crate::shared::Server;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::problem::Problem;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::Mutex;

/// How long an answer counts, milliseconds.
const KEPT_MS: u64 = 2_000;
/// A store that does not answer for so long has more to do than it can.
const PATIENCE: Duration = Duration::from_secs(5);

/// The last answer, and when it was found. Whoever asks meanwhile waits for it, so that many who ask are one.
#[derive(Default)]
pub(crate) struct Health {
    last: Mutex<Option<(u64, StatusCode, Value)>>,
}

/// Answers 200 with `status: ok`, or 503 with `failing` (the disk cannot be written; `problem` says why) or `busy`.
pub(crate) async fn health(State(server): State<Server>) -> Response {
    let mut last = server.health.last.lock().await;
    let now_ms = server.now_ms();
    let found = match last.take() {
        Some((at, status, body)) if (at..at.saturating_add(KEPT_MS)).contains(&now_ms) => (at, status, body),
        _ => {
            let (status, body) = look(&server).await;
            (now_ms, status, body)
        }
    };
    *last = Some(found.clone());
    let (_, status, body) = found;
    let headers =
        [(header::CONTENT_TYPE, JSON), (header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"))];
    (status, headers, body.to_string()).into_response()
}

async fn look(server: &Server) -> (StatusCode, Value) {
    let asked = server.with_store(|store| {
        let tenant = store.tenant()?;
        Ok((tenant, store.probe().map_err(Problem::from)))
    });
    let unwell = |status: &str, problem: Option<Problem>| {
        (StatusCode::SERVICE_UNAVAILABLE, json!({ "status": status, "problem": problem }))
    };
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok((tenant, Ok(())))) => (
            StatusCode::OK,
            json!({
                "status": "ok",
                "version": env!("CARGO_PKG_VERSION"),
                "protocol": domain::wire::VERSION,
                "municipality": tenant.municipality,
                "incarnation": tenant.incarnation,
            }),
        ),
        Ok(Ok((_, Err(problem))) | Err(crate::answer::Failure(problem))) => {
            tracing::error!(code = problem.code.as_str(), "the database cannot be written");
            // Paths and SQL are nobody's business outside.
            unwell("failing", Some(Problem { detail: None, ..problem }))
        }
        Err(_) => unwell("busy", None),
    }
}
