//! The local SQLite mirror: schema, plan, apply, outbox, history, browse. Owns the mirror's file and rusqlite.
//!
//! Promises: a page's instructions and its ack keys are committed in one transaction on one writer thread, and durable
//! when [`Mirror::apply`] returns; an older revision never overwrites a newer one; nothing is dropped; readers have
//! connections of their own and never hold the writer up. Only `writer` commits.
//!
//! In reading order: `plan` (what an instruction means, pure), `names` and `cells` (SQL names and values, pure),
//! `layout` (which column a field goes to, pure), `kinds` (type tables), `apply` and `unkeyed` (a page into rows),
//! `outbox` and `ranges` (ack keys and packs), `job`, `writer`, `durable` and `checkpoint` (the threads), `open`,
//! `place`, `lock` and `lost` (the file), `reader` (the other side), `find`, `filter` and `index` (rows by filter, sort and
//! text), `refs` and `orphans` (who points where, and where nothing is), `changes` and `story` (what sessions did, what
//! happened to a record), `as_of` (the tables as they were), `notes` (what changed nothing), `deeds` (what a session
//! did, listed), `debug` (into the outbox), `health` and `compare` (is it sound, is it the account's copy), `renew`
//! (another device), `dump` and `copy` (all of it, for exports). The schema is `assets/sql/mirror.sql`.

mod apply;
mod as_of;
mod backlog;
mod cells;
pub mod changes;
mod checkpoint;
pub mod compare;
mod copy;
pub mod debug;
pub mod deeds;
pub mod dump;
mod durable;
pub mod error;
pub mod filter;
pub mod find;
pub mod health;
pub mod index;
mod job;
mod kinds;
mod layout;
mod lock;
mod lost;
mod names;
pub mod notes;
mod open;
pub mod orphans;
mod outbox;
mod place;
mod plan;
mod ranges;
pub mod reader;
pub mod refs;
mod renew;
pub mod story;
mod unkeyed;
mod work;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::{mpsc, oneshot};

use crate::protocol::{DeviceUuid, Page, Session};
use job::{Job, Reply};
use place::Place;

pub use error::MirrorError;
pub use reader::Reader;
pub use renew::Renewed;

/// How long another program's write lock is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// The same for who only asks.
const TRIAL: Duration = Duration::from_secs(2);
/// Jobs that may wait for the writer; more callers wait in their task.
const QUEUE: usize = 64;

/// Whose data a mirror holds: another host or account on the same file is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// The base URL's origin (`https://api.getbase.com`). All loopback origins count as one.
    pub host: String,
    /// The device to use for a new mirror; with a mirror that has another the open is refused.
    pub device: Option<DeviceUuid>,
}

/// A session's number in the mirror's history: 1, 2, 3 …
pub type SessionNo = i64;
/// A page's number in the mirror: 1, 2, 3 … over all sessions.
pub type PageNo = i64;
/// A pack's number in the mirror: 1, 2, 3 …
pub type PackNo = i64;

/// What one committed page did. Counts are instructions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Receipt {
    /// The page's number.
    pub page: PageNo,
    /// Counts a type, in the order met.
    pub kinds: Vec<(String, Counts)>,
    /// Keys of this page that now wait in the outbox.
    pub keys: u64,
    /// Instructions that changed the mirror (neither stale nor the same revision again).
    pub changed: u64,
    /// Where nothing of the page was new: a fingerprint of its instructions, by which a page that comes again and again
    /// is known.
    pub echo: Option<u64>,
    /// Keys waiting in the outbox, all pages, after this commit.
    pub pending: u64,
    /// How long the transaction took that carried this page (it may have carried others too), in microseconds.
    pub commit_micros: u64,
}

/// Instructions as the service named them, and how many of them were stale or nothing new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// `created` (and unknown event types).
    pub created: u64,
    /// `updated`.
    pub updated: u64,
    /// `deleted`.
    pub deleted: u64,
    /// Of all these: older than what the mirror has.
    pub stale: u64,
    /// Of all these: exactly what the mirror has.
    pub same: u64,
    /// Of the deleted: what the mirror never had; normal, and acknowledged.
    pub absent: u64,
}

