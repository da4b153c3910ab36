//! Open311 GeoReport v2 over a real socket: what anybody reads, what a key opens, in XML and in JSON.

use crate::office::signed_in;
use crate::world::{Answer, NOW, World};
use domain::api::{EndKey, MoveOrder, NewKey, Notifications, Reply, Request};
use domain::change::{Change, Values, kind};
use domain::ids::{RecordId, Seq};
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::{Value, json};

const FORM: [(&str, &str); 1] = [("content-type", "application/x-www-form-urlencoded")];

/// The texts of an XML answer: path of elements and text. Fails on anything that is not well formed.
fn texts(answer: &Answer) -> Vec<(String, String)> {
    assert!(answer.header("content-type").starts_with("text/xml"), "{}", answer.header("content-type"));
    let text = answer.text();
    let mut reader = Reader::from_str(&text);
    let (mut path, mut found, mut held) = (Vec::new(), Vec::new(), String::new());
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                held.clear();
                path.push(start.name().as_ref().to_owned());
            }
            Event::Text(text) => held.push_str(&text.xml10_content()),
            Event::GeneralRef(name) => {
                held.push_str(match &*name {
                    "amp" => "&",
                    "lt" => "<",
                    "gt" => ">",
                    "apos" => "'",
                    "quot" => "\"",
                    other => panic!("&{other};"),
                });
            }
            Event::End(_) => {
                found.push((path.join("/"), std::mem::take(&mut held)));
                path.pop();
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert!(path.is_empty());
    found
}

fn text_of<'a>(all: &'a [(String, String)], path: &str) -> &'a str {
    all.iter().find(|(own, _)| own == path).map_or("", |(_, text)| text)
}

fn new_key(world: &World, cookie: &str) -> String {
    match world.call(cookie, Request::NewKey(NewKey { title: "ศูนย์เมือง".into() })).1.unwrap()
    {
        Reply::NewKey(made) => made.key.0,
        other => panic!("{other:?}"),
    }
}

fn post(world: &World, key: &str, more: &str) -> Answer {
    let body = format!("api_key={key}&{more}");
    world.post("/open311/v2/requests.json", &FORM, body.as_bytes())
}

/// What the world's only pole is called, and where it stands.
fn pole(world: &World, cookie: &str) -> (String, f64, f64) {
    let ask = domain::api::Overview { programme: "lights".into(), today: "2026-11-21".into() };
    let Reply::Overview(seen) = world.call(cookie, Request::Overview(ask)).1.unwrap() else { panic!() };
    let point = &seen.points[0];
    (point.heading.clone(), point.lat, point.lon)
}

#[test]
fn services_are_the_topics_that_citizens_may_report_in_both_forms() {
    let world = World::start();
    let json = world.get("/open311/v2/services.json", &[]);
    assert_eq!((json.status, json.header("access-control-allow-origin")), (200, "*"));
    let all = json.json();
    let codes: Vec<&str> =
        all.as_array().unwrap().iter().map(|one| one["service_code"].as_str().unwrap()).collect();
    assert!(codes.contains(&"lights.off") && codes.contains(&"pets.bite"), "{codes:?}");
    assert!(!codes.iter().any(|code| code.starts_with("care.") || code.starts_with("water.")), "{codes:?}");
    assert!(!codes.contains(&"lights.dim"), "only what the page offers");
    for one in all.as_array().unwrap() {
        assert_eq!((one["metadata"].as_bool(), one["type"].as_str()), (Some(false), Some("realtime")));
        for name in ["service_name", "description", "keywords", "group"] {
            assert!(!one[name].as_str().unwrap().is_empty(), "{name}");
        }
    }
    let xml = texts(&world.get("/open311/v2/services.xml", &[]));
    let in_xml: Vec<&str> = xml
        .iter()
        .filter(|(path, _)| path == "services/service/service_code")
        .map(|(_, text)| text.as_str())
        .collect();
    assert_eq!(in_xml, codes);

    let definition = world.get("/open311/v2/services/lights.off.json", &[]).json();
    assert_eq!(
        (definition["service_code"].as_str(), definition["attributes"].as_array().map(Vec::len)),
        (Some("lights.off"), Some(0))
    );
    let unknown = world.get("/open311/v2/services/care.visit.xml", &[]);
    assert_eq!((unknown.status, text_of(&texts(&unknown), "errors/error/code")), (404, "404"));
    let discovery = world.get("/open311/discovery.json", &[]).json();
    assert_eq!(discovery["endpoints"][0]["formats"][1], "application/json");
    assert_eq!(
        text_of(&texts(&world.get("/open311/discovery.xml", &[])), "discovery/endpoints/endpoint/type"),
        "production"
    );
}

