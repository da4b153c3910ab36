//! Pull, the device's half: it asks for what changed on its shelves since its cursors; rows and cursors are written in one
//! transaction, so a reply cut off anywhere costs nothing but the asking again. The server's half is `page`.

use super::push::{offer, received_n, settle_view};
use super::{come_down, note_incarnation, note_server_time, offer_again};
use crate::error::{Error, Optional, Result};
use crate::row::{self, Row};
use crate::transact::Tx;
use crate::{Store, accept, meta, photo, project};
use domain::access::Grant;
use domain::change::kind;
use domain::ids::{Seq, Shelf};
use domain::merge::Record;
use domain::planted;
use domain::problem::Code;
use domain::wire::{self, Digest, GoneRecord, PullLine, PullRequest, PullTail, PulledRecord};
use std::collections::{BTreeMap, BTreeSet};

/// What a page of a pull did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Absorbed {
    pub records: u64,
    /// More pages wait, or a shelf must be read again.
    pub more: bool,
    /// A shelf differs from the server's and will be read again from its start.
    pub healing: bool,
}

impl Store {
    /// Asks for what is new, on pages of at most `most` records. `in_full`: names every cursor and says nothing of the grant,
    /// for a server that comes to another fingerprint of it.
    pub(crate) fn next_pull(&self, most: u32, in_full: bool) -> Result<PullRequest> {
        let (mut cursors, mut begun, mut digests) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut bare = BTreeMap::new();
        let mut statement = self.db.prepare_cached(
            "SELECT programme, zone, cursor, begun, count, sum, no FROM shelf WHERE held = 1",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let shelf = Shelf::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?);
            let (cursor, start) = (Seq(row.get(2)?), Seq(row.get(3)?));
            let digest = Digest { count: row.get(4)?, sum: row.get::<_, i64>(5)?.cast_unsigned() };
            if start < cursor {
                begun.insert(shelf.clone(), start);
                if let Some(seq) = meta::get_parsed(&self.db, &bare_key(row.get(6)?))? {
                    bare.insert(shelf.clone(), Seq(seq));
                }
            } else if cursor.is_zero() && digest.count == 0 {
                bare.insert(shelf.clone(), Seq::EVERYTHING);
            }
            digests.insert(shelf.clone(), digest);
            cursors.insert(shelf, cursor);
        }
        // After a whole sync all shelves are read up to the same number, and nothing has to be named.
        let at = if in_full { Seq(0) } else { cursors.values().copied().max().unwrap_or_default() };
        cursors.retain(|_, cursor| *cursor != at);
        let grant: Option<Grant> =
            meta::get(&self.db, meta::GRANT)?.map(|text| serde_json::from_str(&text)).transpose()?;
        Ok(PullRequest {
            install: self.install()?,
            top_n: self.last_n()?,
            incarnation: meta::get_parsed(&self.db, meta::INCARNATION)?.map(domain::ids::Install),
            grant: grant.filter(|_| !in_full).map(|grant| grant.fingerprint()),
            at,
            cursors,
            begun,
            bare,
            digest: Some(wire::fold(digests.iter())),
            most: Some(most),
        })
    }

    /// Takes in one page, in one transaction. A page without its last line changes nothing.
    ///
    /// With `heal`, a shelf whose digest differs is read again from its start. Errors: `not_our_server` for what is no page.
    pub(crate) fn absorb_pull(&mut self, body: &[u8], heal: bool, now_ms: u64) -> Result<Absorbed> {
        let cut = || Error::from(Code::NotOurServer);
        let text = std::str::from_utf8(body).map_err(|_| cut())?;
        let mut lines = Vec::new();
        for line in text.lines().filter(|line| !line.is_empty()) {
            lines.push(serde_json::from_str::<PullLine>(line).map_err(|_| cut())?);
        }
        let (Some(PullLine::Head(head)), Some(PullLine::Tail(tail))) = (lines.first(), lines.last()) else {
            return Err(cut());
        };
        let (head, tail) = (head.clone(), tail.clone());
        self.transact(|tx| {
            note_server_time(tx.db, head.now, now_ms)?;
            let stale = meta::get_parsed::<u64>(tx.db, meta::INCARNATION)?
                .is_some_and(|known| known != head.incarnation.0);
            note_incarnation(tx, head.incarnation)?;
            come_down(tx, head.now)?;
            let received = received_n(tx.db)?;
            if planted::is("cursor_apart_from_rows") {
                advance(tx, &tail)?;
                tx.db.execute_batch("COMMIT; BEGIN IMMEDIATE")?;
            }
            if let Some(grant) = &head.grant {
                hold(tx, grant)?;
            }
            let mut absorbed = Absorbed::default();
            let bare = bare_shelves(tx)?;
            let mut rotten = BTreeSet::new();
            for line in lines {
                match line {
                    PullLine::Rec(record) => {
                        rotten.extend(take_in(tx, record)?);
                        absorbed.records += 1;
                    }
                    PullLine::Gone(gone) => let_go(tx, &gone)?,
                    PullLine::Head(_) | PullLine::Tail(_) => {}
                }
            }
            if stale {
                // The page was asked for with cursors of another life: its rows hold, its cursors do not.
                absorbed.more = true;
                return Ok(absorbed);
            }
            advance(tx, &tail)?;
            absorbed.more = tail.more;
            if tail.more {
                for no in bare.iter().filter(|_| !tail.at.is_zero()) {
                    meta::set(tx.db, &bare_key(*no), tail.at.0)?;
                }
            } else {
                tx.db.execute("UPDATE shelf SET cursor = max(cursor, ?1) WHERE held = 1", [tail.at.0])?;
                tx.db.execute("UPDATE shelf SET begun = cursor WHERE begun <> cursor", [])?;
                forget_bare(tx.db)?;
                tx.flush_digests()?;
                meta::set(tx.db, meta::LAST_SYNC, head.now)?;
                photo::make_room(tx.db, head.now)?;
                let forgot = head.acked.is_some_and(|acked| acked < received);
                if let (true, Some(acked)) = (forgot, head.acked) {
                    offer_again(tx.db, acked, head.now)?;
                }
                // What is about to be offered again may be all that differs.
                if heal && !forgot {
                    look_through(tx, &mut rotten)?;
                    absorbed.healing = compare(tx, &tail.digests)?;
                }
                absorbed.more = absorbed.healing || forgot;
            }
            for no in rotten {
                if row::read_shelf_again(tx.db, no)? {
                    note_healing(tx)?;
                    (absorbed.healing, absorbed.more) = (true, true);
                }
            }
            absorbed.more |= !tx.reread.is_empty();
            Ok(absorbed)
        })
    }
}

