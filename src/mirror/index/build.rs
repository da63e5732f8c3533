//! Keeping an index up to date: one pass after the other, on a thread of its own that gives way to everybody.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::types::Value;
use rusqlite::{Connection, params};

use super::segment::{Maker, ROWS};
use super::{Known, Schema, known, reborn, replaced, store, tokens};
use crate::mirror::find::{fold, json, scan};
use crate::mirror::{MirrorError, Reader};

/// Segments that are less than half full before they are put together.
const SMALL: i64 = 8;
/// One row in so many is remembered with its id.
const SAMPLED: usize = 2_048;
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
        Open::new(mirror)?.pass(tell)
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

    fn pass(&self, tell: &mut dyn FnMut(u64, u64) -> bool) -> Result<(), MirrorError> {
        let maker = Maker::default();
        Pass { reader: &self.reader, index: &self.index, tell, rows: 0, of: 0, maker, samples: Vec::new() }
            .run()
    }
}

impl Drop for Indexer {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.poke = None;
        if let Some(thread) = self.thread.take() {
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
            files.pass(&mut |rows, of| {
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

struct Pass<'a> {
    reader: &'a Reader,
    index: &'a Connection,
    tell: &'a mut dyn FnMut(u64, u64) -> bool,
    rows: u64,
    of: u64,
    maker: Maker,
    /// Some of the rows that were taken in, and their ids.
    samples: Vec<(i64, Value)>,
}

impl Pass<'_> {
    fn run(&mut self) -> Result<(), MirrorError> {
        let kinds = self.reader.kinds()?;
        for kind in &kinds {
            let table = crate::mirror::names::quoted(&kind.table);
            let before = self.known(&kind.name)?.rowid;
            let last = self.mirror(|mirror| {
                mirror.query_row(&format!("SELECT max(rowid) FROM {table}"), [], |row| {
                    row.get::<_, Option<i64>>(0)
                })
            })?;
            self.of += (last.unwrap_or(0) - before).max(0) as u64;
        }
        for kind in &kinds {
            self.kind(&kind.name, &crate::mirror::names::quoted(&kind.table))?;
            if !(self.tell)(self.rows, self.of) {
                return Err(MirrorError::Stopped);
            }
        }
        Ok(())
    }

    fn kind(&mut self, kind: &str, table: &str) -> Result<(), MirrorError> {
        let mut before = self.known(kind)?;
        let schema = self.mirror(super::schema)?;
        if before.rowid > 0 && super::renumbered(self.reader, self.index, kind, table, before)? {
            self.write(|index| store::forget(index, kind))?;
            before = self.known(kind)?;
        }
        // Read first: what comes while this pass runs is seen by the next.
        let (page, history) = self.mirror(|mirror| {
            mirror.query_row(
                "SELECT pages, (SELECT coalesce(max(no), 0) FROM _history) FROM _total",
                [],
                |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)),
            )
        })?;
        let mut changed = Vec::new();
        self.mirror(|mirror| {
            let mut note = |rowid| {
                changed.push(rowid);
                true
            };
            reborn(mirror, table, before, &mut note)?;
            if history > before.history {
                replaced(mirror, table, kind, before, &mut note)?;
            }
            Ok(())
        })?;
        changed.retain(|rowid| *rowid <= before.rowid);
        changed.sort_unstable();
        changed.dedup();
        for rowids in changed.chunks(ROWS) {
            self.segment_of(table, rowids)?;
            self.save(kind, None)?;
        }
        // What is read from here on is at least as new as these marks, so they move with the first segment.
        let mut at = Known { rowid: before.rowid, page, history, schema };
        loop {
            at.rowid = self.new_rows(table, at.rowid)?;
            let end = self.maker.rows() < ROWS;
            if at != before {
                self.save(kind, Some(at))?;
            }
            if end {
                break;
            }
        }
        self.put_together(kind, table)
    }

    /// Takes in up to a segment of rows behind a rowid; the last one's rowid.
    fn new_rows(&mut self, table: &str, from: i64) -> Result<i64, MirrorError> {
        let sql = format!(
            "SELECT rowid, data, id FROM {table} NOT INDEXED WHERE rowid > ?1 ORDER BY rowid LIMIT ?2"
        );
        let say = |e| self.reader.error(e);
        let mut statement = self.reader.connection.prepare_cached(&sql).map_err(say)?;
        let mut rows = statement.query([from, ROWS as i64]).map_err(say)?;
        let (mut last, mut folded) = (from, String::new());
        while let Some(row) = rows.next().map_err(say)? {
            last = row.get(0).map_err(say)?;
            take_in(&mut self.maker, last, scan::bytes(row.get_ref(1).map_err(say)?), &mut folded);
            if (self.maker.rows() - 1).is_multiple_of(SAMPLED) {
                self.samples.push((last, row.get(2).map_err(say)?));
            }
            self.rows += 1;
            if self.rows.is_multiple_of(1_024) && !(self.tell)(self.rows, self.of) {
                return Err(MirrorError::Stopped);
            }
        }
        Ok(last)
    }

