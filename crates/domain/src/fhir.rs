//! A person's whole record as a FHIR R4 bundle, for the hospital's system or whoever cares for them next. Which field is
//! what is the programme's data (`[fhir]`); here is only the shape that FHIR wants.

use crate::change::{Value, Values};
use crate::ids::RecordId;
use crate::programme::Programme;
use crate::programme::exchange::{Fhir, FhirLesion, FhirObservation};
use serde_json::{Map, json};
use std::collections::BTreeMap;

const LOINC: &str = "http://loinc.org";
const UCUM: &str = "http://unitsofmeasure.org";
const TERMINOLOGY: &str = "http://terminology.hl7.org/CodeSystem";

/// Somebody with all that is recorded about them.
#[derive(Clone, Debug)]
pub struct Person<'a> {
    /// The record of the subject.
    pub id: RecordId,
    /// Its fields.
    pub values: &'a Values,
    /// The visits that count, oldest first.
    pub visits: &'a [Told],
    /// What people call the choices of a form's question: form and question, to value, to words.
    pub labels: &'a Labels,
}

/// What people call choices: form and question, to value, to words.
pub type Labels = BTreeMap<(String, String), BTreeMap<String, String>>;

impl Person<'_> {
    /// The words of a chosen value; the value itself where nobody gave it any.
    fn words(&self, form: &str, question: &str, value: &str) -> String {
        let choices = self.labels.get(&(form.to_owned(), question.to_owned()));
        choices.and_then(|choices| choices.get(value)).cloned().unwrap_or_else(|| value.to_owned())
    }

    /// Says whether a visit is the last with its form: what it says holds, what earlier ones say did.
    fn is_last(&self, visit: &Told) -> bool {
        let last = self.visits.iter().rev().find(|other| other.form == visit.form);
        last.is_some_and(|last| last.id == visit.id)
    }
}

/// A visit as it is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// Which.
    pub id: RecordId,
    /// The form.
    pub form: String,
    /// When, ISO 8601 with offset.
    pub at: String,
    /// Who.
    pub by: String,
    /// Its answers.
    pub values: Values,
    /// What it raised is dealt with.
    pub answered: bool,
}

/// Returns the bundle, or `None` where the programme says nothing of FHIR. `now` is ISO 8601 with offset.
pub fn bundle(programme: &Programme, person: &Person<'_>, now: &str) -> Option<Value> {
    let rules = programme.fhir.as_ref()?;
    let mut entries = Entries { patient: person.id, all: Vec::new() };
    entries.patient(rules, person);
    for field in &rules.conditions {
        let text = text(person.values, field);
        for (at, one) in text.split(',').map(str::trim).filter(|one| !one.is_empty()).enumerate() {
            let id = RecordId::derived("fhir condition", &[person.id.bytes(), field.as_bytes(), &[at as u8]]);
            entries.add(id, condition(entries.subject(), one, None, true));
        }
    }
    for visit in person.visits {
        entries.visit(rules, person, visit);
    }
    for rule in &rules.lesions {
        entries.lesions(rule, person);
    }
    for (form, question) in &rules.devices {
        entries.devices(form, question, person);
    }
    Some(json!({"resourceType": "Bundle", "type": "collection", "timestamp": now, "entry": entries.all}))
}

fn text(values: &Values, field: &str) -> String {
    match values.get(field) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
        Some(other) => other.to_string(),
    }
}

fn number(values: &Values, question: &str) -> Option<f64> {
    text(values, question).parse::<f64>().ok().filter(|number| number.is_finite())
}

/// Writes a number without a point where it has none.
fn tidy(number: f64) -> Value {
    // Ten decimals are more than any measurement has, and take a binary remainder away.
    let rounded = (number * 1e10).round() / 1e10;
    if rounded.fract() == 0.0 && rounded.abs() < 1e15 { json!(rounded as i64) } else { json!(rounded) }
}

fn coding(code: &str, display: &str) -> Value {
    let (system, code) = code.split_once('|').unwrap_or((LOINC, code));
    match display.is_empty() {
        true => json!({"system": system, "code": code}),
        false => json!({"system": system, "code": code, "display": display}),
    }
}

