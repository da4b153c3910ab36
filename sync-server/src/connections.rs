//! The connections: how many there are, and how long one may say nothing or take nothing. A client that trickles the headers of
//! a request costs a descriptor for as long as it likes, and no password is asked before headers are whole; one that does not
//! read costs its answer as well.

use crate::guesses::network;
use crate::shared::Server;
use crate::write_deadline::WriteDeadline;
use axum::Router;
use axum::extract::ConnectInfo;
use axum::serve::Listener;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Refused connections are told of no more often than this.
const TOLD_EVERY_MS: u64 = 60_000;

/// Answers by `router`, within the server's [`crate::Bounds`], until `shutdown` ends; then no more connections are taken, and it
/// returns when the requests under way are done.
///
/// HTTP/1 alone, by its own builder: one that first looks which version a client speaks waits for that without a timer.
pub(crate) async fn serve(
    mut listener: TcpListener,
    router: Router,
    server: &Server,
    shutdown: impl Future<Output = ()>,
) {
    let bounds = server.config.bounds;
    let places = Arc::new(Semaphore::new(bounds.connections));
    let mut networks = Networks { most: bounds.connections_of_one, taken: HashMap::new() };
    let mut refusals = Refusals::default();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(bounds.patience);
    let under_way = GracefulShutdown::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let next = async {
            // A place first: who has none is not accepted yet.
            let place = Arc::clone(&places).acquire_owned().await;
            (place, Listener::accept(&mut listener).await)
        };
        let (place, (stream, from)) = tokio::select! {
            () = &mut shutdown => break,
            next = next => next,
        };
        let own = if server.config.speaks_for_others(from.ip()) {
            None
        } else {
            let Some(own) = networks.place(from.ip()) else {
                // It has enough; this one is closed.
                server.metrics.connection_refused();
                if refusals.is_to_be_told(server.now_ms()) {
                    tracing::warn!(
                        most = bounds.connections_of_one,
                        "connections of one address were closed: it has as many as one may have; \
                         if it is a proxy that speaks for others, name it with --trust-proxy"
                    );
                }
                continue;
            };
            Some(own)
        };
        let service = TowerToHyperService::new(router.clone());
        let service = service_fn(move |mut request: Request<Incoming>| {
            // Wrong passwords are counted by where they come from.
            request.extensions_mut().insert(ConnectInfo(from));
            service.call(request)
        });
        let stream = TokioIo::new(WriteDeadline::new(stream, bounds.stall));
        let connection = under_way.watch(http.serve_connection(stream, service));
        tokio::spawn(async move {
            let _until_closed = (place, own);
            // Whoever hangs up in the middle, or is too slow, hears and tells nothing.
            let _ = connection.await;
        });
    }
    drop(listener);
    under_way.shutdown().await;
}

/// How many connections each network has.
struct Networks {
    most: usize,
    taken: HashMap<String, Arc<Semaphore>>,
}

impl Networks {
    /// A place of this network's own; `None` when it has taken all of them. It comes back when it is dropped.
    fn place(&mut self, from: IpAddr) -> Option<OwnedSemaphorePermit> {
        let most = self.most;
        // Those that have none open are forgotten, so that there are never more than connections.
        self.taken.retain(|_, places| places.available_permits() < most);
        let places = self.taken.entry(network(from)).or_insert_with(|| Arc::new(Semaphore::new(most)));
        Arc::clone(places).try_acquire_owned().ok()
    }
}

/// When a refused connection was last told of.
#[derive(Default)]
struct Refusals {
    told_ms: Option<u64>,
}

impl Refusals {
    /// Whether one more is worth a line of the log. A stranger can cause as many as there is bandwidth for, and must not fill
    /// the disk with lines: one in [`TOLD_EVERY_MS`], whichever way the clock is set meanwhile.
    fn is_to_be_told(&mut self, now_ms: u64) -> bool {
        let is_due = self.told_ms.is_none_or(|told| told.abs_diff(now_ms) >= TOLD_EVERY_MS);
        if is_due {
            self.told_ms = Some(now_ms);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_has_its_own_places_and_takes_nobody_elses() {
        let mut networks = Networks { most: 2, taken: HashMap::new() };
        let from = |text: &str| text.parse::<IpAddr>().unwrap();
        let stranger = from("192.0.2.1");
        let held = [networks.place(stranger).unwrap(), networks.place(stranger).unwrap()];
        assert!(networks.place(stranger).is_none(), "it has had its two");
        assert!(networks.place(from("::ffff:192.0.2.1")).is_none(), "the same by another spelling");
        assert!(networks.place(from("192.0.2.2")).is_some());
        drop(held);
        assert!(networks.place(stranger).is_some(), "they came back");
        assert_eq!(networks.taken.len(), 1, "who has none open is forgotten");
    }

    #[test]
    fn refusals_are_told_once_a_minute() {
        let mut refusals = Refusals::default();
        let begun = 1_000 * TOLD_EVERY_MS;
        let moments = (0..=2 * TOLD_EVERY_MS).step_by(1_000);
        let told: Vec<u64> = moments.filter(|later| refusals.is_to_be_told(begun + later)).collect();
        assert_eq!(told, [0, TOLD_EVERY_MS, 2 * TOLD_EVERY_MS]);
        assert!(refusals.is_to_be_told(begun - TOLD_EVERY_MS), "also by a clock that was set back");
    }
}
