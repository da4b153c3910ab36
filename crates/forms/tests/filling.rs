//! Forms as programmes write them, filled as people fill them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::sync::Arc;

use forms::{Filling, FixedHost, Form, Host, Kind, ProblemCode, Row, SetError, Sheets, Value};
use serde_json::json;

/// 2026-11-21 09:30 in Thailand.
const NOW: i64 = 1_795_228_200_000;

fn form(survey: &str, choices: &str, settings: &str) -> Arc<Form> {
    let mut texts = vec![("survey", survey)];
    if !choices.is_empty() {
        texts.push(("choices", choices));
    }
    if !settings.is_empty() {
        texts.push(("settings", settings));
    }
    let sheets = Sheets::from_csv(texts).unwrap();
    let imported = forms::import(&sheets).unwrap_or_else(|errors| panic!("{errors:#?}"));
    // What devices get is what was imported.
    let json = imported.form.to_json();
    let read = Form::from_json(&json).unwrap();
    assert_eq!(read.definition(), imported.form.definition());
    Arc::new(read)
}

fn fill(form: &Arc<Form>, known: &[(&str, &str)]) -> Filling {
    let known: BTreeMap<String, String> =
        known.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Filling::new(form, &known, Box::new(FixedHost::at(NOW)))
}

const WATER: &str = "\
type,name,label::ไทย (th),label::English (en),relevant,required,constraint,constraint_message::ไทย (th),constraint_message::English (en),calculation,appearance,warning,warning_message::ไทย (th)
start,start,,,,,,,,,,,
hidden,prev,,,,,,,,,,,
select_one outcome,outcome,ผลการจด,Outcome,,yes,,,,,,,
integer,reading,เลขมิเตอร์ (ครั้งก่อน ${prev}),Reading (before ${prev}),${outcome} = 'done',yes,. >= ${prev},ต้องไม่น้อยกว่า ${prev},Not below ${prev},,numbers,. - ${prev} <= 100,ใช้มาก ${used} หน่วย
calculate,used,,,,,,,,${reading} - ${prev},,,
image,photo,รูปถ่าย,Photo,${used} > 100,${used} > 100,,,,,,,
note,thanks,ขอบคุณ,Thank you,,,,,,,,,
";
const OUTCOMES: &str = "list_name,name,label::ไทย (th),label::English (en)\noutcome,done,จดได้,Read\noutcome,locked,ประตูล็อก,Gate locked\n";

#[test]
fn words_of_another_list_are_not_taken_for_a_choice() {
    let survey = "type,name,label,default\nhidden,last,,\nselect_multiple kind,kinds,Kinds,${last}\nselect_one kind,kind,Kind,\n";
    let form = form(survey, "list_name,name,label\nkind,a,A\nkind,b,B\n", "");
    let value = |known: &[(&str, &str)], name: &str| fill(&form, known).value(name).unwrap();
    assert_eq!(value(&[("kinds", "สายให้อาหาร"), ("kind", "ไม่มี")], "kinds"), "");
    assert_eq!(value(&[("kinds", "สายให้อาหาร"), ("kind", "ไม่มี")], "kind"), "");
    assert_eq!(value(&[("kinds", "สายให้อาหาร"), ("last", "b")], "kinds"), "b", "what was worked out stays");
    assert_eq!(value(&[("kinds", "a อื่น b"), ("kind", "b")], "kinds"), "a b");
    assert_eq!(value(&[("kinds", ""), ("last", "b")], "kinds"), "", "that nothing is known is known too");
}