#[test]
fn a_key_opens_a_case_that_everybody_can_follow_and_nobody_learns_who() {
    let world = World::start();
    let cookie = signed_in(&world);
    let key = new_key(&world, &cookie);
    let (number, lat, lon) = pole(&world, &cookie);
    assert_eq!(post(&world, "guess", "service_code=lights.off&address_id=x").status, 403);
    assert_eq!(post(&world, "", "service_code=lights.off&address_id=x").status, 403);
    assert_eq!(post(&world, &key, "service_code=care.visit&address_id=x").status, 400);
    let nowhere = post(&world, &key, "service_code=lights.off&lat=1.5&long=99.5");
    assert_eq!(nowhere.status, 400);
    assert!(nowhere.json()[0]["description"].as_str().unwrap().contains("address_id"));

    let note = "ไฟดับ%20%3Cb%3E%20โทร%200812345678";
    let sent = post(
        &world,
        &key,
        &format!(
            "service_code=lights.off&lat={}&long={lon}&description={note}&email=a@example.com&first_name=สมชาย",
            lat + 0.0001
        ),
    );
    assert_eq!(sent.status, 200, "{}", sent.text());
    let id = sent.json()[0]["service_request_id"].as_str().unwrap().to_owned();
    let wire = post(&world, &key, &format!("service_code=lights.wire&address_id={number}"));
    assert!(wire.json()[0]["service_notice"].as_str().unwrap().contains("1129"), "advice: {}", wire.text());

    let one = world.get(&format!("/open311/v2/requests/{id}.json"), &[]);
    let case = one.json()[0].clone();
    assert_eq!((case["status"].as_str(), case["address_id"].as_str()), (Some("open"), Some(number.as_str())));
    assert_eq!(case["service_code"], "lights.off");
    assert!(case["status_notes"].as_str().unwrap().contains("รอ"));
    assert!((case["lat"].as_f64().unwrap() - lat).abs() < 1e-9);
    assert!(case["requested_datetime"].as_str().unwrap().ends_with("+07:00"), "{case}");
    assert!(case["expected_datetime"].is_string());
    let xml = world.get(&format!("/open311/v2/requests/{id}.xml"), &[]);
    let all = texts(&xml);
    for (name, value) in case.as_object().unwrap() {
        let in_xml = text_of(&all, &format!("service_requests/request/{name}"));
        match value {
            Value::String(text) => assert_eq!(in_xml, text, "{name}"),
            Value::Number(number) => assert_eq!(in_xml, number.to_string(), "{name}"),
            other => panic!("{name}: {other}"),
        }
    }
    for whole in [one.text(), xml.text(), world.get("/open311/v2/requests.xml", &[]).text()] {
        for word in ["0812345678", "example.com", "สมชาย", "&lt;b"] {
            assert!(!whole.contains(word), "{word} in {whole}");
        }
    }

    // The office closes it, as on its own screens: a case like any other.
    let order = id.parse().unwrap();
    let ask =
        MoveOrder {
            order, state: "rejected".into(), note: "ทดสอบ".into(), duplicate_of: None, place: None
        };
    world.call(&cookie, Request::MoveOrder(ask)).1.unwrap();
    let case = world.get(&format!("/open311/v2/requests/{id}.json"), &[]).json()[0].clone();
    assert_eq!((case["status"].as_str(), case["status_notes"].as_str()), (Some("closed"), Some("ไม่รับเรื่อง")));
    let of = |query: &str| {
        let found = world.get(&format!("/open311/v2/requests.json{query}"), &[]);
        assert_eq!(found.status, 200, "{}", found.text());
        found.json().as_array().unwrap().len()
    };
    assert_eq!(
        (of(""), of("?status=open"), of("?status=closed"), of("?service_code=lights.wire")),
        (2, 1, 1, 1)
    );
    assert_eq!((of("?page_size=1"), of("?page_size=1&page=3"), of("?service_code=pets.lost")), (1, 0, 0));
    for dear in ["?page_size=500&page=12", &format!("?service_code={}", "lights.wire,".repeat(51))] {
        let refused = world.get(&format!("/open311/v2/requests.json{dear}"), &[]);
        assert_eq!(refused.status, 400, "{}", refused.text());
    }
    assert_eq!(of("?start_date=2026-11-20&end_date=2026-11-23T00:00:00%2B07:00"), 2);
    assert_eq!(of("?end_date=2026-11-01"), 0);
    assert_eq!(
        world
            .get(&format!("/open311/v2/requests.json?service_request_id={id},nonsense"), &[])
            .json()
            .as_array()
            .unwrap()
            .len(),
        1
    );
    for bad in [
        "?start_date=2026-01-01&end_date=2026-11-01",
        "?start_date=soon",
        "?status=lost",
        "?service_code=x",
        "?start_date=2026-11-02&end_date=2026-11-01",
    ] {
        assert_eq!(world.get(&format!("/open311/v2/requests.json{bad}"), &[]).status, 400, "{bad}");
    }
    assert_eq!(world.get("/open311/v2/requests/nonsense.json", &[]).status, 404);
    assert_eq!(world.get("/open311/v2/tokens/nonsense.json", &[]).status, 404);
    assert_eq!(world.get("/open311/v2/else.json", &[]).json()[0]["code"], "404");
}

