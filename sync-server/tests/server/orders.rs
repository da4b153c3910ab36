//! Orders and citizens: from the label on a pole over the office and the technician to the link that tells it is done.

use crate::office::signed_in;
use crate::photos::{holds, jpeg, picture, with_exif};
use crate::world::{Answer, NOW, World, person_code, pole_code};
use domain::access::Role;
use domain::api::{
    AssignOrder, Card, CitizenReports, HideReport, History, MoveOrder, NewEnrolment, NoteOrder, Order,
    OrderReply, Orders, OrdersBy, OrdersReply, Reply, Request, SaveVisit,
};
use domain::code::{self, LabelKey};
use domain::ids::{RecordId, Shelf};
use domain::order::{Material, PhotoRole};
use domain::problem::Code;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use store::Store;

const HOUR: u64 = 3_600_000;

/// A world with a technician's enrolment code and the path of a genuine label on the pole.
struct Street {
    world: World,
    technician: String,
    label: String,
    persons: String,
}

fn street() -> Street {
    let found: Arc<Mutex<(String, Option<LabelKey>)>> = Arc::default();
    let keep = Arc::clone(&found);
    let world = World::start_with(
        move |store: &mut Store| {
            let ask = NewEnrolment {
                person: "ช่างเอก".to_owned(),
                role: Role::Worker,
                shelves: vec![Shelf::new("lights", "F01")],
            };
            let code = store.new_enrolment("test", &ask, NOW, 600_000).unwrap().0;
            *keep.lock().unwrap() = (code, Some(store.label_key().unwrap()));
        },
        None,
    );
    let (technician, key) = std::mem::take(&mut *found.lock().unwrap());
    let path = |code: &str| {
        let link = code::label_link("http://x", key.as_ref().unwrap(), code);
        // Written large, which takes a smaller code.
        link.strip_prefix("HTTP://X").unwrap().to_owned()
    };
    Street { label: path(&pole_code()), persons: path(&person_code()), world, technician }
}

fn pole() -> RecordId {
    RecordId::derived("test pole", &[])
}

/// The value of a hidden field of a page's form.
fn hidden(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).expect("the form has the field");
    rest.split('"').next().unwrap().to_owned()
}

impl Street {
    fn page(&self) -> String {
        let page = self.world.get(&self.label, &[]);
        assert_eq!(page.status, 200);
        page.text()
    }

    /// Sends what a tap on the page sends.
    fn tap(&self, field: &str, value: &str) -> Answer {
        let form = hidden(&self.page(), "form");
        self.post(&self.label, &format!("form={form}&l=th&{field}={value}"), &[])
    }

    fn post(&self, path: &str, body: &str, more: &[(&str, &str)]) -> Answer {
        let mut headers = vec![("content-type", "application/x-www-form-urlencoded")];
        headers.extend(more);
        self.world.post(path, &headers, body.as_bytes())
    }

    /// Reports and returns the path of the tracking link.
    fn report(&self, topic: &str) -> String {
        let answer = self.tap("topic", topic);
        assert_eq!(answer.status, 303, "{}", answer.text());
        answer.header("location").split('?').next().unwrap().to_owned()
    }

    fn add(&self, link: &str, fields: &[(&str, &[u8])]) -> Answer {
        let form = hidden(&self.world.get(link, &[]).text(), "form");
        let mut body = Vec::new();
        for (name, value) in [("form", form.as_bytes())].iter().chain(fields) {
            let file = if *name == "photo" { "; filename=\"a.jpg\"" } else { "" };
            body.extend(
                format!("--xx\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n").bytes(),
            );
            body.extend_from_slice(value);
            body.extend(b"\r\n");
        }
        body.extend(b"--xx--\r\n");
        self.world.post(link, &[("content-type", "multipart/form-data; boundary=xx")], &body)
    }

    fn office<T>(&self, cookie: &str, ask: Request, take: impl Fn(Reply) -> Option<T>) -> T {
        take(self.world.call(cookie, ask).1.unwrap()).expect("the reply of the same name")
    }

