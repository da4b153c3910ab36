//! A form from a clerk's spreadsheet to a reader's phone.

use crate::office::signed_in;
use crate::world::{World, meter};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::access::{Grant, Role};
use domain::api::{
    Begun, Card, CheckForm, DraftKey, FormChecked, FormFile, FormMessage, FormSheet, FormVersions, KeepDraft,
    Login, OpenForm, Programmes, PublishForm, Reply, Request, SaveVisit,
};
use domain::ids::{RecordId, Shelf};
use domain::problem::{Code, Problem};
use programmes::FormSource;
use serde_json::json;
use std::collections::BTreeMap;

const TODAY: &str = "2026-11-21";

fn reading() -> FormSource<'static> {
    programmes::SOURCES.iter().find(|source| source.id == "water").unwrap().forms[0]
}

/// The version of the water programme as it ships.
fn shipped() -> u32 {
    programmes::all().unwrap().iter().find(|programme| programme.id == "water").unwrap().version
}

fn files(sheets: &[(&str, &str)]) -> Vec<FormFile> {
    sheets
        .iter()
        .map(|(name, text)| FormFile { name: format!("{name}.csv"), base64: STANDARD.encode(text) })
        .collect()
}

/// The reading form as it ships, with words of one sheet replaced.
fn changed(source: FormSource, changes: &[(&str, &str)]) -> Vec<FormFile> {
    let mut survey = source.survey.to_owned();
    let mut choices = source.choices.to_owned();
    for (before, after) in changes {
        assert!(survey.contains(before) || choices.contains(before), "{before}");
        survey = survey.replace(before, after);
        choices = choices.replace(before, after);
    }
    files(&[("survey", &survey), ("choices", &choices), ("settings", source.settings)])
}

fn check(
    world: &World,
    cookie: &str,
    form: (&str, &str),
    files: Vec<FormFile>,
) -> Result<FormChecked, Problem> {
    let ask = CheckForm { programme: form.0.to_owned(), form: form.1.to_owned(), files };
    match world.call(cookie, Request::CheckForm(ask)).1? {
        Reply::CheckForm(checked) => Ok(checked),
        other => panic!("{other:?}"),
    }
}

fn publish(world: &World, cookie: &str, files: Vec<FormFile>, stands_on: u32) -> Result<String, Problem> {
    let ask = PublishForm { programme: "water".to_owned(), form: "reading".to_owned(), files, stands_on };
    match world.call(cookie, Request::PublishForm(ask)).1? {
        Reply::PublishForm(published) => Ok(published.version),
        other => panic!("{other:?}"),
    }
}

fn visit(reading: i64) -> SaveVisit {
    SaveVisit {
        programme: "water".to_owned(),
        form: "reading".to_owned(),
        subject: Some(meter(1)),
        zone: None,
        code: None,
        outcome: "done".to_owned(),
        answers: [("reading".to_owned(), json!(reading)), ("finding".to_owned(), json!("00"))].into(),
        photos: Vec::new(),
        place: None,
        registry: Vec::new(),
        supersedes: None,
        offset_minutes: 420,
    }
}

fn open(subject: RecordId) -> OpenForm {
    OpenForm {
        programme: "water".to_owned(),
        form: "reading".to_owned(),
        subject: Some(subject),
        corrects: None,
        code: String::new(),
        today: TODAY.to_owned(),
    }
}

#[test]
fn every_form_that_ships_may_be_uploaded_as_it_is() {
    let world = World::start();
    let cookie = signed_in(&world);
    for source in programmes::SOURCES {
        for form in source.forms {
            let checked = check(&world, &cookie, (source.id, form.id), changed(*form, &[])).unwrap();
            let mistakes: Vec<_> = checked.messages.iter().filter(|message| message.mistake).collect();
            assert!(mistakes.is_empty(), "{}/{}: {mistakes:?}", source.id, form.id);
            assert!(checked.definition.is_some());
        }
    }
}

