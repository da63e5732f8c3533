//! A type's rows for Browse: filtered, sorted, in windows from any position. Blocks, so call it from a worker thread.
//!
//! - **In the order of ids, unfiltered**, nothing is listed: pages go by keyset. [`Reader::rank`] keeps every 1,024th
//!   id (16 KiB a million rows) so that a row's number is found in less than 1,024 steps of the index; until it
//!   is there, a jump to a row or a percentage estimates the id between the first and the last and says so.
//! - **Filtered or sorted**, one scan makes the list of the rows, 8 bytes each (40 more while it sorts), and every page
//!   after that is a lookup by position. The scan reads `data` as bytes and decodes only what may match: a virtual
//!   column would parse the whole JSON for each row. It tells how far it is, shows the first page as soon as it has it
//!   where rows come by id, and stops within 4,096 rows, or by [`Reader::interrupter`].
//!
//! A list is what the mirror had when it was made: rows that went since are left out of its pages, new ones are not in it.
//! The order is SQLite's for the same column; ids break ties, ascending in both directions.

pub(super) mod fold;
pub(super) mod json;
pub(super) mod matcher;
pub(super) mod number;
mod order;
mod page;
mod ranks;
mod resolve;
pub(super) mod scan;

use std::sync::OnceLock;

use rusqlite::OptionalExtension;
use rusqlite::types::ValueRef;

use super::filter::Filter;
use super::index::Index;
use super::reader::Row;
use super::{MirrorError, Reader};
use crate::protocol::RecordId;
use matcher::Matcher;
use order::{SortKey, Sorter};
use ranks::Ranks;
use scan::Source;

/// How long the search for a first page may go through the order of ids before the scan begins.
const FIRST_PAGE: std::time::Duration = std::time::Duration::from_millis(40);

/// What to show of a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The type, as received.
    pub kind: String,
    /// Which rows.
    pub filter: Filter,
    /// In which order.
    pub sort: Sort,
}

/// The order of rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sort {
    /// By what.
    pub by: SortBy,
    /// From the largest to the smallest.
    pub descending: bool,
}

/// What rows are ordered by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SortBy {
    /// The id: integers first, then texts.
    #[default]
    Id,
    /// The revision.
    Revision,
    /// A field, or `field.field` for one inside an object.
    Field(String),
}

/// What is heard while a view is made. Answer false to stop.
#[derive(Debug)]
pub enum News<'a> {
    /// The first rows of the view, before it is complete; at most once.
    First(&'a [Row]),
    /// How far it is.
    Scanned {
        /// Rows seen.
        rows: u64,
        /// Of so many, about.
        of: u64,
        /// Of these, so many are in the view.
        hits: u64,
    },
}

/// Hears [`News`] and says whether to go on.
pub type Tell<'a> = &'a mut dyn FnMut(News<'_>) -> bool;

/// Where a page of a view begins.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    /// At the first row.
    Top,
    /// With the last rows.
    Bottom,
    /// With the row of this number, from 0.
    Row(u64),
    /// Before the row of this number: the page ends there.
    Ending(u64),
    /// With the row at so many hundredths of the way.
    Percent(f64),
    /// With this record; where the view does not have it, with the one that would follow it by id, or the first.
    At(RecordId),
    /// Behind this record.
    After(RecordId),
    /// Before this record: the page ends there.
    Before(RecordId),
}

/// A page of a view.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sheet {
    /// The rows, in the view's order.
    pub rows: Vec<Row>,
    /// The number of the first row, from 0; none where it is not known yet ([`Reader::rank`]).
    pub first: Option<u64>,
    /// Whether that number is exact: it is an estimate before the ranks are there and where the mirror changed since.
    pub exact: bool,
    /// What to ask for the page above; none at the top.
    pub above: Option<Place>,
    /// What to ask for the page below; none at the bottom.
    pub below: Option<Place>,
}

/// A view, ready for any page of it. Share it freely.
#[derive(Debug)]
pub struct View {
    query: Query,
    /// The type's table, quoted; none where the mirror does not have the type.
    table: Option<String>,
    order: Order,
}

#[derive(Debug)]
enum Order {
    /// By id, all rows.
    Ids(OnceLock<Ranks>),
    /// These rows: ids, or rowids where not every id is an integer.
    List { handles: Vec<i64>, by_id: bool },
}

