//! Forms: what the largest form known costs, a lookup among all meters, and workbooks that are meant to do harm.

use crate::figures::{Figures, percentile};
use crate::hostile;
use crate::large_form::large_survey;
use forms::workbook::{self, Limits};
use forms::{Filling, FixedHost, Form, Host, Row, Sheets};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::sync::Arc;
use std::time::Instant;

/// 2026-11-25 in Thailand.
const NOW_MS: i64 = 1_795_600_000_000;

fn large_form() -> serde_json::Value {
    let survey = large_survey();
    let sheets = Sheets::from_csv([("survey", survey.as_str())]).expect("sheets");
    forms::import(&sheets).expect("a form").form.to_json()
}

/// A registry that answers from an index, as the store does.
struct Registry {
    rows: Vec<Row>,
    by_code: HashMap<String, usize>,
}

impl Host for Registry {
    fn now_ms(&self) -> i64 {
        NOW_MS
    }

    fn lookup(&self, instance: &str, equals: Option<(&str, &str)>) -> Option<Vec<Row>> {
        (instance == "meters").then_some(())?;
        Some(match equals {
            Some(("code", value)) => {
                self.by_code.get(value).and_then(|place| self.rows.get(*place)).cloned().into_iter().collect()
            }
            _ => self.rows.clone(),
        })
    }
}

fn meter(number: usize) -> Row {
    [
        ("name", format!("id-{number}")),
        ("code", format!("W{number:06}")),
        ("last", format!("{}", number % 9_999)),
    ]
    .into_iter()
    .map(|(column, value)| (column.to_owned(), value))
    .collect()
}

/// Measures everything of forms.
pub fn run(figures: &mut Figures) {
    let json = large_form();
    let mut loads = Vec::new();
    for _ in 0..9 {
        let begun = Instant::now();
        let form = Arc::new(Form::from_json(&json).expect("a form"));
        let filling = Filling::new(&form, &BTreeMap::new(), Box::new(FixedHost::at(NOW_MS)));
        assert!(!filling.pages().is_empty());
        loads.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    figures.note("form_load_1800_rows_native_ms", percentile(loads, 0.5));
    let form = Arc::new(Form::from_json(&json).expect("a form"));
    let mut filling = Filling::new(&form, &BTreeMap::new(), Box::new(FixedHost::at(NOW_MS)));
    let mut changes = Vec::new();
    for round in 0..2 {
        for group in 0..86 {
            for place in 0..17 {
                let begun = Instant::now();
                filling.set(&format!("q{group}_{place}"), &format!("{}", place + round)).expect("an answer");
                changes.push(begun.elapsed().as_secs_f64() * 1000.0);
            }
        }
    }
    figures.note("form_recalc_native_p99_ms", percentile(changes, 0.99));
    lookups(figures);
    for (name, _, _) in hostile::all() {
        attack(name, figures);
    }
}

fn lookups(figures: &mut Figures) {
    let survey = "type,name,label,calculation\n\
                  barcode,qr,รหัส,\n\
                  calculate,who,,instance('meters')/root/item[code = ${qr}]/name\n\
                  calculate,last,,instance('meters')/root/item[code = ${qr}]/last\n\
                  note,seen,${who} ${last},\n";
    let rows: Vec<Row> = (0..18_000).map(meter).collect();
    let by_code = rows.iter().enumerate().map(|(place, row)| (row["code"].clone(), place)).collect();
    let sheets = Sheets::from_csv([("survey", survey)]).expect("sheets");
    let form = Arc::new(forms::import(&sheets).expect("a form").form);
    let mut filling = Filling::new(&form, &BTreeMap::new(), Box::new(Registry { rows, by_code }));
    let registry = measure(&mut filling);
    figures.note("instance_lookup_18000_p99_ms", registry);
    // The same rows as a list inside the form.
    let mut choices = String::from("list_name,name,label,code,last\n");
    for row in (0..18_000).map(meter) {
        writeln!(choices, "meters,{},{},{},{}", row["name"], row["code"], row["code"], row["last"]).unwrap();
    }
    let sheets = Sheets::from_csv([("survey", survey), ("choices", choices.as_str())]).expect("sheets");
    let form = Arc::new(forms::import(&sheets).expect("a form").form);
    let mut filling = Filling::new(&form, &BTreeMap::new(), Box::new(FixedHost::at(NOW_MS)));
    figures.note("list_lookup_18000_p99_ms", measure(&mut filling));
}

fn measure(filling: &mut Filling) -> f64 {
    let times = (0..1_000)
        .map(|at| {
            let number = at * 7_919 % 18_000;
            let begun = Instant::now();
            filling.set("qr", &format!("W{number:06}")).expect("an answer");
            let elapsed = begun.elapsed().as_secs_f64() * 1000.0;
            assert_eq!(filling.value("who").as_deref(), Some(format!("id-{number}").as_str()));
            elapsed
        })
        .collect();
    percentile(times, 0.99)
}

/// Imports one hostile workbook in a process of its own, so that its memory is its own too.
fn attack(name: &str, figures: &mut Figures) {
    let program = std::env::current_exe().expect("this program");
    let output = std::process::Command::new(program).args(["hostile", name]).output().expect("a process");
    assert!(output.status.success(), "{name}: {output:?}");
    let text = String::from_utf8_lossy(&output.stdout);
    let mut numbers = text.split_whitespace().filter_map(|word| word.parse::<f64>().ok());
    figures.note(&format!("import_hostile_{name}_ms"), numbers.next().expect("milliseconds"));
    figures.note(&format!("import_hostile_{name}_mb"), numbers.next().expect("megabytes"));
}

/// What the process of [`attack`] does: prints milliseconds, and the megabytes that importing took at its peak.
pub fn be_attacked(name: &str) {
    let (_, make, code) =
        hostile::all().into_iter().find(|(known, _, _)| *known == name).expect("a known attack");
    let bytes = make();
    // Forget the peak of making it.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let before = peak_mb();
    let begun = Instant::now();
    let error = workbook::read(&bytes, &Limits::default()).expect_err("a refusal");
    let elapsed = begun.elapsed().as_secs_f64() * 1000.0;
    assert_eq!(error.code, code);
    println!("{elapsed} {}", peak_mb() - before);
}

/// The most memory this process has held, in MB.
fn peak_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").trim().parse::<f64>().unwrap_or(f64::NAN) / 1024.0
}
