//! What the office sees: the day's visits, devices, enrolment codes, and what was refused.

use super::Caller;
use super::{card, list};
use crate::error::{Error, Result};
use crate::{Kind, Store, row};
use domain::access::{self, Action, Grant, Role};
use domain::api::{
    AccountRow, DeviceRow, Done, EnrolmentReply, HandOver, NewEnrolment, RefusedRow, RemoveAccount, Revoke,
    SetShelves, Today, VisitRow,
};
use domain::change::{Commit, field};
use domain::ids::{DeviceNo, Shelf};
use domain::problem::{Code, Problem};

/// How long an enrolment code is good for, in milliseconds.
const ENROLMENT_LIFETIME_MS: u64 = 10 * 60 * 1_000;

pub(super) fn today(store: &Store, caller: &Caller<'_>, ask: &Today) -> Result<Vec<VisitRow>> {
    let mut shelves = Vec::new();
    for programme in list::visible(store, caller, ask.programme.as_deref()) {
        shelves.extend(list::shelves(store, caller, &programme.id, None)?);
    }
    let sql = format!(
        "SELECT no FROM visit WHERE day = ?1 AND shelf IN ({}) ORDER BY at_ms DESC, no DESC LIMIT ?2",
        list::sql_list(shelves.iter().map(|(no, _)| *no))
    );
    let mut statement = store.db.prepare(&sql)?;
    let mut rows = statement.query((&ask.day, ask.limit.min(500)))?;
    let mut visits = Vec::new();
    while let Some(found) = rows.next()? {
        if let Some(row) = row::load_no(&store.db, found.get(0)?)? {
            visits.push(card::visit_row(store, &row)?);
        }
    }
    Ok(visits)
}

/// All devices to whoever keeps them. To a supervisor those that hold something of hers, and of what they hold no more than
/// that: who cares for which sick people is not for another programme to know.
pub(super) fn devices(store: &Store, caller: &Caller<'_>) -> Result<Vec<DeviceRow>> {
    access::may(caller.grant, Action::Office)?;
    let mut devices = store.devices()?;
    if access::may(caller.grant, Action::Devices).is_err() {
        devices.retain_mut(|row| {
            // Whoever handed all of a round over is given it back by the same hand.
            let is_free = row.grant.shelves.is_empty() && !row.revoked;
            row.grant.shelves.retain(|shelf| is_hers(caller.grant, shelf));
            is_free || !row.grant.shelves.is_empty()
        });
    }
    Ok(devices)
}

/// Says whether a shelf is within what somebody supervises: a zone of hers, or any shelf of a programme that is hers as a
/// whole.
fn is_hers(grant: &Grant, shelf: &Shelf) -> bool {
    grant.reaches(shelf)
        && (shelf.is_zone() || grant.shelves.contains(&Shelf::common(shelf.programme.as_str())))
}

pub(super) fn new_enrolment(
    store: &mut Store,
    caller: &Caller<'_>,
    ask: &NewEnrolment,
) -> Result<EnrolmentReply> {
    access::may(caller.grant, Action::Devices)?;
    if ask.shelves.is_empty() || ask.person.trim().is_empty() || ask.role > caller.grant.role {
        return Err(Code::Forbidden.into());
    }
    let (code, until_ms) =
        store.new_enrolment(&caller.grant.person, ask, caller.now.ms, ENROLMENT_LIFETIME_MS)?;
    let server = store.tenant()?.address.unwrap_or_default();
    let link = domain::code::enrol_link(&server, &code);
    Ok(EnrolmentReply { code, link, svg: String::new(), until_ms })
}

pub(super) fn revoke(store: &mut Store, caller: &Caller<'_>, ask: &Revoke) -> Result<Done> {
    access::may(caller.grant, Action::Devices)?;
    store.revoke(&caller.grant.person, ask.device, caller.now.ms)?;
    Ok(Done {})
}

pub(super) fn set_shelves(store: &mut Store, caller: &Caller<'_>, ask: &SetShelves) -> Result<Done> {
    access::may(caller.grant, Action::Devices)?;
    let row = store.devices()?.into_iter().find(|row| row.device == ask.device && !row.revoked);
    let mut grant = row.ok_or(Error::NotFound)?.grant;
    // Whoever has a device holds something; to take everything is to end its right.
    if ask.shelves.is_empty() {
        return Err(Code::BadRecord.into());
    }
    grant.shelves.clone_from(&ask.shelves);
    store.set_grant(&caller.grant.person, ask.device, &grant, caller.now.ms)?;
    Ok(Done {})
}