impl View {
    /// What it shows.
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// How many rows are in it, exactly; none where it has all rows of the type (their number is in [`Reader::kinds`]).
    pub fn hits(&self) -> Option<u64> {
        match &self.order {
            Order::Ids(_) => None,
            Order::List { handles, .. } => Some(handles.len() as u64),
        }
    }
}

impl Reader {
    /// Makes a view. In the order of ids without a filter this is instant; else it reads the whole type once, or,
    /// with an index, what may match.
    ///
    /// # Errors
    /// [`MirrorError::Query`] for a field that the type does not have; [`MirrorError::Stopped`]; else the mirror cannot
    /// be read.
    pub fn view(&self, query: &Query, index: Option<&Index>, tell: Tell<'_>) -> Result<View, MirrorError> {
        let table = self.table(&query.kind)?;
        let everything = query.filter.is_empty() && query.sort.by == SortBy::Id;
        let order = match &table {
            None => Order::List { handles: Vec::new(), by_id: true },
            Some(_) if everything => Order::Ids(OnceLock::new()),
            Some(table) => {
                let matcher = self.matcher(&query.kind, &query.filter)?;
                let by_id = self.integer_ids(table)?;
                let listing = Listing { reader: self, query, table, by_id, matcher };
                Order::List { handles: listing.make(index, tell)?, by_id }
            }
        };
        Ok(View { query: query.clone(), table, order })
    }

    /// Every record of a type that a filter matches, one after the other in no promised order, until `row` answers
    /// false: for exports.
    ///
    /// # Errors
    /// As [`Reader::view`].
    pub fn each_row(&self, view: &View, row: &mut dyn FnMut(Row) -> bool) -> Result<(), MirrorError> {
        let mut place = Some(Place::Top);
        while let Some(at) = place {
            let sheet = self.page(view, &at, 256)?;
            for found in sheet.rows {
                if !row(found) {
                    return Ok(());
                }
            }
            place = sheet.below;
        }
        Ok(())
    }

    /// Whether all ids of a table are integers. They sort before texts, so the last one tells.
    pub(super) fn integer_ids(&self, table: &str) -> Result<bool, MirrorError> {
        let sql = format!("SELECT id FROM {table} ORDER BY id DESC LIMIT 1");
        self.connection
            .prepare_cached(&sql)
            .and_then(|mut last| {
                last.query_row([], |row| Ok(matches!(row.get_ref(0)?, ValueRef::Integer(_)))).optional()
            })
            .map(|last| last.unwrap_or(true))
            .map_err(|e| self.error(e))
    }

    /// Rows of a type, from its counter.
    pub(super) fn rows_of(&self, kind: &str) -> Result<u64, MirrorError> {
        self.connection
            .prepare_cached("SELECT rows FROM _type WHERE name = ?1")
            .and_then(|mut rows| rows.query_row([kind], |row| row.get::<_, i64>(0)).optional())
            .map(|rows| rows.unwrap_or(0) as u64)
            .map_err(|e| self.error(e))
    }
}

/// The making of a list.
struct Listing<'r> {
    reader: &'r Reader,
    query: &'r Query,
    table: &'r str,
    by_id: bool,
    matcher: Matcher,
}