/// An ack pack, taken from the outbox to be sent. Its keys stay in the outbox until it is settled as accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pack {
    /// Its number.
    pub no: PackNo,
    /// Its keys, never empty.
    pub keys: Vec<String>,
    /// How often it was tried before.
    pub tries: u32,
}

/// What became of a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// 202: the keys leave the outbox.
    Accepted,
    /// Refused as a whole: its keys go back and come again in packs of half the size; a single key is kept as
    /// `refused`.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The service's answer, in a line.
        answer: String,
    },
    /// No answer, or one that says nothing about the keys: they stay as they are.
    Failed {
        /// What happened, in a line.
        reason: String,
    },
}

/// What the outbox holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Outbox {
    /// Keys of committed instructions that are not accepted yet (held ones included).
    pub pending: u64,
    /// Keys that the service refused for good.
    pub refused: u64,
    /// Of the pending keys, those held back by hand.
    pub held: u64,
}

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionEnd {
    /// Every queue answered 204.
    Drained,
    /// The service forgot it (404).
    Lost,
    /// Stopped by hand or by a signal.
    Stopped,
    /// A failure ended the run.
    Failed,
    /// The process died; written by the next open.
    Crashed,
}

impl SessionEnd {
    /// All of them, as the schema knows them.
    const ALL: [Self; 5] = [Self::Drained, Self::Lost, Self::Stopped, Self::Failed, Self::Crashed];

    /// The word in the mirror.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Drained => "drained",
            Self::Lost => "lost",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
            Self::Crashed => "crashed",
        }
    }
}

/// The writer: one thread, one connection, one lock on the file. Clone it freely; the last clone's drop or
/// [`Mirror::close`] ends the thread and gives the lock back.
#[derive(Debug, Clone)]
pub struct Mirror {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    place: Place,
    device: DeviceUuid,
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // a writer that panicked has told its callers by their channels
        }
    }
}

impl Mirror {
    /// Takes the lock beside the canonical path, opens or creates the mirror, migrates it and proves it writable.
    /// Blocks; a few milliseconds whatever the mirror's size.
    ///
    /// # Errors
    /// [`MirrorError`]: a directory, text, corrupt, read-only, newer, another program's database, in use (with the
    /// holder), another host, another device.
    pub fn open(path: &Path, identity: &Identity) -> Result<Self, MirrorError> {
        Self::open_within(path, identity, PATIENCE)
    }

    /// The same, waiting for at most `patience` where another program has the file write-locked.
    ///
    /// # Errors
    /// As [`Mirror::open`].
    pub fn open_within(path: &Path, identity: &Identity, patience: Duration) -> Result<Self, MirrorError> {
        let opened = open::open(path, identity, patience)?;
        let (path, place, device) = (opened.path.clone(), opened.place.clone(), opened.device);
        let (jobs, queue) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("mirror-writer".into())
            .spawn(move || writer::run(opened, queue))
            .map_err(|e| MirrorError::io("cannot start the writer of", &path, &e))?;
        Ok(Self { inner: Arc::new(Inner { path, place, device, jobs: Some(jobs), thread: Some(thread) }) })
    }

    /// Whether a synchronization could open the mirror at `path`, which has to be there; changes nothing. Blocks, for at
    /// most some seconds where another program has the file write-locked.
    ///
    /// # Errors
    /// As [`Mirror::open`]. One that is being synchronized is no error.
    pub fn could_be_opened(path: &Path, identity: &Identity) -> Result<(), MirrorError> {
        open::trial(path, identity, TRIAL)
    }

    /// The canonical path of the file.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Who synchronizes the mirror at `path` now: process id and start time; none where nobody does.
    pub fn holder(path: &Path) -> Option<String> {
        lock::holder(path)
    }

    /// The device, made once and kept in the mirror.
    pub fn device(&self) -> DeviceUuid {
        self.inner.device
    }