#[test]
fn a_meter_is_read() {
    let form = form(WATER, OUTCOMES, "form_id,version,form_title\nwater_reading,3,จดมิเตอร์\n");
    assert_eq!((form.id(), form.version(), form.title()), ("water_reading", "3", "จดมิเตอร์"));
    assert_eq!(form.languages(), ["ไทย (th)", "English (en)"]);
    let mut filling = fill(&form, &[("prev", "1204"), ("no_such_question", "x")]);

    // Nothing said yet: only the outcome and the note are asked, and the outcome is missing.
    let paths: Vec<String> =
        filling.pages().into_iter().flat_map(|page| page.items).map(|item| item.path).collect();
    assert_eq!(paths, ["/data/outcome", "/data/thanks"]);
    let problems = filling.problems();
    assert_eq!(problems.len(), 1);
    assert_eq!(
        (problems[0].code, problems[0].page, problems[0].message.as_str()),
        (ProblemCode::Required, 0, "ต้องตอบข้อนี้")
    );

    filling.set("outcome", "done").unwrap();
    let reading = filling.item("reading").unwrap();
    assert_eq!(reading.label, "เลขมิเตอร์ (ครั้งก่อน 1204)");
    assert!(reading.required && !reading.readonly);
    assert_eq!(reading.appearance, ["numbers"]);

    // Below the last reading: blocked, with the form's own words in the chosen language.
    filling.set("reading", "๑๑๙๙").unwrap();
    let problems = filling.problems();
    assert_eq!(
        (problems[0].code, problems[0].message.as_str()),
        (ProblemCode::Constraint, "ต้องไม่น้อยกว่า 1204")
    );
    filling.set_language("en");
    assert_eq!(filling.problems()[0].message, "Not below 1204");
    filling.set_language("th");

    // High use: not blocked, but a warning, and now a photo is wanted.
    filling.set("reading", "1,400").unwrap();
    assert_eq!(filling.value("used").unwrap(), "196");
    assert_eq!(filling.warnings()[0].message, "ใช้มาก 196 หน่วย");
    assert_eq!(filling.problems().iter().map(|problem| problem.key.as_str()).collect::<Vec<_>>(), ["photo"]);
    filling.set("photo", "b3:cafe").unwrap();
    assert!(filling.problems().is_empty());

    // Back to a usual reading: the photo is no longer relevant and is not saved.
    filling.set("reading", "1215").unwrap();
    assert!(filling.problems().is_empty() && filling.warnings().is_empty());
    assert_eq!(filling.relevant("photo"), Some(false));
    let answers = filling.finish();
    assert_eq!(answers["reading"], json!(1215));
    assert_eq!(answers["used"], json!(11));
    assert_eq!(answers["prev"], json!(1204));
    assert_eq!(answers["start"], json!("2026-11-21T09:30:00.000+07:00"));
    assert!(!answers.contains_key("photo") && !answers.contains_key("thanks"));
}

#[test]
fn a_gate_is_locked() {
    let form = form(WATER, OUTCOMES, "");
    let mut filling = fill(&form, &[("prev", "1204")]);
    filling.set("outcome", "done").unwrap();
    filling.set("reading", "1300").unwrap();
    filling.set("outcome", "locked").unwrap();
    assert!(filling.problems().is_empty());
    let answers = filling.finish();
    assert_eq!(answers["outcome"], json!("locked"));
    assert!(!answers.contains_key("reading"));
    // What was typed is not lost while the person changes their mind.
    filling.set("outcome", "done").unwrap();
    assert_eq!(filling.value("reading").unwrap(), "1300");
}

#[test]
fn drafts_keep_everything_and_their_version() {
    let first = form(WATER, OUTCOMES, "form_id,version\nwater,1\n");
    let mut filling = fill(&first, &[("prev", "10")]);
    filling.set("outcome", "done").unwrap();
    filling.set("reading", "12").unwrap();
    filling.set_language("en");
    let draft = filling.draft();
    let mut later = Filling::resume(&first, &draft, Box::new(FixedHost::at(NOW + 86_400_000))).unwrap();
    assert_eq!(later.language(), "English (en)");
    assert_eq!(later.value("reading").unwrap(), "12");
    assert_eq!(later.finish()["start"], json!("2026-11-21T09:30:00.000+07:00"));
    let second = form(WATER, OUTCOMES, "form_id,version\nwater,2\n");
    assert!(Filling::resume(&second, &draft, Box::new(FixedHost::at(NOW))).is_err());
}

