//! A mirror as a source: its rows, read by SQL from its schema (assets/sql/mirror.sql), through SQLite alone.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};

use super::super::ServiceError;
use super::super::store::Filled;
use super::{Importer, Incoming, problem};

/// Marks a file as a mirror (`drnb`).
pub(super) const APPLICATION_ID: i32 = 0x6472_6e62;
/// The newest schema whose tables are read here. The ones before it have the same.
pub(super) const NEWEST: i32 = 4;

/// Opens a database so that nothing is written to it, nor left beside it.
pub(super) fn open(path: &Path) -> Result<Connection, ServiceError> {
    if let Ok(connection) = writing(path) {
        return Ok(connection);
    }
    // A read-only file or folder: nobody can write there. What else is wrong is wrong here too, and said.
    let cannot = |e: rusqlite::Error| problem(path, &e.to_string());
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(immutable(path), flags).map_err(cannot)?;
    super::store::marks(&connection).map_err(cannot)?;
    Ok(connection)
}

/// To SQLite it is a connection that writes, because only such a one removes a write-ahead log of its own at its end. A
/// log that was there before stays as it is.
fn writing(path: &Path) -> rusqlite::Result<Connection> {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let has_log = std::fs::metadata(log).is_ok_and(|log| log.len() > 0);
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, has_log)?;
    connection
        .execute_batch("PRAGMA query_only = 1; PRAGMA wal_autocheckpoint = 0; PRAGMA trusted_schema = 0;")?;
    super::store::marks(&connection)?;
    Ok(connection)
}

fn immutable(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let path = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    format!("file:{path}?immutable=1")
}

/// Reads a whole mirror, as it is at one moment.
pub(super) fn read(importer: &mut Importer<'_>, path: &Path) -> Filled {
    let mirror = open(path)?;
    let moment = mirror.unchecked_transaction()?;
    read_all(importer, &moment).map_err(|e| problem(path, &format!("its rows cannot be read: {e}")))?;
    Ok(())
}

fn read_all(importer: &mut Importer<'_>, mirror: &Connection) -> rusqlite::Result<()> {
    let types: Vec<(String, String)> = mirror
        .prepare("SELECT name, table_name FROM _type ORDER BY no")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (kind, table) in types {
        let table = table.replace('"', "\"\"");
        let mut statement =
            mirror.prepare(&format!("SELECT id, revision, data FROM \"{table}\" ORDER BY rowid"))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let id: Value = row.get(0)?;
            importer.add(Incoming {
                kind: &kind,
                data: row.get_ref(2)?.as_str()?,
                revision: row.get(1)?,
                id: Some(id),
                event: None,
                ack_key: None,
            })?;
        }
    }
    let mut statement =
        mirror.prepare("SELECT type, ack_key, revision, event_type, data FROM _unkeyed ORDER BY rowid")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        importer.add(Incoming {
            kind: row.get_ref(0)?.as_str()?,
            data: row.get_ref(4)?.as_str()?,
            revision: row.get(2)?,
            id: None,
            event: Some(row.get_ref(3)?.as_str()?),
            ack_key: row.get_ref(1)?.as_str_or_null()?,
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_no_part_of_the_address() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a b?mode=rw#%20.db");
        let file = Connection::open(&path).unwrap();
        file.execute_batch("CREATE TABLE x (a); PRAGMA application_id = 77").unwrap();
        drop(file);
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        let read = Connection::open_with_flags(immutable(&path), flags).unwrap();
        assert_eq!(super::super::store::marks(&read).unwrap().0, 77);
    }

    #[test]
    fn a_log_that_was_there_stays_and_one_of_ours_goes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mirror.db");
        let file = Connection::open(&path).unwrap();
        file.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE x (a)").unwrap();
        drop(file);
        let names = || {
            let names = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name());
            names.collect::<std::collections::BTreeSet<_>>()
        };
        let before = names();
        drop(open(&path).unwrap());
        assert_eq!(names(), before);

        // As a process that was killed leaves it: the log has what the file has not.
        let file = Connection::open(&path).unwrap();
        file.execute_batch("INSERT INTO x VALUES (1)").unwrap();
        let killed = tempfile::tempdir().unwrap();
        let copy = killed.path().join("mirror.db");
        let log = killed.path().join("mirror.db-wal");
        std::fs::copy(&path, &copy).unwrap();
        std::fs::copy(dir.path().join("mirror.db-wal"), &log).unwrap();
        drop(file);
        let bytes = |path: &Path| std::fs::read(path).unwrap();
        let (file, logged) = (bytes(&copy), bytes(&log));
        let opened = open(&copy).unwrap();
        let rows: i64 = opened.query_row("SELECT count(*) FROM x", [], |row| row.get(0)).unwrap();
        drop(opened);
        assert_eq!(rows, 1);
        assert!(bytes(&copy) == file && bytes(&log) == logged);
    }
}
