//! The sync protocol's door: who asks, unfold the body, let the store answer, fold the answer.

use crate::answer::{Failure, FromDevice, JSON, JSON_LINES};
use crate::body;
use crate::photos;
use crate::shared::Server;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::ids::Seq;
use domain::problem::{Code, Problem};
use domain::wire::{BlobReply, EnrolRequest, PullRequest};
use serde::{Deserialize, Serialize};
use store::{Authenticated, Offer, Store};

/// A device's answer, or failure, with its number for the log.
type Answered = Result<Response, (Option<FromDevice>, Failure)>;

fn marked(answer: Answered) -> Response {
    match answer {
        Ok(response) => response,
        Err((from, failure)) => {
            let mut response = failure.into_response();
            if let Some(from) = from {
                response.extensions_mut().insert(from);
            }
            response
        }
    }
}

/// `POST /v1/enrol`.
pub(crate) async fn enrol(
    State(server): State<Server>,
    headers: HeaderMap,
    sent: Body,
) -> Result<Response, Failure> {
    let request: EnrolRequest = read_json(&body::read_small(&headers, sent).await?)?;
    exact([request.top_n, request.acked_n])?;
    let now_ms = server.now_ms();
    let reply = server.with_store(move |store| Ok(store.enrol(&request, now_ms)?)).await?;
    let device = FromDevice(reply.device.0);
    let mut response = body::send(&headers, JSON, write_json(&reply)?).await?;
    response.extensions_mut().insert(device);
    Ok(response)
}

/// `POST /v1/push`.
pub(crate) async fn push(State(server): State<Server>, headers: HeaderMap, sent: Body) -> Response {
    let now_ms = server.now_ms();
    marked(
        exchange(&server, &headers, sent, JSON, |device, whole| async {
            let body::Whole { bytes, turn } = whole;
            // Reading is half of the work and needs no store.
            let offer = tokio::task::spawn_blocking(move || Offer::read(bytes))
                .await
                .map_err(|_| Failure::from(Code::Internal))??;
            exact([offer.head.top_n, offer.head.lowest_n])?;
            server
                .write_together(move |store| {
                    // Its turn ends with the work, also when the sender has hung up.
                    let _turn = turn;
                    write_json(&store.judge(&device, offer, now_ms)?)
                })
                .await
        })
        .await,
    )
}

/// `POST /v1/pull`.
pub(crate) async fn pull(State(server): State<Server>, headers: HeaderMap, sent: Body) -> Response {
    let now_ms = server.now_ms();
    marked(
        exchange(
            &server,
            &headers,
            sent,
            JSON_LINES,
            with_store(&server, move |store, from, body| {
                let request: PullRequest = read_json(body)?;
                let cursors = request.cursors.values().chain(request.begun.values()).map(|seq| seq.0);
                exact(cursors.chain([request.top_n, request.at.0]))?;
                Ok(store.answer_pull(from, &request, now_ms)?)
            }),
        )
        .await,
    )
}

/// Refuses numbers that JSON does not carry exactly: no device counts so far.
fn exact(numbers: impl IntoIterator<Item = u64>) -> Result<(), Failure> {
    if numbers.into_iter().any(|number| number > Seq::EVERYTHING.0) {
        return Err(Problem::new(Code::Malformed).about("line 1: a number above 2^53 - 1").into());
    }
    Ok(())
}

/// Which piece of a photo a request carries.
#[derive(Deserialize)]
pub(crate) struct Piece {
    #[serde(default)]
    offset: u64,
    #[serde(default)]
    last: u8,
}

/// `POST /v1/blob/{hash}?offset=N&last=0|1`: a piece of a photo. An empty piece asks how much has arrived.
pub(crate) async fn blob_chunk(
    State(server): State<Server>,
    Path(hash): Path<String>,
    piece: Result<Query<Piece>, axum::extract::rejection::QueryRejection>,
    headers: HeaderMap,
    sent: Body,
) -> Response {
    let Ok(Query(piece)) = piece else {
        return Failure::from(Problem::new(Code::Malformed).about("offset or last")).into_response();
    };
    let now_ms = server.now_ms();
    let shared = server.clone();
    marked(
        exchange(
            &server,
            &headers,
            sent,
            JSON,
            with_store(&server, move |store, from, bytes| {
                if bytes.is_empty() && piece.last == 0 {
                    return write_json(&store.blob_state(&hash)?);
                }
                if piece.offset == 0 && photos::media_type(bytes).is_none() {
                    return Err(Code::PhotoUnreadable.into());
                }
                shared.unfinished().check(from.device.0, &hash, now_ms)?;
                let state = store.put_blob_chunk(&hash, piece.offset, bytes, piece.last == 1, now_ms);
                let state = state.map_err(Failure::from);
                match &state {
                    Ok(state) => {
                        let whole = state.done || state.have == 0;
                        shared.unfinished().note(from.device.0, &hash, whole, now_ms);
                    }
                    // The store has dropped it.
                    Err(refused) if refused.0.code == Code::PhotoHash => {
                        shared.unfinished().note(from.device.0, &hash, true, now_ms);
                    }
                    Err(_) => {}
                }
                write_json(&state?)
            }),
        )
        .await,
    )
}

