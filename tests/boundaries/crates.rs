//! Imports go one way.

use super::{assert_none, root};
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};
use std::collections::{BTreeMap, BTreeSet};

/// For each crate of ours, the crates of ours it may use. A crate that is not named here fails the test: say here
/// what it is for the others.
const MAY_USE: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("forms", &["domain"]),
    ("programmes", &["domain", "forms"]),
    ("documents", &["domain"]),
    ("scan", &["domain", "documents"]),
    ("store", &["domain", "forms", "documents"]),
    ("door", &["domain", "store"]),
    ("ui", &["domain", "forms"]),
    ("ui-worker", &["domain", "store", "programmes", "scan", "door"]),
    ("ui-scan-worker", &["scan"]),
    ("sanam-app", &["domain", "store", "programmes", "scan", "door"]),
    ("sync-server", &["domain", "forms", "store", "programmes", "scan", "documents"]),
    ("cli", &["domain", "forms", "store", "programmes", "scan", "documents", "sync-server"]),
    (
        "tests",
        &[
            "domain",
            "forms",
            "store",
            "programmes",
            "scan",
            "documents",
            "door",
            "ui",
            "ui-worker",
            "sanam-app",
            "sync-server",
            "cli",
        ],
    ),
];

/// Crates from outside that a crate must not use, because they would bring in what its page says it lacks.
const MUST_NOT_USE: &[(&str, &[&str])] = &[
    (
        "domain",
        &["rusqlite", "tokio", "getrandom", "rand", "web-sys", "js-sys", "reqwest", "ureq", "futures"],
    ),
    ("forms", &["rusqlite", "tokio", "getrandom", "rand", "web-sys", "js-sys", "ureq"]),
    ("documents", &["rusqlite", "tokio", "web-sys", "js-sys", "ureq", "getrandom"]),
    ("scan", &["rusqlite", "tokio", "web-sys", "js-sys", "ureq"]),
    (
        "store",
        &["tokio", "axum", "ureq", "reqwest", "web-sys", "js-sys", "getrandom", "rand", "tauri", "leptos"],
    ),
    ("door", &["tokio", "axum", "ureq", "rusqlite", "web-sys", "js-sys", "tauri"]),
    ("ui", &["rusqlite", "store", "tokio", "tauri"]),
    ("sync-server", &["rusqlite", "tauri", "leptos"]),
    ("cli", &["rusqlite", "tauri", "leptos"]),
    ("sanam-app", &["rusqlite", "leptos"]),
];

fn metadata() -> Metadata {
    MetadataCommand::new().current_dir(root()).no_deps().exec().unwrap()
}

#[test]
fn crates_of_ours_use_only_what_lies_below_them() {
    let metadata = metadata();
    let ours: BTreeSet<String> = metadata.packages.iter().map(|package| package.name.to_string()).collect();
    let rules: BTreeMap<&str, &[&str]> = MAY_USE.iter().copied().collect();
    let mut wrong = Vec::new();
    for package in &metadata.packages {
        let Some(allowed) = rules.get(package.name.as_str()) else {
            wrong.push(format!("{} is a new crate: name it here", package.name));
            continue;
        };
        for dependency in &package.dependencies {
            let counts = dependency.kind != DependencyKind::Development;
            if counts && ours.contains(&dependency.name) && !allowed.contains(&dependency.name.as_str()) {
                wrong.push(format!("{} uses {}", package.name, dependency.name));
            }
        }
    }
    for (name, _) in MAY_USE {
        if !ours.contains(*name) {
            wrong.push(format!("{name} is named here and does not exist"));
        }
    }
    assert_none("imports that go the wrong way", wrong);
}

#[test]
fn crates_from_outside_stay_where_they_belong() {
    let mut wrong = Vec::new();
    for package in &metadata().packages {
        let Some((_, forbidden)) = MUST_NOT_USE.iter().find(|(name, _)| *name == package.name.as_str())
        else {
            continue;
        };
        for dependency in &package.dependencies {
            let counts = dependency.kind != DependencyKind::Development;
            if counts && forbidden.contains(&dependency.name.as_str()) {
                wrong.push(format!("{} uses {}", package.name, dependency.name));
            }
        }
    }
    assert_none("crates where they do not belong", wrong);
}

#[test]
fn no_product_build_can_plant_a_bug() {
    let mut wrong = Vec::new();
    for package in &metadata().packages {
        let defaults = package.features.get("default").into_iter().flatten();
        wrong.extend(
            defaults
                .filter(|name| name.contains("planted"))
                .map(|name| format!("{}: default {name}", package.name)),
        );
        for dependency in &package.dependencies {
            if dependency.features.iter().any(|name| name.contains("planted")) {
                wrong.push(format!("{} takes {} with planted bugs", package.name, dependency.name));
            }
        }
        // Other features must not bring it in by the way.
        for (name, brings) in package.features.iter().filter(|(name, _)| *name != "planted") {
            if brings.iter().any(|feature| feature.contains("planted")) {
                wrong.push(format!("{}: feature {name} plants bugs", package.name));
            }
        }
    }
    for build in [
        "ui/build.mjs",
        "src-tauri/Cargo.toml",
        "ui/worker/Cargo.toml",
        "sync-server/Cargo.toml",
        "crates/door/Cargo.toml",
    ] {
        if std::fs::read_to_string(root().join(build)).unwrap().contains("planted") {
            wrong.push(format!("{build} knows of planted bugs"));
        }
    }
    assert_none("builds with mistakes on purpose", wrong);
    assert!(!domain::planted::is("anything"), "this build has none");
}

#[test]
fn every_planted_bug_is_one_line_in_the_code_and_every_line_is_listed() {
    let listed: BTreeSet<&str> = tests::harness::planted::BUGS.iter().map(|bug| bug.name).collect();
    let mut found = BTreeSet::new();
    for (path, text) in super::product() {
        if path.ends_with("planted.rs") {
            continue;
        }
        for (at, _) in text.match_indices("planted::is(\"") {
            let call = &text[at..text.len().min(at + 80)];
            if let Some(name) = call.split('"').nth(1) {
                found.insert(name.to_owned());
            }
        }
    }
    // `open.rs` chooses between these two by the kind of store.
    found.extend(["device_not_synced".to_owned(), "server_not_synced".to_owned()]);
    let found: BTreeSet<&str> = found.iter().map(String::as_str).collect();
    assert_eq!(found, listed);
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace_or_forbids_unsafe_itself() {
    let mut wrong = Vec::new();
    for package in &metadata().packages {
        let manifest = std::fs::read_to_string(&package.manifest_path).unwrap();
        if !manifest.contains("[lints]\nworkspace = true") && !manifest.contains("unsafe_code = \"forbid\"") {
            wrong.push(package.manifest_path.to_string());
        }
    }
    assert_none("crates without the lints", wrong);
}
