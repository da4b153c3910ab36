//! Labels: sheets for the printer, and what a scanned one proves.

use crate::office::signed_in;
use crate::world::{World, meter, person_code, pole_code};
use domain::api::{Find, Found, LABELS_MAX, LabelChoice, LabelFile, Labels, Reply, Request};
use domain::code;
use domain::problem::Code;

fn zone(programme: &str, zone: &str) -> Labels {
    Labels {
        choice: LabelChoice::Zone {
            programme: programme.to_owned(),
            zone: Some(zone.to_owned()),
            without_code: false,
        },
        stock: "63.5x38.1".to_owned(),
        start_at: 1,
        offset_um: (0, 0),
        two_copies: false,
        calibration: false,
        dots_per_inch: None,
        file: LabelFile::Pdf,
    }
}

fn pdf(world: &World, cookie: &str, ask: &Labels) -> crate::world::Answer {
    let headers = [("content-type", "application/json"), ("x-sanam", "1"), ("cookie", cookie)];
    world.post("/api/labels", &headers, &serde_json::to_vec(ask).unwrap())
}

fn preview(world: &World, cookie: &str, ask: Labels) -> Result<domain::api::LabelsReply, Code> {
    match world.call(cookie, Request::Labels(ask)).1 {
        Ok(Reply::Labels(reply)) => Ok(reply),
        Ok(other) => panic!("{other:?}"),
        Err(problem) => Err(problem.code),
    }
}

#[test]
fn a_preview_writes_nothing_and_the_file_gives_the_codes() {
    let world = World::start();
    let cookie = signed_in(&world);
    let before = preview(&world, &cookie, zone("water", "R01")).unwrap();
    assert_eq!((before.labels, before.sheets, before.without_code), (300, 15, 300));
    assert!(before.svg.starts_with("<svg") && before.stocks.len() > 4 && !before.lasting);
    assert_eq!(preview(&world, &cookie, zone("water", "R01")).unwrap().without_code, 300);
    let started = Labels { start_at: 8, ..zone("water", "R01") };
    assert_eq!(preview(&world, &cookie, started).unwrap().sheets, 15);

    let file = pdf(&world, &cookie, &zone("water", "R01"));
    assert_eq!((file.status, file.header("content-type")), (200, "application/pdf"));
    assert!(file.header("content-disposition").contains("labels-water-R01.pdf"));
    assert!(file.body.starts_with(b"%PDF"));
    assert_eq!(preview(&world, &cookie, zone("water", "R01")).unwrap().without_code, 0);
    let one = Labels { choice: LabelChoice::Subjects(vec![meter(7)]), ..zone("", "") };
    let reprint = preview(&world, &cookie, one).unwrap();
    assert_eq!((reprint.labels, reprint.sheets, reprint.without_code), (1, 1, 0));
}

#[test]
fn blanks_calibration_and_bad_requests() {
    let world = World::start();
    let cookie = signed_in(&world);
    let blank = |count| Labels {
        choice: LabelChoice::Blank { programme: "lights".to_owned(), count },
        ..zone("", "")
    };
    assert_eq!(preview(&world, &cookie, blank(22)).unwrap().sheets, 2);
    assert_eq!(preview(&world, &cookie, blank(4_000_000_000)).unwrap().labels, 5_000);
    assert!(pdf(&world, &cookie, &blank(22)).body.starts_with(b"%PDF"));
    let calibration = pdf(&world, &cookie, &Labels { calibration: true, ..blank(22) });
    assert!(calibration.header("content-disposition").contains("calibration.pdf"));
    let unknown = Labels { stock: "1x1".to_owned(), ..blank(1) };
    assert_eq!(preview(&world, &cookie, unknown), Err(Code::Malformed));
    let nobody =
        Labels { choice: LabelChoice::Subjects(vec![domain::ids::RecordId::new(1, [3; 10])]), ..blank(1) };
    assert_eq!(preview(&world, &cookie, nobody), Err(Code::NotFound));
    assert_eq!(preview(&world, "", blank(1)), Err(Code::LoginNeeded));
    assert_eq!(pdf(&world, "", &blank(1)).status, 401);
    let no_mark =
        world.post("/api/labels", &[("content-type", "application/json"), ("cookie", &cookie)], b"{}");
    assert_eq!(no_mark.status, 403);
    assert_eq!(pdf(&world, &cookie, &zone("none", "none")).status, 200, "an empty file, not an error");
}

