//! One thread's share of a pass: it takes parts of the table, judges their rows, counts, and stops with the others.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rusqlite::{Row as SqlRow, Statement};

use super::{Cells, Harvest, Hit, Scan, bytes};
use crate::mirror::find::{News, Tell};
use crate::mirror::{MirrorError, Reader, reader};
use crate::protocol::RecordId;

/// Rows between two words on progress, which are two chances to stop: about a millisecond.
const STEP: u64 = 1_024;
/// Rowids in a part, at least.
const PART: i64 = 8_192;
/// Parts, at most: rowids may have gaps as wide as a deleted table.
const PARTS: i64 = 512;
/// `data` is read with every row once more than one row in so many had to be asked for it.
const ASKING: u64 = 8;

/// What those who share a pass have in common.
pub(super) struct Shared {
    first: i64,
    last: i64,
    /// Rowids in a part.
    part: i64,
    /// The number of the next part.
    next: AtomicU64,
    pub(super) stop: AtomicBool,
    rows: AtomicU64,
    hits: AtomicU64,
}

impl Shared {
    pub(super) fn new(first: i64, last: i64) -> Self {
        let part = (last.saturating_sub(first) / PARTS).max(PART);
        let (next, rows, hits) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
        Self { first, last, part, next, stop: AtomicBool::new(false), rows, hits }
    }

    /// The next part: its first and last rowid.
    fn part(&self) -> Option<(i64, i64)> {
        let no = i128::from(self.next.fetch_add(1, Ordering::Relaxed));
        let first = i64::try_from(i128::from(self.first) + no * i128::from(self.part)).ok()?;
        (first <= self.last).then(|| (first, first.saturating_add(self.part - 1).min(self.last)))
    }
}

/// A thread's share of a pass.
pub(super) struct Work<'a, T> {
    scan: &'a Scan<'a>,
    reader: &'a Reader,
    shared: &'a Shared,
    /// Helpers only count.
    tell: Option<Tell<'a>>,
    take: &'a (dyn Fn(&mut T, Hit<'_>) -> bool + Sync),
    pub(super) collected: T,
    scratch: String,
    /// The statement that asks for `data`.
    ask: Option<Statement<'a>>,
    /// Rows and hits that the others do not know of yet.
    rows: u64,
    hits: u64,
    /// Rows whose `data` had to be asked for.
    asked: u64,
}

impl<'a, T> Work<'a, T> {
    pub(super) fn new(
        scan: &'a Scan<'a>,
        reader: &'a Reader,
        shared: &'a Shared,
        tell: Option<Tell<'a>>,
        harvest: &Harvest<'a, T>,
    ) -> Self {
        let (collected, take, scratch) = ((harvest.new)(), harvest.take, String::new());
        Self { scan, reader, shared, tell, take, collected, scratch, ask: None, rows: 0, hits: 0, asked: 0 }
    }

    fn error(&self, error: rusqlite::Error) -> MirrorError {
        self.reader.error(error)
    }