/// The shelves that this device holds, has not begun to read, and has no record of.
fn bare_shelves(tx: &Tx<'_>) -> Result<Vec<i64>> {
    let sql = "SELECT no FROM shelf WHERE held = 1 AND cursor = 0 AND count = 0";
    let mut statement = tx.db.prepare_cached(sql)?;
    let numbers = statement.query_map([], |row| row.get(0))?;
    Ok(numbers.collect::<rusqlite::Result<_>>()?)
}

fn bare_key(shelf: i64) -> String {
    format!("{}{shelf}", meta::BARE)
}

/// Forgets when readings began: all are at their end, or begin anew with a server of another life.
pub(super) fn forget_bare(db: &rusqlite::Connection) -> Result<()> {
    db.prepare_cached("DELETE FROM meta WHERE substr(key, 1, length(?1)) = ?1")?.execute([meta::BARE])?;
    Ok(())
}

/// Records that each whole sync compares with their checksums: all within a day, without anybody noticing it.
const LOOKED_AT: u32 = 500;

/// Looks at some more of all records, and adds the shelves of those that a disk has changed: they are read again.
fn look_through(tx: &Tx<'_>, rotten: &mut BTreeSet<i64>) -> Result<()> {
    let after = meta::get_parsed(tx.db, meta::LOOKED)?.unwrap_or(0);
    let next = row::look_through(tx.db, after, LOOKED_AT, |shelf| {
        rotten.insert(shelf);
    })?;
    meta::set(tx.db, meta::LOOKED, next)
}

