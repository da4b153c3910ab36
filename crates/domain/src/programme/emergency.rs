//! Who must be fetched first when something burns or floods: which of a programme's fields rank people, and which of
//! them a rescuer may read. What is not named here never leaves its shelf for a rescuer's phone.

use super::{Programme, Words};
use crate::change::{Values, field};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The `[emergency]` section.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Emergency {
    /// Why somebody comes first, the weightiest reason on top. People are compared reason by reason, then by distance.
    pub rank: Vec<RankRule>,
    /// Field ids a rescuer reads, in the order shown. The fields of `rank` and of the heading need not be repeated.
    pub show: Vec<String>,
    /// Field that holds the photo of the way in.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub photo: String,
    /// Whoever has one of these values is not looked for: field id to values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub leave_out: BTreeMap<String, Vec<String>>,
    /// Hours for which a given reason opens the view.
    #[serde(default = "two")]
    pub open_hours: u32,
    /// Hours after which a team's mark no longer counts: the next fire is another one.
    #[serde(default = "twenty_four")]
    pub mark_hours: u32,
}

fn two() -> u32 {
    2
}

fn twenty_four() -> u32 {
    24
}

/// One reason to come first.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RankRule {
    /// What a rescuer reads, such as ติดเตียง.
    pub title: Words,
    /// Of several rules with the same word only the first that fits is shown and counted.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub one_of: String,
    /// Field id to values; one of them is enough. A yes is written `true`.
    pub when: BTreeMap<String, Vec<String>>,
}

impl Emergency {
    /// Every field that goes to rescuers: those that rank, those that are shown, and those of the heading.
    pub fn fields<'a>(&'a self, programme: &'a Programme) -> BTreeSet<&'a str> {
        let ranking = self.rank.iter().flat_map(|rule| rule.when.keys());
        let all = ranking.chain(&self.show).chain(&programme.subject.heading);
        all.map(String::as_str).collect()
    }

    /// Says whether somebody with these values is looked for.
    pub fn looks_for(&self, values: &Values) -> bool {
        !any(&self.leave_out, values)
    }

    /// The reasons that hold of somebody, by their place in `rank`, weightiest first. To be compared with
    /// [`Emergency::comes_before`].
    pub fn reasons(&self, values: &Values) -> Vec<usize> {
        let mut seen = BTreeSet::new();
        let mut reasons = Vec::new();
        for (at, rule) in self.rank.iter().enumerate() {
            if any(&rule.when, values) && (rule.one_of.is_empty() || seen.insert(rule.one_of.as_str())) {
                reasons.push(at);
            }
        }
        reasons
    }

    /// Whether reasons `a` weigh more than `b`: the first that only one of them has decides.
    pub fn comes_before(a: &[usize], b: &[usize]) -> std::cmp::Ordering {
        for (x, y) in a.iter().zip(b) {
            if x != y {
                return x.cmp(y);
            }
        }
        b.len().cmp(&a.len())
    }

    /// Names what is inconsistent, one sentence each.
    pub(super) fn faults(&self, programme: &Programme) -> Vec<String> {
        let mut faults = Vec::new();
        let mut named: BTreeSet<&str> = self.fields(programme);
        named.extend(self.leave_out.keys().map(String::as_str));
        named.extend((!self.photo.is_empty()).then_some(self.photo.as_str()));
        for id in named {
            match programme.field(id) {
                None => faults.push(format!("emergency names field {id:?}, which is not defined")),
                Some(field) if field.masked => {
                    faults.push(format!("emergency would show field {id:?}, which is masked"));
                }
                Some(_) if BEACON_CELLS.contains(&id) => {
                    faults.push(format!("emergency shows field {id:?}, which is a word of the engine's own"));
                }
                Some(_) => {}
            }
        }
        if self.rank.is_empty() {
            faults.push("emergency.rank is empty: nobody would come first".to_owned());
        }
        if !(1..=24).contains(&self.open_hours) || self.mark_hours == 0 {
            faults.push("emergency: open_hours is 1 to 24, mark_hours at least 1".to_owned());
        }
        faults
    }
}

fn any(when: &BTreeMap<String, Vec<String>>, values: &Values) -> bool {
    when.iter().any(|(id, wanted)| {
        let have = match values.get(id) {
            Some(serde_json::Value::String(text)) => text.clone(),
            Some(serde_json::Value::Null) | None => return false,
            Some(other) => other.to_string(),
        };
        wanted.contains(&have)
    })
}

