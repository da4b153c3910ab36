//! What is half typed, and what is not here yet, takes no answer away.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::sync::Arc;

use forms::{Filling, FixedHost, Form, Host, Row, Sheets};
use serde_json::json;

/// 2026-11-21 09:30 in Thailand.
const NOW: i64 = 1_795_228_200_000;

fn form(survey: &str, choices: &str) -> Arc<Form> {
    let mut texts = vec![("survey", survey)];
    if !choices.is_empty() {
        texts.push(("choices", choices));
    }
    let imported = forms::import(&Sheets::from_csv(texts).unwrap());
    Arc::new(imported.unwrap_or_else(|errors| panic!("{errors:#?}")).form)
}

fn fill(form: &Arc<Form>) -> Filling {
    Filling::new(form, &BTreeMap::new(), Box::new(FixedHost::at(NOW)))
}

#[test]
fn a_number_on_the_way_takes_nothing_away() {
    let survey = "\
type,name,label,repeat_count,calculation
integer,total,กี่แผล,,
begin_repeat,wound,แผล,\"coalesce(${total}, 0)\",
image,photo,รูป,,
end_repeat,,,,
calculate,photos,,,\"count(${photo})\"
";
    let form = form(survey, "");
    let mut filling = fill(&form);
    filling.set("total", "2").unwrap();
    filling.set("/data/wound[1]/photo", "one").unwrap();
    filling.set("/data/wound[2]/photo", "two").unwrap();
    // 2 becomes 3 by way of an empty line, and a draft is kept just then.
    filling.set("total", "").unwrap();
    assert_eq!(filling.value("photos").unwrap(), "0");
    assert!(!filling.finish().contains_key("wound"), "what is put away is no part of the record");
    let mut again = Filling::resume(&form, &filling.draft(), Box::new(FixedHost::at(NOW))).unwrap();
    for filling in [&mut filling, &mut again] {
        filling.set("total", "3").unwrap();
        let photos = [1, 2, 3].map(|number| filling.value(&format!("/data/wound[{number}]/photo")).unwrap());
        assert_eq!(photos, ["one", "two", ""]);
        // What is really one less stays away, and untouched instances leave nothing behind.
        filling.set("total", "1").unwrap();
        assert_eq!(filling.finish()["wound"], json!([{"photo": "one"}]));
    }
    filling.set("total", "900").unwrap();
    filling.set("total", "2").unwrap();
    assert!(filling.draft().get("put_away").is_none());
}

#[test]
fn a_choice_is_back_when_its_filter_offers_it_again() {
    let survey = "\
type,name,label,choice_filter
text,zone,หมู่,
select_one houses,house,บ้าน,zone = ${zone}
";
    let choices = "list_name,name,label,zone\nhouses,h1,บ้าน 1,12\nhouses,h2,บ้าน 2,1\n";
    let form = form(survey, choices);
    let mut filling = fill(&form);
    filling.set("zone", "12").unwrap();
    filling.set("house", "h1").unwrap();
    filling.set("zone", "1").unwrap();
    assert_eq!(filling.value("house").unwrap(), "");
    let mut again = Filling::resume(&form, &filling.draft(), Box::new(FixedHost::at(NOW))).unwrap();
    again.set("zone", "12").unwrap();
    assert_eq!(again.value("house").unwrap(), "h1");
    // Another answer, or none, is the last word.
    filling.set("house", "").unwrap();
    filling.set("zone", "12").unwrap();
    assert_eq!(filling.value("house").unwrap(), "");
}

/// A registry that is in another thread: the first question is noted, the rows come later.
#[derive(Clone, Default)]
struct Slow(std::rc::Rc<std::cell::Cell<bool>>);

impl Host for Slow {
    fn now_ms(&self) -> i64 {
        NOW
    }

