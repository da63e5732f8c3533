//! Why an export cannot be made or checked: what happened, to what, and what to do.

use std::io;
use std::path::{Path, PathBuf};

use crate::mirror::MirrorError;
use crate::text::visible;

/// An export that cannot be made. Its text is one or two lines for people.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The mirror cannot be read.
    #[error(transparent)]
    Mirror(MirrorError),
    /// A type that the mirror does not have.
    #[error("the mirror has no type {name}; {hint}")]
    UnknownType {
        /// What was asked for, made visible.
        name: String,
        /// What is near, or what there is.
        hint: String,
    },
    /// A filter that a type cannot answer.
    #[error("the filter does not fit {kind}: {reason}")]
    Filter {
        /// The type, made visible.
        kind: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The folder has something in it.
    #[error("{} {what}; name a new folder, or --force replaces files of the same names", folder.display())]
    Occupied {
        /// The folder.
        folder: PathBuf,
        /// `has an export already`, `is not empty`.
        what: String,
    },
    /// Somebody exports there just now.
    #[error("{} is being exported into by another drainboard; wait for it, or name another folder", folder.display())]
    Busy {
        /// The folder.
        folder: PathBuf,
    },
    /// The target is no folder.
    #[error("{} is no folder; name another with --output", path.display())]
    NoFolder {
        /// What was named.
        path: PathBuf,
    },
    /// The disk is full.
    #[error("the disk of {} is full; free some room or name a folder elsewhere: nothing was changed there", folder.display())]
    Full {
        /// The folder.
        folder: PathBuf,
    },
    /// The system refused something.
    #[error("cannot {operation} {}: {reason}", path.display())]
    Io {
        /// What was being done.
        operation: &'static str,
        /// To what.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// There is no export there, or one that was not finished.
    #[error("{} has no manifest.json: no export was finished there", folder.display())]
    NoManifest {
        /// The folder.
        folder: PathBuf,
    },
    /// A manifest that cannot be read.
    #[error("{} is no manifest that this drainboard knows ({reason}); export again", path.display())]
    BadManifest {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Somebody stopped it.
    #[error("stopped: nothing was changed in the folder")]
    Stopped,
}

impl From<MirrorError> for ExportError {
    fn from(error: MirrorError) -> Self {
        match error {
            MirrorError::Stopped => Self::Stopped,
            error => Self::Mirror(error),
        }
    }
}

impl ExportError {
    /// What an error of the file system means for an export to `folder`.
    pub(super) fn io(operation: &'static str, folder: &Path, path: &Path, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::Full { folder: folder.to_owned() }
            }
            _ => {
                let reason = visible(&error.to_string()).into_owned();
                Self::Io { operation, path: path.to_owned(), reason }
            }
        }
    }
}
