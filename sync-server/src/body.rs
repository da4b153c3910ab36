//! Bodies in and out, compressed or not. What a body may hold is counted after decompression, while it happens:
//! a few kilobytes that unfold to gigabytes are refused at the limit, not when memory is gone.

use crate::answer::Failure;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use domain::problem::{Code, Problem};
use domain::wire::BODY_MAX_BYTES;
use http_body_util::BodyExt;
use std::collections::HashMap;
use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A body that takes longer than this to arrive is dropped, so that a stalled phone holds no memory.
const ARRIVAL_LIMIT: Duration = Duration::from_secs(120);
/// Most bytes of an unwanted body that are read.
const DROPPED_MAX_BYTES: usize = 4 * BODY_MAX_BYTES;
/// Largest window a zstd frame may ask for: 8 MB, which every level up to 19 stays within.
const ZSTD_WINDOW_LOG: u32 = 23;
/// Answers below this many bytes are sent as they are.
const WORTH_COMPRESSING: usize = 512;

/// Most bytes, unfolded, of a body from somebody who is not known yet.
pub(crate) const STRANGER_MAX_BYTES: usize = 64 * 1024;

/// Large bodies being unfolded and read at once. Each can take some hundred megabytes as JSON.
const WORKED_ON: usize = 2;
/// Room for the large bodies that are on their way or wait for their turn, in pieces of [`PIECE`]: 96 MB.
const ROOM: usize = 1_536;
const PIECE: usize = 64 * 1024;
/// Large bodies of one sender that may be on their way at once. A phone sends one after the other.
const LARGE_OF_ONE: usize = 2;

/// The turns of large bodies. They wait for one another, so that neither many phones nor one that stalls on purpose takes
/// the memory of the others; small bodies wait for nobody.
pub(crate) struct Turns {
    work: Arc<Semaphore>,
    room: Arc<Semaphore>,
    senders: Mutex<HashMap<String, Arc<Semaphore>>>,
}

impl Turns {
    pub(crate) fn new() -> Turns {
        Turns {
            work: Arc::new(Semaphore::new(WORKED_ON)),
            room: Arc::new(Semaphore::new(ROOM)),
            senders: Mutex::default(),
        }
    }

    /// Room for a body of `length` bytes of this sender, when there is some.
    async fn room_for(&self, sender: &str, length: usize) -> Result<Room, Code> {
        let own = {
            let mut senders = self.senders.lock().unwrap_or_else(PoisonError::into_inner);
            senders.retain(|_, own| Arc::strong_count(own) > 1);
            let own = senders.entry(sender.to_owned());
            Arc::clone(own.or_insert_with(|| Arc::new(Semaphore::new(LARGE_OF_ONE))))
        };
        let pieces = u32::try_from(length.div_ceil(PIECE).min(ROOM)).unwrap_or(u32::MAX);
        // Its own turn first: whoever sends many waits without room.
        let own = own.acquire_owned().await.map_err(|_| Code::Internal)?;
        let room = Arc::clone(&self.room).acquire_many_owned(pieces).await.map_err(|_| Code::Internal)?;
        Ok(Room { _own: own, _room: room })
    }
}

/// Room for a large body. It comes back when it is dropped.
struct Room {
    _own: OwnedSemaphorePermit,
    _room: OwnedSemaphorePermit,
}

/// A body, with its turn among the large ones. Whoever works on the body keeps the turn until the work is done.
pub(crate) struct Whole {
    /// What was sent, unfolded.
    pub bytes: Vec<u8>,
    /// Given back when it is dropped.
    pub turn: Option<OwnedSemaphorePermit>,
}

/// Reads and unfolds a whole body of `sender`, who is known. Large ones, and packed ones that may become large, take turns.
///
/// Errors: `too_large`, `bad_encoding`, `malformed` (cut off, or not what its encoding says).
pub(crate) async fn read(
    turns: &Turns,
    sender: &str,
    headers: &HeaderMap,
    body: Body,
) -> Result<Whole, Failure> {
    read_counting(turns, sender, headers, body, &mut 0).await
}

