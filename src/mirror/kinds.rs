//! Type tables: made when a type is first seen, widened when a field is. Rules of naming are in [`super::names`].
//!
//! Promise: whatever a type or a field is called, `SELECT *` works, and a hostile record costs a bounded number of
//! columns. What a rolled back transaction made is forgotten by building this anew.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, ErrorCode, OptionalExtension, PrepFlags, Result, Statement, params};

use super::apply::{Key, Origin};
use super::cells::Cell;
use super::layout::Layout;
use super::names;
use crate::protocol::record;
use crate::protocol::{Item, RecordId};

/// Types that a mirror takes: each has a table, and the memory of statements of its own. The Sync API has some thirty.
pub(super) const MOST: usize = 1_000;

/// Field names without a column that are listed, at most: the list must not grow with the number of records.
pub(super) const LEFT_OUT_LISTED: usize = 1_000;

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
    /// The field columns, in their order; the id column is none.
    columns: Vec<Column>,
    left_out: Vec<String>,
    /// Which column each field goes to.
    layout: Layout,
    /// Rows gained or lost since the last [`Kinds::save`].
    pub(super) rows: i64,
    /// Whether a tombstone of this type may exist.
    pub(super) tombstones: bool,
    writers: Writers<'c>,
    /// `id` → `revision, data`.
    pub(super) select: Statement<'c>,
    /// `id`.
    pub(super) delete: Statement<'c>,
    /// `id, event, session, page`: copies the row into the history.
    pub(super) keep: Statement<'c>,
}

/// What writes a whole row: `id, revision, data, session, page` and the field columns.
struct Writers<'c> {
    /// Nothing happens where the row is there.
    insert: Statement<'c>,
    /// For a row that is there.
    update: Statement<'c>,
}

struct Column {
    field: String,
    name: String,
}

/// A row to be written.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) id: &'a RecordId,
    pub(super) revision: Option<i64>,
    pub(super) item: &'a Item<'a>,
    pub(super) origin: Origin,
}

