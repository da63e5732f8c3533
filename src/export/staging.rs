//! All files or none: they are written under temporary names in the folder and get their own at the end, together.
//!
//! Dropping the staging before that removes them, and the folder where it was made for them. Temporary names begin with
//! [`PREFIX`]; what a killed export left behind is no content, and goes when the next one begins. That nobody is at work
//! in a folder says a lock on the folder itself, which goes with its process, however that ends.

use std::fs;
use std::io::{self, Read as _, Write};
use std::path::{Component, Path, PathBuf};

use sha2::{Digest as _, Sha256};
use tempfile::{NamedTempFile, TempPath};

use super::ExportError;
use super::manifest::{self, Manifest};
use crate::files;

/// How temporary names begin.
const PREFIX: &str = ".drainboard-export-";

/// A folder that is about to get files.
#[derive(Debug)]
pub(super) struct Staging {
    folder: PathBuf,
    /// Whether the folder was made for this.
    made: bool,
    staged: Vec<(String, TempPath)>,
    /// Files of an earlier export, relative to the folder.
    earlier: Vec<String>,
    done: bool,
    /// Held until the files have their names.
    _claim: Option<fs::File>,
}

/// A file under its temporary name.
pub(super) struct Staged {
    file: NamedTempFile,
    hash: Sha256,
    bytes: u64,
}

/// What a file has become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sealed {
    pub(super) bytes: u64,
    /// In hexadecimal.
    pub(super) sha256: String,
}

impl Staging {
    /// Makes the folder, or sees whether it may be used. Nothing in it changes before [`Staging::commit`].
    pub(super) fn open(folder: &Path, force: bool) -> Result<Self, ExportError> {
        let refused = |operation, error: &io::Error| ExportError::io(operation, folder, folder, error);
        let made = match fs::metadata(folder) {
            Ok(found) if !found.is_dir() => return Err(ExportError::NoFolder { path: folder.to_owned() }),
            Ok(_) => false,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                files::make_folder(folder).map_err(|error| refused("make the folder", &error))?;
                true
            }
            Err(error) => return Err(refused("look into", &error)),
        };
        let claim = claim(folder)?;
        // Where no lock can be had, temporary files may be somebody's at work.
        let is_content = |entry: &fs::DirEntry| claim.is_none() || !is_debris(entry, PREFIX);
        let mut entries = fs::read_dir(folder).map_err(|error| refused("look into", &error))?;
        let empty = !entries.any(|entry| entry.as_ref().map_or(true, is_content));
        let mut staging = Self {
            folder: folder.to_owned(),
            made,
            staged: Vec::new(),
            earlier: Vec::new(),
            done: false,
            _claim: claim,
        };
        if empty {
            sweep(folder, PREFIX);
            return Ok(staging);
        }
        let earlier = Manifest::read(folder).ok();
        if !force {
            let what = match &earlier {
                Some(earlier) => format!("has an export of {} already", earlier.made),
                None => "is not empty".to_owned(),
            };
            return Err(ExportError::Occupied { folder: folder.to_owned(), what });
        }
        let names = earlier.into_iter().flat_map(|earlier| earlier.files).map(|file| file.file);
        staging.earlier = names.filter(|name| is_ours(name)).collect();
        sweep(folder, PREFIX);
        Ok(staging)
    }

    /// Begins a file.
    pub(super) fn file(&self) -> Result<Staged, ExportError> {
        let made = tempfile::Builder::new().prefix(&own_prefix()).suffix(".tmp").tempfile_in(&self.folder);
        let file = made.map_err(|e| ExportError::io("write in", &self.folder, &self.folder, &e))?;
        Ok(Staged { file, hash: Sha256::new(), bytes: 0 })
    }

    /// Keeps a whole file; it is on the disk then. `name` is what it will be called, relative to the folder.
    pub(super) fn keep(&mut self, name: &str, staged: Staged) -> Result<Sealed, ExportError> {
        let path = self.folder.join(name);
        let synced = staged.file.as_file().sync_all();
        synced.map_err(|e| ExportError::io("write", &self.folder, &path, &e))?;
        self.staged.push((name.to_owned(), staged.file.into_temp_path()));
        let sha256 = hex::encode(staged.hash.finalize());
        Ok(Sealed { bytes: staged.bytes, sha256 })
    }

    /// Writes and keeps a small file.
    pub(super) fn put(&mut self, name: &str, text: &[u8]) -> Result<Sealed, ExportError> {
        let mut file = self.file()?;
        let path = self.folder.join(name);
        file.write_all(text).map_err(|e| ExportError::io("write", &self.folder, &path, &e))?;
        self.keep(name, file)
    }

    /// A place for a file that somebody else writes: an empty one.
    pub(super) fn place(&self) -> Result<TempPath, ExportError> {
        Ok(self.file()?.file.into_temp_path())
    }

    /// Keeps what somebody else wrote there.
    pub(super) fn keep_place(&mut self, name: &str, place: TempPath) -> Result<Sealed, ExportError> {
        let refused = |e: io::Error| ExportError::io("write", &self.folder, &self.folder.join(name), &e);
        let mut file = fs::File::options().read(true).write(true).open(&place).map_err(refused)?;
        file.sync_all().map_err(refused)?;
        let (mut hash, mut bytes, mut piece) = (Sha256::new(), 0, vec![0; 1 << 18]);
        loop {
            let read = file.read(&mut piece).map_err(refused)?;
            if read == 0 {
                break;
            }
            hash.update(&piece[..read]);
            bytes += read as u64;
        }
        self.staged.push((name.to_owned(), place));
        Ok(Sealed { bytes, sha256: hex::encode(hash.finalize()) })
    }

    /// Gives all files their names, the manifest last, and removes what an earlier export had and this one has not.
    pub(super) fn commit(mut self, manifest: &[u8]) -> Result<(), ExportError> {
        self.put(manifest::NAME, manifest)?;
        self.done = true;
        let names: Vec<String> = self.staged.iter().map(|(name, _)| name.clone()).collect();
        for (name, staged) in std::mem::take(&mut self.staged) {
            let path = self.folder.join(&name);
            if let Some(parent) = path.parent().filter(|parent| !parent.exists()) {
                files::make_folder(parent)
                    .map_err(|e| ExportError::io("make the folder", &self.folder, parent, &e))?;
            }
            staged.persist(&path).map_err(|e| ExportError::io("write", &self.folder, &path, &e.error))?;
        }
        for name in self.earlier.iter().filter(|name| !names.contains(name)) {
            // What is gone already is as it should be; what cannot be removed is no part of the export.
            let _ = fs::remove_file(self.folder.join(name));
        }
        files::sync_folder(&self.folder);
        Ok(())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        self.staged.clear();
        if self.made && !self.done {
            // Where somebody put something into it meanwhile it stays.
            let _ = fs::remove_dir(&self.folder);
        }
    }
}

