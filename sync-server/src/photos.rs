//! Photos: a piece comes in, a whole one is drawn anew, and whoever may read a record that names it may see it.
//!
//! A file is what its first bytes say. Only three kinds of picture come in; what goes out was drawn by the server, so
//! neither a script, nor a place, nor another file hides in it.

use crate::answer::{Failure, FromDevice, JSON};
use crate::body;
use crate::daily::Sent;
use crate::device::{Answered, as_device, marked, read_counted, write_json};
use crate::drawing;
use crate::shared::Server;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::ids::DeviceNo;
use domain::problem::{Code, Problem};
use domain::wire::BlobReply;
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::Arc;
use store::{Drawn, Piece};

/// Which piece of a photo a request carries.
#[derive(Deserialize)]
pub(crate) struct Place {
    #[serde(default)]
    offset: u64,
    #[serde(default)]
    last: u8,
}

/// `POST /v1/blob/{hash}?offset=N&last=0|1`: a piece of a photo. An empty piece asks how much has arrived.
pub(crate) async fn put(
    State(server): State<Server>,
    Path(hash): Path<String>,
    place: Result<Query<Place>, axum::extract::rejection::QueryRejection>,
    headers: HeaderMap,
    sent: Body,
) -> Response {
    let Ok(Query(place)) = place else {
        body::discard(sent).await;
        return Failure::from(Problem::new(Code::Malformed).about("offset or last")).into_response();
    };
    marked(take_in(&server, hash, &place, &headers, sent).await)
}

async fn take_in(server: &Server, hash: String, place: &Place, headers: &HeaderMap, sent: Body) -> Answered {
    let (from, device) = match as_device(server, headers, |_, device| Ok(device.clone())).await {
        Ok(known) => known,
        Err(stranger) => {
            body::discard(sent).await;
            return Err(stranger);
        }
    };
    let answer = async {
        // Its turn among the large bodies is kept until the photo is drawn: pictures take memory, too.
        let whole = read_counted(server, &device, Sent::Photos, headers, sent).await?;
        let (offset, last) = (place.offset, place.last == 1);
        let asks = whole.bytes.is_empty() && !last;
        if !asks && offset == 0 && media_type(&whole.bytes).is_none() {
            return Err(Code::PhotoUnreadable.into());
        }
        let now_ms = server.now_ms();
        let (length, name) = (whole.bytes.len(), hash.clone());
        let bytes = whole.bytes;
        let sender = device.device;
        if !asks {
            server.unfinished().check(sender.0, &hash, now_ms)?;
        }
        let piece = server
            .with_store(move |store| {
                Ok(if asks {
                    Piece::Kept(store.blob_state(&device, &name)?)
                } else {
                    store.put_blob_chunk(&device, &name, offset, &bytes, last, now_ms)?
                })
            })
            .await;
        let state = match piece {
            Ok(Piece::Whole(bytes)) => draw_and_keep(server, sender, &hash, bytes).await,
            Ok(Piece::Kept(state)) => Ok(state),
            Err(failure) => Err(failure),
        };
        if !asks {
            note(server, sender.0, &hash, length, &state);
        }
        body::send(headers, JSON, write_json(&state?)?).await
    };
    match answer.await {
        Ok(mut response) => {
            response.extensions_mut().insert(from);
            Ok(response)
        }
        Err(failure) => Err((Some(from), failure)),
    }
}

/// Counts a piece that came.
fn note(server: &Server, device: u32, hash: &str, length: usize, state: &Result<BlobReply, Failure>) {
    let gone = match state {
        Ok(state) => {
            server.metrics.photo_piece(length, state.done);
            state.done || state.have == 0
        }
        // The store has dropped it.
        Err(refused) => matches!(refused.0.code, Code::PhotoHash | Code::PhotoUnreadable),
    };
    if gone || state.is_ok() {
        server.unfinished().note(device, hash, gone, server.now_ms());
    }
}

/// Draws a photo that is whole, and keeps what was drawn in its place.
async fn draw_and_keep(
    server: &Server,
    sender: DeviceNo,
    hash: &str,
    bytes: Vec<u8>,
) -> Result<BlobReply, Failure> {
    let (name, now_ms) = (hash.to_owned(), server.now_ms());
    match drawn(server, bytes).await {
        Ok(drawn) => {
            server.with_store(move |store| Ok(store.keep_drawn(sender, &name, &drawn, now_ms)?)).await
        }
        Err(failure) => {
            server.with_store(move |store| Ok(store.drop_unreadable(sender, &name)?)).await?;
            Err(failure)
        }
    }
}

/// Draws one photo at a time, away from the threads that answer.
pub(crate) async fn drawn(server: &Server, bytes: Vec<u8>) -> Result<Drawn, Failure> {
    let turn =
        Arc::clone(&server.drawing).acquire_owned().await.map_err(|_| Failure::from(Code::Internal))?;
    let drawing = tokio::task::spawn_blocking(move || {
        let _until_done = turn;
        drawing::draw(&bytes)
    });
    // A decoder that panics was fed no picture.
    Ok(drawing.await.unwrap_or_else(|_| Err(Code::PhotoUnreadable.into()))?)
}

/// `HEAD /v1/blob/{hash}`: 200 when the photo is whole here and may be seen by who asks, else 404; `sanam-have` says how many
/// bytes of it arrived from this device.
pub(crate) async fn state(
    State(server): State<Server>,
    Path(hash): Path<String>,
    headers: HeaderMap,
) -> Response {
    let found = as_device(&server, &headers, move |store, device| Ok(store.blob_state(device, &hash)?)).await;
    marked(found.map(|(from, BlobReply { have, done })| {
        let status = if done { StatusCode::OK } else { StatusCode::NOT_FOUND };
        let mut response =
            (status, [(HeaderName::from_static("sanam-have"), have.to_string())]).into_response();
        response.extensions_mut().insert(from);
        response
    }))
}

