//! Records as rows: load one, write one, keep its shelf's digest right.

use crate::error::{Error, Optional, Result};
use crate::project::{self, Before};
use crate::sync::push::settle_view;
use crate::transact::Tx;
use domain::ids::{RecordId, Seq, Shelf};
use domain::merge::{AsPacked, Packed, Record, checksum};
use rusqlite::{Connection, Row as SqlRow};

/// A record with its place in the store.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// `record.no`; zero while it is not stored yet.
    pub no: i64,
    pub id: RecordId,
    pub kind: String,
    /// `shelf.no`.
    pub shelf: i64,
    pub seq: Seq,
    pub moved: Seq,
    /// What people see.
    pub view: Record,
    /// The numbered cells, if unsent ones lie over them.
    pub synced: Option<Record>,
    /// Checksum of the numbered cells; zero if there are none.
    pub sum: u64,
}

const COLUMNS: &str = "no, id, kind, shelf, seq, moved, sum, cells, synced";

impl Row {
    /// A record that is not stored yet.
    pub fn new(id: RecordId, kind: &str, shelf: i64) -> Row {
        Row {
            no: 0,
            id,
            kind: kind.to_owned(),
            shelf,
            seq: Seq(0),
            moved: Seq(0),
            view: Record::default(),
            synced: None,
            sum: 0,
        }
    }

    /// What the indexes know of it, for [`crate::project::project`].
    pub fn before(&self) -> Before<'_> {
        match self.no {
            0 => Before::New,
            _ => Before::Stored { shelf: self.shelf, view: &self.view },
        }
    }

    /// The cells the server has numbered.
    pub fn numbered(&self) -> &Record {
        self.synced.as_ref().unwrap_or(&self.view)
    }

    fn read(row: &SqlRow<'_>) -> Result<Row> {
        let synced = match row.get_ref(8)?.as_str_or_null().map_err(rusqlite::Error::from)? {
            None => None,
            Some("") => Some(Record::default()),
            Some(text) => Some(serde_json::from_str::<Packed>(text)?.into()),
        };
        let cells = row.get_ref(7)?.as_str().map_err(rusqlite::Error::from)?;
        Ok(Row {
            no: row.get(0)?,
            id: id_of(row.get(1)?),
            kind: row.get(2)?,
            shelf: row.get(3)?,
            seq: Seq(row.get(4)?),
            moved: Seq(row.get(5)?),
            view: serde_json::from_str::<Packed>(cells)?.into(),
            synced,
            sum: row.get::<_, i64>(6)?.cast_unsigned(),
        })
    }
}

/// Reads the sixteen stored bytes of an id.
pub(crate) fn id_of(bytes: [u8; 16]) -> RecordId {
    RecordId(uuid::Uuid::from_bytes(bytes))
}

const BY_ID: &str = "SELECT no, id, kind, shelf, seq, moved, sum, cells, synced FROM record WHERE id = ?1";
const BY_NO: &str = "SELECT no, id, kind, shelf, seq, moved, sum, cells, synced FROM record WHERE no = ?1";

fn one(db: &Connection, sql: &str, key: impl rusqlite::ToSql) -> Result<Option<Row>> {
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query([key])?;
    rows.next()?.map(Row::read).transpose()
}

/// Loads a record by id.
pub(crate) fn load(db: &Connection, id: RecordId) -> Result<Option<Row>> {
    one(db, BY_ID, id.bytes())
}

/// [`one`], counted as work: what is judged is read whether it is refused or not.
fn one_as_work(tx: &Tx<'_>, sql: &str, key: impl rusqlite::ToSql) -> Result<Option<Row>> {
    let mut statement = tx.db.prepare_cached(sql)?;
    let mut rows = statement.query([key])?;
    let Some(found) = rows.next()? else { return Ok(None) };
    tx.count_work(found.get_ref(7)?.as_str().map_err(rusqlite::Error::from)?.len());
    Row::read(found).map(Some)
}

