//! Every route of the server, and who may use it. One table: a new route without a line here fails, so that nobody forgets to
//! say for whom it is.

use crate::devices::bearer;
use crate::office::signed_in;
use crate::world::{World, pole_code};
use domain::access::Role;
use domain::api::{self, Ask, Login, PutAccount, Reply, Request, Revoke};
use domain::ids::{DeviceNo, RecordId};
use serde_json::json;
use std::collections::BTreeSet;

/// Who asks, in the order of the columns.
#[derive(Clone, Copy, Debug)]
enum Who {
    Nobody,
    Device,
    Revoked,
    Clerk,
    Supervisor,
    Administrator,
}

const EVERYBODY: [Who; 6] =
    [Who::Nobody, Who::Device, Who::Revoked, Who::Clerk, Who::Supervisor, Who::Administrator];

const HASH: &str = "00000000000000000000000000000000000000000000000000000000000000ff";

/// Method, path with `{...}` as the router has it, and the statuses for nobody, device, revoked device, clerk, supervisor
/// (of water), administrator.
#[rustfmt::skip]
const ROUTES: &[(&str, &str, [u16; 6])] = &[
    //                              nobody dev  rev  clerk sup  admin
    ("POST", "/v1/enrol",          [404, 404, 404, 404, 404, 404]), // with a code that does not exist
    ("POST", "/v1/push",           [401, 200, 401, 401, 401, 401]),
    ("POST", "/v1/pull",           [401, 200, 401, 401, 401, 401]),
    ("GET",  "/v1/blob/{hash}",    [401, 404, 401, 401, 401, 401]),
    ("HEAD", "/v1/blob/{hash}",    [401, 404, 401, 401, 401, 401]),
    ("POST", "/v1/blob/{hash}",    [401, 200, 401, 401, 401, 401]),
    ("POST", "/api/call",          [401, 401, 401, 200, 200, 200]), // the rest of them in CALLS
    ("POST", "/api/labels",        [401, 401, 401, 200, 200, 200]),
    ("GET",  "/health",            [200, 200, 200, 200, 200, 200]),
    ("GET",  "/q/{code}",          [200, 200, 200, 200, 200, 200]),
    ("GET",  "/Q/{code}",          [200, 200, 200, 200, 200, 200]),
    ("POST", "/q/{code}",          [403, 403, 403, 403, 403, 403]), // without the page's form token,
    ("GET",  "/t/{token}",         [404, 404, 404, 404, 404, 404]),
    ("POST", "/t/{token}",         [404, 404, 404, 404, 404, 404]),
    ("GET",  "/t/{token}/photo",   [404, 404, 404, 404, 404, 404]),
    ("GET",  "/open311/{*path}",   [200, 200, 200, 200, 200, 200]),
    ("POST", "/open311/{*path}",   [403, 403, 403, 403, 403, 403]), // without a key,
    ("GET",  "/map/base.pmtiles",  [404, 404, 404, 404, 404, 404]), // no map was put there,
    ("POST", "/api/bills",         [401, 401, 401, 404, 404, 404]), // there is no bill yet,
    ("POST", "/api/paper",         [401, 401, 401, 404, 404, 404]), // and no receipt,
    ("POST", "/api/round-file",    [401, 401, 401, 200, 200, 200]),
    ("POST", "/api/report",        [401, 401, 401, 200, 404, 200]), // of a sensitive programme,
    ("POST", "/api/person",        [401, 401, 401, 200, 404, 200]),
    ("GET",  "/page.css",          [200, 200, 200, 200, 200, 200]),
    ("GET",  "/enrol/{code}",      [503, 503, 503, 503, 503, 503]), // the screens, which are not built here
    ("GET",  "/office",            [503, 503, 503, 503, 503, 503]),
    ("GET",  "/",                  [503, 503, 503, 503, 503, 503]),
    ("GET",  "/metrics",           [404, 404, 404, 404, 404, 404]), // has a listener of its own
];

