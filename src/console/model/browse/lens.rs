//! How a type is looked at: its filter for this run, its columns and its order from one run to the next.

use super::super::super::record::Columns;
use super::super::super::record::kept::Kept;
use crate::mirror::filter::Filter;
use crate::mirror::find::{Sort, SortBy};

/// A type's filter, order and columns.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lens {
    /// The filter as written.
    pub text: String,
    /// The filter as read.
    pub filter: Filter,
    /// The order.
    pub sort: Sort,
    /// The columns, where the user has changed them.
    pub columns: Option<Columns>,
    /// The columns of the run before, until the type's rows are there.
    pub(super) kept: Option<Kept>,
    /// The column that keys for columns mean: 0 is the id.
    pub at: usize,
}

impl Lens {
    /// As in the run before.
    pub(super) fn again(kept: &Kept) -> Self {
        Self { sort: kept.sort.clone().into(), kept: Some(kept.clone()), ..Self::default() }
    }

    /// The next order by what the column's key asks for: rising, falling, and by id again.
    pub fn next(&self, by: SortBy) -> Sort {
        match (self.sort.by == by, self.sort.descending) {
            (false, _) => Sort { by, descending: false },
            (true, false) => Sort { by, descending: true },
            (true, true) => Sort::default(),
        }
    }

    /// The sign of the order in the heading of a column.
    pub fn sign(&self, by: &SortBy) -> &'static str {
        match (&self.sort.by == by, self.sort.descending) {
            (true, true) => "▼",
            (true, false) if *by != SortBy::Id => "▲",
            _ => "",
        }
    }
}
