//! Forms that look into the registry and write to it: in the field, without signal, from what the phone holds.

use domain::api::{Registry, RegistryChange, RegistryRow, SaveVisit};
use domain::ids::RecordId;
use domain::problem::Code;
use std::collections::BTreeMap;
use tests::world::{Phone, WELLS, World, meter, new_meter};

fn rows(phone: &Phone, equals: Option<(&str, &str)>) -> Vec<RegistryRow> {
    let equals = equals.map(|(column, value)| (column.to_owned(), value.to_owned()));
    phone.ask(Registry { programme: WELLS.to_owned(), equals }).unwrap()
}

fn names(rows: &[RegistryRow]) -> Vec<&str> {
    rows.iter().map(|row| row["name"].as_str()).collect()
}

#[test]
fn a_form_looks_up_what_the_phone_holds_and_nothing_else() {
    let world = World::new();
    let nok = world.phone("นก");
    nok.syncs();
    let all = rows(&nok, None);
    let ids: Vec<String> = (1..=5).map(|no| meter(&format!("meter {no}")).to_string()).collect();
    assert_eq!(names(&all), ids, "in route order");
    let (third, id) = (&all[2], meter("meter 3").to_string());
    assert_eq!((third["house"].as_str(), third["zone"].as_str()), ("3/8", "R01"));
    assert_eq!(third["label"], "นายสมชาย ทองตัวอย่างดี R01 meter 3");
    assert_eq!(third["geometry"], "13.0003 100.6 0 0");
    for equals in [("name", id.as_str()), ("code", "R01-METER-3"), ("house", "3/8"), ("owner", "nobody")] {
        let expected: &[&str] = if equals.0 == "owner" { &[] } else { &[&id] };
        assert_eq!(names(&rows(&nok, Some(equals))), expected, "{equals:?}");
    }
    // Half a house number is none; what is read through, as no index knows it, is found as well.
    assert!(rows(&nok, Some(("house", "3/"))).is_empty());
    nok.edits("meter 3", "phone", "0810000000");
    assert_eq!(names(&rows(&nok, Some(("phone", "0810000000")))), [&id]);
    let elsewhere = meter("R02 meter 1").to_string();
    assert!(rows(&nok, Some(("name", &elsewhere))).is_empty() && rows(&nok, Some(("name", "x"))).is_empty());
    world.office_removes("meter 3");
    nok.syncs();
    assert_eq!(rows(&nok, None).len(), 4);
}

#[test]
fn a_column_that_no_index_of_the_file_knows_is_found_by_what_it_says_now() {
    let world = World::new();
    let nok = world.phone("นก");
    nok.syncs();
    let ids: Vec<String> = (1..=5).map(|no| meter(&format!("meter {no}")).to_string()).collect();
    let with = |phone: &str| -> Vec<String> {
        names(&rows(&nok, Some(("phone", phone)))).into_iter().map(str::to_owned).collect()
    };
    // Read once, with nothing in it.
    assert!(with("0811").is_empty());
    assert_eq!(with("").len(), 5);
    nok.edits("meter 3", "phone", "0811");
    nok.edits("meter 1", "phone", "0811");
    assert_eq!(with("0811"), [ids[0].clone(), ids[2].clone()], "in route order");
    nok.edits("meter 1", "phone", "0822");
    assert_eq!((with("0811"), with("0822")), (vec![ids[2].clone()], vec![ids[0].clone()]));
    world.office_edits("meter 5", "phone", "0811");
    world.office_removes("meter 3");
    nok.syncs();
    assert_eq!((with("0811"), with("").len()), (vec![ids[4].clone()], 2));
    let zone = |zone: &str| rows(&nok, Some(("zone", zone))).len();
    assert_eq!((zone("R01"), zone("R02"), zone("")), (4, 0, 0));
    assert!(rows(&nok, Some(("no such column", ""))).is_empty());
}

#[test]
fn many_changes_at_once_leave_no_look_up_behind() {
    let world = World::new();
    let new = |no: u32| {
        let mut meter = new_meter(&format!("R01 new {no}"), "R01", 10 + no, (13.0, 100.0));
        meter.cells.insert("phone".to_owned(), "0811".into());
        meter
    };
    let nok = world.phone("นก");
    nok.syncs();
    assert_eq!(rows(&nok, Some(("phone", "0811"))).len(), 0);
    world.office_imports((0..100).map(new).collect());
    nok.syncs();
    let found = rows(&nok, Some(("phone", "0811")));
    let ids: Vec<String> = (0..100).map(|no| meter(&format!("new {no}")).to_string()).collect();
    assert_eq!(names(&found), ids);
}