fn quantity(number: f64, unit: &str) -> Value {
    json!({"value": tidy(number), "unit": unit, "system": UCUM, "code": unit})
}

fn condition(subject: Value, what: &str, site: Option<String>, is_active: bool) -> Value {
    let status = if is_active { "active" } else { "inactive" };
    let mut made = json!({
        "resourceType": "Condition",
        "clinicalStatus": {"coding": [{"system": format!("{TERMINOLOGY}/condition-clinical"), "code": status}]},
        "code": {"text": what},
        "subject": subject,
    });
    if let (Some(site), Some(made)) = (site.filter(|site| !site.is_empty()), made.as_object_mut()) {
        made.insert("bodySite".to_owned(), json!([{"text": site}]));
    }
    made
}

struct Entries {
    patient: RecordId,
    all: Vec<Value>,
}

impl Entries {
    fn add(&mut self, id: RecordId, mut resource: Value) {
        if let Some(resource) = resource.as_object_mut() {
            resource.insert("id".to_owned(), id.to_string().into());
        }
        self.all.push(json!({"fullUrl": format!("urn:uuid:{id}"), "resource": resource}));
    }

    fn subject(&self) -> Value {
        json!({"reference": format!("urn:uuid:{}", self.patient)})
    }

    fn patient(&mut self, rules: &Fhir, person: &Person<'_>) {
        let of = |field: &str| text(person.values, field);
        let identifiers = rules.identifiers.iter().filter(|(field, _)| !of(field).is_empty());
        let identifiers: Vec<Value> =
            identifiers.map(|(field, system)| json!({"system": system, "value": of(field)})).collect();
        let name = of(&rules.name);
        let mut written = Map::new();
        written.insert("text".to_owned(), format!("{} {name}", of(&rules.prefix)).trim().into());
        if let Some((given, family)) = name.split_once(' ') {
            written.insert("family".to_owned(), family.trim().into());
            written.insert("given".to_owned(), json!([given]));
        }
        if !of(&rules.prefix).is_empty() {
            written.insert("prefix".to_owned(), json!([of(&rules.prefix)]));
        }
        let mut patient = json!({"resourceType": "Patient", "name": [written]});
        let mut put = |name: &str, value: Value| {
            if let Some(patient) = patient.as_object_mut() {
                patient.insert(name.to_owned(), value);
            }
        };
        if !identifiers.is_empty() {
            put("identifier", identifiers.into());
        }
        if let Some(gender) = rules.genders.get(&of(&rules.gender)) {
            put("gender", gender.clone().into());
        }
        // FHIR takes a year or a month as it is.
        if !of(&rules.birth).is_empty() {
            put("birthDate", of(&rules.birth).into());
        }
        let phones: Vec<Value> =
            rules.phones.iter().map(|field| of(field)).filter(|one| !one.is_empty()).map(phone).collect();
        if !phones.is_empty() {
            put("telecom", phones.into());
        }
        if !of(&rules.address).is_empty() {
            put("address", json!([{"use": "home", "text": of(&rules.address), "country": "TH"}]));
        }
        if !of(&rules.manager).is_empty() {
            put("generalPractitioner", json!([{"display": of(&rules.manager)}]));
        }
        let dead = rules.deceased.iter().any(|(field, values)| values.contains(&of(field)));
        if dead {
            put("deceasedBoolean", true.into());
        }
        self.add(person.id, patient);
        if let Some(carer) = rules.carer.as_ref().filter(|carer| !of(&carer.name).is_empty()) {
            let mut related = json!({
                "resourceType": "RelatedPerson",
                "patient": self.subject(),
                "name": [{"text": of(&carer.name)}],
            });
            if let Some(related) = related.as_object_mut() {
                if !of(&carer.relation).is_empty() {
                    related.insert("relationship".to_owned(), json!([{"text": of(&carer.relation)}]));
                }
                if !of(&carer.phone).is_empty() {
                    related.insert("telecom".to_owned(), json!([phone(of(&carer.phone))]));
                }
            }
            self.add(RecordId::derived("fhir carer", &[person.id.bytes()]), related);
        }
    }

