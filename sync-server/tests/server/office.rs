//! The office's session.

use crate::world::{World, pole_code};
use domain::access::Role;
use domain::api::{Devices, Find, Found, Login, Logout, NewEnrolment, Reply, Request, Session, SetUp};
use domain::ids::Shelf;
use domain::problem::Code;

const PASSWORD: &str = "รหัสผ่านยาวพอ";

fn set_up(world: &World) -> Request {
    Request::SetUp(SetUp {
        code: world.setup.clone().unwrap(),
        municipality: "อบต.ทดสอบ".to_owned(),
        name: "admin".to_owned(),
        password: PASSWORD.to_owned(),
    })
}

fn login(password: &str) -> Request {
    Request::Login(Login { name: "admin".to_owned(), password: password.to_owned() })
}

fn cookie_of(answer: &crate::world::Answer) -> String {
    answer.header("set-cookie").split(';').next().unwrap().to_owned()
}

/// Sets the first administrator up and returns the session's cookie.
pub fn signed_in(world: &World) -> String {
    let (answer, reply) = world.call("", set_up(world));
    reply.unwrap();
    cookie_of(&answer)
}

#[test]
fn the_first_administrator_comes_by_a_link_that_works_once() {
    let world = World::start();
    let Reply::Session(before) = world.call("", Request::Session(Session {})).1.unwrap() else { panic!() };
    assert!(before.needs_setup && before.name.is_none());

    let Request::SetUp(right) = set_up(&world) else { panic!() };
    let wrong = SetUp { code: "guess".to_owned(), ..right.clone() };
    assert_eq!(world.call("", Request::SetUp(wrong)).1.unwrap_err().code, Code::SetupDone);
    let weak = SetUp { password: "สั้น".to_owned(), ..right };
    assert_eq!(world.call("", Request::SetUp(weak)).1.unwrap_err().code, Code::PasswordWeak);

    let cookie = signed_in(&world);
    let Reply::Session(after) = world.call(&cookie, Request::Session(Session {})).1.unwrap() else {
        panic!()
    };
    assert_eq!(
        (after.name.as_deref(), after.municipality.as_str(), after.needs_setup),
        (Some("admin"), "อบต.ทดสอบ", false)
    );
    assert_eq!(after.grant.unwrap().role, Role::Administrator);
    assert_eq!(world.call("", set_up(&world)).1.unwrap_err().code, Code::SetupDone);
}

#[test]
fn a_session_ends_by_logout_and_after_a_working_day() {
    let world = World::start();
    let cookie = signed_in(&world);
    let devices = || Request::Devices(Devices {});
    world.call(&cookie, devices()).1.unwrap();
    assert_eq!(world.call("", devices()).1.unwrap_err().code, Code::LoginNeeded);
    let (answer, _) = world.call(&cookie, Request::Logout(Logout {}));
    assert!(answer.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(world.call(&cookie, devices()).1.unwrap_err().code, Code::LoginNeeded);

    let (answer, _) = world.call("", login(PASSWORD));
    let line = answer.header("set-cookie");
    assert!(
        line.contains("HttpOnly") && line.contains("SameSite=Strict") && line.contains("Path=/"),
        "{line}"
    );
    let cookie = cookie_of(&answer);
    world.call(&cookie, devices()).1.unwrap();
    world.pass(12 * 3_600_000 + 1);
    assert_eq!(world.call(&cookie, devices()).1.unwrap_err().code, Code::LoginNeeded);
}

/// Logs in from a network, as a proxy on the server's machine names it.
fn login_from(world: &World, network: &str, cookies: &str, password: &str) -> crate::world::Answer {
    let headers = [
        ("content-type", "application/json"),
        ("x-sanam", "1"),
        ("cookie", cookies),
        ("x-forwarded-for", network),
    ];
    world.post("/api/call", &headers, &serde_json::to_vec(&login(password)).unwrap())
}

#[test]
fn wrong_passwords_pause_their_own_network_and_not_the_clerk() {
    let world = World::start();
    let known: Vec<String> = world
        .call("", set_up(&world))
        .0
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|line| line.to_str().unwrap().split(';').next().unwrap().to_owned())
        .filter(|pair| pair.starts_with("sanam_known_"))
        .collect();
    assert_eq!(known.len(), 1);
    for _ in 0..5 {
        assert_eq!(login_from(&world, "192.0.2.1", "", "ผิดผิดผิดผิด").status, 401);
    }
    let locked = login_from(&world, "192.0.2.1", "", PASSWORD);
    assert_eq!((locked.status, locked.json()["problem"]["code"].as_str()), (429, Some("login_locked")));
    assert!(locked.json()["problem"]["hint"].as_str().unwrap().contains("รอ 1 นาที"));
    let forged = known[0].replace('.', "0.");
    assert_eq!(login_from(&world, "192.0.2.1", &forged, PASSWORD).status, 429);
    assert_eq!(login_from(&world, "192.0.2.1", &known[0], PASSWORD).status, 200, "the clerk's own browser");
    assert_eq!(login_from(&world, "192.0.2.2", "", PASSWORD).status, 200, "from elsewhere");
    assert_eq!(login_from(&world, "192.0.2.1", "", PASSWORD).status, 429);
    world.pass(60_000);
    assert_eq!(login_from(&world, "192.0.2.1", "", PASSWORD).status, 200);
}

