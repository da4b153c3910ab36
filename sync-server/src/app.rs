//! The browser app's files. Files under `/assets/` carry a hash in their name and are kept for ever; the few others
//! are asked for anew each time and answered with 304 when nothing changed.

use crate::answer::Failure;
use crate::body::accepts;
use crate::shared::Server;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use domain::problem::Code;
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use tokio::sync::Mutex;

/// Bytes of files that are kept at most: several builds of the app, packed files among them.
const MOST_KEPT: usize = 64 << 20;

/// The app's files as they were read. All answers share what is kept, so that who does not read holds no copy of a file.
#[derive(Default)]
pub(crate) struct Files {
    kept: Mutex<HashMap<PathBuf, Kept>>,
}

#[derive(Clone)]
struct Kept {
    modified: SystemTime,
    bytes: Bytes,
    /// Its `ETag`.
    tag: String,
}

impl Files {
    /// Reads a file, once for all who ask until it changes on the disk.
    async fn read(&self, path: &Path) -> io::Result<Kept> {
        let about = tokio::fs::metadata(path).await?;
        let modified = about.modified()?;
        // Held while it reads: those who ask meanwhile find it here.
        let mut kept = self.kept.lock().await;
        let is_same = |known: &&Kept| known.modified == modified && known.bytes.len() as u64 == about.len();
        if let Some(known) = kept.get(path).filter(is_same) {
            return Ok(known.clone());
        }
        let bytes = Bytes::from(tokio::fs::read(path).await?);
        let tag = format!("\"{}\"", blake3::hash(&bytes).to_hex().get(..24).unwrap_or_default());
        let others: usize = kept.values().map(|known| known.bytes.len()).sum();
        if others + bytes.len() > MOST_KEPT {
            // Files of earlier builds; those of this one come back as they are asked for.
            kept.clear();
        }
        let read = Kept { modified, bytes, tag };
        kept.insert(path.to_path_buf(), read.clone());
        Ok(read)
    }
}

/// The page that every screen starts from.
pub(crate) async fn shell(State(server): State<Server>, headers: HeaderMap) -> Response {
    match &server.config.app {
        Some(folder) => {
            give(&server.app_files, folder, "index.html", &headers).await.unwrap_or_else(|_| not_built())
        }
        None => not_built(),
    }
}

/// Any other file of the app.
pub(crate) async fn file(
    State(server): State<Server>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let found = match &server.config.app {
        Some(folder) if method == Method::GET || method == Method::HEAD => {
            give(&server.app_files, folder, uri.path().trim_start_matches('/'), &headers).await
        }
        _ => Err(Code::NotFound.into()),
    };
    found.unwrap_or_else(IntoResponse::into_response)
}

fn not_built() -> Response {
    let page = "<!doctype html><html lang=\"th\"><meta charset=\"utf-8\"><title>สนาม</title>\
        <p>เซิร์ฟเวอร์ทำงานแล้ว แต่ยังไม่ได้สร้างหน้าจอ (<code>node ui/build.mjs</code>)</p>\
        <p lang=\"en\">The server runs, but the screens are not built yet.</p></html>";
    (StatusCode::SERVICE_UNAVAILABLE, Html(page)).into_response()
}

async fn give(files: &Files, folder: &Path, name: &str, asked: &HeaderMap) -> Result<Response, Failure> {
    let path = inside(folder, name).ok_or(Code::NotFound)?;
    let (content_type, is_text) = media_type(name);
    let offered = asked.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or("");
    // Packed once, by the build: a request costs no more than looking at a file.
    let packed =
        [("br", ".br"), ("gzip", ".gz")].into_iter().filter(|(name, _)| is_text && accepts(offered, name));
    let mut found = None;
    for (encoding, ending) in packed {
        let mut beside = path.clone().into_os_string();
        beside.push(ending);
        if let Ok(read) = files.read(Path::new(&beside)).await {
            found = Some((read, Some(encoding)));
            break;
        }
    }
    let (Kept { bytes, tag, .. }, encoding) = match found {
        Some(found) => found,
        None => (files.read(&path).await.map_err(|_| Code::NotFound)?, None),
    };
    let kept_for_ever = name.starts_with("assets/");
    let known = asked.get(header::IF_NONE_MATCH).is_some_and(|said| said.as_bytes() == tag.as_bytes());
    let mut response = if known { StatusCode::NOT_MODIFIED.into_response() } else { bytes.into_response() };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static(if kept_for_ever {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        }),
    );
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    if let (false, Some(encoding)) = (known, encoding) {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    Ok(response)
}

/// Joins a requested name to the folder. Names with anything but plain letters, digits and `.-_` between slashes
/// do not exist, so no `..`, no backslash and no hidden file can be asked for.
fn inside(folder: &Path, name: &str) -> Option<PathBuf> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let fine = |part: &str| !part.is_empty() && !part.starts_with('.') && part.chars().all(plain);
    name.split('/')
        .all(fine)
        .then(|| name.split('/').fold(folder.to_path_buf(), |path, part| path.join(part)))
}

/// The media type of a file by its name, and whether packing makes it smaller.
fn media_type(name: &str) -> (&'static str, bool) {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => ("text/html; charset=utf-8", true),
        "js" => ("text/javascript; charset=utf-8", true),
        "css" => ("text/css; charset=utf-8", true),
        "wasm" => ("application/wasm", true),
        "json" => ("application/json", true),
        "webmanifest" => ("application/manifest+json", true),
        "svg" => ("image/svg+xml", true),
        "txt" => ("text/plain; charset=utf-8", true),
        "png" => ("image/png", false),
        "woff2" => ("font/woff2", false),
        _ => ("application/octet-stream", false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_who_ask_share_one_copy_of_a_file_until_it_changes() {
        let path = std::env::temp_dir().join(format!("sanam-shared-{}", std::process::id()));
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let files = Files::default();
        let read = || runtime.block_on(files.read(&path));
        std::fs::write(&path, "before").unwrap();
        let (first, second) = (read().unwrap(), read().unwrap());
        assert_eq!(&first.bytes[..], b"before");
        assert_eq!(first.bytes.as_ptr(), second.bytes.as_ptr(), "the same memory");
        std::fs::write(&path, "and after").unwrap();
        let third = read().unwrap();
        assert_eq!(&third.bytes[..], b"and after");
        assert_ne!(third.tag, first.tag);
        std::fs::remove_file(&path).unwrap();
        assert!(read().is_err(), "what is gone is not given any more");
    }

    #[test]
    fn nothing_outside_the_folder_has_a_name() {
        let folder = Path::new("/app");
        assert_eq!(inside(folder, "assets/ui-1.js"), Some(PathBuf::from("/app/assets/ui-1.js")));
        for name in
            ["../x", "assets/../../x", "..", "", "assets//x", ".git/config", "a\\b", "%2e%2e/x", "a\0b"]
        {
            assert_eq!(inside(folder, name), None, "{name:?}");
        }
    }
}
