//! Everything that a mirror holds, read through once and in order: for exports.
//!
//! Promise: what is read inside [`Reader::at_one_moment`] is one state of the mirror, whatever a synchronization writes
//! meanwhile. Rows come in the order of their ids, integers first; nothing is kept in memory but the row at hand.

use rusqlite::types::ValueRef;
use rusqlite::{OptionalExtension, Params, Row as SqlRow, params};

use super::apply::Key;
use super::filter::Filter;
use super::find::matcher::Seen;
use super::find::scan::bytes;
use super::find::{News, Tell};
use super::reader::{Column, record_id, text};
use super::{MirrorError, Reader, SessionNo, names};
use crate::protocol::RecordId;

/// Rows between two words on progress.
const STEP: u64 = 1_024;

/// The instructions without an id, in the order they came.
const INSTRUCTIONS: &str =
    "SELECT type, ack_key, revision, event_type, _session, data FROM _unkeyed ORDER BY rowid";

/// Those of one type. Each of the two indices knows a part of them; asked otherwise, SQLite would read all of every
/// type.
const INSTRUCTIONS_OF: &str = "\
    SELECT type, ack_key, revision, event_type, _session, data FROM _unkeyed WHERE rowid IN (\
        SELECT rowid FROM _unkeyed WHERE type = ?1 AND ack_key IS NOT NULL \
        UNION ALL SELECT rowid FROM _unkeyed WHERE type = ?1 AND ack_key IS NULL) \
    ORDER BY rowid";

/// A type, its table and its fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Its number in `_type`: 1, 2, 3 … in the order the types were met.
    pub no: i64,
    /// Its name as received.
    pub name: String,
    /// The table that it lives in: its name, or `_kind_N` where a table cannot have that.
    pub table: String,
    /// Its rows, from a counter.
    pub rows: u64,
    /// The fields that have a column, in the order they were met.
    pub columns: Vec<Column>,
    /// Whether records had fields that have no column.
    pub more_fields: bool,
}

/// A record, as it lies in the mirror.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// Its identity.
    pub id: &'a RecordId,
    /// Its revision, where the service sent one.
    pub revision: Option<i64>,
    /// The session that brought this state.
    pub session: SessionNo,
    /// The JSON as received.
    pub data: &'a str,
}

/// A record that was deleted.
#[derive(Debug, Clone)]
pub struct Deleted {
    /// Its type.
    pub kind: String,
    /// Its identity.
    pub id: RecordId,
    /// The revision of the deletion, where the service sent one.
    pub revision: Option<i64>,
    /// The session that brought the deletion.
    pub session: SessionNo,
    /// The JSON of its last state, where the mirror ever had one.
    pub data: Option<String>,
}

/// An instruction whose record has no id.
#[derive(Debug, Clone)]
pub struct Instruction {
    /// Its type.
    pub kind: String,
    /// Its key, where the service sent one.
    pub ack_key: Option<String>,
    /// Its revision, where the service sent one.
    pub revision: Option<i64>,
    /// What it says happened: `created`, `updated`, `deleted`, or another word.
    pub event: String,
    /// The session that brought it.
    pub session: SessionNo,
    /// The JSON as received.
    pub data: String,
}

impl Reader {
    /// Does `work` while this reader sees one state of the mirror. A long work lets the write-ahead log of a running
    /// synchronization grow, and delays nobody.
    ///
    /// # Errors
    /// Those of `work`, or the mirror cannot be read.
    pub fn at_one_moment<T, E: From<MirrorError>>(
        &self,
        work: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        self.pinned(|_| work())
    }

