//! A door with a store behind it and a network that this test holds in its hand.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends where it comes out wrong"
)]

use domain::access::Role;
use domain::api::{self, Ask, Reply, StatusReply};
use domain::billing::Billing;
use domain::change::{Change, kind};
use domain::ids::{DeviceNo, RecordId, Seq, Shelf};
use domain::problem::{Code, Problem};
use domain::programme::{FieldKind, FormKind, Programme, SubjectKind, Words};
use domain::wire::PullRequest;
use door::{Door, Next, Said};
use serde::Deserialize;
use store::{Authenticated, Drawn, Entropy, HttpAnswer, HttpCall, Kind, Now, Piece, Store};

const NOON: u64 = 1_795_000_000_000;
const MINUTE: u64 = 60_000;

fn entropy(seed: u64) -> Entropy {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    Box::new(move |bytes| {
        for byte in bytes {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            *byte = (state >> 32) as u8;
        }
    })
}

fn programme() -> Programme {
    let words = |th: &str| Words { th: th.into(), en: String::new() };
    Programme {
        id: "water".into(),
        version: 1,
        title: words("ประปา"),
        zone_title: words("สาย"),
        subject: SubjectKind {
            title: words("มาตรน้ำ"),
            fields: vec![FieldKind { id: "name".into(), title: words("ชื่อ"), ..Default::default() }],
            heading: vec!["name".into()],
            search: vec!["name".into()],
            ..Default::default()
        },
        forms: vec![FormKind {
            id: "reading".into(),
            title: words("จดมาตร"),
            primary: true,
            ..Default::default()
        }],
        ..Default::default()
    }
}

fn meter(at: u8) -> RecordId {
    RecordId::derived("meter", &[&[at]])
}

fn office() -> Store {
    let mut office = Store::in_memory(Kind::Server, entropy(1)).unwrap();
    office.set_municipality("ตำบลตัวอย่าง").unwrap();
    office.define_programme(&programme(), NOON).unwrap();
    let subject = |at: u8| Change {
        id: meter(at),
        kind: kind::SUBJECT.into(),
        base_seq: Seq(0),
        cells: [
            ("programme".to_owned(), "water".into()),
            ("zone".to_owned(), "R01".into()),
            ("name".to_owned(), format!("นายสมชาย {at}").into()),
            (format!("codes.SERIAL{at}"), true.into()),
        ]
        .into(),
    };
    office.import("demo", (0..3).map(subject).collect(), NOON).unwrap();
    office
}

fn answer(office: &mut Store, call: &HttpCall, now: u64) -> HttpAnswer {
    let path = call.url.trim_start_matches("http://office");
    if path == "/v1/enrol" {
        return refused_or(office.enrol(&serde_json::from_slice(&call.body).unwrap(), now));
    }
    let from = match office.authenticate(&call.bearer, now) {
        Ok(from) => from,
        Err(problem) => return problem_answer(&problem.into()),
    };
    if let Some(blob) = path.strip_prefix("/v1/blob/") {
        return photo_answer(office, &from, call.method, blob, &call.body);
    }
    if path == "/v1/push" {
        refused_or(office.answer_push(&from, &call.body, now))
    } else {
        let request = serde_json::from_slice(&call.body).unwrap();
        let body = office.answer_pull(&from, &request, now).unwrap();
        HttpAnswer::Response { status: 200, content_type: "application/x-ndjson".into(), body }
    }
}

