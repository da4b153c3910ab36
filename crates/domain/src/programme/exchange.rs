//! How a programme's people are told to other health systems: which field and which answer is what in FHIR R4.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The `[fhir]` section. What it does not name is not told.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Fhir {
    /// Fields that hold numbers of papers, and the system each belongs to.
    pub identifiers: BTreeMap<String, String>,
    /// Field of the title before a name.
    pub prefix: String,
    /// Field of the name: given name, then family name.
    pub name: String,
    /// Field of the sex.
    pub gender: String,
    /// Its values as FHIR has them: `male`, `female`, `other`, `unknown`.
    pub genders: BTreeMap<String, String>,
    /// Field of the day of birth, as precisely as it is known.
    pub birth: String,
    /// Fields of telephone numbers.
    pub phones: Vec<String>,
    /// Field of the address.
    pub address: String,
    /// Field that names who manages the care.
    pub manager: String,
    /// Field and values by which somebody is dead.
    pub deceased: BTreeMap<String, Vec<String>>,
    /// Fields of the family carer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carer: Option<FhirCarer>,
    /// Fields of conditions, told as they are written.
    pub conditions: Vec<String>,
    /// Forms whose visits are encounters at home.
    pub encounters: Vec<String>,
    /// Forms that are told with every answer.
    pub questionnaires: Vec<String>,
    /// Answers that are observations.
    #[serde(rename = "observation")]
    pub observations: Vec<FhirObservation>,
    /// Repeated answers that are conditions, such as wounds.
    #[serde(rename = "lesion")]
    pub lesions: Vec<FhirLesion>,
    /// The plan of care.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<FhirPlan>,
    /// Answers that say what is urgent: form to question.
    pub flags: BTreeMap<String, String>,
    /// Answers that say which devices somebody has: form to question.
    pub devices: BTreeMap<String, String>,
}

/// The family carer.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FhirCarer {
    /// Field of the name.
    pub name: String,
    /// Field of the relation.
    pub relation: String,
    /// Field of the telephone number.
    pub phone: String,
}

/// An answer that is an observation.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FhirObservation {
    /// The form.
    pub form: String,
    /// The question; empty where there are only components.
    pub question: String,
    /// Its codes: LOINC, or `system|code`.
    pub codes: Vec<String>,
    /// What it is called.
    pub display: String,
    /// `vital-signs` or `survey`.
    pub category: String,
    /// Unit, UCUM; empty for a bare score.
    pub unit: String,
    /// The number is told multiplied by this; 0 for as it is.
    pub factor: f64,
    /// Parts that were measured together.
    pub components: Vec<FhirComponent>,
}

/// A part of an observation.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FhirComponent {
    /// The question.
    pub question: String,
    /// Its code: LOINC, or `system|code`.
    pub code: String,
    /// What it is called.
    pub display: String,
    /// Unit, UCUM.
    pub unit: String,
}

/// A repeated answer that is a condition.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FhirLesion {
    /// The form.
    pub form: String,
    /// The repeated group.
    pub repeat: String,
    /// What it is, such as แผลกดทับ.
    pub title: String,
    /// Question of the site.
    pub site: String,
    /// Question of the stage.
    pub stage: String,
}

/// The plan of care.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FhirPlan {
    /// The form.
    pub form: String,
    /// Questions whose answers are its description.
    pub description: Vec<String>,
    /// Question whose `yes` makes it active.
    pub approved: String,
    /// The repeated group of its items.
    pub repeat: String,
    /// Question of what is done.
    pub activity: String,
    /// Question of the days: `mon` to `sun`.
    pub days: String,
    /// Question of who does it.
    pub provider: String,
    /// Question of the details.
    pub note: String,
}

impl Fhir {
    /// Names what is inconsistent, one sentence each.
    pub(super) fn faults(&self, programme: &super::Programme) -> Vec<String> {
        let mut fields: Vec<&String> =
            vec![&self.prefix, &self.name, &self.gender, &self.birth, &self.address, &self.manager];
        fields.extend(
            self.identifiers.keys().chain(&self.phones).chain(&self.conditions).chain(self.deceased.keys()),
        );
        if let Some(carer) = &self.carer {
            fields.extend([&carer.name, &carer.relation, &carer.phone]);
        }
        let lost = fields.into_iter().filter(|id| !id.is_empty() && programme.field(id).is_none());
        let mut faults: Vec<String> =
            lost.map(|id| format!("fhir names field {id:?}, which is not defined")).collect();
        let forms = self.encounters.iter().chain(&self.questionnaires);
        let forms = forms.chain(self.observations.iter().map(|one| &one.form));
        let forms = forms.chain(self.lesions.iter().map(|one| &one.form));
        let forms = forms.chain(self.plan.iter().map(|plan| &plan.form));
        let forms = forms.chain(self.flags.keys()).chain(self.devices.keys());
        for form in forms.filter(|id| programme.form(id).is_none()) {
            faults.push(format!("fhir names form {form:?}, which is not defined"));
        }
        if self.observations.iter().any(|one| one.codes.is_empty()) {
            faults.push("fhir: an observation has no code".to_owned());
        }
        faults
    }
}
