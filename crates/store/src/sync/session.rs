//! One exchange with the server as a list of calls: push all, pull all, then photos. The doors carry each call over
//! whatever network they have and give back the answer; every step is durable before the next is asked for.

use super::push::Pushed;
use crate::error::{Error, Result};
use crate::{Now, Store, meta, service};
use domain::api::{Enrol, Photo, SyncReply};
use domain::code::{self, Scanned};
use domain::planted;
use domain::problem::{Code, Problem};
use domain::wire::{self, BlobReply, EnrolReply, EnrolRequest, PushReply, unsent_mark};

/// A call that a door shall make. Bodies are not compressed yet; the door does that and says so in the header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpCall {
    /// `POST`, or `GET` without a body.
    pub method: &'static str,
    /// Whole address.
    pub url: String,
    /// Token for `Authorization: Bearer`; empty for none.
    pub bearer: String,
    /// The body.
    pub body: Vec<u8>,
    /// Its type.
    pub content_type: &'static str,
}

/// What came back, decompressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HttpAnswer {
    /// Somebody answered.
    Response {
        /// HTTP status.
        status: u16,
        /// Type of the body, as the header says.
        content_type: String,
        /// The body.
        body: Vec<u8>,
    },
    /// Nobody did, or the answer was cut off.
    Unreachable,
}

/// What is next.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Make this call and come back with its answer.
    Call(HttpCall),
    /// Everything was exchanged.
    Done(SyncReply),
    /// It cannot go on now. What was exchanged stays exchanged.
    Failed(Problem),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Waiting {
    Start,
    Push { commits: u64 },
    Pull,
    Photo { hash: String, offset: usize },
    Entrance { hash: String },
}

/// One exchange in progress.
#[derive(Debug)]
pub struct SyncSession {
    waiting: Waiting,
    with_photos: bool,
    /// Commits of the next push.
    batch: usize,
    /// Most commits of any push.
    most: usize,
    /// Records of the next page.
    page: u32,
    /// Bytes of the next piece of a photo.
    piece: usize,
    /// Pages without a record although more was to come: how often running.
    empty_pages: u32,
    /// When the call that is on its way was made.
    asked_ms: u64,
    healed: bool,
    pushed: u64,
    pulled: u64,
    photos: u64,
    /// Small pictures of ways in that were asked for: whoever looks for somebody in a flood has no signal.
    entrances: Vec<String>,
}

/// Most small pictures of one sync.
const MOST_ENTRANCES: usize = 60;

/// A reader's month in one go: some fifty kilobytes.
const FIRST_BATCH: usize = 1_000;
const FIRST_PAGE: u32 = 1_000;
/// An answer that took longer makes the next load smaller, one that took less than a third of it larger.
const PATIENCE_MS: u64 = 6_000;
/// One comes after a grant has changed. More are somebody's mistake, and must not cost a month's data.
const MOST_EMPTY_PAGES: u32 = 8;
const LEAST_BATCH: usize = 10;
const LARGEST_PAGE: u32 = wire::PULL_PAGE_RECORDS as u32;
const LEAST_PAGE: u32 = 50;
const LEAST_PIECE: usize = 16 * 1024;
const JSON: &str = "application/json";
const LINES: &str = "application/x-ndjson";
const BYTES: &str = "application/octet-stream";

impl SyncSession {
    /// Begins. Without photos only records are exchanged (a phone that shall wait for Wi-Fi).
    pub fn new(with_photos: bool) -> SyncSession {
        SyncSession {
            waiting: Waiting::Start,
            with_photos,
            batch: FIRST_BATCH,
            most: wire::PUSH_MAX_COMMITS,
            page: FIRST_PAGE,
            piece: wire::PHOTO_CHUNK_BYTES,
            empty_pages: 0,
            asked_ms: 0,
            healed: false,
            pushed: 0,
            pulled: 0,
            photos: 0,
            entrances: Vec::new(),
        }
    }

    /// Sends no more than so many commits with one push.
    #[must_use]
    pub fn at_most(self, commits: usize) -> SyncSession {
        SyncSession { most: commits.clamp(1, wire::PUSH_MAX_COMMITS), ..self }
    }

    /// Commits received by the office, records that came, and photos received, so far.
    pub fn progress(&self) -> (u64, u64, u64) {
        (self.pushed, self.pulled, self.photos)
    }

    /// Says that the last call leaves only now. A door that lets something else go first says so: how long that took tells
    /// nothing about this call.
    pub fn departs(&mut self, now: Now) {
        self.asked_ms = now.ms;
    }

