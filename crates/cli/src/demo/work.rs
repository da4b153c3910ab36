//! What people did in the town by the very requests that phones and the office make, so that what follows in life follows here:
//! the bill of a reading with its number, receipts, whose hands cash is in, the states of an order and what they write to a
//! pole. Each is judged like any other, which takes longer than writing rows: so it is one route and one feeder.

use super::Calendar;
use super::random::Random;
use domain::access::{Grant, Role};
use domain::api::{Ask, AssignOrder, MoveCash, MoveOrder, OpenOrder, ReceiveCash, SaveVisit};
use domain::change::{Change, Value, Values, field};
use domain::ids::{RecordId, Shelf};
use domain::ledger::Hands;
use domain::problem::{Code, Problem};
use domain::programme::DONE;
use domain::thai_date::THAI_OFFSET_MINUTES;
use std::collections::BTreeMap;
use store::{Now, Store};

/// The route whose readings have bills, counted from 0: the second, as the first is there to be tried out.
pub const BILLED_ROUTE: usize = 1;
/// The feeder that has work orders, counted from 0: the third, as a technician's first is there to be tried out.
pub const REPAIRED_FEEDER: usize = 2;

/// Share of households that pay what they owe when the reader comes again.
const PAYS: f64 = 0.85;
const HOUR_MS: u64 = 60 * 60 * 1_000;

/// Asks as somebody at a moment.
fn ask<R: Ask>(store: &mut Store, grant: &Grant, now: Now, request: R) -> Result<R::Reply, Problem> {
    R::unwrap(store::service::serve(store, Some(grant), now, request.wrap())?)
}

/// The office, where everything may be decided.
fn office() -> Grant {
    Grant { person: super::ADMINISTRATOR.to_owned(), role: Role::Clerk, shelves: Vec::new() }
}

/// Whoever reads the billed route.
pub struct Reader {
    shelf: Shelf,
    random: Random,
    /// When each meter was last read, as the bill says it.
    last_at: BTreeMap<RecordId, Value>,
}

impl Reader {
    /// The reader of a route, before she has read anything.
    pub fn new(seed: u64, zone: &str) -> Reader {
        Reader {
            shelf: Shelf::new("water", zone),
            random: Random::new(seed, &format!("payers {zone}")),
            last_at: BTreeMap::new(),
        }
    }

    /// Saves a day's readings in their order, as her phone does: each with its bill, and before it what the household pays of
    /// the months before. Returns the payments, which she has in cash.
    pub fn reads(&mut self, store: &mut Store, readings: Vec<Change>) -> Result<Vec<RecordId>, Problem> {
        // The disk is waited for once a day, not once a house.
        store.together(|store| -> Result<Vec<RecordId>, Problem> {
            let mut cash = Vec::new();
            for reading in readings {
                cash.extend(self.reads_one(store, reading.cells)?);
            }
            Ok(cash)
        })?
    }

    fn reads_one(&mut self, store: &mut Store, mut cells: Values) -> Result<Option<RecordId>, Problem> {
        let text = |name: &str| cells.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (form, at, person, outcome) =
            (text(field::FORM), text(field::AT), text(field::BY), text(field::OUTCOME));
        let subject: RecordId =
            text(field::SUBJECT).parse().map_err(|_| Problem::new(Code::BadRecord).about("subject"))?;
        let grant = Grant { person, role: Role::Worker, shelves: vec![self.shelf.clone()] };
        let now = moment(&at)?;
        let owed = store.statement(subject)?.owed;
        let paid = if !owed.is_zero() && self.random.chance(PAYS) {
            let paying = ReceiveCash {
                subject,
                amount: owed,
                bill: None,
                place: None,
                offset_minutes: THAI_OFFSET_MINUTES,
            };
            Some(ask(store, &grant, now, paying)?.saved.record)
        } else {
            None
        };
        cells.retain(|name, _| !field::is_note_of_visit(name));
        if outcome == DONE {
            let before = self.last_at.insert(subject, at.into());
            cells.extend(before.map(|before| ("last_at".to_owned(), before)));
        }
        let visit = SaveVisit {
            programme: self.shelf.programme.clone(),
            form,
            subject: Some(subject),
            zone: None,
            code: None,
            outcome,
            answers: cells,
            photos: Vec::new(),
            place: None,
            registry: Vec::new(),
            supersedes: None,
            offset_minutes: THAI_OFFSET_MINUTES,
        };
        ask(store, &grant, now, visit)?;
        Ok(paid)
    }
}

