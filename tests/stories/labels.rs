//! Labels: stuck, bound, replaced, forged, and printed by the office.

use domain::api::{self, Find, Found, LabelChoice};
use domain::code::{self, LabelKey};
use domain::problem::Code;
use domain::question::Topic;
use tests::world::office::administrator;
use tests::world::phone::Phone;
use tests::world::{World, meter};

fn binds(phone: &Phone, name: &str, text: &str, replaces: &[&str]) -> Result<(), Code> {
    let request = api::BindCode {
        subject: meter(name),
        text: text.to_owned(),
        although_taken: false,
        is_makers: false,
        replaces: replaces.iter().map(|code| (*code).to_owned()).collect(),
        place: None,
    };
    phone.ask(request).map(drop).map_err(|problem| problem.code)
}

fn finds(phone: &Phone, text: &str) -> Result<Found, Code> {
    phone.ask(Find { text: text.to_owned() }).map_err(|problem| problem.code)
}

#[test]
fn a_replaced_label_still_finds_its_meter_and_says_when_and_by_whom_it_was_replaced() {
    let world = World::new();
    let (nok, lek) = (world.phone("นก"), world.phone("เล็ก"));
    nok.syncs();
    lek.syncs();
    let (old, new) = (code::make(11), code::make(12));
    binds(&nok, "meter 1", &old, &[]).unwrap();
    world.passes(86_400_000);
    binds(&nok, "meter 1", &new, &[&old]).unwrap();
    // Before the office has heard of it, on the same phone.
    let Ok(Found::Replaced { row, code, now, by, may_bind, .. }) = finds(&nok, &old) else { panic!() };
    assert_eq!(
        (row.id, code, now, by.as_str()),
        (meter("meter 1"), old.clone(), vec![new.clone(), "R01-METER-1".to_owned()], "นก")
    );
    assert!(may_bind);
    world.comes_to_rest(&[&nok, &lek]);
    let replaced = |found: Result<Found, Code>| match found {
        Ok(Found::Replaced { row, by, at_ms, .. }) => (row.id, by, at_ms),
        other => panic!("{other:?}"),
    };
    let (id, by, at_ms) = replaced(world.ask(Find { text: old.clone() }).map_err(|p| p.code));
    assert_eq!((id, by.as_str()), (meter("meter 1"), "นก"));
    assert!(world.now().abs_diff(at_ms) < 3_600_000, "{at_ms}");
    assert_eq!(replaced(finds(&lek, &old)).0, meter("meter 1"));
    assert_eq!(finds(&lek, &new), Ok(Found::Subject(meter("meter 1"))));
    // Which code, when and by whom stays in the history; no question is asked about an exchange.
    let rows = world.history(meter("meter 1"));
    let of_old: Vec<_> = rows.iter().filter(|row| row.field == format!("codes.{old}")).collect();
    assert_eq!(of_old.iter().map(|row| row.value.as_bool()).collect::<Vec<_>>(), [Some(false), Some(true)]);
    assert!(of_old.iter().all(|row| row.by == "นก"), "{of_old:?}");
    assert!(world.questions().is_empty());
    // Somebody sticks the old one elsewhere: there it counts.
    binds(&lek, "meter 2", &old, &[]).unwrap();
    assert_eq!(finds(&lek, &old), Ok(Found::Subject(meter("meter 2"))));
    world.comes_to_rest(&[&nok, &lek]);
    world.assert_at_rest(&[&nok, &lek]);
}

#[test]
fn a_code_that_is_taken_is_said_at_once_and_asked_about_once() {
    let world = World::new();
    let (nok, lek) = (world.phone("นก"), world.phone("เล็ก"));
    nok.syncs();
    lek.syncs();
    let code = code::make(21);
    binds(&nok, "meter 1", &code, &[]).unwrap();
    assert_eq!(binds(&nok, "meter 2", &code, &[]), Err(Code::CodeTaken));
    // Scanning its own label once more is no trouble.
    binds(&nok, "meter 1", &code, &[]).unwrap();
    // Lek has not heard of it.
    binds(&lek, "meter 2", &code, &[]).unwrap();
    world.comes_to_rest(&[&nok, &lek]);
    world.comes_to_rest(&[&nok, &lek]);
    let questions = world.questions();
    assert_eq!(questions.iter().map(|row| row.question.topic).collect::<Vec<_>>(), [Topic::CodeTwice]);
    let row = lek.ask(api::Settle { question: questions[0].id, value: meter("meter 1").to_string().into() });
    row.unwrap();
    world.comes_to_rest(&[&nok, &lek]);
    assert_eq!(finds(&nok, &code), Ok(Found::Subject(meter("meter 1"))));
}

#[test]
fn a_code_that_is_typed_with_a_slip_is_asked_about_before_it_is_bound() {
    let world = World::new();
    let nok = world.phone("นก");
    nok.syncs();
    let code = code::make(25);
    let last = if code.ends_with('7') { "8" } else { "7" };
    let slip = format!("{}{last}", &code[..9]);
    for typed in [slip.clone(), slip.to_lowercase(), format!("{} {}", &slip[..5], &slip[5..])] {
        assert_eq!(binds(&nok, "meter 1", &typed, &[]), Err(Code::CodeMistyped), "{typed}");
        assert!(
            matches!(finds(&nok, &typed), Ok(Found::Unknown { mistyped: true, .. })),
            "nothing was bound"
        );
    }
    binds(&nok, "meter 1", &code, &[]).unwrap();
    // A maker may number so; whoever stands there says it, and is not asked about her own meter again.
    let makers = api::BindCode {
        subject: meter("meter 2"),
        text: slip.clone(),
        although_taken: false,
        is_makers: true,
        replaces: Vec::new(),
        place: None,
    };
    nok.ask(makers).unwrap();
    binds(&nok, "meter 2", &slip, &[]).unwrap();
    assert_eq!(finds(&nok, &slip), Ok(Found::Subject(meter("meter 2"))));
}

