//! What anybody may see: the page behind a code on a sticker, and what becomes of a report.
//!
//! A sticker hangs in the street, so its page tells only what the programme's `[public]` allows, and nothing at all for a
//! sensitive one. Of a person not even that the code is known is said. The pages need no script and no cookie.

mod report;
mod track;

pub(crate) use report::report;
pub(crate) use store::public_fields;
pub(crate) use track::{add, photo, track};

use crate::answer::Failure;
use crate::office::address_of;
use crate::shared::Server;
use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{ConnectInfo, Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::access::{Grant, Role};
use domain::api::{Ask, Card};
use domain::change::Values;
use domain::code;
use domain::ids::{RecordId, Shelf};
use domain::order::{OrderKind, StateClass, StateKind};
use domain::problem::{Code, Problem};
use domain::programme::{Programme, Words};
use domain::thai_date;
use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};
use store::{Now, Store, Tracked};

/// How long a form that was given out may be sent, milliseconds.
const FORM_LIFETIME_MS: u64 = 6 * 3_600_000;
/// For how long what was done is told at the label, milliseconds: three days.
const DONE_TOLD_MS: u64 = 3 * 86_400_000;

/// The language of a page.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Language {
    en: bool,
}

impl Language {
    fn say(self, th: &'static str, en: &'static str) -> &'static str {
        if self.en { en } else { th }
    }

    fn code(self) -> &'static str {
        self.say("th", "en")
    }

    fn of(self, words: &Words) -> String {
        words.in_language(self.code()).to_owned()
    }

    /// How long ago a moment is, in the largest unit that fits.
    fn ago(self, at_ms: u64, now_ms: u64) -> String {
        let minutes = now_ms.saturating_sub(at_ms) / 60_000;
        let (count, th, en) = match minutes {
            0..2 => return self.say("เมื่อสักครู่", "just now").to_owned(),
            2..120 => (minutes, "นาที", "minutes"),
            120..2_880 => (minutes / 60, "ชั่วโมง", "hours"),
            _ => (minutes / 1_440, "วัน", "days"),
        };
        if self.en { format!("{count} {en} ago") } else { format!("{count} {th}ก่อน") }
    }

    /// A moment: in the Buddhist era in Thai, in the common one in English.
    fn moment(self, at_ms: u64) -> String {
        let offset = thai_date::THAI_OFFSET_MINUTES;
        if self.en {
            let iso = thai_date::iso(at_ms, offset);
            iso.get(..16).unwrap_or_default().replace('T', " ")
        } else {
            thai_date::moment(at_ms, offset)
        }
    }
}

/// What stands behind a page's address.
#[derive(Deserialize, Default)]
pub(crate) struct Asked {
    #[serde(default)]
    l: String,
    #[serde(default)]
    just: String,
}

impl Asked {
    fn language(&self) -> Language {
        Language { en: self.l == "en" }
    }
}

/// Proves that a form was given out by this server, for one label or link, not long ago. So another site cannot make a
/// visitor's telephone report things: it does not know what to send.
pub(crate) fn form_token(server: &Server, about: &str, at_ms: u64) -> String {
    let mac = blake3::keyed_hash(&server.form_key, format!("{at_ms}\n{about}").as_bytes());
    format!("{at_ms:x}-{}", mac.to_hex().get(..32).unwrap_or_default())
}

fn is_ours(server: &Server, about: &str, token: &str, now_ms: u64) -> bool {
    let at = token.split('-').next().and_then(|at| u64::from_str_radix(at, 16).ok());
    at.is_some_and(|at| {
        let age = now_ms.checked_sub(at);
        // The hash is of what nobody else can make, so when it is compared tells nothing.
        age.is_some_and(|age| age <= FORM_LIFETIME_MS)
            && blake3::hash(form_token(server, about, at).as_bytes()) == blake3::hash(token.as_bytes())
    })
}

/// Refuses what another site's page sent, where the browser tells.
fn from_own_page(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").and_then(|value| value.to_str().ok()).unwrap_or("");
    ["", "same-origin", "none"].contains(&site)
}