/// The office counts a reader's cash in the afternoon and brings it to the bank an hour later.
pub fn deposits(store: &mut Store, cash: &[RecordId], counted_ms: u64) -> Result<(), Problem> {
    if cash.is_empty() {
        return Ok(());
    }
    for (to, ms) in [(Hands::HandedOver, counted_ms), (Hands::Deposited, counted_ms + HOUR_MS)] {
        let office = office();
        // No more than one request may name; a route has no more houses.
        for payments in cash.chunks(400) {
            ask(store, &office, Now::thai(ms), MoveCash { payments: payments.to_vec(), to })?;
        }
    }
    Ok(())
}

fn moment(at: &str) -> Result<Now, Problem> {
    let ms = chrono::DateTime::parse_from_rfc3339(at).ok().map(|at| at.timestamp_millis());
    let ms = ms.and_then(|ms| u64::try_from(ms).ok());
    Ok(Now::thai(ms.ok_or_else(|| Problem::new(Code::Malformed).about("at"))?))
}

/// What is done with an order.
enum Step {
    /// The office brings it to a state, with a sentence where that needs one.
    Office(&'static str, &'static str),
    /// The office gives it to the technician.
    Given,
    /// The technician brings it to a state, with a sentence where that needs one.
    Technician(&'static str, &'static str),
}

/// An order as it came about.
struct Repair {
    /// How long ago it was opened.
    hours: u64,
    topic: &'static str,
    note: &'static str,
    /// Evenly between then and now.
    steps: &'static [Step],
}

/// Orders in different states, those that a small feeder has room for first. None is done: that takes a photo of the work, and
/// nobody took one.
const REPAIRS: [Repair; 8] = [
    Repair {
        hours: 3, topic: "off", note: "ตรงทางเข้าซอย เดินลำบาก", steps: &[]
    },
    // Nobody has come for six days: it is late.
    Repair { hours: 150, topic: "flicker", note: "", steps: &[Step::Office("accepted", "")] },
    Repair {
        hours: 60,
        topic: "broken",
        note: "ฝาครอบโคมหลุดห้อยอยู่",
        steps: &[Step::Office("accepted", ""), Step::Given, Step::Technician("in_progress", "")],
    },
    Repair {
        hours: 110,
        topic: "dim",
        note: "",
        steps: &[
            Step::Office("accepted", ""),
            Step::Technician("in_progress", ""),
            Step::Technician("waiting_parts", "รอโคมใหม่จากคลัง"),
        ],
    },
    Repair {
        hours: 80,
        topic: "tree",
        note: "กิ่งไม้พาดสายไฟ",
        steps: &[Step::Office("accepted", ""), Step::Technician("forwarded", "ส่งให้การไฟฟ้าตัดกิ่งไม้")],
    },
    Repair {
        hours: 200,
        topic: "day",
        note: "",
        steps: &[Step::Office("rejected", "ตรวจแล้ว ไฟเปิดปิดตามเวลาปกติ")],
    },
    Repair { hours: 30, topic: "off", note: "", steps: &[Step::Office("accepted", ""), Step::Given] },
    Repair {
        hours: 400,
        topic: "row",
        note: "ดับทั้งซอย",
        steps: &[
            Step::Office("accepted", ""),
            Step::Technician("forwarded", "หม้อแปลงของการไฟฟ้าขัดข้อง แจ้งแล้ว"),
            Step::Office("closed", ""),
        ],
    },
];

/// Reports faults of a feeder's poles, as its technician does, and brings each order as far as it is.
pub fn repairs(
    store: &mut Store,
    technician: &str,
    zone: &str,
    poles: &[RecordId],
    calendar: &Calendar,
) -> Result<(), Problem> {
    let shelves = vec![Shelf::new("lights", zone)];
    let (office, technician) =
        (office(), Grant { person: technician.to_owned(), role: Role::Worker, shelves });
    for (pole, repair) in poles.iter().zip(&REPAIRS) {
        let part = repair.hours * HOUR_MS / (repair.steps.len() as u64 + 1);
        let mut ms = calendar.now_ms.saturating_sub(repair.hours * HOUR_MS);
        let opening = OpenOrder {
            subject: *pole,
            kind: "repair".to_owned(),
            topics: vec![repair.topic.to_owned()],
            note: repair.note.to_owned(),
            photos: Vec::new(),
            place: None,
        };
        let order = ask(store, &technician, Now::thai(ms), opening)?.record;
        for step in repair.steps {
            ms += part;
            let now = Now::thai(ms);
            let (by, state, note) = match step {
                Step::Given => {
                    let given =
                        AssignOrder { order, person: Some(technician.person.clone()), severity: None };
                    ask(store, &office, now, given)?;
                    continue;
                }
                Step::Office(state, note) => (&office, state, note),
                Step::Technician(state, note) => (&technician, state, note),
            };
            let moving = MoveOrder {
                order,
                state: (*state).to_owned(),
                note: (*note).to_owned(),
                duplicate_of: None,
                place: None,
            };
            ask(store, by, now, moving)?;
        }
    }
    Ok(())
}
