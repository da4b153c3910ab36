//! Fills of real forms: the same answers must give the same record as in both official engines.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use forms::workbook::Limits;
use forms::{Filling, FixedHost, Form};
use serde_json::Value;

use super::scenarios::{difference, record};

/// Floor of what passes, in percent; raise it when more does.
const FLOOR: f64 = 100.0;

fn fill(form: &Arc<Form>, trace: &Value) -> Result<(), String> {
    let properties = [
        ("deviceid", "dev:1"),
        ("phonenumber", "0812345678"),
        ("username", "cg01"),
        ("email", "cg@example.org"),
    ];
    let properties =
        properties.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    // 2026-03-15T02:30:00Z is the moment of every trace.
    let host = FixedHost {
        now_ms: 1_773_541_800_000,
        offset_minutes: super::offset(trace["tz"].as_str().unwrap()),
        properties,
        ..FixedHost::default()
    };
    let mut filling = Filling::new(form, &BTreeMap::new(), Box::new(host));
    if let Some(language) = trace["lang"].as_str() {
        filling.set_language(language);
    }
    if let Some(difference) = difference(&filling.record(), &record(trace["initial"].as_str().unwrap())) {
        return Err(format!("at the start: {difference}"));
    }
    for (place, step) in trace["ops"].as_array().unwrap().iter().enumerate() {
        let path = step["ref"].as_str().unwrap();
        let value = match &step["value"] {
            Value::String(text) => text.clone(),
            Value::Array(all) => all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        let done = if step["op"] == "set" {
            filling.set(path, &value)
        } else {
            filling.add_repeat(path).map(|_| ())
        };
        done.map_err(|error| format!("step {place}: {error}"))?;
    }
    match difference(&filling.record(), &record(trace["final"].as_str().unwrap())) {
        Some(difference) => Err(difference),
        None => Ok(()),
    }
}

#[test]
fn real_forms_give_the_same_records() {
    let Some(text) = super::read("fills.jsonl.gz") else { return };
    let folder = super::folder().unwrap().join("forms");
    let mut known: HashMap<String, Result<Arc<Form>, String>> = HashMap::new();
    let mut counted = 0;
    let mut failed = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let trace: Value = serde_json::from_str(line).unwrap();
        let name = trace["form"].as_str().unwrap();
        let form = known.entry(name.to_owned()).or_insert_with(|| {
            let bytes = std::fs::read(folder.join(name)).map_err(|error| error.to_string())?;
            let limits = Limits { old_format: true, ..Limits::default() };
            let imported = forms::import_workbook(&bytes, &limits)
                .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n   "))?;
            Ok(Arc::new(imported.form))
        });
        let outcome = match form {
            Ok(form) => fill(&form.clone(), &trace),
            Err(why) => Err(why.clone()),
        };
        counted += 1;
        if let Err(why) = outcome {
            failed.push((format!("{name} {}", trace["seed"]), why));
        }
    }
    let passed = counted - failed.len();
    super::report::failures("fills", failed);
    let share = super::report::figure("fills_same_record_pct", passed, counted, "");
    assert!(share >= FLOOR, "{share} % pass, {FLOOR} % did before");
}
