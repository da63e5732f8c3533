//! Why a mirror cannot be used: each with the operation, the file, and what to do. Exit status 5.

use std::path::PathBuf;

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
    /// There is no mirror there.
    #[error("there is no mirror at {path}; `drainboard sync` makes one, `drainboard demo` shows one")]
    Missing {
        /// The mirror.
        path: PathBuf,
    },
    /// SQLite said no.
    #[error("{operation} {path}: {source}")]
    Sqlite {
        /// What was being done.
        operation: &'static str,
        /// The mirror.
        path: PathBuf,
        /// SQLite's words.
        source: rusqlite::Error,
    },
}
