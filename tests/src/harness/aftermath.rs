//! What becomes of a device whose file was damaged, once it syncs again: it ends as the office has it or says that it does
//! not, each unsent commit arrives, is refused by its code or goes on waiting, and the office never takes for true what
//! only a disk has written.

use crate::world::office::open_quickly;
use crate::world::{Dice, World};
use domain::change::{Change, Commit, Value, kind};
use domain::problem::Problem;
use rusqlite::{Connection, OpenFlags};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use store::{HttpAnswer, Kind, Now, Step, Store, SyncSession};

/// Where the world's phones find their office.
const OFFICE: &str = "http://office/v1/";
/// A person tries again: what was healed by one sync is whole after the next.
const TRIES: usize = 3;
/// Far more than one of these devices has to say.
const MOST_CALLS: usize = 200;

/// Values by record and field.
type Cells = BTreeMap<(String, String), Value>;
/// Records by id, as `dump` writes them.
type Lines = BTreeMap<String, Value>;

/// A municipality at the moment at which a device's file was written.
pub struct Town {
    world: World,
    now: u64,
    /// The office's database at that moment, and the copy that it works on.
    backup: PathBuf,
    working: PathBuf,
    /// Its values at that moment, and once all that waits on the device has come: nothing else can be true.
    before: Cells,
    after: Cells,
    /// What waits on the device, by number.
    waiting: BTreeMap<u64, Commit>,
    /// The shelves of the device.
    shelves: BTreeSet<String>,
}

/// How it ended.
pub enum End {
    /// The device holds what the office holds, and nothing of it is damaged any more.
    Equal,
    /// It does not, and the sync or `verify` says so.
    Told,
}

impl Town {
    /// Notes a municipality, and what becomes of it with `device`, an undamaged file of one of its devices. That file is
    /// synced meanwhile: give a copy.
    pub fn of(world: World, device: &Path) -> Town {
        let (backup, working) = (world.path("office.db"), world.path("working.db"));
        world.with_server(|server, _| server.backup(&backup).unwrap());
        let before = cells_of(&lines_of(&world.dump()));
        let waiting = waiting_in(device).unwrap();
        let (now, after, shelves) = (world.now(), Cells::new(), BTreeSet::new());
        let mut town = Town { world, now, backup, working, before, after, waiting, shelves };
        town.is_put_back();
        let mut store = Store::open(device, Kind::Device, Dice::new(5).entropy(), 1).unwrap();
        town.syncs(&mut store).expect("a whole device syncs");
        town.after = cells_of(&lines_of(&town.world.dump()));
        let held = lines_of(&dumped(&store).expect("a whole device is read"));
        town.shelves = held.values().filter_map(|line| Some(line["shelf"].as_str()?.to_owned())).collect();
        assert!(!town.waiting.is_empty() && town.after != town.before, "nothing waited on the device");
        town
    }

    /// How many commits wait on the device.
    pub fn waiting(&self) -> u64 {
        self.waiting.len() as u64
    }

    /// Lets a damaged device sync with the office as it was. Errors: a sentence, where something untrue was taken or
    /// something went silently.
    pub fn goes_on(&self, path: &Path) -> Result<End, String> {
        self.is_put_back();
        let Ok(mut store) = Store::open(path, Kind::Device, Dice::new(5).entropy(), 1) else {
            return Ok(End::Told);
        };
        let synced = self.syncs(&mut store);
        let office = lines_of(&self.world.dump());
        let there = cells_of(&office);
        for (cell, value) in &there {
            if self.before.get(cell) != Some(value) && self.after.get(cell) != Some(value) {
                return Err(format!("the office took {value} for {cell:?}, which nobody wrote"));
            }
        }
        if synced.is_err() {
            return Ok(End::Told);
        }
        let is_whole = store.verify_all().is_ok_and(|faults| faults.is_empty());
        let dump = dumped(&store);
        drop(store);
        let Ok((received, refused)) = fates_in(path) else { return Ok(End::Told) };
        for (n, commit) in self.waiting.iter().filter(|(n, _)| **n <= received && !refused.contains(*n)) {
            for cell in cells_written(commit) {
                if there.get(&cell) != self.after.get(&cell) {
                    return Err(format!("commit {n} counts as received, and {cell:?} is not at the office"));
                }
            }
        }
        let is_same = dump.is_some_and(|dump| self.is_in_step(&lines_of(&dump), &office, &refused));
        match (is_same, is_whole) {
            (true, true) => Ok(End::Equal),
            (_, false) => Ok(End::Told),
            (false, true) => Err("it differs from the office, and nobody noticed".to_owned()),
        }
    }

