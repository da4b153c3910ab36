//! A phone and an office in one process: what the stories of several files need of them.
#![allow(dead_code, reason = "each test file takes what it needs")]

pub mod town;

use domain::api;
use domain::change::Values;
use domain::ids::RecordId;
use store::{HttpAnswer, HttpCall, Kind, Now, Step, Store, SyncSession};

/// Chance that is the same in every run.
pub fn entropy(seed: u64) -> store::Entropy {
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

/// A phone that the office has let in. It has pulled nothing yet.
pub fn enrolled(server: &mut Store, ask: &api::NewEnrolment, name: &str, seed: u64, now: u64) -> Store {
    let mut phone = Store::in_memory(Kind::Device, entropy(seed)).unwrap();
    let (code, _) = server.new_enrolment("clerk", ask, now, 600_000).unwrap();
    let enrol = api::Enrol { text: code, server: Some("http://office".into()), name: name.into() };
    let (address, call) = store::enrol_call(&phone, &enrol).unwrap();
    let reply = server.enrol(&serde_json::from_slice(&call.body).unwrap(), now).unwrap();
    store::absorb_enrol(&mut phone, &address, json(&reply), Now::thai(now)).unwrap();
    phone
}

/// A whole sync of a phone.
pub fn sync(server: &mut Store, phone: &mut Store, now: u64) -> api::SyncReply {
    let mut session = SyncSession::new(true);
    let mut answer = None;
    loop {
        match session.next(phone, answer.take(), Now::thai(now)) {
            Step::Call(call) => answer = Some(carry(server, &call, now)),
            Step::Done(reply) => return reply,
            Step::Failed(problem) => panic!("{problem:?}"),
        }
    }
}

/// What the office answers to a call of a sync.
pub fn carry(server: &mut Store, call: &HttpCall, now: u64) -> HttpAnswer {
    let from = server.authenticate(&call.bearer, now).unwrap();
    if call.url.ends_with("/v1/push") {
        return json(&server.answer_push(&from, &call.body, now).unwrap());
    }
    let request = serde_json::from_slice(&call.body).unwrap();
    let body = server.answer_pull(&from, &request, now).unwrap();
    HttpAnswer::Response { status: 200, content_type: "application/x-ndjson".into(), body }
}

/// A reply as it travels.
pub fn json(value: &impl serde::Serialize) -> HttpAnswer {
    let body = serde_json::to_vec(value).unwrap();
    HttpAnswer::Response { status: 200, content_type: "application/json".into(), body }
}

/// A reading of a meter that was done, as a reader's phone saves it.
pub fn reading(meter: RecordId, answers: Values) -> api::SaveVisit {
    api::SaveVisit {
        programme: "water".into(),
        form: "reading".into(),
        subject: Some(meter),
        zone: None,
        code: None,
        outcome: "done".into(),
        answers,
        photos: Vec::new(),
        place: None,
        registry: Vec::new(),
        supersedes: None,
        offset_minutes: 420,
    }
}
