//! The real binary with forms: what an author is told, what goes out, and what filling gives.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking"
)]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn form(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sanam")).arg("form").args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn water() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../programmes/water/reading")
}

#[test]
fn an_author_is_told_where_and_what_to_change() {
    let folder = tempfile::tempdir().unwrap();
    let survey = folder.path().join("survey.csv");
    std::fs::write(&survey, "type,name,label,relevant\ntext,a,ก,\ninteger,b,ข,${aa} = 'x'\n").unwrap();
    let checked = form(&["check", folder.path().to_str().unwrap()]);
    assert_eq!(checked.status.code(), Some(1));
    let said = text(&checked.stdout);
    assert!(said.contains("[question_unknown] survey แถว 3 ช่อง relevant"), "{said}");
    assert!(said.contains("Did you mean ${a}?"), "{said}");
    let checked = form(&["check", "--json", folder.path().to_str().unwrap()]);
    let report: Value = serde_json::from_slice(&checked.stdout).unwrap();
    assert_eq!(report["errors"][0]["row"], 3);
    std::fs::write(&survey, "type,name,label,calculation\ncalculate,a,,th:adl-totl(1)\n").unwrap();
    let said = text(&form(&["check", folder.path().to_str().unwrap()]).stdout);
    assert!(said.contains("th:adl-totl") && said.contains("no function"), "{said}");
}

#[test]
fn a_form_goes_out_as_a_workbook_and_comes_back_in() {
    let folder = tempfile::tempdir().unwrap();
    let book = folder.path().join("water.xlsx");
    let sent = form(&["export", water().to_str().unwrap(), "--as", "xlsx", "--to", book.to_str().unwrap()]);
    assert!(sent.status.success(), "{}", text(&sent.stderr));
    let checked = form(&["check", book.to_str().unwrap()]);
    assert!(checked.status.success(), "{}", text(&checked.stdout));
    let here = form(&["export", water().to_str().unwrap()]);
    let there = form(&["export", book.to_str().unwrap()]);
    assert_eq!(text(&here.stdout), text(&there.stdout), "the same XForm");
    assert!(text(&here.stderr).contains("th:usage"), "what is left out is told");
}

#[test]
fn filling_gives_the_record_and_what_stands_in_its_way() {
    let folder = tempfile::tempdir().unwrap();
    let sheet = folder.path().join("form.md");
    std::fs::write(
        &sheet,
        "| survey |\n| | type | name | label | constraint | calculation |\n\
         | | hidden | prev | | | |\n| | integer | reading | เลข | . >= ${prev} | |\n\
         | | calculate | used | | | ${reading} - ${prev} |\n",
    )
    .unwrap();
    let sheet = sheet.to_str().unwrap();
    let filled = form(&["fill", sheet, "--known", "prev=120", "--set", "reading=๑๕๓"]);
    assert!(filled.status.success(), "{}", text(&filled.stderr));
    let record: Value = serde_json::from_slice(&filled.stdout).unwrap();
    assert_eq!((&record["record"]["reading"], &record["record"]["used"]), (&153.into(), &33.into()));
    let filled = form(&["fill", sheet, "--known", "prev=120", "--set", "reading=7"]);
    assert_eq!(filled.status.code(), Some(1));
    assert!(text(&filled.stderr).contains("ต้องแก้ reading"), "{}", text(&filled.stderr));
}
