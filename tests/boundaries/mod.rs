//! The boundaries of the code: what may import what, what is absent, and documents that must say what is so.
//! A rule that only people keep is broken on a Friday evening; these are read by a machine.

mod absent;
mod crates;
mod documents;
mod schema;

use std::path::{Path, PathBuf};

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Folders that are no source of ours.
const NOT_OURS: &[&str] = &["target", "node_modules", ".git", "dist", "demo", "gen"];

/// Every file under a folder whose name ends with `ending`, with its path from the repository's root.
pub fn files(under: &str, ending: &str) -> Vec<(String, String)> {
    fn walk(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
        let mut entries: Vec<PathBuf> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if !NOT_OURS.contains(&name.as_str()) {
                    walk(&path, ending, found);
                }
            } else if name.ends_with(ending) {
                found.push(path);
            }
        }
    }
    let root = root();
    let mut found = Vec::new();
    walk(&root.join(under), ending, &mut found);
    assert!(!found.is_empty(), "nothing in {under} ends with {ending}: the test looks at the wrong place");
    found
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
            (name, std::fs::read_to_string(&path).unwrap())
        })
        .collect()
}

/// All Rust source of the product and its tests.
pub fn rust() -> Vec<(String, String)> {
    ["crates", "sync-server", "src-tauri", "ui", "tests"]
        .iter()
        .flat_map(|folder| files(folder, ".rs"))
        .collect()
}

/// Rust source of the product alone: no folder of tests, and each file only up to its tests.
pub fn product() -> Vec<(String, String)> {
    rust()
        .into_iter()
        .filter(|(path, _)| {
            !path.starts_with("tests/") && !path.contains("/tests/") && !path.contains("/examples/")
        })
        .map(|(path, text)| {
            let end = text.find("#[cfg(test)]").unwrap_or(text.len());
            let text = text[..end].to_owned();
            (path, text)
        })
        .collect()
}

/// The code of a text without its comments.
pub fn without_comments(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Fails with a list, one line each.
pub fn assert_none(what: &str, found: Vec<String>) {
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}
