//! One pass over what an index does not know yet: the new rows and the replaced ones of each type, a segment a
//! transaction, and small segments put together. While the mirror is being written it may rest between two of them.

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
/// How many times as long as it worked it rests, while the mirror is being written …
const REST: u32 = 49;
/// … which is over when nothing has come so many times: a second's worth, since a drain commits a thousand records at
/// once, and on a busy machine seldom …
const QUIET: u32 = 8;
/// … that it looked, so far apart.
const LOOK: Duration = Duration::from_millis(120);
/// How long it waits for such a second before it begins at all.
const PATIENCE: Duration = Duration::from_secs(8);

/// One pass.
pub(super) struct Pass<'a> {
    reader: &'a Reader,
    index: &'a Connection,
    tell: &'a mut dyn FnMut(u64, u64) -> bool,
    gives_way: bool,
    /// How many pages were committed when that was looked at last.
    pages: i64,
    rows: u64,
    of: u64,
    maker: Maker,
    /// Some of the rows that were taken in, and their ids.
    samples: Vec<(i64, Value)>,
}

impl<'a> Pass<'a> {
    /// A pass that `tell` hears of and may stop; one that `gives_way` rests while the mirror is being written.
    pub(super) fn new(
        reader: &'a Reader,
        index: &'a Connection,
        gives_way: bool,
        tell: &'a mut dyn FnMut(u64, u64) -> bool,
    ) -> Result<Self, MirrorError> {
        let pages = reader.pages()?;
        let maker = Maker::default();
        Ok(Self { reader, index, tell, gives_way, pages, rows: 0, of: 0, maker, samples: Vec::new() })
    }

    /// Takes in what the index does not know yet.
    pub(super) fn run(&mut self) -> Result<(), MirrorError> {
        if self.gives_way {
            self.wait_for_quiet()?;
        }
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
            let begun = Instant::now();
            at.rowid = self.new_rows(table, at.rowid)?;
            let end = self.maker.rows() < ROWS;
            if at != before {
                self.save(kind, Some(at))?;
            }
            self.give_way(begun.elapsed())?;
            if end {
                break;
            }
        }
        self.put_together(kind, table)
    }

    /// Lets whoever synchronizes right now go first: a short drain is over before this begins.
    fn wait_for_quiet(&mut self) -> Result<(), MirrorError> {
        self.rest(PATIENCE)
    }

    /// Rests, between two transactions, where the mirror was written meanwhile and as long as it is.
    fn give_way(&mut self, worked: Duration) -> Result<(), MirrorError> {
        if self.gives_way && self.is_written()? { self.rest(worked * REST) } else { Ok(()) }
    }

    /// Rests so long, or until the mirror is written no more.
    fn rest(&mut self, most: Duration) -> Result<(), MirrorError> {
        let (end, mut quiet) = (Instant::now() + most, 0);
        while quiet < QUIET && Instant::now() < end {
            std::thread::park_timeout(LOOK.min(end.saturating_duration_since(Instant::now())));
            if !(self.tell)(self.rows, self.of) {
                return Err(MirrorError::Stopped);
            }
            quiet = if self.is_written()? { 0 } else { quiet + 1 };
        }
        Ok(())
    }

    /// Whether pages were committed since this was asked last.
    fn is_written(&mut self) -> Result<bool, MirrorError> {
        let now = self.reader.pages()?;
        Ok(std::mem::replace(&mut self.pages, now) != now)
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
