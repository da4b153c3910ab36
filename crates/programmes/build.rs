//! Finds the programmes: every folder beside this file that holds a `programme.toml` is one, and every folder in it that holds
//! a `survey.csv` is one of its forms. So a new programme is a new folder, and nothing else.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let missing = |what: &str| io::Error::new(io::ErrorKind::NotFound, what.to_owned());
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or_else(|| missing("CARGO_MANIFEST_DIR"))?);
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or_else(|| missing("OUT_DIR"))?);
    say(&format!("cargo::rerun-if-changed={}", here.display()));
    let mut list = String::from("&[\n");
    for folder in folders_with(&here, "programme.toml")? {
        let _ = write!(
            list,
            "Source {{ id: {:?}, programme: {}, cases: {}, readme: {}, forms: &[",
            name_of(&folder),
            include(&folder.join("programme.toml")),
            include(&folder.join("cases.toml")),
            include(&folder.join("README.md"))
        );
        for form in folders_with(&folder, "survey.csv")? {
            let _ = write!(
                list,
                "FormSource {{ id: {:?}, survey: {}, choices: {}, settings: {} }},",
                name_of(&form),
                include(&form.join("survey.csv")),
                include(&form.join("choices.csv")),
                include(&form.join("settings.csv"))
            );
        }
        list.push_str("] },\n");
    }
    list.push(']');
    fs::write(out.join("sources.rs"), list)
}

/// The folders in a folder that hold a file, by name.
fn folders_with(folder: &Path, file: &str) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.join(file).is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn name_of(folder: &Path) -> String {
    folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn include(file: &Path) -> String {
    say(&format!("cargo::rerun-if-changed={}", file.display()));
    format!("include_str!({:?})", file.display().to_string())
}

#[allow(clippy::print_stdout, reason = "cargo listens there")]
fn say(line: &str) {
    println!("{line}");
}