/// What the office's door answers to whom: 401 without a session, 403 without the right, 404 for what is not theirs.
fn calls() -> Vec<(Request, [u16; 6])> {
    let day = || "2026-11-21".to_owned();
    let water = || "water".to_owned();
    let person = RecordId::derived("test person", &[]);
    let meter = crate::world::meter(1);
    let enrolment = |role| api::NewEnrolment {
        person: "ใหม่".to_owned(),
        role,
        shelves: vec![domain::ids::Shelf::new("water", "R01")],
    };
    let desk = || api::EnterVisit {
        id: None,
        visit: api::SaveVisit {
            programme: "care".into(),
            form: "visit".into(),
            subject: Some(person),
            zone: None,
            code: None,
            outcome: "done".into(),
            answers: domain::change::Values::new(),
            photos: Vec::new(),
            place: None,
            registry: Vec::new(),
            supersedes: None,
            offset_minutes: 420,
        },
        version: "1".into(),
        seen: api::Seen::default(),
        reason: String::new(),
    };
    let account = || PutAccount {
        name: "ใหม่".to_owned(),
        role: Role::Clerk,
        programmes: Vec::new(),
        zones: Vec::new(),
        new_password: true,
    };
    vec![
        (api::Session {}.wrap(), [200, 200, 200, 200, 200, 200]),
        // The sixth wrong password of one network has to wait.
        (Login { name: "x".into(), password: "y".into() }.wrap(), [401, 401, 401, 401, 401, 429]),
        (api::Status {}.wrap(), [401, 401, 401, 200, 200, 200]),
        (api::Programmes {}.wrap(), [401, 401, 401, 200, 200, 200]),
        (api::Home { today: day() }.wrap(), [401, 401, 401, 200, 200, 200]),
        (api::Today { day: day(), programme: None, limit: 5 }.wrap(), [401, 401, 401, 200, 200, 200]),
        (api::Card { subject: meter, today: day() }.wrap(), [401, 401, 401, 200, 200, 200]),
        // A sick person: not there for a supervisor of another programme.
        (api::Card { subject: person, today: day() }.wrap(), [401, 401, 401, 200, 404, 200]),
        (api::History { record: person }.wrap(), [401, 401, 401, 200, 404, 200]),
        (desk().wrap(), [401, 401, 401, 200, 404, 200]),
        (api::Questions { settled: false }.wrap(), [401, 401, 401, 200, 200, 200]),
        (api::Refused {}.wrap(), [401, 401, 401, 200, 200, 200]),
        (api::Zones { programme: water() }.wrap(), [401, 401, 401, 200, 200, 200]),
        (api::Photo { hash: HASH.into(), whole: false }.wrap(), [401, 401, 401, 200, 200, 200]),
        (api::Devices {}.wrap(), [401, 401, 401, 200, 200, 200]),
        (enrolment(Role::Worker).wrap(), [401, 401, 401, 200, 403, 200]),
        (enrolment(Role::Administrator).wrap(), [401, 401, 401, 403, 403, 200]),
        (Revoke { device: DeviceNo(99) }.wrap(), [401, 401, 401, 404, 403, 404]),
        (api::Takings { programme: water(), since: day() }.wrap(), [401, 401, 401, 200, 200, 200]),
        (api::Accounts {}.wrap(), [401, 401, 401, 403, 403, 200]),
        (account().wrap(), [401, 401, 401, 403, 403, 200]),
        (api::RemoveAccount { name: "nobody".into() }.wrap(), [401, 401, 401, 403, 403, 404]),
        // What only a device does is no request of the office.
        (api::Sync::default().wrap(), [401, 401, 401, 403, 403, 403]),
    ]
}

struct Cast {
    world: World,
    device: String,
    revoked: String,
    clerk: String,
    supervisor: String,
    administrator: String,
}

impl Cast {
    fn new() -> Cast {
        let world = World::start();
        let administrator = signed_in(&world);
        let account = |name: &str, role, programmes: &[&str]| {
            let programmes = programmes.iter().map(|id| (*id).to_owned()).collect();
            let put =
                PutAccount { name: name.to_owned(), role, programmes, zones: Vec::new(), new_password: true };
            let Reply::PutAccount(made) = world.call(&administrator, put.wrap()).1.unwrap() else { panic!() };
            let login = Login { name: name.to_owned(), password: made.password.unwrap() };
            let (answer, _) = world.call("", login.wrap());
            answer.header("set-cookie").split(';').next().unwrap().to_owned()
        };
        let clerk = account("clerk", Role::Clerk, &[]);
        let supervisor = account("supervisor", Role::Supervisor, &["water"]);
        let (mut held, mut lost) = (world.device(0), world.device(1));
        let (device, revoked) = (bearer(&world, &mut held), bearer(&world, &mut lost));
        let end = Revoke { device: lost.device() };
        world.call(&administrator, end.wrap()).1.unwrap();
        Cast { world, device, revoked, clerk, supervisor, administrator }
    }

