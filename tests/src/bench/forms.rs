//! Forms: what the largest form known costs, a lookup among all meters, and workbooks that are meant to do harm.

use crate::engine::ask;
use crate::figures::{Figures, percentile};
use crate::hostile;
use crate::large_form::large_survey;
use crate::town::{METERS, NOON, Town, WELLS, code, meter, subject, zones};
use domain::api;
use forms::workbook::Limits;
use forms::{Filling, FixedHost, Form, Host, Row, Sheets};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;
use store::Store;

/// 2026-11-25 in Thailand.
const NOW_MS: i64 = 1_795_600_000_000;

fn large_form() -> serde_json::Value {
    let survey = large_survey();
    let sheets = Sheets::from_csv([("survey", survey.as_str())]).expect("sheets");
    forms::import(&sheets).expect("a form").form.to_json()
}

/// A phone that holds the registry, asked as the form on its screen asks; the way between two workers of a browser is not in it.
#[derive(Clone)]
struct OnPhone(Rc<RefCell<Store>>);

impl Host for OnPhone {
    fn now_ms(&self) -> i64 {
        NOW_MS
    }

    fn lookup(&self, instance: &str, equals: Option<(&str, &str)>) -> Option<Vec<Row>> {
        (instance == "registry").then_some(())?;
        let equals = equals.map(|(column, value)| (column.to_owned(), value.to_owned()));
        let question = api::Registry { programme: WELLS.to_owned(), equals };
        Some(ask(&mut self.0.borrow_mut(), NOON, question))
    }
}

/// A column that no index of the file knows.
fn phone_of(number: u32) -> String {
    format!("08{number:08}")
}

/// A phone with the whole registry, on a file.
fn phone(folder: &Path) -> Store {
    let mut town = Town::new(folder);
    let mut dice = town.dice();
    let meters = (0..METERS).map(|number| {
        let mut meter = subject(number, &mut dice);
        meter.cells.insert("phone".to_owned(), phone_of(number).into());
        meter
    });
    let (meters, now) = (meters.collect(), town.now());
    town.server.import("bench", meters, now).expect("a registry");
    let mut phone = town.device("lookup", &zones());
    let (reply, _) = town.sync(&mut phone);
    assert!(reply.pulled >= u64::from(METERS));
    phone
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
    attacks(figures);
}

fn lookups(figures: &mut Figures) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let survey = |list: &str, column: &str| {
        format!(
            "type,name,label,calculation\n\
             barcode,qr,รหัส,\n\
             calculate,who,,instance('{list}')/root/item[{column} = ${{qr}}]/name\n\
             calculate,last,,instance('{list}')/root/item[{column} = ${{qr}}]/house\n\
             note,seen,${{who}} ${{last}},\n"
        )
    };
    let mut store = phone(folder.path());
    // The first look at a column reads all of it.
    let first = |store: &mut Store| {
        let equals = Some(("phone".to_owned(), phone_of(0)));
        let question = api::Registry { programme: WELLS.to_owned(), equals };
        let begun = Instant::now();
        assert_eq!(ask(store, NOON, question).len(), 1);
        begun.elapsed().as_secs_f64() * 1000.0
    };
    figures.note("instance_lookup_18000_first_ms", first(&mut store));
    let world = OnPhone(Rc::new(RefCell::new(store)));
    let mut worst = 0.0_f64;
    for (column, value) in [("code", code as fn(u32) -> String), ("phone", phone_of as fn(u32) -> String)] {
        let survey = survey("registry", column);
        let sheets = Sheets::from_csv([("survey", survey.as_str())]).expect("sheets");
        let form = Arc::new(forms::import(&sheets).expect("a form").form);
        let mut filling = Filling::new(&form, &BTreeMap::new(), Box::new(world.clone()));
        let p99 = measure(&mut filling, value, |number| meter(number).to_string());
        figures.note(&format!("instance_lookup_18000_{column}_p99_ms"), p99);
        worst = worst.max(p99);
    }
    figures.note("instance_lookup_18000_p99_ms", worst);
    // As many rows as a list inside the form.
    let mut choices = String::from("list_name,name,label,code,house\n");
    for number in 0..METERS {
        writeln!(choices, "meters,id-{number},W{number:06},W{number:06},{number}/8").unwrap();
    }
    let survey = survey("meters", "code");
    let sheets =
        Sheets::from_csv([("survey", survey.as_str()), ("choices", choices.as_str())]).expect("sheets");
    let form = Arc::new(forms::import(&sheets).expect("a form").form);
    let mut filling = Filling::new(&form, &BTreeMap::new(), Box::new(FixedHost::at(NOW_MS)));
    let p99 = measure(&mut filling, |number| format!("W{number:06}"), |number| format!("id-{number}"));
    figures.note("list_lookup_18000_p99_ms", p99);
}

/// Types a thousand values that each lead to one row, and takes the time of each.
fn measure(filling: &mut Filling, value: impl Fn(u32) -> String, wanted: impl Fn(u32) -> String) -> f64 {
    let times = (0..1_000)
        .map(|at| {
            let number = at * 7_919 % METERS;
            let value = value(number);
            let begun = Instant::now();
            filling.set("qr", &value).expect("an answer");
            let elapsed = begun.elapsed().as_secs_f64() * 1000.0;
            assert_eq!(filling.value("who"), Some(wanted(number)));
            elapsed
        })
        .collect();
    percentile(times, 0.99)
}

/// The worst that a hostile file does: milliseconds until it is refused, and the most memory that a process has held that
/// reads the file, imports it and does nothing else.
fn attacks(figures: &mut Figures) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut ms, mut mb) = (0.0_f64, 0.0_f64);
    for (name, make, _) in hostile::all() {
        let path = folder.path().join(name);
        std::fs::write(&path, make()).expect("a file");
        let program = std::env::current_exe().expect("this program");
        let output = std::process::Command::new(program)
            .args(["hostile", name])
            .arg(&path)
            .output()
            .expect("a process");
        assert!(output.status.success(), "{name}: {output:?}");
        let text = String::from_utf8_lossy(&output.stdout);
        let mut numbers = text.split_whitespace().map(|word| word.parse::<f64>().expect("a number"));
        let (its_ms, its_mb) = (numbers.next().expect("milliseconds"), numbers.next().expect("megabytes"));
        figures.note(&format!("import_hostile_{name}_ms"), its_ms);
        figures.note(&format!("import_hostile_{name}_mb"), its_mb);
        (ms, mb) = (ms.max(its_ms), mb.max(its_mb));
    }
    figures.note("hostile_import_ms", ms);
    figures.note("hostile_import_peak_mb", mb);
}

/// What the process of an attack does: reads a file and imports it, and prints milliseconds and megabytes.
pub fn be_attacked(name: &str, path: &str) {
    let (_, _, codes) =
        hostile::all().into_iter().find(|(known, _, _)| *known == name).expect("a known attack");
    let begun = Instant::now();
    let bytes = std::fs::read(path).expect("the file");
    let errors = forms::import_workbook(&bytes, &Limits::default()).expect_err("a refusal");
    let elapsed = begun.elapsed().as_secs_f64() * 1000.0;
    assert!(errors.iter().any(|error| codes.contains(&error.code)), "{name}: {:?}", errors.first());
    println!("{elapsed} {}", peak_mb());
}

/// The most memory this process has held, in MB.
fn peak_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("what the kernel says of this process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("its peak");
    line.trim().trim_end_matches(" kB").parse::<f64>().expect("a number of kB") / 1024.0
}