/// Cells of a [`crate::change::kind::BEACON`] beside the fields that a programme names.
pub mod beacon {
    /// What a team found: a [`super::Mark`]. One cell, so that two teams never mix their words.
    pub const MARK: &str = "mark";
    /// Hash of the photo of the way in.
    pub const ENTRANCE: &str = "entrance";
}

/// Cells of a [`crate::change::kind::ACCESS`].
pub mod access {
    /// Why somebody looks, in their own words.
    pub const REASON: &str = "reason";
    /// When it began, milliseconds.
    pub const FROM_MS: &str = "from_ms";
    /// When it ends, milliseconds.
    pub const UNTIL_MS: &str = "until_ms";
}

/// What became of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// A team is or was with them.
    Reached,
    /// They were taken elsewhere.
    Moved,
    /// Nobody was found there.
    Absent,
    /// A mark was set by mistake: they are still to be looked for.
    Open,
}

/// A team's mark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// What became of them.
    pub fate: Fate,
    /// Where to, or another word.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Who says so.
    pub by: String,
    /// When, milliseconds.
    pub at_ms: u64,
}

/// The engine's cells of a beacon, which a programme's fields may not be called.
pub const BEACON_CELLS: &[&str] =
    &[beacon::MARK, beacon::ENTRANCE, field::PROGRAMME, field::SUBJECT, field::LAT, field::LON];

#[cfg(test)]
mod tests {
    use super::*;
    use std::cmp::Ordering;

    fn rule(one_of: &str, id: &str, values: &[&str]) -> RankRule {
        RankRule {
            one_of: one_of.into(),
            when: [(id.to_owned(), values.iter().map(|v| (*v).to_owned()).collect())].into(),
            ..Default::default()
        }
    }

    fn emergency() -> Emergency {
        Emergency {
            rank: vec![
                rule("dependence", "group", &["4"]),
                rule("dependence", "group", &["3", "4"]),
                rule("", "oxygen", &["true"]),
                rule("", "alone", &["true"]),
            ],
            leave_out: [("status".to_owned(), vec!["dead".to_owned()])].into(),
            ..Default::default()
        }
    }

    fn values(pairs: &[(&str, serde_json::Value)]) -> Values {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    }

    #[test]
    fn the_weightier_reason_comes_first_and_the_next_one_settles_a_tie() {
        let rules = emergency();
        let bed_severe = rules.reasons(&values(&[("group", "4".into())]));
        let bed_oxygen = rules.reasons(&values(&[("group", "3".into()), ("oxygen", true.into())]));
        let bed = rules.reasons(&values(&[("group", 3.into())]));
        let alone = rules.reasons(&values(&[("alone", true.into()), ("oxygen", false.into())]));
        let nothing = rules.reasons(&Values::new());
        assert_eq!(bed_severe, [0], "only one reason of a kind");
        assert_eq!(alone, [3]);
        let order = [&bed_severe, &bed_oxygen, &bed, &alone, &nothing];
        for (at, a) in order.iter().enumerate() {
            for b in order.iter().skip(at + 1) {
                assert_eq!(Emergency::comes_before(a, b), Ordering::Less, "{a:?} {b:?}");
            }
            assert_eq!(Emergency::comes_before(a, a), Ordering::Equal);
        }
    }

    #[test]
    fn the_dead_are_not_looked_for() {
        assert!(!emergency().looks_for(&values(&[("status", "dead".into())])));
        assert!(emergency().looks_for(&Values::new()));
    }

    #[test]
    fn a_masked_field_cannot_be_shown() {
        let field =
            |id: &str, masked| super::super::FieldKind { id: id.into(), masked, ..Default::default() };
        let mut programme = Programme::default();
        for id in ["group", "oxygen", "alone", "status"] {
            programme.subject.fields.push(field(id, false));
        }
        programme.subject.fields.push(field("cid", true));
        let mut rules = Emergency { open_hours: 2, mark_hours: 24, ..emergency() };
        assert_eq!(rules.faults(&programme), Vec::<String>::new());
        rules.show = vec!["cid".into(), "nowhere".into()];
        rules.open_hours = 48;
        assert_eq!(rules.faults(&programme).len(), 3);
    }
}
