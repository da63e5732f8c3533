//! One pass over a table, or over some rows of it: the filter on each, progress, and a stop.
//!
//! A pass over a large table is shared: its rowids are cut into parts, and helpers on connections of their own take one
//! part after the other beside the caller. All of them read one state of the mirror: each keeps a transaction open from
//! the start, and a helper whose state has other pages than the caller's goes away and leaves it the work.

mod work;

use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::time::Duration;

use rusqlite::Row as SqlRow;
use rusqlite::types::ValueRef;

use super::Tell;
use crate::mirror::{MirrorError, Reader};
use work::{Shared, Work};

/// From how many rows on helpers are worth their start.
const SHARED: u64 = 16_384;
/// How long the leader waits for helpers before it tells again.
const PATIENCE: Duration = Duration::from_millis(5);

/// Which rows are read.
#[derive(Debug)]
pub(in crate::mirror) enum Source {
    /// All: in no order, by several threads; or in the order of their ids.
    All { in_order: bool },
    /// Those with these rowids, ascending; visited in the order of their ids where not all ids are integers.
    Rows(Vec<i64>),
}

/// What lets rows through. It looks at the columns that hold fields first: they are small, and `data` is not.
pub(in crate::mirror) trait Sieve: Sync {
    /// Judges by columns; none where only `data` can tell.
    fn by_cells(&self, row: Cells<'_>, scratch: &mut String) -> Option<bool>;
    /// Judges by the record.
    fn by_data(&self, row: Cells<'_>, data: &[u8], scratch: &mut String) -> bool;
}

/// A row's values beside `data`.
#[derive(Debug, Clone, Copy)]
pub(in crate::mirror) struct Cells<'a>(&'a SqlRow<'a>);

impl<'a> Cells<'a> {
    /// Of a row that begins with `rowid, id, revision, data`.
    pub(super) fn of(row: &'a SqlRow<'a>) -> Self {
        Self(row)
    }

    pub(in crate::mirror) fn rowid(self) -> i64 {
        if let ValueRef::Integer(rowid) = self.value(0) { rowid } else { 0 }
    }

    /// The id as it lies in the table.
    pub(in crate::mirror) fn id(self) -> ValueRef<'a> {
        self.value(1)
    }

    pub(in crate::mirror) fn revision(self) -> Option<i64> {
        if let ValueRef::Integer(revision) = self.value(2) { Some(revision) } else { None }
    }

    /// A column of [`Scan::columns`].
    pub(in crate::mirror) fn cell(self, column: usize) -> ValueRef<'a> {
        self.value(4 + column)
    }

    fn value(self, index: usize) -> ValueRef<'a> {
        self.0.get_ref(index).unwrap_or(ValueRef::Null) // there is no column that the statement does not name
    }
}

/// A row that the sieve let through.
#[derive(Debug, Clone, Copy)]
pub(in crate::mirror) struct Hit<'a> {
    pub(in crate::mirror) cells: Cells<'a>,
    /// Empty where nobody asked for it.
    pub(in crate::mirror) data: &'a [u8],
}

impl Hit<'_> {
    /// The id, or the rowid where not all ids are integers.
    pub(in crate::mirror) fn handle(&self, by_id: bool) -> i64 {
        match self.cells.id() {
            ValueRef::Integer(id) if by_id => id,
            _ => self.cells.rowid(),
        }
    }
}

/// A pass.
pub(in crate::mirror) struct Scan<'a> {
    /// Quoted.
    pub(in crate::mirror) table: &'a str,
    /// None lets every row through.
    pub(in crate::mirror) sieve: Option<&'a dyn Sieve>,
    /// Columns to read, quoted.
    pub(in crate::mirror) columns: &'a [String],
    /// Whether `data` is read of every row.
    pub(in crate::mirror) data: bool,
    /// Rows there are, about.
    pub(in crate::mirror) of: u64,
}

/// What a pass is for: what each thread begins with, and what it does with a hit, saying whether that counts.
pub(in crate::mirror) struct Harvest<'a, T> {
    pub(in crate::mirror) new: &'a (dyn Fn() -> T + Sync),
    pub(in crate::mirror) take: &'a (dyn Fn(&mut T, Hit<'_>) -> bool + Sync),
}

