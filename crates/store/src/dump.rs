//! Every record as canonical JSON: the same bytes on a device and on the server once they are in step.

use crate::Store;
use crate::error::Result;
use crate::row::{self, Row};
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
}
