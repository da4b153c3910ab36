//! Fuzzing from a seed: bodies of the protocol, mutated from real ones, and the merge of any records. Nothing panics, what
//! can be read is written back the same, what cannot changes nothing, and the law of the merge holds.
//!
//! No libFuzzer: it needs a nightly compiler, which `make test` does not ask for. What it would add is coverage feedback;
//! the mutations here know the grammar instead, so that most bodies reach what lies behind the parser.

use super::Outcome;
use crate::world::phone::Phone;
use crate::world::{Dice, World};
use domain::change::{Commit, Value};
use domain::clock::Stamp;
use domain::ids::{DeviceNo, RecordId, Seq};
use domain::merge::{Cell, Packed, Record, checksum};
use domain::wire::{EnrolRequest, PullLine, PullRequest, PushHead, PushReply};
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::{HttpAnswer, Step, SyncSession};

/// Bodies after which the municipality is begun anew, so that no story grows without end.
const BODIES_OF_A_LIFE: u64 = 400;

// ------------------------------------------------------------------------------------------------------------ bodies

/// Gives so many mutated bodies to the server's and the device's readers.
pub fn bodies(most: u64, seed: u64) -> Outcome {
    let mut outcome = Outcome::default();
    let mut dice = Dice::new(seed);
    let mut taken = 0;
    while outcome.runs < most {
        let life = outcome.runs / BODIES_OF_A_LIFE;
        let name = format!("bodies from {}", outcome.runs);
        let before = outcome.runs;
        let mut dice = dice.split();
        let todo = BODIES_OF_A_LIFE.min(most - outcome.runs);
        outcome.survive(&name, || taken += live(life, todo, &mut dice));
        outcome.runs = before + todo;
    }
    outcome.looked_for = taken;
    outcome.note(format!("{taken} of {} bodies could be read and were written back the same", outcome.runs));
    outcome
}

fn live(seed: u64, bodies: u64, dice: &mut Dice) -> u64 {
    let world = World::from_seed(seed);
    let nok = world.phone("นก");
    nok.syncs();
    let token = nok.meta("token").unwrap();
    let corpus = corpus(&world, &nok);
    let mut taken = 0;
    for _ in 0..bodies {
        let mut body = dice.pick(&corpus).clone();
        for _ in 0..1 + dice.below(4) {
            mutate(&mut body, dice, &corpus);
        }
        taken += u64::from(reads_back(&body));
        match dice.below(4) {
            0 => absorbed(&nok, &body),
            at => {
                // Whatever it is, the server answers, and stays whole.
                world.with_server(|server, now| {
                    let from = server.authenticate(&token, now).unwrap();
                    if at == 1 {
                        if let Ok(request) = serde_json::from_slice::<PullRequest>(&body) {
                            let _ = server.answer_pull(&from, &request, now);
                        }
                    } else {
                        let _ = server.answer_push(&from, &body, now);
                    }
                });
            }
        }
    }
    assert_eq!(world.verify(), Vec::<String>::new());
    assert_eq!(nok.verify(), Vec::<String>::new());
    taken
}

/// Real bodies of every kind.
fn corpus(world: &World, nok: &Phone) -> Vec<Vec<u8>> {
    nok.reads("meter 1", 1);
    nok.edits("meter 2", "house", "9/9");
    nok.visits(
        crate::world::meter("meter 3"),
        "check",
        [("x".to_owned(), serde_json::json!([1, {"a": null}]))].into(),
    )
    .unwrap();
    let mut corpus: Vec<Vec<u8>> = vec![
        br#"{"code":"7K3D9QX2M4","install":"9f3a0c5d7e112233","name":"x","top_n":0}"#.to_vec(),
        br#"{"tail":{"upto":{"water/R01":5140},"more":false,"digests":{"water/R01":"900:00f1e2d3c4b5a697"}}}"#.to_vec(),
    ];
    let mut session = SyncSession::new(false);
    let mut answer = None;
    let now = nok.now();
    loop {
        let step = session.next(&mut nok.store(), answer.take(), now);
        let Step::Call(call) = step else { break };
        corpus.push(call.body.clone());
        let reply = world.inner().deliver(&call);
        if let HttpAnswer::Response { body, .. } = &reply {
            corpus.push(body.clone());
        }
        answer = Some(reply);
    }
    corpus
}

/// A device is given the body in the server's place.
fn absorbed(nok: &Phone, body: &[u8]) {
    let mut session = SyncSession::new(false);
    let now = nok.now();
    let step = session.next(&mut nok.store(), None, now);
    if matches!(step, Step::Call(_)) {
        let answer = HttpAnswer::Response {
            status: 200,
            content_type: "application/json".to_owned(),
            body: body.to_vec(),
        };
        // One answer only: a digest of somebody else's would be asked about for ever.
        let _ = session.next(&mut nok.store(), Some(answer), now);
    }
}

/// Says whether a body is of the protocol; what is must be written back the same.
fn reads_back(body: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(body) else { return false };
    let mut any = false;
    for line in text.lines() {
        any |= again::<EnrolRequest>(line);
        any |= again::<PushHead>(line);
        any |= again::<Commit>(line);
        any |= again::<PushReply>(line);
        any |= again::<PullRequest>(line);
        any |= again::<PullLine>(line);
    }
    any
}

fn again<T: DeserializeOwned + Serialize + PartialEq + std::fmt::Debug>(line: &str) -> bool {
    let Ok(read) = serde_json::from_str::<T>(line) else { return false };
    let written = serde_json::to_string(&read).unwrap();
    let reread: T = serde_json::from_str(&written).unwrap_or_else(|error| panic!("{error}: {written}"));
    assert_eq!(reread, read, "{line}");
    true
}

