//! A file that is whole or not there: written beside its place, for its owner alone, and moved there at the end.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// A file that is not in its place yet; it is removed where it never gets there.
#[derive(Debug)]
pub(super) struct Draft {
    path: PathBuf,
    place: PathBuf,
}

impl Draft {
    /// Begins a file for a place where nothing is.
    ///
    /// # Errors
    /// An I/O error; [`io::ErrorKind::AlreadyExists`] where something is there.
    pub(super) fn begin(place: &Path) -> io::Result<(Self, File)> {
        if place.exists() {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "it is there already; name another file",
            ));
        }
        Self::open(place)
    }

    /// Begins a file that will take the place of what is there; one at a time.
    ///
    /// # Errors
    /// An I/O error.
    pub(super) fn beside(place: &Path) -> io::Result<(Self, File)> {
        // What an earlier process of this number left behind; nothing, as a rule.
        let _ = std::fs::remove_file(part(place));
        Self::open(place)
    }

    fn open(place: &Path) -> io::Result<(Self, File)> {
        let path = part(place);
        let file = private().write(true).create_new(true).open(&path)?;
        Ok((Self { path, place: place.to_owned() }, file))
    }

    /// Moves it to its place, unless something came there meanwhile.
    ///
    /// # Errors
    /// An I/O error; then nothing of it is left.
    pub(super) fn place(self) -> io::Result<()> {
        // A link and not a rename: a rename would replace what is there.
        match std::fs::hard_link(&self.path, &self.place) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Err(e),
            Err(_) if !self.place.exists() => std::fs::rename(&self.path, &self.place),
            other => other,
        }
    }

    /// Moves it over what is in its place, durably.
    ///
    /// # Errors
    /// An I/O error; then what was there is still there.
    pub(super) fn replace(self, file: &File) -> io::Result<()> {
        file.sync_all()?;
        std::fs::rename(&self.path, &self.place)
    }
}

/// Where a file is written before it is moved to its place.
fn part(place: &Path) -> PathBuf {
    let mut name = place.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    place.with_file_name(name)
}

/// What opens a file that, where it is new, only its user can read.
pub(super) fn private() -> OpenOptions {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "only Unix has modes"))]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

impl Drop for Draft {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path); // moved to its place, or worth nothing
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn half_a_file_is_never_seen_and_nothing_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("rows.csv");
        let names = || std::fs::read_dir(folder.path()).unwrap().count();
        let (draft, mut file) = Draft::begin(&place).unwrap();
        file.write_all(b"half").unwrap();
        assert!(!place.exists());
        drop(draft);
        assert_eq!(names(), 0, "nothing of it is left");
        let (draft, mut file) = Draft::begin(&place).unwrap();
        file.write_all(b"whole").unwrap();
        draft.place().unwrap();
        assert_eq!((std::fs::read(&place).unwrap().as_slice(), names()), (b"whole".as_slice(), 1));
        assert_eq!(Draft::begin(&place).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        std::fs::write(part(&place), b"left behind").unwrap();
        let (draft, mut file) = Draft::beside(&place).unwrap();
        file.write_all(b"new").unwrap();
        draft.replace(&file).unwrap();
        assert_eq!((std::fs::read(&place).unwrap().as_slice(), names()), (b"new".as_slice(), 1));
    }
}
