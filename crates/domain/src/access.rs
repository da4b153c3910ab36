//! Who may do what. One function, [`may`], answers every question of rights, on every door and for every role.

use crate::ids::Shelf;
use crate::problem::Code;
use crate::programme::Programme;
use crate::question::{Question, Topic};
use serde::{Deserialize, Serialize};

/// What a person is to the municipality.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Works on the granted shelves only.
    Worker,
    /// Sees whole programmes and settles questions.
    Supervisor,
    /// Keeps the registry and the devices.
    Clerk,
    /// All of it, and the accounts.
    Administrator,
}

impl Role {
    /// Its name, as it travels.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Worker => "worker",
            Role::Supervisor => "supervisor",
            Role::Clerk => "clerk",
            Role::Administrator => "administrator",
        }
    }
}

/// What one person on one device, or at the office, may hold and do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The person, as the office knows them.
    pub person: String,
    /// The role.
    pub role: Role,
    /// The shelves. The common shelf of each programme belongs to it without being named.
    pub shelves: Vec<Shelf>,
}

impl Grant {
    /// Sixty-four bits that differ when a grant does. Of a text that is settled for ever, not of its JSON: an app that does
    /// not know a newer field would come to another number and could never agree with its server.
    pub fn fingerprint(&self) -> crate::ids::Install {
        let role = self.role.as_str();
        let shelves = self.shelves.iter().map(|shelf| shelf.to_string());
        let text: Vec<String> = [self.person.clone(), role.to_owned()].into_iter().chain(shelves).collect();
        let [a, b, c, d, e, f, g, h, ..] = *blake3::hash(text.join("\n").as_bytes()).as_bytes();
        crate::ids::Install(u64::from_le_bytes([a, b, c, d, e, f, g, h]))
    }

