//! A copy of the whole mirror, made while others read and write it.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::{MirrorError, Reader};

/// Pages copied at a time: 4 MiB of a mirror's.
const STEP: i32 = 256;

impl Reader {
    /// Copies the mirror, as this reader sees it, into an empty file. The copy is one file without a log beside it, and
    /// a mirror like the first: it is the same device too. `tell` hears how many pages of how many are there, and may
    /// stop it.
    ///
    /// # Errors
    /// [`MirrorError::Stopped`]; the mirror cannot be read, or the copy not written.
    pub fn copy_to(&self, path: &Path, tell: &mut dyn FnMut(u64, u64) -> bool) -> Result<(), MirrorError> {
        let say = |e| MirrorError::sqlite("cannot copy the mirror to", path, e);
        let mut copy = Connection::open(path).map_err(say)?;
        {
            let backup = Backup::new(&self.connection, &mut copy).map_err(say)?;
            loop {
                let step = backup.step(STEP).map_err(say)?;
                let progress = backup.progress();
                let (of, left) = (progress.pagecount.max(0), progress.remaining.max(0));
                if !tell(u64::from((of - left).unsigned_abs()), u64::from(of.unsigned_abs())) {
                    return Err(MirrorError::Stopped);
                }
                match step {
                    StepResult::Done => break,
                    StepResult::More => {}
                    // Nobody else knows the copy, and the mirror's writers lock no reader out: soon it goes on.
                    _ => std::thread::sleep(std::time::Duration::from_millis(10)),
                }
            }
        }
        // A log beside it would be a second file; a mirror that is opened for writing gets its log again.
        copy.pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(())).map_err(say)?;
        copy.close().map_err(|(_, error)| say(error))
    }
}
