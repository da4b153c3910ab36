//! What to say when the store is gone: somebody cleared the browser's data, the browser did it itself, or the file does
//! not open any more and was set aside.
//!
//! Nothing can bring back what was never sent, and nobody is helped by a quiet empty screen. So the page remembers, beside
//! the store, how much waited; if the store comes back empty, it says so once, with the number and what to do next.

use crate::app::{App, app};
use crate::browser::{forget_setting, keep_setting, setting};
use crate::components::button::Button;
use crate::components::copies;
use crate::components::icon::{Icon, icon};
use crate::strings::fill;
use domain::api::StatusReply;
use domain::problem::Code;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the store held when it was last heard of.
const HELD: &str = "held";
/// What went with a store that is gone, until somebody has read it.
const LOST: &str = "lost";

/// How much waited to be sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Saved and not received by the office.
    records: u64,
    /// Photos the same.
    photos: u64,
    /// The store is not gone: it does not open, and is kept for somebody to rescue.
    #[serde(default)]
    kept: bool,
}

impl Waiting {
    fn of(status: &StatusReply) -> Waiting {
        let counts = status.counts;
        let records = counts.saved.saturating_sub(counts.received);
        Waiting { records, photos: counts.photos_waiting, kept: false }
    }

    fn and(self, other: Waiting) -> Waiting {
        Waiting {
            records: self.records + other.records,
            photos: self.photos + other.photos,
            kept: self.kept || other.kept,
        }
    }
}

/// What to keep in mind, and what is lost, after the store said how it stands.
///
/// An enrolled store is as it says. One that knows no office, where there was an enrolled one before, is another one:
/// the old is gone with what waited in it.
fn compare(
    status: &StatusReply,
    held: Option<Waiting>,
    lost: Option<Waiting>,
) -> (Option<Waiting>, Option<Waiting>) {
    match held {
        _ if status.enrolled.is_some() => (Some(Waiting::of(status)), lost),
        Some(held) => {
            let held = Waiting { kept: status.set_aside.is_some(), ..held };
            (None, Some(held.and(lost.unwrap_or_default())))
        }
        None => (None, lost),
    }
}

fn read(name: &str) -> Option<Waiting> {
    serde_json::from_str(&setting(name)?).ok()
}

fn write(name: &str, waiting: Option<Waiting>) {
    match waiting.and_then(|waiting| serde_json::to_string(&waiting).ok()) {
        Some(text) => keep_setting(name, &text),
        None => forget_setting(name),
    }
}

/// Looks at what the store says of itself. Returns what is lost and was not read yet.
pub fn look(status: &StatusReply) -> Option<Waiting> {
    let (was_held, was_lost) = (read(HELD), read(LOST));
    let (held, lost) = compare(status, was_held, was_lost);
    if held != was_held {
        write(HELD, held);
    }
    if lost != was_lost {
        write(LOST, lost);
    }
    lost
}

/// Says what is lost, until somebody has read it.
#[component]
pub fn Lost() -> impl IntoView {
    let app: App = app();
    let lost = RwSignal::new(None::<Waiting>);
    Effect::new(move |_| {
        let found = app.status.with(|status| status.as_ref().and_then(look));
        if lost.get_untracked() != found {
            lost.set(found);
        }
    });
    let read_it = move || {
        forget_setting(LOST);
        lost.set(None);
    };
    move || {
        let waiting = lost.get()?;
        let t = app.t();
        let numbers = [&*waiting.records.to_string(), &*waiting.photos.to_string()];
        let (title, gone, next) = match waiting {
            Waiting { records: 0, photos: 0, kept: false } => {
                (t.cleared_title, t.cleared_nothing_lost.to_owned(), t.cleared_next.to_owned())
            }
            Waiting { kept: false, .. } => {
                (t.cleared_title, fill(t.cleared_lost, &numbers), t.cleared_next_again.to_owned())
            }
            Waiting { kept: true, .. } => {
                (t.damaged_title, fill(t.damaged_unsent, &numbers), app.explain(&Code::StoreDamaged.into()))
            }
        };
        Some(view! {
            <section class="notice bad lost" role="alert">
                {icon(Icon::Warning)}
                <div>
                    <h2>{title}</h2>
                    <p id="lost">{gone}</p>
                    <p>{next}</p>
                    {waiting.kept.then(|| copies::button(app))}
                    <Button label=t.acknowledge press=read_it/>
                </div>
            </section>
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::access::{Grant, Role};
    use domain::api::{Counts, Enrolled};
    use domain::ids::DeviceNo;

    fn enrolled(saved: u64, received: u64, photos_waiting: u64) -> StatusReply {
        let grant = Grant { person: "นก".into(), role: Role::Worker, shelves: Vec::new() };
        let enrolled = Enrolled {
            device: DeviceNo(1),
            municipality: String::new(),
            server: String::new(),
            grant,
            revoked: false,
        };
        StatusReply {
            enrolled: Some(enrolled),
            counts: Counts { saved, received, photos_waiting },
            ..StatusReply::default()
        }
    }

    #[test]
    fn a_store_that_comes_back_empty_lost_what_waited_and_says_so_until_it_was_read() {
        let waiting = |records, photos| Some(Waiting { records, photos, kept: false });
        let empty = StatusReply::default();
        assert_eq!(compare(&empty, None, None), (None, None), "a browser nobody used before");
        let (held, lost) = compare(&enrolled(9, 6, 2), None, None);
        assert_eq!((held, lost), (waiting(3, 2), None));
        let (held, lost) = compare(&empty, held, lost);
        assert_eq!((held, lost), (None, waiting(3, 2)));
        assert_eq!(compare(&empty, held, lost), (None, lost), "it is not counted again at the next start");
        let (held, lost) = compare(&enrolled(1, 0, 0), held, lost);
        assert_eq!((held, lost), (waiting(1, 0), waiting(3, 2)), "nor forgotten because somebody enrolled");
        assert_eq!(compare(&empty, held, lost), (None, waiting(4, 2)), "and a second time adds up");
        assert_eq!(compare(&empty, waiting(0, 0), None), (None, waiting(0, 0)), "nothing lost is said, too");
        let damaged = StatusReply { set_aside: Some("sanam.db".into()), ..StatusReply::default() };
        let kept = Some(Waiting { records: 2, photos: 0, kept: true });
        assert_eq!(compare(&damaged, waiting(2, 0), None), (None, kept), "what does not open is not gone");
    }
}
