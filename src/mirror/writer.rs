//! The writer: one thread, one connection. The only file that commits; what the jobs do in between is `work`'s.
//!
//! Promise: everything that waits goes into one transaction, and each answer leaves after its commit is on the disk
//! ([`Durable`] sees to that while the next transaction is made). A page's rows and its ack keys are always in the same
//! one. After a failed write or sync no transaction is begun through this connection: a disk that failed once may lie
//! the next time, and the service delivers again what was not acknowledged.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::mpsc;

use super::backlog::Backlog;
use super::checkpoint::Checkpointer;
use super::durable::{Broken, Committed, Durable};
use super::job::{Answer, Job, Reply, closed};
use super::lost::Note;
use super::open::Opened;
use super::work::Work;
use super::{MirrorError, PATIENCE, PageNo};

/// Bounds of one transaction: it must not make the first of its callers wait for long.
const BATCH_JOBS: usize = 64;
const BATCH_BYTES: usize = 16 << 20;

/// How long a write lock is waited for that had outlasted [`PATIENCE`] already.
const IMPATIENCE: Duration = Duration::from_millis(100);

/// Runs until it is asked to close or nobody can ask any more.
pub(super) fn run(opened: Opened, jobs: mpsc::Receiver<Job>) {
    let Opened { connection, log, mut lock, path, place, device } = opened;
    connection.set_prepared_statement_cache_capacity(64);
    let broken = Broken::default();
    let durable = match Durable::start(log, path.clone(), broken.clone()) {
        Ok(durable) => durable,
        Err(error) => {
            return refuse_all(&MirrorError::io("cannot start the syncing of", &path, &error), jobs);
        }
    };
    // Commits are synced by that thread; SQLite syncs for itself what a checkpoint needs. Where it will not hear of
    // that, it syncs each commit a first time.
    let _ = connection.pragma_update(None, "synchronous", "NORMAL");
    let mut close = None;
    {
        let mut writer = Writer {
            connection: &connection,
            path: &path,
            work: Work::new(&connection, &path),
            broken: broken.clone(),
            durable,
            checkpointer: Checkpointer::new(path.clone(), place.clone(), broken.clone()),
            locked_out: false,
        };
        let mut backlog = Backlog::new(jobs);
        while backlog.wait() {
            close = writer.batch(&mut backlog);
            if let Some(page) = writer.acknowledged()
                && lock.noted().is_none_or(|note| note.page < page)
            {
                lock.note(Note { device, page });
            }
            if close.is_some() {
                break;
            }
        }
    }
    let closed = if broken.get().is_some() { abandon(connection) } else { finish(connection) };
    let closed = closed.map_err(|e| MirrorError::sqlite("cannot close", &path, e));
    // Whoever did not care for the answer that failed hears it now.
    let closed = broken.get().map_or(closed, |error| Err(error.again()));
    let closed = closed.and_then(|()| place.is_held());
    drop(lock);
    if let Some(reply) = close {
        let _ = reply.send(closed); // the caller may be gone
    }
}

fn refuse_all(error: &MirrorError, mut jobs: mpsc::Receiver<Job>) {
    while let Some(job) = jobs.blocking_recv() {
        job.refuse(error);
    }
}

/// Leaves no WAL behind. Where a reader is in its way, the last connection that closes does it.
fn finish(connection: Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_millis(500))?;
    let checkpoint = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    connection.close().map_err(|(_, e)| e)?;
    checkpoint
}

/// Closes without writing anything more: the disk has failed, and a sync after that proves nothing. The next open finds
/// what was committed in the WAL and makes it durable anew, by writes of its own.
fn abandon(connection: Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.close().map_err(|(_, e)| e)
}

struct Writer<'c> {
    connection: &'c Connection,
    path: &'c Path,
    work: Work<'c>,
    broken: Broken,
    /// Where commits go, and their answers.
    durable: Durable,
    checkpointer: Checkpointer,
    /// Whether another program had the file write-locked for all our patience.
    locked_out: bool,
}

impl<'c> Writer<'c> {
    /// Does what waits and what comes meanwhile, within the bounds; returns whom to tell once the mirror is closed, if
    /// that was asked.
    fn batch(&mut self, backlog: &mut Backlog) -> Option<Reply<()>> {
        let begun = Instant::now();
        self.take_back();
        let (mut count, mut bytes) = (0, 0);
        let mut answers = Vec::with_capacity(BATCH_JOBS);
        let mut close = None;
        let mut failed = None;
        let mut transaction = None;
        while count < BATCH_JOBS
            && bytes < BATCH_BYTES
            && let Some(job) = backlog.next()
        {
            if let Job::Close { reply } = job {
                close = Some(reply);
                break;
            }
            count += 1;
            bytes += job.bytes();
            let usable = self.broken.get().is_none() && failed.is_none();
            if usable && transaction.is_none() && job.writes() {
                match self.transaction() {
                    Ok(begun) => transaction = Some(begun),
                    Err(error) => failed = Some(error),
                }
            }
            let error = self.broken.get().or(failed.as_ref());
            match error.map(MirrorError::again) {
                Some(error) => job.refuse(&error),
                None => failed = self.work.one(job, &mut answers),
            }
        }
        if close.is_some() {
            while let Some(job) = backlog.next() {
                job.refuse(&closed(self.path));
            }
        }
        let wrote = transaction.is_some();
        // A sync may have failed since this was begun.
        let failed = failed.or_else(|| self.broken.get().map(MirrorError::again));
        let committed = match (failed, transaction) {
            (Some(error), _) => Err(error), // dropping the transaction rolls it back
            (None, Some(transaction)) => self.commit(transaction),
            (None, None) => Ok(()),
        };
        match committed {
            Ok(()) => {
                self.confirm(Committed { answers, begun, wrote });
                self.checkpointer.committed(bytes);
            }
            Err(error) => {
                for answer in answers {
                    answer.give(Err(&error));
                }
                self.work.forget();
                if !matches!(error, MirrorError::WriteLocked { .. }) {
                    self.broken.set(error);
                }
            }
        }
        close
    }