/// `HEAD /v1/blob/{hash}`: 200 when the photo is whole here, else 404; `sanam-have` says how many bytes arrived.
pub(crate) async fn blob_state(
    State(server): State<Server>,
    Path(hash): Path<String>,
    headers: HeaderMap,
) -> Response {
    let found = as_device(&server, &headers, move |store, _| Ok(store.blob_state(&hash)?)).await;
    marked(found.map(|(from, BlobReply { have, done })| {
        let status = if done { StatusCode::OK } else { StatusCode::NOT_FOUND };
        let mut response =
            (status, [(HeaderName::from_static("sanam-have"), have.to_string())]).into_response();
        response.extensions_mut().insert(from);
        response
    }))
}

/// `GET /v1/blob/{hash}`: a whole photo. Whoever knows its hash has seen a record that names it.
pub(crate) async fn blob(
    State(server): State<Server>,
    Path(hash): Path<String>,
    headers: HeaderMap,
) -> Response {
    let found =
        as_device(&server, &headers, move |store, _| Ok(store.photo(&hash)?.ok_or(Code::NotFound)?)).await;
    marked(found.map(|(from, (_, bytes))| {
        // What its sender called it does not count. Every answer says `nosniff`, see `log`.
        let kind = photos::media_type(&bytes);
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

/// One exchange: the token is asked before the body is read, so that a stranger costs no memory.
async fn exchange<F: Future<Output = Result<Vec<u8>, Failure>> + Send>(
    server: &Server,
    headers: &HeaderMap,
    sent: Body,
    answers: HeaderValue,
    work: impl FnOnce(Authenticated, body::Whole) -> F,
) -> Answered {
    let (from, device) = match as_device(server, headers, |_, device| Ok(device.clone())).await {
        Ok(known) => known,
        Err(stranger) => {
            body::discard(sent).await;
            return Err(stranger);
        }
    };
    let answer = async {
        let whole = body::read(&server.large, headers, sent).await?;
        body::send(headers, answers, work(device, whole).await?).await
    };
    match answer.await {
        Ok(mut response) => {
            response.extensions_mut().insert(from);
            Ok(response)
        }
        Err(failure) => Err((Some(from), failure)),
    }
}

/// Work that has the store to itself.
fn with_store(
    server: &Server,
    work: impl FnOnce(&mut Store, &Authenticated, &[u8]) -> Result<Vec<u8>, Failure> + Send + 'static,
) -> impl FnOnce(Authenticated, body::Whole) -> BoxFuture {
    let server = server.clone();
    move |device, whole| {
        Box::pin(async move {
            let work = move |store: &mut Store| {
                // Moved in whole: its turn ends with the work, also when the sender has hung up.
                let body = whole;
                work(store, &device, &body.bytes)
            };
            server.with_store(work).await
        })
    }
}

type BoxFuture = std::pin::Pin<Box<dyn Future<Output = Result<Vec<u8>, Failure>> + Send>>;

/// Runs `work` for the device whose token the request carries.
async fn as_device<T: Send + 'static>(
    server: &Server,
    headers: &HeaderMap,
    work: impl FnOnce(&mut Store, &Authenticated) -> Result<T, Failure> + Send + 'static,
) -> Result<(FromDevice, T), (Option<FromDevice>, Failure)> {
    let token = bearer(headers).map(str::to_owned);
    let done = server
        .with_store(move |store| {
            let device = store.authenticate(&token.ok_or(Code::TokenUnknown)?)?;
            let from = FromDevice(device.device.0);
            Ok((from, work(store, &device)))
        })
        .await;
    match done {
        Ok((from, Ok(result))) => Ok((from, result)),
        Ok((from, Err(failure))) => Err((Some(from), failure)),
        Err(failure) => Err((None, failure)),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

pub(crate) fn read_json<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|error| {
        // The place only: the error's own words may quote what a person typed.
        Problem::new(Code::Malformed).about(format!("line {} column {}", error.line(), error.column())).into()
    })
}

pub(crate) fn write_json(value: &impl Serialize) -> Result<Vec<u8>, Failure> {
    serde_json::to_vec(value).map_err(|error| Problem::new(Code::Internal).about(error).into())
}
