//! Pull, the server's half: pages of what changed on a device's shelves. The device's is `pull`.

use super::pull::digest_of;
use crate::admin::Authenticated;
use crate::error::{Error, Result};
use crate::row::{self, Row, Unread};
use crate::service::watch;
use crate::{Store, accept, grants, meta};
use domain::clock::Stamp;
use domain::ids::{RecordId, Seq, Shelf};
use domain::merge::{Cell, Packed, Record};
use domain::planted;
use domain::problem::Code;
use domain::wire::{
    self, BODY_MAX_BYTES, GoneRecord, PULL_PAGE_RECORDS, PullHead, PullLine, PullRequest, PullTail,
    PulledRecord,
};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};

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
        let acked = self.received_from(from)?;
        let acked = Some(acked).filter(|acked| *acked < request.top_n);
        page.push(&PullLine::Head(PullHead { incarnation: tenant.incarnation, now: now_ms, grant, acked }))?;
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
            let bare = request.bare.get(shelf).copied().filter(|_| fresh).unwrap_or_default();
            let reading = Reading { begun, cursor, bare: bare.min(at) };
            self.page_of_shelf(from, shelf, no, &reading, &mut page)?;
        }
        if page.tail.more && !request.bare.is_empty() {
            page.tail.at = at;
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

    /// Up to which commit everything of a device is here.
    fn received_from(&self, from: &Authenticated) -> Result<u64> {
        Ok(self
            .db
            .prepare_cached("SELECT last_n FROM device WHERE no = ?1")?
            .query_row([from.device.0], |row| row.get(0))?)
    }

    /// What left a shelf after a number, in the order in which it left.
    fn gone_of(&self, shelf: i64, after: Seq) -> Result<Vec<(Seq, RecordId)>> {
        let mut statement = self.db.prepare_cached(
            // What went and came back did not go.
            "SELECT seq, record FROM gone WHERE shelf = ?1 AND seq > ?2 AND NOT EXISTS \
             (SELECT 1 FROM record WHERE record.id = gone.record AND record.shelf = gone.shelf) ORDER BY seq",
        )?;
        let rows =
            statement.query_map((shelf, after.0), |row| Ok((Seq(row.get(0)?), row::id_of(row.get(1)?))))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
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
        reading: &Reading,
        page: &mut Page,
    ) -> Result<()> {
        let &Reading { begun, cursor, bare } = reading;
        let mut upto = cursor;
        let mut cut = false;
        let programme = self.programmes.get(&shelf.programme).filter(|_| shelf.zone != Shelf::COMMON);
        let mut shown = programme.is_some_and(|programme| programme.sensitive).then(BTreeSet::new);
        // From the start as well: a device that reads again may hold what went while it was not told.
        let mut gone = self.gone_of(no, cursor.max(bare))?.into_iter().peekable();
        row::each_of_shelf(&self.db, no, cursor, |row| {
            while !cut && let Some((seq, id)) = gone.next_if(|(seq, _)| *seq < row.seq) {
                cut = page.let_go(id, shelf, seq, &mut upto)?;
            }
            if cut || (page.is_full() && row.seq > upto) {
                cut = true;
                return Ok(false);
            }
            upto = row.seq;
            if planted::is("pull_skips_rows") && !begun.is_zero() && row.seq.0.is_multiple_of(7) {
                return Ok(true);
            }
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
        while !cut && let Some((seq, id)) = gone.next() {
            cut = page.let_go(id, shelf, seq, &mut upto)?;
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

/// How far a device is with a shelf.
struct Reading {
    /// Up to there it has everything.
    begun: Seq,
    /// Up to there it has what the pages brought.
    cursor: Seq,
    /// What left up to there it cannot have.
    bare: Seq,
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

    /// Adds that a record left, unless the page ends before it; says whether it does. It does not count among the records:
    /// a device that has no page of its own for those would think that nothing came.
    fn let_go(&mut self, id: RecordId, shelf: &Shelf, seq: Seq, upto: &mut Seq) -> Result<bool> {
        if self.is_full() && seq > *upto {
            return Ok(true);
        }
        *upto = seq;
        self.push(&PullLine::Gone(GoneRecord { id, shelf: shelf.clone() }))?;
        Ok(false)
    }

    fn push(&mut self, line: &impl Serialize) -> Result<()> {
        serde_json::to_writer(&mut self.lines, line)?;
        self.lines.push(b'\n');
        Ok(())
    }
}