/// Like [`read`]; `arrived` grows to what has come as it was sent, also of a body that is refused or broken off.
pub(crate) async fn read_counting(
    turns: &Turns,
    sender: &str,
    headers: &HeaderMap,
    body: Body,
    arrived: &mut usize,
) -> Result<Whole, Failure> {
    let encoding = Encoding::of_body(headers)?;
    let (raw, room) = arrive(body, BODY_MAX_BYTES, Some((turns, sender)), arrived).await?;
    // After it has arrived: one that comes slowly holds up nobody.
    let turn = if encoding == Encoding::Plain && raw.len() <= STRANGER_MAX_BYTES {
        None
    } else {
        Some(Arc::clone(&turns.work).acquire_owned().await.map_err(|_| Failure::from(Code::Internal))?)
    };
    drop(room);
    if encoding == Encoding::Plain {
        return Ok(Whole { bytes: raw, turn });
    }
    // The turn goes along: if the sender hangs up, the unfolding goes on, and so must its turn.
    let unfolding = tokio::task::spawn_blocking(move || {
        unfold(encoding, &raw, BODY_MAX_BYTES).map(|bytes| Whole { bytes, turn })
    });
    unfolding.await.unwrap_or_else(|_| Err(Failure::from(Code::Internal)))
}

/// Reads a body of somebody not known yet: a small one.
pub(crate) async fn read_small(headers: &HeaderMap, body: Body) -> Result<Vec<u8>, Failure> {
    let encoding = Encoding::of_body(headers)?;
    let (raw, _) = arrive(body, STRANGER_MAX_BYTES, None, &mut 0).await?;
    unfold(encoding, &raw, STRANGER_MAX_BYTES)
}

/// Takes a body in as it was sent. Of one that is too large the rest is read and dropped, up to a limit: a client
/// that is still sending when the connection closes never sees the answer, and would take it for a bad network.
///
/// `length` is 0, and grows with what arrives.
///
/// A large one of a known sender waits for room before more than its beginning is taken in, for all of it at once: many
/// that each hold a part of the room would wait for one another.
async fn arrive(
    mut body: Body,
    most: usize,
    known: Option<(&Turns, &str)>,
    length: &mut usize,
) -> Result<(Vec<u8>, Option<Room>), Failure> {
    let mut raw = Vec::new();
    let mut room = None;
    let announced =
        axum::body::HttpBody::size_hint(&body).exact().and_then(|length| usize::try_from(length).ok());
    let all = async {
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else { return Err(Code::Malformed) };
            let Ok(data) = frame.into_data() else { continue };
            *length = length.saturating_add(data.len());
            if let Some((turns, sender)) = known
                && *length > STRANGER_MAX_BYTES
                && room.is_none()
            {
                room = Some(turns.room_for(sender, announced.unwrap_or(most).min(most)).await?);
            }
            if *length <= most {
                raw.extend_from_slice(&data);
            } else if *length > DROPPED_MAX_BYTES {
                break;
            }
        }
        if *length > most { Err(Code::TooLarge) } else { Ok(()) }
    };
    match tokio::time::timeout(ARRIVAL_LIMIT, all).await {
        Ok(Ok(())) => Ok((raw, room)),
        Ok(Err(Code::TooLarge)) => Err(Code::TooLarge.into()),
        Ok(Err(_)) | Err(_) => Err(Problem::new(Code::Malformed).about("the body was cut off").into()),
    }
}

/// Reads a body that nobody wants, so that its sender gets to see the answer.
pub(crate) async fn discard(mut body: Body) {
    let mut length = 0usize;
    let all = async {
        while let Some(Ok(frame)) = body.frame().await {
            length = length.saturating_add(frame.data_ref().map_or(0, |data| data.len()));
            if length > DROPPED_MAX_BYTES {
                break;
            }
        }
    };
    // However it ends, the answer is the same.
    let _ = tokio::time::timeout(ARRIVAL_LIMIT, all).await;
}

/// How a body is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Plain,
    Gzip,
    Zstd,
}

