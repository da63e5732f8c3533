//! Type tables: made when a type is first seen, widened when a field is. Rules of naming are in [`super::names`].
//!
//! Promise: whatever a type or a field is called, `SELECT *` works, and a hostile record costs a bounded number of
//! columns. What a rolled back transaction made is forgotten by building this anew.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, ErrorCode, OptionalExtension, Result, Statement, params};

use super::names;
use crate::protocol::record;

/// Field names without a column that are listed, at most: the list must not grow with the number of records.
const LEFT_OUT_LISTED: usize = 1_000;
/// Shapes that are remembered for one type, at most.
const SHAPES: usize = 10_000;

/// The types met so far, each with its prepared statements.
pub(super) struct Kinds<'c> {
    connection: &'c Connection,
    by_name: HashMap<String, usize>,
    list: Vec<Kind<'c>>,
}

/// A type, its table and the statements on it.
pub(super) struct Kind<'c> {
    no: i64,
    /// The type as received.
    pub(super) name: String,
    table: String,
    /// Columns by field; the id column is none.
    columns: HashMap<String, String>,
    left_out: Vec<String>,
    shapes: HashSet<u64>,
    /// Rows gained or lost since the last [`Kinds::save`].
    pub(super) rows: i64,
    /// Whether a tombstone of this type may exist.
    pub(super) tombstones: bool,
    /// `id, revision, data, session, page, deep`; nothing happens where the row is there.
    pub(super) insert: Statement<'c>,
    /// `id` → `revision, data`.
    pub(super) select: Statement<'c>,
    /// The same as `insert`, for a row that is there.
    pub(super) update: Statement<'c>,
    /// `id`.
    pub(super) delete: Statement<'c>,
    /// `id, event, session, page`: copies the row into the history.
    pub(super) keep: Statement<'c>,
}

impl<'c> Kinds<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self { connection, by_name: HashMap::new(), list: Vec::new() }
    }

    /// The index of a type; makes its table when it is seen for the first time.
    pub(super) fn index(&mut self, name: &str) -> Result<usize> {
        if let Some(index) = self.by_name.get(name) {
            return Ok(*index);
        }
        let kind = load(self.connection, name)?;
        self.list.push(kind);
        self.by_name.insert(name.to_owned(), self.list.len() - 1);
        Ok(self.list.len() - 1)
    }

    /// The type with that index.
    pub(super) fn get(&mut self, index: usize) -> &mut Kind<'c> {
        &mut self.list[index]
    }

    /// Sees to it that the fields of `data` have columns, if this shape is new to the type.
    pub(super) fn learn(&mut self, index: usize, shape: u64, data: &str) -> Result<()> {
        let kind = &mut self.list[index];
        if kind.shapes.contains(&shape) {
            return Ok(());
        }
        if kind.shapes.len() >= SHAPES {
            kind.shapes.clear();
        }
        kind.shapes.insert(shape);
        kind.widen(self.connection, data)
    }

    /// Writes the row counts.
    pub(super) fn save(&mut self) -> Result<()> {
        for kind in self.list.iter_mut().filter(|kind| kind.rows != 0) {
            self.connection
                .prepare_cached("UPDATE _type SET rows = rows + ?2 WHERE no = ?1")?
                .execute(params![kind.no, kind.rows])?;
            kind.rows = 0;
        }
        Ok(())
    }
}

impl Kind<'_> {
    fn widen(&mut self, connection: &Connection, data: &str) -> Result<()> {
        let mut fields: Vec<String> = Vec::new();
        let mut seen: HashSet<String> = HashSet::new();
        record::each_field(data, |field, _| {
            if field != "id" && !self.columns.contains_key(field) && seen.insert(field.to_owned()) {
                fields.push(field.to_owned());
            }
        });
        let listed = self.left_out.len();
        let mut added = 0;
        for field in fields {
            if self.left_out.contains(&shortened(&field)) {
                continue;
            }
            let room = added < names::COLUMNS_A_RECORD && self.columns.len() < names::COLUMNS_A_TABLE;
            let usable = room && names::can_be_column(&field) && path_works(connection, &field)?;
            if usable && self.add_column(connection, &field)? {
                added += 1;
            } else if self.left_out.len() < LEFT_OUT_LISTED {
                self.left_out.push(shortened(&field));
            }
        }
        if self.left_out.len() > listed {
            let list = serde_json::Value::from(self.left_out.clone()).to_string();
            connection.execute("UPDATE _type SET left_out = ?2 WHERE no = ?1", params![self.no, list])?;
        }
        Ok(())
    }

    /// Says whether SQLite took the column: a name that it does not like must not cost the page.
    fn add_column(&mut self, connection: &Connection, field: &str) -> Result<bool> {
        let taken = |name: &str| self.columns.values().any(|column| column.eq_ignore_ascii_case(name));
        let column = if !names::is_ours(field) && !taken(field) {
            field.to_owned()
        } else {
            let suffixed = names::suffixed(field, taken);
            match self.columns.iter().find(|(_, column)| column.eq_ignore_ascii_case(field)) {
                // The bare name goes to the lower-case field, so its twin moves aside.
                Some((twin, bare)) if names::is_lower(field) && !names::is_lower(bare) && twin == bare => {
                    let (twin, aside) = (twin.clone(), names::suffixed(bare, taken));
                    self.rename(connection, twin, aside)?;
                    field.to_owned()
                }
                _ => suffixed,
            }
        };
        let definition = names::column_definition(&column, field);
        match connection.execute_batch(&format!("ALTER TABLE {} ADD COLUMN {definition}", self.table)) {
            Err(e) if e.sqlite_error_code() == Some(ErrorCode::Unknown) => return Ok(false),
            other => other?,
        }
        connection
            .prepare_cached("INSERT INTO _column (type, ordinal, field, name) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![self.no, self.columns.len() as i64, field, column])?;
        self.columns.insert(field.to_owned(), column);
        Ok(true)
    }

    fn rename(&mut self, connection: &Connection, field: String, to: String) -> Result<()> {
        let from = self.columns.get(&field).cloned().unwrap_or_default();
        connection.execute_batch(&format!(
            "ALTER TABLE {} RENAME COLUMN {} TO {}",
            self.table,
            names::quoted(&from),
            names::quoted(&to)
        ))?;
        connection.execute(
            "UPDATE _column SET name = ?3 WHERE type = ?1 AND field = ?2",
            params![self.no, field, to],
        )?;
        self.columns.insert(field, to);
        Ok(())
    }
}

