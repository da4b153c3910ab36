//! What every device door does alike, without a socket, a timer or a thread of its own.
//!
//! A door carries requests from screens to the store and calls from the store to the server. The browser's worker and
//! the installed app differ in how they do that, not in what: both give each request to [`Door::ask`], both make the
//! calls that [`Door::carry`] hands out, one at a time, and bring back the answers. Between two calls the store is
//! free, so that a slow network never holds up a scan or a save.
//!
//! This is a crate because both shells need the same and neither may depend on the other; and because only without
//! I/O can a test hold the network still and look.

mod clock;
mod pace;

pub use clock::Clock;

use domain::api::{Done, Enrol, Photo, Reply, Request, Status, StatusReply, SyncReply, UnsentCopyReply};
use domain::problem::{Code, Problem};
use pace::Pace;
use serde::Serialize;
use std::collections::VecDeque;
use store::{HttpAnswer, HttpCall, Now, Step, Store, SyncSession};

/// How long a call may take in all, milliseconds: a page of records over a bad line, but not for ever.
pub const CALL_TIMEOUT_MS: u32 = 120_000;

/// Bodies from this size on are worth compressing.
const COMPRESS_FROM_BYTES: usize = 1024;

/// Something a door has to deliver. `T` is how the door knows who asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said<T> {
    /// The answer to a request: JSON text of `{"ok": Reply}` or `{"problem": Problem}`.
    Reply {
        /// Who asked.
        to: T,
        /// The answer.
        text: String,
    },
    /// Something nobody asked for.
    Event {
        /// `changed`, `progress` or `status`.
        name: &'static str,
        /// JSON text.
        detail: String,
    },
}

/// What a door does next about the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Make this call, then come to [`Door::carry`] with its answer.
    Call(HttpCall),
    /// Come back after so many milliseconds, or once [`Door::ask`] was called.
    Wait(u64),
    /// Come back once [`Door::ask`] was called.
    Rest,
}

/// The store with its askers and its one line to the server.
pub struct Door<T> {
    store: Store,
    set_aside: Option<String>,
    line: Line<T>,
    enrolments: VecDeque<(T, Enrol)>,
    /// Photos somebody looks at that are not here.
    fetches: VecDeque<(T, Photo)>,
    /// Whether the network costs nothing by the byte; `None` where the device does not tell.
    free_network: Option<bool>,
    /// Somebody said to send photos now, whatever the network.
    photos_now: bool,
    /// Who waits for the exchange in progress or about to begin.
    syncs: Vec<T>,
    pace: Pace,
}

/// What the line to the server is used for. One call at a time.
enum Line<T> {
    Free,
    Enrolling {
        to: T,
        server: String,
    },
    Syncing(Exchange),
    /// Fetching a photo, perhaps in the middle of an exchange that then goes on with its call.
    Fetching {
        to: T,
        ask: Photo,
        then: Option<(Box<Line<T>>, HttpCall)>,
    },
}

/// An exchange in progress.
struct Exchange {
    session: SyncSession,
    /// How far the screens know it has come.
    told: (u64, u64, u64),
    /// Commits that waited when it began.
    total: u64,
    /// Photos go along.
    photos: bool,
}

/// How far an exchange has come, for the screens.
#[derive(Serialize)]
struct Progress {
    done: u64,
    total: u64,
    stage: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "one answer lives at a time, and only until it is a text")]
enum Answer {
    Ok(Reply),
    Problem(Problem),
}

impl<T> Door<T> {
    /// Opens the door of a store. `set_aside` names a damaged file that the shell itself put aside (natively the
    /// store does it and says so); `seed` is any number, so that devices do not all call at the same moment.
    pub fn new(store: Store, set_aside: Option<String>, seed: u64, now: Now) -> Door<T> {
        let mut door = Door {
            store,
            set_aside,
            line: Line::Free,
            enrolments: VecDeque::new(),
            fetches: VecDeque::new(),
            free_network: None,
            photos_now: false,
            syncs: Vec::new(),
            pace: Pace::new(seed),
        };
        door.online(now);
        door
    }

