//! Runs `cases.toml`: what a person types into a form, and what must come out.
//!
//! A case says everything that stands in the way of saving and everything that is odd, not only what it is about:
//! `problems` and `warnings` that are left out must be empty. Each expectation is then turned round, and the case
//! must fail: a case that cannot fail tests nothing.

use crate::SOURCES;
use forms::{Filling, Form, Host, ProblemCode, Value};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

#[derive(Deserialize)]
struct File {
    case: Vec<Case>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// The form.
    form: String,
    /// What it shows.
    name: String,
    /// What the device knows before anyone asks.
    #[serde(default)]
    known: BTreeMap<String, String>,
    /// Answers in the order given: question and text.
    #[serde(default)]
    set: Vec<(String, String)>,
    /// Answers that must come out.
    #[serde(default)]
    values: BTreeMap<String, Json>,
    /// Keys that must not come out.
    #[serde(default)]
    absent: BTreeSet<String>,
    /// All that blocks saving: `photo required`, `reading constraint`.
    #[serde(default)]
    problems: BTreeSet<String>,
    /// All questions with a warning.
    #[serde(default)]
    warnings: BTreeSet<String>,
    /// Questions and notes that must be on a page.
    #[serde(default)]
    shown: BTreeSet<String>,
    /// Questions and notes that must not.
    #[serde(default)]
    not_shown: BTreeSet<String>,
    /// A text that some warning or problem must contain.
    #[serde(default)]
    says: String,
}

/// 21 November 2026, 09:30 in Thailand.
const NOW_MS: i64 = 1_795_228_200_000;

struct World;

impl Host for World {
    fn now_ms(&self) -> i64 {
        NOW_MS
    }

    fn call(&self, name: &str, arguments: &[Value]) -> Option<Value> {
        forms::calculate(name, arguments)
    }
}

/// Returns everything in which the form differs from the case.
fn differences(form: &Arc<Form>, case: &Case) -> Vec<String> {
    let mut found = Vec::new();
    let mut filling = Filling::new(form, &case.known, Box::new(World));
    for (question, text) in &case.set {
        if let Err(error) = filling.set(question, text) {
            found.push(format!("cannot set {question} to {text:?}: {error:?}"));
        }
    }
    let problems = filling.problems();
    let warnings = filling.warnings();
    let word = |code: ProblemCode| match code {
        ProblemCode::Required => "required",
        ProblemCode::Constraint => "constraint",
        ProblemCode::Type => "type",
        ProblemCode::Warning => "warning",
    };
    let blocking: BTreeSet<String> =
        problems.iter().map(|problem| format!("{} {}", problem.key, word(problem.code))).collect();
    if blocking != case.problems {
        found.push(format!("problems are {blocking:?}, not {:?}", case.problems));
    }
    let odd: BTreeSet<String> = warnings.iter().map(|problem| problem.key.clone()).collect();
    if odd != case.warnings {
        found.push(format!("warnings are {odd:?}, not {:?}", case.warnings));
    }
    let said: Vec<&str> = problems.iter().chain(&warnings).map(|problem| problem.message.as_str()).collect();
    if !case.says.is_empty() && !said.iter().any(|message| message.contains(&case.says)) {
        found.push(format!("{said:?} do not say {:?}", case.says));
    }
    let on_pages: BTreeSet<String> =
        filling.pages().into_iter().flat_map(|page| page.items).map(|item| item.name).collect();
    for name in case.shown.difference(&on_pages) {
        found.push(format!("{name} is not shown"));
    }
    for name in case.not_shown.intersection(&on_pages) {
        found.push(format!("{name} is shown"));
    }
    found.extend(filling.troubles().into_iter().map(|trouble| format!("trouble: {trouble}")));
    let answers = filling.finish();
    for (key, expected) in &case.values {
        if !same(answers.get(key), expected) {
            found.push(format!("{key} is {:?}, not {expected}", answers.get(key)));
        }
    }
    for key in &case.absent {
        if let Some(answer) = answers.get(key) {
            found.push(format!("{key} is {answer}, not absent"));
        }
    }
    found
}

/// Numbers are compared as numbers: TOML writes 16, a calculation may give 16.0.
fn same(answer: Option<&Json>, expected: &Json) -> bool {
    match (answer, expected) {
        (Some(Json::Number(answer)), Json::Number(expected)) => answer.as_f64() == expected.as_f64(),
        (answer, expected) => answer == Some(expected),
    }
}

/// Every way of turning one expectation of a case round.
fn turned_round(case: &Case) -> Vec<Case> {
    let mut all = Vec::new();
    let mut turn = |change: &dyn Fn(&mut Case)| {
        let mut other = case.clone();
        change(&mut other);
        all.push(other);
    };
    for key in case.values.keys() {
        turn(&|other| {
            other.values.insert(key.clone(), json!("ไม่ใช่ค่านี้"));
        });
        turn(&|other| {
            other.absent.insert(key.clone());
        });
    }
    for problem in &case.problems {
        turn(&|other| {
            other.problems.remove(problem);
        });
    }
    for warning in &case.warnings {
        turn(&|other| {
            other.warnings.remove(warning);
        });
    }
    for name in &case.shown {
        turn(&|other| {
            other.not_shown.insert(name.clone());
        });
    }
    for name in &case.not_shown {
        turn(&|other| {
            other.shown.insert(name.clone());
        });
    }
    turn(&|other| {
        other.problems.insert("nothing required".to_owned());
    });
    turn(&|other| {
        other.warnings.insert("nothing".to_owned());
    });
    turn(&|other| other.says = "ไม่มีใครพูดคำนี้".to_owned());
    all
}

