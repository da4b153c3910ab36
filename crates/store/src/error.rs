//! What can go wrong in a store, by what a caller can do about it.

use domain::problem::{Code, Problem};

/// Result of a store operation.
pub type Result<T> = std::result::Result<T, Error>;

/// A store's error, by kind.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process or tab holds the file.
    #[error("the database is held by another program")]
    Locked,
    /// No room left. Nothing of the operation was kept.
    #[error("no room left on the disk")]
    DiskFull,
    /// A newer app wrote the file. It was not touched.
    #[error("the database has schema {found}, this app knows {known}")]
    TooNew {
        /// Schema of the file.
        found: u32,
        /// Newest schema of this app.
        known: u32,
    },
    /// The file does not open or holds what it cannot.
    #[error("the database is damaged: {0}")]
    Corrupt(String),
    /// There is no such thing here.
    #[error("not found")]
    NotFound,
    /// The caller asked for what cannot be done; the problem says why.
    #[error(transparent)]
    Refused(#[from] Problem),
    /// Anything else SQLite said.
    #[error("SQLite: {0}")]
    Sqlite(rusqlite::Error),
    /// A file operation failed.
    #[error("file: {0}")]
    Io(#[from] std::io::Error),
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Error {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Error::Locked,
            Some(ErrorCode::DiskFull) => Error::DiskFull,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Error::Corrupt(error.to_string()),
            _ => match error {
                rusqlite::Error::QueryReturnedNoRows => Error::NotFound,
                // Our own columns hold what we wrote there, or the file is damaged. Where only: the words may be a person's.
                rusqlite::Error::Utf8Error(column, _)
                | rusqlite::Error::InvalidColumnType(column, ..)
                | rusqlite::Error::FromSqlConversionFailure(column, ..) => {
                    Error::Corrupt(format!("column {column} does not hold what was written there"))
                }
                other => Error::Sqlite(other),
            },
        }
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Error {
        // The kind and the place only: the error's own words may quote what a person wrote, and this goes into logs.
        let (line, column) = (error.line(), error.column());
        Error::Corrupt(format!("stored JSON: {:?} at line {line} column {column}", error.classify()))
    }
}

impl From<Code> for Error {
    fn from(code: Code) -> Error {
        Error::Refused(code.into())
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Problem {
        match error {
            Error::Locked => Code::StoreLocked.into(),
            Error::DiskFull => Code::DiskFull.into(),
            Error::TooNew { .. } => Problem::new(Code::StoreNewer).about(error),
            Error::Corrupt(what) => Problem::new(Code::StoreDamaged).about(what),
            Error::NotFound => Code::NotFound.into(),
            Error::Refused(problem) => problem,
            // A failed write is most often a full disk under another name; the detail tells which it was.
            Error::Sqlite(ref sqlite)
                if sqlite.sqlite_error_code() == Some(rusqlite::ErrorCode::SystemIoFailure) =>
            {
                Problem::new(Code::DiskFull).about(&error)
            }
            Error::Sqlite(_) | Error::Io(_) => Problem::new(Code::Internal).about(error),
        }
    }
}

/// Turns "no row" into `None`, leaving other errors.
pub(crate) trait Optional<T> {
    fn optional(self) -> Result<Option<T>>;
}

impl<T> Optional<T> for std::result::Result<T, rusqlite::Error> {
    fn optional(self) -> Result<Option<T>> {
        match self {
            Ok(value) => Ok(Some(value)),
            Err(rusqlite::Error::QueryReturnedNoRows) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