    fn orders(&self, cookie: &str) -> OrdersReply {
        let ask = Orders { limit: 50, closed: true, ..Orders::default() };
        self.office(cookie, Request::Orders(ask), |reply| match reply {
            Reply::Orders(is) => Some(is),
            _ => None,
        })
    }

    fn order(&self, cookie: &str, order: RecordId) -> OrderReply {
        self.office(cookie, Request::Order(Order { order }), |reply| match reply {
            Reply::Order(is) => Some(is),
            _ => None,
        })
    }
}

fn step(order: RecordId, state: &str, note: &str) -> MoveOrder {
    MoveOrder { order, state: state.to_owned(), note: note.to_owned(), duplicate_of: None, place: None }
}

fn note(order: RecordId) -> NoteOrder {
    NoteOrder {
        order,
        materials: Vec::new(),
        unused: Vec::new(),
        checks: BTreeMap::new(),
        photos: Vec::new(),
        note: String::new(),
        place: None,
    }
}

fn status_of(street: &Street, device: &mut Store) -> Value {
    let card = street.world.ask(device, Card { subject: pole(), today: "2026-11-21".to_owned() });
    card.values.get("status").cloned().unwrap_or_default()
}

#[test]
fn one_tap_reports_and_the_link_tells_until_it_is_done() {
    let street = street();
    let world = &street.world;
    let cookie = signed_in(world);
    let mut phone = world.device_by(&street.technician, 40);
    let page = street.page();
    assert!(page.contains("ตย-01") && page.contains("ไฟดับดวงเดียว") && !page.contains("<script"), "{page}");
    let bytes = page.len() + world.get("/page.css", &[]).body.len();
    assert!(bytes < 30_000, "{bytes} bytes are too many for an old telephone");
    let link = street.report("off");
    let told = world.get(&link, &[]).text();
    assert!(told.contains("รอเจ้าหน้าที่รับเรื่อง") && told.contains("ไฟดับดวงเดียว"), "{told}");
    assert!(world.get(&format!("{link}?l=en"), &[]).text().contains("waiting for us"));

    let listed = street.orders(&cookie);
    let order = listed.rows[0].id;
    assert_eq!((listed.total, listed.rows[0].state.as_str(), listed.late), (1, "new", 0));
    assert_eq!(listed.rows[0].due_ms, Some(NOW + 24 * HOUR));
    world.pass(2 * HOUR);
    world.call(&cookie, Request::MoveOrder(step(order, "accepted", ""))).1.unwrap();
    let ask = AssignOrder { order, person: Some("ช่างเอก".to_owned()), severity: None };
    world.call(&cookie, Request::AssignOrder(ask)).1.unwrap();
    assert_eq!(street.order(&cookie, order).row.state, "assigned");

    // The technician has no signal while working.
    world.sync(&mut phone).unwrap();
    assert_eq!(status_of(&street, &mut phone), "broken");
    let mine = Orders { assigned: Some("ช่างเอก".to_owned()), limit: 10, ..Orders::default() };
    assert_eq!(world.ask(&mut phone, mine).rows[0].id, order);
    world.pass(HOUR);
    world.ask(&mut phone, step(order, "in_progress", ""));
    assert_eq!(status_of(&street, &mut phone), "repair", "shows before it is sent");
    let refused = |phone: &mut Store, state: &str| {
        let ask = Request::MoveOrder(step(order, state, ""));
        store::service::serve(phone, None, world.now(), ask).unwrap_err()
    };
    assert_eq!(refused(&mut phone, "done").detail.as_deref(), Some("photo"));
    assert_eq!(refused(&mut phone, "accepted").code, Code::Forbidden);
    assert_eq!(refused(&mut phone, "waiting_parts").detail.as_deref(), Some("note"));
    let bytes = jpeg(&picture());
    let hash = phone.keep_photo(&bytes, "image/jpeg", NOW).unwrap();
    world.ask(&mut phone, NoteOrder { photos: vec![(hash, PhotoRole::After)], ..note(order) });
    assert_eq!(refused(&mut phone, "done").detail.as_deref(), Some("checks"));
    let used = Material { key: String::new(), item: "led_lamp".into(), quantity: 1.0, unit: String::new() };
    let checks = ["power_off", "height", "area"].map(|check| (check.to_owned(), true)).into();
    world.ask(&mut phone, NoteOrder { materials: vec![used], checks, ..note(order) });
    world.ask(&mut phone, step(order, "done", "เปลี่ยนหลอดแล้ว"));
    assert_eq!(status_of(&street, &mut phone), "ok");
    world.sync(&mut phone).unwrap();

    let told = street.order(&cookie, order);
    let states: Vec<&str> = told.moves.iter().map(|step| step.state.as_str()).collect();
    assert_eq!(states, ["new", "accepted", "assigned", "in_progress", "done"]);
    assert_eq!((told.materials[0].unit.as_str(), told.checks.len()), ("หลอด", 3));
    assert!(told.moves.iter().all(|step| !step.idle) && told.next.contains(&"verified".to_owned()));
    assert_eq!(told.clocks[1].taken_ms(0), 3 * HOUR);
    let page = world.get(&link, &[]).text();
    assert!(page.contains("เปลี่ยนหลอดแล้ว") && page.contains("/photo"), "{page}");
    assert!(!page.contains("ช่างเอก") && !page.contains("admin"), "who did it is nobody's business: {page}");
    let small = world.get(&format!("{link}/photo"), &[]);
    assert_eq!((small.status, small.header("content-type")), (200, "image/jpeg"));
    assert!(street.page().contains("ซ่อมเสร็จ"), "the label tells it for some days");

    // It went out again.
    assert_eq!(street.add(&link, &[("do", b"reopen"), ("note", "ดับอีกแล้ว".as_bytes())]).status, 303);
    let again = street.order(&cookie, order);
    assert_eq!(
        (again.row.state.as_str(), again.reports.last().unwrap().note.as_str()),
        ("reopened", "ดับอีกแล้ว")
    );
    // What she wrote is for the office, which can hide it; whoever else has a link of this pole does not read it.
    assert!(again.moves.iter().all(|step| step.note != "ดับอีกแล้ว"));
    assert!(!world.get(&link, &[]).text().contains("ดับอีกแล้ว"));
    let ask = CitizenReports { offset: 0, limit: 10 };
    let sent = street.office(&cookie, Request::CitizenReports(ask), |reply| match reply {
        Reply::CitizenReports(is) => Some(is),
        _ => None,
    });
    assert!(sent.iter().any(|sent| sent.words == "ดับอีกแล้ว"), "{sent:?}");
    // The second repair is a repair of its own: the belt and the picture of the first do not count for it.
    assert!(again.checks.is_empty() && again.after.is_empty(), "{again:?}");
    assert_eq!(world.get(&format!("{link}/photo"), &[]).status, 404, "nor is the first one's picture shown");
    world.sync(&mut phone).unwrap();
    assert_eq!(status_of(&street, &mut phone), "broken");
    world.ask(&mut phone, step(order, "in_progress", ""));
    assert_eq!(refused(&mut phone, "done").detail.as_deref(), Some("photo"));
    assert!(phone.verify_all().unwrap().is_empty());
}

