//! Files that leave the office: asked for by one of our own pages, drawn where they hold nobody up, given as something to keep.

use crate::answer::Failure;
use crate::body;
use crate::device::read_json;
use crate::office::{self, Caller};
use crate::shared::Server;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use domain::problem::Code;
use serde::de::DeserializeOwned;
use tokio::sync::OwnedSemaphorePermit;

/// Pages for the printer.
pub(crate) const PDF: &str = "application/pdf";
/// Several files in one.
pub(crate) const ZIP: &str = "application/zip";
/// A workbook.
pub(crate) const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Who asks for a file, for which, and the turn of a large request, which is kept until the file is there. Errors: a page that is not ours, nobody signed in, what cannot be read.
pub(crate) async fn asked<T: DeserializeOwned>(
    server: &Server,
    headers: &HeaderMap,
    sent: Body,
) -> Result<(Caller, T, Option<OwnedSemaphorePermit>), Failure> {
    office::from_our_page(headers)?;
    let caller = office::caller(server, headers).await?;
    let whole = body::read(&server.large, &caller.account.name, headers, sent).await?;
    Ok((caller, read_json(&whole.bytes)?, whole.turn))
}

/// Draws away from the threads that answer, and without holding the store: a whole registry takes seconds.
pub(crate) async fn drawn<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Code::Internal.into())
}

/// The answer that a browser saves under a name; what is no text of a header goes without one.
pub(crate) fn file(bytes: Vec<u8>, media_type: &'static str, name: &str) -> Response {
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}