/// How large a photo is wanted.
#[derive(Deserialize)]
pub(crate) struct Size {
    size: Option<String>,
}

/// `GET /v1/blob/{hash}`: a whole photo, or with `?size=thumb` a small picture of it; for whoever may read a record that
/// names it, and for who sent it. To others it does not exist.
pub(crate) async fn give(
    State(server): State<Server>,
    Path(hash): Path<String>,
    size: Result<Query<Size>, axum::extract::rejection::QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let small = size.is_ok_and(|Query(size)| size.size.as_deref() == Some("thumb"));
    marked(find(&server, hash, small, &headers).await.map(|(from, bytes)| {
        // What its sender called it does not count. Every answer says `nosniff`, see `log`.
        let kind = media_type(&bytes);
        let mut response = bytes.into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static(kind.unwrap_or("application/octet-stream")),
        );
        if kind.is_none() {
            headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
        }
        headers
            .insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=31536000, immutable"));
        response.extensions_mut().insert(from);
        response
    }))
}

async fn find(
    server: &Server,
    hash: String,
    small: bool,
    headers: &HeaderMap,
) -> Result<(FromDevice, Vec<u8>), (Option<FromDevice>, Failure)> {
    let name = hash.clone();
    let (from, (thumbnail, photo)) = as_device(server, headers, move |store, device| {
        if !store.may_see_photo(&device.grant, device.device, &name)? {
            return Err(Code::NotFound.into());
        }
        let thumbnail = if small { store.thumbnail(&name)? } else { None };
        let photo = if thumbnail.is_none() { store.photo(&name)? } else { None };
        Ok((thumbnail, photo))
    })
    .await?;
    let bytes = async {
        match (thumbnail, photo) {
            (Some(thumbnail), _) => Ok(thumbnail),
            (None, Some((_, whole))) if !small => Ok(whole),
            // Received by a version that drew none.
            (None, Some((_, whole))) => {
                let drawn = drawn(server, whole).await?;
                let (kept, now_ms) = (drawn.clone(), server.now_ms());
                server
                    .with_store(move |store| Ok(store.keep_drawn(DeviceNo::SERVER, &hash, &kept, now_ms)?))
                    .await?;
                Ok(drawn.thumbnail)
            }
            (None, None) => Err(Failure::from(Code::NotFound)),
        }
    };
    Ok((from, bytes.await.map_err(|failure| (Some(from), failure))?))
}

/// Photos that one device may have begun and not ended.
const MOST_UNFINISHED: usize = 8;
/// One that did not go on for a day no longer counts.
const GIVEN_UP_MS: u64 = 24 * 60 * 60_000;

/// The media type of a photo by its first bytes; `None` for anything that is no JPEG, PNG or WebP.
pub(crate) fn media_type(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        Some("image/jpeg")
    } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some("image/png")
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        Some("image/webp")
    } else {
        None
    }
}

/// Which photos each device has begun. In memory: a restart forgets it, which nobody outside can cause.
#[derive(Default)]
pub(crate) struct Unfinished {
    by_device: HashMap<u32, HashMap<String, u64>>,
}

impl Unfinished {
    /// Refuses a further photo of a device that has begun too many.
    pub(crate) fn check(&mut self, device: u32, hash: &str, now_ms: u64) -> Result<(), Code> {
        let Some(begun) = self.by_device.get_mut(&device) else { return Ok(()) };
        begun.retain(|_, last| now_ms < last.saturating_add(GIVEN_UP_MS));
        if begun.len() >= MOST_UNFINISHED && !begun.contains_key(hash) { Err(Code::TooLarge) } else { Ok(()) }
    }

    /// Notes that a piece came.
    pub(crate) fn note(&mut self, device: u32, hash: &str, whole: bool, now_ms: u64) {
        let begun = self.by_device.entry(device).or_default();
        if whole {
            begun.remove(hash);
        } else {
            begun.insert(hash.to_owned(), now_ms);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_what_its_first_bytes_say() {
        assert_eq!(media_type(&[0xff, 0xd8, 0xff, 0xe0]), Some("image/jpeg"));
        assert_eq!(media_type(b"\x89PNG\r\n\x1a\n...."), Some("image/png"));
        assert_eq!(media_type(b"RIFF\x01\x02\x03\x04WEBPVP8 "), Some("image/webp"));
        for other in
            [&b"<svg xmlns='http://www.w3.org/2000/svg'>"[..], b"<html>", b"GIF89a", b"RIFF1234WAVE", b""]
        {
            assert_eq!(media_type(other), None);
        }
    }

    #[test]
    fn a_device_has_few_photos_half_here() {
        let mut unfinished = Unfinished::default();
        for number in 0..MOST_UNFINISHED {
            unfinished.check(1, &number.to_string(), 0).unwrap();
            unfinished.note(1, &number.to_string(), false, 0);
        }
        assert_eq!(unfinished.check(1, "more", 0), Err(Code::TooLarge));
        assert_eq!(unfinished.check(1, "0", 0), Ok(()), "one that was begun goes on");
        assert_eq!(unfinished.check(2, "more", 0), Ok(()));
        assert_eq!(unfinished.check(1, "more", GIVEN_UP_MS), Ok(()));
        unfinished.note(1, "more", false, GIVEN_UP_MS);
        unfinished.note(1, "more", true, GIVEN_UP_MS);
        assert_eq!(unfinished.by_device[&1].len(), 0);
    }
}
