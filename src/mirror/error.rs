//! Why a mirror cannot be used: each with the operation, the file, and what to do. Exit status 5.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// A mirror that cannot be used. Its text is one or two lines for people.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MirrorError {
    /// Another synchronization has the lock.
    #[error("{path} is in use by another synchronization ({holder}); wait for it or stop it")]
    InUse {
        /// The mirror.
        path: PathBuf,
        /// Process id and start time of the holder.
        holder: String,
    },
    /// Some program holds the database's write lock.
    #[error(
        "{path} is write-locked by another program; close the program that has it open for writing, then try again"
    )]
    WriteLocked {
        /// The mirror.
        path: PathBuf,
    },
    /// There is no mirror there.
    #[error("there is no mirror at {path}; `drainboard sync` makes one, `drainboard demo` shows one")]
    Missing {
        /// The mirror.
        path: PathBuf,
    },
    /// A directory, a pipe, a device.
    #[error("{path} is {what} and cannot be a mirror; name a file")]
    NotAFile {
        /// What was named.
        path: PathBuf,
        /// What it is: `a directory`, `no regular file`.
        what: &'static str,
    },
    /// A file with more than one name: each of them would have a log and a lock of its own.
    #[error(
        "{path} has {names} names (hard links), and synchronizing by two of them loses records; delete the other names (`find -samefile` lists them), or make this one a file of its own with `cp`"
    )]
    ManyNames {
        /// The mirror, by one of its names.
        path: PathBuf,
        /// How many it has.
        names: u64,
    },
    /// What was opened is not at its path any more: what is written goes nowhere that anybody will find it.
    #[error(
        "{path} has been moved, removed or replaced in mid-run; nothing more is acknowledged: put it back, or synchronize anew and the new mirror gets everything"
    )]
    Moved {
        /// Where it was.
        path: PathBuf,
    },
    /// A file that is no database.
    #[error("{path} is no database; name another file, it was left as it is")]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// A database of another program.
    #[error("{path} is the database of another program; name another file, it was left as it is")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A mirror that a newer version wrote.
    #[error(
        "{path} was written by a newer drainboard (schema {found}, this one knows {known}); update drainboard"
    )]
    Newer {
        /// The mirror.
        path: PathBuf,
        /// Its schema version.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// A database whose pages do not fit together, or one of ours that lacks what each of ours has.
    #[error("{path} is corrupt ({reason}); move it away and synchronize anew, everything will be sent again")]
    Corrupt {
        /// The mirror.
        path: PathBuf,
        /// SQLite's words.
        reason: String,
    },
    /// The file or its folder cannot be written.
    #[error(
        "{path} cannot be written ({reason}); make the file and its folder writable, or name another with --mirror"
    )]
    ReadOnly {
        /// The mirror.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The disk is full.
    #[error(
        "the disk of {path} is full; free some room, then synchronize again: nothing that was committed is lost"
    )]
    DiskFull {
        /// The mirror.
        path: PathBuf,
    },
    /// The mirror belongs to another host.
    #[error("{path} is a mirror of {mirror}, not of {asked}; name another file with --mirror")]
    OtherHost {
        /// The mirror.
        path: PathBuf,
        /// The origin it was synchronized from.
        mirror: String,
        /// The origin that was asked for.
        asked: String,
    },
    /// The mirror is another device.
    #[error(
        "{path} is device {mirror}, not {asked}; leave the device out, or name another file with --mirror"
    )]
    OtherDevice {
        /// The mirror.
        path: PathBuf,
        /// The device that the mirror is.
        mirror: String,
        /// The device that was asked for.
        asked: String,
    },
    /// The service sent another account than the mirror's.
    #[error(
        "{path} is a mirror of account {mirror}, and the token is one of account {received}; name another file with --mirror"
    )]
    OtherAccount {
        /// The mirror.
        path: PathBuf,
        /// The account's id that the mirror holds.
        mirror: String,
        /// The account's id that the service sent.
        received: String,
    },
    /// The service sends more types of records than there are in any Sync API.
    #[error(
        "{path} takes {most} types of records, and the service sends more (the next is {name}); no Sync API has so many: check --base-url, then name another file with --mirror"
    )]
    TooManyTypes {
        /// The mirror.
        path: PathBuf,
        /// The most types that a mirror takes.
        most: usize,
        /// The first of those for which there is no room.
        name: String,
    },
    /// The disk failed, or a limit of the system was met.
    #[error(
        "{operation} {path} ({reason}); see to it, then synchronize again: nothing that was committed is lost"
    )]
    Disk {
        /// What was being done.
        operation: &'static str,
        /// The mirror.
        path: PathBuf,
        /// What failed.
        reason: String,
    },
    /// The system refused a file operation.
    #[error("{operation} {path}: {reason}; repair that, or name another file with --mirror")]
    Io {
        /// What was being done.
        operation: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// An earlier write failed: after that nothing more is written through the same handle.
    #[error("{path} is closed for writing after a failed write ({reason}); run again once that is repaired")]
    Broken {
        /// The mirror.
        path: PathBuf,
        /// The first failure.
        reason: String,
    },
    /// Somebody stopped a long reading.
    #[error("stopped")]
    Stopped,
    /// A query that may not run, or that SQLite does not understand.
    #[error("{reason}")]
    Query {
        /// Why, in SQLite's words or ours.
        reason: String,
    },
    /// SQLite said no.
    #[error("{operation} {path}: {source}; `drainboard doctor` looks the mirror over")]
    Sqlite {
        /// What was being done.
        operation: &'static str,
        /// The mirror.
        path: PathBuf,
        /// SQLite's words.
        source: rusqlite::Error,
    },
}

