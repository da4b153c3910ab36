//! Pull: the server sends what changed on a device's shelves since its cursors; rows and cursors are written in one
//! transaction, so a reply cut off anywhere costs nothing but the asking again.

use super::push::{offer, settle_view};
use super::{note_incarnation, note_server_time};
use crate::admin::{self, Authenticated};
use crate::error::{Error, Optional, Result};
use crate::row::{self, Row};
use crate::transact::Tx;
use crate::{Store, accept, meta, project};
use domain::access::Grant;
use domain::ids::{RecordId, Seq, Shelf};
use domain::merge::{Cell, Packed, Record};
use domain::wire::{
    BODY_MAX_BYTES, Digest, GoneRecord, PULL_PAGE_RECORDS, PullHead, PullLine, PullRequest, PullTail,
    PulledRecord,
};
use std::collections::BTreeMap;

// ---------------------------------------------------------------------------------------------------- the device's half

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
    pub(crate) fn next_pull(&self) -> Result<PullRequest> {
        let (mut cursors, mut begun) = (BTreeMap::new(), BTreeMap::new());
        let mut statement = self.db.prepare_cached(
            "SELECT programme, zone, cursor, begun FROM shelf WHERE held = 1 AND cursor > 0",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let shelf = Shelf::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?);
            let (cursor, start) = (Seq(row.get(2)?), Seq(row.get(3)?));
            if start < cursor {
                begun.insert(shelf.clone(), start);
            }
            cursors.insert(shelf, cursor);
        }
        Ok(PullRequest {
            install: self.install()?,
            top_n: self.last_n()?,
            incarnation: meta::get_parsed(&self.db, meta::INCARNATION)?.map(domain::ids::Install),
            cursors,
            begun,
        })
    }

    /// Takes in one page, in one transaction. A page without its last line changes nothing.
    ///
    /// With `heal`, a shelf whose digest differs is read again from its start.
    pub(crate) fn absorb_pull(&mut self, body: &[u8], heal: bool, now_ms: u64) -> Result<Absorbed> {
        let cut = || Error::Corrupt("the page is cut off".to_owned());
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
            hold(tx, &head.grant)?;
            let mut absorbed = Absorbed::default();
            for line in lines {
                match line {
                    PullLine::Rec(record) => {
                        take_in(tx, record)?;
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
            for (shelf, upto) in &tail.upto {
                let no = row::shelf_no(tx.db, shelf)?;
                tx.db
                    .prepare_cached("UPDATE shelf SET cursor = max(cursor, ?2) WHERE no = ?1")?
                    .execute((no, upto.0))?;
            }
            absorbed.more = tail.more;
            if !tail.more {
                tx.db.execute("UPDATE shelf SET begun = cursor WHERE begun <> cursor", [])?;
                tx.flush_digests()?;
                absorbed.healing = heal && compare(tx, &tail.digests)?;
                absorbed.more = absorbed.healing;
                meta::set(tx.db, meta::LAST_SYNC, head.now)?;
            }
            Ok(absorbed)
        })
    }
}

/// `record.moved` of a record that has left the device but for words that wait.
pub(super) const LEFT: Seq = Seq::EVERYTHING;

/// Follows the grant: shelves that are no longer granted leave, what has not been sent stays.
fn hold(tx: &mut Tx<'_>, grant: &Grant) -> Result<()> {
    let text = serde_json::to_string(grant)?;
    if meta::get(tx.db, meta::GRANT)?.as_deref() != Some(&text) {
        meta::set(tx.db, meta::GRANT, text)?;
    }
    let mut wanted = BTreeMap::new();
    for shelf in grant.holds() {
        wanted.insert(row::shelf_no(tx.db, &shelf)?, shelf);
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
        let mut records = Vec::new();
        row::each_of_shelf_all(tx.db, no, |row| {
            records.push(row);
            Ok(())
        })?;
        for row in records {
            drop_unless_waiting(tx, row)?;
        }
        tx.db
            .prepare_cached("UPDATE shelf SET held = 0, cursor = 0, begun = 0 WHERE no = ?1")?
            .execute([no])?;
    }
    Ok(())
}

/// Lets a record go. One with unsent words stays as long as they wait; what the office numbered of it is not ours
/// any more.
fn drop_unless_waiting(tx: &mut Tx<'_>, mut row: Row) -> Result<()> {
    match &row.synced {
        None => {
            project::forget(tx, &row)?;
            row::drop_row(tx, &row)
        }
        Some(numbered) if numbered.cells.is_empty() => Ok(()),
        Some(_) => {
            let before = Some((row.shelf, row.sum));
            row.synced = Some(Record::default());
            row.moved = LEFT;
            row::write(tx, &mut row, before)
        }
    }
}

