//! What a device may hold, as it changes: shelves given and taken, a round handed over, a right that ends.
//!
//! Between the office's decision and the pull that tells a device of it, its worker goes on in good faith. So what is taken
//! stays writable until the device has been told, but not for ever: see [`TAKEN_DAYS`].

use crate::error::{Error, Result};
use crate::{Store, audit};
use domain::access::{Grant, Role};
use domain::ids::{DeviceNo, Shelf};
use domain::problem::Code;
use domain::wire::TAKEN_DAYS;
use std::collections::{BTreeMap, BTreeSet};

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

impl Store {
    /// Changes what a device may hold. It follows at its next sync; nothing unsent is touched, and what it writes
    /// before it has been told counts.
    pub fn set_grant(&mut self, by: &str, device: DeviceNo, grant: &Grant, now_ms: u64) -> Result<()> {
        self.transact(|tx| {
            change_grant(tx.db, device, grant, now_ms)?;
            audit::append(tx.db, by, "grant changed", &device.0.to_string(), now_ms)
        })
    }

    /// Hands shelves of one device over to another, both or neither: the rest of a round of somebody who fell ill. What
    /// the first has written and not sent stays with it, and counts when it comes.
    ///
    /// Errors: `not_found` for a device that is not there or was ended; `bad_record` for the same device twice, or if
    /// the first holds none of the shelves.
    pub fn hand_over(
        &mut self,
        by: &str,
        from: DeviceNo,
        to: DeviceNo,
        shelves: &[Shelf],
        now_ms: u64,
    ) -> Result<()> {
        self.transact(|tx| {
            let (mut giver, mut taker) = (grant_of(tx.db, from)?, grant_of(tx.db, to)?);
            let (given, kept): (Vec<Shelf>, Vec<Shelf>) =
                giver.shelves.into_iter().partition(|shelf| shelves.contains(shelf));
            if from == to || given.is_empty() {
                return Err(Code::BadRecord.into());
            }
            giver.shelves = kept;
            for shelf in given {
                if !taker.shelves.contains(&shelf) {
                    taker.shelves.push(shelf);
                }
            }
            change_grant(tx.db, to, &taker, now_ms)?;
            change_grant(tx.db, from, &giver, now_ms)?;
            audit::append(tx.db, by, "handed over", &format!("{} to {}", from.0, to.0), now_ms)
        })
    }

    /// Ends a device's right.
    pub fn revoke(&mut self, by: &str, device: DeviceNo, now_ms: u64) -> Result<()> {
        self.transact(|tx| {
            // Its copies go with it: whoever holds a stolen token could have made them.
            let ended = tx.db.execute(
                "WITH RECURSIVE copies (no) AS (SELECT ?1 UNION SELECT device.no FROM device JOIN copies ON copy_of = copies.no) \
                 UPDATE device SET revoked = 1 WHERE no IN copies",
                [device.0],
            )?;
            if ended == 0 {
                return Err(Error::NotFound);
            }
            audit::append(tx.db, by, "revoked", &device.0.to_string(), now_ms)
        })
    }
}

/// The shelves taken from a device that has not been told, and for which it still may be believed not to know.
pub(crate) fn taken(db: &rusqlite::Connection, device: DeviceNo, now_ms: u64) -> Result<Vec<Shelf>> {
    let mut statement =
        db.prepare_cached("SELECT programme, zone FROM taken WHERE device = ?1 AND since >= ?2")?;
    let mut rows = statement.query((device.0, now_ms.saturating_sub(TAKEN_DAYS * DAY_MS)))?;
    let mut shelves = Vec::new();
    while let Some(row) = rows.next()? {
        shelves.push(Shelf::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?));
    }
    Ok(shelves)
}

/// What a device may hold that was not ended.
pub(crate) fn grant_of(db: &rusqlite::Connection, device: DeviceNo) -> Result<Grant> {
    let grants: String =
        db.query_row("SELECT grants FROM device WHERE no = ?1 AND revoked = 0", [device.0], |row| {
            row.get(0)
        })?;
    Ok(serde_json::from_str(&grants)?)
}