impl<'c> Kinds<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self { connection, by_name: HashMap::new(), list: Vec::new() }
    }

    /// The index of a type; makes its table, for records like `data`, when it is seen for the first time.
    pub(super) fn index(&mut self, name: &str, data: &str) -> Result<usize> {
        if let Some(index) = self.by_name.get(name) {
            return Ok(*index);
        }
        let kind = load(self.connection, name, data)?;
        self.list.push(kind);
        self.by_name.insert(name.to_owned(), self.list.len() - 1);
        Ok(self.list.len() - 1)
    }

    /// The first of these types that is one too many.
    pub(super) fn beyond<'n>(&self, names: &'n [String]) -> Result<Option<&'n str>> {
        let unmet: Vec<&String> = names.iter().filter(|name| !self.by_name.contains_key(*name)).collect();
        if unmet.is_empty() {
            return Ok(None);
        }
        let mut count: usize = self
            .connection
            .query_row("SELECT count(*) FROM _type", [], |row| row.get::<_, i64>(0).map(|n| n as usize))?;
        let mut known = self.connection.prepare_cached("SELECT 1 FROM _type WHERE name = ?1")?;
        for name in unmet {
            count += usize::from(!known.exists([name])?);
            if count > MOST {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }

    /// The type with that index.
    pub(super) fn get(&mut self, index: usize) -> &mut Kind<'c> {
        &mut self.list[index]
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

impl<'c> Kind<'c> {
    /// Puts a row; false where there is one of that id.
    pub(super) fn insert(&mut self, connection: &'c Connection, row: Row<'_>) -> Result<bool> {
        self.write(connection, row, |writers| &mut writers.insert)
    }

    /// Replaces a row.
    pub(super) fn update(&mut self, connection: &'c Connection, row: Row<'_>) -> Result<bool> {
        self.write(connection, row, |writers| &mut writers.update)
    }

    /// Binds a row and runs a writing statement; says whether it changed something.
    fn write(
        &mut self,
        connection: &'c Connection,
        row: Row<'_>,
        of: impl for<'w> Fn(&'w mut Writers<'c>) -> &'w mut Statement<'c>,
    ) -> Result<bool> {
        if !bind(of(&mut self.writers), &mut self.layout, row)? {
            of(&mut self.writers).clear_bindings();
            self.learn(connection, row.item.data)?;
            bind(of(&mut self.writers), &mut self.layout, row)?;
        }
        let statement = of(&mut self.writers);
        let written = statement.raw_execute();
        // Not before the next row: until then this one's texts would have the connection's quick memory, those of
        // each type's statements, and the other types would get none of it.
        statement.clear_bindings();
        Ok(written? == 1)
    }

    /// Sees to it that the fields of `data` have columns, where they can, and a place in the layout.
    fn learn(&mut self, connection: &'c Connection, data: &str) -> Result<()> {
        let before = self.columns.len();
        self.widen(connection, data)?;
        if self.columns.len() > before {
            self.writers = writers(connection, &self.table, &self.columns)?;
        }
        let columns = &self.columns;
        self.layout.learn(data, |field| columns.iter().position(|column| column.field == field));
        Ok(())
    }

    fn has(&self, field: &str) -> bool {
        self.columns.iter().any(|column| column.field == field)
    }

    fn widen(&mut self, connection: &Connection, data: &str) -> Result<()> {
        let mut fields: Vec<String> = Vec::new();
        let mut seen: HashSet<String> = HashSet::new();
        record::each_field(data, |field, _| {
            if field != "id" && !self.has(field) && seen.insert(field.to_owned()) {
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
            if room && names::can_be_column(&field) && self.add_column(connection, &field)? {
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
        let taken = |name: &str| self.columns.iter().any(|column| column.name.eq_ignore_ascii_case(name));
        let twin = self.columns.iter().position(|column| column.name.eq_ignore_ascii_case(field));
        let name = match twin {
            _ if names::is_ours(field) => names::suffixed(field, taken),
            None => field.to_owned(),
            // The bare name goes to the lower-case field, so its twin moves aside.
            Some(twin) if names::is_lower(field) && self.columns[twin].name == self.columns[twin].field => {
                let aside = names::suffixed(&self.columns[twin].field, taken);
                self.rename(connection, twin, aside)?;
                field.to_owned()
            }
            Some(_) => names::suffixed(field, taken),
        };
        let add = format!("ALTER TABLE {} ADD COLUMN {}", self.table, names::quoted(&name));
        match connection.execute_batch(&add) {
            Err(e) if e.sqlite_error_code() == Some(ErrorCode::Unknown) => return Ok(false),
            other => other?,
        }
        note_column(connection, self.no, self.columns.len(), field, &name)?;
        self.columns.push(Column { field: field.to_owned(), name });
        Ok(true)
    }

    fn rename(&mut self, connection: &Connection, column: usize, to: String) -> Result<()> {
        let column = &mut self.columns[column];
        connection.execute_batch(&format!(
            "ALTER TABLE {} RENAME COLUMN {} TO {}",
            self.table,
            names::quoted(&column.name),
            names::quoted(&to)
        ))?;
        connection.execute(
            "UPDATE _column SET name = ?3 WHERE type = ?1 AND field = ?2",
            params![self.no, column.field, to],
        )?;
        column.name = to;
        Ok(())
    }
}

/// Parameters of a writing statement before the field columns'.
const FIXED: usize = 5;

/// Binds a row, the field columns straight from its JSON; false where a field of it has no place in the layout yet. Of
/// the statement nothing may be bound: a field that this record does not have is null.
fn bind(statement: &mut Statement<'_>, layout: &mut Layout, row: Row<'_>) -> Result<bool> {
    statement.raw_bind_parameter(1, Key(row.id))?;
    statement.raw_bind_parameter(2, row.revision)?;
    statement.raw_bind_parameter(3, row.item.data)?;
    statement.raw_bind_parameter(4, row.origin.session)?;
    statement.raw_bind_parameter(5, row.origin.page)?;
    layout.each_cell(row.item.data, row.item.fields(), |place, raw| match Cell::from_json(raw) {
        Cell::Null => Ok(()), // as it is
        cell => statement.raw_bind_parameter(FIXED + 1 + place, cell),
    })
}

/// The statements that write a whole row.
fn writers<'c>(connection: &'c Connection, table: &str, columns: &[Column]) -> Result<Writers<'c>> {
    let fixed = ["id", "revision", "data", "_session", "_page"].map(str::to_owned);
    let names: Vec<String> =
        fixed.into_iter().chain(columns.iter().map(|column| names::quoted(&column.name))).collect();
    let marks: Vec<String> = (1..=names.len()).map(|n| format!("?{n}")).collect();
    let (list, values) = (names.join(", "), marks.join(", "));
    let insert = format!("INSERT INTO {table} ({list}) VALUES ({values}) ON CONFLICT DO NOTHING");
    let set: Vec<String> =
        names.iter().zip(&marks).skip(1).map(|(n, mark)| format!("{n} = {mark}")).collect();
    let update = format!("UPDATE {table} SET {} WHERE id = ?1", set.join(", "));
    Ok(Writers { insert: lasting(connection, &insert)?, update: lasting(connection, &update)? })
}

/// A statement that stays. SQLite keeps it out of the connection's quick memory, which is for the values of each row.
fn lasting<'c>(connection: &'c Connection, sql: &str) -> Result<Statement<'c>> {
    connection.prepare_with_flags(sql, PrepFlags::SQLITE_PREPARE_PERSISTENT)
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

fn load<'c>(connection: &'c Connection, name: &str, data: &str) -> Result<Kind<'c>> {
    let known = connection
        .query_row("SELECT no, table_name, left_out FROM _type WHERE name = ?1", [name], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get::<_, Option<String>>(2)?))
        })
        .optional()?;
    let (no, table, left_out): (i64, String, Option<String>) = match known {
        Some(known) => known,
        None => create(connection, name, data)?,
    };
    let mut columns =
        connection.prepare("SELECT field, name FROM _column WHERE type = ?1 ORDER BY ordinal")?;
    let columns: Vec<Column> = columns
        .query_map([no], |row| Ok(Column { field: row.get(0)?, name: row.get(1)? }))?
        .collect::<Result<_>>()?;
    let tombstones =
        connection.query_row("SELECT EXISTS (SELECT 1 FROM _tombstone WHERE type = ?1)", [name], |row| {
            row.get(0)
        })?;
    let table = names::quoted(&table);
    let writers = writers(connection, &table, &columns)?;
    // A name with NUL cannot stand in a statement's text.
    let literal = if name.contains('\0') {
        format!("(SELECT name FROM _type WHERE no = {no})")
    } else {
        names::literal(name)
    };
    Ok(Kind {
        no,
        name: name.to_owned(),
        columns,
        left_out: left_out.and_then(|list| serde_json::from_str(&list).ok()).unwrap_or_default(),
        layout: Layout::default(),
        rows: 0,
        tombstones,
        writers,
        select: lasting(connection, &format!("SELECT revision, data FROM {table} WHERE id = ?1"))?,
        delete: lasting(connection, &format!("DELETE FROM {table} WHERE id = ?1"))?,
        keep: lasting(
            connection,
            &format!(
                "INSERT INTO _history (type, id, revision, data, event, brought_by, session, page) \
                 SELECT {literal}, id, revision, data, ?2, _session, ?3, ?4 FROM {table} WHERE id = ?1"
            ),
        )?,
        table,
    })
}

