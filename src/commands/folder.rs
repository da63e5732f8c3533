//! The demo's folder: a fresh temporary one that goes with the demo, or one that is kept.

use std::fs::{self, DirBuilder};
use std::io;
use std::path::{Path, PathBuf};

use super::output::Failure;

/// A folder of the demo's own. A temporary one is removed when this is dropped.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    kept: bool,
}

impl Folder {
    /// Makes the folder. One to be kept is used again where a demo made it; any other that has something in it is
    /// refused, so that a demo can touch nobody's mirror.
    pub(super) fn open(keep: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = keep else {
            let path =
                std::env::temp_dir().join(format!("drainboard-demo-{}", uuid::Uuid::new_v4().simple()));
            private(&path, false).map_err(|error| cannot(&path, &error))?;
            return Ok(Self { path, kept: false });
        };
        private(path, true).map_err(|error| cannot(path, &error))?;
        let mut entries = fs::read_dir(path).map_err(|error| cannot(path, &error))?;
        if entries.next().is_some() && !path.join(MARK).exists() {
            return Err(Failure::usage(format!(
                "{} is not empty and no demo made it; name a new folder for --keep",
                path.display()
            )));
        }
        fs::write(path.join(MARK), MARK_TEXT).map_err(|error| cannot(path, &error))?;
        Ok(Self { path: path.to_owned(), kept: true })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Where it is, if it stays.
    pub(super) fn kept(&self) -> Option<&Path> {
        self.kept.then_some(self.path.as_path())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.kept {
            // A file that is still open somewhere stays behind in the system's temporary folder.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// The file by which a demo knows its folder again.
const MARK: &str = ".drainboard-demo";
const MARK_TEXT: &str = "A folder of `drainboard demo --keep`. It may be removed.\n";

fn cannot(path: &Path, error: &io::Error) -> Failure {
    Failure::mirror(format!("cannot make the demo's folder {}: {error}", path.display()))
}

/// Makes a folder that only its user can enter. `existing` may be there already.
fn private(path: &Path, existing: bool) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(existing);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
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
