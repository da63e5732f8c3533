//! Which number a row has in the order of ids: every 1,024th id, kept in memory; the rest is a short walk.

use rusqlite::types::ValueRef;
use rusqlite::{OptionalExtension, Statement};

use super::{News, Order, Tell, View};
use crate::mirror::apply::Key;
use crate::mirror::{MirrorError, Reader, reader};
use crate::protocol::RecordId;

/// Rows between two kept ids.
const STEP: u64 = 1_024;

/// The kept ids of a table.
#[derive(Debug)]
pub(super) struct Ranks {
    /// The ids of the rows 0, 1,024, 2,048 …
    kept: Vec<RecordId>,
    /// Rows of the table by its counter, when this was made.
    pub(super) rows: u64,
}

impl Reader {
    /// Learns the numbers of a view's rows, once: 30 ms a million rows. A view with a list knows them already.
    ///
    /// # Errors
    /// [`MirrorError::Stopped`], or the mirror cannot be read.
    pub fn rank(&self, view: &View, tell: Tell<'_>) -> Result<(), MirrorError> {
        let (Order::Ids(ranks), Some(table)) = (&view.order, &view.table) else { return Ok(()) };
        if ranks.get().is_some() {
            return Ok(());
        }
        let rows = self.rows_of(&view.query.kind)?;
        let say = |e| self.error(e);
        let ids = |condition: &str, skip: u64| {
            format!("SELECT id FROM {table} {condition} ORDER BY id LIMIT 1 OFFSET {skip}")
        };
        let mut next = self.connection.prepare(&ids("WHERE id > ?1", STEP - 1)).map_err(say)?;
        let mut first = self.connection.prepare(&ids("", 0)).map_err(say)?;
        let id = |row: &rusqlite::Row<'_>| reader::record_id(row.get_ref(0)?);
        let mut found = first.query_row([], id).optional().map_err(say)?;
        let mut kept = Vec::new();
        while let Some(here) = found {
            found = next.query_row([Key(&here)], id).optional().map_err(say)?;
            kept.push(here);
            let seen = kept.len() as u64 * STEP;
            if kept.len().is_multiple_of(16) && !tell(News::Scanned { rows: seen, of: rows, hits: seen }) {
                return Err(MirrorError::Stopped);
            }
        }
        let _ = ranks.set(Ranks { kept, rows }); // another thread may have been quicker: it found the same
        Ok(())
    }
}

impl Ranks {
    /// The kept id at or before the row of this number, and how many rows behind it that row is.
    pub(super) fn near(&self, row: u64) -> Option<(&RecordId, u64)> {
        let last = self.kept.len().checked_sub(1)?;
        let slot = usize::try_from(row / STEP).unwrap_or(last).min(last);
        Some((&self.kept[slot], row - slot as u64 * STEP))
    }

    /// The number of the row with this id. `between` counts the rows from one id to before another.
    pub(super) fn number(&self, id: &RecordId, between: &mut Statement<'_>) -> rusqlite::Result<u64> {
        let slot = self.kept.partition_point(|kept| kept <= id).saturating_sub(1);
        let Some(kept) = self.kept.get(slot).filter(|kept| *kept <= id) else { return Ok(0) };
        let behind: i64 = between.query_row([Key(kept), Key(id)], |row| row.get(0))?;
        Ok(slot as u64 * STEP + behind as u64)
    }
}

/// The id that would lie at a part of the way, were the ids spread evenly; none where they are no integers.
pub(super) fn estimate(reader: &Reader, table: &str, row: u64, rows: u64) -> rusqlite::Result<Option<i64>> {
    let end = |direction: &str| {
        reader
            .connection
            .prepare_cached(&format!("SELECT id FROM {table} ORDER BY id {direction} LIMIT 1"))?
            .query_row([], |row| {
                Ok(if let ValueRef::Integer(id) = row.get_ref(0)? { Some(id) } else { None })
            })
            .optional()
            .map(Option::flatten)
    };
    let (Some(low), Some(high)) = (end("ASC")?, end("DESC")?) else { return Ok(None) };
    let (low, high) = (i128::from(low), i128::from(high));
    let at = low + (high - low) * i128::from(row) / i128::from(rows.saturating_sub(1).max(1));
    Ok(i64::try_from(at.min(high)).ok())
}