fn take_in(tx: &mut Tx<'_>, pulled: PulledRecord) -> Result<()> {
    let shelf = row::shelf_no(tx.db, &pulled.shelf)?;
    let theirs = Record::from(pulled.cells);
    let found = row::load(tx.db, pulled.id)?;
    let before = found.as_ref().map(|row| (row.shelf, row.sum));
    let mut row = found.unwrap_or_else(|| Row::new(pulled.id, &pulled.kind, shelf));
    if before.is_none() {
        row.view = theirs;
    } else {
        let mut numbered = row.synced.take().unwrap_or_else(|| std::mem::take(&mut row.view));
        for (field, cell) in theirs.cells {
            offer(tx, row.id, &mut numbered, &field, cell)?;
        }
        settle_view(tx, &mut row, numbered)?;
    }
    row.shelf = shelf;
    row.moved = Seq(0);
    row.seq = row.seq.max(pulled.seq);
    row::write(tx, &mut row, before)?;
    project::project(tx, &row)
}

fn let_go(tx: &mut Tx<'_>, gone: &GoneRecord) -> Result<()> {
    let Some(row) = row::load(tx.db, gone.id)? else { return Ok(()) };
    if row::shelf_of(tx.db, row.shelf)? != gone.shelf {
        return Ok(()); // it came to another shelf of ours already
    }
    drop_unless_waiting(tx, row)
}

/// Compares what each shelf adds up to; says whether one must be read again. A shelf that was read again for the same
/// difference is left: the device then holds what the server lost, and only its author can give it back.
fn compare(tx: &Tx<'_>, digests: &BTreeMap<Shelf, Digest>) -> Result<bool> {
    let mut again = false;
    for (shelf, theirs) in digests {
        let no = row::shelf_no(tx.db, shelf)?;
        let ours = digest_of(tx.db, no)?;
        // What differs, not how much there is: it stays the same while both sides grow.
        let (count, sum) = (ours.count.wrapping_sub(theirs.count), ours.sum.wrapping_sub(theirs.sum));
        let difference = format!("{count:x}:{sum:x}");
        let key = format!("{}{no}", meta::HEALED_SHELF);
        if ours != *theirs && meta::get(tx.db, &key)?.as_ref() != Some(&difference) {
            meta::set(tx.db, &key, difference)?;
            tx.db.prepare_cached("UPDATE shelf SET cursor = 0, begun = 0 WHERE no = ?1")?.execute([no])?;
            let healed: u64 = meta::get_parsed(tx.db, meta::HEALED)?.unwrap_or(0);
            meta::set(tx.db, meta::HEALED, healed + 1)?;
            again = true;
        }
    }
    Ok(again)
}

fn digest_of(db: &rusqlite::Connection, shelf: i64) -> Result<Digest> {
    Ok(db
        .prepare_cached("SELECT count, sum FROM shelf WHERE no = ?1")?
        .query_row([shelf], |row| {
            Ok(Digest { count: row.get(0)?, sum: row.get::<_, i64>(1)?.cast_unsigned() })
        })
        .optional()?
        .unwrap_or_default())
}

// ---------------------------------------------------------------------------------------------------- the server's half

impl Store {
    /// Answers a pull with JSON lines: a head, records, a tail.
    pub fn answer_pull(
        &mut self,
        from: &Authenticated,
        request: &PullRequest,
        now_ms: u64,
    ) -> Result<Vec<u8>> {
        let tenant = self.tenant()?;
        self.transact(|tx| admin::note_contact(tx.db, from.device, request.top_n, now_ms))?;
        let fresh = request.incarnation.is_none_or(|known| known == tenant.incarnation);
        let mut page = Page { lines: Vec::new(), records: 0, tail: PullTail::default() };
        page.push(&PullLine::Head(PullHead {
            incarnation: tenant.incarnation,
            now: now_ms,
            grant: from.grant.clone(),
        }))?;
        let shelves = from.grant.holds();
        for shelf in &shelves {
            let Some(no) = row::find_shelf(&self.db, shelf)? else { continue };
            let cursor = request.cursors.get(shelf).copied().filter(|_| fresh).unwrap_or_default();
            if page.is_full() {
                page.tail.more |= self.has_newer(no, cursor)?;
                continue;
            }
            let begun = request.begun.get(shelf).copied().filter(|_| fresh).map_or(cursor, |b| b.min(cursor));
            self.page_of_shelf(from, shelf, no, (begun, cursor), &mut page)?;
        }
        if !page.tail.more {
            for shelf in shelves {
                if let Some(no) = row::find_shelf(&self.db, &shelf)? {
                    page.tail.digests.insert(shelf, digest_of(&self.db, no)?);
                }
            }
        }
        if let Some(sent) = page.tail.upto.values().max() {
            let sent = sent.0;
            self.transact(|tx| {
                tx.db
                    .prepare_cached("UPDATE device SET sent = max(sent, ?2) WHERE no = ?1")?
                    .execute((from.device.0, sent))?;
                Ok(())
            })?;
        }
        let tail = PullLine::Tail(std::mem::take(&mut page.tail));
        page.push(&tail)?;
        Ok(page.lines)
    }