    /// The statement that reads rows.
    pub(super) fn statement(&self, which: &str, data: bool) -> Result<Statement<'a>, MirrorError> {
        let mut sql = format!("SELECT rowid, id, revision, {}", if data { "data" } else { "NULL" });
        for column in self.scan.columns {
            sql.push_str(", ");
            sql.push_str(column);
        }
        let sql = format!("{sql} FROM {} {which}", self.scan.table);
        self.reader.connection.prepare(&sql).map_err(|e| self.error(e))
    }

    /// The leader's work.
    pub(super) fn lead(
        &mut self,
        first: &mut dyn FnMut(Tell<'_>) -> Result<(), MirrorError>,
    ) -> Result<(), MirrorError> {
        if let Some(tell) = &mut self.tell {
            first(&mut **tell)?;
        }
        self.parts()
    }

    /// Takes one part after the other until none is left.
    pub(super) fn parts(&mut self) -> Result<(), MirrorError> {
        const PART: &str = "NOT INDEXED WHERE rowid BETWEEN ?1 AND ?2";
        let mut seen = 0;
        let mut light = self.statement(PART, self.scan.data)?;
        let mut whole = None;
        while let Some((first, last)) = self.shared.part() {
            if self.scan.data || self.asked * ASKING <= seen {
                seen += self.rows(&mut light, &[first, last], self.scan.data)?;
            } else {
                let statement = match &mut whole {
                    Some(statement) => statement,
                    None => whole.insert(self.statement(PART, true)?),
                };
                seen += self.rows(statement, &[first, last], true)?;
            }
        }
        self.say()
    }

    /// Goes through the rows of a statement; how many there were.
    pub(super) fn rows(
        &mut self,
        statement: &mut Statement<'a>,
        of: &[i64],
        data: bool,
    ) -> Result<u64, MirrorError> {
        let reader = self.reader;
        let say = |e| reader.error(e);
        let mut rows = statement.query(rusqlite::params_from_iter(of)).map_err(say)?;
        let mut seen = 0;
        while let Some(row) = rows.next().map_err(say)? {
            seen += 1;
            self.row(row, data)?;
            self.rows += 1;
            if self.rows >= STEP {
                self.say()?;
            }
        }
        Ok(seen)
    }

    fn row(&mut self, row: &SqlRow<'_>, data: bool) -> Result<(), MirrorError> {
        let cells = Cells(row);
        let judged = match self.scan.sieve {
            None => Some(true),
            // With `data` at hand cells alone are still the shorter way.
            Some(sieve) => sieve.by_cells(cells, &mut self.scratch),
        };
        match judged {
            Some(false) => {}
            Some(true) => self.take(Hit { cells, data: bytes(cells.value(3)) }),
            None if data => self.judge(cells, bytes(cells.value(3))),
            None => self.ask(cells)?,
        }
        Ok(())
    }

    /// Judges by `data` that was not read with the row.
    fn ask(&mut self, cells: Cells<'_>) -> Result<(), MirrorError> {
        let reader = self.reader;
        let say = |e| reader.error(e);
        self.asked += 1;
        let mut ask = if let Some(ask) = self.ask.take() {
            ask
        } else {
            let sql = format!("SELECT data FROM {} WHERE rowid = ?1", self.scan.table);
            reader.connection.prepare(&sql).map_err(say)?
        };
        let mut found = ask.query([cells.rowid()]).map_err(say)?;
        if let Some(row) = found.next().map_err(say)? {
            self.judge(cells, bytes(row.get_ref(0).map_err(say)?));
        }
        drop(found);
        self.ask = Some(ask);
        Ok(())
    }

    fn judge(&mut self, cells: Cells<'_>, data: &[u8]) {
        if self.scan.sieve.is_none_or(|sieve| sieve.by_data(cells, data, &mut self.scratch)) {
            self.take(Hit { cells, data });
        }
    }

    fn take(&mut self, hit: Hit<'_>) {
        self.hits += u64::from((self.take)(&mut self.collected, hit));
    }

    /// Counts together with the others, tells how far all are, and hears whether to go on.
    fn say(&mut self) -> Result<(), MirrorError> {
        let add = |to: &AtomicU64, n: &mut u64| {
            let n = std::mem::take(n);
            to.fetch_add(n, Ordering::AcqRel) + n
        };
        let rows = add(&self.shared.rows, &mut self.rows);
        let hits = add(&self.shared.hits, &mut self.hits).min(rows);
        let news = News::Scanned { rows, of: self.scan.of.max(rows), hits };
        if self.tell.as_mut().is_some_and(|tell| !tell(news)) {
            self.shared.stop.store(true, Ordering::Relaxed);
        }
        if self.shared.stop.load(Ordering::Relaxed) { Err(MirrorError::Stopped) } else { Ok(()) }
    }

    /// The same for a leader who waits for helpers.
    pub(super) fn wait(&mut self) -> Result<(), MirrorError> {
        self.say()?;
        if self.reader.connection.is_interrupted() { Err(MirrorError::Stopped) } else { Ok(()) }
    }

    /// Rowids as they are, or in the order of ids where those do not sort as integers.
    pub(super) fn in_order<'r>(&mut self, rowids: &'r [i64]) -> Result<Cow<'r, [i64]>, MirrorError> {
        if self.reader.integer_ids(self.scan.table)? {
            return Ok(rowids.into());
        }
        let reader = self.reader;
        let say = |e| reader.error(e);
        let sql = format!("SELECT id FROM {} WHERE rowid = ?1", self.scan.table);
        let mut statement = reader.connection.prepare(&sql).map_err(say)?;
        let mut keyed: Vec<(RecordId, i64)> = Vec::with_capacity(rowids.len());
        for (i, rowid) in rowids.iter().enumerate() {
            let mut rows = statement.query([rowid]).map_err(say)?;
            if let Some(row) = rows.next().map_err(say)? {
                keyed.push((reader::record_id(row.get_ref(0).map_err(say)?).map_err(say)?, *rowid));
            }
            if (i as u64).is_multiple_of(STEP) {
                self.say()?;
            }
        }
        keyed.sort();
        Ok(keyed.into_iter().map(|(_, rowid)| rowid).collect())
    }
}
