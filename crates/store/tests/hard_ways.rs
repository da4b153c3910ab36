//! A disk that forgets bits, gateways in between, and what cannot be accepted: the queue goes on, and nothing is sent as truth
//! that is none.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use domain::access::{Grant, Role};
use domain::api::{self, Ask};
use domain::change::{Change, Values, kind};
use domain::ids::{RecordId, Seq, Shelf};
use domain::problem::{Code, Problem};
use domain::programme::{FieldKind, FormKind, Programme, SubjectKind};
use domain::wire::PushReply;
use std::path::PathBuf;
use store::{HttpAnswer, HttpCall, Kind, NewCommit, Now, Step, Store, SyncSession};

const NOON: u64 = 1_795_000_000_000;

fn programme() -> Programme {
    let field = |id: &str| FieldKind { id: id.into(), worker_edits: true, ..Default::default() };
    Programme {
        id: "water".into(),
        version: 1,
        subject: SubjectKind {
            fields: vec![field("name"), field("house")],
            heading: vec!["name".into()],
            search: vec!["name".into()],
            ..Default::default()
        },
        forms: vec![FormKind { id: "reading".into(), primary: true, ..Default::default() }],
        ..Default::default()
    }
}

fn meter(at: u8) -> RecordId {
    RecordId::derived("meter", &[&[at]])
}

fn edit(at: u8, field: &str, value: &str) -> Change {
    let cells = [(field.to_owned(), value.into())].into();
    Change { id: meter(at), kind: kind::SUBJECT.into(), base_seq: Seq(0), cells }
}

fn administrator() -> Grant {
    let shelves = vec![Shelf::common("water"), Shelf::new("water", "R01")];
    Grant { person: "ผู้ดูแล".into(), role: Role::Administrator, shelves }
}

/// An office, and a phone whose file can be spoilt while it is shut.
struct World {
    server: Store,
    phone: Option<Store>,
    folder: tempfile::TempDir,
    files: u32,
    now: u64,
    /// How far the phone's clock is before the office's.
    ahead: u64,
    /// Photos are no pictures to this office.
    paints: bool,
}

impl World {
    fn new() -> World {
        let mut server = Store::in_memory(Kind::Server, common::entropy(1)).unwrap();
        server.set_municipality("ตำบลตัวอย่าง").unwrap();
        server.define_programme(&programme(), NOON).unwrap();
        let subjects = (0..4).map(|at| Change {
            cells: [
                ("programme".to_owned(), "water".into()),
                ("zone".to_owned(), "R01".into()),
                ("name".to_owned(), format!("นายสมชาย {at}").into()),
                ("house".to_owned(), format!("{at}/8").into()),
            ]
            .into(),
            ..edit(at, "", "")
        });
        server.import("import", subjects.collect(), NOON).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut world = World { server, phone: None, folder, files: 0, now: NOON, ahead: 0, paints: true };
        let phone = common::enrolled(&mut world.server, &enrolment("นก"), "นก", 2, NOON);
        world.phone = Some(phone);
        world.syncs();
        world
    }

    fn phone(&mut self) -> &mut Store {
        self.phone.as_mut().unwrap()
    }

    fn ask<A: Ask>(&mut self, ask: A) -> A::Reply {
        self.now += 1_000;
        let now = Now::thai(self.now + self.ahead);
        A::unwrap(store::service::serve(self.phone(), None, now, ask.wrap()).unwrap()).unwrap()
    }

    fn reads(&mut self, at: u8, value: i64) -> RecordId {
        let visit = common::reading(meter(at), [("reading".to_owned(), value.into())].into());
        self.ask(visit).record
    }

    fn edits(&mut self, at: u8, field: &str, value: &str) {
        let values: Values = [(field.to_owned(), value.into())].into();
        self.ask(api::EditSubject { subject: meter(at), values, base_seq: None, reason: None });
    }

    fn office_edits(&mut self, at: u8, field: &str, value: &str) -> u64 {
        let new = NewCommit { changes: vec![edit(at, field, value)], ..NewCommit::default() };
        self.now += 1_000;
        self.server.save(&administrator(), Now::thai(self.now), new).unwrap()
    }

    /// The phone is shut, its file changed from outside, and the app started again.
    fn spoils(&mut self, sql: &str) {
        let path = self.path();
        self.phone.take().unwrap().backup(&path).unwrap();
        assert!(rusqlite::Connection::open(&path).unwrap().execute(sql, []).unwrap() > 0, "{sql}");
        let phone = Store::open(&path, Kind::Device, common::entropy(3), self.now).unwrap();
        assert_eq!(phone.set_aside(), None);
        self.phone = Some(phone);
    }

