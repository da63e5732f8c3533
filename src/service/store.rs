//! The account's file: opened, locked against a second service, written by one thread, read by a few connections.
//!
//! Promises: a job's answer comes after its transaction is committed, or says why it is not. Jobs that wait together are
//! committed together, so that a flood of acknowledgements costs one commit and not thousands.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, mpsc};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::ServiceError;

/// Marks a file as a service's account ("dbSv").
pub(super) const APPLICATION_ID: i32 = 0x6462_5376;
/// 2 added `given`.
const VERSION: i32 = 2;
/// Makes version 1 the second.
const TO_2: &str = "BEGIN IMMEDIATE;
    CREATE TABLE given (seq INTEGER PRIMARY KEY, ack_key TEXT UNIQUE, event TEXT);
    PRAGMA user_version = 2; COMMIT;";
const SCHEMA: &str = include_str!("../../assets/sql/service.sql");
/// Jobs that one transaction takes at most.
const GROUP: usize = 256;
/// Readers that wait to be used again; more are opened where needed.
const IDLE_READERS: usize = 8;

/// How the filling of a new account ended.
pub(super) type Filled = Result<(), Box<dyn std::error::Error>>;
/// Reads again what is kept in memory of the file.
pub(super) type Reread = Box<dyn Fn(&Connection) -> rusqlite::Result<()> + Send + Sync>;
/// What a caller wants done, told the transaction to do it in, or why there is none.
type Job = Box<dyn FnOnce(Result<&Transaction<'_>, String>) -> Done + Send>;
/// What tells a waiting caller how its transaction ended.
type Answer = Box<dyn FnOnce(Result<(), String>) + Send>;

/// A job that was done, or failed, within a transaction that is not committed yet.
struct Done {
    /// Why it failed.
    failure: Option<String>,
    answer: Answer,
}

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
        let path = path.map_or_else(temporary_path, Path::to_owned);
        let lock = if temporary { None } else { Some(Lock::take(&path)?) };
        let connection = match prepare(&path, fill) {
            Ok(connection) => connection,
            Err(problem) => {
                if temporary {
                    remove(&path);
                }
                return Err(problem);
            }
        };
        let (jobs, queue) = mpsc::channel();
        let reread = Arc::new(OnceLock::new());
        let told = Arc::clone(&reread);
        let writer = std::thread::Builder::new()
            .name("service-writer".to_owned())
            .spawn(move || write(connection, &queue, &told))
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
            None => reader(&self.path).map_err(|e| unusable(&self.path, &e.to_string()))?,
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
            remove(&self.path);
        }
    }
}

/// Work as a job, and where its answer will be.
fn work_for<T: Send + 'static>(
    work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
) -> (Job, mpsc::Receiver<Result<T, String>>) {
    let (tell, told) = mpsc::sync_channel(1);
    let job = move |transaction: Result<&Transaction<'_>, String>| {
        let done =
            transaction.and_then(|transaction| in_savepoint(transaction, work).map_err(|e| e.to_string()));
        let failure = done.as_ref().err().cloned();
        let answer = move |committed: Result<(), String>| {
            // Nobody waits any more: the work is done all the same.
            let _ = tell.send(done.and_then(|value| committed.map(|()| value)));
        };
        Done { failure, answer: Box::new(answer) as Answer }
    };
    (Box::new(job), told)
}

/// The writer's thread: takes what waits, commits it at once, then answers.
fn write(mut connection: Connection, queue: &mpsc::Receiver<Job>, reread: &OnceLock<Reread>) {
    let reread = |file: &Connection| reread.get().map_or(Ok(()), |reread| reread(file));
    let mut outdated = false;
    while let Ok(first) = queue.recv() {
        let jobs = std::iter::once(first).chain(queue.try_iter().take(GROUP - 1));
        let sound = if outdated { reread(&connection) } else { Ok(()) };
        let (answers, committed) = match sound {
            Ok(()) => group(&mut connection, jobs, &reread),
            Err(e) => refused(jobs, &e),
        };
        outdated = committed.is_err() && reread(&connection).is_err();
        for answer in answers {
            answer(committed.clone());
        }
    }
}

/// Does jobs in one transaction, and commits it. Ends with the job at which SQLite rolled all of it back by itself, as
/// it does where the disk is full: what comes behind would run outside of it. The jobs that are left are the next
/// group's.
fn group(
    connection: &mut Connection,
    jobs: impl Iterator<Item = Job>,
    reread: &impl Fn(&Connection) -> rusqlite::Result<()>,
) -> (Vec<Answer>, Result<(), String>) {
    let transaction = match connection.transaction_with_behavior(TransactionBehavior::Immediate) {
        Ok(transaction) => transaction,
        Err(e) => return refused(jobs, &e),
    };
    let mut answers = Vec::new();
    for job in jobs {
        let Done { failure, answer } = job(Ok(&transaction));
        answers.push(answer);
        let Some(why) = failure else { continue };
        if transaction.is_autocommit() {
            return (answers, Err(why));
        }
        if let Err(e) = reread(&transaction) {
            return (answers, Err(e.to_string())); // the next job would go by what is not so
        }
    }
    (answers, transaction.commit().map_err(|e| e.to_string()))
}

