//! Rights: what is refused stays visible and blocks nothing, and what changes at the office reaches the phone.

use domain::problem::Code;
use store::{Now, Step, SyncSession};
use tests::world::programme::{wells, wells_without};
use tests::world::{Fate, Phone, World, meter};

#[test]
fn c7_a_bad_commit_in_the_middle_never_stops_the_queue() {
    let world = World::new();
    let (nok, lek) = (world.phone("นก"), world.phone("เล็ก"));
    nok.syncs();
    nok.reads("meter 1", 1);
    nok.edits("meter 2", "phone", "0810000000");
    nok.edits("meter 2", "house", "ยังได้");
    nok.reads("meter 3", 3);
    // While she is away, the office takes the telephone number away from workers.
    world.office_defines(&wells_without(2, "phone"));
    let done = nok.syncs();
    assert_eq!((done.status.counts.saved, done.status.counts.received, done.status.refused), (4, 4, 1));
    let refused = nok.refused();
    assert_eq!(refused[0].problem.code, Code::NotYourField);
    assert_eq!(refused[0].n, 2);
    assert!(refused[0].content.contains("0810000000"), "its writer can read what she wrote");
    assert!(world.refused()[0].content.contains("0810000000"), "so can the office");
    world.comes_to_rest(&[&nok, &lek]);
    assert_eq!(lek.sees("meter 2", "house"), "ยังได้");
    assert_eq!(lek.sees("meter 2", "phone"), "");
    assert_eq!(nok.sees("meter 2", "phone"), "", "what was refused does not go on showing as if it held");
    world.assert_at_rest(&[&nok, &lek]);
}

#[test]
fn a_late_copy_of_what_was_refused_is_refused_still_and_a_restored_server_judges_it_anew() {
    let world = World::new();
    let nok = world.phone("นก");
    nok.syncs();
    nok.edits("meter 2", "phone", "0810000000");
    world.office_defines(&wells_without(2, "phone"));
    // The request arrives, is answered, and is carried to the server once more when her right is back.
    world.network_will(&[Fate::LateAgain]);
    nok.syncs();
    assert_eq!(nok.refused().len(), 1);
    let backup = world.backs_up();
    world.office_defines(&wells(3));
    world.late_requests_arrive();
    world.comes_to_rest(&[&nok]);
    assert_eq!(nok.refused().len(), 1, "she was told so, and nobody would have told her otherwise");
    assert_eq!(world.refused().len(), 1);
    world.assert_at_rest(&[&nok]);
    world.is_restored_from(&backup);
    world.office_defines(&wells(4));
    world.comes_to_rest(&[&nok]);
    assert_eq!(
        (nok.refused().len(), world.refused().len()),
        (0, 0),
        "offered anew, it is judged by what holds now"
    );
    assert_eq!(nok.sees("meter 2", "phone"), "0810000000");
    world.assert_at_rest(&[&nok]);
}

#[test]
fn a_phone_whose_right_was_ended_keeps_what_it_has_not_sent() {
    let world = World::new();
    let nok = world.phone("นก");
    nok.syncs();
    nok.reads("meter 1", 1);
    world.revokes(&nok);
    let problem = nok.tries_to_sync().unwrap_err();
    assert_eq!(problem.code, Code::TokenRevoked);
    let status = nok.status();
    assert!(status.enrolled.unwrap().revoked);
    assert_eq!((status.counts.saved, status.counts.received), (1, 0));
    nok.reads("meter 2", 2);
    let closed = nok.card_of(meter("meter 1")).unwrap_err();
    assert_eq!(closed.code, Code::TokenRevoked, "what it holds is shown to nobody");
    assert!(!world.dump().contains("visit"), "nothing of it reached the server");
    // Enrolled again at the office, it sends everything.
    nok.enrols(domain::access::Role::Worker, &["R01"]);
    world.comes_to_rest(&[&nok]);
    assert_eq!(world.card("meter 1").visits.len(), 1);
    assert_eq!(world.card("meter 2").visits.len(), 1);
    world.assert_at_rest(&[&nok]);
}

#[test]
fn a_zone_taken_away_leaves_the_phone_and_unsent_work_in_it_is_not_lost() {
    let world = World::new();
    let nok = world.phone_on("นก", &["R01", "R02"]);
    nok.syncs();
    nok.reads("R02 meter 1", 21);
    nok.reads("meter 1", 11);
    world.grants(&nok, &["R01"]);
    nok.syncs();
    world.comes_to_rest(&[&nok]);
    assert!(nok.refused().is_empty(), "she wrote it before she was told: honest work counts");
    assert_eq!(world.card("R02 meter 1").visits.len(), 1);
    assert!(nok.card_of(meter("R02 meter 2")).is_err(), "the zone has left the phone");
    assert_eq!(world.card("meter 1").visits.len(), 1);
    world.assert_at_rest(&[&nok]);
}