    /// Whether everything that waited can be read out of a file that does not open.
    pub fn is_rescued_from(&self, path: &Path) -> bool {
        let mut out = Vec::new();
        if store::rescue::rescue(path, &mut out).is_err() {
            return false;
        }
        let text = String::from_utf8_lossy(&out);
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let rescued: Vec<Commit> =
            lines.filter_map(|line| serde_json::from_value(line["commit"].clone()).ok()).collect();
        self.waiting.values().all(|commit| rescued.contains(commit))
    }

    fn is_put_back(&self) {
        let entropy = || Dice::new(7).entropy();
        let mut inner = self.world.inner();
        // Nobody holds the file while it is written over.
        inner.server = Store::in_memory(Kind::Server, entropy()).unwrap();
        std::fs::copy(&self.backup, &self.working).unwrap();
        inner.server = open_quickly(&self.working, Kind::Server, entropy());
        inner.now = self.now;
    }

    fn syncs(&self, device: &mut Store) -> Result<(), Problem> {
        let mut last = Ok(());
        for _ in 0..TRIES {
            last = self.syncs_once(device);
        }
        last
    }

    fn syncs_once(&self, device: &mut Store) -> Result<(), Problem> {
        let mut session = SyncSession::new(false);
        let mut answer = None;
        for _ in 0..MOST_CALLS {
            match session.next(device, answer.take(), Now::thai(self.world.now())) {
                Step::Call(call) if call.url.starts_with(OFFICE) => {
                    answer = Some(self.world.inner().deliver(&call));
                }
                // Its file names another office now: nobody is there.
                Step::Call(_) => answer = Some(HttpAnswer::Unreachable),
                Step::Done(_) => return Ok(()),
                Step::Failed(problem) => return Err(problem),
            }
        }
        panic!("a sync that never ends")
    }

    /// Whether a device holds its shelves as the office does, and besides only what was refused.
    fn is_in_step(&self, ours: &Lines, theirs: &Lines, refused: &BTreeSet<u64>) -> bool {
        let refused: BTreeSet<String> = self
            .waiting
            .iter()
            .filter(|(n, _)| refused.contains(*n))
            .flat_map(|(_, commit)| commit.changes.iter().map(|change| change.id.to_string()))
            .collect();
        let is_held = |line: &Value| line["shelf"].as_str().is_some_and(|shelf| self.shelves.contains(shelf));
        theirs.iter().filter(|(_, line)| is_held(line)).all(|(id, line)| ours.get(id) == Some(line))
            && ours.keys().all(|id| theirs.contains_key(id) || refused.contains(id))
    }
}

fn dumped(store: &Store) -> Option<String> {
    let mut out = Vec::new();
    store.dump(None, &mut out).ok()?;
    String::from_utf8(out).ok()
}

fn lines_of(dump: &str) -> Lines {
    let lines = dump.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.map(|line| (line["id"].as_str().unwrap_or_default().to_owned(), line)).collect()
}

/// All values but those of questions: what they offer depends on which of several visits arrived, and nobody wrote it.
fn cells_of(lines: &Lines) -> Cells {
    let mut cells = Cells::new();
    for (id, line) in lines.iter().filter(|(_, line)| line["kind"] != kind::QUESTION) {
        for (field, cell) in line["cells"].as_object().into_iter().flatten() {
            cells.insert((id.clone(), field.clone()), cell["value"].clone());
        }
    }
    cells
}

/// The record and field of each cell that a commit writes.
fn cells_written(commit: &Commit) -> Vec<(String, String)> {
    let of_change = |change: &Change| -> Vec<(String, String)> {
        change.cells.keys().map(|field| (change.id.to_string(), field.clone())).collect()
    };
    commit.changes.iter().flat_map(of_change).collect()
}

fn looked_into(path: &Path) -> rusqlite::Result<Connection> {
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
}

const RECEIVED: &str = "SELECT coalesce(max(upto), 0) FROM receipt";

/// The commits that wait in a device's file.
fn waiting_in(path: &Path) -> rusqlite::Result<BTreeMap<u64, Commit>> {
    let db = looked_into(path)?;
    let received: u64 = db.query_row(RECEIVED, [], |row| row.get(0))?;
    let mut statement = db.prepare("SELECT n, body FROM outbox WHERE n > ?1")?;
    let found =
        statement.query_map([received], |row| Ok((row.get::<_, u64>(0)?, row.get::<_, String>(1)?)))?;
    found.map(|row| row.map(|(n, body)| (n, serde_json::from_str(&body).unwrap()))).collect()
}

/// Up to which commit a device was answered, and which of them were refused.
fn fates_in(path: &Path) -> rusqlite::Result<(u64, BTreeSet<u64>)> {
    let db = looked_into(path)?;
    let received = db.query_row(RECEIVED, [], |row| row.get(0))?;
    let mut statement = db.prepare("SELECT n FROM outbox WHERE refused <> ''")?;
    let refused = statement.query_map([], |row| row.get::<_, u64>(0))?.collect::<rusqlite::Result<_>>()?;
    Ok((received, refused))
}