    fn visit(&mut self, rules: &Fhir, person: &Person<'_>, visit: &Told) {
        let part = |name: &str| RecordId::derived("fhir", &[visit.id.bytes(), name.as_bytes()]);
        let encounter = rules.encounters.contains(&visit.form);
        if encounter {
            self.add(
                visit.id,
                json!({
                    "resourceType": "Encounter",
                    "status": "finished",
                    "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "HH", "display": "home health"},
                    "subject": self.subject(),
                    "period": {"start": visit.at},
                    "participant": [{"individual": {"display": visit.by}}],
                }),
            );
        }
        let encounter = encounter.then(|| json!({"reference": format!("urn:uuid:{}", visit.id)}));
        for rule in rules.observations.iter().filter(|rule| rule.form == visit.form) {
            if let Some(mut made) = observation(rule, visit) {
                if let Some(made) = made.as_object_mut() {
                    made.insert("subject".to_owned(), self.subject());
                    if let Some(encounter) = &encounter {
                        made.insert("encounter".to_owned(), encounter.clone());
                    }
                }
                let first = rule.codes.first().map(String::as_str).unwrap_or_default();
                self.add(part(&format!("{} {first}", rule.question)), made);
            }
        }
        if rules.questionnaires.contains(&visit.form) {
            let items: Vec<Value> = visit.values.iter().flat_map(|(name, value)| item(name, value)).collect();
            self.add(
                part("answers"),
                json!({
                    "resourceType": "QuestionnaireResponse",
                    "status": "completed",
                    "subject": self.subject(),
                    "authored": visit.at,
                    "author": {"display": visit.by},
                    "item": items,
                }),
            );
        }
        if let Some(question) = rules.flags.get(&visit.form) {
            let urgent = text(&visit.values, question);
            if !urgent.is_empty() {
                let made = json!({
                    "resourceType": "Flag",
                    "status": if visit.answered { "inactive" } else { "active" },
                    "code": {"text": urgent},
                    "subject": self.subject(),
                    "period": {"start": visit.at},
                });
                self.add(part("flag"), made);
            }
        }
        self.plan(rules, person, visit);
    }

    /// One condition a site, with what the last visit that saw it says; healed where the last visit does not see it.
    fn lesions(&mut self, rule: &FhirLesion, person: &Person<'_>) {
        let mut sites: BTreeMap<String, (&Told, Values)> = BTreeMap::new();
        for visit in person.visits.iter().filter(|visit| visit.form == rule.form) {
            for lesion in rows(&visit.values, &rule.repeat) {
                sites.insert(text(&lesion, &rule.site), (visit, lesion));
            }
        }
        for (site, (visit, lesion)) in sites {
            let stage = person.words(&rule.form, &rule.stage, &text(&lesion, &rule.stage));
            let what = format!("{} {stage}", rule.title);
            let at = person.words(&rule.form, &rule.site, &site);
            let mut made = condition(self.subject(), what.trim(), Some(at), person.is_last(visit));
            if let Some(made) = made.as_object_mut() {
                made.insert("recordedDate".to_owned(), visit.at.clone().into());
            }
            let name = format!("{} {site}", rule.repeat);
            self.add(RecordId::derived("fhir lesion", &[person.id.bytes(), name.as_bytes()]), made);
        }
    }

    /// Each device once, in use if the last visit says so.
    fn devices(&mut self, form: &str, question: &str, person: &Person<'_>) {
        let mut used: BTreeMap<String, (&Told, &Told)> = BTreeMap::new();
        for visit in person.visits.iter().filter(|visit| visit.form == form) {
            for device in text(&visit.values, question).split_whitespace() {
                used.entry(device.to_owned()).or_insert((visit, visit)).1 = visit;
            }
        }
        for (device, (first, last)) in used {
            let part = |what: &str| RecordId::derived(what, &[person.id.bytes(), device.as_bytes()]);
            let words = person.words(form, question, &device);
            let id = part("fhir device");
            let made = json!({"resourceType": "Device", "type": {"text": words}, "patient": self.subject()});
            self.add(id, made);
            let in_use = person.is_last(last);
            let mut period = json!({"start": first.at});
            if let Some(period) = period.as_object_mut().filter(|_| !in_use) {
                period.insert("end".to_owned(), last.at.clone().into());
            }
            let used = json!({
                "resourceType": "DeviceUseStatement",
                "status": if in_use { "active" } else { "completed" },
                "subject": self.subject(),
                "timingPeriod": period,
                "device": {"reference": format!("urn:uuid:{id}")},
            });
            self.add(part("fhir use of device"), used);
        }
    }

