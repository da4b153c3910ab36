//! What the server has done since it started, as numbers for Prometheus. No label and no value comes from what people
//! wrote: routes are patterns, errors are codes, devices are only counted.
//!
//! They are served by a listener of their own ([`crate::serve_metrics`]), so that opening them to nobody is the
//! normal case.

use crate::answer::Failure;
use crate::shared::Server;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::problem::{Code, Problem};
use domain::wire::{self, Fate, PullLine, PullRequest, PushReply};
use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use std::time::Duration;

/// Bounds of the duration of a request, seconds: from a pull of nothing to a slow line's last patience.
const SECONDS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Bounds of the number of commits in one push.
const COMMITS: [f64; 9] = [0.0, 1.0, 5.0, 10.0, 50.0, 100.0, 250.0, 500.0, 1000.0];

/// Bounds of the number of pushes that share a flush.
const TOGETHER: [f64; 6] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    path: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    path: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Coded {
    code: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Judged {
    verdict: &'static str,
}

/// The counters.
pub(crate) struct Metrics {
    registry: Registry,
    seconds: Family<Route, Histogram>,
    answers: Family<Answered, Counter>,
    errors: Family<Coded, Counter>,
    commits: Family<Judged, Counter>,
    push_commits: Histogram,
    pushes_together: Histogram,
    records_sent: Counter,
    sums_differed: Counter,
    photo_bytes: Counter,
    photos: Counter,
    notices: Family<Judged, Counter>,
    connections_refused: Counter,
    under_way: Gauge,
    stored: Stored,
}

/// What is read from the store when it is asked for.
#[derive(Default)]
struct Stored {
    database_bytes: Gauge,
    journal_bytes: Gauge,
    seq: Gauge,
    records: Gauge,
    devices: Gauge,
    waiting_on_devices: Gauge,
    refused: Gauge,
    questions: Gauge,
    photos: Gauge,
    photos_arriving: Gauge,
}

impl Metrics {
    pub(crate) fn new() -> Metrics {
        let mut registry = Registry::with_prefix("sanam");
        let stored = Stored::default();
        let metrics = Metrics {
            seconds: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            answers: Family::default(),
            errors: Family::default(),
            commits: Family::default(),
            push_commits: Histogram::new(COMMITS),
            pushes_together: Histogram::new(TOGETHER),
            records_sent: Counter::default(),
            sums_differed: Counter::default(),
            photo_bytes: Counter::default(),
            photos: Counter::default(),
            notices: Family::default(),
            connections_refused: Counter::default(),
            under_way: Gauge::default(),
            registry: Registry::default(),
            stored,
        };
        let m = &metrics;
        registry.register_with_unit(
            "request_duration",
            "Time until the answer began, by route",
            Unit::Seconds,
            m.seconds.clone(),
        );
        registry.register("answers", "Answers, by route and HTTP status", m.answers.clone());
        registry.register("errors", "Answers that were a problem, by its code", m.errors.clone());
        registry.register("notices", "Notifications: sent, failed", m.notices.clone());
        registry.register("requests_under_way", "Requests being answered now", m.under_way.clone());
        registry.register(
            "connections_refused",
            "Connections closed because their address had as many as one may have",
            m.connections_refused.clone(),
        );
        registry.register("commits", "Commits judged: ok, known, refused", m.commits.clone());
        registry.register("push_commits", "Commits in one push", m.push_commits.clone());
        registry.register(
            "pushes_together",
            "Pushes that shared one flush of the disk",
            m.pushes_together.clone(),
        );
        registry.register("records_sent", "Records sent to devices", m.records_sent.clone());
        registry.register(
            "sums_differed",
            "Pulls of nothing new on which a device's checksums were not the server's; it reads the shelf again",
            m.sums_differed.clone(),
        );
        registry.register_with_unit(
            "photo_received",
            "Pieces of photos received",
            Unit::Bytes,
            m.photo_bytes.clone(),
        );
        registry.register("photos_completed", "Photos that became whole", m.photos.clone());
        let s = &m.stored;
        for (name, help, gauge) in [
            ("database_size_bytes", "The database's file", &s.database_bytes),
            ("journal_size_bytes", "The journal beside it", &s.journal_bytes),
            ("seq", "The last number given to a commit", &s.seq),
            ("records", "Records, removed ones included", &s.records),
            ("devices", "Devices that may exchange", &s.devices),
            (
                "commits_waiting_on_devices",
                "Commits that devices said they still hold",
                &s.waiting_on_devices,
            ),
            ("commits_refused_kept", "Refused commits, kept for the office", &s.refused),
            ("questions_open", "Questions that nobody has settled", &s.questions),
            ("photos", "Photos that are whole", &s.photos),
            ("photos_arriving", "Photos of which a part arrived", &s.photos_arriving),
        ] {
            registry.register(name, help, gauge.clone());
        }
        Metrics { registry, ..metrics }
    }

    pub(crate) fn begins(&self) {
        self.under_way.inc();
    }

    /// Counts an answer. `path` is a pattern, never what was asked for.
    pub(crate) fn answered(&self, path: &str, status: u16, took: Duration, failed: Option<Code>) {
        self.under_way.dec();
        self.seconds.get_or_create(&Route { path: path.to_owned() }).observe(took.as_secs_f64());
        self.answers.get_or_create(&Answered { path: path.to_owned(), status }).inc();
        if let Some(code) = failed {
            self.errors.get_or_create(&Coded { code: code.as_str() }).inc();
        }
    }

    pub(crate) fn pushed(&self, reply: &PushReply) {
        self.push_commits.observe(reply.verdicts.len() as f64);
        for verdict in &reply.verdicts {
            let verdict = match verdict.fate {
                Fate::Ok { .. } => "ok",
                Fate::Known { .. } => "known",
                Fate::Refused { .. } => "refused",
            };
            self.commits.get_or_create(&Judged { verdict }).inc();
        }
    }

    /// Counts a message that was sent, or was not taken.
    pub(crate) fn notice_sent(&self, sent: bool) {
        let verdict = if sent { "sent" } else { "failed" };
        self.notices.get_or_create(&Judged { verdict }).inc();
    }

    /// Counts a connection that was closed because its address has enough of them.
    pub(crate) fn connection_refused(&self) {
        self.connections_refused.inc();
    }

    /// Counts pushes whose work goes to the disk together.
    pub(crate) fn flushed(&self, pushes: usize) {
        self.pushes_together.observe(pushes as f64);
    }

    /// Counts the records of a page: its lines but for the first and the last.
    pub(crate) fn pulled(&self, request: &PullRequest, page: &[u8]) {
        let lines = page.iter().filter(|byte| **byte == b'\n').count();
        self.records_sent.inc_by((lines as u64).saturating_sub(2));
        if lines <= 2 && differs(request, page) {
            self.sums_differed.inc();
        }
    }

    pub(crate) fn photo_piece(&self, bytes: usize, whole: bool) {
        self.photo_bytes.inc_by(bytes as u64);
        if whole {
            self.photos.inc();
        }
    }

    fn text(&self, figures: &store::Figures) -> Result<String, std::fmt::Error> {
        let s = &self.stored;
        for (gauge, value) in [
            (&s.database_bytes, figures.database_bytes),
            (&s.journal_bytes, figures.journal_bytes),
            (&s.seq, figures.seq),
            (&s.records, figures.records),
            (&s.devices, figures.devices),
            (&s.waiting_on_devices, figures.waiting_on_devices),
            (&s.refused, figures.refused),
            (&s.questions, figures.questions),
            (&s.photos, figures.photos),
            (&s.photos_arriving, figures.photos_arriving),
        ] {
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        }
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// Whether a device that had nothing to read says other checksums than the server. Those of the server come along after its
/// own work as well, of which it reads nothing either: that they are there proves nothing.
fn differs(request: &PullRequest, page: &[u8]) -> bool {
    let last = page.split(|byte| *byte == b'\n').rfind(|line| !line.is_empty());
    let Some(Ok(PullLine::Tail(tail))) = last.map(serde_json::from_slice::<PullLine>) else { return false };
    !tail.digests.is_empty() && request.digest.is_some_and(|said| said != wire::fold(tail.digests.iter()))
}

/// `GET /metrics`.
pub(crate) async fn metrics(State(server): State<Server>) -> Result<Response, Failure> {
    let figures = server.with_store(|store| Ok(store.figures()?)).await?;
    let text = server
        .metrics
        .text(&figures)
        .map_err(|_| Failure::from(Problem::new(Code::Internal).about("metrics")))?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_that_were_closed_are_counted() {
        let metrics = Metrics::new();
        let says = |metrics: &Metrics, count: &str| {
            let text = metrics.text(&store::Figures::default()).unwrap();
            text.lines().any(|line| line.strip_prefix("sanam_connections_refused_total ") == Some(count))
        };
        assert!(says(&metrics, "0"), "it is there before the first");
        metrics.connection_refused();
        metrics.connection_refused();
        assert!(says(&metrics, "2"));
    }
}
