//! One pass over a table, or over some rows of it: the filter on each, progress, and a stop.

use rusqlite::Row as SqlRow;
use rusqlite::types::ValueRef;

use super::matcher::{Matcher, Seen};
use super::{News, Tell};
use crate::mirror::{MirrorError, Reader, reader};
use crate::protocol::RecordId;

/// Rows between two words on progress: about 5 ms.
const STEP: u64 = 4_096;

/// Which rows are read.
#[derive(Debug)]
pub(in crate::mirror) enum Source {
    /// All: as they lie in the file, or in the order of their ids.
    All { in_order: bool },
    /// Those with these rowids, ascending; visited in the order of their ids where not all ids are integers.
    Rows(Vec<i64>),
}

/// A row that the filter let through.
#[derive(Debug, Clone, Copy)]
pub(in crate::mirror) struct Hit<'a> {
    pub(in crate::mirror) rowid: i64,
    /// 0 where the id is no integer.
    pub(in crate::mirror) id: i64,
    pub(in crate::mirror) revision: Option<i64>,
    pub(in crate::mirror) data: &'a [u8],
}

/// A pass.
pub(in crate::mirror) struct Scan<'a> {
    pub(in crate::mirror) reader: &'a Reader,
    /// Quoted.
    pub(in crate::mirror) table: &'a str,
    pub(in crate::mirror) matcher: &'a Matcher,
    /// Rows there are, about.
    pub(in crate::mirror) of: u64,
    /// Whether `data` is read at all.
    pub(in crate::mirror) data: bool,
}

impl Scan<'_> {
    /// Hands each hit to `visit`, which answers how many it has by now.
    pub(in crate::mirror) fn run(
        &self,
        source: &Source,
        tell: Tell<'_>,
        visit: &mut dyn FnMut(Hit<'_>) -> usize,
    ) -> Result<(), MirrorError> {
        let columns = if self.data { "id, revision, data" } else { "id, revision, ''" };
        let from = format!("SELECT {columns}, 0, rowid FROM {}", self.table);
        let say = |e| self.reader.error(e);
        let mut at = Progress { rows: 0, of: self.of, hits: 0 };
        let mut scratch = String::new();
        match source {
            Source::All { in_order } => {
                let order = if *in_order { "ORDER BY id" } else { "NOT INDEXED" };
                let mut statement =
                    self.reader.connection.prepare(&format!("{from} {order}")).map_err(say)?;
                let mut rows = statement.query([]).map_err(say)?;
                while let Some(row) = rows.next().map_err(say)? {
                    self.one(row, &mut scratch, &mut at, visit).map_err(say)?;
                    at.tell(tell)?;
                }
            }
            Source::Rows(rowids) => {
                let rowids = self.in_order(rowids)?;
                let sql = format!("{from} WHERE rowid = ?1");
                let mut statement = self.reader.connection.prepare(&sql).map_err(say)?;
                for rowid in rowids.iter() {
                    let mut rows = statement.query([rowid]).map_err(say)?;
                    if let Some(row) = rows.next().map_err(say)? {
                        self.one(row, &mut scratch, &mut at, visit).map_err(say)?;
                    }
                    at.tell(tell)?;
                }
            }
        }
        Ok(())
    }

    fn one(
        &self,
        row: &SqlRow<'_>,
        scratch: &mut String,
        at: &mut Progress,
        visit: &mut dyn FnMut(Hit<'_>) -> usize,
    ) -> rusqlite::Result<()> {
        at.rows += 1;
        if !self.matcher.is_empty() && !holds(self.matcher, row, scratch)? {
            return Ok(());
        }
        let id = if let ValueRef::Integer(id) = row.get_ref(0)? { id } else { 0 };
        let hit = Hit { rowid: row.get(4)?, id, revision: row.get(1)?, data: bytes(row.get_ref(2)?) };
        at.hits = visit(hit) as u64;
        Ok(())
    }

    /// Rowids as they are, or in the order of ids where those do not sort as integers.
    fn in_order<'a>(&self, rowids: &'a [i64]) -> Result<std::borrow::Cow<'a, [i64]>, MirrorError> {
        if self.reader.integer_ids(self.table)? {
            return Ok(rowids.into());
        }
        let say = |e| self.reader.error(e);
        let sql = format!("SELECT id FROM {} WHERE rowid = ?1", self.table);
        let mut statement = self.reader.connection.prepare(&sql).map_err(say)?;
        let mut keyed: Vec<(RecordId, i64)> = Vec::with_capacity(rowids.len());
        for rowid in rowids {
            let mut rows = statement.query([rowid]).map_err(say)?;
            if let Some(row) = rows.next().map_err(say)? {
                keyed.push((reader::record_id(row.get_ref(0).map_err(say)?).map_err(say)?, *rowid));
            }
        }
        keyed.sort();
        Ok(keyed.into_iter().map(|(_, rowid)| rowid).collect())
    }
}

struct Progress {
    rows: u64,
    of: u64,
    hits: u64,
}

impl Progress {
    fn tell(&self, tell: Tell<'_>) -> Result<(), MirrorError> {
        let go_on = !self.rows.is_multiple_of(STEP)
            || tell(News::Scanned { rows: self.rows, of: self.of, hits: self.hits });
        if go_on { Ok(()) } else { Err(MirrorError::Stopped) }
    }
}

/// Whether a filter lets a row through that begins with `id, revision, data`.
pub(super) fn holds(matcher: &Matcher, row: &SqlRow<'_>, scratch: &mut String) -> rusqlite::Result<bool> {
    let number;
    let id = match row.get_ref(0)? {
        ValueRef::Integer(id) if matcher.wants_id() => {
            number = id.to_string();
            number.as_bytes()
        }
        id => bytes(id),
    };
    let revision = if matcher.wants_revision() { row.get(1)? } else { None };
    let seen = Seen { id, revision, data: bytes(row.get_ref(2)?) };
    Ok(matcher.holds(seen, scratch))
}

/// The bytes of a text, whatever they are.
pub(in crate::mirror) fn bytes(value: ValueRef<'_>) -> &[u8] {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes,
        _ => b"",
    }
}
