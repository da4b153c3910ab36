//! How a programme looks from above (`[overview]`): in which colour a subject stands on the map, and by what its subjects are
//! counted together. Dark streets and villages without vaccination are the same question.

use super::{FieldType, Programme, Words};
use serde::{Deserialize, Serialize};

/// The word in `group_by` that stands for the subject's zone.
pub const ZONE: &str = "zone";

/// How a subject is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Condition {
    /// In order.
    Good,
    /// Being dealt with, or soon due.
    Watch,
    /// Needs attention.
    Bad,
}

/// `[overview]`. Without it subjects are in order unless a case about them is open, and are counted by zone.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Overview {
    /// The choice field of a subject that says how it is; empty: none does.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub field: String,
    /// Its values that mean: being dealt with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub watch: Vec<String>,
    /// Its values that mean: needs attention.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bad: Vec<String>,
    /// A subject whose main form is overdue needs attention, one that may be visited now is soon due.
    #[serde(default)]
    pub by_schedule: bool,
    /// Fields by whose text subjects are counted together; `zone` stands for the zone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub group_by: Vec<String>,
    /// What "needs attention" is here, such as ดับ.
    #[serde(default)]
    pub bad_title: Words,
    /// Percent of subjects that should be in order in each group; zero: nobody says.
    #[serde(default)]
    pub goal: u32,
}

impl Overview {
    /// How a subject is by its own words: the value of its field.
    pub fn of_value(&self, value: &str) -> Condition {
        if self.bad.iter().any(|bad| bad == value) {
            Condition::Bad
        } else if self.watch.iter().any(|watch| watch == value) {
            Condition::Watch
        } else {
            Condition::Good
        }
    }
}

/// Names what is inconsistent, one sentence each.
pub(super) fn faults(programme: &Programme) -> Vec<String> {
    let Some(overview) = &programme.overview else { return Vec::new() };
    let mut faults = Vec::new();
    for id in overview.group_by.iter().filter(|id| *id != ZONE && programme.field(id).is_none()) {
        faults.push(format!("overview groups by {id:?}, which is not defined"));
    }
    if overview.goal > 100 {
        faults.push(format!("overview: goal is 0 to 100 percent, not {}", overview.goal));
    }
    if overview.field.is_empty() {
        return faults;
    }
    match programme.field(&overview.field) {
        Some(field) if field.kind == FieldType::Choice => {
            for value in overview.watch.iter().chain(&overview.bad) {
                if !field.choices.contains_key(value) {
                    faults.push(format!("overview: {} has no choice {value:?}", field.id));
                }
            }
        }
        _ => faults.push(format!("overview: {:?} is no choice field", overview.field)),
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programme::{FieldKind, SubjectKind};

    #[test]
    fn faults_name_what_is_missing() {
        let status = FieldKind {
            id: "status".into(),
            kind: FieldType::Choice,
            choices: [("broken".to_owned(), Words::default())].into(),
            ..FieldKind::default()
        };
        let mut programme = Programme {
            subject: SubjectKind { fields: vec![status], ..SubjectKind::default() },
            overview: Some(Overview {
                field: "status".into(),
                bad: vec!["broken".into()],
                group_by: vec![ZONE.into(), "status".into()],
                goal: 80,
                ..Overview::default()
            }),
            ..Programme::default()
        };
        assert_eq!(faults(&programme), Vec::<String>::new());
        programme.overview = Some(Overview {
            field: "status".into(),
            watch: vec!["odd".into()],
            group_by: vec!["road".into()],
            goal: 101,
            ..Overview::default()
        });
        assert_eq!(faults(&programme).len(), 3);
        programme.overview = Some(Overview { field: "road".into(), ..Overview::default() });
        assert_eq!(faults(&programme).len(), 1);
    }

    #[test]
    fn a_value_says_how_it_is() {
        let overview =
            Overview { watch: vec!["repair".into()], bad: vec!["broken".into()], ..Overview::default() };
        let of = |value| overview.of_value(value);
        assert_eq!([of("ok"), of("repair"), of("broken"), of("")].map(|is| is as u8), [0, 1, 2, 0]);
    }
}