    fn has_newer(&self, shelf: i64, cursor: Seq) -> Result<bool> {
        Ok(self
            .db
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM record WHERE shelf = ?1 AND seq > ?2) \
                 OR EXISTS (SELECT 1 FROM gone WHERE shelf = ?1 AND seq > ?2)",
            )?
            .query_row((shelf, cursor.0), |row| row.get(0))?)
    }

    /// Adds what changed on one shelf. A page ends only where a commit ends.
    fn page_of_shelf(
        &self,
        from: &Authenticated,
        shelf: &Shelf,
        no: i64,
        (begun, cursor): (Seq, Seq),
        page: &mut Page,
    ) -> Result<()> {
        let mut upto = cursor;
        let mut cut = false;
        row::each_of_shelf(&self.db, no, cursor, |row| {
            if page.is_full() && row.seq > upto {
                cut = true;
                return Ok(false);
            }
            upto = row.seq;
            if let Some(record) = record_for(&row, shelf, from, begun) {
                page.push(&PullLine::Rec(record))?;
                page.records += 1;
            }
            Ok(true)
        })?;
        // From the start as well: a device that reads again may hold what went while it was not told.
        let last = if cut { upto.0 } else { Seq::EVERYTHING.0 };
        let mut statement = self.db.prepare_cached(
            // What went and came back did not go.
            "SELECT record, seq FROM gone WHERE shelf = ?1 AND seq > ?2 AND seq <= ?3 AND NOT EXISTS \
             (SELECT 1 FROM record WHERE record.id = gone.record AND record.shelf = gone.shelf) ORDER BY seq",
        )?;
        let mut rows = statement.query((no, cursor.0, last))?;
        while let Some(gone) = rows.next()? {
            let id: RecordId = row::id_of(gone.get(0)?);
            upto = upto.max(Seq(gone.get(1)?));
            page.push(&PullLine::Gone(GoneRecord { id, shelf: shelf.clone() }))?;
        }
        if upto > cursor {
            page.tail.upto.insert(shelf.clone(), upto);
        }
        page.tail.more |= cut;
        Ok(())
    }
}

/// The cells of a record that are new to a device; `None` if there are none. What the device wrote itself it has
/// already, with the stamp it was told, unless it reads the shelf from the start. `begun` is where the reading began:
/// a record whose last change comes on a later page comes there with all that is newer than that.
fn record_for(row: &Row, shelf: &Shelf, to: &Authenticated, begun: Seq) -> Option<PulledRecord> {
    let whole = begun.is_zero();
    let came = row.moved > begun;
    let is_new = |cell: &Cell| whole || came || cell.seq > begun;
    let is_own = |cell: &Cell| !whole && cell.stamp.device == to.device;
    // Created or moved by the device itself: it knows. Brought along with its subject: no cell tells of it.
    let came_from_elsewhere = came
        && (accept::own_zone(row).is_some_and(|zone| zone != *shelf)
            || !row.view.cells.values().any(|cell| cell.seq == row.moved && is_own(cell)));
    let cells: BTreeMap<String, Cell> = row
        .view
        .cells
        .iter()
        .filter(|(_, cell)| is_new(cell) && (came_from_elsewhere || !is_own(cell)))
        .map(|(field, cell)| (field.clone(), Cell { seq: Seq(0), ..cell.clone() }))
        .collect();
    if cells.is_empty() {
        return None;
    }
    Some(PulledRecord {
        id: row.id,
        kind: row.kind.clone(),
        shelf: shelf.clone(),
        seq: row.seq,
        cells: Packed::from(Record { cells }),
    })
}

struct Page {
    lines: Vec<u8>,
    records: usize,
    tail: PullTail,
}

impl Page {
    /// Full by records or by bytes: neither a long list nor large records may fill a server's or a phone's memory.
    fn is_full(&self) -> bool {
        self.records >= PULL_PAGE_RECORDS || self.lines.len() >= BODY_MAX_BYTES / 4
    }

    fn push(&mut self, line: &PullLine) -> Result<()> {
        serde_json::to_writer(&mut self.lines, line)?;
        self.lines.push(b'\n');
        Ok(())
    }
}
