//! Which columns a pass reads beside a filter, and the filter's judgement by them.
//!
//! A field's column says what its field in `data` says, but for a few values, and those are asked for. A type that has
//! had more fields than are listed may have fields that got a column late: then `data` alone is believed.

use super::matcher::{Matcher, Seen, Wants};
use super::scan::{Cells, Sieve, bytes};
use crate::mirror::kinds::LEFT_OUT_LISTED;
use crate::mirror::{MirrorError, Reader, names};
use rusqlite::types::ValueRef;

/// A type's fields and their columns.
#[derive(Debug, Default)]
pub(in crate::mirror) struct Columns(Vec<(String, String)>);

impl Reader {
    /// The columns of a type that always say what `data` says.
    pub(in crate::mirror) fn sure_columns(&self, kind: &str) -> Result<Columns, MirrorError> {
        if self.fields_left_out(kind)?.len() >= LEFT_OUT_LISTED {
            return Ok(Columns::default());
        }
        let columns = self.columns(kind)?.into_iter();
        Ok(Columns(columns.map(|column| (column.field, names::quoted(&column.name))).collect()))
    }
}

impl Columns {
    /// The quoted column of a field.
    pub(in crate::mirror) fn of(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == field).map(|(_, column)| column.as_str())
    }
}

/// A filter, and where the values of its fields are.
pub(in crate::mirror) struct Reading<'m> {
    matcher: &'m Matcher,
    /// What to read, quoted.
    pub(in crate::mirror) columns: Vec<String>,
    /// Whether no column can answer.
    pub(in crate::mirror) data: bool,
    wants: Wants,
    /// For each leaf its column's place.
    places: Vec<Option<usize>>,
}

impl<'m> Reading<'m> {
    pub(in crate::mirror) fn new(matcher: &'m Matcher, of: &Columns) -> Self {
        let mut columns: Vec<String> = Vec::new();
        let mut place = |field: &str| {
            let column = of.of(field)?;
            let known = columns.iter().position(|known| known == column);
            Some(known.unwrap_or_else(|| {
                columns.push(column.to_owned());
                columns.len() - 1
            }))
        };
        let wants = matcher.wants();
        let mut data = wants.all;
        let places: Vec<_> = matcher
            .fields()
            .map(|field| {
                let place = field.and_then(&mut place);
                data |= field.is_some() && place.is_none();
                place
            })
            .collect();
        Self { matcher, columns, data, wants, places }
    }

    /// Reads this column too; its place.
    pub(super) fn place(&mut self, column: &str) -> usize {
        self.columns.iter().position(|known| known == column).unwrap_or_else(|| {
            self.columns.push(column.to_owned());
            self.columns.len() - 1
        })
    }
}

impl Sieve for Reading<'_> {
    fn by_cells(&self, row: Cells<'_>, scratch: &mut String) -> Option<bool> {
        seen(self.wants, row, b"", |seen| {
            let cell = |leaf: usize| self.places.get(leaf).copied().flatten().map(|place| row.cell(place));
            self.matcher.holds_by_cells(seen, &cell, scratch)
        })
    }

    fn by_data(&self, row: Cells<'_>, data: &[u8], scratch: &mut String) -> bool {
        seen(self.wants, row, data, |seen| self.matcher.holds(seen, scratch))
    }
}

/// The row as a filter sees it. Ids and revisions are made ready only where it looks at them.
fn seen<R>(wants: Wants, row: Cells<'_>, data: &[u8], judge: impl FnOnce(Seen<'_>) -> R) -> R {
    let number;
    let id = match row.id() {
        ValueRef::Integer(id) if wants.id => {
            number = id.to_string();
            number.as_bytes()
        }
        id => bytes(id),
    };
    let revision = if wants.revision { row.revision() } else { None };
    judge(Seen { id, revision, data })
}
