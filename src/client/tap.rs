//! The wire tap: every exchange of a client, kept in a bounded ring for whoever wants to look.
//!
//! Promises: the token is taken out when an exchange is recorded, never later; the ring holds at most [`RING`] bytes
//! and cuts bodies at [`BODY`], with their true size kept; watchers share what is recorded and copy nothing; a client
//! without a tap pays nothing. An exchange is in the ring from its first moment on, so that what hangs can be seen.
//!
//! In reading order: [`exchange`] (what is kept), `note` (one exchange being recorded), [`filter`] (the Wire list's
//! conditions), [`har`] (exchanges as an archive), `file` (whole exchanges on disk, on demand), `witness` (exchanges that
//! others have).

pub mod exchange;
mod file;
pub mod filter;
pub mod har;
mod note;
mod witness;

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use file::Recording;

pub use exchange::{Body, Exchange, Label, Response, State};
pub use file::Recorded;
pub use witness::{Asked, Seen, Witness};

pub(super) use note::{Draft, Note, Received, Redactors};

/// Bytes that the ring may hold: bodies, headers and what keeping them costs.
pub const RING: usize = 16 * 1024 * 1024;
/// Bytes of a body that are kept.
pub const BODY: usize = 64 * 1024;
/// A text up to this size, in bytes, is kept as it is and shown up to [`BODY`]: a copy of the beginning would cost more
/// than its end.
const SHARED: usize = 2 * BODY;

/// Records exchanges. Clones share one ring; make one for each account and hand it to its clients.
#[derive(Clone)]
pub struct Tap {
    inner: Arc<Inner>,
}

struct Inner {
    ring: Mutex<Ring>,
    /// Counts changes, so that a watcher sees without a lock whether there is news.
    changes: AtomicU64,
    recording: Mutex<Option<Recording>>,
}

impl Default for Tap {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Tap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tap").field("usage", &self.usage()).finish_non_exhaustive()
    }
}

/// What a tap holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Exchanges in the ring.
    pub exchanges: usize,
    /// Bytes that they hold.
    pub bytes: usize,
    /// Exchanges that had to go for newer ones.
    pub gone: u64,
}

impl Tap {
    /// A tap with an empty ring of [`RING`] bytes.
    pub fn new() -> Self {
        Self::with_room(RING)
    }

    /// A tap whose ring holds `room` bytes.
    pub fn with_room(room: usize) -> Self {
        let inner = Inner {
            ring: Mutex::new(Ring { room, first: 1, ..Ring::default() }),
            changes: AtomicU64::new(0),
            recording: Mutex::new(None),
        };
        Self { inner: Arc::new(inner) }
    }

    /// A number that grows with each change: equal numbers mean that nothing happened.
    pub fn changes(&self) -> u64 {
        self.inner.changes.load(Ordering::Acquire)
    }

    /// What the ring holds.
    pub fn usage(&self) -> Usage {
        let ring = self.ring();
        Usage { exchanges: ring.exchanges.len(), bytes: ring.bytes, gone: ring.first - 1 }
    }

    /// At most `limit` exchanges older than number `before` (none: from the newest), newest first. Nothing is copied.
    pub fn list(&self, before: Option<u64>, limit: usize) -> Vec<Arc<Exchange>> {
        let ring = self.ring();
        ring.exchanges.range(..ring.end(before)).rev().take(limit).cloned().collect()
    }

    /// The same, of those that pass.
    pub fn find(
        &self,
        before: Option<u64>,
        limit: usize,
        mut passes: impl FnMut(&Exchange) -> bool,
    ) -> Vec<Arc<Exchange>> {
        // A condition may be slow: it looks at a copy of the pointers, so that no exchange waits for it.
        let older: Vec<Arc<Exchange>> = {
            let ring = self.ring();
            ring.exchanges.range(..ring.end(before)).cloned().collect()
        };
        older.into_iter().rev().filter(|exchange| passes(exchange)).take(limit).collect()
    }

    /// One exchange; none where it is too old.
    pub fn get(&self, number: u64) -> Option<Arc<Exchange>> {
        let ring = self.ring();
        if number < ring.first {
            return None;
        }
        ring.exchanges.get(ring.place(number)).cloned()
    }

    /// The newest exchange that brought this page.
    pub fn of_page(&self, page: i64) -> Option<Arc<Exchange>> {
        self.find(None, 1, |exchange| exchange.label.page == Some(page)).pop()
    }

    /// The newest exchange that carried this pack.
    pub fn of_pack(&self, pack: i64) -> Option<Arc<Exchange>> {
        self.find(None, 1, |exchange| exchange.label.pack == Some(pack)).pop()
    }

    /// Forgets all exchanges; those under way come back when they end.
    pub fn clear(&self) {
        let mut ring = self.ring();
        ring.first += ring.exchanges.len() as u64;
        ring.exchanges.clear();
        ring.bytes = 0;
        drop(ring);
        self.changed();
    }

    /// From now on writes whole exchanges to a new file that only its owner can read, a HAR archive at any moment.
    /// A recording that runs is ended first. Exchanges never wait for the disk: what it cannot take is counted.
    ///
    /// # Errors
    /// An I/O error where the file cannot be made; an existing file is never overwritten.
    pub fn record_to(&self, path: &Path) -> io::Result<()> {
        let recording = Recording::start(path)?;
        let before = self.recording().replace(recording);
        before.map_or(Ok(()), |before| before.finish().map(drop))
    }

