//! Answers: JSON with the right headers, and every failure as a stable code with a Thai sentence.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::problem::{Code, Problem};

/// A request that failed; it answers with its problem's status.
#[derive(Debug)]
pub(crate) struct Failure(pub Problem);

impl<T: Into<Problem>> From<T> for Failure {
    fn from(problem: T) -> Failure {
        Failure(problem.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        if matches!(self.0.code, Code::Internal | Code::StoreDamaged | Code::DiskFull | Code::StoreLocked) {
            // These are ours to mend. The detail names files and SQLite's words, never what people wrote.
            tracing::error!(code = self.0.code.as_str(), detail = self.0.detail.as_deref().unwrap_or(""));
        }
        let mut problem = self.0;
        if matches!(problem.code, Code::Internal | Code::StoreDamaged) {
            problem.detail = None; // paths and SQL are nobody's business outside
        }
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = (status_of(problem.code), [(header::CONTENT_TYPE, JSON)], body).into_response();
        response.extensions_mut().insert(Failed(problem.code));
        response
    }
}

/// The HTTP status of a code.
pub(crate) fn status_of(code: Code) -> StatusCode {
    StatusCode::from_u16(code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Media type of one JSON value.
pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// Media type of JSON lines.
pub(crate) const JSON_LINES: HeaderValue = HeaderValue::from_static("application/x-ndjson");

/// Which problem an answer tells of, for the log and the metrics.
#[derive(Clone, Copy)]
pub(crate) struct Failed(pub Code);

/// Which device a request came from, for the log.
#[derive(Clone, Copy)]
pub(crate) struct FromDevice(pub u32);
