//! A water round: an office, a route of four meters, and readers' phones.

use domain::access::{Grant, Role};
use domain::api::{self, Ask, Tally};
use domain::change::{Change, Values, kind};
use domain::cycle::CycleState;
use domain::ids::{RecordId, Seq, Shelf};
use domain::ledger::ChargeState;
use domain::problem::Problem;
use serde_json::json;
use store::{Kind, Now, Store};

pub const DAY: u64 = 86_400_000;
/// 5 September 2026, 10:00 in Thailand.
pub const SEPTEMBER: u64 = 1_788_577_200_000;

pub fn meter(at: u8) -> RecordId {
    RecordId::new(SEPTEMBER - 40 * DAY, [at; 10])
}

pub fn grant(role: Role) -> Grant {
    Grant {
        person: "สมหญิง สำนักงาน".into(), role, shelves: vec![Shelf::common("water")]
    }
}

fn enrolment(person: &str) -> api::NewEnrolment {
    api::NewEnrolment { person: person.into(), role: Role::Worker, shelves: vec![Shelf::new("water", "R01")] }
}

/// An office with one route of four meters, and a reader's phone.
pub struct Town {
    pub server: Store,
    pub phone: Store,
    pub now: u64,
}

impl Town {
    pub fn new() -> Town {
        let mut server = Store::in_memory(Kind::Server, super::entropy(1)).unwrap();
        server.set_municipality("ตำบลตัวอย่าง").unwrap();
        let water = programmes::all().unwrap().into_iter().find(|programme| programme.id == "water").unwrap();
        assert!(water.billing.is_some() && water.round.is_some());
        server.define_programme(&water, SEPTEMBER - 40 * DAY).unwrap();
        let subject = |at: u8| Change {
            id: meter(at),
            kind: kind::SUBJECT.into(),
            base_seq: Seq(0),
            cells: Values::from_iter(
                [
                    ("programme", json!("water")),
                    ("zone", json!("R01")),
                    ("order", json!(at)),
                    ("name", json!(format!("นายสมชาย ทองตัวอย่างดี {at}"))),
                    ("customer_no", json!(format!("9900{at:04}"))),
                    ("digits", json!(4)),
                    ("class", json!("1")),
                    ("meter_size", json!("01")),
                    ("initial_reading", json!(100)),
                    ("initial_on", json!("2026-08-06")),
                    ("average", json!(16)),
                ]
                .map(|(name, value)| (name.to_owned(), value)),
            ),
        };
        server.import("demo", (1..=4).map(subject).collect(), SEPTEMBER - 40 * DAY).unwrap();
        let phone = super::enrolled(&mut server, &enrolment("นก จดมาตร"), "มือถือ", 2, SEPTEMBER);
        let mut town = Town { server, phone, now: SEPTEMBER };
        town.sync();
        town
    }

    /// Another phone, that has synced once.
    pub fn other(&mut self, person: &str, seed: u64) -> Store {
        let mut phone = super::enrolled(&mut self.server, &enrolment(person), "อีกเครื่อง", seed, self.now);
        self.on(&mut phone, Town::sync);
        phone
    }

    /// Does something with another phone in the place of the first.
    pub fn on<T>(&mut self, phone: &mut Store, act: impl FnOnce(&mut Town) -> T) -> T {
        std::mem::swap(&mut self.phone, phone);
        let done = act(self);
        std::mem::swap(&mut self.phone, phone);
        done
    }

    /// Asks the phone what it may refuse.
    pub fn try_phone<A: Ask>(&mut self, ask: A) -> Result<A::Reply, Problem> {
        self.now += 1_000;
        A::unwrap(store::service::serve(&mut self.phone, None, Now::thai(self.now), ask.wrap())?)
    }

    /// The units of a meter's bills that stand, by cycle.
    pub fn standing(&self, at: u8) -> Vec<(String, i64)> {
        let stands = |state: &ChargeState| !matches!(state, ChargeState::Replaced | ChargeState::Cancelled);
        let bills = self.bills(at).into_iter();
        bills.filter(|(.., state)| stands(state)).map(|(cycle, units, _)| (cycle, units)).collect()
    }

