//! R10: files and apps of other versions. Every schema that was ever shipped opens and goes on; a newer file is refused
//! and not one byte of it changes; what a client of each protocol's first day said is still understood, and what a server
//! of that day answered, too.
//!
//! The fixtures are in `tests/fixtures`. `cargo run -p tests --bin deep fixtures` adds those of the present schema and never
//! replaces one. Whoever adds a step to the schema runs it.

use super::Outcome;
use super::r07_interleavings::{SHORT, live};
use super::stage::{device, root, said, sanam};
use crate::world::phone::Phone;
use crate::world::{Dice, World};
use domain::api::{Ask, Status};
use domain::wire::{Fate, PullLine, PushReply};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use store::{HttpAnswer, HttpCall, Kind, Now, Step, Store, SyncSession};

/// Stories with an older and a newer app among the phones.
const STORIES: u64 = 20;

fn fixtures() -> PathBuf {
    root().join("tests/fixtures")
}

fn unpacked(name: &str) -> Vec<u8> {
    let path = fixtures().join(name);
    let packed = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    zstd::stream::decode_all(&packed[..]).unwrap()
}

/// The schemas there are fixtures of.
fn schemas() -> Vec<String> {
    let mut found: Vec<String> = std::fs::read_dir(fixtures())
        .unwrap()
        .flatten()
        .filter_map(|entry| {
            entry.file_name().to_string_lossy().strip_suffix("-device.db.zst").map(str::to_owned)
        })
        .collect();
    found.sort();
    found
}

/// Puts a device's file of the first schema to `path`, and returns what it holds.
pub fn oldest_device(path: &Path) -> String {
    let schema = schemas().remove(0);
    std::fs::write(path, unpacked(&format!("{schema}-device.db.zst"))).unwrap();
    String::from_utf8(unpacked(&format!("{schema}-device.jsonl.zst"))).unwrap()
}

/// Tries every case.
pub fn run(_cases: u64, seed: u64) -> Outcome {
    let mut outcome = Outcome::default();
    for schema in schemas() {
        outcome.survive(&schema, || an_old_file_opens_and_goes_on(&schema));
        outcome.looked_for += 3;
    }
    outcome.survive("the present schema", the_present_schema_has_its_fixture);
    for what in ["device", "server"] {
        outcome.survive(&format!("a newer {what}"), || a_newer_file_is_refused(what));
        outcome.looked_for += 1;
    }
    outcome.survive("a client of the first day", a_client_of_the_first_day_is_understood);
    outcome.survive("a server of the first day", a_server_of_the_first_day_is_understood);
    for story in 0..STORIES {
        let seed = seed * 1_000_000 + 500_000 + story;
        outcome.survive(&format!("mixed story {seed}"), || live(SHORT, seed));
    }
    outcome.looked_for += 20;
    outcome.note(format!("schemas: {}", schemas().join(", ")));
    outcome
}

/// Who adds a step to the schema keeps files of it the same day: later nobody can make them any more.
fn the_present_schema_has_its_fixture() {
    let folder = tempfile::tempdir().unwrap();
    let present = schema_of(Kind::Device, &folder.path().join("sanam.db"));
    let fixtures = schemas();
    assert!(
        fixtures.contains(&present),
        "{present} is not among {fixtures:?}: cargo run -p tests --bin deep fixtures"
    );
}

/// The name of the schema of a file, which is made if it is not there.
fn schema_of(kind: Kind, path: &Path) -> String {
    drop(Store::open(path, kind, Dice::new(3).entropy(), 1).unwrap());
    let db = rusqlite::Connection::open(path).unwrap();
    let schema: u32 = db.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    format!("schema-{schema:04}")
}

