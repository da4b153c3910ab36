//! Shelves: records move between zones, pages are cut, and no cursor ever skips anything.

use tests::world::{Fate, World, meter, new_meter};

#[test]
fn a_meter_that_moves_leaves_one_phone_and_comes_whole_to_the_other_with_its_visits() {
    let world = World::new();
    let (nok, lek) = (world.phone_on("นก", &["R01"]), world.phone_on("เล็ก", &["R02"]));
    let both = world.phone_on("สองสาย", &["R01", "R02"]);
    for phone in [&nok, &lek, &both] {
        phone.syncs();
    }
    nok.reads("meter 1", 42);
    nok.syncs();
    both.syncs();
    world.office_moves("meter 1", "R02");
    world.comes_to_rest(&[&nok, &lek, &both]);
    assert!(nok.card_of(meter("meter 1")).is_err());
    let card = lek.card("meter 1");
    assert_eq!(card.visits.len(), 1);
    assert_eq!(card.row.zone, "R02");
    assert_eq!(both.card("meter 1").row.zone, "R02");
    world.assert_at_rest(&[&nok, &lek, &both]);
    world.office_moves("meter 1", "R01");
    world.comes_to_rest(&[&nok, &lek, &both]);
    assert_eq!(nok.card("meter 1").visits.len(), 1);
    world.assert_at_rest(&[&nok, &lek, &both]);
}

#[test]
fn a_visit_to_a_meter_that_was_moved_away_meanwhile_counts_and_a_correction_is_kept_by_the_office() {
    let world = World::new();
    let nok = world.phone_on("นก", &["R01"]);
    nok.syncs();
    nok.reads("meter 1", 42);
    nok.edits("meter 1", "house", "เก่า");
    world.office_moves("meter 1", "R02");
    nok.syncs();
    world.comes_to_rest(&[&nok]);
    assert_eq!(world.card("meter 1").visits.len(), 1, "honest work is not refused");
    assert_eq!((nok.refused().len(), world.refused().len()), (1, 1));
    assert!(world.refused()[0].content.contains("เก่า"));
    assert!(nok.card_of(meter("meter 1")).is_err());
    world.assert_at_rest(&[&nok]);
}

#[test]
fn work_on_a_meter_that_leaves_during_the_same_sync_leaves_nothing_behind() {
    let world = World::new();
    let nok = world.phone_on("นก", &["R01"]);
    nok.syncs();
    world.office_moves("meter 1", "R02");
    nok.syncs_while(|at| {
        if at == 0 {
            nok.edits("meter 1", "house", "ระหว่างซิงก์");
        }
    })
    .unwrap();
    world.comes_to_rest(&[&nok]);
    assert_eq!(nok.refused().len(), 1);
    world.assert_at_rest(&[&nok]);
}

#[test]
fn what_leaves_a_phone_while_words_over_it_wait_keeps_only_these_words() {
    let world = World::new();
    let nok = world.phone_on("นก", &["R01"]);
    nok.syncs();
    world.office_moves("meter 1", "R02");
    // The meter leaves with this page; her words wait, and the signal is gone again.
    world.network_will(&[Fate::Fine, Fate::LostBefore]);
    nok.syncs_while(|at| {
        if at == 0 {
            nok.edits("meter 1", "house", "ระหว่างซิงก์");
        }
    })
    .unwrap_err();
    let line =
        nok.dump().lines().find(|line| line.contains(&meter("meter 1").to_string())).unwrap().to_owned();
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    let cells: Vec<&String> = line["cells"].as_object().unwrap().keys().collect();
    assert_eq!(cells, ["house"]);
    let found = nok.ask(domain::api::Search {
        text: "meter 1".to_owned(),
        programme: None,
        today: "2026-11-18".to_owned(),
        limit: 20,
    });
    assert!(!found.unwrap().iter().any(|row| row.id == meter("meter 1")), "nor is it found by what it said");
    world.comes_to_rest(&[&nok]);
    assert_eq!(nok.refused().len(), 1);
    world.assert_at_rest(&[&nok]);
}

#[test]
fn a_phone_that_holds_both_zones_keeps_its_own_visit_in_step_when_the_meter_moved_first() {
    let world = World::new();
    let nok = world.phone_on("นก", &["R01", "R02"]);
    nok.syncs();
    world.office_moves("meter 1", "R02");
    nok.reads("meter 1", 7);
    world.comes_to_rest(&[&nok]);
    world.assert_at_rest(&[&nok]);
}

#[test]
fn what_left_a_shelf_before_is_told_to_those_who_may_hold_it_and_once() {
    let world = World::new();
    let nok = world.phone("นก");
    nok.syncs();
    nok.reads("meter 1", 42);
    nok.syncs();
    for _ in 0..4 {
        world.office_moves("meter 1", "R02");
        world.office_moves("meter 1", "R01");
    }
    world.office_moves("meter 1", "R02");
    nok.syncs();
    assert!(nok.card_of(meter("meter 1")).is_err());
    assert_eq!(world.told_gone(), 2, "the meter and its visit, not once for each time");
    let lek = world.phone("เล็ก");
    lek.syncs();
    assert_eq!(world.told_gone(), 2, "who comes new has nothing that could leave");
    world.assert_at_rest(&[&nok, &lek]);
}

