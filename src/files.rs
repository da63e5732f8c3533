//! Files and folders of the user alone, and files that are whole or not there.
//!
//! Promises: what is made here nobody else can read (where a system has no modes, the folder decides); a [`Draft`] is
//! seen in its place only when all of it is on the disk, and nothing of it is left where it never got there.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, PersistError, TempDir};

/// What opens a file that, where it is new, only its user can read.
pub fn private() -> OpenOptions {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "only Unix has modes"))]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes a folder that only its user can enter, and those above it that are missing, durably: a power cut does not take
/// it away with all that was written in it. One that is there stays as it is.
///
/// # Errors
/// An I/O error.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    let missing = folder.ancestors().take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists());
    let missing: Vec<&Path> = missing.collect();
    if missing.is_empty() {
        return Ok(()); // a file there is whoever looks into it to tell
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    for made in missing {
        sync_folder(made.parent().unwrap_or(made));
    }
    Ok(())
}

/// Makes the folder that a file will be in, as [`make_folder`] does.
///
/// # Errors
/// An I/O error.
pub fn make_folder_of(file: &Path) -> io::Result<()> {
    make_folder(folder_of(file))
}

/// A folder in the system's temporary one that only its user can enter; it goes when it is dropped.
///
/// # Errors
/// An I/O error.
pub fn temporary_folder(prefix: &str) -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir()
}

/// Whether the user may make files in a folder. Asks the system, which knows of read-only disks too.
///
/// # Errors
/// An I/O error that says why not.
#[cfg(unix)]
pub fn can_make_files(folder: &Path) -> io::Result<()> {
    Ok(rustix::fs::access(folder, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK)?)
}

/// The standard library knows of no better question than to try.
#[cfg(not(unix))]
pub fn can_make_files(folder: &Path) -> io::Result<()> {
    tempfile::tempfile_in(folder).map(drop)
}

/// Bytes that the user may still write to the disk of a folder; none where the system does not say.
#[cfg(unix)]
pub fn free_bytes(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// The standard library does not say.
#[cfg(not(unix))]
pub fn free_bytes(_: &Path) -> Option<u64> {
    None
}

/// Has new names in a folder on the disk: they are only when their folder is. Where a system cannot do that, it has
/// ways of its own to keep a name.
pub fn sync_folder(folder: &Path) {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

/// A file that is not in its place yet: it is written beside it, and is removed where it never gets there.
#[derive(Debug)]
pub struct Draft {
    file: NamedTempFile,
    place: PathBuf,
}

impl Draft {
    /// Begins a file for a place where nothing is.
    ///
    /// # Errors
    /// An I/O error; [`io::ErrorKind::AlreadyExists`] where something is there.
    pub fn begin(place: &Path) -> io::Result<Self> {
        if place.symlink_metadata().is_ok() {
            return Err(occupied());
        }
        Self::beside(place)
    }

    /// Begins a file that may take the place of what is there.
    ///
    /// # Errors
    /// An I/O error.
    pub fn beside(place: &Path) -> io::Result<Self> {
        let mut prefix = place.file_name().unwrap_or_default().to_owned();
        prefix.push(".");
        let file = tempfile::Builder::new().prefix(&prefix).suffix(".part").tempfile_in(folder_of(place))?;
        Ok(Self { file, place: place.to_owned() })
    }

    /// The file itself, for what is not writing.
    pub fn file(&self) -> &File {
        self.file.as_file()
    }

    /// Moves it to its place, durably, unless something came there meanwhile.
    ///
    /// # Errors
    /// An I/O error, [`io::ErrorKind::AlreadyExists`] where something is there now; then nothing of it is left.
    pub fn place(self) -> io::Result<()> {
        self.file.as_file().sync_all()?;
        match self.file.persist_noclobber(&self.place) {
            Err(PersistError { error, .. }) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(occupied())
            }
            Err(PersistError { error, .. }) => Err(error),
            Ok(_) => {
                sync_folder(folder_of(&self.place));
                Ok(())
            }
        }
    }

    /// Moves it over what is in its place, durably.
    ///
    /// # Errors
    /// An I/O error; then what was there is still there.
    pub fn replace(self) -> io::Result<()> {
        self.file.as_file().sync_all()?;
        self.file.persist(&self.place).map_err(|refused| refused.error)?;
        sync_folder(folder_of(&self.place));
        Ok(())
    }
}

/// The folder that a file is in, or will be.
pub fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn occupied() -> io::Error {
    io::Error::new(io::ErrorKind::AlreadyExists, "it is there already; name another file")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_file_is_never_seen_and_nothing_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("rows.csv");
        let names = || std::fs::read_dir(folder.path()).unwrap().count();
        let seen = || (std::fs::read_to_string(&place).unwrap(), names());
        let mut draft = Draft::begin(&place).unwrap();
        draft.write_all(b"half").unwrap();
        assert!(!place.exists());
        drop(draft);
        assert_eq!(names(), 0, "nothing of it is left");

        let mut draft = Draft::begin(&place).unwrap();
        draft.write_all(b"whole").unwrap();
        let late = Draft::begin(&place).unwrap();
        draft.place().unwrap();
        assert_eq!(seen(), ("whole".to_owned(), 2));
        assert_eq!(late.place().unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(Draft::begin(&place).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(seen(), ("whole".to_owned(), 1));

        let mut draft = Draft::beside(&place).unwrap();
        draft.write_all(b"new").unwrap();
        draft.replace().unwrap();
        assert_eq!(seen(), ("new".to_owned(), 1));
    }

    #[cfg(unix)]
    #[test]
    fn what_is_made_is_its_users_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        let file = folder.path().join("a/b/draft");
        make_folder_of(&file).unwrap();
        make_folder_of(&file).unwrap();
        assert_eq!(mode(file.parent().unwrap()), 0o700);
        Draft::begin(&file).unwrap().place().unwrap();
        assert_eq!(mode(&file), 0o600);
        assert_eq!(mode(temporary_folder("x-").unwrap().path()), 0o700);
        let file = file.with_extension("plain");
        private().write(true).create_new(true).open(&file).unwrap();
        assert_eq!(mode(&file), 0o600);
    }
}
