//! What leaves the office as a file: a month's report as pages and as a workbook, a person's whole record as pages, and as a
//! FHIR bundle that two independent readers accept.

use crate::office::signed_in;
use crate::photos::{holds, jpeg, picture};
use crate::world::{Answer, NOW, World};
use domain::access::Role;
use domain::api::{FileFormat, MonthReport, PersonFile, Reply, ReportFile, Request};
use domain::change::{Change, Values, kind};
use domain::ids::{RecordId, Seq};
use domain::report::Cell;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Command;

fn person() -> RecordId {
    RecordId::derived("test", &[b"reported"])
}

fn record(name: &str, kind: &str, cells: Value) -> Change {
    let cells: Values = serde_json::from_value(cells).unwrap();
    Change {
        id: RecordId::derived("test", &[name.as_bytes()]),
        kind: kind.to_owned(),
        base_seq: Seq(0),
        cells,
    }
}

fn visit(name: &str, form: &str, at: &str, answers: Value) -> Change {
    let mut cells = json!({
        "programme": "care", "zone": "M07", "subject": person(), "form": form, "at": format!("{at}T09:00:00+07:00"),
        "by": "นก ตัวอย่าง", "outcome": "done", "cycle": "",
    });
    for (name, value) in answers.as_object().unwrap() {
        cells[name] = value.clone();
    }
    record(name, kind::VISIT, cells)
}

/// Somebody with everything that is ever recorded, a year of birth without a day among it.
fn start() -> World {
    let subject = json!({
        "programme": "care", "zone": "M07", "prename": "นาง", "name": "มาลี ทองตัวอย่างดี", "cid": "0000012345671", "hn": "DEMO1",
        "sex": "f", "birth": "1938", "phone": "0000000001", "address": "1 หมู่ 7 ตำบลตัวอย่าง", "disease": "ความดันสูง, เบาหวาน",
        "ltc_group": "3", "adl": 3, "carer_name": "สมศรี ตัวอย่าง", "carer_relation": "บุตร", "carer_phone": "0000000002",
        "manager": "ผจก ตัวอย่าง", "status": "active",
    });
    let changes = vec![
        Change { id: person(), ..record("x", kind::SUBJECT, subject) },
        visit(
            "v1",
            "visit",
            "2026-11-03",
            json!({
                "temp": 36.8, "sbp": 182, "dbp": 96, "pulse": 80, "rr": 18, "spo2": 96, "dtx_kind": "number", "dtx": 120, "weight": 41.5,
                "height": 150, "waist": 70, "bmi": 18.4, "pain": 3, "devices": ["ng", "foley"], "activities": ["a1", "a4"], "trend": "same",
                "wound": [{"site": "sacrum", "stage": "3", "wound_width": 2.5}], "urgent_for": "ความดัน แผลกดทับ", "has_wound": "yes",
            }),
        ),
        visit("v2", "visit", "2026-11-17", json!({"temp": 37, "activities": ["a4"], "trend": "better"})),
        visit(
            "a1",
            "adl",
            "2026-11-05",
            json!({
                "feeding": "1", "grooming": "0", "transfer": "1", "toilet": "0", "mobility": "0", "dressing": "0", "stairs": "0",
                "bathing": "0", "bowels": "1", "bladder": "0", "adl": 3, "adl_group": "bed",
            }),
        ),
        visit(
            "m1",
            "mood",
            "2026-11-06",
            json!({"q2_1": "yes", "q2_2": "no", "q9_9": "1", "score9": 8, "score8": 1, "urgent_for": "คิดทำร้ายตนเอง"}),
        ),
        visit("t1", "tai", "2026-11-07", json!({"tai_class": "I3", "ltc_group": 3})),
        visit(
            "p1",
            "plan",
            "2026-11-08",
            json!({
                "long_goal": "นั่งเองได้", "live_problem": "แผลกดทับ", "plan_approved": "yes", "urgency": "yellow",
                "cg_per_month": 4, "budget": 1500,
                "item": [{"item_activity": "a4", "item_days": ["mon", "thu"], "item_provider": "นก", "item_note": "ทำแผล"}, {"item_activity": "a5", "item_days": ["mon"]}],
            }),
        ),
    ];
    World::start_with(move |store| store.import("test", changes, NOW).unwrap(), None)
}

