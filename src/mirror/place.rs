//! The mirror's file at its path: has it no other name, is it still the one that was opened.
//!
//! SQLite finds its log, and everybody the lock, by the file's name. Two names of one file would be two logs and two
//! locks, so that each of two synchronizations would write over what the other had acknowledged. And what is written to a
//! file that was moved away or replaced is in nobody's mirror any more: its keys must not be acknowledged. Asked of the
//! path alone, never by opening it.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::MirrorError;

/// Refuses a file that has more than one name; one that is not there yet has none.
pub(super) fn one_name(path: &Path) -> Result<(), MirrorError> {
    match fs::metadata(path) {
        Ok(found) if names(&found) > 1 => {
            Err(MirrorError::ManyNames { path: path.to_owned(), names: names(&found) })
        }
        Ok(_) => Ok(()),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(MirrorError::io("cannot open", path, &e)),
    }
}

#[cfg(unix)]
fn names(found: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::nlink(found)
}

/// The standard library counts no names elsewhere.
#[cfg(not(unix))]
fn names(_: &Metadata) -> u64 {
    1
}

/// Which file was at a path.
#[derive(Debug, Clone)]
pub(super) struct Place {
    path: PathBuf,
    file: FileId,
}

impl Place {
    /// Remembers the file at `path` (canonical), which has to be there.
    pub(super) fn of(path: &Path) -> Result<Self, MirrorError> {
        match fs::metadata(path) {
            Ok(found) => Ok(Self { path: path.to_owned(), file: file_id(&found) }),
            Err(e) => Err(MirrorError::io("cannot open", path, &e)),
        }
    }

    /// Refuses where something else is there now, or nothing. One question to the system; where it gives no answer
    /// nothing is known, and the file is taken for the same.
    pub(super) fn is_held(&self) -> Result<(), MirrorError> {
        let held = match fs::metadata(&self.path) {
            Ok(found) => file_id(&found) == self.file,
            Err(e) => e.kind() != io::ErrorKind::NotFound,
        };
        if held { Ok(()) } else { Err(MirrorError::Moved { path: self.path.clone() }) }
    }
}

/// A file's device and number.
#[cfg(unix)]
type FileId = (u64, u64);

#[cfg(unix)]
fn file_id(found: &Metadata) -> FileId {
    use std::os::unix::fs::MetadataExt;
    (found.dev(), found.ino())
}

/// Elsewhere the standard library knows no number, and a file that is open cannot be moved: the time of its making is
/// another in a file that came in its place.
#[cfg(not(unix))]
type FileId = Option<std::time::SystemTime>;

#[cfg(not(unix))]
fn file_id(found: &Metadata) -> FileId {
    found.created().ok()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_is_moved_removed_or_replaced_is_not_held_any_more() {
        let folder = tempfile::tempdir().unwrap();
        let (path, aside) = (folder.path().join("m.db"), folder.path().join("aside.db"));
        fs::write(&path, "one").unwrap();
        let place = Place::of(&path).unwrap();
        fs::write(&path, "changed in place").unwrap();
        assert!(place.is_held().is_ok());
        fs::rename(&path, &aside).unwrap();
        assert!(matches!(place.is_held(), Err(MirrorError::Moved { .. })));
        fs::write(&path, "one").unwrap();
        assert!(matches!(place.is_held(), Err(MirrorError::Moved { .. })));
        fs::rename(&aside, &path).unwrap();
        assert!(place.is_held().is_ok(), "it was put back");
        fs::remove_dir_all(folder.path()).unwrap();
        assert!(matches!(place.is_held(), Err(MirrorError::Moved { .. })));
        assert!(Place::of(&path).is_err());
    }
}
