//! Form behaviour: a form, what a person does, and after each step the record and the state of every node.

use std::collections::BTreeMap;
use std::sync::Arc;

use forms::definition::Element;
use forms::{Filling, Form, Host, ProblemCode};
use serde_json::Value;

use super::xform;

/// Floor of what passes, in percent; raise it when more does.
const FLOOR: f64 = 96.5;

struct TestHost {
    now_ms: i64,
    offset: i32,
    chance: std::cell::Cell<u64>,
}

impl Host for TestHost {
    fn now_ms(&self) -> i64 {
        self.now_ms
    }
    fn offset_minutes(&self) -> i32 {
        self.offset
    }
    fn random(&self) -> u64 {
        let next =
            self.chance.get().wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.chance.set(next);
        next
    }
}

/// Ids differ from run to run; everything else must agree.
pub fn same_text(found: &str, wanted: &str) -> bool {
    let found_id = found.strip_prefix("uuid:").unwrap_or(found);
    let wanted_id = wanted.strip_prefix("uuid:").unwrap_or(wanted);
    let is_id = |text: &str| {
        text == "*" || (text.len() == 36 && text.bytes().filter(|byte| *byte == b'-').count() == 4)
    };
    found == wanted || (is_id(found_id) && is_id(wanted_id))
}

/// Bookkeeping of a submission, which this engine leaves to the store.
fn is_meta(name: &str) -> bool {
    matches!(
        name.rsplit(':').next(),
        Some("instanceID" | "deprecatedID" | "instanceName" | "audit" | "entity")
    )
}

fn relevant_children(element: &Element) -> Vec<&Element> {
    let kept = |child: &&Element| {
        !is_meta(&child.name)
            && child.name != "audit"
            && !(child.name.ends_with("meta") && relevant_children(child).is_empty())
    };
    element.children.iter().filter(kept).collect()
}

/// Where two records differ first.
pub fn difference(found: &Element, wanted: &Element) -> Option<String> {
    if found.name != wanted.name {
        return Some(format!("<{}> instead of <{}>", found.name, wanted.name));
    }
    let (inner, wanted_inner) = (relevant_children(found), relevant_children(wanted));
    let names = |all: &[&Element]| all.iter().map(|element| element.name.clone()).collect::<Vec<_>>();
    if names(&inner) != names(&wanted_inner) {
        return Some(format!(
            "in <{}>: {:?} instead of {:?}",
            found.name,
            names(&inner),
            names(&wanted_inner)
        ));
    }
    if inner.is_empty() && !same_text(found.text.trim(), wanted.text.trim()) {
        return Some(format!("<{}> is {:?} instead of {:?}", found.name, found.text, wanted.text));
    }
    for (name, value) in &found.attributes {
        let wanted = wanted.attributes.iter().find(|(known, _)| known == name);
        if !value.is_empty() && wanted.is_none_or(|(_, wanted)| !same_text(value, wanted)) {
            return Some(format!("<{}> @{name} is {value:?} instead of {wanted:?}", found.name));
        }
    }
    inner.iter().zip(wanted_inner).find_map(|(found, wanted)| difference(found, wanted))
}

pub fn record(xml: &str) -> Element {
    let document = roxmltree::Document::parse(xml).unwrap();
    xform::element(document.root_element())
}

