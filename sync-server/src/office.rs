//! The office's door: `POST /api/call`. Sessions are answered here, everything else by `store::service`.
//!
//! The session is a cookie that scripts cannot read and other sites cannot send. On top of it a call must carry
//! `x-sanam: 1` and JSON, which no form of another site can.

use crate::answer::{Failure, JSON, status_of};
use crate::body;
use crate::device::{read_json, write_json};
use crate::passwords::{self, MAX_BYTES, MIN_CHARS};
use crate::shared::Server;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use domain::access::{Grant, Role};
use domain::api::{Done, EnrolmentReply, Login, Reply, Request, SessionReply, SetUp};
use domain::ids::Shelf;
use domain::problem::{Code, Problem};
use scan::label::{SvgOptions, qr_svg};
use serde::Serialize;
use std::sync::PoisonError;
use store::{Account, Now, Store};

/// A working day.
const SESSION_MS: u64 = 12 * 60 * 60 * 1_000;

/// What the browser gets.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Said {
    Ok(Box<Reply>),
    Problem(Problem),
}

/// What the browser shall do with its cookie.
enum Cookie {
    Leave,
    Set(String),
    Clear,
}

/// Answers one call of the office's screens.
pub(crate) async fn call(
    State(server): State<Server>,
    headers: HeaderMap,
    sent: Body,
) -> Result<Response, Failure> {
    let (said, cookie) = match answer(&server, &headers, sent).await {
        Ok((reply, cookie)) => (Said::Ok(Box::new(reply)), cookie),
        Err(failure) => (Said::Problem(failure.0), Cookie::Leave),
    };
    let mut response = body::send(&headers, JSON, write_json(&said)?).await?;
    if let Said::Problem(problem) = &said {
        *response.status_mut() = status_of(problem.code);
    }
    let line = match cookie {
        Cookie::Leave => None,
        Cookie::Set(token) => Some(cookie_line(&server, &token, SESSION_MS / 1_000)),
        Cookie::Clear => Some(cookie_line(&server, "", 0)),
    };
    if let Some(value) = line.and_then(|line| HeaderValue::from_str(&line).ok()) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    Ok(response)
}

async fn answer(server: &Server, headers: &HeaderMap, sent: Body) -> Result<(Reply, Cookie), Failure> {
    from_our_page(headers)?;
    let request: Request = read_json(&body::read(headers, sent).await?)?;
    tracing::debug!(call = request.name());
    let token = session_token(server, headers);
    let now_ms = server.now_ms();
    match request {
        Request::Session(_) => {
            let reply = server
                .with_store(move |store| {
                    let account = token.map_or(Ok(None), |token| store.session(&token, now_ms))?;
                    session_reply(store, account.as_ref())
                })
                .await?;
            Ok((Reply::Session(reply), Cookie::Leave))
        }
        Request::Login(login) => {
            let (reply, token) = log_in(server, login, now_ms).await?;
            Ok((Reply::Login(reply), Cookie::Set(token)))
        }
        Request::SetUp(set_up) => {
            let (reply, token) = first_account(server, set_up, now_ms).await?;
            Ok((Reply::SetUp(reply), Cookie::Set(token)))
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
        request => {
            let token = token.ok_or(Code::LoginNeeded)?;
            let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).map(str::to_owned);
            let own = server.config.address.clone();
            let reply = server
                .with_store(move |store| {
                    let account = store.session(&token, now_ms)?.ok_or(Code::LoginNeeded)?;
                    let reply =
                        store::service::serve(store, Some(&account.grant), Now::thai(now_ms), request)?;
                    with_qr(store, reply, own.as_deref(), host.as_deref())
                })
                .await?;
            Ok((reply, Cookie::Leave))
        }
    }
}

/// Refuses what a page of another site could have sent.
fn from_our_page(headers: &HeaderMap) -> Result<(), Failure> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    let is_json =
        text("content-type").split(';').next().is_some_and(|kind| kind.trim() == "application/json");
    let site = text("sec-fetch-site");
    if text("x-sanam") != "1" || !is_json || !(site.is_empty() || site == "same-origin") {
        return Err(Problem::new(Code::Forbidden).about("not from our own page").into());
    }
    Ok(())
}

async fn log_in(server: &Server, login: Login, now_ms: u64) -> Result<(SessionReply, String), Failure> {
    let Login { name, password } = login;
    if name.len() > MAX_BYTES || password.len() > MAX_BYTES {
        return Err(Code::LoginWrong.into());
    }
    {
        let mut guesses = server.guesses.lock().unwrap_or_else(PoisonError::into_inner);
        guesses.check(&name, now_ms)?;
        guesses.begin(&name, now_ms);
    }
    let known = name.clone();
    let account = server.with_store(move |store| Ok(store.account(&known)?)).await?;
    let stored = account.as_ref().map(|account| account.password_hash.clone());
    let fits = hashing(server, move || Ok(passwords::fits(&password, stored.as_deref()))).await?;
    let Some(account) = account.filter(|_| fits) else {
        server.with_store(move |store| Ok(store.note_audit(&name, "wrong password", "", now_ms)?)).await?;
        return Err(Code::LoginWrong.into());
    };
    server.guesses.lock().unwrap_or_else(PoisonError::into_inner).right(&name);
    open_session(server, account, now_ms).await
}