/// A municipality whose server and one phone are the files of that day: they open, hold what they held, and sync.
fn an_old_file_opens_and_goes_on(schema: &str) {
    let folder = tempfile::tempdir().unwrap();
    let open = |end: &str, kind: Kind| {
        let path = folder.path().join(format!("{end}.db"));
        std::fs::write(&path, unpacked(&format!("{schema}-{end}.db.zst"))).unwrap();
        let store = Store::open(&path, kind, Dice::new(3).entropy(), 1).unwrap();
        assert_eq!(store.set_aside(), None);
        assert_eq!(store.verify().unwrap(), Vec::<store::Fault>::new(), "{end}");
        let mut dump = Vec::new();
        store.dump(None, &mut dump).unwrap();
        let expected = unpacked(&format!("{schema}-{end}.jsonl.zst"));
        assert_eq!(String::from_utf8(dump).unwrap(), String::from_utf8(expected).unwrap(), "{end}");
        store
    };
    let world = World::new();
    world.passes(400 * 86_400_000);
    world.inner().server = open("server", Kind::Server);
    let nok = Phone::new(world.clone(), "นก", open("device", Kind::Device));
    let waiting = nok.counts();
    assert!(waiting.saved > waiting.received, "the fixture has work that waits");
    nok.syncs();
    nok.syncs();
    let counts = nok.counts();
    assert_eq!(counts.saved, counts.received);
    assert_eq!(nok.refused().len(), 0);
    let server = world.dump();
    for line in nok.dump().lines() {
        assert!(server.lines().any(|theirs| theirs == line), "{line}");
    }
    assert_eq!(nok.meta("healed"), None, "checksums agree although they were summed up again");
    for faults in [nok.store().verify_all(), world.inner().server.verify_all()] {
        assert_eq!(faults.unwrap(), Vec::<store::Fault>::new());
    }
}

fn a_newer_file_is_refused(what: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sanam.db");
    let kind = if what == "server" { Kind::Server } else { Kind::Device };
    drop(Store::open(&path, kind, Dice::new(3).entropy(), 1).unwrap());
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 2031).unwrap();
    let hash = || blake3::hash(&std::fs::read(&path).unwrap());
    let before = hash();
    let output = match kind {
        Kind::Device => device(folder.path()).arg("dump").output(),
        Kind::Server => {
            sanam().args(["server", "serve", "--listen", "127.0.0.1:0", "--db"]).arg(folder.path()).output()
        }
    };
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("store_newer: "), "{}", said(&output));
    assert_eq!(hash(), before, "the file changed");
}

// ---------------------------------------------------------------------------------------------------- transcripts

