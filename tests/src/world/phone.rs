//! A person with a phone: visits, corrects, binds, syncs; a clock that may be wrong; a phone that may be copied.

use super::ledger::Entry;
use super::{WELLS, World, enrolment, meter, office};
use domain::access::Role;
use domain::api::{self, Ask};
use domain::change::{Change, Commit, Value, Values};
use domain::ids::{DeviceNo, RecordId, Seq, Shelf};
use domain::problem::{Code, Problem};
use std::cell::{Cell, RefCell, RefMut};
use std::collections::BTreeSet;
use store::{HttpAnswer, HttpCall, Kind, NewCommit, Now, Step, Store, SyncSession};

/// A minute, an hour, a day and a year in milliseconds.
pub const MINUTE: i64 = 60_000;
/// An hour.
pub const HOUR: i64 = 60 * MINUTE;
/// A day.
pub const DAY: i64 = 24 * HOUR;
/// A year.
pub const YEAR: i64 = 365 * DAY;

/// A person and her phone.
pub struct Phone {
    person: String,
    world: World,
    store: RefCell<Store>,
    wrong_by: Cell<i64>,
    ledger: RefCell<Vec<Entry>>,
    version: Cell<Version>,
    /// Its disk changed something once, or it was copied: then shelves are read again.
    pub(crate) damaged: Cell<bool>,
}

/// How old the app on a phone is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Version {
    /// It sends what this code sends.
    #[default]
    Present,
    /// It does not know the fields that the protocol gained since it was first spoken.
    Older,
    /// It sends fields that nobody here has heard of.
    Newer,
}

impl Version {
    /// Fields that may be absent from a request, because they were added.
    const ADDED: [&str; 7] = ["at", "bare", "begun", "digest", "grant", "lowest_n", "most"];

    /// What an app of this version would have sent instead.
    fn speaks(self, call: &HttpCall) -> HttpCall {
        let mut call = call.clone();
        let records = ["/v1/push", "/v1/pull"].iter().any(|path| call.url.ends_with(path));
        if self == Version::Present || !records {
            return call;
        }
        // The first line is the request's own; after it come commits, which are the person's words.
        let end = call.body.iter().position(|byte| *byte == b'\n').unwrap_or(call.body.len());
        let mut head: serde_json::Map<String, Value> = serde_json::from_slice(&call.body[..end]).unwrap();
        match self {
            Version::Older => head.retain(|name, _| !Version::ADDED.contains(&name.as_str())),
            _ => drop(head.insert("of_next_year".to_owned(), serde_json::json!({"a": [1, null]}))),
        }
        let rest = call.body.split_off(end);
        call.body = serde_json::to_vec(&head).unwrap();
        call.body.extend(rest);
        call
    }
}

impl Phone {
    pub(crate) fn new(world: World, person: &str, store: Store) -> Phone {
        Phone {
            person: person.to_owned(),
            world,
            store: RefCell::new(store),
            wrong_by: Cell::new(0),
            ledger: RefCell::new(Vec::new()),
            version: Cell::default(),
            damaged: Cell::default(),
        }
    }

    /// Its app is older or newer than this code.
    pub fn is_of(&self, version: Version) {
        self.version.set(version);
    }

    /// Whose it is.
    pub fn person(&self) -> &str {
        &self.person
    }

