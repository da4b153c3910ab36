//! Real processes and real sockets: a municipality in a folder, served by the tool; devices that are the tool, or the
//! same store in this process with a client of its own.

use super::planted;
use crate::world::{Dice, WELLS, ZONES, enrolment, meter, new_meter, programme};
use domain::access::Role;
use domain::api::{self, Ask};
use domain::change::{Change, Value, kind};
use domain::ids::{RecordId, Seq};
use domain::problem::Problem;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Once;
use std::time::{Duration, Instant};
use store::{HttpAnswer, HttpCall, Kind, Now, Step, Store, SyncSession};

/// What the wall shows, in milliseconds.
pub fn now_ms() -> u64 {
    sync_server::clock::wall_ms()
}

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The folder of the programs beside this one.
fn programs() -> PathBuf {
    let folder = std::env::current_exe().unwrap().parent().unwrap().to_owned();
    if folder.ends_with("deps") { folder.parent().unwrap().to_owned() } else { folder }
}

/// Builds a program, unless whoever started this one says that all are built (`SANAM_TOOLS_BUILT`): what is built together
/// with the tests has other features than what is built by itself, and would be built twice.
fn built(once: &Once, arguments: &[&str]) {
    once.call_once(|| {
        if std::env::var_os("SANAM_TOOLS_BUILT").is_some() {
            return;
        }
        let mut build = Command::new(env!("CARGO"));
        build.current_dir(root()).args(["build", "--quiet"]).args(arguments);
        if programs().ends_with("release") {
            build.arg("--release");
        }
        assert!(build.status().unwrap().success(), "{arguments:?} does not build");
    });
}

/// Path of the tool, built if it is not there; in a build with planted bugs the one that can carry them.
pub fn tool() -> PathBuf {
    static BUILT: Once = Once::new();
    if cfg!(feature = "planted") {
        built(&BUILT, &["-p", "cli", "--features", "planted", "--bin", "sanam-planted"]);
        programs().join("sanam-planted")
    } else {
        built(&BUILT, &["-p", "cli", "--bin", "sanam"]);
        programs().join("sanam")
    }
}

/// Path of the chaos proxy.
pub fn chaos_proxy() -> PathBuf {
    static BUILT: Once = Once::new();
    built(&BUILT, &["-p", "tests", "--bin", "chaos"]);
    programs().join("chaos")
}

/// The tool, with the bug that is planted now.
pub fn sanam() -> Command {
    let mut command = Command::new(tool());
    carry_bug(&mut command);
    command
}

/// Tells a process which bug is planted.
pub fn carry_bug(command: &mut Command) {
    match planted::now() {
        Some(bug) => command.env("SANAM_PLANTED", bug),
        None => command.env_remove("SANAM_PLANTED"),
    };
}

