//! Pages of a view: by keyset where rows come by id, by position in a list.

use rusqlite::OptionalExtension;

use super::ranks::{self, Ranks};
use super::{Order, Place, Sheet, View};
use crate::mirror::apply::Key;
use crate::mirror::reader::{Row, window_row};
use crate::mirror::{MirrorError, Reader};
use crate::protocol::RecordId;

const COLUMNS: &str = "SELECT id, revision, data, _session";

impl Reader {
    /// A page of at most `limit` rows, in a time that does not depend on where it lies.
    ///
    /// # Errors
    /// [`MirrorError`] where the mirror cannot be read.
    pub fn page(&self, view: &View, place: &Place, limit: usize) -> Result<Sheet, MirrorError> {
        let Some(table) = &view.table else { return Ok(Sheet { exact: true, ..Sheet::default() }) };
        match &view.order {
            Order::List { handles, by_id } => {
                let list = List { reader: self, table, handles, by_id: *by_id };
                list.page(place, limit, view.query.sort.by == super::SortBy::Id, view.query.sort.descending)
            }
            Order::Ids(ranks) => {
                let rows = self.rows_of(&view.query.kind)?;
                let descending = view.query.sort.descending;
                let ids = Ids { reader: self, table, ranks: ranks.get(), rows, descending };
                ids.page(place, limit as u64).map_err(|e| self.error(e))
            }
        }
    }
}

struct List<'a> {
    reader: &'a Reader,
    table: &'a str,
    handles: &'a [i64],
    by_id: bool,
}

impl List<'_> {
    fn page(&self, place: &Place, limit: usize, ids: bool, descending: bool) -> Result<Sheet, MirrorError> {
        let len = self.handles.len();
        let number = |row: &u64| usize::try_from(*row).unwrap_or(len).min(len);
        let of = |id: &RecordId| self.position(id, ids, descending);
        let (mut at, backwards) = match place {
            Place::Top => (0, false),
            Place::Bottom => (len, true),
            Place::Row(row) => (number(row), false),
            Place::Ending(row) => (number(row), true),
            Place::Percent(percent) => (number(&share(*percent, len as u64)), false),
            Place::At(id) => (of(id)?.0, false),
            Place::After(id) => {
                let (position, there) = of(id)?;
                (position + usize::from(there), false)
            }
            Place::Before(id) => (of(id)?.0, true),
        };
        let key = if self.by_id { "id" } else { "rowid" };
        let sql = format!("{COLUMNS} FROM {} WHERE {key} = ?1", self.table);
        let say = |e| self.reader.error(e);
        let mut row = self.reader.connection.prepare_cached(&sql).map_err(say)?;
        let (mut rows, edge) = (Vec::with_capacity(limit.min(len)), at);
        while rows.len() < limit && if backwards { at > 0 } else { at < len } {
            at -= usize::from(backwards);
            rows.extend(row.query_row([self.handles[at]], window_row).optional().map_err(say)?);
            at += usize::from(!backwards);
        }
        if backwards {
            rows.reverse();
        }
        let (first, end) = if backwards { (at, edge) } else { (edge, at) };
        Ok(Sheet {
            rows,
            first: Some(first as u64),
            exact: true,
            above: (first > 0).then_some(Place::Ending(first as u64)),
            below: (end < len).then_some(Place::Row(end as u64)),
        })
    }

    /// Where a record is in the list, and whether it is; else where it would be if the list goes by id.
    fn position(&self, id: &RecordId, ids: bool, descending: bool) -> Result<(usize, bool), MirrorError> {
        let handle = match id {
            RecordId::Int(id) if self.by_id => Some(*id),
            _ if self.by_id => None,
            _ => self
                .reader
                .connection
                .prepare_cached(&format!("SELECT rowid FROM {} WHERE id = ?1", self.table))
                .and_then(|mut found| found.query_row([Key(id)], |row| row.get(0)).optional())
                .map_err(|e| self.reader.error(e))?,
        };
        if let Some(at) = handle.and_then(|handle| self.handles.iter().position(|h| *h == handle)) {
            return Ok((at, true));
        }
        let would_be = match (id, ids && self.by_id) {
            (RecordId::Int(id), true) if descending => self.handles.partition_point(|h| h > id),
            (RecordId::Int(id), true) => self.handles.partition_point(|h| h < id),
            (RecordId::Text(_), true) if !descending => self.handles.len(),
            _ => 0,
        };
        Ok((would_be, false))
    }
}

struct Ids<'a> {
    reader: &'a Reader,
    table: &'a str,
    ranks: Option<&'a Ranks>,
    rows: u64,
    descending: bool,
}

