//! The lock of an account: two services would each believe their own ledger.
//!
//! Promise: it goes with the process, however that ends, and its file with a clean end; nobody else's file is removed.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::file::with_suffix;
use super::{ServiceError, unusable};

/// The account is this process's.
pub(super) struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes it beside the account.
    pub(super) fn take(account: &Path) -> Result<Self, ServiceError> {
        let path = with_suffix(account, "-serve.lock");
        let cannot = |e: std::io::Error| unusable(account, &e.to_string());
        loop {
            let file =
                File::options().create(true).truncate(false).write(true).open(&path).map_err(cannot)?;
            match file.try_lock() {
                // Whoever had it before may have removed the file that was opened here.
                Ok(()) if is_at(&file, &path) => return Ok(Self { file, path }),
                Ok(()) => {}
                Err(std::fs::TryLockError::WouldBlock) => {
                    return Err(unusable(
                        account,
                        "another service runs on it; stop that one or name another file",
                    ));
                }
                Err(std::fs::TryLockError::Error(e)) => return Err(cannot(e)),
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Removed while it is held, so that nobody else's is.
        if cfg!(unix) && is_at(&self.file, &self.path) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Whether an open file is the one that a path names.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let same = |one: std::fs::Metadata, other: std::fs::Metadata| {
        (one.dev(), one.ino()) == (other.dev(), other.ino())
    };
    file.metadata().is_ok_and(|one| std::fs::metadata(path).is_ok_and(|other| same(one, other)))
}

/// Where a file that is open cannot be removed, it is the one.
#[cfg(not(unix))]
fn is_at(_file: &File, _path: &Path) -> bool {
    true
}
