//! Labels for the printer: the key that proves them, and the codes they carry. Server only.

use crate::commit::NewCommit;
use crate::error::Result;
use crate::{Kind, Now, Store, hex, meta, service};
use domain::access::{self, Action, Grant};
use domain::api::LabelChoice;
use domain::change::{Change, Value, Values, field, kind};
use domain::code::{self, LabelKey};
use domain::ids::{RecordId, Seq};
use domain::wire::COMMIT_MAX_CHANGES;

/// A subject whose label was chosen to be printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// Which.
    pub subject: RecordId,
    /// It has a code of ours.
    pub has_code: bool,
}

/// A subject whose label is to be printed.
#[derive(Clone, Debug, PartialEq)]
pub struct Labelled {
    /// Which.
    pub subject: RecordId,
    /// Its programme.
    pub programme: String,
    /// Title of its zone.
    pub zone_title: String,
    /// Its place in the walking order, as it was written; empty if it has none.
    pub order: String,
    /// Its fields.
    pub values: Values,
    /// Its code of ours, the one that was bound last; `None` if it has none yet.
    pub code: Option<String>,
}

impl Store {
    /// The key of this municipality's labels, made when it is first needed. It never changes: labels on poles outlive
    /// computers, so it goes along with every backup of the database.
    pub fn label_key(&mut self) -> Result<LabelKey> {
        if let Some(key) = self.known_label_key() {
            return Ok(key);
        }
        let random = self.random::<32>();
        self.transact(|tx| meta::set(tx.db, meta::LABEL_KEY, hex(&random)))?;
        Ok(LabelKey::new(random))
    }

    fn known_label_key(&self) -> Option<LabelKey> {
        let text = meta::get(&self.db, meta::LABEL_KEY).ok().flatten()?;
        let mut key = [0u8; 32];
        for (at, byte) in key.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
        }
        Some(LabelKey::new(key))
    }

    /// Says whether an authenticator is wrong for a code. A device has no key and cannot judge: it answers `false`.
    pub fn is_forged(&self, code: &str, authenticator: &str) -> bool {
        // Without a key nothing was ever printed with an authenticator.
        self.kind == Kind::Server && !self.known_label_key().is_some_and(|key| key.fits(code, authenticator))
    }

    /// Codes that were never used, for stickers that are stuck first and bound in the field. They are not written
    /// down: 45 random bits do not meet twice, and the authenticator says that they are ours.
    pub fn blank_codes(&mut self, count: usize) -> Vec<String> {
        (0..count).map(|_| code::make(u64::from_le_bytes(self.random()))).collect()
    }

    /// The subjects whose labels are to be printed, in walking order. No record is read for it.
    ///
    /// Errors: `forbidden` for workers; `not_found` for a subject outside the grant; `too_many_labels`.
    pub fn choose_labels(&self, grant: &Grant, now: Now, choice: &LabelChoice) -> Result<Vec<Chosen>> {
        access::may(grant, Action::Office)?;
        service::choose_labels(self, grant, now, choice)
    }

    /// What is printed on the labels of subjects. One that was removed meanwhile gets none.
    ///
    /// Errors: `forbidden` for workers.
    pub fn labelled(&self, grant: &Grant, now: Now, subjects: &[RecordId]) -> Result<Vec<Labelled>> {
        access::may(grant, Action::Office)?;
        service::labelled(self, grant, now, subjects)
    }

    /// Gives a code to each subject that has none now, and binds it.
    ///
    /// Errors: `forbidden` where the grant does not allow binding.
    pub fn give_codes(&mut self, grant: &Grant, now: Now, subjects: &[RecordId]) -> Result<()> {
        let mut without = self.labelled(grant, now, subjects)?;
        without.retain(|one| one.code.is_none());
        for part in without.chunks(COMMIT_MAX_CHANGES) {
            let codes = self.blank_codes(part.len());
            let changes = part.iter().zip(codes).map(|(one, code)| Change {
                id: one.subject,
                kind: kind::SUBJECT.to_owned(),
                base_seq: Seq(0),
                cells: [(format!("{}{code}", field::CODES), Value::Bool(true))].into(),
            });
            let new = NewCommit { changes: changes.collect(), ..NewCommit::default() };
            self.save(grant, now, new)?;
        }
        Ok(())
    }
}