#[test]
fn repeats_count_and_sum() {
    let survey = "\
type,name,label,calculation,repeat_count,relevant
begin_repeat,visitor,ผู้มาเยี่ยม,,,
text,who,ชื่อ,,,
integer,age,อายุ,,,
calculate,line,,\"concat(position(..), '. ', ${who})\",,
calculate,running,,\"coalesce(../preceding-sibling::visitor[1]/running, 0) + coalesce(${age}, 0)\",,
end_repeat,,,,,
calculate,total,,sum(${age}),,
calculate,how_many,,count(${visitor}),,
integer,n,จำนวนห้อง,,,
begin_repeat,room,ห้อง,,${n},
text,name,ชื่อห้อง,,,
end_repeat,,,,,
";
    let form = form(survey, "", "");
    let mut filling = fill(&form, &[]);
    assert_eq!(filling.value("how_many").unwrap(), "1");
    filling.set("/data/visitor[1]/who", "สมศรี").unwrap();
    filling.set("/data/visitor[1]/age", "60").unwrap();
    let second = filling.add_repeat("/data/visitor").unwrap();
    assert_eq!(second, "/data/visitor[2]");
    filling.set("/data/visitor[2]/age", "๗๐").unwrap();
    assert_eq!(filling.value("total").unwrap(), "130");
    assert_eq!(filling.value("/data/visitor[2]/line").unwrap(), "2. ");
    assert_eq!(filling.value("/data/visitor[2]/running").unwrap(), "130");
    filling.remove_repeat("/data/visitor[1]").unwrap();
    assert_eq!(filling.value("total").unwrap(), "70");
    assert_eq!(filling.value("/data/visitor[1]/line").unwrap(), "1. ");
    assert_eq!(filling.value("how_many").unwrap(), "1");

    // The number of rooms follows the answer; rooms cannot be added by hand.
    filling.set("n", "3").unwrap();
    assert!(matches!(filling.add_repeat("room"), Err(SetError::ReadOnly(_))));
    filling.set("/data/room[3]/name", "ครัว").unwrap();
    let repeat = filling.item("/data/room").unwrap().repeat.unwrap();
    assert_eq!((repeat.instances.len(), repeat.can_add), (3, false));
    let answers = filling.finish();
    assert_eq!(answers["room"], json!([{}, {}, {"name": "ครัว"}]));
    assert_eq!(answers["visitor"][0]["age"], json!(70));
    filling.set("n", "1").unwrap();
    assert_eq!(filling.value("/data/room[2]/name"), None);
}

#[test]
fn choices_are_filtered_and_dropped() {
    let survey = "\
type,name,label,choice_filter,calculation
select_one province,province,จังหวัด,,
select_one district,district,อำเภอ,province = ${province},
select_multiple symptom,symptoms,อาการ,,
calculate,district_name,,,\"jr:choice-name(${district}, '${district}')\"
";
    let choices = "\
list_name,name,label,province
province,ubon,อุบลราชธานี,
province,surin,สุรินทร์,
district,warin,วารินชำราบ,ubon
district,det,เดชอุดม,ubon
district,prasat,ปราสาท,surin
symptom,fever,ไข้,
symptom,cough,ไอ,
";
    let form = form(survey, choices, "");
    let mut filling = fill(&form, &[]);
    assert!(filling.item("district").unwrap().options.is_empty());
    filling.set("province", "ubon").unwrap();
    let labels: Vec<String> =
        filling.item("district").unwrap().options.into_iter().map(|choice| choice.label).collect();
    assert_eq!(labels, ["วารินชำราบ", "เดชอุดม"]);
    filling.set("district", "warin").unwrap();
    assert_eq!(filling.value("district_name").unwrap(), "วารินชำราบ");
    assert_eq!(filling.set("district", "prasat"), Err(SetError::NotOffered("district".to_owned())));
    assert_eq!(filling.value("district").unwrap(), "warin", "a refused choice changes nothing");
    filling.set("province", "surin").unwrap();
    assert_eq!(filling.value("district").unwrap(), "", "an option that is no longer offered is dropped");
    assert_eq!(filling.value("district_name").unwrap(), "");
    filling.set("symptoms", "cough fever").unwrap();
    assert_eq!(filling.finish()["symptoms"], json!(["fever", "cough"]), "in the order of the list");
    assert!(filling.item("symptoms").unwrap().options.iter().all(|choice| choice.selected));
}

