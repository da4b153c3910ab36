//! Where the window's requests arrive, and the errand boy who goes to the server.
//!
//! The door is behind one mutex. A request holds it for as long as the store needs; the errand boy holds it only
//! between two calls, never during one.

use crate::network::Network;
use domain::problem::{Code, Problem};
use door::{Clock, Door, Next, Said};
use serde::Serialize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use store::{Entropy, HttpAnswer, Kind, Now, Store};

/// The file in the data folder. Changing the name loses sight of everyone's data.
const FILE: &str = "sanam.db";

const PAUSE_AFTER_FAULT_MS: u64 = 60_000;

/// Something the window is told unasked; the same shape as the browser's worker sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    event: &'static str,
    detail: String,
}

/// Gets one answer.
type Asker = SyncSender<String>;
type Tell = Box<dyn Fn(Event) + Send + Sync>;

/// The door, once the store could be opened.
pub struct Desk {
    folder: Result<PathBuf, Problem>,
    door: OnceLock<Mutex<Door<Asker>>>,
    opening: Mutex<()>,
    /// True once something happened that the errand boy should look at.
    woken: Mutex<bool>,
    wake: Condvar,
    time: Time,
    tell: Tell,
}

impl Desk {
    /// Opens the store in a folder and sends the errand boy out. Where it does not open, every answer says why, and
    /// every request tries again: the other window may have been closed meanwhile.
    pub fn open(folder: Result<PathBuf, Problem>, tell: impl Fn(Event) + Send + Sync + 'static) -> Arc<Desk> {
        let desk = Arc::new(Desk {
            folder,
            door: OnceLock::new(),
            opening: Mutex::new(()),
            woken: Mutex::new(false),
            wake: Condvar::new(),
            time: Time::start(),
            tell: Box::new(tell),
        });
        let _ = desk.door();
        desk
    }

    /// Takes a request. The answer goes to `from`, now or once the network has brought it.
    pub fn ask(self: &Arc<Desk>, from: Asker, request: &str) {
        match self.door() {
            Ok(door) => {
                let said = lock(door).ask(from, request, self.time.now());
                if let Some(said) = said {
                    self.deliver(said);
                }
                self.wake_up();
            }
            Err(problem) => {
                let _ = from.send(door::answer_text(Err(problem)));
            }
        }
    }

    fn door(self: &Arc<Desk>) -> Result<&Mutex<Door<Asker>>, Problem> {
        let _one_at_a_time = lock(&self.opening);
        if let Some(door) = self.door.get() {
            return Ok(door);
        }
        let store = open_store(&self.folder.clone()?, self.time.now().ms)?;
        let mut seed = [0u8; 8];
        getrandom::fill(&mut seed).map_err(|error| Problem::new(Code::Internal).about(error))?;
        let now = self.time.now();
        let door =
            self.door.get_or_init(|| Mutex::new(Door::new(store, None, u64::from_le_bytes(seed), now)));
        let own = Arc::clone(self);
        std::thread::Builder::new()
            .name("sanam-errands".to_owned())
            .spawn(move || own.run_errands())
            .map_err(|error| Problem::new(Code::Internal).about(error))?;
        Ok(door)
    }

    fn run_errands(&self) {
        let Some(door) = self.door.get() else { return };
        let network = Network::new();
        let mut answer: Option<HttpAnswer> = None;
        loop {
            let now = self.time.now();
            let step = catch_unwind(AssertUnwindSafe(|| lock(door).carry(answer.take(), now)));
            // A fault of ours must not end all syncing: whoever waits is told, and the next attempt is a fresh one.
            let (said, next) = step.unwrap_or_else(|_| {
                (lock(door).abandon(now, &Code::Internal.into()), Next::Wait(PAUSE_AFTER_FAULT_MS))
            });
            said.into_iter().for_each(|said| self.deliver(said));
            match next {
                Next::Call(call) => answer = Some(network.carry(&call)),
                Next::Wait(ms) => self.sleep(Some(Duration::from_millis(ms))),
                Next::Rest => self.sleep(None),
            }
        }
    }

