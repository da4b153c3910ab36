//! The office's door: `POST /api/call`. Sessions are answered here, everything else by `store::service`.
//!
//! The session is a cookie that scripts cannot read and other sites cannot send. On top of it a call must carry
//! `x-sanam: 1` and JSON, which no form of another site can.

mod cookies;
mod login;

pub(crate) use login::address_of;

use crate::answer::{Failed, Failure, JSON, status_of};
use crate::body;
use crate::device::{read_json, write_json};
use crate::forms;
use crate::labels;
use crate::notify;
use crate::photos;
use crate::shared::{Config, Server};
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use base64::Engine;
use cookies::{KNOWN_SECONDS, SESSION_COOKIE, cookie, cookie_line, cookie_name};
use domain::api::{Done, EnrolmentReply, PhotoKept, Reply, Request};
use domain::ids::DeviceNo;
use domain::problem::{Code, Problem};
use login::{Opened, SESSION_MS};
use scan::label::{SvgOptions, qr_svg};
use serde::Serialize;
use std::net::SocketAddr;
use std::sync::Arc;
use store::{Account, Now, Store};
use tokio::sync::OwnedSemaphorePermit;

/// What the browser gets.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Said {
    Ok(Box<Reply>),
    Problem(Problem),
}

/// What the browser shall do with its cookies.
enum Cookie {
    Leave,
    Set(Opened),
    Clear,
}

/// Who calls, and by which name they reached this server.
pub(crate) struct Caller {
    /// Who is signed in.
    pub account: Account,
    /// The `Host` of the request.
    pub host: Option<String>,
    /// Server time of the call, milliseconds.
    pub now_ms: u64,
}

/// Finds out who calls.
///
/// Errors: `login_needed`.
pub(crate) async fn caller(server: &Server, headers: &HeaderMap) -> Result<Caller, Failure> {
    let token = cookie(headers, &cookie_name(server, SESSION_COOKIE)).ok_or(Code::LoginNeeded)?;
    let now_ms = server.now_ms();
    let account = server.with_store(move |store| Ok(store.session(&token, now_ms)?)).await?;
    Ok(Caller { account: account.ok_or(Code::LoginNeeded)?, host: host_of(headers), now_ms })
}

fn host_of(headers: &HeaderMap) -> Option<String> {
    headers.get(header::HOST).and_then(|host| host.to_str().ok()).map(str::to_owned)
}

/// Answers one call of the office's screens.
pub(crate) async fn call(
    State(server): State<Server>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    sent: Body,
) -> Result<Response, Failure> {
    let (said, cookie) = match answer(&server, &headers, peer, sent).await {
        Ok((reply, cookie)) => (Said::Ok(Box::new(reply)), cookie),
        Err(failure) => (Said::Problem(failure.0), Cookie::Leave),
    };
    let mut response = body::send(&headers, JSON, write_json(&said)?).await?;
    if let Said::Problem(problem) = &said {
        *response.status_mut() = status_of(problem.code);
        response.extensions_mut().insert(Failed(problem.code));
    }
    let session = cookie_name(&server, SESSION_COOKIE);
    let lines = match cookie {
        Cookie::Leave => Vec::new(),
        Cookie::Set(Opened { token, known: (name, mark) }) => vec![
            cookie_line(&server, &session, &token, SESSION_MS / 1_000),
            cookie_line(&server, &name, &mark, KNOWN_SECONDS),
        ],
        Cookie::Clear => vec![cookie_line(&server, &session, "", 0)],
    };
    for value in lines.iter().filter_map(|line| HeaderValue::from_str(line).ok()) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    Ok(response)
}