/// Runs a command that must do what it is told, and returns what it printed.
pub fn done(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Runs a command for a minute at most: one that never ends is a fault that somebody must hear of. Exit code 124.
pub fn patiently(command: &mut Command) -> Output {
    let mut patient = Command::new("timeout");
    patient.arg("60").arg(command.get_program()).args(command.get_args());
    for (key, value) in command.get_envs() {
        match value {
            Some(value) => patient.env(key, value),
            None => patient.env_remove(key),
        };
    }
    patient.stdin(Stdio::null()).output().unwrap()
}

/// What a command printed, both ways, for a sentence.
pub fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

// ------------------------------------------------------------------------------------------------------------ the office

/// A municipality in a folder, and its server as a process.
pub struct Office {
    /// Where its database is.
    pub folder: PathBuf,
    port: u16,
    child: Option<Child>,
    wrapped: bool,
    codes: Vec<String>,
}

impl Office {
    /// Makes a municipality with the wells programme, `meters` more meters on the first zone, and enrolment codes for
    /// so many people. Its server does not run yet.
    pub fn new(folder: &Path, meters: u32, people: usize) -> Office {
        std::fs::create_dir_all(folder).unwrap();
        let mut store =
            Store::open(&folder.join("sanam.db"), Kind::Server, Dice::new(11).entropy(), now_ms()).unwrap();
        let now = now_ms();
        store.set_municipality("ตำบลตัวอย่าง").unwrap();
        store.define_programme(&programme::wells(1), now).unwrap();
        let mut changes = Vec::new();
        for zone in ZONES {
            changes.push(Change {
                id: RecordId::derived("zone", &[zone.as_bytes()]),
                kind: kind::ZONE.to_owned(),
                base_seq: Seq(0),
                cells: [
                    ("programme".to_owned(), WELLS.into()),
                    ("zone".to_owned(), (*zone).into()),
                    ("title".to_owned(), (*zone).into()),
                ]
                .into(),
            });
        }
        for no in 1..=meters {
            changes.push(new_meter(
                &format!("R01 meter {no}"),
                "R01",
                no,
                (13.0, 100.0 + f64::from(no) / 1e4),
            ));
        }
        store.import("ทะเบียน", changes, now).unwrap();
        let codes = (0..people)
            .map(|at| {
                let request = enrolment(&format!("คนที่ {at}"), Role::Worker, &["R01"]);
                store.new_enrolment("ผู้ดูแล", &request, now, 86_400_000).unwrap().0
            })
            .collect();
        // One write more: a mistake that keeps the last one back is to be found by the harness, not here.
        store.set_municipality("ตำบลตัวอย่าง").unwrap();
        Office { folder: folder.to_owned(), port: free_port(), child: None, wrapped: false, codes }
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.folder.join("sanam.db")
    }

    /// Where devices find it.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A one-time code that nobody used yet.
    pub fn code(&mut self) -> String {
        self.codes.pop().expect("codes for so many people were made")
    }

    /// The server starts; returns when it listens.
    pub fn starts(&mut self) {
        self.starts_under(&[]);
    }

    /// The server starts inside another command, such as `strace`.
    pub fn starts_under(&mut self, wrapper: &[&str]) {
        assert!(self.tries_to_start_under(wrapper), "the server did not start");
    }

    /// The server starts inside another command, if it can: says whether it listens.
    pub fn tries_to_start_under(&mut self, wrapper: &[&str]) -> bool {
        let serve =
            ["server", "serve", "--listen", &format!("127.0.0.1:{}", self.port), "--app", "none", "--db"];
        let mut command = match wrapper {
            [] => sanam(),
            [first, rest @ ..] => {
                let mut command = Command::new(first);
                command.args(rest).arg(tool());
                carry_bug(&mut command);
                command
            }
        };
        command.args(serve).arg(&self.folder).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while out.read_line(&mut line).unwrap() > 0 && !line.starts_with("เปิดแล้วที่")
        {
            line.clear();
        }
        if !line.starts_with("เปิดแล้วที่") {
            child.wait().unwrap();
            return false;
        }
        // What it says later has nobody to read it and must not fill the pipe.
        std::thread::spawn(move || drop(out.read_to_end(&mut Vec::new())));
        self.child = Some(child);
        self.wrapped = !wrapper.is_empty();
        true
    }

    /// The process of the server.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("it runs").id()
    }

    /// The server is ended as a pulled plug ends it.
    pub fn is_killed(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Under a wrapper the server is its child, and would outlive it.
            for inner in self.inner(&child) {
                Command::new("kill").args(["-KILL", &inner]).status().unwrap();
            }
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    fn inner(&self, child: &Child) -> Vec<String> {
        if !self.wrapped {
            return Vec::new();
        }
        let list = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", child.id()));
        list.unwrap_or_default().split_whitespace().map(str::to_owned).collect()
    }

    /// The server is asked to stop, and does; inside a wrapper, too.
    pub fn stops(&mut self) {
        if let Some(mut child) = self.child.take() {
            let inner = self.inner(&child);
            let pids = if inner.is_empty() { vec![child.id().to_string()] } else { inner };
            for pid in pids {
                Command::new("kill").args(["-TERM", &pid]).status().unwrap();
            }
            child.wait().unwrap();
        }
    }

    /// Says whether the server's process still runs.
    pub fn runs(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| child.try_wait().unwrap().is_none())
    }

    /// What the database holds, read from a copy, so that nothing of the crash is tidied up.
    pub fn held(&self) -> Held {
        Held::copied(&self.database(), Kind::Server)
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        self.is_killed();
    }
}

