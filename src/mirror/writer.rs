//! The writer: one thread, one connection. The only file that commits.
//!
//! Promise: everything that waits goes into one transaction, and each answer leaves after its commit is on the disk
//! ([`Durable`] sees to that while the next transaction is made). A page's rows and its ack keys are always in the same
//! one. After a failed write or sync no transaction is begun through this connection: a disk that failed once may lie
//! the next time, and the service delivers again what was not acknowledged.

use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use tokio::sync::mpsc;

use super::apply::{self, Origin};
use super::backlog::Backlog;
use super::checkpoint::Checkpointer;
use super::durable::{Broken, Committed, Durable};
use super::job::{Answer, Job, Reply, answer, closed};
use super::kinds::Kinds;
use super::lost::Note;
use super::open::Opened;
use super::outbox::Queue;
use super::{Counts, MirrorError, PATIENCE, PageNo, Receipt, SessionEnd, SessionNo};
use crate::protocol::{EventType, Page, RecordId};

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
            open: None,
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
    path: &'c std::path::Path,
    /// What is remembered of the database; none before the first use and after a failure.
    open: Option<Open<'c>>,
    broken: Broken,
    /// Where commits go, and their answers.
    durable: Durable,
    checkpointer: Checkpointer,
    /// Whether another program had the file write-locked for all our patience.
    locked_out: bool,
}

