//! Keeping an index up to date: one pass after the other, on a thread of its own that gives way to everybody: of low
//! priority, and while the mirror is being written it works a fiftieth of the time at the most.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::pass::Pass;
use super::store;
use crate::mirror::{MirrorError, Reader};

/// From a poke to its pass.
const PAUSE: Duration = Duration::from_millis(700);

/// How far an index is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct State {
    /// A pass is going on.
    pub working: bool,
    /// Rows that this pass has taken in.
    pub rows: u64,
    /// Of so many, about.
    pub of: u64,
    /// Why there is no index, where there is none; search reads all rows then.
    pub failed: Option<String>,
}

/// The thread that keeps a mirror's index up to date. Dropping it stops the thread within a few milliseconds.
#[derive(Debug)]
pub struct Indexer {
    shared: Arc<Shared>,
    poke: Option<mpsc::SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    stop: AtomicBool,
    working: AtomicBool,
    rows: AtomicU64,
    of: AtomicU64,
    failed: Mutex<Option<String>>,
}

impl Indexer {
    /// Starts the thread and a first pass.
    ///
    /// # Errors
    /// [`MirrorError::Io`] where the system gives no thread.
    pub fn start(mirror: &Path) -> Result<Self, MirrorError> {
        let shared = Arc::new(Shared { working: AtomicBool::new(true), ..Shared::default() });
        let (poke, poked) = mpsc::sync_channel(1);
        let (path, theirs): (PathBuf, _) = (mirror.to_owned(), Arc::clone(&shared));
        let thread = std::thread::Builder::new()
            .name("search-index".into())
            .spawn(move || work(&path, &theirs, &poked))
            .map_err(|e| MirrorError::io("cannot start the index of", mirror, &e))?;
        Ok(Self { shared, poke: Some(poke), thread: Some(thread) })
    }

    /// Says that the mirror changed. Never waits; many of these are one pass.
    pub fn poke(&self) {
        if let Some(poke) = &self.poke {
            let _ = poke.try_send(()); // full: a pass is due anyway
        }
    }

    /// How far it is.
    pub fn state(&self) -> State {
        let failed = self.shared.failed.lock().unwrap_or_else(PoisonError::into_inner).clone();
        State {
            working: self.shared.working.load(Ordering::Acquire),
            rows: self.shared.rows.load(Ordering::Relaxed),
            of: self.shared.of.load(Ordering::Relaxed),
            failed,
        }
    }

    /// One pass on this thread: for tests, benchmarks and whoever waits for it. `tell` hears rows and of how many, and
    /// stops it by answering false.
    ///
    /// # Errors
    /// [`MirrorError`] where the mirror cannot be read or the index not written; [`MirrorError::Stopped`].
    pub fn pass(mirror: &Path, tell: &mut dyn FnMut(u64, u64) -> bool) -> Result<(), MirrorError> {
        Open::new(mirror)?.pass(false, tell)
    }
}

/// Both files, open. The index was checked when it was opened.
struct Open {
    reader: Reader,
    index: Connection,
}

impl Open {
    fn new(mirror: &Path) -> Result<Self, MirrorError> {
        let reader = Reader::open(mirror)?;
        let index = store::write(&reader)?;
        Ok(Self { reader, index })
    }

    fn pass(&self, gives_way: bool, tell: &mut dyn FnMut(u64, u64) -> bool) -> Result<(), MirrorError> {
        Pass::new(&self.reader, &self.index, gives_way, tell)?.run()
    }
}

impl Drop for Indexer {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.poke = None;
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join(); // a pass that panicked is a pass that failed
        }
    }
}

fn work(mirror: &Path, shared: &Shared, poked: &mpsc::Receiver<()>) {
    // On Linux this is the thread's own; elsewhere it would slow the whole program.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(15);
    let mut open: Option<Open> = None;
    loop {
        let files = open.take().map_or_else(|| Open::new(mirror), Ok);
        let done = files.and_then(|files| {
            files.pass(true, &mut |rows, of| {
                shared.rows.store(rows, Ordering::Relaxed);
                shared.of.store(of, Ordering::Relaxed);
                !shared.stop.load(Ordering::Relaxed)
            })?;
            Ok(files)
        });
        let failed = match done {
            Ok(files) => {
                open = Some(files);
                None
            }
            Err(MirrorError::Stopped) => None,
            // Both are opened and checked anew next time.
            Err(error) => Some(error.to_string()),
        };
        *shared.failed.lock().unwrap_or_else(PoisonError::into_inner) = failed;
        shared.working.store(false, Ordering::Release);
        if shared.stop.load(Ordering::Relaxed) || !due(poked) {
            return;
        }
        shared.working.store(true, Ordering::Release);
    }
}

/// Waits until a pass is due; false where nobody can ask for one any more.
fn due(poked: &mpsc::Receiver<()>) -> bool {
    if poked.recv().is_err() {
        return false;
    }
    // More changes than this one are on their way: many small segments are work twice.
    let until = Instant::now() + PAUSE;
    loop {
        match poked.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(()) => {}
            Err(mpsc::RecvTimeoutError::Timeout) => return true,
            Err(mpsc::RecvTimeoutError::Disconnected) => return false,
        }
    }
}
