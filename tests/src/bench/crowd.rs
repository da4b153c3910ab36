//! The evening: twenty readers come home at once, and one of them over a bad network.

use super::engine::ask;
use super::figures::{Figures, percentile};
use super::link::{CLEAR, Link, VILLAGE};
use super::town::{ROUTE, Town, reading, saved, zones};
use cli::http::Network;
use domain::api;
use domain::change::Change;
use std::sync::Mutex;
use std::time::Instant;
use store::{Now, Step, Store, SyncSession};

/// Commits of one push where the figure says so.
const SMALL_BATCH: usize = 50;

/// Saves one reading of every meter of a route, each a commit of its own.
fn read_route(town: &mut Town, device: &mut Store, route: u32, month: u32) {
    let mut dice = town.dice();
    let now = town.now();
    let grant = ask(device, now, api::Status {}).enrolled.unwrap().grant;
    let readings: Vec<Change> =
        (route * ROUTE..(route + 1) * ROUTE).map(|no| reading(no, month, &mut dice)).collect();
    let done = device.together(|device| {
        for (at, reading) in readings.into_iter().enumerate() {
            device.save(&grant, Now::thai(now + at as u64), saved(reading, &grant.person)).unwrap();
        }
    });
    done.unwrap();
}

/// Syncs all devices at once, each on a thread of its own. Returns the seconds until the last was done, and how long each
/// push took, in milliseconds.
fn all_at_once(town: &Town, devices: &mut [Store], most: Option<usize>) -> (f64, Vec<f64>) {
    let pushes = Mutex::new(Vec::new());
    let now = Now::thai(town.now());
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for device in devices {
            let pushes = &pushes;
            scope.spawn(move || {
                let network = Network::new();
                let mut session = SyncSession::new(false);
                if let Some(most) = most {
                    session = session.at_most(most);
                }
                let (mut answer, mut own) = (None, Vec::new());
                loop {
                    match session.next(device, answer.take(), now) {
                        Step::Call(call) => {
                            let asked = Instant::now();
                            answer = Some(network.carry(&call));
                            if call.url.ends_with("/v1/push") {
                                own.push(asked.elapsed().as_secs_f64() * 1000.0);
                            }
                        }
                        Step::Done(reply) => {
                            assert_eq!(reply.pushed, u64::from(ROUTE));
                            assert_eq!(reply.status.counts.received, reply.status.counts.saved);
                            break;
                        }
                        Step::Failed(problem) => panic!("{problem:?}"),
                    }
                }
                pushes.lock().unwrap().append(&mut own);
            });
        }
    });
    (begun.elapsed().as_secs_f64(), pushes.into_inner().unwrap())
}

/// Runs the figures of a crowd on a town whose server has the registry.
pub fn run(town: &mut Town, figures: &mut Figures) {
    // What is read here is of November and December, and nothing is read before its day.
    town.pass(45 * 86_400_000);
    let routes = zones();
    let mut readers: Vec<Store> = Vec::new();
    for (no, route) in routes.iter().enumerate() {
        let mut reader = town.device(&format!("reader-{no}"), std::slice::from_ref(route));
        town.sync(&mut reader);
        readers.push(reader);
    }
    for (at, reader) in readers.iter_mut().enumerate() {
        read_route(town, reader, at as u32, 11);
    }
    town.pass(60_000);
    let (seconds, _) = all_at_once(town, &mut readers, None);
    figures.note("rush_18000_s", seconds);

    for (at, reader) in readers.iter_mut().enumerate() {
        read_route(town, reader, at as u32, 12);
    }
    town.pass(60_000);
    let (seconds, pushes) = all_at_once(town, &mut readers, Some(SMALL_BATCH));
    figures.note("twenty_devices_rps", f64::from(ROUTE) * readers.len() as f64 / seconds);
    figures.note("twenty_devices_p99_ms", percentile(pushes, 0.99));
    drop(readers);

    // What crosses, headers and all, when there is nothing new.
    let clear = Link::to(town.address, CLEAR);
    let mut reader = town.device_over(&clear.url(), "nothing-new", &routes);
    town.sync(&mut reader);
    let before = clear.counts();
    town.sync(&mut reader);
    let after = clear.counts();
    figures.note("pull_nothing_http_up_bytes", (after.0 - before.0) as f64);
    figures.note("pull_nothing_http_down_bytes", (after.1 - before.1) as f64);
    drop(reader);

    let village = Link::to(town.address, VILLAGE);
    let mut reader = town.device_over(&village.url(), "village", &routes[..1]);
    town.sync(&mut reader);
    read_route(town, &mut reader, 0, 9);
    town.pass(60_000);
    let before = village.counts();
    let begun = Instant::now();
    let (reply, wire) = town.sync(&mut reader);
    figures.note("slow_push900_s", begun.elapsed().as_secs_f64());
    assert_eq!(reply.pushed, u64::from(ROUTE));
    let after = village.counts();
    figures.note(
        "slow_push900_bytes_s",
        ((after.0 - before.0) + (after.1 - before.1)) as f64 / VILLAGE.rate as f64,
    );
    figures.note("slow_push900_calls", wire.calls as f64);
    figures.note("slow_push900_ratio", figures.get("slow_push900_s") / figures.get("slow_push900_bytes_s"));
    figures.note("visit_wire_bytes", (after.0 - before.0) as f64 / f64::from(ROUTE));

    // A new phone in the village: its route of 900 meters with their readings.
    let mut fresh = town.device_over(&village.url(), "village-fresh", &routes[..1]);
    let begun = Instant::now();
    town.sync(&mut fresh);
    figures.note("slow_first_load_900_s", begun.elapsed().as_secs_f64());
}
