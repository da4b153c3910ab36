//! R9: sixteen wrong clocks, three devices each. Saving and syncing never fail for a clock; an honest later edit wins,
//! or the one it meets unseen is asked about; nothing is stamped later than the server had it.

use super::Outcome;
use crate::world::World;
use crate::world::phone::{DAY, HOUR, MINUTE, Phone, YEAR};

/// What the first phone's clock shows at four moments: before its first sync, at its first edit, in the middle of the
/// exchange, and afterwards; in milliseconds beside the truth.
type Clock = [i64; 4];

/// The years between the Buddhist and the common era.
const BUDDHIST: i64 = 543 * 365 * DAY + 132 * DAY;
const SINCE_1970: i64 = -1_795_000_000_000;
/// Past the second in which 32 bits of seconds end, January 2038.
const PAST_2038: i64 = 353_000_000_000;

const CASES: &[(&str, Clock)] = &[
    ("right", [0; 4]),
    ("six minutes ahead", [6 * MINUTE; 4]),
    ("an hour ahead", [HOUR; 4]),
    ("an hour behind", [-HOUR; 4]),
    ("a day ahead", [DAY; 4]),
    ("a day behind", [-DAY; 4]),
    ("ten years ahead", [10 * YEAR; 4]),
    ("ten years behind", [-10 * YEAR; 4]),
    ("in the Buddhist year 2569", [BUDDHIST; 4]),
    ("in 1970", [SINCE_1970; 4]),
    ("in 2038", [PAST_2038; 4]),
    ("a day forward in the middle of the work", [0, DAY, DAY, DAY]),
    ("a day back in the middle of the work", [0, -DAY, -DAY, -DAY]),
    ("back by nine days during a sync", [0, 0, -9 * DAY, 0]),
    ("corrected from 1970 during a sync", [SINCE_1970, SINCE_1970, 0, 0]),
    ("jumping to and fro by hours", [3 * HOUR, -3 * HOUR, 5 * HOUR, -7 * HOUR]),
];

/// Lives every case; more runs than cases do not teach more.
pub fn run(_cases: u64, seed: u64) -> Outcome {
    let mut outcome = Outcome::default();
    for (what, clock) in CASES {
        outcome.survive(what, || live(clock, seed));
        outcome.looked_for += 9;
    }
    outcome
}

fn live(clock: &Clock, seed: u64) {
    let world = World::from_seed(seed);
    let (wrong, right, slow) = (world.phone("ผิด"), world.phone("ถูก"), world.phone("ช้า"));
    let everyone = [&wrong, &right, &slow];
    wrong.clock_is_wrong_by(clock[0]);
    slow.clock_is_wrong_by(-20 * MINUTE);
    everyone.iter().for_each(|phone| drop(phone.syncs()));
    wrong.clock_is_wrong_by(clock[1]);
    wrong.edits("meter 1", "name", "นาฬิกาผิด");
    wrong.edits("meter 2", "name", "นาฬิกาผิด");
    let visit = wrong.reads("meter 3", 33);
    // Nobody has seen that yet; these two write the same field unaware.
    world.passes(10 * MINUTE as u64);
    right.edits("meter 2", "name", "ไม่เคยเห็น");
    slow.visits(crate::world::meter("meter 3"), "check", [("seen".to_owned(), 3.into())].into()).unwrap();
    let during = clock[2];
    wrong.syncs_while(|at| wrong.clock_is_wrong_by(if at == 0 { during } else { clock[3] })).unwrap();
    // The server has had it for a minute when the others correct it: they are later, whatever the first clock said.
    world.passes(MINUTE as u64);
    slow.syncs();
    slow.edits("meter 1", "name", "ทีหลัง");
    slow.syncs();
    right.syncs();
    wrong.clock_is_wrong_by(clock[3]);
    wrong.edits("meter 4", "house", "หนึ่ง");
    wrong.edits("meter 4", "house", "สอง");
    world.comes_to_rest(&everyone);
    // Whatever its clock once said: by now the server has told it the time, and what it writes without signal is of its day.
    wrong.edits("meter 5", "house", "จันทร์");
    world.passes(2 * DAY as u64);
    right.edits("meter 5", "house", "พุธ");
    right.syncs();
    world.passes(2 * DAY as u64);
    world.comes_to_rest(&everyone);
    for phone in everyone {
        assert_eq!(phone.sees("meter 1", "name"), "ทีหลัง", "the honest later edit wins at {}", phone.person());
        assert_eq!(phone.sees("meter 4", "house"), "สอง", "a phone's own order stands at {}", phone.person());
        assert_eq!(
            phone.sees("meter 5", "house"),
            "พุธ",
            "a clock told the time is of its day at {}",
            phone.person()
        );
    }
    let asked = world.questions().iter().any(|row| row.question.subject == crate::world::meter("meter 2"));
    assert!(asked, "two edits that did not know of each other are asked about");
    world.assert_at_rest(&everyone);
    assert_nothing_from_the_future(&world, &wrong, &visit.to_string());
}

fn assert_nothing_from_the_future(world: &World, phone: &Phone, visit: &str) {
    assert_eq!(phone.refused().len(), 0, "nothing is refused for its clock");
    let now = world.now();
    let dump = world.dump();
    assert!(dump.contains(visit), "the visit arrived");
    for line in dump.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        for (name, cell) in line["cells"].as_object().unwrap() {
            let ms = cell["stamp"][0].as_u64().unwrap();
            assert!(ms <= now, "{name} is stamped {} ms after now: {line}", ms - now);
        }
    }
}
