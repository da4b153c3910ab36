//! Every record as canonical JSON: the same bytes on a device and on the server once they are in step.

use crate::error::Result;
use crate::row::{self, Row};
use crate::{Store, project};
use domain::ids::Shelf;
use serde_json::json;
use std::collections::BTreeSet;
use std::io::Write;

impl Store {
    /// Writes every record, one a line, in the order of ids. With `only`, the records of those shelves.
    pub fn dump(&self, only: Option<&[Shelf]>, out: &mut dyn Write) -> Result<()> {
        let mut wanted: Option<BTreeSet<i64>> = None;
        if let Some(shelves) = only {
            let numbers: Result<Vec<Option<i64>>> =
                shelves.iter().map(|shelf| row::find_shelf(&self.db, shelf)).collect();
            wanted = Some(numbers?.into_iter().flatten().collect());
        }
        row::each_by_id(&self.db, |row| {
            if wanted.as_ref().is_none_or(|wanted| wanted.contains(&row.shelf)) {
                writeln!(out, "{}", self.line(&row)?)?;
            }
            Ok(())
        })
    }

    fn line(&self, row: &Row) -> Result<serde_json::Value> {
        let cells: serde_json::Map<String, serde_json::Value> = row
            .view
            .cells
            .iter()
            .map(|(field, cell)| (field.clone(), json!({"value": cell.value, "stamp": cell.stamp})))
            .collect();
        Ok(json!({
            "id": row.id,
            "kind": row.kind,
            "shelf": row::shelf_of(&self.db, row.shelf)?,
            "cells": cells,
        }))
    }

    /// Checks the file, every record's checksum against its shelf's digest, the indexes against the records, and
    /// the audit chain. Returns what is wrong, a sentence each; empty if all is well.
    pub fn verify(&self) -> Result<Vec<String>> {
        let mut faults = Vec::new();
        let integrity: String = self.db.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
        if integrity != "ok" {
            faults.push(format!("SQLite: {integrity}"));
        }
        let mut digests: std::collections::BTreeMap<i64, (i64, i64)> = std::collections::BTreeMap::new();
        let (mut subjects, mut visits) = (0u64, 0u64);
        row::each_of_kind(&self.db, "", |row| {
            let numbered = row.numbered();
            let sum = if numbered.cells.is_empty() { 0 } else { domain::merge::checksum(row.id, numbered) };
            if sum != row.sum {
                faults.push(format!("record {}: checksum differs from its cells", row.id));
            }
            if sum != 0 {
                let entry = digests.entry(row.shelf).or_default();
                entry.0 += 1;
                entry.1 = entry.1.wrapping_add(sum.cast_signed());
            }
            let alive = row.view.is_alive();
            subjects += u64::from(alive && row.kind == domain::change::kind::SUBJECT);
            let complete = project::subject_of(&row.view).is_some() && row.view.text("form").is_some();
            visits += u64::from(alive && complete && row.kind == domain::change::kind::VISIT);
            Ok(())
        })?;
        let mut statement = self.db.prepare("SELECT no, count, sum FROM shelf")?;
        let mut rows = statement.query([])?;
        while let Some(shelf) = rows.next()? {
            let no: i64 = shelf.get(0)?;
            if digests.get(&no).copied().unwrap_or_default() != (shelf.get(1)?, shelf.get(2)?) {
                faults
                    .push(format!("shelf {}: digest differs from its records", row::shelf_of(&self.db, no)?));
            }
        }
        for (table, expected) in [("subject", subjects), ("visit", visits)] {
            let found: u64 =
                self.db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?;
            if found != expected {
                faults.push(format!("index {table} has {found} rows for {expected} records"));
            }
        }
        if let Some(no) = self.first_broken_audit_row()? {
            faults.push(format!("audit row {no}: hash does not follow from the row before"));
        }
        Ok(faults)
    }

    /// Writes a consistent copy of the whole replica while others go on, to a file that does not exist yet.
    #[cfg(not(target_family = "wasm"))]
    pub fn backup(&self, to: &std::path::Path) -> Result<()> {
        let mut copy = rusqlite::Connection::open(to)?;
        let backup = rusqlite::backup::Backup::new(&self.db, &mut copy)?;
        backup.run_to_completion(1_000, std::time::Duration::from_millis(1), None)?;
        Ok(())
    }
}