#[test]
fn only_the_office_judges_an_authenticator_and_only_our_links_are_bound() {
    let world = World::new();
    let nok = world.phone("นก");
    nok.syncs();
    let server = "https://office.test";
    world.with_server(|store, _| store.set_address(server).unwrap());
    let code = code::make(31);
    let (ours, forged) = world.with_server(|store, _| {
        let key = store.label_key().unwrap();
        let again = store.label_key().unwrap();
        assert_eq!(key.authenticator(&code), again.authenticator(&code), "the key is made once");
        (code::label_link(server, &key, &code), code::label_link(server, &LabelKey::new([1; 32]), &code))
    });
    let office = |text: &str| world.ask(Find { text: text.to_owned() }).map_err(|problem| problem.code);
    assert!(matches!(office(&ours), Ok(Found::Unknown { ours: true, .. })), "{:?}", office(&ours));
    assert_eq!(office(&forged), Err(Code::CodeForged));
    assert!(matches!(office(&code::link(server, &code)), Ok(Found::Unknown { ours: true, .. })));
    // A phone has no key. It opens what the registry knows, and says nothing about the rest.
    let elsewhere = code::link("https://other.test", &code);
    assert_eq!(binds(&nok, "meter 1", &elsewhere, &[]), Err(Code::CodeElsewhere));
    assert_eq!(binds(&nok, "meter 1", "javascript:alert(1)", &[]), Err(Code::CodeHostile));
    binds(&nok, "meter 1", &code, &[]).unwrap();
    assert_eq!(finds(&nok, &forged), Ok(Found::Subject(meter("meter 1"))));
}

#[test]
fn printing_gives_each_meter_one_code_and_the_same_again() {
    let world = World::new();
    let nok = world.phone("นก");
    nok.syncs();
    let own = code::make(41);
    binds(&nok, "meter 1", &own, &[]).unwrap();
    binds(&nok, "meter 2", "SN-77", &[]).unwrap();
    world.comes_to_rest(&[&nok]);
    let now = store::Now::thai(world.now());
    let grant = administrator();
    let whole = |without_code| LabelChoice::Zone {
        programme: tests::world::WELLS.to_owned(),
        zone: None,
        without_code,
    };
    let chosen = |without_code| {
        world.with_server(|store, _| store.choose_labels(&grant, now, &whole(without_code)).unwrap())
    };
    let codes = |given: bool| {
        let subjects: Vec<_> = chosen(false).iter().map(|one| one.subject).collect();
        world.with_server(|store, _| {
            if given {
                store.give_codes(&grant, now, &subjects).unwrap();
            }
            let all = store.labelled(&grant, now, &subjects).unwrap();
            all.into_iter().map(|one| (one.subject, one.code)).collect::<Vec<_>>()
        })
    };
    let before = codes(false);
    assert!(before.len() > 2 && before.iter().filter(|(_, code)| code.is_some()).count() == 1);
    // What is counted without reading a record is what stands in the records.
    let counted: Vec<_> = chosen(false).iter().map(|one| (one.subject, one.has_code)).collect();
    assert_eq!(counted, before.iter().map(|(id, code)| (*id, code.is_some())).collect::<Vec<_>>());
    let without: Vec<_> = chosen(true).iter().map(|one| one.subject).collect();
    assert_eq!(without.len(), before.len() - 1);
    assert!(!without.contains(&meter("meter 1")) && without.contains(&meter("meter 2")));
    let printed = codes(true);
    assert!(printed.iter().all(|(_, code)| code.is_some()));
    assert!(printed.contains(&(meter("meter 1"), Some(own))));
    assert_eq!(codes(true), printed, "a second print gives no second code");
    // Chosen before somebody else had given them codes.
    world.with_server(|store, _| store.give_codes(&grant, now, &without).unwrap());
    assert_eq!(codes(false), printed);
    assert_eq!(chosen(true), []);
    let many = LabelChoice::Subjects(vec![meter("meter 1"); api::LABELS_MAX + 1]);
    let refused = world.with_server(|store, _| store.choose_labels(&grant, now, &many).map(drop));
    assert_eq!(domain::problem::Problem::from(refused.unwrap_err()).code, Code::TooManyLabels);
    world.comes_to_rest(&[&nok]);
    let of_two = printed.iter().find(|(id, _)| *id == meter("meter 2")).unwrap().1.clone().unwrap();
    assert_eq!(finds(&nok, &of_two), Ok(Found::Subject(meter("meter 2"))));
    assert_eq!(finds(&nok, "SN-77"), Ok(Found::Subject(meter("meter 2"))));
    let mut worker = grant.clone();
    worker.role = domain::access::Role::Worker;
    let refused = world.with_server(|store, _| store.choose_labels(&worker, now, &whole(false)).map(drop));
    assert_eq!(domain::problem::Problem::from(refused.unwrap_err()).code, Code::Forbidden);
}
