//! Looking after a server, as the person does who runs it: real processes, real files, real signals.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    missing_docs,
    reason = "a test fails by panicking, and its helpers are not for others"
)]

use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

fn sanam() -> Command {
    Command::new(env!("CARGO_BIN_EXE_sanam"))
}

fn done(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A small demo town with its server, whose log goes to a file.
struct Town {
    folder: tempfile::TempDir,
    child: Child,
    _out: BufReader<ChildStdout>,
    address: String,
    metrics: String,
    links: Vec<String>,
}

impl Town {
    fn start() -> Town {
        Town::start_with(Command::new(env!("CARGO_BIN_EXE_sanam")), tempfile::tempdir().unwrap())
    }

    /// Starts the server by a command that ends where the tool's own arguments begin.
    fn start_with(mut command: Command, folder: tempfile::TempDir) -> Town {
        // What makes the town speaks to a person; the log begins after it.
        done(
            sanam().args(["demo", "--size", "small", "--no-serve", "--dir"]).arg(folder.path().join("town")),
        );
        let log = File::create(folder.path().join("log")).unwrap();
        let mut child = command
            .args(["demo", "--size", "small", "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0", "--dir"])
            .arg(folder.path().join("town"))
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let (mut address, mut metrics, mut links) = (String::new(), String::new(), Vec::new());
        let mut line = String::new();
        while out.read_line(&mut line).unwrap() > 0 {
            if let Some(found) = line.strip_prefix("เปิดแล้วที่ ") {
                address = found.trim().to_owned();
            }
            if line.trim().ends_with("/metrics") {
                metrics = line.trim().to_owned();
            }
            if line.contains("/enrol/") {
                links.push(line.split_whitespace().next().unwrap().to_owned());
            }
            if line.starts_with("หยุดด้วย") {
                break;
            }
            line.clear();
        }
        assert!(!address.is_empty(), "the server did not start");
        Town { folder, child, _out: out, address, metrics, links }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn host(&self) -> &str {
        self.address.strip_prefix("http://").unwrap()
    }

    fn device(&self, name: &str) -> Command {
        let mut command = sanam();
        command.args(["device", "--store"]).arg(self.path(name));
        command
    }

    fn enrols(&self, name: &str) -> String {
        done(self.device(name).args(["enrol", &self.address, &self.links[0], "--name", name]));
        done(self.device(name).arg("sync"));
        self.meters(name).remove(0)
    }

    /// The ids of the subjects that a device holds.
    fn meters(&self, name: &str) -> Vec<String> {
        let dump = done(self.device(name).arg("dump"));
        let records = dump.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let subjects = records.filter(|record| record["kind"] == "subject");
        subjects.map(|subject| subject["id"].as_str().unwrap().to_owned()).collect()
    }

    /// Records visits, one after the other, and returns their ids.
    fn records(&self, name: &str, meter: &str, note: &str, count: usize) -> Vec<String> {
        let lines: String = (0..count)
            .map(|at| {
                let answers = json!({"reading": 9_000 + at, "note": note});
                let visit =
                    json!({"programme": "water", "form": "reading", "subject": meter, "answers": answers});
                format!("{visit}\n")
            })
            .collect();
        let file = self.path("visits.jsonl");
        std::fs::write(&file, lines).unwrap();
        let said = done(self.device(name).arg("record").arg(&file));
        said.lines().map(str::to_owned).collect()
    }

    fn dump(&self, folder: &str) -> String {
        done(sanam().args(["server", "dump", "--db"]).arg(self.path(folder)))
    }

    fn terminates(&mut self) -> Option<i32> {
        done(Command::new("kill").args(["-TERM", &self.child.id().to_string()]));
        self.child.wait().unwrap().code()
    }
}

impl Drop for Town {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn get(url: &str) -> (u16, String) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut answer = agent.get(url).call().unwrap();
    (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
}

fn verify(backup: &Path) -> Output {
    sanam().args(["server", "verify", "--backup"]).arg(backup).output().unwrap()
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn a_backup_made_while_phones_send_is_whole_and_holds_what_was_acknowledged_before() {
    let town = Town::start();
    let meter = town.enrols("nok");
    let before = town.records("nok", &meter, "", 20);
    done(town.device("nok").arg("sync"));
    let backups = town.path("backups");
    std::fs::create_dir(&backups).unwrap();
    std::fs::write(backups.join("sanam-notes.db"), "somebody's own").unwrap();
    for old in ["sanam-20200101T000000Z.db", "sanam-20200102T000000Z.db"] {
        std::fs::write(backups.join(old), "an old one").unwrap();
    }
    let made = std::thread::scope(|scope| {
        let sending = scope.spawn(|| {
            for _ in 0..5 {
                town.records("nok", &meter, "", 10);
                done(town.device("nok").arg("sync"));
            }
        });
        let mut made = String::new();
        for _ in 0..3 {
            let mut command = sanam();
            command.args(["server", "backup", "--db"]).arg(town.path("town")).arg("--into").arg(&backups);
            let output = command.args(["--keep", "1"]).output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            // Two in one second have one name: the second is refused, not written over the first.
            match output.status.code() {
                Some(0) => String::from_utf8(output.stdout).unwrap().trim().clone_into(&mut made),
                Some(1) if said.starts_with("file_exists: ") => {}
                other => panic!("{other:?}: {said}"),
            }
        }
        sending.join().unwrap();
        made
    });
    let made = PathBuf::from(made);
    let name = made.file_name().unwrap().to_string_lossy().into_owned();
    assert_eq!(files(&backups), [name, "sanam-notes.db".to_owned()], "one file each, and nobody else's");
    let verified = verify(&made);
    assert!(verified.status.success(), "{verified:?}");

    done(sanam().args(["server", "restore", "--from"]).arg(&made).arg("--db").arg(town.path("again")));
    let again = town.dump("again");
    assert!(before.iter().all(|id| again.contains(id)), "acknowledged before the backup, and not in it");
    done(sanam().args(["server", "verify", "--db"]).arg(town.path("again")));
}

#[test]
fn a_restore_replaces_nothing_silently_and_keeps_what_it_moves_away() {
    let mut town = Town::start();
    let meter = town.enrols("nok");
    let backup = town.path("backup.db");
    done(sanam().args(["server", "backup", "--db"]).arg(town.path("town")).arg("--to").arg(&backup));
    let id = town.records("nok", &meter, "", 1).remove(0);
    done(town.device("nok").arg("sync"));
    assert_eq!(town.terminates(), Some(0));
    let restore = |from: &Path, more: &[&str]| {
        let mut command = sanam();
        command.args(["server", "restore", "--from"]).arg(from).arg("--db").arg(town.path("town"));
        command.args(more).output().unwrap()
    };
    let refused = restore(&backup, &[]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).starts_with("file_exists: "), "{refused:?}");
    assert!(town.dump("town").contains(&id));

    let broken = town.path("broken.db");
    let bytes = std::fs::read(&backup).unwrap();
    std::fs::write(&broken, &bytes[..bytes.len() / 2]).unwrap();
    let damaged = restore(&broken, &["--set-aside"]);
    assert_eq!(damaged.status.code(), Some(3));
    assert!(town.dump("town").contains(&id), "a damaged backup takes no database's place");

    let restored = restore(&backup, &["--set-aside"]);
    assert!(restored.status.success(), "{restored:?}");
    assert!(!town.dump("town").contains(&id));
    let kept = files(&town.path("town")).into_iter().find(|name| name.contains("set-aside")).unwrap();
    let kept = std::fs::read(town.path("town").join(kept)).unwrap();
    let of_visit = id.replace('-', "");
    let of_visit: Vec<u8> =
        (0..16).map(|at| u8::from_str_radix(&of_visit[at * 2..at * 2 + 2], 16).unwrap()).collect();
    assert!(kept.windows(16).any(|window| window == of_visit), "the old database is kept whole");
}

#[test]
fn a_journal_left_behind_is_not_read_into_the_backup() {
    let mut town = Town::start();
    let meter = town.enrols("nok");
    let backup = town.path("backup.db");
    done(sanam().args(["server", "backup", "--db"]).arg(town.path("town")).arg("--to").arg(&backup));
    town.records("nok", &meter, "", 30);
    done(town.device("nok").arg("sync"));
    town.child.kill().unwrap();
    town.child.wait().unwrap();
    let journal = town.path("town").join("sanam.db-wal");
    assert!(std::fs::metadata(&journal).unwrap().len() > 0, "a killed server leaves its journal");
    // Somebody moves the database away by hand and forgets what lies beside it.
    std::fs::rename(town.path("town").join("sanam.db"), town.path("moved.db")).unwrap();
    done(sanam().args(["server", "restore", "--from"]).arg(&backup).arg("--db").arg(town.path("town")));
    done(sanam().args(["server", "verify", "--db"]).arg(town.path("town")));
    done(sanam().args(["server", "restore", "--from"]).arg(&backup).arg("--db").arg(town.path("again")));
    assert_eq!(town.dump("town"), town.dump("again"));
    assert!(
        files(&town.path("town")).iter().any(|name| name.ends_with("-wal") && name.contains("set-aside"))
    );
}

#[test]
fn verify_says_in_thai_and_english_what_is_broken_first() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("town");
    done(sanam().args(["demo", "--size", "small", "--no-serve", "--dir"]).arg(&dir));
    let backup = folder.path().join("backup.db");
    done(sanam().args(["server", "backup", "--db"]).arg(&dir).arg("--to").arg(&backup));
    assert_eq!(files(folder.path()), ["backup.db", "town"], "one file, and nothing beside it");
    assert!(verify(&backup).status.success());
    let again =
        sanam().args(["server", "backup", "--db"]).arg(&dir).arg("--to").arg(&backup).output().unwrap();
    assert_eq!(again.status.code(), Some(1), "a backup is not written over");

    let mut bytes = std::fs::read(&backup).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 40_960].fill(0x5a);
    std::fs::write(&backup, &bytes).unwrap();
    let verified = verify(&backup);
    assert_eq!(verified.status.code(), Some(3));
    let said = String::from_utf8(verified.stderr).unwrap();
    assert!(said.starts_with("damaged_file: ไฟล์ฐานข้อมูลเสียหาย"), "{said}");
    assert!(said.contains("the database file is damaged"), "{said}");
    std::fs::write(&backup, "no database at all").unwrap();
    assert_eq!(verify(&backup).status.code(), Some(3));
    assert_eq!(verify(&folder.path().join("nothing.db")).status.code(), Some(1));
}

#[test]
fn told_to_stop_a_server_finishes_what_it_began_and_leaves_one_file() {
    let mut town = Town::start();
    let meter = town.enrols("nok");
    town.records("nok", &meter, "", 5);
    done(town.device("nok").arg("sync"));
    // A request that has begun and not ended: its last byte is sent after the signal.
    let body = br#"{"code":"0000000000","install":"0000000000000001","name":"x","top_n":0}"#;
    let mut slow = TcpStream::connect(town.host()).unwrap();
    let head = format!(
        "POST /v1/enrol HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    slow.write_all(head.as_bytes()).unwrap();
    slow.write_all(&body[..body.len() - 1]).unwrap();
    // Once the server counts it as under way, it is.
    while !get(&town.metrics).1.contains("sanam_requests_under_way 1") {}
    done(Command::new("kill").args(["-TERM", &town.child.id().to_string()]));
    // It takes no new ones ...
    while TcpStream::connect(town.host()).is_ok() {}
    // ... and ends the old one.
    slow.write_all(&body[body.len() - 1..]).unwrap();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 404") && answer.contains("enrol_unknown"), "{answer}");
    assert_eq!(town.child.wait().unwrap().code(), Some(0));
    let journal = std::fs::metadata(town.path("town").join("sanam.db-wal")).map_or(0, |file| file.len());
    assert_eq!(journal, 0, "the database's file alone is everything");
}

#[test]
fn the_numbers_add_up_and_are_not_for_everybody() {
    let town = Town::start();
    let meter = town.enrols("nok");
    town.records("nok", &meter, "", 7);
    done(town.device("nok").arg("sync"));
    // Asked for with a token that nobody has.
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let pull = agent.post(format!("{}/v1/pull", town.address)).header("authorization", "Bearer 00");
    assert_eq!(pull.send(&b"{}"[..]).unwrap().status().as_u16(), 401);
    let (status, text) = get(&town.metrics);
    assert_eq!(status, 200);
    let value = |line: &str| {
        let found = text.lines().find_map(|found| found.strip_prefix(line)?.strip_prefix(' '));
        found.unwrap_or_else(|| panic!("no {line} in\n{text}")).parse::<f64>().unwrap()
    };
    assert_eq!(value("sanam_commits_total{verdict=\"ok\"}"), 7.0);
    assert_eq!(value("sanam_push_commits_sum"), 7.0);
    assert_eq!(value("sanam_errors_total{code=\"token_unknown\"}"), 1.0);
    assert_eq!(value("sanam_answers_total{path=\"/v1/enrol\",status=\"200\"}"), 1.0);
    assert!(value("sanam_request_duration_seconds_count{path=\"/v1/pull\"}") >= 2.0);
    assert!(value("sanam_records_sent_total") >= 40.0, "a route of forty meters");
    assert!(value("sanam_records") > 40.0);
    assert_eq!(value("sanam_devices"), 1.0);
    assert_eq!(value("sanam_requests_under_way"), 0.0);
    assert_eq!(value("sanam_commits_waiting_on_devices"), 0.0);
    assert!(value("sanam_database_size_bytes") + value("sanam_journal_size_bytes") > 100_000.0);
    assert!(text.trim_end().ends_with("# EOF"));
    let (status, body) = get(&format!("{}/metrics", town.address));
    assert!(status != 200 && !body.contains("sanam_"), "phones and citizens see none of it");
    assert_eq!(get(&town.metrics.replace("/metrics", "/office")).0, 404, "and nothing else is there");
}

#[test]
fn no_name_typed_anywhere_comes_into_the_log() {
    let mut town = Town::start();
    let meter = town.enrols("เครื่องลับสุดยอด");
    let canaries = ["นางสาวลับ", "โน้ตลับสุดยอด", "เครื่องลับสุดยอด", "secret-canary", "0899999999"];
    town.records("เครื่องลับสุดยอด", &meter, "โน้ตลับสุดยอด 0899999999 secret-canary", 3);
    done(town.device("เครื่องลับสุดยอด").arg("sync"));
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let post = |path: &str, body: &[u8]| {
        let request =
            agent.post(format!("{}{path}", town.address)).header("content-type", "application/json");
        let request = request.header("x-sanam", "1").header("authorization", "Bearer secret-canary");
        request.header("user-agent", "secret-canary").send(body).unwrap().status().as_u16()
    };
    let secret = "นางสาวลับ secret-canary";
    post("/api/call", format!(r#"{{"Login":{{"name":"{secret}","password":"{secret}"}}}}"#).as_bytes());
    post("/api/call", format!(r#"{{"Login":{{"name":"{secret}"#).as_bytes());
    post(
        "/v1/enrol",
        format!(r#"{{"code":"{secret}","install":"0000000000000001","name":"{secret}"}}"#).as_bytes(),
    );
    post("/v1/enrol", format!(r#"{{"code":7,"name":"{secret}"}}"#).as_bytes());
    post("/v1/push", format!("{{\"install\":\"{secret}\"}}\n").as_bytes());
    post("/v1/blob/secret-canary?offset=secret-canary", b"secret-canary");
    for path in [
        "/q/secret-canary",
        "/enrol/secret-canary",
        "/secret-canary?name=secret-canary",
        "/v1/blob/secret-canary",
    ] {
        get(&format!("{}{path}", town.address));
    }
    assert_eq!(town.terminates(), Some(0));
    let log = std::fs::read_to_string(town.path("log")).unwrap();
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}")))
        .collect();
    let with = |name: &str, value: Value| lines.iter().filter(|line| line[name] == value).count();
    assert!(with("path", "/v1/push".into()) >= 2 && with("path", "/q/{code}".into()) == 1, "{log}");
    assert!(with("code", "token_unknown".into()) >= 2, "what went wrong is there: {log}");
    for canary in canaries {
        assert!(!log.contains(canary), "{canary} is in the log:\n{log}");
    }
    assert!(!log.contains(&*meter), "nor is a record's id");
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_told_at_once_and_heals_when_there_is_room() {
    // No more than 3,000 blocks of 512 bytes a file, as on a full disk. The signal that would end the process is off.
    let folder = tempfile::tempdir().unwrap();
    let mut limited = Command::new("sh");
    limited
        .args(["-c", "trap '' XFSZ; ulimit -S -f 3000; exec \"$0\" \"$@\""])
        .arg(env!("CARGO_BIN_EXE_sanam"));
    let town = Town::start_with(limited, folder);
    let health = format!("{}/health", town.address);
    let (status, body) = get(&health);
    assert_eq!(status, 200, "{body}");
    town.enrols("nok");
    let meters = town.meters("nok");
    let long = "ก".repeat(2_000);
    let mut sent = Vec::new();
    let mut refused = false;
    for meter in meters.iter().cycle().take(100) {
        sent.extend(town.records("nok", meter, &long, 5));
        let output = town.device("nok").arg("sync").output().unwrap();
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(said.starts_with("disk_full: "), "{said}");
            refused = true;
            break;
        }
    }
    assert!(refused, "the limit was never met");
    let unwell = loop {
        let (status, body) = get(&health);
        if status != 200 {
            break body;
        }
        let _ = town.device("nok").arg("sync").output().unwrap();
    };
    assert!(unwell.contains("\"failing\"") && unwell.contains("disk_full"), "{unwell}");
    // Room again, without a restart.
    let pid = town.child.id().to_string();
    done(Command::new("prlimit").args(["--pid", &pid, "--fsize=unlimited"]));
    while get(&health).0 != 200 {
        let _ = town.device("nok").arg("sync").output().unwrap();
    }
    done(town.device("nok").arg("sync"));
    let dump = town.dump("town");
    assert!(sent.iter().all(|id| dump.contains(id)), "what phones hold arrives after all");
    done(sanam().args(["server", "verify", "--db"]).arg(town.path("town")));
}
