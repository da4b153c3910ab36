//! What the two ends need of memory: `sanam` as it ships, each end in a process of its own.

use super::figures::Figures;
use super::town::{NOON, ROUTE, Town, WELLS, reading, saved, zones};
use domain::access::Role;
use domain::api;
use domain::ids::Shelf;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use store::{Kind, Now, Store};

/// The release build of the tool, if there is one.
fn sanam() -> Option<PathBuf> {
    Some(PathBuf::from("target/release/sanam")).filter(|path| path.exists())
}

/// The most memory a process has held so far, in megabytes; `None` when it has ended.
fn peak_mb(child: &Child) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? / 1024.0)
}

/// Runs a command of the device to its end and returns its peak.
fn run_device(tool: &Path, folder: &Path, arguments: &[&str]) -> f64 {
    let mut command = Command::new(tool);
    command.args(["device", "--store"]).arg(folder).args(arguments).stdout(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut peak = 0.0;
    while child.try_wait().unwrap().is_none() {
        peak = peak_mb(&child).unwrap_or(peak).max(peak);
        std::thread::yield_now();
    }
    peak
}

struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Measures a fresh pull of the whole registry, and a push of as many readings.
pub fn run(town: &mut Town, figures: &mut Figures) {
    let Some(tool) = sanam() else {
        println!("(no target/release/sanam: the memory of the two processes was not measured)");
        return;
    };
    let office = town.folder.join("office");
    std::fs::create_dir(&office).unwrap();
    town.server.backup(&office.join("sanam.db")).unwrap();
    let mut beside =
        Store::open(&office.join("sanam.db"), Kind::Server, town.dice().entropy(), NOON).unwrap();
    let mut command = Command::new(&tool);
    command.args(["server", "serve", "--listen", "127.0.0.1:0", "--db"]).arg(&office);
    let mut server = Served(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
    // Kept open until the end: a server that can say nothing more stops.
    let mut said = BufReader::new(server.0.stdout.take().unwrap()).lines().map_while(Result::ok);
    let url = said
        .find_map(|line| line.find("http://").map(|at| line[at..].trim().to_owned()))
        .expect("the server says where it listens");

    let shelves = zones().into_iter().map(|zone| Shelf::new(WELLS, zone)).collect();
    let ask = api::NewEnrolment { person: "reader".to_owned(), role: Role::Supervisor, shelves };
    let now = sync_server::clock::wall_ms();
    let (code, _) = beside.new_enrolment("bench", &ask, now, 600_000).unwrap();
    let device = town.folder.join("device");
    let at_start = run_device(&tool, &device, &["enrol", &url, &code]);
    let pulling = run_device(&tool, &device, &["sync"]);
    figures.note("client_start_mb", at_start);
    figures.note("client_pull36k_peak_rss_mb", pulling);
    figures.note("client_pull36k_growth_mb", pulling - at_start);
    figures.note("server_pull36k_peak_rss_mb", peak_mb(&server.0).unwrap());

    let mut dice = town.dice();
    let mut store = Store::open(&device.join("sanam.db"), Kind::Device, town.dice().entropy(), now).unwrap();
    let grant = town.grant("reader");
    for route in 0..zones().len() as u32 {
        let done = store.together(|store| {
            for no in route * ROUTE..(route + 1) * ROUTE {
                let new = saved(reading(no, 7, &mut dice), &grant.person);
                store.save(&grant, Now::thai(now + u64::from(no)), new).unwrap();
            }
        });
        done.unwrap();
    }
    drop(store);
    figures.note("client_push18k_peak_rss_mb", run_device(&tool, &device, &["sync"]));
    figures.note("peak_rss_mb", peak_mb(&server.0).unwrap());
}