/// Counts that a shelf is read again because of what it holds.
fn note_healing(tx: &Tx<'_>) -> Result<()> {
    let healed: u64 = meta::get_parsed(tx.db, meta::HEALED)?.unwrap_or(0);
    meta::set(tx.db, meta::HEALED, healed + 1)
}

/// Moves the cursors to where a page ends.
fn advance(tx: &Tx<'_>, tail: &PullTail) -> Result<()> {
    for (shelf, upto) in &tail.upto {
        let no = tx.shelf_no(shelf)?;
        tx.db
            .prepare_cached("UPDATE shelf SET cursor = max(cursor, ?2) WHERE no = ?1")?
            .execute((no, upto.0))?;
    }
    Ok(())
}

/// `record.moved` of a record that has left the device but for words that wait.
pub(super) const LEFT: Seq = Seq::EVERYTHING;

/// Follows the grant: shelves that are no longer granted leave, what has not been sent stays.
pub(super) fn hold(tx: &mut Tx<'_>, grant: &Grant) -> Result<()> {
    let text = serde_json::to_string(grant)?;
    if meta::get(tx.db, meta::GRANT)?.as_deref() != Some(&text) {
        meta::set(tx.db, meta::GRANT, text)?;
    }
    let mut wanted = BTreeMap::new();
    for shelf in grant.holds() {
        wanted.insert(tx.shelf_no(&shelf)?, shelf);
    }
    let mut leaving = Vec::new();
    {
        let mut statement = tx.db.prepare_cached("SELECT no, held FROM shelf")?;
        let mut rows = statement.query([])?;
        while let Some(found) = rows.next()? {
            let (no, held): (i64, bool) = (found.get(0)?, found.get(1)?);
            if held && !wanted.contains_key(&no) {
                leaving.push(no);
            }
        }
    }
    for no in wanted.keys() {
        tx.db.prepare_cached("UPDATE shelf SET held = 1 WHERE no = ?1 AND held = 0")?.execute([no])?;
    }
    for no in leaving {
        for record in row::numbers_of_shelf(tx.db, no)? {
            if let Some(row) = row::load_no_or_empty(tx, record)? {
                drop_unless_waiting(tx, row)?;
            }
        }
        tx.db
            .prepare_cached("UPDATE shelf SET held = 0, cursor = 0, begun = 0 WHERE no = ?1")?
            .execute([no])?;
    }
    Ok(())
}

/// Lets a record go. One with unsent words stays as long as they wait, and shows nothing else: what the office numbered of it
/// is not ours to read any more.
fn drop_unless_waiting(tx: &mut Tx<'_>, mut row: Row) -> Result<()> {
    match &row.synced {
        None => {
            project::forget(tx, &row)?;
            row::drop_row(tx, &row)
        }
        Some(numbered) if numbered.cells.is_empty() => Ok(()),
        Some(_) => {
            let before = Some((row.shelf, row.sum));
            project::forget(tx, &row)?;
            row.view = Record::default();
            settle_view(tx, &mut row, Record::default())?;
            row.moved = LEFT;
            row::write(tx, &mut row, before)?;
            project::project(tx, &row, project::Before::New)
        }
    }
}