#[test]
fn a_zone_given_comes_whole_and_one_taken_and_given_again_comes_whole_again() {
    let world = World::new();
    let nok = world.phone_on("นก", &["R01"]);
    nok.syncs();
    for zones in [&["R01", "R02"][..], &["R01"], &["R02"], &["R01", "R02", "R03"]] {
        world.grants(&nok, zones);
        world.office_edits("R02 meter 2", "owner", format!("{zones:?}"));
        world.comes_to_rest(&[&nok]);
        world.assert_at_rest(&[&nok]);
        assert_eq!(nok.dump().matches("\"kind\":\"subject\"").count(), zones.len() * 5);
    }
}

#[test]
fn saving_while_a_zone_is_taken_away_in_the_same_sync_leaves_nothing_behind() {
    let world = World::new();
    let nok = world.phone_on("นก", &["R01", "R02"]);
    nok.syncs();
    world.grants(&nok, &["R01"]);
    // She saves after the phone asked for the pull and before its answer.
    nok.syncs_while(|at| {
        if at == 0 {
            nok.edits("R02 meter 1", "phone", "0810000000");
        }
    })
    .unwrap();
    world.comes_to_rest(&[&nok]);
    assert!(nok.refused().is_empty(), "nor could she know while the answer was on its way");
    world.assert_at_rest(&[&nok]);
}

#[test]
fn the_rest_of_a_round_is_handed_over_and_nothing_of_either_is_lost() {
    let world = World::new();
    let (nok, lek) = (world.phone_on("นก", &["R01"]), world.phone_on("เล็ก", &["R02"]));
    nok.syncs();
    lek.syncs();
    nok.reads("meter 1", 11);
    nok.syncs();
    nok.reads("meter 2", 12); // not sent when she falls ill
    lek.reads("R02 meter 1", 21);
    world.hands_over(&nok, &lek, &["R01"]);
    lek.syncs();
    assert_eq!(lek.card("meter 1").visits.len(), 1, "what was done is seen to be done");
    assert_eq!(lek.card("meter 2").visits.len(), 0, "what the office has not heard of is still to do");
    lek.reads("meter 3", 13);
    world.comes_to_rest(&[&lek]);
    // Days later her phone is switched on.
    nok.syncs();
    world.comes_to_rest(&[&nok, &lek]);
    assert!(nok.refused().is_empty() && world.refused().is_empty());
    assert_eq!(world.card("meter 2").visits.len(), 1);
    assert_eq!(lek.card("meter 2").visits.len(), 1, "it comes to whoever has the round now");
    assert!(nok.card_of(meter("meter 3")).is_err(), "and her phone holds the round no more");
    assert_eq!(numbers_of(&nok), (2, 2));
    world.assert_at_rest(&[&nok, &lek]);
    // And back.
    world.hands_over(&lek, &nok, &["R01"]);
    world.comes_to_rest(&[&nok, &lek]);
    assert_eq!(nok.card("meter 3").visits.len(), 1);
    assert!(lek.card_of(meter("meter 1")).is_err());
    assert_eq!(lek.card("R02 meter 1").visits.len(), 1, "her own round is untouched");
    world.assert_at_rest(&[&nok, &lek]);
}

fn numbers_of(phone: &Phone) -> (u64, u64) {
    let counts = phone.counts();
    (counts.saved, counts.received)
}

/// The zones a phone may write on, as the server sees it.
fn writable(world: &World, phone: &Phone) -> Vec<String> {
    let Step::Call(call) = SyncSession::new(false).next(&mut phone.store(), None, Now::thai(1)) else {
        panic!("an enrolled phone has something to ask");
    };
    let device = world.with_server(|server, now| server.authenticate(&call.bearer, now).unwrap());
    device.writes.shelves.into_iter().map(|shelf| shelf.zone).collect()
}

#[test]
fn a_phone_may_write_on_a_zone_that_was_taken_until_it_knows() {
    let world = World::new();
    let nok = world.phone_on("นก", &["R01", "R02"]);
    nok.syncs();
    world.grants(&nok, &["R01"]);
    assert_eq!(writable(&world, &nok), ["R01", "R02"]);
    world.network_will(&[Fate::LostAfter]);
    nok.tries_to_sync().unwrap_err();
    assert_eq!(writable(&world, &nok), ["R01", "R02"], "the answer that told her was lost on the way");
    nok.syncs();
    nok.syncs();
    assert_eq!(writable(&world, &nok), ["R01"]);
    world.grants(&nok, &["R02"]);
    world.grants(&nok, &["R01"]);
    assert_eq!(writable(&world, &nok), ["R01", "R02"], "given and taken again before she heard of either");
    world.comes_to_rest(&[&nok]);
    nok.syncs();
    assert_eq!(writable(&world, &nok), ["R01"]);
}

#[test]
fn a_worker_cannot_write_what_is_not_hers_even_with_a_phone_that_lets_her() {
    let world = World::new();
    let (nok, lek) = (world.phone("นก"), world.phone_on("เล็ก", &["R02"]));
    nok.syncs();
    lek.syncs();
    let edit = nok.tries_to_edit(meter("meter 1"), "owner", "ของฉัน".into());
    assert_eq!(edit.unwrap_err().code, Code::NotYourField);
    let edit = nok.tries_to_edit(meter("R02 meter 1"), "house", "1".into());
    assert_eq!(edit.unwrap_err().code, Code::NotFound);
    assert_eq!(nok.counts().saved, 0, "refused before anything is written");
}