    fn plan(&mut self, rules: &Fhir, person: &Person<'_>, visit: &Told) {
        let Some(rule) = rules.plan.as_ref().filter(|rule| rule.form == visit.form) else { return };
        let told: Vec<String> = rule.description.iter().map(|name| text(&visit.values, name)).collect();
        let told = told.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" · ");
        let activities: Vec<Value> = rows(&visit.values, &rule.repeat)
            .iter()
            .map(|row| {
                let activity = person.words(&visit.form, &rule.activity, &text(row, &rule.activity));
                let mut detail = json!({"status": "scheduled", "code": {"text": activity}});
                let days: Vec<String> = text(row, &rule.days).split_whitespace().map(str::to_owned).collect();
                if let Some(detail) = detail.as_object_mut() {
                    if !days.is_empty() {
                        detail.insert("scheduledTiming".to_owned(), json!({"repeat": {"dayOfWeek": days}}));
                    }
                    if !text(row, &rule.provider).is_empty() {
                        detail
                            .insert("performer".to_owned(), json!([{"display": text(row, &rule.provider)}]));
                    }
                    if !text(row, &rule.note).is_empty() {
                        detail.insert("description".to_owned(), text(row, &rule.note).into());
                    }
                }
                json!({"detail": detail})
            })
            .collect();
        let active = text(&visit.values, &rule.approved) == "yes";
        let mut plan = json!({
            "resourceType": "CarePlan",
            "status": if active { "active" } else { "draft" },
            "intent": "plan",
            "subject": self.subject(),
            "created": visit.at,
            "author": {"display": visit.by},
        });
        if let Some(plan) = plan.as_object_mut() {
            if !told.is_empty() {
                plan.insert("description".to_owned(), told.into());
            }
            if !activities.is_empty() {
                plan.insert("activity".to_owned(), activities.into());
            }
        }
        self.add(RecordId::derived("fhir", &[visit.id.bytes(), b"plan"]), plan);
    }
}

fn phone(number: String) -> Value {
    json!({"system": "phone", "value": number})
}

fn rows(values: &Values, repeat: &str) -> Vec<Values> {
    let Some(Value::Array(items)) = values.get(repeat) else { return Vec::new() };
    items
        .iter()
        .filter_map(Value::as_object)
        .map(|row| row.iter().map(|(name, value)| (name.clone(), value.clone())).collect())
        .collect()
}

/// The items of an answer of a form: one; of a repeated group one a row.
fn item(name: &str, value: &Value) -> Vec<Value> {
    let answer = |value: &Value| match value {
        Value::Bool(is) => Some(json!({"valueBoolean": is})),
        Value::Number(number) if number.is_i64() => Some(json!({"valueInteger": number})),
        Value::Number(number) => Some(json!({"valueDecimal": number})),
        Value::String(text) if !text.is_empty() => Some(json!({"valueString": text})),
        _ => None,
    };
    match value {
        Value::Array(items) if items.iter().any(Value::is_object) => {
            // One item a row: two sores are two, not one with two sites.
            let rows = items.iter().filter_map(Value::as_object);
            let row = |row: &Map<String, Value>| -> Vec<Value> {
                row.iter().flat_map(|(name, value)| item(name, value)).collect()
            };
            let rows = rows.map(row).filter(|inner| !inner.is_empty());
            rows.map(|inner| json!({"linkId": name, "item": inner})).collect()
        }
        Value::Array(items) => {
            let answers: Vec<Value> = items.iter().filter_map(answer).collect();
            let answered = (!answers.is_empty()).then(|| json!({"linkId": name, "answer": answers}));
            answered.into_iter().collect()
        }
        value => {
            answer(value).map(|answer| json!({"linkId": name, "answer": [answer]})).into_iter().collect()
        }
    }
}

