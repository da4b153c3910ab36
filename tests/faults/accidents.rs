//! Accidents of machines: servers restored, phones copied, files damaged or too new.

use domain::api;
use domain::question::Topic;
use std::path::Path;
use store::{Error, Kind, Store};
use tests::world::phone::{HOUR, Phone};
use tests::world::programme::wells_without;
use tests::world::{Dice, Fate, World};

fn nok_and_lek(world: &World) -> (Phone, Phone) {
    let (nok, lek) = (world.phone("นก"), world.phone("เล็ก"));
    nok.syncs();
    lek.syncs();
    (nok, lek)
}

#[test]
fn a_server_restored_from_a_backup_gets_everything_again_from_the_phones() {
    let world = World::new();
    let (nok, lek) = nok_and_lek(&world);
    nok.reads("meter 1", 1);
    world.comes_to_rest(&[&nok, &lek]);
    let backup = world.backs_up();
    for no in 2..6 {
        nok.reads(&format!("meter {no}"), no);
        lek.edits(&format!("meter {no}"), "house", format!("หลังสำรอง {no}"));
    }
    world.comes_to_rest(&[&nok, &lek]);
    let before = world.dump();
    world.passes(60_000);
    world.is_restored_from(&backup);
    assert_ne!(world.dump(), before, "the backup is older");
    world.comes_to_rest(&[&nok, &lek]);
    assert_eq!(world.dump(), before, "stamps and all");
    world.assert_at_rest(&[&nok, &lek]);
}

#[test]
fn a_server_file_copied_back_by_hand_gets_everything_again_as_well() {
    let world = World::new();
    let (nok, lek) = nok_and_lek(&world);
    nok.reads("meter 1", 1);
    world.comes_to_rest(&[&nok, &lek]);
    let backup = world.backs_up();
    nok.reads("meter 2", 2);
    nok.edits("meter 2", "house", "หลังสำรอง");
    lek.edits("meter 3", "house", "หลังสำรอง");
    world.comes_to_rest(&[&nok, &lek]);
    let before = world.dump();
    world.is_copied_back(&backup);
    // Nobody told the phones; the next thing each sends does.
    nok.reads("meter 4", 4);
    lek.reads("meter 5", 5);
    world.comes_to_rest(&[&nok, &lek]);
    assert!(before.lines().all(|line| world.dump().contains(line)));
    world.assert_at_rest(&[&nok, &lek]);
}

#[test]
fn a_restore_in_the_middle_of_everything_with_wrong_clocks_loses_nothing() {
    let world = World::from_seed(3);
    let (nok, lek) = nok_and_lek(&world);
    nok.clock_is_wrong_by(-5 * HOUR);
    nok.edits("meter 1", "house", "ช้า");
    nok.reads("meter 1", 1);
    let backup = world.backs_up();
    nok.syncs();
    lek.clock_is_wrong_by(7 * HOUR);
    lek.edits("meter 2", "house", "เร็ว");
    lek.syncs();
    nok.edits("meter 3", "house", "ยังไม่ส่ง");
    world.passes(60_000);
    world.is_restored_from(&backup);
    world.comes_to_rest(&[&lek, &nok]);
    world.assert_at_rest(&[&nok, &lek]);
    assert_eq!(lek.card("meter 1").visits.len(), 1);
}

#[test]
fn a_restored_server_gives_nobody_a_number_that_was_given_after_the_backup() {
    let world = World::new();
    let (nok, lek) = nok_and_lek(&world);
    let backup = world.backs_up();
    let tu = world.phone("ตู่");
    tu.syncs();
    tu.reads("meter 1", 1);
    tu.syncs();
    let before = tu.device();
    world.is_restored_from(&backup);
    // Somebody else is enrolled first: what was printed under the number stays its own.
    let new = world.phone("ใหม่");
    assert_ne!(new.device(), before);
    world.comes_to_rest(&[&new, &tu, &nok, &lek]);
    assert_ne!(tu.device(), before);
    assert_ne!(tu.device(), new.device());
    assert_eq!(lek.card("meter 1").visits.len(), 1);
    world.assert_at_rest(&[&new, &tu, &nok, &lek]);
    // Another life from the same backup does not begin where this one did.
    let numbers = [tu.device(), new.device()];
    world.is_restored_from(&backup);
    assert!(!numbers.contains(&world.phone("ใหม่อีก").device()));
}