    /// Takes a request: the JSON text of [`Request`]. What only the store is needed for is answered at once; an
    /// enrolment or a sync is answered by a later [`Door::carry`], which the caller shall do now if it is not in the
    /// middle of a call.
    pub fn ask(&mut self, from: T, text: &str, now: Now) -> Option<Said<T>> {
        self.ask_beside(from, text, now, UnsentCopyReply::default)
    }

    /// [`Door::ask`] for a shell that itself put damaged files aside: `damaged` reads them for whoever wants a copy of what
    /// was not sent.
    pub fn ask_beside(
        &mut self,
        from: T,
        text: &str,
        now: Now,
        damaged: impl FnOnce() -> UnsentCopyReply,
    ) -> Option<Said<T>> {
        let request: Request = match serde_json::from_str(text) {
            Ok(request) => request,
            Err(error) => {
                return Some(reply(from, Err(Problem::new(Code::Malformed).about(error))));
            }
        };
        match request {
            Request::Enrol(enrol) => {
                self.enrolments.push_back((from, enrol));
                None
            }
            Request::Sync(ask) => {
                self.photos_now |= ask.photos_now;
                self.syncs.push(from);
                None
            }
            Request::Network(network) => {
                // What waited for it goes now.
                if network.free == Some(true) && self.free_network != Some(true) {
                    self.online(now);
                }
                self.free_network = network.free;
                Some(reply(from, Ok(Reply::Network(Done {}))))
            }
            Request::Photo(ask) => match self.serve(Request::Photo(ask.clone()), now) {
                Ok(Reply::Photo(photo)) if photo.base64.is_none() => {
                    self.fetches.push_back((from, ask));
                    None
                }
                answer => Some(reply(from, answer)),
            },
            Request::UnsentCopy(ask) => {
                let mut answer = self.serve(Request::UnsentCopy(ask), now);
                if let Ok(Reply::UnsentCopy(copy)) = &mut answer {
                    let UnsentCopyReply { files, too_large } = damaged();
                    copy.files.extend(files);
                    copy.too_large.extend(too_large);
                }
                Some(reply(from, answer))
            }
            request => {
                let before = self.store.last_n();
                let answer = self.serve(request, now);
                // Whatever it was: what left something to send is sent soon.
                if before.ok() != self.store.last_n().ok() {
                    self.pace.saved(now.ms);
                }
                Some(reply(from, answer))
            }
        }
    }

    /// Takes the answer to the last call, if there was one, and says what is next.
    pub fn carry(&mut self, answer: Option<HttpAnswer>, now: Now) -> (Vec<Said<T>>, Next) {
        let mut said = Vec::new();
        // A call whose answer never came is as good as one that nobody heard.
        let answer = answer.unwrap_or(HttpAnswer::Unreachable);
        let next = match std::mem::replace(&mut self.line, Line::Free) {
            Line::Free => None,
            Line::Enrolling { to, server } => {
                self.enrolled(to, &server, answer, now, &mut said);
                None
            }
            Line::Syncing(exchange) => self.advance(exchange, Some(answer), now, &mut said),
            Line::Fetching { to, ask, then } => {
                let found = store::absorb_photo(&mut self.store, &ask, answer);
                said.push(reply(to, found.map(Reply::Photo)));
                then.map(|(line, call)| {
                    self.line = *line;
                    if let Line::Syncing(exchange) = &mut self.line {
                        exchange.session.departs(now);
                    }
                    Next::Call(call)
                })
            }
        };
        let next = next.unwrap_or_else(|| self.begin(now, &mut said));
        let next = self.look_first(next, &mut said);
        (said, next)
    }

