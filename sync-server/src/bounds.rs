//! What one stranger or one device may take of a server. Nobody honest meets these: they are for who does not stop.

use std::time::Duration;

/// How much of the server one of its callers may take. [`Default`] is what a municipality runs with.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Connections that are open at once. Those beyond wait in the system's own queue, where they cost no descriptor.
    pub connections: usize,
    /// Of these, how many may come from one network. Proxies, which speak for many, have no such bound.
    pub connections_of_one: usize,
    /// A connection on which the headers of the next request are not whole after this time is closed.
    pub patience: Duration,
    /// A connection that takes nothing of its answer for so long is closed. The answer is held in memory until then.
    pub stall: Duration,
    /// Bytes of commits and questions for them, unfolded, that one device may send in 24 hours.
    pub records_a_day: u64,
    /// Bytes of photos that one device may send in 24 hours.
    pub photos_a_day: u64,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds {
            // Many systems give a process 1,024 descriptors, and the store and the app's files need some.
            connections: 512,
            connections_of_one: 256,
            // Longer than clients and proxies of the usual kind keep a connection that says nothing.
            patience: Duration::from_secs(75),
            // The system says that it can take more once a good part of what it holds is through: on a line of the edge of
            // a village, where some hundred kilobytes wait, that may be a minute.
            stall: Duration::from_secs(120),
            // A reader's month is half a megabyte, and the 90 days that are offered to a server put back some tens.
            records_a_day: 200_000_000,
            // Ninety days of twenty photos are half a gigabyte.
            photos_a_day: 2_000_000_000,
        }
    }
}
