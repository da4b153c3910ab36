//! Simulated power cuts: what a process wrote is recorded with `strace`, and the disk is put together again as it may
//! have been at any instant: what was synced is there, of the rest whatever the disk happened to have finished.

use crate::world::Dice;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What of the writes that nobody had synced survives a cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Survival {
    /// None of them.
    None,
    /// Any of them.
    Some,
    /// Any sectors of 512 bytes of any of them.
    Torn,
}

/// All three.
pub const SURVIVALS: [Survival; 3] = [Survival::None, Survival::Some, Survival::Torn];

/// The system calls that matter. Memory maps of `-shm` are no part of a file's durable state.
pub const TRACED: &str = "trace=pwrite64,fsync,fdatasync,ftruncate,unlink,rename,write,writev,sendto,sendmsg";

/// Arguments of `strace` for a recording into `to`.
pub fn recording(to: &Path) -> Vec<String> {
    ["-f", "-y", "-xx", "-s", "4000000", "--seccomp-bpf", "-qq", "-e", "signal=none", "-e", TRACED, "-o"]
        .iter()
        .map(|text| (*text).to_owned())
        .chain([to.display().to_string()])
        .collect()
}

/// One thing that happened, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Bytes were written to a file of the store.
    Write {
        /// Its name.
        file: String,
        /// Where.
        at: usize,
        /// What.
        data: Vec<u8>,
    },
    /// All that was written to a file before is on disk.
    Sync {
        /// Its name.
        file: String,
    },
    /// A file was cut to a length.
    Truncate {
        /// Its name.
        file: String,
        /// The new length.
        to: usize,
    },
    /// A file went.
    Unlink {
        /// Its name.
        file: String,
    },
    /// The process told somebody something: on standard output or on a socket.
    Said(Vec<u8>),
}

impl Event {
    /// The file it is about; empty where it is about none.
    pub fn file(&self) -> &str {
        match self {
            Event::Write { file, .. }
            | Event::Sync { file }
            | Event::Truncate { file, .. }
            | Event::Unlink { file } => file,
            Event::Said(_) => "",
        }
    }
}

/// Reads a recording, as far as it is about files of `folder` and about what was said.
pub fn read(trace: &Path, folder: &Path) -> Vec<Event> {
    let text = std::fs::read(trace).unwrap();
    let text = String::from_utf8_lossy(&text);
    let folder = folder.display().to_string();
    let mut halves: BTreeMap<&str, String> = BTreeMap::new();
    let mut events = Vec::new();
    for line in text.lines() {
        let (process, call) = line.split_once(' ').unwrap_or(("", line));
        let call = call.trim_start();
        if let Some(half) = call.strip_suffix(" <unfinished ...>") {
            halves.insert(process, half.to_owned());
            continue;
        }
        if let Some(rest) = call.strip_prefix("<... ") {
            let rest = rest.split_once(" resumed>").map_or("", |(_, rest)| rest);
            let whole = halves.remove(process).unwrap_or_default() + rest;
            events.extend(parse(&whole, &folder));
        } else {
            events.extend(parse(call, &folder));
        }
    }
    events
}

fn parse(call: &str, folder: &str) -> Option<Event> {
    let (name, rest) = call.split_once('(')?;
    let (arguments, result) = rest.rsplit_once(" = ")?;
    if result.starts_with('-') || result.starts_with('?') {
        return None;
    }
    let mine = |path: String| -> Option<String> {
        let file = path.strip_prefix(folder)?.trim_start_matches('/').to_owned();
        (!file.ends_with("-shm") && !file.is_empty()).then_some(file)
    };
    match name {
        "unlink" => Some(Event::Unlink { file: mine(string(arguments)?)? }),
        "rename" => panic!("a recording of a rename: images do not know how to replay it: {call:.200}"),
        "write" | "writev" | "sendto" | "sendmsg" => {
            let path = path_of(arguments)?;
            // Standard output and sockets; neither the log nor files.
            let told = arguments.starts_with("1<") || path.starts_with("socket:") || path.starts_with("TCP");
            told.then(|| Event::Said(strings(arguments)))
        }
        _ => {
            let file = mine(path_of(arguments)?)?;
            let number = |back: usize| -> Option<usize> {
                arguments.trim_end().trim_end_matches(')').rsplit(", ").nth(back)?.trim().parse().ok()
            };
            match name {
                "fsync" | "fdatasync" => Some(Event::Sync { file }),
                "ftruncate" => Some(Event::Truncate { file, to: number(0)? }),
                "pwrite64" => {
                    let mut data = strings(arguments);
                    data.truncate(result.trim().parse().ok()?);
                    Some(Event::Write { file, at: number(0)?, data })
                }
                _ => None,
            }
        }
    }
}

