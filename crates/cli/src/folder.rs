//! The folder a store lives in: `sanam.db`, and a lock so that two processes do not write with two clocks.

use crate::machine;
use domain::code::LabelKey;
use domain::problem::{Code, Problem};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use store::{Kind, Store};

/// Name of the database in its folder.
const DATABASE: &str = "sanam.db";

/// The database's path in a folder.
pub fn database(folder: &Path) -> PathBuf {
    folder.join(DATABASE)
}

/// Name of the base map: PMTiles in the scheme of Protomaps.
const BASE_MAP: &str = "map.pmtiles";

/// A store with the lock that is held while it is open. The system drops the lock with the process, however it ends.
pub struct Opened {
    /// The replica.
    pub store: Store,
    /// Where a municipality's base map lies, if there is one.
    pub base_map: PathBuf,
    pub(crate) _lock: File,
}

/// Opens or makes the device's store in a folder. Waits while another process has it: a person who saves must not be
/// told to try again because a sync is running.
pub fn open_device(folder: &Path, now_ms: u64) -> Result<Opened, Problem> {
    let lock = lock_file(folder)?;
    lock.lock().map_err(|error| machine(folder.display(), error))?;
    private_database(folder)?;
    let store = Store::open(&database(folder), Kind::Device, sync_server::entropy::system(), now_ms)?;
    if let Some(kept) = store.set_aside() {
        eprintln!("{}: {}\n  {kept}", Code::StoreDamaged.as_str(), Code::StoreDamaged.hint());
    }
    Ok(Opened { store, base_map: folder.join(BASE_MAP), _lock: lock })
}

/// Opens or makes the server's store in a folder. A second server on one folder is refused.
///
/// A damaged database is set aside, and then the server does not start: an empty one in its place would tell every
/// phone that it is unknown. `sanam server restore` brings a backup back.
pub fn open_server(folder: &Path, now_ms: u64) -> Result<Opened, Problem> {
    let lock = lock_server(folder)?;
    let path = database(folder);
    if !path.exists()
        && let Some(damaged) = set_aside_file(folder)
    {
        return Err(Problem::new(Code::StoreDamaged).about(format!(
            "{} was set aside; restore a backup with `sanam server restore`, or move that file away to begin anew",
            damaged.display()
        )));
    }
    private_database(folder)?;
    let store = Store::open(&path, Kind::Server, sync_server::entropy::system(), now_ms)?;
    if let Some(kept) = store.set_aside().map(str::to_owned) {
        // The empty database that was begun a moment ago holds nothing.
        drop(store);
        std::fs::remove_file(&path).map_err(|error| machine(path.display(), error))?;
        return Err(Problem::new(Code::StoreDamaged).about(format!("kept as {kept}")));
    }
    Ok(Opened { store, base_map: folder.join(BASE_MAP), _lock: lock })
}

/// Opens a server's store beside a running server, to read from it. A damaged file stays where it is: it may be the
/// one that the server has open.
pub fn look_into_server(folder: &Path) -> Result<Store, Problem> {
    let path = database(folder);
    if !path.exists() {
        return Err(Problem::new(Code::NotFound).about(path.display()));
    }
    Ok(Store::open_read_only(&path, Kind::Server, sync_server::entropy::system())?)
}

/// Writes a line to the audit of a server that may be running.
pub fn note_beside_server(folder: &Path, what: &str, about: &str, now_ms: u64) -> Result<(), Problem> {
    // A store that can be read opens; so nothing is set aside here.
    look_into_server(folder)?.first_broken_audit_row()?;
    let mut store = Store::open(&database(folder), Kind::Server, sync_server::entropy::system(), now_ms)?;
    Ok(store.note_audit("sanam export", what, about, now_ms)?)
}

/// The key that proves this municipality's labels, of a server that may be running. It is made with the first label.
pub fn label_key(folder: &Path, now_ms: u64) -> Result<LabelKey, Problem> {
    // A store that can be read opens; so nothing is set aside here.
    look_into_server(folder)?.first_broken_audit_row()?;
    let mut store = Store::open(&database(folder), Kind::Server, sync_server::entropy::system(), now_ms)?;
    Ok(store.label_key()?)
}

/// Takes the server's lock, or says that another server has it.
pub fn lock_server(folder: &Path) -> Result<File, Problem> {
    let lock = lock_file(folder)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(Problem::new(Code::StoreLocked).about(folder.display())),
        Err(TryLockError::Error(error)) => Err(machine(folder.display(), error)),
    }
}

fn lock_file(folder: &Path) -> Result<File, Problem> {
    make_private(folder)?;
    open_private(&folder.join("lock"), OpenOptions::new().create(true).truncate(false).write(true))
}

/// Databases that did not open and were kept, in order of name.
pub fn set_aside_files(folder: &Path) -> Vec<PathBuf> {
    let begin = format!("{DATABASE}.set-aside-");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            name.starts_with(&begin) && !name.ends_with("-wal") && !name.ends_with("-shm")
        })
        .map(|entry| entry.path())
        .collect();
    files.sort();
    files
}

fn set_aside_file(folder: &Path) -> Option<PathBuf> {
    set_aside_files(folder).pop()
}

/// Makes a folder that other users of the machine cannot look into: it holds people's health and tokens' hashes. One
/// that holds a database of ours already is closed to them; any other that was there before is left as it is.
pub fn make_private(folder: &Path) -> Result<(), Problem> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| machine(folder.display(), error))?;
    #[cfg(unix)]
    if database(folder).exists() {
        use std::os::unix::fs::PermissionsExt;
        let close = || {
            let mode = std::fs::metadata(folder)?.permissions().mode();
            // A folder with the sticky bit, such as /tmp, is everybody's.
            if mode & 0o077 == 0 || mode & 0o1000 != 0 {
                return Ok(());
            }
            std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
        };
        close().map_err(|error: std::io::Error| machine(folder.display(), error))?;
    }
    Ok(())
}

/// Opens a file that only its owner may read, emptied if it was there.
pub fn private_file(path: &Path) -> Result<File, Problem> {
    open_private(path, OpenOptions::new().create(true).truncate(true).write(true))
}

/// Writes a file that only its owner may read.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Problem> {
    private_file(path)?.write_all(bytes).map_err(|error| machine(path.display(), error))
}

/// Makes the database's file, or closes the one that is there: SQLite takes its journals' rights from it.
pub fn private_database(folder: &Path) -> Result<(), Problem> {
    let path = database(folder);
    open_private(&path, OpenOptions::new().create(true).truncate(false).write(true))?;
    #[cfg(unix)]
    for tail in ["-wal", "-shm"] {
        use std::os::unix::fs::PermissionsExt;
        // Of an older version, left by a server that was cut off. Mostly there is none.
        let journal = folder.join(format!("{DATABASE}{tail}"));
        let _ = std::fs::set_permissions(journal, std::fs::Permissions::from_mode(0o600));
    }
    Ok(())
}

fn open_private(path: &Path, options: &mut OpenOptions) -> Result<File, Problem> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    let file = options.open(path).map_err(|error| machine(path.display(), error))?;
    // The mode above is for a new file; one that was there is closed here.
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))
        .map_err(|error| machine(path.display(), error))?;
    Ok(file)
}