    /// The store in it.
    pub fn store(&self) -> RefMut<'_, Store> {
        self.store.borrow_mut()
    }

    /// The number the server gave it.
    pub fn device(&self) -> DeviceNo {
        self.store().device()
    }

    /// Everything its person was told is saved.
    pub(crate) fn ledger(&self) -> Vec<Entry> {
        self.ledger.borrow().clone()
    }

    /// The office issues a code and the phone enrols with it.
    pub fn enrols(&self, role: Role, zones: &[&str]) {
        let code = {
            let mut inner = self.world.inner();
            let now = inner.now;
            inner.server.new_enrolment("ผู้ดูแล", &enrolment(&self.person, role, zones), now, 600_000).unwrap().0
        };
        let ask =
            api::Enrol { text: code, server: Some("http://office".to_owned()), name: self.person.clone() };
        let (server, call) = store::enrol_call(&self.store(), &ask).unwrap();
        let answer = self.world.inner().deliver(&call);
        let now = self.now();
        store::absorb_enrol(&mut self.store(), &server, answer, now).unwrap();
    }

    // ------------------------------------------------------------------------------------------------ clocks

    /// Sets the phone's clock wrong by some milliseconds.
    pub fn clock_is_wrong_by(&self, ms: i64) {
        self.wrong_by.set(ms);
    }

    /// What the phone believes the time is. A clock cannot show a time before 1970.
    pub fn now(&self) -> Now {
        let ms = self.world.now().saturating_add_signed(self.wrong_by.get());
        Now::thai(ms)
    }

    fn today(&self) -> String {
        self.now().day().to_string()
    }

    // ------------------------------------------------------------------------------------------------ work

    /// Asks as a screen does. Time passes with every tap.
    pub fn ask<A: Ask>(&self, ask: A) -> Result<A::Reply, Problem> {
        self.world.passes(1);
        let now = self.now();
        store::service::serve(&mut self.store(), None, now, ask.wrap()).and_then(A::unwrap)
    }

    fn wrote(&self, record: RecordId, cells: Values) {
        self.ledger.borrow_mut().push(Entry { record, cells });
    }

    /// Reads a meter; returns the visit.
    pub fn reads(&self, name: &str, value: i64) -> RecordId {
        self.visits(meter(name), "reading", [("reading".to_owned(), value.into())].into()).unwrap()
    }

    /// Fills a form at a subject; returns the visit.
    pub fn visits(&self, subject: RecordId, form: &str, answers: Values) -> Result<RecordId, Problem> {
        let saved = self.ask(api::SaveVisit {
            programme: WELLS.to_owned(),
            form: form.to_owned(),
            subject: Some(subject),
            zone: None,
            code: None,
            outcome: "done".to_owned(),
            answers: answers.clone(),
            photos: Vec::new(),
            place: None,
            registry: Vec::new(),
            supersedes: None,
            offset_minutes: 420,
        })?;
        self.wrote(saved.record, answers);
        Ok(saved.record)
    }

    /// Corrects a field of a meter.
    pub fn edits(&self, name: &str, field: &str, value: impl Into<Value>) {
        self.tries_to_edit(meter(name), field, value.into()).unwrap();
    }

    /// Corrects a field of a subject, if the phone lets her.
    pub fn tries_to_edit(&self, subject: RecordId, field: &str, value: Value) -> Result<(), Problem> {
        let values: Values = [(field.to_owned(), value)].into();
        self.ask(api::EditSubject { subject, values: values.clone(), base_seq: None, reason: None })?;
        self.wrote(subject, values);
        Ok(())
    }

    /// Binds a code to a meter, although another may have it.
    pub fn binds(&self, name: &str, code: &str) {
        self.tries_to_bind(meter(name), code).unwrap();
    }

    /// Binds a code to a subject, if the phone lets her.
    pub fn tries_to_bind(&self, subject: RecordId, code: &str) -> Result<(), Problem> {
        self.ask(api::BindCode {
            subject,
            text: code.to_owned(),
            although_taken: true,
            is_makers: false,
            replaces: Vec::new(),
            place: None,
        })?;
        self.wrote(subject, [(format!("codes.{code}"), Value::Bool(true))].into());
        Ok(())
    }

    /// Makes a new meter; returns it.
    pub fn makes(&self, name: &str, zone: &str) -> Result<RecordId, Problem> {
        let values: Values = [("name".to_owned(), name.into())].into();
        let saved = self.ask(api::CreateSubject {
            programme: WELLS.to_owned(),
            zone: zone.to_owned(),
            values: values.clone(),
            code: None,
            place: None,
        })?;
        self.wrote(saved.record, values);
        Ok(saved.record)
    }

    /// Settles a question.
    pub fn settles(&self, question: RecordId, value: Value) {
        self.ask(api::Settle { question, value }).unwrap();
    }

    /// Saves any changes in one commit, as an app of another version might.
    pub fn writes(&self, changes: Vec<Change>) -> Result<u64, store::Error> {
        self.world.passes(1);
        let now = self.now();
        let grant = self.status().enrolled.unwrap().grant;
        let new = NewCommit { changes: changes.clone(), ..NewCommit::default() };
        let n = self.store().save(&grant, now, new)?;
        for change in changes {
            self.wrote(change.id, change.cells);
        }
        Ok(n)
    }

    /// A record of any kind on a zone of hers.
    pub fn record(&self, kind: &str, id: RecordId, zone: &str, cells: Values) -> Change {
        let mut cells = cells;
        cells.insert("programme".to_owned(), WELLS.into());
        cells.insert("zone".to_owned(), zone.into());
        Change { id, kind: kind.to_owned(), base_seq: Seq(0), cells }
    }

    // ------------------------------------------------------------------------------------------------ sync

    /// Syncs over whatever the network does.
    pub fn tries_to_sync(&self) -> Result<api::SyncReply, Problem> {
        self.syncs_while(|_| {})
    }

    /// Syncs; it must succeed.
    pub fn syncs(&self) -> api::SyncReply {
        self.tries_to_sync().unwrap_or_else(|problem| panic!("{} cannot sync: {problem:?}", self.person))
    }

    /// Syncs; where a restored server does not know the phone any more, the office enrols it again.
    pub fn syncs_or_enrols_again(&self) -> api::SyncReply {
        match self.tries_to_sync() {
            Err(problem) if problem.code == Code::TokenUnknown => {
                let zones: Vec<String> = self
                    .shelves()
                    .into_iter()
                    .map(|shelf| shelf.zone)
                    .filter(|zone| zone != Shelf::COMMON)
                    .collect();
                let zones: Vec<&str> = zones.iter().map(String::as_str).collect();
                self.enrols(Role::Worker, &zones);
                self.syncs()
            }
            Err(problem) => panic!("{} cannot sync: {problem:?}", self.person),
            Ok(done) => done,
        }
    }

    /// Syncs while something else happens between the requests.
    pub fn syncs_while(&self, mut meanwhile: impl FnMut(usize)) -> Result<api::SyncReply, Problem> {
        let mut session = SyncSession::new(true);
        let mut answer: Option<HttpAnswer> = None;
        for at in 0..200 {
            let now = self.now();
            let step = session.next(&mut self.store(), answer.take(), now);
            match step {
                Step::Call(call) => {
                    let call = self.version.get().speaks(&call);
                    answer = Some(self.world.inner().carry(&call));
                }
                Step::Done(reply) => return Ok(reply),
                Step::Failed(problem) => return Err(problem),
            }
            meanwhile(at);
        }
        panic!("{}: a sync that never ends", self.person)
    }

    // ------------------------------------------------------------------------------------------------ what it shows

    /// The device's state.
    pub fn status(&self) -> api::StatusReply {
        self.ask(api::Status {}).unwrap()
    }

    /// The three numbers.
    pub fn counts(&self) -> api::Counts {
        self.status().counts
    }

    /// A meter's card.
    pub fn card(&self, name: &str) -> api::CardReply {
        self.card_of(meter(name)).unwrap()
    }

    /// A subject's card, if it is here.
    pub fn card_of(&self, subject: RecordId) -> Result<api::CardReply, Problem> {
        let today = self.today();
        self.ask(api::Card { subject, today })
    }

    /// The text of a meter's field.
    pub fn sees(&self, name: &str, field: &str) -> String {
        self.card(name).values.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// The open questions.
    pub fn questions(&self) -> Vec<api::QuestionRow> {
        self.ask(api::Questions::default()).unwrap()
    }

    /// What the office could not accept.
    pub fn refused(&self) -> Vec<api::RefusedRow> {
        self.ask(api::Refused {}).unwrap()
    }

    fn refused_commits(&self) -> Vec<Commit> {
        self.refused().iter().filter_map(|row| serde_json::from_str(&row.content).ok()).collect()
    }

    /// The records that refused commits are about.
    pub(crate) fn refused_records(&self) -> BTreeSet<String> {
        let changes = self.refused_commits().into_iter().flat_map(|commit| commit.changes);
        changes.map(|change| change.id.to_string()).collect()
    }

    /// The cells that refused commits hold.
    pub(crate) fn refused_cells(&self) -> Vec<Values> {
        let changes = self.refused_commits().into_iter().flat_map(|commit| commit.changes);
        changes.map(|change| change.cells).collect()
    }

    /// The shelves it may hold.
    pub fn shelves(&self) -> Vec<Shelf> {
        self.status().enrolled.map(|enrolled| enrolled.grant.holds()).unwrap_or_default()
    }

    /// Every record on it.
    pub fn dump(&self) -> String {
        let mut out = Vec::new();
        self.store().dump(None, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// What is wrong with its database.
    pub fn verify(&self) -> Vec<String> {
        self.store().verify().unwrap().iter().map(ToString::to_string).collect()
    }

    /// A value that the store keeps of itself, read from a copy of its file.
    pub fn meta(&self, key: &str) -> Option<String> {
        let path = self.world.path("copy.db");
        self.store().backup(&path).unwrap();
        let db = rusqlite::Connection::open(path).unwrap();
        db.query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0)).ok()
    }

    // ------------------------------------------------------------------------------------------------ accidents

    /// Its whole storage is copied to another phone, identity and all.
    pub fn is_copied_to(&self, person: &str) -> Phone {
        let path = self.world.path("phone.db");
        self.store().backup(&path).unwrap();
        let entropy = self.world.inner().dice.entropy();
        let store = office::open_quickly(&path, Kind::Device, entropy);
        let copy = Phone::new(self.world.clone(), person, store);
        // What the other one wrote under the number that both had comes by reading again: the server thinks they know it.
        self.damaged.set(true);
        copy.damaged.set(true);
        copy
    }

    /// Its disk changes what the file says, while the app is closed; `sql` has to change something.
    pub fn disk_changes(&self, sql: &str) {
        let path = self.world.path("phone.db");
        self.store().backup(&path).unwrap();
        assert_eq!(rusqlite::Connection::open(&path).unwrap().execute(sql, []).unwrap(), 1, "{sql}");
        let entropy = self.world.inner().dice.entropy();
        self.store.replace(office::open_quickly(&path, Kind::Device, entropy));
        self.damaged.set(true);
    }

    /// A meter that is in nobody's registry yet.
    pub fn strange_meter(name: &str) -> RecordId {
        super::fresh(name)
    }
}