    fn lookup(&self, instance: &str, equals: Option<(&str, &str)>) -> Option<Vec<Row>> {
        let row = |name: &str, zone: &str| {
            [("name", name), ("label", name), ("zone", zone), ("phone", "0810000000")]
                .map(|(column, text)| (column.to_owned(), text.to_owned()))
                .into()
        };
        let wanted = |row: &Row| equals.is_none_or(|(column, value)| row[column] == value);
        (instance == "registry" && self.0.get())
            .then(|| [row("a", "1"), row("b", "2")].into_iter().filter(wanted).collect())
    }

    fn is_coming(&self, instance: &str) -> bool {
        instance == "registry"
    }
}

const PEOPLE: &str = "\
type,name,label,calculation,choice_filter
select_one_from_file registry.csv,who,ใคร,,
text,phone,โทร,\"instance('registry')/root/item[name = ${who}]/phone\",
text,zone,หมู่,,
select_one_from_file registry.csv,other,คนอื่น,,zone = ${zone} and phone != ''
";

#[test]
fn rows_on_their_way_take_no_answer_away() {
    let form = form(PEOPLE, "");
    let host = Slow::default();
    host.0.set(true);
    let mut filling = Filling::new(&form, &BTreeMap::new(), Box::new(host));
    filling.set("who", "a").unwrap();
    // A draft is taken up, and nothing of the registry is here yet.
    let late = Slow::default();
    let mut filling = Filling::resume(&form, &filling.draft(), Box::new(late.clone())).unwrap();
    assert!(filling.lacks_rows());
    assert_eq!(
        (filling.value("who").unwrap().as_str(), filling.value("phone").unwrap().as_str()),
        ("a", "0810000000")
    );
    late.0.set(true);
    filling.tables_changed();
    assert!(!filling.lacks_rows());
    assert_eq!(filling.value("who").unwrap(), "a");
    assert!(filling.troubles().is_empty(), "{:?}", filling.troubles());
}

#[test]
fn rows_that_come_later_leave_alone_what_does_not_wait_for_them() {
    let form = form(PEOPLE, "");
    let host = Slow::default();
    host.0.set(true);
    let mut filling = Filling::new(&form, &BTreeMap::new(), Box::new(host.clone()));
    filling.set("who", "a").unwrap();
    filling.set("phone", "0899999999").unwrap();
    // Another list is drawn on the next page, and has to be waited for.
    host.0.set(false);
    filling.set("zone", "2").unwrap();
    let _ = filling.item("other");
    host.0.set(true);
    filling.tables_changed();
    filling.set_language("en");
    assert_eq!(filling.value("phone").unwrap(), "0899999999", "typed over, and nobody changed the person");
    assert_eq!(filling.item("other").unwrap().options.len(), 1);
}

#[test]
fn one_of_several_conditions_asks_the_index() {
    let survey = "\
type,name,label,calculation
text,zone,หมู่,
calculate,many,,\"count(instance('registry')/root/item[phone != '' and zone = ${zone}])\"
calculate,first,,\"count(instance('registry')/root/item[zone = '2' and position() = 2])\"
";
    let form = form(survey, "");
    let asked = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    struct Noting(Slow, std::rc::Rc<std::cell::RefCell<Vec<Option<String>>>>);
    impl Host for Noting {
        fn now_ms(&self) -> i64 {
            NOW
        }
        fn lookup(&self, instance: &str, equals: Option<(&str, &str)>) -> Option<Vec<Row>> {
            self.1.borrow_mut().push(equals.map(|(column, value)| format!("{column}={value}")));
            self.0.lookup(instance, equals)
        }
    }
    let slow = Slow::default();
    slow.0.set(true);
    let mut filling = Filling::new(&form, &BTreeMap::new(), Box::new(Noting(slow, asked.clone())));
    filling.set("zone", "1").unwrap();
    assert_eq!(filling.value("many").unwrap(), "1");
    assert!(asked.borrow().contains(&Some("zone=1".to_owned())), "{asked:?}");
    // A place is a place among all rows.
    assert_eq!(filling.value("first").unwrap(), "1");
}
