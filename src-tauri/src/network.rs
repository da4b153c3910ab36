//! Carries one call over HTTP.

use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;
use std::time::Duration;
use store::{HttpAnswer, HttpCall};
use ureq::Agent;
use ureq::http::Response;

/// The most that is read of an answer: far above a page of records, far below a phone's memory.
const ANSWER_MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Keeps a connection open between calls.
pub struct Network {
    agent: Agent,
}

impl Network {
    /// Makes one; nothing is sent yet.
    pub fn new() -> Network {
        let config = Agent::config_builder()
            .timeout_global(Some(Duration::from_millis(u64::from(door::CALL_TIMEOUT_MS))))
            .timeout_connect(Some(Duration::from_secs(20)))
            .http_status_as_error(false)
            // A Wi-Fi sign-in page redirects. Followed, it would answer in the office's place.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .build();
        Network { agent: config.into() }
    }

    /// Makes a call and brings its answer. Whatever goes wrong on the way is "unreachable": the call can be repeated.
    pub fn carry(&self, call: &HttpCall) -> HttpAnswer {
        self.attempt(call).unwrap_or(HttpAnswer::Unreachable)
    }

    fn attempt(&self, call: &HttpCall) -> Option<HttpAnswer> {
        let bearer = (!call.bearer.is_empty()).then(|| format!("Bearer {}", call.bearer));
        let response = if call.method == "GET" {
            let request = self.agent.get(&call.url);
            match bearer {
                Some(bearer) => request.header("Authorization", bearer).call(),
                None => request.call(),
            }
        } else {
            let mut request = self.agent.post(&call.url).header("Content-Type", call.content_type);
            if let Some(bearer) = bearer {
                request = request.header("Authorization", bearer);
            }
            match compressed(call) {
                Some(body) => request.header("Content-Encoding", "gzip").send(&body[..]),
                None => request.send(&call.body[..]),
            }
        };
        let mut response: Response<ureq::Body> = response.ok()?;
        let content_type = response
            .headers()
            .get("Content-Type")
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned();
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(ANSWER_MAX_BYTES).read_to_vec().ok()?;
        Some(HttpAnswer::Response { status, content_type, body })
    }
}

fn compressed(call: &HttpCall) -> Option<Vec<u8>> {
    if !door::worth_compressing(call) {
        return None;
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&call.body).ok()?;
    encoder.finish().ok()
}
