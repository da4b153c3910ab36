//! R5: disks that are full, that fail, and that write less than they were told, at many points of five operations: a
//! device saves, a device pulls, the server takes a push, the server is backed up, a file is brought to the present schema.
//! Whoever fails says so with its code, keeps all that was acknowledged, and goes on when the disk is well again.

use super::Outcome;
use super::stage::{self, Held, Office, device, done, sanam, some_meter, tool, visit};
use crate::world::Dice;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;
use store::Kind;

const METERS: u32 = 40;
/// Room on each of the two small disks.
const DISK_BYTES: u64 = 48 << 20;

/// What the disk does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failure {
    /// No room from some write on (`ENOSPC`).
    Full,
    /// Some writes fail (`EIO`).
    WriteFails,
    /// What was written cannot be synced (`EIO`).
    SyncFails,
    /// A file may not grow: the write that would is cut short, the next one fails (`EFBIG`).
    Short,
    /// A real file system that is really full: a write is cut short, the next one fails.
    ReallyFull,
}

const FAILURES: [Failure; 5] =
    [Failure::Full, Failure::WriteFails, Failure::SyncFails, Failure::Short, Failure::ReallyFull];

/// Lets so many operations fail.
pub fn run(points: u64, seed: u64) -> Outcome {
    let mut outcome = Outcome::default();
    let mut town = Town::new(seed);
    let mut reached = 0;
    for point in 0..points {
        let failure = FAILURES[(point / 5 % 5) as usize];
        let hit = match point % 5 {
            0 => town.saves(failure, &mut outcome),
            1 => town.pulls(failure, &mut outcome),
            2 => town.pushes(failure, &mut outcome),
            3 => town.backs_up(failure, &mut outcome),
            _ => town.opens(failure, &mut outcome),
        };
        reached += u64::from(hit);
        outcome.runs += 1;
    }
    let real = if town.own.mounted && town.servers.mounted { "real" } else { "no right to mount: simulated" };
    outcome
        .note(format!("{reached} of the points were reached and the operation failed; small disks: {real}"));
    outcome.expect(reached * 2 >= points, || format!("only {reached} of {points} points were reached"));
    town.comes_to_rest(&mut outcome);
    outcome
}

/// A small disk of its own, where this user may mount one.
struct SmallDisk {
    path: PathBuf,
    mounted: bool,
}

impl SmallDisk {
    fn new(path: PathBuf) -> SmallDisk {
        std::fs::create_dir_all(&path).unwrap();
        let size = format!("size={DISK_BYTES}");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &size, "sanam-faults"]).arg(&path);
        let mounted = mount.stderr(Stdio::null()).status().is_ok_and(|status| status.success());
        SmallDisk { path, mounted }
    }

    /// Leaves room for so many bytes only.
    fn fills_up(&self, room: u64) {
        let ballast = self.path.join("ballast");
        let mut all = std::fs::File::create(&ballast).unwrap();
        let zeros = vec![0u8; 1 << 20];
        while std::io::Write::write_all(&mut all, &zeros).is_ok() {}
        let held = all.metadata().unwrap().len();
        all.set_len(held.saturating_sub(room)).unwrap();
    }

    fn has_room_again(&self) {
        let _ = std::fs::remove_file(self.path.join("ballast"));
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        if self.mounted {
            let _ = Command::new("umount").arg("-l").arg(&self.path).status();
        }
    }
}

/// In the order in which it is taken down: the server, its disks, the folder they are mounted in.
struct Town {
    office: Office,
    own: SmallDisk,
    servers: SmallDisk,
    place: tempfile::TempDir,
    dice: Dice,
    number: u64,
    acknowledged: Vec<String>,
    others: Vec<String>,
    files: u64,
}