    /// Whether the file is still where it was opened. To be asked before the service is told anything that rests on it;
    /// costs one question to the system.
    ///
    /// # Errors
    /// [`MirrorError::Moved`].
    pub fn in_place(&self) -> Result<(), MirrorError> {
        self.inner.place.is_held()
    }

    /// Begins a session in the history.
    ///
    /// # Errors
    /// [`MirrorError`] where it cannot be written.
    pub async fn begin_session(&self, session: &Session) -> Result<SessionNo, MirrorError> {
        let id = session.id.0.clone();
        self.ask(|reply| Job::Begin { id, reply }).await
    }

    /// Ends a session in the history. `retries`, `failed_objects` and `error` are the engine's; counts are the
    /// mirror's.
    ///
    /// # Errors
    /// [`MirrorError`] where it cannot be written.
    pub async fn end_session(
        &self,
        session: SessionNo,
        end: SessionEnd,
        retries: u64,
        failed_objects: u64,
        error: Option<String>,
    ) -> Result<(), MirrorError> {
        self.ask(|reply| Job::End { session, end, retries, failed: failed_objects, error, reply }).await
    }

    /// Applies a page and puts its keys in the outbox, in one transaction (several waiting pages may share it).
    /// When it returns, all of it is durable.
    ///
    /// # Errors
    /// [`MirrorError`]: then nothing of the page is in the mirror.
    pub async fn apply(&self, session: SessionNo, page: Page) -> Result<Receipt, MirrorError> {
        self.ask(|reply| Job::Apply { session, page: Box::new(page), reply }).await
    }

    /// The next pack: at most `max` keys that are pending and not held, oldest first; none where there are none.
    /// It is in flight until [`Mirror::settle`] is told; the next one has other keys.
    ///
    /// # Errors
    /// [`MirrorError`] where the outbox cannot be read.
    pub async fn next_pack(&self, max: usize) -> Result<Option<Pack>, MirrorError> {
        self.ask(|reply| Job::NextPack { max, reply }).await
    }

    /// Says what became of a pack.
    ///
    /// # Errors
    /// [`MirrorError`] where it cannot be written; then the keys stay pending, and sending them again is harmless.
    pub async fn settle(&self, pack: PackNo, settlement: Settlement) -> Result<Outbox, MirrorError> {
        self.ask(|reply| Job::Settle { pack, settlement, reply }).await
    }

    /// Holds all pending keys back, those of pages to come too, or releases them. Held keys survive a restart; what is
    /// in flight is not called back.
    ///
    /// # Errors
    /// [`MirrorError`] where it cannot be written.
    pub async fn hold(&self, hold: bool) -> Result<Outbox, MirrorError> {
        self.ask(|reply| Job::Hold { hold, reply }).await
    }

    /// What the outbox holds.
    ///
    /// # Errors
    /// [`MirrorError`] where it cannot be read.
    pub async fn outbox(&self) -> Result<Outbox, MirrorError> {
        self.ask(|reply| Job::Outbox { reply }).await
    }

    /// Notes that the service has just said that there is nothing more, so that anybody can tell how old the mirror is.
    ///
    /// # Errors
    /// [`MirrorError`] where it cannot be written.
    pub async fn converged(&self) -> Result<(), MirrorError> {
        self.ask(|reply| Job::Converged { reply }).await
    }

    /// Commits what waits, leaves no WAL behind, gives the lock back. Clones that are left answer with an error.
    ///
    /// # Errors
    /// [`MirrorError`] where the last write failed, or the file is not where it was opened.
    pub async fn close(self) -> Result<(), MirrorError> {
        self.ask(|reply| Job::Close { reply }).await
    }

    async fn ask<T>(&self, job: impl FnOnce(Reply<T>) -> Job) -> Result<T, MirrorError> {
        let closed = || job::closed(&self.inner.path);
        let (reply, answer) = oneshot::channel();
        let jobs = self.inner.jobs.as_ref().ok_or_else(closed)?;
        jobs.send(job(reply)).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }
}

/// The time now as the mirror writes it: RFC 3339, UTC.
fn now() -> String {
    jiff::Timestamp::now().to_string()
}
