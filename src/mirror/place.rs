//! The mirror's file at its path: has it no other name, is it still the one that was opened.
//!
//! SQLite finds its log, and everybody the lock, by the file's name. Two names of one file would be two logs and two
//! locks, so that each of two synchronizations would write over what the other had acknowledged. Asked of the path alone,
//! never by opening it.

use std::fs::{self, Metadata};
use std::io;
use std::path::Path;

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