    /// Has the answers given once all that was committed is on the disk. What a page leaves pending is known by now.
    fn confirm(&mut self, mut committed: Committed) {
        let pending = self.work.pending();
        for answer in &mut committed.answers {
            if let Answer::Receipt(_, receipt) = answer {
                receipt.pending = pending;
            }
        }
        self.durable.confirm(committed);
    }

    /// Packs whose taker did not wait for them go back, so that they are not lost with it.
    fn take_back(&mut self) {
        for pack in self.durable.returned() {
            self.work.put_back(pack);
        }
    }

    /// The last page of which a key was accepted, for certain: what failed was rolled back and is not looked at.
    fn acknowledged(&self) -> Option<PageNo> {
        self.work.acknowledged().filter(|_| self.broken.get().is_none())
    }

    /// Begins a transaction. A write lock that outlasted all our patience once is not waited for anew by each job that
    /// is left: the run is ending.
    fn transaction(&mut self) -> Result<Transaction<'c>, MirrorError> {
        let begun = Transaction::new_unchecked(self.connection, TransactionBehavior::Immediate);
        let begun = begun.map_err(|e| self.work.error(e));
        let locked_out = matches!(begun, Err(MirrorError::WriteLocked { .. }));
        if locked_out != self.locked_out {
            self.locked_out = locked_out;
            let patience = if locked_out { IMPATIENCE } else { PATIENCE };
            self.connection.busy_timeout(patience).map_err(|e| self.work.error(e))?;
        }
        begun
    }

    /// Writes the counters and commits. Not durable yet when it returns.
    fn commit(&mut self, transaction: Transaction<'c>) -> Result<(), MirrorError> {
        self.work.save()?;
        transaction.commit().map_err(|e| self.work.error(e))
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::super::{Identity, open};
    use super::*;
    use crate::protocol::Page;

    fn page(ids: std::ops::Range<u32>) -> Page {
        let filling = "x".repeat(1_000);
        let items: Vec<String> = ids
            .map(|id| {
                format!(
                    r#"{{"data": {{"id": {id}, "text": "{filling}"}}, "meta": {{"type": "note", "sync":
                    {{"event_type": "created", "ack_key": "k{id}", "revision": 1}}}}}}"#
                )
            })
            .collect();
        let body = format!(r#"{{"items": [{}]}}"#, items.join(","));
        Page::parse(body.into_bytes()).unwrap()
    }

    fn ask<T>(jobs: &mpsc::Sender<Job>, job: impl FnOnce(Reply<T>) -> Job) -> Result<T, MirrorError> {
        let (reply, answer) = oneshot::channel();
        assert!(jobs.blocking_send(job(reply)).is_ok());
        answer.blocking_recv().unwrap()
    }

    #[test]
    fn a_full_disk_takes_back_the_page_and_ends_the_writing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mirror.db");
        let identity = Identity { host: "http://localhost".into(), device: None };
        let opened = open::open(&path, &identity, Duration::from_secs(1)).unwrap();
        // The database may grow by a megabyte: to SQLite that is a disk that fills up.
        let pages: i64 = opened.connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
        opened.connection.pragma_update_and_check(None, "max_page_count", pages + 64, |_| Ok(())).unwrap();
        let (jobs, queue) = mpsc::channel(8);
        let writer = std::thread::spawn(move || run(opened, queue));

        let session = ask(&jobs, |reply| Job::Begin { id: "s".into(), reply }).unwrap();
        let apply = |ids| ask(&jobs, |reply| Job::Apply { session, page: Box::new(page(ids)), reply });
        assert_eq!(apply(0..100).unwrap().pending, 100);
        assert!(matches!(apply(100..2_000), Err(MirrorError::DiskFull { .. })));
        // Not even what would fit: a disk that failed is not tried again through the same handle.
        assert!(matches!(apply(100..101), Err(MirrorError::DiskFull { .. })));
        let pack = ask(&jobs, |reply| Job::NextPack { max: 10, reply });
        assert!(matches!(pack, Err(MirrorError::DiskFull { .. })));
        drop(jobs);
        writer.join().unwrap();

        let reader = crate::mirror::Reader::open(&path).unwrap();
        let status = reader.status().unwrap();
        assert_eq!((status.kinds[0].rows, status.outbox.pending, status.sessions[0].pages), (100, 100, 1));
    }
}