    /// Takes in the answer to the last call (`None` at first) and says what is next.
    pub fn next(&mut self, store: &mut Store, answer: Option<HttpAnswer>, now: Now) -> Step {
        match self.advance(store, answer, now) {
            Ok(step) => step,
            Err(error) => Step::Failed(error.into()),
        }
    }

    fn advance(&mut self, store: &mut Store, answer: Option<HttpAnswer>, now: Now) -> Result<Step> {
        if answer == Some(HttpAnswer::Unreachable) {
            self.ask_for_less(store)?;
        }
        match (self.waiting.clone(), answer) {
            (Waiting::Start, _) => {
                self.batch = store.noted_batch()?.unwrap_or(FIRST_BATCH);
                self.page = store.noted(meta::PAGE)?.unwrap_or(FIRST_PAGE);
                self.piece = store.noted(meta::PIECE)?.unwrap_or(wire::PHOTO_CHUNK_BYTES);
                self.push_or_pull(store, now)
            }
            (_, None) => Err(Problem::new(Code::Offline).into()),
            (Waiting::Push { commits }, Some(answer)) => {
                let body = match self.body_of(store, answer) {
                    Err(Error::Refused(problem)) if problem.code == Code::TooLarge && commits > 1 => {
                        // More than this does not go through, now or at the next session.
                        self.most = usize::try_from(commits / 2).unwrap_or(1);
                        self.batch = self.most;
                        store.note_batch(self.batch)?;
                        return self.push_or_pull(store, now);
                    }
                    // Perhaps too much for this network: the next try, by whoever makes it, is smaller.
                    Err(Error::Refused(problem)) if problem.code == Code::Offline => {
                        let sent = usize::try_from(commits).unwrap_or(usize::MAX).min(self.batch);
                        store.note_batch((sent / 4).max(LEAST_BATCH))?;
                        return Err(problem.into());
                    }
                    other => other?,
                };
                if serde_json::from_slice::<PushReply>(&body).is_err() && planted::is("portal_is_success") {
                    super::push::receive_up_to(&store.db, store.last_n()?, now.ms)?;
                    return self.push_or_pull(store, now);
                }
                let reply: PushReply = serde_json::from_slice(&body).map_err(|_| not_ours())?;
                let Pushed { judged, forgotten } = store.absorb_push(&reply, now.ms)?;
                self.pushed += judged;
                self.batch = match now.ms.saturating_sub(self.asked_ms) {
                    slow if slow > PATIENCE_MS => (self.batch / 2).max(LEAST_BATCH),
                    quick if quick < PATIENCE_MS / 3 => (self.batch * 4).min(self.most),
                    _ => self.batch,
                };
                store.note_batch(self.batch)?;
                // Verdicts on others than those that wait move nothing: the same push again would go on for ever.
                if judged > 0 || forgotten {
                    self.push_or_pull(store, now)
                } else {
                    Err(Problem::new(Code::Gap).into())
                }
            }
            (Waiting::Pull, Some(answer)) => {
                let body = self.body_of(store, answer)?;
                let heal = !self.healed;
                let absorbed = store.absorb_pull(&body, heal, now.ms)?;
                self.pulled += absorbed.records;
                self.healed |= absorbed.healing;
                let empty = absorbed.more && absorbed.records == 0 && !absorbed.healing;
                self.empty_pages = if empty { self.empty_pages + 1 } else { 0 };
                if self.empty_pages > MOST_EMPTY_PAGES {
                    return Err(Problem::new(Code::Gap).into());
                }
                self.page = match now.ms.saturating_sub(self.asked_ms) {
                    slow if slow > PATIENCE_MS => (self.page / 2).max(LEAST_PAGE),
                    quick if quick < PATIENCE_MS / 3 => self.page.saturating_mul(4).min(LARGEST_PAGE),
                    _ => self.page,
                };
                store.note(meta::PAGE, Some(self.page).filter(|page| *page < FIRST_PAGE))?;
                // A new life of the server puts commits back into the outbox.
                if absorbed.more || store.next_push(1)?.is_some() {
                    self.push_or_pull(store, now)
                } else {
                    self.photo(store, now)
                }
            }
            (Waiting::Photo { hash, offset }, Some(answer)) => {
                let reply: BlobReply = match self.body_of(store, answer) {
                    // Damaged on the way: at the next sync the others go first.
                    Err(Error::Refused(problem)) if problem.code == Code::PhotoHash => {
                        store.postpone_photo(&hash, now.ms)?;
                        return self.done(store);
                    }
                    // Nothing the office can open, however often it is sent.
                    Err(Error::Refused(problem))
                        if matches!(problem.code, Code::PhotoUnreadable | Code::BadRecord) =>
                    {
                        store.refuse_photo(&hash)?;
                        return self.photo(store, now);
                    }
                    other => serde_json::from_slice(&other?).map_err(|_| not_ours())?,
                };
                if reply.done {
                    store.photo_received(&hash)?;
                    self.photos += 1;
                } else if reply.have as usize <= offset && offset > 0 {
                    return self.done(store); // no progress: leave it for the next sync
                } else {
                    self.suit_piece(store, offset, now)?;
                    return self.chunk(store, &hash, reply.have as usize, now);
                }
                self.photo(store, now)
            }
            (Waiting::Entrance { hash }, Some(answer)) => {
                let ask = Photo { hash, whole: false };
                match super::photos::absorb_photo(store, &ask, answer) {
                    Err(problem) if problem.code == Code::DiskFull => Err(problem.into()),
                    // All that counts was exchanged before: for a picture no sync fails.
                    Err(_) => self.done(store),
                    Ok(_) => self.photo(store, now),
                }
            }
        }
    }

