//! Visits whose time cannot be: a day or more after they arrived, of the last century, or of a cycle that is none. A phone's clock
//! may be wrong, so they are kept like all others; but one of the year 9999 would be the last reading of its meter for ever. So
//! they do not count until the office, which is asked, says that they do.

use crate::commit::{NewCommit, write_as_server};
use crate::error::Result;
use crate::transact::Tx;
use crate::{project, rebill, row};
use domain::change::{Change, Commit, Value, field, kind};
use domain::ids::{RecordId, Seq};
use domain::{cycle, thai_date};

/// How far after its arrival a visit may say that it happened: two clocks are never quite alike.
const AHEAD_MS: u64 = 24 * 60 * 60 * 1_000;
/// The first of January 2000, UTC: no clock that runs shows less.
const YEAR_2000_MS: u64 = 946_684_800_000;

/// Sets aside what came with a time that cannot be, takes back what is asked for by it, and asks the office.
pub(crate) fn follow(tx: &mut Tx<'_>, commit: &Commit, now_ms: u64) -> Result<()> {
    for change in commit.changes.iter().filter(|change| change.kind == kind::VISIT) {
        let text = |name: &str| change.cells.get(name).and_then(Value::as_str).unwrap_or_default();
        // A visit is written once: what names no form marks one of before as removed.
        if text(field::FORM).is_empty() || can_be(text(field::AT), text(field::CYCLE), now_ms) {
            continue;
        }
        let Some(visit) = row::load(tx.db, change.id)? else { continue };
        let Some(subject) = project::subject_of(&visit.view) else { continue };
        if tx.shelf_of_record(subject)?.is_none() {
            // A question goes where its subject is; while that is not here, nothing counts for it either.
            continue;
        }
        set_aside(tx, visit.id, now_ms)?;
        rebill::withdrawn(tx, subject, text(field::CYCLE), now_ms)?;
        rebill::raise(tx, rebill::time_question(&visit), now_ms)?;
    }
    Ok(())
}

fn set_aside(tx: &mut Tx<'_>, visit: RecordId, now_ms: u64) -> Result<()> {
    let change = Change {
        id: visit,
        kind: kind::VISIT.to_owned(),
        base_seq: Seq(0),
        cells: [(field::SET_ASIDE.to_owned(), Value::Bool(true))].into(),
    };
    write_as_server(tx, "", now_ms, now_ms, NewCommit { changes: vec![change], ..NewCommit::default() })
}

/// Says whether a visit that is here at a time can have happened when it says, in the cycle that it says.
fn can_be(at: &str, of_cycle: &str, now_ms: u64) -> bool {
    let latest_ms = now_ms.saturating_add(AHEAD_MS);
    let (_, at_ms) = project::day_and_ms(at);
    let happened = u64::try_from(at_ms).is_ok_and(|at_ms| (YEAR_2000_MS..=latest_ms).contains(&at_ms));
    happened && (of_cycle.is_empty() || is_cycle(of_cycle, latest_ms))
}

fn is_cycle(text: &str, latest_ms: u64) -> bool {
    let day = |ms: u64| thai_date::day_of(ms, thai_date::THAI_OFFSET_MINUTES);
    let is_written_so = cycle::later(text, 0).as_deref() == Some(text);
    is_written_so
        && cycle::first_day(text).is_some_and(|first| (day(YEAR_2000_MS)..=day(latest_ms)).contains(&first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_is_of_this_century_and_not_of_the_day_after_tomorrow() {
        // 30 November 2026, 20:00 in Thailand.
        let now_ms = 1_796_043_600_000;
        for (at, cycle, can) in [
            ("2026-11-30T20:00:00+07:00", "2026-11", true),
            ("2026-11-30T20:00:00+07:00", "", true),
            ("2024-02-29T08:00:00+07:00", "2024-02", true),
            ("2026-12-01T19:59:59+07:00", "2026-12", true),
            ("2026-12-01T20:00:01+07:00", "2026-12", false),
            ("9999-12-31T00:00:00+07:00", "9999-12", false),
            ("3112-11-30T20:00:00+07:00", "", false),
            ("1970-01-01T07:00:09+07:00", "1970-01", false),
            ("yesterday", "2026-11", false),
            ("2026-11-30T20:00:00+07:00", "9999-12", false),
            ("2026-11-30T20:00:00+07:00", "2027-01", false),
            ("2026-11-30T20:00:00+07:00", "1999-01", false),
            ("2026-11-30T20:00:00+07:00", "zzz<b>", false),
            ("2026-11-30T20:00:00+07:00", "2026-1", false),
            ("2026-11-30T20:00:00+07:00", "2026-13", false),
        ] {
            assert_eq!(can_be(at, cycle, now_ms), can, "{at} {cycle}");
        }
    }
}
