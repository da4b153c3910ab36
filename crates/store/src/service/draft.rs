//! Unfinished forms: kept with the version they were begun with, and with what their writer saw then.

use super::{Caller, list};
use crate::commit::{draft_kept_under, draft_subject};
use crate::error::{Error, Optional, Result};
use crate::row::{self, Row};
use crate::{Kind, Store};
use domain::api::{self, Done, DraftKey, DraftRow, KeepDraft, Seen};
use domain::change::{Value, Values};
use domain::ids::Seq;
use domain::problem::Code;
use domain::programme::FormKind;
use std::collections::BTreeMap;

/// An unfinished form as it is kept, with what its writer saw when it was begun.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct Begun {
    /// The version of the form it was begun with.
    pub definition: Value,
    /// What `forms` wrote.
    pub state: Value,
    /// The subject's number then.
    #[serde(default)]
    pub seq: Seq,
    /// The subject's values then, of the fields that the form writes to.
    #[serde(default)]
    pub seen: Values,
    /// What that version saves where; drafts of before say nothing of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub save_to: Option<BTreeMap<String, String>>,
}

impl Begun {
    /// A form that was opened at the office's desk, where no draft is kept to remember it.
    pub fn at_desk(version: &str, seen: Seen) -> Begun {
        Begun {
            definition: serde_json::json!({ "version": version }),
            state: Value::Null,
            seq: seen.seq,
            seen: seen.values,
            save_to: Some(seen.save_to),
        }
    }
}

/// What somebody sees who opens a form now.
pub(super) fn seen(form: &FormKind, subject: Option<&Row>) -> Seen {
    let targets: Vec<&String> = form.save_to.values().collect();
    let values = subject.map(|row| row.view.values()).unwrap_or_default();
    Seen {
        seq: subject.map_or(Seq(0), |row| row.seq),
        values: values.into_iter().filter(|(name, _)| targets.contains(&name)).collect(),
        save_to: form.save_to.clone(),
    }
}

/// The unfinished form kept under a key.
pub(super) fn load(store: &Store, key: &DraftKey) -> Result<Option<Begun>> {
    if store.kind == Kind::Server {
        return Ok(None); // of an older version, which kept them for all accounts alike
    }
    let body: Option<String> = store
        .db
        .prepare_cached("SELECT body FROM draft WHERE programme = ?1 AND form = ?2 AND subject = ?3")?
        .query_row((&key.programme, &key.form, draft_subject(key)), |row| row.get(0))
        .optional()?;
    Ok(body.and_then(|body| serde_json::from_str(&body).ok()))
}

/// Keeps a draft, or drops it. The first one of a form says what it was opened with.
pub(super) fn keep(store: &mut Store, caller: &Caller<'_>, ask: KeepDraft) -> Result<Done> {
    let key = ask.key;
    if store.kind == Kind::Server {
        // A draft is kept on the device of whoever writes it. Here it would be everybody's.
        return Err(Code::Forbidden.into());
    }
    if key.corrects.is_some() && key.subject.is_none() {
        return Err(Error::NotFound); // a correction is of a subject's visit; alone it would pass for a subject
    }
    let body = match ask.draft {
        None => None,
        Some(state) => {
            let begun = match load(store, &key)? {
                Some(begun) => Begun { state, ..begun },
                None => begin(store, &key, ask.begun, state)?,
            };
            Some(serde_json::to_string(&begun)?)
        }
    };
    store.transact(|tx| {
        let subject = draft_subject(&key);
        match body {
            Some(body) => tx
                .db
                .prepare_cached("INSERT OR REPLACE INTO draft (programme, form, subject, body, kept) VALUES (?1, ?2, ?3, ?4, ?5)")?
                .execute((&key.programme, &key.form, subject, body, caller.now.ms))?,
            None => tx
                .db
                .prepare_cached("DELETE FROM draft WHERE programme = ?1 AND form = ?2 AND subject = ?3")?
                .execute((&key.programme, &key.form, subject))?,
        };
        Ok(Done {})
    })
}

/// The first draft of a form: with what it was opened with, which may be older than what is here now.
fn begin(store: &Store, key: &DraftKey, said: Option<Box<api::Begun>>, state: Value) -> Result<Begun> {
    let programme = store.programmes.get(&key.programme).cloned().ok_or(Code::FormMissing)?;
    let form = programme.form(&key.form).ok_or(Code::FormMissing)?;
    let row = key.subject.map(|id| row::load(&store.db, id)).transpose()?.flatten();
    let (definition, seen) = match said {
        None => (form.definition.clone(), seen(form, row.as_ref())),
        Some(said) => (said.definition, said.seen),
    };
    Ok(Begun { definition, state, seq: seen.seq, seen: seen.values, save_to: Some(seen.save_to) })
}

/// The unfinished forms.
pub(super) fn drafts(store: &Store) -> Result<Vec<DraftRow>> {
    if store.kind == Kind::Server {
        return Ok(Vec::new()); // see `load`
    }
    let mut statement =
        store.db.prepare_cached("SELECT programme, form, subject, kept FROM draft ORDER BY kept DESC")?;
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    while let Some(found) = rows.next()? {
        let key = draft_kept_under(found.get(0)?, found.get(1)?, &found.get::<_, Vec<u8>>(2)?);
        let heading = match key.subject.map(|id| row::load(&store.db, id)).transpose()?.flatten() {
            Some(subject) => list::heading(store, &key.programme, &subject),
            None => String::new(),
        };
        all.push(DraftRow { key, heading, kept_ms: found.get(3)? });
    }
    Ok(all)
}
