//! The network: what can happen to a request between a phone and the office.

use super::{Dice, Inner};
use domain::problem::{Code, Problem};
use std::collections::VecDeque;
use store::{HttpAnswer, HttpCall};

/// What one request meets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fate {
    /// It arrives, and so does its answer.
    Fine,
    /// It never arrives.
    LostBefore,
    /// The server does what it says, and the answer is lost.
    LostAfter,
    /// It arrives twice; the second answer comes back.
    Doubled,
    /// It seems lost, and arrives much later, after others.
    Late,
    /// It arrives, and once more much later.
    LateAgain,
    /// The answer ends after this share of its bytes.
    CutReply(f64),
    /// The answer ends after so many bytes.
    CutReplyAt(usize),
    /// The request ends after this share of its bytes, and the server answers to that.
    CutRequest(f64),
    /// A Wi-Fi sign-in page answers in the server's place: 200, and HTML.
    Portal,
    /// A sign-in page that says it is JSON.
    PortalJson,
    /// A gateway answers that nobody is behind it.
    BadGateway,
}

/// The state of the network.
pub struct Network {
    pub(crate) plan: VecDeque<Fate>,
    pub(crate) badness: f64,
    pub(crate) late: Vec<HttpCall>,
    dice: Dice,
    /// Requests carried so far.
    pub(crate) requests: u64,
    /// How often a phone was told that a record left one of its shelves.
    pub(crate) told_gone: u64,
}

impl Network {
    pub(crate) fn new(dice: Dice) -> Network {
        Network { plan: VecDeque::new(), badness: 0.0, late: Vec::new(), dice, requests: 0, told_gone: 0 }
    }

    fn fate(&mut self) -> Fate {
        if let Some(fate) = self.plan.pop_front() {
            return fate;
        }
        if self.dice.share() >= self.badness {
            return Fate::Fine;
        }
        match self.dice.below(11) {
            0 => Fate::LostBefore,
            1 | 2 => Fate::LostAfter,
            3 => Fate::Doubled,
            4 => Fate::Late,
            5 => Fate::LateAgain,
            6 | 7 => Fate::CutReply(self.dice.share()),
            8 => Fate::CutRequest(self.dice.share()),
            9 => Fate::Portal,
            _ => Fate::BadGateway,
        }
    }
}

const HTML: &str = "<html><title>Free Wi-Fi</title><form>กรุณาเข้าสู่ระบบ</form></html>";

impl Inner {
    /// Carries a request over the network.
    pub(crate) fn carry(&mut self, call: &HttpCall) -> HttpAnswer {
        self.now += 40;
        self.network.requests += 1;
        if !self.network.late.is_empty() && self.network.badness > 0.0 && self.network.dice.chance(30) {
            let at = self.network.dice.below(self.network.late.len() as u64) as usize;
            let late = self.network.late.swap_remove(at);
            self.deliver(&late);
        }
        match self.network.fate() {
            Fate::Fine => self.deliver(call),
            Fate::LostBefore => HttpAnswer::Unreachable,
            Fate::LostAfter => {
                self.deliver(call);
                HttpAnswer::Unreachable
            }
            Fate::Doubled => {
                self.deliver(call);
                self.now += 3;
                self.deliver(call)
            }
            Fate::Late => {
                self.network.late.push(call.clone());
                HttpAnswer::Unreachable
            }
            Fate::LateAgain => {
                self.network.late.push(call.clone());
                self.deliver(call)
            }
            Fate::CutReply(share) => {
                let answer = self.deliver(call);
                cut(answer, |len| (len as f64 * share) as usize)
            }
            Fate::CutReplyAt(at) => {
                let answer = self.deliver(call);
                cut(answer, |_| at)
            }
            Fate::CutRequest(share) => {
                let mut call = call.clone();
                call.body.truncate((call.body.len() as f64 * share) as usize);
                self.deliver(&call)
            }
            Fate::Portal => page(200, "text/html; charset=utf-8"),
            Fate::PortalJson => page(200, "application/json"),
            Fate::BadGateway => page(502, "text/html"),
        }
    }

