//! What all requests share: the store, the settings, the counters of wrong passwords.

use crate::allowance::Allowance;
use crate::answer::Failure;
use crate::app::Files;
use crate::body::Turns;
use crate::bounds::Bounds;
use crate::clock::Clock;
use crate::daily::Daily;
use crate::guesses::Guesses;
use crate::health::Health;
use crate::metrics::Metrics;
use crate::notify::Outside;
use crate::photos::Unfinished;
use crate::places::Places;
use domain::problem::{Code, Problem};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::Store;
use tokio::sync::Semaphore;

/// Settings of a server.
#[derive(Clone)]
pub struct Config {
    /// Folder of the built browser app (`ui/dist`). Without it only the protocol and the citizens' page answer.
    pub app: Option<PathBuf>,
    /// The address that devices and citizens use, such as `https://sanam.example.go.th`. With `https` cookies
    /// are sent encrypted only.
    pub address: Option<String>,
    /// Where the server listens, as others in its network write it (`http://192.168.1.5:8080`). Enrolment links lead
    /// there while `address` is not set.
    pub listening: Option<String>,
    /// The office's telephone, for the citizens' page.
    pub phone: Option<String>,
    /// Machines whose proxies may say where a request comes from (`X-Forwarded-For`), besides this one.
    pub proxies: Vec<IpAddr>,
    /// What one caller may take of the server.
    pub bounds: Bounds,
    /// The time.
    pub clock: Clock,
}

impl Config {
    /// A server that has only a clock: no screens, no address of its own.
    pub fn new(clock: Clock) -> Config {
        Config {
            app: None,
            address: None,
            listening: None,
            phone: None,
            proxies: Vec::new(),
            bounds: Bounds::default(),
            clock,
        }
    }

    /// Whether what comes from an address may be for others: from a proxy, on this machine or named above.
    pub(crate) fn speaks_for_others(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        peer.is_loopback() || self.proxies.contains(&peer)
    }
}

/// A running server. Cheap to clone.
#[derive(Clone)]
pub struct Server {
    store: Arc<Mutex<Store>>,
    /// Work that may share one flush of the disk.
    waiting: Arc<Mutex<Vec<Job>>>,
    pub(crate) config: Arc<Config>,
    guesses: Arc<Mutex<Guesses>>,
    label_guesses: Arc<Mutex<Guesses>>,
    unfinished: Arc<Mutex<Unfinished>>,
    allowance: Arc<Mutex<Allowance>>,
    daily: Arc<Mutex<Daily>>,
    /// What the forms of the citizens' pages are signed with. A restart makes them old.
    pub(crate) form_key: [u8; 32],
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) health: Arc<Health>,
    /// Password hashes being computed. Each takes 19 MB and a core, so a flood of logins must queue ...
    pub(crate) hashing: Arc<Semaphore>,
    /// ... and the queue has an end.
    pub(crate) places: Arc<Places>,
    /// The turns of large bodies.
    pub(crate) large: Arc<Turns>,
    /// Photos being drawn. Each can take two hundred megabytes and a core.
    pub(crate) drawing: Arc<Semaphore>,
    /// Uploaded forms being read, one at a time: a workbook may unfold to some hundred megabytes.
    pub(crate) importing: Arc<Semaphore>,
    /// What may be reached outside.
    pub(crate) outside: Arc<Outside>,
    /// The app's files that were asked for.
    pub(crate) app_files: Arc<Files>,
}

impl Server {
    /// Wraps a store. The caller has opened it as [`store::Kind::Server`].
    pub fn new(store: Store, config: Config) -> Server {
        Server {
            store: Arc::new(Mutex::new(store)),
            waiting: Arc::default(),
            config: Arc::new(config),
            guesses: Arc::default(),
            label_guesses: Arc::default(),
            unfinished: Arc::default(),
            allowance: Arc::default(),
            daily: Arc::default(),
            form_key: random_key(),
            metrics: Arc::new(Metrics::new()),
            health: Arc::default(),
            hashing: Arc::new(Semaphore::new(2)),
            places: Arc::default(),
            large: Arc::new(Turns::new()),
            drawing: Arc::new(Semaphore::new(1)),
            importing: Arc::new(Semaphore::new(1)),
            outside: Arc::default(),
            app_files: Arc::default(),
        }
    }