// ------------------------------------------------------------------------------------------------------------ devices

/// A visit as the tool records it.
pub fn visit(meter: RecordId, reading: u64) -> serde_json::Value {
    serde_json::json!({"programme": WELLS, "form": "check", "subject": meter, "answers": {"seen": reading}})
}

/// A meter of the first zone.
pub fn some_meter(dice: &mut Dice, meters: u32) -> RecordId {
    meter(&format!("meter {}", 1 + dice.below(u64::from(meters))))
}

/// The headless device of a folder.
pub fn device(folder: &Path) -> Command {
    let mut command = sanam();
    command.args(["device", "--store"]).arg(folder);
    command
}

fn agent() -> ureq::Agent {
    let patience = Some(Duration::from_secs(30));
    ureq::Agent::config_builder().http_status_as_error(false).timeout_global(patience).build().into()
}

/// A device in this process: the store of every shell on a file of its own, and a client on a real socket.
pub struct Device {
    /// Its store.
    pub store: Store,
    /// Its file.
    pub path: PathBuf,
    /// Records it was told are saved.
    pub saved: Vec<RecordId>,
    agent: ureq::Agent,
    meters: u32,
    dice: Dice,
    next: u64,
}

impl Device {
    /// Makes a device and enrols it at `address`.
    pub fn enrolled(path: &Path, address: &str, code: &str, meters: u32, seed: u64) -> Device {
        let mut dice = Dice::new(seed);
        let store = Store::open(path, Kind::Device, dice.entropy(), now_ms()).unwrap();
        let agent = agent();
        let next = seed << 24;
        let mut device =
            Device { store, path: path.to_owned(), saved: Vec::new(), agent, meters, dice, next };
        let ask =
            api::Enrol {
                text: code.to_owned(), server: Some(address.to_owned()), name: "เครื่อง".to_owned()
            };
        let (server, call) = store::enrol_call(&device.store, &ask).unwrap();
        let answer = device.carry(&call);
        store::absorb_enrol(&mut device.store, &server, answer, Now::thai(now_ms())).unwrap();
        device.syncs().unwrap();
        device
    }

    /// A device from a file that is enrolled already, such as an image of one.
    pub fn of_file(path: &Path, meters: u32) -> Device {
        let mut dice = Dice::new(1);
        let store = Store::open(path, Kind::Device, dice.entropy(), now_ms()).unwrap();
        Device { store, path: path.to_owned(), saved: Vec::new(), agent: agent(), meters, dice, next: 0 }
    }

    fn carry(&self, call: &HttpCall) -> HttpAnswer {
        let try_it = || -> Option<HttpAnswer> {
            let mut request = self.agent.post(&call.url).header("content-type", call.content_type);
            if !call.bearer.is_empty() {
                request = request.header("authorization", format!("Bearer {}", call.bearer));
            }
            let mut response = request.send(&call.body[..]).ok()?;
            let kind = response.headers().get("content-type")?.to_str().ok()?.to_owned();
            let status = response.status().as_u16();
            let body = response.body_mut().with_config().limit(1 << 26).read_to_vec().ok()?;
            Some(HttpAnswer::Response { status, content_type: kind, body })
        };
        try_it().unwrap_or(HttpAnswer::Unreachable)
    }

    /// Asks as a screen does.
    pub fn ask<A: Ask>(&mut self, ask: A) -> Result<A::Reply, Problem> {
        store::service::serve(&mut self.store, None, Now::thai(now_ms()), ask.wrap()).and_then(A::unwrap)
    }