fn transcript() -> Vec<Value> {
    let text = std::fs::read_to_string(fixtures().join("protocol-1.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn text<'a>(line: &'a Value, key: &str) -> &'a str {
    line[key].as_str().unwrap_or_default()
}

/// Sends what a client of that day sent to a server of today.
fn a_client_of_the_first_day_is_understood() {
    let world = World::from_seed(77);
    let mut token = String::new();
    let mut understood = 0;
    for line in transcript() {
        let mut body = text(&line, "body").to_owned();
        if text(&line, "path") == "/v1/enrol" {
            let code = world.with_server(|server, now| {
                let request = crate::world::enrolment("นก", domain::access::Role::Worker, &["R01"]);
                server.new_enrolment("ผู้ดูแล", &request, now, 600_000).unwrap().0
            });
            let mut request: Value = serde_json::from_str(&body).unwrap();
            request["code"] = json!(code);
            body = request.to_string();
        }
        let call = HttpCall {
            method: "POST",
            url: format!("http://office{}", text(&line, "path")),
            bearer: token.clone(),
            body: body.clone().into_bytes(),
            content_type: "application/json",
        };
        let HttpAnswer::Response { status, body: answer, .. } = world.inner().deliver(&call) else {
            panic!()
        };
        let answer = String::from_utf8(answer).unwrap();
        assert_eq!(status, 200, "{}: {answer}", text(&line, "path"));
        match text(&line, "path") {
            "/v1/enrol" => {
                let reply: Value = serde_json::from_str(&answer).unwrap();
                for key in ["device", "token", "municipality", "tenant", "grant", "incarnation", "now"] {
                    assert!(!reply[key].is_null(), "{key} is gone from EnrolReply");
                }
                token = text(&reply, "token").to_owned();
            }
            "/v1/push" => {
                let reply: Value = serde_json::from_str(&answer).unwrap();
                let commits = body.lines().count() as u64 - 1;
                assert_eq!(reply["acked"], json!(commits), "{answer}");
                for verdict in reply["verdicts"].as_array().unwrap() {
                    assert_eq!(verdict["is"], "ok", "{verdict}");
                    assert!(verdict["stamp"].is_array() && verdict["seq"].is_u64(), "{verdict}");
                    understood += 1;
                }
            }
            _ => {
                let lines: Vec<Value> =
                    answer.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
                assert!(lines[0]["head"]["incarnation"].is_string(), "{answer}");
                let tail = &lines.last().unwrap()["tail"];
                assert!(tail.is_object(), "{answer}");
                for record in lines.iter().filter_map(|line| line.get("rec")) {
                    let whole =
                        ["id", "kind", "shelf", "seq", "s", "v"].iter().all(|key| !record[key].is_null());
                    assert!(whole, "{record}");
                    understood += 1;
                }
            }
        }
    }
    assert!(understood > 10, "{understood}");
}

/// Gives a client of today what a server of that day answered.
fn a_server_of_the_first_day_is_understood() {
    let mut store = Store::in_memory(Kind::Device, Dice::new(9).entropy()).unwrap();
    let now = Now::thai(crate::world::NOON + 1_000);
    let response = |line: &Value| HttpAnswer::Response {
        status: 200,
        content_type: text(line, "type").to_owned(),
        body: text(line, "answer").as_bytes().to_vec(),
    };
    let lines = transcript();
    let answers = |path: &str| -> Vec<Value> {
        lines.iter().filter(|line| text(line, "path") == path).cloned().collect()
    };
    store::absorb_enrol(&mut store, "http://office", response(&answers("/v1/enrol")[0]), now).unwrap();
    let pulls = answers("/v1/pull");
    let mut session = SyncSession::new(false);
    let Step::Call(call) = session.next(&mut store, None, now) else { panic!("it asks") };
    assert!(call.url.ends_with("/v1/pull"));
    let done = session.next(&mut store, Some(response(&pulls[0])), now);
    assert!(matches!(&done, Step::Done(reply) if reply.pulled > 5), "{done:?}");
    assert_eq!(store.verify().unwrap(), Vec::<store::Fault>::new());
    // What it saves now is answered as the server of that day did.
    let pushes = answers("/v1/push");
    let reply: PushReply = serde_json::from_str(text(&pushes[0], "answer")).unwrap();
    let status =
        store::service::serve(&mut store, None, now, Status {}.wrap()).and_then(Status::unwrap).unwrap();
    let grant = status.enrolled.unwrap().grant;
    for line in text(&pushes[0], "body").lines().skip(1) {
        let commit: domain::change::Commit = serde_json::from_str(line).unwrap();
        let new = store::NewCommit { changes: commit.changes, ..store::NewCommit::default() };
        store.save(&grant, now, new).unwrap();
    }
    let mut session = SyncSession::new(false);
    let Step::Call(call) = session.next(&mut store, None, now) else { panic!("it pushes") };
    assert!(call.url.ends_with("/v1/push"));
    let Step::Call(call) = session.next(&mut store, Some(response(&pushes[0])), now) else {
        panic!("it pulls")
    };
    assert!(call.url.ends_with("/v1/pull"));
    let accepted = reply.verdicts.iter().filter(|verdict| matches!(verdict.fate, Fate::Ok { .. })).count();
    assert!(accepted > 3, "{accepted}");
    for line in text(&pulls[0], "answer").lines() {
        serde_json::from_str::<PullLine>(line).unwrap();
    }
}

/// Writes the fixtures of the present schema and protocol where there are none yet.
pub fn write_fixtures() {
    std::fs::create_dir_all(fixtures()).unwrap();
    let world = World::from_seed(77);
    let mut lines: Vec<String> = Vec::new();
    let (nok, lek) = (world.phone("นก"), world.phone("เล็ก"));
    // The transcript: a phone that enrols, pulls, works, pushes and pulls.
    let entropy = world.inner().dice.entropy();
    let mut third = Store::in_memory(Kind::Device, entropy).unwrap();
    let code = world.with_server(|server, now| {
        let request = crate::world::enrolment("นก", domain::access::Role::Worker, &["R01"]);
        server.new_enrolment("ผู้ดูแล", &request, now, 600_000).unwrap().0
    });
    let ask =
        domain::api::Enrol {
            text: code, server: Some("http://office".to_owned()), name: "นก".to_owned()
        };
    let (server, call) = store::enrol_call(&third, &ask).unwrap();
    let answer = recorded(&world, &call, &mut lines);
    store::absorb_enrol(&mut third, &server, answer, Now::thai(world.now())).unwrap();
    sync_recorded(&world, &mut third, &mut lines);
    let phone = Phone::new(world.clone(), "นก", third);
    for no in 1..=4 {
        phone.reads(&format!("meter {no}"), no);
    }
    phone.edits("meter 5", "house", "9/9");
    phone.binds("meter 5", "SN-0001");
    sync_recorded(&world, &mut phone.store(), &mut lines);
    let file = fixtures().join("protocol-1.jsonl");
    if !file.exists() {
        std::fs::write(file, lines.join("\n") + "\n").unwrap();
    }
    // The files: a day's work on both ends, some of it unsent, with history and a question.
    nok.syncs();
    lek.syncs();
    nok.reads("meter 1", 5);
    nok.edits("meter 1", "name", "จากนก");
    lek.edits("meter 1", "name", "จากเล็ก");
    nok.syncs();
    lek.syncs();
    nok.syncs();
    nok.reads("meter 1", 6);
    nok.edits("meter 2", "house", "ยังไม่ส่ง");
    let folder = tempfile::tempdir().unwrap();
    let (device, server) = (folder.path().join("device.db"), folder.path().join("server.db"));
    nok.store().backup(&device).unwrap();
    world.with_server(|store, _| store.backup(&server)).unwrap();
    let schema = schema_of(Kind::Device, &device);
    let (nok, world) = (nok.dump(), world.dump());
    for (end, path, dump) in [("device", device, &nok), ("server", server, &world)] {
        let name = format!("{schema}-{end}");
        let to = fixtures().join(format!("{name}.db.zst"));
        if !to.exists() {
            std::fs::write(to, zstd::stream::encode_all(&std::fs::read(path).unwrap()[..], 19).unwrap())
                .unwrap();
            let to = fixtures().join(format!("{name}.jsonl.zst"));
            std::fs::write(to, zstd::stream::encode_all(dump.as_bytes(), 19).unwrap()).unwrap();
        }
    }
}

fn recorded(world: &World, call: &HttpCall, lines: &mut Vec<String>) -> HttpAnswer {
    let answer = world.inner().deliver(call);
    let HttpAnswer::Response { content_type, body, .. } = &answer else { panic!() };
    let path = call.url.strip_prefix("http://office").unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    lines.push(
        json!({"path": path, "body": text(&call.body), "type": content_type, "answer": text(body)})
            .to_string(),
    );
    answer
}

fn sync_recorded(world: &World, store: &mut Store, lines: &mut Vec<String>) {
    let mut session = SyncSession::new(false);
    let mut answer = None;
    loop {
        match session.next(store, answer.take(), Now::thai(world.now())) {
            Step::Call(call) => answer = Some(recorded(world, &call, lines)),
            Step::Done(_) => return,
            Step::Failed(problem) => panic!("{problem:?}"),
        }
    }
}