    fn path(&mut self) -> PathBuf {
        self.files += 1;
        self.folder.path().join(format!("{}.db", self.files))
    }

    /// The office's answer to a call.
    fn answers(&mut self, call: &HttpCall) -> HttpAnswer {
        let path = call.url.trim_start_matches("http://office/v1/").to_owned();
        let Some(blob) = path.strip_prefix("blob/") else {
            return common::carry(&mut self.server, call, self.now);
        };
        let from = self.server.authenticate(&call.bearer, self.now).unwrap();
        let hash = blob.split('?').next().unwrap();
        let last = blob.ends_with("last=1");
        match self.server.put_blob_chunk(&from, hash, 0, &call.body, last, self.now) {
            Ok(store::Piece::Whole(bytes)) if self.paints => {
                let drawn = store::Drawn { bytes, thumbnail: vec![1] };
                common::json(&self.server.keep_drawn(from.device, hash, &drawn, self.now).unwrap())
            }
            Ok(store::Piece::Whole(_)) => {
                self.server.drop_unreadable(from.device, hash).unwrap();
                problem(Code::PhotoUnreadable)
            }
            Ok(store::Piece::Kept(reply)) => common::json(&reply),
            Err(error) => problem(Problem::from(error).code),
        }
    }

    /// A sync over a network that may answer in the office's place.
    fn tries_to_sync(
        &mut self,
        mut gateway: impl FnMut(&HttpCall) -> Option<HttpAnswer>,
    ) -> Result<api::SyncReply, Problem> {
        let mut session = SyncSession::new(true);
        let mut answer = None;
        for _ in 0..200 {
            self.now += 100;
            let now = Now::thai(self.now + self.ahead);
            match session.next(self.phone(), answer.take(), now) {
                Step::Call(call) => {
                    answer = Some(match gateway(&call) {
                        Some(answer) => answer,
                        None => self.answers(&call),
                    });
                }
                Step::Done(reply) => return Ok(reply),
                Step::Failed(problem) => return Err(problem),
            }
        }
        panic!("a sync that never ends")
    }

    fn syncs(&mut self) -> api::SyncReply {
        self.tries_to_sync(|_| None).unwrap()
    }

    fn assert_alike(&mut self) {
        assert_eq!(dump(self.phone.as_ref().unwrap()), dump(&self.server));
    }
}

fn enrolment(person: &str) -> api::NewEnrolment {
    api::NewEnrolment { person: person.into(), role: Role::Worker, shelves: vec![Shelf::new("water", "R01")] }
}

