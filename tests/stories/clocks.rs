//! Wrong clocks: saving never fails for one, nobody loses because of one, nobody wins for ever.

use domain::api;
use domain::question::Topic;
use tests::world::World;
use tests::world::phone::{DAY, HOUR, MINUTE, YEAR};

/// The years between the Buddhist and the common era.
const BUDDHIST: i64 = 543 * 365 * DAY + 132 * DAY;
/// So far back that the phone believes it is 1970.
const SINCE_1970: i64 = -1_795_000_000_000;

const WRONG: &[(&str, i64)] = &[
    ("an hour ahead", HOUR),
    ("an hour behind", -HOUR),
    ("a day ahead", DAY),
    ("ten years ahead", 10 * YEAR),
    ("ten years behind", -10 * YEAR),
    ("in the Buddhist year 2569", BUDDHIST),
    ("in 1970", SINCE_1970),
    ("six minutes ahead", 6 * MINUTE),
];

#[test]
fn c2_a_phone_with_a_wrong_clock_saves_syncs_and_does_not_win_over_what_came_after_it() {
    for (what, wrong) in WRONG {
        let world = World::new();
        let (nok, lek) = (world.phone("นก"), world.phone("เล็ก"));
        nok.syncs();
        lek.syncs();
        nok.clock_is_wrong_by(*wrong);
        nok.edits("meter 1", "name", "นาฬิกาผิด");
        nok.reads("meter 2", 10);
        nok.syncs();
        // Lek has seen it, and corrects it a minute after the server had it.
        world.passes(60_000);
        lek.syncs();
        assert_eq!(lek.sees("meter 1", "name"), "นาฬิกาผิด", "{what}");
        lek.edits("meter 1", "name", "นาฬิกาถูก");
        world.comes_to_rest(&[&lek, &nok]);
        for phone in [&nok, &lek] {
            assert_eq!(phone.sees("meter 1", "name"), "นาฬิกาถูก", "{what}");
        }
        world.assert_at_rest(&[&nok, &lek]);
    }
}

#[test]
fn c2_a_later_edit_wins_although_its_writer_never_synced_with_the_wrong_phone() {
    for (what, wrong) in WRONG {
        let world = World::new();
        let (nok, lek) = (world.phone("นก"), world.phone("เล็ก"));
        nok.syncs();
        lek.syncs();
        nok.clock_is_wrong_by(*wrong);
        nok.edits("meter 1", "name", "นาฬิกาผิด");
        nok.syncs();
        world.passes(60_000);
        lek.edits("meter 1", "name", "หลังจากนั้น");
        world.comes_to_rest(&[&lek, &nok]);
        assert_eq!(nok.sees("meter 1", "name"), "หลังจากนั้น", "{what}");
        world.assert_at_rest(&[&nok, &lek]);
    }
}

#[test]
fn c2_an_honest_later_edit_wins_when_a_slow_phone_syncs_first_or_last() {
    for slow_first in [true, false] {
        let world = World::new();
        let (nok, lek) = (world.phone("นก"), world.phone("เล็ก"));
        // Slow from the beginning: the server's echo corrects it.
        nok.clock_is_wrong_by(-2 * YEAR);
        nok.syncs();
        lek.syncs();
        world.passes(60_000);
        lek.edits("meter 1", "house", "ก่อน");
        world.passes(60_000);
        nok.edits("meter 1", "house", "หลัง");
        world.passes(60_000);
        let order = if slow_first { [&nok, &lek] } else { [&lek, &nok] };
        world.comes_to_rest(&order);
        assert_eq!(lek.sees("meter 1", "house"), "หลัง", "slow first: {slow_first}");
        world.assert_at_rest(&[&nok, &lek]);
    }
}

