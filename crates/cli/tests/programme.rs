//! Follows `crates/programmes/HOW-TO-ADD.md` to the letter, with the real binary: what stands there makes a programme.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking"
)]

use std::path::Path;
use std::process::{Command, Output};

fn sanam(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sanam")).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The blocks of a language in the document, in order.
fn blocks(language: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../programmes/HOW-TO-ADD.md");
    let whole = std::fs::read_to_string(path).unwrap();
    let mark = format!("```{language}\n");
    whole.split(&mark).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// Writes the folder that the document describes.
fn follow(folder: &Path) {
    let (toml, csv) = (blocks("toml"), blocks("csv"));
    assert_eq!((toml.len(), csv.len()), (2, 3), "the document has other blocks now");
    std::fs::create_dir_all(folder.join("check")).unwrap();
    for (name, content) in [
        ("programme.toml", &toml[0]),
        ("cases.toml", &toml[1]),
        ("check/survey.csv", &csv[0]),
        ("check/choices.csv", &csv[1]),
        ("check/settings.csv", &csv[2]),
    ] {
        std::fs::write(folder.join(name), content).unwrap();
    }
    std::fs::write(folder.join("README.md"), "# บ่อน้ำ\n").unwrap();
}

#[test]
fn who_follows_the_document_has_a_programme() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("wells");
    follow(&folder);
    let wells = folder.to_str().unwrap();
    let checked = sanam(&["programme", "check", wells]);
    // A form wants three cases, and the document has three.
    assert!(checked.status.success(), "{}{}", text(&checked.stdout), text(&checked.stderr));

    let server = place.path().join("server");
    std::fs::create_dir(&server).unwrap();
    let db = server.to_str().unwrap();
    let published = sanam(&["programme", "publish", wells, "--db", db]);
    assert!(published.status.success(), "{}{}", text(&published.stdout), text(&published.stderr));
    let dump = text(&sanam(&["server", "dump", "--db", db]).stdout);
    assert!(dump.contains("\"wells\"") && dump.contains("ตรวจบ่อ"), "{dump:.400}");
    // Again is no news; something else under the same version is refused.
    assert!(sanam(&["programme", "publish", wells, "--db", db]).status.success());
    let toml = std::fs::read_to_string(folder.join("programme.toml")).unwrap();
    std::fs::write(folder.join("programme.toml"), toml.replace("Cloudy", "Muddy")).unwrap();
    let refused = sanam(&["programme", "publish", wells, "--db", db]);
    assert!(!refused.status.success());
    std::fs::write(
        folder.join("programme.toml"),
        toml.replace("Cloudy", "Muddy").replace("version = 1 ", "version = 2 "),
    )
    .unwrap();
    let newer = sanam(&["programme", "publish", wells, "--db", db]);
    assert!(newer.status.success(), "{}", text(&newer.stderr));
    assert!(text(&sanam(&["server", "dump", "--db", db]).stdout).contains("Muddy"));
}

#[test]
fn who_strays_from_it_is_told_where() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("wells");
    follow(&folder);
    let wells = folder.to_str().unwrap();
    let said = |file: &str, from: &str, to: &str| {
        let path = folder.join(file);
        let whole = std::fs::read_to_string(&path).unwrap();
        assert!(whole.contains(from), "{file} has no {from}");
        std::fs::write(&path, whole.replace(from, to)).unwrap();
        let checked = sanam(&["programme", "check", wells]);
        std::fs::write(&path, whole).unwrap();
        assert_eq!(checked.status.code(), Some(1));
        text(&checked.stdout)
    };
    assert!(said("cases.toml", "= \"ok\"", "= \"fine\"").contains("clear water"));
    assert!(said("programme.toml", "heading = [\"well_no\"]", "heading = [\"number\"]").contains("number"));
    assert!(said("check/survey.csv", "${clear} = 'yes'", "${cleer} = 'yes'").contains("survey"));
    assert!(said("programme.toml", "id = \"check\"", "id = \"look\"").contains("form \"check\""));
}
