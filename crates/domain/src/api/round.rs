//! Requests about rounds and their cycles: the dashboard, what somebody should look at, the states of a cycle, losses.

use super::{SubjectRow, VisitRow};
use crate::cycle::CycleState;
use crate::ids::RecordId;
use crate::schedule::Standing;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A page of the round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Round {
    /// Programme id.
    pub programme: String,
    /// One zone, or all on the device.
    pub zone: Option<String>,
    /// Only these; empty for all.
    pub standing: Vec<Standing>,
    /// Only those tried in vain since they are due, with this outcome code; empty for any code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// Today, local, ISO.
    pub today: String,
    /// Rows to skip.
    pub offset: u32,
    /// Rows to give, at most 200.
    pub limit: u32,
}

/// A page of the round.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RoundReply {
    /// The rows, in route order.
    pub rows: Vec<SubjectRow>,
    /// How many there are in all.
    pub total: u64,
    /// Done in this period, in the chosen zones.
    #[serde(default)]
    pub done: u64,
    /// To do now and not tried yet.
    #[serde(default)]
    pub left: u64,
    /// To do now and tried in vain, by outcome code.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub skipped: BTreeMap<String, u64>,
    /// Of those to do now, tried or not, how many are past their day.
    #[serde(default)]
    pub overdue: u64,
    /// What the office planned, where the list is of one zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<RoundPlan>,
}

/// What the office planned for a zone's cycle; empty what it did not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoundPlan {
    /// Who is to walk it.
    pub reader: String,
    /// Day on which the round begins, ISO.
    pub read_on: String,
    /// Day until which is to be paid, ISO.
    pub due_on: String,
    /// Day on which the service is cut off, ISO.
    pub cutoff_on: String,
}

/// Asks how far a programme's rounds are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dashboard {
    /// Programme id; one with `[round]`.
    pub programme: String,
    /// The cycle, `2026-11`; empty for that of `today`.
    #[serde(default)]
    pub cycle: String,
    /// The day that is called today, local, ISO.
    pub today: String,
}

/// Numbers of a zone, a person, or all. Of each subject the last visit of the cycle that was done counts, or else the
/// last attempt.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// Subjects that are to be visited.
    pub subjects: u64,
    /// Done.
    pub read: u64,
    /// Done on the day that was asked about.
    pub read_today: u64,
    /// Tried in vain, by outcome code.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub skipped: BTreeMap<String, u64>,
    /// Visits that count, by mark.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub marks: BTreeMap<String, u64>,
    /// Visits that wait for the office.
    pub waiting: u64,
    /// Units that were counted.
    pub units: i64,
    /// Visits whose time is known, and the seconds they took together.
    pub timed: (u64, u64),
    /// Billed, satang.
    pub billed: i64,
    /// Received, satang.
    pub collected: i64,
    /// Said to be paid by slips that the bank has not confirmed, satang.
    #[serde(default)]
    pub claimed: i64,
    /// Visits with units that were never billed.
    #[serde(default)]
    pub unbilled: u64,
    /// Subjects that were never billed for the cycle, whether somebody was there or not; zero where nothing is charged.
    #[serde(default)]
    pub without_bill: u64,
}

impl Tally {
    /// Neither done nor tried.
    pub fn left(&self) -> u64 {
        self.subjects.saturating_sub(self.read + self.not_read())
    }

    /// Tried in vain.
    pub fn not_read(&self) -> u64 {
        self.skipped.values().sum()
    }

    /// The average time of a visit, seconds.
    pub fn seconds_each(&self) -> Option<u64> {
        let (count, seconds) = self.timed;
        (count > 0).then(|| (seconds + count / 2) / count)
    }

    /// Adds another tally.
    pub fn add(&mut self, other: &Tally) {
        self.subjects += other.subjects;
        self.read += other.read;
        self.read_today += other.read_today;
        for (mine, theirs) in [(&mut self.skipped, &other.skipped), (&mut self.marks, &other.marks)] {
            theirs.iter().for_each(|(name, count)| *mine.entry(name.clone()).or_default() += count);
        }
        self.waiting += other.waiting;
        self.units = self.units.saturating_add(other.units);
        self.timed = (self.timed.0 + other.timed.0, self.timed.1.saturating_add(other.timed.1));
        self.billed = self.billed.saturating_add(other.billed);
        self.collected = self.collected.saturating_add(other.collected);
        self.claimed = self.claimed.saturating_add(other.claimed);
        self.unbilled += other.unbilled;
        self.without_bill += other.without_bill;
    }
}

