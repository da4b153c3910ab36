//! Pull: the server sends what changed on a device's shelves since its cursors; rows and cursors are written in one
//! transaction, so a reply cut off anywhere costs nothing but the asking again.

use super::push::{offer, settle_view};
use super::{come_down, note_incarnation, note_server_time};
use crate::admin::Authenticated;
use crate::error::{Error, Optional, Result};
use crate::row::{self, Row, Unread};
use crate::service::watch;
use crate::transact::Tx;
use crate::{Store, accept, grants, meta, project};
use domain::access::Grant;
use domain::change::kind;
use domain::clock::Stamp;
use domain::ids::{RecordId, Seq, Shelf};
use domain::merge::{Cell, Packed, Record};
use domain::planted;
use domain::problem::Code;
use domain::wire::{
    self, BODY_MAX_BYTES, Digest, GoneRecord, PULL_PAGE_RECORDS, PullHead, PullLine, PullRequest, PullTail,
    PulledRecord,
};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};

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
    /// Asks for what is new, on pages of at most `most` records. `in_full`: names every cursor and says nothing of the grant,
    /// for a server that comes to another fingerprint of it.
    pub(crate) fn next_pull(&self, most: u32, in_full: bool) -> Result<PullRequest> {
        let (mut cursors, mut begun, mut digests) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut statement = self
            .db
            .prepare_cached("SELECT programme, zone, cursor, begun, count, sum FROM shelf WHERE held = 1")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let shelf = Shelf::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?);
            let (cursor, start) = (Seq(row.get(2)?), Seq(row.get(3)?));
            if start < cursor {
                begun.insert(shelf.clone(), start);
            }
            let digest = Digest { count: row.get(4)?, sum: row.get::<_, i64>(5)?.cast_unsigned() };
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
            if planted::is("cursor_apart_from_rows") {
                advance(tx, &tail)?;
                tx.db.execute_batch("COMMIT; BEGIN IMMEDIATE")?;
            }
            if let Some(grant) = &head.grant {
                hold(tx, grant)?;
            }
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
            advance(tx, &tail)?;
            absorbed.more = tail.more;
            if !tail.more {
                tx.db.execute("UPDATE shelf SET cursor = max(cursor, ?1) WHERE held = 1", [tail.at.0])?;
                tx.db.execute("UPDATE shelf SET begun = cursor WHERE begun <> cursor", [])?;
                tx.flush_digests()?;
                absorbed.healing = heal && compare(tx, &tail.digests)?;
                absorbed.more = absorbed.healing;
                meta::set(tx.db, meta::LAST_SYNC, head.now)?;
            }
            absorbed.more |= !tx.reread.is_empty();
            Ok(absorbed)
        })
    }
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

