//! The network at its worst: whatever happens to a request, asking again is enough.

use domain::problem::Code;
use tests::world::phone::Phone;
use tests::world::{Fate, World};

/// A day's work that waits, on two phones.
fn a_day(world: &World) -> (Phone, Phone) {
    let (nok, lek) = (world.phone("นก"), world.phone("เล็ก"));
    nok.syncs();
    lek.syncs();
    nok.reads("meter 1", 1);
    nok.edits("meter 2", "house", "นก");
    lek.reads("meter 3", 3);
    lek.edits("meter 2", "house", "เล็ก");
    lek.syncs();
    (nok, lek)
}

const FATES: &[Fate] = &[
    Fate::LostBefore,
    Fate::LostAfter,
    Fate::Doubled,
    Fate::Late,
    Fate::LateAgain,
    Fate::CutReply(0.5),
    Fate::CutRequest(0.5),
    Fate::Portal,
    Fate::PortalJson,
    Fate::BadGateway,
];

#[test]
fn any_mishap_at_any_request_costs_nothing_but_the_asking_again() {
    for fate in FATES {
        for request in 0..3 {
            let world = World::new();
            let (nok, lek) = a_day(&world);
            let mut plan = vec![Fate::Fine; request];
            plan.push(*fate);
            world.network_will(&plan);
            let _ = nok.tries_to_sync();
            world.comes_to_rest(&[&nok, &lek]);
            assert_eq!(lek.card("meter 1").visits.len(), 1, "{fate:?} at request {request}");
            assert_eq!(lek.sees("meter 2", "house"), "เล็ก", "{fate:?} at request {request}");
            assert_eq!(nok.meta("healed"), None, "{fate:?} at request {request}");
            world.assert_at_rest(&[&nok, &lek]);
        }
    }
}

#[test]
fn a_page_cut_off_at_any_byte_changes_nothing() {
    let world = World::new();
    let (nok, lek) = a_day(&world);
    nok.syncs();
    lek.edits("meter 4", "house", "ใหม่");
    lek.syncs();
    let before = nok.dump();
    let mut whole = false;
    for at in 0..4_000 {
        world.network_will(&[Fate::CutReplyAt(at)]);
        if nok.tries_to_sync().is_ok() {
            whole = true;
            break;
        }
        assert_eq!(nok.dump(), before, "cut at byte {at}");
    }
    assert!(whole, "the answer was never long enough");
    assert_eq!(nok.sees("meter 4", "house"), "ใหม่");
    world.comes_to_rest(&[&nok, &lek]);
    world.assert_at_rest(&[&nok, &lek]);
}

#[test]
fn a_push_cut_off_at_any_place_is_refused_or_taken_as_far_as_it_came() {
    for share in 0..40 {
        let world = World::new();
        let (nok, lek) = a_day(&world);
        world.network_will(&[Fate::CutRequest(f64::from(share) / 40.0)]);
        let _ = nok.tries_to_sync();
        world.comes_to_rest(&[&nok, &lek]);
        assert_eq!(nok.refused().len(), 0, "a line cut in two is nobody's fault ({share}/40)");
        world.assert_at_rest(&[&nok, &lek]);
    }
}

#[test]
fn a_sign_in_page_is_not_our_server_and_the_phone_says_so() {
    let world = World::new();
    let (nok, _lek) = a_day(&world);
    for (fate, code) in [
        (Fate::Portal, Code::NotOurServer),
        (Fate::PortalJson, Code::NotOurServer),
        // A gateway of the office's own says that nobody is behind it just now.
        (Fate::BadGateway, Code::Offline),
        (Fate::LostBefore, Code::Offline),
    ] {
        world.network_will(&[fate]);
        assert_eq!(nok.tries_to_sync().unwrap_err().code, code, "{fate:?}");
        assert_eq!(nok.counts().received, 0, "{fate:?}");
    }
}

#[test]
fn a_push_that_arrives_a_day_late_changes_nothing_that_came_after_it() {
    let world = World::new();
    let (nok, lek) = a_day(&world);
    nok.edits("meter 1", "name", "เก่า");
    world.network_will(&[Fate::LateAgain]);
    nok.syncs();
    world.passes(60_000);
    nok.edits("meter 1", "name", "ใหม่กว่า");
    nok.syncs();
    lek.syncs();
    lek.edits("meter 1", "name", "ใหม่สุด");
    lek.syncs();
    world.passes(86_400_000);
    let before = world.dump();
    world.late_requests_arrive();
    assert_eq!(world.dump(), before);
    world.comes_to_rest(&[&nok, &lek]);
    assert_eq!(nok.sees("meter 1", "name"), "ใหม่สุด");
    world.assert_at_rest(&[&nok, &lek]);
}

#[test]
fn six_hundred_commits_cross_a_bad_network_in_order_and_once() {
    let world = World::from_seed(5);
    let nok = world.phone("นก");
    nok.syncs();
    for no in 0..600 {
        nok.visits(tests::world::meter("meter 1"), "check", [("no".to_owned(), no.into())].into()).unwrap();
        world.passes(1_000);
    }
    world.network_is_bad(0.4);
    for _ in 0..60 {
        let _ = nok.tries_to_sync();
    }
    world.comes_to_rest(&[&nok]);
    world.assert_at_rest(&[&nok]);
    let visits = world.dump().lines().filter(|line| line.contains("\"kind\":\"visit\"")).count();
    assert_eq!(visits, 600, "nothing missing, nothing twice");
}