impl Write for Staged {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Removes the temporary files of this process: for an end that cannot wait for the export to see it.
pub(super) fn sweep_own(folder: &Path) {
    sweep(folder, &own_prefix());
}

fn own_prefix() -> String {
    format!("{PREFIX}{}-", std::process::id())
}

fn sweep(folder: &Path, prefix: &str) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if is_debris(&entry, prefix) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn is_debris(entry: &fs::DirEntry, prefix: &str) -> bool {
    entry.file_name().to_str().is_some_and(|name| name.starts_with(prefix))
        && entry.file_type().is_ok_and(|kind| kind.is_file())
}

/// The folder's lock; none where the system has no such locks.
fn claim(folder: &Path) -> Result<Option<fs::File>, ExportError> {
    let Ok(file) = fs::File::open(folder) else { return Ok(None) };
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(fs::TryLockError::WouldBlock) => Err(ExportError::Busy { folder: folder.to_owned() }),
        Err(fs::TryLockError::Error(_)) => Ok(None),
    }
}

/// Whether a name from a manifest may be one of our files: inside the folder, whoever wrote the manifest.
pub(super) fn is_ours(name: &str) -> bool {
    let path = Path::new(name);
    let parts: Vec<_> = path.components().collect();
    (1..=2).contains(&parts.len()) && parts.iter().all(|part| matches!(part, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_a_manifest_stay_inside_the_folder() {
        for name in ["contact.csv", "csv/contact.csv"] {
            assert!(is_ours(name), "{name}");
        }
        for name in ["", "/etc/passwd", "../x", "a/../../x", "a/b/c", "."] {
            assert!(!is_ours(name), "{name}");
        }
    }

    /// As after `kill -9`: the files are there, and nobody holds the folder any more.
    #[test]
    #[cfg(unix)]
    fn what_a_killed_export_left_is_no_content_and_what_a_live_one_has_is() {
        let dir = tempfile::tempdir().unwrap();
        let left = |name: &str| fs::write(dir.path().join(name), "half").unwrap();
        left(".drainboard-export-1-abc.tmp");
        left(".drainboard-export-1-def.tmp-journal");
        let staging = Staging::open(dir.path(), false).unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "it is cleared");

        // While that one is at work, nobody else may, not even by force.
        left(".drainboard-export-1-abc.tmp");
        for force in [false, true] {
            assert!(matches!(Staging::open(dir.path(), force), Err(ExportError::Busy { .. })));
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        drop(staging);
        // Beside what is somebody's it is no reason to write there, and stays as all of it does.
        left("mine.txt");
        assert!(matches!(Staging::open(dir.path(), false), Err(ExportError::Occupied { .. })));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
        Staging::open(dir.path(), true).unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_not_committed_leaves_no_trace() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("a/b");
        let mut staging = Staging::open(&folder, false).unwrap();
        let mut file = staging.file().unwrap();
        file.write_all(b"half").unwrap();
        staging.keep("contact.csv", file).unwrap();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        drop(staging);
        assert!(!folder.exists());

        let mut staging = Staging::open(&folder, false).unwrap();
        let mut file = staging.file().unwrap();
        file.write_all(b"abc").unwrap();
        let sealed = staging.keep("contact.csv", file).unwrap();
        assert_eq!(sealed.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        staging.commit(b"{}").unwrap();
        assert_eq!(fs::read(folder.join("contact.csv")).unwrap(), b"abc");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
        assert!(matches!(Staging::open(&folder, false), Err(ExportError::Occupied { .. })));
    }
}
