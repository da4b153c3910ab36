//! Forms that make and change records of the registry, and look things up there.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::sync::Arc;

use forms::{Code, Filling, FixedHost, Form, Row, Sheets, export};

const NOW_MS: i64 = 1_795_600_000_000;

fn form(survey: &str, entities: &str) -> Arc<Form> {
    let sheets = Sheets::from_csv([("survey", survey), ("entities", entities)]).unwrap();
    Arc::new(forms::import(&sheets).unwrap_or_else(|errors| panic!("{errors:#?}")).form)
}

fn meters() -> FixedHost {
    let row = |name: &str, code: &str, last: &str| -> Row {
        [("name", name), ("label", code), ("code", code), ("last", last)]
            .map(|(column, value)| (column.to_owned(), value.to_owned()))
            .into()
    };
    let mut host = FixedHost::at(NOW_MS);
    host.tables.insert("meters".to_owned(), vec![row("id-1", "W1", "120"), row("id-2", "W2", "7")]);
    host
}

#[test]
fn a_reading_changes_its_meter() {
    let form = form(
        "type,name,label,calculation,constraint,save_to\n\
         select_one_from_file meters.csv,meter,มิเตอร์,,,\n\
         calculate,last,,instance('meters')/root/item[name = ${meter}]/last,,\n\
         integer,reading,เลข,,. >= ${last},last\n\
         note,who,มิเตอร์ instance('meters')/root/item[name = ${meter}]/code เดิม ${last},,,\n",
        "list_name,entity_id,update_if,label\nmeters,${meter},${reading} != '',\n",
    );
    let mut filling = Filling::new(&form, &BTreeMap::new(), Box::new(meters()));
    assert!(filling.entities().is_empty(), "nothing is known yet");
    filling.set("meter", "id-1").unwrap();
    filling.set("reading", "110").unwrap();
    assert_eq!(filling.problems().len(), 1, "less than the last reading");
    filling.set("reading", "131").unwrap();
    assert!(filling.problems().is_empty());
    assert_eq!(filling.item("who").unwrap().label, "มิเตอร์ W1 เดิม 120");
    let changes = filling.entities();
    assert_eq!(changes.len(), 1);
    assert_eq!((changes[0].list.as_str(), changes[0].id.as_deref()), ("meters", Some("id-1")));
    assert_eq!(changes[0].properties, BTreeMap::from([("last".to_owned(), "131".to_owned())]));
}

#[test]
fn every_tree_of_a_repeat_becomes_a_record() {
    let form = form(
        "type,name,label,save_to\n\
         begin_repeat,tree,ต้นไม้,\n\
         text,species,ชนิด,species\n\
         end_repeat,,,\n",
        "list_name,create_if,label\ntrees,${species} != '',${species}\n",
    );
    let mut filling = Filling::new(&form, &BTreeMap::new(), Box::new(FixedHost::at(NOW_MS)));
    filling.add_repeat("tree").unwrap();
    filling.set("/data/tree[1]/species", "มะม่วง").unwrap();
    let changes = filling.entities();
    assert_eq!(changes.len(), 1, "the second one has no species");
    assert_eq!((changes[0].label.as_str(), changes[0].id.as_deref()), ("มะม่วง", None));
    // ODK sees the label from three levels further down.
    let xml = export::xform(&form).xml;
    assert!(xml.contains(r#"nodeset="/data/tree/meta/entity/label" type="string" readonly="true()" calculate="../../../species""#), "{xml}");
    assert!(
        xml.contains(r#"entities:saveto="species""#)
            && xml.contains(r#"entities:entities-version="2025.1.0""#)
    );
    let again = forms::import(&export::sheets(&form)).unwrap().form;
    assert_eq!(again.to_json(), form.to_json());
}

#[test]
fn declarations_that_lead_nowhere_are_refused() {
    let survey = "type,name,label,save_to\ntext,a,ก,serial\n";
    for (survey, entities, sheet) in [
        (survey, None, "survey"),
        (survey, Some("list_name\nmeters\n"), "entities"),
        (survey, Some("list_name,label\na.b,x\n"), "entities"),
        (survey, Some("list_name,label,colour\nmeters,x,red\n"), "entities"),
        ("type,name,label,save_to\ntext,a,ก,label\n", Some("list_name,label\nmeters,x\n"), "survey"),
        ("type,name,label,save_to\ntext,a,ก,other#x\n", Some("list_name,label\nmeters,x\n"), "survey"),
    ] {
        let mut sheets = vec![("survey", survey)];
        sheets.extend(entities.map(|text| ("entities", text)));
        let errors = forms::import(&Sheets::from_csv(sheets).unwrap()).unwrap_err();
        let right = |code: Code| matches!(code, Code::EntityInvalid | Code::ColumnUnknown);
        assert!(errors.iter().any(|error| right(error.code) && error.sheet == sheet), "{errors:#?}");
    }
}

#[test]
fn loops_are_written_out() {
    let sheets = Sheets::from_markdown(
        "| survey |
         | | type                | name | label              |
         | | begin loop over kin | l    |                    |
         | | integer             | age  | อายุของ%(label)s   |
         | | end loop            |      |                    |
         | choices |
         | | list_name | name   | label |
         | | kin       | father | พ่อ   |
         | | kin       | mother | แม่   |",
    );
    let form = Arc::new(forms::import(&sheets).unwrap().form);
    let paths: Vec<String> = form.questions().into_iter().map(|question| question.path).collect();
    assert_eq!(
        paths,
        ["/data/l", "/data/l/father", "/data/l/father/age", "/data/l/mother", "/data/l/mother/age"]
    );
    let filling = Filling::new(&form, &BTreeMap::new(), Box::new(FixedHost::at(NOW_MS)));
    assert_eq!(filling.item("/data/l/mother/age").unwrap().label, "อายุของแม่");
}