#[test]
fn a_phone_that_was_ahead_once_and_was_corrected_wins_over_no_later_edit() {
    for (what, wrong) in WRONG {
        let world = World::new();
        let (nok, lek) = (world.phone("นก"), world.phone("เล็ก"));
        nok.syncs();
        lek.syncs();
        nok.clock_is_wrong_by(*wrong);
        nok.edits("meter 5", "house", "ผิดครั้งเดียว");
        nok.clock_is_wrong_by(0);
        nok.syncs();
        // On Monday without signal, on Wednesday with it, and on Friday Monday's edit arrives.
        nok.edits("meter 1", "house", "จันทร์");
        world.passes(2 * DAY as u64);
        lek.edits("meter 1", "house", "พุธ");
        lek.syncs();
        world.passes(2 * DAY as u64);
        world.comes_to_rest(&[&nok, &lek]);
        for phone in [&nok, &lek] {
            assert_eq!(phone.sees("meter 1", "house"), "พุธ", "{what}");
        }
        world.assert_at_rest(&[&nok, &lek]);
    }
}

#[test]
fn a_clock_set_back_between_saves_and_during_a_sync_keeps_the_order_of_the_phone() {
    let world = World::new();
    let (nok, lek) = (world.phone("นก"), world.phone("เล็ก"));
    nok.syncs();
    lek.syncs();
    nok.clock_is_wrong_by(3 * HOUR);
    nok.edits("meter 1", "name", "หนึ่ง");
    nok.clock_is_wrong_by(-3 * HOUR);
    nok.edits("meter 1", "name", "สอง");
    nok.syncs_while(|at| nok.clock_is_wrong_by(if at == 0 { -9 * DAY } else { 0 })).unwrap();
    nok.edits("meter 1", "name", "สาม");
    world.comes_to_rest(&[&nok, &lek]);
    assert_eq!(lek.sees("meter 1", "name"), "สาม");
    world.assert_at_rest(&[&nok, &lek]);
}

#[test]
fn a_phone_in_the_future_does_not_teach_its_time_to_others() {
    let world = World::new();
    let (nok, lek) = (world.phone("นก"), world.phone("เล็ก"));
    nok.clock_is_wrong_by(10 * YEAR);
    nok.syncs();
    nok.edits("meter 1", "name", "อนาคต");
    nok.syncs();
    lek.syncs();
    let visit = lek.reads("meter 1", 5);
    world.comes_to_rest(&[&lek, &nok]);
    let line = world.dump().lines().find(|line| line.contains(&visit.to_string())).unwrap().to_owned();
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    let ms = line["cells"]["reading"]["stamp"][0].as_u64().unwrap();
    assert!(ms <= world.now(), "no fixed stamp lies in the future");
    world.assert_at_rest(&[&nok, &lek]);
}

#[test]
fn a_visit_of_a_wrong_clock_that_may_count_after_all_is_asked_about_beside_the_other_of_its_month() {
    let world = World::new();
    let (nok, lek) = (world.phone("นก"), world.phone("เล็ก"));
    nok.syncs();
    lek.syncs();
    nok.clock_is_wrong_by(3 * DAY);
    let early = nok.reads("meter 1", 10);
    nok.syncs();
    let other = lek.reads("meter 1", 20);
    lek.syncs();
    let asked = |topic| {
        let open = world.questions().into_iter().filter(|row| row.question.topic == topic);
        open.collect::<Vec<_>>()
    };
    assert_eq!(asked(Topic::TwoVisits), [], "one of them does not count");
    let time = asked(Topic::Approval).remove(0).id;
    let may_count = || world.ask(api::Settle { question: time, value: true.into() }).unwrap();
    may_count();
    let both = asked(Topic::TwoVisits);
    assert_eq!(both.len(), 1);
    let choices: Vec<_> = both[0].question.choices.iter().map(|choice| choice.value.clone()).collect();
    assert!([early, other].iter().all(|id| choices.contains(&id.to_string().into())), "{choices:?}");
    // Once it is settled, the first answer given again makes both count again: that cannot stay unasked either.
    world.ask(api::Settle { question: both[0].id, value: other.to_string().into() }).unwrap();
    assert_eq!(asked(Topic::TwoVisits), []);
    may_count();
    assert_eq!(asked(Topic::TwoVisits).len(), 1);
    world.comes_to_rest(&[&nok, &lek]);
    world.assert_at_rest(&[&nok, &lek]);
}
