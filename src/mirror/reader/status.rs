//! What a mirror tells of itself, from counters that each transaction keeps: never a scan.

use rusqlite::Row as SqlRow;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};

use super::{Column, Kind, MirrorError, Outbox, Reader, SessionNo, SessionRow, Status, open, text};
use crate::mirror::{SessionEnd, lock, lost};
use crate::protocol::{DeviceUuid, record};

/// Sessions that `status` lists.
const SESSIONS: usize = 20;

impl Reader {
    /// Device, sessions, counts, pending acks. Does not depend on the mirror's size.
    ///
    /// # Errors
    /// [`MirrorError`] where it cannot be read.
    pub fn status(&self) -> Result<Status, MirrorError> {
        let say = |e| self.error(e);
        // Before the pages are counted: what it tells of is committed. In a read-only folder a WAL may hold the rest.
        let note = if self.immutable { None } else { lock::noted(&self.path) };
        // The open statement holds one state of the mirror for all that follow.
        let mut pin = self
            .connection
            .prepare("SELECT pending, refused, tombstones, unkeyed, pages FROM _total")
            .map_err(say)?;
        let mut pin = pin.query([]).map_err(say)?;
        let Some(total) = pin.next().map_err(say)? else {
            return Err(MirrorError::Corrupt {
                path: self.path.clone(),
                reason: "it has no counters".into(),
            });
        };
        let number = |i: usize| total.get::<_, i64>(i).map(|n| n as u64).map_err(say);
        let device = open::meta(&self.connection, "device").map_err(say)?.unwrap_or_default();
        let device: DeviceUuid = device.parse().map_err(|_| MirrorError::Corrupt {
            path: self.path.clone(),
            reason: "its device is no UUID".into(),
        })?;
        let pages = total.get(4).map_err(say)?;
        Ok(Status {
            device,
            lost_pages: lost::found(&self.connection, device, pages, note).map_err(say)?,
            host: open::meta(&self.connection, "host").map_err(say)?.unwrap_or_default(),
            account: self.account()?,
            schema: self
                .connection
                .pragma_query_value(None, "user_version", |row| row.get(0))
                .map_err(say)?,
            outbox: Outbox { pending: number(0)?, refused: number(1)?, held: self.held()? },
            kinds: self.kinds()?,
            sessions: self.sessions(SESSIONS)?,
            tombstones: number(2)?,
            unkeyed: number(3)?,
            bytes: self.bytes(),
            converged: open::meta(&self.connection, "converged").map_err(say)?,
        })
    }

    /// Pending keys that are held back by hand: the outbox is small, and its pages are counted, not its keys.
    pub(in crate::mirror) fn held(&self) -> Result<u64, MirrorError> {
        if !self.has_column("_outbox", "held")? {
            return Ok(0); // a mirror that nobody has opened for writing since keys can be held
        }
        let all_or_none =
            "SELECT CASE WHEN EXISTS (SELECT 1 FROM _outbox WHERE held) THEN pending ELSE 0 END FROM _total";
        let held: i64 =
            self.connection.query_row(all_or_none, [], |row| row.get(0)).map_err(|e| self.error(e))?;
        Ok(held as u64)
    }

