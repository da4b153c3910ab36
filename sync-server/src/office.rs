//! The office's door: `POST /api/call`. Sessions are answered here, everything else by `store::service`.
//!
//! The session is a cookie that scripts cannot read and other sites cannot send. On top of it a call must carry
//! `x-sanam: 1` and JSON, which no form of another site can.

use crate::answer::{Failed, Failure, JSON, status_of};
use crate::body;
use crate::device::{read_json, write_json};
use crate::forms;
use crate::guesses::Source;
use crate::labels;
use crate::passwords::{self, MAX_BYTES, MIN_CHARS, browser_mark, known_browser};
use crate::photos;
use crate::shared::{Config, Server};
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use base64::Engine;
use domain::access::{self, Action, Grant, Role};
use domain::api::{
    AccountPut, Done, EnrolmentReply, Login, PhotoKept, PutAccount, Reply, Request, SessionReply, SetUp,
};
use domain::ids::Shelf;
use domain::problem::{Code, Problem};
use scan::label::{SvgOptions, qr_svg};
use serde::Serialize;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use store::{Account, Now, Store};
use tokio::sync::OwnedSemaphorePermit;

/// A working day.
const SESSION_MS: u64 = 12 * 60 * 60 * 1_000;

/// What the browser gets.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Said {
    Ok(Box<Reply>),
    Problem(Problem),
}

/// How long a browser stays known after a login: the longest that browsers keep a cookie.
const KNOWN_SECONDS: u64 = 400 * 24 * 60 * 60;

/// What the browser shall do with its cookies.
enum Cookie {
    Leave,
    Set(Opened),
    Clear,
}

