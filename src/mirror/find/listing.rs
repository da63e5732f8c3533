//! The making of a view's list: candidates from the index or all rows, the filter on each, the order, the first page as
//! soon as it is known.

use std::time::{Duration, Instant};

use rusqlite::{OptionalExtension, Statement};

use super::merge::{self, Unsettled};
use super::order::{Direction, Entry, SortKey, Sorter};
use super::reading::{Columns, Reading};
use super::scan::{self, Cells, Harvest, Scan, Sieve, Source};
use super::{News, Query, SortBy, Tell, json, matcher::Matcher};
use crate::mirror::index::Index;
use crate::mirror::reader::{self, Row, window_row};
use crate::mirror::{MirrorError, Reader};

/// How long the search for a first page may go through the order of ids.
const FIRST_PAGE: Duration = Duration::from_millis(40);
/// Rows of a first page.
const FIRST_ROWS: usize = 100;
/// Rows from which on a first page is looked for apart.
const LONG: u64 = 4_096;

/// What a list is made of.
pub(super) struct Listing<'r> {
    pub(super) reader: &'r Reader,
    pub(super) query: &'r Query,
    pub(super) table: &'r str,
    pub(super) by_id: bool,
    pub(super) matcher: Matcher,
}

/// Where the value is that rows are sorted by.
enum By {
    Revision,
    /// In this column.
    Cell(String),
    /// In `data`.
    Path(Vec<String>),
}

