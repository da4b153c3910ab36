//! What a citizen adds to her report, and what is left of it where it is refused.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use domain::change::{Change, kind};
use domain::ids::{RecordId, Seq};
use domain::problem::{Code, Problem};
use serde_json::json;
use store::{Drawn, Kind, Now, Store};

const NOON: u64 = 1_795_000_000_000;

/// A server with a pole at which something is reported, and the link of the report.
fn reported() -> (Store, String) {
    let mut server = Store::in_memory(Kind::Server, common::entropy(1)).unwrap();
    let lights = programmes::all().unwrap().into_iter().find(|programme| programme.id == "lights").unwrap();
    server.define_programme(&lights, NOON).unwrap();
    let pole = RecordId::derived("pole", &[]);
    let cells = json!({"programme": "lights", "zone": "F1", "pole_no": "7"});
    let cells = serde_json::from_value(cells).unwrap();
    let change = Change { id: pole, kind: kind::SUBJECT.into(), base_seq: Seq(0), cells };
    server.import("demo", vec![change], NOON).unwrap();
    let token = server.report_as_citizen(pole, None, &["off".to_owned()], Now::thai(NOON)).unwrap();
    (server, token)
}

#[test]
fn a_photo_that_is_refused_is_not_kept() {
    let (mut server, token) = reported();
    let mut adds = |link: &str, number: u8| {
        let drawn = Drawn { bytes: vec![0xff, 0xd8, number], thumbnail: vec![number] };
        let hash = blake3::hash(&drawn.bytes).to_hex().to_string();
        let done = server.add_as_citizen(link, "", "", Some((&hash, &drawn)), Now::thai(NOON));
        (done.map_err(|error| Problem::from(error).code), server.thumbnail(&hash).unwrap())
    };
    assert_eq!(adds("of nobody", 9), (Err(Code::NotFound), None));
    for number in 0..4 {
        assert_eq!(adds(&token, number), (Ok(()), Some(vec![number])));
    }
    assert_eq!(adds(&token, 4), (Err(Code::TooLarge), None), "she has sent four");
}
