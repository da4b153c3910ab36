//! What the office does: it corrects, moves, removes, grants, revokes, takes backups and restores them.

use super::{Inner, Phone, WELLS, World, meter};
use domain::access::{Grant, Role};
use domain::api::{self, Ask};
use domain::change::{Change, Value, Values, kind};
use domain::ids::{RecordId, Seq, Shelf};
use domain::problem::Problem;
use domain::programme::Programme;
use std::path::{Path, PathBuf};
use store::{Kind, NewCommit, Now, Store};

/// A copy of the server's database.
#[derive(Clone, Debug)]
pub struct Backup(PathBuf);

/// The administrator's rights.
pub fn administrator() -> Grant {
    Grant {
        person: "ผู้ดูแล".to_owned(), role: Role::Administrator, shelves: super::all_shelves()
    }
}

/// Opens a replica's file without waiting for the disk at every commit: what a crash does to it is asked elsewhere.
pub(crate) fn open_quickly(path: &Path, kind: Kind, entropy: store::Entropy) -> Store {
    let db = rusqlite::Connection::open(path).unwrap();
    db.pragma_update(None, "journal_mode", "MEMORY").unwrap();
    db.pragma_update(None, "synchronous", "OFF").unwrap();
    Store::open_connection(db, kind, entropy).unwrap()
}

impl World {
    /// The administrator asks on the office's screen.
    pub fn ask<A: Ask>(&self, ask: A) -> Result<A::Reply, Problem> {
        let mut inner = self.inner();
        let now = inner.clock();
        let grant = administrator();
        store::service::serve(&mut inner.server, Some(&grant), now, ask.wrap()).and_then(A::unwrap)
    }

    /// The office corrects a field.
    pub fn office_edits(&self, name: &str, field: &str, value: impl Into<Value>) {
        self.office_writes(kind::SUBJECT, meter(name), [(field.to_owned(), value.into())].into());
    }

    /// The office moves a meter to another zone.
    pub fn office_moves(&self, name: &str, zone: &str) {
        self.office_edits(name, "zone", zone);
    }

    /// The office removes a meter.
    pub fn office_removes(&self, name: &str) {
        self.office_edits(name, "deleted", true);
    }

    /// The office writes any record.
    pub fn office_writes(&self, kind: &str, id: RecordId, cells: Values) {
        let mut inner = self.inner();
        inner.now += 1;
        let change = Change { id, kind: kind.to_owned(), base_seq: Seq(0), cells };
        let now = inner.clock();
        let new = NewCommit { changes: vec![change], ..NewCommit::default() };
        inner.server.save(&administrator(), now, new).unwrap();
    }

    /// The office takes in many records at once.
    pub fn office_imports(&self, changes: Vec<Change>) {
        let mut inner = self.inner();
        inner.now += 1;
        let now = inner.now;
        inner.server.import("ทะเบียน", changes, now).unwrap();
    }

    /// The office publishes a definition.
    pub fn office_defines(&self, programme: &Programme) {
        let mut inner = self.inner();
        inner.now += 1;
        let now = inner.now;
        inner.server.define_programme(programme, now).unwrap();
    }

    /// The office changes which zones a phone may hold.
    pub fn grants(&self, phone: &Phone, zones: &[&str]) {
        let shelves = zones.iter().map(|zone| Shelf::new(WELLS, *zone)).collect();
        let grant = Grant { person: phone.person().to_owned(), role: Role::Worker, shelves };
        let device = phone.device();
        let mut inner = self.inner();
        let now = inner.now;
        match inner.server.set_grant("ผู้ดูแล", device, &grant, now) {
            // A restored server may know nothing of the phone: there the office has nobody to give it to.
            Err(store::Error::NotFound) => {}
            given => given.unwrap(),
        }
    }

    /// The office hands zones of one phone over to another.
    pub fn hands_over(&self, from: &Phone, to: &Phone, zones: &[&str]) {
        let shelves = zones.iter().map(|zone| Shelf::new(WELLS, *zone)).collect();
        self.ask(api::HandOver { from: from.device(), to: to.device(), shelves }).unwrap();
    }

    /// The office ends a phone's right.
    pub fn revokes(&self, phone: &Phone) {
        let device = phone.device();
        self.ask(api::Revoke { device }).unwrap();
    }

    /// The office copies its database.
    pub fn backs_up(&self) -> Backup {
        let path = self.path("backup.db");
        self.inner().server.backup(&path).unwrap();
        Backup(path)
    }

    /// The server burns down and is restored from a backup, as `sanam server restore` does it: in a new life.
    pub fn is_restored_from(&self, backup: &Backup) {
        self.is_copied_back(backup);
        self.inner().server.new_incarnation().unwrap();
    }

    /// Somebody copies an old database file back by hand, and nothing tells the server.
    pub fn is_copied_back(&self, backup: &Backup) {
        let path = self.path("restored.db");
        std::fs::copy(&backup.0, &path).unwrap();
        let mut inner = self.inner();
        let entropy = inner.dice.entropy();
        inner.server = open_quickly(&path, Kind::Server, entropy);
        inner.restored = true;
    }

    /// Every record the server has.
    pub fn dump(&self) -> String {
        let mut out = Vec::new();
        self.inner().server.dump(None, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// What is wrong with the server's database.
    pub fn verify(&self) -> Vec<String> {
        self.inner().server.verify().unwrap().iter().map(ToString::to_string).collect()
    }

    /// Every value a record ever had, as the office sees it.
    pub fn history(&self, record: RecordId) -> Vec<api::HistoryRow> {
        self.ask(api::History { record }).unwrap()
    }

    /// The open questions, as the office sees them.
    pub fn questions(&self) -> Vec<api::QuestionRow> {
        self.ask(api::Questions::default()).unwrap()
    }

    /// What was refused, as the office sees it.
    pub fn refused(&self) -> Vec<api::RefusedRow> {
        self.ask(api::Refused {}).unwrap()
    }

    /// A meter's card, as the office sees it.
    pub fn card(&self, name: &str) -> api::CardReply {
        let today = Now::thai(self.now()).day().to_string();
        self.ask(api::Card { subject: meter(name), today }).unwrap()
    }

    /// Does something to the server's store itself.
    pub fn with_server<T>(&self, act: impl FnOnce(&mut Store, u64) -> T) -> T {
        let mut inner = self.inner();
        let Inner { server, now, .. } = &mut *inner;
        act(server, *now)
    }
}