    /// Saves a visit at some meter.
    pub fn saves(&mut self) -> Result<RecordId, Problem> {
        let subject = some_meter(&mut self.dice, self.meters);
        // No two visits say the same, so that one that was doubled is seen.
        self.next += 1;
        let seen = self.next;
        let saved = self.ask(api::SaveVisit {
            programme: WELLS.to_owned(),
            form: "check".to_owned(),
            subject: Some(subject),
            zone: None,
            code: None,
            outcome: "done".to_owned(),
            answers: [("seen".to_owned(), Value::from(seen))].into(),
            photos: Vec::new(),
            place: None,
            registry: Vec::new(),
            supersedes: None,
            offset_minutes: 420,
        })?;
        self.saved.push(saved.record);
        Ok(saved.record)
    }

    /// Exchanges everything, or as much as the network lets.
    pub fn syncs(&mut self) -> Result<api::SyncReply, Problem> {
        let mut session = SyncSession::new(false);
        let mut answer = None;
        loop {
            match session.next(&mut self.store, answer.take(), Now::thai(now_ms())) {
                Step::Call(call) => answer = Some(self.carry(&call)),
                Step::Done(reply) => return Ok(reply),
                Step::Failed(problem) => return Err(problem),
            }
        }
    }

    /// Syncs again and again until it succeeds, and says how long that took; `None` after `patience`.
    pub fn drains_within(&mut self, patience: Duration) -> Option<Duration> {
        let began = Instant::now();
        loop {
            if self.syncs().is_ok() {
                return Some(began.elapsed());
            }
            if began.elapsed() > patience {
                return None;
            }
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }

    /// What its file holds.
    pub fn held(&self) -> Held {
        Held::copied(&self.path, Kind::Device)
    }
}

// ------------------------------------------------------------------------------------------------------------ looking

/// What a file holds, read by the public ways.
#[derive(Clone, Debug, Default)]
pub struct Held {
    /// Records by id, as `dump` writes them.
    pub records: BTreeMap<String, String>,
    /// Records that a commit of the outbox writes, and how often.
    pub commits: BTreeMap<String, u64>,
    /// Of these, those whose commit the office has acknowledged.
    pub received: BTreeSet<String>,
    /// Records that the office has not numbered: made here, and not received yet.
    pub unnumbered: BTreeSet<String>,
    /// What `verify` says.
    pub faults: Vec<String>,
    /// How often a shelf had to be read again because its checksum differed.
    pub healed: u64,
    /// The file did not open, or was put aside.
    pub refused: Option<String>,
}

impl Held {
    /// Reads a copy of a file with its journal, so that the original is not tidied up by looking.
    pub fn copied(path: &Path, kind: Kind) -> Held {
        let folder = tempfile::tempdir_in(scratch()).unwrap();
        let copy = folder.path().join("copy.db");
        for tail in ["", "-wal"] {
            let from = PathBuf::from(format!("{}{tail}", path.display()));
            if from.exists() {
                std::fs::copy(&from, format!("{}{tail}", copy.display())).unwrap();
            }
        }
        Held::read(&copy, kind)
    }

    /// Reads a file that may be changed by that.
    pub fn read(path: &Path, kind: Kind) -> Held {
        let mut held = Held::default();
        let store = match Store::open(path, kind, Dice::new(5).entropy(), 1) {
            Ok(store) => store,
            Err(error) => return Held { refused: Some(error.to_string()), ..held },
        };
        if let Some(kept) = store.set_aside() {
            return Held { refused: Some(format!("set aside: {kept}")), ..held };
        }
        held.faults = match store.verify() {
            Ok(faults) => faults.iter().map(ToString::to_string).collect(),
            Err(error) => vec![error.to_string()],
        };
        let mut dump = Vec::new();
        if let Err(error) = store.dump(None, &mut dump) {
            held.faults.push(error.to_string());
        }
        for line in String::from_utf8_lossy(&dump).lines() {
            let id = line.split("\"id\":\"").nth(1).and_then(|rest| rest.split('"').next());
            held.records.insert(id.unwrap_or_default().to_owned(), line.to_owned());
        }
        drop(store);
        if kind == Kind::Device {
            held.read_outbox(path);
        }
        held
    }

