//! What anybody may see.

use crate::world::{NOW, World, person_code, pole_code, subject};
use domain::access::{Grant, Role};
use domain::api::{Ask, Find, Found};
use domain::ids::{RecordId, Shelf};
use serde_json::json;
use std::fs;
use std::io::Write;
use store::{Now, Store};

#[test]
fn health_is_cheap_and_says_what_runs() {
    let world = World::start();
    let health = world.get("/health", &[]).json();
    assert_eq!((health["status"].as_str(), health["protocol"].as_u64()), (Some("ok"), Some(1)));
}

#[test]
fn a_sticker_on_a_pole_tells_its_number_in_any_case() {
    let world = World::start();
    let code = pole_code();
    for path in [format!("/q/{code}"), format!("/Q/{code}"), format!("/q/{}", code.to_lowercase())] {
        let page = world.get(&path, &[]);
        let text = page.text();
        assert_eq!(page.status, 200);
        assert!(text.contains("ตย-01") && text.contains("ถนนตัวอย่าง") && text.contains("ทดสอบ"), "{text}");
        assert!(text.contains("tel:000-000-0000"));
        assert!(!text.contains("50"), "watts are not for passers-by: {text}");
    }
}

#[test]
fn a_sticker_at_a_persons_home_tells_no_more_than_an_unused_one() {
    let world = World::start();
    let about = |code: &str| {
        let page = world.get(&format!("/q/{code}"), &[]);
        (page.status, page.text().replace(code, "CODE"))
    };
    let unused = domain::code::make(99);
    assert_eq!(about(&person_code()), about(&unused));
    assert!(!about(&person_code()).1.contains("มาลี"));
}

/// A pole of another zone that holds the labels of the first one and of a person.
fn false_pole(store: &mut Store) {
    let [pole, person] = [pole_code(), person_code()].map(|code| format!("codes.{code}"));
    let cells = json!({"programme": "lights", "zone": "F02", "pole_no": "ค้างค่าน้ำ", "road": "โอนเข้าบัญชี", (pole): true, (person): true});
    let pole = subject(RecordId::derived("false pole", &[]), cells);
    // It says that it was first.
    store.import_at("test", vec![pole], NOW - 60_000, NOW).unwrap();
}

#[test]
fn a_label_that_is_bound_again_says_what_it_said_before() {
    let (before, after) = (World::start(), World::start_with(false_pole, None));
    for code in [pole_code(), person_code()] {
        let page = |world: &World| world.get(&format!("/q/{code}"), &[]).text();
        let text = page(&after);
        assert_eq!(text, page(&before));
        assert_eq!(text.contains("ตย-01"), code == pole_code(), "{text}");
        assert!(!text.contains("ค้างค่าน้ำ") && !text.contains("โอนเข้าบัญชี"), "{text}");
    }
}

/// What somebody who looks after one zone of the lights finds behind the pole's label.
fn found_in(zone: &str, prepare: impl FnOnce(&mut Store)) -> Found {
    let (tell, told) = std::sync::mpsc::channel();
    let shelves = vec![Shelf::new("lights", zone)];
    let grant = Grant { person: "หัวหน้า".to_owned(), role: Role::Supervisor, shelves };
    let ask = move |store: &mut Store| {
        prepare(store);
        let find = Find { text: pole_code() }.wrap();
        let found = store::service::serve(store, Some(&grant), Now::thai(NOW), find).unwrap();
        tell.send(Find::unwrap(found).unwrap()).unwrap();
    };
    let _world = World::start_with(ask, None);
    told.recv().unwrap()
}

#[test]
fn who_sees_one_holder_of_a_label_hears_that_there_is_another() {
    let (first, second) = (RecordId::derived("test pole", &[]), RecordId::derived("false pole", &[]));
    assert_eq!(found_in("F01", |_| {}), Found::Subject(first));
    for (zone, own) in [("F01", first), ("F02", second)] {
        let found = found_in(zone, false_pole);
        let Found::Several(rows) = &found else { panic!("{found:?}") };
        assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [own]);
    }
}

