//! Holds the cases to their word: each expectation is turned round, and the case must fail; each rule is taken out, and some
//! case must notice. A case that cannot fail tests nothing.

use crate::SOURCES;
use crate::cases::{Case, File, World, differences};
use forms::{Filling, Form};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

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