    fn deliver(&self, said: Said<Asker>) {
        match said {
            Said::Reply { to, text } => {
                let _ = to.send(text); // whoever asked may be gone
            }
            Said::Event { name, detail } => (self.tell)(Event { event: name, detail }),
        }
    }

    fn sleep(&self, longest: Option<Duration>) {
        let mut woken = lock(&self.woken);
        let until = longest.map(|longest| Instant::now() + longest);
        while !*woken {
            let Some(until) = until else {
                woken = self.wake.wait(woken).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            woken = self.wake.wait_timeout(woken, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        *woken = false;
    }

    fn wake_up(&self) {
        *lock(&self.woken) = true;
        self.wake.notify_one();
    }
}

/// A panic in one request leaves the store as it was before its transaction; the next request may go on with it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn open_store(folder: &Path, now_ms: u64) -> Result<Store, Problem> {
    std::fs::create_dir_all(folder).map_err(|error| {
        Problem::new(Code::StoreUnavailable).about(format!("{}: {error}", folder.display()))
    })?;
    let lock = std::fs::File::create(folder.join("lock")).map_err(unavailable)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(std::fs::TryLockError::WouldBlock) => return Err(Code::StoreLocked.into()),
        Err(std::fs::TryLockError::Error(error)) => return Err(unavailable(error)),
    }
    let store = Store::open(&folder.join(FILE), Kind::Device, entropy(), now_ms)?;
    // Held until the process ends: a second window must not sync the same device at the same time.
    std::mem::forget(lock);
    Ok(store)
}

fn unavailable(error: std::io::Error) -> Problem {
    Problem::new(Code::StoreUnavailable).about(error)
}

/// The system's source of randomness.
#[expect(
    clippy::panic,
    reason = "ids made without randomness would meet other people's: better no save than that"
)]
fn entropy() -> Entropy {
    Box::new(|bytes| {
        if let Err(error) = getrandom::fill(bytes) {
            panic!("no randomness: {error}");
        }
    })
}

/// The clocks of this machine.
struct Time {
    clock: Clock,
    started: Instant,
}

impl Time {
    fn start() -> Time {
        Time { clock: Clock::start(wall_ms(), 0), started: Instant::now() }
    }

    fn now(&self) -> Now {
        let ticks = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let offset = chrono::Local::now().offset().local_minus_utc() / 60;
        self.clock.read(wall_ms(), ticks, offset)
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the shell's clock module")]
fn wall_ms() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::sync_channel;

    fn ask(desk: &Arc<Desk>, request: &str) -> String {
        let (tell, told) = sync_channel(1);
        desk.ask(tell, request);
        told.recv().unwrap()
    }

    const STATUS: &str = r#"{"ask":"status","with":{}}"#;

    #[test]
    fn a_new_folder_gets_a_store_that_is_not_enrolled() {
        let folder = tempfile::tempdir().unwrap();
        let desk = Desk::open(Ok(folder.path().join("deep/down")), |_| {});
        assert!(ask(&desk, STATUS).contains(r#""enrolled":null"#));
        assert!(
            ask(&desk, r#"{"ask":"sync","with":{}}"#).contains("not_enrolled"),
            "answered by the errand boy"
        );
        assert!(ask(&desk, "{").contains("malformed"));
    }

    #[test]
    fn a_second_window_is_told_and_gets_the_store_once_it_is_free() {
        let folder = tempfile::tempdir().unwrap();
        let held = std::fs::File::create(folder.path().join("lock")).unwrap();
        held.lock().unwrap();
        let desk = Desk::open(Ok(folder.path().to_owned()), |_| {});
        assert!(ask(&desk, STATUS).contains("store_locked"));
        held.unlock().unwrap();
        assert!(ask(&desk, STATUS).contains(r#""ok""#));
    }

    #[test]
    fn a_damaged_file_is_kept_and_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), vec![0x5a; 8_192]).unwrap();
        let desk = Desk::open(Ok(folder.path().to_owned()), |_| {});
        assert!(ask(&desk, STATUS).contains("set-aside"));
        let kept = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| path.to_string_lossy().contains("set-aside"))
            .unwrap();
        assert_eq!(std::fs::read(kept).unwrap(), vec![0x5a; 8_192]);
    }
}
