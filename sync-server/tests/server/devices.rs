//! What devices ask.

use crate::world::{METERS, World, meter};
use domain::api::{Card, SaveVisit};
use domain::problem::Code;
use domain::wire::BODY_MAX_BYTES;
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;
use store::{HttpAnswer, Step, Store, SyncSession};

pub fn reading(number: u64, value: i64) -> SaveVisit {
    serde_json::from_value(json!({
        "programme": "water", "form": "reading", "subject": meter(number), "outcome": "done",
        "answers": {"reading": value}, "photos": [], "offset_minutes": 420,
    }))
    .unwrap()
}

fn dump(store: &Store) -> Vec<u8> {
    let mut out = Vec::new();
    store.dump(None, &mut out).unwrap();
    out
}

/// The token of a device, taken from the call it would make.
pub fn bearer(world: &World, device: &mut Store) -> String {
    match SyncSession::new(false).next(device, None, world.now()) {
        Step::Call(call) => format!("Bearer {}", call.bearer),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_reading_of_one_phone_is_seen_on_the_other() {
    let world = World::start();
    let (mut nok, mut lek) = (world.device(0), world.device(1));
    world.ask(&mut nok, reading(7, 42));
    let sent = world.sync(&mut nok).unwrap();
    assert_eq!((sent.pushed, sent.status.counts.saved, sent.status.counts.received), (1, 1, 1));
    world.sync(&mut lek).unwrap();
    let card = world.ask(&mut lek, Card { subject: meter(7), today: "2026-11-21".to_owned() });
    assert_eq!(card.visits[0].values["reading"], json!(42));
    assert_eq!(card.visits[0].by, "ผู้จด 0");
    assert_eq!(dump(&nok), dump(&lek));
}

#[test]
fn a_first_pull_brings_the_whole_route_packed() {
    let world = World::start();
    let mut device = world.device(0);
    assert!(dump(&device).split(|byte| *byte == b'\n').count() as u64 > METERS);
    let again = world.sync(&mut device).unwrap();
    assert_eq!((again.pushed, again.pulled), (0, 0));
}

#[test]
fn a_code_is_good_once_and_for_ten_minutes() {
    let world = World::start();
    let _first = world.device(0);
    let link = world.enrolment(0);
    let code = link.rsplit('/').next().unwrap();
    let body = |code: &str| json!({"code": code, "install": "00000000000000aa", "name": "x"}).to_string();
    let used = world.post("/v1/enrol", &[], body(code).as_bytes());
    assert_eq!((used.status, used.code()), (409, "enrol_used".to_owned()));
    let unknown = world.post("/v1/enrol", &[], body("nothing").as_bytes());
    assert_eq!((unknown.status, unknown.code()), (404, "enrol_unknown".to_owned()));
    world.pass(601_000);
    let late = world.enrolment(1);
    let late = world.post("/v1/enrol", &[], body(late.rsplit('/').next().unwrap()).as_bytes());
    assert_eq!((late.status, late.code()), (410, "enrol_expired".to_owned()));
}

#[test]
fn a_revoked_phone_is_told_so_and_keeps_what_it_has_not_sent() {
    let world = World::start();
    let mut device = world.device(0);
    world.ask(&mut device, reading(1, 20));
    let admin = crate::office::signed_in(&world);
    let revoke = domain::api::Request::Revoke(domain::api::Revoke { device: device.device() });
    world.call(&admin, revoke).1.unwrap();
    let refused = world.sync(&mut device).unwrap_err();
    assert_eq!(refused.code, Code::TokenRevoked);
    let status = world.ask(&mut device, domain::api::Status {});
    assert!(status.enrolled.unwrap().revoked);
    assert_eq!((status.counts.saved, status.counts.received), (1, 0));
    let answer = world.post("/v1/pull", &[("authorization", "Bearer nobody")], b"{}");
    assert_eq!((answer.status, answer.code()), (401, "token_unknown".to_owned()));
}

#[test]
fn wrong_bodies_are_named_and_change_nothing() {
    let world = World::start();
    let mut device = world.device(0);
    let before = dump(&device);
    let token = bearer(&world, &mut device);
    let bomb = zstd::bulk::compress(&vec![b' '; BODY_MAX_BYTES + 1], 19).unwrap();
    let packed = zstd::bulk::compress(b"{\"install\":\"00\",\"top_n\":0}\n", 3).unwrap();
    let cases: [(&str, &str, &[u8], u16, &str); 8] = [
        ("/v1/push", "zstd", &bomb, 413, "too_large"),
        ("/v1/pull", "zstd", &bomb, 413, "too_large"),
        ("/v1/push", "", &vec![b' '; BODY_MAX_BYTES + 1], 413, "too_large"),
        ("/v1/push", "br", b"x", 415, "bad_encoding"),
        ("/v1/push", "zstd", &packed[..packed.len() - 3], 422, "malformed"),
        ("/v1/push", "gzip", b"not gzip", 422, "malformed"),
        ("/v1/push", "", b"", 422, "malformed"),
        ("/v1/pull", "", b"{\"install\":", 422, "malformed"),
    ];
    for (path, encoding, body, status, code) in cases {
        let mut headers = vec![("authorization", token.as_str())];
        if !encoding.is_empty() {
            headers.push(("content-encoding", encoding));
        }
        let answer = world.post(path, &headers, body);
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{path} {encoding}");
        assert!(answer.json()["hint"].as_str().unwrap().chars().any(|c| ('ก'..='๙').contains(&c)));
    }
    world.sync(&mut device).unwrap();
    assert_eq!(dump(&device), before);
}

#[test]
fn a_stranger_who_sends_much_is_told_so_and_not_cut_off() {
    let world = World::start();
    for body in [vec![b' '; BODY_MAX_BYTES], vec![b' '; 2 * BODY_MAX_BYTES]] {
        let answer = world.post("/v1/push", &[("authorization", "Bearer nobody")], &body);
        assert_eq!(answer.code(), "token_unknown");
    }
}

#[test]
fn a_line_that_is_no_json_is_named_by_its_number() {
    let world = World::start();
    let mut device = world.device(0);
    let token = bearer(&world, &mut device);
    let body = format!("{{\"install\":\"{:016x}\",\"top_n\":2}}\n{{\"n\":1\n", device.install().unwrap().0);
    let answer = world.post("/v1/push", &[("authorization", &token)], body.as_bytes());
    assert_eq!(answer.code(), "malformed");
    assert!(answer.json()["detail"].as_str().unwrap().contains('2'), "{}", answer.text());
}

#[test]
fn a_request_that_is_cut_off_harms_nobody() {
    let world = World::start();
    let mut device = world.device(0);
    let token = bearer(&world, &mut device);
    {
        let mut socket = TcpStream::connect(world.address).unwrap();
        write!(socket, "POST /v1/push HTTP/1.1\r\nhost: x\r\nauthorization: {token}\r\ncontent-length: 1000\r\n\r\n{{\"inst").unwrap();
        socket.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = String::new();
        // The server either answers with the problem or hangs up; it does not wait for ever.
        let _ = socket.read_to_string(&mut answer);
        assert!(answer.is_empty() || answer.contains("malformed"), "{answer}");
    }
    world.ask(&mut device, reading(3, 33));
    assert_eq!(world.sync(&mut device).unwrap().pushed, 1);
}

#[test]
fn a_browser_that_takes_only_gzip_gets_gzip() {
    let world = World::start();
    let mut device = world.device(0);
    let token = bearer(&world, &mut device);
    let body = json!({"install": device.install().unwrap(), "top_n": 0, "cursors": {}}).to_string();
    for (accept, expected) in [("gzip", "gzip"), ("zstd, gzip", "zstd"), ("identity", ""), ("zstd;q=0", "")] {
        let answer = world.post(
            "/v1/pull",
            &[("authorization", &token), ("accept-encoding", accept)],
            body.as_bytes(),
        );
        assert_eq!(answer.status, 200);
        // The test's client unfolds gzip by itself and takes the header away with it.
        if expected == "gzip" {
            assert!(answer.text().starts_with("{\"head\""));
        } else {
            assert_eq!(answer.header("content-encoding"), expected, "{accept}");
        }
    }
}

#[test]
fn a_reply_lost_on_the_way_is_asked_for_again_without_harm() {
    let world = World::start();
    let mut device = world.device(0);
    world.ask(&mut device, reading(5, 55));
    let mut session = SyncSession::new(true);
    let Step::Call(call) = session.next(&mut device, None, world.now()) else { panic!("nothing to push") };
    world.carry(&call); // arrives, but the answer does not
    assert!(
        matches!(session.next(&mut device, Some(HttpAnswer::Unreachable), world.now()), Step::Failed(p) if p.code == Code::Offline)
    );
    let again = world.sync(&mut device).unwrap();
    assert_eq!((again.status.counts.saved, again.status.counts.received), (1, 1));
    let card = world.ask(&mut device, Card { subject: meter(5), today: "2026-11-21".to_owned() });
    assert_eq!(card.visits.len(), 1);
}

#[test]
fn numbers_that_json_cannot_carry_are_malformed() {
    let world = World::start();
    let mut device = world.device(0);
    let token = bearer(&world, &mut device);
    let auth = [("authorization", token.as_str())];
    let install = device.install().unwrap();
    let far = 1u64 << 53;
    let pull = |top_n: u64, cursor: u64| {
        json!({"install": install, "top_n": top_n, "cursors": {"water/R01": cursor}}).to_string()
    };
    let cases = [
        ("/v1/push", json!({"install": install, "top_n": far}).to_string()),
        ("/v1/push", format!("\n{}", json!({"install": install, "top_n": 0, "lowest_n": far}))),
        ("/v1/pull", pull(far, 0)),
        ("/v1/pull", pull(0, far)),
    ];
    for (path, body) in cases {
        let answer = world.post(path, &auth, body.as_bytes());
        assert_eq!((answer.status, answer.code().as_str()), (422, "malformed"), "{path} {body}");
    }
    assert_eq!(world.post("/v1/pull", &auth, pull(far - 1, 0).as_bytes()).status, 200);
}

#[test]
fn an_enrolment_is_small() {
    let world = World::start();
    let link = world.enrolment(0);
    let code = link.rsplit('/').next().unwrap();
    let body = json!({"code": code, "install": "00000000000000aa", "name": "x"}).to_string();
    let padded = format!("{}{body}", " ".repeat(64 * 1024));
    let packed = zstd::bulk::compress(padded.as_bytes(), 3).unwrap();
    assert_eq!(world.post("/v1/enrol", &[], padded.as_bytes()).code(), "too_large");
    assert_eq!(world.post("/v1/enrol", &[("content-encoding", "zstd")], &packed).code(), "too_large");
    assert_eq!(world.post("/v1/enrol", &[], body.as_bytes()).status, 200);
}