/// The path that `-y` prints beside a file's number.
fn path_of(arguments: &str) -> Option<String> {
    let inside = arguments.split_once('<')?.1;
    let end = inside.find(['>'])?;
    Some(unescaped(&inside[..end]))
}

/// The first quoted string.
fn string(arguments: &str) -> Option<String> {
    let inside = arguments.split_once('"')?.1.split('"').next()?;
    String::from_utf8(bytes(inside)).ok()
}

/// All quoted strings, one after the other.
fn strings(arguments: &str) -> Vec<u8> {
    arguments.split('"').skip(1).step_by(2).flat_map(bytes).collect()
}

fn unescaped(text: &str) -> String {
    if text.contains("\\x") { String::from_utf8_lossy(&bytes(text)).into_owned() } else { text.to_owned() }
}

/// `\x41\x42` as bytes.
fn bytes(text: &str) -> Vec<u8> {
    text.split("\\x").skip(1).filter_map(|pair| u8::from_str_radix(pair.get(..2)?, 16).ok()).collect()
}

/// The files of a store at one instant.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    synced: BTreeMap<String, Vec<u8>>,
    pending: Vec<Event>,
}

impl Disk {
    /// The files of a folder, all of them on disk.
    pub fn of(folder: &Path) -> Disk {
        let mut disk = Disk::default();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_file() && !name.ends_with("-shm") {
                disk.synced.insert(name, std::fs::read(&path).unwrap());
            }
        }
        disk
    }

    /// Something happens to it.
    pub fn happens(&mut self, event: &Event) {
        match event {
            Event::Write { .. } | Event::Truncate { .. } => self.pending.push(event.clone()),
            Event::Sync { file } => {
                let (theirs, others): (Vec<Event>, Vec<Event>) =
                    std::mem::take(&mut self.pending).into_iter().partition(|event| event.file() == file);
                self.pending = others;
                theirs.iter().for_each(|event| apply(&mut self.synced, event));
            }
            // The file system keeps its own journal of names: they change in order.
            Event::Unlink { file } => {
                self.pending.retain(|event| event.file() != file);
                self.synced.remove(file);
            }
            Event::Said(_) => {}
        }
    }

    /// The power is cut: writes what is left to a folder, and returns where the database is.
    pub fn is_cut(&self, survival: Survival, dice: &mut Dice, to: &Path) -> PathBuf {
        let mut files = self.synced.clone();
        for event in &self.pending {
            match event {
                Event::Write { file, at, data } => match survival {
                    Survival::None => {}
                    Survival::Some => {
                        if dice.chance(50) {
                            put(&mut files, file, *at, data);
                        }
                    }
                    Survival::Torn => {
                        for (no, sector) in data.chunks(512).enumerate() {
                            if dice.chance(50) {
                                put(&mut files, file, at + no * 512, sector);
                            }
                        }
                    }
                },
                // Lengths are in the file system's journal as names are.
                other => apply(&mut files, other),
            }
        }
        std::fs::create_dir_all(to).unwrap();
        for (name, bytes) in &files {
            std::fs::write(to.join(name), bytes).unwrap();
        }
        to.join("sanam.db")
    }

    /// Says where a recording that was played to its end differs from the files that are there: then it was not read right.
    pub fn differs_from(&self, folder: &Path) -> Option<String> {
        let mut files = self.synced.clone();
        self.pending.iter().for_each(|event| apply(&mut files, event));
        let real = Disk::of(folder).synced;
        for (name, bytes) in real.iter().filter(|(name, _)| name.starts_with("sanam.db")) {
            let Some(ours) = files.get(name) else { return Some(format!("{name} was never written")) };
            let at = bytes.iter().zip(ours).position(|(one, other)| one != other);
            if bytes.len() != ours.len() || at.is_some() {
                return Some(format!(
                    "{name}: {} bytes for {}, different from {at:?}",
                    ours.len(),
                    bytes.len()
                ));
            }
        }
        None
    }

    /// Writes that nobody has synced.
    pub fn unsynced(&self) -> usize {
        self.pending.len()
    }
}

fn apply(files: &mut BTreeMap<String, Vec<u8>>, event: &Event) {
    match event {
        Event::Write { file, at, data } => put(files, file, *at, data),
        Event::Truncate { file, to } => files.entry(file.clone()).or_default().resize(*to, 0),
        Event::Sync { .. } | Event::Unlink { .. } | Event::Said(_) => {}
    }
}

fn put(files: &mut BTreeMap<String, Vec<u8>>, name: &str, at: usize, data: &[u8]) {
    let file = files.entry(name.to_owned()).or_default();
    if file.len() < at + data.len() {
        file.resize(at + data.len(), 0);
    }
    file[at..at + data.len()].copy_from_slice(data);
}
