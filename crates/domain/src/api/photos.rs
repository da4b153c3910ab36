//! Photos, as screens keep them and ask for them.

use serde::{Deserialize, Serialize};

/// Keeps a photo: a JPEG already resized, without position.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeepPhoto {
    /// The file, base64.
    pub base64: String,
    /// Such as `image/jpeg`.
    pub mime: String,
}

/// Where a kept photo is found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhotoKept {
    /// BLAKE3 of its bytes, hexadecimal.
    pub hash: String,
}

/// Asks for a photo.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Photo {
    /// BLAKE3 of its bytes, hexadecimal.
    pub hash: String,
    /// All of it, even where that means to fetch it from the office. Without, a small picture of it will do.
    #[serde(default)]
    pub whole: bool,
}

/// A photo, if this replica has it or could get it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PhotoReply {
    /// The file, base64; `None` if it is only at the office, or with whoever took it.
    pub base64: Option<String>,
    /// Its type.
    pub mime: String,
    /// It is the small picture.
    #[serde(default)]
    pub small: bool,
}
