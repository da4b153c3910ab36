//! What the server writes of itself: one line an event on standard error, for people or for machines.

use clap::ValueEnum;
use std::io::IsTerminal;

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One JSON object.
    Json,
    /// Words.
    Text,
}

/// Begins to write. Without a format it is words on a terminal and JSON everywhere else.
///
/// `RUST_LOG` chooses what is written; the default is `info`. A panic is written with its place and without its words,
/// which may quote what a person typed.
pub fn begin(format: Option<Format>) {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let terminal = std::io::stderr().is_terminal();
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second call, as in a test, leaves the first one's settings.
    let _ = match format.unwrap_or(if terminal { Format::Text } else { Format::Json }) {
        Format::Json => log.json().flatten_event(true).try_init(),
        Format::Text => log.with_ansi(terminal).try_init(),
    };
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panicked");
    }));
}