async fn first_account(
    server: &Server,
    set_up: SetUp,
    now_ms: u64,
) -> Result<(SessionReply, String), Failure> {
    let SetUp { code, municipality, name, password } = set_up;
    let (municipality, name) = (municipality.trim().to_owned(), name.trim().to_owned());
    if municipality.is_empty()
        || name.is_empty()
        || [&municipality, &name, &password].iter().any(|text| text.len() > MAX_BYTES)
    {
        return Err(Problem::new(Code::Malformed).about("name or municipality").into());
    }
    let typed = code.clone();
    server.with_store(move |store| is_setup_code(store, &typed)).await?;
    if password.chars().count() < MIN_CHARS {
        return Err(Code::PasswordWeak.into());
    }
    let hash = hashing(server, move || passwords::hash_password(&password)).await?;
    let account = server
        .with_store(move |store| {
            // Asked again, because two people may have followed the link.
            is_setup_code(store, &code)?;
            let shelves = store.programmes().keys().map(Shelf::common).collect();
            let grant = Grant { person: name.clone(), role: Role::Administrator, shelves };
            store.set_municipality(&municipality)?;
            store.put_account(&name, &hash, &grant, now_ms)?;
            Ok(Account { name, password_hash: hash, grant })
        })
        .await?;
    open_session(server, account, now_ms).await
}

fn is_setup_code(store: &mut Store, code: &str) -> Result<(), Failure> {
    // Compared by hash: the time it takes tells nothing about how much of a guess was right.
    match store.setup_code()? {
        Some(right) if blake3::hash(right.as_bytes()) == blake3::hash(code.trim().as_bytes()) => Ok(()),
        _ => Err(Code::SetupDone.into()),
    }
}

/// Runs a password hash, few at a time, away from the threads that answer.
async fn hashing<T: Send + 'static>(
    server: &Server,
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Failure> {
    let _turn = server.hashing.acquire().await.map_err(|_| Failure::from(Code::Internal))?;
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(|_| Failure::from(Code::Internal))??)
}

async fn open_session(
    server: &Server,
    account: Account,
    now_ms: u64,
) -> Result<(SessionReply, String), Failure> {
    let token = passwords::random_hex(32)?;
    let kept = token.clone();
    let reply = server
        .with_store(move |store| {
            store.open_session(&kept, &account.name, now_ms, now_ms.saturating_add(SESSION_MS))?;
            session_reply(store, Some(&account))
        })
        .await?;
    Ok((reply, token))
}

fn session_reply(store: &mut Store, account: Option<&Account>) -> Result<SessionReply, Failure> {
    Ok(SessionReply {
        name: account.map(|account| account.name.clone()),
        grant: account.map(|account| account.grant.clone()),
        municipality: store.tenant()?.municipality,
        needs_setup: store.account_count()? == 0,
    })
}

/// Draws the QR of a new enrolment, which the store cannot. Without a configured address the link leads to where
/// the office's own browser found the server.
fn with_qr(store: &Store, reply: Reply, own: Option<&str>, host: Option<&str>) -> Result<Reply, Failure> {
    let Reply::NewEnrolment(EnrolmentReply { code, until_ms, .. }) = reply else { return Ok(reply) };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    let address = match (own, store.tenant()?.address, host) {
        (Some(own), ..) => own.to_owned(),
        (None, Some(kept), _) => kept,
        (None, None, Some(host)) if host.chars().all(plain) => format!("http://{host}"),
        _ => return Err(Problem::new(Code::Malformed).about("host").into()),
    };
    let link = domain::code::enrol_link(&address, &code);
    let options = SvgOptions {
        module_um: None, title: "QR ลงทะเบียนเครื่อง".to_owned()
    };
    let svg = qr_svg(&link, &options).map_err(|error| Problem::new(Code::Internal).about(error))?;
    Ok(Reply::NewEnrolment(EnrolmentReply { code, link, svg, until_ms }))
}

/// With https the cookie's name starts with `__Host-`, by which a browser knows that no other host may set it.
fn cookie_name(server: &Server) -> &'static str {
    if server.is_https() { "__Host-sanam_session" } else { "sanam_session" }
}

fn cookie_line(server: &Server, token: &str, seconds: u64) -> String {
    let secure = if server.is_https() { "; Secure" } else { "" };
    format!("{}={token}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}", cookie_name(server))
}

fn session_token(server: &Server, headers: &HeaderMap) -> Option<String> {
    let name = cookie_name(server);
    let all = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    all.flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, token)| token.to_owned())
}
