//! Stories of a store in a file, told natively (`tests/native.rs`) and in a browser on OPFS (`examples/selftest.rs`).
//!
//! A story gets a place with files and panics where it comes out wrong. The office is always a store in memory.

use domain::access::Role;
use domain::api::{self, Ask};
use domain::change::{Change, kind};
use domain::ids::{RecordId, Seq, Shelf};
use domain::programme::{ConflictRule, FieldKind, FormKind, Programme, Schedule, SubjectKind, Words};
use store::{Entropy, HttpAnswer, HttpCall, Kind, Now, Step, Store, SyncSession};

/// Gives a connection to the file of a name, with the settings a device has there.
pub type Open<'a> = &'a dyn Fn(&str) -> store::Result<Store>;

/// A story.
pub type Story = fn(Open<'_>);

/// All of them, by name.
pub const STORIES: &[(&str, Story)] = &[
    ("what was saved is there after closing and opening", reopening),
    ("two phones and the office end up with the same bytes", same_bytes),
    ("an unseen change is kept and asked about", unseen_change),
    ("Thai names are found by a part of them", search),
    ("an unfinished form is kept", drafts),
    ("a photo comes back as it went in, also through the office", photos),
    ("a thousand meters come over and nothing is out of order", thousand),
    ("a refused save leaves nothing behind", refused_save),
];

const NOON: u64 = 1_795_000_000_000;

/// Random numbers that are the same each time.
pub fn entropy(seed: u64) -> Entropy {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    Box::new(move |bytes| {
        for byte in bytes {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            *byte = (state >> 32) as u8;
        }
    })
}

fn words(th: &str) -> Words {
    Words { th: th.into(), en: String::new() }
}

fn programme() -> Programme {
    let field = |id: &str, conflict| FieldKind {
        id: id.into(),
        title: words(id),
        conflict,
        worker_edits: true,
        ..Default::default()
    };
    Programme {
        id: "water".into(),
        version: 1,
        title: words("ประปา"),
        zone_title: words("สาย"),
        subject: SubjectKind {
            ended: Default::default(),
            title: words("มาตรน้ำ"),
            fields: vec![field("name", ConflictRule::Review), field("house", ConflictRule::Auto)],
            heading: vec!["name".into()],
            second_line: vec!["house".into()],
            search: vec!["name".into(), "house".into()],
        },
        forms: vec![FormKind {
            id: "reading".into(),
            title: words("จดมาตร"),
            primary: true,
            once_per_cycle: true,
            schedule: Some(Schedule::Month { due_day: 25 }),
            ..Default::default()
        }],
        worker_may: domain::programme::WorkerMay { bind: true, create: true },
        ..Default::default()
    }
}

fn meter(at: u32) -> RecordId {
    RecordId::derived("meter", &[&at.to_le_bytes()])
}

/// The office, and the time.
struct Office {
    store: Store,
    now: u64,
}

impl Office {
    fn with_meters(meters: u32) -> Office {
        let mut store = Store::in_memory(Kind::Server, entropy(1)).unwrap();
        store.set_municipality("ตำบลตัวอย่าง").unwrap();
        store.define_programme(&programme(), NOON).unwrap();
        let subject = |at: u32| Change {
            id: meter(at),
            kind: kind::SUBJECT.into(),
            base_seq: Seq(0),
            cells: [
                ("programme".to_owned(), "water".into()),
                ("zone".to_owned(), "R01".into()),
                ("order".to_owned(), i64::from(at).into()),
                ("name".to_owned(), format!("นายสมชาย ทองตัวอย่างดี {at}").into()),
                ("house".to_owned(), format!("{at}/8").into()),
            ]
            .into(),
        };
        store.import("demo", (0..meters).map(subject).collect(), NOON).unwrap();
        Office { store, now: NOON }
    }

    fn enrol(&mut self, phone: &mut Store, person: &str) {
        let ask = api::NewEnrolment {
            person: person.into(),
            role: Role::Worker,
            shelves: vec![Shelf::new("water", "R01")],
        };
        let (code, _) = self.store.new_enrolment("clerk", &ask, self.now, 600_000).unwrap();
        let enrol = api::Enrol { text: code, server: Some("http://office".into()), name: person.into() };
        let (server, call) = store::enrol_call(phone, &enrol).unwrap();
        let reply = self.store.enrol(&serde_json::from_slice(&call.body).unwrap(), self.now).unwrap();
        store::absorb_enrol(phone, &server, json(&reply), Now::thai(self.now)).unwrap();
    }

    fn sync(&mut self, phone: &mut Store) -> api::SyncReply {
        self.now += 1_000;
        let mut session = SyncSession::new(true);
        let mut answer = None;
        loop {
            match session.next(phone, answer.take(), Now::thai(self.now)) {
                Step::Call(call) => answer = Some(self.answer(&call)),
                Step::Done(reply) => return reply,
                Step::Failed(problem) => panic!("{problem:?}"),
            }
        }
    }

    fn answer(&mut self, call: &HttpCall) -> HttpAnswer {
        let from = self.store.authenticate(&call.bearer, self.now).unwrap();
        let path = call.url.trim_start_matches("http://office");
        if let Some(blob) = path.strip_prefix("/v1/blob/") {
            let (hash, query) = blob.split_once("?offset=").unwrap();
            let (offset, last) = query.split_once("&last=").unwrap();
            let offset = offset.parse().unwrap();
            let piece =
                self.store.put_blob_chunk(&from, hash, offset, &call.body, last == "1", self.now).unwrap();
            json(&match piece {
                store::Piece::Kept(reply) => reply,
                store::Piece::Whole(bytes) => {
                    let drawn = store::Drawn { bytes, thumbnail: Vec::new() };
                    self.store.keep_drawn(from.device, hash, &drawn, self.now).unwrap()
                }
            })
        } else if path == "/v1/push" {
            json(&self.store.answer_push(&from, &call.body, self.now).unwrap())
        } else {
            let request = serde_json::from_slice(&call.body).unwrap();
            let body = self.store.answer_pull(&from, &request, self.now).unwrap();
            HttpAnswer::Response { status: 200, content_type: "application/x-ndjson".into(), body }
        }
    }
}

fn json(value: &impl serde::Serialize) -> HttpAnswer {
    let body = serde_json::to_vec(value).unwrap();
    HttpAnswer::Response { status: 200, content_type: "application/json".into(), body }
}

fn ask<A: Ask>(store: &mut Store, now: u64, ask: A) -> A::Reply {
    A::unwrap(store::service::serve(store, None, Now::thai(now), ask.wrap()).unwrap()).unwrap()
}

fn reading(at: u32, value: i64) -> api::SaveVisit {
    api::SaveVisit {
        programme: "water".into(),
        form: "reading".into(),
        subject: Some(meter(at)),
        zone: None,
        code: None,
        outcome: "done".into(),
        answers: [("reading".to_owned(), value.into())].into(),
        photos: vec![],
        place: None,
        registry: Vec::new(),
        supersedes: None,
        offset_minutes: 420,
    }
}

fn rename(at: u32, name: &str) -> api::EditSubject {
    api::EditSubject {
        subject: meter(at),
        values: [("name".to_owned(), name.into())].into(),
        base_seq: None,
        reason: None,
    }
}

fn name_at(store: &mut Store, now: u64, at: u32) -> String {
    ask(store, now, api::Card { subject: meter(at), today: today(now) }).row.heading
}

fn today(now: u64) -> String {
    Now::thai(now).day().to_string()
}

fn dump(store: &Store) -> String {
    let mut out = Vec::new();
    store.dump(Some(&[Shelf::new("water", "R01"), Shelf::common("water")]), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn sound(store: &Store) {
    assert!(store.verify().unwrap().is_empty());
}

fn reopening(open: Open<'_>) {
    let mut office = Office::with_meters(5);
    let mut phone = open("nok").unwrap();
    office.enrol(&mut phone, "นก");
    office.sync(&mut phone);
    let saved = ask(&mut phone, office.now, reading(2, 117));
    assert_eq!((saved.counts.saved, saved.counts.received), (1, 0));
    let install = phone.install().unwrap();
    drop(phone);

    let mut phone = open("nok").unwrap();
    assert_eq!(phone.install().unwrap(), install);
    let status = ask(&mut phone, office.now, api::Status {});
    assert_eq!((status.counts.saved, status.counts.received), (1, 0));
    assert_eq!(status.enrolled.unwrap().municipality, "ตำบลตัวอย่าง");
    let card = ask(&mut phone, office.now, api::Card { subject: meter(2), today: today(office.now) });
    assert_eq!(card.visits.first().unwrap().id, saved.record);
    assert_eq!(office.sync(&mut phone).pushed, 1);
    sound(&phone);
}

fn same_bytes(open: Open<'_>) {
    let mut office = Office::with_meters(5);
    let (mut nok, mut lek) = (open("nok").unwrap(), open("lek").unwrap());
    office.enrol(&mut nok, "นก");
    office.enrol(&mut lek, "เล็ก");
    office.sync(&mut nok);
    office.sync(&mut lek);
    ask(&mut nok, office.now, reading(0, 10));
    ask(&mut lek, office.now, reading(1, 20));
    ask(&mut lek, office.now, rename(3, "นางมาลี ทองตัวอย่างดี"));
    office.sync(&mut nok);
    office.sync(&mut lek);
    office.sync(&mut nok);
    assert_eq!(dump(&nok), dump(&lek));
    assert_eq!(dump(&nok), dump(&office.store));
    assert_eq!(dump(&nok).lines().filter(|line| line.contains("\"visit\"")).count(), 2);
    sound(&nok);
}

fn unseen_change(open: Open<'_>) {
    let mut office = Office::with_meters(2);
    let (mut nok, mut lek) = (open("nok").unwrap(), open("lek").unwrap());
    office.enrol(&mut nok, "นก");
    office.enrol(&mut lek, "เล็ก");
    office.sync(&mut nok);
    office.sync(&mut lek);
    ask(&mut nok, office.now, rename(1, "นายหนึ่ง"));
    ask(&mut lek, office.now + 10, rename(1, "นายสอง"));
    office.sync(&mut nok);
    office.sync(&mut lek);
    office.sync(&mut nok);
    let name = name_at(&mut nok, office.now, 1);
    assert_eq!(name, name_at(&mut lek, office.now, 1));
    assert_eq!(ask(&mut nok, office.now, api::Status {}).questions, 1);
    let history = ask(&mut nok, office.now, api::History { record: meter(1) });
    let kept = history.iter().any(|row| row.value.as_str() == Some("นายหนึ่ง") && !row.current);
    assert!(kept, "{history:?}");
}

fn search(open: Open<'_>) {
    let mut office = Office::with_meters(30);
    let mut phone = open("nok").unwrap();
    office.enrol(&mut phone, "นก");
    office.sync(&mut phone);
    let look =
        |text: &str| api::Search { text: text.into(), programme: None, today: today(NOON), limit: 200 };
    assert_eq!(ask(&mut phone, office.now, look("ทองตัวอย่าง")).len(), 30);
    assert_eq!(ask(&mut phone, office.now, look("27/8")).first().unwrap().id, meter(27));
    assert!(ask(&mut phone, office.now, look("ไม่มีใครชื่อนี้")).is_empty());
}

fn drafts(open: Open<'_>) {
    let mut office = Office::with_meters(2);
    let mut phone = open("nok").unwrap();
    office.enrol(&mut phone, "นก");
    office.sync(&mut phone);
    let key = api::DraftKey {
        programme: "water".into(),
        form: "reading".into(),
        subject: Some(meter(1)),
        corrects: None,
        code: String::new(),
    };
    let draft = Some(serde_json::from_str(r#"{"reading":"12"}"#).unwrap());
    ask(&mut phone, office.now, api::KeepDraft { key: key.clone(), draft, begun: None });
    drop(phone);
    let mut phone = open("nok").unwrap();
    let kept = ask(&mut phone, office.now, api::Drafts {});
    assert_eq!(kept.first().unwrap().key, key);
    ask(&mut phone, office.now, api::KeepDraft { key, draft: None, begun: None });
    assert!(ask(&mut phone, office.now, api::Drafts {}).is_empty());
}

fn photos(open: Open<'_>) {
    let mut office = Office::with_meters(2);
    let mut phone = open("nok").unwrap();
    office.enrol(&mut phone, "นก");
    office.sync(&mut phone);
    // 600 KB in base64: more than one piece on the way to the office, many pages in the file.
    let base64 = "/9j/".repeat(200_000);
    let kept =
        ask(&mut phone, office.now, api::KeepPhoto { base64: base64.clone(), mime: "image/jpeg".into() });
    let visit = api::SaveVisit { photos: vec![kept.hash.clone()], ..reading(1, 9) };
    ask(&mut phone, office.now, visit);
    drop(phone);
    let mut phone = open("nok").unwrap();
    assert_eq!(ask(&mut phone, office.now, api::Status {}).counts.photos_waiting, 1);
    let back = ask(&mut phone, office.now, api::Photo { hash: kept.hash.clone(), whole: false });
    assert_eq!(back.base64.as_deref(), Some(base64.as_str()));
    assert_eq!(office.sync(&mut phone).photos, 1);
    assert_eq!(ask(&mut phone, office.now, api::Status {}).counts.photos_waiting, 0);
    let (mime, bytes) = office.store.photo(&kept.hash).unwrap().unwrap();
    assert_eq!((mime.as_str(), bytes.len()), ("image/jpeg", 600_000));
}

fn thousand(open: Open<'_>) {
    let mut office = Office::with_meters(1_000);
    let mut phone = open("nok").unwrap();
    office.enrol(&mut phone, "นก");
    assert!(office.sync(&mut phone).pulled >= 1_000);
    for at in 0..20 {
        ask(&mut phone, office.now, reading(at, i64::from(at)));
    }
    assert_eq!(office.sync(&mut phone).pushed, 20);
    sound(&phone);
    drop(phone);
    let mut phone = open("nok").unwrap();
    let home = ask(&mut phone, office.now, api::Home { today: today(office.now) });
    assert_eq!((home[0].subjects, home[0].done), (1_000, 20));
    assert_eq!(dump(&phone), dump(&office.store));
}

fn refused_save(open: Open<'_>) {
    let mut office = Office::with_meters(2);
    let mut phone = open("nok").unwrap();
    office.enrol(&mut phone, "นก");
    office.sync(&mut phone);
    let before = dump(&phone);
    let unknown = api::SaveVisit { form: "no_such_form".into(), ..reading(1, 5) };
    assert!(store::service::serve(&mut phone, None, Now::thai(office.now), unknown.wrap()).is_err());
    assert_eq!(dump(&phone), before);
    assert_eq!(ask(&mut phone, office.now, api::Status {}).counts.saved, 0);
    sound(&phone);
}