    /// Fetches a photo that somebody looks at, before whatever is next: people wait for it, an exchange does not mind.
    fn look_first(&mut self, next: Next, said: &mut Vec<Said<T>>) -> Next {
        if matches!(next, Next::Call(_)) && !matches!(self.line, Line::Syncing(_)) {
            return next;
        }
        while let Some((to, ask)) = self.fetches.pop_front() {
            match store::photo_call(&self.store, &ask) {
                Ok(call) => {
                    let line = std::mem::replace(&mut self.line, Line::Free);
                    let then = match next {
                        Next::Call(later) => Some((Box::new(line), later)),
                        Next::Wait(_) | Next::Rest => None,
                    };
                    self.line = Line::Fetching { to, ask, then };
                    return Next::Call(call);
                }
                Err(error) => said.push(reply(to, Err(error.into()))),
            }
        }
        next
    }

    /// The network or the person came back: the next exchange need not wait any longer.
    fn online(&mut self, now: Now) {
        match self.status(now) {
            Ok(StatusReply { enrolled: Some(enrolled), .. }) if !enrolled.revoked => self.pace.online(now.ms),
            _ => self.pace.stop(),
        }
    }

    /// Gives up whatever the line was used for, after a fault of ours, and tells all who wait. What is in the store
    /// stays; the next attempt begins anew.
    pub fn abandon(&mut self, now: Now, problem: &Problem) -> Vec<Said<T>> {
        let line = std::mem::replace(&mut self.line, Line::Free);
        let asking = match line {
            Line::Enrolling { to, .. } | Line::Fetching { to, .. } => Some(to),
            Line::Free | Line::Syncing(_) => None,
        };
        self.pace.failed(now.ms);
        let waiting = self.enrolments.drain(..).map(|(to, _)| to).chain(self.syncs.drain(..));
        let waiting = waiting.chain(self.fetches.drain(..).map(|(to, _)| to));
        asking.into_iter().chain(waiting).map(|to| reply(to, Err(problem.clone()))).collect()
    }

    /// The store behind the door.
    pub fn store(&self) -> &Store {
        &self.store
    }

    fn begin(&mut self, now: Now, said: &mut Vec<Said<T>>) -> Next {
        while let Some((to, enrol)) = self.enrolments.pop_front() {
            match store::enrol_call(&self.store, &enrol) {
                Ok((server, call)) => {
                    self.line = Line::Enrolling { to, server };
                    return Next::Call(call);
                }
                Err(problem) => said.push(reply(to, Err(problem))),
            }
        }
        while !self.syncs.is_empty() || self.pace.is_due(now.ms) {
            let status = self.status(now).unwrap_or_default();
            let waiting = status.counts.saved - status.counts.received;
            let photos = self.photos_now || !status.photos_wifi_only || self.free_network == Some(true);
            let session = SyncSession::new(photos);
            let exchange = Exchange { session, told: (0, 0, 0), total: waiting, photos };
            if let Some(next) = self.advance(exchange, None, now, said) {
                return next;
            }
        }
        self.pace.wait(now.ms).map_or(Next::Rest, Next::Wait)
    }