pub(super) fn hand_over(store: &mut Store, caller: &Caller<'_>, ask: &HandOver) -> Result<Done> {
    // Whoever supervises a programme moves its rounds between people: at half past ten the office may be shut.
    let supervises = caller.grant.role == Role::Supervisor
        && ask.shelves.iter().all(|shelf| shelf.is_zone() && caller.grant.reaches(shelf));
    if !supervises {
        access::may(caller.grant, Action::Devices)?;
    }
    store.hand_over(&caller.grant.person, ask.from, ask.to, &ask.shelves, caller.now.ms)?;
    Ok(Done {})
}

pub(super) fn accounts(store: &Store, caller: &Caller<'_>) -> Result<Vec<AccountRow>> {
    access::may(caller.grant, Action::Accounts)?;
    store.accounts()
}

pub(super) fn remove_account(store: &mut Store, caller: &Caller<'_>, ask: &RemoveAccount) -> Result<Done> {
    access::may(caller.grant, Action::Accounts)?;
    // Whoever is left could not make another.
    if caller.grant.person == ask.name {
        return Err(Code::Forbidden.into());
    }
    store.remove_account(&caller.grant.person, &ask.name, caller.now.ms)?;
    Ok(Done {})
}

/// Most refused commits of one list.
const REFUSED: usize = 500;

pub(super) fn refused(store: &Store, caller: &Caller<'_>) -> Result<Vec<RefusedRow>> {
    let sql = match store.kind {
        Kind::Device => "SELECT n, 0, refused, body FROM outbox WHERE refused <> '' ORDER BY n DESC",
        Kind::Server => {
            access::may(caller.grant, Action::Office)?;
            "SELECT n, device, refused, substr(body, 1, 65536) FROM commit_log WHERE refused <> '' ORDER BY received DESC"
        }
    };
    let mut statement = store.db.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    // Those that the caller may not see are passed over before they are counted, so that a list is one for everybody.
    while let Some(row) = rows.next()? {
        if all.len() == REFUSED {
            break;
        }
        let code: String = row.get(2)?;
        // One that the disk has damaged is shown as far as it can be read.
        let content = row.get_ref(3)?.as_bytes().map_err(rusqlite::Error::from)?;
        let content = String::from_utf8_lossy(content).into_owned();
        let commit = serde_json::from_str::<Commit>(&content).ok();
        if store.kind == Kind::Server && !may_see(store, caller, commit.as_ref())? {
            continue;
        }
        let code = serde_json::from_value(code.into()).unwrap_or(Code::Unknown);
        let device = if store.kind == Kind::Device { store.device() } else { DeviceNo(row.get(1)?) };
        all.push(RefusedRow {
            n: row.get(0)?,
            device,
            at_ms: commit.as_ref().map_or(0, |commit| commit.at.0),
            by: commit.map(|commit| commit.by).unwrap_or_default(),
            problem: Problem::new(code),
            content,
        });
    }
    if store.kind == Kind::Device {
        // Its writer takes such a photo again; no commit is about it.
        all.extend(store.refused_photos()?.into_iter().map(|(hash, at_ms)| RefusedRow {
            n: 0,
            device: store.device(),
            at_ms,
            by: String::new(),
            problem: Code::PhotoUnreadable.into(),
            content: serde_json::json!({ "photo": hash }).to_string(),
        }));
    }
    Ok(all)
}

/// A refused commit is seen by those who keep the devices, and by those who may see every record it touches.
fn may_see(store: &Store, caller: &Caller<'_>, commit: Option<&Commit>) -> Result<bool> {
    if access::may(caller.grant, Action::Devices).is_ok() {
        return Ok(true);
    }
    let Some(commit) = commit else { return Ok(false) };
    for change in &commit.changes {
        let text = |name: &str| change.cells.get(name).and_then(|value| value.as_str());
        let shelf = match row::load(&store.db, change.id)? {
            Some(row) => Some(row::shelf_of(&store.db, row.shelf)?),
            None => text(field::PROGRAMME)
                .zip(text(field::ZONE))
                .map(|(programme, zone)| Shelf::new(programme, zone)),
        };
        if shelf.is_none_or(|shelf| access::may(caller.grant, Action::Read(&shelf)).is_err()) {
            return Ok(false);
        }
    }
    Ok(true)
}