impl Town {
    fn new(seed: u64) -> Town {
        let place = tempfile::tempdir().unwrap();
        let own = SmallDisk::new(place.path().join("own"));
        let servers = SmallDisk::new(place.path().join("servers"));
        let mut office = Office::new(&servers.path.join("office"), METERS, 2);
        office.starts();
        let dice = Dice::new(seed);
        let mut town = Town {
            place,
            own,
            servers,
            office,
            dice,
            number: 0,
            acknowledged: Vec::new(),
            others: Vec::new(),
            files: 0,
        };
        let code = town.office.code();
        done(device(&town.nok()).args(["enrol", &town.office.address(), &code, "--name", "นก"]));
        let code = town.office.code();
        done(device(&town.lek()).args(["enrol", &town.office.address(), &code, "--name", "เล็ก"]));
        for folder in [town.nok(), town.lek()] {
            done(device(&folder).arg("sync"));
        }
        town
    }

    /// The device whose disk fails.
    fn nok(&self) -> PathBuf {
        self.own.path.join("nok")
    }

    /// A device that is well.
    fn lek(&self) -> PathBuf {
        self.place.path().join("lek")
    }

    fn file(&mut self, name: &str) -> PathBuf {
        self.files += 1;
        self.place.path().join(format!("{}-{name}", self.files))
    }

    fn visits(&mut self, most: u64) -> PathBuf {
        let mut lines = String::new();
        for _ in 0..most {
            self.number += 1;
            lines.push_str(&format!("{}\n", visit(some_meter(&mut self.dice, METERS), self.number)));
        }
        let path = self.file("visits.json");
        std::fs::write(&path, lines).unwrap();
        path
    }

    /// Runs the tool while its disk fails.
    fn fails(&mut self, failure: Failure, disk: Option<&Path>, most: u64, arguments: &[&str]) -> Output {
        let point = 1 + self.dice.below(most);
        let failure = if failure == Failure::ReallyFull && disk.is_none() { Failure::Full } else { failure };
        let mut command = match failure {
            Failure::Full => {
                traced(&format!("inject=pwrite64,ftruncate,fallocate:error=ENOSPC:when={point}+"))
            }
            Failure::WriteFails => traced(&format!("inject=pwrite64:error=EIO:when={point}..{}", point + 8)),
            Failure::SyncFails => {
                let point = 1 + point / 8;
                traced(&format!("inject=fsync,fdatasync:error=EIO:when={point}+"))
            }
            Failure::Short => {
                // The limit lies in the middle of a frame of the journal.
                let mut command = Command::new("bash");
                let limit = 5 + point * 3;
                command.args(["-c", &format!("trap '' XFSZ; ulimit -f {limit}; exec \"$@\""), "bash"]);
                command
            }
            Failure::ReallyFull => Command::new("env"),
        };
        command.arg(tool()).args(arguments).stdin(Stdio::null());
        stage::carry_bug(&mut command);
        command.output().expect("strace and bash are installed (.ci/setup.sh faults)")
    }

    /// A command that failed says what it was, in the words the project has for it.
    fn says_why(outcome: &mut Outcome, what: &str, output: &Output) {
        let said = stage::said(output);
        let known = ["disk_full: ", "internal: ", "store_damaged: "];
        outcome.expect(output.status.code() == Some(1), || {
            format!("{what}: exit {:?}: {said}", output.status.code())
        });
        outcome.expect(known.iter().any(|code| said.contains(code)), || format!("{what}: says {said}"));
        outcome.expect(!said.contains("panicked"), || format!("{what}: {said}"));
    }

