//! The time of day, for the server and for the headless device: the one place where it is read.

use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Gives milliseconds since 1970. A function, so that a test can move time.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// What the wall clock shows, in milliseconds since 1970; zero before then.
#[allow(clippy::disallowed_methods, reason = "shells read the clock here and pass it down")]
pub fn wall_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// The wall clock. A server follows it, because it runs for months and the machine corrects it.
pub fn wall() -> Clock {
    Arc::new(wall_ms)
}

/// A clock that takes the wall time once and then only counts on, so that nobody sets it back while it runs.
/// For devices: what a person does to the phone's clock during a round does not reorder the round.
pub fn anchored() -> Clock {
    let (wall, start) = (wall_ms(), Instant::now());
    Arc::new(move || wall.saturating_add(u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)))
}
