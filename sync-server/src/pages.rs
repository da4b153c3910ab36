//! What anybody may see: the page behind a code on a sticker.
//!
//! A sticker hangs in the street, so its page tells only what `public.toml` allows: the fields named there for a
//! programme, and nothing at all for a sensitive one. Of a person not even that the code is known is said.

use crate::answer::Failure;
use crate::office::address_of;
use crate::shared::Server;
use askama::Template;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::access::{Grant, Role};
use domain::api::{Ask, Card, Find, Found};
use domain::change::{Value, Values};
use domain::code;
use domain::ids::Shelf;
use domain::programme::Programme;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use store::{Now, Store};

/// Fields that a passer-by may see, by programme.
#[derive(Deserialize)]
struct Public {
    fields: Vec<String>,
}

/// The fields of a programme that anybody may see; none of a sensitive one.
pub(crate) fn public_fields(programme: &Programme) -> Vec<String> {
    if programme.sensitive {
        return Vec::new();
    }
    let all: BTreeMap<String, Public> = toml::from_str(include_str!("../public.toml")).unwrap_or_default();
    all.get(&programme.id).map(|public| public.fields.clone()).unwrap_or_default()
}

#[derive(Template)]
#[template(path = "code.html")]
struct CodePage {
    municipality: String,
    code: String,
    phone: Option<String>,
    about: About,
}

/// What the page says about a code.
#[derive(Default)]
struct About {
    /// The text was no code of ours.
    mistyped: bool,
    /// The authenticator is not ours: somebody else printed the label.
    forged: bool,
    /// The authenticator is ours: the label itself was scanned, not a number typed. Only then may be reported.
    genuine: bool,
    /// Title of what it is, Thai and English; empty if nothing may be said.
    title_th: String,
    title_en: String,
    /// Labels and values.
    lines: Vec<(String, String)>,
}

/// `GET /q/{code}`.
pub(crate) async fn code(
    State(server): State<Server>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Path(typed): Path<String>,
) -> Result<Response, Failure> {
    let phone = server.config.phone.clone();
    let now_ms = server.now_ms();
    let (guessed, from) = (server.clone(), address_of(&headers, peer));
    let page = server
        .with_store(move |store| {
            let read = code::read_tail(&typed).map(|(code, proof)| {
                // A network that guesses is shown what a typed number shows, whatever it guessed.
                let forged = proof.as_ref().is_some_and(|said| store.is_forged(&code, said));
                (code, proof.filter(|_| guessed.guesses().tells_of_label(from, forged, now_ms)))
            });
            let (code, about) = match read {
                // Said of every code alike, so that it tells nothing about whose it is.
                Ok((code, Some(said))) if store.is_forged(&code, &said) => {
                    (String::new(), About { forged: true, ..About::default() })
                }
                Ok((code, proof)) => {
                    let about = About { genuine: proof.is_some(), ..about(store, &code, now_ms)? };
                    (code, about)
                }
                Err(_) => (String::new(), About { mistyped: true, ..About::default() }),
            };
            Ok(CodePage { municipality: store.tenant()?.municipality, code, phone, about })
        })
        .await?;
    let status =
        if page.about.mistyped || page.about.forged { StatusCode::NOT_FOUND } else { StatusCode::OK };
    let html = page
        .render()
        .map_err(|error| domain::problem::Problem::new(domain::problem::Code::Internal).about(error))?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((status, headers, html).into_response())
}

fn about(store: &mut Store, code: &str, now_ms: u64) -> Result<About, Failure> {
    // The page looks with the eyes of somebody who may see the programmes that have something public, and no other:
    // what lies outside is to it as unknown as it is to the passer-by.
    let programmes = store.programmes();
    let open = programmes.values().filter(|programme| !public_fields(programme).is_empty());
    let shelves = open.map(|programme| Shelf::common(programme.id.clone())).collect();
    let citizen = Grant { person: "ประชาชน".to_owned(), role: Role::Supervisor, shelves };
    let now = Now::thai(now_ms);
    let find = Find { text: code.to_owned() };
    let found = Find::unwrap(store::service::serve(store, Some(&citizen), now, find.wrap())?)?;
    let Found::Subject(subject) = found else { return Ok(About::default()) };
    let card = Card { subject, today: now.day().to_string() };
    let card = Card::unwrap(store::service::serve(store, Some(&citizen), now, card.wrap())?)?;
    let Some(programme) = programmes.get(&card.row.programme) else { return Ok(About::default()) };
    let lines = public_lines(programme, &card.values);
    let title = &programme.subject.title;
    Ok(About {
        title_th: title.th.clone(),
        title_en: title.in_language("en").to_owned(),
        lines,
        ..About::default()
    })
}

/// Titles and values of what anybody may see of a subject.
pub(crate) fn public_lines(programme: &Programme, values: &Values) -> Vec<(String, String)> {
    let line = |id: &String| {
        let field = programme.field(id)?;
        let text = plain(values.get(id)?);
        let shown = field.choices.get(&text).map_or(text, |choice| choice.th.clone());
        (!shown.is_empty()).then(|| (field.title.th.clone(), shown))
    };
    public_fields(programme).iter().filter_map(line).collect()
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The style of these pages.
pub(crate) async fn style() -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600")),
    ];
    (headers, include_str!("../templates/page.css")).into_response()
}