#[test]
fn forms_answer_what_their_cases_say() {
    let mut failures = Vec::new();
    for source in SOURCES {
        let programme = source.read().unwrap();
        let file: File =
            toml::from_str(source.cases).unwrap_or_else(|error| panic!("{}/cases.toml: {error}", source.id));
        let mut names = BTreeSet::new();
        for kind in &programme.forms {
            let form = Arc::new(Form::from_json(&kind.definition).unwrap());
            let names_of_form: BTreeSet<&str> =
                form.definition().nodes.iter().map(|node| node.name.as_str()).collect();
            let cases: Vec<&Case> = file.case.iter().filter(|case| case.form == kind.id).collect();
            assert!(cases.len() >= 3, "{}/{} has {} cases", source.id, kind.id, cases.len());
            for case in cases {
                assert!(names.insert(&case.name), "{}: two cases are called {:?}", source.id, case.name);
                // What must be absent or not shown would pass for ever under a misspelt name.
                for key in case.values.keys().chain(&case.absent).chain(&case.shown).chain(&case.not_shown) {
                    assert!(
                        names_of_form.contains(key.as_str()),
                        "{}: {:?} names {key}",
                        source.id,
                        case.name
                    );
                }
                let found = differences(&form, case);
                if !found.is_empty() {
                    failures.push(format!(
                        "{}/{} {:?}\n    {}",
                        source.id,
                        kind.id,
                        case.name,
                        found.join("\n    ")
                    ));
                    continue;
                }
                for other in turned_round(case) {
                    assert!(
                        !differences(&form, &other).is_empty(),
                        "{}: {:?} cannot fail",
                        source.id,
                        case.name
                    );
                }
            }
        }
        let unknown: Vec<&str> = file
            .case
            .iter()
            .filter(|case| programme.form(&case.form).is_none())
            .map(|case| case.name.as_str())
            .collect();
        assert_eq!(unknown, Vec::<&str>::new(), "{}: cases of no form", source.id);
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

/// Takes each rule out of each form, one at a time; some case must notice. So no rule is there that nobody checked,
/// and nobody loosens one by accident.
#[test]
fn every_rule_is_held_by_a_case() {
    let mut unnoticed = Vec::new();
    let mut rules = 0;
    for source in SOURCES {
        let file: File = toml::from_str(source.cases).unwrap();
        for form_source in source.forms {
            let cases: Vec<&Case> = file.case.iter().filter(|case| case.form == form_source.id).collect();
            let mut reader = csv::Reader::from_reader(form_source.survey.as_bytes());
            let heads = reader.headers().unwrap().clone();
            let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
            for (column, neutral) in [
                ("required", ""),
                ("relevant", ""),
                ("constraint", ""),
                ("warning", ""),
                ("calculation", "''"),
                ("default", ""),
            ] {
                let Some(column) = heads.iter().position(|head| head == column) else { continue };
                for (at, row) in rows.iter().enumerate().filter(|(_, row)| !row[column].is_empty()) {
                    rules += 1;
                    let mut writer = csv::Writer::from_writer(Vec::new());
                    writer.write_record(&heads).unwrap();
                    for (other, row) in rows.iter().enumerate() {
                        let cells = row.iter().enumerate();
                        let without =
                            |(place, cell)| if other == at && place == column { neutral } else { cell };
                        writer.write_record(cells.map(without)).unwrap();
                    }
                    let survey = String::from_utf8(writer.into_inner().unwrap()).unwrap();
                    let sheets = forms::Sheets::from_csv([
                        ("survey", survey.as_str()),
                        ("choices", form_source.choices),
                        ("settings", form_source.settings),
                    ]);
                    let form = Arc::new(forms::import(&sheets.unwrap()).unwrap().form);
                    if cases.iter().all(|case| differences(&form, case).is_empty()) {
                        unnoticed.push(format!(
                            "{}/{} row {}: {} {}",
                            source.id,
                            form_source.id,
                            at + 2,
                            &heads[column],
                            &row[1]
                        ));
                    }
                }
            }
        }
    }
    assert!(rules > 150, "only {rules} rules were found");
    assert!(
        unnoticed.is_empty(),
        "{} of {rules} rules go unnoticed:\n{}",
        unnoticed.len(),
        unnoticed.join("\n")
    );
}

/// What one visit leaves behind is what the next one starts from: the months carried along become an average.
#[test]
fn a_meter_learns_its_average_from_its_own_readings() {
    let water = SOURCES.iter().find(|source| source.id == "water").unwrap().read().unwrap();
    let form = Arc::new(Form::from_json(&water.form("reading").unwrap().definition).unwrap());
    let mut known: BTreeMap<String, String> =
        [("digits", "5"), ("initial_reading", "100"), ("initial_on", "2026-10-22")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into();
    let mut flags = Vec::new();
    for reading in ["118", "138", "157", "240"] {
        let mut filling = Filling::new(&form, &known, Box::new(World));
        filling.set("reading", reading).unwrap();
        let answers = filling.finish();
        flags.push(answers.get("flag").cloned());
        // The host of a device hands the last visit's answers on under these names.
        for name in ["reading", "months"] {
            let text = answers.get(name).map(|value| value.as_str().map_or(value.to_string(), str::to_owned));
            known.insert(format!("last_{name}"), text.unwrap());
        }
        known.insert("last_at".to_owned(), "2026-10-22T10:00:00+07:00".to_owned());
    }
    assert_eq!(known["last_months"], "18/30 20/30 19/30 83/30");
    assert_eq!(flags, [None, None, Some(json!("N")), Some(json!("H"))]);
}
