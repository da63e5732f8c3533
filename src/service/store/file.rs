//! The account's database as a file: made, taken up to this version, opened to write or to read, removed.
//!
//! Promises: a new account is in its place when it is whole, and not before; another program's database and one of a
//! newer version are refused and left as they are.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction};

use super::{ServiceError, unusable};

/// Marks a file as a service's account ("dbSv").
pub(in crate::service) const APPLICATION_ID: i32 = 0x6462_5376;
/// 2 added `given`.
const VERSION: i32 = 2;
/// Makes version 1 the second.
const TO_2: &str = "BEGIN IMMEDIATE;
    CREATE TABLE given (seq INTEGER PRIMARY KEY, ack_key TEXT UNIQUE, event TEXT);
    PRAGMA user_version = 2; COMMIT;";
const SCHEMA: &str = include_str!("../../../assets/sql/service.sql");

/// How the filling of a new account ended.
pub(in crate::service) type Filled = Result<(), Box<dyn std::error::Error>>;

/// Opens an account to write, or makes one and fills it with `fill`.
pub(super) fn prepare(
    path: &Path,
    fill: impl FnOnce(&Transaction<'_>) -> Filled,
) -> Result<Connection, ServiceError> {
    if std::fs::metadata(path).map_or(true, |file| file.len() == 0) {
        // What fills it may know better what is wrong, and with which file.
        create(path, fill)
            .map_err(|e| e.downcast().map_or_else(|e| unusable(path, &e.to_string()), |known| *known))?;
    }
    open(path).map_err(|problem| unusable(path, &problem))
}

fn open(path: &Path) -> Result<Connection, String> {
    let text = |e: rusqlite::Error| e.to_string();
    let connection = Connection::open(path).map_err(text)?;
    connection.busy_timeout(Duration::from_secs(5)).map_err(text)?;
    connection.set_prepared_statement_cache_capacity(64);
    let (mark, version) = marks(&connection).map_err(text)?;
    if mark != APPLICATION_ID {
        return Err("it is another program's database, and no account".to_owned());
    }
    if version > VERSION {
        return Err(format!("it was made by a newer version (schema {version}, this one knows {VERSION})"));
    }
    if version < VERSION {
        connection.execute_batch(TO_2).map_err(text)?;
    }
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = OFF;
             PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 17179869184;",
        )
        .map_err(text)?;
    Ok(connection)
}

/// Whose a database is, and which version of its schema it has.
pub(in crate::service) fn marks(connection: &Connection) -> rusqlite::Result<(i32, i32)> {
    connection.query_row(
        "SELECT application_id, user_version FROM pragma_application_id, pragma_user_version",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// A new account, made beside its place without a thought for a crash, and moved there when it is whole.
fn create(path: &Path, fill: impl FnOnce(&Transaction<'_>) -> Filled) -> Filled {
    let beside = with_suffix(path, "-new");
    match std::fs::remove_file(&beside) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e.into()),
        _ => {}
    }
    let mut connection = Connection::open(&beside)?;
    let filled = fill_in(&mut connection, fill);
    connection.close().map_err(|(_, e)| e)?;
    if let Err(e) = filled {
        remove(&beside);
        return Err(e);
    }
    Ok(std::fs::rename(&beside, path)?)
}

fn fill_in(connection: &mut Connection, fill: impl FnOnce(&Transaction<'_>) -> Filled) -> Filled {
    connection.execute_batch(
        "PRAGMA page_size = 16384; PRAGMA foreign_keys = OFF; PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;
         PRAGMA cache_size = -64000;",
    )?;
    let transaction = connection.transaction()?;
    transaction.execute_batch(SCHEMA)?;
    fill(&transaction)?;
    transaction.execute_batch("CREATE UNIQUE INDEX IF NOT EXISTS record_identity ON record (kind, id)")?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    Ok(transaction.commit()?)
}

/// Opens an account to read.
pub(super) fn reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let reader = Connection::open_with_flags(path, flags)?;
    reader.busy_timeout(Duration::from_secs(5))?;
    reader.set_prepared_statement_cache_capacity(32);
    reader.execute_batch("PRAGMA query_only = 1; PRAGMA mmap_size = 17179869184;")?;
    Ok(reader)
}

/// The name of a file beside another.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// A place that nothing has yet, in the temporary folder.
pub(super) fn temporary_path() -> PathBuf {
    std::env::temp_dir().join(format!("drainboard-account-{}.db", uuid::Uuid::new_v4()))
}

/// Removes an account with what SQLite has beside it.
pub(super) fn remove(path: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        // What is not there cannot be removed; what cannot be removed is left in the temporary folder.
        let _ = std::fs::remove_file(with_suffix(path, suffix));
    }
}