    /// Takes one step of an exchange. Returns the next call, or `None` when the exchange is over.
    fn advance(
        &mut self,
        mut exchange: Exchange,
        answer: Option<HttpAnswer>,
        now: Now,
        said: &mut Vec<Said<T>>,
    ) -> Option<Next> {
        let step = exchange.session.next(&mut self.store, answer, now);
        let progress = exchange.session.progress();
        let Exchange { told, total, photos, .. } = exchange;
        if progress.1 > told.1 {
            said.push(event("changed", &serde_json::json!({ "records": progress.1 - told.1 })));
        }
        match step {
            Step::Call(call) => {
                if progress != told
                    && let Ok(status) = self.status(now)
                {
                    said.push(event("status", &status));
                }
                said.push(event("progress", &stage(&call, progress, total)));
                self.line = Line::Syncing(Exchange { told: progress, ..exchange });
                Some(Next::Call(call))
            }
            Step::Done(reply) => {
                let counts = reply.status.counts;
                let waits = counts.saved > counts.received || (photos && counts.photos_waiting > 0);
                // What still waits after an exchange that moved nothing will not go at the next one either.
                if waits && reply.pushed + reply.photos == 0 {
                    self.pace.failed(now.ms);
                } else {
                    self.pace.succeeded(now.ms, waits);
                }
                if photos {
                    self.photos_now = false;
                } else if self.photos_now {
                    // Somebody said so while this exchange went without.
                    self.pace.online(now.ms);
                }
                self.finish(Ok(reply), now, said);
                None
            }
            Step::Failed(problem) => {
                match problem.code {
                    // Only a person can mend these; asking again costs battery and wins nothing.
                    Code::NotEnrolled | Code::TokenRevoked | Code::TokenUnknown => self.pace.stop(),
                    _ => self.pace.failed(now.ms),
                }
                self.finish(Err(problem), now, said);
                None
            }
        }
    }

    fn finish(&mut self, result: Result<SyncReply, Problem>, now: Now, said: &mut Vec<Said<T>>) {
        if let Ok(status) = self.status(now) {
            said.push(event("status", &status));
        }
        let result = result.map(|mut done| {
            self.complete(&mut done.status);
            Reply::Sync(done)
        });
        said.extend(self.syncs.drain(..).map(|to| reply(to, result.clone())));
    }

    fn enrolled(&mut self, to: T, server: &str, answer: HttpAnswer, now: Now, said: &mut Vec<Said<T>>) {
        let result =
            store::absorb_enrol(&mut self.store, server, answer, now).and_then(|()| self.status(now));
        if let Ok(status) = &result {
            said.push(event("status", status));
            self.pace.online(now.ms);
        }
        said.push(reply(to, result.map(Reply::Enrol)));
    }

    fn serve(&mut self, request: Request, now: Now) -> Result<Reply, Problem> {
        let mut reply = store::service::serve(&mut self.store, None, now, request)?;
        if let Reply::Status(status) = &mut reply {
            self.complete(status);
        }
        Ok(reply)
    }

    fn status(&mut self, now: Now) -> Result<StatusReply, Problem> {
        match self.serve(Request::Status(Status {}), now)? {
            Reply::Status(status) => Ok(status),
            _ => Err(Code::Internal.into()),
        }
    }

    fn complete(&self, status: &mut StatusReply) {
        if let Some(name) = &self.set_aside {
            status.set_aside = Some(name.clone());
        }
    }
}

/// Says whether a call's body is worth compressing. Photos are compressed already.
pub fn worth_compressing(call: &HttpCall) -> bool {
    call.body.len() >= COMPRESS_FROM_BYTES && call.content_type != "application/octet-stream"
}

/// The JSON text of an answer, as every door sends it.
pub fn answer_text(answer: Result<Reply, Problem>) -> String {
    let answer = match answer {
        Ok(reply) => Answer::Ok(reply),
        Err(problem) => Answer::Problem(problem),
    };
    serde_json::to_string(&answer)
        .unwrap_or_else(|_| r#"{"problem":{"code":"internal","hint":""}}"#.to_owned())
}

fn reply<T>(to: T, answer: Result<Reply, Problem>) -> Said<T> {
    Said::Reply { to, text: answer_text(answer) }
}

fn event<T>(name: &'static str, detail: &impl Serialize) -> Said<T> {
    Said::Event { name, detail: serde_json::to_string(detail).unwrap_or_default() }
}

fn stage(call: &HttpCall, (pushed, pulled, photos): (u64, u64, u64), total: u64) -> Progress {
    if call.url.ends_with("/v1/push") {
        Progress { done: pushed, total: total.max(pushed), stage: "push" }
    } else if call.url.ends_with("/v1/pull") {
        Progress { done: pulled, total: 0, stage: "pull" }
    } else {
        Progress { done: photos, total: 0, stage: "photos" }
    }
}
