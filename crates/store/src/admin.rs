//! What only a server keeps: the municipality, accounts, sessions, enrolment codes, devices.

use crate::commit::{NewCommit, write_as_server};
use crate::error::{Error, Optional, Result};
use crate::grants::{go_on, note_contact, taken};
use crate::{Store, audit, hex, meta};
use domain::access::{Grant, Role};
use domain::api::{AccountRow, DeviceRow, NewEnrolment};
use domain::change::{Change, Values, field, kind};
use domain::ids::{DeviceNo, Install, RecordId, Seq, Shelf};
use domain::problem::{Code, Problem};
use domain::programme::Programme;
use domain::wire::{EnrolReply, EnrolRequest, unsent_mark};

/// The municipality this server belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// Its name; empty before it is set up.
    pub municipality: String,
    /// Which life of the server this is.
    pub incarnation: Install,
    /// The address that devices and citizens use, if it was set.
    pub address: Option<String>,
}

/// An office account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// argon2id, as a PHC string.
    pub password_hash: String,
    /// Its rights.
    pub grant: Grant,
}

/// A device whose token was right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authenticated {
    /// Its number.
    pub device: DeviceNo,
    /// Its rights.
    pub grant: Grant,
    /// Its rights to write: also on shelves that the office took from it and of which it has not been told yet.
    pub writes: Grant,
}

/// What the audit says of a code that is tried a second time.
const USED: &str = "used enrolment code tried";

/// Far more numbers than a municipality uses between two restores, and far less than 2^53 for thousands of them.
const NUMBERS_OF_A_LIFE: u64 = 1 << 40;

/// More devices than are enrolled, and more commits than the office makes, between a backup and the restore of it. Numbers of
/// bills and receipts are made of both (`domain::billing`), and what was printed since the backup keeps its number.
const DEVICES_OF_A_LIFE: u64 = 1 << 8;
const COMMITS_OF_A_LIFE: u64 = 1 << 17;

/// Looks a secret up by its hash, so that no comparison takes longer for a better guess.
pub(crate) fn hash(secret: &str) -> [u8; 32] {
    *blake3::hash(secret.as_bytes()).as_bytes()
}

impl Store {
    /// The municipality and this life of the server.
    pub fn tenant(&self) -> Result<Tenant> {
        Ok(Tenant {
            municipality: meta::get(&self.db, meta::MUNICIPALITY)?.unwrap_or_default(),
            incarnation: Install(meta::get_parsed(&self.db, meta::INCARNATION)?.unwrap_or(0)),
            address: meta::get(&self.db, meta::ADDRESS)?,
        })
    }

    /// Names the municipality.
    pub fn set_municipality(&mut self, name: &str) -> Result<()> {
        self.transact(|tx| meta::set(tx.db, meta::MUNICIPALITY, name))
    }

    /// Sets the address that devices and citizens use, such as `https://sanam.example.go.th`.
    pub fn set_address(&mut self, address: &str) -> Result<()> {
        self.transact(|tx| meta::set(tx.db, meta::ADDRESS, address.trim_end_matches('/')))
    }

    /// Begins a new life of the server, after a restore: every device offers its black box again. Sessions and enrolment
    /// codes of the old life end, also those that had ended once and that the backup does not know of.
    pub fn new_incarnation(&mut self) -> Result<()> {
        let random = u64::from_le_bytes(self.random());
        self.transact(|tx| {
            tx.db.execute("DELETE FROM session", [])?;
            tx.db.execute("DELETE FROM enrolment WHERE device = 0", [])?;
            meta::set(tx.db, meta::INCARNATION, random)?;
            let refused: u64 = tx.db.query_row(
                "SELECT coalesce(max(received), 0) FROM commit_log WHERE refused <> ''",
                [],
                |row| row.get(0),
            )?;
            meta::set(tx.db, meta::REFUSED_BEFORE, refused)?;
            // Numbers never repeat across lives: what a phone saw in the old one is not what has this number now.
            let seq: u64 = meta::get_parsed(tx.db, meta::SEQ)?.unwrap_or(0);
            meta::set(tx.db, meta::SEQ, seq + NUMBERS_OF_A_LIFE)?;
            // Not the same stretch each time: one backup may be restored twice.
            let n: u64 = meta::get_parsed(tx.db, meta::LAST_N)?.unwrap_or(0);
            meta::set(tx.db, meta::LAST_N, n + COMMITS_OF_A_LIFE + random % COMMITS_OF_A_LIFE)?;
            let device = u64::from(next_device(tx.db)?);
            meta::set(tx.db, meta::NEXT_DEVICE, device + DEVICES_OF_A_LIFE + random % DEVICES_OF_A_LIFE)
        })
    }