#[test]
fn a_copied_phone_is_noticed_and_both_keep_all_they_wrote() {
    let world = World::new();
    let (nok, lek) = nok_and_lek(&world);
    nok.reads("meter 1", 1);
    nok.syncs();
    nok.reads("meter 2", 2);
    let copy = nok.is_copied_to("สำเนา");
    nok.reads("meter 3", 3);
    copy.reads("meter 4", 4);
    copy.edits("meter 5", "house", "จากสำเนา");
    nok.syncs();
    copy.syncs();
    assert_ne!(nok.device(), copy.device(), "the copy became a device of its own");
    world.comes_to_rest(&[&nok, &copy, &lek]);
    world.assert_at_rest(&[&nok, &copy, &lek]);
    for meter in ["meter 1", "meter 2", "meter 3", "meter 4"] {
        assert_eq!(lek.card(meter).visits.len(), 1, "{meter}");
    }
    let devices = world.ask(api::Devices {}).unwrap();
    let row = devices.iter().find(|row| row.device == copy.device()).unwrap();
    assert_eq!(row.copy_of, Some(nok.device()), "and the office is told");
    // It goes on being one: nothing is split again.
    copy.reads("meter 5", 5);
    nok.reads("meter 1", 6);
    world.comes_to_rest(&[&nok, &copy, &lek]);
    world.assert_at_rest(&[&nok, &copy, &lek]);
    assert_eq!(world.ask(api::Devices {}).unwrap().len(), devices.len());
}

#[test]
fn a_phone_restored_from_its_own_old_copy_gets_its_later_work_back() {
    let world = World::new();
    let (nok, lek) = nok_and_lek(&world);
    nok.reads("meter 1", 1);
    nok.syncs();
    let old = nok.is_copied_to("นก (เครื่องเดิม)");
    nok.reads("meter 2", 2);
    nok.edits("meter 3", "house", "หลังสำเนา");
    nok.syncs();
    // The phone is lost; the old copy is used instead.
    old.syncs();
    assert_eq!(old.card("meter 2").visits.len(), 1);
    old.reads("meter 4", 4);
    world.comes_to_rest(&[&old, &lek]);
    world.assert_at_rest(&[&old, &lek]);
}

#[test]
fn two_copies_that_change_one_field_unaware_are_asked_about_like_two_phones() {
    let world = World::new();
    let (nok, lek) = nok_and_lek(&world);
    let copy = nok.is_copied_to("สำเนา");
    nok.edits("meter 1", "name", "จากเครื่องเดิม");
    copy.edits("meter 1", "name", "จากสำเนา");
    nok.syncs();
    copy.syncs();
    world.comes_to_rest(&[&nok, &copy, &lek]);
    let questions = world.questions();
    assert_eq!(questions.len(), 1, "{questions:?}");
    assert_eq!(questions[0].question.topic, Topic::Field);
    world.assert_at_rest(&[&nok, &copy, &lek]);
}

#[test]
fn what_a_copy_of_a_copy_sent_under_its_first_name_harms_nobody_when_it_comes_late() {
    let world = World::new();
    let (nok, lek) = nok_and_lek(&world);
    nok.reads("meter 1", 1);
    nok.syncs();
    let copy = nok.is_copied_to("สำเนา");
    nok.reads("meter 2", 2);
    nok.syncs();
    // The copy becomes a device of its own and does not hear it; then it is copied in turn.
    copy.reads("meter 3", 3);
    world.network_will(&[Fate::LostAfter]);
    copy.tries_to_sync().unwrap_err();
    let second = copy.is_copied_to("สำเนาของสำเนา");
    copy.syncs();
    copy.reads("meter 4", 4);
    copy.syncs();
    // What the second writes is refused, since its right was taken meanwhile; and it hangs in the network for long.
    second.edits("meter 5", "phone", "0810000000");
    world.office_defines(&wells_without(2, "phone"));
    world.network_will(&[Fate::LateAgain]);
    let _ = second.tries_to_sync();
    world.comes_to_rest(&[&nok, &copy, &second, &lek]);
    world.late_requests_arrive();
    world.comes_to_rest(&[&nok, &copy, &second, &lek]);
    assert_eq!(second.refused().len(), 1);
    assert_ne!(second.device(), copy.device());
    world.assert_at_rest(&[&nok, &copy, &second, &lek]);
}