impl Ids<'_> {
    fn page(&self, place: &Place, limit: u64) -> rusqlite::Result<Sheet> {
        match place {
            Place::Top => self.window(None, "", true, limit, Some(0)),
            Place::Bottom => self.window(None, "", false, limit, None),
            Place::At(id) => self.window(Some(id), self.behind(true), true, limit, None),
            Place::After(id) => self.window(Some(id), self.behind(false), true, limit, None),
            Place::Before(id) => self.window(Some(id), self.before(), false, limit, None),
            Place::Row(row) => self.row(*row, limit),
            Place::Ending(0) => Ok(Sheet {
                first: Some(0),
                exact: true,
                below: (self.rows > 0).then_some(Place::Top),
                ..Sheet::default()
            }),
            Place::Ending(row) => self.row(row.saturating_sub(limit), (*row).min(limit)),
            Place::Percent(percent) => self.row(share(*percent, self.rows), limit),
        }
    }

    fn behind(&self, with: bool) -> &'static str {
        match (self.descending, with) {
            (false, false) => ">",
            (false, true) => ">=",
            (true, false) => "<",
            (true, true) => "<=",
        }
    }

    fn before(&self) -> &'static str {
        if self.descending { ">" } else { "<" }
    }

    /// The page from a row's number on. The bottom's is taken from the bottom, so that the last page is full.
    fn row(&self, row: u64, limit: u64) -> rusqlite::Result<Sheet> {
        if row == 0 {
            return self.window(None, "", true, limit, Some(0));
        }
        let ascending = if self.descending { self.rows.saturating_sub(row + 1) } else { row };
        let start = match self.ranks.and_then(|ranks| ranks.near(ascending)) {
            Some((near, skip)) => self
                .reader
                .connection
                .prepare_cached(&format!(
                    "SELECT id FROM {} WHERE id >= ?1 ORDER BY id LIMIT 1 OFFSET ?2",
                    self.table
                ))?
                .query_row(rusqlite::params![Key(near), skip as i64], |row| {
                    super::super::reader::record_id(row.get_ref(0)?)
                })
                .optional()?,
            None => ranks::estimate(self.reader, self.table, ascending, self.rows)?.map(RecordId::Int),
        };
        match start {
            Some(id) => self.window(Some(&id), self.behind(true), true, limit, Some(row)),
            None if self.ranks.is_none() && row * 2 < self.rows => {
                self.window(None, "", true, limit, Some(0))
            }
            None => self.window(None, "", false, limit, None),
        }
    }

    /// The keyset page at an id. `first` is its first row's number where the caller knows better than the ranks.
    fn window(
        &self,
        id: Option<&RecordId>,
        relation: &str,
        forward: bool,
        limit: u64,
        first: Option<u64>,
    ) -> rusqlite::Result<Sheet> {
        let direction = if forward == self.descending { "DESC" } else { "ASC" };
        let condition = id.map_or(String::new(), |_| format!("WHERE id {relation} ?1"));
        let sql =
            format!("{COLUMNS} FROM {} {condition} ORDER BY id {direction} LIMIT {}", self.table, limit + 1);
        let mut statement = self.reader.connection.prepare_cached(&sql)?;
        let parameters = rusqlite::params_from_iter(id.map(Key));
        let mut rows: Vec<Row> = statement.query_map(parameters, window_row)?.collect::<Result<_, _>>()?;
        let more = rows.len() as u64 > limit;
        rows.truncate(limit as usize);
        if !forward {
            rows.reverse();
        }
        let (Some(top), Some(last)) = (rows.first().map(|r| r.id.clone()), rows.last().map(|r| r.id.clone()))
        else {
            return self.beyond(id, forward);
        };
        let above = if forward { self.exists(self.before(), &top)? } else { more };
        let below = if forward { more } else { self.exists(self.behind(false), &last)? };
        let exact = self.ranks.is_some_and(|ranks| ranks.rows == self.rows);
        let number = self.number(&top)?;
        let first = match (above, below) {
            (false, _) => Some(0),
            (true, false) if number.is_none() => Some(self.rows.saturating_sub(rows.len() as u64)),
            _ => number.or(first),
        };
        Ok(Sheet {
            first,
            exact: exact || !above || !below,
            above: above.then_some(Place::Before(top)),
            below: below.then_some(Place::After(last)),
            rows,
        })
    }

    /// An empty page: behind the end or before the start.
    fn beyond(&self, id: Option<&RecordId>, forward: bool) -> rusqlite::Result<Sheet> {
        let other = match id {
            Some(id) if forward => {
                self.exists(if self.descending { ">=" } else { "<=" }, id)?.then_some(Place::Bottom)
            }
            Some(id) => self.exists(self.behind(true), id)?.then_some(Place::Top),
            None => None,
        };
        let (above, below) = if forward { (other, None) } else { (None, other) };
        let first = Some(if forward { self.rows } else { 0 });
        Ok(Sheet { first, above, below, ..Sheet::default() })
    }

    fn number(&self, id: &RecordId) -> rusqlite::Result<Option<u64>> {
        let Some(ranks) = self.ranks else { return Ok(None) };
        let sql = format!("SELECT count(*) FROM {} WHERE id >= ?1 AND id < ?2", self.table);
        let number = ranks.number(id, &mut *self.reader.connection.prepare_cached(&sql)?)?;
        Ok(Some(if self.descending { self.rows.saturating_sub(number + 1) } else { number }))
    }

    fn exists(&self, relation: &str, id: &RecordId) -> rusqlite::Result<bool> {
        self.reader
            .connection
            .prepare_cached(&format!("SELECT EXISTS (SELECT 1 FROM {} WHERE id {relation} ?1)", self.table))?
            .query_row([Key(id)], |row| row.get(0))
    }
}

/// The number of the row at so many hundredths of the way.
fn share(percent: f64, rows: u64) -> u64 {
    (percent.clamp(0.0, 100.0) / 100.0 * rows.saturating_sub(1) as f64).round() as u64
}
