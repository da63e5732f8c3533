//! The mirror as it was after a session: views that stand before the types' tables on one reading connection.
//!
//! A state of a record was there after session N if a session up to N brought it and a later one, or none yet, took
//! it. The states that are still there are the types' rows (`_session`), those that are gone are in `_history`
//! (`brought_by`, `session`); each page writes both in one transaction, so a statement sees one or the other.
//!
//! Promise: what cannot be told is refused, never guessed. The history is kept for good, so every session that has
//! ended can be asked for; what only the present has (`_outbox`, `_tombstone` and what else is ours) cannot be read
//! here. Columns are read from `data` as they were when the row was written. The page that brought a state that is gone
//! is not known: `_page` is NULL there.

use std::fmt::Write as _;

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension};

use super::cells::Cell;
use super::{MirrorError, SessionNo, names};
use crate::protocol::record;

/// The function that reads a field of a record as its column has it.
const FIELD: &str = "_field";

/// Puts views of the types' tables, as they were after session `no`, before the tables.
pub(super) fn shadow(
    connection: &Connection,
    no: SessionNo,
    say: impl Fn(rusqlite::Error) -> MirrorError,
) -> Result<(), MirrorError> {
    if let Some(reason) = refusal(connection, no).map_err(&say)? {
        return Err(MirrorError::Query { reason });
    }
    views(connection, no).map_err(say)
}

/// Why a session cannot be asked for; none where it can.
fn refusal(connection: &Connection, no: SessionNo) -> rusqlite::Result<Option<String>> {
    let last: Option<SessionNo> =
        connection.query_row("SELECT max(no) FROM _session", [], |row| row.get(0))?;
    let Some(last) = last else {
        return Ok(Some("the mirror has no session yet: there is nothing before what is there now".into()));
    };
    let ended: Option<bool> = connection
        .query_row("SELECT ended IS NOT NULL FROM _session WHERE no = ?1", [no], |row| row.get(0))
        .optional()?;
    match ended {
        Some(true) => {}
        Some(false) => {
            return Ok(Some(format!("session {no} has not ended: leave it out to see what is there now")));
        }
        None => {
            return Ok(Some(format!(
                "there is no session {no}: the mirror has 1 to {last} (screen 6 of the console lists them)"
            )));
        }
    }
    // We remove nothing from the history; where somebody did, the first that is left tells how far it reaches.
    let first: Option<(i64, SessionNo)> = connection
        .query_row("SELECT no, session FROM _history ORDER BY no LIMIT 1", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    Ok(first.filter(|(entry, session)| *entry > 1 && no < *session).map(|(_, session)| {
        format!(
            "the history does not reach back to session {no}: what was before session {session} is removed"
        )
    }))
}

fn views(connection: &Connection, no: SessionNo) -> rusqlite::Result<()> {
    let flags =
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS; // it reads its arguments and nothing else
    connection.create_scalar_function(FIELD, 2, flags, |asked| Ok(field(asked)))?;
    let mut types = connection.prepare("SELECT no, table_name FROM _type")?;
    let types: Vec<(i64, String)> =
        types.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
    let mut columns =
        connection.prepare("SELECT field, name FROM _column WHERE type = ?1 ORDER BY ordinal")?;
    for (kind, table) in types {
        let columns: Vec<(String, String)> = columns
            .query_map([kind], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        connection.execute_batch(&view(kind, &table, &columns, no))?;
    }
    Ok(())
}

fn view(kind: i64, table: &str, columns: &[(String, String)], no: SessionNo) -> String {
    let (mut now, mut then) = (String::new(), String::new());
    for (field, name) in columns {
        let name = names::quoted(name);
        let _ = write!(now, ", {name}"); // a String takes everything
        let _ = write!(then, ", {FIELD}(data, {}) AS {name}", names::literal(field));
    }
    let table = names::quoted(table);
    format!(
        "CREATE TEMP VIEW {table} AS \
         SELECT id, revision, data, _session, _page{now} FROM main.{table} WHERE _session <= {no} \
         UNION ALL \
         SELECT id, revision, data, brought_by AS _session, NULL AS _page{then} FROM main._history \
         WHERE session > {no} AND brought_by <= {no} AND id IS NOT NULL \
         AND type = (SELECT name FROM main._type WHERE no = {kind})"
    )
}

/// The first field of that name, as its column has it.
fn field(of: &Context<'_>) -> Value {
    let (data, name) =
        (of.get_raw(0).as_str().unwrap_or_default(), of.get_raw(1).as_str().unwrap_or_default());
    let mut value = None;
    record::each_field(data, |field, raw| {
        if field == name && value.is_none() {
            value = Some(match Cell::from_json(raw) {
                Cell::Null => Value::Null,
                Cell::Integer(n) => Value::Integer(n),
                Cell::Real(x) => Value::Real(x),
                Cell::Text(text) => Value::Text(text.into_owned()),
            });
        }
    });
    value.unwrap_or(Value::Null)
}