impl Encoding {
    fn of_body(headers: &HeaderMap) -> Result<Encoding, Failure> {
        let said = headers.get(header::CONTENT_ENCODING).map_or(Ok("identity"), |value| value.to_str());
        match said.unwrap_or("?").trim().to_ascii_lowercase().as_str() {
            "identity" | "" => Ok(Encoding::Plain),
            "gzip" | "x-gzip" => Ok(Encoding::Gzip),
            "zstd" => Ok(Encoding::Zstd),
            _ => Err(Code::BadEncoding.into()),
        }
    }

    /// The best one the caller takes.
    fn accepted(headers: &HeaderMap) -> Encoding {
        let offered =
            headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or("");
        if accepts(offered, "zstd") {
            Encoding::Zstd
        } else if accepts(offered, "gzip") {
            Encoding::Gzip
        } else {
            Encoding::Plain
        }
    }
}

/// Says whether an `Accept-Encoding` takes `name` (`;q=0` refuses it).
pub(crate) fn accepts(offered: &str, name: &str) -> bool {
    offered.split(',').any(|part| {
        let mut pieces = part.split(';').map(str::trim);
        let named = pieces.next().is_some_and(|this| this.eq_ignore_ascii_case(name));
        let refused = pieces.any(|piece| {
            piece.split_once('=').is_some_and(|(key, q)| key.trim() == "q" && q.trim().parse() == Ok(0.0))
        });
        named && !refused
    })
}

fn unfold(encoding: Encoding, raw: &[u8], most: usize) -> Result<Vec<u8>, Failure> {
    let broken = |error: std::io::Error| Failure::from(Problem::new(Code::Malformed).about(error));
    let mut out = Vec::new();
    let limit = most as u64 + 1;
    match encoding {
        Encoding::Plain => out.extend_from_slice(raw),
        Encoding::Gzip => {
            flate2::read::MultiGzDecoder::new(raw).take(limit).read_to_end(&mut out).map_err(broken)?;
        }
        Encoding::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(raw).map_err(broken)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG).map_err(broken)?;
            decoder.take(limit).read_to_end(&mut out).map_err(broken)?;
        }
    }
    if out.len() > most { Err(Code::TooLarge.into()) } else { Ok(out) }
}

/// Sends a body, packed as the caller takes it.
pub(crate) async fn send(
    asked: &HeaderMap,
    content_type: HeaderValue,
    body: Vec<u8>,
) -> Result<Response, Failure> {
    let encoding = if body.len() < WORTH_COMPRESSING { Encoding::Plain } else { Encoding::accepted(asked) };
    let (body, name) = match encoding {
        Encoding::Plain => (body, None),
        packed => {
            let folded = tokio::task::spawn_blocking(move || fold(packed, &body))
                .await
                .map_err(|_| Failure::from(Code::Internal))?
                .map_err(|error| Failure::from(Problem::new(Code::Internal).about(error)))?;
            (folded, Some(if packed == Encoding::Zstd { "zstd" } else { "gzip" }))
        }
    };
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, content_type);
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(name) = name {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
    }
    Ok(response)
}

fn fold(encoding: Encoding, body: &[u8]) -> std::io::Result<Vec<u8>> {
    match encoding {
        Encoding::Plain => Ok(body.to_vec()),
        Encoding::Zstd => zstd::bulk::compress(body, 6),
        Encoding::Gzip => gzip(body),
    }
}