/// Makes a type's table, under its own name where that is possible and free, with columns for a record like `data`:
/// added one by one, each of them has SQLite read the whole schema anew.
fn create(connection: &Connection, name: &str, data: &str) -> Result<(i64, String, Option<String>)> {
    let no: i64 = connection.query_row("SELECT coalesce(max(no), 0) + 1 FROM _type", [], |row| row.get(0))?;
    let twin: bool =
        connection.query_row("SELECT EXISTS (SELECT 1 FROM _type WHERE table_name = ?1)", [name], |row| {
            row.get(0)
        })?;
    let table = if names::can_be_table(name) && !twin { name.to_owned() } else { format!("_kind_{no}") };
    let mut fields = plain_fields(data);
    match connection.execute_batch(&names::table_definition(&table, &fields)) {
        // A name that SQLite does not like: each for itself, later.
        Err(e) if e.sqlite_error_code() == Some(ErrorCode::Unknown) && !fields.is_empty() => {
            fields.clear();
            connection.execute_batch(&names::table_definition(&table, &[]))?;
        }
        made => made?,
    }
    connection
        .execute("INSERT INTO _type (no, name, table_name) VALUES (?1, ?2, ?3)", params![no, name, table])?;
    for (ordinal, field) in fields.iter().enumerate() {
        note_column(connection, no, ordinal, field, field)?;
    }
    Ok((no, table, None))
}

/// The fields of a record whose columns have their own names whatever comes later; none where there are more than one
/// record may bring.
fn plain_fields(data: &str) -> Vec<String> {
    let mut fields: Vec<String> = Vec::new();
    let mut count: HashMap<String, usize> = HashMap::new();
    record::each_field(data, |field, _| {
        let new = field != "id" && !fields.iter().any(|known| known == field);
        if new && fields.len() <= names::COLUMNS_A_RECORD {
            fields.push(field.to_owned());
            *count.entry(field.to_ascii_lowercase()).or_default() += 1;
        }
    });
    if fields.len() > names::COLUMNS_A_RECORD {
        return Vec::new();
    }
    let alone = |field: &str| count.get(&field.to_ascii_lowercase()) == Some(&1);
    fields.retain(|field| names::can_be_column(field) && !names::is_ours(field) && alone(field));
    fields
}

/// Writes down whose column it is.
fn note_column(connection: &Connection, no: i64, ordinal: usize, field: &str, name: &str) -> Result<()> {
    connection
        .prepare_cached("INSERT INTO _column (type, ordinal, field, name) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![no, ordinal as i64, field, name])?;
    Ok(())
}
