//! Messages over HTTP: signed webhooks, and LINE's Messaging API.

use super::Letter;
use super::guard::{Allowed, Guarded, Refused};
use domain::notify::Trouble;
use domain::thai_date;
use ring::hmac;
use serde_json::json;
use std::time::Duration;
use ureq::unversioned::transport::DefaultConnector;

/// How long the other side has for everything.
const PATIENCE: Duration = Duration::from_secs(10);

fn agent(allowed: &Allowed) -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .timeout_global(Some(PATIENCE))
        .http_status_as_error(false)
        // A redirect would lead to where nobody has looked, with a signature that was meant for somebody else.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .user_agent("sanam")
        .max_idle_connections(0)
        .build();
    ureq::Agent::with_parts(config, DefaultConnector::default(), Guarded(allowed.clone()))
}

/// What `X-Sanam-Signature` holds: `v1=` and HMAC-SHA256 over `<timestamp>.<body>` in hexadecimal, the timestamp as in
/// `X-Sanam-Timestamp` (seconds since 1970). A receiver works it out anew, compares, and refuses old timestamps.
pub(crate) fn signature(key: &str, timestamp: u64, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    let mut signed = format!("{timestamp}.").into_bytes();
    signed.extend_from_slice(body);
    let tag = hmac::sign(&key, &signed);
    let hex: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("v1={hex}")
}

/// Sends a signed request. Any status from 200 to 299 means that the other side has taken it.
pub(super) fn webhook(letter: &Letter, url: &str, key: &str, allowed: &Allowed) -> Result<(), Trouble> {
    let message = &letter.message;
    let body = json!({
        "id": letter.id,
        "event": message.event,
        "programme": message.programme,
        "title": message.title,
        "lines": message.lines,
        "url": letter.link(),
        "about": message.about,
        "at": thai_date::iso(letter.made_ms, thai_date::THAI_OFFSET_MINUTES),
    });
    let body = serde_json::to_vec(&body).map_err(|_| Trouble::Failed)?;
    let timestamp = letter.now_ms / 1_000;
    let sent = agent(allowed)
        .post(url)
        .header("content-type", "application/json")
        .header("x-sanam-id", letter.id.to_string())
        .header("x-sanam-timestamp", timestamp.to_string())
        .header("x-sanam-signature", signature(key, timestamp, &body))
        .send(&body[..]);
    match sent.map_err(|error| trouble(&error))?.status().as_u16() {
        200..300 => Ok(()),
        401 | 403 => Err(Trouble::NotSignedIn),
        404 | 410 => Err(Trouble::NoSuchReceiver),
        429 => Err(Trouble::TooMuch),
        _ => Err(Trouble::Failed),
    }
}

/// Pushes a message to a LINE user or group. `base` is LINE's address. A repeat carries the same retry key, so LINE shows it
/// once.
pub(super) fn line(
    letter: &Letter,
    to: &str,
    token: &str,
    base: &str,
    allowed: &Allowed,
) -> Result<(), Trouble> {
    // LINE takes 5,000 characters; ours are far fewer.
    let text: String = letter.text().chars().take(4_000).collect();
    let body = json!({ "to": to, "messages": [{ "type": "text", "text": text }] });
    let body = serde_json::to_vec(&body).map_err(|_| Trouble::Failed)?;
    let sent = agent(allowed)
        .post(format!("{}/v2/bot/message/push", base.trim_end_matches('/')))
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {token}"))
        .header("x-line-retry-key", letter.retry_key())
        .send(&body[..]);
    match sent.map_err(|error| trouble(&error))?.status().as_u16() {
        // 409: the first attempt had arrived after all.
        200..300 | 409 => Ok(()),
        401 | 403 => Err(Trouble::NotSignedIn),
        400 | 404 => Err(Trouble::NoSuchReceiver),
        429 => Err(Trouble::TooMuch),
        _ => Err(Trouble::Failed),
    }
}

fn trouble(error: &ureq::Error) -> Trouble {
    match error {
        ureq::Error::Other(inner) => match inner.downcast_ref::<Refused>() {
            Some(Refused(trouble)) => *trouble,
            None => Trouble::Failed,
        },
        ureq::Error::BadUri(_) | ureq::Error::HostNotFound | ureq::Error::Http(_) => Trouble::NoSuchHost,
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => Trouble::Untrusted,
        // A handshake that fails comes back as an error of reading.
        ureq::Error::Io(io) if io.kind() == std::io::ErrorKind::InvalidData => Trouble::Untrusted,
        ureq::Error::Io(_) | ureq::Error::Timeout(_) | ureq::Error::ConnectionFailed => Trouble::NoAnswer,
        _ => Trouble::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worked out with another tool: `printf '1700000000.{}' | openssl dgst -sha256 -hmac key`.
    #[test]
    fn a_signature_is_what_others_work_out() {
        assert_eq!(
            signature("key", 1_700_000_000, b"{}"),
            "v1=9d713ed406bb7076d4123f0dc2c39d2df5c654ed4b0cd56b52c8b4c940bd63ae"
        );
    }
}
