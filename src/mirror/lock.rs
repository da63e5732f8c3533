//! One synchronization per mirror: the canonical path and the lock beside it.
//!
//! Promise: two paths to one file are one lock (a file that has two names is refused by `place`), and the lock goes when
//! its process goes. The lock is a file of its own, because opening and closing the database's file would drop the
//! locks that SQLite holds on it. Its first line names the holder, the second one is the mirror's [`Note`].

use std::fs::{self, File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::MirrorError;
use super::lost::Note;
use crate::files;

/// A held lock. Dropping it gives it back; the file stays, since removing it would race with the next holder.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    /// The line that names this holder.
    holder: String,
    note: Option<Note>,
}

/// The most that is read of a lock's file.
const LONGEST: u64 = 400;

/// How often and how long apart a held lock is tried again: whoever only asks for the holder has it for an instant.
const TRIES: u32 = 4;
const PAUSE: Duration = Duration::from_millis(15);

impl Lock {
    /// Takes the lock of the mirror at `path` (canonical), or names its holder.
    pub(super) fn take(path: &Path) -> Result<Self, MirrorError> {
        let beside = beside(path);
        let mut file = files::private()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&beside)
            .map_err(|e| MirrorError::io("cannot lock", path, &e))?;
        let mut tries = 1;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if tries < TRIES => {
                    tries += 1;
                    std::thread::sleep(PAUSE);
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(MirrorError::InUse { path: path.to_owned(), holder: read_holder(&mut file) });
                }
                Err(TryLockError::Error(e)) => return Err(MirrorError::io("cannot lock", path, &e)),
            }
        }
        let holder = format!("process {}, since {}\n", std::process::id(), super::now());
        let mut lock = Self { note: note(&mut file), holder, file };
        lock.file
            .set_len(0)
            .and_then(|()| lock.write())
            .map_err(|e| MirrorError::io("cannot lock", path, &e))?;
        Ok(lock)
    }

    /// What the holder before noted.
    pub(super) fn noted(&self) -> Option<Note> {
        self.note
    }

    /// Notes it, unless it is noted already. Where that fails nothing is known later, which costs nobody anything.
    pub(super) fn note(&mut self, note: Note) {
        if self.note != Some(note) {
            self.note = Some(note);
            let _ = self.write();
        }
    }

    /// In one write, so that nobody reads a half of it.
    fn write(&mut self) -> std::io::Result<()> {
        let text = format!("{}{}", self.holder, self.note.map_or(String::new(), Note::line));
        self.file.rewind()?;
        self.file.write_all(text.as_bytes())
    }
}

/// What is noted beside the mirror at `path` (canonical).
pub(super) fn noted(path: &Path) -> Option<Note> {
    note(&mut File::open(beside(path)).ok()?)
}

fn note(file: &mut File) -> Option<Note> {
    let text = read(file).ok()?;
    Note::parse(text.split_inclusive('\n').nth(1)?)
}

fn read(file: &mut File) -> std::io::Result<String> {
    let mut text = String::new();
    file.rewind()?;
    file.take(LONGEST).read_to_string(&mut text)?;
    Ok(text)
}

/// Who holds the mirror at `path`, in words; none where it is free (or there is no mirror).
pub(super) fn holder(path: &Path) -> Option<String> {
    let path = canonical(path).ok()?;
    let mut file = File::open(beside(&path)).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Some(read_holder(&mut file)),
        _ => None,
    }
}

fn read_holder(file: &mut File) -> String {
    let text = read(file).unwrap_or_default();
    match text.lines().next().map(str::trim) {
        None | Some("") => "another process".to_owned(),
        Some(holder) => crate::text::visible(holder).into_owned(),
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

/// The one path of a file, through symbolic links, whether it exists or not. Missing folders are an error here.
pub(super) fn canonical(path: &Path) -> Result<PathBuf, MirrorError> {
    let mut path = path.to_owned();
    // A link to a file that does not exist yet is followed by hand; more links than this are a loop.
    for _ in 0..40 {
        let error = match fs::canonicalize(&path) {
            Ok(found) => return Ok(found),
            Err(error) => error,
        };
        if error.kind() != std::io::ErrorKind::NotFound {
            return Err(MirrorError::io("cannot open", &path, &error));
        }
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        if let Ok(target) = fs::read_link(&path) {
            path = folder.join(target);
            continue;
        }
        let folder = fs::canonicalize(&folder).map_err(|e| MirrorError::io("cannot open", &path, &e))?;
        let name = path.file_name().ok_or_else(|| MirrorError::io("cannot open", &path, &error))?;
        return Ok(folder.join(name));
    }
    Err(MirrorError::Io { operation: "cannot open", path, reason: "too many symbolic links".into() })
}
