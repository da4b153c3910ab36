//! The municipality of the benchmark: 18,000 meters in twenty routes of 900, and a server on a file.

use cli::http::Network;
use domain::access::{Grant, Role};
use domain::api;
use domain::change::{Change, Place, kind};
use domain::ids::{RecordId, Seq, Shelf};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use store::{Kind, NewCommit, Now, Step, Store, SyncSession};
use sync_server::{Config, Server};
use tests::world::{Dice, programme};

/// Meters in the registry.
pub const METERS: u32 = 18_000;
/// Meters of one route.
pub const ROUTE: u32 = 900;
/// Noon of a working day in November 2026.
pub const NOON: u64 = 1_795_000_000_000;
/// The programme.
pub const WELLS: &str = programme::ID;

/// What crossed the wire: bodies, as packed as they travelled.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wire {
    /// Bytes from the device.
    pub up: u64,
    /// Bytes to the device.
    pub down: u64,
    /// Requests.
    pub calls: u64,
}

impl Wire {
    /// Both ways.
    pub fn all(&self) -> f64 {
        (self.up + self.down) as f64
    }
}

/// A server on a file behind HTTP, and the time.
pub struct Town {
    /// Where files go.
    pub folder: PathBuf,
    /// The server's file, opened beside the running server: what the office does.
    pub server: Store,
    /// Where the server listens.
    pub address: SocketAddr,
    clock: Arc<AtomicU64>,
    dice: Dice,
}

fn grant(person: &str, zones: &[String]) -> Grant {
    let shelves = zones.iter().map(|zone| Shelf::new(WELLS, zone.clone())).collect();
    Grant { person: person.to_owned(), role: Role::Supervisor, shelves }
}

/// All routes.
pub fn zones() -> Vec<String> {
    (0..METERS / ROUTE).map(|no| format!("R{:02}", no + 1)).collect()
}

/// A meter's id: of the kind people make, because derived ones are the server's to give.
pub fn meter(no: u32) -> RecordId {
    let mixed = *RecordId::derived("meter", &[&no.to_le_bytes()]).bytes();
    let mut random = [0u8; 10];
    random.iter_mut().zip(mixed).for_each(|(to, from)| *to = from);
    RecordId::new(NOON - 40_000_000_000 + u64::from(no), random)
}