fn post(world: &World, cookie: &str, path: &str, body: &impl serde::Serialize) -> Answer {
    let headers = [("content-type", "application/json"), ("x-sanam", "1"), ("cookie", cookie)];
    world.post(path, &headers, &serde_json::to_vec(body).unwrap())
}

fn november() -> MonthReport {
    MonthReport {
        programme: "care".into(),
        report: "monthly".into(),
        month: "2026-11".into(),
        zone: Some("M07".into()),
        language: "th".into(),
    }
}

#[test]
fn a_month_is_counted_and_leaves_as_pages_and_as_a_workbook() {
    let world = start();
    let cookie = signed_in(&world);
    let Reply::MonthReport(report) = world.call(&cookie, Request::MonthReport(november())).1.unwrap() else {
        panic!()
    };
    let row = |table: usize| report.tables[table].rows[0].iter().map(Cell::text).collect::<Vec<String>>();
    assert_eq!(
        row(0)[1..],
        ["1", "4", "2", "2", "0", "0", "50", "0", "0", "2"],
        "two of four visits, the second a week late; two urgent findings"
    );
    assert_eq!(
        row(1),
        ["นก ตัวอย่าง", "1", "1", "4", "2", "2", "0", "0", "50", "0", "0"],
        "the same by caregiver"
    );
    assert_eq!(
        row(2),
        ["นก ตัวอย่าง", "1", "1/2", "2", "0", "0", "-", "0", "0", "0", "0", "0", "1,500.00"],
        "how her people fare, and what their plans cost"
    );
    // That she died is written without a day: she died when it was written, and the month before goes on counting her.
    let edit = domain::api::EditSubject {
        subject: person(),
        values: [("status".to_owned(), "deceased".into())].into(),
        base_seq: None,
        reason: None,
    };
    world.call(&cookie, Request::EditSubject(edit)).1.unwrap();
    let Reply::MonthReport(after) = world.call(&cookie, Request::MonthReport(november())).1.unwrap() else {
        panic!()
    };
    assert_eq!(after.tables[0].rows[0], report.tables[0].rows[0]);
    let person = row(3);
    assert_eq!(person[2..4], ["นก ตัวอย่าง", "88"], "whose she is, and how old");
    assert_eq!(person[11], "1/2", "one of two kinds of care of the plan was done");

    let file = |format| post(&world, &cookie, "/api/report", &ReportFile { of: november(), format });
    let pdf = file(FileFormat::Pdf);
    assert_eq!((pdf.status, pdf.header("content-type")), (200, "application/pdf"));
    assert!(pdf.body.starts_with(b"%PDF-"));
    assert_eq!(pdf.header("content-disposition"), "attachment; filename=\"care-2026-11.pdf\"");
    let sheet = file(FileFormat::Xlsx);
    assert!(sheet.status == 200 && sheet.body.starts_with(b"PK"));
    assert_eq!(file(FileFormat::Fhir).code(), "malformed");
    let wrong = MonthReport { month: "2026-13".into(), ..november() };
    assert_eq!(world.call(&cookie, Request::MonthReport(wrong)).1.unwrap_err().code.as_str(), "malformed");
    let headers = [("content-type", "application/json"), ("x-sanam", "1")];
    let body = serde_json::to_vec(&ReportFile { of: november(), format: FileFormat::Pdf }).unwrap();
    assert_eq!(world.post("/api/report", &headers, &body).status, 401, "nobody gets it without signing in");
}