struct Open<'c> {
    kinds: Kinds<'c>,
    queue: Queue,
    pages: PageNo,
    tombstones: i64,
    unkeyed: i64,
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
                None => failed = self.one(job, &mut answers),
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
                    answer.refuse(&error);
                }
                self.open = None;
                if !matches!(error, MirrorError::WriteLocked { .. }) {
                    self.broken.set(error);
                }
            }
        }
        close
    }

    /// Has the answers given once all that was committed is on the disk. What a page leaves pending is known by now.
    fn confirm(&mut self, mut committed: Committed) {
        let pending = self.open.as_ref().map_or(0, |open| open.queue.counts().pending);
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
            if let Some(open) = &mut self.open {
                open.queue.put_back(pack);
            }
        }
    }

    /// The last page of which a key was accepted, for certain: what failed was rolled back and is not looked at.
    fn acknowledged(&self) -> Option<PageNo> {
        self.open.as_ref().filter(|_| self.broken.get().is_none()).map(|open| open.queue.acknowledged())
    }

    /// Begins a transaction. A write lock that outlasted all our patience once is not waited for anew by each job that
    /// is left: the run is ending.
    fn transaction(&mut self) -> Result<Transaction<'c>, MirrorError> {
        let begun = Transaction::new_unchecked(self.connection, TransactionBehavior::Immediate);
        let begun = begun.map_err(|e| self.error(e));
        let locked_out = matches!(begun, Err(MirrorError::WriteLocked { .. }));
        if locked_out != self.locked_out {
            self.locked_out = locked_out;
            let patience = if locked_out { IMPATIENCE } else { PATIENCE };
            self.connection.busy_timeout(patience).map_err(|e| self.error(e))?;
        }
        begun
    }

    /// Does a job inside the transaction. What it says goes out after the commit; returns what failed.
    fn one(&mut self, job: Job, answers: &mut Vec<Answer>) -> Option<MirrorError> {
        let (done, error) = match job {
            Job::Begin { id, reply } => answer(self.begin(&id), reply, Answer::Session),
            Job::End { session, end, retries, failed, error, reply } => {
                let ended = self.end(session, end, retries, failed, error.as_deref());
                answer(ended, reply, |reply, ()| Answer::Done(reply))
            }
            Job::Apply { session, page, reply } => match self.apply(session, &page) {
                // The page was refused before anything of it was written: the others go on.
                Err(error @ (MirrorError::OtherAccount { .. } | MirrorError::TooManyTypes { .. })) => {
                    let _ = reply.send(Err(error));
                    (None, None)
                }
                applied => answer(applied, reply, Answer::Receipt),
            },
            Job::NextPack { max, reply } => {
                let taken = self.with(|connection, open| open.queue.take(connection, max));
                answer(taken, reply, Answer::Pack)
            }
            Job::Settle { pack, settlement, reply } => {
                let settled = self.with(|connection, open| {
                    open.queue.settle(connection, pack, &settlement)?;
                    Ok(open.queue.counts())
                });
                answer(settled, reply, Answer::Outbox)
            }
            Job::Hold { hold, reply } => {
                let held = self.with(|connection, open| {
                    open.queue.hold(connection, hold)?;
                    Ok(open.queue.counts())
                });
                answer(held, reply, Answer::Outbox)
            }
            Job::Outbox { reply } => {
                answer(self.with(|_, open| Ok(open.queue.counts())), reply, Answer::Outbox)
            }
            Job::Converged { reply } => {
                let noted = self.with(|connection, _| {
                    let sql = "INSERT OR REPLACE INTO _meta (key, value) VALUES ('converged', ?1)";
                    connection.execute(sql, [super::now()]).map(drop)
                });
                answer(noted, reply, |reply, ()| Answer::Done(reply))
            }
            Job::Close { .. } => (None, None),
        };
        answers.extend(done);
        error
    }

    fn begin(&mut self, id: &str) -> Result<SessionNo, MirrorError> {
        self.with(|connection, _| {
            connection
                .execute("INSERT INTO _session (id, started) VALUES (?1, ?2)", params![id, super::now()])?;
            Ok(connection.last_insert_rowid())
        })
    }

    fn end(
        &mut self,
        session: SessionNo,
        end: SessionEnd,
        retries: u64,
        failed: u64,
        error: Option<&str>,
    ) -> Result<(), MirrorError> {
        self.with(|connection, _| {
            connection.execute(
                "UPDATE _session SET ended = ?2, end = ?3, retries = ?4, failed_objects = ?5, error = ?6 \
                 WHERE no = ?1",
                params![session, super::now(), end.as_str(), retries as i64, failed as i64, error],
            )?;
            Ok(())
        })
    }

    fn apply(&mut self, session: SessionNo, page: &Page) -> Result<Receipt, MirrorError> {
        self.check_types(page)?;
        self.check_account(page)?;
        self.with(|connection, open| {
            open.pages += 1;
            let origin = Origin { session, page: open.pages };
            let applied = apply::page(connection, &mut open.kinds, page, origin)?;
            open.tombstones += applied.tombstones;
            open.unkeyed += applied.unkeyed;
            open.queue.add(connection, session, origin.page, &applied.keys, applied.key_count)?;
            let sum =
                |count: fn(&Counts) -> u64| applied.kinds.iter().map(|(_, c)| count(c)).sum::<u64>() as i64;
            connection
                .prepare_cached(
                    "UPDATE _session SET pages = pages + 1, instructions = instructions + ?2, \
                     created = created + ?3, updated = updated + ?4, deleted = deleted + ?5, \
                     stale = stale + ?6, same = same + ?7 WHERE no = ?1",
                )?
                .execute(params![
                    session,
                    page.len() as i64,
                    sum(|c| c.created),
                    sum(|c| c.updated),
                    sum(|c| c.deleted),
                    sum(|c| c.stale),
                    sum(|c| c.same)
                ])?;
            Ok(Receipt {
                page: origin.page,
                kinds: applied.kinds,
                keys: applied.key_count,
                changed: applied.changed,
                echo: applied.echo,
                pending: 0,       // known once all of the transaction is done
                commit_micros: 0, // known when the answer leaves
            })
        })
    }

    /// A page with more types than a mirror takes is refused whole.
    fn check_types(&mut self, page: &Page) -> Result<(), MirrorError> {
        let beyond =
            self.with(|_, open| open.kinds.beyond(page.kinds()).map(|name| name.map(str::to_owned)))?;
        let Some(name) = beyond else { return Ok(()) };
        let name: String = crate::text::visible(&name).chars().take(60).collect();
        Err(MirrorError::TooManyTypes { path: self.path.to_owned(), most: super::kinds::MOST, name })
    }

    /// The account whose record came first is the mirror's; a page of another one is refused whole.
    fn check_account(&mut self, page: &Page) -> Result<(), MirrorError> {
        let accounts = page.items().filter(|item| item.kind == "account" && item.event != EventType::Deleted);
        let received: Vec<_> = accounts.filter_map(|item| item.id).collect();
        let Some(first) = received.first() else { return Ok(()) };
        let known = self.with(|connection, _| {
            connection
                .prepare_cached("SELECT value FROM _meta WHERE key = 'account'")?
                .query_row([], |row| super::reader::record_id(row.get_ref(0)?))
                .optional()
        })?;
        let mine = known.as_ref().unwrap_or(first);
        if let Some(other) = received.iter().find(|id| **id != mine) {
            let say = |id: &RecordId| crate::text::visible(&id.to_string()).into_owned();
            return Err(MirrorError::OtherAccount {
                path: self.path.to_owned(),
                mirror: say(mine),
                received: say(other),
            });
        }
        if known.is_none() {
            self.with(|connection, _| {
                connection
                    .execute("INSERT INTO _meta (key, value) VALUES ('account', ?1)", [apply::Key(first)])
            })?;
        }
        Ok(())
    }

    /// Writes the counters and commits. Not durable yet when it returns.
    fn commit(&mut self, transaction: Transaction<'c>) -> Result<(), MirrorError> {
        self.with(|connection, open| {
            open.kinds.save()?;
            let outbox = open.queue.counts();
            connection
                .prepare_cached(
                    "UPDATE _total SET pages = ?1, pending = ?2, refused = ?3, tombstones = ?4, unkeyed = ?5",
                )?
                .execute(params![
                    open.pages,
                    outbox.pending as i64,
                    outbox.refused as i64,
                    open.tombstones,
                    open.unkeyed
                ])?;
            Ok(())
        })?;
        transaction.commit().map_err(|e| self.error(e))
    }

    /// Runs inner SQL with what is remembered of the database.
    fn with<T>(
        &mut self,
        work: impl FnOnce(&'c Connection, &mut Open<'c>) -> rusqlite::Result<T>,
    ) -> Result<T, MirrorError> {
        let connection = self.connection;
        let open = match self.open.take() {
            Some(open) => Ok(open),
            None => Open::load(connection),
        };
        let done = open.and_then(|open| work(connection, self.open.insert(open)));
        done.map_err(|e| self.error(e))
    }

    fn error(&self, error: rusqlite::Error) -> MirrorError {
        MirrorError::sqlite("cannot write", self.path, error)
    }
}

impl<'c> Open<'c> {
    fn load(connection: &'c Connection) -> rusqlite::Result<Self> {
        let (pages, tombstones, unkeyed) =
            connection.query_row("SELECT pages, tombstones, unkeyed FROM _total", [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?;
        Ok(Self {
            kinds: Kinds::new(connection),
            queue: Queue::load(connection)?,
            pages,
            tombstones,
            unkeyed,
        })
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::super::{Identity, open};
    use super::*;

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