/// Texts that parsers trip over.
const NASTY: &[&str] = &[
    "null",
    "true",
    "-1",
    "0",
    "1e400",
    "-0.0",
    "18446744073709551616",
    "9007199254740993",
    "\"\"",
    "[]",
    "{}",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"ก\\u0e33\"",
    "[[[[[[[[[[[[[[[[",
    "\n",
    "\r\n",
    "{\"deleted\":true}",
    ":",
    ",",
    "\"water/\"",
    "\"/\"",
    "\"a:b\"",
    "\"00000000000000ZZ\"",
    "65536",
    "4294967296",
    "\"nocolon\"",
    "\"1:\"",
    "\":1\"",
    "[0,0,0]",
    "[1,65536,0]",
];

fn mutate(body: &mut Vec<u8>, dice: &mut Dice, corpus: &[Vec<u8>]) {
    let at = |dice: &mut Dice, body: &[u8]| dice.below(body.len() as u64 + 1) as usize;
    match dice.below(9) {
        0 if !body.is_empty() => {
            let place = dice.below(body.len() as u64) as usize;
            body[place] ^= 1 << dice.below(8);
        }
        1 => {
            let end = at(dice, body);
            body.truncate(end);
        }
        2 => {
            let place = at(dice, body);
            body.splice(place..place, dice.pick(NASTY).bytes());
        }
        3 | 4 => replace_value(body, dice),
        5 => {
            // Two bodies, joined in the middle.
            let other = dice.pick(corpus);
            let from = at(dice, other);
            let keep = at(dice, body);
            body.truncate(keep);
            body.extend(&other[from..]);
        }
        6 => on_lines(body, dice, |lines, dice| {
            let from = dice.below(lines.len() as u64) as usize;
            let line = lines[from].clone();
            lines.insert(dice.below(lines.len() as u64 + 1) as usize, line);
        }),
        7 => on_lines(body, dice, |lines, dice| {
            lines.remove(dice.below(lines.len() as u64) as usize);
        }),
        _ => on_lines(body, dice, |lines, dice| {
            let (one, other) = (dice.below(lines.len() as u64), dice.below(lines.len() as u64));
            lines.swap(one as usize, other as usize);
        }),
    }
}

fn on_lines(body: &mut Vec<u8>, dice: &mut Dice, change: impl FnOnce(&mut Vec<Vec<u8>>, &mut Dice)) {
    let mut lines: Vec<Vec<u8>> = body.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    change(&mut lines, dice);
    *body = lines.join(&b'\n');
}

/// Replaces one value of the JSON by another one.
fn replace_value(body: &mut Vec<u8>, dice: &mut Dice) {
    let colons: Vec<usize> =
        body.iter().enumerate().filter(|(_, byte)| **byte == b':').map(|(place, _)| place).collect();
    if colons.is_empty() {
        return;
    }
    let start = dice.pick(&colons) + 1;
    let end =
        body[start..].iter().position(|byte| b",}\n".contains(byte)).map_or(body.len(), |at| start + at);
    body.splice(start..end, dice.pick(NASTY).bytes());
}

// ------------------------------------------------------------------------------------------------------------ merging

/// Merges so many triples of records in every order.
pub fn merges(triples: u64, seed: u64) -> Outcome {
    let mut outcome = Outcome { runs: triples, looked_for: triples * 5, ..Outcome::default() };
    let mut dice = Dice::new(seed);
    for at in 0..triples {
        let (a, b, c) = (record(&mut dice), record(&mut dice), record(&mut dice));
        let join = |one: &Record, other: &Record| {
            let mut joined = one.clone();
            joined.join(other.clone());
            joined
        };
        let all = join(&join(&a, &b), &c);
        let laws = [
            ("commutative", join(&a, &b) == join(&b, &a)),
            ("associative", all == join(&a, &join(&b, &c))),
            ("idempotent", join(&all, &b) == all),
            ("free of order", all == join(&join(&c, &a), &b)),
            ("packed and unpacked the same", Record::from(Packed::from(all.clone())) == all),
        ];
        for (law, holds) in laws {
            outcome.expect(holds, || format!("triple {at} of seed {seed}: not {law}: {a:?} {b:?} {c:?}"));
        }
        let id = RecordId::derived("fuzz", &[&at.to_le_bytes()]);
        outcome.expect(checksum(id, &all) == checksum(id, &join(&join(&b, &c), &a)), || {
            format!("triple {at} of seed {seed}: replicas that agree have different checksums")
        });
    }
    outcome
}

fn record(dice: &mut Dice) -> Record {
    let names = ["name", "deleted", "codes.A", "codes.B", "of_next_year", "zone"];
    let mut cells = std::collections::BTreeMap::new();
    for _ in 0..dice.below(5) {
        let value = match dice.below(6) {
            0 => Value::Null,
            1 => Value::Bool(dice.chance(50)),
            2 => Value::from(dice.below(3)),
            3 => Value::from(["", "ก", "a"][dice.below(3) as usize]),
            4 => serde_json::json!([dice.below(2), {"x": dice.below(2)}]),
            _ => Value::from(dice.below(4) as f64 / 2.0),
        };
        let stamp = Stamp {
            ms: dice.below(3),
            counter: dice.below(2) as u16,
            device: DeviceNo(dice.below(3) as u32),
        };
        cells.insert((*dice.pick(&names)).to_owned(), Cell { value, stamp, seq: Seq(0) });
    }
    Record { cells }
}