#[test]
fn me_too_joins_and_another_fault_is_another_order() {
    let street = street();
    let first = street.report("off");
    street.world.pass(2 * 24 * HOUR);
    let cookie = signed_in(&street.world);
    let page = street.page();
    assert!(page.contains("แจ้งแล้ว 2 วันก่อน") && page.contains("ฉันก็พบเหมือนกัน"), "{page}");
    let order = street.orders(&cookie).rows[0].id;
    let joined = street.tap("join", &order.to_string());
    let second = joined.header("location").split('?').next().unwrap().to_owned();
    assert_ne!(first, second);
    assert!(street.world.get(&second, &[]).text().contains("รวมของคุณไว้ด้วยกัน"));
    street.report("off");
    assert_eq!((street.orders(&cookie).total, street.orders(&cookie).rows[0].reports), (1, 3));
    let danger = street.report("wire");
    let page = street.world.get(&danger, &[]).text();
    assert!(page.contains("อย่าแตะเสา"), "{page}");
    let listed = street.orders(&cookie);
    assert_eq!((listed.total, listed.rows[0].severity.as_str()), (2, "danger"), "the urgent one comes first");
    assert_eq!(listed.late, 1, "the first is two days old");

    // The office finds that it is all one.
    let ask = MoveOrder { duplicate_of: Some(order), ..step(listed.rows[0].id, "duplicate", "") };
    let missing = MoveOrder { duplicate_of: None, ..ask.clone() };
    assert_eq!(
        street.world.call(&cookie, Request::MoveOrder(missing)).1.unwrap_err().detail.as_deref(),
        Some("duplicate_of")
    );
    street.world.call(&cookie, Request::MoveOrder(ask)).1.unwrap();
    let page = street.world.get(&danger, &[]).text();
    assert!(page.contains("รวมของคุณไว้ด้วยกัน") && page.contains("รอเจ้าหน้าที่รับเรื่อง"), "{page}");
    // And that this is the same as a third: both of the first links go on there.
    let third = street.report("leak");
    let last = street.orders(&cookie).rows.into_iter().find(|row| row.topics == ["leak"]).unwrap().id;
    let ask = MoveOrder { duplicate_of: Some(last), ..step(order, "duplicate", "") };
    street.world.call(&cookie, Request::MoveOrder(ask)).1.unwrap();
    street.world.call(&cookie, Request::MoveOrder(step(last, "accepted", ""))).1.unwrap();
    for link in [&first, &danger, &third] {
        let page = street.world.get(link, &[]).text();
        assert!(page.contains("รับเรื่องแล้ว"), "{page}");
    }
    let order = last;
    let rejected = step(order, "rejected", "เสานี้เป็นของกรมทางหลวง โทร 1586");
    street.world.call(&cookie, Request::MoveOrder(rejected)).1.unwrap();
    assert!(street.world.get(&first, &[]).text().contains("โทร 1586"));
}

