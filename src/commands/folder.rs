//! Folders for a while: the demo's, a fresh temporary one that goes with it or one that is kept; and those of others
//! that need room for a scratch mirror.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::output::Failure;
use crate::files;

/// A folder of the demo's own.
#[derive(Debug)]
pub(super) enum Folder {
    /// It goes when this is dropped; a file that is still open somewhere stays behind in the system's temporary folder.
    Temporary(TempDir),
    /// It stays.
    Kept(PathBuf),
}

impl Folder {
    /// Makes the folder. One to be kept is used again where a demo made it; any other that has something in it is
    /// refused, so that a demo can touch nobody's mirror.
    pub(super) fn open(keep: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = keep else {
            return temporary("demo").map(Self::Temporary);
        };
        files::make_folder(path).map_err(|error| cannot(path, &error))?;
        let mut entries = fs::read_dir(path).map_err(|error| cannot(path, &error))?;
        if entries.next().is_some() && !path.join(MARK).exists() {
            return Err(Failure::usage(format!(
                "{} is not empty and no demo made it; name a new folder for --keep",
                path.display()
            )));
        }
        fs::write(path.join(MARK), MARK_TEXT).map_err(|error| cannot(path, &error))?;
        Ok(Self::Kept(path.to_owned()))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Temporary(folder) => folder.path(),
            Self::Kept(path) => path,
        }
    }

    /// Where it is, if it stays.
    pub(super) fn kept(&self) -> Option<&Path> {
        match self {
            Self::Temporary(_) => None,
            Self::Kept(path) => Some(path),
        }
    }
}

/// A folder in the system's temporary one for `what`; it goes when it is dropped.
pub(super) fn temporary(what: &str) -> Result<TempDir, Failure> {
    files::temporary_folder(&format!("drainboard-{what}-")).map_err(|error| {
        let folder = std::env::temp_dir();
        Failure::mirror(format!(
            "cannot make a temporary folder in {}: {error}; name another one by TMPDIR",
            folder.display()
        ))
    })
}

/// The file by which a demo knows its folder again.
const MARK: &str = ".drainboard-demo";
const MARK_TEXT: &str = "A folder of `drainboard demo --keep`. It may be removed.\n";

fn cannot(path: &Path, error: &io::Error) -> Failure {
    Failure::mirror(format!("cannot make the demo's folder {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_folder_goes_and_a_kept_one_stays_and_is_known_again() {
        let temporary = Folder::open(None).unwrap();
        let path = temporary.path().to_owned();
        assert!(path.is_dir());
        drop(temporary);
        assert!(!path.exists());

        let dir = tempfile::tempdir().unwrap();
        let keep = dir.path().join("a/b");
        drop(Folder::open(Some(&keep)).unwrap());
        fs::write(keep.join("mirror.db"), "").unwrap();
        drop(Folder::open(Some(&keep)).unwrap());
        assert!(keep.join("mirror.db").exists());
    }

    #[test]
    fn a_folder_of_somebody_else_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("mirror.db"), "precious").unwrap();
        assert_eq!(Folder::open(Some(dir.path())).unwrap_err().status, 2);
        assert_eq!(fs::read(dir.path().join("mirror.db")).unwrap(), b"precious");
    }
}