/// Who works in each zone, where that is exactly one person: of several nobody can say whose it is. Whoever has two phones is
/// one person.
pub(crate) fn only_holders(db: &rusqlite::Connection) -> Result<BTreeMap<Shelf, String>> {
    let mut statement = db.prepare_cached("SELECT grants FROM device WHERE revoked = 0")?;
    let mut rows = statement.query([])?;
    let mut holders: BTreeMap<Shelf, BTreeSet<String>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let grant: Grant = serde_json::from_str(&row.get::<_, String>(0)?)?;
        if grant.role == Role::Worker {
            for shelf in grant.shelves {
                holders.entry(shelf).or_default().insert(grant.person.clone());
            }
        }
    }
    let only = holders.into_iter().filter_map(|(shelf, people)| {
        let mut people = people.into_iter();
        let one = people.next().filter(|_| people.next().is_none())?;
        Some((shelf, one))
    });
    Ok(only.collect())
}

/// Gives a device another grant, and notes which shelves it loses by it.
fn change_grant(db: &rusqlite::Connection, device: DeviceNo, grant: &Grant, now_ms: u64) -> Result<()> {
    let old: String =
        db.query_row("SELECT grants FROM device WHERE no = ?1", [device.0], |row| row.get(0))?;
    let old: Grant = serde_json::from_str(&old)?;
    for shelf in old.shelves.iter().filter(|shelf| !grant.shelves.contains(shelf)) {
        db.execute(
            "INSERT OR IGNORE INTO taken (device, programme, zone, since) VALUES (?1, ?2, ?3, ?4)",
            (device.0, &shelf.programme, &shelf.zone, now_ms),
        )?;
    }
    for shelf in &grant.shelves {
        db.execute(
            "DELETE FROM taken WHERE device = ?1 AND programme = ?2 AND zone = ?3",
            (device.0, &shelf.programme, &shelf.zone),
        )?;
    }
    db.execute("UPDATE device SET grants = ?2 WHERE no = ?1", (device.0, serde_json::to_string(grant)?))?;
    Ok(())
}

/// Notes that a device follows its present grant: of what was taken from it, it has been told. It sends what waits before
/// it asks, so nothing that it wrote before is still to come.
pub(crate) fn note_told(db: &rusqlite::Connection, device: DeviceNo) -> Result<()> {
    db.prepare_cached("DELETE FROM taken WHERE device = ?1")?.execute([device.0])?;
    Ok(())
}

/// Contacts kept of one device. A phone in order has two or three; one that counts on without sending must not fill the
/// server. Beyond that the last but one goes: the early ones say most about when a commit was not there yet.
const MOST_CONTACTS: u32 = 64;

/// Notes that a device said it holds no commit above `top_n` now.
pub(crate) fn note_contact(
    db: &rusqlite::Connection,
    device: DeviceNo,
    top_n: u64,
    now_ms: u64,
) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO contact (device, top_n, at_ms) VALUES (?1, ?2, ?3) \
         ON CONFLICT DO UPDATE SET at_ms = max(at_ms, excluded.at_ms)",
    )?
    .execute((device.0, top_n, now_ms))?;
    db.prepare_cached(
        "DELETE FROM contact WHERE device = ?1 AND (SELECT count(*) FROM contact WHERE device = ?1) > ?2 AND top_n = \
         (SELECT top_n FROM contact WHERE device = ?1 ORDER BY top_n DESC LIMIT 1 OFFSET 1)",
    )?
    .execute((device.0, MOST_CONTACTS))?;
    db.prepare_cached("UPDATE device SET seen = max(seen, ?2), top_n = max(top_n, ?3) WHERE no = ?1")?
        .execute((device.0, now_ms, top_n))?;
    Ok(())
}

