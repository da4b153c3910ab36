//! Where the window's requests arrive, and the errand boy who goes to the server.
//!
//! The door is behind one mutex. A request holds it for as long as the store needs; the errand boy holds it only
//! between two calls, never during one.

use crate::network::Network;
use domain::problem::{Code, Problem};
use door::{Clock, Door, Next, Said};
use serde::Serialize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
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

/// The door, if the store could be opened; otherwise why not.
pub struct Desk {
    door: Result<Mutex<Door<Asker>>, Problem>,
    /// True once something happened that the errand boy should look at.
    woken: Mutex<bool>,
    wake: Condvar,
    time: Time,
    tell: Tell,
}

impl Desk {
    /// Opens the store in a folder and sends the errand boy out. A store that does not open is told in every answer:
    /// the person must read why, and nothing may be touched.
    pub fn open(folder: Result<PathBuf, Problem>, tell: impl Fn(Event) + Send + Sync + 'static) -> Arc<Desk> {
        let time = Time::start();
        let mut seed = [0u8; 8];
        let _ = getrandom::fill(&mut seed);
        let door = folder
            .and_then(|folder| open_store(folder, time.now().ms))
            .map(|store| Mutex::new(Door::new(store, None, u64::from_le_bytes(seed), time.now())));
        let desk = Arc::new(Desk {
            door,
            woken: Mutex::new(false),
            wake: Condvar::new(),
            time,
            tell: Box::new(tell),
        });
        let own = Arc::clone(&desk);
        let thread =
            std::thread::Builder::new().name("sanam-errands".to_owned()).spawn(move || own.run_errands());
        if let Err(error) = thread {
            desk.deliver(Said::Event { name: "progress", detail: format!("{error}") });
        }
        desk
    }

    /// Takes a request. The answer goes to `from`, now or once the network has brought it.
    pub fn ask(&self, from: Asker, request: &str) {
        match &self.door {
            Ok(door) => {
                let said = lock(door).ask(from, request, self.time.now());
                if let Some(said) = said {
                    self.deliver(said);
                }
                self.wake_up();
            }
            Err(problem) => {
                let _ = from.send(door::answer_text(Err(problem.clone())));
            }
        }
    }

    fn run_errands(&self) {
        let Ok(door) = &self.door else { return };
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

fn open_store(folder: PathBuf, now_ms: u64) -> Result<Store, Problem> {
    std::fs::create_dir_all(&folder).map_err(|error| {
        Problem::new(Code::StoreUnavailable).about(format!("{}: {error}", folder.display()))
    })?;
    let lock = std::fs::File::create(folder.join("lock")).map_err(unavailable)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(std::fs::TryLockError::WouldBlock) => return Err(Code::StoreLocked.into()),
        Err(std::fs::TryLockError::Error(error)) => return Err(unavailable(error)),
    }
    // Held until the process ends: a second window must not sync the same device at the same time.
    std::mem::forget(lock);
    Ok(Store::open(&folder.join(FILE), Kind::Device, entropy(), now_ms)?)
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
