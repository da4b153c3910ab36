//! A copy of what the office does not have yet, as a file: the last resort when a device is about to die.

use serde::{Deserialize, Serialize};

/// Asks for a copy of what this device has not sent, and of files that were damaged and set aside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnsentCopy {}

/// Files to be kept elsewhere. `sanam device record` takes the first, `sanam device rescue` reads the others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnsentCopyReply {
    /// The files.
    pub files: Vec<CopiedFile>,
    /// Names of files that are too large to be handed out like this; they stay where they are.
    pub too_large: Vec<String>,
}

/// One file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopiedFile {
    /// Its name.
    pub name: String,
    /// Its type.
    pub mime: String,
    /// Its bytes, base64.
    pub base64: String,
}

impl UnsentCopyReply {
    /// Most bytes of a file that is handed out: it has to fit into a phone's memory several times.
    pub const MOST_BYTES: u64 = 64 * 1024 * 1024;
}