/// How far a programme's rounds are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DashboardReply {
    /// The cycle these numbers are of.
    pub cycle: String,
    /// The cycles in which something was done, newest first, the present one among them.
    pub cycles: Vec<String>,
    /// Everything together.
    pub all: Tally,
    /// Each zone, in order.
    pub zones: Vec<ZoneTally>,
    /// Each person who recorded something, by name.
    pub readers: Vec<ReaderTally>,
}

/// A zone's numbers and how far its cycle is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ZoneTally {
    /// Zone id.
    pub zone: String,
    /// Its title.
    pub title: String,
    /// Who is to walk it; empty if nobody wrote it.
    pub reader: String,
    /// How far it is.
    pub state: CycleState,
    /// Who brought it to this state, and when (ISO with offset); empty while it is open.
    pub by: (String, String),
    /// Day on which the round begins, ISO.
    pub read_on: String,
    /// Day until which is to be paid, ISO.
    pub due_on: String,
    /// Day on which the service is cut off, ISO.
    pub cutoff_on: String,
    /// Units given out to the zone, as the office entered them.
    pub produced: Option<i64>,
    /// The numbers.
    pub tally: Tally,
}

/// A person's numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReaderTally {
    /// Who.
    pub person: String,
    /// In how many zones.
    pub zones: u64,
    /// The last visit, milliseconds.
    pub last_ms: i64,
    /// The numbers; `subjects` is what this person visited.
    pub tally: Tally,
}

/// Asks for visits that somebody should look at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Anomalies {
    /// Programme id.
    pub programme: String,
    /// The cycle.
    pub cycle: String,
    /// One zone, or all.
    #[serde(default)]
    pub zone: Option<String>,
    /// One mark, or [`Anomalies::UNBILLED`]; empty: those that wait for the office.
    #[serde(default)]
    pub mark: String,
    /// Rows to skip.
    pub offset: u32,
    /// Rows to give, at most 200.
    pub limit: u32,
}

impl Anomalies {
    /// In the place of a mark: visits with units that were never billed.
    pub const UNBILLED: &str = "unbilled";
}

/// A page of such visits.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AnomaliesReply {
    /// The rows, by zone, newest first.
    pub rows: Vec<Anomaly>,
    /// How many there are in all.
    pub total: u64,
}

/// A visit that somebody should look at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Anomaly {
    /// The visit.
    pub visit: VisitRow,
    /// Zone id.
    pub zone: String,
    /// Place in the round.
    pub order: String,
    /// Its marks.
    pub marks: Vec<String>,
    /// It waits for the office, which settles these questions; none if it does not wait.
    pub questions: Vec<RecordId>,
    /// The units of the cycles before, oldest first, at most six.
    pub before: Vec<i64>,
}

/// Lets every visit of a zone count that waits for one reason and no other; the reason is a mark that may be approved
/// together, such as the first reading of a new meter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApproveMarked {
    /// Programme id.
    pub programme: String,
    /// The zone.
    pub zone: String,
    /// The cycle.
    pub cycle: String,
    /// The mark.
    pub mark: String,
}

/// What became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approved {
    /// Visits that count now.
    pub count: u64,
}

/// Brings a cycle into another state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetCycle {
    /// Programme id.
    pub programme: String,
    /// One zone, or every zone that can follow.
    #[serde(default)]
    pub zone: Option<String>,
    /// The cycle.
    pub cycle: String,
    /// The new state.
    pub state: CycleState,
    /// Why, where a state is taken back, or where a cycle is closed in which some have no bill.
    #[serde(default)]
    pub reason: String,
}

/// What became of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CycleSet {
    /// Zones that are in the new state now.
    pub done: u64,
    /// Zones that could not follow, and why.
    pub held: Vec<Held>,
}

/// What keeps a zone from the next state; all zero where the state itself does not allow it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Zone id.
    pub zone: String,
    /// Visits that wait for the office.
    pub waiting: u64,
    /// Open questions which of two visits counts, or whether a bill is right.
    pub questions: u64,
    /// Visits that could not be billed.
    pub unbilled: u64,
}