    /// Notes that what was asked for did not come: perhaps it was too much for this network, so the next try, by whoever
    /// makes it, asks for less. For pushes see above.
    fn ask_for_less(&self, store: &mut Store) -> Result<()> {
        match self.waiting {
            Waiting::Pull => store.note(meta::PAGE, Some((self.page / 4).max(LEAST_PAGE))),
            Waiting::Photo { offset, .. } if offset > 0 => {
                store.note(meta::PIECE, Some((self.piece / 4).max(LEAST_PIECE)))
            }
            _ => Ok(()),
        }
    }

    /// After a piece of a photo arrived: how large the next one is.
    fn suit_piece(&mut self, store: &mut Store, offset: usize, now: Now) -> Result<()> {
        let whole = wire::PHOTO_CHUNK_BYTES;
        self.piece = match now.ms.saturating_sub(self.asked_ms) {
            _ if offset == 0 => self.piece, // only asked how much is there
            slow if slow > PATIENCE_MS => (self.piece / 2).max(LEAST_PIECE),
            quick if quick < PATIENCE_MS / 3 => (self.piece * 4).min(whole),
            _ => self.piece,
        };
        store.note(meta::PIECE, Some(self.piece).filter(|piece| *piece < whole))
    }

    fn push_or_pull(&mut self, store: &Store, now: Now) -> Result<Step> {
        self.asked_ms = now.ms;
        if let Some(push) = store.next_push(self.batch.min(self.most))? {
            self.waiting = Waiting::Push { commits: push.commits };
            if planted::is("retired_before_answer") {
                super::push::receive_up_to(&store.db, store.last_n()?, now.ms)?;
            }
            return self.call(store, "/v1/push", push.body, LINES);
        }
        self.waiting = Waiting::Pull;
        let body = serde_json::to_vec(&store.next_pull(self.page, self.empty_pages > 1)?)?;
        self.call(store, "/v1/pull", body, JSON)
    }

    fn photo(&mut self, store: &mut Store, now: Now) -> Result<Step> {
        if !self.with_photos {
            return self.done(store);
        }
        if store.next_push(1)?.is_some() {
            return self.push_or_pull(store, now); // saved meanwhile: records never wait for photos
        }
        match store.next_whole_photo()? {
            Some(hash) => {
                // An empty piece asks how much has arrived.
                let path = format!("/v1/blob/{hash}?offset=0&last=0");
                self.waiting = Waiting::Photo { hash, offset: 0 };
                self.call(store, &path, Vec::new(), BYTES)
            }
            None => self.entrance(store),
        }
    }

    /// The next small picture that is not here yet: of a way in, or of an own photo that will make room.
    fn entrance(&mut self, store: &Store) -> Result<Step> {
        let missing = match self.entrances.len() < MOST_ENTRANCES {
            true => match crate::emergency::missing_photo(&store.db, &self.entrances)? {
                None => store.next_to_shrink(&self.entrances)?,
                of_a_way_in => of_a_way_in,
            },
            false => None,
        };
        let Some(hash) = missing else { return self.done(store) };
        self.entrances.push(hash.clone());
        let call = super::photos::photo_call(store, &Photo { hash: hash.clone(), whole: false })?;
        self.waiting = Waiting::Entrance { hash };
        Ok(Step::Call(call))
    }

    fn chunk(&mut self, store: &Store, hash: &str, have: usize, now: Now) -> Result<Step> {
        if store.next_push(1)?.is_some() {
            return self.push_or_pull(store, now);
        }
        let Some((_, bytes)) = store.photo(hash)? else { return self.done(store) };
        let end = (have + self.piece).min(bytes.len());
        let piece = bytes.get(have..end).unwrap_or_default().to_vec();
        let last = u8::from(end == bytes.len());
        self.asked_ms = now.ms;
        self.waiting = Waiting::Photo { hash: hash.to_owned(), offset: have.max(1) };
        self.call(store, &format!("/v1/blob/{hash}?offset={have}&last={last}"), piece, BYTES)
    }