/// [`load`] of a record that a commit names, counted as work.
pub(crate) fn load_as_work(tx: &Tx<'_>, id: RecordId) -> Result<Option<Row>> {
    one_as_work(tx, BY_ID, id.bytes())
}

/// [`load_no`] of a record that a commit is measured by, counted as work.
pub(crate) fn load_no_as_work(tx: &Tx<'_>, no: i64) -> Result<Option<Row>> {
    one_as_work(tx, BY_NO, no)
}

/// Loads a record by its row number.
pub(crate) fn load_no(db: &Connection, no: i64) -> Result<Option<Row>> {
    one(db, BY_NO, no)
}

/// Loads a record that a sync changes. Where the disk has damaged its cells it holds only what waits from now on, and its
/// shelf is read again from the start: the office has what it numbered. Damage here must not end syncing.
pub(crate) fn load_or_empty(tx: &mut Tx<'_>, id: RecordId) -> Result<Option<Row>> {
    match load(tx.db, id) {
        Err(Error::Corrupt(_)) => emptied(tx, id).map(Some),
        found => found,
    }
}

/// [`load_or_empty`] by the row number.
pub(crate) fn load_no_or_empty(tx: &mut Tx<'_>, no: i64) -> Result<Option<Row>> {
    match load_no(tx.db, no) {
        Err(Error::Corrupt(_)) => {
            let id = tx.db.query_row("SELECT id FROM record WHERE no = ?1", [no], |row| row.get(0))?;
            emptied(tx, id_of(id)).map(Some)
        }
        found => found,
    }
}

fn emptied(tx: &mut Tx<'_>, id: RecordId) -> Result<Row> {
    let (no, kind, shelf, sum, moved, waits): (i64, String, i64, i64, u64, bool) = tx.db.query_row(
        "SELECT no, kind, shelf, sum, moved, EXISTS (SELECT 1 FROM outbox_record WHERE record = ?1) FROM record WHERE id = ?1",
        [id.bytes()],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?)),
    )?;
    let mut row = Row { no, moved: Seq(moved), sum: sum.cast_unsigned(), ..Row::new(id, &kind, shelf) };
    project::forget(tx, &row)?;
    if waits {
        settle_view(tx, &mut row, Record::default())?;
    }
    write(tx, &mut row, Some((shelf, sum.cast_unsigned())))?;
    if waits {
        project::project(tx, &row, Before::New)?;
    }
    tx.reread.insert(shelf);
    Ok(row)
}

/// A record as it is stored, its cells not read yet.
pub(crate) struct Unread<'a> {
    pub id: RecordId,
    pub kind: &'a str,
    pub seq: Seq,
    pub moved: Seq,
    /// [`Packed`] as JSON.
    pub cells: &'a str,
    row: &'a SqlRow<'a>,
}

impl Unread<'_> {
    /// Reads the cells, too.
    pub fn read(&self) -> Result<Row> {
        Row::read(self.row)
    }
}

/// Calls `each` for every record of a shelf with a number above `after`, in the order of the numbers, until it
/// returns `false`.
pub(crate) fn each_of_shelf(
    db: &Connection,
    shelf: i64,
    after: Seq,
    mut each: impl FnMut(Unread<'_>) -> Result<bool>,
) -> Result<()> {
    let sql = select("shelf = ?1 AND seq > ?2 ORDER BY seq, no");
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query((shelf, after.0))?;
    while let Some(row) = rows.next()? {
        let unread = Unread {
            id: id_of(row.get(1)?),
            kind: row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?,
            seq: Seq(row.get(4)?),
            moved: Seq(row.get(5)?),
            cells: row.get_ref(7)?.as_str().map_err(rusqlite::Error::from)?,
            row,
        };
        if !each(unread)? {
            break;
        }
    }
    Ok(())
}

/// The row numbers of all records of a shelf, numbered or not.
pub(crate) fn numbers_of_shelf(db: &Connection, shelf: i64) -> Result<Vec<i64>> {
    let mut statement = db.prepare_cached("SELECT no FROM record WHERE shelf = ?1 ORDER BY no")?;
    let numbers = statement.query_map([shelf], |row| row.get(0))?;
    Ok(numbers.collect::<rusqlite::Result<_>>()?)
}

/// Calls `each` for every programme's definition.
pub(crate) fn each_definition(db: &Connection, mut each: impl FnMut(Row) -> Result<()>) -> Result<()> {
    // The kind is written out, so that the partial index is used.
    let sql = select("kind = 'programme' ORDER BY no");
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        each(Row::read(row)?)?;
    }
    Ok(())
}