/// Packs with gzip.
pub(crate) fn gzip(body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = flate2::read::GzEncoder::new(body, flate2::Compression::new(6));
    let mut out = Vec::new();
    encoder.read_to_end(&mut out)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_unfolds_past_the_limit_is_refused() {
        let bomb = zstd::bulk::compress(&vec![0u8; BODY_MAX_BYTES + 1], 19).unwrap();
        assert!(bomb.len() < 10_000);
        assert_eq!(unfold(Encoding::Zstd, &bomb, BODY_MAX_BYTES).unwrap_err().0.code, Code::TooLarge);
        let bomb = gzip(&vec![0u8; BODY_MAX_BYTES + 1]).unwrap();
        assert_eq!(unfold(Encoding::Gzip, &bomb, BODY_MAX_BYTES).unwrap_err().0.code, Code::TooLarge);
        let whole = zstd::bulk::compress(&vec![7u8; BODY_MAX_BYTES], 3).unwrap();
        assert_eq!(unfold(Encoding::Zstd, &whole, BODY_MAX_BYTES).unwrap().len(), BODY_MAX_BYTES);
    }

    #[tokio::test]
    async fn large_bodies_take_turns_and_small_ones_do_not_wait() {
        let turns = Turns { work: Arc::new(Semaphore::new(1)), ..Turns::new() };
        let none = HeaderMap::new();
        let large = || Body::from(vec![b' '; STRANGER_MAX_BYTES + 1]);
        let first = read(&turns, "a", &none, large()).await.unwrap();
        assert_eq!(first.bytes.len(), STRANGER_MAX_BYTES + 1);
        read(&turns, "a", &none, Body::from("small")).await.unwrap();
        let mut second = std::pin::pin!(read(&turns, "a", &none, large()));
        assert!(waits(second.as_mut()).await);
        drop(first);
        second.await.unwrap();
        assert_eq!(read_small(&none, large()).await.unwrap_err().0.code, Code::TooLarge);
    }

    /// Says whether something is not done at once.
    async fn waits<F: Future>(mut work: std::pin::Pin<&mut F>) -> bool {
        std::future::poll_fn(|cx| std::task::Poll::Ready(work.as_mut().poll(cx).is_pending())).await
    }

    /// A body whose beginning has come and whose rest never does.
    fn stalled() -> Body {
        let begins = Ok::<_, std::io::Error>(vec![b' '; STRANGER_MAX_BYTES + 1]);
        let begins = futures_util::stream::once(async { begins });
        Body::from_stream(futures_util::StreamExt::chain(begins, futures_util::stream::pending()))
    }

    #[tokio::test]
    async fn a_sender_that_stalls_keeps_out_only_itself() {
        let (turns, none) = (Turns::new(), HeaderMap::new());
        let large = || Body::from(vec![b' '; STRANGER_MAX_BYTES + 1]);
        let mut first = Box::pin(read(&turns, "thief", &none, stalled()));
        let mut second = Box::pin(read(&turns, "thief", &none, stalled()));
        assert!(waits(first.as_mut()).await && waits(second.as_mut()).await);
        let mut more: Vec<_> = (0..100).map(|_| Box::pin(read(&turns, "thief", &none, stalled()))).collect();
        for one in &mut more {
            assert!(waits(one.as_mut()).await);
        }
        let taken = ROOM - turns.room.available_permits();
        assert_eq!(taken, LARGE_OF_ONE * BODY_MAX_BYTES / PIECE, "two of a hundred have room");
        read(&turns, "nok", &none, large()).await.unwrap();
        drop((first, second, more));
        assert_eq!(turns.room.available_permits(), ROOM);
    }

    #[test]
    fn what_is_cut_off_is_malformed() {
        let text = b"{\"a\":1}\n".repeat(1_000);
        for (encoding, packed) in [
            (Encoding::Zstd, zstd::bulk::compress(&text, 3).unwrap()),
            (Encoding::Gzip, gzip(&text).unwrap()),
        ] {
            assert_eq!(unfold(encoding, &packed, BODY_MAX_BYTES).unwrap(), text);
            let cut = &packed[..packed.len() - 5];
            assert_eq!(
                unfold(encoding, cut, BODY_MAX_BYTES).unwrap_err().0.code,
                Code::Malformed,
                "{encoding:?}"
            );
            assert_eq!(
                unfold(encoding, b"nonsense", BODY_MAX_BYTES).unwrap_err().0.code,
                Code::Malformed,
                "{encoding:?}"
            );
        }
    }

    #[test]
    fn an_encoding_is_taken_unless_refused() {
        assert!(accepts("gzip, deflate, br, zstd", "zstd"));
        assert!(accepts("gzip;q=1.0,ZSTD; q=0.5", "zstd"));
        assert!(!accepts("gzip, zstd;q=0", "zstd"));
        assert!(!accepts("xzstd", "zstd"));
    }
}