/// Jobs for which there is no transaction.
fn refused(jobs: impl Iterator<Item = Job>, why: &rusqlite::Error) -> (Vec<Answer>, Result<(), String>) {
    let why = why.to_string();
    (jobs.map(|job| job(Err(why.clone())).answer).collect(), Err(why))
}

/// Does a job so that its failure takes back its own work alone; where that cannot be done, all of the transaction's.
/// What is told is the first error.
fn in_savepoint<T>(
    transaction: &Transaction<'_>,
    job: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    transaction.execute_batch("SAVEPOINT job")?;
    let done = job(transaction).and_then(|value| {
        transaction.execute_batch("RELEASE job")?;
        Ok(value)
    });
    if done.is_err()
        && !transaction.is_autocommit()
        && transaction.execute_batch("ROLLBACK TO job; RELEASE job").is_err()
    {
        // Nobody can say what of the job is in the transaction; should this fail too, its end will.
        let _ = transaction.execute_batch("ROLLBACK");
    }
    done
}

fn prepare(path: &Path, fill: impl FnOnce(&Transaction<'_>) -> Filled) -> Result<Connection, ServiceError> {
    if std::fs::metadata(path).map_or(true, |file| file.len() == 0) {
        // What fills it may know better what is wrong, and with which file.
        create(path, fill)
            .map_err(|e| e.downcast().map_or_else(|e| unusable(path, &e.to_string()), |known| *known))?;
    }
    open(path).map_err(|problem| unusable(path, &problem))
}

fn open(path: &Path) -> Result<Connection, String> {
    let text = |e: rusqlite::Error| e.to_string();
    let connection = Connection::open(path).map_err(text)?;
    connection.busy_timeout(Duration::from_secs(5)).map_err(text)?;
    connection.set_prepared_statement_cache_capacity(64);
    let (mark, version) = marks(&connection).map_err(text)?;
    if mark != APPLICATION_ID {
        return Err("it is another program's database, and no account".to_owned());
    }
    if version > VERSION {
        return Err(format!("it was made by a newer version (schema {version}, this one knows {VERSION})"));
    }
    if version < VERSION {
        connection.execute_batch(TO_2).map_err(text)?;
    }
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = OFF;
             PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 17179869184;",
        )
        .map_err(text)?;
    Ok(connection)
}

/// Whose a database is, and which version of its schema it has.
pub(super) fn marks(connection: &Connection) -> rusqlite::Result<(i32, i32)> {
    connection.query_row(
        "SELECT application_id, user_version FROM pragma_application_id, pragma_user_version",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// A new account, made beside its place without a thought for a crash, and moved there when it is whole.
fn create(path: &Path, fill: impl FnOnce(&Transaction<'_>) -> Filled) -> Filled {
    let beside = with_suffix(path, "-new");
    match std::fs::remove_file(&beside) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e.into()),
        _ => {}
    }
    let mut connection = Connection::open(&beside)?;
    let filled = fill_in(&mut connection, fill);
    connection.close().map_err(|(_, e)| e)?;
    if let Err(e) = filled {
        remove(&beside);
        return Err(e);
    }
    Ok(std::fs::rename(&beside, path)?)
}

fn fill_in(connection: &mut Connection, fill: impl FnOnce(&Transaction<'_>) -> Filled) -> Filled {
    connection.execute_batch(
        "PRAGMA page_size = 16384; PRAGMA foreign_keys = OFF; PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;
         PRAGMA cache_size = -64000;",
    )?;
    let transaction = connection.transaction()?;
    transaction.execute_batch(SCHEMA)?;
    fill(&transaction)?;
    transaction.execute_batch("CREATE UNIQUE INDEX IF NOT EXISTS record_identity ON record (kind, id)")?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    Ok(transaction.commit()?)
}

fn reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let reader = Connection::open_with_flags(path, flags)?;
    reader.busy_timeout(Duration::from_secs(5))?;
    reader.set_prepared_statement_cache_capacity(32);
    reader.execute_batch("PRAGMA query_only = 1; PRAGMA mmap_size = 17179869184;")?;
    Ok(reader)
}

/// The lock of an account: two services would each believe their own ledger. It goes with the process, and its file
/// with a clean end.
struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    fn take(account: &Path) -> Result<Self, ServiceError> {
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

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn temporary_path() -> PathBuf {
    std::env::temp_dir().join(format!("drainboard-account-{}.db", uuid::Uuid::new_v4()))
}

fn remove(path: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        // What is not there cannot be removed; what cannot be removed is left in the temporary folder.
        let _ = std::fs::remove_file(with_suffix(path, suffix));
    }
}

fn unusable(path: &Path, problem: &str) -> ServiceError {
    ServiceError(format!("The account {} cannot be used: {problem}.", path.display()))
}

#[cfg(test)]
mod tests;