/// Calls `each` for every zone of a shelf.
pub(crate) fn each_zone(db: &Connection, shelf: i64, mut each: impl FnMut(Row) -> Result<()>) -> Result<()> {
    let sql = select("shelf = ?1 AND kind = 'zone' ORDER BY no");
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query([shelf])?;
    while let Some(row) = rows.next()? {
        each(Row::read(row)?)?;
    }
    Ok(())
}

/// Calls `each` for every record of a kind (every kind if empty), in the order they were stored.
pub(crate) fn each_of_kind(
    db: &Connection,
    kind: &str,
    mut each: impl FnMut(Row) -> Result<()>,
) -> Result<()> {
    let sql = select("(?1 = '' OR kind = ?1) ORDER BY no");
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query([kind])?;
    while let Some(row) = rows.next()? {
        each(Row::read(row)?)?;
    }
    Ok(())
}

/// Calls `each` for every record, in the order of ids.
pub(crate) fn each_by_id(db: &Connection, mut each: impl FnMut(Row) -> Result<()>) -> Result<()> {
    let sql = select("true ORDER BY id");
    let mut statement = db.prepare(&sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        each(Row::read(row)?)?;
    }
    Ok(())
}

fn select(condition: &str) -> String {
    format!("SELECT {COLUMNS} FROM record WHERE {condition}")
}

/// The checksum of a record's numbered cells; zero if there are none.
pub(crate) fn sum_of(row: &Row) -> u64 {
    let numbered = row.numbered();
    if numbered.cells.is_empty() { 0 } else { checksum(row.id, numbered) }
}

/// Says whether a disk has changed a record since it was written: its numbered cells are not those of its checksum.
pub(crate) fn is_rotten(row: &Row) -> bool {
    sum_of(row) != row.sum
}

/// Reads a shelf again from its start with the next pull. Says whether this device holds it.
pub(crate) fn read_shelf_again(db: &Connection, shelf: i64) -> Result<bool> {
    let changed = db
        .prepare_cached("UPDATE shelf SET cursor = 0, begun = 0 WHERE no = ?1 AND held = 1")?
        .execute([shelf])?;
    Ok(changed > 0)
}