#[test]
fn a_whole_record_leaves_for_the_printer_and_for_a_hospital() {
    let world = start();
    let cookie = signed_in(&world);
    let file = |subject, format| {
        post(&world, &cookie, "/api/person", &PersonFile { subject, format, language: "th".into() })
    };
    let pdf = file(person(), FileFormat::Pdf);
    assert!(pdf.status == 200 && pdf.body.starts_with(b"%PDF-"));
    let fhir = file(person(), FileFormat::Fhir);
    assert_eq!((fhir.status, fhir.header("content-type")), (200, "application/fhir+json"));
    let bundle = fhir.json();
    let resources: Vec<&Value> =
        bundle["entry"].as_array().unwrap().iter().map(|entry| &entry["resource"]).collect();
    let of = |kind: &str| resources.iter().filter(|one| one["resourceType"] == kind).collect::<Vec<_>>();
    let patient = of("Patient")[0];
    assert_eq!((&patient["birthDate"], &patient["gender"]), (&json!("1938"), &json!("female")));
    for (kind, count) in [
        ("RelatedPerson", 1),
        ("Encounter", 2),
        ("CarePlan", 1),
        ("Flag", 2),
        ("DeviceUseStatement", 2),
        ("Condition", 3),
    ] {
        assert_eq!(of(kind).len(), count, "{kind}");
    }
    // What was in two weeks ago is not in today: the last visit saw neither tube nor sore.
    let all = |kind: &str, of_it: &dyn Fn(&Value) -> Value| {
        of(kind).into_iter().map(|one| of_it(one)).collect::<Vec<_>>()
    };
    assert_eq!(all("DeviceUseStatement", &|one| one["status"].clone()), ["completed", "completed"]);
    assert_eq!(
        all("Device", &|one| one["type"]["text"].clone()),
        ["สายสวนปัสสาวะ (Foley)", "สายให้อาหารทางจมูก (NG)"]
    );
    assert_eq!(all("Flag", &|one| one["status"].clone()), ["inactive", "inactive"], "no open case says so");
    let sore = of("Condition").into_iter().find(|one| one.get("bodySite").is_some()).unwrap();
    assert_eq!(sore["bodySite"][0]["text"], "ก้นกบ");
    assert!(sore["code"]["text"].as_str().unwrap().contains("ลึกถึงไขมัน"), "{sore}");
    assert_eq!(sore["clinicalStatus"]["coding"][0]["code"], "inactive");
    let plan = &of("CarePlan")[0]["activity"];
    assert_ne!(plan[0]["detail"]["code"]["text"], "a4", "{plan}");
    let code = |code: &str| {
        let has = |one: &&&Value| {
            one["code"]["coding"].as_array().unwrap().iter().any(|coding| coding["code"] == code)
        };
        of("Observation").into_iter().find(has).unwrap_or_else(|| panic!("no {code}")).to_owned()
    };
    assert_eq!(code("8310-5")["valueQuantity"]["value"], 36.8);
    assert_eq!(code("85354-9")["component"][0]["valueQuantity"]["value"], 182);
    assert_eq!(code("96761-2")["valueInteger"], 15, "three of twenty is fifteen of a hundred");
    assert_eq!(code("59408-5")["code"]["coding"][0]["code"], "2708-6");
    let nobody = RecordId::derived("test", &[b"nobody"]);
    assert_eq!(file(nobody, FileFormat::Fhir).status, 404);
    accepted(&fhir.body);
}

