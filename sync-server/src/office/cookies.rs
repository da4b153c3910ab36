//! The office's cookies: the session's, which scripts cannot read and other sites cannot send, and the marks by which a browser
//! is known.

use crate::shared::Server;
use axum::http::{HeaderMap, header};

/// How long a browser stays known after a login: the longest that browsers keep a cookie.
pub(super) const KNOWN_SECONDS: u64 = 400 * 24 * 60 * 60;
/// The session's.
pub(super) const SESSION_COOKIE: &str = "sanam_session";

/// With https a cookie's name starts with `__Host-`, by which a browser knows that no other host may set it.
pub(super) fn cookie_name(server: &Server, name: &str) -> String {
    if server.is_https() { format!("__Host-{name}") } else { name.to_owned() }
}

/// One for each account, because several people may share the office's computer.
pub(super) fn known_cookie(server: &Server, account: &str) -> String {
    let short = blake3::hash(account.as_bytes()).to_hex();
    cookie_name(server, &format!("sanam_known_{}", short.get(..8).unwrap_or_default()))
}

/// A cookie as a browser is told to keep it; for no seconds to drop it.
pub(super) fn cookie_line(server: &Server, name: &str, value: &str, seconds: u64) -> String {
    let secure = if server.is_https() { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}")
}

/// The value of a cookie that a browser sent.
pub(super) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    all.flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}