/// The numbers under which a database was enrolled before, the latest first. None where it was copied once: then nobody can
/// say which of its copies saw what.
pub(crate) fn formerly(db: &rusqlite::Connection, device: DeviceNo, install: &str) -> Result<Vec<DeviceNo>> {
    let mut statement = db.prepare_cached(
        "SELECT no FROM device WHERE install = ?2 AND no < ?1 \
         AND NOT EXISTS (SELECT 1 FROM device WHERE install = ?2 AND copy_of <> 0) ORDER BY no DESC",
    )?;
    let found = statement.query_map((device.0, install), |row| Ok(DeviceNo(row.get(0)?)))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// A device that is enrolled anew goes on with what was known of it: what it was sent, the stamp of its last commit, and when
/// which commit did not exist yet. What waits on it is judged after this, before it pulls.
pub(crate) fn go_on(db: &rusqlite::Connection, device: DeviceNo, install: &str) -> Result<()> {
    let Some(last) = formerly(db, device, install)?.first().copied() else { return Ok(()) };
    db.execute(
        "UPDATE device SET (sent, ms, counter) = (SELECT sent, ms, counter FROM device WHERE no = ?2) WHERE no = ?1",
        (device.0, last.0),
    )?;
    db.execute(
        "INSERT OR IGNORE INTO contact (device, top_n, at_ms) SELECT ?1, top_n, at_ms FROM contact WHERE device = ?2",
        (device.0, last.0),
    )?;
    Ok(())
}

/// When a device said that it had no commit above which number: `(top_n, time)`.
pub(crate) fn contacts(db: &rusqlite::Connection, device: DeviceNo) -> Result<Vec<(u64, u64)>> {
    let mut statement = db.prepare_cached("SELECT top_n, at_ms FROM contact WHERE device = ?1")?;
    let found = statement.query_map([device.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// Forgets contacts that prove nothing more: of those below the acknowledged number only the latest is needed.
pub(crate) fn trim_contacts(db: &rusqlite::Connection, device: DeviceNo, acked: u64) -> Result<()> {
    db.prepare_cached(
        "DELETE FROM contact WHERE device = ?1 AND top_n <= ?2 AND at_ms < \
         (SELECT max(at_ms) FROM contact WHERE device = ?1 AND top_n <= ?2)",
    )?
    .execute((device.0, acked))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;
    use domain::api::NewEnrolment;
    use domain::ids::Install;
    use domain::wire::EnrolRequest;

    #[test]
    fn whose_zone_it_is_can_be_said_where_one_person_works_in_it() {
        let mut at = 0u8;
        let chance = move |bytes: &mut [u8]| {
            for byte in bytes {
                at = at.wrapping_add(1);
                *byte = at;
            }
        };
        let mut store = Store::in_memory(Kind::Server, Box::new(chance)).unwrap();
        let zone = |zone: &str| Shelf::new("care", zone);
        let devices = [
            ("นก", Role::Worker, vec![zone("C1"), zone("C2")]),
            ("นก", Role::Worker, vec![zone("C1")]),
            ("หน่อย", Role::Worker, vec![zone("C2"), zone("C3")]),
            ("หัวหน้า", Role::Supervisor, vec![zone("C1"), zone("C4")]),
        ];
        let mut last = DeviceNo(0);
        for (install, (person, role, shelves)) in (1..).zip(devices) {
            let ask = NewEnrolment { person: person.into(), role, shelves };
            let (code, _) = store.new_enrolment("clerk", &ask, 1_000, 60_000).unwrap();
            let enrol = EnrolRequest {
                code,
                name: "มือถือ".into(),
                install: Install(install),
                top_n: 0,
                unsent_of: None,
                unsent_mark: None,
                incarnation: None,
                acked_n: 0,
            };
            let enrolled = store.enrol(&enrol, 1_000).unwrap();
            if role == Role::Worker {
                last = enrolled.device;
            }
        }
        let told = |store: &Store| only_holders(&store.db).unwrap().into_iter().collect::<Vec<_>>();
        let (nok, noi) = ("นก".to_owned(), "หน่อย".to_owned());
        assert_eq!(told(&store), [(zone("C1"), nok.clone()), (zone("C3"), noi)]);
        store.revoke("clerk", last, 2_000).unwrap();
        assert_eq!(told(&store), [(zone("C1"), nok.clone()), (zone("C2"), nok)]);
    }
}
