//! Opening a mirror: is it one, whose is it, can it be written. Creates and migrates it.
//!
//! The database's file is touched through SQLite only, except that a missing one is made first (so that nobody else
//! can read it): closing a descriptor of it would drop SQLite's locks.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use super::checkpoint;
use super::durable;
use super::lock::{self, Lock};
use super::lost::{self, Note};
use super::place::{self, Place};
use super::{Identity, MirrorError};
use crate::files;
use crate::protocol::DeviceUuid;

/// `drnb`: marks our files.
const APPLICATION_ID: i64 = 0x6472_6e62;
/// The newest schema that this program knows.
pub(super) const SCHEMA: i64 = 3;
const TABLES: &str = include_str!("../../assets/sql/mirror.sql");
/// What makes each schema version the next one: the first of them makes 1 to 2.
const MIGRATIONS: [&str; SCHEMA as usize - 1] = [
    "ALTER TABLE _outbox ADD COLUMN held INTEGER NOT NULL DEFAULT 0 CHECK (held IN (0, 1))",
    "CREATE TABLE _noted (no INTEGER PRIMARY KEY NOT NULL, note TEXT NOT NULL CHECK (note IN ('stale', 'failed')), \
     type TEXT NOT NULL, id BLOB, event TEXT, revision INTEGER, why TEXT NOT NULL, session INTEGER NOT NULL, \
     page INTEGER NOT NULL)",
];

/// A mirror that is open, locked and proven writable.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) connection: Connection,
    /// Its log, for syncing.
    pub(super) log: File,
    pub(super) lock: Lock,
    /// The canonical path.
    pub(super) path: PathBuf,
    /// Which file is there.
    pub(super) place: Place,
    pub(super) device: DeviceUuid,
}

/// Opens `path` for writing; waits at most `patience` for another program's write lock.
pub(super) fn open(path: &Path, identity: &Identity, patience: Duration) -> Result<Opened, MirrorError> {
    make_folder(path)?;
    let path = lock::canonical(path)?;
    a_file_or_nothing(&path)?;
    let mut lock = Lock::take(&path)?;
    place::one_name(&path)?;
    if !path.exists() {
        files::private()
            .write(true)
            .create_new(true)
            .open(&path)
            .map_err(|e| MirrorError::io("cannot create", &path, &e))?;
    }
    let place = Place::of(&path)?;
    let say = |e| MirrorError::sqlite("cannot open", &path, e);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(&path, flags).map_err(say)?;
    connection.busy_timeout(patience).map_err(say)?;
    let found = recognise(&connection, &path)?;
    if connection.is_readonly("main").map_err(say)? {
        return Err(MirrorError::ReadOnly { path, reason: "it is read-only".into() });
    }
    let note = ready(&mut connection, found, identity, &path, lock.noted())?;
    lock.note(note);
    let device = note.device;
    let log = durable::open_log(&path)?;
    place.is_held()?; // so that what is open is what is remembered
    Ok(Opened { connection, log, lock, path, place, device })
}

/// What a file turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// An empty file: a new mirror.
    Empty,
    /// A mirror of this schema version.
    Mirror(i64),
}

/// Tells a mirror from everything else.
pub(super) fn recognise(connection: &Connection, path: &Path) -> Result<Found, MirrorError> {
    let say = |e| MirrorError::sqlite("cannot read", path, e);
    let number = |pragma: &str| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let application = number("application_id").map_err(say)?;
    let schema = number("user_version").map_err(say)?;
    let objects: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(say)?;
    match (application, schema) {
        (0, 0) if objects == 0 => Ok(Found::Empty),
        (APPLICATION_ID, 1..=SCHEMA) => Ok(Found::Mirror(schema)),
        (APPLICATION_ID, found) if found > SCHEMA => {
            Err(MirrorError::Newer { path: path.to_owned(), found, known: SCHEMA })
        }
        _ => Err(MirrorError::Foreign { path: path.to_owned() }),
    }
}

