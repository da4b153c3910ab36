//! What mends itself: a disk that changes a value, a server that was put back by hand, a network that carries little, a
//! phone that fills up.

use domain::api;
use domain::problem::Code;
use tests::world::phone::DAY;
use tests::world::{Fate, World, meter};

/// The file's words for a meter's house number, changed into a value that sorts behind or before the right one.
fn changed_house(name: &str, from: &str, to: &str) -> String {
    let id = meter(name).to_string().replace('-', "");
    format!(
        "UPDATE record SET cells = replace(cells, '\"{from}\"', '\"{to}\"'), \
         synced = replace(synced, '\"{from}\"', '\"{to}\"') \
         WHERE id = x'{id}' AND instr(cells, '\"{from}\"') > 0"
    )
}

#[test]
fn a_value_that_a_disk_changed_comes_again_from_the_office_and_unsent_words_stay() {
    for wrong in ["9/8", "0/8"] {
        let world = World::new();
        let nok = world.phone("นก");
        nok.syncs();
        nok.edits("meter 2", "phone", "0000000001");
        nok.disk_changes(&changed_house("meter 1", "1/8", wrong));
        nok.syncs();
        assert_eq!(nok.sees("meter 1", "house"), "1/8", "it was {wrong}, in a file of the right form");
        assert_eq!(nok.sees("meter 2", "phone"), "0000000001");
        assert_eq!(nok.status().healed, 1, "and it is counted");
        world.assert_at_rest(&[&nok]);
        nok.syncs();
        assert_eq!(nok.status().healed, 1, "once");
    }
}

#[test]
fn a_damaged_record_that_was_written_since_differs_in_the_digest_and_the_office_is_right() {
    // With either order of the texts: of one stamp the greater would win by the law.
    for wrong in ["9/8", "0/8"] {
        let world = World::new();
        let (nok, lek) = (world.phone("นก"), world.phone("เล็ก"));
        nok.syncs();
        lek.syncs();
        nok.disk_changes(&changed_house("meter 1", "1/8", wrong));
        // Its checksum is worked out anew with the save: only the office can tell.
        nok.edits("meter 1", "phone", "0000000001");
        world.comes_to_rest(&[&nok, &lek]);
        assert_eq!(nok.sees("meter 1", "house"), "1/8");
        assert_eq!(nok.status().healed, 1);
        world.assert_at_rest(&[&nok, &lek]);
    }
}

#[test]
fn a_commit_whose_number_a_disk_changed_does_not_go_out_for_ever() {
    let world = World::new();
    let nok = world.phone("นก");
    nok.syncs();
    nok.reads("meter 1", 1);
    nok.disk_changes("UPDATE outbox SET n = n + 7");
    // What the office answers fits nothing that waits.
    assert_eq!(nok.tries_to_sync().unwrap_err().code, Code::Gap);
    assert_eq!(nok.counts().received, 0, "it goes on saying that it waits");
}

#[test]
fn a_card_that_a_disk_changed_is_read_again_although_the_walk_has_passed_it() {
    let world = World::new();
    let nok = world.phone("นก");
    nok.syncs();
    nok.disk_changes(&changed_house("meter 2", "2/8", "3/8"));
    nok.disk_changes("INSERT OR REPLACE INTO meta (key, value) VALUES ('looked', '99999')");
    nok.card("meter 2");
    nok.syncs();
    assert_eq!(nok.sees("meter 2", "house"), "2/8");
    world.assert_at_rest(&[&nok]);
}

#[test]
fn a_server_put_back_by_hand_is_noticed_by_phones_that_save_nothing_any_more() {
    let world = World::new();
    let (nok, lek) = (world.phone("นก"), world.phone("เล็ก"));
    nok.syncs();
    lek.syncs();
    let backup = world.backs_up();
    nok.reads("meter 2", 2);
    nok.edits("meter 2", "house", "หลังสำรอง");
    nok.ask(api::KeepPhoto { base64: "aGVsbG8gc25hcHNob3Q=".to_owned(), mime: "image/jpeg".to_owned() })
        .unwrap();
    world.comes_to_rest(&[&nok, &lek]);
    let before = world.dump();
    world.is_copied_back(&backup);
    assert_ne!(world.dump(), before);
    let done = nok.syncs();
    assert_eq!((done.pushed, done.photos), (2, 1), "her round was over, and she has the only copy");
    world.comes_to_rest(&[&nok, &lek]);
    assert_eq!(world.dump(), before, "stamps and all");
    world.assert_at_rest(&[&nok, &lek]);
}

