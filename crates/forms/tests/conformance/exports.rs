//! Real forms written as sheets and read again are the same forms; written as XForms they are read by ODK Validate.

use std::path::PathBuf;

use forms::workbook::{self, Limits};
use forms::{Form, export};

/// Real forms that are accepted, by file name.
pub fn real_forms() -> Vec<(String, Form)> {
    let Some(folder) = super::folder() else { return Vec::new() };
    let limits = Limits { old_format: true, ..Limits::default() };
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder.join("forms")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |path: &PathBuf| {
        let bytes = std::fs::read(path).ok()?;
        let form = forms::import_workbook(&bytes, &limits).ok()?.form;
        Some((path.file_name()?.to_string_lossy().into_owned(), form))
    };
    files.iter().filter_map(read).collect()
}

#[test]
fn forms_survive_a_workbook() {
    let mut failed = 0;
    let all = real_forms();
    for (name, form) in &all {
        let sheets = export::sheets(form);
        let bytes = workbook::write(&sheets).unwrap();
        let again = match forms::import_workbook(&bytes, &Limits::default()) {
            Ok(imported) => imported.form.to_json(),
            Err(errors) => {
                failed += 1;
                println!("{name}: {errors:#?}");
                continue;
            }
        };
        let wanted = form.to_json();
        if again != wanted {
            failed += 1;
            println!("{name}: {}", difference("", &wanted, &again));
        }
    }
    super::report::figure("form_round_trip_pct", all.len() - failed, all.len(), "");
    assert_eq!(failed, 0);
}

/// The first place where two documents differ.
fn difference(at: &str, a: &serde_json::Value, b: &serde_json::Value) -> String {
    use serde_json::Value::{Array, Object};
    match (a, b) {
        (Object(a), Object(b)) => {
            for key in a.keys().chain(b.keys()) {
                if a.get(key) != b.get(key) {
                    let null = serde_json::Value::Null;
                    let at = format!("{at}/{key}");
                    return difference(&at, a.get(key).unwrap_or(&null), b.get(key).unwrap_or(&null));
                }
            }
            String::new()
        }
        (Array(left), Array(right)) => {
            for (place, (a, b)) in left.iter().zip(right).enumerate() {
                if a != b {
                    return difference(&format!("{at}/{place}"), a, b);
                }
            }
            format!("{at}: {} and {} parts", left.len(), right.len())
        }
        _ => format!("{at}: {a} became {b}"),
    }
}

#[test]
fn xforms_are_written() {
    let Some(out) = std::env::var_os("SANAM_XFORMS_OUT").map(PathBuf::from) else { return };
    std::fs::create_dir_all(&out).unwrap();
    for (name, form) in real_forms() {
        std::fs::write(out.join(name).with_extension("xml"), export::xform(&form).xml).unwrap();
    }
}
