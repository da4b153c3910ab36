//! Looking after a server's data: `sanam server backup`, `restore` and `verify`.

use crate::{folder, machine};
use clap::Args;
use domain::problem::{Code, Problem};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use store::{Fault, Kind, Store};
use sync_server::clock;

/// Exit code of `verify` and `backup` for data that is damaged.
const DAMAGED: u8 = 3;

/// Where a backup goes.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct Target {
    /// The file to write; it must not exist.
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// The folder to write into, as `sanam-<date and time, UTC>.db`: for a backup every night.
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
}

/// What `verify` looks at.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct Verified {
    /// The folder that holds the server's database. The server may run.
    #[arg(long, value_name = "DIR")]
    db: Option<PathBuf>,
    /// A backup.
    #[arg(long, value_name = "FILE")]
    backup: Option<PathBuf>,
}

/// Writes a copy of a server's database, checks the copy, and only then gives it its name. With `keep` older backups
/// of the same folder go, as many as are too many.
pub fn backup(db: &Path, target: &Target, keep: Option<usize>) -> Result<ExitCode, Problem> {
    let store = folder::look_into_server(db)?;
    let to = match (&target.to, &target.into) {
        (Some(file), _) => file.clone(),
        (None, Some(folder)) => {
            folder::make_private(folder)?;
            folder.join(name_at(clock::wall_ms()))
        }
        (None, None) => return Err(Code::NotFound.into()),
    };
    if to.exists() {
        return Err(Problem::new(Code::FileExists).about(to.display()));
    }
    let mut part = to.clone().into_os_string();
    part.push(".part");
    let part = PathBuf::from(part);
    // Made first and empty, so that nobody else can open it while it is being written.
    folder::private_file(&part)?;
    let faults = store.backup(&part).map_err(Problem::from).and_then(|()| faults_of(&part));
    let faults = match faults {
        Ok(faults) => faults,
        Err(problem) => {
            // Ours, and good for nothing.
            let _ = std::fs::remove_file(&part);
            return Err(problem);
        }
    };
    std::fs::rename(&part, &to).map_err(|error| machine(to.display(), error))?;
    println!("{}", to.display());
    if !faults.is_empty() {
        // Kept all the same: a damaged copy is more than none. But no good one may go for it.
        return Ok(tell(&faults));
    }
    if let (Some(folder), Some(keep)) = (&target.into, keep) {
        for old in backups(folder).into_iter().rev().skip(keep.max(1)) {
            std::fs::remove_file(&old).map_err(|error| machine(old.display(), error))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The name of a backup made now. Names sort by time.
fn name_at(ms: u64) -> String {
    let at = i64::try_from(ms).ok().and_then(chrono::DateTime::from_timestamp_millis).unwrap_or_default();
    format!("sanam-{}.db", at.format("%Y%m%dT%H%M%SZ"))
}

/// The backups in a folder, oldest first; nothing else that lies there.
fn backups(folder: &Path) -> Vec<PathBuf> {
    let ours = |name: &str| {
        name.strip_prefix("sanam-").and_then(|rest| rest.strip_suffix("Z.db")).is_some_and(|time| {
            time.len() == "20261125T230000".len() && time.bytes().all(|b| b.is_ascii_digit() || b == b'T')
        })
    };
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| ours(&entry.file_name().to_string_lossy()))
        .map(|entry| entry.path())
        .collect();
    files.sort();
    files
}

/// Looks at all of a server's data, or of a backup.
pub fn verify(what: &Verified) -> Result<ExitCode, Problem> {
    let path = match (&what.db, &what.backup) {
        (Some(db), _) => folder::database(db),
        (None, Some(backup)) => backup.clone(),
        (None, None) => return Err(Code::NotFound.into()),
    };
    if !path.exists() {
        return Err(Problem::new(Code::NotFound).about(path.display()));
    }
    let faults = faults_of(&path)?;
    if faults.is_empty() {
        println!("ข้อมูลครบถ้วน ไม่พบความเสียหาย · all is well");
        return Ok(ExitCode::SUCCESS);
    }
    Ok(tell(&faults))
}

/// What is wrong with a file. One that does not even open is damaged, too.
fn faults_of(path: &Path) -> Result<Vec<Fault>, Problem> {
    let looked = Store::open_read_only(path, Kind::Server, sync_server::entropy::system())
        .and_then(|store| store.verify());
    match looked {
        Err(store::Error::Corrupt(about)) => Ok(vec![Fault { damage: store::Damage::File, about }]),
        other => Ok(other?),
    }
}

/// Says what is broken first, and how much more.
fn tell(faults: &[Fault]) -> ExitCode {
    if let Some(first) = faults.first() {
        eprintln!("{}: {}", first.damage.code(), first.damage.hint());
        eprintln!("  {}", first.damage.in_english());
        eprintln!("  {}", first.about);
    }
    if faults.len() > 1 {
        eprintln!("  และอีก {} อย่าง · and {} more", faults.len() - 1, faults.len() - 1);
    }
    ExitCode::from(DAMAGED)
}

/// Puts a backup in place of a lost database.
///
/// A database that is there is never written over: it is refused or, with `set_aside`, renamed and kept.
pub fn restore(into: &Path, from: &Path, set_aside: bool) -> Result<ExitCode, Problem> {
    if !from.exists() {
        return Err(Problem::new(Code::NotFound).about(from.display()));
    }
    let lock = folder::lock_server(into)?;
    let path = folder::database(into);
    if path.exists() && !set_aside {
        return Err(Problem::new(Code::FileExists).about(format!(
            "{}; with --set-aside it is renamed, kept, and the backup takes its place",
            path.display()
        )));
    }
    let faults = faults_of(from)?;
    if faults.iter().any(|fault| fault.damage == store::Damage::File) {
        // Whatever is in place now can hardly be worse.
        return Ok(tell(&faults));
    }
    // Copied under another name first: a restore that is cut off leaves no half database behind.
    let half = path.with_extension("restoring");
    let mut backup = std::fs::File::open(from).map_err(|error| machine(from.display(), error))?;
    let mut copy = folder::private_file(&half)?;
    std::io::copy(&mut backup, &mut copy)
        .and_then(|_| copy.sync_all())
        .map_err(|error| machine(half.display(), error))?;
    let mut kept = None;
    if path.exists() {
        let old = store::set_aside(&path, clock::wall_ms())?;
        println!("เก็บฐานข้อมูลเดิมไว้ที่ · kept as {}", old.display());
        kept = Some(old);
    } else {
        move_journals_aside(&path)?;
    }
    std::fs::rename(&half, &path).map_err(|error| machine(path.display(), error))?;
    drop(lock);
    let mut opened = folder::open_server(into, clock::wall_ms())?;
    opened.store.new_incarnation()?;
    // The lost database may still say what was ended since. One that does not open says nothing.
    let lost =
        kept.and_then(|kept| Store::open_read_only(&kept, Kind::Server, sync_server::entropy::system()).ok());
    println!("กู้คืนแล้ว · restored");
    println!("ทุกคนที่สำนักงานต้องเข้าสู่ระบบใหม่ รหัสลงทะเบียนที่ยังไม่ได้ใช้ถูกยกเลิก");
    println!("Everybody at the office signs in anew; enrolment codes that nobody used are void.");
    tell_accounts(&opened.store, lost.as_ref())?;
    tell_active_devices(&opened.store, lost.as_ref())?;
    if faults.is_empty() { Ok(ExitCode::SUCCESS) } else { Ok(tell(&faults)) }
}

/// Renames journals whose database somebody moved away: SQLite would read them into the backup that takes its place.
fn move_journals_aside(path: &Path) -> Result<(), Problem> {
    let beside = |tail: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(tail);
        PathBuf::from(name)
    };
    let when = clock::wall_ms();
    for tail in ["-wal", "-shm"] {
        let (journal, kept) = (beside(tail), beside(&format!(".set-aside-{when}{tail}")));
        if journal.exists() {
            std::fs::rename(&journal, &kept).map_err(|error| machine(journal.display(), error))?;
        }
    }
    Ok(())
}

/// A backup does not know which accounts were removed or changed after it was made.
fn tell_accounts(store: &Store, lost: Option<&Store>) -> Result<(), Problem> {
    println!("บัญชีที่ถูกลบ หรือเปลี่ยนรหัสผ่านหรือสิทธิ์หลังจากวันที่สำรองข้อมูล กลับมาเป็นเหมือนเดิม");
    println!("Accounts removed or changed after this backup was made are as they were then.");
    println!("บัญชีตอนนี้ · accounts now:");
    for row in store.accounts()? {
        let was = lost.map(|lost| lost.account(&row.name)).transpose()?;
        let mark = match was {
            Some(None) => "  << ถูกลบไปแล้ว · had been removed",
            Some(was) if store.account(&row.name)? != was => "  << ถูกเปลี่ยนไปแล้ว · had been changed",
            _ => "",
        };
        println!("  {}  {}{mark}", row.name, row.grant.role.as_str());
    }
    Ok(())
}

/// A backup does not know which devices were revoked after it was made: only a person does, or the lost database.
fn tell_active_devices(store: &Store, lost: Option<&Store>) -> Result<(), Problem> {
    let devices = store.devices()?;
    let active: Vec<_> = devices.iter().filter(|row| !row.revoked).collect();
    let ended = lost.map(Store::devices).transpose()?.unwrap_or_default();
    println!("เครื่องที่ถูกยกเลิกสิทธิ์หลังจากวันที่สำรองข้อมูล กลับมาใช้งานได้อีก");
    println!("Devices revoked after this backup was made are active again.");
    println!("เครื่องที่ใช้งานได้ตอนนี้ · active now ({}):", active.len());
    for row in active {
        let revoked = ended.iter().any(|was| was.device == row.device && was.revoked);
        let mark = if revoked {
            "  << ถูกยกเลิกสิทธิ์ไปแล้ว · had been revoked"
        } else {
            ""
        };
        println!("  {}  {}  {}{mark}", row.device.0, row.name, row.grant.person);
    }
    println!(
        "ตรวจทีละรายการ สิ่งใดไม่ควรกลับมา ให้เปิดเซิร์ฟเวอร์ เข้าหน้าสำนักงาน เลือก เครื่อง แล้วกด ยกเลิกสิทธิ์ หรือเลือก บัญชี แล้วกด ลบ"
    );
    println!(
        "Check each one. Start the server, open /office, and revoke devices or remove accounts that should not be back."
    );
    Ok(())
}