    /// Whether a table of ours has a column: readers do not migrate.
    pub(in crate::mirror) fn has_column(&self, table: &str, column: &str) -> Result<bool, MirrorError> {
        self.connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2)")
            .and_then(|mut found| found.query_row([table, column], |row| row.get(0)))
            .map_err(|e| self.error(e))
    }

    /// The last sessions, newest first.
    ///
    /// # Errors
    /// [`MirrorError`] where it cannot be read.
    pub fn sessions(&self, limit: usize) -> Result<Vec<SessionRow>, MirrorError> {
        self.sessions_before(None, limit)
    }

    /// The sessions before one, newest first.
    ///
    /// # Errors
    /// [`MirrorError`] where it cannot be read.
    pub fn sessions_before(
        &self,
        before: Option<SessionNo>,
        limit: usize,
    ) -> Result<Vec<SessionRow>, MirrorError> {
        let read = || {
            let mut rows = self.connection.prepare_cached(
                "SELECT no, id, started, ended, end, pages, instructions, created, updated, deleted, stale, \
                 failed_objects, retries, error FROM _session WHERE no < ?1 ORDER BY no DESC LIMIT ?2",
            )?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            rows.query_map([before.unwrap_or(i64::MAX), limit], session)?
                .collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(|e| self.error(e))
    }

    /// The types, largest first.
    ///
    /// # Errors
    /// [`MirrorError`] where it cannot be read.
    pub fn kinds(&self) -> Result<Vec<Kind>, MirrorError> {
        let read = || {
            let mut rows = self
                .connection
                .prepare_cached("SELECT name, table_name, rows FROM _type ORDER BY rows DESC, name")?;
            rows.query_map([], |row| {
                Ok(Kind { name: text(row, 0)?, table: text(row, 1)?, rows: row.get::<_, i64>(2)? as u64 })
            })?
            .collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(|e| self.error(e))
    }

    /// The field columns of a type, in the order they were met.
    ///
    /// # Errors
    /// [`MirrorError`] where it cannot be read.
    pub fn columns(&self, kind: &str) -> Result<Vec<Column>, MirrorError> {
        let read = || {
            let mut rows = self.connection.prepare_cached(
                "SELECT c.name, c.field FROM _column c JOIN _type t ON t.no = c.type WHERE t.name = ?1 \
                 ORDER BY c.ordinal",
            )?;
            rows.query_map([kind], |row| Ok(Column { name: text(row, 0)?, field: text(row, 1)? }))?
                .collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(|e| self.error(e))
    }

    /// The account's name and id, where its record came: `Acme (12)`.
    fn account(&self) -> Result<Option<String>, MirrorError> {
        let Some(id) = self.account_id()? else { return Ok(None) };
        let mut name = None;
        if let Some(row) = self.record("account", &id)? {
            record::each_field(&row.data, |field, value| {
                if field == "name" && name.is_none() {
                    name = serde_json::from_str::<String>(value).ok();
                }
            });
        }
        Ok(Some(name.map_or_else(|| id.to_string(), |name| format!("{name} ({id})"))))
    }

    /// The file with its WAL, in bytes.
    fn bytes(&self) -> u64 {
        let mut wal = self.path.clone().into_os_string();
        wal.push("-wal");
        [self.path.as_os_str(), &wal]
            .iter()
            .filter_map(|path| std::fs::metadata(path).ok())
            .map(|m| m.len())
            .sum()
    }
}

fn session(row: &SqlRow<'_>) -> rusqlite::Result<SessionRow> {
    let number = |i: usize| row.get::<_, i64>(i).map(|n| n as u64);
    Ok(SessionRow {
        no: row.get(0)?,
        id: text(row, 1)?,
        started: text(row, 2)?,
        ended: row.get(3)?,
        end: row.get(4)?,
        pages: number(5)?,
        instructions: number(6)?,
        created: number(7)?,
        updated: number(8)?,
        deleted: number(9)?,
        stale: number(10)?,
        failed_objects: number(11)?,
        retries: number(12)?,
        error: row.get(13)?,
    })
}

impl FromSql for SessionEnd {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let word = value.as_str()?;
        let known = Self::ALL.into_iter().find(|end| end.as_str() == word);
        known.ok_or_else(|| FromSqlError::Other(format!("a session ended {word:?}").into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_end_that_the_schema_knows_is_read_and_no_other() {
        let words = SessionEnd::ALL.map(|end| format!("'{}'", end.as_str())).join(", ");
        let schema = include_str!("../../../assets/sql/mirror.sql");
        assert!(schema.contains(&format!("CHECK (end IN ({words}))")), "{words}");
        let read = |word: &str| SessionEnd::column_result(ValueRef::Text(word.as_bytes())).ok();
        for end in SessionEnd::ALL {
            assert_eq!(read(end.as_str()), Some(end));
        }
        assert_eq!(read("melted"), None);
    }
}