/// Looks at the `most` records after `after` and calls `rotten` with the shelf of each that a disk has changed. Returns where
/// the next look begins; zero after the last record. Records whose form is damaged are left to whoever reads them.
pub(crate) fn look_through(
    db: &Connection,
    after: i64,
    most: u32,
    mut rotten: impl FnMut(i64),
) -> Result<i64> {
    let sql = select("no > ?1 ORDER BY no LIMIT ?2");
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query((after, most))?;
    let (mut last, mut seen) = (after, 0);
    while let Some(found) = rows.next()? {
        (last, seen) = (found.get(0)?, seen + 1);
        match Row::read(found) {
            Ok(row) if is_rotten(&row) => rotten(row.shelf),
            Ok(_) | Err(Error::Corrupt(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(if seen < most { 0 } else { last })
}

/// Writes a record and moves its shelf's digest along. `before` is the shelf and checksum it was loaded with;
/// `None` for a new one.
pub(crate) fn write(tx: &mut Tx<'_>, row: &mut Row, before: Option<(i64, u64)>) -> Result<()> {
    tx.forget_shelf_of(row.id);
    row.sum = sum_of(row);
    if before != Some((row.shelf, row.sum)) {
        if let Some((shelf, sum)) = before {
            tx.add_to_digest(shelf, sum, -1);
        }
        tx.add_to_digest(row.shelf, row.sum, 1);
    }
    let cells = serde_json::to_string(&AsPacked(&row.view))?;
    tx.count_work(cells.len());
    let synced = match &row.synced {
        None => None,
        Some(record) if record.cells.is_empty() => Some(String::new()),
        Some(record) => Some(serde_json::to_string(&AsPacked(record))?),
    };
    let sum = row.sum.cast_signed();
    if row.no == 0 {
        tx.db
            .prepare_cached(
                "INSERT INTO record (id, kind, shelf, seq, moved, sum, cells, synced) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute((row.id.bytes(), &row.kind, row.shelf, row.seq.0, row.moved.0, sum, cells, synced))?;
        row.no = tx.db.last_insert_rowid();
    } else {
        tx.db
            .prepare_cached(
                "UPDATE record SET shelf = ?2, seq = ?3, moved = ?4, sum = ?5, cells = ?6, synced = ?7 WHERE no = ?1",
            )?
            .execute((row.no, row.shelf, row.seq.0, row.moved.0, sum, cells, synced))?;
    }
    Ok(())
}

/// Removes a record's row from this replica (a device that no longer holds its shelf).
pub(crate) fn drop_row(tx: &mut Tx<'_>, row: &Row) -> Result<()> {
    tx.forget_shelf_of(row.id);
    tx.add_to_digest(row.shelf, row.sum, -1);
    tx.db.prepare_cached("DELETE FROM record WHERE no = ?1")?.execute([row.no])?;
    Ok(())
}

/// Makes a shelf and returns its number.
pub(crate) fn insert_shelf(db: &Connection, shelf: &Shelf) -> Result<i64> {
    db.prepare_cached("INSERT INTO shelf (programme, zone) VALUES (?1, ?2)")?
        .execute((&shelf.programme, &shelf.zone))?;
    Ok(db.last_insert_rowid())
}

/// Returns a shelf's number, if it is known here.
pub(crate) fn find_shelf(db: &Connection, shelf: &Shelf) -> Result<Option<i64>> {
    db.prepare_cached("SELECT no FROM shelf WHERE programme = ?1 AND zone = ?2")?
        .query_row((&shelf.programme, &shelf.zone), |row| row.get(0))
        .optional()
}

/// Says whether this device is granted a shelf.
pub(crate) fn is_held(db: &Connection, shelf: i64) -> Result<bool> {
    Ok(db
        .prepare_cached("SELECT held FROM shelf WHERE no = ?1")?
        .query_row([shelf], |row| row.get(0))
        .optional()?
        .unwrap_or(false))
}

/// Returns a shelf by number.
pub(crate) fn shelf_of(db: &Connection, no: i64) -> Result<Shelf> {
    Ok(db
        .prepare_cached("SELECT programme, zone FROM shelf WHERE no = ?1")?
        .query_row([no], |row| Ok(Shelf::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?)
}

/// Keeps a value that was replaced or lost.
pub(crate) fn keep_history(
    db: &Connection,
    record: RecordId,
    field: &str,
    cell: &domain::merge::Cell,
    unseen: bool,
) -> Result<()> {
    let (value, id) = (cell.value.to_string(), record.bytes());
    let numbers = [
        cell.stamp.ms,
        u64::from(cell.stamp.counter),
        u64::from(cell.stamp.device.0),
        cell.seq.0,
        u64::from(unseen),
    ];
    let sum = crate::rot::history_sum(id, field, &value, numbers);
    db.prepare_cached(
        "INSERT INTO history (record, field, value, ms, counter, device, seq, unseen, sum) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute((
        id,
        field,
        &value,
        cell.stamp.ms,
        cell.stamp.counter,
        cell.stamp.device.0,
        cell.seq.0,
        unseen,
        sum,
    ))?;
    Ok(())
}