#[test]
fn what_was_turned_down_leaves_the_pole_as_it_was_and_is_no_repair() {
    let street = street();
    let world = &street.world;
    let cookie = signed_in(world);
    let mut phone = world.device_by(&street.technician, 43);
    let edit = domain::api::EditSubject {
        subject: pole(),
        values: [("status".to_owned(), "ok".into())].into(),
        base_seq: None,
        reason: None,
    };
    world.call(&cookie, Request::EditSubject(edit)).1.unwrap();
    let go = |order, state: &str, note: &str| {
        world.call(&cookie, Request::MoveOrder(step(order, state, note))).1.unwrap();
    };
    street.report("off");
    let first = street.orders(&cookie).rows[0].id;
    go(first, "accepted", "");
    street.report("wire");
    let second = street.orders(&cookie).rows.into_iter().find(|row| row.id != first).unwrap().id;
    world.sync(&mut phone).unwrap();
    assert_eq!(status_of(&street, &mut phone), "broken");
    world.pass(HOUR);
    go(first, "rejected", "คนละเสา");
    world.sync(&mut phone).unwrap();
    assert_eq!(status_of(&street, &mut phone), "broken", "the other is open still");
    go(second, "rejected", "ไม่พบ");
    world.sync(&mut phone).unwrap();
    assert_eq!(status_of(&street, &mut phone), "ok");
    let ask = domain::api::Overview { programme: "lights".into(), today: "2026-11-21".into() };
    let seen = street.office(&cookie, Request::Overview(ask), |reply| match reply {
        Reply::Overview(is) => Some(is),
        _ => None,
    });
    assert_eq!((seen.finished, seen.mean_days), (0, None), "nobody repaired anything");
}