#[test]
fn who_has_no_session_sends_little() {
    let world = World::start();
    let cookie = signed_in(&world);
    let session = serde_json::to_string(&Request::Session(Session {})).unwrap();
    let padded = format!("{}{session}", " ".repeat(64 * 1024));
    let packed = zstd::bulk::compress(padded.as_bytes(), 3).unwrap();
    let call = |cookie: &str, encoding: &str, body: &[u8]| {
        let mut headers = vec![("content-type", "application/json"), ("x-sanam", "1"), ("cookie", cookie)];
        if !encoding.is_empty() {
            headers.push(("content-encoding", encoding));
        }
        world.post("/api/call", &headers, body).status
    };
    assert_eq!(call("", "", padded.as_bytes()), 401);
    assert_eq!(call("sanam_session=guess", "zstd", &packed), 401);
    assert_eq!(call("", "", session.as_bytes()), 200);
    assert_eq!(call(&cookie, "", padded.as_bytes()), 200);
    assert_eq!(call(&cookie, "zstd", &packed), 200);
}

#[test]
fn the_office_keeps_pictures_only() {
    let world = World::start();
    let cookie = signed_in(&world);
    let keep = |base64: &str| {
        let photo = domain::api::KeepPhoto { base64: base64.to_owned(), mime: "image/svg+xml".to_owned() };
        world.call(&cookie, Request::KeepPhoto(photo)).1
    };
    assert_eq!(keep("PHN2Zz48L3N2Zz4=").unwrap_err().code, Code::PhotoUnreadable);
}

#[test]
fn what_another_sites_page_can_send_is_refused() {
    let world = World::start();
    let cookie = signed_in(&world);
    let body = serde_json::to_vec(&Request::Devices(Devices {})).unwrap();
    let json = ("content-type", "application/json");
    let cases: [&[(&str, &str)]; 4] = [
        &[json, ("cookie", &cookie)],
        &[("content-type", "text/plain"), ("x-sanam", "1"), ("cookie", &cookie)],
        &[("x-sanam", "1"), ("cookie", &cookie)],
        &[json, ("x-sanam", "1"), ("cookie", &cookie), ("sec-fetch-site", "cross-site")],
    ];
    for headers in cases {
        let answer = world.post("/api/call", headers, &body);
        assert_eq!(
            (answer.status, answer.json()["problem"]["code"].as_str()),
            (403, Some("forbidden")),
            "{headers:?}"
        );
    }
    let good = [json, ("x-sanam", "1"), ("cookie", cookie.as_str()), ("sec-fetch-site", "same-origin")];
    assert_eq!(world.post("/api/call", &good, &body).status, 200);
}

#[test]
fn the_office_issues_an_enrolment_with_its_qr() {
    let world = World::start();
    let cookie = signed_in(&world);
    let request = NewEnrolment {
        person: "นก".to_owned(),
        role: Role::Worker,
        shelves: vec![Shelf::new("water", "R01")],
    };
    let Reply::NewEnrolment(made) = world.call(&cookie, Request::NewEnrolment(request)).1.unwrap() else {
        panic!()
    };
    assert_eq!(made.link, format!("http://{}/enrol/{}", world.address, made.code));
    assert!(made.svg.starts_with("<svg"));
    let body =
        serde_json::json!({"code": made.code, "install": "00000000000000bb", "name": "เครื่อง"}).to_string();
    assert_eq!(world.post("/v1/enrol", &[], body.as_bytes()).status, 200);
}

#[test]
fn the_office_finds_what_a_code_belongs_to() {
    let world = World::start();
    let cookie = signed_in(&world);
    let find = Request::Find(Find { text: pole_code().to_lowercase() });
    let Reply::Find(found) = world.call(&cookie, find).1.unwrap() else { panic!() };
    assert!(matches!(found, Found::Subject(_)), "{found:?}");
}