fn take_in(tx: &mut Tx<'_>, pulled: PulledRecord) -> Result<()> {
    let shelf = tx.shelf_no(&pulled.shelf)?;
    let found = row::load_or_empty(tx, pulled.id)?;
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
        for (field, cell) in theirs.cells {
            offer(tx, row.id, &mut numbered, &field, cell)?;
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
    project::project(tx, &row, was.as_ref().map_or(project::Before::New, Row::before))
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
        let fresh = request.incarnation.is_none_or(|known| known == tenant.incarnation);
        let same_grant = request.grant == Some(from.grant.fingerprint());
        let most = request.most.map_or(PULL_PAGE_RECORDS, |most| (most as usize).clamp(1, PULL_PAGE_RECORDS));
        let mut page =
            Page { lines: Vec::new(), records: 0, most, tail: PullTail::default(), sensitive: Vec::new() };
        let grant = (!same_grant).then(|| from.grant.clone());
        page.push(&PullLine::Head(PullHead { incarnation: tenant.incarnation, now: now_ms, grant }))?;
        if request.grant.is_some() && !same_grant {
            // What it holds has changed: first it must know, then it can say of each shelf how far it is.
            page.tail.more = true;
            return self.end_of_pull(from, request, page, now_ms);
        }
        // Read before the records: what has this number or a lower one is visible to every query from here on.
        let at = Seq(meta::get_parsed(&self.db, meta::SEQ)?.unwrap_or(0));
        let shelves = from.grant.holds();
        for shelf in &shelves {
            let Some(no) = row::find_shelf(&self.db, shelf)? else { continue };
            let cursor = request.cursors.get(shelf).copied().unwrap_or(request.at).min(if fresh {
                at
            } else {
                Seq(0)
            });
            if page.is_full() {
                page.tail.more |= self.has_newer(no, cursor)?;
                continue;
            }
            let begun = request.begun.get(shelf).copied().filter(|_| fresh).map_or(cursor, |b| b.min(cursor));
            self.page_of_shelf(from, shelf, no, (begun, cursor), &mut page)?;
        }
        if !page.tail.more {
            page.tail.at = at;
            let mut digests = BTreeMap::new();
            for shelf in shelves {
                let no = row::find_shelf(&self.db, &shelf)?;
                let digest = no.map(|no| digest_of(&self.db, no)).transpose()?.unwrap_or_default();
                digests.insert(shelf, digest);
            }
            let unchanged = page.records == 0 && page.tail.upto.is_empty();
            if !unchanged || request.digest != Some(wire::fold(digests.iter())) {
                page.tail.digests = digests;
            }
        }
        self.end_of_pull(from, request, page, now_ms)
    }

    /// Notes what the device said and what it is about to know, before it knows it, and closes the page.
    fn end_of_pull(
        &mut self,
        from: &Authenticated,
        request: &PullRequest,
        mut page: Page,
        now_ms: u64,
    ) -> Result<Vec<u8>> {
        watch::note_pulled(self, from, std::mem::take(&mut page.sensitive), now_ms)?;
        let sent = page.tail.upto.values().copied().max().unwrap_or_default().max(page.tail.at);
        self.transact(|tx| {
            // Who does not say which grant it follows is given it with every page. Asked of the row: the office may have
            // changed it since this request's token was looked at.
            let present = grants::grant_of(tx.db, from.device).map_err(|error| match error {
                // Its right was ended while this page was made.
                Error::NotFound => Code::TokenRevoked.into(),
                other => other,
            })?;
            if present == from.grant && request.grant.is_none_or(|known| known == present.fingerprint()) {
                grants::note_told(tx.db, from.device)?;
            }
            grants::note_contact(tx.db, from.device, request.top_n, now_ms)?;
            tx.db
                .prepare_cached("UPDATE device SET sent = ?2 WHERE no = ?1 AND sent < ?2")?
                .execute((from.device.0, sent.0))?;
            Ok(())
        })?;
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
        let programme = self.programmes.get(&shelf.programme).filter(|_| shelf.zone != Shelf::COMMON);
        let mut shown = programme.is_some_and(|programme| programme.sensitive).then(BTreeSet::new);
        row::each_of_shelf(&self.db, no, cursor, |row| {
            if page.is_full() && row.seq > upto {
                cut = true;
                return Ok(false);
            }
            upto = row.seq;
            let id = row.id;
            match at_a_glance(&row, shelf, from, begun) {
                Glance::Nothing => return Ok(true),
                Glance::Whole(record) => page.push(&Line::Rec(record))?,
                Glance::Unclear => match record_for(&row.read()?, shelf, from, begun) {
                    Some(record) => page.push(&PullLine::Rec(record))?,
                    None => return Ok(true),
                },
            }
            page.records += 1;
            if let Some(shown) = &mut shown {
                shown.insert(id);
            }
            Ok(true)
        })?;
        if let Some(shown) = shown.filter(|shown| !shown.is_empty()) {
            page.sensitive.push((shelf.clone(), shown));
        }
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
    let Packed { stamp, values, except, .. } = Packed::from(Record { cells });
    let (id, kind, seq) = (row.id, row.kind.clone(), row.seq);
    Some(PulledRecord { id, kind, shelf: shelf.clone(), seq, stamp, values, except })
}

/// What can be said of a record for a device without reading its values.
enum Glance<'a> {
    Nothing,
    Whole(WholeRecord<'a>),
    Unclear,
}

/// A [`PulledRecord`] with all its values, in the words in which they are stored.
#[derive(Serialize)]
struct WholeRecord<'a> {
    id: RecordId,
    kind: &'a str,
    shelf: &'a Shelf,
    seq: Seq,
    s: Stamp,
    v: &'a RawValue,
}

/// A [`PullLine`] of such a record.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Line<'a> {
    Rec(WholeRecord<'a>),
}

/// [`Packed`] as far as its values.
#[derive(Deserialize)]
struct Outside<'a> {
    s: Stamp,
    #[serde(default)]
    q: Seq,
    #[serde(borrow)]
    v: &'a RawValue,
    #[serde(default)]
    x: Option<IgnoredAny>,
}

/// Most records were written at once and never changed: then they go whole or not at all, and their values need not be
/// read to say which. The rule is that of [`record_for`], which decides all other cases.
fn at_a_glance<'a>(row: &'a Unread<'a>, shelf: &'a Shelf, to: &Authenticated, begun: Seq) -> Glance<'a> {
    let Ok(Outside { s, q, v, x: None }) = serde_json::from_str::<Outside<'a>>(row.cells) else {
        return Glance::Unclear;
    };
    let came = row.moved > begun;
    if s.device == to.device && !begun.is_zero() {
        let stands_elsewhere = accept::is_work(row.kind) && v.get().contains("\"zone\":");
        return if came && (q != row.moved || stands_elsewhere) { Glance::Unclear } else { Glance::Nothing };
    }
    if !begun.is_zero() && !came && q <= begun {
        return Glance::Nothing;
    }
    Glance::Whole(WholeRecord { id: row.id, kind: row.kind, shelf, seq: row.seq, s, v })
}

struct Page {
    lines: Vec<u8>,
    records: usize,
    most: usize,
    tail: PullTail,
    /// Whose records of sensitive programmes it holds, by shelf: the audit tells of it.
    sensitive: Vec<(Shelf, BTreeSet<RecordId>)>,
}

impl Page {
    /// Full by records or by bytes: neither a long list nor large records may fill a server's or a phone's memory.
    fn is_full(&self) -> bool {
        self.records >= self.most || self.lines.len() >= BODY_MAX_BYTES / 4
    }

    fn push(&mut self, line: &impl Serialize) -> Result<()> {
        serde_json::to_writer(&mut self.lines, line)?;
        self.lines.push(b'\n');
        Ok(())
    }
}