impl Held {
    /// Says whether something must be settled first.
    pub fn is_held(&self) -> bool {
        self.waiting + self.questions + self.unbilled > 0
    }
}

/// Plans a zone's cycle. What is absent stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlanCycle {
    /// Programme id.
    pub programme: String,
    /// Zone id.
    pub zone: String,
    /// The cycle.
    pub cycle: String,
    /// Who is to walk it.
    #[serde(default)]
    pub reader: Option<String>,
    /// Day on which the round begins, ISO.
    #[serde(default)]
    pub read_on: Option<String>,
    /// Day until which is to be paid, ISO.
    #[serde(default)]
    pub due_on: Option<String>,
    /// Day on which the service is cut off, ISO.
    #[serde(default)]
    pub cutoff_on: Option<String>,
    /// Units given out to the zone.
    #[serde(default)]
    pub produced: Option<i64>,
}

/// Asks what goes lost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Loss {
    /// Programme id; one with `[loss]`.
    pub programme: String,
    /// The cycle.
    pub cycle: String,
    /// Today, local, ISO.
    pub today: String,
}

/// What goes lost.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LossReply {
    /// Each zone, in order.
    pub zones: Vec<LossRow>,
    /// Subjects that counted nothing for so many cycles running, in walking order, at most 500.
    pub dead: Vec<SubjectRow>,
    /// How many there are in all.
    #[serde(default)]
    pub dead_total: u64,
    /// Subjects with a mark that says so in this cycle and the one before, with the mark, in walking order, at most 500.
    pub again: Vec<(String, SubjectRow)>,
    /// How many there are in all, by mark.
    #[serde(default)]
    pub again_total: BTreeMap<String, u64>,
}

/// What a zone loses.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LossRow {
    /// Zone id.
    pub zone: String,
    /// Its title.
    pub title: String,
    /// Units given out, if the office entered them.
    pub produced: Option<i64>,
    /// Units counted at the subjects.
    pub counted: i64,
    /// Subjects not read yet: while there are any, the loss is not the last word.
    pub unread: u64,
    /// Hundredths of a percent that went lost; below zero where more was counted than given out.
    pub lost_bp: Option<i64>,
    /// It is more than the programme accepts.
    pub too_much: bool,
}

/// Puts a subject into another place of its zone's order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MoveInRound {
    /// Which.
    pub subject: RecordId,
    /// The one it follows; `None`: it is the first.
    pub after: Option<RecordId>,
}

/// Asks which one comes next on a round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NextInRound {
    /// The one that was done.
    pub after: RecordId,
    /// Today, local, ISO.
    pub today: String,
}

/// Asks for a file about a cycle. It is not a call: the office sends it to `/api/round-file` and gets the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoundFile {
    /// Programme id.
    pub programme: String,
    /// The cycle.
    pub cycle: String,
    /// The day a daily report is about, on which payments came to the office, or by which the service is cut off; local, ISO.
    pub day: String,
    /// Which file.
    pub what: FileKind,
}

/// A file about a cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// The day's report, for the printer.
    ReportPdf,
    /// The same as a workbook.
    ReportXlsx,
    /// The day's payments, as the bank and the treasury read them.
    PaymentsCsv,
    /// Who owes past the day on which the service is cut off, as a workbook.
    CutOffXlsx,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tallies_add_up() {
        let one = Tally {
            subjects: 10,
            read: 6,
            skipped: [("01".to_owned(), 2)].into(),
            timed: (2, 21),
            units: 100,
            without_bill: 3,
            ..Tally::default()
        };
        assert_eq!((one.left(), one.not_read(), one.seconds_each()), (2, 2, Some(11)));
        let mut both = one.clone();
        let other = Tally {
            subjects: 1,
            skipped: [("03".to_owned(), 1)].into(),
            without_bill: 1,
            ..Tally::default()
        };
        both.add(&other);
        assert_eq!((both.subjects, both.left(), both.not_read(), both.units), (11, 2, 3, 100));
        assert_eq!(both.without_bill, 4);
        assert_eq!(Tally::default().seconds_each(), None);
    }
}