async fn answer(
    server: &Server,
    headers: &HeaderMap,
    peer: SocketAddr,
    sent: Body,
) -> Result<(Reply, Cookie), Failure> {
    if let Err(stranger) = from_our_page(headers) {
        // Read to its end, or whoever goes on with this connection finds it closed.
        body::discard(sent).await;
        return Err(stranger);
    }
    let token = cookie(headers, &cookie_name(server, SESSION_COOKIE));
    let now_ms = server.now_ms();
    let (request, turn) = read_request(server, headers, token.clone(), now_ms, sent).await?;
    tracing::debug!(call = request.name());
    match request {
        Request::Session(_) => {
            let reply = server
                .with_store(move |store| {
                    let account = token.map_or(Ok(None), |token| store.session(&token, now_ms))?;
                    login::session_reply(store, account.as_ref())
                })
                .await?;
            Ok((Reply::Session(reply), Cookie::Leave))
        }
        Request::Login(login) => {
            let (reply, opened) = login::log_in(server, headers, peer, login, now_ms).await?;
            Ok((Reply::Login(reply), Cookie::Set(opened)))
        }
        Request::SetUp(set_up) => {
            let (reply, opened) = login::first_account(server, set_up, now_ms).await?;
            Ok((Reply::SetUp(reply), Cookie::Set(opened)))
        }
        Request::Logout(_) => {
            server
                .with_store(move |store| {
                    if let Some(token) = token
                        && let Some(account) = store.session(&token, now_ms)?
                    {
                        store.close_session(&token)?;
                        store.note_audit(&account.name, "signed out", "", now_ms)?;
                    }
                    Ok(())
                })
                .await?;
            Ok((Reply::Logout(Done {}), Cookie::Clear))
        }
        Request::PutAccount(ask) => {
            let token = token.ok_or(Code::LoginNeeded)?;
            let reply = login::put_account(server, token, ask, now_ms).await?;
            Ok((Reply::PutAccount(reply), Cookie::Leave))
        }
        Request::CheckForm(ask) => {
            let account = signed_in(server, token, now_ms).await?;
            Ok((Reply::CheckForm(forms::check(server, &account, ask).await?), Cookie::Leave))
        }
        Request::PublishForm(ask) => {
            let account = signed_in(server, token, now_ms).await?;
            Ok((Reply::PublishForm(forms::publish(server, &account, ask).await?), Cookie::Leave))
        }
        Request::FormSheet(ask) => {
            let account = signed_in(server, token, now_ms).await?;
            Ok((Reply::FormSheet(forms::sheet(server, &account, ask).await?), Cookie::Leave))
        }
        Request::FormVersions(ask) => {
            let account = signed_in(server, token, now_ms).await?;
            Ok((Reply::FormVersions(forms::versions(server, &account, ask).await?), Cookie::Leave))
        }
        Request::TestChannel(ask) => {
            let account = signed_in(server, token, now_ms).await?;
            Ok((Reply::TestChannel(notify::test(server, &account, ask).await?), Cookie::Leave))
        }
        Request::Labels(ask) => {
            let caller = caller(server, headers).await?;
            let reply = labels::preview(server, caller, ask).await?;
            Ok((Reply::Labels(reply), Cookie::Leave))
        }
        request => {
            let token = token.ok_or(Code::LoginNeeded)?;
            let host = host_of(headers);
            if let Request::KeepPhoto(photo) = request {
                let reply = keep_photo(server, token, &photo.base64, now_ms).await?;
                return Ok((Reply::KeepPhoto(reply), Cookie::Leave));
            }
            let config = Arc::clone(&server.config);
            let reply = server
                .with_store(move |store| {
                    let _until_done = turn;
                    let account = store.session(&token, now_ms)?.ok_or(Code::LoginNeeded)?;
                    let reply =
                        store::service::serve(store, Some(&account.grant), Now::thai(now_ms), request)?;
                    with_qr(store, reply, &config, host.as_deref())
                })
                .await?;
            Ok((reply, Cookie::Leave))
        }
    }
}

/// Draws a photo that the office took, and keeps it.
async fn keep_photo(server: &Server, token: String, base64: &str, now_ms: u64) -> Result<PhotoKept, Failure> {
    let unreadable = |_| Problem::new(Code::PhotoUnreadable);
    let sent = base64::engine::general_purpose::STANDARD.decode(base64).map_err(unreadable)?;
    let drawn = photos::drawn(server, sent).await?;
    let hash = blake3::hash(&drawn.bytes).to_hex().to_string();
    server
        .with_store(move |store| {
            store.session(&token, now_ms)?.ok_or(Code::LoginNeeded)?;
            store.keep_drawn(DeviceNo::SERVER, &hash, &drawn, now_ms)?;
            Ok(PhotoKept { hash })
        })
        .await
}

async fn signed_in(server: &Server, token: Option<String>, now_ms: u64) -> Result<Account, Failure> {
    let token = token.ok_or(Code::LoginNeeded)?;
    server.with_store(move |store| Ok(store.session(&token, now_ms)?.ok_or(Code::LoginNeeded)?)).await
}