    /// How many accounts there are.
    pub fn account_count(&self) -> Result<u64> {
        Ok(self.db.query_row("SELECT count(*) FROM account", [], |row| row.get(0))?)
    }

    /// Makes an account, or changes its password and rights.
    ///
    /// With another password all its sessions end; with another password or other rights the enrolment codes that it
    /// issued and nobody used.
    pub fn put_account(
        &mut self,
        by: &str,
        name: &str,
        password_hash: &str,
        grant: &Grant,
        now_ms: u64,
    ) -> Result<()> {
        let grants = serde_json::to_string(grant)?;
        self.transact(|tx| {
            tx.db.execute(
                "DELETE FROM session WHERE account IN (SELECT name FROM account WHERE name = ?1 AND password <> ?2)",
                (name, password_hash),
            )?;
            tx.db.execute(
                "DELETE FROM enrolment WHERE device = 0 AND issuer = ?1 AND EXISTS \
                 (SELECT 1 FROM account WHERE name = ?1 AND (password <> ?2 OR grants <> ?3))",
                (name, password_hash, &grants),
            )?;
            tx.db.execute(
                "INSERT INTO account (name, password, grants, made) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT DO UPDATE SET password = excluded.password, grants = excluded.grants",
                (name, password_hash, grants, now_ms),
            )?;
            meta::clear(tx.db, meta::SETUP)?;
            audit::append(tx.db, by, "account put", name, now_ms)
        })
    }

    /// All accounts, by name.
    pub fn accounts(&self) -> Result<Vec<AccountRow>> {
        let mut statement = self.db.prepare_cached("SELECT name, grants FROM account ORDER BY name")?;
        let mut rows = statement.query([])?;
        let mut accounts = Vec::new();
        while let Some(row) = rows.next()? {
            let grant = serde_json::from_str(&row.get::<_, String>(1)?)?;
            accounts.push(AccountRow { name: row.get(0)?, grant });
        }
        Ok(accounts)
    }

    /// Removes an account, ends its sessions and the enrolment codes it issued that nobody used. What it did stays in the
    /// audit.
    ///
    /// Errors: `not_found`; `forbidden` for the last administrator: nobody could make another.
    pub fn remove_account(&mut self, by: &str, name: &str, now_ms: u64) -> Result<()> {
        let keeps_keys = |row: &AccountRow| row.name != name && row.grant.role == Role::Administrator;
        if !self.accounts()?.iter().any(keeps_keys) {
            return Err(Code::Forbidden.into());
        }
        self.transact(|tx| {
            tx.db.execute("DELETE FROM session WHERE account = ?1", [name])?;
            tx.db.execute("DELETE FROM enrolment WHERE device = 0 AND issuer = ?1", [name])?;
            if tx.db.execute("DELETE FROM account WHERE name = ?1", [name])? == 0 {
                return Err(Error::NotFound);
            }
            audit::append(tx.db, by, "account removed", name, now_ms)
        })
    }

    /// A password that nobody chose: ten characters that are easily told apart and typed.
    pub fn make_password(&mut self) -> String {
        domain::code::make(u64::from_le_bytes(self.random()))
    }