/// The width of the first code's modules, in dots of a printer.
fn dots(svg: &str, dots_per_inch: f64) -> f64 {
    let scale = svg.split_once("scale(").unwrap().1.split_once(')').unwrap().0;
    scale.parse::<f64>().unwrap() * dots_per_inch / 25.4
}

#[test]
fn modules_are_whole_dots_of_the_printer_that_is_there() {
    let world = World::start();
    let cookie = signed_in(&world);
    let asked = |stock: &str, dots_per_inch| Labels {
        stock: stock.to_owned(),
        dots_per_inch,
        choice: LabelChoice::Blank { programme: "water".to_owned(), count: 1 },
        ..zone("", "")
    };
    for (stock, wished, used) in [
        ("63.5x38.1", None, 600),
        ("63.5x38.1", Some(300), 300),
        ("roll-50x30", None, 203),
        ("roll-100x50", None, 203),
        ("roll-100x50", Some(300), 300),
        ("roll-100x50", Some(1), 150),
    ] {
        let reply = preview(&world, &cookie, asked(stock, wished)).unwrap();
        assert_eq!(reply.dots_per_inch, used, "{stock}");
        let dots = dots(&reply.svg, used.into());
        assert!((dots - dots.round()).abs() < 0.02 && dots > 3.9, "{dots} dots on {stock}");
    }
    assert_eq!(preview(&world, &cookie, asked("25", Some(203))), Err(Code::LabelTooSmall));
    // An older page does not know of printers, drawings or a choice.
    let old = r#"{"choice":{"zone":{"programme":"water","zone":null}},"stock":"25","start_at":1,
        "offset_um":[0,0],"two_copies":false}"#;
    let old: Labels = serde_json::from_str(old).unwrap();
    assert_eq!((old.dots_per_inch, old.file), (None, LabelFile::Pdf));
    assert_eq!(pdf(&world, &cookie, &asked("25", Some(203))).status, 422);
    let calibration = Labels { calibration: true, ..asked("roll-50x30", None) };
    assert!(pdf(&world, &cookie, &calibration).body.starts_with(b"%PDF"));
}

#[test]
fn drawings_come_by_the_sheet_and_by_the_label() {
    let world = World::start();
    let cookie = signed_in(&world);
    let blank = |file, count| Labels {
        file,
        choice: LabelChoice::Blank { programme: "lights".to_owned(), count },
        ..zone("", "")
    };
    for (kind, files) in [(LabelFile::Svg, 2), (LabelFile::Engraving, 22)] {
        let answer = pdf(&world, &cookie, &blank(kind, 22));
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/zip"));
        assert!(answer.header("content-disposition").contains("labels-blank.zip"));
        let mut zip = zip::ZipArchive::new(std::io::Cursor::new(answer.body)).unwrap();
        let names: Vec<String> = zip.file_names().map(|name| name.unwrap().into_owned()).collect();
        assert_eq!(names.len(), files, "{names:?}");
        for name in names {
            let mut text = String::new();
            std::io::Read::read_to_string(&mut zip.by_name(&name).unwrap(), &mut text).unwrap();
            assert!(text.starts_with("<svg") && text.contains("evenodd"), "{name}");
            let code = name.trim_end_matches(".svg");
            let is_named =
                kind == LabelFile::Svg || matches!(code::read(code), Ok(code::Scanned::Ours { .. }));
            assert!(is_named && (kind == LabelFile::Svg || !text.contains("stroke")), "{name}");
        }
    }
    let many = pdf(&world, &cookie, &blank(LabelFile::Engraving, LABELS_MAX as u32 + 1));
    assert!(many.status == 422 && many.text().contains("too_many_labels"), "{}", many.text());
}