#[test]
fn hostile_text_is_no_code_and_is_not_repeated() {
    let world = World::start();
    for path in ["/q/%3Cscript%3Ealert(1)%3C%2Fscript%3E", "/q/javascript:alert(1)", "/q/ABCDEFGHJK"] {
        let page = world.get(path, &[]);
        assert_eq!(page.status, 404, "{path}");
        let text = page.text();
        assert!(!text.contains("script") && !text.contains("ABCDEFGHJK"), "{text}");
    }
}

#[test]
fn who_guesses_what_proves_a_label_learns_nothing_after_some() {
    let prepare = |store: &mut Store| {
        store.label_key().unwrap();
    };
    let world = World::start_with(prepare, None);
    let code = pole_code();
    // The proof of a label is six characters; a thief tries them.
    let tries = |proof: &str, from: &str| {
        let page = world.get(&format!("/q/{code}{proof}"), &[("x-forwarded-for", from)]);
        page.status
    };
    let guesses: Vec<u16> = (0..40).map(|at| tries(&format!("A0B{:03}", at), "192.0.2.1")).collect();
    assert_eq!(guesses[..20], [404; 20], "{guesses:?}");
    assert_eq!(guesses[20..], [200; 20], "as if only the number had been typed");
    assert_eq!(tries("A0B000", "192.0.2.2"), 404, "others are told");
    world.pass(61_000);
    assert_eq!(tries("A0B000", "192.0.2.1"), 404);
}

#[test]
fn the_apps_files_are_kept_for_ever_or_asked_for_anew() {
    let folder = std::env::temp_dir().join(format!("sanam-app-{}", std::process::id()));
    fs::create_dir_all(folder.join("assets")).unwrap();
    fs::write(folder.join("index.html"), "<!doctype html><title>app</title>").unwrap();
    fs::write(folder.join("assets/ui-0123.js"), "export {};".repeat(200)).unwrap();
    fs::write(folder.join("assets/ui-0123.js.br"), b"packed before").unwrap();
    let mut folded = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    folded.write_all(b"folded before").unwrap();
    fs::write(folder.join("assets/ui-0123.js.gz"), folded.finish().unwrap()).unwrap();
    fs::write(folder.join("sw.js"), "// worker, which nobody has packed".repeat(200)).unwrap();
    let world = World::start_with(|_| {}, Some(folder.clone()));
    for path in ["/", "/office", "/enrol/ABC"] {
        let page = world.get(path, &[("accept-encoding", "identity")]);
        assert_eq!((page.status, page.header("cache-control")), (200, "no-cache"), "{path}");
        assert!(page.text().contains("<title>app"));
        let policy = page.header("content-security-policy");
        assert!(policy.contains("default-src 'self'") && !policy.contains("unsafe-inline"), "{policy}");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
    }
    let script = world.get("/assets/ui-0123.js", &[("accept-encoding", "gzip, br")]);
    assert_eq!((script.header("content-encoding"), &script.body[..]), ("br", &b"packed before"[..]));
    assert!(script.header("cache-control").contains("immutable"));
    assert_eq!(script.header("content-type"), "text/javascript; charset=utf-8");
    let folded = world.get("/assets/ui-0123.js", &[("accept-encoding", "gzip;q=1.0, deflate")]);
    // The test's client unfolds gzip by itself and takes the header away with it.
    assert_eq!(folded.text(), "folded before");
    assert_ne!(folded.header("etag"), script.header("etag"));
    let plain = world.get("/sw.js", &[("accept-encoding", "gzip")]);
    assert_eq!(plain.header("content-encoding"), "", "nothing is packed for one request");
    assert!(plain.text().starts_with("// worker"));
    let worker = world.get("/sw.js", &[("accept-encoding", "identity")]);
    assert_eq!(worker.header("cache-control"), "no-cache");
    let tag = worker.header("etag").to_owned();
    assert_eq!(world.get("/sw.js", &[("accept-encoding", "identity"), ("if-none-match", &tag)]).status, 304);
    for path in ["/assets/none.js", "/..%2fCargo.toml", "/assets/../index.html/", "/.git/config", "/unknown"]
    {
        assert_eq!(world.get(path, &[]).status, 404, "{path}");
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn without_the_app_the_page_says_so() {
    let world = World::start();
    assert_eq!(world.get("/", &[]).status, 503);
    assert_eq!(world.post("/", &[], b"").status, 405);
}