#[derive(Template)]
#[template(path = "code.html")]
struct CodePage {
    municipality: String,
    phone: Option<String>,
    l: Language,
    /// The address of this page, for its forms and the other language.
    here: String,
    form: String,
    code: String,
    about: About,
    said: Option<String>,
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
    /// Title of what it is; empty if nothing may be said.
    title: String,
    /// The first of the public fields: what people call it.
    name: String,
    /// Labels and values of the others.
    lines: Vec<(String, String)>,
    /// What is known already.
    known: Vec<Known>,
    /// What the page asks.
    asks: String,
    /// What may be reported.
    topics: Vec<Topic>,
    /// Something may be reported here, by those who have the label.
    closed: bool,
}

impl About {
    fn reports(&self) -> bool {
        self.genuine && self.closed && !self.topics.is_empty()
    }
}

/// Something that may be reported.
struct Topic {
    id: String,
    title: String,
    urgent: bool,
}

/// An order that a passer-by is told of.
struct Known {
    order: RecordId,
    topics: String,
    told: String,
    state: String,
    class: &'static str,
    joinable: bool,
}

/// `GET /q/{code}`.
pub(crate) async fn code(
    State(server): State<Server>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Path(typed): Path<String>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Failure> {
    let language = asked.map(|Query(asked)| asked.language()).unwrap_or_default();
    code_page(&server, address_of(&server.config, &headers, peer), typed, language, None, None).await
}

/// The page of a code for a network, with a word about what was just tried.
async fn code_page(
    server: &Server,
    from: IpAddr,
    typed: String,
    l: Language,
    said: Option<String>,
    status: Option<StatusCode>,
) -> Result<Response, Failure> {
    let phone = server.config.phone.clone();
    let now_ms = server.now_ms();
    let own = server.clone();
    let page = server
        .with_store(move |store| {
            let read = code::read_tail(&typed).map(|(code, proof)| {
                // A network that guesses is shown what a typed number shows, whatever it guessed.
                let forged = proof.as_ref().is_some_and(|said| store.is_forged(&code, said));
                (code, proof.filter(|_| own.label_guesses().tells_of_label(from, forged, now_ms)))
            });
            let (code, about) = match read {
                // Said of every code alike, so that it tells nothing about whose it is.
                Ok((code, Some(said))) if store.is_forged(&code, &said) => {
                    (String::new(), About { forged: true, ..About::default() })
                }
                Ok((code, proof)) => {
                    let about = About { genuine: proof.is_some(), ..about(store, &code, l, now_ms)? };
                    (code, about)
                }
                Err(_) => (String::new(), About { mistyped: true, ..About::default() }),
            };
            // The text was read as a code, so that it has letters and digits only.
            let known = !about.mistyped && !about.forged;
            let here = if known { format!("/q/{typed}") } else { String::new() };
            let form = if known { form_token(&own, &code, now_ms) } else { String::new() };
            let municipality = store.tenant()?.municipality;
            Ok(CodePage { municipality, phone, l, here, form, code, about, said })
        })
        .await?;
    let missing = page.about.mistyped || page.about.forged;
    let usual = if missing { StatusCode::NOT_FOUND } else { StatusCode::OK };
    html(status.unwrap_or(usual), &page)
}

fn html(status: StatusCode, page: &impl Template) -> Result<Response, Failure> {
    let html = page.render().map_err(|error| Problem::new(Code::Internal).about(error))?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((status, headers, html).into_response())
}

/// The subject that a code stands for, as far as a passer-by may know it: the first that it was bound to and that holds it
/// still, if its programme has something public. Whoever binds it again neither silences the first nor speaks in our name.
fn subject_of(
    store: &mut Store,
    code: &str,
    now_ms: u64,
) -> Result<Option<(RecordId, domain::api::CardReply)>, Failure> {
    let Some((subject, shelf)) = store.first_holder(code)? else { return Ok(None) };
    let programmes = store.programmes();
    if programmes.get(&shelf.programme).is_none_or(|programme| public_fields(programme).is_empty()) {
        return Ok(None);
    }
    let shelves = vec![Shelf::common(shelf.programme)];
    let citizen = Grant { person: "ประชาชน".to_owned(), role: Role::Supervisor, shelves };
    let now = Now::thai(now_ms);
    let card = Card { subject, today: now.day().to_string() };
    let card = Card::unwrap(store::service::serve(store, Some(&citizen), now, card.wrap())?)?;
    Ok(Some((subject, card)))
}

fn about(store: &mut Store, code: &str, l: Language, now_ms: u64) -> Result<About, Failure> {
    let Some((subject, card)) = subject_of(store, code, now_ms)? else { return Ok(About::default()) };
    let programmes = store.programmes();
    let Some(programme) = programmes.get(&card.row.programme) else { return Ok(About::default()) };
    let mut lines = public_lines_in(programme, &card.values, l);
    let name = if lines.is_empty() { String::new() } else { lines.remove(0).1 };
    let mut about = About { title: l.of(&programme.subject.title), name, lines, ..About::default() };
    if let Some((programme, kind)) = store.open_to_citizens(subject)?
        && let Some(kind) = programme.order(&kind)
    {
        let known = store.known_to_citizens(subject, &kind.id, now_ms.saturating_sub(DONE_TOLD_MS))?;
        about.known = known.iter().map(|one| known_line(kind, one, l, now_ms)).collect();
        about.asks = programme.public.as_ref().map(|page| l.of(&page.asks)).unwrap_or_default();
        let offered = kind.topics.iter().filter(|topic| topic.citizen);
        let topic = |topic: &domain::order::TopicKind| Topic {
            id: topic.id.clone(),
            title: l.of(&topic.title),
            urgent: !topic.severity.is_empty(),
        };
        about.topics = offered.map(topic).collect();
        about.closed = true;
    }
    Ok(about)
}

fn known_line(kind: &OrderKind, one: &Tracked, l: Language, now_ms: u64) -> Known {
    let told = format!("{} {}", l.say("แจ้งแล้ว", "Reported"), l.ago(one.reported_ms, now_ms));
    Known {
        order: one.order,
        topics: topics_line(kind, &one.topics, l),
        told,
        state: state_line(kind, &one.state, l),
        class: class_name(kind, &one.state),
        joinable: one.open,
    }
}

/// Topics as a sentence says them.
fn topics_line(kind: &OrderKind, topics: &[String], l: Language) -> String {
    let titles: Vec<String> =
        topics.iter().filter_map(|id| kind.topic(id)).map(|topic| l.of(&topic.title)).collect();
    if titles.is_empty() { l.of(&kind.title) } else { titles.join(" · ") }
}

/// What a citizen reads about a state.
fn state_line(kind: &OrderKind, state: &str, l: Language) -> String {
    let words =
        |state: &StateKind| if state.citizen.th.is_empty() { &state.title } else { &state.citizen }.clone();
    kind.state(state).map(words).map(|words| l.of(&words)).unwrap_or_default()
}

fn class_name(kind: &OrderKind, state: &str) -> &'static str {
    match kind.state(state).map(|state| state.class).unwrap_or_default() {
        StateClass::Open => "open",
        StateClass::Done => "done",
        StateClass::Closed => "closed",
    }
}