/// Makes the settings, the schema and the identity right, and proves that the file can be written. What was `noted`
/// beside it and is missing is written down; gives the device and the note to go on from.
fn ready(
    connection: &mut Connection,
    found: Found,
    identity: &Identity,
    path: &Path,
    noted: Option<Note>,
) -> Result<Note, MirrorError> {
    let say = |e| MirrorError::sqlite("cannot write", path, e);
    if found == Found::Empty {
        connection.pragma_update(None, "page_size", 16_384).map_err(say)?;
    }
    configure(connection).map_err(say)?;
    settle(connection).map_err(say)?;
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(say)?;
    if found == Found::Empty {
        transaction.execute_batch(TABLES).map_err(say)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(say)?;
    }
    if let Found::Mirror(schema) = found {
        for migration in MIGRATIONS.iter().skip(schema as usize - 1) {
            transaction.execute_batch(migration).map_err(say)?;
        }
    }
    transaction.pragma_update(None, "user_version", SCHEMA).map_err(say)?;
    let device = check_identity(&transaction, identity, path)?;
    let note = lost::keep(&transaction, device, noted).map_err(say)?;
    // The proof that the file can be written, also where nothing changed.
    transaction
        .execute("INSERT OR REPLACE INTO _meta (key, value) VALUES ('opened', ?1)", [super::now()])
        .map_err(say)?;
    transaction
        .execute("UPDATE _session SET end = 'crashed', ended = ?1 WHERE end IS NULL", [super::now()])
        .map_err(say)?;
    transaction.commit().map_err(say)?;
    Ok(note)
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    // FULL: what is committed survives a power cut, so that an acknowledged key is never a lost record. The writer,
    // which has its commits synced by a thread of their own, asks for less.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "cache_size", -65_536)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "foreign_keys", false)?;
    connection
        .pragma_update_and_check(None, "wal_autocheckpoint", checkpoint::log_pages() as i64, |_| Ok(()))?;
    connection.pragma_update_and_check(None, "journal_size_limit", 64 << 20, |_| Ok(()))
}

/// Moves into the database what a dead run left in the WAL, before any of its keys is acknowledged. Where that run died
/// of a sync that failed, the system may hold its frames for clean and never write them; what is written here anew is
/// synced for certain. A reader of an older state may keep some of it back.
fn settle(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
}

fn check_identity(
    connection: &Connection,
    identity: &Identity,
    path: &Path,
) -> Result<DeviceUuid, MirrorError> {
    let say = |e| MirrorError::sqlite("cannot read", path, e);
    let put = |key: &str, value: &str| {
        connection
            .execute("INSERT OR REPLACE INTO _meta (key, value) VALUES (?1, ?2)", params![key, value])
            .map_err(say)
    };
    let device = match meta(connection, "device").map_err(say)? {
        None => {
            let device = identity.device.unwrap_or_else(DeviceUuid::fresh);
            put("device", &device.to_string())?;
            put("created", &super::now())?;
            device
        }
        Some(text) => text.parse().map_err(|_| MirrorError::Corrupt {
            path: path.to_owned(),
            reason: "its device is no UUID".into(),
        })?,
    };
    if let Some(asked) = identity.device.filter(|asked| *asked != device) {
        return Err(MirrorError::OtherDevice {
            path: path.to_owned(),
            mirror: device.to_string(),
            asked: asked.to_string(),
        });
    }
    match meta(connection, "host").map_err(say)? {
        Some(host) if host == identity.host => {}
        Some(host) if !(is_loopback(&host) && is_loopback(&identity.host)) => {
            return Err(MirrorError::OtherHost {
                path: path.to_owned(),
                mirror: crate::text::visible(&host).into_owned(),
                asked: crate::text::visible(&identity.host).into_owned(),
            });
        }
        _ => {
            put("host", &identity.host)?;
        }
    }
    Ok(device)
}

/// A text of `_meta`.
pub(super) fn meta(connection: &Connection, key: &str) -> rusqlite::Result<Option<String>> {
    connection.query_row("SELECT value FROM _meta WHERE key = ?1", [key], |row| row.get(0)).optional()
}

/// Whether an origin is this machine: the host is parsed, never looked up.
fn is_loopback(origin: &str) -> bool {
    let authority = origin.split_once("://").map_or(origin, |(_, rest)| rest);
    let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.rsplit_once(':').map_or(authority, |(host, _)| host),
    };
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Makes the folder of a new mirror, for its owner alone, so that a power cut does not take it away with all that was
/// committed in it.
fn make_folder(path: &Path) -> Result<(), MirrorError> {
    let folder = path.parent().unwrap_or(path);
    let missing = folder.ancestors().take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists());
    let missing: Vec<&Path> = missing.collect();
    if missing.is_empty() {
        return Ok(());
    }
    files::make_folder(folder).map_err(|e| MirrorError::io("cannot create", folder, &e))?;
    for made in missing {
        files::sync_folder(made.parent().unwrap_or(made));
    }
    Ok(())
}

/// Refuses what exists and is no regular file.
pub(super) fn a_file_or_nothing(path: &Path) -> Result<(), MirrorError> {
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => {
            Err(MirrorError::NotAFile { path: path.to_owned(), what: "a directory" })
        }
        Ok(found) if !found.is_file() => {
            Err(MirrorError::NotAFile { path: path.to_owned(), what: "no regular file" })
        }
        Ok(_) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(MirrorError::io("cannot open", path, &e)),
    }
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn loopback_is_decided_on_the_parsed_host() {
        for origin in ["http://127.0.0.1:8080", "http://localhost", "http://[::1]:1", "https://127.9.9.9"] {
            assert!(is_loopback(origin), "{origin}");
        }
        for origin in
            ["https://api.getbase.com", "http://127.0.0.1.example.com", "http://localhost.example.com:80"]
        {
            assert!(!is_loopback(origin), "{origin}");
        }
    }
}