/// The photo part of the office: what comes whole is kept as it is, its small picture is three bytes.
fn photo_answer(
    office: &mut Store,
    from: &Authenticated,
    method: &str,
    blob: &str,
    body: &[u8],
) -> HttpAnswer {
    let (hash, query) = blob.split_once('?').unwrap_or((blob, ""));
    if method == "GET" {
        let found = if query == "size=thumb" {
            office.thumbnail(hash)
        } else {
            office.photo(hash).map(|p| p.map(|p| p.1))
        };
        return match found.unwrap() {
            Some(body) => HttpAnswer::Response { status: 200, content_type: "image/jpeg".into(), body },
            None => problem_answer(&Code::NotFound.into()),
        };
    }
    let last = query.ends_with("last=1");
    refused_or(office.put_blob_chunk(from, hash, 0, body, last, NOON).and_then(|piece| match piece {
        Piece::Kept(reply) => Ok(reply),
        Piece::Whole(bytes) => {
            office.keep_drawn(from.device, hash, &Drawn { bytes, thumbnail: b"low".to_vec() }, NOON)
        }
    }))
}

fn refused_or<T: serde::Serialize>(result: store::Result<T>) -> HttpAnswer {
    match result {
        Ok(value) => HttpAnswer::Response {
            status: 200,
            content_type: "application/json".into(),
            body: serde_json::to_vec(&value).unwrap(),
        },
        Err(error) => problem_answer(&error.into()),
    }
}

fn problem_answer(problem: &Problem) -> HttpAnswer {
    HttpAnswer::Response {
        status: problem.code.http_status(),
        content_type: "application/json".into(),
        body: serde_json::to_vec(problem).unwrap(),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "a test")]
enum Answer {
    Ok(Reply),
    Problem(Problem),
}

/// A phone, its office and the time.
struct World {
    office: Store,
    door: Door<u32>,
    now: u64,
}

impl World {
    fn new() -> World {
        let phone = Store::in_memory(Kind::Device, entropy(2)).unwrap();
        World { office: office(), door: Door::new(phone, None, 5, Now::thai(NOON)), now: NOON }
    }

    fn enrolled() -> World {
        let mut world = World::new();
        let code = world.code();
        world.ask(1, enrol(&code));
        world.run();
        world
    }

    fn code(&mut self) -> String {
        let ask = api::NewEnrolment {
            person: "นก".into(),
            role: Role::Worker,
            shelves: vec![Shelf::new("water", "R01")],
        };
        self.office.new_enrolment("clerk", &ask, self.now, 600_000).unwrap().0
    }

    fn ask<A: Ask>(&mut self, from: u32, ask: A) -> Option<Result<Reply, Problem>> {
        let text = serde_json::to_string(&ask.wrap()).unwrap();
        self.door.ask(from, &text, Now::thai(self.now)).map(|said| open(&said).1)
    }

    fn carry(&mut self, answer: Option<HttpAnswer>) -> (Vec<Said<u32>>, Next) {
        self.door.carry(answer, Now::thai(self.now))
    }

    /// Lets the network work until it rests. Returns all that was said.
    fn run(&mut self) -> Vec<Said<u32>> {
        let mut all = Vec::new();
        let mut answered = None;
        loop {
            let (said, next) = self.carry(answered.take());
            all.extend(said);
            match next {
                Next::Call(call) => {
                    self.now += 100;
                    answered = Some(answer(&mut self.office, &call, self.now));
                }
                _ => return all,
            }
        }
    }

    fn status(&mut self) -> StatusReply {
        match self.ask(99, api::Status {}) {
            Some(Ok(Reply::Status(status))) => status,
            other => panic!("{other:?}"),
        }
    }
}

fn enrol(code: &str) -> api::Enrol {
    api::Enrol {
        text: code.into(), server: Some("http://office".into()), name: "โทรศัพท์".into()
    }
}

fn reading(value: i64) -> api::SaveVisit {
    api::SaveVisit {
        programme: "water".into(),
        form: "reading".into(),
        subject: Some(meter(1)),
        zone: None,
        code: None,
        outcome: "done".into(),
        answers: [("reading".to_owned(), value.into())].into(),
        photos: vec![],
        place: None,
        registry: Vec::new(),
        supersedes: None,
        offset_minutes: 420,
    }
}