    /// Returns an account by name.
    pub fn account(&self, name: &str) -> Result<Option<Account>> {
        let found = self
            .db
            .prepare_cached("SELECT name, password, grants FROM account WHERE name = ?1")?
            .query_row([name], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?)))
            .optional()?;
        found
            .map(|(name, password_hash, grants)| {
                Ok(Account { name, password_hash, grant: serde_json::from_str(&grants)? })
            })
            .transpose()
    }

    /// Opens an office session. Only the token's hash is kept.
    pub fn open_session(&mut self, token: &str, account: &str, now_ms: u64, until_ms: u64) -> Result<()> {
        self.transact(|tx| {
            tx.db.execute("DELETE FROM session WHERE until < ?1", [now_ms])?;
            tx.db.execute(
                "INSERT INTO session (token, account, until) VALUES (?1, ?2, ?3)",
                (hash(token), account, until_ms),
            )?;
            audit::append(tx.db, account, "signed in", "", now_ms)
        })
    }

    /// Returns the account of an open session.
    pub fn session(&self, token: &str, now_ms: u64) -> Result<Option<Account>> {
        let name: Option<String> = self
            .db
            .prepare_cached("SELECT account FROM session WHERE token = ?1 AND until >= ?2")?
            .query_row((hash(token), now_ms), |row| row.get(0))
            .optional()?;
        match name {
            Some(name) => self.account(&name),
            None => Ok(None),
        }
    }

    /// Ends a session.
    pub fn close_session(&mut self, token: &str) -> Result<()> {
        self.transact(|tx| {
            tx.db.execute("DELETE FROM session WHERE token = ?1", [hash(token)])?;
            Ok(())
        })
    }

    /// Returns the one-time code of the first administrator while there is no account.
    pub fn setup_code(&mut self) -> Result<Option<String>> {
        if self.account_count()? > 0 {
            return Ok(None);
        }
        if let Some(code) = meta::get(&self.db, meta::SETUP)? {
            return Ok(Some(code));
        }
        let code = hex(&self.random::<16>());
        self.transact(|tx| meta::set(tx.db, meta::SETUP, &code))?;
        Ok(Some(code))
    }

    /// Publishes a programme's definition, if it differs from what is there.
    ///
    /// Errors: `bad_record` if it contradicts itself in a way that what is there does not.
    pub fn define_programme(&mut self, programme: &Programme, now_ms: u64) -> Result<()> {
        let change = definition(programme, self.programmes.get(&programme.id).map(|known| &**known))?;
        if self.programmes.get(&programme.id).is_some_and(|known| **known == *programme) {
            return Ok(());
        }
        self.import("", vec![change], now_ms)
    }

    /// Publishes a programme in which `by` has changed `form`. Devices take it with their next sync.
    ///
    /// Errors: `form_changed` unless it is the version after the present one; `bad_record` if it contradicts itself in a way
    /// that the present one does not.
    pub fn publish_form(&mut self, by: &str, programme: &Programme, form: &str, now_ms: u64) -> Result<()> {
        let known = self.programmes.get(&programme.id).ok_or(Code::FormMissing)?;
        let change = definition(programme, Some(&**known))?;
        if known.version.checked_add(1) != Some(programme.version) {
            return Err(Code::FormChanged.into());
        }
        let about = format!("{}/{form} {}", programme.id, programme.version);
        self.transact(|tx| {
            let new = NewCommit { changes: vec![change], ..NewCommit::default() };
            write_as_server(tx, by, now_ms, now_ms, new)?;
            audit::append(tx.db, by, "form published", &about, now_ms)
        })
    }

    /// Issues a one-time enrolment code of ten characters (45 random bits), good for `lifetime_ms`.
    pub fn new_enrolment(
        &mut self,
        by: &str,
        request: &NewEnrolment,
        now_ms: u64,
        lifetime_ms: u64,
    ) -> Result<(String, u64)> {
        let code = domain::code::make(u64::from_le_bytes(self.random()));
        let until = now_ms.saturating_add(lifetime_ms);
        let grant =
            Grant { person: request.person.clone(), role: request.role, shelves: request.shelves.clone() };
        let grants = serde_json::to_string(&grant)?;
        self.transact(|tx| {
            tx.db.execute(
                "INSERT INTO enrolment (code, grants, until, device, issuer) VALUES (?1, ?2, ?3, 0, ?4)",
                (hash(&code), grants, until, by),
            )?;
            audit::append(tx.db, by, "enrolment issued", &grant.person, now_ms)
        })?;
        Ok((code, until))
    }

    /// Enrols a device with a one-time code.
    pub fn enrol(&mut self, request: &EnrolRequest, now_ms: u64) -> Result<EnrolReply> {
        let typed = match domain::code::read(&request.code) {
            Ok(domain::code::Scanned::Ours { code, .. }) => code,
            Ok(domain::code::Scanned::Enrol { code, .. }) => code,
            _ => request.code.trim().to_owned(),
        };
        let token = hex(&self.random::<32>());
        let tenant = self.tenant()?;
        let own = self.install()?;
        let mark = unsent_mark(&typed, own);
        if request.unsent_of.is_some_and(|of| of != own)
            || request.unsent_mark.as_ref().is_some_and(|of| *of != mark)
        {
            return Err(Code::OtherMunicipality.into());
        }
        let about = hex(&hash(&typed));
        // Once in a while: the audit keeps everything for ever, and a stranger must not fill it.
        let worth_noting = self.noted.is_due("", USED, &about, now_ms);
        let enrolled = self.transact(|tx| {
            let (grants, until, used): (String, u64, u32) = tx
                .db
                .query_row(
                    "SELECT grants, until, device FROM enrolment WHERE code = ?1",
                    [hash(&typed)],
                    |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
                )
                .optional()?
                .ok_or(Code::EnrolUnknown)?;
            if used != 0 {
                // Somebody photographed the code: the note must stay, so this is no error inside the transaction.
                if worth_noting {
                    audit::append(tx.db, "", USED, &used.to_string(), now_ms)?;
                }
                return Ok(Err(Code::EnrolUsed));
            }
            if until < now_ms {
                return Ok(Err(Code::EnrolExpired));
            }
            let name: String = request.name.chars().filter(|c| !c.is_control()).take(80).collect();
            let device = insert_device(tx.db, &name, request.install, &token, &grants, now_ms, DeviceNo(0))?;
            tx.db.execute("UPDATE enrolment SET device = ?2 WHERE code = ?1", (hash(&typed), device.0))?;
            note_contact(tx.db, device, request.top_n, now_ms)?;
            if request.incarnation == Some(tenant.incarnation) {
                tx.db.execute("UPDATE device SET last_n = ?2 WHERE no = ?1", (device.0, request.acked_n))?;
                go_on(tx.db, device, &format!("{:016x}", request.install.0))?;
            }
            audit::append(tx.db, &name, "enrolled", &device.0.to_string(), now_ms)?;
            Ok(Ok(EnrolReply {
                device,
                token: token.clone(),
                municipality: tenant.municipality.clone(),
                tenant: own,
                grant: serde_json::from_str(&grants)?,
                incarnation: tenant.incarnation,
                now: now_ms,
            }))
        })?;
        if worth_noting && enrolled.as_ref().is_err_and(|code| *code == Code::EnrolUsed) {
            self.noted.remember("", USED, &about, now_ms);
        }
        let mut enrolled = enrolled?;
        self.with_emergency(&mut enrolled.grant);
        Ok(enrolled)
    }

    /// Whoever supervises may open the emergency view of what she supervises, so her device must hold what it shows: given to
    /// the device and not only taken for granted, or it would find nobody in a fire.
    fn with_emergency(&self, grant: &mut Grant) {
        if grant.role == Role::Worker {
            return;
        }
        for id in grant.programmes().into_iter().map(str::to_owned).collect::<Vec<_>>() {
            let shelf = Shelf::emergency(&*id);
            let has_view = self.programmes.get(&id).is_some_and(|programme| programme.emergency.is_some());
            if has_view && !grant.shelves.contains(&shelf) {
                grant.shelves.push(shelf);
            }
        }
    }

    /// Returns the device whose token this is.
    ///
    /// Errors: `token_unknown`; `token_revoked`.
    pub fn authenticate(&mut self, token: &str, now_ms: u64) -> Result<Authenticated> {
        let (device, grants, revoked): (u32, String, bool) = self
            .db
            .prepare_cached("SELECT no, grants, revoked FROM device WHERE token = ?1")?
            .query_row([hash(token)], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?
            .ok_or(Code::TokenUnknown)?;
        if revoked {
            return Err(Code::TokenRevoked.into());
        }
        let mut grant: Grant = serde_json::from_str(&grants)?;
        self.with_emergency(&mut grant);
        let mut writes = grant.clone();
        writes.shelves.extend(taken(&self.db, DeviceNo(device), now_ms)?);
        Ok(Authenticated { device: DeviceNo(device), grant, writes })
    }

    /// All devices, the last seen first.
    pub fn devices(&self) -> Result<Vec<DeviceRow>> {
        let mut statement = self.db.prepare_cached(
            "SELECT no, name, grants, enrolled, seen, last_n, top_n, revoked, copy_of FROM device ORDER BY seen DESC, no",
        )?;
        let mut rows = statement.query([])?;
        let mut devices = Vec::new();
        while let Some(row) = rows.next()? {
            let (last_n, top_n, copy_of): (u64, u64, u32) = (row.get(5)?, row.get(6)?, row.get(8)?);
            devices.push(DeviceRow {
                device: DeviceNo(row.get(0)?),
                name: row.get(1)?,
                grant: serde_json::from_str(&row.get::<_, String>(2)?)?,
                enrolled_ms: row.get(3)?,
                seen_ms: row.get(4)?,
                received: last_n,
                waiting: top_n.saturating_sub(last_n),
                revoked: row.get(7)?,
                copy_of: (copy_of != 0).then_some(DeviceNo(copy_of)),
            });
        }
        Ok(devices)
    }
}