#[test]
fn a_pole_is_found_by_its_number_though_it_is_part_of_a_hundred_others() {
    let pole = |number: u32, zone: &str| Change {
        id: RecordId::derived("test pole", &[&number.to_be_bytes()]),
        kind: kind::SUBJECT.to_owned(),
        base_seq: Seq(0),
        cells: Values::from_iter(
            [
                ("programme", json!("lights")),
                ("zone", json!(zone)),
                ("pole_no", json!(format!("LP-{number}"))),
                ("lat", json!(14.5)),
                ("lon", json!(101.5)),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        ),
    };
    let world = World::start_with(
        |store| {
            let poles = (100..200).map(|number| pole(number, "F01")).chain([pole(1, "F99")]);
            store.import("test", poles.collect(), NOW).unwrap();
        },
        None,
    );
    let cookie = signed_in(&world);
    let key = new_key(&world, &cookie);
    let sent = post(&world, &key, "service_code=lights.off&address_id=LP-1");
    assert_eq!(sent.status, 200, "{}", sent.text());
    let id = sent.json()[0]["service_request_id"].as_str().unwrap().to_owned();
    let case = world.get(&format!("/open311/v2/requests/{id}.json"), &[]).json()[0].clone();
    assert_eq!(case["address_id"], "LP-1");
    // A number that is nowhere is not the pole nearby; an address may be told in other words than ours.
    let near = "lat=14.5&long=101.5";
    let typo = post(&world, &key, &format!("service_code=lights.off&address_id=LP-1000&{near}"));
    assert_eq!(typo.status, 400, "{}", typo.text());
    let told = post(&world, &key, &format!("service_code=lights.off&address_string=ปากซอย&{near}"));
    assert_eq!(told.status, 200, "{}", told.text());
}

#[test]
fn a_key_has_its_limit_and_its_end() {
    let world = World::start();
    let cookie = signed_in(&world);
    let key = new_key(&world, &cookie);
    let (number, ..) = pole(&world, &cookie);
    let send = || post(&world, &key, &format!("service_code=lights.off&address_id={number}")).status;
    let statuses: Vec<u16> = (0..121).map(|_| send()).collect();
    assert!(statuses[..120].iter().all(|status| *status == 200));
    assert_eq!(statuses[120], 429);
    world.pass(60 * 60 * 1_000);
    assert_eq!(send(), 200);
    let Reply::Notifications(now) = world.call(&cookie, Request::Notifications(Notifications {})).1.unwrap()
    else {
        panic!()
    };
    assert_eq!(now.keys[0].used_ms, NOW + 60 * 60 * 1_000);
    world.call(&cookie, Request::EndKey(EndKey { id: now.keys[0].id })).1.unwrap();
    assert_eq!(send(), 403);
}
