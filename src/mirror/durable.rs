//! From committed to durable: a thread that has the log on the disk, and only then lets answers go.
//!
//! Promise: an answer leaves after everything that was committed before it is on the disk, in the order of the commits.
//! Meanwhile the writer goes on, so that it waits for no disk, and one sync covers all commits that wait. Where a sync
//! fails, every answer that has not left is a refusal, whatever a later sync says: the system may hold for clean what
//! it never wrote.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Instant;

use super::job::Answer;
use super::{MirrorError, PackNo};

/// Commits that may wait for the disk; then the writer waits too.
const AHEAD: usize = 8;

/// The first failure of a mirror's writing, whoever met it: after it nothing is written and every answer repeats it.
#[derive(Debug, Clone, Default)]
pub(super) struct Broken(Arc<OnceLock<MirrorError>>);

impl Broken {
    /// The first failure.
    pub(super) fn get(&self) -> Option<&MirrorError> {
        self.0.get()
    }

    /// Remembers a failure, unless there was one.
    pub(super) fn set(&self, error: MirrorError) {
        let _ = self.0.set(error); // the first one counts
    }
}

/// A transaction that is committed, and what waits for it.
#[derive(Debug)]
pub(super) struct Committed {
    pub(super) answers: Vec<Answer>,
    /// When it was begun.
    pub(super) begun: Instant,
    /// Whether it wrote something.
    pub(super) wrote: bool,
}

/// The thread that syncs. Dropping this lets it finish what waits.
#[derive(Debug)]
pub(super) struct Durable {
    commits: Option<SyncSender<Committed>>,
    returned: Receiver<PackNo>,
    thread: Option<JoinHandle<()>>,
}

/// The log of the mirror at `path` (canonical), opened for syncing; it is there as long as a connection is.
pub(super) fn open_log(path: &Path) -> Result<File, MirrorError> {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let log = PathBuf::from(log);
    OpenOptions::new().write(true).open(&log).map_err(|e| MirrorError::io("cannot open", &log, &e))
}

impl Durable {
    /// Starts the thread for the log of the mirror at `path`.
    ///
    /// # Errors
    /// The system's, where it has no thread left.
    pub(super) fn start(log: File, path: PathBuf, broken: Broken) -> io::Result<Self> {
        let (commits, queue) = sync_channel(AHEAD);
        let (give_back, returned) = channel();
        let thread = std::thread::Builder::new()
            .name("mirror-sync".into())
            .spawn(move || run(&log, &path, &queue, &broken, &give_back))?;
        Ok(Self { commits: Some(commits), returned, thread: Some(thread) })
    }

    /// Has a commit made durable, then answered.
    pub(super) fn confirm(&self, committed: Committed) {
        if let Some(commits) = &self.commits {
            let _ = commits.send(committed); // where the thread is gone its callers hear that the mirror is closed
        }
    }

    /// Packs that nobody waited for any more.
    pub(super) fn returned(&self) -> impl Iterator<Item = PackNo> + '_ {
        self.returned.try_iter()
    }
}

impl Drop for Durable {
    fn drop(&mut self) {
        self.commits = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // a thread that panicked has told its callers by their channels
        }
    }
}

fn run(log: &File, path: &Path, queue: &Receiver<Committed>, broken: &Broken, give_back: &Sender<PackNo>) {
    while let Ok(first) = queue.recv() {
        let waiting: Vec<Committed> = std::iter::once(first).chain(queue.try_iter()).collect();
        if broken.get().is_none()
            && waiting.iter().any(|committed| committed.wrote)
            && let Err(error) = log.sync_data()
        {
            broken.set(MirrorError::sync(path, &error));
        }
        for Committed { answers, begun, .. } in waiting {
            let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
            for answer in answers {
                if let Some(pack) = answer.give(broken.get().map_or(Ok(micros), Err)) {
                    let _ = give_back.send(pack); // a writer that is gone takes no more packs
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[cfg(unix)]
    fn committed(wrote: bool) -> (Committed, oneshot::Receiver<Result<(), MirrorError>>) {
        let (reply, answer) = oneshot::channel();
        (Committed { answers: vec![Answer::Done(reply)], begun: Instant::now(), wrote }, answer)
    }

    #[test]
    fn a_pack_that_nobody_waits_for_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let log = File::create(folder.path().join("log")).unwrap();
        let durable = Durable::start(log, "m.db".into(), Broken::default()).unwrap();
        let (reply, answer) = oneshot::channel();
        drop(answer);
        let pack = super::super::Pack { no: 7, keys: vec!["k".into()], tries: 0 };
        let answers = vec![Answer::Pack(reply, Some(pack))];
        durable.confirm(Committed { answers, begun: Instant::now(), wrote: false });
        assert_eq!(durable.returned.recv(), Ok(7));
    }

    /// What a null device is told to sync is an error, on Unix.
    #[cfg(unix)]
    #[test]
    fn after_a_sync_that_failed_all_answers_are_refusals() {
        let broken = Broken::default();
        let log = OpenOptions::new().write(true).open("/dev/null").unwrap();
        let durable = Durable::start(log, "m.db".into(), broken.clone()).unwrap();
        let (reading, answer) = committed(false);
        durable.confirm(reading);
        assert!(answer.blocking_recv().unwrap().is_ok(), "nothing was written before it");
        let (writing, answer) = committed(true);
        durable.confirm(writing);
        assert!(matches!(answer.blocking_recv().unwrap(), Err(MirrorError::Disk { .. })));
        assert!(broken.get().is_some());
        let (reading, answer) = committed(false);
        durable.confirm(reading);
        assert!(answer.blocking_recv().unwrap().is_err(), "it may tell of what was never written");
    }
}
