//! A server on a port of its own, whose time the test sets, and clients for it.

use domain::access::Role;
use domain::api::{Ask, Enrol, NewEnrolment, Reply, Request};
use domain::change::{Change, Values, kind};
use domain::ids::{RecordId, Seq, Shelf};
use domain::problem::Problem;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use store::{HttpAnswer, HttpCall, Kind, Now, Step, Store, SyncSession};
use sync_server::{Bounds, Config, Outside, Server};

pub const NOW: u64 = 1_795_233_600_000; // 2026-11-21
pub const METERS: u64 = 300;

/// A running server. It stops when it is dropped.
pub struct World {
    pub address: SocketAddr,
    pub time: Arc<AtomicU64>,
    pub setup: Option<String>,
    codes: Vec<String>,
    agent: ureq::Agent,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

/// A plain answer.
pub struct Answer {
    pub status: u16,
    pub headers: ureq::http::HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// Random bytes of a test: never the same twice, the same in each run.
pub fn entropy(seed: u8) -> store::Entropy {
    let mut at = u64::from(seed) << 32;
    Box::new(move |bytes| {
        for byte in bytes {
            at += 1;
            *byte = (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8;
        }
    })
}

pub fn meter(number: u64) -> RecordId {
    RecordId::derived("test meter", &[&number.to_le_bytes()])
}

/// The code on the sticker of a pole.
pub fn pole_code() -> String {
    domain::code::make(0x1234_5678_9abc)
}

/// The code on the sticker of a sick person's bed.
pub fn person_code() -> String {
    domain::code::make(0xabcd_ef01_2345)
}

/// What makes a subject.
pub fn subject(id: RecordId, cells: Value) -> Change {
    let cells: Values = serde_json::from_value(cells).unwrap();
    Change { id, kind: kind::SUBJECT.to_owned(), base_seq: Seq(0), cells }
}

fn filled() -> Store {
    let mut store = Store::in_memory(Kind::Server, entropy(1)).unwrap();
    for programme in programmes::all().unwrap() {
        store.define_programme(&programme, NOW).unwrap();
    }
    store.set_municipality("ทดสอบ").unwrap();
    let meters = (0..METERS).map(|number| {
        let name = format!("นายทดสอบ ที่{number}");
        let cells = json!({"programme": "water", "zone": "R01", "order": number, "name": name, "digits": 4, "initial_reading": 10, "initial_on": "2026-10-10"});
        subject(meter(number), cells)
    });
    let pole = format!("codes.{}", pole_code());
    let person = format!("codes.{}", person_code());
    let others = [
        subject(
            RecordId::derived("test pole", &[]),
            json!({"programme": "lights", "zone": "F01", "pole_no": "ตย-01", "road": "ถนนตัวอย่าง", "watts": 50, "lat": 13.0003, "lon": 100.6001, (pole): true}),
        ),
        subject(
            RecordId::derived("test person", &[]),
            json!({"programme": "care", "zone": "M01", "name": "มาลี ทองตัวอย่างดี", (person): true}),
        ),
    ];
    store.import("test", meters.chain(others).collect(), NOW).unwrap();
    store
}

impl World {
    /// Starts a server with some meters, a pole and a person, and enrolment codes for two readers of one route.
    pub fn start() -> World {
        World::start_with(|_| {}, None)
    }

    pub fn start_with(prepare: impl FnOnce(&mut Store), app: Option<PathBuf>) -> World {
        World::start_reaching(prepare, app, Outside::default())
    }

    /// A server that may reach what `outside` says.
    pub fn start_reaching(prepare: impl FnOnce(&mut Store), app: Option<PathBuf>, outside: Outside) -> World {
        World::begin(prepare, app, outside, Bounds::default())
    }

    /// A server with bounds that a test can meet.
    pub fn start_bounded(bounds: Bounds) -> World {
        World::begin(|_| {}, None, Outside::default(), bounds)
    }

    /// A server with such bounds that gives an app's files.
    pub fn start_serving(app: PathBuf, bounds: Bounds) -> World {
        World::begin(|_| {}, Some(app), Outside::default(), bounds)
    }

    fn begin(
        prepare: impl FnOnce(&mut Store),
        app: Option<PathBuf>,
        outside: Outside,
        bounds: Bounds,
    ) -> World {
        let mut store = filled();
        let codes = (0..2)
            .map(|number| {
                let request = NewEnrolment {
                    person: format!("ผู้จด {number}"),
                    role: Role::Worker,
                    shelves: vec![Shelf::new("water", "R01")],
                };
                store.new_enrolment("test", &request, NOW, 600_000).unwrap().0
            })
            .collect();
        prepare(&mut store);
        let setup = store.setup_code().unwrap();
        let time = Arc::new(AtomicU64::new(NOW));
        let clock = Arc::clone(&time);
        let config = Config {
            app,
            phone: Some("000-000-0000".to_owned()),
            bounds,
            ..Config::new(Arc::new(move || clock.load(Ordering::SeqCst)))
        };
        let server = Server::new(store, config).reaching(outside);
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let (tell, told) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap()).unwrap();
                let stopped = async {
                    let _ = stopped.await;
                };
                sync_server::serve(listener, server, stopped).await.unwrap();
            });
        });
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .build();
        World {
            address: told.recv().unwrap(),
            time,
            setup,
            codes,
            agent: config.into(),
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn enrolment(&self, number: usize) -> String {
        domain::code::enrol_link(&self.url(""), &self.codes[number])
    }

    pub fn pass(&self, ms: u64) {
        self.time.fetch_add(ms, Ordering::SeqCst);
    }

    pub fn now(&self) -> Now {
        Now::thai(self.time.load(Ordering::SeqCst))
    }

    pub fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = self.agent.get(self.url(path));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answer(request.call().unwrap())
    }

    pub fn head(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = self.agent.head(self.url(path));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answer(request.call().unwrap())
    }

    pub fn post(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut request = self.agent.post(self.url(path));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answer(request.send(body).unwrap())
    }

    /// Carries a device's call as a phone does, with zstd both ways.
    pub fn carry(&self, call: &HttpCall) -> HttpAnswer {
        let body = zstd::bulk::compress(&call.body, 3).unwrap();
        let bearer = format!("Bearer {}", call.bearer);
        let headers = [
            ("content-type", call.content_type),
            ("content-encoding", "zstd"),
            ("accept-encoding", "zstd"),
            ("authorization", bearer.as_str()),
        ];
        let path = call.url.strip_prefix(&self.url("")).unwrap().to_owned();
        let got = match call.method {
            "GET" => self.get(&path, &[("authorization", &bearer)]),
            _ => self.post(&path, &headers, &body),
        };
        let content_type = got.header("content-type").to_owned();
        let body = match got.header("content-encoding") {
            "zstd" => zstd::decode_all(&got.body[..]).unwrap(),
            "" => got.body,
            other => panic!("encoding {other}"),
        };
        HttpAnswer::Response { status: got.status, content_type, body }
    }

    /// A device that is enrolled and has everything.
    pub fn device(&self, number: usize) -> Store {
        self.device_by(&self.codes[number], 10 + number as u8)
    }

    /// A device that enrols with a code.
    pub fn device_by(&self, code: &str, seed: u8) -> Store {
        let mut device = Store::in_memory(Kind::Device, entropy(seed)).unwrap();
        let request = Enrol {
            text: domain::code::enrol_link(&self.url(""), code),
            server: None,
            name: "เครื่องทดสอบ".to_owned(),
        };
        let (server, call) = store::enrol_call(&device, &request).unwrap();
        store::absorb_enrol(&mut device, &server, self.carry(&call), self.now()).unwrap();
        self.sync(&mut device).unwrap();
        device
    }

    pub fn sync(&self, device: &mut Store) -> Result<domain::api::SyncReply, Problem> {
        let mut session = SyncSession::new(true);
        let mut answer = None;
        loop {
            match session.next(device, answer.take(), self.now()) {
                Step::Call(call) => answer = Some(self.carry(&call)),
                Step::Done(reply) => return Ok(reply),
                Step::Failed(problem) => return Err(problem),
            }
        }
    }

    /// A programme as it ships.
    pub fn programme(&self, id: &str) -> domain::programme::Programme {
        programmes::all().unwrap().into_iter().find(|programme| programme.id == id).unwrap()
    }

    /// Asks a device's store.
    pub fn ask<A: Ask>(&self, device: &mut Store, ask: A) -> A::Reply {
        A::unwrap(store::service::serve(device, None, self.now(), ask.wrap()).unwrap()).unwrap()
    }

    /// Calls the office's door as its page does.
    pub fn call(&self, cookie: &str, request: Request) -> (Answer, Result<Reply, Problem>) {
        let headers = [("content-type", "application/json"), ("x-sanam", "1"), ("cookie", cookie)];
        let answer = self.post("/api/call", &headers, &serde_json::to_vec(&request).unwrap());
        let mut said = answer.json();
        let reply = match said["ok"].take() {
            Value::Null => Err(serde_json::from_value(said["problem"].take()).unwrap()),
            ok => Ok(serde_json::from_value(ok).unwrap()),
        };
        (answer, reply)
    }
}

fn answer(mut response: ureq::http::Response<ureq::Body>) -> Answer {
    Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        body: response.body_mut().read_to_vec().unwrap(),
    }
}

impl Drop for World {
    fn drop(&mut self) {
        drop(self.stop.take());
        // A kept connection would keep the server.
        self.agent = ureq::Agent::new_with_defaults();
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || std::thread::panicking(), "the server panicked");
        }
    }
}
