//! The municipality's base map: one file of PMTiles that lies beside the database, given piece by piece. A map of streets is
//! no secret; who asks for one needs no session.

use crate::answer::Failure;
use crate::shared::Server;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::problem::Code;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::UNIX_EPOCH;

/// Longest piece of one answer, bytes.
const PIECE_MAX: u64 = 4 * 1024 * 1024;

/// `GET` or `HEAD /map/base.pmtiles`.
pub(crate) async fn piece(
    State(server): State<Server>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let path = server.outside.base_map.clone().ok_or(Code::NotFound)?;
    let wanted = headers.get(header::RANGE).and_then(|range| range.to_str().ok()).map(str::to_owned);
    let read = tokio::task::spawn_blocking(move || read(&path, wanted.as_deref(), method == Method::HEAD))
        .await
        .map_err(|_| Failure::from(Code::Internal))?;
    let Some((status, length, range, bytes, tag)) = read else { return Err(Code::NotFound.into()) };
    let mut response = (status, bytes).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/vnd.pmtiles"));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    let mut set = |name, text: String| {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(name, value);
        }
    };
    set(header::ETAG, tag);
    match (status, range) {
        (StatusCode::PARTIAL_CONTENT, Some((from, to))) => {
            set(header::CONTENT_RANGE, format!("bytes {from}-{to}/{length}"));
        }
        (StatusCode::RANGE_NOT_SATISFIABLE, _) => set(header::CONTENT_RANGE, format!("bytes */{length}")),
        _ => {}
    }
    Ok(response)
}

type Piece = (StatusCode, u64, Option<(u64, u64)>, Vec<u8>, String);

/// Reads a piece of the file; `None` if there is no such file.
fn read(path: &Path, range: Option<&str>, head: bool) -> Option<Piece> {
    let mut file = File::open(path).ok()?;
    let about = file.metadata().ok()?;
    let length = about.len();
    let changed = about.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let tag = format!("\"{length:x}-{:x}\"", changed.map_or(0, |since| since.as_millis()));
    if head {
        return Some((StatusCode::OK, length, None, Vec::new(), tag));
    }
    // The whole file may be gigabytes: who wants it says which part.
    let Some((from, to)) = range.and_then(|range| bounds(range, length)) else {
        return Some((StatusCode::RANGE_NOT_SATISFIABLE, length, None, Vec::new(), tag));
    };
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(from)).ok()?;
    file.take(to - from + 1).read_to_end(&mut bytes).ok()?;
    Some((StatusCode::PARTIAL_CONTENT, length, Some((from, to)), bytes, tag))
}

/// First and last byte of `bytes=from-to`, within the file and the longest piece.
fn bounds(range: &str, length: u64) -> Option<(u64, u64)> {
    let (from, to) = range.trim().strip_prefix("bytes=")?.split_once('-')?;
    let from: u64 = from.trim().parse().ok()?;
    let last = length.checked_sub(1)?;
    let to = if to.trim().is_empty() { last } else { to.trim().parse::<u64>().ok()?.min(last) };
    (from <= to).then(|| (from, to.min(from + (PIECE_MAX - 1))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_piece_within_the_file_is_given() {
        assert_eq!(bounds("bytes=0-126", 1_000), Some((0, 126)));
        assert_eq!(bounds("bytes=990-2000", 1_000), Some((990, 999)));
        assert_eq!(bounds("bytes=5-", 1_000), Some((5, 999)));
        assert_eq!(bounds("bytes=0-", PIECE_MAX * 2), Some((0, PIECE_MAX - 1)));
        for odd in ["bytes=1000-", "bytes=9-3", "bytes=-5", "bytes=0-1,5-9", "lines=0-1", "", "bytes=a-b"] {
            assert_eq!(bounds(odd, 1_000), None, "{odd}");
        }
        assert_eq!(bounds("bytes=0-1", 0), None);
    }
}