/// A meter's code, of ten characters as on a label.
pub fn code(no: u32) -> String {
    domain::code::make(u64::from(no).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

const FIRST: &[&str] =
    &["สมชาย", "มาลี", "ประเสริฐ", "วันดี", "สุรชัย", "อรุณี", "บุญมี", "ละมัย", "ธนา", "กัลยา", "วิชัย", "รัตนา"];
const LAST: &[&str] =
    &["ทองตัวอย่าง", "ใจดี", "ศรีสุข", "แสงทอง", "บุญเรือง", "พูลผล", "แก้วกาญจน์", "รักถิ่น", "สายชล", "มั่นคง"];
const ROADS: &[&str] = &["ถนนเทศบาล 1", "ถนนเทศบาล 2", "ถนนริมคลอง", "ถนนวัดใหม่", "ซอยสวนหลวง"];

/// Six decimals: a hand's breadth.
fn degrees(exact: f64) -> f64 {
    (exact * 1e6).round() / 1e6
}

/// Where a meter is, latitude and longitude.
fn stands(no: u32) -> (f64, f64) {
    let mut dice = Dice::new(0x57a_0000 + u64::from(no));
    (degrees(7.84 + dice.share() * 0.09), degrees(98.34 + dice.share() * 0.09))
}

/// What a meter had counted when the registry was brought in.
fn counted(no: u32) -> u64 {
    50 + u64::from(no).wrapping_mul(2_654_435_761) % 8_950
}

/// A meter of the registry, with what W1 says of one.
pub fn subject(no: u32, dice: &mut Dice) -> Change {
    let zone = format!("R{:02}", no / ROUTE + 1);
    let name = format!("{}{} {}", dice.pick(&["นาย", "นาง", "นางสาว"]), dice.pick(FIRST), dice.pick(LAST));
    let address = format!(
        "{}/{} หมู่ {} {} ตำบลตัวอย่าง อำเภอเมือง จังหวัดตัวอย่าง 83000",
        1 + dice.below(300),
        1 + dice.below(99),
        1 + dice.below(9),
        dice.pick(ROADS)
    );
    Change {
        id: meter(no),
        kind: kind::SUBJECT.to_owned(),
        base_seq: Seq(0),
        cells: [
            ("programme".to_owned(), WELLS.into()),
            ("zone".to_owned(), zone.into()),
            ("order".to_owned(), (no % ROUTE).into()),
            ("name".to_owned(), name.into()),
            ("house".to_owned(), address.into()),
            (format!("codes.{}", code(no)), true.into()),
            ("lat".to_owned(), stands(no).0.into()),
            ("lon".to_owned(), stands(no).1.into()),
            ("last_reading".to_owned(), counted(no).into()),
            ("tariff".to_owned(), (*dice.pick(&["R1", "R2", "C1", "G1", "I1"])).into()),
        ]
        .into(),
    }
}

const NOTES: &[&str] = &["น้ำรั่วหน้ามิเตอร์", "บ้านปิด อ่านจากนอกรั้ว", "มีสุนัข", "มิเตอร์ฝ้า อ่านยาก", "หน้าปัดแตก"];

/// Where a reader stood: within eleven metres of the meter, as exactly as a telephone says it.
fn stood(no: u32, dice: &mut Dice) -> Place {
    let (lat, lon) = stands(no);
    let mut near = |exact: f64| degrees(exact + (dice.share() - 0.5) * 0.000_2);
    let (lat, lon) = (near(lat), near(lon));
    Place { lat, lon, accuracy_m: ((3.0 + dice.share() * 22.0) * 10.0).round() / 10.0 }
}

/// A reading as a device saves it: in the name of whoever has the device, with the place that its commit says, which is that of
/// its own field.
pub fn saved(mut reading: Change, person: &str) -> NewCommit {
    if let Some(by) = reading.cells.get_mut("by") {
        *by = person.into();
    }
    let place = reading.cells.get("gps").and_then(|gps| serde_json::from_value(gps.clone()).ok());
    NewCommit { place, changes: vec![reading], ..NewCommit::default() }
}

/// A reading of a meter in a month, with what W1 says of one: the position is a field as well, so that it travels both ways.
pub fn reading(no: u32, month: u32, dice: &mut Dice) -> Change {
    let mut random = [0u8; 10];
    random.iter_mut().for_each(|byte| *byte = dice.throw() as u8);
    let day = 1 + no % 28;
    let seconds = 8 * 3_600 + no % ROUTE * 41;
    let at = format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let note = if no % 10 == 3 { *dice.pick(NOTES) } else { "" };
    let gps = serde_json::to_value(stood(no, dice)).unwrap();
    Change {
        id: RecordId::new(NOON - u64::from(12 - month) * 2_600_000_000 + u64::from(no) * 41_000, random),
        kind: kind::VISIT.to_owned(),
        base_seq: Seq(0),
        cells: [
            ("programme".to_owned(), WELLS.into()),
            ("subject".to_owned(), meter(no).to_string().into()),
            ("form".to_owned(), "reading".into()),
            ("form_version".to_owned(), "1".into()),
            ("at".to_owned(), format!("2026-{month:02}-{day:02}T{at}.000+07:00").into()),
            ("by".to_owned(), format!("ผู้จด {:02}", no / ROUTE + 1).into()),
            ("outcome".to_owned(), "done".into()),
            ("cycle".to_owned(), format!("2026-{month:02}").into()),
            ("reading".to_owned(), (counted(no) + u64::from(month) * 120 + dice.below(120)).into()),
            ("note".to_owned(), note.into()),
            ("gps".to_owned(), gps),
        ]
        .into(),
    }
}

impl Town {
    /// An empty server in a folder.
    pub fn new(folder: &Path) -> Town {
        let mut dice = Dice::new(20);
        let path = folder.join("server.db");
        let mut server = Store::open(&path, Kind::Server, dice.entropy(), NOON).unwrap();
        server.set_municipality("ตำบลตัวอย่าง").unwrap();
        server.define_programme(&programme::wells(1), NOON).unwrap();
        let clock = Arc::new(AtomicU64::new(NOON));
        let running = Store::open(&path, Kind::Server, dice.entropy(), NOON).unwrap();
        let address = serve(running, Arc::clone(&clock));
        Town { folder: folder.to_owned(), server, address, clock, dice }
    }

    /// The time, ms.
    pub fn now(&self) -> u64 {
        self.clock.load(Ordering::Relaxed)
    }

    /// Lets time pass.
    pub fn pass(&self, ms: u64) {
        self.clock.fetch_add(ms, Ordering::Relaxed);
    }

    /// Other dice.
    pub fn dice(&mut self) -> Dice {
        self.dice.split()
    }

    /// Where the server is.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A one-time code for somebody who may see and do everything on some routes.
    pub fn code(&mut self, name: &str, zones: &[String]) -> String {
        let shelves = zones.iter().map(|zone| Shelf::new(WELLS, zone.clone())).collect();
        let ask = api::NewEnrolment { person: name.to_owned(), role: Role::Supervisor, shelves };
        let now = self.now();
        self.server.new_enrolment("bench", &ask, now, 600_000).unwrap().0
    }

    /// A new device on a file, enrolled on some routes, which has synced nothing yet.
    pub fn device(&mut self, name: &str, zones: &[String]) -> Store {
        self.device_over(&self.url(), name, zones)
    }

    /// The same, over some network.
    pub fn device_over(&mut self, url: &str, name: &str, zones: &[String]) -> Store {
        let path = self.folder.join(format!("{name}.db"));
        let mut store = Store::open(&path, Kind::Device, self.dice.entropy(), self.now()).unwrap();
        let text = self.code(name, zones);
        let enrol = api::Enrol { text, server: Some(url.to_owned()), name: name.to_owned() };
        let (server, call) = store::enrol_call(&store, &enrol).unwrap();
        let answer = Network::new().carry(&call);
        store::absorb_enrol(&mut store, &server, answer, Now::thai(self.now())).unwrap();
        store
    }

    /// Everything that such a device may write.
    pub fn grant(&self, person: &str) -> Grant {
        grant(person, &zones())
    }

    /// Everything that a device on these routes may write.
    pub fn grant_on(&self, person: &str, zones: &[String]) -> Grant {
        grant(person, zones)
    }

    /// One exchange, with what it sent and received.
    pub fn sync(&self, device: &mut Store) -> (api::SyncReply, Wire) {
        sync(device, &Network::new(), || {
            self.pass(1);
            self.now()
        })
    }
}

/// One exchange over a network that may be open already.
pub fn sync(device: &mut Store, network: &Network, mut now: impl FnMut() -> u64) -> (api::SyncReply, Wire) {
    let mut session = SyncSession::new(false);
    let (before_up, before_down) = network.carried();
    let (mut answer, mut calls) = (None, 0);
    loop {
        match session.next(device, answer.take(), Now::thai(now())) {
            Step::Call(call) => {
                calls += 1;
                answer = Some(network.carry(&call));
            }
            Step::Done(reply) => {
                let (up, down) = network.carried();
                return (reply, Wire { up: up - before_up, down: down - before_down, calls });
            }
            Step::Failed(problem) => panic!("{problem:?}"),
        }
    }
}

/// Serves a store on a free port of this machine, until the process ends.
fn serve(store: Store, clock: Arc<AtomicU64>) -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let config = Config::new(Arc::new(move || clock.load(Ordering::Relaxed)));
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            sync_server::serve(listener, Server::new(store, config), std::future::pending()).await.unwrap();
        });
    });
    address
}