impl MirrorError {
    /// What an error of SQLite means for a mirror.
    pub(super) fn sqlite(operation: &'static str, path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        let reason = crate::text::visible(&source.to_string()).into_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::OperationInterrupted) => Self::Stopped,
            Some(ErrorCode::DiskFull) => Self::DiskFull { path },
            Some(ErrorCode::NotADatabase) => Self::NotADatabase { path },
            Some(ErrorCode::DatabaseCorrupt) => Self::Corrupt { path, reason },
            _ if is_damage(&source) => Self::Corrupt { path, reason },
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                Self::ReadOnly { path, reason }
            }
            Some(ErrorCode::SystemIoFailure) => Self::Disk { operation, path, reason: failed_call(&source) },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::WriteLocked { path },
            _ => Self::Sqlite { operation, path, source },
        }
    }

    /// What an error of the file system means for a mirror.
    pub(super) fn io(operation: &'static str, path: &Path, error: &std::io::Error) -> Self {
        let path = path.to_owned();
        let reason = error.to_string();
        match error.kind() {
            std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
                Self::ReadOnly { path, reason }
            }
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            _ => Self::Io { operation, path, reason },
        }
    }

    /// What a sync of the log that failed means for a mirror.
    pub(super) fn sync(path: &Path, error: &std::io::Error) -> Self {
        match Self::io("cannot write", path, error) {
            Self::Io { operation, path, .. } => {
                Self::Disk { operation, path, reason: REFUSED_SYNC.to_owned() }
            }
            other => other,
        }
    }

    /// The same for another caller whose work was in the failed transaction too, or came after it.
    pub(super) fn again(&self) -> Self {
        match self {
            Self::WriteLocked { path } => Self::WriteLocked { path: path.clone() },
            Self::NotADatabase { path } => Self::NotADatabase { path: path.clone() },
            Self::Moved { path } => Self::Moved { path: path.clone() },
            Self::DiskFull { path } => Self::DiskFull { path: path.clone() },
            Self::Corrupt { path, reason } => Self::Corrupt { path: path.clone(), reason: reason.clone() },
            Self::ReadOnly { path, reason } => Self::ReadOnly { path: path.clone(), reason: reason.clone() },
            Self::Disk { operation, path, reason } => {
                Self::Disk { operation, path: path.clone(), reason: reason.clone() }
            }
            Self::Broken { path, reason } => Self::Broken { path: path.clone(), reason: reason.clone() },
            Self::Sqlite { path, source, .. } => Self::Broken {
                path: path.clone(),
                reason: crate::text::visible(&source.to_string()).into_owned(),
            },
            other => Self::Query { reason: other.to_string() },
        }
    }
}

/// Whether an answer to a statement of ours says that somebody changed what is ours: a table or a column is gone, or a
/// value is none that we wrote. No later run finds it otherwise.
fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::Error::{
        FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType, QueryReturnedNoRows,
        SqlInputError, SqliteFailure,
    };
    match error {
        FromSqlConversionFailure(..)
        | IntegralValueOutOfRange(..)
        | InvalidColumnType(..)
        | QueryReturnedNoRows => true,
        SqliteFailure(_, Some(said)) | SqlInputError { msg: said, .. } => {
            said.starts_with("no such table") || said.starts_with("no such column")
        }
        _ => false,
    }
}

const REFUSED_SYNC: &str = "the disk refused to sync";

/// Which call the system refused, in words: SQLite itself says `disk I/O error` for all of them.
fn failed_call(error: &rusqlite::Error) -> String {
    use rusqlite::ffi;
    let code = error.sqlite_error().map_or(0, |error| error.extended_code);
    match code {
        ffi::SQLITE_IOERR_READ | ffi::SQLITE_IOERR_SHORT_READ => "the disk refused to read".to_owned(),
        ffi::SQLITE_IOERR_WRITE => "the disk refused a write, or a limit of file sizes is met".to_owned(),
        ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC => REFUSED_SYNC.to_owned(),
        _ => format!("a call to the disk failed, SQLite's code {code}"),
    }
}
