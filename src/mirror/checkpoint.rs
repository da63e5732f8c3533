//! The log's way into the database beside the writer: a thread with a connection of its own copies what is committed,
//! so that the writer's own checkpoints find little left to copy and hardly wait for the disk.
//!
//! Promise: it only hurries what SQLite does anyway. Where it fails, or cannot be started, the writer's checkpoint
//! meets the same frames, and says what is wrong. It is started by the first log that is worth it: a small run never
//! has it.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use rusqlite::{Connection, OpenFlags};

use super::durable::Broken;
use super::place::Place;

/// Bytes of pages that are worth a checkpoint; the log has about twice as many.
const WORTH: usize = 8 << 20;
/// Pages of the log, 16 KiB each, at which the writer's own connection checkpoints. More would make its waits fewer and
/// the log that is cut at the end longer, which costs as much.
const LOG_PAGES: usize = 4_000;
/// Names a smaller number of them, so that tests of the real program meet checkpoints in mid-run. Debug builds only.
#[cfg(debug_assertions)]
const VARIABLE: &str = "DRAINBOARD_CHECKPOINT";

/// Pages of the log at which the writer's own connection checkpoints.
pub(super) fn log_pages() -> usize {
    #[cfg(debug_assertions)]
    if let Some(pages) = std::env::var(VARIABLE).ok().and_then(|pages| pages.parse().ok()) {
        return pages;
    }
    LOG_PAGES
}

/// The thread that checkpoints. Dropping this ends it after the checkpoint in hand.
#[derive(Debug)]
pub(super) struct Checkpointer {
    path: PathBuf,
    place: Place,
    broken: Broken,
    /// Bytes that are worth it: fewer where the log is to be shorter.
    worth: usize,
    /// Bytes that came since it was last called.
    bytes: usize,
    thread: Option<(SyncSender<()>, JoinHandle<()>)>,
}

impl Checkpointer {
    /// For the mirror at `path`.
    pub(super) fn new(path: PathBuf, place: Place, broken: Broken) -> Self {
        let worth = WORTH / LOG_PAGES * log_pages();
        Self { path, place, broken, worth, bytes: 0, thread: None }
    }

    /// Pages of so many bytes are committed.
    pub(super) fn committed(&mut self, bytes: usize) {
        self.bytes += bytes;
        if self.bytes < self.worth {
            return;
        }
        if self.thread.is_none() {
            self.thread = start(self.path.clone(), self.place.clone(), self.broken.clone());
        }
        // One call may wait; where one does, this is a part of it.
        if let Some((calls, _)) = &self.thread
            && calls.try_send(()).is_ok()
        {
            self.bytes = 0;
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        if let Some((calls, thread)) = self.thread.take() {
            drop(calls);
            let _ = thread.join(); // what it did not do the writer does
        }
    }
}

fn start(path: PathBuf, place: Place, broken: Broken) -> Option<(SyncSender<()>, JoinHandle<()>)> {
    let (calls, queue) = sync_channel(1);
    let thread = std::thread::Builder::new().name("mirror-log".into());
    let thread = thread.spawn(move || run(&path, &place, &queue, &broken)).ok()?;
    Some((calls, thread))
}

fn run(path: &Path, place: &Place, calls: &Receiver<()>, broken: &Broken) {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let Ok(connection) = Connection::open_with_flags(path, flags) else { return };
    if place.is_held().is_err() {
        return; // the log is not that of the file which is there now
    }
    while calls.recv().is_ok() && broken.get().is_none() {
        // Passive: it waits for nobody and nobody waits for it.
        if connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_worth_it_is_copied_while_the_writer_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let (path, alone) = (folder.path().join("m.db"), folder.path().join("alone.db"));
        let writer = Connection::open(&path).unwrap();
        writer.execute_batch("PRAGMA journal_mode = wal; PRAGMA wal_autocheckpoint = 0;").unwrap();
        writer.execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (1); BEGIN IMMEDIATE;").unwrap();
        // What the database has without its log.
        let rows = || -> rusqlite::Result<i64> {
            std::fs::copy(&path, &alone).unwrap();
            Connection::open(&alone)?.query_row("SELECT count(*) FROM t", [], |row| row.get(0))
        };
        let place = Place::of(&path).unwrap();
        let mut checkpointer = Checkpointer::new(path.clone(), place, Broken::default());
        checkpointer.committed(checkpointer.worth - 1);
        assert!(checkpointer.thread.is_none() && rows().is_err());
        checkpointer.committed(1);
        drop(checkpointer);
        assert_eq!(rows(), Ok(1));
    }
}
