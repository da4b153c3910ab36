//! The office's session.

use crate::world::{World, pole_code};
use domain::access::Role;
use domain::api::{
    Accounts, Card, Devices, Find, Found, HandOver, Login, Logout, NewEnrolment, PutAccount, RemoveAccount,
    Reply, Request, Session, SetShelves, SetUp,
};
use domain::ids::Shelf;
use domain::problem::Code;
use store::Store;

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

/// Signs the administrator in again, after the working day, and returns the new cookie.
pub fn signed_in_again(world: &World) -> String {
    let (answer, reply) = world.call("", login(PASSWORD));
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

#[test]
fn an_administrator_makes_a_supervisor_whose_password_is_shown_once() {
    let world = World::start();
    let admin = signed_in(&world);
    let put = |name: &str, role, programmes: &[&str], new_password| {
        let programmes = programmes.iter().map(|&id| id.to_owned()).collect();
        Request::PutAccount(PutAccount {
            name: name.to_owned(),
            role,
            programmes,
            zones: Vec::new(),
            new_password,
        })
    };
    let made = |cookie: &str, request: Request| match world.call(cookie, request).1 {
        Ok(Reply::PutAccount(put)) => Ok(put.password),
        Ok(other) => panic!("{other:?}"),
        Err(problem) => Err(problem.code),
    };
    let enter = |name: &str, password: &str| {
        let login = Login { name: name.to_owned(), password: password.to_owned() };
        let (answer, reply) = world.call("", Request::Login(login));
        reply.map(|_| cookie_of(&answer)).map_err(|problem| problem.code)
    };
    let password = made(&admin, put("ประปา หัวหน้า", Role::Supervisor, &["water"], false)).unwrap().unwrap();
    assert!(password.chars().count() >= 10);
    let boss = enter("ประปา หัวหน้า", &password).unwrap();
    let find = |cookie: &str| world.call(cookie, Request::Find(Find { text: pole_code() })).1;
    assert!(!matches!(find(&boss), Ok(Reply::Find(Found::Subject(_)))), "a pole is not of her programme");
    assert_eq!(made(&boss, put("x", Role::Supervisor, &["water"], false)), Err(Code::Forbidden));
    assert_eq!(world.call(&boss, Request::Accounts(Accounts {})).1.unwrap_err().code, Code::Forbidden);

    // Another programme as well, with the password she knows.
    assert_eq!(made(&admin, put("ประปา หัวหน้า", Role::Supervisor, &["water", "lights"], false)), Ok(None));
    assert!(matches!(find(&boss), Ok(Reply::Find(Found::Subject(_)))));
    // Another password ends what was open.
    let second = made(&admin, put("ประปา หัวหน้า", Role::Supervisor, &["water"], true)).unwrap().unwrap();
    assert_eq!(find(&boss).unwrap_err().code, Code::LoginNeeded);
    assert_eq!(enter("ประปา หัวหน้า", &password), Err(Code::LoginWrong));
    let boss = enter("ประปา หัวหน้า", &second).unwrap();

    for wrong in [
        put("", Role::Clerk, &[], false),
        put("ก", Role::Supervisor, &[], false),
        put("ก", Role::Supervisor, &["nothing"], false),
    ] {
        assert_eq!(made(&admin, wrong), Err(Code::Malformed));
    }
    assert_eq!(made(&admin, put("ก", Role::Worker, &["water"], false)), Err(Code::Forbidden));
    assert_eq!(
        made(&admin, put("admin", Role::Clerk, &[], false)),
        Err(Code::Forbidden),
        "not one's own keys"
    );
    let remove =
        |name: &str| world.call(&admin, Request::RemoveAccount(RemoveAccount { name: name.to_owned() })).1;
    assert_eq!(remove("admin").unwrap_err().code, Code::Forbidden);
    let Ok(Reply::Accounts(all)) = world.call(&admin, Request::Accounts(Accounts {})).1 else { panic!() };
    let names: Vec<&str> = all.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["admin", "ประปา หัวหน้า"]);
    remove("ประปา หัวหน้า").unwrap();
    assert_eq!(find(&boss).unwrap_err().code, Code::LoginNeeded);
    assert_eq!(enter("ประปา หัวหน้า", &second), Err(Code::LoginWrong));
}

#[test]
fn a_clerk_hands_a_round_over_and_both_phones_follow() {
    let mut code = String::new();
    let world = World::start_with(
        |store| {
            let request = NewEnrolment {
                person: "คนใหม่".to_owned(),
                role: Role::Worker,
                shelves: vec![Shelf::new("lights", "F01")],
            };
            code = store.new_enrolment("test", &request, crate::world::NOW, 600_000).unwrap().0;
        },
        None,
    );
    let office = signed_in(&world);
    let (mut nok, mut new) = (world.device(0), world.device_by(&code, 50));
    world.ask(&mut nok, crate::devices::reading(1, 20));
    world.sync(&mut nok).unwrap();
    world.ask(&mut nok, crate::devices::reading(2, 30)); // not sent
    let (from, to) = (nok.device(), new.device());
    let shelves = vec![Shelf::new("water", "R01")];
    let hand = |from, to| Request::HandOver(HandOver { from, to, shelves: shelves.clone() });
    world.call(&office, hand(from, to)).1.unwrap();
    assert_eq!(world.call(&office, hand(from, to)).1.unwrap_err().code, Code::BadRecord, "it has none now");
    let arrived = world.sync(&mut new).unwrap();
    assert!(arrived.pulled >= crate::world::METERS);
    let visits = |device: &mut Store, number| {
        let card = Card { subject: crate::world::meter(number), today: "2026-11-21".to_owned() };
        world.ask(device, card).visits.len()
    };
    assert_eq!((visits(&mut new, 1), visits(&mut new, 2)), (1, 0));
    let sent = world.sync(&mut nok).unwrap();
    assert_eq!((sent.pushed, sent.status.refused), (1, 0), "what she had written counts");
    world.sync(&mut new).unwrap();
    assert_eq!(visits(&mut new, 2), 1);
    let subjects = |store: &Store| {
        let mut out = Vec::new();
        store.dump(None, &mut out).unwrap();
        String::from_utf8(out).unwrap().matches("\"kind\":\"subject\"").count()
    };
    assert_eq!(subjects(&nok), 0, "and her phone holds the round no more");
    assert_eq!(subjects(&new) as u64, crate::world::METERS + 1, "her own pole and the round");

    let set = |device, shelves: Vec<Shelf>| {
        world.call(&office, Request::SetShelves(SetShelves { device, shelves })).1
    };
    assert_eq!(set(to, Vec::new()).unwrap_err().code, Code::BadRecord);
    set(to, vec![Shelf::new("water", "R01")]).unwrap();
    world.sync(&mut new).unwrap();
    assert_eq!(subjects(&new) as u64, crate::world::METERS);
}
