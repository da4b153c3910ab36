//! A copy of what the office does not have yet.

use crate::error::Result;
use crate::{Kind, Store, rescue};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::api::{CopiedFile, UnsentCopyReply};
use domain::problem::Code;
use std::path::Path;

/// What waits here, and the damaged file that this one was begun beside. Asked before enrolment as well: then it is the
/// damaged file that counts.
pub(super) fn unsent(store: &Store) -> Result<UnsentCopyReply> {
    if store.kind == Kind::Server {
        return Err(Code::Forbidden.into());
    }
    let mut lines = Vec::new();
    let found = rescue::copy_waiting(store, &mut lines)?;
    let mut reply = UnsentCopyReply::default();
    if found.unsent + found.photos > 0 {
        let name = format!("sanam-unsent-{}.jsonl", store.device().0);
        reply.files.push(file(name, "application/x-ndjson", &lines));
    }
    // In a browser the path means nothing; the door has that file.
    for path in store.set_aside().into_iter().flat_map(|path| [path.to_owned(), format!("{path}-wal")]) {
        let path = Path::new(&path);
        let (Ok(known), Some(name)) = (std::fs::metadata(path), path.file_name()) else { continue };
        let name = name.to_string_lossy().into_owned();
        if known.len() > UnsentCopyReply::MOST_BYTES {
            reply.too_large.push(name);
        } else if let Ok(bytes) = std::fs::read(path) {
            reply.files.push(file(name, "application/vnd.sqlite3", &bytes));
        }
    }
    Ok(reply)
}

fn file(name: String, mime: &str, bytes: &[u8]) -> CopiedFile {
    CopiedFile { name, mime: mime.to_owned(), base64: STANDARD.encode(bytes) }
}
