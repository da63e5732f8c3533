//! Rows by keyset: a window costs the same wherever it lies, and a filling table moves no row under the reader.

use rusqlite::types::ToSql;
use rusqlite::{OptionalExtension, Row as SqlRow};

use super::{From, MirrorError, Reader, Row, Window, names, record_id, text};
use crate::mirror::apply::Key;
use crate::protocol::RecordId;

impl Reader {
    /// A window of at most `limit` rows of a type, in time independent of where it lies. A type that the mirror does
    /// not have has no rows.
    ///
    /// # Errors
    /// [`MirrorError`] where it cannot be read.
    pub fn window(&self, kind: &str, from: &From, limit: usize) -> Result<Window, MirrorError> {
        let Some(table) = self.table(kind)? else { return Ok(Window::default()) };
        let (condition, id, backwards) = match from {
            From::Top => ("", None, false),
            From::Bottom => ("", None, true),
            From::At(id) => ("WHERE id >= ?1", Some(id), false),
            From::After(id) => ("WHERE id > ?1", Some(id), false),
            From::Before(id) => ("WHERE id < ?1", Some(id), true),
        };
        let order = if backwards { "DESC" } else { "ASC" };
        let fetch = i64::try_from(limit.saturating_add(1)).unwrap_or(i64::MAX);
        let sql = format!(
            "SELECT id, revision, data, _session FROM {table} {condition} ORDER BY id {order} LIMIT {fetch}"
        );
        let mut rows = self.rows(&sql, id)?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let mut window = Window { rows, ..Window::default() };
        if backwards {
            window.rows.reverse();
            window.more_above = more;
            window.more_below = match window.rows.last() {
                Some(last) => matches!(from, From::Before(_)) && self.exists(&table, ">", &last.id)?,
                None => id.map_or(Ok(false), |id| self.exists(&table, ">=", id))?,
            };
        } else {
            window.more_below = more;
            window.more_above = match window.rows.first() {
                Some(first) => *from != From::Top && self.exists(&table, "<", &first.id)?,
                None => id.map_or(Ok(false), |id| self.exists(&table, "<=", id))?,
            };
        }
        Ok(window)
    }

    /// One record.
    ///
    /// # Errors
    /// [`MirrorError`] where it cannot be read.
    pub fn record(&self, kind: &str, id: &RecordId) -> Result<Option<Row>, MirrorError> {
        let Some(table) = self.table(kind)? else { return Ok(None) };
        let sql = format!("SELECT id, revision, data, _session FROM {table} WHERE id = ?1");
        Ok(self.rows(&sql, Some(id))?.pop())
    }

    /// The account's id, where its record came.
    pub(super) fn account_id(&self) -> Result<Option<RecordId>, MirrorError> {
        self.connection
            .query_row("SELECT value FROM _meta WHERE key = 'account'", [], |row| record_id(row.get_ref(0)?))
            .optional()
            .map_err(|e| self.error(e))
    }

    /// A type's table, quoted.
    pub(in crate::mirror) fn table(&self, kind: &str) -> Result<Option<String>, MirrorError> {
        self.connection
            .prepare_cached("SELECT table_name FROM _type WHERE name = ?1")
            .and_then(|mut found| found.query_row([kind], |row| text(row, 0)).optional())
            .map(|found| found.map(|table| names::quoted(&table)))
            .map_err(|e| self.error(e))
    }

    pub(in crate::mirror) fn rows(&self, sql: &str, id: Option<&RecordId>) -> Result<Vec<Row>, MirrorError> {
        let key = id.map(Key);
        let parameters: &[&dyn ToSql] = match &key {
            Some(key) => &[key],
            None => &[],
        };
        self.connection
            .prepare_cached(sql)
            .and_then(|mut found| found.query_map(parameters, row)?.collect())
            .map_err(|e| self.error(e))
    }

    fn exists(&self, table: &str, than: &str, id: &RecordId) -> Result<bool, MirrorError> {
        self.connection
            .prepare_cached(&format!("SELECT EXISTS (SELECT 1 FROM {table} WHERE id {than} ?1)"))
            .and_then(|mut found| found.query_row([Key(id)], |row| row.get(0)))
            .map_err(|e| self.error(e))
    }
}

pub(in crate::mirror) fn row(row: &SqlRow<'_>) -> rusqlite::Result<Row> {
    Ok(Row {
        id: record_id(row.get_ref(0)?)?,
        revision: row.get(1)?,
        data: text(row, 2)?,
        session: row.get(3)?,
    })
}