    /// Ends the recording and says what is in its file; none where nothing was recorded. Blocks until it is written.
    ///
    /// # Errors
    /// The I/O error that ended the recording early.
    pub fn stop_recording(&self) -> io::Result<Option<Recorded>> {
        let recording = self.recording().take();
        recording.map(Recording::finish).transpose()
    }

    /// What is in the recording's file by now; none where nothing is recorded.
    pub fn recorded(&self) -> Option<Recorded> {
        self.recording().as_ref().map(Recording::so_far)
    }

    /// Whether whole bodies are wanted.
    fn wants_whole(&self) -> bool {
        self.recording().is_some()
    }

    /// An exchange begins; its number.
    fn begin(&self, exchange: Exchange) -> u64 {
        let mut ring = self.ring();
        let attempt = ring.attempt(&exchange);
        let number = ring.first + ring.exchanges.len() as u64;
        ring.push(Exchange { number, attempt, ..exchange });
        drop(ring);
        self.changed();
        number
    }

    /// Changes an exchange that is still in the ring.
    fn change(&self, number: u64, change: impl FnOnce(&mut Exchange)) -> Option<Arc<Exchange>> {
        let mut ring = self.ring();
        let changed = ring.change(number, change);
        drop(ring);
        self.changed();
        changed
    }

    /// An exchange ended: its last state goes into the ring, and with its whole bodies into the file.
    fn end(&self, exchange: Exchange, whole: Option<Exchange>) {
        let mut ring = self.ring();
        let attempt = ring.get(exchange.number).map_or(exchange.attempt, |begun| begun.attempt);
        ring.count(&exchange);
        let number = exchange.number;
        ring.change(number, |kept| *kept = Exchange { attempt, ..exchange });
        drop(ring);
        if let Some(whole) = whole
            && let Some(recording) = self.recording().as_ref()
        {
            recording.write(Exchange { attempt, ..whole });
        }
        self.changed();
    }

    /// The exchange brought this page.
    pub(super) fn is_page(&self, number: u64, page: i64) {
        self.change(number, |exchange| exchange.label.page = Some(page));
    }

    fn changed(&self) {
        self.inner.changes.fetch_add(1, Ordering::AcqRel);
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.inner.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn recording(&self) -> MutexGuard<'_, Option<Recording>> {
        self.inner.recording.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The exchanges, oldest first, numbered without gaps.
#[derive(Default)]
struct Ring {
    exchanges: VecDeque<Arc<Exchange>>,
    /// The number of the oldest.
    first: u64,
    bytes: usize,
    room: usize,
    /// What failed last and how often in a row; a take is the same request whoever sends it.
    failing: VecDeque<(String, u32)>,
}

/// Requests whose failures in a row are counted at one time.
const FAILING: usize = 32;

impl Ring {
    fn place(&self, number: u64) -> usize {
        usize::try_from(number.saturating_sub(self.first)).unwrap_or(usize::MAX)
    }

    /// The place behind the last exchange before number `before`.
    fn end(&self, before: Option<u64>) -> usize {
        before.map_or(self.exchanges.len(), |number| self.place(number).min(self.exchanges.len()))
    }

    fn get(&self, number: u64) -> Option<&Arc<Exchange>> {
        if number < self.first { None } else { self.exchanges.get(self.place(number)) }
    }

    fn push(&mut self, exchange: Exchange) {
        self.bytes += exchange.weight();
        self.exchanges.push_back(Arc::new(exchange));
        self.shrink();
    }

    fn change(&mut self, number: u64, change: impl FnOnce(&mut Exchange)) -> Option<Arc<Exchange>> {
        if number < self.first {
            return None;
        }
        let place = self.place(number);
        let kept = self.exchanges.get_mut(place)?;
        let before = kept.weight();
        change(Arc::make_mut(kept));
        let (after, changed) = (kept.weight(), Arc::clone(kept));
        self.bytes = self.bytes - before + after;
        self.shrink();
        Some(changed)
    }

    fn shrink(&mut self) {
        while self.bytes > self.room
            && let Some(oldest) = self.exchanges.pop_front()
        {
            self.bytes -= oldest.weight();
            self.first += 1;
        }
    }

    /// Which try of its request an exchange is.
    fn attempt(&self, exchange: &Exchange) -> u32 {
        if exchange.attempt > 0 {
            return exchange.attempt; // whoever sent it knows
        }
        1 + self.failing.iter().find(|(url, _)| *url == exchange.url).map_or(0, |(_, failures)| *failures)
    }

    /// Counts failures of a request in a row.
    fn count(&mut self, exchange: &Exchange) {
        let known = self.failing.iter().position(|(url, _)| *url == exchange.url);
        match (&exchange.state, known) {
            (State::Failed(_), Some(at)) => self.failing[at].1 += 1,
            (State::Failed(_), None) => {
                self.failing.push_back((exchange.url.clone(), 1));
                if self.failing.len() > FAILING {
                    self.failing.pop_front();
                }
            }
            (State::Answered, Some(at)) => drop(self.failing.remove(at)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