#[test]
fn a_page_that_does_not_come_is_asked_for_smaller_by_whoever_tries_next() {
    let world = World::new();
    let nok = world.phone("นก");
    for expected in ["250", "62", "50", "50"] {
        world.network_will(&[Fate::LostAfter]);
        nok.tries_to_sync().unwrap_err();
        assert_eq!(nok.meta("page").as_deref(), Some(expected));
    }
    nok.syncs();
    nok.syncs();
    nok.syncs();
    assert_eq!(nok.meta("page"), None, "a network that is quick again is used again");
    world.assert_at_rest(&[&nok]);
}

#[test]
fn a_piece_of_a_photo_that_does_not_come_through_is_cut_smaller() {
    let world = World::new();
    let nok = world.phone("นก");
    let photo: Vec<u8> = (0..700_000u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    nok.store().keep_photo(&photo, "image/jpeg", 1).unwrap();
    for expected in ["65536", "16384", "16384"] {
        // The pull, how much is there, and the piece.
        world.network_will(&[Fate::Fine, Fate::Fine, Fate::LostBefore]);
        nok.tries_to_sync().unwrap_err();
        assert_eq!(nok.meta("piece").as_deref(), Some(expected));
    }
    assert_eq!(nok.syncs().photos, 1);
    assert_eq!(nok.meta("piece"), None);
    world.assert_at_rest(&[&nok]);
}

#[test]
fn photos_that_the_office_has_had_for_long_make_room_and_leave_a_small_picture() {
    let world = World::new();
    let nok = world.phone("นก");
    let kept = nok
        .ask(api::KeepPhoto { base64: "aGVsbG8gc25hcHNob3Q=".to_owned(), mime: "image/jpeg".to_owned() })
        .unwrap();
    nok.syncs();
    let is_whole = || nok.store().photo(&kept.hash).unwrap().is_some();
    world.passes(80 * DAY as u64);
    nok.syncs();
    assert!(is_whole() && nok.store().thumbnail(&kept.hash).unwrap().is_none());
    world.passes(5 * DAY as u64);
    nok.syncs();
    assert!(is_whole(), "as long as a server may be put back by");
    assert_eq!(nok.store().thumbnail(&kept.hash).unwrap().as_deref(), Some(&b"small"[..]));
    world.passes(6 * DAY as u64);
    nok.syncs();
    assert!(!is_whole());
    let seen = nok.ask(api::Photo { hash: kept.hash.clone(), whole: false }).unwrap();
    assert!(seen.small && seen.base64.is_some(), "it shows without signal");
    assert_eq!(
        nok.ask(api::Photo { hash: kept.hash, whole: true }).unwrap().base64,
        None,
        "the office has the whole"
    );
    world.assert_at_rest(&[&nok]);
}

#[test]
fn a_photo_that_the_office_lost_is_sent_again_before_it_would_make_room() {
    let world = World::new();
    let nok = world.phone("นก");
    nok.syncs();
    let kept = nok
        .ask(api::KeepPhoto { base64: "aGVsbG8gc25hcHNob3Q=".to_owned(), mime: "image/jpeg".to_owned() })
        .unwrap();
    let backup = world.backs_up();
    nok.syncs();
    // Nothing else tells her: no commit of hers is missing there.
    world.is_copied_back(&backup);
    world.passes(85 * DAY as u64);
    nok.syncs();
    nok.syncs();
    assert!(world.with_server(|server, _| server.photo(&kept.hash).unwrap().is_some()));
    world.passes(6 * DAY as u64);
    nok.syncs();
    assert!(nok.store().photo(&kept.hash).unwrap().is_some());
    world.assert_at_rest(&[&nok]);
}

#[test]
fn a_copy_of_what_was_not_sent_can_be_had_until_it_was() {
    let world = World::new();
    let nok = world.phone("นก");
    nok.syncs();
    assert_eq!(nok.ask(api::UnsentCopy {}).unwrap(), api::UnsentCopyReply::default());
    nok.reads("meter 1", 1);
    let copy = nok.ask(api::UnsentCopy {}).unwrap();
    let names: Vec<&str> = copy.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, [format!("sanam-unsent-{}.jsonl", nok.device().0)]);
    assert!(!copy.files[0].base64.is_empty());
    nok.syncs();
    assert_eq!(nok.ask(api::UnsentCopy {}).unwrap(), api::UnsentCopyReply::default());
}
