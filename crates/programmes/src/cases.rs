//! Runs `cases.toml`: what a person types into a form, and what must come out.
//!
//! A case says everything that stands in the way of saving and everything that is odd, not only what it is about:
//! `problems` and `warnings` that are left out must be empty.

use crate::Source;
use domain::programme::Programme;
use forms::{Filling, Form, Host, ProblemCode, Value};
use serde::Deserialize;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Runs the cases of a folder whose programme was read. Returns a text for each case in which something else came out than it
/// says, and for each form that has fewer than three; empty if all is well.
pub fn run(source: &Source<'_>, programme: &Programme) -> Vec<String> {
    let file: File = match toml::from_str(source.cases) {
        Ok(file) => file,
        Err(error) => return vec![format!("{}/cases.toml: {error}", source.id)],
    };
    let mut wrong = Vec::new();
    for kind in &programme.forms {
        let form = match Form::from_json(&kind.definition) {
            Ok(form) => Arc::new(form),
            Err(error) => {
                wrong.push(format!("{}/{}: {error:?}", source.id, kind.id));
                continue;
            }
        };
        let cases: Vec<&Case> = file.case.iter().filter(|case| case.form == kind.id).collect();
        if cases.len() < 3 {
            wrong.push(format!("{}/{} has {} cases, fewer than three", source.id, kind.id, cases.len()));
        }
        for case in cases {
            let found = differences(&form, case);
            if !found.is_empty() {
                let found = found.join("\n    ");
                wrong.push(format!("{}/{} {:?}\n    {found}", source.id, kind.id, case.name));
            }
        }
    }
    for case in file.case.iter().filter(|case| programme.form(&case.form).is_none()) {
        wrong.push(format!("{}: case {:?} is of no form", source.id, case.name));
    }
    wrong
}

#[derive(Deserialize)]
pub(crate) struct File {
    pub(crate) case: Vec<Case>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    /// The form.
    pub(crate) form: String,
    /// What it shows.
    pub(crate) name: String,
    /// What the device knows before anyone asks.
    #[serde(default)]
    pub(crate) known: BTreeMap<String, String>,
    /// Answers in the order given: question and text.
    #[serde(default)]
    pub(crate) set: Vec<(String, String)>,
    /// Answers that must come out.
    #[serde(default)]
    pub(crate) values: BTreeMap<String, Json>,
    /// Keys that must not come out.
    #[serde(default)]
    pub(crate) absent: BTreeSet<String>,
    /// All that blocks saving: `photo required`, `reading constraint`.
    #[serde(default)]
    pub(crate) problems: BTreeSet<String>,
    /// All questions with a warning.
    #[serde(default)]
    pub(crate) warnings: BTreeSet<String>,
    /// Questions and notes that must be on a page.
    #[serde(default)]
    pub(crate) shown: BTreeSet<String>,
    /// Questions and notes that must not.
    #[serde(default)]
    pub(crate) not_shown: BTreeSet<String>,
    /// A text that some warning or problem must contain.
    #[serde(default)]
    pub(crate) says: String,
}

/// 21 November 2026, 09:30 in Thailand.
const NOW_MS: i64 = 1_795_228_200_000;

pub(crate) struct World;

impl Host for World {
    fn now_ms(&self) -> i64 {
        NOW_MS
    }

    fn call(&self, name: &str, arguments: &[Value]) -> Option<Value> {
        forms::calculate(name, arguments)
    }
}

/// Returns everything in which the form differs from the case.
pub(crate) fn differences(form: &Arc<Form>, case: &Case) -> Vec<String> {
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
