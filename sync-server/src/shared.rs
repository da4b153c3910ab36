//! What all requests share: the store, the settings, the counters of wrong passwords.

use crate::answer::Failure;
use crate::clock::Clock;
use crate::passwords::Guesses;
use domain::problem::Code;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use store::Store;

/// Settings of a server.
#[derive(Clone)]
pub struct Config {
    /// Folder of the built browser app (`ui/dist`). Without it only the protocol and the citizens' page answer.
    pub app: Option<PathBuf>,
    /// The address that devices and citizens use, such as `https://sanam.example.go.th`. With `https` cookies
    /// are sent encrypted only.
    pub address: Option<String>,
    /// The office's telephone, for the citizens' page.
    pub phone: Option<String>,
    /// The time.
    pub clock: Clock,
}

/// A running server. Cheap to clone.
#[derive(Clone)]
pub struct Server {
    store: Arc<Mutex<Store>>,
    pub(crate) config: Arc<Config>,
    pub(crate) guesses: Arc<Mutex<Guesses>>,
    /// Password hashes being computed. Each takes 19 MB and a core, so a flood of logins must queue.
    pub(crate) hashing: Arc<tokio::sync::Semaphore>,
}

impl Server {
    /// Wraps a store. The caller has opened it as [`store::Kind::Server`].
    pub fn new(store: Store, config: Config) -> Server {
        Server {
            store: Arc::new(Mutex::new(store)),
            config: Arc::new(config),
            guesses: Arc::default(),
            hashing: Arc::new(tokio::sync::Semaphore::new(2)),
        }
    }

    /// Server time, milliseconds.
    pub fn now_ms(&self) -> u64 {
        (self.config.clock)()
    }

    /// Whether people reach this server by https.
    pub(crate) fn is_https(&self) -> bool {
        self.config.address.as_deref().is_some_and(|address| address.starts_with("https://"))
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