/// Whether SQLite finds a field of this name by the path that its column would have.
fn path_works(connection: &Connection, field: &str) -> Result<bool> {
    let mut found = connection.prepare_cached("SELECT json_object(?1, 7) ->> ?2")?;
    let found = found.query_row(params![field, names::json_path(field)], |row| row.get::<_, Option<i64>>(0));
    Ok(matches!(found, Ok(Some(7))))
}

/// A name as the list of the left out shows it: the list is for people, and bounded.
fn shortened(field: &str) -> String {
    if field.len() <= names::LONGEST {
        return field.to_owned();
    }
    let mut short: String = field.chars().take(60).collect();
    short.push('…');
    short
}

fn load<'c>(connection: &'c Connection, name: &str) -> Result<Kind<'c>> {
    let known = connection
        .query_row("SELECT no, table_name, left_out FROM _type WHERE name = ?1", [name], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get::<_, Option<String>>(2)?))
        })
        .optional()?;
    let (no, table, left_out): (i64, String, Option<String>) = match known {
        Some(known) => known,
        None => create(connection, name)?,
    };
    let mut columns = connection.prepare("SELECT field, name FROM _column WHERE type = ?1")?;
    let columns = columns.query_map([no], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_>>()?;
    let tombstones =
        connection.query_row("SELECT EXISTS (SELECT 1 FROM _tombstone WHERE type = ?1)", [name], |row| {
            row.get(0)
        })?;
    let table = names::quoted(&table);
    let text = name.replace('\'', "''");
    // A name with NUL cannot stand in a statement's text.
    let literal = if name.contains('\0') {
        format!("(SELECT name FROM _type WHERE no = {no})")
    } else {
        format!("'{text}'")
    };
    Ok(Kind {
        no,
        name: name.to_owned(),
        columns,
        left_out: left_out.and_then(|list| serde_json::from_str(&list).ok()).unwrap_or_default(),
        shapes: HashSet::new(),
        rows: 0,
        tombstones,
        insert: connection.prepare(&format!(
            "INSERT INTO {table} (id, revision, data, _session, _page, _deep) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
             ON CONFLICT DO NOTHING"
        ))?,
        select: connection.prepare(&format!("SELECT revision, data FROM {table} WHERE id = ?1"))?,
        update: connection.prepare(&format!(
            "UPDATE {table} SET revision = ?2, data = ?3, _session = ?4, _page = ?5, _deep = ?6 WHERE id = ?1"
        ))?,
        delete: connection.prepare(&format!("DELETE FROM {table} WHERE id = ?1"))?,
        keep: connection.prepare(&format!(
            "INSERT INTO _history (type, id, revision, data, event, brought_by, session, page) \
             SELECT {literal}, id, revision, data, ?2, _session, ?3, ?4 FROM {table} WHERE id = ?1"
        ))?,
        table,
    })
}

/// Makes a type's table, under its own name where that is possible and free.
fn create(connection: &Connection, name: &str) -> Result<(i64, String, Option<String>)> {
    let no: i64 = connection.query_row("SELECT coalesce(max(no), 0) + 1 FROM _type", [], |row| row.get(0))?;
    let twin: bool =
        connection.query_row("SELECT EXISTS (SELECT 1 FROM _type WHERE table_name = ?1)", [name], |row| {
            row.get(0)
        })?;
    let table = if names::can_be_table(name) && !twin { name.to_owned() } else { format!("_kind_{no}") };
    connection.execute_batch(&names::table_definition(&table))?;
    connection
        .execute("INSERT INTO _type (no, name, table_name) VALUES (?1, ?2, ?3)", params![no, name, table])?;
    Ok((no, table, None))
}