#[test]
fn one_row_more_than_is_offered_says_that_there_are_more() {
    let world = World::new();
    let nok = world.phone("นก");
    nok.syncs();
    let new = |no: usize| new_meter(&format!("R01 new {no}"), "R01", 10 + no as u32, (13.0, 100.0));
    let present = rows(&nok, None).len();
    world.office_imports((present..Registry::MOST).map(new).collect());
    nok.syncs();
    assert_eq!(rows(&nok, None).len(), Registry::MOST, "all there are");
    world.office_imports((Registry::MOST..Registry::MOST + 3).map(new).collect());
    nok.syncs();
    assert_eq!(rows(&nok, None).len(), Registry::MOST + 1);
    assert_eq!(rows(&nok, Some(("zone", "R01"))).len(), Registry::MOST + 1);
}

fn writes(list: &str, subject: Option<RecordId>, properties: &[(&str, &str)]) -> RegistryChange {
    let properties: BTreeMap<String, String> =
        properties.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    RegistryChange { list: list.to_owned(), subject, label: String::new(), properties }
}

fn visit(registry: Vec<RegistryChange>) -> SaveVisit {
    SaveVisit {
        programme: WELLS.to_owned(),
        form: "check".to_owned(),
        subject: Some(meter("meter 1")),
        zone: None,
        code: None,
        outcome: "done".to_owned(),
        answers: [("seen".to_owned(), "yes".into())].into(),
        photos: Vec::new(),
        place: None,
        registry,
        supersedes: None,
        offset_minutes: 420,
    }
}

#[test]
fn one_save_writes_the_visit_and_what_its_form_writes_to_the_registry() {
    let world = World::new();
    let (nok, lek) = (world.phone("นก"), world.phone("เล็ก"));
    nok.syncs();
    lek.syncs();
    let mut made =
        writes("registry", None, &[("house", "99/1"), ("geometry", "13.5 100.7 0 5"), ("odd", "x")]);
    made.label = "บ่อใหม่".to_owned();
    let saved = nok
        .ask(visit(vec![
            writes("registry", Some(meter("meter 2")), &[("house", "2/9"), ("phone", "")]),
            writes(WELLS, Some(meter("meter 1")), &[("house", "1/9")]),
            made,
        ]))
        .unwrap();
    assert_eq!(saved.counts.saved, 1, "one commit: all of it or nothing");
    assert_eq!((nok.sees("meter 2", "house"), nok.sees("meter 1", "house")), ("2/9".into(), "1/9".into()));
    world.comes_to_rest(&[&nok, &lek]);
    assert_eq!(lek.sees("meter 2", "house"), "2/9");
    let new = rows(&lek, Some(("house", "99/1")));
    assert_eq!((new.len(), new[0]["label"].as_str(), new[0]["zone"].as_str()), (1, "บ่อใหม่", "R01"));
    assert!(new[0]["geometry"].starts_with("13.5 100.7"));
    assert!(lek.refused().is_empty() && nok.refused().is_empty());
    world.assert_at_rest(&[&nok, &lek]);
}

#[test]
fn what_a_form_may_not_write_is_refused_with_its_visit() {
    let world = World::new();
    let nok = world.phone("นก");
    nok.syncs();
    let tries = |change: RegistryChange| nok.ask(visit(vec![change])).unwrap_err().code;
    assert_eq!(tries(writes("registry", Some(meter("meter 2")), &[("owner", "ฉัน")])), Code::NotYourField);
    assert_eq!(tries(writes("registry", Some(meter("R02 meter 1")), &[("house", "1")])), Code::NotFound);
    assert_eq!(tries(writes("nothing", None, &[("house", "1")])), Code::FormMissing);
    assert_eq!(tries(writes("registry", None, &[("house", "1"), ("zone", "R02")])), Code::NotYourShelf);
    assert_eq!(nok.counts().saved, 0, "the visit is not saved by halves");
}