impl Listing<'_> {
    pub(super) fn make(&self, index: Option<&Index>, tell: Tell<'_>) -> Result<Vec<i64>, MirrorError> {
        let texts = self.matcher.texts();
        let all = self.reader.rows_of(&self.query.kind)?;
        let candidates = match index {
            Some(index) if !texts.is_empty() => {
                // Rows one by one cost more than all in a row.
                let most = if all < LONG { u64::MAX } else { all / 16 };
                let mut ask = |_: News<'_>| tell(News::Scanned { rows: 0, of: all, hits: 0 });
                index.candidates(self.reader, &self.query.kind, &texts, most, &mut ask)?
            }
            _ => None,
        };
        self.reader.pinned(|_| self.list(candidates, all, tell))
    }

    /// The rows that pass, in order: of the candidates, or of all.
    fn list(&self, candidates: Option<Vec<i64>>, all: u64, tell: Tell<'_>) -> Result<Vec<i64>, MirrorError> {
        let of = candidates.as_ref().map_or(all, |rows| rows.len() as u64);
        let source = candidates.map_or(Source::All { in_order: !self.by_id }, Source::Rows);
        let columns = self.reader.sure_columns(&self.query.kind)?;
        match &self.query.sort.by {
            SortBy::Id => self.by_ids(&source, of, &columns, tell),
            by => self.sorted(&source, of, &columns, &self.by(by, &columns)?, tell),
        }
    }

    fn by(&self, sort: &SortBy, columns: &Columns) -> Result<By, MirrorError> {
        let SortBy::Field(field) = sort else { return Ok(By::Revision) };
        let path = self.reader.path_of(&self.query.kind, field)?;
        Ok(match (&*path, path.first().and_then(|field| columns.of(field))) {
            ([_], Some(column)) => By::Cell(column.to_owned()),
            _ => By::Path(path),
        })
    }

    fn scan<'s>(&'s self, reading: &'s Reading<'_>, of: u64) -> Scan<'s> {
        let sieve = (!self.matcher.is_empty()).then_some(reading as &dyn Sieve);
        Scan { table: self.table, sieve, columns: &reading.columns, data: reading.data, of }
    }

    fn by_ids(
        &self,
        source: &Source,
        of: u64,
        columns: &Columns,
        tell: Tell<'_>,
    ) -> Result<Vec<i64>, MirrorError> {
        let reading = Reading::new(&self.matcher, columns);
        let by_id = self.by_id;
        let harvest = Harvest {
            new: &Vec::new,
            take: &|handles: &mut Vec<i64>, hit| {
                handles.push(hit.handle(by_id));
                true
            },
        };
        let mut first = |tell: Tell<'_>| if of > LONG { self.first_page(source, of, tell) } else { Ok(()) };
        let parts = self.scan(&reading, of).run(self.reader, source, tell, &mut first, &harvest)?;
        let mut handles = parts.concat();
        if self.by_id {
            handles.sort_unstable();
        }
        if self.query.sort.descending {
            handles.reverse();
        }
        handles.shrink_to_fit();
        Ok(handles)
    }

    /// Looks for the first page in the order of ids, for a while.
    fn first_page(&self, source: &Source, of: u64, tell: Tell<'_>) -> Result<(), MirrorError> {
        let begun = Instant::now();
        let mut rows: Vec<Row> = Vec::new();
        let direction = if self.query.sort.descending { "DESC" } else { "ASC" };
        let say = |e| self.reader.error(e);
        let prepare = |sql: String| self.reader.connection.prepare(&sql).map_err(say);
        // The index of ids names the candidates without reading a row.
        let what =
            if matches!(source, Source::Rows(_)) { "rowid" } else { "rowid, id, revision, data, _session" };
        let mut found = prepare(format!("SELECT {what} FROM {} ORDER BY id {direction}", self.table))?;
        let mut one = prepare(format!(
            "SELECT rowid, id, revision, data, _session FROM {} WHERE rowid = ?1",
            self.table
        ))?;
        let mut found = found.query([]).map_err(say)?;
        let mut scratch = String::new();
        let mut seen = 0_u64;
        while rows.len() < FIRST_ROWS && begun.elapsed() < FIRST_PAGE {
            let Some(row) = found.next().map_err(say)? else { break };
            seen += 1;
            if seen.is_multiple_of(LONG) && !tell(News::Scanned { rows: 0, of, hits: 0 }) {
                return Err(MirrorError::Stopped);
            }
            match source {
                Source::Rows(candidates) => {
                    let rowid: i64 = row.get(0).map_err(say)?;
                    if candidates.binary_search(&rowid).is_ok() {
                        let mut row = one.query([rowid]).map_err(say)?;
                        if let Some(row) = row.next().map_err(say)? {
                            rows.extend(self.held(row, &mut scratch).map_err(say)?);
                        }
                    }
                }
                Source::All { .. } => rows.extend(self.held(row, &mut scratch).map_err(say)?),
            }
        }
        if rows.is_empty() || tell(News::First(&rows)) { Ok(()) } else { Err(MirrorError::Stopped) }
    }

    /// A row, where the filter lets it through.
    fn held(&self, row: &rusqlite::Row<'_>, scratch: &mut String) -> rusqlite::Result<Option<Row>> {
        let whole = Reading::new(&self.matcher, &Columns::default());
        if !whole.by_data(Cells::of(row), scan::bytes(row.get_ref(3)?), scratch) {
            return Ok(None);
        }
        Ok(Some(Row {
            id: reader::record_id(row.get_ref(1)?)?,
            revision: row.get(2)?,
            data: reader::text(row, 3)?,
            session: row.get(4)?,
        }))
    }

    fn sorted(
        &self,
        source: &Source,
        of: u64,
        columns: &Columns,
        by: &By,
        tell: Tell<'_>,
    ) -> Result<Vec<i64>, MirrorError> {
        let direction = Direction { descending: self.query.sort.descending, by_id: self.by_id };
        let mut reading = Reading::new(&self.matcher, columns);
        let place = if let By::Cell(column) = by { reading.place(column) } else { 0 };
        reading.data |= matches!(by, By::Path(_));
        let harvest = Harvest {
            new: &|| Sorter::new(direction, usize::try_from(of).unwrap_or(usize::MAX)),
            take: &|sorter: &mut Sorter, hit| {
                let key = match by {
                    By::Revision => hit.cells.revision().map_or(SortKey::of(None, 0), SortKey::integer),
                    By::Cell(_) => SortKey::of_cell(hit.cells.cell(place), 0),
                    By::Path(path) => SortKey::of(json::find(hit.data, path), 0),
                };
                sorter.push(key, hit.handle(direction.by_id));
                true
            },
        };
        let parts = self.scan(&reading, of).run(self.reader, source, tell, &mut |_| Ok(()), &harvest)?;
        let parts: Vec<Vec<Entry>> = parts.into_iter().map(Sorter::finish).collect();
        let hits = parts.iter().map(|part| part.len() as u64).sum();
        let mut keys = self.keys(by)?;
        if hits > LONG {
            self.first_sorted(&parts, direction, &mut keys, tell)?;
        }
        let rows = of.max(hits);
        let mut go_on =
            || tell(News::Scanned { rows, of: rows, hits }) && !self.reader.connection.is_interrupted();
        let sorted = merge::merge(&parts, direction, &mut go_on).ok_or(MirrorError::Stopped)?;
        drop(parts);
        sorted
            .settle(direction, &mut |handle, from| keys.of(handle, from), &mut go_on)
            .map_err(|e| self.error(e))
    }

    /// Shows the first rows of the order before the rest is brought into it.
    fn first_sorted(
        &self,
        parts: &[Vec<Entry>],
        direction: Direction,
        keys: &mut Keys<'_>,
        tell: Tell<'_>,
    ) -> Result<(), MirrorError> {
        let Some(top) = merge::top(parts, direction, FIRST_ROWS) else { return Ok(()) };
        let hits = parts.iter().map(|part| part.len() as u64).sum();
        let mut go_on = || tell(News::Scanned { rows: hits, of: hits, hits });
        let handles = top
            .settle(direction, &mut |handle, from| keys.of(handle, from), &mut go_on)
            .map_err(|e| self.error(e))?;
        let key = if self.by_id { "id" } else { "rowid" };
        let sql = format!("SELECT id, revision, data, _session FROM {} WHERE {key} = ?1", self.table);
        let say = |e| self.reader.error(e);
        let mut row = self.reader.connection.prepare_cached(&sql).map_err(say)?;
        let mut rows = Vec::with_capacity(FIRST_ROWS);
        for handle in handles.iter().take(FIRST_ROWS) {
            rows.extend(row.query_row([handle], window_row).optional().map_err(say)?);
        }
        if tell(News::First(&rows)) { Ok(()) } else { Err(MirrorError::Stopped) }
    }

    /// What tells the keys of single rows, of a view that does not go by id.
    pub(super) fn sort_keys(&self) -> Result<Keys<'_>, MirrorError> {
        self.keys(&self.by(&self.query.sort.by, &self.reader.sure_columns(&self.query.kind)?)?)
    }

    /// What tells the keys of single rows.
    fn keys(&self, by: &By) -> Result<Keys<'_>, MirrorError> {
        let (column, path) = match by {
            By::Revision => ("revision", None),
            By::Cell(column) => (column.as_str(), None),
            By::Path(path) => ("data", Some(path.clone())),
        };
        let key = if self.by_id { "id" } else { "rowid" };
        let sql = format!("SELECT {column} FROM {} WHERE {key} = ?1", self.table);
        let value = self.reader.connection.prepare(&sql).map_err(|e| self.reader.error(e))?;
        Ok(Keys { value, path })
    }

    fn error(&self, unsettled: Unsettled<rusqlite::Error>) -> MirrorError {
        match unsettled {
            Unsettled::Stopped => MirrorError::Stopped,
            Unsettled::Failed(error) => self.reader.error(error),
        }
    }
}

/// The sort keys of single rows, read again.
pub(super) struct Keys<'k> {
    value: Statement<'k>,
    path: Option<Vec<String>>,
}

impl Keys<'_> {
    /// The key of a row; of a text, from a byte on.
    pub(super) fn of(&mut self, handle: i64, from: usize) -> rusqlite::Result<SortKey> {
        let key = self.value.query_row([handle], |row| {
            Ok(match &self.path {
                Some(path) => SortKey::of(json::find(scan::bytes(row.get_ref(0)?), path), from),
                None => SortKey::of_cell(row.get_ref(0)?, from),
            })
        });
        Ok(key.optional()?.unwrap_or(SortKey::of(None, 0)))
    }
}
