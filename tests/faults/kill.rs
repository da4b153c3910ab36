//! Real processes over a real socket, ended as a pulled battery ends them: the server while phones send, the phone
//! while it saves. Nothing that was printed is missing, nothing is there twice.

use crate::boundaries::root;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Once;
use std::time::Duration;
use tests::world::Dice;

/// The tool beside this test's own binary, built if it is not there.
fn sanam() -> Command {
    static BUILT: Once = Once::new();
    let target = std::env::current_exe().unwrap().ancestors().nth(2).unwrap().to_owned();
    let tool = target.join("sanam");
    BUILT.call_once(|| {
        let mut build = Command::new(env!("CARGO"));
        build.current_dir(root()).args(["build", "--quiet", "-p", "cli"]);
        if target.ends_with("release") {
            build.arg("--release");
        }
        assert!(build.status().unwrap().success(), "the tool does not build");
    });
    Command::new(tool)
}

fn done(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A small demo town on a port of its own.
struct Town {
    folder: tempfile::TempDir,
    port: u16,
    server: Option<(Child, BufReader<ChildStdout>)>,
    link: String,
}

impl Town {
    fn new() -> Town {
        let mut town =
            Town { folder: tempfile::tempdir().unwrap(), port: 0, server: None, link: String::new() };
        town.starts();
        town
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn starts(&mut self) {
        let mut child = sanam()
            .args(["demo", "--size", "small", "--listen", &format!("127.0.0.1:{}", self.port), "--dir"])
            .arg(self.path("town"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while out.read_line(&mut line).unwrap() > 0 {
            if let Some(address) = line.strip_prefix("เปิดแล้วที่ ") {
                self.port = address.trim().rsplit(':').next().unwrap().parse().unwrap();
            }
            if line.contains("/enrol/") && self.link.is_empty() {
                self.link = line.split_whitespace().next().unwrap().to_owned();
            }
            if line.starts_with("หยุดด้วย") {
                break;
            }
            line.clear();
        }
        assert_ne!(self.port, 0, "the server did not start");
        self.server = Some((child, out));
    }

    fn is_killed(&mut self) {
        if let Some((mut child, _)) = self.server.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    fn device(&self) -> Command {
        let mut command = sanam();
        command.args(["device", "--store"]).arg(self.path("nok"));
        command
    }

    fn enrols(&self) {
        let address = format!("http://127.0.0.1:{}", self.port);
        done(self.device().args(["enrol", &address, &self.link, "--name", "นก"]));
        done(self.device().arg("sync"));
    }

    fn meters(&self) -> Vec<String> {
        let dump = done(self.device().arg("dump"));
        dump.lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .filter(|record| record["kind"] == "subject")
            .map(|record| record["id"].as_str().unwrap().to_owned())
            .collect()
    }
}

impl Drop for Town {
    fn drop(&mut self) {
        self.is_killed();
    }
}

fn visit(meter: &str, reading: usize) -> Value {
    json!({"programme": "water", "form": "reading", "subject": meter, "answers": {"reading": 9_000 + reading}})
}

#[test]
fn a_hundred_visits_arrive_once_although_the_server_is_killed_twenty_times() {
    let mut town = Town::new();
    town.enrols();
    let meters = town.meters();
    let mut dice = Dice::new(100);
    let mut saved: Vec<String> = Vec::new();
    for round in 0..20 {
        let path = town.path("visits.json");
        let lines: String = (0..5)
            .map(|at| format!("{}\n", visit(&meters[(round * 5 + at) % meters.len()], round)))
            .collect();
        std::fs::write(&path, lines).unwrap();
        let printed = done(town.device().arg("record").arg(&path));
        saved.extend(printed.lines().map(str::to_owned));
        let mut sync = town.device().arg("sync").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // The moment of the blow is the point of the test; whatever it hits must do.
        std::thread::park_timeout(Duration::from_micros(dice.below(250_000)));
        town.is_killed();
        let _ = sync.wait().unwrap();
        town.starts();
    }
    assert_eq!(saved.len(), 100);
    done(town.device().arg("sync"));
    let phone = done(town.device().arg("dump"));
    town.is_killed();
    let server = done(sanam().args(["server", "dump", "--device", "1", "--db"]).arg(town.path("town")));
    assert_eq!(phone, server, "phone and server agree to the byte");
    for id in &saved {
        assert_eq!(server.matches(&format!("\"id\":\"{id}\"")).count(), 1, "{id}");
    }
    let own = server.lines().filter(|line| line.contains("\"value\":90")).count();
    assert!(own >= 100, "{own}");
}

#[test]
fn every_printed_id_is_on_disk_wherever_the_phone_is_killed() {
    let town = Town::new();
    town.enrols();
    let meters = town.meters();
    let mut dice = Dice::new(9);
    let mut all: Vec<String> = Vec::new();
    for round in 0..8 {
        let mut child = town
            .device()
            .args(["record", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut into = child.stdin.take().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let lines: Vec<String> =
            (0..40).map(|at| format!("{}\n", visit(&meters[at % meters.len()], round * 40 + at))).collect();
        let feeder = std::thread::spawn(move || {
            for line in lines {
                if into.write_all(line.as_bytes()).is_err() {
                    return;
                }
            }
        });
        let enough = 1 + dice.below(30) as usize;
        let mut printed = 0;
        for line in out.lines() {
            let Ok(line) = line else { break };
            all.push(line);
            printed += 1;
            if printed == enough {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        feeder.join().unwrap();
    }
    let dump = done(town.device().arg("dump"));
    for id in &all {
        assert_eq!(dump.matches(&format!("\"id\":\"{id}\"")).count(), 1, "{id} was printed");
    }
    // And every one of them waits to be sent, with its record and its place in the queue in one piece.
    let rescued = done(town.device().arg("rescue"));
    let waiting: Vec<&str> = rescued.lines().filter(|line| line.contains("\"waiting\":true")).collect();
    for id in &all {
        assert_eq!(waiting.iter().filter(|line| line.contains(id.as_str())).count(), 1, "{id} waits");
    }
}
