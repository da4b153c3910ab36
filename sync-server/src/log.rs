//! One line per request without personal data, and the headers every answer carries.
//!
//! A path is logged as its pattern (`/q/{code}`), because a code or an enrolment link in a log file would be as good
//! as a copy of the sticker.

use crate::answer::{Failed, FromDevice};
use crate::shared::Server;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use domain::problem::Code;
use std::time::Instant;

/// The app may load its own files, compile its wasm and show photos it holds; nothing else, and nobody frames it.
const POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' blob: data:; connect-src 'self'; worker-src 'self' blob:; object-src 'none'; \
    frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// Logs the request and adds the security headers to its answer.
pub(crate) async fn guard(State(server): State<Server>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let pattern = request.extensions().get::<MatchedPath>().map_or("file", MatchedPath::as_str).to_owned();
    server.metrics.begins();
    let mut response = next.run(request).await;
    let device = response.extensions().get::<FromDevice>().map(|from| from.0);
    let failed = response.extensions().get::<Failed>().map(|failed| failed.0);
    let (took, status) = (started.elapsed(), response.status().as_u16());
    let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    tracing::info!(%method, path = pattern, status, ms, device, code = failed.map(Code::as_str));
    server.metrics.answered(&pattern, status, took, failed);

    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    if matches!(pattern.as_str(), "/v1/push" | "/v1/pull") {
        // Read by our own program, never shown: the rest would be longer than what it says.
        return response;
    }
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    set(header::REFERRER_POLICY, "no-referrer");
    set(HeaderName::from_static("permissions-policy"), "camera=(self), geolocation=(self), microphone=()");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    if server.is_https() {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    response
}
