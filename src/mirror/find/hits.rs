//! The rows of a view that have a text: the next one from any record, and how many there are.
//!
//! The hits are a view of their own, with one condition more and in the same order, so that the index or one pass finds
//! them as it finds any view. From then on the next one is a search by halves: rows are compared by what the view is
//! sorted by, and nothing is read but the rows that are compared.

use std::cmp::Ordering;

use rusqlite::OptionalExtension;

use super::listing::{Keys, Listing};
use super::matcher::Matcher;
use super::order::TEXT;
use super::{Order, Query, SortBy, View};
use crate::mirror::apply::Key;
use crate::mirror::filter::{Filter, Term, Test};
use crate::mirror::reader::record_id;
use crate::mirror::{MirrorError, Reader};
use crate::protocol::RecordId;

/// From where to look for the next hit, and which way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct From {
    /// The record; none where the view has none, then from its beginning or its end.
    pub id: Option<RecordId>,
    /// Whether the record itself may be the hit.
    pub with: bool,
    /// To the rows before it.
    pub back: bool,
}

/// A row that has the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The record.
    pub id: RecordId,
    /// Its number among the hits, from 0.
    pub no: u64,
    /// Whether the search went round the end of the view.
    pub round: bool,
}

impl Query {
    /// Of these rows, those that have a text in any value, in the same order.
    #[must_use]
    pub fn with_text(&self, text: &str) -> Self {
        let term = Term { negated: false, test: Test::Anywhere(text.to_owned()) };
        let terms = self.filter.terms.iter().cloned().chain([term]).collect();
        Self { filter: Filter { terms }, ..self.clone() }
    }
}

impl Reader {
    /// The hit next to a record, round the ends of the view; none where there is none. A hit whose record went since is
    /// passed over.
    ///
    /// # Errors
    /// [`MirrorError`] where the mirror cannot be read.
    pub fn next_hit(&self, hits: &View, from: &From) -> Result<Option<Hit>, MirrorError> {
        let (Order::List { handles, by_id }, Some(table)) = (&hits.order, &hits.table) else {
            return Ok(None);
        };
        let len = handles.len();
        // The hits before this place lie before the record.
        let at = match &from.id {
            None if from.back => len,
            None => 0,
            Some(id) => {
                let listing = Listing {
                    reader: self,
                    query: &hits.query,
                    table,
                    by_id: *by_id,
                    matcher: Matcher::default(),
                };
                // Forward the record itself is behind the place where it may be the hit; backward before it.
                let with = if from.with == from.back { Ordering::Greater } else { Ordering::Equal };
                Compass::new(&listing)?.place(handles, id, with)?
            }
        };
        let key = if *by_id { "id" } else { "rowid" };
        let say = |e| self.error(e);
        let mut id = self
            .connection
            .prepare_cached(&format!("SELECT id FROM {table} WHERE {key} = ?1"))
            .map_err(say)?;
        for step in 0..len {
            let no = if from.back { (at + len - 1 - step) % len } else { (at + step) % len };
            let there =
                id.query_row([handles[no]], |row| record_id(row.get_ref(0)?)).optional().map_err(say)?;
            if let Some(id) = there {
                let round = if from.back { no >= at } else { no < at };
                return Ok(Some(Hit { id, no: no as u64, round }));
            }
        }
        Ok(None)
    }
}

/// Compares rows as their view has them.
struct Compass<'k> {
    listing: &'k Listing<'k>,
    /// What tells a row's key; none where rows go by id.
    keys: Option<Keys<'k>>,
}

impl<'k> Compass<'k> {
    fn new(listing: &'k Listing<'k>) -> Result<Self, MirrorError> {
        let keys = match &listing.query.sort.by {
            SortBy::Id => None,
            _ => Some(listing.sort_keys()?),
        };
        Ok(Self { listing, keys })
    }

    /// The first of the rows that lies behind a record; with [`Ordering::Equal`] the first that does not lie before it.
    fn place(&mut self, handles: &[i64], id: &RecordId, least: Ordering) -> Result<usize, MirrorError> {
        let handle = self.handle(id)?;
        let (mut low, mut high) = (0, handles.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.order(handles[middle], handle, id)? >= least {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Ok(low)
    }

    /// How a row lies to a record.
    fn order(&mut self, row: i64, handle: Option<i64>, id: &RecordId) -> Result<Ordering, MirrorError> {
        let sort = &self.listing.query.sort;
        let falls = sort.descending && self.keys.is_none();
        // A record that is not there any more has no key: it lies before all.
        if let (Some(keys), Some(handle)) = (&mut self.keys, handle) {
            let mut from = 0;
            loop {
                let mut key = |handle| {
                    keys.of(handle, from)
                        .map(|key| key.directed(sort.descending))
                        .map_err(|e| self.listing.reader.error(e))
                };
                let (mine, theirs) = (key(row)?, key(handle)?);
                match mine.cmp(&theirs) {
                    Ordering::Equal if mine.goes_on(sort.descending) => from += TEXT,
                    Ordering::Equal => break,
                    other => return Ok(other),
                }
            }
        } else if self.keys.is_some() {
            return Ok(Ordering::Greater);
        }
        let order = self.id(row)?.as_ref().cmp(&Some(id));
        Ok(if falls { order.reverse() } else { order })
    }

    /// The id of a row; none where it went since.
    fn id(&self, row: i64) -> Result<Option<RecordId>, MirrorError> {
        if self.listing.by_id {
            return Ok(Some(RecordId::Int(row)));
        }
        let reader = self.listing.reader;
        reader
            .connection
            .prepare_cached(&format!("SELECT id FROM {} WHERE rowid = ?1", self.listing.table))
            .and_then(|mut found| found.query_row([row], |row| record_id(row.get_ref(0)?)).optional())
            .map_err(|e| reader.error(e))
    }

    /// What a view's list would have of a record; none where it is not there.
    fn handle(&self, id: &RecordId) -> Result<Option<i64>, MirrorError> {
        let (reader, key) = (self.listing.reader, if self.listing.by_id { "id" } else { "rowid" });
        reader
            .connection
            .prepare_cached(&format!("SELECT {key} FROM {} WHERE id = ?1", self.listing.table))
            .and_then(|mut found| found.query_row([Key(id)], |row| row.get(0)).optional())
            .map_err(|e| reader.error(e))
    }
}
