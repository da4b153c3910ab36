//! What anybody may see.

use crate::world::{World, person_code, pole_code};
use std::fs;

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
fn the_apps_files_are_kept_for_ever_or_asked_for_anew() {
    let folder = std::env::temp_dir().join(format!("sanam-app-{}", std::process::id()));
    fs::create_dir_all(folder.join("assets")).unwrap();
    fs::write(folder.join("index.html"), "<!doctype html><title>app</title>").unwrap();
    fs::write(folder.join("assets/ui-0123.js"), "export {};".repeat(200)).unwrap();
    fs::write(folder.join("assets/ui-0123.js.br"), b"packed before").unwrap();
    fs::write(folder.join("sw.js"), "// worker").unwrap();
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
