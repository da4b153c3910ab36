//! The network of the headless device: carries a [`store::HttpCall`] and brings its answer, nothing more.

use domain::wire::BODY_MAX_BYTES;
use std::cell::Cell;
use std::io::Read;
use std::time::Duration;
use store::{HttpAnswer, HttpCall};

/// Bodies below this are sent as they are.
const WORTH_COMPRESSING: usize = 512;
/// Level 3 packs four times as quickly as 6, for three bytes in a hundred more.
const COMPRESSION: i32 = 3;
/// Most bytes of an answer after unfolding. A page of a pull ends at the end of a commit and can pass the body's own
/// limit a little.
const ANSWER_MAX_BYTES: u64 = 4 * BODY_MAX_BYTES as u64;

/// A client that keeps its connection.
pub struct Network {
    agent: ureq::Agent,
    up: Cell<u64>,
    down: Cell<u64>,
}

impl Default for Network {
    fn default() -> Network {
        Network::new()
    }
}

impl Network {
    /// Makes a client.
    pub fn new() -> Network {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            // A sign-in page of a Wi-Fi redirects; its answer must not pass for the office's.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_global(Some(Duration::from_secs(120)))
            .build();
        Network { agent: config.into(), up: Cell::default(), down: Cell::default() }
    }

    /// Bytes of all bodies so far, packed as they travelled: sent, received.
    pub fn carried(&self) -> (u64, u64) {
        (self.up.get(), self.down.get())
    }

    /// Makes the call. Whatever goes wrong on the way is [`HttpAnswer::Unreachable`].
    pub fn carry(&self, call: &HttpCall) -> HttpAnswer {
        self.try_carry(call).unwrap_or(HttpAnswer::Unreachable)
    }

    fn try_carry(&self, call: &HttpCall) -> Option<HttpAnswer> {
        let mut request = self
            .agent
            .post(&call.url)
            .header("content-type", call.content_type)
            .header("accept-encoding", "zstd");
        let mut plain = self.agent.get(&call.url).header("accept-encoding", "zstd");
        if !call.bearer.is_empty() {
            let bearer = format!("Bearer {}", call.bearer);
            request = request.header("authorization", &bearer);
            plain = plain.header("authorization", &bearer);
        }
        let count = |sum: &Cell<u64>, bytes: usize| sum.set(sum.get() + bytes as u64);
        let mut response = if call.method == "GET" {
            plain.call()
        } else if call.body.len() >= WORTH_COMPRESSING {
            let folded = zstd::bulk::compress(&call.body, COMPRESSION).ok()?;
            count(&self.up, folded.len());
            request.header("content-encoding", "zstd").send(&folded[..])
        } else {
            count(&self.up, call.body.len());
            request.send(&call.body[..])
        }
        .ok()?;
        let header = |name: &str| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        let (content_type, encoding) = (header("content-type"), header("content-encoding"));
        let status = response.status().as_u16();
        let raw = response.body_mut().with_config().limit(ANSWER_MAX_BYTES).read_to_vec().ok()?;
        count(&self.down, raw.len());
        let body = if encoding == "zstd" {
            let mut unfolded = Vec::new();
            let decoder = zstd::stream::read::Decoder::with_buffer(&raw[..]).ok()?;
            decoder.take(ANSWER_MAX_BYTES).read_to_end(&mut unfolded).ok()?;
            unfolded
        } else {
            raw
        };
        Some(HttpAnswer::Response { status, content_type, body })
    }
}
