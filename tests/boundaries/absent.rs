//! What is deliberately absent.

use super::{assert_none, product, root, rust, without_comments};
use std::collections::{BTreeMap, BTreeSet};

/// Lines of files that hold one of some texts, except where `allowed` says so.
fn lines_with(texts: &[&str], allowed: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in product() {
        if allowed(&path) {
            continue;
        }
        for (at, line) in text.lines().enumerate() {
            let code = line.trim_start();
            if !code.starts_with("//") && texts.iter().any(|wanted| code.contains(wanted)) {
                found.push(format!("{path}:{}: {}", at + 1, code));
            }
        }
    }
    found
}

#[test]
fn only_the_store_speaks_sql() {
    let sql =
        ["SELECT ", "INSERT INTO", "INSERT OR ", "DELETE FROM", "CREATE TABLE", "CREATE INDEX", " SET begun"];
    assert_none("SQL outside the store", lines_with(&sql, |path| path.starts_with("crates/store/")));
    // The worker opens SQLite on the browser's file system and hands the connection to the store.
    let opens = |path: &str| path.starts_with("crates/store/") || path.starts_with("ui/worker/src/");
    assert_none("rusqlite outside the store", lines_with(&["rusqlite"], opens));
}

/// The text of a call from its opening bracket to the one that closes it.
fn call_at(code: &str) -> &str {
    let mut depth = 0;
    for (at, c) in code.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &code[..at];
        }
    }
    code
}

#[test]
fn names_of_tables_and_columns_never_come_from_outside() {
    // What is formatted into SQL is a constant or a list of integers, under one of these names.
    let known = [
        "{COLUMNS}",
        "{condition}",
        "{STANDING}",
        "{SKIPPED}",
        "{table}",
        "{list}",
        "{gone}",
        "{shelves}",
        "{limit}",
        "{}",
        "{period}",
        "{order}",
        "{select}",
        "{from}",
        "{key}",
        "{longest}",
    ];
    let mut found = Vec::new();
    for (path, text) in product().into_iter().filter(|(path, _)| path.starts_with("crates/store/src")) {
        let code = without_comments(&text);
        for (at, _) in code.match_indices("format!(") {
            let call = call_at(&code[at + "format!".len()..]);
            let sql = ["SELECT ", "INSERT ", "UPDATE ", "DELETE "].iter().any(|word| call.contains(word));
            if !sql {
                continue;
            }
            let mut rest = call;
            while let Some(open) = rest.find('{') {
                let close = rest[open..].find('}').map_or(rest.len(), |close| open + close + 1);
                let hole = &rest[open..close];
                if !known.contains(&hole) {
                    found.push(format!("{path}: {hole} in {call:.120}"));
                }
                rest = &rest[close..];
            }
        }
    }
    assert_none("something new is formatted into SQL", found);
}

#[test]
fn the_pure_crates_have_no_clock_no_dice_no_files_and_no_waiting() {
    let words = [
        "SystemTime",
        "Instant::now",
        "Utc::now",
        "Local::now",
        "getrandom",
        "rand::",
        "thread_rng",
        "std::fs",
        "std::net",
        "std::env",
        "std::thread",
        "async fn",
        "async move",
        ".await",
        "static mut",
    ];
    for pure in ["crates/domain/src", "crates/forms/src"] {
        let found = lines_with(&words, |path| !path.starts_with(pure));
        assert_none(&format!("{pure} is pure"), found);
    }
    let clocks = ["SystemTime::now", "Instant::now", "Utc::now"];
    let store = lines_with(&clocks, |path| !path.starts_with("crates/store/src"));
    assert_none("the store is told what time it is", store);
}

#[test]
fn no_code_names_a_programme_except_its_own_data_and_arithmetic() {
    let names = ["\"water\"", "\"care\"", "\"lights\"", "\"pets\"", "\"equipment\""];
    let own = |path: &str| {
        path.starts_with("crates/programmes/")
            || path.starts_with("crates/domain/src/calc/")
            || path.starts_with("crates/cli/src/demo/")
    };
    assert_none("code that knows one programme", lines_with(&names, own));
}

#[test]
fn no_unsafe_and_no_sleeping_tests() {
    let mut found = Vec::new();
    for (path, text) in rust() {
        if path.starts_with("tests/boundaries/") {
            continue;
        }
        let code = without_comments(&text);
        for word in ["unsafe {", "unsafe fn", "unsafe impl", "allow(unsafe_code)"] {
            if code.contains(word) {
                found.push(format!("{path}: {word}"));
            }
        }
        // The benchmark is no test: its slow network is slow.
        let is_test =
            (path.contains("/tests/") || path.starts_with("tests/")) && !path.starts_with("tests/src/bench/");
        if is_test && code.contains("thread::sleep") {
            found.push(format!("{path}: a sleep is not a synchronisation"));
        }
    }
    assert_none("forbidden", found);
}

#[test]
fn nothing_wipes_a_device() {
    let words = ["full_sync", "keep_mine", "wipe", "reset_database", "remove_dir_all", "fs::remove_file"];
    // The store of a browser lets its own temporary files go; the demo asks for an empty folder.
    let found = lines_with(&words, |path| {
        !(path.starts_with("crates/store/src")
            || path.starts_with("crates/door/src")
            || path.starts_with("crates/domain/src"))
    });
    assert_none("something that wipes", found);
}

#[test]
fn every_file_says_what_it_is() {
    let silent: Vec<String> = rust()
        .into_iter()
        .filter(|(_, text)| {
            let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
            first.trim_start_matches("//!").trim().is_empty() || !first.starts_with("//!")
        })
        .map(|(path, _)| path)
        .collect();
    assert_none("files that do not open with //!", silent);
}

#[test]
fn no_file_grows_without_end() {
    let long: Vec<String> = product()
        .into_iter()
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(path, lines)| *lines > 900 && !path.ends_with("forms/src/xpath/functions.rs"))
        .map(|(path, lines)| format!("{path}: {lines} lines"))
        .collect();
    assert_none("files to be taken apart", long);
}

#[test]
fn a_class_by_itself_is_styled_in_one_file() {
    // The style sheets are one after the other in the end: a second `.bar` once cut the bar of every screen short.
    let shared_on_purpose = [".choice", ".step", ".quick"];
    let mut homes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let folder = root().join("ui/style");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        for line in text.lines().filter(|line| line.starts_with('.')) {
            let selectors = line.split('{').next().unwrap_or_default();
            for class in selectors.split(',').map(str::trim).filter(|one| !one.contains([' ', ':', '[', '>']))
            {
                if class.matches('.').count() == 1 && !shared_on_purpose.contains(&class) {
                    homes.entry(class.to_owned()).or_default().insert(file.clone());
                }
            }
        }
    }
    assert!(homes.len() > 100, "the style sheets were not found");
    let twice = homes.into_iter().filter(|(_, files)| files.len() > 1);
    assert_none("classes of two files", twice.map(|(class, files)| format!("{class}: {files:?}")).collect());
}