#[test]
fn those_without_a_code_are_printed_alone() {
    let world = World::start();
    let cookie = signed_in(&world);
    let one = Labels { choice: LabelChoice::Subjects(vec![meter(7)]), ..zone("", "") };
    assert_eq!(pdf(&world, &cookie, &one).status, 200);
    let rest = || Labels {
        choice: LabelChoice::Zone {
            programme: "water".to_owned(),
            zone: Some("R01".to_owned()),
            without_code: true,
        },
        ..zone("", "")
    };
    let before = preview(&world, &cookie, rest()).unwrap();
    assert_eq!((before.labels, before.without_code), (299, 299));
    let file = pdf(&world, &cookie, &rest());
    let text = String::from_utf8_lossy(&file.body).into_owned();
    assert!(text.contains("/Count 15"), "the labels of all that had none when the file was asked for");
    assert_eq!(preview(&world, &cookie, rest()).unwrap().labels, 0);
    let many = Labels { choice: LabelChoice::Subjects(vec![meter(7); LABELS_MAX + 1]), ..zone("", "") };
    assert_eq!(preview(&world, &cookie, many), Err(Code::TooManyLabels));
}

#[test]
fn a_label_of_a_person_bears_nothing_but_its_code() {
    // Of two towns with other people, the sheets look alike.
    let world = World::start();
    let cookie = signed_in(&world);
    let care = preview(&world, &cookie, zone("care", "M01")).unwrap();
    let bare =
        Labels { choice: LabelChoice::Blank { programme: "care".to_owned(), count: 1 }, ..zone("", "") };
    let bare = preview(&world, &cookie, bare).unwrap();
    assert_eq!(care.labels, 1);
    // All that differs from a blank one of no programme's subject is the code: as many texts are drawn.
    let texts = |svg: &str| svg.matches("<path").count();
    assert!(texts(&care.svg) <= texts(&bare.svg) + 2, "{} {}", texts(&care.svg), texts(&bare.svg));
}

#[test]
fn a_scanned_label_is_genuine_a_typed_number_opens_and_a_forged_one_is_named() {
    let key = std::sync::Arc::new(std::sync::Mutex::new(None));
    let kept = key.clone();
    let world =
        World::start_with(move |store| *kept.lock().unwrap() = Some(store.label_key().unwrap()), None);
    let key = key.lock().unwrap().clone().unwrap();
    let page = |tail: &str| {
        let page = world.get(&format!("/q/{tail}"), &[]);
        (page.status, page.text())
    };
    for code in [pole_code(), person_code(), code::make(99)] {
        let proof = key.authenticator(&code);
        let (status, text) = page(&format!("{code}{proof}"));
        assert!(status == 200 && text.contains("ป้ายนี้เป็นของหน่วยงานจริง"), "{text}");
        let (status, text) = page(&code);
        assert!(status == 200 && !text.contains("ของหน่วยงานจริง"), "{text}");
        let mut letters: Vec<char> = proof.chars().collect();
        letters[0] = if letters[0] == '0' { '2' } else { '0' };
        let (status, text) = page(&format!("{code}{}", letters.iter().collect::<String>()));
        assert!(status == 404 && text.contains("ไม่ได้พิมพ์จากหน่วยงาน") && !text.contains(&code), "{text}");
        assert_eq!(page(&format!("{code}00")).0, 404);
    }
    let link = code::label_link(&world.url(""), &key, &pole_code());
    let (_, path) = link.split_once("/Q/").unwrap();
    assert!(page(&path.to_lowercase()).1.contains("ตย-01"), "in any case of letters");
    let cookie = signed_in(&world);
    let Ok(Reply::Find(found)) = world.call(&cookie, Request::Find(Find { text: pole_code() })).1 else {
        panic!()
    };
    assert!(matches!(found, Found::Subject(_)));
}