fn open(said: &Said<u32>) -> (u32, Result<Reply, Problem>) {
    let Said::Reply { to, text } = said else { panic!("{said:?}") };
    match serde_json::from_str(text).unwrap() {
        Answer::Ok(reply) => (*to, Ok(reply)),
        Answer::Problem(problem) => (*to, Err(problem)),
    }
}

fn replies(said: &[Said<u32>]) -> Vec<(u32, Result<Reply, Problem>)> {
    said.iter().filter(|said| matches!(said, Said::Reply { .. })).map(open).collect()
}

fn events(said: &[Said<u32>], which: &str) -> usize {
    said.iter().filter(|said| matches!(said, Said::Event { name, .. } if *name == which)).count()
}

#[test]
fn an_enrolment_is_followed_by_the_first_exchange_unasked() {
    let mut world = World::new();
    assert_eq!(world.carry(None), (vec![], Next::Rest));
    let code = world.code();
    assert!(world.ask(1, enrol(&code)).is_none(), "answered once the office has");
    let said = world.run();
    let answers = replies(&said);
    assert!(
        matches!(answers.as_slice(), [(1, Ok(Reply::Enrol(status)))] if status.enrolled.is_some()),
        "{answers:?}"
    );
    assert!(events(&said, "changed") >= 1);
    assert!(matches!(
        world.ask(2, api::Find { text: "SERIAL1".into() }),
        Some(Ok(Reply::Find(api::Found::Subject(_))))
    ));
}

#[test]
fn a_call_that_does_not_come_back_holds_up_nobody() {
    let mut world = World::enrolled();
    world.ask(1, api::Sync::default());
    let (_, Next::Call(call)) = world.carry(None) else { panic!("a call") };
    // The network is silent; people go on.
    let saved = world.ask(2, reading(17));
    assert!(matches!(saved, Some(Ok(Reply::SaveVisit(_)))), "{saved:?}");
    assert!(world.ask(3, api::Find { text: "SERIAL2".into() }).is_some());
    assert_eq!((world.status().counts.saved, world.status().counts.received), (1, 0));
    // Then the answer comes after all, and the save goes along in the same exchange.
    let late = answer(&mut world.office, &call, world.now);
    let (mut said, mut next) = world.carry(Some(late));
    while let Next::Call(call) = next {
        let answered = answer(&mut world.office, &call, world.now);
        let (more, then) = world.carry(Some(answered));
        said.extend(more);
        next = then;
    }
    let answers = replies(&said);
    assert!(matches!(answers.as_slice(), [(1, Ok(Reply::Sync(done)))] if done.pushed == 1), "{answers:?}");
    assert_eq!(world.status().counts.received, 1);
}