impl Scan<'_> {
    /// What each thread collected; rows in order are all in the first. `first` runs on the caller's thread while
    /// helpers are at work already.
    pub(in crate::mirror) fn run<T: Send>(
        &self,
        reader: &Reader,
        source: &Source,
        tell: Tell<'_>,
        first: &mut dyn FnMut(Tell<'_>) -> Result<(), MirrorError>,
        harvest: &Harvest<'_, T>,
    ) -> Result<Vec<T>, MirrorError> {
        if matches!(source, Source::All { in_order: false }) && self.of >= SHARED {
            return reader.pinned(|pages| self.share(reader, pages, tell, first, harvest));
        }
        first(tell)?;
        let shared = Shared::new(0, -1);
        let mut work = Work::new(self, reader, &shared, Some(tell), harvest);
        match source {
            Source::All { in_order } => {
                let order = if *in_order { "ORDER BY id" } else { "NOT INDEXED" };
                let mut statement = work.statement(order, self.data)?;
                work.rows(&mut statement, &[], self.data)?;
            }
            Source::Rows(rowids) => {
                let rowids = work.in_order(rowids)?;
                let mut statement = work.statement("WHERE rowid = ?1", self.data)?;
                for rowid in rowids.iter() {
                    work.rows(&mut statement, &[*rowid], self.data)?;
                }
            }
        }
        if reader.connection.is_interrupted() { Err(MirrorError::Stopped) } else { Ok(vec![work.collected]) }
    }

    /// The pass over all rows, by several threads.
    fn share<T: Send>(
        &self,
        reader: &Reader,
        pages: i64,
        tell: Tell<'_>,
        first: &mut dyn FnMut(Tell<'_>) -> Result<(), MirrorError>,
        harvest: &Harvest<'_, T>,
    ) -> Result<Vec<T>, MirrorError> {
        let say = |e| reader.error(e);
        let ends = format!("SELECT (SELECT min(rowid) FROM {0}), (SELECT max(rowid) FROM {0})", self.table);
        let end = |row: &SqlRow<'_>| Ok((row.get::<_, Option<i64>>(0)?, row.get::<_, Option<i64>>(1)?));
        let (Some(low), Some(high)) = reader.connection.query_row(&ends, [], end).map_err(say)? else {
            return Ok(Vec::new());
        };
        let shared = Shared::new(low, high);
        let (answer, answers) = mpsc::channel();
        std::thread::scope(|threads| {
            for _ in 1..crew() {
                let (answer, shared, path) = (answer.clone(), &shared, reader.path());
                let help = move || drop(answer.send(self.help(path, pages, shared, harvest)));
                // Where the system gives no thread there is one helper less.
                let _ = std::thread::Builder::new().name("scan".into()).spawn_scoped(threads, help);
            }
            drop(answer);
            let mut work = Work::new(self, reader, &shared, Some(tell), harvest);
            let mine = work.lead(first);
            if mine.is_err() {
                shared.stop.store(true, Ordering::Relaxed);
            }
            let mut all = Vec::new();
            let mut failed = mine.err();
            loop {
                match answers.recv_timeout(PATIENCE) {
                    Ok(Ok(theirs)) => all.extend(theirs),
                    Ok(Err(error)) => {
                        failed = Some(
                            failed.filter(|known| !matches!(known, MirrorError::Stopped)).unwrap_or(error),
                        );
                        shared.stop.store(true, Ordering::Relaxed);
                    }
                    Err(mpsc::RecvTimeoutError::Disconnected) => break,
                    Err(mpsc::RecvTimeoutError::Timeout) => {
                        if failed.is_none()
                            && let Err(error) = work.wait()
                        {
                            shared.stop.store(true, Ordering::Relaxed);
                            failed = Some(error);
                        }
                    }
                }
            }
            // An interruption between two statements is still to be seen here, and not behind the next.
            let stopped = || reader.connection.is_interrupted().then_some(MirrorError::Stopped);
            all.push(work.collected);
            failed.or_else(stopped).map_or(Ok(all), Err)
        })
    }

    /// A helper's work; none where it cannot see what the leader sees.
    fn help<T>(
        &self,
        path: &std::path::Path,
        led: i64,
        shared: &Shared,
        harvest: &Harvest<'_, T>,
    ) -> Result<Option<T>, MirrorError> {
        // What is wrong with the mirror the leader will say.
        let Ok(reader) = Reader::open(path) else { return Ok(None) };
        reader.pinned(|pages| {
            if pages != led {
                return Ok(None);
            }
            let mut work = Work::new(self, &reader, shared, None, harvest);
            work.parts()?;
            Ok(Some(work.collected))
        })
    }
}

/// How many pages were ever committed: it says which state of the mirror is read.
const PAGES: &str = "SELECT pages FROM _total";

impl Reader {
    /// How many pages were ever committed.
    pub(in crate::mirror) fn pages(&self) -> Result<i64, MirrorError> {
        self.connection
            .prepare_cached(PAGES)
            .and_then(|mut pages| pages.query_row([], |row| row.get(0)))
            .map_err(|e| self.error(e))
    }

    /// Works on one state of the mirror, the one after so many pages; and no interruption between two statements is
    /// lost, since one is under way all the time.
    pub(in crate::mirror) fn pinned<T, E: From<MirrorError>>(
        &self,
        work: impl FnOnce(i64) -> Result<T, E>,
    ) -> Result<T, E> {
        let say = |e| E::from(self.error(e));
        let mut pin = self.connection.prepare(PAGES).map_err(say)?;
        let mut pin = pin.query([]).map_err(say)?;
        let pages = pin.next().and_then(|row| row.map_or(Ok(0), |row| row.get(0)));
        work(pages.map_err(say)?)
    }
}

/// Threads for a pass: more than a few would only wait for the disk, and each has a cache of its own.
pub(super) fn crew() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(4)
}

/// The bytes of a text, whatever they are.
pub(in crate::mirror) fn bytes(value: ValueRef<'_>) -> &[u8] {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes,
        _ => b"",
    }
}