fn observation(rule: &FhirObservation, visit: &Told) -> Option<Value> {
    let codes: Vec<Value> = rule.codes.iter().map(|code| coding(code, &rule.display)).collect();
    let mut made = json!({
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"system": format!("{TERMINOLOGY}/observation-category"), "code": rule.category}]}],
        "code": {"coding": codes, "text": rule.display},
        "effectiveDateTime": visit.at,
        "performer": [{"display": visit.by}],
    });
    let fields = made.as_object_mut()?;
    if rule.components.is_empty() {
        let number = number(&visit.values, &rule.question);
        let factor = if rule.factor == 0.0 { 1.0 } else { rule.factor };
        match number.map(|number| number * factor) {
            Some(number) if !rule.unit.is_empty() => {
                fields.insert("valueQuantity".to_owned(), quantity(number, &rule.unit))
            }
            Some(number) if number.fract() == 0.0 => fields.insert("valueInteger".to_owned(), tidy(number)),
            Some(number) => fields.insert("valueQuantity".to_owned(), json!({"value": tidy(number)})),
            None => {
                let told = Some(text(&visit.values, &rule.question)).filter(|told| !told.is_empty())?;
                fields.insert("valueString".to_owned(), told.into())
            }
        };
        return Some(made);
    }
    let parts: Vec<Value> = rule
        .components
        .iter()
        .filter_map(|part| {
            let number = number(&visit.values, &part.question)?;
            Some(json!({
                "code": {"coding": [coding(&part.code, &part.display)]},
                "valueQuantity": quantity(number, &part.unit),
            }))
        })
        .collect();
    if parts.is_empty() {
        return None;
    }
    fields.insert("component".to_owned(), parts.into());
    Some(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(pairs: &[(&str, Value)]) -> Values {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    }

    fn programme() -> Programme {
        let observation = |question: &str, code: &str, unit: &str, factor: f64| FhirObservation {
            form: "visit".into(),
            question: question.into(),
            codes: vec![code.into()],
            category: "vital-signs".into(),
            unit: unit.into(),
            factor,
            ..Default::default()
        };
        Programme {
            fhir: Some(Fhir {
                name: "name".into(),
                birth: "birth".into(),
                encounters: vec!["visit".into()],
                observations: vec![
                    observation("temp", "8310-5", "Cel", 0.0),
                    observation("adl", "x|y", "", 5.0),
                ],
                ..Default::default()
            }),
            ..Default::default()
        }
    }

    #[test]
    fn a_year_of_birth_stays_a_year_and_nothing_is_made_up() {
        let person =
            values(&[("name", "มาลี ทองตัวอย่างดี".into()), ("birth", "1938".into()), ("cid", "1".into())]);
        let visit = Told {
            id: RecordId::new(2, [2; 10]),
            form: "visit".into(),
            at: "2026-11-21T09:00:00+07:00".into(),
            by: "นก".into(),
            values: values(&[("temp", 36.8.into()), ("adl", 7.into()), ("sbp", 120.into())]),
            answered: false,
        };
        let id = RecordId::new(1, [1; 10]);
        let made = bundle(
            &programme(),
            &Person { id, values: &person, visits: &[visit], labels: &Labels::new() },
            "2026-11-22T00:00:00+07:00",
        );
        let made = made.unwrap();
        let kinds: Vec<&str> = made["entry"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["resource"]["resourceType"].as_str().unwrap())
            .collect();
        assert_eq!(kinds, ["Patient", "Encounter", "Observation", "Observation"]);
        let patient = &made["entry"][0]["resource"];
        assert_eq!(patient["birthDate"], "1938");
        assert_eq!(patient["name"][0]["family"], "ทองตัวอย่างดี");
        assert!(patient.get("identifier").is_none(), "what the programme does not name is not told");
        assert_eq!(made["entry"][2]["resource"]["valueQuantity"]["value"], 36.8);
        assert_eq!(made["entry"][3]["resource"]["valueInteger"], 35);
        assert_eq!(made["entry"][3]["resource"]["code"]["coding"][0]["system"], "x");
    }

    #[test]
    fn a_programme_without_the_section_has_no_bundle() {
        let (values, labels) = (Values::new(), Labels::new());
        let person = Person { id: RecordId::new(1, [1; 10]), values: &values, visits: &[], labels: &labels };
        assert_eq!(bundle(&Programme::default(), &person, ""), None);
    }
}