/// Titles and values of what anybody may see of a subject, in Thai.
pub(crate) fn public_lines(programme: &Programme, values: &Values) -> Vec<(String, String)> {
    public_lines_in(programme, values, Language::default())
}

fn public_lines_in(programme: &Programme, values: &Values, l: Language) -> Vec<(String, String)> {
    let lines = store::public_lines(programme, |id| values.get(id), l.code()).into_iter();
    lines.map(|line| (line.title, line.value)).collect()
}

/// The style of these pages.
pub(crate) async fn style() -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600")),
    ];
    (headers, include_str!("../templates/page.css")).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_ago() {
        let (th, en) = (Language { en: false }, Language { en: true });
        for (minutes, thai, english) in [
            (0, "เมื่อสักครู่", "just now"),
            (2, "2 นาทีก่อน", "2 minutes ago"),
            (119, "119 นาทีก่อน", "119 minutes ago"),
            (120, "2 ชั่วโมงก่อน", "2 hours ago"),
            (2 * 1_440, "2 วันก่อน", "2 days ago"),
        ] {
            assert_eq!(th.ago(0, minutes * 60_000), thai);
            assert_eq!(en.ago(0, minutes * 60_000), english);
        }
        assert_eq!(th.ago(5, 0), "เมื่อสักครู่", "a clock that went back");
        assert_eq!(en.moment(1_763_708_709_000), "2025-11-21 14:05");
    }
}