struct Registry;

impl Host for Registry {
    fn now_ms(&self) -> i64 {
        NOW
    }

    fn random(&self) -> u64 {
        0x0123_4567_89ab_cdef
    }

    fn property(&self, name: &str) -> Option<String> {
        (name == "username").then(|| "somsri".to_owned())
    }

    fn lookup(&self, instance: &str, equals: Option<(&str, &str)>) -> Option<Vec<Row>> {
        assert!(equals.is_some(), "a scan of the whole registry is too slow");
        let (column, value) = equals?;
        assert_eq!((instance, column), ("meters", "code"));
        let row = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
        };
        Some(if value == "M-7" {
            vec![row(&[("code", "M-7"), ("prev", "120"), ("owner", "นายแดง")])]
        } else {
            Vec::new()
        })
    }

    fn call(&self, name: &str, arguments: &[Value]) -> Option<Value> {
        match name {
            "own:usage" => {
                let [previous, current, digits] = arguments else { return None };
                let wrap = 10_f64.powf(digits.to_number());
                let used = current.to_number() - previous.to_number();
                Some(Value::Number(if used < 0.0 { used + wrap } else { used }))
            }
            _ => None,
        }
    }
}

#[test]
fn the_registry_and_own_functions_are_asked() {
    let survey = "\
type,name,label,calculation,constraint
username,who,,,
barcode,qr,สแกนรหัสมิเตอร์,,\"instance('meters')/root/item[code = current()/.] != '' or count(instance('meters')/root/item[code = current()]) > 0\"
calculate,prev,,\"instance('meters')/root/item[code = ${qr}]/prev\",
calculate,owner,,\"pulldata('meters', 'owner', 'code', ${qr})\",
integer,reading,เลข,,
calculate,used,,\"own:usage(${prev}, ${reading}, 4)\",
calculate,odd,,own:nothing(1),
calculate,id,,once(uuid()),
";
    let form = form(survey, "", "");
    let mut filling = Filling::new(&form, &BTreeMap::new(), Box::new(Registry));
    assert_eq!(filling.value("who").unwrap(), "somsri");
    assert_eq!(filling.value("id").unwrap(), "01234567-89ab-4def-8123-456789abcdef");
    filling.set("qr", "M-8").unwrap();
    assert_eq!(filling.problems()[0].code, ProblemCode::Constraint);
    filling.set("qr", "M-7").unwrap();
    assert!(filling.problems().is_empty());
    assert_eq!(
        (filling.value("prev").unwrap().as_str(), filling.value("owner").unwrap().as_str()),
        ("120", "นายแดง")
    );
    // The counter ran over its last digit.
    filling.set("reading", "15").unwrap();
    assert_eq!(filling.value("used").unwrap(), "9895");
    assert!(filling.troubles().iter().any(|trouble| trouble.contains("own:nothing")));
}