    pub fn sync(&mut self) {
        self.now += 1_000;
        super::sync(&mut self.server, &mut self.phone, self.now);
    }

    pub fn today(&self) -> String {
        Now::thai(self.now).day().to_string()
    }

    pub fn phone<A: Ask>(&mut self, ask: A) -> A::Reply {
        self.now += 1_000;
        A::unwrap(store::service::serve(&mut self.phone, None, Now::thai(self.now), ask.wrap()).unwrap())
            .unwrap()
    }

    pub fn ask<A: Ask>(&mut self, role: Role, ask: A) -> Result<A::Reply, Problem> {
        self.now += 1_000;
        A::unwrap(store::service::serve(
            &mut self.server,
            Some(&grant(role)),
            Now::thai(self.now),
            ask.wrap(),
        )?)
    }

    pub fn office<A: Ask>(&mut self, ask: A) -> A::Reply {
        self.ask(Role::Clerk, ask).unwrap()
    }

    /// Fills the form on the phone as a person would, and saves what it finished.
    pub fn read(&mut self, at: u8, set: &[(&str, &str)], corrects: Option<RecordId>) -> RecordId {
        let today = self.today();
        let opened = self.phone(api::OpenForm {
            code: String::new(),
            programme: "water".into(),
            form: "reading".into(),
            subject: Some(meter(at)),
            corrects,
            today,
        });
        let answers = self.filled(&opened, set);
        self.save(at, "done", answers, corrects)
    }

    /// What an opened form comes to once some of its questions are answered.
    pub fn filled(&self, opened: &api::OpenedForm, set: &[(&str, &str)]) -> Values {
        let form = forms::Form::from_json(&opened.definition).unwrap();
        let mut filling =
            forms::Filling::new(&std::sync::Arc::new(form), &opened.known, Box::new(Host(self.now)));
        for (question, text) in set {
            filling.set(question, text).unwrap();
        }
        filling.finish().into_iter().collect()
    }

    pub fn not_read(&mut self, at: u8, code: &str) -> RecordId {
        self.save(at, code, Values::new(), None)
    }

    pub fn save(&mut self, at: u8, outcome: &str, answers: Values, supersedes: Option<RecordId>) -> RecordId {
        self.phone(api::SaveVisit {
            outcome: outcome.into(),
            supersedes,
            ..super::reading(meter(at), answers)
        })
        .record
    }

    pub fn tally(&mut self) -> Tally {
        let today = self.today();
        self.office(api::Dashboard { programme: "water".into(), cycle: String::new(), today }).all
    }

    pub fn set(&mut self, state: CycleState) -> api::CycleSet {
        let cycle = self.today().chars().take(7).collect::<String>();
        let reason = "ทดสอบ".to_owned();
        self.office(api::SetCycle {
            programme: "water".into(),
            zone: Some("R01".into()),
            cycle,
            state,
            reason,
        })
    }

    pub fn next_month(&mut self) {
        self.now += 30 * DAY;
    }

    /// Every record of a replica, a line each.
    pub fn lines(store: &Store) -> Vec<String> {
        let mut dump = Vec::new();
        store.dump(None, &mut dump).unwrap();
        String::from_utf8(dump).unwrap().lines().map(str::to_owned).collect()
    }

    /// Units and state of every bill of a meter at the office, in order.
    pub fn bills(&self, at: u8) -> Vec<(String, i64, ChargeState)> {
        let account = self.server.statement(meter(at)).unwrap();
        account
            .charges
            .iter()
            .filter_map(|charge| Some((charge.cycle.clone(), charge.units?, charge.state)))
            .collect()
    }
}

struct Host(u64);

impl forms::Host for Host {
    fn now_ms(&self) -> i64 {
        self.0 as i64
    }

    fn call(&self, name: &str, arguments: &[forms::Value]) -> Option<forms::Value> {
        forms::calculate(name, arguments)
    }
}