/// An opened session.
struct Opened {
    /// The session's secret.
    token: String,
    /// Name of the cookie by which this account knows the browser, and its mark.
    known: (String, String),
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
    from_our_page(headers)?;
    let token = cookie(headers, &cookie_name(server, SESSION_COOKIE));
    let now_ms = server.now_ms();
    let (request, turn) = read_request(server, headers, token.clone(), now_ms, sent).await?;
    tracing::debug!(call = request.name());
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
            let (reply, opened) = log_in(server, headers, peer, login, now_ms).await?;
            Ok((Reply::Login(reply), Cookie::Set(opened)))
        }
        Request::SetUp(set_up) => {
            let (reply, opened) = first_account(server, set_up, now_ms).await?;
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
            let reply = put_account(server, token, ask, now_ms).await?;
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
            store.keep_drawn(&hash, &drawn, now_ms)?;
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
        Some(token) => server.with_store(move |store| Ok(store.session(&token, now_ms)?.is_some())).await?,
        None => false,
    };
    if known {
        let whole = body::read(&server.large, headers, sent).await?;
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

async fn log_in(
    server: &Server,
    headers: &HeaderMap,
    peer: SocketAddr,
    login: Login,
    now_ms: u64,
) -> Result<(SessionReply, Opened), Failure> {
    let Login { name, password } = login;
    let name = name.trim().to_owned();
    if name.len() > MAX_BYTES || password.len() > MAX_BYTES {
        return Err(Code::LoginWrong.into());
    }
    let place = queue(server)?;
    let typed = name.clone();
    let account = server.with_store(move |store| Ok(store.account(&typed)?)).await?;
    let mark = cookie(headers, &known_cookie(server, &name));
    let browser = account.as_ref().zip(mark).and_then(|(account, mark)| known_browser(&mark, account));
    let source = match &browser {
        Some(browser) => Source::Browser(browser.clone()),
        None => Source::Network(address_of(headers, peer)),
    };
    server.guesses().begin(&name, &source, now_ms).map_err(pause)?;
    let stored = account.as_ref().map(|account| account.password_hash.clone());
    let fits = hashing(server, place, move || Ok(passwords::fits(&password, stored.as_deref()))).await?;
    match account {
        Some(account) if fits => {
            server.guesses().right(&name, &source);
            open_session(server, account, browser, now_ms).await
        }
        account => {
            note_wrong(server, account, now_ms).await?;
            Err(Code::LoginWrong.into())
        }
    }
}

/// Writes a wrong password to the audit, seldom enough. What was typed as the name of no account is not written:
/// people type their password there.
async fn note_wrong(server: &Server, account: Option<Account>, now_ms: u64) -> Result<(), Failure> {
    let who = account.map(|account| account.name).unwrap_or_default();
    if !server.guesses().worth_noting(&who, now_ms) {
        return Ok(());
    }
    let what = if who.is_empty() { "unknown name" } else { "wrong password" };
    server.with_store(move |store| Ok(store.note_audit(&who, what, "", now_ms)?)).await
}

/// Says how long to wait.
fn pause(left_ms: u64) -> Failure {
    let mut problem = Problem::new(Code::LoginLocked);
    problem.hint = format!("ใส่รหัสผ่านผิดหลายครั้ง รอ {} นาทีแล้วลองใหม่", left_ms.div_ceil(60_000));
    problem.into()
}

/// Where a login comes from: the address at the other end or, if that is a proxy on this machine, the one it names.
/// Of several the last counts, which the proxy itself has written.
fn address_of(headers: &HeaderMap, peer: SocketAddr) -> IpAddr {
    let peer = peer.ip().to_canonical();
    let named = || {
        let last = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
        last.rsplit(',').next()?.trim().parse().ok()
    };
    if peer.is_loopback() { named().unwrap_or(peer) } else { peer }
}

async fn first_account(
    server: &Server,
    set_up: SetUp,
    now_ms: u64,
) -> Result<(SessionReply, Opened), Failure> {
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
    let place = queue(server)?;
    let hash = hashing(server, place, move || passwords::hash_password(&password)).await?;
    let account = server
        .with_store(move |store| {
            // Asked again, because two people may have followed the link.
            is_setup_code(store, &code)?;
            let shelves = store.programmes().keys().map(Shelf::common).collect();
            let grant = Grant { person: name.clone(), role: Role::Administrator, shelves };
            store.set_municipality(&municipality)?;
            store.put_account(&name, &name, &hash, &grant, now_ms)?;
            Ok(Account { name, password_hash: hash, grant })
        })
        .await?;
    open_session(server, account, None, now_ms).await
}

/// Makes or changes an account for an administrator. A new password is made here and shown once.
async fn put_account(
    server: &Server,
    token: String,
    ask: PutAccount,
    now_ms: u64,
) -> Result<AccountPut, Failure> {
    let PutAccount { name, role, programmes, new_password } = ask;
    let name = name.trim().to_owned();
    if name.is_empty() || name.len() > MAX_BYTES || name.chars().any(char::is_control) {
        return Err(Problem::new(Code::Malformed).about("name").into());
    }
    let account = name.clone();
    let (by, known, made) = server
        .with_store(move |store| {
            let by = store.session(&token, now_ms)?.ok_or(Code::LoginNeeded)?;
            access::may(&by.grant, Action::Accounts)?;
            // A worker has a device. Nobody takes the keys away from themselves: then nobody might be left to have them.
            if role == Role::Worker || (by.name == account && role != by.grant.role) {
                return Err(Code::Forbidden.into());
            }
            let known = store.account(&account)?;
            Ok((by, known, store.make_password()))
        })
        .await?;
    let (hash, password) = match known {
        Some(known) if !new_password => (known.password_hash, None),
        _ => {
            let place = queue(server)?;
            let typed = made.clone();
            (hashing(server, place, move || passwords::hash_password(&typed)).await?, Some(made))
        }
    };
    server
        .with_store(move |store| {
            let all = store.programmes();
            let wanted = |id: &String| role != Role::Supervisor || programmes.contains(id);
            let shelves: Vec<Shelf> = all.keys().filter(|id| wanted(id)).map(Shelf::common).collect();
            if shelves.is_empty() {
                return Err(Problem::new(Code::Malformed).about("programmes").into());
            }
            let grant = Grant { person: name.clone(), role, shelves };
            store.put_account(&by.name, &name, &hash, &grant, now_ms)?;
            Ok(AccountPut { password })
        })
        .await
}

fn is_setup_code(store: &mut Store, code: &str) -> Result<(), Failure> {
    // Compared by hash: the time it takes tells nothing about how much of a guess was right.
    match store.setup_code()? {
        Some(right) if blake3::hash(right.as_bytes()) == blake3::hash(code.trim().as_bytes()) => Ok(()),
        _ => Err(Code::SetupDone.into()),
    }
}

/// Takes a place in the queue for password hashes, if there is one.
fn queue(server: &Server) -> Result<OwnedSemaphorePermit, Failure> {
    Arc::clone(&server.logins).try_acquire_owned().map_err(|_| {
        let mut problem = Problem::new(Code::LoginLocked);
        "มีคนเข้าสู่ระบบพร้อมกันมาก รอสักครู่แล้วลองใหม่".clone_into(&mut problem.hint);
        problem.into()
    })
}

/// Runs a password hash, few at a time, away from the threads that answer. A hash that has begun cannot be stopped:
/// it takes its turn and its place in the queue along, so that they come back when it ends and not when its sender
/// hangs up.
async fn hashing<T: Send + 'static>(
    server: &Server,
    place: OwnedSemaphorePermit,
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Failure> {
    let turn =
        Arc::clone(&server.hashing).acquire_owned().await.map_err(|_| Failure::from(Code::Internal))?;
    let (answer, answered) = tokio::sync::oneshot::channel();
    // A thread of its own: among the many of the blocking pool each would keep its 19 MB for later.
    let thread = std::thread::Builder::new().spawn(move || {
        let _until_done = (turn, place);
        // Nobody may be waiting any more.
        let _ = answer.send(work());
    });
    thread.map_err(|error| Problem::new(Code::Internal).about(error))?;
    Ok(answered.await.map_err(|_| Failure::from(Code::Internal))??)
}

/// Opens a session, and makes the browser known to the account: under its name from an earlier login if it has one.
async fn open_session(
    server: &Server,
    account: Account,
    browser: Option<String>,
    now_ms: u64,
) -> Result<(SessionReply, Opened), Failure> {
    let token = passwords::random_hex(32)?;
    let browser = browser.map_or_else(|| passwords::random_hex(16), Ok)?;
    let known = (known_cookie(server, &account.name), browser_mark(&browser, &account));
    let kept = token.clone();
    let reply = server
        .with_store(move |store| {
            store.open_session(&kept, &account.name, now_ms, now_ms.saturating_add(SESSION_MS))?;
            session_reply(store, Some(&account))
        })
        .await?;
    Ok((reply, Opened { token, known }))
}

fn session_reply(store: &mut Store, account: Option<&Account>) -> Result<SessionReply, Failure> {
    Ok(SessionReply {
        name: account.map(|account| account.name.clone()),
        grant: account.map(|account| account.grant.clone()),
        municipality: store.tenant()?.municipality,
        needs_setup: store.account_count()? == 0,
    })
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

const SESSION_COOKIE: &str = "sanam_session";

/// With https a cookie's name starts with `__Host-`, by which a browser knows that no other host may set it.
fn cookie_name(server: &Server, name: &str) -> String {
    if server.is_https() { format!("__Host-{name}") } else { name.to_owned() }
}

/// One for each account, because several people may share the office's computer.
fn known_cookie(server: &Server, account: &str) -> String {
    let short = blake3::hash(account.as_bytes()).to_hex();
    cookie_name(server, &format!("sanam_known_{}", short.get(..8).unwrap_or_default()))
}

fn cookie_line(server: &Server, name: &str, value: &str, seconds: u64) -> String {
    let secure = if server.is_https() { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}")
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    all.flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::Kind;

    fn server(config: Config) -> Server {
        Server::new(Store::in_memory(Kind::Server, Box::new(|bytes| bytes.fill(7))).unwrap(), config)
    }

    fn config() -> Config {
        Config { app: None, address: None, listening: None, phone: None, clock: Arc::new(|| 0) }
    }

    #[tokio::test]
    async fn a_login_whose_sender_hangs_up_keeps_its_turn_until_its_hash_is_done() {
        let server = server(config());
        let (begun, begins) = tokio::sync::oneshot::channel();
        let (end, ends) = std::sync::mpsc::channel::<()>();
        let place = queue(&server).unwrap();
        let of_task = server.clone();
        let login = tokio::spawn(async move {
            let work = move || {
                begun.send(()).unwrap();
                ends.recv().unwrap();
                Ok(())
            };
            hashing(&of_task, place, work).await
        });
        begins.await.unwrap();
        login.abort();
        assert!(login.await.unwrap_err().is_cancelled());
        assert_eq!((server.hashing.available_permits(), server.logins.available_permits()), (1, 7));
        end.send(()).unwrap();
        let _both = server.hashing.acquire_many(2).await.unwrap();
    }

    #[tokio::test]
    async fn the_queue_of_logins_has_an_end() {
        let server = server(config());
        let waiting: Vec<_> = (0..8).map(|_| queue(&server).unwrap()).collect();
        assert_eq!(queue(&server).unwrap_err().0.code, Code::LoginLocked);
        drop(waiting);
        assert!(queue(&server).is_ok());
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

    #[test]
    fn only_a_proxy_on_this_machine_may_name_another_address() {
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", HeaderValue::from_static("192.0.2.9, 192.0.2.1"));
        let at = |peer: &str| address_of(&headers, peer.parse().unwrap()).to_string();
        assert_eq!(at("127.0.0.1:9"), "192.0.2.1");
        assert_eq!(at("[::1]:9"), "192.0.2.1");
        assert_eq!(at("198.51.100.7:9"), "198.51.100.7");
    }
}
