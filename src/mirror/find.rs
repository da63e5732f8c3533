//! A type's rows for Browse: filtered, sorted, in windows from any position. Blocks, so call it from a worker thread.
//!
//! - **In the order of ids, unfiltered**, nothing is listed: pages go by keyset. [`Reader::rank`] keeps every 1,024th
//!   id (16 KiB a million rows) so that a row's number is found in less than 1,024 steps of the index; until it
//!   is there, a jump to a row or a percentage estimates the id between the first and the last and says so.
//! - **Filtered or sorted**, one scan by several threads makes the list of the rows, 8 bytes each (32 more while it
//!   sorts), and every page after that is a lookup by position. It reads the columns of the fields in question where
//!   they say enough, else `data` as bytes, and decodes only what may match. It tells how far it is, shows the first
//!   page as soon as it has it, and stops within 1,024 rows, or by [`Reader::interrupter`].
//!
//! In reading order: `scan` (one pass, by several threads), `matcher`, `dangling` and `reading` (what lets rows
//! through), `order` and `merge` (sorting), `listing` (a view's list), `page` and `ranks` (its pages), `hits` (the next
//! row with a text), `resolve` (what a filter's names mean).
//!
//! A list is what the mirror had when it was made: rows that went since are left out of its pages, new ones are not in
//! it. The order is SQLite's for the same column, decimals in texts being numbers (`order`); ids break ties, ascending
//! in both directions.

mod accents;
pub(super) mod dangling;
pub(super) mod fold;
mod hits;
pub(super) mod json;
mod listing;
pub(super) mod matcher;
mod merge;
pub(super) mod number;
mod order;
mod page;
mod ranks;
pub(super) mod reading;
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
pub use fold::{without_accents, without_case};
pub use hits::{From, Hit};
use listing::Listing;
use ranks::Ranks;

/// Whether two numbers, as JSON writes them, are the same number: exactly, through no float.
pub fn equal_numbers(a: &str, b: &str) -> bool {
    let (a, b) = (number::Number::parse(a.as_bytes()), number::Number::parse(b.as_bytes()));
    a.is_some() && a == b
}

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

/// What is heard while a view is made, on the caller's thread. Answer false to stop: it is asked every 1,024 rows, and
/// in every phase.
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
    /// [`MirrorError::Query`] for a field that the type does not have and a condition that nothing can fulfil; [`MirrorError::Stopped`]; else the mirror cannot
    /// be read.
    pub fn view(&self, query: &Query, index: Option<&Index>, tell: Tell<'_>) -> Result<View, MirrorError> {
        let table = self.table(&query.kind)?;
        let everything = query.filter.is_empty() && query.sort.by == SortBy::Id;
        let order = match &table {
            None => Order::List { handles: Vec::new(), by_id: true },
            Some(_) if everything => Order::Ids(OnceLock::new()),
            Some(table) => {
                let matcher = self.matcher(&query.kind, &query.filter, tell)?;
                let by_id = self.integer_ids(table)?;
                let listing = Listing { reader: self, query, table, by_id, matcher };
                let handles = listing.make(index, tell)?;
                if handles.is_empty() {
                    self.why_nothing(&query.kind, &listing.matcher)?;
                }
                Order::List { handles, by_id }
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
