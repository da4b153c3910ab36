//! What becomes of a report, for whoever has its link, and what is added to it.

use super::report::{see_other, track_form};
use super::{
    Asked, Language, class_name, from_own_page, html, is_ours, public_lines_in, state_line, topics_line,
};
use crate::allowance::ADDITIONS;
use crate::answer::Failure;
use crate::body;
use crate::guesses::network;
use crate::office::address_of;
use crate::photos;
use crate::shared::Server;
use askama::Template;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{ConnectInfo, DefaultBodyLimit, FromRequest, Multipart, Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::order::SeverityKind;
use domain::problem::Code;
use serde::de::DeserializeOwned;
use std::net::SocketAddr;
use store::{Now, Store};

/// Length of a link's text.
const TOKEN: usize = 32;
/// Longest text of one field of the form, bytes.
const TEXT_MAX: usize = 4_000;

#[derive(Template)]
#[template(path = "track.html")]
struct TrackPage {
    municipality: String,
    phone: Option<String>,
    l: Language,
    here: String,
    form: String,
    just: bool,
    said: Option<String>,
    tracked: Option<Shown>,
}

/// A report as its page shows it.
struct Shown {
    title: String,
    name: String,
    topics: String,
    state: String,
    class: &'static str,
    advice: String,
    joined: bool,
    steps: Vec<Step>,
    after: bool,
    open: bool,
    photo: bool,
    may_reopen: bool,
}

struct Step {
    title: String,
    at: String,
    note: String,
}

/// `GET /t/{token}`.
pub(crate) async fn track(
    State(server): State<Server>,
    Path(token): Path<String>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Failure> {
    let asked = asked.map(|Query(asked)| asked).unwrap_or_default();
    page(&server, token, asked.language(), asked.just == "1", None).await
}

async fn page(
    server: &Server,
    token: String,
    l: Language,
    just: bool,
    said: Option<(&'static str, StatusCode)>,
) -> Result<Response, Failure> {
    let fine = is_token(&token);
    let phone = server.config.phone.clone();
    let form = track_form(server, &token, server.now_ms());
    let page = server
        .with_store(move |store| {
            let tracked = if fine { shown(store, &token, l)? } else { None };
            let here = if tracked.is_some() { format!("/t/{token}") } else { String::new() };
            let municipality = store.tenant()?.municipality;
            let said = said.map(|(said, _)| said.to_owned());
            Ok(TrackPage { municipality, phone, l, here, form, just, said, tracked })
        })
        .await?;
    let usual = if page.tracked.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    html(said.map_or(usual, |(_, status)| status), &page)
}

fn is_token(token: &str) -> bool {
    token.len() == TOKEN && token.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn shown(store: &Store, token: &str, l: Language) -> Result<Option<Shown>, Failure> {
    let Some(tracked) = store.track(token)? else { return Ok(None) };
    let programmes = store.programmes();
    let Some(programme) = programmes.get(&tracked.programme) else { return Ok(None) };
    let Some(kind) = programme.order(&tracked.kind) else { return Ok(None) };
    let values = store.values_of(tracked.subject)?;
    let name = public_lines_in(programme, &values, l).into_iter().next().map(|(_, value)| value);
    let severity = kind.severity_of(&tracked.topics);
    let advice = |known: &&SeverityKind| known.id == severity;
    let advice = kind.severities.iter().find(advice).map(|known| l.of(&known.advice)).unwrap_or_default();
    let steps = tracked.moves.iter().map(|step| Step {
        title: state_line(kind, &step.state, l),
        at: l.moment(step.at_ms),
        note: step.note.clone(),
    });
    Ok(Some(Shown {
        title: l.of(&programme.subject.title),
        name: name.unwrap_or_default(),
        topics: topics_line(kind, &tracked.topics, l),
        state: state_line(kind, &tracked.state, l),
        class: class_name(kind, &tracked.state),
        advice: if tracked.open { advice } else { String::new() },
        joined: tracked.joined,
        steps: steps.collect(),
        after: tracked.after.is_some(),
        open: tracked.open,
        photo: programme.public.as_ref().is_some_and(|page| page.photo),
        may_reopen: tracked.may_reopen,
    }))
}

/// `GET /t/{token}/photo`: the small picture of how it looks after the work.
pub(crate) async fn photo(
    State(server): State<Server>,
    Path(token): Path<String>,
) -> Result<Response, Failure> {
    if !is_token(&token) {
        return Err(Code::NotFound.into());
    }
    let bytes = server
        .with_store(move |store| {
            let after = store.track(&token)?.and_then(|tracked| tracked.after);
            Ok(after.map(|hash| store.thumbnail(&hash)).transpose()?.flatten().ok_or(Code::NotFound)?)
        })
        .await?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("image/jpeg")),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600")),
    ];
    Ok((headers, bytes).into_response())
}

/// What a tracking page's form sends.
#[derive(Default)]
struct Added {
    form: String,
    english: bool,
    reopens: bool,
    note: String,
    contact: String,
    photo: Vec<u8>,
}

/// `POST /t/{token}`: adds words, a contact or a photo to a report, or says that it is not right yet.
pub(crate) async fn add(
    State(server): State<Server>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(token): Path<String>,
    headers: HeaderMap,
    sent: Body,
) -> Result<Response, Failure> {
    let link = token.clone();
    // Whoever has no link sends nothing large.
    let known = is_token(&token) && server.with_store(move |store| Ok(store.track(&link)?.is_some())).await?;
    if !known {
        body::discard(sent).await;
        return page(&server, token, Language::default(), false, None).await;
    }
    let now_ms = server.now_ms();
    let from = address_of(&server.config, &headers, peer);
    let allowed = server.allowance().take("add", &token, from, ADDITIONS, now_ms);
    if !allowed || !from_own_page(&headers) {
        body::discard(sent).await;
        let said = "ส่งหลายครั้งแล้ว รอสักครู่แล้วลองใหม่ · Please wait a while.";
        return page(&server, token, Language::default(), false, Some((said, StatusCode::TOO_MANY_REQUESTS)))
            .await;
    }
    let whole = body::read(&server.large, &network(from), &headers, sent).await?;
    let added = read(&headers, whole.bytes).await?;
    let _until_done = whole.turn;
    let l = Language { en: added.english };
    if !is_ours(&server, &format!("t {token}"), &added.form, now_ms) {
        let said = l.say("หน้านี้เปิดไว้นานแล้ว กดส่งอีกครั้ง", "This page was open for long. Please send it again.");
        return page(&server, token, l, false, Some((said, StatusCode::FORBIDDEN))).await;
    }
    let mut photo = None;
    if !added.photo.is_empty() && !added.reopens {
        let link = token.clone();
        // Drawing takes a core for a second, so it is for what can be added.
        if !server.with_store(move |store| unless_refused(store.may_add_as_citizen(&link, true))).await? {
            return full(&server, token, l).await;
        }
        let Ok(drawn) = photos::drawn(&server, added.photo).await else {
            let said = l.say("เปิดรูปนี้ไม่ได้ เลือกรูปอื่น", "This picture cannot be opened. Please choose another.");
            return page(&server, token, l, false, Some((said, StatusCode::UNSUPPORTED_MEDIA_TYPE))).await;
        };
        let hash = blake3::hash(&drawn.bytes).to_hex().to_string();
        photo = Some((hash, drawn));
    }
    let link = token.clone();
    let done = server
        .with_store(move |store| {
            let now = Now::thai(now_ms);
            if added.reopens {
                return unless_refused(store.reopen_as_citizen(&link, &added.note, now));
            }
            let photo = photo.as_ref().map(|(hash, drawn)| (hash.as_str(), drawn));
            unless_refused(store.add_as_citizen(&link, &added.note, &added.contact, photo, now))
        })
        .await?;
    if done {
        return see_other(&format!("/t/{token}?just=1&l={}", l.code()));
    }
    full(&server, token, l).await
}

/// Whether something was done, or refused for what it is; any other error is one of ours.
fn unless_refused(done: store::Result<()>) -> Result<bool, Failure> {
    match done {
        Ok(()) => Ok(true),
        Err(store::Error::Refused(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// The page of a report that takes nothing more.
async fn full(server: &Server, token: String, l: Language) -> Result<Response, Failure> {
    let said = l.say("ส่งเพิ่มไม่ได้แล้ว เรื่องนี้ปิดหรือมีรูปครบแล้ว", "Nothing can be added any more.");
    page(server, token, l, false, Some((said, StatusCode::CONFLICT))).await
}

/// Reads a form with or without a file.
async fn read(headers: &HeaderMap, bytes: Vec<u8>) -> Result<Added, Failure> {
    let unreadable = |_| Failure::from(Code::Malformed);
    let kind = headers.get(header::CONTENT_TYPE).cloned().unwrap_or(HeaderValue::from_static(""));
    let mut request = Request::new(Body::from(bytes));
    request.headers_mut().insert(header::CONTENT_TYPE, kind);
    // It is read already, within the limit of all bodies; by itself a form may have two megabytes, and a photo has more.
    DefaultBodyLimit::disable().apply(&mut request);
    let mut parts = Multipart::from_request(request, &()).await.map_err(|_| Code::Malformed)?;
    let mut added = Added::default();
    while let Some(part) = parts.next_field().await.map_err(unreadable)? {
        let name = part.name().unwrap_or_default().to_owned();
        let bytes = part.bytes().await.map_err(unreadable)?;
        if name == "photo" {
            added.photo = bytes.to_vec();
            continue;
        }
        let text = String::from_utf8_lossy(bytes.get(..TEXT_MAX.min(bytes.len())).unwrap_or_default());
        match name.as_str() {
            "form" => added.form = text.into_owned(),
            "l" => added.english = text == "en",
            "do" => added.reopens = text == "reopen",
            "note" => added.note = text.into_owned(),
            "contact" => added.contact = text.into_owned(),
            _ => {}
        }
    }
    Ok(added)
}

/// Reads a plain form; one that cannot be read is empty.
pub(super) fn urlencoded<T: DeserializeOwned + Default>(bytes: &[u8]) -> T {
    serde_urlencoded::from_bytes(bytes).unwrap_or_default()
}
