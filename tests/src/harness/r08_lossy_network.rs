//! R8: devices sync through a proxy process that does to requests what networks and those who own them do. A sync may fail;
//! it never says "received" of what was not, and when the line is well everything arrives, once.

use super::Outcome;
use super::stage::{self, Held, Office, chaos_proxy, check_at_rest, device, done, some_meter, visit};
use super::{chaos, planted};
use crate::world::Dice;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};
use store::Kind;

const DEVICES: usize = 5;
const METERS: u32 = 20;

/// Lets so many sessions meet the network.
pub fn run(sessions: u64, seed: u64) -> Outcome {
    let mut outcome = Outcome::default();
    let mut dice = Dice::new(seed);
    let place = tempfile::tempdir().unwrap();
    let mut office = Office::new(&place.path().join("office"), METERS, DEVICES);
    office.starts();
    let mut proxy = Proxy::in_front_of(office.port(), seed);
    let folders: Vec<PathBuf> = (0..DEVICES).map(|no| place.path().join(format!("device-{no}"))).collect();
    for folder in &folders {
        done(device(folder).args(["enrol", &proxy.address(), &office.code(), "--name", "นก"]));
        done(device(folder).arg("sync"));
    }
    let mut saved: Vec<Vec<String>> = vec![Vec::new(); DEVICES];
    proxy.is_told("bad");
    let mut failed = 0;
    let file = place.path().join("visits.json");
    for session in 0..sessions {
        let at = (session % DEVICES as u64) as usize;
        let lines: String = (1..=2)
            .map(|no| format!("{}\n", visit(some_meter(&mut dice, METERS), session * 2 + no)))
            .collect();
        std::fs::write(&file, lines).unwrap();
        let printed = done(device(&folders[at]).arg("record").arg(&file));
        saved[at].extend(printed.lines().map(str::to_owned));
        let output = stage::patiently(device(&folders[at]).arg("sync"));
        if !output.status.success() {
            failed += 1;
            let said = stage::said(&output);
            outcome.expect(output.status.code() == Some(1) && !said.contains("panicked"), || {
                format!("session {session}: {said}")
            });
        }
        outcome.runs += 1;
    }
    // Told on the way, before anything could mend it: what counts as received is there.
    let held = office.held();
    for folder in &folders {
        for id in Held::copied(&folder.join("sanam.db"), Kind::Device).received {
            outcome.looked_for += 1;
            outcome.expect(held.records.contains_key(&id), || format!("{id} counts as received and is not"));
        }
    }
    proxy.is_told("late");
    let struck = proxy.is_told("fine");
    let began = Instant::now();
    for _ in 0..2 {
        for folder in &folders {
            let output = stage::patiently(device(folder).arg("sync"));
            outcome.expect(output.status.success(), || format!("the line is well: {}", stage::said(&output)));
        }
    }
    outcome.expect(began.elapsed() < Duration::from_secs(30), || "the queues do not drain".to_owned());
    let kinds = struck.len();
    outcome.note(format!(
        "{failed} syncs failed; {} requests met one of {kinds} kinds of {}; drained in {:.2} s",
        struck.values().sum::<u64>(),
        chaos::KINDS,
        began.elapsed().as_secs_f64()
    ));
    outcome.expect(failed > 0 || planted::now().is_some(), || {
        "no sync failed: the network was not bad".to_owned()
    });
    office.stops();
    let all: Vec<_> = folders
        .iter()
        .zip(saved)
        .enumerate()
        .map(|(no, (folder, saved))| {
            (format!("device {no}"), Held::copied(&folder.join("sanam.db"), Kind::Device), saved)
        })
        .collect();
    check_at_rest(&mut outcome, &office.held(), &all);
    outcome
}

struct Proxy {
    child: Child,
    into: ChildStdin,
    out: BufReader<ChildStdout>,
    port: u16,
}

impl Proxy {
    fn in_front_of(port: u16, seed: u64) -> Proxy {
        let mut command = Command::new(chaos_proxy());
        command.args([format!("127.0.0.1:{port}"), seed.to_string()]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let into = child.stdin.take().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let port = line.trim().parse().unwrap();
        Proxy { child, into, out, port }
    }

    fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Gives an order and returns how often each fate struck so far.
    fn is_told(&mut self, order: &str) -> BTreeMap<String, u64> {
        writeln!(self.into, "{order}").unwrap();
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