    fn done(&self, store: &Store) -> Result<Step> {
        Ok(Step::Done(SyncReply {
            pushed: self.pushed,
            pulled: self.pulled,
            photos: self.photos,
            more: false,
            status: service::status(store)?,
        }))
    }

    fn call(&self, store: &Store, path: &str, body: Vec<u8>, content_type: &'static str) -> Result<Step> {
        let server = meta::get(&store.db, meta::SERVER)?.ok_or(Code::NotEnrolled)?;
        let bearer = meta::get(&store.db, meta::TOKEN)?.ok_or(Code::NotEnrolled)?;
        Ok(Step::Call(HttpCall {
            method: "POST",
            url: format!("{server}{path}"),
            bearer,
            body,
            content_type,
        }))
    }

    /// Returns the body of a good answer; notes a revoked token.
    fn body_of(&self, store: &mut Store, answer: HttpAnswer) -> Result<Vec<u8>> {
        let body = body_of(answer);
        if let Err(problem) = &body
            && problem.code == Code::TokenRevoked
        {
            store.transact(|tx| meta::set(tx.db, meta::REVOKED, 1))?;
        }
        Ok(body?)
    }
}

fn not_ours() -> Problem {
    Problem::new(Code::NotOurServer)
}

fn body_of(answer: HttpAnswer) -> std::result::Result<Vec<u8>, Problem> {
    match answer {
        HttpAnswer::Response { status: 200, content_type, body }
            if content_type.starts_with("application/") =>
        {
            Ok(body)
        }
        other => Err(problem_of(other)),
    }
}

/// What an answer that is none says: the server's own problem, or that somebody in between spoke.
pub(crate) fn problem_of(answer: HttpAnswer) -> Problem {
    match answer {
        HttpAnswer::Unreachable => Code::Offline.into(),
        HttpAnswer::Response { status, body, .. } => {
            serde_json::from_slice(&body).unwrap_or_else(|_| problem_of_gateway(status))
        }
    }
}

/// What somebody in between means who is no sign-in page: a gateway in front of the office that takes no bodies of this
/// size, or behind which nobody answers in time.
fn problem_of_gateway(status: u16) -> Problem {
    match status {
        413 => Code::TooLarge.into(),
        408 | 429 | 502..=504 => Code::Offline.into(),
        _ => not_ours(),
    }
}

/// The call that enrols this device. `request.text` is the scanned link, or a code with `request.server`.
///
/// Returns the server's address and the call. Errors: `code_mistyped`, `enrol_unknown` without a server.
pub fn enrol_call(store: &Store, request: &Enrol) -> std::result::Result<(String, HttpCall), Problem> {
    let own = request.server.clone().unwrap_or_default();
    let (server, code) = match code::read(&request.text)? {
        Scanned::Enrol { server, code } => (server, code),
        Scanned::Ours { code, host: None, .. } if !own.is_empty() => (own, code),
        _ => return Err(Code::EnrolUnknown.into()),
    };
    let server = server.trim_end_matches('/').to_owned();
    let holds_unsent = match service::counts(store)? {
        counts if counts.saved == counts.received && counts.photos_waiting == 0 => None,
        _ => meta::get_parsed(&store.db, meta::TENANT)?.map(domain::ids::Install),
    };
    let body = EnrolRequest {
        unsent_mark: holds_unsent.map(|tenant| unsent_mark(&code, tenant)),
        unsent_of: None,
        code,
        install: store.install()?,
        name: request.name.clone(),
        top_n: store.last_n()?,
        acked_n: store.received_n()?,
        incarnation: meta::get_parsed(&store.db, meta::INCARNATION)?.map(domain::ids::Install),
    };
    let body = serde_json::to_vec(&body).map_err(Error::from)?;
    let url = format!("{server}/v1/enrol");
    Ok((server, HttpCall { method: "POST", url, bearer: String::new(), body, content_type: JSON }))
}

/// Takes in the answer to [`enrol_call`].
pub fn absorb_enrol(
    store: &mut Store,
    server: &str,
    answer: HttpAnswer,
    now: Now,
) -> std::result::Result<(), Problem> {
    let body = body_of(answer)?;
    let reply: EnrolReply = serde_json::from_slice(&body).map_err(|_| not_ours())?;
    Ok(store.adopt_enrolment(server, &reply, now.ms)?)
}