#[test]
fn what_is_not_of_our_own_page_or_too_much_is_not_written() {
    let street = street();
    let world = &street.world;
    let cookie = signed_in(world);
    let form = hidden(&street.page(), "form");
    let count = || street.orders(&cookie).rows.iter().map(|row| row.reports).sum::<u32>();
    let body = |form: &str, topic: &str| format!("form={form}&topic={topic}");
    let typed = format!("/q/{}", pole_code());
    let forged = format!("/q/{}AAAAAA", pole_code());
    for (path, body, headers, status) in [
        (street.label.as_str(), body("", "off"), &[][..], 403),
        (&street.label, body("1f-00", "off"), &[], 403),
        (&street.label, body(&form, "off"), &[("sec-fetch-site", "cross-site")], 403),
        (&street.label, body(&form, "dim"), &[], 422),
        (&street.label, body(&form, "nonsense"), &[], 422),
        (&street.label, body(&form, ""), &[], 422),
        (&typed, body(&form, "off"), &[], 403),
        (&street.persons, body(&form, "off"), &[], 403),
    ] {
        assert_eq!(street.post(path, &body, headers).status, status, "{path} {body}");
    }
    assert_ne!(street.post(&forged, &body(&form, "off"), &[]).status, 303);
    assert_eq!(count(), 0);
    world.pass(7 * HOUR);
    assert_eq!(street.post(&street.label, &body(&form, "off"), &[]).status, 403, "an old page");
    for _ in 0..6 {
        street.report("off");
    }
    assert_eq!(street.tap("topic", "off").status, 429);
    assert_eq!(count(), 6);
    world.pass(HOUR);
    street.report("off");
    assert!(!street.world.get(&typed, &[]).text().contains("<button"), "a typed number reports nothing");
    let person = world.get(&street.persons, &[]).text();
    assert!(person.contains("tel:000-000-0000") && !person.contains("<form") && !person.contains("มาลี"));
    for link in ["/t/0", "/t/00000000000000000000000000000000", "/t/%00"] {
        assert_eq!(world.get(link, &[]).status, 404, "{link}");
    }
}

#[test]
fn labels_that_are_not_ours_use_up_nothing_of_those_that_are() {
    let street = street();
    let form = hidden(&street.page(), "form");
    let (most, last) = street.label.split_at(street.label.len() - 1);
    let forged = format!("{most}{}", if last == "0" { '2' } else { '0' });
    for number in 0..7 {
        let from = format!("192.0.2.{number}");
        let body = format!("form={form}&topic=off");
        assert_eq!(street.post(&forged, &body, &[("x-forwarded-for", from.as_str())]).status, 422);
    }
    street.report("off");
}

#[test]
fn a_photo_is_drawn_anew_and_a_contact_reaches_no_phone() {
    let street = street();
    let world = &street.world;
    let cookie = signed_in(world);
    let link = street.report("broken");
    // As large as a telephone takes it.
    let mut photo = with_exif(&jpeg(&picture()), 1);
    photo.resize(4 << 20, 0);
    let said = [
        ("photo", &photo[..]),
        ("note", "หน้าบ้าน <b>ป้าแดง</b>".as_bytes()),
        ("contact", "081-555-0000".as_bytes()),
    ];
    let answer = street.add(&link, &said);
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert_eq!(street.add(&link, &[("photo", b"<svg/>")]).status, 415);
    for number in 0..3u8 {
        let other = image::RgbImage::from_pixel(64, 64, image::Rgb([80 * number, 40, 200]));
        assert_eq!(street.add(&link, &[("photo", &jpeg(&other))]).status, 303, "{number}");
    }
    assert_eq!(street.add(&link, &[("photo", &photo)]).status, 409, "four are enough");
    assert_eq!(street.add(&link, &[("photo", b"<svg/>")]).status, 409, "a fifth is not even drawn");

    let reports = || {
        street.office(&cookie, Request::CitizenReports(CitizenReports { offset: 0, limit: 10 }), |reply| {
            match reply {
                Reply::CitizenReports(is) => Some(is),
                _ => None,
            }
        })
    };
    let sent = reports().remove(0);
    assert_eq!((sent.contact.as_str(), sent.words.as_str()), ("081-555-0000", "หน้าบ้าน <b>ป้าแดง</b>"));
    let order = sent.row.id;
    let hash = sent.photos[0].0.clone();
    let mut phone = world.device_by(&street.technician, 41);
    let seen = world.ask(&mut phone, Order { order });
    assert_eq!((seen.photos.len(), seen.reports[0].note.as_str()), (4, "หน้าบ้าน <b>ป้าแดง</b>"));
    let mut all = Vec::new();
    phone.dump(None, &mut all).unwrap();
    assert!(!holds(&all, b"081-555-0000"), "the contact stays at the office");
    let history = world.ask(&mut phone, History { record: order });
    assert!(!serde_json::to_string(&history).unwrap().contains("081-555-0000"));

    let hide = |report: Option<String>, photo: Option<String>| {
        let ask = HideReport { order, report, photo, hidden: true };
        world.call(&cookie, Request::HideReport(ask)).1.unwrap();
    };
    hide(Some(sent.report.key.clone()), None);
    hide(None, Some(hash));
    world.sync(&mut phone).unwrap();
    let seen = world.ask(&mut phone, Order { order });
    assert_eq!((seen.photos.len(), seen.reports[0].note.as_str(), seen.reports[0].hidden), (3, "", true));
    assert_eq!(reports().remove(0).words, "หน้าบ้าน <b>ป้าแดง</b>", "the office still can look at it");
    let hides = Request::HideReport(HideReport { order, report: None, photo: None, hidden: true });
    assert!(store::service::serve(&mut phone, None, world.now(), hides).is_err());
}