#[test]
fn pages_follow_groups() {
    let survey = "\
type,name,label,appearance,read_only
begin_group,person,ข้อมูลผู้ป่วย,field-list,
text,name,ชื่อ,,yes
begin_group,vitals,สัญญาณชีพ,,
decimal,temp,อุณหภูมิ,,
end_group,,,,
end_group,,,,
begin_group,plain,เรื่องอื่น,,
date,next_visit,นัดครั้งต่อไป,buddhist,
acknowledge,ok,รับทราบ,,
end_group,,,,
geopoint,place,พิกัด,,
range,pain,ปวดแค่ไหน,,
";
    let form = form(survey, "", "");
    let mut filling = fill(&form, &[]);
    let pages = filling.pages();
    let shape: Vec<(bool, &str, Vec<&str>)> = pages
        .iter()
        .map(|page| {
            (page.field_list, page.title.as_str(), page.items.iter().map(|item| item.name.as_str()).collect())
        })
        .collect();
    assert_eq!(
        shape,
        [
            (true, "ข้อมูลผู้ป่วย", vec!["name", "vitals", "temp"]),
            (false, "เรื่องอื่น", vec!["next_visit"]),
            (false, "เรื่องอื่น", vec!["ok"]),
            (false, "", vec!["place"]),
            (false, "", vec!["pain"]),
        ]
    );
    assert_eq!(pages[0].items[1].kind, Kind::Group);
    assert!(pages[0].items[0].readonly);
    assert_eq!(filling.set("name", "x"), Err(SetError::ReadOnly("name".to_owned())));
    filling.set("next_visit", "2026-12-01").unwrap();
    filling.set("ok", "OK").unwrap();
    filling.set("place", "15.2287 104.8564 120 4.5").unwrap();
    filling.set("temp", "๓๗.๕").unwrap();
    filling.set("pain", "3").unwrap();
    let answers = filling.finish();
    assert_eq!(
        serde_json::to_value(&answers).unwrap(),
        json!({"next_visit": "2026-12-01", "ok": true, "temp": 37.5, "pain": 3, "place": {"lat": 15.2287, "lon": 104.8564, "alt": 120.0, "acc": 4.5}})
    );
    filling.set("temp", "ร้อน").unwrap();
    assert_eq!(filling.problems()[0].code, ProblemCode::Type);
    assert_eq!(filling.value("temp").unwrap(), "", "expressions do not meet it");
    assert_eq!(filling.item("temp").unwrap().value, "ร้อน");
    let resumed = Filling::resume(&form, &filling.draft(), Box::new(FixedHost::at(NOW))).unwrap();
    assert_eq!(resumed.item("temp").unwrap().value, "ร้อน");
    assert_eq!(filling.finish()["temp"], json!("ร้อน"), "what cannot be understood is still kept");
}

#[test]
fn defaults_triggers_and_dates() {
    let survey = "\
type,name,label,default,calculation,trigger
date,day,วันที่,today(),,
text,a,ก,,,
text,copied,สำเนา,,\"concat(${a}, '!')\",${a}
calculate,age,,,\"int((today() - date('1950-11-22')) div 365.25)\",
calculate,pretty,,,\"format-date(${day}, '%e/%n/%Y')\",
integer,plain,ธรรมดา,7,,
";
    let form = form(survey, "", "");
    let mut filling = fill(&form, &[("plain", "9")]);
    assert_eq!(filling.value("day").unwrap(), "2026-11-21");
    assert_eq!(filling.value("pretty").unwrap(), "21/11/2026");
    assert_eq!(filling.value("age").unwrap(), "75");
    assert_eq!(filling.value("plain").unwrap(), "9", "what is known beats the default");
    assert_eq!(fill(&form, &[("day", "2026-01-02")]).value("pretty").unwrap(), "2/1/2026");
    filling.set("a", "x").unwrap();
    assert_eq!(filling.value("copied").unwrap(), "x!");
    // A triggered value is only a start; the person may change it.
    filling.set("copied", "mine").unwrap();
    assert_eq!(filling.value("copied").unwrap(), "mine");
}

#[test]
fn circles_are_told_and_do_not_hang() {
    let survey = "type,name,label,calculation\ninteger,a,ก,\ncalculate,b,,${c} + ${a}\ncalculate,c,,${b} + 1\ncalculate,d,,\"concat(${d}, ${d}, 'x')\"\n";
    let sheets = Sheets::from_csv([("survey", survey)]).unwrap();
    let imported = forms::import(&sheets).unwrap();
    assert!(imported.warnings.iter().any(|warning| warning.en.contains("circle")), "{:?}", imported.warnings);
    let form = Arc::new(imported.form);
    let mut filling = fill(&form, &[]);
    for round in 0..50 {
        filling.set("a", &round.to_string()).unwrap();
    }
    assert!(filling.value("d").unwrap().len() < 300_000);
}