// ------------------------------------------------------------------------------------------------------------ files

fn open(path: &Path) -> Result<Store, Error> {
    Store::open(path, Kind::Device, Dice::new(4).entropy(), 1_795_000_000_000)
}

fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

#[test]
fn a_newer_database_is_refused_and_not_one_byte_of_it_changes() {
    for journal in ["DELETE", "WAL"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("device.db");
        drop(open(&path).unwrap());
        {
            let db = rusqlite::Connection::open(&path).unwrap();
            db.pragma_update(None, "user_version", 2031).unwrap();
            db.pragma_update(None, "journal_mode", journal).unwrap();
            db.execute_batch("CREATE TABLE of_2031 (x) STRICT").unwrap_err();
        }
        let before = bytes(&path);
        let error = open(&path).err().expect("an older app must not open it");
        assert!(matches!(error, Error::TooNew { found: 2031, .. }), "{error:?}");
        assert_eq!(bytes(&path), before, "{journal}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing lies beside it");
    }
}

/// A device's file with work on it.
fn a_used_file(world: &World, folder: &Path) -> std::path::PathBuf {
    let nok = world.phone("นก");
    nok.syncs();
    for no in 1..=5 {
        nok.reads(&format!("meter {no}"), no);
    }
    let path = folder.join("device.db");
    nok.store().backup(&path).unwrap();
    path
}

#[test]
fn a_damaged_database_is_set_aside_and_never_replaced() {
    let world = World::new();
    type Damage = fn(&mut Vec<u8>);
    let damages: &[(&str, Damage)] = &[
        ("the header", |file| file[..64].fill(0x5a)),
        ("all of it", |file| file.fill(0xff)),
        ("cut in half", |file| file.truncate(file.len() / 2)),
        ("another file", |file| *file = b"%PDF-1.7 not a database at all".repeat(400)),
    ];
    for (what, damage) in damages {
        let folder = tempfile::tempdir().unwrap();
        let path = a_used_file(&world, folder.path());
        let mut file = bytes(&path);
        damage(&mut file);
        std::fs::write(&path, &file).unwrap();
        let Ok(fresh) = open(&path) else { panic!("{what}: the app must start all the same") };
        if *what == "cut in half" && fresh.set_aside().is_none() {
            // SQLite may open the first half; what it lacks shows when it is asked for, and is not overwritten.
            continue;
        }
        let kept = fresh.set_aside().unwrap_or_else(|| panic!("{what}: not set aside")).to_owned();
        assert_eq!(bytes(Path::new(&kept)), file, "{what}: the old file is kept as it was");
        drop(fresh);
        let again = open(&path).unwrap();
        assert_eq!(again.set_aside(), Some(kept.as_str()), "{what}: every later start tells it, too");
        assert_eq!(again.verify().unwrap(), Vec::<store::Fault>::new(), "{what}: the new one is whole");
    }
}

#[test]
fn rescue_reads_unsent_work_from_a_file_with_damaged_pages() {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let path = a_used_file(&world, folder.path());
    let mut out = Vec::new();
    let whole = store::rescue::rescue(&path, &mut out).unwrap();
    assert_eq!((whole.commits, whole.unsent), (5, 5));
    // One page after another is destroyed; the other pages still give what they hold.
    let file = bytes(&path);
    let mut found = Vec::new();
    for page in (2..file.len() / 4096).step_by(9) {
        let mut damaged = file.clone();
        damaged[page * 4096..(page + 1) * 4096].fill(0xa5);
        std::fs::write(&path, &damaged).unwrap();
        let mut out = Vec::new();
        if let Ok(rescued) = store::rescue::rescue(&path, &mut out) {
            found.push(rescued.unsent);
        }
        assert_eq!(bytes(&path), damaged, "rescue never writes to the damaged file");
    }
    let complete = found.iter().filter(|unsent| **unsent == 5).count();
    assert!(complete * 10 >= found.len() * 8, "most single pages cost no unsent work: {found:?}");
}