    fn read_outbox(&mut self, path: &Path) {
        let db = rusqlite::Connection::open(path).unwrap();
        let healed =
            db.query_row("SELECT value FROM meta WHERE key = 'healed'", [], |row| row.get::<_, String>(0));
        let mut new = db.prepare("SELECT hex(id) FROM record WHERE sum = 0").unwrap();
        let new = new.query_map([], |row| row.get::<_, String>(0)).unwrap();
        let dashed = |hex: String| {
            let hex = hex.to_ascii_lowercase();
            [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
        };
        self.unnumbered = new.map(Result::unwrap).map(dashed).collect();
        self.healed = healed.ok().and_then(|text| text.parse().ok()).unwrap_or(0);
        let mut out = Vec::new();
        if let Err(error) = store::rescue::rescue(path, &mut out) {
            self.faults.push(error.to_string());
        }
        for line in String::from_utf8_lossy(&out).lines() {
            let Ok(line) = serde_json::from_str::<Value>(line) else { continue };
            let Some(changes) = line["commit"]["changes"].as_array() else { continue };
            for change in changes {
                let id = change["id"].as_str().unwrap_or_default().to_owned();
                if line["waiting"] == false {
                    self.received.insert(id.clone());
                }
                *self.commits.entry(id).or_default() += 1;
            }
        }
    }

    /// Notes what is wrong with a device's file after an accident: every acknowledged record is there with its place in
    /// the queue, and record and queue are both there or neither.
    pub fn check_device(&self, outcome: &mut super::Outcome, acknowledged: &[String], when: &str) {
        if let Some(why) = &self.refused {
            return outcome.fault(format!("{when}: the file does not open: {why}"));
        }
        for fault in &self.faults {
            outcome.fault(format!("{when}: {fault}"));
        }
        for id in acknowledged {
            outcome.looked_for += 1;
            outcome.expect(self.records.contains_key(id), || {
                format!("{when}: {id} was acknowledged and is lost")
            });
            let commits = self.commits.get(id).copied().unwrap_or(0);
            outcome.expect(commits == 1, || format!("{when}: {id} is in {commits} commits"));
        }
        for (id, line) in self.records.iter().filter(|(_, line)| line.contains("\"kind\":\"visit\"")) {
            // What is numbered came from the office, or was received by it.
            let own = self.unnumbered.contains(id);
            outcome.expect(!own || self.commits.contains_key(id), || {
                format!("{when}: {id} is stored and has no place in the queue: {line:.80}")
            });
        }
    }
}

/// A folder for files that need not survive anything: memory where there is some.
pub fn scratch() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() }
}

/// Asserts that once everything has arrived, the office holds each acknowledged record once and as its device does.
pub fn check_at_rest(outcome: &mut super::Outcome, office: &Held, devices: &[(String, Held, Vec<String>)]) {
    for fault in &office.faults {
        outcome.fault(format!("the office: {fault}"));
    }
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for line in office.records.values().filter(|line| line.contains("\"kind\":\"visit\"")) {
        let line: Value = serde_json::from_str(line).unwrap();
        let (id, what) = (line["id"].to_string(), line["cells"]["seen"]["value"].to_string());
        if let Some(other) = seen.insert(what, id.clone()) {
            outcome.fault(format!("one visit became two: {other} and {id}"));
        }
    }
    let mut acknowledged = 0;
    let mut own = BTreeSet::new();
    for (name, held, saved) in devices {
        for fault in &held.faults {
            outcome.fault(format!("{name}: {fault}"));
        }
        for id in saved {
            outcome.looked_for += 1;
            acknowledged += 1;
            own.insert(id);
            outcome
                .expect(office.records.contains_key(id), || format!("{name}: {id} never came to the office"));
        }
        for (id, line) in &held.records {
            outcome.expect(office.records.get(id) == Some(line), || {
                format!("{name}: {id} differs at the office")
            });
        }
        let waiting = held.commits.keys().filter(|id| !held.received.contains(*id)).count();
        outcome.expect(waiting == 0, || format!("{name}: {waiting} records still wait"));
    }
    outcome.expect(own.len() == acknowledged, || "an id was given twice".to_owned());
}