#[test]
fn two_who_ask_for_a_sync_share_one() {
    let mut world = World::enrolled();
    world.ask(1, api::Sync::default());
    let (_, Next::Call(call)) = world.carry(None) else { panic!("a call") };
    world.ask(2, api::Sync::default());
    let answered = answer(&mut world.office, &call, world.now);
    let (said, next) = world.carry(Some(answered));
    assert!(!matches!(next, Next::Call(_)), "no second exchange");
    assert_eq!(replies(&said).iter().map(|(to, _)| *to).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn a_dead_network_is_tried_ever_more_seldom_and_at_once_when_it_comes_back() {
    let mut world = World::enrolled();
    assert!(world.ask(1, reading(17)).is_some());
    let mut pauses = Vec::new();
    for _ in 0..10 {
        let next = match world.carry(None) {
            (_, Next::Call(_)) => world.carry(Some(HttpAnswer::Unreachable)).1,
            (_, next) => next,
        };
        let Next::Wait(ms) = next else { panic!("{next:?}") };
        pauses.push(ms);
        world.now += ms;
    }
    assert!(pauses[2] > pauses[1] && pauses[3] > pauses[2], "{pauses:?}");
    assert!(
        *pauses.last().unwrap() > 10 * MINUTE && pauses.iter().all(|ms| *ms <= 15 * MINUTE),
        "{pauses:?}"
    );
    // Half a minute into the long pause the signal is back.
    world.carry(None);
    world.carry(Some(HttpAnswer::Unreachable));
    world.now += 30_000;
    assert!(matches!(world.carry(None).1, Next::Wait(_)));
    world.ask(1, api::Sync::default());
    world.run();
    assert_eq!(world.status().counts.received, 1);
}

#[test]
fn a_save_is_sent_soon_and_unasked() {
    let mut world = World::enrolled();
    assert!(world.ask(1, reading(17)).is_some());
    let (_, Next::Wait(ms)) = world.carry(None) else { panic!("not at once: a second save goes along") };
    assert!(ms < 10_000, "{ms}");
    world.now += ms;
    let said = world.run();
    assert_eq!(world.status().counts.received, 1);
    assert!(replies(&said).is_empty() && events(&said, "status") >= 1 && events(&said, "progress") >= 1);
}

#[test]
fn whatever_is_saved_is_sent_soon_and_what_saves_nothing_hurries_nothing() {
    let mut world = World::enrolled();
    let billing = Some(Billing { form: "reading".into(), ..Default::default() });
    world.office.define_programme(&Programme { version: 2, billing, ..programme() }, world.now).unwrap();
    world.ask(1, api::Sync::default());
    world.run();
    let pause = |world: &mut World| match world.carry(None).1 {
        Next::Wait(ms) => ms,
        next => panic!("{next:?}"),
    };
    world.ask(2, api::Find { text: "SERIAL1".into() });
    world.ask(
        2,
        api::KeepDraft {
            begun: None, key: draft(), draft: Some(serde_json::json!({"note": "ค้างไว้"}))
        },
    );
    assert!(pause(&mut world) > MINUTE, "a look and an unfinished form leave nothing to send");
    let cash = api::ReceiveCash {
        subject: meter(1),
        amount: domain::money::Satang(10_000),
        bill: None,
        place: None,
        offset_minutes: 420,
    };
    let paid = world.ask(3, cash);
    assert!(matches!(paid, Some(Ok(Reply::ReceiveCash(_)))), "{paid:?}");
    assert!(pause(&mut world) < 10_000, "money is nothing that waits for five minutes");
}

fn draft() -> api::DraftKey {
    api::DraftKey {
        code: String::new(),
        programme: "water".into(),
        form: "reading".into(),
        subject: Some(meter(1)),
        corrects: None,
    }
}

#[test]
fn a_sign_in_page_is_not_taken_for_the_office() {
    let mut world = World::enrolled();
    world.ask(1, reading(17));
    world.ask(2, api::Sync::default());
    assert!(matches!(world.carry(None).1, Next::Call(_)));
    let page = HttpAnswer::Response {
        status: 200,
        content_type: "text/html".into(),
        body: b"<html>Wi-Fi login</html>".to_vec(),
    };
    let (said, next) = world.carry(Some(page));
    assert!(matches!(replies(&said).as_slice(), [(2, Err(problem))] if problem.code == Code::NotOurServer));
    assert!(matches!(next, Next::Wait(_)));
    assert_eq!(world.status().counts.received, 0);
}

#[test]
fn a_revoked_device_stops_calling_and_keeps_what_it_has() {
    let mut world = World::enrolled();
    world.ask(1, reading(17));
    let device = world.door.store().device();
    world.office.revoke("clerk", device, world.now).unwrap();
    world.ask(2, api::Sync::default());
    let said = world.run();
    assert!(matches!(replies(&said).as_slice(), [(2, Err(problem))] if problem.code == Code::TokenRevoked));
    world.now += 60 * MINUTE;
    assert_eq!(world.carry(None).1, Next::Rest);
    let status = world.status();
    assert_eq!((status.counts.saved, status.counts.received), (1, 0));
    assert!(status.enrolled.unwrap().revoked);
}

#[test]
fn a_used_code_is_refused_in_words_and_leaves_the_device_as_it_was() {
    let mut world = World::enrolled();
    let code = world.code();
    let mut other = World::new();
    std::mem::swap(&mut world.office, &mut other.office);
    other.ask(1, enrol(&code));
    other.run();
    let mut third = Door::new(Store::in_memory(Kind::Device, entropy(9)).unwrap(), None, 5, Now::thai(NOON));
    let text = serde_json::to_string(&enrol(&code).wrap()).unwrap();
    assert!(third.ask(7, &text, Now::thai(NOON)).is_none());
    let (_, Next::Call(call)) = third.carry(None, Now::thai(NOON)) else { panic!("a call") };
    let answered = answer(&mut other.office, &call, other.now);
    let (said, next) = third.carry(Some(answered), Now::thai(NOON));
    assert!(matches!(replies(&said).as_slice(), [(7, Err(problem))] if problem.code == Code::EnrolUsed));
    assert_eq!(next, Next::Rest);
}

#[test]
fn a_text_that_is_no_request_is_answered() {
    let mut world = World::new();
    for text in ["", "{", "[]", r#"{"ask":"fly","with":{}}"#] {
        let said = world.door.ask(1, text, Now::thai(NOON)).unwrap();
        assert_eq!(open(&said).1.unwrap_err().code, Code::Malformed, "{text}");
    }
}

#[test]
fn a_file_the_shell_set_aside_is_told_in_every_status() {
    let phone = Store::in_memory(Kind::Device, entropy(2)).unwrap();
    let mut door = Door::new(phone, Some("sanam.db".into()), 5, Now::thai(NOON));
    let text = serde_json::to_string(&api::Status {}.wrap()).unwrap();
    let Some(said) = door.ask(1, &text, Now::thai(NOON)) else { panic!("answered at once") };
    let (_, Ok(Reply::Status(status))) = open(&said) else { panic!("{said:?}") };
    assert_eq!(status.set_aside.as_deref(), Some("sanam.db"));
}

#[test]
fn a_copy_of_what_was_not_sent_brings_the_damaged_file_too_also_before_a_new_enrolment() {
    let phone = Store::in_memory(Kind::Device, entropy(2)).unwrap();
    let mut door = Door::new(phone, Some("sanam.db".into()), 5, Now::thai(NOON));
    let text = serde_json::to_string(&api::UnsentCopy {}.wrap()).unwrap();
    let file = api::CopiedFile { name: "sanam.db".into(), mime: "x/y".into(), base64: "AAAA".into() };
    let damaged = || api::UnsentCopyReply { files: vec![file.clone()], too_large: Vec::new() };
    let Some(said) = door.ask_beside(1, &text, Now::thai(NOON), damaged) else { panic!("answered at once") };
    let (_, Ok(Reply::UnsentCopy(copy))) = open(&said) else { panic!("{said:?}") };
    assert_eq!(copy.files, [file]);
}

#[test]
fn after_a_fault_all_who_wait_are_told_and_the_next_attempt_is_whole() {
    let mut world = World::enrolled();
    world.ask(1, reading(17));
    world.ask(2, api::Sync::default());
    assert!(matches!(world.carry(None).1, Next::Call(_)));
    world.ask(3, api::Sync::default());
    let said = world.door.abandon(Now::thai(world.now), &Code::Internal.into());
    assert_eq!(replies(&said).iter().map(|(to, _)| *to).collect::<Vec<_>>(), [2, 3]);
    assert!(matches!(world.carry(None).1, Next::Wait(_)));
    world.ask(4, api::Sync::default());
    assert_eq!(replies(&world.run()).len(), 1);
    assert_eq!(world.status().counts.received, 1);
}

/// "/9j/AAAA" in base64: as good as a photo for everybody but a painter.
const PHOTO: &str = "/9j/AAAA";

fn keep_photo(world: &mut World) -> String {
    match world.ask(50, api::KeepPhoto { base64: PHOTO.into(), mime: "image/jpeg".into() }) {
        Some(Ok(Reply::KeepPhoto(kept))) => kept.hash,
        other => panic!("{other:?}"),
    }
}

#[test]
fn photos_wait_for_wifi_where_somebody_chose_so_and_records_do_not() {
    let mut world = World::enrolled();
    world.ask(1, api::PhotosWifiOnly { on: true });
    world.ask(2, api::Network { free: Some(false) });
    keep_photo(&mut world);
    world.ask(3, reading(17));
    let sync = |world: &mut World, ask: api::Sync| {
        world.ask(4, ask);
        world.run();
        let counts = world.status().counts;
        (counts.saved - counts.received, counts.photos_waiting)
    };
    assert_eq!(sync(&mut world, api::Sync::default()), (0, 1), "the record is there, the photo waits");
    // Nothing is left to hurry for: the next exchange is minutes away, not seconds.
    let (_, Next::Wait(ms)) = world.carry(None) else { panic!("it waits") };
    assert!(ms > MINUTE, "{ms}");
    world.ask(5, api::Network { free: None });
    assert_eq!(sync(&mut world, api::Sync::default()), (0, 1), "nor where the device cannot tell");
    assert_eq!(sync(&mut world, api::Sync { photos_now: true }), (0, 0), "unless somebody says so");
    keep_photo_of(&mut world, "/9j/BBBB");
    assert_eq!(sync(&mut world, api::Sync::default()), (0, 1), "and that was for once");
    world.ask(6, api::Network { free: Some(true) });
    world.run();
    assert_eq!(world.status().counts.photos_waiting, 0, "on Wi-Fi they go by themselves");
    keep_photo_of(&mut world, "/9j/CCCC");
    world.ask(7, api::Network { free: Some(false) });
    world.ask(8, api::PhotosWifiOnly { on: false });
    assert_eq!(sync(&mut world, api::Sync::default()), (0, 0), "or over any network, as before");
}

fn keep_photo_of(world: &mut World, base64: &str) {
    world.ask(50, api::KeepPhoto { base64: base64.into(), mime: "image/jpeg".into() });
}

#[test]
fn a_photo_that_is_at_the_office_is_fetched_small_and_whole_only_when_asked() {
    let mut world = World::enrolled();
    // Another phone of the same office took it.
    let hash = {
        let bytes = vec![0xff, 0xd8, 0xff, 7];
        let hash = world.office.keep_photo(&bytes, "image/jpeg", NOON).unwrap();
        world
            .office
            .keep_drawn(DeviceNo::SERVER, &hash, &Drawn { bytes, thumbnail: b"low".to_vec() }, NOON)
            .unwrap();
        hash
    };
    let look = |world: &mut World, whole| {
        let here = world.ask(7, api::Photo { hash: hash.clone(), whole });
        let answers = match here {
            Some(answer) => vec![(7, answer)],
            None => replies(&world.run()),
        };
        match answers.as_slice() {
            [(7, Ok(Reply::Photo(photo)))] => photo.clone(),
            other => panic!("{other:?}"),
        }
    };
    let small = look(&mut world, false);
    assert_eq!((small.base64.as_deref(), small.small), (Some("bG93"), true));
    assert!(world.ask(8, api::Photo { hash: hash.clone(), whole: false }).is_some(), "kept: no second call");
    let whole = look(&mut world, true);
    assert_eq!((whole.base64.as_deref(), whole.small), (Some("/9j/Bw=="), false));
    let nowhere = api::Photo { hash: "00".repeat(32), whole: false };
    assert!(world.ask(9, nowhere).is_none());
    let said = replies(&world.run());
    assert!(matches!(&said[..], [(9, Ok(Reply::Photo(photo)))] if photo.base64.is_none()), "{said:?}");
    let wrong = api::Photo { hash: "../../etc".into(), whole: true };
    world.ask(10, wrong);
    let said = replies(&world.run());
    assert!(matches!(&said[..], [(10, Err(problem))] if problem.code == Code::NotFound), "{said:?}");
}

#[test]
fn who_looks_at_a_photo_does_not_wait_for_the_end_of_an_exchange() {
    let mut world = World::enrolled();
    let bytes = vec![0xff, 0xd8, 0xff, 7];
    let hash = world.office.keep_photo(&bytes, "image/jpeg", NOON).unwrap();
    world.ask(1, reading(17));
    world.ask(2, api::Sync::default());
    let (_, Next::Call(push)) = world.carry(None) else { panic!("it begins") };
    assert!(world.ask(3, api::Photo { hash, whole: true }).is_none());
    let pushed = answer(&mut world.office, &push, world.now);
    let (_, Next::Call(fetch)) = world.carry(Some(pushed)) else { panic!("it goes on") };
    assert_eq!(fetch.method, "GET", "the photo comes in between");
    let got = answer(&mut world.office, &fetch, world.now);
    let (said, Next::Call(pull)) = world.carry(Some(got)) else { panic!("it goes on") };
    assert!(matches!(&replies(&said)[..], [(3, Ok(_))]));
    assert!(pull.url.ends_with("/v1/pull"), "and the exchange goes on where it was");
    let pulled = answer(&mut world.office, &pull, world.now);
    let (said, _) = world.carry(Some(pulled));
    assert!(matches!(&replies(&said)[..], [(2, Ok(Reply::Sync(_)))]));
    assert_eq!(world.status().counts.received, 1);
}

#[test]
fn a_sign_in_page_is_no_photo() {
    let mut world = World::enrolled();
    let ask = api::Photo { hash: "00".repeat(32), whole: false };
    for (kind, body) in [("text/html", &b"<html>"[..]), ("image/jpeg", b"<html>")] {
        world.ask(3, ask.clone());
        let (_, Next::Call(_)) = world.carry(None) else { panic!("it asks") };
        let lie = HttpAnswer::Response { status: 200, content_type: kind.into(), body: body.into() };
        let (said, _) = world.carry(Some(lie));
        assert!(matches!(&replies(&said)[..], [(3, Err(problem))] if problem.code == Code::NotOurServer));
    }
}

#[test]
fn a_photo_that_took_long_does_not_make_the_exchange_behind_it_seem_slow() {
    let mut world = World::enrolled();
    let bytes = vec![0xff, 0xd8, 0xff, 7];
    let hash = world.office.keep_photo(&bytes, "image/jpeg", NOON).unwrap();
    let page = |call: &HttpCall| serde_json::from_slice::<PullRequest>(&call.body).unwrap().most;
    world.ask(1, api::Sync::default());
    let (_, Next::Call(first)) = world.carry(None) else { panic!("it begins") };
    let pulled = answer(&mut world.office, &first, world.now);
    world.carry(Some(pulled));
    // The exchange has made its call when somebody looks at a photo: it waits for that.
    world.ask(2, api::Sync::default());
    assert!(world.ask(3, api::Photo { hash, whole: true }).is_none());
    let (_, Next::Call(fetch)) = world.carry(None) else { panic!("it begins") };
    assert_eq!(fetch.method, "GET");
    let got = answer(&mut world.office, &fetch, world.now);
    world.now += MINUTE;
    let (_, Next::Call(pull)) = world.carry(Some(got)) else { panic!("it goes on") };
    let pulled = answer(&mut world.office, &pull, world.now);
    let (_, Next::Wait(_)) = world.carry(Some(pulled)) else { panic!("it is over") };
    world.ask(4, api::Sync::default());
    let (_, Next::Call(next)) = world.carry(None) else { panic!("it begins") };
    assert_eq!(page(&next), page(&first), "the pull itself took no time");
}