    /// What the server does with a request that arrives, and its answer.
    pub(crate) fn deliver(&mut self, call: &HttpCall) -> HttpAnswer {
        self.now += 20;
        match self.answer(call) {
            Ok((content_type, body)) => {
                HttpAnswer::Response { status: 200, content_type: content_type.to_owned(), body }
            }
            // Whatever comes in, and whenever: an answer that tells of a fault of the server's own is one.
            Err(problem) if matches!(problem.code, Code::Internal | Code::StoreDamaged) => {
                panic!("the server failed: {problem:?}")
            }
            Err(problem) => HttpAnswer::Response {
                status: problem.code.http_status(),
                content_type: "application/json".to_owned(),
                body: serde_json::to_vec(&problem).unwrap(),
            },
        }
    }

    fn answer(&mut self, call: &HttpCall) -> Result<(&'static str, Vec<u8>), Problem> {
        let (path, query) = path_of(&call.url);
        let now = self.now;
        let json = |value: serde_json::Value| ("application/json", value.to_string().into_bytes());
        let malformed = |_| Problem::new(Code::Malformed);
        if path == "/v1/enrol" {
            let request = serde_json::from_slice(&call.body).map_err(malformed)?;
            let reply = self.server.enrol(&request, now)?;
            return Ok(json(serde_json::to_value(reply).unwrap()));
        }
        let from = self.server.authenticate(&call.bearer, now)?;
        match path.as_str() {
            "/v1/push" => {
                let reply = self.server.answer_push(&from, &call.body, now)?;
                Ok(json(serde_json::to_value(reply).unwrap()))
            }
            "/v1/pull" => {
                let request = serde_json::from_slice(&call.body).map_err(malformed)?;
                let page = self.server.answer_pull(&from, &request, now)?;
                let gone = page.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"{\"gone\""));
                self.network.told_gone += gone.count() as u64;
                Ok(("application/x-ndjson", page))
            }
            other => {
                let hash = other.strip_prefix("/v1/blob/").expect("a path of the protocol");
                if call.method == "GET" {
                    assert_eq!(query, "size=thumb", "nobody asks for a whole photo here");
                    let may_see = self.server.may_see_photo(&from.grant, from.device, hash)?;
                    let small = self.server.thumbnail(hash)?.filter(|_| may_see);
                    return Ok(("image/jpeg", small.ok_or(Code::NotFound)?));
                }
                let number = |key: &str| -> u64 {
                    let found = query.split('&').find_map(|part| part.strip_prefix(key)?.strip_prefix('='));
                    found.and_then(|text| text.parse().ok()).unwrap_or(0)
                };
                let last = number("last") == 1;
                let piece =
                    self.server.put_blob_chunk(&from, hash, number("offset"), &call.body, last, now)?;
                let reply = match piece {
                    store::Piece::Kept(reply) => reply,
                    // The server process draws it anew here.
                    store::Piece::Whole(bytes) => self.server.keep_drawn(
                        from.device,
                        hash,
                        &store::Drawn { bytes, thumbnail: b"small".to_vec() },
                        now,
                    )?,
                };
                Ok(json(serde_json::to_value(reply).unwrap()))
            }
        }
    }
}

fn path_of(url: &str) -> (String, String) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.find('/').map_or("/", |at| &rest[at..]);
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    (path.to_owned(), query.to_owned())
}

fn cut(answer: HttpAnswer, at: impl Fn(usize) -> usize) -> HttpAnswer {
    match answer {
        HttpAnswer::Response { status, content_type, mut body } => {
            body.truncate(at(body.len()));
            HttpAnswer::Response { status, content_type, body }
        }
        HttpAnswer::Unreachable => HttpAnswer::Unreachable,
    }
}

fn page(status: u16, content_type: &str) -> HttpAnswer {
    HttpAnswer::Response { status, content_type: content_type.to_owned(), body: HTML.as_bytes().to_vec() }
}