/// Takes in a record. Returns its shelf if a disk had changed it here and the page does not bring all of it.
fn take_in(tx: &mut Tx<'_>, pulled: PulledRecord) -> Result<Option<i64>> {
    let shelf = tx.shelf_no(&pulled.shelf)?;
    let found = row::load_or_empty(tx, pulled.id)?;
    let rotten = found.as_ref().is_some_and(row::is_rotten);
    let before = found.as_ref().map(|row| (row.shelf, row.sum));
    let was = found.clone();
    let seq = pulled.seq;
    let mut row = found.unwrap_or_else(|| Row::new(pulled.id, &pulled.kind, shelf));
    let theirs = pulled.cells();
    if before.is_none() {
        row.view = theirs;
    } else {
        let waits = row.synced.is_some();
        let mut numbered = row.synced.take().unwrap_or_else(|| std::mem::take(&mut row.view));
        if rotten {
            // What a disk made of it is nobody's word, and its stamps prove nothing: it comes anew.
            numbered = Record::default();
        }
        for (field, cell) in theirs.cells {
            match numbered.cells.get_mut(&field) {
                // Of one stamp there is one value, and the server is who says which.
                Some(own) if own.stamp == cell.stamp => *own = cell,
                _ => offer(tx, row.id, &mut numbered, &field, cell)?,
            }
        }
        match waits {
            true => settle_view(tx, &mut row, numbered)?,
            false => row.view = numbered,
        }
    }
    row.shelf = shelf;
    row.moved = Seq(0);
    row.seq = row.seq.max(seq);
    row::write(tx, &mut row, before)?;
    project::project(tx, &row, was.as_ref().map_or(project::Before::New, Row::before))?;
    if !rotten {
        return Ok(None);
    }
    let begun: u64 = tx
        .db
        .prepare_cached("SELECT begun FROM shelf WHERE no = ?1")?
        .query_row([shelf], |row| row.get(0))?;
    Ok((begun > 0).then_some(shelf))
}

fn let_go(tx: &mut Tx<'_>, gone: &GoneRecord) -> Result<()> {
    let Some(row) = row::load_or_empty(tx, gone.id)? else { return Ok(()) };
    if *tx.shelf_of(row.shelf)? != gone.shelf {
        return Ok(()); // it came to another shelf of ours already
    }
    if row.kind == kind::SUBJECT {
        // Its visits go with it, also one that a restored server never had on this shelf and so cannot call back.
        for no in accept::of_subject(tx, row.id)? {
            let Some(visit) = row::load_no_or_empty(tx, no)? else { continue };
            if visit.shelf == row.shelf {
                drop_unless_waiting(tx, visit)?;
            }
        }
    }
    drop_unless_waiting(tx, row)
}

/// Compares what each shelf adds up to; says whether one must be read again. A shelf that was read again for the same
/// difference is left: the device then holds what the server lost, and only its author can give it back.
fn compare(tx: &Tx<'_>, digests: &BTreeMap<Shelf, Digest>) -> Result<bool> {
    let mut again = false;
    for (shelf, theirs) in digests {
        let no = tx.shelf_no(shelf)?;
        if tx.reread.contains(&no) {
            continue; // it cannot add up before it was read
        }
        let ours = digest_of(tx.db, no)?;
        // What differs, not how much there is: it stays the same while both sides grow.
        let (count, sum) = (ours.count.wrapping_sub(theirs.count), ours.sum.wrapping_sub(theirs.sum));
        let difference = format!("{count:x}:{sum:x}");
        let key = format!("{}{no}", meta::HEALED_SHELF);
        if ours != *theirs && meta::get(tx.db, &key)?.as_ref() != Some(&difference) {
            meta::set(tx.db, &key, difference)?;
            row::read_shelf_again(tx.db, no)?;
            note_healing(tx)?;
            again = true;
        }
    }
    Ok(again)
}

pub(super) fn digest_of(db: &rusqlite::Connection, shelf: i64) -> Result<Digest> {
    Ok(db
        .prepare_cached("SELECT count, sum FROM shelf WHERE no = ?1")?
        .query_row([shelf], |row| {
            Ok(Digest { count: row.get(0)?, sum: row.get::<_, i64>(1)?.cast_unsigned() })
        })
        .optional()?
        .unwrap_or_default())
}