    /// Takes in these rows as they are now.
    fn segment_of(&mut self, table: &str, rowids: &[i64]) -> Result<(), MirrorError> {
        let say = |e| self.reader.error(e);
        let sql = format!("SELECT data, id FROM {table} WHERE rowid = ?1");
        let mut statement = self.reader.connection.prepare_cached(&sql).map_err(say)?;
        let mut folded = String::new();
        for (i, rowid) in rowids.iter().enumerate() {
            let mut rows = statement.query([rowid]).map_err(say)?;
            if let Some(row) = rows.next().map_err(say)? {
                take_in(&mut self.maker, *rowid, scan::bytes(row.get_ref(0).map_err(say)?), &mut folded);
                if (self.maker.rows() - 1).is_multiple_of(SAMPLED) {
                    self.samples.push((*rowid, row.get(1).map_err(say)?));
                }
            }
            if i % 1_024 == 1_023 && !(self.tell)(self.rows, self.of) {
                return Err(MirrorError::Stopped);
            }
        }
        Ok(())
    }

    /// Writes what was taken in, and what is known with it.
    fn save(&mut self, kind: &str, known: Option<Known>) -> Result<(), MirrorError> {
        let rows = self.maker.rows();
        let part = (rows > 0).then(|| self.maker.finish());
        let samples = std::mem::take(&mut self.samples);
        self.write(|index| {
            if let Some(part) = &part {
                store::put(index, kind, rows, part, &samples)?;
            }
            if let Some(known) = known {
                index
                    .prepare_cached("INSERT OR REPLACE INTO _known VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
                    .execute(params![
                        kind,
                        known.rowid,
                        known.page,
                        known.history,
                        known.schema.number,
                        known.schema.text
                    ])?;
            }
            Ok(())
        })
    }

    /// Makes one segment of many small ones: each costs a search a little.
    fn put_together(&mut self, kind: &str, table: &str) -> Result<(), MirrorError> {
        let (mut rowids, mut old) = (Vec::new(), Vec::new());
        self.read(|index| {
            let mut small = index.prepare_cached(
                "SELECT v.no, p.rowids FROM _vocabulary v JOIN _postings p ON p.no = v.no \
                 WHERE v.kind = ?1 AND p.rows < ?2",
            )?;
            let mut small = small.query(params![kind, ROWS as i64 / 2])?;
            while let Some(row) = small.next()? {
                old.push(row.get::<_, i64>(0)?);
                rowids.extend(super::segment::rowids(scan::bytes(row.get_ref(1)?)));
            }
            Ok(())
        })?;
        if (old.len() as i64) < SMALL {
            return Ok(());
        }
        rowids.sort_unstable();
        rowids.dedup();
        // All of the new before any of the old goes: a search between the two finds rows twice, and that is harmless.
        for rowids in rowids.chunks(ROWS) {
            self.segment_of(table, rowids)?;
            self.save(kind, None)?;
        }
        self.write(|index| old.iter().try_for_each(|no| store::remove(index, *no)))
    }

    fn known(&self, kind: &str) -> Result<Known, MirrorError> {
        Ok(self.read(|index| known(index, kind))?.unwrap_or(Known {
            rowid: 0,
            page: 0,
            history: i64::MAX,
            schema: Schema::default(),
        }))
    }

    fn mirror<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, MirrorError> {
        work(&self.reader.connection).map_err(|e| self.reader.error(e))
    }

    fn read<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, MirrorError> {
        let path = || store::path(&self.reader.path);
        work(self.index).map_err(|e| MirrorError::sqlite("cannot read", &path(), e))
    }

    fn write(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<()>) -> Result<(), MirrorError> {
        let all = || {
            let whole = self.index.unchecked_transaction()?;
            work(&whole)?;
            whole.commit()
        };
        all().map_err(|e| MirrorError::sqlite("cannot write", &store::path(&self.reader.path), e))
    }
}

fn take_in(maker: &mut Maker, rowid: i64, data: &[u8], folded: &mut String) {
    maker.row(rowid);
    json::any_leaf(data, |leaf| {
        folded.clear();
        fold::fold_into(&json::decoded(leaf), folded);
        tokens::tokens(folded, |token| maker.token(token));
        false
    });
}
