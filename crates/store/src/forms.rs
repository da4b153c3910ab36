//! The versions that a form had here: what a publication replaced stays in the history of its programme.

use crate::accept::author_of;
use crate::error::Result;
use crate::{Store, row};
use domain::change::{Value, field};
use domain::ids::{RecordId, Seq};
use domain::programme::Programme;

/// A version of a form that was in use here.
#[derive(Clone, Debug, PartialEq)]
pub struct FormVersion {
    /// As the form names it; may be empty.
    pub version: String,
    /// Who published it; empty if it came with the app.
    pub by: String,
    /// Since when, milliseconds.
    pub since_ms: u64,
    /// The compiled form.
    pub definition: Value,
}

impl Store {
    /// Every version that a form had here, the present one first. A version that another form's publication carried along
    /// unchanged is one.
    pub fn form_versions(&self, programme: &str, form: &str) -> Result<Vec<FormVersion>> {
        let id = RecordId::derived("programme", &[programme.as_bytes()]);
        let mut states: Vec<(String, u64, u64)> = Vec::new();
        let mut statement =
            self.db.prepare_cached("SELECT value, ms, seq FROM history WHERE record = ?1 AND field = ?2")?;
        let mut rows = statement.query((id.bytes(), field::DEFINITION))?;
        while let Some(found) = rows.next()? {
            states.push((found.get(0)?, found.get(1)?, found.get(2)?));
        }
        if let Some(row) = row::load(&self.db, id)?
            && let Some(cell) = row.view.cells.get(field::DEFINITION)
        {
            states.push((cell.value.to_string(), cell.stamp.ms, cell.seq.0));
        }
        states.sort_by_key(|(_, ms, seq)| (*seq, *ms));
        let mut versions: Vec<FormVersion> = Vec::new();
        for (text, since_ms, seq) in states {
            let Ok(state) = serde_json::from_str::<Programme>(&text) else { continue };
            let Some(kind) = state.form(form) else { continue };
            let definition = kind.definition.clone();
            if versions.last().is_some_and(|last| last.definition == definition) {
                continue;
            }
            let version = definition.get("version").and_then(Value::as_str).unwrap_or_default().to_owned();
            let by = if kind.own { author_of(&self.db, Seq(seq))? } else { String::new() };
            versions.push(FormVersion { version, by, since_ms, definition });
        }
        versions.reverse();
        Ok(versions)
    }
}
