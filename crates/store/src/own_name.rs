//! In whose name a device writes. Screens, papers and reports show what a visit or an order says of its writer, so a device says
//! no other name than its own.

use crate::accept::Arrival;
use crate::error::{Optional, Result};
use crate::row::Row;
use crate::transact::Tx;
use domain::access::Grant;
use domain::change::{Commit, Value, field, kind};
use domain::ids::DeviceNo;
use domain::problem::Code;

/// Says whether the new visits and orders of a device's commit are in the name of whoever it was given to. What was saved before
/// it was given to somebody else is in the name of then. Where something comes from the server alone says.
///
/// Errors: `forbidden`.
pub(crate) fn check(
    tx: &Tx<'_>,
    arrival: &Arrival<'_>,
    grant: &Grant,
    commit: &Commit,
    rows: &[Row],
) -> Result<()> {
    if arrival.device == DeviceNo::SERVER {
        return Ok(());
    }
    for (change, row) in commit.changes.iter().zip(rows) {
        if row.no != 0 || ![kind::VISIT, kind::ORDER].contains(&change.kind.as_str()) {
            continue;
        }
        let own = match change.cells.get(field::BY) {
            Some(by) => is_own(tx, arrival, grant, by)?,
            None => true,
        };
        if !own || change.cells.contains_key(field::ORIGIN) {
            return Err(Code::Forbidden.into());
        }
    }
    Ok(())
}

fn is_own(tx: &Tx<'_>, arrival: &Arrival<'_>, grant: &Grant, by: &Value) -> Result<bool> {
    if *by == grant.person {
        return Ok(true);
    }
    for device in arrival.formerly {
        let grants: Option<String> = tx
            .db
            .prepare_cached("SELECT grants FROM device WHERE no = ?1")?
            .query_row([device.0], |row| row.get(0))
            .optional()?;
        let before = grants.and_then(|text| serde_json::from_str::<Grant>(&text).ok());
        if before.is_some_and(|before| *by == before.person) {
            return Ok(true);
        }
    }
    Ok(false)
}