fn check(filling: &Filling, state: &Value) -> Result<(), String> {
    let wanted = record(state["instance"].as_str().unwrap());
    if let Some(difference) = difference(&filling.record(), &wanted) {
        return Err(difference);
    }
    let problems = filling.problems();
    for node in state["nodes"].as_array().unwrap() {
        let path = node["ref"].as_str().unwrap();
        if path.split('/').any(|part| part.ends_with("meta") || is_meta(part)) {
            continue;
        }
        let relevant = node["relevant"].as_bool().unwrap();
        match filling.relevant(path) {
            None => return Err(format!("{path} is not there")),
            Some(found) if found != relevant => return Err(format!("{path}: relevant is {found}")),
            Some(_) => {}
        }
        let kind = node["type"].as_str().unwrap();
        if !relevant || !matches!(kind, "input" | "select" | "upload" | "note" | "rank" | "trigger") {
            continue;
        }
        let Some(item) = filling.item(path) else { return Err(format!("{path} has no widget")) };
        if item.required != node["required"].as_bool().unwrap_or(false) {
            return Err(format!("{path}: required is {}", item.required));
        }
        if item.readonly != node["readonly"].as_bool().unwrap_or(false) {
            return Err(format!("{path}: readonly is {}", item.readonly));
        }
        if let Some(label) = node["label"].as_str() {
            let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            if plain(&item.label) != plain(label) {
                return Err(format!("{path}: label is {:?} instead of {label:?}", item.label));
            }
        }
        if let Some(options) = node["options"].as_array() {
            let found: Vec<(&str, &str)> =
                item.options.iter().map(|option| (option.value.as_str(), option.label.as_str())).collect();
            let wanted: Vec<(&str, &str)> = options
                .iter()
                .map(|option| {
                    (option[0].as_str().unwrap_or_default(), option[1].as_str().unwrap_or_default())
                })
                .collect();
            if found != wanted {
                return Err(format!("{path}: options are {found:?} instead of {wanted:?}"));
            }
        }
        let found = problems.iter().find(|problem| problem.path == path).map(|problem| problem.code);
        let wanted = node["violation"].as_str();
        let agrees = match wanted {
            None => found.is_none() || found == Some(ProblemCode::Type),
            Some("required") => found == Some(ProblemCode::Required),
            Some(_) => found == Some(ProblemCode::Constraint),
        };
        if !agrees {
            return Err(format!("{path}: violation is {found:?} instead of {wanted:?}"));
        }
    }
    Ok(())
}

fn text_of(argument: &Value) -> String {
    match argument {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Array(all) => all.iter().map(text_of).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

fn run(scenario: &Value) -> Result<(), String> {
    let form: Arc<Form> = Arc::new(xform::load(scenario["form"].as_str().unwrap())?);
    let host = TestHost {
        now_ms: scenario["now_ms"].as_i64().unwrap(),
        offset: super::offset(scenario["timezone"].as_str().unwrap()),
        chance: std::cell::Cell::new(7),
    };
    let mut filling = Filling::new(&form, &BTreeMap::new(), Box::new(host));
    check(&filling, &scenario["initial"]).map_err(|error| format!("at the start: {error}"))?;
    for (place, step) in scenario["steps"].as_array().unwrap().iter().enumerate() {
        let path = step["ref"].as_str().unwrap_or_default();
        let done = match step["op"].as_str().unwrap() {
            "set" => {
                let arguments = step["args"].as_array().unwrap();
                // The first argument may repeat the reference.
                let skip = usize::from(
                    arguments.len() > 1 && arguments[0].as_str().is_some_and(|first| first.starts_with('/')),
                );
                let mut value = arguments.iter().skip(skip).map(text_of).collect::<Vec<_>>().join(" ");
                // A JavaScript object is not in the recording, but what became of it is.
                if value.starts_with("[object") {
                    value = record(step["node_xml"].as_str().unwrap()).text;
                }
                filling.set(path, &value).map_err(|error| error.to_string())
            }
            "add_repeat" => filling.add_repeat(path).map(|_| ()).map_err(|error| error.to_string()),
            "remove_repeat" => filling.remove_repeat(path).map_err(|error| error.to_string()),
            "set_language" => {
                filling.set_language(step["value"].as_str().unwrap());
                Ok(())
            }
            other => Err(format!("unknown operation {other}")),
        };
        done.and_then(|()| check(&filling, step))
            .map_err(|error| format!("step {place} {}: {error}", step["op"]))?;
    }
    Ok(())
}

#[test]
fn forms_behave_like_the_official_engines() {
    let Some(text) = super::read("scenarios.json.gz") else { return };
    let all: Value = serde_json::from_str(&text).unwrap();
    let mut counted = 0;
    let mut failed = Vec::new();
    for scenario in all["scenarios"].as_array().unwrap() {
        counted += 1;
        if let Err(why) = run(scenario) {
            let (id, test) = (scenario["id"].as_str().unwrap(), scenario["test"].as_str().unwrap());
            failed.push((format!("{id} {test}"), why));
        }
    }
    let passed = counted - failed.len();
    super::report::failures("scenarios", failed);
    let share = super::report::figure("scenario_pass_pct", passed, counted, "");
    assert!(share >= FLOOR, "{share} % pass, {FLOOR} % did before");
}
