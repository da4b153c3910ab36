//! Sessions and accounts: signing in, the first administrator, accounts that an administrator makes. Password hashes are
//! worked out here, few at a time.

use super::cookies::{cookie, known_cookie};
use crate::answer::Failure;
use crate::guesses::Source;
use crate::passwords::{self, MAX_BYTES, MIN_CHARS, browser_mark, known_browser};
use crate::places::Place;
use crate::shared::{Config, Server};
use axum::http::HeaderMap;
use domain::access::{self, Action, Grant, Role};
use domain::api::{AccountPut, Login, PutAccount, SessionReply, SetUp};
use domain::ids::Shelf;
use domain::problem::{Code, Problem};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use store::{Account, Store};

/// A working day.
pub(super) const SESSION_MS: u64 = 12 * 60 * 60 * 1_000;

/// An opened session.
pub(super) struct Opened {
    /// The session's secret.
    pub token: String,
    /// Name of the cookie by which this account knows the browser, and its mark.
    pub known: (String, String),
}

/// Opens a session for a name and its password.
pub(super) async fn log_in(
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
    let typed = name.clone();
    let account = server.with_store(move |store| Ok(store.account(&typed)?)).await?;
    let mark = cookie(headers, &known_cookie(server, &name));
    let browser = account.as_ref().zip(mark).and_then(|(account, mark)| known_browser(&mark, account));
    let source = match &browser {
        Some(browser) => Source::Browser(browser.clone()),
        None => Source::Network(address_of(&server.config, headers, peer)),
    };
    let place = server.places.for_login(&source)?;
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

/// Where a request comes from: the address at the other end or, if that is a proxy on this machine or one of the settings,
/// the one it names. Of several the last counts, which the proxy itself has written.
pub(crate) fn address_of(config: &Config, headers: &HeaderMap, peer: SocketAddr) -> IpAddr {
    let peer = peer.ip().to_canonical();
    let named = || {
        let last = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
        last.rsplit(',').next()?.trim().parse().ok()
    };
    if config.speaks_for_others(peer) { named().unwrap_or(peer) } else { peer }
}

/// Makes the first administrator, for whoever has the one-time link.
pub(super) async fn first_account(
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
    let place = server.places.for_known()?;
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
pub(super) async fn put_account(
    server: &Server,
    token: String,
    ask: PutAccount,
    now_ms: u64,
) -> Result<AccountPut, Failure> {
    let PutAccount { name, role, programmes, zones, new_password } = ask;
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
            let place = server.places.for_known()?;
            let typed = made.clone();
            (hashing(server, place, move || passwords::hash_password(&typed)).await?, Some(made))
        }
    };
    server
        .with_store(move |store| {
            let all = store.programmes();
            let wanted = |id: &String| role != Role::Supervisor || programmes.contains(id);
            let mut shelves: Vec<Shelf> = all.keys().filter(|id| wanted(id)).map(Shelf::common).collect();
            if role == Role::Supervisor {
                let area =
                    zones.into_iter().filter(|zone| zone.is_zone() && programmes.contains(&zone.programme));
                let area: Vec<Shelf> = area.collect();
                shelves.retain(|whole| !area.iter().any(|zone| zone.programme == whole.programme));
                shelves.extend(area);
            }
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

/// Runs a password hash, few at a time, away from the threads that answer. A hash that has begun cannot be stopped:
/// it takes its turn and its place in the queue along, so that they come back when it ends and not when its sender
/// hangs up.
async fn hashing<T: Send + 'static>(
    server: &Server,
    place: Place,
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

/// Who is signed in, and what the page needs to know before.
pub(super) fn session_reply(store: &mut Store, account: Option<&Account>) -> Result<SessionReply, Failure> {
    Ok(SessionReply {
        name: account.map(|account| account.name.clone()),
        grant: account.map(|account| account.grant.clone()),
        municipality: store.tenant()?.municipality,
        needs_setup: store.account_count()? == 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use store::Kind;

    fn config() -> Config {
        Config::new(Arc::new(|| 0))
    }

    fn server() -> Server {
        let store = Store::in_memory(Kind::Server, Box::new(|bytes| bytes.fill(7))).unwrap();
        Server::new(store, config())
    }

    #[tokio::test]
    async fn a_login_whose_sender_hangs_up_keeps_its_turn_until_its_hash_is_done() {
        let server = server();
        let (begun, begins) = tokio::sync::oneshot::channel();
        let (end, ends) = std::sync::mpsc::channel::<()>();
        let place = server.places.for_known().unwrap();
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
        assert_eq!(server.hashing.available_permits(), 1);
        let rest: Vec<_> = (0..3).map(|_| server.places.for_known().unwrap()).collect();
        assert!(server.places.for_known().is_err(), "its place is taken, too");
        drop(rest);
        end.send(()).unwrap();
        let _both = server.hashing.acquire_many(2).await.unwrap();
    }

    #[test]
    fn only_a_proxy_of_ours_may_name_another_address() {
        let config = Config { proxies: vec!["203.0.113.4".parse().unwrap()], ..config() };
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", HeaderValue::from_static("192.0.2.9, 192.0.2.1"));
        let at = |peer: &str| address_of(&config, &headers, peer.parse().unwrap()).to_string();
        assert_eq!(at("127.0.0.1:9"), "192.0.2.1");
        assert_eq!(at("[::1]:9"), "192.0.2.1");
        assert_eq!(at("203.0.113.4:9"), "192.0.2.1", "one of the settings");
        assert_eq!(at("198.51.100.7:9"), "198.51.100.7");
    }
}
