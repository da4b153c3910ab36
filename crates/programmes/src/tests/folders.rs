//! What must hold of every folder, whatever the programme.

use crate::{FormSource, SOURCES, Source};
use domain::calc::FUNCTIONS;
use domain::programme::{FieldType, FormKind, Programme};
use forms::{Form, Kind};
use std::collections::BTreeSet;

pub fn each_form(mut check: impl FnMut(&Programme, &FormKind, &Form, &FormSource<'_>)) {
    for source in SOURCES {
        let programme = source.read().unwrap_or_else(|fault| panic!("{fault}"));
        for form_source in source.forms {
            let kind = programme.form(form_source.id).unwrap();
            let form = Form::from_json(&kind.definition).unwrap();
            check(&programme, kind, &form, form_source);
        }
    }
}

#[test]
fn every_folder_is_a_programme() {
    let programmes = crate::all().unwrap_or_else(|fault| panic!("{fault}"));
    let ids: Vec<&str> = programmes.iter().map(|programme| programme.id.as_str()).collect();
    assert_eq!(ids, SOURCES.iter().map(|source| source.id).collect::<Vec<_>>(), "folder names are ids");
    for programme in &programmes {
        assert!(programme.primary_form().is_some(), "{} makes nothing due", programme.id);
        assert!(!programme.outcomes.is_empty(), "{} has no outcome but done", programme.id);
        let codes: BTreeSet<&str> = programme.outcomes.iter().map(|outcome| outcome.code.as_str()).collect();
        assert_eq!(codes.len(), programme.outcomes.len(), "{}: an outcome twice", programme.id);
        let fields: BTreeSet<&str> = programme.subject.fields.iter().map(|field| field.id.as_str()).collect();
        assert_eq!(fields.len(), programme.subject.fields.len(), "{}: a field twice", programme.id);
        for field in &programme.subject.fields {
            let choice = field.kind == FieldType::Choice;
            assert_eq!(choice, !field.choices.is_empty(), "{} {}: choices", programme.id, field.id);
        }
    }
}

/// The reader of TOML passes over keys it does not know, so that older apps read newer programmes. Ours are spelt
/// right: whatever is written in the file is there again when the programme is written back.
#[test]
fn no_key_is_misspelt() {
    fn lost(written: &serde_json::Value, read: &serde_json::Value, at: &str, found: &mut Vec<String>) {
        match (written, read) {
            (serde_json::Value::Object(written), _) => {
                for (key, value) in written {
                    match read.get(key) {
                        Some(read) => lost(value, read, &format!("{at}.{key}"), found),
                        // A value that is the default is not written back.
                        None if *value == serde_json::Value::Bool(false) => {}
                        None => found.push(format!("{at}.{key}")),
                    }
                }
            }
            (serde_json::Value::Array(written), serde_json::Value::Array(read)) => {
                for (number, (written, read)) in written.iter().zip(read).enumerate() {
                    lost(written, read, &format!("{at}[{number}]"), found);
                }
            }
            _ => {}
        }
    }
    for source in SOURCES {
        let written: serde_json::Value = toml::from_str(source.programme).unwrap();
        let read = serde_json::to_value(source.read().unwrap()).unwrap();
        let mut found = Vec::new();
        lost(&written, &read, source.id, &mut found);
        assert_eq!(found, Vec::<String>::new());
    }
}

#[test]
fn colours_carry_white_text() {
    for source in SOURCES {
        let colour = source.read().unwrap().colour;
        let channel = |at: usize| {
            let part = u8::from_str_radix(colour.get(at..at + 2).unwrap(), 16).unwrap();
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        let luminance = 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
        let contrast = 1.05 / (luminance + 0.05);
        assert!(contrast >= 6.0, "{}: white on {colour} is {contrast:.1} to 1", source.id);
    }
}

#[test]
fn forms_import_without_a_word_of_complaint() {
    for source in SOURCES {
        for form in source.forms {
            let imported = forms::import(&form.sheets().unwrap()).unwrap();
            // Our own functions are meant.
            let meant = |message: &&forms::Message| message.code != forms::Code::NotPortable;
            let complaints: Vec<String> =
                imported.warnings.iter().filter(meant).map(ToString::to_string).collect();
            assert_eq!(complaints, Vec::<String>::new(), "{}/{}", source.id, form.id);
            assert_eq!(imported.form.circles(), &[] as &[String], "{}/{}", source.id, form.id);
            assert_eq!(imported.form.id(), format!("{}_{}", source.id, form.id));
            assert!(!imported.form.version().is_empty());
        }
    }
}

#[test]
fn what_is_saved_and_summed_up_is_asked() {
    each_form(|programme, kind, form, _| {
        let names: BTreeSet<String> = form.questions().into_iter().map(|question| question.name).collect();
        for name in kind.save_to.keys().chain(&kind.summary) {
            assert!(names.contains(name), "{}/{} has no question {name}", programme.id, kind.id);
        }
    });
}

/// A choice that is written to the registry must be one the registry knows.
#[test]
fn saved_choices_are_the_registrys() {
    let mut seen = 0;
    each_form(|programme, kind, _, source| {
        for (question, field) in &kind.save_to {
            let Some(field) = programme.field(field).filter(|field| field.kind == FieldType::Choice) else {
                continue;
            };
            let row = rows(source.survey).into_iter().find(|row| row["name"] == *question).unwrap();
            let Some(list) = row["type"].strip_prefix("select_one ") else { continue };
            for choice in rows(source.choices).iter().filter(|choice| choice["list_name"] == list) {
                seen += 1;
                let value = &choice["name"];
                assert!(field.choices.contains_key(value), "{}: {} has no {value}", programme.id, field.id);
            }
        }
    });
    assert!(seen > 10, "only {seen} choices were compared");
}

/// What the registry says is put into the question of the same name. Where that asks for something else than the field
/// holds, the form says so in `asks_anew`: nobody is to save words that she never chose, or to look for a date that she
/// never typed.
#[test]
fn a_question_with_the_name_of_a_field_asks_for_what_the_field_holds() {
    let mut seen = 0;
    each_form(|programme, kind, form, source| {
        let questions = form.questions();
        for name in &kind.asks_anew {
            let asked = questions.iter().any(|question| question.name == *name);
            assert!(asked && programme.field(name).is_some(), "{}/{}: {name}", programme.id, kind.id);
        }
        let seen_by_people = questions.iter().filter(|question| !question.hidden);
        for question in seen_by_people.filter(|question| !kind.asks_anew.contains(&question.name)) {
            let Some(field) = programme.field(&question.name) else { continue };
            seen += 1;
            let fits = match field.kind {
                FieldType::Text | FieldType::Phone => question.kind == Kind::Text,
                FieldType::Integer => question.kind == Kind::Integer,
                FieldType::Decimal => question.kind == Kind::Decimal,
                FieldType::Date => question.kind == Kind::Date,
                FieldType::Photo => question.kind == Kind::Image,
                FieldType::Bool => false,
                FieldType::Choice => {
                    let row =
                        rows(source.survey).into_iter().find(|row| row["name"] == question.name).unwrap();
                    let list = row["type"].strip_prefix("select_one ").unwrap_or_default().to_owned();
                    let known: BTreeSet<String> = rows(source.choices)
                        .into_iter()
                        .filter(|choice| choice["list_name"] == list)
                        .map(|choice| choice["name"].clone())
                        .collect();
                    !known.is_empty() && known.iter().all(|value| field.choices.contains_key(value))
                }
            };
            assert!(fits, "{}/{}: {} asks for something else", programme.id, kind.id, question.name);
        }
    });
    assert!(seen > 10, "only {seen} questions have a field's name");
}

/// Values come from outside by name. A name that nothing will ever fill is a typing error.
#[test]
fn hidden_values_have_a_source() {
    let mut seen = 0;
    each_form(|programme, kind, form, source| {
        let questions = form.questions();
        let asked = |name: &str| questions.iter().any(|question| question.name == name);
        for hidden in questions.iter().filter(|question| question.kind == Kind::Hidden) {
            seen += 1;
            let name = hidden.name.as_str();
            let has_default = rows(source.survey).iter().any(|row| {
                row["name"] == name && row.get("default").is_some_and(|default| !default.is_empty())
            });
            let last = name.strip_prefix("last_").is_some_and(|of| of == "at" || asked(of));
            // Sums over visits that could not be done, why this one could not be, and what the ledger says.
            let round = programme.round.as_ref().filter(|round| round.form == kind.id);
            let counted = round.is_some_and(|round| {
                let sum =
                    name.strip_prefix("since_").is_some_and(|of| round.since.iter().any(|name| name == of));
                sum || (name == domain::programme::COULD_NOT && !round.estimate.is_empty())
            });
            let billed = programme.billing.as_ref().is_some_and(|billing| billing.form == kind.id)
                && ["tariff", "discount", "arrears", "credit"].contains(&name);
            assert!(
                programme.field(name).is_some() || last || has_default || counted || billed,
                "{}/{}: nothing fills {name}",
                programme.id,
                kind.id
            );
        }
    });
    assert!(seen > 10, "only {seen} hidden values were found");
}

#[test]
fn functions_are_there() {
    let mut seen = BTreeSet::new();
    for form in SOURCES.iter().flat_map(|source| source.forms) {
        for (at, _) in form.survey.match_indices("th:") {
            // Not the end of a word such as "width:".
            if form.survey.get(..at).unwrap().ends_with(|c: char| c.is_alphanumeric()) {
                continue;
            }
            let name: String = form
                .survey
                .get(at..)
                .unwrap()
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || ":-_".contains(*c))
                .collect();
            assert!(FUNCTIONS.iter().any(|function| function.name == name), "{}: {name}", form.id);
            seen.insert(name);
        }
    }
    assert!(seen.len() >= 10, "{seen:?}");
}

/// Thai and English stand side by side: a question with one of the two is half a question.
#[test]
fn every_text_is_in_both_languages() {
    let mut seen = 0;
    for Source { id, forms, .. } in SOURCES {
        for form in *forms {
            for row in rows(form.survey).iter().chain(&rows(form.choices)) {
                for (column, thai) in row.iter().filter(|(column, _)| column.ends_with("::ไทย (th)")) {
                    let english = &row[&column.replace("ไทย (th)", "English (en)")];
                    assert_eq!(thai.is_empty(), english.is_empty(), "{id}/{}: {thai:?} {english:?}", form.id);
                    seen += usize::from(!thai.is_empty());
                }
                let kind = row.get("type").map_or("", String::as_str);
                let silent = ["", "calculate", "hidden", "start", "end", "today", "end_group", "end_repeat"];
                assert!(
                    silent.contains(&kind) || !row["label::ไทย (th)"].is_empty(),
                    "{id}/{}: {} asks nothing",
                    form.id,
                    row["name"]
                );
            }
        }
    }
    assert!(seen > 300, "only {seen} texts were compared");
}

#[test]
fn a_folder_that_is_wrong_says_where() {
    let water = SOURCES.iter().find(|source| source.id == "water").unwrap();
    let no_forms = Source { forms: &[], ..*water };
    assert_eq!(
        no_forms.read().unwrap_err().to_string(),
        "water: form \"reading\" is named only in programme.toml"
    );
    let broken = Source { programme: "id = ", ..*water };
    assert!(broken.read().unwrap_err().to_string().starts_with("water/programme.toml: "));
    static NO_TYPE: [FormSource<'static>; 1] =
        [FormSource { id: "reading", survey: "type,name,label\nnonsense,a,b\n", choices: "", settings: "" }];
    let wrong_type = Source { forms: &NO_TYPE, ..*water };
    let said = wrong_type.read().unwrap_err().to_string();
    assert!(said.starts_with("water/reading: ") && said.contains('2'), "{said}");
}

fn rows(sheet: &str) -> Vec<std::collections::BTreeMap<String, String>> {
    csv::Reader::from_reader(sheet.as_bytes()).deserialize().map(Result::unwrap).collect()
}

/// The thirty codes that readers know by heart: each is an outcome (not read) or a comment of a reading, and none is
/// missing.
#[test]
fn every_code_of_the_readers_has_its_place() {
    let water = SOURCES.iter().find(|source| source.id == "water").unwrap();
    let programme = water.read().unwrap();
    let not_read: Vec<&str> = programme.outcomes.iter().map(|outcome| outcome.code.as_str()).collect();
    assert_eq!(not_read, ["01", "02", "03", "23", "28", "99"]);
    assert!(programme.outcomes.iter().all(|outcome| outcome.estimates), "what is not read is estimated");
    let comments: Vec<&str> = water.forms[0]
        .choices
        .lines()
        .filter_map(|line| line.strip_prefix("comment,")?.split(',').next())
        .collect();
    let codes = (0..=28).map(|code| format!("{code:02}")).chain(["99".to_owned()]);
    let lacking: Vec<String> = codes
        .filter(|code| !not_read.contains(&code.as_str()) && !comments.contains(&code.as_str()))
        .collect();
    assert_eq!(lacking, Vec::<String>::new());
    assert!(comments.contains(&"99"), "99 is both: something else found, and something else in the way");
}