#[test]
fn a_form_opens_an_order_and_two_who_did_not_know_are_both_told() {
    let street = street();
    let world = &street.world;
    let cookie = signed_in(world);
    let mut phone = world.device_by(&street.technician, 42);
    let visit = |faults: Value| SaveVisit {
        registry: Vec::new(),
        programme: "lights".into(),
        form: "fault".into(),
        subject: Some(pole()),
        zone: None,
        code: None,
        outcome: "done".into(),
        answers: [
            ("faults".to_owned(), faults),
            ("danger".to_owned(), "yes".into()),
            ("new_status".to_owned(), "broken".into()),
            ("note".to_owned(), "สายหย่อน".into()),
        ]
        .into(),
        photos: vec![],
        place: None,
        supersedes: None,
        offset_minutes: 420,
    };
    world.ask(&mut phone, visit(json!(["off"])));
    world.ask(&mut phone, visit(json!(["off", "tree"])));
    let found = world.ask(
        &mut phone,
        Orders { limit: 10, near: Some((13.0, 100.6)), by: OrdersBy::Near, ..Orders::default() },
    );
    let row = &found.rows[0];
    assert_eq!((found.total, row.severity.as_str(), row.reports, row.received), (1, "danger", 2, false));
    assert_eq!(row.topics, ["off", "tree"]);
    let order = row.id;
    world.ask(&mut phone, step(order, "assigned", ""));
    assert_eq!(world.ask(&mut phone, Order { order }).row.assigned, "ช่างเอก", "who takes it has it");
    world.sync(&mut phone).unwrap();
    // Without signal she is done; the office, which does not know, says an hour later that it waits for parts.
    let photo = phone.keep_photo(&jpeg(&picture()), "image/jpeg", NOW).unwrap();
    let checks = ["power_off", "height", "area"].map(|check| (check.to_owned(), true)).into();
    world.ask(&mut phone, NoteOrder { photos: vec![(photo, PhotoRole::After)], checks, ..note(order) });
    world.ask(&mut phone, step(order, "in_progress", ""));
    world.ask(&mut phone, step(order, "done", ""));
    world.pass(HOUR);
    world.call(&cookie, Request::MoveOrder(step(order, "waiting_parts", "รอหลอด"))).1.unwrap();
    world.pass(HOUR);
    world.sync(&mut phone).unwrap();
    let told = street.order(&cookie, order);
    assert_eq!(told.row.state, "done", "the step that came too late does not count: {:?}", told.moves);
    assert_eq!(told.moves.iter().filter(|step| step.idle).count(), 1);
    assert_eq!(world.ask(&mut phone, Order { order }).moves, told.moves, "the phone tells the same");
}
