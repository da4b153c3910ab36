//! What stands beside a change in its commit. Worked out once for each commit: a phone may put thousands of cells beside a
//! hundred visits, and must not make the server compare each with each.

use domain::change::{Change, Value, field, kind};
use domain::ids::RecordId;
use domain::programme::Programme;
use std::collections::BTreeMap;

/// The changes of one commit, and its visits by the subject that they name.
pub(crate) struct Beside<'a> {
    /// All of them, in the order of the commit.
    pub changes: &'a [Change],
    visits: BTreeMap<&'a str, Vec<&'a Change>>,
}

impl<'a> Beside<'a> {
    /// Sorts the visits of a commit by their subjects.
    pub fn of(changes: &'a [Change]) -> Beside<'a> {
        let mut visits: BTreeMap<&str, Vec<&Change>> = BTreeMap::new();
        for visit in changes.iter().filter(|change| change.kind == kind::VISIT) {
            if let Some(subject) = text(visit, field::SUBJECT) {
                visits.entry(subject).or_default().push(visit);
            }
        }
        Beside { changes, visits }
    }

    /// What visits of this commit write to a subject by how they ended: that somebody died or moved away is for whoever stands
    /// at the door to say, but by a visit and not by hand.
    pub fn found_on_the_round(&self, programme: &Programme, subject: RecordId) -> Found {
        let mut found = Found::default();
        for visit in self.visits.get(subject.to_string().as_str()).into_iter().flatten() {
            let outcome = text(visit, field::OUTCOME).and_then(|outcome| programme.outcome(outcome));
            let day = text(visit, field::AT).and_then(|at| at.get(..10));
            let (Some(outcome), Some(day)) = (outcome, day) else { continue };
            for (name, value) in outcome.written(day) {
                found.0.entry(name).or_default().push(value);
            }
        }
        found
    }
}

/// What was found of one subject: by field, the values that visits write to it.
#[derive(Default)]
pub(crate) struct Found(BTreeMap<String, Vec<Value>>);

impl Found {
    /// Says whether a visit writes this.
    pub fn writes(&self, name: &str, value: &Value) -> bool {
        self.0.get(name).is_some_and(|values| values.contains(value))
    }
}

fn text<'a>(change: &'a Change, name: &str) -> Option<&'a str> {
    change.cells.get(name).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::change::Values;
    use domain::ids::Seq;
    use domain::programme::OutcomeKind;

    fn visit(at: u64, subject: RecordId, outcome: &str, day: &str) -> Change {
        let cells: Values = [
            (field::SUBJECT.to_owned(), subject.to_string().into()),
            (field::OUTCOME.to_owned(), outcome.into()),
            (field::AT.to_owned(), day.into()),
        ]
        .into();
        Change { id: RecordId::new(at, [2; 10]), kind: kind::VISIT.to_owned(), base_seq: Seq(0), cells }
    }

    #[test]
    fn visits_of_a_subject_write_what_their_outcomes_say_and_nothing_else() {
        let programme = Programme {
            outcomes: vec![OutcomeKind {
                code: "died".to_owned(),
                writes: [("status".to_owned(), "dead".into())].into(),
                writes_day: "died_on".to_owned(),
                ..Default::default()
            }],
            ..Default::default()
        };
        let (one, other) = (RecordId::new(1, [1; 10]), RecordId::new(2, [1; 10]));
        let all = [
            visit(3, one, "died", "2026-11-26T09:00:00+07:00"),
            visit(4, one, "died", "2026-11-27T09:00:00+07:00"),
            visit(5, one, "away", "2026-11-27T09:00:00+07:00"),
            visit(6, other, "died", "2026"),
        ];
        let beside = Beside::of(&all);
        let found = beside.found_on_the_round(&programme, one);
        assert!(found.writes("status", &"dead".into()));
        assert!(found.writes("died_on", &"2026-11-26".into()), "each visit writes its own day");
        assert!(found.writes("died_on", &"2026-11-27".into()));
        assert!(!found.writes("died_on", &"2026-11-25".into()));
        assert!(!found.writes("status", &"moved".into()) && !found.writes("codes.aa", &true.into()));
        // Worked out once: a visit is one value of each field it writes, however many cells are asked for.
        assert_eq!(found.0.values().map(Vec::len).collect::<Vec<_>>(), [2, 2]);
        let found = beside.found_on_the_round(&programme, other);
        assert!(!found.writes("status", &"dead".into()), "a visit without a day found nothing");
    }
}