impl Listing<'_> {
    fn make(&self, index: Option<&Index>, tell: Tell<'_>) -> Result<Vec<i64>, MirrorError> {
        let texts = self.matcher.texts();
        let candidates = match index {
            Some(index) if !texts.is_empty() => index.candidates(self.reader, &self.query.kind, &texts)?,
            _ => None,
        };
        // Rows one by one cost more than all in a row.
        let all = self.reader.rows_of(&self.query.kind)?;
        let candidates = candidates.filter(|rows| (rows.len() as u64) < all / 8 || all < 4_096);
        let of = match &candidates {
            Some(rows) => rows.len() as u64,
            None => all,
        };
        if self.query.sort.by == SortBy::Id && of > 4_096 {
            self.first_page(candidates.as_deref(), tell)?;
        }
        let source = candidates.map_or(Source::All { in_order: !self.by_id }, Source::Rows);
        match &self.query.sort.by {
            SortBy::Id => self.by_ids(&source, of, tell),
            SortBy::Revision => self.sorted(&source, of, tell, None),
            SortBy::Field(field) => {
                let path = self.reader.path_of(&self.query.kind, field)?;
                self.sorted(&source, of, tell, Some(path))
            }
        }
    }

    /// Looks for the first page in the order of ids, for a while.
    fn first_page(&self, candidates: Option<&[i64]>, tell: Tell<'_>) -> Result<(), MirrorError> {
        const ROWS: usize = 100;
        let begun = std::time::Instant::now();
        let mut rows: Vec<Row> = Vec::new();
        let direction = if self.query.sort.descending { "DESC" } else { "ASC" };
        let sql =
            format!("SELECT id, revision, data, _session, rowid FROM {} ORDER BY id {direction}", self.table);
        let say = |e| self.reader.error(e);
        let mut statement = self.reader.connection.prepare_cached(&sql).map_err(say)?;
        let mut found = statement.query([]).map_err(say)?;
        let mut scratch = String::new();
        while rows.len() < ROWS && begun.elapsed() < FIRST_PAGE {
            let Some(row) = found.next().map_err(say)? else { break };
            if let Some(candidates) = candidates
                && candidates.binary_search(&row.get(4).map_err(say)?).is_err()
            {
                continue;
            }
            if scan::holds(&self.matcher, row, &mut scratch).map_err(say)? {
                rows.push(super::reader::window_row(row).map_err(say)?);
            }
        }
        if rows.is_empty() || tell(News::First(&rows)) { Ok(()) } else { Err(MirrorError::Stopped) }
    }

    fn by_ids(&self, source: &Source, of: u64, tell: Tell<'_>) -> Result<Vec<i64>, MirrorError> {
        let mut handles = Vec::new();
        let scan =
            scan::Scan { reader: self.reader, table: self.table, matcher: &self.matcher, of, data: true };
        scan.run(source, tell, &mut |hit| {
            handles.push(if self.by_id { hit.id } else { hit.rowid });
            handles.len()
        })?;
        if self.by_id {
            handles.sort_unstable();
        }
        if self.query.sort.descending {
            handles.reverse();
        }
        handles.shrink_to_fit();
        Ok(handles)
    }

    fn sorted(
        &self,
        source: &Source,
        of: u64,
        tell: Tell<'_>,
        path: Option<Vec<String>>,
    ) -> Result<Vec<i64>, MirrorError> {
        let descending = self.query.sort.descending;
        let mut sorter = Sorter::new(descending, self.by_id);
        let data = path.is_some() || !self.matcher.is_empty();
        let scan = scan::Scan { reader: self.reader, table: self.table, matcher: &self.matcher, of, data };
        scan.run(source, tell, &mut |hit| {
            let key = match &path {
                Some(path) => SortKey::of(json::find(hit.data, path), 0),
                None => hit.revision.map_or(SortKey::of(None, 0), SortKey::integer),
            };
            sorter.push(key, if self.by_id { hit.id } else { hit.rowid });
            sorter.len()
        })?;
        let hits = sorter.len() as u64;
        let sorted = sorter
            .finish(|| !self.reader.connection.is_interrupted() && tell(News::Scanned { rows: of, of, hits }))
            .ok_or(MirrorError::Stopped)?;
        let Some(path) = path else { return Ok(sorted.handles) };
        let key = if self.by_id { "id" } else { "rowid" };
        let sql = format!("SELECT data FROM {} WHERE {key} = ?1", self.table);
        let mut data = self.reader.connection.prepare_cached(&sql).map_err(|e| self.reader.error(e))?;
        let mut settled = 0_u64;
        sorted.settle(descending, |handle, from| {
            settled += 1;
            if settled.is_multiple_of(4_096) && !tell(News::Scanned { rows: of, of, hits }) {
                return Err(MirrorError::Stopped);
            }
            data.query_row([handle], |row| {
                Ok(SortKey::of(json::find(scan::bytes(row.get_ref(0)?), &path), from))
            })
            .optional()
            .map(|key| key.unwrap_or(SortKey::of(None, 0)))
            .map_err(|e| self.reader.error(e))
        })
    }
}