    /// The types in the order they were met.
    ///
    /// # Errors
    /// [`MirrorError`] where the mirror cannot be read.
    pub fn subjects(&self) -> Result<Vec<Subject>, MirrorError> {
        let read = || {
            let mut types = self.connection.prepare_cached(
                "SELECT no, name, table_name, rows, left_out IS NOT NULL FROM _type ORDER BY no",
            )?;
            let one = |row: &SqlRow<'_>| {
                Ok(Subject {
                    no: row.get(0)?,
                    name: text(row, 1)?,
                    table: text(row, 2)?,
                    rows: row.get::<_, i64>(3)? as u64,
                    columns: Vec::new(),
                    more_fields: row.get(4)?,
                })
            };
            types.query_map([], one)?.collect::<rusqlite::Result<Vec<_>>>()
        };
        let mut subjects = read().map_err(|e| self.error(e))?;
        for subject in &mut subjects {
            subject.columns = self.columns(&subject.name)?;
        }
        Ok(subjects)
    }

    /// Every record of a type that a filter lets through, in the order of ids. `tell` hears how far it is, every 1,024
    /// rows, and may stop it.
    ///
    /// # Errors
    /// Those of `take`; [`MirrorError::Query`] for a field that the type does not have; [`MirrorError::Stopped`]; the
    /// mirror cannot be read.
    pub fn each_record<E: From<MirrorError>>(
        &self,
        subject: &Subject,
        filter: &Filter,
        tell: Tell<'_>,
        take: &mut dyn FnMut(Entry<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let say = |e| E::from(self.error(e));
        let matcher = self.matcher(&subject.name, filter, tell)?;
        let sql =
            format!("SELECT id, revision, _session, data FROM {} ORDER BY id", names::quoted(&subject.table));
        let mut statement = self.connection.prepare(&sql).map_err(say)?;
        let mut rows = statement.query([]).map_err(say)?;
        let (mut seen, mut hits, mut scratch) = (0, 0, String::new());
        while let Some(row) = rows.next().map_err(say)? {
            let value = |at| row.get_ref(at).map_err(say);
            let (id, data) = (record_id(value(0)?).map_err(say)?, bytes(value(3)?));
            let revision = row.get(1).map_err(say)?;
            let fits = matcher.is_empty()
                || matcher.holds(Seen { id: id.to_string().as_bytes(), revision, data }, &mut scratch);
            if fits {
                hits += 1;
                let data = String::from_utf8_lossy(data);
                take(Entry { id: &id, revision, session: row.get(2).map_err(say)?, data: &data })?;
            }
            seen += 1;
            let of = subject.rows;
            if seen % STEP == 0 && !tell(News::Scanned { rows: seen, of, hits }) {
                return Err(MirrorError::Stopped.into());
            }
        }
        Ok(())
    }

    /// Every record that was deleted, by type and id.
    ///
    /// # Errors
    /// Those of `take`, or the mirror cannot be read.
    pub fn each_deleted<E: From<MirrorError>>(
        &self,
        take: &mut dyn FnMut(Deleted) -> Result<(), E>,
    ) -> Result<(), E> {
        let say = |e| E::from(self.error(e));
        let mut last = self
            .connection
            .prepare(
                "SELECT data FROM _history WHERE type = ?1 AND id = ?2 AND event = 'deleted' \
                 ORDER BY no DESC LIMIT 1",
            )
            .map_err(say)?;
        let mut statement = self
            .connection
            .prepare("SELECT type, id, revision, _session FROM _tombstone ORDER BY type, id")
            .map_err(say)?;
        let mut rows = statement.query([]).map_err(say)?;
        while let Some(row) = rows.next().map_err(say)? {
            let one = |row: &SqlRow<'_>| {
                let (kind, id) = (text(row, 0)?, record_id(row.get_ref(1)?)?);
                let data = last.query_row(params![kind, Key(&id)], |row| text(row, 0)).optional()?;
                Ok(Deleted { kind, id, revision: row.get(2)?, session: row.get(3)?, data })
            };
            let deleted = { one }(row).map_err(say)?;
            take(deleted)?;
        }
        Ok(())
    }

    /// Every instruction whose record has no id, in the order they came.
    ///
    /// # Errors
    /// Those of `take`, or the mirror cannot be read.
    pub fn each_instruction<E: From<MirrorError>>(
        &self,
        take: &mut dyn FnMut(Instruction) -> Result<(), E>,
    ) -> Result<(), E> {
        self.instructions(INSTRUCTIONS, [], take)
    }

    /// The same for one type, reading those of no other.
    ///
    /// # Errors
    /// Those of `take`, or the mirror cannot be read.
    pub fn each_instruction_of<E: From<MirrorError>>(
        &self,
        kind: &str,
        take: &mut dyn FnMut(Instruction) -> Result<(), E>,
    ) -> Result<(), E> {
        self.instructions(INSTRUCTIONS_OF, [kind], take)
    }

    fn instructions<E: From<MirrorError>>(
        &self,
        sql: &str,
        parameters: impl Params,
        take: &mut dyn FnMut(Instruction) -> Result<(), E>,
    ) -> Result<(), E> {
        let say = |e| E::from(self.error(e));
        let mut statement = self.connection.prepare(sql).map_err(say)?;
        let mut rows = statement.query(parameters).map_err(say)?;
        while let Some(row) = rows.next().map_err(say)? {
            let one = |row: &SqlRow<'_>| {
                let key = match row.get_ref(1)? {
                    ValueRef::Null => None,
                    _ => Some(text(row, 1)?),
                };
                Ok(Instruction {
                    kind: text(row, 0)?,
                    ack_key: key,
                    revision: row.get(2)?,
                    event: text(row, 3)?,
                    session: row.get(4)?,
                    data: text(row, 5)?,
                })
            };
            take(one(row).map_err(say)?)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    #[test]
    fn the_instructions_of_a_type_are_found_and_not_looked_for() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(include_str!("../../assets/sql/mirror.sql")).unwrap();
        for (kind, key) in [("a", Some("1")), ("b", Some("2")), ("a", None), ("b", None), ("a", Some("0"))] {
            let insert = "INSERT INTO _unkeyed VALUES (?1, ?2, NULL, 'created', '{}', 1, 1, 1)";
            connection.execute(insert, params![kind, key]).unwrap();
        }
        let mut statement = connection.prepare(INSTRUCTIONS_OF).unwrap();
        let keys = statement.query_map(["a"], |row| row.get::<_, Option<String>>(1)).unwrap();
        let keys: Vec<_> = keys.map(Result::unwrap).collect();
        assert_eq!(keys, [Some("1".to_owned()), None, Some("0".to_owned())], "as they came");
        let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {INSTRUCTIONS_OF}")).unwrap();
        let steps = plan.query_map(["a"], |row| row.get::<_, String>(3)).unwrap();
        for step in steps.map(Result::unwrap) {
            assert!(!step.starts_with("SCAN"), "{step}");
        }
    }
}