#[test]
fn a_saved_record_is_taken_up_again_to_be_corrected() {
    let form = form(
        "type,name,label,relevant,calculation,default\n\
         integer,reading,Reading,,,\n\
         calculate,used,,,${reading} - 1,\n\
         select_multiple fault,faults,Faults,,,\n\
         text,which,Which,\"selected(${faults}, 'b')\",,\n\
         geopoint,place,Place,,,\n\
         acknowledge,seen,Seen,,,\n\
         text,gone,Gone,,,usual\n\
         begin_repeat,lamp,Lamp,,,\n\
         decimal,watts,Watts,,,\n\
         end_repeat,,,,,\n",
        "list_name,name,label\nfault,a,A\nfault,b,B\n",
        "",
    );
    let mut first = fill(&form, &[]);
    for (path, value) in [
        ("reading", "12"),
        ("faults", "b a"),
        ("which", "lamp 3"),
        ("place", "13.75 100.5 2 4.8"),
        ("seen", "OK"),
        ("/data/lamp[1]/watts", "7.5"),
    ] {
        first.set(path, value).unwrap();
    }
    first.add_repeat("/data/lamp").unwrap();
    first.set("/data/lamp[2]/watts", "9").unwrap();
    first.set("gone", "").unwrap();
    let saved = first.finish();
    assert_eq!(saved["lamp"], json!([{"watts": 7.5}, {"watts": 9.0}]));

    let mut again = fill(&form, &[]);
    again.take_up(&saved);
    assert_eq!(again.finish(), saved);
    again.set("reading", "13").unwrap();
    assert_eq!(again.finish()["used"], 12);

    // A record without rows leaves none.
    let mut none = fill(&form, &[]);
    let without = saved.into_iter().filter(|(key, _)| key != "lamp").collect();
    none.take_up(&without);
    assert!(!none.finish().contains_key("lamp"));
}

#[test]
fn the_outline_is_the_pages_without_their_words() {
    let form = form(
        "type,name,label,hint,appearance,relevant,readonly\n\
         begin_group,dial,Dial,Black digits,field-list,,\n\
         note,before,Before,,,,\n\
         integer,reading,Reading,,,,\n\
         text,shown,Shown,,,,yes\n\
         end_group,,,,,,\n\
         begin_group,loose,Loose,,,,\n\
         text,a,A,,,,\n\
         text,b,B,,,${reading} > 5,\n\
         end_group,,,,,,\n\
         begin_repeat,lamp,Lamp,,,,\n\
         decimal,watts,Watts,,,,\n\
         end_repeat,,,,,,\n",
        "",
        "",
    );
    let mut filling = fill(&form, &[]);
    for reading in ["3", "7"] {
        filling.set("reading", reading).unwrap();
        let pages = filling.pages();
        let outline = filling.outline();
        let of_pages: Vec<Vec<(String, Kind)>> = pages
            .iter()
            .map(|page| page.items.iter().map(|item| (item.path.clone(), item.kind)).collect())
            .collect();
        let of_outline: Vec<Vec<(String, Kind)>> = outline
            .iter()
            .map(|page| page.places.iter().map(|place| (place.path.clone(), place.kind)).collect())
            .collect();
        assert_eq!(of_outline, of_pages);
        for (page, outline) in pages.iter().zip(&outline) {
            assert_eq!(filling.heading(&outline.holder).title, page.title);
        }
    }
    let dial = &filling.outline()[0];
    assert_eq!(dial.places.iter().map(|place| place.readonly).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(filling.heading(&dial.holder).hint, "Black digits");
}