/// A zone larger than a page, where some records were edited after later ones were made.
fn a_big_zone(world: &World) -> u32 {
    let many = 4_300;
    let meters = (0..many)
        .map(|no| new_meter(&format!("R03 big {no}"), "R03", no, (13.1, 100.5 + f64::from(no) * 0.00001)))
        .collect();
    world.office_imports(meters);
    // Some were on it once: that they left is later than all that is on it.
    for no in 1..=5 {
        world.office_moves(&format!("R02 meter {no}"), "R03");
        world.office_moves(&format!("R02 meter {no}"), "R02");
    }
    for no in (0..many).step_by(97) {
        world.office_edits(&format!("R03 big {no}"), "owner", format!("เจ้าของ {no}"));
    }
    many
}

#[test]
fn c4_a_first_load_in_pages_brings_records_whole_that_were_edited_after_later_ones() {
    let world = World::new();
    let many = a_big_zone(&world);
    let nok = world.phone_on("นก", &["R03"]);
    let done = nok.syncs();
    assert!(done.pulled >= u64::from(many));
    assert_eq!(world.told_gone(), 0);
    assert_eq!(nok.sees("R03 big 97", "house"), "97/8");
    assert_eq!(nok.sees("R03 big 97", "owner"), "เจ้าของ 97");
    world.assert_at_rest(&[&nok]);
    assert_eq!(nok.meta("healed"), None, "nothing had to be read twice");
}

#[test]
fn c4_a_first_load_interrupted_between_pages_goes_on_and_brings_everything() {
    let world = World::new();
    a_big_zone(&world);
    let nok = world.phone_on("นก", &["R03"]);
    for round in 0..2u32 {
        // One page, then the tunnel; meanwhile the office edits what was sent and what was not.
        world.network_will(&[Fate::Fine, Fate::LostAfter]);
        nok.tries_to_sync().unwrap_err();
        world.office_edits("R03 big 3", "owner", format!("รอบ {round}"));
        world.office_edits("R03 big 4299", "owner", format!("รอบ {round}"));
        world.office_moves(&format!("R03 big {}", 10 + round), "R01");
    }
    world.comes_to_rest(&[&nok]);
    world.assert_at_rest(&[&nok]);
    assert_eq!(nok.meta("healed"), None, "nothing had to be read twice");
}

#[test]
fn c4_own_work_of_an_earlier_database_comes_back_through_pages() {
    let world = World::new();
    a_big_zone(&world);
    let nok = world.phone_on("นก", &["R03"]);
    nok.syncs();
    nok.reads("R03 big 5", 1);
    nok.edits("R03 big 4000", "house", "แก้เอง");
    nok.syncs();
    // A server in a new life makes the phone read everything again, its own work too.
    let backup = world.backs_up();
    world.is_restored_from(&backup);
    world.comes_to_rest(&[&nok]);
    assert_eq!(nok.sees("R03 big 4000", "house"), "แก้เอง");
    world.assert_at_rest(&[&nok]);
}

#[test]
fn c4_eight_writers_leave_no_hole_in_a_readers_cursor() {
    let world = World::new();
    let writers: Vec<_> = (0..8).map(|at| world.phone_on(&format!("คนที่ {at}"), &["R01", "R02"])).collect();
    let reader = world.phone_on("ผู้อ่าน", &["R01", "R02"]);
    for phone in &writers {
        phone.syncs();
    }
    for round in 0..6 {
        for (at, phone) in writers.iter().enumerate() {
            phone.reads(&format!("R0{} meter {}", 1 + at % 2, 1 + (at + round) % 5), round as i64);
        }
        for (at, phone) in writers.iter().enumerate() {
            // The reader pulls in the middle of everybody's pushing.
            phone
                .syncs_while(|step| {
                    if step == at % 2 {
                        reader.syncs();
                    }
                })
                .unwrap();
        }
    }
    let everyone: Vec<_> = writers.iter().chain([&reader]).collect();
    world.comes_to_rest(&everyone);
    world.assert_at_rest(&everyone);
    assert_eq!(reader.meta("healed"), None, "no page ever left anything out");
}

#[test]
fn c9_checksums_are_equal_at_rest_and_a_sync_with_nothing_new_brings_nothing() {
    let world = World::new();
    let (nok, lek) = (world.phone("นก"), world.phone("เล็ก"));
    nok.syncs();
    lek.syncs();
    nok.reads("meter 1", 1);
    lek.edits("meter 1", "house", "9/9");
    world.comes_to_rest(&[&nok, &lek]);
    for phone in [&nok, &lek] {
        let done = phone.syncs();
        assert_eq!((done.pushed, done.pulled), (0, 0));
        assert_eq!(phone.meta("healed"), None);
    }
    world.assert_at_rest(&[&nok, &lek]);
}