    fn headers(&self, who: Who) -> Vec<(&str, &str)> {
        let mut headers = vec![("content-type", "application/json"), ("x-sanam", "1")];
        headers.extend(match who {
            Who::Nobody => None,
            Who::Device => Some(("authorization", self.device.as_str())),
            Who::Revoked => Some(("authorization", self.revoked.as_str())),
            Who::Clerk => Some(("cookie", self.clerk.as_str())),
            Who::Supervisor => Some(("cookie", self.supervisor.as_str())),
            Who::Administrator => Some(("cookie", self.administrator.as_str())),
        });
        headers
    }

    fn asks(&self, who: Who, method: &str, path: &str, body: &[u8]) -> u16 {
        let headers = self.headers(who);
        match method {
            "GET" => self.world.get(path, &headers).status,
            "HEAD" => self.world.head(path, &headers).status,
            _ => self.world.post(path, &headers, body).status,
        }
    }
}

fn body_of(path: &str) -> Vec<u8> {
    let install = "00000000000000aa";
    let enrol = json!({"code": "ABCDEFGHJK", "install": install, "name": "x", "top_n": 0});
    let sheet = json!({"choice": {"zone": {"programme": "water", "zone": "R01"}}, "stock": "63.5x38.1", "start_at": 1,
        "offset_um": [0, 0], "two_copies": false, "calibration": true});
    match path {
        "/v1/enrol" => enrol.to_string(),
        "/v1/push" => json!({"install": install, "top_n": 0, "lowest_n": 1}).to_string(),
        "/v1/pull" => json!({"install": install, "top_n": 0}).to_string(),
        "/api/call" => serde_json::to_string(&api::Devices {}.wrap()).unwrap(),
        "/api/labels" => sheet.to_string(),
        "/api/bills" => json!({"programme": "water", "cycle": "2026-11", "zone": null, "unpaid": false, "two_a_page": false})
            .to_string(),
        "/api/paper" => json!({"entry": RecordId::derived("no bill", &[])}).to_string(),
        "/api/round-file" => {
            json!({"programme": "water", "cycle": "2026-11", "day": "2026-11-21", "what": "payments_csv"}).to_string()
        }
        "/api/report" => {
            let of = json!({"programme": "care", "report": "monthly", "month": "2026-11"});
            json!({"of": of, "format": "pdf"}).to_string()
        }
        "/api/person" => {
            json!({"subject": RecordId::derived("test person", &[]), "format": "fhir", "language": "th"}).to_string()
        }
        _ => String::new(),
    }
    .into_bytes()
}

#[test]
fn every_route_answers_everybody_as_the_table_says() {
    let cast = Cast::new();
    let mut wrong = Vec::new();
    for (method, route, expected) in ROUTES {
        let code = if route.starts_with("/enrol") { "ABC".to_owned() } else { pole_code() };
        let path = route
            .replace("{hash}", HASH)
            .replace("{code}", &code)
            .replace("{token}", "AAAAAAAAAAAAAAAAAAAAAAAAAA")
            .replace("{*path}", "v2/requests.json");
        let got = EVERYBODY.map(|who| cast.asks(who, method, &path, &body_of(route)));
        if got != *expected {
            wrong.push(format!("{method} {route}: {got:?} for {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_call_of_the_office_answers_everybody_as_the_table_says() {
    let cast = Cast::new();
    let mut wrong = Vec::new();
    for (request, expected) in calls() {
        let body = serde_json::to_vec(&request).unwrap();
        let got = EVERYBODY.map(|who| cast.asks(who, "POST", "/api/call", &body));
        if got != expected {
            wrong.push(format!("{}: {got:?} for {expected:?}", String::from_utf8_lossy(&body)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_route_is_missing_in_the_table() {
    let source = include_str!("../../src/lib.rs");
    let routes: BTreeSet<&str> =
        source.split(".route(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let told: BTreeSet<&str> = ROUTES.iter().map(|(_, route, _)| *route).collect();
    assert!(routes.len() > 10);
    let missing: Vec<_> = routes.difference(&told).collect();
    assert!(missing.is_empty(), "say in ROUTES who may use {missing:?}");
    let gone: Vec<_> = told.difference(&routes).collect();
    assert!(gone.is_empty(), "{gone:?} are no routes");
}
