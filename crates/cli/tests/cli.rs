//! The real binary: two devices and a server as processes of their own, killed and started again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking, and its helpers are not for others"
)]

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

fn sanam() -> Command {
    Command::new(env!("CARGO_BIN_EXE_sanam"))
}

fn run(command: &mut Command) -> Output {
    command.output().unwrap()
}

/// Runs a command that has to succeed, and returns what it prints.
fn done(command: &mut Command) -> String {
    let output = run(command);
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A town and its server.
struct Town {
    folder: tempfile::TempDir,
    server: Option<Server>,
}

struct Server {
    child: Child,
    out: BufReader<ChildStdout>,
    address: String,
    /// Enrolment links, as printed: reader, caregiver, technician.
    links: Vec<String>,
}

impl Town {
    fn new() -> Town {
        Town { folder: tempfile::tempdir().unwrap(), server: None }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Starts the server on a port, zero for a free one.
    fn start(&mut self, port: u16) {
        let mut child = sanam()
            .args(["demo", "--size", "small", "--listen", &format!("127.0.0.1:{port}"), "--dir"])
            .arg(self.path("town"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut address = String::new();
        let mut links = Vec::new();
        let mut line = String::new();
        while out.read_line(&mut line).unwrap() > 0 {
            if let Some(found) = line.strip_prefix("เปิดแล้วที่ ") {
                address = found.trim().to_owned();
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
        self.server = Some(Server { child, out, address, links });
    }

    fn server(&self) -> &Server {
        self.server.as_ref().unwrap()
    }

    fn port(&self) -> u16 {
        self.server().address.rsplit(':').next().unwrap().parse().unwrap()
    }

    /// Ends the server as a power cut would.
    fn kill(&mut self) {
        let mut server = self.server.take().unwrap();
        server.child.kill().unwrap();
        server.child.wait().unwrap();
    }

    fn device(&self, name: &str) -> Command {
        let mut command = sanam();
        command.args(["device", "--store"]).arg(self.path(name));
        command
    }

    fn enrol(&self, name: &str, link: usize) -> String {
        let server = self.server();
        done(self.device(name).args(["enrol", &server.address, &server.links[link], "--name", name]))
    }
}

impl Drop for Town {
    fn drop(&mut self) {
        if self.server.is_some() {
            self.kill();
        }
    }
}

fn records(dump: &str, kind: &str) -> Vec<Value> {
    dump.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|record: &Value| record["kind"] == kind)
        .collect()
}

fn write_lines(path: &Path, lines: &[Value]) {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    std::fs::write(path, text).unwrap();
}

#[test]
fn two_phones_and_a_server_agree_although_the_server_is_killed() {
    let mut town = Town::new();
    town.start(0);
    let port = town.port();
    assert_eq!(town.enrol("nok", 0).trim(), "1");
    done(town.device("nok").arg("sync"));
    let dump = done(town.device("nok").arg("dump"));
    let meters: Vec<String> =
        records(&dump, "subject").iter().map(|record| record["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(meters.len(), 40);

    // No server: everything is saved all the same.
    town.kill();
    let visits: Vec<Value> = meters
        .iter()
        .map(|meter| json!({"programme": "water", "form": "reading", "subject": meter, "answers": {"reading": 9000}}))
        .collect();
    write_lines(&town.path("visits.json"), &visits);
    let saved = done(town.device("nok").arg("record").arg(town.path("visits.json")));
    assert_eq!(saved.lines().count(), 40);
    let offline = run(town.device("nok").arg("sync"));
    assert_eq!(offline.status.code(), Some(1));
    let said = String::from_utf8(offline.stderr).unwrap();
    assert!(said.starts_with("offline: ยังไม่มีสัญญาณ"), "{said}");

    // The server comes back and is killed again right after it acknowledged.
    town.start(port);
    let told = done(town.device("nok").arg("push"));
    assert!(told.trim().starts_with("ส่ง 40 · รับ 0 · รูป 0 · ใช้เน็ต "), "{told}");
    town.kill();
    town.start(port);
    assert_eq!(town.enrol("lek", 0).trim(), "2", "the demo prints a fresh code at each start");
    done(town.device("lek").arg("sync"));
    done(town.device("nok").arg("sync"));
    let (nok, lek) = (done(town.device("nok").arg("dump")), done(town.device("lek").arg("dump")));
    assert!(nok == lek);
    let server = done(sanam().args(["server", "dump", "--device", "1", "--db"]).arg(town.path("town")));
    assert!(nok == server, "device and server differ");
    for id in saved.lines() {
        assert_eq!(nok.matches(&format!("\"id\":\"{id}\"")).count(), 1, "{id}");
    }
}

#[test]
fn what_record_prints_is_on_disk_although_it_is_killed() {
    let mut town = Town::new();
    town.start(0);
    town.enrol("nok", 0);
    done(town.device("nok").arg("sync"));
    let dump = done(town.device("nok").arg("dump"));
    let meter = records(&dump, "subject")[0]["id"].clone();
    let mut child = town
        .device("nok")
        .args(["record", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut into = child.stdin.take().unwrap();
    let mut from = BufReader::new(child.stdout.take().unwrap());
    let mut printed = Vec::new();
    for reading in 0..20 {
        let visit = json!({"programme": "water", "form": "reading", "subject": meter, "answers": {"reading": 9000 + reading}});
        writeln!(into, "{visit}").unwrap();
        let mut id = String::new();
        from.read_line(&mut id).unwrap();
        printed.push(id.trim().to_owned());
    }
    // One more is on its way when the end comes.
    let _ = write!(into, "{{\"programme\": \"water\", \"form\"");
    child.kill().unwrap();
    child.wait().unwrap();
    let dump = done(town.device("nok").arg("dump"));
    for id in &printed {
        assert!(dump.contains(&format!("\"id\":\"{id}\"")), "{id} was printed and is gone");
    }
    let rescued = done(town.device("nok").arg("rescue"));
    assert_eq!(rescued.lines().filter(|line| line.contains("\"waiting\":true")).count(), 20);
}

#[test]
fn what_a_rescue_finds_unsent_is_saved_again_on_another_device_once() {
    let mut town = Town::new();
    town.start(0);
    let port = town.port();
    town.enrol("nok", 0);
    done(town.device("nok").arg("sync"));
    let meter = records(&done(town.device("nok").arg("dump")), "subject")[0]["id"].clone();
    let visit = |reading: u32| json!({"programme": "water", "form": "reading", "subject": meter, "answers": {"reading": reading}});
    write_lines(&town.path("sent.json"), &[visit(9001)]);
    done(town.device("nok").arg("record").arg(town.path("sent.json")));
    done(town.device("nok").arg("sync"));
    let edit = json!({"commit": [{"kind": "subject", "id": meter, "cells": {"phone": "0000000001"}}]});
    write_lines(&town.path("unsent.json"), &[visit(9002), visit(9003), edit]);
    let unsent = done(town.device("nok").arg("record").arg(town.path("unsent.json")));
    let rescued = done(town.device("nok").arg("rescue"));
    let order: Vec<u64> = rescued
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|line| line["waiting"] == true)
        .map(|line| line["commit"]["n"].as_u64().unwrap())
        .collect();
    assert_eq!(order, [2, 3, 4], "as they were saved");
    // Photos come along, and a line that nobody can read holds up no other.
    let photo = json!({"photo": {"mime": "image/jpeg", "base64": "/9j/AAAA"}});
    let wreck = json!({"commit": "{\"n\":7", "waiting": true});
    std::fs::write(town.path("rescued.jsonl"), format!("{wreck}\n{rescued}{photo}\n")).unwrap();

    // The phone is gone; the office gives another one a code.
    town.kill();
    town.start(port);
    town.enrol("lek", 0);
    done(town.device("lek").arg("sync"));
    for time in 0..2 {
        let again = run(town.device("lek").arg("record").arg(town.path("rescued.jsonl")));
        assert_eq!(again.status.code(), Some(1));
        assert!(String::from_utf8(again.stderr).unwrap().contains("object 1"), "the wreck is named");
        let saved = String::from_utf8(again.stdout).unwrap();
        assert_eq!(saved, if time == 0 { unsent.clone() } else { String::new() }, "the same ids, and once");
    }
    let told = done(town.device("lek").arg("sync"));
    assert!(told.trim().starts_with("ส่ง 3 · "), "{told}");
    let server = done(sanam().args(["server", "dump", "--db"]).arg(town.path("town")));
    for id in unsent.lines() {
        assert_eq!(server.matches(&format!("\"id\":\"{id}\"")).count(), 1, "{id}");
    }
    assert!(server.contains("0000000001"));
}

#[test]
fn problems_have_a_code_a_thai_sentence_and_an_exit_code() {
    let mut town = Town::new();
    assert_eq!(run(sanam().arg("nonsense")).status.code(), Some(2));
    assert_eq!(run(town.device("x").args(["record", "/does/not/exist"])).status.code(), Some(1));
    let problem = |output: Output, code: &str| {
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.starts_with(&format!("{code}: ")), "{said}");
        assert!(said.chars().any(|c| ('ก'..='๙').contains(&c)), "{said}");
    };
    problem(run(town.device("x").arg("sync")), "not_enrolled");
    town.start(0);
    let address = town.server().address.clone();
    let never = "A".repeat(9);
    problem(run(town.device("x").args(["enrol", &address, &never])), "enrol_unknown");
    town.enrol("nok", 0);
    problem(run(town.device("y").args(["enrol", &address, &town.server().links[0]])), "enrol_used");
    std::fs::write(town.path("bad.json"), "{\"programme\": 5}\n").unwrap();
    problem(run(town.device("nok").arg("record").arg(town.path("bad.json"))), "malformed");
    problem(run(town.device("nok").args(["find", "javascript:alert(1)"])), "code_hostile");
    problem(
        run(sanam().args(["server", "serve", "--listen", "127.0.0.1:0", "--db"]).arg(town.path("town"))),
        "store_locked",
    );
}

#[test]
fn a_commit_of_changes_is_saved_as_one() {
    let mut town = Town::new();
    town.start(0);
    town.enrol("nok", 0);
    done(town.device("nok").arg("sync"));
    let dump = done(town.device("nok").arg("dump"));
    let meter = records(&dump, "subject")[0].clone();
    let line = json!({"commit": [{"kind": "subject", "id": meter["id"], "cells": {"phone": "0000001234"}}], "reason": "ลูกบ้านแจ้ง"});
    write_lines(&town.path("commit.json"), &[line]);
    assert_eq!(
        done(town.device("nok").arg("record").arg(town.path("commit.json"))).trim(),
        meter["id"].as_str().unwrap()
    );
    let serial = meter["cells"]["meter_no"]["value"].as_str().unwrap();
    let found: Value = serde_json::from_str(&done(town.device("nok").args(["find", serial]))).unwrap();
    assert_eq!(found["id"], meter["id"]);
    assert_eq!(done(town.device("nok").arg("sync")).trim().split(" · ").next(), Some("ส่ง 1"));
}

#[test]
fn a_restored_server_gets_back_what_came_after_its_backup() {
    let mut town = Town::new();
    town.start(0);
    let port = town.port();
    town.enrol("nok", 0);
    done(town.device("nok").arg("sync"));
    done(
        sanam()
            .args(["server", "backup", "--to"])
            .arg(town.path("backup.db"))
            .arg("--db")
            .arg(town.path("town")),
    );
    let dump = done(town.device("nok").arg("dump"));
    let meter = records(&dump, "subject")[0]["id"].clone();
    let visit =
        json!({"programme": "water", "form": "reading", "subject": meter, "answers": {"reading": 9000}});
    write_lines(&town.path("visit.json"), &[visit]);
    let id = done(town.device("nok").arg("record").arg(town.path("visit.json")));
    done(town.device("nok").arg("sync"));
    town.kill();

    let restore = |town: &Town| {
        run(sanam()
            .args(["server", "restore", "--from"])
            .arg(town.path("backup.db"))
            .arg("--db")
            .arg(town.path("town")))
    };
    assert_eq!(restore(&town).status.code(), Some(1), "a database that is there is not replaced");
    for name in ["sanam.db", "sanam.db-wal", "sanam.db-shm"] {
        let _ = std::fs::rename(town.path("town").join(name), town.path(&format!("lost-{name}")));
    }
    let restored = restore(&town);
    assert!(restored.status.success());
    let said = String::from_utf8(restored.stdout).unwrap();
    assert!(said.contains("กลับมาใช้งานได้อีก") && said.contains("ยกเลิกสิทธิ์"), "{said}");
    assert!(said.lines().any(|line| line.starts_with("  1  nok  ")), "{said}");
    let before = done(sanam().args(["server", "dump", "--db"]).arg(town.path("town")));
    assert!(!before.contains(id.trim()));
    town.start(port);
    done(town.device("nok").arg("sync"));
    let after = done(sanam().args(["server", "dump", "--db"]).arg(town.path("town")));
    assert!(after.contains(id.trim()));
}

#[test]
fn a_damaged_server_does_not_start_empty() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("sanam.db"),
        "this is no database, it only looks like a file".repeat(200),
    )
    .unwrap();
    let serve =
        || run(sanam().args(["server", "serve", "--listen", "127.0.0.1:0", "--db"]).arg(folder.path()));
    for _ in 0..2 {
        let said = serve();
        assert_eq!(said.status.code(), Some(1));
        assert!(String::from_utf8(said.stderr).unwrap().starts_with("store_damaged: "));
    }
    let kept = std::fs::read_dir(folder.path()).unwrap().flatten();
    let kept: Vec<String> = kept.map(|entry| entry.file_name().into_string().unwrap()).collect();
    assert!(kept.iter().any(|name| name.contains("set-aside")), "{kept:?}");
    assert!(!kept.iter().any(|name| name == "sanam.db"), "{kept:?}");
}

#[test]
fn a_first_start_prints_a_link_and_nothing_has_a_default_password() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = sanam()
        .args(["server", "serve", "--listen", "127.0.0.1:0", "--db"])
        .arg(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines: Vec<String> =
        BufReader::new(child.stdout.take().unwrap()).lines().take(2).map(Result::unwrap).collect();
    assert!(lines[1].contains("/office#setup="), "{lines:?}");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[cfg(unix)]
#[test]
fn the_server_stops_when_it_is_told_to() {
    let mut town = Town::new();
    town.start(0);
    let mut server = town.server.take().unwrap();
    let told = Command::new("kill").args(["-TERM", &server.child.id().to_string()]).status().unwrap();
    assert!(told.success());
    assert!(server.child.wait().unwrap().success());
    let mut rest = String::new();
    assert_eq!(server.out.read_line(&mut rest).unwrap(), 0, "{rest}");
}

#[test]
fn a_spreadsheet_comes_in_twice_and_goes_out_again() {
    let folder = tempfile::tempdir().unwrap();
    let csv = folder.path().join("meters.csv");
    std::fs::write(
        &csv,
        "\u{feff}customer_no,zone,order,name,digits,code\n001,R01,1,=สมชาย,4,DEMO0001\n002,R01,๒,มาลี,๕,\n",
    )
    .unwrap();
    let db = folder.path().join("db");
    let import = || {
        let mut command = sanam();
        command.args(["import", "--programme", "water", "--key", "customer_no", "--db"]).arg(&db).arg(&csv);
        done(&mut command).trim().to_owned()
    };
    assert_eq!((import(), import()), ("2 / 2".to_owned(), "0 / 2".to_owned()));
    let out = done(sanam().args(["export", "--programme", "water", "--db"]).arg(&db));
    assert!(out.starts_with("\u{feff}\"id\""), "{out}");
    assert!(out.contains("\"'=สมชาย\"") && out.contains("\"มาลี\"") && out.contains("\"001\""), "{out}");
    std::fs::write(&csv, "customer_no,zone,shoe_size\n1,R01,42\n").unwrap();
    let refused = run(sanam()
        .args(["import", "--programme", "water", "--key", "customer_no", "--db"])
        .arg(&db)
        .arg(&csv));
    assert!(String::from_utf8(refused.stderr).unwrap().contains("shoe_size"));
}

#[test]
fn sheets_of_blank_stickers_hold_codes_that_scan() {
    let folder = tempfile::tempdir().unwrap();
    let printed = done(
        sanam()
            .args(["labels", "--blank", "25", "--server", "https://q.example.go.th", "--to"])
            .arg(folder.path()),
    );
    let files: Vec<&str> = printed.lines().collect();
    assert!(std::fs::read(files[0]).unwrap().starts_with(b"%PDF"));
    let rows = std::fs::read_to_string(files[1]).unwrap();
    let codes: std::collections::BTreeSet<&str> =
        rows.lines().skip(1).map(|row| row.split(',').nth(2).unwrap()).collect();
    assert_eq!(codes.len(), 25);
    for code in codes {
        assert!(domain::code::read(code).is_ok(), "{code}");
        assert!(rows.contains(&format!("HTTPS://Q.EXAMPLE.GO.TH/Q/{code}")));
    }
    // The 22nd label is the first one of the second sheet.
    assert!(rows.lines().nth(22).unwrap().starts_with("2,1,"));

    let labels = |more: &[&str]| {
        let blank = ["labels", "--blank", "3", "--server", "https://q.example.go.th"];
        let printed = done(sanam().args(blank).args(more).arg("--to").arg(folder.path()));
        printed.lines().map(|path| std::fs::read_to_string(path).unwrap_or_default()).collect::<Vec<_>>()
    };
    let pages = labels(&["--as", "svg", "--stock", "50", "--start-at", "14"]);
    // The third does not fit any more on the used sheet of fifteen.
    let counts: Vec<usize> = pages.iter().map(|page| page.matches("evenodd").count()).collect();
    assert_eq!(counts, [2, 1, 0]);
    let tags = labels(&["--as", "engraving", "--stock", "25"]);
    assert_eq!(tags.len(), 4);
    assert!(!tags[0].contains("stroke") && tags[0].contains("width=\"25mm\""));
    let odd =
        run(sanam().args(["labels", "--blank", "3", "--server", "https://q.example.go.th", "--stock", "9"]));
    assert!(String::from_utf8(odd.stderr).unwrap().contains("63.5x38.1"));
}

#[test]
fn labels_of_a_registry_come_in_walking_order_and_bear_no_names() {
    let town = tempfile::tempdir().unwrap();
    let out = tempfile::tempdir().unwrap();
    done(sanam().args(["demo", "--size", "small", "--no-serve", "--dir"]).arg(town.path()));
    let labels = |more: &[&str]| {
        let mut command = sanam();
        command.args(["labels", "--server", "https://q.example.go.th", "--db"]).arg(town.path());
        command.args(more).arg("--to").arg(out.path());
        command
    };
    let rows = |more: &[&str]| {
        done(&mut labels(more));
        let text = std::fs::read_to_string(out.path().join("labels.csv")).unwrap();
        text.lines().skip(1).map(|row| row.split(',').map(str::to_owned).collect()).collect::<Vec<Vec<_>>>()
    };
    let all = rows(&["--programme", "water", "--show", "house_no"]);
    let one_route = rows(&["--programme", "water", "--zone", "R01", "--show", "house_no", "--public"]);
    assert!(!one_route.is_empty() && one_route.len() < all.len());
    assert_eq!(one_route[..], all[..one_route.len()], "the first route comes first");
    assert_eq!(one_route[0][4], "มาตรน้ำ");
    // The link proves itself to the office: six more characters, the same each time it is printed.
    let link = |row: &[String]| row[3].strip_prefix("HTTPS://Q.EXAMPLE.GO.TH/Q/").unwrap().to_owned();
    assert!(link(&one_route[0]).starts_with(&one_route[0][2]) && link(&one_route[0]).len() == 16);
    assert_ne!(link(&one_route[0]).get(10..), link(&one_route[1]).get(10..));
    let again = rows(&["--programme", "water", "--code", &one_route[1][2]]);
    assert_eq!(again.len(), 1);
    assert_eq!(again[0][3], one_route[1][3]);
    let patients = rows(&["--programme", "care"]);
    assert!(patients.iter().all(|row| row[4].is_empty() && row[5].is_empty()), "{patients:?}");
    for (more, code) in [
        (["--programme", "care", "--show", "name"], "forbidden"),
        (["--programme", "water", "--show", "phone"], "forbidden"),
        (["--programme", "water", "--zone", "nowhere"], "not_found"),
    ] {
        let refused = run(&mut labels(&more));
        assert!(String::from_utf8(refused.stderr).unwrap().contains(code), "{more:?}");
    }
}

#[test]
fn of_two_labels_the_one_that_was_bound_last_is_printed_again() {
    let folder = tempfile::tempdir().unwrap();
    let (csv, db) = (folder.path().join("meters.csv"), folder.path().join("db"));
    let mut codes = [1, 2].map(domain::code::make);
    codes.sort();
    let [first, last] = codes;
    let printed = |more: &[&str]| {
        let mut command = sanam();
        command.args(["labels", "--server", "https://q.example.go.th", "--programme", "water", "--db"]);
        done(command.arg(&db).arg("--to").arg(folder.path()).args(more));
        let text = std::fs::read_to_string(folder.path().join("labels.csv")).unwrap();
        text.lines().skip(1).map(|row| row.split(',').nth(2).unwrap().to_owned()).collect::<Vec<_>>()
    };
    for code in [&first, &last] {
        std::fs::write(&csv, format!("customer_no,zone,code\n001,R01,{code}\n")).unwrap();
        done(
            sanam()
                .args(["import", "--programme", "water", "--key", "customer_no", "--db"])
                .arg(&db)
                .arg(&csv),
        );
        assert_eq!(printed(&[]).join(" "), *code);
    }
    assert_eq!(printed(&["--code", &first]).join(" "), first, "a lost one that is named is printed");
}

#[test]
fn the_town_comes_with_stickers_and_pictures_of_its_enrolment_codes() {
    let folder = tempfile::tempdir().unwrap();
    let demo = || done(sanam().args(["demo", "--size", "small", "--no-serve", "--dir"]).arg(folder.path()));
    let first = demo();
    assert_eq!(first.matches("/enrol/").count(), 3);
    // A route, a village and a feeder of the small town: 8, 3 and 6 subjects with a code each.
    let sheet = std::fs::read_to_string(folder.path().join("stickers.svg")).unwrap();
    assert_eq!(sheet.matches("evenodd").count(), 8 + 3 + 6);
    for name in ["enrol-reader.png", "enrol-caregiver.png", "enrol-technician.png"] {
        assert!(std::fs::read(folder.path().join(name)).unwrap().starts_with(b"\x89PNG"), "{name}");
    }
    let dump = || done(sanam().args(["server", "dump", "--db"]).arg(folder.path()));
    let before = dump();
    let password = |text: &str| text.lines().find(|line| line.contains("/office")).unwrap().to_owned();
    assert_eq!(password(&demo()), password(&first), "a second start keeps the login");
    assert!(dump() == before, "a second start changes no record");
}

#[cfg(unix)]
#[test]
fn nobody_else_on_the_machine_can_read_what_is_written() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let set = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let mut town = Town::new();
    town.start(0);
    town.kill();
    let folder = town.path("town");
    // As an older version left them, and cut off: with a journal.
    set(&folder, 0o755);
    set(&folder.join("sanam.db"), 0o644);
    set(&folder.join("sanam.db-wal"), 0o644);
    set(&folder.join("enrol-reader.png"), 0o644);
    town.start(0);
    assert_eq!(mode(&folder), 0o700);
    for entry in std::fs::read_dir(&folder).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        // The sheet goes to a printer.
        if name != "stickers.svg" {
            assert_eq!(mode(&entry.path()), 0o600, "{name}");
        }
    }
    let backup = town.path("backup.db");
    done(sanam().args(["server", "backup", "--to"]).arg(&backup).arg("--db").arg(&folder));
    assert_eq!(mode(&backup), 0o600);
    set(&backup, 0o644);
    let again = town.path("again");
    done(sanam().args(["server", "restore", "--from"]).arg(&backup).arg("--db").arg(&again));
    assert_eq!((mode(&again), mode(&again.join("sanam.db"))), (0o700, 0o600));
    town.enrol("nok", 0);
    assert_eq!((mode(&town.path("nok")), mode(&town.path("nok").join("sanam.db"))), (0o700, 0o600));
    // A folder of other things is nobody's to close.
    let shared = town.path("shared");
    std::fs::create_dir(&shared).unwrap();
    set(&shared, 0o755);
    done(
        sanam().args(["labels", "--blank", "1", "--server", "https://q.example.go.th", "--to"]).arg(&shared),
    );
    assert_eq!(mode(&shared), 0o755);
}

#[test]
fn looking_into_a_damaged_database_leaves_it_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sanam.db");
    let damaged = "this is no database, it only looks like a file".repeat(200);
    std::fs::write(&path, &damaged).unwrap();
    let backup = folder.path().join("backup.db");
    for command in [
        &mut sanam().args(["server", "dump"]),
        &mut sanam().args(["server", "backup", "--to"]).arg(&backup),
        &mut sanam().args(["export", "--programme", "water"]),
    ] {
        assert_eq!(run(command.arg("--db").arg(folder.path())).status.code(), Some(1), "{command:?}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), damaged, "{command:?}");
    }
    let names = std::fs::read_dir(folder.path()).unwrap().flatten().map(|entry| entry.file_name());
    assert!(names.into_iter().all(|name| !name.to_string_lossy().contains("set-aside")));
    assert!(!backup.exists(), "no empty backup is left behind");
}

#[test]
fn what_was_typed_as_the_name_of_no_account_is_not_written_down() {
    let mut town = Town::new();
    town.start(0);
    let call = |name: &str| {
        let login = json!({"ask": "login", "with": {"name": name, "password": "ผิดผิดผิดผิด"}});
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let answer = agent
            .post(format!("{}/api/call", town.server().address))
            .header("content-type", "application/json")
            .header("x-sanam", "1")
            .send(login.to_string().as_bytes());
        answer.unwrap().status().as_u16()
    };
    let typed = ["MySecretWord1", "MySecretWord2", "MySecretWord3"];
    assert_eq!(typed.map(call), [401; 3]);
    assert_eq!([call("demo"), call("demo")], [401; 2]);
    let mut bytes = std::fs::read(town.path("town/sanam.db")).unwrap();
    bytes.extend(std::fs::read(town.path("town/sanam.db-wal")).unwrap_or_default());
    let holds = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(holds("unknown name") && holds("demowrong password"));
    assert!(!typed.iter().any(|name| holds(name)));
}