/// Reads a call. The session is looked up first: who has none sends little, so that a stranger costs no memory, and
/// may only ask about sessions. Gives the turn of a large body, see [`body::Whole`].
async fn read_request(
    server: &Server,
    headers: &HeaderMap,
    token: Option<String>,
    now_ms: u64,
    sent: Body,
) -> Result<(Request, Option<OwnedSemaphorePermit>), Failure> {
    let known = match token {
        Some(token) => server.with_store(move |store| Ok(store.session(&token, now_ms)?)).await?,
        None => None,
    };
    if let Some(account) = known {
        let whole = body::read(&server.large, &account.name, headers, sent).await?;
        return Ok((read_json(&whole.bytes)?, whole.turn));
    }
    let bytes = body::read_small(headers, sent).await.map_err(|failure| match failure.0.code {
        // A photo that is sent after the working day: signing in again is what helps.
        Code::TooLarge => Failure::from(Code::LoginNeeded),
        _ => failure,
    })?;
    match read_json(&bytes)? {
        request @ (Request::Session(_) | Request::Login(_) | Request::SetUp(_) | Request::Logout(_)) => {
            Ok((request, None))
        }
        _ => Err(Code::LoginNeeded.into()),
    }
}

/// Refuses what a page of another site could have sent.
pub(crate) fn from_our_page(headers: &HeaderMap) -> Result<(), Failure> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    let is_json =
        text("content-type").split(';').next().is_some_and(|kind| kind.trim() == "application/json");
    let site = text("sec-fetch-site");
    if text("x-sanam") != "1" || !is_json || !(site.is_empty() || site == "same-origin") {
        return Err(Problem::new(Code::Forbidden).about("not from our own page").into());
    }
    Ok(())
}

/// The address that codes lead to, and whether it was set for good. Without a configured one it is where the server
/// listens, or this machine if the office's browser runs on it; never whatever host a request names, because phones
/// send people's data there.
pub(crate) fn address(store: &Store, config: &Config, host: Option<&str>) -> Result<(String, bool), Failure> {
    if let Some(set) = config.address.clone().or(store.tenant()?.address) {
        return Ok((set, true));
    }
    let this_machine = host.filter(|host| is_loopback(host)).map(|host| format!("http://{host}"));
    let found = this_machine.or_else(|| config.listening.clone());
    let none = || Problem::new(Code::Malformed).about("the server's address is not set");
    Ok((found.ok_or_else(none)?, false))
}

/// Draws the QR of a new enrolment, which the store cannot.
fn with_qr(store: &Store, reply: Reply, config: &Config, host: Option<&str>) -> Result<Reply, Failure> {
    let Reply::NewEnrolment(EnrolmentReply { code, until_ms, .. }) = reply else { return Ok(reply) };
    let (address, _) = address(store, config, host)?;
    let link = domain::code::enrol_link(&address, &code);
    let options = SvgOptions {
        module_um: None, title: "QR ลงทะเบียนเครื่อง".to_owned()
    };
    let svg = qr_svg(&link, &options).map_err(|error| Problem::new(Code::Internal).about(error))?;
    Ok(Reply::NewEnrolment(EnrolmentReply { code, link, svg, until_ms }))
}

/// Says whether a `Host` is this machine itself.
fn is_loopback(host: &str) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, port),
        _ => (host, "80"),
    };
    port.parse::<u16>().is_ok() && matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::Kind;

    fn config() -> Config {
        Config::new(Arc::new(|| 0))
    }

    #[test]
    fn an_enrolment_link_never_follows_a_strange_host() {
        let store = Store::in_memory(Kind::Server, Box::new(|bytes| bytes.fill(7))).unwrap();
        let link = |address: Option<&str>, listening: Option<&str>, host: &str| {
            let text = |text: &str| text.to_owned();
            let config = Config { address: address.map(text), listening: listening.map(text), ..config() };
            let empty =
                EnrolmentReply { code: "C".into(), link: String::new(), svg: String::new(), until_ms: 0 };
            match with_qr(&store, Reply::NewEnrolment(empty), &config, Some(host)) {
                Ok(Reply::NewEnrolment(made)) => made.link,
                _ => String::new(),
            }
        };
        let own = "http://192.168.1.5:8080";
        assert_eq!(link(None, Some(own), "evil.example"), "http://192.168.1.5:8080/enrol/C");
        assert_eq!(link(None, Some(own), "localhost.evil.example:80"), "http://192.168.1.5:8080/enrol/C");
        assert_eq!(link(None, Some(own), "localhost:8080"), "http://localhost:8080/enrol/C");
        assert_eq!(link(None, None, "[::1]:8080"), "http://[::1]:8080/enrol/C");
        assert_eq!(link(None, None, "evil.example"), "");
        assert_eq!(link(Some("https://a.go.th"), Some(own), "localhost"), "https://a.go.th/enrol/C");
    }
}