/// The record that carries a programme's definition, in the place of the `known` one.
fn definition(programme: &Programme, known: Option<&Programme>) -> Result<Change> {
    let faults = programme.faults_since(known);
    if !faults.is_empty() {
        return Err(Problem::new(Code::BadRecord).about(faults.join("; ")).into());
    }
    let cells: Values = [
        (field::PROGRAMME.to_owned(), programme.id.clone().into()),
        ("version".to_owned(), programme.version.into()),
        (field::DEFINITION.to_owned(), serde_json::to_value(programme)?),
    ]
    .into();
    let id = RecordId::derived("programme", &[programme.id.as_bytes()]);
    Ok(Change { id, kind: kind::PROGRAMME.to_owned(), base_seq: Seq(0), cells })
}

/// The number of the next device: above all that were given, in this life of the server or in another one.
fn next_device(db: &rusqlite::Connection) -> Result<u32> {
    let least: u32 = meta::get_parsed(db, meta::NEXT_DEVICE)?.unwrap_or(1);
    Ok(db.query_row("SELECT max(coalesce(max(no), 0) + 1, ?1) FROM device", [least], |row| row.get(0))?)
}

/// Makes a device's row and returns its number.
pub(crate) fn insert_device(
    db: &rusqlite::Connection,
    name: &str,
    install: Install,
    token: &str,
    grants: &str,
    now_ms: u64,
    copy_of: DeviceNo,
) -> Result<DeviceNo> {
    let no = next_device(db)?;
    db.execute(
        "INSERT INTO device (no, name, install, token, grants, enrolled, seen, last_n, top_n, ms, counter, revoked, copy_of) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, 0, 0, 0, 0, 0, ?7)",
        (no, name, format!("{:016x}", install.0), hash(token), grants, now_ms, copy_of.0),
    )?;
    Ok(DeviceNo(no))
}