#[test]
fn a_printed_record_shows_its_newest_photos_and_stays_small() {
    let name = |number: u8| blake3::hash(&[number]).to_hex().to_string();
    // Fifteen photos of a wound, a day each, one of the way in, and one of somebody else.
    let subject = json!({"programme": "care", "zone": "M07", "name": "มาลี", "entrance_photo": name(99)});
    let mut changes = vec![Change { id: person(), ..record("x", kind::SUBJECT, subject) }];
    for number in 1..=15 {
        let hash = name(number);
        let mut answers = json!({"wound": [{"site": "sacrum", "stage": "3", "wound_photo": hash}]});
        answers[format!("photos.{hash}")] = json!(true);
        changes.push(visit(&format!("w{number}"), "visit", &format!("2026-11-{number:02}"), answers));
    }
    let mut answers = json!({"entrance_photo": name(99)});
    answers[format!("photos.{}", name(99))] = json!(true);
    changes.push(visit("h", "house", "2026-01-05", answers));
    // It names a photo that never came, and one that it does not say it carries.
    changes.push(visit("lost", "visit", "2026-11-20", json!({"photo1": name(77), "photo2": name(78)})));
    let small = |number: u8| {
        let size = 100 + u32::from(number);
        jpeg(&image::imageops::resize(&picture(), size, 80, image::imageops::FilterType::Nearest))
    };
    let world = World::start_with(
        |store| {
            store.import("test", changes, NOW).unwrap();
            for number in (1..=15).chain([78, 99]) {
                let drawn = store::Drawn { bytes: jpeg(&picture()), thumbnail: small(number) };
                store.keep_drawn(domain::ids::DeviceNo(7), &name(number), &drawn, NOW).unwrap();
            }
        },
        None,
    );
    let cookie = signed_in(&world);
    let wanted = |format| PersonFile { subject: person(), format, language: "th".into() };
    let pdf = post(&world, &cookie, "/api/person", &wanted(FileFormat::Pdf));
    assert_eq!(pdf.status, 200);
    let pictures = pdf.body.windows(10).filter(|window| window == b"/DCTDecode").count();
    assert_eq!(pictures, 12, "no more than a page of them");
    assert!(holds(&pdf.body, &small(99)), "the way in, however long ago");
    assert!(holds(&pdf.body, &small(15)) && holds(&pdf.body, &small(5)), "the eleven newest of the wound");
    assert!(!holds(&pdf.body, &small(4)) && !holds(&pdf.body, &small(78)), "none older, none of others");
    let sheet = post(&world, &cookie, "/api/person", &wanted(FileFormat::Xlsx));
    assert_eq!(sheet.status, 200);
    let without = {
        let world = start();
        let cookie = signed_in(&world);
        post(&world, &cookie, "/api/person", &wanted(FileFormat::Pdf)).body.len()
    };
    assert!(pdf.body.len() < without + 12 * 20_000, "{} after {without}", pdf.body.len());
}

/// Two readers that others wrote, in Python; `.ci/setup.sh forms` fetches them. Without them the test says so and passes.
#[allow(clippy::print_stdout, reason = "a test that was skipped says so")]
fn accepted(bundle: &[u8]) {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache"))).unwrap();
    let readers = cache.join("sanam/fhir");
    if !readers.join(".whole").is_file() {
        println!("skipped: the readers of FHIR are not here, run .ci/setup.sh forms");
        return;
    }
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/fhir");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("person.json");
    std::fs::write(&file, bundle).unwrap();
    let script = "import json, sys\n\
        from fhir.resources.R4B.bundle import Bundle\n\
        from fhirclient.models.bundle import Bundle as Strict\n\
        text = open(sys.argv[1], encoding='utf-8').read()\n\
        read = Bundle.model_validate_json(text)\n\
        again = Strict(json.loads(text), strict=True)\n\
        assert len(read.entry) == len(again.entry) > 20\n\
        again.as_json()\n\
        print('accepted', len(read.entry))\n";
    let run = |text: &str, file: &PathBuf| {
        let mut python = Command::new("python3");
        let output = python.env("PYTHONPATH", &readers).arg("-c").arg(text).arg(file).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&said).into_owned())
    };
    let (fine, said) = run(script, &file);
    assert!(fine && said.contains("accepted"), "{said}");
    // That they can refuse, too.
    let broken =
        String::from_utf8(bundle.to_vec()).unwrap().replace("\"status\": \"final\"", "\"stat\": \"final\"");
    let file = folder.join("broken.json");
    std::fs::write(&file, broken).unwrap();
    assert!(!run(script, &file).0, "a bundle with a wrong field is accepted");
}

#[test]
fn whoever_supervises_something_else_gets_no_file() {
    let world = start();
    let admin = signed_in(&world);
    let account = domain::api::PutAccount {
        name: "ประปา".into(),
        role: Role::Supervisor,
        programmes: vec!["water".into()],
        zones: Vec::new(),
        new_password: false,
    };
    let Reply::PutAccount(made) = world.call(&admin, Request::PutAccount(account)).1.unwrap() else {
        panic!()
    };
    let login = domain::api::Login { name: "ประปา".into(), password: made.password.unwrap() };
    let (answer, _) = world.call("", Request::Login(login));
    let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
    let wanted = PersonFile { subject: person(), format: FileFormat::Fhir, language: String::new() };
    assert_eq!(post(&world, &cookie, "/api/person", &wanted).status, 404);
    let wanted = ReportFile { of: november(), format: FileFormat::Pdf };
    assert_eq!(post(&world, &cookie, "/api/report", &wanted).status, 404);
}
