//! What the jobs do, within a transaction that is another's: sessions, pages with their keys, packs.
//!
//! Promise: nothing here begins, commits or rolls back. A page's rows and its ack keys are written by one call; what is
//! remembered of the database (types, outbox, counters) is as the transaction has it, and is read anew once it was
//! forgotten.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, params};

use super::apply::{self, Origin};
use super::job::{Answer, Job, answer};
use super::kinds::Kinds;
use super::outbox::Queue;
use super::{Counts, MirrorError, PackNo, PageNo, Receipt, SessionEnd, SessionNo};
use crate::protocol::{EventType, Page, RecordId};

/// The jobs' doing, and what is remembered for it.
pub(super) struct Work<'c> {
    connection: &'c Connection,
    path: &'c Path,
    /// What is remembered of the database; none before the first use and after a failure.
    open: Option<Open<'c>>,
}

struct Open<'c> {
    kinds: Kinds<'c>,
    queue: Queue,
    pages: PageNo,
    tombstones: i64,
    unkeyed: i64,
}

impl<'c> Work<'c> {
    pub(super) fn new(connection: &'c Connection, path: &'c Path) -> Self {
        Self { connection, path, open: None }
    }

    /// Forgets what it knows of the database: a transaction was rolled back.
    pub(super) fn forget(&mut self) {
        self.open = None;
    }

    /// Keys that are pending now.
    pub(super) fn pending(&self) -> u64 {
        self.open.as_ref().map_or(0, |open| open.queue.counts().pending)
    }

    /// A pack whose taker did not wait for it goes back, so that it is not lost with them.
    pub(super) fn put_back(&mut self, pack: PackNo) {
        if let Some(open) = &mut self.open {
            open.queue.put_back(pack);
        }
    }

    /// The last page of which a key was accepted; none where that is not remembered.
    pub(super) fn acknowledged(&self) -> Option<PageNo> {
        self.open.as_ref().map(|open| open.queue.acknowledged())
    }

    /// Does a job inside the transaction. What it says goes out after the commit; returns what failed.
    pub(super) fn one(&mut self, job: Job, answers: &mut Vec<Answer>) -> Option<MirrorError> {
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

    /// Writes the counters, as the last thing of a transaction.
    pub(super) fn save(&mut self) -> Result<(), MirrorError> {
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
        })
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

    pub(super) fn error(&self, error: rusqlite::Error) -> MirrorError {
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