#[test]
fn a_new_version_reaches_the_phone_and_a_draft_stays_on_the_old_one() {
    let world = World::start();
    let cookie = signed_in(&world);
    let mut phone = world.device(0);
    world.ask(&mut phone, visit(20));
    let before = world.ask(&mut phone, open(meter(2)));
    let key = DraftKey {
        programme: "water".to_owned(),
        form: "reading".to_owned(),
        subject: Some(meter(2)),
        corrects: None,
        code: String::new(),
    };
    let draft = forms::Filling::new(
        &std::sync::Arc::new(forms::Form::from_json(&before.definition).unwrap()),
        &BTreeMap::new(),
        Box::new(forms::FixedHost::at(1_795_000_000_000)),
    )
    .draft();
    world.ask(&mut phone, KeepDraft { key, draft: Some(draft), begun: None });

    let mended = changed(
        reading(),
        &[("เลขหน้ามาตร,Number on the dial", "เลขบนมาตร,Number on the dial"), ("finding,99,", "finding,98,")],
    );
    let checked = check(&world, &cookie, ("water", "reading"), mended.clone()).unwrap();
    assert!(checked.definition.is_some(), "{:?}", checked.messages);
    let version = publish(&world, &cookie, mended.clone(), checked.stands_on).unwrap();
    assert_ne!(version, before.definition["version"], "two versions of one name cannot be told apart");
    let again = publish(&world, &cookie, mended, checked.stands_on).unwrap_err();
    assert_eq!(again.code, Code::FormChanged);

    world.sync(&mut phone).unwrap();
    assert_eq!(world.ask(&mut phone, open(meter(1))).definition["version"], version);
    let kept = world.ask(&mut phone, open(meter(2)));
    assert_eq!(kept.definition, before.definition, "a draft keeps its version");
    assert!(kept.draft.is_some());
    let saved = world.ask(&mut phone, SaveVisit { subject: Some(meter(2)), ..visit(30) });
    world.sync(&mut phone).unwrap();
    let card = world.ask(&mut phone, Card { subject: meter(2), today: TODAY.to_owned() });
    assert_eq!(card.visits[0].id, saved.record);

    let programmes = world.ask(&mut phone, Programmes {});
    let form = programmes.iter().find(|one| one.id == "water").unwrap().form("reading").unwrap().clone();
    assert!(form.own);
    let finding = form.former.iter().find(|field| field.id == "finding").unwrap();
    assert!(finding.choices.contains_key("99"), "a choice that is gone can still be read");
}

#[test]
fn what_was_saved_with_a_draft_says_which_version_it_answers() {
    let world = World::start();
    let cookie = signed_in(&world);
    let mut phone = world.device(0);
    let old = world.ask(&mut phone, open(meter(2))).definition["version"].clone();
    let key = DraftKey {
        programme: "water".to_owned(),
        form: "reading".to_owned(),
        subject: Some(meter(2)),
        corrects: None,
        code: String::new(),
    };
    world.ask(&mut phone, KeepDraft { key, draft: Some(json!({})), begun: None });
    let mended = changed(reading(), &[("เลขหน้ามาตร", "เลขบนมาตร")]);
    let new = publish(&world, &cookie, mended, shipped()).unwrap();
    world.sync(&mut phone).unwrap();
    world.ask(&mut phone, SaveVisit { subject: Some(meter(2)), ..visit(30) });
    world.ask(&mut phone, visit(40));
    let mut dump = Vec::new();
    phone.dump(None, &mut dump).unwrap();
    let dump = String::from_utf8(dump).unwrap();
    let versions: Vec<&str> = dump.lines().filter(|line| line.contains("\"form_version\"")).collect();
    assert!(versions.iter().any(|line| line.contains(old.as_str().unwrap())), "{versions:?}");
    assert!(versions.iter().any(|line| line.contains(&new)), "{versions:?}");
}

