//! The account's file, for whoever reads and writes it: written by one thread, read by a few connections.
//!
//! `file` makes and opens it, `lock` keeps a second service away, `writer` commits what is written.
//!
//! Promises: the answer to a write comes after its transaction is committed, or says why it is not; a reader waits for no
//! writer; a temporary account goes with its service.

mod file;
mod lock;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, mpsc};

use rusqlite::{Connection, Transaction};

use super::ServiceError;
use lock::Lock;
use writer::{Job, work_for};

pub(super) use file::{APPLICATION_ID, Filled, marks};
pub(super) use writer::Reread;

/// Readers that wait to be used again; more are opened where needed.
const IDLE_READERS: usize = 8;

/// The account's file.
pub(super) struct Store {
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    writer: Mutex<Option<std::thread::JoinHandle<()>>>,
    readers: Mutex<Vec<Connection>>,
    reread: Arc<OnceLock<Reread>>,
    path: PathBuf,
    temporary: bool,
    _lock: Option<Lock>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the account, or makes one and fills it with `fill`.
    pub(super) fn open(
        path: Option<&Path>,
        fill: impl FnOnce(&Transaction<'_>) -> Filled,
    ) -> Result<Self, ServiceError> {
        let temporary = path.is_none();
        let path = path.map_or_else(file::temporary_path, Path::to_owned);
        let lock = if temporary { None } else { Some(Lock::take(&path)?) };
        let connection = match file::prepare(&path, fill) {
            Ok(connection) => connection,
            Err(problem) => {
                if temporary {
                    file::remove(&path);
                }
                return Err(problem);
            }
        };
        let (jobs, queue) = mpsc::channel();
        let reread = Arc::new(OnceLock::new());
        let told = Arc::clone(&reread);
        let writer = std::thread::Builder::new()
            .name("service-writer".to_owned())
            .spawn(move || writer::write(connection, &queue, &told))
            .map_err(|e| unusable(&path, &e.to_string()))?;
        Ok(Self {
            jobs: Mutex::new(Some(jobs)),
            writer: Mutex::new(Some(writer)),
            readers: Mutex::default(),
            reread,
            path,
            temporary,
            _lock: lock,
        })
    }

    /// Whether the file goes with the service.
    pub(super) fn is_temporary(&self) -> bool {
        self.temporary
    }

    /// Where the file is.
    #[cfg(test)]
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// From now on reads what is kept in memory of the file again where a write failed: before the next one begins, and
    /// before anybody hears of the failure.
    pub(super) fn when_a_write_failed(&self, reread: Reread) {
        // There is one memory, so this is said once.
        let _ = self.reread.set(reread);
    }

    /// Does `job` in a transaction of the writer, and answers when it is committed. Blocks.
    ///
    /// Jobs run one after the other, in the order in which they were asked for. A job that fails takes back its own
    /// work alone, unless SQLite takes back that of the jobs it would have been committed with: then they all fail.
    pub(super) fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, ServiceError> {
        let (job, told) = work_for(job);
        let sent = {
            let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
            jobs.as_ref().is_some_and(|jobs| jobs.send(job).is_ok())
        };
        let gone = || Err("its writer has stopped".to_owned());
        let answer = if sent { told.recv().unwrap_or_else(|_| gone()) } else { gone() };
        answer.map_err(|problem| unusable(&self.path, &problem))
    }

    /// Does `job` on a connection that only reads. Blocks.
    pub(super) fn read<T>(
        &self,
        job: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, ServiceError> {
        let idle = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let reader = match idle {
            Some(reader) => reader,
            None => file::reader(&self.path).map_err(|e| unusable(&self.path, &e.to_string()))?,
        };
        let done = job(&reader);
        let mut idle = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_READERS {
            idle.push(reader);
        }
        done.map_err(|e| unusable(&self.path, &e.to_string()))
    }
}

impl Drop for Store {
    /// The readers close first, so that the writer, closing last, folds the write-ahead log into the file.
    fn drop(&mut self) {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).clear();
        drop(self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take());
        if let Some(writer) = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // It only fails where a job panicked; there is nothing left to save then.
            let _ = writer.join();
        }
        if self.temporary {
            file::remove(&self.path);
        }
    }
}

fn unusable(path: &Path, problem: &str) -> ServiceError {
    ServiceError(format!("The account {} cannot be used: {problem}.", path.display()))
}
