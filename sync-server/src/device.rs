//! The sync protocol's door: who asks, unfold the body, let the store answer, fold the answer.

use crate::answer::{Failure, FromDevice, JSON, JSON_LINES};
use crate::body;
use crate::daily::Sent;
use crate::shared::Server;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use domain::ids::{DeviceNo, Seq};
use domain::problem::{Code, Problem};
use domain::wire::{EnrolRequest, PullRequest};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::{Authenticated, Offer, Store};

/// A device's answer, or failure, with its number for the log.
pub(crate) type Answered = Result<Response, (Option<FromDevice>, Failure)>;

/// Turns an answer into what is sent, with the device's number for the log.
pub(crate) fn marked(answer: Answered) -> Response {
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
            let reply = server
                .write_together(move |store| {
                    // Its turn ends with the work, also when the sender has hung up.
                    let _turn = turn;
                    Ok(store.judge(&device, offer, now_ms)?)
                })
                .await?;
            server.metrics.pushed(&reply);
            write_json(&reply)
        })
        .await,
    )
}

/// `POST /v1/pull`.
pub(crate) async fn pull(State(server): State<Server>, headers: HeaderMap, sent: Body) -> Response {
    let now_ms = server.now_ms();
    let metrics = Arc::clone(&server.metrics);
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
                let page = store.answer_pull(from, &request, now_ms)?;
                metrics.pulled(&request, &page);
                Ok(page)
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
        let whole = read_counted(server, &device, Sent::Records, headers, sent).await?;
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

/// Reads a body of a device, and counts it; one that has sent enough for a day is told so.
pub(crate) async fn read_counted(
    server: &Server,
    device: &Authenticated,
    what: Sent,
    headers: &HeaderMap,
    sent: Body,
) -> Result<body::Whole, Failure> {
    let most = match what {
        Sent::Records => server.config.bounds.records_a_day,
        Sent::Photos => server.config.bounds.photos_a_day,
    };
    let checked = server.daily().check(device.device, what, most, server.now_ms());
    if let Err(full) = checked {
        body::discard(sent).await;
        return Err(full.into());
    }
    let mut arriving = Arriving { server, device: device.device, what, bytes: 0 };
    let sender = format!("device {}", device.device.0);
    let whole = body::read_counting(&server.large, &sender, headers, sent, &mut arriving.bytes).await?;
    // Unfolded it costs more than on its way.
    arriving.bytes = arriving.bytes.max(whole.bytes.len());
    Ok(whole)
}

/// A body of a device on its way. Whatever came of it is counted at the end, also where it is too large, cannot be unfolded,
/// or its sender hangs up.
struct Arriving<'a> {
    server: &'a Server,
    device: DeviceNo,
    what: Sent,
    bytes: usize,
}

impl Drop for Arriving<'_> {
    fn drop(&mut self) {
        let now_ms = self.server.now_ms();
        self.server.daily().note(self.device, self.what, self.bytes, now_ms);
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
pub(crate) async fn as_device<T: Send + 'static>(
    server: &Server,
    headers: &HeaderMap,
    work: impl FnOnce(&mut Store, &Authenticated) -> Result<T, Failure> + Send + 'static,
) -> Result<(FromDevice, T), (Option<FromDevice>, Failure)> {
    let token = bearer(headers).map(str::to_owned);
    let now_ms = server.now_ms();
    let done = server
        .with_store(move |store| {
            let device = store.authenticate(&token.ok_or(Code::TokenUnknown)?, now_ms)?;
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
