//! The emergency view on a phone: 18,000 meters and 600 people, a radius of 300 m.

use super::engine::ask;
use super::figures::{Figures, each, percentile};
use super::town::{METERS, NOON, WELLS, subject, zones};
use domain::access::{Grant, Role};
use domain::api;
use domain::change::{Change, kind};
use domain::ids::{DeviceNo, RecordId, Seq, Shelf};
use domain::programme::emergency::{Emergency, RankRule};
use domain::programme::{FieldKind, Programme, SubjectKind, Words};
use domain::wire::EnrolReply;
use store::{Kind, Now, Store};
use tests::world::Dice;

/// People that may have to be fetched.
const PEOPLE: u32 = 600;
/// Looks.
const LOOKS: usize = 2_000;

fn programme() -> Programme {
    let field = |id: &str| FieldKind { id: id.into(), ..Default::default() };
    let reason = |id: &str, value: &str| RankRule {
        title: Words { th: id.into(), en: String::new() },
        when: [(id.to_owned(), vec![value.to_owned()])].into(),
        ..Default::default()
    };
    Programme {
        id: "people".into(),
        version: 1,
        subject: SubjectKind {
            fields: ["name", "house_no", "group", "oxygen", "phone", "note", "secret"].map(field).into(),
            heading: vec!["name".into()],
            search: vec!["name".into(), "house_no".into()],
            ..Default::default()
        },
        emergency: Some(Emergency {
            rank: vec![reason("group", "4"), reason("group", "3"), reason("oxygen", "true")],
            show: ["house_no", "phone", "note"].map(str::to_owned).into(),
            open_hours: 24,
            mark_hours: 24,
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn person(no: u32, dice: &mut Dice) -> Change {
    let place = |from: f64, share: f64| ((from + share * 0.09) * 1e6).round() / 1e6;
    let mut cells = subject(no, dice).cells;
    cells.retain(|name, _| ["name", "lat", "lon"].contains(&name.as_str()));
    // Half of them live close together, as in a market street.
    if no.is_multiple_of(2) {
        cells.insert("lat".into(), place(7.88, dice.share() / 9.0).into());
        cells.insert("lon".into(), place(98.38, dice.share() / 9.0).into());
    }
    for (name, value) in [
        ("programme", "people".into()),
        ("zone", format!("C{:02}", no / 60 + 1).into()),
        ("house_no", format!("{}/{}", no % 300 + 1, no % 7).into()),
        ("group", (no % 5).to_string().into()),
        ("oxygen", no.is_multiple_of(11).into()),
        ("phone", format!("00000{no:05}").into()),
        ("note", "รั้วสีเขียว ตรงข้ามร้านค้า".into()),
        ("secret", "ไม่ออกจากทะเบียน".into()),
    ] {
        cells.insert(name.to_owned(), value);
    }
    Change {
        id: RecordId::derived("person", &[&no.to_le_bytes()]),
        kind: kind::SUBJECT.into(),
        base_seq: Seq(0),
        cells,
    }
}

/// Runs the figure.
pub fn run(figures: &mut Figures) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut dice = Dice::new(21);
    let mut server =
        Store::open(&folder.path().join("server.db"), Kind::Server, dice.entropy(), NOON).unwrap();
    server.define_programme(&tests::world::programme::wells(1), NOON).unwrap();
    server.define_programme(&programme(), NOON).unwrap();
    server.import("bench", (0..METERS).map(|no| subject(no, &mut dice)).collect(), NOON).unwrap();
    server.import("bench", (0..PEOPLE).map(|no| person(no, &mut dice)).collect(), NOON).unwrap();

    // A phone that reads meters and has the right to the view, without a socket between.
    let mut shelves: Vec<Shelf> = zones().into_iter().map(|zone| Shelf::new(WELLS, zone)).collect();
    shelves.push(Shelf::emergency("people"));
    let grant = Grant { person: "กู้ภัย".into(), role: Role::Worker, shelves };
    let ask_code =
        api::NewEnrolment { person: grant.person.clone(), role: grant.role, shelves: grant.shelves.clone() };
    let (code, _) = server.new_enrolment("bench", &ask_code, NOON, 600_000).unwrap();
    let mut phone = Store::open(&folder.path().join("phone.db"), Kind::Device, dice.entropy(), NOON).unwrap();
    let request = domain::wire::EnrolRequest {
        code,
        install: phone.install().unwrap(),
        name: "bench".into(),
        top_n: 0,
        acked_n: 0,
        incarnation: None,
        unsent_of: None,
        unsent_mark: None,
    };
    let reply: EnrolReply = server.enrol(&request, NOON).unwrap();
    assert_ne!(reply.device, DeviceNo::SERVER);
    phone.adopt_enrolment("http://office", &reply, NOON).unwrap();
    pull_all(&mut server, &mut phone, &reply.token);

    ask(&mut phone, NOON, api::OpenEmergency { reason: "ไฟไหม้ตลาด".into(), place: None });
    let (mut hits, mut most) = (0usize, 0usize);
    let looks = each(LOOKS, |at| {
        // Every second look in the crowded street, the others anywhere.
        let (lat, lon) = match at % 2 {
            0 => (7.88 + dice.share() * 0.01, 98.38 + dice.share() * 0.01),
            _ => (7.84 + dice.share() * 0.09, 98.34 + dice.share() * 0.09),
        };
        let found = ask(&mut phone, NOON, api::Rescue { lat, lon, radius_m: 300.0, unplaced: false });
        hits += found.rows.len();
        most = most.max(found.rows.len());
    });
    assert!(hits > LOOKS, "people were found");
    figures.note("rescue_300m_hits_mean", hits as f64 / LOOKS as f64);
    figures.note("rescue_300m_hits_most", most as f64);
    figures.note("rescue_300m_p99_ms", percentile(looks, 0.99) / 1_000.0);
}

fn pull_all(server: &mut Store, phone: &mut Store, token: &str) {
    use store::{HttpAnswer, Step, SyncSession};
    let from = server.authenticate(token, NOON).unwrap();
    let mut session = SyncSession::new(false);
    let mut answer = None;
    loop {
        match session.next(phone, answer.take(), Now::thai(NOON)) {
            Step::Call(call) => {
                let request = serde_json::from_slice(&call.body).expect("only pulls are asked for");
                let body = server.answer_pull(&from, &request, NOON).unwrap();
                answer = Some(HttpAnswer::Response {
                    status: 200,
                    content_type: "application/x-ndjson".into(),
                    body,
                });
            }
            Step::Done(reply) => return assert!(reply.pulled > u64::from(METERS + PEOPLE)),
            Step::Failed(problem) => panic!("{problem:?}"),
        }
    }
}