    fn saves(&mut self, failure: Failure, outcome: &mut Outcome) -> bool {
        let what = format!("a save, {failure:?}");
        let visits = self.visits(5);
        if failure == Failure::ReallyFull {
            let room = self.dice.below(220_000);
            self.own.fills_up(room);
        }
        let (disk, folder) = (self.own.mounted.then(|| self.own.path.clone()), self.nok());
        let arguments = ["device", "--store", path(&folder), "record", path(&visits)];
        let output = self.fails(failure, disk.as_deref(), 90, &arguments);
        self.own.has_room_again();
        self.acknowledged.extend(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned));
        let failed = !output.status.success();
        if failed {
            Town::says_why(outcome, &what, &output);
        }
        let again = self.visits(1);
        let output = device(&folder).arg("record").arg(&again).output().unwrap();
        outcome.expect(output.status.success(), || {
            format!("{what}: does not save again: {}", stage::said(&output))
        });
        self.acknowledged.extend(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned));
        Held::copied(&folder.join("sanam.db"), Kind::Device).check_device(outcome, &self.acknowledged, &what);
        failed
    }

    fn pulls(&mut self, failure: Failure, outcome: &mut Outcome) -> bool {
        let what = format!("a pull, {failure:?}");
        let visits = self.visits(8);
        let printed = done(device(&self.lek()).arg("record").arg(&visits));
        let theirs: Vec<String> = printed.lines().map(str::to_owned).collect();
        done(device(&self.lek()).arg("sync"));
        if failure == Failure::ReallyFull {
            let room = self.dice.below(120_000);
            self.own.fills_up(room);
        }
        let (disk, folder) = (self.own.mounted.then(|| self.own.path.clone()), self.nok());
        let output = self.fails(failure, disk.as_deref(), 60, &["device", "--store", path(&folder), "pull"]);
        self.own.has_room_again();
        let failed = !output.status.success();
        if failed {
            Town::says_why(outcome, &what, &output);
        }
        let output = stage::patiently(device(&folder).arg("pull"));
        outcome.expect(output.status.success(), || {
            format!("{what}: does not pull again: {}", stage::said(&output))
        });
        let held = Held::copied(&folder.join("sanam.db"), Kind::Device);
        held.check_device(outcome, &self.acknowledged, &what);
        for id in &theirs {
            outcome.looked_for += 1;
            outcome.expect(held.records.contains_key(id), || {
                format!("{what}: {id} of another device does not come")
            });
        }
        self.others.extend(theirs);
        failed
    }

    fn pushes(&mut self, failure: Failure, outcome: &mut Outcome) -> bool {
        let what = format!("a push, {failure:?}");
        let visits = self.visits(4);
        let printed = done(device(&self.lek()).arg("record").arg(&visits));
        self.others.extend(printed.lines().map(str::to_owned));
        let mut failed = false;
        let full = matches!(failure, Failure::ReallyFull | Failure::Short) && self.servers.mounted;
        if full {
            self.servers.fills_up(self.dice.below(150_000));
        } else {
            self.office.stops();
            let point = 1 + self.dice.below(12);
            let inject = match failure {
                Failure::SyncFails => format!("inject=fsync,fdatasync:error=EIO:when={point}..{}", point + 4),
                Failure::WriteFails => format!("inject=pwrite64:error=EIO:when={point}..{}", point + 8),
                _ => format!("inject=pwrite64:error=ENOSPC:when={point}..{}", point + 8),
            };
            let arguments = strace_arguments(&inject);
            let wrapper: Vec<&str> =
                std::iter::once("strace").chain(arguments.iter().map(String::as_str)).collect();
            if !self.office.tries_to_start_under(&wrapper) {
                // Its disk failed already when it opened its file; when the disk is well it starts.
                self.office.starts();
                failed = true;
            }
        }
        let mut arrived = false;
        for _ in 0..60 {
            let output = stage::patiently(device(&self.lek()).arg("sync"));
            arrived = output.status.success();
            if arrived {
                break;
            }
            failed = true;
            if output.status.code() == Some(124) {
                outcome.fault(format!("{what}: the sync never ends"));
                break;
            }
            let said = stage::said(&output);
            outcome.expect(!said.contains("panicked"), || format!("{what}: {said}"));
            self.servers.has_room_again();
        }
        self.servers.has_room_again();
        outcome.expect(self.office.runs(), || format!("{what}: the server has ended"));
        outcome.expect(arrived, || {
            format!("{what}: the server does not take it although its disk is well again")
        });
        if !full {
            self.office.stops();
            self.office.starts();
        }
        failed
    }

    fn backs_up(&mut self, failure: Failure, outcome: &mut Outcome) -> bool {
        let what = format!("a backup, {failure:?}");
        let to = self.file("backup.db");
        let folder = self.office.folder.clone();
        let output =
            self.fails(failure, None, 60, &["server", "backup", "--db", path(&folder), "--to", path(&to)]);
        let failed = !output.status.success();
        if failed {
            Town::says_why(outcome, &what, &output);
        } else {
            self.is_a_backup(&to, outcome, &what);
        }
        // What a failed backup leaves behind must not pass for one.
        if failed && to.exists() {
            let into = self.file("restored");
            let mut restore = sanam();
            let restore = restore
                .args(["server", "restore", "--db", path(&into), "--from", path(&to)])
                .output()
                .unwrap();
            outcome.expect(!restore.status.success(), || {
                format!("{what}: the half file restores as if it were whole: {}", stage::said(&restore))
            });
        }
        let again = self.file("backup.db");
        let output =
            sanam().args(["server", "backup", "--db", path(&folder), "--to", path(&again)]).output().unwrap();
        outcome.expect(output.status.success(), || {
            format!("{what}: no backup afterwards: {}", stage::said(&output))
        });
        self.is_a_backup(&again, outcome, &what);
        failed
    }

    fn is_a_backup(&self, file: &Path, outcome: &mut Outcome, what: &str) {
        let held = Held::copied(file, Kind::Server);
        outcome.expect(held.refused.is_none() && held.faults.is_empty(), || {
            format!("{what}: the backup: {:?} {:?}", held.refused, held.faults)
        });
        let now = self.office.held();
        outcome.looked_for += now.records.len() as u64;
        outcome.expect(held.records == now.records, || format!("{what}: the backup holds something else"));
    }

    /// A file of an older schema is opened, or one is begun.
    fn opens(&mut self, failure: Failure, outcome: &mut Outcome) -> bool {
        let what = format!("opening an older file, {failure:?}");
        let folder = self.file("older");
        std::fs::create_dir_all(&folder).unwrap();
        let expected = super::r10_versions::oldest_device(&folder.join("sanam.db"));
        let arguments = ["device", "--store", path(&folder), "dump"];
        let output = self.fails(failure, None, 6, &arguments);
        let failed = !output.status.success();
        if failed {
            Town::says_why(outcome, &what, &output);
        }
        let output = stage::patiently(device(&folder).arg("dump"));
        let dump = String::from_utf8_lossy(&output.stdout).into_owned();
        outcome.looked_for += expected.lines().count() as u64;
        outcome.expect(output.status.success() && dump == expected, || {
            format!("{what}: afterwards it holds something else: {}", stage::said(&output))
        });
        failed
    }

    fn comes_to_rest(&mut self, outcome: &mut Outcome) {
        let began = std::time::Instant::now();
        for folder in [self.nok(), self.lek(), self.nok()] {
            let output = stage::patiently(device(&folder).arg("sync"));
            outcome.expect(output.status.success(), || format!("at the end: {}", stage::said(&output)));
        }
        outcome.expect(began.elapsed() < Duration::from_secs(30), || "the queues do not drain".to_owned());
        self.office.stops();
        let held = |folder: PathBuf| Held::copied(&folder.join("sanam.db"), Kind::Device);
        let all = [
            ("the failing device".to_owned(), held(self.nok()), self.acknowledged.clone()),
            ("the other".to_owned(), held(self.lek()), self.others.clone()),
        ];
        stage::check_at_rest(outcome, &self.office.held(), &all);
    }
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn strace_arguments(inject: &str) -> Vec<String> {
    let calls = inject.trim_start_matches("inject=").split(':').next().unwrap();
    ["-f", "--seccomp-bpf", "-qq", "-e", "signal=none", "-o", "/dev/null", "-e"]
        .iter()
        .map(|text| (*text).to_owned())
        .chain([format!("trace={calls}"), "-e".to_owned(), inject.to_owned()])
        .collect()
}

fn traced(inject: &str) -> Command {
    let mut command = Command::new("strace");
    command.args(strace_arguments(inject));
    command
}