fn dump(store: &Store) -> String {
    let mut out = Vec::new();
    store.dump(Some(&[Shelf::new("water", "R01"), Shelf::common("water")]), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn problem(code: Code) -> HttpAnswer {
    let body = serde_json::to_vec(&Problem::new(code)).unwrap();
    HttpAnswer::Response { status: code.http_status(), content_type: "application/json".into(), body }
}

fn page(status: u16) -> HttpAnswer {
    HttpAnswer::Response { status, content_type: "text/html".into(), body: b"<html>nginx</html>".to_vec() }
}

// ------------------------------------------------------------------------------------------- a disk that forgets bits

#[test]
fn a_commit_that_the_disk_damaged_is_not_sent_as_truth_and_holds_up_nothing() {
    for (what, sql) in [
        ("another value", "UPDATE outbox SET body = replace(body, '1117', '1917') WHERE n = 1"),
        ("no JSON any more", "UPDATE outbox SET body = replace(body, '{', '[') WHERE n = 1"),
        ("no UTF-8 any more", "UPDATE outbox SET body = CAST(x'7BFF' AS TEXT) WHERE n = 1"),
        ("saved by an older app", "UPDATE outbox SET body = '{\"n\":1', hash = NULL WHERE n = 1"),
    ] {
        let mut world = World::new();
        let visit = world.reads(0, 1_117);
        world.edits(1, "house", "หลังจากนั้น");
        world.spoils(sql);
        let done = world.syncs();
        assert_eq!((done.status.counts.saved, done.status.counts.received), (2, 2), "{what}");
        assert!(!dump(&world.server).contains(&visit.to_string()), "{what}: it is no reading any more");
        assert!(dump(&world.server).contains("หลังจากนั้น"), "{what}: what came after it arrived");
        // Its writer and the office are told, and what is left of it can be read.
        let told = world.ask(api::Refused {});
        assert_eq!((told.len(), told[0].n, told[0].problem.code), (1, 1, Code::CommitDamaged), "{what}");
        let now = Now::thai(world.now);
        let office =
            store::service::serve(&mut world.server, Some(&administrator()), now, api::Refused {}.wrap());
        let office = api::Refused::unwrap(office.unwrap()).unwrap();
        assert_eq!((office.len(), office[0].problem.code), (1, Code::CommitDamaged), "{what}");
        let card = world.ask(api::Card { subject: meter(0), today: "2026-11-18".into() });
        assert_eq!(card.visits.len(), 1, "{what}: the visit is still shown to whoever made it");
        assert_eq!(world.phone().verify().unwrap(), [], "{what}: it is noted, and not found anew each day");
        let path = world.path();
        world.phone().backup(&path).unwrap();
        assert_eq!(store::rescue::rescue(&path, &mut Vec::new()).unwrap().commits, 2, "{what}");
        // Once more, as after a restore, and the phone goes on.
        world.server.new_incarnation().unwrap();
        world.reads(2, 5);
        world.syncs();
        assert_eq!(world.ask(api::Refused {}).len(), 1, "{what}");
        assert_eq!(world.syncs().status.counts.received, 3, "{what}");
    }
}

#[test]
fn what_left_the_black_box_is_counted_no_more_although_an_older_one_that_was_refused_stays() {
    let mut world = World::new();
    world.reads(1, 110);
    world.spoils("UPDATE outbox SET body = 'x'");
    world.syncs();
    for at in [2, 3] {
        world.reads(at, 120);
    }
    world.syncs();
    let counts = |world: &mut World| {
        let status = world.ask(api::Status {});
        (status.counts.saved, status.counts.received, status.refused)
    };
    assert_eq!(counts(&mut world), (3, 3, 1));
    world.now += (store::sync::BLACK_BOX_DAYS + 1) * 86_400_000;
    world.reads(2, 130);
    world.syncs();
    assert_eq!(counts(&mut world), (2, 2, 1), "the one that was refused, and the last");
    world.reads(3, 131);
    assert_eq!(counts(&mut world), (3, 2, 1));
}

#[test]
fn an_edit_that_the_disk_damaged_shows_what_the_office_holds() {
    let mut world = World::new();
    world.edits(1, "house", "1117");
    world.spoils("UPDATE outbox SET body = replace(body, '1117', '1917')");
    world.office_edits(1, "name", "ชื่อใหม่");
    world.syncs();
    world.assert_alike();
    assert!(dump(&world.server).contains("1/8") && !dump(&world.server).contains("1917"));
    assert_eq!(world.ask(api::Refused {}).len(), 1);
}

#[test]
fn a_commit_that_arrived_before_the_disk_damaged_it_stays_what_it_was_and_makes_no_copy_of_the_phone() {
    let mut world = World::new();
    world.reads(0, 1_117);
    world.edits(1, "house", "1117");
    let mut answered = 0;
    let mut server =
        std::mem::replace(&mut world.server, Store::in_memory(Kind::Server, common::entropy(9)).unwrap());
    let now = world.now;
    let lost = world.tries_to_sync(|call| {
        common::carry(&mut server, call, now);
        answered += 1;
        Some(HttpAnswer::Unreachable)
    });
    world.server = server;
    assert_eq!((answered, lost.unwrap_err().code), (1, Code::Offline));
    world.spoils("UPDATE outbox SET body = replace(body, '1117', '1917')");
    let device = world.phone().device();
    world.syncs();
    assert_eq!(world.phone().device(), device);
    assert_eq!(world.ask(api::Refused {}), []);
    assert!(dump(&world.server).contains("1117"));
    world.assert_alike();
    assert_eq!(world.server.devices().unwrap().len(), 1);
}

#[test]
fn a_record_that_cannot_be_read_any_more_comes_again_and_ends_no_sync() {
    let spoilt = "UPDATE record SET cells = substr(cells, 1, length(cells) - 1) WHERE kind = 'subject'";
    let both = "UPDATE record SET cells = substr(cells, 1, length(cells) - 1), \
                synced = substr(synced, 1, length(synced) - 1) WHERE kind = 'subject'";
    for (what, sql, waits) in [("nothing waits", spoilt, false), ("words wait over it", both, true)] {
        let mut world = World::new();
        if waits {
            world.edits(0, "house", "ยังไม่ส่ง");
        }
        world.spoils(sql);
        world.office_edits(0, "name", "ชื่อใหม่");
        world.office_edits(1, "name", "ชื่อใหม่");
        world.syncs();
        for at in 2..4 {
            world.office_edits(at, "name", "ชื่อใหม่");
        }
        world.syncs();
        world.assert_alike();
        assert_eq!(world.phone().verify().unwrap(), [], "{what}");
        assert_eq!(dump(&world.server).contains("ยังไม่ส่ง"), waits, "{what}");
        let found = world.ask(api::Search {
            text: "ชื่อใหม่".into(),
            programme: None,
            today: "2026-11-18".into(),
            limit: 20,
        });
        assert_eq!(found.len(), 4, "{what}: and is found by what it says now");
    }
}

#[test]
fn a_record_that_cannot_be_read_any_more_leaves_with_its_shelf_or_by_itself() {
    for alone in [true, false] {
        let mut world = World::new();
        world.spoils("UPDATE record SET cells = substr(cells, 1, length(cells) - 1) WHERE kind = 'subject'");
        if alone {
            world.office_edits(0, "zone", "R02");
        } else {
            let device = world.phone().device();
            let nothing = Grant { person: "นก".into(), role: Role::Worker, shelves: vec![] };
            world.server.set_grant("ผู้ดูแล", device, &nothing, world.now).unwrap();
        }
        world.syncs();
        let left = dump(world.phone.as_ref().unwrap());
        assert!(!left.contains(&meter(0).to_string()), "alone: {alone}");
        if alone {
            for at in 1..4 {
                world.office_edits(at, "name", "ชื่อใหม่");
            }
            world.syncs();
            world.assert_alike();
        }
        assert_eq!(world.phone().verify().unwrap(), [], "alone: {alone}");
    }
}

// -------------------------------------------------------------------------------------------------------- gateways

#[test]
fn a_gateway_that_takes_no_large_bodies_gets_small_ones_now_and_at_the_next_session() {
    let mut world = World::new();
    for at in 0..300 {
        world.reads(0, at);
    }
    let lines = |call: &HttpCall| call.body.iter().filter(|byte| **byte == b'\n').count();
    let mut too_large = 0;
    let done = world.tries_to_sync(|call| {
        let large = call.url.ends_with("/v1/push") && lines(call) > 100;
        too_large += u32::from(large);
        large.then(|| page(413))
    });
    assert_eq!(done.unwrap().status.counts.received, 300);
    assert_eq!(too_large, 2, "300 and 150 were too many, 75 were not");
    for at in 0..300 {
        world.reads(0, at);
    }
    let mut first = 0;
    world
        .tries_to_sync(|call| {
            if call.url.ends_with("/v1/push") && first == 0 {
                first = lines(call);
            }
            None
        })
        .unwrap();
    assert_eq!(first, 75, "what went through is remembered");
}

#[test]
fn a_gateway_behind_which_nobody_answers_in_time_is_a_bad_line_and_the_next_try_is_smaller() {
    for status in [408, 429, 502, 503, 504] {
        let mut world = World::new();
        for at in 0..80 {
            world.reads(0, at);
        }
        let failed = world.tries_to_sync(|_| Some(page(status)));
        assert_eq!(failed.unwrap_err().code, Code::Offline, "{status}");
        let mut most = 0;
        let done = world.tries_to_sync(|call| {
            if call.url.ends_with("/v1/push") && most == 0 {
                most = call.body.iter().filter(|byte| **byte == b'\n').count();
            }
            None
        });
        assert_eq!((most, done.unwrap().status.counts.received), (20, 80), "{status}");
    }
    let mut world = World::new();
    world.reads(0, 1);
    assert_eq!(world.tries_to_sync(|_| Some(page(200))).unwrap_err().code, Code::NotOurServer);
    assert_eq!(world.tries_to_sync(|_| Some(page(511))).unwrap_err().code, Code::NotOurServer);
}

// ----------------------------------------------------------------------------------------- photos that cannot be taken

#[test]
fn verdicts_on_others_than_those_that_wait_end_the_sync_and_lose_nothing() {
    let mut world = World::new();
    world.reads(1, 110);
    world.reads(2, 120);
    let mut session = SyncSession::new(true);
    let now = Now::thai(world.now);
    let Step::Call(push) = session.next(world.phone(), None, now) else { panic!("it begins") };
    let HttpAnswer::Response { body, .. } = world.answers(&push) else { panic!("the office answers") };
    let mut reply: PushReply = serde_json::from_slice(&body).unwrap();
    // A server that is at fault says nothing of the first.
    reply.verdicts.remove(0);
    let step = session.next(world.phone(), Some(common::json(&reply)), now);
    let is_gap = matches!(&step, Step::Failed(problem) if problem.code == Code::Gap);
    assert!(is_gap, "not the same push again: {step:?}");
    assert_eq!(world.ask(api::Status {}).counts.received, 0);
    assert_eq!(world.syncs().pushed, 2);
    world.assert_alike();
}

#[test]
fn a_photo_that_the_office_cannot_open_is_sent_once_told_and_holds_up_no_other() {
    let mut world = World::new();
    let now = world.now;
    let bad = world.phone().keep_photo(b"no picture", "image/jpeg", now).unwrap();
    let good = world.phone().keep_photo(b"a picture", "image/jpeg", now + 1).unwrap();
    world.paints = false;
    let mut sent = 0;
    let done = world.tries_to_sync(|call| {
        sent += usize::from(call.url.contains(&bad)) * call.body.len();
        call.url.contains(&good).then(|| problem(Code::Offline))
    });
    assert_eq!(done.unwrap_err().code, Code::Offline, "the other one came next");
    world.paints = true;
    let status = world.syncs().status;
    assert_eq!((status.counts.photos_waiting, status.refused), (0, 1));
    let told = world.ask(api::Refused {});
    assert_eq!((told[0].problem.code, told[0].content.contains(&bad)), (Code::PhotoUnreadable, true));
    world
        .tries_to_sync(|call| {
            assert!(!call.url.contains("/v1/blob/"), "nothing of it goes again");
            None
        })
        .unwrap();
    assert_eq!(sent, b"no picture".len());
    assert!(world.phone().photo(&bad).unwrap().is_some(), "it stays with whoever took it");
}

#[test]
fn a_photo_that_the_disk_damaged_costs_no_data_and_is_told() {
    let mut world = World::new();
    let now = world.now;
    world.phone().keep_photo(b"a picture", "image/jpeg", now).unwrap();
    world.spoils("UPDATE photo SET bytes = x'00'");
    let done = world.tries_to_sync(|call| {
        assert!(!call.url.contains("/v1/blob/"));
        None
    });
    let status = done.unwrap().status;
    assert_eq!((status.counts.photos_waiting, status.refused), (0, 1));
    assert_eq!(world.ask(api::Refused {})[0].problem.code, Code::PhotoUnreadable);
}

// ---------------------------------------------------------------------------------------------------------- black box

/// From 2026 to the year 2569.
const BUDDHIST: u64 = 543 * 365 * DAY;
const DAY: u64 = 86_400_000;

#[test]
fn the_black_box_is_emptied_after_ninety_days_though_the_phone_once_was_in_the_year_2569() {
    let mut world = World::new();
    world.reads(0, 1);
    world.ahead = BUDDHIST;
    world.syncs();
    world.ahead = 0;
    world.now += 91 * DAY;
    world.reads(1, 2);
    let counts = world.syncs().status.counts;
    assert_eq!((counts.saved, counts.received), (1, 1), "what came last is kept, and nothing else");
}

#[test]
fn a_receipt_of_the_year_2569_that_is_here_already_keeps_nothing_for_ever() {
    let mut world = World::new();
    world.reads(0, 1);
    world.syncs();
    world.spoils(&format!("UPDATE receipt SET at_ms = at_ms + {BUDDHIST}"));
    world.reads(1, 2);
    assert_eq!(world.syncs().status.counts.saved, 2, "not emptied early either");
    world.now += 91 * DAY;
    world.reads(2, 3);
    assert_eq!(world.syncs().status.counts.saved, 1);
}

// ------------------------------------------------------------------------------------------------------------ restores

#[test]
fn what_the_office_numbers_after_a_restore_was_numbered_by_nobody_after_the_backup() {
    let mut world = World::new();
    let path = world.path();
    world.server.backup(&path).unwrap();
    // Each bill of the office is numbered by the commit that holds it.
    let issued: Vec<u64> = (0..50).map(|at| world.office_edits(0, "house", &format!("{at}"))).collect();
    let mut lives = vec![issued];
    for life in 0..2 {
        let restored = world.folder.path().join(format!("restored-{life}.db"));
        std::fs::copy(&path, &restored).unwrap();
        world.server = Store::open(&restored, Kind::Server, common::entropy(40 + life), world.now).unwrap();
        world.server.new_incarnation().unwrap();
        lives.push((0..50).map(|at| world.office_edits(0, "house", &format!("{at}"))).collect());
    }
    let mut all: Vec<u64> = lives.concat();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 150, "no number was given in two lives");
}
