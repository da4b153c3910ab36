//! The municipality of the benchmark: 18,000 meters in twenty routes of 900, and a server on a file.

use domain::access::{Grant, Role};
use domain::api;
use domain::change::{Change, kind};
use domain::ids::{RecordId, Seq, Shelf};
use std::path::{Path, PathBuf};
use store::{HttpAnswer, HttpCall, Kind, Now, Step, Store, SyncSession};
use tests::world::{Dice, programme};

/// Meters in the registry.
pub const METERS: u32 = 18_000;
/// Meters of one route.
pub const ROUTE: u32 = 900;
/// Noon of a working day in November 2026.
pub const NOON: u64 = 1_795_000_000_000;
/// The programme.
pub const WELLS: &str = programme::ID;

/// What crossed the wire, as compressed as it would be.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wire {
    /// Bytes from the device.
    pub up: usize,
    /// Bytes to the device.
    pub down: usize,
    /// Requests.
    pub calls: usize,
}

/// A server and the time.
pub struct Town {
    /// Where files go.
    pub folder: PathBuf,
    /// The server.
    pub server: Store,
    /// The time, ms.
    pub now: u64,
    dice: Dice,
}

fn grant(person: &str) -> Grant {
    let shelves = zones().into_iter().map(|zone| Shelf::new(WELLS, zone)).collect();
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

/// A meter of the registry.
pub fn subject(no: u32, dice: &mut Dice) -> Change {
    let zone = format!("R{:02}", no / ROUTE + 1);
    let name = format!("{}{} {}", dice.pick(&["นาย", "นาง", "นางสาว"]), dice.pick(FIRST), dice.pick(LAST));
    let address = format!(
        "{}/{} หมู่ {} {} ตำบลตัวอย่าง อำเภอเมือง",
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
            ("lat".to_owned(), (7.84 + dice.share() * 0.09).into()),
            ("lon".to_owned(), (98.34 + dice.share() * 0.09).into()),
        ]
        .into(),
    }
}

/// A reading of a meter in a month.
pub fn reading(no: u32, month: u32, dice: &mut Dice) -> Change {
    let mut random = [0u8; 10];
    random.iter_mut().for_each(|byte| *byte = dice.throw() as u8);
    let day = 1 + no % 28;
    Change {
        id: RecordId::new(NOON - u64::from(12 - month) * 2_600_000_000 + u64::from(no) * 41_000, random),
        kind: kind::VISIT.to_owned(),
        base_seq: Seq(0),
        cells: [
            ("programme".to_owned(), WELLS.into()),
            ("subject".to_owned(), meter(no).to_string().into()),
            ("form".to_owned(), "reading".into()),
            ("form_version".to_owned(), "1".into()),
            ("at".to_owned(), format!("2026-{month:02}-{day:02}T09:{:02}:00+07:00", no % 60).into()),
            ("by".to_owned(), format!("ผู้จด {:02}", no / ROUTE + 1).into()),
            ("outcome".to_owned(), "done".into()),
            ("cycle".to_owned(), format!("2026-{month:02}").into()),
            ("reading".to_owned(), (u64::from(no % 900 * 10 + month * 20) + dice.below(20)).into()),
        ]
        .into(),
    }
}

impl Town {
    /// An empty server on a file.
    pub fn new(folder: &Path) -> Town {
        let mut dice = Dice::new(20);
        let mut server = Store::open(&folder.join("server.db"), Kind::Server, dice.entropy(), NOON).unwrap();
        server.set_municipality("ตำบลตัวอย่าง").unwrap();
        server.define_programme(&programme::wells(1), NOON).unwrap();
        Town { folder: folder.to_owned(), server, now: NOON, dice }
    }

    /// Other dice.
    pub fn dice(&mut self) -> Dice {
        self.dice.split()
    }

    /// A new device on a file, enrolled on some routes, which has synced nothing yet.
    pub fn device(&mut self, name: &str, zones: &[String]) -> Store {
        let path = self.folder.join(format!("{name}.db"));
        let mut store = Store::open(&path, Kind::Device, self.dice.entropy(), self.now).unwrap();
        let shelves = zones.iter().map(|zone| Shelf::new(WELLS, zone.clone())).collect();
        let ask = api::NewEnrolment { person: name.to_owned(), role: Role::Supervisor, shelves };
        let (code, _) = self.server.new_enrolment("bench", &ask, self.now, 600_000).unwrap();
        let enrol =
            api::Enrol { text: code, server: Some("http://office".to_owned()), name: name.to_owned() };
        let (server, call) = store::enrol_call(&store, &enrol).unwrap();
        let reply = self.server.enrol(&serde_json::from_slice(&call.body).unwrap(), self.now).unwrap();
        let answer = HttpAnswer::Response {
            status: 200,
            content_type: "application/json".to_owned(),
            body: serde_json::to_vec(&reply).unwrap(),
        };
        store::absorb_enrol(&mut store, &server, answer, Now::thai(self.now)).unwrap();
        store
    }

    /// Everything that such a device may write.
    pub fn grant(&self, person: &str) -> Grant {
        grant(person)
    }

    /// One exchange, with what it sent and received.
    pub fn sync(&mut self, device: &mut Store) -> (api::SyncReply, Wire) {
        let mut session = SyncSession::new(false);
        let mut wire = Wire::default();
        let mut answer = None;
        loop {
            self.now += 10;
            match session.next(device, answer.take(), Now::thai(self.now)) {
                Step::Call(call) => answer = Some(self.carry(&call, &mut wire)),
                Step::Done(reply) => return (reply, wire),
                Step::Failed(problem) => panic!("{problem:?}"),
            }
        }
    }

    fn carry(&mut self, call: &HttpCall, wire: &mut Wire) -> HttpAnswer {
        let sent = zstd::encode_all(call.body.as_slice(), 3).unwrap();
        wire.up += sent.len();
        wire.calls += 1;
        let body = zstd::decode_all(sent.as_slice()).unwrap();
        let from = self.server.authenticate(&call.bearer).unwrap();
        let reply = if call.url.ends_with("/v1/push") {
            serde_json::to_vec(&self.server.answer_push(&from, &body, self.now).unwrap()).unwrap()
        } else {
            self.server.answer_pull(&from, &serde_json::from_slice(&body).unwrap(), self.now).unwrap()
        };
        let packed = zstd::encode_all(reply.as_slice(), 3).unwrap();
        wire.down += packed.len();
        let body = zstd::decode_all(packed.as_slice()).unwrap();
        HttpAnswer::Response { status: 200, content_type: "application/x-ndjson".to_owned(), body }
    }
}