#[test]
fn mistakes_name_sheet_row_and_column_and_nothing_is_published() {
    let world = World::start();
    let cookie = signed_in(&world);
    let broken = files(&[
        ("survey", "type,name,label,relevant\ninteger,reading,เลขมาตร,${raeding} > 1\ntext,at,ที่ไหน,\n"),
        ("settings", "form_id,version\nwater_reading,1\n"),
    ]);
    let checked = check(&world, &cookie, ("water", "reading"), broken.clone()).unwrap();
    assert!(checked.definition.is_none());
    let first = &checked.messages[0];
    assert!(first.mistake);
    assert_eq!(
        (first.sheet.as_str(), first.row, first.column.as_deref()),
        ("survey", Some(2), Some("relevant"))
    );
    assert!(first.words.th.contains("raeding") && first.words.en.contains("raeding"), "{first:?}");
    assert_eq!(publish(&world, &cookie, broken, checked.stands_on).unwrap_err().code, Code::FormUnreadable);

    // A name that the engine needs itself would be written over.
    let taken = files(&[("survey", "type,name,label\ntext,at,ที่ไหน\n")]);
    let checked = check(&world, &cookie, ("water", "reading"), taken).unwrap();
    let mistake = checked.messages.iter().find(|message| message.mistake).unwrap();
    assert!(mistake.words.th.contains("“at”"), "{mistake:?}");

    for (name, bytes) in
        [("a.xlsx", &b"PK\x03\x04 not really"[..]), ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")]
    {
        let file = FormFile { name: name.to_owned(), base64: STANDARD.encode(bytes) };
        let checked = check(&world, &cookie, ("water", "reading"), vec![file]).unwrap();
        assert!(checked.definition.is_none() && checked.messages[0].mistake, "{name}");
        assert!(checked.messages[0].sheet.is_empty());
    }
}

#[test]
fn only_those_who_keep_the_registry_change_forms() {
    let password = "รหัสผ่านยาวพอ";
    let world = World::start_with(
        |store| {
            let hash = sync_server::hash_password(password).unwrap();
            for (name, role) in [("หัวหน้า", Role::Supervisor), ("ธุรการ", Role::Clerk)]
            {
                let shelves = vec![Shelf::new("water", "R01")];
                let grant = Grant { person: name.to_owned(), role, shelves };
                store.put_account("test", name, &hash, &grant, crate::world::NOW).unwrap();
            }
        },
        None,
    );
    let login = |name: &str| {
        let login = Login { name: name.to_owned(), password: password.to_owned() };
        let (answer, reply) = world.call("", Request::Login(login));
        reply.unwrap();
        answer.header("set-cookie").split(';').next().unwrap().to_owned()
    };
    let mended = changed(reading(), &[("เลขหน้ามาตร", "เลขบนมาตร")]);
    let supervisor = login("หัวหน้า");
    let refused = check(&world, &supervisor, ("water", "reading"), mended.clone()).unwrap_err();
    assert_eq!(refused.code, Code::Forbidden);
    assert_eq!(publish(&world, &supervisor, mended.clone(), shipped()).unwrap_err().code, Code::Forbidden);
    assert_eq!(check(&world, "", ("water", "reading"), mended.clone()).unwrap_err().code, Code::LoginNeeded);
    let clerk = login("ธุรการ");
    // Of programmes that she has no part in, a supervisor is not shown what they ask.
    let looks = |who: &str, programme: &str, form: &str| {
        let (programme, form) = (programme.to_owned(), form.to_owned());
        let sheet = FormSheet { programme: programme.clone(), form: form.clone(), since_ms: None };
        let versions = FormVersions { programme, form };
        let sheet = world.call(who, Request::FormSheet(sheet)).1;
        let versions = world.call(who, Request::FormVersions(versions)).1;
        (sheet.err().map(|error| error.code), versions.err().map(|error| error.code))
    };
    assert_eq!(looks(&supervisor, "water", "reading"), (None, None));
    assert_eq!(looks(&supervisor, "care", "visit"), (Some(Code::FormMissing), Some(Code::FormMissing)));
    assert_eq!(looks(&clerk, "care", "visit"), (None, None), "a clerk keeps all of them");
    publish(&world, &clerk, mended, shipped()).unwrap();
    let unknown = check(&world, &clerk, ("water", "nothing"), changed(reading(), &[])).unwrap_err();
    assert_eq!(unknown.code, Code::FormMissing);
}

#[test]
fn a_form_is_downloaded_changed_and_uploaded_as_a_workbook() {
    let world = World::start();
    let cookie = signed_in(&world);
    for source in programmes::SOURCES {
        for form in source.forms {
            let ask = FormSheet { programme: source.id.to_owned(), form: form.id.to_owned(), since_ms: None };
            let Reply::FormSheet(file) = world.call(&cookie, Request::FormSheet(ask)).1.unwrap() else {
                panic!()
            };
            assert!(file.name.ends_with(".xlsx"), "{}", file.name);
            let checked = check(&world, &cookie, (source.id, form.id), vec![file]).unwrap();
            let after = checked.definition.unwrap_or_else(|| panic!("{}: {:?}", form.id, checked.messages));
            // What comes back asks the same questions in the same words.
            let present = world.programme(source.id).form(form.id).unwrap().definition.clone();
            let read = |json| forms::Form::from_json(json).unwrap();
            let changes = forms::compare(&read(&present), &read(&after), "th");
            assert_eq!(changes, forms::Changes::default(), "{}/{}", source.id, form.id);
        }
    }
    let ask = FormSheet { programme: "water".to_owned(), form: "reading".to_owned(), since_ms: None };
    assert_eq!(world.call("", Request::FormSheet(ask)).1.unwrap_err().code, Code::LoginNeeded);
}

#[test]
fn an_answer_belongs_to_the_version_that_was_opened() {
    let world = World::start();
    let cookie = signed_in(&world);
    let mut phone = world.device(0);
    let before = world.ask(&mut phone, open(meter(2)));
    // The new version comes with a sync before the first answer was kept.
    let mended = changed(reading(), &[("เลขหน้ามาตร", "เลขบนมาตร")]);
    publish(&world, &cookie, mended, shipped()).unwrap();
    world.sync(&mut phone).unwrap();
    let key = DraftKey {
        programme: "water".to_owned(),
        form: "reading".to_owned(),
        subject: Some(meter(2)),
        corrects: None,
        code: String::new(),
    };
    let begun = Begun { definition: before.definition.clone(), seen: before.seen.clone() };
    let keep = KeepDraft { key: key.clone(), draft: Some(json!({})), begun: Some(Box::new(begun)) };
    world.ask(&mut phone, keep);
    assert_eq!(world.ask(&mut phone, open(meter(2))).definition, before.definition);
    world.ask(&mut phone, SaveVisit { subject: Some(meter(2)), ..visit(30) });
    let mut dump = Vec::new();
    phone.dump(None, &mut dump).unwrap();
    let dump = String::from_utf8(dump).unwrap();
    let version = before.definition["version"].as_str().unwrap();
    assert!(dump.lines().any(|line| line.contains("\"form_version\"") && line.contains(version)));
}

#[test]
fn a_version_never_has_the_name_of_an_earlier_one() {
    let world = World::start();
    let cookie = signed_in(&world);
    let named = |version: &str, label: &str| {
        let survey = reading().survey.replace("เลขหน้ามาตร", label);
        let settings = format!("form_title,form_id,version\nจดมาตรน้ำ,water_reading,{version}\n");
        files(&[("survey", &survey), ("choices", reading().choices), ("settings", &settings)])
    };
    let stands_on = |cookie: &str| {
        check(&world, cookie, ("water", "reading"), changed(reading(), &[])).unwrap().stands_on
    };
    let mut names = Vec::new();
    for (version, label) in [("9", "เลขก"), ("10", "เลขข"), ("9", "เลขค")] {
        names.push(publish(&world, &cookie, named(version, label), stands_on(&cookie)).unwrap());
    }
    assert_eq!(names[..2], ["9", "10"]);
    assert!(!["9", "10"].contains(&names[2].as_str()), "{names:?}");
}

#[test]
fn pictures_beyond_those_a_form_may_have_are_named() {
    let world = World::start();
    let cookie = signed_in(&world);
    let (head, questions) = reading().survey.split_once('\n').unwrap();
    let blank = ",".repeat(head.split(',').count() - 3);
    let rows: String =
        (1..=62).map(|no| format!("note,n{no},ข้อ {no}{blank},picture-{no:02}.png\n")).collect();
    let survey = format!("{head},image\n{}\n{rows}", questions.trim_end());
    let sheets =
        [("survey", survey.as_str()), ("choices", reading().choices), ("settings", reading().settings)];
    let checked = check(&world, &cookie, ("water", "reading"), files(&sheets)).unwrap();
    assert!(checked.definition.is_some(), "{:?}", checked.messages);
    let left_out = checked.messages.iter().find(|message| message.words.en.contains("left out"));
    let left_out = left_out.unwrap_or_else(|| panic!("{:?}", checked.messages));
    assert!(!left_out.mistake && left_out.words.th.contains("60 รูป"), "{left_out:?}");
    assert!(left_out.words.en.ends_with("picture-61.png, picture-62.png"), "{left_out:?}");
    // Each of the others is asked for.
    let missing = checked.messages.iter().filter(|message| message.words.en.contains("There is no file"));
    assert_eq!(missing.count(), 60);
}

#[test]
fn what_no_phone_has_is_told_with_its_row() {
    let world = World::start();
    let cookie = signed_in(&world);
    let checked = |survey: &str, entities: &str| {
        let mut sheets = vec![("survey", survey)];
        if !entities.is_empty() {
            sheets.push(("entities", entities));
        }
        check(&world, &cookie, ("water", "reading"), files(&sheets)).unwrap().messages
    };
    let told = |messages: &[FormMessage], mistake: bool, words: &str| {
        let found =
            messages.iter().find(|message| message.mistake == mistake && message.words.en.contains(words));
        found.map(|message| (message.sheet.clone(), message.row))
    };
    let survey = "type,name,label,required,calculation\n\
        integer,reading,เลขมาตร,,\n\
        select_one_from_file villages.csv,village,หมู่บ้าน,,\n\
        audio,said,เสียง,yes,\n\
        audio,sung,เพลง,,\n\
        phonenumber,phone,,,\n\
        calculate,owner,,,\"pulldata('people', 'owner', 'name', ${village})\"\n\
        text,at,ที่ไหน,,\n";
    let messages = checked(survey, "");
    let survey_row = |row| Some(("survey".to_owned(), Some(row)));
    assert_eq!(told(&messages, true, "no registry “villages”"), survey_row(3));
    assert_eq!(told(&messages, true, "no registry “people”"), survey_row(7));
    assert_eq!(told(&messages, true, "cannot answer this kind"), survey_row(4));
    assert_eq!(told(&messages, false, "passed over"), survey_row(5));
    assert_eq!(told(&messages, false, "stays empty"), survey_row(6));
    assert_eq!(told(&messages, true, "used by the system"), survey_row(8));

    // Written for another system, whose one list is the registry that the form keeps up to date.
    let theirs = "type,name,label,save_to\n\
        select_one_from_file meters.csv,meter,มาตร,\n\
        integer,reading,เลขมาตร,last\n";
    let entities = "list_name,entity_id,update_if\nmeters,${meter},true()\n";
    assert_eq!(told(&checked(theirs, entities), true, "no registry"), None);
    let two = "list_name,entity_id\nmeters,${meter}\nowners,${meter}\n";
    assert!(told(&checked(theirs, two), true, "").is_some());
}
