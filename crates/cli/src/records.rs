//! `sanam device record`: visits and plain commits from JSON, saved one by one.

use crate::device::now;
use domain::access::Grant;
use domain::api::{Ask, KeepPhoto, SaveVisit, Status};
use domain::change::{Change, Commit, Place, Values};
use domain::ids::{RecordId, Seq};
use domain::problem::{Code, Problem};
use serde::Deserialize;
use serde_json::{Value, json};
use std::io::{BufRead, Write};
use store::{NewCommit, Store};
use sync_server::clock::Clock;

/// What `record --help` says.
pub const HELP: &str = "Saves what a file of JSON says (`-` for standard input), and prints each record's id once it is on disk.

The file holds one JSON object or many, one after the other. Each is a visit:

  {\"programme\": \"water\", \"form\": \"reading\", \"subject\": \"<id>\", \"answers\": {\"reading\": 123}}

with, if needed, \"outcome\" (default \"done\"), \"zone\" and \"code\" (for a form that makes a subject), \"photos\", \"place\"
({\"lat\", \"lon\", \"accuracy_m\"}), \"supersedes\", \"offset_minutes\" (default 420); or a commit of changes to records, saved as one:

  {\"commit\": [{\"kind\": \"subject\", \"id\": \"<id>\", \"cells\": {\"phone\": \"0000000001\"}}], \"reason\": \"...\"}

A change without \"id\" makes a new record. The first line that cannot be saved ends the command with exit code 1; the
lines before it are saved.

It takes what `sanam device rescue` prints, and a copy of what was not sent, as the app saves it, as well: what waited there is
saved here under the ids it had, unless it is here already. Sync before, so that the records are here that it is about. Of these
lines one that cannot be saved is named, and the others are saved all the same.";

#[derive(Deserialize)]
struct CommitLine {
    commit: Vec<ChangeLine>,
    place: Option<Place>,
    reason: Option<String>,
}

#[derive(Deserialize)]
struct ChangeLine {
    id: Option<RecordId>,
    kind: String,
    cells: Values,
}

/// A line of [`store::rescue`].
#[derive(Deserialize)]
struct Rescued {
    commit: Option<Commit>,
    #[serde(default)]
    waiting: bool,
    photo: Option<KeepPhoto>,
}

/// Saves every object of `reader`.
pub fn record(store: &mut Store, clock: &Clock, reader: impl BufRead) -> Result<(), Problem> {
    let mut out = std::io::stdout().lock();
    let mut failed = None;
    for (index, value) in serde_json::Deserializer::from_reader(reader).into_iter::<Value>().enumerate() {
        let about = |problem: Problem| match &problem.detail {
            Some(detail) => {
                let detail = format!("object {}: {detail}", index + 1);
                problem.about(detail)
            }
            None => problem.about(format!("object {}", index + 1)),
        };
        let malformed = |error: serde_json::Error| about(Problem::new(Code::Malformed).about(error));
        let value = value.map_err(malformed)?;
        if is_rescued(&value) {
            match save_again(store, clock, value) {
                Ok(ids) => ids.iter().for_each(|id| {
                    let _ = writeln!(out, "{id}").and_then(|()| out.flush());
                }),
                Err(problem) => {
                    let problem = about(problem);
                    eprintln!("{problem} ({})", problem.detail.as_deref().unwrap_or_default());
                    failed.get_or_insert(problem);
                }
            }
            continue;
        }
        let saved = if value.get("commit").is_some() {
            save_commit(store, clock, serde_json::from_value(value).map_err(malformed)?)
        } else {
            save_visit(store, clock, serde_json::from_value(with_defaults(value)).map_err(malformed)?)
        };
        for id in saved.map_err(about)? {
            // The reader of this line counts on it: it comes after the commit, and is not kept in a buffer.
            let _ = writeln!(out, "{id}").and_then(|()| out.flush());
        }
    }
    failed.map_or(Ok(()), Err)
}

/// Says whether an object is a line of a rescue.
fn is_rescued(value: &Value) -> bool {
    let has = |name: &str| value.get(name).is_some();
    has("waiting") || has("photo") || has("record")
}

/// Saves again what a line of a rescue holds, if it waited and is not here. Returns the records.
fn save_again(store: &mut Store, clock: &Clock, value: Value) -> Result<Vec<RecordId>, Problem> {
    let malformed = |error: serde_json::Error| Problem::new(Code::Malformed).about(error);
    match serde_json::from_value(value).map_err(malformed)? {
        Rescued { photo: Some(photo), .. } => {
            store::service::serve(store, None, now(clock), photo.wrap())?;
        }
        Rescued { commit: Some(commit), waiting: true, .. } if !store.shows(&commit.changes)? => {
            let ids = commit.changes.iter().map(|change| change.id).collect();
            let Commit { place, reason, changes, .. } = commit;
            let grant = own_grant(store, clock)?;
            store.save(&grant, now(clock), NewCommit { place, reason, changes, finishes: None })?;
            return Ok(ids);
        }
        Rescued { .. } => {}
    }
    Ok(Vec::new())
}

fn with_defaults(value: Value) -> Value {
    let defaults = json!({
        "outcome": domain::programme::DONE,
        "answers": {},
        "photos": [],
        "offset_minutes": domain::thai_date::THAI_OFFSET_MINUTES,
    });
    match (defaults, value) {
        (Value::Object(mut all), Value::Object(given)) => {
            all.extend(given);
            Value::Object(all)
        }
        (_, other) => other,
    }
}

fn save_visit(store: &mut Store, clock: &Clock, visit: SaveVisit) -> Result<Vec<RecordId>, Problem> {
    let saved = store::service::serve(store, None, now(clock), visit.wrap())?;
    Ok(vec![SaveVisit::unwrap(saved)?.record])
}

fn save_commit(store: &mut Store, clock: &Clock, line: CommitLine) -> Result<Vec<RecordId>, Problem> {
    let now = now(clock);
    let grant = own_grant(store, clock)?;
    let mut random = sync_server::entropy::system();
    let mut new_id = || {
        let mut bytes = [0u8; 10];
        random(&mut bytes);
        RecordId::new(now.ms, bytes)
    };
    let changes: Vec<Change> = line
        .commit
        .into_iter()
        .map(|change| Change {
            id: change.id.unwrap_or_else(&mut new_id),
            kind: change.kind,
            base_seq: Seq(0),
            cells: change.cells,
        })
        .collect();
    let ids = changes.iter().map(|change| change.id).collect();
    store.save(&grant, now, NewCommit { place: line.place, reason: line.reason, changes, finishes: None })?;
    Ok(ids)
}

fn own_grant(store: &mut Store, clock: &Clock) -> Result<Grant, Problem> {
    let status = Status::unwrap(store::service::serve(store, None, now(clock), Status {}.wrap())?)?;
    Ok(status.enrolled.ok_or(Code::NotEnrolled)?.grant)
}
