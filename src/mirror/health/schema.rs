//! Are the mirror's tables those that it is written through? Our own as a new mirror has them, and a table with its
//! columns for each type that is listed.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use super::Fault;
use crate::mirror::open::{SCHEMA, TABLES};
use crate::mirror::{MirrorError, Reader};
use crate::text::visible;

/// Columns of a type's table that show no field.
const FIXED: [&str; 5] = ["id", "revision", "data", "_session", "_page"];

/// Names as SQLite compares them.
type Names = BTreeSet<String>;

/// What a database is made of.
#[derive(Debug, Default)]
struct Made {
    /// The tables, each with its columns.
    tables: BTreeMap<String, Names>,
    indexes: Names,
    triggers: Names,
}

impl Made {
    fn of(connection: &Connection) -> rusqlite::Result<Self> {
        let mut made = Self::default();
        let mut objects = connection.prepare("SELECT type, name FROM sqlite_schema")?;
        let mut objects = objects.query([])?;
        while let Some(object) = objects.next()? {
            let (kind, name) = (object.get::<_, String>(0)?, super::super::reader::text(object, 1)?);
            match kind.as_str() {
                "table" if name.starts_with("sqlite_") => {}
                "table" => {
                    let columns = columns(connection, &name)?;
                    made.tables.insert(folded(&name), columns);
                }
                "index" => drop(made.indexes.insert(folded(&name))),
                "trigger" => drop(made.triggers.insert(name)),
                _ => {} // a view reads, and so changes nothing
            }
        }
        Ok(made)
    }
}

fn columns(connection: &Connection, table: &str) -> rusqlite::Result<Names> {
    let mut columns = connection.prepare_cached("SELECT name FROM pragma_table_info(?1)")?;
    columns.query_map([table], |row| super::super::reader::text(row, 0).map(|name| folded(&name)))?.collect()
}

fn folded(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// What is missing, and what is there that should not be.
pub(super) fn look(reader: &Reader, faults: &mut Vec<Fault>) -> Result<(), MirrorError> {
    let say = |e| reader.error(e);
    let mut found = Made::of(&reader.connection).map_err(say)?;
    let schema: i64 =
        reader.connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(say)?;
    let wanted = Connection::open_in_memory()
        .and_then(|fresh| {
            fresh.execute_batch(TABLES)?;
            Made::of(&fresh)
        })
        .map_err(say)?;
    for (table, columns) in &wanted.tables {
        let Some(has) = found.tables.remove(table) else {
            // An older mirror gets what it does not have when it is opened for writing.
            if schema == SCHEMA {
                faults.push(Fault(format!("the table {table} is missing")));
            }
            continue;
        };
        for column in columns.difference(&has).filter(|_| schema == SCHEMA) {
            faults.push(Fault(format!("the table {table} has no column {column}")));
        }
    }
    let ours = |name: &&String| schema == SCHEMA && name.starts_with('_');
    for index in wanted.indexes.difference(&found.indexes).filter(ours) {
        faults.push(Fault(format!("the index {index} is missing")));
    }
    for trigger in &found.triggers {
        let trigger = visible(trigger);
        faults.push(Fault(format!(
            "the trigger {trigger} is none of drainboard's: it may change what is written"
        )));
    }
    types(reader, found.tables, faults)
}

/// Each type has its table, each table its type, and the columns are those that are listed.
fn types(
    reader: &Reader,
    mut tables: BTreeMap<String, Names>,
    faults: &mut Vec<Fault>,
) -> Result<(), MirrorError> {
    for kind in reader.kinds()? {
        let name = visible(&kind.name).into_owned();
        let Some(has) = tables.remove(&folded(&kind.table)) else {
            faults.push(Fault(format!("{name}: its table {} is missing", visible(&kind.table))));
            continue;
        };
        let fields = reader.columns(&kind.name)?.into_iter().map(|column| folded(&column.name));
        let listed: Names = FIXED.iter().map(|name| (*name).to_owned()).chain(fields).collect();
        for column in listed.difference(&has) {
            faults.push(Fault(format!("{name}: its table has no column {}", visible(column))));
        }
        for column in has.difference(&listed) {
            faults.push(Fault(format!("{name}: no field is known for the column {}", visible(column))));
        }
    }
    for table in tables.keys() {
        faults.push(Fault(format!("the table {} belongs to no type that is listed", visible(table))));
    }
    Ok(())
}