    /// The programmes in which something is granted, in order, once each.
    pub fn programmes(&self) -> Vec<&str> {
        let mut all: Vec<&str> = self.shelves.iter().map(|shelf| shelf.programme.as_str()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Every shelf a device with this grant holds. Common shelves come first: a definition should be there before
    /// the subjects it explains.
    pub fn holds(&self) -> Vec<Shelf> {
        let mut all = self.shelves.clone();
        all.extend(self.programmes().into_iter().map(Shelf::common));
        all.sort_by(|a, b| (a.zone != Shelf::COMMON, a).cmp(&(b.zone != Shelf::COMMON, b)));
        all.dedup();
        all
    }

    /// Says whether the grant reaches a shelf. Clerks and administrators reach every shelf of the municipality; a
    /// supervisor every shelf of the programmes granted as a whole, and of others the zones named: her area.
    pub fn reaches(&self, shelf: &Shelf) -> bool {
        match self.role {
            Role::Clerk | Role::Administrator => true,
            // Of the whole programme with its common shelf, otherwise of the zones that are named.
            Role::Supervisor => self.shelves.iter().any(|granted| {
                granted.programme == shelf.programme
                    && (granted.zone == Shelf::COMMON || granted.zone == shelf.zone || !shelf.is_zone())
            }),
            Role::Worker => {
                self.shelves.contains(shelf)
                    || (shelf.zone == Shelf::COMMON
                        && self.shelves.iter().any(|granted| granted.programme == shelf.programme))
            }
        }
    }

    /// The zones of a programme that the grant reaches, as the audit names them: `*` for all, else each by its id, in order.
    pub fn extent(&self, programme: &str) -> String {
        let is_whole = match self.role {
            Role::Clerk | Role::Administrator => true,
            Role::Supervisor => self.shelves.contains(&Shelf::common(programme)),
            Role::Worker => false,
        };
        if is_whole {
            return "*".to_owned();
        }
        let named = self.shelves.iter().filter(|shelf| shelf.programme == programme && shelf.is_zone());
        let mut zones: Vec<&str> = named.map(|shelf| shelf.zone.as_str()).collect();
        zones.sort_unstable();
        zones.dedup();
        zones.join(",")
    }
}

/// Something a person wants to do.
#[derive(Clone, Copy, Debug)]
pub enum Action<'a> {
    /// See the records of a shelf.
    Read(&'a Shelf),
    /// Write a visit with this form.
    Visit(&'a Shelf, &'a Programme, &'a str),
    /// Write a field of a subject.
    EditSubject(&'a Shelf, &'a Programme, &'a str),
    /// Make a new subject.
    CreateSubject(&'a Shelf, &'a Programme),
    /// Tie a code to a subject.
    Bind(&'a Shelf, &'a Programme),
    /// Read and be told of questions.
    Settle(&'a Shelf),
    /// Settle this question.
    Answer(&'a Shelf, &'a Programme, &'a Question),
    /// Remove a record.
    Remove(&'a Shelf),
    /// Change definitions or zones.
    Define,
    /// See and change devices and enrolment codes.
    Devices,
    /// See what the office sees: all visits, all questions.
    Office,
    /// See, make and remove the office's accounts.
    Accounts,
}

/// Answers whether `grant` allows `action`; the error says which refusal to report.
pub fn may(grant: &Grant, action: Action<'_>) -> Result<(), Code> {
    let shelf = match action {
        Action::Read(shelf)
        | Action::Visit(shelf, ..)
        | Action::EditSubject(shelf, ..)
        | Action::CreateSubject(shelf, _)
        | Action::Bind(shelf, _)
        | Action::Settle(shelf)
        | Action::Answer(shelf, ..)
        | Action::Remove(shelf) => Some(shelf),
        Action::Define | Action::Devices | Action::Office | Action::Accounts => None,
    };
    if shelf.is_some_and(|shelf| !grant.reaches(shelf)) {
        return Err(Code::NotYourShelf);
    }
    let office = grant.role != Role::Worker;
    let clerk = matches!(grant.role, Role::Clerk | Role::Administrator);
    let allowed = match action {
        Action::Read(_) | Action::Settle(_) => true,
        Action::Visit(_, programme, form) => {
            programme.form(form).is_some_and(|form| office || !form.needs_supervisor)
        }
        Action::EditSubject(_, programme, field) => office || programme.worker_may_edit(field),
        Action::CreateSubject(_, programme) => office || programme.worker_may.create,
        Action::Bind(_, programme) => office || programme.worker_may.bind,
        // Who walks the round settles what she might have written anyway. Which of two visits counts, and whether what the
        // office removed comes back, is not hers to say: one of the two is often her own.
        Action::Answer(_, programme, question) => {
            office
                || match question.topic {
                    Topic::Field => programme.worker_may_edit(&question.field),
                    Topic::CodeTwice => programme.worker_may.bind,
                    Topic::TwoVisits | Topic::Removed | Topic::Approval | Topic::Other => false,
                }
        }
        Action::Remove(_) => office,
        Action::Define => clerk,
        Action::Devices => clerk,
        Action::Office => office,
        Action::Accounts => grant.role == Role::Administrator,
    };
    match (allowed, action) {
        (true, _) => Ok(()),
        (false, Action::EditSubject(..)) => Err(Code::NotYourField),
        (false, _) => Err(Code::Forbidden),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(role: Role) -> Grant {
        Grant { person: "นก".into(), role, shelves: vec![Shelf::new("water", "R01")] }
    }

    #[test]
    fn a_worker_reaches_her_shelf_and_its_common_shelf_only() {
        let nok = grant(Role::Worker);
        assert!(nok.reaches(&Shelf::new("water", "R01")));
        assert!(nok.reaches(&Shelf::common("water")));
        assert!(!nok.reaches(&Shelf::new("water", "R02")));
        assert!(!nok.reaches(&Shelf::common("care")));
        assert_eq!(nok.holds(), [Shelf::common("water"), Shelf::new("water", "R01")]);
    }

    #[test]
    fn the_audit_names_the_zones_of_an_area_and_not_the_whole_programme() {
        let shelves = vec![
            Shelf::new("water", "R02"),
            Shelf::new("water", "R01"),
            Shelf::emergency("water"),
            Shelf::common("care"),
        ];
        let mixed = Grant { shelves, role: Role::Supervisor, ..grant(Role::Worker) };
        assert_eq!(mixed.extent("water"), "R01,R02");
        assert_eq!(mixed.extent("care"), "*");
        assert_eq!(mixed.extent("lights"), "");
        assert_eq!(grant(Role::Clerk).extent("lights"), "*");
        assert_eq!(grant(Role::Worker).extent("water"), "R01");
    }

    #[test]
    fn a_supervisor_has_a_programme_or_an_area_of_it() {
        let area = Grant { role: Role::Supervisor, ..grant(Role::Worker) };
        assert!(area.reaches(&Shelf::new("water", "R01")));
        assert!(!area.reaches(&Shelf::new("water", "R02")));
        assert!(area.reaches(&Shelf::common("water")));
        assert!(area.reaches(&Shelf::emergency("water")), "whoever supervises may open the emergency view");
        let whole = Grant { shelves: vec![Shelf::common("water")], ..area };
        assert!(whole.reaches(&Shelf::new("water", "R02")));
        assert!(!whole.reaches(&Shelf::common("care")));
    }

    #[test]
    fn a_worker_opens_the_emergency_view_only_with_its_shelf() {
        let nok = grant(Role::Worker);
        assert!(!nok.reaches(&Shelf::emergency("water")));
        let rescuer = Grant { shelves: vec![Shelf::emergency("care")], ..nok };
        assert!(rescuer.reaches(&Shelf::emergency("care")));
        assert!(!rescuer.reaches(&Shelf::new("care", "M01")), "and sees nobody's card");
    }

    #[test]
    fn a_worker_settles_what_she_might_have_written_and_nothing_else() {
        let own = Shelf::new("water", "R01");
        let mut programme = Programme::default();
        programme.subject.fields.push(crate::programme::FieldKind {
            id: "phone".into(),
            worker_edits: true,
            ..Default::default()
        });
        let id = crate::ids::RecordId::new(1, [7; 10]);
        let question = |topic, field: &str| Question {
            topic,
            about: id,
            subject: id,
            field: field.into(),
            choices: Vec::new(),
            settled: None,
        };
        let settles = |role, programme: &Programme, topic, field| {
            may(&grant(role), Action::Answer(&own, programme, &question(topic, field))).is_ok()
        };
        assert!(settles(Role::Worker, &programme, Topic::Field, "phone"));
        for topic in [Topic::TwoVisits, Topic::Removed, Topic::Approval, Topic::CodeTwice, Topic::Other] {
            assert!(!settles(Role::Worker, &programme, topic, "phone"), "{topic:?}");
            assert!(settles(Role::Clerk, &programme, topic, "phone"), "{topic:?}");
        }
        assert!(!settles(Role::Worker, &programme, Topic::Field, "class"));
        programme.worker_may.bind = true;
        assert!(settles(Role::Worker, &programme, Topic::CodeTwice, "SN-1"));
        let other = Shelf::new("care", "M1");
        let asked = question(Topic::Field, "phone");
        let away = Action::Answer(&other, &programme, &asked);
        assert_eq!(may(&grant(Role::Worker), away), Err(Code::NotYourShelf));
    }

    #[test]
    fn rights_by_role() {
        let programme = Programme::default();
        let (own, other) = (Shelf::new("water", "R01"), Shelf::new("care", "M1"));
        for (role, action, expected) in [
            (Role::Worker, Action::Read(&own), Ok(())),
            (Role::Worker, Action::Read(&other), Err(Code::NotYourShelf)),
            (Role::Worker, Action::EditSubject(&own, &programme, "name"), Err(Code::NotYourField)),
            (Role::Worker, Action::CreateSubject(&own, &programme), Err(Code::Forbidden)),
            (Role::Worker, Action::Remove(&own), Err(Code::Forbidden)),
            (Role::Worker, Action::Devices, Err(Code::Forbidden)),
            (Role::Worker, Action::Office, Err(Code::Forbidden)),
            (Role::Worker, Action::Settle(&own), Ok(())),
            (Role::Supervisor, Action::Read(&other), Err(Code::NotYourShelf)),
            (Role::Supervisor, Action::Office, Ok(())),
            (Role::Supervisor, Action::Devices, Err(Code::Forbidden)),
            (Role::Clerk, Action::Devices, Ok(())),
            (Role::Clerk, Action::Read(&other), Ok(())),
            (Role::Administrator, Action::Define, Ok(())),
            (Role::Clerk, Action::Accounts, Err(Code::Forbidden)),
            (Role::Administrator, Action::Accounts, Ok(())),
        ] {
            assert_eq!(may(&grant(role), action), expected, "{role:?} {action:?}");
        }
    }
}