    /// Says what the server may reach outside of itself.
    #[must_use]
    pub fn reaching(self, outside: Outside) -> Server {
        Server { outside: Arc::new(outside), ..self }
    }

    /// Server time, milliseconds.
    pub fn now_ms(&self) -> u64 {
        (self.config.clock)()
    }

    /// The counts of wrong passwords.
    pub(crate) fn guesses(&self) -> MutexGuard<'_, Guesses> {
        self.guesses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The counts of labels that are not ours: apart, because any stranger can fill them.
    pub(crate) fn label_guesses(&self) -> MutexGuard<'_, Guesses> {
        self.label_guesses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The photos that are half here.
    pub(crate) fn unfinished(&self) -> MutexGuard<'_, Unfinished> {
        self.unfinished.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How often strangers did what they may.
    pub(crate) fn allowance(&self) -> MutexGuard<'_, Allowance> {
        self.allowance.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How much devices sent.
    pub(crate) fn daily(&self) -> MutexGuard<'_, Daily> {
        self.daily.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether people reach this server by https.
    pub(crate) fn is_https(&self) -> bool {
        self.config.address.as_deref().is_some_and(|address| address.starts_with("https://"))
    }

    /// Leaves the database as one file. What cannot be taken over stays in the journal and is not lost.
    pub(crate) async fn settle(&self) {
        if let Err(failure) = self.with_store(|store| Ok(store.checkpoint()?)).await {
            tracing::warn!(code = failure.0.code.as_str(), "the journal is left as it is");
        }
    }

    /// Runs `work` in one transaction with the work of all others who came while the disk was busy, and answers when all
    /// of it is durable. Each piece happens whole or not at all by itself: see [`Store::together`].
    pub(crate) async fn write_together<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let (tell, told) = tokio::sync::oneshot::channel();
        let job: Job = Box::new(move |store| {
            let done = work(store);
            Box::new(move |flushed: Result<(), Code>| {
                // Whoever asked may have hung up; what was done stays done.
                let _ = tell.send(flushed.map_err(Failure::from).and(done));
            })
        });
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(job);
        let (store, waiting, metrics) =
            (Arc::clone(&self.store), Arc::clone(&self.waiting), Arc::clone(&self.metrics));
        // Whoever gets the store first does the work of all who wait; the others find nothing left to do.
        tokio::task::spawn_blocking(move || {
            let mut store = store.lock().unwrap_or_else(PoisonError::into_inner);
            let jobs = std::mem::take(&mut *waiting.lock().unwrap_or_else(PoisonError::into_inner));
            if !jobs.is_empty() {
                metrics.flushed(jobs.len());
                flush(&mut store, jobs);
            }
        });
        told.await.unwrap_or_else(|_| Err(Failure::from(Code::Internal)))
    }

    /// Runs `work` with the store on a blocking thread. A panic in it rolls its transaction back and answers
    /// `internal`; the next request finds the store whole.
    pub(crate) async fn with_store<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let store = Arc::clone(&self.store);
        let task = tokio::task::spawn_blocking(move || {
            let mut store = store.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut store)
        });
        task.await.unwrap_or_else(|_| Err(Failure::from(Code::Internal)))
    }
}

fn random_key() -> [u8; 32] {
    let mut key = [0u8; 32];
    (crate::entropy::system())(&mut key);
    key
}

/// A piece of work for [`Server::write_together`]. It returns what tells its caller, once the disk has confirmed or failed.
type Job = Box<dyn FnOnce(&mut Store) -> Tell + Send>;
type Tell = Box<dyn FnOnce(Result<(), Code>) + Send>;

fn flush(store: &mut Store, jobs: Vec<Job>) {
    let mut tells: Vec<Tell> = Vec::with_capacity(jobs.len());
    let flushed = store.together(|store| {
        for job in jobs {
            // A panic costs its own piece, which was rolled back; its caller hears `internal`.
            let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| job(store)));
            tells.extend(done);
        }
    });
    let flushed = flushed.map_err(|error| Problem::from(error).code);
    tells.into_iter().for_each(|tell| tell(flushed));
}
